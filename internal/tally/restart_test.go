package tally

import "testing"

// TestRestart checks that alerts are evaluated from the same cursor on, even if a fold is restarted before it has caught up.
func TestRestart(t *testing.T) {
	s := parse(t, `
title: T
languages: [en]
sections: [{questions: [{id: q, type: yes_no, label: Q}]}]
`)
	first := Restart(s, nil)
	if first.Alerted != "" || first.Cursor != "" || first.Shape != s.Shape || first.Cohorts == nil {
		t.Errorf("the first is %+v", first)
	}
	first.Advance("5")
	if first.Cursor != "5" || first.Alerted != "" {
		t.Errorf("after 5: %+v", first)
	}
	second := Restart(s, first)
	second.Advance("2")
	if second.Cursor != "2" || second.Alerted != "5" {
		t.Errorf("restarted, and folded to 2: %+v", second)
	}
	empty := Empty(second)
	if empty.Shape != "" || empty.Cursor != "" || empty.Alerted != "5" {
		t.Errorf("emptied midway: %+v", empty)
	}
	kept, err := Decode(empty.Encode())
	if err != nil {
		t.Fatal(err)
	}
	third := Restart(s, kept)
	for cursor, alerted := range map[string]string{"3": "5", "5": ""} {
		again := Restart(s, third)
		again.Advance(cursor)
		if again.Cursor != cursor || again.Alerted != alerted {
			t.Errorf("at %s: %+v", cursor, again)
		}
	}
}
