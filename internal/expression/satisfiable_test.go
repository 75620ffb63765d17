package expression

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/expr-lang/expr/parser"
	"pgregory.net/rapid"

	"glasspoll/internal/decimal"
	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 20_000) }

// small is a scope with few values.
var small = Scope{
	"c": {Kind: Choice, Options: []string{"a", "b", "x"}, Scores: map[string]decimal.Decimal{"a": 1000, "b": 2000}},
	"d": {Kind: Choice, Options: []string{"a", "b"}, Scores: map[string]decimal.Decimal{"a": 2000, "b": 3000}, Asked: &Tree{Op: "bool", Names: []string{"y"}}},
	"s": {Kind: Set, Options: []string{"a", "b", "x"}},
	"n": {Kind: Number, Min: decimalOf(0), Max: decimalOf(4)},
	"m": {Kind: Number},
	"r": {Kind: Number, Options: []string{"1", "2", "3"}},
	"y": {Kind: Bool},
	"t": {Kind: Text},
	"u": {Kind: Text},
}

// smallValues lists values of the names in small, around the constants of drawCondition; "" means no answer.
var smallValues = map[string][]string{
	"c": {"", "a", "b", "x"}, "d": {"", "a", "b"}, "y": {"", "yes", "no"}, "r": {"", "1", "2", "3"},
	"n": {"", "0", "0.5", "1", "2", "2.5", "2.501", "3", "3.999", "4"}, "m": {"", "-1", "0", "1", "1.5", "2", "2.25", "2.5", "2.75", "3", "4", "100"},
	"t": {"", "a", "k", "ka", "kk", "kz", "z", "zz"}, "u": {"", "j", "k", "kb", "kk", "y", "z", "zzz"},
}

// impossible lists conditions, in the names of small, that no answers meet: at least one of each kind.
var impossible = []string{
	`n > 4`, `n < 0`, `n > 2.5 and n < 2`, `m > 3 and not (m > 2)`, `n > m and m > 4`, `m < n and n < m`, `r == 2.5`, `r > 3`, `r < n and n < 1`,
	`score(c) > 2`, `score(d) < 2`, `score(c) == 2 and c == "a"`, `score(c) > score(d) and score(d) > 2`, `count(s) > 3`, `count(s) == 2.5`, `count(s) == 0 and answered(s)`,
	`t == "k" and t == "kk"`, `t < "k" and t > "z"`, `t < u and u < t`, `t == u and t != u`,
	`c == "a" and c == "b"`, `c == d and c == "x"`, `c in ["a", "x"] and c == "b"`, `answered(c) and c != "a" and c != "b" and c != "x"`,
	`s contains "a" and count(s) == 0`, `s contains "a" and s contains "x" and count(s) < 2`,
	`y and not y`, `y and y == false`, `answered(d) and not y`, `d == "a" and y == false`, `not (y or not y)`,
}

// TestImpossibleConditions checks that each of them is found, and that no answers meet it.
func TestImpossibleConditions(t *testing.T) {
	for _, source := range impossible {
		if !isImpossible(source) {
			t.Errorf("%s is not found to be impossible", source)
			continue
		}
		tree := mustParse(t, source)
		rapid.Check(t, func(t *rapid.T) {
			if given := drawAnswers(t); tree.Holds(given.values) {
				t.Fatalf("%s is met by %v", source, given)
			}
		})
	}
}

// TestImpossibleIsNeverMet checks that random answers never meet a random condition that was found to be impossible.
func TestImpossibleIsNeverMet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := drawCondition(t, 3)
		if !isImpossible(source) {
			return
		}
		tree := mustParse(t, source)
		for range 50 {
			if given := drawAnswers(t); tree.Holds(given.values) {
				t.Fatalf("%s is met by %v", source, given)
			}
		}
	})
}

// isImpossible reports whether that is the only fault of a condition in the names of small.
func isImpossible(source string) bool {
	_, faults := Compile(source, small, budget())
	return len(faults) == 1 && faults[0].Message.String() == "can never be true: no answers meet this condition"
}

// mustParse compiles a condition in the names of small without asking whether it can be true.
func mustParse(t interface{ Fatal(...any) }, source string) Tree {
	parsed, err := parser.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	c := compiler{scope: small}
	return c.condition(parsed.Node)
}

type given map[string][]string

func (g given) values(name string) []string { return g[name] }

// drawAnswers draws answers to some of the names in small. d is answered only if it is asked.
func drawAnswers(t *rapid.T) given {
	g := given{}
	for _, name := range slices.Sorted(maps.Keys(smallValues)) {
		if v := rapid.SampledFrom(smallValues[name]).Draw(t, name); v != "" {
			g[name] = []string{v}
		}
	}
	for _, id := range small["s"].Options {
		if rapid.Bool().Draw(t, id) {
			g["s"] = append(g["s"], id)
		}
	}
	if len(g["y"]) == 0 || g["y"][0] != "yes" {
		delete(g, "d")
	}
	return g
}

// drawCondition draws a condition in the names of small; depth bounds its nesting.
func drawCondition(t *rapid.T, depth int) string {
	number := func() string {
		return rapid.SampledFrom([]string{"n", "m", "r", "score(c)", "score(d)", "count(s)", "0", "1", "2", "2.5", "3", "4"}).Draw(t, "number")
	}
	text := func() string { return rapid.SampledFrom([]string{"t", "u", `"k"`, `"kk"`, `"z"`}).Draw(t, "text") }
	sign := func() string {
		return rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "sign")
	}
	most := 8
	if depth == 0 {
		most = 5
	}
	switch rapid.IntRange(0, most).Draw(t, "part") {
	case 0:
		return number() + " " + sign() + " " + number()
	case 1:
		return text() + " " + sign() + " " + text()
	case 2:
		return rapid.SampledFrom([]string{`c == "a"`, `c == d`, `c in ["a", "x"]`, `d != "b"`, `c != d`}).Draw(t, "choice")
	case 3:
		return rapid.SampledFrom([]string{`s contains "a"`, `s contains "x"`, `answered(s)`}).Draw(t, "set")
	case 4:
		return rapid.SampledFrom([]string{"y", "y == false", "y != true"}).Draw(t, "bool")
	case 5:
		return fmt.Sprintf("answered(%s)", rapid.SampledFrom([]string{"c", "d", "n", "t"}).Draw(t, "name"))
	case 6:
		return "(" + drawCondition(t, depth-1) + ") or (" + drawCondition(t, depth-1) + ")"
	case 7:
		return "not (" + drawCondition(t, depth-1) + ")"
	default:
		return "(" + drawCondition(t, depth-1) + ") and (" + drawCondition(t, depth-1) + ")"
	}
}
