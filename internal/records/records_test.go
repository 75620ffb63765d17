package records

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/export"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const tea = `title: Tea
period: month
timezone: UTC
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
      - {id: why, type: long_text, label: Why}
      - {id: mail, type: email, label: E-mail}
`

// filled returns a store with n responses in each of two periods. The remarks and addresses are numbered.
func filled(t *testing.T, n int) (*local.Store, *survey.Survey) {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(tea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	records, err := local.Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	if err := records.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for p, period := range []string{"2026-09", "2026-10"} {
		for i := range n {
			put(t, records, s, period, p*n+i)
		}
	}
	return records, s
}

func id(i int) string { return fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", i) }

func put(t *testing.T, responses store.Responses, s *survey.Survey, period string, i int) {
	t.Helper()
	r := answer.Response{ID: id(i), Survey: s.ID, Version: s.Version, Period: period, Language: "en",
		Answers: []answer.Answer{{"taste", fmt.Sprint(1 + i%5)}, {"why", fmt.Sprintf("remark %d", i)}},
		Private: []answer.Answer{{"mail", fmt.Sprintf("guest%d@example.org", i)}}}
	if _, err := responses.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// A snapshot has the responses of its time, in the order of their arrival, with private answers only if they are wanted.
func TestSnapshot(t *testing.T) {
	records, s := filled(t, 20)
	for _, private := range []bool{false, true} {
		n, err := TakeSnapshot(t.Context(), records, "tea", "", private)
		if err != nil {
			t.Fatal(err)
		}
		late := 100
		if private {
			late = 200
		}
		put(t, records, s, "2026-10", late) // is not in it
		var ids []string
		for entry, err := range n.Entries(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, entry.Response.ID)
			if private != (len(entry.Response.Private) > 0) {
				t.Fatalf("private %t: %v", private, entry.Response.Private)
			}
		}
		want := make([]string, 40)
		for i := range want {
			want[i] = id(i)
		}
		if private {
			want = append(want, id(100))
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%v", ids)
		}
	}
	if _, err := TakeSnapshot(t.Context(), records, "tea", "2025-01", false); err == nil || !strings.Contains(err.Error(), "2026-09, 2026-10") {
		t.Errorf("a period without answers: %v", err)
	}
	if _, err := TakeSnapshot(t.Context(), records, "coffee", "", false); err == nil || !strings.Contains(err.Error(), "there are tea") {
		t.Errorf("an unknown survey: %v", err)
	}
}

func TestCount(t *testing.T) {
	records, s := filled(t, 10)
	now := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	counted, err := Count(t.Context(), records, s, Range{Until: "2026-09"}, now)
	if err != nil || len(counted.Report.Periods) != 1 || counted.Released != 0 || counted.Withdrawn != 0 {
		t.Fatalf("%+v, %v", counted, err)
	}
	fields, err := store.SegmentFields(t.Context(), records, answer.Response{Survey: "tea", Version: s.Version, Period: "2026-10"})
	if err != nil || len(fields) != 0 {
		t.Errorf("%v, %v", fields, err)
	}
	if _, err := records.Erase(t.Context(), "tea", id(12), fields); err != nil {
		t.Fatal(err)
	}
	if counted, err = Count(t.Context(), records, s, Range{}, now); err != nil || len(counted.Report.Periods) != 2 || counted.Withdrawn != 1 {
		t.Errorf("%+v, %v", counted, err)
	}
}

// The report has what was written, but nothing private.
func TestReport(t *testing.T) {
	records, s := filled(t, 10)
	page, err := Report(t.Context(), records, s, ReportOptions{Language: "en", Texts: true, Now: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("remark 19")) || bytes.Contains(page, []byte("remark 9<")) || bytes.Contains(page, []byte("guest")) {
		t.Errorf("the annex is wrong:\n%s", page)
	}
}

func TestExport(t *testing.T) {
	records, s := filled(t, 3)
	n, err := TakeSnapshot(t.Context(), records, "tea", "2026-10", true)
	if err != nil {
		t.Fatal(err)
	}
	words, err := Words("", s)
	if err != nil {
		t.Fatal(err)
	}
	plan := export.NewPlan(s, n.Census, export.Options{Private: true, Words: words})
	for format, want := range map[Format]string{CSV: "guest4@example.org", JSONL: `"guest4@example.org"`, SPSS: "guest4@example.org", XLSX: "PK"} {
		var b bytes.Buffer
		spss, err := Export(n.Entries(t.Context()), &b, plan, format, export.TableOptions{})
		if err != nil || !strings.Contains(b.String(), want) || (spss != nil) != (format == SPSS) {
			t.Errorf("%s: %v\n%s", format, err, &b)
		}
	}
	if _, err := Export(n.Entries(t.Context()), &bytes.Buffer{}, plan, "ods", export.TableOptions{}); err == nil {
		t.Error("an unknown format is no error")
	}
}
