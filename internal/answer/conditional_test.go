package answer_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// form parses "a=1&b=good plan".
func form(t testing.TB, text string) answer.Posted {
	t.Helper()
	values, err := url.ParseQuery(strings.ReplaceAll(text, "+", "%2B"))
	if err != nil {
		t.Fatal(err)
	}
	return answer.FromForm(values)
}

// outcome returns the answers and which thank-you text applies, or the problems.
func outcome(s *survey.Survey, p answer.Posted) (string, int) {
	r, thanks, problems := answer.Check(s, p)
	if len(problems) > 0 {
		return codes(problems), 0
	}
	return show(slices.Concat(r.Answers, r.Private)), thanks
}

func TestConditions(t *testing.T) {
	s := read(t, "conditional.yaml")
	const both = "&both.staff.importance=low&both.staff.satisfaction=fair&both.goods.importance=low&both.goods.satisfaction=fair"
	const bothKept = " both.staff.importance=low both.staff.satisfaction=fair both.goods.importance=low both.goods.satisfaction=fair"
	for _, c := range []struct {
		name, form, want string
		thanks           int
	}{
		{"not asked, so dropped", "overall=good&why=late", "overall=good", 2},
		{"and what depends on it too", "overall=good&why=late&detail=very&agree=yes", "overall=good", 2},
		{"and not checked", "overall=good&level=99&agree=maybe", "overall=good", 2},
		{"asked", "overall=poor&why=late", "overall=poor why=late", 0},
		{"a chain that holds", "overall=poor&why=late&detail=very&agree=yes", "overall=poor detail=very why=late agree=yes", 0},
		{"a chain broken in the middle", "overall=poor&why=late&agree=yes", "overall=poor why=late", 0},
		{"required once asked", "overall=poor", "why:required", 0},
		{"consent once asked", "overall=poor&why=late&detail=very", "agree:must_consent", 0},
		{"limits once asked", "overall=good&member=yes&level=9" + both, "level:too_large[max 5]", 0},
		{"required under a condition", "overall=fair&member=yes&order.care=1&order.price=2&order.speed=3" + both, "level:required", 0},
		{"not required under another", "overall=good&member=yes" + both, "overall=good member=yes" + bothKept, 2},
		{"every row required", "overall=good&member=yes&both.staff.importance=low", "both.staff.satisfaction:required both.goods.importance:required both.goods.satisfaction:required", 0},
		{"no row required", "both.staff.importance=low", "both.staff.importance=low", 2},
		{"a section asked where the channel is not known", "overall=good&clerk=wang", "overall=good clerk=wang", 2},
		{"a section not asked", "overall=good&clerk=wang&_channel=phone", "overall=good", 2},
		{"a section asked", "overall=good&clerk=wang&_channel=web", "overall=good clerk=wang", 2},
		{"an option withheld", "overall=good&clerk=li", "overall=good", 2},
		{"and what depends on it", "overall=good&clerk=li&praise=kind", "overall=good", 2},
		{"an option offered", "overall=good&member=yes&clerk=li&praise=kind" + both, "overall=good member=yes clerk=li praise=kind" + bothKept, 2},
		{"one of several withheld", "picks=a&picks=b", "picks=a", 2},
		{"which were too many with it", "picks=a&picks=b&picks._other=c", "picks=a+_other picks._other=c", 2},
		{"offered by an answer to a question asked", "member=yes&level=3&picks=a&picks=b" + both, "member=yes level=3 picks=a+b" + bothKept, 2},
		{"but not by one to a question not asked", "member=no&level=3&picks=a&picks=b", "member=no picks=a", 2},
		{"a rank for an option withheld", "order.place=1&order.price=2", "order:rank_gap", 0},
		{"a rank that cannot be read for an option withheld", "order.place=x&order.price=1", "order.price=1", 2},
		{"a share for an option withheld", "share.care=40&share.price=60&share.speed=40", "share.price=60 share.speed=40", 2},
		{"a share for nothing else", "overall=good&share.care=40", "overall=good", 2},
		{"a share that is no number for an option withheld", "overall=good&share.care=x", "overall=good", 2},
		{"thanks by two answers", "overall=fair&order.price=1&order.care=2&order.speed=3", "overall=fair order.price=1 order.speed=3 order.care=2", 1},
		{"from the link", "overall=good&tier=b&tier_note=hello", "overall=good tier=b tier_note=hello", 2},
		{"from another link", "overall=good&tier=a&tier_note=hello", "overall=good tier=a", 2},
		{"a check that holds", "came=9:05&left=10:00", "came=09:05 left=10:00", 2},
		{"a check that fails", "came=9:05&left=08:00", "left:failed[message 早于到达]", 0},
		{"in the respondent's language", "came=9:05&left=08:00&_language=en", "left:failed[message Before you came]", 0},
		{"two checks", "came=23:30&left=23:00&_language=en", "left:failed[message Before you came] left:failed[message Too late]", 0},
		{"a check on nothing", "came=23:30", "came=23:30", 2},
		{"a check on what cannot be read", "came=9:05&left=soon", "left:time", 0},
		{"a check on a ranking", "order.price=1&order.speed=2&_language=en", "order:failed[message Not so]", 0},
	} {
		if got, thanks := outcome(s, form(t, c.form)); got != c.want || thanks != c.thanks {
			t.Errorf("%s: %s\n got %s, thanks %d\nwant %s, thanks %d", c.name, c.form, got, thanks, c.want, c.thanks)
		}
	}
}

func TestTypes(t *testing.T) {
	s := read(t, "conditional.yaml")
	for _, c := range []struct{ form, want string }{
		// ranking: ranks from 1 without gaps, each once
		{"order.price=2&order.speed=3&order.care=1", "order.price=2 order.speed=3 order.care=1"},
		{"order.price=１", "order.price=1"},
		{"order.price=2&order.speed=1", "order.price=2 order.speed=1"},
		{"order.price=1&order.speed=3", "order:rank_gap"},
		{"order.speed=2", "order:rank_gap"},
		{"order.price=2&order.speed=3", "order:rank_gap"},
		{"order.price=1&order.speed=1", "order:rank_twice"},
		{"order.price=4", "order.price:not_an_option"},
		{"order.price=0", "order.price:not_an_option"},
		{"order.price=first&order.speed=1", "order.price:not_an_option"},
		{"order.price=1&order.price=2", "order.price:one_only"},
		{"overall=fair", "order:required"},
		{"overall=fair&order.price=1", "order:rank_missing[max 3]"},
		{"overall=fair&order.price=1&order.care=2&order.speed=3", "overall=fair order.price=1 order.speed=3 order.care=2"},
		{"order.nothing=1", "order.nothing:unknown_field"},
		{"order=price", "order:unknown_field"},
		// constant_sum: what is left blank is 0
		{"share.price=100", "share.price=100 share.speed=0"},
		{"share.price=33.5&share.speed=66.5", "share.price=33.5 share.speed=66.5"},
		{"share.price=60&share.speed=30", "share:wrong_sum[total 100 sum 90]"},
		{"share.price=0", "share:wrong_sum[total 100 sum 0]"},
		{"share.price=150&share.speed=-50", "share.speed:too_small[min 0]"},
		{"share.price=half", "share.price:not_a_number"},
		{"share.price=half&share.speed=50", "share.price:not_a_number"},
		// importance_matrix
		{"both.staff.importance=high&both.staff.satisfaction=good", "both.staff.importance=high both.staff.satisfaction=good"},
		{"both.staff.importance=good", "both.staff.importance:not_an_option"},
		{"both.staff.satisfaction=high", "both.staff.satisfaction:not_an_option"},
		{"both.staff=good&both.luck.importance=high", "both.luck.importance:unknown_field both.staff:unknown_field"},
		// other
		{"clerk=_other", "clerk=_other"},
		{"clerk=_other&clerk._other= Chen ", "clerk=_other clerk._other=Chen"},
		{"clerk._other=Chen", "clerk=_other clerk._other=Chen"},
		{"clerk=wang&clerk._other=Chen", "clerk._other:other_unmeant"},
		{"clerk=wang&clerk._other=  ", "clerk=wang"},
		{"clerk._other=" + strings.Repeat("陈", 200), "clerk=_other clerk._other=" + strings.Repeat("陈", 200)},
		{"clerk._other=" + strings.Repeat("陈", 201), "clerk._other:too_long[max 200 length 201]"},
		{"clerk._other=a&clerk._other=b", "clerk._other:one_only"},
		{"picks=a&picks._other=c", "picks=a+_other picks._other=c"},
		{"picks._other=c", "picks=_other picks._other=c"},
		{"picks=_other&picks=a", "picks=a+_other"},
		{"picks=none&picks._other=c", "picks:exclusive"},
		{"picks=none&picks=_other", "picks:exclusive"},
		// url
		{"site=www.example.com", "site=www.example.com"},
		{"site=https://例子.中国/路?a=b%23c", "site=https://例子.中国/路?a=b#c"},
		{"site=HTTP://example.com:8080", "site=HTTP://example.com:8080"},
		{"site=ｗｗｗ．example．com", "site=www.example.com"},
		{"site=example", "site:url"},
		{"site=javascript:alert(1)", "site:url"},
		{"site=ftp://example.com", "site:url"},
		{"site=http://user@example.com", "site:url"},
		{"site=http://example.com/<b>", "site:url"},
		{"site=http://a b.com", "site:url"},
		{"site=example.com/" + strings.Repeat("a", 2000), "site:url"},
		// time
		{"came=09:30", "came=09:30"},
		{"came=9:30", "came=09:30"},
		{"came=９：３０", "came=09:30"},
		{"came=23:59&overall=good", "overall=good came=23:59"},
		{"came=24:00", "came:time"},
		{"came=9.30", "came:time"},
		{"came=9", "came:time"},
		{"came=9:30:15", "came:time"},
		{"came=9:30 pm", "came:time"},
		// hidden
		{"origin=  mail 7 ", "origin=mail 7"},
		{"origin=" + strings.Repeat("x", 201), "origin:too_long[max 200 length 201]"},
		{"tier=a", "tier=a"},
		{"tier=z", "tier:not_an_option"},
		{"tier=a&tier=b", "tier:one_only"},
	} {
		if got, _ := outcome(s, form(t, c.form)); got != c.want {
			t.Errorf("%.80s\n got %s\nwant %s", c.form, got, c.want)
		}
	}
}

func TestTypesInJSON(t *testing.T) {
	s := read(t, "conditional.yaml")
	for _, c := range []struct{ answers, want string }{
		{`"order":["care","price"]`, "order.price=2 order.care=1"},
		{`"order.care":1,"order.price":2.0`, "order.price=2 order.care=1"},
		{`"order":[]`, ":empty"},
		{`"order":["care","care"]`, "order.care:one_only"},
		{`"order":["care","luck"]`, "order.luck:unknown_field"},
		{`"order":["care","price","speed","place"]`, "order.price=2 order.speed=3 order.care=1"},
		{`"order":["place","price"]`, "order:rank_gap"},
		{`"order":"care"`, "order:wrong_type"},
		{`"order":["care",1]`, "order:wrong_type"},
		{`"order":{"care":1}`, "order:wrong_type"},
		{`"overall":"fair","order":7`, "order:wrong_type"},
		{`"share":{"price":60,"speed":40}`, "share.price=60 share.speed=40"},
		{`"share":{"price":100,"speed":null}`, "share.price=100 share.speed=0"},
		{`"share":{"price":99.9999}`, "share.price:not_a_number"},
		{`"share":{"price":[60],"speed":40}`, "share.price:wrong_type"},
		{`"share":{"luck":60}`, "share.luck:unknown_field"},
		{`"share":60`, "share:wrong_type"},
		{`"both":{"staff":{"importance":"high","satisfaction":"good"},"goods":{"importance":null}}`, "both.staff.importance=high both.staff.satisfaction=good"},
		{`"both.staff.importance":"high","both.goods":{"satisfaction":"poor"}`, "both.staff.importance=high both.goods.satisfaction=poor"},
		{`"both":{"staff":"good"}`, "both.staff:wrong_type"},
		{`"both":{"staff":{"importance":{"a":"high"}}}`, "both.staff.importance:wrong_type"},
		{`"both":{"staff":{"luck":"high"}}`, "both.staff.luck:unknown_field"},
		{`"both":{"staff":{"luck":{"importance":"high"}}}`, "both.staff.luck:unknown_field"},
		{`"both":{"luck":{"importance":"high"}}`, "both.luck.importance:unknown_field"},
		{`"clerk":"_other","clerk._other":"Chen"`, "clerk=_other clerk._other=Chen"},
		{`"clerk._other":7`, "clerk._other:wrong_type"},
		{`"clerk._other":["Chen"]`, "clerk._other:wrong_type"},
		{`"clerk":{"_other":"Chen"}`, "clerk:wrong_type"},
		{`"picks":["a"],"picks._other":"c"`, "picks=a+_other picks._other=c"},
		{`"site":"example.com","came":"9:30","origin":"x","tier":"a"`, "site=example.com came=09:30 origin=x tier=a"},
		{`"site":7,"came":930,"origin":true,"tier":["a"]`, "site:wrong_type came:wrong_type origin:wrong_type tier:wrong_type"},
		// The type of what is not asked does not matter.
		{`"overall":"good","why":7,"detail":[1],"level":{"a":1},"agree":[]`, "overall=good"},
		{`"overall":"good","share":{"care":[1]}`, "overall=good"},
		{`"overall":"poor","why":7`, "why:wrong_type"},
	} {
		p, err := answer.FromJSON([]byte(`{"id":"` + id + `","answers":{` + c.answers + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := outcome(s, p); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.answers, got, c.want)
		}
	}
}

// TestWhatIsNotAskedChangesNothing checks that answers to questions that are not asked, and options that are not offered,
// change neither response nor problems.
func TestWhatIsNotAskedChangesNothing(t *testing.T) {
	s := read(t, "conditional.yaml")
	meant := map[survey.Type][]string{
		survey.Number: {"1", "2", "3", "5"}, survey.ConstantSum: {"50", "100", "0"}, survey.YesNo: {"yes", "no"}, survey.Consent: {"yes"},
		survey.Time: {"09:30", "21:00"}, survey.URL: {"example.com"}, survey.ShortText: {"x"}, survey.LongText: {"x"}, survey.Hidden: {"x"},
	}
	words := func(t *rapid.T, f survey.Field, label string) string {
		among := slices.Clone(meant[f.Question.Type])
		for _, o := range f.Options() {
			among = append(among, o.ID)
		}
		if len(among) == 0 || rapid.IntRange(0, 15).Draw(t, "slip") == 0 {
			among = []string{"", "1", "2", "x", "yes"}
		}
		return rapid.SampledFrom(among).Draw(t, label)
	}
	accepted, mutated := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		values := map[string][]string{}
		for _, f := range s.Fields() {
			skip := 3
			if f.Option != nil || f.Row != nil { // one alone is rarely valid
				skip = 20
			}
			if f.Name == "overall" || f.Name == "member" || rapid.IntRange(0, skip).Draw(t, "answered") == 0 {
				values[f.Name] = []string{words(t, f, f.Name)}
			}
		}
		channel := rapid.SampledFrom([]string{"", "web", "phone"}).Draw(t, "channel")
		state := answer.EvaluateTyped(s, values, channel, "zh")
		other := map[string][]string{}
		for name, typed := range values {
			other[name] = typed
		}
		doc := map[string]any{}
		for _, f := range s.Fields() {
			offered := f.Option == nil || !slices.Contains(state.Withheld[f.Question.ID], f.Option.ID)
			if !state.Asked[f.Question.ID] || !offered {
				mutated++
				other[f.Name] = []string{rapid.SampledFrom([]string{words(t, f, "instead"), "\xff", strings.Repeat("x", 9999)}).Draw(t, "instead of "+f.Name)}
				doc[f.Name] = rapid.SampledFrom([]any{nil, true, 7, "x", []any{1}, map[string]any{"a": 1}}).Draw(t, "as JSON")
			} else if typed := values[f.Name]; len(typed) > 0 {
				doc[f.Name] = typed[0]
				if f.Question.Type == survey.MultiChoice && f.Part == survey.Whole {
					doc[f.Name] = typed
				}
			}
		}
		post := func(values url.Values) answer.Posted {
			values = url.Values(clone(values))
			values.Set("_id", id)
			if channel != "" {
				values.Set("_channel", channel)
			}
			return answer.FromForm(values)
		}
		body, err := json.Marshal(map[string]any{"id": id, "channel": channel, "answers": doc})
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := answer.FromJSON(body)
		if err != nil {
			t.Fatal(err)
		}
		want, thanks := outcome(s, post(values))
		for name, p := range map[string]answer.Posted{"form": post(other), "JSON": asJSON} {
			if got, also := outcome(s, p); got != want || also != thanks {
				t.Fatalf("%s: %v\n%s\n%v\n%s", name, values, want, other, got)
			}
		}
		if r, _, problems := answer.Check(s, post(values)); len(problems) == 0 {
			accepted++
			for _, a := range slices.Concat(r.Answers, r.Private) {
				if f, _ := s.Field(a.Field()); !state.Asked[f.Question.ID] {
					t.Fatalf("%s is kept, and was not asked", a.Field())
				}
			}
		}
	})
	t.Logf("%d accepted, %d mutated", accepted, mutated)
}

func clone(values map[string][]string) map[string][]string {
	copied := make(map[string][]string, len(values))
	for name, typed := range values {
		copied[name] = slices.Clone(typed)
	}
	return copied
}
