// Package xlsform reads XLSForm workbooks.
package xlsform

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
)

// A form is an XLSForm being read.
type form struct {
	*draft.Draft
	lists   map[string]*draft.List
	filters map[string]*extra // columns of the choices sheet that only filters use
	tongues map[string]string // codes given to languages that are not known
	stack   []*draft.Group
	tables  []table
	looks   map[*draft.Question]gridLook
	singles map[*draft.List]*draft.List
}

// Read makes a draft of a workbook, as https://xlsform.org describes it.
func Read(file string, source []byte) (*draft.Draft, error) {
	sheets, err := readWorkbook(source)
	if err != nil {
		return nil, err
	}
	r := report.New(file, "XLSForm", "cell")
	f := &form{Draft: &draft.Draft{Report: r, Parse: parseExpression, Piped: regexp.MustCompile(`\$\{\s*([^{}]+?)\s*\}`)}, lists: map[string]*draft.List{}, filters: map[string]*extra{}, tongues: map[string]string{}}
	cells := map[string]map[int]map[int]*report.Atom{} // by sheet, row, column
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
			cells[key] = map[int]map[int]*report.Atom{}
		} else {
			known = false
		}
		var all []*report.Atom
		for _, row := range s.rows {
			for _, c := range row.cells {
				a := r.Add(report.Place{Name: s.name + "!" + address(c.column, row.number)}, c.text)
				all = append(all, a)
				if !known {
					continue
				}
				if cells[key][row.number] == nil {
					cells[key][row.number] = map[int]*report.Atom{}
				}
				cells[key][row.number][c.column] = a
				if c.formula {
					r.Change(a, "computed by a formula: its value when the workbook was last saved was taken")
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
			at := all[0].At
			at.Name = s.name
			r.MarkAll(report.Dropped, at, all, "the sheet %s", why)
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
		var left []*report.Atom
		for _, a := range append([]*report.Atom{e.header}, e.atoms...) {
			if a.Outcome == report.Pending || a.Outcome == report.Changed && a != e.header && !e.used[a] {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			f.MarkAll(report.Dropped, left[0].At, left, "the column %s is not known to the importer, and no choice_filter uses it here", report.Quote(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.lists)) {
		f.Draft.Lists = append(f.Draft.Lists, f.lists[name])
	}
	return f.Draft, nil
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
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "a form has one row of settings: this one was left out")
			continue
		}
		f.Title = r.by["form_title"]
		if a := r.first["form_id"]; a != nil {
			f.ID = a.Text
			report.Carry(a)
			if !draft.IsSurveyID(a.Text) {
				f.Change(a, "the survey's id was made of %s", report.Quote(a.Text))
			}
		}
		if a := r.first["default_language"]; a != nil {
			f.Language = f.tongue(a, a.Text)
			report.Carry(a)
		}
		for _, key := range r.order {
			if why := settingsIdle[key]; why != "" {
				f.Ignore(r.first[key], "%s %s: %s", key, report.Quote(r.text(key)), why)
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
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "the row names no list")
			continue
		case value == "" && r.by["label"] == nil:
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "the row has neither a name nor a label")
			continue
		case value == "":
			value = r.by["label"].In("")
		}
		l := f.lists[name]
		if l == nil {
			l = &draft.List{At: r.first["list_name"], Source: name}
			f.lists[name] = l
		}
		o := &draft.Option{At: r.atoms[0], Source: value, Label: r.by["label"], Columns: map[string]string{}, Cells: map[string]*report.Atom{}, Atoms: []*report.Atom{r.first["list_name"]}}
		if a := r.first["name"]; a != nil {
			o.At = a
			o.Atoms = append(o.Atoms, a)
		}
		o.Atoms = append(o.Atoms, o.Label.Atoms()...)
		for _, key := range r.order {
			a := r.first[key]
			switch {
			case strings.HasPrefix(key, "media::"):
				for _, a := range r.by[key].Atoms() {
					f.Drop(a, "options have no pictures or sounds: %s", report.Quote(a.Text))
				}
			case key == "score":
				if d, err := decimal.Parse(a.Text); err == nil && d >= 0 && d <= draft.MaxScore {
					o.Score = d.String()
					o.Atoms = append(o.Atoms, a)
				} else {
					f.Drop(a, "%s is no score", report.Quote(a.Text))
				}
			default:
				o.Columns[key], o.Cells[key] = a.Text, a
			}
		}
		if o.Label == nil {
			o.Label = o.Label.Add("", value, nil)
			f.Ask(o.At.At, "the option %s has no label: its name stands in", report.Quote(value))
		}
		if l.Seen(strings.Join(append([]string{value}, pairs(o.Columns)...), "\x00")) {
			f.MarkAll(report.Dropped, o.At.At, o.Atoms, "the option %s is given twice in its list: the first one was taken", report.Quote(value))
			continue // but for those of which a choice_filter takes only one
		}
		l.Items = append(l.Items, o)
	}
	for _, l := range f.lists {
		f.AssignOptionIDs(l, "option")
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

// survey reads the questions and groups.
func (f *form) survey(rows []record) {
	f.Root = &draft.Group{}
	f.stack = []*draft.Group{f.Root}
	for _, r := range rows {
		if len(r.atoms) == 0 {
			continue
		}
		t := r.first["type"]
		if t == nil {
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "the row has no type")
			continue
		}
		if on := strings.ToLower(r.text("disabled")); on == "yes" || on == "true" || on == "true()" || on == "1" {
			f.MarkAll(report.Ignored, t.At, r.atoms, "the row is disabled")
			f.DefineMissing(r.text("name"), "which is disabled")
			continue
		}
		report.Carry(r.first["disabled"])
		f.row(r, t)
	}
	if n := len(f.stack) - 1; n > 0 {
		f.Change(f.stack[n].At, "the group is never ended: it was taken to go on to the end")
	}
	for i := len(f.tables) - 1; i >= 0; i-- {
		f.makeMatrix(f.tables[i])
	}
	f.grids(f.Root)
}

func (f *form) row(r record, t *report.Atom) {
	kind := parseType(t.Text)
	top := f.stack[len(f.stack)-1]
	source := r.text("name")
	switch {
	case kind.base == "begin group" || kind.base == "begin repeat":
		f.begin(r, t, kind.base == "begin repeat", top)
		return
	case kind.base == "end group" || kind.base == "end repeat":
		if len(f.stack) == 1 {
			f.MarkAll(report.Dropped, t.At, r.atoms, "there is no group to end")
			return
		}
		f.stack = f.stack[:len(f.stack)-1]
		report.Carry(t)
		for _, a := range r.atoms {
			if a != t {
				f.Ignore(a, "%s: only the beginning of a group says something", report.Quote(a.Text))
			}
		}
		return
	case metadata[kind.base] != "":
		f.MarkAll(report.Ignored, t.At, r.atoms, "%s: %s", kind.base, metadata[kind.base])
		f.DefineMissing(source, "which is no question here")
		return
	case notAsked[kind.base] != "":
		f.MarkAll(report.Dropped, t.At, r.atoms, "%s %s: %s here", kind.base, report.Quote(source), notAsked[kind.base])
		f.DefineMissing(source, "which was not carried over")
		return
	}
	q := &draft.Question{At: t, Atoms: r.atoms, Source: source, Label: r.by["label"], Help: r.by["hint"]}
	if a := r.first["name"]; a != nil {
		q.At = a
	}
	if !f.kind(q, kind, r, t) {
		return
	}
	report.Carry(t)
	f.AssignID(q, r.first["name"])
	report.Carry(r.first["name"])
	if q.Source == "" {
		q.Source = q.ID
		f.Change(t, "the question has no name: it was given the id '%s'", q.ID)
	}
	f.rest(q, r)
	if q.Options != nil && f.lists[kind.list] == q.Options {
		q.Options = f.single(q.Options)
	}
	f.Declare(q)
	top.Children = append(top.Children, q)
}

// begin opens a group.
func (f *form) begin(r record, t *report.Atom, repeat bool, top *draft.Group) {
	g := &draft.Group{At: t, Source: r.text("name"), Heading: draft.Heading{Title: r.by["label"], Intro: r.by["hint"]}}
	g.Atoms = []*report.Atom{t}
	if a := r.first["name"]; a != nil {
		g.Atoms = append(g.Atoms, a)
	}
	report.Carry(g.Atoms...)
	f.DefineMissing(g.Source, "which is a group")
	if repeat {
		f.Drop(t, "questions are not repeated: those of %s are asked once", report.Quote(g.Source))
	}
	for _, key := range r.order {
		a := r.first[key]
		switch key {
		case "type", "name", "label", "hint", "disabled":
		case "relevant":
			g.Show = []*draft.Condition{f.Condition(a)}
		case "appearance":
			for _, look := range strings.Fields(strings.ToLower(a.Text)) {
				switch {
				case look == "table-list":
					f.tables = append(f.tables, table{g, top, a})
				case idleLook.MatchString(look):
					f.Ignore(a, "the appearance %s: pages lay themselves out", report.Quote(look))
				default:
					f.Drop(a, "the appearance %s is not known here", report.Quote(look))
				}
			}
		case "repeat_count":
			f.Drop(a, "questions are not repeated")
		case "required", "read_only":
			f.Ignore(a, "only questions are required, or not")
		default:
			if !slices.Contains(surveyHeaders, key) {
				continue // the whole column is reported
			}
			for _, a := range r.by[key].Atoms() {
				f.Drop(a, "groups have no %s here: %s", key, report.Quote(a.Text))
			}
		}
	}
	top.Children = append(top.Children, g)
	f.stack = append(f.stack, g)
}
