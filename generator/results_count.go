package main

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

// allCounted reports all that was counted of a survey up to the period of a report, withholding nothing. released is
// how many of the last period's respondents are public, withdrawn how many have taken their answers back.
func allCounted(ctx context.Context, records resultsStore, s *survey.Survey, o reportOf) (report *stats.Report, released, withdrawn int64, err error) {
	periods, err := periodsOf(ctx, records, s.ID, "")
	if err != nil {
		return nil, 0, 0, err
	}
	latest, err := records.Latest(ctx, s.ID)
	if err != nil {
		return nil, 0, 0, err
	}
	public := map[string]*release.Release{}
	for _, r := range latest {
		public[r.Period] = r
	}
	today := o.now.In(s.Location()).Format(time.DateOnly)
	var all []*release.Release
	for _, period := range periods {
		if o.period != "" && period > o.period {
			break
		}
		// Each period as its own questionnaire counts it: what was asked then may not be asked any more.
		form := formOf(s, public[period])
		var ends map[store.Shard]string
		if period == o.period {
			ends = o.ends
		}
		t, err := countPeriod(ctx, records, s, form, period, ends)
		if err != nil {
			return nil, 0, 0, err
		}
		all = append(all, release.Unsuppressed(form, period, today, t))
		released, withdrawn = 0, t.Total().Withdrawn
		if r := public[period]; r != nil {
			released = tally.Total(r.Cohorts).Respondents
		}
	}
	return stats.NewReport(s, all), released, withdrawn, nil
}

// countPeriod counts a period by a questionnaire: today's, then what has been counted already is taken over, or another. It counts up to the
// ends of shards that are given, or with nil ends to where they end.
func countPeriod(ctx context.Context, records resultsStore, s, form *survey.Survey, period string, ends map[store.Shard]string) (*tally.Tally, error) {
	tallies := make([]*tally.Tally, store.Shards)
	workers, within := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tallies {
		workers.Go(func() error {
			shard := store.Shard{Survey: s.ID, Period: period, Number: i}
			t := tally.New(form)
			if form == s {
				stored, _, err := records.Tally(within, shard)
				if err != nil {
					return err
				}
				if stored != nil && stored.Shape == s.Shape && (ends == nil || stored.Cursor <= ends[shard]) {
					t = stored
				}
			}
			for entry, err := range records.After(within, shard, t.Cursor) {
				if err != nil {
					return err
				}
				if ends != nil && entry.Cursor > ends[shard] {
					break
				}
				t.Fold(form, entry.Response)
			}
			tallies[i] = t
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	return tally.Merge(tallies...), nil
}
