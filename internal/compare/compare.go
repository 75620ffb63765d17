// Package compare reports what the edits between two versions of a questionnaire do to its figures: which stay
// comparable, which trends break, what is hidden at once. It is pure.
package compare

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Effect is what an edit does to figures.
type Effect string

// The effects, the gravest first. Each answer is counted under the questionnaire that it was given under, so no edit changes
// what stored answers mean.
const (
	Invalid    Effect = "invalid"     // stored answers are left behind under a name that is gone
	Breaks     Effect = "breaks"      // the trend breaks: figures before and after mean different things, and are shown apart
	AtOnce     Effect = "at_once"     // takes effect at once, on all that is shown, of all periods
	NewAnswers Effect = "new_answers" // takes effect for answers from now on; those given before keep what was promised then
	NextPeriod Effect = "next_period" // takes effect with the next period
	Comparable Effect = "comparable"  // figures stay comparable
	Wording    Effect = "wording"     // only texts differ
)

// Effects lists the effects, the gravest first.
func Effects() []Effect {
	return []Effect{Invalid, Breaks, AtOnce, NewAnswers, NextPeriod, Comparable, Wording}
}

// Words describes the effect to users.
func (e Effect) Words() message.Text {
	switch e {
	case Invalid:
		return message.New("stored answers are left behind")
	case Breaks:
		return message.New("the trend breaks")
	case AtOnce:
		return message.New("takes effect at once")
	case NewAnswers:
		return message.New("takes effect for new answers")
	case NextPeriod:
		return message.New("takes effect with the next period")
	case Comparable:
		return message.New("figures stay comparable")
	default:
		return message.New("only wording")
	}
}

// Grave reports whether the effect is Invalid or Breaks.
func (e Effect) Grave() bool { return e == Invalid || e == Breaks }

// A Change is one edit and its effect.
type Change struct {
	questionnaire.Place              // in the new file, or in the old one for what was removed
	Old                 bool         // the place is in the old file
	Effect              Effect       // of this edit only
	Part                message.Text // what was edited: "question 'overall'"
	Sentence            message.Text
}

// String formats the change as one line in English, beginning with file:line:column.
func (c Change) String() string { return c.In(message.English) }

// In formats the change as one line in a language.
func (c Change) In(language string) string {
	return message.New("%s:%d:%d: %s: %s: %s", c.File, c.Line, c.Column, c.Effect.Words(), c.Part, c.Sentence).In(language)
}

// A Version is a valid survey and the places of its parts.
type Version struct {
	*survey.Survey
	Places questionnaire.Places
}

// Surveys returns the edits between two versions, the gravest first. It returns none only if the versions are equal.
func Surveys(before, after Version) []Change {
	c := &comparer{old: before, new: after}
	c.survey()
	c.plan()
	c.privacy()
	c.sections()
	c.questions()
	c.index()
	c.groups()
	if len(c.changes) == 0 && before.Survey.Version != after.Survey.Version {
		c.add(Wording, message.New("survey"), nil, "something was moved that neither figures nor stored answers depend on, such as a note")
	}
	gravity := Effects()
	slices.SortStableFunc(c.changes, func(a, b Change) int {
		older := map[bool]int{true: 1}
		return cmp.Or(slices.Index(gravity, a.Effect)-slices.Index(gravity, b.Effect), older[a.Old]-older[b.Old],
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Part.String(), b.Part.String()), cmp.Compare(a.Sentence.String(), b.Sentence.String()))
	})
	return slices.Compact(c.changes)
}

// groups says what becomes of the answers that wait for others, where the release of answers depends on what was edited.
func (c *comparer) groups() {
	old, new := c.old.Survey, c.new.Survey
	if old.Shape == new.Shape || old.ID != new.ID {
		return
	}
	waits := message.New("answers that still wait come out when their period is over")
	if k := max(old.K(), new.K()); k > 1 {
		waits = message.New("answers that still wait are not joined with new ones: they come out together when their period is over, if they are %d or more, and never if they are fewer", k)
	}
	c.add(NewAnswers, message.New("results"), nil, "answers from now on are counted and released in groups of their own; %s", waits)
}

// A comparer collects the changes between two versions.
type comparer struct {
	old, new Version
	changes  []Change
}

// A path leads to a part of a file; see [questionnaire.Places.At].
type path []any

// to returns the path extended by keys or indexes.
func (p path) to(steps ...any) path { return append(slices.Clip(slices.Clone(p)), steps...) }

// add adds an edit at a place of the new file.
func (c *comparer) add(e Effect, part message.Text, at path, format string, args ...any) {
	c.changes = append(c.changes, Change{Place: c.new.Places.At(at...), Effect: e, Part: part, Sentence: message.New(format, args...)})
}

// addRemoved adds the removal of what only the old file has.
func (c *comparer) addRemoved(e Effect, part message.Text, at path, format string, args ...any) {
	c.changes = append(c.changes, Change{Place: c.old.Places.At(at...), Old: true, Effect: e, Part: part, Sentence: message.New(format, args...)})
}

// text compares a text, in the languages that both versions have.
func (c *comparer) text(part, what message.Text, old, new survey.Text, at path) {
	var edited []string
	for _, l := range c.new.Languages {
		if c.old.HasLanguage(l) && old[l] != new[l] {
			edited = append(edited, l)
		}
	}
	if len(edited) == 0 {
		return
	}
	where := at
	if len(edited) == 1 {
		where = at.to(edited[0])
	}
	c.add(Wording, part, where, "%s was edited (%s)", what, strings.Join(edited, ", "))
}

// sameText reports whether two texts are the same in a language that both versions have.
func (c *comparer) sameText(a, b survey.Text) bool {
	for _, l := range c.new.Languages {
		if c.old.HasLanguage(l) && a[l] != "" && strings.EqualFold(a[l], b[l]) {
			return true
		}
	}
	return false
}

// change describes an edited value: "from quarter to year".
func change(old, new any) message.Text {
	return message.New("from %s to %s", formatValue(old), formatValue(new))
}

func formatValue(v any) message.Text {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return message.New("none")
		}
		if s, ok := v.(fmt.Stringer); ok {
			return message.Plain(s.String())
		}
		return formatValue(r.Elem().Interface())
	}
	if s := fmt.Sprint(v); s != "" && s != "0" {
		return message.Plain(s)
	}
	return message.New("none")
}

// survey compares what belongs to the survey as a whole.
func (c *comparer) survey() {
	old, new := c.old.Survey, c.new.Survey
	part := message.New("survey")
	if old.ID != new.ID {
		c.add(Invalid, part, path{"id"}, "the id was changed %s: answers and releases are stored under the old one, so this is another survey; put the old id back", change(old.ID, new.ID))
	}
	c.text(part, message.New("the title"), old.Title, new.Title, path{"title"})
	c.text(part, message.New("the purpose"), old.Purpose, new.Purpose, path{"purpose"})
	c.text(part, message.New("the introduction"), old.Intro, new.Intro, path{"intro"})
	c.thanks()
	for _, l := range new.Languages {
		if !old.HasLanguage(l) {
			c.add(Comparable, part, path{"languages"}, "the language '%s' was added", l)
		}
	}
	for _, l := range old.Languages {
		if !new.HasLanguage(l) {
			c.addRemoved(Comparable, part, path{"languages"}, "the language '%s' was removed; answers given in it stay", l)
		}
	}
	if same := slices.Equal(old.Languages, new.Languages); !same && sameSet(old.Languages, new.Languages) {
		c.add(Wording, part, path{"languages"}, "the languages are in another order: the first address is now in '%s'", new.DefaultLanguage())
	}
	if old.Minutes != new.Minutes {
		c.add(Wording, part, path{"minutes"}, "the minutes were changed %s", change(old.Minutes, new.Minutes))
	}
	if !reflect.DeepEqual(old.Contact, new.Contact) {
		c.add(Wording, part, path{"contact"}, "the contact was edited")
	}
	if !reflect.DeepEqual(old.Document, new.Document) {
		c.add(Wording, part, path{"document"}, "the entry in the quality manual was edited")
	}
	if !reflect.DeepEqual(old.Theme, new.Theme) {
		c.add(Wording, part, path{"theme"}, "the look was edited")
	}
	if old.Window != new.Window {
		c.add(Comparable, part, path{"window"}, "answers are now taken from %s until %s (before: from %s until %s)", formatValue(new.Window.From), formatValue(new.Window.Until), formatValue(old.Window.From), formatValue(old.Window.Until))
	}
	if old.Timezone != new.Timezone {
		c.add(Comparable, part, path{"timezone"}, "the timezone was changed %s: answers near midnight may belong to another day and period", change(old.Timezone, new.Timezone))
	}
	if old.Period != new.Period {
		c.add(Breaks, part, path{"period"}, "the period was changed %s: the points of the trend stand for another length of time, and stored answers stay in their old periods", change(old.Period, new.Period))
	}
	if !reflect.DeepEqual(old.Audience, new.Audience) {
		c.add(Comparable, part, path{"audience"}, "the audience was edited: the response rate and the sample size are computed again")
	}
	if !reflect.DeepEqual(old.Weighting, new.Weighting) {
		c.add(Comparable, part, path{"weighting"}, "the population's composition was edited: the weighted figures of the newest period are computed again, and all others stay")
	}
	c.channels(part, old.Channels, new.Channels, path{"channels"})
	if old.Steps != new.Steps || old.Cards != new.Cards {
		how := message.Key("asked on one page")
		switch {
		case new.Cards:
			how = "asked one at a time, where there is a script"
		case new.Steps:
			how = "asked section by section, where there is a script"
		}
		c.add(Comparable, part, path{"layout"}, "its questions are now %s", how)
	}
	if old.Unlisted != new.Unlisted {
		c.add(Wording, part, path{"listed"}, "the survey is now %s", map[bool]message.Key{true: "left out of the landing page and of search engines", false: "shown on the landing page"}[new.Unlisted])
	}
	if old.KeepDuplicates != new.KeepDuplicates {
		c.add(Comparable, part, path{"duplicates"}, "equal answers from one place now count %s", map[bool]message.Key{true: "each", false: "once"}[new.KeepDuplicates])
	}
	c.invitations()
	c.sealing()
	c.results()
	c.scoring()
	c.alerts()
}

// invitations compares who may answer, and what is known of the invited.
func (c *comparer) invitations() {
	old, new := c.old.Survey, c.new.Survey
	part := message.New("survey")
	if old.Access != new.Access {
		who := map[survey.Access]message.Key{
			survey.OpenAccess: "by whoever has its address", survey.InvitedAccess: "by invitation alone", survey.BothAccess: "by invitation, and by whoever has its address",
		}
		c.add(NewAnswers, part, path{"access"}, "the survey is now answered %s; answers given before stay", who[new.Access])
	}
	if !reflect.DeepEqual(old.Quality, new.Quality) {
		c.add(NewAnswers, part, path{"quality"}, "other answers are held back before they are released; those given before are judged by the rules of then")
	}
	if old.Anonymity != new.Anonymity && old.HasInvitations() == new.HasInvitations() {
		c.add(NewAnswers, part, path{"anonymity"}, "what is known of the invited was changed %s; answers given before keep what was promised then", change(old.Anonymity, new.Anonymity))
	}
}

// channels compares the lists of channels.
func (c *comparer) channels(part message.Text, old, new []string, at path) {
	for _, word := range new {
		if !slices.Contains(old, word) {
			c.add(Comparable, part, at, "the channel '%s' was added", word)
		}
	}
	for _, word := range old {
		if !slices.Contains(new, word) {
			c.addRemoved(Comparable, part, at, "the channel '%s' was removed; its answers stay", word)
		}
	}
	if sameSet(old, new) && !slices.Equal(old, new) {
		c.add(Wording, part, at, "the channels are in another order")
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func (c *comparer) thanks() {
	old, new := c.old.Thanks, c.new.Thanks
	at := path{"thanks"}
	if len(old) != len(new) {
		c.add(Wording, message.New("survey"), at, "there are now %d thank-you texts (before: %d)", len(new), len(old))
		return
	}
	for i := range new {
		if c.new.Places.Has("thanks", i) {
			at = path{"thanks", i, "text"}
		}
		c.text(message.New("survey"), message.New("the thank-you text"), old[i].Text, new[i].Text, at)
		if !reflect.DeepEqual(old[i].ShowIf, new[i].ShowIf) {
			c.add(Wording, message.New("survey"), path{"thanks", i, "show_if"}, "other respondents read this thank-you text")
		}
	}
}

func (c *comparer) results() {
	old, new := c.old.Results, c.new.Results
	part := message.New("results")
	switch is, was := c.new.K(), c.old.K(); {
	case is > was:
		c.add(AtOnce, part, path{"results", "min_group"}, "the smallest group that is published was changed from %d to %d: at once, for all answers that are not out yet", was, is)
	case is < was:
		c.add(NextPeriod, part, path{"results", "min_group"}, "the smallest group that is published was changed from %d to %d; the current period keeps the old one", was, is)
	case old.MinGroup != new.MinGroup:
		c.add(Wording, part, path{"results", "min_group"}, "the smallest group was changed %s, which the protection makes %d all the same", change(old.MinGroup, new.MinGroup), is)
	}
	switch {
	case old.Protection == new.Protection:
	case new.Protection == survey.Strict:
		c.add(AtOnce, part, path{"results", "protection"}, "every question is now published like a sensitive one: once, rounded, when the period is over; its figures so far are no longer shown")
	default:
		c.add(NewAnswers, part, path{"results", "protection"}, "questions are published like in other surveys; answers that were given under the strict protection keep it")
	}
	if old.Closes != new.Closes {
		c.add(Comparable, part, path{"results", "closes"}, "the day after which sensitive questions are published was changed %s; what is out stays", change(old.Closes, new.Closes))
	}
	if !slices.Equal(old.CrossTabs, new.CrossTabs) {
		c.add(Comparable, part, path{"results", "crosstabs"}, "other cross-tabulations are shown, of the answers so far as well")
	}
	if old.Audience != new.Audience {
		c.add(Comparable, part, path{"results", "audience"}, "who may read the results was changed %s", change(old.Audience, new.Audience))
	}
	if old.PoolAfter != new.PoolAfter {
		c.add(Comparable, part, path{"results", "pool_after"}, "the days until small groups are pooled were changed %s", change(old.PoolAfter, new.PoolAfter))
	}
	if old.Release != new.Release {
		c.add(Comparable, part, path{"results", "release"}, "when results come out was changed %s", change(old.Release, new.Release))
	}
}

func (c *comparer) scoring() {
	old, new := c.old.Scoring, c.new.Scoring
	part := message.New("scoring")
	if old.Model != new.Model {
		c.add(Breaks, part, path{"scoring", "model"}, "the model was changed %s: the index is another figure from now on", change(old.Model, new.Model))
	}
	if old.Unit != new.Unit {
		c.add(Breaks, part, path{"scoring", "unit"}, "the units were changed %s: the index is composed differently", change(old.Unit, new.Unit))
	}
	if old.Of != new.Of {
		c.add(Breaks, part, path{"scoring", "of"}, "the model of each unit was changed %s: the index is another figure from now on", change(old.Of, new.Of))
	}
	if !reflect.DeepEqual(old.Rule, new.Rule) {
		c.add(Breaks, part, path{"scoring", "response_rate_rule"}, "what a low response rate costs was changed: published scores before and after differ by it, those before the deduction do not")
	}
	if old.Overall != new.Overall {
		c.add(Comparable, part, path{"scoring", "overall"}, "the item that the others are compared with was changed %s; each item's own figures stay, and correlations begin anew", change(old.Overall, new.Overall))
	}
	if !reflect.DeepEqual(old.Target, new.Target) {
		c.add(Comparable, part, path{"scoring", "target"}, "the target was changed %s", change(old.Target, new.Target))
	}
	for i, d := range new.Dimensions {
		at := path{"scoring", "dimensions", i}
		name := message.New("dimension '%s'", d.ID)
		k := slices.IndexFunc(old.Dimensions, func(o survey.Dimension) bool { return o.ID == d.ID })
		if k < 0 {
			c.add(Comparable, name, at, "the dimension was added: its trend begins")
			continue
		}
		c.text(name, message.New("the label"), old.Dimensions[k].Label, d.Label, at.to("label"))
		if old.Dimensions[k].Weight != d.Weight {
			c.add(Breaks, name, at.to("weight"), "the weight was changed %s: the index is composed differently", change(old.Dimensions[k].Weight, d.Weight))
		}
	}
	for k, d := range old.Dimensions {
		if !slices.ContainsFunc(new.Dimensions, func(n survey.Dimension) bool { return n.ID == d.ID }) {
			c.addRemoved(Breaks, message.New("dimension '%s'", d.ID), path{"scoring", "dimensions", k}, "the dimension was removed: its trend ends")
		}
	}
	limits := func(bands []survey.Band) (limits []survey.Decimal) {
		for _, b := range bands {
			limits = append(limits, b.From)
		}
		return limits
	}
	if !slices.Equal(limits(old.Bands), limits(new.Bands)) {
		c.add(Comparable, part, path{"scoring", "bands"}, "the bands have other limits: the figures stay, the words for them change")
		return
	}
	for i := range new.Bands {
		c.text(part, message.New("the label of the band from %s", new.Bands[i].From), old.Bands[i].Label, new.Bands[i].Label, path{"scoring", "bands"})
	}
}
