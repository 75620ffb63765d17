package survey_test

import (
	"encoding/json"
	"strings"
	"testing"

	"glasspoll/internal/survey"
)

// TestStoredDefinitionsKeepTheirVersion checks that a definition that an earlier program compiled is read on, under the
// version that it was stored under, and has the shape that it would have today.
func TestStoredDefinitionsKeepTheirVersion(t *testing.T) {
	for _, s := range surveys(t) {
		var stored map[string]any
		if err := json.Unmarshal(s.Encode(), &stored); err != nil {
			t.Fatal(err)
		}
		stored["version"], stored["shape"] = "0123456789abcdef", "fedcba9876543210"
		data, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		read, err := survey.Decode(data)
		if err != nil || read.Version != "0123456789abcdef" || read.Shape != s.Shape {
			t.Errorf("%s: version %s, shape %s, want shape %s; %v", s.ID, read.Version, read.Shape, s.Shape, err)
		}
		form, err := survey.DecodeForm(s.Form(), s)
		if err != nil || form.Shape != s.Shape {
			t.Errorf("%s: the form's shape is %s, want %s; %v", s.ID, form.Shape, s.Shape, err)
		}
	}
}

// TestItemKey lists which edits make another item of a question.
func TestItemKey(t *testing.T) {
	const base = `
		section show_if: z
		id: q, type: single_choice, options: [{id: a, label: A, score: 2}, {id: b, label: B}, {id: c, label: C, show_if: y}]
		id: r, type: ranking, max: 2, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]
		id: s, type: constant_sum, total: 100, options: [{id: a, label: A}, {id: b, label: B}]
		id: n, type: number, min: 0, max: 500, show_if: y
		id: o, type: number, bands: [0, 50], max: 100
		id: p, type: number, bands: [1, 2, 3], min: 1, max: 3, step: 1
		id: t, type: multi_choice, max: 1, options: [{id: a, label: A}, {id: b, label: B}]
		section
		id: y, type: yes_no
		id: z, type: yes_no`
	was := sections(t, base)
	for _, c := range []struct {
		field, from, to string
		same            bool
	}{
		{"q", "label: A,", "label: Aa,", true},
		{"q", "score: 2", "score: 3", false},
		{"q", "{id: b, label: B}", "{id: d, label: B}", false},
		{"q", "{id: b, label: B}, ", "", false},
		{"q", "{id: a, label: A, score: 2}, {id: b, label: B}", "{id: b, label: B}, {id: a, label: A, score: 2}", true},
		{"q", "show_if: y}", "show_if: not y}", false},
		{"q", "id: q,", "id: q, show_if: y,", false},
		{"q", "id: q,", "id: q, publish: false,", true},
		{"q", "id: q,", "id: q, required: y,", true},
		{"q", "id: q,", "id: q, weight: 2,", true},
		{"q", "section show_if: z", "section show_if: y", false},
		{"q", "single_choice", "multi_choice", false},
		{"t", "multi_choice, max: 1", "multi_choice, max: 2", false},
		{"t", "multi_choice, max: 1", "multi_choice, min: 1, max: 1", false},
		{"r.a", "max: 2", "max: 3", false},
		{"r.a", "{id: c, label: C}]", "{id: d, label: C}]", false},
		{"s.a", "total: 100", "total: 10", false},
		{"n", "max: 500", "max: 600", false},
		{"n", "max: 500", "max: 500, bands: [0, 250]", false},
		{"n", "max: 500", "max: 500, unit: kg", true},
		{"o", "max: 100", "max: 200", false},
		{"o", "max: 100", "max: 100, step: 1", true},
		{"p", "bands: [1, 2, 3], min: 1, max: 3, step: 1", "min: 1, max: 3, step: 1", false},
	} {
		edited := strings.Replace(base, c.from, c.to, 1)
		if edited == base {
			t.Fatalf("no %q", c.from)
		}
		is := sections(t, edited)
		before, _ := was.Field(c.field)
		after, _ := is.Field(c.field)
		if same := was.ItemKey(before) == is.ItemKey(after); same != c.same {
			t.Errorf("%s with %q for %q: the same item: %v", c.field, c.to, c.from, same)
		}
		if is.Shape == was.Shape && !c.same {
			t.Errorf("%s with %q for %q: the same shape", c.field, c.to, c.from)
		}
	}
	a, _ := was.Field("r.a")
	b, _ := was.Field("s.a")
	if was.ItemKey(a) == was.ItemKey(b) || len(was.ItemKey(a)) != 8 {
		t.Error("a key stands for two items")
	}
}

func TestValueBands(t *testing.T) {
	for _, c := range []struct {
		question string
		want     string // ids; an = for those of one value
		in       map[string]string
	}{
		{"type: number, min: 1, max: 3, step: 0.5", "=1 =1.5 =2 =2.5 =3", map[string]string{"1": "1", "2.5": "2.5", "3": "3", "0.5": "", "3.5": ""}},
		{"type: number, min: 0, max: 100, step: 1", "", map[string]string{"0": "0", "99": "99", "100": "100", "101": ""}},
		{"type: number, min: 0, max: 101, step: 1", "0 20 40 60 80 100", map[string]string{"0": "0", "19": "0", "20": "20", "100": "100", "101": "100"}},
		{"type: number, min: 18, max: 99", "18 20 30 40 50 60 70 80 90", map[string]string{"18": "18", "19.999": "18", "20": "20", "99": "90", "17": ""}},
		{"type: number, min: 0, max: 100", "0 10 20 30 40 50 60 70 80 90 =100", map[string]string{"99.5": "90", "100": "100"}},
		{"type: number, min: 3, max: 3", "=3", map[string]string{"3": "3", "4": ""}},
		{"type: number, bands: [0, 18, 65], min: 0, max: 120", "0 18 65", map[string]string{"0": "0", "17.9": "0", "18": "18", "120": "65"}},
		{"type: number, bands: [1, 2, 3, 4], min: 1, max: 4, step: 1", "1 2 3 =4", map[string]string{"4": "4"}},
		{"type: number, bands: [18, 65], min: 0", "0 18 65", map[string]string{"0": "0", "1000000000": "65"}},
		{"type: number, bands: [18, 65]", "<18 18 65", map[string]string{"-5": "<18", "18": "18", "-1000000000": "<18", "1000000000": "65"}},
		{"type: number, bands: [18, 65], max: 65", "<18 18 =65", map[string]string{"65": "65", "66": ""}},
		{"type: number", "<-1000000 -1000000 -100000 -10000 -1000 -100 -10 0 1 2 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000 100000 200000 500000 1000000",
			map[string]string{"-1000000000": "<-1000000", "1000000000": "1000000", "0": "0", "-0.001": "-10", "7": "5"}},
		{"type: number, min: 3", "3 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000 100000 200000 500000 1000000", map[string]string{"3": "3", "2": ""}},
		{"type: number, min: 2000000", "2000000", map[string]string{"2000000": "2000000", "1000000000": "2000000"}},
		{"type: number, max: 3", "<-1000000 -1000000 -100000 -10000 -1000 -100 -10 0 1 2", map[string]string{"3": "2", "4": ""}},
		{"type: number, max: -2000000", "<-2000000", map[string]string{"-2000000": "<-2000000", "-3000000": "<-2000000"}},
		{"type: constant_sum, total: 100, options: [" + few + "}]", "", map[string]string{"0": "0", "33.3": "33", "33.5": "34", "100": "100", "99.9": "100"}},
		{"type: constant_sum, total: 1, options: [" + few + "}]", "", map[string]string{"0.25": "0.25", "0.333": "0.33"}},
		{"type: constant_sum, total: 10, options: [" + few + "}]", "", map[string]string{"2.5": "2.5", "0.04": "0", "0.06": "0.1"}},
		{"type: constant_sum, total: 99.5, options: [" + few + "}]", "", map[string]string{"99.5": "99.5", "99": "99", "98.6": "99"}},
		{"type: constant_sum, total: 1000, options: [" + few + "}]", "0 100 200 300 400 500 600 700 800 900", map[string]string{"0": "0", "150": "100", "1000": "900"}},
		{"type: rating, steps: 5", "", nil},
	} {
		s := sections(t, "id: n, "+c.question)
		f := s.Fields()[0]
		bands := f.ValueBands()
		if len(bands) > 102 {
			t.Errorf("%s: %d bands", c.question, len(bands))
		}
		var ids []string
		for i, b := range bands {
			if i > 0 && (b.From <= bands[i-1].From || bands[i-1].To != b.From && !bands[i-1].Exact) || b.To < b.From {
				t.Errorf("%s: band %+v after %+v", c.question, b, bands[i-1])
			}
			id := b.ID
			if b.Exact {
				id = "=" + id
			}
			ids = append(ids, id)
		}
		if got := strings.Join(ids, " "); c.want != "" && got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.question, got, c.want)
		}
		for value, want := range c.in {
			d, err := survey.ParseDecimal(value)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if i := survey.BandOf(bands, d); i >= 0 {
				got = bands[i].ID
			}
			if got != want {
				t.Errorf("%s: %s is in band %q, want %q", c.question, value, got, want)
			}
		}
	}
	if survey.BandOf(nil, 5) != -1 {
		t.Error("in no band")
	}
}

// TestLegacyBands checks that a survey whose numbers were counted by the rules before has the bands of those, and that they
// are another item.
func TestLegacyBands(t *testing.T) {
	s := sections(t, `
		id: a, type: number, min: 0, max: 100, step: 1
		id: b, type: number
		id: c, type: constant_sum, total: 100, options: [`+few+`}]
		id: d, type: yes_no
		id: e, type: number, min: 1, max: 7, step: 1
		id: g, type: number, min: 0, max: 100
		id: h, type: number, min: 18, max: 99`)
	legacy, err := survey.Decode(s.Encode())
	if err != nil {
		t.Fatal(err)
	}
	legacy.Legacy = true
	legacy.Index()
	if legacy, err = survey.Decode(legacy.Encode()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{11, 0, 0, 0, 0, 7, 11, 9} {
		f, was := s.Fields()[i], legacy.Fields()[i]
		if got := len(was.ValueBands()); got != want {
			t.Errorf("%s: %d bands, want %d", f.Name, got, want)
		}
		if same := s.ItemKey(f) == legacy.ItemKey(was); same != strings.Contains("d e g", f.Name) {
			t.Errorf("%s: the same item: %v", f.Name, same)
		}
	}
	if legacy.Shape == s.Shape || legacy.Version != s.Version {
		t.Error("shape and version")
	}
}
