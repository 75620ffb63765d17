package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	longest = 80   // lines of a function
	largest = 0.13 // share of a package among all lines of Go, tests apart
)

// TestNothingIsTooLarge measures functions and packages. How complex a function is, `make lint` measures.
func TestNothingIsTooLarge(t *testing.T) {
	lines, all := map[string]int{}, 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n := strings.Count(string(source), "\n")
		lines[filepath.Dir(path)] += n
		all += n
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok {
				if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > longest {
					t.Errorf("%s: %s has %d lines, more than %d", set.Position(f.Pos()), f.Name.Name, n, longest)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all < 10_000 {
		t.Fatalf("only %d lines were found", all)
	}
	for dir, n := range lines {
		if share := float64(n) / float64(all); share > largest {
			t.Errorf("%s has %d lines, %.1f %% of all: it is more than one room", dir, n, 100*share)
		}
	}
}
