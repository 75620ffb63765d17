package draft

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/convert/report"
)

// IDs maps each id that is taken to the last number appended to it, or to 1.
type IDs map[string]int

const maxID = 60 // characters, so that a number can be appended

// keywords of our expressions, which cannot be ids of questions.
var keywords = []string{"and", "or", "not", "in", "contains", "answered", "score", "count", "channel", "language", "true", "false", "null",
	"nil", "let", "if", "else", "matches"}

// Name turns a name of the source into an id, and takes it: lower-case letters, digits and _, beginning with a letter, not a
// keyword. If the name cannot be an id, fallback is put before it, or in its place.
func (taken IDs) Name(source, fallback string) string {
	id := idOf(source)
	if id != "" && id[0] <= '9' {
		id = fallback + "_" + id
	}
	if id = shorten(id); slices.Contains(keywords, id) {
		id = fallback + "_" + id
	}
	return taken.take(id, fallback)
}

// Value is [IDs.Name] for a value, whose id may begin with a digit or be a keyword.
func (taken IDs) Value(source, fallback string) string {
	return taken.take(shorten(idOf(source)), fallback)
}

// take takes an id, and appends a number if it is taken already.
func (taken IDs) take(id, fallback string) string {
	if id == "" {
		id = fallback + "_1"
	}
	free := id
	stem := strings.TrimSuffix(id, "_1")
	for n := max(2, taken[id]+1); taken[free] > 0; n++ {
		free = fmt.Sprintf("%s_%d", stem, n)
		taken[id] = n // keeps many equal names from taking quadratic time
	}
	taken[free] = max(1, taken[free])
	return free
}

// idOf writes a name in lower-case letters, digits and single underscores. -99 becomes minus_99, so that it differs from
// 99. The id may be empty.
func idOf(source string) string {
	var b strings.Builder
	before := ' '
	for _, c := range norm.NFKD.String(source) {
		capital := c >= 'A' && c <= 'Z'
		if capital && before >= 'a' && before <= 'z' { // deliveryTime
			b.WriteByte('_')
		}
		before = c
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case capital:
			b.WriteRune(unicode.ToLower(c))
		case unicode.Is(unicode.Mn, c), c == '\'', c == '’':
		case c == '+':
			b.WriteString("_plus_")
		default:
			b.WriteByte('_')
		}
	}
	id := strings.Trim(underscores.ReplaceAllString(b.String(), "_"), "_")
	if strings.HasPrefix(strings.TrimSpace(source), "-") && id != "" && id[0] <= '9' {
		id = "minus_" + id
	}
	return id
}

var underscores = regexp.MustCompile(`__+`)

func shorten(id string) string {
	if len(id) > maxID {
		return strings.Trim(id[:maxID], "_")
	}
	return id
}

var optionID = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

func isOptionID(id string) bool { return optionID.MatchString(id) && len(id) <= maxID }

// NewQuestionID takes an id for a question that the reader makes from a part of another one.
func (d *Draft) NewQuestionID(source string) string {
	if d.questionIDs == nil {
		d.questionIDs = IDs{}
	}
	return d.questionIDs.Name(source, "question")
}

// FreeID lets another question have the id.
func (d *Draft) FreeID(id string) { delete(d.questionIDs, id) }

// AssignID gives a question its id. at is its name, or nil; if the id differs from it, that is reported.
func (d *Draft) AssignID(q *Question, at *report.Atom) {
	q.ID = d.NewQuestionID(q.Source)
	if q.ID != q.Source && at != nil {
		d.Change(at, "the id %s became %s; what refers to it follows", report.Quote(q.Source), report.Quote(q.ID))
	}
}

// AssignOptionIDs gives the options of a list their ids. Values that are valid ids stay as they are.
func (d *Draft) AssignOptionIDs(l *List, fallback string) {
	taken := IDs{}
	for _, o := range l.Items {
		if isOptionID(o.Source) && taken[o.Source] == 0 && o.ID == "" {
			o.ID = o.Source
			taken[o.ID] = 1
		}
	}
	var duplicates Duplicates
	for _, o := range l.Items {
		first := duplicates.Add(o)
		if o.ID != "" {
			continue
		}
		if first != nil {
			o.ID = first.ID
			continue
		}
		o.ID = taken.Value(o.Source, fallback)
		if o.At != nil {
			d.Change(o.At, "the option %s has the id %s; what refers to it follows", report.Quote(o.Source), report.Quote(o.ID))
		}
	}
}
