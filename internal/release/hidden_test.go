package release

import (
	"testing"

	"glasspoll/internal/tally"
)

// TestHidingFollowers: what depended on a question that is hidden now, in the questionnaire that was answered, is hidden with it,
// though the one in force asks it of everybody.
func TestHidingFollowers(t *testing.T) {
	old := form(q + "      - {id: hurt, type: yes_no, label: Hurt}\n      - {id: how, type: yes_no, label: How, show_if: hurt}\n")
	c := newScene(t, old)
	c.arrive(4, "q=yes hurt=no")
	c.edit(form(q + "      - {id: hurt, type: yes_no, label: Hurt, publish: false}\n      - {id: how, type: yes_no, label: How}\n"))
	c.run(false)
	c.edit(old)
	c.arrive(1, "q=yes hurt=yes how=yes")
	c.edit(form(q + "      - {id: hurt, type: yes_no, label: Hurt, publish: false}\n      - {id: how, type: yes_no, label: How}\n"))
	c.run(false)
	c.want("hurt", "5 -")
	c.want("how", "5 -")
}

// TestSensitiveFollowers: the same of a question that has become sensitive.
func TestSensitiveFollowers(t *testing.T) {
	old := form(q+"      - {id: hurt, type: yes_no, label: Hurt}\n      - {id: how, type: yes_no, label: How, show_if: hurt}\n", "window: {until: 2026-10-20}")
	c := newScene(t, old)
	c.arrive(4, "q=yes hurt=no")
	c.arrive(1, "q=yes hurt=yes how=yes")
	c.edit(form(q+"      - {id: hurt, type: yes_no, label: Hurt, sensitive: true}\n      - {id: how, type: yes_no, label: How}\n", "window: {until: 2026-10-20}"))
	c.run(false)
	c.want("hurt", "5 -")
	c.want("how", "5 -")
}

// TestHidingRowsThatAreGone: a question is hidden with rows that the edit takes away, also when it is not asked any more.
func TestHidingRowsThatAreGone(t *testing.T) {
	m := func(rows, more string) string {
		return form(q+"      - {id: m, type: matrix, scale: s, label: M"+more+", rows: ["+rows+"]}\n", "scales: {s: [{id: a, label: A, score: 1}, {id: b, label: B, score: 0}]}")
	}
	c := newScene(t, m("{id: x, label: X}, {id: y, label: Yy}", ""))
	c.arrive(5, "q=yes m.x=a m.y=b")
	c.run(false)
	c.want("m.y", "5 n=5 b=5")
	c.edit(m("{id: x, label: X}", ", publish: false"))
	c.run(false)
	c.want("m.x", "5 -")
	c.want("m.y", "5 -")
	c.edit(form(q))
	c.run(false)
	c.want("m.y", "5 -")
}

// TestHidingAnotherType: a question is hidden with what it was when it had another type.
func TestHidingAnotherType(t *testing.T) {
	c := newScene(t, form(q+"      - {id: w, type: multi_choice, label: W, options: [{id: a, label: A}, {id: b, label: B}]}\n"))
	c.arrive(5, "q=yes w=a")
	c.run(false)
	c.edit(form(q+"      - {id: w, type: matrix, scale: s, label: W, publish: false, rows: [{id: x, label: X}]}\n", "scales: {s: [{id: a, label: A, score: 1}, {id: b, label: B, score: 0}]}"))
	c.run(false)
	c.want("w", "5 -")
	// the other way round: to a text
	c = newScene(t, form(q+"      - {id: w, type: ranking, label: W, options: [{id: a, label: A}, {id: b, label: B}]}\n"))
	c.arrive(5, "q=yes w.a=1 w.b=2")
	c.run(false)
	c.edit(form(q + "      - {id: w, type: long_text, label: W, private: true}\n"))
	c.run(false)
	c.want("w.a", "5 -")
}

// TestSensitiveRowsThatAreGone: a question becomes sensitive with rows that the edit takes away.
func TestSensitiveRowsThatAreGone(t *testing.T) {
	m := func(rows, more string) string {
		return form(q+"      - {id: m, type: matrix, scale: s, label: M"+more+", rows: ["+rows+"]}\n", "scales: {s: [{id: a, label: A, score: 1}, {id: b, label: B, score: 0}]}", "window: {until: 2026-10-20}")
	}
	c := newScene(t, m("{id: x, label: X}, {id: y, label: Yy}", ""))
	c.arrive(5, "q=yes m.x=a m.y=b")
	c.run(false)
	c.edit(m("{id: x, label: X}", ", sensitive: true"))
	c.run(false)
	c.want("m.x", "5 -")
	c.want("m.y", "5 -")
}

// TestRulesMakeParts: which questionnaire somebody has answered is known. If four of a block could not leave a question out, and
// it was left out once, it is known by whom: so what answers must meet divides parts.
func TestRulesMakeParts(t *testing.T) {
	for _, e := range [][2]string{
		{"{id: q, type: yes_no, label: Q}", "{id: q, type: yes_no, label: Q, required: true}"},
		{"{id: q, type: single_choice, label: Q, options: [{id: a, label: A}, {id: b, label: B}]}", "{id: q, type: single_choice, label: Q, options: [{id: a, label: A}, {id: b, label: B}], check: {that: q != \"a\", message: M}}"},
		{"{id: q, type: number, bands: [0, 18], max: 100, label: Q}", "{id: q, type: number, bands: [0, 18], max: 50, label: Q}"},
		{"{id: q, type: number, bands: [0, 18, 30], label: Q}", "{id: q, type: number, bands: [0, 18, 30], min: 0, label: Q}"},
		{"{id: q, type: multi_choice, label: Q, options: [{id: a, label: A}, {id: b, label: B}]}", "{id: q, type: multi_choice, label: Q, options: [{id: a, label: A, exclusive: true}, {id: b, label: B}]}"},
	} {
		a, b := parse(t, form("      - "+e[0]+"\n")), parse(t, form("      - "+e[1]+"\n"))
		if a.Shape == b.Shape {
			t.Errorf("the same shape: %s", e[1])
		}
	}
}

// TestRowsHaveNothingThatWaits: one of thirty is asked an item, so it waits; it is in no figure of rows either, from which, the
// other items being known, it would follow.
func TestRowsHaveNothingThatWaits(t *testing.T) {
	yaml := form("      - {id: all, type: rating, steps: 5, label: All}\n      - {id: call, type: rating, steps: 5, label: Call, show_if: channel == \"phone\"}\n", "scoring: {overall: all}")
	play := func(call string) *Release {
		c := newScene(t, yaml)
		c.arrive(29, "channel=web all=3")
		c.arrive(1, "channel=phone all=3 call="+call)
		c.run(false)
		c.want("call", "30 -")
		return c.last.Public()
	}
	a, b := play("1"), play("5")
	sig := tally.RowSignature(parse(t, yaml))
	if x, y := a.Rows[sig], b.Rows[sig]; x.Index != y.Index {
		t.Errorf("rows say what the one has answered: %d, %d", x.Index, y.Index)
	}
}

// TestCodedBase: a sensitive question that few are asked is not coded: of three, the two who know each other's answers would
// know the third's.
func TestCodedBase(t *testing.T) {
	play := func(third string) *scene {
		c := newScene(t, form("      - {id: hurt, type: yes_no, sensitive: true, label: Hurt, show_if: channel == \"phone\"}\n", "window: {until: 2026-10-20}"))
		c.arrive(22, "channel=web")
		c.arrive(1, "channel=phone hurt=yes")
		c.arrive(1, "channel=phone hurt=no")
		c.arrive(1, "channel=phone hurt="+third)
		c.run(true)
		return c
	}
	for _, third := range []string{"yes", "no"} {
		c := play(third)
		for key, coded := range c.last.Coded {
			t.Errorf("%s: the third has answered %s: %v", key, third, coded.Counts)
		}
		c.arrive(2, "channel=phone hurt=yes")
		c.arrive(3, "channel=web")
		c.run(true)
		if len(c.last.Coded) != 1 {
			t.Error("five are asked, and it is not coded")
		}
	}
}
