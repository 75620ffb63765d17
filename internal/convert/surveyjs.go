package convert

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// A definition is a SurveyJS definition being read.
type definition struct {
	*draft
	byName map[string]*question // for choices that are another question's
	later  []func()             // what waits for all questions to be known
}

// readSurveyJS makes a draft of a definition, as https://surveyjs.io describes it.
func readSurveyJS(r *Report, source []byte) (*draft, error) {
	root, err := readJSON(r, source)
	if err != nil {
		return nil, err
	}
	d := &definition{draft: &draft{report: r, parse: parseSurveyJS, piped: regexp.MustCompile(`\{\s*#?(?:panel\.)?([^{}"':,;]+?)\s*\}`), root: &group{}}, byName: map[string]*question{}}
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
	return d.draft, nil
}

func (d *definition) survey(o *object, root *node) {
	d.title = o.words("title")
	d.intro = o.words("description")
	if n := o.take("locale"); n != nil {
		carry(n.leaves()...)
		if code := languageOf(n.str()); code == "" {
			d.lost(n.first(), "%s is no language", n.brief())
		} else if d.lead = code; !speaks(root, code) {
			d.language = code
		}
	}
	for _, key := range []string{"pages", "elements", "questions"} {
		list := o.take(key)
		if list == nil {
			continue
		}
		for _, n := range list.items {
			if key == "pages" {
				d.group(n, d.root, "a page")
			} else {
				d.element(n, d.root)
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
				d.gone(n.get("name").str(), "which is calculated")
			}
			d.all(Lost, n.at, n.leaves(), "%s %s: %s", strings.TrimSuffix(key, "s"), show(what), why)
		}
	}
	for _, n := range []string{"correctAnswers", "correctedAnswers", "incorrectAnswers", "inCorrectAnswers", "questionCount", "pageno", "pagecount", "locale"} {
		d.gone(n, "which surveys here do not count")
	}
	o.rest("a survey")
}

// speaks reports whether any text names a language.
func speaks(n *node, code string) bool {
	for _, m := range n.members {
		if languageOf(m.key) == code && m.value.kind == 's' && len(m.key) <= 7 || speaks(m.value, code) {
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
				d.all(Lost, n.at, n.leaves(), "a text afterwards needs html and expression")
				continue
			}
			d.thanks = append(d.thanks, thanks{d.condition(when.atom), html})
			item.rest("a text afterwards")
		}
	}
	last := o.words("completedHtml")
	if last == nil && len(d.thanks) > 0 {
		last = stock(d.thanks[0].show.at, "Thank you!", "谢谢！")
		d.decide(d.thanks[0].show.at.at, "no text afterwards is for everybody else: one was written")
	}
	if last != nil {
		d.thanks = append(d.thanks, thanks{nil, last})
	}
}

// group reads a page or a panel.
func (d *definition) group(n *node, within *group, what string) {
	if n.kind != '{' {
		d.all(Lost, n.at, n.leaves(), "%s should be an object", what)
		return
	}
	o := d.object(n)
	name := o.take("name")
	g := &group{source: name.str(), heading: heading{o.words("title"), o.words("description")}}
	if name != nil {
		carry(name.first())
		g.at = name.first()
	} else {
		g.at = &atom{at: n.at, text: what}
	}
	if t := o.take("type"); t != nil {
		carry(t.first())
	}
	if v := o.take("visible"); v != nil {
		carry(v.leaves()...)
		if !v.yes() {
			d.all(Lost, n.at, n.leaves(), "never shown, so left out")
			d.goneWithin(n)
			return
		}
	}
	o.shown(&g.show)
	if r := o.take("requiredIf"); r != nil {
		d.lost(r.first(), "a group as a whole is not required here: %s", r.brief())
	}
	if r := o.take("isRequired"); r.yes() {
		d.lost(r.first(), "a group as a whole is not required here: require a question of it")
	} else if r != nil {
		carry(r.leaves()...)
	}
	if what == "a dynamic panel" {
		d.line(Lost, n.at, "questions are not repeated: those of %s are asked once", show(g.source))
		t := o.take("templateElements")
		for _, key := range []string{"templateTitle", "templateDescription"} {
			if w := o.words(key); w != nil {
				for _, a := range w.all() {
					d.lost(a, "a text of every repetition, of which there is one")
				}
			}
		}
		within.children = append(within.children, g)
		if t != nil {
			for _, e := range t.items {
				d.element(e, g)
			}
		}
		for _, key := range []string{"panelCount", "minPanelCount", "maxPanelCount", "valueName", "templateVisibleIf"} {
			if v := o.take(key); v != nil {
				d.all(Lost, v.at, v.leaves(), "questions are not repeated here")
			}
		}
		o.rest(what)
		d.gone(g.source, "which is a group")
		return
	}
	within.children = append(within.children, g)
	for _, key := range []string{"elements", "questions"} {
		if list := o.take(key); list != nil {
			for _, e := range list.items {
				d.element(e, g)
			}
		}
	}
	o.rest(what)
	d.gone(g.source, "which is a group")
}

// goneWithin remembers all questions of what is left out.
func (d *definition) goneWithin(n *node) {
	if n.kind == '{' && n.get("name") != nil {
		d.gone(n.get("name").str(), "which was not carried over")
	}
	for _, m := range n.members {
		d.goneWithin(m.value)
	}
	for _, i := range n.items {
		d.goneWithin(i)
	}
}
