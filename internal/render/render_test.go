package render

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

var update = flag.Bool("update", false, "write the golden pages anew")

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

// every is a survey with a question of every type.
func every(t testing.TB) *survey.Survey {
	t.Helper()
	source, err := os.ReadFile("testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("every.yaml", source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.Version = "v1" // the goldens should not change with the format
	return s
}

// answers are what somebody may have typed into every field, and what is wrong with some of it.
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
	put("problems.html", func(w io.Writer) error {
		return r.Survey(w, s, SurveyPage{
			Language: language, Root: "../../../", ID: "0b1c", Channel: "email", Values: values, Problems: problems,
			Notice: []answer.Problem{{Code: Closed, Args: []any{"date", survey.Date("2026-10-31")}}},
		})
	})
	put("thanks.html", func(w io.Writer) error { return r.Thanks(w, s, 0, language, "../../../") })
	put("empty.html", func(w io.Writer) error {
		return r.Results(w, ResultsPage{Report: &stats.Report{Survey: s}, Language: language, Root: "../../../"})
	})
	figures := ResultsPage{Report: twoQuarters(s), Actions: deeds("grid.care"), Today: "2026-11-22", Language: language, Root: "../../../"}
	group := figures
	group.ResultsFolder = ResultsFolder{Segment: "tier", Option: "gold"}
	put("results.html", func(w io.Writer) error { return r.Results(w, figures) })
	put("group.html", func(w io.Writer) error { return r.Results(w, group) })
	put("empty.json", func(w io.Writer) error {
		return r.ResultsJSON(w, ResultsPage{Report: &stats.Report{Survey: s}, Language: language})
	})
	put("results.json", func(w io.Writer) error { return r.ResultsJSON(w, figures) })
	put("results.csv", func(w io.Writer) error { return r.ResultsCSV(w, figures) })
	put("home.html", func(w io.Writer) error {
		return r.Home(w, []*survey.Survey{s}, language, []string{"zh", "en"}, "../")
	})
	put("notice.html", func(w io.Writer) error {
		return r.Notice(w, NoticePage{Language: language, Root: "../", Code: NotFound})
	})
	return out
}

func TestGolden(t *testing.T) {
	r, s := renderer(t), every(t)
	for _, language := range s.Languages {
		for name, got := range pages(t, r, s, language) {
			file := filepath.Join("testdata", language+"."+name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; see the difference with -update and git diff", file)
			}
		}
	}
}

// Pages hold together as documents: ids are single, references lead somewhere, controls have names, and nothing is
// there that the security headers forbid.
func TestDocuments(t *testing.T) {
	r, s := renderer(t), every(t)
	for _, language := range s.Languages {
		for name, page := range pages(t, r, s, language) {
			if strings.HasSuffix(name, ".html") {
				for _, fault := range inspect(t, page) {
					t.Errorf("%s.%s: %s", language, name, fault)
				}
			}
		}
	}
}

const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}} javascript:alert(1) </textarea></title></style>` + "\u202e"

// Whatever an author or a respondent writes stays text.
func TestHostileTextsStayText(t *testing.T) {
	r, s := renderer(t), every(t)
	poison(reflect.ValueOf(s).Elem())
	values, problems := answers()
	for name := range values {
		values[name] = []string{hostile, hostile}
	}
	for i := range problems {
		problems[i].Args = []any{"min", hostile, "max", hostile, "length", hostile, "step", hostile}
		problems[i].Code = answer.TooLong
	}
	all := pages(t, r, s, "en")
	var b bytes.Buffer
	page := SurveyPage{Language: "en", Root: "../", ID: hostile, Channel: hostile, Values: values, Problems: problems,
		Notice: []answer.Problem{{Code: Closed, Args: []any{"date", hostile}}}}
	if err := r.Survey(&b, s, page); err != nil {
		t.Fatal(err)
	}
	all["typed.html"] = b.Bytes()
	for name, page := range all {
		if strings.HasSuffix(name, ".json") {
			if !json.Valid(page) || bytes.Contains(page, []byte("<script")) {
				t.Errorf("%s: not JSON that may stand in a page", name)
			}
			continue
		}
		if strings.HasSuffix(name, ".csv") {
			continue // TestHostileTable
		}
		for _, fault := range inspect(t, page) {
			t.Errorf("%s: %s", name, fault)
		}
		if name != "notice.html" && !strings.Contains(text(t, page), "alert(1)") {
			t.Errorf("%s: the text is gone, so the test proves nothing", name)
		}
	}
	if !strings.Contains(b.String(), "{{.}}") {
		t.Error("braces have not survived")
	}
}

// Whatever a respondent writes stays text where it stands in other texts, too.
func TestHostileAnswersStayTextInOtherTexts(t *testing.T) {
	r, s := renderer(t), every(t)
	values, _ := answers()
	for _, name := range []string{"name", "short", "fruit._other", "ways._other"} {
		values[name] = []string{hostile}
	}
	for _, language := range s.Languages {
		var b bytes.Buffer
		problems := []answer.Problem{{Question: "where", Field: "where", Code: answer.OneOnly}}
		if err := r.Survey(&b, s, SurveyPage{Language: language, Root: "../", Values: values, Problems: problems}); err != nil {
			t.Fatal(err)
		}
		for _, fault := range inspect(t, b.Bytes()) {
			t.Errorf("%s: %s", language, fault)
		}
		if n := strings.Count(text(t, b.Bytes()), "alert(1)"); n < 6 {
			t.Errorf("%s: the text stands in %d places only, so the test proves nothing", language, n)
		}
	}
}

// poison puts the hostile text into every text of a survey, and everything else that an author writes freely.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			switch {
			case !v.Type().Field(i).IsExported():
			case f.Type() == reflect.TypeFor[survey.Text]():
				f.Set(reflect.ValueOf(survey.Text{"en": hostile, "zh": hostile}))
			case f.Type() == reflect.TypeFor[*string]() && !f.IsNil(): // a text in a condition
				f.Elem().SetString(hostile)
			case f.Kind() != reflect.String:
				poison(f)
			case name == "Email" || name == "Phone" || name == "Number" || name == "Pattern" || name == "ApprovedBy" ||
				name == "Version" && v.Type() == reflect.TypeFor[survey.Document]():
				f.SetString(hostile)
			default:
				poison(f)
			}
		}
	}
}

func text(t *testing.T, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

var knownElements = strings.Fields(`html head meta title link script body a header main footer nav section article aside h1 h2 h3 h4 p ul ol li b i small span
	code em strong div form input fieldset legend label select option textarea button svg circle path rect line text g table thead tbody tr th td
	tfoot caption details summary dl dt dd progress desc figure figcaption blockquote`)

func inspect(t *testing.T, page []byte) []string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	elements := map[string]bool{}
	for _, name := range knownElements {
		elements[name] = true
	}
	ids := map[string]bool{}
	labelled := map[string]bool{}
	var references []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !elements[n.Data] {
			fault("an element %s that no template has", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style":
				fault("<%s> has the attribute %s", n.Data, a.Key)
			case a.Key == "id":
				if ids[a.Val] {
					fault("two elements have the id %s", a.Val)
				}
				ids[a.Val] = true
			case a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "for":
				references = append(references, strings.Fields(a.Val)...)
				if a.Key == "for" {
					labelled[a.Val] = true
				}
			case a.Key == "href" || a.Key == "src" || a.Key == "action":
				if local, ok := strings.CutPrefix(a.Val, "#"); ok {
					references = append(references, local)
				} else if at := strings.IndexAny(a.Val, ":/"); at >= 0 && a.Val[at] == ':' && a.Val[:at] != "mailto" && a.Val[:at] != "tel" {
					fault("<%s %s=%q> leaves the site", n.Data, a.Key, a.Val)
				} else if strings.HasPrefix(a.Val, "/") {
					fault("<%s %s=%q> is not relative", n.Data, a.Key, a.Val)
				}
			}
		}
		if n.Data == "script" && attr(n, "type") == "application/json" {
			if n.FirstChild == nil || !json.Valid([]byte(n.FirstChild.Data)) || strings.ContainsAny(n.FirstChild.Data, "<>&") {
				fault("data that are no JSON, or may end their element")
			}
		} else if n.Data == "script" && (attr(n, "src") != "../assets/script-1.js" && attr(n, "src") != "../../assets/script-1.js" && attr(n, "src") != "../../../assets/script-1.js" || n.FirstChild != nil) {
			fault("a script of unknown origin: %s", attr(n, "src"))
		}
	}
	for _, id := range references {
		if !ids[id] {
			fault("a reference to #%s leads nowhere", id)
		}
	}
	for n := range root.Descendants() {
		control := n.Type == html.ElementNode && (n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "select" || n.Data == "textarea")
		if !control || labelled[attr(n, "id")] {
			continue
		}
		inside := false
		for p := n.Parent; p != nil; p = p.Parent {
			inside = inside || p.Data == "label"
		}
		if !inside {
			fault("<%s name=%s> has no label", n.Data, attr(n, "name"))
		}
	}
	return faults
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
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
		name := attr(n, "name")
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox"):
			if has(n, "checked") {
				out[name] = append(out[name], attr(n, "value"))
			}
		case n.Data == "input":
			out[name] = append(out[name], attr(n, "value"))
		case n.Data == "textarea":
			value := ""
			if n.FirstChild != nil {
				value = n.FirstChild.Data
			}
			out[name] = append(out[name], value)
		case n.Data == "option" && has(n, "selected"):
			out[attr(n.Parent, "name")] = append(out[attr(n.Parent, "name")], attr(n, "value"))
		}
	}
	return out
}

func TestEverythingTypedIsKept(t *testing.T) {
	r, s := renderer(t), every(t)
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

// What is kept from one page to the next is no answer, no name, and nothing of another survey.
func TestPagesDoNotLeakIntoEachOther(t *testing.T) {
	r := renderer(t)
	odd := every(t)
	odd.Sections[0].Questions[1].Options[0].Label = survey.Text{"zh": nobody, "en": nobody}
	want := map[*survey.Survey]string{every(t): "", odd: ""}
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
	if page := want[odd]; strings.Contains(page, `"`+nobody) || strings.Contains(page, "q-"+nobody) || !strings.Contains(page, `<input type="radio" name="single" value="good" id="q-single"><span>`+nobody) {
		t.Error("a label that looks like the placeholder of a name is not kept")
	}
}

func TestNothingIsPreselected(t *testing.T) {
	r, s := renderer(t), every(t)
	for name, values := range controls(t, pages(t, r, s, "zh")["survey.html"]) {
		if !strings.HasPrefix(name, "_") && strings.Join(values, "") != "" {
			t.Errorf("%s begins with %q", name, values)
		}
	}
}

func TestEveryFieldCanBePosted(t *testing.T) {
	r, s := renderer(t), every(t)
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
	r, s := renderer(t), every(t)
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
	if err := r.Home(&b, []*survey.Survey{s}, "zh", []string{"zh", "en"}, ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="every/"`, `href="every/results/"`, `href="en/"`, `href="./"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("home: lacks %s", want)
		}
	}
}

// What is not released is not told: not how many wait, not one figure, on the page or in the file.
func TestNothingBeforeTheFirstGroup(t *testing.T) {
	r, s := renderer(t), every(t)
	few := twoQuarters(s)
	few.Periods = few.Periods[1:]
	few.Periods[0].Respondents = 4
	none := &stats.Report{Survey: s, Revision: few.Revision}
	var a, b bytes.Buffer
	for _, write := range []func(io.Writer, *stats.Report) error{
		func(w io.Writer, rep *stats.Report) error {
			return r.Results(w, ResultsPage{Report: rep, Language: "en", Root: "../"})
		},
		func(w io.Writer, rep *stats.Report) error {
			return r.ResultsJSON(w, ResultsPage{Report: rep, Language: "en"})
		},
		func(w io.Writer, rep *stats.Report) error {
			return r.ResultsCSV(w, ResultsPage{Report: rep, Language: "en"})
		},
	} {
		a.Reset()
		b.Reset()
		if err := write(&a, few); err != nil {
			t.Fatal(err)
		}
		if err := write(&b, none); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("four respondents of five show:\n%s", a.String())
		}
	}
}

func TestResultsJSON(t *testing.T) {
	r, s := renderer(t), every(t)
	type doc struct {
		Survey      string
		Respondents int
		MinGroup    int `json:"min_group"`
		Overall     struct {
			Score, Raw *float64
			Band       *string
		}
		Questions map[string]struct {
			N      int
			Mean   *float64
			First  *float64
			Counts map[string]int
		}
	}
	var b bytes.Buffer
	if err := r.ResultsJSON(&b, ResultsPage{Report: twoQuarters(s), Language: "en"}); err != nil {
		t.Fatal(err)
	}
	var got doc
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Survey != "every" || got.Respondents != 40 || got.MinGroup != 5 {
		t.Errorf("head: %+v", got)
	}
	// Eight items of 35 scored answers each: (20·5 + 10·3 + 5·1)/35 = 27/7 of 5. Stars: (20·1 + 10·2 + 5·3 + 3·4 + 2·5)/40 =
	// 1.925 of 5; faces: (20·1 + 10·2 + 10·3)/40 = 1.75 of 3; numbers: (20·1 + 10·2 + 5·3 + 3·4 + 1·5 + 1·6)/40 = 1.95 of 7.
	// (8·27/7 + 1.925 + 1.75 + 1.95) / (8·5 + 5 + 3 + 7) = 36.4821…/55
	if o := got.Overall; *o.Score != 66.3312 || *o.Raw != 66.3312 || *o.Band != "Poor" {
		t.Errorf("score %v, raw %v, band %v", *o.Score, *o.Raw, *o.Band)
	}
	if q := got.Questions["single"]; q.N != 40 || q.Counts["good"] != 20 || q.Counts["none"] != 5 || *q.Mean != 3.8571 {
		t.Errorf("single: %+v", q)
	}
	if q := got.Questions["grid.care"]; q.Counts["fair"] != 10 {
		t.Errorf("grid.care: %+v", q)
	}
	if q := got.Questions["visits"]; *q.Mean != 4.5 || q.Counts != nil {
		t.Errorf("visits: %+v", q)
	}
	// The report puts 20, 10 and 10 of 40 on the ranks 1, 2 and 3 of each of three options: 60 have put one first.
	if q := got.Questions["first.taste"]; q.N != 40 || q.Counts["1"] != 20 || *q.Mean != 1.75 || *q.First != 0.3333 {
		t.Errorf("first.taste: %+v", q)
	}
	if q := got.Questions["split.price"]; *q.Mean != 4.5 || q.Counts != nil || q.First != nil {
		t.Errorf("split.price: %+v", q)
	}
	if q := got.Questions["weight.price.importance"]; q.Counts["high"] != 20 || *q.Mean != 2 {
		t.Errorf("weight.price.importance: %+v", q)
	}
	if q := got.Questions["fruit"]; q.Counts["_other"] == 0 {
		t.Errorf("fruit: other is not counted: %+v", q)
	}
	for _, secret := range []string{"short", "long", "mail", "tel", "day", "fruit._other", "ways._other", "site", "hour", "why"} {
		if _, ok := got.Questions[secret]; ok {
			t.Errorf("%s is published", secret)
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

// thirty is a survey of 30 questions like those of everyday.
func thirty(t testing.TB) *survey.Survey {
	t.Helper()
	var y strings.Builder
	y.WriteString("id: thirty\ntitle: {zh: 年度客户满意度调查, en: Annual survey of customer satisfaction}\nlanguages: [zh, en]\nminutes: 8\n" +
		"intro: {zh: 感谢您的支持。请根据实际感受作答。, en: Thank you for your custom. Please answer as you feel.}\nscales:\n  s:\n")
	for i, l := range [][2]string{{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Neither"}, {"不满意", "Dissatisfied"}, {"非常不满意", "Very dissatisfied"}} {
		fmt.Fprintf(&y, "    - {id: s%d, score: %d, label: {zh: %s, en: %s}}\n", 5-i, 5-i, l[0], l[1])
	}
	y.WriteString("sections:\n")
	topics := [][2]string{{"产品质量", "the quality of our products"}, {"交货期", "the time of delivery"}, {"服务态度", "the manner of our staff"},
		{"售后服务", "our service after the sale"}, {"价格", "our prices"}, {"投诉处理", "how complaints are handled"}}
	for sec := range 5 {
		fmt.Fprintf(&y, "  - id: sec%d\n    title: {zh: 第%d部分, en: Part %d}\n    questions:\n", sec, sec+1, sec+1)
		for i, topic := range topics {
			label := fmt.Sprintf("label: {zh: 您对%s（%d）的评价如何？, en: \"How do you find %s (%d)?\"}", topic[0], sec, topic[1], sec)
			id := fmt.Sprintf("q%d_%d", sec, i)
			switch i {
			case 3:
				fmt.Fprintf(&y, "      - {id: %s, type: nps, %s}\n", id, label)
			case 4:
				fmt.Fprintf(&y, "      - {id: %s, type: matrix, scale: s, %s, rows: [", id, label)
				for j, row := range topics[:4] {
					fmt.Fprintf(&y, "{id: r%d, label: {zh: %s, en: %s}}, ", j, row[0], row[1])
				}
				y.WriteString("]}\n")
			case 5:
				fmt.Fprintf(&y, "      - {id: %s, type: long_text, %s}\n", id, label)
			default:
				fmt.Fprintf(&y, "      - {id: %s, type: single_choice, scale: s, required: true, %s}\n", id, label)
			}
		}
	}
	s, problems := questionnaire.Parse("thirty.yaml", []byte(y.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// A page of 30 questions arrives with its stylesheet in one TCP window: ten segments of 1,460 bytes, less the headers.
func TestWeight(t *testing.T) {
	r, s := renderer(t), thirty(t)
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
	r, s := renderer(b), thirty(b)
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
	r, s := renderer(b), thirty(b)
	p := SurveyPage{Language: "zh", Root: "../../../", Problems: []answer.Problem{{Question: "q0_0", Field: "q0_0", Code: answer.Required}}}
	for b.Loop() {
		if err := r.Survey(io.Discard, s, p); err != nil {
			b.Fatal(err)
		}
	}
}

// From released counters to the page: 30 questions, ten cross-tabulations, eight periods. The best time is that of a
// machine which does nothing else; half of all take at most the median.
func BenchmarkResults(b *testing.B) {
	r, s := renderer(b), thirtyInTen(b)
	all := quarters(b, s, 8, 97)
	b.ReportAllocs()
	var took []time.Duration
	defer func() {
		slices.Sort(took)
		b.ReportMetric(float64(took[0].Microseconds())/1000, "best-ms")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	}()
	for b.Loop() {
		start := time.Now()
		if err := r.Results(io.Discard, ResultsPage{Report: stats.NewReport(s, all), Language: "zh", Root: "../../"}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
}
