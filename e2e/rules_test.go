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
	return []rule{
		{"a block has k members", "case c.Respondents >= k:", "case c.Respondents >= 1:"},
		{"the pool has k members", "if pool.Respondents >= k {", "if pool.Respondents >= 1 {"},
		{"the pool waits until it is due", "if !n.poolDue(shape, t) {", "if false {"},
		{"members of blocks wait no more", "n.after.Take(b.shape, key)", "_ = key"},
		{"the pool is in no segment", "if key != Pool && keyPart(key, i) == option {", "if key == Pool || keyPart(key, i) == option {"},
		{"the pool reads no segment", "case b.key == Pool && b.form.ReadsSegment(f):", "case false:"},
		{"k is what was promised", "return int64(max(n.K, promised))", "return int64(n.K)"},
		{"k is what is in force", "return int64(max(n.K, promised))", "return int64(promised)"},
		{"k does not fall in a period", "n.K = max(n.K, last.K)", "_ = last.K"},
		{"unpublished questions stay in", "return f.Counted()", "return true"},
		{"sensitive questions are held", "if asked && was.Sensitive() {", "if asked && was.Name == \"\" {"},
		{"bases that facts decide are held", "case b.counters.Bases[name] != nil:", "case false:"},
		{"each class has k members", "|| !eachHas(classes, n.k(p.K)) {", "{"},
		{"what facts decide and is sensitive stays held", "|| n.isSensitive(form, name) || !eachHas", "|| !eachHas"},
		{"what becomes sensitive is taken back", "changed = n.holdSensitive() || changed", "_ = n.holdSensitive"},
		{"sensitive questions wait for the end", "if !n.ended() && !n.exact {", "if false {"},
		{"sensitive questions are published once", "if n.Coded[item.key] != nil {", "if false {"},
		{"coded counts are of many", "} else if members < int64(max(codedTimes*coded.K, minCoded)) {", "} else if false {"},
		{"coded counts are of twenty", "int64(max(codedTimes*coded.K, minCoded))", "int64(codedTimes*coded.K)"},
		{"coded counts are of 4k", "int64(max(codedTimes*coded.K, minCoded))", "int64(minCoded)"},
		{"coded counts are multiples of k", "coded[i], remainders[i] = whole*k, remainder", "coded[i], remainders[i] = n, remainder"},
		{"rows move by many", "waiting.N < int64(max(n.K, minRows))", "waiting.N < int64(n.K)"},
		{"what is hidden stays so if it is not asked", "n.Hidden = hidden(n.survey, last.Hidden)", "n.Hidden = hidden(n.survey, nil)"},
		{"what is hidden is out of reach", "delete(c.Items, name)\n\t\t\t\tdelete(c.Bases, name)", "_ = name"},
		{"rows with a hidden item are out of reach", "return of != signature &&", "return false &&"},
		{"what is held is out of reach", "public.Held = nil", "_ = public"},
		{"hiding acts at once", "changed := n.changesSettings()", "changed := false"},
		{"what was received is said from k on", "if received >= k {", "if true {"},
		{"what was withdrawn is said from k on", "if t.Withdrawn >= k {", "if true {"},
		{"what was received is said by whole days", "if day < n.today || n.closed {", "if day != \"\" {"},
		{"daily is once a day", `if newDay || s.Results.Release != "daily" {`, "if newDay || true {"},
		{"who is annulled was one block", "rest.Sub(held)", "_ = held"},
		{"rows are annulled by whole steps", "rows.Sub(more)", "_ = more"},
		{"what was coded with false answers goes", "n.Coded[coded] = &Coded{Shape: n.Coded[coded].Shape, K: n.Coded[coded].K}", "_ = coded"},
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
			out, err := testReplaced(t, root, name, strings.Replace(sources[name], r.code, r.without, 1), "./internal/release", "-rapid.checks=5")
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

// testReplaced runs the tests of a package, with flags of their own, with another content in place of a file's.
func testReplaced(t *testing.T, root, name, content, pkg string, flags ...string) (output string, err error) {
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
	command := exec.Command("go", append([]string{"test", "-overlay", overlay, "-count=1", "-failfast", "-short", "-vet=off", pkg}, flags...)...)
	command.Dir = root
	out, err := command.CombinedOutput()
	return string(out), err
}
