// Package questionnaire turns YAML into a checked [survey.Survey], or into every problem that the file has, each with its
// place and, where one is obvious, its fix. It reads a questionnaire's sidecar files too, and writes the JSON Schema of
// all of them. It is pure: bytes in, values out.
package questionnaire

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// Bounds of one questionnaire: far above any real one, and low enough that no file can cost much.
const (
	maxFile      = 512 << 10 // bytes
	maxQuestions = 500
	maxOptions   = 200
	maxDepth     = 40 // of nested YAML values
	maxCohorts   = 200
)

// IsFile reports whether a file name is a questionnaire's, and not that of a sidecar or of the site's theme.
func IsFile(name string) bool {
	_, kind := Sidecar(name)
	return isYAML(name) && kind == "" && name != "theme.yaml" && !strings.HasPrefix(name, ".")
}

// Parse compiles one questionnaire. It returns a Survey or, sorted, every problem that the file has; never both. file
// names the source in problems and, without its extension, is the default id.
func Parse(file string, source []byte) (*survey.Survey, Problems) {
	r := newReader(file)
	s := r.questionnaire(source)
	if len(r.problems) > 0 {
		if again := reread(file, source); again != nil {
			r = again
		}
		return nil, r.problems.sorted()
	}
	if err := s.Seal(); err != nil {
		return nil, Problems{{File: file, Message: err.Error()}} // only a timezone that vanished since it was checked
	}
	return s, nil
}

// questionnaire reads a file, as far as it can be read.
func (r *reader) questionnaire(source []byte) *survey.Survey {
	root := r.document(source, "questionnaire", "a questionnaire begins with its title, such as \"title: Service survey\"")
	if root == nil {
		return nil
	}
	return r.survey(root)
}

// survey reads the whole definition. Languages come first: every text depends on them.
func (r *reader) survey(root *yaml.Node) *survey.Survey {
	if r.misshapen(root, 0) {
		return nil
	}
	r.unsectioned(root)
	o := r.object(root, &questionnaireMapping)
	if o.node == nil {
		return nil
	}
	o.readLanguages()
	s := &survey.Survey{
		ID:        o.surveyID(),
		Languages: r.languages,
		Intro:     o.text("intro"),
		Minutes:   o.integer("minutes", 0),
		Thanks:    o.thanks(),
		Contact:   o.contact(),
		Document:  o.document(),
		Window:    o.window(),
		Timezone:  o.timezone(),
		Period:    survey.Period(o.word("period", "none")),
		Audience:  o.audience(),
		Channels:  o.channels(),
		Unlisted:  !o.boolean("listed", true),
		KeepTwins: o.word("duplicates", "drop") == "keep",
		Steps:     o.word("layout", "page") == "steps",
	}
	s.Title = o.text("title")
	s.Scoring = o.scoring()
	s.Results = o.results()
	s.Sections = o.sections(o.scales(), s)
	s.Alerts = o.alerts()
	o.references(s)
	return s
}

// unsectioned reports questions that stand outside of any section, and puts them into one.
func (r *reader) unsectioned(root *yaml.Node) {
	k := keyOf(root, "questions")
	if k == nil || keyOf(root, "sections") != nil {
		return
	}
	r.fail(k, "questions stand in sections: write \"sections:\", below it \"  - questions:\", and the questions below that, indented further")
	i := slices.Index(root.Content, k)
	section := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: k.Line, Column: k.Column, Content: []*yaml.Node{k, root.Content[i+1]}}
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "sections", Line: k.Line, Column: k.Column}
	root.Content[i], root.Content[i+1] = name, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: k.Line, Column: k.Column, Content: []*yaml.Node{section}}
}

// misshapen reports what makes the tree as a whole no questionnaire: runaway nesting, and wide spaces that were meant as
// indentation and became part of a key.
func (r *reader) misshapen(n *yaml.Node, depth int) bool {
	if depth > maxDepth {
		r.fail(n, "nested more than %d levels deep: check the indentation and brackets above", maxDepth)
		return true
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && strings.HasPrefix(strings.TrimLeft(c.Value, "\u3000\u00A0"), "- ") != strings.HasPrefix(c.Value, "- ") {
			r.fail(c, "%s", indentedWide([]rune(c.Value)[0]))
			return true
		}
		if r.misshapen(c, depth+1) {
			return true
		}
	}
	return false
}

func indentedWide(space rune) string {
	return fmt.Sprintf("a wide or non-breaking space (U+%04X) cannot indent YAML: use ordinary spaces", space)
}

func (o object) surveyID() string {
	base := path.Base(strings.ReplaceAll(o.file, "\\", "/"))
	base = strings.TrimSuffix(base, path.Ext(base))
	id := o.id("")
	switch {
	case slices.Contains(o.form("id").but, id):
		o.fail(o.values["id"], "id %s is an address of the site itself: choose another", quote(id))
	case o.keys["id"] != nil:
	case !surveyID.MatchString(base) || len(base) > maxID || slices.Contains(o.form("id").but, base):
		o.fail(o.node, "the file's name %s cannot be the survey's id: add \"id: …\" with lower-case letters a–z, digits, _ and -", quote(base))
	default:
		id = base
	}
	return id
}

// readLanguages settles the survey's languages: those listed, else those of its title. A bad code is reported here,
// once, and otherwise taken as it is, so that the texts written under it are not reported as well.
func (o object) readLanguages() {
	codes, nodes := o.words("languages")
	for i, code := range codes {
		if meant := o.language(nodes[i], code); meant != "" && o.titled(meant) {
			codes[i] = meant
		}
	}
	if len(codes) > 0 {
		o.reader.languages = codes
		return
	}
	title := o.values["title"]
	if title != nil {
		title = o.follow(title)
	}
	switch {
	case title == nil:
	case title.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(title.Content); i += 2 {
			at := title.Content[i]
			code := at.Value
			switch {
			case colonHint(code) != "": // reported with the text
				code = beforeColon(code)
			case at.Kind != yaml.ScalarNode || o.afterComma(at, title.Content[i+1]):
				continue
			case !slices.Contains(o.reader.languages, code):
				o.language(at, code)
			}
			if !slices.Contains(o.reader.languages, code) {
				o.reader.languages = append(o.reader.languages, code)
			}
		}
	case strings.ContainsFunc(title.Value, func(c rune) bool { return unicode.Is(unicode.Han, c) }):
		o.reader.languages = []string{"zh"}
	}
	if len(o.reader.languages) == 0 {
		o.reader.languages = []string{"en"}
	}
}

// spoken is what people write for a language's code.
var spoken = map[string]string{"cn": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh", "tw": "zh-Hant", "english": "en", "英文": "en", "英语": "en",
	"jp": "ja", "japanese": "ja", "kr": "ko", "korean": "ko", "german": "de", "french": "fr", "spanish": "es"}

// language checks a language's code. It returns what a bad one seems to mean, or "".
func (o object) language(at *yaml.Node, code string) (meant string) {
	tag, err := language.Parse(code)
	if err == nil && tag.String() == code {
		return ""
	}
	fix := ""
	if meant = spoken[strings.ToLower(code)]; meant == "" && err == nil {
		meant = tag.String()
	}
	if meant != "" {
		fix = fmt.Sprintf(": did you mean '%s'?", meant)
	}
	o.fail(at, "%s is not a language code such as zh, en or zh-Hant%s", quote(code), fix)
	return meant
}

// titled reports whether the title is written in a language.
func (o object) titled(code string) bool {
	title := o.values["title"]
	if title == nil || title.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(title.Content); i += 2 {
		if title.Content[i].Value == code {
			return true
		}
	}
	return false
}

func (o object) contact() *survey.Contact {
	if !o.has("contact") {
		return nil
	}
	c := o.object(o.values["contact"], &contactMapping)
	return &survey.Contact{Name: c.text("name"), Email: c.email("email"), Phone: c.plain("phone")}
}

func (o object) email(name string) string {
	address := o.plain(name)
	if o.has(name) && address != "" && !survey.ValidEmail(address) {
		o.fail(o.values[name], "%s is not an e-mail address such as name@example.com", quote(address))
	}
	return address
}

func (o object) document() *survey.Document {
	if !o.has("document") {
		return nil
	}
	d := o.object(o.values["document"], &documentMapping)
	return &survey.Document{Number: d.plain("number"), Version: d.plain("version"), ApprovedBy: d.plain("approved_by"), ApprovedOn: d.date("approved_on")}
}

func (o object) window() survey.Window {
	if !o.has("window") {
		return survey.Window{}
	}
	w := o.object(o.values["window"], &windowMapping)
	window := survey.Window{From: w.date("from"), Until: w.date("until")}
	if window.From != "" && window.Until != "" && window.From > window.Until {
		o.fail(w.values["until"], "the window ends on %s, before it begins on %s: exchange the two or mend one", window.Until, window.From)
	}
	return window
}

func (o object) timezone() string {
	name := "UTC"
	if s, ok := o.scalar("timezone"); ok {
		name = s.Value
		if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
			o.fail(s, "unknown timezone %s: write one such as Asia/Shanghai, Europe/Berlin or UTC", quote(name))
			name = "UTC"
		}
	}
	return name
}

func (o object) audience() survey.Audience {
	if !o.has("audience") {
		return survey.Audience{}
	}
	a := o.object(o.values["audience"], &audienceMapping)
	audience := survey.Audience{Population: a.integer("population", 0), Issued: a.integer("issued", 0), Sample: a.word("sample", "")}
	if audience.Population > 0 && audience.Issued > audience.Population {
		o.fail(a.values["issued"], "issued (%d) is more than the population (%d): mend one of them", audience.Issued, audience.Population)
	}
	if audience.Sample != "" && audience.Population == 0 && a.keys["population"] == nil {
		o.fail(a.values["sample"], "the rule %s needs the population: add \"population: …\", the number of people who could be asked", quote(audience.Sample))
	}
	return audience
}

func (o object) channels() []string {
	channels, nodes := o.words("channels")
	for i, c := range channels {
		if !questionID.MatchString(c) || len(c) > maxID {
			o.fail(nodes[i], "channel %s may have only lower-case letters a–z, digits and _, starting with a letter%s", quote(c), suggestID(c))
		}
	}
	return channels
}

// scale is a named list of options, and where its name stands.
type scale struct {
	at      *yaml.Node
	options []survey.Option
	used    bool
}

func (o object) scales() map[string]*scale {
	scales := map[string]*scale{}
	v := o.values["scales"]
	if v == nil {
		return scales
	}
	m := o.follow(v)
	if m == nil || m.Kind != yaml.MappingNode {
		if m != nil {
			o.fail(v, "scales must hold the name of each scale with its options below it, not %s", kindOf(m))
		}
		return scales
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k := m.Content[i]
		switch {
		case scales[k.Value] != nil:
			o.fail(k, "scale %s is given twice (first on line %d): keep one", quote(k.Value), scales[k.Value].at.Line)
		default:
			if !questionID.MatchString(k.Value) || len(k.Value) > maxID {
				o.fail(k, "a scale's name may have only lower-case letters a–z, digits and _, starting with a letter, not %s%s", quote(k.Value), suggestID(k.Value))
			}
			scales[k.Value] = &scale{at: k, options: o.options(m.Content[i+1], "scale "+quoteless(k.Value), true)}
		}
	}
	return scales
}

// options reads a list of options, which name names in messages. One that cannot be read keeps its place.
func (r *reader) options(n *yaml.Node, name string, exclusive bool) []survey.Option {
	var options []survey.Option
	if m := pointed(n); m.Kind == yaml.MappingNode && len(m.Content) > 1 && keyOf(m, "id") == nil && keyOf(m, "label") == nil {
		r.fail(n, "%s must be a list: write \"- %s\", and so on", name, r.option(m.Content[0].Value, m.Content[1].Value))
		return nil
	}
	items := r.items(n, name)
	if len(items) > maxOptions {
		r.fail(items[maxOptions], "more than %d options: shorten the list, or ask with a short_text", maxOptions)
		return nil
	}
	first := map[string]int{}
	options = make([]survey.Option, 0, len(items))
	for _, item := range items {
		if s := pointed(item); s.Kind == yaml.ScalarNode && s.Tag != "!!null" && colonHint(s.Value) == "" {
			r.fail(item, "an option has an id and a label: write %s", r.option("", s.Value))
			options = append(options, survey.Option{})
			continue
		}
		o := r.object(item, &optionMapping)
		if o.node == nil {
			options = append(options, survey.Option{})
			continue
		}
		scored := o.has("score")
		option := survey.Option{ID: o.id(""), Label: o.text("label"), Score: o.decimal("score"), Exclusive: o.boolean("exclusive", false), ShowIf: o.condition("show_if", "")}
		if option.Exclusive && !exclusive {
			o.fail(o.keys["exclusive"], "'exclusive' does not go with this type: only several options of a multi_choice can exclude each other")
		}
		if scored && option.Score == nil {
			option.Score = new(survey.Decimal) // reported already; the rest of the survey may rely on a score
		}
		if line := first[option.ID]; line > 0 && option.ID != "" {
			o.fail(o.values["id"], "option %s is given twice (first on line %d): every option needs an id of its own", quote(option.ID), line)
		} else {
			first[option.ID] = item.Line
		}
		options = append(options, option)
	}
	return options
}

// option is how an option, or a row, is written of which only words are known.
func (r *reader) option(id, label string) string {
	label = quoteless(label)
	switch {
	case id == "":
		if id = mendID(label, choiceID); id == "" {
			id = "…"
		}
	case !choiceID.MatchString(id):
		id = "…"
	}
	if label == "" {
		label = "…"
	} else if strings.ContainsAny(label, ",:#{}[]\"'&*") {
		label = single(label)
	}
	if len(r.languages) > 1 {
		parts := make([]string, len(r.languages))
		for i, l := range r.languages {
			parts[i] = l + ": …"
			if strings.ContainsFunc(label, isHan) == (l == "zh") && !strings.Contains(strings.Join(parts[:i], ""), label) {
				parts[i] = l + ": " + label
			}
		}
		label = "{" + strings.Join(parts, ", ") + "}"
	}
	return "{id: " + id + ", label: " + label + "}"
}

func isHan(c rune) bool { return unicode.Is(unicode.Han, c) }

// strayQuestion reports whether an entry of the sections is a question.
func strayQuestion(items []*yaml.Node, i int) bool {
	return i < len(items) && keyOf(items[i], "type") != nil && keyOf(items[i], "questions") == nil
}

func (o object) sections(scales map[string]*scale, s *survey.Survey) []survey.Section {
	q := questionReader{reader: o.reader, scales: scales, lines: map[string]int{}, scoring: &s.Scoring}
	var sections []survey.Section
	ids := map[string]int{}
	items := o.list("sections")
	for i, item := range items {
		if strayQuestion(items, i) {
			if i == 0 || !strayQuestion(items, i-1) {
				o.fail(item, "this is a question, in the list of sections: indent it, with those that follow it, to stand below \"questions:\"")
			}
			if question, ok := q.question(item); ok && len(sections) > 0 {
				sections[len(sections)-1].Questions = append(sections[len(sections)-1].Questions, question)
			}
			continue
		}
		so := o.object(item, &sectionMapping)
		if so.node == nil {
			continue
		}
		section := survey.Section{ID: so.id(fmt.Sprintf("section_%d", i+1)), Title: so.text("title"), Intro: so.text("intro"), ShowIf: so.condition("show_if", "")}
		if line := ids[section.ID]; line > 0 {
			at := so.values["id"]
			if at == nil {
				at = item
			}
			o.fail(at, "section %s is given twice (first on line %d): every section needs an id of its own", quote(section.ID), line)
		}
		ids[section.ID] = item.Line
		if v := so.values["questions"]; v != nil && v.Tag == "!!null" && strayQuestion(items, i+1) {
			delete(so.values, "questions") // they follow
		}
		for _, n := range so.list("questions") {
			if q.count++; q.count > maxQuestions {
				o.fail(n, "more than %d questions: split the survey into several files", maxQuestions)
				return append(sections, section)
			}
			if question, ok := q.question(n); ok {
				section.Questions = append(section.Questions, question)
			}
		}
		sections = append(sections, section)
	}
	for name, sc := range scales {
		if !sc.used && !q.strayScale && o.keys["sections"] != nil {
			o.fail(sc.at, "scale %s is never used: use it in a question (scale: %s) or remove it", quote(name), name)
		}
	}
	if q.answerable == 0 && o.has("sections") && len(o.problems) == 0 && sections != nil {
		o.fail(o.values["sections"], "there is no question to answer: a survey needs one besides its notes and hidden ones")
	}
	return sections
}

// references checks what needs the whole survey: names that must exist, and segments that must stay few.
func (o object) references(s *survey.Survey) {
	s.Index()
	o.compile(s)
	o.piping(s)
	if s.Scoring.Overall != "" {
		o.overall(s)
	}
	for _, check := range o.waiting {
		check(s)
	}
	cohorts := 1
	for _, f := range s.Segments() {
		cohorts *= len(f.Options()) + 1
		if cohorts > maxCohorts {
			o.fail(o.segmentAt(s), "the segments make %d groups or more, and at most %d are allowed: take segment: true from a question, or shorten its options", cohorts, maxCohorts)
			break
		}
	}
}

// segmentAt is where the last segment is declared.
func (o object) segmentAt(s *survey.Survey) *yaml.Node {
	segments := s.Segments()
	at := o.segments[segments[len(segments)-1].Question.ID]
	if at == nil {
		return o.node
	}
	return at
}

// overall checks the item that stands for the whole.
func (o object) overall(s *survey.Survey) {
	at, name := o.overallAt, s.Scoring.Overall
	f, ok := s.Field(name)
	for q := range s.Questions() {
		if q.ID == name && len(q.Rows) > 0 {
			o.fail(at, "overall names the matrix %s: name one of its rows, such as '%s.%s'", quote(name), name, q.Rows[0].ID)
			return
		}
	}
	switch {
	case !ok:
		o.fail(at, "overall names %s, which is not a question%s", quote(name), suggest(name, fieldNames(s)))
	case f.Question.Type != "" && (!f.HasScores() || !f.Counted()):
		o.fail(at, "overall names %s, which has no published scores: name a question whose options have scores", quote(name))
	}
}

func fieldNames(s *survey.Survey) []string {
	var names []string
	for _, f := range s.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func (o object) scoring() survey.Scoring {
	scoring := survey.Scoring{Model: survey.PercentOfMax}
	if !o.has("scoring") {
		return scoring
	}
	so := o.object(o.values["scoring"], &scoringMapping)
	scoring.Model = so.word("model", scoring.Model)
	so.units(&scoring)
	scoring.Overall, o.reader.overallAt = so.plain("overall"), so.values["overall"]
	scoring.Target = so.decimal("target")
	if at := so.values["target"]; scoring.Target != nil && scoring.Hundred() && *scoring.Target > maxIndex {
		o.fail(at, "the index of %s is at most 100: aim no higher than that", scoring.Each())
	}
	scoring.Rule = so.responseRateRule()
	for _, name := range []string{"bands", "response_rate_rule"} {
		if so.has(name) && !scoring.Hundred() {
			o.fail(so.keys[name], "%s needs an index from 0 to 100, and that of %s is none: remove it, or choose the model %s", quote(name), scoring.Each(), survey.PercentOfMax)
		}
	}
	if scoring.Each() == survey.Graded10 {
		at := so.values["model"]
		o.reader.waiting = append(o.reader.waiting, func(s *survey.Survey) { o.tens(s, at) })
	}
	lines := map[string]int{}
	for _, n := range so.list("dimensions") {
		d := o.object(n, &dimensionMapping)
		if d.node == nil {
			o.reader.nameless = true
			continue
		}
		dimension := survey.Dimension{ID: d.id(""), Label: d.text("label"), Weight: d.weight(survey.One)}
		if dimension.ID == "" {
			o.reader.nameless = true
		}
		if line := lines[dimension.ID]; line > 0 && dimension.ID != "" {
			o.fail(d.values["id"], "dimension %s is given twice (first on line %d): keep one", quote(dimension.ID), line)
			continue
		}
		lines[dimension.ID] = n.Line
		scoring.Dimensions = append(scoring.Dimensions, dimension)
	}
	scoring.Bands = so.bands()
	return scoring
}

// units reads what only mean_of_units has: the segment that tells the units apart, and the model of each.
func (o object) units(scoring *survey.Scoring) {
	if scoring.Model != survey.MeanOfUnits {
		for _, name := range []string{"unit", "of"} {
			if o.keys[name] != nil {
				o.fail(o.keys[name], "%s goes only with the model mean_of_units: remove it, or write \"model: mean_of_units\"", quote(name))
			}
		}
		return
	}
	o.need("unit", ": the segment whose values are the units, such as branch")
	scoring.Unit = o.plain("unit")
	scoring.Of = o.word("of", survey.PercentOfMax)
	if at := o.values["unit"]; at != nil && scoring.Unit != "" {
		o.reader.waiting = append(o.reader.waiting, func(s *survey.Survey) { o.isSegment(s, at, "unit", scoring.Unit) })
	}
}

// isSegment checks a name that must be a segment's.
func (o object) isSegment(s *survey.Survey, at *yaml.Node, key, name string) {
	f, ok := s.Field(name)
	var segments []string
	for _, f := range s.Segments() {
		segments = append(segments, f.Name)
	}
	switch {
	case !ok:
		o.fail(at, "%s names %s, which is not a question%s", key, quote(name), suggest(name, segments))
	case !f.Question.Segment:
		o.fail(at, "%s names %s, which is not a segment: add \"segment: true\" to the question", key, quote(name))
	}
}

// tens checks that every item of graded_10 is graded up to 10, so that all-best is 100.
func (o object) tens(s *survey.Survey, at *yaml.Node) {
	for _, f := range s.Fields() {
		if f.Scored() && f.MaxScore() != 10*survey.One {
			o.fail(at, "graded_10 needs scales whose best option scores 10, such as 10, 8, 6, 3 and 0, and that of %s scores %s: change its scores, or give it \"weight: 0\"", quote(f.Name), f.MaxScore())
			return
		}
	}
}

func (o object) responseRateRule() *survey.ResponseRateRule {
	if !o.has("response_rate_rule") {
		return nil
	}
	at := o.keys["response_rate_rule"]
	ro := o.object(o.values["response_rate_rule"], &ruleMapping)
	if ro.node == nil {
		return nil
	}
	rule := &survey.ResponseRateRule{}
	for _, limit := range []struct {
		name string
		to   *survey.Decimal
	}{{"floor", &rule.Floor}, {"per", &rule.Per}, {"deduct", &rule.Deduct}} {
		if d := ro.decimal(limit.name); d != nil {
			*limit.to = *d
		}
	}
	rule.Proportional = ro.word("mode", "step") == "proportional"
	o.reader.waiting = append(o.reader.waiting, func(s *survey.Survey) {
		if s.Audience.Issued == 0 {
			o.fail(at, "a response rate needs the number of questionnaires issued: add \"audience: {issued: …}\"")
		}
	})
	return rule
}

func (o object) weight(otherwise survey.Decimal) survey.Decimal {
	if w := o.decimal("weight"); w != nil {
		return *w
	}
	return otherwise
}

// bands reads the ranges of the index, highest first. Limits are inclusive from below, so only a missing 0 is a gap.
func (o object) bands() []survey.Band {
	var bands []survey.Band
	lines, unread := map[survey.Decimal]int{}, false
	for _, n := range o.list("bands") {
		b := o.object(n, &bandMapping)
		if b.node == nil {
			unread = true
			continue
		}
		from := b.decimal("from")
		label := b.text("label")
		if from == nil {
			unread = true
			continue
		}
		if line := lines[*from]; line > 0 {
			o.fail(b.values["from"], "two bands begin at %s (first on line %d): bands may not overlap", *from, line)
			continue
		}
		lines[*from] = n.Line
		bands = append(bands, survey.Band{From: *from, Label: label})
	}
	slices.SortFunc(bands, func(a, b survey.Band) int { return int(b.From - a.From) })
	if len(bands) > 0 && bands[len(bands)-1].From != 0 && !unread {
		o.fail(o.values["bands"], "no band covers the index below %s: add one with \"from: 0\"", bands[len(bands)-1].From)
	}
	return bands
}

func (o object) results() survey.Results {
	results := survey.Results{Audience: "public", MinGroup: 5, Release: "full"}
	if !o.has("results") {
		return results
	}
	ro := o.object(o.values["results"], &resultsMapping)
	results.Audience = ro.word("audience", results.Audience)
	results.MinGroup = ro.integer("min_group", results.MinGroup)
	results.PoolAfter = ro.integer("pool_after", 0)
	results.Release = ro.word("release", results.Release)
	results.CrossTabs = ro.crosstabs()
	return results
}

func (o object) crosstabs() []survey.CrossTab {
	var tabs []survey.CrossTab
	lines := map[survey.CrossTab]int{}
	for _, n := range o.list("crosstabs") {
		c := o.object(n, &crosstabMapping)
		if c.node == nil {
			continue
		}
		tab := survey.CrossTab{Rows: c.plain("rows"), By: c.plain("by")}
		rows, by := c.values["rows"], c.values["by"]
		if tab.Rows == "" || tab.By == "" {
			continue
		}
		if line := lines[tab]; line > 0 {
			o.fail(n, "this cross-tab is given twice (first on line %d): keep one", line)
			continue
		}
		lines[tab] = n.Line
		tabs = append(tabs, tab)
		o.reader.waiting = append(o.reader.waiting, func(s *survey.Survey) {
			o.isSegment(s, by, "by", tab.By)
			f, ok := s.Field(tab.Rows)
			var names []string
			matrix := ""
			for _, f := range s.Fields() {
				if f.Counted() {
					names = append(names, f.Name)
				}
				if f.Question.ID == tab.Rows && f.Name != tab.Rows && matrix == "" {
					matrix = f.Name
				}
			}
			switch {
			case matrix != "":
				o.fail(rows, "rows names %s, which has fields of its own: name one of them, such as '%s'", quote(tab.Rows), matrix)
			case !ok:
				o.fail(rows, "rows names %s, which is not a question%s", quote(tab.Rows), suggest(tab.Rows, names))
			case tab.Rows == tab.By:
				o.fail(rows, "rows and by both name %s: break it down by another segment", quote(tab.Rows))
			case !broken(f.Question) && !f.Counted():
				o.fail(rows, "rows names %s, which has no published figures: name a choice, a rating, a number or yes_no", quote(tab.Rows))
			}
		})
	}
	return tabs
}
