package publish

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const guarded = `
title: {en: Sample, zh: 样本}
languages: [zh, en]
timezone: Asia/Shanghai
period: month
scoring: {overall: rated}
sections:
  - id: all
    title: {en: All, zh: 全部}
    questions:
      - {id: tier, type: yes_no, label: {en: Member, zh: 会员}, segment: true}
      - {id: rated, type: rating, steps: 5, label: {en: Rated, zh: 评分}}
      - {id: fair, type: rating, steps: 5, label: {en: Fair, zh: 公平}}
      - {id: union, type: yes_no, sensitive: true, label: {en: Union, zh: 工会}}
      - {id: perks, type: yes_no, show_if: tier, label: {en: Perks, zh: 福利}}
results: {min_group: 5}
`

// putGuarded stores answers to that survey.
func (m *fakeStore) putGuarded(from, to int) {
	for n := from; n < to; n++ {
		tier := []string{"yes", "no"}[n%2]
		a := []answer.Answer{{"tier", tier}, {"rated", fmt.Sprint(1 + n%5)}, {"fair", fmt.Sprint(1 + n%4)}, {"union", []string{"no", "no", "yes"}[n%3]}}
		if tier == "yes" {
			a = append(a, answer.Answer{"perks", "yes"})
		}
		m.add(answer.Response{ID: fmt.Sprint(n), Period: "2026-10", Answers: a})
	}
}

// Nothing that a release holds back, and nothing of the tally, is in reach of what pages are rendered from.
func TestHeldIsOutOfReach(t *testing.T) {
	s, m := parse(t, guarded), newFakeStore()
	m.answer(s)
	m.putGuarded(0, 23)
	out := publish(t, m.publisher(at(20)), s)
	r := lastRelease(m, "2026-10")
	if r == nil || r.Held == nil || len(r.Held.Out) == 0 || len(r.Held.Items) == 0 || len(r.Held.Rows) == 0 {
		t.Fatalf("nothing is held: %+v", r)
	}
	found := map[reflect.Type]string{}
	seen := map[any]bool{}
	set := results.NewSet(out.Report)
	for _, f := range set.Folders() {
		page := results.Page{Set: set, Language: "en", Folder: f}
		reach(reflect.ValueOf(page), fmt.Sprintf("page(%s)", f.Path()), seen, found)
	}
	if found[reflect.TypeFor[*release.Release]()] == "" {
		t.Error("no release is in reach: the search finds nothing")
	}
	for _, closed := range []reflect.Type{reflect.TypeFor[*release.Held](), reflect.TypeFor[*tally.Tally]()} {
		if path := found[closed]; path != "" {
			t.Errorf("a %v is in reach: %s", closed, path)
		}
	}
	if len(out.Released) != 1 || out.Released[0].Held == nil {
		t.Errorf("the release that was appended has lost what it holds: %+v", out.Released)
	}
}

// reach finds a path to a value of each type of pointer that is in reach of a value, other than nil.
func reach(v reflect.Value, path string, seen map[any]bool, found map[reflect.Type]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if found[v.Type()] == "" {
			found[v.Type()] = path
		}
		key := [2]any{v.Type(), v.Pointer()}
		if !seen[key] {
			seen[key] = true
			reach(v.Elem(), path, seen, found)
		}
	case reflect.Interface:
		if !v.IsNil() {
			reach(v.Elem(), path, seen, found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			reach(v.Field(i), path+"."+v.Type().Field(i).Name, seen, found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			reach(v.Index(i), fmt.Sprintf("%s[%d]", path, i), seen, found)
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			reach(entries.Key(), path+"[key]", seen, found)
			reach(entries.Value(), fmt.Sprintf("%s[%v]", path, entries.Key()), seen, found)
		}
	}
}

// A response that is erased after it was folded, and before the block that it would be in is stored, is in no block; the
// others are in theirs.
func TestErasedBeforeItsBlock(t *testing.T) {
	s, c := parse(t, sample), newFakeCases(newFakeStore())
	m := c.fakeStore
	m.putMany(0, 10, "2026-10") // five of each tier
	m.during("Append", 1, func() { c.withdraw(4, "2026-10") })
	publish(t, m.publisher(at(20)), s)
	m.fault = nil
	p := partOf(lastRelease(m, "2026-10"), s)
	if p.Respondents() != 5 || p.Cohorts["no"] == nil || p.Cohorts["no"].Respondents != 5 {
		t.Errorf("released %+v", p.Cohorts)
	}
	m.putMany(10, 12, "2026-10")
	publish(t, m.publisher(at(20)), s)
	if p := partOf(lastRelease(m, "2026-10"), s); p.Cohorts["yes"] == nil || p.Cohorts["yes"].Respondents != 5 || p.Respondents() != 10 {
		t.Errorf("then released %+v", p.Cohorts)
	}
	checkReleases(t, m)
}

// wantEachInOnePlace checks that everybody waits or is in one block.
func (m *fakeStore) wantEachInOnePlace(t *testing.T, s *survey.Survey, period string) {
	t.Helper()
	counted, err := tally.Decode(m.tallies[period].data)
	if err != nil {
		t.Fatal(err)
	}
	received, released := int64(len(m.log[period])), lastRelease(m, period).Respondents()
	if counted.Received() != received || counted.Waiting()+released != received {
		t.Errorf("of %d responses %d were folded, %d wait, and %d are in blocks", received, counted.Received(), counted.Waiting(), released)
	}
	checkReleases(t, m)
}

// TestTallyThatDoesNotFit loses and restores tallies and releases: the log is folded again, once, and nobody gets into a
// second block of the releases that are there.
func TestTallyThatDoesNotFit(t *testing.T) {
	s := parse(t, sample)
	for _, c := range []struct {
		name   string
		change func(m *fakeStore, old stored)
		folded int64
	}{
		{"nothing", func(*fakeStore, stored) {}, 0},
		{"the tally is lost", func(m *fakeStore, _ stored) { delete(m.tallies, "2026-10") }, 30},
		{"the tally is an older one", func(m *fakeStore, old stored) { m.tallies["2026-10"] = old }, 30},
		{"the tally was emptied", func(m *fakeStore, _ stored) { m.empty("2026-10") }, 30},
		{"the last release is lost", func(m *fakeStore, _ stored) { m.releases["2026-10"] = m.releases["2026-10"][:1]; clear(m.pages) }, 30},
		{"all releases are lost", func(m *fakeStore, _ stored) { delete(m.releases, "2026-10"); clear(m.pages) }, 30},
		{"the last release and its tally are lost", func(m *fakeStore, old stored) {
			m.releases["2026-10"], m.tallies["2026-10"] = m.releases["2026-10"][:1], old
			clear(m.pages)
		}, 17},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newFakeStore()
			m.putMany(0, 13, "2026-10")
			publish(t, m.publisher(at(20)), s)
			old := m.tallies["2026-10"]
			m.putMany(13, 30, "2026-10")
			publish(t, m.publisher(at(20)), s)
			m.wantEachInOnePlace(t, s, "2026-10")
			c.change(m, old)
			if out := publish(t, m.publisher(at(20)), s); out.Folded != c.folded {
				t.Errorf("%d responses were folded, want %d", out.Folded, c.folded)
			}
			m.wantEachInOnePlace(t, s, "2026-10")
			m.putMany(30, 41, "2026-10")
			if out := publish(t, m.publisher(at(20)), s); out.Folded != 11 {
				t.Errorf("then %d responses were folded, want 11", out.Folded)
			}
			m.wantEachInOnePlace(t, s, "2026-10")
		})
	}
}

// A publisher that has read the last release before another one appends the next, and the tally after, reads both again
// and folds nothing again.
func TestReleaseBetweenTheReads(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.putMany(0, 20, "2026-10")
	publisher, other := m.publisher(at(20)), m.publisher(at(20))
	publish(t, publisher, s)
	m.putMany(20, 33, "2026-10")
	m.during("Tally", 1, func() {
		before := m.setFault(nil)
		publish(t, other, s)
		m.setFault(before)
	})
	m.yielded = 0
	if out := publish(t, publisher, s); out.Folded != 0 || len(out.Released) != 0 || m.yielded != 13 {
		t.Errorf("%+v, and %d entries were read", out, m.yielded)
	}
	m.fault = nil
	m.wantEachInOnePlace(t, s, "2026-10")
	m.wantLatest(t, s)
}

// TestSettled folds a log in which answers have other places than when they were released: in a store that everything was moved
// to, whose tally says who waited, and where answers were restored.
func TestSettled(t *testing.T) {
	s := parse(t, sample)
	released := func(t *testing.T) *fakeStore { // 13 are in blocks, 4 wait
		m := newFakeStore()
		for n := range 17 {
			if n == 13 {
				publish(t, m.publisher(at(20)), s)
			}
			m.put(n, "2026-10")
		}
		publish(t, m.publisher(at(20)), s)
		return m
	}
	want := func(t *testing.T, m *fakeStore, blocks, waiting int64) {
		t.Helper()
		counted, err := tally.Decode(m.tallies["2026-10"].data)
		if got := lastRelease(m, "2026-10").Respondents(); err != nil || got != blocks || counted.Waiting() != waiting || counted.Received() != int64(len(m.log["2026-10"])) {
			t.Errorf("of %d received %d are in blocks and %d wait, want %d and %d; %v", counted.Received(), got, counted.Waiting(), blocks, waiting, err)
		}
	}
	moved := func(t *testing.T) *fakeStore {
		from, to := released(t), newFakeStore()
		to.releases["2026-10"], to.tallies["2026-10"] = from.releases["2026-10"], from.tallies["2026-10"]
		to.log["2026-10"] = slices.Clone(from.log["2026-10"])
		slices.Reverse(to.log["2026-10"]) // no mark says anything here
		if err := store.SaveSettled(ctx, to, "sample", "2026-10", store.Settled{Through: "000000017", Release: 1}); err != nil {
			t.Fatal(err)
		}
		return to
	}
	t.Run("moved", func(t *testing.T) {
		to := moved(t)
		to.putMany(17, 23, "2026-10")
		publish(t, to.publisher(at(20)), s)
		want(t, to, 23, 0)
		// Of its own blocks this store knows the places.
		to.empty("2026-10")
		to.putMany(23, 25, "2026-10")
		publish(t, to.publisher(at(20)), s)
		want(t, to, 23, 2)
	})
	t.Run("moved, and its tally is lost", func(t *testing.T) {
		to := moved(t)
		to.empty("2026-10")
		to.putMany(17, 26, "2026-10") // 5 and 4
		publish(t, to.publisher(at(20)), s)
		want(t, to, 13+5, 4)
	})
	t.Run("restored", func(t *testing.T) {
		m := released(t)
		lost := m.log["2026-10"][3:9]
		log := append(slices.Clone(m.log["2026-10"][:3]), m.log["2026-10"][9:]...)
		m.log["2026-10"] = log
		// As package cloud does: first all is settled, then the answers come back, then what is there is settled.
		if err := store.SaveSettled(ctx, m, "sample", "2026-10", store.Settled{Through: store.AllSettled}); err != nil {
			t.Fatal(err)
		}
		m.empty("2026-10")
		m.log["2026-10"] = append(m.log["2026-10"], lost...)
		publish(t, m.publisher(at(20)), s)
		want(t, m, 13, 0)
		if err := store.SaveSettled(ctx, m, "sample", "2026-10", store.Settled{Through: "000000017"}); err != nil {
			t.Fatal(err)
		}
		m.empty("2026-10")
		m.putMany(17, 28, "2026-10")
		publish(t, m.publisher(at(20)), s)
		want(t, m, 13+11, 0)
	})
}

// Answers to a version of the questionnaire that is not known are received, and nothing else: nobody knows what was asked.
func TestUnknownVersion(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.answered = parse(t, strings.Replace(sample, "steps: 5", "steps: 7", 1)) // whose definition is lost
	m.putMany(0, 12, "2026-10")
	m.answered = s
	m.putMany(12, 22, "2026-10")
	publish(t, m.publisher(at(20)), s)
	want := func(received int64) {
		t.Helper()
		r := lastRelease(m, "2026-10")
		if r.Respondents() != 10 || len(r.Parts) != 1 || partOf(r, s).Respondents() != 10 || r.Facts.Received != received {
			t.Errorf("released %d of %d received, in %d parts", r.Respondents(), r.Facts.Received, len(r.Parts))
		}
	}
	want(10)
	publish(t, m.publisher(func() time.Time { return time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC) }), s) // closed
	want(22)
}

// TestDueWithoutBlocks makes releases that no new block is a reason for: they state facts, or change what is public or how many
// a block must have. What takes effect at once needs no answer and no other day.
func TestDueWithoutBlocks(t *testing.T) {
	s, c := parse(t, sample), newFakeCases(newFakeStore())
	m := c.fakeStore
	day := 20
	p := m.publisher(func() time.Time { return at(day)() })
	m.putMany(0, 23, "2026-10") // 12 and 11: all in blocks
	publish(t, p, s)
	m.putMany(23, 26, "2026-10") // wait
	for _, step := range []struct {
		name     string
		change   func()
		named    []string
		released bool
		want     release.Facts
		k        int
		hidden   string
	}{
		{"too few", func() {}, nil, false, release.Facts{Received: 23, Through: "2026-10-20"}, 5, "[]"},
		{"another day", func() { day++ }, nil, true, release.Facts{Received: 26, Through: "2026-10-21"}, 5, "[]"},
		{"nothing new", func() { day++ }, nil, false, release.Facts{Received: 26, Through: "2026-10-21"}, 5, "[]"},
		{"four are withdrawn", func() {
			for n := range 4 {
				c.withdraw(n, "2026-10")
			}
		}, []string{"2026-10"}, false, release.Facts{Received: 26, Through: "2026-10-21"}, 5, "[]"},
		{"a fifth", func() { c.withdraw(4, "2026-10") }, []string{"2026-10"}, true, release.Facts{Received: 26, Through: "2026-10-22", Withdrawn: 5}, 5, "[]"},
		{"more of another day", func() { m.arrived = at(22)(); m.put(26, "2026-10"); day++ }, nil, true, release.Facts{Received: 27, Through: "2026-10-23", Withdrawn: 5}, 5, "[]"},
		{"a larger k", func() { s = m.answer(parse(t, strings.Replace(sample, "min_group: 5", "min_group: 8", 1))) }, nil, true,
			release.Facts{Received: 27, Through: "2026-10-23", Withdrawn: 5}, 8, "[]"},
		{"a smaller k", func() { s = m.answer(parse(t, sample)) }, nil, false, release.Facts{Received: 27, Through: "2026-10-23", Withdrawn: 5}, 8, "[]"},
		{"a hidden question", func() {
			s = m.answer(parse(t, strings.Replace(sample, "type: rating", "type: rating, publish: false", 1)))
		}, nil, true,
			release.Facts{Received: 27, Through: "2026-10-23", Withdrawn: 5}, 8, "[rated rated.*]"},
		{"a question that is gone", func() {
			s = m.answer(parse(t, strings.Replace(sample, "id: rated", "id: other", 1)))
		}, nil, false, release.Facts{Received: 27, Through: "2026-10-23", Withdrawn: 5}, 8, "[rated rated.*]"},
	} {
		step.change()
		before := lastRelease(m, "2026-10")
		out, err := p.Publish(ctx, s, step.named...)
		if err != nil {
			t.Fatal(err)
		}
		r := lastRelease(m, "2026-10")
		if released := len(out.Released) > 0; released != step.released || r.Facts != step.want || r.K != step.k || fmt.Sprint(r.Hidden) != step.hidden {
			t.Errorf("%s: released %t, %+v, k %d, hidden %v", step.name, released, r.Facts, r.K, r.Hidden)
		}
		if r.Respondents() != before.Respondents() {
			t.Errorf("%s: there is a new block", step.name)
		}
		public := out.Report
		if len(public.Periods) != 1 {
			t.Fatalf("%s: %d periods", step.name, len(public.Periods))
		}
		for _, p := range r.Public().Parts {
			if _, shown := p.Total().Items["rated"]; shown == (step.hidden != "[]") {
				t.Errorf("%s: rated is public: %t", step.name, shown)
			}
		}
	}
}
