package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

var notAskedJS = map[string]string{
	"file": "files cannot be sent", "signaturepad": "signatures cannot be drawn", "image": "pictures are not shown", "imagemap": "pictures are not shown",
	"expression": "nothing is calculated from answers", "matrixdynamic": "rows cannot be added", "empty": "it asks nothing",
}

// element reads a question or a panel.
func (d *definition) element(n *node, within *group) {
	if n.kind != '{' {
		d.all(Lost, n.at, n.leaves(), "an element should be an object, not %s", n.brief())
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
		d.all(Lost, n.at, n.leaves(), "%s: %s", strings.TrimSpace(kind+" "+show(name.str())), fmt.Sprintf(format, args...))
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
		carry(v.leaves()...)
	}
	q := &question{source: name.str(), atoms: n.leaves(), at: n.get("type").first()}
	if name != nil {
		q.at = name.first()
	}
	if q.at == nil {
		leave("an element needs a type and a name")
		return
	}
	if t := o.take("type"); t != nil {
		carry(t.first())
	}
	switch kind {
	case "html":
		q.kind = survey.Note
		q.label = o.words("html")
		if q.label == nil {
			leave("it has no text")
			return
		}
		if t := o.words("title"); t != nil {
			d.lostWords(t)
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
	q.label, q.help = o.words("title"), o.words("description")
	if q.label == nil && name != nil { // as SurveyJS shows it
		q.label = q.label.add("", name.str(), name.first())
	}
	if why := d.kind(o, q, kind); why != "" {
		leave("%s", why)
		return
	}
	d.asked(o, q, within)
}

// kind settles a question's type and what belongs to it; why it is left out, if it is.
func (d *definition) kind(o *object, q *question, kind string) (why string) {
	switch kind {
	case "text":
		d.text(o, q)
	case "comment":
		q.kind = survey.LongText
		o.maxLength(q)
	case "boolean":
		d.boolean(o, q)
	case "radiogroup", "dropdown", "checkbox", "tagbox", "ranking", "imagepicker", "buttongroup":
		return d.choice(o, q, kind)
	case "rating":
		return d.rating(o, q)
	case "slider":
		q.kind, q.display, q.min, q.max, q.step = survey.Number, "slider", "0", "100", "1"
		if t := o.take("sliderType"); t != nil {
			if carry(t.leaves()...); t.str() == "range" {
				return "two ends of a range cannot be asked here"
			}
		}
		for key, to := range map[string]*string{"min": &q.min, "max": &q.max, "step": &q.step} {
			o.number(key, to)
		}
	case "matrix":
		return d.matrix(o, q)
	default:
		return fmt.Sprintf("the type %s is not known to the importer", show(kind))
	}
	return ""
}

func (d *definition) text(o *object, q *question) {
	input := "text"
	n := o.take("inputType")
	if n != nil {
		input = n.str()
		carry(n.leaves()...)
	}
	q.kind = survey.ShortText
	switch input {
	case "text", "":
	case "email":
		q.kind = survey.Email
	case "tel":
		q.kind = survey.Phone
	case "url":
		q.kind = survey.URL
	case "number":
		q.kind = survey.Number
	case "range":
		q.kind, q.display, q.min, q.max, q.step = survey.Number, "slider", "0", "100", "1"
	case "date":
		q.kind = survey.DateType
	case "time":
		q.kind = survey.Time
	case "datetime-local", "datetime":
		q.kind = survey.DateType
		d.changed(n.first(), "there is no type for a day with its time: only the day is asked; add a question of type time if it matters")
	default:
		d.changed(n.first(), "the input type %s is asked as a text", show(input))
	}
	if q.kind == survey.ShortText {
		o.maxLength(q)
	}
	for key, to := range map[string]*string{"min": &q.min, "max": &q.max, "step": &q.step} {
		n := o.take(key)
		switch {
		case n == nil:
		case q.kind == survey.Number:
			o.number(key, to)
		case q.kind == survey.DateType && key != "step":
			day, _, _ := strings.Cut(n.str(), "T")
			if _, err := time.Parse(time.DateOnly, day); err == nil {
				*to = day
				carry(n.first())
				continue
			}
			d.all(Lost, n.at, n.leaves(), "%s: %s is no date such as 2026-10-31", key, n.brief())
		default:
			d.all(Lost, n.at, n.leaves(), "%s: answers of this type have no limits here", key)
		}
	}
}

// plainAnswers are words for yes and no that the form has itself.
var plainAnswers = map[string]bool{"yes": true, "no": true, "是": true, "否": true, "true": true, "false": true}

func (d *definition) boolean(o *object, q *question) {
	q.kind = survey.YesNo
	yes, no := o.words("labelTrue"), o.words("labelFalse")
	valueYes, valueNo := o.take("valueTrue"), o.take("valueFalse")
	for _, n := range []*node{valueYes, valueNo} {
		if n != nil {
			d.changed(n.first(), "the answer is kept as yes or no")
		}
	}
	swap := o.flag("swapOrder")
	own := false
	for _, w := range []*words{yes, no} {
		if w != nil {
			for _, t := range w.by {
				own = own || !plainAnswers[strings.ToLower(t)]
			}
			carry(w.all()...)
		}
	}
	if !own {
		if swap {
			d.lost(o.get("swapOrder").first(), "yes stands before no here")
		}
		return
	}
	q.kind, q.display = survey.SingleChoice, "buttons"
	var labels []*atom
	if yes == nil {
		yes = stock(q.at, "Yes", "是")
	}
	if no == nil {
		no = stock(q.at, "No", "否")
	}
	labels = append(yes.all(), no.all()...)
	d.changed(q.at, "yes and no have words of their own, so it became a single_choice")
	q.options = &list{source: q.source, items: []*option{{at: q.at, source: "true", id: "yes", label: yes, atoms: labels}, {at: q.at, source: "false", id: "no", label: no}}}
	if swap {
		slices.Reverse(q.options.items)
	}
}

// rating reads steps: of numbers, or with words of their own.
func (d *definition) rating(o *object, q *question) string {
	q.kind, q.display = survey.Rating, "numbers"
	if n := o.either("rateType", "rateDisplayMode"); n != nil {
		carry(n.leaves()...)
		switch n.str() {
		case "stars":
			q.display = "stars"
		case "smileys":
			q.display = "faces"
		}
		q.from("display", n.first())
	}
	q.low, q.high = o.words("minRateDescription"), o.words("maxRateDescription")
	values := o.take("rateValues")
	auto := o.take("autoGenerate")
	if auto != nil {
		carry(auto.leaves()...)
	}
	low, high, step, count := o.take("rateMin"), o.take("rateMax"), o.take("rateStep"), o.take("rateCount")
	l := &list{at: q.at, source: q.source}
	q.options = l
	if values != nil && !auto.yes() {
		for _, n := range values.items {
			d.item(n, l, "a step")
		}
		for _, n := range []*node{low, high, step, count} {
			if n != nil {
				d.all(Idle, n.at, n.leaves(), "the steps are listed")
			}
		}
	} else {
		if values != nil {
			d.all(Idle, values.at, values.leaves(), "the steps are numbered")
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
			carry(p.n.first())
		}
		if n, err := strconv.Atoi(count.str()); err == nil && high == nil && n > 1 && n <= maxOptions {
			to = from + (n-1)*max(1, by)
			carry(count.first())
		} else if count != nil {
			d.idle(count.first(), "the number of steps follows from rateMin and rateMax")
		}
		if by < 1 || to <= from || (to-from)/by >= maxOptions {
			return "its numbers make no steps"
		}
		for v := from; v <= to; v += by {
			text := strconv.Itoa(v)
			l.items = append(l.items, &option{source: text, label: (*words)(nil).add("", text, nil)})
		}
	}
	if len(l.items) < 2 {
		return "it has fewer than two steps"
	}
	d.optionIDs(l, "step")
	if n := len(l.items); numbered(l, 0) && n == 11 {
		d.changed(q.at, "steps from 0 to 10 became the type nps")
		q.kind, q.display, q.options = survey.NPS, "", nil
		for _, i := range l.items {
			carry(i.atoms...)
		}
	} else if numbered(l, 1) && n <= 10 {
		q.steps, q.options = n, nil
		for _, i := range l.items {
			carry(i.atoms...)
		}
	} else {
		scores := true
		for _, i := range l.items {
			v, err := decimal.Parse(i.source)
			scores = scores && err == nil && v >= 0 && v <= maxScore
		}
		for _, i := range l.items {
			if v, err := decimal.Parse(i.source); scores && err == nil && i.score == "" {
				i.score = v.String()
			}
		}
	}
	return ""
}

// numbered reports whether options are the whole numbers from some one on, without words.
func numbered(l *list, from int) bool {
	for i, o := range l.items {
		if v := strconv.Itoa(from + i); o.source != v || o.label.in("") != v || len(o.label.order) != 1 || o.score != "" {
			return false
		}
	}
	return true
}

func (d *definition) matrix(o *object, q *question) string {
	if n := o.take("cellType"); n != nil {
		if carry(n.leaves()...); n.str() == "checkbox" {
			return "several answers in one row cannot be given here"
		}
	}
	q.kind = survey.Matrix
	q.options = &list{at: q.at, source: q.source}
	rows := &list{}
	for key, to := range map[string]*list{"columns": q.options, "rows": rows} {
		n := o.take(key)
		if n == nil {
			continue
		}
		for _, i := range n.items {
			d.item(i, to, map[string]string{"columns": "a column", "rows": "a row"}[key])
		}
	}
	if len(rows.items) == 0 || len(q.options.items) < 2 {
		return "it needs rows, and two columns at least"
	}
	if n := o.take("cells"); n != nil {
		d.all(Lost, n.at, n.leaves(), "cells have no texts of their own")
	}
	if n := o.take("eachRowUnique"); n.yes() {
		d.lost(n.first(), "rows may have the same answer here")
	} else if n != nil {
		carry(n.leaves()...)
	}
	if n := o.take("rowsOrder"); n != nil {
		d.all(Lost, n.at, n.leaves(), "rows stand in the order in which they are written")
	}
	d.optionIDs(q.options, "option")
	d.optionIDs(rows, "row")
	q.rows = rows.items
	if n := o.either("eachRowRequired", "isAllRowRequired"); n != nil {
		q.required = n.yes()
		carry(n.leaves()...)
	}
	if n := o.get("isRequired"); n.yes() && !q.required {
		d.changed(n.first(), "one row had to be answered: here all of them have to be")
		q.required = true
	}
	return ""
}

// matrixDropdown becomes one matrix for each column that has options.
func (d *definition) matrixDropdown(o *object, q *question, within *group, leave func(string, ...any)) {
	title, help := o.words("title"), o.words("description")
	rows := &list{}
	if n := o.take("rows"); n != nil {
		for _, i := range n.items {
			d.item(i, rows, "a row")
		}
	}
	columns := o.take("columns")
	if len(rows.items) == 0 || columns == nil || len(columns.items) == 0 {
		leave("it needs rows and columns")
		return
	}
	d.optionIDs(rows, "row")
	if title == nil {
		title = title.add("", q.source, q.at)
	}
	cellType := "dropdown"
	if n := o.take("cellType"); n != nil {
		cellType = n.str()
		carry(n.leaves()...)
	}
	shared := o.take("choices")
	used := false
	var conditions []*condition
	o.shown(&conditions)
	required := o.flag("isRequired")
	made := 0
	for _, n := range columns.items {
		c := d.object(n)
		columnName, kind := c.take("name"), cellType
		if t := c.take("cellType"); t != nil && t.str() != "default" {
			kind = t.str()
			d.idle(t.first(), "options look alike in all matrices")
		}
		m := &question{at: n.first(), atoms: n.leaves(), source: q.source + "." + columnName.str(), kind: survey.Matrix, options: &list{at: n.first(), source: q.source + "_" + columnName.str()}, show: conditions, help: help, rows: rows.items}
		if columnName != nil {
			m.at = columnName.first()
			carry(columnName.first())
		}
		choices := c.take("choices")
		if choices == nil {
			choices = shared
		}
		if choices != nil && (kind == "dropdown" || kind == "radiogroup" || kind == "buttongroup") {
			used = used || choices == shared
			for _, i := range choices.items {
				d.item(i, m.options, "a choice")
			}
		}
		label := c.words("title")
		if label == nil && columnName != nil {
			label = label.add("", columnName.str(), columnName.first())
		}
		if len(m.options.items) < 2 || columnName == nil {
			d.all(Lost, n.at, n.leaves(), "the column %s: only columns with options become questions here, not those of type %s", show(columnName.str()), show(kind))
			for _, r := range rows.items {
				d.gone(q.source+"."+r.source+"."+columnName.str(), "which was not carried over")
			}
			continue
		}
		d.optionIDs(m.options, "option")
		m.label = joined(title, label)
		m.required = c.flag("isRequired") || required
		for _, key := range []string{"visibleIf", "requiredIf", "enableIf"} {
			if v := c.take(key); v != nil {
				d.all(Lost, v.at, v.leaves(), "a condition for single cells cannot be said here")
			}
		}
		if v := c.take("validators"); v != nil {
			d.all(Lost, v.at, v.leaves(), "single cells are not checked here")
		}
		c.rest("a column")
		m.id = name(q.source+"_"+columnName.str(), d.names(), false, "question")
		for _, r := range rows.items {
			d.knows(q.source+"."+r.source+"."+columnName.str(), &target{field: m.id + "." + r.id, kind: choiceKind, options: m.options.byValue()})
		}
		d.knows(m.source, &target{field: m.id, kind: groupKind})
		within.children = append(within.children, m)
		made++
	}
	if made == 0 {
		leave("none of its columns becomes a question here")
		return
	}
	carry(q.at)
	carry(title.all()...)
	if shared != nil && !used {
		d.all(Idle, shared.at, shared.leaves(), "all columns have options of their own")
	}
	d.changed(q.at, "each column became a matrix of its own: there are %d", made)
	d.gone(q.source, "which became several questions")
	o.rest("a matrixdropdown")
}

func (d *draft) names() map[string]int {
	if d.taken == nil {
		d.taken = map[string]int{}
	}
	return d.taken
}

// multipleText becomes one question for each of its texts.
func (d *definition) multipleText(o *object, q *question, within *group) {
	title, help := o.words("title"), o.words("description")
	if title == nil {
		title = title.add("", q.source, q.at)
	}
	var conditions []*condition
	o.shown(&conditions)
	required := o.flag("isRequired")
	items := o.take("items")
	n := 0
	if items != nil {
		for _, i := range items.items {
			c := d.object(i)
			itemName := c.take("name")
			if itemName == nil {
				d.all(Lost, i.at, i.leaves(), "a text needs a name")
				continue
			}
			m := &question{at: itemName.first(), atoms: i.leaves(), source: q.source + "." + itemName.str(), show: conditions, help: help}
			label := c.words("title")
			if label == nil {
				label = label.add("", itemName.str(), itemName.first())
			}
			m.label = joined(title, label)
			d.text(c, m)
			m.required = c.flag("isRequired")
			d.validators(c, m)
			c.rest("a text")
			carry(itemName.first())
			m.id = name(q.source+"_"+itemName.str(), d.names(), false, "question")
			d.declare(m)
			within.children = append(within.children, m)
			n++
		}
	}
	if n == 0 {
		d.all(Lost, o.at, o.leaves(), "multipletext %s: it has no items", show(q.source))
		return
	}
	if required {
		d.lost(o.get("isRequired").first(), "a group of texts as a whole is not required here: require one of them")
	}
	d.changed(q.at, "each of its texts became a question of its own: there are %d", n)
	d.gone(q.source, "which became several questions")
	o.rest("a multipletext")
}

// asked reads what all questions have, and adds the question.
func (d *definition) asked(o *object, q *question, within *group) {
	n := o.get("name")
	if n != nil {
		d.named(q, n.first())
		carry(n.first())
	} else {
		d.named(q, nil)
		d.changed(q.at, "the question has no name: it was given the id %s", quoted(q.id))
	}
	if q.source == "" {
		q.source = q.id
	}
	o.shown(&q.show)
	if n := o.take("isRequired"); n != nil {
		carry(n.leaves()...)
		q.required = q.required || n.yes()
		q.from("required", n.first())
	}
	if n := o.take("requiredIf"); n != nil {
		if c := o.conditions(n); len(c) > 0 && !q.required {
			q.requiredIf = c[0]
		} else if len(c) > 0 {
			d.idle(n.first(), "it is required anyway")
		}
	}
	if n := o.take("readOnly"); n.yes() && q.kind != survey.Note {
		d.changed(n.first(), "it cannot be answered, so it became a note")
		for _, w := range []*words{q.help, q.low, q.high, q.otherLabel} {
			d.lostWords(w)
		}
		if q.options != nil {
			for _, o := range q.options.items {
				for _, a := range append(conditionAtoms(o.show), o.atoms...) {
					d.lost(a, "a note offers nothing")
				}
			}
		}
		if q.requiredIf != nil {
			d.idle(q.requiredIf.at, "nothing is answered here that could be required or not")
		}
		for _, r := range q.rows {
			for _, a := range r.atoms {
				d.lost(a, "a note has no rows")
			}
		}
		*q = question{at: q.at, atoms: q.atoms, source: q.source, id: q.id, kind: survey.Note, label: q.label, show: q.show}
	} else if n.yes() {
		d.idle(n.first(), "a note is not answered anyway")
	} else if n != nil {
		carry(n.leaves()...)
	}
	d.validators(o, q)
	if n := o.take("valueName"); n != nil {
		carry(n.leaves()...)
		if n.str() != q.source && n.str() != "" {
			d.changed(n.first(), "answers are kept under the question's id here; conditions that use %s follow", n.brief())
		}
	}
	to := d.declare(q)
	d.byName[q.source] = q
	if n := o.get("valueName"); n != nil {
		d.knows(n.str(), to)
	}
	for _, r := range q.rows {
		if to.kind == groupKind {
			d.knows(q.source+"."+r.source, &target{field: q.id + "." + r.id, kind: choiceKind, options: q.options.byValue()})
		}
	}
	within.children = append(within.children, q)
	comment := o.either("showCommentArea", "hasComment")
	text := o.words("commentText")
	switch {
	case comment.yes() && q.kind != survey.Note:
		more := &question{at: comment.first(), source: q.source + "-Comment", kind: survey.LongText, label: text, show: q.show, atoms: append(comment.leaves(), text.all()...)}
		if text == nil {
			more.label = stock(comment.first(), "Comment", "补充说明")
		}
		more.id = name(q.id+"_comment", d.names(), false, "question")
		carry(comment.first())
		d.changed(comment.first(), "its box for a comment became a question of its own, %s", quoted(more.id))
		d.declare(more)
		within.children = append(within.children, more)
	default:
		if comment != nil {
			carry(comment.leaves()...)
		}
		d.idleWords(text, "there is no box for a comment")
		d.gone(q.source+"-Comment", "the text beside another option, which conditions cannot use")
	}
	o.rest(string(q.kind))
}
