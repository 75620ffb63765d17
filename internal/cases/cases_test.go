package cases

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const sample = `
title: Service
languages: [en]
timezone: Asia/Shanghai
period: quarter
channels: [web, phone]
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, label: Overall}
      - {id: remark, type: long_text, label: Remark}
      - {id: likes, type: multi_choice, label: Likes, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: mail, type: email, label: Mail}
alerts:
  - {when: overall <= 2, open: complaint, severity: major, priority: high, owner: service_desk, due_days: 5}
  - {when: 'remark contains "thank" or likes contains "b"', open: praise}
  - {when: channel == "phone" and not answered(overall), open: call, due_days: 0}
`

func parse(t testing.TB) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("service.yaml", []byte(sample))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// at is an instant of November 2026, in Shanghai.
func at(day, hour int) time.Time {
	return time.Date(2026, 11, day, hour-8, 0, 0, 0, time.UTC)
}

func response(answers ...answer.Answer) answer.Response {
	return answer.Response{ID: "r1", Survey: "service", Period: "2026-Q4", Language: "en", Channel: "web", Answers: answers}
}

func TestOpenedBy(t *testing.T) {
	s := parse(t)
	phone := response(answer.Answer{"remark", "no"})
	phone.Channel = "phone"
	private := response(answer.Answer{"overall", "5"})
	private.Private = []answer.Answer{{"overall", "1"}, {"remark", "thank you"}}
	withdrawn := response(answer.Answer{"overall", "1"})
	withdrawn.Withdrawn = true
	for name, c := range map[string]struct {
		response answer.Response
		types    []string
	}{
		"unhappy":         {response(answer.Answer{"overall", "2"}), []string{"complaint"}},
		"happy":           {response(answer.Answer{"overall", "3"}), nil},
		"both":            {response(answer.Answer{"overall", "1"}, answer.Answer{"remark", "thanks for nothing"}), []string{"complaint", "praise"}},
		"several values":  {response(answer.Answer{"overall", "5"}, answer.Answer{"likes", "a", "b"}), []string{"praise"}},
		"nothing":         {response(), nil},
		"by phone":        {phone, []string{"call"}},
		"private answers": {private, nil},
		"withdrawn":       {withdrawn, nil},
	} {
		var types []string
		if opened := OpenedBy(s, c.response, at(22, 9)); opened != nil {
			for _, reason := range opened.Reasons {
				types = append(types, reason.Type)
			}
		}
		if !slices.Equal(types, c.types) {
			t.Errorf("%s opens %v, want %v", name, types, c.types)
		}
	}
}

func TestOpened(t *testing.T) {
	s := parse(t)
	got := OpenedBy(s, response(answer.Answer{"overall", "1"}), at(28, 1))
	want := &Case{
		ID: ID("service", "r1"), Survey: "service", Period: "2026-Q4", Timezone: "Asia/Shanghai", Response: "r1", Alert: "complaint",
		Reasons:   []Reason{{Alert: "complaint", Questions: []string{"overall"}, Type: "complaint", Severity: survey.Major}},
		Questions: []string{"overall"}, Type: "complaint", Channel: "web", Severity: survey.Major, Priority: survey.HighPriority, Owner: "service_desk",
		Opened: at(28, 1), Due: "2026-12-03", Status: Open, Changes: []Change{{At: at(28, 1), What: WasOpened}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(got.ID) != IDLength || got.ID == ID("service", "r2") || got.ID == ID("other", "r1") {
		t.Errorf("the id is %s", got.ID)
	}
	phone := answer.Response{ID: "r2", Channel: "phone"}
	if due := OpenedBy(s, phone, at(22, 1)).Due; due != "2026-11-22" { // still the 21st in UTC
		t.Errorf("due the same day is %s", due)
	}
	if due := OpenedBy(s, response(answer.Answer{"likes", "b"}), at(22, 1)).Due; due != "" {
		t.Errorf("without due_days it is due on %s", due)
	}
}

// TestNotesHaveNoContact has telephone numbers and addresses as they are written, and days and times, which are none.
func TestNotesHaveNoContact(t *testing.T) {
	for note, want := range map[string]bool{
		"１３８１２３４５６７８": true, "call 138 1234-5678": true, "li＠example.com": true, "2026-10-3113812345678": true,
		"2026-10-31 14:30 打来": false, "called on 2026-10-31 and 2026-11-02": false, "订单 123456": false,
	} {
		if hasContact(note) != want {
			t.Errorf("%s: contact data: %t", note, !want)
		}
	}
}

// TestRolesAreOneLine wants nothing of a register to leave its line, on a terminal or elsewhere.
func TestRolesAreOneLine(t *testing.T) {
	c, err := Book{Survey: NoSurvey, Timezone: "UTC"}.Add(Entry{Ref: "1\n2", Channel: "phone", Opened: at(1, 8), Owner: "de\nsk", Note: "a\x1b[2J\tb"}, at(30, 8))
	if err != nil || c.Ref != "1 2" || c.Owner != "de sk" || c.Note != "a [2J b" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := c.Assign("a\x1b]0;b\a", "", at(30, 9)); err == nil {
		t.Error("a role has control characters")
	}
}

// TestDaysEndWithThemselves has days that begin or end with a change of the clocks.
func TestDaysEndWithThemselves(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "America/Santiago", "America/Havana", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "Europe/Berlin", "Pacific/Apia"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for day := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
			c := Case{Timezone: zone, Opened: day.AddDate(0, 0, -2), Due: dateOf(day), Status: Open}
			end, _ := c.limit()
			if next := dateOf(day.AddDate(0, 0, 1)); c.Day(end) != c.Due || c.Day(end.Add(1)) != next || c.Overdue(end) || !c.Overdue(end.Add(1)) {
				t.Errorf("%s: %s ends at %v", zone, c.Due, end.In(location))
			}
		}
	}
}

func TestFollowed(t *testing.T) {
	s := parse(t)
	c := OpenedBy(s, response(answer.Answer{"overall", "1"}), at(2, 9)) // due on the 7th
	if c.Overdue(at(7, 23)) || !c.Overdue(at(8, 1)) {
		t.Error("the day it is due is in time, and the next is not")
	}
	if err := c.Assign(" ", "", at(3, 9)); err == nil {
		t.Error("assigned to no role")
	}
	if err := c.Assign(strings.Repeat("主", 65), "", at(3, 9)); err == nil {
		t.Error("assigned to a role of 65 characters")
	}
	if err := c.Assign("repairs", "manager", at(3, 9)); err != nil || c.Status != Assigned || c.Owner != "repairs" {
		t.Errorf("%v %+v", err, c)
	}
	for _, result := range []string{"", " \n", strings.Repeat("x", MaxResult+1)} {
		if err := c.Close(Closing{Result: result, Told: true, Agreed: Agreed}, at(5, 9)); err == nil || c.Status == Closed {
			t.Errorf("closed with the result %.5q", result)
		}
	}
	if err := c.Close(Closing{Result: "repaired", Told: true, Agreed: Agreed}, at(7, 23)); err != nil || c.Status != Closed || !c.CustomerTold || !c.InTime() || c.Days() != 5 {
		t.Errorf("%v %+v", err, c)
	}
	if c.Overdue(at(30, 9)) {
		t.Error("overdue, though closed")
	}
	if err := c.Close(Closing{Result: "again", Agreed: NotAsked}, at(8, 9)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := c.Assign("others", "", at(8, 9)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	want := []Change{
		{At: at(2, 9), What: WasOpened}, {At: at(3, 9), By: "manager", What: WasAssigned, Note: "repairs"}, {At: at(7, 23), By: "repairs", What: WasClosed, Note: "repaired"},
	}
	if !reflect.DeepEqual(c.Changes, want) {
		t.Errorf("history %+v", c.Changes)
	}
	c.Withdraw(at(9, 9))
	c.Withdraw(at(10, 9))
	if text := fmt.Sprintf("%+v", c); strings.Contains(text, "r1") || strings.Contains(text, "repaired") || len(c.Changes) != 4 || !c.Closed.Equal(at(7, 23)) {
		t.Errorf("after the withdrawal: %s", text)
	}
}

func TestSummarise(t *testing.T) {
	s := parse(t)
	n := 0
	made := func(opened int, kind string) *Case {
		n++
		a := map[string]answer.Answer{"complaint": {"overall", "1"}, "praise": {"likes", "b"}}[kind]
		r := response(a)
		r.ID = fmt.Sprint(n)
		return OpenedBy(s, r, at(opened, 9))
	}
	closed := func(c *Case, day int, told bool) *Case {
		if err := c.Close(Closing{Result: "done", Told: told, Agreed: NotAsked}, at(day, 9)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	withdrawn := made(10, "complaint")
	withdrawn.Withdraw(at(12, 9))
	later := closed(made(10, "complaint"), 11, true)
	later.Withdraw(at(13, 9)) // it was closed before, and still counts as closed
	all := []*Case{
		closed(made(-5, "complaint"), 3, true), // opened on October 26th, due on the 31st: late, 8 days
		closed(made(2, "complaint"), 7, false), // 5 days, in time
		closed(made(3, "praise"), 3, true),     // 0 days
		made(4, "complaint"),                   // due on the 9th, open
		made(28, "complaint"),                  // due in December
		closed(made(28, "complaint"), 34, true),
		made(40, "praise"), // December
		withdrawn, later,
	}
	span, err := ParseSpan("2026-11")
	if err != nil || span != (Span{"2026-11", "2026-11-01", "2026-11-30"}) {
		t.Fatal(span, err)
	}
	got := Summarise(all, span, at(60, 9))
	want := Figures{Opened: 7, Closed: 4, InTime: 3, CustomerTold: 3, Withdrawn: 1, Open: 3, Overdue: 1, Days: 8 + 5 + 0 + 1}
	if got.All != want || got.Running {
		t.Errorf("November is %+v\nwant %+v", got.All, want)
	}
	if mean, ok := got.All.MeanDays(); !ok || mean != 3.5 {
		t.Errorf("mean %v", mean)
	}
	var names []string
	for _, g := range got.Groups {
		names = append(names, g.By+" "+g.Value)
	}
	if want := []string{"type complaint", "type praise", "severity major", "severity minor", "channel web", "owner ", "owner service_desk"}; !slices.Equal(names, want) {
		t.Errorf("groups %q", names)
	}
	for _, by := range []string{"type", "severity", "channel", "owner"} {
		var sum Figures
		for _, g := range got.Groups {
			if g.By == by {
				sum.add(g.Figures)
			}
		}
		if sum != got.All {
			t.Errorf("by %s they add up to %+v", by, sum)
		}
	}
	// In the middle of the span: a case that is closed later counts as open.
	if early := Summarise(all[:2], span, at(2, 12)); early.All.Open != 2 || early.All.Overdue != 1 || !early.Running {
		t.Errorf("on the 2nd: %+v", early)
	}
	quarter, err := ParseSpan("2026-Q4")
	if err != nil || quarter != (Span{"2026-Q4", "2026-10-01", "2026-12-31"}) {
		t.Fatal(quarter, err)
	}
	if got := Summarise(all, quarter, at(100, 9)).All; got.Opened != 9 || got.Closed != 5 || got.Open != 3 {
		t.Errorf("the quarter is %+v", got)
	}
	for _, bad := range []string{"", "2026", "2026-13", "2026-Q5", "2026-1", "october", "2026-Q4x"} {
		if _, err := ParseSpan(bad); err == nil {
			t.Errorf("%q is a span", bad)
		}
	}
}

func TestFind(t *testing.T) {
	all := []*Case{{ID: "ABCD1234ABCD1234"}, {ID: "ABCD9234ABCD1234"}, {ID: "0123456789ABCDEF"}}
	for id, want := range map[string]int{"ABCD1": 0, "abcd-92": 1, "o1": 2, "OI23-4567-89AB-CDEF": 2} {
		if c, err := Find(all, id); err != nil || c != all[want] {
			t.Errorf("%s: %v, %v", id, c, err)
		}
	}
	if _, err := Find(all, "abcd"); errors.As(err, new(*AmbiguousError)) == false {
		t.Error(err)
	}
	for _, id := range []string{"", "zz", "ABCD1234ABCD12345"} {
		if _, err := Find(all, id); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestSort(t *testing.T) {
	c := func(id string, status Status, priority survey.Priority, due survey.Date) *Case {
		return &Case{ID: id, Status: status, Priority: priority, Due: due, Opened: at(1, 9), Timezone: "UTC", Closed: at(2, 9)}
	}
	all := []*Case{
		c("6", Closed, survey.UrgentPriority, "2026-11-02"), c("5", Open, survey.LowPriority, "2026-12-01"), c("4", Open, survey.NormalPriority, ""),
		c("3", Assigned, survey.NormalPriority, "2026-12-24"), c("2", Open, survey.UrgentPriority, "2026-12-30"), c("1", Assigned, survey.LowPriority, "2026-11-05"),
	}
	Sort(all, at(22, 9))
	var ids string
	for _, c := range all {
		ids += c.ID
	}
	if ids != "123456" {
		t.Errorf("order %s", ids)
	}
}
