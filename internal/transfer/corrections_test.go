package transfer_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/records"
	"glasspoll/internal/release"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
	"glasspoll/internal/transfer"
	"glasspoll/internal/verify"
)

// corrected is a past with corrections, and what is known of each response without the tally and the releases that it checks.
type corrected struct {
	*world
	people  []*respondent
	marks   map[string]map[string]int             // by period and cohort: release of the last block
	out     map[string]map[string][]answer.Answer // by period and cohort, or pool: moods as they were released, one each
	lost    map[string]bool                       // periods whose tally was lost
	inForce bool                                  // in the target, where corrections are made from then on
	steps   int
}

type respondent struct {
	n           int
	period      string
	fields      map[string]string // by field, as corrected last
	counted     bool              // it has been folded
	held        bool
	rejected    bool
	out         bool
	erased      bool
	corrections int
}

func (p *respondent) waits() bool { return p.counted && !p.held && !p.rejected && !p.out && !p.erased }

func (c *corrected) put(period string, held bool) {
	n := len(c.people)
	r := c.response(n, period)
	r.Quality.Flags = answer.Watched
	if held {
		r.Quality.Flags |= answer.Rate
	}
	_, err := c.from.Put(ctx, r)
	c.must(err)
	p := &respondent{n: n, period: period, held: held, fields: map[string]string{}}
	for _, a := range slices.Concat(r.Answers, r.Private) {
		p.fields[a[0]] = a[1]
	}
	c.people = append(c.people, p)
}

// correctKilled corrects a response, and is killed before or after some call, or at none.
func (c *corrected) correctKilled(t *rapid.T, in *storetest.Memory, p *respondent, field, value string) {
	was := maps.Clone(p.fields)
	a := records.Amendment{Set: map[string][]string{}, Reason: "wrong", By: "desk", At: c.now}
	if value == "" {
		a.Clear = []string{field}
		delete(p.fields, field)
	} else {
		a.Set[field] = []string{value}
		p.fields[field] = value
	}
	moves := was["tier"] != p.fields["tier"]
	refused := p.erased || maps.Equal(was, p.fields) || len(p.fields) == 0 || p.corrections == review.MaxCorrections || in == c.from && c.lost[p.period] ||
		moves && (!p.counted || p.out || p.rejected)
	counts := p.waits()
	at, made := rapid.IntRange(0, 60).Draw(t, "killed at"), rapid.Bool().Draw(t, "made")
	fail := func(n int) error {
		if n == at {
			return errKilled
		}
		return nil
	}
	if *c.calls = (calls{before: fail}); made {
		*c.calls = calls{after: fail}
	}
	done, err := records.Correct(ctx, &hooked{c.calls, in, nil}, c.survey, c.response(p.n, "").ID, a, true)
	*c.calls = calls{}
	stored := 0
	for d, err := range in.Decisions(ctx, surveyID, p.period) {
		c.must(err)
		if d.Correction != nil && d.IDs[0] == c.response(p.n, "").ID {
			stored++
		}
	}
	switch {
	case stored > p.corrections && refused && in == c.from:
		t.Fatalf("%+v is corrected: %s=%s", p, field, value)
	case stored > p.corrections:
		if err == nil && in == c.from && done.Counts != counts {
			t.Fatalf("%+v counts as corrected: %t", p, done.Counts)
		}
		p.corrections++
	default:
		p.fields = was
		if err == nil || !errors.Is(err, errKilled) && !refused && in == c.from {
			t.Fatalf("%+v is not corrected: %s=%s: %v", p, field, value, err)
		}
	}
}

// decide accepts or rejects a response of the source.
func (c *corrected) decide(p *respondent, reject bool) {
	done, err := records.Decide(ctx, c.from, c.survey, p.period, records.Verdict{Reject: reject, Reason: "no", By: "li", At: c.now},
		func(r records.Reviewed) bool { return r.Response.ID == c.response(p.n, "").ID })
	if c.lost[p.period] {
		return
	}
	c.must(err)
	if len(done.Changed) == 0 {
		return
	}
	if p.held = false; reject {
		p.rejected = true
	}
}

// publishSource publishes, and finds out who is in blocks by the marks of releases and what is known of each response.
func (c *corrected) publishSource() {
	c.publish(c.from)
	for _, p := range c.people {
		p.counted = true
	}
	clear(c.lost)
	for _, period := range periods {
		var before *release.Release
		for r, err := range c.from.History(ctx, surveyID, period) {
			c.must(err)
			for key, m := range r.Held.Out[c.survey.Shape] {
				if m.Release != r.Number || m.Release <= c.marks[period][key] {
					continue
				}
				c.marks[period][key] = m.Release
				block := key
				if respondents(r, c.survey.Shape, key) == respondents(before, c.survey.Shape, key) {
					block = release.Pool
				}
				for _, p := range c.people {
					if p.period != period || !p.waits() || p.fields["tier"] != key {
						continue
					}
					p.out = true
					c.out[period][block] = append(c.out[period][block], answer.Answer{"mood", p.fields["mood"]})
				}
			}
			before = r
		}
	}
}

func respondents(r *release.Release, shape, key string) int64 {
	if r == nil || r.Parts[shape] == nil || r.Parts[shape].Cohorts[key] == nil {
		return 0
	}
	return r.Parts[shape].Cohorts[key].Respondents
}

// lose loses the tally of a period.
func (c *corrected) lose(period string) {
	_, revision, err := c.from.Tally(ctx, surveyID, period)
	c.must(err)
	c.must(c.from.SaveTally(ctx, surveyID, period, tally.New(), revision))
	c.lost[period] = len(c.decisions(c.from, period)) > 0
	for _, p := range c.people {
		if p.period == period {
			p.counted = false
		}
	}
}

// repair damages a tally, and has it repaired.
func (c *corrected) repair(period string) {
	t, revision, err := c.from.Tally(ctx, surveyID, period)
	c.must(err)
	if t == nil || c.lost[period] || t.Parts[c.survey.Shape] == nil {
		return
	}
	clear(t.Parts[c.survey.Shape].Cohorts)
	c.must(c.from.SaveTally(ctx, surveyID, period, t, revision))
	_, err = verify.Repair(ctx, c.from, c.survey, period, true)
	c.must(err)
}

// moods counts moods by band.
func (c *corrected) moods(all []answer.Answer) map[string]int64 {
	f, _ := c.survey.Field("mood")
	counts := map[string]int64{}
	for _, a := range all {
		if d, err := survey.ParseDecimal(a[1]); err == nil {
			counts[f.ValueBands()[survey.BandOf(f.ValueBands(), d)].ID]++
		}
	}
	return counts
}

// countsOf returns how often each band of moods is counted.
func countsOf(all ...*tally.Counters) map[string]int64 {
	counts := map[string]int64{}
	for _, c := range all {
		if c == nil || c.Items["mood"] == nil {
			continue
		}
		for _, n := range c.Items["mood"].Counts {
			if n.N > 0 {
				counts[n.Option] += n.N
			}
		}
	}
	return counts
}

// verifyEvery is after how many steps a period of the source is verified, which takes longer than the steps.
const verifyEvery = 6

// check compares the source's tallies and releases with what is known of each response.
func (c *corrected) check() {
	latest, err := c.from.Latest(ctx, surveyID)
	c.must(err)
	byPeriod := release.ByPeriod(latest)
	if c.steps++; c.inForce {
		return
	}
	for i, period := range periods {
		if c.steps%verifyEvery == i {
			c.verify(c.from, period)
		}
		t, _, err := c.from.Tally(ctx, surveyID, period)
		c.must(err)
		for _, key := range []string{"", "a", "b"} {
			var waiting []answer.Answer
			n := int64(0)
			for _, p := range c.people {
				if p.period == period && p.waits() && p.fields["tier"] == key {
					waiting = append(waiting, answer.Answer{"mood", p.fields["mood"]})
					n++
				}
			}
			var counted *tally.Counters
			if t != nil && t.Parts[c.survey.Shape] != nil {
				counted = t.Parts[c.survey.Shape].Cohorts[key]
			}
			if got, want := countsOf(counted), c.moods(waiting); counted.Clone().Respondents != n || !reflect.DeepEqual(got, want) {
				c.t.Fatalf("%s %q: %d wait with %v, want %d with %v", period, key, counted.Clone().Respondents, got, n, want)
			}
		}
		r := byPeriod[period]
		if r == nil {
			continue
		}
		for _, key := range []string{"", "a", "b", release.Pool} {
			var public *tally.Counters
			if r.Parts[c.survey.Shape] != nil {
				public = r.Parts[c.survey.Shape].Cohorts[key]
			}
			if got, want := countsOf(public, r.Held.Items[c.survey.Shape][key]), c.moods(c.out[period][key]); !reflect.DeepEqual(got, want) {
				c.t.Fatalf("%s %q: %v is released, want %v", period, key, got, want)
			}
		}
	}
}

func (c *corrected) verify(in *storetest.Memory, period string) {
	c.t.Helper()
	v, err := verify.Period(ctx, in, c.survey, period)
	c.must(err)
	for _, finding := range v.Findings {
		c.t.Fatalf("%s: %s: %s", period, finding.Code, finding)
	}
}

func (c *corrected) decisions(in *storetest.Memory, period string) (all []review.Decisions) {
	for d, err := range in.Decisions(ctx, surveyID, period) {
		c.must(err)
		if d.Correction != nil {
			some, err := store.AddPrivate(ctx, in, surveyID, d.IDs[0], []review.Decisions{d})
			c.must(err)
			d = some[0]
		}
		all = append(all, d)
	}
	return all
}

// wantExport wants that an export of a store has the answers as they were corrected last.
func (c *corrected) wantExport(of *storetest.Memory) {
	n, err := records.TakeSnapshot(ctx, of, surveyID, "", true)
	c.must(err)
	found := 0
	for e, err := range n.Entries(ctx) {
		c.must(err)
		got := map[string]string{}
		for _, a := range slices.Concat(e.Response.Answers, e.Response.Private) {
			got[a[0]] = a[1]
		}
		var number int
		_, err := fmt.Sscanf(e.Response.ID, "00000000-0000-4000-8000-%d", &number)
		c.must(err)
		p := c.people[number]
		if found++; e.Response.Withdrawn != p.erased || !p.erased && !maps.Equal(got, p.fields) {
			c.t.Fatalf("response %d is %v, want %+v", number, got, p)
		}
	}
	if found != len(c.people) {
		c.t.Fatalf("%d responses, want %d", found, len(c.people))
	}
}

// wantReport wants that a report for management counts all answers as they were corrected last.
func (c *corrected) wantReport(of *storetest.Memory) {
	for _, period := range periods {
		var moods []answer.Answer
		some := false
		for _, p := range c.people {
			if p.period == period {
				some = true
				if !p.held && !p.rejected && !p.erased {
					moods = append(moods, answer.Answer{"mood", p.fields["mood"]})
				}
			}
		}
		if !some {
			continue
		}
		known, answered, all := store.Settled{}, store.NewAnswered(of, surveyID), tally.New()
		c.must(known.ReadDecisions(ctx, of, surveyID, period))
		for e, err := range of.After(ctx, surveyID, period, "") {
			c.must(err)
			c.must(answered.Fold(ctx, all, known, e))
		}
		var cohorts []*tally.Counters
		if part := all.Parts[c.survey.Shape]; part != nil {
			cohorts = slices.Collect(maps.Values(part.Cohorts))
		}
		if got, want := countsOf(cohorts...), c.moods(moods); !reflect.DeepEqual(got, want) {
			c.t.Fatalf("%s: all of %v, want %v", period, got, want)
		}
	}
}

// TestRandomCorrections corrects, decides, erases, publishes, loses and repairs tallies, and moves, in any order, killed between any two
// calls. After each step the source's counts are those of an independent recount, every so often all verifies, and at the end the target has everything.
func TestRandomCorrections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := &corrected{world: newWorld(t, 3), marks: map[string]map[string]int{}, out: map[string]map[string][]answer.Answer{}, lost: map[string]bool{}}
		for _, period := range periods {
			c.marks[period], c.out[period] = map[string]int{}, map[string][]answer.Answer{}
		}
		pick := func() *respondent {
			if len(c.people) == 0 {
				return nil
			}
			return c.people[rapid.IntRange(0, len(c.people)-1).Draw(t, "who")]
		}
		correct := func(t *rapid.T) {
			p := pick()
			if p == nil {
				return
			}
			field := rapid.SampledFrom([]string{"mood", "tier", "mail"}).Draw(t, "field")
			value := map[string][]string{"mood": {"0", "3", "7", "10", ""}, "tier": {"a", "b", ""}, "mail": {"x@example.org", "y@example.org", ""}}[field]
			in := c.from
			if c.inForce {
				in = c.to
			}
			c.correctKilled(t, in, p, field, rapid.SampledFrom(value).Draw(t, "value"))
		}
		put := func(t *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(t, "how many") {
				c.put(rapid.SampledFrom(periods).Draw(t, "period"), rapid.IntRange(0, 4).Draw(t, "held") == 0)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put":            put,
			"put more":       put,
			"correct":        correct,
			"correct again":  correct,
			"correct others": correct,
			"review": func(t *rapid.T) {
				if p := pick(); p != nil && !c.inForce {
					c.decide(p, rapid.IntRange(0, 2).Draw(t, "reject") == 0)
				}
			},
			"erase": func(t *rapid.T) {
				if p := pick(); p != nil {
					c.erase(c.from, p.n)
					c.erase(c.to, p.n)
					p.erased = true
				}
			},
			"publish": func(*rapid.T) {
				if !c.inForce { // or both would make releases of their own
					c.publishSource()
				}
			},
			"lose":   func(t *rapid.T) { c.lose(rapid.SampledFrom(periods).Draw(t, "period")) },
			"repair": func(t *rapid.T) { c.repair(rapid.SampledFrom(periods).Draw(t, "period")) },
			"move": func(t *rapid.T) {
				c.inForce = c.moveKilled(t)
			},
			"publish the target": func(*rapid.T) {
				if c.inForce {
					c.publish(c.to)
				}
			},
			"": func(*rapid.T) { c.check() },
		})
		c.move()
		for _, period := range periods {
			if from, to := c.decisions(c.from, period), c.decisions(c.to, period); !c.inForce && !reflect.DeepEqual(from, to) {
				t.Fatalf("%s: decisions\n%+v\nwant\n%+v", period, to, from)
			}
		}
		c.publish(c.to)
		for _, period := range periods {
			c.verify(c.from, period)
			c.verify(c.to, period)
		}
		c.wantExport(c.to)
		c.wantReport(c.to)
		if report, err := transfer.Check(ctx, c.from, c.to, c.options()); err != nil || !c.inForce && len(report.Differences) > 0 {
			t.Fatal(report.Differences, err)
		}
	})
}

// correctOf corrects a response of a store, and wants that it counts so, or does not.
func (w *world) correctOf(in *storetest.Memory, n int, field, value string, counts, moved bool) {
	w.t.Helper()
	a := records.Amendment{Set: map[string][]string{field: {value}}, Reason: "wrong", By: "desk", At: w.now}
	done, err := records.Correct(ctx, in, w.survey, w.response(n, "").ID, a, true)
	w.must(err)
	if done.Counts != counts || done.Moved != moved {
		w.t.Errorf("response %d, %s=%s: %+v", n, field, value, done)
	}
}

// TestMoveCorrected moves corrections of responses that are out, that wait and that were moved to another group, also after the first
// move, and the target goes on from there.
func TestMoveCorrected(t *testing.T) {
	t.Parallel()
	c := &corrected{world: newWorld(t, 3)}
	agree := func(what string, waiting int64) {
		t.Helper()
		for _, in := range []*storetest.Memory{c.from, c.to} {
			c.verify(in, "2026-11")
			if counted, _, err := in.Tally(ctx, surveyID, "2026-11"); err != nil || counted.Waiting() != waiting {
				t.Errorf("%s: %v wait, want %d", what, counted, waiting)
			}
		}
		if from, to := c.decisions(c.from, "2026-11"), c.decisions(c.to, "2026-11"); len(from) == 0 || !reflect.DeepEqual(from, to) {
			t.Errorf("%s: there are %+v, want %+v", what, to, from)
		}
	}
	c.world.put(c.from, "2026-11", 0, 8)
	c.publish(c.from)                     // four of each group
	c.world.put(c.from, "2026-11", 8, 10) // one more of each
	c.publish(c.from)
	c.correctOf(c.from, 0, "mood", "7", false, false)
	c.correctOf(c.from, 8, "mail", "8@example.org", true, false)
	c.correctOf(c.from, 9, "tier", "a", true, true)
	c.move()
	agree("moved", 2)
	c.world.put(c.from, "2026-11", 10, 11)
	c.correctOf(c.from, 10, "mood", "7", false, false) // it is not counted yet
	c.correctOf(c.from, 9, "mood", "7", true, false)
	c.move()
	c.publish(c.from)
	c.publish(c.to) // three of one group
	agree("published", 0)
	if counted, _, err := c.to.Tally(ctx, surveyID, "2026-11"); err != nil || counted.Waiting() != 0 {
		t.Errorf("%v wait, %v", counted, err)
	}
	c.correctOf(c.to, 9, "mood", "0", false, false)
	c.verify(c.to, "2026-11")
}
