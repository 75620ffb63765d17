package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
)

// extra is a column beyond those that lists have.
type extra struct {
	header *report.Atom
	atoms  []*report.Atom
	used   map[*report.Atom]bool // by a filter
}

// A column's header, taken apart: label::English (en).
type column struct {
	base, language string
	header         *report.Atom
}

// A record is one row, its cells by their columns.
type record struct {
	by    map[string]*draft.Text
	first map[string]*report.Atom
	atoms []*report.Atom
	order []string
}

func (r record) text(base string) string {
	if a := r.first[base]; a != nil {
		return strings.TrimSpace(a.Text)
	}
	return ""
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
func (f *form) header(a *report.Atom, known []string) column {
	parts := strings.Split(strings.TrimSpace(a.Text), "::")
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
		c.base = strings.ToLower(a.Text)
	}
	return c
}

// tongue is the code of a language that a header names.
func (f *form) tongue(a *report.Atom, said string) string {
	if code := draft.LanguageCode(said); code != "" {
		return code
	}
	key := strings.ToLower(strings.TrimSpace(said))
	if key == "default" {
		return ""
	}
	if f.tongues[key] == "" {
		f.tongues[key] = "qa" + string(rune('a'+len(f.tongues)%26)) // codes that ISO 639 leaves to anybody
		f.Ask(a.At, "the code of the language %s is not known: it was given %s; write its own, such as fr", report.Quote(said), f.tongues[key])
	}
	return f.tongues[key]
}

// records reads a sheet's rows by its headers, which the first row has.
func (f *form) records(s sheet, cells map[int]map[int]*report.Atom, known []string) []record {
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
			unknown[col.base] = &extra{header: a, used: map[*report.Atom]bool{}}
			columns[c.column] = col
			continue
		}
		seen[key] = true
		columns[c.column] = col
		if !slices.Contains(known, col.base) {
			unknown[col.base] = &extra{header: a, used: map[*report.Atom]bool{}}
		}
	}
	var records []record
	used := map[int]bool{}
	for _, row := range s.rows[1:] {
		r := record{by: map[string]*draft.Text{}, first: map[string]*report.Atom{}}
		for _, c := range row.cells {
			a := cells[row.number][c.column]
			col, ok := columns[c.column]
			if !ok {
				f.Drop(a, "%s stands in a column without a header", report.Quote(a.Text))
				continue
			}
			used[c.column] = true
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
			r.by[col.base] = r.by[col.base].Add(col.language, a.Text, a)
		}
		if len(r.first) > 0 {
			records = append(records, r)
		}
	}
	var blank []*report.Atom
	for _, c := range s.rows[0].cells {
		col := columns[c.column]
		switch {
		case unknown[col.base] != nil && len(unknown[col.base].atoms) > 0:
		case used[c.column]:
			report.Carry(col.header)
		default:
			blank = append(blank, col.header)
			delete(unknown, col.base)
		}
	}
	if len(blank) > 0 {
		f.MarkAll(report.Ignored, blank[0].At, blank, "columns with nothing in them")
	}
	filters := len(known) == len(choiceHeaders)
	for _, base := range slices.Sorted(maps.Keys(unknown)) {
		e := unknown[base]
		all := append([]*report.Atom{e.header}, e.atoms...)
		switch why := idleColumns[base]; {
		case why != "":
			f.MarkAll(report.Ignored, e.header.At, all, "the column %s: %s", report.Quote(e.header.Text), why)
		case strings.HasPrefix(base, "column "):
			f.MarkAll(report.Dropped, e.header.At, all, "the column %s is there twice: the first one was taken", report.Quote(e.header.Text))
		case filters:
			f.filters[base] = e
		case strings.HasPrefix(base, "bind::"), strings.HasPrefix(base, "body::"), strings.HasPrefix(base, "control::"), strings.HasPrefix(base, "instance::"):
			f.MarkAll(report.Dropped, e.header.At, all, "the column %s is for XForms, which are not made here", report.Quote(e.header.Text))
		default:
			f.MarkAll(report.Dropped, e.header.At, all, "the column %s is not known to the importer", report.Quote(e.header.Text))
		}
	}
	return records
}
