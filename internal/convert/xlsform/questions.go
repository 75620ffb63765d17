package xlsform

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
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
func (f *form) single(l *draft.List) *draft.List {
	if f.singles[l] != nil {
		return f.singles[l]
	}
	one := &draft.List{At: l.At, Source: l.Source}
	var before draft.Duplicates
	for _, o := range l.Items {
		if before.Add(o) != nil {
			f.MarkAll(report.Dropped, o.At.At, o.Atoms, "the option %s is given twice in its list: the first one was taken", report.Quote(o.Source))
			continue
		}
		one.Items = append(one.Items, o)
	}
	if len(one.Items) == len(l.Items) {
		one = l
	}
	if f.singles == nil {
		f.singles = map[*draft.List]*draft.List{}
	}
	f.singles[l] = one
	return one
}

// kind settles a question's type; false if it is left out.
func (f *form) kind(q *draft.Question, t parsedType, r record, at *report.Atom) bool {
	looks := strings.Fields(strings.ToLower(r.text("appearance")))
	switch t.base {
	case "select_one", "select_multiple", "rank":
		l := f.lists[t.list]
		if l == nil {
			f.MarkAll(report.Dropped, at.At, r.atoms, "%s: the list %s is not on the sheet choices", t.base, report.Quote(t.list))
			f.DefineMissing(q.Source, "which was not carried over")
			return false
		}
		q.Options, q.Other = l, t.other
		q.Kind = map[string]survey.Type{"select_one": survey.SingleChoice, "select_multiple": survey.MultiChoice, "rank": survey.Ranking}[t.base]
		if q.Other && q.Kind == survey.Ranking {
			q.Other = false
			f.Drop(at, "a ranking has no option with a text of its own")
		}
		return f.FitOptions(q, at)
	case "integer":
		q.Kind, q.Step = survey.Number, "1"
	case "decimal":
		q.Kind = survey.Number
	case "range":
		q.Kind, q.Display = survey.Number, "slider"
		q.Min, q.Max, q.Step = "0", "10", "1"
		if slices.Contains(looks, "rating") {
			q.Kind, q.Display = survey.Rating, "stars"
		}
	case "text":
		q.Kind = survey.ShortText
		if slices.Contains(looks, "multiline") {
			q.Kind = survey.LongText
		}
	case "barcode":
		q.Kind = survey.ShortText
		f.Change(at, "codes cannot be scanned: it is asked as a text")
	case "date":
		q.Kind = survey.DateType
	case "datetime":
		q.Kind = survey.DateType
		f.Change(at, "there is no type for a day with its time: only the day is asked; add a question of type time if it matters")
	case "time":
		q.Kind = survey.Time
	case "note":
		q.Kind = survey.Note
	case "acknowledge":
		q.Kind = survey.Consent
		if required(r.text("required")) != "true" {
			q.Kind = survey.YesNo
			f.Change(at, "it need not be acknowledged, so it is asked as yes or no")
		} else {
			f.Change(at, "acknowledge became consent")
		}
	case "hidden":
		q.Kind = survey.Hidden
		f.Change(at, "hidden answers come from the link here: ?%s=…", draft.NewID(q.Source, map[string]int{}, false, "question"))
	default:
		f.MarkAll(report.Dropped, at.At, r.atoms, "the type %s is not known to the importer", report.Quote(at.Text))
		f.DefineMissing(q.Source, "which was not carried over")
		return false
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
func (f *form) rest(q *draft.Question, r record) {
	for _, key := range r.order {
		a := r.first[key]
		switch key {
		case "type", "name", "label", "hint", "disabled", "constraint_message":
		case "guidance_hint":
			for _, a := range r.by[key].Atoms() {
				f.Drop(a, "guidance for interviewers has no place here: %s", report.Quote(a.Text))
			}
		case "required":
			switch said := required(a.Text); {
			case q.Kind == survey.Note || q.Kind == survey.Hidden:
				f.Ignore(a, "nothing is answered here that could be required")
			case said == "true":
				q.Required = true
				report.Carry(a)
			case said == "":
				report.Carry(a)
			case q.Kind == survey.Consent || q.Kind == survey.YesNo && parseType(r.text("type")).base == "acknowledge":
				q.RequiredIf = f.Condition(a)
			default:
				q.RequiredIf = f.Condition(a)
			}
		case "required_message":
			for _, a := range r.by[key].Atoms() {
				f.Drop(a, "its message is not shown: the form has its own for answers that are missing")
			}
		case "relevant":
			q.Show = []*draft.Condition{f.Condition(a)}
		case "constraint":
			if q.Kind == survey.Note || q.Kind == survey.Hidden {
				f.Drop(a, "nothing is answered here that could be checked")
				continue
			}
			q.Constraint = f.Condition(a)
		case "appearance":
			f.appearance(q, a)
		case "default":
			f.Drop(a, "nothing is preselected here: %s", report.Quote(a.Text))
		case "read_only":
			if required(a.Text) != "true" {
				report.Carry(a)
				continue
			}
			if q.Kind != survey.Note {
				f.Change(a, "it cannot be answered, so it became a note")
				q.Kind, q.Options, q.Display, q.Other, q.Min, q.Max, q.Step, q.Required = survey.Note, nil, "", false, "", "", "", false
			} else {
				report.Carry(a)
			}
		case "calculation":
			f.Drop(a, "nothing is calculated from answers here: %s", report.Quote(a.Text))
		case "trigger":
			f.Drop(a, "nothing is calculated from answers here, so nothing triggers it")
		case "repeat_count":
			f.Ignore(a, "only repeats have a count")
		case "choice_filter":
			f.filter(q, a)
		case "parameters":
			f.parameters(q, a)
		case "media::image", "media::audio", "media::video", "media::big-image":
			for _, a := range r.by[key].Atoms() {
				f.Drop(a, "questions have no pictures or sounds: %s", report.Quote(a.Text))
			}
		}
	}
	if message := r.by["constraint_message"]; message != nil {
		if q.Constraint == nil {
			for _, a := range message.Atoms() {
				f.Ignore(a, "a message without a constraint")
			}
		}
		q.ConstraintMessage = message
	}
	if a := r.first["choice_filter"]; a != nil && q.Kind == survey.Note && a.Outcome == report.Pending {
		f.Drop(a, "a note offers nothing that could be filtered")
	}
	if q.Kind == survey.Note {
		if q.Help != nil {
			for _, a := range q.Help.Atoms() {
				f.Change(a, "a note has no hint: it follows the note's text")
			}
			q.Label, q.Help = appended(q.Label, q.Help), nil
		}
		if q.Constraint != nil {
			f.Drop(q.Constraint.At, "nothing is answered here that could be checked")
			f.DropText(q.ConstraintMessage)
			q.Constraint = nil
		}
	}
	if q.Kind == survey.Hidden && q.Help != nil {
		for _, a := range q.Help.Atoms() {
			f.Drop(a, "nobody sees a hidden question")
		}
		q.Help = nil
	}
	if q.Kind == survey.Hidden && q.Show != nil {
		f.Drop(q.Show[0].At, "a hidden question is never asked, so it has no condition")
		q.Show = nil
	}
	f.steps(q)
}

// steps makes a rating's range one of steps, if it can be.
func (f *form) steps(q *draft.Question) {
	if q.Kind != survey.Rating || q.Options != nil {
		return
	}
	low, errLow := strconv.Atoi(q.Min)
	high, errHigh := strconv.Atoi(q.Max)
	if errLow == nil && errHigh == nil && low == 1 && high >= 2 && high <= 10 && q.Step == "1" {
		q.Steps, q.Min, q.Max, q.Step = high, "", "", ""
		return
	}
	f.Change(q.At, "stars go from 1 to 10 at most: it is asked with a slider")
	q.Kind, q.Display = survey.Number, "slider"
}

// appended is two texts one after the other.
func appended(first, second *draft.Text) *draft.Text {
	return draft.Concat(first, "\n\n", second)
}

var idleLook = regexp.MustCompile(`^(w\d+|field-list|pages?|compact(-\d+)?|quick(compact)?(-\d+)?|no-buttons|columns(-\d+|-pack|-flex)?|horizontal(-compact)?|vertical|picker|no-ticks|no-calendar|maps|placement-map|map|thousands-sep|search|autocomplete|month-year|year|month|new|new-front|new-rear|hide-input|list|grid|inline|theme-grid|counter|rating|multiline|minimal|likert)$`)

// appearance reads how a question looks.
func (f *form) appearance(q *draft.Question, a *report.Atom) {
	for _, look := range strings.Fields(strings.ToLower(a.Text)) {
		switch {
		case (look == "label" || look == "list-nolabel") && q.Kind == survey.SingleChoice:
			if f.looks == nil {
				f.looks = map[*draft.Question]gridLook{}
			}
			f.looks[q] = gridLook{look, a}
		case (look == "minimal" || look == "autocomplete" || strings.HasPrefix(look, "search")) && q.Kind == survey.SingleChoice:
			q.Display = "dropdown"
			q.From("display", a)
			report.Carry(a)
		case (look == "likert" || look == "horizontal" || look == "columns-pack") && q.Kind == survey.SingleChoice:
			q.Display = "buttons"
			q.From("display", a)
			report.Carry(a)
		case look == "multiline" && q.Kind == survey.LongText, look == "rating" && q.Kind == survey.Rating:
			report.Carry(a)
		case look == "numbers" && q.Kind == survey.ShortText:
			q.Pattern = "[0-9 .,+-]*"
			q.From("pattern", a)
			f.Change(a, "a keyboard of digits became a pattern: digits, spaces, signs")
		case look == "url" && q.Kind == survey.ShortText:
			q.Kind = survey.URL
			f.Change(a, "the type became url")
		case (look == "month-year" || look == "year") && q.Kind == survey.DateType:
			f.Drop(a, "a whole day is asked, not a month or year only")
		case idleLook.MatchString(look):
			f.Ignore(a, "the appearance %s: questions lay themselves out", report.Quote(look))
		default:
			f.Drop(a, "the appearance %s is not known here", report.Quote(look))
		}
	}
}

var parameter = regexp.MustCompile(`([A-Za-z_-]+)\s*=\s*([^\s;,]+)`)

// parameters reads key=value pairs.
func (f *form) parameters(q *draft.Question, a *report.Atom) {
	found := parameter.FindAllStringSubmatch(a.Text, -1)
	if len(found) == 0 {
		f.Drop(a, "%s cannot be read: parameters are pairs such as start=1", report.Quote(a.Text))
	}
	for _, p := range found {
		key, value := strings.ToLower(p[1]), p[2]
		ranged := q.Kind == survey.Rating || q.Kind == survey.Number && q.Display == "slider"
		switch {
		case ranged && (key == "start" || key == "end" || key == "step"):
			if _, err := decimal.Parse(value); err != nil {
				f.Drop(a, "%s of %s is no number of at most three decimals", key, report.Quote(value))
				continue
			}
			*map[string]*string{"start": &q.Min, "end": &q.Max, "step": &q.Step}[key] = value
			q.From(map[string]string{"start": "min", "end": "max", "step": "step"}[key], a)
			report.Carry(a)
		case key == "randomize" && (q.Kind == survey.SingleChoice || q.Kind == survey.MultiChoice || q.Kind == survey.Ranking):
			q.Shuffle = required(value) == "true"
			report.Carry(a)
		case key == "seed" && q.Shuffle:
			f.Ignore(a, "the order follows from the submission: seeds have no meaning here")
		case key == "rows":
			f.Ignore(a, "text boxes grow by themselves here")
		default:
			f.Drop(a, "the parameter %s is not known here", report.Quote(p[0]))
		}
	}
}

// filter gives every option the condition that a choice_filter means for it.
func (f *form) filter(q *draft.Question, a *report.Atom) {
	tree, err := f.Parse(a.Text)
	if err == nil && q.Options == nil {
		err = fmt.Errorf("there are no options to filter")
	}
	if err != nil {
		f.Drop(a, "%s cannot be said here, so all options are offered: %v", report.Quote(a.Text), err)
		return
	}
	known := true
	tree.Walk(func(t *condition.Term) {
		if t.Op == "column" && t.Text != "name" && t.Text != "label" && f.filters[t.Text] == nil {
			known = false
			f.Drop(a, "%s cannot be said here, so all options are offered: there is no column %s in choices", report.Quote(a.Text), report.Quote(t.Text))
		}
	})
	if !known {
		return
	}
	tree.Walk(func(t *condition.Term) {
		e := f.filters[t.Text]
		if t.Op != "column" || e == nil {
			return
		}
		report.Carry(e.header)
		for _, o := range q.Options.Items {
			if a := o.Cells[t.Text]; a != nil {
				report.Carry(a)
				e.used[a] = true
			}
		}
	})
	filtered := &draft.List{At: q.Options.At, Source: q.Options.Source}
	var before draft.Duplicates
	for _, o := range q.Options.Items {
		copied := *o
		shown := filled(tree, o)
		copied.Show = []*draft.Condition{{At: a, Tree: shown}}
		// One value under several parents is one option, shown under each of them.
		if p := before.Add(&copied); p != nil {
			p.Show[0].Tree = &condition.Term{Op: "or", Args: []*condition.Term{p.Show[0].Tree, shown}}
			p.Atoms = slices.Concat(p.Atoms, o.Atoms)
			continue
		}
		filtered.Items = append(filtered.Items, &copied)
	}
	q.Options = filtered
}

// filled is a filter with an option's own values in it.
func filled(t *condition.Term, o *draft.Option) *condition.Term {
	if t.Op == "column" {
		value := o.Columns[t.Text]
		switch t.Text {
		case "name":
			value = o.Source
		case "label":
			value = o.Label.In("")
		}
		return &condition.Term{Op: "text", Text: strings.TrimSpace(value)}
	}
	copied := &condition.Term{Op: t.Op, Text: t.Text}
	for _, a := range t.Args {
		copied.Args = append(copied.Args, filled(a, o))
	}
	return copied
}
