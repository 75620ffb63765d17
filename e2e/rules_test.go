package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryReleaseRuleIsHeld takes the rules of internal/release out, one at a time, and wants a test to turn red each
// time: a rule of privacy that no test misses is soon gone.
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
	frozen := "next.MinGroup, next.Segments, next.CrossTabs = last.MinGroup, last.Segments, last.CrossTabs"
	for _, rule := range []struct{ name, code, without string }{
		{"a batch has k respondents", "if known.Respondents-out.Respondents < k {", "if known.Respondents-out.Respondents < 1 {"},
		{"a question moves by k answers", "if more.N < k || sinks", "if more.N < 1 || sinks"},
		{"no counter sinks", " || sinks(more, known.Withdrawn-out.Withdrawn)", ""},
		{"unanimous batches wait", "f.Question.Sensitive && unanimous(more)", "f.Question.Sensitive && false"},
		{"unpublished questions stay in", "if !slices.Contains(r.Questions, name) {", "if false {"},
		{"k is frozen", frozen, "next.Segments, next.CrossTabs = last.Segments, last.CrossTabs"},
		{"segments are frozen", frozen, "next.MinGroup, next.CrossTabs = last.MinGroup, last.CrossTabs"},
		{"cross-tabs are frozen", frozen, "next.MinGroup, next.Segments = last.MinGroup, last.Segments"},
		{"published questions are frozen", "next.Questions = last.Questions", "_ = 0"},
		{"changed segments end the cohorts", "!slices.Equal(last.Segments, segments(s)) ||", "false ||"},
		{"ended cohorts stay ended", "next.Whole = last.Whole ||", "next.Whole ="},
		{"lost respondents stop releases", "arrived(t.Cohorts[key]) < arrived(c)+arrived(next.Pooled[key])", "c == nil"},
		{"what was pooled is out of its cohort", "rest.Sub(next.Pooled[key])", "_ = 0"},
		{"the pool waits for the end", "if closed || next.Whole || s.Results", "if true || s.Results"},
		{"the pool has nobody of a cohort", "pool.Sub(c)", "_ = c"},
		{"daily is once a day", `if s.Results.Release == "daily" && today <= last.Date {`, "if false {"},
		{"no group counts less than nothing", " || key != Pool && sinks(item, 0) {", " {"},
		{"the pool is in no segment", "if key != Pool && part(", "if part("},
		{"correlations move by many", "if known.N-least >= max(k, fewestPairs) &&", "if known.N-least >= 1 &&"},
		{"correlations vary", "&& others(item) >= k && others(overall) >= k {", "&& overall != nil {"},
		{"unpublished questions have no correlation", "!slices.Contains(r.Questions, name) || !slices.Contains(r.Questions, s.Scoring.Overall) {", "false {"},
		{"sums of products are not kept by cohort", "out.Items[name].Moments = nil", "_ = 0"},
	} {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			without := strings.Replace(string(source), rule.code, rule.without, 1)
			if without == string(source) {
				t.Fatalf("%s has no %q: say here how the rule is written now", file, rule.code)
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
				t.Fatalf("the rule cannot be taken out like this: %v\n%s", err, out)
			}
			if out, err := run("test", "-count=1", "-failfast", "./internal/release"); err == nil {
				t.Errorf("no test misses it:\n%s", out)
			}
		})
	}
}
