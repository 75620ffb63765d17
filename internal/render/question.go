package render

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// question is the data of the template survey.question. Exactly one of Note, Hidden, Group, Rows, Pairs, Lines, Select,
// Checkbox and InputType is set. What an empty one shows besides Name, Label and Number must be in its cacheKey.
type question struct {
	*wording.Words
	Note      template.HTML
	Hidden    bool
	Linked    bool   // of a hidden one: its value may come from the link
	Group     string // layout of radio buttons or checkboxes: list, buttons, scale, cells, stars or faces
	Fit       string // classes of a scale, matrix or importance_matrix that say where it fits
	Rows      []row  // of a matrix
	Pairs     []pair // of an importance_matrix
	Lines     []line // of a ranking or constant_sum
	Select    bool   // a drop-down list
	Checkbox  bool   // a single one
	InputType string // of an input element, or textarea

	Name         string // posted; also names the ids of its parts: q-NAME is the first input, h-NAME help, e-NAME error
	Number       int    // 0 of a consent
	Label        template.HTML
	Error        string
	Described    string // ids of condition and help
	When         string // it applies, in words
	RequiredWhen string // in words
	Mark         string // "required", in words
	MarkIf       bool   // Mark holds only under a condition
	Help         []template.HTML
	Picture      template.HTML // an <img>

	Choices      template.HTML // the options of a group, as the template survey.choices writes them
	Many         bool          // checkboxes
	HasEnds      bool          // Low and High are shown
	Low, High    string
	Heads        [][]head // of a matrix, or of the two scales of an importance_matrix
	Options      []option
	Other        *other
	Value        string
	InputMode    string
	Autocomplete string
	Unit         string
	Min, Max     string // of a date box or slider
	Step         string // of a slider
	Slider       bool   // with a script; without, it is a box
	Checked      bool
	Ranks        int    // of a ranking
	Total        string // of a constant_sum
}

// row is one line of a matrix, or a part of a pair.
type row struct {
	Name, Mark, Error string
	Label             template.HTML
	Choices           template.HTML
}

// pair is one line of an importance_matrix: importance and satisfaction.
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

// other is the box for the text of the option "other".
type other struct{ Name, Label, Value, Error string }

// choices is the data of the template survey.choices: the options of a group, or of a row of a matrix.
type choices struct {
	Group, Name string
	Many        bool
	Options     []option
}

// option is one radio button, checkbox or choice of a drop-down list.
type option struct {
	ID        string // of the first one, where the summary links to
	Value     string
	Label     template.HTML
	Picture   template.HTML // an <img>, of a card
	Text      string        // of a choice of a drop-down list whose label the script may change: as the author wrote it
	When      string        // it can be chosen, in words
	End       string        // of the scale, for those who cannot see where it is
	Mouth     int           // of a face: the height that its curve bends to
	Exclusive bool          // excludes all others
	Checked   bool
}

// builder makes the views of questions, in order.
type builder struct {
	renderer   *Renderer
	words      *wording.Words
	language   string
	id         string // of the submission
	values     map[string][]string
	problems   map[string]string
	texts      *Texts
	conditions *conditions
	root       string
	linked     bool                // hidden questions take their values from the link
	begun      bool                // a picture may no longer be on the first screen
	isPrivate  bool                // the section, which says so itself
	isSealed   bool                // the section, which says so itself
	empty      bool                // the form
	choiceHTML map[string][]string // rendered choices of an empty form, split where names go, by what they show
	err        error               // the first of a template
}

func (r *Renderer) builder(f *form, p SurveyPage) *builder {
	s, l := f.Survey, f.Lang
	b := &builder{renderer: r, words: f.Words, language: l, id: p.ID, values: p.Values, problems: f.problems, root: p.Root, choiceHTML: map[string][]string{}, texts: f.texts}
	b.empty = len(p.Values)+len(p.Problems) == 0 && p.ID == "" // shuffled options are in the order of an id
	b.conditions = newConditions(s, f.Words, l)
	b.linked = !s.HasInvitations() || p.isPreview()
	return b
}

func (b *builder) html(t survey.Text) template.HTML { return b.texts.html(t.In(b.language)) }

// question makes the view of a question, but for the Choices of a group: render adds them.
func (b *builder) question(q *survey.Question) *question {
	v := &question{Words: b.words, Name: q.ID, Picture: b.picture(q.Image, questionSizes)}
	defer func() { b.begun = b.begun || q.Type != survey.Hidden }()
	v.When = b.conditions.sentence("when.question", q.ShowIf)
	if q.Type == survey.Note {
		v.Note = b.texts.Markdown(q.Label.In(b.language))
		v.When = b.conditions.sentence("when.note", q.ShowIf)
		return v
	}
	v.Value = first(b.values[q.ID])
	if q.Type == survey.Hidden {
		v.Hidden, v.Linked = true, b.linked
		return v
	}
	v.Label = b.html(q.Label)
	v.Number = b.conditions.numbers[q.ID]
	if q.Required {
		v.Mark = b.words.Say("required")
	} else if q.RequiredIf != nil {
		v.Mark, v.MarkIf = b.words.Say("required"), true
		v.RequiredWhen = b.conditions.sentence("when.required", q.RequiredIf)
	}
	v.Help = b.help(q)
	v.Error = b.problems[q.ID]
	v.Described = describedBy(q.ID, v.When+v.RequiredWhen != "", len(v.Help) > 0)
	switch q.Type {
	case survey.SingleChoice, survey.MultiChoice:
		b.addOptions(v, q)
	case survey.Rating, survey.NPS:
		b.addSteps(v, q)
	case survey.YesNo:
		b.addYesNo(v, q)
	case survey.Matrix:
		b.addRows(v, q)
	case survey.ImportanceMatrix:
		b.addPairs(v, q)
	case survey.Ranking:
		v.Ranks = q.AtMost
		b.addLines(v, q)
	case survey.ConstantSum:
		v.Total = q.Total.String()
		b.addLines(v, q)
	case survey.Consent:
		v.Checkbox, v.Checked = true, v.Value == "yes"
	default:
		addBox(v, q, b.language)
	}
	return v
}

// Bad reports whether a question has a message, of its own or of a part.
func (v *question) Bad() bool {
	isBad := func(r row) bool { return r.Error != "" }
	return v.Error != "" || v.Other != nil && v.Other.Error != "" || slices.ContainsFunc(v.Rows, isBad) ||
		slices.ContainsFunc(v.Pairs, func(p pair) bool { return slices.ContainsFunc(p.Parts, isBad) }) ||
		slices.ContainsFunc(v.Lines, func(l line) bool { return l.Error != "" })
}

// addBox makes a question one box to type into. A browser without a script checks only dates and times: what it would say of
// addresses is stricter than what is taken.
func addBox(v *question, q *survey.Question, language string) {
	switch q.Type {
	case survey.Number:
		v.InputType, v.InputMode, v.Unit = "text", "decimal", q.Unit.In(language)
		if q.Step != nil && *q.Step%survey.One == 0 && q.Min != nil && *q.Min >= 0 && *q.Min%survey.One == 0 {
			v.InputMode = "numeric"
		} else if q.Min != nil && *q.Min < 0 {
			v.InputMode = "text" // keypads for decimals have no minus
		}
		if q.Display == "slider" {
			v.Slider, v.Min, v.Max, v.Step = true, q.Min.String(), q.Max.String(), sliderStep(q)
		}
	case survey.LongText:
		v.InputType = "textarea"
	case survey.Email:
		v.InputType, v.InputMode, v.Autocomplete = "text", "email", "email"
	case survey.Phone:
		v.InputType, v.Autocomplete = "tel", "tel"
	case survey.URL:
		v.InputType, v.InputMode, v.Autocomplete = "text", "url", "url"
	case survey.Time:
		v.InputType = "time"
		if _, err := time.Parse("15:04", v.Value); err != nil && v.Value != "" {
			v.InputType = "text" // a time box would drop what it cannot read
		}
	case survey.DateType:
		v.InputType, v.Min, v.Max = "date", string(q.Earliest), string(q.Latest)
		if _, err := time.Parse(time.DateOnly, v.Value); err != nil && v.Value != "" {
			v.InputType, v.Min, v.Max = "text", "", "" // a date box would drop what it cannot read
		}
	default:
		v.InputType = "text"
	}
}

// sliderStep returns how far one key press moves a slider: the question's own step, or about a hundredth of its length.
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

// choices renders options. Most questionnaires use one scale for everything, so that in an empty form they are rendered
// once, and then filled in with the name of each question and row.
func (b *builder) choices(c choices) template.HTML {
	name := c.Name
	if len(b.values[name]) > 0 {
		return template.HTML(b.execute("survey.choices", c))
	}
	var key strings.Builder
	key.WriteString(c.Group)
	if c.Many {
		key.WriteByte(2)
	}
	for _, o := range c.Options {
		if o.Exclusive {
			key.WriteByte(1)
		}
		for _, text := range []string{o.Value, string(o.Label), string(o.Picture), o.When, o.End} {
			if strings.Contains(text, placeholder) {
				return template.HTML(b.execute("survey.choices", c))
			}
			key.WriteByte(0)
			key.WriteString(text)
		}
	}
	pieces := b.choiceHTML[key.String()]
	if pieces == nil {
		c.Name, c.Options[0].ID = namePlaceholder, "q-"+namePlaceholder
		pieces = strings.Split(b.execute("survey.choices", c), namePlaceholder)
		b.choiceHTML[key.String()] = pieces
	}
	return template.HTML(strings.Join(pieces, name))
}

// help returns the author's help, and the bounds of the answer in words.
func (b *builder) help(q *survey.Question) []template.HTML {
	var help []template.HTML
	if h := q.Help.In(b.language); h != "" {
		help = append(help, b.texts.html(h))
	}
	if bounds := b.bounds(q); bounds != "" {
		help = append(help, template.HTML(template.HTMLEscapeString(bounds)))
	}
	if q.Private && !b.isPrivate {
		help = append(help, template.HTML(template.HTMLEscapeString(b.words.Say("hint.private"))))
	}
	if hint := b.sealedHint(q); hint != "" && !b.isSealed {
		help = append(help, template.HTML(template.HTMLEscapeString(hint)))
	}
	return help
}

// bounds says within which limits an answer must be.
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

// addOptions makes a question options to choose from.
func (b *builder) addOptions(v *question, q *survey.Question) {
	v.Many = q.Type == survey.MultiChoice
	switch {
	case q.Type == survey.SingleChoice && q.Display == "dropdown":
		v.Select = true
	case q.Type == survey.SingleChoice && q.Display == "buttons" && scoredSteps(q.Options) > 2:
		b.addScale(v, q)
	case q.Type == survey.SingleChoice && q.Display == "buttons":
		v.Group = "buttons"
	case q.Display == survey.ImageChoice:
		v.Group = "list cards"
	case q.Type == survey.SingleChoice && b.fitsOnDesktop(q):
		v.Group, v.Fit = "scale", wideFit(b.rowWidth(q.Options, wideFont, 24))
	default:
		v.Group = listLayout(q, b.language)
	}
	v.Options = b.options(q, q.ID)
	if !q.HasOther() {
		return
	}
	name := q.ID + "." + survey.Other
	text := b.texts.Plain(OptionLabel(b.words, &q.Options[len(q.Options)-1], b.language))
	v.Other = &other{Name: name, Label: b.words.Say("other.text", "label", text), Value: first(b.values[name]), Error: b.problems[name]}
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
		v := option{Value: o.ID, Label: b.texts.html(text), Picture: b.picture(o.Image, cardSizes), Exclusive: o.Exclusive, Checked: len(chosen) > 0 && slices.Contains(chosen, o.ID)}
		if len(q.Rows) == 0 {
			v.When = b.conditions.sentence("when.option", o.ShowIf)
		}
		if q.Display == "dropdown" && q.Type == survey.SingleChoice {
			v.Label = template.HTML(template.HTMLEscapeString(b.texts.Plain(text)))
			if o.ShowIf != nil || len(namesIn(b.texts.survey, text)) > 0 {
				v.Text = text
			}
		}
		options = append(options, v)
	}
	if len(options) > 0 {
		options[0].ID = "q-" + name
	}
	return options
}

// listLayout puts options in columns where they are short enough and have no order, as amounts, frequencies and grades have:
// only who shuffles the options of a single choice says so.
func listLayout(q *survey.Question, language string) string {
	if q.Type == survey.SingleChoice && !q.Shuffle {
		return "list"
	}
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

// addSteps makes a question options in a row, with the ends of the scale named.
func (b *builder) addSteps(v *question, q *survey.Question) {
	switch {
	case q.Type == survey.Rating && (q.Display == "stars" || q.Display == "faces"):
		v.Group = q.Display
	case q.Type == survey.NPS || isNumbered(q):
		v.Group = "cells"
	default:
		b.addScale(v, q)
	}
	v.Low, v.High = q.Low.In(b.language), q.High.In(b.language)
	v.Options = b.options(q, q.ID)
	last := len(v.Options) - 1
	var words []string // of faces
	if q.Type == survey.Rating && isNumbered(q) && v.Low+v.High == "" {
		if v.Group == "faces" {
			words = faceWords[len(v.Options)]
		}
		if words == nil {
			v.Low, v.High = b.words.Say("ends.worst"), b.words.Say("ends.best")
		}
	}
	v.HasEnds = v.Low != "" || v.High != ""
	for i := range v.Options {
		o := &v.Options[i]
		if words != nil {
			o.Label = b.texts.html(b.words.Say(words[i]))
		} else if (v.Group == "stars" || v.Group == "faces") && len(q.Options[i].Label) == 0 {
			o.Label = b.texts.html(b.words.Say("step", "n", i+1, "max", last+1))
		}
		if last > 0 {
			o.Mouth = 11 + (8*i+last/2)/last
		}
	}
	switch {
	case last < 1:
	case v.HasEnds:
		v.Options[0].End, v.Options[last].End = v.Low, v.High
	case words != nil:
		v.Low, v.High, v.HasEnds = b.words.Say(words[0]), b.words.Say(words[last]), true
	case v.Group == "faces" || v.Group == "stars": // their labels are not seen
		v.Low, v.High, v.HasEnds = b.texts.Plain(OptionLabel(b.words, &q.Options[0], b.language)), b.texts.Plain(OptionLabel(b.words, &q.Options[last], b.language)), true
	}
}

// isNumbered reports whether the steps of a scale have no labels.
func isNumbered(q *survey.Question) bool { return len(q.Options) > 0 && len(q.Options[0].Label) == 0 }

// addScale lays out labelled steps in one row where they fit, and in one column where they do not.
func (b *builder) addScale(v *question, q *survey.Question) {
	v.Group, v.Fit = "scale", fitClass(b.rowWidth(q.Options, stepFont, 10))
}

func (b *builder) addYesNo(v *question, q *survey.Question) {
	v.Group = "buttons"
	for _, value := range []string{"yes", "no"} {
		v.Options = append(v.Options, option{Value: value, Label: b.texts.html(b.words.Say(value)), Checked: slices.Contains(b.values[q.ID], value)})
	}
	v.Options[0].ID = "q-" + q.ID
}

// addRows makes a question a matrix.
func (b *builder) addRows(v *question, q *survey.Question) {
	v.Heads = [][]head{b.heads(q.Options)}
	v.Fit = matrixClass(q.Options, b.rowWidth(q.Options, cellFont, 6), tableHead)
	v.Rows = make([]row, len(q.Rows))
	for i := range q.Rows {
		name := q.ID + "." + q.Rows[i].ID
		v.Rows[i] = row{Name: name, Label: b.html(q.Rows[i].Label), Error: b.problems[name], Mark: b.rowMark(v, q, i)}
		v.Rows[i].Choices = b.choices(choices{"row", name, false, b.options(q, name)})
	}
}

// addPairs makes a question an importance_matrix: each row is asked twice, first for its importance.
func (b *builder) addPairs(v *question, q *survey.Question) {
	v.Pairs = make([]pair, len(q.Rows))
	scales := []struct {
		part    survey.Part
		caption string
		of      *survey.Question
	}{
		{survey.ImportancePart, b.words.Say("importance"), &survey.Question{Type: q.Type, Options: q.Importance}},
		{survey.SatisfactionPart, b.words.Say("satisfaction"), q},
	}
	longer, need := q.Options, 0
	for _, scale := range scales {
		v.Heads = append(v.Heads, b.heads(scale.of.Options))
		if n := b.rowWidth(scale.of.Options, cellFont, 6); n > need {
			longer, need = scale.of.Options, n
		}
	}
	if v.Fit = matrixClass(longer, need, pairCells); v.Fit == "f1" {
		v.Fit = "told" // in their cells, in every window
		if len(longer) < 7 && max(width(b.words.Say("importance")), width(b.words.Say("satisfaction"))) <= 6 {
			v.Fit += " near" // short captions stand beside the cells
		}
	}
	for i := range q.Rows {
		p := pair{Name: q.ID + "." + q.Rows[i].ID, Label: b.html(q.Rows[i].Label), Mark: b.rowMark(v, q, i)}
		for _, scale := range scales {
			name := p.Name + "." + string(scale.part)
			p.Parts = append(p.Parts, row{Name: name, Label: b.texts.html(scale.caption), Error: b.problems[name],
				Choices: b.choices(choices{"part", name, false, b.options(scale.of, name)})})
		}
		v.Pairs[i] = p
	}
}

// rowMark marks a row that must be answered; if all must, the question is marked instead.
func (b *builder) rowMark(v *question, q *survey.Question, i int) string {
	optional := slices.ContainsFunc(q.Rows, func(r survey.Row) bool { return !r.Required })
	switch {
	case i > 0:
	case !optional:
		v.Mark, v.MarkIf = b.words.Say("required_rows"), false
	case q.RequiredIf != nil:
		v.Mark = b.words.Say("required_rows")
	}
	if q.Rows[i].Required && optional {
		return b.words.Say("required")
	}
	return ""
}

// addLines asks for a rank, or a share, of each option.
func (b *builder) addLines(v *question, q *survey.Question) {
	from := shuffled(q, b.id)
	for i := range from {
		o := &from[i]
		if b.conditions.never(o.ShowIf) {
			continue
		}
		name := q.ID + "." + o.ID
		l := line{Name: name, Label: b.texts.html(OptionLabel(b.words, o, b.language)), Value: first(b.values[name]), Error: b.problems[name],
			When: b.conditions.sentence("when.option", o.ShowIf)}
		for n := 1; n <= v.Ranks; n++ {
			rank := strconv.Itoa(n)
			l.Ranks = append(l.Ranks, option{Value: rank, Checked: slices.Contains(b.values[name], rank)})
		}
		v.Lines = append(v.Lines, l)
	}
}

// describedBy lists the ids of the elements that describe a question.
func describedBy(name string, when, help bool) string {
	var ids []string
	for i, shown := range []bool{when, help} {
		if shown {
			ids = append(ids, []string{"w-", "h-"}[i]+name)
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
