// Package questionnaire parses YAML into a checked [survey.Survey], or into a list of all problems of the file, each with its
// position and, where there is an obvious one, its fix. It also reads a questionnaire's sidecar files, and writes the JSON
// Schema of all these files. It is pure: bytes in, values out.
package questionnaire

import (
	"path"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Bounds of one questionnaire: far above any real one, and low enough to keep parsing cheap.
const (
	maxFile      = 512 << 10 // bytes
	maxQuestions = 500
	maxOptions   = 200
	maxDepth     = 40  // of nested YAML values
	maxCohorts   = 200 // combinations of the segments' values
)

// IsFile reports whether a file name is a questionnaire's, and not that of a sidecar or of the site's theme.
func IsFile(name string) bool {
	_, kind := Sidecar(name)
	return isYAML(name) && kind == "" && name != "theme.yaml" && !strings.HasPrefix(name, ".")
}

func isYAML(name string) bool { return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml" }

// Parse compiles one questionnaire. It returns a Survey or, sorted, every problem of the file; never both. file names the
// source in problems and, without its extension, is the default id.
func Parse(file string, source []byte) (*survey.Survey, Problems) {
	return ParseWith(file, source, Files{})
}

// ParseWith is Parse with the files that the questionnaire names. Pages show no pictures that have not been read.
func ParseWith(file string, source []byte, files Files) (*survey.Survey, Problems) {
	r := newReader(file)
	r.slips, r.files = slipsFirst, files
	s := r.questionnaire(source)
	if len(r.problems) > 0 {
		if fixed := parseFixed(file, source, files); fixed != nil {
			r = fixed
		}
		return nil, r.problems.sorted()
	}
	if s.Anonymity == survey.Anonymous && files.Keys != nil {
		keys, err := files.Keys(s.ID)
		if err != nil {
			return nil, Problems{{File: file, Line: 1, Column: 1, Message: message.Of(err)}}
		}
		s.Keys = keys
	}
	if err := s.Seal(); err != nil {
		return nil, Problems{{File: file, Message: message.Of(err)}} // only a timezone that vanished since it was checked
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

// survey reads the whole definition. It reads the languages first, because every text depends on them.
func (r *reader) survey(root *yaml.Node) *survey.Survey {
	if r.isMalformed(root, 0) {
		return nil
	}
	r.mergeKeys(root)
	r.wrapQuestions(root)
	o := r.object(root, &questionnaireMapping)
	if o.node == nil {
		return nil
	}
	o.readLanguages()
	s := &survey.Survey{
		ID:             o.surveyID(),
		Languages:      r.languages,
		Purpose:        o.text("purpose"),
		Intro:          o.text("intro"),
		Minutes:        o.integer("minutes", 0),
		Thanks:         o.thanks(),
		Contact:        o.contact(),
		Document:       o.qualityDocument(),
		Plan:           o.plan(),
		Window:         o.window(),
		Timezone:       o.timezone(),
		Period:         survey.Period(o.word("period", "none")),
		Audience:       o.audience(),
		Channels:       o.channels(),
		Access:         o.access(),
		Anonymity:      survey.Anonymity(o.word("anonymity", "")),
		Quality:        o.quality(),
		Sealing:        o.sealing(),
		Unlisted:       !o.boolean("listed", true),
		KeepDuplicates: o.word("duplicates", "drop") == "keep",
		Theme:          o.theme(),
	}
	switch o.word("layout", "page") {
	case "steps":
		s.Steps = true
	case "cards":
		s.Cards = true
	}
	s.Privacy = o.privacy(s)
	s.Title = o.text("title")
	s.Scoring = o.scoring()
	s.Weighting = o.weighting()
	s.Results = o.results()
	s.Sections = o.sections(o.scales(), s)
	s.Alerts = o.alerts()
	s.Deadlines = o.deadlines()
	o.checkInvitations(s)
	o.checkReferences(s)
	return s
}

// wrapQuestions reports questions outside of any section, and puts them into one.
func (r *reader) wrapQuestions(root *yaml.Node) {
	k := questionsKey(root)
	if k == nil || keyOf(root, "sections") != nil {
		return
	}
	r.fail(k, "questions belong in sections: write \"sections:\", below it \"  - questions:\", and the questions below that, indented further")
	i := slices.Index(root.Content, k)
	k.Value = "questions"
	section := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: k.Line, Column: k.Column, Content: []*yaml.Node{k, root.Content[i+1]}}
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "sections", Line: k.Line, Column: k.Column}
	root.Content[i], root.Content[i+1] = name, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: k.Line, Column: k.Column, Content: []*yaml.Node{section}}
}

// questionsKey finds the key of the questions, also with capitals or in another language; nil if there is none.
func questionsKey(root *yaml.Node) *yaml.Node {
	if k := keyOf(root, "questions"); k != nil || root.Kind != yaml.MappingNode {
		return k
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		word := strings.ToLower(root.Content[i].Value)
		if target(root.Content[i+1]).Kind == yaml.SequenceNode && (word == "questions" || slices.Contains(synonyms[word], "questions")) {
			return root.Content[i]
		}
	}
	return nil
}

// wideSpaces look like indentation, but YAML reads them as part of a key.
const wideSpaces = "\u3000\u00A0"

// isMalformed reports problems that keep the whole tree from being read: very deep nesting, and wide spaces that were meant
// as indentation and became part of a key.
func (r *reader) isMalformed(n *yaml.Node, depth int) bool {
	if depth > maxDepth {
		r.fail(n, "nested more than %d levels deep: check the indentation and brackets above", maxDepth)
		return true
	}
	for i, c := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0
		if isKey && strings.HasPrefix(strings.TrimLeft(c.Value, wideSpaces), "- ") != strings.HasPrefix(c.Value, "- ") {
			r.report(c.Line, c.Column, wideIndent([]rune(c.Value)[0]))
			return true
		}
		if r.isMalformed(c, depth+1) {
			return true
		}
	}
	return false
}

func wideIndent(space rune) message.Text {
	return message.New("a wide or non-breaking space (U+%04X) cannot indent YAML: use ordinary spaces", space)
}

func (o object) surveyID() string {
	base := path.Base(strings.ReplaceAll(o.file, "\\", "/"))
	base = strings.TrimSuffix(base, path.Ext(base))
	id := o.id("")
	switch {
	case slices.Contains(reservedIDs, id):
		o.fail(o.values["id"], "id %s is an address of the site itself: choose another", quote(id))
	case o.keys["id"] != nil:
	case !surveyID.MatchString(base) || len(base) > maxID || slices.Contains(reservedIDs, base):
		o.fail(o.node, "the file's name %s cannot be the survey's id: add \"id: …\" with lower-case letters a–z, digits, _ and -", quote(base))
	default:
		id = base
	}
	return id
}

func (o object) contact() *survey.Contact { return o.person("contact") }

// person reads whom somebody may ask.
func (o object) person(name string) *survey.Contact {
	if !o.has(name) {
		return nil
	}
	c := o.object(o.values[name], &contactMapping)
	return &survey.Contact{Name: c.text("name"), Email: c.email("email"), Phone: c.plain("phone")}
}

func (o object) email(name string) string {
	address := o.plain(name)
	if o.has(name) && address != "" && !survey.ValidEmail(address) {
		o.fail(o.values[name], "%s is not an e-mail address such as name@example.com", quote(address))
	}
	return address
}

// qualityDocument reads the questionnaire's entry in the quality manual.
func (o object) qualityDocument() *survey.Document {
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
		o.fail(w.values["until"], "the window ends on %s, before it begins on %s: exchange the two dates or correct one", window.Until, window.From)
	}
	return window
}

func (o object) timezone() string {
	const fallback = "UTC"
	s, ok := o.scalar("timezone")
	if !ok {
		return fallback
	}
	if _, err := time.LoadLocation(s.Value); err != nil || s.Value == "Local" {
		for _, meant := range synonyms[strings.ToLower(s.Value)] {
			if strings.Contains(meant, "/") {
				o.fail(s, "unknown timezone %s%s", quote(s.Value), didYouMean(meant))
				return fallback
			}
		}
		o.fail(s, "unknown timezone %s: write one such as Asia/Shanghai, Europe/Berlin or UTC", quote(s.Value))
		return fallback
	}
	return s.Value
}

func (o object) channels() []string {
	channels, nodes := o.words("channels", func(word string) string { return fixID(word, questionID, "channel") })
	defer o.take(channels)()
	o.reader.channelless = o.keys["channels"] != nil && len(channels) == 0
	for i, c := range channels {
		if !isName(c) {
			o.fail(nodes[i], "channel %s may have only lower-case letters a–z, digits and _, starting with a letter%s", quote(c), o.idHint(c, questionID, "channel"))
		}
	}
	return channels
}

// checkReferences checks what needs the whole survey: that names exist, and that the segments make few cohorts.
func (o object) checkReferences(s *survey.Survey) {
	s.Index()
	o.compileConditions(s)
	s.Index() // again, because what questions inherit depends on the conditions
	o.checkSegments(s)
	o.checkPipes(s)
	if s.Scoring.Overall != "" {
		o.checkOverall(s)
	}
	for _, check := range o.deferred {
		check(s)
	}
	cohorts := 1
	for _, f := range s.Segments() {
		cohorts *= len(f.Options()) + 1
		if cohorts > maxCohorts {
			o.fail(o.lastSegment(s), "the segments make %d groups or more, and at most %d are allowed: remove segment: true from a question, or shorten its options", cohorts, maxCohorts)
			break
		}
	}
}

// lastSegment returns the node that declares the last segment.
func (o object) lastSegment(s *survey.Survey) *yaml.Node {
	segments := s.Segments()
	at := o.segments[segments[len(segments)-1].Question.ID]
	if at == nil {
		return o.node
	}
	return at
}

func fieldNames(s *survey.Survey) []string {
	var names []string
	for _, f := range s.Fields() {
		names = append(names, f.Name)
	}
	return names
}
