package surveyjs

import (
	"slices"
	"strings"
	"time"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// unsupported gives the reason why each of these types cannot be carried over.
var unsupported = map[string]message.Key{
	"file": "files cannot be sent here", "signaturepad": "signatures cannot be drawn here", "image": "pictures are not shown here", "imagemap": "pictures are not shown here",
	"expression": "nothing is calculated from answers here", "matrixdynamic": "rows cannot be added here", "empty": "it asks nothing here",
}

// An element is a question being read.
type element struct {
	*object
	kind   string // its type in SurveyJS
	name   *node
	q      *draft.Question
	within *draft.Group
	never  bool // it is never shown
}

// readElement reads a question or a panel.
func (r *reader) readElement(n *node, within *draft.Group) {
	if n.kind != '{' {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "an element should be an object, not %s", n.brief())
		return
	}
	kind := n.get("type").str()
	switch kind {
	case "panel", "flowpanel":
		r.readGroup(n, within, "a panel")
		return
	case "paneldynamic":
		r.readGroup(n, within, "a dynamic panel")
		return
	}
	e := &element{object: r.object(n), kind: kind, within: within}
	e.name = e.take("name")
	if why := e.read(); !why.IsZero() {
		name := report.Quote(e.name.str())
		if kind != "" {
			name = message.New("%s %s", kind, name)
		}
		r.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s", name, why)
		define := r.defineMissing
		if e.never {
			define = r.defineHidden
		}
		r.defineWithin(n, define)
	}
}

// read reads the element. If it has to be left out, read returns why.
func (e *element) read() (why message.Text) {
	if why := unsupported[e.kind]; why != "" {
		return why.Text()
	}
	if e.never = e.isNeverShown(); e.never {
		return message.New("never shown, so left out")
	}
	e.q = &draft.Question{Source: e.name.str(), Atoms: e.leaves(), At: e.get("type").first()}
	if e.name != nil {
		e.q.At = e.name.first()
	}
	if e.q.At == nil {
		return message.New("an element needs a type and a name")
	}
	if t := e.take("type"); t != nil {
		report.Carry(t.first())
	}
	switch e.kind {
	case "multipletext":
		e.readMultipleText()
		return message.Text{}
	case "matrixdropdown":
		return e.readDropdownMatrix()
	case "html":
		e.q.Kind, e.q.Label = survey.Note, e.localized("html")
		if e.q.Label == nil {
			return message.New("it has no text")
		}
		e.DropText(e.localized("title"))
	default:
		e.q.Label, e.q.Help = e.localized("title"), e.localized("description")
		if e.q.Label == nil && e.name != nil { // as SurveyJS shows it
			e.q.Label = e.q.Label.Add("", e.name.str(), e.name.first())
		}
		if why := e.readType(); !why.IsZero() {
			return why
		}
	}
	e.finish()
	return message.Text{}
}

// readType sets the question's type, and reads what belongs to it.
func (e *element) readType() (why message.Text) {
	switch e.kind {
	case "text":
		e.readText()
	case "comment":
		e.q.Kind = survey.LongText
		e.readMaxLength(e.q)
	case "boolean":
		e.readBoolean()
	case "radiogroup", "dropdown", "checkbox", "tagbox", "ranking", "imagepicker", "buttongroup":
		return e.readChoice()
	case "rating":
		return e.readRating()
	case "slider":
		e.setSlider()
		if t := e.take("sliderType"); t != nil {
			switch t.str() {
			case "range":
				return message.New("two ends of a range cannot be asked here")
			case "single":
				report.Carry(t.leaves()...)
			default:
				e.Drop(t.first(), "%s is no type of slider", t.brief())
			}
		}
		e.readNumber("min", &e.q.Min)
		e.readNumber("max", &e.q.Max)
		e.readNumber("step", &e.q.Step)
	case "matrix":
		return e.readMatrix()
	default:
		return message.New("the type %s is not known to the importer", report.Quote(e.kind))
	}
	return message.Text{}
}

// setSlider makes the question a slider with SurveyJS's own range.
func (e *element) setSlider() {
	e.q.Kind, e.q.Display, e.q.Min, e.q.Max, e.q.Step = survey.Number, "slider", "0", "100", "1"
}

// inputTypes maps the input type of a text question to its type here.
var inputTypes = map[string]survey.Type{
	"": survey.ShortText, "text": survey.ShortText, "email": survey.Email, "tel": survey.Phone, "url": survey.URL, "number": survey.Number,
	"range": survey.Number, "date": survey.DateType, "time": survey.Time, "datetime-local": survey.DateType, "datetime": survey.DateType, "phone": survey.Phone,
}

func (e *element) readText() {
	input := e.take("inputType")
	report.Carry(input.leaves()...)
	kind, known := inputTypes[input.str()]
	e.q.Kind = kind
	switch {
	case !known:
		e.q.Kind = survey.ShortText
		e.Change(input.first(), "the input type %s is asked as a text", report.Quote(input.str()))
	case input.str() == "range":
		e.setSlider()
	case strings.HasPrefix(input.str(), "datetime"):
		e.Change(input.first(), "there is no type for a day with its time: only the day is asked; add a question of type time if it matters")
	}
	if e.q.Kind == survey.ShortText {
		e.readMaxLength(e.q)
	}
	e.readLimit("min", &e.q.Min)
	e.readLimit("max", &e.q.Max)
	e.readLimit("step", &e.q.Step)
}

// readLimit reads a limit of a number or a date.
func (e *element) readLimit(key string, to *string) {
	switch {
	case e.q.Kind == survey.Number:
		e.readNumber(key, to)
	case e.q.Kind == survey.DateType && key != "step":
		n := e.take(key)
		if n == nil {
			return
		}
		day, _, _ := strings.Cut(n.str(), "T")
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			e.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s is no date such as 2026-10-31", key, n.brief())
			return
		}
		*to = day
		report.Carry(n.first())
	default:
		e.drop(key, "%s: answers of this type have no limits here", key)
	}
}

// formAnswers lists words for yes and no that the form has itself.
var formAnswers = map[string]bool{"yes": true, "no": true, "是": true, "否": true, "true": true, "false": true}

// readBoolean makes the question one of yes and no, or a choice if the answers have other words.
func (e *element) readBoolean() {
	q := e.q
	q.Kind = survey.YesNo
	yes, no := e.localized("labelTrue"), e.localized("labelFalse")
	answers := []condition.Option{{Value: "true", ID: "yes"}, {Value: "false", ID: "no"}}
	for i, key := range []string{"valueTrue", "valueFalse"} {
		if n := e.take(key); n != nil {
			e.Change(n.first(), "the answer is kept as yes or no; conditions that use %s follow", n.brief())
			answers[i].Value = n.str()
		}
	}
	swapped := e.flag("swapOrder")
	own := slices.ContainsFunc(slices.Concat(yes.Texts(), no.Texts()), func(t string) bool { return !formAnswers[strings.ToLower(t)] })
	report.Carry(yes.Atoms()...)
	report.Carry(no.Atoms()...)
	if !own {
		q.Answers = answers
		if swapped {
			e.Drop(e.get("swapOrder").first(), "yes stands before no here")
		}
		return
	}
	q.Kind, q.Display = survey.SingleChoice, "buttons"
	if yes == nil {
		yes = draft.Builtin(q.At, "Yes", "是")
	}
	if no == nil {
		no = draft.Builtin(q.At, "No", "否")
	}
	labels := append(yes.Atoms(), no.Atoms()...)
	e.Change(q.At, "yes and no have words of their own, so it became a single_choice")
	q.Options = &draft.List{Source: q.Source, Items: []*draft.Option{
		{At: q.At, Source: answers[0].Value, ID: "yes", Label: yes, Atoms: labels},
		{At: q.At, Source: answers[1].Value, ID: "no", Label: no},
	}}
	if swapped {
		slices.Reverse(q.Options.Items)
	}
}

// readMultipleText makes each text of a multipletext a question.
func (e *element) readMultipleText() {
	title, help := e.localized("title"), e.localized("description")
	if title == nil {
		title = title.Add("", e.q.Source, e.q.At)
	}
	var show []*draft.Condition
	e.readShowIf(&show, condition.True, condition.NotFalse)
	required := e.flag("isRequired")
	made := 0
	for _, n := range e.list("items") {
		item := &element{object: e.reader.object(n)}
		item.name = item.take("name")
		if item.name == nil {
			e.MarkAll(report.Dropped, n.at, n.leaves(), "a text needs a name")
			continue
		}
		q := &draft.Question{At: item.name.first(), Atoms: n.leaves(), Source: e.q.Source + "." + item.name.str(), Show: show, Help: help}
		item.q = q
		label := item.localized("title")
		if label == nil {
			label = label.Add("", item.name.str(), item.name.first())
		}
		q.Label = draft.JoinTitles(title, label)
		item.readText()
		q.Required = item.flag("isRequired")
		item.readValidators(q)
		item.reportRest("a text")
		report.Carry(item.name.first())
		q.ID = e.NewQuestionID(e.q.Source + "_" + item.name.str())
		e.defineQuestion(q)
		e.within.Children = append(e.within.Children, q)
		made++
	}
	if made == 0 {
		e.MarkAll(report.Dropped, e.at, e.leaves(), "multipletext %s: it has no items", report.Quote(e.q.Source))
		return
	}
	if required {
		e.Drop(e.get("isRequired").first(), "a group of texts as a whole is not required here: require one of them")
	}
	e.Change(e.q.At, "each of its texts became a question of its own: there are %d", made)
	e.DefineMissing(e.q.Source, "which became several questions")
	e.reportRest("a multipletext")
}

// finish reads what all questions have, and adds the question.
func (e *element) finish() {
	q := e.q
	if n := e.get("name"); n != nil {
		e.AssignID(q, n.first())
		report.Carry(n.first())
	} else {
		e.AssignID(q, nil)
		e.Change(q.At, "the question has no name: it was given the id '%s'", q.ID)
	}
	if q.Source == "" {
		q.Source = q.ID
	}
	e.readShowIf(&q.Show, condition.True, condition.NotFalse)
	e.readRequired()
	e.readReadOnly()
	e.readValidators(q)
	e.define()
	e.within.Children = append(e.within.Children, q)
	e.readComment()
	e.reportRest(message.Key(q.Kind))
}

func (e *element) readRequired() {
	if n := e.take("isRequired"); n != nil {
		report.Carry(n.leaves()...)
		e.q.Required = e.q.Required || n.isTrue()
		e.q.From("required", n.first())
	}
	if n := e.take("requiredIf"); n != nil {
		if c := e.conditions(n, condition.True); len(c) > 0 && !e.q.Required {
			e.q.RequiredIf = c[0]
		} else if len(c) > 0 {
			e.Ignore(n.first(), "it is required anyway")
		}
	}
}

func (e *element) readReadOnly() {
	n := e.take("readOnly")
	switch {
	case !n.isTrue():
		report.Carry(n.leaves()...)
	case e.q.Kind == survey.Note:
		e.Ignore(n.first(), "a note is not answered anyway")
	default:
		e.Change(n.first(), "it cannot be answered, so it became a note")
		e.becomeNote()
	}
}

// becomeNote makes the question a note, and reports what a note does not have.
func (e *element) becomeNote() {
	q := e.q
	for _, t := range []*draft.Text{q.Help, q.Low, q.High, q.OtherLabel} {
		e.DropText(t)
	}
	if q.Options != nil {
		for _, o := range q.Options.Items {
			for _, a := range append(draft.ConditionAtoms(o.Show), o.Atoms...) {
				e.Drop(a, "a note offers nothing")
			}
		}
	}
	if q.RequiredIf != nil {
		e.Ignore(q.RequiredIf.At, "nothing is answered here that could be required or not")
	}
	for _, r := range q.Rows {
		for _, a := range r.Atoms {
			e.Drop(a, "a note has no rows")
		}
	}
	*q = draft.Question{At: q.At, Atoms: q.Atoms, Source: q.Source, ID: q.ID, Kind: survey.Note, Label: q.Label, Show: q.Show}
}

// define defines the names that conditions can use: the question's name and valueName, and the rows of a matrix.
func (e *element) define() {
	q := e.q
	if n := e.take("valueName"); n != nil {
		report.Carry(n.leaves()...)
		if n.str() != q.Source && n.str() != "" {
			e.Change(n.first(), "answers are kept under the question's id here; conditions that use %s follow", n.brief())
		}
	}
	e.defineQuestion(q)
	e.byName[q.Source] = q
	if n := e.get("valueName"); n != nil {
		e.reader.define(n.str(), q.Target)
	}
	if q.Target.Kind == condition.Group {
		for _, r := range q.Rows {
			part := draft.TargetOfRow(q, r)
			q.Parts = append(q.Parts, part)
			e.reader.define(q.Source+"."+r.Source, part)
		}
	}
}

// readComment makes a question's box for comments a question of its own.
func (e *element) readComment() {
	q := e.q
	box := e.takeAny("showCommentArea", "hasComment")
	label := e.localized("commentText")
	if !box.isTrue() || q.Kind == survey.Note {
		report.Carry(box.leaves()...)
		e.IgnoreText(label, "there is no box for a comment")
		e.DefineMissing(q.Source+"-Comment", "the text beside another option, which conditions cannot use")
		return
	}
	comment := &draft.Question{At: box.first(), Source: q.Source + "-Comment", Kind: survey.LongText, Label: label, Show: q.Show, Atoms: append(box.leaves(), label.Atoms()...)}
	if label == nil {
		comment.Label = draft.Builtin(box.first(), "Comment", "补充说明")
	}
	comment.ID = e.NewQuestionID(q.ID + "_comment")
	report.Carry(box.first())
	e.Change(box.first(), "its box for a comment became a question of its own, '%s'", comment.ID)
	e.defineQuestion(comment)
	e.within.Children = append(e.within.Children, comment)
}
