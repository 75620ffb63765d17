package records

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/review"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

const edited = `title: Tea
languages: [en]
period: month
timezone: UTC
results: {min_group: 5}
scoring: {overall: taste}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: Taste}
      - {id: kind, type: single_choice, label: Kind, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: with, type: multi_choice, label: With, options: [{id: milk, label: Milk}, {id: sugar, label: Sugar}]}
`

// edition is a survey on one machine, which is edited while answers come in.
type edition struct {
	t     *testing.T
	store interface {
		store.Records
		store.Responses
		store.DefinitionWriter
	}
	publisher *publish.Publisher
	survey    *survey.Survey
	now       time.Time
	n         int
}

// newEdition returns one in memory.
func newEdition(t *testing.T) *edition {
	t.Helper()
	m := storetest.NewMemory()
	return newEditionIn(t, m, m)
}

// newLocalEdition returns one in a data file.
func newLocalEdition(t *testing.T) *edition {
	t.Helper()
	dir := t.TempDir()
	s, err := local.Open(filepath.Join(dir, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	pages, err := local.OpenPages(filepath.Join(dir, "pages"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pages.Close() })
	return newEditionIn(t, s, pages)
}

func newEditionIn(t *testing.T, s interface {
	store.Records
	store.Responses
	store.DefinitionWriter
}, pages store.Pages) *edition {
	t.Helper()
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	e := &edition{t: t, store: s, now: time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)}
	e.publisher = publish.New(publish.Options{Collector: s, Log: s, Definitions: s, Tallies: s, Releases: s, Pages: pages, Progress: s,
		Renderer: results.New(renderer), Now: func() time.Time { return e.now }})
	e.put(edited)
	return e
}

// put puts a questionnaire in force, and publishes.
func (e *edition) put(text string) {
	e.t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(text))
	if len(problems) > 0 {
		e.t.Fatal(problems)
	}
	if err := e.store.PutDefinition(e.t.Context(), s); err != nil {
		e.t.Fatal(err)
	}
	e.survey = s
	e.publish()
}

func (e *edition) publish() {
	e.t.Helper()
	e.now = e.now.AddDate(0, 0, 1)
	if _, err := e.publisher.Publish(e.t.Context(), e.survey, "2026-10"); err != nil {
		e.t.Fatal(err)
	}
}

// answer sends the same answers a number of times, and publishes.
func (e *edition) answer(times int, answers ...answer.Answer) {
	e.t.Helper()
	for range times {
		r := answer.Response{ID: id(e.n), Survey: "tea", Version: e.survey.Version, Period: "2026-10", Language: "en", Answers: answers}
		if _, err := e.store.Put(e.t.Context(), r); err != nil {
			e.t.Fatal(err)
		}
		e.n++
	}
	e.publish()
}

// close closes the period: everything is released that can be.
func (e *edition) close() {
	e.t.Helper()
	e.now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	e.publish()
}

// agree wants that verification agrees, and that the public page and the report say the same of each item and its earlier ones.
func (e *edition) agree() *stats.Period {
	e.t.Helper()
	v, err := verify.Period(e.t.Context(), e.store, e.survey, "2026-10")
	if err != nil {
		e.t.Fatal(err)
	}
	for _, f := range v.Findings {
		e.t.Errorf("%s: %s", f.Code, f)
	}
	if !v.Tally || !v.Figures {
		e.t.Errorf("not all was compared: %+v", v)
	}
	latest, err := e.store.Latest(e.t.Context(), "tea")
	if err != nil {
		e.t.Fatal(err)
	}
	public := stats.NewReport(e.survey, []*release.Release{latest[0].Public()})
	counted, err := Count(e.t.Context(), e.store, e.survey, Range{}, e.now)
	if err != nil {
		e.t.Fatal(err)
	}
	page, report := figures(&public.Periods[0]), figures(&counted.Report.Periods[0])
	if page != report {
		e.t.Errorf("the page says\n%s\nand the report\n%s", page, report)
	}
	return &public.Periods[0]
}

// figures describes the items of a period and their earlier ones.
func figures(p *stats.Period) string {
	var b strings.Builder
	var write func(indent string, i stats.Item)
	write = func(indent string, i stats.Item) {
		fmt.Fprintf(&b, "%s%s: %d", indent, i.Field.Name, i.N)
		for _, c := range i.Counts {
			fmt.Fprintf(&b, ", %s %d", c.Option.ID, c.N)
		}
		b.WriteString("\n")
		for _, earlier := range i.Earlier {
			write(indent+"  earlier ", earlier)
		}
	}
	for _, i := range p.Items {
		write("", i)
	}
	for _, i := range p.Removed {
		write("removed ", i)
	}
	fmt.Fprintf(&b, "index %v\n", p.Overall.Score)
	return b.String()
}

// TestEditsAreLawful: after an edit, the public page, the report and verification agree, and each figure is right.
func TestEditsAreLawful(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"an option is deleted": {", {id: c, label: C}", "",
			"kind: 60, a 24, b 36\n  earlier kind: 10, a 0, b 0, c 10\n"},
		"an option of a multi_choice is deleted": {", {id: sugar, label: Sugar}", "",
			"with: 60, milk 60\n  earlier with: 10, milk 0, sugar 10\n"},
		"a scale is shortened": {"id: taste, type: rating, steps: 5", "id: taste, type: rating, steps: 4",
			"taste: 60, 1 0, 2 0, 3 60, 4 0\n  earlier taste: 10, 1 0, 2 0, 3 0, 4 0, 5 10\n"},
		"a type is changed": {"id: with, type: multi_choice,", "id: with, type: single_choice,",
			"with: 60, milk 60, sugar 0\n  earlier with: 10, milk 0, sugar 10\n"},
		"a question is removed": {"      - {id: with, type: multi_choice, label: With, options: [{id: milk, label: Milk}, {id: sugar, label: Sugar}]}\n", "",
			"removed with: 10, milk 0, sugar 10\n"},
		"only a label is changed": {"label: Taste", "label: Flavour",
			"taste: 70, 1 0, 2 0, 3 60, 4 0, 5 10\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEdition(t)
			e.answer(10, answer.Answer{"taste", "5"}, answer.Answer{"kind", "c"}, answer.Answer{"with", "sugar"})
			e.agree()
			if !strings.Contains(edited, c.old) {
				t.Fatal(c.old)
			}
			e.put(strings.Replace(edited, c.old, c.new, 1))
			more := []answer.Answer{{"taste", "3"}, {"kind", "b"}}
			if strings.Contains(c.want, "\nremoved") || !strings.Contains(c.want, "removed") {
				more = append(more, answer.Answer{"with", "milk"})
			}
			e.answer(36, more...)
			more = append([]answer.Answer{{"taste", "3"}, {"kind", "a"}}, more[2:]...)
			e.answer(24, more...)
			e.close()
			if got := figures(e.agree()); !strings.Contains(got, c.want) {
				t.Errorf("figures are\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestWithdrawnAndEdited: what is out stays after an erasure, and verification agrees though one member of a block is gone.
func TestWithdrawnAndEdited(t *testing.T) {
	e := newEdition(t)
	e.answer(6, answer.Answer{"taste", "5"})
	e.answer(3, answer.Answer{"taste", "1"})
	for _, n := range []int{2, 7} { // in a block, and waiting
		if erased, err := e.store.Erase(t.Context(), "tea", id(n), nil); err != nil || !erased {
			t.Fatal(erased, err)
		}
	}
	e.answer(3, answer.Answer{"taste", "1"})
	v, err := verify.Period(t.Context(), e.store, e.survey, "2026-10")
	if err != nil || !v.Agree || v.Figures || v.Withdrawn != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	latest, err := e.store.Latest(t.Context(), "tea")
	if err != nil || latest[0].Respondents() != 11 {
		t.Errorf("%d are released, %v", latest[0].Respondents(), err)
	}
}

// TestCountDeleted: the report has respondents whose responses were deleted after a retention time.
func TestCountDeleted(t *testing.T) {
	e := newLocalEdition(t)
	e.answer(6, answer.Answer{"taste", "5"}, answer.Answer{"kind", "a"})
	e.answer(2, answer.Answer{"taste", "1"}, answer.Answer{"kind", "a"})
	for name, deleted := range map[string]map[string]bool{"released": {id(0): true, id(1): true}, "waiting": {id(7): true}} {
		counted, err := Count(t.Context(), retained{e.store.(*local.Store), deleted}, e.survey, Range{}, e.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := figures(&counted.Report.Periods[0]); !strings.Contains(got, "taste: 8, 1 2, 2 0, 3 0, 4 0, 5 6\nkind: 8, a 8,") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// retained has deleted responses.
type retained struct {
	*local.Store
	deleted map[string]bool
}

func (r retained) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range r.Store.After(ctx, survey, period, cursor) {
			if r.deleted[e.Response.ID] {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// TestAnnul: blocks that are taken out leave the page and every later figure, once.
func TestAnnul(t *testing.T) {
	e := newEdition(t)
	e.answer(6, answer.Answer{"taste", "5"})
	e.answer(7, answer.Answer{"taste", "1"})
	e.answer(2, answer.Answer{"taste", "2"})
	made, err := Annul(t.Context(), e.store, e.survey, "2026-10", Blocks{Release: 1}, "sent by a script", e.now)
	if err != nil || len(made) != 1 || made[0].Respondents() != 7 {
		t.Fatal(made, err)
	}
	if _, err := Annul(t.Context(), e.store, e.survey, "2026-10", Blocks{Release: 1}, "again", e.now); err == nil || errors.Is(err, store.ErrStale) {
		t.Errorf("annulled twice: %v", err)
	}
	e.answer(3, answer.Answer{"taste", "2"})
	v, err := verify.Period(t.Context(), e.store, e.survey, "2026-10")
	if err != nil || !v.Agree || !v.Tally {
		t.Errorf("%+v, %v", v, err)
	}
	latest, err := e.store.Latest(t.Context(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	p := stats.NewReport(e.survey, []*release.Release{latest[0].Public()}).Periods[0]
	if got := figures(&p); !strings.Contains(got, "taste: 12, 1 7, 2 5, 3 0, 4 0, 5 0\n") || p.Annulled != 6 {
		t.Errorf("%d annulled: %s", p.Annulled, got)
	}
}

// interrupted is a store in which something happens after a tally has been read and before the decisions are.
type interrupted struct {
	store.Records
	meanwhile func()
}

func (i *interrupted) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	if do := i.meanwhile; do != nil {
		i.meanwhile = nil
		do()
	}
	return i.Records.Decisions(ctx, survey, period)
}

// Corrections and decisions made at the same time do not hinder each other, though each reads the tally and the decisions one after
// the other.
func TestCorrectedMeanwhile(t *testing.T) {
	e := newEdition(t)
	e.answer(6, answer.Answer{"taste", "3"})
	correct := func(r store.Records, n int, taste string) {
		t.Helper()
		a := Amendment{Set: map[string][]string{"taste": {taste}}, Reason: "misread", By: "desk", At: e.now}
		if done, err := Correct(t.Context(), r, e.survey, id(n), a, true); err != nil || done.Number == 0 {
			t.Fatalf("Correct = %+v, %v", done, err)
		}
	}
	correct(&interrupted{e.store, func() { correct(e.store, 1, "4") }}, 0, "5")
	done, err := Decide(t.Context(), &interrupted{e.store, func() { correct(e.store, 3, "2") }}, e.survey, "2026-10", Verdict{Reject: true, At: e.now},
		func(r Reviewed) bool { return r.Response.ID == id(2) })
	if err != nil || len(done.Refused)+len(done.Changed) != 1 {
		t.Fatalf("Decide = %+v, %v", done, err)
	}
	v, err := verify.Period(t.Context(), e.store, e.survey, "2026-10")
	if err != nil || len(v.Findings) > 0 || !v.Tally {
		t.Errorf("verification finds %v, %v", v.Findings, err)
	}
}
