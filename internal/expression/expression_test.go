package expression

import (
	"encoding/json"
	"flag"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
	"glasspoll/internal/message/messagetest"
)

var scope = Scope{
	"overall":     {Kind: Choice, Options: []string{"good", "fair", "poor", "none"}, Scores: map[string]decimal.Decimal{"good": 5000, "fair": 3000, "poor": 1000}},
	"branch":      {Kind: Choice, Options: []string{"north", "south"}},
	"likes":       {Kind: Set, Options: []string{"price", "speed", "care"}},
	"stars":       {Kind: Number},
	"visits":      {Kind: Number},
	"member":      {Kind: Bool},
	"advice":      {Kind: Text},
	"bought":      {Kind: Text, Layout: "2006-01-02"},
	"came":        {Kind: Text, Layout: "15:04"},
	"few":         {Kind: Number, Options: []string{"1", "2", "3"}},
	"bounded":     {Kind: Number, Min: decimalOf(10), Max: decimalOf(20)},
	"broken":      {Kind: Broken},
	"nowhere":     {Kind: Choice, Without: message.Plain("there is no such thing: add one")},
	"follow":      {Kind: Bool, Asked: &Tree{Op: "bool", Names: []string{"member"}}},
	"reason":      {Kind: Choice, Options: []string{"dear", "late"}, Labels: map[string]string{"太贵": "dear", "Too dear": "dear"}, Asked: &Tree{Op: "bool", Names: []string{"follow"}}},
	"parts":       {Kind: Group, Parts: []string{"parts.staff", "parts.goods"}, Items: []string{"parts.staff", "parts.goods"}},
	"ranks":       {Kind: Group, Parts: []string{"ranks.a", "ranks.b"}},
	"parts.staff": {Kind: Choice, Options: []string{"good", "poor"}, Scores: map[string]decimal.Decimal{"good": 5000, "poor": 1000}},
	"parts.goods": {Kind: Choice, Options: []string{"good", "poor"}, Scores: map[string]decimal.Decimal{"good": 5000, "poor": 1000}},
	"channel":     {Kind: Choice, Options: []string{"web", "phone"}},
	"language":    {Kind: Choice, Options: []string{"zh", "en"}},
}

func budget() *int { b := Budget; return &b }

func decimalOf(n int) *decimal.Decimal { d := decimal.Decimal(n) * decimal.One; return &d }

// answers parses "overall=good likes=price+care".
func answers(text string) Answers {
	values := map[string][]string{}
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = strings.Split(value, "+")
	}
	return func(name string) []string { return values[name] }
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		source string
		holds  string // answers with which it holds, separated by |; a lone space is none
		fails  string
	}{
		{`overall == "good"`, "overall=good", " |overall=fair"},
		{`"good" == overall`, "overall=good", " |overall=fair"},
		{`overall != "good"`, " |overall=fair", "overall=good"},
		{`overall in ["good", "fair"]`, "overall=good|overall=fair", " |overall=none"},
		{`overall not in ["good", "fair"]`, "overall=poor| ", "overall=fair"},
		{`score(overall) <= 3`, "overall=fair|overall=poor", " |overall=none|overall=good"},
		{`3 >= score(overall)`, "overall=fair", " |overall=good"},
		{`not (score(overall) > 3)`, " |overall=none|overall=poor", "overall=good"},
		{`likes contains "price"`, "likes=price|likes=speed+price", " |likes=speed"},
		{`not (likes contains "price") and answered(likes)`, "likes=care", " |likes=price"},
		{`count(likes) >= 2`, "likes=price+care", " |likes=care"},
		{`count(likes) == 0`, " ", "likes=care"},
		{`stars < 3`, "stars=2", " |stars=3|stars=10"},
		{`visits == 2.5`, "visits=2.5", " |visits=2"},
		{`visits > -1 && visits != 10`, "visits=0", " |visits=10|visits=-1"},
		{`1 < stars < 3`, "stars=2", " |stars=1|stars=3"},
		{`stars == visits`, "stars=3 visits=3", " |stars=3|stars=3 visits=4"},
		{`member`, "member=yes", " |member=no"},
		{`not member`, "member=no| ", "member=yes"},
		{`member == false`, "member=no", " |member=yes"},
		{`member != true or overall == "good"`, "member=no| |member=yes overall=good", "member=yes"},
		{`(overall == "good") == true`, "overall=good", " |overall=poor"},
		{`answered(advice)`, "advice=x", " "},
		{`advice contains "late"`, "advice=too-late", " |advice=soon"},
		{`bought >= "2026-01-01" and bought < "2026-02-01"`, "bought=2026-01-31", " |bought=2025-12-31|bought=2026-02-01"},
		{`answered(parts)`, "parts.goods=good", " |parts=good"},
		{`score(parts) <= 3`, "parts.goods=poor|parts.goods=poor parts.staff=good", " |parts.goods=good|parts.staff=good parts.goods=good"},
		{`score(parts) < 5`, "parts.goods=poor|parts.goods=poor parts.staff=good", " |parts.goods=good"},
		{`3 < score(parts)`, "parts.goods=good|parts.goods=good parts.staff=good", " |parts.goods=poor|parts.goods=poor parts.staff=good"},
		{`score(parts) >= 5`, "parts.goods=good|parts.goods=good parts.staff=good", " |parts.goods=poor|parts.goods=poor parts.staff=good"},
		{`score(parts) == 5`, "parts.goods=good", " |parts.goods=poor parts.staff=good"},
		{`score(parts) != 5`, " |parts.goods=poor parts.staff=good", "parts.goods=good"},
		{`count(parts) == 2`, "parts.goods=good parts.staff=poor", "parts.goods=good"},
		{`parts.staff == parts.goods`, "parts.goods=good parts.staff=good", " |parts.goods=good|parts.goods=good parts.staff=poor"},
		{`score(parts.staff) < 3 or channel == "phone"`, "parts.staff=poor|channel=phone", " |parts.staff=good channel=web"},
		{`language == "zh"`, "language=zh", "language=en"},
	} {
		tree, faults := Compile(c.source, scope, budget())
		if len(faults) > 0 {
			t.Errorf("%s: %v", c.source, faults)
			continue
		}
		data, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		var again Tree
		if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(tree, again) {
			t.Errorf("%s: %s comes back as another tree (%v)", c.source, data, err)
		}
		for _, given := range strings.Split(c.holds, "|") {
			if !again.Holds(answers(given)) {
				t.Errorf("%s does not hold with %q", c.source, given)
			}
		}
		for _, given := range strings.Split(c.fails, "|") {
			if again.Holds(answers(given)) {
				t.Errorf("%s holds with %q", c.source, given)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	var all []message.Text
	for _, c := range []struct{ source, want string }{
		{``, `0: is empty: write a condition such as overall == "good"`},
		{`overall = "good"`, `8: = alone does not compare: write ==`},
		{`overall == `, `10: is incomplete: something is missing at its end`},
		{`overall == "good`, `16: a quote is opened and never closed`},
		{`overall == “good”`, `11: “ is a full-width character: write the expression with half-width signs and straight quotes`},
		{`overal == "good"`, `0: there is no question 'overal': did you mean 'overall'?`},
		{`xyzzy == "good"`, `0: there is no question 'xyzzy'`},
		{`member and parts.stuff == "good"`, `11: there is no question 'parts.stuff': did you mean 'parts.staff'?`},
		{`score(parts) == score(overall)`, `16: score(parts) is the lowest score of its rows: compare it with a number`},
		{`score(ranks) < 2`, `6: ranks has no scores`},
		{`score(parts) in [1, 2]`, `0: score(parts) cannot be used before in: it must be an answer that is one option, a number or a text`},
		{`likse >= 2`, `0: there is no question 'likse'`}, // several options have no order
		{`count(likse) >= 2`, `6: there is no question 'likse': did you mean 'likes'?`},
		{`scor(likes) > 1`, `0: there is no function 'scor': use answered, score or count`},
		{`overall == "god"`, `11: 'god' is not one of the options: did you mean 'good'?`},
		{`branch == "elsewhere"`, `10: 'elsewhere' is not one of the options: north, south`},
		{`overall in ["good", "bad", 3]`, `20: 'bad' is not one of the options: good, fair, poor, none | 27: the list may hold only texts in quotes here`},
		{`overall <= 3`, `0: overall is an option, not a number: compare score(overall)`},
		{`overall < "good"`, `0: options have no order: compare score(overall) with a number`},
		{`score(branch) > 3`, `6: branch has no scores`},
		{`likes == "price"`, `0: likes cannot be compared: write likes contains "…" or answered(likes)`},
		{`overall contains "good"`, `0: overall has only one value: write overall == …`},
		{`stars == "3"`, `9: stars is a number: write 3 without quotes`},
		{`overall`, `0: overall is no condition by itself: write overall == "…" or answered(overall)`},
		{`stars`, `0: stars is a number, no condition by itself: compare it`},
		{`"good"`, `0: a text alone is no condition: compare it with an answer; for one of several write overall in ["…", "…"]`},
		{`1 == 1`, `0: two constants are compared: one side must be an answer`},
		{`count(overall) > 1`, `6: overall has only one value to count: use answered(overall)`},
		{`sum(likes) > 1`, `0: there is no function 'sum': use answered, score or count`},
		{`len(advice) > 10`, `0: there is no function 'len': use answered, score or count`},
		{`answerd(likes)`, `0: there is no function 'answerd': did you mean 'answered'?`},
		{`answered(likes, overall)`, `0: answered takes one question: answered(overall)`},
		{`stars + 1 > 3`, `6: the operator + is not part of the language: use == != < <= > >= and or not in contains`},
		{`advice matches "a+"`, `7: the operator matches is not part of the language: use == != < <= > >= and or not in contains`},
		{`member ? true : false`, `20: member ? true : false is not part of the language`},
		{`overall == "good" and overall == "poor"`, `0: can never be true: no answers meet this condition`},
		{`stars > 5 and stars < 4`, `0: can never be true: no answers meet this condition`},
		{`score(overall) > 5`, `0: can never be true: no answers meet this condition`},
		{`count(likes) > 3`, `0: can never be true: no answers meet this condition`},
		{`member and not member`, `0: can never be true: no answers meet this condition`},
		{`bought < "2026-01-01" and bought > "2027-01-01"`, `0: can never be true: no answers meet this condition`},
		{`few > 3`, `0: can never be true: no answers meet this condition`},
		{`few == 1.5`, `0: can never be true: no answers meet this condition`},
		{`bounded < 10 or bounded > 20`, `0: can never be true: no answers meet this condition`},
		{`few > bounded`, `0: can never be true: no answers meet this condition`},
		{`follow and not member`, `0: can never be true: no answers meet this condition`},
		{`reason == "dear" and member == false`, `0: can never be true: no answers meet this condition`},
		{`answered(reason) and not answered(follow)`, `0: can never be true: no answers meet this condition`},
		{`broken == "x" and score(broken.part) > 3`, ``},
		{`broken and overal == "x"`, `11: there is no question 'overal': did you mean 'overall'?`},
		{`nowhere == "x"`, `0: there is no such thing: add one`},
		{`answered(nowhere)`, `9: there is no such thing: add one`},
		{`reason == "太贵"`, `10: '太贵' is what the respondent reads: write the option's id, "dear"`},
		{`overall == good`, `11: an option needs quotes: write "good"`},
		{`overall in [good, "fair"]`, `12: an option needs quotes: write "good"`},
		{`likes contains price`, `15: an option needs quotes: write "price"`},
		{`"price" in likes`, `0: write it the other way round: likes contains "price"`},
		{`member == "yes"`, `10: member is true or false: write member, or not member`},
		{`member == yes`, `10: member is true or false: write member, or not member`},
		{`member == 1`, `10: member is true or false: write member, or not member`},
		{`overall == ""`, `11: for an unanswered question write not answered(overall)`},
		{`advice != ''`, `10: for an answered question write answered(advice)`},
		{`overall == null`, `11: null is not part of the language: for an unanswered question write not answered(overall)`},
		{`overall == nil`, `11: nil is not part of the language: for an unanswered question write not answered(overall)`},
		{`not overall == "good"`, `0: put brackets around what not applies to: not (overall == …)`},
		{`not likes contains "price"`, `0: put brackets around what not applies to: not (overall == …)`},
		{`not overall in ["good"]`, `0: put brackets around what not applies to: not (overall == …)`},
		{`overall == "good" or "fair"`, `21: a text alone is no condition: compare it with an answer; for one of several write overall in ["…", "…"]`},
		{`bought == "2026-1-1"`, `10: write "2026-1-1" like "2026-10-31", or it will never match`},
		{`bought in ["2026-01-01", "heute"]`, `25: write "heute" like "2026-10-31", or it will never match`},
		{`came < "9:00"`, `7: write "9:00" like "09:30", or it will never match`},
		{`answered("overall")`, `9: "overall" is not the name of a question: write it without quotes`},
		{`score(4)`, `6: 4 is not the name of a question`},
		{`member AND stars > 3`, `7: did not expect 'AND' here: write and in small letters`},
		{`overall is "good"`, `8: did not expect 'is' here: write ==`},
		{`overall of "good"`, `8: did not expect 'of' here: two parts are joined by one of == != < <= > >= and or in contains`},
		{`overall == "good" 或者 member`, `18: did not expect '或者' here: write or`},
		{`overall <> "good"`, `8: <> does not compare: write != for "not equal"`},
		{`stars => 3`, `6: => does not compare: write >=`},
		{`member & stars > 3`, `7: & is not part of the language: write and`},
		{`member | stars > 3`, `7: | is not part of the language: write or`},
		{`${overall} = 'good'`, `0: a question is named without braces: write overall == …`},
		{`overall in ("good", "fair")`, `18: did not expect ',' here: a list is written in brackets [ ], and decimals with a point`},
		{`stars > 3,5`, `9: did not expect ',' here: a list is written in brackets [ ], and decimals with a point`},
		{`answered(overall))`, `17: cannot be read from here on: did not expect ')'`},
		{`advice contains "（晚）" and overal == "x"`, `26: there is no question 'overal': did you mean 'overall'?`},
		{`全 == "x"`, `0: there is no question '全'`},
		{`member` + strings.Repeat(` or x`, 380), `1257: has more than 500 parts: simplify it`},
		{`false`, `0: can never be true: no answers meet this condition`},
		{strings.Repeat("(", 600) + "member" + strings.Repeat(")", 600), ``},
		{strings.Repeat("not ", 400) + "member", ``},
		{strings.Repeat("x", 2001), `0: longer than 2000 characters: shorten it`},
	} {
		_, faults := Compile(c.source, scope, budget())
		var said []string
		for _, f := range faults {
			all = append(all, f.Message)
			said = append(said, fmt.Sprintf("%d: %s", f.Offset, f.Message))
		}
		if got := strings.Join(said, " | "); got != c.want {
			t.Errorf("%.60s\n got %s\nwant %s", c.source, got, c.want)
		}
	}
	messagetest.Golden(t, "testdata/messages.txt", all, *update)
}

var update = flag.Bool("update", false, "write the messages in both languages into testdata/messages.txt")

// FuzzCompile checks that any source gives a tree that can be evaluated, or faults with offsets inside the source.
func FuzzCompile(f *testing.F) {
	f.Add(`overall == "good" and not (likes contains "price" or score(parts.staff) in [1, 5])`)
	f.Add(`"a" in ["b"] ?? x?.y[1:2] | let if {}`)
	f.Fuzz(func(t *testing.T, source string) {
		tree, faults := Compile(source, scope, budget())
		if len(faults) > 0 {
			for _, fault := range faults {
				if fault.Offset < 0 || fault.Offset > len([]rune(source)) || fault.Message.IsZero() {
					t.Fatalf("%+v", fault)
				}
			}
			return
		}
		tree.Holds(answers("overall=good likes=price stars=3 member=yes"))
		tree.Holds(answers(""))
	})
}
