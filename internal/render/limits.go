package render

import (
	"encoding/json"
	"slices"
	"strconv"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// limit is one limit of an answer, as templates/rules.js checks it: the code of the problem, the bound, and the handler's
// message. In JSON it is an array.
type limit struct {
	code    answer.Code
	bound   any
	message string
}

func (l limit) MarshalJSON() ([]byte, error) { return json.Marshal([]any{l.code, l.bound, l.message}) }

// limits lists the limits of an answer, in the order in which the handler checks them. Limits that the script cannot check are
// left to the handler, which checks everything again.
func limits(q *survey.Question, w *wording.Words, language string) []limit {
	l := limitList{words: w, language: language, message: q.Message}
	switch q.Type {
	case survey.MultiChoice:
		l.addChoices(q)
	case survey.Number:
		l.addNumber(q)
	case survey.ConstantSum:
		l.add(answer.TooSmall, 0, "min", 0)
	case survey.ShortText, survey.LongText:
		l.addText(q)
	case survey.Email, survey.Phone, survey.URL:
		source, code := answer.Pattern(q.Type)
		if p, ok := scriptPattern(source, true); ok {
			l.add(code, p)
		}
	case survey.DateType:
		if q.Earliest != "" {
			l.add(answer.TooEarly, q.Earliest, "min", q.Earliest)
		}
		if q.Latest != "" {
			l.add(answer.TooLate, q.Latest, "max", q.Latest)
		}
	case survey.Consent:
		l.add(answer.MustConsent, nil)
	}
	return l.limits
}

// limitList collects limits with their messages.
type limitList struct {
	words    *wording.Words
	language string
	message  survey.Text // the author's own
	limits   []limit
}

func (l *limitList) add(code answer.Code, bound any, args ...any) {
	if l.message != nil && code.IsLimit() {
		args = append(args, "message", l.message.In(l.language))
	}
	l.limits = append(l.limits, limit{code, bound, problemText(l.words, answer.Problem{Code: code, Args: args})})
}

func (l *limitList) addChoices(q *survey.Question) {
	var exclusive []string
	for _, o := range q.Options {
		if o.Exclusive {
			exclusive = append(exclusive, o.ID)
		}
	}
	if len(exclusive) > 0 {
		l.add(answer.Exclusive, exclusive)
	}
	if q.AtLeast > 1 {
		bound := []any{q.AtLeast} // and the options that are enough on their own
		for _, id := range exclusive {
			bound = append(bound, id)
		}
		l.add(answer.TooFew, bound, "min", q.AtLeast)
	}
	if q.AtMost > 0 {
		l.add(answer.TooMany, q.AtMost, "max", q.AtMost)
	}
}

func (l *limitList) addNumber(q *survey.Question) {
	var origin survey.Decimal
	if q.Min != nil {
		origin = *q.Min
		l.add(answer.TooSmall, int64(*q.Min), "min", *q.Min)
	}
	if q.Max != nil {
		l.add(answer.TooLarge, int64(*q.Max), "max", *q.Max)
	}
	if q.Step != nil {
		l.add(answer.NotAStep, []int64{int64(origin), int64(*q.Step)}, "step", *q.Step)
	}
}

func (l *limitList) addText(q *survey.Question) {
	if q.MinLength > 1 {
		l.add(answer.TooShort, q.MinLength, "min", q.MinLength, "length", "{length}")
	}
	if q.MaxLength > 0 {
		l.add(answer.TooLong, q.MaxLength, "max", q.MaxLength, "length", "{length}")
	}
	if p, ok := scriptPattern(q.Pattern, false); ok && q.Pattern != "" {
		l.add(answer.BadPattern, p)
	}
}

// sayUnreadable returns the message for an answer that cannot be read; "" where a page does not let respondents give one.
func sayUnreadable(q *survey.Question, w *wording.Words) string {
	codes := map[survey.Type]answer.Code{survey.Number: answer.NotANumber, survey.ConstantSum: answer.NotANumber, survey.DateType: answer.BadDate, survey.Time: answer.BadTime}
	if code, ok := codes[q.Type]; ok {
		return problemText(w, answer.Problem{Code: code})
	}
	return ""
}

// sayMissingRanks returns the message for a ranking that lacks ranks, by how many there should be: fewer, if not all options are
// offered.
func sayMissingRanks(q *survey.Question, w *wording.Words) map[string]string {
	if q.Type != survey.Ranking {
		return nil
	}
	messages := map[string]string{}
	conditional := slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ShowIf != nil })
	for n := q.AtMost; n > 0; n-- {
		messages[strconv.Itoa(n)] = problemText(w, answer.Problem{Code: answer.RankMissing, Args: []any{"max", n}})
		if !conditional {
			break
		}
	}
	return messages
}

// scriptSentences returns the script's messages for any question, and for the page as a whole, by name.
func scriptSentences(s *survey.Survey, w *wording.Words) map[string]string {
	sentences := map[string]string{
		"look": w.Say("errors.look"), "colon": w.Say("errors.colon"), "kept": w.Say("errors.kept"),
		"waiting": w.Say("send.waiting"), "failed": problemText(w, answer.Problem{Code: answer.Unstorable, Args: []any{"contact", s.Contact}}), "sent": w.Say("thanks.text"), "draft": w.Say("draft.restored"),
		"anew": w.Say("errors.anew"),
	}
	for _, code := range []answer.Code{answer.Closed, answer.Conflict, answer.Withdrawn, answer.Unstorable} {
		sentences[string(code)+".title"] = w.Say("notice." + string(code))
	}
	if s.HasInvitations() {
		for _, code := range []answer.Code{answer.InvitedOnly, answer.InvitationExpired, answer.InvitationWithdrawn, answer.InvitationUsed} {
			sentences[string(code)+".title"] = w.Say("notice." + string(code))
		}
	}
	if s.Anonymity == survey.Anonymous {
		for _, code := range []answer.Code{answer.NotAnonymous, answer.TokenUnknown, answer.TokenLate} {
			sentences[string(code)+".title"] = w.Say("notice." + string(code))
		}
	}
	problem := func(code answer.Code, args ...any) {
		sentences[string(code)] = problemText(w, answer.Problem{Code: code, Args: args})
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
		if q.Type == survey.DateType || q.Type == survey.Time {
			sentences["incomplete"] = w.Say("errors.incomplete")
		}
		if q.Type == survey.ConstantSum {
			problem(answer.WrongSum, "total", q.Total.String(), "sum", "{sum}")
		}
		if isPersonal(q) {
			sentences["apart"] = w.Say("draft.apart")
		}
	}
	if s.Steps || s.Cards {
		sentences["step"], sentences["next"] = w.Say("steps.at", "n", "{n}", "max", "{max}"), w.Say("steps.next")
	}
	if s.Cards {
		sentences["step"] = w.Say("cards.at", "n", "{n}", "max", "{max}")
		if goesOn(s) {
			sentences["tap"] = w.Say("cards.tap")
		}
	}
	return sentences
}

// goesOn reports whether a survey has a question whose card goes on by itself once an option is chosen.
func goesOn(s *survey.Survey) bool {
	for q := range s.Questions() {
		switch q.Type {
		case survey.Rating, survey.NPS, survey.YesNo:
			return true
		case survey.SingleChoice:
			if q.Display != "dropdown" {
				return true
			}
		}
	}
	return false
}

// isPersonal reports whether an answer is never kept on a respondent's device: a private one, and one that identifies the
// respondent.
func isPersonal(q *survey.Question) bool {
	return q.Private || q.Type == survey.Email || q.Type == survey.Phone
}
