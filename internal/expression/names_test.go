package expression

import "testing"

// TestComparedNames compares names with each other: whether a condition can be true depends on the values of both.
func TestComparedNames(t *testing.T) {
	scope := Scope{"a": {Kind: Number}, "b": {Kind: Number}, "c": {Kind: Number}, "x": {Kind: Text}, "y": {Kind: Text}, "z": {Kind: Text}}
	for source, want := range map[string]bool{
		"a > b":                                   true,
		"a < b and b < c":                         true,
		"a > 5 and b > a and c > b and c < 6":     true,
		"a > b and b > a":                         false,
		"a < b and b < c and c < a":               false,
		"x < y and y < z":                         true,
		`x > "m" and y > x and z > y and z < "n"`: true,
		"x < y and y < x":                         false,
	} {
		_, faults := Compile(source, scope, budget())
		if (len(faults) == 0) != want {
			t.Errorf("%s: %v", source, faults)
		}
	}
}
