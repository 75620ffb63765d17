package survey_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// sections parses a questionnaire of questions, one a line; a line that begins with "section" begins a section with the keys
// that follow.
func sections(t testing.TB, lines string, more ...string) *survey.Survey {
	t.Helper()
	source := "title: T\nchannels: [web, phone]\nlanguages: [en]\nwindow: {until: 2026-12-31}\n" + strings.Join(more, "\n")
	if strings.Contains(lines, "scale: ab") {
		source += "\nscales: {ab: [" + few + "}]}"
	}
	source += "\nsections:\n"
	if !strings.HasPrefix(strings.TrimSpace(lines), "section") {
		source += "  - questions:\n"
	}
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		line = strings.TrimSpace(line)
		if keys, ok := strings.CutPrefix(line, "section"); ok {
			source += "  - title: S\n"
			if keys = strings.TrimSpace(keys); keys != "" {
				source += "    " + keys + "\n"
			}
			source += "    questions:\n"
			continue
		}
		source += "      - {label: L, " + line + "}\n"
	}
	return parse(t, source)
}

const (
	ab  = "options: [{id: a, label: A}, {id: b, label: B}]"
	few = "{id: a, label: A}, {id: b, label: B"
)

// TestInheritance lists, for each way in which a question may depend on another, what is not counted and what is sensitive.
func TestInheritance(t *testing.T) {
	for name, c := range map[string]struct {
		questions          string
		counted, sensitive string // ids
	}{
		"none": {`
			id: a, type: yes_no
			id: b, type: yes_no, publish: false
			id: c, type: yes_no, private: true
			id: d, type: yes_no, sensitive: true
			id: e, type: short_text, sensitive: true`, "a d", "d e"},
		"show_if": {`
			id: a, type: yes_no, publish: false
			id: b, type: yes_no, show_if: a
			id: c, type: yes_no, sensitive: true
			id: d, type: nps, show_if: c`, "c d", "c d"},
		"what a question leads to stays": {`
			id: a, type: yes_no
			id: b, type: yes_no, show_if: a, publish: false
			id: c, type: yes_no, show_if: a, sensitive: true`, "a c", "c"},
		"a chain": {`
			id: a, type: yes_no, private: true
			id: b, type: yes_no, show_if: a
			id: c, type: yes_no, show_if: not b
			id: d, type: yes_no, show_if: answered(c)
			id: e, type: yes_no`, "e", ""},
		"a chain of sensitive ones, through a text": {`
			id: a, type: yes_no, sensitive: true
			id: b, type: long_text, show_if: a
			id: c, type: yes_no, show_if: answered(b)
			id: d, type: yes_no`, "a c d", "a b c"},
		"the section's condition": {`
			section
			id: a, type: yes_no, publish: false
			id: z, type: yes_no, sensitive: true
			section show_if: a
			id: b, type: yes_no
			id: c, type: yes_no, show_if: b
			section show_if: z
			id: d, type: yes_no`, "d z", "d z"},
		"an option's condition": {`
			id: a, type: yes_no, publish: false
			id: b, type: single_choice, options: [` + few + `, show_if: a}]`, "", ""},
		"required": {`
			id: a, type: yes_no, publish: false
			id: b, type: yes_no, required: a
			id: c, type: yes_no, required: true
			id: d, type: matrix, required: a, scale: ab, rows: [` + few + `}]`, "c", ""},
		"a check ties both ways": {`
			id: a, type: number, publish: false
			id: b, type: number, check: {that: b < a, message: M}
			id: c, type: number
			id: d, type: number, sensitive: true, check: {that: c < d, message: M}
			id: e, type: yes_no, show_if: c > 3`, "c d e", "c d e"},
		"a check ties all that it names": {`
			id: a, type: number, publish: false
			id: b, type: number
			id: c, type: number, check: {that: c < a or c < b, message: M}
			id: d, type: number`, "d", ""},
		"a check far away": {`
			id: a, type: number, private: true
			id: b, type: number
			id: c, type: number, check: {that: c < b, message: M}
			id: d, type: number, check: {that: d < c, message: M}
			id: e, type: number, check: {that: e < a and e < d, message: M}`, "", ""},
		"rows": {`
			id: m, type: matrix, sensitive: true, scale: ab, rows: [` + few + `}]
			id: b, type: yes_no, show_if: 'm.b == "a"'
			id: c, type: yes_no`, "b c m", "b m"},
		"hidden": {`
			id: h, type: hidden, publish: false, ` + ab + `
			id: b, type: yes_no, show_if: 'h == "a"'
			id: c, type: yes_no, show_if: 'channel == "web" and language == "en"'`, "c", ""},
		"a text that shows an answer does not tell it": {`
			id: a, type: short_text, private: true
			id: b, type: yes_no, help: 'Hello {{a}}'`, "b", ""},
	} {
		s := sections(t, c.questions)
		var counted, sensitive []string
		for q := range s.Questions() {
			fields := s.FieldsOf(q)
			for _, f := range fields {
				if f.Counted() != fields[0].Counted() || f.Sensitive() != fields[0].Sensitive() {
					t.Errorf("%s: %s and %s differ", name, f.Name, fields[0].Name)
				}
				if f.Scored() && (f.Sensitive() || !f.Counted()) {
					t.Errorf("%s: %s is an item of the index", name, f.Name)
				}
			}
			if fields[0].Counted() {
				counted = append(counted, q.ID)
			}
			if fields[0].Sensitive() {
				sensitive = append(sensitive, q.ID)
			}
		}
		slices.Sort(counted)
		slices.Sort(sensitive)
		if got := strings.Join(counted, " "); got != c.counted {
			t.Errorf("%s: %q are counted, want %q", name, got, c.counted)
		}
		if got := strings.Join(sensitive, " "); got != c.sensitive {
			t.Errorf("%s: %q are sensitive, want %q", name, got, c.sensitive)
		}
	}
}

func TestInheritedBy(t *testing.T) {
	s := sections(t, `
		id: a, type: yes_no, private: true
		id: b, type: yes_no, show_if: a, sensitive: true
		id: c, type: yes_no, show_if: b
		id: d, type: yes_no, show_if: answered(c) and answered(b)
		id: e, type: yes_no`)
	for id, want := range map[string]string{"a": "[] []", "b": "[b a] []", "c": "[c b a] [c b]", "d": "[d b a] [d b]", "e": "[] []", "nothing": "[] []"} {
		if got := fmt.Sprint(s.UnpublishedBy(id), s.SensitiveBy(id)); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestStrict(t *testing.T) {
	const questions = `
		id: a, type: rating, steps: 5
		id: b, type: yes_no, publish: false
		id: s, type: single_choice, segment: true, ` + ab + `
		id: c, type: short_text`
	free, strict := sections(t, questions), sections(t, questions, "results: {protection: strict}")
	if free.K() != 5 || strict.K() != 10 || sections(t, questions, "results: {protection: strict, min_group: 12}").K() != 12 || (&survey.Survey{}).K() != 1 {
		t.Error("k")
	}
	for name, sensitive := range map[string]bool{"a": true, "b": false, "s": true, "c": false} {
		before, _ := free.Field(name)
		after, _ := strict.Field(name)
		if before.Sensitive() || after.Sensitive() != sensitive || after.Scored() || before.Counted() != after.Counted() {
			t.Errorf("%s: sensitive %v, scored %v", name, after.Sensitive(), after.Scored())
		}
	}
	if free.Shape == strict.Shape {
		t.Error("one shape")
	}
}

func TestFacts(t *testing.T) {
	s := sections(t, `
		section
		id: link, type: hidden
		id: h, type: hidden, `+ab+`
		id: tier, type: single_choice, segment: true, `+ab+`
		id: a, type: yes_no
		id: b, type: yes_no, show_if: 'h == "a"'
		id: c, type: yes_no, show_if: b and a
		id: d, type: single_choice, show_if: a, options: [`+few+`, show_if: 'tier == "a"'}]
		id: e, type: yes_no, required: 'd == "b"'
		id: f, type: number, check: {that: 'f < 5 or link == "x"', message: M}
		id: g, type: yes_no, show_if: a
		section show_if: language == "en" and g
		id: i, type: yes_no`)
	for name, want := range map[string]bool{"channel": true, "language": true, "link": true, "h": true, "tier": true, "a": false, "d": false, "nothing": false, "": false} {
		if s.IsFact(name) != want {
			t.Errorf("%s is a fact: %v", name, !want)
		}
	}
	for name, want := range map[string]struct {
		conditions int
		reads      string
		segment    bool
	}{
		"a": {0, "[]", false}, "b": {1, "[h]", false}, "c": {1, "[a b]", false}, "d": {1, "[tier a]", true}, "e": {1, "[d]", true}, "f": {1, "[link]", false},
		"g": {0, "[a]", false}, "i": {1, "[g]", false}, "tier": {0, "[]", false},
	} {
		f, _ := s.Field(name)
		if got := s.FactCondition(f); len(got) != want.conditions {
			t.Errorf("%s: %d conditions, want %d", name, len(got), want.conditions)
		}
		if got := fmt.Sprint(s.Reads(name)); got != want.reads {
			t.Errorf("%s reads %s, want %s", name, got, want.reads)
		}
		if s.ReadsSegment(f) != want.segment {
			t.Errorf("%s reads a segment: %v", name, !want.segment)
		}
	}
}

func TestBundles(t *testing.T) {
	s := sections(t, `
		section
		id: tier, type: single_choice, segment: true, `+ab+`
		id: a, type: yes_no
		id: b, type: yes_no, show_if: 'tier == "a"'
		id: c, type: yes_no, show_if: 'tier == "a"'
		id: d, type: matrix, scale: ab, rows: [`+few+`}]
		id: e, type: yes_no
		id: x, type: yes_no, check: {that: x or a, message: M}
		id: y, type: number, help: 'You said {{d.a}}'
		type: note
		section show_if: e and a
		id: f, type: yes_no
		id: g, type: yes_no`)
	if got, want := fmt.Sprint(s.Bundles()), "[[a e x f g] [b] [c] [d y]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestInheritanceIsClosed checks, for random questionnaires, that whatever reads an unpublished or sensitive question is one
// too, that nothing else is, and that the form and the compiled definition say the same.
func TestInheritanceIsClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := "title: T\nwindow: {until: 2026-12-31}\nsections:\n"
		n := rapid.IntRange(2, 8).Draw(t, "n")
		for i := range n {
			before := func() string { return fmt.Sprintf("q%d", rapid.IntRange(0, max(i-1, 0)).Draw(t, "before")) }
			q := fmt.Sprintf("{id: q%d, type: yes_no, label: L", i)
			if i == 0 || rapid.IntRange(0, 3).Draw(t, "section") == 0 {
				source += "  - title: S\n"
				if i > 0 && rapid.Bool().Draw(t, "conditional") {
					source += "    show_if: " + before() + "\n"
				}
				source += "    questions:\n"
			}
			for _, key := range []string{"publish: false", "private: true", "sensitive: true"} {
				if rapid.IntRange(0, 9).Draw(t, key) == 0 {
					q += ", " + key
				}
			}
			for _, key := range []string{"show_if: %s", "required: %s", "check: {that: '%s == false', message: M}"} {
				if i > 0 && rapid.IntRange(0, 4).Draw(t, key) == 0 {
					q += ", " + fmt.Sprintf(key, before())
				}
			}
			source += "      - " + q + "}\n"
		}
		s, _ := questionnaire.Parse("q.yaml", []byte(source))
		if s == nil {
			return // conditions that exclude each other
		}
		unpublished, sensitive := map[string]bool{}, map[string]bool{}
		for range n {
			for q := range s.Questions() {
				unpublished[q.ID] = unpublished[q.ID] || q.Private || q.Unpublished || slices.ContainsFunc(s.Reads(q.ID), func(id string) bool { return unpublished[id] })
				sensitive[q.ID] = sensitive[q.ID] || q.Sensitive || slices.ContainsFunc(s.Reads(q.ID), func(id string) bool { return sensitive[id] })
			}
		}
		form, err := survey.DecodeForm(s.Form(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Fields() {
			if f.Counted() == unpublished[f.Name] || f.Sensitive() != sensitive[f.Name] {
				t.Fatalf("%s\n%s: counted %v, sensitive %v", source, f.Name, f.Counted(), f.Sensitive())
			}
			if g, _ := form.Field(f.Name); g.Counted() != f.Counted() || g.Sensitive() != f.Sensitive() || !reflect.DeepEqual(form.FactCondition(g), s.FactCondition(f)) || form.ItemKey(g) != s.ItemKey(f) {
				t.Fatalf("%s\n%s: the form says otherwise", source, f.Name)
			}
		}
		if form.Shape != s.Shape {
			t.Fatalf("%s\nthe form has another shape", source)
		}
	})
}
