package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/soak"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

var ctx = context.Background()

const sample = `
title: {en: Sample, zh: 样本}
languages: [zh, en]
timezone: Asia/Shanghai
period: month
sections:
  - id: all
    title: {en: All, zh: 全部}
    questions:
      - {id: tier, type: yes_no, label: {en: Member, zh: 会员}, segment: true}
      - {id: rated, type: rating, steps: 5, label: {en: Rated, zh: 评分}}
results: {min_group: 5}
`

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// fakeStore is a back end in memory, whose calls can be made to fail.
type fakeStore struct {
	mu       sync.Mutex
	versions map[string]*survey.Survey     // by version
	answered *survey.Survey                // that new responses answer
	arrived  time.Time                     // when they arrive
	waiting  map[string][]store.Entry      // by period: stored, and not collected yet
	log      map[string][]store.Entry      // by period
	tallies  map[string]stored             // by period
	releases map[string][]*release.Release // by period
	progress map[string]string             // by name
	pages    map[string]fakePage
	fault    func(call string) (fail, applied bool) // decides each call; nil: none fails
	more     bool                                   // Collect says that it has not done all
	saves    int
	reads    int // of a log
	yielded  int // entries
	writes   int
	calls    map[string]int
	tagReads map[string]int    // by path
	onPage   func(path string) // called for each tag that is read
}

type stored struct {
	data     []byte
	revision int
}

type fakePage struct {
	body     string
	revision int
	tag      string
}

// sampled is the sample, which responses answer unless a test says otherwise.
var sampled = sync.OnceValue(func() *survey.Survey {
	s, problems := questionnaire.Parse("sample.yaml", []byte(sample))
	if len(problems) > 0 {
		panic(problems)
	}
	return s
})

func newFakeStore() *fakeStore {
	s := sampled()
	return &fakeStore{versions: map[string]*survey.Survey{s.Version: s}, answered: s, arrived: at(20)(),
		waiting: map[string][]store.Entry{}, log: map[string][]store.Entry{}, tallies: map[string]stored{}, releases: map[string][]*release.Release{}, progress: map[string]string{}, pages: map[string]fakePage{},
		calls: map[string]int{}, tagReads: map[string]int{}}
}

var errInjected = errors.New("injected")

// call counts a call and decides whether it fails: before is the error to return instead of applying the call, after the
// one to return once it is applied.
func (m *fakeStore) call(name string) (before, after error) {
	m.calls[name]++
	if m.fault == nil {
		return nil, nil
	}
	fail, applied := m.fault(name)
	switch {
	case !fail:
		return nil, nil
	case applied:
		return nil, errInjected
	default:
		return errInjected, nil
	}
}

// setFault replaces the fault, also while calls are made, and returns the one before.
func (m *fakeStore) setFault(fault func(call string) (fail, applied bool)) (before func(call string) (fail, applied bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, m.fault = m.fault, fault
	return before
}

func (m *fakeStore) put(n int, period string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(answer.Response{ID: fmt.Sprint(n), Period: period, Answers: []answer.Answer{{"tier", []string{"yes", "no"}[n%2]}, {"rated", fmt.Sprint(1 + n%5)}}})
}

// add stores a response to the questionnaire that is answered now.
func (m *fakeStore) add(r answer.Response) {
	r.Survey, r.Version = "sample", m.answered.Version
	m.waiting[r.Period] = append(m.waiting[r.Period], store.Entry{Arrived: m.arrived, Response: r})
}

// answer has the responses that come answer another questionnaire.
func (m *fakeStore) answer(s *survey.Survey) *survey.Survey {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.versions[s.Version], m.answered = s, s
	return s
}

func (m *fakeStore) Definition(_ context.Context, id, version string) (*survey.Survey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Definition")
	if err := errors.Join(before, after); err != nil {
		return nil, err
	}
	if s := m.versions[version]; s != nil {
		return s, nil
	}
	if version == "" && m.answered != nil && m.answered.ID == id {
		return m.answered, nil
	}
	return nil, store.ErrUnknown
}

func (m *fakeStore) Collect(context.Context, string, ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Collect")
	if before != nil {
		return before
	}
	for period, responses := range m.waiting {
		m.log[period] = append(m.log[period], responses...)
	}
	clear(m.waiting)
	if m.more && after == nil {
		return store.ErrMore
	}
	return after
}

func (m *fakeStore) Ends(context.Context, string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Ends")
	if before != nil {
		return nil, before
	}
	ends := map[string]string{}
	for period, log := range m.log {
		ends[period] = fmt.Sprintf("%09d", len(log))
	}
	return ends, after
}

// Periods is not for publishers: Ends tells them more.
func (m *fakeStore) Periods(context.Context, string) ([]string, error) {
	return nil, errors.New("the publisher reads the ends of the logs")
}

func (m *fakeStore) After(_ context.Context, _, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		m.mu.Lock()
		m.reads++
		m.mu.Unlock()
		from, _ := strconv.Atoi(cursor)
		for {
			m.mu.Lock()
			before, after := m.call("After")
			entries := m.log[period]
			if from < len(entries) && before == nil {
				m.yielded++
			}
			m.mu.Unlock()
			if before != nil {
				yield(store.Entry{}, before)
				return
			}
			if from >= len(entries) {
				if after != nil {
					yield(store.Entry{}, after)
				}
				return
			}
			from++
			entry := entries[from-1]
			entry.Cursor = fmt.Sprintf("%09d", from)
			if !yield(entry, nil) {
				return
			}
			if after != nil {
				yield(store.Entry{}, after)
				return
			}
		}
	}
}

func (m *fakeStore) Tally(_ context.Context, _, period string) (*tally.Tally, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Tally")
	if err := errors.Join(before, after); err != nil {
		return nil, 0, err
	}
	s := m.tallies[period]
	if s.revision == 0 {
		return nil, 0, nil
	}
	t, err := tally.Decode(s.data)
	return t, s.revision, err
}

func (m *fakeStore) SaveTally(_ context.Context, _, period string, t *tally.Tally, revision int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("SaveTally")
	if before != nil {
		return before
	}
	if m.tallies[period].revision != revision {
		return store.ErrStale
	}
	m.tallies[period] = stored{t.Encode(), revision + 1}
	m.saves++
	return after
}

func (m *fakeStore) Latest(context.Context, string) ([]*release.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Latest")
	if err := errors.Join(before, after); err != nil {
		return nil, err
	}
	var latest []*release.Release
	for _, period := range slices.Sorted(maps.Keys(m.releases)) {
		latest = append(latest, m.releases[period][len(m.releases[period])-1])
	}
	return latest, nil
}

func (m *fakeStore) Append(_ context.Context, r *release.Release, t *tally.Tally, revision int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Append")
	if before != nil {
		return before
	}
	if len(m.releases[r.Period]) != r.Number-1 || m.tallies[r.Period].revision != revision {
		return store.ErrStale
	}
	kept, err := release.Decode(r.Encode())
	if err != nil {
		return err
	}
	m.releases[r.Period] = append(m.releases[r.Period], kept)
	m.tallies[r.Period] = stored{t.Encode(), revision + 1}
	return after
}

func (m *fakeStore) Progress(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Progress")
	return m.progress[name], errors.Join(before, after)
}

func (m *fakeStore) SaveProgress(_ context.Context, name, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress[name] = value
	return nil
}

func (m *fakeStore) Page(_ context.Context, path string) (string, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Page")
	m.tagReads[path]++
	if m.onPage != nil {
		m.onPage(path)
	}
	return m.pages[path].tag, m.pages[path].revision, errors.Join(before, after)
}

func (m *fakeStore) Replace(_ context.Context, path, tag string, revision int, body []byte) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Replace")
	if before != nil {
		return "", before
	}
	if m.pages[path].tag != tag {
		return "", store.ErrStale
	}
	if revision < m.pages[path].revision {
		return "", fmt.Errorf("revision %d of %s replaced by %d", m.pages[path].revision, path, revision)
	}
	m.writes++
	tag = fmt.Sprintf("write %d", m.writes) // a new one each time, even for the same content
	m.pages[path] = fakePage{string(body), revision, tag}
	return tag, after
}

// plain renders only what a page depends on.
type plain struct{ note string }

func (p plain) HTML(w io.Writer, page results.Page) error {
	_, err := fmt.Fprintf(w, "page%s %s %s %s", p.note, page.Language, page.Root, about(page))
	if n := len(page.Actions.Measures); n > 0 {
		fmt.Fprintf(w, " %d measures", n)
		if results.DatedMeasures(page.Actions) {
			fmt.Fprintf(w, " on %s", page.Today)
		}
	}
	return err
}

func (p plain) JSON(w io.Writer, page results.Page) error {
	_, err := fmt.Fprintf(w, "json%s %s %s", p.note, page.Language, about(page))
	return err
}

func (p plain) CSV(w io.Writer, page results.Page) error {
	_, err := fmt.Fprintf(w, "csv%s %s %s", p.note, page.Language, about(page))
	return err
}

// about returns the figures that a page shows: those of all periods on the newest period's page, else those of its own period
// or group.
func about(page results.Page) string {
	if page.Period == "" && page.Whole() {
		return figures(page.Set.Report)
	}
	text := page.Path()
	for i := range page.Set.Report.Periods {
		p := &page.Set.Report.Periods[i]
		if p.Name == page.Period || page.Period == "" && i == len(page.Set.Report.Periods)-1 {
			if !page.Whole() { // which says nothing of releases: they are of everybody
				text += fmt.Sprintf(" %d", p.GroupSize(page.Segment, page.Option))
				continue
			}
			text += fmt.Sprintf(" r%d %d", p.Release, p.Respondents)
		}
	}
	return text
}

func figures(report *stats.Report) string {
	text := fmt.Sprintf("r%d", report.Revision)
	for _, p := range report.Periods {
		text += fmt.Sprintf(" %s:%d", p.Name, p.Respondents)
	}
	return text
}

// at returns a clock that stands at noon in Shanghai on a day in October 2026.
func at(day int) func() time.Time {
	return func() time.Time { return time.Date(2026, 10, day, 4, 0, 0, 0, time.UTC) }
}

// options returns those of a publisher over m.
func (m *fakeStore) options(r Renderer, now func() time.Time) Options {
	return Options{Collector: m, Log: m, Definitions: m, Tallies: m, Releases: m, Progress: m, Pages: m, Renderer: r, Now: now}
}

func (m *fakeStore) publisher(now func() time.Time) *Publisher {
	return New(m.options(plain{}, now))
}

func publish(t *testing.T, p *Publisher, s *survey.Survey) Outcome {
	t.Helper()
	out, err := p.Publish(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (m *fakeStore) wantPages(t *testing.T, figures string) {
	t.Helper()
	want := map[string]string{
		"sample/results/index.html":      "page zh ../../ " + figures,
		"sample/results/results.json":    "json zh " + figures,
		"sample/results/results.csv":     "csv zh " + figures,
		"sample/en/results/index.html":   "page en ../../../ " + figures,
		"sample/en/results/results.json": string(headers.Moved("results.json", "../../results/results.json", "en", "Sample")),
		"sample/en/results/results.csv":  "csv en " + figures,
	}
	got := map[string]string{}
	for path, page := range m.pages {
		if strings.HasSuffix(path, "/results/"+path[strings.LastIndex(path, "/")+1:]) { // of the newest period; other pages have tests of their own
			got[path] = page.body
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("pages are %v\nwant %v", got, want)
	}
}

func TestPublish(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	p := m.publisher(at(20))
	if out := publish(t, p, s); out.Replaced != 6 || out.Folded != 0 {
		t.Errorf("at first: %+v", out)
	}
	m.wantPages(t, "r0") // they exist before the first answer

	for n := range 9 { // five and four
		m.put(n, "2026-10")
	}
	// Two files each at two addresses, and one for both; three at each that lead there from October's; and a page of five members at two,
	// with what leads there.
	if out := publish(t, p, s); out.Folded != 9 || len(out.Released) != 1 || out.Replaced != 5+6+2+2 {
		t.Errorf("after nine: %+v", out)
	}
	m.wantPages(t, "r1 2026-10:5")
	if out := publish(t, p, s); out.Folded != 0 || len(out.Released) != 0 || out.Replaced != 0 {
		t.Errorf("nothing new: %+v", out)
	}

	m.put(9, "2026-10")
	m.yielded = 0
	if out := publish(t, p, s); out.Folded != 1 || m.yielded != 1 {
		t.Errorf("one more: %+v, read %d", out, m.yielded)
	}
	m.wantPages(t, "r2 2026-10:10")

	// Another month: the first one closes, and what is left of it is pooled.
	for n := 10; n < 17; n++ {
		m.put(n, "2026-10")
	}
	publish(t, p, s)
	m.wantPages(t, "r2 2026-10:10")
	next := m.publisher(func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, s.Location()) })
	publish(t, next, s)
	m.wantPages(t, "r3 2026-10:10") // still within grace; but a whole day more has been received
	if facts := lastRelease(m, "2026-10").Facts; facts.Received != 17 || facts.Through != "2026-11-01" {
		t.Errorf("facts: %+v", facts)
	}
	next = m.publisher(func() time.Time { return time.Date(2026, 11, 1, 0, 15, 0, 0, s.Location()) })
	publish(t, next, s)
	m.wantPages(t, "r4 2026-10:17")
	for n := range 20 {
		m.put(n, "2026-11")
	}
	publish(t, next, s)
	m.wantPages(t, "r5 2026-10:17 2026-11:20")
	if r := lastRelease(m, "2026-10"); r.Date != "2026-11-01" || partOf(r, s).Cohorts[release.Pool].Respondents != 7 {
		t.Errorf("the pool: %+v", r)
	}
}

// TestPeriodsAndGroups checks that every period and every group of at least k has its pages, and that pages of the past
// are left alone until one of their figures changes.
func TestPeriodsAndGroups(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	for n := range 24 { // twelve each
		m.put(n, "2026-09")
	}
	for n := range 9 { // five and four
		m.put(n, "2026-10")
	}
	p := m.publisher(at(20))
	publish(t, p, s)
	want := func(name, body string) {
		t.Helper()
		if got := m.pages[name].body; got != body {
			t.Errorf("%s is %q, want %q", name, got, body)
		}
	}
	want("sample/results/2026-09/index.html", "page zh ../../../ results/2026-09/ r1 24")
	want("sample/en/results/2026-09/index.html", "page en ../../../../ results/2026-09/ r1 24")
	want("sample/results/2026-09/results.json", "json zh results/2026-09/ r1 24")
	want("sample/results/2026-10/results.csv", string(headers.Moved("results.csv", "../results.csv", "zh", "样本")))
	want("sample/en/results/2026-10/index.html", string(headers.Moved("index.html", "../", "en", "Sample")))
	want("sample/results/2026-10/by/tier/yes/index.html", string(headers.Moved("index.html", "../../../../by/tier/yes/", "zh", "样本")))
	want("sample/results/by/tier/yes/index.html", "page zh ../../../../../ results/by/tier/yes/ 5")
	want("sample/en/results/2026-09/by/tier/no/index.html", "page en ../../../../../../../ results/2026-09/by/tier/no/ 12")
	for _, name := range []string{"sample/results/by/tier/no/index.html", "sample/results/2026-10/by/tier/no/index.html", "sample/zh/results/2026-09/index.html",
		"sample/results/by/tier/yes/results.json"} {
		if m.pages[name].body != "" {
			t.Errorf("there is %s", name)
		}
	}
	if n := len(m.pages); n != 6+2*(2*3+1+1+2) {
		t.Errorf("%d files", n)
	}

	before := maps.Clone(m.pages)
	m.put(9, "2026-10")
	publish(t, p, s)
	for name, page := range m.pages {
		past := strings.Contains(name, "2026-09")
		if past && page != before[name] {
			t.Errorf("%s was written again", name)
		}
		_, moved := headers.MovedTo([]byte(page.body))
		if same := moved && before[name].body != "" || strings.Contains(name, "/by/tier/yes/"); !past && (page == before[name]) != same {
			t.Errorf("%s: it is %t that it was written, want %t", name, page != before[name], !same)
		}
	}
	want("sample/results/by/tier/no/index.html", "page zh ../../../../../ results/by/tier/no/ 5")
	m.onPage = func(path string) {
		if !slices.Contains(newestPaths(s), path) {
			t.Errorf("the tag of %s is read, though nothing has changed", path)
		}
	}
	publish(t, p, s)

	// A publisher without memory writes the same.
	m.onPage = nil
	publish(t, m.publisher(at(20)), s)
	want("sample/results/2026-09/index.html", "page zh ../../../ results/2026-09/ r1 24")
}

// sidecars are the same for every survey.
type sidecars struct {
	actions *survey.Actions
	after   func() // called when they have been read; may be nil
}

func (m sidecars) Actions(context.Context, string) (survey.Actions, error) {
	actions := *m.actions
	if m.after != nil {
		m.after()
	}
	return actions, nil
}

// Actions implements store.Sidecars: there are none.
func (m *fakeStore) Actions(context.Context, string) (survey.Actions, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, after := m.call("Actions")
	return survey.Actions{}, errors.Join(before, after)
}

// reports counts the reports that files are made from.
type reports struct {
	plain
	seen map[*stats.Report]bool
}

func (r reports) HTML(w io.Writer, p results.Page) error {
	r.seen[p.Set.Report] = true
	return r.plain.HTML(w, p)
}

// TestCalls counts the calls of a run while nothing else writes: releases and sidecars are read once, the tag of each file
// at most once, and there is one report. Only a publisher that does not know the survey's files yet has to read their tags,
// and then the releases a second time. A tally is read when there is something to count, and once more after a release.
func TestCalls(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	newPublisher := func() (*Publisher, reports) {
		r := reports{seen: map[*stats.Report]bool{}}
		o := m.options(r, at(20))
		o.Sidecars = m
		return New(o), r
	}
	var p *Publisher
	var r reports
	answers, newest, moved := 0, 1+2*len(s.Languages), 3+1
	for _, step := range []struct {
		name                                          string
		fresh                                         bool // a publisher that has no memory
		answers                                       int
		tallies, logs, latest, tags, appended, report int
	}{
		{"no answers", true, 0, 0, 0, 1, newest + moved, 0, 1},
		{"nothing new", false, 0, 0, 0, 1, newest, 0, 0},
		{"too few answers", false, 4, 1, 1, 1, newest, 0, 0},
		{"a first release, whose files are new", false, 20, 1, 1, 1, newest, 1, 1},
		{"nothing new after a release", false, 0, 1, 0, 1, newest, 0, 0},
		{"nothing new at all", false, 0, 0, 0, 1, newest, 0, 0},
		{"a further release", false, 20, 1, 1, 1, newest, 1, 1},
		{"a publisher that knows no files", true, 0, 1, 0, 2, newest + moved + 6 + 2*2*2, 0, 1},
		{"nothing new again", false, 0, 0, 0, 1, newest, 0, 0},
		{"a release by a publisher that knows no files", true, 20, 1, 1, 2, newest + moved + 6 + 2*2*2, 1, 1},
	} {
		if step.fresh {
			p, r = newPublisher()
		}
		m.putMany(answers, answers+step.answers, "2026-10")
		answers += step.answers
		clear(m.calls)
		clear(m.tagReads)
		clear(r.seen)
		m.reads = 0
		publish(t, p, s)
		want := map[string]int{
			"Collect": 1, "Latest": step.latest, "Actions": step.latest, "Page": step.tags, "Append": step.appended, "Ends": 1,
			"Tally": step.tallies, "Progress": step.logs, "SaveTally": step.logs, // what is read is counted and saved
		}
		for call, n := range want {
			if m.calls[call] != n {
				t.Errorf("%s: %d calls of %s, want %d", step.name, m.calls[call], call, n)
			}
		}
		if m.reads != step.logs {
			t.Errorf("%s: %d logs were read, want %d", step.name, m.reads, step.logs)
		}
		for path, n := range m.tagReads {
			if n != 1 {
				t.Errorf("%s: the tag of %s was read %d times", step.name, path, n)
			}
		}
		if len(r.seen) != step.report {
			t.Errorf("%s: %d reports, want %d", step.name, len(r.seen), step.report)
		}
	}
}

// TestPeriodsWithNothingNew counts the reads of a survey with 40 periods: only what has changed is read.
func TestPeriodsWithNothingNew(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	var periods []string
	for i := range 40 {
		periods = append(periods, fmt.Sprintf("%d-%02d", 2023+i/12, 1+i%12))
		m.putMany(20*i, 20*i+20, periods[i])
	}
	day := 20
	p := m.publisher(func() time.Time { return at(day)() })
	for _, step := range []struct {
		name           string
		change         func() (named []string)
		tallies, reads int
	}{
		{"at first", func() []string { return nil }, 40, 40},
		{"after the releases", func() []string { return nil }, 40, 0},
		{"nothing new", func() []string { return nil }, 0, 0},
		{"answers of this month", func() []string { m.putMany(0, 3, "2026-10"); return []string{"2026-10"} }, 1, 1},
		{"still too few", func() []string { m.putMany(3, 4, "2026-10"); return []string{"2026-10"} }, 1, 1},
		{"nobody names the period", func() []string { m.putMany(4, 5, "2026-10"); return nil }, 1, 1},
		{"a late answer", func() []string { m.put(900, periods[7]); return nil }, 1, 1},
		{"after its release", func() []string { return nil }, 1, 0}, // a closed period says at once what it has received
		{"nothing again", func() []string { return nil }, 0, 0},
		{"an erasure", func() []string { return periods[5:6] }, 1, 0},
		{"another day", func() []string { day++; return nil }, 41, 0},
		{"another version", func() []string { s = parse(t, strings.Replace(sample, "Rated", "Mark", 1)); return nil }, 41, 0},
		{"nothing in the end", func() []string { return nil }, 0, 0},
	} {
		named := step.change()
		clear(m.calls)
		m.reads = 0
		if _, err := p.Publish(ctx, s, named...); err != nil {
			t.Fatal(err)
		}
		if m.calls["Tally"] != step.tallies || m.reads != step.reads || m.calls["Ends"] != 1 {
			t.Errorf("%s: %d tallies and %d logs were read, want %d and %d", step.name, m.calls["Tally"], m.reads, step.tallies, step.reads)
		}
	}
}

// TestMeasures checks that pages with unfinished measures are written every day, because what is overdue depends on the
// day, and that others are not.
func TestMeasures(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	for n := range 24 {
		m.put(n, "2026-10")
	}
	day := 20
	actions := survey.Actions{}
	o := m.options(plain{}, func() time.Time { return at(day)() })
	o.Sidecars = sidecars{actions: &actions}
	p := New(o)
	publish(t, p, s)
	m.wantPages(t, "r1 2026-10:24")
	replaced := func(day2, want int) {
		t.Helper()
		day = day2
		if out := publish(t, p, s); out.Replaced != want {
			t.Errorf("on day %d %d files were replaced, want %d", day, out.Replaced, want)
		}
	}
	replaced(21, 0)
	actions.Measures = []survey.Measure{{Problem: survey.Text{"en": "Slow"}, Due: "2026-10-22", Status: survey.Done}}
	replaced(21, 2) // of what is about everybody, here only index.html has them; pages of groups show none
	replaced(22, 0)
	actions.Measures[0].Status = survey.Doing
	replaced(22, 2)
	replaced(23, 2)
	replaced(23, 0)
	if got := m.pages["sample/results/index.html"].body; !strings.HasSuffix(got, "1 measures on 2026-10-23") {
		t.Errorf("it says %q", got)
	}
}

// TestPagesOfOwnReleases checks that pages made from the releases that a run has just appended are those made from the
// same releases read back.
func TestPagesOfOwnReleases(t *testing.T) {
	s := parse(t, `
title: {en: Sample, zh: 样本}
languages: [zh, en]
timezone: Asia/Shanghai
period: month
channels: [web, phone]
scoring: {overall: parts.speed}
scales:
  five:
    - {id: "5", label: {en: Good, zh: 好}, score: 5}
    - {id: "3", label: {en: Fair, zh: 中}, score: 3}
    - {id: "1", label: {en: Bad, zh: 差}, score: 1}
sections:
  - id: all
    title: {en: All, zh: 全部}
    questions:
      - {id: tier, type: yes_no, label: {en: Member, zh: 会员}, segment: true}
      - {id: uses, type: multi_choice, label: {en: Uses, zh: 用途}, options: [{id: a, label: {en: A, zh: 甲}}, {id: b, label: {en: B, zh: 乙}}]}
      - {id: parts, type: matrix, label: {en: Parts, zh: 方面}, scale: five, rows: [{id: price, label: {en: Price, zh: 价格}}, {id: speed, label: {en: Speed, zh: 速度}}]}
      - {id: visits, type: number, min: 0, max: 20, label: {en: Visits, zh: 次数}}
      - {id: likely, type: nps, label: {en: Likely, zh: 推荐}}
results: {min_group: 3, crosstabs: [{rows: likely, by: tier}]}
`)
	frame, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	m, random := newFakeStore(), rand.New(rand.NewPCG(1, 2))
	m.answer(s)
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	p := New(m.options(results.New(frame), at(20)))
	for round := range 6 {
		for i := range 20 + 30*round {
			period := pick("2026-09", "2026-10", "2026-10")
			r := answer.Response{ID: fmt.Sprint(round, i), Period: period, Channel: pick("web", "phone")}
			for _, a := range []answer.Answer{{"tier", pick("yes", "no")}, {"uses", "a", "b"}, {"parts.price", pick("5", "3", "1")}, {"parts.speed", pick("5", "3", "1")},
				{"visits", fmt.Sprint(random.IntN(20))}, {"likely", fmt.Sprint(random.IntN(11))}} {
				if random.IntN(5) > 0 {
					r.Answers = append(r.Answers, a)
				}
			}
			m.add(r)
		}
		if out := publish(t, p, s); len(out.Released) == 0 {
			t.Fatalf("round %d released nothing", round)
		}
		again := newFakeStore()
		o := again.options(results.New(frame), at(20))
		o.Releases = m
		publish(t, New(o), s)
		for path, page := range again.pages {
			if got := m.pages[path]; !got.equal(page) {
				t.Errorf("round %d: %s is another one when its releases are read back", round, path)
			}
		}
		if len(again.pages) != len(m.pages) {
			t.Errorf("round %d: %d pages, and %d from the releases read back", round, len(m.pages), len(again.pages))
		}
	}
}

func TestClosedWindow(t *testing.T) {
	s := parse(t, strings.Replace(sample, "period: month", "window: {from: 2026-10-01, until: 2026-10-20}", 1))
	for _, c := range []struct {
		day    int
		period string
		want   bool
	}{{1, "all", false}, {20, "all", false}, {21, "all", true}, {5, "2026-10", true}} {
		if got := Closed(s, c.period, at(c.day)()); got != c.want {
			t.Errorf("%s on day %d: closed %t", c.period, c.day, got)
		}
	}
	if Closed(s, "all", time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("closed before it has opened")
	}
}

// TestClosedPeriods: invitations may be to a period that has not begun, and answers come to it already.
func TestClosedPeriods(t *testing.T) {
	s := parse(t, sample) // by the month
	for period, want := range map[string]bool{
		"2026-09": true, "2026-10": false, "2026-11": false, "2027-01": false,
		"2025": true, "2026": true, "2026-Q3": true, "2026-Q4": true, "2027-Q1": false, "2027": false, "all": true, // of other questionnaires
	} {
		if got := Closed(s, period, at(20)()); got != want {
			t.Errorf("%s: closed %t", period, got)
		}
	}
}

// TestShapeChanges checks that each response counts by the questionnaire that was answered, and is folded once, however the
// questionnaire changes.
func TestShapeChanges(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.putMany(0, 30, "2026-10")
	p := m.publisher(at(20))
	publish(t, p, s)
	relabelled := m.answer(parse(t, strings.Replace(sample, "Rated", "Mark", 1)))
	if relabelled.Shape != s.Shape {
		t.Fatal("a label is part of the shape")
	}
	m.putMany(30, 40, "2026-10")
	if out := publish(t, p, relabelled); out.Folded != 10 {
		t.Errorf("a label was changed, ten came, and %d were folded", out.Folded)
	}
	more := "      - {id: more, type: yes_no, label: {en: More, zh: 更多}}\nresults:"
	reshaped := m.answer(parse(t, strings.Replace(sample, "results:", more, 1)))
	m.putMany(40, 60, "2026-10")
	if out := publish(t, p, reshaped); out.Folded != 20 {
		t.Errorf("a question was added, 20 came, and %d were folded", out.Folded)
	}
	r := lastRelease(m, "2026-10")
	if a, b := partOf(r, s).Respondents(), partOf(r, reshaped).Respondents(); a != 40 || b != 20 || len(r.Parts) != 2 {
		t.Errorf("the parts have %d and %d", a, b)
	}
	if out := publish(t, p, reshaped); out.Folded != 0 {
		t.Errorf("folded again: %d", out.Folded)
	}
	m.wantPages(t, "r3 2026-10:60")
}

func TestLongLogIsFoldedInChunks(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	for n := range 2*chunkSize + 1 {
		m.put(n, "2026-10")
	}
	if out := publish(t, m.publisher(at(20)), s); out.Folded != 2*chunkSize+1 || m.saves != 3 {
		t.Errorf("folded %d in %d chunks", out.Folded, m.saves)
	}
	m.wantPages(t, fmt.Sprintf("r1 2026-10:%d", 2*chunkSize+1))
}

// TestPagesFollowTheTemplate checks that pages are written again when the templates change, even if their figures are the
// same.
func TestPagesFollowTheTemplate(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	publish(t, m.publisher(at(20)), s)
	p := New(m.options(plain{"!"}, at(20)))
	if out := publish(t, p, s); out.Replaced != 6 || !strings.HasPrefix(m.pages["sample/results/index.html"].body, "page!") {
		t.Errorf("%+v %v", out, m.pages)
	}
	if out := publish(t, p, s); out.Replaced != 0 {
		t.Errorf("replaced %d by the same", out.Replaced)
	}
	// A file that another program has changed is replaced, and a newer one is left alone.
	page := m.pages["sample/results/index.html"]
	m.pages["sample/results/index.html"] = fakePage{"other", page.revision, "other"}
	m.pages["sample/en/results/index.html"] = fakePage{"newer", page.revision + 1, "newer"}
	publish(t, p, s)
	if got := m.pages["sample/results/index.html"].body; !strings.HasPrefix(got, "page!") {
		t.Errorf("left %q", got)
	}
	if got := m.pages["sample/en/results/index.html"].body; got != "newer" {
		t.Errorf("a newer page became %q", got)
	}
}

// TestFaults makes every call fail in turn, before it is applied and after, and some at random: afterwards one run without
// faults completes everything, and nothing is counted twice.
func TestFaults(t *testing.T) {
	s := parse(t, strings.Replace(sample, "Rated", "Mark", 1)) // another version than that which is answered
	run := func(t *testing.T, fault func(call string) (bool, bool)) (failed int) {
		m := newFakeStore()
		p := m.publisher(at(20))
		n := 0
		for range 6 {
			for range 7 {
				m.put(n, "2026-10")
				if n%3 == 0 {
					m.put(n, "2026-09")
				}
				n++
			}
			m.fault = fault
			if _, err := p.Publish(ctx, s); err != nil {
				if !errors.Is(err, errInjected) {
					t.Fatal(err)
				}
				failed++
			}
			m.fault = nil
		}
		out := publish(t, p, s)
		whole := func(period string, want int64) {
			counted, err := tally.Decode(m.tallies[period].data)
			if err != nil {
				t.Fatal(err)
			}
			all := lastRelease(m, period).Parts[s.Shape].Total()
			if p := counted.Parts[s.Shape]; p != nil {
				all.Add(tally.Total(p.Cohorts))
			}
			if counted.Received() != want || all.Respondents != want || all.Items["rated"].N != want {
				t.Errorf("%s: received %d, and %d wait or are in blocks, want %d", period, counted.Received(), all.Respondents, want)
			}
		}
		whole("2026-10", 42)
		whole("2026-09", 14)
		checkReleases(t, m)
		if got := lastRelease(m, "2026-10").Respondents(); got < 42-2*4 {
			t.Errorf("released %d of 42", got)
		}
		m.wantPages(t, figures(out.Report))
		if out := publish(t, p, s); out.Folded != 0 || out.Released != nil || out.Replaced != 0 {
			t.Errorf("left something to do: %+v", out)
		}
		return failed
	}
	skip := 8
	if testing.Short() {
		skip = 2
	}
	for _, call := range []string{"Collect", "Page", "Latest", "Ends", "Tally", "After", "Definition", "Progress", "SaveTally", "Append", "Replace"} {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s applied %t", call, applied), func(t *testing.T) {
				t.Parallel()
				for nth := 1; ; nth++ {
					calls := 0
					failed := run(t, func(name string) (bool, bool) {
						if name != call {
							return false, false
						}
						calls++
						return calls == nth, applied
					})
					if failed == 0 {
						if nth == 1 {
							t.Error("nothing has failed")
						}
						return // there are no more calls of it
					}
					nth += nth / skip // each of the first ones, then ever fewer
				}
			})
		}
	}
	t.Run("at random", func(t *testing.T) {
		for seed := range uint64(soak.Cases(100, 3000)) {
			r := rand.New(rand.NewPCG(seed, 1))
			run(t, func(string) (bool, bool) { return r.IntN(40) == 0, r.IntN(2) == 0 })
		}
	})
}

// lastRelease returns a period's last release; nil if there is none.
func lastRelease(m *fakeStore, period string) *release.Release {
	all := m.releases[period]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// partOf returns the part of those who answered a questionnaire.
func partOf(r *release.Release, s *survey.Survey) *release.Part {
	if r == nil || r.Parts[s.Shape] == nil {
		return &release.Part{}
	}
	return r.Parts[s.Shape]
}

// checkReleases checks what each release adds to the one before: blocks of five or more, all of whose members have answered.
// The stored tally fits the last one.
func checkReleases(t *testing.T, m *fakeStore) {
	t.Helper()
	for period, all := range m.releases {
		before := &release.Release{}
		for _, r := range all {
			for shape, p := range r.Parts {
				for key, c := range p.Cohorts {
					added := c.Clone()
					if was := before.Parts[shape]; was != nil {
						added.Sub(was.Cohorts[key])
					}
					if n := added.Respondents; n != 0 && n < 5 || added.Items["rated"].N != n {
						t.Errorf("%s, release %d: cohort %q moves by %d, with %d answers", period, r.Number, key, n, added.Items["rated"].N)
					}
				}
			}
			before = r
		}
		counted, err := tally.Decode(m.tallies[period].data)
		if err != nil || counted.Release != before.Number {
			t.Errorf("%s: the tally is that of release %d, and the last one is %d: %v", period, counted.Release, before.Number, err)
		}
	}
}

// TestSeveralAtOnce lets several publishers run over the same store while answers of two periods arrive. When all runs have
// ended, every page has the figures of the latest releases, whichever publisher wrote it.
func TestSeveralAtOnce(t *testing.T) {
	s := parse(t, sample)
	for range soak.Cases(20, 500) {
		m := newFakeStore()
		period := map[bool]string{true: "2026-09", false: "2026-10"}
		var group errgroup.Group
		group.Go(func() error {
			for n := range 400 {
				m.put(n, period[n%3 == 0])
				if n%8 == 0 {
					time.Sleep(10 * time.Microsecond)
				}
			}
			return nil
		})
		for range 3 {
			p := m.publisher(at(20))
			group.Go(func() error {
				for range 15 {
					if _, err := p.Publish(ctx, s); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		m.wantLatest(t, s)
		publish(t, m.publisher(at(20)), s)
		m.wantLatest(t, s)
		checkReleases(t, m)
		released := int64(0)
		for _, all := range m.releases {
			released += all[len(all)-1].Respondents()
		}
		if released < 400-2*2*4 || released > 400 { // up to 4 of each tier wait, in each period
			t.Errorf("released %d of 400", released)
		}
	}
}

// during runs do, once, in the middle of another run: right before the nth call of a name.
func (m *fakeStore) during(name string, nth int, do func()) {
	calls := 0
	m.fault = func(call string) (bool, bool) {
		if call == name {
			if calls++; calls == nth {
				m.mu.Unlock()
				do()
				m.mu.Lock()
			}
		}
		return false, false
	}
}

func (m *fakeStore) putMany(from, to int, period string) {
	for n := from; n < to; n++ {
		m.put(n, period)
	}
}

// TestTagsAreReadFirst interrupts a run: right before a publisher appends a release of its second period, another one releases the first,
// writes the newest files, and crashes. Both have then added one release, so the revision cannot tell their files apart: the
// tag must.
func TestTagsAreReadFirst(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	daily := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, release: daily", 1))
	m.putMany(0, 20, "2026-09")
	publish(t, m.publisher(at(19)), s)
	m.putMany(20, 40, "2026-10")
	publisher, other := m.publisher(at(20)), m.publisher(at(20))
	publish(t, publisher, s)
	m.putMany(40, 60, "2026-10")
	m.during("Append", 1, func() {
		m.putMany(60, 80, "2026-09")
		writes := 0
		m.fault = func(call string) (bool, bool) {
			if call == "Replace" {
				writes++
			}
			return writes > len(newestPaths(s)), false
		}
		out, err := other.Publish(ctx, daily)
		if !errors.Is(err, errInjected) || len(out.Released) != 1 || out.Released[0].Period != "2026-09" { // October has one of today
			t.Errorf("%+v, %v", out, err)
		}
		m.fault = nil
	})
	if out := publish(t, publisher, s); len(out.Released) != 1 {
		t.Errorf("%+v", out)
	}
	m.wantLatest(t, s)
	m.wantPages(t, "r4 2026-09:40 2026-10:40")
}

// TestTagsAreReadFirstAgain checks that tags are also read first the second time. Here another publisher writes the files with
// other sidecars right after this one has read them, which leaves the revision as it is.
func TestTagsAreReadFirstAgain(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.putMany(0, 20, "2026-09")
	actions := &survey.Actions{}
	o := m.options(plain{}, at(20))
	o.Sidecars = sidecars{actions: actions}
	other := New(o)
	publish(t, other, s)
	reads := 0
	o.Sidecars = sidecars{actions: actions, after: func() {
		if reads++; reads == 2 {
			actions.Measures = []survey.Measure{{Problem: survey.Text{"en": "Slow"}, Status: survey.Done}}
			publish(t, other, s)
		}
	}}
	publish(t, New(o), s) // does not know the files of September, so it reads their tags, and the sidecars again
	for _, path := range []string{"sample/results/index.html", "sample/en/results/index.html"} {
		if got := m.pages[path].body; !strings.HasSuffix(got, "1 measures") {
			t.Errorf("%s is %q", path, got)
		}
	}
}

// TestFilesOfAnotherAreHidden checks that when a survey is switched from public to staff, a publisher also replaces files
// that another one has written since its own last run.
func TestFilesOfAnotherAreHidden(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	staff := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 5, audience: staff", 1))
	publisher, other := m.publisher(at(20)), m.publisher(at(20))
	publish(t, publisher, s)
	m.putMany(0, 20, "2026-10")
	publish(t, other, s) // with files for October, and for groups
	before := maps.Clone(m.pages)
	publish(t, publisher, staff)
	for path, page := range before {
		if _, moved := headers.MovedTo([]byte(page.body)); m.pages[path].tag == page.tag && !moved {
			t.Errorf("%s is public still", path)
		}
	}
	if len(m.pages) != len(before) {
		t.Errorf("%d files, and %d when it was public", len(m.pages), len(before))
	}
}

// TestReleaseOfAnother checks that a publisher whose release number is taken shows the other publisher's release, although
// that one crashed before it could.
func TestReleaseOfAnother(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.putMany(0, 20, "2026-10")
	publisher, other := m.publisher(at(20)), m.publisher(at(20))
	publish(t, publisher, s)
	m.putMany(20, 40, "2026-10")
	m.during("Append", 1, func() {
		before := m.fault
		m.fault = func(call string) (bool, bool) { return call == "Replace", false }
		if _, err := other.Publish(ctx, s); !errors.Is(err, errInjected) {
			t.Error(err)
		}
		m.fault = before
	})
	if out := publish(t, publisher, s); len(out.Released) != 0 {
		t.Errorf("%+v", out)
	}
	m.fault = nil
	m.wantPages(t, "r2 2026-10:40")
	m.wantLatest(t, s)
}

// equal reports whether another page has the same content, and the same revision if that follows from releases.
func (p fakePage) equal(other fakePage) bool {
	_, moved := headers.MovedTo([]byte(other.body))
	return p.body == other.body && (moved || p.revision == other.revision)
}

// wantLatest compares the pages with those that a publisher makes from the latest releases. Pages of groups may be from earlier ones
// that had the same of the group.
func (m *fakeStore) wantLatest(t *testing.T, s *survey.Survey) {
	t.Helper()
	again := newFakeStore()
	o := again.options(plain{}, at(20))
	o.Releases = m
	publish(t, New(o), s)
	for path, want := range again.pages {
		got := m.pages[path]
		if strings.Contains(path, "/by/") && got.revision > 0 && got.revision < want.revision {
			want.revision = got.revision
		}
		if !got.equal(want) {
			t.Errorf("%s is %q, revision %d; want %q, revision %d", path, got.body, got.revision, want.body, want.revision)
		}
	}
}

func TestErrorsNameTheSurvey(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	m.fault = func(string) (bool, bool) { return true, false }
	_, err := m.publisher(at(20)).Publish(ctx, s)
	if !errors.Is(err, errInjected) || !strings.HasPrefix(err.Error(), "publish sample: ") {
		t.Errorf("got %v", err)
	}
}

type brokenRenderer struct{ plain }

func (brokenRenderer) HTML(w io.Writer, _ results.Page) error {
	_, _ = io.Copy(w, bytes.NewBufferString("half a page"))
	return errInjected
}

// TestHalfAPageIsNotWritten checks that the old page stays when rendering fails.
func TestHalfAPageIsNotWritten(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	publish(t, m.publisher(at(20)), s)
	for n := range 20 {
		m.put(n, "2026-10")
	}
	_, err := New(m.options(brokenRenderer{}, at(20))).Publish(ctx, s)
	if !errors.Is(err, errInjected) {
		t.Errorf("got %v", err)
	}
	m.wantPages(t, "r0")
	publish(t, m.publisher(at(20)), s)
	m.wantPages(t, "r1 2026-10:20")
}
