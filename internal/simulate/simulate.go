// Package simulate makes up respondents to a survey and their answers, for trials.
package simulate

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Simulator makes up respondents to one survey, the same ones for the same seed. Each respondent has a mood, each item a
// bias, and the survey as a whole an approval, so that results differ as real ones do.
type Simulator struct {
	survey   *survey.Survey
	random   *rand.Rand
	approval float64            // mean of the moods, 0 to 1
	bias     map[string]float64 // by field, or field and option
	improved []string           // fields that were lower in the past
	until    time.Time          // the end of the period that is answered in, if it is in the past
	start    answer.State       // before anything is answered; it holds throughout for questions without conditions
}

// Submission is a respondent's answers as the API takes them in JSON.
type Submission struct {
	ID         string         `json:"id"`
	Version    string         `json:"version"`
	Language   string         `json:"language"`
	Channel    string         `json:"channel,omitempty"`
	Invitation string         `json:"invitation,omitempty"` // its secret; [Simulator] makes none up
	Answers    map[string]any `json:"answers"`
}

// New returns a simulator for a survey.
func New(s *survey.Survey, seed uint64) *Simulator {
	h := fnv.New64a()
	h.Write([]byte(s.ID))
	m := &Simulator{survey: s, random: rand.New(rand.NewPCG(seed, h.Sum64())), bias: map[string]float64{}, start: answer.Evaluate(s, nil, "", "")}
	m.approval = 0.72 + 0.18*m.random.Float64()
	for _, f := range s.Fields() {
		m.bias[f.Name] = 0.06 * m.random.NormFloat64()
		if isLoyalty(f) || f.Name == s.Scoring.Overall {
			m.bias[f.Name] /= 4 // it follows from how satisfied respondents are
		}
		for _, o := range f.Options() {
			m.bias[f.Name+"="+o.ID] = 0.3 + m.random.Float64()
		}
		if f.Question.Type == survey.YesNo {
			m.bias[f.Name+"=yes"] = 0.3 + 0.4*m.random.Float64()
		}
	}
	return m
}

// GoBack switches to the respondents of a period that many periods ago, which is over at a time: different ones, with the same
// biases but for what has improved since, whose approval is a little lower for each period back.
func (m *Simulator) GoBack(periods int, until time.Time) {
	m.until = until
	for _, name := range m.improved {
		m.bias[name] -= wasBad
	}
	m.improved = nil
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", m.survey.ID, periods)
	m.random = rand.New(rand.NewPCG(m.random.Uint64(), h.Sum64()))
	m.approval -= 0.014 * float64(periods) * (0.5 + m.random.Float64())
}

const (
	maxAttempts = 100 // respondents made up until one's answers are accepted
	maxRepairs  = 30  // rounds of repairing one respondent's answers
)

// Next makes up one respondent's submission, which the survey accepts. It is an error if the survey's checks are such
// that no answers are found to meet them.
func (m *Simulator) Next() (Submission, error) {
	sub, _, err := m.accepted()
	return sub, err
}

// Response makes up the response of one respondent of a period, as the handler would have stored it.
func (m *Simulator) Response(period string) (answer.Response, error) {
	_, r, err := m.accepted()
	r.Period = period
	return r, err
}

// accepted makes up respondents until the survey accepts the answers of one.
func (m *Simulator) accepted() (Submission, answer.Response, error) {
	var problem answer.Problem
	for range maxAttempts {
		sub := m.respondent()
		body, err := json.Marshal(sub)
		if err != nil {
			return Submission{}, answer.Response{}, err
		}
		posted, err := answer.FromJSON(body)
		if err != nil {
			return Submission{}, answer.Response{}, err
		}
		r, _, problems := answer.Check(m.survey, posted)
		if len(problems) == 0 {
			return sub, r, nil
		}
		problem = problems[0]
	}
	return Submission{}, answer.Response{}, fmt.Errorf("no made-up answers are accepted (the last ones failed with %s at %q)", problem.Code, problem.Field)
}

// respondent makes up one respondent's answers, which are nearly always acceptable.
func (m *Simulator) respondent() Submission {
	var id [16]byte
	for i := range id {
		id[i] = byte(m.random.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a random UUID
	if m.survey.Sealing != nil {                    // its id must be a key
		id = answer.Key(id)
	}
	text := hex.EncodeToString(id[:])
	r := respondent{Simulator: m, language: m.survey.DefaultLanguage(), mood: m.approval + 0.14*m.random.NormFloat64(), values: map[string][]string{}, said: map[string]bool{}}
	if m.random.Float64() < 0.06 { // something went badly wrong
		r.mood = 0.1 + 0.3*m.random.Float64()
	}
	if len(m.survey.Languages) > 1 && m.random.Float64() < 0.2 {
		r.language = m.survey.Languages[1+m.random.IntN(len(m.survey.Languages)-1)]
	}
	if n := len(m.survey.Channels); n > 0 {
		r.channel = m.survey.Channels[m.random.IntN(n)]
	}
	for _, q := range m.survey.Order() { // a question comes after those that its conditions name
		state := m.start
		if conditional(q) {
			state = r.state()
		}
		if state.Asked[q.ID] {
			r.fill(q.Question, state, false)
		}
	}
	r.repair()
	return Submission{
		ID:       strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"),
		Version:  m.survey.Version,
		Language: r.language,
		Channel:  r.channel,
		Answers:  encode(m.survey, r.state().Values),
	}
}

// periodMonths is how many months a period has.
var periodMonths = map[survey.Period]int{survey.Month: 1, survey.Quarter: 3, survey.Year: 12}

// PeriodBefore names the period a number of periods before that of an instant, in a survey with periods.
func PeriodBefore(s *survey.Survey, at time.Time, back int) string {
	at = at.In(s.Location())
	return s.PeriodAt(time.Date(at.Year(), at.Month()-time.Month(periodMonths[s.Period]*back), 15, 12, 0, 0, 0, s.Location()))
}

// EndBefore is the last day of that period.
func EndBefore(s *survey.Survey, at time.Time, back int) time.Time {
	at = at.In(s.Location())
	months := periodMonths[s.Period]
	next := (int(at.Month())-1)/months*months + 1 - months*(back-1) // the month in which the period after it begins
	return time.Date(at.Year(), time.Month(next), 0, 12, 0, 0, 0, s.Location())
}

// conditional reports whether a question depends on earlier answers.
func conditional(q survey.Placed) bool {
	return q.Section.ShowIf != nil || q.ShowIf != nil || q.RequiredIf != nil || slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ShowIf != nil })
}

// respondent is one respondent while answering.
type respondent struct {
	*Simulator
	language, channel string
	mood              float64             // 0 to 1
	values            map[string][]string // by field, in canonical form
	said              map[string]bool     // sentences and items that the texts have
	arbitrary         bool                // answers without regard to mood, to meet a check
}

func (r *respondent) state() answer.State {
	return answer.Evaluate(r.survey, r.values, r.channel, r.language)
}

// fill answers a question that is asked, or skips it; if missingOnly, it answers only what is required and open.
func (r *respondent) fill(q *survey.Question, state answer.State, missingOnly bool) {
	fields := slices.DeleteFunc(slices.Clone(r.survey.FieldsOf(q)), func(f survey.Field) bool {
		return f.Option != nil && slices.Contains(state.Withheld[q.ID], f.Option.ID)
	})
	if q.Type == survey.Ranking || q.Type == survey.ConstantSum {
		required := state.Required[q.ID]
		if len(fields) > 0 && (required || !missingOnly) && !r.skips(q, required) {
			r.fillTogether(q, fields, required)
		}
		return
	}
	for _, f := range fields {
		required := state.Required[f.Name]
		if f.Part == survey.OtherPart || missingOnly && (!required || len(state.Values[f.Name]) > 0) || r.skips(q, required) {
			continue
		}
		if values := r.answer(f, state.Withheld[q.ID]); len(values) > 0 {
			r.values[f.Name] = values
		}
	}
	if q.HasOther() {
		r.fillOther(q)
	}
}

// fillTogether answers all fields of a question whose values depend on each other.
func (r *respondent) fillTogether(q *survey.Question, fields []survey.Field, required bool) {
	for _, f := range fields {
		delete(r.values, f.Name)
	}
	if q.Type == survey.Ranking {
		r.rank(q, fields, required)
	} else {
		r.allocate(q, fields)
	}
}

// fillOther mostly writes a text if the option "other" is chosen.
func (r *respondent) fillOther(q *survey.Question) {
	name := q.ID + "." + survey.Other
	delete(r.values, name)
	if slices.Contains(r.values[q.ID], survey.Other) && r.random.Float64() < 0.7 {
		r.values[name] = []string{r.short(name)}
	}
}

// skips decides whether a question stays open: an optional one sometimes does, a text mostly, but less so where it follows
// up another answer, and contact details nearly always.
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

// repair answers what later answers have made required, and answers again what fails a check.
func (r *respondent) repair() {
	for round := range maxRepairs {
		state := r.state()
		r.arbitrary = round > 0
		good := true
		for q := range r.survey.Questions() {
			if state.Asked[q.ID] && !r.repairQuestion(q, state, round < maxRepairs/2) {
				good = false
			}
		}
		if good {
			break
		}
	}
	r.arbitrary = false
}

// repairQuestion reports whether a question had no need of repair. What fails a check is answered again if again is set or
// an answer is required, else it is skipped.
func (r *respondent) repairQuestion(q *survey.Question, state answer.State, again bool) bool {
	good := true
	if len(state.Failed[q.ID]) > 0 {
		good = false
		for _, f := range r.survey.FieldsOf(q) {
			delete(r.values, f.Name)
		}
		if again || q.Required {
			r.fill(q, state, false)
		}
	}
	if r.misses(q, state) {
		good = false
		r.fill(q, state, true)
	}
	return good
}

// misses reports whether a required part of a question is open.
func (r *respondent) misses(q *survey.Question, state answer.State) bool {
	if state.Required[q.ID] && (q.Type == survey.Ranking || q.Type == survey.ConstantSum) {
		return !slices.ContainsFunc(r.survey.FieldsOf(q), func(f survey.Field) bool { return len(r.values[f.Name]) > 0 })
	}
	return slices.ContainsFunc(r.survey.FieldsOf(q), func(f survey.Field) bool { return state.Required[f.Name] && len(r.values[f.Name]) == 0 })
}

// encode returns answers in canonical form as the API takes them in JSON.
func encode(s *survey.Survey, values map[string][]string) map[string]any {
	answers := map[string]any{}
	for _, f := range s.Fields() {
		chosen := values[f.Name]
		if len(chosen) == 0 || f.Question.Type == survey.Ranking {
			continue
		}
		value := encodeValue(f, chosen)
		switch id := f.Question.ID; {
		case f.Part == survey.ImportancePart, f.Part == survey.SatisfactionPart:
			object(object(answers, id), f.Row.ID)[string(f.Part)] = value
		case f.Row != nil:
			object(answers, id)[f.Row.ID] = value
		case f.Option != nil:
			object(answers, id)[f.Option.ID] = value
		default:
			answers[f.Name] = value
		}
	}
	for q := range s.Questions() {
		if q.Type != survey.Ranking {
			continue
		}
		if order := ranked(s.FieldsOf(q), q.AtMost, values); len(order) > 0 {
			answers[q.ID] = order
		}
	}
	return answers
}

// encodeValue returns the value of a field: a text, a number, a boolean, or a list of options.
func encodeValue(f survey.Field, chosen []string) any {
	switch f.Question.Type {
	case survey.MultiChoice:
		if f.Part == survey.Whole {
			return chosen
		}
	case survey.YesNo, survey.Consent:
		return chosen[0] == "yes"
	case survey.Number, survey.ConstantSum:
		return json.Number(chosen[0])
	}
	return chosen[0]
}

// ranked returns the options of a ranking in the order of their ranks.
func ranked(fields []survey.Field, ranks int, values map[string][]string) []string {
	var order []string
	for rank := range ranks {
		for _, f := range fields {
			if v := values[f.Name]; len(v) > 0 && v[0] == strconv.Itoa(rank+1) {
				order = append(order, f.Option.ID)
			}
		}
	}
	return order
}

// object returns the object under a name in parent, made if it is missing.
func object(parent map[string]any, name string) map[string]any {
	child, ok := parent[name].(map[string]any)
	if !ok {
		child = map[string]any{}
		parent[name] = child
	}
	return child
}

// answer makes up the answer to one field; none if none is found.
func (r *respondent) answer(f survey.Field, withheld []string) []string {
	q := f.Question
	like := min(max(r.mood+r.bias[f.Name]+0.12*r.random.NormFloat64(), 0), 1)
	switch {
	case r.arbitrary:
		like = r.random.Float64()
	case isLoyalty(f) || f.Name == r.survey.Scoring.Overall: // follows from the rest
		like = min(max(r.verdict()+r.bias[f.Name]+0.05*r.random.NormFloat64(), 0), 1)
	}
	yesNo := map[bool]string{true: "yes", false: "no"}
	options := slices.DeleteFunc(slices.Clone(f.Options()), func(o survey.Option) bool { return slices.Contains(withheld, o.ID) })
	var one string
	switch q.Type {
	case survey.YesNo:
		one = yesNo[r.saysYes(f, like)]
	case survey.Consent:
		one = "yes"
	case survey.MultiChoice:
		return r.chooseSeveral(f, options, like)
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix:
		if f.Part == survey.ImportancePart { // most things are important to most respondents, satisfied or not
			like = min(max(0.75+4*r.bias[f.Name]+0.15*r.random.NormFloat64(), 0), 1)
		}
		one = r.chooseOne(f, options, like)
	case survey.Hidden:
		if len(options) > 0 {
			one = options[r.drawOption(f, options, like)].ID
		} else {
			one = fmt.Sprintf("A%05d", r.random.IntN(100_000))
		}
	case survey.Number:
		one = r.number(q, like)
	case survey.Email:
		one = fmt.Sprintf("respondent%d@example.com", 1+r.random.IntN(999))
	case survey.Phone:
		one = fmt.Sprintf("1380013%04d", r.random.IntN(10_000))
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

// chooseOne chooses by score if options have scores, else by popularity.
func (r *respondent) chooseOne(f survey.Field, options []survey.Option, like float64) string {
	unscored := slices.DeleteFunc(slices.Clone(options), func(o survey.Option) bool { return o.Score != nil })
	switch {
	case len(options) == 0:
		return ""
	case r.arbitrary:
		return options[r.random.IntN(len(options))].ID
	case len(unscored) == len(options) && isLoyalty(f):
		return options[int(math.Round((1-like)*float64(len(options)-1)))].ID
	case len(unscored) == len(options):
		return options[r.drawOption(f, options, like)].ID
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

// isLoyalty reports whether a question asks for what satisfied respondents do: recommend, or come again. The latter is
// known by options without scores that run from an id to that id with "_not".
func isLoyalty(f survey.Field) bool {
	if f.Question.Type == survey.NPS {
		return true
	}
	options := f.Options()
	last := len(options) - 1
	return f.Question.Type == survey.SingleChoice && last > 0 && options[last].Score == nil && options[last].ID == options[0].ID+"_not"
}

// drawOption draws an option by its weight, and returns its index.
func (r *respondent) drawOption(f survey.Field, options []survey.Option, like float64) int {
	return r.draw(len(options), func(i int) float64 { return r.weight(f, options, i, like) })
}

// draw draws one of n indexes by weight.
func (m *Simulator) draw(n int, weight func(int) float64) int {
	total := 0.0
	for i := range n {
		total += weight(i)
	}
	at := m.random.Float64() * total
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}

func (r *respondent) chooseSeveral(f survey.Field, options []survey.Option, like float64) []string {
	q := f.Question
	most := len(options)
	if q.AtMost > 0 {
		most = q.AtMost
	}
	want := min(max(q.AtLeast, 1+r.random.IntN(3)), most)
	if r.arbitrary {
		want = q.AtLeast + r.random.IntN(max(most-q.AtLeast, 0)+1)
	}
	var chosen []string
	for len(chosen) < want && len(options) > 0 {
		i := r.drawOption(f, options, like)
		o := options[i]
		options = slices.Delete(options, i, i+1)
		if o.Exclusive { // chosen alone or not at all, whatever number is asked for
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

// inOrder sorts options as the questionnaire does, which is the canonical form of a set.
func inOrder(q *survey.Question, chosen []string) []string {
	var ordered []string
	for _, o := range q.Options {
		if slices.Contains(chosen, o.ID) {
			ordered = append(ordered, o.ID)
		}
	}
	return ordered
}

// rank ranks options by popularity: as many as may be if an answer is required, else sometimes fewer.
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

// allocate divides a question's total into round parts.
func (r *respondent) allocate(q *survey.Question, fields []survey.Field) {
	total, unit := *q.Total, survey.Decimal(1)
	for _, u := range []survey.Decimal{5 * survey.One, survey.One} {
		if total%u == 0 && total/u >= 10 {
			unit = u
			break
		}
	}
	shares := make([]survey.Decimal, len(fields))
	const portions = 40
	for range portions {
		i := r.draw(len(fields), func(i int) float64 {
			return math.Exp(15*r.bias[fields[i].Name]) * (0.2 + float64(shares[i])/float64(total))
		})
		shares[i] += total / portions
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

// number makes up a number on a step: between the bounds, within 100 steps of the only bound, or between 0 and 100 steps.
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
	if !r.arbitrary && !isMark(q) {
		return (low + survey.Decimal(r.quantity(q, steps, int64(low/step), like))*step).String()
	}
	return (low + survey.Decimal(math.Round(like*float64(steps)))*step).String()
}

// isMark reports whether a number is a mark out of 10 or 100, which goes with how satisfied a respondent is, and not a count
// or an amount.
func isMark(q *survey.Question) bool {
	return len(q.Unit) == 0 && q.Min != nil && *q.Min == 0 && q.Max != nil && (*q.Max == 10*survey.One || *q.Max == 100*survey.One)
}

// quantity makes up a count or an amount of at most that many steps above the lowest: most are small, those of a follow-up
// question smaller still, a few large, and large ones round.
func (r *respondent) quantity(q *survey.Question, steps, lowest int64, like float64) int64 {
	typical := 0.65 * math.Sqrt(float64(steps))
	if worsens(q) {
		typical *= math.Exp(1.2 * (0.75 - like))
	}
	if q.ShowIf != nil && !slices.Contains(q.ShowIf.Uses(), "channel") {
		typical *= 0.4
	}
	n := int64(math.Round(typical * math.Exp(0.6*r.random.NormFloat64())))
	for _, unit := range []int64{500, 50, 10, 5} {
		if n+lowest >= 4*unit {
			n -= (n + lowest) % unit
			break
		}
	}
	return min(max(n, 0), steps)
}

// date makes up a date within the bounds: if they allow it, one of the last weeks of a past period, else in September or
// October 2026.
func (r *respondent) date(q *survey.Question) string {
	first, last := "2026-09-01", "2026-10-31"
	if !r.until.IsZero() {
		first, last = r.until.AddDate(0, 0, -25).Format(time.DateOnly), r.until.Format(time.DateOnly)
	}
	if earliest := string(q.Earliest); earliest > first {
		first, last = earliest, max(last, earliest)
	}
	if latest := string(q.Latest); latest != "" && latest < last {
		first, last = min(first, latest), latest
	}
	from, err := time.Parse(time.DateOnly, first)
	until, untilErr := time.Parse(time.DateOnly, last)
	if err != nil || untilErr != nil {
		return "" // both are checked dates: cannot be
	}
	return from.AddDate(0, 0, r.random.IntN(1+int(until.Sub(from).Hours()/24))).Format(time.DateOnly)
}

func (r *respondent) text(q *survey.Question, like float64) string {
	var text string
	if q.Pattern != "" {
		parsed, err := syntax.Parse(q.Pattern, syntax.Perl)
		if err != nil {
			return "" // questionnaire.Parse has accepted it: cannot be
		}
		text = r.match(parsed.Simplify())
		if !q.Matches(text) {
			return ""
		}
	} else {
		text = r.written(q, like)
	}
	length := len([]rune(text))
	if length < q.MinLength || q.MaxLength > 0 && length > q.MaxLength {
		return strings.Repeat("x", max(q.MinLength, 1))
	}
	return text
}

// match makes up a text that a simplified pattern matches if its anchors and word boundaries, which are ignored, allow it.
func (m *Simulator) match(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := 2 * m.random.IntN(len(re.Rune)/2)
		return string(re.Rune[i] + rune(m.random.IntN(min(int(re.Rune[i+1]-re.Rune[i])+1, 26))))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return m.match(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(m.match(sub))
		}
		return b.String()
	case syntax.OpAlternate:
		return m.match(re.Sub[m.random.IntN(len(re.Sub))])
	default: // empty, *, ?, anchors
		return ""
	}
}
