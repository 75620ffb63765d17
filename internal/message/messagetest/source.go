// Package messagetest finds the messages in the source of the module.
package messagetest

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Literal is a text in the source.
type Literal struct {
	At      token.Position
	Package string // its import path
	Text    string
}

// Source holds what was found.
type Source struct {
	Formats  []Literal // that messages are made from
	Variable []Literal // formats that are not constants, as they are written
	Words    []Literal // English words that are passed as arguments of messages, and so stay English in every language
}

// Read reads the packages of the module in a directory. It knows the types of the module's own packages, not those of others.
func Read(root string) (*Source, error) {
	r := &reader{root: root, fset: token.NewFileSet(), packages: map[string]*types.Package{}, declared: map[types.Object]*ast.FuncDecl{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "e2e", "node_modules"}, name)):
			return fs.SkipDir
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		_, err = r.Import(strings.TrimSuffix(module+filepath.ToSlash(relative), "/."))
		if errors.Is(err, errNoGo) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range r.parsed {
		for _, f := range p.files {
			r.inspect(p, f)
		}
	}
	return &r.found, nil
}

const (
	module      = "glasspoll/"
	messagePath = module + "internal/message"
)

var (
	errNoGo    = errors.New("no Go files")
	errForeign = errors.New("not of the module")
)

// A reader checks the types of packages, and looks for messages in them.
type reader struct {
	root     string
	fset     *token.FileSet
	packages map[string]*types.Package
	parsed   []*parsed
	declared map[types.Object]*ast.FuncDecl
	found    Source
}

// parsed is a package.
type parsed struct {
	path  string
	files []*ast.File
	info  types.Info
}

// Import returns a package of the module. Mistakes in types are ignored: most follow from packages that are not known.
func (r *reader) Import(path string) (*types.Package, error) {
	if known := r.packages[path]; known != nil {
		return known, nil
	}
	if path != strings.TrimSuffix(module, "/") && !strings.HasPrefix(path, module) {
		return nil, errForeign
	}
	names, err := filepath.Glob(filepath.Join(r.root, filepath.FromSlash(strings.TrimPrefix(path+"/", module)), "*.go"))
	if err != nil {
		return nil, err
	}
	p := &parsed{path: path, info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(r.fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	if len(p.files) == 0 {
		return nil, errNoGo
	}
	config := types.Config{Importer: r, Error: func(error) {}}
	checked, _ := config.Check(path, r.fset, p.files, &p.info)
	r.packages[path] = checked
	r.parsed = append(r.parsed, p)
	for _, f := range p.files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				r.declared[p.info.Defs[d.Name]] = d
			}
		}
	}
	return checked, nil
}

// inspect looks for messages in a file.
func (r *reader) inspect(p *parsed, f *ast.File) {
	for _, d := range f.Decls {
		body, _ := d.(*ast.FuncDecl)
		ast.Inspect(d, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && isKey(p.info.Types[e]) {
				if value := p.info.Types[e].Value; value != nil && isWritten(e) {
					r.add(&r.found.Formats, p, e, constant.StringVal(value))
					return false
				}
			}
			if call, ok := n.(*ast.CallExpr); ok {
				r.call(p, body, call)
			}
			return true
		})
	}
}

// isKey reports whether a value is a message.Key.
func isKey(v types.TypeAndValue) bool {
	named, ok := v.Type.(*types.Named)
	return ok && named.Obj().Name() == "Key" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == messagePath
}

// isWritten reports whether a constant is written here, and not somewhere else under a name.
func isWritten(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.BinaryExpr:
		return true
	case *ast.ParenExpr:
		return isWritten(e.X)
	case *ast.CallExpr: // a conversion
		return len(e.Args) == 1 && isWritten(e.Args[0])
	}
	return false
}

func (r *reader) add(to *[]Literal, p *parsed, at ast.Expr, text string) {
	*to = append(*to, Literal{r.fset.Position(at.Pos()), p.path, text})
}

// call looks at the format of a call, if there is one, and at its arguments.
func (r *reader) call(p *parsed, in *ast.FuncDecl, call *ast.CallExpr) {
	signature, ok := p.info.Types[call.Fun].Type.(*types.Signature)
	if !ok {
		return
	}
	params := signature.Params()
	for i := range params.Len() {
		name := params.At(i).Name()
		ofMessages := name == "noun" || name == "separator"
		isFormat := name == "format" && signature.Variadic() && i == params.Len()-2
		if !isFormat && !ofMessages || i >= len(call.Args) || params.At(i).Type().String() != "string" {
			continue
		}
		format := call.Args[i]
		if value := p.info.Types[format].Value; value != nil {
			text := constant.StringVal(value)
			if name == "noun" {
				text = "%d " + text
			}
			r.add(&r.found.Formats, p, format, text)
		} else if !passesOn(p, format) {
			r.add(&r.found.Variable, p, format, types.ExprString(format))
		}
		if isFormat {
			for _, arg := range call.Args[i+1:] {
				r.argument(p, in, arg)
			}
		}
	}
}

// passesOn reports whether a format is one that the function was given, or an entry of a table.
func passesOn(p *parsed, format ast.Expr) bool {
	switch e := format.(type) {
	case *ast.Ident:
		return slices.Contains([]string{"format", "noun", "separator"}, e.Name)
	case *ast.SelectorExpr:
		return e.Sel.Name == "noun"
	case *ast.CallExpr:
		return len(e.Args) == 1 && isKey(p.info.Types[e.Args[0]])
	}
	return false
}

// words are two words or more.
var words = regexp.MustCompile(`[A-Za-z]{2,},? [A-Za-z]{2,}`)

// argument reports English words in an argument of a message.
func (r *reader) argument(p *parsed, in *ast.FuncDecl, arg ast.Expr) {
	if basic, ok := p.info.Types[arg].Type.(*types.Basic); !ok || basic.Info()&types.IsString == 0 {
		return
	}
	for _, e := range r.sources(p, in, arg) {
		if value := p.info.Types[e].Value; value != nil && value.Kind() == constant.String && words.MatchString(constant.StringVal(value)) {
			r.add(&r.found.Words, p, e, constant.StringVal(value))
		}
	}
}

// sources lists the expressions that a text can come from: itself, what is assigned to it in its function, and what the
// function that it calls returns.
func (r *reader) sources(p *parsed, in *ast.FuncDecl, e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return append(r.sources(p, in, e.X), r.sources(p, in, e.Y)...)
	case *ast.Ident:
		if object := p.info.Uses[e]; in != nil && in.Body != nil && object != nil {
			return append(assigned(p, in.Body, object), e)
		}
	case *ast.CallExpr:
		return append(r.returned(p, e), e)
	}
	return []ast.Expr{e}
}

// assigned lists the expressions in what is assigned to a variable.
func assigned(p *parsed, body ast.Node, to types.Object) []ast.Expr {
	var all []ast.Expr
	ast.Inspect(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, left := range a.Lhs {
			if name, ok := left.(*ast.Ident); ok && (p.info.Uses[name] == to || p.info.Defs[name] == to) {
				all = append(all, parts(a.Rhs[i])...)
			}
		}
		return true
	})
	return all
}

// returned lists the expressions in what the called function, of the same package, returns.
func (r *reader) returned(p *parsed, call *ast.CallExpr) []ast.Expr {
	var name *ast.Ident
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		name = f.Sel
	}
	if name == nil {
		return nil
	}
	called := p.info.Uses[name]
	body := r.declared[called]
	if body == nil || body.Body == nil || called.Pkg() != r.packages[p.path] {
		return nil
	}
	var all []ast.Expr
	ast.Inspect(body.Body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok {
			for _, result := range ret.Results {
				all = append(all, parts(result)...)
			}
		}
		return true
	})
	return all
}

// parts lists the expressions in an expression.
func parts(e ast.Expr) []ast.Expr {
	var all []ast.Expr
	ast.Inspect(e, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			all = append(all, e)
		}
		return true
	})
	return all
}
