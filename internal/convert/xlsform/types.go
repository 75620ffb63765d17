package xlsform

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A parsedType is the parsed cell of the column type.
type parsedType struct {
	base  string // select_one, begin group, …
	list  string // of options
	other bool   // another option can be written
}

var (
	selectType = regexp.MustCompile(`(?i)^(add )?(select_one_from_file|select_multiple_from_file|select[_ ]one[_ ]external|select_one|select_multiple|select one( prompt)?|select1|select multiple( prompt)?|select all that apply|rank)(?: from| using)? +(\S+)( +or[_ ]other| +or specify other)?$`)
	groupType  = regexp.MustCompile(`(?i)^(begin|end)[_ ]+(group|repeat|lgroup|loop|looped group)(\s+over\s+\S+)?$`)
)

func parseType(cell string) parsedType {
	cell = strings.Join(strings.Fields(cell), " ")
	if m := groupType.FindStringSubmatch(cell); m != nil {
		what := strings.ToLower(m[2])
		if what != "group" {
			what = "repeat"
		}
		return parsedType{base: strings.ToLower(m[1]) + " " + what}
	}
	if m := selectType.FindStringSubmatch(cell); m != nil {
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
	base := strings.ToLower(cell)
	for _, prefix := range []string{"q ", "add ", "get "} {
		base = strings.TrimPrefix(base, prefix)
	}
	base = strings.TrimSuffix(base, " prompt")
	if alias := typeAliases[base]; alias != "" {
		base = alias
	}
	return parsedType{base: base}
}

// typeAliases are other names of types, as pyxform has them.
var typeAliases = map[string]string{
	"int": "integer", "string": "text", "datetime": "datetime", "date time": "datetime", "trigger": "acknowledge", "photo": "image", "picture": "image",
	"location": "geopoint", "gps": "geopoint", "imei": "deviceid", "device id": "deviceid", "start time": "start", "end time": "end", "phone number": "phonenumber",
	"subscriber id": "subscriberid", "sim id": "simserial", "percentage": "integer",
}

// metadata gives the reason why each type that asks nothing has no meaning here.
var metadata = map[string]message.Key{
	"start": "when an answer comes is kept by itself", "end": "when an answer comes is kept by itself", "today": "when an answer comes is kept by itself",
	"deviceid": "respondents are not identified", "subscriberid": "respondents are not identified", "simserial": "respondents are not identified",
	"phonenumber": "respondents are not identified", "username": "respondents are not identified", "email": "respondents are not identified",
	"uri:deviceid": "respondents are not identified", "uri:subscriberid": "respondents are not identified", "uri:simserial": "respondents are not identified",
	"uri:phonenumber": "respondents are not identified", "uri:username": "respondents are not identified", "uri:email": "respondents are not identified",
	"audit": "respondents are not watched", "background-audio": "respondents are not recorded", "start-geopoint": "respondents are not located",
	"background-geopoint": "respondents are not located",
}

// unsupported gives the reason why each of these types cannot be carried over.
var unsupported = map[string]message.Key{
	"geopoint": "positions cannot be asked here", "geotrace": "positions cannot be asked here", "geoshape": "positions cannot be asked here", "osm": "positions cannot be asked here",
	"image": "files cannot be sent here", "audio": "files cannot be sent here", "video": "files cannot be sent here", "file": "files cannot be sent here",
	"calculate": "nothing is calculated from answers here", "xml-external": "answers do not come from other files here", "csv-external": "answers do not come from other files here",
	"select_one_from_file": "options do not come from other files here", "select_multiple_from_file": "options do not come from other files here",
	"select_one_external": "options do not come from other files here",
}

// deduplicate returns a list without the options that it has several times, for filters to choose from.
func (f *form) deduplicate(l *draft.List) *draft.List {
	if f.deduplicated[l] != nil {
		return f.deduplicated[l]
	}
	single := &draft.List{At: l.At, Source: l.Source}
	var duplicates draft.Duplicates
	for _, o := range l.Items {
		if duplicates.Add(o) != nil {
			f.MarkAll(report.Dropped, o.At.At, o.Atoms, "the option %s is given twice in its list: the first one was taken", report.Quote(o.Source))
			continue
		}
		single.Items = append(single.Items, o)
	}
	if len(single.Items) == len(l.Items) {
		single = l
	}
	f.deduplicated[l] = single
	return single
}

// setType sets a question's type and what follows from it. It returns false if the question is left out.
func (f *form) setType(q *draft.Question, t parsedType, r record, at *report.Atom) bool {
	hasAppearance := func(appearance string) bool {
		return slices.Contains(strings.Fields(strings.ToLower(r.text("appearance"))), appearance)
	}
	switch t.base {
	case "select_one", "select_multiple", "rank":
		return f.setChoices(q, t, at)
	case "integer":
		q.Kind, q.Step = survey.Number, "1"
	case "decimal":
		q.Kind = survey.Number
	case "range":
		q.Kind, q.Display = survey.Number, "slider"
		q.Min, q.Max, q.Step = "0", "10", "1"
		if hasAppearance("rating") {
			q.Kind, q.Display = survey.Rating, "stars"
		}
	case "text":
		q.Kind = survey.ShortText
		if hasAppearance("multiline") {
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
		q.Kind, q.Answers = survey.Consent, []condition.Option{{Value: "OK", ID: "yes"}, {Value: "", ID: "no"}}
		if required(r.text("required")) != "true" {
			q.Kind = survey.YesNo
			f.Change(at, "it need not be acknowledged, so it is asked as yes or no")
		} else {
			f.Change(at, "acknowledge became consent")
		}
	case "hidden":
		q.Kind = survey.Hidden
		f.Change(at, "hidden answers come from the link here: ?%s=…", draft.IDs{}.Name(q.Source, "question"))
	default:
		f.MarkAll(report.Dropped, at.At, r.atoms, "the type %s is not known to the importer", report.Quote(at.Text))
		f.DefineMissing(q.Source, "which was not carried over")
		return false
	}
	return true
}

func (f *form) setChoices(q *draft.Question, t parsedType, at *report.Atom) bool {
	l := f.lists[t.list]
	if l == nil {
		f.MarkAll(report.Dropped, at.At, q.Atoms, "%s: the list %s is not on the sheet choices", t.base, report.Quote(t.list))
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
}

// required is "true", "" for no, or a condition.
func required(cell string) string {
	switch strings.ToLower(strings.ReplaceAll(cell, " ", "")) {
	case "yes", "true", "true()", "1", "y", "required":
		return "true"
	case "no", "false", "false()", "0", "n", "":
		return ""
	}
	return cell
}
