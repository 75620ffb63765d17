package render

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"glasspoll/internal/answer"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// october is within the windows of the tests' surveys.
var october = time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC)

func renderer(t testing.TB) *Renderer {
	t.Helper()
	r, err := New(os.DirFS("../../templates"), Assets{
		Style:  Asset{"assets/style-1.css", "sha384-s/+="},
		Script: Asset{"assets/script-1.js", "sha384-j"},
		Thanks: Asset{"assets/script-1.js", "sha384-j"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answers returns texts typed into every field, and problems with some of them.
func answers() (map[string][]string, []answer.Problem) {
	return map[string][]string{
			"list": {"b"}, "pick": {"a"}, "many": {"a", "none"}, "agree": {"no"}, "rate": {"fair"}, "stars": {"4"}, "faces": {"3"},
			"numbers": {"7"}, "recommend": {"10"}, "grid.care": {"bad"}, "all.one": {"good"}, "visits": {"1,5"}, "short": {"好 & gut"},
			"long": {"\nzwei\nZeilen"}, "mail": {"a@b"}, "tel": {"110"}, "day": {"gestern"},
			"single": {"bad"}, "tier": {"gold"}, "name": {"王 & <b>"}, "fruit": {"_other"}, "fruit._other": {"枣"}, "ways": {"ad", "friend", "_other"},
			"ways._other": {"\"梦\""}, "where": {"shop"}, "where._other": {"?"}, "weight.price.importance": {"high"}, "weight.staff.satisfaction": {"none"},
			"first.price": {"2"}, "first.looks": {"1"}, "first.taste": {"2"}, "split.price": {"７０"}, "split.taste": {"x"}, "split.looks": {"30"},
			"warm": {"36.6"}, "site": {"example"}, "hour": {"half past"}, "why": {"x"}, "how": {"no"},
		}, []answer.Problem{
			{Question: "rate", Field: "rate", Code: answer.Required},
			{Question: "many", Field: "many", Code: answer.Exclusive},
			{Question: "grid", Field: "grid.speed", Code: answer.Required},
			{Question: "all", Field: "all.other", Code: answer.Required},
			{Question: "visits", Field: "visits", Code: answer.NotANumber},
			{Question: "mail", Field: "mail", Code: answer.BadEmail},
			{Question: "day", Field: "day", Code: answer.BadDate},
			{Question: "terms", Field: "terms", Code: answer.MustConsent},
			{Question: "where", Field: "where._other", Code: answer.OtherUnmeant},
			{Question: "weight", Field: "weight.price.satisfaction", Code: answer.Required},
			{Question: "first", Field: "first", Code: answer.RankTwice},
			{Question: "split", Field: "split.taste", Code: answer.NotANumber},
			{Question: "site", Field: "site", Code: answer.BadURL},
			{Question: "hour", Field: "hour", Code: answer.BadTime},
			{Question: "how", Field: "how", Code: answer.Failed, Args: []any{"message", "So often and yet no?"}},
			{Field: "extra", Code: answer.UnknownField},
		}
}

// pages renders every kind of page of a survey in a language, by name.
func pages(t testing.TB, r *Renderer, s *survey.Survey, language string) map[string][]byte {
	t.Helper()
	values, problems := answers()
	out := map[string][]byte{}
	put := func(name string, render func(io.Writer) error) {
		var b bytes.Buffer
		if err := render(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b.Bytes()
	}
	put("survey.html", func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: language, Root: "../../"}) })
	put("cards.html", func(w io.Writer) error {
		cards := *s
		cards.Cards = true
		return r.Survey(w, &cards, SurveyPage{Language: language, Root: "../../"})
	})
	put("problems.html", func(w io.Writer) error {
		return r.Survey(w, s, SurveyPage{
			Language: language, Root: "../../../", ID: "0b1c", Channel: "email", Values: values, Problems: problems,
			Notice: []answer.Problem{{Code: answer.Closed, Args: []any{"date", survey.Date("2026-10-31")}}},
		})
	})
	put("thanks.html", func(w io.Writer) error { return r.Thanks(w, s, ThanksPage{Language: language, Root: "../../../"}) })
	put("plan.html", func(w io.Writer) error {
		return r.Plan(w, s, PlanPage{CompanionPage: CompanionPage{Language: language, Root: "../../"}})
	})
	put("privacy.html", func(w io.Writer) error {
		return r.Privacy(w, s, CompanionPage{Language: language, Root: "../../"})
	})
	put("withdraw.html", func(w io.Writer) error {
		return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../../"}})
	})
	put("withdrawn.html", func(w io.Writer) error {
		return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../../../"}, Done: true})
	})
	put("unknown.html", func(w io.Writer) error {
		return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../../../"}, Problem: answer.Problem{Code: answer.ReceiptUnknown}, Receipt: `"<b>12`, Seal: "a.b.c"})
	})
	put("home.html", func(w io.Writer) error {
		return r.Home(w, []*survey.Survey{s}, HomePage{Language: language, Languages: []string{"zh", "en"}, Root: "../", At: october})
	})
	put("notice.html", func(w io.Writer) error {
		return r.Notice(w, NoticePage{Language: language, Root: "../", Code: answer.NotFound})
	})
	return out
}

func TestGolden(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	render := func(language string) map[string][]byte { return pages(t, r, s, language) }
	rendertest.Goldens(t, s.Languages, render, map[string]string{"problems.html": "survey.html", "cards.html": "survey.html"})
}

// Pages are sound documents; see [rendertest.Faults].
func TestDocuments(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	for _, language := range s.Languages {
		for name, page := range pages(t, r, s, language) {
			for _, fault := range rendertest.Faults(t, page) {
				t.Errorf("%s.%s: %s", language, name, fault)
			}
		}
	}
}

// Whatever an author or a respondent writes stays text.
func TestHostileTextsStayText(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	rendertest.Poison(s)
	values, problems := answers()
	for name := range values {
		values[name] = []string{rendertest.Hostile, rendertest.Hostile}
	}
	for i := range problems {
		problems[i].Args = []any{"min", rendertest.Hostile, "max", rendertest.Hostile, "length", rendertest.Hostile, "step", rendertest.Hostile}
		problems[i].Code = answer.TooLong
	}
	all := pages(t, r, s, "en")
	var b bytes.Buffer
	page := SurveyPage{Language: "en", Root: "../", ID: rendertest.Hostile, Channel: rendertest.Hostile, Values: values, Problems: problems,
		Notice: []answer.Problem{{Code: answer.Closed, Args: []any{"date", rendertest.Hostile}}}}
	if err := r.Survey(&b, s, page); err != nil {
		t.Fatal(err)
	}
	all["typed.html"] = b.Bytes()
	for name, page := range all {
		for _, fault := range rendertest.Faults(t, page) {
			t.Errorf("%s: %s", name, fault)
		}
		if name != "notice.html" && !strings.Contains(rendertest.Text(t, page), "alert(1)") {
			t.Errorf("%s: the text is gone, so the test proves nothing", name)
		}
	}
	if !strings.Contains(b.String(), "{{.}}") {
		t.Error("braces have not survived")
	}
}

// Whatever a respondent writes stays text within other texts, too.
func TestHostileAnswersStayTextInOtherTexts(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	values, _ := answers()
	for _, name := range []string{"name", "short", "fruit._other", "ways._other"} {
		values[name] = []string{rendertest.Hostile}
	}
	for _, language := range s.Languages {
		var b bytes.Buffer
		problems := []answer.Problem{{Question: "where", Field: "where", Code: answer.OneOnly}}
		if err := r.Survey(&b, s, SurveyPage{Language: language, Root: "../", Values: values, Problems: problems}); err != nil {
			t.Fatal(err)
		}
		for _, fault := range rendertest.Faults(t, b.Bytes()) {
			t.Errorf("%s: %s", language, fault)
		}
		if n := strings.Count(rendertest.Text(t, b.Bytes()), "alert(1)"); n < 6 {
			t.Errorf("%s: the text is in %d places only, so the test proves nothing", language, n)
		}
	}
}

// controls reads what a browser would post: what is checked, selected, or in a box.
func controls(t *testing.T, page []byte) map[string][]string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	has := func(n *html.Node, key string) bool {
		for _, a := range n.Attr {
			if a.Key == key {
				return true
			}
		}
		return false
	}
	out := map[string][]string{}
	for n := range root.Descendants() {
		name := rendertest.Attr(n, "name")
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "input" && (rendertest.Attr(n, "type") == "radio" || rendertest.Attr(n, "type") == "checkbox"):
			if has(n, "checked") {
				out[name] = append(out[name], rendertest.Attr(n, "value"))
			}
		case n.Data == "input":
			out[name] = append(out[name], rendertest.Attr(n, "value"))
		case n.Data == "textarea":
			value := ""
			if n.FirstChild != nil {
				value = n.FirstChild.Data
			}
			out[name] = append(out[name], value)
		case n.Data == "option" && has(n, "selected"):
			out[rendertest.Attr(n.Parent, "name")] = append(out[rendertest.Attr(n.Parent, "name")], rendertest.Attr(n, "value"))
		}
	}
	return out
}

func TestEverythingTypedIsKept(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	values, problems := answers()
	var b bytes.Buffer
	if err := r.Survey(&b, s, SurveyPage{Language: "en", Root: "../../../", ID: "7f", Channel: "sms", Values: values, Problems: problems}); err != nil {
		t.Fatal(err)
	}
	got := controls(t, b.Bytes())
	for name, want := range values {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s: typed %q, kept %q", name, want, got[name])
		}
	}
	for name, want := range map[string]string{"_id": "7f", "_channel": "sms", "_version": "v1", "_language": "en"} {
		if first(got[name]) != want {
			t.Errorf("%s = %q, want %q", name, first(got[name]), want)
		}
	}
}

// What is cached from one page to the next contains no answer, no name, and nothing of another survey.
func TestPagesDoNotLeakIntoEachOther(t *testing.T) {
	r := renderer(t)
	odd := rendertest.Every(t)
	odd.Sections[0].Questions[1].Options[0].Label = survey.Text{"zh": namePlaceholder, "en": namePlaceholder}
	want := map[*survey.Survey]string{rendertest.Every(t): "", odd: ""}
	values, problems := answers()
	for range 2 {
		for s, first := range want {
			var b, typed bytes.Buffer
			if err := r.Survey(&b, s, SurveyPage{Language: "en", Root: "../"}); err != nil {
				t.Fatal(err)
			}
			if first != "" && b.String() != first {
				t.Error("the empty form has changed")
			}
			want[s] = b.String()
			if err := r.Survey(&typed, s, SurveyPage{Language: "en", Root: "../", Values: values, Problems: problems}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if page := want[odd]; strings.Contains(page, `"`+namePlaceholder) || strings.Contains(page, "q-"+namePlaceholder) || !strings.Contains(page, `<input type="radio" name="single" value="good" id="q-single"><span>`+namePlaceholder) {
		t.Error("a label that looks like the placeholder of a name is not kept")
	}
}

func TestNothingIsPreselected(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	for name, values := range controls(t, pages(t, r, s, "zh")["survey.html"]) {
		if !strings.HasPrefix(name, "_") && strings.Join(values, "") != "" {
			t.Errorf("%s begins with %q", name, values)
		}
	}
}

func TestEveryFieldCanBePosted(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	page := pages(t, r, s, "en")["survey.html"]
	for _, f := range s.Fields() {
		if len(f.Options()) == 0 {
			if !bytes.Contains(page, fmt.Appendf(nil, `name="%s"`, f.Name)) {
				t.Errorf("%s: no control", f.Name)
			}
			continue
		}
		for _, o := range f.Options() {
			if f.Question.Display == "dropdown" || f.Question.Type == survey.Hidden || f.Question.Type == survey.Ranking {
				if !bytes.Contains(page, fmt.Appendf(nil, `name="%s"`, f.Name)) {
					t.Errorf("%s: no control", f.Name)
				}
				continue
			}
			if !bytes.Contains(page, fmt.Appendf(nil, `name="%s" value="%s"`, f.Name, o.ID)) {
				t.Errorf("%s: no control for %s", f.Name, o.ID)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	var b bytes.Buffer
	for _, c := range []struct {
		language, root string
		want           []string
	}{
		{"zh", "../", []string{`action="../api/surveys/every/responses"`, `href="../every/en/"`, `href="../every/results/"`, `href="../assets/style-1.css"`}},
		{"en", "../../", []string{`action="../../api/surveys/every/responses"`, `href="../../every/"`, `href="../../every/en/results/"`}},
	} {
		b.Reset()
		if err := r.Survey(&b, s, SurveyPage{Language: c.language, Root: c.root}); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s from %s: lacks %s", c.language, c.root, want)
			}
		}
	}
	b.Reset()
	if err := r.Home(&b, []*survey.Survey{s}, HomePage{Language: "zh", Languages: []string{"zh", "en"}, Root: "", At: october}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="every/"`, `href="every/results/"`, `href="en/"`, `href="./"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("home: lacks %s", want)
		}
	}
}

func TestNewRefusesTemplatesThatSayUnknownKeys(t *testing.T) {
	files := fstest.MapFS{"wording/en.yaml": {Data: []byte("hello: Hello\n")}}
	for _, name := range pageNames {
		files[name+".html"] = &fstest.MapFile{Data: []byte(`{{define "` + name + `"}}<p>{{.Say "hello"}}{{range .X}}{{with .Y}}{{$.Say "helo" "n" 1}}{{end}}{{end}}{{end}}`)}
	}
	_, err := New(files, Assets{})
	if err == nil || !strings.Contains(err.Error(), `"helo"`) {
		t.Fatalf("error %v", err)
	}
}

// A page of 30 questions arrives with its stylesheet in one TCP window: ten segments of 1,460 bytes, less the headers.
func TestWeight(t *testing.T) {
	r, s := renderer(t), rendertest.Thirty(t)
	for _, language := range s.Languages {
		var page, packed bytes.Buffer
		if err := r.Survey(&page, s, SurveyPage{Language: language, Root: "../../"}); err != nil {
			t.Fatal(err)
		}
		total := 0
		css, err := os.ReadFile("../../templates/style.css")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{page.Bytes(), css} {
			packed.Reset()
			w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
			w.Write(part)
			w.Close()
			t.Logf("%s: %d bytes, gzipped %d", language, len(part), packed.Len())
			total += packed.Len()
		}
		if total > 14336 {
			t.Errorf("%s: %d bytes", language, total)
		}
	}
}

// The three pages of a survey in two languages: the default language has two addresses.
func BenchmarkSurvey30(b *testing.B) {
	r, s := renderer(b), rendertest.Thirty(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		copied := *s // another survey each time
		for _, p := range []SurveyPage{{Language: "zh", Root: "../"}, {Language: "zh", Root: "../../"}, {Language: "en", Root: "../../"}} {
			if err := r.Survey(io.Discard, &copied, p); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/page")
}

func BenchmarkProblems30(b *testing.B) {
	r, s := renderer(b), rendertest.Thirty(b)
	p := SurveyPage{Language: "zh", Root: "../../../", Problems: []answer.Problem{{Question: "q0_0", Field: "q0_0", Code: answer.Required}}}
	for b.Loop() {
		if err := r.Survey(io.Discard, s, p); err != nil {
			b.Fatal(err)
		}
	}
}
