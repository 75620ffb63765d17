package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryReleaseRuleIsHeld removes the rules of internal/release, one at a time, and expects a test to fail each time: a
// rule of privacy that no test covers is soon lost.
func TestEveryReleaseRuleIsHeld(t *testing.T) {
	const file = "internal/release/release.go"
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	frozen := "r.MinGroup, r.Segments, r.CrossTabs = last.MinGroup, last.Segments, last.CrossTabs"
	for _, rule := range []struct{ name, code, without string }{
		{"a batch has k respondents", "if known.Respondents-released.Respondents < k {", "if known.Respondents-released.Respondents < 1 {"},
		{"a question moves by k answers", "if more.N < k || shrinks", "if more.N < 1 || shrinks"},
		{"no counter shrinks", " || shrinks(more, known.Withdrawn-released.Withdrawn)", ""},
		{"unanimous batches wait", "f.Question.Sensitive && unanimous(more)", "f.Question.Sensitive && false"},
		{"unpublished questions stay in", "if !slices.Contains(r.Questions, name) {", "if false {"},
		{"k is frozen", frozen, "r.Segments, r.CrossTabs = last.Segments, last.CrossTabs"},
		{"segments are frozen", frozen, "r.MinGroup, r.CrossTabs = last.MinGroup, last.CrossTabs"},
		{"cross-tabs are frozen", frozen, "r.MinGroup, r.Segments = last.MinGroup, last.Segments"},
		{"published questions are frozen", "r.Questions = last.Questions", "_ = 0"},
		{"changed segments end the cohorts", "!slices.Equal(last.Segments, r.Segments) ||", "false ||"},
		{"ended cohorts stay ended", "r.PoolOnly = last.PoolOnly ||", "r.PoolOnly ="},
		{"missing respondents stop releases", "received(t.Cohorts[key]) < received(c)+received(r.Pooled[key])", "c == nil"},
		{"what was pooled is out of its cohort", "known.Sub(r.Pooled[key])", "_ = 0"},
		{"the pool waits for the end", "if (closed || next.PoolOnly || poolDue) &&", "if (poolDue || true) &&"},
		{"the pool has nobody of a cohort", "known.Sub(c)", "_ = c"},
		{"daily is once a day", `if s.Results.Release == "daily" && today <= last.Date {`, "if false {"},
		{"no group counts less than nothing", " || key != Pool && shrinks(item, 0) {", " {"},
		{"the pool is in no segment", "if key != Pool && keyPart(", "if keyPart("},
		{"correlations move by many", "if known.N-released >= max(k, minPairs) &&", "if known.N-released >= 1 &&"},
		{"correlations vary", "&& minority(item) >= k && minority(overall) >= k {", "&& overall != nil {"},
		{"unpublished questions have no correlation", "!slices.Contains(r.Questions, name) || !slices.Contains(r.Questions, s.Scoring.Overall) {", "false {"},
		{"sums of products are not kept by cohort", "c.Items[name].Moments = nil", "_ = 0"},
	} {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			without := strings.Replace(string(source), rule.code, rule.without, 1)
			if without == string(source) {
				t.Fatalf("%s has no %q: write here how the rule reads now", file, rule.code)
			}
			dir := t.TempDir()
			changed, overlay := filepath.Join(dir, "release.go"), filepath.Join(dir, "overlay.json")
			replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, file): changed}})
			if err != nil {
				t.Fatal(err)
			}
			for name, content := range map[string][]byte{changed: []byte(without), overlay: replace} {
				if err := os.WriteFile(name, content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			run := func(args ...string) (string, error) {
				command := exec.Command("go", append([]string{args[0], "-overlay", overlay}, args[1:]...)...)
				command.Dir = root
				out, err := command.CombinedOutput()
				return string(out), err
			}
			if out, err := run("vet", "./internal/release"); err != nil {
				t.Fatalf("the rule cannot be removed like this: %v\n%s", err, out)
			}
			if out, err := run("test", "-count=1", "-failfast", "./internal/release"); err == nil {
				t.Errorf("no test fails without it:\n%s", out)
			}
		})
	}
}
