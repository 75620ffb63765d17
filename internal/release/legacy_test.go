package release

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// What an earlier program has stored of a release, and of what the next one adds to it, in version 1.
const (
	oldBytes = "01 ad 01 63746561 02 67323032362d5134 03 01 04 6a323032362d31312d3239 05 63356561 06 623066 07 4c7b226964223a22746561227d" +
		" 08 a4 0105 02816d746965723d676f6c642c74696e 0382647469657261 71 0481826171647469 6572" +
		" 09 a2 01 82 626e6f 63796573 02 82 8261718200 01 82657370656e7480" +
		" 0a a2 612a a1 0105 64676f6c64 a3 0107 0201 0382 a3 0100 0207 03820205 a4 0101 0205 04430004e2 054400061a80" +
		" 0b f5 0c a1 6374696e a1 0105 0d a1 6171 8700181e0304050607"
	oldAddedBytes = "01 ab 01 63746561 02 67323032362d5134 03 02 04 6a323032362d31312d3330 05 63356561 06 623066" +
		" 09 a2 01 82 626e6f 63796573 02 81 8261718200 01 0a a1 64676f6c64 a3 0104 0202 0381 a3 0100 0205 03820620" +
		" 0b f5 0c a0 0e 01"
)

// TestVersion1: records of version 1 are read, without the sums of numbers. Their form is no questionnaire, so the cohorts are
// of no known segments.
func TestVersion1(t *testing.T) {
	r, err := Decode(bytesOf(t, oldBytes))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Parts[Legacy].Cohorts[Pool]
	if len(r.Parts) != 1 || r.K != 5 || r.Number != 1 || r.Version != "0f" || r.Date != "2026-11-29" || len(r.Parts[Legacy].Cohorts) != 1 || c.Respondents != 12 ||
		c.Items["q"].N != 7 || c.Items["q"].Counts.Of("yes") != 5 || !maps.Equal(r.Held.Legacy, map[string]int64{Pool: 13}) || r.LegacyForm() != nil {
		t.Errorf("%+v with %+v and %+v", r, c, r.Held)
	}
	a, err := DecodeAddition(bytesOf(t, oldAddedBytes))
	if err != nil {
		t.Fatal(err)
	}
	next, err := r.Plus(a)
	if err != nil {
		t.Fatal(err)
	}
	c = next.Parts[Legacy].Cohorts[Pool]
	if next.Number != 2 || next.Date != "2026-11-30" || string(next.Form) != `{"id":"tea"}` || c.Respondents != 16 || c.Items["q"].N != 12 || c.Items["q"].Counts.Of("yes") != 4 || c.Items["q"].Counts.Of("no") != 8 ||
		!maps.Equal(next.Held.Legacy, map[string]int64{Pool: 19}) {
		t.Errorf("%+v with %+v and %+v", next, c, next.Held)
	}
	if _, err := (*Release)(nil).Plus(a); err == nil {
		t.Error("a difference without a release before it is added")
	}
}

// stored is what an earlier program has stored of a period: each release as a record, what it adds, and as the JSON of the
// first programs.
type stored struct{ releases, additions, texts [][]byte }

// version1 returns two such histories, made by the program of version 1: "plain" with one questionnaire, withdrawals and a
// pool at the end; "edited" with a segment that goes and comes back.
func version1(t testing.TB) map[string]*stored {
	t.Helper()
	all := map[string]*stored{}
	for _, name := range []string{"plain", "edited"} {
		text, err := os.ReadFile("testdata/version1/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		h := &stored{}
		for line := range strings.Lines(string(text)) {
			kind, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			data, err := base64.StdEncoding.DecodeString(value)
			switch {
			case kind == "json":
				h.texts = append(h.texts, []byte(value))
			case err != nil:
				t.Fatal(err)
			case kind == "release":
				h.releases = append(h.releases, data)
			default:
				h.additions = append(h.additions, data)
			}
		}
		all[name] = h
	}
	return all
}

// TestVersion1AddsUp: the record of a release, its JSON, and what all releases have added agree; and so does what they add once
// they are stored as today.
func TestVersion1AddsUp(t *testing.T) {
	for name, h := range version1(t) {
		var last, again *Release
		for i := range h.releases {
			r, err := Decode(h.releases[i])
			if err != nil {
				t.Fatal(name, i, err)
			}
			text, err := Decode(h.texts[i])
			if err != nil || !bytes.Equal(text.Encode(), r.Encode()) {
				t.Errorf("%s: release %d: the JSON is read as %+v, %v", name, i+1, text, err)
			}
			a, err := DecodeAddition(h.additions[i])
			if err != nil {
				t.Fatal(name, i, err)
			}
			if last, err = last.Plus(a); err != nil || !bytes.Equal(last.Encode(), r.Encode()) {
				t.Fatalf("%s: release %d adds up to %+v, %v", name, i+1, last, err)
			}
			agree(t, again, r)
			again = r
		}
		if len(h.releases) != 5 {
			t.Errorf("%s: %d releases", name, len(h.releases))
		}
	}
}

// TestVersion1Figures: counts by option are read. Of numbers, those with bands are, as items with these bands; of sensitive
// questions nothing is public any more.
func TestVersion1Figures(t *testing.T) {
	r, err := Decode(version1(t)["plain"].releases[4])
	if err != nil {
		t.Fatal(err)
	}
	p := r.Parts[Legacy]
	gold := p.Cohorts["gold"]
	if gold.Respondents != 21 || len(p.Cohorts) != 4 || p.Cohorts[Pool].Respondents != 4 || r.Respondents() != 31 || !maps.Equal(r.Held.Legacy, map[string]int64{"gold": 24, "tin": 6, "": 4}) {
		t.Errorf("%+v, %+v, %v", gold, p.Cohorts, r.Held.Legacy)
	}
	for _, name := range []string{"one", "two", "age", "mood", tally.Channel} {
		if item := gold.Items[name]; item == nil || item.N == 0 || item.Counts.IsZero() {
			t.Errorf("%s has %+v", name, item)
		}
	}
	if gold.Items["spent"] != nil || gold.Items["shy"] != nil || r.Held.Items[Legacy]["gold"].Items["shy"] == nil {
		t.Errorf("%+v; held: %+v", gold.Items, r.Held.Items)
	}
	if r.Public().Held != nil || r.Held == nil {
		t.Error("what is held is public")
	}
	s := questionnaireOf(t, historyYAML)
	s.Version = r.Version // what has been counted is not what s says, though it is the same questionnaire
	form := p.FormOf(s)
	for name, same := range map[string]bool{"one": true, "two": true, "mood": true, "age": false} {
		was, _ := form.Field(name)
		is, _ := s.Field(name)
		if (form.ItemKey(was) == s.ItemKey(is)) != same {
			t.Errorf("%s is the same item: %v", name, !same)
		}
		for _, x := range gold.Items[name].Counts {
			bands := false
			for _, band := range was.ValueBands() {
				bands = bands || band.ID == x.Option
			}
			if was.Numeric() && !bands {
				t.Errorf("%s has no band %s", name, x.Option)
			}
		}
	}
	if got := p.CohortsWith(form, "tier", "gold"); len(got) != 1 || got[0] != gold {
		t.Errorf("%v", got)
	}

	edited, err := Decode(version1(t)["edited"].releases[3]) // the form does not have the segment
	if err != nil || len(edited.Parts[Legacy].Cohorts) != 1 || edited.Parts[Legacy].Cohorts[Pool].Respondents != 28 || !maps.Equal(edited.Held.Legacy, map[string]int64{Pool: 30}) {
		t.Errorf("%+v, %v", edited, err)
	}
	if edited, err = Decode(version1(t)["edited"].releases[4]); err != nil || len(edited.Parts[Legacy].Cohorts) != 4 || !maps.Equal(edited.Held.Legacy, map[string]int64{Pool: 34}) || edited.LegacyForm() != nil {
		t.Errorf("%+v, %v", edited, err)
	}
}

// historyYAML is the questionnaire of the histories of version 1, and recorded makes the responses to it.
const historyYAML = `
title: History
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
      - {id: age, type: number, label: Age, min: 0, max: 100, step: 1}
      - {id: mood, type: number, label: Mood, min: 0, max: 10, step: 1}
      - {id: spent, type: number, label: Spent}
      - {id: shy, type: yes_no, label: Shy, sensitive: true}
window: {until: 2027-01-01}
results: {min_group: 3, pool_after: 5}
`

func recorded(random *rand.Rand) answer.Response {
	r := answer.Response{Channel: []string{"", "web", "sms"}[random.IntN(3)]}
	for _, q := range []struct {
		name   string
		values []string
	}{{"tier", []string{"", "gold", "gold", "gold", "tin"}}, {"one", []string{"", "yes", "no"}}, {"two", []string{"", "1", "2", "3"}},
		{"age", []string{"", "17", "18", "20", "65"}}, {"mood", []string{"", "0", "5", "10"}}, {"spent", []string{"", "0", "-2.5"}}, {"shy", []string{"", "yes", "no", "no"}}} {
		if value := q.values[random.IntN(len(q.values))]; value != "" {
			r.Answers = append(r.Answers, answer.Answer{q.name, value})
		}
	}
	return r
}

// TestResumeVersion1: a period that an earlier program has released goes on: those who are released are not counted again, and
// those who come later are blocks beside them.
func TestResumeVersion1(t *testing.T) {
	s := questionnaireOf(t, historyYAML)
	for name, h := range version1(t) {
		last, err := Decode(h.releases[4])
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(12, 0))
		var people []answer.Response
		for day := range 9 {
			for range []int{4, 6, 2, 5, 1, 3, 9, 0, 4}[day] {
				people = append(people, recorded(random))
			}
			if day%3 == 2 {
				i := random.IntN(len(people))
				people[i] = people[i].Tombstone([]string{"tier"})
			}
		}
		for range 7 {
			people = append(people, answer.Response{Answers: []answer.Answer{{"tier", "tin"}, {"one", "yes"}, {"shy", "yes"}}})
		}
		fold := func(t *tally.Tally) *tally.Tally {
			for i, r := range people {
				t.Fold(s, fmt.Sprintf("%03d", i), "2026-10-09", r)
			}
			return t
		}
		counted := fold(last.Resume(nil))
		if counted.Release != 5 || counted.Received() != 41 || counted.Waiting() != 7 || counted.Legacy != nil {
			t.Errorf("%s: release %d, %d received, %d wait, %v", name, counted.Release, counted.Received(), counted.Waiting(), counted.Legacy)
		}
		next, after := Next(s, map[string]*survey.Survey{s.Shape: s}, "all", "2026-10-10", last, counted, false)
		if next == nil {
			t.Fatal("nothing is released")
		}
		agree(t, last, next)
		if next.Number != 6 || next.Respondents() != last.Respondents()+7 || next.Parts[s.Shape].Cohorts["tin"].Respondents != 7 || after.Waiting() != 0 {
			t.Errorf("%s: %d, %d respondents, %d wait", name, next.Number, next.Respondents(), after.Waiting())
		}
		if again := fold(next.Resume(counted)); !reflect.DeepEqual(again.Encode(), after.Encode()) {
			t.Errorf("%s: resumed, the tally is %+v; want %+v", name, again, after)
		}
	}
}
