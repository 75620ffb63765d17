package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/local"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/server/servertest"
)

const mailedTea = `title: Tea
access: invited
channels: [email]
sections:
  - questions:
      - {id: tier, type: hidden, label: Tier, segment: true, options: [{id: key, label: Key}, {id: other_one, label: Other}]}
      - {id: taste, type: rating, steps: 5, label: Taste}
`

// TestMessagesAreCounted counts messages in a store, by channel and segment, and tells once that it cannot.
func TestMessagesAreCounted(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte(mailedTea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	store, err := local.Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	m := &mailRun{Console: &console.Console{Out: &printed, Err: &printed}, survey: s}
	key := &invitees.Invitee{Number: 1, Contact: contacts.Contact{Email: "a@example.com", Channel: "email", Values: map[string]string{"tier": "key"}}}
	for _, step := range []invitation.Step{invitation.Accepted, invitation.Accepted, invitation.Bounced} {
		m.count(t.Context(), store, step, key)
	}
	counted, err := store.Counted(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := map[invitation.Step]int64{}
	for name, n := range counted {
		c, ok := invitation.ParseCounter(name)
		if !ok || c.Channel != "email" || c.Values["tier"] != "key" || c.Day == "" {
			t.Errorf("%s: %+v", name, c)
		}
		got[c.Step] += n
	}
	if got[invitation.Accepted] != 2 || got[invitation.Bounced] != 1 {
		t.Errorf("counted %v", got)
	}
	for range 2 {
		m.count(t.Context(), uncountable{}, invitation.Accepted, key)
	}
	if want := "Note: not all messages are counted: full\n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed.String(), want)
	}
}

type uncountable struct{ mailStore }

func (uncountable) Count(context.Context, string, string) error { return errors.New("full") }

// TestReasonsHaveWords wants words for every reason for which nobody is written to.
func TestReasonsHaveWords(t *testing.T) {
	for reason := range mailing.Reasons {
		if words := reasons[reason]; words == "" || words.Text().In(message.Chinese) == string(words) {
			t.Errorf("reason %d has no words, or none in Chinese", reason)
		}
	}
}

func TestPace(t *testing.T) {
	for rate, want := range map[string]time.Duration{"60/min": time.Second, "60": time.Second, "2/s": time.Second / 2, "500/h": 7200 * time.Millisecond, "0/s": 0, "": 0, "1/d": 0, "-1": 0, "9999999": 0} {
		if got, err := (mailFlags{Rate: rate}).pace(); got != want || (err != nil) != (want == 0) {
			t.Errorf("%s: %s, %v", rate, got, err)
		}
	}
}

// TestStopsOfOtherSurveys lets somebody say by the link of one survey that no more mail is wanted. No other survey writes to them.
func TestStopsOfOtherSurveys(t *testing.T) {
	t.Parallel()
	dir := servertest.Files(t, map[string]string{"surveys/tea.yaml": invitedTea, "surveys/cake.yaml": invitedTea, "list.csv": aList(3), "more.csv": aList(4)})
	data := filepath.Join(dir, "data")
	if err := fillStore(data, filepath.Join(dir, "surveys"), strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--surveys", filepath.Join(dir, "surveys"), "--data", data}
	for _, id := range []string{"tea", "cake"} {
		if code, out, text := command(t, append([]string{"invite", "make", id, filepath.Join(dir, "list.csv")}, flags...)...); code != 0 {
			t.Fatal(code, out, text)
		}
	}
	stopMessages(t, data, "tea", "c1@example.com")
	// Nothing listens at the port 9, so nothing is sent.
	code, out, text := command(t, append([]string{"invite", "send", "cake", "--address", "https://example.com/", "--from", "me@example.com", "--smtp", "smtp://127.0.0.1:9"}, flags...)...)
	if code == 0 || !strings.Contains(out, "to be sent: 2\n") || !strings.Contains(out, "want no e-mail: 1\n") {
		t.Error(code, out, text)
	}
	code, out, text = command(t, append([]string{"invite", "make", "cake", filepath.Join(dir, "more.csv")}, flags...)...)
	if code != 0 || !strings.Contains(out, "1 invitation new; invited before: 2; no mail wanted: 1") {
		t.Error(code, out, text)
	}
}
