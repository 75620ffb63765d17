package publishtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// sheet is a questionnaire in the making.
type sheet struct {
	languages []string
	channels  bool
	monthly   bool
	until     int // last day of the window, counted from the first of October; 0: no end
	closes    int // likewise
	k         int // 0: not said
	strict    bool
	daily     bool
	poolAfter int
	staff     bool   // results are for staff only
	overall   string // item that stands for the whole
	model     string
	weighting bool
	crosstab  string
	target    bool
	issued    int  // 0: not said
	rate      bool // a low response rate takes points off
	areas     bool // items are in dimensions
	sections  []part
}

type part struct {
	showIf string
	asks   []ask
}

// ask is a question in the making.
type ask struct {
	id, kind string
	keys     []string // as "key: value"
	options  []string // ids
	scores   bool     // of the options
	filter   string   // the condition of the second option
	showIf   string
	flags    []string // such as "sensitive: true"
}

// chance is true once in n times.
func chance(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

func pick[T any](r *rand.Rand, among ...T) T { return among[r.IntN(len(among))] }

// text writes a text in the sheet's languages.
func (s *sheet) text(words string) string {
	if len(s.languages) == 1 {
		return fmt.Sprintf("%q", words)
	}
	return fmt.Sprintf(`{en: "%s", zh: "%s号"}`, words, words)
}

func day(n int) string {
	if n > 31 {
		return fmt.Sprintf("2026-11-%02d", n-31)
	}
	return fmt.Sprintf("2026-10-%02d", n)
}

// yaml writes the questionnaire.
func (s *sheet) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nlanguages: [%s]\ntimezone: Asia/Shanghai\n", s.text("World"), strings.Join(s.languages, ", "))
	if s.channels {
		b.WriteString("channels: [web, phone]\n")
	}
	switch {
	case s.issued == 40:
		b.WriteString("access: invited\n")
	case s.issued == 100:
		b.WriteString("access: both\n")
	case s.issued > 0:
		fmt.Fprintf(&b, "audience: {population: %d, issued: %d}\n", 2*s.issued, s.issued)
	}
	if s.monthly {
		b.WriteString("period: month\n")
	}
	if s.until > 0 {
		fmt.Fprintf(&b, "window: {from: 2026-10-01, until: %s}\n", day(s.until))
	}
	if s.among(rand.New(rand.NewPCG(0, 0)), "matrix", "importance_matrix") != "" {
		b.WriteString("scales:\n  marks:\n")
		for i, id := range []string{"good", "fair", "poor"} {
			fmt.Fprintf(&b, "    - {id: %s, label: %s, score: %d}\n", id, s.text("Mark "+id), 2-i)
		}
	}
	b.WriteString("sections:\n")
	for i, p := range s.sections {
		fmt.Fprintf(&b, "  - id: part%d\n    title: %s\n", i, s.text("Part"))
		if p.showIf != "" {
			fmt.Fprintf(&b, "    show_if: '%s'\n", p.showIf)
		}
		b.WriteString("    questions:\n")
		for _, a := range p.asks {
			s.writeAsk(&b, a)
		}
	}
	s.writeScoring(&b)
	s.writeResults(&b)
	return b.String()
}

func (s *sheet) writeAsk(b *strings.Builder, a ask) {
	fmt.Fprintf(b, "      - {id: %s, type: %s, label: %s", a.id, a.kind, s.text("Item "+a.id))
	for _, key := range slices.Concat(a.keys, a.flags) {
		b.WriteString(", " + key)
	}
	if a.showIf != "" {
		fmt.Fprintf(b, ", show_if: '%s'", a.showIf)
	}
	if len(a.options) > 0 {
		b.WriteString(", options: [")
		for i, o := range a.options {
			fmt.Fprintf(b, "{id: %s, label: %s", o, s.text("Choice "+o))
			if a.scores {
				fmt.Fprintf(b, ", score: %d", i+1)
			}
			if i == 1 && a.filter != "" {
				fmt.Fprintf(b, ", show_if: '%s'", a.filter)
			}
			b.WriteString("}, ")
		}
		b.WriteString("]")
	}
	b.WriteString("}\n")
}

func (s *sheet) writeScoring(b *strings.Builder) {
	var keys []string
	if s.overall != "" {
		keys = append(keys, "overall: "+s.overall)
	}
	switch s.model {
	case "":
	case "mean_of_units":
		keys = append(keys, "model: mean_of_units", "unit: tier")
	default:
		keys = append(keys, "model: "+s.model)
	}
	if s.target {
		keys = append(keys, "target: 1")
	}
	if s.areas {
		keys = append(keys, fmt.Sprintf("dimensions: [{id: service, label: %s}, {id: goods, label: %s, weight: 2}]", s.text("Service"), s.text("Goods")))
	}
	if s.rate {
		keys = append(keys, "response_rate_rule: {floor: 50, per: 5, deduct: 1}")
	}
	if len(keys) > 0 {
		fmt.Fprintf(b, "scoring: {%s}\n", strings.Join(keys, ", "))
	}
	if s.weighting {
		b.WriteString("weighting: {by: {tier: {a: 30, b: 70}}}\n")
	}
}

func (s *sheet) writeResults(b *strings.Builder) {
	keys := []string{}
	if s.k > 0 && (!s.strict || s.k >= 10) {
		keys = append(keys, fmt.Sprintf("min_group: %d", s.k))
	}
	if s.strict {
		keys = append(keys, "protection: strict")
	}
	if s.closes > 0 {
		keys = append(keys, "closes: "+day(s.closes))
	}
	if s.poolAfter > 0 {
		keys = append(keys, fmt.Sprintf("pool_after: %d", s.poolAfter))
	}
	if s.daily {
		keys = append(keys, "release: daily")
	}
	if s.staff {
		keys = append(keys, "audience: staff")
	}
	if s.crosstab != "" {
		keys = append(keys, fmt.Sprintf("crosstabs: [{rows: %s, by: tier}]", s.crosstab))
	}
	if len(keys) > 0 {
		fmt.Fprintf(b, "results: {%s}\n", strings.Join(keys, ", "))
	}
}

// clone copies the sheet.
func (s *sheet) clone() *sheet {
	c := *s
	c.sections = slices.Clone(s.sections)
	for i := range c.sections {
		c.sections[i].asks = slices.Clone(c.sections[i].asks)
		for j, a := range c.sections[i].asks {
			a.keys, a.options, a.flags = slices.Clone(a.keys), slices.Clone(a.options), slices.Clone(a.flags)
			c.sections[i].asks[j] = a
		}
	}
	return &c
}

// newSheet makes up a questionnaire.
func newSheet(r *rand.Rand) *sheet {
	s := &sheet{languages: []string{"en"}, k: pick(r, 1, 2, 2, 3, 3, 5, 10), channels: chance(r, 2), daily: chance(r, 6), target: chance(r, 4)}
	if chance(r, 5) {
		s.languages = []string{"en", "zh"}
	}
	switch r.IntN(3) {
	case 0:
		s.monthly = true
	case 1:
		s.until = 12 + r.IntN(12)
	default:
		s.closes = 12 + r.IntN(12)
	}
	if chance(r, 2) {
		s.poolAfter = 1 + r.IntN(6)
	}
	s.strict = chance(r, 10)
	first := part{}
	if !chance(r, 4) {
		first.asks = append(first.asks, ask{id: "tier", kind: "single_choice", options: []string{"a", "b"}, flags: []string{"segment: true"}})
		s.weighting = chance(r, 4)
		if chance(r, 5) {
			s.model = "mean_of_units"
		}
	}
	if chance(r, 6) {
		first.asks = append(first.asks, ask{id: "site", kind: "hidden", options: []string{"a", "b"}, flags: pick(r, []string{"segment: true"}, nil)})
	}
	s.sections = []part{first}
	if s.model == "" && chance(r, 4) {
		s.model = pick(r, "mean", "percent_of_max")
	}
	unscored := chance(r, 4)
	if chance(r, 3) {
		s.issued = pick(r, 5, 40, 100)
		s.rate = chance(r, 2)
	}
	s.areas = chance(r, 4)
	n := 2 + r.IntN(5)
	for i := range n {
		if i == n/2 && chance(r, 3) {
			s.sections = append(s.sections, part{showIf: pick(r, "", s.condition(r), s.condition(r))})
		}
		a := s.newAsk(r, fmt.Sprintf("q%d", i), unscored)
		last := &s.sections[len(s.sections)-1]
		last.asks = append(last.asks, a)
		if a.kind == "rating" && s.overall == "" && !unscored && chance(r, 2) {
			s.overall = a.id
		}
		if slices.Contains([]string{"rating", "single_choice", "yes_no", "nps"}, a.kind) && chance(r, 4) && first.asks != nil && first.asks[0].id == "tier" {
			s.crosstab = a.id
		}
	}
	return s
}

// newAsk makes up a question.
func (s *sheet) newAsk(r *rand.Rand, id string, unscored bool) ask {
	a := ask{id: id, kind: pick(r, "rating", "rating", "rating", "yes_no", "yes_no", "single_choice", "multi_choice", "nps", "number", "ranking", "constant_sum", "matrix",
		"importance_matrix", "short_text", "email", "date")}
	switch a.kind {
	case "rating":
		a.keys = []string{pick(r, "steps: 2", "steps: 3", "steps: 5")}
		if unscored {
			a.keys = append(a.keys, "weight: 0")
		}
	case "single_choice":
		a.options, a.scores = []string{"x", "y", "z"}, !unscored && chance(r, 2)
		a.keys = pick(r, nil, []string{"other: true"})
	case "multi_choice":
		a.options = []string{"x", "y", "z"}
		a.keys = pick(r, nil, []string{"other: true"}, []string{"max: 2"})
	case "number":
		a.keys = pick(r, nil, []string{"min: 0", "max: 4", "step: 1"}, []string{"bands: [0, 2, 100]"}, []string{"min: 0", "max: 1000"})
	case "ranking":
		a.options = []string{"x", "y", "z"}
		a.keys = pick(r, nil, []string{"max: 2"})
	case "constant_sum":
		a.options = []string{"x", "y"}
		a.keys = []string{pick(r, "total: 4", "total: 100")}
	case "matrix", "importance_matrix":
		a.keys = []string{"scale: marks", fmt.Sprintf("rows: [{id: u, label: %s}, {id: v, label: %s}]", s.text("Row u"), s.text("Row v"))}
		if unscored {
			a.keys = append(a.keys, "weight: 0")
		}
		if a.kind == "importance_matrix" {
			a.keys = append(a.keys, "importance_scale: marks")
		}
	}
	if s.areas && slices.Contains([]string{"rating", "matrix"}, a.kind) {
		a.keys = append(a.keys, pick(r, "dimension: service", "dimension: goods"))
	}
	switch r.IntN(12) {
	case 0, 1:
		a.flags = []string{"sensitive: true"}
	case 2:
		a.flags = []string{"publish: false"}
	case 3:
		a.flags = []string{"private: true"}
	}
	if chance(r, 3) {
		a.showIf = s.condition(r)
	}
	switch r.IntN(9) {
	case 0:
		a.flags = append(a.flags, "required: true")
	case 1:
		if c := s.condition(r); c != "" {
			a.flags = append(a.flags, fmt.Sprintf("required: '%s'", c))
		}
	case 2:
		if other := s.among(r, "rating", "nps", "number"); other != "" && slices.Contains([]string{"rating", "nps", "number"}, a.kind) {
			a.flags = append(a.flags, fmt.Sprintf("check: {that: 'not (%s > %s) or not answered(%s)', message: %s}", id, other, other, s.text("Too much")))
		}
	}
	if len(a.options) > 2 && chance(r, 5) {
		a.filter = s.condition(r)
	}
	return a
}

// among picks a question of certain types that is there; "" if there is none.
func (s *sheet) among(r *rand.Rand, kinds ...string) string {
	var ids []string
	for _, p := range s.sections {
		for _, a := range p.asks {
			if slices.Contains(kinds, a.kind) {
				ids = append(ids, a.id)
			}
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return pick(r, ids...)
}

// condition makes up a condition on what is there: facts, answers, or both; "" if there is nothing.
func (s *sheet) condition(r *rand.Rand) string {
	var atoms []string
	if s.channels {
		atoms = append(atoms, `channel == "phone"`)
	}
	if len(s.languages) > 1 {
		atoms = append(atoms, `language == "en"`)
	}
	for _, p := range s.sections {
		for _, a := range p.asks {
			switch a.kind {
			case "rating", "number":
				atoms = append(atoms, a.id+" <= 1", a.id+" > 1")
			case "nps":
				atoms = append(atoms, a.id+" <= 6")
			case "yes_no":
				atoms = append(atoms, a.id, "not "+a.id)
			case "single_choice":
				atoms = append(atoms, a.id+` == "`+a.options[0]+`"`, a.id+` != "`+a.options[1]+`"`)
			case "hidden":
				atoms = append(atoms, a.id+` == "a"`)
			case "multi_choice":
				atoms = append(atoms, a.id+` contains "x"`)
			case "ranking", "matrix":
				atoms = append(atoms, "answered("+a.id+")")
			}
		}
	}
	if len(atoms) == 0 {
		return ""
	}
	one, two := pick(r, atoms...), pick(r, atoms...)
	switch {
	case one == two || chance(r, 2):
		return one
	default:
		return fmt.Sprintf(pick(r, "%s and %s", "%s or %s", "not (%s and %s)"), one, two)
	}
}

// edited returns another version of the questionnaire, of what may happen to one.
func (s *sheet) edited(r *rand.Rand, today int) *sheet {
	c := s.clone()
	p := &c.sections[r.IntN(len(c.sections))]
	if len(p.asks) == 0 {
		return c
	}
	at := r.IntN(len(p.asks))
	a := &p.asks[at]
	switch r.IntN(20) {
	case 0, 1:
		c.k = pick(r, 1, 2, 3, 5, 10)
	case 2:
		a.flags = []string{"sensitive: true"}
	case 3:
		a.flags = []string{"publish: false"}
	case 4:
		a.flags = []string{"private: true"}
	case 5, 6:
		if a.id != "tier" && a.id != "site" {
			a.flags = nil
		}
	case 7:
		if a.kind == "rating" {
			a.keys[0] = pick(r, "steps: 2", "steps: 3", "steps: 4", "steps: 5")
		}
	case 8:
		if len(a.options) > 2 {
			a.options = a.options[:2]
		} else if len(a.options) == 2 && a.id != "tier" {
			a.options = append(a.options, "z")
		}
	case 9:
		p.asks = slices.Delete(p.asks, at, at+1)
	case 10:
		p.asks = append(p.asks, c.newAsk(r, fmt.Sprintf("q%d", 6+r.IntN(3)), false))
	case 11:
		if a.id != "tier" && a.id != "site" {
			*a = c.newAsk(r, a.id, false)
		}
	case 12:
		c.poolAfter = pick(r, 0, 1, 3)
	case 13:
		c.daily = !c.daily
	case 14:
		c.strict = !c.strict
	case 15, 16:
		if c.until > 0 {
			c.until = max(today-2, 2) + pick(r, 0, 1, 4, 9)
		} else if c.closes > 0 {
			c.closes = today + pick(r, -2, 1, 4)
		}
	case 17: // a segment whose condition reads an answer would be a fact that tells it
		if a.id != "tier" && a.id != "site" {
			a.showIf = pick(r, "", s.condition(r))
		}
	case 18:
		c.staff = !c.staff
	case 19:
		if a.id == "tier" || a.id == "site" {
			a.flags = pick(r, nil, []string{"segment: true"})
		}
	}
	return c
}

// compiled compiles a sheet, without what it has no use for; nil if it has other mistakes.
func (s *sheet) compiled() *survey.Survey {
	for _, mend := range []func(){func() {}, func() { s.overall = "" }, func() { s.crosstab = "" }, func() { s.target = false }, func() { s.rate = false }, func() { s.weighting, s.model = false, "" }, func() { s.areas = false }} {
		mend()
		if compiled, problems := questionnaire.Parse("world.yaml", []byte(s.yaml())); len(problems) == 0 {
			return compiled
		}
	}
	return nil
}
