package release

import (
	"strings"
	"testing"

	"glasspoll/internal/tally"
)

// TestAnnul takes blocks out: alone, with the step that their rows went into, with what they were coded with.
func TestAnnul(t *testing.T) {
	c := newScene(t, form(tier+q+"      - {id: all, type: rating, steps: 5, label: All}\n      - {id: a, type: rating, steps: 5, label: A}\n"+
		"      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n      - {id: call, type: yes_no, label: Call, show_if: channel == \"phone\"}\n",
		"scoring: {overall: all}", "window: {until: 2026-10-20}"))
	var history []*Release
	run := func(closed bool) {
		t.Helper()
		if !c.run(closed) {
			t.Fatal("nothing released")
		}
		history = append(history, c.last)
	}
	c.arrive(20, "tier=gold q=yes all=5 a=5 hurt=no channel=phone call=no")
	c.arrive(10, "tier=tin q=yes all=4 a=2 hurt=no channel=phone call=yes")
	run(false)
	c.arrive(12, "tier=gold q=no all=1 a=1 hurt=yes")
	run(false)
	c.arrive(30, "tier=tin q=yes all=3 a=3 hurt=no")
	run(false)
	run(true)
	if len(c.last.Coded) != 1 || len(c.last.Steps) != 2 {
		t.Fatalf("%d coded, %d steps", len(c.last.Coded), len(c.last.Steps))
	}
	c.want("q", "72 n=72 no=12 yes=60")
	c.want("call", "72 n=30 no=20 yes=10")

	r, err := Annul(history, c.forms, 2, nil, "paid for", "2026-10-21")
	if err != nil {
		t.Fatal(err)
	}
	before := *c
	c.last = r
	c.want("q", "60 n=60 yes=60")
	c.want("all", "60 n=60 3=30 4=10 5=20")
	c.want("call", "60 n=10 yes=10") // gold's is gone: what facts decide cannot be divided
	signature := tally.RowSignature(c.s)
	if len(r.Steps) != 2 || r.Steps[0].Rows != 30 || r.Steps[1].Rows != 0 || r.Rows[signature].N != 30 || r.Rows[signature].Index != history[0].Rows[signature].Index {
		t.Errorf("rows after: %+v, steps %+v", r.Rows[signature], r.Steps)
	}
	f, _ := c.s.Field("hurt")
	if coded := r.Coded[CodedKey(c.s, f)]; coded == nil || coded.N != 0 || len(coded.Counts) != 0 {
		t.Errorf("coded after: %+v", coded)
	}
	if len(r.Annulled) != 1 || r.Annulled[0].Respondents != 12 || r.Annulled[0].Reason != "paid for" || r.Annulled[0].Cohort != "gold" {
		t.Errorf("annulled: %+v", r.Annulled)
	}
	if again, err := Annul(append(history, r), c.forms, 2, nil, "again", "2026-10-22"); err == nil {
		t.Errorf("annulled twice: %v", again)
	}
	// Nobody of it is released again, and what follows is.
	c.arrive(5, "tier=gold q=yes")
	c.run(true)
	c.want("q", "65 n=65 yes=65")
	if f, _ := c.s.Field("hurt"); c.last.Coded[CodedKey(c.s, f)].N != 0 {
		t.Error("coded again")
	}

	*c = before
	if r, err = Annul(history, c.forms, 1, &Annulment{Shape: c.s.Shape, Cohort: "tin"}, "x", "2026-10-21"); err != nil {
		t.Fatal(err)
	}
	c.last = r
	c.want("q", "62 n=62 no=12 yes=50")
	for _, bad := range []struct {
		number int
		of     *Annulment
	}{{0, nil}, {5, nil}, {4, nil}, {1, &Annulment{Shape: c.s.Shape, Cohort: "none"}}} {
		if _, err := Annul(history, c.forms, bad.number, bad.of, "x", "2026-10-21"); err == nil || !strings.Contains(err.Error(), "release") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestAnnulHeld takes a block out before its sensitive answers were coded: they are not.
func TestAnnulHeld(t *testing.T) {
	c := newScene(t, form("      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n", "window: {until: 2026-10-20}"))
	var history []*Release
	for _, answers := range []string{"hurt=no", "hurt=yes"} {
		c.arrive(20, answers)
		c.run(false)
		history = append(history, c.last)
	}
	r, err := Annul(history, c.forms, 2, nil, "x", "2026-10-02")
	if err != nil {
		t.Fatal(err)
	}
	c.last = r
	c.run(true)
	f, _ := c.s.Field("hurt")
	if coded := c.last.Coded[CodedKey(c.s, f)]; coded == nil || coded.N != 20 || coded.Counts.Of("no") != 20 || coded.Counts.Of("yes") != 0 {
		t.Errorf("coded: %+v", coded)
	}
}

// TestAnnulTwoSteps takes out the blocks of two steps, one after the other: what is left are the rows of the third, also
// where a step has waited through an annulment.
func TestAnnulTwoSteps(t *testing.T) {
	c := newScene(t, form("      - {id: a, type: rating, steps: 5, label: A}\n"))
	var history []*Release
	run := func() {
		c.run(false)
		history = append(history, c.last)
	}
	annul := func(number int) {
		t.Helper()
		r, err := Annul(history, c.forms, number, nil, "x", "2026-10-02")
		if err != nil {
			t.Fatal(err)
		}
		c.last = r
		history = append(history, r)
	}
	c.arrive(30, "a=1")
	run() // the first step
	c.arrive(10, "a=5")
	run() // waits
	annul(1)
	c.arrive(30, "a=3")
	run() // the second step, from release 2 to 4
	c.arrive(40, "a=4")
	run() // the third
	annul(4)
	signature := tally.RowSignature(c.s)
	if rows := c.last.Rows[signature]; rows.N != 40 || rows.Index != 40*80_000 {
		t.Errorf("left: %+v", rows)
	}
	annul(5)
	if rows := c.last.Rows[signature]; rows.N != 0 || rows.Index != 0 || rows.Squares != 0 || len(c.last.Steps) != 3 {
		t.Errorf("left: %+v, %+v", rows, c.last.Steps)
	}
}

// TestAnnulTakenBack takes out blocks of a question that was sensitive for a while: what was taken back is taken out of what is
// held, and what was published before and after of what is public.
func TestAnnulTakenBack(t *testing.T) {
	plain := form(q+"      - {id: hurt, type: yes_no, label: Hurt}\n", "window: {until: 2026-10-20}")
	sensitive := form(q+"      - {id: hurt, type: yes_no, label: Hurt, sensitive: true}\n", "window: {until: 2026-10-20}")
	for number, want := range map[int]struct {
		public string
		held   int64
	}{1: {"15 n=8 no=8", 7}, 2: {"14 n=8 no=8", 6}, 3: {"13 n=0", 13}} {
		c := newScene(t, plain)
		var history []*Release
		run := func() {
			c.run(false)
			history = append(history, c.last)
		}
		c.arrive(6, "hurt=yes")
		run()
		c.arrive(7, "hurt=yes") // under the plain one
		c.edit(sensitive)
		run() // a block, and what is out is taken back with it
		c.edit(plain)
		c.arrive(8, "hurt=no")
		run()
		c.want("hurt", "21 n=8 no=8")
		r, err := Annul(history, c.forms, number, nil, "x", "2026-10-02")
		if err != nil {
			t.Fatal(err)
		}
		c.last = r
		if got := strings.TrimSuffix(c.public("hurt"), " no=0"); got != want.public {
			t.Errorf("without release %d: %s, want %s", number, got, want.public)
		}
		if held := r.held(c.s.Shape, "").Items["hurt"]; held.N != want.held || held.Counts.Of("yes") != want.held || held.Counts.Of("no") != 0 {
			t.Errorf("without release %d, held: %+v, want %d", number, held, want.held)
		}
	}
}
