package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/load"
	"glasspoll/internal/message"
)

type deployLoadCommand struct {
	URL      string        `name:"url" placeholder:"URL" help:"The address of the site: the output 'Address' of the stack."`
	Table    string        `required:"" placeholder:"NAME" help:"The deployment's table: the output 'Table' of its stack."`
	Rate     float64       `placeholder:"N" default:"20" help:"Answers a second. Default: ${default}."`
	Ramp     time.Duration `placeholder:"TIME" default:"30s" help:"In which the rate grows to that. Default: ${default}."`
	For      time.Duration `placeholder:"TIME" default:"60s" help:"For which it stays there. Default: ${default}."`
	Seed     uint64        `placeholder:"N" default:"1" help:"Another seed makes other answers. Default: ${default}."`
	Errors   float64       `placeholder:"PERCENT" default:"5" help:"Stop when more of the last 200 tries fail. Default: ${default}."`
	Patience time.Duration `placeholder:"TIME" default:"20m" help:"How long to wait until everything is counted. Default: ${default}."`
	Clean    string        `placeholder:"ID" help:"Remove what an interrupted load test has left, and send nothing."`
	Yes      bool          `help:"Do not ask."`

	MoreThan100000 bool `name:"more-than-100000" help:"Allow more answers than that in one test."`

	awsFlags
	Settle time.Duration `default:"3m" hidden:""` // half a minute, and the longest run of the publisher
}

func (deployLoadCommand) Help() string {
	return `Sends made-up answers to a deployment, as browsers do, and measures what becomes of them; then it compares what was acknowledged
with what is stored, one by one. The answers are to a survey of its own, which is on no page, and is removed with everything of it
when the test is over. If it is interrupted, --clean ID removes it. Surveys of people are never touched.

Answers come at times that are set beforehand, whether those before have been replied to or not, and how long one takes is counted
from its time. On a deployment with its limits on, one machine is soon asked for work: then the test shows that the limits hold. To
measure how much the table takes, use a staging deployment with the parameter Limits=off. The API's own limit
(SubmissionsPerSecond) is shared by everybody who answers: stay below it on a site that people use.

It needs the rights of an administrator of the table. It prints about what it costs, and asks.

Examples:

  glasspoll deploy load --url https://staging.example.com/ --table polls-staging-SurveyTable-1A2B
  glasspoll deploy load --url https://staging.example.com/ --table polls-staging-SurveyTable-1A2B --rate 500 --ramp 1m --for 3m
  glasspoll deploy load --table polls-staging-SurveyTable-1A2B --clean loadtest_1a2b3c4d5e6f`
}

func (d deployLoadCommand) Run(ctx context.Context, c *console.Console) error {
	if d.Clean != "" {
		table, _, err := d.table(ctx, d.Table)
		if err != nil {
			return err
		}
		return d.clean(ctx, c, table, d.Clean)
	}
	address, err := siteAddress(d.URL)
	if err != nil {
		return err
	}
	plan := load.Plan{Rate: d.Rate, Ramp: d.Ramp, Hold: d.For, Seed: d.Seed, Errors: d.Errors / 100}
	most := load.MostAnswers
	if d.MoreThan100000 {
		most = 1 << 30
	}
	if err := plan.Check(most); err != nil {
		return console.UsageError{Err: err}
	}
	table, _, err := d.table(ctx, d.Table)
	if err != nil {
		return err
	}
	id := load.NewID()
	c.Print(c.Out, "%s to %s, up to %s a second, for about $%.2f at the list prices of docs/operators-aws.md", message.Count(plan.Answers(), "made-up answer"), address, strconv.FormatFloat(plan.Rate, 'g', -1, 64), plan.Cost())
	c.Print(c.Out, "survey %s; if this is interrupted: glasspoll deploy load --table %s --clean %s", id, d.Table, id)
	if !d.Yes && !agreed(ctx, c) {
		return message.Errorf("nothing has been sent")
	}
	client := newLoadClient()
	defer client.CloseIdleConnections()
	test := &load.Test{
		Store: table, Plan: plan, Patience: d.Patience, Pause: min(5*time.Second, max(d.Settle/10, 100*time.Millisecond)),
		Post:     func(survey string) load.Post { return poster(client, address+"api/surveys/"+survey+"/responses") },
		Progress: func(text message.Text) { c.Print(c.Err, "%s", text) },
	}
	result, err := test.Run(ctx, id)
	if result.Planned > 0 {
		printLoad(c, result, err == nil)
	}
	var cleaned error
	if ctx.Err() == nil {
		cleaned = d.clean(ctx, c, table, id)
	}
	if ctx.Err() != nil {
		return message.Errorf("interrupted: glasspoll deploy load --table %s --clean %s removes what was sent", d.Table, id)
	}
	if cleaned != nil {
		return errors.Join(err, cleaned)
	}
	if err == nil && (!result.Passed() || result.Aborted) {
		err = console.ErrProblems
	}
	return err
}

// clean removes the survey of a test.
func (d deployLoadCommand) clean(ctx context.Context, c *console.Console, table load.Store, id string) error {
	if err := load.Clean(ctx, table, id, d.Settle, func(text message.Text) { c.Print(c.Err, "%s", text) }); err != nil {
		return err
	}
	c.Print(c.Out, "%s and everything of it is removed; nothing is left", id)
	return nil
}

// siteAddress checks the address of a site, and returns it with a slash at the end. Answers go over HTTPS, but to this machine.
func siteAddress(text string) (string, error) {
	address, err := url.Parse(text)
	if text == "" || err != nil || address.Host == "" || address.RawQuery != "" || address.Fragment != "" || address.User != nil {
		return "", console.Usagef("--url %s: write the address of the site, such as https://polls.example.com/", text)
	}
	ip := net.ParseIP(address.Hostname())
	local := address.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if address.Scheme != "https" && (address.Scheme != "http" || !local) {
		return "", console.Usagef("--url %s: write an address that begins with https://", text)
	}
	return strings.TrimSuffix(address.String(), "/") + "/", nil
}

// agreed asks whether to go on.
func agreed(ctx context.Context, c *console.Console) bool {
	c.Print(c.Out, "Write yes to begin:")
	return strings.TrimSpace(console.Line(ctx, bufio.NewReader(c.In))) == "yes"
}

// loadTimeout is how long one try may take: as long as the page's script waits.
const loadTimeout = 30 * time.Second

func newLoadClient() *http.Client {
	return &http.Client{
		Timeout:       loadTimeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1000, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// poster sends submissions as the page's script does.
func poster(client *http.Client, address string) load.Post {
	return func(ctx context.Context, body []byte) (reply load.Reply) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return reply
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return reply
		}
		defer response.Body.Close()
		text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
		if err != nil {
			return reply
		}
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		var said struct {
			Work json.RawMessage `json:"work"`
		}
		json.Unmarshal(text, &said) // the API's own replies have no work
		return load.Reply{Status: response.StatusCode, RetryAfter: time.Duration(max(seconds, 0)) * time.Second, Limited: said.Work != nil}
	}
}

// printLoad prints what a test has found; compared is false if it was ended before it could compare.
func printLoad(c *console.Console, r load.Result, compared bool) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
	text := func(format string, args ...any) string { return message.New(format, args...).In(c.Language) }
	rows := [][]string{
		{text("planned"), fmt.Sprint(r.Planned)},
		{text("stored"), fmt.Sprint(r.Counts[load.Stored])},
		{text("stored before, by a try whose reply was lost"), fmt.Sprint(r.Counts[load.Known])},
		{text("sent more than once"), fmt.Sprint(r.Retried)},
		{text("asked for work by the limits"), fmt.Sprint(r.Counts[load.Limited])},
		{text("refused"), fmt.Sprint(r.Counts[load.Refused])},
		{text("refused: other answers have the id"), fmt.Sprint(r.Counts[load.Conflict])},
		{text("failed"), fmt.Sprint(r.Counts[load.Failed])},
		{text("not sent"), fmt.Sprint(r.Counts[load.NotSent])},
		{text("took, from when it was to be sent: half"), ms(r.Took.At(0.5))},
		{text("90 percent"), ms(r.Took.At(0.9))},
		{text("99 percent"), ms(r.Took.At(0.99))},
		{text("all"), ms(r.Took.At(1))},
		{text("this machine was late by at most"), ms(r.Late.At(1))},
	}
	if compared {
		rows = append(rows, [][]string{
			{text("in the log"), fmt.Sprint(r.Logged)},
			{text("counted by the publisher"), text("%d, %s after the last answer", r.Counted, r.Waited.Round(time.Second).String())},
			{text("acknowledged, and not stored"), fmt.Sprint(r.Missing)},
			{text("stored more than once"), fmt.Sprint(r.Twice)},
			{text("stored with other answers"), fmt.Sprint(r.Different)},
			{text("stored, and never sent"), fmt.Sprint(r.Foreign)},
			{text("stored, and not acknowledged"), fmt.Sprint(r.Unacknowledged)},
		}...)
	}
	console.Table(c.Out, rows)
	if r.Aborted {
		c.Print(c.Out, "Too many tries failed, so it ended early, to do no harm to people who are answering.")
	}
	if r.LimitsHeld() {
		c.Print(c.Out, "The limits are on: these figures say that they hold for one machine, and not what the table takes.")
	} else {
		c.Print(c.Out, "No limit was met.")
	}
	if compared && r.Passed() {
		c.Print(c.Out, "Every acknowledged answer is stored and counted once, and nothing else.")
	} else if compared {
		c.Print(c.Out, "What is stored or counted is not what was acknowledged: see above.")
	}
}
