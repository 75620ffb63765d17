package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// A form is an XLSForm being read.
type form struct {
	*draft
	lists   map[string]*list
	filters map[string]*extra // columns of the choices sheet that only filters use
	tongues map[string]string // codes given to languages that are not known
	stack   []*group
	tables  []table
	looks   map[*question]gridLook
	singles map[*list]*list
}

// A gridLook is an appearance that makes a grid of questions: label for the one that shows the options' labels,
// list-nolabel for those below it.
type gridLook struct {
	name string
	at   *atom
}

// extra is a column beyond those that lists have.
type extra struct {
	header *atom
	atoms  []*atom
	used   bool
}

// A column's header, taken apart: label::English (en).
type column struct {
	base, language string
	header         *atom
}

// A record is one row, its cells by their columns.
type record struct {
	by    map[string]*words
	first map[string]*atom
	atoms []*atom
	order []string
}

func (r record) text(base string) string {
	if a := r.first[base]; a != nil {
		return strings.TrimSpace(a.text)
	}
	return ""
}

// readXLSForm makes a draft of a workbook, as https://xlsform.org describes it.
func readXLSForm(r *Report, source []byte) (*draft, error) {
	sheets, err := readWorkbook(source)
	if err != nil {
		return nil, err
	}
	f := &form{draft: &draft{report: r, parse: parseXPath, piped: regexp.MustCompile(`\$\{\s*([^{}]+?)\s*\}`)}, lists: map[string]*list{}, filters: map[string]*extra{}, tongues: map[string]string{}}
	cells := map[string]map[int]map[int]*atom{} // by sheet, row, column
	byName := map[string]sheet{}
	var names []string
	for _, s := range sheets {
		names = append(names, s.name)
		key := strings.ToLower(strings.TrimSpace(s.name))
		if len(sheets) == 1 { // as pyxform reads it
			key = "survey"
		}
		known := slices.Contains([]string{"survey", "choices", "settings"}, key)
		if _, twice := byName[key]; known && !twice {
			byName[key] = s
			cells[key] = map[int]map[int]*atom{}
		} else {
			known = false
		}
		var all []*atom
		for _, row := range s.rows {
			for _, c := range row.cells {
				a := r.add(Place{Name: s.name + "!" + address(c.column, row.number)}, c.text)
				all = append(all, a)
				if !known {
					continue
				}
				if cells[key][row.number] == nil {
					cells[key][row.number] = map[int]*atom{}
				}
				cells[key][row.number][c.column] = a
				if c.formula {
					r.changed(a, "computed by a formula: its value when the workbook was last saved was taken")
				}
			}
		}
		if !known && len(all) > 0 {
			why := "is no part of a form"
			switch key {
			case "external_choices":
				why = "holds choices of select_one_external, which is not carried over"
			case "entities":
				why = "describes entities, which surveys here do not have"
			case "osm":
				why = "describes tags of OpenStreetMap, which surveys here do not ask"
			}
			r.all(Lost, Place{Name: s.name, order: all[0].at.order}, all, "the sheet %s", why)
		}
	}
	if len(byName["survey"].rows) == 0 {
		return nil, fmt.Errorf("there is no sheet 'survey', or nothing in it: an XLSForm has the sheets survey, choices and settings; this workbook has %s", strings.Join(names, ", "))
	}
	f.settings(f.records(byName["settings"], cells["settings"], settingsHeaders))
	f.choices(f.records(byName["choices"], cells["choices"], choiceHeaders))
	rows := f.records(byName["survey"], cells["survey"], surveyHeaders)
	if !slices.ContainsFunc(rows, func(r record) bool { return r.first["type"] != nil }) {
		return nil, fmt.Errorf("the sheet 'survey' has no column 'type' in its first row, or nothing below it")
	}
	f.survey(rows)
	for _, name := range slices.Sorted(maps.Keys(f.filters)) {
		e := f.filters[name]
		if e.used {
			carry(e.atoms...)
			carry(e.header)
			continue
		}
		f.all(Lost, e.header.at, append([]*atom{e.header}, e.atoms...), "the column %s is not known to the importer, and no choice_filter uses it", show(name))
	}
	for _, name := range slices.Sorted(maps.Keys(f.lists)) {
		f.draft.lists = append(f.draft.lists, f.lists[name])
	}
	return f.draft, nil
}

// Other names of columns, as pyxform has them.
var headerAliases = map[string]string{
	"caption": "label", "command": "type", "tag": "name", "value": "name", "relevance": "relevant", "readonly": "read_only", "calculate": "calculation",
	"constraining_message": "constraint_message", "requiredmsg": "required_message", "count": "repeat_count", "jr:count": "repeat_count", "list name": "list_name",
	"bind::relevant": "relevant", "bind::required": "required", "bind::constraint": "constraint", "bind::jr:constraintmsg": "constraint_message",
	"bind::jr:requiredmsg": "required_message", "bind::readonly": "read_only", "bind::calculate": "calculation", "control::appearance": "appearance",
	"body::appearance": "appearance", "image": "media::image", "audio": "media::audio", "video": "media::video", "big-image": "media::big-image",
	"set_form_title": "form_title", "title": "form_title", "set_form_id": "form_id", "id_string": "form_id",
}

var (
	surveyHeaders = []string{"type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant", "constraint", "constraint_message",
		"appearance", "default", "read_only", "calculation", "repeat_count", "choice_filter", "parameters", "trigger", "disabled",
		"media::image", "media::audio", "media::video", "media::big-image"}
	choiceHeaders   = []string{"list_name", "name", "label", "score", "media::image", "media::audio", "media::video", "media::big-image"}
	settingsHeaders = []string{"form_title", "form_id", "version", "default_language", "style", "instance_name", "public_key", "submission_url", "auto_send", "auto_delete",
		"allow_choice_duplicates", "name", "namespaces", "instance_xmlns", "clean_text_values", "client_editable", "prefix", "delimiter", "sms_keyword", "sms_separator", "omit_instanceid", "compact_prefix"}
)

var idleColumns = map[string]string{
	"autoplay": "nothing plays by itself here", "rows": "text boxes grow by themselves here", "note": "a note to the author", "notes": "a note to the author",
	"comment": "a note to the author", "comments": "a note to the author", "save_to": "surveys here have no entities", "noapperrorstring": "there is no app here",
	"body::accuracythreshold": "positions are not asked here", "bind::type": "the type says it", "bind::saveincomplete": "there is no app here",
	"sms_field": "answers do not come by text message", "sms_option": "answers do not come by text message",
}

// header takes a column's header apart.
func (f *form) header(a *atom, known []string) column {
	parts := strings.Split(strings.TrimSpace(a.text), "::")
	if len(parts) == 1 && !strings.HasPrefix(strings.ToLower(parts[0]), "jr:") {
		parts = strings.SplitN(parts[0], ":", 2)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	base := strings.Join(strings.Fields(strings.ToLower(parts[0])), "_")
	rest := parts[1:]
	if (base == "media" || base == "bind" || base == "body" || base == "control" || base == "instance") && len(rest) > 0 {
		base += "::" + strings.ToLower(rest[0])
		rest = rest[1:]
	}
	if alias := headerAliases[base]; alias != "" {
		base = alias
	}
	c := column{base: base, header: a}
	if len(rest) > 0 && slices.Contains(known, base) {
		c.language = f.tongue(a, strings.Join(rest, "::"))
	} else if len(rest) > 0 {
		c.base = strings.ToLower(a.text)
	}
	return c
}

// tongue is the code of a language that a header names.
func (f *form) tongue(a *atom, said string) string {
	if code := languageOf(said); code != "" {
		return code
	}
	key := strings.ToLower(strings.TrimSpace(said))
	if key == "default" {
		return ""
	}
	if f.tongues[key] == "" {
		f.tongues[key] = "qa" + string(rune('a'+len(f.tongues)%26)) // codes that ISO 639 leaves to anybody
		f.decide(a.at, "the code of the language %s is not known: it was given %s; write its own, such as fr", show(said), f.tongues[key])
	}
	return f.tongues[key]
}

// records reads a sheet's rows by its headers, which the first row has.
func (f *form) records(s sheet, cells map[int]map[int]*atom, known []string) []record {
	if len(s.rows) == 0 {
		return nil
	}
	columns := map[int]column{}
	unknown := map[string]*extra{}
	seen := map[string]bool{}
	for _, c := range s.rows[0].cells {
		a := cells[s.rows[0].number][c.column]
		col := f.header(a, known)
		key := col.base + "\x00" + col.language
		if seen[key] {
			col.base = fmt.Sprintf("column %d", c.column)
			unknown[col.base] = &extra{header: a}
			columns[c.column] = col
			continue
		}
		seen[key] = true
		columns[c.column] = col
		if slices.Contains(known, col.base) {
			carry(a)
		} else {
			unknown[col.base] = &extra{header: a}
		}
	}
	var records []record
	for _, row := range s.rows[1:] {
		r := record{by: map[string]*words{}, first: map[string]*atom{}}
		for _, c := range row.cells {
			a := cells[row.number][c.column]
			col, ok := columns[c.column]
			if !ok {
				f.lost(a, "%s stands in a column without a header", show(a.text))
				continue
			}
			if e := unknown[col.base]; e != nil {
				e.atoms = append(e.atoms, a)
			}
			if r.first[col.base] == nil {
				r.first[col.base] = a
				r.order = append(r.order, col.base)
			}
			if slices.Contains(known, col.base) || len(known) == len(choiceHeaders) {
				r.atoms = append(r.atoms, a)
			}
			r.by[col.base] = r.by[col.base].add(col.language, a.text, a)
		}
		if len(r.first) > 0 {
			records = append(records, r)
		}
	}
	filters := len(known) == len(choiceHeaders)
	for _, base := range slices.Sorted(maps.Keys(unknown)) {
		e := unknown[base]
		all := append([]*atom{e.header}, e.atoms...)
		switch why := idleColumns[base]; {
		case why != "":
			f.all(Idle, e.header.at, all, "the column %s: %s", show(e.header.text), why)
		case strings.HasPrefix(base, "column "):
			f.all(Lost, e.header.at, all, "the column %s is there twice: the first one was taken", show(e.header.text))
		case filters:
			f.filters[base] = e
		case strings.HasPrefix(base, "bind::"), strings.HasPrefix(base, "body::"), strings.HasPrefix(base, "control::"), strings.HasPrefix(base, "instance::"):
			f.all(Lost, e.header.at, all, "the column %s is for XForms, which are not made here", show(e.header.text))
		default:
			f.all(Lost, e.header.at, all, "the column %s is not known to the importer", show(e.header.text))
		}
	}
	return records
}

var settingsIdle = map[string]string{
	"version": "versions are made from what a survey says", "style": "pages lay themselves out", "instance_name": "answers have no names here",
	"public_key": "answers are not encrypted by the form here", "submission_url": "answers go to the survey's own site", "auto_send": "there is no app here",
	"auto_delete": "there is no app here", "allow_choice_duplicates": "option ids are always made different", "name": "a name within XForms", "namespaces": "a name within XForms",
	"instance_xmlns": "a name within XForms", "clean_text_values": "spaces are always tidied", "client_editable": "there is no app here", "prefix": "answers do not come by text message",
	"delimiter": "answers do not come by text message", "sms_keyword": "answers do not come by text message", "sms_separator": "answers do not come by text message",
	"omit_instanceid": "a name within XForms", "compact_prefix": "answers do not come by text message",
}

func (f *form) settings(rows []record) {
	for i, r := range rows {
		if i > 0 {
			f.all(Lost, r.atoms[0].at, r.atoms, "a form has one row of settings: this one was left out")
			continue
		}
		f.title = r.by["form_title"]
		if a := r.first["form_id"]; a != nil {
			f.id = a.text
			carry(a)
			if !surveyIDForm.MatchString(a.text) {
				f.changed(a, "the survey's id was made of %s", show(a.text))
			}
		}
		if a := r.first["default_language"]; a != nil {
			f.language = f.tongue(a, a.text)
			carry(a)
		}
		for _, key := range r.order {
			if why := settingsIdle[key]; why != "" {
				f.idle(r.first[key], "%s %s: %s", key, show(r.text(key)), why)
			}
		}
	}
}

// choices reads the lists.
func (f *form) choices(rows []record) {
	for _, r := range rows {
		name, value := r.text("list_name"), r.text("name")
		switch {
		case len(r.atoms) == 0:
			continue
		case name == "":
			f.all(Lost, r.atoms[0].at, r.atoms, "the row names no list")
			continue
		case value == "" && r.by["label"] == nil:
			f.all(Lost, r.atoms[0].at, r.atoms, "the row has neither a name nor a label")
			continue
		case value == "":
			value = r.by["label"].in("")
		}
		l := f.lists[name]
		if l == nil {
			l = &list{at: r.first["list_name"], source: name}
			f.lists[name] = l
		}
		o := &option{at: r.atoms[0], source: value, label: r.by["label"], more: map[string]string{}, atoms: []*atom{r.first["list_name"]}}
		if a := r.first["name"]; a != nil {
			o.at = a
			o.atoms = append(o.atoms, a)
		}
		o.atoms = append(o.atoms, o.label.all()...)
		for _, key := range r.order {
			a := r.first[key]
			switch {
			case strings.HasPrefix(key, "media::"):
				for _, a := range r.by[key].all() {
					f.lost(a, "options have no pictures or sounds: %s", show(a.text))
				}
			case key == "score":
				if d, err := decimal.Parse(a.text); err == nil && d >= 0 && d <= maxScore {
					o.score = d.String()
					o.atoms = append(o.atoms, a)
				} else {
					f.lost(a, "%s is no score", show(a.text))
				}
			default:
				o.more[key] = a.text
			}
		}
		if o.label == nil {
			o.label = o.label.add("", value, nil)
			f.decide(o.at.at, "the option %s has no label: its name stands in", show(value))
		}
		if l.has(strings.Join(append([]string{value}, pairs(o.more)...), "\x00")) {
			f.all(Lost, o.at.at, o.atoms, "the option %s is given twice in its list: the first one was taken", show(value))
			continue // but for those of which a choice_filter takes only one
		}
		l.items = append(l.items, o)
	}
	for _, l := range f.lists {
		f.orderedIDs(l)
	}
}

func pairs(m map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k != "list_name" && k != "name" && k != "label" {
			out = append(out, k+"="+m[k])
		}
	}
	return out
}

func (f *form) orderedIDs(l *list) { f.optionIDs(l, "option") }

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

// survey reads the questions and groups.
func (f *form) survey(rows []record) {
	f.root = &group{}
	f.stack = []*group{f.root}
	for _, r := range rows {
		if len(r.atoms) == 0 {
			continue
		}
		t := r.first["type"]
		if t == nil {
			f.all(Lost, r.atoms[0].at, r.atoms, "the row has no type")
			continue
		}
		if on := strings.ToLower(r.text("disabled")); on == "yes" || on == "true" || on == "true()" || on == "1" {
			f.all(Idle, t.at, r.atoms, "the row is disabled")
			f.gone(r.text("name"), "which is disabled")
			continue
		}
		carry(r.first["disabled"])
		f.row(r, t)
	}
	if n := len(f.stack) - 1; n > 0 {
		f.changed(f.stack[n].at, "the group is never ended: it was taken to go on to the end")
	}
	for i := len(f.tables) - 1; i >= 0; i-- {
		f.makeMatrix(f.tables[i])
	}
	f.grids(f.root)
}

func (f *form) row(r record, t *atom) {
	kind := parseType(t.text)
	top := f.stack[len(f.stack)-1]
	source := r.text("name")
	switch {
	case kind.base == "begin group" || kind.base == "begin repeat":
		f.begin(r, t, kind.base == "begin repeat", top)
		return
	case kind.base == "end group" || kind.base == "end repeat":
		if len(f.stack) == 1 {
			f.all(Lost, t.at, r.atoms, "there is no group to end")
			return
		}
		f.stack = f.stack[:len(f.stack)-1]
		carry(t)
		for _, a := range r.atoms {
			if a != t {
				f.idle(a, "%s: only the beginning of a group says something", show(a.text))
			}
		}
		return
	case metadata[kind.base] != "":
		f.all(Idle, t.at, r.atoms, "%s: %s", kind.base, metadata[kind.base])
		f.gone(source, "which is no question here")
		return
	case notAsked[kind.base] != "":
		f.all(Lost, t.at, r.atoms, "%s %s: %s here", kind.base, show(source), notAsked[kind.base])
		f.gone(source, "which was not carried over")
		return
	}
	q := &question{at: t, atoms: r.atoms, source: source, label: r.by["label"], help: r.by["hint"]}
	if a := r.first["name"]; a != nil {
		q.at = a
	}
	if !f.kind(q, kind, r, t) {
		return
	}
	carry(t)
	f.named(q, r.first["name"])
	carry(r.first["name"])
	if q.source == "" {
		q.source = q.id
		f.changed(t, "the question has no name: it was given the id %s", quoted(q.id))
	}
	f.rest(q, r)
	if q.options != nil && f.lists[kind.list] == q.options {
		q.options = f.single(q.options)
	}
	f.declare(q)
	top.children = append(top.children, q)
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
	if first == nil {
		return second
	}
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
		if e := f.filters[t.text]; t.op == "column" && e != nil {
			e.used = true
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

// begin opens a group.
func (f *form) begin(r record, t *atom, repeat bool, top *group) {
	g := &group{at: t, source: r.text("name"), heading: heading{r.by["label"], r.by["hint"]}}
	g.atoms = []*atom{t}
	if a := r.first["name"]; a != nil {
		g.atoms = append(g.atoms, a)
	}
	carry(g.atoms...)
	f.gone(g.source, "which is a group")
	if repeat {
		f.lost(t, "questions are not repeated: those of %s are asked once", show(g.source))
	}
	for _, key := range r.order {
		a := r.first[key]
		switch key {
		case "type", "name", "label", "hint", "disabled":
		case "relevant":
			g.show = []*condition{f.condition(a)}
		case "appearance":
			for _, look := range strings.Fields(strings.ToLower(a.text)) {
				switch {
				case look == "table-list":
					f.tables = append(f.tables, table{g, top, a})
				case idleLook.MatchString(look):
					f.idle(a, "the appearance %s: pages lay themselves out", show(look))
				default:
					f.lost(a, "the appearance %s is not known here", show(look))
				}
			}
		case "repeat_count":
			f.lost(a, "questions are not repeated")
		case "required", "read_only":
			f.idle(a, "only questions are required, or not")
		default:
			if !slices.Contains(surveyHeaders, key) {
				continue // the whole column is reported
			}
			for _, a := range r.by[key].all() {
				f.lost(a, "groups have no %s here: %s", key, show(a.text))
			}
		}
	}
	top.children = append(top.children, g)
	f.stack = append(f.stack, g)
}

// A table is a group whose questions share their options, shown as a grid.
type table struct {
	*group
	within *group
	look   *atom
}

// alike reports whether questions differ in no more than the rows of a matrix do.
func alike(questions []*question) bool {
	return !slices.ContainsFunc(questions, func(q *question) bool {
		return q.kind != survey.SingleChoice || q.other || q.show != nil || q.constraint != nil || q.help != nil || q.requiredIf != nil || q.shuffle ||
			q.options != questions[0].options || q.required != questions[0].required
	})
}

// makeMatrix turns such a group into one question, if its questions are as alike as a matrix needs.
func (f *form) makeMatrix(t table) {
	var rows []*question
	for _, child := range t.children {
		if q, ok := child.(*question); ok {
			rows = append(rows, q)
		}
	}
	if len(rows) < 2 || len(rows) < len(t.children) || t.title == nil || !alike(rows) {
		f.lost(t.look, "table-list: its questions differ in more than their labels, so they are asked one by one")
		return
	}
	f.changed(t.look, "the group became one question, a matrix with a row for each of its questions")
	m := &question{at: t.at, atoms: append(slices.Clone(t.atoms), t.title.all()...), source: t.source, label: t.title, help: t.intro, show: t.show}
	f.matrix(m, rows)
	i := slices.IndexFunc(t.within.children, func(c any) bool { return c == any(t.group) })
	t.within.children[i] = m
}

// grids turns questions with the appearance list-nolabel, below one with the appearance label, into matrices.
func (f *form) grids(g *group) {
	var children []any
	for i := 0; i < len(g.children); i++ {
		child := g.children[i]
		if inner, ok := child.(*group); ok {
			f.grids(inner)
		}
		head, ok := child.(*question)
		if !ok || f.looks[head].name != "label" {
			children = append(children, child)
			continue
		}
		var rows []*question
		for _, next := range g.children[i+1:] {
			q, ok := next.(*question)
			if !ok || f.looks[q].name != "list-nolabel" || q.options != head.options {
				break
			}
			rows = append(rows, q)
		}
		if len(rows) < 2 || !alike(rows) || head.show != nil {
			children = append(children, child)
			continue
		}
		f.changed(f.looks[head].at, "the questions below it became the rows of a matrix, of which this is the heading")
		for _, q := range rows {
			f.changed(f.looks[q].at, "a row of the matrix %s", quoted(head.id))
			delete(f.looks, q)
		}
		delete(f.looks, head)
		if head.label == nil {
			head.label, g.title = g.title, nil
		}
		delete(f.taken, head.id)
		m := &question{at: head.at, atoms: head.atoms, source: head.source, label: head.label, help: head.help}
		f.matrix(m, rows)
		children = append(children, m)
		i += len(rows)
	}
	g.children = children
	for _, child := range children {
		if q, ok := child.(*question); ok && f.looks[q].at != nil {
			f.lost(f.looks[q].at, "the appearance %s: the questions around it do not make a matrix", show(f.looks[q].name))
		}
	}
}

// matrix makes questions the rows of one.
func (f *form) matrix(m *question, rows []*question) {
	m.kind, m.options, m.required = survey.Matrix, rows[0].options, rows[0].required
	for _, q := range rows {
		delete(f.taken, q.id)
	}
	f.named(m, nil)
	taken := map[string]int{}
	for _, q := range rows {
		row := &option{at: q.at, source: q.source, label: q.label, atoms: q.atoms, id: name(q.source, taken, true, "row")}
		if row.label == nil {
			row.label = row.label.add("", q.source, nil)
		}
		m.rows = append(m.rows, row)
		m.atoms = append(m.atoms, q.atoms...)
		*f.scope[q.source] = target{field: m.id + "." + row.id, kind: choiceKind, options: q.options.byValue()}
	}
	f.scope[m.source] = &target{field: m.id, kind: groupKind}
}
