package questionnaire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What an author writes, and what it is with its ids.
func TestWriteIDs(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"plain, in brackets":  {`[Yes, No , "Don't know", 满意]`, `[{id: yes, label: Yes}, {id: no, label: No} , {id: dont_know, label: "Don't know"}, {id: o_128ca464, label: 满意}]`},
		"mappings":            {`[{label: 满意}, { label: No, exclusive: true }, {id: x, label: X}]`, `[{id: o_128ca464, label: 满意}, { id: no, label: No, exclusive: true }, {id: x, label: X}]`},
		"a list of lines":     {"\n          - 满意   # good\n          - Yes, please # bad\n          - 'No, it''s'\n          - \"a \\\"b\\\"\"\n", "\n          - {id: o_128ca464, label: 满意}   # good\n          - id: yes_please\n            label: Yes, please # bad\n          - {id: no_its, label: 'No, it''s'}\n          - {id: o_34838019, label: \"a \\\"b\\\"\"}\n"},
		"keys on lines":       {"\n          - label: Yes # c\n            exclusive: true\n          -\n            # c\n            label: No\n          - label: Other\n            id: x\n", "\n          - id: yes\n            label: Yes # c\n            exclusive: true\n          -\n            # c\n            id: no\n            label: No\n          - label: Other\n            id: x\n"},
		"brackets over lines": {"[\n          Yes,   # c\n          {\n            label: No}, 'a\n             b'\n          ]", "[\n          {id: yes, label: Yes},   # c\n          {\n            id: no, label: No}, {id: a_b, label: 'a\n             b'}\n          ]"},
		"anchors":             {`[&y Yes, &n {label: No}, *t, *m]`, `[{id: yes, label: &y Yes}, &n {id: no, label: No}, {id: title, label: *t }, *m]`},
		"a folded text":       {"\n          - aa\n            bb\n          - No\n", "\n          - {id: aa_bb, label: aa\n            bb}\n          - {id: no, label: No}\n"},
		"a block":             {"\n          - |-\n              aa\n          - No\n", "\n          - id: aa\n            label: |-\n              aa\n          - {id: no, label: No}\n"},
		"merged keys":         {"[{<<: *b, label: Yes}, No]", "[{<<: *b, id: yes, label: Yes}, {id: no, label: No}]"},
		"merged keys, lines":  {"\n          - <<: *b\n            label: Yes\n          - No\n", "\n          - <<: *b\n            id: yes\n            label: Yes\n          - {id: no, label: No}\n"},
		"colons":              {"[App：微信, a:b, 9:00, \"id:x\"]", "[{id: o_cb5e2643, label: App：微信}, {id: a_b, label: a:b}, {id: 9_00, label: 9:00}, {id: id_x, label: \"id:x\"}]"},
		"numbers":             {`[1, 2]`, `[{id: 1, label: 1}, {id: 2, label: 2}]`},
	} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			for _, mark := range []string{"", "\uFEFF"} {
				around := func(options string) []byte {
					text := mark + "# 说明\ntitle: &t Title\nx-base: &b {exclusive: true}\nscales: {s: [&m {id: m, label: M}, {id: k, label: K}]}\nsections:\n  - questions:\n      - {id: r, type: rating, scale: s, label: R}\n      - id: q\n        label: L # 题\n        options: " + options + "\n        type: multi_choice\n"
					return []byte(strings.ReplaceAll(text, "\n", end))
				}
				source := around(test.before)
				got, made, problems := WriteIDs("a.yaml", source)
				if len(problems) > 0 {
					t.Errorf("%s: %v", name, problems)
					break
				}
				if want := around(test.after); !bytes.Equal(got, want) {
					t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
				}
				if len(made) == 0 {
					t.Errorf("%s: nothing is made", name)
				}
				if again, made, _ := WriteIDs("a.yaml", got); !bytes.Equal(again, got) || len(made) > 0 {
					t.Errorf("%s: the second time it is\n%s", name, again)
				}
			}
		}
	}
}

// A file in JSON stays one.
func TestWriteIDsIntoJSON(t *testing.T) {
	before := `{"title": "T", "sections": [{"questions": [{"id": "q", "type": "single_choice", "label": "L", "options": ["1", {"label": "满意"}]}]}]}`
	after := `{"title": "T", "sections": [{"questions": [{"id": "q", "type": "single_choice", "label": "L", "options": [{"id": "1", "label": "1"}, {"id": "o_128ca464", "label": "满意"}]}]}]}`
	if got, _, problems := WriteIDs("a.yaml", []byte(before)); string(got) != after {
		t.Errorf("%s %v", got, problems)
	}
}

// unwritable is what WriteIDs says of files into which it cannot write an id.
func unwritable(t *testing.T) Problems {
	t.Helper()
	var all Problems
	for _, options := range []string{"\n          - Yes, I\n            do\n          - No\n", "\n          - No\n          - ? label\n            : Yes\n", `[label: "Yes", "No"]`} {
		source := "title: T\nsections:\n  - questions:\n      - id: q\n        type: multi_choice\n        label: L\n        options: " + options
		written, _, problems := WriteIDs("a.yaml", []byte(source))
		if written != nil || len(problems) != 1 {
			t.Errorf("%s: %v", written, problems)
		}
		all = append(all, problems...)
	}
	return all
}

func TestWriteIDsRefuses(t *testing.T) {
	want := []string{
		"a.yaml:8:13: the id of 'Yes, I do' cannot be written here: write it by hand, as {id: yes_i_do, label: 'Yes, I do'}",
		"a.yaml:9:13: the id of 'Yes' cannot be written here: write it by hand, as {id: yes, label: Yes}",
		"a.yaml:7:19: the id of 'Yes' cannot be written here: write it by hand, as {id: yes, label: Yes}",
	}
	for i, p := range unwritable(t) {
		if p.String() != want[i] {
			t.Errorf("%v, not %s", p, want[i])
		}
	}
	if written, _, problems := WriteIDs("a.yaml", []byte("title: T\n")); written != nil || len(problems) == 0 {
		t.Errorf("a file with problems: %s", written)
	}
}

// Whatever is written where, ids can be put in, and take nothing away.
func TestWriteIDsAnywhere(t *testing.T) {
	label := rapid.StringMatching(`[A-Za-z0-9\p{Han}][A-Za-z0-9 \p{Han}!?,.'"()#%/:-]{0,12}[a-z\p{Han}]`)
	rapid.Check(t, func(t *rapid.T) {
		form := func(inBlock bool) func(t *rapid.T) string {
			return func(t *rapid.T) string {
				text := label.Draw(t, "label")
				quoted := singleQuoted(text)
				plain := quoted
				if !needsQuotes.MatchString(text) || inBlock && !strings.Contains(text, ": ") && !strings.Contains(text, " #") {
					plain = text
				}
				if flow := "{label: " + quoted + ", show_if: answered(first)}"; rapid.Bool().Draw(t, "as a mapping") {
					if rapid.Bool().Draw(t, "in braces") || !inBlock {
						return flow
					}
					return "label: " + plain + "\n          exclusive: true"
				}
				return rapid.SampledFrom([]string{plain, quoted, fmt.Sprintf("%q", text), "&a " + quoted}).Draw(t, "form")
			}
		}
		var source strings.Builder
		source.WriteString("title: T\nsections:\n  - questions:\n    - {id: first, type: yes_no, label: L}\n")
		source.WriteString("    - id: q\n      type: multi_choice\n      label: L\n      options:\n")
		for _, entry := range rapid.SliceOfN(rapid.Custom(form(true)), 2, 5).Draw(t, "block") {
			source.WriteString("        - " + entry + rapid.SampledFrom([]string{"", "  # 注", " "}).Draw(t, "end") + "\n")
		}
		source.WriteString("    - id: r\n      type: multi_choice\n      label: L\n      options: [")
		source.WriteString(strings.Join(rapid.SliceOfN(rapid.Custom(form(false)), 2, 5).Draw(t, "flow"), rapid.SampledFrom([]string{", ", ",\n          ", " , "}).Draw(t, "comma")) + "]\n")
		before := source.String()
		s, problems := Parse("a.yaml", []byte(before))
		if len(problems) > 0 {
			return // labels that are the same, or anchors that are
		}
		written, made, problems := WriteIDs("a.yaml", []byte(before))
		if len(problems) > 0 {
			t.Fatalf("%s\n%v", before, problems)
		}
		after, problems := Parse("a.yaml", written)
		if len(problems) > 0 || after.Version != s.Version || after.Shape != s.Shape || len(MissingIDs("a.yaml", written)) > 0 {
			t.Fatalf("%s\n%s\n%v", before, written, problems)
		}
		rest := before
		for _, c := range string(written) { // what was there is there, in its order
			if first, _ := utf8.DecodeRuneInString(rest); rest != "" && first == c {
				rest = rest[utf8.RuneLen(c):]
			}
		}
		if rest != "" || len(made) == 0 {
			t.Fatalf("%s\n%s", before, written)
		}
	})
}
