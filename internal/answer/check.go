package answer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/survey"
)

// maxProblems bounds an answer to a hostile submission.
const maxProblems = 100

// Check reads a submission as answers to a questionnaire. It returns either a Response, whose Period and, if the client
// made none, ID the caller fills in, or the problems in the order of the questions.
func Check(s *survey.Survey, p Posted) (Response, []Problem) {
	problems := slices.Clone(p.problems)
	if p.values != nil {
		problems = append(problems, p.flatten(s)...)
	}
	r := Response{Survey: s.ID, Version: s.Version, Language: p.Language, Channel: p.Channel}
	problems = append(problems, r.envelope(s, p)...)
	r.Answers = make([]Answer, 0, len(p.Fields))
	known := 0
	texts := make([]string, 0, 2*len(p.Fields)) // room for the answers, mostly
	for _, f := range s.Fields() {
		typed, posted := p.Fields[f.Name]
		if posted {
			known++
		}
		a, problem := check(f, typed, texts[len(texts):])
		texts = texts[:len(texts)+min(len(a), cap(texts)-len(texts))]
		switch {
		case problem != nil:
			// A value of the wrong JSON type was not kept, and must not be said to be missing as well.
			if !slices.ContainsFunc(problems, func(q Problem) bool { return q.Field == f.Name }) {
				problem.Question, problem.Field = f.Question.ID, f.Name
				problems = append(problems, *problem)
			}
		case a == nil:
		case f.Question.Private:
			r.Private = append(r.Private, slices.Clip(a))
		default:
			r.Answers = append(r.Answers, slices.Clip(a))
		}
	}
	if known < len(p.Fields) {
		problems = append(problems, unknown(s, p.Fields)...)
	}
	if len(problems) == 0 && len(r.Answers)+len(r.Private) == 0 {
		problems = append(problems, Problem{Code: Empty})
	}
	if len(problems) == 0 {
		return r, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(place(s, a), place(s, b)), cmp.Compare(a.Field, b.Field))
	})
	return Response{}, problems[:min(len(problems), maxProblems)]
}

// place orders problems: the submission's own first, then by question, then fields that no question has.
func place(s *survey.Survey, p Problem) int {
	if p.Field == "" {
		return -1
	}
	if i := s.FieldIndex(p.Field); i >= 0 {
		return i
	}
	return len(s.Fields())
}

func (r *Response) envelope(s *survey.Survey, p Posted) []Problem {
	var problems []Problem
	if p.ID != "" {
		id, err := uuid.Parse(p.ID)
		if err != nil || len(p.ID) != 36 || id == uuid.Nil {
			problems = append(problems, Problem{Field: "id", Code: BadID})
		} else {
			r.ID = id.String()
		}
	}
	if p.Language == "" {
		r.Language = s.DefaultLanguage()
	} else if !s.Speaks(p.Language) {
		problems = append(problems, Problem{Field: "language", Code: BadLanguage})
	}
	if p.Channel != "" && !slices.Contains(s.Channels, p.Channel) {
		problems = append(problems, Problem{Field: "channel", Code: BadChannel})
	}
	return problems
}

func unknown(s *survey.Survey, fields map[string][]string) []Problem {
	var problems []Problem
	for name := range fields {
		if _, ok := s.Field(name); !ok {
			question, _, _ := strings.Cut(name, ".")
			problems = append(problems, Problem{Question: question, Field: name, Code: UnknownField})
		}
	}
	return problems
}

// check brings one field's values into canonical form, in the space if there is enough; nil means unanswered.
func check(f survey.Field, typed, space []string) (Answer, *Problem) {
	q := f.Question
	a := append(Answer(space), f.Name)
	for _, v := range typed {
		if !utf8.ValidString(v) {
			return nil, &Problem{Code: BadText}
		}
		if v = clean(q.Type, v); v != "" {
			a = append(a, v)
		}
	}
	switch values := a.Values(); {
	case len(values) == 0 && q.Type == survey.Consent:
		return nil, &Problem{Code: MustConsent}
	case len(values) == 0 && f.Required():
		return nil, &Problem{Code: Required}
	case len(values) == 0:
		return nil, nil
	case q.Type == survey.MultiChoice:
		chosen, problem := checkSet(q, values)
		return append(a[:1], chosen...), problem
	case len(values) > 1:
		return nil, &Problem{Code: OneOnly}
	default:
		var problem *Problem
		values[0], problem = checkOne(q, values[0])
		return a, problem
	}
}

func checkOne(q *survey.Question, value string) (string, *Problem) {
	switch q.Type {
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix:
		if !hasOption(q, value) {
			return "", &Problem{Code: NotAnOption}
		}
		return value, nil
	case survey.Number:
		return checkNumber(q, value)
	case survey.ShortText, survey.LongText:
		return value, checkText(q, value)
	case survey.Email:
		if !survey.ValidEmail(value) {
			return "", &Problem{Code: BadEmail}
		}
		return value, nil
	case survey.Phone:
		if !phone.MatchString(value) {
			return "", &Problem{Code: BadPhone}
		}
		return value, nil
	case survey.DateType:
		return checkDate(q, value)
	default: // yes_no and consent
		switch strings.ToLower(value) {
		case "yes", "true":
			return "yes", nil
		case "no", "false":
			if q.Type == survey.Consent {
				return "", &Problem{Code: MustConsent}
			}
			return "no", nil
		}
		return "", &Problem{Code: NotYesNo}
	}
}

func hasOption(q *survey.Question, id string) bool {
	return slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ID == id })
}

// checkSet sorts the chosen options as the questionnaire lists them.
func checkSet(q *survey.Question, chosen []string) ([]string, *Problem) {
	for _, id := range chosen {
		if !hasOption(q, id) {
			return nil, &Problem{Code: NotAnOption}
		}
	}
	var values []string
	exclusive := false
	for _, o := range q.Options {
		if slices.Contains(chosen, o.ID) {
			values = append(values, o.ID)
			exclusive = exclusive || o.Exclusive
		}
	}
	switch {
	case exclusive && len(values) > 1:
		return nil, &Problem{Code: Exclusive}
	case exclusive:
		return values, nil // "none of these" is never too few
	case q.AtLeast > 0 && len(values) < q.AtLeast:
		return nil, &Problem{Code: TooFew, Args: []any{"min", q.AtLeast}}
	case q.AtMost > 0 && len(values) > q.AtMost:
		return nil, &Problem{Code: TooMany, Args: []any{"max", q.AtMost}}
	}
	return values, nil
}

func checkNumber(q *survey.Question, value string) (string, *Problem) {
	d, err := survey.ParseDecimal(strings.TrimPrefix(value, "+"))
	if err != nil {
		return "", &Problem{Code: NotANumber}
	}
	var origin survey.Decimal
	if q.Min != nil {
		origin = *q.Min
	}
	switch {
	case q.Min != nil && d < *q.Min:
		return "", &Problem{Code: TooSmall, Args: []any{"min", q.Min.String()}}
	case q.Max != nil && d > *q.Max:
		return "", &Problem{Code: TooLarge, Args: []any{"max", q.Max.String()}}
	case q.Step != nil && (d-origin)%*q.Step != 0:
		return "", &Problem{Code: NotAStep, Args: []any{"step", q.Step.String()}}
	}
	return d.String(), nil
}

func checkText(q *survey.Question, value string) *Problem {
	length := utf8.RuneCountInString(value)
	switch {
	case length < q.MinLength:
		return &Problem{Code: TooShort, Args: []any{"min", q.MinLength, "length", length}}
	case q.MaxLength > 0 && length > q.MaxLength:
		return &Problem{Code: TooLong, Args: []any{"max", q.MaxLength, "length", length}}
	case q.Pattern != "":
		if whole, err := regexp.MatchString(`^(?:`+q.Pattern+`)$`, value); err != nil || !whole {
			return &Problem{Code: BadPattern}
		}
	}
	return nil
}

var (
	phone = regexp.MustCompile(`^\+?[0-9(][0-9 ()./#-]{3,28}[0-9]$`)
	ymd   = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$`)
)

// checkDate reads what a date picker posts, and the ways in which people type a date, year first.
func checkDate(q *survey.Question, value string) (string, *Problem) {
	day, err := time.Parse("2006-1-2", ymd.ReplaceAllString(value, "$1-$2-$3"))
	if err != nil {
		return "", &Problem{Code: BadDate}
	}
	value = day.Format(time.DateOnly)
	switch {
	case q.Earliest != "" && value < string(q.Earliest):
		return "", &Problem{Code: TooEarly, Args: []any{"min", string(q.Earliest)}}
	case q.Latest != "" && value > string(q.Latest):
		return "", &Problem{Code: TooLate, Args: []any{"max", string(q.Latest)}}
	}
	return value, nil
}

// clean drops what nobody meant to type: surrounding white space, control characters, and in machine-read answers the
// full-width forms of Chinese input methods. Line ends become \n.
func clean(t survey.Type, value string) string {
	switch t {
	case survey.Number, survey.Email, survey.Phone, survey.DateType:
		value = norm.NFKC.String(value)
	case survey.LongText:
		value = norm.NFC.String(strings.ReplaceAll(value, "\r\n", "\n"))
		value = strings.Map(func(c rune) rune {
			switch {
			case c == '\r':
				return '\n'
			case unicode.IsControl(c) && c != '\n' && c != '\t':
				return -1
			}
			return c
		}, value)
		return strings.TrimSpace(value)
	case survey.ShortText:
		value = norm.NFC.String(value)
	default:
		return strings.TrimSpace(value)
	}
	value = strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\r' || c == '\t':
			return ' '
		case unicode.IsControl(c):
			return -1
		}
		return c
	}, value)
	return strings.TrimSpace(value)
}
