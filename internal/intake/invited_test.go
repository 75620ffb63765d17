package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
)

const tierYAML = surveyYAML + `      - {id: tier, type: hidden, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
access: `

// A survey for the invited takes no answers without an invitation. What was typed stays in the form, and there is no empty one.
func TestOnlyTheInvited(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	w := d.form("overall=5&advice=More+tea&_language=en&tier=a")
	page := w.Body.String()
	if w.Code != http.StatusForbidden || !strings.Contains(page, "This survey is by invitation") || !strings.Contains(page, "More tea</textarea>") || strings.Contains(page, `name="tier" value="a"`) {
		t.Errorf("%d\n%s", w.Code, page)
	}
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"code":"invited_only"`) {
		t.Error(w.Code, w.Body)
	}
	for _, unknown := range []string{"0123456789ABCDEF", "x", strings.Repeat("0", 9999)} {
		if w := d.form("overall=5&_invitation=" + unknown); w.Code != http.StatusForbidden {
			t.Errorf("%.20s: %d", unknown, w.Code)
		}
	}
	if w := d.send("GET", formAddress+"en?tier=a", "", ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<form") || !strings.Contains(w.Body.String(), "This survey is by invitation") {
		t.Error(w.Code, w.Body)
	}
	if len(d.responses) > 0 {
		t.Errorf("stored: %v", d.responses)
	}
}

// Of a survey for both, others' answers have no value of the invitation, whatever they send; nor have those from a page of
// before there were invitations.
func TestHiddenValuesAreOfTheInvited(t *testing.T) {
	d := open(t, tierYAML+"both\n")
	before, problems := questionnaire.Parse("service.yaml", []byte(strings.TrimSuffix(tierYAML, "access: ")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.definitions["service@"+before.Version] = before
	for _, version := range []string{d.survey.Version, before.Version} {
		if w := d.form("overall=5&tier=a&_version=" + version); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code, w.Body)
		}
		d.now = d.now.AddDate(0, 0, 1)
	}
	if w := d.send("POST", "/api/surveys/service/responses?tier=a", "application/x-www-form-urlencoded", "overall=4"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":3,"tier":"a"}}`); w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	if len(d.responses) != 4 {
		t.Errorf("%d stored", len(d.responses))
	}
	for _, r := range d.responses {
		if len(r.Answers) != 1 {
			t.Errorf("stored: %v", r.Answers)
		}
	}
	if w := d.send("GET", formAddress+"en?tier=a", "", ""); w.Code != http.StatusOK || hidden(w)["tier"] != "" {
		t.Error(w.Code, hidden(w))
	}
}

const (
	linkSecret = "04HMASW9NF6YY00H"
	otherLink  = "041061050R3GG28A"
)

// invite stores an invitation to the survey, and returns it.
func (d *fixture) invite(t testing.TB, word string, change func(*invitation.Invitation)) invitation.Invitation {
	t.Helper()
	secret, err := invitation.ParseSecret(word)
	if err != nil {
		t.Fatal(err)
	}
	i := invitation.Invitation{Hash: secret.Hash(), Survey: "service", Channel: "email", Language: "en", Values: map[string]string{"tier": "a"}}
	if change != nil {
		change(&i)
	}
	d.invitations[i.Hash] = i
	return i
}

const asHTML = "text/html"

// get opens an address in a browser that has cookies, over plain http.
func (d *fixture) get(address string, more ...string) *httptest.ResponseRecorder {
	return d.send("GET", address, "", "", append([]string{"Accept", asHTML}, more...)...)
}

const formOfInvited = formAddress + "en?invited"

// The link leads to the form at an address without the secret, by a cookie that no script reads.
func TestLinkLeadsToTheForm(t *testing.T) {
	for _, access := range []string{"invited", "both"} {
		d := open(t, tierYAML+access+"\n")
		want := d.invite(t, linkSecret, nil)
		w := d.get("/i/" + linkSecret)
		led, mark, _ := strings.Cut(w.Header().Get("Location"), "=")
		if w.Code != http.StatusSeeOther || led != "../api/surveys/service/form/en?invited" || len(mark) != 8 {
			t.Fatal(w.Code, w.Header(), w.Body)
		}
		if got := w.Header().Get("Set-Cookie"); got != "glasspoll="+linkSecret+"."+mark+"; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax" {
			t.Error(got)
		}
		if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), linkSecret) {
			t.Error(w.Header(), w.Body)
		}
		w = d.get(formOfInvited+"="+mark, "Cookie", "glasspoll="+linkSecret+"."+mark)
		fields, page := hidden(w), w.Body.String()
		if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "private, max-age=0" {
			t.Error(w.Header())
		}
		if w.Code != http.StatusOK || fields["_invitation"] != linkSecret || fields["tier"] != "a" || fields["_channel"] != "email" || fields["_id"] == "" || strings.Count(page, linkSecret) != 1 {
			t.Error(w.Code, fields)
		}
		if got := d.invitations[want.Hash]; !got.Equal(want) || len(d.responses) > 0 {
			t.Errorf("opening the link has changed it: %+v", got)
		}
		w = d.form("overall=4&tier=b&_id=" + fields["_id"] + "&_channel=web&_language=en&_invitation=" + linkSecret)
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "thanks/en?") {
			t.Fatal(w.Code, w.Body)
		}
		for id, r := range d.responses {
			if r.Channel != "email" || fmt.Sprint(r.Answers) != "[[overall 4] [tier a]]" || !d.days[id].Equal(time.Date(2026, 11, 22, 0, 0, 0, 0, d.survey.Location())) {
				t.Errorf("stored: %+v on %s", r, d.days[id])
			}
		}
		if got := d.invitations[want.Hash]; len(d.responses) != 1 || !got.Redeemed || got.Answer != "" {
			t.Errorf("%d stored, %+v", len(d.responses), got)
		}
	}
}

// Over TLS the cookie is the site's alone, and none of another name counts.
func TestCookieOverTLS(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	d.invite(t, linkSecret, nil)
	const secure, plain = "__Host-glasspoll", "glasspoll"
	for _, c := range []struct{ host, header, value, want string }{
		{"example.com", "X-Forwarded-Proto", "https", secure},
		{"example.com", "X-Forwarded-Proto", "HTTPS, http", secure},
		{"example.com", "Sec-Fetch-Site", "none", secure},
		{"example.com", "X-Forwarded-Proto", "http", plain},
		{"example.com", "X-Other", "", plain},
		{"localhost:8080", "Sec-Fetch-Site", "none", plain},
		{"127.0.0.1:8080", "Sec-Fetch-Site", "none", plain},
		{"[::1]:8080", "Sec-Fetch-Site", "none", plain},
		{"forms.localhost", "Sec-Fetch-Site", "none", plain},
	} {
		ask := func(address, cookie string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", address, nil)
			r.Host = c.host
			r.Header.Set(c.header, c.value)
			r.Header.Set("Cookie", cookie+"="+linkSecret)
			w := httptest.NewRecorder()
			d.handler.ServeHTTP(w, r)
			return w
		}
		got := ask("/i/"+linkSecret, "x").Header().Get("Set-Cookie")
		if !strings.HasPrefix(got, c.want+"=") || strings.Contains(got, "; Secure") != (c.want == secure) {
			t.Errorf("%+v: %s", c, got)
		}
		for _, name := range []string{secure, plain} {
			if has := hidden(ask(formOfInvited, name))["_invitation"] == linkSecret; has != (name == c.want) {
				t.Errorf("%+v: the cookie %s counts: %t", c, name, has)
			}
		}
	}
}

// Links that lead nowhere say why, in a page of their own, and set no cookie.
func TestLinksThatLeadNowhere(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	for name, c := range map[string]struct {
		change func(*invitation.Invitation)
		status int
		says   string
	}{
		"used":      {func(i *invitation.Invitation) { i.Redeemed = true }, 200, "You have already answered. Thank you!"},
		"withdrawn": {func(i *invitation.Invitation) { i.Withdrawn = true }, 410, "This invitation was withdrawn"},
		"expired":   {func(i *invitation.Invitation) { i.Until = "2026-11-21" }, 410, "valid until 21 November 2026"},
		"early":     {func(i *invitation.Invitation) { i.From = "2026-11-23" }, 200, "valid from 23 November 2026"},
		"unknown":   {func(i *invitation.Invitation) { i.Hash[0]++ }, 410, "This invitation is not known"},
		"no survey": {func(i *invitation.Invitation) { i.Survey = "gone" }, 410, "This invitation is not known"},
	} {
		clear(d.invitations)
		stored := d.invite(t, linkSecret, c.change)
		for _, method := range []string{"GET", "HEAD"} {
			w := d.send(method, "/i/"+linkSecret, "", "", "Accept", asHTML)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v\n%s", name, w.Code, w.Header(), w.Body)
			}
			if strings.Contains(w.Body.String(), linkSecret) {
				t.Errorf("%s: the secret is on the page", name)
			}
		}
		if got := d.invitations[stored.Hash]; !got.Equal(stored) {
			t.Errorf("%s: now %+v", name, got)
		}
	}
	for _, address := range []string{"/i/", "/i/x", "/i/" + linkSecret + "/other", "/i/" + linkSecret + "/stop/x", "/i"} {
		if w := d.get(address); w.Code != 404 && w.Code != 410 {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	if w := d.send("POST", "/i/"+linkSecret, plainForm, "", "Accept", asHTML); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Error(w.Code, w.Header())
	}
}

// A link below a folder or a stage leads to the form there.
func TestLinkBelowAFolder(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	d.invite(t, linkSecret, nil)
	for _, address := range []string{"/prod/i/" + linkSecret, "/surveys/i/04hm-asw9-nf6y-yooh"} {
		if w := d.get(address); w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "../api/surveys/service/form/en?invited=") {
			t.Errorf("%s: %d %s", address, w.Code, w.Header().Get("Location"))
		}
	}
	if w := d.get("/i/" + linkSecret + "/"); !strings.HasPrefix(w.Header().Get("Location"), "../../api/surveys/service/form/en?invited=") {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

// follow opens the link of an invitation in a browser that has a cookie, or none, and returns the address of the form and the new cookie.
func (d *fixture) follow(t testing.TB, word, cookie string) (form, kept string) {
	t.Helper()
	w := d.get("/i/"+word, "Cookie", cookie)
	kept, _, ok := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w.Code != 303 || !ok {
		t.Fatal(w.Code, w.Header())
	}
	return strings.TrimPrefix(w.Header().Get("Location"), ".."), kept
}

// Two people follow their links in one browser: the first one's address leads to no form of the second. Who opens the link again stays
// at the same address, and the links to other languages keep it.
func TestTwoPeopleInOneBrowser(t *testing.T) {
	for _, access := range []string{"invited", "both"} {
		d := open(t, tierYAML+access+"\n")
		d.invite(t, linkSecret, nil)
		d.invite(t, otherLink, nil)
		first, cookie := d.follow(t, linkSecret, "")
		if again, _ := d.follow(t, strings.ToLower(linkSecret), cookie); again != first {
			t.Errorf("%s: the link again: %s, then %s", access, first, again)
		}
		w := d.get(first, "Cookie", cookie)
		if hidden(w)["_invitation"] != linkSecret || !strings.Contains(w.Body.String(), `href="../../../..`+strings.Replace(first, "/en?", "/zh?", 1)+`"`) {
			t.Errorf("%s: %v\n%s", access, hidden(w), w.Body)
		}
		second, cookie := d.follow(t, otherLink, cookie)
		if hidden(d.get(second, "Cookie", cookie))["_invitation"] != otherLink {
			t.Errorf("%s: the second person has no form", access)
		}
		for _, none := range []string{"glasspoll=", "glasspoll=" + otherLink, cookie} {
			if w := d.get(first, "Cookie", none); strings.Contains(w.Body.String(), "overall") || !strings.Contains(w.Body.String(), "Please open your invitation again") {
				t.Errorf("%s: the first address with %s: %d\n%s", access, none, w.Code, w.Body)
			}
		}
		w = d.form("overall=9&_language=en&_invitation="+linkSecret, "Cookie", cookie)
		if page := w.Body.String(); hidden(w)["_invitation"] != linkSecret || !strings.Contains(page, `form/zh?invited=-"`) {
			t.Errorf("%s: a mistake of the first: %s", access, page)
		}
	}
}

// Whoever opens the form at its public address answers for nobody who has followed a link in the same browser.
func TestOpenFormIsNobodys(t *testing.T) {
	d := open(t, tierYAML+"both\n")
	i := d.invite(t, linkSecret, nil)
	for _, mark := range []string{"", ".4fd0a1c2"} {
		w := d.get(formAddress+"en", "Cookie", "glasspoll="+linkSecret+mark)
		if fields := hidden(w); w.Code != 200 || fields["_invitation"] != "" || fields["tier"] != "" || fields["_id"] == "" {
			t.Error(w.Code, fields)
		}
		i.Redeemed = true
		d.invitations[i.Hash] = i
	}
}

// unreached is a store of invitations that cannot be read.
type unreached struct{ store.Invitations }

func (unreached) Invitation(context.Context, invitation.Hash) (invitation.Invitation, error) {
	return invitation.Invitation{}, errors.New("the disk is slow")
}

// The invitation stays in the form, as what was typed does, when it was not even looked up: sent again, the answers are the invitee's.
func TestInvitationStaysInTheForm(t *testing.T) {
	for _, access := range []string{"invited", "both"} {
		d := open(t, tierYAML+access+"\n")
		i := d.invite(t, linkSecret, nil)
		typed := "overall=3&advice=More+tea&_language=en&_id=" + uuid1 + "&_invitation=" + linkSecret
		stored := d.handler.Invitations
		for name, broken := range map[string]func() *httptest.ResponseRecorder{
			"malformed": func() *httptest.ResponseRecorder { return d.form(typed + "&x=%zz") },
			"failing": func() *httptest.ResponseRecorder {
				d.handler.Invitations = unreached{}
				defer func() { d.handler.Invitations = stored }()
				return d.form(typed)
			},
		} {
			w := broken()
			if fields := hidden(w); fields["_invitation"] != linkSecret || fields["_id"] != uuid1 || !strings.Contains(w.Body.String(), "More tea</textarea>") {
				t.Errorf("%s, %s: %d, %v", access, name, w.Code, fields)
			}
		}
		if w := d.form(typed); w.Code != 303 || !d.invitations[i.Hash].Redeemed {
			t.Errorf("%s: sent again: %d", access, w.Code)
		}
	}
}

// A browser that keeps no cookie can send the letters and digits of the invitation, and gets the form.
func TestWithoutACookie(t *testing.T) {
	d := open(t, tierYAML+"both\n")
	d.invite(t, linkSecret, nil)
	w := d.get(formOfInvited)
	if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "Your browser did not keep your invitation") || !strings.Contains(page, `action="../../../../api/surveys/service/form/en"`) || !strings.Contains(page, `name="_invitation"`) {
		t.Fatal(w.Code, page)
	}
	w = d.send("POST", formAddress+"en", plainForm, "_invitation=04hm-asw9-nf6y-yooh", "Accept", asHTML)
	if fields := hidden(w); w.Code != 200 || fields["_invitation"] != linkSecret || fields["tier"] != "a" {
		t.Error(w.Code, fields)
	}
	for _, typed := range []string{"", "x", otherLink, strings.Repeat("0", 999)} {
		w := d.send("POST", formAddress+"en", plainForm, "_invitation="+typed, "Accept", asHTML)
		if page := w.Body.String(); typed != "" && (!strings.Contains(page, "This invitation is not known") || !strings.Contains(page, `name="_invitation"`)) {
			t.Errorf("%q: %d\n%s", typed, w.Code, page)
		}
	}
	if w := d.send("POST", formAddress+"en", "text/plain", "x", "Accept", asHTML); w.Code != 415 {
		t.Error(w.Code)
	}
}

// One invitation is one answer, whoever sends others by it, and a retry is success.
func TestInvitationIsUsedOnce(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	i := d.invite(t, linkSecret, nil)
	const uuid2 = "6f1c3f0e-52f1-4d6b-9a52-0b4f3f1f7a12"
	first := "overall=4&_id=" + uuid1 + "&_invitation=" + linkSecret + "&_language=en"
	if w := d.form(first, "Cookie", "glasspoll="+linkSecret); w.Code != 303 || w.Header().Get("Set-Cookie") != "glasspoll=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" {
		t.Fatal(w.Code, w.Header())
	}
	if w := d.form(first, "Cookie", "glasspoll="+otherLink); w.Code != 303 || w.Header().Get("Set-Cookie") != "" {
		t.Error("a retry:", w.Code, w.Header())
	}
	if w := d.json(`{"id":"` + uuid1 + `","language":"en","invitation":"` + linkSecret + `","answers":{"overall":4}}`); w.Code != 200 {
		t.Error("a retry by the script:", w.Code, w.Body)
	}
	w := d.form("overall=2&advice=More+tea&_id=" + uuid2 + "&_invitation=" + linkSecret + "&_language=en")
	if page := w.Body.String(); w.Code != 409 || !strings.Contains(page, "You have already answered") || !strings.Contains(page, "quote the receipt") || !strings.Contains(page, "More tea</textarea>") {
		t.Error("a second device:", w.Code, page)
	}
	if w := d.json(`{"id":"` + uuid2 + `","invitation":"` + linkSecret + `","answers":{"overall":2}}`); w.Code != 409 || !strings.Contains(w.Body.String(), `"code":"invitation_used"`) {
		t.Error("a second device, by the script:", w.Code, w.Body)
	}
	if w := d.form("overall=1&_id=" + uuid1 + "&_invitation=" + linkSecret); w.Code != 409 {
		t.Error("other answers under the id:", w.Code)
	}
	d.now = d.now.AddDate(0, 0, 20)
	i.Until, i.Redeemed = "2026-11-30", true
	d.invitations[i.Hash] = i
	if w := d.form(first); w.Code != 303 {
		t.Error("a retry after the last day:", w.Code)
	}
	if len(d.responses) != 1 {
		t.Errorf("%d stored", len(d.responses))
	}
}

// What is not an answer uses no invitation up: programs that look through mail send forms, too.
func TestEmptyFormsUseNoInvitation(t *testing.T) {
	optional := strings.Replace(tierYAML, "required: true, ", "", 1)
	for name, c := range map[string]struct{ yaml, body string }{
		"a required question":    {tierYAML, "overall=&advice=x"},
		"nothing at all":         {optional, ""},
		"every field, and empty": {optional, "overall=&advice=&mail=&tier=a"},
		"blanks":                 {optional, "advice=+++"},
		"a mistake":              {optional, "overall=9"},
	} {
		d := open(t, c.yaml+"invited\n")
		i := d.invite(t, linkSecret, nil)
		w := d.form(c.body + "&_language=en&_id=" + uuid1 + "&_invitation=" + linkSecret)
		if w.Code != 422 || hidden(w)["_invitation"] != linkSecret || hidden(w)["_id"] != uuid1 || len(d.responses) > 0 || d.invitations[i.Hash].Redeemed {
			t.Errorf("%s: %d, %d stored, %v", name, w.Code, len(d.responses), hidden(w))
		}
		if w := d.form("overall=3&_id=" + uuid1 + "&_invitation=" + linkSecret); w.Code != 303 {
			t.Errorf("%s: then %d", name, w.Code)
		}
	}
}

// An invitation that has ended between opening the form and sending it says so, and what was typed stays. At the end of its last
// day there is the same grace as at the end of the survey.
func TestInvitationEndsMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*invitation.Invitation)
		after  time.Duration // the beginning of 23 November
		status int
		says   string
	}{
		"withdrawn":      {func(i *invitation.Invitation) { i.Withdrawn = true }, 0, 403, "This invitation was withdrawn"},
		"over":           {func(i *invitation.Invitation) { i.Until = "2026-11-22" }, 31 * time.Minute, 403, "Your invitation has expired"},
		"in grace":       {func(i *invitation.Invitation) { i.Until = "2026-11-22" }, 29 * time.Minute, 303, ""},
		"early":          {func(i *invitation.Invitation) { i.From = "2026-11-24" }, 0, 403, "Your invitation is not valid yet"},
		"just begun":     {func(i *invitation.Invitation) { i.From = "2026-11-23" }, 0, 303, ""},
		"another survey": {func(i *invitation.Invitation) { i.Survey = "other" }, 0, 403, "This invitation is not known"},
	} {
		d := open(t, tierYAML+"invited\n")
		d.now = time.Date(2026, 11, 23, 0, 0, 0, 0, d.survey.Location()).Add(c.after)
		d.invite(t, linkSecret, c.change)
		w := d.form("overall=3&advice=More+tea&_language=en&_invitation=" + linkSecret)
		page := w.Body.String()
		if w.Code != c.status || !strings.Contains(page, c.says) || c.says != "" && !strings.Contains(page, "More tea</textarea>") {
			t.Errorf("%s: %d\n%s", name, w.Code, page)
		}
	}
}

// Identified answers are stored with the invitation and at their time, if the page that was answered said so.
func TestIdentified(t *testing.T) {
	d := open(t, tierYAML+"invited\nanonymity: identified\n")
	i := d.invite(t, linkSecret, func(i *invitation.Invitation) { i.Period = "2026-Q3" })
	other := d.invite(t, otherLink, nil)
	before, problems := questionnaire.Parse("service.yaml", []byte(tierYAML+"invited\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.definitions["service@"+before.Version] = before
	d.form("overall=3&_id=" + uuid1 + "&_invitation=" + linkSecret)
	if got := d.invitations[i.Hash]; got.Answer != uuid1 || len(d.days) > 0 || d.responses[uuid1].Period != "2026-Q3" {
		t.Errorf("%+v, %v, %+v", got, d.days, d.responses)
	}
	d.form("overall=3&_version=" + before.Version + "&_invitation=" + otherLink)
	if got := d.invitations[other.Hash]; !got.Redeemed || got.Answer != "" || len(d.days) != 1 {
		t.Errorf("%+v, %v", got, d.days)
	}
}

// failing is a store of invitations that panics.
type failing struct{ store.Invitations }

func (failing) Invitation(_ context.Context, hash invitation.Hash) (invitation.Invitation, error) {
	panic("no such bucket")
}

// The log of a panic says where it was, and nothing of the invitation: not even the bytes that the runtime prints as arguments.
func TestPanicsTellNothing(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	i := d.invite(t, linkSecret, nil)
	secret, _ := invitation.ParseSecret(linkSecret)
	var log bytes.Buffer
	d.handler.Log, d.handler.Invitations = slog.New(slog.NewTextHandler(&log, nil)), failing{}
	for _, w := range []*httptest.ResponseRecorder{d.get("/i/" + linkSecret), d.get("/i/" + linkSecret + "/stop"), d.form("overall=3&_invitation=" + linkSecret)} {
		if w.Code != 500 {
			t.Error(w.Code)
		}
	}
	text := log.String()
	for _, bad := range []string{linkSecret, secret.Draft(), i.Hash.String(), fmt.Sprintf("%#x, %#x", i.Hash[0], i.Hash[1]), fmt.Sprintf("%#x, %#x", secret[0], secret[1])} {
		if strings.Contains(strings.ToUpper(text), strings.ToUpper(bad)) {
			t.Errorf("%s is in the log", bad)
		}
	}
	if !strings.Contains(text, "no such bucket") || !strings.Contains(text, "failing.Invitation") || !strings.Contains(text, "invited_test.go:") {
		t.Error(text)
	}
}
