package server

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/archive"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/retention"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

// TestRetention: answers are deleted with what is private in them, from the file and from the archive, which is made again, and
// all agrees before and after.
func TestRetention(t *testing.T) {
	t.Parallel()
	site := servertest.Files(t, map[string]string{"surveys/tea.yaml": overTea})
	data := filepath.Join(site, "data")
	putOver(t, data)
	secret := []byte("mail-of-somebody@lantern.example")
	file := filepath.Join(data, DataFile)
	store, err := local.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("tea.yaml", []byte(overTea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := answer.Response{ID: "6f1c9ee4-5f2b-4b3e-9a30-00000000000a", Survey: s.ID, Version: s.Version, Period: "2020-Q1", Language: "zh", Answers: []answer.Answer{{"taste", "5"}},
		Private: []answer.Answer{{"mail", string(secret)}}}
	if _, err := store.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	archived := func() *archive.Manifest {
		t.Helper()
		site := serveDir(t, Options{Archives: filepath.Join(data, "archives")}, site)
		servertest.Eventually(t, "an archive", func() bool { return strings.Contains(site.Printed.String(), "msg=archived ") })
		if err := site.Stop(); err != nil {
			t.Fatal(err)
		}
		checked, err := archive.Check(t.Context(), filepath.Join(data, "archives", "tea-2020-Q1.zip"))
		if err != nil || len(checked.Findings) > 0 {
			t.Fatalf("%+v, %v", checked, err)
		}
		return checked.Manifest
	}
	if m := archived(); m.Responses != 6 || m.Deleted != 0 {
		t.Fatalf("%+v", m)
	}
	if content, err := os.ReadFile(file); err != nil || !bytes.Contains(content, secret) {
		t.Fatal("the private answer is not in the file to begin with", err)
	}

	if store, err = local.Open(file); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	asked := 0
	l := &retentionLoop{store: store, keep: survey.Span{Months: 18}, shelf: archiveShelf{filepath.Join(data, "archives")}, archives: func() { asked++ }, log: slog.New(slog.NewTextHandler(&printed, nil))}
	years := 1
	l.round = &retention.Round{Records: gentle{store}, Operator: l.keep, Now: func() time.Time { return time.Now().AddDate(years, 0, 0) }, Deleted: l.deleted, Waiting: l.waiting}
	for _, want := range []struct{ years, left, asked int }{{1, 6, 0}, {2, 0, 1}, {2, 0, 1}} {
		years = want.years
		if err := l.once(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := verify.Period(t.Context(), store, s, "2020-Q1")
		if err != nil || !v.Agree || !v.Tally || v.Responses != int64(want.left) || v.Deleted != int64(6-want.left) || asked != want.asked {
			t.Errorf("after %d years: %+v, %v; archives were asked for %d times", want.years, v, err, asked)
		}
	}
	if n := strings.Count(printed.String(), "responses=6"); n != 1 {
		t.Errorf("logged is\n%s", printed.String())
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, secret) {
		t.Error("the private answer is still in the file", err)
	}
	if m := archived(); m.Responses != 0 || m.Deleted != 6 || m.Releases == 0 {
		t.Errorf("%+v", m)
	}
}

// TestRetentionAnnounced: what holds is said, and that the operator's term breaks no promise but is not what the notice says.
func TestRetentionAnnounced(t *testing.T) {
	t.Parallel()
	promise := func(keep survey.Span) *survey.Survey {
		return &survey.Survey{ID: "tea", Privacy: &survey.Privacy{Keep: keep}}
	}
	for _, c := range []struct {
		survey *survey.Survey
		keep   survey.Span
		want   string
	}{
		{&survey.Survey{ID: "tea"}, survey.Span{}, ""},
		{&survey.Survey{ID: "tea"}, survey.Span{Days: 90}, `keep=90d by=--keep-answers`},
		{promise(survey.Span{Years: 1}), survey.Span{}, `keep=1y by="the privacy notice"`},
		{promise(survey.Span{Years: 1}), survey.Span{Years: 2}, `keep=1y by="the privacy notice"`},
		{promise(survey.Span{Years: 2}), survey.Span{Years: 2}, `keep=2y by="the privacy notice and --keep-answers"`},
		{promise(survey.Span{Years: 2}), survey.Span{Months: 18}, `level=WARN`},
	} {
		var printed strings.Builder
		l := &retentionLoop{keep: c.keep, log: slog.New(slog.NewTextHandler(&printed, nil))}
		l.announce([]*survey.Survey{c.survey})
		if got := printed.String(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%+v, %s: %q", c.survey.Privacy, c.keep, got)
		}
	}
}
