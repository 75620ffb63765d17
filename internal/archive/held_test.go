package archive

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/verify"
)

// TestHeldInArchive: an archive has what rules hold back and what was decided, and follows from it.
func TestHeldInArchive(t *testing.T) {
	t.Parallel()
	opened := filledStore(t)
	s, err := opened.Definition(t.Context(), "tea", "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-00000000001%x", i), Survey: s.ID, Version: s.Version, Period: "all", Language: "zh",
			Quality: answer.Quality{Flags: answer.Watched | answer.Honeypot}, Answers: []answer.Answer{{"taste", "1"}}}
		if _, err := opened.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := local.OpenPages(filepath.Join(t.TempDir(), "pages"))
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	publisher := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Reviews: opened, Progress: opened, Pages: pages,
		Renderer: results.New(renderer), Now: time.Now})
	publishAgain := func() {
		t.Helper()
		if _, err := publisher.Publish(t.Context(), s, "all"); err != nil {
			t.Fatal(err)
		}
	}
	decide := func(reject bool, last byte) {
		t.Helper()
		done, err := records.Decide(t.Context(), opened, s, "all", records.Verdict{Reject: reject, Reason: "looked at", At: time.Now()},
			func(r records.Reviewed) bool { return r.Rule != "" && r.Response.ID[35] < last })
		if err != nil || len(done.Changed) == 0 {
			t.Fatal(done, err)
		}
	}
	publishAgain()
	decide(true, '1')  // one is rejected
	decide(false, '7') // six are accepted, and make a block
	publishAgain()
	decide(false, 'd') // and six more another one, although no answers have come meanwhile
	publishAgain()
	v, err := verify.Period(t.Context(), opened, s, "all")
	if err != nil || !v.Agree || v.Held != 14 || v.Waiting != 1 || v.Rejected != 1 || v.Responses != 21 {
		t.Fatalf("%+v, %v", v, err)
	}
	snapshot, err := records.TakeSnapshot(t.Context(), opened, "tea", "all", false)
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	m, _, err := Write(t.Context(), &whole, opened, snapshot, Options{Period: "all"})
	if err != nil || m.Format != heldFormat {
		t.Fatal(m, err)
	}
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, whole.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if checked, err := Check(t.Context(), file); err != nil || len(checked.Findings) > 0 || !checked.Figures {
		t.Fatal(checked, err)
	}
	forged := filepath.Join(t.TempDir(), "forged.zip")
	forge(t, file, forged, decisionsFile, `"reject":true`, `"reject":false`, true)
	if checked, err := Check(t.Context(), forged); err != nil || len(checked.Findings) == 0 {
		t.Errorf("a forged decision is not found: %v, %v", checked, err)
	}
}
