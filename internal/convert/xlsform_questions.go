package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// parsedType is what a type cell says.
type parsedType struct {
	base  string
	list  string
	other bool
}

var (
	selectType = regexp.MustCompile(`(?i)^(add )?(select_one_from_file|select_multiple_from_file|select[_ ]one[_ ]external|select_one|select_multiple|select one( prompt)?|select1|select multiple( prompt)?|select all that apply|rank)(?: from| using)? +(\S+)( +or[_ ]other| +or specify other)?$`)
	groupType  = regexp.MustCompile(`(?i)^(begin|end)[_ ]+(group|repeat|lgroup|loop|looped group)(\s+over\s+\S+)?$`)
)

func parseType(said string) parsedType {
	said = strings.Join(strings.Fields(said), " ")
	if m := groupType.FindStringSubmatch(said); m != nil {
		what := strings.ToLower(m[2])
		if what != "group" {
			what = "repeat"
		}
		return parsedType{base: strings.ToLower(m[1]) + " " + what}
	}
	if m := selectType.FindStringSubmatch(said); m != nil {
		base := strings.ReplaceAll(strings.ToLower(m[2]), " ", "_")
		switch {
		case strings.HasSuffix(base, "from_file"), strings.HasSuffix(base, "external"):
		case strings.HasPrefix(base, "select_one"), base == "select1":
			base = "select_one"
		case strings.HasPrefix(base, "select"):
			base = "select_multiple"
		}
		return parsedType{base: base, list: m[5], other: m[6] != ""}
	}
	base := strings.ToLower(said)
	for _, prefix := range []string{"q ", "add ", "get "} {
		base = strings.TrimPrefix(base, prefix)
	}
	base = strings.TrimSuffix(base, " prompt")
	if alias := typeAliases[base]; alias != "" {
		base = alias
	}
	return parsedType{base: base}
}

var typeAliases = map[string]string{
	"int": "integer", "string": "text", "datetime": "datetime", "date time": "datetime", "trigger": "acknowledge", "photo": "image", "picture": "image",
	"location": "geopoint", "gps": "geopoint", "imei": "deviceid", "device id": "deviceid", "start time": "start", "end time": "end", "phone number": "phonenumber",
	"subscriber id": "subscriberid", "sim id": "simserial", "percentage": "integer",
}

var metadata = map[string]string{
	"start": "when an answer comes is kept by itself", "end": "when an answer comes is kept by itself", "today": "when an answer comes is kept by itself",
	"deviceid": "respondents are not identified", "subscriberid": "respondents are not identified", "simserial": "respondents are not identified",
	"phonenumber": "respondents are not identified", "username": "respondents are not identified", "email": "respondents are not identified",
	"uri:deviceid": "respondents are not identified", "uri:subscriberid": "respondents are not identified", "uri:simserial": "respondents are not identified",
	"uri:phonenumber": "respondents are not identified", "uri:username": "respondents are not identified", "uri:email": "respondents are not identified",
	"audit": "respondents are not watched", "background-audio": "respondents are not recorded", "start-geopoint": "respondents are not located",
	"background-geopoint": "respondents are not located",
}

var notAsked = map[string]string{
	"geopoint": "positions cannot be asked", "geotrace": "positions cannot be asked", "geoshape": "positions cannot be asked", "osm": "positions cannot be asked",
	"image": "files cannot be sent", "audio": "files cannot be sent", "video": "files cannot be sent", "file": "files cannot be sent",
	"calculate": "nothing is calculated from answers", "xml-external": "answers do not come from other files", "csv-external": "answers do not come from other files",
	"select_one_from_file": "options do not come from other files", "select_multiple_from_file": "options do not come from other files",
	"select_one_external": "options do not come from other files",
}

// single is a list without the options that stand there several times, for filters to choose from.
func (f *form) single(l *list) *list {
	if f.singles[l] != nil {
		return f.singles[l]
	}
	one := &list{at: l.at, source: l.source}
	var before same
	for _, o := range l.items {
		if before.add(o) != nil {
			f.all(Lost, o.at.at, o.atoms, "the option %s is given twice in its list: the first one was taken", show(o.source))
			continue
		}
		one.items = append(one.items, o)
	}
	if len(one.items) == len(l.items) {
		one = l
	}
	if f.singles == nil {
		f.singles = map[*list]*list{}
	}
	f.singles[l] = one
	return one
}

// kind settles a question's type; false if it is left out.
func (f *form) kind(q *question, t parsedType, r record, at *atom) bool {
	looks := strings.Fields(strings.ToLower(r.text("appearance")))
	switch t.base {
	case "select_one", "select_multiple", "rank":
		l := f.lists[t.list]
		if l == nil {
			f.all(Lost, at.at, r.atoms, "%s: the list %s is not on the sheet choices", t.base, show(t.list))
			f.gone(q.source, "which was not carried over")
			return false
		}
		q.options, q.other = l, t.other
		q.kind = map[string]survey.Type{"select_one": survey.SingleChoice, "select_multiple": survey.MultiChoice, "rank": survey.Ranking}[t.base]
		if q.other && q.kind == survey.Ranking {
			q.other = false
			f.lost(at, "a ranking has no option with a text of its own")
		}
		return f.fit(q, at)
	case "integer":
		q.kind, q.step = survey.Number, "1"
	case "decimal":
		q.kind = survey.Number
	case "range":
		q.kind, q.display = survey.Number, "slider"
		q.min, q.max, q.step = "0", "10", "1"
		if slices.Contains(looks, "rating") {
			q.kind, q.display = survey.Rating, "stars"
		}
	case "text":
		q.kind = survey.ShortText
		if slices.Contains(looks, "multiline") {
			q.kind = survey.LongText
		}
	case "barcode":
		q.kind = survey.ShortText
		f.changed(at, "codes cannot be scanned: it is asked as a text")
	case "date":
		q.kind = survey.DateType
	case "datetime":
		q.kind = survey.DateType
		f.changed(at, "there is no type for a day with its time: only the day is asked; add a question of type time if it matters")
	case "time":
		q.kind = survey.Time
	case "note":
		q.kind = survey.Note
	case "acknowledge":
		q.kind = survey.Consent
		if required(r.text("required")) != "true" {
			q.kind = survey.YesNo
			f.changed(at, "it need not be acknowledged, so it is asked as yes or no")
		} else {
			f.changed(at, "acknowledge became consent")
		}
	case "hidden":
		q.kind = survey.Hidden
		f.changed(at, "hidden answers come from the link here: ?%s=…", name(q.source, map[string]int{}, false, "question"))
	default:
		f.all(Lost, at.at, r.atoms, "the type %s is not known to the importer", show(at.text))
		f.gone(q.source, "which was not carried over")
		return false
	}
	return true
}

// fit sees that a question's options are as many as the format takes.
func (d *draft) fit(q *question, at *atom) bool {
	switch n := len(q.options.items); {
	case n == 0:
		d.all(Lost, at.at, q.atoms, "the question has no options")
		d.gone(q.source, "which was not carried over")
		return false
	case n > maxOptions:
		d.changed(at, "its %d options are more than %d: it is asked as a text", n, maxOptions)
		left := q.options.atoms()
		for _, o := range q.options.items {
			left = append(left, conditionAtoms(o.show)...)
		}
		d.all(Lost, at.at, left, "its options, of which there are too many")
		d.lostWords(q.otherLabel)
		*q = question{at: q.at, atoms: q.atoms, source: q.source, label: q.label, help: q.help, kind: survey.ShortText}
	case n == 1 && q.kind == survey.SingleChoice:
		d.changed(at, "one option alone is no choice: it is asked as several that can be chosen")
		q.kind = survey.MultiChoice
	}
	return true
}

// required is "true", "" for no, or an expression.
func required(said string) string {
	switch strings.ToLower(strings.ReplaceAll(said, " ", "")) {
	case "yes", "true", "true()", "1", "y", "required":
		return "true"
	case "no", "false", "false()", "0", "n", "":
		return ""
	}
	return said
}

// rest reads what all questions have.
func (f *form) rest(q *question, r record) {
	for _, key := range r.order {
		a := r.first[key]
		switch key {
		case "type", "name", "label", "hint", "disabled", "constraint_message":
		case "guidance_hint":
			for _, a := range r.by[key].all() {
				f.lost(a, "guidance for interviewers has no place here: %s", show(a.text))
			}
		case "required":
			switch said := required(a.text); {
			case q.kind == survey.Note || q.kind == survey.Hidden:
				f.idle(a, "nothing is answered here that could be required")
			case said == "true":
				q.required = true
				carry(a)
			case said == "":
				carry(a)
			case q.kind == survey.Consent || q.kind == survey.YesNo && parseType(r.text("type")).base == "acknowledge":
				q.requiredIf = f.condition(a)
			default:
				q.requiredIf = f.condition(a)
			}
		case "required_message":
			for _, a := range r.by[key].all() {
				f.lost(a, "its message is not shown: the form has its own for answers that are missing")
			}
		case "relevant":
			q.show = []*condition{f.condition(a)}
		case "constraint":
			if q.kind == survey.Note || q.kind == survey.Hidden {
				f.lost(a, "nothing is answered here that could be checked")
				continue
			}
			q.constraint = f.condition(a)
		case "appearance":
			f.appearance(q, a)
		case "default":
			f.lost(a, "nothing is preselected here: %s", show(a.text))
		case "read_only":
			if required(a.text) != "true" {
				carry(a)
				continue
			}
			if q.kind != survey.Note {
				f.changed(a, "it cannot be answered, so it became a note")
				q.kind, q.options, q.display, q.other, q.min, q.max, q.step, q.required = survey.Note, nil, "", false, "", "", "", false
			} else {
				carry(a)
			}
		case "calculation":
			f.lost(a, "nothing is calculated from answers here: %s", show(a.text))
		case "trigger":
			f.lost(a, "nothing is calculated from answers here, so nothing triggers it")
		case "repeat_count":
			f.idle(a, "only repeats have a count")
		case "choice_filter":
			f.filter(q, a)
		case "parameters":
			f.parameters(q, a)
		case "media::image", "media::audio", "media::video", "media::big-image":
			for _, a := range r.by[key].all() {
				f.lost(a, "questions have no pictures or sounds: %s", show(a.text))
			}
		}
	}
	if message := r.by["constraint_message"]; message != nil {
		if q.constraint == nil {
			for _, a := range message.all() {
				f.idle(a, "a message without a constraint")
			}
		}
		q.constraintMessage = message
	}
	if a := r.first["choice_filter"]; a != nil && q.kind == survey.Note && a.fate == Pending {
		f.lost(a, "a note offers nothing that could be filtered")
	}
	if q.kind == survey.Note {
		if q.help != nil {
			for _, a := range q.help.all() {
				f.changed(a, "a note has no hint: it follows the note's text")
			}
			q.label, q.help = appended(q.label, q.help), nil
		}
		if q.constraint != nil {
			f.lost(q.constraint.at, "nothing is answered here that could be checked")
			f.draft.lostWords(q.constraintMessage)
			q.constraint = nil
		}
	}
	if q.kind == survey.Hidden && q.help != nil {
		for _, a := range q.help.all() {
			f.lost(a, "nobody sees a hidden question")
		}
		q.help = nil
	}
	if q.kind == survey.Hidden && q.show != nil {
		f.lost(q.show[0].at, "a hidden question is never asked, so it has no condition")
		q.show = nil
	}
	f.steps(q)
}

func (d *draft) lostWords(w *words) {
	for _, a := range w.all() {
		d.lost(a, "left out with what it belongs to")
	}
}

// steps makes a rating's range one of steps, if it can be.
func (f *form) steps(q *question) {
	if q.kind != survey.Rating || q.options != nil {
		return
	}
	low, errLow := strconv.Atoi(q.min)
	high, errHigh := strconv.Atoi(q.max)
	if errLow == nil && errHigh == nil && low == 1 && high >= 2 && high <= 10 && q.step == "1" {
		q.steps, q.min, q.max, q.step = high, "", "", ""
		return
	}
	f.changed(q.at, "stars go from 1 to 10 at most: it is asked with a slider")
	q.kind, q.display = survey.Number, "slider"
}

// appended is two texts one after the other.
func appended(first, second *words) *words {
	return followed(first, "\n\n", second)
}

var idleLook = regexp.MustCompile(`^(w\d+|field-list|pages?|compact(-\d+)?|quick(compact)?(-\d+)?|no-buttons|columns(-\d+|-pack|-flex)?|horizontal(-compact)?|vertical|picker|no-ticks|no-calendar|maps|placement-map|map|thousands-sep|search|autocomplete|month-year|year|month|new|new-front|new-rear|hide-input|list|grid|inline|theme-grid|counter|rating|multiline|minimal|likert)$`)

// appearance reads how a question looks.
func (f *form) appearance(q *question, a *atom) {
	for _, look := range strings.Fields(strings.ToLower(a.text)) {
		switch {
		case (look == "label" || look == "list-nolabel") && q.kind == survey.SingleChoice:
			if f.looks == nil {
				f.looks = map[*question]gridLook{}
			}
			f.looks[q] = gridLook{look, a}
		case (look == "minimal" || look == "autocomplete" || strings.HasPrefix(look, "search")) && q.kind == survey.SingleChoice:
			q.display = "dropdown"
			q.from("display", a)
			carry(a)
		case (look == "likert" || look == "horizontal" || look == "columns-pack") && q.kind == survey.SingleChoice:
			q.display = "buttons"
			q.from("display", a)
			carry(a)
		case look == "multiline" && q.kind == survey.LongText, look == "rating" && q.kind == survey.Rating:
			carry(a)
		case look == "numbers" && q.kind == survey.ShortText:
			q.pattern = "[0-9 .,+-]*"
			q.from("pattern", a)
			f.changed(a, "a keyboard of digits became a pattern: digits, spaces, signs")
		case look == "url" && q.kind == survey.ShortText:
			q.kind = survey.URL
			f.changed(a, "the type became url")
		case (look == "month-year" || look == "year") && q.kind == survey.DateType:
			f.lost(a, "a whole day is asked, not a month or year only")
		case idleLook.MatchString(look):
			f.idle(a, "the appearance %s: questions lay themselves out", show(look))
		default:
			f.lost(a, "the appearance %s is not known here", show(look))
		}
	}
}

var parameter = regexp.MustCompile(`([A-Za-z_-]+)\s*=\s*([^\s;,]+)`)

// parameters reads key=value pairs.
func (f *form) parameters(q *question, a *atom) {
	found := parameter.FindAllStringSubmatch(a.text, -1)
	if len(found) == 0 {
		f.lost(a, "%s cannot be read: parameters are pairs such as start=1", show(a.text))
	}
	for _, p := range found {
		key, value := strings.ToLower(p[1]), p[2]
		ranged := q.kind == survey.Rating || q.kind == survey.Number && q.display == "slider"
		switch {
		case ranged && (key == "start" || key == "end" || key == "step"):
			if _, err := decimal.Parse(value); err != nil {
				f.lost(a, "%s of %s is no number of at most three decimals", key, show(value))
				continue
			}
			*map[string]*string{"start": &q.min, "end": &q.max, "step": &q.step}[key] = value
			q.from(map[string]string{"start": "min", "end": "max", "step": "step"}[key], a)
			carry(a)
		case key == "randomize" && (q.kind == survey.SingleChoice || q.kind == survey.MultiChoice || q.kind == survey.Ranking):
			q.shuffle = required(value) == "true"
			carry(a)
		case key == "seed" && q.shuffle:
			f.idle(a, "the order follows from the submission: seeds have no meaning here")
		case key == "rows":
			f.idle(a, "text boxes grow by themselves here")
		default:
			f.lost(a, "the parameter %s is not known here", show(p[0]))
		}
	}
}

// filter gives every option the condition that a choice_filter means for it.
func (f *form) filter(q *question, a *atom) {
	tree, err := f.parse(a.text)
	if err == nil && q.options == nil {
		err = fmt.Errorf("there are no options to filter")
	}
	if err != nil {
		f.lost(a, "%s cannot be said here, so all options are offered: %v", show(a.text), err)
		return
	}
	known := true
	tree.walk(func(t *term) {
		if t.op == "column" && t.text != "name" && t.text != "label" && f.filters[t.text] == nil {
			known = false
			f.lost(a, "%s cannot be said here, so all options are offered: there is no column %s in choices", show(a.text), show(t.text))
		}
	})
	if !known {
		return
	}
	tree.walk(func(t *term) {
		e := f.filters[t.text]
		if t.op != "column" || e == nil {
			return
		}
		carry(e.header)
		for _, o := range q.options.items {
			if a := o.cells[t.text]; a != nil {
				carry(a)
				e.used[a] = true
			}
		}
	})
	filtered := &list{at: q.options.at, source: q.options.source}
	var before same
	for _, o := range q.options.items {
		copied := *o
		shown := filled(tree, o)
		copied.show = []*condition{{at: a, tree: shown}}
		// One value under several parents is one option, shown under each of them.
		if p := before.add(&copied); p != nil {
			p.show[0].tree = &term{op: "or", args: []*term{p.show[0].tree, shown}}
			p.atoms = slices.Concat(p.atoms, o.atoms)
			continue
		}
		filtered.items = append(filtered.items, &copied)
	}
	q.options = filtered
}

// filled is a filter with an option's own values in it.
func filled(t *term, o *option) *term {
	if t.op == "column" {
		value := o.more[t.text]
		switch t.text {
		case "name":
			value = o.source
		case "label":
			value = o.label.in("")
		}
		return &term{op: "text", text: strings.TrimSpace(value)}
	}
	copied := &term{op: t.op, text: t.text}
	for _, a := range t.args {
		copied.args = append(copied.args, filled(a, o))
	}
	return copied
}
