package convert

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// A definition is a SurveyJS definition being read.
type definition struct {
	*draft
	byName map[string]*question // for choices that are another question's
	later  []func()             // what waits for all questions to be known
}

// An object is a JSON object being read. What is not asked for is reported in the end.
type object struct {
	*definition
	*node
	used map[string]bool
}

func (d *definition) object(n *node) *object {
	return &object{definition: d, node: n, used: map[string]bool{}}
}

// take gets a property, which counts as looked at.
func (o *object) take(key string) *node {
	o.used[key] = true
	n := o.node.get(key)
	if n == nil { // null says nothing
		for _, m := range o.members {
			if m.key == key {
				carry(m.value.atom)
			}
		}
	}
	if n != nil && scalars[key] && !n.scalar() {
		o.all(Lost, n.at, n.leaves(), "%s should be a single value", key)
		return nil
	}
	if !lists[key] || n == nil {
		return n
	}
	if n.kind != '[' {
		o.all(Lost, n.at, n.leaves(), "%s should be a list", key)
		return nil
	}
	carry(n.atom) // of an empty one
	return n
}

// scalars are the properties that are single values, wherever they are taken.
var scalars = func() map[string]bool {
	keys := map[string]bool{}
	for _, key := range strings.Fields("name type value visible isRequired requiredIf visibleIf enableIf valueTrue valueFalse swapOrder inputType maxLength min max step sliderType multiSelect" +
		" showNoneItem hasNone showRefuseItem showDontKnowItem showOtherItem hasOther showSelectAllItem hasSelectAll choicesOrder minSelectedChoices maxSelectedChoices choicesFromQuestion" +
		" choicesFromQuestionMode choicesMin choicesMax choicesStep score isExclusive rateType rateDisplayMode autoGenerate rateMin rateMax rateStep rateCount cellType eachRowUnique" +
		" eachRowRequired isAllRowRequired readOnly valueName showCommentArea hasComment minValue maxValue minLength minCount maxCount regex caseInsensitive expression locale") {
		keys[key] = true
	}
	return keys
}()

// lists are the properties that are lists, wherever they are taken.
var lists = map[string]bool{"pages": true, "elements": true, "questions": true, "templateElements": true, "choices": true, "rows": true, "columns": true, "items": true,
	"rateValues": true, "validators": true, "triggers": true, "calculatedValues": true, "completedHtmlOnCondition": true, "navigateToUrlOnCondition": true}

// either gets the first of some names of one property; older versions have others.
func (o *object) either(keys ...string) (found *node) {
	for _, k := range keys {
		switch n := o.take(k); {
		case n == nil:
		case found == nil:
			found = n
		default:
			o.all(Lost, n.at, n.leaves(), "another name of what is given already")
		}
	}
	return found
}

// flag reads a property that is true or false, and carries it.
func (o *object) flag(keys ...string) bool {
	n := o.either(keys...)
	if n != nil {
		carry(n.leaves()...)
	}
	return n.yes()
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

// words reads a text, in one language or several.
func (o *object) words(keys ...string) *words { return o.wordsOf(o.either(keys...)) }

func (d *definition) wordsOf(n *node) (w *words) {
	switch {
	case n == nil:
		return nil
	case n.scalar():
		if clean(n.text) == "" {
			carry(n.atom)
		}
		return w.add("", n.text, n.atom)
	case n.kind == '{':
		for _, m := range n.members {
			code := ""
			if m.key != "default" {
				code = languageOf(m.key)
			}
			switch {
			case !m.value.scalar():
				d.all(Lost, m.value.at, m.value.leaves(), "is no text")
			case code == "" && m.key != "default":
				d.lost(m.value.atom, "%s is no language", show(m.key))
			default:
				if clean(m.value.text) == "" {
					carry(m.value.atom)
				}
				if _, twice := w.has(code); twice {
					d.lost(m.value.atom, "a second text in %s", code)
					continue
				}
				w = w.add(code, m.value.text, m.value.atom)
			}
		}
	default:
		d.all(Lost, n.at, n.leaves(), "is no text")
	}
	return w
}

func (w *words) has(language string) (string, bool) {
	if w == nil {
		return "", false
	}
	t, ok := w.by[language]
	return t, ok
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
		if v.kind == 'b' && !v.yes() {
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

// shown reads the conditions under which something is shown, or can be answered.
func (o *object) shown(show *[]*condition) {
	if n := o.take("visibleIf"); n != nil {
		*show = append(*show, o.conditions(n)...)
	}
	if n := o.take("enableIf"); n != nil {
		for _, c := range o.conditions(n) {
			o.changed(c.at, "what cannot be answered is not shown here: enableIf became part of show_if")
			*show = append(*show, c)
		}
	}
}

func (o *object) conditions(n *node) []*condition {
	if !n.scalar() {
		o.all(Lost, n.at, n.leaves(), "is no condition")
		return nil
	}
	if c := o.condition(n.atom); c != nil {
		return []*condition{c}
	}
	carry(n.atom)
	return nil
}

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
		if v.kind == 'b' && !v.yes() {
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

// number reads a number into a limit.
func (o *object) number(key string, to *string) {
	n := o.take(key)
	if n == nil {
		return
	}
	if d, err := decimal.Parse(n.str()); err == nil {
		*to = d.String()
		carry(n.first())
		return
	}
	o.all(Lost, n.at, n.leaves(), "%s: %s is no number of at most three decimals", key, n.brief())
}

func (o *object) maxLength(q *question) {
	n := o.take("maxLength")
	if n == nil {
		return
	}
	switch length, err := strconv.Atoi(n.str()); {
	case err == nil && length <= 0:
		carry(n.first()) // no limit
	case err == nil && length <= maxText:
		q.maxSize = length
		carry(n.first())
	default:
		o.all(Lost, n.at, n.leaves(), "maxLength: %s is no length", n.brief())
	}
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

// choice reads what can be chosen, and how.
func (d *definition) choice(o *object, q *question, kind string) string {
	q.kind = survey.SingleChoice
	switch kind {
	case "dropdown":
		q.display = "dropdown"
	case "buttongroup":
		q.display = "buttons"
	case "checkbox", "tagbox":
		q.kind = survey.MultiChoice
	case "ranking":
		q.kind = survey.Ranking
	case "imagepicker":
		if o.flag("multiSelect") {
			q.kind = survey.MultiChoice
		}
	}
	q.options = &list{at: q.at, source: q.source}
	if n := o.take("choices"); n != nil {
		for _, c := range n.items {
			d.item(c, q.options, "a choice")
		}
	}
	d.generated(o, q.options)
	if n := o.take("choicesByUrl"); n != nil {
		d.all(Lost, n.at, n.leaves(), "options do not come from other addresses")
		if len(q.options.items) == 0 {
			d.changed(q.at, "its options come from another address, so it is asked as a text")
			q.kind, q.options, q.display = survey.ShortText, nil, ""
			return ""
		}
	}
	set := q.kind == survey.MultiChoice
	special := func(id, value string, on, text *node, w *words, en, zh string) {
		if !on.yes() {
			if on != nil {
				carry(on.leaves()...)
			}
			d.idleWords(w, "an option that is not offered has no text")
			return
		}
		carry(on.leaves()...)
		item := &option{at: on.first(), source: value, id: id, label: w, exclusive: set, atoms: on.leaves()}
		if w == nil {
			item.label = stock(on.first(), en, zh)
		}
		item.atoms = append(item.atoms, w.all()...)
		if q.kind == survey.Ranking {
			item.exclusive = false
		}
		q.options.items = append(q.options.items, item)
	}
	d.optionIDs(q.options, "option")
	ids := map[string]int{}
	for _, i := range q.options.items {
		ids[i.id] = 1
	}
	special(name("none", ids, true, "option"), "none", o.either("showNoneItem", "hasNone"), nil, o.words("noneText"), "None of these", "以上都没有")
	special(name("refused", ids, true, "option"), "refused", o.take("showRefuseItem"), nil, o.words("refuseText"), "I would rather not say", "不愿回答")
	special(name("dont_know", ids, true, "option"), "dontknow", o.take("showDontKnowItem"), nil, o.words("dontKnowText"), "I do not know", "不知道")
	other := o.either("showOtherItem", "hasOther")
	label := o.words("otherText")
	switch {
	case other.yes() && q.kind == survey.Ranking:
		d.lost(other.first(), "a ranking has no option with a text of its own")
		d.lostWords(label)
	case other.yes():
		q.other, q.otherLabel = true, label
		carry(other.first())
		q.from("other", other.first())
	default:
		if other != nil {
			carry(other.leaves()...)
		}
		d.idleWords(label, "an option that is not offered has no text")
	}
	if n := o.either("showSelectAllItem", "hasSelectAll"); n.yes() {
		d.idle(n.first(), "there is no box that chooses everything")
		d.idleWords(o.words("selectAllText"), "there is no box that chooses everything")
	} else if n != nil {
		carry(n.leaves()...)
	}
	if n := o.take("choicesOrder"); n != nil {
		switch n.str() {
		case "random":
			q.shuffle = true
			carry(n.first())
			q.from("shuffle", n.first())
		case "none", "initial":
			carry(n.first())
		default:
			d.all(Lost, n.at, n.leaves(), "options stand in the order in which they are written, not %s", n.brief())
		}
	}
	if q.kind != survey.SingleChoice {
		for key, to := range map[string]*string{"minSelectedChoices": &q.min, "maxSelectedChoices": &q.max} {
			n := o.take(key)
			switch count, err := strconv.Atoi(n.str()); {
			case n == nil:
			case err == nil && count == 0:
				carry(n.first())
			case err == nil && count > 0 && (q.kind == survey.MultiChoice || key == "maxSelectedChoices"):
				*to = strconv.Itoa(count)
				carry(n.first())
				q.from(map[*string]string{&q.min: "min", &q.max: "max"}[to], n.first())
			default:
				d.all(Lost, n.at, n.leaves(), "%s: %s cannot be asked for here", key, n.brief())
			}
		}
	}
	if n := o.take("choicesFromQuestion"); n != nil {
		d.borrowed(o, q, n)
		return ""
	}
	if len(q.options.items) == 0 {
		return "it has no options"
	}
	d.fit(q, q.at)
	return ""
}

func (d *draft) idleWords(w *words, why string) {
	for _, a := range w.all() {
		d.idle(a, "%s", why)
	}
}

// generated adds the options that are a range of numbers.
func (d *definition) generated(o *object, l *list) {
	low, high, step := o.take("choicesMin"), o.take("choicesMax"), o.take("choicesStep")
	if low == nil && high == nil {
		return
	}
	from, err1 := strconv.Atoi(low.str())
	to, err2 := strconv.Atoi(high.str())
	by, err3 := 1, error(nil)
	if step != nil {
		by, err3 = strconv.Atoi(step.str())
	}
	if low == nil {
		from, err1 = 0, nil
	}
	if err1 != nil || err2 != nil || err3 != nil || by < 1 || to < from || to-from > 10_000 {
		for _, n := range []*node{low, high, step} {
			if n != nil {
				d.all(Lost, n.at, n.leaves(), "its numbers make no options")
			}
		}
		return
	}
	for _, n := range []*node{low, high, step} {
		if n != nil {
			carry(n.first())
		}
	}
	for v := from; v <= to; v += by {
		text := strconv.Itoa(v)
		l.items = append(l.items, &option{source: text, label: (*words)(nil).add("", text, nil)})
	}
}

// item reads a choice, a row or a column: a value, or an object with value and text.
func (d *definition) item(n *node, l *list, what string) {
	o := &option{at: n.first(), atoms: n.leaves()}
	switch {
	case n.scalar():
		o.source = n.text
		o.label = o.label.add("", n.text, n.atom)
	case n.kind == '{' && (n.get("value") != nil || n.get("name") != nil):
		item := d.object(n)
		v := item.either("value", "name")
		if !v.scalar() {
			d.all(Lost, n.at, n.leaves(), "%s needs a value that is a text or a number", what)
			return
		}
		o.source, o.at = v.str(), v.first()
		o.label = item.words("text", "title")
		if o.label == nil {
			o.label = o.label.add("", v.str(), v.first())
		}
		o.atoms = append([]*atom{v.first()}, o.label.all()...)
		if s := item.take("score"); s != nil { // no property of SurveyJS itself, but of many of its examples
			if f, err := decimal.Parse(s.str()); err == nil && f >= 0 && f <= maxScore {
				o.score = f.String()
				carry(s.first())
				o.atoms = append(o.atoms, s.first())
			} else {
				d.all(Lost, s.at, s.leaves(), "%s is no score", s.brief())
			}
		}
		if what == "a choice" {
			item.shown(&o.show)
			if x := item.take("isExclusive"); x != nil {
				o.exclusive = x.yes()
				carry(x.leaves()...)
			}
		} else {
			for _, key := range []string{"visibleIf", "enableIf", "isExclusive"} {
				if c := item.take(key); c != nil {
					d.all(Lost, c.at, c.leaves(), "%s has no condition of its own: it is always shown", what)
				}
			}
		}
		item.rest(what)
	default:
		d.all(Lost, n.at, n.leaves(), "%s needs a value", what)
		return
	}
	if o.label == nil {
		d.all(Lost, n.at, n.leaves(), "%s is empty", what)
		return
	}
	if l.has(o.source) {
		d.all(Lost, n.at, n.leaves(), "%s is given twice: the first one was taken", show(o.source))
		return
	}
	l.items = append(l.items, o)
}

// borrowed offers the options of another question, or those of them that were chosen.
func (d *definition) borrowed(o *object, q *question, n *node) {
	mode := o.take("choicesFromQuestionMode")
	d.later = append(d.later, func() {
		from := d.byName[n.str()]
		if from == nil || from.options == nil || from == q {
			if len(q.options.items) == 0 {
				q.dropped = true
				d.gone2(q.source, "which was not carried over")
				d.all(Lost, q.at.at, q.atoms, "its options are those of %s, which has none here", n.brief())
				return
			}
			d.all(Lost, n.at, n.leaves(), "%s has no options to take over", n.brief())
			return
		}
		carry(n.first())
		if mode != nil {
			carry(mode.leaves()...)
		}
		var items []*option
		for _, item := range from.options.items {
			copied := &option{source: item.source, label: item.label, at: n.first(), exclusive: item.exclusive && q.kind == survey.MultiChoice}
			chosen := &term{op: "has", args: []*term{{op: "name", text: n.str()}, {op: "text", text: item.source}}}
			switch mode.str() {
			case "selected":
				copied.show = []*condition{{at: n.first(), tree: chosen}}
			case "unselected":
				copied.show = []*condition{{at: n.first(), tree: &term{op: "not", args: []*term{chosen}}}}
			}
			items = append(items, copied)
		}
		q.options = &list{at: q.at, source: q.source, items: append(items, q.options.items...)}
		for _, item := range q.options.items {
			item.id = ""
		}
		d.optionIDs(q.options, "option")
		if d.scope[q.source] != nil {
			d.scope[q.source].options = q.options.byValue()
		}
		d.fit(q, q.at)
	})
}

// gone2 forgets a question that was taken for carried.
func (d *draft) gone2(source, why string) {
	d.scope[source] = &target{kind: goneKind, why: why}
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
		if count != nil {
			carry(count.leaves()...)
			if n, err := strconv.Atoi(count.str()); err == nil && high == nil && n > 1 && n <= maxOptions {
				to = from + (n-1)*max(1, by)
			}
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
			carry(t.leaves()...)
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
			for _, a := range q.options.atoms() {
				d.lost(a, "a note offers nothing")
			}
		}
		for _, r := range q.rows {
			for _, a := range r.atoms {
				d.lost(a, "a note has no rows")
			}
		}
		*q = question{at: q.at, atoms: q.atoms, source: q.source, id: q.id, kind: survey.Note, label: q.label, show: q.show}
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

// validators reads what an answer must meet.
func (d *definition) validators(o *object, q *question) {
	list := o.take("validators")
	if list == nil {
		return
	}
	for _, n := range list.items {
		v := d.object(n)
		kind := v.take("type")
		message := v.words("text")
		carry(kind.leaves()...)
		self := &term{op: "self"}
		// limits are the question's own if they have no message of their own, and a check if they have.
		limited := func(pairs ...string) {
			var parts []*term
			var at *atom
			for i := 0; i+1 < len(pairs); i += 2 {
				limit := v.take(pairs[i])
				if limit == nil {
					continue
				}
				at = limit.first()
				carry(at)
				parts = append(parts, &term{op: pairs[i+1], args: []*term{self, {op: "number", text: limit.str()}}})
			}
			if len(parts) == 0 {
				d.lostWords(message)
				return
			}
			whole := join("and", parts)
			if message != nil {
				if _, err := (sayer{self: &target{field: q.id, kind: kindOf(q.kind)}}).condition(whole); err == nil {
					q.checks = append(q.checks, check{&condition{at: at, tree: whole}, message})
					return
				}
			}
			for _, t := range parts {
				if !q.limit(t) {
					d.lost(at, "this limit cannot be set here")
				}
			}
			d.draft.unusedMessage(message)
		}
		lengths := func(pairs map[string]*int) {
			for key, to := range pairs {
				limit := v.take(key)
				length, err := strconv.Atoi(limit.str())
				switch {
				case limit == nil:
				case err == nil && length >= 0 && length <= maxText && (q.kind == survey.ShortText || q.kind == survey.LongText):
					if length > 0 {
						*to = length
					}
					carry(limit.first())
				default:
					d.all(Lost, limit.at, limit.leaves(), "%s cannot be a limit here", key)
				}
			}
			d.draft.unusedMessage(message)
		}
		switch kind.str() {
		case "numeric", "numericvalidator":
			limited("minValue", ">=", "maxValue", "<=")
		case "text", "textvalidator":
			lengths(map[string]*int{"minLength": &q.minLength, "maxLength": &q.maxSize})
		case "answercount", "answercountvalidator":
			for key, to := range map[string]*string{"minCount": &q.min, "maxCount": &q.max} {
				if limit := v.take(key); limit != nil {
					if c, err := strconv.Atoi(limit.str()); err == nil && q.kind == survey.MultiChoice {
						if carry(limit.first()); c > 0 {
							*to = strconv.Itoa(c)
						}
					} else {
						d.all(Lost, limit.at, limit.leaves(), "%s cannot be a limit here", key)
					}
				}
			}
			d.draft.unusedMessage(message)
		case "regex", "regexvalidator":
			pattern := v.take("regex")
			_, err := regexp.Compile(pattern.str())
			if pattern != nil && err == nil && len(pattern.str()) <= 500 && q.pattern == "" && (q.kind == survey.ShortText || q.kind == survey.LongText) {
				q.pattern = searching(pattern.str())
				q.from("pattern", pattern.first())
				carry(pattern.first())
				if i := v.take("caseInsensitive"); i.yes() {
					q.pattern = ""
					d.all(Lost, pattern.at, append(pattern.leaves(), i.leaves()...), "%s: patterns tell capitals and small letters apart here, so it was left out", pattern.brief())
				} else if i != nil {
					carry(i.leaves()...)
				}
			} else if pattern != nil {
				d.all(Lost, pattern.at, pattern.leaves(), "%s cannot be a pattern here", pattern.brief())
			}
			d.draft.unusedMessage(message)
		case "email", "emailvalidator":
			if q.kind == survey.ShortText || q.kind == survey.Email {
				q.kind, q.maxSize, q.minLength, q.pattern = survey.Email, 0, 0, ""
			} else {
				d.all(Lost, n.at, n.leaves(), "only a text can be an e-mail address")
			}
			d.draft.unusedMessage(message)
		case "expression", "expressionvalidator":
			e := v.take("expression")
			c := []*condition(nil)
			if e != nil {
				c = v.conditions(e)
			}
			if len(c) == 0 {
				d.all(Lost, n.at, n.leaves(), "a check without a condition")
				break
			}
			if message == nil {
				message = stock(e.first(), "Please check this answer.", "请检查这个回答。")
				d.changed(e.first(), "it had no message of its own, so one was written: say better what is wrong")
			}
			q.checks = append(q.checks, check{c[0], message})
		default:
			d.all(Lost, n.at, n.leaves(), "the check %s is not known to the importer", show(kind.str()))
		}
		v.rest("a validator")
	}
}

// searching makes a pattern that must match the whole text of one that may match anywhere in it, in words that browsers
// know too.
func searching(pattern string) string {
	const anything = `[\s\S]*`
	if strings.Contains(pattern, "|") {
		return anything + "(?:" + pattern + ")" + anything
	}
	p, start := strings.CutPrefix(pattern, "^")
	if !start {
		p = anything + p
	}
	if strings.HasSuffix(p, "$") && !strings.HasSuffix(p, `\$`) {
		return strings.TrimSuffix(p, "$")
	}
	return p + anything
}

func (d *draft) unusedMessage(message *words) {
	for _, a := range message.all() {
		d.lost(a, "its message is not shown: the question's own limits have theirs")
	}
}

// rest reports the properties that nothing has asked for.
func (o *object) rest(what string) {
	for _, m := range o.members {
		if o.used[m.key] {
			continue
		}
		leaves := m.value.leaves()
		switch why, lost := idleProperties[m.key], lostProperties[m.key]; {
		case m.value.kind == '0' || m.value.kind == 'b' && m.value.text == "false" && lost != "":
			carry(leaves...) // it says what is so anyway
		case lost != "":
			o.all(Lost, m.value.at, leaves, "%s: %s", show(m.value.say()), lost)
		case why != "":
			o.all(Idle, m.value.at, leaves, "%s", why)
		default:
			o.all(Lost, m.value.at, leaves, "%s is not known to the importer as a property of %s: %s", show(m.key), what, m.value.brief())
		}
	}
}

// say is a value within a message.
func (n *node) say() string {
	if n.scalar() {
		return n.text
	}
	return strings.Trim(n.brief(), "'")
}
