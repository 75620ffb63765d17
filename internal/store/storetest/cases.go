package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Cases keeps cases and the outbox of their notifications.
type Cases interface {
	store.Cases
	store.Outbox
	store.Announcer
}

const alerting = `title: Service
languages: [en]
timezone: UTC
results: {min_group: 5}
sections:
  - questions:
      - {id: number, type: number, label: N}
alerts:
  - {when: number >= 0, open: complaint, owner: service_desk, due_days: 5}
`

func alertingSurvey(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(alerting))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// caseOf returns the case that response n opens.
func caseOf(t *testing.T, surveyName string, n int) *cases.Case {
	t.Helper()
	s := alertingSurvey(t)
	s.ID = surveyName
	r := response(n)
	r.Answers = []answer.Answer{{"number", fmt.Sprint(n)}}
	return cases.OpenedBy(s, r, time.Date(2026, 11, 22, 9, 0, n, 0, time.UTC))
}

// openCase opens a case, and checks whether it was created.
func openCase(t *testing.T, b Backend, c *cases.Case, notify, want bool) {
	t.Helper()
	if opened, err := b.Cases.OpenCase(ctx, c, opening(c, notify)...); err != nil || opened != want {
		t.Fatalf("OpenCase(%s) = %t, %v; want %t", c.ID, opened, err, want)
	}
}

// opening returns the news of an opened case, if they are wanted.
func opening(c *cases.Case, notify bool) []news.Item {
	if !notify {
		return nil
	}
	return []news.Item{news.OfOpened(c)}
}

// wantNews compares the ids of what is in the outbox of a survey.
func wantNews(t *testing.T, b Backend, survey string, want ...string) {
	t.Helper()
	all, err := b.Cases.News(ctx, survey)
	var got []string
	for _, i := range all {
		got = append(got, i.ID)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the outbox of %s has %v, %v; want %v", survey, got, err, want)
	}
}

// wantCases compares cases in any order with those that were read, which must be sorted by id.
func wantCases(t *testing.T, got []*cases.Case, err error, want ...*cases.Case) {
	t.Helper()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d cases, %v; want %d", len(got), err, len(want))
	}
	byID := map[string]*cases.Case{}
	for i, c := range got {
		if i > 0 && got[i-1].ID >= c.ID {
			t.Errorf("%s comes after %s", c.ID, got[i-1].ID)
		}
		byID[c.ID] = c
	}
	for _, c := range want {
		if !reflect.DeepEqual(byID[c.ID], c) {
			t.Errorf("case %s is %+v\nwant %+v", c.ID, byID[c.ID], c)
		}
	}
}

// storedCases opens, changes and delivers cases.
func storedCases(t *testing.T, b Backend) {
	if all, err := b.Cases.CasesOf(ctx, surveyID); len(all) != 0 || err != nil {
		t.Fatalf("cases of nothing: %v, %v", all, err)
	}
	if err := b.Definitions.PutDefinition(ctx, alertingSurvey(t)); err != nil {
		t.Fatal(err)
	}
	first, second, other := caseOf(t, surveyID, 1), caseOf(t, surveyID, 2), caseOf(t, "other", 1)
	if err := b.Cases.SaveCase(ctx, first); !errors.Is(err, store.ErrStale) {
		t.Errorf("saved what was not opened: %v", err)
	}
	openCase(t, b, first, true, true)
	openCase(t, b, second, false, true)
	openCase(t, b, other, true, true)
	again := caseOf(t, surveyID, 1)
	again.Owner = "another desk"
	openCase(t, b, again, true, false)

	changed, err := b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, changed, err, first, second)
	mine, err := cases.Find(changed, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Close(cases.Closing{Result: "solved: 解决了", Told: true, Agreed: cases.NotAsked}, time.Date(2026, 11, 23, 9, 0, 0, 1, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if err := b.Cases.SaveCase(ctx, mine, news.OfClosed(mine)); err != nil {
		t.Fatal(err)
	}
	if err := b.Cases.SaveCase(ctx, first, news.OfOverdue(first, first.Opened)); !errors.Is(err, store.ErrStale) {
		t.Errorf("an older case was saved over a newer one: %v", err)
	}
	mine.Owner = "again" // SaveCase has set the new revision
	if err := b.Cases.SaveCase(ctx, mine); err != nil {
		t.Errorf("it cannot be saved a second time: %v", err)
	}
	openCase(t, b, caseOf(t, surveyID, 1), true, false) // closed ones are not opened again
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	all, err := b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, all, err, mine, second)
	all, err = b.Cases.CasesOf(ctx, "other")
	wantCases(t, all, err, other)

	// The outbox.
	opened, closed := news.OfOpened(mine).ID, news.OfClosed(mine).ID
	wantNews(t, b, surveyID, opened, closed)
	for range 2 {
		if err := b.Cases.RemoveNews(ctx, surveyID, opened); err != nil {
			t.Fatal(err)
		}
	}
	wantNews(t, b, surveyID, closed)
	wantNews(t, b, "other", news.OfOpened(other).ID)
	all, err = b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, all, err, mine, second)
}

// casesOpenedAtOnce opens the same cases from many goroutines.
func casesOpenedAtOnce(t *testing.T, b Backend) {
	const n = 20
	var opened atomic.Int64
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			for i := range n {
				one := caseOf(t, surveyID, i)
				created, err := b.Cases.OpenCase(ctx, one, opening(one, i%2 == 0)...)
				if err != nil {
					return err
				}
				if created {
					opened.Add(1)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || opened.Load() != n {
		t.Fatalf("%d cases were opened %d times: %v", n, opened.Load(), err)
	}
	if pending, err := b.Cases.News(ctx, surveyID); err != nil || len(pending) != n/2 {
		t.Errorf("%d items are in the outbox: %v", len(pending), err)
	}
}

// caseChangedAtOnce changes one case from many goroutines: no change is lost.
func caseChangedAtOnce(t *testing.T, b Backend) {
	const changers, each = 8, 4
	openCase(t, b, caseOf(t, surveyID, 0), false, true)
	id := caseOf(t, surveyID, 0).ID
	var group errgroup.Group
	for range changers {
		group.Go(func() error {
			for done := 0; done < each; {
				switch err := assign(b, id); {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrStale):
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := b.Cases.CasesOf(ctx, surveyID)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := cases.Find(all, id); len(c.Changes) != 1+changers*each {
		t.Errorf("of %d changes %d are left", changers*each, len(c.Changes)-1)
	}
}

// assign reads a case, assigns it and saves it.
func assign(b Backend, id string) error {
	all, err := b.Cases.CasesOf(ctx, surveyID)
	if err != nil {
		return err
	}
	c, err := cases.Find(all, id)
	if err != nil {
		return err
	}
	if err := c.Assign("desk", "", time.Unix(0, 0)); err != nil {
		return err
	}
	return b.Cases.SaveCase(ctx, c)
}

// alertsOpenCases publishes while answers arrive, and erases one: each answer has its case, once.
func alertsOpenCases(t *testing.T, b Backend) {
	s := alertingSurvey(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	options := publisherOptions(b)
	options.Cases, options.Notify = b.Cases, true
	const n = 40
	var opened atomic.Int64
	period := s.PeriodAt(time.Now())
	for i := range n {
		r := response(i)
		r.Period = period
		put(t, b, r, true)
		if i%10 == 9 {
			var group errgroup.Group
			for range 2 {
				group.Go(func() error {
					out, err := publish.New(options).Publish(ctx, s)
					opened.Add(out.Opened)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := publish.New(options).Publish(ctx, s); err != nil || out.Opened != 0 || opened.Load() != n {
		t.Errorf("%d cases opened for %d answers, and then %d more: %v", opened.Load(), n, out.Opened, err)
	}
	all, err := b.Cases.CasesOf(ctx, s.ID)
	if err != nil || len(all) != n {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	found, err := b.Erasure.Find(ctx, response(7).ID)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	for _, c := range all {
		if c.Response == response(7).ID && !c.Opened.Equal(found[0].Arrived.Truncate(time.Second)) {
			t.Errorf("opened at %v, though the answer arrived at %v", c.Opened, found[0].Arrived)
		}
	}
	if _, err := b.Erasure.Erase(ctx, s.ID, response(7).ID, nil); err != nil {
		t.Fatal(err)
	}
	wantWithdrawn(t, b, response(7).ID, n)
	if out, err := publish.New(options).Publish(ctx, s); err != nil || out.Opened != 0 || out.Folded != 0 {
		t.Errorf("after the erasure %d were folded and %d cases opened, %v", out.Folded, out.Opened, err)
	}
	wantWithdrawn(t, b, response(7).ID, n)
}

// wantWithdrawn checks that there are n cases, one of them withdrawn, and that none names the erased response.
func wantWithdrawn(t *testing.T, b Backend, erased string, n int) {
	t.Helper()
	all, err := b.Cases.CasesOf(ctx, surveyID)
	if err != nil {
		t.Fatal(err)
	}
	withdrawn := 0
	for _, c := range all {
		if c.Response == erased {
			t.Error("a case still names the response that was erased")
		}
		if c.Withdrawn {
			withdrawn++
		}
	}
	if withdrawn != 1 || len(all) != n {
		t.Errorf("%d of %d cases are withdrawn, want 1", withdrawn, len(all))
	}
}
