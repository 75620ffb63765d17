package release

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// scene is a period in which things happen one after the other.
type scene struct {
	t      *testing.T
	s      *survey.Survey // in force
	forms  map[string]*survey.Survey
	tally  *tally.Tally
	last   *Release
	people []answer.Response
	asked  []*survey.Survey // by each of the people
	day    int
}

func newScene(t *testing.T, yaml string) *scene {
	c := &scene{t: t, forms: map[string]*survey.Survey{}, tally: tally.New(), day: 1}
	c.edit(yaml)
	return c
}

// edit puts another questionnaire in force.
func (c *scene) edit(yaml string) {
	c.t.Helper()
	c.s = parse(c.t, yaml)
	c.forms[c.s.Shape] = c.s
}

func (c *scene) date() string { return fmt.Sprintf("2026-10-%02d", c.day) }

// arrive lets n people answer alike: "field=value field=value,value", and "channel=…".
func (c *scene) arrive(n int, answers string) {
	c.t.Helper()
	for range n {
		r := answer.Response{ID: fmt.Sprint(len(c.people)), Survey: c.s.ID, Version: c.s.Version, Period: "all", Language: "en"}
		given := map[string][]string{}
		for _, one := range strings.Fields(answers) {
			name, values, _ := strings.Cut(one, "=")
			given[name] = strings.Split(values, ",")
		}
		if channel := given["channel"]; channel != nil {
			r.Channel = channel[0]
		}
		for _, f := range c.s.Fields() {
			if values := given[f.Name]; values != nil {
				r.Answers = append(r.Answers, append(answer.Answer{f.Name}, values...))
			}
		}
		c.tally.Fold(c.s, cursorOf(len(c.people)), c.date(), r)
		c.people, c.asked = append(c.people, r), append(c.asked, c.s)
	}
}

// withdraw takes out the answers of one person.
func (c *scene) withdraw(i int) {
	c.t.Helper()
	if !c.tally.Unfold(c.asked[i], cursorOf(i), c.people[i]) {
		c.t.Fatalf("the answers of %d cannot be taken out", i)
	}
}

// run publishes and reports whether there was anything.
func (c *scene) run(closed bool) bool {
	c.t.Helper()
	before := c.last
	next, after := Next(c.s, c.forms, "all", c.date(), c.last, c.tally, closed)
	if next == nil {
		return false
	}
	number := 1
	if before != nil {
		number = before.Number + 1
	}
	if next.Number != number || after.Release != number || after.Cursor != c.tally.Cursor {
		c.t.Fatalf("release %d with a tally of release %d, want %d", next.Number, after.Release, number)
	}
	c.last, c.tally = next, after
	return true
}

// public says what is public of an item: how many are in its blocks, how many answered, and the counts.
func (c *scene) public(name string) string {
	total, members := &tally.Item{}, int64(0)
	if c.last == nil {
		return "nothing"
	}
	seen := false
	for _, p := range c.last.Public().Parts {
		for _, cohort := range p.Cohorts {
			members += cohort.Respondents
			if item := cohort.Items[name]; item != nil {
				seen = true
				total.Add(item)
			}
		}
	}
	text := fmt.Sprintf("%d", members)
	if !seen {
		return text + " -"
	}
	text += fmt.Sprintf(" n=%d", total.N)
	counts := slices.Clone(total.Counts)
	slices.SortFunc(counts, func(a, b tally.Chosen) int { return strings.Compare(a.Option, b.Option) })
	for _, x := range counts {
		if x.N != 0 {
			text += fmt.Sprintf(" %s=%d", x.Option, x.N)
		}
	}
	return text
}

func (c *scene) want(name, public string) {
	c.t.Helper()
	if got := c.public(name); got != public {
		c.t.Errorf("%s on %s: %s, want %s", name, c.date(), got, public)
	}
}

// form returns a questionnaire with these questions, k 5.
func form(questions string, more ...string) string {
	return "title: T\nlanguages: [en]\ntimezone: UTC\nchannels: [web, phone]\n" + strings.Join(more, "\n") + "\nsections:\n  - id: main\n    title: Main\n    questions:\n" + questions
}

const (
	q    = "      - {id: q, type: yes_no, label: Q}\n"
	tier = "      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}\n"
)

// TestBlocks: a block is all who wait of a cohort, when they are k; whoever is in one is in no other.
func TestBlocks(t *testing.T) {
	c := newScene(t, form(q))
	for i := range 4 {
		c.arrive(1, "q=yes")
		if c.run(false) {
			t.Fatalf("released with %d", i+1)
		}
	}
	c.arrive(1, "q=no")
	c.run(false)
	c.want("q", "5 n=5 no=1 yes=4")
	c.arrive(4, "q=no")
	if c.run(false) {
		t.Error("four more are released")
	}
	c.arrive(3, "")
	c.run(false)
	c.want("q", "12 n=9 no=5 yes=4") // all seven who waited, those who left it out among them
	if c.run(false) {
		t.Error("released twice")
	}
}

// TestTheFormIsThatOfTheAnswer: who has answered one shape of the questionnaire is in no block with who has answered another.
func TestTheFormIsThatOfTheAnswer(t *testing.T) {
	c := newScene(t, form(q))
	c.arrive(3, "q=yes")
	c.edit(form(q + "      - {id: more, type: yes_no, label: More}\n"))
	c.arrive(4, "q=no more=yes")
	if c.run(false) {
		t.Error("seven people of two questionnaires are released")
	}
	c.arrive(1, "q=no")
	c.run(false)
	c.want("q", "5 n=5 no=5")
	c.want("more", "5 n=4 yes=4")
	c.edit(form(q))
	c.arrive(2, "q=yes")
	c.run(false)
	c.want("q", "10 n=10 no=5 yes=5")
}

// TestPool: what is left of all cohorts of a part is one block when the period is closed, or pool_after days after the first day,
// if it is k; it is in no segment.
func TestPool(t *testing.T) {
	c := newScene(t, form(tier+q, "results: {pool_after: 10}", "window: {from: 2026-10-01}"))
	c.arrive(6, "tier=gold q=yes")
	c.arrive(3, "tier=tin q=no")
	c.arrive(1, "q=no")
	c.day = 10
	c.run(false)
	c.want("q", "6 n=6 yes=6")
	c.day = 11
	if c.run(false); c.last.Parts[c.s.Shape].Cohorts[Pool] != nil {
		t.Error("four are pooled")
	}
	c.arrive(1, "tier=gold q=no")
	c.run(false)
	c.want("q", "11 n=11 no=5 yes=6")
	part := c.last.Parts[c.s.Shape]
	if n := part.CohortsWith(c.s, "tier", "tin"); len(n) != 0 {
		t.Error("the pool is in a segment")
	}
	if gold := part.CohortsWith(c.s, "tier", "gold"); len(gold) != 1 || gold[0].Respondents != 6 {
		t.Errorf("gold is %v", gold)
	}
	c.arrive(5, "tier=tin q=yes")
	c.arrive(4, "tier=gold q=yes")
	c.arrive(1, "q=yes")
	c.day = 20
	c.run(false)
	c.want("q", "16 n=16 no=5 yes=11")
	c.run(true)
	c.want("q", "21 n=21 no=5 yes=16")
}

// TestPoolReadsNoSegment: of the pool, no question is published whose condition reads a segment.
func TestPoolReadsNoSegment(t *testing.T) {
	c := newScene(t, form(tier+q+"      - {id: gold, type: yes_no, label: Gold, show_if: tier == \"gold\"}\n      - {id: after, type: yes_no, label: After, show_if: gold}\n"))
	c.arrive(4, "tier=gold q=yes gold=yes after=no")
	c.arrive(1, "tier=tin q=yes")
	c.run(true)
	c.want("q", "5 n=5 yes=5")
	c.want("gold", "5 -")
	c.want("after", "5 -")
	c.arrive(4, "tier=gold q=yes gold=yes after=no")
	c.arrive(4, "tier=tin q=yes")
	c.run(true)
	c.want("gold", "13 -") // though there are eight who were asked, and five who were not
	c.arrive(5, "tier=gold q=yes gold=yes after=no")
	c.run(true)
	c.want("gold", "18 n=5 yes=5")
	c.want("after", "18 n=5 no=5")
}

// TestUnpublishedCounters: what a tally has counted of a question that is not published, as one of another program may, stays
// in.
func TestUnpublishedCounters(t *testing.T) {
	c := newScene(t, form(q+"      - {id: secret, type: yes_no, label: Secret, publish: false}\n"))
	c.arrive(5, "q=yes secret=yes")
	c.tally.Parts[c.s.Shape].Cohorts[""].Items["secret"] = &tally.Item{N: 5, Counts: tally.Counts{{Option: "yes", N: 5}}}
	c.run(false)
	c.want("q", "5 n=5 yes=5")
	for _, cohort := range c.last.Parts[c.s.Shape].Cohorts {
		if cohort.Items["secret"] != nil {
			t.Error("counted in the release")
		}
	}
}

// TestCodedSize: a sensitive question needs 4k members, and twenty.
func TestCodedSize(t *testing.T) {
	hurt := "      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n"
	for _, at := range []struct{ k, members, coded int }{{3, 19, 0}, {3, 20, 1}, {10, 39, 0}, {10, 40, 1}} {
		c := newScene(t, form(hurt, fmt.Sprintf("results: {min_group: %d}", at.k), "window: {until: 2026-10-20}"))
		c.arrive(at.members, "hurt=yes")
		if c.run(true); len(c.last.Coded) != at.coded {
			t.Errorf("k %d, %d members: %d coded", at.k, at.members, len(c.last.Coded))
		}
	}
}

// TestSensitiveBase: a sensitive question that facts decide who is asked waits for the end, too.
func TestSensitiveBase(t *testing.T) {
	c := newScene(t, form("      - {id: hurt, type: yes_no, sensitive: true, label: Hurt, show_if: channel == \"phone\"}\n", "window: {until: 2026-10-20}"))
	c.arrive(15, "channel=phone hurt=yes")
	c.arrive(15, "channel=web")
	c.run(false)
	c.want("hurt", "30 -")
	c.run(true)
	c.want("hurt", "30 -")
	if len(c.last.Coded) != 1 {
		t.Error("not coded at the end")
	}
}

// TestK: of what the answered questionnaire promised, the one in force and one in between, the largest k holds.
func TestK(t *testing.T) {
	five, seven, two := form(q), form(q, "results: {min_group: 7}"), form(q, "results: {min_group: 2}")
	c := newScene(t, five)
	c.arrive(5, "q=yes")
	c.run(false)
	c.arrive(5, "q=no") // under five
	c.edit(seven)
	c.run(false)
	c.want("q", "5 n=5 yes=5")
	if c.last.K != 7 {
		t.Errorf("k is %d", c.last.K)
	}
	c.edit(two)
	c.arrive(3, "q=yes")
	c.run(false)
	c.want("q", "5 n=5 yes=5") // seven is in force for the rest of the period
	c.arrive(4, "q=yes")
	c.run(false)
	c.want("q", "12 n=12 yes=12")

	// A new period: five was promised to some, two to others.
	c = newScene(t, five)
	c.arrive(4, "q=yes")
	c.edit(two)
	c.arrive(2, "q=no")
	c.run(false)
	c.want("q", "2 n=2 no=2")
}

// TestBases: a question that facts decide who is asked waits until each class of members is empty or has k; the rest of the
// block does not.
func TestBases(t *testing.T) {
	c := newScene(t, form(q+"      - {id: call, type: yes_no, label: Call, show_if: channel == \"phone\"}\n      - {id: calls, type: yes_no, label: Calls, show_if: call}\n"))
	c.arrive(4, "channel=web q=yes")
	c.arrive(1, "channel=phone q=no call=yes calls=no")
	c.run(false)
	c.want("q", "5 n=5 no=1 yes=4")
	c.want("call", "5 -")
	c.want("calls", "5 -")
	c.arrive(5, "channel=phone q=no call=no")
	c.run(false)
	c.want("call", "10 -") // there are only four who were not asked
	c.arrive(5, "channel=web")
	c.run(false)
	c.want("call", "15 n=6 no=5 yes=1")
	c.want("calls", "15 n=1 no=1")
	c.arrive(5, "channel=web")
	c.run(false)
	c.want("call", "20 n=6 no=5 yes=1")
	c.arrive(2, "channel=phone call=yes")
	c.arrive(5, "channel=web")
	c.run(false)
	c.want("call", "27 n=6 no=5 yes=1")
	c.arrive(5, "channel=phone call=yes")
	c.run(false)
	c.want("call", "32 n=13 no=5 yes=8")
}

// TestSensitive: a sensitive question, and what reads it, is published once, when the period has ended, in multiples of k, if
// there are 4k members and 20.
func TestSensitive(t *testing.T) {
	yaml := form(q+"      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n      - {id: how, type: yes_no, label: How, show_if: hurt}\n", "window: {until: 2026-10-20}")
	c := newScene(t, yaml)
	c.arrive(7, "q=yes hurt=yes how=no")
	c.run(false)
	c.arrive(12, "q=yes hurt=no")
	c.run(false)
	c.want("q", "19 n=19 yes=19")
	c.want("hurt", "19 -")
	c.run(true)
	if len(c.last.Coded) != 0 {
		t.Error("19 are coded")
	}
	c.arrive(5, "")
	c.run(false)
	if len(c.last.Coded) != 0 {
		t.Error("coded before the end")
	}
	c.run(true)
	f, _ := c.s.Field("hurt")
	coded := c.last.Coded[CodedKey(c.s, f)]
	if coded == nil || coded.N != 20 || coded.K != 5 || coded.Counts.Of("yes") != 5 || coded.Counts.Of("no") != 10 || coded.Counts.Of(LeftOut) != 5 {
		t.Errorf("coded: %+v", coded)
	}
	if f, _ = c.s.Field("how"); c.last.Coded[CodedKey(c.s, f)] == nil {
		t.Error("what depends on it is not coded")
	}
	c.want("how", "24 -")
	c.arrive(40, "hurt=yes")
	c.run(true)
	f, _ = c.s.Field("hurt")
	if again := c.last.Coded[CodedKey(c.s, f)]; again.N != 20 {
		t.Error("coded twice")
	}
}

// TestSensitiveWithoutAnEnd: a survey that never closes declares a day.
func TestSensitiveWithoutAnEnd(t *testing.T) {
	c := newScene(t, form("      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n", "results: {closes: 2026-10-09}"))
	c.arrive(30, "hurt=yes")
	c.day = 9
	c.run(false)
	if len(c.last.Coded) != 0 {
		t.Error("coded on the day")
	}
	c.day = 10
	if c.run(false); len(c.last.Coded) != 1 {
		t.Error("not coded on the day after")
	}
}

// TestStrict: every question is coded, and by segment where it has 4k members.
func TestStrict(t *testing.T) {
	c := newScene(t, form(tier+q, "results: {protection: strict}", "window: {until: 2026-10-20}"))
	c.arrive(9, "tier=gold q=yes")
	if c.run(false) {
		t.Error("nine are a block")
	}
	c.arrive(33, "tier=gold q=yes")
	c.arrive(20, "tier=tin q=no")
	c.run(false)
	c.want("q", "62 -")
	c.run(true)
	f, _ := c.s.Field("q")
	coded := c.last.Coded[CodedKey(c.s, f)]
	if coded == nil || coded.K != 10 || coded.N != 60 || coded.Counts.Of("yes") != 40 || coded.Counts.Of("no") != 20 {
		t.Fatalf("coded: %+v", coded)
	}
	if len(coded.By) != 1 || coded.By["tier=gold"] == nil || coded.By["tier=gold"].N != 40 {
		t.Errorf("by segment: %+v", coded.By)
	}
}

// TestBecomingSensitive: counters of a question that becomes sensitive are taken back at once.
func TestBecomingSensitive(t *testing.T) {
	c := newScene(t, form(q+"      - {id: hurt, type: yes_no, label: Hurt}\n"))
	c.arrive(25, "q=yes hurt=yes")
	c.run(false)
	c.want("hurt", "25 n=25 yes=25")
	c.edit(form(q+"      - {id: hurt, type: yes_no, label: Hurt, sensitive: true}\n", "window: {until: 2026-10-20}"))
	if !c.run(false) {
		t.Fatal("nothing happens at once")
	}
	c.want("hurt", "25 -")
	c.run(true)
	if len(c.last.Coded) != 1 {
		t.Error("not coded at the end")
	}
}

// TestBecomingSensitiveByFacts: a question that facts decide who is asked is taken back once when it becomes sensitive, and stays
// held: no run after that has anything to release.
func TestBecomingSensitiveByFacts(t *testing.T) {
	call := func(more string) string {
		return form("      - {id: call, type: yes_no, label: Call, show_if: channel == \"phone\""+more+"}\n", "window: {until: 2026-10-20}")
	}
	c := newScene(t, call(""))
	c.arrive(6, "channel=phone call=yes")
	c.arrive(6, "channel=web")
	c.run(false)
	c.want("call", "12 n=6 yes=6")
	c.edit(call(", sensitive: true"))
	if !c.run(false) {
		t.Fatal("nothing happens at once")
	}
	c.want("call", "12 -")
	for range 3 {
		c.day++
		if c.run(false) && c.last.Facts.Through != c.date() {
			t.Fatal("released again, with nothing new")
		}
		if c.run(false) {
			t.Fatal("released again, with nothing new")
		}
	}
	c.want("call", "12 -")
}

// TestNoLongerSensitive: answers that were given to a sensitive question stay so.
func TestNoLongerSensitive(t *testing.T) {
	c := newScene(t, form("      - {id: hurt, type: yes_no, label: Hurt, sensitive: true}\n", "window: {until: 2026-10-20}"))
	c.arrive(5, "hurt=yes")
	c.edit(form("      - {id: hurt, type: yes_no, label: Hurt}\n", "window: {until: 2026-10-20}"))
	c.arrive(5, "hurt=no")
	c.run(false)
	c.want("hurt", "10 n=5 no=5")
}

// TestHiding: what is hidden is hidden at once, also if it is not asked any more; and answers that were given while a question
// was hidden stay so.
func TestHiding(t *testing.T) {
	c := newScene(t, form(q+"      - {id: why, type: yes_no, label: Why}\n"))
	c.arrive(5, "q=yes why=yes")
	c.run(false)
	c.want("why", "5 n=5 yes=5")
	hiding := form(q + "      - {id: why, type: yes_no, label: Why, publish: false}\n")
	c.edit(hiding)
	if !c.run(false) || !slices.Contains(c.last.Hidden, "why") {
		t.Fatal("nothing happens at once")
	}
	c.want("why", "5 -")
	c.edit(form(q))
	c.arrive(5, "q=no")
	c.run(false)
	if !slices.Contains(c.last.Hidden, "why") {
		t.Error("a hidden question that is not asked any more is shown again")
	}
	c.edit(hiding)
	c.arrive(5, "q=yes why=no")
	c.run(false)
	c.edit(form(q + "      - {id: why, type: yes_no, label: Why}\n"))
	c.run(false)
	c.want("why", "15 n=5 yes=5") // as they were
}

// TestHiddenRows: with an item that is hidden, the rows that have it go; those of the questionnaire in force start again.
func TestHiddenRows(t *testing.T) {
	rating := func(more string) string {
		return form("      - {id: a, type: rating, steps: 5, label: A" + more + "}\n      - {id: b, type: rating, steps: 5, label: B}\n")
	}
	c := newScene(t, rating(""))
	c.arrive(30, "a=5 b=1")
	c.run(false)
	if p := c.last.Public(); len(p.Rows) != 1 || len(p.Steps) != 1 {
		t.Fatalf("%d rows, %d steps", len(p.Rows), len(p.Steps))
	}
	c.edit(rating(", publish: false"))
	c.run(false)
	if p := c.last.Public(); len(p.Rows) != 0 || len(p.Steps) != 0 {
		t.Error("rows with a hidden item")
	}
	c.arrive(30, "b=1")
	c.run(false)
	if p := c.last.Public(); len(p.Rows) != 1 || len(p.Steps) != 1 || p.Rows[tally.RowSignature(c.s)].N != 30 {
		t.Error("no rows without it")
	}
}

// TestWithdrawn: who waits and withdraws is in no block; nothing that is out falls.
func TestWithdrawn(t *testing.T) {
	c := newScene(t, form(q))
	c.arrive(5, "q=yes")
	c.arrive(1, "q=no")
	c.run(false)
	c.want("q", "6 n=6 no=1 yes=5")
	c.withdraw(5)
	c.run(false)
	c.arrive(4, "q=no")
	c.arrive(1, "q=yes")
	c.withdraw(10)
	if c.run(false) {
		t.Error("four are released")
	}
	c.arrive(1, "q=no")
	c.run(false)
	c.want("q", "11 n=11 no=6 yes=5")
}

// TestRows: figures of whole rows move by 30 rows at least, of whole blocks.
func TestRows(t *testing.T) {
	c := newScene(t, form("      - {id: all, type: rating, steps: 5, label: All}\n      - {id: a, type: rating, steps: 5, label: A}\n", "scoring: {overall: all}"))
	signature := tally.RowSignature(c.s)
	c.arrive(29, "all=3 a=4")
	c.run(false)
	if c.last.Rows[signature] != nil {
		t.Error("29 rows are out")
	}
	c.arrive(5, "all=5 a=1")
	c.run(false)
	if rows := c.last.Rows[signature]; rows == nil || rows.N != 34 || rows.Pairs["a"].N != 34 {
		t.Fatalf("rows: %+v", rows)
	}
	c.arrive(29, "all=3 a=4")
	c.run(false)
	if c.last.Rows[signature].N != 34 {
		t.Error("rows move by 29")
	}
	c.arrive(30, "all=3 a=4")
	c.run(false)
	if c.last.Rows[signature].N != 93 || len(c.last.Steps) != 2 || c.last.Steps[1].First != c.last.Steps[0].Last+1 || c.last.Steps[1].Rows != 59 {
		t.Errorf("steps: %+v", c.last.Steps)
	}
}

// TestFacts: what was received is stated by whole days, from k on, and nothing falls.
func TestFacts(t *testing.T) {
	c := newScene(t, form(q))
	c.arrive(4, "q=yes")
	c.day = 2
	if c.run(false) {
		t.Error("four are stated")
	}
	c.arrive(2, "q=yes")
	c.run(false)
	if c.last.Facts.Received != 6 { // they are in a block
		t.Errorf("received: %+v", c.last.Facts)
	}
	c.arrive(3, "q=yes")
	if c.run(false) {
		t.Error("the day is not over")
	}
	c.day = 3
	if c.run(false); c.last.Facts.Received != 9 {
		t.Errorf("received: %+v", c.last.Facts)
	}
	for i := range 4 {
		c.withdraw(i)
	}
	c.day = 4
	if c.run(false) {
		t.Error("four have withdrawn, and it is stated")
	}
	c.withdraw(4)
	if c.run(false) && c.last.Facts.Withdrawn != 5 {
		t.Errorf("withdrawn: %+v", c.last.Facts)
	}
	c.arrive(1, "q=yes")
	c.run(true)
	if c.last.Facts.Received != 10 {
		t.Errorf("closed, received: %+v", c.last.Facts)
	}
}

// TestDaily: with release: daily, there is at most one release a day, but what is hidden is hidden at once.
func TestDaily(t *testing.T) {
	c := newScene(t, form(q, "results: {release: daily}"))
	c.arrive(5, "q=yes")
	c.run(false)
	c.arrive(5, "q=no")
	if c.run(false) {
		t.Error("two on one day")
	}
	c.edit(form("      - {id: q, type: yes_no, label: Q, publish: false}\n      - {id: p, type: yes_no, label: P}\n", "results: {release: daily}"))
	if !c.run(false) {
		t.Error("hidden tomorrow")
	}
	c.want("q", "5 -")
	c.day = 2
	c.run(false)
	if c.last.Respondents() != 10 {
		t.Errorf("%d released on the next day", c.last.Respondents())
	}
}

// TestPublicHoldsNothingBack: what is held is not in what is rendered.
func TestPublicHoldsNothingBack(t *testing.T) {
	c := newScene(t, form(q+"      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}\n", "window: {until: 2026-10-20}"))
	c.arrive(5, "q=yes hurt=yes")
	c.run(false)
	if c.last.Held == nil || c.last.Held.Items[c.s.Shape][""].Items["hurt"].N != 5 {
		t.Fatal("nothing is held")
	}
	if c.last.Public().Held != nil {
		t.Error("held, and public")
	}
}

// TestClockBehind makes a release after one by a publisher whose clock is ahead: neither its date nor the day through which it says
// what was received is earlier.
func TestClockBehind(t *testing.T) {
	c := newScene(t, "title: Tea\nperiod: none\nresults: {min_group: 2}\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n")
	c.arrive(2, "taste=1")
	c.day = 9
	if !c.run(false) {
		t.Fatal("no release")
	}
	c.day = 2
	c.arrive(3, "taste=2")
	for _, closed := range []bool{false, true} {
		c.arrive(2, "taste=3")
		if !c.run(closed) {
			t.Fatal("no release")
		}
		if c.last.Date != "2026-10-09" || c.last.Facts.Through != "2026-10-09" {
			t.Errorf("closed %t: release %d is of %s, through %s", closed, c.last.Number, c.last.Date, c.last.Facts.Through)
		}
	}
	c.day = 10
	c.arrive(2, "taste=3")
	if c.run(false); c.last.Date != "2026-10-10" || c.last.Facts.Received != 11 {
		t.Errorf("later, it is of %s, of %d", c.last.Date, c.last.Facts.Received)
	}
}
