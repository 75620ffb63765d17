package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

type showCommand struct {
	storeFlags
	ID      string `arg:"" optional:"" name:"ID" help:"The survey. Default: an overview of all."`
	What    string `arg:"" optional:"" name:"WHAT" enum:"definition,tally,release,response,log,corrections," default:"" help:"definition, tally, release, response, log or corrections. Default: an overview."`
	Which   string `arg:"" optional:"" name:"WHICH" help:"The version of the definition (default: the one in force), the number of the release (default: the latest), or the response's receipt or id."`
	Period  string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	Added   bool   `help:"Of a release: what it adds to the one before, in place of the whole."`
	Private bool   `help:"With private answers (response, log, corrections)."`
	JSON    bool   `name:"json" help:"Print the records as JSON, complete."`
}

func (showCommand) Help() string {
	return `Shows what is stored, in every format that Glasspoll has ever written, and changes nothing.

  (nothing)             an overview: versions, periods, counted responses, releases, cases
  definition [VERSION]  the compiled questionnaire, as JSON
  tally                 who waits to be released: counters by the questionnaire that was answered, and by group
  release [NUMBER]      a release, or with --added what it adds to the one before; also what it holds back
  response ID           one response, by its receipt or id, as it came, and how it was corrected
  log                   all responses in the order of the log, as they came, one line of JSON each, with their cursors
  corrections           what 'results correct' has corrected, oldest first: which response, when, who, why, and what

With --json, each prints its records as they are, one JSON document each; of the log, one line each. What is shown is not only
what is public: take care who sees it.

Examples:

  glasspoll results show
  glasspoll results show service tally --period 2026-Q4
  glasspoll results show service release 3 --period 2026-Q4 --added --json
  glasspoll results show service response 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH --private`
}

func (s showCommand) Run(ctx context.Context, c *console.Console) error {
	if err := s.check(); err != nil {
		return err
	}
	return s.perform(ctx, c, "results show", &s)
}

// check rejects flags and arguments that do not go together.
func (s *showCommand) check() error {
	switch {
	case s.What == "response" && s.Which == "":
		return console.Usagef("which response? Give its receipt or id: results show %s response ID", s.ID)
	case s.Which != "" && (s.What == "tally" || s.What == "log" || s.What == "corrections"):
		return console.Usagef("%s takes nothing more: '%s'", s.What, s.Which)
	case s.Added && s.What != "release":
		return console.Usagef("--added is of a release: results show ID release")
	case s.Private && s.What != "response" && s.What != "log" && s.What != "corrections":
		return console.Usagef("--private is for response, log and corrections")
	case s.ID == "" && s.Period != "":
		return console.Usagef("--period %s: of which survey?", s.Period)
	}
	var err error
	switch {
	case s.What == "response":
		_, err = responseID(s.Which)
	case s.What == "release" && s.Which != "":
		if n, problem := strconv.Atoi(s.Which); problem != nil || n < 1 {
			err = message.Errorf("release '%s': give its number, from 1 on", s.Which)
		}
	}
	if err != nil {
		return console.UsageError{Err: err}
	}
	return nil
}

func (s *showCommand) do(ctx context.Context, env *environment) error {
	if s.ID != "" {
		if _, err := records.Definition(ctx, env.store, s.ID); err != nil {
			return err
		}
	}
	switch s.What {
	case "definition":
		return s.showDefinition(ctx, env)
	case "tally":
		return s.showTallies(ctx, env)
	case "release":
		return s.showReleases(ctx, env)
	case "response":
		return s.showResponse(ctx, env)
	case "log":
		return s.showLog(ctx, env)
	case "corrections":
		return s.showCorrections(ctx, env)
	}
	return s.showOverview(ctx, env)
}

// shownSurvey is the overview of a survey. Its JSON is for programs: names stay.
type shownSurvey struct {
	Survey   string        `json:"survey"`
	Title    string        `json:"title"`
	Version  string        `json:"version"` // in force
	Versions []string      `json:"versions"`
	Periods  []shownPeriod `json:"periods"`
	Cases    int           `json:"cases"`
	Pending  int           `json:"pending"` // cases whose notification has not been delivered
}

type shownPeriod struct {
	Period   string         `json:"period"`
	Logged   *int64         `json:"logged,omitempty"` // entries that its log has had, where the store knows
	End      string         `json:"end,omitempty"`    // cursor of the log's last entry
	Tally    *shownTally    `json:"tally,omitempty"`
	Releases []shownRelease `json:"releases"`
}

type shownTally struct {
	Release     int    `json:"release"` // that it fits: respondents up to it are not in the tally any more
	Current     bool   `json:"current"` // that is the latest release
	Cursor      string `json:"cursor"`
	Revision    int    `json:"revision"`
	Respondents int64  `json:"respondents"` // who wait
	Received    int64  `json:"received"`    // responses, withdrawn ones included
	Withdrawn   int64  `json:"withdrawn"`
	Parts       int    `json:"parts"` // shapes of the questionnaire that those who wait have answered
	Bytes       int    `json:"bytes"` // encoded
}

type shownRelease struct {
	Number      int    `json:"number"`
	Date        string `json:"date"`
	Version     string `json:"version"`
	Respondents int64  `json:"respondents"`
	Withdrawn   int64  `json:"withdrawn"` // as it says; 0 below k
	Adds        int64  `json:"adds"`      // respondents
	Bytes       int    `json:"bytes"`     // encoded, of what it adds
}

func (s *showCommand) showOverview(ctx context.Context, env *environment) error {
	ids := []string{s.ID}
	if s.ID == "" {
		var err error
		if ids, err = env.store.Surveys(ctx); err != nil {
			return err
		}
	}
	all := make([]*shownSurvey, 0, len(ids))
	for _, id := range ids {
		one, err := s.overview(ctx, env.store, id)
		if err != nil {
			return err
		}
		all = append(all, one)
		if !s.JSON {
			one.print(env)
		}
	}
	if s.JSON {
		return console.JSON(env.Out, all)
	}
	if len(all) == 0 {
		env.Print(env.Err, "There is no survey here.")
	}
	return nil
}

func (s *showCommand) overview(ctx context.Context, from store.Records, id string) (*shownSurvey, error) {
	def, err := records.Definition(ctx, from, id)
	if err != nil {
		return nil, err
	}
	one := &shownSurvey{Survey: id, Title: def.Title.In(def.DefaultLanguage()), Version: def.Version, Periods: []shownPeriod{}}
	if one.Versions, err = from.Versions(ctx, id); err != nil {
		return nil, err
	}
	cases, err := from.CasesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	outbox, err := from.News(ctx, id)
	if err != nil {
		return nil, err
	}
	one.Cases = len(cases)
	for _, i := range outbox {
		if i.Kind == news.CaseOpened {
			one.Pending++
		}
	}
	ends, err := from.Ends(ctx, id)
	if err != nil {
		return nil, err
	}
	periods, err := s.periods(ctx, from, id)
	if err != nil {
		return nil, err
	}
	for _, period := range periods {
		p, err := showPeriod(ctx, from, id, period)
		if err != nil {
			return nil, err
		}
		p.End = ends[period]
		one.Periods = append(one.Periods, p)
	}
	return one, nil
}

// periods lists the periods to show of a survey: those with answers or a release.
func (s *showCommand) periods(ctx context.Context, from store.Records, id string) ([]string, error) {
	if s.Period != "" {
		return []string{s.Period}, nil
	}
	periods, err := from.Periods(ctx, id)
	if err != nil {
		return nil, err
	}
	latest, err := from.Latest(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, r := range latest {
		periods = append(periods, r.Period)
	}
	slices.Sort(periods)
	return slices.Compact(periods), nil
}

func showPeriod(ctx context.Context, from store.Records, id, period string) (p shownPeriod, err error) {
	p = shownPeriod{Period: period, Releases: []shownRelease{}}
	if checker, ok := from.(store.Checker); ok {
		n, _, err := checker.Logged(ctx, id, period)
		if err != nil {
			return p, err
		}
		p.Logged = &n
	}
	t, revision, err := from.Tally(ctx, id, period)
	if err != nil {
		return p, err
	}
	if t != nil {
		p.Tally = &shownTally{t.Release, true, t.Cursor, revision, t.Waiting(), t.Received(), t.Withdrawn, len(t.Parts), len(t.Encode())}
	}
	var before *release.Release
	for r, err := range from.History(ctx, id, period) {
		if err != nil {
			return p, err
		}
		n := r.Respondents()
		p.Releases = append(p.Releases, shownRelease{r.Number, r.Date, r.Version, n, r.Facts.Withdrawn, n - before.Respondents(), len(release.Added(before, r).Encode())})
		before = r
	}
	if p.Tally != nil && before != nil {
		p.Tally.Current = p.Tally.Release == before.Number
	}
	return p, nil
}

func (o *shownSurvey) print(env *environment) {
	env.Print(env.Out, "%s: %s", o.Survey, o.Title)
	env.Print(env.Out, "  version in force %s, of %s", o.Version, message.Count(len(o.Versions), "version"))
	for _, version := range o.Versions {
		if version != o.Version {
			env.Print(env.Out, "  earlier version %s", version)
		}
	}
	if o.Cases > 0 {
		env.Print(env.Out, "  %s, %d to be notified of", message.Count(o.Cases, "case"), o.Pending)
	}
	for _, p := range o.Periods {
		env.Print(env.Out, "  %s", p.Period)
		if p.Logged != nil {
			env.Print(env.Out, "    log: %s, end %s", message.Count(int(*p.Logged), "response"), p.End)
		}
		if t := p.Tally; t != nil {
			var note message.Key
			if !t.Current {
				note = ", of another release: to be counted again"
			}
			env.Print(env.Out, "    tally: %s, %d withdrawn, %d waiting to be released, up to %s, revision %d, %d bytes%s", message.Count(int(t.Received), "response"), t.Withdrawn, t.Respondents, t.Cursor, t.Revision, t.Bytes, note)
		}
		for _, r := range p.Releases {
			env.Print(env.Out, "    release %d of %s: %s and %d withdrawn, %+d respondents, %d bytes", r.Number, r.Date, message.Count(int(r.Respondents), "respondent"), r.Withdrawn, r.Adds, r.Bytes)
		}
	}
}

func (s *showCommand) showDefinition(ctx context.Context, env *environment) error {
	def, err := env.store.Definition(ctx, s.ID, s.Which)
	if err != nil {
		return message.Errorf("version %s of %s: %w: `glasspoll results show %s` lists the versions", s.Which, s.ID, err, s.ID)
	}
	return console.JSON(env.Out, json.RawMessage(def.Encode()))
}

// storedTally is a tally as --json prints it.
type storedTally struct {
	Survey   string       `json:"survey"`
	Period   string       `json:"period"`
	Revision int          `json:"revision"`
	Tally    *tally.Tally `json:"tally"`
}

func (s *showCommand) showTallies(ctx context.Context, env *environment) error {
	periods, err := s.periods(ctx, env.store, s.ID)
	if err != nil {
		return err
	}
	shown := false
	for _, period := range periods {
		t, revision, err := env.store.Tally(ctx, s.ID, period)
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		shown = true
		if s.JSON {
			if err := console.JSON(env.Out, storedTally{s.ID, period, revision, t}); err != nil {
				return err
			}
			continue
		}
		env.Print(env.Out, "%s %s: tally up to %s, revision %d: %s, %d withdrawn; who waits since release %d:", s.ID, period, t.Cursor, revision, message.Count(int(t.Received()), "response"), t.Withdrawn, t.Release)
		for _, shape := range sortedKeys(t.Parts) {
			part := t.Parts[shape]
			env.Print(env.Out, "  questionnaire %s, shape %s", orElse(part.Version, "unknown"), shape)
			for _, key := range sortedKeys(part.Out) {
				env.Print(env.Out, "    %s: in blocks up to %s", groupName(key), part.Out[key])
			}
			printCohorts(env, part.Cohorts)
		}
	}
	if !shown {
		return message.Errorf("%s has no tally%s: nothing has been counted yet", s.ID, ofPeriod(s.Period))
	}
	return nil
}

func ofPeriod(period string) message.Text {
	if period == "" {
		return message.Text{}
	}
	return message.New(" of %s", period)
}

func (s *showCommand) showReleases(ctx context.Context, env *environment) error {
	periods, err := s.periods(ctx, env.store, s.ID)
	if err != nil {
		return err
	}
	shown := false
	for _, period := range periods {
		before, r, err := s.release(ctx, env.store, period)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		shown = true
		if err := s.printRelease(env, before, r); err != nil {
			return err
		}
	}
	switch {
	case !shown && s.Which != "":
		return message.Errorf("%s has no release %s%s: `glasspoll results show %s` lists them", s.ID, s.Which, ofPeriod(s.Period), s.ID)
	case !shown:
		return message.Errorf("%s has no release%s", s.ID, ofPeriod(s.Period))
	}
	return nil
}

// release finds the wanted release of a period and the one before it.
func (s *showCommand) release(ctx context.Context, from store.Records, period string) (before, r *release.Release, err error) {
	for next, err := range from.History(ctx, s.ID, period) {
		if err != nil {
			return nil, nil, err
		}
		before, r = r, next
		if strconv.Itoa(r.Number) == s.Which {
			return before, r, nil
		}
	}
	if s.Which != "" {
		return nil, nil, nil
	}
	return before, r, nil
}

func (s *showCommand) printRelease(env *environment, before, r *release.Release) error {
	added := release.Added(before, r)
	switch {
	case s.JSON && s.Added:
		return console.JSON(env.Out, added)
	case s.JSON:
		return console.JSON(env.Out, r)
	}
	shown, what := r, message.Key("")
	if s.Added {
		shown, what = added.Release, message.Key(", what it adds")
		if added.Whole && before != nil {
			what = message.Key(", whole: it is no sum")
		}
	}
	env.Print(env.Out, "%s %s: release %d of %s%s, k %d, version %s", r.Survey, r.Period, r.Number, r.Date, what, r.K, r.Version)
	if f := shown.Facts; f.Received > 0 {
		env.Print(env.Out, "  received: %d through %s, %d withdrawn", f.Received, f.Through, f.Withdrawn)
	}
	if len(shown.Hidden) > 0 {
		env.Print(env.Out, "  hidden: %s", strings.Join(shown.Hidden, ", "))
	}
	printParts(env, shown)
	printCoded(env, shown.Coded)
	printRows(env, "rows", shown.Rows)
	for _, step := range shown.Steps {
		env.Print(env.Out, "  step of %s: %d rows %s, releases %d to %d", step.Date, step.Rows, step.Signature, step.First, step.Last)
	}
	for _, a := range shown.Annulled {
		env.Print(env.Out, "  annulled on %s: %s of release %d, %s: %s", a.Date, groupName(a.Cohort), a.Release, message.Count(int(a.Respondents), "respondent"), strconv.Quote(a.Reason))
	}
	if shown.Held != nil {
		printHeld(env, shown.Held)
	}
	return nil
}

// printParts prints what is public, by the questionnaires that were answered.
func printParts(env *environment, r *release.Release) {
	for _, shape := range sortedKeys(r.Parts) {
		p := r.Parts[shape]
		var pooled message.Text
		if p.PooledOn != "" {
			pooled = message.New(", pooled on %s", p.PooledOn)
		}
		if shape == release.Legacy {
			env.Print(env.Out, "  released by an earlier version, questionnaire %s", p.Version)
		} else {
			env.Print(env.Out, "  part %d: questionnaire %s, shape %s, since %s, k %d%s", p.Number, p.Version, shape, p.Since, p.K, pooled)
		}
		printCohorts(env, p.Cohorts)
	}
}

// printCoded prints sensitive questions as they are published.
func printCoded(env *environment, coded map[string]*release.Coded) {
	for _, key := range sortedKeys(coded) {
		c := coded[key]
		env.Print(env.Out, "  coded %s: %d respondents in multiples of %d%s", key, c.N, c.K, counts(c.Counts))
		for _, group := range sortedKeys(c.By) {
			by := c.By[group]
			env.Print(env.Out, "    %s: %d respondents in multiples of %d%s", group, by.N, by.K, counts(by.Counts))
		}
	}
}

func printRows(env *environment, what message.Key, rows map[string]*tally.Rows) {
	for _, signature := range sortedKeys(rows) {
		env.Print(env.Out, "  %s %s: %d respondents with an index of their own", what, signature, rows[signature].N)
	}
}

// printHeld prints what is counted and not public.
func printHeld(env *environment, h *release.Held) {
	env.Print(env.Out, "  not public:")
	for _, shape := range sortedKeys(h.Out) {
		for _, key := range sortedKeys(h.Out[shape]) {
			m := h.Out[shape][key]
			env.Print(env.Out, "    %s of shape %s: in blocks up to %s, the last with release %d", groupName(key), shape, m.Cursor, m.Release)
		}
	}
	for _, shape := range sortedKeys(h.Items) {
		env.Print(env.Out, "    held of shape %s", shape)
		printCohorts(env, h.Items[shape])
	}
	printRows(env, "  rows that wait", h.Rows)
	for _, key := range sortedKeys(h.Legacy) {
		env.Print(env.Out, "    released by an earlier version, %s: %d", groupName(key), h.Legacy[key])
	}
}

func groupName(key string) message.Text {
	switch key {
	case "":
		return message.New("respondents without a group")
	case release.Pool:
		return message.New("the pool")
	}
	return message.New("group %s", key)
}

// printCohorts prints counters by cohort.
func printCohorts(env *environment, cohorts map[string]*tally.Counters) {
	for _, key := range sortedKeys(cohorts) {
		c := cohorts[key]
		env.Print(env.Out, "    %s: %s", groupName(key), message.Count(int(c.Respondents), "respondent"))
		for _, field := range sortedKeys(c.Items) {
			env.Print(env.Out, "      %s: %d answers%s", field, c.Items[field].N, counts(c.Items[field].Counts))
		}
		for _, field := range sortedKeys(c.Bases) {
			asked, not := int64(0), int64(0)
			for class, n := range c.Bases[field] {
				if strings.HasPrefix(class, tally.NotAsked) {
					not += n
				} else {
					asked += n
				}
			}
			env.Print(env.Out, "      %s: %d may be asked it, %d are not", field, asked, not)
		}
	}
}

// counts lists how often each option was chosen.
func counts(all tally.Counts) string {
	var parts []string
	for _, chosen := range all {
		parts = append(parts, fmt.Sprintf("%s: %d", chosen.Option, chosen.N))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// shownEntry is an entry of a log as it is printed.
type shownEntry struct {
	Cursor  string    `json:"cursor"`
	Arrived time.Time `json:"arrived"`
	answer.Response
}

func (s *showCommand) showResponse(ctx context.Context, env *environment) error {
	id, err := responseID(s.Which)
	if err != nil {
		return err
	}
	entry, err := s.find(ctx, env.store, id)
	if err != nil {
		return err
	}
	if entry == nil {
		return message.Errorf("%s has no response %s: look for a mistyped letter, or another --data or --table", s.ID, answer.Receipt(id))
	}
	if err := s.addPrivate(ctx, env.store, entry); err != nil {
		return err
	}
	corrections, err := s.correctionsOf(ctx, env.store, entry.Response.Period, id)
	if err != nil {
		return err
	}
	if s.JSON {
		return console.JSON(env.Out, shownResponse{shownEntry{entry.Cursor, entry.Arrived.UTC(), entry.Response}, corrections})
	}
	r := entry.Response
	state := message.Count(len(r.Answers), "answer")
	if r.Withdrawn {
		state = message.New("withdrawn")
	}
	env.Print(env.Out, "%s %s: response %s, id %s, %s", r.Survey, r.Period, answer.Receipt(r.ID), r.ID, state)
	env.Print(env.Out, "  arrived %s, cursor %s, version %s, language %s, channel %s", entry.Arrived.UTC().Format(time.RFC3339), entry.Cursor, r.Version, r.Language, r.Channel)
	for _, a := range r.Answers {
		env.Print(env.Out, "  %s: %s", a.Field(), said(a))
	}
	for _, a := range r.Private {
		env.Print(env.Out, "  private %s: %s", a.Field(), said(a))
	}
	for _, c := range corrections {
		c.print(env)
	}
	return nil
}

// said writes the values of an answer; of a sealed one, which keys open it.
func said(a answer.Answer) message.Text {
	if keys := a.SealedTo(); keys != nil {
		return message.New("sealed to %s", strings.Join(keys, ", "))
	}
	return message.Plain(strings.Join(quoted(a.Values()), ", "))
}

// quoted writes values so that what a respondent has typed cannot look like something else in a terminal.
func quoted(values []string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strconv.Quote(v)
		if strconv.CanBackquote(v) && !strings.Contains(v, " ") {
			all[i] = v
		}
	}
	return all
}

// find finds a response; nil if there is none.
func (s *showCommand) find(ctx context.Context, from store.Records, id string) (*store.Entry, error) {
	found, err := from.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, entry := range found {
		if entry.Response.Survey == s.ID {
			return &entry, nil
		}
	}
	return nil, nil
}

// addPrivate adds the private answers of a response, if they are wanted.
func (s *showCommand) addPrivate(ctx context.Context, from store.Records, entry *store.Entry) (err error) {
	if s.Private && !entry.Response.Withdrawn {
		entry.Response.Private, err = from.Private(ctx, entry.Response.Survey, entry.Response.Period, entry.Response.ID)
	}
	return err
}

func (s *showCommand) showLog(ctx context.Context, env *environment) error {
	periods, err := s.periods(ctx, env.store, s.ID)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(env.Out)
	lines.SetEscapeHTML(false)
	for _, period := range periods {
		for entry, err := range env.store.After(ctx, s.ID, period, "") {
			if err == nil {
				err = s.addPrivate(ctx, env.store, &entry)
			}
			if err != nil {
				return err
			}
			if err := lines.Encode(shownEntry{entry.Cursor, entry.Arrived.UTC(), entry.Response}); err != nil {
				return err
			}
		}
	}
	return nil
}
