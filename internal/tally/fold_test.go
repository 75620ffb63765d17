package tally

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

func TestFoldCounts(t *testing.T) {
	s := parse(t, sample)
	folded := New()
	for i, answers := range [][]answer.Answer{
		{{"tier", "gold"}, {"uses", "a", "c"}, {"site", "east"}, {"parts.price", "5"}, {"parts.speed", "none"}, {"spent", "1.5"}, {"again", "yes"}},
		{{"tier", "gold"}, {"uses", "a"}, {"site", "east"}, {"parts.price", "1"}, {"spent", "-0.25"}, {"again", "no"}},
		{{"tier", "tin"}, {"parts.price", "5"}},
		{},
		// Not counted: text, unpublished and private questions, and fields and options that the questionnaire does not have.
		{{"name", "Ann"}, {"hushed", "5"}, {"secret", "5"}, {"gone", "x"}, {"parts", "5"}, {"parts.gone", "5"}, {"tier", "iron"}, {"uses", "z"}, {"spent", "much"}, {"again"}, {}},
		{{"uses", "a", "z"}, {"tier", "gold"}},                                                   // not in the questionnaire's order
		{{"tier", "gold"}, {"again", "yes"}, {"tier", "gold"}, {"again", "no"}, {"again", "no"}}, // a field twice: the first counts
		{{"spent", "1000000000"}, {"spent", "1"}},
	} {
		folded.Fold(s, cursor(i), []string{"2026-11-28", "2026-11-29"}[i/6], answer.Response{Answers: answers, Channel: []string{"web", "", "", "pigeon", "", "", "sms", ""}[i]})
	}
	part := folded.Parts[s.Shape]
	want := `{` +
		`"/":{"respondents":3,"items":{"spent":{"n":1,"counts":{"1000000000":1}}}},` +
		`"gold/":{"respondents":2,"items":{"_channel":{"n":1,"counts":{"sms":1}},"again":{"n":1,"counts":{"yes":1}},"tier":{"n":2,"counts":{"gold":2}},"uses":{"n":1,"counts":{"a":1}}}},` +
		`"gold/east":{"respondents":2,"items":{"_channel":{"n":1,"counts":{"web":1}},"again":{"n":2,"counts":{"no":1,"yes":1}},"parts.price":{"n":2,"counts":{"1":1,"5":1}},` +
		`"parts.speed":{"n":1,"counts":{"none":1}},"site":{"n":2,"counts":{"east":2}},"spent":{"n":2,"counts":{"-200000000":1,"0":1}},` +
		`"tier":{"n":2,"counts":{"gold":2}},"uses":{"n":2,"counts":{"a":2,"c":1}}},"rows":{"n":2,"index":120000,"squares":10400000000}},` +
		`"tin/":{"respondents":1,"items":{"parts.price":{"n":1,"counts":{"5":1}},"tier":{"n":1,"counts":{"tin":1}}},"rows":{"n":1,"index":100000,"squares":10000000000}}}`
	if got := asJSON(t, part.Cohorts); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if days := map[string]int64{"2026-11-28": 6, "2026-11-29": 2}; !reflect.DeepEqual(folded.Days, days) || folded.Cursor != cursor(7) || part.Version != s.Version {
		t.Errorf("days %v, cursor %s, version %s", folded.Days, folded.Cursor, part.Version)
	}
	if folded.Received() != 8 || folded.Waiting() != 8 || len(folded.Parts) != 1 {
		t.Errorf("%d received, %d waiting", folded.Received(), folded.Waiting())
	}
}

func TestWithoutSegmentsThereIsOneCohort(t *testing.T) {
	s := parse(t, strings.ReplaceAll(sample, "segment: true, ", ""))
	folded := New()
	for i, r := range drawn(rand.New(rand.NewPCG(1, 2)), 20) {
		r.Withdrawn = false
		folded.Fold(s, cursor(i), "2026-11-29", r)
	}
	if cohorts := folded.Parts[s.Shape].Cohorts; len(cohorts) != 1 || cohorts[""].Respondents != 20 {
		t.Errorf("cohorts %v", cohorts)
	}
}

// TestVersions: each response counts by the questionnaire that it answers. Versions of one shape share a part.
func TestVersions(t *testing.T) {
	one := parse(t, sample)
	reworded := parse(t, strings.Replace(sample, "label: Again", "label: Once more", 1))
	other := parse(t, strings.Replace(sample, "{id: a, label: A}, ", "", 1))
	folded := New()
	for i, s := range []*survey.Survey{one, reworded, other, nil, one, reworded} {
		folded.Fold(s, cursor(i), "2026-11-29", answer.Response{Answers: []answer.Answer{{"tier", "gold"}, {"uses", "a", "b"}}})
	}
	if one.Version == reworded.Version || one.Shape != reworded.Shape || one.Shape == other.Shape {
		t.Fatal("the edits are not what they were meant to be")
	}
	if len(folded.Parts) != 3 || folded.Parts[""].Cohorts[""].Respondents != 1 || len(folded.Parts[""].Cohorts[""].Items) != 0 || folded.Parts[""].Version != "" {
		t.Errorf("parts %v", folded.Parts)
	}
	if p := folded.Parts[one.Shape]; p.Version != one.Version || p.Cohorts["gold/"].Respondents != 4 || p.Cohorts["gold/"].Items["uses"].Counts.Of("a") != 4 {
		t.Errorf("%s: %s", p.Version, asJSON(t, p.Cohorts))
	}
	if p := folded.Parts[other.Shape]; p.Cohorts["gold/"].Respondents != 1 || asJSON(t, p.Cohorts["gold/"].Items["uses"]) != `{"n":1,"counts":{"b":1}}` {
		t.Error(asJSON(t, p.Cohorts))
	}
	if p := &folded.plans; len(p.byShape) != 2 || p.of(one) != p.of(reworded) || p.of(one) == p.of(other) {
		t.Errorf("%d plans", len(p.byShape))
	}
}

// TestCohortKey: it is that of folding.
func TestCohortKey(t *testing.T) {
	s := parse(t, sample)
	for want, answers := range map[string][]answer.Answer{
		"/": {}, "gold/west": {{"tier", "gold"}, {"site", "west"}}, "tin/": {{"tier", "tin"}, {"site", "north"}}, "/east": {{"site", "east"}, {"tier"}},
	} {
		r := answer.Response{Answers: answers}
		if got := CohortKey(s, r); got != want || fold(s, []answer.Response{r}).Parts[s.Shape].Cohorts[want] == nil {
			t.Errorf("%v: %q, want %q", answers, got, want)
		}
	}
	if got := CohortKey(nil, answer.Response{Answers: []answer.Answer{{"tier", "gold"}}}); got != "" {
		t.Errorf("of no questionnaire: %q", got)
	}
}

// TestOut: who is in a block waits no more, also when everything is folded again.
func TestOut(t *testing.T) {
	s := parse(t, sample)
	gold, tin := answer.Response{Answers: []answer.Answer{{"tier", "gold"}}}, answer.Response{Answers: []answer.Answer{{"tier", "tin"}}}
	folded := New()
	folded.Parts[s.Shape] = &Part{Version: s.Version, Cohorts: map[string]*Counters{}, Out: map[string]string{"gold/": cursor(2)}}
	for i, r := range []answer.Response{gold, tin, gold, gold, {Withdrawn: true, Answers: gold.Answers}} {
		folded.Fold(s, cursor(i), "2026-11-29", r)
	}
	if cohorts := folded.Parts[s.Shape].Cohorts; cohorts["gold/"].Respondents != 1 || cohorts["tin/"].Respondents != 1 || folded.Received() != 5 || folded.Withdrawn != 1 {
		t.Errorf("%s, %d, %d", asJSON(t, cohorts), folded.Received(), folded.Withdrawn)
	}
}

// TestRestart checks that alerts are evaluated from the same cursor on, even if a fold is restarted before it has caught up.
func TestRestart(t *testing.T) {
	first := Restart(nil)
	if first.Alerted != "" || first.Cursor != "" || first.Parts == nil || first.Days == nil {
		t.Errorf("the first is %+v", first)
	}
	first.Fold(nil, "5", "2026-11-29", answer.Response{})
	if first.Cursor != "5" || first.Alerted != "" {
		t.Errorf("after 5: %+v", first)
	}
	second := Restart(first)
	second.Advance("2")
	if second.Cursor != "2" || second.Alerted != "5" {
		t.Errorf("restarted, and folded to 2: %+v", second)
	}
	third := Restart(second)
	if third.Cursor != "" || third.Alerted != "5" {
		t.Errorf("restarted midway: %+v", third)
	}
	kept, err := Decode(third.Encode())
	if err != nil {
		t.Fatal(err)
	}
	for cursor, alerted := range map[string]string{"3": "5", "5": ""} {
		again := Restart(kept)
		again.Fold(nil, cursor, "2026-11-29", answer.Response{})
		if again.Cursor != cursor || again.Alerted != alerted {
			t.Errorf("at %s: %+v", cursor, again)
		}
	}
}

// world is random responses to versions of sample, and what is known of blocks before they are folded.
type world struct {
	forms     []*survey.Survey // each response's own; nil for none
	responses []answer.Response
	out       map[string]map[string]string // by shape
	old       *survey.Survey
	legacy    map[string]int64
}

// versions of sample, the last two of one shape, and one that is not known.
func versions(t *testing.T) []*survey.Survey {
	return []*survey.Survey{
		parse(t, strings.Replace(sample, "- {id: again,", "- {id: more, type: yes_no, label: More, show_if: tier == 'gold' or again}\n      - {id: again,", 1)),
		parse(t, strings.Replace(sample, "label: Site, segment: true,", "label: Site,", 1)),
		parse(t, sample),
		parse(t, strings.Replace(sample, "label: Again", "label: Once more", 1)),
		nil,
	}
}

func drawWorld(t *rapid.T, forms []*survey.Survey) *world {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	w := &world{responses: drawn(r, rapid.IntRange(1, 40).Draw(t, "n")), out: map[string]map[string]string{}, legacy: map[string]int64{}}
	for range w.responses {
		w.forms = append(w.forms, forms[r.IntN(len(forms))])
	}
	for _, s := range forms {
		if s == nil || r.IntN(2) == 0 {
			continue
		}
		w.out[s.Shape] = map[string]string{}
		for i, response := range w.responses {
			if w.forms[i] == s && r.IntN(6) == 0 {
				w.out[s.Shape][CohortKey(s, response)] = cursor(i)
			}
		}
	}
	switch r.IntN(4) {
	case 0:
		w.legacy["*"] = r.Int64N(10)
	case 1:
		w.old = forms[r.IntN(len(forms)-1)]
		for _, key := range []string{"", "gold", "tin/", "gold/east", "gold/west"} {
			w.legacy[key] = r.Int64N(4)
		}
	}
	return w
}

// fold folds the world into what is known of its blocks.
func (w *world) fold() *Tally {
	folded := New()
	for shape, out := range w.out {
		folded.Parts[shape] = newPart("")
		maps.Copy(folded.Parts[shape].Out, out)
	}
	folded.SetLegacy(w.old, w.legacy)
	for i, r := range w.responses {
		folded.Fold(w.forms[i], cursor(i), fmt.Sprintf("2026-11-%02d", 1+i/10), r)
	}
	return folded
}

// stored returns the stored form of a tally without what depends on which of several versions of a shape came first.
func stored(folded *Tally) []byte {
	clone := folded.Clone()
	for _, p := range clone.Parts {
		p.Version = ""
	}
	return clone.Encode()
}

// TestUnfold: after any of the responses are withdrawn, in any order, the tally is that of folding their tombstones.
func TestUnfold(t *testing.T) {
	forms := versions(t)
	waited, released := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, forms)
		folded := w.fold()
		for range rapid.IntRange(1, 10).Draw(t, "withdrawals") {
			at := rapid.IntRange(0, len(w.responses)-1).Draw(t, "which")
			r := w.responses[at]
			before, waiting := folded.Encode(), folded.Waiting()
			if folded.Unfold(w.forms[at], cursor(at), r) == r.Withdrawn {
				t.Fatalf("%+v: %t", r, r.Withdrawn)
			}
			if r.Withdrawn {
				if !bytes.Equal(folded.Encode(), before) {
					t.Fatal("a tombstone was withdrawn again")
				}
				continue
			}
			if folded.Waiting() < waiting {
				waited++
			} else {
				released++
			}
			w.responses[at] = r.Tombstone([]string{"tier", "site"})
			want := w.fold()
			if !bytes.Equal(stored(folded), stored(want)) {
				t.Fatalf("got  %s\nwant %s", asJSON(t, folded), asJSON(t, want))
			}
			for shape, p := range folded.Parts {
				if got, want := asJSON(t, p.Cohorts), asJSON(t, want.Parts[shape].Cohorts); got != want {
					t.Fatalf("part %s: got  %s\nwant %s", shape, got, want)
				}
			}
			if rapid.Bool().Draw(t, "stored") {
				decoded, err := Decode(folded.Encode())
				if err != nil {
					t.Fatal(err)
				}
				folded = decoded
			}
		}
	})
	if waited == 0 || released == 0 {
		t.Errorf("%d who waited and %d in blocks were withdrawn", waited, released)
	}
}

// TestUnfoldRefuses what cannot have been folded, and changes nothing then.
func TestUnfoldRefuses(t *testing.T) {
	s := parse(t, sample)
	other := parse(t, strings.Replace(sample, "{id: a, label: A}, ", "", 1))
	folded := fold(s, []answer.Response{{Answers: []answer.Answer{{"tier", "gold"}}}})
	before := folded.Encode()
	for name, c := range map[string]struct {
		form    *survey.Survey
		cursor  string
		answers []answer.Answer
	}{
		"a later one":           {s, cursor(1), []answer.Answer{{"tier", "gold"}}},
		"of another shape":      {other, cursor(0), []answer.Answer{{"tier", "gold"}}},
		"of no known version":   {nil, cursor(0), []answer.Answer{{"tier", "gold"}}},
		"of another cohort":     {s, cursor(0), []answer.Answer{{"tier", "tin"}}},
		"with another answer":   {s, cursor(0), []answer.Answer{{"tier", "gold"}, {"again", "yes"}}},
		"with one that is more": {s, cursor(0), []answer.Answer{{"tier", "gold"}, {"parts.price", "5"}}},
	} {
		if folded.Unfold(c.form, c.cursor, answer.Response{Answers: c.answers}) || !bytes.Equal(folded.Encode(), before) {
			t.Errorf("%s: %s", name, asJSON(t, folded))
		}
	}
}

// TestWithout: what is folded into the copy, or taken out of it, leaves who has been skipped and who is out in the tally.
func TestWithout(t *testing.T) {
	s := parse(t, sample)
	folded := New()
	folded.SetLegacy(nil, map[string]int64{"*": 2})
	gold := answer.Response{Answers: []answer.Answer{{"tier", "gold"}}}
	for i := range 3 {
		folded.Fold(s, cursor(i), "2026-11-29", gold)
		if i == 0 {
			before := folded.Encode()
			folded.Without().Fold(s, cursor(1), "2026-11-29", gold)
			if !bytes.Equal(folded.Encode(), before) {
				t.Fatal(asJSON(t, folded))
			}
		}
	}
	before, rest := folded.Encode(), folded.Without()
	rest.Take(s.Shape, "gold/")
	if !bytes.Equal(folded.Encode(), before) || rest.Waiting() != 0 || rest.Parts[s.Shape].Out["gold/"] != cursor(2) {
		t.Error(asJSON(t, rest))
	}
}

// TestLegacy: the first so many of each old cohort are skipped, tombstones among them.
func TestLegacy(t *testing.T) {
	old := parse(t, sample)
	now := parse(t, strings.Replace(sample, "label: Site, segment: true,", "label: Site,", 1))
	at := func(tier, site string) answer.Response {
		return answer.Response{Answers: []answer.Answer{{"tier", tier}, {"site", site}}}
	}
	responses := []answer.Response{at("gold", "east"), at("gold", "west"), at("gold", "east").Tombstone([]string{"tier", "site"}), at("gold", "east"), at("gold", "west"), at("tin", "")}
	for name, c := range map[string]struct {
		form    *survey.Survey
		left    map[string]int64
		waiting map[string]int64
		after   map[string]int64
	}{
		"by cohort":       {old, map[string]int64{"gold/east": 2, "gold/west": 1}, map[string]int64{"gold": 2, "tin": 1}, nil},
		"more than come":  {old, map[string]int64{"gold/east": 3, "tin/": 7}, map[string]int64{"gold": 2}, map[string]int64{"tin/": 6}},
		"everybody":       {nil, map[string]int64{"*": 4}, map[string]int64{"gold": 1, "tin": 1}, nil},
		"not by cohort":   {old, map[string]int64{"*": 4}, map[string]int64{"gold": 1, "tin": 1}, nil},
		"none":            {old, map[string]int64{"gold/east": 0}, map[string]int64{"gold": 4, "tin": 1}, nil},
		"some and others": {old, map[string]int64{"gold/west": 2, "*": 2}, map[string]int64{"gold": 1, "tin": 1}, nil},
	} {
		folded := New()
		kept := maps.Clone(c.left)
		folded.SetLegacy(c.form, c.left)
		for i, r := range responses {
			folded.Fold(now, cursor(i), "2026-11-29", r)
			if i == 2 { // what is stored in between continues
				decoded, err := Decode(folded.Encode())
				if err != nil {
					t.Fatal(err)
				}
				folded = decoded
			}
		}
		waiting := map[string]int64{}
		if p := folded.Parts[now.Shape]; p != nil {
			for key, counters := range p.Cohorts {
				waiting[key] = counters.Respondents
			}
		}
		if !reflect.DeepEqual(waiting, c.waiting) || !reflect.DeepEqual(folded.Legacy, c.after) || folded.Received() != 6 || folded.Withdrawn != 1 || !maps.Equal(kept, c.left) {
			t.Errorf("%s: %v wait, %v left, %v", name, waiting, folded.Legacy, c.left)
		}
	}
}

// TestNumbers: a number counts in the band of its value, and no value is kept.
func TestNumbers(t *testing.T) {
	s := parse(t, `
title: T
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: years, type: number, label: Years, min: 0, max: 40, step: 1}
      - {id: wide, type: number, label: Wide, min: 0, max: 1000, step: 0.001}
      - {id: open, type: number, label: Open}
      - {id: split, type: constant_sum, label: Split, total: 100, options: [{id: a, label: A}, {id: b, label: B}]}
`)
	folded := New()
	for i, answers := range [][]answer.Answer{
		{{"years", "12"}, {"wide", "99.999"}, {"open", "-7"}, {"split.a", "33"}, {"split.b", "67"}},
		{{"years", "12"}, {"wide", "1000"}, {"open", "123456789"}, {"split.a", "100"}, {"split.b", "0"}},
		{{"years", "41"}, {"wide", "-1"}, {"open", "-123456789"}},
		{{"years", "0"}, {"wide", "100"}},
	} {
		folded.Fold(s, cursor(i), "2026-11-29", answer.Response{Answers: answers})
	}
	items := folded.Parts[s.Shape].Cohorts[""].Items
	for name, want := range map[string]string{
		"years":   `{"n":3,"counts":{"0":1,"12":2}}`,
		"wide":    `{"n":3,"counts":{"0":1,"100":1,"1000":1}}`,
		"open":    `{"n":3,"counts":{"-10":1,"1000000":1,"\u003c-1000000":1}}`,
		"split.a": `{"n":2,"counts":{"100":1,"33":1}}`,
		"split.b": `{"n":2,"counts":{"0":1,"67":1}}`,
	} {
		if got := asJSON(t, items[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
