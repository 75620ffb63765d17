package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/decimal"
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
		var left []*atom
		for _, a := range append([]*atom{e.header}, e.atoms...) {
			if a.fate == Pending || a.fate == Changed && a != e.header && !e.used[a] {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			f.all(Lost, left[0].at, left, "the column %s is not known to the importer, and no choice_filter uses it here", show(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.lists)) {
		f.draft.lists = append(f.draft.lists, f.lists[name])
	}
	return f.draft, nil
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
		o := &option{at: r.atoms[0], source: value, label: r.by["label"], more: map[string]string{}, cells: map[string]*atom{}, atoms: []*atom{r.first["list_name"]}}
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
				o.more[key], o.cells[key] = a.text, a
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
