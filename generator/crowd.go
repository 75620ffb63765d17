package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// crowd makes up respondents to one survey: the same ones for the same seed. Each has a mood, each item a bias, and the
// survey as a whole is liked more or less, so that results differ as real ones do.
type crowd struct {
	survey *survey.Survey
	random *rand.Rand
	liking float64            // 0 to 1
	bias   map[string]float64 // by field, or field and option
	start  answer.State       // before anything is answered: it stays true of what has no conditions
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
	c := &crowd{survey: s, random: rand.New(rand.NewPCG(seed, h.Sum64())), bias: map[string]float64{}, start: answer.Look(s, nil, "", "")}
	c.liking = 0.72 + 0.18*c.random.Float64()
	for _, f := range s.Fields() {
		c.bias[f.Name] = 0.06 * c.random.NormFloat64()
		for _, o := range f.Options() {
			c.bias[f.Name+"="+o.ID] = 0.3 + c.random.Float64()
		}
	}
	return c
}

// before makes it the crowd of a time so many periods ago: other people, of the same opinions, but liking the survey's
// subject a little less each period back.
func (c *crowd) before(periods int) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", c.survey.ID, periods)
	c.random = rand.New(rand.NewPCG(c.random.Uint64(), h.Sum64()))
	c.liking -= 0.02 * float64(periods) * (0.5 + c.random.Float64())
}

const (
	crowdAttempts = 100 // respondents made up until one's answers are accepted
	crowdRounds   = 30  // of mending one respondent's answers
)

// next makes up one respondent's submission, which the survey accepts. It fails if a survey's checks are such that
// nobody comes to mind who meets them.
func (c *crowd) next() (submission, error) {
	var problem string
	for range crowdAttempts {
		sub := c.respondent()
		body, err := json.Marshal(sub)
		if err != nil {
			return submission{}, err
		}
		posted, err := answer.FromJSON(body)
		if err != nil {
			return submission{}, err
		}
		_, _, problems := answer.Check(c.survey, posted)
		if len(problems) == 0 {
			return sub, nil
		}
		problem = fmt.Sprintf("%s at %q", problems[0].Code, problems[0].Field)
	}
	return submission{}, fmt.Errorf("no made-up answers are accepted (the last ones failed with %s)", problem)
}

// response makes up one respondent of a period, as the handler would have stored it.
func (c *crowd) response(period string) (answer.Response, error) {
	sub, err := c.next()
	if err != nil {
		return answer.Response{}, err
	}
	body, err := json.Marshal(sub)
	if err != nil {
		return answer.Response{}, err
	}
	posted, err := answer.FromJSON(body)
	if err != nil {
		return answer.Response{}, err
	}
	r, _, _ := answer.Check(c.survey, posted) // next has seen that there are no problems
	r.Period = period
	return r, nil
}

// respondent makes up one respondent's answers, which nearly always are acceptable.
func (c *crowd) respondent() submission {
	var id [16]byte
	for i := range id {
		id[i] = byte(c.random.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a random UUID
	text := hex.EncodeToString(id[:])
	r := respondent{crowd: c, language: c.survey.DefaultLanguage(), mood: c.liking + 0.14*c.random.NormFloat64(), values: map[string][]string{}}
	if c.random.Float64() < 0.06 { // something went badly wrong
		r.mood = 0.1 + 0.3*c.random.Float64()
	}
	if len(c.survey.Languages) > 1 && c.random.Float64() < 0.2 {
		r.language = c.survey.Languages[1+c.random.IntN(len(c.survey.Languages)-1)]
	}
	if n := len(c.survey.Channels); n > 0 {
		r.channel = c.survey.Channels[c.random.IntN(n)]
	}
	for _, q := range c.survey.Order() { // what decides on other questions comes before them
		state := c.start
		if conditional(q) {
			state = r.look()
		}
		if state.Asked[q.ID] {
			r.fill(q.Question, state, false)
		}
	}
	r.mend()
	return submission{
		ID:       strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"),
		Version:  c.survey.Version,
		Language: r.language,
		Channel:  r.channel,
		Answers:  encode(c.survey, r.look().Values),
	}
}

// conditional reports whether earlier answers decide on a question.
func conditional(q survey.Placed) bool {
	return q.Section.ShowIf != nil || q.ShowIf != nil || q.RequiredIf != nil || slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ShowIf != nil })
}

// respondent is one person while answering.
type respondent struct {
	*crowd
	language, channel string
	mood              float64             // 0 to 1
	values            map[string][]string // by field, in canonical form
	wild              bool                // answers without regard to mood, to meet a check
}

func (r *respondent) look() answer.State {
	return answer.Look(r.survey, r.values, r.channel, r.language)
}

// fill answers a question that is asked, or leaves it open; with must, only what is required and still open.
func (r *respondent) fill(q *survey.Question, state answer.State, must bool) {
	fields := slices.DeleteFunc(slices.Clone(r.survey.FieldsOf(q)), func(f survey.Field) bool {
		return f.Option != nil && slices.Contains(state.Withheld[q.ID], f.Option.ID)
	})
	switch q.Type {
	case survey.Ranking, survey.ConstantSum:
		if required := state.Required[q.ID]; len(fields) > 0 && (required || !must) && !r.skips(q, required) {
			for _, f := range fields {
				delete(r.values, f.Name)
			}
			if q.Type == survey.Ranking {
				r.rank(q, fields, required)
			} else {
				r.share(q, fields)
			}
		}
		return
	}
	for _, f := range fields {
		required := state.Required[f.Name]
		if f.Part == survey.OtherPart || must && (!required || len(state.Values[f.Name]) > 0) || r.skips(q, required) {
			continue
		}
		if values := r.answer(f, state.Withheld[q.ID]); len(values) > 0 {
			r.values[f.Name] = values
		}
	}
	if !q.HasOther() {
		return
	}
	delete(r.values, q.ID+"."+survey.Other)
	if slices.Contains(r.values[q.ID], survey.Other) && r.random.Float64() < 0.7 {
		r.values[q.ID+"."+survey.Other] = []string{sample(r.language)}
	}
}

// skips decides whether a question stays open: what may, sometimes does; texts mostly, but less so where they follow
// something up; contact details nearly always.
func (r *respondent) skips(q *survey.Question, required bool) bool {
	skip := 0.06
	switch {
	case required:
		return false
	case isText(q.Type) && q.ShowIf != nil:
		skip = 0.4
	case q.Private && q.ShowIf == nil && q.Type != survey.Hidden:
		skip = 0.85
	case isText(q.Type):
		skip = 0.8
	}
	return r.random.Float64() < skip
}

func isText(t survey.Type) bool {
	return slices.Contains([]survey.Type{survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.URL, survey.DateType, survey.Time}, t)
}

// mend answers what later answers have made required, and answers anew what fails a check.
func (r *respondent) mend() {
	for round := range crowdRounds {
		state := r.look()
		mended := true
		r.wild = round > 0
		for q := range r.survey.Questions() {
			if !state.Asked[q.ID] {
				continue
			}
			if len(state.Failed[q.ID]) > 0 {
				mended = false
				for _, f := range r.survey.FieldsOf(q) {
					delete(r.values, f.Name)
				}
				if round < crowdRounds/2 || q.Required {
					r.fill(q, state, false)
				}
			}
			if r.misses(q, state) {
				mended = false
				r.fill(q, state, true)
			}
		}
		if mended {
			break
		}
	}
	r.wild = false
}

// misses reports whether something required is still open.
func (r *respondent) misses(q *survey.Question, state answer.State) bool {
	if state.Required[q.ID] && (q.Type == survey.Ranking || q.Type == survey.ConstantSum) {
		return !slices.ContainsFunc(r.survey.FieldsOf(q), func(f survey.Field) bool { return len(r.values[f.Name]) > 0 })
	}
	return slices.ContainsFunc(r.survey.FieldsOf(q), func(f survey.Field) bool { return state.Required[f.Name] && len(r.values[f.Name]) == 0 })
}

// encode writes answers in canonical form as the API takes them in JSON.
func encode(s *survey.Survey, values map[string][]string) map[string]any {
	answers := map[string]any{}
	for _, f := range s.Fields() {
		chosen := values[f.Name]
		if len(chosen) == 0 {
			continue
		}
		q := f.Question
		var value any = chosen[0]
		switch q.Type {
		case survey.MultiChoice:
			if f.Part == survey.Whole {
				value = chosen
			}
		case survey.YesNo, survey.Consent:
			value = chosen[0] == "yes"
		case survey.Number, survey.ConstantSum:
			value = json.Number(chosen[0])
		}
		switch {
		case q.Type == survey.Ranking:
		case f.Part == survey.ImportancePart, f.Part == survey.SatisfactionPart:
			below(below(answers, q.ID), f.Row.ID)[string(f.Part)] = value
		case f.Row != nil:
			below(answers, q.ID)[f.Row.ID] = value
		case f.Option != nil:
			below(answers, q.ID)[f.Option.ID] = value
		default:
			answers[f.Name] = value
		}
	}
	for q := range s.Questions() {
		if q.Type != survey.Ranking {
			continue
		}
		var order []string
		for rank := range q.AtMost {
			for _, f := range s.FieldsOf(q) {
				if v := values[f.Name]; len(v) > 0 && v[0] == strconv.Itoa(rank+1) {
					order = append(order, f.Option.ID)
				}
			}
		}
		if len(order) > 0 {
			answers[q.ID] = order
		}
	}
	return answers
}

// below is the object under a name, made where it is missing.
func below(object map[string]any, name string) map[string]any {
	under, ok := object[name].(map[string]any)
	if !ok {
		under = map[string]any{}
		object[name] = under
	}
	return under
}

// answer makes up one field's answer; none if none comes to mind.
func (r *respondent) answer(f survey.Field, withheld []string) []string {
	q := f.Question
	like := min(max(r.mood+r.bias[f.Name]+0.12*r.random.NormFloat64(), 0), 1)
	if r.wild {
		like = r.random.Float64()
	}
	yesNo := map[bool]string{true: "yes", false: "no"}
	options := slices.DeleteFunc(slices.Clone(f.Options()), func(o survey.Option) bool { return slices.Contains(withheld, o.ID) })
	var one string
	switch q.Type {
	case survey.YesNo:
		one = yesNo[r.random.Float64() < like+0.1]
	case survey.Consent:
		one = "yes"
	case survey.MultiChoice:
		return r.several(f, options)
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix:
		if f.Part == survey.ImportancePart { // most things matter to most people, whatever they think of us
			like = min(max(0.75+4*r.bias[f.Name]+0.15*r.random.NormFloat64(), 0), 1)
		}
		one = r.one(f, options, like)
	case survey.Hidden:
		if len(options) > 0 {
			one = options[r.popular(f, options)].ID
		} else {
			one = fmt.Sprintf("A%05d", r.random.IntN(100_000))
		}
	case survey.Number:
		one = r.number(q, like)
	case survey.Email:
		one = "respondent@example.com"
	case survey.Phone:
		one = "13800138000"
	case survey.URL:
		one = "https://www.example.com/"
	case survey.DateType:
		one = r.date(q)
	case survey.Time:
		one = fmt.Sprintf("%02d:%02d", 8+r.random.IntN(12), 5*r.random.IntN(12))
	default:
		one = r.text(q, like)
	}
	if one == "" {
		return nil
	}
	return []string{one}
}

// one chooses by score where there are scores, of a rating's steps by their order, else by each option's popularity.
func (r *respondent) one(f survey.Field, options []survey.Option, like float64) string {
	unscored := slices.DeleteFunc(slices.Clone(options), func(o survey.Option) bool { return o.Score != nil })
	switch {
	case len(options) == 0:
		return ""
	case r.wild:
		return options[r.random.IntN(len(options))].ID
	case len(unscored) == len(options):
		return options[r.popular(f, options)].ID
	case len(unscored) > 0 && r.random.Float64() < 0.05:
		return unscored[r.random.IntN(len(unscored))].ID
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
}

// popular draws an option by its popularity.
func (c *crowd) popular(f survey.Field, options []survey.Option) int {
	return c.draw(len(options), func(i int) float64 { return c.bias[f.Name+"="+options[i].ID] })
}

// draw draws one of n by weight.
func (c *crowd) draw(n int, weight func(int) float64) int {
	total := 0.0
	for i := range n {
		total += weight(i)
	}
	at := c.random.Float64() * total
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}

func (r *respondent) several(f survey.Field, options []survey.Option) []string {
	q := f.Question
	most := len(options)
	if q.AtMost > 0 {
		most = q.AtMost
	}
	want := min(max(q.AtLeast, 1+r.random.IntN(3)), most)
	if r.wild {
		want = q.AtLeast + r.random.IntN(max(most-q.AtLeast, 0)+1)
	}
	var chosen []string
	for len(chosen) < want && len(options) > 0 {
		i := r.popular(f, options)
		o := options[i]
		options = slices.Delete(options, i, i+1)
		if o.Exclusive { // stands for none of the others, however many are asked for
			if len(chosen) == 0 && r.random.Float64() < 0.3 {
				return []string{o.ID}
			}
			continue
		}
		chosen = append(chosen, o.ID)
	}
	if len(chosen) < q.AtLeast {
		return nil
	}
	return inOrder(q, chosen)
}

// inOrder puts options in the questionnaire's order, which is how a set is written.
func inOrder(q *survey.Question, chosen []string) []string {
	var ordered []string
	for _, o := range q.Options {
		if slices.Contains(chosen, o.ID) {
			ordered = append(ordered, o.ID)
		}
	}
	return ordered
}

// rank puts the best-liked options in order; all of them where that is required, else sometimes fewer.
func (r *respondent) rank(q *survey.Question, fields []survey.Field, required bool) {
	want := min(q.AtMost, len(fields))
	if !required && r.random.Float64() < 0.2 {
		want = 1 + r.random.IntN(want)
	}
	left := slices.Clone(fields)
	for rank := range want {
		i := r.draw(len(left), func(i int) float64 { return math.Exp(15 * r.bias[left[i].Name]) })
		r.values[left[i].Name] = []string{strconv.Itoa(rank + 1)}
		left = slices.Delete(left, i, i+1)
	}
}

// share divides a question's total in round parts.
func (r *respondent) share(q *survey.Question, fields []survey.Field) {
	total, unit := *q.Total, survey.Decimal(1)
	for _, u := range []survey.Decimal{5 * survey.One, survey.One} {
		if total%u == 0 && total/u >= 10 {
			unit = u
			break
		}
	}
	shares := make([]survey.Decimal, len(fields))
	const helpings = 40
	for range helpings {
		i := r.draw(len(fields), func(i int) float64 {
			return math.Exp(15*r.bias[fields[i].Name]) * (0.2 + float64(shares[i])/float64(total))
		})
		shares[i] += total / helpings
	}
	rest := total
	for i := range shares {
		shares[i] -= shares[i] % unit
		rest -= shares[i]
	}
	largest := slices.Index(shares, slices.Max(shares))
	shares[largest] += rest
	for i, f := range fields {
		r.values[f.Name] = []string{shares[i].String()}
	}
}

// number lies between the bounds, or where there are none between 0 and 100, on a step.
func (r *respondent) number(q *survey.Question, like float64) string {
	step := survey.Decimal(survey.One)
	if q.Step != nil {
		step = *q.Step
	}
	low, high := survey.Decimal(0), 100*step
	switch {
	case q.Min != nil && q.Max != nil:
		low, high = *q.Min, *q.Max
	case q.Min != nil:
		low, high = *q.Min, *q.Min+100*step
	case q.Max != nil: // steps are counted from 0
		high = *q.Max - *q.Max%step
		if high > *q.Max {
			high -= step
		}
		low = high - 100*step
	}
	steps := int64((high - low) / step)
	return (low + survey.Decimal(math.Round(like*float64(steps)))*step).String()
}

// date lies within the bounds, and if they allow it in September or October 2026.
func (r *respondent) date(q *survey.Question) string {
	first, last := "2026-09-01", "2026-10-31"
	if earliest := string(q.Earliest); earliest > first {
		first, last = earliest, max(last, earliest)
	}
	if latest := string(q.Latest); latest != "" && latest < last {
		first, last = min(first, latest), latest
	}
	from, err := time.Parse(time.DateOnly, first)
	until, also := time.Parse(time.DateOnly, last)
	if err != nil || also != nil {
		return "" // both are dates: cannot be
	}
	return from.AddDate(0, 0, r.random.IntN(1+int(until.Sub(from).Hours()/24))).Format(time.DateOnly)
}

// remarks are what people write, from the discontented to the content.
var remarks = map[string][]string{
	"zh": {"等了很久才有人联系我，希望能改进。", "价格偏高，说明书也不够清楚。", "总体还可以，售后响应可以再快一些。", "服务人员很耐心，问题解决得很及时。", "非常满意，下次还会选择你们！"},
	"en": {"It took far too long until anyone called back.", "Rather expensive, and the manual is hard to follow.", "Fine on the whole; support could be quicker.", "Patient staff, and the problem was solved at once.", "Very happy, will come again!"},
}

// sample is a short text.
func sample(language string) string {
	if language == "zh" {
		return "示例"
	}
	return "Sample"
}

func (r *respondent) text(q *survey.Question, like float64) string {
	text := sample(r.language)
	switch {
	case q.Pattern != "":
		parsed, err := syntax.Parse(q.Pattern, syntax.Perl)
		if err != nil {
			return "" // questionnaire.Parse has accepted it: cannot be
		}
		text = r.match(parsed.Simplify())
		if whole, err := regexp.Compile("^(?:" + q.Pattern + ")$"); err != nil || !whole.MatchString(text) {
			return ""
		}
	case q.Type == survey.LongText:
		said := remarks[r.language]
		if said == nil {
			said = remarks["en"]
		}
		text = said[min(int(like*float64(len(said))), len(said)-1)]
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
