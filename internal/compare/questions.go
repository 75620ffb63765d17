package compare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"glasspoll/internal/expression"
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
		part := "section '" + section.ID + "'"
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
		c.text(part, "the title", was.Title, section.Title, at.to("title"))
		c.text(part, "the introduction", was.Intro, section.Intro, at.to("intro"))
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
			c.addRemoved(Wording, "section '"+section.ID+"'", path{"sections", i}, "the section was removed, or its questions were moved")
		}
	}
	c.notes()
}

func conditionChange(old, new *expression.Tree) string {
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
		part := "note '" + n.ID + "'"
		k := slices.IndexFunc(rest, func(o placedQuestion) bool { return o.ID == n.ID })
		if k < 0 {
			c.add(Wording, part, n.at, "the note was added")
			continue
		}
		c.text(part, "the note", rest[k].Label, n.Label, n.at.to("label"))
		if !reflect.DeepEqual(rest[k].ShowIf, n.ShowIf) {
			c.add(Wording, part, n.at.to("show_if"), "other respondents read it: %s", conditionChange(rest[k].ShowIf, n.ShowIf))
		}
		rest = slices.Delete(rest, k, k+1)
	}
	for _, o := range rest {
		c.addRemoved(Wording, "note '"+o.ID+"'", o.at, "the note was removed")
	}
}

// questions compares the questions by their ids.
func (c *comparer) questions() {
	old, new := answerableOf(c.old.Survey), answerableOf(c.new.Survey)
	var added, removed []placedQuestion
	for _, q := range new {
		if _, ok := findQuestion(old, q.ID); !ok {
			added = append(added, q)
		}
	}
	for _, q := range old {
		if _, ok := findQuestion(new, q.ID); !ok {
			removed = append(removed, q)
		}
	}
	for _, q := range removed {
		part := "question '" + q.ID + "'"
		k := slices.IndexFunc(added, func(n placedQuestion) bool { return n.Type == q.Type && c.sameText(q.Label, n.Label) })
		if k >= 0 {
			c.add(Invalid, part, added[k].at.to("id"), "it seems to have been renamed '%s': stored answers are found by the id, so put the old one back; the label may change", added[k].ID)
			added = slices.Delete(added, k, k+1)
			continue
		}
		c.addRemoved(Invalid, part, q.at, "the question was removed: stored answers to it are no longer read, and its trend ends")
	}
	for _, q := range added {
		c.add(Comparable, "question '"+q.ID+"'", q.at, "the question was added: its trend begins")
	}
	for _, q := range new {
		if was, ok := findQuestion(old, q.ID); ok {
			c.question(was, q)
		}
	}
	c.moves(old, new)
}

// moves reports the fewest questions whose move explains the new order.
func (c *comparer) moves(old, new []placedQuestion) {
	ids := func(list, other []placedQuestion) (ids []string) {
		for _, q := range list {
			if _, ok := findQuestion(other, q.ID); ok {
				ids = append(ids, q.ID)
			}
		}
		return ids
	}
	for _, id := range outOfOrder(ids(old, new), ids(new, old)) {
		q, _ := findQuestion(new, id)
		c.add(Comparable, "question '"+id+"'", q.at, "it is asked at another place; what comes before it can colour the answer a little")
	}
}

// outOfOrder returns, in the new order, the fewest words whose move turns the old order into the new one: those outside
// a longest common subsequence. Both lists have the same words.
func outOfOrder(old, new []string) []string {
	rank := map[string]int{}
	for i, word := range old {
		rank[word] = i
	}
	length, before := make([]int, len(new)), make([]int, len(new)) // of the longest rising subsequence that ends here
	last := -1
	for i := range new {
		length[i], before[i] = 1, -1
		for j := range i {
			if rank[new[j]] < rank[new[i]] && length[j]+1 > length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	stay := map[int]bool{}
	for i := last; i >= 0; i = before[i] {
		stay[i] = true
	}
	var moved []string
	for i, word := range new {
		if !stay[i] {
			moved = append(moved, word)
		}
	}
	return moved
}

// counted reports whether a question has published figures.
func counted(s *survey.Survey, q *survey.Question) bool {
	return slices.ContainsFunc(s.FieldsOf(q), survey.Field.Counted)
}

// question compares two versions of one question.
func (c *comparer) question(old, new placedQuestion) {
	part := "question '" + new.ID + "'"
	q := comparison{comparer: c, old: old, new: new, part: part, at: new.at, breaks: Breaks}
	if !counted(c.old.Survey, old.Question) && !counted(c.new.Survey, new.Question) {
		q.breaks = Comparable // it has no figures
	}
	c.text(part, "the label", old.Label, new.Label, new.at.to("label"))
	c.text(part, "the help", old.Help, new.Help, new.at.to("help"))
	c.text(part, "the label of the low end", old.Low, new.Low, new.at.to("low"))
	c.text(part, "the label of the high end", old.High, new.High, new.at.to("high"))
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
func (c *comparer) rules(part string, old, new []survey.Rule, at path) {
	if len(old) != len(new) {
		c.add(Comparable, part, at.to("check"), "there are now %d checks (before: %d); stored answers are not checked again", len(new), len(old))
		return
	}
	for i := range new {
		if !reflect.DeepEqual(old[i].That, new[i].That) {
			c.add(Comparable, part, at.to("check"), "a check was changed; stored answers are not checked again")
		}
		c.text(part, "the message of a check", old[i].Message, new[i].Message, at.to("check"))
	}
}

// A comparison compares two versions of one question.
type comparison struct {
	*comparer
	old, new placedQuestion
	part     string
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

// visibility compares what is counted and shown, all of which is frozen for a period.
func (q *comparison) visibility() {
	switch {
	case !q.old.Private && q.new.Private:
		q.add(NextPeriod, q.part, q.at.to("private"), "answers are now private: they are stored apart and no longer counted; those already stored are not moved")
	case q.old.Private && !q.new.Private:
		q.add(NextPeriod, q.part, q.at.to("private"), "answers are no longer private; those given in confidence stay apart and uncounted")
	}
	if q.old.Sensitive != q.new.Sensitive {
		q.add(NextPeriod, q.part, q.at.to("sensitive"), "a group that is unanimous on it is %s", map[bool]string{true: "now held back until another joins it", false: "no longer held back"}[q.new.Sensitive])
	}
	if q.old.Unpublished != q.new.Unpublished {
		q.add(NextPeriod, q.part, q.at.to("publish"), "it is now %s", map[bool]string{true: "left out of what is published", false: "published"}[q.new.Unpublished])
	}
	if q.old.Segment != q.new.Segment {
		q.add(NextPeriod, q.part, q.at.to("segment"), "figures are %s broken down by it", map[bool]string{true: "now", false: "no longer"}[q.new.Segment])
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
	case old == survey.YesNo && new == survey.Consent:
		q.add(Invalid, q.part, at, "the type was changed %s: stored answers 'no' do not fit a consent", edit)
	case was == is, was == "one option" && is == "several options":
		q.add(q.breaks, q.part, at, "the type was changed %s: shares and means before and after cannot be set side by side", edit)
	case was == "several options" && is == "one option":
		q.add(q.breaks, q.part, at, "the type was changed %s: shares before and after cannot be set side by side", edit)
		q.add(Invalid, q.part, at, "stored answers that hold several options do not fit a question with one")
	default:
		q.add(Invalid, q.part, at, "the type was changed %s: stored answers do not fit; give the new question an id of its own", edit)
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

func (q *comparison) choices(what string, old, new []survey.Option, key string) {
	if isNumbered(old) && isNumbered(new) && q.old.Type == q.new.Type {
		if len(new) < len(old) {
			q.add(Invalid, q.part, q.at.to("steps"), "there are now %d steps (before: %d): stored answers above %d do not fit", len(new), len(old), len(new))
		}
		if len(new) != len(old) {
			q.add(q.breaks, q.part, q.at.to("steps"), "there are now %d steps (before: %d): a mark means something else", len(new), len(old))
		}
		return
	}
	part := q.part
	at, oldPath := q.at.to("options"), q.old.at.to("options")
	newScale, ok := q.comparer.new.Places.Plain(q.at.to(key)...)
	if ok {
		at = path{"scales", newScale}
	}
	oldScale, oldOK := q.comparer.old.Places.Plain(q.old.at.to(key)...)
	if oldOK {
		oldPath = path{"scales", oldScale}
	}
	if ok && oldOK && newScale == oldScale { // every question with the scale says the same, once
		part = "scale '" + newScale + "'"
	}
	place := func(list path, options []survey.Option, i int) path {
		if options[i].ID == survey.Other {
			return list[:len(list)-1].to("other")
		}
		return list.to(i)
	}
	index := func(options []survey.Option, id string) int {
		return slices.IndexFunc(options, func(o survey.Option) bool { return o.ID == id })
	}
	var added []int
	for i, o := range new {
		if index(old, o.ID) < 0 {
			added = append(added, i)
		}
	}
	for i, o := range old {
		if index(new, o.ID) >= 0 {
			continue
		}
		k := slices.IndexFunc(added, func(k int) bool { return q.sameText(o.Label, new[k].Label) })
		if k >= 0 {
			q.add(Invalid, part, place(at, new, added[k]), "%s '%s' seems to have been renamed '%s': stored answers are read by the id, so put the old one back; the label may change", what, o.ID, new[added[k]].ID)
			added = slices.Delete(added, k, k+1)
			continue
		}
		q.addRemoved(Invalid, part, place(oldPath, old, i), "%s '%s' was removed: stored answers with it are no longer read", what, o.ID)
	}
	for _, i := range added {
		q.add(q.breaks, part, place(at, new, i), "%s '%s' was added: it draws answers from the others", what, new[i].ID)
	}
	var kept, remaining []string
	for _, o := range old {
		if index(new, o.ID) >= 0 {
			kept = append(kept, o.ID)
		}
	}
	for i, o := range new {
		k := index(old, o.ID)
		if k < 0 {
			continue
		}
		remaining = append(remaining, o.ID)
		q.option(what, part, old, old[k], o, place(at, new, i))
	}
	if len(outOfOrder(kept, remaining)) > 0 {
		q.add(Comparable, part, at, "the %ss are in another order, which can shift answers a little", what)
	}
}

// option compares two versions of one option; all are the old options.
func (q *comparison) option(what, part string, all []survey.Option, old, new survey.Option, at path) {
	other := slices.IndexFunc(all, func(o survey.Option) bool { return o.ID != new.ID && q.sameText(o.Label, new.Label) })
	if other >= 0 && !q.sameText(old.Label, new.Label) {
		q.add(q.breaks, part, at.to("label"), "%s '%s' now says what '%s' said: stored answers would change their meaning", what, new.ID, all[other].ID)
	} else {
		q.text(part, fmt.Sprintf("the label of %s '%s'", what, new.ID), old.Label, new.Label, at.to("label"))
	}
	if !reflect.DeepEqual(old.Score, new.Score) {
		q.add(q.breaks, part, at.to("score"), "the score of %s '%s' was changed %s: means before and after differ for that reason alone", what, new.ID, change(old.Score, new.Score))
	}
	if old.Exclusive != new.Exclusive {
		q.add(Comparable, part, at.to("exclusive"), "%s '%s' %s be chosen with others; stored answers stay", what, new.ID, map[bool]string{true: "can no longer", false: "can now"}[new.Exclusive])
	}
	if !reflect.DeepEqual(old.ShowIf, new.ShowIf) {
		q.add(q.breaks, part, at.to("show_if"), "%s '%s' is offered to other respondents: %s", what, new.ID, conditionChange(old.ShowIf, new.ShowIf))
	}
}

// rows compares the rows of a matrix.
func (q *comparison) rows() {
	old, new := q.old.Rows, q.new.Rows
	index := func(rows []survey.Row, id string) int {
		return slices.IndexFunc(rows, func(r survey.Row) bool { return r.ID == id })
	}
	var added []int
	for i, r := range new {
		if index(old, r.ID) < 0 {
			added = append(added, i)
		}
	}
	var kept, remaining []string
	for i, r := range old {
		if index(new, r.ID) >= 0 {
			kept = append(kept, r.ID)
			continue
		}
		k := slices.IndexFunc(added, func(k int) bool { return q.sameText(r.Label, new[k].Label) })
		if k >= 0 {
			q.add(Invalid, q.part, q.at.to("rows", added[k], "id"), "row '%s' seems to have been renamed '%s': stored answers are found by the id, so put the old one back; the label may change", r.ID, new[added[k]].ID)
			added = slices.Delete(added, k, k+1)
			continue
		}
		q.addRemoved(Invalid, q.part, q.old.at.to("rows", i), "row '%s' was removed: stored answers to it are no longer read, and its trend ends", r.ID)
	}
	for _, i := range added {
		q.add(Comparable, q.part, q.at.to("rows", i), "row '%s' was added: its trend begins", new[i].ID)
	}
	for i, r := range new {
		k := index(old, r.ID)
		if k < 0 {
			continue
		}
		remaining = append(remaining, r.ID)
		q.text(q.part, fmt.Sprintf("the label of row '%s'", r.ID), old[k].Label, r.Label, q.at.to("rows", i, "label"))
		if old[k].Required != r.Required {
			q.add(Comparable, q.part, q.at.to("required"), "row '%s' %s; watch how many leave it out", r.ID, map[bool]string{true: "must now be answered", false: "may now be left out"}[r.Required])
		}
	}
	if len(outOfOrder(kept, remaining)) > 0 {
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
		if new.AtLeast > old.AtLeast || new.AtMost > 0 && (new.AtMost < old.AtMost || old.AtMost == 0) {
			q.add(Invalid, q.part, at, "stored answers with another number of options no longer fit")
		}
	}
	q.number("min", old.Min, new.Min, func(was, is survey.Decimal) bool { return is > was })
	q.number("max", old.Max, new.Max, func(was, is survey.Decimal) bool { return is < was })
	q.number("step", old.Step, new.Step, func(was, is survey.Decimal) bool { return was%is != 0 })
	if !reflect.DeepEqual(old.Total, new.Total) {
		q.add(q.breaks, q.part, q.at.to("total"), "the shares now add up to another total (%s)", change(old.Total, new.Total))
	}
	if !reflect.DeepEqual(old.Unit, new.Unit) && slices.ContainsFunc(q.comparer.new.Languages, func(l string) bool { return q.comparer.old.Speaks(l) && old.Unit[l] != new.Unit[l] }) {
		q.add(q.breaks, q.part, q.at.to("unit"), "numbers are asked for in another unit; if only the word was mended, the figures stay comparable")
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

// number compares one limit of a number; narrower reports whether it accepts fewer numbers.
func (q *comparison) number(key string, old, new *survey.Decimal, narrower func(was, is survey.Decimal) bool) {
	switch {
	case reflect.DeepEqual(old, new):
	case new != nil && (old == nil || narrower(*old, *new)):
		q.add(Invalid, q.part, q.at.to(key), "%s was changed %s: stored numbers may lie outside", key, change(old, new))
	default:
		q.add(Comparable, q.part, q.at.to(key), "%s was changed %s: more numbers are let through, and all those stored fit", key, change(old, new))
	}
}

// index compares the composition of the index.
func (c *comparer) index() {
	type item struct {
		weight    survey.Decimal
		dimension string
		at        path
	}
	items := func(s *survey.Survey) (map[string]item, []string) {
		all := map[string]item{}
		var names []string
		for _, q := range answerableOf(s) {
			for _, f := range s.FieldsOf(q.Question) {
				if f.Scored() {
					all[f.Name] = item{f.Weight(), q.Dimension, q.at}
					names = append(names, f.Name)
				}
			}
		}
		return all, names
	}
	old, oldNames := items(c.old.Survey)
	new, newNames := items(c.new.Survey)
	var added, removed []string
	for _, name := range newNames {
		is := new[name]
		was, known := old[name]
		if !known {
			added = append(added, name)
			continue
		}
		part := "question '" + name + "'"
		if was.weight != is.weight {
			c.add(Breaks, part, is.at.to("weight"), "the weight was changed %s: the index is made up differently", change(was.weight, is.weight))
		}
		if was.dimension != is.dimension {
			c.add(Breaks, part, is.at.to("dimension"), "it was moved to another dimension (%s): the scores of both are made up differently", change(was.dimension, is.dimension))
		}
	}
	for _, name := range oldNames {
		if _, kept := new[name]; !kept {
			removed = append(removed, name)
		}
	}
	if len(added)+len(removed) == 0 || len(old) == 0 {
		return
	}
	var parts []string
	if len(added) > 0 {
		parts = append(parts, "came in: "+strings.Join(added, ", "))
	}
	if len(removed) > 0 {
		parts = append(parts, "left: "+strings.Join(removed, ", "))
	}
	at := path{"scoring"}
	if len(added) > 0 {
		at = new[added[0]].at
	}
	c.add(Breaks, "index", at, "the index is made of other questions (%s); the trend of every other question goes on", strings.Join(parts, "; "))
}
