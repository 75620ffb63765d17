package audit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/expression"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const service = `
title: Service
languages: [en]
timezone: UTC
period: month
channels: [web, phone]
scoring: {overall: overall}
results: {min_group: 3, pool_after: 5}
sections:
  - questions:
      - {id: tier, type: single_choice, segment: true, label: Tier, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: overall, type: rating, steps: 5, label: Overall}
      - {id: speed, type: rating, steps: 5, label: Speed}
      - {id: why, type: multi_choice, label: Why, options: [{id: p, label: P}, {id: q, label: Q}]}
      - {id: visits, type: number, min: 0, max: 20, step: 1, label: Visits}
      - {id: call, type: yes_no, label: Call, show_if: channel == "phone"}
      - {id: more, type: yes_no, label: More, show_if: tier == "a"}
      - {id: hurt, type: yes_no, sensitive: true, label: Hurt}
      - {id: staff, type: yes_no, publish: false, label: Staff}
`

// edits are lawful edits of the questionnaire; the first changes nothing.
var edits = [][2]string{
	{"", ""},
	{"min_group: 3", "min_group: 4"},
	{"id: speed, type: rating, steps: 5", "id: speed, type: rating, steps: 7"},
	{", {id: q, label: Q}", ", {id: r, label: R}"},
	{"id: call, type: yes_no,", "id: call, type: yes_no, publish: false,"},
	{"id: why, type: multi_choice,", "id: why, type: multi_choice, sensitive: true,"},
	{"id: call, type: yes_no,", "id: call, type: yes_no, sensitive: true,"},
	{"segment: true, ", ""},
	{"publish: false, ", ""},
	{"      - {id: visits, type: number, min: 0, max: 20, step: 1, label: Visits}\n", ""},
	{"min_group: 3", "protection: strict"},
	{"period: month", "period: month\nwindow: {until: 2026-01-31}"},
}

func surveys(t interface{ Fatal(...any) }) []*survey.Survey {
	var all []*survey.Survey
	for _, e := range edits {
		s, problems := questionnaire.Parse("service.yaml", []byte(strings.Replace(service, e[0], e[1], 1)))
		if len(problems) > 0 || !strings.Contains(service, e[0]) {
			t.Fatal(e, problems)
		}
		all = append(all, s)
	}
	return all
}

// days is how long a past lasts.
const days = 14

// past is a made-up period: all responses, some withdrawn again, and its releases.
type past struct {
	now       *survey.Survey // in force at the end
	responses []*respondent
	releases  []*release.Release
	tally     *tally.Tally
}

type respondent struct {
	answered    *survey.Survey
	cursor, day string
	response    answer.Response
}

func makePast(all []*survey.Survey, random *rand.Rand, edited, withdrawals bool) *past {
	p := &past{now: all[0], tally: tally.New()}
	forms := map[string]*survey.Survey{}
	for _, s := range all {
		forms[s.Shape] = s
	}
	var last *release.Release
	for day := range days {
		if edited && random.IntN(5) == 0 {
			p.now = all[random.IntN(len(all))]
		}
		today := fmt.Sprintf("2026-01-%02d", day+1)
		for range random.IntN(14) {
			x := &respondent{p.now, fmt.Sprintf("%06d", len(p.responses)+1), today, fill(p.now, random)}
			p.responses = append(p.responses, x)
			p.tally.Fold(x.answered, x.cursor, x.day, x.response)
		}
		if withdrawals && len(p.responses) > 0 && random.IntN(3) == 0 {
			if x := p.responses[random.IntN(len(p.responses))]; !x.response.Withdrawn {
				p.tally.Unfold(x.answered, x.cursor, x.response)
				x.response = x.response.Tombstone([]string{"tier"})
			}
		}
		if day == days-1 {
			today = "2026-02-01"
		}
		if edited && last != nil && random.IntN(20) == 0 {
			p.annul(forms, last, 1+random.IntN(last.Number), today, random)
			last = p.releases[len(p.releases)-1]
		}
		for range 2 {
			if next, left := release.Next(p.now, forms, "2026-01", today, last, p.tally, day == days-1); next != nil {
				p.releases, p.tally, last = append(p.releases, stored(last, next)), left, next
			}
		}
	}
	return p
}

// annul takes blocks of a release out again, if it has any.
func (p *past) annul(forms map[string]*survey.Survey, last *release.Release, number int, today string, random *rand.Rand) {
	var of *release.Annulment
	out := p.releases[number-1].Held.Out
	for _, shape := range slices.Sorted(maps.Keys(out)) {
		for _, key := range slices.Sorted(maps.Keys(out[shape])) {
			if out[shape][key].Release == number && random.IntN(2) == 0 {
				of = &release.Annulment{Shape: shape, Cohort: key}
			}
		}
	}
	if next, err := release.Annul(p.releases, forms, number, of, "false", today); err == nil {
		p.releases = append(p.releases, stored(last, next))
		p.tally.Release = next.Number
	}
}

// stored returns a release as it is read back.
func stored(before, r *release.Release) *release.Release {
	a, err := release.DecodeAddition(release.Added(before, r).Encode())
	if err != nil {
		panic(err)
	}
	again, err := before.Plus(a)
	if err != nil {
		panic(err)
	}
	return again
}

// fill returns a response with random answers.
func fill(s *survey.Survey, random *rand.Rand) answer.Response {
	r := answer.Response{Survey: s.ID, Version: s.Version, Channel: []string{"web", "phone"}[random.IntN(2)]}
	given := map[string][]string{"channel": {r.Channel}}
	for q := range s.Questions() {
		f := s.FieldsOf(q)[0]
		if random.IntN(6) == 0 || q.ShowIf != nil && !q.ShowIf.Holds(expression.Answers(func(name string) []string { return given[name] })) {
			continue
		}
		var values []string
		switch options := f.Options(); {
		case f.Numeric():
			values = []string{fmt.Sprint(random.IntN(20))}
		case q.Type == survey.MultiChoice:
			for _, o := range options {
				if random.IntN(2) == 0 {
					values = append(values, o.ID)
				}
			}
		default:
			values = []string{options[random.IntN(len(options))].ID}
		}
		if len(values) > 0 {
			given[q.ID] = values
			r.Answers = append(r.Answers, append(answer.Answer{q.ID}, values...))
		}
	}
	return r
}

// replay folds the responses again, and takes out the blocks of the releases.
func (p *past) replay() *audit.Replay {
	var last *release.Release
	if len(p.releases) > 0 {
		last = p.releases[len(p.releases)-1]
	}
	again := audit.NewReplay(last, audit.Carried{})
	left := p.releases
	until := func(cursor string) {
		for len(left) > 0 && audit.Cutoff(left[0]) < cursor {
			again.Release(left[0])
			left = left[1:]
		}
	}
	for _, x := range p.responses {
		until(x.cursor)
		again.Fold(x.answered, tally.Came{Cursor: x.cursor, Day: x.day}, x.response)
	}
	until("~")
	return again
}

// audit checks the releases, and compares them and the tally with a recount.
func (p *past) audit(deleted int64) []audit.Finding {
	h := audit.NewReleases(p.now, audit.Carried{})
	var found []audit.Finding
	for _, r := range p.releases {
		found = append(found, h.Add(r)...)
	}
	again := p.replay()
	found = append(found, again.Findings(deleted)...)
	return append(found, audit.Tally(p.tally, again.Waiting(0), deleted)...)
}

// sentences returns findings as text.
func sentences(found []audit.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s: %s\n", f.Code, f)
	}
	return b.String()
}

// TestValidHistoryHasNoFindings: a history made by the rules has no findings, whatever lawful edits there were, and however
// many have withdrawn.
func TestValidHistoryHasNoFindings(t *testing.T) {
	all := surveys(t)
	rapid.Check(t, func(t *rapid.T) {
		p := makePast(all, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), rapid.Bool().Draw(t, "edited"), rapid.Bool().Draw(t, "withdrawals"))
		if found := p.audit(0); len(found) > 0 {
			t.Fatal(sentences(found))
		}
		decoded, err := tally.Decode(p.tally.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if found := audit.Tally(decoded, p.replay().Waiting(0), 0); len(found) > 0 {
			t.Fatal(sentences(found))
		}
	})
}

// TestRecounted: what a recount makes of a release is the release.
func TestRecounted(t *testing.T) {
	all := surveys(t)
	for seed := range uint64(10) {
		p := makePast(all, rand.New(rand.NewPCG(seed, 3)), true, false)
		again, last := p.replay().Recounted(), p.releases[len(p.releases)-1]
		if len(last.Annulled) > 0 {
			continue // what is left of a cohort is not worked out
		}
		if again == nil {
			t.Fatal("not everything was counted again, and nobody has withdrawn")
		}
		for shape, part := range last.Parts {
			for key, c := range part.Cohorts {
				rest := again.Parts[shape].Cohorts[key].Clone()
				if rest.Sub(c); !rest.IsZero() {
					t.Errorf("seed %d, %q: recounted %+v", seed, key, rest)
				}
			}
		}
	}
	if again := makePast(all, rand.New(rand.NewPCG(1, 3)), false, true).replay().Recounted(); again != nil {
		t.Error("who has withdrawn is counted again")
	}
}

// TestEveryFigureIsCompared changes each number of a tally, and of the latest release, one at a time.
func TestEveryFigureIsCompared(t *testing.T) {
	all := surveys(t)
	p := makePast(all, rand.New(rand.NewPCG(4, 7)), true, false)
	changed := 0
	data, err := json.Marshal(p.tally)
	if err != nil {
		t.Fatal(err)
	}
	again := p.replay().Waiting(0)
	numbers(t, data, func(path string, data []byte) {
		forged := tally.New()
		if err := json.Unmarshal(data, forged); err != nil {
			t.Fatal(err)
		}
		if path == ".Release" || strings.HasPrefix(path, ".Skipped") {
			return // says with which release the tally was stored
		}
		changed++
		if found := audit.Tally(forged, again, 0); len(found) == 0 {
			t.Errorf("tally: a change of %s is not found", path)
		}
	})
	last := p.releases[len(p.releases)-1]
	if data, err = json.Marshal(last); err != nil {
		t.Fatal(err)
	}
	numbers(t, data, func(path string, data []byte) {
		forged := &release.Release{}
		if err := json.Unmarshal(data, forged); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, ".form.") || path == ".k" {
			return // questionnaires are compared by their version; k may be more
		}
		changed++
		other := *p
		other.releases = append(slices.Clone(p.releases[:len(p.releases)-1]), forged)
		if found := other.audit(0); len(found) == 0 {
			t.Errorf("release: a change of %s is not found", path)
		}
	})
	if changed < 200 && !testing.Short() {
		t.Errorf("only %d figures were changed", changed)
	}
}

// numbers calls try with a copy of a JSON document for each number in it, with that number increased by one; under -short for
// every fifth number.
func numbers(t *testing.T, data []byte, try func(path string, data []byte)) {
	t.Helper()
	var document any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var walk func(path string, at any, set func(any))
	walk = func(path string, at any, set func(any)) {
		switch at := at.(type) {
		case map[string]any:
			for key, value := range at {
				walk(path+"."+key, value, func(v any) { at[key] = v })
			}
		case []any:
			for i, value := range at {
				walk(fmt.Sprintf("%s[%d]", path, i), value, func(v any) { at[i] = v })
			}
		case json.Number:
			if seen++; testing.Short() && seen%5 != 0 {
				return
			}
			n, err := at.Int64()
			if err != nil {
				t.Fatal(err)
			}
			set(json.Number(fmt.Sprint(n + 1)))
			copied, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			try(path, copied)
			set(at)
		}
	}
	walk("", document, nil)
}

// Responses that were deleted are missing from the recount: figures may be larger by as many, but not by more.
func TestDeletedResponses(t *testing.T) {
	p := makePast(surveys(t), rand.New(rand.NewPCG(7, 7)), false, false)
	const deleted = 5
	p.responses = p.responses[deleted:]
	if found := p.audit(deleted); len(found) > 0 {
		t.Error(sentences(found))
	}
	if found := p.audit(0); len(found) == 0 {
		t.Error("without deleted responses, a tally that has counted more agrees")
	}
	p.responses = p.responses[20:]
	if found := p.audit(deleted); len(found) == 0 {
		t.Error("a tally that has counted more than were deleted agrees")
	}
}
