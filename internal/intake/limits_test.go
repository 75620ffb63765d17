package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/intake"
	"glasspoll/internal/limit"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

// limited is a handler with limits, and what they keep.
func limited(t *testing.T, yaml string) (*fixture, *storetest.Memory) {
	t.Helper()
	d, kept := open(t, yaml), storetest.NewMemory()
	d.handler.Limits = intake.NewLimits(kept, kept)
	d.handler.Renderer = d.handler.Renderer.(*render.Renderer).With(render.Assets{Work: render.Asset{Path: "assets/work.js"}})
	return d, kept
}

func key(n int) string { return fmt.Sprintf("6f1c3f0e-52f1-4d6b-9a52-%012x", n) }

// idOf returns the id of the response that is sent under a key.
func idOf(n int) string { return answer.IDOf("service", uuid.MustParse(key(n))) }

// from posts answers by the script, from an address.
func (d *fixture) from(address string, n int, more string) *httptest.ResponseRecorder {
	body := `{"id":"` + key(n) + `","language":"en","answers":{"overall":5,"advice":"` + strconv.Itoa(n) + `"}` + more + `}`
	r := httptest.NewRequest("POST", api, strings.NewReader(body))
	r.Header.Set("Content-Type", jsonMedia)
	r.RemoteAddr = address
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// fillRange sends as many answers from a range as it may at once.
func (d *fixture) fillRange(t *testing.T, address string) {
	t.Helper()
	for n := range limit.Usual.Burst {
		if w := d.from(address, 1000+n, ""); w.Code != http.StatusCreated {
			t.Fatalf("answer %d: %d %s", n, w.Code, w.Body)
		}
	}
}

func (d *fixture) quality(n int) answer.Quality { return d.responses[idOf(n)].Quality }

// demanded reads what is asked of the script.
func demanded(t *testing.T, w *httptest.ResponseRecorder) (work struct{ Challenge, Script, Say, Seal string }) {
	t.Helper()
	var reply struct {
		Problems []struct{ Code, Message string }
		Work     *struct{ Challenge, Script, Say, Seal string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != http.StatusTooManyRequests || reply.Work == nil || w.Header().Get("Retry-After") != "60" ||
		len(reply.Problems) != 1 || reply.Problems[0].Code != "busy" || !strings.Contains(reply.Work.Say, "({n}%)") || reply.Work.Script != "../../../assets/work.js" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return *reply.Work
}

// Over the limit a script works, and its answers are taken; another range is asked for nothing.
func TestWorkOverTheLimit(t *testing.T) {
	d, kept := limited(t, surveyYAML)
	const address, neighbour, other = "203.0.113.7:4000", "203.0.113.9:1", "203.0.114.7:4000"
	d.fillRange(t, address)
	if q := d.quality(1000); q != (answer.Quality{Flags: answer.Watched}) {
		t.Errorf("an ordinary answer came with %+v", q)
	}
	task := demanded(t, d.from(neighbour, 1, ""))
	solution := limit.Solve(task.Challenge)
	if len(d.responses) != limit.Usual.Burst {
		t.Fatalf("%d stored", len(d.responses))
	}
	demanded(t, d.from(neighbour, 1, `,"work":"`+task.Challenge+`"`))
	demanded(t, d.from(neighbour, 2, `,"work":"`+solution+`"`)) // a solution is of one id
	for want := http.StatusCreated; want >= http.StatusOK; want-- {
		if w := d.from(neighbour, 1, `,"work":"`+solution+`"`); w.Code != want { // and can be sent again, if the reply was lost
			t.Errorf("after the work: %d %s, want %d", w.Code, w.Body, want)
		}
	}
	if w := d.send("POST", api, jsonMedia, `{"id":"`+key(1)+`","work":"`+solution+`","answers":{"overall":1}}`); w.Code != http.StatusConflict {
		t.Errorf("other answers by the same work: %d", w.Code)
	}
	if q := d.quality(1); q.Flags != answer.Watched|answer.Rate {
		t.Errorf("it came with %v", q.Flags)
	}
	if w := d.from(other, 3, ""); w.Code != http.StatusCreated || d.quality(3).Flags != answer.Watched {
		t.Errorf("another range: %d, %v", w.Code, d.quality(3).Flags)
	}
	d.now = d.now.Add(time.Hour)
	if w := d.from(address, 4, ""); w.Code != http.StatusCreated || d.quality(4).Flags != answer.Watched {
		t.Errorf("an hour later: %d, %v", w.Code, d.quality(4).Flags)
	}
	origins, err := kept.Origins(t.Context(), "service")
	if err != nil || len(origins) != limit.Usual.Burst-limit.Usual.Burst/4+1 {
		t.Errorf("%d origins, %v", len(origins), err)
	}
	label := origins[idOf(1)]
	if label == "" || strings.Contains(label, "203") || origins[idOf(1059)] != label || origins[idOf(3)] != "" {
		t.Errorf("the labels are %q and others", label)
	}
}

// Without work a script's answers are taken after the wait, and so are those of a form without a script; nothing that was typed is
// lost, and no address is exempt.
func TestWaitOverTheLimit(t *testing.T) {
	d, _ := limited(t, surveyYAML)
	const address = "127.0.0.1:9"
	d.fillRange(t, address)
	seal := demanded(t, d.from(address, 1, "")).Seal
	demanded(t, d.from(address, 1, `,"seal":"`+seal+`"`)) // too early
	d.now = d.now.Add(46 * time.Second)
	d.fillMore(t, address, 1)
	demanded(t, d.from(address, 2, `,"seal":"`+seal+`"`)) // of other answers
	if w := d.from(address, 1, `,"seal":"`+seal+`"`); w.Code != http.StatusCreated || d.quality(1).Flags != answer.Watched|answer.Rate|answer.NoWork {
		t.Errorf("after the wait: %d, %v", w.Code, d.quality(1).Flags)
	}
	post := func(fields map[string]string, seal string) *httptest.ResponseRecorder {
		values := url.Values{"overall": {"4"}, "advice": {"Two\r\nlines <b>"}, "_language": {"en"}}
		for name, value := range fields {
			values.Set(name, value)
		}
		r := httptest.NewRequest("POST", api+"?seal="+seal, strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", plainForm)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		return w
	}
	w := post(nil, "")
	page := w.Body.String()
	if w.Code != http.StatusTooManyRequests || !strings.Contains(page, "Please wait a moment") || !strings.Contains(page, "lines &lt;b&gt;</textarea>") || !strings.Contains(page, `value="4" id="q-overall" checked`) && !strings.Contains(page, `value="4" checked`) {
		t.Fatalf("%d\n%s", w.Code, page)
	}
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if err != nil || wait < 15 || wait > 46 || !strings.Contains(page, fmt.Sprintf("in %d seconds", wait)) {
		t.Errorf("Retry-After is %d, %v", wait, err)
	}
	fields := hidden(w)
	if sealIn(w) == "" || fields["_id"] == "" {
		t.Fatalf("the form has %v", fields)
	}
	d.now = d.now.Add(10 * time.Second)
	d.fillMore(t, address, 3)
	again := post(fields, sealIn(w))
	if sooner, _ := strconv.Atoi(again.Header().Get("Retry-After")); again.Code != http.StatusTooManyRequests || sooner != wait-10 || hidden(again)["_id"] != fields["_id"] {
		t.Errorf("too early: %d, %d seconds more", again.Code, sooner)
	}
	d.now = d.now.Add(time.Duration(wait) * time.Second)
	fixed := hidden(again)
	fixed["overall"] = "9"
	mistake := post(fixed, sealIn(again))
	if mistake.Code != http.StatusUnprocessableEntity || sealIn(mistake) != sealIn(again) {
		t.Errorf("a mistake after the wait: %d, seal %q, want %q", mistake.Code, sealIn(mistake), sealIn(again))
	}
	d.fillMore(t, address, 2)
	stored := len(d.responses)
	if w := post(hidden(again), sealIn(again)); w.Code != http.StatusSeeOther || len(d.responses) != stored+1 {
		t.Errorf("after the wait: %d\n%s", w.Code, w.Body)
	}
}

var sealedAddress = regexp.MustCompile(` action="[^"]*/api/surveys/service/responses\?seal=([^"]+)"`)

// sealIn returns the seal in the address that a form is sent to.
func sealIn(w *httptest.ResponseRecorder) string {
	if found := sealedAddress.FindStringSubmatch(w.Body.String()); found != nil {
		return found[1]
	}
	return ""
}

// fillMore sends answers until the range is over its rate again.
func (d *fixture) fillMore(t *testing.T, address string, from int) {
	t.Helper()
	for n := range 100 {
		if d.from(address, 10_000+from*100+n, "").Code == http.StatusTooManyRequests {
			return
		}
	}
	t.Fatal("the range takes what it is sent")
}

// What the request shows is noted: a field that people do not see, a page of another site, and the time since the handler has
// rendered the form. None of it is a reason to refuse.
func TestHowAnswersCome(t *testing.T) {
	d, _ := limited(t, surveyYAML)
	for i, c := range []struct {
		body    string
		headers []string
		want    answer.Flags
	}{
		{"", nil, 0},
		{"&_website=", nil, 0},
		{"&_website=http://spam.example", nil, answer.Honeypot},
		{"", []string{"Sec-Fetch-Site", "same-origin"}, 0},
		{"", []string{"Sec-Fetch-Site", "none"}, 0},
		{"", []string{"Sec-Fetch-Site", "cross-site"}, answer.CrossSite},
		{"", []string{"Sec-Fetch-Site", "same-site"}, answer.CrossSite},
		{"", []string{"Origin", "http://example.com"}, 0},
		{"", []string{"Origin", "https://evil.example"}, answer.CrossSite},
		{"", []string{"Origin", "null"}, answer.CrossSite},
		{"", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, 0},
	} {
		d.now = d.now.Add(time.Minute)
		n := len(d.responses)
		w := d.form(fmt.Sprintf("overall=5&_id=%s%s", key(i), c.body), c.headers...)
		if w.Code != http.StatusSeeOther || len(d.responses) != n+1 {
			t.Fatalf("%v: %d", c, w.Code)
		}
		if q := d.quality(i); q.Flags != answer.Watched|c.want || q.Seconds != 0 {
			t.Errorf("%v: %+v", c, q)
		}
	}
	if w := d.from("192.0.2.1:1", 90, `,"website":"x"`); w.Code != http.StatusCreated || !d.quality(90).Flags.Has(answer.Honeypot) {
		t.Errorf("by the script: %d, %v", w.Code, d.quality(90).Flags)
	}
	d.handler.Host = func(*http.Request) []string { return nil }
	if w := d.form("overall=5&_id="+key(91), "Origin", "https://polls.example"); w.Code != http.StatusSeeOther || d.quality(91).Flags != answer.Watched {
		t.Errorf("where the name of the site is not known: %d, %v", w.Code, d.quality(91).Flags)
	}
}

// Whoever sends answers names their version, and does not choose the rules by that.
func TestRulesOfEarlierVersions(t *testing.T) {
	d, _ := limited(t, surveyYAML)
	edit := func(more string) {
		edited, problems := questionnaire.Parse("service.yaml", []byte(surveyYAML+more))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		d.definitions["service"], d.definitions["service@"+edited.Version] = edited, edited
	}
	version := d.survey.Version
	for n, c := range []struct {
		current string
		want    answer.Flags
	}{
		{"", 0}, {"layout: cards\n", 0}, {"quality: {rate: off}\n", answer.OldRules}, {"quality: {burst: 1000}\n", answer.OldRules},
		{"quality: {fast: 20}\n", answer.OldRules}, {"access: both\n", answer.OldRules | answer.DayOnly},
		{"access: both\nanonymity: identified\n", answer.DayOnly},
	} {
		edit(c.current)
		if w := d.from("192.0.2.1:1", n, `,"version":"`+version+`"`); w.Code != http.StatusCreated || d.quality(n).Flags != answer.Watched|c.want {
			t.Errorf("%q: %d, %v", c.current, w.Code, d.quality(n).Flags)
		}
	}
}

// Where of an arrival the day is kept, it is known only as answers come that far more come than is usual.
func TestBurstsByTheDay(t *testing.T) {
	for keys, day := range map[string]answer.Flags{
		"access: both\nquality: {burst: 20}\n":                        answer.DayOnly,
		"access: both\nquality: {burst: off}\n":                       answer.DayOnly,
		"access: both\nanonymity: identified\nquality: {burst: 20}\n": 0,
	} {
		d, _ := limited(t, surveyYAML+keys)
		for n := range 31 {
			if n == 30 {
				d.now = d.now.Add(time.Minute) // two more have become usual
			}
			want := answer.Watched | day
			if strings.HasPrefix(keys, "access: both\nquality: {burst: 20}") && n >= 20 {
				want |= answer.Burst
			}
			if w := d.from(fmt.Sprintf("10.0.%d.1:1", n), n, ""); w.Code != http.StatusCreated || d.quality(n).Flags != want {
				t.Errorf("%q, answer %d: %d, %v, want %v", keys, n, w.Code, d.quality(n).Flags, want)
			}
		}
		d.now = d.now.Add(time.Hour)
		if w := d.from("10.0.0.1:1", 31, ""); w.Code != http.StatusCreated || d.quality(31).Flags != answer.Watched|day {
			t.Errorf("%q, an hour later: %d, %v", keys, w.Code, d.quality(31).Flags)
		}
	}
}

// Without a secret nothing is limited, and an answer of which the day is kept is still known as one.
func TestDayWithoutASecret(t *testing.T) {
	d, _ := limited(t, surveyYAML+"access: both\n")
	d.noSecret = store.ErrNoSecret
	if w := d.from("10.0.0.1:1", 0, ""); w.Code != http.StatusCreated || d.quality(0).Flags != answer.Watched|answer.DayOnly {
		t.Errorf("%d, %v", w.Code, d.quality(0).Flags)
	}
}

func TestSecondsFromThePage(t *testing.T) {
	d, _ := limited(t, surveyYAML)
	for took, want := range map[time.Duration]int{time.Second: 1, 25 * time.Second: 20, time.Hour: 300} {
		page := d.send("GET", formAddress+"en", "", "")
		fields := hidden(page)
		send := func(body string) *httptest.ResponseRecorder {
			return d.send("POST", api+"?seal="+sealIn(page), plainForm, body+"&_id="+fields["_id"])
		}
		d.now = d.now.Add(took / 2)
		mistake := send("overall=9")
		if mistake.Code != http.StatusUnprocessableEntity || sealIn(mistake) != sealIn(page) {
			t.Errorf("a mistake changes the seal: %d, %s", mistake.Code, sealIn(mistake))
		}
		d.now = d.now.Add(took / 2)
		if w := send("overall=5"); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
		if r := d.responses[answer.IDOf("service", uuid.MustParse(fields["_id"]))]; r.Quality.Seconds != want {
			t.Errorf("%s are kept as %d seconds, want %d", took, r.Quality.Seconds, want)
		}
	}
	if seal := sealIn(d.form("overall=9")); seal != "" {
		t.Errorf("a form that was not rendered by the handler has the seal %q", seal)
	}
}

// Where nothing may join a person and an answer, neither a range nor a time is kept, also of those who come without an invitation.
func TestNoTraceOfConfidential(t *testing.T) {
	for _, keys := range []string{"access: both\n", "access: both\nanonymity: identified\n"} {
		d, kept := limited(t, surveyYAML+keys)
		d.fillRange(t, "203.0.113.7:1")
		page := d.send("GET", formAddress+"en", "", "")
		d.now = d.now.Add(time.Hour)
		if w := d.send("POST", api+"?seal="+sealIn(page), plainForm, "overall=5&_id="+hidden(page)["_id"]); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
		origins, err := kept.Origins(t.Context(), "service")
		seconds := 0
		for _, r := range d.responses {
			seconds += r.Quality.Seconds
		}
		if isTraced := strings.Contains(keys, "identified"); err != nil || (len(origins) > 0) != isTraced || (seconds > 0) != isTraced {
			t.Errorf("%s: %d origins, %d seconds, %v", keys, len(origins), seconds, err)
		}
	}
}

// Two processes know of a range together, once each has noticed it. An ordinary answer costs no call.
func TestProcessesShareRanges(t *testing.T) {
	d, kept := limited(t, surveyYAML)
	shared := &countedRates{Memory: kept}
	d.handler.Limits.Rates, d.handler.Limits.Origins, d.handler.Limits.Days = shared, shared, shared
	first, second := d.handler.Limits, intake.NewLimits(shared, shared)
	second.Rates = shared
	for n := range limit.Usual.Burst / 4 {
		if w := d.from("203.0.113.7:1", n, ""); w.Code != http.StatusCreated {
			t.Fatal(w.Code)
		}
	}
	if shared.calls != 0 {
		t.Errorf("ordinary answers cost %d calls", shared.calls)
	}
	taken := 0
	for n := range 400 {
		d.handler.Limits = []*intake.Limits{first, second}[n%2]
		if d.from("203.0.113.7:1", 1000+n, "").Code == http.StatusCreated {
			taken++
		}
	}
	if most := limit.Usual.Burst + limit.Usual.Burst/4; taken > most || taken < limit.Usual.Burst/2 {
		t.Errorf("two processes take %d, want %d at most", taken, most)
	}
	before := shared.calls
	demanded(t, d.from("203.0.113.7:1", 3, ""))
	if shared.calls != before {
		t.Errorf("an answer that is not taken costs %d calls", shared.calls-before)
	}
}

// countedRates counts the calls.
type countedRates struct {
	*storetest.Memory
	calls int
}

func (c *countedRates) PutOrigin(ctx context.Context, survey, id, label string) error {
	c.calls++
	return c.Memory.PutOrigin(ctx, survey, id, label)
}

func (c *countedRates) DaySecret(ctx context.Context, at time.Time) ([]byte, error) {
	c.calls++
	return c.Memory.DaySecret(ctx, at)
}

func (c *countedRates) Advance(ctx context.Context, label string, now time.Time, step time.Duration) (time.Time, error) {
	c.calls++
	return c.Memory.Advance(ctx, label, now, step)
}
