package surveyjs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

var notAskedJS = map[string]string{
	"file": "files cannot be sent", "signaturepad": "signatures cannot be drawn", "image": "pictures are not shown", "imagemap": "pictures are not shown",
	"expression": "nothing is calculated from answers", "matrixdynamic": "rows cannot be added", "empty": "it asks nothing",
}

// element reads a question or a panel.
func (d *definition) element(n *node, within *draft.Group) {
	if n.kind != '{' {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "an element should be an object, not %s", n.brief())
		return
	}
	kind := n.get("type").str()
	switch kind {
	case "panel":
		d.group(n, within, "a panel")
		return
	case "paneldynamic":
		d.group(n, within, "a dynamic panel")
		return
	case "flowpanel":
		d.group(n, within, "a panel")
		return
	}
	o := d.object(n)
	name := o.take("name")
	leave := func(format string, args ...any) {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s", strings.TrimSpace(kind+" "+report.Quote(name.str())), fmt.Sprintf(format, args...))
		d.goneWithin(n)
	}
	if why := notAskedJS[kind]; why != "" {
		leave("%s here", why)
		return
	}
	if v := o.take("visible"); v != nil {
		if !v.yes() {
			leave("never shown, so left out")
			return
		}
		report.Carry(v.leaves()...)
	}
	q := &draft.Question{Source: name.str(), Atoms: n.leaves(), At: n.get("type").first()}
	if name != nil {
		q.At = name.first()
	}
	if q.At == nil {
		leave("an element needs a type and a name")
		return
	}
	if t := o.take("type"); t != nil {
		report.Carry(t.first())
	}
	switch kind {
	case "html":
		q.Kind = survey.Note
		q.Label = o.words("html")
		if q.Label == nil {
			leave("it has no text")
			return
		}
		if t := o.words("title"); t != nil {
			d.DropText(t)
		}
		d.asked(o, q, within)
		return
	case "multipletext":
		d.multipleText(o, q, within)
		return
	case "matrixdropdown":
		d.matrixDropdown(o, q, within, leave)
		return
	}
	q.Label, q.Help = o.words("title"), o.words("description")
	if q.Label == nil && name != nil { // as SurveyJS shows it
		q.Label = q.Label.Add("", name.str(), name.first())
	}
	if why := d.kind(o, q, kind); why != "" {
		leave("%s", why)
		return
	}
	d.asked(o, q, within)
}

// kind settles a question's type and what belongs to it; why it is left out, if it is.
func (d *definition) kind(o *object, q *draft.Question, kind string) (why string) {
	switch kind {
	case "text":
		d.text(o, q)
	case "comment":
		q.Kind = survey.LongText
		o.maxLength(q)
	case "boolean":
		d.boolean(o, q)
	case "radiogroup", "dropdown", "checkbox", "tagbox", "ranking", "imagepicker", "buttongroup":
		return d.choice(o, q, kind)
	case "rating":
		return d.rating(o, q)
	case "slider":
		q.Kind, q.Display, q.Min, q.Max, q.Step = survey.Number, "slider", "0", "100", "1"
		if t := o.take("sliderType"); t != nil {
			if report.Carry(t.leaves()...); t.str() == "range" {
				return "two ends of a range cannot be asked here"
			}
		}
		for key, to := range map[string]*string{"min": &q.Min, "max": &q.Max, "step": &q.Step} {
			o.number(key, to)
		}
	case "matrix":
		return d.matrix(o, q)
	default:
		return fmt.Sprintf("the type %s is not known to the importer", report.Quote(kind))
	}
	return ""
}

func (d *definition) text(o *object, q *draft.Question) {
	input := "text"
	n := o.take("inputType")
	if n != nil {
		input = n.str()
		report.Carry(n.leaves()...)
	}
	q.Kind = survey.ShortText
	switch input {
	case "text", "":
	case "email":
		q.Kind = survey.Email
	case "tel":
		q.Kind = survey.Phone
	case "url":
		q.Kind = survey.URL
	case "number":
		q.Kind = survey.Number
	case "range":
		q.Kind, q.Display, q.Min, q.Max, q.Step = survey.Number, "slider", "0", "100", "1"
	case "date":
		q.Kind = survey.DateType
	case "time":
		q.Kind = survey.Time
	case "datetime-local", "datetime":
		q.Kind = survey.DateType
		d.Change(n.first(), "there is no type for a day with its time: only the day is asked; add a question of type time if it matters")
	default:
		d.Change(n.first(), "the input type %s is asked as a text", report.Quote(input))
	}
	if q.Kind == survey.ShortText {
		o.maxLength(q)
	}
	for key, to := range map[string]*string{"min": &q.Min, "max": &q.Max, "step": &q.Step} {
		n := o.take(key)
		switch {
		case n == nil:
		case q.Kind == survey.Number:
			o.number(key, to)
		case q.Kind == survey.DateType && key != "step":
			day, _, _ := strings.Cut(n.str(), "T")
			if _, err := time.Parse(time.DateOnly, day); err == nil {
				*to = day
				report.Carry(n.first())
				continue
			}
			d.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s is no date such as 2026-10-31", key, n.brief())
		default:
			d.MarkAll(report.Dropped, n.at, n.leaves(), "%s: answers of this type have no limits here", key)
		}
	}
}

// plainAnswers are words for yes and no that the form has itself.
var plainAnswers = map[string]bool{"yes": true, "no": true, "是": true, "否": true, "true": true, "false": true}

func (d *definition) boolean(o *object, q *draft.Question) {
	q.Kind = survey.YesNo
	yes, no := o.words("labelTrue"), o.words("labelFalse")
	valueYes, valueNo := o.take("valueTrue"), o.take("valueFalse")
	for _, n := range []*node{valueYes, valueNo} {
		if n != nil {
			d.Change(n.first(), "the answer is kept as yes or no")
		}
	}
	swap := o.flag("swapOrder")
	own := false
	for _, w := range []*draft.Text{yes, no} {
		for _, t := range w.Texts() {
			own = own || !plainAnswers[strings.ToLower(t)]
		}
		report.Carry(w.Atoms()...)
	}
	if !own {
		if swap {
			d.Drop(o.get("swapOrder").first(), "yes stands before no here")
		}
		return
	}
	q.Kind, q.Display = survey.SingleChoice, "buttons"
	var labels []*report.Atom
	if yes == nil {
		yes = draft.Builtin(q.At, "Yes", "是")
	}
	if no == nil {
		no = draft.Builtin(q.At, "No", "否")
	}
	labels = append(yes.Atoms(), no.Atoms()...)
	d.Change(q.At, "yes and no have words of their own, so it became a single_choice")
	q.Options = &draft.List{Source: q.Source, Items: []*draft.Option{{At: q.At, Source: "true", ID: "yes", Label: yes, Atoms: labels}, {At: q.At, Source: "false", ID: "no", Label: no}}}
	if swap {
		slices.Reverse(q.Options.Items)
	}
}

// rating reads steps: of numbers, or with words of their own.
func (d *definition) rating(o *object, q *draft.Question) string {
	q.Kind, q.Display = survey.Rating, "numbers"
	if n := o.either("rateType", "rateDisplayMode"); n != nil {
		report.Carry(n.leaves()...)
		switch n.str() {
		case "stars":
			q.Display = "stars"
		case "smileys":
			q.Display = "faces"
		}
		q.From("display", n.first())
	}
	q.Low, q.High = o.words("minRateDescription"), o.words("maxRateDescription")
	values := o.take("rateValues")
	auto := o.take("autoGenerate")
	if auto != nil {
		report.Carry(auto.leaves()...)
	}
	low, high, step, count := o.take("rateMin"), o.take("rateMax"), o.take("rateStep"), o.take("rateCount")
	l := &draft.List{At: q.At, Source: q.Source}
	q.Options = l
	if values != nil && !auto.yes() {
		for _, n := range values.items {
			d.item(n, l, "a step")
		}
		for _, n := range []*node{low, high, step, count} {
			if n != nil {
				d.MarkAll(report.Ignored, n.at, n.leaves(), "the steps are listed")
			}
		}
	} else {
		if values != nil {
			d.MarkAll(report.Ignored, values.at, values.leaves(), "the steps are numbered")
		}
		from, to, by := 1, 5, 1
		for _, p := range []struct {
			n  *node
			to *int
		}{{low, &from}, {high, &to}, {step, &by}} {
			if p.n == nil {
				continue
			}
			v, err := strconv.Atoi(p.n.str())
			if err != nil {
				return fmt.Sprintf("its steps are not whole numbers: %s", p.n.brief())
			}
			*p.to = v
			report.Carry(p.n.first())
		}
		if n, err := strconv.Atoi(count.str()); err == nil && high == nil && n > 1 && n <= draft.MaxOptions {
			to = from + (n-1)*max(1, by)
			report.Carry(count.first())
		} else if count != nil {
			d.Ignore(count.first(), "the number of steps follows from rateMin and rateMax")
		}
		if by < 1 || to <= from || (to-from)/by >= draft.MaxOptions {
			return "its numbers make no steps"
		}
		for v := from; v <= to; v += by {
			text := strconv.Itoa(v)
			l.Items = append(l.Items, &draft.Option{Source: text, Label: (*draft.Text)(nil).Add("", text, nil)})
		}
	}
	if len(l.Items) < 2 {
		return "it has fewer than two steps"
	}
	d.AssignOptionIDs(l, "step")
	if n := len(l.Items); numbered(l, 0) && n == 11 {
		d.Change(q.At, "steps from 0 to 10 became the type nps")
		q.Kind, q.Display, q.Options = survey.NPS, "", nil
		for _, i := range l.Items {
			report.Carry(i.Atoms...)
		}
	} else if numbered(l, 1) && n <= 10 {
		q.Steps, q.Options = n, nil
		for _, i := range l.Items {
			report.Carry(i.Atoms...)
		}
	} else {
		scores := true
		for _, i := range l.Items {
			v, err := decimal.Parse(i.Source)
			scores = scores && err == nil && v >= 0 && v <= draft.MaxScore
		}
		for _, i := range l.Items {
			if v, err := decimal.Parse(i.Source); scores && err == nil && i.Score == "" {
				i.Score = v.String()
			}
		}
	}
	return ""
}

// numbered reports whether options are the whole numbers from some one on, without words.
func numbered(l *draft.List, from int) bool {
	for i, o := range l.Items {
		if v := strconv.Itoa(from + i); o.Source != v || !o.Label.Is(v) || o.Score != "" {
			return false
		}
	}
	return true
}

func (d *definition) matrix(o *object, q *draft.Question) string {
	if n := o.take("cellType"); n != nil {
		if report.Carry(n.leaves()...); n.str() == "checkbox" {
			return "several answers in one row cannot be given here"
		}
	}
	q.Kind = survey.Matrix
	q.Options = &draft.List{At: q.At, Source: q.Source}
	rows := &draft.List{}
	for key, to := range map[string]*draft.List{"columns": q.Options, "rows": rows} {
		n := o.take(key)
		if n == nil {
			continue
		}
		for _, i := range n.items {
			d.item(i, to, map[string]string{"columns": "a column", "rows": "a row"}[key])
		}
	}
	if len(rows.Items) == 0 || len(q.Options.Items) < 2 {
		return "it needs rows, and two columns at least"
	}
	if n := o.take("cells"); n != nil {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "cells have no texts of their own")
	}
	if n := o.take("eachRowUnique"); n.yes() {
		d.Drop(n.first(), "rows may have the same answer here")
	} else if n != nil {
		report.Carry(n.leaves()...)
	}
	if n := o.take("rowsOrder"); n != nil {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "rows stand in the order in which they are written")
	}
	d.AssignOptionIDs(q.Options, "option")
	d.AssignOptionIDs(rows, "row")
	q.Rows = rows.Items
	if n := o.either("eachRowRequired", "isAllRowRequired"); n != nil {
		q.Required = n.yes()
		report.Carry(n.leaves()...)
	}
	if n := o.get("isRequired"); n.yes() && !q.Required {
		d.Change(n.first(), "one row had to be answered: here all of them have to be")
		q.Required = true
	}
	return ""
}

// matrixDropdown becomes one matrix for each column that has options.
func (d *definition) matrixDropdown(o *object, q *draft.Question, within *draft.Group, leave func(string, ...any)) {
	title, help := o.words("title"), o.words("description")
	rows := &draft.List{}
	if n := o.take("rows"); n != nil {
		for _, i := range n.items {
			d.item(i, rows, "a row")
		}
	}
	columns := o.take("columns")
	if len(rows.Items) == 0 || columns == nil || len(columns.items) == 0 {
		leave("it needs rows and columns")
		return
	}
	d.AssignOptionIDs(rows, "row")
	if title == nil {
		title = title.Add("", q.Source, q.At)
	}
	cellType := "dropdown"
	if n := o.take("cellType"); n != nil {
		cellType = n.str()
		report.Carry(n.leaves()...)
	}
	shared := o.take("choices")
	used := false
	var conditions []*draft.Condition
	o.shown(&conditions)
	required := o.flag("isRequired")
	made := 0
	for _, n := range columns.items {
		c := d.object(n)
		columnName, kind := c.take("name"), cellType
		if t := c.take("cellType"); t != nil && t.str() != "default" {
			kind = t.str()
			d.Ignore(t.first(), "options look alike in all matrices")
		}
		m := &draft.Question{At: n.first(), Atoms: n.leaves(), Source: q.Source + "." + columnName.str(), Kind: survey.Matrix, Options: &draft.List{At: n.first(), Source: q.Source + "_" + columnName.str()}, Show: conditions, Help: help, Rows: rows.Items}
		if columnName != nil {
			m.At = columnName.first()
			report.Carry(columnName.first())
		}
		choices := c.take("choices")
		if choices == nil {
			choices = shared
		}
		if choices != nil && (kind == "dropdown" || kind == "radiogroup" || kind == "buttongroup") {
			used = used || choices == shared
			for _, i := range choices.items {
				d.item(i, m.Options, "a choice")
			}
		}
		label := c.words("title")
		if label == nil && columnName != nil {
			label = label.Add("", columnName.str(), columnName.first())
		}
		if len(m.Options.Items) < 2 || columnName == nil {
			d.MarkAll(report.Dropped, n.at, n.leaves(), "the column %s: only columns with options become questions here, not those of type %s", report.Quote(columnName.str()), report.Quote(kind))
			for _, r := range rows.Items {
				d.DefineMissing(q.Source+"."+r.Source+"."+columnName.str(), "which was not carried over")
			}
			continue
		}
		d.AssignOptionIDs(m.Options, "option")
		m.Label = draft.JoinTitles(title, label)
		m.Required = c.flag("isRequired") || required
		for _, key := range []string{"visibleIf", "requiredIf", "enableIf"} {
			if v := c.take(key); v != nil {
				d.MarkAll(report.Dropped, v.at, v.leaves(), "a condition for single cells cannot be said here")
			}
		}
		if v := c.take("validators"); v != nil {
			d.MarkAll(report.Dropped, v.at, v.leaves(), "single cells are not checked here")
		}
		c.rest("a column")
		m.ID = draft.NewID(q.Source+"_"+columnName.str(), d.TakenIDs(), false, "question")
		for _, r := range rows.Items {
			d.Define(q.Source+"."+r.Source+"."+columnName.str(), &condition.Target{Field: m.ID + "." + r.ID, Kind: condition.Choice, Options: m.Options.IDs()})
		}
		d.Define(m.Source, &condition.Target{Field: m.ID, Kind: condition.Group})
		within.Children = append(within.Children, m)
		made++
	}
	if made == 0 {
		leave("none of its columns becomes a question here")
		return
	}
	report.Carry(q.At)
	report.Carry(title.Atoms()...)
	if shared != nil && !used {
		d.MarkAll(report.Ignored, shared.at, shared.leaves(), "all columns have options of their own")
	}
	d.Change(q.At, "each column became a matrix of its own: there are %d", made)
	d.DefineMissing(q.Source, "which became several questions")
	o.rest("a matrixdropdown")
}

// multipleText becomes one question for each of its texts.
func (d *definition) multipleText(o *object, q *draft.Question, within *draft.Group) {
	title, help := o.words("title"), o.words("description")
	if title == nil {
		title = title.Add("", q.Source, q.At)
	}
	var conditions []*draft.Condition
	o.shown(&conditions)
	required := o.flag("isRequired")
	items := o.take("items")
	n := 0
	if items != nil {
		for _, i := range items.items {
			c := d.object(i)
			itemName := c.take("name")
			if itemName == nil {
				d.MarkAll(report.Dropped, i.at, i.leaves(), "a text needs a name")
				continue
			}
			m := &draft.Question{At: itemName.first(), Atoms: i.leaves(), Source: q.Source + "." + itemName.str(), Show: conditions, Help: help}
			label := c.words("title")
			if label == nil {
				label = label.Add("", itemName.str(), itemName.first())
			}
			m.Label = draft.JoinTitles(title, label)
			d.text(c, m)
			m.Required = c.flag("isRequired")
			d.validators(c, m)
			c.rest("a text")
			report.Carry(itemName.first())
			m.ID = draft.NewID(q.Source+"_"+itemName.str(), d.TakenIDs(), false, "question")
			d.Declare(m)
			within.Children = append(within.Children, m)
			n++
		}
	}
	if n == 0 {
		d.MarkAll(report.Dropped, o.at, o.leaves(), "multipletext %s: it has no items", report.Quote(q.Source))
		return
	}
	if required {
		d.Drop(o.get("isRequired").first(), "a group of texts as a whole is not required here: require one of them")
	}
	d.Change(q.At, "each of its texts became a question of its own: there are %d", n)
	d.DefineMissing(q.Source, "which became several questions")
	o.rest("a multipletext")
}

// asked reads what all questions have, and adds the question.
func (d *definition) asked(o *object, q *draft.Question, within *draft.Group) {
	n := o.get("name")
	if n != nil {
		d.AssignID(q, n.first())
		report.Carry(n.first())
	} else {
		d.AssignID(q, nil)
		d.Change(q.At, "the question has no name: it was given the id '%s'", q.ID)
	}
	if q.Source == "" {
		q.Source = q.ID
	}
	o.shown(&q.Show)
	if n := o.take("isRequired"); n != nil {
		report.Carry(n.leaves()...)
		q.Required = q.Required || n.yes()
		q.From("required", n.first())
	}
	if n := o.take("requiredIf"); n != nil {
		if c := o.conditions(n); len(c) > 0 && !q.Required {
			q.RequiredIf = c[0]
		} else if len(c) > 0 {
			d.Ignore(n.first(), "it is required anyway")
		}
	}
	if n := o.take("readOnly"); n.yes() && q.Kind != survey.Note {
		d.Change(n.first(), "it cannot be answered, so it became a note")
		for _, w := range []*draft.Text{q.Help, q.Low, q.High, q.OtherLabel} {
			d.DropText(w)
		}
		if q.Options != nil {
			for _, o := range q.Options.Items {
				for _, a := range append(draft.ConditionAtoms(o.Show), o.Atoms...) {
					d.Drop(a, "a note offers nothing")
				}
			}
		}
		if q.RequiredIf != nil {
			d.Ignore(q.RequiredIf.At, "nothing is answered here that could be required or not")
		}
		for _, r := range q.Rows {
			for _, a := range r.Atoms {
				d.Drop(a, "a note has no rows")
			}
		}
		*q = draft.Question{At: q.At, Atoms: q.Atoms, Source: q.Source, ID: q.ID, Kind: survey.Note, Label: q.Label, Show: q.Show}
	} else if n.yes() {
		d.Ignore(n.first(), "a note is not answered anyway")
	} else if n != nil {
		report.Carry(n.leaves()...)
	}
	d.validators(o, q)
	if n := o.take("valueName"); n != nil {
		report.Carry(n.leaves()...)
		if n.str() != q.Source && n.str() != "" {
			d.Change(n.first(), "answers are kept under the question's id here; conditions that use %s follow", n.brief())
		}
	}
	to := d.Declare(q)
	d.byName[q.Source] = q
	if n := o.get("valueName"); n != nil {
		d.Define(n.str(), to)
	}
	for _, r := range q.Rows {
		if to.Kind == condition.Group {
			d.Define(q.Source+"."+r.Source, &condition.Target{Field: q.ID + "." + r.ID, Kind: condition.Choice, Options: q.Options.IDs()})
		}
	}
	within.Children = append(within.Children, q)
	comment := o.either("showCommentArea", "hasComment")
	text := o.words("commentText")
	switch {
	case comment.yes() && q.Kind != survey.Note:
		more := &draft.Question{At: comment.first(), Source: q.Source + "-Comment", Kind: survey.LongText, Label: text, Show: q.Show, Atoms: append(comment.leaves(), text.Atoms()...)}
		if text == nil {
			more.Label = draft.Builtin(comment.first(), "Comment", "补充说明")
		}
		more.ID = draft.NewID(q.ID+"_comment", d.TakenIDs(), false, "question")
		report.Carry(comment.first())
		d.Change(comment.first(), "its box for a comment became a question of its own, '%s'", more.ID)
		d.Declare(more)
		within.Children = append(within.Children, more)
	default:
		if comment != nil {
			report.Carry(comment.leaves()...)
		}
		d.IgnoreText(text, "there is no box for a comment")
		d.DefineMissing(q.Source+"-Comment", "the text beside another option, which conditions cannot use")
	}
	o.rest(string(q.Kind))
}
