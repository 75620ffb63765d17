package tally

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
)

// TestSums: what is added can be subtracted again, sums share no memory with what they are of, and nil is 0.
func TestSums(t *testing.T) {
	forms := versions(t)
	rapid.Check(t, func(t *rapid.T) {
		one, two := drawWorld(t, forms).fold(), drawWorld(t, forms).fold()
		for shape, p := range one.Parts {
			a := Total(p.Cohorts)
			b := NewCounters()
			if other := two.Parts[shape]; other != nil {
				b = Total(other.Cohorts)
			}
			before, added := asJSON(t, a), asJSON(t, b)
			sum := a.Clone()
			sum.Add(b)
			sum.Add(nil)
			rows := a.Rows.Plus(b.Rows)
			if !rows.Minus(sum.Rows).IsZero() || !rows.Minus(b.Rows).Minus(a.Rows).IsZero() || sum.Respondents != a.Respondents+b.Respondents {
				t.Fatalf("%s and %s are %s", before, added, asJSON(t, sum))
			}
			sum.Sub(a)
			sum.Sub(b)
			if !sum.IsZero() {
				t.Fatalf("%s and %s leave %s", before, added, asJSON(t, sum))
			}
			if sum.Prune(); asJSON(t, sum) != `{"respondents":0,"items":{}}` {
				t.Fatalf("nothing is %s", asJSON(t, sum))
			}
			if asJSON(t, a) != before || asJSON(t, b) != added {
				t.Fatal("adding has changed what was added")
			}
		}
	})
	var none *Rows
	if none.Clone() != nil || !none.IsZero() || !none.Plus(nil).IsZero() || none.Minus(&Rows{N: 1}).N != -1 || (*Item)(nil).Clone().N != 0 || !(*Counters)(nil).Clone().IsZero() {
		t.Error("nil is not 0")
	}
}

// TestScalesOfOtherLengths: a damaged scale may have fewer sums than another.
func TestScalesOfOtherLengths(t *testing.T) {
	long, short := &Rows{Scales: map[string]*Scale{"": {1, 3, 9, []int64{1, 2}, []int64{1, 4}}}}, &Rows{Scales: map[string]*Scale{"": {1, 5, 25, []int64{5}, nil}, "x": nil}}
	for _, sum := range []*Rows{long.Plus(short), short.Plus(long)} {
		if s := sum.Scales[""]; asJSON(t, s) != `{"n":2,"total":8,"total_squares":34,"sums":[6,2],"squares":[1,4]}` {
			t.Error(asJSON(t, s))
		}
	}
	if got := asJSON(t, long.Scales[""].Sums); got != "[1,2]" {
		t.Errorf("one has become %s", got)
	}
}

// TestFoldingGoesOn: counters can be folded into after they have been added to, subtracted from and unfolded.
func TestFoldingGoesOn(t *testing.T) {
	s := gradedSurvey(t, "model: mean", "out")
	responses := drawnGraded(rand.New(rand.NewPCG(7, 7)), 40)
	for i := range responses {
		responses[i].Answers = append([]answer.Answer{{"branch", "1"}}, responses[i].Answers...) // one cohort
	}
	want := fold(s, responses[1:])
	folded := fold(s, responses[:20])
	c := folded.Parts[s.Shape].Cohorts["1"]
	c.Add(fold(s, responses[20:30]).Parts[s.Shape].Cohorts["1"])
	if !folded.Unfold(s, cursor(0), responses[0]) {
		t.Fatal("not unfolded")
	}
	for i, r := range responses[30:] {
		folded.Fold(s, cursor(30+i), "2026-11-29", r)
	}
	if got := asJSON(t, folded.Parts[s.Shape].Cohorts); got != asJSON(t, want.Parts[s.Shape].Cohorts) {
		t.Errorf("got  %s\nwant %s", got, asJSON(t, want.Parts[s.Shape].Cohorts))
	}
}
