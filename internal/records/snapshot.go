package records

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/export"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// maxPeriods bounds the periods that are read at the same time. More would take more memory, and a store is not faster.
const maxPeriods = 4

// Snapshot is the responses that a survey had when it was taken. Responses that come later are not in it; one that is
// erased later is.
type Snapshot struct {
	Survey *survey.Survey    // the questionnaire in force
	Census *export.Census    // what the responses have
	Ends   map[string]string // the last cursor of each period

	records  store.Records
	periods  []string
	private  bool
	original bool // as the responses came, whatever persons have corrected since
}

// TakeSnapshot reads all responses of a period, or of all periods if period is "", once, as persons have corrected them; with their
// private answers if private is set. Responses that are not in the log yet are collected first.
func TakeSnapshot(ctx context.Context, records store.Records, id, period string, private bool) (*Snapshot, error) {
	return takeSnapshot(ctx, records, id, period, private, false)
}

// TakeOriginals is TakeSnapshot of the responses as they came.
func TakeOriginals(ctx context.Context, records store.Records, id, period string, private bool) (*Snapshot, error) {
	return takeSnapshot(ctx, records, id, period, private, true)
}

// Originals returns the snapshot with the responses as they came. The census stays.
func (n *Snapshot) Originals() *Snapshot {
	originals := *n
	originals.original = true
	return &originals
}

func takeSnapshot(ctx context.Context, records store.Records, id, period string, private, original bool) (*Snapshot, error) {
	s, err := Definition(ctx, records, id)
	if err != nil {
		return nil, err
	}
	n := &Snapshot{Survey: s, Census: export.NewCensus(), Ends: map[string]string{}, records: records, private: private, original: original}
	if n.periods, err = CollectedPeriods(ctx, records, id, period); err != nil {
		return nil, err
	}
	censuses := make([]*export.Census, len(n.periods))
	ends := make([]string, len(n.periods))
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(maxPeriods)
	for i, period := range n.periods {
		workers.Go(func() (err error) {
			censuses[i], ends[i], err = n.readPeriod(ctx, period)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	for i, period := range n.periods {
		n.Census.Merge(censuses[i])
		n.Ends[period] = ends[i]
	}
	return n, nil
}

// readPeriod counts the responses of a period, and returns the cursor of the last.
func (n *Snapshot) readPeriod(ctx context.Context, period string) (census *export.Census, end string, err error) {
	census = export.NewCensus()
	r := n.reader()
	for entries, err := range store.Batches(ctx, n.records, n.Survey.ID, period, "", "") {
		if err == nil {
			err = r.complete(ctx, period, entries)
		}
		if err != nil {
			return nil, "", err
		}
		for _, entry := range entries {
			s, err := r.definitions.version(ctx, entry.Response.Version)
			if err != nil {
				return nil, "", err
			}
			census.Add(s, entry.Response, entry.Arrived)
			end = entry.Cursor
		}
	}
	return census, end, nil
}

// Entries yields the responses in the order of their periods and logs, tombstones included, and stops at the first error,
// which it yields.
func (n *Snapshot) Entries(ctx context.Context) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		r := n.reader()
		for _, period := range n.periods {
			if n.Ends[period] != "" && !r.period(ctx, period, yield) {
				return
			}
		}
	}
}

// reader adds private answers to entries, and corrections. It may be used by one goroutine.
type reader struct {
	*Snapshot
	definitions definitions
	corrections corrections
}

func (n *Snapshot) reader() *reader {
	return &reader{Snapshot: n, definitions: definitions{store: n.records, id: n.Survey.ID}, corrections: corrections{records: n.records, survey: n.Survey.ID}}
}

// period yields the responses of a period, and returns false if there are to be no more.
func (r *reader) period(ctx context.Context, period string, yield func(store.Entry, error) bool) bool {
	for entries, err := range store.Batches(ctx, r.records, r.Survey.ID, period, "", r.Ends[period]) {
		if err == nil {
			err = r.complete(ctx, period, entries)
		}
		if err != nil {
			yield(store.Entry{}, err)
			return false
		}
		for _, entry := range entries {
			if !yield(entry, nil) {
				return false
			}
		}
	}
	return true
}

// complete adds to entries of a period what belongs to them.
func (r *reader) complete(ctx context.Context, period string, entries []store.Entry) error {
	if err := r.addPrivate(ctx, entries); err != nil || r.original {
		return err
	}
	for i := range entries {
		answered, err := r.definitions.version(ctx, entries[i].Response.Version)
		if err == nil {
			err = r.corrections.apply(ctx, answered, period, &entries[i], r.private)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxReads bounds the private answers that are read at the same time: each is a read of its own.
const maxReads = 16

// addPrivate adds the private answers of responses, if they are wanted, to those that can have any.
func (r *reader) addPrivate(ctx context.Context, entries []store.Entry) error {
	if !r.private {
		return nil
	}
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(maxReads)
	for i := range entries {
		response := &entries[i].Response
		if response.Withdrawn {
			continue
		}
		s, err := r.definitions.version(ctx, response.Version)
		if err != nil {
			workers.Go(func() error { return err })
			break
		}
		if !s.HasPrivate() {
			continue
		}
		workers.Go(func() (err error) {
			response.Private, err = r.records.Private(ctx, s.ID, response.Period, response.ID)
			return err
		})
	}
	return workers.Wait()
}
