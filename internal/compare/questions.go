package compare

import (
	"reflect"
	"slices"

	"glasspoll/internal/expression"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A placedQuestion is a question with its section and its path.
type placedQuestion struct {
	*survey.Question
	section *survey.Section
	at      path
}

func questionsOf(s *survey.Survey) []placedQuestion {
	var list []placedQuestion
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			list = append(list, placedQuestion{&s.Sections[i].Questions[j], &s.Sections[i], path{"sections", i, "questions", j}})
		}
	}
	return list
}

// answerableOf returns the questions without the notes.
func answerableOf(s *survey.Survey) []placedQuestion {
	return slices.DeleteFunc(questionsOf(s), func(q placedQuestion) bool { return q.Type == survey.Note })
}

func findQuestion(list []placedQuestion, id string) (placedQuestion, bool) {
	i := slices.IndexFunc(list, func(q placedQuestion) bool { return q.ID == id })
	if i < 0 {
		return placedQuestion{}, false
	}
	return list[i], true
}

// counterpart returns the old section that corresponds to a new one: that of the first question that both versions have.
// Ids of sections are not decisive, since no answer has them and they may be numbers.
func (c *comparer) counterpart(section *survey.Section) *survey.Section {
	for _, q := range section.Questions {
		if was, ok := findQuestion(questionsOf(c.old.Survey), q.ID); ok && q.Type != survey.Note {
			return was.section
		}
	}
	for i := range c.old.Sections {
		if c.old.Sections[i].ID == section.ID {
			return &c.old.Sections[i]
		}
	}
	return nil
}

// sections compares the headings and the notes.
func (c *comparer) sections() {
	kept := map[*survey.Section]bool{}
	for i := range c.new.Sections {
		section := &c.new.Sections[i]
		part := message.New("section '%s'", section.ID)
		at := path{"sections", i}
		was := c.counterpart(section)
		if was == nil || kept[was] {
			c.add(Wording, part, at, "the section was added, or split from another one")
			continue
		}
		kept[was] = true
		if was.ID != section.ID {
			c.add(Wording, part, at.to("id"), "the section was called '%s' before; no answer depends on it", was.ID)
		}
		c.text(part, message.New("the title"), was.Title, section.Title, at.to("title"))
		c.text(part, message.New("the introduction"), was.Intro, section.Intro, at.to("intro"))
		if !reflect.DeepEqual(was.ShowIf, section.ShowIf) {
			effect := Comparable
			if slices.ContainsFunc(section.Questions, func(q survey.Question) bool { return counted(c.new.Survey, &q) }) {
				effect = Breaks
			}
			c.add(effect, part, at.to("show_if"), "other respondents are asked all its questions: %s", conditionChange(was.ShowIf, section.ShowIf))
		}
	}
	for i := range c.old.Sections {
		if section := &c.old.Sections[i]; !kept[section] {
			c.addRemoved(Wording, message.New("section '%s'", section.ID), path{"sections", i}, "the section was removed, or its questions were moved")
		}
	}
	c.notes()
}

func conditionChange(old, new *expression.Tree) message.Key {
	switch {
	case old == nil:
		return "a condition was added"
	case new == nil:
		return "the condition was removed"
	default:
		return "the condition was changed"
	}
}

// notes compares the texts between questions. Their ids may be numbers, so notes with the same text are matched first.
func (c *comparer) notes() {
	same := func(a, b placedQuestion) bool {
		return reflect.DeepEqual(a.Label, b.Label) && reflect.DeepEqual(a.ShowIf, b.ShowIf)
	}
	list := func(s *survey.Survey) []placedQuestion {
		return slices.DeleteFunc(questionsOf(s), func(q placedQuestion) bool { return q.Type != survey.Note })
	}
	old, new := list(c.old.Survey), list(c.new.Survey)
	rest := slices.Clone(old)
	var edited []placedQuestion
	for _, n := range new {
		if k := slices.IndexFunc(rest, func(o placedQuestion) bool { return same(o, n) }); k >= 0 {
			rest = slices.Delete(rest, k, k+1)
			continue
		}
		edited = append(edited, n)
	}
	for _, n := range edited {
		part := message.New("note '%s'", n.ID)
		k := slices.IndexFunc(rest, func(o placedQuestion) bool { return o.ID == n.ID })
		if k < 0 {
			c.add(Wording, part, n.at, "the note was added")
			continue
		}
		c.text(part, message.New("the note"), rest[k].Label, n.Label, n.at.to("label"))
		if !reflect.DeepEqual(rest[k].ShowIf, n.ShowIf) {
			c.add(Wording, part, n.at.to("show_if"), "other respondents read it: %s", conditionChange(rest[k].ShowIf, n.ShowIf))
		}
		rest = slices.Delete(rest, k, k+1)
	}
	for _, o := range rest {
		c.addRemoved(Wording, message.New("note '%s'", o.ID), o.at, "the note was removed")
	}
}

// questions compares the questions by their ids.
func (c *comparer) questions() {
	old, new := answerableOf(c.old.Survey), answerableOf(c.new.Survey)
	d := match(old, new, func(q placedQuestion) string { return q.ID }, func(a, b placedQuestion) bool {
		return a.Type == b.Type && c.sameText(a.Label, b.Label)
	})
	for _, p := range d.renamed {
		was, is := old[p.old], new[p.new]
		c.add(Invalid, message.New("question '%s'", was.ID), is.at.to("id"), "it seems to have been renamed '%s': stored answers are found by the id, so put the old one back; the label may change", is.ID)
	}
	for _, i := range d.removed {
		c.addRemoved(c.removal(old[i].Question), message.New("question '%s'", old[i].ID), old[i].at, "the question was removed: its trend ends, and its figures so far are shown among what is no longer asked")
	}
	for _, i := range d.added {
		c.add(Comparable, message.New("question '%s'", new[i].ID), new[i].at, "the question was added: its trend begins")
	}
	for _, p := range d.kept {
		c.question(old[p.old], new[p.new])
	}
	for _, i := range d.moved {
		c.add(Comparable, message.New("question '%s'", new[i].ID), new[i].at, "it is asked at another place; what comes before it can colour the answer a little")
	}
}

// removal is the effect of removing a question.
func (c *comparer) removal(q *survey.Question) Effect {
	if counted(c.old.Survey, q) {
		return Breaks
	}
	return Comparable
}

// counted reports whether a question has published figures.
func counted(s *survey.Survey, q *survey.Question) bool {
	return slices.ContainsFunc(s.FieldsOf(q), survey.Field.Counted)
}

// question compares two versions of one question.
func (c *comparer) question(old, new placedQuestion) {
	part := message.New("question '%s'", new.ID)
	q := comparison{comparer: c, old: old, new: new, part: part, at: new.at, breaks: Breaks}
	if !counted(c.old.Survey, old.Question) && !counted(c.new.Survey, new.Question) {
		q.breaks = Comparable // it has no figures
	}
	c.text(part, message.New("the label"), old.Label, new.Label, new.at.to("label"))
	c.text(part, message.New("the short name"), old.ShortName, new.ShortName, new.at.to("short"))
	c.text(part, message.New("the short name of no"), old.ShortNo, new.ShortNo, new.at.to("short_no"))
	c.text(part, message.New("the help"), old.Help, new.Help, new.at.to("help"))
	c.picture(part, old.Image, new.Image, new.at.to("image"))
	c.text(part, message.New("the label of the low end"), old.Low, new.Low, new.at.to("low"))
	c.text(part, message.New("the label of the high end"), old.High, new.High, new.at.to("high"))
	c.text(part, message.New("the message of its limits"), old.Message, new.Message, new.at.to("message"))
	q.respondents()
	q.visibility()
	if !q.types() {
		return
	}
	q.options()
	q.rows()
	q.limits()
	if old.Display != new.Display {
		c.add(Comparable, part, new.at.to("display"), "it looks different (%s), which can shift answers a little", change(old.Display, new.Display))
	}
	if old.Shuffle != new.Shuffle || !slices.Equal(onlyAmong(old.Anchor, new.Options), onlyAmong(new.Anchor, old.Options)) {
		c.add(Comparable, part, new.at.to("shuffle"), "the options come in another order, which can shift answers a little")
	}
	c.rules(part, old.Checks, new.Checks, new.at)
}

// onlyAmong returns the ids that are among the options.
func onlyAmong(ids []string, options []survey.Option) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return !slices.ContainsFunc(options, func(o survey.Option) bool { return o.ID == id })
	})
}

// rules compares the checks of answers. Stored answers are not checked again.
func (c *comparer) rules(part message.Text, old, new []survey.Rule, at path) {
	if len(old) != len(new) {
		c.add(Comparable, part, at.to("check"), "there are now %d checks (before: %d); stored answers are not checked again", len(new), len(old))
		return
	}
	for i := range new {
		if !reflect.DeepEqual(old[i].That, new[i].That) {
			c.add(Comparable, part, at.to("check"), "a check was changed; stored answers are not checked again")
		}
		c.text(part, message.New("the message of a check"), old[i].Message, new[i].Message, at.to("check"))
	}
}

// A comparison compares two versions of one question.
type comparison struct {
	*comparer
	old, new placedQuestion
	part     message.Text
	at       path
	breaks   Effect // Breaks, or Comparable if the question has no figures
}

// respondents compares who is asked and who must answer.
func (q *comparison) respondents() {
	sectionSaysSo := q.counterpart(q.new.section) == q.old.section // and reports its own condition
	if !reflect.DeepEqual(q.old.ShowIf, q.new.ShowIf) {
		q.add(q.breaks, q.part, q.at.to("show_if"), "other respondents are asked: %s", conditionChange(q.old.ShowIf, q.new.ShowIf))
	} else if !sectionSaysSo && !reflect.DeepEqual(q.old.section.ShowIf, q.new.section.ShowIf) {
		q.add(q.breaks, q.part, q.at, "other respondents are asked: it moved from section '%s' to '%s', which has another condition", q.old.section.ID, q.new.section.ID)
	}
	if q.old.Required != q.new.Required || !reflect.DeepEqual(q.old.RequiredIf, q.new.RequiredIf) {
		q.add(Comparable, q.part, q.at.to("required"), "who must answer was changed; watch how many leave it out")
	}
}

// visibility compares what is counted and shown.
func (q *comparison) visibility() {
	old, new := q.old.Question, q.new.Question
	switch {
	case !old.Private && new.Private:
		q.add(AtOnce, q.part, q.at.to("private"), "answers are now private: they are stored apart and no longer counted, and its figures are no longer shown, in no period; those already stored are not moved")
	case old.Private && !new.Private:
		q.add(NewAnswers, q.part, q.at.to("private"), "answers are no longer private; those given in confidence stay apart and uncounted")
	}
	switch {
	case !old.Sensitive && new.Sensitive:
		q.add(AtOnce, q.part, q.at.to("sensitive"), "it is now published once, rounded, when the period is over; its figures so far are no longer shown")
	case old.Sensitive && !new.Sensitive:
		q.add(NewAnswers, q.part, q.at.to("sensitive"), "it is no longer sensitive; answers that were given while it was stay so")
	}
	switch {
	case !old.Unpublished && new.Unpublished:
		q.add(AtOnce, q.part, q.at.to("publish"), "it is no longer published, in no period")
	case old.Unpublished && !new.Unpublished:
		q.add(NewAnswers, q.part, q.at.to("publish"), "it is now published; answers that were given while it was not never are")
	}
	switch {
	case !old.Segment && new.Segment:
		q.add(NewAnswers, q.part, q.at.to("segment"), "figures of answers from now on are broken down by it")
	case old.Segment && !new.Segment:
		q.add(AtOnce, q.part, q.at.to("segment"), "figures are no longer broken down by it")
	}
	q.sealed()
	q.inherited()
}

// inherited compares what the question takes over from those that it depends on.
func (q *comparison) inherited() {
	id := q.new.ID
	was, is := q.comparer.old.UnpublishedBy(id), q.comparer.new.UnpublishedBy(id)
	switch open := !q.new.Private && !q.new.Unpublished && !q.old.Private && !q.old.Unpublished; {
	case open && was == nil && is != nil:
		q.add(AtOnce, q.part, q.at, "it is no longer published, in no period, because it now depends on '%s', which is not published", is[len(is)-1])
	case open && was != nil && is == nil:
		q.add(NewAnswers, q.part, q.at, "it is now published, because it no longer depends on '%s'; answers that were given while it did never are", was[len(was)-1])
	}
	was, is = q.comparer.old.SensitiveBy(id), q.comparer.new.SensitiveBy(id)
	switch open := !q.new.Sensitive && !q.old.Sensitive; {
	case open && was == nil && is != nil:
		q.add(AtOnce, q.part, q.at, "it is now published once, rounded, when the period is over, because it depends on '%s', which is sensitive; its figures so far are no longer shown", is[len(is)-1])
	case open && was != nil && is == nil:
		q.add(NewAnswers, q.part, q.at, "it is no longer sensitive, because it no longer depends on '%s'; answers that were given while it did stay so", was[len(was)-1])
	}
}

// storedAs is the form in which answers of a type are stored. Types with the same form can read each other's answers.
func storedAs(t survey.Type) string {
	switch t {
	case survey.SingleChoice, survey.Rating, survey.NPS:
		return "one option"
	case survey.MultiChoice:
		return "several options"
	case survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.URL:
		return "a text"
	case survey.YesNo, survey.Consent:
		return "yes or no"
	default:
		return string(t)
	}
}

// types compares the types. It returns false if nothing else can be compared.
func (q *comparison) types() bool {
	old, new := q.old.Type, q.new.Type
	if old == new {
		return true
	}
	at := q.at.to("type")
	was, is := storedAs(old), storedAs(new)
	edit := change(string(old), string(new))
	switch {
	case was == "a text" && is == "a text":
		q.add(Comparable, q.part, at, "the type was changed %s: texts are not counted, and those stored stay as they are", edit)
	case was == is, was == "one option" && is == "several options", was == "several options" && is == "one option":
		q.add(q.breaks, q.part, at, "the type was changed %s: shares and means before and after cannot be compared, and are shown apart", edit)
	default:
		q.add(q.breaks, q.part, at, "the type was changed %s: this is another question, shown apart from the one before; give it an id of its own", edit)
		return false
	}
	return true
}

// options compares the options, or a matrix's columns.
func (q *comparison) options() {
	q.choices("option", q.old.Options, q.new.Options, "scale")
	q.choices("step of importance", q.old.Importance, q.new.Importance, "importance_scale")
}

// isNumbered reports whether options are numbered steps.
func isNumbered(options []survey.Option) bool { return len(options) > 0 && len(options[0].Label) == 0 }

// choices compares two lists of options; key is that of their scale.
func (q *comparison) choices(what message.Key, old, new []survey.Option, key string) {
	if isNumbered(old) && isNumbered(new) && q.old.Type == q.new.Type {
		q.steps(len(old), len(new))
		return
	}
	oldAt, oldScale := optionsAt(q.comparer.old, q.old.at, key)
	newAt, newScale := optionsAt(q.comparer.new, q.new.at, key)
	part := q.part
	if newScale != "" && newScale == oldScale { // every question with the scale says the same, once
		part = message.New("scale '%s'", newScale)
	}
	d := match(old, new, func(o survey.Option) string { return o.ID }, func(a, b survey.Option) bool { return q.sameText(a.Label, b.Label) })
	madeOld := func(i int) bool { return isMade(q.comparer.old, optionAt(oldAt, old, i)) }
	madeNew := func(i int) bool { return isMade(q.comparer.new, optionAt(newAt, new, i)) }
	for _, p := range append(d.takeEdited(madeOld, madeNew), d.renamed...) {
		at, was, is := optionAt(newAt, new, p.new), old[p.old].ID, new[p.new].ID
		if !q.addMade(part, what.Text(), at, was, is, madeOld(p.old), madeNew(p.new)) {
			q.add(Invalid, part, at, "%s '%s' seems to have been renamed '%s': stored answers are read by the id, so put the old one back; the label may change", what, was, is)
		}
	}
	for _, i := range d.removed {
		q.addRemoved(q.breaks, part, optionAt(oldAt, old, i), "%s '%s' was removed: figures with it end, and stay as they are", what, old[i].ID)
	}
	for _, i := range d.added {
		q.add(q.breaks, part, optionAt(newAt, new, i), "%s '%s' was added: it draws answers from the others", what, new[i].ID)
	}
	for _, p := range d.kept {
		q.option(what, part, old, old[p.old], new[p.new], optionAt(newAt, new, p.new))
	}
	if len(d.moved) > 0 {
		q.add(Comparable, part, newAt, "the %ss are in another order, which can shift answers a little", what)
	}
}

// addMade adds an option or row that has another id now because none is written. It returns false if one is.
func (q *comparison) addMade(part, what message.Text, at path, was, is string, madeOld, madeNew bool) bool {
	switch {
	case madeOld && madeNew:
		q.add(Invalid, part, at, "%s '%s' has no id, and its label in the first language is another now, which makes it '%s': stored answers stay with the old one, so put that label back and write the ids first, with 'glasspoll check --write-ids'", what, was, is)
	case madeNew:
		q.add(Invalid, part, at, "%s '%s' has lost its id: stored answers are read by it, so write it again, as \"id: %s\"", what, was, was)
	}
	return madeNew
}

// isMade reports whether an option or row at a path has no id of its own.
func isMade(v Version, at path) bool {
	return at[len(at)-1] != "other" && v.Places.Has(at...) && !v.Places.Has(at.to("id")...)
}

// steps compares two numbers of steps.
func (q *comparison) steps(old, new int) {
	if new != old {
		q.add(q.breaks, q.part, q.at.to("steps"), "there are now %d steps (before: %d): a mark means something else, so marks before and after are never mixed", new, old)
	}
}

// optionsAt returns the path of a question's options, and the name of the scale that they are; "" if they are no scale.
func optionsAt(v Version, question path, key string) (at path, scale string) {
	if scale, ok := v.Places.Plain(question.to(key)...); ok {
		return path{"scales", scale}, scale
	}
	return question.to("options"), ""
}

// optionAt returns the path of one of the options at a path.
func optionAt(at path, options []survey.Option, i int) path {
	if options[i].ID == survey.Other {
		return at[:len(at)-1].to("other")
	}
	return at.to(i)
}

// option compares two versions of one option; all are the old options.
func (q *comparison) option(what message.Key, part message.Text, all []survey.Option, old, new survey.Option, at path) {
	other := slices.IndexFunc(all, func(o survey.Option) bool { return o.ID != new.ID && q.sameText(o.Label, new.Label) })
	if other >= 0 && !q.sameText(old.Label, new.Label) {
		q.add(q.breaks, part, at.to("label"), "%s '%s' now says what '%s' said: stored answers would change their meaning", what, new.ID, all[other].ID)
	} else {
		q.text(part, message.New("the label of %s '%s'", what, new.ID), old.Label, new.Label, at.to("label"))
	}
	q.text(part, message.New("the short name of %s '%s'", what, new.ID), old.ShortName, new.ShortName, at.to("short"))
	q.picture(part, old.Image, new.Image, at.to("image"))
	if !reflect.DeepEqual(old.Score, new.Score) {
		q.add(q.breaks, part, at.to("score"), "the score of %s '%s' was changed %s: means before and after differ for that reason alone, and are never mixed", what, new.ID, change(old.Score, new.Score))
	}
	if old.Exclusive != new.Exclusive {
		q.add(Comparable, part, at.to("exclusive"), "%s '%s' %s be chosen with others; stored answers stay", what, new.ID, map[bool]message.Key{true: "can no longer", false: "can now"}[new.Exclusive])
	}
	if !reflect.DeepEqual(old.ShowIf, new.ShowIf) {
		q.add(q.breaks, part, at.to("show_if"), "%s '%s' is offered to other respondents: %s", what, new.ID, conditionChange(old.ShowIf, new.ShowIf))
	}
}

// rows compares the rows of a matrix.
func (q *comparison) rows() {
	old, new := q.old.Rows, q.new.Rows
	d := match(old, new, func(r survey.Row) string { return r.ID }, func(a, b survey.Row) bool { return q.sameText(a.Label, b.Label) })
	madeOld := func(i int) bool { return isMade(q.comparer.old, q.old.at.to("rows", i)) }
	madeNew := func(i int) bool { return isMade(q.comparer.new, q.at.to("rows", i)) }
	for _, p := range append(d.takeEdited(madeOld, madeNew), d.renamed...) {
		at, was, is := q.at.to("rows", p.new), old[p.old].ID, new[p.new].ID
		if !q.addMade(q.part, message.New("row"), at, was, is, madeOld(p.old), madeNew(p.new)) {
			q.add(Invalid, q.part, at.to("id"), "row '%s' seems to have been renamed '%s': stored answers are found by the id, so put the old one back; the label may change", was, is)
		}
	}
	for _, i := range d.removed {
		q.addRemoved(q.breaks, q.part, q.old.at.to("rows", i), "row '%s' was removed: its trend ends, and its figures so far are shown among what is no longer asked", old[i].ID)
	}
	for _, i := range d.added {
		q.add(Comparable, q.part, q.at.to("rows", i), "row '%s' was added: its trend begins", new[i].ID)
	}
	for _, p := range d.kept {
		was, is := old[p.old], new[p.new]
		q.text(q.part, message.New("the label of row '%s'", is.ID), was.Label, is.Label, q.at.to("rows", p.new, "label"))
		q.text(q.part, message.New("the short name of row '%s'", is.ID), was.ShortName, is.ShortName, q.at.to("rows", p.new, "short"))
		if was.Required != is.Required {
			q.add(Comparable, q.part, q.at.to("required"), "row '%s' %s; watch how many leave it out", is.ID, map[bool]message.Key{true: "must now be answered", false: "may now be left out"}[is.Required])
		}
	}
	if len(d.moved) > 0 {
		q.add(Comparable, q.part, q.at.to("rows"), "the rows are in another order, which can shift answers a little")
	}
}

// limits compares which answers are accepted.
func (q *comparison) limits() {
	old, new := q.old.Question, q.new.Question
	if old.Type != new.Type {
		return // their meaning depends on the type
	}
	if old.AtLeast != new.AtLeast || old.AtMost != new.AtMost {
		at := q.at.to("max")
		if old.AtMost == new.AtMost {
			at = q.at.to("min")
		}
		q.add(q.breaks, q.part, at, "how many may be chosen was changed (at least %s, at most %s), which changes every share", change(old.AtLeast, new.AtLeast), change(old.AtMost, new.AtMost))
	}
	q.numbers()
	if !reflect.DeepEqual(old.Total, new.Total) {
		q.add(q.breaks, q.part, q.at.to("total"), "the shares now add up to another total (%s)", change(old.Total, new.Total))
	}
	if !reflect.DeepEqual(old.Unit, new.Unit) && slices.ContainsFunc(q.comparer.new.Languages, func(l string) bool { return q.comparer.old.HasLanguage(l) && old.Unit[l] != new.Unit[l] }) {
		q.add(q.breaks, q.part, q.at.to("unit"), "numbers are asked for in another unit: those before and after would be counted together, so give the question an id of its own, unless only the spelling was corrected")
	}
	for _, edit := range []struct {
		key      string
		old, new any
	}{
		{"min_length", old.MinLength, new.MinLength}, {"max_length", old.MaxLength, new.MaxLength}, {"pattern", old.Pattern, new.Pattern},
		{"min", old.Earliest, new.Earliest}, {"max", old.Latest, new.Latest},
	} {
		if edit.old != edit.new {
			q.add(Comparable, q.part, q.at.to(edit.key), "%s was changed %s; it is not counted, and stored answers stay as they are", edit.key, change(edit.old, edit.new))
		}
	}
}

// numbers compares the limits of a number, and the bands in which numbers are counted.
func (q *comparison) numbers() {
	old, new := q.old.Question, q.new.Question
	effect, counts := Comparable, message.New("numbers are counted in the same bands as before")
	if !slices.Equal(q.bands(q.comparer.old, old), q.bands(q.comparer.new, new)) {
		effect, counts = q.breaks, message.New("numbers are counted in other bands from now on, apart from those before")
	}
	for _, edit := range []struct {
		key      string
		old, new *survey.Decimal
	}{{"min", old.Min, new.Min}, {"max", old.Max, new.Max}, {"step", old.Step, new.Step}} {
		if !reflect.DeepEqual(edit.old, edit.new) {
			q.add(effect, q.part, q.at.to(edit.key), "%s was changed %s: %s", edit.key, change(edit.old, edit.new), counts)
		}
	}
	if !slices.Equal(old.Bands, new.Bands) {
		q.add(effect, q.part, q.at.to("bands"), "the bands were edited: %s", counts)
	}
}

// bands lists a number's bands.
func (q *comparison) bands(v Version, of *survey.Question) (bands []survey.ValueBand) {
	for _, f := range v.FieldsOf(of) {
		bands = append(bands, f.ValueBands()...)
	}
	return bands
}
