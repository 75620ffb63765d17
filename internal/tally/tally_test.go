package tally

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

const sample = `
title: Sample
languages: [en]
timezone: UTC
channels: [web, sms]
scoring: {overall: parts.speed}
scales:
  five:
    - {id: "5", label: Good, score: 5}
    - {id: "1", label: Bad, score: 1}
    - {id: none, label: No opinion}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: site, type: single_choice, label: Site, segment: true, options: [{id: east, label: East}, {id: west, label: West}]}
      - {id: parts, type: matrix, label: Parts, scale: five, rows: [{id: price, label: Price}, {id: speed, label: Speed}]}
      - {id: spent, type: number, label: Spent, min: -1000000000, max: 1000000000, step: 0.001}
      - {id: again, type: yes_no, label: Again}
      - {id: name, type: short_text, label: Name}
      - {id: hushed, type: rating, scale: five, label: Hushed, publish: false}
      - {id: secret, type: rating, scale: five, label: Secret, private: true}
`

func asJSON(t interface{ Fatal(...any) }, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFoldCounts(t *testing.T) {
	s := parse(t, sample)
	folded := New(s)
	for _, answers := range [][]answer.Answer{
		{{"tier", "gold"}, {"uses", "a", "c"}, {"site", "east"}, {"parts.price", "5"}, {"parts.speed", "none"}, {"spent", "1.5"}, {"again", "yes"}},
		{{"tier", "gold"}, {"uses", "a"}, {"site", "east"}, {"parts.price", "1"}, {"spent", "-0.25"}, {"again", "no"}},
		{{"tier", "tin"}, {"parts.price", "5"}},
		{},
		// Not counted: text, unpublished and private questions, and fields and options that the questionnaire does not have.
		{{"name", "Ann"}, {"hushed", "5"}, {"secret", "5"}, {"gone", "x"}, {"parts", "5"}, {"parts.gone", "5"}, {"tier", "iron"}, {"uses", "z"}, {"spent", "much"}, {"again"}, {}},
		{{"uses", "a", "z"}, {"tier", "gold"}}, // not in the questionnaire's order
	} {
		folded.Fold(s, answer.Response{Answers: answers, Private: []answer.Answer{{"secret", "5"}}})
	}
	const want = `{"shape":"SHAPE","cursor":"","cohorts":{` +
		`"/":{"respondents":2,"items":{}},` +
		`"gold/":{"respondents":1,"items":{"tier":{"n":1,"counts":{"gold":1}},"uses":{"n":1,"counts":{"a":1}}}},` +
		`"gold/east":{"respondents":2,"items":{"again":{"n":2,"counts":{"no":1,"yes":1}},"parts.price":{"n":2,"counts":{"1":1,"5":1}},` +
		`"parts.speed":{"n":1,"counts":{"none":1}},"site":{"n":2,"counts":{"east":2}},"spent":{"n":2,"counts":{"-200000000":1,"0":1},"sum":1250,"squares":2312500},` +
		`"tier":{"n":2,"counts":{"gold":2}},"uses":{"n":2,"counts":{"a":2,"c":1}}}},` +
		`"tin/":{"respondents":1,"items":{"parts.price":{"n":1,"counts":{"5":1}},"tier":{"n":1,"counts":{"tin":1}}}}}}`
	if got := asJSON(t, folded); got != strings.Replace(want, "SHAPE", s.Shape, 1) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if total := folded.Total(); total.Respondents != 6 || total.Items["parts.price"].Counts.Of("5") != 2 {
		t.Errorf("total %+v", total)
	}
}

func TestWithoutSegmentsThereIsOneCohort(t *testing.T) {
	s := parse(t, strings.ReplaceAll(sample, "segment: true, ", ""))
	folded := New(s)
	for _, r := range drawn(rand.New(rand.NewPCG(1, 2)), 20) {
		r.Withdrawn = false
		folded.Fold(s, r)
	}
	if c := folded.Cohorts[""]; len(folded.Cohorts) != 1 || c.Respondents != 20 {
		t.Errorf("cohorts %v", folded.Cohorts)
	}
}

// TestSumsDoNotOverflow folds the largest numbers: their squares are beyond 64 bits at once.
func TestSumsDoNotOverflow(t *testing.T) {
	s := parse(t, sample)
	folded := New(s)
	for range 1000 {
		folded.Fold(s, answer.Response{Answers: []answer.Answer{{"spent", "-1000000000"}}})
	}
	item := folded.Cohorts["/"].Items["spent"]
	if sum, squares := item.Sum.String(), item.Squares.String(); sum != "-1"+strings.Repeat("0", 15) || squares != "1"+strings.Repeat("0", 27) {
		t.Errorf("sum %s, squares %s", sum, squares)
	}
}

// drawn makes n random responses to sample, with valid and invalid answers.
func drawn(r *rand.Rand, n int) []answer.Response {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	responses := make([]answer.Response, n)
	for i := range responses {
		var answers []answer.Answer
		for _, a := range []answer.Answer{
			{"tier", pick("gold", "tin", "iron")},
			{"uses", "a", pick("b", "c", "z")},
			{"site", pick("east", "west")},
			{"parts.price", pick("5", "1", "none")},
			{"parts.speed", pick("5", "1", "none")},
			{"spent", fmt.Sprintf("%d.%03d", r.IntN(2_000_000)-1_000_000, r.IntN(1000))},
			{"again", pick("yes", "no")},
		} {
			if r.IntN(4) > 0 {
				answers = append(answers, a)
			}
		}
		responses[i].Channel = pick("", "web", "sms", "pigeon")
		responses[i].Withdrawn = r.IntN(8) == 0
		responses[i].Answers = answers
	}
	return responses
}

func fold(s *survey.Survey, responses []answer.Response) *Tally {
	t := New(s)
	for _, r := range responses {
		t.Fold(s, r)
	}
	return t
}

func TestFoldIsASum(t *testing.T) {
	s := parse(t, sample)
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		responses := drawn(r, rapid.IntRange(0, 60).Draw(t, "n"))
		whole := fold(s, responses)
		want := whole.Encode()

		r.Shuffle(len(responses), func(i, j int) { responses[i], responses[j] = responses[j], responses[i] })
		if got := fold(s, responses).Encode(); !bytes.Equal(got, want) {
			t.Fatalf("another order: %x\nwant %x", got, want)
		}

		cut := rapid.IntRange(0, len(responses)).Draw(t, "cut")
		one, two := fold(s, responses[:cut]), fold(s, responses[cut:])
		before := one.Encode()
		if got := Merge(one, nil, two, New(s)).Encode(); !bytes.Equal(got, want) {
			t.Fatalf("merged: %x\nwant %x", got, want)
		}
		if !bytes.Equal(one.Encode(), before) {
			t.Fatal("merging has changed its arguments")
		}

		decoded, err := Decode(want)
		if err != nil || !bytes.Equal(decoded.Encode(), want) {
			t.Fatalf("decoded %s, %v\nwant %s", asJSON(t, decoded), err, asJSON(t, whole))
		}
		one, err = Decode(before)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range responses[cut:] { // a stored tally continues to count
			one.Fold(s, r)
		}
		if got := one.Encode(); !bytes.Equal(got, want) {
			t.Fatalf("stored in between: %s\nwant %s", asJSON(t, one), asJSON(t, whole))
		}

		// Subtracting what was added restores the counters.
		total := whole.Total()
		total.Add(two.Total())
		total.Sub(two.Total())
		total.Sub(whole.Total())
		if total.Respondents != 0 {
			t.Fatalf("%d respondents of nothing", total.Respondents)
		}
		for name, item := range total.Items {
			if item.N != 0 || item.Sum != nil && item.Sum.Sign() != 0 || item.Squares != nil && item.Squares.Sign() != 0 {
				t.Fatalf("%s: %+v of nothing", name, item)
			}
			if !item.Counts.IsZero() {
				t.Fatalf("%s: %v of nothing", name, item.Counts)
			}
		}
	})
}

// Exchanging a response gives the counters of folding the other one instead.
func TestExchange(t *testing.T) {
	s := parse(t, sample)
	rapid.Check(t, func(t *rapid.T) {
		responses := drawn(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), rapid.IntRange(1, 30).Draw(t, "n"))
		at := rapid.IntRange(0, len(responses)-1).Draw(t, "which")
		before := fold(s, responses)
		before.Cursor, before.Alerted = "5", "7"
		tombstone := responses[at]
		tombstone.Withdrawn = true
		kept := before.Encode()
		after, ok := Exchange(s, before, responses[at], tombstone)
		if responses[at].Withdrawn {
			return // it is erased already
		}
		if !ok || after.Cursor != "5" || after.Alerted != "7" || !bytes.Equal(before.Encode(), kept) {
			t.Fatalf("%t, %s", ok, asJSON(t, before))
		}
		stored, err := Decode(after.Encode())
		if err != nil {
			t.Fatal(err)
		}
		responses[at] = tombstone
		want := fold(s, responses)
		for key := range stored.Cohorts {
			rest := stored.Cohorts[key].Clone()
			rest.Sub(want.Cohorts[key])
			if rest.Respondents != 0 || rest.Withdrawn != 0 {
				t.Fatalf("%s: %+v more than folded", key, rest)
			}
			for name, item := range rest.Items {
				if item.N != 0 || !item.Counts.IsZero() || item.Sum != nil && item.Sum.Sign() != 0 || item.Squares != nil && item.Squares.Sign() != 0 || item.Moments != nil && *item.Moments != (Moments{}) {
					t.Fatalf("%s, %s: %+v more than folded", key, name, item)
				}
			}
		}
		if len(stored.Cohorts) < len(want.Cohorts) {
			t.Fatalf("cohorts %v, want %v", stored.Cohorts, want.Cohorts)
		}
	})
	other := *s
	other.Shape = "another"
	one := answer.Response{Answers: []answer.Answer{{"tier", "gold"}}}
	if _, ok := Exchange(&other, fold(s, []answer.Response{one}), one, answer.Response{Withdrawn: true}); ok {
		t.Error("of another shape")
	}
	if _, ok := Exchange(s, New(s), one, answer.Response{Withdrawn: true}); ok {
		t.Error("of a response that was never counted")
	}
	uncounted := answer.Response{Answers: []answer.Answer{{"tier", "gold"}, {"again", "yes"}}}
	if after, ok := Exchange(s, fold(s, []answer.Response{one}), uncounted, answer.Response{Withdrawn: true}); ok {
		t.Errorf("of a response that was never counted, beside another one in its cohort: %s", asJSON(t, after))
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for source, want := range map[string]string{
		``:                                     "is empty",
		`{"shape":"x","cohorts":{"":{"resp`:    "byte 33",
		`{"shape":5}`:                          "byte 10",
		`[]`:                                   "byte 0x5b",
		`{} x`:                                 "byte 4",
		`{"cohorts":{"a":null}}`:               `cohort "a": no counters`,
		`{"cohorts":{"a":{"respondents":-1}}}`: `cohort "a": -1 respondents`,
		`{"cohorts":{"a":{"withdrawn":-2}}}`:   `cohort "a": -2 withdrawn`,
		`{"cohorts":{"a":{"respondents":1,"items":{"q":{"n":1,"moments":{"n":2}}}}}}`: `item "q": impossible moments`,
		`{"cohorts":{"a":{"respondents":1.5}}}`:                                       "byte",
		`{"cohorts":{"a":{"respondents":1,"items":{"q":null}}}}`:                      `item "q"`,
		`{"cohorts":{"a":{"respondents":1,"items":{"q":{"n":2}}}}}`:                   `answered by 2 of 1`,
		`{"cohorts":{"a":{"respondents":1,"items":{"q":{"n":1,"counts":{"x":2}}}}}}`:  `option "x"`,
		`{"cohorts":{"a":{"respondents":1,"items":{"q":{"n":1,"squares":-4}}}}}`:      `squares`,
		`{"cohorts":{"a":{"respondents":1,"items":{"q":{"n":1,"sum":"x"}}}}}`:         `tally: `,
	} {
		decoded, err := Decode([]byte(source))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", source, decoded, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	s := parse(f, sample)
	f.Add(fold(s, drawn(rand.New(rand.NewPCG(1, 1)), 20)).Encode())
	f.Add([]byte(`{"cohorts":{"":{"respondents":1,"items":{"spent":{"n":1,"sum":1e9}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		decoded, err := Decode(data)
		if err != nil {
			return
		}
		for _, r := range drawn(rand.New(rand.NewPCG(1, 1)), 5) {
			decoded.Fold(s, r)
		}
		again, err := Decode(Merge(decoded).Encode())
		if err != nil || again.Total().Respondents != decoded.Total().Respondents {
			t.Errorf("%s: %v", data, err)
		}
	})
}

// TestMoments counts pairs again, the slow way. Respondents who gave either item no answer, or one without a score, make
// no pair.
func TestMoments(t *testing.T) {
	s := parse(t, sample)
	responses := drawn(rand.New(rand.NewPCG(3, 4)), 500)
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(responses[0].Answers), func(i, j int) {
		a := responses[0].Answers
		a[i], a[j] = a[j], a[i]
	})
	var want Moments
	respondents, withdrawn, channels := int64(0), int64(0), map[string]int64{}
	for _, r := range responses {
		if r.Withdrawn {
			withdrawn++
			continue
		}
		respondents++
		channels[r.Channel]++
		given := map[string]int64{}
		for _, a := range r.Answers {
			if score, scored := map[string]int64{"5": 5000, "1": 1000}[a[1]]; scored {
				given[a[0]] = score
			}
		}
		x, y := given["parts.price"], given["parts.speed"]
		if x > 0 && y > 0 {
			want = Moments{want.N + 1, want.X + x, want.Y + y, want.XX + x*x, want.YY + y*y, want.XY + x*y}
		}
	}
	total := fold(s, responses).Total()
	if got := total.Items["parts.price"].Moments; got == nil || *got != want || want.N < 100 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, item := range total.Items {
		if name != "parts.price" && item.Moments != nil {
			t.Errorf("%s is paired", name)
		}
	}
	if total.Respondents != respondents || total.Withdrawn != withdrawn || withdrawn == 0 {
		t.Errorf("%d respondents and %d withdrawn, want %d and %d", total.Respondents, total.Withdrawn, respondents, withdrawn)
	}
	if c := total.Items[Channel]; c.N != channels["web"]+channels["sms"] || c.Counts.Of("web") != channels["web"] || c.Counts.Of("sms") != channels["sms"] {
		t.Errorf("channels %+v, want %v", c, channels)
	}
}

// TestTombstonesCountInTheirCohort and nowhere else.
func TestTombstonesCountInTheirCohort(t *testing.T) {
	s := parse(t, sample)
	folded := fold(s, []answer.Response{{Withdrawn: true, Channel: "web", Answers: []answer.Answer{{"tier", "gold"}}}})
	if c := folded.Cohorts["gold/"]; c == nil || c.Withdrawn != 1 || c.Respondents != 0 || len(c.Items) != 0 {
		t.Error(asJSON(t, folded))
	}
}

// TestSize checks that a tally of 30 questions and 20 cohorts, with numbers as large as those of a million respondents, fits
// into 64 KB.
func TestSize(t *testing.T) {
	var source strings.Builder
	source.WriteString("title: Sample\nlanguages: [en]\ntimezone: UTC\nscoring: {overall: question_0}\nsections:\n  - id: all\n    title: All\n    questions:\n")
	source.WriteString("      - {id: tier, type: rating, steps: 9, label: Tier, segment: true}\n      - {id: old, type: yes_no, label: Old, segment: true}\n")
	for i := range 28 {
		fmt.Fprintf(&source, "      - {id: question_%d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	s := parse(t, source.String())
	r := rand.New(rand.NewPCG(1, 2))
	folded := New(s)
	for range 20_000 {
		answers := []answer.Answer{{"tier", fmt.Sprint(1 + r.IntN(9))}, {"old", []string{"yes", "no", "?"}[r.IntN(3)]}}
		for q := range 28 {
			answers = append(answers, answer.Answer{fmt.Sprintf("question_%d", q), fmt.Sprint(1 + r.IntN(5))})
		}
		folded.Fold(s, answer.Response{Answers: answers})
	}
	for key := range folded.Cohorts {
		if strings.HasSuffix(key, "/") && key[0] > '2' {
			delete(folded.Cohorts, key)
		}
	}
	for _, c := range folded.Cohorts {
		c.Respondents *= 37
		for _, item := range c.Items {
			item.N *= 37
			for o := range item.Counts {
				item.Counts[o].N *= 37
			}
			if m := item.Moments; m != nil {
				*m = Moments{37 * m.N, 37 * m.X, 37 * m.Y, 37 * m.XX, 37 * m.YY, 37 * m.XY}
			}
		}
	}
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	w.Write(folded.Encode())
	w.Close()
	t.Logf("%d cohorts, %d bytes, %d compressed", len(folded.Cohorts), len(folded.Encode()), compressed.Len())
	if len(folded.Cohorts) != 20 || compressed.Len() > 64<<10 {
		t.Errorf("%d cohorts take %d bytes", len(folded.Cohorts), compressed.Len())
	}
}

// BenchmarkFold folds decoded responses of 30 answers.
func BenchmarkFold(b *testing.B) {
	for _, c := range []struct{ name, segment, overall string }{
		{"one cohort", "", ""}, {"twelve cohorts", "segment: true, ", ""}, {"paired", "", "question_24"}, {"twelve cohorts paired", "segment: true, ", "question_24"},
	} {
		name, segment := c.name, c.segment
		b.Run(name, func(b *testing.B) {
			var source strings.Builder
			source.WriteString("title: Sample\nlanguages: [en]\ntimezone: UTC\nsections:\n  - id: all\n    title: All\n    questions:\n")
			fmt.Fprintf(&source, "      - {id: tier, type: single_choice, label: Tier, %soptions: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}\n", segment)
			fmt.Fprintf(&source, "      - {id: site, type: single_choice, label: Site, %soptions: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}, {id: d, label: D}]}\n", segment)
			for i := range 25 {
				fmt.Fprintf(&source, "      - {id: question_%d, type: rating, steps: 5, label: Question %d}\n", i, i)
			}
			source.WriteString("      - {id: uses, type: multi_choice, label: Uses, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}\n")
			source.WriteString("      - {id: likely, type: nps, label: Likely}\n")
			source.WriteString("      - {id: spent, type: number, label: Spent, min: 0, max: 1000}\n")
			if c.overall != "" {
				fmt.Fprintf(&source, "scoring: {overall: %s}\n", c.overall)
			}
			s := parse(b, source.String())
			r := rand.New(rand.NewPCG(1, 2))
			responses := make([]answer.Response, 1000)
			for i := range responses {
				answers := []answer.Answer{{"tier", string(rune('a' + r.IntN(3)))}, {"site", string(rune('a' + r.IntN(4)))}}
				for q := range 25 {
					answers = append(answers, answer.Answer{fmt.Sprintf("question_%d", q), fmt.Sprint(1 + r.IntN(5))})
				}
				answers = append(answers, answer.Answer{"uses", "a", "c"}, answer.Answer{"likely", fmt.Sprint(r.IntN(11))}, answer.Answer{"spent", fmt.Sprint(r.IntN(1000))})
				responses[i].Answers = answers
			}
			t := New(s)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				t.Fold(s, responses[i%len(responses)])
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "responses/s")
		})
	}
}
