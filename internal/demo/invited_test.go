package demo

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
)

// The same seed makes the same customers, and more of them begin with the same ones.
func TestGuests(t *testing.T) {
	s, problems := questionnaire.Parse("club.yaml", []byte(`title: Club
access: invited
channels: [email, sms]
sections:
  - questions:
      - {id: class, type: hidden, label: Class, segment: true, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: taste, type: rating, steps: 5, label: Taste}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	guests, err := Guests(s, Options{Answers: 400, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	few, err := Guests(s, Options{Answers: 30, Seed: 1})
	if err != nil || !reflect.DeepEqual(few, guests[:30]) {
		t.Errorf("30 of 400 are others: %v", err)
	}
	all, used, addresses, last := map[string]int{}, map[string]int{}, map[string]bool{}, map[invitation.Step]int{}
	for _, g := range guests {
		if g.Came < 1 || g.Came > g.Sent {
			t.Errorf("sent %d days ago, and came %d days ago", g.Sent, g.Came)
		}
		if g.Contact.Phone != "" && g.Last == invitation.Bounced || (g.Contact.Channel == "sms") != (g.Contact.Email == "") {
			t.Errorf("%+v", g.Contact)
		}
		addresses[fmt.Sprint(g.Contact.Keys())] = true
		last[g.Last]++
		all[g.Contact.Values["class"]]++
		if g.Last == invitation.Completed {
			used[g.Contact.Values["class"]]++
		}
	}
	if len(addresses) != 400 {
		t.Errorf("%d addresses of 400", len(addresses))
	}
	if !(all["a"] < all["b"] && all["b"] < all["c"]) || all["a"]+all["b"]+all["c"] != 400 {
		t.Errorf("classes: %v", all)
	}
	if rate := func(class string) float64 { return float64(used[class]) / float64(all[class]) }; !(rate("a") > rate("b") && rate("b") > rate("c")) {
		t.Errorf("%v of %v answer", used, all)
	}
	for _, step := range []invitation.Step{invitation.Issued, invitation.Accepted, invitation.Bounced, invitation.Opened, invitation.Completed} {
		if last[step] == 0 {
			t.Errorf("nobody comes as far as %s", step)
		}
	}
	if n := last[invitation.Completed]; n < 200 || n > 320 {
		t.Errorf("%d of 400 answer", n)
	}
}

func TestKnows(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/s/i/"+(invitation.Secret{1}).Word() {
			http.Redirect(w, r, "/elsewhere", http.StatusSeeOther)
			return
		}
		w.WriteHeader(http.StatusGone)
	}))
	defer site.Close()
	c := NewClient(site.URL + "/s/")
	defer c.Close()
	for secret, want := range map[invitation.Secret]bool{{1}: true, {2}: false} {
		if known, err := c.Knows(t.Context(), secret); err != nil || known != want {
			t.Errorf("%t, %v, want %t", known, err, want)
		}
	}
}
