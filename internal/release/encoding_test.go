package release

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// known is a release with everything that a record may have; with how it and what the one after it adds are stored: these
// bytes must always be read like this.
var (
	known = &Release{
		Survey: "tea", Period: "2026-Q4", Number: 1, Date: "2026-11-29", Version: "0f", Form: json.RawMessage(`{"id":"tea"}`), K: 5,
		Hidden: []string{"x"}, Facts: Facts{Received: 40, Through: "2026-11-28", Withdrawn: 6},
		Parts: map[string]*Part{
			"5ea": {Number: 2, Version: "0f", Form: json.RawMessage(`{"id":"tea"}`), Since: "2026-11-29", PooledOn: "2026-11-29", K: 5, Cohorts: map[string]*tally.Counters{
				"gold": {Respondents: 7, Items: map[string]*tally.Item{"q": {N: 7, Counts: tally.Counts{{Option: "no", N: 2}, {Option: "yes", N: 5}}}}},
				Pool:   {Respondents: 5, Items: map[string]*tally.Item{"w": {N: 4}}, Bases: map[string]map[string]int64{"w": {"c": 5}}},
			}},
			Legacy: {Number: 1, Version: "0e", Form: json.RawMessage(`{}`), K: 3, Cohorts: map[string]*tally.Counters{"": {Respondents: 9, Items: map[string]*tally.Item{}}}},
		},
		Coded: map[string]*Coded{"s@1": {Shape: "5ea", K: 5, N: 10, Counts: tally.Counts{{Option: "-", N: 5}, {Option: "no", N: 5}}, By: map[string]*Coded{
			"tier=gold": {Shape: "5ea", K: 5, N: 5, Counts: tally.Counts{{Option: "no", N: 5}}},
		}}},
		Rows: map[string]*tally.Rows{"sig": {
			N: 30, Index: 3, Squares: 4, Pairs: map[string]*tally.Moments{"q": {N: 30, X: 3, Y: 4, XX: 5, YY: 6, XY: 7}},
			Scales: map[string]*tally.Scale{"": {N: 2, Total: 4, TotalSquares: 8, Sums: []int64{2, 2}, Squares: []int64{2, 2}}},
		}},
		Steps:    []Step{{Date: "2026-11-29", Rows: 30, Index: 3, Squares: 4, Signature: "sig", First: 1, Last: 1}},
		Annulled: []Annulment{{Release: 1, Shape: "5ea", Cohort: "tin", Respondents: 5, Reason: "made up", Date: "2026-11-29"}},
		Held: &Held{
			Out:    map[string]map[string]Mark{"5ea": {"gold": {Cursor: "0a", Release: 1}}},
			Items:  map[string]map[string]*tally.Counters{"5ea": {"gold": {Respondents: 7, Items: map[string]*tally.Item{"s": {N: 1, Counts: tally.Counts{{Option: "no", N: 1}}}}}}},
			Rows:   map[string]*tally.Rows{"sig": {N: 7}},
			Legacy: map[string]int64{"": 9},
		},
	}
	knownBytes = "02b001637465610267323032362d51340301046a323032362d31312d323906623066074c7b226964223a22746561227d09a30182626e6f637965730283846171820001800084" +
		"61738100800084617780810000038161630f0510816178118318286a323032362d31312d32380612a163734031a501633565610205030a04a2612d05626e6f0505a169746965" +
		"723d676f6c64a401633565610205030504a1626e6f051381876a323032362d31312d3239181e030463736967010114a263356561a6010202623066046a323032362d31312d32" +
		"39056a323032362d31312d3239060507a2612a46010a0004070a64676f6c644400070205666c6567616379a501010262306503427b7d060307a16042000916a163736967a201" +
		"a20281846171808001048182600202540000011e030402000008020202023c0308050c071818818601633565616374696e05676d6164652075706a323032362d31312d323918" +
		"1ca401a163356561a164676f6c64826230610102a163356561a164676f6c6445000700010103a163736967a201a002440000000704a16009"
	addedBytes = "02ad01637465610267323032362d51340302046a323032362d31312d33300662306609a20181626e6f028284617181008000846173810080000e010f05118318286a32303236" +
		"2d31312d3238061381876a323032362d31312d33301823000063736967020214a163356561a6010202623066046a323032362d31312d3239056a323032362d31312d32390605" +
		"07a164676f6c6443000505181ca301a163356561a164676f6c64826230620202a163356561a164676f6c6445010d00000103a163736967a201a002440100000d181d820101"
)

func nextToKnown() *Release {
	next := *known
	next.Number, next.Date = 2, "2026-11-30"
	part := *known.Parts["5ea"]
	part.Cohorts = map[string]*tally.Counters{"gold": part.Cohorts["gold"].Clone(), Pool: part.Cohorts[Pool]}
	part.Cohorts["gold"].Add(&tally.Counters{Respondents: 5, Items: map[string]*tally.Item{"q": {N: 5, Counts: tally.Counts{{Option: "no", N: 5}}}}})
	next.Parts = map[string]*Part{"5ea": &part, Legacy: known.Parts[Legacy]}
	next.Steps = append(slices.Clone(known.Steps), Step{Date: "2026-11-30", Rows: 35, Signature: "sig", First: 2, Last: 2})
	held := *known.Held
	held.Out = map[string]map[string]Mark{"5ea": {"gold": {Cursor: "0b", Release: 2}}}
	held.Items, held.Rows = map[string]map[string]*tally.Counters{}, map[string]*tally.Rows{}
	next.Held = &held
	return &next
}

func bytesOf(t testing.TB, digits string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestStoredForm(t *testing.T) {
	data := bytesOf(t, knownBytes)
	if got := known.Encode(); !bytes.Equal(got, data) {
		t.Errorf("stored as %x", got)
	}
	if got, err := Decode(data); err != nil || !reflect.DeepEqual(got, known) {
		t.Errorf("the record is read as %+v, %v", got, err)
	}

	next, data := nextToKnown(), bytesOf(t, addedBytes)
	if got := Added(known, next).Encode(); !bytes.Equal(got, data) {
		t.Errorf("the addition is stored as %x", got)
	}
	a, err := DecodeAddition(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := known.Plus(a); err != nil || !reflect.DeepEqual(got, next) {
		t.Errorf("with the addition: %+v, %v", got, err)
	}
}

// agree checks that a release is stored and read as it is, and as what it adds to the one before it.
func agree(t rapid.TB, last, next *Release) *Addition {
	data := next.Encode()
	if got, err := Decode(data); err != nil || !bytes.Equal(got.Encode(), data) {
		t.Fatalf("the record is read as %+v, %v", got, err)
	}
	var before []byte
	if last != nil {
		before = last.Encode()
	}
	added := Added(last, next)
	stored, err := DecodeAddition(added.Encode())
	if err != nil || !bytes.Equal(stored.Encode(), added.Encode()) {
		t.Fatalf("the addition is read as %+v, %v", stored, err)
	}
	for name, a := range map[string]*Addition{"made": added, "stored": stored} {
		got, err := last.Plus(a)
		if err != nil || !bytes.Equal(got.Encode(), data) {
			t.Fatalf("with the addition %s: %v", name, err)
		}
	}
	if last != nil && !bytes.Equal(last.Encode(), before) || !bytes.Equal(next.Encode(), data) {
		t.Fatalf("the releases were changed")
	}
	return added
}

const revised = `
title: Revised
languages: [en]
timezone: UTC
channels: [web, sms]
scoring: {overall: two}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: one, type: yes_no, label: One}
      - {id: two, type: rating, steps: 3, label: Two}
      - {id: three, type: rating, steps: 3, label: Three}
      - {id: call, type: yes_no, label: Call, show_if: 'channel == "sms"'}
      - {id: spent, type: number, label: Spent}
      - {id: shy, type: yes_no, label: Shy, sensitive: true}
window: {until: 2027-01-01}
results: {min_group: 3, pool_after: 5}
`

func questionnaireOf(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestAdditions plays histories of a period: respondents arrive, days pass, the period closes and reopens, and other versions of
// the questionnaire come into force. Whatever Next makes of that is the release before plus its addition, a difference; and
// all that blocks have counted is what was folded of their members.
func TestAdditions(t *testing.T) {
	edit := func(from, to string) *survey.Survey {
		return questionnaireOf(t, strings.Replace(revised, from, to, 1))
	}
	versions := []*survey.Survey{
		edit("", ""), edit("label: Tier, segment: true", "label: Tier"), edit("min_group: 3", "min_group: 5"),
		edit("steps: 3, label: Three", "steps: 5, label: Three"), edit("overall: two", "overall: three"), edit("label: One", "label: One, publish: false"),
		edit("{id: tin, label: Tin}", "{id: tin, label: Tin}, {id: lead, label: Lead}"), edit("channels: [web, sms]", "channels: [web, sms, app]"), edit("label: One", "label: One, sensitive: true"),
	}
	var seen additionsSeen
	for seed := range max(60, soak.Cases(60, 10_000)) {
		seen.play(t, versions, rand.New(rand.NewPCG(uint64(seed), 0)))
	}
	if seen.whole != 0 || seen.annulled < 10 || seen.releases < 60 || seen.parts < 10 || seen.pools < 10 || seen.rows < 5 || seen.coded < 5 || seen.held < 10 || seen.forms < 5 {
		t.Errorf("the histories had %+v", seen)
	}
}

// additionsSeen counts the additions that have something of interest.
type additionsSeen struct{ annulled, releases, parts, pools, rows, coded, held, forms, whole int }

// play plays one history.
func (seen *additionsSeen) play(t *testing.T, versions []*survey.Survey, random *rand.Rand) {
	s, closed := versions[0], false
	forms := map[string]*survey.Survey{}
	waiting, blocks := tally.New(), map[string]map[string]*tally.Counters{}
	var last *Release
	var history []*Release
	for day := range 1 + random.IntN(12) {
		today := fmt.Sprintf("2026-10-%02d", 1+day)
		forms[s.Shape] = s
		for i := range []int{0, 1, 2, 3, 5, 8, 40}[random.IntN(7)] {
			waiting.Fold(s, fmt.Sprintf("%02d-%02d", day, i), today, drawn(random))
		}
		switch random.IntN(6) {
		case 0:
			closed = !closed
		case 1:
			s = versions[random.IntN(len(versions))]
			forms[s.Shape] = s
		}
		unchanged := encoded(last, waiting)
		next, after := Next(s, forms, "all", today, last, waiting, closed)
		if !bytes.Equal(encoded(last, waiting), unchanged) {
			t.Fatal("the last release or the tally was changed")
		}
		if next == nil {
			continue
		}
		for shape, p := range next.Parts {
			if form := p.FormOf(versions[0]); form.Shape != shape {
				t.Fatalf("the form of part %s has the shape %s", shape, form.Shape)
			}
		}
		seen.count(agree(t, last, next), last)
		checkBlocks(t, blocks, waiting, last, next)
		last, waiting = next, after
		history = append(history, next)
	}
	if last == nil {
		return
	}
	if next, err := Annul(history, forms, 1+random.IntN(len(history)), nil, "made up", "2026-11-01"); err == nil {
		seen.annulled++
		seen.count(agree(t, last, next), last)
	}
}

func encoded(r *Release, t *tally.Tally) []byte {
	if r == nil {
		return t.Encode()
	}
	return append(r.Encode(), t.Encode()...)
}

// checkBlocks checks that each block of a release is all that waited of its cohorts, and adds it to blocks.
func checkBlocks(t *testing.T, blocks map[string]map[string]*tally.Counters, waiting *tally.Tally, last, next *Release) {
	t.Helper()
	made := Blocks(last, next)
	for _, b := range made {
		members := int64(0)
		for key, span := range b.Spans {
			members += waiting.Parts[b.Shape].Cohorts[key].Respondents
			if span.Through != waiting.Cursor || span.After >= span.Through {
				t.Fatalf("the members of cohort %q are in %+v", key, span)
			}
		}
		if members != b.Counters.Respondents || members < int64(next.Parts[b.Shape].K) {
			t.Fatalf("a block of cohort %q has %d respondents, made of %d", b.Cohort, b.Counters.Respondents, members)
		}
		if blocks[b.Shape] == nil {
			blocks[b.Shape] = map[string]*tally.Counters{}
		}
		if blocks[b.Shape][b.Cohort] == nil {
			blocks[b.Shape][b.Cohort] = &tally.Counters{Items: map[string]*tally.Item{}}
		}
		blocks[b.Shape][b.Cohort].Add(b.Counters)
	}
	for shape, cohorts := range blocks {
		for key, c := range next.counted(shape) {
			c = c.Clone()
			c.Sub(cohorts[key])
			if !c.IsZero() {
				t.Fatalf("part %s, cohort %q: the blocks do not add up: %+v is left", shape, key, c)
			}
		}
	}
}

func (seen *additionsSeen) count(a *Addition, last *Release) {
	seen.releases++
	seen.rows += min(len(a.Rows), 1)
	seen.coded += min(len(a.Coded), 1)
	seen.held += min(len(a.Held.Items), 1)
	if last == nil {
		return
	}
	if len(a.Form) > 0 {
		seen.forms++
	}
	if a.Whole {
		seen.whole++
	}
	for shape, p := range a.Parts {
		if last.Parts[shape] == nil {
			seen.parts++
		}
		if p.Cohorts[Pool] != nil {
			seen.pools++
		}
	}
}

// drawn makes a random response to revised.
func drawn(random *rand.Rand) answer.Response {
	r := answer.Response{Channel: []string{"", "web", "sms"}[random.IntN(3)]}
	for _, q := range []struct {
		name   string
		values []string
	}{{"tier", []string{"", "gold", "gold", "tin", "lead"}}, {"one", []string{"", "yes", "no"}}, {"two", []string{"", "1", "2", "3"}},
		{"three", []string{"", "1", "3", "5"}}, {"call", []string{"", "yes"}}, {"spent", []string{"", "0", "-2.5", "1000000000", "yes"}}, {"shy", []string{"", "yes", "no"}}} {
		if value := q.values[random.IntN(len(q.values))]; value != "" {
			r.Answers = append(r.Answers, answer.Answer{q.name, value})
		}
	}
	return r
}

// TestAdditionOfAnything: releases that no rule makes are kept as they are.
func TestAdditionOfAnything(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *Release)
		whole  bool
	}{
		"a cohort is gone": {change: func(r *Release) { delete(r.Parts["5ea"].Cohorts, "gold") }},
		"an item is gone": {change: func(r *Release) {
			r.Parts["5ea"].Cohorts["gold"].Items = map[string]*tally.Item{}
		}},
		"counters have fallen":    {change: func(r *Release) { r.Parts["5ea"].Cohorts["gold"].Respondents = 3 }},
		"nothing is hidden":       {change: func(r *Release) { r.Hidden = nil }},
		"rows are gone":           {change: func(r *Release) { r.Rows = nil }},
		"steps and blocks return": {change: func(r *Release) { r.Steps, r.Annulled = r.Steps[1:], nil }},
		"a coded question moves":  {change: func(r *Release) { r.Coded = map[string]*Coded{"s@1": {Shape: "5ea", K: 5}} }},
		"nothing is held":         {change: func(r *Release) { r.Held = nil }},
		"the form changes":        {change: func(r *Release) { r.Form = json.RawMessage(`{"id":"t"}`) }},
		"a part without a form":   {change: func(r *Release) { r.Parts["new"] = &Part{K: 1, Cohorts: map[string]*tally.Counters{}} }, whole: true},
		"a part is gone":          {change: func(r *Release) { delete(r.Parts, Legacy) }, whole: true},
		"the form is gone":        {change: func(r *Release) { r.Form = nil }, whole: true},
		"marks are gone":          {change: func(r *Release) { r.Held.Out = nil }, whole: true},
	} {
		next := nextToKnown()
		c.change(next)
		if a := agree(t, known, next); a.Whole != c.whole {
			t.Errorf("%s: whole is %v", name, a.Whole)
		}
	}
	first := nextToKnown()
	first.Number = 1
	if a := agree(t, nil, first); !a.Whole {
		t.Errorf("%+v", a)
	}
}

func TestPlusRefuses(t *testing.T) {
	a := Added(known, nextToKnown())
	if _, err := (*Release)(nil).Plus(a); err == nil || !strings.Contains(err.Error(), "release 2 of tea 2026-Q4 does not follow release 0") {
		t.Error(err)
	}
	if _, err := nextToKnown().Plus(a); err == nil || !strings.Contains(err.Error(), "does not follow release 2") {
		t.Error(err)
	}
	first, release := *a, *a.Release
	first.Release = &release
	first.Number = 1
	if _, err := (*Release)(nil).Plus(&first); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	more := *a
	more.KeptSteps = 2
	if _, err := known.Plus(&more); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	if _, err := known.Plus(&Addition{Release: &Release{Number: 2}, old: &old{Number: 2}}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	negative := (&tally.Names{}).Number(map[string]*tally.Counters{"": {Respondents: -1}})[""]
	for want, data := range map[string][]byte{
		"release: the record is empty":                           nil,
		"release: unexpected end of JSON input":                  []byte(`{`),
		"release: cohort \"a\": no counters":                     []byte(`{"cohorts":{"a":null}}`),
		"release: cohort \"a\": item \"q\": no counters":         []byte(`{"pooled":{"a":{"items":{"q":null}}}}`),
		"release: the record is damaged":                         known.Encode()[:100],
		"release: the record is of version 3":                    {3, 0xa0},
		"release: the record is damaged: it is no whole release": Added(known, nextToKnown()).Encode(),
		"release: the record is damaged: k is 0":                 releaseKind.Encode(record{}),
		"release: the record is damaged: part a: k is 0":         releaseKind.Encode(record{K: 1, Parts: map[string]partRecord{"a": {}}}),
		"release: the record is damaged: coded a: k is 0":        releaseKind.Encode(record{K: 1, Coded: map[string]codedRecord{"a": {}}}),
		"release: the record is damaged: part a: cohort \"\": -": releaseKind.Encode(record{K: 1, Parts: map[string]partRecord{"a": {K: 1, Cohorts: map[string]tally.Numbered{"": negative}}}}),
		"release: the record is damaged: part a: cohort \"\": n": releaseKind.Encode(record{K: 1, Parts: map[string]partRecord{"a": {K: 1, Cohorts: map[string]tally.Numbered{"": {2}}}}}),
		"release: the record is damaged: held: part a: cohort":   releaseKind.Encode(record{K: 1, Held: &heldRecord{Items: map[string]map[string]tally.Numbered{"a": {"": {2}}}}}),
		"release: the record is damaged: rows a:":                releaseKind.Encode(record{K: 1, Rows: map[string]*tally.RowsRecord{"a": nil}}),
	} {
		if r, err := Decode(data); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", r, err, want)
		}
	}
	for want, data := range map[string][]byte{
		"addition of a release: the record is damaged: it is a whole release":  known.Encode(),
		"addition of a release: the record is damaged":                         {2},
		"addition of a release: the record is damaged: it keeps what there":    additionKind.Encode(record{K: 1, Adds: addsDifference, Kept: &keptRecord{Steps: -1}}),
		"addition of a release: the record is damaged: it keeps what there is": additionKind.Encode(record{K: 1, Adds: addsAll, Kept: &keptRecord{}}),
	} {
		if a, err := DecodeAddition(data); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", a, err, want)
		}
	}
}

// FuzzDecode: whatever is read as a release or an addition can be stored again, added, shown and resumed from.
func FuzzDecode(f *testing.F) {
	f.Add(known.Encode())
	f.Add(Added(known, nextToKnown()).Encode())
	f.Add(Added(nil, known).Encode())
	f.Add([]byte(`{"cohorts":{"":{},"a":{"respondents":1,"items":{"q":{}}}},"pairs":{"q":{}},"pooled":{}}`))
	f.Add(bytesOf(f, oldBytes))
	f.Add(bytesOf(f, oldAddedBytes))
	for _, h := range version1(f) {
		for i := range h.releases {
			f.Add(h.releases[i])
			f.Add(h.additions[i])
			f.Add(h.texts[i])
		}
	}
	s := questionnaireOf(f, revised)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := Decode(data); err == nil {
			again, err := Decode(r.Encode())
			if err != nil || !bytes.Equal(again.Encode(), r.Encode()) {
				t.Errorf("%x: %v", data, err)
			}
			next := nextToKnown()
			next.Number = r.Number + 1
			if got, err := r.Plus(Added(r, next)); err != nil || !bytes.Equal(got.Encode(), next.Encode()) {
				t.Errorf("%x: %v", data, err)
			}
			for _, p := range r.Parts {
				p.FormOf(s)
			}
			r.Public().Respondents()
			r.Resume(nil).Fold(s, "1", "2026-11-29", answer.Response{})
		}
		if a, err := DecodeAddition(data); err == nil {
			if a.old == nil {
				again, err := DecodeAddition(a.Encode())
				if err != nil || !bytes.Equal(again.Encode(), a.Encode()) {
					t.Errorf("%x: %v", data, err)
				}
			}
			if r, err := known.Plus(a); err == nil {
				r.Encode()
			}
			if r, err := Decode(bytesOf(t, oldBytes)); err != nil {
				t.Error(err)
			} else if r, err = r.Plus(a); err == nil {
				r.Encode()
			}
		}
	})
}

// TestKeysAreDocumented: the documents list each key of a record, with its name.
func TestKeysAreDocumented(t *testing.T) {
	words := strings.NewReplacer("PooledOn", "pooled on")
	for _, name := range []string{"formats.md", "formats.zh.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{record{}, partRecord{}, codedRecord{}, heldRecord{}} {
			for i := range reflect.TypeOf(v).NumField() {
				f := reflect.TypeOf(v).Field(i)
				key, _, _ := strings.Cut(f.Tag.Get("cbor"), ",")
				if row := "| " + key + " | " + strings.ToLower(words.Replace(f.Name)) + " |"; !strings.Contains(string(text), row) {
					t.Errorf("%s does not have the row %q", name, row)
				}
			}
		}
	}
}
