package mailing

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"glasspoll"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const tea = `
title: {zh: 茶水间使用情况, en: The tea room, ar: غرفة الشاي}
languages: [zh, en, ar]
minutes: 3
contact: {name: {zh: 行政部, en: Facilities, ar: المرافق}, email: tea@example.com}
window: {from: 2026-01-02, until: 2026-12-31}
channels: [email]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste, ar: طعم}}
      - {id: why, type: long_text, label: {zh: 为什么, en: Why, ar: لماذا}}
`

// teaSurvey is a survey by invitation.
func teaSurvey(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(tea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.Access, s.Anonymity = survey.InvitedAccess, survey.Confidential
	return s
}

// invitations are those in the store of the answers.
type invitations map[invitation.Hash]invitation.Invitation

func (all invitations) Invitation(_ context.Context, hash invitation.Hash) (invitation.Invitation, error) {
	i, found := all[hash]
	if !found {
		return i, store.ErrNotInvited
	}
	return i, nil
}

// A world is an owner's file, a store, a mail server and a clock that is moved by waiting.
type world struct {
	*Sender
	t      *testing.T
	mail   *mailServer
	file   *ownerfile.Invitees
	dir    string
	stored invitations
	now    time.Time
	waited []time.Duration
	counts map[invitation.Step]int
	told   []string
}

// newWorld invites people to the survey of tea.
func newWorld(t *testing.T, m *mailServer, people ...contacts.Contact) *world {
	t.Helper()
	w := &world{t: t, mail: m, dir: t.TempDir(), stored: invitations{}, now: time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), counts: map[invitation.Step]int{}}
	w.open()
	out, err := ownerfile.OpenOptOuts(ownerfile.OptOutsName(w.dir), ownerfile.Waiting{})
	if err == nil {
		_, err = w.file.Invite(people, invitees.Batch{Name: "autumn"}, out, "2026-11-30")
		err = errors.Join(err, out.Close())
	}
	for i := range w.file.All() {
		w.stored[i.Secret.Hash()] = i.Invitation("tea")
		err = errors.Join(err, w.file.Write(i.StoredEvent()))
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// open opens the owner's file, again if it was open.
func (w *world) open() {
	w.t.Helper()
	file, err := ownerfile.OpenInvitees(w.name(), "tea", ownerfile.Waiting{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { file.Close() })
	letters, err := invite.NewPersonal(glasspoll.Templates(), teaSurvey(w.t), "https://example.com/s/")
	if err != nil {
		w.t.Fatal(err)
	}
	composer, err := NewComposer(glasspoll.Templates(), letters, Headers{From: mailAddress("tea@example.com"), ReturnPath: "bounces+*@example.com"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.file = file
	w.Sender = &Sender{
		Server: w.mail.at(w.t, "smtp", "", ""), Composer: composer, Write: file.Write,
		Today:       func(now time.Time) survey.Date { return survey.Date(now.Format(time.DateOnly)) },
		OptOuts:     func() (*invitees.OptOuts, error) { return ownerfile.ReadOptOuts(ownerfile.OptOutsName(w.dir)) },
		Invitations: w.stored,
		Stopped:     func(*invitees.Invitee) error { return nil },
		Count:       func(step invitation.Step, _ *invitees.Invitee) { w.counts[step]++ },
		Complain: func(i *invitees.Invitee, text message.Text) {
			w.told = append(w.told, fmt.Sprintf("%d: %s", i.Number, text))
		},
		Now: func() time.Time { return w.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			w.now, w.waited = w.now.Add(d), append(w.waited, d)
			return ctx.Err()
		},
	}
}

func (w *world) name() string { return ownerfile.InviteesName(w.dir, "tea") }

// due lists the invitations that are to be sent.
func (w *world) due(again bool) []Task {
	c := Choice{Again: again, Today: "2026-11-30"}
	return c.Invitations(w.file.Record)
}

// send sends all invitations that are to be sent.
func (w *world) send() (Progress, error) { return w.Send(w.t.Context(), w.due(false)) }

// states returns the states of the invitations in the file, by number.
func (w *world) states() string {
	w.t.Helper()
	r, err := ownerfile.ReadInvitees(w.name(), "tea")
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for i := range r.All() {
		all = append(all, string(i.Message(Invitation).State))
	}
	return strings.Join(all, " ")
}

func (w *world) wantStates(want string) {
	w.t.Helper()
	if got := w.states(); got != want {
		w.t.Errorf("states: %s, want %s", got, want)
	}
}

// to returns who has been sent a message.
func (m *mailServer) to() []string {
	var all []string
	for _, r := range m.taken() {
		all = append(all, r.to)
	}
	return all
}

func people(n int) []contacts.Contact {
	var all []contacts.Contact
	for i := range n {
		all = append(all, contacts.Contact{Name: fmt.Sprintf("P%d", i+1), Email: fmt.Sprintf("p%d@example.com", i+1), Language: []string{"zh", "en", "ar"}[i%3], Channel: "email"})
	}
	return all
}

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// TestSendsEachOnce sends, and sends again.
func TestSendsEachOnce(t *testing.T) {
	m := start(t, nil)
	w := newWorld(t, m, people(5)...)
	w.Pace = 10 * time.Second
	done, err := w.send()
	if err != nil || done.Sent != 5 || done.Left != 0 || w.counts[invitation.Accepted] != 5 {
		t.Fatalf("%+v, %v, counted %v", done, err, w.counts)
	}
	if len(w.waited) != 4 || w.waited[0] != 10*time.Second {
		t.Errorf("waited %v", w.waited)
	}
	w.wantStates("sent sent sent sent sent")
	tags := map[string]bool{}
	for _, r := range m.taken() {
		tags[r.from] = true
		for i := range w.file.All() {
			if strings.Contains(r.from, strings.ToLower(i.Secret.Word())) {
				t.Errorf("a secret is in %s", r.from)
			}
		}
	}
	if len(tags) != 5 {
		t.Errorf("%d return paths", len(tags))
	}
	if done, err = w.send(); err != nil || done.Sent != 0 || len(m.taken()) != 5 {
		t.Errorf("again: %+v, %v", done, err)
	}
	if m.dials != 1 {
		t.Errorf("%d connections", m.dials)
	}
}

// TestCrash looks at the owner's file while the server has a message: what is found there after a crash.
func TestCrash(t *testing.T) {
	var crashed []byte
	m := start(t, nil)
	w := newWorld(t, m, people(3)...)
	m.onData = func(r received) error {
		if r.to == "p2@example.com" {
			crashed, _ = os.ReadFile(w.name())
		}
		return nil
	}
	if _, err := w.send(); err != nil {
		t.Fatal(err)
	}
	w.file.Close()
	if err := os.WriteFile(w.name(), crashed, 0o600); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.wantStates("sent sending made")
	c := Choice{Today: "2026-11-30"}
	if tasks := c.Invitations(w.file.Record); len(tasks) != 1 || len(c.Named) != 1 || c.Named[0].Number != 2 || c.Skipped[Unknown] != 1 {
		t.Errorf("%v due, %v unknown", tasks, c.Named)
	}
	if done, err := w.send(); err != nil || done.Sent != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantStates("sent sending sent")
	if done, err := w.Send(t.Context(), w.due(true)); err != nil || done.Sent != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantStates("sent sent sent")
	want := []string{"p1@example.com", "p2@example.com", "p3@example.com", "p3@example.com", "p2@example.com"} // p3 before the crash of the test, too
	if got := m.to(); !slices.Equal(got, want) {
		t.Errorf("sent to %v", got)
	}
}

// TestFullDisk fails to write at each point. Whatever was handed over is at least known to be possible.
func TestFullDisk(t *testing.T) {
	for writes := range 6 {
		m := start(t, nil)
		w := newWorld(t, m, people(3)...)
		n := 0
		w.Write = func(events ...invitees.Event) error {
			if n++; n > writes {
				return &os.PathError{Op: "write", Path: w.name(), Err: syscall.ENOSPC}
			}
			return w.file.Write(events...)
		}
		done, err := w.send()
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d writes: %+v, %v", writes, done, err)
		}
		want := []string{"made made made", "sending made made", "sent made made", "sent sending made", "sent sent made", "sent sent sending"}[writes]
		w.wantStates(want)
		if got := len(m.taken()); got != (writes+1)/2 {
			t.Errorf("%d writes: %d messages", writes, got)
		}
	}
}

// TestRefusals has a server refuse in all ways.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		refuse        func(m *mailServer, to string) error // at RCPT of p2
		onData        bool
		want          string
		bounced, sent int
		retries       int // of p2
	}{
		"unknown address":          {func(*mailServer, string) error { return reply(550, smtp.EnhancedCode{5, 1, 1}, "no such user") }, false, "sent bounced sent", 1, 2, 1},
		"unknown address, later":   {func(*mailServer, string) error { return reply(550, smtp.EnhancedCode{5, 1, 1}, "no such user") }, true, "sent bounced sent", 1, 2, 1},
		"without enhanced code":    {func(*mailServer, string) error { return reply(550, smtp.NoEnhancedCode, "no such user") }, false, "sent bounced sent", 1, 2, 1},
		"mailbox full":             {func(*mailServer, string) error { return reply(552, smtp.EnhancedCode{5, 2, 2}, "mailbox full") }, false, "sent bounced sent", 1, 2, 1},
		"content refused":          {func(*mailServer, string) error { return reply(554, smtp.EnhancedCode{5, 7, 1}, "looks like spam") }, true, "sent made sent", 0, 2, 1},
		"sender refused":           {func(*mailServer, string) error { return reply(550, smtp.EnhancedCode{5, 1, 8}, "bad sender") }, false, "sent made sent", 0, 2, 1},
		"for now, then not":        {once(reply(450, smtp.EnhancedCode{4, 2, 0}, "greylisted")), false, "sent sent sent", 0, 3, 2},
		"for now, after the text":  {once(reply(451, smtp.EnhancedCode{4, 3, 0}, "try later")), true, "sent sent sent", 0, 3, 2},
		"for now, always":          {func(*mailServer, string) error { return reply(450, smtp.EnhancedCode{4, 2, 0}, "greylisted") }, false, "sent made sent", 0, 2, 4},
		"closing":                  {once(reply(421, smtp.EnhancedCode{4, 4, 2}, "idle for too long")), false, "sent sent sent", 0, 3, 2},
		"lost before it was given": {once(errHangUp), false, "sent sent sent", 0, 3, 2},
		"lost when it was given":   {func(*mailServer, string) error { return errHangUp }, true, "sent sending sent", 0, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, nil)
			tries := 0
			refuse := func(to string) error {
				if to != "p2@example.com" {
					return nil
				}
				tries++
				return c.refuse(m, to)
			}
			if c.onData {
				m.onData = func(r received) error { return refuse(r.to) }
			} else {
				m.onRcpt = refuse
			}
			w := newWorld(t, m, people(3)...)
			w.Pace = time.Second
			done, err := w.send()
			if err != nil || done.Sent != c.sent || done.Bounced != c.bounced || w.counts[invitation.Bounced] != c.bounced || done.Left != 0 {
				t.Errorf("%+v, %v; counted %v; told %q", done, err, w.counts, w.told)
			}
			if tries != c.retries {
				t.Errorf("tried %d times, want %d; waited %v", tries, c.retries, w.waited)
			}
			w.wantStates(c.want)
		})
	}
}

// once fails the first time.
func once(err error) func(*mailServer, string) error {
	failed := false
	return func(*mailServer, string) error {
		if failed {
			return nil
		}
		failed = true
		return err
	}
}

// TestUselessServer wants nobody to be written down as unreachable for a server that refuses everything.
func TestUselessServer(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*mailServer)
		want   string
		left   int
	}{
		"no relaying": {func(m *mailServer) {
			m.onRcpt = func(string) error { return reply(550, smtp.NoEnhancedCode, "relay not permitted") }
		}, "refuses one message after the other", 40},
		"sender unknown": {func(m *mailServer) {
			m.onMail = func(string) error { return reply(554, smtp.NoEnhancedCode, "Email address is not verified") }
		}, "not verified", 35},
		"overloaded": {func(m *mailServer) {
			m.onRcpt = func(string) error { return reply(454, smtp.EnhancedCode{4, 7, 0}, "Throttling failure") }
		}, "accepts no message for now", 39},
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, c.change)
			w := newWorld(t, m, people(40)...)
			done, err := w.send()
			check(t, err, c.want)
			if done.Sent != 0 || done.Bounced != 0 || done.Left != c.left {
				t.Errorf("%+v", done)
			}
			w.wantStates(strings.TrimSpace(strings.Repeat("made ", 40)))
			if d := w.waited; name == "overloaded" && d[len(d)-1] != slowest {
				t.Errorf("waited %v", d)
			}
		})
	}
}

// TestFirstAddressesWrong has a list begin with addresses that do not exist, at a server that says so in few words.
func TestFirstAddressesWrong(t *testing.T) {
	m := start(t, func(m *mailServer) {
		m.onRcpt = func(to string) error {
			if to < "p4" {
				return reply(550, smtp.NoEnhancedCode, "no such user")
			}
			return nil
		}
	})
	w := newWorld(t, m, people(5)...)
	if done, err := w.send(); err != nil || done.Bounced != 3 || done.Sent != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantStates("bounced bounced bounced sent sent")
}

// TestInterrupted stops while a message is handed over, which is finished, and goes on.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	m := start(t, nil)
	m.onData = func(r received) error {
		if r.to == "p2@example.com" {
			stop()
		}
		return nil
	}
	w := newWorld(t, m, people(4)...)
	done, err := w.Send(ctx, w.due(false))
	if !errors.Is(err, context.Canceled) || done.Sent != 2 || done.Left != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	w.wantStates("sent sent made made")
	if done, err = w.send(); err != nil || done.Sent != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if got := len(m.taken()); got != 4 {
		t.Errorf("%d messages", got)
	}
}

// TestChangesWhileSending has people opt out, answer or lose their invitations while the first message is sent.
func TestChangesWhileSending(t *testing.T) {
	m := start(t, nil)
	w := newWorld(t, m, people(7)...)
	all := slices.Collect(w.file.All())
	var listed []int
	w.Stopped = func(i *invitees.Invitee) error { listed = append(listed, i.Number); return nil }
	m.onData = func(r received) error {
		if r.to != "p1@example.com" {
			return nil
		}
		out, err := ownerfile.OpenOptOuts(ownerfile.OptOutsName(w.dir), ownerfile.Waiting{})
		if err == nil {
			err = errors.Join(out.Add(contacts.Contact{Email: "P2@Example.com"}, "2026-11-30"), out.Close())
		}
		change := func(n int, change func(invitation.Invitation) invitation.Invitation) {
			hash := all[n].Secret.Hash()
			w.stored[hash] = change(w.stored[hash])
		}
		change(2, invitation.Invitation.Withdraw)
		change(3, func(i invitation.Invitation) invitation.Invitation { return i.Redeem("") })
		change(5, invitation.Invitation.Stop)
		change(4, func(i invitation.Invitation) invitation.Invitation { i.Until = "2026-11-29"; return i })
		return err
	}
	done, err := w.send()
	if err != nil || done.Sent != 2 || done.Skipped[LeftOut] != 2 || done.Skipped[Withdrawn] != 1 || done.Skipped[Answered] != 1 || done.Skipped[Over] != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if got := m.to(); !slices.Equal(got, []string{"p1@example.com", "p7@example.com"}) {
		t.Errorf("sent to %v", got)
	}
	if !all[2].Withdrawn || !all[5].Stopped || !slices.Equal(listed, []int{6}) {
		t.Errorf("the record does not say what the store says; %v want no mail", listed)
	}
}

// TestAddresses sends to addresses that not every server can write to.
func TestAddresses(t *testing.T) {
	list := []contacts.Contact{{Name: "甲", Email: "甲@例子.公司"}, {Name: "B", Email: "b@bücher.example"}, {Name: "O", Email: "o'brien+x@example.com"}}
	for _, international := range []bool{false, true} {
		m := start(t, func(m *mailServer) { m.server.EnableSMTPUTF8 = international })
		w := newWorld(t, m, list...)
		done, err := w.send()
		want := []string{"b@xn--bcher-kva.example", "o'brien+x@example.com"}
		if international {
			want = append([]string{"甲@xn--fsqu00a.xn--55qx5d"}, want...)
		}
		if err != nil || !slices.Equal(m.to(), want) {
			t.Errorf("%v: %+v, %v, %v", international, done, err, m.to())
		}
		for _, r := range m.taken() {
			if r.utf8 != strings.HasPrefix(r.to, "甲") {
				t.Errorf("%s: SMTPUTF8 is %v", r.to, r.utf8)
			}
		}
		if !international && (done.Skipped[Unwritable] != 1 || !strings.HasPrefix(w.states(), "made")) {
			t.Errorf("%+v, %s", done, w.states())
		}
	}
}

// TestTwoSenders opens the owner's file twice.
func TestTwoSenders(t *testing.T) {
	w := newWorld(t, start(t, nil), people(1)...)
	if _, err := ownerfile.OpenInvitees(w.name(), "tea", ownerfile.Waiting{}); err == nil || !strings.Contains(err.Error(), "in use by another command") {
		t.Errorf("%v", err)
	}
}

// TestReminders reminds those who have not answered, at most twice, and not too early.
func TestReminders(t *testing.T) {
	m := start(t, nil)
	w := newWorld(t, m, people(5)...)
	all := slices.Collect(w.file.All())
	remind := func() (Choice, Progress) {
		t.Helper()
		c := Choice{Today: survey.Date(w.now.Format(time.DateOnly))}
		done, err := w.Send(t.Context(), c.Reminders(w.file.Record, Reminding{AtMost: 2, After: 7 * 24 * time.Hour, Now: w.now}))
		if err != nil {
			t.Fatal(err)
		}
		return c, done
	}
	if c, done := remind(); done.Sent != 0 || c.Skipped[NotInvited] != 5 {
		t.Errorf("before the invitation: %+v, %+v", c, done)
	}
	if _, err := w.send(); err != nil {
		t.Fatal(err)
	}
	first := all[0].Secret.Hash()
	w.stored[first] = w.stored[first].Redeem("")
	if err := w.file.Write(all[1].MessageEvent(invitees.Message{Name: Invitation, State: invitees.Bounced}), all[2].StoppedEvent()); err != nil {
		t.Fatal(err)
	}
	if c, done := remind(); done.Sent != 0 || c.Skipped[TooEarly] != 3 {
		t.Errorf("at once: %+v, %+v", c, done)
	}
	for n, want := range []int{2, 2, 0} {
		w.now = w.now.AddDate(0, 0, 8)
		c, done := remind()
		if done.Sent != want || n < 2 && done.Skipped[Answered] != 1 || c.Skipped[Returned] != 1 || c.Skipped[LeftOut] != 1 {
			t.Errorf("reminder %d: %+v, %+v", n+1, c, done)
		}
		if n == 2 && c.Skipped[Enough] != 2 {
			t.Errorf("reminder %d: %+v", n+1, c)
		}
	}
	ids := map[string]bool{}
	for _, r := range m.taken() {
		ids[r.from] = true
	}
	if len(m.taken()) != 9 || len(ids) != 9 {
		t.Errorf("%d messages with %d ids", len(m.taken()), len(ids))
	}
	for n, want := range map[int]string{3: "提醒：请您填写《茶水间使用情况》", 4: "Reminder: The tea room", 5: "提醒：请您填写《茶水间使用情况》"} {
		if got := subject(t, m.taken()[n+2].content); got != want {
			t.Errorf("the subject of message %d is %q, want %q", n, got, want)
		}
	}
}

// TestManyContacts has a long list pass through a server.
func TestManyContacts(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	n := soak.Cases(1000, 100_000)
	m := start(t, nil)
	w := newWorld(t, m)
	r := invitees.New("tea")
	events, err := r.Invite(people(n), invitees.Batch{}, crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := r.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range r.All() {
		w.stored[i.Secret.Hash()] = i.Invitation("tea")
		i.Stored = true
	}
	w.Write = func(events ...invitees.Event) error { return r.Apply(events[0]) }
	c := Choice{}
	done, err := w.Send(t.Context(), c.Invitations(r))
	if err != nil || done.Sent != n {
		t.Errorf("%+v, %v", done, err)
	}
}
