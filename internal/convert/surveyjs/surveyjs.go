// Package surveyjs reads SurveyJS definitions.
package surveyjs

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
)

// A definition is a SurveyJS definition being read.
type definition struct {
	*draft.Draft
	byName map[string]*draft.Question // for choices that are another question's
	later  []func()                   // what waits for all questions to be known
}

// Read makes a draft of a definition, as https://surveyjs.io describes it.
func Read(file string, source []byte) (*draft.Draft, error) {
	r := report.New(file, "SurveyJS", "property")
	root, err := readJSON(r, source)
	if err != nil {
		return nil, err
	}
	d := &definition{Draft: &draft.Draft{Report: r, Parse: parseExpression, Piped: regexp.MustCompile(`\{\s*#?(?:panel\.)?([^{}"':,;]+?)\s*\}`), Root: &draft.Group{}}, byName: map[string]*draft.Question{}}
	if root.kind == '[' {
		return nil, errors.New("this is a list: a SurveyJS definition is an object with \"pages\" or \"elements\"")
	}
	if inner := root.get("survey"); inner.get("pages") != nil && root.get("pages") == nil {
		root = inner // as some exports wrap it
	}
	if root.get("pages") == nil && root.get("elements") == nil && root.get("questions") == nil {
		return nil, errors.New("this JSON is no SurveyJS definition: it has neither \"pages\" nor \"elements\"")
	}
	d.survey(d.object(root), root)
	for i := 0; i < len(d.later); i++ {
		d.later[i]()
	}
	return d.Draft, nil
}

func (d *definition) survey(o *object, root *node) {
	d.Title = o.words("title")
	d.Intro = o.words("description")
	if n := o.take("locale"); n != nil {
		report.Carry(n.leaves()...)
		if code := draft.LanguageCode(n.str()); code == "" {
			d.Drop(n.first(), "%s is no language", n.brief())
		} else if d.FirstLanguage = code; !speaks(root, code) {
			d.Language = code
		}
	}
	for _, key := range []string{"pages", "elements", "questions"} {
		list := o.take(key)
		if list == nil {
			continue
		}
		for _, n := range list.items {
			if key == "pages" {
				d.group(n, d.Root, "a page")
			} else {
				d.element(n, d.Root)
			}
		}
	}
	d.thankYou(o)
	for _, key := range []string{"triggers", "calculatedValues", "navigateToUrlOnCondition"} {
		list := o.take(key)
		if list == nil {
			continue
		}
		why := map[string]string{"triggers": "nothing is done to answers here by themselves: say it with show_if", "calculatedValues": "nothing is calculated from answers here", "navigateToUrlOnCondition": "respondents stay on the survey's own pages"}[key]
		for _, n := range list.items {
			what := n.get("type").str()
			if what == "" {
				what = n.get("name").str()
			}
			if key == "calculatedValues" {
				d.DefineMissing(n.get("name").str(), "which is calculated")
			}
			d.MarkAll(report.Dropped, n.at, n.leaves(), "%s %s: %s", strings.TrimSuffix(key, "s"), report.Quote(what), why)
		}
	}
	for _, n := range []string{"correctAnswers", "correctedAnswers", "incorrectAnswers", "inCorrectAnswers", "questionCount", "pageno", "pagecount", "locale"} {
		d.DefineMissing(n, "which surveys here do not count")
	}
	o.rest("a survey")
}

// speaks reports whether any text names a language.
func speaks(n *node, code string) bool {
	for _, m := range n.members {
		if draft.LanguageCode(m.key) == code && m.value.kind == 's' && len(m.key) <= 7 || speaks(m.value, code) {
			return true
		}
	}
	return slices.ContainsFunc(n.items, func(i *node) bool { return speaks(i, code) })
}

func (d *definition) thankYou(o *object) {
	if list := o.take("completedHtmlOnCondition"); list != nil {
		for _, n := range list.items {
			item := d.object(n)
			html, when := item.words("html"), item.take("expression")
			if html == nil || when.str() == "" || strings.TrimSpace(when.str()) == "" {
				d.MarkAll(report.Dropped, n.at, n.leaves(), "a text afterwards needs html and expression")
				continue
			}
			d.Thanks = append(d.Thanks, draft.Thanks{Show: d.Condition(when.atom), Text: html})
			item.rest("a text afterwards")
		}
	}
	last := o.words("completedHtml")
	if last == nil && len(d.Thanks) > 0 {
		last = draft.Builtin(d.Thanks[0].Show.At, "Thank you!", "谢谢！")
		d.Ask(d.Thanks[0].Show.At.At, "no text afterwards is for everybody else: one was written")
	}
	if last != nil {
		d.Thanks = append(d.Thanks, draft.Thanks{Text: last})
	}
}

// group reads a page or a panel.
func (d *definition) group(n *node, within *draft.Group, what string) {
	if n.kind != '{' {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be an object", what)
		return
	}
	o := d.object(n)
	name := o.take("name")
	g := &draft.Group{Source: name.str(), Heading: draft.Heading{Title: o.words("title"), Intro: o.words("description")}}
	if name != nil {
		report.Carry(name.first())
		g.At = name.first()
	} else {
		g.At = &report.Atom{At: n.at, Text: what}
	}
	if t := o.take("type"); t != nil {
		report.Carry(t.first())
	}
	if v := o.take("visible"); v != nil {
		report.Carry(v.leaves()...)
		if !v.yes() {
			d.MarkAll(report.Dropped, n.at, n.leaves(), "never shown, so left out")
			d.goneWithin(n)
			return
		}
	}
	o.shown(&g.Show)
	if r := o.take("requiredIf"); r != nil {
		d.Drop(r.first(), "a group as a whole is not required here: %s", r.brief())
	}
	if r := o.take("isRequired"); r.yes() {
		d.Drop(r.first(), "a group as a whole is not required here: require a question of it")
	} else if r != nil {
		report.Carry(r.leaves()...)
	}
	if what == "a dynamic panel" {
		d.Remark(report.Dropped, n.at, "questions are not repeated: those of %s are asked once", report.Quote(g.Source))
		t := o.take("templateElements")
		for _, key := range []string{"templateTitle", "templateDescription"} {
			if w := o.words(key); w != nil {
				for _, a := range w.Atoms() {
					d.Drop(a, "a text of every repetition, of which there is one")
				}
			}
		}
		within.Children = append(within.Children, g)
		if t != nil {
			for _, e := range t.items {
				d.element(e, g)
			}
		}
		for _, key := range []string{"panelCount", "minPanelCount", "maxPanelCount", "valueName", "templateVisibleIf"} {
			if v := o.take(key); v != nil {
				d.MarkAll(report.Dropped, v.at, v.leaves(), "questions are not repeated here")
			}
		}
		o.rest(what)
		d.DefineMissing(g.Source, "which is a group")
		return
	}
	within.Children = append(within.Children, g)
	for _, key := range []string{"elements", "questions"} {
		if list := o.take(key); list != nil {
			for _, e := range list.items {
				d.element(e, g)
			}
		}
	}
	o.rest(what)
	d.DefineMissing(g.Source, "which is a group")
}

// goneWithin remembers all questions of what is left out.
func (d *definition) goneWithin(n *node) {
	if n.kind == '{' && n.get("name") != nil {
		d.DefineMissing(n.get("name").str(), "which was not carried over")
	}
	for _, m := range n.members {
		d.goneWithin(m.value)
	}
	for _, i := range n.items {
		d.goneWithin(i)
	}
}
