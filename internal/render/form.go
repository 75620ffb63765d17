package render

import (
	"bytes"
	"html/template"
	"io"
	"slices"
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
	if err := r.questions(&b, f, p); err != nil {
		return err
	}
	if err := r.part(&b, "survey.end", f); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// questions writes the questions; those of an empty form, which is the same at each of its addresses, once.
func (r *Renderer) questions(b *bytes.Buffer, f *form, p SurveyPage) error {
	if len(p.Values)+len(p.Problems) > 0 {
		if err := r.ask(f, p); err != nil {
			return err
		}
		return r.part(b, "survey.questions", f)
	}
	if questions, ok := r.blank.get(f.Survey, f.Lang); ok {
		b.Write(questions)
		return nil
	}
	if err := r.ask(f, p); err != nil {
		return err
	}
	from := b.Len()
	if err := r.part(b, "survey.questions", f); err != nil {
		return err
	}
	r.blank.put(f.Survey, f.Lang, bytes.Clone(b.Bytes()[from:]))
	return nil
}

// blanks keeps the questions of the empty forms that were rendered last. A Survey is read only, so they stay true.
type blanks struct {
	mu   sync.Mutex
	kept [16]blank // a ring
	next int
}

type blank struct {
	survey    *survey.Survey
	language  string
	questions []byte
}

func (b *blanks) get(s *survey.Survey, language string) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.kept {
		if k := &b.kept[i]; k.survey == s && k.language == language {
			return k.questions, true
		}
	}
	return nil, false
}

func (b *blanks) put(s *survey.Survey, language string, questions []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[b.next] = blank{s, language, questions}
	b.next = (b.next + 1) % len(b.kept)
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
	Questions []question
}

// question is one question's view. Exactly one of Note, Group, Rows, Select and Box is set, or else it is a Tick.
type question struct {
	Note      template.HTML
	Group     string // layout of radio buttons or checkboxes: list, buttons, cells, stars or faces
	Rows      []row  // of a matrix
	Error     string
	Described string // ids of help and error
	Number    int    // 0 of a consent
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

// ask makes the views of the questions.
func (r *Renderer) ask(f *form, p SurveyPage) error {
	s, l := f.Survey, f.Lang
	b := builder{renderer: r, words: f.Words, language: l, values: p.Values, problems: f.problems, done: map[string][]string{}}
	f.Sections = make([]section, len(s.Sections))
	for i := range s.Sections {
		from := &s.Sections[i]
		to := &f.Sections[i]
		to.Title, to.Intro = from.Title.In(l), markdown(from.Intro.In(l))
		to.Questions = make([]question, len(from.Questions))
		for j := range from.Questions {
			b.question(&to.Questions[j], &from.Questions[j])
		}
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

// builder makes the views of questions, in order.
type builder struct {
	renderer *Renderer
	done     map[string][]string // options written for an empty form, between which names go, by what they show
	err      error               // the first of the template
	words    *wording.Words
	language string
	values   map[string][]string
	problems map[string]string
	number   int
}

func (b *builder) question(v *question, q *survey.Question) {
	if q.Type == survey.Note {
		v.Note = markdown(q.Label.In(b.language))
		return
	}
	v.Name, v.Label = q.ID, q.Label.In(b.language)
	if q.Type != survey.Consent { // which is a condition rather than a question
		b.number++
		v.Number = b.number
	}
	if q.Required {
		v.Mark = b.words.Say("required")
	}
	v.Help = b.help(q)
	v.Error = b.problems[q.ID]
	v.Described = described(q.ID, len(v.Help) > 0, v.Error != "")
	v.Value = first(b.values[q.ID])
	switch q.Type {
	case survey.SingleChoice:
		v.Group = listOf(q, b.language)
		switch q.Display {
		case "dropdown":
			v.Group, v.Select = "", true
		case "buttons":
			v.Group = "buttons"
		}
		v.Options = b.options(q, q.ID)
	case survey.MultiChoice:
		v.Group, v.Many = listOf(q, b.language), true
		v.Options = b.options(q, q.ID)
	case survey.Rating:
		switch {
		case q.Display == "stars" || q.Display == "faces":
			v.Group = q.Display
		case q.Display == "numbers" || len(q.Options) > 0 && len(q.Options[0].Label) == 0:
			v.Group = "cells"
		default:
			v.Group = "buttons"
		}
		b.steps(v, q)
	case survey.NPS:
		v.Group = "cells"
		b.steps(v, q)
	case survey.Matrix:
		b.matrix(v, q)
	case survey.YesNo:
		v.Group = "buttons"
		v.Options = []option{
			{ID: "q-" + q.ID, Value: "yes", Label: b.words.Say("yes"), Checked: slices.Contains(b.values[q.ID], "yes")},
			{Value: "no", Label: b.words.Say("no"), Checked: slices.Contains(b.values[q.ID], "no")},
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
	if v.Group != "" {
		v.Choices = b.choices(choices{v.Group, q.ID, v.Many, v.Options})
	}
}

// nobody stands for a name that is to be filled in. No field has it, since names have no hyphen.
const nobody = "no-body"

// choices writes options by their template. Most questionnaires ask everything on one scale, so that an empty form's
// are written once, and then take the name of each question and row.
func (b *builder) choices(c choices) template.HTML {
	name := c.Name
	if len(b.values[name]) > 0 {
		return template.HTML(b.write(c))
	}
	var key strings.Builder
	key.WriteString(c.Group)
	for _, o := range c.Options {
		for _, text := range []string{o.Value, o.Label, o.End} {
			if strings.Contains(text, nobody) {
				return template.HTML(b.write(c))
			}
			key.WriteByte(0)
			key.WriteString(text)
		}
	}
	pieces := b.done[key.String()]
	if pieces == nil {
		c.Name, c.Options[0].ID = nobody, "q-"+nobody
		pieces = strings.Split(b.write(c), nobody)
		b.done[key.String()] = pieces
	}
	return template.HTML(strings.Join(pieces, name))
}

func (b *builder) write(c choices) string {
	var out bytes.Buffer
	if err := b.renderer.part(&out, "survey.choices", c); err != nil && b.err == nil {
		b.err = err
	}
	return out.String()
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

func (b *builder) options(q *survey.Question, name string) []option {
	options := make([]option, len(q.Options))
	chosen := b.values[name]
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
func (b *builder) steps(v *question, q *survey.Question) {
	v.Low, v.High = q.Low.In(b.language), q.High.In(b.language)
	v.Ends = v.Low != "" || v.High != ""
	v.Options = b.options(q, q.ID)
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
		r.Choices = b.choices(choices{"row", name, false, b.options(q, name)})
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

// Thanks writes a page that follows a stored submission, with one of the survey's thank-you texts, counted from 0; a
// survey without any has one page all the same.
func (r *Renderer) Thanks(w io.Writer, s *survey.Survey, text int, language, root string) error {
	words := r.words.In(language)
	data := struct {
		page
		Survey  *survey.Survey
		Heading string
		Text    template.HTML
		Results string
		Home    string
	}{
		page:   r.page("thanks", words.Say("thanks.title"), language, root, r.languages(s, language, root, s.ThanksPath(text))),
		Survey: s, Heading: s.Title.In(language), Home: href(root, ""),
	}
	if text < len(s.Thanks) {
		data.Text = markdown(s.Thanks[text].Text.In(language))
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
