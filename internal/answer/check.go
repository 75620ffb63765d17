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

	"glasspoll/internal/decimal"
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
	typed, unfit, unknown := p.typed(s)
	problems = append(slices.Clone(p.problems), unfit...)
	r = Response{Survey: s.ID, Version: s.Version, Language: p.Language, Channel: p.Channel}
	if !p.Stored {
		problems = append(problems, r.readEnvelope(s, p)...)
	}
	problems = append(problems, unknown...)

	values, unread := readAll(s, typed)
	e := evaluate(s, values, r.Channel, r.Language)
	problems = append(problems, sealProblems(s, p, e.values)...)
	for _, q := range s.Asked() {
		if len(problems) > 0 {
			problems = e.dropIrrelevant(q, problems)
		}
		if e.questions[q.Number].asked {
			problems = e.addProblems(q, unread, problems)
		}
	}
	given := r.setAnswers(s, e.values)
	if len(problems) == 0 && given == 0 {
		problems = append(problems, Problem{Code: Empty})
	}
	if len(problems) == 0 {
		return r, e.thanks, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(s, a), rank(s, b)), cmp.Compare(a.Field, b.Field))
	})
	return Response{}, 0, problems[:min(len(problems), maxProblems)]
}

// setAnswers sets the answers, by field, and returns how many of them the respondent has given.
func (r *Response) setAnswers(s *survey.Survey, values [][]string) (given int) {
	answered, texts := 0, 0
	for _, chosen := range values {
		if len(chosen) > 0 {
			answered, texts = answered+1, texts+1+len(chosen)
		}
	}
	r.Answers = make([]Answer, 0, answered)
	memory := make([]string, 0, texts) // of all answers
	for i, chosen := range values {
		if len(chosen) == 0 {
			continue
		}
		f := &s.Fields()[i]
		from := len(memory)
		memory = append(append(memory, f.Name), chosen...)
		a := Answer(memory[from:len(memory):len(memory)])
		if f.Question.Private {
			r.Private = append(r.Private, a)
		} else {
			r.Answers = append(r.Answers, a)
		}
		if f.Question.Type != survey.Hidden || !s.HasInvitations() {
			given++
		}
	}
	return given
}

// dropIrrelevant removes the problems of a type of what is not asked.
func (e *evaluation) dropIrrelevant(q survey.Placed, problems []Problem) []Problem {
	return slices.DeleteFunc(problems, func(p Problem) bool {
		f, ok := e.survey.Field(p.Field)
		return p.Question == q.ID && p.Code == WrongType && (!e.questions[q.Number].asked || ok && !e.offers(q, f))
	})
}

// addProblems adds the problems of a question that is asked. A value of the wrong JSON type was dropped: it must not be reported
// as missing too.
func (e *evaluation) addProblems(q survey.Placed, unread []Code, problems []Problem) []Problem {
	found := e.problems(q, unread)
	if len(found) > 0 && len(problems) > 0 {
		found = slices.DeleteFunc(found, func(f Problem) bool {
			return slices.ContainsFunc(problems, func(p Problem) bool {
				return p.Code == WrongType && (p.Field == f.Field || f.Field == q.ID && p.Question == q.ID)
			})
		})
	}
	return append(problems, found...)
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

// insertUnknown adds the problem that the questionnaire does not have a field, once.
func insertUnknown(first []Problem, name string) []Problem {
	p := Problem{Question: survey.QuestionOf(name), Field: name, Code: UnknownField}
	if _, known := slices.BinarySearchFunc(first, p, compareProblems); known {
		return first
	}
	return insert(first, p)
}

// insert adds a problem to those that are the first by field, of which there are up to maxProblems. So which ones are kept does
// not depend on the order of a map.
func insert(first []Problem, p Problem) []Problem {
	at, _ := slices.BinarySearchFunc(first, p, compareProblems)
	if at == maxProblems {
		return first
	}
	return slices.Insert(first[:min(len(first), maxProblems-1)], at, p)
}

func compareProblems(a, b Problem) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Code, b.Code))
}

// readAll converts what was typed into canonical form, by field. What cannot be read has a code in unread, which is nil if
// everything can.
func readAll(s *survey.Survey, typed [][]string) (values [][]string, unread []Code) {
	values = make([][]string, len(typed))
	fail := func(field int, code Code) {
		if unread == nil {
			unread = make([]Code, len(typed))
		}
		unread[field] = code
	}
	for i, f := range s.Fields() {
		if len(typed[i]) == 0 {
			continue
		}
		read, code := readField(s, f, typed[i])
		if code != "" {
			fail(i, code)
		} else if len(read) > 0 {
			values[i] = read
		}
	}
	for _, q := range s.Asked() {
		if text := q.End - 1; q.HasOther() && !choosesOther(q, values) {
			fail(text, OtherUnmeant)
		}
	}
	return values, unread
}

// readField reads the values of a field, sealed or not.
func readField(s *survey.Survey, f survey.Field, typed []string) (values []string, problem Code) {
	if s.Sealing != nil && s.Seals(f) {
		if sealed, found, problem := readSealed(s, f, typed); found {
			return sealed, problem
		}
	}
	return read(f, typed)
}

// choosesOther chooses "other" of a question that has it if its text is given. It reports false if another option of a single choice
// is chosen.
func choosesOther(q survey.Placed, values [][]string) bool {
	if q.End-q.First != 2 || len(values[q.First+1]) == 0 {
		return true
	}
	chosen := values[q.First]
	if slices.Contains(chosen, survey.Other) || len(chosen) == 1 && seal.Is(chosen[0]) {
		return true
	}
	if q.Type == survey.MultiChoice || len(chosen) == 0 {
		values[q.First] = append(slices.Clip(chosen), survey.Other)
		return true
	}
	return false
}

// read converts one field's values into canonical form, whether or not they are within its limits. None means unanswered.
func read(f survey.Field, typed []string) (values []string, problem Code) {
	for i, as := range typed {
		if !utf8.ValidString(as) {
			return nil, BadText
		}
		v := clean(f, as)
		if v == "" {
			continue
		}
		if v, problem = readOne(f, v); problem != "" {
			return nil, problem
		}
		switch {
		case v == as && i == len(values): // as most are: no memory of its own
			values = typed[: i+1 : i+1]
		case len(values) == 0:
			values = []string{v}
		default:
			values = append(slices.Clip(values), v)
		}
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
		number, err := decimal.Canonical(strings.TrimPrefix(value, "+"))
		if err != nil {
			return "", NotANumber
		}
		return number, ""
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
func (e *evaluation) problems(q survey.Placed, unread []Code) []Problem {
	var problems []Problem
	fields := e.survey.Fields()[q.First:q.End]
	for i, f := range fields {
		values, isRequired := e.values[q.First+i], e.required[q.First+i]
		if !e.offers(q, f) {
			continue
		}
		var p *Problem
		switch {
		case unread != nil && unread[q.First+i] != "":
			p = &Problem{Code: unread[q.First+i]}
		case isSealed(e.survey, f, values): // its limits are checked where it is sealed, and when it is opened
		case len(values) > 0:
			if p = checkLimits(f, values); p != nil && p.Code.IsLimit() && f.Part == "" && q.Message != nil {
				p.Args = append(p.Args, "message", q.Message.In(e.postedLanguage))
			}
		case isRequired && q.Type == survey.Consent:
			p = &Problem{Code: MustConsent}
		case isRequired:
			p = &Problem{Code: Required}
		}
		if p != nil {
			p.Question, p.Field = q.ID, f.Name
			problems = append(problems, *p)
		}
	}
	if len(problems) == 0 && isAnsweredWhole(q.Question) && !hasSealed(e.survey, fields, e.values[q.First:q.End]) {
		if p := e.checkWhole(q); p != nil {
			p.Question, p.Field = q.ID, q.ID
			problems = append(problems, *p)
		}
	}
	if len(problems) == 0 {
		for _, i := range e.questions[q.Number].failed {
			at := q.ID
			if !isAnsweredWhole(q.Question) {
				at = fields[0].Name
			}
			problems = append(problems, Problem{Question: q.ID, Field: at, Code: Failed, Args: []any{"message", q.Checks[i].Message.In(e.postedLanguage)}})
		}
	}
	return problems
}

// checkWhole checks the fields of a ranking or constant_sum together.
func (e *evaluation) checkWhole(q survey.Placed) *Problem {
	ranks := map[string]bool{}
	var sum survey.Decimal
	answered, state := 0, &e.questions[q.Number]
	for _, values := range e.values[q.First:q.End] {
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
	most := min(q.AtMost, q.End-q.First-len(state.withheld))
	switch {
	case answered == 0 && state.required:
		return &Problem{Code: Required}
	case answered == 0:
	case q.Type == survey.ConstantSum && sum != *q.Total:
		return &Problem{Code: WrongSum, Args: []any{"total", q.Total.String(), "sum", sum.String()}}
	case q.Type == survey.ConstantSum:
	case hasGap(ranks):
		return &Problem{Code: RankGap}
	case state.required && answered < most:
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
		if !q.Matches(values[0]) {
			return &Problem{Code: BadPattern}
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
