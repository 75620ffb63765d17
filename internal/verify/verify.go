// Package verify counts what is stored again and compares, mends what differs and follows from something else, and does the first
// by schedule.
package verify

import (
	"context"
	"errors"
	"iter"

	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Result is the result of counting a period again. Its JSON is part of the machine form of `glasspoll results
// verify`: names stay.
type Result struct {
	Survey    string          `json:"survey"`
	Period    string          `json:"period"`
	Agree     bool            `json:"agree"`
	Responses int64           `json:"responses"`           // withdrawn ones included
	Withdrawn int64           `json:"withdrawn"`           // of these
	Held      int64           `json:"held,omitempty"`      // that rules have held back, whatever was decided then; those that still wait, and rejected ones, are not among the responses
	Waiting   int64           `json:"to_review,omitempty"` // of the held, that wait to be reviewed
	Rejected  int64           `json:"rejected,omitempty"`  // also of those that no rule has held
	Deleted   int64           `json:"deleted"`             // that were deleted after a retention time, and are not among the responses
	Tally     bool            `json:"tally"`               // there is a tally that fits the latest release, which was compared
	Keys      bool            `json:"keys"`                // the store can check what it keeps twice, and has done so
	Releases  int             `json:"releases"`            // that were compared
	Figures   bool            `json:"figures"`             // all that is published could be computed again from the responses, and was compared
	Pages     int             `json:"pages"`               // files with figures, as visitors can read them, that were compared
	Findings  []audit.Finding `json:"findings"`
}

// maxKeyFindings bounds the findings about keys of one period.
const maxKeyFindings = 100

// Period counts a period again: each response by the questionnaire that it was answered under. It checks the releases against the
// rules, compares their blocks, who waits and the published figures with the recount and, if the store can, what it keeps
// twice. Responses that are not in the log yet are collected first.
func Period(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Result, error) {
	v, _, err := count(ctx, records, s, period)
	return v, err
}

// count returns the recount, too.
func count(ctx context.Context, records store.Records, s *survey.Survey, period string) (*Result, *recounted, error) {
	if err := records.Collect(ctx, s.ID, period); err != nil {
		return nil, nil, err
	}
	v := &Result{Survey: s.ID, Period: period, Findings: []audit.Finding{}}
	c := &recounter{records: records, survey: s, answered: store.NewAnswered(records, s.ID, s), period: period}
	counted, err := c.again(ctx)
	if err != nil {
		return nil, nil, err
	}
	v.Responses, v.Withdrawn = counted.replay.Received()
	if h := counted.replay.Held(); h != nil {
		v.Held, v.Waiting, v.Rejected = h.Total(), h.Waiting, h.Rejected
	}
	v.Tally, v.Deleted, v.Releases, v.Figures = counted.compared, counted.deleted, counted.releases.Count(), counted.figures
	v.Findings = append(v.Findings, counted.findings...)
	if err := v.checkKeys(ctx, records); err != nil {
		return nil, nil, err
	}
	v.Agree = len(v.Findings) == 0
	return v, &recounted{c, counted}, nil
}

// recounted is a recount and how to count again.
type recounted struct {
	*recounter
	*recount
}

// checkKeys compares what the store keeps twice, if it can.
func (v *Result) checkKeys(ctx context.Context, records store.Records) error {
	checker, ok := records.(store.Checker)
	if !ok {
		return nil
	}
	v.Keys = true
	n := 0
	for problem, err := range checker.CheckKeys(ctx, v.Survey, v.Period) {
		if err != nil {
			return err
		}
		if n++; n <= maxKeyFindings {
			v.Findings = append(v.Findings, audit.Finding{Code: audit.Code(problem.What), Response: problem.Response, Message: problem.Text})
		}
	}
	if n > maxKeyFindings {
		more := int64(n - maxKeyFindings)
		v.Findings = append(v.Findings, audit.Finding{Code: v.Findings[len(v.Findings)-1].Code, Counted: &more, Message: message.New("and more of these")})
	}
	return nil
}

// recounter counts a period again.
type recounter struct {
	records  store.Records
	survey   *survey.Survey // the questionnaire in force
	answered *store.Answered
	period   string
}

// recount is a period counted again.
type recount struct {
	replay   *audit.Replay
	releases *audit.Releases
	deleted  int64 // responses that were in the log once, or in that of the store that this one was moved from
	settled  store.Settled
	stored   *tally.Tally // nil if there is none, or it does not fit the latest release
	at       *tally.Tally // who waits at the cursor of stored
	revision int
	compared bool
	figures  bool // they were compared
	findings []audit.Finding
}

// maxRecounts bounds the tries to count a period that changes meanwhile.
const maxRecounts = 5

// again counts the period, more than once if it changes meanwhile.
func (c *recounter) again(ctx context.Context) (*recount, error) {
	for try := 1; ; try++ {
		stored, revision, damaged := c.records.Tally(ctx, c.survey.ID, c.period)
		if damaged != nil && !errors.Is(damaged, store.ErrDamaged) {
			return nil, damaged
		}
		r, err := c.count(ctx, stored)
		if err != nil {
			return nil, err
		}
		r.revision = revision
		if damaged != nil {
			r.findings = append(r.findings, audit.Finding{Code: audit.TallyDamaged, Message: message.Of(damaged)})
			return r, nil
		}
		if len(r.findings) == 0 {
			return r, nil
		}
		// A response may have been erased, or a release appended, after the tally was read.
		_, now, err := c.records.Tally(ctx, c.survey.ID, c.period)
		if err != nil || now == revision || try == maxRecounts {
			return r, err
		}
	}
}

// count counts the period once, and compares.
func (c *recounter) count(ctx context.Context, stored *tally.Tally) (*recount, error) {
	r := &recount{}
	var err error
	if r.settled, err = store.SettledOf(ctx, c.records, c.survey.ID, c.period); err != nil {
		return nil, err
	}
	if err := r.settled.ReadDecisions(ctx, c.records, c.survey.ID, c.period); err != nil {
		return nil, err
	}
	latest, err := c.latest(ctx)
	if err != nil {
		return nil, err
	}
	logged, end, err := c.logged(ctx)
	if err != nil {
		return nil, err
	}
	carried := audit.Carried{Through: r.settled.Through, Release: r.settled.Release}
	p := &replaying{recounter: c, recount: r, stored: stored, end: end}
	r.replay, r.releases = audit.NewReplay(latest, carried), audit.NewReleases(c.survey, carried)
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	r.deleted = max(logged-p.inLog, 0)
	moved, err := store.Carried(ctx, c.records, c.survey.ID, c.period)
	if err != nil {
		return nil, err
	}
	r.deleted += moved
	if p.inLog > logged {
		r.findings = append(r.findings, audit.Finding{Code: audit.LogLength, Counted: &logged, Found: &p.inLog,
			Message: message.New("the log has had %d responses, and has %d", logged, p.inLog)})
	}
	r.findings = append(r.findings, r.replay.Findings(r.deleted)...)
	if stored != nil && stored.Release == release.NumberOf(r.releases.Last()) {
		r.stored, r.compared = stored, true
		r.findings = append(r.findings, r.replay.Tally(stored, r.at, r.deleted)...)
	}
	return r, r.compareFigures(c.survey)
}

// latest returns the latest release of the period; nil if there is none. If the record of the latest is damaged, it follows from
// what all have added.
func (c *recounter) latest(ctx context.Context) (last *release.Release, err error) {
	all, err := c.records.Latest(ctx, c.survey.ID)
	if err != nil {
		for r, err := range c.records.History(ctx, c.survey.ID, c.period) {
			if err != nil {
				return nil, err
			}
			last = r
		}
		return last, nil
	}
	return release.ByPeriod(all)[c.period], nil
}

// logged returns how many entries the log has had up to a cursor, as far as the store knows.
func (c *recounter) logged(ctx context.Context) (entries int64, end string, err error) {
	checker, ok := c.records.(store.Checker)
	if !ok {
		return 0, "", nil
	}
	return checker.Logged(ctx, c.survey.ID, c.period)
}

// replaying reads the log and the releases side by side.
type replaying struct {
	*recounter
	*recount
	stored *tally.Tally // nil: none
	end    string
	inLog  int64 // entries up to end

	history func() (*release.Release, error, bool)
	next    *release.Release // nil after the last
}

func (p *replaying) run(ctx context.Context) error {
	history, stop := iter.Pull2(p.records.History(ctx, p.survey.ID, p.period))
	defer stop()
	p.history = history
	if err := p.readNext(); err != nil {
		return err
	}
	for entries, err := range store.Batches(ctx, p.records, p.survey.ID, p.period, "", "") {
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := p.add(ctx, entry); err != nil {
				return err
			}
		}
	}
	for p.next != nil {
		if err := p.release(); err != nil {
			return err
		}
	}
	if p.at == nil {
		p.at = p.replay.Waiting(p.decided())
	} else {
		p.replay.Waiting(p.settled.LastDecided()) // what was decided later, too
	}
	return nil
}

// decided returns the number of the decisions that the stored tally has, or of the last ones.
func (p *replaying) decided() int {
	if p.stored != nil {
		return p.stored.Decided
	}
	return p.settled.LastDecided()
}

// readNext reads the next release.
func (p *replaying) readNext() error {
	r, err, more := p.history()
	if !more {
		p.next = nil
		return nil
	}
	p.next = r
	return err
}

// release checks the next release, and takes out its blocks.
func (p *replaying) release() error {
	p.findings = append(p.findings, p.releases.Add(p.next)...)
	p.replay.Release(p.next)
	return p.readNext()
}

// add counts an entry, after the releases whose blocks it cannot be in.
func (p *replaying) add(ctx context.Context, e store.Entry) error {
	for p.next != nil && audit.Cutoff(p.next) < e.Cursor {
		if err := p.release(); err != nil {
			return err
		}
	}
	if p.stored != nil && p.at == nil && e.Cursor > p.stored.Cursor {
		p.at = p.replay.Waiting(p.decided())
	}
	if e.Cursor <= p.end {
		p.inLog++
	}
	answered, err := p.answered.Survey(ctx, e.Response.Version)
	if err != nil {
		return err
	}
	p.replay.Fold(answered, p.settled.Came(answered, e), e.Response, p.settled.Steps(answered, e)...)
	return nil
}
