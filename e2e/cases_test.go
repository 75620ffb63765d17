package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"glasspoll/e2e/aws"
	"glasspoll/internal/cases"
	"glasspoll/internal/questionnaire"
)

// eventBus receives events as EventBridge does. While it is down, it rejects them.
type eventBus struct {
	*httptest.Server
	mu     sync.Mutex
	down   bool
	events map[string]int // number of events by case id
}

func newEventBus(t *testing.T) *eventBus {
	b := &eventBus{events: map[string]int{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.down {
			http.Error(w, `{"__type": "AccessDeniedException"}`, http.StatusBadRequest)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var request struct {
			Entries []struct{ Source, DetailType, Detail string }
		}
		var detail cases.Notice
		if json.Unmarshal(body, &request) != nil || len(request.Entries) != 1 || json.Unmarshal([]byte(request.Entries[0].Detail), &detail) != nil {
			t.Errorf("event %s", body)
		}
		b.events[detail.ID]++
		io.WriteString(w, `{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}`)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *eventBus) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// notifications returns the number of events by case id.
func (b *eventBus) notifications() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.events)
}

// slackChannel takes messages as a channel of Slack does.
type slackChannel struct {
	mu    sync.Mutex
	texts []string
}

// newSlack starts a channel, and a service of parameters whose only one names it.
func newSlack(t *testing.T) (channel *slackChannel, parameters string) {
	c := &slackChannel{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var message struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		c.texts = append(c.texts, message.Text)
		io.WriteString(w, "ok")
	}))
	t.Cleanup(hook.Close)
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value := "GLASSPOLL_NEWS_SLACK=" + hook.URL + "/services/T/B/x\nGLASSPOLL_NEWS_SLACK_LANGUAGE=zh\n"
		json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]string{"Value": value}})
	}))
	t.Cleanup(store.Close)
	return c, store.URL
}

func (c *slackChannel) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.texts)
}

// TestOnAWSAlertsOpenCases checks that the deployed function opens cases and sends notifications, that the command handles the
// cases, and that their policies allow it.
func TestOnAWSAlertsOpenCases(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	bus := newEventBus(t)
	d.publish.Stop()
	slack, settings := newSlack(t)
	env := map[string]string{"EVENTBRIDGE_ENDPOINT": bus.URL}
	for _, pair := range d.publish.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	env["SSM_ENDPOINT"], env["NEWS_PARAMETER"] = settings, "/glasspoll/news"
	d.publish = d.function("publish", env)
	s, problems := questionnaire.Parse("service.yaml", []byte(serviceSurvey+"alerts: [{when: overall <= 2, open: complaint, owner: desk, due_days: 5}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := d.table.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d.database.Reset()
	want := map[string]int{}
	send := func(from, to int) {
		for n := from; n < to; n++ {
			reply, err := d.post("application/json", serviceSubmission(n), false)
			if err != nil || reply.StatusCode != http.StatusCreated {
				t.Fatal(reply, err)
			}
			if n%5+1 <= 2 {
				want[cases.ID("service", fmt.Sprintf("00000000-0000-4000-8000-%012d", n))] = 1
			}
		}
	}
	check := func(when string) {
		t.Helper()
		if got := bus.notifications(); !maps.Equal(got, want) {
			t.Errorf("%s: notifications of %v\nwant %v", when, got, want)
		}
		all, err := d.table.CasesOf(t.Context(), "service")
		if err != nil || len(all) != len(want) {
			t.Errorf("%s: %d cases, want %d, %v", when, len(all), len(want), err)
		}
	}
	send(0, 10)
	if err := d.publishChanges(); err != nil {
		t.Fatalf("%v\n%s", err, d.log)
	}
	check("after the first answers")
	if _, err := d.publish.Invoke(t.Context(), map[string]bool{"news": true}); err != nil {
		t.Fatalf("%v\n%s", err, d.log)
	}
	if told := slack.told(); len(told) != 1 || !strings.HasPrefix(told[0], fmt.Sprintf("Glasspoll：%d 件新事项\n新事项 ", len(want))) {
		t.Errorf("told %q", told)
	}
	bus.setDown(true)
	send(10, 20)
	if err := d.publishChanges(); err == nil {
		t.Error("a notification was not sent, and the event succeeded: it will not be retried")
	}
	if all, err := d.table.CasesOf(t.Context(), "service"); err != nil || len(all) != len(want) {
		t.Errorf("while the bus is down: %d cases, want %d, %v", len(all), len(want), err)
	}
	bus.setDown(false)
	for range 2 {
		if err := d.publishChanges(); err != nil {
			t.Fatalf("%v\n%s", err, d.log)
		}
	}
	check("when the bus is up again")
	for _, c := range d.database.Calls() {
		if submit := template.Submit().Denied(c); submit != "" && template.Publish().Denied(c) != "" {
			t.Errorf("neither role allows %s: %s", c.Name, template.Publish().Denied(c))
		}
	}

	run := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), binary, append([]string{"cases"}, args...)...)
		command.Args = append(command.Args, "--table", d.name())
		command.Env = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
			"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "DYNAMODB_ENDPOINT="+d.database.URL)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("cases %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	d.database.Reset()
	var id string
	for id = range want {
		break
	}
	if out := run("list", "--survey", "service"); !strings.Contains(out, id) || !strings.Contains(out, fmt.Sprintf("%d cases, 0 overdue", len(want))) {
		t.Errorf("list:\n%s", out)
	}
	run("assign", id, "--owner", "repairs")
	run("close", id, "--result", "repaired", "--customer-told", "yes", "--customer-agreed", "yes")
	if out := run("show", id); !strings.Contains(out, "closed by repairs: repaired") {
		t.Errorf("show:\n%s", out)
	}
	for _, c := range d.database.Calls() {
		if why := template.Cases().Denied(c); why != "" {
			t.Errorf("CasesPolicy does not allow %s: %s", c.Name, why)
		}
	}
}

// TestOnAWSStaffResults switches the audience of a survey from public to staff, and back: meanwhile each results file is a notice
// without figures, while alerts still open cases, and releases are still made, for `glasspoll results pages`.
func TestOnAWSStaffResults(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	bus := newEventBus(t)
	d.publish.Stop()
	env := map[string]string{"EVENTBRIDGE_ENDPOINT": bus.URL}
	for _, pair := range d.publish.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	setAudience := func(name string) {
		t.Helper()
		source := strings.Replace(serviceSurvey, "min_group: 1", "min_group: 1, audience: "+name, 1) + "alerts: [{when: overall <= 2, open: complaint}]\n"
		s, problems := questionnaire.Parse("service.yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := d.table.PutDefinition(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		d.publish.Stop() // it caches a definition for half a minute
		d.publish = d.function("publish", env)
	}
	answer := func(n int) {
		t.Helper()
		reply, err := d.post("application/json", serviceSubmission(n), false)
		if err != nil || reply.StatusCode != http.StatusCreated {
			t.Fatal(reply, err)
		}
		if err := d.publishChanges(); err != nil {
			t.Fatalf("%v\n%s", err, d.log)
		}
	}
	results := func() map[string]string {
		t.Helper()
		files := map[string]string{}
		for key, o := range d.objects(t) {
			if strings.Contains(key, "/results/") {
				files[key] = readBody(t, o)
			}
		}
		return files
	}
	setAudience("public")
	answer(0)
	public := results()
	if len(public) == 0 || d.publicFigures().Respondents != 1 {
		t.Fatalf("%d files of results, %+v", len(public), d.publicFigures())
	}
	setAudience("staff")
	answer(5) // another complaint
	for key, content := range results() {
		moved := !strings.Contains(public[key], "espondents") // it leads to another file, and has no figures
		if content == public[key] && !moved || strings.Contains(content, "espondents") || public[key] == "" {
			t.Errorf("%s still has the public figures:\n%s", key, content)
		}
	}
	all, err := d.table.CasesOf(t.Context(), "service")
	if err != nil || len(all) != 2 || len(bus.notifications()) != 2 {
		t.Errorf("%d cases, %d notifications, want 2 of each, %v", len(all), len(bus.notifications()), err)
	}
	latest, err := d.table.Latest(t.Context(), "service")
	if err != nil || len(latest) != 1 || latest[0].Number != 2 {
		t.Errorf("the releases are %+v, %v", latest, err)
	}
	setAudience("public")
	answer(2)
	if d.publicFigures().Respondents != 3 {
		t.Errorf("public again: %+v", d.publicFigures())
	}
}
