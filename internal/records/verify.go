package records

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/audit"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Verification is the result of counting a period again.
type Verification struct {
	Responses int64    // withdrawn ones included
	Withdrawn int64    // of these
	Shards    int      // whose tally could be compared
	Releases  int      // that were compared
	Findings  []string // what differs
}

// Verify counts a period again, and compares with its tallies and releases.
func Verify(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Verification, error) {
	v := &Verification{}
	// Releases first: every response that they hold is in the log by then.
	var releases audit.Releases
	forms := map[string]*survey.Survey{} // by shape
	for r, err := range records.History(ctx, s.ID, period) {
		if err != nil {
			return nil, err
		}
		if forms[r.Shape] == nil {
			forms[r.Shape] = FormOf(s, r)
		}
		v.Findings = append(v.Findings, releases.Add(r, forms[r.Shape])...)
	}
	v.Releases = releases.Count()
	c := &recounter{records: records, survey: s, form: FormOf(s, releases.Last())}
	shards := make([]recount, store.Shards)
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range shards {
		workers.Go(func() (err error) {
			shards[i], err = c.shard(ctx, store.Shard{Survey: s.ID, Period: period, Number: i})
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	var current, released []*tally.Tally
	for i, shard := range shards {
		current, released = append(current, shard.current), append(released, shard.released)
		v.Responses += shard.responses
		if shard.compared {
			v.Shards++
		}
		for _, finding := range shard.findings {
			v.Findings = append(v.Findings, fmt.Sprintf("shard %d: %s", i, finding))
		}
	}
	v.Withdrawn = tally.Merge(current...).Total().Withdrawn
	v.Findings = append(v.Findings, releases.Against(tally.Merge(released...))...)
	return v, nil
}

// recounter counts shards again.
type recounter struct {
	records store.Records
	survey  *survey.Survey // the questionnaire in force
	form    *survey.Survey // the questionnaire of the latest release
}

// recount is a shard counted again.
type recount struct {
	current, released *tally.Tally // by the questionnaire in force, and by that of the latest release
	responses         int64
	compared          bool // with a stored tally of the current shape
	findings          []string
}

// maxRecounts bounds the tries to count a shard that changes meanwhile.
const maxRecounts = 5

func (c *recounter) shard(ctx context.Context, shard store.Shard) (recount, error) {
	for try := 1; ; try++ {
		stored, revision, err := c.records.Tally(ctx, shard)
		if err != nil {
			return recount{}, err
		}
		r, err := c.compare(ctx, shard, stored)
		if err != nil || len(r.findings) == 0 || try == maxRecounts {
			return r, err
		}
		// A response may have been erased after the tally was read.
		if _, now, err := c.records.Tally(ctx, shard); err != nil || now == revision {
			return r, err
		}
	}
}

// compare counts a shard, and compares with its stored tally, if any, at the tally's cursor.
func (c *recounter) compare(ctx context.Context, shard store.Shard, stored *tally.Tally) (recount, error) {
	r := recount{current: tally.New(c.survey)}
	if r.released = r.current; c.form != c.survey {
		r.released = tally.New(c.form)
	}
	pending := stored != nil && stored.Shape == c.survey.Shape
	compare := func() {
		r.findings, r.compared, pending = audit.Tally(stored, r.current), true, false
	}
	for entry, err := range c.records.After(ctx, shard, "") {
		if err != nil {
			return r, err
		}
		if pending && entry.Cursor > stored.Cursor {
			compare()
		}
		r.responses++
		r.current.Fold(c.survey, entry.Response)
		if r.released != r.current {
			r.released.Fold(c.form, entry.Response)
		}
	}
	if pending {
		compare()
	}
	return r, nil
}
