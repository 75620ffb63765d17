package questionnaire

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"glasspoll/internal/message"
	"glasspoll/internal/message/messagetest"
	"glasspoll/internal/survey"
)

var update = flag.Bool("update", false, "write the problems that Parse reports into testdata/bad, and those in both languages into testdata/messages.txt; read them before you keep them")

// A badFile is a questionnaire with mistakes, from testdata/bad. Below each line with a mistake there is a line that is not
// part of the questionnaire: a ^ in the column (in characters) of the mistake, and the message.
type badFile struct {
	name   string // of the file, passed to Parse
	source string
	want   Problems
}

var caret = regexp.MustCompile(`^( *)\^ (.*)$`)

func badFiles(t testing.TB) map[string][]badFile {
	t.Helper()
	all := map[string][]badFile{}
	paths, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			bad := badFile{name: f.Name}
			var lines []string
			for _, line := range strings.Split(string(f.Data), "\n") {
				if m := caret.FindStringSubmatch(line); m != nil {
					bad.want = append(bad.want, Problem{File: f.Name, Line: max(1, len(lines)), Column: len(m[1]) + 1, Message: message.Plain(m[2])})
					continue
				}
				lines = append(lines, line)
			}
			bad.source = strings.Join(lines, "\n")
			all[path] = append(all[path], bad)
		}
	}
	return all
}

func TestBadFiles(t *testing.T) {
	count := 0
	var all []message.Text
	for path, files := range badFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			names := map[string]bool{}
			for _, f := range files {
				if names[f.name] {
					t.Errorf("%s is in %s twice", f.name, path)
				}
				names[f.name] = true
				count++
				good, got := f.read()
				for _, p := range got {
					all = append(all, p.Message)
				}
				if good || len(got) == 0 {
					t.Errorf("%s: no problem found", f.name)
				}
				if got.Error() != f.want.Error() && !*update {
					t.Errorf("%s:\n got\n%v\nwant\n%v", f.name, got, f.want)
				}
			}
			if *update {
				rewrite(t, path, files)
			}
		})
	}
	if count < 90 {
		t.Errorf("only %d bad files", count)
	}
	messagetest.Golden(t, "testdata/messages.txt", all, *update)
}

// withSidecars is the questionnaire that the sidecar files belong to.
const withSidecars = `title: {zh: 服务, en: Service}
languages: [zh, en]
period: quarter
sections:
  - questions:
      - {id: delivery, type: rating, steps: 5, label: {zh: 送货, en: Delivery}}
      - {id: parts, type: matrix, label: {zh: 各项, en: Parts}, scale: marks, rows: [{id: staff, label: {zh: 员工, en: Staff}}]}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
      - {id: salary, type: number, label: {zh: 收入, en: Salary}, publish: false}
      - {id: email, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: cause, type: long_text, label: {zh: 原因, en: Cause}, show_if: salary > 5}
      - {id: end, type: note, label: {zh: 完, en: The end}}
scales: {marks: [{id: good, label: {zh: 好, en: Good}, score: 2}, {id: bad, label: {zh: 差, en: Bad}, score: 1}]}
`

// onlyGoodPictures stands for a folder with one picture, good.jpg.
func onlyGoodPictures(name string, _ survey.PictureUse) ([]survey.PictureCopy, error) {
	if name != "good.jpg" {
		return nil, message.Errorf("is not there: put the file beside the questionnaire, or correct the name")
	}
	return []survey.PictureCopy{{Path: "assets/good.jpg", Width: 640, Height: 480}}, nil
}

// read parses a file as a questionnaire or a sidecar, depending on its name.
func (f badFile) read() (good bool, problems Problems) {
	_, kind := Sidecar(f.name)
	if kind == "" {
		s, problems := ParseWith(f.name, []byte(f.source), Files{Picture: onlyGoodPictures})
		return s != nil, problems
	}
	s, found := Parse("beside.yaml", []byte(withSidecars))
	if strings.HasPrefix(f.name, "once") {
		s, found = Parse("beside.yaml", []byte(strings.Replace(withSidecars, "period: quarter\n", "", 1)))
	}
	if strings.HasPrefix(f.name, "sealed") {
		s, found = Parse("beside.yaml", []byte(withSidecars+"seal: {keys: [sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8]}\n"))
	}
	if len(found) > 0 {
		return false, found
	}
	if kind == ActionsFile {
		measures, problems := ParseMeasures(f.name, []byte(f.source), s)
		return measures != nil, problems
	}
	quotes, problems := ParseQuotes(f.name, []byte(f.source), s)
	return quotes != nil, problems
}

// rewrite puts the problems that Parse reports into an archive.
func rewrite(t *testing.T, path string, files []badFile) {
	t.Helper()
	old, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Archive{Comment: old.Comment}
	for _, f := range files {
		_, problems := f.read()
		var b strings.Builder
		lines := strings.Split(f.source, "\n")
		for i, line := range lines {
			if i < len(lines)-1 || line != "" {
				b.WriteString(line + "\n")
			}
			for _, p := range problems {
				if p.Line == i+1 {
					fmt.Fprintf(&b, "%*s^ %s\n", p.Column-1, "", p.Message)
				}
			}
		}
		archive.Files = append(archive.Files, txtar.File{Name: f.name, Data: []byte(b.String())})
	}
	if err := os.WriteFile(path, txtar.Format(&archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEveryMessageIsTested checks that every message of the parser occurs in some bad file or in oddSources. It takes the
// messages from the string literals in the source.
func TestEveryMessageIsTested(t *testing.T) {
	seen := map[string]bool{}
	for _, files := range badFiles(t) {
		for _, f := range files {
			for _, p := range f.want {
				seen[p.Message.String()] = true
			}
		}
	}
	for _, o := range oddResults() {
		for _, p := range o.problems {
			seen[p.Message.String()] = true
		}
	}
	for _, p := range unwritable(t) {
		seen[p.Message.String()] = true
	}
	all := slices.Sorted(maps.Keys(seen))
	for _, m := range messages(t) {
		if !slices.ContainsFunc(all, m.pattern.MatchString) {
			t.Errorf("%s: no test gives the message %q", m.at, m.text)
		}
	}
}

// A literal is a message in the source.
type literal struct {
	at      token.Position
	text    string
	pattern *regexp.Regexp
}

var verb = regexp.MustCompile(`%(\\\+)?(04)?[a-zA-Z]`)

// messages collects the literals in calls of fail, failAt, failInside, note and fix, those of findings, those of missing keys
// in the tables, and those in place of yaml.v3's.
func messages(t *testing.T) []literal {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []literal
	add := func(e ast.Expr) {
		basic, ok := e.(*ast.BasicLit)
		if !ok || basic.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(basic.Value)
		text = strings.ReplaceAll(text, "%%", "%")
		if err != nil || len(text) < 8 {
			return // a key's name, or no more than a verb
		}
		pattern := verb.ReplaceAllString(regexp.QuoteMeta(text), `.*`)
		found = append(found, literal{fset.Position(basic.Pos()), text, regexp.MustCompile(pattern)})
	}
	see := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			switch name {
			case "fail", "failAt", "failInside", "note", "New":
				for _, arg := range n.Args {
					add(arg)
				}
			}
		case *ast.KeyValueExpr: // in the tables of keys and types, and in findings
			if name, ok := n.Key.(*ast.Ident); ok && slices.Contains([]string{"need", "want"}, name.Name) {
				add(n.Value)
				if call, ok := n.Value.(*ast.CallExpr); ok && len(call.Args) > 0 {
					add(call.Args[0])
				}
			}
		case *ast.AssignStmt:
			if name, ok := assigned(n); ok && name == "words" {
				add(n.Rhs[0])
				if call, ok := n.Rhs[0].(*ast.CallExpr); ok && len(call.Args) > 0 {
					add(call.Args[0])
				}
			}
		case *ast.ValueSpec:
			if n.Names[0].Name == "yamlMessages" {
				for _, row := range n.Values[0].(*ast.CompositeLit).Elts {
					add(row.(*ast.CompositeLit).Elts[1])
				}
			}
		}
		return true
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, see)
	}
	if len(found) < 100 {
		t.Fatalf("only %d messages found in the source", len(found))
	}
	return found
}

// assigned is the name of the variable or field that is assigned to.
func assigned(n *ast.AssignStmt) (string, bool) {
	switch left := n.Lhs[0].(type) {
	case *ast.Ident:
		return left.Name, len(n.Lhs) == 1
	case *ast.SelectorExpr:
		return left.Sel.Name, len(n.Lhs) == 1
	}
	return "", false
}

// checkProblems checks any result of Parse: it is a survey or problems, which are sorted and inside the file.
func checkProblems(t testing.TB, source []byte, s *survey.Survey, problems Problems) {
	t.Helper()
	if (s == nil) == (len(problems) == 0) {
		t.Fatalf("survey %v together with %d problems", s != nil, len(problems))
	}
	if !slices.Equal(problems, slices.Clone(problems).sorted()) {
		t.Fatalf("not sorted, or repeated:\n%v", problems)
	}
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(string(source), "\uFEFF"), "\r\n", "\n"), "\r", "\n"), "\n")
	for _, p := range problems {
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Fatalf("outside the file: %v", p)
		}
		for _, language := range []string{message.English, message.Chinese} {
			text := p.Message.In(language)
			badFormat := strings.Contains(text, "%!") && !strings.Contains(string(source), "%!")
			if text == "" || badFormat || strings.ContainsAny(text, "\n\x00") {
				t.Fatalf("an unreadable message: %q", text)
			}
		}
	}
}

// TestSlipsAreFoundWhereTheyAreMade makes each kind of slip on each line of a survey that uses the whole format: it must be
// found on that line or the next. The few that YAML shows only further down are counted.
func TestSlipsAreFoundWhereTheyAreMade(t *testing.T) {
	replace := func(form, with string) func(string) string {
		r := regexp.MustCompile(form)
		return func(line string) string {
			at := r.FindStringIndex(line)
			if at == nil {
				return line
			}
			return line[:at[0]] + with + line[at[1]:]
		}
	}
	slips := map[string]func(string) string{
		"no space after a colon": replace(`: `, ":"),
		"a wide colon":           replace(`: `, "："),
		"no colon":               replace(`: `, " "),
		"a wide comma":           replace(`, `, "，"),
		"no closing brace":       replace(`\}`, ""),
		"no opening brace":       replace(`\{`, ""),
		"no closing bracket":     replace(`\]`, ""),
		"no closing quote":       replace(`",`, ","),
		"no dash":                replace(`- `, ""),
		"a tab":                  replace(`^  `, "\t"),
		"one space too many":     replace(`^`, " "),
		"one space too few":      replace(`^ `, ""),
	}
	lines := strings.Split(strings.TrimSpace(goodSources()[0]), "\n")
	found, missed := 0, 0
	for name, slip := range slips {
		for i, line := range lines {
			if (testing.Short() || raceDetector) && i%4 != 0 {
				continue
			}
			slipped := slices.Clone(lines)
			if slipped[i] = slip(line); slipped[i] == line {
				continue
			}
			source := strings.Join(slipped, "\n")
			s, problems := Parse("slip.yaml", []byte(source))
			checkProblems(t, []byte(source), s, problems)
			if s != nil {
				continue // still a good file, with another text
			}
			if slices.ContainsFunc(problems, func(p Problem) bool { return p.Line == i+1 || p.Line == i+2 }) && len(problems) <= 3 {
				found++
			} else {
				missed++
				t.Logf("%s in line %d, %q:\n%v", name, i+1, slipped[i], problems)
			}
		}
	}
	if missed*20 > found {
		t.Errorf("%d slips are found where they were made, %d are not", found, missed)
	}
	t.Logf("%d found, %d not", found, missed)
}
