package records

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/export"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Snapshot is the responses that a survey had when it was taken. Responses that come later are not in it; one that is
// erased later is.
type Snapshot struct {
	Survey *survey.Survey         // the questionnaire in force
	Census *export.Census         // what the responses have
	Ends   map[store.Shard]string // the last cursor of each shard; "" if it has none

	records store.Records
	periods []string
	private bool
}

// TakeSnapshot reads all responses of a period, or of all periods if period is "", once; with their private answers if
// private is set.
func TakeSnapshot(ctx context.Context, records store.Records, id, period string, private bool) (*Snapshot, error) {
	s, err := Definition(ctx, records, id)
	if err != nil {
		return nil, err
	}
	n := &Snapshot{Survey: s, Census: export.NewCensus(), Ends: map[store.Shard]string{}, records: records, private: private}
	if n.periods, err = Periods(ctx, records, id, period); err != nil {
		return nil, err
	}
	shards := n.shards()
	censuses := make([]*export.Census, len(shards))
	ends := make([]string, len(shards))
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(store.Shards)
	for i, shard := range shards {
		workers.Go(func() (err error) {
			censuses[i], ends[i], err = n.readShard(ctx, shard)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	for i, shard := range shards {
		n.Census.Merge(censuses[i])
		n.Ends[shard] = ends[i]
	}
	return n, nil
}

func (n *Snapshot) shards() []store.Shard {
	var shards []store.Shard
	for _, period := range n.periods {
		for number := range store.Shards {
			shards = append(shards, store.Shard{Survey: n.Survey.ID, Period: period, Number: number})
		}
	}
	return shards
}

func (n *Snapshot) readShard(ctx context.Context, shard store.Shard) (census *export.Census, end string, err error) {
	census = export.NewCensus()
	r := n.reader()
	for entry, err := range n.records.After(ctx, shard, "") {
		if err != nil {
			return nil, "", err
		}
		s, err := r.definitions.version(ctx, entry.Response.Version)
		if err != nil {
			return nil, "", err
		}
		if err := r.addPrivate(ctx, &entry); err != nil {
			return nil, "", err
		}
		census.Add(s, entry.Response, entry.Arrived)
		end = entry.Cursor
	}
	return census, end, nil
}

// Entries yields the responses in the order of their arrival, tombstones included, and stops at the first error.
func (n *Snapshot) Entries(ctx context.Context) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		r := n.reader()
		for _, period := range n.periods {
			for entry, err := range arrivals(ctx, n.records, n.Survey.ID, period, n.Ends) {
				if err == nil {
					err = r.addPrivate(ctx, &entry)
				}
				if !yield(entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// reader adds private answers to entries. It may be used by one goroutine.
type reader struct {
	*Snapshot
	definitions definitions
}

func (n *Snapshot) reader() *reader {
	return &reader{n, definitions{store: n.records, id: n.Survey.ID}}
}

// addPrivate adds the private answers of a response, if they are wanted and it can have any.
func (r *reader) addPrivate(ctx context.Context, entry *store.Entry) error {
	if !r.private || entry.Response.Withdrawn {
		return nil
	}
	s, err := r.definitions.version(ctx, entry.Response.Version)
	if err != nil || !hasPrivate(s) {
		return err
	}
	entry.Response.Private, err = r.records.Private(ctx, s.ID, entry.Response.Period, entry.Response.ID)
	return err
}

func hasPrivate(s *survey.Survey) bool {
	for q := range s.Questions() {
		if q.Private {
			return true
		}
	}
	return false
}
