package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inCode    = regexp.MustCompile("`([^`\n]+)`")
	aPath     = regexp.MustCompile(`^(?:internal|generator|functions|templates|surveys|deploy|e2e|docs)(?:/[\w.]+)*/?$`)
	qualified = regexp.MustCompile(`^([A-Za-z]\w*)\.([A-Za-z]\w*)(?:\.([A-Za-z]\w*))?$`)
)

// TestArchitectureNamesWhatExists wants every path that ARCHITECTURE.md names to exist, and every name of the forms
// package.Name, package.Type.Method and Type.Method to be declared.
func TestArchitectureNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := declarations(t)
	paths, names := 0, 0
	for _, match := range inCode.FindAllStringSubmatch(string(text), -1) {
		code := match[1]
		switch {
		case aPath.MatchString(code):
			paths++
			if _, err := os.Stat(filepath.Join("..", code)); err != nil {
				t.Errorf("ARCHITECTURE.md names %s: %v", code, err)
			}
		case qualified.MatchString(code) && !strings.HasSuffix(code, ".go") && !strings.HasSuffix(code, ".md") && code != "http.Request" && code != "http.Handler" && code != "io.Writer":
			names++
			if !declared[code] {
				t.Errorf("ARCHITECTURE.md names %s, which is not declared", code)
			}
		}
	}
	if paths < 30 || names < 20 {
		t.Errorf("only %d paths and %d names were found: is the test still looking for the right form?", paths, names)
	}
}

// declarations names what the packages declare: package.Name, package.Type.Method and Type.Method, methods of interfaces
// included.
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				declare(all, file.Name.Name, d)
			}
		}
	}
	return all
}

func declare(all map[string]bool, pkg string, d ast.Decl) {
	method := func(receiver, name string) { all[receiver+"."+name], all[pkg+"."+receiver+"."+name] = true, true }
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			all[pkg+"."+d.Name.Name] = true
			return
		}
		receiver := d.Recv.List[0].Type
		if pointer, ok := receiver.(*ast.StarExpr); ok {
			receiver = pointer.X
		}
		if name, ok := receiver.(*ast.Ident); ok {
			method(name.Name, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				all[pkg+"."+spec.Name.Name] = true
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					for _, m := range i.Methods.List {
						for _, name := range m.Names {
							method(spec.Name.Name, name.Name)
						}
					}
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					all[pkg+"."+name.Name] = true
				}
			}
		}
	}
}
