package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A rule is a piece of code of internal/release, and what takes its place when the rule is removed.
type rule struct{ name, code, without string }

// rules lists the privacy rules as they read in the source.
func rules() []rule {
	const frozen = "r.MinGroup, r.Segments, r.CrossTabs = last.MinGroup, last.Segments, last.CrossTabs"
	return []rule{
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
		{"no counter of a cohort becomes negative", " || key != Pool && shrinks(item, 0) {", " {"},
		{"the pool is in no segment", "if key != Pool && keyPart(", "if keyPart("},
		{"correlations move by many", "if known.N-released >= max(k, minPairs) &&", "if known.N-released >= 1 &&"},
		{"correlations vary", "&& minority(item) >= k && minority(overall) >= k {", "&& overall != nil {"},
		{"unpublished questions have no correlation", "!slices.Contains(r.Questions, name) || !slices.Contains(r.Questions, s.Scoring.Overall) {", "false {"},
		{"sums of products are not kept by cohort", "c.Items[name].Moments = nil", "_ = 0"},
	}
}

// TestEveryReleaseRuleIsTested removes the rules of internal/release, one at a time, and expects a test of the package to
// fail each time: a rule of privacy that no test covers is soon lost.
func TestEveryReleaseRuleIsTested(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{} // by file name
	names, err := filepath.Glob(filepath.Join(root, "internal/release/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			sources[name] = readFile(t, name)
		}
	}
	// All of them first, so that a change of the source is reported once and as a whole.
	fileOf := map[string]string{}
	for _, r := range rules() {
		count := 0
		for name, source := range sources {
			if n := strings.Count(source, r.code); n > 0 {
				fileOf[r.name] = name
				count += n
			}
		}
		if count != 1 {
			t.Errorf("%s: internal/release has %q %d times, want 1: write here how the rule reads now", r.name, r.code, count)
		}
	}
	if t.Failed() {
		return
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			name := fileOf[r.name]
			out, err := testReplaced(t, root, name, strings.Replace(sources[name], r.code, r.without, 1), "./internal/release")
			if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
				t.Fatalf("the code without the rule does not compile:\n%s", out)
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("no test fails without the rule: %v\n%s", err, out)
			}
		})
	}
}

// testReplaced runs the tests of a package with another content in place of a file's.
func testReplaced(t *testing.T, root, name, content, pkg string) (output string, err error) {
	t.Helper()
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {name: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{changed: []byte(content), overlay: replace} {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "test", "-overlay", overlay, "-count=1", "-failfast", "-vet=off", pkg)
	command.Dir = root
	out, err := command.CombinedOutput()
	return string(out), err
}
