package records

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"time"

	"glasspoll"
	"glasspoll/internal/cases"
	"glasspoll/internal/invitation"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// ReportOptions are the options of a report for management.
type ReportOptions struct {
	Range
	Language string
	Texts    bool           // with an annex of what respondents wrote
	Actions  survey.Actions // the survey's measures and quotes
	Style    string         // stylesheet
	Now      time.Time      // decides which measures and cases are overdue
}

// Report returns the report for management on the last period of a range, as an HTML page.
func Report(ctx context.Context, records store.Records, s *survey.Survey, o ReportOptions) ([]byte, error) {
	counted, err := Count(ctx, records, s, o.Range, o.Now)
	if err != nil {
		return nil, err
	}
	page := results.ReportPage{
		Page:   results.Page{Set: results.NewSet(counted.Report), Actions: o.Actions, Today: s.DateAt(o.Now), Language: o.Language},
		Style:  o.Style,
		Public: counted.Released, Withdrawn: counted.Withdrawn,
	}
	if periods := counted.Report.Periods; len(periods) > 0 {
		last := periods[len(periods)-1].Name
		if page.Cases, err = caseFigures(ctx, records, s.ID, last, o.Now); err != nil {
			return nil, err
		}
		if page.Invited, err = invitationsOf(ctx, records, s, last); err != nil {
			return nil, err
		}
		if page.Review, err = reviewFigures(ctx, records, s, last); err != nil {
			return nil, err
		}
		if o.Texts {
			if page.Texts, err = writtenAnswers(ctx, records, s, last); err != nil {
				return nil, err
			}
		}
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := results.WriteReport(&out, results.New(renderer), glasspoll.Templates(), page); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// invitationsOf counts the invitations to a survey whose answers are to count in a period, or in any; nil if there can be none.
func invitationsOf(ctx context.Context, records store.Records, s *survey.Survey, period string) ([]invitation.Count, error) {
	from, ok := records.(interface {
		InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error]
	})
	if !ok || !s.HasInvitations() {
		return nil, nil
	}
	var counts invitation.Counts
	for i, err := range from.InvitationsOf(ctx, s.ID) {
		if err != nil {
			return nil, err
		}
		if i.Period == "" || i.Period == period {
			counts.Add(i)
		}
	}
	return counts.All(), nil
}

// caseFigures counts the cases of a period; nil if there are none.
func caseFigures(ctx context.Context, records store.Cases, id, period string, now time.Time) (*results.CaseFigures, error) {
	all, err := records.CasesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c *cases.Case) bool { return c.Period != period || c.Withdrawn })
	if len(all) == 0 {
		return nil, nil
	}
	cases.Sort(all, now)
	figures := &results.CaseFigures{Opened: len(all)}
	for _, c := range all {
		if c.Status == cases.Closed {
			figures.Closed++
			if c.CustomerTold {
				figures.Told++
			}
			continue
		}
		figures.Open = append(figures.Open, results.OpenCase{ID: c.ID, Type: c.Type, Severity: string(c.Severity), Owner: c.Owner, Due: string(c.Due), Overdue: c.Overdue(now)})
	}
	return figures, nil
}

// maxTexts bounds the answers to one question in the annex: more than anybody reads.
const maxTexts = 1000

// writtenAnswers returns the answers to text questions that are neither private nor sealed, by field.
func writtenAnswers(ctx context.Context, records store.Records, s *survey.Survey, period string) ([]results.TextAnswers, error) {
	var all []results.TextAnswers
	index := map[string]int{} // of all, by field name
	for _, f := range s.Fields() {
		text := f.Question.Type == survey.ShortText || f.Question.Type == survey.LongText || f.Part == survey.OtherPart
		if text && !f.Question.Private {
			index[f.Name] = len(all)
			all = append(all, results.TextAnswers{Field: f})
		}
	}
	corrected := corrections{records: records, survey: s.ID}
	for entry, err := range records.After(ctx, s.ID, period, "") {
		if err == nil {
			err = corrected.apply(ctx, s, period, &entry, false)
		}
		if err != nil {
			return nil, err
		}
		if entry.Response.Withdrawn {
			continue
		}
		for _, a := range entry.Response.Answers {
			i, wanted := index[a.Field()]
			if !wanted || len(a) < 2 || a.IsSealed() {
				continue
			}
			if len(all[i].Answers) == maxTexts {
				all[i].Left++
				continue
			}
			all[i].Answers = append(all[i].Answers, a[1])
		}
	}
	return slices.DeleteFunc(all, func(t results.TextAnswers) bool { return len(t.Answers) == 0 }), nil
}
