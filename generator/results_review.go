package main

import (
	"cmp"
	"context"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

type reviewCommand struct {
	storeFlags
	ID     string   `arg:"" name:"SURVEY" help:"The survey."`
	IDs    []string `arg:"" optional:"" name:"ANSWER" help:"Only these answers, by receipt or id."`
	Period string   `placeholder:"PERIOD" help:"Only those of this period. Default: of all periods."`
	Rule   string   `placeholder:"RULE" enum:"honeypot,cross_site,no_work,rate,fast,burst," default:"" help:"Only those that this rule holds back: honeypot, cross_site, no_work, rate, fast or burst."`
	From   string   `placeholder:"TIME" help:"Only those received from this day or time on, in the survey's timezone, such as 2026-11-30 or 2026-11-30T14:05."`
	To     string   `placeholder:"TIME" help:"Only those received before this time, or up to the end of this day."`
	Range  string   `placeholder:"LABEL" help:"Only those from this range of addresses, by the label in the list."`
	Look   bool     `help:"Also those that no rule holds back and that look made up: the same answers again and again, one column all the way down, too fast. This reads answers."`
	All    bool     `help:"Also those of which was decided before."`
	Accept bool     `help:"Accept them: they count from now on."`
	Reject bool     `help:"Reject them: they never count. This is final."`
	Reason string   `placeholder:"TEXT" help:"Why they are rejected. It is kept, and not public."`
	Yes    bool     `help:"Do it. Without it, they are only listed."`

	Answers bool   `help:"With the answers."`
	Format  string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text or json. Default: ${default}."`

	By string `kong:"-"` // who decides
}

func (reviewCommand) Help() string {
	return `Lists the answers that rules hold back before they are released: by how they came, never by what they say. 'quality' in the
questionnaire says which rules there are. Held answers are stored, and are in no figure until somebody accepts them. So none
is lost, and none counts that nobody has looked at.

The list says of each when it came, which rule holds it, whether its range of addresses is one of which there are more (for
two weeks), and how fast it was filled in, as far as that is known. What it says is shown with --answers.

--accept and --reject decide of all that the other flags select. An accepted answer counts as if it had just come. A rejected
one never does, but stays stored; the results page says how many were rejected, from min_group on. One that is published
already can neither be rejected nor taken out alone: 'results annul' takes out its whole block.

Exits with 1 if there is nothing to decide of, or --yes is missing.

Examples:

  glasspoll results review service
  glasspoll results review service --rule burst --from 2026-11-30T14:00 --to 2026-11-30T15:00 --reject --reason "Sent by a script" --yes
  glasspoll results review service 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH --accept --yes
  glasspoll results review service --look --answers`
}

func (r reviewCommand) Run(ctx context.Context, c *console.Console) error {
	r.Reason = strings.TrimSpace(r.Reason)
	for i, typed := range r.IDs {
		id, err := responseID(typed)
		if err != nil {
			return console.UsageError{Err: err}
		}
		r.IDs[i] = id
	}
	for _, at := range []string{r.From, r.To} {
		if _, _, err := momentOf(at, time.UTC); err != nil {
			return console.UsageError{Err: err}
		}
	}
	switch {
	case r.Accept && r.Reject:
		return console.Usagef("--accept or --reject: only one of them")
	case r.Reject && r.Reason == "":
		return console.Usagef("--reason: say why the answers are rejected")
	case !r.Reject && r.Reason != "":
		return console.Usagef("--reason goes with --reject")
	case len(r.Reason) > review.MaxReason || strings.ContainsFunc(r.Reason, func(c rune) bool { return c < ' ' }):
		return console.Usagef("--reason: one line of at most %d bytes", review.MaxReason)
	}
	r.By = os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		r.By = u.Username
	}
	return r.perform(ctx, c, "results review", &r)
}

// momentOf reads a day or a time; the zero time of "". day says that it is a whole day.
func momentOf(text string, in *time.Location) (at time.Time, day bool, err error) {
	if text == "" {
		return time.Time{}, false, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, in); err == nil {
		return at, true, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, in); err == nil {
			return at, false, nil
		}
	}
	return time.Time{}, false, message.Errorf("'%s' is no time: write one such as 2026-11-30 or 2026-11-30T14:05", text)
}

// reviewing is one run of the command over one period.
type reviewing struct {
	*reviewCommand
	survey *survey.Survey
	period string
	from   time.Time
	to     time.Time // zero: no limit
	ranges map[string]string
	same   *review.Same // nil: answers are not read
}

func (r *reviewCommand) do(ctx context.Context, env *environment) error {
	s, err := records.Definition(ctx, env.store, r.ID)
	if err != nil {
		return err
	}
	periods, err := records.CollectedPeriods(ctx, env.store, r.ID, r.Period)
	if err != nil {
		return err
	}
	ranges := map[string]string{}
	if origins, ok := env.store.(store.Origins); ok {
		if ranges, err = origins.Origins(ctx, r.ID); err != nil {
			return err
		}
	}
	var found []reviewedAnswer
	decided := 0
	for _, period := range periods {
		p := &reviewing{reviewCommand: r, survey: s, period: period, ranges: ranges}
		if err := p.readTimes(); err != nil {
			return err
		}
		if r.Look {
			if p.same, err = records.LookAt(ctx, env.store, r.ID, period); err != nil {
				return err
			}
		}
		if (r.Accept || r.Reject) && r.Yes {
			n, err := p.decide(ctx, env)
			if decided += n; err != nil {
				return err
			}
			continue
		}
		listed, err := p.list(ctx, env)
		if err != nil {
			return err
		}
		found = append(found, listed...)
	}
	switch {
	case !(r.Accept || r.Reject):
		return r.print(env, found)
	case !r.Yes:
		if err := r.print(env, found); err != nil {
			return err
		}
		env.Print(env.Err, "Nothing is decided yet. To decide of these answers, run the command again with --yes.")
		return console.ErrProblems
	case decided == 0:
		env.Print(env.Err, "There is no such answer to decide of.")
		return console.ErrProblems
	}
	if env.changed == nil {
		env.Print(env.Err, "The pages follow when results are published next: by 'glasspoll serve' when it starts, on AWS within ten minutes.")
	}
	return nil
}

func (p *reviewing) readTimes() (err error) {
	if p.from, _, err = momentOf(p.From, p.survey.Location()); err != nil {
		return err
	}
	to, day, err := momentOf(p.To, p.survey.Location())
	if day {
		to = to.AddDate(0, 0, 1)
	}
	p.to = to
	return err
}

// selects reports whether the flags select a response, whatever has become of it.
func (p *reviewing) selects(r records.Reviewed) bool {
	return (len(p.IDs) == 0 || slices.Contains(p.IDs, r.Response.ID)) &&
		(p.Rule == "" || p.Rule == string(r.Rule)) &&
		!r.Arrived.Before(p.from) && (p.to.IsZero() || r.Arrived.Before(p.to)) &&
		(p.Range == "" || p.Range == p.ranges[r.Response.ID])
}

// isMeant reports whether a response is one to look at: one that is held, was named or, if asked for, was decided of or looks made up.
func (p *reviewing) isMeant(r records.Reviewed) bool {
	switch {
	case r.State == tally.Erased || !p.selects(r):
		return false
	case r.State == tally.IsHeld || len(p.IDs) > 0:
		return true
	case p.All && (r.Decision != nil || r.Rule != ""):
		return true
	}
	return p.same != nil && len(review.LooksOf(r.Answered, r.Response, p.same)) > 0
}

// list lists the responses that are meant.
func (p *reviewing) list(ctx context.Context, env *environment) (found []reviewedAnswer, err error) {
	for r, err := range records.Review(ctx, env.store, p.survey, p.period) {
		if err != nil {
			return nil, err
		}
		if p.isMeant(r) {
			found = append(found, p.shown(r))
		}
	}
	return found, nil
}

// decide decides of the responses that are meant, and returns of how many.
func (p *reviewing) decide(ctx context.Context, env *environment) (int, error) {
	v := records.Verdict{Reject: p.Reject, Reason: p.Reason, By: p.By, At: time.Now()}
	done, err := records.Decide(ctx, env.store, p.survey, p.period, v, p.isMeant)
	if n := len(done.Changed); n > 0 {
		what := message.Key("accepted")
		if p.Reject {
			what = "rejected"
		}
		env.log.Info("answers reviewed", "survey", p.ID, "period", p.period, "rejected", p.Reject, "answers", n, "by", p.By, "reason", p.Reason)
		env.Print(env.Out, "%s %s: %s %s", p.ID, p.period, message.Count(n, "response"), what)
		if env.changed != nil {
			env.changed(p.ID, p.period)
		}
	}
	p.refuse(env, done.Refused)
	if err != nil || p.Reject {
		return len(done.Changed), err
	}
	return len(done.Changed), p.openCases(ctx, env, done.Changed)
}

// refuse says of which responses could not be decided.
func (p *reviewing) refuse(env *environment, refused []records.Reviewed) {
	why := map[tally.State]int{}
	for _, r := range refused {
		why[r.State]++
	}
	if n := why[tally.Released]; n > 0 {
		env.Print(env.Err, "%s %s: %s already published: 'glasspoll results annul' takes out whole blocks", p.ID, p.period, message.Count(n, "response"))
	}
	if n := why[tally.Uncounted]; n > 0 {
		env.Print(env.Err, "%s %s: %s not counted yet: run the command again when results have been published", p.ID, p.period, message.Count(n, "response"))
	}
	if n := why[tally.Rejected]; n > 0 {
		env.Print(env.Err, "%s %s: %s rejected before, which is final", p.ID, p.period, message.Count(n, "response"))
	}
	if n := why[tally.Waits]; n > 0 {
		env.Print(env.Err, "%s %s: %s not held: they count already", p.ID, p.period, message.Count(n, "response"))
	}
}

// openCases opens the cases of responses that were accepted, which were not opened while they were held.
func (p *reviewing) openCases(ctx context.Context, env *environment, accepted []records.Reviewed) error {
	if len(p.survey.Alerts) == 0 {
		return nil
	}
	for _, r := range accepted {
		c := cases.OpenedBy(p.survey, r.Response, r.Arrived)
		if c == nil {
			continue
		}
		if _, err := env.store.OpenCase(ctx, c, env.tell(news.OfOpened, c)...); err != nil {
			return err
		}
	}
	return nil
}

// reviewedAnswer is one answer of the list. Its JSON is part of the machine form of the command: names stay.
type reviewedAnswer struct {
	ID       string          `json:"id"`
	Receipt  string          `json:"receipt"`
	Period   string          `json:"period"`
	Arrived  time.Time       `json:"arrived"`
	State    tally.State     `json:"state"`
	Rule     survey.HoldRule `json:"rule,omitempty"`
	Flags    []string        `json:"flags,omitempty"`
	Seconds  int             `json:"seconds,omitempty"`
	Channel  string          `json:"channel,omitempty"`
	Language string          `json:"language,omitempty"`
	Range    string          `json:"range,omitempty"`
	Looks    []review.Look   `json:"looks,omitempty"`
	Run      int             `json:"longest_run,omitempty"` // of equal answers in a matrix
	Same     int             `json:"same_answers,omitempty"`
	Decided  *decidedAnswer  `json:"decided,omitempty"`
	Answers  []answer.Answer `json:"answers,omitempty"`

	local string // Arrived in the survey's timezone, as --from and --to take it; the day where no more is stored
}

type decidedAnswer struct {
	Rejected bool      `json:"rejected"`
	Reason   string    `json:"reason,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

// shown describes a response. What reads its answers is left out unless it was asked for.
func (p *reviewing) shown(r records.Reviewed) reviewedAnswer {
	one := r.Response
	v := reviewedAnswer{
		ID: one.ID, Receipt: answer.Receipt(one.ID), Period: p.period, Arrived: r.Arrived.UTC(), State: r.State, Rule: r.Rule, Flags: one.Quality.Flags.Names(),
		Seconds: one.Quality.Seconds, Channel: one.Channel, Language: one.Language, Range: p.ranges[one.ID],
	}
	layout := "2006-01-02T15:04:05"
	if p.survey.HasInvitations() && p.survey.IsUntraceable() {
		layout = time.DateOnly
	}
	v.local = r.Arrived.In(p.survey.Location()).Format(layout)
	if d := r.Decision; d != nil {
		v.Decided = &decidedAnswer{d.Reject, d.Reason, d.By, d.At}
	}
	if p.same != nil {
		v.Looks, v.Same = review.LooksOf(r.Answered, one, p.same), p.same.Of(one)
		v.Run, _ = review.LongestRun(r.Answered, one)
	}
	if p.Answers {
		v.Answers = answer.WithoutSealed(one.Answers)
	}
	return v
}

// stateWords and lookWords are what the list calls states and looks.
var (
	stateWords = map[tally.State]message.Key{
		tally.Uncounted: "uncounted", tally.IsHeld: "held", tally.Rejected: "rejected", tally.Erased: "erased", tally.Waits: "waiting", tally.Released: "released",
	}
	lookWords = map[review.Look]message.Key{review.StraightLine: "one column", review.SameAnswers: "same answers", review.Hasty: "hasty"}
)

// mostListed bounds the answers that are listed as text: more than anybody reads one by one.
const mostListed = 200

func (r *reviewCommand) print(env *environment, found []reviewedAnswer) error {
	if r.Format == "json" {
		if found == nil {
			found = []reviewedAnswer{}
		}
		return console.JSON(env.Out, found)
	}
	if len(found) == 0 {
		env.Print(env.Out, "no answers to review")
		return nil
	}
	in := func(text message.Text) string { return text.In(env.Language) }
	var header []string
	for _, name := range []message.Key{"RECEIPT", "ARRIVED", "STATE", "RULE", "SECONDS", "RANGE", "LOOKS"} {
		header = append(header, in(name.Text()))
	}
	rows, byRule := [][]string{header}, map[survey.HoldRule]int{}
	for i, a := range found {
		if byRule[a.Rule]++; i >= mostListed {
			continue
		}
		seconds := "-"
		if a.Seconds > 0 {
			seconds = strconv.Itoa(a.Seconds)
		}
		var looks []string
		for _, look := range a.Looks {
			looks = append(looks, in(lookWords[look].Text()))
		}
		rows = append(rows, []string{a.Receipt, a.local, in(stateWords[a.State].Text()), cmp.Or(string(a.Rule), "-"), seconds, cmp.Or(a.Range, "-"), cmp.Or(strings.Join(looks, ", "), "-")})
		for _, given := range a.Answers {
			said := strings.Join(given.Values(), ", ")
			if said == answer.SealedMark {
				said = in(message.New("sealed"))
			}
			rows = append(rows, []string{"", given.Field(), said})
		}
	}
	if err := console.Table(env.Out, rows); err != nil {
		return err
	}
	if left := len(found) - mostListed; left > 0 {
		env.Print(env.Out, "and %d more: --format json lists them all", left)
	}
	for _, rule := range append(survey.HoldRules(), "") {
		switch n := byRule[rule]; {
		case n == 0:
		case rule == "":
			env.Print(env.Out, "held by no rule: %d", n)
		default:
			env.Print(env.Out, "held by %s: %d", string(rule), n)
		}
	}
	return nil
}
