package news

import (
	"reflect"
	"testing"
	"time"

	"glasspoll/internal/cases"
)

func sample() *cases.Case {
	return &cases.Case{
		ID: "7K3M9QXA2B4CD5E6", Survey: "service", Period: "2026-Q4", Response: "0d9f2c3e", Alert: "low", Type: "complaint", Severity: "major", Priority: "high", Owner: "客服部",
		Opened: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Due: "2026-11-27", Result: "called Ms Li", Closed: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), CustomerTold: true,
	}
}

// escalated returns a case that has been handed up to roles.
func escalated(roles ...string) *cases.Case {
	c := sample()
	c.Above = roles
	for range roles {
		if err := c.Escalate("nobody has called", "desk", time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)); err != nil {
			panic(err)
		}
	}
	return c
}

func TestItemsAreStored(t *testing.T) {
	at := time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)
	ids := map[string]bool{}
	for _, i := range []Item{OfOpened(sample()), OfOverdue(sample(), at), OfEscalated(escalated("主管")), OfEscalated(escalated("主管", "总经理")), OfClosed(sample())} {
		i.Deliveries = map[string]Delivery{"slack": {Attempts: 2, Error: "429"}}
		data, err := i.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data, 3)
		i.Revision = 3
		if err != nil || !reflect.DeepEqual(back, i) {
			t.Errorf("%+v, %v\nwant %+v", back, err, i)
		}
		if ids[i.ID] {
			t.Errorf("two items have the id %s", i.ID)
		}
		ids[i.ID] = true
		if of := OpenedCase(i.ID); (of == sample().ID) != (i.Kind == CaseOpened) {
			t.Errorf("%s opens %q", i.ID, of)
		}
	}
	if _, err := (Item{ID: "x"}).Encode(); err == nil {
		t.Error("an item of no survey is stored")
	}
	for _, damaged := range []string{"", "{", `{"id":"x"}`, `{"format":2,"id":"x"}`} {
		if i, err := Decode([]byte(damaged), 1); err == nil {
			t.Errorf("%q is read as %+v", damaged, i)
		}
	}
}
