package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
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

// numbered is a store.Log of so many entries, which ends with an error.
type numbered struct {
	store.Log
	n   int
	err error
}

func cursor(i int) string { return fmt.Sprintf("%06d", i) }

func (l *numbered) After(_ context.Context, _, _, after string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for i := 1; i <= l.n; i++ {
			if cursor(i) > after && !yield(store.Entry{Cursor: cursor(i)}, nil) {
				return
			}
		}
		if l.err != nil {
			yield(store.Entry{}, l.err)
		}
	}
}

// Entries come in order, from one cursor to another, whatever the size of batches; an error comes after those before it.
func TestBatches(t *testing.T) {
	for _, c := range []struct {
		n          int
		after, end string
		err        error
		want       int
	}{
		{n: 0},
		{n: 7, want: 7},
		{n: batchSize, want: batchSize},
		{n: 3*batchSize + 1, want: 3*batchSize + 1},
		{n: 3 * batchSize, after: cursor(10), end: cursor(batchSize + 20), want: batchSize + 10},
		{n: batchSize + 5, err: errors.New("broken"), want: batchSize + 5},
	} {
		l, got := &numbered{n: c.n, err: c.err}, 0
		var failed error
		for entries, err := range batches(t.Context(), l, "tea", "all", c.after, c.end) {
			failed = err
			for _, entry := range entries {
				got++
				if first := len(c.after); first > 0 && entry.Cursor != cursor(10+got) {
					t.Fatalf("%+v: %s after %d", c, entry.Cursor, got)
				}
			}
		}
		if got != c.want || !errors.Is(failed, c.err) {
			t.Errorf("%+v: %d entries, %v", c, got, failed)
		}
	}
	for range arrivals(t.Context(), &numbered{n: 10 * batchSize}, "tea", "all", "") {
		break // must not leak or hang
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := false
	for _, err := range batches(ctx, &numbered{n: 10 * batchSize}, "tea", "all", "", "") {
		ended = errors.Is(err, context.Canceled)
	}
	if !ended {
		t.Error("a log that was not read to its end looks whole")
	}
}

func TestCountAndVerify(t *testing.T) {
	records, s := filled(t, 10)
	now := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	counted, err := Count(t.Context(), records, s, Range{Until: "2026-09"}, now)
	if err != nil || len(counted.Report.Periods) != 1 || counted.Released != 0 || counted.Withdrawn != 0 {
		t.Fatalf("%+v, %v", counted, err)
	}
	fields, err := SegmentFields(t.Context(), records, answer.Response{Survey: "tea", Version: s.Version, Period: "2026-10"})
	if err != nil || len(fields) != 0 {
		t.Errorf("%v, %v", fields, err)
	}
	if _, err := records.Erase(t.Context(), "tea", id(12), fields); err != nil {
		t.Fatal(err)
	}
	if counted, err = Count(t.Context(), records, s, Range{}, now); err != nil || len(counted.Report.Periods) != 2 || counted.Withdrawn != 1 {
		t.Errorf("%+v, %v", counted, err)
	}
	v, err := Verify(t.Context(), records, s, "2026-10")
	if err != nil || v.Responses != 10 || v.Withdrawn != 1 || len(v.Findings) != 0 {
		t.Errorf("%+v, %v", v, err)
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
		spss, err := n.Export(t.Context(), &b, plan, format, export.TableOptions{})
		if err != nil || !strings.Contains(b.String(), want) || (spss != nil) != (format == SPSS) {
			t.Errorf("%s: %v\n%s", format, err, &b)
		}
	}
	if _, err := n.Export(t.Context(), &bytes.Buffer{}, plan, "ods", export.TableOptions{}); err == nil {
		t.Error("an unknown format is no error")
	}
}
