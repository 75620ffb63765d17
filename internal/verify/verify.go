// Package verify counts what is stored again and compares, mends what differs and follows from something else, and does the first
// by schedule.
package verify

import (
	"context"
	"errors"
	"fmt"

	"glasspoll/internal/audit"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Result is the result of counting a period again. Its JSON is part of the machine form of `glasspoll results
// verify`: names stay.
type Result struct {
	Survey    string          `json:"survey"`
	Period    string          `json:"period"`
	Agree     bool            `json:"agree"`
	Responses int64           `json:"responses"` // withdrawn ones included
	Withdrawn int64           `json:"withdrawn"` // of these
	Deleted   int64           `json:"deleted"`   // that were deleted after a retention time, and are not among the responses
	Tally     bool            `json:"tally"`     // there is a tally of the current shape, which was compared
	Keys      bool            `json:"keys"`      // the store can check what it keeps twice, and has done so
	Releases  int             `json:"releases"`  // that were compared
	Findings  []audit.Finding `json:"findings"`
}

// maxKeyFindings bounds the findings about keys of one period.
const maxKeyFindings = 100

// Period counts a period again, and compares with its tally and releases; if the store can, what it keeps twice is compared,
// too. Responses that are not in the log yet are collected first.
func Period(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Result, error) {
	v, _, err := count(ctx, records, s, period)
	return v, err
}

// count returns the recount, too.
func count(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Result, *recounted, error) {
	if err := records.Collect(ctx, s.ID, period); err != nil {
		return nil, nil, err
	}
	v := &Result{Survey: s.ID, Period: period, Findings: []audit.Finding{}}
	// Releases first: every response that they hold is in the log by then.
	releases, err := v.checkReleases(ctx, records, s)
	if err != nil {
		return nil, nil, err
	}
	c := &recounter{records: records, survey: s, form: release.FormOf(s, releases.Last()), period: period}
	counted, err := c.again(ctx)
	if err != nil {
		return nil, nil, err
	}
	v.Responses, v.Withdrawn, v.Tally, v.Deleted = counted.responses, counted.current.Total().Withdrawn, counted.compared, counted.deleted
	v.Findings = append(v.Findings, counted.findings...)
	v.Findings = append(v.Findings, releases.Against(counted.released, counted.deleted)...)
	if err := v.checkKeys(ctx, records); err != nil {
		return nil, nil, err
	}
	v.Agree = len(v.Findings) == 0
	return v, &recounted{c, counted}, nil
}

// recounted is a recount and how to count again.
type recounted struct {
	*recounter
	*recount
}

// checkReleases compares each release with the one before.
func (v *Result) checkReleases(ctx context.Context, records store.Records, s *survey.Survey) (*audit.Releases, error) {
	releases := &audit.Releases{}
	forms := map[string]*survey.Survey{} // by shape
	for r, err := range records.History(ctx, s.ID, v.Period) {
		if err != nil {
			return nil, err
		}
		if forms[r.Shape] == nil {
			forms[r.Shape] = release.FormOf(s, r)
		}
		v.Findings = append(v.Findings, releases.Add(r, forms[r.Shape])...)
	}
	v.Releases = releases.Count()
	return releases, nil
}

// checkKeys compares what the store keeps twice, if it can.
func (v *Result) checkKeys(ctx context.Context, records store.Records) error {
	checker, ok := records.(store.Checker)
	if !ok {
		return nil
	}
	v.Keys = true
	n := 0
	for problem, err := range checker.CheckKeys(ctx, v.Survey, v.Period) {
		if err != nil {
			return err
		}
		if n++; n <= maxKeyFindings {
			v.Findings = append(v.Findings, audit.Finding{Code: audit.Code(problem.What), Response: problem.Response, Message: problem.Text})
		}
	}
	if n > maxKeyFindings {
		more := int64(n - maxKeyFindings)
		v.Findings = append(v.Findings, audit.Finding{Code: v.Findings[len(v.Findings)-1].Code, Counted: &more, Message: "and more of these"})
	}
	return nil
}

// recounter counts a period again.
type recounter struct {
	records store.Records
	survey  *survey.Survey // the questionnaire in force
	form    *survey.Survey // the questionnaire of the latest release
	period  string
}

// recount is a period counted again.
type recount struct {
	current, released *tally.Tally // by the questionnaire in force, and by that of the latest release
	responses         int64
	deleted           int64        // responses that were in the log once, or in that of the store that this one was moved from
	stored            *tally.Tally // nil if there is none, or of another shape
	at                *tally.Tally // the recount at the cursor of stored
	revision          int
	compared          bool
	findings          []audit.Finding
}

// maxRecounts bounds the tries to count a period that changes meanwhile.
const maxRecounts = 5

// again counts the period, more than once if it changes meanwhile.
func (c *recounter) again(ctx context.Context) (*recount, error) {
	for try := 1; ; try++ {
		stored, revision, damaged := c.records.Tally(ctx, c.survey.ID, c.period)
		if damaged != nil && !errors.Is(damaged, store.ErrDamaged) {
			return nil, damaged
		}
		r, err := c.count(ctx, stored)
		if err != nil {
			return nil, err
		}
		r.revision = revision
		if damaged != nil {
			r.findings = append(r.findings, audit.Finding{Code: audit.TallyDamaged, Message: damaged.Error()})
			return r, nil
		}
		if r.compare(); len(r.findings) == 0 {
			return r, nil
		}
		// A response may have been erased after the tally was read.
		_, now, err := c.records.Tally(ctx, c.survey.ID, c.period)
		if err != nil || now == revision || try == maxRecounts {
			return r, err
		}
	}
}

// count counts the period, also up to the cursor of its stored tally, if there is one of the current shape.
func (c *recounter) count(ctx context.Context, stored *tally.Tally) (*recount, error) {
	r := &recount{current: tally.New(c.survey)}
	if r.released = r.current; c.form != c.survey {
		r.released = tally.New(c.form)
	}
	if stored != nil && stored.Shape == c.survey.Shape {
		r.stored = stored
	}
	logged, end, err := c.logged(ctx)
	if err != nil {
		return nil, err
	}
	inLog := int64(0) // entries up to end
	for entries, err := range store.Batches(ctx, c.records, c.survey.ID, c.period, "", "") {
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if r.stored != nil && r.at == nil && entry.Cursor > stored.Cursor {
				r.at = tally.Merge(r.current)
			}
			if entry.Cursor <= end {
				inLog++
			}
			r.responses++
			r.current.Fold(c.survey, entry.Response)
			if r.released != r.current {
				r.released.Fold(c.form, entry.Response)
			}
		}
	}
	if r.at == nil {
		r.at = tally.Merge(r.current)
	}
	r.deleted = max(logged-inLog, 0)
	if progress, ok := c.records.(store.Progress); ok {
		carried, err := store.Carried(ctx, progress, c.survey.ID, c.period)
		if err != nil {
			return nil, err
		}
		r.deleted += carried
	}
	if inLog > logged {
		r.findings = append(r.findings, audit.Finding{Code: audit.LogLength, Counted: &logged, Found: &inLog,
			Message: fmt.Sprintf("the log has had %d responses, and has %d", logged, inLog)})
	}
	return r, nil
}

// logged returns how many entries the log has had up to a cursor, as far as the store knows.
func (c *recounter) logged(ctx context.Context) (entries int64, end string, err error) {
	checker, ok := c.records.(store.Checker)
	if !ok {
		return 0, "", nil
	}
	return checker.Logged(ctx, c.survey.ID, c.period)
}

// compare compares the stored tally, if any, with the recount at its cursor.
func (r *recount) compare() {
	if r.stored != nil {
		r.findings, r.compared = append(r.findings, audit.Tally(r.stored, r.at, r.deleted)...), true
	}
}
