// Package xlsform reads XLSForm workbooks, as https://xlsform.org describes them.
package xlsform

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
)

// A form is a workbook being read.
type form struct {
	*draft.Draft
	lists            map[string]*draft.List
	filterColumns    map[string]*extraColumn // columns of the choices sheet that only filters use
	unknownLanguages map[string]string       // made-up codes by the languages' names
	stack            []*draft.Group          // the open groups, the root first
	tableLists       []tableList
	gridAppearances  map[*draft.Question]gridAppearance
	deduplicated     map[*draft.List]*draft.List
	paths            map[string]*condition.Target // questions by where they are: /group/name
}

var piped = regexp.MustCompile(`\$\{\s*([^{}]+?)\s*\}`)

// Read reads a workbook into a draft.
func Read(file string, source []byte) (*draft.Draft, error) {
	workbook, err := readWorkbook(source)
	if err != nil {
		return nil, err
	}
	f := &form{
		Draft: &draft.Draft{Report: report.New(file, "XLSForm", "cell"), Dialect: dialect, Parse: parseExpression, Piped: piped},
		lists: map[string]*draft.List{}, filterColumns: map[string]*extraColumn{}, unknownLanguages: map[string]string{},
		gridAppearances: map[*draft.Question]gridAppearance{}, deduplicated: map[*draft.List]*draft.List{},
		paths: map[string]*condition.Target{},
	}
	sheets := f.addSheets(workbook)
	if len(sheets["survey"].rows) == 0 {
		var names []string
		for _, s := range workbook {
			names = append(names, s.name)
		}
		return nil, message.Errorf("there is no sheet 'survey', or nothing in it: an XLSForm has the sheets survey, choices and settings; this workbook has %s", strings.Join(names, ", "))
	}
	f.readSettings(f.records(sheets["settings"], settingsHeaders))
	f.readChoices(f.records(sheets["choices"], choiceHeaders))
	rows := f.records(sheets["survey"], surveyHeaders)
	if !slices.ContainsFunc(rows, func(r record) bool { return r.first["type"] != nil }) {
		return nil, message.Errorf("the sheet 'survey' has no column 'type' in its first row, or nothing below it")
	}
	f.readSurvey(rows)
	f.dropUnusedColumns()
	for _, name := range slices.Sorted(maps.Keys(f.lists)) {
		f.Lists = append(f.Lists, f.lists[name])
	}
	return f.Draft, nil
}

// otherSheets gives the reason why each other sheet that XLSForm knows is left out.
var otherSheets = map[string]message.Key{
	"external_choices": "holds choices of select_one_external, which is not carried over",
	"entities":         "describes entities, which surveys here do not have",
	"osm":              "describes tags of OpenStreetMap, which surveys here do not ask",
}

// addSheets adds all cells to the report, and returns the sheets that belong to a form. A workbook's only sheet is its
// survey, as pyxform reads it.
func (f *form) addSheets(workbook []sheet) map[string]sheet {
	sheets := map[string]sheet{}
	for _, s := range workbook {
		key := strings.ToLower(strings.TrimSpace(s.name))
		if len(workbook) == 1 {
			key = "survey"
		}
		known := slices.Contains([]string{"survey", "choices", "settings"}, key)
		if _, taken := sheets[key]; taken {
			known = false
		}
		var all []*report.Atom
		for i, row := range s.rows {
			for j, c := range row.cells {
				a := f.Add(report.Place{Name: s.name + "!" + address(c.column, row.number)}, c.text)
				s.rows[i].cells[j].atom = a
				all = append(all, a)
				if known && c.formula {
					f.Change(a, "computed by a formula: the value of the last save was taken")
				}
			}
		}
		if known {
			sheets[key] = s
		} else if len(all) > 0 {
			why := otherSheets[key]
			if why == "" {
				why = "is no part of a form"
			}
			at := all[0].At
			at.Name = s.name
			f.MarkAll(report.Dropped, at, all, "the sheet %s", why)
		}
	}
	return sheets
}

// dropUnusedColumns reports what no filter uses of the columns of the choices sheet.
func (f *form) dropUnusedColumns() {
	for _, name := range slices.Sorted(maps.Keys(f.filterColumns)) {
		column := f.filterColumns[name]
		var left []*report.Atom
		for _, a := range append([]*report.Atom{column.header}, column.atoms...) {
			if a.Outcome == report.Pending || a.Outcome == report.Changed && a != column.header && !column.used[a] {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			f.MarkAll(report.Dropped, left[0].At, left, "the column %s is not known to the importer, and no choice_filter uses it here", report.Quote(name))
		}
	}
}

var ignoredSettings = map[string]message.Key{
	"version": "versions are made from what a survey says", "style": "pages lay themselves out", "instance_name": "answers have no names here",
	"public_key": "answers are not encrypted by the form here", "submission_url": "answers go to the survey's own site", "auto_send": "there is no app here",
	"auto_delete": "there is no app here", "allow_choice_duplicates": "option ids are always made different", "name": "a name within XForms", "namespaces": "a name within XForms",
	"instance_xmlns": "a name within XForms", "clean_text_values": "spaces are always tidied", "client_editable": "there is no app here", "prefix": "answers do not come by text message",
	"delimiter": "answers do not come by text message", "sms_keyword": "answers do not come by text message", "sms_separator": "answers do not come by text message",
	"omit_instanceid": "a name within XForms", "compact_prefix": "answers do not come by text message",
}

func (f *form) readSettings(rows []record) {
	for i, r := range rows {
		if i > 0 {
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "a form has one row of settings: this one was left out")
			continue
		}
		f.Title = r.texts["form_title"]
		if a := r.first["form_id"]; a != nil {
			f.ID = a.Text
			report.Carry(a)
			if !draft.IsSurveyID(a.Text) {
				f.Change(a, "the survey's id was made of %s", report.Quote(a.Text))
			}
		}
		if a := r.first["default_language"]; a != nil {
			f.Language = f.languageCode(a, a.Text)
			report.Carry(a)
		}
		for _, key := range r.order {
			if why := ignoredSettings[key]; why != "" {
				f.Ignore(r.first[key], "%s %s: %s", key, report.Quote(r.text(key)), why)
			}
		}
	}
}

// readChoices reads the lists of options.
func (f *form) readChoices(rows []record) {
	for _, r := range rows {
		name, value := r.text("list_name"), r.text("name")
		switch {
		case len(r.atoms) == 0:
			continue
		case name == "":
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "the row names no list")
			continue
		case value == "" && r.texts["label"] == nil:
			f.MarkAll(report.Dropped, r.atoms[0].At, r.atoms, "the row has neither a name nor a label")
			continue
		case value == "":
			value = r.texts["label"].In("")
		}
		l := f.lists[name]
		if l == nil {
			l = &draft.List{At: r.first["list_name"], Source: name}
			f.lists[name] = l
		}
		o := f.option(r, value)
		// Options that differ in another column are kept, since a choice_filter may offer only one of them.
		if l.Seen(strings.Join(append([]string{value}, columnPairs(o.Columns)...), "\x00")) {
			f.MarkAll(report.Dropped, o.At.At, o.Atoms, "the option %s is given twice in its list: the first one was taken", report.Quote(value))
			continue
		}
		l.Items = append(l.Items, o)
	}
	for _, l := range f.lists {
		f.AssignOptionIDs(l, "option")
	}
}

// option reads a row of the choices sheet.
func (f *form) option(r record, value string) *draft.Option {
	o := &draft.Option{At: r.atoms[0], Source: value, Label: r.texts["label"], Columns: map[string]string{}, Cells: map[string]*report.Atom{}, Atoms: []*report.Atom{r.first["list_name"]}}
	if a := r.first["name"]; a != nil {
		o.At = a
		o.Atoms = append(o.Atoms, a)
	}
	o.Atoms = append(o.Atoms, o.Label.Atoms()...)
	for _, key := range r.order {
		a := r.first[key]
		switch {
		case strings.HasPrefix(key, "media::"):
			for _, a := range r.texts[key].Atoms() {
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
		f.Ask(o.At.At, "the option %s has no label: its name is used", report.Quote(value))
	}
	return o
}

// columnPairs lists what an option says in other columns, sorted.
func columnPairs(columns map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(columns)) {
		if k != "list_name" && k != "name" && k != "label" {
			out = append(out, k+"="+columns[k])
		}
	}
	return out
}

// readSurvey reads the questions and groups.
func (f *form) readSurvey(rows []record) {
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
		f.readRow(r, t)
	}
	if n := len(f.stack) - 1; n > 0 {
		f.Change(f.stack[n].At, "the group is never ended: it was taken to go on to the end")
	}
	for _, t := range slices.Backward(f.tableLists) { // inner groups come after outer ones
		f.makeTableMatrix(t)
	}
	f.makeGrids(f.Root)
}

// readRow reads a row of the survey sheet, whose type is in t.
func (f *form) readRow(r record, t *report.Atom) {
	parsed := parseType(t.Text)
	source := r.text("name")
	switch {
	case parsed.base == "begin group" || parsed.base == "begin repeat":
		f.beginGroup(r, t, parsed.base == "begin repeat")
	case parsed.base == "end group" || parsed.base == "end repeat":
		f.endGroup(r, t)
	case metadata[parsed.base] != "":
		f.MarkAll(report.Ignored, t.At, r.atoms, "%s: %s", parsed.base, metadata[parsed.base])
		f.DefineMissing(source, "which is no question here")
	case unsupported[parsed.base] != "":
		f.MarkAll(report.Dropped, t.At, r.atoms, "%s %s: %s", parsed.base, report.Quote(source), unsupported[parsed.base])
		f.DefineMissing(source, "which was not carried over")
	default:
		f.readQuestion(r, t, parsed)
	}
}

func (f *form) readQuestion(r record, t *report.Atom, parsed parsedType) {
	q := &draft.Question{At: t, Atoms: r.atoms, Source: r.text("name"), Label: r.texts["label"], Help: r.texts["hint"]}
	if a := r.first["name"]; a != nil {
		q.At = a
	}
	if !f.setType(q, parsed, r, t) {
		return
	}
	report.Carry(t)
	f.AssignID(q, r.first["name"])
	report.Carry(r.first["name"])
	if q.Source == "" {
		q.Source = q.ID
		f.Change(t, "the question has no name: it was given the id '%s'", q.ID)
	}
	f.readColumns(q, r)
	if q.Options != nil && f.lists[parsed.list] == q.Options {
		q.Options = f.deduplicate(q.Options)
	}
	f.DefineQuestion(q)
	f.paths[f.path(q.Source)] = q.Target
	f.addChild(q)
}

// path returns where a question or a group of the innermost open group is.
func (f *form) path(name string) string {
	at := ""
	for _, g := range f.stack[1:] {
		at += "/" + g.Source
	}
	return at + "/" + name
}

// condition returns the condition that an atom holds of the question or group with a name.
func (f *form) condition(a *report.Atom, name string) *draft.Condition {
	c := draft.NewCondition(a)
	if c != nil {
		c.Find = f.finder(name)
	}
	return c
}

// finder returns what finds names, and paths from the question or group with a name.
func (f *form) finder(name string) draft.Find {
	from := f.path(name)
	return func(name string) *condition.Target {
		if !strings.Contains(name, "/") {
			return f.Scope[name]
		}
		at := path.Join(from, name)
		if strings.HasPrefix(name, "/") {
			_, inner, _ := strings.Cut(name[1:], "/")
			at = "/" + inner
		}
		if to := f.paths[at]; to != nil {
			return to
		}
		if to := f.Scope[path.Base(at)]; to != nil && to.Field == "" {
			return to
		}
		return &condition.Target{Kind: condition.Nothing, Why: message.New("there is no such question")}
	}
}

// addChild adds a question or group to the innermost open group.
func (f *form) addChild(child any) {
	top := f.stack[len(f.stack)-1]
	top.Children = append(top.Children, child)
}

func (f *form) beginGroup(r record, t *report.Atom, repeat bool) {
	g := &draft.Group{At: t, Source: r.text("name"), Heading: draft.Heading{Title: r.texts["label"], Intro: r.texts["hint"]}}
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
			g.Show = append(g.Show, f.condition(a, g.Source))
		case "appearance":
			f.readGroupAppearance(g, a)
		case "repeat_count":
			if strings.TrimSpace(a.Text) == "0" {
				g.Show = append(g.Show, &draft.Condition{At: a, Tree: &condition.Term{Op: "false"}})
				continue
			}
			f.Drop(a, "questions are not repeated")
		case "required", "read_only":
			f.Ignore(a, "only questions are required, or not")
		default:
			if !slices.Contains(surveyHeaders, key) {
				continue // the whole column is reported
			}
			for _, a := range r.texts[key].Atoms() {
				f.Drop(a, "groups have no %s here: %s", key, report.Quote(a.Text))
			}
		}
	}
	f.addChild(g)
	f.stack = append(f.stack, g)
}

func (f *form) readGroupAppearance(g *draft.Group, a *report.Atom) {
	for _, appearance := range strings.Fields(strings.ToLower(a.Text)) {
		switch {
		case appearance == "table-list":
			f.tableLists = append(f.tableLists, tableList{g, f.stack[len(f.stack)-1], a})
		case ignoredAppearance.MatchString(appearance):
			f.Ignore(a, "the appearance %s: pages lay themselves out", report.Quote(appearance))
		default:
			f.Drop(a, "the appearance %s is not known here", report.Quote(appearance))
		}
	}
}

func (f *form) endGroup(r record, t *report.Atom) {
	if len(f.stack) == 1 {
		f.MarkAll(report.Dropped, t.At, r.atoms, "there is no group to end")
		return
	}
	f.stack = f.stack[:len(f.stack)-1]
	report.Carry(t)
	for _, a := range r.atoms {
		if a != t {
			f.Ignore(a, "%s: only the row that begins a group has a meaning", report.Quote(a.Text))
		}
	}
}
