package publish_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
)

// The ways in which answers could once be worked out from what was published, each as a test of its kind: on the files that the
// publisher writes.

// scene is a survey whose answers arrive and are published.
type scene struct {
	t      *testing.T
	back   *storetest.Memory
	pages  *publishtest.Recorder
	bodies map[string]string // by path
	survey *survey.Survey
	now    time.Time
	ids    int
	all    []string // every file that was written, in order
}

const head = `
title: Scene
languages: [en]
timezone: UTC
period: month
`

func newScene(t *testing.T, yaml string) *scene {
	s := &scene{t: t, back: storetest.NewMemory(), pages: publishtest.NewRecorder(), bodies: map[string]string{},
		now: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)}
	s.edit(yaml)
	return s
}

// edit puts another version of the questionnaire in force.
func (s *scene) edit(yaml string) {
	s.t.Helper()
	compiled, problems := questionnaire.Parse("scene.yaml", []byte(head+yaml))
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	if err := s.back.PutDefinition(context.Background(), compiled); err != nil {
		s.t.Fatal(err)
	}
	s.survey = compiled
}

// answer stores a response, whose answers are written as "field=value", and returns its id. It must be one that the questionnaire
// takes.
func (s *scene) answer(answers ...string) (id string) {
	s.t.Helper()
	values, channel := map[string][]string{}, ""
	for _, a := range answers {
		field, value, _ := strings.Cut(a, "=")
		if field == "channel" {
			channel = value
		} else {
			values[field] = []string{value}
		}
	}
	s.ids++
	r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", s.ids), Survey: s.survey.ID, Version: s.survey.Version, Period: s.survey.PeriodAt(s.now), Language: "en", Channel: channel}
	checked, lawful := publishtest.With(s.survey, r, values)
	if !lawful || !maps.EqualFunc(publishtest.ValuesOf(checked), values, slices.Equal) {
		s.t.Fatalf("%v is refused", answers)
	}
	arrived := s.now.Add(time.Duration(s.ids) * time.Millisecond)
	if n, err := s.back.Import(context.Background(), r.Survey, r.Period, []store.Entry{{Arrived: arrived, Response: checked}}); n != 1 || err != nil {
		s.t.Fatal(n, err)
	}
	return r.ID
}

func (s *scene) withdraw(id string) {
	s.t.Helper()
	if gone, err := s.back.Erase(context.Background(), s.survey.ID, id, nil); !gone || err != nil {
		s.t.Fatal(gone, err)
	}
}

// run publishes, and returns how many files have changed.
func (s *scene) run() int {
	s.t.Helper()
	p := publish.New(publish.Options{Collector: s.back, Log: s.back, Definitions: s.back, Tallies: s.back, Releases: s.back, Progress: s.back, Reviews: s.back, Pages: s.pages,
		Renderer: must(publishtest.Renderer()), Now: func() time.Time { return s.now }})
	if _, err := p.Publish(context.Background(), s.survey, s.survey.PeriodAt(s.now)); err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, w := range s.pages.Take() {
		if s.bodies[w.Path] == string(w.Body) {
			continue // a publisher that has not run before writes what is there
		}
		n++
		s.bodies[w.Path] = string(w.Body)
		s.all = append(s.all, fmt.Sprintf("%s of revision %d\n%s", w.Path, w.Revision, w.Body))
	}
	return n
}

// close publishes after the end of the month.
func (s *scene) close() {
	s.now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	s.run()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// page returns the text of the newest results page, without its marks.
func (s *scene) page() string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s.bodies["scene/results/index.html"], " ")
	return strings.Join(strings.Fields(text), " ")
}

// figure returns a figure of the newest results.csv, by question, row or option, and name: its number, and its share if it has one.
func (s *scene) figure(field, option, name string) string {
	s.t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix([]byte(s.bodies["scene/results/results.csv"]), []byte("\ufeff")))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		if row[3] == field && row[4]+row[5] == option && row[7] == name {
			return strings.TrimRight(strings.Join(row[8:11], " "), " ")
		}
	}
	return ""
}

func (s *scene) want(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %s is %q, want %q", s.survey.Version, what, got, want)
	}
}

// same checks that two scenes have told the same, byte by byte.
func same(t *testing.T, what string, a, b *scene) {
	t.Helper()
	if len(a.all) == 0 {
		t.Fatal("nothing was published")
	}
	if !slices.Equal(a.all, b.all) {
		for i := range min(len(a.all), len(b.all)) {
			if a.all[i] != b.all[i] {
				path, _, _ := strings.Cut(a.all[i], "\n")
				t.Fatalf("%s is told by %s", what, path)
			}
		}
		t.Fatalf("%s is told by %d files and %d", what, len(a.all), len(b.all))
	}
}

// A1: a correlation is made of blocks that are out: not of one who waits when they come out, nor of one who comes later.
func TestWhoWaitsIsInNoCorrelation(t *testing.T) {
	play := func(first, last string) *scene {
		s := newScene(t, `
scoring: {overall: all}
sections:
  - questions:
    - {id: tier, type: yes_no, segment: true, label: Tier}
    - {id: all, type: rating, steps: 5, label: All}
    - {id: food, type: rating, steps: 5, label: Food}
    - {id: room, type: rating, steps: 5, label: Room}
results: {min_group: 5}
`)
		s.answer("tier=yes", "all="+first, "food=1", "room="+first)
		for i := range 30 { // food is like all, but 3 of every third
			food := 1 + i%5
			if i%3 == 0 {
				food = 3
			}
			s.answer("tier=no", fmt.Sprintf("all=%d", 1+i%5), fmt.Sprintf("food=%d", food), fmt.Sprintf("room=%d", 6-food))
		}
		s.run()
		before := len(s.all)
		s.answer("tier=yes", "all="+last, "food=1", "room="+last)
		s.run()
		if len(s.all) != before {
			t.Errorf("one who waits has changed %s", s.all[before])
		}
		return s
	}
	s := play("5", "5")
	// Σ(x−3)(y−3) = 40, Σ(x−3)² = 60 and Σ(y−3)² = 40: r = 40 / √2400 = 0.816.
	if got := regexp.MustCompile(`"importance": .*`).FindAllString(s.bodies["scene/results/results.json"], -1); !slices.Equal(got, []string{`"importance": 0.82,`, `"importance": -0.82,`}) {
		t.Errorf("the correlations are %s, want 0.82 and -0.82", got)
	}
	same(t, "the answer of one who waits", s, play("1", "1"))
}

// A2: the options of a ranking are released together, those that few have ranked too.
func TestRankingIsReleasedWhole(t *testing.T) {
	s := newScene(t, `
sections:
  - questions:
    - {id: best, type: ranking, max: 2, label: Best, options: [{id: x, label: X}, {id: y, label: Why}, {id: z, label: Z}]}
results: {min_group: 5}
`)
	for range 5 {
		s.answer("best.x=1", "best.y=2")
	}
	for range 4 {
		s.answer("best.y=1", "best.x=2")
	}
	s.answer("best.z=1", "best.y=2")
	s.run()
	s.want("x's mean rank", s.figure("best", "x", "mean"), "9  1.4444")
	s.want("y's mean rank", s.figure("best", "y", "mean"), "10  1.6")
	s.want("z, which one has ranked", s.figure("best", "z", "mean"), "1  1")
	for _, says := range []string{"10 of 10 answered", "X 50.0% 1.44", "Why 40.0% 1.60", "Z 10.0% 1.00"} {
		if !strings.Contains(s.page(), says) {
			t.Errorf("the page does not say %q: %s", says, s.page())
		}
	}
}

// A3: what is out stays when somebody withdraws, and so no difference of two releases shows a row.
func TestWithdrawalShowsNoRow(t *testing.T) {
	play := func(withdraws int) *scene {
		s := newScene(t, `
sections:
  - questions:
    - {id: food, type: rating, steps: 5, label: Food}
    - {id: price, type: yes_no, label: Price}
results: {min_group: 5}
`)
		var ids []string
		for i := range 5 {
			ids = append(ids, s.answer(fmt.Sprintf("food=%d", 1+i), "price="+[]string{"yes", "no"}[i%2]))
		}
		s.run()
		s.want("after five, a food of 3", s.figure("food", "3", "count"), "1 0.2")
		s.withdraw(ids[withdraws])
		if n := s.run(); n > 0 {
			t.Errorf("one withdrawal has changed %d files", n)
		}
		for range 6 {
			s.answer("food=5", "price=yes")
		}
		s.run()
		s.want("after eleven, a food of 3", s.figure("food", "3", "count"), "1 0.0909")
		s.want("a food of 5", s.figure("food", "5", "count"), "7 0.6364")
		s.want("yes", s.figure("price", "yes", "count"), "9 0.8182")
		s.want("respondents", s.figure("", "", "respondents"), "11")
		s.want("withdrawn", s.figure("", "", "withdrawn"), "")
		for _, id := range slices.Concat(ids[:withdraws], ids[withdraws+1:]) {
			s.withdraw(id)
		}
		if n := s.run(); n > 0 {
			t.Errorf("five withdrawals have changed %d files within the day", n)
		}
		s.now = s.now.Add(24 * time.Hour)
		s.run()
		if !strings.Contains(s.bodies["scene/results/results.json"], `"withdrawn": 5,`) {
			t.Error("results.json does not say that five have withdrawn")
		}
		s.want("a food of 3, still", s.figure("food", "3", "count"), "1 0.0909")
		s.close()
		return s
	}
	first := play(0)
	for i := range 5 {
		same(t, "who has withdrawn", first, play(i))
	}
}

// A4: a sensitive question is published once, coded, and never at a moment that answers choose.
func TestSensitiveAnswersChooseNoMoment(t *testing.T) {
	play := func(answers string) *scene {
		s := newScene(t, `
sections:
  - questions:
    - {id: union, type: yes_no, sensitive: true, label: Union}
results: {min_group: 5}
`)
		for i, a := range answers {
			s.answer("union=" + map[rune]string{'y': "yes", 'n': "no"}[a])
			s.run()
			for _, option := range []string{"yes", "no"} {
				if got := s.figure("union", option, "count"); i >= 4 && got != "" && got != "0" {
					t.Fatalf("after %d answers %s is %q", i+1, option, got)
				}
			}
		}
		s.close()
		return s
	}
	few := play("yyyyyyyn")
	same(t, "who said no", few, play("nyyyyyyy"))
	same(t, "that anybody said no", few, play("yyyyyyyy"))
	many := play("yyyyyyyn" + "yyyyyyyyyyyyyyyy") // 23 and 1
	many.want("yes", many.figure("union", "yes", "count"), "20 1")
	many.want("no", many.figure("union", "no", "count"), "0 0")
	same(t, "that one said no", many, play("yyyyyyyyyyyyyyyyyyyyyyyy"))
	same(t, "that nobody said no", many, play("yyyyyyyyyyyynnyyyyyyyyyy"))
}

// A5: how many answered a follow-up tells nothing of a question that is not published, nor of a few whom facts have asked.
func TestFollowUpTellsNothing(t *testing.T) {
	t.Run("of what is sensitive and unpublished", func(t *testing.T) {
		play := func(harassed int, flags string) *scene {
			s := newScene(t, `
sections:
  - questions:
    - {id: food, type: rating, steps: 5, label: Food}
    - {id: harassed, type: yes_no, `+flags+`, label: Harassed}
    - {id: where, type: single_choice, show_if: harassed, label: Where, options: [{id: shop, label: Shop}, {id: office, label: Office}]}
results: {min_group: 5}
`)
			for i := range 10 {
				if i < harassed {
					s.answer("food=3", "harassed=yes", "where=shop")
				} else {
					s.answer("food=3", "harassed=no")
				}
			}
			s.run()
			s.close()
			s.want("food", s.figure("food", "3", "count"), "10 1")
			if got := s.figure("where", "", "answered"); got != "" && got != "0" {
				t.Errorf("answered where: %q", got)
			}
			return s
		}
		for _, flags := range []string{"sensitive: true, publish: false", "publish: false", "private: true", "sensitive: true"} {
			same(t, "how many were asked where, of "+flags, play(5, flags), play(0, flags))
		}
	})
	t.Run("of whom facts have asked", func(t *testing.T) {
		s := newScene(t, `
sections:
  - questions:
    - {id: role, type: hidden, label: Role, options: [{id: nurse, label: Nurse}, {id: cook, label: Cook}]}
    - {id: union, type: yes_no, label: Union}
    - {id: hours, type: yes_no, label: Hours, show_if: 'role == "nurse" or union'}
results: {min_group: 5}
`)
		for range 9 {
			s.answer("role=nurse", "union=no", "hours=yes")
		}
		s.answer("role=cook", "union=yes", "hours=no")
		s.run()
		s.want("union", s.figure("union", "yes", "count"), "1 0.1")
		s.want("hours, while one cook may have been asked", s.figure("hours", "", "answered"), "0")
		for range 3 {
			s.answer("role=cook", "union=no")
		}
		s.answer("role=cook", "union=yes", "hours=yes")
		s.run()
		s.want("hours, while four wait", s.figure("hours", "", "answered"), "0")
		s.answer("role=nurse", "union=no", "hours=yes")
		s.run()
		s.want("hours, of 10 nurses and 5 cooks", s.figure("hours", "", "answered"), "12")
	})
}

// A6: no sum, extreme or median of numbers is published, so no value dominates it.
func TestNoNumberDominates(t *testing.T) {
	play := func(numbers ...string) *scene {
		s := newScene(t, `
sections:
  - questions:
    - {id: visits, type: number, label: Visits}
results: {min_group: 5}
`)
		for _, n := range numbers {
			s.answer("visits=" + n)
		}
		s.run()
		return s
	}
	s := play("12", "8", "15", "20", "5000")
	for band, count := range map[string]string{"5": "1 0.2", "10": "2 0.4", "20": "1 0.2", "5000": "1 0.2"} {
		s.want("the band from "+band, s.figure("visits", band, "histogram"), count)
	}
	same(t, "the largest number", s, play("12", "8", "15", "20", "9999"))
	same(t, "each number", s, play("9.5", "19", "10", "49", "7000"))
}

// A7: protection takes effect at once.
func TestProtectionActsAtOnce(t *testing.T) {
	const yaml = `
sections:
  - questions:
    - {id: food, type: rating, steps: 5, label: Food}
    - {id: price, type: yes_no, label: Price}
results: {min_group: 5}
`
	for _, flag := range []string{"publish: false", "private: true"} {
		t.Run(flag, func(t *testing.T) {
			s := newScene(t, yaml)
			for range 6 {
				s.answer("food=3", "price=yes")
			}
			s.run()
			s.want("price", s.figure("price", "yes", "count"), "6 1")
			s.edit(strings.Replace(yaml, "type: yes_no", "type: yes_no, "+flag, 1))
			if s.run() == 0 {
				t.Fatal("no file was written")
			}
			check := func() {
				t.Helper()
				for path, body := range s.bodies {
					if strings.Contains(path, "/results/") && strings.Contains(body, "price") {
						t.Errorf("%s still speaks of price", path)
					}
				}
				s.want("price", s.figure("price", "yes", "count"), "")
				if strings.Contains(s.page(), "Price") {
					t.Error("the page still speaks of Price")
				}
			}
			check()
			// What was answered under it stays hidden when it is public again.
			for range 5 {
				s.answer("food=4", "price=no")
			}
			s.run()
			check()
			s.edit(yaml)
			s.run()
			s.want("price, public again", s.figure("price", "yes", "count"), "6 1")
			s.want("price=no, answered while it was not", s.figure("price", "no", "count"), "0 0")
			s.want("food", s.figure("food", "4", "count"), "5 0.4545")
		})
	}
	t.Run("min_group", func(t *testing.T) {
		s := newScene(t, strings.Replace(yaml, "min_group: 5", "min_group: 1", 1))
		s.answer("food=3", "price=yes")
		s.run()
		s.want("respondents", s.figure("", "", "respondents"), "1")
		s.edit(yaml)
		s.run()
		for n := range 4 {
			s.answer("food=1", "price=no")
			s.run()
			s.want(fmt.Sprintf("respondents, while %d wait", n+1), s.figure("", "", "respondents"), "")
			if strings.Contains(strings.Join(slices.Collect(maps.Values(s.bodies)), ""), fmt.Sprintf("%d of %d answered", n+2, n+2)) {
				t.Errorf("%d are published one by one", n+2)
			}
		}
		s.answer("food=1", "price=no")
		s.run()
		s.want("respondents", s.figure("", "", "respondents"), "6")
	})
}
