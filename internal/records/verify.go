package records

import (
	"context"

	"glasspoll/internal/audit"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Verification is the result of counting a period again.
type Verification struct {
	Responses int64    // withdrawn ones included
	Withdrawn int64    // of these
	Tally     bool     // there is a tally of the current shape, which was compared
	Releases  int      // that were compared
	Findings  []string // what differs
}

// Verify counts a period again, and compares with its tally and releases. Responses that are not in the log yet are
// collected first.
func Verify(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Verification, error) {
	if err := records.Collect(ctx, s.ID, period); err != nil {
		return nil, err
	}
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
	c := &recounter{records: records, survey: s, form: FormOf(s, releases.Last()), period: period}
	counted, err := c.recount(ctx)
	if err != nil {
		return nil, err
	}
	v.Responses, v.Withdrawn, v.Tally = counted.responses, counted.current.Total().Withdrawn, counted.compared
	v.Findings = append(v.Findings, counted.findings...)
	v.Findings = append(v.Findings, releases.Against(counted.released)...)
	return v, nil
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
	compared          bool // with a stored tally of the current shape
	findings          []string
}

// maxRecounts bounds the tries to count a period that changes meanwhile.
const maxRecounts = 5

func (c *recounter) recount(ctx context.Context) (*recount, error) {
	for try := 1; ; try++ {
		stored, revision, err := c.records.Tally(ctx, c.survey.ID, c.period)
		if err != nil {
			return nil, err
		}
		r, err := c.compare(ctx, stored)
		if err != nil || len(r.findings) == 0 || try == maxRecounts {
			return r, err
		}
		// A response may have been erased after the tally was read.
		if _, now, err := c.records.Tally(ctx, c.survey.ID, c.period); err != nil || now == revision {
			return r, err
		}
	}
}

// compare counts the period, and compares with its stored tally, if any, at the tally's cursor.
func (c *recounter) compare(ctx context.Context, stored *tally.Tally) (*recount, error) {
	r := &recount{current: tally.New(c.survey)}
	if r.released = r.current; c.form != c.survey {
		r.released = tally.New(c.form)
	}
	pending := stored != nil && stored.Shape == c.survey.Shape
	compare := func() {
		r.findings, r.compared, pending = audit.Tally(stored, r.current), true, false
	}
	for entries, err := range batches(ctx, c.records, c.survey.ID, c.period, "", "") {
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if pending && entry.Cursor > stored.Cursor {
				compare()
			}
			r.responses++
			r.current.Fold(c.survey, entry.Response)
			if r.released != r.current {
				r.released.Fold(c.form, entry.Response)
			}
		}
	}
	if pending {
		compare()
	}
	return r, nil
}
