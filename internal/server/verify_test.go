package server

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/tally"
)

// A difference is logged once, and once more when it has gone.
func TestVerifyLoop(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	store, err := local.Open(filepath.Join(t.TempDir(), DataFile))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", i), Survey: "tea", Period: "all", Version: s.Version, Language: "en", Answers: []answer.Answer{{"q", "yes"}}}
		if _, err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	counted := tally.New()
	for e, err := range store.After(t.Context(), "tea", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		counted.Fold(s, e.Cursor, e.Day(s), e.Response)
	}
	lines := make(chan string, 100)
	loop := &verifyLoop{time.Millisecond, store, slog.New(slog.NewTextHandler(lineWriter(lines), nil))}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		loop.run(ctx)
	}()
	// wait returns how many lines with a text came before one with another.
	wait := func(until, counting string) (n int) {
		t.Helper()
		for {
			select {
			case line := <-lines:
				if strings.Contains(line, counting) {
					n++
				}
				if strings.Contains(line, until) {
					return n
				}
			case <-time.After(time.Minute):
				t.Fatalf("no line with %q", until)
			}
		}
	}
	wait("differ=0", "level=ERROR")
	wrong := counted.Clone()
	wrong.Parts[s.Shape].Cohorts[""].Respondents++
	if err := store.SaveTally(t.Context(), "tea", "all", wrong, 0); err != nil {
		t.Fatal(err)
	}
	if n := wait("differ=1", "level=ERROR"); n != 1 {
		t.Errorf("%d errors before the first round that has found it", n)
	}
	wait("differ=1", "")
	if n := wait("differ=1", "level=ERROR"); n != 0 {
		t.Errorf("it is logged again, %d times", n)
	}
	if err := store.SaveTally(t.Context(), "tea", "all", counted, 1); err != nil {
		t.Fatal(err)
	}
	if n := wait("differ=0", "agrees again"); n != 1 {
		t.Errorf("%d lines say that it agrees again", n)
	}
	cancel()
	for {
		select {
		case <-lines:
			continue
		case <-ended:
		}
		break
	}
}

// lineWriter sends what is written.
type lineWriter chan<- string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}
