package questionnaire

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A questionReader reads questions and keeps track of the ids in use.
type questionReader struct {
	*reader
	scales        map[string]*scale
	scoring       *survey.Scoring
	questionLines map[string]int // of each question's id
	count         int
	answerable    int
	unknownScale  bool // a question names a scale that does not exist: it may mean one that seems unused
}

// question reads one question. It reads the type first, because that decides which keys the question may have.
func (r *questionReader) question(n *yaml.Node) (survey.Question, bool) {
	o := r.object(n, &questionMapping)
	if o.node == nil {
		return survey.Question{}, false
	}
	q := survey.Question{Type: r.typeOf(o), Weight: survey.One}
	o.questionType = q.Type
	if q.Type != survey.Note && q.Type != survey.Hidden {
		r.answerable++
	}
	if q.ID = o.id(""); q.Type == survey.Note && !o.has("id") {
		q.ID = fmt.Sprintf("note_%d", r.count)
	}
	r.checkID(o, n, q.ID)
	if s := r.scales[scalarText(o.values["scale"])]; s != nil {
		s.used = true // even where the question may have none
	}
	q.Label = o.text("label")
	o.failMissing()
	if q.Type == "" { // what the other keys mean depends on the type, but these can be read
		q.Help = o.text("help")
		if o.has("options") {
			q.Options = r.options(o.values["options"], message.Plain("options"), true)
		}
		return q, q.ID != ""
	}
	r.checkKeys(o, q.Type)
	q.ShortName, q.ShortNo = o.text("short"), o.text("short_no")
	q.Help = o.text("help")
	q.Image = o.picture(survey.InQuestion)
	q.ShowIf = o.condition("show_if", q.ID)
	q.Private = o.boolean("private", q.Type == survey.Email || q.Type == survey.Phone)
	r.readSealed(o, &q)
	q.Unpublished = !o.boolean("publish", true)
	q.Segment = o.boolean("segment", false)
	q.Sensitive = o.boolean("sensitive", false)
	if q.Segment {
		r.segments[q.ID] = o.values["segment"]
	}
	q.Display = o.word("display", "")
	q.Low, q.High = o.text("low"), o.text("high")
	q.Weight = o.decimalOr("weight", survey.One)
	r.readChoices(o, &q)
	if q.Type == survey.Matrix || q.Type == survey.ImportanceMatrix {
		r.readRows(o, &q)
	} else {
		q.Required = r.required(o, &q)
	}
	r.readLimits(o, &q)
	q.Message = o.text("message")
	if q.Message != nil && !slices.ContainsFunc([]string{"min", "max", "step", "min_length", "max_length", "pattern"}, func(key string) bool { return o.keys[key] != nil }) {
		o.fail(o.keys["message"], "message is shown for an answer beyond min, max, step, min_length, max_length or pattern, and none of them is there")
	}
	r.readOrder(o, &q)
	q.Checks = o.checks()
	r.readDimension(o, &q)
	if q.Segment && (q.Private || q.Unpublished) {
		o.fail(o.values["segment"], "figures are broken down by a segment, so it can be neither private nor unpublished: remove one of the two keys")
	}
	if q.Segment && q.Sensitive {
		o.fail(o.keys["sensitive"], "a segment is a fact that others may know of a respondent, so it cannot be sensitive: remove one of the two keys")
	}
	if q.Sensitive {
		r.sensitive[q.ID] = o.keys["sensitive"]
	}
	if tellsWho(&q) {
		r.telling[q.ID] = o.values["type"]
		if at := o.values["private"]; at != nil && q.Private {
			r.telling[q.ID] = at
		}
	}
	return q, true
}

// typeOf reads the type. A misspelled one is reported, and read as what was meant.
func (r *questionReader) typeOf(o object) survey.Type {
	s, ok := o.scalar("type")
	if !ok {
		return ""
	}
	known := o.form("type").words
	if slices.Contains(known, s.Value) {
		return survey.Type(s.Value)
	}
	hint := suggest(s.Value, known)
	if hint.IsZero() {
		hint = message.New(": use one of %s", message.Words(known...))
	}
	o.fail(s, "unknown type %s%s", quote(s.Value), hint)
	return survey.Type(nearest(s.Value, known))
}

// typeIn returns the type that a question's mapping gives, or seems to mean; "" if there is no such type.
func typeIn(m *yaml.Node) survey.Type {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if key := m.Content[i].Value; key == "type" || slices.Contains(synonyms[key], "type") {
			return survey.Type(nearest(scalarText(m.Content[i+1]), typeNames(allTypes())))
		}
	}
	return ""
}

// checkID reports an id that is a keyword or already taken. n is the question: the id may be generated, so that no node has
// it.
func (r *questionReader) checkID(o object, n *yaml.Node, id string) {
	at := o.values["id"]
	if id == "" {
		return
	}
	if slices.Contains(keywords, id) {
		o.fail(at, "id %s is a word of the expression language: choose another", quote(id))
		return
	}
	if line := r.questionLines[id]; line > 0 {
		if at == nil {
			at = n
		}
		o.fail(at, "id %s is already taken by the question on line %d: every question needs an id of its own", quote(id), line)
		return
	}
	r.questionLines[id] = n.Line
}

// checkKeys reports keys that belong to other types.
func (r *questionReader) checkKeys(o object, t survey.Type) {
	for _, name := range o.mapping.names("") {
		if o.keys[name] == nil {
			continue
		}
		if _, own := o.mapping.key(name, t); own {
			continue
		}
		why := message.New("it belongs to %s", message.Words(typeNames(o.mapping.types(name))...))
		switch t {
		case survey.Note:
			why = message.New("a note asks nothing")
		case survey.Hidden:
			why = message.New("nobody sees a hidden question")
		}
		o.fail(o.keys[name], "%s does not go with type %s: %s", quote(name), t, why)
		delete(o.values, name)
	}
}

// required reads true or false, or an expression, which is compiled later.
func (r *questionReader) required(o object, q *survey.Question) bool {
	s, ok := o.scalar("required")
	if !ok {
		return q.Type == survey.Consent
	}
	value, isBool := parseBool(s.Value)
	switch {
	case q.Type == survey.Consent && isBool && !value:
		o.fail(s, "a consent is always required: use yes_no for a question that may be left out")
	case q.Type == survey.Consent && !isBool:
		o.fail(s, "a consent is always required: show it only to those it concerns, with show_if")
	case !isBool:
		q.RequiredIf = o.condition("required", q.ID)
	}
	return value || q.Type == survey.Consent
}

// readChoices reads what can be chosen: the question's own options, a scale's options, or steps.
func (r *questionReader) readChoices(o object, q *survey.Question) {
	spec := specOf(q.Type)
	given := slices.DeleteFunc(slices.Clone(spec.sources), func(name string) bool { return o.keys[name] == nil })
	switch {
	case len(given) > 1:
		o.fail(o.keys[given[1]], "%s and %s exclude each other: keep one", quote(given[0]), quote(given[1]))
		return
	case len(given) == 0 && spec.want != "":
		o.report(o.node.Line, o.node.Column, spec.want.Text())
		return
	}
	switch {
	case q.Type == survey.NPS:
		q.Options = survey.Steps(0, 10)
	case o.has("options"):
		q.Options = r.options(o.values["options"], message.Plain("options"), q.Type == survey.MultiChoice)
	case o.has("scale"):
		q.Options = r.scale(o, "scale")
	case o.has("steps"):
		if n := o.integer("steps", 0); n > 0 {
			q.Options = survey.Steps(1, n)
		}
	}
	r.readOther(o, q)
	r.checkPictures(o, q)
	if len(q.Options) == 1 && q.Type != survey.MultiChoice && q.Type != survey.Hidden {
		r.failSingleOption(o, q)
	}
	if q.Type == survey.ImportanceMatrix {
		q.Importance = r.scale(o, "importance_scale")
	}
}

// failSingleOption reports that one option is no choice.
func (r *questionReader) failSingleOption(o object, q *survey.Question) {
	at := o.values["options"]
	switch {
	case at == nil && !o.has("scale"): // a misspelled key, which is reported
	case at != nil && at.Kind == yaml.MappingNode: // a list that lacks its dashes, which is reported
	case q.Type == survey.Ranking || q.Type == survey.ConstantSum:
		o.fail(at, "one option cannot be ranked or given shares: add another")
	case at == nil:
		o.fail(o.values["scale"], "one option alone is no choice: add another, or use type yes_no")
	default:
		o.fail(at, "one option alone is no choice: add another, or use type yes_no")
	}
}

// scale returns the options of the scale that a key names.
func (r *questionReader) scale(o object, key string) []survey.Option {
	if v := o.values[key]; v != nil && target(v).Kind == yaml.SequenceNode {
		r.unknownScale = true
		o.fail(o.values[key], "%s is the name of a list under \"scales\": move this list there, and write its name here", key)
		return nil
	}
	s, ok := o.scalar(key)
	if !ok {
		return nil
	}
	if sc := r.scales[s.Value]; sc != nil {
		sc.used = true
		conditional := slices.ContainsFunc(sc.options, func(option survey.Option) bool { return option.ShowIf != nil })
		if conditional && slices.Contains(matrices, o.questionType) {
			o.fail(s, "scale %s has an option with show_if, but the columns of a matrix are for all: remove it from the option, or use another scale", quote(s.Value))
		}
		return slices.Clone(sc.options)
	}
	r.unknownScale = true
	o.fail(s, "unknown scale %s%s", quote(s.Value), r.scaleHint(s.Value, o.questionType))
	return nil
}

// scaleHint says how to fix the name of an unknown scale.
func (r *questionReader) scaleHint(name string, t survey.Type) message.Text {
	if n, err := strconv.Atoi(name); err == nil && n >= 2 && n <= maxSteps && t == survey.Rating {
		return message.New(": write \"steps: %d\" for a scale of numbers", n)
	}
	var known []string
	for name := range r.scales {
		known = append(known, name)
	}
	slices.Sort(known)
	if hint := suggest(name, known); !hint.IsZero() {
		return hint
	}
	return message.New(": declare it under \"scales\"")
}

// readOther adds the option [survey.Other], if the question has it.
func (r *questionReader) readOther(o object, q *survey.Question) {
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

// readOrder reads whether options are shuffled, and which of them stay last. An exclusive option and "other" always do.
func (r *questionReader) readOrder(o object, q *survey.Question) {
	q.Shuffle = o.boolean("shuffle", false)
	if o.has("anchor") && !q.Shuffle {
		o.fail(o.keys["anchor"], "anchor holds options back from shuffling: add \"shuffle: true\" or remove it")
		return
	}
	ids := optionIDs(q.Options)
	anchors, nodes := o.words("anchor", func(word string) string { return nearest(word, ids) })
	for i, id := range anchors {
		if !slices.Contains(ids, id) {
			o.fail(nodes[i], "anchor names %s, which is not one of the options%s", quote(id), suggest(id, without(ids, anchors)))
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

// readRows reads a matrix's rows, and which of them must be answered.
func (r *questionReader) readRows(o object, q *survey.Question) {
	v := o.values["rows"]
	if v == nil {
		return
	}
	taken := map[string]takenID{}
	entries := o.choices(v, message.Plain("rows"))
	if len(entries) > maxOptions {
		o.fail(entries[maxOptions], "more than %d rows: split the matrix", maxOptions)
		return
	}
	defer r.take(idsIn(entries))()
	for _, n := range entries {
		ro := r.choiceObject(n, &rowMapping)
		if ro.node == nil {
			q.Rows = append(q.Rows, survey.Row{})
			continue
		}
		row := survey.Row{ID: ro.id(""), Label: ro.text("label"), ShortName: ro.text("short"), Weight: ro.decimalOr("weight", q.Weight)}
		if ro.isMade() {
			row.ID = ro.makeID(rowPrefix, row.Label)
		}
		if ro.isTaken(row.ID, row.Label, taken) {
			continue
		}
		taken[row.ID] = takenID{n.Line, row.Label}
		q.Rows = append(q.Rows, row)
	}
	r.readRequiredRows(o, q)
}

func (r *questionReader) readRequiredRows(o object, q *survey.Question) {
	v := o.values["required"]
	if v == nil {
		return
	}
	n := o.follow(v)
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		r.requireRows(o, q)
	case n.Kind != yaml.ScalarNode || isNull(n):
		o.fail(v, "required must be all, a list of rows or a condition, not %s", kindOf(n))
	default:
		s, ok := o.scalar("required")
		if !ok {
			return
		}
		value, isBool := parseBool(s.Value)
		if !isBool && s.Value != "all" {
			q.RequiredIf = o.condition("required", q.ID)
			return
		}
		for i := range q.Rows {
			q.Rows[i].Required = value || s.Value == "all"
		}
	}
}

// requireRows reads a list of the rows that must be answered.
func (r *questionReader) requireRows(o object, q *survey.Question) {
	var known []string
	for _, row := range q.Rows {
		known = append(known, row.ID)
	}
	ids, nodes := o.words("required", func(word string) string { return nearest(word, known) })
	for i, id := range ids {
		at := slices.IndexFunc(q.Rows, func(row survey.Row) bool { return row.ID == id })
		if at < 0 {
			o.fail(nodes[i], "required names the row %s, which the matrix does not have%s", quote(id), suggest(id, without(known, ids)))
			continue
		}
		q.Rows[at].Required = true
	}
}

func (r *questionReader) readDimension(o object, q *survey.Question) {
	s, ok := o.scalar("dimension")
	if !ok {
		return
	}
	var known []string
	for _, d := range r.scoring.Dimensions {
		known = append(known, d.ID)
	}
	q.Dimension = s.Value
	switch {
	case !slices.Contains(known, s.Value) && r.nameless:
	case !slices.Contains(known, s.Value):
		hint := suggest(s.Value, known)
		if hint.IsZero() {
			hint = message.New(": declare it under \"scoring: dimensions\"")
		}
		o.fail(s, "unknown dimension %s%s", quote(s.Value), hint)
	case !hasScores(q.Options) && len(q.Options) > 0:
		o.fail(s, "the question has no scores, so it can belong to no dimension: give its options a score")
	}
}

// readLimits reads the bounds of an answer, and reports bounds that no answer can meet.
func (r *questionReader) readLimits(o object, q *survey.Question) {
	most := len(q.Options)
	if most == 0 {
		most = maxOptions // their problem is reported
	}
	switch q.Type {
	case survey.MultiChoice:
		q.AtLeast, q.AtMost = o.integerUpTo("min", most, 0), o.integerUpTo("max", most, 0)
		if q.AtMost > 0 && q.AtLeast > q.AtMost {
			o.fail(o.values["min"], "min (%d) is more than max (%d): nobody could answer", q.AtLeast, q.AtMost)
		}
	case survey.Ranking:
		q.AtMost = o.integerUpTo("max", most, len(q.Options))
	case survey.ConstantSum:
		q.Total = o.decimal("total")
	case survey.Number:
		r.readNumberLimits(o, q)
	case survey.DateType:
		q.Earliest, q.Latest = o.date("min"), o.date("max")
		if q.Latest != "" && q.Earliest > q.Latest {
			o.fail(o.values["min"], "min (%s) is after max (%s): nobody could answer", q.Earliest, q.Latest)
		}
	case survey.ShortText:
		r.readTextLimits(o, q, shortLength)
	case survey.LongText:
		r.readTextLimits(o, q, longLength)
	}
}

func (r *questionReader) readNumberLimits(o object, q *survey.Question) {
	q.Min, q.Max, q.Step = o.decimal("min"), o.decimal("max"), o.decimal("step")
	q.Unit = o.text("unit")
	q.Bands = o.limits("bands", q.Min, q.Max)
	reported := o.keys["min"] != nil != o.has("min") || o.keys["max"] != nil != o.has("max") // given, but not readable
	if q.Display == "slider" && (q.Min == nil || q.Max == nil) && !reported {
		o.fail(o.values["display"], "a slider needs both ends: add min and max")
	}
	if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
		o.fail(o.values["min"], "min (%s) is more than max (%s): nobody could answer", q.Min, q.Max)
	}
}

// readTextLimits reads the bounds of a text. length is the default of max_length.
func (r *questionReader) readTextLimits(o object, q *survey.Question, length int) {
	q.MinLength, q.MaxLength = o.integer("min_length", 0), o.integer("max_length", length)
	if !o.has("max_length") && q.MinLength > length {
		o.fail(o.values["min_length"], "min_length (%d) is more than max_length, which is %d unless you give another: add max_length", q.MinLength, length)
	} else if q.MinLength > q.MaxLength {
		o.fail(o.values["min_length"], "min_length (%d) is more than max_length (%d): nobody could answer", q.MinLength, q.MaxLength)
	}
	s, ok := o.scalar("pattern")
	if !ok {
		return
	}
	q.Pattern = s.Value
	if _, err := regexp.Compile(s.Value); err != nil {
		o.fail(s, "pattern is not a regular expression: %s", err)
	} else if len(s.Value) > maxPattern {
		o.fail(s, "pattern is longer than %d characters: shorten it", maxPattern)
	}
}
