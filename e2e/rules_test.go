package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A rule is a piece of code, and what takes its place when the rule is removed.
type rule struct{ name, code, without string }

// releaseRules lists the privacy rules as they read in the source of internal/release.
func releaseRules() []rule {
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
	checkTested(t, "release", []string{"release"}, releaseRules(), "-rapid.checks=5", "-rapid.nofailfile")
}

// checkTested checks that the tests of a package below internal fail without each of some rules, which are in some packages. The tests
// are built once, with each function that has rules as it is and as it would be without each of them; a variable of the environment
// says which to take.
func checkTested(t *testing.T, pkg string, in []string, rules []rule, flags ...string) {
	t.Helper()
	internal, err := filepath.Abs("../internal")
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{}
	found := make([]int, len(rules))
	for _, one := range in {
		names, err := filepath.Glob(filepath.Join(internal, one, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, removed := readFile(t, name), map[int]rule{}
			for i, r := range rules {
				if n := strings.Count(source, r.code); n > 0 {
					found[i] += n
					removed[i] = r
				}
			}
			if len(removed) > 0 {
				changed[name] = withAndWithout(t, name, source, removed)
			}
		}
		changed[filepath.Join(internal, one, "without.go")] = fmt.Sprintf("package %s\n\nimport \"os\"\n\nvar %s = os.Getenv(%[2]q)\n", one, withoutRule)
	}
	// All of them first, so that a change of the source is reported once and as a whole.
	for i, r := range rules {
		if found[i] != 1 {
			t.Errorf("%s: internal/%s has %q %d times, want 1: write here how the rule reads now", r.name, strings.Join(in, ", "), r.code, found[i])
		}
	}
	if t.Failed() {
		return
	}
	tests := filepath.Join(t.TempDir(), "tests")
	build := exec.Command("go", "test", "-c", "-overlay", writeOverlay(t, changed), "-o", tests, "./"+pkg)
	build.Dir = internal
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the code without a rule does not compile:\n%s", out)
	}
	for i, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(tests, append([]string{"-test.failfast", "-test.short"}, flags...)...)
			command.Dir = filepath.Join(internal, pkg)
			command.Env = append(os.Environ(), withoutRule+"="+fmt.Sprint(i))
			out, err := command.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !strings.Contains(string(out), "--- FAIL") {
				t.Errorf("no test fails without the rule: %v\n%s", err, out)
			}
		})
	}
}

// withoutRule is the variable, of the environment and of the package, that has the number of the rule to do without.
const withoutRule = "withoutRule"

// withAndWithout returns a file's text in which each function that has a rule is followed by one that lacks it, and begins with a call of
// that one if the rule is to be removed.
func withAndWithout(t *testing.T, name, source string, removed map[int]rule) string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	var b strings.Builder
	end := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		text, body := source[at(f.Pos()):at(f.End())], at(f.Body.Lbrace)+1-at(f.Pos())
		calls, others := "", ""
		for _, i := range slices.Sorted(maps.Keys(removed)) {
			r := removed[i]
			if !strings.Contains(text, r.code) {
				continue
			}
			delete(removed, i)
			other := fmt.Sprint(f.Name.Name, "Without", i)
			calls += fmt.Sprintf(" if %s == %q { %s }; ", withoutRule, fmt.Sprint(i), callOf(f, other))
			head := at(f.Name.Pos()) - at(f.Pos())
			others += "\n" + text[:head] + other + strings.Replace(text[head+len(f.Name.Name):], r.code, r.without, 1) + "\n"
		}
		b.WriteString(source[end:at(f.Pos())] + text[:body] + calls + text[body:] + "\n" + others)
		end = at(f.End())
	}
	for _, r := range removed {
		t.Fatalf("%s: the rule %q is in no function", name, r.name)
	}
	return b.String() + source[end:]
}

// callOf returns a statement that calls another function with what a function was called with, and returns what that one does.
func callOf(f *ast.FuncDecl, other string) string {
	if f.Recv != nil {
		other = f.Recv.List[0].Names[0].Name + "." + other
	}
	var arguments []string
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			argument := name.Name
			if _, many := field.Type.(*ast.Ellipsis); many {
				argument += "..."
			}
			arguments = append(arguments, argument)
		}
	}
	call := other + "(" + strings.Join(arguments, ", ") + ")"
	if f.Type.Results == nil {
		return call + "; return"
	}
	return "return " + call
}

// writeOverlay writes files that take the place of others, by the names of those, and returns the name of what tells the go command so.
func writeOverlay(t *testing.T, changed map[string]string) (overlay string) {
	t.Helper()
	dir, replace := t.TempDir(), map[string]string{}
	for name, content := range changed {
		replace[name] = filepath.Join(dir, fmt.Sprint(len(replace), ".go"))
		if err := os.WriteFile(replace[name], []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	described, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, described, 0o666); err != nil {
		t.Fatal(err)
	}
	return overlay
}
