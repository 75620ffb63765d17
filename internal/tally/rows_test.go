package tally

import (
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// graded has scales that suit every model, weights and dimensions. Items stand in another order than their names'.
const graded = `
title: Graded
languages: [en]
timezone: UTC
window: {until: 2030-01-31}
scales:
  ten:
    - {id: a, label: A, score: 10}
    - {id: b, label: B, score: 8}
    - {id: c, label: C, score: 6}
    - {id: d, label: D, score: 2.5}
    - {id: e, label: E, score: 0}
    - {id: none, label: No opinion}
sections:
  - id: all
    title: All
    questions:
      - {id: branch, type: rating, steps: 10, label: Branch, segment: true}
      - {id: q, type: rating, scale: ten, label: Q, weight: 2, dimension: two}
      - {id: p, type: rating, scale: ten, label: P, dimension: one}
      - {id: m, type: matrix, scale: ten, label: M, dimension: one, rows: [{id: y, label: Y, weight: 0.7}, {id: x, label: X}]}
      - {id: r, type: single_choice, scale: ten, label: R, weight: 0.01}
      - {id: out, type: rating, scale: ten, label: Out, weight: 0}
      - {id: quiet, type: rating, scale: ten, label: Quiet, sensitive: true}
      - {id: gone, type: rating, scale: ten, label: Gone, publish: false}
scoring: {SCORING, overall: OVERALL, dimensions: [{id: one, weight: 1.5}, {id: two}]}
`

func gradedSurvey(t testing.TB, scoring, overall string) *survey.Survey {
	return parse(t, strings.NewReplacer("SCORING", scoring, "OVERALL", overall).Replace(graded))
}

// scoresOfTen are those of the scale ten, in thousandths.
var scoresOfTen = map[string]int64{"a": 10_000, "b": 8000, "c": 6000, "d": 2500, "e": 0}

// drawnGraded makes random responses to graded.
func drawnGraded(r *rand.Rand, n int) []answer.Response {
	fields := []string{"branch", "q", "p", "m.y", "m.x", "r", "out", "quiet", "gone"}
	responses := make([]answer.Response, n)
	for i := range responses {
		leaves := r.IntN(4)
		for _, name := range fields {
			value := []string{"a", "b", "c", "d", "e", "none"}[r.IntN(6)]
			if name == "branch" {
				value = fmt.Sprint(1 + r.IntN(3))
			}
			if leaves == 0 || r.IntN(4) >= leaves {
				responses[i].Answers = append(responses[i].Answers, answer.Answer{name, value})
			}
		}
	}
	return responses
}

// TestRowsByHand: two respondents of percent_of_max. Weights: q 2·1, p and m.x 1·1.5, m.y 0.7·1.5, r 0.01.
//
//	      branch  q     p     m.y   m.x   r     out
//	1     1       a 10  c 6   b 8   e 0   d 2.5 a 10
//	2     2       —     none  a 10  —     —     c 6
//
//	own index of 1: (2·10 + 1.5·6 + 1.05·8 + 1.5·0 + 0.01·2.5) / (6.06·10) = 37.425 / 60.6 = 61.7574…
//	own index of 2: 10 of 10
func TestRowsByHand(t *testing.T) {
	s := gradedSurvey(t, "model: percent_of_max", "out")
	folded := fold(s, []answer.Response{
		{Answers: []answer.Answer{{"branch", "1"}, {"q", "a"}, {"p", "c"}, {"m.y", "b"}, {"m.x", "e"}, {"r", "d"}, {"out", "a"}, {"quiet", "a"}, {"gone", "a"}}},
		{Answers: []answer.Answer{{"branch", "2"}, {"p", "none"}, {"m.y", "a"}, {"out", "c"}}},
		{Answers: []answer.Answer{{"branch", "2"}, {"p", "none"}}},
	})
	rows := Total(folded.Parts[s.Shape].Cohorts).Rows
	want := &Rows{
		N: 2, Index: 61_757 + 100_000, Squares: 61_757*61_757 + 100_000*100_000,
		Pairs: map[string]*Moments{
			"q":   {1, 10_000, 10_000, 100_000_000, 100_000_000, 100_000_000},
			"p":   {1, 6000, 10_000, 36_000_000, 100_000_000, 60_000_000},
			"m.y": {2, 18_000, 16_000, 164_000_000, 136_000_000, 140_000_000},
			"m.x": {1, 0, 10_000, 0, 100_000_000, 0},
			"r":   {1, 2500, 10_000, 6_250_000, 100_000_000, 25_000_000},
		},
		Scales: map[string]*Scale{ // in halves, and by name: m.x, m.y, p, q, r
			"":    {1, 53, 53 * 53, []int64{0, 16, 12, 20, 5}, []int64{0, 256, 144, 400, 25}},
			"one": {1, 28, 28 * 28, []int64{0, 16, 12}, []int64{0, 256, 144}},
		},
	}
	if got := asJSON(t, rows); got != asJSON(t, want) {
		t.Errorf("got  %s\nwant %s", got, asJSON(t, want))
	}
}

// TestOwnIndex works out every respondent's index again, from fractions, and rounds it.
func TestOwnIndex(t *testing.T) {
	weights := map[string]*big.Rat{"q": big.NewRat(2, 1), "p": big.NewRat(3, 2), "m.y": big.NewRat(105, 100), "m.x": big.NewRat(3, 2), "r": big.NewRat(1, 100)}
	for model, perfect := range map[string]int64{"model: percent_of_max": 100, "model: graded_10": 100, "model: mean": 10, "model: weighted_count": 10, "model: mean_of_units, unit: branch, of: mean": 10} {
		s := gradedSurvey(t, model, "r")
		rapid.Check(t, func(t *rapid.T) {
			responses := drawnGraded(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), 20)
			want := &Rows{}
			for _, r := range responses {
				reached, divisor := new(big.Rat), new(big.Rat)
				for _, a := range r.Answers {
					score, scored := scoresOfTen[a[1]]
					if weight := weights[a[0]]; weight != nil && scored {
						reached.Add(reached, new(big.Rat).Mul(weight, big.NewRat(score, 10_000)))
						divisor.Add(divisor, weight)
					}
				}
				if divisor.Sign() == 0 {
					continue
				}
				index := reached.Quo(reached, divisor)
				index.Mul(index, big.NewRat(perfect*1000, 1)).Add(index, big.NewRat(1, 2))
				rounded := new(big.Int).Div(index.Num(), index.Denom()).Int64()
				want.N, want.Index, want.Squares = want.N+1, want.Index+rounded, want.Squares+rounded*rounded
			}
			got := Total(fold(s, responses).Parts[s.Shape].Cohorts).Rows
			if got == nil {
				got = &Rows{}
			}
			if got.N != want.N || got.Index != want.Index || got.Squares != want.Squares {
				t.Fatalf("%s: %d, %d, %d; want %d, %d, %d", model, got.N, got.Index, got.Squares, want.N, want.Index, want.Squares)
			}
		})
	}
}

// TestWholeRows adds up pairs and scales again, the slow way, whether the overall item is in the index or not.
func TestWholeRows(t *testing.T) {
	items := []string{"m.x", "m.y", "p", "q", "r"}
	for _, overall := range []string{"out", "p", "m.y"} {
		s := gradedSurvey(t, "model: mean", overall)
		rapid.Check(t, func(t *rapid.T) {
			responses := drawnGraded(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), 30)
			pairs, scales := map[string]*Moments{}, map[string]*Scale{}
			for _, r := range responses {
				given := map[string]int64{}
				for _, a := range r.Answers {
					if score, scored := scoresOfTen[a[1]]; scored {
						given[a[0]] = score
					}
				}
				for _, item := range items {
					x, ok := given[item]
					y, both := given[overall]
					if ok && both && item != overall {
						sum := pairs[item].Plus(&Moments{1, x, y, x * x, y * y, x * y})
						pairs[item] = &sum
					}
				}
				for name, of := range map[string][]string{"": items, "one": items[:3]} {
					one := &Scale{N: 1, Sums: make([]int64, len(of)), Squares: make([]int64, len(of))}
					for i, item := range of {
						x, ok := given[item]
						if !ok {
							one = nil
							break
						}
						x /= 500
						one.Total, one.Sums[i], one.Squares[i] = one.Total+x, x, x*x
					}
					if one != nil {
						one.TotalSquares = one.Total * one.Total
						if scales[name] == nil {
							scales[name] = &Scale{}
						}
						scales[name].add(one, 1)
					}
				}
			}
			got := Total(fold(s, responses).Parts[s.Shape].Cohorts).Rows
			if want := (&Rows{N: got.N, Index: got.Index, Squares: got.Squares, Pairs: pairs, Scales: scales}); asJSON(t, got) != asJSON(t, want) {
				t.Fatalf("got  %s\nwant %s", asJSON(t, got), asJSON(t, want))
			}
		})
	}
}

// TestRoom: the sums of 900 million respondents who give the best marks fit in 64 bits.
func TestRoom(t *testing.T) {
	var questions strings.Builder
	for i := range 60 {
		fmt.Fprintf(&questions, "{id: q%d, type: rating, scale: hundred, label: Q}, ", i)
	}
	s := parse(t, `
title: T
languages: [en]
timezone: UTC
scales: {hundred: [{id: best, label: Best, score: 100}, {id: odd, label: Odd, score: 99.5}, {id: worst, label: Worst, score: 0}]}
sections: [{id: all, title: All, questions: [`+questions.String()+`]}]
scoring: {model: percent_of_max, overall: q0}
`)
	r := answer.Response{}
	for i := range 60 {
		r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("q%d", i), "best"})
	}
	rows := fold(s, []answer.Response{r}).Parts[s.Shape].Cohorts[""].Rows
	var sums []int64
	sums = append(sums, rows.Index, rows.Squares, rows.Pairs["q1"].XX, rows.Pairs["q1"].YY, rows.Pairs["q1"].XY, rows.Scales[""].TotalSquares, rows.Scales[""].Squares[59])
	for _, sum := range sums {
		all := new(big.Int).Mul(big.NewInt(sum), big.NewInt(mostRespondents))
		if sum <= 0 || !all.IsInt64() {
			t.Errorf("%d times %d", sum, mostRespondents)
		}
	}
}

// TestSegmentsAreInNoRow: neither as items, which TestWholeRows checks, nor as the overall item.
func TestSegmentsAreInNoRow(t *testing.T) {
	s := gradedSurvey(t, "model: mean", "branch")
	responses := drawnGraded(rand.New(rand.NewPCG(1, 2)), 30)
	if rows := Total(fold(s, responses).Parts[s.Shape].Cohorts).Rows; len(rows.Pairs) > 0 || rows.N == 0 || len(rows.Scales[""].Sums) != 5 {
		t.Error(asJSON(t, rows))
	}
}

// TestNoRoom: where sums could exceed 64 bits there are none; the other ones stay.
func TestNoRoom(t *testing.T) {
	source := `
title: T
languages: [en]
timezone: UTC
scales: {one: [{id: best, label: Best, score: BEST}, {id: worst, label: Worst, score: WORST}]}
sections: [{id: all, title: All, questions: [{id: a, type: rating, scale: one, label: A}, {id: b, type: rating, scale: one, label: B}]}]
scoring: {model: MODEL, overall: a}
`
	for _, c := range []struct {
		best, worst, model   string
		index, pairs, scales bool
	}{
		{"101", "0", "percent_of_max", true, false, true},
		{"101", "0", "mean", false, false, true},
		{"101", "0", "weighted_count", false, false, true},
		{"1000", "0.001", "percent_of_max", true, false, false},
		{"1000", "0.001", "mean", false, false, false},
	} {
		s := parse(t, strings.NewReplacer("BEST", c.best, "WORST", c.worst, "MODEL", c.model).Replace(source))
		rows := fold(s, []answer.Response{{Answers: []answer.Answer{{"a", "best"}, {"b", "worst"}}}}).Parts[s.Shape].Cohorts[""].Rows
		if rows == nil {
			rows = &Rows{}
		}
		if rows.N == 1 != c.index || len(rows.Pairs) == 1 != c.pairs || len(rows.Scales) == 1 != c.scales {
			t.Errorf("scores of %s and %s, %s: %s", c.best, c.worst, c.model, asJSON(t, rows))
		}
	}
}

// TestLargeWeights: weights are folded by their ratio, and only if that has room.
func TestLargeWeights(t *testing.T) {
	source := `
title: T
languages: [en]
timezone: UTC
sections: [{id: all, title: All, questions: [{id: a, type: rating, steps: 5, label: A, weight: FIRST}, {id: b, type: rating, steps: 5, label: B, weight: SECOND}]}]
`
	for _, c := range []struct{ first, second string }{{"1000", "500"}, {"0.002", "0.001"}, {"2", "1"}} {
		s := parse(t, strings.NewReplacer("FIRST", c.first, "SECOND", c.second).Replace(source))
		rows := fold(s, []answer.Response{{Answers: []answer.Answer{{"a", "2"}, {"b", "5"}}}}).Parts[s.Shape].Cohorts[""].Rows
		if rows.N != 1 || rows.Index != 60_000 {
			t.Errorf("weights %s and %s: %s", c.first, c.second, asJSON(t, rows))
		}
	}
}

// TestRowSignature: what is edited without a change of any row leaves it; what changes them does not.
func TestRowSignature(t *testing.T) {
	base := RowSignature(gradedSurvey(t, "model: mean", "out"))
	same := []string{
		"label: Q,=>label: Other,", "title: Graded=>title: New", "{id: branch, type: rating, steps: 10=>{id: branch, type: rating, steps: 9",
		"{id: x, label: X}=>{id: x, label: Z}", "label: Quiet, sensitive: true=>label: Quiet, sensitive: true, weight: 3",
	}
	for _, edit := range same {
		if got := RowSignature(edited(t, edit)); got != base {
			t.Errorf("%s: %s, want %s", edit, got, base)
		}
	}
	seen := map[string]string{base: "nothing"}
	for _, edit := range []string{
		"score: 2.5=>score: 2", "weight: 2,=>weight: 3,", "weight: 1.5=>weight: 1", "model: mean=>model: percent_of_max", "overall: out=>overall: p",
		"id: p, type: rating, scale: ten, label: P, dimension: one=>id: p, type: rating, scale: ten, label: P", "label: R, weight: 0.01=>label: R, weight: 0.01, publish: false",
		"{id: y, label: Y, weight: 0.7}, =>", "id: r, type: single_choice=>id: r2, type: single_choice",
	} {
		got := RowSignature(edited(t, edit))
		if was, twice := seen[got]; twice || got == "" {
			t.Errorf("%s: %q, as of %s", edit, got, was)
		}
		seen[got] = edit
	}
	if got := RowSignature(parse(t, `
title: T
languages: [en]
sections: [{questions: [{id: q, type: yes_no, label: Q}]}]
`)); got != "" {
		t.Errorf("nothing is scored, and the signature is %s", got)
	}
}

// edited returns graded after an edit, OLD=>NEW.
func edited(t *testing.T, edit string) *survey.Survey {
	t.Helper()
	source := strings.NewReplacer("SCORING", "model: mean", "OVERALL", "out").Replace(graded)
	before, after, _ := strings.Cut(edit, "=>")
	if strings.Count(source, before) != 1 {
		t.Fatalf("%q is there %d times", before, strings.Count(source, before))
	}
	return parse(t, strings.Replace(source, before, after, 1))
}

// TestOrderOfItems: rows of questionnaires that ask in another order add up.
func TestOrderOfItems(t *testing.T) {
	one := gradedSurvey(t, "model: mean", "out")
	source := strings.NewReplacer("SCORING", "model: mean", "OVERALL", "out").Replace(graded)
	lines := strings.Split(source, "\n")
	p := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "{id: p,") })
	lines[p], lines[p+1] = lines[p+1], lines[p]
	two := parse(t, strings.Join(lines, "\n"))
	if one.Shape == two.Shape || RowSignature(one) != RowSignature(two) {
		t.Fatalf("shapes %s and %s, signatures %s and %s", one.Shape, two.Shape, RowSignature(one), RowSignature(two))
	}
	responses := drawnGraded(rand.New(rand.NewPCG(1, 2)), 50)
	a, b := Total(fold(one, responses).Parts[one.Shape].Cohorts).Rows, Total(fold(two, responses).Parts[two.Shape].Cohorts).Rows
	if asJSON(t, a) != asJSON(t, b) || len(slices.Collect(maps.Keys(a.Pairs))) != 5 {
		t.Errorf("%s\n%s", asJSON(t, a), asJSON(t, b))
	}
}
