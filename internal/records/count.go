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
	Until string // the last period; "" is the last that has responses
	End   string // the cursor up to which the period Until is counted; "" is all of it
}

// Counted is everything that was counted of a survey. Nothing is withheld: it is for management.
type Counted struct {
	Report    *stats.Report
	Released  int64 // respondents of the last period who are in its latest release
	Withdrawn int64 // responses of the last period that were withdrawn
}

// Count counts all responses of a survey, each period with the questionnaire of its latest release, which may
// have questions that are not asked any more. The report is dated now. Responses that are not in the log yet are collected
// first.
func Count(ctx context.Context, records store.Records, s *survey.Survey, of Range, now time.Time) (*Counted, error) {
	periods, err := CollectedPeriods(ctx, records, s.ID, "")
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
	for i, period := range periods {
		if of.Until != "" && period > of.Until {
			periods = periods[:i]
			break
		}
	}
	tallies := make([]*tally.Tally, len(periods))
	workers, workersCtx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, period := range periods {
		end := ""
		if period == of.Until {
			end = of.End
		}
		workers.Go(func() (err error) {
			tallies[i], err = countPeriod(workersCtx, records, s, release.FormOf(s, released[period]), period, end)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	counted := &Counted{}
	today := now.In(s.Location()).Format(time.DateOnly)
	all := make([]*release.Release, len(periods))
	for i, period := range periods {
		all[i] = release.Unsuppressed(release.FormOf(s, released[period]), period, today, tallies[i])
		counted.Released, counted.Withdrawn = 0, tallies[i].Total().Withdrawn
		if r := released[period]; r != nil {
			counted.Released = tally.Total(r.Cohorts).Respondents
		}
	}
	counted.Report = stats.NewReport(s, all)
	return counted, nil
}

// countPeriod counts a period by a questionnaire, up to a cursor, or to its end if end is "". It continues from the stored
// tally if form is s, the questionnaire in force.
func countPeriod(ctx context.Context, records store.Records, s, form *survey.Survey, period, end string) (*tally.Tally, error) {
	t := tally.New(form)
	if form == s {
		stored, _, err := records.Tally(ctx, s.ID, period)
		if err != nil {
			return nil, err
		}
		if stored != nil && stored.Shape == s.Shape && (end == "" || stored.Cursor <= end) {
			t = stored
		}
	}
	for entries, err := range store.Batches(ctx, records, s.ID, period, t.Cursor, end) {
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			t.Fold(form, entry.Response)
		}
	}
	return t, nil
}
