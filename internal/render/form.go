package render

import (
	"bytes"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
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
	return r.whole(w, func(b *bytes.Buffer) error {
		if err := r.part(b, "survey.begin", f.Words, f); err != nil {
			return err
		}
		if err := r.ask(f, p); err != nil {
			return err
		}
		if err := r.part(b, "survey.questions", f.Words, f); err != nil {
			return err
		}
		return r.part(b, "survey.end", f.Words, f)
	})
}

// form is everything that survey.html shows.
type form struct {
	Frame
	Survey   *survey.Survey
	Heading  string
	Facts    []string // window, minutes
	Intro    template.HTML
	Action   string
	ID       string
	Channel  string
	Notice   []notice
	Shut     bool // no answers are taken: there is nothing to send
	Summary  []summary
	Sections []section
	Contact  *contact
	Document string
	Results  string // address; "" unless they are public
	Rules    template.JS

	Telephone bool // staff may write down what is said on the telephone

	problems map[string]string // first message by field
	speaker  *Texts
}

// notice is what is amiss with the submission as a whole.
type notice struct{ Title, Text string }

// summary is one line of the list of problems.
type summary struct{ Href, Label, Message string }

// Asks reports whether the label ends with a mark of its own, so that no colon follows.
func (s summary) Asks() bool {
	return strings.HasSuffix(s.Label, "?") || strings.HasSuffix(s.Label, "？") || strings.HasSuffix(s.Label, "؟")
}

type section struct {
	When      string // it applies, in words
	Title     template.HTML
	Intro     template.HTML
	Questions []template.HTML // each as the template survey.question writes it
}

// question is one question's view. Exactly one of Note, Hidden, Group, Rows, Pairs, Lines, Select and Box is set, or else
// it is a Tick. What a blank one shows beside Name, Label and Number must be in its look.
type question struct {
	*wording.Words
	Note      template.HTML
	Hidden    bool
	Group     string // layout of radio buttons or checkboxes: list, buttons, cells, stars or faces
	Rows      []row  // of a matrix
	Pairs     []pair // of an importance_matrix
	Lines     []line // of a ranking or constant_sum
	Error     string
	Described string // ids of condition, help and error
	Number    int    // 0 of a consent
	Label     template.HTML
	When      string        // it applies, in words
	Must      string        // when it is required, in words
	Mark      string        // "required", in words
	Perhaps   bool          // Mark holds only under a condition
	Choices   template.HTML // the options of a group, as the template survey.choices writes them
	Many      bool          // checkboxes
	Ends      bool          // Low and High are shown
	Tick      bool          // a single checkbox
	Select    bool
	Box       string // input type, or textarea

	Name      string // posted; also names the ids of its parts: q-NAME is the first input, h-NAME help, e-NAME error
	Help      []template.HTML
	Low, High string
	Heads     []template.HTML // of a matrix
	Options   []option
	Other     *other
	Value     string
	Mode      string // inputmode
	Fill      string // autocomplete
	Unit      string
	Min, Max  string // of a date box or slider
	Step      string // of a slider
	Slider    bool   // with a script; without, it is a box
	Checked   bool
	Most      int    // of a ranking: how many ranks
	Total     string // of a constant_sum
}

// row is one line of a matrix, or a part of a pair.
type row struct {
	Name, Mark, Error string
	Label             template.HTML
	Choices           template.HTML
}

// pair is one line of an importance_matrix: how important, and how well done.
type pair struct {
	Name, Mark string
	Label      template.HTML
	Parts      []row
}

// line is one option of a ranking or constant_sum.
type line struct {
	Name, Value, Error string
	Label              template.HTML
	When               string
	Ranks              []option
}

// other is the box beside the option that has a text of its own.
type other struct{ Name, Label, Value, Error string }

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
	Label   template.HTML
	Text    string // of a choice of a drop-down list that the script has to write anew: as the author wrote it
	When    string // it can be chosen, in words
	End     string // label of the end of the scale it is at; for those who cannot see where it stands
	Mouth   int    // of a face: where its curve pulls to
	Alone   bool   // excludes all others
	Checked bool
}

type contact struct{ Name, Email, Phone string }

func (r *Renderer) form(s *survey.Survey, p SurveyPage) *form {
	l := p.Language
	title := s.Title.In(l)
	f := &form{
		Frame:  r.Frame("survey", title, l, p.Root, r.LanguageLinks(s, l, p.Root, "")),
		Survey: s, Heading: title, Intro: markdown(s.Intro.In(l)), Action: p.Root + "api/surveys/" + s.ID + "/responses",
		ID: p.ID, Channel: p.Channel, Telephone: slices.Contains(s.Channels, telephone),
	}
	f.Facts = facts(f.Words, s)
	if f.Private = s.Unlisted || len(p.Problems)+len(p.Notice) > 0; len(p.Values)+len(p.Problems)+len(p.Notice) == 0 {
		f.Share(Address(s, l, "", ""), Description(s.Intro.In(l)))
	}
	f.speaker = NewTexts(s, f.Words, l)
	if lively(s) && len(p.Values) > 0 {
		f.speaker.state, f.speaker.typed = answer.Examine(s, p.Values, p.Channel, l), p.Values
	}
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
		f.Results = Address(s, l, p.Root, "results/")
	}
	for _, n := range p.Notice {
		title := "notice." + string(n.Code)
		if !f.Has(title) { // a code of package answer
			title = "notice." + string(answer.NotStored)
		}
		f.Notice = append(f.Notice, notice{f.Say(title), message(f.Words, n)})
		f.Shut = f.Shut || n.Code == answer.Closed || n.Code == answer.NotOpenYet
	}
	if f.Shut {
		f.Script = Asset{} // there is nothing to do
	}
	f.problems = map[string]string{}
	for _, pr := range p.Problems {
		line := summary{Message: message(f.Words, pr)}
		name := pr.Field
		if name == "" {
			name = pr.Question
		}
		if q := find(s, pr.Question); q != nil && pr.Code == answer.Failed { // of the question as a whole
			line.Href, line.Label = "#q-"+name, f.speaker.Plain(q.Label.In(l))
			name = q.ID
		} else if field, ok := s.Field(name); ok {
			line.Href, line.Label = "#q-"+name, f.speaker.Plain(f.called(field))
		} else if q := find(s, name); q != nil {
			line.Href, line.Label = "#q-"+name, f.speaker.Plain(q.Label.In(l))
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

// called is what a field is called where it stands alone.
func (f *form) called(field survey.Field) string {
	switch field.Part {
	case survey.ImportancePart:
		return f.Say("importance_of", "item", field.Label().In(f.Lang))
	case survey.SatisfactionPart:
		return f.Say("satisfaction_of", "item", field.Label().In(f.Lang))
	}
	if field.Option != nil {
		return OptionLabel(f.Words, field.Option, f.Lang)
	}
	return field.Label().In(f.Lang)
}

// ask makes the views of the questions.
func (r *Renderer) ask(f *form, p SurveyPage) error {
	s := f.Survey
	b := r.builder(f, p)
	for i := range s.Sections {
		from := &s.Sections[i]
		if b.conditions.never(from.ShowIf) {
			continue
		}
		to := section{When: b.conditions.sentence("when.section", from.ShowIf), Title: b.say(from.Title), Intro: f.speaker.Markdown(from.Intro.In(f.Lang))}
		for j := range from.Questions {
			if q := &from.Questions[j]; !b.conditions.never(q.ShowIf) {
				to.Questions = append(to.Questions, b.draw(b.question(q)))
			}
		}
		if len(to.Questions) > 0 {
			f.Sections = append(f.Sections, to)
		}
	}
	f.Rules = template.JS(rulesOf(s, f.Words, f.Lang))
	return b.err
}

func (r *Renderer) builder(f *form, p SurveyPage) *builder {
	s, l := f.Survey, f.Lang
	b := &builder{renderer: r, words: f.Words, language: l, id: p.ID, values: p.Values, problems: f.problems, done: map[string][]string{}, speaker: f.speaker}
	b.plain = len(p.Values)+len(p.Problems) == 0 && p.ID == "" // an id settles the order of what is shuffled
	b.conditions = &conditions{survey: s, words: f.Words, language: l, speaker: NewTexts(s, f.Words, l)}
	b.conditions.number()
	return b
}

func find(s *survey.Survey, id string) *survey.Question {
	for q := range s.Questions() {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// telephone is the channel by which staff write down what they are told.
const telephone = "phone"

// facts are what one wants to know before beginning: until when, and how long it takes.
func facts(w *wording.Words, s *survey.Survey) []string {
	facts := Window(w, s)
	if s.Minutes > 0 {
		facts = append(facts, w.Say("minutes", "n", s.Minutes))
	}
	return facts
}

// Window says when answers are taken; nothing where there is no limit.
func Window(w *wording.Words, s *survey.Survey) []string {
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
	renderer   *Renderer
	done       map[string][]string // options written for an empty form, between which names go, by what they show
	err        error               // the first of the template
	words      *wording.Words
	language   string
	id         string // of the submission
	values     map[string][]string
	problems   map[string]string
	speaker    *Texts
	conditions *conditions
	plain      bool // the form is empty
}

func (b *builder) say(t survey.Text) template.HTML { return b.speaker.say(t.In(b.language)) }

// question makes the view of a question, but for the options of a group: draw adds them.
func (b *builder) question(q *survey.Question) *question {
	v := &question{Words: b.words, Name: q.ID}
	v.When = b.conditions.sentence("when.question", q.ShowIf)
	if q.Type == survey.Note {
		v.Note = b.speaker.Markdown(q.Label.In(b.language))
		v.When = b.conditions.sentence("when.note", q.ShowIf)
		return v
	}
	v.Value = first(b.values[q.ID])
	if q.Type == survey.Hidden {
		v.Hidden = true
		return v
	}
	v.Label = b.say(q.Label)
	v.Number = b.conditions.numbers[q.ID]
	if q.Required {
		v.Mark = b.words.Say("required")
	} else if q.RequiredIf != nil {
		v.Mark, v.Perhaps = b.words.Say("required"), true
		v.Must = b.conditions.sentence("when.required", q.RequiredIf)
	}
	v.Help = b.help(q)
	v.Error = b.problems[q.ID]
	v.Described = described(q.ID, v.When+v.Must != "", len(v.Help) > 0, v.Error != "")
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
		b.other(v, q)
	case survey.MultiChoice:
		v.Group, v.Many = listOf(q, b.language), true
		v.Options = b.options(q, q.ID)
		b.other(v, q)
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
	case survey.ImportanceMatrix:
		b.pairs(v, q)
	case survey.Ranking:
		v.Most = q.AtMost
		b.lines(v, q)
	case survey.ConstantSum:
		v.Total = q.Total.String()
		b.lines(v, q)
	case survey.YesNo:
		v.Group = "buttons"
		v.Options = []option{
			{ID: "q-" + q.ID, Value: "yes", Label: b.speaker.say(b.words.Say("yes")), Checked: slices.Contains(b.values[q.ID], "yes")},
			{Value: "no", Label: b.speaker.say(b.words.Say("no")), Checked: slices.Contains(b.values[q.ID], "no")},
		}
	case survey.Consent:
		v.Tick, v.Checked = true, v.Value == "yes"
	case survey.Number:
		v.Box, v.Mode, v.Unit = "text", "decimal", q.Unit.In(b.language)
		if q.Step != nil && *q.Step%survey.One == 0 && q.Min != nil && *q.Min >= 0 && *q.Min%survey.One == 0 {
			v.Mode = "numeric"
		}
		if q.Display == "slider" {
			v.Slider, v.Min, v.Max, v.Step = true, q.Min.String(), q.Max.String(), sliderStep(q)
		}
	case survey.LongText:
		v.Box = "textarea"
	case survey.Email:
		v.Box, v.Fill = "email", "email"
	case survey.Phone:
		v.Box, v.Fill = "tel", "tel"
	case survey.URL:
		v.Box, v.Fill = "url", "url"
	case survey.Time:
		v.Box = "time"
		if _, err := time.Parse("15:04", v.Value); err != nil && v.Value != "" {
			v.Box = "text" // a time box would drop what it cannot read
		}
	case survey.DateType:
		v.Box, v.Min, v.Max = "date", string(q.Earliest), string(q.Latest)
		if _, err := time.Parse(time.DateOnly, v.Value); err != nil && v.Value != "" {
			v.Box, v.Min, v.Max = "text", "", "" // a date box would drop what it cannot read
		}
	default:
		v.Box = "text"
	}
	return v
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
	if c.Many {
		key.WriteByte(2)
	}
	for _, o := range c.Options {
		if o.Alone {
			key.WriteByte(1)
		}
		for _, text := range []string{o.Value, string(o.Label), o.When, o.End} {
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
	if err := b.renderer.part(&out, "survey.choices", b.words, c); err != nil && b.err == nil {
		b.err = err
	}
	return out.String()
}

// sliderStep is how far one key press moves a slider: the question's own step, or about a hundredth of its length.
func sliderStep(q *survey.Question) string {
	switch length := *q.Max - *q.Min; {
	case q.Step != nil:
		return q.Step.String()
	case length >= 10*survey.One:
		return "1"
	case length >= survey.One:
		return "0.1"
	default:
		return "0.001"
	}
}

// help is the author's help, and the bounds of the answer in words.
func (b *builder) help(q *survey.Question) []template.HTML {
	var help []template.HTML
	if h := q.Help.In(b.language); h != "" {
		help = append(help, b.speaker.say(h))
	}
	if bounds := b.bounds(q); bounds != "" {
		help = append(help, template.HTML(template.HTMLEscapeString(bounds)))
	}
	if q.Private {
		help = append(help, template.HTML(template.HTMLEscapeString(b.words.Say("hint.private"))))
	}
	return help
}

// bounds says what an answer must keep to.
func (b *builder) bounds(q *survey.Question) string {
	w := b.words
	switch {
	case q.Type == survey.MultiChoice && q.AtLeast > 1 && q.AtMost == q.AtLeast:
		return w.Say("hint.choose_exactly", "n", q.AtLeast)
	case q.Type == survey.MultiChoice && q.AtLeast > 1 && q.AtMost > 0:
		return w.Say("hint.choose_between", "min", q.AtLeast, "max", q.AtMost)
	case q.Type == survey.MultiChoice && q.AtLeast > 1:
		return w.Say("hint.choose_min", "min", q.AtLeast)
	case q.Type == survey.MultiChoice && q.AtMost > 0:
		return w.Say("hint.choose_max", "max", q.AtMost)
	case q.Type == survey.MultiChoice:
		return w.Say("hint.choose_any")
	case q.Type == survey.Ranking && q.AtMost < len(q.Options):
		return w.Say("hint.rank_some", "n", q.AtMost)
	case q.Type == survey.Ranking:
		return w.Say("hint.rank_all")
	case q.Type == survey.ConstantSum:
		return w.Say("hint.total", "total", *q.Total)
	case q.Min != nil && q.Max != nil:
		return w.Say("hint.between", "min", *q.Min, "max", *q.Max)
	case q.Min != nil:
		return w.Say("hint.min", "min", *q.Min)
	case q.Max != nil:
		return w.Say("hint.max", "max", *q.Max)
	case q.Earliest != "" && q.Latest != "":
		return w.Say("hint.between", "min", w.Date(string(q.Earliest)), "max", w.Date(string(q.Latest)))
	case q.Earliest != "":
		return w.Say("hint.earliest", "min", w.Date(string(q.Earliest)))
	case q.Latest != "":
		return w.Say("hint.latest", "max", w.Date(string(q.Latest)))
	}
	return ""
}

func (b *builder) options(q *survey.Question, name string) []option {
	from := shuffled(q, b.id)
	options := make([]option, 0, len(from))
	chosen := b.values[name]
	for i := range from {
		o := &from[i]
		if b.conditions.never(o.ShowIf) {
			continue
		}
		text := OptionLabel(b.words, o, b.language)
		one := option{Value: o.ID, Label: b.speaker.say(text), Alone: o.Exclusive, Checked: len(chosen) > 0 && slices.Contains(chosen, o.ID)}
		if len(q.Rows) == 0 {
			one.When = b.conditions.sentence("when.option", o.ShowIf)
		}
		if q.Display == "dropdown" && q.Type == survey.SingleChoice {
			one.Label = template.HTML(template.HTMLEscapeString(b.speaker.Plain(text)))
			if o.ShowIf != nil || len(answersIn(b.speaker.survey, text)) > 0 {
				one.Text = text
			}
		}
		options = append(options, one)
	}
	if len(options) > 0 {
		options[0].ID = "q-" + name
	}
	return options
}

// other adds the box beside the option that has a text of its own.
func (b *builder) other(v *question, q *survey.Question) {
	if !q.HasOther() {
		return
	}
	name := q.ID + "." + survey.Other
	text := b.speaker.Plain(OptionLabel(b.words, &q.Options[len(q.Options)-1], b.language))
	v.Other = &other{Name: name, Label: b.words.Say("other.text", "label", text), Value: first(b.values[name]), Error: b.problems[name]}
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
			o.Label = b.speaker.say(b.words.Say("step", "n", i+1, "max", last+1))
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
	for i := range q.Options {
		v.Heads = append(v.Heads, b.speaker.say(OptionLabel(b.words, &q.Options[i], b.language)))
	}
	v.Rows = make([]row, len(q.Rows))
	for i := range q.Rows {
		name := q.ID + "." + q.Rows[i].ID
		v.Rows[i] = row{Name: name, Label: b.say(q.Rows[i].Label), Error: b.problems[name], Mark: b.rowMark(v, q, i)}
		v.Rows[i].Choices = b.choices(choices{"row", name, false, b.options(q, name)})
	}
}

// pairs asks twice of each row, first how important it is.
func (b *builder) pairs(v *question, q *survey.Question) {
	v.Pairs = make([]pair, len(q.Rows))
	scales := []struct {
		part    survey.Part
		caption string
		of      *survey.Question
	}{
		{survey.ImportancePart, b.words.Say("importance"), &survey.Question{Type: q.Type, Options: q.Importance}},
		{survey.SatisfactionPart, b.words.Say("satisfaction"), q},
	}
	for i := range q.Rows {
		p := pair{Name: q.ID + "." + q.Rows[i].ID, Label: b.say(q.Rows[i].Label), Mark: b.rowMark(v, q, i)}
		for _, scale := range scales {
			name := p.Name + "." + string(scale.part)
			p.Parts = append(p.Parts, row{Name: name, Label: b.speaker.say(scale.caption), Error: b.problems[name],
				Choices: b.choices(choices{"part", name, false, b.options(scale.of, name)})})
		}
		v.Pairs[i] = p
	}
}

// rowMark marks a row that must be answered; if all must, that is said once for the whole.
func (b *builder) rowMark(v *question, q *survey.Question, i int) string {
	free := slices.ContainsFunc(q.Rows, func(r survey.Row) bool { return !r.Required })
	switch {
	case i > 0:
	case !free:
		v.Mark, v.Perhaps = b.words.Say("required_rows"), false
	case q.RequiredIf != nil:
		v.Mark = b.words.Say("required_rows")
	}
	if q.Rows[i].Required && free {
		return b.words.Say("required")
	}
	return ""
}

// lines asks for a rank, or a share, of each option.
func (b *builder) lines(v *question, q *survey.Question) {
	from := shuffled(q, b.id)
	for i := range from {
		o := &from[i]
		if b.conditions.never(o.ShowIf) {
			continue
		}
		name := q.ID + "." + o.ID
		l := line{Name: name, Label: b.speaker.say(OptionLabel(b.words, o, b.language)), Value: first(b.values[name]), Error: b.problems[name],
			When: b.conditions.sentence("when.option", o.ShowIf)}
		for n := 1; n <= v.Most; n++ {
			rank := strconv.Itoa(n)
			l.Ranks = append(l.Ranks, option{Value: rank, Checked: slices.Contains(b.values[name], rank)})
		}
		v.Lines = append(v.Lines, l)
	}
}

// listOf lays options in columns where they have no order of better and worse and are short enough.
func listOf(q *survey.Question, language string) string {
	longest := 0
	for i := range q.Options {
		if q.Options[i].Score != nil || q.Options[i].ShowIf != nil { // a condition in words is long
			return "list"
		}
		longest = max(longest, width(q.Options[i].Label.In(language)))
	}
	switch {
	case len(q.Options) > 4 && longest <= 16:
		return "list short"
	case len(q.Options) > 5 && longest <= 32:
		return "list mid"
	}
	return "list"
}

// OptionLabel is what an option is called; a step without a name is called by its number.
func OptionLabel(w *wording.Words, o *survey.Option, language string) string {
	if text := o.Label.In(language); text != "" {
		return text
	}
	switch o.ID {
	case survey.Other:
		return w.Say("other")
	case "yes":
		return w.Say("yes")
	case "no":
		return w.Say("no")
	}
	return o.ID
}

// described lists the ids of what is said about a question.
func described(name string, when, help, problem bool) string {
	var ids []string
	for i, said := range []bool{when, help, problem} {
		if said {
			ids = append(ids, []string{"w-", "h-", "e-"}[i]+name)
		}
	}
	return strings.Join(ids, " ")
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
		Frame
		Survey  *survey.Survey
		Heading string
		Text    template.HTML
		Results string
		Home    string
		Form    string

		Telephone bool
	}{
		Frame:  r.Frame("thanks", words.Say("thanks.title"), language, root, r.LanguageLinks(s, language, root, s.ThanksPath(text))),
		Survey: s, Heading: s.Title.In(language), Home: href(root, ""),
		Form: Address(s, language, root, ""), Telephone: slices.Contains(s.Channels, telephone),
	}
	data.Private = true
	if text < len(s.Thanks) {
		data.Text = NewTexts(s, words, language).Markdown(s.Thanks[text].Text.In(language))
	}
	if s.Results.Audience == "public" {
		data.Results = Address(s, language, root, "results/")
	}
	return r.Execute(w, "thanks.html", data.Words, data)
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
		Frame
		Text string
		Home string
	}{
		Frame: r.Frame("notice", words.Say("notice."+string(p.Code)), p.Language, p.Root, nil),
		Text:  message(words, answer.Problem{Code: p.Code, Args: p.Args}), Home: href(p.Root, ""),
	}
	data.Private = true
	return r.Execute(w, "notice.html", words, data)
}

// Home writes the list of surveys in one of the site's languages; each is named in that language if it speaks it, else
// in its own. Those that are not listed are left out. The first of languages is the one of the address "/".
func (r *Renderer) Home(w io.Writer, surveys []*survey.Survey, language string, languages []string, root string) error {
	type card struct {
		Lang, Dir string // if it is not the page's
		Title     string
		About     string
		Facts     []string
		Href      string
		Results   string
	}
	words := r.words.In(language)
	path := func(l string) string {
		if l == languages[0] {
			return ""
		}
		return l + "/"
	}
	var links []Link
	if len(languages) > 1 {
		for _, l := range languages {
			links = append(links, Link{Lang: l, Href: href(root, path(l)), Name: r.LanguageName(l), Current: l == language})
		}
	}
	var cards []card
	for _, s := range surveys {
		if s.Unlisted {
			continue
		}
		c, l := card{}, language
		if !s.Speaks(l) {
			l = s.DefaultLanguage()
			c.Lang, c.Dir = l, wording.Dir(l)
		}
		c.Title, c.About, c.Facts, c.Href = s.Title.In(l), describe(s.Intro.In(l), widestExcerpt), facts(words, s), Address(s, l, root, "")
		if s.Results.Audience == "public" {
			c.Results = Address(s, l, root, "results/")
		}
		cards = append(cards, c)
	}
	p := r.Frame("home", words.Say("home.title"), language, root, links)
	p.Share(path(language), words.Say("home.about"))
	return r.Execute(w, "home.html", words, struct {
		Frame
		Cards []card
	}{p, cards})
}
