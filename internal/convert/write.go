package convert

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

	"glasspoll/internal/decimal"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Bounds that the format sets: see the parser.
const (
	maxQuestions = 500
	maxOptions   = 200
	maxText      = 20_000 // characters
	maxYAML      = 512 << 10
	maxScore     = 1000 * decimal.One
	maxRepairs   = 20 // rounds of leaving out what the parser refuses
)

var surveyIDForm = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// writer makes YAML of a draft.
type writer struct {
	*draft
	parts  map[*yaml.Node]part
	scales map[*list]string
	unsure []string // scales without scores
}

// A part of the YAML that can be left out, should the parser refuse it.
type part struct {
	what  string
	at    Place
	atoms []*atom
}

// write settles what could not be settled before all was read, writes YAML, and has it checked.
func (d *draft) write() ([]byte, error) {
	w := &writer{draft: d, parts: map[*yaml.Node]part{}, scales: map[*list]string{}}
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
	for _, l := range d.lists {
		var left []*atom
		for _, a := range l.atoms() {
			if a.fate == Pending {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			w.all(Lost, left[0].at, left, "the list %s: no question that was carried over uses it", show(l.source))
		}
	}
	return text, err
}

// excuse names the first things that were left out, for want of anything to write.
func (w *writer) excuse() string {
	lines := w.Of(Lost)
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
					w.all(Lost, q.at.at, q.atoms, "left out: a survey has at most %d questions; split it", maxQuestions)
				}
				s.questions = s.questions[:i]
				break
			}
		}
	}
}

func (w *writer) settleID() {
	source := w.id
	if source == "" {
		source, _, _ = strings.Cut(w.file, ".")
	}
	id := name(strings.ReplaceAll(strings.ToLower(source), "-", "0dash0"), map[string]int{"api": 1, "assets": 1, "thanks": 1, "results": 1}, false, "survey")
	id = strings.ReplaceAll(id, "0dash0", "-")
	if !surveyIDForm.MatchString(id) {
		id = "survey"
	}
	w.draft.id = id
}

// settleLanguages decides which languages the survey has, and what texts that name none are written in.
func (w *writer) settleLanguages(sections []*section) {
	var all []*words
	for _, s := range sections {
		all = append(all, s.title, s.intro)
		for _, q := range s.questions {
			all = append(all, q.label, q.help, q.low, q.high, q.otherLabel, q.constraintMessage)
			for _, o := range q.rows {
				all = append(all, o.label)
			}
			if q.options != nil {
				for _, o := range q.options.items {
					all = append(all, o.label)
				}
			}
			for _, c := range q.checks {
				all = append(all, c.message)
			}
		}
	}
	all = append(all, w.title, w.intro)
	for _, t := range w.thanks {
		all = append(all, t.text)
	}
	all = slices.DeleteFunc(all, func(x *words) bool { return x == nil || x.stock != nil })
	everything := slices.Clone(all)
	all = slices.DeleteFunc(all, func(x *words) bool {
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
	if w.language == "" && (count[""] > 0 || len(order) == 0) {
		w.language = guess(unnamed)
		if count[""] > 0 {
			w.decide(Place{}, "texts that name no language were taken for %s: is that right?", w.language)
		}
	}
	if count[""] > 0 || count[w.language] > 0 {
		w.langs = []string{w.language}
	}
	for _, l := range order {
		switch {
		case l == "" || slices.Contains(w.langs, l):
		case len(w.langs) > 0 && count[l]*4 < len(all):
			w.decide(Place{}, "only %d of %d texts are given in %s: it was left out of the languages", count[l], len(all), l)
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
				w.lost(a, "%s is no language of the survey, since few texts are given in it", l)
			}
		}
	}
	if i := slices.Index(w.langs, w.lead); i > 0 {
		w.langs = slices.Insert(slices.Delete(w.langs, i, i+1), 0, w.lead)
	}
	for _, l := range w.langs {
		if l != "en" && l != "zh" {
			w.decide(Place{}, "the form has words of its own (Required, Send, …): see docs/import.md if they are not there in %s", l)
		}
	}
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// texts says words in every language of the survey. rich is for what is Markdown here.
func (w *writer) texts(x *words, rich bool) map[string]string {
	if x == nil {
		return nil
	}
	said := map[string]string{}
	var missing []string
	for _, l := range w.langs {
		from := l
		if _, ok := x.by[l]; !ok {
			from = w.fallback(x)
			if !(from == "" && l == w.language) && hasLetters(x.by[from]) {
				missing = append(missing, l)
			}
		}
		if said[l] = w.sentence(x.by[from], x.atoms[from], rich); said[l] == "" {
			said[l] = "…"
		}
	}
	if len(missing) > 0 {
		w.decide(x.place(), "%s has no text in %s: that of another language stands in", show(x.by[w.fallback(x)]), strings.Join(missing, ", "))
	}
	carry(x.extra...)
	for _, l := range x.order {
		if (l == "" || slices.Contains(w.langs, l)) && x.atoms[l] != nil {
			if _, named := x.by[w.language]; l == "" && named && x.by[w.language] != x.by[""] {
				w.lost(x.atoms[l], "the text without a language gives way to that in %s", w.language)
			}
			carry(x.atoms[l])
		}
	}
	return said
}

// fallback is the language whose text stands in for another: the one that names none, else the survey's first that there is.
func (w *writer) fallback(x *words) string {
	for _, l := range append([]string{"", w.language}, w.langs...) {
		if _, ok := x.by[l]; ok {
			return l
		}
	}
	return x.order[0]
}

// sentence is one text as it is written here.
func (w *writer) sentence(text string, a *atom, rich bool) string {
	report := func(f Fate, format string, args ...any) {
		if a != nil {
			a.meet(f)
			w.line(f, a.at, format, args...)
		}
	}
	if w.piped != nil {
		text = w.piped.ReplaceAllStringFunc(text, func(found string) string {
			to := w.scope[w.piped.FindStringSubmatch(found)[1]]
			if to == nil || to.kind == goneKind || to.kind == groupKind {
				report(Lost, "%s does not show an answer that was carried over: the text shows it as it stands", show(found))
				return found
			}
			return "{{" + to.field + "}}"
		})
	}
	var what string
	if rich {
		if text, what = markdown(text); what != "" {
			report(Changed, "its %s has no place in Markdown, and was left out", what)
		}
	} else if text, what = plain(text); what != "" {
		report(Changed, "the text is shown as it stands, so %s was taken out", what)
	}
	if r := []rune(text); len(r) > maxText {
		report(Lost, "longer than %d characters: the rest was cut off", maxText)
		text = string(r[:maxText])
	}
	return text
}

// say says conditions that must all hold; "" if they always do. What cannot be said is reported: otherwise is what that
// means for the survey.
func (w *writer) say(conditions []*condition, self *target, otherwise string) string {
	all := always
	for _, c := range conditions {
		p, err := w.sayOne(c, self)
		switch {
		case err != nil:
			w.lost(c.at, "%s cannot be said here, so %s: %v", show(c.at.text), otherwise, err)
		case p == never:
			w.lost(c.at, "%s is never true, so %s", show(c.at.text), otherwise)
		default:
			carry(c.at)
			all = both("and", all, p)
		}
	}
	if all == always {
		return ""
	}
	return all.text
}

func (w *writer) sayOne(c *condition, self *target) (phrase, error) {
	tree := c.tree
	if tree == nil {
		var err error
		if tree, err = w.parse(c.source); err != nil {
			return phrase{}, err
		}
	}
	return sayer{scope: w.scope, self: self}.condition(tree)
}

// settleConstraints turns what an answer must meet into a question's own limits, where it is one, and into checks.
func (w *writer) settleConstraints(sections []*section) {
	for _, s := range sections {
		for _, q := range s.questions {
			if q.constraint != nil {
				w.settle(q)
			}
		}
	}
}

func (w *writer) settle(q *question) {
	c, message := q.constraint, q.constraintMessage
	self := w.scope[q.source]
	if self != nil && self.field != q.id { // two questions of one name
		self = &target{field: q.id, kind: kindOf(q.kind)}
	}
	tree, err := w.parse(c.source)
	if err != nil {
		w.lost(c.at, "%s cannot be said here, so any answer will do: %v", show(c.at.text), err)
		w.unused(message)
		return
	}
	if message != nil {
		if _, err := (sayer{scope: w.scope, self: self}).condition(tree); err == nil {
			q.checks = append(q.checks, check{&condition{at: c.at, tree: tree}, message})
			return
		}
	}
	var rest []*term
	for _, t := range tree.conjuncts() {
		if !q.limit(t) {
			rest = append(rest, t)
		}
	}
	if len(rest) < len(tree.conjuncts()) {
		carry(c.at)
		for _, key := range []string{"min", "max", "min_length", "max_length", "pattern", "required"} {
			q.from(key, c.at)
		}
	}
	if len(rest) == 0 {
		w.unused(message)
		return
	}
	left := join("and", rest)
	p, err := sayer{scope: w.scope, self: self}.condition(left)
	switch {
	case err != nil:
		w.lost(c.at, "%s cannot be said here, so the answer is not checked by it: %v", show(c.at.text), err)
		w.unused(message)
		return
	case p == always:
		carry(c.at)
		w.unused(message)
		return
	}
	if message == nil {
		message = stock(c.at, "Please check this answer.", "请检查这个回答。")
		w.changed(c.at, "it had no message of its own, so one was written: say better what is wrong")
	}
	q.checks = append(q.checks, check{&condition{at: c.at, tree: left}, message})
}

// unused reports a message that nothing shows any more.
func (w *writer) unused(message *words) {
	for _, a := range message.all() {
		w.lost(a, "its message is not shown: the question's own limits have theirs")
	}
}

// limit takes one part of a constraint as a limit of the question, if it is one.
func (q *question) limit(t *term) bool {
	if len(t.args) != 2 {
		if t.op == "answered" && t.args[0].op == "self" {
			q.required = true
			return true
		}
		return false
	}
	a, b, op := t.args[0], t.args[1], t.op
	if a.constant() && !b.constant() && mirrored[op] != "" {
		a, b, op = b, a, mirrored[op]
	}
	switch {
	case op == "matches" && a.op == "self" && b.op == "text" && (q.kind == survey.ShortText || q.kind == survey.LongText) && q.pattern == "":
		if _, err := regexp.Compile(b.text); err != nil || len(b.text) > 500 {
			return false
		}
		q.pattern = strings.TrimSuffix(strings.TrimPrefix(b.text, "^"), "$")
		if strings.HasSuffix(b.text, `\$`) || strings.Contains(b.text, "|") {
			q.pattern = b.text
		}
		return true
	case op == "!=" && a.op == "self" && b.op == "text" && b.text == "":
		q.required = true
		return true
	case a.op == "length" && a.args[0].op == "self":
		n, err := strconv.Atoi(b.text)
		return err == nil && (q.kind == survey.ShortText || q.kind == survey.LongText) && bound(op, n, &q.minLength, &q.maxSize)
	case a.op == "count" && a.args[0].op == "self" && q.kind == survey.MultiChoice:
		n, err := strconv.Atoi(b.text)
		lowest, highest := 0, 0
		if err != nil || !bound(op, n, &lowest, &highest) {
			return false
		}
		if lowest > 0 {
			q.min = strconv.Itoa(lowest)
		}
		if highest > 0 {
			q.max = strconv.Itoa(highest)
		}
		return true
	case a.op == "self" && q.kind == survey.Number:
		d, err := decimal.Parse(strings.TrimSpace(b.text))
		if err != nil || b.op != "number" && b.op != "text" {
			return false
		}
		if q.step == "1" && op == "<" {
			op, d = "<=", d-decimal.One
		} else if q.step == "1" && op == ">" {
			op, d = ">=", d+decimal.One
		}
		return q.bound(op, d.String())
	case a.op == "self" && q.kind == survey.DateType && b.op == "text":
		return q.bound(op, b.text)
	}
	return false
}

func (q *question) bound(op, limit string) bool {
	switch {
	case op == ">=" && q.min == "":
		q.min = limit
	case op == "<=" && q.max == "":
		q.max = limit
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
		_, problems := questionnaire.Parse(w.draft.id+".yaml", text)
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
		w.all(Lost, found.at, found.atoms, "%s was left out, since it would not be valid here: %s", found.what, p.Message)
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
	w.line(Lost, found.at, "%s shows an answer that it cannot show, which became …: %s", found.what, p.Message)
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
		fmt.Sprintf("Imported from %s (%s); the report of the import says what was left out.", strings.Join(strings.Fields(clean(w.file)), " "), w.Format),
		"Still to decide: period, window and contact; scoring (dimensions, weights, bands); results.",
	}
	if len(w.unsure) > 0 {
		lines = append(lines, fmt.Sprintf("Options without scores are counted but have no part in the index. To give them one, add score: to the options of: %s.", strings.Join(w.unsure, ", ")))
	}
	return "# " + strings.Join(lines, "\n# ") + "\n"
}
