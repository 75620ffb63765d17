package survey_test

import (
	"testing"

	"glasspoll/internal/survey"
)

func TestShort(t *testing.T) {
	s := parse(t, whole(t))
	tier, _ := s.Question("tier")
	field := func(name string) survey.Field {
		f, ok := s.Field(name)
		if !ok {
			t.Fatalf("no field %s", name)
		}
		return f
	}
	satisfaction := field("items.speed").Question.Options
	// A form holds no texts: they come from the survey in force.
	form, err := survey.DecodeForm(s.Form(), s)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := form.Field("items.speed")
	for _, c := range []struct{ have, want string }{
		{tier.Short("en"), "Tier of customers"}, {tier.Short("zh"), "客户级别"},
		{field("overall").Short("en"), "Overall"}, // has none
		{field("items.speed").Short("en"), "Fast"}, {field("items.care").Short("en"), "Care"},
		{satisfaction[0].Short("en"), "Content"}, {satisfaction[1].Short("en"), "Dissatisfied"},
		{field("overall").Options()[0].Short("en"), ""},
		{again.Short("en"), "Fast"}, {again.Question.Options[0].Short("zh"), "好"},
	} {
		if c.have != c.want {
			t.Errorf("%q, not %q", c.have, c.want)
		}
	}
}
