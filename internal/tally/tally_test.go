package tally

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

// fold folds responses with cursors from "0001" on.
func fold(s *survey.Survey, responses []answer.Response) *Tally {
	t := New()
	for i, r := range responses {
		t.Fold(s, cursor(i), "2026-11-29", r)
	}
	return t
}

func cursor(i int) string { return fmt.Sprintf("%04d", i+1) }

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
		both := one.Clone()
		for shape, p := range two.Parts {
			if both.Parts[shape] == nil {
				both.Parts[shape] = newPart(p.Version)
			}
			for key, c := range p.Cohorts {
				sum := both.Parts[shape].Cohorts[key].Clone()
				sum.Add(c)
				both.Parts[shape].Cohorts[key] = sum
			}
		}
		for day, n := range two.Days {
			both.Days[day] += n
		}
		both.Withdrawn += two.Withdrawn
		both.Cursor = whole.Cursor
		if got := both.Encode(); !bytes.Equal(got, want) {
			t.Fatalf("both parts: %x\nwant %x", got, want)
		}
		if !bytes.Equal(one.Encode(), before) {
			t.Fatal("what was added to a clone is in the tally")
		}

		one, err := Decode(before)
		if err != nil || !bytes.Equal(one.Encode(), before) {
			t.Fatalf("decoded %s, %v", asJSON(t, one), err)
		}
		for i, r := range responses[cut:] { // a stored tally continues to count
			one.Fold(s, cursor(cut+i), "2026-11-29", r)
		}
		if got := one.Encode(); !bytes.Equal(got, want) {
			t.Fatalf("stored in between: %s\nwant %s", asJSON(t, one), asJSON(t, whole))
		}
	})
}

// typical is a questionnaire of twelve questions, two of which are asked by facts.
const typical = `
title: Typical
languages: [en]
timezone: UTC
channels: [web, email, qr]
scoring: {model: percent_of_max, overall: overall, dimensions: [{id: service, weight: 2}, {id: product}]}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: overall, type: rating, steps: 5, label: Overall}
      - {id: speed, type: rating, steps: 5, label: Speed, dimension: service}
      - {id: tone, type: rating, steps: 5, label: Tone, dimension: service}
      - {id: result, type: rating, steps: 5, label: Result, dimension: service}
      - {id: quality, type: rating, steps: 5, label: Quality, dimension: product}
      - {id: price, type: rating, steps: 5, label: Price, dimension: product}
      - {id: likely, type: nps, label: Likely}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}, {id: d, label: D}]}
      - {id: spent, type: number, label: Spent, min: 0, max: 100000}
      - {id: manager, type: yes_no, label: Manager, show_if: "tier == 'a'"}
      - {id: scanned, type: yes_no, label: Scanned, show_if: "channel == 'qr' and likely < 7"}
`

func typicalAnswers(r *rand.Rand) answer.Response {
	mark := func() string { return fmt.Sprint(1 + r.IntN(5)) }
	all := answer.Response{ID: "x", Language: "en", Channel: []string{"web", "email", "qr"}[r.IntN(3)]}
	tier := string(rune('a' + r.IntN(3)))
	all.Answers = []answer.Answer{
		{"tier", tier}, {"overall", mark()}, {"speed", mark()}, {"tone", mark()}, {"result", mark()}, {"quality", mark()}, {"price", mark()},
		{"likely", fmt.Sprint(r.IntN(11))}, {"uses", "a", "c"}, {"spent", fmt.Sprint(r.IntN(100_000))},
	}
	if tier == "a" {
		all.Answers = append(all.Answers, answer.Answer{"manager", "yes"})
	}
	return all
}

// BenchmarkFold folds decoded responses.
func BenchmarkFold(b *testing.B) {
	for _, c := range []struct {
		name, source string
		make         func(*rand.Rand) answer.Response
	}{
		{"typical", typical, typicalAnswers},
		{"large", large(), func(r *rand.Rand) answer.Response { return answersToLarge(r, 1+r.IntN(9), 1+r.IntN(5), 0.1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := parse(b, c.source)
			r := rand.New(rand.NewPCG(1, 2))
			responses := make([]answer.Response, 1000)
			for i := range responses {
				responses[i] = c.make(r)
			}
			t := New()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				t.Fold(s, "1", "2026-11-29", responses[i%len(responses)])
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "responses/s")
		})
	}
}

// BenchmarkStored encodes and decodes the tally of a large questionnaire, with four respondents in each cohort.
func BenchmarkStored(b *testing.B) {
	s, r, t := parse(b, large()), rand.New(rand.NewPCG(1, 2)), New()
	for i := range 4 * 45 {
		t.Fold(s, cursor(i), "2026-11-29", answersToLarge(r, 1+i%9, 1+i/9%5, 0.1))
	}
	data := t.Encode()
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			t.Encode()
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := Decode(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
