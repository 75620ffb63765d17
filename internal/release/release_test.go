package release

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const sample = `
title: Sample
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: one, type: yes_no, label: One}
      - {id: two, type: yes_no, label: Two}
      - {id: spent, type: number, label: Spent}
results: {min_group: 5}
`

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func fold(s *survey.Survey, responses []answer.Response) *tally.Tally {
	t := tally.New(s)
	for _, r := range responses {
		t.Fold(s, r)
	}
	return t
}

// people makes n respondents with the same answers: "tier=gold one=yes".
func people(n int, answers string) []answer.Response {
	var r answer.Response
	for _, a := range strings.Fields(answers) {
		name, value, _ := strings.Cut(a, "=")
		r.Answers = append(r.Answers, answer.Answer{name, value})
	}
	all := make([]answer.Response, n)
	for i := range all {
		all[i] = r
	}
	return all
}

// figures prints the counters of a release: "gold: 5 one 5; tin: 6".
func figures(r *Release) string {
	if r == nil {
		return "nothing"
	}
	var parts []string
	for _, key := range []string{"", "gold", "tin", Pool} {
		c := r.Cohorts[key]
		if c == nil {
			continue
		}
		part := fmt.Sprintf("%s: %d", key, c.Respondents)
		for _, name := range []string{"one", "two"} {
			if item := c.Items[name]; item != nil {
				part += fmt.Sprintf(" %s %d", name, item.N)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestBatches(t *testing.T) {
	s := parse(t, sample)
	var all []answer.Response
	var last *Release
	for i, step := range []struct {
		n       int
		answers string
		closed  bool
		want    string
	}{
		{4, "tier=gold one=yes", false, "nothing"},
		{4, "tier=tin", false, "nothing"}, // eight, and no cohort of five
		{1, "tier=gold two=yes", false, "gold: 5"},
		{4, "tier=gold one=yes two=yes", false, "nothing"},
		{1, "tier=gold one=no", false, "gold: 10 one 9 two 5"},
		{1, "tier=tin", false, "gold: 10 one 9 two 5; tin: 5"},
		{3, "tier=tin one=yes", false, "nothing"},
		{1, "tier=gold one=yes", true, "nothing"},
		{1, "one=yes", true, "gold: 10 one 9 two 5; tin: 5; *: 5 one 5"},
		{4, "tier=gold one=yes", true, "nothing"},
		{1, "tier=gold one=yes", true, "gold: 15 one 14 two 5; tin: 5; *: 5 one 5"}, // the cohorts continue without what was pooled
		{9, "tier=gold two=yes", false, "gold: 24 one 14 two 14; tin: 5; *: 5 one 5"},
		{0, "", false, "nothing"},
	} {
		all = append(all, people(step.n, step.answers)...)
		next := Next(s, "all", "2026-11-22", last, fold(s, all), step.closed)
		if got := figures(next); got != step.want {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
		if next != nil {
			if last != nil && next.Number != last.Number+1 || last == nil && next.Number != 1 {
				t.Errorf("step %d: number %d", i, next.Number)
			}
			last = next
		}
	}
	if last.Survey != s.ID || last.Period != "all" || last.Date != "2026-11-22" || last.Shape != s.Shape || last.Version != s.Version || last.MinGroup != 5 {
		t.Errorf("%+v", last)
	}
}

func TestLastIsLeftAlone(t *testing.T) {
	s := parse(t, sample)
	last := Next(s, "all", "", nil, fold(s, people(5, "tier=gold one=yes")), false)
	before, _ := json.Marshal(last)
	known := fold(s, people(10, "tier=gold one=yes"))
	next := Next(s, "all", "", last, known, false)
	next.Cohorts["gold"].Items["one"].Counts.Add("yes", 89)
	if after, _ := json.Marshal(last); string(after) != string(before) {
		t.Errorf("the last release has become %s", after)
	}
	if known.Cohorts["gold"].Items["one"].Counts.Of("yes") != 10 {
		t.Error("the tally is shared with the release")
	}
}

func TestMinGroupIsFrozen(t *testing.T) {
	five, two := parse(t, sample), parse(t, strings.Replace(sample, "min_group: 5", "min_group: 2", 1))
	first := Next(five, "all", "", nil, fold(five, people(5, "tier=gold")), false)
	if got := figures(Next(two, "all", "", first, fold(two, people(9, "tier=gold")), false)); got != "nothing" {
		t.Errorf("k has sunk within the period: %s", got)
	}
	next := Next(two, "all", "", first, fold(two, people(10, "tier=gold")), false)
	if next == nil || next.MinGroup != 5 {
		t.Errorf("got %+v", next)
	}
	if got := Next(two, "later", "", nil, fold(two, people(2, "tier=gold")), false); got == nil || got.MinGroup != 2 {
		t.Errorf("the next period: %+v", got)
	}
}

func TestDaily(t *testing.T) {
	s := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, release: daily", 1))
	first := Next(s, "all", "2026-11-22", nil, fold(s, people(5, "tier=gold")), false)
	known := fold(s, people(10, "tier=gold"))
	if got := Next(s, "all", "2026-11-22", first, known, false); got != nil {
		t.Errorf("twice a day: %s", figures(got))
	}
	if got := figures(Next(s, "all", "2026-11-23", first, known, false)); got != "gold: 10" {
		t.Errorf("the day after: %s", got)
	}
}

// TestChangedSegments: respondents who were released in no cohort are now in one, so only the pool can continue.
func TestChangedSegments(t *testing.T) {
	divided, whole := parse(t, sample), parse(t, strings.Replace(sample, "segment: true, ", "", 1))
	all := people(10, "tier=gold")
	first := Next(whole, "all", "", nil, fold(whole, all), false)
	if got := figures(first); got != ": 10" {
		t.Fatal(got)
	}
	all = append(all, people(4, "tier=gold")...)
	if got := figures(Next(divided, "all", "", first, fold(divided, all), false)); got != "nothing" {
		t.Errorf("respondents are released twice: %s", got)
	}
	all = append(all, people(1, "tier=tin one=yes")...)
	if got := figures(Next(divided, "all", "", first, fold(divided, all), false)); got != ": 10; *: 5" {
		t.Errorf("got %s", got)
	}
}

// TestPoolOnlyIsPermanent: once the cohorts cannot be told apart, changing the segments back does not bring them back; nor can
// they be told apart in a release that does not say what it has pooled.
func TestPoolOnlyIsPermanent(t *testing.T) {
	divided, whole := parse(t, sample), parse(t, strings.Replace(sample, "segment: true, ", "", 1))
	all := people(5, "tier=gold")
	first := Next(divided, "all", "", nil, fold(divided, all), false)
	all = append(all, people(5, "tier=gold")...)
	second := Next(whole, "all", "", first, fold(whole, all), false)
	if got := figures(second); got != "gold: 5; *: 5" {
		t.Fatal(got)
	}
	if got := figures(Next(divided, "all", "", second, fold(divided, all), false)); got != "nothing" {
		t.Errorf("five are released twice: %s", got)
	}
	second.PoolOnly, second.Pooled = false, nil // as earlier versions wrote it
	if got := figures(Next(divided, "all", "", second, fold(divided, all), false)); got != "nothing" {
		t.Errorf("five are released twice: %s", got)
	}
	all = append(all, people(5, "tier=gold")...)
	if got := figures(Next(divided, "all", "", second, fold(divided, all), false)); got != "gold: 5; *: 10" {
		t.Errorf("got %s", got)
	}
}

// TestNothingShrinks: neither a changed questionnaire nor lost responses make published counters shrink.
func TestNothingShrinks(t *testing.T) {
	s := parse(t, sample)
	first := Next(s, "all", "", nil, fold(s, append(people(6, "tier=gold one=yes two=yes"), people(5, "tier=tin")...)), false)
	if got := figures(Next(s, "all", "", first, fold(s, append(people(5, "tier=gold"), people(20, "tier=tin")...)), false)); got != "nothing" {
		t.Errorf("fewer respondents than released: %s", got)
	}
	if got := figures(Next(s, "all", "", first, fold(s, people(20, "tier=gold")), true)); got != "nothing" {
		t.Errorf("a cohort is gone: %s", got)
	}
	// There are fewer "yes" than released: question one waits, two moves.
	known := fold(s, append(append(people(5, "tier=tin"), people(11, "tier=gold two=yes")...), people(12, "tier=gold one=no")...))
	if got := figures(Next(s, "all", "", first, known, false)); got != "gold: 23 one 6 two 11; tin: 5" {
		t.Errorf("got %s", got)
	}
	// A question that is no longer published keeps its figures; another one moves.
	other := parse(t, strings.Replace(sample, "label: One", "label: One, publish: false", 1))
	known = fold(other, append(people(5, "tier=tin"), people(11, "tier=gold one=yes two=yes")...))
	if got := figures(Next(other, "all", "", first, known, false)); got != "gold: 11 one 6 two 11; tin: 5" {
		t.Errorf("got %s", got)
	}
}

func withdrawn(n int, answers string) []answer.Response {
	all := people(n, answers)
	for i := range all {
		all[i].Withdrawn = true
	}
	return all
}

// TestWithdrawals: they leave the figures together with at least k more respondents.
func TestWithdrawals(t *testing.T) {
	s := parse(t, sample)
	first := Next(s, "all", "", nil, fold(s, people(6, "tier=gold one=no")), false)
	left := append(people(5, "tier=gold one=no"), withdrawn(1, "tier=gold")...)
	for _, c := range []struct {
		n    int
		want string
	}{
		{0, "nothing"}, {5, "nothing"}, // five have arrived and one has withdrawn: four more
		{6, "gold: 11 one 11"},
	} {
		next := Next(s, "all", "", first, fold(s, append(left, people(c.n, "tier=gold one=yes")...)), false)
		if got := figures(next); got != c.want {
			t.Errorf("with %d more: %s, want %s", c.n, got, c.want)
		}
		if next != nil && (next.Cohorts["gold"].Items["one"].Counts.Of("no") != 5 || next.Cohorts["gold"].Withdrawn != 1) {
			t.Errorf("%+v", next.Cohorts["gold"])
		}
	}
	// A respondent who is missing without a tombstone stops releases; one who has withdrawn does not.
	if got := figures(Next(s, "all", "", first, fold(s, append(people(20, "tier=tin"), people(5, "tier=gold one=no")...)), false)); got != "nothing" {
		t.Errorf("one has vanished: %s", got)
	}
	if got := figures(Next(s, "all", "", first, fold(s, append(people(20, "tier=tin"), left...)), false)); got != "gold: 6 one 6; tin: 20" {
		t.Errorf("one has withdrawn: %s", got)
	}
}

// TestWithdrawnAfterPooling: a respondent who was released in the pool and withdraws is subtracted from their cohort's next
// batch. While that would make a count negative, and so reveal their answer, the question waits there.
func TestWithdrawnAfterPooling(t *testing.T) {
	s := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, pool_after: 30", 1)+"period: quarter\n")
	tin := people(4, "tier=tin one=yes")
	pooled := Next(s, "2026-Q4", "2026-11-01", nil, fold(s, append(people(3, "tier=gold one=no spent=2"), tin...)), false)
	if got := figures(pooled); got != "*: 7 one 7" {
		t.Fatal(got)
	}
	left := append(append(people(2, "tier=gold one=no spent=2"), withdrawn(1, "tier=gold")...), tin...)
	left = append(left, people(8, "tier=gold one=yes")...)
	if got := figures(Next(s, "2026-Q4", "2026-11-02", pooled, fold(s, left), false)); got != "gold: 7; *: 7 one 7" {
		t.Errorf("fewer than none have said no: %s", got)
	}
	if got := figures(Next(s, "2026-Q4", "2026-11-02", pooled, fold(s, append(left, people(1, "tier=gold one=no")...)), false)); got != "gold: 8 one 8; *: 7 one 7" {
		t.Errorf("made up for: %s", got)
	}
}

func TestSensitive(t *testing.T) {
	s := parse(t, strings.Replace(sample, "label: One", "label: One, sensitive: true", 1))
	for _, c := range []struct {
		people []answer.Response
		closed bool
		want   string
	}{
		{people(7, "tier=gold one=no"), false, "nothing"},
		{append(people(7, "tier=gold one=no"), people(1, "tier=gold one=yes")...), false, "gold: 8 one 8"},
		{append(people(4, "tier=gold one=no"), people(4, "tier=gold")...), false, "gold: 8"}, // fewer than k wait in any case
		{people(7, "tier=gold one=no"), true, "nothing"},
		{append(people(4, "tier=gold one=no"), people(4, "tier=tin one=yes")...), true, "*: 8 one 8"},
	} {
		if got := figures(Next(s, "all", "", nil, fold(s, c.people), c.closed)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	// The second batch is checked by itself.
	first := append(people(7, "tier=gold one=no"), people(1, "tier=gold one=yes")...)
	last := Next(s, "all", "", nil, fold(s, first), false)
	if got := figures(Next(s, "all", "", last, fold(s, append(first, people(5, "tier=gold one=yes")...)), false)); got != "nothing" {
		t.Errorf("got %s", got)
	}
	number := parse(t, strings.Replace(sample, "label: Spent", "label: Spent, sensitive: true", 1))
	if got := figures(Next(number, "all", "", nil, fold(number, people(5, "tier=gold spent=-2.5")), false)); got != "nothing" {
		t.Errorf("all have spent the same: %s", got)
	}
	if got := figures(Next(number, "all", "", nil, fold(number, append(people(5, "tier=gold spent=-2.5"), people(1, "tier=gold spent=2.5")...)), false)); got != "gold: 6" {
		t.Errorf("not all have spent the same: %s", got)
	}
}

func TestPoolAfter(t *testing.T) {
	s := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, pool_after: 30", 1))
	quarterly := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, pool_after: 30", 1)+"period: quarter\n")
	few := append(people(4, "tier=gold"), people(4, "tier=tin")...)
	more := append(people(9, "tier=gold"), people(4, "tier=tin")...)
	last := Next(s, "all", "2026-10-05", nil, fold(s, append(people(5, "tier=gold"), people(4, "tier=tin")...)), false)
	for _, c := range []struct {
		survey        *survey.Survey
		period, today string
		last          *Release
		people        []answer.Response
		want          string
	}{
		{s, "all", "2026-11-03", last, more, "nothing"},
		{s, "all", "2026-11-04", last, more, "gold: 5; *: 8"},
		{s, "all", "2036-11-04", nil, few, "nothing"}, // no day to count from
		{quarterly, "2026-Q4", "2026-10-30", nil, few, "nothing"},
		{quarterly, "2026-Q4", "2026-10-31", nil, few, "*: 8"},
	} {
		if got := figures(Next(c.survey, c.period, c.today, c.last, fold(c.survey, c.people), false)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.today, got, c.want)
		}
	}
	// What was pooled is not counted again.
	pooled := Next(s, "all", "2026-11-04", last, fold(s, more), false)
	again := append(more, people(4, "tier=tin")...)
	if got := figures(Next(s, "all", "2026-11-05", pooled, fold(s, again), false)); got != "nothing" {
		t.Errorf("got %s", got)
	}
	if got := figures(Next(s, "all", "2026-11-05", pooled, fold(s, append(again, people(1, "tier=tin")...)), false)); got != "gold: 5; tin: 5; *: 8" {
		t.Errorf("got %s", got)
	}
}

func TestFirstDay(t *testing.T) {
	for _, c := range []struct{ period, name, want string }{
		{"month", "2026-10", "2026-10-01"}, {"quarter", "2026-Q3", "2026-07-01"}, {"year", "2026", "2026-01-01"}, {"none", "all", ""},
	} {
		if got := firstDay(parse(t, sample+"period: "+c.period+"\n"), c.name); got != c.want {
			t.Errorf("%s begins on %s", c.name, got)
		}
	}
	if got := firstDay(parse(t, sample+"window: {from: 2026-10-05}\n"), "all"); got != "2026-10-05" {
		t.Errorf("the window opens on %s", got)
	}
}

// TestFrozen: cross-tabs, and questions that are published later, take effect with the next period.
func TestFrozen(t *testing.T) {
	before := parse(t, strings.Replace(sample, "label: One", "label: One, publish: false", 1))
	after := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 4, crosstabs: [{rows: two, by: tier}]", 1))
	first := Next(before, "all", "", nil, fold(before, people(5, "tier=gold one=yes two=no")), false)
	next := Next(after, "all", "", first, fold(after, people(10, "tier=gold one=yes two=no")), false)
	if got := figures(next); got != "gold: 10 two 10" || len(next.CrossTabs) != 0 {
		t.Errorf("got %s, %v", got, next.CrossTabs)
	}
	if got := fmt.Sprint(next.Changed(after), next.Changed(before)); got != "[min_group crosstabs questions] []" {
		t.Errorf("changed: %s", got)
	}
	if got := Next(after, "later", "", nil, fold(after, people(5, "tier=gold one=yes two=no")), false); figures(got) != "gold: 5 one 5 two 5" || len(got.CrossTabs) != 1 {
		t.Errorf("the next period: %s", figures(got))
	}
}

// TestPairs: the sums that correlations are made of move in steps of thirty, and where k differ from the most frequent
// answer to both.
func TestPairs(t *testing.T) {
	s := parse(t, strings.Replace(sample, "      - {id: spent, type: number, label: Spent}",
		"      - {id: x, type: rating, steps: 5, label: X}\n      - {id: y, type: rating, steps: 5, label: Y}\nscoring: {overall: y}", 1))
	for _, c := range []struct {
		n, x, y int // of whom answer x and y with 1, the others with 5
		want    int64
	}{{29, 10, 10, 0}, {30, 10, 10, 30}, {30, 4, 10, 0}, {30, 10, 4, 0}, {30, 5, 5, 30}, {30, 26, 10, 0}} {
		var all []answer.Response
		for i := range c.n {
			value := map[bool]string{true: "1", false: "5"}
			all = append(all, people(1, "tier=gold x="+value[i < c.x]+" y="+value[i < c.y])...)
		}
		first := Next(s, "all", "", nil, fold(s, all), false)
		got := int64(0)
		if m := first.Pairs["x"]; m != nil {
			got = m.N
		}
		if got != c.want || first.Cohorts["gold"].Items["x"].Moments != nil {
			t.Errorf("%+v: %d pairs are out", c, got)
		}
		if c.want == 30 {
			for more, want := range map[int]int64{29: 30, 30: 60} {
				if next := Next(s, "all", "", first, fold(s, append(all, people(more, "tier=gold x=2 y=5")...)), false); next.Pairs["x"].N != want {
					t.Errorf("after %d more %d pairs are out", more, next.Pairs["x"].N)
				}
			}
		}
	}
}

// TestPairsOfUnpublished: a question that is not published in the period has no correlation either.
func TestPairsOfUnpublished(t *testing.T) {
	source := strings.Replace(sample, "      - {id: spent, type: number, label: Spent}",
		"      - {id: x, type: rating, steps: 5, label: X}\n      - {id: y, type: rating, steps: 5, label: Y}\nscoring: {overall: y}", 1)
	all := append(people(20, "tier=gold x=1 y=1"), people(20, "tier=gold x=5 y=5")...)
	open := parse(t, source)
	quiet := parse(t, strings.Replace(source, "label: X", "label: X, publish: false", 1))
	first := Next(quiet, "all", "", nil, fold(quiet, all), false)
	if next := Next(open, "all", "", first, fold(open, append(all, people(5, "tier=gold x=5 y=5")...)), false); next == nil || next.Pairs["x"] != nil {
		t.Errorf("pairs of a question that is published from the next period only: %+v", next)
	}
}

// TestCohortsWith: the pool is in no segment, however many divide the cohorts.
func TestCohortsWith(t *testing.T) {
	s := parse(t, strings.Replace(sample, "{id: one, type: yes_no, label: One}", "{id: one, type: yes_no, label: One, segment: true}", 1))
	all := append(people(5, "tier=gold one=yes"), people(4, "tier=tin one=yes")...)
	all = append(all, people(3, "tier=tin one=no")...)
	r := Next(s, "all", "", nil, fold(s, all), true)
	for where, want := range map[[2]string]int64{{"tier", "gold"}: 5, {"one", "yes"}: 5, {"tier", "tin"}: 0, {"one", "no"}: 0, {"one", "*"}: 0, {"tier", "*"}: 0} {
		got := int64(0)
		for _, c := range r.CohortsWith(where[0], where[1]) {
			got += c.Respondents
		}
		if got != want {
			t.Errorf("%v: %d, want %d", where, got, want)
		}
	}
	if r.Cohorts[Pool] == nil || r.Cohorts[Pool].Respondents != 7 {
		t.Errorf("pool %+v", r.Cohorts[Pool])
	}
}
