package answer_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

func TestMain(m *testing.M) { soak.Main(m, 20_000) }

// read compiles one of the questionnaires in testdata.
func read(t testing.TB, name string) *survey.Survey {
	t.Helper()
	source, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse(name, source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func every(t testing.TB) *survey.Survey { return read(t, "every.yaml") }

const id = "6f1c3f0e-52f1-4d6b-9a52-0b4f3f1f7a11"

// base answers the required questions.
const base = "overall=good&parts.staff=fair&agree=yes"

func show(answers []answer.Answer) string {
	var parts []string
	for _, a := range answers {
		parts = append(parts, a.Field()+"="+strings.Join(a.Values(), "+"))
	}
	return strings.Join(parts, " ")
}

func TestCanonicalForm(t *testing.T) {
	s := every(t)
	for _, c := range []struct{ form, want, private string }{
		{base, "overall=good parts.staff=fair agree=yes", ""},
		{base + "&likes=care&likes=price&likes=care", "overall=good likes=price+care parts.staff=fair agree=yes", ""},
		{base + "&likes=nothing", "overall=good likes=nothing parts.staff=fair agree=yes", ""},
		{base + "&stars=5&again=0", "overall=good stars=5 again=0 parts.staff=fair agree=yes", ""},
		{base + "&visits=%2B2.50", "overall=good parts.staff=fair visits=2.5 agree=yes", ""},
		{base + "&visits=" + url.QueryEscape("１２．５"), "overall=good parts.staff=fair visits=12.5 agree=yes", ""},
		{base + "&advice=" + url.QueryEscape("  好\r\n很好\x00  "), "overall=good parts.staff=fair advice=好\n很好 agree=yes", ""},
		{base + "&code=AB12", "overall=good parts.staff=fair code=AB12 agree=yes", ""},
		{base + "&mail=" + url.QueryEscape("li＠example.com"), "overall=good parts.staff=fair agree=yes", "mail=li@example.com"},
		{base + "&tel=" + url.QueryEscape("+86 （010） 8888-0000"), "overall=good parts.staff=fair agree=yes", "tel=+86 (010) 8888-0000"},
		{base + "&bought=2026-03-01", "overall=good parts.staff=fair bought=2026-03-01 agree=yes", ""},
		{base + "&bought=" + url.QueryEscape("2026年3月1日"), "overall=good parts.staff=fair bought=2026-03-01 agree=yes", ""},
		{base + "&bought=2026%2F3%2F1", "overall=good parts.staff=fair bought=2026-03-01 agree=yes", ""},
		{base + "&visits=" + url.QueryEscape("\u200f\u0663\u066b\u0665"), "overall=good parts.staff=fair visits=3.5 agree=yes", ""},
		{base + "&bought=" + url.QueryEscape("\u06f2\u06f0\u06f2\u06f6/\u06f3/\u06f1"), "overall=good parts.staff=fair bought=2026-03-01 agree=yes", ""},
		{base + "&tel=" + url.QueryEscape("\u202a(+86) 138–0013–8000转12\u202c"), "overall=good parts.staff=fair agree=yes", "tel=(+86) 138-0013-8000转12"},
		{base + "&advice=" + url.QueryEscape("\u3164\u200b"), "overall=good parts.staff=fair agree=yes", ""},
		{base + "&member=no&stars=&advice=+", "overall=good parts.staff=fair member=no agree=yes", ""},
	} {
		values, _ := url.ParseQuery(c.form)
		r, _, problems := answer.Check(s, answer.FromForm(values))
		if len(problems) > 0 || show(r.Answers) != c.want || show(r.Private) != c.private {
			t.Errorf("%s\n got %s | %s %v\nwant %s | %s", c.form, show(r.Answers), show(r.Private), problems, c.want, c.private)
		}
	}
}

func TestProblems(t *testing.T) {
	s := every(t)
	for _, c := range []struct{ form, want string }{
		{"", "overall:required parts.staff:required agree:must_consent"},
		{"overall=good&agree=yes&parts.goods=good", "parts.staff:required"},
		{base + "&overall=poor", "overall:one_only"},
		{"overall=perfect&parts.staff=x&agree=no", "overall:not_an_option parts.staff:not_an_option agree:must_consent"},
		{base + "&likes=price", "likes:too_few[min 2]"},
		{base + "&likes=price&likes=speed&likes=care&likes=place", "likes:too_many[max 3]"},
		{base + "&likes=price&likes=nothing", "likes:exclusive"},
		{base + "&likes=price&likes=luck", "likes:not_an_option"},
		{base + "&stars=6&again=11", "stars:not_an_option again:not_an_option"},
		{base + "&visits=many", "visits:not_a_number"},
		{base + "&visits=1e3", "visits:not_a_number"},
		{base + "&visits=0", "visits:too_small[min 0.5]"},
		{base + "&visits=20.5", "visits:too_large[max 20]"},
		{base + "&visits=0.75", "visits:not_a_step[step 0.5]"},
		{base + "&code=A", "code:too_short[min 3 length 1]"},
		{base + "&code=" + url.QueryEscape("A\u200b\u2060"), "code:too_short[min 3 length 1]"},
		{base + "&code=AB1234567", "code:too_long[max 8 length 9]"},
		{base + "&code=AB12x", "code:pattern"},
		{base + "&advice=" + url.QueryEscape(strings.Repeat("好", 21)), "advice:too_long[max 20 length 21]"},
		{base + "&advice=%ff", "advice:bad_text"},
		{base + "&mail=li", "mail:email"},
		{base + "&tel=call+me", "tel:phone"},
		{base + "&bought=2026-02-30", "bought:date"},
		{base + "&bought=2019-12-31", "bought:too_early[min 2020-01-01]"},
		{base + "&bought=2027-01-01", "bought:too_late[max 2026-12-31]"},
		{base + "&member=perhaps", "member:not_yes_no"},
		{base + "&note_13=x&zzz=1&parts.luck=good&parts=good", "parts:unknown_field note_13:unknown_field parts.luck:unknown_field zzz:unknown_field"},
		{base + "&_id=42", "id:bad_id"},
		{base + "&_id=00000000-0000-0000-0000-000000000000", "id:bad_id"},
		{base + "&_language=fr", "language:bad_language"},
		{base + "&_channel=owl", "channel:bad_channel"},
	} {
		values, _ := url.ParseQuery(c.form)
		r, _, problems := answer.Check(s, answer.FromForm(values))
		if got := codes(problems); got != c.want || r.Survey != "" {
			t.Errorf("%s\n got %s\nwant %s", c.form, got, c.want)
		}
	}
}

func codes(problems []answer.Problem) string {
	var parts []string
	for _, p := range problems {
		part := fmt.Sprintf("%s:%s", p.Field, p.Code)
		if p.Args != nil {
			part += fmt.Sprint(p.Args)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestJSON(t *testing.T) {
	s := every(t)
	must := `"overall":"good","parts":{"staff":"fair"},"agree":true`
	for _, c := range []struct{ answers, want string }{
		{must, "overall=good parts.staff=fair agree=yes"},
		{`"overall":"good","parts.staff":"fair","agree":"yes"`, "overall=good parts.staff=fair agree=yes"},
		{must + `,"likes":["care","price"],"stars":5,"again":10.0,"visits":2.50,"member":false,"advice":null`, "overall=good likes=price+care stars=5 again=10 parts.staff=fair visits=2.5 member=no agree=yes"},
		{must + `,"visits":"3"`, "overall=good parts.staff=fair visits=3 agree=yes"},
		{`"overall":"good","agree":true,"likes":[],"parts":{"staff":"good","goods":null}`, "overall=good parts.staff=good agree=yes"},
		{must + `,"likes":"price"`, "likes:wrong_type"},
		{must + `,"likes":[["price"]]`, "likes:wrong_type"},
		{must + `,"advice":7,"code":true,"stars":{"a":1},"member":1`, "stars:wrong_type code:wrong_type advice:wrong_type member:wrong_type"},
		{`"overall":"good","agree":true,"parts":{"staff":["good"]}`, "parts.staff:wrong_type"},
		{`"overall":"good","agree":true,"parts":{"staff":"good","luck":"good"}`, "parts.luck:unknown_field"},
		{must + `,"nonsense":{"a":1}`, "nonsense:unknown_field"},
		{`"agree":false`, "overall:required parts.staff:required agree:must_consent"},
	} {
		p, err := answer.FromJSON([]byte(`{"id":"` + id + `","answers":{` + c.answers + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		r, _, problems := answer.Check(s, p)
		got := show(r.Answers)
		if len(problems) > 0 {
			got = codes(problems)
		} else if r.ID != id || r.Language != "zh" || r.Version != s.Version {
			t.Errorf("%s: %+v", c.answers, r)
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.answers, got, c.want)
		}
	}
	for body, want := range map[string]string{
		`{"id":"` + id + `","answers":{},"extra":1}`: "overall:required parts.staff:required agree:must_consent extra:unknown_field",
		`{"answers":{` + must + `}}`:                 "id:bad_id",
		`{"id":"","answers":{` + must + `}}`:         "id:bad_id",
		`{"id":7,"answers":{` + must + `}}`:          "id:wrong_type",
		`{"id":"` + id + `","answers":[]}`:           "overall:required parts.staff:required agree:must_consent answers:wrong_type",
		`null`:                                       "overall:required parts.staff:required agree:must_consent id:bad_id",
	} {
		p, err := answer.FromJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, problems := answer.Check(s, p); codes(problems) != want {
			t.Errorf("%s\n got %s\nwant %s", body, codes(problems), want)
		}
	}
	for _, body := range []string{``, `[`, `[]`, `"x"`, `{"id":"` + id + `"} {}`, `{"id":7}, "x`, "{\"id\":\"\xff\"}", strings.Repeat("[", 100_000)} {
		if _, err := answer.FromJSON([]byte(body)); err == nil {
			t.Errorf("%.40q was read", body)
		}
	}
}

// TestJSONNamedTwice checks that a name that is given twice is a problem, at every depth and in every spelling.
func TestJSONNamedTwice(t *testing.T) {
	s := every(t)
	must := `"overall":"good","parts":{"staff":"fair"},"agree":true`
	whole := func(answers string) string { return `{"id":"` + id + `","answers":{` + answers + `}}` }
	for _, c := range []struct{ body, want string }{
		{whole(must), ""},
		{whole(must + `,"overall":"good"`), "overall:named_twice"},
		{whole(must + `,"over\u0061ll":"poor"`), "overall:named_twice"},
		{whole(`"overall":"good","agree":true,"parts":{"staff":"fair","staff":"good"}`), "parts.staff:named_twice"},
		{whole(`"overall":"good","agree":true,"parts":{"staff":"fair"},"parts":{}`), "parts:named_twice parts.staff:required"},
		{whole(must + `,"parts.staff":"good"`), "parts.staff:named_twice"},
		{whole(must + `,"parts.staff":"fair","parts.staff":"fair"`), "parts.staff:named_twice parts.staff:named_twice"},
		{whole(must + `,"visits":null,"visits":3`), "visits:named_twice"},
		{whole(must + `,"advice":"\"a\":1,\"a\":2 {\\","likes":["care","care","price"]`), ""},
		{`{"id":"` + id + `","id":"` + id + `","answers":{` + must + `}}`, "id:named_twice"},
		{`{"id":"` + id + `","answers":{` + must + `},"answers":{` + must + `}}`, "answers:named_twice"},
		{`{"id":"` + id + `","ID":"` + id + `","answers":{` + must + `}}`, "ID:unknown_field"},
		{`{"id":"` + id + `","answers":{` + must + `},"Answers":{},"a":{"b":1,"b":[{"c":1},{"c":1,"c":2}]}}`, "Answers:unknown_field a:unknown_field a.b:named_twice a.b.c:named_twice"},
	} {
		p, err := answer.FromJSON([]byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, problems := answer.Check(s, p); codes(problems) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, codes(problems), c.want)
		}
	}
	p, err := answer.FromJSON([]byte(whole(`"overall":"good","order":["care","price"],"order.care":1`)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, problems := answer.Check(read(t, "conditional.yaml"), p); codes(problems) != "order.care:named_twice" {
		t.Error(codes(problems))
	}
	// Among many names, too.
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf(`"n%d":1`, i))
	}
	for _, i := range []int{0, 63, 64, 65, 199} {
		p, err := answer.FromJSON([]byte(`{"id":"` + id + `","x":{` + strings.Join(append(names, names[i]), ",") + `},"answers":{` + must + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, problems := answer.Check(s, p); codes(problems) != fmt.Sprintf("x:unknown_field x.n%d:named_twice", i) {
			t.Error(codes(problems))
		}
	}
	// Many problems are found quickly, and only some are returned.
	many := strings.Repeat(`"x":1,`, 40_000)
	p, err = answer.FromJSON([]byte(`{` + many + `"answers":{` + many + must + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, problems := answer.Check(s, p); len(problems) == 0 || len(problems) > 100 {
		t.Errorf("%d problems", len(problems))
	}
}

func TestNothingAnsweredIsNoAnswer(t *testing.T) {
	s, problems := questionnaire.Parse("free.yaml", []byte("title: Free\nsections: [{questions: [{id: a, type: yes_no, label: A}]}]"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, problems := answer.Check(s, answer.FromForm(url.Values{"a": {" "}})); codes(problems) != ":empty" {
		t.Error(codes(problems))
	}
}

// TestFormAndJSONAgree checks that equal answers from a form and in JSON, in any order, give the same response.
func TestFormAndJSONAgree(t *testing.T) {
	s := every(t)
	rapid.Check(t, func(t *rapid.T) {
		form, doc := url.Values{"_id": {id}}, map[string]any{}
		for f := range s.Questions() {
			if rapid.IntRange(0, 3).Draw(t, "answered") == 0 {
				continue
			}
			var ids []string
			for _, o := range f.Options {
				ids = append(ids, o.ID)
			}
			ids = append(ids, "nonsense")
			switch f.Type {
			case survey.SingleChoice, survey.Rating, survey.NPS:
				v := rapid.SampledFrom(ids).Draw(t, f.ID)
				form.Set(f.ID, v)
				doc[f.ID] = v
			case survey.MultiChoice:
				v := rapid.SliceOfN(rapid.SampledFrom(ids), 1, 4).Draw(t, f.ID)
				form[f.ID] = v
				doc[f.ID] = v
			case survey.Matrix:
				rows := map[string]string{}
				for _, row := range f.Rows {
					rows[row.ID] = rapid.SampledFrom(ids).Draw(t, row.ID)
					form.Set(f.ID+"."+row.ID, rows[row.ID])
				}
				doc[f.ID] = rows
			case survey.YesNo, survey.Consent:
				v := rapid.Bool().Draw(t, f.ID)
				form.Set(f.ID, map[bool]string{true: "yes", false: "no"}[v])
				doc[f.ID] = v
			case survey.Number:
				v := survey.Decimal(rapid.Int64Range(-5_000, 30_000).Draw(t, f.ID))
				form.Set(f.ID, v.String())
				doc[f.ID] = json.Number(v.String())
			case survey.Note:
			default:
				v := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"AB12", "a@b.cn", "2026-01-01", "010 8888 0000"})).Draw(t, f.ID)
				form.Set(f.ID, v)
				doc[f.ID] = v
			}
		}
		body, err := json.Marshal(map[string]any{"id": id, "answers": doc})
		if err != nil {
			t.Fatal(err)
		}
		p, err := answer.FromJSON(body)
		if err != nil {
			t.Fatal(err)
		}
		a, _, ap := answer.Check(s, answer.FromForm(form))
		b, _, bp := answer.Check(s, p)
		if show(a.Answers) != show(b.Answers) || show(a.Private) != show(b.Private) || codes(ap) != codes(bp) {
			t.Fatalf("form: %s %s %s\njson: %s %s %s", show(a.Answers), show(a.Private), codes(ap), show(b.Answers), show(b.Private), codes(bp))
		}
		if len(ap) == 0 && a.Digest() != b.Digest() {
			t.Fatal("digests differ")
		}
	})
}

// TestCheckedAnswersPassAgain checks that a checked response, posted again, gives the same response.
func TestCheckedAnswersPassAgain(t *testing.T) {
	s := every(t)
	values, _ := url.ParseQuery(base + "&likes=care&likes=price&visits=02.50&bought=2026.1.2&advice=+a%0D%0Ab+&mail=a@b.cn&code=AB1")
	first, _, problems := answer.Check(s, answer.FromForm(values))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	again := url.Values{}
	for _, a := range slices.Concat(first.Answers, first.Private) {
		again[a.Field()] = a.Values()
	}
	second, _, _ := answer.Check(s, answer.FromForm(again))
	if first.Digest() != second.Digest() {
		t.Errorf("%v\n%v", first, second)
	}
}

func TestReceipt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")
		want := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
		receipt := answer.Receipt(want)
		heard := strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(strings.ToLower(receipt))
		for _, text := range []string{receipt, heard} {
			if got, err := answer.ParseReceipt(text); err != nil || got != want {
				t.Fatalf("%s: %s, %v", text, got, err)
			}
		}
	})
	for _, bad := range []string{"", "7", "UUUUU-UUUUU-UUUUU-UUUUU-UUUUUU", strings.Repeat("0", 27)} {
		if _, err := answer.ParseReceipt(bad); err == nil {
			t.Errorf("%q is no receipt", bad)
		}
	}
}

func FuzzForm(f *testing.F) {
	s, conditional := every(f), read(f, "conditional.yaml")
	f.Add(base)
	f.Add("overall=poor&why=late&detail=x&agree=yes&order.price=1&order.place=0&share.price=1e2&share.care=-1&clerk._other=&picks=b&came=1:1&site=//")
	f.Add("overall=good&overall=%00&likes=&parts.staff=fair&visits=--1&bought=0-0-0&_id=x")
	f.Fuzz(func(t *testing.T, form string) {
		values, _ := url.ParseQuery(form)
		check(t, s, answer.FromForm(values))
		check(t, conditional, answer.FromForm(values))
	})
}

func FuzzJSON(f *testing.F) {
	s, conditional := every(f), read(f, "conditional.yaml")
	f.Add([]byte(`{"answers":{"order":["care",{},"a.b"],"both":{"staff":{"importance":{"a":{}}},"x":[]},"share":{"":1},"clerk._other":[]}}`))
	f.Add([]byte(`{"id":"` + id + `","answers":{"overall":"good","likes":["a",1],"parts":{"staff":"fair"},"visits":1e9999,"agree":true}}`))
	f.Add([]byte(`{"answers":{"overall":{"a":[{}]}}}`))
	f.Add([]byte(`{"id":"` + id + `","answers":{"overall":"good","over\u0061ll":"\\\"","parts":{"staff":"fair","staff":[{"a":1,"a":2}]},"parts.staff":1},"ID":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, err := answer.FromJSON(body); err == nil {
			check(t, s, p)
			check(t, conditional, p)
		}
	})
}

// check checks the result of any submission: a response or problems, never both, and only known fields.
func check(t *testing.T, s *survey.Survey, p answer.Posted) {
	r, _, problems := answer.Check(s, p)
	if (len(problems) == 0) != (len(r.Answers)+len(r.Private) > 0) {
		t.Fatalf("%v with %v", r, problems)
	}
	for _, a := range slices.Concat(r.Answers, r.Private) {
		if _, ok := s.Field(a.Field()); !ok || len(a.Values()) == 0 || slices.Contains(a.Values(), "") {
			t.Fatalf("stored %q", a)
		}
	}
}

// thirtyAnswers returns a questionnaire of choices, numbers and texts, and answers to all of it.
func thirtyAnswers(t testing.TB) (s *survey.Survey, answers map[string]any) {
	t.Helper()
	var yaml strings.Builder
	yaml.WriteString("title: Bench\nscales: {sat: [")
	for i := range 5 {
		fmt.Fprintf(&yaml, "{id: step_%d, label: Step, score: %d},", i, i+1)
	}
	yaml.WriteString("]}\nsections: [{questions: [")
	answers = map[string]any{}
	for i := range 30 {
		switch {
		case i%10 == 9:
			fmt.Fprintf(&yaml, "{id: q%d, type: long_text, label: Why},", i)
			answers[fmt.Sprintf("q%d", i)] = "交货期再短一些就更好了，其他都很满意。"
		case i%10 == 8:
			fmt.Fprintf(&yaml, "{id: q%d, type: number, min: 0, max: 100, label: How many},", i)
			answers[fmt.Sprintf("q%d", i)] = 42
		default:
			fmt.Fprintf(&yaml, "{id: q%d, type: single_choice, scale: sat, label: How, required: true},", i)
			answers[fmt.Sprintf("q%d", i)] = "step_3"
		}
	}
	yaml.WriteString("]}]\n")
	s, problems := questionnaire.Parse("bench.yaml", []byte(yaml.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s, answers
}

// The memory of a submission is allocated for all its answers together, so that what collects the garbage has as much to do for
// thirty of them as for one.
func TestAllocations(t *testing.T) {
	s, answers := thirtyAnswers(t)
	body, err := json.Marshal(map[string]any{"id": id, "answers": answers})
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(20, func() {
		p, err := answer.FromJSON(body)
		if _, _, problems := answer.Check(s, p); err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
	})
	if n > 30 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkCheck checks thirty answers: a form's values, JSON, and a form's bytes. Package local measures storing them.
func BenchmarkCheck(b *testing.B) {
	s, answers := thirtyAnswers(b)
	body, err := json.Marshal(map[string]any{"id": id, "answers": answers})
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"_id": {id}}
	for name, value := range answers {
		form.Set(name, fmt.Sprint(value))
	}
	encoded := form.Encode()
	finish := func(b *testing.B, p answer.Posted) {
		if _, _, problems := answer.Check(s, p); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
	b.Run("only", func(b *testing.B) {
		for b.Loop() {
			finish(b, answer.FromForm(form))
		}
	})
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			p, err := answer.FromJSON(body)
			if err != nil {
				b.Fatal(err)
			}
			finish(b, p)
		}
	})
	b.Run("form", func(b *testing.B) {
		for b.Loop() {
			values, err := url.ParseQuery(encoded)
			if err != nil {
				b.Fatal(err)
			}
			finish(b, answer.FromForm(values))
		}
	})
}
