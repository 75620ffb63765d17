package expression

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/expr-lang/expr/parser"
	"pgregory.net/rapid"

	"glasspoll/internal/decimal"
)

// No answers meet a condition that is said to be impossible.
func TestImpossibleIsImpossible(t *testing.T) {
	scope := Scope{
		"c": {Kind: Choice, Options: []string{"a", "b", "x"}, Scores: map[string]decimal.Decimal{"a": 1000, "b": 2000}},
		"d": {Kind: Choice, Options: []string{"a", "b"}, Scores: map[string]decimal.Decimal{"a": 2000, "b": 3000}, Asked: &Tree{Op: "bool", Names: []string{"y"}}},
		"s": {Kind: Set, Options: []string{"a", "b", "x"}},
		"n": {Kind: Number, Least: decimalOf(0), Most: decimalOf(4)},
		"m": {Kind: Number},
		"r": {Kind: Number, Options: []string{"1", "2", "3"}},
		"y": {Kind: Bool},
		"t": {Kind: Text},
		"u": {Kind: Text},
	}
	var sentence func(t *rapid.T, depth int) string
	sentence = func(t *rapid.T, depth int) string {
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
			return "(" + sentence(t, depth-1) + ") or (" + sentence(t, depth-1) + ")"
		case 7:
			return "not (" + sentence(t, depth-1) + ")"
		default:
			return "(" + sentence(t, depth-1) + ") and (" + sentence(t, depth-1) + ")"
		}
	}
	values := map[string][]string{
		"c": {"", "a", "b", "x"}, "d": {"", "a", "b"}, "y": {"", "yes", "no"}, "r": {"", "1", "2", "3"},
		"n": {"", "0", "0.5", "1", "2", "2.5", "2.501", "3", "3.999", "4"}, "m": {"", "-1", "0", "1", "1.5", "2", "2.25", "2.5", "2.75", "3", "4", "100"},
		"t": {"", "a", "k", "ka", "kk", "kz", "z", "zz"}, "u": {"", "j", "k", "kb", "kk", "y", "z", "zzz"},
	}
	impossible := 0
	rapid.Check(t, func(t *rapid.T) {
		source := sentence(t, 3)
		_, faults := Compile(source, scope, budget())
		if len(faults) != 1 || faults[0].Message != "can never be true: no answers meet this condition" {
			return
		}
		impossible++
		parsed, err := parser.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		c := compiler{scope: scope}
		tree := c.condition(parsed.Node)
		for range 50 {
			given := map[string][]string{}
			for _, name := range slices.Sorted(maps.Keys(values)) {
				among := values[name]
				if v := rapid.SampledFrom(among).Draw(t, name); v != "" {
					given[name] = []string{v}
				}
			}
			for _, id := range scope["s"].Options {
				if rapid.Bool().Draw(t, id) {
					given["s"] = append(given["s"], id)
				}
			}
			if len(given["y"]) == 0 || given["y"][0] != "yes" {
				delete(given, "d")
			}
			if tree.Holds(func(name string) []string { return given[name] }) {
				t.Fatalf("%s is met by %v", source, given)
			}
		}
	})
	if impossible == 0 {
		t.Error("no impossible condition was tried")
	}
}
