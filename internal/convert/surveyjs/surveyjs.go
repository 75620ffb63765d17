// Package surveyjs reads SurveyJS definitions, as https://surveyjs.io describes them.
package surveyjs

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// A reader reads one definition.
type reader struct {
	*draft.Draft
	byName   map[string]*draft.Question // for choices that are another question's
	deferred []func()                   // what can be done once all questions are read
	panel    *panel                     // the innermost one around what is read; nil for a page
}

var piped = regexp.MustCompile(`\{{1,2}\s*#?([^{}"':,;]+?)\s*\}{1,2}`)

// Read reads a SurveyJS definition into a draft.
func Read(file string, source []byte) (*draft.Draft, error) {
	r := report.New(file, "SurveyJS", "property")
	root, err := readJSON(r, source)
	if err != nil {
		return nil, err
	}
	if root.kind == '[' {
		return nil, message.Errorf("this is a list: a SurveyJS definition is an object with \"pages\" or \"elements\"")
	}
	if inner := root.get("survey"); inner.get("pages") != nil && root.get("pages") == nil {
		root = inner // as some exports wrap it
	}
	if root.get("pages") == nil && root.get("elements") == nil && root.get("questions") == nil {
		return nil, message.Errorf("this JSON is no SurveyJS definition: it has neither \"pages\" nor \"elements\"")
	}
	d := &reader{Draft: &draft.Draft{Report: r, Dialect: dialect, Parse: parseExpression, Piped: piped, Braces: true, Root: &draft.Group{}}, byName: map[string]*draft.Question{}}
	d.readSurvey(d.object(root))
	for i := 0; i < len(d.deferred); i++ { // one may defer another
		d.deferred[i]()
	}
	return d.Draft, nil
}

func (r *reader) readSurvey(o *object) {
	r.Title = o.localized("title")
	r.Intro = o.localized("description")
	if mode := o.get("questionsOnPageMode").str(); mode == "questionPerPage" || mode == "inputPerPage" {
		report.Carry(o.take("questionsOnPageMode").first())
		r.Cards = true
	}
	r.readLocale(o)
	for _, n := range o.list("pages") {
		r.readGroup(n, r.Root, "a page")
	}
	for _, key := range []string{"elements", "questions"} {
		for _, n := range o.list(key) {
			r.readElement(n, r.Root)
		}
	}
	r.readThanks(o)
	for _, n := range o.list("triggers") {
		r.dropRule(n, "trigger", "nothing is done to answers here by themselves: say it with show_if")
	}
	for _, n := range o.list("calculatedValues") {
		r.DefineMissing(n.get("name").str(), "which is calculated")
		r.dropRule(n, "calculatedValue", "nothing is calculated from answers here")
	}
	for _, n := range o.list("navigateToUrlOnCondition") {
		r.dropRule(n, "navigateToUrlOnCondition", "respondents stay on the survey's own pages")
	}
	for _, name := range []string{"correctAnswers", "correctedAnswers", "incorrectAnswers", "inCorrectAnswers", "questionCount", "pageno", "pagecount", "locale"} {
		r.DefineMissing(name, "which surveys here do not count")
	}
	o.reportRest("a survey")
}

func (r *reader) readLocale(o *object) {
	n := o.take("locale")
	if n == nil {
		return
	}
	report.Carry(n.leaves()...)
	code := draft.LanguageCode(n.str())
	if code == "" {
		r.Drop(n.first(), "%s is no language", n.brief())
		return
	}
	r.FirstLanguage = code
	r.Language = code
	if defaults := o.node.defaultsBeside(code); len(defaults) > 0 {
		r.Language = draft.GuessLanguage(defaults)
	}
}

// defaultsBeside returns the texts that name no language, of all that have another one in a language.
func (n *node) defaultsBeside(code string) (texts []string) {
	own, other := "", ""
	for _, m := range n.members {
		switch {
		case m.value.kind != 's':
			texts = append(texts, m.value.defaultsBeside(code)...)
		case m.key == "default":
			own = m.value.text
		case len(m.key) <= 7 && draft.LanguageCode(m.key) == code:
			other = m.value.text
		}
	}
	for _, i := range n.items {
		texts = append(texts, i.defaultsBeside(code)...)
	}
	if own != "" && other != "" && own != other {
		texts = append(texts, own)
	}
	return texts
}

// dropRule reports a rule (calculation, trigger) that is left out.
func (r *reader) dropRule(n *node, what, format string, args ...any) {
	name := n.get("type").str()
	if name == "" {
		name = n.get("name").str()
	}
	r.MarkAll(report.Dropped, n.at, n.leaves(), "%s %s: %s", what, report.Quote(name), message.New(format, args...))
}

func (r *reader) readThanks(o *object) {
	for _, n := range o.list("completedHtmlOnCondition") {
		item := r.object(n)
		html, when := item.localized("html"), item.take("expression")
		if html == nil || strings.TrimSpace(when.str()) == "" {
			r.MarkAll(report.Dropped, n.at, n.leaves(), "a thank-you text needs html and expression")
			continue
		}
		r.Thanks = append(r.Thanks, draft.Thanks{Show: r.condition(when.atom, condition.One), Text: html})
		item.reportRest("a thank-you text")
	}
	last := o.localized("completedHtml")
	if last == nil && len(r.Thanks) > 0 {
		at := r.Thanks[0].Show.At
		last = draft.Builtin(at, "Thank you!", "谢谢！")
		r.Ask(at.At, "no thank-you text is for all other respondents, so one was written")
	}
	if last != nil {
		r.Thanks = append(r.Thanks, draft.Thanks{Text: last})
	}
}

// readGroup reads a page or a panel; what names it in messages.
func (r *reader) readGroup(n *node, within *draft.Group, what message.Key) {
	if n.kind != '{' {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be an object", what)
		return
	}
	o := r.object(n)
	name := o.take("name")
	g := &draft.Group{Source: name.str(), Heading: draft.Heading{Title: o.localized("title"), Intro: o.localized("description")}}
	if name != nil {
		report.Carry(name.first())
		g.At = name.first()
	} else {
		g.At = &report.Atom{At: n.at, Text: string(what)}
	}
	if t := o.take("type"); t != nil {
		r.Head(t.first(), slices.DeleteFunc(n.leaves(), func(a *report.Atom) bool { return a == t.first() }))
	}
	if o.isNeverShown() {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "never shown, so left out")
		r.defineWithin(n, r.defineHidden)
		return
	}
	o.readShowIf(&g.Show, condition.True, condition.NotFalse)
	if n := o.take("requiredIf"); n != nil {
		r.Drop(n.first(), "a group as a whole is not required here: %s", n.brief())
	}
	if n := o.take("isRequired"); n.isTrue() {
		r.Drop(n.first(), "a group as a whole is not required here: require a question of it")
	} else {
		report.Carry(n.leaves()...)
	}
	within.Children = append(within.Children, g)
	defer r.enter(g.Source, string(what))()
	if what == "a dynamic panel" {
		o.readRepeated(g)
	} else {
		for _, key := range []string{"elements", "questions"} {
			for _, e := range o.list(key) {
				r.readElement(e, g)
			}
		}
	}
	o.reportRest(what)
	r.DefineMissing(g.Source, "which is a group")
}

// readRepeated reads the questions of a dynamic panel, which are asked once here.
func (o *object) readRepeated(g *draft.Group) {
	o.Remark(report.Dropped, o.at, "questions are not repeated: those of %s are asked once", report.Quote(g.Source))
	elements := o.list("templateElements")
	for _, key := range []string{"templateTitle", "templateDescription"} {
		for _, a := range o.localized(key).Atoms() {
			o.Drop(a, "a text of every repetition, of which there is one")
		}
	}
	for _, e := range elements {
		o.readElement(e, g)
	}
	for _, key := range []string{"panelCount", "minPanelCount", "maxPanelCount", "valueName", "templateVisibleIf"} {
		o.drop(key, "questions are not repeated here")
	}
}

// defineMissing defines a question as not carried over.
func (r *reader) defineMissing(n *node) {
	r.DefineMissing(n.get("name").str(), "which was not carried over")
}

// defineHidden defines a question that is never shown: it has no answer, unless one is given beforehand.
func (r *reader) defineHidden(n *node) {
	if n.get("defaultValue") != nil || n.get("defaultValueExpression") != nil || n.get("setValueExpression") != nil {
		r.defineMissing(n)
		return
	}
	r.DefineNothing(n.get("name").str(), "it is never shown")
}

// defineWithin defines a question, and all questions within.
func (r *reader) defineWithin(n *node, define func(*node)) {
	if n.kind == '{' && n.get("name") != nil {
		define(n)
	}
	for _, m := range n.members {
		r.defineWithin(m.value, define)
	}
	for _, i := range n.items {
		r.defineWithin(i, define)
	}
}
