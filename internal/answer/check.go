package answer

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// maxProblems bounds an answer to a hostile submission.
const maxProblems = 100

// Check reads a submission as answers to a questionnaire. It returns a Response or the problems, in the order of the
// questions. The caller sets the response's Period and, if the client gave none, its ID. Answers to what is not asked are
// dropped. thanks is which thank-you text applies. Where hidden questions are answered by invitations, they alone are no answer:
// an empty form that a program sends must not use an invitation up.
func Check(s *survey.Survey, p Posted) (r Response, thanks int, problems []Problem) {
	problems = slices.Clone(p.problems)
	if p.values != nil {
		problems = append(problems, p.flatten(s)...)
	}
	r = Response{Survey: s.ID, Version: s.Version, Language: p.Language, Channel: p.Channel}
	if !p.Stored {
		problems = append(problems, r.readEnvelope(s, p)...)
	}
	problems = append(problems, unknownFields(s, p.Fields)...)

	values, unread := readAll(s, p.Fields)
	state := Evaluate(s, values, r.Channel, r.Language)
	problems = append(problems, sealProblems(s, p, state.Values)...)
	for q := range s.Questions() {
		// The type of what is not asked does not matter.
		problems = slices.DeleteFunc(problems, func(p Problem) bool {
			f, ok := s.Field(p.Field)
			return p.Question == q.ID && p.Code == WrongType && (!state.Asked[q.ID] || ok && !state.offers(f))
		})
		if !state.Asked[q.ID] {
			continue
		}
		found := state.problems(s, q, unread, r.Language)
		// A value of the wrong JSON type was dropped. It must not be reported as missing too.
		found = slices.DeleteFunc(found, func(f Problem) bool {
			return slices.ContainsFunc(problems, func(p Problem) bool {
				return p.Code == WrongType && (p.Field == f.Field || f.Field == q.ID && p.Question == q.ID)
			})
		})
		problems = append(problems, found...)
	}
	r.Answers = make([]Answer, 0, len(state.Values))
	given := 0 // by the respondent
	for _, f := range s.Fields() {
		switch chosen := state.Values[f.Name]; {
		case len(chosen) == 0:
			continue
		case f.Question.Private:
			r.Private = append(r.Private, append(Answer{f.Name}, chosen...))
		default:
			r.Answers = append(r.Answers, append(Answer{f.Name}, chosen...))
		}
		if f.Question.Type != survey.Hidden || !s.HasInvitations() {
			given++
		}
	}
	if len(problems) == 0 && given == 0 {
		problems = append(problems, Problem{Code: Empty})
	}
	if len(problems) == 0 {
		return r, state.Thanks, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(s, a), rank(s, b)), cmp.Compare(a.Field, b.Field))
	})
	return Response{}, 0, problems[:min(len(problems), maxProblems)]
}

// rank orders problems: those of the submission first, then by question, then those of unknown fields.
func rank(s *survey.Survey, p Problem) int {
	if p.Field == "" {
		return -1
	}
	if i := s.FieldIndex(p.Field); i >= 0 {
		return i
	}
	if q, ok := s.Question(p.Field); ok {
		if fields := s.FieldsOf(q); len(fields) > 0 {
			return s.FieldIndex(fields[0].Name)
		}
	}
	return len(s.Fields())
}

// readEnvelope reads the id, language and channel of a submission.
func (r *Response) readEnvelope(s *survey.Survey, p Posted) []Problem {
	var problems []Problem
	if p.ID != "" {
		id, err := uuid.Parse(p.ID)
		if err != nil || len(p.ID) != 36 || id == uuid.Nil {
			problems = append(problems, Problem{Field: "id", Code: BadID})
		} else {
			r.ID = IDOf(s.ID, id)
		}
	}
	if p.Language == "" {
		r.Language = s.DefaultLanguage()
	} else if !s.HasLanguage(p.Language) {
		problems = append(problems, Problem{Field: "language", Code: BadLanguage})
	}
	if p.Channel != "" && !slices.Contains(s.Channels, p.Channel) {
		problems = append(problems, Problem{Field: "channel", Code: BadChannel})
	}
	return problems
}

// unknownFields reports fields that the questionnaire does not have.
func unknownFields(s *survey.Survey, fields map[string][]string) []Problem {
	var problems []Problem
	for name := range fields {
		if _, ok := s.Field(name); !ok {
			problems = insert(problems, Problem{Question: survey.QuestionOf(name), Field: name, Code: UnknownField})
		}
	}
	return problems
}

// insert adds a problem to those that are the first by field, of which there are up to maxProblems. So which ones are kept does
// not depend on the order of a map.
func insert(first []Problem, p Problem) []Problem {
	at, _ := slices.BinarySearchFunc(first, p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Code, b.Code))
	})
	if at == maxProblems {
		return first
	}
	return slices.Insert(first[:min(len(first), maxProblems-1)], at, p)
}

// readAll converts what was typed into canonical form. What cannot be read is a problem, by field.
func readAll(s *survey.Survey, typed map[string][]string) (values map[string][]string, unread map[string]Problem) {
	values, unread = make(map[string][]string, len(typed)), map[string]Problem{}
	for _, f := range s.Fields() {
		if len(typed[f.Name]) == 0 {
			continue
		}
		read, code := readField(s, f, typed[f.Name])
		if code != "" {
			unread[f.Name] = Problem{Question: f.Question.ID, Field: f.Name, Code: code}
		} else if len(read) > 0 {
			values[f.Name] = read
		}
	}
	for q := range s.Questions() {
		if q.HasOther() {
			chooseOther(q, values, unread)
		}
	}
	return values, unread
}

// readField reads the values of a field, sealed or not.
func readField(s *survey.Survey, f survey.Field, typed []string) (values []string, problem Code) {
	if s.Seals(f) {
		if sealed, found, problem := readSealed(s, f, typed); found {
			return sealed, problem
		}
	}
	return read(f, typed)
}

// chooseOther chooses "other" if its text is given. If another option of a single choice is chosen, the text is a problem.
func chooseOther(q *survey.Question, values map[string][]string, unread map[string]Problem) {
	text := q.ID + "." + survey.Other
	if len(values[text]) == 0 || slices.Contains(values[q.ID], survey.Other) || len(values[q.ID]) == 1 && seal.Is(values[q.ID][0]) {
		return
	}
	if q.Type == survey.MultiChoice || len(values[q.ID]) == 0 {
		values[q.ID] = append(values[q.ID], survey.Other)
		return
	}
	unread[text] = Problem{Question: q.ID, Field: text, Code: OtherUnmeant}
}

// read converts one field's values into canonical form, whether or not they are within its limits. None means unanswered.
func read(f survey.Field, typed []string) (values []string, problem Code) {
	for _, v := range typed {
		if !utf8.ValidString(v) {
			return nil, BadText
		}
		if v = clean(f, v); v == "" {
			continue
		}
		if v, problem = readOne(f, v); problem != "" {
			return nil, problem
		}
		values = append(values, v)
	}
	if len(values) > 1 && f.Question.Type != survey.MultiChoice {
		return nil, OneOnly
	}
	if len(values) > 1 { // in the questionnaire's order, each once
		var chosen []string
		for _, o := range f.Question.Options {
			if slices.Contains(values, o.ID) {
				chosen = append(chosen, o.ID)
			}
		}
		return chosen, ""
	}
	return values, ""
}

// readOne converts one value into canonical form.
func readOne(f survey.Field, value string) (string, Code) {
	if f.Part == survey.OtherPart {
		return value, ""
	}
	switch q := f.Question; q.Type {
	case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix, survey.Ranking:
		if !slices.ContainsFunc(f.Options(), func(o survey.Option) bool { return o.ID == value }) {
			return "", NotAnOption
		}
	case survey.Hidden:
		if len(q.Options) > 0 && !slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ID == value }) {
			return "", NotAnOption
		}
	case survey.Number, survey.ConstantSum:
		d, err := survey.ParseDecimal(strings.TrimPrefix(value, "+"))
		if err != nil {
			return "", NotANumber
		}
		return d.String(), ""
	case survey.DateType:
		day, err := time.Parse("2006-1-2", dateParts.ReplaceAllString(value, "$1-$2-$3"))
		if err != nil {
			return "", BadDate
		}
		return day.Format(time.DateOnly), ""
	case survey.Time:
		clock, err := time.Parse("15:4", timeParts.ReplaceAllString(value, "$1:$2"))
		if err != nil {
			return "", BadTime
		}
		return clock.Format("15:04"), ""
	case survey.YesNo, survey.Consent:
		switch strings.ToLower(value) {
		case "yes", "true":
			return "yes", ""
		case "no", "false":
			return "no", ""
		}
		return "", NotYesNo
	}
	return value, ""
}

// problems lists the problems of a question that is asked.
func (state *State) problems(s *survey.Survey, q *survey.Question, unread map[string]Problem, language string) []Problem {
	var problems []Problem
	fields := s.FieldsOf(q)
	for _, f := range fields {
		values := state.Values[f.Name]
		if !state.offers(f) {
			continue
		}
		if p, bad := unread[f.Name]; bad {
			problems = append(problems, p)
			continue
		}
		var p *Problem
		switch {
		case isSealed(s, f, values): // its limits are checked where it is sealed, and when it is opened
		case len(values) > 0:
			if p = checkLimits(f, values); p != nil && p.Code.IsLimit() && f.Part == "" && q.Message != nil {
				p.Args = append(p.Args, "message", q.Message.In(language))
			}
		case state.Required[f.Name] && q.Type == survey.Consent:
			p = &Problem{Code: MustConsent}
		case state.Required[f.Name]:
			p = &Problem{Code: Required}
		}
		if p != nil {
			p.Question, p.Field = q.ID, f.Name
			problems = append(problems, *p)
		}
	}
	if len(problems) == 0 && isAnsweredWhole(q) && !hasSealed(s, fields, state.Values) {
		if p := state.checkWhole(q, fields); p != nil {
			p.Question, p.Field = q.ID, q.ID
			problems = append(problems, *p)
		}
	}
	if len(problems) == 0 {
		for _, i := range state.Failed[q.ID] {
			at := q.ID
			if !isAnsweredWhole(q) {
				at = fields[0].Name
			}
			problems = append(problems, Problem{Question: q.ID, Field: at, Code: Failed, Args: []any{"message", q.Checks[i].Message.In(language)}})
		}
	}
	return problems
}

// checkWhole checks the fields of a ranking or constant_sum together.
func (state *State) checkWhole(q *survey.Question, fields []survey.Field) *Problem {
	ranks := map[string]bool{}
	var sum survey.Decimal
	answered := 0
	for _, f := range fields {
		values := state.Values[f.Name]
		if len(values) == 0 {
			continue
		}
		answered++
		if q.Type == survey.ConstantSum {
			share, _ := survey.ParseDecimal(values[0])
			sum += share
		} else if ranks[values[0]] {
			return &Problem{Code: RankTwice}
		}
		ranks[values[0]] = true
	}
	most := min(q.AtMost, len(fields)-len(state.Withheld[q.ID]))
	switch {
	case answered == 0 && state.Required[q.ID]:
		return &Problem{Code: Required}
	case answered == 0:
	case q.Type == survey.ConstantSum && sum != *q.Total:
		return &Problem{Code: WrongSum, Args: []any{"total", q.Total.String(), "sum", sum.String()}}
	case q.Type == survey.ConstantSum:
	case hasGap(ranks):
		return &Problem{Code: RankGap}
	case state.Required[q.ID] && answered < most:
		return &Problem{Code: RankMissing, Args: []any{"max", most}}
	}
	return nil
}

// hasGap reports whether ranks, each given once, leave one out.
func hasGap(ranks map[string]bool) bool {
	for n := 1; n <= len(ranks); n++ {
		if !ranks[strconv.Itoa(n)] {
			return true
		}
	}
	return false
}

// checkLimits checks that one field's values are within its limits.
func checkLimits(f survey.Field, values []string) *Problem {
	q := f.Question
	switch {
	case f.Part == survey.OtherPart:
		return checkLength(0, OtherLength, values[0])
	case q.Type == survey.MultiChoice:
		return checkChoices(q, values)
	}
	switch q.Type {
	case survey.Number:
		return checkNumber(q, values[0])
	case survey.ConstantSum:
		if values[0][0] == '-' {
			return &Problem{Code: TooSmall, Args: []any{"min", "0"}}
		}
	case survey.ShortText, survey.LongText:
		if p := checkLength(q.MinLength, q.MaxLength, values[0]); p != nil {
			return p
		}
		if q.Pattern != "" {
			if whole, err := regexp.MatchString(`^(?:`+q.Pattern+`)$`, values[0]); err != nil || !whole {
				return &Problem{Code: BadPattern}
			}
		}
	case survey.Hidden:
		return checkLength(0, OtherLength, values[0])
	case survey.Email:
		if !survey.ValidEmail(values[0]) {
			return &Problem{Code: BadEmail}
		}
	case survey.Phone:
		if !phone.MatchString(values[0]) {
			return &Problem{Code: BadPhone}
		}
	case survey.URL:
		if !webAddress.MatchString(values[0]) || len(values[0]) > maxURL {
			return &Problem{Code: BadURL}
		}
	case survey.DateType:
		if q.Earliest != "" && values[0] < string(q.Earliest) {
			return &Problem{Code: TooEarly, Args: []any{"min", string(q.Earliest)}}
		}
		if q.Latest != "" && values[0] > string(q.Latest) {
			return &Problem{Code: TooLate, Args: []any{"max", string(q.Latest)}}
		}
	case survey.Consent:
		if values[0] != "yes" {
			return &Problem{Code: MustConsent}
		}
	}
	return nil
}

// maxURL bounds an address, in bytes.
const maxURL = 2000

// OtherLength is the maximum length of the text of "other", and of a hidden value, in characters.
const OtherLength = 200

// checkChoices checks the options of a multi_choice together.
func checkChoices(q *survey.Question, values []string) *Problem {
	exclusive := slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.Exclusive && slices.Contains(values, o.ID) })
	switch {
	case exclusive && len(values) > 1:
		return &Problem{Code: Exclusive}
	case exclusive: // "none of these" is never too few
		return nil
	case q.AtLeast > 0 && len(values) < q.AtLeast:
		return &Problem{Code: TooFew, Args: []any{"min", q.AtLeast}}
	case q.AtMost > 0 && len(values) > q.AtMost:
		return &Problem{Code: TooMany, Args: []any{"max", q.AtMost}}
	}
	return nil
}

// checkNumber checks a number against its bounds and step.
func checkNumber(q *survey.Question, value string) *Problem {
	d, _ := survey.ParseDecimal(value)
	var origin survey.Decimal
	if q.Min != nil {
		origin = *q.Min
	}
	switch {
	case q.Min != nil && d < *q.Min:
		return &Problem{Code: TooSmall, Args: []any{"min", *q.Min}}
	case q.Max != nil && d > *q.Max:
		return &Problem{Code: TooLarge, Args: []any{"max", *q.Max}}
	case q.Step != nil && (d-origin)%*q.Step != 0:
		return &Problem{Code: NotAStep, Args: []any{"step", q.Step.String()}}
	}
	return nil
}

// checkLength checks a text's length in characters. Only those that can be seen are enough.
func checkLength(least, most int, text string) *Problem {
	if least > 0 {
		if visible := visibleLength(text); visible < least {
			return &Problem{Code: TooShort, Args: []any{"min", least, "length", visible}}
		}
	}
	if length := utf8.RuneCountInString(text); most > 0 && length > most {
		return &Problem{Code: TooLong, Args: []any{"max", most, "length", length}}
	}
	return nil
}

var (
	phone = regexp.MustCompile(`^(\(?\+)?[0-9(][0-9 ()./#-]{3,28}[0-9]` +
		`([ ,;]*(?i:ext(ension)?|x|#|转|轉|分机|分機|内线|內線)[ .:=]*[0-9]{1,6})?$`)
	dateParts  = regexp.MustCompile(`^(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?$`)
	timeParts  = regexp.MustCompile(`^(\d{1,2}) ?[:点點时時] ?(\d{1,2}) ?分?$`)
	webAddress = regexp.MustCompile(`^(?i:https?://)?[^\s/@:?#<>"']+\.[^\s/@:?#<>"'.]{2,}(:\d{1,5})?([/?#][^\s<>"]*)?$`)
)
