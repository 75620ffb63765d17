package questionnaire

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// questionReader reads questions and remembers the names taken.
type questionReader struct {
	*reader
	scales     map[string]*scale
	scoring    *survey.Scoring
	lines      map[string]int // of each question's id
	count      int
	answerable int
	strayScale bool // a question names a scale that there is not, so that one may seem unused
}

// question reads one question: its type first, which decides the keys that it may have.
func (r *questionReader) question(n *yaml.Node) (survey.Question, bool) {
	o := r.object(n, &questionMapping)
	if o.node == nil {
		return survey.Question{}, false
	}
	q := survey.Question{Type: r.typeOf(o), Weight: survey.One}
	o.as = q.Type
	if q.Type != survey.Note && q.Type != survey.Hidden {
		r.answerable++
	}
	if q.ID = o.id(""); q.Type == survey.Note && !o.has("id") {
		q.ID = fmt.Sprintf("note_%d", r.count)
	}
	r.checkID(o, n, q.ID)
	if s := r.scales[value(o.values["scale"])]; s != nil {
		s.used = true // even where the question has no right to it
	}
	q.Label = o.text("label")
	o.needs()
	if q.Type == "" { // what it means depends on the type, but it can be read
		q.Help = o.text("help")
		if o.has("options") {
			q.Options = r.options(o.values["options"], "options", true)
		}
		return q, q.ID != ""
	}
	r.checkKeys(o, q.Type)
	q.Help = o.text("help")
	q.ShowIf = o.condition("show_if", q.ID)
	q.Private = o.boolean("private", q.Type == survey.Email || q.Type == survey.Phone)
	q.Unpublished = !o.boolean("publish", true)
	q.Segment = o.boolean("segment", false)
	q.Sensitive = o.boolean("sensitive", false)
	if q.Segment {
		r.segments[q.ID] = o.values["segment"]
	}
	q.Display = o.word("display", "")
	q.Low, q.High = o.text("low"), o.text("high")
	q.Weight = o.weight(survey.One)
	r.choices(o, &q)
	if q.Type == survey.Matrix || q.Type == survey.ImportanceMatrix {
		r.rows(o, &q)
	} else {
		q.Required = r.required(o, &q)
	}
	r.limits(o, &q)
	r.order(o, &q)
	q.Checks = o.checks()
	r.dimension(o, &q)
	if q.Segment && (q.Private || q.Unpublished) {
		o.fail(o.values["segment"], "figures are broken down by a segment, so it can be neither private nor unpublished: remove one of the two keys")
	}
	if q.Segment && q.Sensitive {
		o.fail(o.keys["sensitive"], "every cohort is unanimous on its own segment, so a sensitive one could never be released: remove one of the two keys")
	}
	return q, true
}

// value is a node's plain text, or "".
func value(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n.Value
}

// typeOf reads the type. A misspelled one is reported, and taken as what was meant.
func (r *questionReader) typeOf(o object) survey.Type {
	s, ok := o.scalar("type")
	if !ok {
		return ""
	}
	known := o.form("type").words
	if slices.Contains(known, s.Value) {
		return survey.Type(s.Value)
	}
	fix := suggest(s.Value, known)
	if fix == "" {
		fix = ": use one of " + strings.Join(known, ", ")
	}
	o.fail(s, "unknown type %s%s", quote(s.Value), fix)
	return survey.Type(nearest(s.Value, known))
}

// typeIn is the type that a question gives, if there is such a type.
func typeIn(m *yaml.Node) survey.Type {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == "type" && slices.Contains(typeWords(), value(m.Content[i+1])) {
			return survey.Type(value(m.Content[i+1]))
		}
	}
	return ""
}

// checkID refuses an id that is taken. n is the question, which may have been given an id for want of one.
func (r *questionReader) checkID(o object, n *yaml.Node, id string) {
	at := o.values["id"]
	if id == "" {
		return
	}
	if slices.Contains(o.form("id").but, id) {
		o.fail(at, "id %s is a word of the expression language: choose another", quote(id))
		return
	}
	if line := r.lines[id]; line > 0 {
		if at == nil {
			at = n
		}
		o.fail(at, "id %s is already taken by the question on line %d: every question needs an id of its own", quote(id), line)
		return
	}
	r.lines[id] = n.Line
}

// checkKeys refuses keys that belong to other types.
func (r *questionReader) checkKeys(o object, t survey.Type) {
	for _, name := range o.of.names("") {
		if o.keys[name] == nil {
			continue
		}
		if _, own := o.of.key(name, t); own {
			continue
		}
		why := "it belongs to " + typeNames(o.of.types(name))
		switch t {
		case survey.Note:
			why = "a note asks nothing"
		case survey.Hidden:
			why = "nobody sees a hidden question"
		}
		o.fail(o.keys[name], "%s does not go with type %s: %s", quote(name), t, why)
		delete(o.values, name)
	}
}

// required reads true or false, or remembers an expression.
func (r *questionReader) required(o object, q *survey.Question) bool {
	s, ok := o.scalar("required")
	if !ok {
		return q.Type == survey.Consent
	}
	truth, plain := truthOf(s.Value)
	switch {
	case q.Type == survey.Consent && plain && !truth:
		o.fail(s, "a consent is always required: use yes_no for a question that may be left out")
	case q.Type == survey.Consent && !plain:
		o.fail(s, "a consent is always required: ask it only of those whom it concerns, with show_if")
	case !plain:
		q.RequiredIf = o.condition("required", q.ID)
	}
	return truth || q.Type == survey.Consent
}

// choices reads what can be chosen: own options, a scale's, or steps.
func (r *questionReader) choices(o object, q *survey.Question) {
	spec := specOf(q.Type)
	var given []string
	for _, name := range spec.sources {
		if o.keys[name] != nil {
			given = append(given, name)
		}
	}
	switch {
	case len(given) > 1:
		o.fail(o.keys[given[1]], "%s and %s exclude each other: keep one", quote(given[0]), quote(given[1]))
		return
	case len(given) == 0 && spec.want != "":
		o.fail(o.node, "%s", spec.want)
		return
	}
	switch {
	case q.Type == survey.NPS:
		q.Options = survey.Steps(0, 10)
	case o.has("options"):
		q.Options = r.options(o.values["options"], "options", q.Type == survey.MultiChoice)
	case o.has("scale"):
		q.Options = r.scale(o, "scale")
	case o.has("steps"):
		if n := o.integer("steps", 0); n > 0 {
			q.Options = survey.Steps(1, n)
		}
	}
	r.other(o, q)
	if at := o.values["options"]; len(q.Options) == 1 && q.Type != survey.MultiChoice && q.Type != survey.Hidden && (at == nil || at.Kind != yaml.MappingNode) {
		if at == nil {
			at = o.values["scale"]
		}
		if q.Type == survey.Ranking || q.Type == survey.ConstantSum {
			o.fail(at, "one option alone is nothing to rank or to share out among: add another")
		} else {
			o.fail(at, "one option alone is no choice: add another, or use type yes_no")
		}
	}
	if q.Type == survey.ImportanceMatrix {
		q.Importance = r.scale(o, "importance_scale")
	}
}

func (r *questionReader) scale(o object, key string) []survey.Option {
	if v := o.values[key]; v != nil && pointed(v).Kind == yaml.SequenceNode {
		r.strayScale = true
		o.fail(o.values[key], "%s is the name of a list under \"scales\": move this list there, and write its name here", key)
		return nil
	}
	s, ok := o.scalar(key)
	if !ok {
		return nil
	}
	if sc := r.scales[s.Value]; sc != nil {
		sc.used = true
		if slices.Contains(matrices, o.as) && slices.ContainsFunc(sc.options, func(option survey.Option) bool { return option.ShowIf != nil }) {
			o.fail(s, "scale %s has an option with show_if, but the columns of a matrix are for all: take it from the option, or use another scale", quote(s.Value))
		}
		return slices.Clone(sc.options)
	}
	var known []string
	for name := range r.scales {
		known = append(known, name)
	}
	slices.Sort(known)
	r.strayScale = true
	fix := suggest(s.Value, known)
	if n, err := strconv.Atoi(s.Value); err == nil && n >= 2 && n <= maxSteps && o.as == survey.Rating {
		fix = fmt.Sprintf(": write \"steps: %d\" for a scale of numbers", n)
	} else if fix == "" {
		fix = ": declare it under \"scales\""
	}
	o.fail(s, "unknown scale %s%s", quote(s.Value), fix)
	return nil
}

// other adds the option that has a text of its own.
func (r *questionReader) other(o object, q *survey.Question) {
	if !o.has("other") {
		return
	}
	option := survey.Option{ID: survey.Other}
	if n := o.follow(o.values["other"]); n != nil && n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		if !o.boolean("other", true) {
			return
		}
	} else if option.Label = o.text("other"); option.Label == nil {
		return
	}
	q.Options = append(q.Options, option)
}

// order reads whether options are shuffled, and which of them stay last. One that stands for none of the others always does.
func (r *questionReader) order(o object, q *survey.Question) {
	q.Shuffle = o.boolean("shuffle", false)
	if o.has("anchor") && !q.Shuffle {
		o.fail(o.keys["anchor"], "anchor holds options back from shuffling: add \"shuffle: true\" or remove it")
		return
	}
	anchors, nodes := o.words("anchor")
	for i, id := range anchors {
		if !slices.ContainsFunc(q.Options, func(option survey.Option) bool { return option.ID == id }) {
			o.fail(nodes[i], "anchor names %s, which is not one of the options%s", quote(id), suggest(id, optionIDs(q.Options)))
		}
	}
	if !q.Shuffle {
		return
	}
	for _, option := range q.Options {
		if slices.Contains(anchors, option.ID) || option.Exclusive || option.ID == survey.Other {
			q.Anchor = append(q.Anchor, option.ID)
		}
	}
}

func optionIDs(options []survey.Option) []string {
	ids := make([]string, len(options))
	for i, option := range options {
		ids[i] = option.ID
	}
	return ids
}

// rows reads a matrix's rows, and which of them must be answered.
func (r *questionReader) rows(o object, q *survey.Question) {
	lines := map[string]int{}
	items := o.list("rows")
	if len(items) > maxOptions {
		o.fail(items[maxOptions], "more than %d rows: split the matrix", maxOptions)
		return
	}
	for _, n := range items {
		if s := pointed(n); s.Kind == yaml.ScalarNode && s.Tag != "!!null" && colonHint(s.Value) == "" {
			o.fail(n, "a row has an id and a label: write %s", r.option("", s.Value))
			q.Rows = append(q.Rows, survey.Row{})
			continue
		}
		ro := r.object(n, &rowMapping)
		if ro.node == nil {
			continue
		}
		row := survey.Row{ID: ro.id(""), Label: ro.text("label"), Weight: ro.weight(q.Weight)}
		if line := lines[row.ID]; line > 0 && row.ID != "" {
			o.fail(ro.values["id"], "row %s is given twice (first on line %d): every row needs an id of its own", quote(row.ID), line)
			continue
		}
		lines[row.ID] = n.Line
		q.Rows = append(q.Rows, row)
	}
	r.requiredRows(o, q)
}

func (r *questionReader) requiredRows(o object, q *survey.Question) {
	v := o.values["required"]
	if v == nil {
		return
	}
	n := o.follow(v)
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		ids, nodes := o.words("required")
		for i, id := range ids {
			at := slices.IndexFunc(q.Rows, func(row survey.Row) bool { return row.ID == id })
			if at < 0 {
				var known []string
				for _, row := range q.Rows {
					known = append(known, row.ID)
				}
				o.fail(nodes[i], "required names the row %s, which the matrix does not have%s", quote(id), suggest(id, known))
				continue
			}
			q.Rows[at].Required = true
		}
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
		o.fail(v, "required must be all, a list of rows or a condition, not %s", kindOf(n))
	default:
		s, ok := o.scalar("required")
		if !ok {
			return
		}
		truth, plain := truthOf(s.Value)
		if !plain && s.Value != "all" {
			q.RequiredIf = o.condition("required", q.ID)
			return
		}
		for i := range q.Rows {
			q.Rows[i].Required = truth || s.Value == "all"
		}
	}
}

// limits reads the bounds of an answer, and refuses those that no answer can meet.
func (r *questionReader) limits(o object, q *survey.Question) {
	switch q.Type {
	case survey.MultiChoice:
		most := len(q.Options)
		if most == 0 {
			most = maxOptions // they are reported already
		}
		q.AtLeast, q.AtMost = o.integerTo("min", most, 0), o.integerTo("max", most, 0)
		if q.AtMost > 0 && q.AtLeast > q.AtMost {
			o.fail(o.values["min"], "min (%d) is more than max (%d): nobody could answer", q.AtLeast, q.AtMost)
		}
	case survey.Ranking:
		most := len(q.Options)
		if most == 0 {
			most = maxOptions
		}
		q.AtMost = o.integerTo("max", most, len(q.Options))
	case survey.ConstantSum:
		q.Total = o.decimal("total")
	case survey.Number:
		q.Min, q.Max, q.Step = o.decimal("min"), o.decimal("max"), o.decimal("step")
		q.Unit = o.text("unit")
		if q.Display == "slider" && (q.Min == nil || q.Max == nil) && o.keys["min"] != nil == o.has("min") && o.keys["max"] != nil == o.has("max") {
			o.fail(o.values["display"], "a slider needs both ends: add min and max")
		}
		if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
			o.fail(o.values["min"], "min (%s) is more than max (%s): nobody could answer", q.Min, q.Max)
		}
	case survey.DateType:
		q.Earliest, q.Latest = o.date("min"), o.date("max")
		if q.Latest != "" && q.Earliest > q.Latest {
			o.fail(o.values["min"], "min (%s) is after max (%s): nobody could answer", q.Earliest, q.Latest)
		}
	case survey.ShortText, survey.LongText:
		otherwise := map[survey.Type]int{survey.ShortText: shortLength, survey.LongText: longLength}[q.Type]
		q.MinLength, q.MaxLength = o.integer("min_length", 0), o.integer("max_length", otherwise)
		if !o.has("max_length") && q.MinLength > otherwise {
			o.fail(o.values["min_length"], "min_length (%d) is more than max_length, which is %d unless you give another: add max_length", q.MinLength, otherwise)
		} else if q.MinLength > q.MaxLength {
			o.fail(o.values["min_length"], "min_length (%d) is more than max_length (%d): nobody could answer", q.MinLength, q.MaxLength)
		}
		if s, ok := o.scalar("pattern"); ok {
			q.Pattern = s.Value
			if _, err := regexp.Compile(s.Value); err != nil {
				o.fail(s, "pattern is not a regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			} else if len(s.Value) > maxPattern {
				o.fail(s, "pattern is longer than %d characters: shorten it", maxPattern)
			}
		}
	}
}

func (r *questionReader) dimension(o object, q *survey.Question) {
	s, ok := o.scalar("dimension")
	if !ok {
		return
	}
	var known []string
	for _, d := range r.scoring.Dimensions {
		known = append(known, d.ID)
	}
	q.Dimension = s.Value
	scored := slices.ContainsFunc(q.Options, func(option survey.Option) bool { return option.Score != nil })
	switch {
	case !slices.Contains(known, s.Value) && r.nameless:
	case !slices.Contains(known, s.Value):
		fix := suggest(s.Value, known)
		if fix == "" {
			fix = ": declare it under \"scoring: dimensions\""
		}
		o.fail(s, "unknown dimension %s%s", quote(s.Value), fix)
	case !scored && len(q.Options) > 0:
		o.fail(s, "the question has no scores, so it can belong to no dimension: give its options a score")
	}
}
