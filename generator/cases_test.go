package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/server/servertest"
)

const teaWithAlerts = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
timezone: Asia/Shanghai
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
alerts:
  - {when: taste <= 2, open: complaint, severity: major, priority: high, owner: 客服部, due_days: 5}
`

// receiver is a receiver of webhooks that is down at first.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	fails  int
	bodies []string
	ids    map[string]bool
}

func newReceiver(t *testing.T, fails int) *receiver {
	r := &receiver{fails: fails, ids: map[string]bool{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.fails > 0 {
			r.fails--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		r.bodies = append(r.bodies, string(body))
		r.ids[request.Header.Get("webhook-id")] = true
	}))
	t.Cleanup(r.Close)
	return r
}

// received returns the bodies of all notifications.
func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

// notifications counts different notifications.
func (r *receiver) notifications() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ids)
}

const webhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

// commandAt runs glasspoll on a data directory.
func commandAt(t *testing.T, data string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, failures bytes.Buffer
	code = run(t.Context(), append(args, "--data", data), strings.NewReader(""), &out, &failures)
	return code, out.String(), failures.String()
}

// TestCases opens cases by answers, and follows them up with the commands, while the server runs and after.
func TestCases(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, 1)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(webhookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	r := serveFiles(t, serveCommand{NoReload: true, Webhook: hook.URL, WebhookSecretFile: secret}, map[string]string{"surveys/tea.yaml": teaWithAlerts})
	data := filepath.Join(r.Dir, "data")
	for i, taste := range []int{1, 2, 3, 5, 1} {
		body := fmt.Sprintf(`{"id": "0000000%d-0000-4000-8000-000000000001", "answers": {"taste": %d, "mail": "secret@example.org"}}`, i, taste)
		if response, text := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, body); response.StatusCode != http.StatusCreated {
			t.Fatal(response.StatusCode, text)
		}
	}
	servertest.Eventually(t, "notifications of three cases", func() bool { return hook.notifications() == 3 })
	for _, body := range hook.received() {
		if strings.Contains(body, "secret") || strings.Contains(body, "0000-4000") || strings.Contains(body, `"taste":`) {
			t.Errorf("the notification has answers: %s", body)
		}
	}
	if page, text := r.Get(t, "/tea/definition.json"); page.StatusCode != http.StatusOK || strings.Contains(text, "客服部") || strings.Contains(text, "alerts") {
		t.Error("the alerts are public")
	}

	code, out, _ := commandAt(t, data, "cases", "list", "--format", "json")
	var listed []struct {
		ID, Survey, Type, Owner, Status, Due, Response string
		Overdue                                        bool
	}
	if err := json.Unmarshal([]byte(out), &listed); code != 0 || err != nil || len(listed) != 3 {
		t.Fatalf("%d %v\n%s", code, err, out)
	}
	first := listed[0]
	if first.Type != "complaint" || first.Owner != "客服部" || first.Status != "open" || first.Overdue || first.Due == "" {
		t.Errorf("listed %+v", first)
	}
	// The beginning of its id names a case.
	short := first.ID[:4]
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"cases", "assign", strings.ToLower(short), "--owner", "维修部", "--by", "主管"}, 0, "is assigned to 维修部"},
		{[]string{"cases", "close", short, "--result", "=HYPERLINK()", "--customer-told", "yes", "--customer-agreed", "yes"}, 0, "is closed, in time"},
		{[]string{"cases", "close", short, "--result", "again", "--customer-told", "no", "--customer-agreed", "not_asked"}, 1, "it is closed already"},
		{[]string{"cases", "close", listed[1].ID, "--result", " ", "--customer-told", "no", "--customer-agreed", "not_asked"}, 1, "the result is missing"},
		{[]string{"cases", "close", listed[1].ID, "--result", "x"}, 2, "customer-told"},
		{[]string{"cases", "close", listed[1].ID, "--result", "x", "--customer-told", "perhaps", "--customer-agreed", "no"}, 2, "write one of"},
		{[]string{"cases", "assign", listed[1].ID, "--owner", ""}, 1, "is missing"},
		{[]string{"cases", "show", "ZZZZ"}, 1, "there is no such case"},
		{[]string{"cases", "show", first.ID}, 0, "closed by 维修部: =HYPERLINK()"},
		{[]string{"cases", "list"}, 0, "2 cases, 0 overdue"},
		{[]string{"cases", "list", "--overdue"}, 0, "no cases"},
		{[]string{"cases", "list", "--survey", "coffee"}, 0, "no cases"},
		{[]string{"cases", "list", "--status", "closed", "--owner", "维修部"}, 0, "1 case, 0 overdue"},
		{[]string{"cases", "list", "--status", "done"}, 2, "write one of"},
		{[]string{"cases", "list", "--severity", "minor"}, 0, "no cases"},
		{[]string{"cases", "summary"}, 2, "missing: --month"},
		{[]string{"cases", "summary", "--month", "2026-Q4"}, 2, "--month 2026-10"},
		{[]string{"cases", "summary", "--month", "next"}, 2, "write one such as 2026-10"},
	} {
		code, out, failures := commandAt(t, data, step.args...)
		if code != step.code || !strings.Contains(out+failures, step.says) {
			t.Errorf("%v: %d, want %d with %q\n%s%s", step.args, code, step.code, step.says, out, failures)
		}
	}
	_, out, _ = commandAt(t, data, "cases", "list", "--status", "all", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 4 || rows[3][12] != "'=HYPERLINK()" || rows[3][13] != "true" {
		t.Errorf("%v %q", err, rows)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	// After the server has stopped.
	code, out, failures := commandAt(t, data, "cases", "show", first.ID, "--format", "json")
	if code != 0 || !strings.Contains(out, `"owner": "维修部"`) || !strings.Contains(out, `"customer_told": true`) {
		t.Errorf("%d\n%s%s", code, out, failures)
	}
	month := time.Now().In(time.FixedZone("", 8*3600)).Format("2006-01")
	for language, words := range map[string][]string{
		"zh": {month + " 跟进事项汇总", "平均天数", "投诉", "维修部", "截至今天"},
		"en": {"Cases of " + month, "Mean days", "complaint", "维修部", "as of today"},
	} {
		code, out, failures := commandAt(t, data, "cases", "summary", "--month", month, "--language", language)
		for _, word := range words {
			if !strings.Contains(out, word) && !(strings.HasPrefix(word, "as of") || strings.HasPrefix(word, "截至")) { // the month's last day
				t.Errorf("%s: %d, no %q in\n%s%s", language, code, word, out, failures)
			}
		}
		if row := regexp.MustCompile(`(?m)^(合计|All) +3 +1 +1 +1 +1 +0 +2 +0 +0\.0$`); !row.MatchString(out) {
			t.Errorf("%s: figures\n%s", language, out)
		}
	}
	if _, out, _ := commandAt(t, data, "cases", "summary", "--month", month, "--format", "csv"); !strings.Contains(out, "\nall,,3,1,1,1,0,2,0,0.0,1,1\n") || !strings.Contains(out, "\nowner,维修部,1,1,1,1,0,0,0,0.0,1,1\n") {
		t.Errorf("csv\n%s", out)
	}
	if _, out, _ := commandAt(t, data, "cases", "summary", "--month", "1999-12"); !strings.Contains(out, "There were no cases.") {
		t.Errorf("long ago\n%s", out)
	}
}

// TestCasesOfPrivateResults opens cases of surveys whose results are not public, also of one that was public before.
func TestCasesOfPrivateResults(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, 0)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(webhookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	audience := func(word string) string {
		return strings.Replace(teaWithAlerts, "{min_group: 2}", "{min_group: 2, audience: "+word+"}", 1)
	}
	r := serveFiles(t, serveCommand{Webhook: hook.URL, WebhookSecretFile: secret}, map[string]string{
		"surveys/staff.yaml": audience("staff"), "surveys/management.yaml": audience("management"), "surveys/tea.yaml": audience("public"),
	})
	answers := 0
	complain := func(survey string) {
		t.Helper()
		answers++
		body := fmt.Sprintf(`{"id": "0000000%d-0000-4000-8000-000000000001", "answers": {"taste": 1}}`, answers)
		if response, text := r.Do(t, "POST", "/api/surveys/"+survey+"/responses", map[string]string{"Content-Type": "application/json"}, body); response.StatusCode != http.StatusCreated {
			t.Fatal(response.StatusCode, text)
		}
		servertest.Eventually(t, "a notification of "+survey, func() bool { return hook.notifications() == answers })
	}
	for range 2 {
		for _, survey := range []string{"staff", "management", "tea"} {
			complain(survey)
		}
	}
	servertest.Eventually(t, "public results", func() bool {
		response, _ := r.Get(t, "/tea/results/")
		return response.StatusCode == http.StatusOK
	})
	r.Write(t, "surveys/tea.yaml", audience("staff"))
	servertest.Eventually(t, "no public results", func() bool {
		response, _ := r.Get(t, "/tea/results/")
		return response.StatusCode == http.StatusNotFound
	})
	complain("tea")
	for survey, cases := range map[string]string{"staff": "2 cases", "management": "2 cases", "tea": "3 cases"} {
		if code, out, failures := commandAt(t, filepath.Join(r.Dir, "data"), "cases", "list", "--survey", survey); code != 0 || !strings.Contains(out, cases) {
			t.Errorf("%s: %d\n%s%s", survey, code, out, failures)
		}
		if response, _ := r.Get(t, "/"+survey+"/results/"); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: results are public (%d)", survey, response.StatusCode)
		}
	}
}

// TestOverdueCasesAreMarked starts a server over cases that are overdue, of a survey and of none: they are marked, once.
func TestOverdueCasesAreMarked(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, serveCommand{NoReload: true}, map[string]string{"surveys/tea.yaml": teaWithAlerts})
	data := filepath.Join(r.Dir, "data")
	for _, more := range [][]string{{"--survey", "tea"}, nil} {
		code, out, failures := commandAt(t, data, append([]string{"cases", "add", "--number", "1", "--channel", "phone", "--opened", "2025-10-05", "--due", "2025-10-06"}, more...)...)
		if code != 0 {
			t.Fatalf("%d\n%s%s", code, out, failures)
		}
	}
	for range 2 { // the second server finds nothing to do
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		command := serveCommand{NoReload: true, Addr: "127.0.0.1:0", Surveys: filepath.Join(r.Dir, "surveys"), Templates: filepath.Join(r.Dir, "templates"), Data: data}
		r = servertest.Start(t, r.Dir, func(printed io.Writer) (servertest.Server, error) {
			return command.open(t.Context(), &console.Console{In: strings.NewReader(""), Out: printed, Err: printed})
		})
		servertest.Eventually(t, "cases that are marked", func() bool {
			_, out, _ := commandAt(t, data, "cases", "list", "--format", "json")
			return strings.Count(out, `"what": "overdue"`) == 2
		})
	}
	if _, out, _ := commandAt(t, data, "cases", "list"); !strings.Contains(out, "2 cases, 2 overdue") {
		t.Error(out)
	}
}
