// Package internal_test holds what no single package can: that imports run downward only.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers from the bottom: a package may import only what stands on a lower line than its own.
var layers = [][]string{
	{"glasspoll"}, // embedded files
	{"glasspoll/internal/decimal", "glasspoll/internal/wording", "glasspoll/internal/soak", "glasspoll/internal/durable", "glasspoll/internal/headers", "glasspoll/internal/server/servertest"},
	{"glasspoll/internal/expression"},
	{"glasspoll/internal/survey"},
	{"glasspoll/internal/questionnaire"},
	{"glasspoll/internal/convert/markup"},
	{"glasspoll/internal/convert/report"},
	{"glasspoll/internal/convert/condition"},
	{"glasspoll/internal/convert/condition/conditiontest", "glasspoll/internal/convert/draft"},
	{"glasspoll/internal/convert/surveyjs", "glasspoll/internal/convert/xlsform"},
	{"glasspoll/internal/answer", "glasspoll/internal/advice", "glasspoll/internal/compare", "glasspoll/internal/convert", "glasspoll/internal/theme"},
	{"glasspoll/internal/tally", "glasspoll/internal/cases", "glasspoll/internal/export", "glasspoll/internal/sarif", "glasspoll/internal/simulate", "glasspoll/internal/starter", "glasspoll/internal/starter", "glasspoll/internal/sarif", "glasspoll/internal/render/rendertest"},
	{"glasspoll/internal/release"},
	{"glasspoll/internal/stats", "glasspoll/internal/audit"},
	{"glasspoll/internal/render", "glasspoll/internal/store"},
	{"glasspoll/internal/results"},
	{"glasspoll/internal/intake", "glasspoll/internal/publish", "glasspoll/internal/notify", "glasspoll/internal/site", "glasspoll/internal/invite", "glasspoll/internal/records", "glasspoll/internal/demo"},
	{"glasspoll/internal/archive"},
	{"glasspoll/internal/cloud", "glasspoll/internal/local", "glasspoll/internal/store/storetest", "glasspoll/internal/console", "glasspoll/internal/project", "glasspoll/internal/staging", "glasspoll/deploy/lambda"},
	{"glasspoll/internal/control", "glasspoll/internal/upload"},
	{"glasspoll/internal/server"},
	{"glasspoll/generator", "glasspoll/functions/submit", "glasspoll/functions/publish", "glasspoll/deploy/pack"},
}

// pure packages take no context, clock, environment, network or logger.
var pure = []string{
	"glasspoll/internal/advice", "glasspoll/internal/compare", "glasspoll/internal/convert", "glasspoll/internal/convert/condition", "glasspoll/internal/convert/draft", "glasspoll/internal/convert/markup",
	"glasspoll/internal/convert/report", "glasspoll/internal/convert/surveyjs", "glasspoll/internal/convert/xlsform", "glasspoll/internal/decimal", "glasspoll/internal/expression",
	"glasspoll/internal/survey", "glasspoll/internal/questionnaire", "glasspoll/internal/wording", "glasspoll/internal/answer", "glasspoll/internal/cases", "glasspoll/internal/tally",
	"glasspoll/internal/release", "glasspoll/internal/audit", "glasspoll/internal/export", "glasspoll/internal/sarif", "glasspoll/internal/simulate", "glasspoll/internal/starter", "glasspoll/internal/stats", "glasspoll/internal/render", "glasspoll/internal/results", "glasspoll/internal/site", "glasspoll/internal/theme",
}

var (
	impure        = []string{"context", "crypto/rand", "log", "log/slog", "math/rand", "os", "os/exec", "os/signal", "syscall"}
	impureParents = []string{"net/"}                             // net/url is a matter of text
	allowed       = []string{"net/url", "net/mail", "net/netip"} // text too
	seeded        = []string{"New", "NewPCG", "Rand"}            // of math/rand/v2: what its values come from is handed in
	clock         = []string{"Now", "Since", "Until", "After", "Tick", "NewTicker", "NewTimer", "AfterFunc", "Sleep"}
)

type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// TestImportsRunDownward lists what each package depends on, tests left out.
func TestImportsRunDownward(t *testing.T) {
	level := map[string]int{}
	for i, names := range layers {
		for _, name := range names {
			level[name] = i
		}
	}
	for _, p := range packages(t) {
		own, known := level[p.ImportPath]
		if !known {
			t.Errorf("%s stands in no layer: give it one", p.ImportPath)
			continue
		}
		for _, dep := range p.Deps {
			if !ours(dep) {
				continue
			}
			if l, known := level[dep]; known && l >= own {
				t.Errorf("%s depends on %s, which stands no lower", p.ImportPath, dep)
			}
		}
	}
}

// TestPurePackagesArePure reads the imports of the packages under the pure line, and their uses of the clock and of chance.
func TestPurePackagesArePure(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(pure, p.ImportPath) {
			continue
		}
		for _, name := range p.Imports {
			if isImpure(name) {
				t.Errorf("%s is pure, but imports %s", p.ImportPath, name)
			}
		}
		for _, name := range p.GoFiles {
			for _, use := range impureUses(t, filepath.Join(p.Dir, name)) {
				t.Errorf("%s: %s is pure, but its values do not come from its arguments alone", use, p.ImportPath)
			}
		}
	}
}

// TestPurityIsNoticed keeps the rules themselves honest.
func TestPurityIsNoticed(t *testing.T) {
	for name, want := range map[string]bool{"net": true, "net/http": true, "net/url": false, "os": true, "time": false, "context": true} {
		if isImpure(name) != want {
			t.Errorf("isImpure(%q) = %v", name, !want)
		}
	}
}

func isImpure(name string) bool {
	if slices.Contains(allowed, name) {
		return false
	}
	return name == "net" || slices.Contains(impure, name) ||
		slices.ContainsFunc(impureParents, func(parent string) bool { return strings.HasPrefix(name, parent) })
}

func ours(path string) bool { return path == "glasspoll" || strings.HasPrefix(path, "glasspoll/") }

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var found []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if ours(p.ImportPath) && len(p.GoFiles) > 0 {
			found = append(found, p)
		}
	}
	if len(found) < 5 {
		t.Fatalf("go list names only %d packages", len(found))
	}
	return found
}

// impureUses lists where a file asks the clock or draws from the shared source of random numbers.
func impureUses(t *testing.T, file string) []string {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var uses []string
	ast.Inspect(tree, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && (x.Name == "time" && slices.Contains(clock, s.Sel.Name) || x.Name == "rand" && x.Obj == nil && !slices.Contains(seeded, s.Sel.Name)) {
			uses = append(uses, fmt.Sprintf("%s: %s.%s", set.Position(n.Pos()), x.Name, s.Sel.Name))
		}
		return true
	})
	return uses
}

// keptOut is what no function on AWS may link: what makes and fills a site, and what is only in its way at a start.
var keptOut = []string{
	"glasspoll/internal/local", "glasspoll/internal/site", "glasspoll/internal/questionnaire", "glasspoll/internal/convert", "glasspoll/internal/advice", "go.etcd.io/bbolt",
	"github.com/evanw/esbuild", "github.com/xuri/excelize", "github.com/alecthomas/kong", "github.com/aws/aws-sdk-go-v2/config",
	"github.com/aws/aws-sdk-go-v2/service/s3", "github.com/aws/aws-sdk-go-v2/service/sts",
}

// TestFunctionsStaySmall lists what the functions link. How large that is, deploy/pack holds.
func TestFunctionsStaySmall(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "./functions/...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, "glasspoll/internal/cloud") {
		t.Fatalf("go list names only %d packages", len(linked))
	}
	for _, name := range linked {
		for _, out := range keptOut {
			if name == out || strings.HasPrefix(name, out+"/") {
				t.Errorf("a function links %s", name)
			}
		}
	}
}
