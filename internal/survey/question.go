package survey

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// questionReader reads questions and remembers the names taken.
type questionReader struct {
	*reader
	scales     map[string]*scale
	scoring    *Scoring
	lines      map[string]int // of each question's id
	count      int
	answerable int
	strayScale bool // a question names a scale that there is not, so that one may seem unused
}

// question reads one question: its type first, which decides the keys that it may have.
func (r *questionReader) question(n *yaml.Node) (Question, bool) {
	o := r.object(n, "a question", questionKeys)
	if o.node == nil {
		return Question{}, false
	}
	q := Question{Type: r.typeOf(o), Weight: One}
	if q.Type != Note {
		o.need("id", ": a short name such as overall, which stays the same over the years")
		r.answerable++
	}
	q.ID = o.id(questionID, fmt.Sprintf("note_%d", r.count))
	r.checkID(o, n, q.ID)
	if s := r.scales[value(o.values["scale"])]; s != nil {
		s.used = true // even where the question has no right to it
	}
	o.need("label", ": what the respondent reads")
	q.Label = o.text("label")
	if q.Type == "" { // what it means depends on the type, but it can be read
		q.Help = o.text("help")
		if o.has("options") {
			q.Options = r.options(o.values["options"], "options", true)
		}
		return q, q.ID != ""
	}
	r.checkKeys(o, q.Type)
	q.Help = o.text("help")
	q.Private = o.boolean("private", q.Type == Email || q.Type == Phone)
	q.Unpublished = !o.boolean("publish", true)
	q.Segment = o.boolean("segment", false)
	q.Sensitive = o.boolean("sensitive", false)
	if q.Segment {
		r.segments[q.ID] = o.values["segment"]
	}
	q.Display = o.word("display", displays[q.Type], laterDisplays[q.Type], "")
	q.Low, q.High = o.text("low"), o.text("high")
	q.Weight = o.weight(One)
	r.choices(o, &q)
	if q.Type == Matrix {
		r.rows(o, &q)
	} else {
		q.Required = r.required(o, q.Type)
	}
	r.limits(o, &q)
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
func (r *questionReader) typeOf(o object) Type {
	all := make([]string, len(types))
	for i, t := range types {
		all[i] = string(t)
	}
	n := o.need("type", ": one of "+strings.Join(all, ", "))
	if n == nil {
		return ""
	}
	later := make([]string, len(laterTypes))
	for i, t := range laterTypes {
		later[i] = string(t)
	}
	s, ok := o.scalar("type")
	if !ok {
		return ""
	}
	switch {
	case slices.Contains(all, s.Value):
		return Type(s.Value)
	case slices.Contains(later, s.Value):
		o.fail(s, "type %s is not supported yet", quote(s.Value))
	default:
		meant := nearest(s.Value, all)
		fix := suggest(s.Value, all)
		if meant == "" {
			fix = ": use one of " + strings.Join(all, ", ")
		}
		o.fail(s, "unknown type %s%s", quote(s.Value), fix)
		return Type(meant)
	}
	return ""
}

// checkID refuses an id that is taken. n is the question, which may have been given an id for want of one.
func (r *questionReader) checkID(o object, n *yaml.Node, id string) {
	at := o.values["id"]
	if id == "" {
		return
	}
	if slices.Contains(keywords, id) {
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
func (r *questionReader) checkKeys(o object, t Type) {
	for _, k := range questionKeys {
		if k.types == nil || slices.Contains(k.types, t) || o.keys[k.name] == nil || k.later {
			continue
		}
		of := make([]string, len(k.types))
		for i, t := range k.types {
			of[i] = string(t)
		}
		why := "it belongs to " + strings.Join(of, ", ")
		if t == Note {
			why = "a note asks nothing"
		}
		o.fail(o.keys[k.name], "%s does not go with type %s: %s", quote(k.name), t, why)
		delete(o.values, k.name)
	}
}

// required reads true or false; words are expressions.
func (r *questionReader) required(o object, t Type) bool {
	s, ok := o.scalar("required")
	if !ok {
		return t == Consent
	}
	switch strings.ToLower(s.Value) {
	case "true", "yes", "on":
		return true
	case "false", "no", "off":
		if t == Consent {
			o.fail(s, "a consent is always required: use yes_no for a question that may be left out")
		}
		return false
	}
	o.fail(s, "required must be true or false, not %s: expressions are not supported yet", quote(s.Value))
	return false
}

// choices reads what can be chosen: own options, a scale's, or steps.
func (r *questionReader) choices(o object, q *Question) {
	switch q.Type {
	case NPS:
		q.Options = steps(0, 10)
	case SingleChoice, MultiChoice, Rating, Matrix:
		var sources []string
		for _, name := range []string{"options", "scale", "steps"} {
			if o.keys[name] != nil {
				sources = append(sources, name)
			}
		}
		if len(sources) > 1 {
			o.fail(o.keys[sources[1]], "%s and %s exclude each other: keep one", quote(sources[0]), quote(sources[1]))
			return
		}
		if len(sources) == 0 {
			want := map[Type]string{SingleChoice: "'options' or 'scale' is missing: what can be chosen?", MultiChoice: "'options' or 'scale' is missing: what can be chosen?", Rating: "'scale' or 'steps' is missing: add \"steps: 5\" or the name of a scale", Matrix: "'scale' is missing: the name of the scale that is its columns"}
			o.fail(o.node, "%s", want[q.Type])
			return
		}
		switch sources[0] {
		case "options":
			q.Options = r.options(o.values["options"], "options", q.Type == MultiChoice)
		case "scale":
			q.Options = r.scale(o)
		case "steps":
			if n := o.integer("steps", 2, 10, 0); n > 0 {
				q.Options = steps(1, n)
			}
		}
		r.checkChoices(o, q, sources[0])
	}
}

func (r *questionReader) checkChoices(o object, q *Question, source string) {
	if q.Type != MultiChoice && len(q.Options) == 1 {
		o.fail(o.values[source], "one option alone is no choice: add another, or use type yes_no")
	}
}

// steps are the numbered options of a rating or an nps, scored by their number.
func steps(from, to int) []Option {
	var options []Option
	for n := from; n <= to; n++ {
		score := Decimal(n) * One
		options = append(options, Option{ID: fmt.Sprint(n), Score: &score})
	}
	return options
}

func (r *questionReader) scale(o object) []Option {
	s, ok := o.scalar("scale")
	if !ok {
		return nil
	}
	if sc := r.scales[s.Value]; sc != nil {
		sc.used = true
		return sc.options
	}
	var known []string
	for name := range r.scales {
		known = append(known, name)
	}
	slices.Sort(known)
	r.strayScale = true
	fix := suggest(s.Value, known)
	if fix == "" {
		fix = ": declare it under \"scales\""
	}
	o.fail(s, "unknown scale %s%s", quote(s.Value), fix)
	return nil
}

// rows reads a matrix's rows, and which of them must be answered.
func (r *questionReader) rows(o object, q *Question) {
	o.need("rows", ": the lines of the matrix")
	lines := map[string]int{}
	items := o.list("rows")
	if len(items) > maxOptions {
		o.fail(items[maxOptions], "more than %d rows: split the matrix", maxOptions)
		return
	}
	for _, n := range items {
		ro := r.object(n, "a row", rowKeys)
		if ro.node == nil {
			continue
		}
		ro.need("id", ": a short name such as speed")
		ro.need("label", ": what the respondent reads")
		row := Row{ID: ro.id(choiceID, ""), Label: ro.text("label"), Weight: ro.weight(q.Weight)}
		if line := lines[row.ID]; line > 0 && row.ID != "" {
			o.fail(ro.values["id"], "row %s is given twice (first on line %d): every row needs an id of its own", quote(row.ID), line)
			continue
		}
		lines[row.ID] = n.Line
		q.Rows = append(q.Rows, row)
	}
	r.requiredRows(o, q)
}

func (r *questionReader) requiredRows(o object, q *Question) {
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
			at := slices.IndexFunc(q.Rows, func(row Row) bool { return row.ID == id })
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
	case n.Value == "all" || strings.EqualFold(n.Value, "true"):
		for i := range q.Rows {
			q.Rows[i].Required = true
		}
	case strings.EqualFold(n.Value, "false"):
	default:
		o.fail(v, "required must be all, or a list of rows, not %s: expressions are not supported yet", kindOf(n))
	}
}

const (
	shortLength = 200 // characters of a short_text unless declared
	longLength  = 2_000
	mostLength  = 20_000
	maxPattern  = 500
)

// limits reads the bounds of an answer, and refuses those that no answer can meet.
func (r *questionReader) limits(o object, q *Question) {
	switch q.Type {
	case MultiChoice:
		most := len(q.Options)
		if most == 0 {
			most = maxOptions // they are reported already
		}
		q.AtLeast, q.AtMost = o.integer("min", 1, most, 0), o.integer("max", 1, most, 0)
		if q.AtMost > 0 && q.AtLeast > q.AtMost {
			o.fail(o.values["min"], "min (%d) is more than max (%d): nobody could answer", q.AtLeast, q.AtMost)
		}
	case Number:
		q.Min, q.Max, q.Step = o.decimal("min", -MaxDecimal, MaxDecimal), o.decimal("max", -MaxDecimal, MaxDecimal), o.decimal("step", 1, MaxDecimal)
		q.Unit = o.text("unit")
		if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
			o.fail(o.values["min"], "min (%s) is more than max (%s): nobody could answer", q.Min, q.Max)
		}
	case DateType:
		q.Earliest, q.Latest = o.date("min"), o.date("max")
		if q.Latest != "" && q.Earliest > q.Latest {
			o.fail(o.values["min"], "min (%s) is after max (%s): nobody could answer", q.Earliest, q.Latest)
		}
	case ShortText, LongText:
		otherwise := map[Type]int{ShortText: shortLength, LongText: longLength}[q.Type]
		q.MinLength, q.MaxLength = o.integer("min_length", 0, mostLength, 0), o.integer("max_length", 1, mostLength, otherwise)
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

func (r *questionReader) dimension(o object, q *Question) {
	s, ok := o.scalar("dimension")
	if !ok {
		return
	}
	var known []string
	for _, d := range r.scoring.Dimensions {
		known = append(known, d.ID)
	}
	q.Dimension = s.Value
	scored := slices.ContainsFunc(q.Options, func(option Option) bool { return option.Score != nil })
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
