package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/expression"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

// script is templates/rules.js in a JavaScript engine.
type script struct {
	vm                    *goja.Runtime
	load, evaluate, order goja.Callable
}

// driver calls rules.js with plain JSON and gives plain JSON back.
const driver = `
let rules;
const list = (map) => Object.fromEntries(map);
function load(json) { rules = JSON.parse(json); }
function evaluate(json, channel, language) {
	const typed = new Map(Object.entries(JSON.parse(json)));
	const s = page.evaluate(rules, typed, channel, language);
	const pipes = {};
	for (const name of Object.keys(rules.pipes || {})) pipes[name] = page.answerText(s, name);
	return JSON.stringify({ values: list(s.values), asked: [...s.asked].sort(), withheld: list(s.withheld), required: [...s.required].sort(),
		messages: list(s.failed), pipes, problems: page.findProblems(s).map((p) => [p.name, p.text]) });
}
function order(id) {
	return JSON.stringify(list(rules.questions.filter((q) => q.shuffle).map((q) => [q.id, page.shuffledOptions(q, id)])));
}
`

func newScript(t testing.TB) *script {
	t.Helper()
	source, err := os.ReadFile("../../templates/rules.js")
	if err != nil {
		t.Fatal(err)
	}
	result := api.Transform(unicodeClasses(string(source)), api.TransformOptions{Format: api.FormatIIFE, GlobalName: "page", Target: api.ES2019})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	s := &script{vm: goja.New()}
	if _, err := s.vm.RunString(string(result.Code) + driver); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*goja.Callable{"load": &s.load, "evaluate": &s.evaluate, "order": &s.order} {
		call, ok := goja.AssertFunction(s.vm.Get(name))
		if !ok {
			t.Fatalf("no function %s", name)
		}
		*f = call
	}
	return s
}

func (s *script) call(t testing.TB, f goja.Callable, args ...any) string {
	t.Helper()
	values := make([]goja.Value, len(args))
	for i, a := range args {
		values[i] = s.vm.ToValue(a)
	}
	v, err := f(goja.Undefined(), values...)
	if err != nil {
		t.Fatalf("rules.js: %v", err)
	}
	return v.String()
}

// verdict is what the script and the handler say about a filled-in form.
type verdict struct {
	Values   map[string][]string `json:"values"`
	Asked    []string            `json:"asked"`
	Withheld map[string][]string `json:"withheld"`
	Required []string            `json:"required"`
	Messages map[string][]string `json:"messages"`
	Pipes    map[string]string   `json:"pipes"`
	Problems [][2]string         `json:"problems"` // field and sentence
}

func handlerVerdict(r *Renderer, s *survey.Survey, typed map[string][]string, channel, language string) verdict {
	state := answer.EvaluateTyped(s, typed, channel, language)
	texts := Texts{survey: s, words: r.words.In(language), language: language, state: state, typed: typed}
	out := verdict{Values: state.Values, Asked: sorted(state.Asked), Withheld: state.Withheld, Required: sorted(state.Required),
		Messages: map[string][]string{}, Pipes: map[string]string{}, Problems: handlerProblems(r, s, typed, channel, language)}
	for id, failed := range state.Failed {
		for _, i := range failed {
			out.Messages[id] = append(out.Messages[id], find(s, id).Checks[i].Message.In(language))
		}
	}
	for _, text := range textsWithAnswers(s) {
		for _, name := range namesIn(s, text.In(language)) {
			out.Pipes[name] = texts.answer(name)
		}
	}
	return out
}

// handlerProblems returns the problems that the handler finds, without those that the page makes impossible and those that
// only the handler checks.
func handlerProblems(r *Renderer, s *survey.Survey, typed map[string][]string, channel, language string) [][2]string {
	fields := maps.Clone(typed)
	maps.DeleteFunc(fields, func(name string, _ []string) bool { _, known := s.Field(name); return !known })
	_, _, problems := answer.Check(s, answer.Posted{Language: language, Channel: channel, Fields: fields})
	found := [][2]string{}
	for _, p := range problems {
		switch p.Code {
		case answer.RankTwice, answer.RankGap, answer.Empty, answer.BadChannel:
			continue
		case answer.NotAnOption: // of a link
			continue
		case answer.BadPattern:
			if _, ok := scriptPattern(find(s, p.Question).Pattern, false); !ok {
				continue
			}
		case answer.Failed:
			p.Field = p.Question
		}
		found = append(found, [2]string{p.Field, r.Message(language, p)})
	}
	return found
}

func sorted(set map[string]bool) []string {
	out := []string{}
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// The handler and the page's script agree on what is asked, which options are offered, what is required, which checks
// fail with which message, which answers appear in other texts, and in which order options come: for random
// questionnaires, and for answers as people, browsers and attackers may send them.
func TestPageAndHandlerAgree(t *testing.T) {
	surveys, each := max(soak.Cases(510, 2000), 50), 20 // fewer do not cover everything
	seed := uint64(1)
	if text := os.Getenv("GLASSPOLL_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the engine makes much garbage
	r, js := renderer(t), newScript(t)
	var covered coverage
	for i := range surveys {
		g := generator{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		s := g.survey(t)
		for _, language := range s.Languages {
			js.call(t, js.load, string(scriptRules(s, r.words.In(language), language)))
			for range each / len(s.Languages) {
				typed, channel := g.answers(s), g.channel(s)
				data, err := json.Marshal(typed)
				if err != nil {
					t.Fatal(err)
				}
				var got verdict
				if err := json.Unmarshal([]byte(js.call(t, js.evaluate, string(data), channel, language)), &got); err != nil {
					t.Fatal(err)
				}
				want := handlerVerdict(r, s, typed, channel, language)
				got.Problems = slices.DeleteFunc(got.Problems, func(p [2]string) bool { // of rankings that the page does not let happen
					return find(s, p[0]) != nil && find(s, p[0]).Type == survey.Ranking && inconsistentRanks(s, p[0], want.Values)
				})
				order := func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) }
				slices.SortFunc(got.Problems, order)
				slices.SortFunc(want.Problems, order)
				covered.add(s, typed, want)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, survey %d, channel %q, language %s\nanswers %s\nscript  %s\nhandler %s\nsurvey %s", seed, i, channel, language,
						data, toJSON(got), toJSON(want), s.Encode())
				}
				id := g.uuid()
				var orders map[string][]string
				if err := json.Unmarshal([]byte(js.call(t, js.order, id)), &orders); err != nil {
					t.Fatal(err)
				}
				for name, order := range orders {
					if want := ids(shuffled(find(s, name), id)); !slices.Equal(order, want) {
						t.Fatalf("seed %d, survey %d, id %s, question %s: the script's order is %v, the handler's %v", seed, i, id, name, order, want)
					}
					covered.Orders++
				}
			}
		}
	}
	t.Logf("%+v", covered)
	covered.check(t, surveys*each)
}

// inconsistentRanks reports whether ranks are given twice or left out, which the page does not let happen.
func inconsistentRanks(s *survey.Survey, ranking string, values map[string][]string) bool {
	var ranks []int
	for _, f := range s.FieldsOf(find(s, ranking)) {
		if v := values[f.Name]; len(v) > 0 {
			rank, _ := strconv.Atoi(v[0])
			ranks = append(ranks, rank)
		}
	}
	slices.Sort(ranks)
	for i, rank := range ranks {
		if rank != i+1 {
			return true
		}
	}
	return false
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// coverage counts what the cases had in them: each thing that can differ must have occurred often.
type coverage struct {
	Cases, Hidden, Dropped, Chained, Withheld, Required, Conditional, Failed, Passed, Piped, Junk, Orders, Invalid, Valid int
}

func (m *coverage) add(s *survey.Survey, typed map[string][]string, want verdict) {
	m.Cases++
	hidden := 0
	for q := range s.Questions() {
		if !slices.Contains(want.Asked, q.ID) {
			hidden++
		}
		if q.RequiredIf != nil && slices.Contains(want.Required, q.ID) {
			m.Conditional++
		}
		if len(q.Checks) > 0 && len(want.Messages[q.ID]) == 0 && len(want.Values[q.ID]) > 0 {
			m.Passed++
		}
	}
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&m.Hidden, hidden > 0)
	count(&m.Chained, hidden > 2)
	count(&m.Withheld, len(want.Withheld) > 0)
	count(&m.Required, len(want.Required) > 0)
	count(&m.Failed, len(want.Messages) > 0)
	count(&m.Invalid, len(want.Problems) > 0)
	count(&m.Valid, len(want.Problems) == 0)
	for name := range typed {
		f, known := s.Field(name)
		if !known {
			continue
		}
		answered := len(want.Values[name]) > 0
		count(&m.Dropped, !slices.Contains(want.Asked, f.Question.ID))
		count(&m.Junk, !answered && slices.Contains(want.Asked, f.Question.ID))
	}
	for _, text := range want.Pipes {
		count(&m.Piped, text != noAnswer)
	}
}

func (m *coverage) check(t *testing.T, cases int) {
	if m.Cases != cases {
		t.Errorf("%d cases, want %d", m.Cases, cases)
	}
	v := reflect.ValueOf(*m)
	for i := range v.NumField() {
		if n := int(v.Field(i).Int()); n < cases/20 {
			t.Errorf("%s: only %d in %d cases, so the test says little", v.Type().Field(i).Name, n, cases)
		}
	}
}

// generator makes questionnaires and answers.
type generator struct {
	*rand.Rand
	questions []*survey.Question // that the next condition may use
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func (g *generator) uuid() string {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(g.Uint32())
	}
	return id.String()
}

// names are ids, some of which have a meaning in JavaScript.
var names = strings.Fields("constructor length good fair poor a b c d e a1 b2 name value has get set none 1 2 10 0x")

// words are what texts contain, and what is searched for in them; some differ only in how they are encoded.
var words = []string{"a", "b", "A", "late", "迟到", "ｌａｔｅ", "é", "e\u0301", "1", "10", "9", "yes", "no", "true", "𝒳", "\uff21", "\ufb01", "ab", "z\u200b", "\U0001F600", "\ue000"}

func (g *generator) text() survey.Text {
	return survey.Text{"zh": "题" + strconv.Itoa(g.IntN(9)), "en": "Q" + strconv.Itoa(g.IntN(9))}
}

func (g *generator) decimal() *survey.Decimal {
	d := survey.Decimal(g.IntN(25)-8) * survey.One / 2
	return &d
}

func (g *generator) options(least int) []survey.Option {
	order := g.Perm(len(names))[:least+g.IntN(4)]
	options := make([]survey.Option, len(order))
	scored := g.chance(60)
	for i, at := range order {
		options[i] = survey.Option{ID: names[at], Label: survey.Text{"zh": "选" + names[at], "en": "O" + names[at]}}
		if scored && g.chance(80) {
			score := survey.Decimal(g.IntN(6)) * survey.One
			if g.chance(20) {
				score += 500
			}
			options[i].Score = &score
		}
	}
	return options
}

func steps(from, to int) []survey.Option {
	var options []survey.Option
	for n := from; n <= to; n++ {
		score := survey.Decimal(n) * survey.One
		options = append(options, survey.Option{ID: strconv.Itoa(n), Score: &score})
	}
	return options
}

var questionTypes = []survey.Type{survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix,
	survey.Ranking, survey.Number, survey.ConstantSum, survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.URL, survey.DateType,
	survey.Time, survey.YesNo, survey.Consent, survey.Hidden, survey.Note}

func (g *generator) question(i int) survey.Question {
	q := survey.Question{ID: fmt.Sprintf("q%d", i), Type: pick(g, questionTypes), Label: g.text(), Weight: survey.One}
	if i == 3 && g.chance(20) {
		q.ID = "constructor"
	}
	switch q.Type {
	case survey.SingleChoice, survey.MultiChoice:
		q.Options = g.options(2)
		if g.chance(40) {
			q.Options = append(q.Options, survey.Option{ID: survey.Other})
		}
	case survey.Rating:
		if q.Options = g.options(2); g.chance(50) {
			q.Options = steps(1, 5)
		}
	case survey.NPS:
		q.Options = steps(0, 10)
	case survey.Matrix, survey.ImportanceMatrix:
		q.Options, q.Importance = g.options(2), nil
		if q.Type == survey.ImportanceMatrix {
			q.Importance = g.options(2)
		}
		for _, at := range g.Perm(6)[:1+g.IntN(3)] {
			q.Rows = append(q.Rows, survey.Row{ID: names[at], Label: g.text(), Required: g.chance(30)})
		}
	case survey.Ranking:
		if q.Options = g.options(2); g.chance(20) {
			q.Options = g.options(11)
		}
		q.AtMost = 1 + g.IntN(len(q.Options))
	case survey.ConstantSum:
		q.Options = g.options(2)
		total := 10 * survey.One
		q.Total = &total
	case survey.Hidden:
		if g.chance(50) {
			q.Options = g.options(1)
		}
	case survey.Number:
		if g.chance(30) {
			q.Min = g.decimal()
		}
		if g.chance(30) {
			most := 3 * survey.One
			q.Max = &most
		}
		if g.chance(30) {
			step := survey.One / 2 * survey.Decimal(1+g.IntN(3))
			q.Step = &step
		}
	case survey.ShortText, survey.LongText:
		if g.chance(30) {
			q.MinLength = 1 + g.IntN(4)
		}
		if g.chance(30) {
			q.MaxLength = 3 + g.IntN(4)
		}
		if g.chance(20) {
			q.Pattern = pick(g, []string{`[a-z]{1,3}`, `(?i)a.*`, `\S+`, `\w+|迟到`, `(a|b)*`, `[[:alpha:]]+\d?`, `.{2}`})
		}
	case survey.DateType:
		if g.chance(50) {
			q.Earliest, q.Latest = "2026-02-01", "2027-01-01"
		}
	}
	if q.Type == survey.MultiChoice {
		q.AtLeast, q.AtMost = g.IntN(3), g.IntN(3)
		for i := range q.Options {
			q.Options[i].Exclusive = g.chance(10)
		}
	}
	switch q.Type {
	case survey.SingleChoice, survey.MultiChoice, survey.Ranking, survey.ConstantSum:
		if q.Shuffle = g.chance(50); q.Shuffle {
			for _, o := range q.Options {
				if o.ID == survey.Other || g.chance(20) {
					q.Anchor = append(q.Anchor, o.ID)
				}
			}
		}
	}
	q.Required = len(q.Rows) == 0 && q.Type != survey.Hidden && g.chance(20)
	return q
}

// survey makes a questionnaire whose conditions depend on one another in chains, but not in circles: each only on questions
// before it in a random order, which is not the one in which they are asked.
func (g *generator) survey(t testing.TB) *survey.Survey {
	t.Helper()
	s := &survey.Survey{ID: "random", Title: g.text(), Languages: []string{"zh", "en"}, Timezone: "UTC", Channels: []string{"web", "phone"}}
	count := 3 + g.IntN(8)
	for i := 0; i < count; {
		section := survey.Section{ID: fmt.Sprintf("s%d", i), Title: g.text()}
		for range min(1+g.IntN(4), count-i) {
			section.Questions = append(section.Questions, g.question(i))
			i++
		}
		s.Sections = append(s.Sections, section)
	}
	type place struct{ section, question int }
	var places []place
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			places = append(places, place{i, j})
		}
	}
	if g.chance(50) {
		g.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	}
	// A section's condition is one of all its questions, so it may depend only on what comes before the first of them.
	before := map[int]int{}
	for at, p := range places {
		if _, seen := before[p.section]; !seen {
			before[p.section] = at
		}
	}
	var all []*survey.Question
	for _, p := range places {
		all = append(all, &s.Sections[p.section].Questions[p.question])
	}
	for i := range s.Sections {
		if g.chance(30) {
			g.questions = all[:before[i]]
			s.Sections[i].ShowIf = g.condition()
		}
	}
	for at, p := range places {
		g.questions = all[:at]
		q := &s.Sections[p.section].Questions[p.question]
		if g.chance(55) && q.Type != survey.Hidden {
			q.ShowIf = g.condition()
		}
		for j := range q.Options {
			if g.chance(12) {
				q.Options[j].ShowIf = g.condition()
			}
		}
		g.questions = slices.DeleteFunc(slices.Clone(all), func(other *survey.Question) bool { return other == q })
		if !q.Required && q.Type != survey.Hidden && g.chance(30) {
			q.RequiredIf = g.condition()
		}
		g.questions = all
		for range g.IntN(3) {
			if tree := g.condition(); tree != nil && q.Type != survey.Note {
				q.Checks = append(q.Checks, survey.Rule{That: *tree, Message: g.text()})
			}
		}
	}
	for range g.IntN(4) {
		s.Thanks = append(s.Thanks, survey.Thanks{ShowIf: g.condition(), Text: g.text()})
	}
	s.Thanks = append(s.Thanks, survey.Thanks{Text: g.text()})
	compiled, err := survey.Decode(s.Encode())
	if err != nil {
		t.Fatalf("%v: %s", err, s.Encode())
	}
	g.pipe(compiled)
	return compiled
}

// pipe puts answers into labels: of later questions, and of their options.
func (g *generator) pipe(s *survey.Survey) {
	var known []string
	with := func(t survey.Text) survey.Text {
		if len(known) == 0 || !g.chance(30) {
			return t
		}
		name := pick(g, known)
		return survey.Text{"zh": "甲{{" + name + "}}乙", "en": "x {{ " + name + " }} y"}
	}
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			q := &s.Sections[i].Questions[j]
			q.Label = with(q.Label)
			for k := range q.Options {
				if q.Options[k].Label != nil {
					q.Options[k].Label = with(q.Options[k].Label)
				}
			}
			for _, f := range s.FieldsOf(q) {
				if s.Shows(f.Name) {
					known = append(known, f.Name)
				}
			}
			if q.Type == survey.Ranking {
				known = append(known, q.ID)
			}
		}
	}
	last := &s.Thanks[len(s.Thanks)-1]
	last.Text = with(last.Text)
}

// condition makes a well-typed tree over the generator's questions, of all the forms that Compile makes.
func (g *generator) condition() *expression.Tree {
	t := g.boolean(1 + g.IntN(3))
	return &t
}

func tree(op string, args ...expression.Tree) expression.Tree {
	return expression.Tree{Op: op, Args: args}
}

func (g *generator) boolean(depth int) expression.Tree {
	if depth > 0 {
		switch g.IntN(10) {
		case 0, 1:
			return tree("and", g.boolean(depth-1), g.boolean(depth-1))
		case 2, 3, 4:
			return tree("or", g.boolean(depth-1), g.boolean(depth-1))
		case 5:
			return tree("not", g.boolean(depth-1))
		case 6:
			v := g.chance(50)
			return tree("==", g.boolean(depth-1), expression.Tree{Op: "literal", Bool: &v})
		}
	}
	if len(g.questions) == 0 || g.chance(8) {
		return g.context()
	}
	q := pick(g, g.questions)
	parts := q.Parts()
	if len(parts) == 0 {
		return g.context()
	}
	if g.chance(15) {
		if g.chance(50) {
			parts = []string{pick(g, parts)}
		}
		return expression.Tree{Op: "answered", Names: parts}
	}
	if len(parts) > 1 && parts[0] != q.ID && g.chance(15) {
		return g.number(expression.Tree{Op: "count", Names: parts})
	}
	return g.about(q, pick(g, parts))
}

// context compares the channel or the language.
func (g *generator) context() expression.Tree {
	if g.chance(50) {
		return tree("==", expression.Tree{Op: "choice", Names: []string{"channel"}}, literal(pick(g, []string{"web", "phone"})))
	}
	return tree("==", expression.Tree{Op: "choice", Names: []string{"language"}}, literal(pick(g, []string{"zh", "en"})))
}

func literal(s string) expression.Tree { return expression.Tree{Op: "literal", Text: &s} }

// about makes a condition on one field.
func (g *generator) about(q *survey.Question, name string) expression.Tree {
	options := q.Options
	if strings.HasSuffix(name, ".importance") {
		options = q.Importance
	}
	choice := expression.Tree{Op: "choice", Names: []string{name}}
	switch q.Type {
	case survey.MultiChoice:
		if strings.HasSuffix(name, "._other") {
			name = q.ID
		}
		if g.chance(30) {
			return g.number(expression.Tree{Op: "count", Names: []string{name}})
		}
		return tree("contains", expression.Tree{Op: "set", Names: []string{name}}, literal(pick(g, options).ID))
	case survey.NPS, survey.Number, survey.Ranking, survey.ConstantSum:
		return g.number(expression.Tree{Op: "number", Names: []string{name}})
	case survey.YesNo, survey.Consent:
		return expression.Tree{Op: "bool", Names: []string{name}}
	case survey.Hidden:
		if len(options) == 0 {
			return g.words(name)
		}
	case survey.SingleChoice, survey.Matrix, survey.ImportanceMatrix:
		if strings.HasSuffix(name, "._other") {
			choice.Names = []string{q.ID}
		}
	case survey.Rating:
		if len(options[0].Label) == 0 {
			return g.number(expression.Tree{Op: "number", Names: []string{name}})
		}
	default:
		return g.words(name)
	}
	scores := map[string]survey.Decimal{}
	for _, o := range options {
		if o.Score != nil {
			scores[o.ID] = *o.Score
		}
	}
	switch {
	case len(scores) > 0 && g.chance(40):
		return g.number(expression.Tree{Op: "score", Names: choice.Names, Scores: scores})
	case g.chance(30):
		list := expression.Tree{Op: "list"}
		for range 1 + g.IntN(3) {
			list.Args = append(list.Args, literal(pick(g, options).ID))
		}
		return tree("in", choice, list)
	}
	return tree("==", choice, literal(pick(g, options).ID))
}

// number compares a number with a constant, or with another number.
func (g *generator) number(t expression.Tree) expression.Tree {
	other := expression.Tree{Op: "literal", Number: g.decimal()}
	if g.chance(15) {
		for _, q := range g.questions {
			if q.Type == survey.Number || q.Type == survey.NPS {
				other = expression.Tree{Op: "number", Names: []string{q.ID}}
			}
		}
	}
	if g.chance(10) {
		return tree("in", t, tree("list", expression.Tree{Op: "literal", Number: g.decimal()}, expression.Tree{Op: "literal", Number: g.decimal()}))
	}
	if g.chance(50) {
		t, other = other, t
	}
	return tree(pick(g, []string{"==", "<", "<="}), t, other)
}

// words compares or searches a text.
func (g *generator) words(name string) expression.Tree {
	t := expression.Tree{Op: "text", Names: []string{name}}
	with := pick(g, append(slices.Clone(words), "2026-01-05", "2026-02-28", "09:30", "a@b.cn", "www.a.cn"))
	if g.chance(30) {
		return tree("contains", t, literal(with))
	}
	args := []expression.Tree{t, literal(with)}
	if g.chance(50) {
		slices.Reverse(args)
	}
	return tree(pick(g, []string{"==", "<", "<="}), args...)
}

func (g *generator) channel(s *survey.Survey) string {
	return pick(g, append([]string{"", "fax"}, s.Channels...))
}

// answers returns what a page can send: of lists, one of their options; of boxes, anything, much of it invalid.
func (g *generator) answers(s *survey.Survey) map[string][]string {
	typed := map[string][]string{}
	full := 40 + g.IntN(60)
	for _, f := range s.Fields() {
		if !g.chance(full) {
			if g.chance(10) {
				typed[f.Name] = pick(g, [][]string{{""}, {}})
			}
			continue
		}
		n := 1
		if f.Question.Type == survey.MultiChoice && f.Part == survey.Whole {
			n = 1 + g.IntN(3)
		}
		for range n {
			typed[f.Name] = append(typed[f.Name], g.answer(f))
		}
	}
	if g.chance(10) {
		typed["unknown"] = []string{"asked"}
	}
	return typed
}

func (g *generator) answer(f survey.Field) string {
	if f.Part != survey.OtherPart {
		if options := f.Options(); len(options) > 0 && (f.Question.Type != survey.Hidden || g.chance(80)) {
			return pick(g, options).ID
		}
		switch f.Question.Type {
		case survey.Number, survey.ConstantSum:
			return g.disguise(pick(g, []string{g.decimal().String(), g.decimal().String(), "+1", "-0", "0.50", "007", "1.", ".5", "1e3", "9999999999", "1000000000", "1000000000.001",
				"-1000000000", "12.3456", "+-2", "--2", "1,5", "12345678901", "Infinity", "0x1", "- 1", "２．５", "１２", "\u0663\u066b\u0665", "\u22121"}))
		case survey.DateType:
			return pick(g, []string{"2026-01-05", "2026-02-28", "2028-02-29", "2000-02-29", "2027-01-01", "2026-12-31", "0100-01-01", "",
				"2026年1月5日", "2026/2/28", "\u0662\u0660\u0662\u0666-1-5", "2026-02-30", "soon"})
		case survey.Time:
			return pick(g, []string{"09:30", "23:59", "00:00", "", "9：30", "\u0669:\u0663\u0660", "9点30分", "24:00"})
		case survey.Email:
			return g.disguise(pick(g, []string{"a@b.cn", "ａ@b.cn", "nobody", "a@b", "a b@c.cn", "李@例子.中国"}))
		case survey.Phone:
			return g.disguise(pick(g, []string{"110", "+86 138 0013 8000", "１３８００１３８０００", "(010) 1234-5678", "call me"}))
		case survey.URL:
			return g.disguise(pick(g, []string{"www.a.cn", "https://a.cn/x", "ｗｗｗ.a.cn", "HTTP://a.cn:80/?q", "here", "ftp://a.cn"}))
		}
	}
	if g.chance(20) {
		return g.disguise(pick(g, words))
	}
	return g.disguise(pick(g, words) + pick(g, []string{"", "", " ", "\n", "\r\n", "\t", "\x00", "\x7f"}) + pick(g, words))
}

// disguise writes the same in another way, or breaks it.
func (g *generator) disguise(text string) string {
	switch g.IntN(20) {
	case 0:
		return " " + text + "\u3000"
	case 1:
		return "\t" + text + "\r\n"
	case 2:
		return "\u00a0" + text + "\u2003"
	case 4:
		return text + "\x07"
	case 5:
		return strings.Map(func(r rune) rune { // full-width forms
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, text)
	case 6:
		return strings.ToUpper(text)
	case 7:
		return "\u2028" + text + "\u200b"
	case 8:
		return "\ufeff" + text + "\u0085\ufeff"
	}
	return text
}
