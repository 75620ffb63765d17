package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/e2e/aws"
	"glasspoll/internal/cloud"
	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

const invitedSurvey = `
title: Guests
languages: [en]
period: quarter
timezone: Asia/Shanghai
access: invited
results: {min_group: 1}
sections:
  - questions:
      - {id: tier, type: hidden, label: Tier, options: [{id: gold, label: Gold}, {id: basic, label: Basic}]}
      - {id: overall, type: rating, steps: 5, required: true, label: Overall}
      - {id: remark, type: short_text, label: Remark}
`

// guest is somebody with a browser that keeps what this test tells it to.
type guest struct {
	t      *testing.T
	site   string
	cookie string
}

// send sends a request through the CDN, with the cookie and others of the browser. It follows no redirect, and takes cookies over.
func (g *guest) send(method, address, body string) (*http.Response, string) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.site+address, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Cookie", strings.TrimPrefix(g.cookie+"; analytics=1", "; "))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, c := range response.Cookies() {
		if g.cookie = c.Name + "=" + c.Value; c.MaxAge < 0 {
			g.cookie = ""
		}
	}
	return response, string(page)
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`)

// filledIn returns what a form sends in which one question is answered.
func filledIn(page, overall string) url.Values {
	fields := url.Values{"overall": {overall}}
	for _, found := range hiddenInput.FindAllStringSubmatch(page, -1) {
		fields.Set(found[1], found[2])
	}
	return fields
}

// inviteByCommand invites the people of a list as the guide for operators says, and returns the secrets of their links in its order.
func (d *deployment) inviteByCommand(t *testing.T, surveys, list string) (secrets []string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := d.run(t.Context(), "invite", "make", "guests", file, "--surveys", surveys, "--list", dir, "--table", d.name()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	owners, err := os.ReadFile(filepath.Join(dir, "guests.invitations"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(line, ",")
		if name == "name" {
			continue
		}
		for record := range strings.Lines(string(owners)) {
			if found := secretField.FindStringSubmatch(record); found != nil && strings.Contains(record, name) {
				secrets = append(secrets, found[1])
			}
		}
	}
	return secrets
}

var secretField = regexp.MustCompile(`"[Ss]ecret":"([0-9A-Z]{16})"`)

// invitedItems returns the items of the table of invitations.
func (d *deployment) invitedItems(t *testing.T) map[[2]string]map[string]types.AttributeValue {
	t.Helper()
	return d.allItems(t, cloud.InvitationTable(d.name()))
}

// TestOnAWSByInvitation uses a whole deployment: the site is published, people are invited, links are opened by programs that look
// through mail and by people, answers are sent, again and from a second device. Every call must be allowed by the role or the
// policy of who makes it; nothing that is stored or logged has the secret of a link, or says when it was used.
func TestOnAWSByInvitation(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const secret = "0123456789abcdef0123456789abcdef"
	for _, f := range []*aws.Function{d.submit, d.invite} {
		f.Env = append(f.Env, "ORIGIN_SECRETS="+secret, "ADDRESS_HEADER=CloudFront-Viewer-Address")
	}
	surveys := writeSurveys(t, map[string]string{"guests.yaml": invitedSurvey})
	if out, err := d.runPublish(t, surveys); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	site := startCDN(t, d, secret)
	follow := followStream(t, d)

	calls := map[string][]aws.Call{} // by who makes them
	collect := func(who string) {
		calls[who] = append(calls[who], d.database.Calls()...)
		d.database.Reset()
		d.files.Reset()
	}
	collect("publish")
	secrets := d.inviteByCommand(t, surveys, "name,email,tier\nAna,ana@example.com,gold\nBo,bo@example.com,basic\n")
	collect("inviter")
	if len(secrets) != 2 {
		t.Fatalf("the secrets are %q", secrets)
	}

	// Programs that look through mail open the link, as often as they like.
	before := d.invitedItems(t)
	scanner := &guest{t: t, site: site}
	for range 3 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if r, _ := scanner.send(method, "i/"+secrets[0], ""); r.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s of a link: %d", method, r.StatusCode)
			}
		}
	}
	if after := d.invitedItems(t); !reflect.DeepEqual(before, after) {
		t.Errorf("opening a link changes what is stored:\n%v\n%v", before, after)
	}
	collect("invite")

	ana := &guest{t: t, site: site}
	typed := strings.ToLower(secrets[0][:4] + "-" + secrets[0][4:8] + "-" + secrets[0][8:12] + "-" + secrets[0][12:])
	r, _ := ana.send(http.MethodGet, "i/"+typed+"?utm_source=mail", "")
	led := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || strings.Contains(strings.ToUpper(led), secrets[0][:4]) || strings.Contains(led, "utm") {
		t.Fatalf("following a link: %d to %s", r.StatusCode, led)
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("following a link: %s is %q, want %q", name, got, want)
		}
	}
	if c := r.Cookies(); len(c) != 1 || c[0].Name != "__Host-glasspoll" || !c[0].HttpOnly || !c[0].Secure || c[0].Path != "/" || c[0].Domain != "" || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %v", r.Header["Set-Cookie"])
	}
	if r, page := (&guest{t: t, site: site}).send(http.MethodGet, "i/0000000000000000", ""); r.StatusCode != http.StatusGone || strings.Contains(page, "404") || !strings.Contains(page, "<main") {
		t.Errorf("an unknown link: %d\n%.600s", r.StatusCode, page)
	}
	collect("invite")

	form := strings.TrimLeft(led, "./")
	if r, page := (&guest{t: t, site: site}).send(http.MethodGet, form, ""); r.StatusCode != http.StatusOK || strings.Contains(page, `name="overall"`) {
		t.Errorf("without the cookie there is a form: %d", r.StatusCode)
	}
	_, page := ana.send(http.MethodGet, form, "")
	if !strings.Contains(page, `name="overall"`) {
		t.Fatalf("there is no form:\n%.1500s", page)
	}
	sent := filledIn(page, "4")
	if _, refused := ana.send(http.MethodPost, "api/surveys/guests/responses", url.Values{"overall": {"4"}}.Encode()); !strings.Contains(refused, "<main") {
		t.Errorf("without the invitation: %.600s", refused)
	}
	if n := len(d.countStored()); n != 0 {
		t.Fatalf("%d stored without an invitation", n)
	}
	receipts := map[string]bool{}
	for range 2 { // sent, and sent again
		r, page := ana.send(http.MethodPost, "api/surveys/guests/responses", sent.Encode())
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("sending: %d\n%.1500s\n%s", r.StatusCode, page, d.log)
		}
		_, thanks := ana.send(http.MethodGet, "api/surveys/guests/"+strings.TrimLeft(r.Header.Get("Location"), "./"), "")
		receipts[receiptOn.FindString(thanks)] = true
	}
	if ana.cookie != "" || len(receipts) != 1 || receipts[""] {
		t.Errorf("after sending, the cookie is %q; the receipts are %v", ana.cookie, receipts)
	}

	second := &guest{t: t, site: site}
	other := filledIn(page, "1")
	other.Set("_id", "00000000-0000-4000-8000-000000000009")
	if r, page := second.send(http.MethodPost, "api/surveys/guests/responses", other.Encode()); r.StatusCode != http.StatusConflict {
		t.Errorf("a second answer by one invitation: %d\n%.600s", r.StatusCode, page)
	}
	collect("submit")
	if r, page := second.send(http.MethodGet, "i/"+secrets[0], ""); r.StatusCode != http.StatusOK || len(r.Cookies()) > 0 || strings.Contains(page, "<form") {
		t.Errorf("a used link: %d %v\n%.600s", r.StatusCode, r.Header, page)
	}
	collect("invite")

	// Bo's mail program wants no more messages, in one click (RFC 8058). The link can be used as before, and its form is opened.
	bo := &guest{t: t, site: site}
	if r, page := bo.send(http.MethodGet, "i/"+secrets[1]+"/stop", ""); r.StatusCode != http.StatusOK || !strings.Contains(page, "<form") {
		t.Errorf("the page to stop messages: %d\n%.600s", r.StatusCode, page)
	}
	for _, request := range []struct {
		method, address, body string
		status                int
	}{
		{http.MethodPost, "i/" + secrets[1] + "/stop", "List-Unsubscribe=One-Click", http.StatusOK},
		{http.MethodPost, "i/opened", "_invitation=" + secrets[1], http.StatusNoContent},
		{http.MethodGet, "i/" + secrets[1], "", http.StatusSeeOther},
	} {
		if r, page := bo.send(request.method, request.address, request.body); r.StatusCode != request.status {
			t.Errorf("%s %s: %d\n%.600s", request.method, request.address, r.StatusCode, page)
		}
	}
	collect("invite")
	counted, err := d.table.Counted(t.Context(), "guests")
	if err != nil || len(counted) < 3 { // started, completed, opened, and what the command has raised
		t.Errorf("counted %v, %v", counted, err)
	}

	stored := d.countStored()
	if len(stored) != 1 {
		t.Errorf("stored: %v", stored)
	}
	d.database.Reset()
	d.deliver(t, follow.waitForRecords(1))
	collect("publish function")
	_, _, data := fetch(t, site+"guests/results/results.json")
	var published resultsFile
	if err := json.Unmarshal([]byte(data), &published); err != nil || published.Respondents != 1 {
		t.Errorf("%d respondents, %v", published.Respondents, err)
	}

	d.checkInvited(t, secrets, slices.Collect(maps.Keys(stored)))
	for who, denied := range map[string]func(aws.Call) string{
		"submit": template.Submit().Denied, "invite": template.Invite().Denied, "inviter": template.Inviter().Denied, "publish function": template.Publish().Denied,
	} {
		if len(calls[who]) == 0 {
			t.Errorf("no calls of %s were seen", who)
		}
		for _, c := range calls[who] {
			if why := denied(c); why != "" {
				t.Errorf("the role of %s does not allow %s: %s", who, c.Name, why)
			}
		}
	}
	checkRolesAreApart(t, template)
}

var receiptOn = regexp.MustCompile(`<code dir="ltr">[^<]+</code>`)

// checkInvited checks that neither what is stored nor the logs have a secret or an address of a link, and that nothing of the
// invitations says when one was used, or for which answers.
func (d *deployment) checkInvited(t *testing.T, secrets, ids []string) {
	t.Helper()
	for _, f := range []*aws.Function{d.submit, d.invite, d.publish} {
		f.Kill() // the whole log has been read once the process has ended
	}
	log := strings.ToUpper(d.log.String())
	for _, secret := range secrets {
		s, err := invitation.ParseSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{secret, secret[4:8] + "-" + secret[8:12], strings.ToUpper(s.Hash().String()), "/I/"} {
			if strings.Contains(log, part) {
				t.Errorf("the logs contain %s:\n%s", part, d.log)
			}
		}
		if found := d.itemsWith(t, secret); len(found) > 0 {
			t.Errorf("the table has the secret, in %q", found)
		}
	}
	used := 0
	for key, item := range d.invitedItems(t) {
		if !strings.HasPrefix(key[0], "V#") {
			continue
		}
		if item["used"] != nil {
			used++
		}
		for name := range item {
			if !slices.Contains([]string{"PK", "SK", "survey", "body", "used", "stopped"}, name) {
				t.Errorf("an invitation has %s", name)
			}
		}
		body := item["body"].(*types.AttributeValueMemberB).Value
		for _, part := range append(ids, secrets...) {
			if strings.Contains(string(body)+key[1], part) {
				t.Errorf("%s has %s", key, part)
			}
		}
	}
	if used != len(ids) {
		t.Errorf("%d are marked as used, and there are %d answers", used, len(ids))
	}
	for key, item := range d.allItems(t, d.name()) {
		for name, value := range item {
			if !strings.HasPrefix(key[0], "I#") && !strings.HasPrefix(key[0], "Q#") || name != "at" {
				continue
			}
			nanoseconds, err := strconv.ParseInt(value.(*types.AttributeValueMemberN).Value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Unix(0, nanoseconds).In(shanghai(t))
			if at.Hour() != 0 || at.Minute() != 0 || at.Second() != 0 || at.Nanosecond() != 0 {
				t.Errorf("%s came at %v, which is more than the day", key[0], at)
			}
		}
	}
}

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// checkRolesAreApart has calls that must be denied, to test the check itself.
func checkRolesAreApart(t *testing.T, template *aws.Template) {
	t.Helper()
	const first, second = "polls", "polls-invitations"
	call := func(name, table, pk, more string) aws.Call {
		kind := "Key"
		if name == "PutItem" {
			kind = "Item"
		}
		return aws.Call{Name: name, Body: fmt.Appendf(nil, `{"TableName":%q,%q:{"PK":{"S":%q}}%s}`, table, kind, pk, more)}
	}
	const id = "I#guests#00000000-0000-4000-8000-000000000001"
	old := `,"ReturnValues":"ALL_OLD"`
	for _, c := range []struct {
		who     string
		denied  func(aws.Call) string
		call    aws.Call
		allowed bool
	}{
		{"submit", template.Submit().Denied, call("UpdateItem", second, "V#00", ""), true},
		{"submit", template.Submit().Denied, call("UpdateItem", second, "V#00", old), false},
		{"submit", template.Submit().Denied, call("UpdateItem", first, "V#00", ""), false},
		{"submit", template.Submit().Denied, call("PutItem", second, "V#00", ""), false},
		{"submit", template.Submit().Denied, call("PutItem", second, id, ""), false},
		{"submit", template.Submit().Denied, call("GetItem", first, id, ""), false},
		{"invite", template.Invite().Denied, call("GetItem", second, "V#00", ""), true},
		{"invite", template.Invite().Denied, call("GetItem", first, "J#guests#2026-Q4#0000000001", ""), false},
		{"invite", template.Invite().Denied, call("GetItem", first, id, ""), false},
		{"invite", template.Invite().Denied, call("PutItem", first, id, ""), false},
		{"invite", template.Invite().Denied, call("GetItem", first, "X", ""), false},
		{"inviter", template.Inviter().Denied, call("PutItem", second, "V#00", ""), true},
		{"inviter", template.Inviter().Denied, call("GetItem", first, id, ""), false},
		{"publish", template.Publish().Denied, call("GetItem", second, "V#00", ""), false},
		{"operator", template.Operator().Denied, call("UpdateItem", second, "V#00", ""), false},
	} {
		if why := c.denied(c.call); (why == "") != c.allowed {
			t.Errorf("%s, %s %s: %q", c.who, c.call.Name, c.call.Body, why)
		}
	}
}

// inviteMany invites n people to a survey, and returns the secrets of their links.
func (d *deployment) inviteMany(t *testing.T, s *survey.Survey, n int) (words []string) {
	t.Helper()
	var all []invitation.Invitation
	for i := range n {
		var secret invitation.Secret
		secret[0], secret[1] = byte(i), byte(i>>8)
		words = append(words, secret.Word())
		all = append(all, invitation.Invitation{Hash: secret.Hash(), Survey: s.ID, Batch: "all", Values: map[string]string{"tier": "gold"}})
	}
	if added, err := d.table.PutInvitations(t.Context(), all); err != nil || added != n {
		t.Fatal(added, err)
	}
	return words
}

// guests publishes invitedSurvey without its pages.
func (d *deployment) guests(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("guests.yaml", []byte(invitedSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := d.table.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func invitedSubmission(secret string, n int) string {
	return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","invitation":%q,"answers":{"overall":%d}}`, n, secret, n%5+1)
}

// marks counts the invitations that are marked as used.
func (d *deployment) marks(t *testing.T) (n int) {
	t.Helper()
	for i, err := range d.table.InvitationsOf(t.Context(), "guests") {
		if err != nil {
			t.Fatal(err)
		}
		if i.Redeemed {
			n++
		}
	}
	return n
}

// TestOnAWSOneInvitationIsOneAnswer answers by each invitation from two devices at the same moment, which two processes serve: one
// answer is stored, and the other one is told.
func TestOnAWSOneInvitationIsOneAnswer(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	s := d.guests(t)
	n := soak.Cases(12, 300)
	secrets := d.inviteMany(t, s, n)
	env := map[string]string{}
	for _, pair := range d.submit.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	devices := []*aws.Function{d.submit, d.function("submit", env)}
	for i, secret := range secrets {
		var wait sync.WaitGroup
		status := make([]int, len(devices))
		for at, f := range devices {
			wait.Go(func() {
				e := events.APIGatewayV2HTTPRequest{
					Version: "2.0", RawPath: "/api/surveys/guests/responses", Headers: map[string]string{"content-type": "application/json"}, Body: invitedSubmission(secret, 2*i+at),
				}
				e.RequestContext.HTTP.Method = http.MethodPost
				raw, err := f.Invoke(t.Context(), e)
				var reply events.APIGatewayV2HTTPResponse
				if err == nil {
					err = json.Unmarshal(raw, &reply)
				}
				if err != nil {
					t.Error(err)
				}
				status[at] = reply.StatusCode
			})
		}
		wait.Wait()
		slices.Sort(status)
		if !slices.Equal(status, []int{http.StatusCreated, http.StatusConflict}) {
			t.Errorf("invitation %d: %v", i, status)
		}
	}
	if stored, marks := len(d.countStored()), d.marks(t); stored != n || marks != n {
		t.Errorf("%d stored and %d marks, of %d invitations", stored, marks, n)
	}
}

// TestOnAWSInvitedSubmitKilledAtEachCall kills the form handler at its calls to the store while it takes an answer by invitation:
// at any moment, there are as many marks as answers, and what was acknowledged is stored.
func TestOnAWSInvitedSubmitKilledAtEachCall(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	s := d.guests(t)
	secrets := d.inviteMany(t, s, soak.Cases(40, 200))
	n := 0
	total := map[string]int{}
	for _, fault := range []aws.Fault{aws.NotApplied, aws.Applied} {
		broken := killAtEachCall(t, d.submit, d.database, fault, func(breaking bool) {
			t.Helper()
			if breaking {
				n++
			}
			reply, err := d.postTo("guests", "application/json", invitedSubmission(secrets[n], n), false)
			d.database.Pause(true)
			stored, marks := len(d.countStored()), d.marks(t)
			d.database.Pause(false)
			if stored != marks || stored > n || stored < n-1 {
				t.Fatalf("%d stored and %d marks, of %d sent", stored, marks, n)
			}
			if errors.Is(err, aws.ErrKilled) && breaking {
				return
			}
			if err != nil || reply.StatusCode != http.StatusCreated && reply.StatusCode != http.StatusOK || stored != n {
				t.Fatalf("%d %s %v; %d stored of %d", reply.StatusCode, reply.Body, err, stored, n)
			}
		})
		for kind, times := range broken {
			total[kind] += times
		}
	}
	for _, kind := range []string{"GetItem D", "GetItem V", "TransactWriteItems I"} {
		if total[kind] < 2 {
			t.Errorf("%s was broken off %d times: %v", kind, total[kind], total)
		}
	}
	t.Logf("broken off %v", total)
}

// TestOnAWSWithoutTableOfInvitations uses a deployment of an earlier version: its stack has no second table. Answers to open
// surveys are taken and carried elsewhere as before; a survey for the invited says what to do.
func TestOnAWSWithoutTableOfInvitations(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	if _, err := d.client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: sdk.String(cloud.InvitationTable(d.name()))}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*aws.Function{d.submit, d.invite, d.publish} {
		f.Env = slices.DeleteFunc(f.Env, func(pair string) bool { return strings.HasPrefix(pair, "INVITATIONS=") })
	}
	if reply, err := d.post("application/json", serviceSubmission(1), false); err != nil || reply.StatusCode != http.StatusCreated {
		t.Fatal(reply, err)
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
	if f := d.publicFigures(); f.Respondents != 1 {
		t.Errorf("%+v", f)
	}
	data := filepath.Join(t.TempDir(), "data")
	move := func() (string, error) { return d.run(t.Context(), "results", "move", "table:"+d.name(), data) }
	if out, err := move(); err != nil || !strings.Contains(out, "1 response") {
		t.Errorf("%v\n%s", err, out)
	}

	surveys := writeSurveys(t, map[string]string{"guests.yaml": invitedSurvey})
	d.guests(t)
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("name,email,tier\nAna,ana@example.com,gold\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := d.run(t.Context(), "invite", "make", "guests", list, "--surveys", surveys, "--list", t.TempDir(), "--table", d.name())
	moved, notMoved := move()
	for _, c := range []struct {
		err error
		out string
	}{{err, made}, {notMoved, moved}} {
		if c.err == nil || !strings.Contains(c.out, "bring its stack up to date") || !strings.Contains(c.out, cloud.InvitationTable(d.name())) {
			t.Errorf("%v\n%s", c.err, c.out)
		}
	}
	if reply, err := d.postTo("guests", "application/json", invitedSubmission("7QXK2M9P4RTZ8VBN", 2), false); err != nil || reply.StatusCode != http.StatusForbidden {
		t.Errorf("%d %s %v", reply.StatusCode, reply.Body, err)
	}
}
