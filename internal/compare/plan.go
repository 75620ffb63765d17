package compare

import (
	"reflect"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// plan compares how the survey is carried out, on which no figure depends. A plan that was edited has to be approved again.
func (c *comparer) plan() {
	old, new := c.old.Plan, c.new.Plan
	part := message.New("plan")
	switch {
	case old == nil && new == nil:
	case old == nil:
		c.add(Wording, part, path{"plan"}, "the plan was added")
	case new == nil:
		c.addRemoved(Wording, part, path{"plan"}, "the plan was removed: its page is taken back")
	case !reflect.DeepEqual(withoutDocument(old), withoutDocument(new)):
		doc, before := c.new.PlanDocument(), c.old.PlanDocument()
		if doc != nil && before != nil && doc.IsApproved() && doc.ApprovedOn == before.ApprovedOn {
			c.add(Wording, part, path{"plan"}, "the plan was edited, and its approval is still that of %s: have it approved again", doc.ApprovedOn)
		} else {
			c.add(Wording, part, path{"plan"}, "the plan was edited")
		}
	case !reflect.DeepEqual(old.Document, new.Document):
		c.add(Wording, part, path{"plan"}, "the plan's entry in the quality manual was edited")
	}
}

// withoutDocument returns a plan without its entry in the quality manual.
func withoutDocument(p *survey.Plan) survey.Plan {
	plan := *p
	plan.Document = nil
	return plan
}
