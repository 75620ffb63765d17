package render

import (
	"bytes"
	"encoding/binary"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// SurveyPage is how a survey's form is to look. The zero value, with a language and a root, is the empty form.
type SurveyPage struct {
	Language string
	Root     string              // from the page to the site's root: "../", "../../" or "../../../"
	ID       string              // submission id, if the client made one
	Channel  string              // as posted
	Values   map[string][]string // as typed, by field name
	Problems []answer.Problem    // beside their questions, and in the summary on top
	Notice   []answer.Problem    // of the submission as a whole, above the summary: [Closed], [NotStored], …
}

// Survey writes a survey's form.
func (r *Renderer) Survey(w io.Writer, s *survey.Survey, p SurveyPage) error {
	f := r.form(s, p)
	var b bytes.Buffer
	b.Grow(64 << 10)
	if err := r.part(&b, "survey.begin", f); err != nil {
		return err
	}
	if err := r.ask(f, p); err != nil {
		return err
	}
	if err := r.part(&b, "survey.questions", f); err != nil {
		return err
	}
	if err := r.part(&b, "survey.end", f); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// form is everything that survey.html shows.
type form struct {
	page
	Survey   *survey.Survey
	Heading  string
	Facts    []string // window, minutes
	Intro    template.HTML
	Action   string
	ID       string
	Channel  string
	Notice   []notice
	Summary  []summary
	Sections []section
	Contact  *contact
	Document string
	Results  string // address; "" unless they are public

	problems map[string]string // first message by field
}

// notice is what is amiss with the submission as a whole.
type notice struct{ Title, Text string }

// summary is one line of the list of problems.
type summary struct{ Href, Label, Message string }

type section struct {
	Title     string
	Intro     template.HTML
	Questions template.HTML // each as the template survey.question writes it
}

// question is one question's view. Exactly one of Note, Group, Rows, Select and Box is set, or else it is a Tick. What a
// blank one shows beside Name, Label and Number must be in [keyOf].
type question struct {
	Note      template.HTML
	Group     string // layout of radio buttons or checkboxes: list, buttons, cells, stars or faces
	Rows      []row  // of a matrix
	Error     string
	Described string // ids of help and error
	Number    string // "" of a consent
	Label     string
	Mark      string        // "required", in words
	Choices   template.HTML // the options of a group, as the template survey.choices writes them
	Many      bool          // checkboxes
	Ends      bool          // Low and High are shown
	Tick      bool          // a single checkbox
	Select    bool
	Box       string // input type, or textarea

	Name      string // posted; also names the ids of its parts: q-NAME is the first input, h-NAME help, e-NAME error
	Help      []string
	Low, High string
	Heads     []string // of a matrix
	Choose    string   // of a drop-down list: "please choose"
	Options   []option
	Value     string
	Mode      string // inputmode
	Fill      string // autocomplete
	Unit      string
	Min, Max  string // of a date box
	Checked   bool
}

// row is one line of a matrix.
type row struct {
	Name, Label, Mark, Error string
	Choices                  template.HTML
}

// choices is what the template survey.choices writes: the options of a group, or of a row of a matrix.
type choices struct {
	Group, Name string
	Many        bool
	Options     []option
}

// option is one radio button, checkbox or choice of a drop-down list.
type option struct {
	ID      string // of the first one, where the summary links to
	Value   string
	Label   string
	End     string // label of the end of the scale it is at; for those who cannot see where it stands
	Mouth   int    // of a face: where its curve pulls to
	Checked bool
}

type contact struct{ Name, Email, Phone string }

func (r *Renderer) form(s *survey.Survey, p SurveyPage) *form {
	l := p.Language
	title := s.Title.In(l)
	f := &form{
		page:   r.page("survey", title, l, p.Root, r.languages(s, l, p.Root, "")),
		Survey: s, Heading: title, Intro: markdown(s.Intro.In(l)), Action: p.Root + "api/surveys/" + s.ID + "/responses",
		ID: p.ID, Channel: p.Channel,
	}
	f.Facts = facts(f.Words, s)
	if s.Contact != nil {
		f.Contact = &contact{s.Contact.Name.In(l), s.Contact.Email, s.Contact.Phone}
	}
	if d := s.Document; d != nil {
		f.Document = d.Number
		if d.Version != "" {
			f.Document = f.Say("document", "number", d.Number, "version", d.Version)
		}
	}
	if s.Results.Audience == "public" {
		f.Results = address(s, l, p.Root, "results/")
	}
	for _, n := range p.Notice {
		title := "notice." + string(n.Code)
		if !f.Has(title) { // a code of package answer
			title = "notice." + string(NotStored)
		}
		f.Notice = append(f.Notice, notice{f.Say(title), message(f.Words, n)})
	}
	f.problems = map[string]string{}
	for _, pr := range p.Problems {
		line := summary{Message: message(f.Words, pr)}
		name := pr.Field
		if name == "" {
			name = pr.Question
		}
		if field, ok := s.Field(name); ok {
			line.Href, line.Label = "#q-"+name, field.Label().In(l)
		} else if q := find(s, name); q != nil {
			line.Href, line.Label = "#q-"+name, q.Label.In(l)
		}
		f.Summary = append(f.Summary, line)
		if _, more := f.problems[name]; !more {
			f.problems[name] = line.Message
		}
	}
	if len(f.Summary)+len(f.Notice) > 0 {
		f.Title = f.Say("errors.prefix", "title", title)
	}
	return f
}

// ask writes the questions.
func (r *Renderer) ask(f *form, p SurveyPage) error {
	s, l := f.Survey, f.Lang
	b := builder{renderer: r, words: f.Words, language: l, values: p.Values, problems: f.problems}
	f.Sections = make([]section, len(s.Sections))
	for i := range s.Sections {
		from := &s.Sections[i]
		b.out.Reset()
		for j := range from.Questions {
			b.question(&from.Questions[j])
		}
		f.Sections[i] = section{from.Title.In(l), markdown(from.Intro.In(l)), template.HTML(b.out.String())}
	}
	return b.err
}

func find(s *survey.Survey, id string) *survey.Question {
	for q := range s.Questions() {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// facts are what one wants to know before beginning: until when, and how long it takes.
func facts(w *wording.Words, s *survey.Survey) []string {
	facts := window(w, s)
	if s.Minutes > 0 {
		facts = append(facts, w.Say("minutes", "n", s.Minutes))
	}
	return facts
}

// window says when answers are taken; nothing where there is no limit.
func window(w *wording.Words, s *survey.Survey) []string {
	from, until := w.Date(string(s.Window.From)), w.Date(string(s.Window.Until))
	switch {
	case from != "" && until != "":
		return []string{w.Say("window.between", "from", from, "until", until)}
	case from != "":
		return []string{w.Say("window.from", "from", from)}
	case until != "":
		return []string{w.Say("window.until", "until", until)}
	}
	return nil
}

// builder writes questions, in order.
type builder struct {
	renderer *Renderer
	out      bytes.Buffer
	err      error // the first of the template
	words    *wording.Words
	language string
	values   map[string][]string
	problems map[string]string
	number   int
}

// question writes one question. Most questionnaires ask everything in a few ways, so that what is still blank is drawn
// once for all questions that differ in name, label and number alone.
func (b *builder) question(q *survey.Question) {
	var v question
	if q.Type == survey.Note {
		v.Note = markdown(q.Label.In(b.language))
		b.draw(&b.out, "survey.question", &v)
		return
	}
	label, number := q.Label.In(b.language), ""
	if q.Type != survey.Consent { // which is a condition rather than a question
		b.number++
		number = strconv.Itoa(b.number)
	}
	if q.Type != survey.Matrix && b.problems[q.ID] == "" && len(b.values[q.ID]) == 0 {
		anyNumber := noNumber
		if number == "" {
			anyNumber = ""
		}
		b.view(&v, q, noName, noLabel, anyNumber)
		draw := func(out *bytes.Buffer) { b.drawQuestion(out, &v) }
		if b.fill(&b.out, keyOf(q, &v), draw, q.ID, label, number) {
			return
		}
		v = question{}
	}
	b.view(&v, q, q.ID, label, number)
	b.drawQuestion(&b.out, &v)
}

func (b *builder) drawQuestion(out *bytes.Buffer, v *question) {
	if v.Group != "" {
		var drawn bytes.Buffer
		b.draw(&drawn, "survey.choices", choices{v.Group, v.Name, v.Many, v.Options})
		v.Choices = template.HTML(drawn.String())
	}
	b.draw(out, "survey.question", v)
}

// rowChoices writes the options of a row of a matrix.
func (b *builder) rowChoices(q *survey.Question, name string) template.HTML {
	var out bytes.Buffer
	chosen := b.values[name]
	options := b.options(q, noName, chosen)
	draw := func(out *bytes.Buffer) { b.draw(out, "survey.choices", choices{"row", noName, false, options}) }
	if len(chosen) > 0 || !b.fill(&out, optionsKey([]byte("row"), options), draw, name, "", "") {
		b.draw(&out, "survey.choices", choices{"row", name, false, b.options(q, name, chosen)})
	}
	return template.HTML(out.String())
}

func (b *builder) draw(out *bytes.Buffer, name string, view any) {
	if err := b.renderer.part(out, name, view); err != nil && b.err == nil {
		b.err = err
	}
}

// These stand for what is to be filled in.
const (
	noThing  = "glasspoll-no-"
	noName   = noThing + "name"
	noLabel  = noThing + "label"
	noNumber = noThing + "number"
)

// piece is a stretch of what was drawn, and what follows it: noName, noLabel, noNumber, or nothing.
type piece struct{ text, then string }

// keyOf says all that a blank question shows but its name, label and number. Each text stands after its length.
func keyOf(q *survey.Question, v *question) []byte {
	key := make([]byte, 0, 512)
	for _, text := range [...]string{string(q.Type), q.Display, v.Group, v.Mark, v.Low, v.High, v.Mode, v.Unit, v.Min, v.Max} {
		key = appendText(key, text)
	}
	for _, text := range v.Help {
		key = appendText(key, text)
	}
	return optionsKey(append(key, 0xff), v.Options)
}

func optionsKey(key []byte, options []option) []byte {
	for i := range options {
		key = appendText(appendText(appendText(key, options[i].Value), options[i].Label), options[i].End)
	}
	return key
}

func appendText(key []byte, text string) []byte {
	return append(binary.AppendUvarint(key, uint64(len(text))), text...)
}

// fill writes what is drawn for a key, and draws it first if it has not been yet. It does nothing and returns false
// where an author's own text could be taken for something to be filled in.
func (b *builder) fill(out *bytes.Buffer, key []byte, draw func(*bytes.Buffer), name, label, number string) bool {
	if bytes.Contains(key, []byte(noThing)) {
		return false
	}
	key = append(key, b.words.Language()...)
	pieces := b.renderer.blanks.get(key)
	if pieces == nil {
		var drawn bytes.Buffer
		if draw(&drawn); b.err != nil {
			return true
		}
		pieces = split(drawn.String())
		b.renderer.blanks.put(key, pieces)
	}
	label = escaper.Replace(label)
	for i := range pieces {
		out.WriteString(pieces[i].text)
		switch pieces[i].then {
		case noName:
			out.WriteString(name)
		case noLabel:
			out.WriteString(label)
		case noNumber:
			out.WriteString(number)
		}
	}
	return true
}

// blanks keeps what has been drawn, for all pages of a renderer. It holds texts of questionnaires only, none of
// respondents, so that it grows with what authors write; it begins anew before that is much.
type blanks struct {
	mu    sync.RWMutex
	drawn map[string][]piece
}

const maxBlanks = 4096 // of some kilobytes each

func (b *blanks) get(key []byte) []piece {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.drawn[string(key)]
}

func (b *blanks) put(key []byte, pieces []piece) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == nil || len(b.drawn) >= maxBlanks {
		b.drawn = map[string][]piece{}
	}
	b.drawn[string(key)] = pieces
}

func split(drawn string) []piece {
	var pieces []piece
	from := 0
	for at := 0; ; {
		next := strings.Index(drawn[at:], noThing)
		if next < 0 {
			return append(pieces, piece{text: drawn[from:]})
		}
		at += next
		for _, then := range [...]string{noName, noLabel, noNumber} {
			if strings.HasPrefix(drawn[at:], then) {
				pieces = append(pieces, piece{drawn[from:at], then})
				from = at + len(then)
				break
			}
		}
		at += len(noThing)
	}
}

// escaper does to a text what html/template does to it between tags and in quoted attributes.
var escaper = strings.NewReplacer(`"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;", "\x00", "\uFFFD")

// view makes the view of a question.
func (b *builder) view(v *question, q *survey.Question, name, label, number string) {
	v.Name, v.Label, v.Number = name, label, number
	chosen := b.values[q.ID]
	if q.Required {
		v.Mark = b.words.Say("required")
	}
	v.Help = b.help(q)
	v.Error = b.problems[q.ID]
	v.Described = described(name, len(v.Help) > 0, v.Error != "")
	v.Value = first(chosen)
	switch q.Type {
	case survey.SingleChoice:
		v.Group = listOf(q, b.language)
		switch q.Display {
		case "dropdown":
			v.Group, v.Select, v.Choose = "", true, b.words.Say("choose")
		case "buttons":
			v.Group = "buttons"
		}
		v.Options = b.options(q, name, chosen)
	case survey.MultiChoice:
		v.Group, v.Many = listOf(q, b.language), true
		v.Options = b.options(q, name, chosen)
	case survey.Rating:
		switch {
		case q.Display == "stars" || q.Display == "faces":
			v.Group = q.Display
		case q.Display == "numbers" || len(q.Options) > 0 && len(q.Options[0].Label) == 0:
			v.Group = "cells"
		default:
			v.Group = "buttons"
		}
		b.steps(v, q, chosen)
	case survey.NPS:
		v.Group = "cells"
		b.steps(v, q, chosen)
	case survey.Matrix:
		b.matrix(v, q)
	case survey.YesNo:
		v.Group = "buttons"
		v.Options = []option{
			{ID: "q-" + name, Value: "yes", Label: b.words.Say("yes"), Checked: slices.Contains(chosen, "yes")},
			{Value: "no", Label: b.words.Say("no"), Checked: slices.Contains(chosen, "no")},
		}
	case survey.Consent:
		v.Tick, v.Checked = true, v.Value == "yes"
	case survey.Number:
		v.Box, v.Mode, v.Unit = "text", "decimal", q.Unit.In(b.language)
		if q.Step != nil && *q.Step%survey.One == 0 && q.Min != nil && *q.Min >= 0 && *q.Min%survey.One == 0 {
			v.Mode = "numeric"
		}
	case survey.LongText:
		v.Box = "textarea"
	case survey.Email:
		v.Box, v.Fill = "email", "email"
	case survey.Phone:
		v.Box, v.Fill = "tel", "tel"
	case survey.DateType:
		v.Box, v.Min, v.Max = "date", string(q.Earliest), string(q.Latest)
		if _, err := time.Parse(time.DateOnly, v.Value); err != nil && v.Value != "" {
			v.Box, v.Min, v.Max = "text", "", "" // a date box would drop what it cannot read
		}
	default:
		v.Box = "text"
	}
}

// help is the author's help, and the bounds of the answer in words.
func (b *builder) help(q *survey.Question) []string {
	var help []string
	if h := q.Help.In(b.language); h != "" {
		help = append(help, h)
	}
	w := b.words
	switch {
	case q.Type == survey.MultiChoice && q.AtLeast > 1 && q.AtMost == q.AtLeast:
		help = append(help, w.Say("hint.choose_exactly", "n", q.AtLeast))
	case q.Type == survey.MultiChoice && q.AtLeast > 1 && q.AtMost > 0:
		help = append(help, w.Say("hint.choose_between", "min", q.AtLeast, "max", q.AtMost))
	case q.Type == survey.MultiChoice && q.AtLeast > 1:
		help = append(help, w.Say("hint.choose_min", "min", q.AtLeast))
	case q.Type == survey.MultiChoice && q.AtMost > 0:
		help = append(help, w.Say("hint.choose_max", "max", q.AtMost))
	case q.Type == survey.MultiChoice:
		help = append(help, w.Say("hint.choose_any"))
	case q.Min != nil && q.Max != nil:
		help = append(help, w.Say("hint.between", "min", *q.Min, "max", *q.Max))
	case q.Min != nil:
		help = append(help, w.Say("hint.min", "min", *q.Min))
	case q.Max != nil:
		help = append(help, w.Say("hint.max", "max", *q.Max))
	case q.Earliest != "" && q.Latest != "":
		help = append(help, w.Say("hint.between", "min", w.Date(string(q.Earliest)), "max", w.Date(string(q.Latest))))
	case q.Earliest != "":
		help = append(help, w.Say("hint.earliest", "min", w.Date(string(q.Earliest))))
	case q.Latest != "":
		help = append(help, w.Say("hint.latest", "max", w.Date(string(q.Latest))))
	}
	if q.Private {
		help = append(help, w.Say("hint.private"))
	}
	return help
}

func (b *builder) options(q *survey.Question, name string, chosen []string) []option {
	options := make([]option, len(q.Options))
	for i := range q.Options {
		o := &q.Options[i]
		options[i] = option{Value: o.ID, Label: label(o, b.language), Checked: len(chosen) > 0 && slices.Contains(chosen, o.ID)}
	}
	if len(options) > 0 {
		options[0].ID = "q-" + name
	}
	return options
}

// steps are options in a row, with the ends of the scale named.
func (b *builder) steps(v *question, q *survey.Question, chosen []string) {
	v.Low, v.High = q.Low.In(b.language), q.High.In(b.language)
	v.Ends = v.Low != "" || v.High != ""
	v.Options = b.options(q, v.Name, chosen)
	last := len(v.Options) - 1
	if v.Group == "cells" { // one row on a phone, or two that balance
		switch {
		case last < 7:
			v.Group = "cells few"
		case last == 9:
			v.Group = "cells ten"
		}
	}
	for i := range v.Options {
		o := &v.Options[i]
		if (v.Group == "stars" || v.Group == "faces") && len(q.Options[i].Label) == 0 {
			o.Label = b.words.Say("step", "n", i+1, "max", last+1)
		}
		if last > 0 {
			o.Mouth = 11 + (8*i+last/2)/last
		}
	}
	if last > 0 {
		v.Options[0].End, v.Options[last].End = v.Low, v.High
	}
}

func (b *builder) matrix(v *question, q *survey.Question) {
	v.Mark = ""
	for i := range q.Options {
		v.Heads = append(v.Heads, label(&q.Options[i], b.language))
	}
	v.Rows = make([]row, len(q.Rows))
	all := true
	for i := range q.Rows {
		name := q.ID + "." + q.Rows[i].ID
		r := row{Name: name, Label: q.Rows[i].Label.In(b.language), Error: b.problems[name]}
		r.Choices = b.rowChoices(q, name)
		all = all && q.Rows[i].Required
		v.Rows[i] = r
	}
	for i := range q.Rows { // said once for the whole, if it holds for the whole
		switch {
		case all:
			v.Mark = b.words.Say("required_rows")
		case q.Rows[i].Required:
			v.Rows[i].Mark = b.words.Say("required")
		}
	}
}

// listOf lays options in columns where they have no order of better and worse and are short enough.
func listOf(q *survey.Question, language string) string {
	longest := 0
	for i := range q.Options {
		if q.Options[i].Score != nil {
			return "list"
		}
		width := 0
		for _, c := range q.Options[i].Label.In(language) {
			width++
			if c >= 0x2e80 { // CJK: twice as wide
				width++
			}
		}
		longest = max(longest, width)
	}
	switch {
	case len(q.Options) > 4 && longest <= 16:
		return "list short"
	case len(q.Options) > 5 && longest <= 32:
		return "list mid"
	}
	return "list"
}

// label is what an option is called; a step without a name is called by its number.
func label(o *survey.Option, language string) string {
	if text := o.Label.In(language); text != "" {
		return text
	}
	return o.ID
}

func described(name string, help, problem bool) string {
	switch {
	case help && problem:
		return "h-" + name + " e-" + name
	case help:
		return "h-" + name
	case problem:
		return "e-" + name
	}
	return ""
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// Thanks writes the page that follows a stored submission.
func (r *Renderer) Thanks(w io.Writer, s *survey.Survey, language, root string) error {
	words := r.words.In(language)
	data := struct {
		page
		Survey  *survey.Survey
		Heading string
		Text    template.HTML
		Results string
		Home    string
	}{
		page:   r.page("thanks", words.Say("thanks.title"), language, root, r.languages(s, language, root, "thanks/")),
		Survey: s, Heading: s.Title.In(language), Text: markdown(s.Thanks.In(language)), Home: href(root, ""),
	}
	if s.Results.Audience == "public" {
		data.Results = address(s, language, root, "results/")
	}
	return r.execute(w, "thanks.html", data)
}

// NoticePage is a page that says why there is no other.
type NoticePage struct {
	Language string
	Root     string
	Code     answer.Code // [NotFound], [BadMethod], …
	Args     []any       // for its wording
}

// Notice writes a page that says why there is no other.
func (r *Renderer) Notice(w io.Writer, p NoticePage) error {
	words := r.words.In(p.Language)
	data := struct {
		page
		Text string
		Home string
	}{
		page: r.page("notice", words.Say("notice."+string(p.Code)), p.Language, p.Root, nil),
		Text: message(words, answer.Problem{Code: p.Code, Args: p.Args}), Home: href(p.Root, ""),
	}
	return r.execute(w, "notice.html", data)
}

// Home writes the list of surveys in one of the site's languages; each is named in that language if it speaks it, else
// in its own. The first of languages is the one of the address "/".
func (r *Renderer) Home(w io.Writer, surveys []*survey.Survey, language string, languages []string, root string) error {
	type card struct {
		Lang      string
		Title     string
		Facts     []string
		Href      string
		Results   string
		Languages []link
	}
	words := r.words.In(language)
	var links []link
	if len(languages) > 1 {
		for i, l := range languages {
			path := l + "/"
			if i == 0 {
				path = ""
			}
			links = append(links, link{Lang: l, Href: href(root, path), Name: r.name(l), Current: l == language})
		}
	}
	cards := make([]card, len(surveys))
	for i, s := range surveys {
		l := language
		if !s.Speaks(l) {
			l = s.DefaultLanguage()
		}
		c := card{Lang: l, Title: s.Title.In(l), Facts: facts(words, s), Href: address(s, l, root, ""), Languages: r.languages(s, l, root, "")}
		if s.Results.Audience == "public" {
			c.Results = address(s, l, root, "results/")
		}
		cards[i] = c
	}
	return r.execute(w, "home.html", struct {
		page
		Cards []card
	}{r.page("home", words.Say("home.title"), language, root, links), cards})
}
