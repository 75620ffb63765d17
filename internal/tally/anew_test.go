package tally

import "testing"

// However often a fold is begun anew before it has caught up, alerts are looked at from the same place on.
func TestAnew(t *testing.T) {
	s := parse(t, `
title: T
languages: [en]
sections: [{questions: [{id: q, type: yes_no, label: Q}]}]
`)
	first := Anew(s, nil)
	if first.Alerted != "" || first.Cursor != "" || first.Shape != s.Shape || first.Cohorts == nil {
		t.Errorf("the first is %+v", first)
	}
	first.Pass("5")
	if first.Cursor != "5" || first.Alerted != "" {
		t.Errorf("after 5: %+v", first)
	}
	second := Anew(s, first)
	second.Pass("2")
	if second.Cursor != "2" || second.Alerted != "5" {
		t.Errorf("folded anew to 2: %+v", second)
	}
	empty := Empty(second)
	if empty.Shape != "" || empty.Cursor != "" || empty.Alerted != "5" {
		t.Errorf("emptied on the way: %+v", empty)
	}
	kept, err := Decode(empty.Encode())
	if err != nil {
		t.Fatal(err)
	}
	third := Anew(s, kept)
	for cursor, alerted := range map[string]string{"3": "5", "5": ""} {
		again := Anew(s, third)
		again.Pass(cursor)
		if again.Cursor != cursor || again.Alerted != alerted {
			t.Errorf("at %s: %+v", cursor, again)
		}
	}
}
