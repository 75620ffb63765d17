package render

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// Every key that the program uses is in the wording of every language, and every key of the wording is used.
func TestWordingIsComplete(t *testing.T) {
	r := renderer(t)
	pages := template.Must(template.ParseFS(os.DirFS("../../templates"), "*.html"))
	used := map[string]bool{"language.name": true, "yes": true, "no": true}
	for _, tmpl := range pages.Templates() {
		for _, key := range wordingKeys(tmpl) {
			used[key] = true
		}
	}
	for _, code := range codesIn(t, "../answer/answer.go") {
		used["problem."+code] = true
	}
	for _, code := range []answer.Code{answer.Closed, answer.NotOpenYet, answer.NotStored, answer.Unstorable, answer.Unavailable, answer.Busy, answer.Conflict, answer.Withdrawn, answer.NotFound, answer.NotPublic,
		answer.BadMethod, answer.TooMuch, answer.BadMediaType, answer.BadBody, answer.Internal,
		answer.InvitedOnly, answer.InvitationUnknown, answer.InvitationEarly, answer.InvitationExpired, answer.InvitationWithdrawn, answer.InvitationUsed, answer.CookieNeeded,
		answer.StopMessages, answer.MessagesStopped, answer.NotAnonymous, answer.TokenUnknown, answer.TokenLate} { // of notices
		used["notice."+string(code)] = true
	}
	for _, rule := range survey.HoldRules() {
		used["hold."+string(rule)] = true
	}
	for month := range 12 {
		used["month."+strconv.Itoa(month+1)], used["month_short."+strconv.Itoa(month+1)] = true, true
	}
	table := regexp.MustCompile(`"((?:when|results|method|measures|period|face|invited|plan|privacy)\.[a-z_1-5]+)"`) // keys in tables
	for _, file := range append(sources(t, "../render", "../results"), "../wording/wording.go") {
		if filepath.Base(file) == "report.go" {
			continue // it has words of its own
		}
		for _, key := range keysIn(t, file) {
			used[key] = true
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range table.FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains([]string{"results.html", "results.json", "results.csv", "plan.html", "privacy.html"}, key[1]) {
				used[key[1]] = true
			}
		}
	}
	for _, key := range []string{"importance", "satisfaction", "measures.planned", "measures.doing", "measures.done", "measures.dropped",
		"quadrants.improve", "quadrants.keep", "quadrants.low", "quadrants.overdone", "quadrants.unclear", "when.and", "when.or", "when.channel", "when.language", "channel.web", "channel.email", "channel.sms", "channel.phone", "channel.onsite",
		"chip.confidential", "chip.identified", "invited.anonymous", "invited.confidential", "invited.identified", "invited.opened", "invited.started"} {
		used[key] = true
	}
	for _, rule := range survey.HoldRules() {
		used["hold."+string(rule)] = true
	}
	for _, language := range r.words.Languages() {
		words := r.words.In(language)
		for key := range used {
			if !words.Has(key) {
				t.Errorf("%s lacks %q", language, key)
			}
		}
		for _, key := range words.Keys() {
			if !used[key] {
				t.Errorf("%s has %q, which nothing uses", language, key)
			}
		}
	}
	if !slices.Contains(r.words.Languages(), "zh") || !slices.Contains(r.words.Languages(), "en") {
		t.Error("zh or en is missing")
	}
}

// sources lists the Go files of some directories, without tests.
func sources(t *testing.T, dirs ...string) []string {
	t.Helper()
	var files []string
	for _, dir := range dirs {
		found, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, slices.DeleteFunc(found, func(file string) bool { return strings.HasSuffix(file, "_test.go") })...)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files found", len(files))
	}
	return files
}

// codesIn lists the constants of type Code that Go files declare.
func codesIn(t *testing.T, files ...string) []string {
	t.Helper()
	var codes []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			named := ""
			switch typ := spec.Type.(type) {
			case *ast.Ident:
				named = typ.Name
			case *ast.SelectorExpr:
				named = typ.Sel.Name
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && named == "Code" {
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
			return true
		})
	}
	if len(codes) < 35 {
		t.Fatalf("only %d codes found", len(codes))
	}
	return codes
}

// keysIn lists the keys that a Go file uses: literals as the first argument of Say.
func keysIn(t *testing.T, file string) []string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, part := range strings.Split(string(source), `Say("`)[1:] {
		key, after, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(strings.TrimSpace(after), "+") {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestMessage(t *testing.T) {
	r := renderer(t)
	for _, test := range []struct {
		language string
		problem  answer.Problem
		want     string
	}{
		{"en", answer.Problem{Code: answer.TooFew, Args: []any{"min", 1}}, "Please choose at least 1 option."},
		{"en", answer.Problem{Code: answer.TooFew, Args: []any{"min", 2}}, "Please choose at least 2 options."},
		{"zh", answer.Problem{Code: answer.TooLong, Args: []any{"max", 200, "length", 201}}, "最多填写200个字，目前为201个字。"},
		{"zh", answer.Problem{Code: answer.TooEarly, Args: []any{"min", "2026-10-01"}}, "日期不能早于2026年10月1日。"},
		{"en", answer.Problem{Code: answer.TooSmall, Args: []any{"min", survey.Decimal(2500)}}, "Please give a number of at least 2.5."},
		{"en", answer.Problem{Code: answer.Closed, Args: []any{"date", survey.Date("2026-10-31")}}, "This survey closed on 31 October 2026. Answers are no longer accepted."},
		{"xx", answer.Problem{Code: answer.Required}, "Please answer this question."},
	} {
		if got := r.Message(test.language, test.problem); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.language, test.problem.Code, got, test.want)
		}
	}
}

// Sentences are filled in completely, whatever the arguments of a problem.
func TestNoSentenceShowsABrace(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	s.Languages = append(s.Languages, "ar")
	for _, language := range s.Languages {
		for name, page := range pages(t, r, s, language) {
			if strings.ContainsAny(rendertest.Text(t, page), "{}") {
				t.Errorf("%s.%s shows a placeholder", language, name)
			}
		}
	}
}
