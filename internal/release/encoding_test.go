package release

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// known is a release with everything that a record may have, and the one after it; with how the release and what the one
// after it adds are stored: these bytes must always be read like this.
var (
	known = &Release{
		Survey: "tea", Period: "2026-Q4", Number: 1, Date: "2026-11-29", Shape: "5ea", Version: "0f", Form: json.RawMessage(`{"id":"tea"}`),
		MinGroup: 5, Segments: []string{"tier=gold,tin"}, Questions: []string{"tier", "q"}, CrossTabs: []survey.CrossTab{{Rows: "q", By: "tier"}},
		Cohorts: map[string]*tally.Counters{
			"gold": {Respondents: 7, Withdrawn: 1, Items: map[string]*tally.Item{
				"q":     {N: 7, Counts: tally.Counts{{Option: "no", N: 2}, {Option: "yes", N: 5}}},
				"spent": {N: 5, Sum: big.NewInt(1250), Squares: big.NewInt(400_000)},
			}},
			Pool: {Respondents: 5, Items: map[string]*tally.Item{}},
		},
		PoolOnly: true,
		Pooled:   map[string]*tally.Counters{"tin": {Respondents: 5, Items: map[string]*tally.Item{}}},
		Pairs:    map[string]*tally.Moments{"q": {N: 30, X: 3, Y: 4, XX: 5, YY: 6, XY: 7}},
	}
	knownBytes = "01 ad 01 63746561 02 67323032362d5134 03 01 04 6a323032362d31312d3239 05 63356561 06 623066 07 4c7b226964223a22746561227d" +
		" 08 a4 0105 02816d746965723d676f6c642c74696e 0382647469657261 71 0481826171647469 6572" +
		" 09 a2 01 82 626e6f 63796573 02 82 8261718200 01 82657370656e7480" +
		" 0a a2 612a a1 0105 64676f6c64 a3 0107 0201 0382 a3 0100 0207 03820205 a4 0101 0205 04430004e2 054400061a80" +
		" 0b f5 0c a1 6374696e a1 0105 0d a1 6171 8700181e0304050607"
	addedBytes = "01 ab 01 63746561 02 67323032362d5134 03 02 04 6a323032362d31312d3330 05 63356561 06 623066" +
		" 09 a2 01 82 626e6f 63796573 02 81 8261718200 01 0a a1 64676f6c64 a3 0104 0202 0381 a3 0100 0205 03820620" +
		" 0b f5 0c a0 0e 01"
)

func nextToKnown() *Release {
	next := *known
	next.Number, next.Date = 2, "2026-11-30"
	next.Cohorts = map[string]*tally.Counters{"gold": known.Cohorts["gold"].Clone(), Pool: known.Cohorts[Pool]}
	next.Cohorts["gold"].Add(&tally.Counters{Respondents: 4, Withdrawn: 2, Items: map[string]*tally.Item{
		"q": {N: 5, Counts: tally.Counts{{Option: "no", N: 6}, {Option: "yes", N: -1}}},
	}})
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
	text, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string][]byte{"the record": data, "JSON": text} {
		if got, err := Decode(source); err != nil || !reflect.DeepEqual(got, known) {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
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
	const want = `{"survey":"tea","period":"2026-Q4","number":2,"date":"2026-11-30","shape":"5ea","version":"0f",` +
		`"cohorts":{"gold":{"respondents":4,"withdrawn":2,"items":{"q":{"n":5,"counts":{"no":6,"yes":-1}}}}},"whole":true}`
	if text, err := json.Marshal(a); err != nil || string(text) != want {
		t.Errorf("the addition is printed as %s, %v", text, err)
	}
}

// agree checks that a release is stored and read as it is, and as what it adds to the one before it.
func agree(t rapid.TB, last, next *Release) *Addition {
	data := next.Encode()
	text, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string][]byte{"the record": data, "JSON": text} {
		got, err := Decode(source)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Pooled == nil && next.Pooled != nil && len(next.Pooled) == 0 {
			got.Pooled = next.Pooled // JSON leaves it out
		}
		if !bytes.Equal(got.Encode(), data) {
			t.Fatalf("%s is read as %+v", name, got)
		}
		if again, err := json.Marshal(got); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%s is printed as\n%s, %v; want\n%s", name, again, err, text)
		}
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
      - {id: spent, type: number, label: Spent}
      - {id: shy, type: yes_no, label: Shy, sensitive: true}
results: {min_group: 3, pool_after: 5}
`

// TestAdditions plays histories of a period: respondents arrive, some withdraw, days pass, the period closes and reopens, and
// other versions of the questionnaire come into force. Whatever release.Next makes of that is the release before plus its
// addition.
func TestAdditions(t *testing.T) {
	edit := func(from, to string) *survey.Survey { return parse(t, strings.Replace(revised, from, to, 1)) }
	versions := []*survey.Survey{
		edit("", ""), edit("label: Tier, segment: true", "label: Tier"), edit("min_group: 3", "min_group: 1"),
		edit("steps: 3, label: Three", "steps: 5, label: Three"), edit("overall: two", "overall: three"), edit("label: One", "label: One, publish: false"),
		edit("{id: tin, label: Tin}", "{id: tin, label: Tin}, {id: lead, label: Lead}"), edit("type: number", "type: yes_no"), edit("channels: [web, sms]", "channels: [web]"),
	}
	var seen additionsSeen
	for seed := range max(100, soak.Cases(100, 20_000)) {
		seen.play(t, versions, rand.New(rand.NewPCG(uint64(seed), 0)))
	}
	// A difference does not lead to the next release where a question asks for a number no longer: its sum is gone.
	if seen.complete*100 > seen.releases || seen.releases < 100 || seen.pooled < 10 || seen.pairs < 5 || seen.shrunk < 1 || seen.forms < 10 {
		t.Errorf("the histories had %+v", seen)
	}
}

// additionsSeen counts the additions that have something of interest.
type additionsSeen struct{ releases, pooled, pairs, shrunk, forms, complete int }

// play plays one history.
func (seen *additionsSeen) play(t *testing.T, versions []*survey.Survey, random *rand.Rand) {
	s, closed := versions[0], false
	var people []answer.Response
	var last *Release
	for day := range 1 + random.IntN(12) {
		for range []int{0, 1, 2, 3, 5, 8, 40}[random.IntN(7)] {
			people = append(people, drawn(random))
		}
		switch random.IntN(10) {
		case 0:
			closed = !closed
		case 1:
			s = versions[random.IntN(len(versions))]
		case 2, 3:
			if len(people) > 0 {
				i := random.IntN(len(people))
				people[i] = people[i].Tombstone([]string{"tier"})
			}
		}
		if next := Next(s, "all", fmt.Sprintf("2026-10-%02d", 1+day), last, fold(s, people), closed); next != nil {
			seen.count(agree(t, last, next), last)
			last = next
		}
	}
}

func (seen *additionsSeen) count(a *Addition, last *Release) {
	seen.releases++
	seen.pooled += min(len(a.Pooled), 1)
	seen.pairs += min(len(a.Pairs), 1)
	if last != nil && a.Form != nil {
		seen.forms++
	}
	if last != nil && a.Whole {
		seen.complete++
	}
	for _, c := range a.Cohorts {
		for _, item := range c.Items {
			if slices.ContainsFunc(item.Counts, func(x tally.Chosen) bool { return x.N < 0 }) {
				seen.shrunk++
			}
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
		{"three", []string{"", "1", "3", "5"}}, {"spent", []string{"", "0", "-2.5", "1000000000", "yes"}}, {"shy", []string{"", "yes", "no"}}} {
		if value := q.values[random.IntN(len(q.values))]; value != "" {
			r.Answers = append(r.Answers, answer.Answer{q.name, value})
		}
	}
	return r
}

// TestAdditionOfAnything: releases that no rule makes are kept as they are.
func TestAdditionOfAnything(t *testing.T) {
	next := nextToKnown()
	delete(next.Cohorts, Pool)
	if a := agree(t, known, next); !a.Whole {
		t.Errorf("%+v", a)
	}
	next = nextToKnown()
	next.Cohorts["gold"].Items["spent"] = &tally.Item{N: 5}
	next.Pairs, next.Pooled, next.Questions = nil, nil, nil
	if a := agree(t, known, next); !a.Whole {
		t.Errorf("%+v", a)
	}
	next.Number = 1
	if a := agree(t, nil, next); !a.Whole {
		t.Errorf("%+v", a)
	}
	old := *known // as earlier versions wrote it
	old.Form, old.Questions, old.Pooled, old.Pairs = nil, nil, nil, nil
	if a := agree(t, &old, nextToKnown()); a.Form == nil || a.Frozen == nil {
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
	first := *a
	first.Number = 1
	if _, err := (*Release)(nil).Plus(&first); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	first.Whole = true
	if _, err := (*Release)(nil).Plus(&first); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for want, data := range map[string][]byte{
		"release: the record is empty":                           nil,
		"release: unexpected end of JSON input":                  []byte(`{`),
		"release: cohort \"a\": no counters":                     []byte(`{"cohorts":{"a":null}}`),
		"release: cohort \"a\": item \"q\": no counters":         []byte(`{"pooled":{"a":{"items":{"q":null}}}}`),
		"release: item \"q\": no moments":                        []byte(`{"pairs":{"q":null}}`),
		"release: the record is damaged":                         known.Encode()[:100],
		"release: the record is of version 2":                    {2, 0xa0},
		"release: the record is damaged: it is no whole release": Added(known, nextToKnown()).Encode(),
		"release: the record is damaged: cohort \"\": item 0 of": releaseKind.Encode(record{Frozen: &frozenRecord{}, Cohorts: map[string]tally.Numbered{"": {Items: []tally.NumberedItem{{}}}}}),
		"release: the record is damaged: item \"q\": moments":    releaseKind.Encode(record{Frozen: &frozenRecord{}, Pairs: map[string]*tally.MomentSums{"q": {Zeros: 4}}}),
		"release: the record is damaged: pooled: cohort \"\"":    releaseKind.Encode(record{Frozen: &frozenRecord{}, Pooled: map[string]tally.Numbered{"": {Items: []tally.NumberedItem{{}}}}}),
	} {
		if r, err := Decode(data); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", r, err, want)
		}
	}
	if a, err := DecodeAddition(known.Encode()); err == nil || !strings.HasPrefix(err.Error(), "addition of a release: the record is damaged: it is a whole release") {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := DecodeAddition([]byte{1}); err == nil || !strings.HasPrefix(err.Error(), "addition of a release: the record is damaged") {
		t.Errorf("%+v, %v", a, err)
	}
}

// FuzzDecode: whatever is read as a release or an addition can be stored again, and added.
func FuzzDecode(f *testing.F) {
	f.Add(known.Encode())
	f.Add(Added(known, nextToKnown()).Encode())
	f.Add(Added(nil, known).Encode())
	f.Add([]byte(`{"cohorts":{"":{},"a":{"respondents":1,"items":{"q":{}}}},"pairs":{"q":{}},"pooled":{}}`))
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
		}
		if a, err := DecodeAddition(data); err == nil {
			again, err := DecodeAddition(a.Encode())
			if err != nil || !bytes.Equal(again.Encode(), a.Encode()) {
				t.Errorf("%x: %v", data, err)
			}
			if r, err := known.Plus(a); err == nil {
				r.Encode()
			}
		}
	})
}

// TestKeysAreDocumented: the documents list each key of a record, with its name.
func TestKeysAreDocumented(t *testing.T) {
	words := strings.NewReplacer("PoolOnly", "pool only", "MinGroup", "min group", "CrossTabs", "cross tabs")
	for _, name := range []string{"formats.md", "formats.zh.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{record{}, frozenRecord{}} {
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
