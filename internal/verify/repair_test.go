package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const tea = `title: Tea
period: month
timezone: UTC
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
      - {id: why, type: long_text, label: Why}
      - {id: mail, type: email, label: E-mail}
`

func id(i int) string { return fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", i) }

func put(t *testing.T, responses store.Responses, s *survey.Survey, period string, i int) {
	t.Helper()
	r := answer.Response{ID: id(i), Survey: s.ID, Version: s.Version, Period: period, Language: "en",
		Answers: []answer.Answer{{"taste", fmt.Sprint(1 + i%5)}, {"why", fmt.Sprintf("remark %d", i)}},
		Private: []answer.Answer{{"mail", fmt.Sprintf("guest%d@example.org", i)}}}
	if _, err := responses.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// kept is a back end in memory that checks keys as it is told.
type kept struct {
	*storetest.Memory
	deleted  int64 // that the log has had besides
	fewer    int64 // that are more in the log than it has had
	problems []store.KeyProblem
	mended   []string // ids
	stale    int      // how often MendRelease is stale

	saving  func() // called before a tally is saved
	damaged bool   // the tally cannot be decoded
}

func (k *kept) Tally(ctx context.Context, survey, period string) (*tally.Tally, int, error) {
	t, revision, err := k.Memory.Tally(ctx, survey, period)
	if k.damaged {
		return nil, revision, fmt.Errorf("tally of %s: %w", period, store.ErrDamaged)
	}
	return t, revision, err
}

// A damaged tally is found and emptied, unless it alone knew responses.
func TestRepairDamagedTally(t *testing.T) {
	k, s := counted(t)
	k.damaged = true
	if got := codes(t, k, s); !slices.Equal(got, []audit.Code{audit.TallyDamaged}) {
		t.Fatalf("found %q", got)
	}
	k.deleted = 1
	if refused := repair(t, k, s, true); len(refused.Changes) != 1 || refused.Changes[0].State != Refused {
		t.Errorf("%+v", refused)
	}
	k.deleted = 0
	if planned := repair(t, k, s, false); len(planned.Changes) != 1 || planned.Changes[0].State != Planned {
		t.Errorf("%+v", planned)
	}
	k.saving = func() { k.damaged = false }
	if done := repair(t, k, s, true); len(done.Changes) != 1 || done.Changes[0].State != Done || len(done.Left) != 0 {
		t.Errorf("%+v", done)
	}
	if after, _, err := k.Tally(t.Context(), "tea", "2026-10"); err != nil || after.Cursor != "" || len(after.Parts) != 0 {
		t.Errorf("%+v, %v", after, err)
	}
}

func (k *kept) Logged(ctx context.Context, survey, period string) (n int64, end string, err error) {
	for e, err := range k.After(ctx, survey, period, "") {
		if err != nil {
			return 0, "", err
		}
		n, end = n+1, e.Cursor
	}
	return n + k.deleted - k.fewer, end, nil
}

func (k *kept) CheckKeys(context.Context, string, string) iter.Seq2[store.KeyProblem, error] {
	return func(yield func(store.KeyProblem, error) bool) {
		for _, p := range k.problems {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (k *kept) MendKeys(context.Context, string, string) ([]string, error) {
	if len(k.mended) > 0 {
		k.problems = nil
	}
	return k.mended, nil
}

func (k *kept) MendRelease(context.Context, string, string) (bool, error) {
	if k.stale > 0 {
		k.stale--
		return false, store.ErrStale
	}
	k.problems = nil
	return true, nil
}

func (k *kept) SaveTally(ctx context.Context, survey, period string, t *tally.Tally, revision int) error {
	if saving := k.saving; saving != nil {
		k.saving = nil
		saving()
	}
	return k.Memory.SaveTally(ctx, survey, period, t, revision)
}

// counted returns a back end with 20 responses of a period, two of them withdrawn, and their tally.
func counted(t *testing.T) (*kept, *survey.Survey) {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(tea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	k := &kept{Memory: storetest.NewMemory()}
	if err := k.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		put(t, k, s, "2026-10", i)
	}
	for i := range 2 {
		if _, err := k.Erase(t.Context(), "tea", id(5*i), nil); err != nil {
			t.Fatal(err)
		}
	}
	fold(t, k, s, func(*tally.Tally) {})
	return k, s
}

// fold brings the tally up to date as a publisher does, changed by change.
func fold(t *testing.T, k *kept, s *survey.Survey, change func(*tally.Tally)) {
	t.Helper()
	if err := k.Collect(t.Context(), "tea"); err != nil {
		t.Fatal(err)
	}
	stored, revision, err := k.Tally(t.Context(), "tea", "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	if stored == nil {
		stored = tally.New()
	}
	for e, err := range k.After(t.Context(), "tea", "2026-10", stored.Cursor) {
		if err != nil {
			t.Fatal(err)
		}
		stored.Fold(s, e.Cursor, e.Day(s), e.Response)
	}
	change(stored)
	if err := k.SaveTally(t.Context(), "tea", "2026-10", stored, revision); err != nil {
		t.Fatal(err)
	}
}

func repair(t *testing.T, k store.Records, s *survey.Survey, apply bool) *Repaired {
	t.Helper()
	r, err := Repair(t.Context(), k, s, "2026-10", apply)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func codes(t *testing.T, k store.Records, s *survey.Survey) (all []audit.Code) {
	t.Helper()
	v, err := Period(t.Context(), k, s, "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		all = append(all, f.Code)
	}
	if v.Agree != (len(all) == 0) {
		t.Errorf("%+v", v)
	}
	return all
}

func TestRepairNothing(t *testing.T) {
	k, s := counted(t)
	if r := repair(t, k, s, true); len(r.Changes) != 0 || len(r.Left) != 0 {
		t.Errorf("%+v", r)
	}
	text, err := json.Marshal(repair(t, k, s, false))
	if want := `{"survey":"tea","period":"2026-10","changes":[],"left":[]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// A tally that differs is counted again: where answers and erasures come in meanwhile, too.
func TestRepairTally(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, k *kept, s *survey.Survey){
		"alone": nil,
		"answers come in and are counted": func(t *testing.T, k *kept, s *survey.Survey) {
			for i := 30; i < 40; i++ {
				put(t, k, s, "2026-10", i)
			}
			fold(t, k, s, func(*tally.Tally) {})
		},
		"a counted answer is erased": func(t *testing.T, k *kept, s *survey.Survey) {
			if erased, err := k.Erase(t.Context(), "tea", id(7), nil); err != nil || !erased {
				t.Error(erased, err)
			}
		},
		"both": func(t *testing.T, k *kept, s *survey.Survey) {
			put(t, k, s, "2026-10", 31)
			fold(t, k, s, func(*tally.Tally) {})
			if erased, err := k.Erase(t.Context(), "tea", id(31), nil); err != nil || !erased {
				t.Error(erased, err)
			}
			if erased, err := k.Erase(t.Context(), "tea", id(7), nil); err != nil || !erased {
				t.Error(erased, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := counted(t)
			put(t, k, s, "2026-10", 20) // not counted yet
			stored, revision, err := k.Tally(t.Context(), "tea", "2026-10")
			if err != nil {
				t.Fatal(err)
			}
			alerted := stored.Cursor + "9"
			stored.Alerted = alerted
			stored.Parts[s.Shape].Cohorts[""].Items["taste"].Counts.Add("3", -1)
			if err := k.SaveTally(t.Context(), "tea", "2026-10", stored, revision); err != nil {
				t.Fatal(err)
			}
			if got := codes(t, k, s); !slices.Contains(got, audit.TallyOption) {
				t.Fatalf("found %q", got)
			}
			planned := repair(t, k, s, false)
			if len(planned.Changes) != 1 || planned.Changes[0].State != Planned || planned.Changes[0].What != RefoldTally {
				t.Errorf("%+v", planned)
			}
			if got := codes(t, k, s); len(got) == 0 {
				t.Error("changed without being told to")
			}
			if meanwhile != nil {
				k.saving = func() { meanwhile(t, k, s) }
			}
			done := repair(t, k, s, true)
			if len(done.Changes) != 1 || done.Changes[0].State != Done || len(done.Left) != 0 {
				t.Errorf("%+v", done)
			}
			if got := codes(t, k, s); len(got) != 0 {
				t.Errorf("still found: %q", got)
			}
			after, _, err := k.Tally(t.Context(), "tea", "2026-10")
			if err != nil || after.Cursor < stored.Cursor || meanwhile == nil && after.Alerted != alerted {
				t.Errorf("the tally is at %s, alerted up to %s, %v", after.Cursor, after.Alerted, err)
			}
		})
	}
}

// What the tally alone knows is never lost: it is not counted again if the log has lost responses, or may have.
func TestRepairKeepsDeletedResponses(t *testing.T) {
	k, s := counted(t)
	fold(t, k, s, func(stored *tally.Tally) {
		stored.Parts[s.Shape].Cohorts[""].Respondents += 3
		for day := range stored.Days {
			stored.Days[day] += 3
		}
	})
	k.deleted = 3
	if got := codes(t, k, s); len(got) != 0 {
		t.Errorf("three more are counted, and three were deleted: %q", got)
	}
	k.deleted = 2
	for _, from := range []store.Records{k, unchecked{k}} {
		r := repair(t, from, s, true)
		if len(r.Changes) != 1 || r.Changes[0].State != Refused || len(r.Left) == 0 {
			t.Errorf("%+v", r)
		}
		if after, _, err := k.Tally(t.Context(), "tea", "2026-10"); err != nil || after.Waiting() != 21 {
			t.Errorf("the tally has %d respondents, %v", after.Waiting(), err)
		}
	}
	v, err := Period(t.Context(), k, s, "2026-10")
	if err != nil || v.Deleted != 2 || v.Responses != 20 || v.Withdrawn != 2 || !v.Keys {
		t.Errorf("%+v, %v", v, err)
	}
}

// unchecked hides that a back end can check its keys.
type unchecked struct{ store.Records }

// The ids and the latest release are mended by the back end, and what it cannot mend is left.
func TestRepairKeys(t *testing.T) {
	k, s := counted(t)
	k.fewer = 1
	k.problems = []store.KeyProblem{
		{What: store.IDMissing, Response: "one", Text: message.Plain("one is free")}, {What: store.IDElsewhere, Response: "two", Text: message.Plain("two is elsewhere")},
		{What: store.IDContent, Response: "three", Text: message.Plain("three differs")}, {What: store.IDWithoutEntry, Response: "four", Text: message.Plain("four is lost")},
		{What: store.NotCollected, Response: "five", Text: message.Plain("five waits")}, {What: store.ReleaseNotSum, Text: message.Plain("no sum")},
	}
	want := []audit.Code{audit.LogLength, audit.IDMissing, audit.IDElsewhere, audit.IDContent, audit.IDWithoutEntry, audit.ResponseWaiting, audit.ReleaseWhole}
	if got := codes(t, k, s); !slices.Equal(got, want) {
		t.Fatalf("found %q", got)
	}
	planned := repair(t, k, s, false)
	if len(planned.Changes) != 2 || planned.Changes[0].What != RewriteRelease || !slices.Equal(planned.Changes[1].Responses, []string{"one", "two", "three"}) || len(planned.Left) != 3 {
		t.Errorf("%+v", planned)
	}
	k.stale = 1
	if r := repair(t, k, s, true); r.Changes[0].State != Refused || r.Changes[1].State != Refused || len(r.Left) != len(want) {
		t.Errorf("%+v", r)
	}
	if r := repair(t, unmendable{k, k}, s, true); r.Changes[0].State != Refused || r.Changes[1].State != Refused {
		t.Errorf("%+v", r)
	}
	k.mended, k.fewer = []string{"one"}, 0
	if r := repair(t, k, s, true); r.Changes[0].State != Done || len(r.Left) != 0 {
		t.Errorf("%+v", r)
	}
	for i := range maxKeyFindings + 5 {
		k.problems = append(k.problems, store.KeyProblem{What: store.IDMissing, Response: fmt.Sprint(i), Text: message.Plain("free")})
	}
	v, err := Period(t.Context(), k, s, "2026-10")
	if err != nil || len(v.Findings) != maxKeyFindings+1 || *v.Findings[maxKeyFindings].Counted != 5 {
		t.Errorf("%d findings, %v", len(v.Findings), err)
	}
}

// unmendable can check its keys, and mend nothing.
type unmendable struct {
	store.Records
	store.Checker
}

// Releases that differ from the log have been public: they are explained and left.
func TestRepairLeavesReleases(t *testing.T) {
	k, s := counted(t)
	stored, revision, err := k.Tally(t.Context(), "tea", "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	forged, left := release.Next(s, map[string]*survey.Survey{s.Shape: s}, "2026-10", "2026-10-20", nil, stored, false)
	forged.Parts[s.Shape].Cohorts[""].Respondents = 100
	if err := k.Append(t.Context(), forged, left, revision); err != nil {
		t.Fatal(err)
	}
	r := repair(t, k, s, true)
	if len(r.Changes) != 0 || len(r.Left) == 0 || !slices.ContainsFunc(r.Left, func(f audit.Finding) bool { return f.Code == audit.ReleasedRespondents }) || !strings.Contains(r.Left[0].Remedy().String(), "has been public") {
		t.Errorf("%+v", r)
	}
	latest, err := k.Latest(t.Context(), "tea")
	if err != nil || latest[0].Respondents() != 100 {
		t.Errorf("%+v, %v", latest, err)
	}
}

// An error of the store ends a verification and a repair; nothing is taken for a disagreement.
func TestVerifyErrors(t *testing.T) {
	k, s := counted(t)
	broken := errors.New("broken")
	if _, err := Period(t.Context(), brokenTally{k, broken}, s, "2026-10"); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := Repair(t.Context(), brokenTally{k, broken}, s, "2026-10", true); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenTally struct {
	*kept
	err error
}

func (b brokenTally) Tally(context.Context, string, string) (*tally.Tally, int, error) {
	return nil, 0, b.err
}
