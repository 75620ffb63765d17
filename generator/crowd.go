package main

import (
	"encoding/hex"
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/survey"
)

// crowd makes up respondents to one survey: the same ones for the same seed. Each has a mood, each item a bias, and the
// survey as a whole is liked more or less, so that results differ as real ones do.
type crowd struct {
	survey *survey.Survey
	random *rand.Rand
	liking float64            // 0 to 1
	bias   map[string]float64 // by field, or field and option
}

// submission is what the API takes.
type submission struct {
	ID       string         `json:"id"`
	Version  string         `json:"version"`
	Language string         `json:"language"`
	Channel  string         `json:"channel,omitempty"`
	Answers  map[string]any `json:"answers"`
}

func newCrowd(s *survey.Survey, seed uint64) *crowd {
	h := fnv.New64a()
	h.Write([]byte(s.ID))
	c := &crowd{survey: s, random: rand.New(rand.NewPCG(seed, h.Sum64())), bias: map[string]float64{}}
	c.liking = 0.72 + 0.18*c.random.Float64()
	for _, f := range s.Fields() {
		c.bias[f.Name] = 0.06 * c.random.NormFloat64()
		for _, o := range f.Options() {
			c.bias[f.Name+"="+o.ID] = 0.3 + c.random.Float64()
		}
	}
	return c
}

// next makes up one respondent's submission.
func (c *crowd) next() submission {
	var id [16]byte
	for i := range id {
		id[i] = byte(c.random.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a random UUID
	text := hex.EncodeToString(id[:])
	sub := submission{
		ID:       strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"),
		Version:  c.survey.Version,
		Language: c.survey.DefaultLanguage(),
		Answers:  map[string]any{},
	}
	if len(c.survey.Languages) > 1 && c.random.Float64() < 0.2 {
		sub.Language = c.survey.Languages[1+c.random.IntN(len(c.survey.Languages)-1)]
	}
	if n := len(c.survey.Channels); n > 0 {
		sub.Channel = c.survey.Channels[c.random.IntN(n)]
	}
	mood := c.liking + 0.14*c.random.NormFloat64()
	answered := false
	for _, f := range c.survey.Fields() {
		// What may be left open sometimes is, and text mostly.
		skip := 0.06
		if isText(f.Question.Type) {
			skip = 0.8
		}
		if !f.Required() && c.random.Float64() < skip {
			continue
		}
		value := c.answer(f, mood, sub.Language)
		if value == nil {
			continue
		}
		answered = true
		if f.Row == nil {
			sub.Answers[f.Name] = value
			continue
		}
		rows, ok := sub.Answers[f.Question.ID].(map[string]any)
		if !ok {
			rows = map[string]any{}
			sub.Answers[f.Question.ID] = rows
		}
		rows[f.Row.ID] = value
	}
	if !answered { // an empty form is no submission: answer the first question after all
		if f := c.survey.Fields()[0]; f.Row == nil {
			sub.Answers[f.Name] = c.answer(f, mood, sub.Language)
		} else {
			sub.Answers[f.Question.ID] = map[string]any{f.Row.ID: c.answer(f, mood, sub.Language)}
		}
	}
	return sub
}

func isText(t survey.Type) bool {
	return slices.Contains([]survey.Type{survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.DateType}, t)
}

// answer makes up one field's answer; nil if none comes to mind.
func (c *crowd) answer(f survey.Field, mood float64, language string) any {
	q := f.Question
	like := min(max(mood+c.bias[f.Name]+0.12*c.random.NormFloat64(), 0), 1)
	switch q.Type {
	case survey.YesNo:
		return c.random.Float64() < like+0.1
	case survey.Consent:
		return true
	case survey.MultiChoice:
		return c.several(f)
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix:
		return c.one(f, like)
	case survey.Number:
		return c.number(q, like)
	case survey.Email:
		return "respondent@example.com"
	case survey.Phone:
		return "13800138000"
	case survey.DateType:
		return c.date(q)
	default:
		return c.text(q, like, language)
	}
}

// one chooses by score where there are scores, of a rating's steps by their order, else by each option's popularity.
func (c *crowd) one(f survey.Field, like float64) string {
	options := f.Options()
	switch {
	case f.HasScores():
		unscored := slices.DeleteFunc(slices.Clone(options), func(o survey.Option) bool { return o.Score != nil })
		if len(unscored) > 0 && c.random.Float64() < 0.05 {
			return unscored[c.random.IntN(len(unscored))].ID
		}
		best, distance := "", math.Inf(1)
		for _, o := range options {
			if o.Score == nil {
				continue
			}
			if d := math.Abs(float64(*o.Score)/float64(max(f.MaxScore(), 1)) - like); d < distance {
				best, distance = o.ID, d
			}
		}
		return best
	case f.Question.Type == survey.Rating || f.Question.Type == survey.NPS:
		return options[int(math.Round(like*float64(len(options)-1)))].ID
	default:
		return options[c.popular(f, options)].ID
	}
}

// popular draws an option by its popularity.
func (c *crowd) popular(f survey.Field, options []survey.Option) int {
	total := 0.0
	for _, o := range options {
		total += c.bias[f.Name+"="+o.ID]
	}
	at := c.random.Float64() * total
	for i, o := range options {
		if at -= c.bias[f.Name+"="+o.ID]; at < 0 {
			return i
		}
	}
	return len(options) - 1
}

func (c *crowd) several(f survey.Field) []string {
	options := slices.Clone(f.Options())
	most := len(options)
	if f.Question.AtMost > 0 {
		most = f.Question.AtMost
	}
	want := min(max(f.Question.AtLeast, 1+c.random.IntN(3)), most)
	var chosen []string
	for len(chosen) < want && len(options) > 0 {
		i := c.popular(f, options)
		o := options[i]
		options = slices.Delete(options, i, i+1)
		if o.Exclusive {
			if len(chosen) == 0 && f.Question.AtLeast <= 1 && c.random.Float64() < 0.3 {
				return []string{o.ID}
			}
			continue
		}
		chosen = append(chosen, o.ID)
	}
	return chosen
}

// number lies between the bounds, or where there are none between 0 and 100, on a step.
func (c *crowd) number(q *survey.Question, like float64) json.Number {
	low, high, step := survey.Decimal(0), 100*survey.Decimal(survey.One), survey.Decimal(survey.One)
	if q.Step != nil {
		step = *q.Step
	}
	switch {
	case q.Min != nil && q.Max != nil:
		low, high = *q.Min, *q.Max
	case q.Min != nil:
		low, high = *q.Min, *q.Min+100*step
	case q.Max != nil:
		low, high = *q.Max-100*step, *q.Max
	}
	steps := int64((high - low) / step)
	return json.Number((low + survey.Decimal(math.Round(like*float64(steps)))*step).String())
}

func (c *crowd) date(q *survey.Question) any {
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, c.random.IntN(30))
	date := survey.Date(day.Format(time.DateOnly))
	switch {
	case q.Earliest != "" && date < q.Earliest:
		return q.Earliest
	case q.Latest != "" && date > q.Latest:
		return q.Latest
	default:
		return date
	}
}

// remarks are what people write, from the discontented to the content.
var remarks = map[string][]string{
	"zh": {"等了很久才有人联系我，希望能改进。", "价格偏高，说明书也不够清楚。", "总体还可以，售后响应可以再快一些。", "服务人员很耐心，问题解决得很及时。", "非常满意，下次还会选择你们！"},
	"en": {"It took far too long until anyone called back.", "Rather expensive, and the manual is hard to follow.", "Fine on the whole; support could be quicker.", "Patient staff, and the problem was solved at once.", "Very happy, will come again!"},
}

func (c *crowd) text(q *survey.Question, like float64, language string) any {
	var text string
	switch {
	case q.Pattern != "":
		parsed, err := syntax.Parse(q.Pattern, syntax.Perl)
		if err != nil {
			return nil // survey.Parse has accepted it: cannot be
		}
		text = c.match(parsed.Simplify())
		if whole, err := regexp.Compile("^(?:" + q.Pattern + ")$"); err != nil || !whole.MatchString(text) {
			return nil
		}
	case q.Type == survey.LongText:
		said := remarks[language]
		if said == nil {
			said = remarks["en"]
		}
		text = said[min(int(like*float64(len(said))), len(said)-1)]
	case language == "zh":
		text = "示例"
	default:
		text = "Sample"
	}
	length := len([]rune(text))
	if length < q.MinLength || q.MaxLength > 0 && length > q.MaxLength {
		return strings.Repeat("x", max(q.MinLength, 1))
	}
	return text
}

// match makes up a text that a simplified pattern matches. Anchors and word boundaries are left to luck.
func (c *crowd) match(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := 2 * c.random.IntN(len(re.Rune)/2)
		return string(re.Rune[i] + rune(c.random.IntN(min(int(re.Rune[i+1]-re.Rune[i])+1, 26))))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return c.match(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(c.match(sub))
		}
		return b.String()
	case syntax.OpAlternate:
		return c.match(re.Sub[c.random.IntN(len(re.Sub))])
	default: // empty, *, ?, anchors
		return ""
	}
}
