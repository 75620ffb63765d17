package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// A column is a parsed column header, such as label::English (en).
type column struct {
	base, language string
	header         *report.Atom
}

// An extraColumn is one that XLSForm does not know.
type extraColumn struct {
	header *report.Atom
	atoms  []*report.Atom
	used   map[*report.Atom]bool // by a filter
}

// A record is one row of a sheet, by its columns.
type record struct {
	texts map[string]*draft.Text  // in all languages
	first map[string]*report.Atom // the first cell, whatever its language
	order []string                // of the columns
	atoms []*report.Atom
}

// text returns the first cell of a column; "" if it is blank.
func (r record) text(base string) string {
	if a := r.first[base]; a != nil {
		return strings.TrimSpace(a.Text)
	}
	return ""
}

// headerAliases are other names of columns, as pyxform has them.
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

// ignoredColumns gives the reason why each of these columns has no meaning here.
var ignoredColumns = map[string]message.Key{
	"autoplay": "nothing plays by itself here", "rows": "text boxes grow by themselves here", "note": "a note to the author", "notes": "a note to the author",
	"comment": "a note to the author", "comments": "a note to the author", "save_to": "surveys here have no entities", "noapperrorstring": "there is no app here",
	"body::accuracythreshold": "positions are not asked here", "bind::type": "the type says it", "bind::saveincomplete": "there is no app here",
	"sms_field": "answers do not come by text message", "sms_option": "answers do not come by text message",
}

// parseHeader parses a column's header.
func (f *form) parseHeader(a *report.Atom, known []string) column {
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
		c.language = f.languageCode(a, strings.Join(rest, "::"))
	} else if len(rest) > 0 {
		c.base = strings.ToLower(a.Text)
	}
	return c
}

// languageCode returns the code of a language that a header names. For an unknown language, it makes up a code.
func (f *form) languageCode(a *report.Atom, name string) string {
	if code := draft.LanguageCode(name); code != "" {
		return code
	}
	key := strings.ToLower(strings.TrimSpace(name))
	if key == "default" {
		return ""
	}
	if f.unknownLanguages[key] == "" {
		f.unknownLanguages[key] = "qa" + string(rune('a'+len(f.unknownLanguages)%26)) // codes that ISO 639 leaves for private use
		f.Ask(a.At, "the code of the language %s is not known: it was given %s; write its own, such as fr", report.Quote(name), f.unknownLanguages[key])
	}
	return f.unknownLanguages[key]
}

// A sheetReader reads the rows of one sheet.
type sheetReader struct {
	*form
	known   []string
	columns map[int]column // by number
	extra   map[string]*extraColumn
	used    map[int][]*report.Atom // the cells below each header, by column
}

// records reads a sheet, whose first row has the headers. known are the columns that XLSForm has there.
func (f *form) records(s sheet, known []string) []record {
	if len(s.rows) == 0 {
		return nil
	}
	r := &sheetReader{form: f, known: known, columns: map[int]column{}, extra: map[string]*extraColumn{}, used: map[int][]*report.Atom{}}
	r.readHeaders(s.rows[0])
	var records []record
	for _, row := range s.rows[1:] {
		if record := r.record(row); len(record.first) > 0 {
			records = append(records, record)
		}
	}
	r.reportBlankColumns(s.rows[0])
	r.reportExtraColumns()
	return records
}

func (r *sheetReader) readHeaders(row row) {
	seen := map[string]bool{}
	for _, c := range row.cells {
		col := r.parseHeader(c.atom, r.known)
		key := col.base + "\x00" + col.language
		repeated := seen[key]
		seen[key] = true
		if repeated {
			col.base = fmt.Sprintf("column %d", c.column)
		}
		r.columns[c.column] = col
		if repeated || !slices.Contains(r.known, col.base) {
			r.extra[col.base] = &extraColumn{header: c.atom, used: map[*report.Atom]bool{}}
		}
	}
}

// isChoices reports whether the sheet is that of the choices, of which filters can use any column.
func (r *sheetReader) isChoices() bool { return len(r.known) == len(choiceHeaders) }

func (r *sheetReader) record(row row) record {
	out := record{texts: map[string]*draft.Text{}, first: map[string]*report.Atom{}}
	for _, c := range row.cells {
		a := c.atom
		col, ok := r.columns[c.column]
		if !ok {
			r.Drop(a, "%s is in a column without a header", report.Quote(a.Text))
			continue
		}
		r.used[c.column] = append(r.used[c.column], a)
		if e := r.extra[col.base]; e != nil {
			e.atoms = append(e.atoms, a)
		}
		if out.first[col.base] == nil {
			out.first[col.base] = a
			out.order = append(out.order, col.base)
		}
		if slices.Contains(r.known, col.base) || r.isChoices() {
			out.atoms = append(out.atoms, a)
		}
		out.texts[col.base] = out.texts[col.base].Add(col.language, a.Text, a)
	}
	return out
}

// reportBlankColumns reports the headers with nothing below.
func (r *sheetReader) reportBlankColumns(headers row) {
	var blank []*report.Atom
	for _, c := range headers.cells {
		col := r.columns[c.column]
		switch {
		case r.extra[col.base] != nil && len(r.extra[col.base].atoms) > 0:
		case len(r.used[c.column]) > 0:
			r.Head(col.header, r.used[c.column])
		default:
			blank = append(blank, col.header)
			delete(r.extra, col.base)
		}
	}
	if len(blank) > 0 {
		r.MarkAll(report.Ignored, blank[0].At, blank, "columns with nothing in them")
	}
}

// reportExtraColumns reports the unknown columns, except for those that filters may use.
func (r *sheetReader) reportExtraColumns() {
	for _, base := range slices.Sorted(maps.Keys(r.extra)) {
		e := r.extra[base]
		all := append([]*report.Atom{e.header}, e.atoms...)
		name := report.Quote(e.header.Text)
		switch why := ignoredColumns[base]; {
		case why != "":
			r.MarkAll(report.Ignored, e.header.At, all, "the column %s: %s", name, why)
		case strings.HasPrefix(base, "column "):
			r.MarkAll(report.Dropped, e.header.At, all, "the column %s is there twice: the first one was taken", name)
		case r.isChoices():
			r.filterColumns[base] = e
		case strings.HasPrefix(base, "bind::"), strings.HasPrefix(base, "body::"), strings.HasPrefix(base, "control::"), strings.HasPrefix(base, "instance::"):
			r.MarkAll(report.Dropped, e.header.At, all, "the column %s is for XForms, which are not made here", name)
		default:
			r.MarkAll(report.Dropped, e.header.At, all, "the column %s is not known to the importer", name)
		}
	}
}
