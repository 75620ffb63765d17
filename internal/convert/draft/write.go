package draft

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Bounds that the format sets: see the parser.
const (
	maxQuestions = 500
	MaxOptions   = 200
	MaxText      = 20_000 // characters
	maxYAML      = 512 << 10
	MaxScore     = 1000 * decimal.One
	maxRepairs   = 20 // rounds of leaving out what the parser refuses
)

var surveyIDForm = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// IsSurveyID reports whether a survey can have the id.
func IsSurveyID(id string) bool { return surveyIDForm.MatchString(id) }

// writer makes YAML of a draft.
type writer struct {
	*Draft
	parts  map[*yaml.Node]part
	scales map[*List]string
	unsure []string // scales without scores
}

// A part of the YAML that can be left out, should the parser refuse it.
type part struct {
	what  string
	at    report.Place
	atoms []*report.Atom
}

// Write settles what could not be settled before all was read, writes YAML, and has it checked.
func (d *Draft) Write() ([]byte, error) {
	w := &writer{Draft: d, parts: map[*yaml.Node]part{}, scales: map[*List]string{}}
	sections := d.sections()
	w.cut(sections)
	if len(sections) == 0 {
		return nil, errors.New("there is no question in it that could be carried over" + w.excuse())
	}
	w.settleID()
	w.settleLanguages(sections)
	w.settleConstraints(sections)
	root := w.survey(sections)
	text, err := w.repaired(root)
	for _, l := range d.Lists {
		var left []*report.Atom
		for _, a := range l.Atoms() {
			if a.Outcome == report.Pending {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			w.MarkAll(report.Dropped, left[0].At, left, "the list %s: no question that was carried over uses it", report.Quote(l.Source))
		}
	}
	return text, err
}

// excuse names the first things that were left out, for want of anything to write.
func (w *writer) excuse() string {
	lines := w.Of(report.Dropped)
	if len(lines) == 0 {
		return ""
	}
	return fmt.Sprintf(": %s %s", lines[0].At, lines[0].Message)
}

// cut leaves out the questions beyond those that a survey may have.
func (w *writer) cut(sections []*section) {
	n := 0
	for _, s := range sections {
		for i := range s.questions {
			if n++; n > maxQuestions {
				for _, q := range s.questions[i:] {
					w.MarkAll(report.Dropped, q.At.At, q.Atoms, "left out: a survey has at most %d questions; split it", maxQuestions)
				}
				s.questions = s.questions[:i]
				break
			}
		}
	}
}

func (w *writer) settleID() {
	source := w.ID
	if source == "" {
		source, _, _ = strings.Cut(w.File, ".")
	}
	id := NewID(strings.ReplaceAll(strings.ToLower(source), "-", "0dash0"), map[string]int{"api": 1, "assets": 1, "thanks": 1, "results": 1}, false, "survey")
	id = strings.ReplaceAll(id, "0dash0", "-")
	if !IsSurveyID(id) {
		id = "survey"
	}
	w.Draft.ID = id
}

// settleLanguages decides which languages the survey has, and what texts that name none are written in.
func (w *writer) settleLanguages(sections []*section) {
	var all []*Text
	for _, s := range sections {
		all = append(all, s.Title, s.Intro)
		for _, q := range s.questions {
			all = append(all, q.Label, q.Help, q.Low, q.High, q.OtherLabel, q.ConstraintMessage)
			for _, o := range q.Rows {
				all = append(all, o.Label)
			}
			if q.Options != nil {
				for _, o := range q.Options.Items {
					all = append(all, o.Label)
				}
			}
			for _, c := range q.Checks {
				all = append(all, c.Message)
			}
		}
	}
	all = append(all, w.Title, w.Intro)
	for _, t := range w.Thanks {
		all = append(all, t.Text)
	}
	all = slices.DeleteFunc(all, func(x *Text) bool { return x == nil || x.stock != nil })
	everything := slices.Clone(all)
	all = slices.DeleteFunc(all, func(x *Text) bool {
		return !slices.ContainsFunc(x.order, func(l string) bool { return hasLetters(x.by[l]) })
	})
	count := map[string]int{}
	var order, unnamed []string
	for _, x := range all {
		for _, l := range x.order {
			if count[l]++; count[l] == 1 {
				order = append(order, l)
			}
			if l == "" {
				unnamed = append(unnamed, x.by[l])
			}
		}
	}
	if w.Language == "" && (count[""] > 0 || len(order) == 0) {
		w.Language = guess(unnamed)
		if count[""] > 0 {
			w.Ask(report.Place{}, "texts that name no language were taken for %s: is that right?", w.Language)
		}
	}
	if count[""] > 0 || count[w.Language] > 0 {
		w.langs = []string{w.Language}
	}
	for _, l := range order {
		switch {
		case l == "" || slices.Contains(w.langs, l):
		case len(w.langs) > 0 && count[l]*4 < len(all):
			w.Ask(report.Place{}, "only %d of %d texts are given in %s: it was left out of the languages", count[l], len(all), l)
		default:
			w.langs = append(w.langs, l)
		}
	}
	if len(w.langs) == 0 {
		w.langs = []string{"en"}
	}
	for _, x := range everything {
		for _, l := range x.order {
			if a := x.atoms[l]; a != nil && l != "" && !slices.Contains(w.langs, l) {
				w.Drop(a, "%s is no language of the survey, since few texts are given in it", l)
			}
		}
	}
	if i := slices.Index(w.langs, w.FirstLanguage); i > 0 {
		w.langs = slices.Insert(slices.Delete(w.langs, i, i+1), 0, w.FirstLanguage)
	}
	for _, l := range w.langs {
		if l != "en" && l != "zh" {
			w.Ask(report.Place{}, "the form has words of its own (Required, Send, …): see docs/import.md if they are not there in %s", l)
		}
	}
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// texts says words in every language of the survey. rich is for what is Markdown here.
func (w *writer) texts(x *Text, rich bool) map[string]string {
	if x == nil {
		return nil
	}
	said := map[string]string{}
	var missing []string
	for _, l := range w.langs {
		from := l
		if _, ok := x.by[l]; !ok {
			from = w.fallback(x)
			if !(from == "" && l == w.Language) && hasLetters(x.by[from]) {
				missing = append(missing, l)
			}
		}
		if said[l] = w.sentence(x.by[from], x.atoms[from], rich); said[l] == "" {
			said[l] = "…"
		}
	}
	if len(missing) > 0 {
		w.Ask(x.Place(), "%s has no text in %s: that of another language stands in", report.Quote(x.by[w.fallback(x)]), strings.Join(missing, ", "))
	}
	report.Carry(x.extra...)
	for _, l := range x.order {
		if (l == "" || slices.Contains(w.langs, l)) && x.atoms[l] != nil {
			if _, named := x.by[w.Language]; l == "" && named && x.by[w.Language] != x.by[""] {
				w.Drop(x.atoms[l], "the text without a language gives way to that in %s", w.Language)
			}
			report.Carry(x.atoms[l])
		}
	}
	return said
}

// fallback is the language whose text stands in for another: the one that names none, else the survey's first that there is.
func (w *writer) fallback(x *Text) string {
	for _, l := range append([]string{"", w.Language}, w.langs...) {
		if _, ok := x.by[l]; ok {
			return l
		}
	}
	return x.order[0]
}

// sentence is one text as it is written here.
func (w *writer) sentence(text string, a *report.Atom, rich bool) string {
	remark := func(f report.Outcome, format string, args ...any) {
		if a != nil {
			a.Mark(f)
			w.Remark(f, a.At, format, args...)
		}
	}
	if w.Piped != nil {
		text = w.Piped.ReplaceAllStringFunc(text, func(found string) string {
			to := w.Scope[w.Piped.FindStringSubmatch(found)[1]]
			if to == nil || to.Kind == condition.Missing || to.Kind == condition.Group {
				remark(report.Dropped, "%s does not show an answer that was carried over: the text shows it as it stands", report.Quote(found))
				return found
			}
			return "{{" + to.Field + "}}"
		})
	}
	var what string
	if rich {
		if text, what = markup.Markdown(text); what != "" {
			remark(report.Changed, "its %s has no place in Markdown, and was left out", what)
		}
	} else if text, what = markup.Plain(text); what != "" {
		remark(report.Changed, "the text is shown as it stands, so %s was taken out", what)
	}
	if r := []rune(text); len(r) > MaxText {
		remark(report.Dropped, "longer than %d characters: the rest was cut off", MaxText)
		text = string(r[:MaxText])
	}
	return text
}

// say says conditions that must all hold; "" if they always do. What cannot be said is reported: otherwise is what that
// means for the survey.
func (w *writer) say(conditions []*Condition, self *condition.Target, otherwise string) string {
	all := condition.Always
	for _, c := range conditions {
		p, err := w.sayOne(c, self)
		switch {
		case err != nil:
			w.Drop(c.At, "%s cannot be said here, so %s: %v", report.Quote(c.At.Text), otherwise, err)
		case p == condition.Never:
			w.Drop(c.At, "%s is never true, so %s", report.Quote(c.At.Text), otherwise)
		default:
			report.Carry(c.At)
			all = condition.Both("and", all, p)
		}
	}
	if all == condition.Always {
		return ""
	}
	return all.Text
}

func (w *writer) sayOne(c *Condition, self *condition.Target) (condition.Expr, error) {
	tree := c.Tree
	if tree == nil {
		var err error
		if tree, err = w.Parse(c.Source); err != nil {
			return condition.Expr{}, err
		}
	}
	return condition.Writer{Scope: w.Scope, Self: self}.Write(tree)
}

// settleConstraints turns what an answer must meet into a question's own limits, where it is one, and into checks.
func (w *writer) settleConstraints(sections []*section) {
	for _, s := range sections {
		for _, q := range s.questions {
			if q.Constraint != nil {
				w.settle(q)
			}
		}
	}
}

func (w *writer) settle(q *Question) {
	c, message := q.Constraint, q.ConstraintMessage
	self := w.Scope[q.Source]
	if self != nil && self.Field != q.ID { // two questions of one name
		self = &condition.Target{Field: q.ID, Kind: KindOf(q.Kind)}
	}
	tree, err := w.Parse(c.Source)
	if err != nil {
		w.Drop(c.At, "%s cannot be said here, so any answer will do: %v", report.Quote(c.At.Text), err)
		w.DropMessage(message)
		return
	}
	if message != nil {
		if _, err := (condition.Writer{Scope: w.Scope, Self: self}).Write(tree); err == nil {
			q.Checks = append(q.Checks, Check{&Condition{At: c.At, Tree: tree}, message})
			return
		}
	}
	var rest []*condition.Term
	for _, t := range tree.Conjuncts() {
		if !q.Limit(t) {
			rest = append(rest, t)
		}
	}
	if len(rest) < len(tree.Conjuncts()) {
		report.Carry(c.At)
		for _, key := range []string{"min", "max", "min_length", "max_length", "pattern", "required"} {
			q.From(key, c.At)
		}
	}
	if len(rest) == 0 {
		w.DropMessage(message)
		return
	}
	left := condition.Join("and", rest)
	p, err := condition.Writer{Scope: w.Scope, Self: self}.Write(left)
	switch {
	case err != nil:
		w.Drop(c.At, "%s cannot be said here, so the answer is not checked by it: %v", report.Quote(c.At.Text), err)
		w.DropMessage(message)
		return
	case p == condition.Always:
		report.Carry(c.At)
		w.DropMessage(message)
		return
	}
	if message == nil {
		message = Builtin(c.At, "Please check this answer.", "请检查这个回答。")
		w.Change(c.At, "it had no message of its own, so one was written: say better what is wrong")
	}
	q.Checks = append(q.Checks, Check{&Condition{At: c.At, Tree: left}, message})
}

// Limit takes one part of a constraint as a limit of the question, if it is one.
func (q *Question) Limit(t *condition.Term) bool {
	if len(t.Args) != 2 {
		if t.Op == "answered" && t.Args[0].Op == "self" {
			q.Required = true
			return true
		}
		return false
	}
	a, b, op := t.Args[0], t.Args[1], t.Op
	if a.Constant() && !b.Constant() && condition.Mirrored[op] != "" {
		a, b, op = b, a, condition.Mirrored[op]
	}
	switch {
	case op == "matches" && a.Op == "self" && b.Op == "text" && (q.Kind == survey.ShortText || q.Kind == survey.LongText) && q.Pattern == "":
		if _, err := regexp.Compile(b.Text); err != nil || len(b.Text) > 500 {
			return false
		}
		q.Pattern = strings.TrimSuffix(strings.TrimPrefix(b.Text, "^"), "$")
		if strings.HasSuffix(b.Text, `\$`) || strings.Contains(b.Text, "|") {
			q.Pattern = b.Text
		}
		return true
	case op == "!=" && a.Op == "self" && b.Op == "text" && b.Text == "":
		q.Required = true
		return true
	case a.Op == "length" && a.Args[0].Op == "self":
		n, err := strconv.Atoi(b.Text)
		return err == nil && (q.Kind == survey.ShortText || q.Kind == survey.LongText) && bound(op, n, &q.MinLength, &q.MaxLength)
	case a.Op == "count" && a.Args[0].Op == "self" && q.Kind == survey.MultiChoice:
		n, err := strconv.Atoi(b.Text)
		lowest, highest := 0, 0
		if err != nil || !bound(op, n, &lowest, &highest) {
			return false
		}
		if lowest > 0 {
			q.Min = strconv.Itoa(lowest)
		}
		if highest > 0 {
			q.Max = strconv.Itoa(highest)
		}
		return true
	case a.Op == "self" && q.Kind == survey.Number:
		d, err := decimal.Parse(strings.TrimSpace(b.Text))
		if err != nil || b.Op != "number" && b.Op != "text" {
			return false
		}
		if q.Step == "1" && op == "<" {
			op, d = "<=", d-decimal.One
		} else if q.Step == "1" && op == ">" {
			op, d = ">=", d+decimal.One
		}
		return q.bound(op, d.String())
	case a.Op == "self" && q.Kind == survey.DateType && b.Op == "text":
		return q.bound(op, b.Text)
	}
	return false
}

func (q *Question) bound(op, limit string) bool {
	switch {
	case op == ">=" && q.Min == "":
		q.Min = limit
	case op == "<=" && q.Max == "":
		q.Max = limit
	default:
		return false
	}
	return true
}

// bound sets the ends of a range of whole numbers.
func bound(op string, n int, least, most *int) bool {
	switch op {
	case ">":
		*least = n + 1
	case ">=":
		*least = n
	case "<":
		*most = n - 1
	case "<=":
		*most = n
	case "==":
		*least, *most = n, n
	default:
		return false
	}
	return *least >= 0 && *most >= 0
}

// repaired writes YAML and leaves out, round by round, what the parser refuses.
func (w *writer) repaired(root *yaml.Node) ([]byte, error) {
	for range maxRepairs {
		text, err := w.encode(root)
		if err != nil {
			return nil, err
		}
		if len(text) > maxYAML {
			return nil, fmt.Errorf("it would make a questionnaire of more than %d KB: split it", maxYAML>>10)
		}
		_, problems := questionnaire.Parse(w.Draft.ID+".yaml", text)
		if len(problems) == 0 {
			return text, nil
		}
		var tree yaml.Node
		if err := yaml.Unmarshal(text, &tree); err != nil || len(tree.Content) == 0 {
			return nil, fmt.Errorf("the result is no YAML: %v", err)
		}
		mended := false
		gone := map[*yaml.Node]bool{}
		ways := make([][]*yaml.Node, len(problems))
		for i, p := range problems {
			if p.Line > 0 {
				ways[i] = follow(root, pathTo(tree.Content[0], p.Line, p.Column))
			}
		}
		for i, way := range ways {
			mended = w.leaveOut(way, problems[i], gone) || mended
		}
		if prune(root); len(value(root, "sections").Content) == 0 {
			return nil, errors.New("there is no question in it that could be carried over" + w.excuse())
		}
		if !mended {
			return nil, fmt.Errorf("nothing valid could be made of it: %s", problems[0].Message)
		}
	}
	return nil, errors.New("nothing valid could be made of it: too much in it does not fit together")
}

// pathTo finds the innermost node at a place: the way to it from the root, as indices of Content.
func pathTo(root *yaml.Node, line, column int) []int {
	var best, path []int
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Line < line || n.Line == line && n.Column <= column {
			best = slices.Clone(path)
		}
		for i, c := range n.Content {
			path = append(path, i)
			walk(c)
			path = path[:len(path)-1]
		}
	}
	walk(root)
	return best
}

// follow goes a path down a tree. For a key it goes to its value.
func follow(root *yaml.Node, path []int) []*yaml.Node {
	way := []*yaml.Node{root}
	for _, i := range path {
		n := way[len(way)-1]
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			i++
		}
		way = append(way, n.Content[i])
	}
	return way
}

// leaveOut takes out the smallest part around a problem that can be taken out, and reports it.
func (w *writer) leaveOut(way []*yaml.Node, p questionnaire.Problem, gone map[*yaml.Node]bool) bool {
	if len(way) == 0 {
		return false
	}
	if deepest := way[len(way)-1]; deepest.Kind == yaml.ScalarNode && strings.Contains(p.Message, "{{") && braces.MatchString(deepest.Value) {
		w.unpipe(way, p)
		return true
	}
	for i := len(way) - 1; i > 0; i-- {
		n, parent := way[i], way[i-1]
		found, ok := w.parts[n]
		if !ok {
			continue
		}
		if gone[n] || slices.ContainsFunc(way[:i], func(n *yaml.Node) bool { return gone[n] }) {
			return true
		}
		gone[n] = true
		w.MarkAll(report.Dropped, found.at, found.atoms, "%s was left out, since it would not be valid here: %s", found.what, p.Message)
		remove(parent, n)
		return true
	}
	return false
}

// unpipe takes an answer out of a text that cannot show it.
func (w *writer) unpipe(way []*yaml.Node, p questionnaire.Problem) {
	text := way[len(way)-1]
	found := part{what: "the text"}
	for _, n := range way {
		if inner, ok := w.parts[n]; ok {
			found = inner
		}
	}
	w.Remark(report.Dropped, found.at, "%s shows an answer that it cannot show, which became …: %s", found.what, p.Message)
	if which := braces.FindString(p.Message); which != "" && strings.Contains(text.Value, which) {
		text.Value = strings.ReplaceAll(text.Value, which, "…")
		return
	}
	text.Value = braces.ReplaceAllString(text.Value, "…")
}

// prune takes out what has nothing left in it.
func prune(root *yaml.Node) {
	if sections := value(root, "sections"); sections != nil {
		sections.Content = slices.DeleteFunc(sections.Content, func(s *yaml.Node) bool {
			questions := value(s, "questions")
			return questions == nil || len(questions.Content) == 0
		})
	}
	for _, key := range []string{"scales", "thanks"} {
		if n := value(root, key); n != nil && n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
			remove(root, n)
		}
	}
}

var braces = regexp.MustCompile(`\{\{[^{}]*\}\}`)

func remove(parent, n *yaml.Node) {
	i := slices.Index(parent.Content, n)
	switch {
	case i < 0:
	case parent.Kind == yaml.MappingNode:
		parent.Content = slices.Delete(parent.Content, i-1, i+1)
	default:
		parent.Content = slices.Delete(parent.Content, i, i+1)
	}
}

func value(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// encode writes the tree as text: a comment above, and blank lines between sections.
func (w *writer) encode(root *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	text := b.String()
	var tree yaml.Node
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil || len(tree.Content) == 0 {
		return nil, fmt.Errorf("the result is no YAML: %v", err)
	}
	blank := map[int]bool{} // lines, from 1, that have a blank one above
	top := tree.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "sections":
			blank[k.Line] = true
			for j, s := range v.Content {
				if j > 0 {
					blank[s.Line] = true
				}
			}
		case "scales":
			blank[k.Line] = true
		}
	}
	lines := strings.Split(text, "\n")
	var out []string
	for i, l := range lines {
		out = append(out, l)
		if !blank[i+1] {
			continue
		}
		at := len(out) - 1 // above its comments
		for at > 0 && strings.HasPrefix(strings.TrimSpace(out[at-1]), "#") {
			at--
		}
		out = slices.Insert(out, at, "")
	}
	return []byte(w.preface() + strings.Join(out, "\n")), nil
}

// preface says what the author still has to decide.
func (w *writer) preface() string {
	lines := []string{
		fmt.Sprintf("Imported from %s (%s); the report of the import says what was left out.", strings.Join(strings.Fields(markup.Clean(w.File)), " "), w.Format),
		"Still to decide: period, window and contact; scoring (dimensions, weights, bands); results.",
	}
	if len(w.unsure) > 0 {
		lines = append(lines, fmt.Sprintf("Options without scores are counted but have no part in the index. To give them one, add score: to the options of: %s.", strings.Join(w.unsure, ", ")))
	}
	return "# " + strings.Join(lines, "\n# ") + "\n"
}
