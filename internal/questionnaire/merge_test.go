package questionnaire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMerge compares questionnaires that use merge keys and keys for the author alone with the same ones written out.
func TestMerge(t *testing.T) {
	for with, without := range map[string]string{
		"common: {base: &b {type: rating, steps: 5}}\nsections: [{questions: [{<<: *b, id: q, label: L}]}]":                                                            "sections: [{questions: [{type: rating, steps: 5, id: q, label: L}]}]",
		"x-b: &b {type: rating, steps: 5}\nsections: [{questions: [{id: q, label: L, steps: 7, <<: *b}]}]":                                                             "sections: [{questions: [{type: rating, steps: 7, id: q, label: L}]}]",
		"x-b: [&a {type: rating, steps: 5}, &b {steps: 7, label: L}]\nsections: [{questions: [{id: q, <<: [*a, *b]}]}]":                                                "sections: [{questions: [{type: rating, steps: 5, id: q, label: L}]}]",
		"x-b: [&a {type: rating, steps: 5}, &b {<<: *a, label: L}]\nsections: [{questions: [{id: q, <<: *b}]}]":                                                        "sections: [{questions: [{type: rating, steps: 5, id: q, label: L}]}]",
		"x-b: &b\n  questions:\n    - {id: q, type: yes_no, label: L}\nsections:\n  - <<: *b\n    title: S\n":                                                          "sections: [{title: S, questions: [{id: q, type: yes_no, label: L}]}]",
		"sections: [{questions: [&q {id: q, type: yes_no, label: L}, {<<: *q, id: r}]}]":                                                                               "sections: [{questions: [{id: q, type: yes_no, label: L}, {id: r, type: yes_no, label: L}]}]",
		"scales: {x-o: [&o {label: A, score: 1}], s: [{<<: *o, id: a}, {<<: *o, id: b}]}\nsections: [{questions: [{id: q, type: single_choice, scale: s, label: L}]}]": "scales: {s: [{label: A, score: 1, id: a}, {label: A, score: 1, id: b}]}\nsections: [{questions: [{id: q, type: single_choice, scale: s, label: L}]}]",
		"common: &c {<<: {contact: {email: a@b.example}, x-more: 1}}\n<<: *c\nsections: [{questions: [{id: q, type: yes_no, label: L}]}]":                              "contact: {email: a@b.example}\nsections: [{questions: [{id: q, type: yes_no, label: L}]}]",
		"sections: [{questions: [{id: q, type: yes_no, label: L, x-unused: &u 1}]}]\ncommon:":                                                                          "sections: [{questions: [{id: q, type: yes_no, label: L}]}]",
		"sections: [{questions: [{id: q, type: yes_no, label: L, <<: []}]}]":                                                                                           "sections: [{questions: [{id: q, type: yes_no, label: L}]}]",
	} {
		one, problems := Parse("t.yaml", []byte("title: T\n"+with))
		if len(problems) > 0 {
			t.Errorf("%s\n%v", with, problems)
			continue
		}
		two, problems := Parse("t.yaml", []byte("title: T\n"+without))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if !bytes.Equal(one.Encode(), two.Encode()) {
			t.Errorf("%s\n%s\n%s", with, one.Encode(), two.Encode())
		}
		if yes, err := validate(compiledSchema(t), "title: T\n"+with); !yes || err != nil {
			t.Errorf("%s\n%v", with, err)
		}
	}
}

// TestMergePlaces checks that what is merged keeps its place.
func TestMergePlaces(t *testing.T) {
	source := "title: T\ncommon:\n  base: &b {type: yes_no, label: L}\nsections:\n  - questions:\n      - {id: q, <<: *b}\n"
	if got := Locate("t.yaml", []byte(source)).At("sections", 0, "questions", 0, "label"); got.Line != 3 || got.Column != 34 {
		t.Error(got)
	}
}

// TestMergeBomb checks that merge keys cannot make a tree much larger than maxVisits.
func TestMergeBomb(t *testing.T) {
	var nested, flat strings.Builder
	nested.WriteString("title: T\nx-l0: &l0 {a: 1}\n")
	for i := 1; i < 100; i++ {
		fmt.Fprintf(&nested, "x-l%d: &l%d {<<: *l%d, k%d: {<<: *l%d}}\n", i, i, i-1, i, i-1)
	}
	flat.WriteString("title: T\nx-l: &l {")
	for i := range 2000 {
		fmt.Fprintf(&flat, "k%d: 1, ", i)
	}
	flat.WriteString("}\nx-m:\n")
	for range 10_000 {
		flat.WriteString("  - <<: *l\n")
	}
	for name, source := range map[string]string{"nested": nested.String(), "flat": flat.String()} {
		start := time.Now()
		_, problems := Parse("t.yaml", []byte(source+tail))
		if !strings.Contains(problems.Error(), "too large: with its aliases") {
			t.Errorf("%s: %v", name, problems)
		}
		t.Log(name, time.Since(start))
	}
}
