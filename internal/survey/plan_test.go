package survey

import "testing"

// A plan is public where results are.
func TestPlanIsPublicWithResults(t *testing.T) {
	for audience, want := range map[string]bool{"public": true, "staff": false, "management": false} {
		s := &Survey{Plan: &Plan{Purpose: Text{"en": "P"}}, Results: Results{Audience: audience}}
		if s.HasPublicPlan() != want || (s.Public().Plan != nil) != want || s.Plan == nil {
			t.Errorf("%s: %v, %v", audience, s.HasPublicPlan(), s.Public().Plan)
		}
	}
	if s := (&Survey{Results: Results{Audience: "public"}}); s.HasPublicPlan() {
		t.Error("a survey without a plan has one")
	}
}

// A plan without an entry of its own in the quality manual has the questionnaire's.
func TestPlanDocument(t *testing.T) {
	whole, own := &Document{Number: "1"}, &Document{Number: "2"}
	for _, c := range []struct {
		s    Survey
		want *Document
	}{
		{Survey{}, nil},
		{Survey{Document: whole}, whole},
		{Survey{Document: whole, Plan: &Plan{}}, whole},
		{Survey{Document: whole, Plan: &Plan{Document: own}}, own},
	} {
		if got := c.s.PlanDocument(); got != c.want {
			t.Errorf("%+v: %+v", c.s, got)
		}
	}
}
