package publish_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/simulate"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// branches is a questionnaire in two languages whose respondents are divided into groups.
func branches(tb testing.TB, groups, items int) *survey.Survey {
	var b strings.Builder
	b.WriteString(`
title: {en: Branches, zh: 网点}
languages: [zh, en]
period: quarter
results: {min_group: 5}
scoring: {overall: whole}
sections:
  - id: who
    title: {en: You, zh: 您}
    questions:
      - id: branch
        type: single_choice
        display: dropdown
        segment: true
        required: true
        label: {en: Branch, zh: 网点}
        options:
`)
	for i := range groups {
		fmt.Fprintf(&b, "          - {id: b%02d, label: {en: Branch %d, zh: 第%d网点}}\n", i, i, i)
	}
	b.WriteString("  - id: rated\n    title: {en: Service, zh: 服务}\n    questions:\n")
	b.WriteString("      - {id: whole, type: rating, steps: 5, label: {en: Altogether, zh: 总体}}\n")
	for i := range items {
		fmt.Fprintf(&b, "      - {id: item%02d, type: rating, steps: 5, label: {en: How good is matter %d, zh: 第%d项怎么样}}\n", i, i, i)
	}
	b.WriteString("      - {id: nps, type: nps, label: {en: Recommend, zh: 推荐}}\n")
	b.WriteString("      - {id: uses, type: multi_choice, label: {en: What do you use, zh: 使用什么}, options: [{id: a, label: {en: Counter, zh: 柜台}}, {id: b, label: {en: Machine, zh: 机器}}, {id: c, label: {en: Telephone, zh: 电话}}]}\n")
	s, problems := questionnaire.Parse("branches.yaml", []byte(b.String()))
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return s
}

// countedPages counts the bytes of files that are written, and how often they are synced.
type countedPages struct {
	taggedPages
	files    []string
	bytes    int
	unsynced int // files
	syncs    int
}

func (c *countedPages) sync(context.Context) error {
	c.unsynced, c.syncs = 0, c.syncs+1
	return nil
}

func (c *countedPages) Replace(ctx context.Context, path, tag string, revision int, body []byte) (string, error) {
	newTag, err := c.taggedPages.Replace(ctx, path, tag, revision, body)
	if err == nil {
		c.files, c.bytes, c.unsynced = append(c.files, path), c.bytes+len(body), c.unsynced+1
	}
	return newTag, err
}

// take returns what has been written since the last call, in order of the paths.
func (c *countedPages) take() (files []string, bytes int) {
	slices.Sort(c.files)
	files, bytes = c.files, c.bytes
	c.files, c.bytes = nil, 0
	return files, bytes
}

// drawn counts the pages that are rendered.
type drawn struct {
	publish.Renderer
	pages *int
}

func (d drawn) HTML(w io.Writer, p results.Page) error {
	*d.pages++
	return d.Renderer.HTML(w, p)
}

// grouped is a survey with groups. Five people of each have answered, and that is published.
type grouped struct {
	tb        testing.TB
	survey    *survey.Survey
	store     *local.Store
	pages     *countedPages
	publisher *publish.Publisher
	made      *simulate.Simulator
	drawn     int // pages
	day       int
}

func newGrouped(tb testing.TB, groups, items int, pages taggedPages) *grouped {
	st, err := local.Open(filepath.Join(tb.TempDir(), "glasspoll.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	renderer, err := publishtest.Renderer()
	if err != nil {
		tb.Fatal(err)
	}
	g := &grouped{tb: tb, survey: branches(tb, groups, items), store: st, pages: &countedPages{taggedPages: pages}, day: 20}
	if err := st.PutDefinition(tb.Context(), g.survey); err != nil {
		tb.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, g.day, 12, 0, 0, 0, time.UTC) }
	g.publisher = publish.New(publish.Options{Collector: st, Log: st, Definitions: st, Tallies: st, Releases: st, Pages: g.pages, TagOf: pages.TagOf, SyncPages: g.pages.sync, Renderer: drawn{renderer, &g.drawn}, Now: now})
	g.made = simulate.New(g.survey, 1)
	var all []int
	for i := range groups {
		all = append(all, i)
	}
	g.answer(5, all...)
	g.publish()
	return g
}

// answer has so many people of each of some groups answer.
func (g *grouped) answer(n int, groups ...int) {
	var entries []store.Entry
	for _, group := range groups {
		for range n {
			r, err := g.made.Response("2026-Q4")
			if err != nil {
				g.tb.Fatal(err)
			}
			r.Answers = append([]answer.Answer{{"branch", fmt.Sprintf("b%02d", group)}}, r.Answers[1:]...)
			entries = append(entries, store.Entry{Arrived: time.Now(), Response: r})
		}
	}
	if _, err := g.store.Import(context.Background(), g.survey.ID, "2026-Q4", entries); err != nil {
		g.tb.Fatal(err)
	}
}

func (g *grouped) publish() {
	out, err := g.publisher.Publish(context.Background(), g.survey)
	if err != nil || len(out.Released) != 1 {
		g.tb.Fatal(out, err)
	}
}

// TestReleaseOfAGroup: a release with answers of one group writes the pages of that group and of everybody, also on another day,
// however many groups there are. All the other pages are what a publisher would write that has not run before.
func TestReleaseOfAGroup(t *testing.T) {
	t.Parallel()
	pages := publishtest.NewRecorder()
	g := newGrouped(t, 20, 2, pages)
	want := []string{"branches/en/results/by/branch/b07/index.html", "branches/en/results/index.html", "branches/en/results/results.csv",
		"branches/results/by/branch/b07/index.html", "branches/results/index.html", "branches/results/results.csv", "branches/results/results.json"}
	g.pages.take()
	for range 3 {
		g.answer(5, 7)
		g.pages.syncs, g.drawn = 0, 0
		g.publish()
		if files, _ := g.pages.take(); !slices.Equal(files, want) {
			t.Errorf("a release of one group writes %q", files)
		}
		if g.drawn != 4 || g.pages.syncs != 1 || g.pages.unsynced > 0 {
			t.Errorf("%d pages were drawn; files were synced %d times, and %d are not", g.drawn, g.pages.syncs, g.pages.unsynced)
		}
		g.day++
	}
	renderer, err := publishtest.Renderer()
	if err != nil {
		t.Fatal(err)
	}
	anew := publish.New(publish.Options{Collector: g.store, Log: g.store, Definitions: g.store, Tallies: g.store, Releases: g.store, Pages: g.pages, TagOf: pages.TagOf, Renderer: renderer,
		Now: func() time.Time { return time.Date(2026, 11, g.day-1, 13, 0, 0, 0, time.UTC) }})
	if out, err := anew.Publish(t.Context(), g.survey); err != nil || out.Replaced > 0 {
		files, _ := g.pages.take()
		t.Errorf("%q were out of date, %v", files, err)
	}
}

// TestBytesOfGroups: twice as many groups make at most a little more than twice as many bytes, and a release of one group writes seven
// files of whatever number.
func TestBytesOfGroups(t *testing.T) {
	t.Parallel()
	var before, beforeOne int
	for _, groups := range []int{10, 20, 40} {
		g := newGrouped(t, groups, 0, publishtest.NewRecorder())
		files, all := g.pages.take()
		g.answer(5, 7)
		g.publish()
		filesOfOne, one := g.pages.take()
		t.Logf("%d groups: %d files of %d bytes, %d a group; a release of one of them: %d files of %d bytes", groups, len(files), all, all/groups, len(filesOfOne), one)
		if before > 0 && (float64(all) > 2.05*float64(before) || float64(one) > 2.05*float64(beforeOne)) {
			t.Errorf("%d groups: %d bytes, and half as many %d; one of them: %d and %d", groups, all, before, one, beforeOne)
		}
		if len(filesOfOne) != 7 {
			t.Errorf("%d groups: a release of one writes %q", groups, filesOfOne)
		}
		before, beforeOne = all, one
	}
}

// BenchmarkGroups makes a release of one group of some, and of all, and says how many files and bytes that writes.
func BenchmarkGroups(b *testing.B) {
	for _, groups := range []int{20, 100} {
		_, pages := openStore(b, b.TempDir())
		g := newGrouped(b, groups, 16, pages)
		files, bytes := g.pages.take()
		b.Logf("%d groups: the first release wrote %d files, %.1f MB", groups, len(files), float64(bytes)/1e6)
		for name, n := range map[string]int{"one": 1, "all": groups} {
			b.Run(fmt.Sprintf("%d/%s", groups, name), func(b *testing.B) {
				g.pages.take()
				var answered []int
				for i := range n {
					answered = append(answered, i)
				}
				for b.Loop() {
					b.StopTimer()
					g.answer(5, answered...)
					b.StartTimer()
					g.publish()
				}
				files, bytes := g.pages.take()
				b.ReportMetric(float64(len(files))/float64(b.N), "files")
				b.ReportMetric(float64(bytes)/float64(b.N)/1e6, "MB")
			})
		}
	}
}
