package invitation_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

func invitedSurvey(t *testing.T, anonymity string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(`
title: {en: Tea}
languages: [en]
access: invited
anonymity: `+anonymity+`
sections:
  - questions:
      - {id: tier, type: hidden, label: {en: Tier}, segment: true, options: [{id: a, label: {en: A}}, {id: b, label: {en: B}}]}
      - {id: shop, type: hidden, label: {en: Shop}, options: [{id: ada, label: {en: Ada}}]}
      - {id: taste, type: rating, steps: 5, low: {en: Poor}, high: {en: Good}, label: {en: Taste}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestCounterOf checks what is counted together, by the names that stores keep.
func TestCounterOf(t *testing.T) {
	t.Parallel()
	plain := invitation.Invitation{Channel: "e mail/1", Values: map[string]string{"tier": "b", "shop": "ada"}}
	bound, odd := plain, plain
	bound.Period = "2026-Q3"
	odd.Values = map[string]string{"tier": "c"}
	for _, c := range []struct {
		anonymity string
		i         invitation.Invitation
		step      invitation.Step
		want      string
	}{
		{"confidential", plain, invitation.Opened, "1/opened/2026-11-30/2026-Q4/e+mail%2F1/tier=b"},
		{"identified", bound, invitation.Completed, "1/completed/2026-11-30/2026-Q3/e+mail%2F1/tier=b"},
		{"confidential", odd, invitation.Started, "1/started/2026-11-30/2026-Q4/e+mail%2F1/tier="},
		{"confidential", plain, invitation.Issued, "1/issued//2026-Q4/e+mail%2F1/tier=b"},
		{"anonymous", plain, invitation.Completed, "1/completed/2026-11-30/2026-Q4//"},
		{"anonymous", plain, invitation.Accepted, "1/accepted/2026-11-30/2026-Q4/e+mail%2F1/tier=b"},
	} {
		counter := invitation.CounterOf(invitedSurvey(t, c.anonymity), c.i, c.step, "2026-11-30", "2026-Q4")
		if name := counter.Name(); name != c.want {
			t.Errorf("%s, %s: %s, want %s", c.anonymity, c.step, name, c.want)
		}
		if back, ok := invitation.ParseCounter(c.want); !ok || !reflect.DeepEqual(back, counter) {
			t.Errorf("%s: %+v, %t; want %+v", c.want, back, ok, counter)
		}
	}
}

// TestForeignCounters: what is no name of a counter is none, and never a panic.
func TestForeignCounters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "1", "opened/a/2026-11-30", "2/opened/2026-11-30/all//", "1/opened/2026-11-31/all//", "1/opened//all//", "1/issued/2026-11-30/all//",
		"1/seen/2026-11-30/all//", "1/opened/2026-11-30///", "1/opened/2026-11-30/all//tier", "1/opened/2026-11-30/all//=a",
		"1/opened/2026-11-30/all//tier=a&tier=a", "1/opened/2026-11-30/all//b=1&a=1", "1/opened/2026-11-30/all/e mail/", "1/opened/2026-11-30/all/%zz/",
		"1/opened/2026-11-30/all///", "1/opened/2026-11-30/all//tier=%", "1/opened/2026-11-30/all/" + strings.Repeat("a", 600) + "/",
	} {
		if c, ok := invitation.ParseCounter(name); ok {
			t.Errorf("%q is %+v", name, c)
		}
	}
}

// TestCounterNames: whatever a counter holds, its name is short and is read back.
func TestCounterNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := invitation.Counter{
			Step: rapid.SampledFrom(invitation.Steps).Draw(r, "step"), Period: rapid.StringN(1, 9, 20).Draw(r, "period"),
			Channel: rapid.String().Draw(r, "channel"), Day: "2026-11-30",
		}
		if c.Step == invitation.Issued || c.Step == invitation.TakenBack {
			c.Day = ""
		}
		if values := rapid.MapOfN(rapid.StringN(1, 9, 20), rapid.String(), 0, 4).Draw(r, "values"); len(values) > 0 {
			c.Values = values
		}
		name := c.Name()
		back, ok := invitation.ParseCounter(name)
		if !ok || len(name) > 512 {
			r.Fatalf("%q of %d bytes is no name", name, len(name))
		}
		if whole := reflect.DeepEqual(back, c); !whole && (back.Channel != "" || back.Values != nil || back.Step != c.Step || back.Period != c.Period) {
			r.Errorf("%+v is read as %+v", c, back)
		}
		if again := back.Name(); again != name {
			r.Errorf("%q is read as %q", name, again)
		}
	})
}
