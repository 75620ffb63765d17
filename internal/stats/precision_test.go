package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A crowd answers several items, each from one to five, alike or not.
type crowd struct {
	items  int
	alike  float64 // how much of an answer is the respondent's mood
	skips  float64 // how many answers are left out
	levels []float64
	few    bool // only a fifth are asked the second half of the items
}

// satisfied draws an answer from 1 to 5 by how satisfied somebody is.
func satisfied(x float64) int {
	for i, limit := range []float64{-1.6, -0.9, -0.2, 0.6} {
		if x < limit {
			return i + 1
		}
	}
	return 5
}

// answers returns one respondent's answers, 0 for none.
func (c *crowd) answers(r *rand.Rand, shift float64) []int {
	all := make([]int, c.items)
	mood := r.NormFloat64()
	asked := !c.few || r.IntN(5) == 0
	for i := range all {
		level := shift
		if len(c.levels) > 0 {
			level += c.levels[i%len(c.levels)]
		}
		x := level + math.Sqrt(c.alike)*mood + math.Sqrt(1-c.alike)*r.NormFloat64()
		if r.Float64() >= c.skips && (asked || i < c.items/2) {
			all[i] = satisfied(x)
		}
	}
	return all
}

func (c *crowd) survey(t testing.TB, more string) *survey.Survey {
	var b strings.Builder
	b.WriteString("title: Crowd\nlanguages: [en]\ntimezone: UTC\n" + more + "sections:\n  - id: all\n    title: All\n    questions:\n")
	b.WriteString("      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}\n")
	for i := range c.items {
		fmt.Fprintf(&b, "      - {id: q%d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	return parseText(t, b.String())
}

// release returns the release of n respondents, and the means of their answers to each item.
func (c *crowd) release(s *survey.Survey, r *rand.Rand, n int, period string, shift func(tier int) float64) *release.Release {
	folded := tally.New()
	for i := range n {
		tier := r.IntN(3)
		response := answer.Response{Answers: []answer.Answer{{"tier", []string{"a", "b", "c"}[tier]}}}
		for q, given := range c.answers(r, shift(tier)) {
			if given > 0 {
				response.Answers = append(response.Answers, answer.Answer{fmt.Sprintf("q%d", q), fmt.Sprint(given)})
			}
		}
		folded.Fold(s, fmt.Sprintf("%06d", i), "2026-11-21", response)
	}
	return unsuppressed(s, period, folded)
}

// TestCoverageOfTheIndex simulates how often the interval of the index has the true one: in 94 % of runs, less what so few may
// miss by chance, and hardly more often than needed if it is made from respondents' own indexes.
func TestCoverageOfTheIndex(t *testing.T) {
	runs := max(150, soak.Cases(400, 4000))
	lowest := 94 - 100*2.5*math.Sqrt(0.05*0.95/float64(runs))
	for _, c := range []struct {
		name   string
		crowd  crowd
		n      int
		method Method
		most   float64 // percent
	}{
		{"alike", crowd{items: 6, alike: 0.6}, 60, MethodRows, 99},
		{"each item by itself", crowd{items: 6}, 60, MethodRows, 99},
		{"some left out", crowd{items: 6, alike: 0.4, skips: 0.15}, 80, MethodRows, 99},
		{"half for few", crowd{items: 6, alike: 0.4, few: true}, 120, MethodRows, 100},
		{"at the ceiling", crowd{items: 4, alike: 0.5, levels: []float64{2.6}}, 40, MethodRows, 100},
		{"nearly all the best", crowd{items: 4, alike: 0.5, levels: []float64{3.4}}, 40, MethodRows, 100},
		{"nearly all the best, of few", crowd{items: 4, alike: 0.5, levels: []float64{3.4}}, 8, MethodBound, 100},
		{"few respondents", crowd{items: 6, alike: 0.6}, 15, MethodBound, 100},
		{"very few", crowd{items: 3, alike: 0.3}, 6, MethodBound, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.crowd.survey(t, "")
			r := rand.New(rand.NewPCG(12, uint64(c.n)))
			truth := 0.0
			const many = 60_000
			all := make([][2]float64, c.crowd.items)
			for range many {
				for i, x := range c.crowd.answers(r, 0) {
					if x > 0 {
						all[i][0], all[i][1] = all[i][0]+float64(x), all[i][1]+1
					}
				}
			}
			for i := range all {
				truth += 20 * all[i][0] / all[i][1] / float64(c.crowd.items)
			}
			covered, counted, groups, grouped := 0, 0, 0, 0
			for range runs {
				p := NewReport(s, []*release.Release{c.crowd.release(s, r, c.n, "all", same)}).Periods[0]
				o := p.Overall
				if o.Interval == nil {
					continue // an item with one answer
				}
				if o.Method != c.method {
					t.Fatalf("method %s", o.Method)
				}
				counted++
				if o.Interval.Low < 20 || o.Interval.High > 100 || o.Interval.High-o.Interval.Low < 1 {
					t.Fatalf("%+v", o.Interval)
				}
				if o.Interval.Low <= truth && truth <= o.Interval.High {
					covered++
				}
				if g := p.Group("tier", "a"); g.Overall.Interval != nil {
					groups++
					if g.Overall.Interval.Low <= truth && truth <= g.Overall.Interval.High {
						grouped++
					}
				}
			}
			percent := 100 * float64(covered) / float64(counted)
			t.Logf("%.1f %%, of a group %.1f %%", percent, 100*float64(grouped)/float64(groups))
			if percent < lowest || percent > c.most || counted < runs*9/10 {
				t.Errorf("%.1f %% of %d", percent, counted)
			}
			if percent := 100 * float64(grouped) / float64(groups); percent < lowest {
				t.Errorf("of a group %.1f %%", percent)
			}
		})
	}
}

// TestNothingDiffers simulates pages of two periods and three groups between which nothing has changed: at most one in twenty may
// find anything, whatever it is, by more than chance allows in so many runs.
func TestNothingDiffers(t *testing.T) {
	runs := max(150, soak.Cases(400, 4000))
	for _, c := range []struct {
		name  string
		crowd crowd
		n     int
	}{
		{"alike", crowd{items: 8, alike: 0.5}, 60},
		{"by itself", crowd{items: 8}, 60},
		{"few", crowd{items: 4, alike: 0.3}, 20},
		{"at the ceiling", crowd{items: 4, alike: 0.3, levels: []float64{2.4}}, 24},
	} {
		s := c.crowd.survey(t, "period: year\n")
		r := rand.New(rand.NewPCG(5, uint64(c.n)))
		found, tests := 0, 0
		for range runs {
			report := NewReport(s, []*release.Release{c.crowd.release(s, r, c.n, "2025", same), c.crowd.release(s, r, c.n, "2026", same)})
			page := report.Tests(1)
			tests += page.N
			for _, test := range page.all() {
				if test.Result != Unclear {
					found++
					break
				}
			}
		}
		percent := 100 * float64(found) / float64(runs)
		t.Logf("%s: %.1f %% of pages, %.1f comparisons each", c.name, percent, float64(tests)/float64(runs))
		if percent > 5+100*2*math.Sqrt(0.05*0.95/float64(runs)) {
			t.Errorf("%s: something differs on %.1f %% of pages", c.name, percent)
		}
	}
}

// TestDifferencesAreFound: what differs much is found.
func TestDifferencesAreFound(t *testing.T) {
	c := crowd{items: 6, alike: 0.4, levels: []float64{0.8, 0, 0, 0, 0, -0.8}}
	s := c.survey(t, "period: year\n")
	r := rand.New(rand.NewPCG(5, 5))
	report := NewReport(s, []*release.Release{
		c.release(s, r, 150, "2025", same),
		c.release(s, r, 150, "2026", func(tier int) float64 { return 0.5 + 0.8*float64(tier/2) }), // everybody better, the third group much
	})
	page := report.Tests(1)
	if page.Index == nil || page.Index.Result != Higher || page.Index.Size == NoEffect || page.Index.Interval.Low <= 0 {
		t.Errorf("index %+v", page.Index)
	}
	if len(page.Best()) == 0 || page.Best()[0].Field.Name != "q0" || len(page.Weakest()) == 0 || page.Weakest()[0].Field.Name != "q5" {
		t.Errorf("best %v, weakest %v", page.Best(), page.Weakest())
	}
	if g := page.Of("tier", "c"); g == nil || g.Result != Higher || g.Size != Large {
		t.Errorf("group %+v", g)
	}
	risen := 0
	for _, test := range page.Changes {
		if test.Result == Higher {
			risen++
		}
	}
	if risen < 4 {
		t.Errorf("%d items have risen", risen)
	}
	group := report.Periods[1].Group("tier", "c")
	rest := group.TestsOfRest()
	if rest.Index == nil || rest.Index.Result != Higher || len(rest.Items) != 6 || rest.N != 7 {
		t.Errorf("%+v", rest)
	}
	if own := report.WithPeriods([]Period{*report.Periods[0].Group("tier", "c"), *group}).Tests(1); own.Groups != nil || own.N != 1+6+6 {
		t.Errorf("%+v", own)
	}
}

func same(int) float64 { return 0 }

// TestRestIsTheOthers: gold has 100 and 80, tin 20, and one more no tier.
func TestRestIsTheOthers(t *testing.T) {
	s := pairedSurvey(t, "model: percent_of_max", "")
	all := append(times(3, "place=north one=5 two=5"), times(3, "place=north one=4 two=4")...)
	all = append(append(all, times(4, "place=south one=1 two=1")...), times(5, "one=3 two=3")...)
	report := NewReport(s, released(s, all...))
	page := report.Tests(0)
	if len(page.Groups) != 1 { // south has 4
		t.Fatalf("%+v", page.Groups)
	}
	g := page.Groups[0]
	if g.Option.ID != "north" || math.Abs(g.Rest-20) > 1e-9 || math.Abs(g.Difference-70) > 1e-9 || g.Result != Higher {
		t.Errorf("%+v", g)
	}
}

// TestGroupsAreNarrowed: how little items go together in the whole narrows the interval of a group.
func TestGroupsAreNarrowed(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct{ alike, least, most float64 }{{0, 0.35, 0.65}, {0.95, 0.85, 1}} {
		crowd := crowd{items: 6, alike: c.alike}
		p := NewReport(crowd.survey(t, ""), []*release.Release{crowd.release(crowd.survey(t, ""), r, 200, "all", same)}).Periods[0]
		g := p.Group("tier", "a")
		widest := g.form.composite(g.Items, -1).widest(0)
		narrowed := g.Overall.Interval.halfWidth() / widest.interval().halfWidth()
		if g.Overall.Method != MethodShared || narrowed < c.least || narrowed > c.most {
			t.Errorf("alike %g: %s, %f of the widest", c.alike, g.Overall.Method, narrowed)
		}
	}
}
