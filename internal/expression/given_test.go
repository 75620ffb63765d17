package expression

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/decimal"
)

// TestGiven checks, for random conditions, answers and known names, that what is left of a condition means the same, depends
// on no known name, and simplifies no further.
func TestGiven(t *testing.T) {
	names := append(slices.Sorted(maps.Keys(smallValues)), "s")
	rapid.Check(t, func(t *rapid.T) {
		tree := drawTree(t, 3)
		facts := drawAnswers(t)
		isKnown := map[string]bool{}
		for _, name := range names {
			isKnown[name] = rapid.Bool().Draw(t, "known "+name)
		}
		known := func(name string) ([]string, bool) { return facts[name], isKnown[name] }
		left := tree.Given(known)
		for _, name := range left.Uses() {
			if isKnown[name] {
				t.Fatalf("%s of %s depends on %s", left.json(), tree.json(), name)
			}
		}
		if again := left.Given(known); again.json() != left.json() {
			t.Fatalf("%s\nbecomes %s\nand then %s", tree.json(), left.json(), again.json())
		}
		var back Tree
		if err := json.Unmarshal([]byte(left.json()), &back); err != nil || back.json() != left.json() {
			t.Fatalf("%s is read as %s, %v", left.json(), back.json(), err)
		}
		for range 20 {
			answers := drawAnswers(t)
			all := func(name string) []string {
				if isKnown[name] {
					return facts[name]
				}
				return answers[name]
			}
			if left.Holds(answers.values) != tree.Holds(all) {
				t.Fatalf("%s\nbecomes %s\nknown %v: %v\nanswers %v: %v, want %v", tree.json(), left.json(), isKnown, facts, answers, left.Holds(answers.values), tree.Holds(all))
			}
		}
	})
}

// drawTree draws a condition in the names of small, also such as the compiler does not make; depth bounds its nesting.
func drawTree(t *rapid.T, depth int) Tree {
	literal := func(text string) Tree { return Tree{Op: "literal", Text: &text} }
	numeral := func(d decimal.Decimal) Tree { return Tree{Op: "literal", Number: &d} }
	some := func(names ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID).Draw(t, "names")
	}
	number := func() Tree {
		switch rapid.IntRange(0, 3).Draw(t, "number") {
		case 0:
			return Tree{Op: "number", Names: some("n", "m", "r")[:1]}
		case 1:
			name := some("c", "d")[0]
			return Tree{Op: "score", Names: []string{name}, Scores: small[name].Scores}
		case 2:
			return Tree{Op: "count", Names: some("s", "c", "n")}
		}
		return numeral(decimal.Decimal(rapid.SampledFrom([]int{0, 1000, 2000, 2500, 3000}).Draw(t, "constant")))
	}
	text := func() Tree {
		switch rapid.IntRange(0, 2).Draw(t, "text") {
		case 0:
			return Tree{Op: "text", Names: some("t", "u")[:1]}
		case 1:
			return Tree{Op: "choice", Names: some("c", "d")[:1]}
		}
		return literal(rapid.SampledFrom([]string{"a", "b", "k", "kk"}).Draw(t, "constant"))
	}
	sign := func() string { return rapid.SampledFrom([]string{"==", "<", "<="}).Draw(t, "sign") }
	most := 10
	if depth == 0 {
		most = 5
	}
	switch rapid.IntRange(0, most).Draw(t, "part") {
	case 0:
		return Tree{Op: sign(), Args: []Tree{number(), number()}}
	case 1:
		return Tree{Op: sign(), Args: []Tree{text(), text()}}
	case 2:
		return Tree{Op: "in", Args: []Tree{text(), {Op: "list", Args: []Tree{literal("a"), literal("x"), literal("k")}[:rapid.IntRange(0, 3).Draw(t, "items")]}}}
	case 3:
		return Tree{Op: "contains", Args: []Tree{{Op: rapid.SampledFrom([]string{"set", "text"}).Draw(t, "kind"), Names: some("s", "t")[:1]}, literal("a")}}
	case 4:
		return Tree{Op: "bool", Names: []string{"y"}}
	case 5:
		return Tree{Op: "answered", Names: some("c", "s", "t", "n")}
	case 6:
		side := func() Tree {
			return rapid.SampledFrom([]Tree{{Op: "bool", Names: []string{"y"}}, truth(true), truth(false), drawTree(t, depth-1)}).Draw(t, "side")
		}
		return Tree{Op: "==", Args: []Tree{side(), side()}}
	case 7:
		return not(drawTree(t, depth-1))
	case 8, 9:
		return Tree{Op: "or", Args: []Tree{drawTree(t, depth-1), drawTree(t, depth-1)}}
	default:
		return Tree{Op: "and", Args: []Tree{drawTree(t, depth-1), drawTree(t, depth-1)}}
	}
}

// TestGivenIsCanonical checks that what is left is the same where it means the same.
func TestGivenIsCanonical(t *testing.T) {
	known := func(text string) func(string) ([]string, bool) {
		values := answers(text)
		return func(name string) ([]string, bool) {
			return values(name), name == "channel" || name == "language" || name == "branch"
		}
	}
	for _, c := range []struct{ source, facts, want string }{
		{`channel == "web"`, "channel=web", "true"},
		{`channel == "web"`, "channel=phone", "false"},
		{`channel != "web"`, "", "true"},
		{`channel == "web" and member`, "channel=web", `member`},
		{`channel == "web" and member`, "channel=phone", `false`},
		{`channel == "web" or member`, "channel=web", `true`},
		{`member and (stars > 3 or channel == "web")`, "channel=phone", `stars > 3 and member`},
		{`not (channel == "web" and member)`, "channel=web", `not member`},
		{`not (not member or stars > 3)`, "", `not (stars > 3) and member`},
		{`member == true and (channel in ["web"]) == true`, "channel=web", `member`},
		{`member or not member`, "", `true`},
		{`overall in ["good", "fair"]`, "", `overall == "fair" or overall == "good"`},
		{`overall == "fair" or overall == "good" or overall == "fair"`, "", `overall == "fair" or overall == "good"`},
		{`answered(parts)`, "", `answered(parts)`},
		{`branch == "north" and channel == "web" or member and language == "zh"`, "channel=phone language=zh", `member`},
	} {
		tree, faults := Compile(c.source, scope, budget())
		if len(faults) > 0 {
			t.Fatal(c.source, faults)
		}
		var want Tree
		switch c.want {
		case "true", "false":
			want = truth(c.want == "true")
		default:
			if want, faults = Compile(c.want, scope, budget()); len(faults) > 0 {
				t.Fatal(c.want, faults)
			}
			want = want.Given(func(string) ([]string, bool) { return nil, false })
		}
		if got := tree.Given(known(c.facts)); got.json() != want.json() {
			t.Errorf("%s given %q: %s, want %s", c.source, c.facts, got.json(), want.json())
		}
	}
}

// TestCheck checks that conditions pass, and that what cannot be evaluated does not.
func TestCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := drawTree(t, 3)
		if err := tree.Check(); err != nil {
			t.Fatalf("%s: %v", tree.json(), err)
		}
		if left := tree.Given(func(name string) ([]string, bool) { return nil, name < "n" }); left.Check() != nil {
			t.Fatalf("%s: %v", left.json(), left.Check())
		}
	})
	for _, bad := range []string{`{}`, `{"op":"and"}`, `{"op":"and","args":[{"op":"bool","names":["a"]},{"op":"or"}]}`, `{"op":"not","args":[]}`, `{"op":"=="}`,
		`{"op":"==","args":[{"op":"choice"},{"op":"literal","text":"a"}]}`, `{"op":"<","args":[{"op":"literal"},{"op":"count","names":["a"]}]}`, `{"op":"in","args":[{"op":"choice","names":["a"]},{"op":"literal"}]}`,
		`{"op":"contains","args":[{"op":"set"},{"op":"literal","text":"a"}]}`, `{"op":"answered"}`, `{"op":"bool"}`, `{"op":"literal","text":"a"}`, `{"op":"choice","names":["a"]}`, `{"op":"list"}`, `{"op":"count"}`,
		`{"op":"==","args":[{"op":"not"},{"op":"literal","bool":true}]}`} {
		var tree Tree
		if err := json.Unmarshal([]byte(bad), &tree); err != nil {
			t.Fatal(err)
		}
		if tree.Check() == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
