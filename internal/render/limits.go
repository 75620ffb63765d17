package render

import (
	"encoding/json"
	"strconv"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// limit is one thing that an answer must keep to, as templates/rules.js looks at it: the code of the problem, its bound,
// and what is said, in the handler's words. It is written as an array.
type limit struct {
	code  answer.Code
	bound any
	says  string
}

func (l limit) MarshalJSON() ([]byte, error) { return json.Marshal([]any{l.code, l.bound, l.says}) }

// limitsOf lists what an answer must keep to, in the order in which the handler looks at it. What only the handler knows
// is left out: it has the last word.
func limitsOf(q *survey.Question, w *wording.Words) []limit {
	var limits []limit
	add := func(code answer.Code, bound any, args ...any) {
		limits = append(limits, limit{code, bound, message(w, answer.Problem{Code: code, Args: args})})
	}
	switch q.Type {
	case survey.MultiChoice:
		var alone []string
		for _, o := range q.Options {
			if o.Exclusive {
				alone = append(alone, o.ID)
			}
		}
		if len(alone) > 0 {
			add(answer.Exclusive, alone)
		}
		if q.AtLeast > 1 {
			bound := []any{q.AtLeast} // and what is never too few
			for _, id := range alone {
				bound = append(bound, id)
			}
			add(answer.TooFew, bound, "min", q.AtLeast)
		}
		if q.AtMost > 0 {
			add(answer.TooMany, q.AtMost, "max", q.AtMost)
		}
	case survey.Number:
		var origin survey.Decimal
		if q.Min != nil {
			origin = *q.Min
			add(answer.TooSmall, int64(*q.Min), "min", *q.Min)
		}
		if q.Max != nil {
			add(answer.TooLarge, int64(*q.Max), "max", *q.Max)
		}
		if q.Step != nil {
			add(answer.NotAStep, []int64{int64(origin), int64(*q.Step)}, "step", *q.Step)
		}
	case survey.ConstantSum:
		add(answer.TooSmall, 0, "min", 0)
	case survey.ShortText, survey.LongText:
		if q.MinLength > 1 {
			add(answer.TooShort, q.MinLength, "min", q.MinLength, "length", "{length}")
		}
		if q.MaxLength > 0 {
			add(answer.TooLong, q.MaxLength, "max", q.MaxLength, "length", "{length}")
		}
		if p, ok := scriptPattern(q.Pattern, false); ok && q.Pattern != "" {
			add(answer.BadPattern, p)
		}
	case survey.Email, survey.Phone, survey.URL:
		source, code := answer.Pattern(q.Type)
		if p, ok := scriptPattern(source, true); ok {
			add(code, p)
		}
	case survey.DateType:
		if q.Earliest != "" {
			add(answer.TooEarly, q.Earliest, "min", q.Earliest)
		}
		if q.Latest != "" {
			add(answer.TooLate, q.Latest, "max", q.Latest)
		}
	case survey.Consent:
		add(answer.MustConsent, nil)
	}
	return limits
}

// unread is what is said of an answer that cannot be read; nothing where a page lets nobody give one.
func unread(q *survey.Question, w *wording.Words) string {
	codes := map[survey.Type]answer.Code{survey.Number: answer.NotANumber, survey.ConstantSum: answer.NotANumber, survey.DateType: answer.BadDate, survey.Time: answer.BadTime}
	if code, ok := codes[q.Type]; ok {
		return message(w, answer.Problem{Code: code})
	}
	return ""
}

// missing is what is said of a ranking that lacks ranks, by how many there should be: fewer, if not all options are offered.
func missing(q *survey.Question, w *wording.Words) map[string]string {
	if q.Type != survey.Ranking {
		return nil
	}
	says := map[string]string{}
	for n := q.AtMost; n > 0; n-- {
		says[strconv.Itoa(n)] = message(w, answer.Problem{Code: answer.RankMissing, Args: []any{"max", n}})
		withheld := false
		for _, o := range q.Options {
			withheld = withheld || o.ShowIf != nil
		}
		if !withheld {
			break
		}
	}
	return says
}

// said are the sentences that the script says of any question, and of the page as a whole, by name.
func said(s *survey.Survey, w *wording.Words) map[string]string {
	says := map[string]string{
		"look": w.Say("errors.look"), "colon": w.Say("errors.colon"), "kept": w.Say("errors.kept"),
		"waiting": w.Say("send.waiting"), "failed": w.Say("problem.not_stored"), "sent": w.Say("thanks.text"), "draft": w.Say("draft.restored"),
	}
	problem := func(code answer.Code, args ...any) {
		says[string(code)] = message(w, answer.Problem{Code: code, Args: args})
	}
	for q := range s.Questions() {
		if q.Type == survey.Consent {
			problem(answer.MustConsent)
		} else if q.Type != survey.Note {
			problem(answer.Required)
		}
		if q.HasOther() {
			problem(answer.OtherUnmeant)
			problem(answer.TooLong, "max", answer.OtherLength, "length", "{length}")
		}
		if q.Type == survey.ConstantSum {
			problem(answer.WrongSum, "total", q.Total.String(), "sum", "{sum}")
		}
		if personal(q) {
			says["apart"] = w.Say("draft.apart")
		}
	}
	if s.Steps {
		says["step"], says["next"] = w.Say("steps.at", "n", "{n}", "max", "{max}"), w.Say("steps.next")
	}
	return says
}

// personal reports whether an answer is never kept on a respondent's device: a private one, and whatever tells who it was.
func personal(q *survey.Question) bool {
	return q.Private || q.Type == survey.Email || q.Type == survey.Phone
}
