package records

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/invitation"
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

// Count counts all responses of a survey, each by the questionnaire that it was answered under, whether they are in blocks or
// wait; not those that rules hold back or that were rejected. The report is dated now. Responses that are not in the log yet are collected first.
func Count(ctx context.Context, records store.Records, s *survey.Survey, of Range, now time.Time) (*Counted, error) {
	periods, err := CollectedPeriods(ctx, records, s.ID, "")
	if err != nil {
		return nil, err
	}
	latest, err := records.Latest(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	released := release.ByPeriod(latest)
	for i, period := range periods {
		if of.Until != "" && period > of.Until {
			periods = periods[:i]
			break
		}
	}
	today := string(s.DateAt(now))
	all, withdrawn := make([]*release.Release, len(periods)), make([]int64, len(periods))
	workers, workersCtx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, period := range periods {
		c := &counting{records: records, survey: s, answered: store.NewAnswered(records, s.ID, s), period: period, last: released[period]}
		if period == of.Until {
			c.end = of.End
		}
		workers.Go(func() (err error) {
			all[i], withdrawn[i], err = c.count(workersCtx, today)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	counted := &Counted{}
	if last := len(periods) - 1; last >= 0 {
		counted.Released, counted.Withdrawn = released[periods[last]].Respondents(), withdrawn[last]
	}
	counted.Report = stats.NewReport(s, all)
	return counted, nil
}

// counting counts a period, up to a cursor, or to its end if end is "".
type counting struct {
	records  store.Records
	survey   *survey.Survey // in force
	answered *store.Answered
	period   string
	last     *release.Release // the latest; nil: none
	end      string
}

// count returns everything that was counted, in the form of a release.
func (c *counting) count(ctx context.Context, today string) (r *release.Release, withdrawn int64, err error) {
	t, decided := tally.New(), store.Settled{}
	if err := decided.ReadDecisions(ctx, c.records, c.survey.ID, c.period); err != nil {
		return nil, 0, err
	}
	inLog, err := c.fold(ctx, t, decided)
	if err != nil {
		return nil, 0, err
	}
	deleted, err := c.deleted(ctx, inLog)
	if err != nil {
		return nil, 0, err
	}
	if deleted {
		if t, err = c.fromCounters(ctx); err != nil {
			return nil, 0, err
		}
	}
	versions := map[string]string{}
	for shape, part := range t.Parts {
		versions[shape] = part.Version
	}
	forms, err := c.answered.Forms(ctx, versions)
	if err != nil {
		return nil, 0, err
	}
	if forms[c.survey.Shape] == nil {
		forms[c.survey.Shape] = c.survey
	}
	inForce := c.survey
	if t.Parts[inForce.Shape] == nil {
		inForce = release.FormOf(inForce, c.last) // nobody has answered the one in force now
	}
	r = release.Unsuppressed(inForce, forms, c.period, today, t)
	if r.Invited, err = c.invited(ctx, today); err != nil {
		return nil, 0, err
	}
	if legacy := c.released().Parts[release.Legacy]; deleted && legacy != nil {
		r.Parts[release.Legacy] = legacy
	}
	return r, t.Withdrawn, nil
}

// invited returns how far invitations have come, exactly and until now; nil without any.
func (c *counting) invited(ctx context.Context, today string) (*invitation.Facts, error) {
	counts, ok := c.records.(store.Counts)
	if !ok || !c.survey.HasInvitations() {
		return nil, nil
	}
	counted, err := counts.Counted(ctx, c.survey.ID)
	if err != nil {
		return nil, err
	}
	return invitation.FactsOf(c.survey, c.period, today, true, 1, counted), nil
}

// released returns the latest release, an empty one if there is none.
func (c *counting) released() *release.Release {
	r := release.Release{}
	if c.last != nil {
		r = *c.last
	}
	if r.Held == nil {
		r.Held = &release.Held{}
	}
	return &r
}

// fold folds the log behind the tally's cursor into it, and returns how many entries that were.
func (c *counting) fold(ctx context.Context, t *tally.Tally, settled store.Settled) (entries int64, err error) {
	for batch, err := range store.Batches(ctx, c.records, c.survey.ID, c.period, t.Cursor, c.end) {
		if err != nil {
			return 0, err
		}
		for _, entry := range batch {
			if err := c.answered.Fold(ctx, t, settled, entry); err != nil {
				return 0, err
			}
		}
		entries += int64(len(batch))
	}
	return entries, nil
}

// deleted reports whether responses have been deleted after a retention time, which are known from the tally and the latest
// release alone.
func (c *counting) deleted(ctx context.Context, inLog int64) (bool, error) {
	carried, err := store.Carried(ctx, c.records, c.survey.ID, c.period)
	if err != nil || carried > 0 {
		return true, err
	}
	checker, ok := c.records.(store.Checker)
	if !ok || c.end != "" {
		return false, nil
	}
	logged, _, err := checker.Logged(ctx, c.survey.ID, c.period)
	return logged > inLog, err
}

// fromCounters returns a tally of all respondents: of those who wait, and of those who are in blocks, of whom some may have
// withdrawn since.
func (c *counting) fromCounters(ctx context.Context) (*tally.Tally, error) {
	t, _, err := c.records.Tally(ctx, c.survey.ID, c.period)
	if err != nil {
		return nil, err
	}
	settled, err := store.SettledOf(ctx, c.records, c.survey.ID, c.period)
	if err != nil {
		return nil, err
	}
	if err := settled.ReadDecisions(ctx, c.records, c.survey.ID, c.period); err != nil {
		return nil, err
	}
	if last := c.released(); t == nil || t.Release != last.Number || c.end != "" && t.Cursor > c.end {
		t = settled.Resume(c.last, t)
	}
	if _, err := c.fold(ctx, t, settled); err != nil {
		return nil, err
	}
	last := c.released()
	for shape, p := range last.Parts {
		if shape == release.Legacy {
			continue
		}
		part := t.Parts[shape]
		if part == nil {
			part = &tally.Part{Version: p.Version, Cohorts: map[string]*tally.Counters{}}
			t.Parts[shape] = part
		}
		for key, counters := range p.Cohorts {
			sum := part.Cohorts[key].Clone()
			sum.Add(counters)
			sum.Add(last.Held.Items[shape][key])
			part.Cohorts[key] = sum
		}
	}
	c.addRows(ctx, t)
	return t, nil
}

// addRows adds the rows of those who are in blocks to a cohort, no matter which: they are summed up over all of a signature.
func (c *counting) addRows(ctx context.Context, t *tally.Tally) {
	added, last := map[string]bool{}, c.released()
	for _, shape := range slices.Sorted(maps.Keys(t.Parts)) {
		form, err := c.answered.Survey(ctx, t.Parts[shape].Version)
		if err != nil || form == nil {
			continue
		}
		signature := tally.RowSignature(form)
		for _, cohort := range t.Parts[shape].Cohorts {
			if !added[signature] {
				added[signature] = true
				cohort.Rows = cohort.Rows.Plus(last.Rows[signature]).Plus(last.Held.Rows[signature])
			}
			break
		}
	}
}
