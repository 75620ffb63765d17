package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Cases keeps cases and the outbox of their notifications.
type Cases interface {
	store.Cases
	store.Outbox
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

// caseOf makes the case that response n opens.
func caseOf(t *testing.T, surveyName string, n int) *cases.Case {
	t.Helper()
	s := alertingSurvey(t)
	s.ID = surveyName
	r := response(n)
	r.Answers = []answer.Answer{{"number", fmt.Sprint(n)}}
	return cases.OpenedBy(s, r, time.Date(2026, 11, 22, 9, 0, n, 0, time.UTC))[0]
}

func openCase(t *testing.T, b Backend, c *cases.Case, tell, want bool) {
	t.Helper()
	if opened, err := b.Cases.OpenCase(ctx, c, tell); err != nil || opened != want {
		t.Fatalf("OpenCase(%s) = %t, %v; want %t", c.ID, opened, err, want)
	}
}

// wantCases compares cases, whatever their order was meant to be.
func wantCases(t *testing.T, got []*cases.Case, err error, want ...*cases.Case) {
	t.Helper()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d cases, %v; want %d", len(got), err, len(want))
	}
	byID := map[string]*cases.Case{}
	for i, c := range got {
		if i > 0 && got[i-1].ID >= c.ID {
			t.Errorf("%s stands behind %s", c.ID, got[i-1].ID)
		}
		byID[c.ID] = c
	}
	for _, c := range want {
		if !reflect.DeepEqual(byID[c.ID], c) {
			t.Errorf("case %s is %+v\nwant %+v", c.ID, byID[c.ID], c)
		}
	}
}

func keptCases(t *testing.T, b Backend) {
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
	again.Owner = "somebody else"
	openCase(t, b, again, true, false)

	changed, err := b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, changed, err, first, second)
	mine, err := cases.Find(changed, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Close("solved: 解决了", true, "", time.Date(2026, 11, 23, 9, 0, 0, 1, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if err := b.Cases.SaveCase(ctx, mine); err != nil {
		t.Fatal(err)
	}
	if err := b.Cases.SaveCase(ctx, first); !errors.Is(err, store.ErrStale) {
		t.Errorf("an older one was saved over a newer: %v", err)
	}
	mine.Owner = "again" // the revision of the one in hand is the new one
	if err := b.Cases.SaveCase(ctx, mine); err != nil {
		t.Errorf("saved once, it cannot be saved again: %v", err)
	}
	openCase(t, b, caseOf(t, surveyID, 1), true, false) // closed ones are not opened again
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	all, err := b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, all, err, mine, second)
	all, err = b.Cases.CasesOf(ctx, "other")
	wantCases(t, all, err, other)

	// The list of those to be told of.
	untold, err := b.Cases.Pending(ctx, surveyID)
	wantCases(t, untold, err, mine)
	for range 2 {
		if err := b.Cases.MarkDelivered(ctx, surveyID, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	untold, err = b.Cases.Pending(ctx, surveyID)
	wantCases(t, untold, err)
	untold, err = b.Cases.Pending(ctx, "other")
	wantCases(t, untold, err, other)
	all, err = b.Cases.CasesOf(ctx, surveyID)
	wantCases(t, all, err, mine, second)
}

// casesAtOnce opens and changes the same cases from many sides.
func casesAtOnce(t *testing.T, b Backend) {
	const n, each = 20, 4
	var opened atomic.Int64
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			for i := range n {
				created, err := b.Cases.OpenCase(ctx, caseOf(t, surveyID, i), i%2 == 0)
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
	if untold, err := b.Cases.Pending(ctx, surveyID); err != nil || len(untold) != n/2 {
		t.Errorf("%d are to be told of: %v", len(untold), err)
	}
	id := caseOf(t, surveyID, 0).ID
	for range 8 {
		group.Go(func() error {
			for done := 0; done < each; {
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
				switch err := b.Cases.SaveCase(ctx, c); {
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
	if c, _ := cases.Find(all, id); len(c.Changes) != 1+8*each {
		t.Errorf("of %d changes %d are left", 8*each, len(c.Changes)-1)
	}
}

// alertsOpenCases publishes over the back end, and erases: each answer has its case, once.
func alertsOpenCases(t *testing.T, b Backend) {
	s := alertingSurvey(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	publisher := func() *publish.Publisher {
		return publish.New(publish.Options{
			Log: b.Log, Tallies: b.Tallies, Releases: b.Releases, Pages: nowhere{}, Renderer: nowhere{}, Now: time.Now,
			Cases: b.Cases, Notify: true,
		})
	}
	const n = 40
	var opened atomic.Int64
	period := s.PeriodAt(time.Now())
	for i := range n {
		r := response(i)
		r.Period = period
		put(t, b, r, true)
		if i%10 == 9 { // some are settled at a later time, some not yet
			if i > n/2 {
				b.settle()
			}
			var group errgroup.Group
			for range 2 {
				group.Go(func() error {
					out, err := publisher().Publish(ctx, s)
					opened.Add(out.Opened)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.settle()
	if out, err := publisher().Publish(ctx, s); err != nil || out.Opened != 0 || opened.Load() != n {
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
	if _, err := b.Erasure.Erase(ctx, s.ID, period, response(7).ID, nil); err != nil {
		t.Fatal(err)
	}
	wantWithdrawn(t, b, response(7).ID, n)
	if out, err := publisher().Publish(ctx, s); err != nil || out.Opened != 0 || out.Folded != 0 {
		t.Errorf("after the erasure %d were folded and %d cases opened, %v", out.Folded, out.Opened, err)
	}
	wantWithdrawn(t, b, response(7).ID, n)
}

// wantWithdrawn wants n cases, one of them withdrawn, and none of the response that was erased.
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
