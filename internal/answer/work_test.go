package answer

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// What is found in a submission is bounded before it is sorted and compared with the questionnaire, so that the work follows the
// size of the submission and no product of two sizes.
func TestWorkIsBounded(t *testing.T) {
	source, err := os.ReadFile("../render/testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, faults := questionnaire.Parse("every.yaml", source)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	const many = 20_000
	names := func(before, after string) string {
		all := make([]string, many)
		for i := range all {
			all[i] = fmt.Sprintf("%s%05d%s", before, many-i, after)
		}
		return strings.Join(all, ",")
	}
	for name, body := range map[string]string{
		"unknown fields":  `{"answers": {` + names(`"x`, `": 1`) + `}}`,
		"unknown members": `{` + names(`"x`, `": 1`) + `}`,
		"unknown rows":    `{"answers": {"grid": {` + names(`"x`, `": 1`) + `}}}`,
		"unknown pairs":   `{"answers": {"weight": {` + names(`"x`, `": 1`) + `}}}`,
		"unknown ranks":   `{"answers": {"first": [` + names(`"x`, `"`) + `]}}`,
		"ranks twice":     `{"answers": {"first": [` + names(`"x`, `"`) + `],` + names(`"first.x`, `": 1`) + `}}`,
		"named twice":     `{"answers": {` + names(`"x`, `": 1`) + "," + names(`"x`, `": 1`) + `}}`,
		"long and twice":  `{"answers": {"` + strings.Repeat("长", 80_000) + `": {` + names(`"x`, `": 1`) + "," + names(`"x`, `": 1`) + `}}}`,
		"long row, twice": `{"answers": {"grid": {"` + strings.Repeat("x", 200_000) + `": {` + names(`"x`, `": 1`) + "," + names(`"x`, `": 1`) + `}}}}`,
		"deep":            `{"answers": ` + strings.Repeat(`{"a":`, 9000) + `{` + names(`"x`, `": 1`) + `}` + strings.Repeat("}", 9000) + `}`,
		"deep and twice":  `{"answers": ` + strings.Repeat(`{"a":`, 9000) + `{` + strings.Repeat(`"a":1,`, many) + `"a":1}` + strings.Repeat("}", 9000) + `}`,
	} {
		p, err := FromJSON([]byte(body))
		if err != nil {
			t.Fatal(name, err)
		}
		found := p.problems
		size := 0
		for _, one := range found {
			size += len(one.Field)
		}
		_, flattened, unknown := p.typed(s)
		if len(found) > 2*maxProblems+2 || size > 600*maxProblems || len(flattened) > maxProblems || len(unknown) > maxProblems {
			t.Errorf("%s: %d problems with %d bytes, %d and %d", name, len(found), size, len(flattened), len(unknown))
		}
	}
	form := url.Values{}
	for i := range many {
		form.Add(fmt.Sprintf("x%05d", many-i), "1")
	}
	_, _, unknown := fieldsOf(s, FromForm(form).Fields)
	if len(unknown) != maxProblems || unknown[0].Field != "x00001" || unknown[maxProblems-1].Field != "x00100" {
		t.Errorf("%d fields: %v", len(unknown), unknown)
	}
}

// A problem's place is found without a look at every field.
func TestRank(t *testing.T) {
	source, err := os.ReadFile("../render/testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := questionnaire.Parse("every.yaml", source)
	for q := range s.Questions() {
		first := slices.IndexFunc(s.Fields(), func(f survey.Field) bool { return f.Question.ID == q.ID })
		if first < 0 {
			first = len(s.Fields())
		}
		if got := rank(s, Problem{Question: q.ID, Field: q.ID}); got != first {
			t.Errorf("%s: %d, want %d", q.ID, got, first)
		}
	}
}
