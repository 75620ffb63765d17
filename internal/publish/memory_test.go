package publish

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glasspoll/internal/headers"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
)

// titled renders a survey's title too, and of results that are not public nothing else.
type titled struct{ plain }

func (r titled) HTML(w io.Writer, p results.Page) error { return r.page(w, p, r.plain.HTML) }
func (r titled) JSON(w io.Writer, p results.Page) error { return r.page(w, p, r.plain.JSON) }
func (r titled) CSV(w io.Writer, p results.Page) error  { return r.page(w, p, r.plain.CSV) }

const notPublic = "not public"

func (r titled) page(w io.Writer, p results.Page, write func(io.Writer, results.Page) error) error {
	s := p.Set.Report.Survey
	if hidden(s) {
		_, err := io.WriteString(w, notPublic)
		return err
	}
	fmt.Fprintf(w, "%s: ", s.Title.In("en"))
	report := p.Set.Report
	if newest := report.RevisionOf(p.Period) == report.Revision; !newest || !p.Whole() {
		p.Actions, p.Today = survey.Actions{}, "" // only the newest results show measures
	}
	return write(w, p)
}

// staff returns the sample with results for staff, public the sample with a title.
func staff(t testing.TB) *survey.Survey {
	return parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, audience: staff", 1))
}

func public(t testing.TB, title string) *survey.Survey {
	return parse(t, strings.Replace(sample, "en: Sample", "en: "+title, 1))
}

// The notice also replaces results pages that another publisher has written: here, the pages of a new period.
func TestNoticeReplacesPagesOfAnother(t *testing.T) {
	m := newFakeStore()
	m.putMany(0, 20, "2026-09")
	publisher, other := New(m.options(titled{}, at(20))), New(m.options(titled{}, at(20)))
	publish(t, publisher, public(t, "First"))
	m.putMany(20, 40, "2026-10")
	publish(t, other, public(t, "First"))
	m.wantNotices(t, publisher, staff(t))

	// Public for a while, and for staff again, in the same version as before.
	publish(t, other, public(t, "First"))
	m.putMany(40, 60, "2026-10")
	publish(t, other, public(t, "First"))
	m.wantNotices(t, publisher, staff(t))
	publish(t, other, public(t, "Second"))
	m.wantNotices(t, publisher, staff(t))
}

// wantNotices publishes a survey whose results are not public, and wants no others on any page.
func (m *fakeStore) wantNotices(t *testing.T, p *Publisher, s *survey.Survey) {
	t.Helper()
	publish(t, p, s)
	for path, page := range m.pages {
		if _, moved := headers.MovedTo([]byte(page.body)); page.body != notPublic && !moved {
			t.Errorf("%s is still %q", path, page.body)
		}
	}
}

// A publisher does not skip a file because it would write what it wrote before: another publisher may have replaced or
// removed it.
func TestSameContentAsBeforeAnother(t *testing.T) {
	const path, removed = "sample/results/2026-09/index.html", "sample/results/2026-10/index.html"
	m := newFakeStore()
	m.putMany(0, 20, "2026-09")
	m.putMany(20, 40, "2026-10")
	publisher, other := New(m.options(titled{}, at(20))), New(m.options(titled{}, at(20)))
	publish(t, publisher, public(t, "First"))
	before := m.pages[path].body
	publish(t, other, public(t, "Second"))
	if m.pages[path].body == before {
		t.Fatal("the same title")
	}
	delete(m.pages, removed)
	again := public(t, "First")
	again.Version = "another, with the same pages"
	publish(t, publisher, again)
	if got := m.pages[path].body; got != before {
		t.Errorf("%s is %q, want %q", path, got, before)
	}
	if m.pages[removed].tag == "" {
		t.Errorf("%s has been removed, and is not written again", removed)
	}
}

// When releases have been lost, pages made from them stay until they are removed.
func TestPagesOfLostReleases(t *testing.T) {
	const path = "sample/results/2026-09/index.html"
	s, m := parse(t, sample), newFakeStore()
	m.putMany(0, 20, "2026-09")
	p := m.publisher(at(20))
	publish(t, p, s)
	m.putMany(20, 40, "2026-09")
	publish(t, p, s)
	lost := m.pages[path]
	m.releases["2026-09"] = m.releases["2026-09"][:1]
	for period, log := range m.log {
		m.log[period] = log[:len(log)/2]
	}
	clear(m.tallies)
	publish(t, p, s)
	if m.pages[path] != lost {
		t.Errorf("%s is now %+v", path, m.pages[path])
	}
	clear(m.pages)
	publish(t, p, s)
	m.wantLatest(t, s)
}

// TestMemories lets two publishers take turns: they meet in the middle of a run, fail and are replaced, while answers arrive, the
// questionnaire, its sidecars and the day change, and files are removed. After an undisturbed run every page is the one that a
// publisher without a memory makes of the same releases.
func TestMemories(t *testing.T) {
	parsed := map[string]*survey.Survey{}
	version := func(n int, notPublic, groups bool) *survey.Survey {
		source := sample
		if notPublic {
			source = strings.Replace(source, "min_group: 5", "min_group: 5, audience: staff", 1)
		} else {
			source = strings.Replace(source, "en: Sample", fmt.Sprintf("en: Sample %d", n), 1)
		}
		if !groups {
			source = strings.Replace(source, ", segment: true", "", 1)
		}
		if parsed[source] == nil {
			parsed[source] = parse(t, source)
		}
		return parsed[source]
	}
	rapid.Check(t, func(t *rapid.T) {
		m, s, day, answers, versions := newFakeStore(), version(0, false, true), 10, 0, 0
		actions := survey.Actions{}
		o := m.options(titled{}, func() time.Time { return at(day)() })
		o.Sidecars = sidecars{actions: &actions}
		publishers := []*Publisher{New(o), New(o)}
		put := func(t *rapid.T) {
			n := rapid.IntRange(1, 12).Draw(t, "answers")
			m.putMany(answers, answers+n, rapid.SampledFrom([]string{"2026-08", "2026-09", "2026-10"}).Draw(t, "period"))
			answers += n
		}
		change := func(t *rapid.T) {
			versions++
			s = version(versions, rapid.Bool().Draw(t, "staff"), rapid.Bool().Draw(t, "groups"))
		}
		one := func(t *rapid.T) *Publisher { return publishers[rapid.IntRange(0, 1).Draw(t, "publisher")] }
		run := func(t *rapid.T, p *Publisher) {
			if _, err := p.Publish(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		call := func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"Collect", "Page", "Latest", "Ends", "Tally", "After", "Progress", "SaveTally", "Append", "Replace"}).Draw(t, "call")
		}
		t.Repeat(map[string]func(*rapid.T){
			"answers": put,
			"publish": func(t *rapid.T) { run(t, one(t)) },
			"change":  change,
			"measures": func(t *rapid.T) {
				actions.Measures = append(actions.Measures, survey.Measure{Problem: survey.Text{"en": "Slow"}, Due: "2026-10-12", Status: rapid.SampledFrom([]survey.Status{survey.Done, survey.Doing}).Draw(t, "status")})
			},
			"day": func(*rapid.T) { day++ },
			"removed": func(t *rapid.T) {
				for _, path := range slices.Sorted(maps.Keys(m.pages)) {
					if rapid.IntRange(0, 3).Draw(t, "removed") == 0 {
						delete(m.pages, path)
					}
				}
				change(t)
			},
			"restart": func(t *rapid.T) { publishers[rapid.IntRange(0, 1).Draw(t, "publisher")] = New(o) },
			"fault": func(t *rapid.T) {
				name, nth, applied := call(t), rapid.IntRange(1, 12).Draw(t, "nth"), rapid.Bool().Draw(t, "applied")
				m.fault = func(c string) (bool, bool) {
					if c == name {
						nth--
					}
					return c == name && nth == 0, applied
				}
				one(t).Publish(ctx, s)
				m.fault = nil
			},
			"meet": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "publisher")
				m.during(call(t), rapid.IntRange(1, 12).Draw(t, "nth"), func() {
					before := m.setFault(nil)
					if rapid.Bool().Draw(t, "more") {
						put(t)
					}
					if rapid.Bool().Draw(t, "changed") {
						actions.Measures = append(actions.Measures, survey.Measure{Problem: survey.Text{"en": "Late"}, Status: survey.Done})
					}
					run(t, publishers[1-i])
					m.setFault(before)
				})
				run(t, publishers[i])
				m.fault = nil
			},
			"": func(*rapid.T) {},
		})
		run(t, one(t))
		again := newFakeStore()
		for path := range m.pages {
			again.pages[path] = fakePage{body: "unknown", tag: "unknown"}
		}
		clean := o
		clean.Collector, clean.Log, clean.Tallies, clean.Progress, clean.Pages, clean.Releases = again, again, again, again, again, m
		run(t, New(clean))
		for path, want := range again.pages {
			got := m.pages[path]
			left := hidden(s) || strings.Contains(path, "/by/") && got.revision <= want.revision
			if left && got.body == want.body {
				continue // a release that does not change it leaves it alone
			}
			if want.tag != "unknown" && !got.equal(want) {
				t.Fatalf("%s is %q, revision %d; want %q, revision %d", path, got.body, got.revision, want.body, want.revision)
			}
		}
	})
}
