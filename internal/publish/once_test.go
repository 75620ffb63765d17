package publish_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// everyone is how many may answer a questionnaire in which each person chooses an option that no other one does. So releases
// tell who is in them, and how often.
const everyone = 90

// named returns versions of that questionnaire, which differ in what decides about blocks and in what is asked besides.
func named(t *testing.T) (versions []*survey.Survey) {
	var options []string
	for n := range everyone {
		options = append(options, fmt.Sprintf("{id: p%d, label: P%d}", n, n))
	}
	for i, results := range []string{"min_group: 3", "min_group: 4", "min_group: 3, pool_after: 1", "min_group: 3, release: daily", "min_group: 2"} {
		segment := ", segment: true"
		if i == 3 {
			segment = ""
		}
		s, problems := questionnaire.Parse("named.yaml", fmt.Appendf(nil, `
title: Named
languages: [en]
timezone: UTC
sections:
  - questions:
      - {id: tier, type: yes_no, label: Tier%s}
      - {id: who, type: single_choice, label: Who, options: [%s]}
      - {id: rated, type: rating, steps: %d, label: Rated}
results: {%s}
`, segment, strings.Join(options, ", "), 4+i%2, results))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		versions = append(versions, s)
	}
	return versions
}

// faulty is a back end of which one call of a run is lost, before it is made or after it.
type faulty struct {
	*storetest.Memory
	left    int // calls until then; negative: none is lost
	applied bool
	during  func() // called in the place of a failure
}

var errLost = errors.New("lost")

func (f *faulty) call(do func() error) error {
	f.left--
	if f.left != 0 {
		return do()
	}
	if f.during != nil {
		f.during()
		return do()
	}
	if f.applied {
		if err := do(); err != nil {
			return err
		}
	}
	return errLost
}

func (f *faulty) Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error) {
	err = f.call(func() (err error) { t, revision, err = f.Memory.Tally(ctx, survey, period); return err })
	return t, revision, err
}

func (f *faulty) SaveTally(ctx context.Context, survey, period string, t *tally.Tally, revision int) error {
	return f.call(func() error { return f.Memory.SaveTally(ctx, survey, period, t, revision) })
}

func (f *faulty) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	err = f.call(func() (err error) { latest, err = f.Memory.Latest(ctx, survey); return err })
	return latest, err
}

func (f *faulty) Append(ctx context.Context, r *release.Release, t *tally.Tally, revision int) error {
	return f.call(func() error { return f.Memory.Append(ctx, r, t, revision) })
}

// nothing renders nothing.
type nothing struct{}

func (nothing) Page(context.Context, string) (string, int, error) { return "", 0, nil }
func (nothing) Replace(context.Context, string, string, int, []byte) (string, error) {
	return "1", nil
}
func (nothing) HTML(io.Writer, results.Page) error { return nil }
func (nothing) JSON(io.Writer, results.Page) error { return nil }
func (nothing) CSV(io.Writer, results.Page) error  { return nil }

// members returns how often each person is in the blocks of a release.
func members(r *release.Release) map[string]int64 {
	times := map[string]int64{}
	if r == nil {
		return times
	}
	for _, p := range r.Parts {
		if item := p.Total().Items["who"]; item != nil {
			for _, c := range item.Counts {
				if c.N != 0 {
					times[c.Option] += c.N
				}
			}
		}
	}
	return times
}

// TestNobodyInTwoBlocks lets two publishers run, be interrupted, fail and overtake each other, while people answer versions of a
// questionnaire, answers are erased and taken back, and the tally is lost or emptied. Nobody is in two blocks, nobody who was erased gets into
// one, whoever is in one stays, every block is large enough, and in the end only fewer wait than would make a block.
func TestNobodyInTwoBlocks(t *testing.T) {
	versions := named(t)
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		m := storetest.NewMemory()
		for _, s := range versions {
			if err := m.StoreDefinition(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		s, day, n := versions[0], 1, 0
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(m.PutDefinition(ctx, s))
		backend := &faulty{Memory: m, left: -1}
		now := func() time.Time { return time.Date(2030, 1, day, 12, 0, 0, 0, time.UTC) }
		newPublisher := func(b *faulty) *publish.Publisher {
			return publish.New(publish.Options{Collector: b, Log: b, Definitions: b, Tallies: b, Releases: b, Progress: b, Withdrawals: b, Pages: nothing{}, Renderer: nothing{}, Now: now})
		}
		first, second := newPublisher(backend), newPublisher(&faulty{Memory: m, left: -1})
		erased := map[string]bool{} // before they were in a block
		check := func(t *rapid.T) *release.Release {
			var last *release.Release
			for r, err := range m.History(ctx, s.ID, "all") {
				must(err)
				before, after := members(last), members(r)
				for who, times := range after {
					if times != 1 || erased[who] {
						t.Fatalf("%s is in release %d %d times; was erased before: %t", who, r.Number, times, erased[who])
					}
				}
				added := 0
				for who := range before {
					if after[who] == 0 {
						t.Fatalf("%s is not in release %d any more", who, r.Number)
					}
				}
				if added = len(after) - len(before); added != 0 && added < 2 {
					t.Fatalf("release %d adds %d", r.Number, added)
				}
				last = r
			}
			return last
		}
		id := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
		run := func(t *rapid.T, p *publish.Publisher) error {
			_, err := p.Publish(ctx, s, "all")
			if err != nil && !errors.Is(err, errLost) {
				t.Fatal(err)
			}
			return err
		}
		put := func(t *rapid.T, most int) {
			for range min(rapid.IntRange(1, most).Draw(t, "answers"), everyone-n) {
				answered := rapid.SampledFrom(versions).Draw(t, "answered")
				tier := rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "tier")
				r := answer.Response{ID: id(n), Survey: s.ID, Version: answered.Version, Period: "all", Language: "en",
					Answers: []answer.Answer{{"tier", tier}, {"who", fmt.Sprintf("p%d", n)}, {"rated", "1"}}}
				_, err := m.Put(ctx, r)
				must(err)
				n++
			}
		}
		erase := func(t *rapid.T) {
			if n == 0 {
				return
			}
			gone := rapid.IntRange(0, n-1).Draw(t, "gone")
			latest, err := m.Latest(ctx, s.ID)
			must(err)
			who := fmt.Sprintf("p%d", gone)
			if len(latest) == 0 || members(latest[0])[who] == 0 {
				erased[who] = true
			}
			_, err = m.Erase(ctx, s.ID, id(gone), []string{"tier"})
			must(err)
		}
		takeBack := func(t *rapid.T) {
			if n == 0 {
				return
			}
			gone := rapid.IntRange(0, n-1).Draw(t, "taken back")
			latest, err := m.Latest(ctx, s.ID)
			must(err)
			_, err = m.Withdraw(ctx, s.ID, id(gone))
			must(err)
			if who := fmt.Sprintf("p%d", gone); len(latest) == 0 || members(latest[0])[who] == 0 {
				erased[who] = true // by the next run, before it makes blocks
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"answers": func(t *rapid.T) { put(t, 9) },
			"publish": func(t *rapid.T) { run(t, first) },
			"another": func(t *rapid.T) { run(t, second) },
			"erase":   erase,
			"take":    takeBack,
			"version": func(t *rapid.T) {
				s = rapid.SampledFrom(versions).Draw(t, "version")
				must(m.PutDefinition(ctx, s))
			},
			"day": func(*rapid.T) { day++ },
			"tally is lost": func(*rapid.T) {
				before, revision, err := m.Tally(ctx, s.ID, "all")
				must(err)
				must(m.SaveTally(ctx, s.ID, "all", tally.Restart(before), revision))
			},
			"fault": func(t *rapid.T) {
				backend.left, backend.applied = rapid.IntRange(1, 8).Draw(t, "nth"), rapid.Bool().Draw(t, "applied")
				run(t, first)
				backend.left = -1
			},
			"meet": func(t *rapid.T) {
				backend.left = rapid.IntRange(1, 8).Draw(t, "nth")
				backend.during = func() {
					if rapid.Bool().Draw(t, "erasing") {
						erase(t)
					}
					if rapid.Bool().Draw(t, "publishing") {
						run(t, second)
					}
				}
				run(t, first)
				backend.left, backend.during = -1, nil
			},
			"": func(t *rapid.T) { check(t) },
		})
		if err := run(t, second); err != nil {
			t.Fatal(err)
		}
		day += 2
		s = versions[2] // with a pool
		must(m.PutDefinition(ctx, s))
		must(run(t, second))
		last := check(t)
		if left, err := m.Withdrawals(ctx, s.ID); err != nil || len(left) > 0 {
			t.Fatalf("still to be erased: %v, %v", left, err)
		}
		counted, _, err := m.Tally(ctx, s.ID, "all")
		must(err)
		if n == 0 {
			return
		}
		received, known := int64(n), counted.Waiting()+last.Respondents()
		if counted.Received() != received || known > received || known < received-counted.Withdrawn || counted.Waiting() > int64(3*len(versions)) {
			t.Fatalf("of %d received %d are counted, %d withdrawn, %d wait, %d are in blocks", n, counted.Received(), counted.Withdrawn, counted.Waiting(), last.Respondents())
		}
	})
}

var _ store.Tallies = (*faulty)(nil)
