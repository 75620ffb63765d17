package cases

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const graded = `
title: Service
languages: [en]
timezone: Asia/Shanghai
channels: [web, phone]
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, label: Overall}
      - {id: hurt, type: yes_no, label: Hurt}
      - {id: remark, type: long_text, label: Remark}
alerts:
  - {when: overall <= 2, open: complaint, subtype: service, owner: desk, due_days: 5}
  - {when: hurt, open: accident, severity: critical, priority: urgent, owner: safety, due_hours: 48, escalate_to: [safety, manager, director]}
  - {when: answered(remark), open: question, severity: critical, owner: nobody}
deadlines:
  - {channel: phone, type: complaint, hours: 24}
  - {severity: critical, days: 1}
`

func parseGraded(t testing.TB, more string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("service.yaml", []byte(graded+more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// hurtAt is a case of three alerts, opened at an hour of November 2nd.
func hurtAt(t testing.TB, hour int) *Case {
	t.Helper()
	return OpenedBy(parseGraded(t, ""), response(answer.Answer{"overall", "1"}, answer.Answer{"hurt", "yes"}, answer.Answer{"remark", "ouch"}), at(2, hour))
}

// TestOneCase opens one case by three alerts.
func TestOneCase(t *testing.T) {
	c := hurtAt(t, 9)
	want := []Reason{
		{Alert: "accident", Questions: []string{"hurt"}, Type: "accident", Severity: survey.Critical},
		{Alert: "question", Questions: []string{"remark"}, Type: "question", Severity: survey.Critical},
		{Alert: "complaint", Questions: []string{"overall"}, Type: "complaint", Subtype: "service", Severity: survey.Minor},
	}
	if !reflect.DeepEqual(c.Reasons, want) {
		t.Errorf("reasons %+v", c.Reasons)
	}
	if c.Type != "accident" || c.Subtype != "" || c.Severity != survey.Critical || c.Priority != survey.UrgentPriority || c.Owner != "safety" || c.Alert != "accident" || c.Channel != "web" {
		t.Errorf("%+v", c)
	}
	if fmt.Sprint(c.Questions) != "[hurt remark overall]" || fmt.Sprint(c.Above) != "[safety manager director]" {
		t.Errorf("about %v, above %v", c.Questions, c.Above)
	}
	if data, err := c.Encode(); err != nil || bytes.Contains(data, []byte("ouch")) {
		t.Errorf("the case holds an answer: %s, %v", data, err)
	}
}

func TestDue(t *testing.T) {
	s := parseGraded(t, "")
	untraceable := parseGraded(t, "access: invited\nresults: {min_group: 10}\n")
	phone := func(answers ...answer.Answer) answer.Response {
		r := response(answers...)
		r.Channel = "phone"
		return r
	}
	bad, hurt := answer.Answer{"overall", "1"}, answer.Answer{"hurt", "yes"}
	for name, c := range map[string]struct {
		survey   *survey.Survey
		response answer.Response
		at       time.Time
		due      string
		in, late time.Time
	}{
		"its alert's days":              {s, response(bad), at(2, 9), "2026-11-07", at(7, 23), at(8, 0)},
		"hours, by the channel":         {s, phone(bad), at(2, 9), "2026-11-03 09:00", at(3, 9), at(3, 9).Add(1)},
		"another type":                  {s, phone(hurt), at(2, 9), "2026-11-03", at(3, 23), at(4, 0)},
		"the earliest of all":           {s, phone(bad, hurt), at(2, 23), "2026-11-03 23:00", at(3, 23), at(4, 0)},
		"only the day is known of it":   {untraceable, phone(bad), at(2, 0), "2026-11-03", at(3, 23), at(4, 0)},
		"hours of one that is critical": {s, response(hurt), at(2, 23), "2026-11-03", at(3, 23), at(4, 0)},
	} {
		got := OpenedBy(c.survey, c.response, c.at)
		if got.Deadline() != c.due || got.Overdue(c.in) || !got.Overdue(c.late) {
			t.Errorf("%s: due %s, want %s; late at %s: %t, at %s: %t", name, got.Deadline(), c.due, c.in, got.Overdue(c.in), c.late, got.Overdue(c.late))
		}
	}
}

// TestEscalated hands a case up as time goes by, once to each role.
func TestEscalated(t *testing.T) {
	c := hurtAt(t, 9) // due on the 3rd
	steps := func(want string, now time.Time) {
		t.Helper()
		if got := fmt.Sprint(c.Age(now)); got != want {
			t.Errorf("at %s: %s, want %s", now, got, want)
		}
	}
	steps("[]", at(3, 23))
	steps("[overdue escalated]", at(4, 0))
	if c.Owner != "manager" || c.Status != Assigned || c.Level() != 1 { // safety has it already
		t.Errorf("%+v", c)
	}
	steps("[]", at(4, 0))
	steps("[]", at(4, 23))
	steps("[escalated]", at(5, 1)) // a day, as it had, after the first time
	steps("[]", at(20, 1))
	if c.Owner != "director" || len(c.Above) != 0 {
		t.Errorf("%+v", c)
	}
	if err := c.Escalate("still open", "", at(20, 2)); !errors.Is(err, ErrNobodyAbove) {
		t.Error(err)
	}
	if err := c.Change(Correction{Due: "2026-11-25", Reason: "parts are ordered"}, at(20, 3)); err != nil {
		t.Fatal(err)
	}
	steps("[]", at(25, 23))
	steps("[overdue]", at(26, 1))
	if err := c.Close(Closing{Result: "done", Agreed: NotAsked}, at(27, 1)); err != nil {
		t.Fatal(err)
	}
	steps("[]", at(28, 1))

	early := hurtAt(t, 9)
	for _, bad := range []string{"", " ", strings.Repeat("x", maxReason+1)} {
		if err := early.Escalate(bad, "", at(2, 10)); err == nil {
			t.Errorf("handed up because %.5q", bad)
		}
	}
	if err := early.Escalate("beyond us", "desk", at(3, 23)); err != nil || early.Owner != "manager" {
		t.Errorf("%v %+v", err, early)
	}
	last := early.Changes[len(early.Changes)-1]
	if want := (Change{At: at(3, 23), By: "desk", What: WasEscalated, Note: "manager", Reason: "beyond us"}); !reflect.DeepEqual(last, want) {
		t.Errorf("%+v", last)
	}
	if got := fmt.Sprint(early.Age(at(4, 1))); got != "[overdue]" { // the manager has had it for two hours
		t.Error(got)
	}
	early.Withdraw(at(4, 2))
	if text := fmt.Sprintf("%+v", early); strings.Contains(text, "beyond us") || early.Age(at(9, 1)) != nil {
		t.Errorf("after the withdrawal: %s", text)
	}
}

func TestChange(t *testing.T) {
	s := parseGraded(t, "")
	c := OpenedBy(s, response(answer.Answer{"overall", "1"}), at(2, 9)) // due on the 7th
	for name, bad := range map[string]Correction{
		"no reason": {Type: "praise"}, "the same": {Type: "complaint", Reason: "x"}, "no type": {Type: "Complaint!", Reason: "x"}, "no severity": {Severity: "huge", Reason: "x"},
		"no date": {Due: "tomorrow", Reason: "x"}, "a long role": {Owner: strings.Repeat("x", 65), Reason: "x"}, "no day": {Due: "2026-02-30", Reason: "x"},
	} {
		before := *c
		if err := c.Change(bad, at(3, 9)); err == nil || !reflect.DeepEqual(*c, before) {
			t.Errorf("%s: %v, %+v", name, err, c)
		}
	}
	err := c.Change(Correction{Subtype: "burn", Severity: survey.Critical, Owner: "safety", Reason: "the report of the shop", By: "desk", Deadlines: s.Deadlines}, at(2, 12))
	if err != nil || c.Deadline() != "2026-11-03" || c.Owner != "safety" || c.Status != Assigned {
		t.Errorf("%v %+v", err, c)
	}
	want := Change{At: at(2, 12), By: "desk", What: WasChanged, Reason: "the report of the shop", Values: []Value{
		{"subtype", "service", "burn"}, {"severity", "minor", "critical"}, {"owner", "desk", "safety"}, {"due", "2026-11-07", "2026-11-03"}}}
	if last := c.Changes[len(c.Changes)-1]; !reflect.DeepEqual(last, want) {
		t.Errorf("%+v", last)
	}
	if err := c.Change(Correction{Severity: survey.Minor, Reason: "it was nothing", Deadlines: s.Deadlines}, at(2, 13)); err != nil || c.Deadline() != "2026-11-03" {
		t.Errorf("a deadline that fits no more: %v, due %s", err, c.Deadline())
	}
	if err := c.Change(Correction{Due: "2026-11-09 18:00", Reason: "agreed"}, at(2, 14)); err != nil || !c.DueAt.Equal(at(9, 18)) || c.Due != "2026-11-09" {
		t.Errorf("%v %+v", err, c)
	}
	if err := c.Change(Correction{Due: "none", Reason: "agreed"}, at(2, 14)); err != nil || c.Deadline() != "" || c.Overdue(at(300, 1)) {
		t.Errorf("%v %+v", err, c)
	}
	if len(c.Reasons) != 1 || c.Reasons[0].Severity != survey.Minor {
		t.Errorf("what opened it has changed: %+v", c.Reasons)
	}
}

func TestAgreed(t *testing.T) {
	c := hurtAt(t, 9)
	for _, bad := range []Closing{{Result: "x", Told: true}, {Result: "x", Told: true, Agreed: "perhaps"}, {Result: "x", Agreed: Agreed}, {Result: "x", Agreed: Disagreed}} {
		if err := c.Close(bad, at(3, 1)); err == nil {
			t.Errorf("closed with %+v", bad)
		}
	}
	if err := c.Close(Closing{Result: "x", Told: true, Agreed: Disagreed}, at(3, 1)); err != nil || c.Agreed != Disagreed {
		t.Error(err)
	}
	f := Summarise([]*Case{c}, Span{"2026-11", "2026-11-01", "2026-11-30"}, at(60, 1))
	if f.All.Asked != 1 || f.All.Agreed != 0 {
		t.Errorf("%+v", f.All)
	}
}

// TestFormat1 reads a case as it was stored while each alert opened one of its own, and stores it again.
func TestFormat1(t *testing.T) {
	old, err := os.ReadFile("testdata/format1.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Decode(old, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []Reason{{Alert: "complaint", Questions: []string{"overall"}, Type: "complaint", Severity: survey.Major}}
	if !reflect.DeepEqual(c.Reasons, want) || c.Revision != 3 || c.Deadline() != "2026-12-03" || c.ID == ID("service", "r1") {
		t.Errorf("%+v", c)
	}
	if err := c.Close(Closing{Result: "done", Told: true, Agreed: Agreed}, at(30, 9)); err != nil || !c.InTime() {
		t.Error(err)
	}
	stored, err := c.Encode()
	if err != nil || !bytes.HasPrefix(stored, []byte(`{"format":2,"id":"JG02QYY5E315T3RY"`)) {
		t.Errorf("%s, %v", stored, err)
	}
	again, err := Decode(stored, 3)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%+v\nwant %+v, %v", again, c, err)
	}
	if _, err := Decode([]byte(`{"format":3,"id":"X","survey":"service"}`), 1); err == nil || !strings.Contains(err.Error(), "later version") {
		t.Error(err)
	}
}

func TestAdd(t *testing.T) {
	s := parseGraded(t, "")
	book := Book{Survey: "service", Timezone: "Asia/Shanghai", Deadlines: s.Deadlines, PeriodAt: s.PeriodAt}
	entry := Entry{Ref: "T-1", Channel: "phone", Opened: at(2, 9), Subtype: "late", Owner: "desk", Note: "delivered on 2026-11-01, order 12", By: "desk"}
	c, err := book.Add(entry, at(3, 9))
	if err != nil || c.Deadline() != "2026-11-03 09:00" || c.Type != "complaint" || c.Severity != survey.Minor || c.Period != "all" || c.Changes[0].What != WasAdded || c.Response != "" {
		t.Errorf("%v %+v", err, c)
	}
	if again, err := book.Add(entry, at(4, 9)); err != nil || again.ID != c.ID {
		t.Errorf("%v: entered again it is %s, not %s", err, again.ID, c.ID)
	}
	if other, err := (Book{Survey: NoSurvey, Timezone: "UTC"}).Add(entry, at(3, 9)); err != nil || other.ID == c.ID || other.Deadline() != "" {
		t.Errorf("of no survey: %v %+v", err, other)
	}
	day := entry
	day.Opened = at(2, 0) // of a letter only the day is known
	if c, err := book.Add(day, at(3, 9)); err != nil || c.Deadline() != "2026-11-03" {
		t.Errorf("%v, due %s", err, c.Deadline())
	}
	for name, change := range map[string]func(*Entry){
		"no number": func(e *Entry) { e.Ref = " " }, "no channel": func(e *Entry) { e.Channel = "" }, "a channel in words": func(e *Entry) { e.Channel = "by post" },
		"no date": func(e *Entry) { e.Opened = time.Time{} }, "the future": func(e *Entry) { e.Opened = at(3, 10) }, "a long number": func(e *Entry) { e.Ref = strings.Repeat("1", 65) },
		"a mailbox": func(e *Entry) { e.Note = "write to li@example.com" }, "a telephone": func(e *Entry) { e.Note = "call 138-0013 8000" }, "a landline": func(e *Entry) { e.Note = "电话(021) 6234 5678，晚上" },
		"a long note": func(e *Entry) { e.Note = strings.Repeat("x", maxNote+1) }, "no severity": func(e *Entry) { e.Severity = "huge" }, "no due date": func(e *Entry) { e.Due = "soon" },
	} {
		bad := entry
		change(&bad)
		if c, err := book.Add(bad, at(3, 9)); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
