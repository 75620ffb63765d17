package notify

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

func parse(t *testing.T, name, extra string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(name+".yaml", []byte(`title: {en: Tea, zh: 茶}
languages: [en, zh]
timezone: Asia/Shanghai
period: quarter
`+extra+`
sections:
  - questions:
      - {id: taste, type: number, label: {en: Taste, zh: 味道}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// announcing is a world in which everything is announced to one receiver.
type announcing struct {
	*world
	announcer *Announcer
	to        *recorder
	sources   Sources // nil: the store
}

func newAnnouncing(t *testing.T, s *survey.Survey, digest string) *announcing {
	to := &recorder{}
	wants := func(i news.Item) bool {
		return i.Kind != news.Digest && i.Kind != news.CaseOpened || i.Kind == news.Digest && i.Period == digest
	}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: wants, Sender: to})
	w.surveys = map[string]*survey.Survey{s.ID: s}
	a := &announcing{world: w, to: to}
	a.restart()
	return a
}

// restart forgets what the announcer has in memory.
func (a *announcing) restart() {
	var sources Sources = a.Memory
	if a.sources != nil {
		sources = a.sources
	}
	a.announcer = &Announcer{Sources: sources, Survey: a.survey, Wanted: Wanted(a.deliverer.Receivers), Now: func() time.Time { return a.now }}
}

// at moves the clock, announces twice, in two processes, and returns what is told.
func (a *announcing) at(now string) string {
	a.Helper()
	var err error
	if a.now, err = time.Parse(time.RFC3339, now); err != nil {
		a.Fatal(err)
	}
	for range 2 {
		a.restart()
		if err := a.announcer.Announce(a.Context(), []string{"tea", "gone"}); err != nil {
			a.Fatal(err)
		}
		a.deliver(news.NoSurvey)
	}
	texts := strings.Join(a.to.texts, "\n")
	a.to.take()
	return texts
}

func (a *announcing) wantAt(now, want string) {
	a.Helper()
	if got := a.at(now); got != want {
		a.Errorf("at %s: %q, want %q", now, got, want)
	}
}

func TestWindowsAreAnnounced(t *testing.T) {
	a := newAnnouncing(t, parse(t, "tea", "window: {from: 2026-12-01, until: 2026-12-10}"), "")
	a.wantAt("2026-11-30T15:59:00Z", "")
	a.wantAt("2026-11-30T16:00:00Z", "Glasspoll: a survey has opened\n'Tea' takes answers now")
	a.wantAt("2026-12-01T16:00:00Z", "")
	a.wantAt("2026-12-10T15:59:00Z", "")
	a.wantAt("2026-12-12T16:00:00Z", "Glasspoll: a survey has closed\n'Tea' takes no more answers") // after two days of which nobody knows
	a.wantAt("2027-01-12T16:00:00Z", "")
	late := newAnnouncing(t, parse(t, "tea", "window: {from: 2026-12-01, until: 2026-12-10}"), "")
	late.wantAt("2026-12-05T00:00:00Z", "") // long known
	late.wantAt("2026-12-20T00:00:00Z", "")
}

// released are sources with releases of one's own.
type released struct {
	Sources
	latest []*release.Release
}

func (r released) Latest(context.Context, string) ([]*release.Release, error) { return r.latest, nil }

func TestResultsAreAnnounced(t *testing.T) {
	for audience, want := range map[string]string{"public": "'Tea' 2026-Q4, 12 respondents", "management": "'Tea' 2026-Q4"} {
		a := newAnnouncing(t, parse(t, "tea", "results: {audience: "+audience+", min_group: 5}"), "")
		var latest *release.Release
		at := func(now, want string) {
			t.Helper()
			a.sources = released{a.Memory, []*release.Release{latest}}
			a.wantAt(now, want)
		}
		make := func(number int, date string) {
			latest = &release.Release{Survey: "tea", Period: "2026-Q4", Number: number, Date: date, Parts: map[string]*release.Part{"a": {Cohorts: map[string]*tally.Counters{"": {Respondents: 12}}}}}
		}
		make(1, "2026-11-30")
		at("2026-11-30T02:00:00Z", "Glasspoll: new results\nNew results: "+want)
		make(2, "2026-11-30")
		at("2026-11-30T03:00:00Z", "") // once a day
		make(3, "2026-12-01")
		at("2026-12-01T03:00:00Z", "Glasspoll: new results\nNew results: "+want)
		make(4, "2026-12-01")
		a.Memory = storetest.NewMemory() // of a deployment that names its first receiver
		a.deliverer.Ports = a.Memory
		at("2026-12-06T03:00:00Z", "")
	}
}

func TestDigests(t *testing.T) {
	a := newAnnouncing(t, parse(t, "tea", ""), news.Daily)
	for n, day := range []int{29, 30, 30} {
		c := &cases.Case{ID: string(rune('A' + n)), Survey: "tea", Type: "complaint", Severity: survey.Major, Timezone: "Asia/Shanghai", Opened: time.Date(2026, 11, day, 1, 0, 0, 0, time.UTC), Status: cases.Open}
		if _, err := a.OpenCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	phoned := &cases.Case{ID: "P", Survey: news.NoSurvey, Type: "complaint", Severity: survey.Major, Timezone: "Asia/Shanghai", Opened: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC), Status: cases.Open, Due: "2026-11-27"}
	if _, err := a.OpenCase(t.Context(), phoned); err != nil {
		t.Fatal(err)
	}
	a.wantAt("2026-11-30T23:59:00Z", "")
	a.wantAt("2026-12-01T00:00:00Z", "Glasspoll: digest\nWithout a survey: cases: 0 opened, 0 closed, 1 to be done, 1 of them overdue\n'Tea': takes answers, cases: 2 opened, 0 closed, 3 to be done, 0 of them overdue")
	phoned.Status, phoned.Closed = cases.Closed, time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	if err := a.SaveCase(t.Context(), phoned); err != nil {
		t.Fatal(err)
	}
	a.wantAt("2026-12-01T12:00:00Z", "")
	a.wantAt("2026-12-02T02:00:00Z", "Glasspoll: digest\n'Tea': takes answers, cases: 0 opened, 0 closed, 3 to be done, 0 of them overdue\nWithout a survey: cases: 0 opened, 1 closed, 0 to be done, 0 of them overdue")
	weekly := newAnnouncing(t, parse(t, "tea", ""), news.Weekly)
	weekly.wantAt("2026-11-29T05:00:00Z", "") // a Sunday
	weekly.wantAt("2026-11-30T00:00:00Z", "Glasspoll: digest\n'Tea': takes answers")
	weekly.wantAt("2026-12-01T00:00:00Z", "")
	closed := newAnnouncing(t, parse(t, "tea", "window: {until: 2026-11-10}"), news.Daily)
	closed.wantAt("2026-11-30T05:00:00Z", "") // there is nothing to say
}

// TestOnlyWhatIsWantedIsKept has no receiver for what happens.
func TestOnlyWhatIsWantedIsKept(t *testing.T) {
	a := newAnnouncing(t, parse(t, "tea", "window: {from: 2026-12-01}"), "")
	a.deliverer.Receivers[0].Wants = newsOf(news.CaseClosed)
	a.wantAt("2026-12-01T00:00:00Z", "")
	a.wantLeft(0)
	if slices.Contains(a.to.take(), "") {
		t.Error("an empty message")
	}
}
