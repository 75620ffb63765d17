package records

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Range selects what is counted of a survey.
type Range struct {
	Until string                 // the last period; "" is the last that has responses
	Ends  map[store.Shard]string // cursors up to which the period Until is counted; nil is all of it
}

// Counted is everything that was counted of a survey. Nothing is withheld: it is for management.
type Counted struct {
	Report    *stats.Report
	Released  int64 // respondents of the last period who are in its latest release
	Withdrawn int64 // responses of the last period that were withdrawn
}

// Count counts all responses of a survey, each period with the questionnaire of its latest release, which may
// have questions that are not asked any more. The report is dated now.
func Count(ctx context.Context, records store.Records, s *survey.Survey, of Range, now time.Time) (*Counted, error) {
	periods, err := Periods(ctx, records, s.ID, "")
	if err != nil {
		return nil, err
	}
	latest, err := records.Latest(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	released := map[string]*release.Release{}
	for _, r := range latest {
		released[r.Period] = r
	}
	counted := &Counted{}
	today := now.In(s.Location()).Format(time.DateOnly)
	var all []*release.Release
	for _, period := range periods {
		if of.Until != "" && period > of.Until {
			break
		}
		form := FormOf(s, released[period])
		var ends map[store.Shard]string
		if period == of.Until {
			ends = of.Ends
		}
		t, err := countPeriod(ctx, records, s, form, period, ends)
		if err != nil {
			return nil, err
		}
		all = append(all, release.Unsuppressed(form, period, today, t))
		counted.Released, counted.Withdrawn = 0, t.Total().Withdrawn
		if r := released[period]; r != nil {
			counted.Released = tally.Total(r.Cohorts).Respondents
		}
	}
	counted.Report = stats.NewReport(s, all)
	return counted, nil
}

// countPeriod counts a period by a questionnaire, up to the given cursors of its shards, or to their ends if ends is nil.
func countPeriod(ctx context.Context, records store.Records, s, form *survey.Survey, period string, ends map[store.Shard]string) (*tally.Tally, error) {
	tallies := make([]*tally.Tally, store.Shards)
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tallies {
		workers.Go(func() (err error) {
			tallies[i], err = countShard(ctx, records, s, form, store.Shard{Survey: s.ID, Period: period, Number: i}, ends)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	return tally.Merge(tallies...), nil
}

// countShard counts a shard. It continues from the stored tally if form is s, the questionnaire in force.
func countShard(ctx context.Context, records store.Records, s, form *survey.Survey, shard store.Shard, ends map[store.Shard]string) (*tally.Tally, error) {
	t := tally.New(form)
	if form == s {
		stored, _, err := records.Tally(ctx, shard)
		if err != nil {
			return nil, err
		}
		if stored != nil && stored.Shape == s.Shape && (ends == nil || stored.Cursor <= ends[shard]) {
			t = stored
		}
	}
	for entry, err := range records.After(ctx, shard, t.Cursor) {
		if err != nil {
			return nil, err
		}
		if ends != nil && entry.Cursor > ends[shard] {
			break
		}
		t.Fold(form, entry.Response)
	}
	return t, nil
}
