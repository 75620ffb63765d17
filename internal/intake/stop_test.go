package intake_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

func (s *memory) StopMessages(_ context.Context, hash invitation.Hash) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.invitations[hash]
	if !found {
		return false, store.ErrNotInvited
	}
	s.invitations[hash] = i.Stop()
	return !i.Stopped, s.fault
}

func (s *memory) Count(_ context.Context, _, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted = append(s.counted, name)
	return s.countFault
}

func (s *memory) Counted(context.Context, string) (map[string]int64, error) { return nil, nil }

// steps returns the steps that were counted, in order.
func (d *fixture) steps(t *testing.T) (steps []string) {
	t.Helper()
	for _, name := range d.counted {
		c, ok := invitation.ParseCounter(name)
		if !ok || c.Day != "2026-11-22" || c.Period != "2026-Q4" {
			t.Errorf("the counter %s", name)
		}
		steps = append(steps, string(c.Step))
	}
	slices.Sort(steps)
	return steps
}

// Messages end also when the survey is not there any more: the links in those that were sent stay.
func TestStopWithoutTheSurvey(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	i := d.invite(t, linkSecret, func(i *invitation.Invitation) { i.Survey = "gone" })
	address := "/i/" + linkSecret + "/stop"
	if w := d.get(address); w.Code != 200 || !strings.Contains(w.Body.String(), `<form method="post"`) {
		t.Error(w.Code, w.Body)
	}
	if w := d.get("/i/" + linkSecret); w.Code != 410 {
		t.Error("the form:", w.Code)
	}
	if w := d.send("POST", address, plainForm, "List-Unsubscribe=One-Click"); w.Code != 200 || !d.invitations[i.Hash].Stopped || len(d.counted) > 0 {
		t.Error(w.Code, w.Body, d.counted)
	}
	if w := d.send("POST", address, plainForm, "", "Accept", asHTML, "Accept-Language", "zh"); w.Code != 200 || !strings.Contains(w.Body.String(), `lang="zh"`) {
		t.Error(w.Code, w.Body)
	}
}

// Messages are stopped by a button, and in one click by a mail program, whatever has become of the invitation; never by opening
// an address.
func TestStop(t *testing.T) {
	for name, change := range map[string]func(*invitation.Invitation){
		"usable": nil, "used": func(i *invitation.Invitation) { i.Redeemed = true }, "withdrawn": func(i *invitation.Invitation) { i.Withdrawn = true },
	} {
		d := open(t, tierYAML+"invited\n")
		i := d.invite(t, linkSecret, change)
		address := "/i/" + linkSecret + "/stop"
		for _, method := range []string{"GET", "HEAD"} {
			w := d.send(method, address, "", "", "Accept", asHTML)
			if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, `<form method="post"`) || strings.Contains(page, linkSecret) || w.Header().Get("Referrer-Policy") != "no-referrer" || d.invitations[i.Hash].Stopped {
				t.Errorf("%s: %s: %d\n%s", name, method, w.Code, page)
			}
		}
		if w := d.send("POST", address, plainForm, "List-Unsubscribe=One-Click"); w.Code != 200 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: one click: %d %s", name, w.Code, w.Body)
		}
		if got := d.invitations[i.Hash]; !got.Equal(i.Stop()) {
			t.Errorf("%s: %+v", name, got)
		}
		if w := d.send("POST", address, "multipart/form-data; boundary=x", "--x--", "Accept", asHTML); w.Code != 200 || !strings.Contains(w.Body.String(), "You will get no more messages") {
			t.Errorf("%s: again: %d", name, w.Code)
		}
		if steps := d.steps(t); !slices.Equal(steps, []string{"stopped"}) {
			t.Errorf("%s: counted %v", name, steps)
		}
	}
	d := open(t, tierYAML+"invited\n")
	for _, method := range []string{"GET", "POST"} {
		if w := d.send(method, "/i/"+linkSecret+"/stop", plainForm, "", "Accept", asHTML); w.Code != http.StatusGone {
			t.Errorf("an unknown one: %d", w.Code)
		}
	}
	d.invite(t, linkSecret, nil)
	if w := d.send("PUT", "/i/"+linkSecret+"/stop", "", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Error(w.Code, w.Header())
	}
	d.fault = errors.New("no disk")
	if w := d.send("POST", "/i/"+linkSecret+"/stop", plainForm, "", "Accept", asHTML); w.Code != http.StatusServiceUnavailable {
		t.Error(w.Code)
	}
}

// Opened, started and completed are counted once for each invitation, and a counter that fails fails nothing.
func TestStepsAreCounted(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	d.invite(t, linkSecret, nil)
	opened := func() {
		t.Helper()
		for _, secret := range []string{linkSecret, linkSecret, otherLink, "x"} {
			if w := d.send("POST", "/i/opened", plainForm+";charset=UTF-8", "_invitation="+secret); w.Code != 204 || w.Body.Len() > 0 {
				t.Error(w.Code, w.Body)
			}
		}
	}
	opened()
	if steps := d.steps(t); !slices.Equal(steps, []string{"opened"}) {
		t.Error(steps)
	}
	d.form("overall=9&_invitation=" + linkSecret)
	d.form("overall=8&_invitation=" + linkSecret)
	for range 2 {
		if w := d.form("overall=4&_id=" + uuid1 + "&_invitation=" + linkSecret); w.Code != 303 {
			t.Fatal(w.Code)
		}
	}
	d.form("overall=3&_invitation=" + linkSecret)
	opened()
	if steps := d.steps(t); !slices.Equal(steps, []string{"completed", "opened", "started"}) {
		t.Error(steps)
	}
	for method, want := range map[string]int{"GET": 405, "HEAD": 405, "PUT": 405} {
		if w := d.send(method, "/i/opened", "", ""); w.Code != want {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	d = open(t, tierYAML+"both\n")
	d.invite(t, linkSecret, nil)
	d.countFault = errors.New("no disk")
	opened()
	d.form("overall=5")
	if w := d.form("overall=4&_invitation=" + linkSecret); w.Code != 303 || !slices.Equal(d.steps(t), []string{"completed", "opened", "started"}) {
		t.Error(w.Code, d.steps(t))
	}
}
