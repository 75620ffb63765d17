package draft

import (
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	ids := IDs{}
	for _, c := range []struct{ name, want string }{
		{"overall", "overall"},
		{"Overall", "overall_2"},
		{"deliveryTime", "delivery_time"},
		{"1st", "question_1st"},
		{"and", "question_and"},
		{"满意", "question_1"},
		{"评价", "question_2"},
		{"Café au lait", "cafe_au_lait"},
		{strings.Repeat("x", 80), strings.Repeat("x", maxID)},
	} {
		if got := ids.Name(c.name, "question"); got != c.want {
			t.Errorf("%q has the id %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range []struct{ value, want string }{{"99", "99"}, {"-99", "minus_99"}, {"and", "and_2"}, {"18+", "18_plus"}} {
		if got := (IDs{"and": 1}).Value(c.value, "option"); got != c.want {
			t.Errorf("%q has the id %q, want %q", c.value, got, c.want)
		}
	}
}
