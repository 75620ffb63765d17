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
	"sync"
	"testing"
)

// A floor is one part of the house. Each of its levels holds packages that may import only what is on a level below, or on
// a floor below; so packages on one level never import each other. Names are below glasspoll/internal, or from the root
// with a leading slash.
type floor struct {
	name   string
	pure   bool // no context, clock, environment, network or logger
	levels []string
}

// house lists the floors from the bottom, as ARCHITECTURE.md describes them.
var house = []floor{
	{"the root", false, []string{"/"}}, // embedded files
	{"the core", true, []string{
		"message",
		"decimal wording codec spreadsheet sheets yaml12 limit seal probe",
		"expression",
		"survey",
		"questionnaire picture invitation bounce",
		"convert/markup", "convert/report", "convert/condition", "convert/draft", "convert/surveyjs convert/xlsform",
		"answer advice chart compare convert theme",
		"paper",
		"review tally cases export sarif simulate starter workbook docx contacts blind",
		"release invitees news register",
		"stats audit",
	}},
	{"pages", true, []string{
		"headers render",
		"results",
		"site briefing",
	}},
	{"the work", false, []string{
		"store sleep",
		"verify retention",
		"intake publish notify records transfer invite demo load",
		"archive mailing",
	}},
	{"the outside", false, []string{
		"chromium durable",
		"local cloud project staging console ownerfile",
		"control upload gateway stack build local/format2 cloud/indexed",
		"server",
	}},
	{"mains", false, []string{
		"/deploy/lambda",
		"/generator /functions/submit /functions/invite /functions/publish /functions/archive /deploy/pack",
	}},
}

// testSupport is imported by tests alone.
var testSupport = []string{"soak", "publish/publishtest", "store/storetest", "cloud/cloudtest", "stack/stacktest", "render/rendertest", "server/servertest", "convert/condition/conditiontest", "message/messagetest", "yaml12/yaml12test"}

func fullName(name string) string {
	if root, found := strings.CutPrefix(name, "/"); found {
		return strings.TrimSuffix("glasspoll/"+root, "/")
	}
	return "glasspoll/internal/" + name
}

var (
	impure        = []string{"context", "crypto/rand", "log", "log/slog", "math/rand", "os", "os/exec", "os/signal", "syscall"}
	impureParents = []string{"net/"}                                                    // net/url is a matter of text
	allowed       = []string{"net/url", "net/mail", "net/netip"}                        // text too
	named         = map[string][]string{"message": {"context", "net", "os", "syscall"}} // for the errors that they define
	seeded        = []string{"New", "NewPCG", "Rand"}                                   // of math/rand/v2: what its values come from is handed in
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
	for _, f := range house {
		for _, names := range f.levels {
			above := len(level) + 1 // higher than every level before, and the same for all of these
			for name := range strings.FieldsSeq(names) {
				if level[fullName(name)] != 0 {
					t.Errorf("%s is on two levels", name)
				}
				level[fullName(name)] = above
			}
		}
	}
	for _, p := range packages(t) {
		if isTestSupport(p.ImportPath) {
			continue
		}
		own := level[p.ImportPath]
		if own == 0 {
			t.Errorf("%s is on no floor: give it one", p.ImportPath)
		}
		for _, dep := range p.Deps {
			if ours(dep) && (level[dep] >= own || isTestSupport(dep)) {
				t.Errorf("%s depends on %s, which is not below it", p.ImportPath, dep)
			}
		}
	}
}

// TestHouseIsComplete wants every package of the house to exist.
func TestHouseIsComplete(t *testing.T) {
	exists := map[string]bool{}
	for _, p := range packages(t) {
		exists[p.ImportPath] = true
	}
	names := slices.Clone(testSupport)
	for _, f := range house {
		for _, level := range f.levels {
			names = append(names, strings.Fields(level)...)
		}
	}
	for _, name := range names {
		if !exists[fullName(name)] {
			t.Errorf("there is no package %s", fullName(name))
		}
	}
}

func isTestSupport(path string) bool {
	return slices.ContainsFunc(testSupport, func(name string) bool { return fullName(name) == path })
}

// TestPurePackagesArePure reads the imports of the pure floors, and their uses of the clock and of chance.
func TestPurePackagesArePure(t *testing.T) {
	pure := map[string]bool{}
	for _, f := range house {
		for _, level := range f.levels {
			for name := range strings.FieldsSeq(level) {
				pure[fullName(name)] = f.pure
			}
		}
	}
	for _, p := range packages(t) {
		if !pure[p.ImportPath] {
			continue
		}
		for _, name := range p.Imports {
			if isImpure(name) && !slices.Contains(named[strings.TrimPrefix(p.ImportPath, fullName(""))], name) {
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
	found, err := listPackages()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// listPackages lists this module's packages, once.
var listPackages = sync.OnceValues(func() ([]listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var found []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if ours(p.ImportPath) && len(p.GoFiles) > 0 {
			found = append(found, p)
		}
	}
	if len(found) < 5 {
		return nil, fmt.Errorf("go list names only %d packages", len(found))
	}
	return found, nil
})

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

// keptOut lists what no function on AWS may link: what makes and fills a site, and what slows down its start.
var keptOut = []string{
	"glasspoll/internal/local", "glasspoll/internal/site", "glasspoll/internal/questionnaire", "glasspoll/internal/convert", "glasspoll/internal/advice", "go.etcd.io/bbolt",
	"github.com/evanw/esbuild", "github.com/xuri/excelize", "github.com/alecthomas/kong", "github.com/aws/aws-sdk-go-v2/config",
	"github.com/aws/aws-sdk-go-v2/service/s3", "github.com/aws/aws-sdk-go-v2/service/sts",
}

// linkedBy lists the packages that programs link.
func linkedBy(t *testing.T, programs ...string) []string {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-deps"}, programs...)...)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestProgramsLinkNoTests keeps the conformance suite of storage, and everything else that only tests need, out of what is
// shipped.
func TestProgramsLinkNoTests(t *testing.T) {
	for _, name := range linkedBy(t, "./generator", "./functions/...") {
		if name == "testing" {
			t.Error("a program links package testing")
		}
	}
}

// TestFunctionsStaySmall lists what the functions link for which somebody waits, or whose start delays results; functions/archive
// writes codebooks, with the package that writes workbooks too. deploy/pack bounds the size of all.
func TestFunctionsStaySmall(t *testing.T) {
	linked := linkedBy(t, "./functions/submit", "./functions/invite", "./functions/publish")
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
