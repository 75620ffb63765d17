// Package transfer carries everything that one store has of its surveys to another one, and compares the two.
//
// It runs while both are used. Each response is stored once, whatever is interrupted, because an id is taken once in a survey
// for good ([store.Importer]); so every step may be repeated, and progress, which is kept in the target, only saves work.
// What makes the figures of the target right:
//
//   - A survey that the target has not in force is counted by nobody there, and gets no answers. It is put in force last,
//     once the recount agrees.
//   - The responses whose alerts the source has evaluated are carried before the others, and the tally of the target then
//     says that their alerts have been evaluated. How far the source has come is read before its cases are, and a case is
//     stored before a tally passes its response: so each case is carried or will be opened, and has one id in both stores.
//   - Who waits to be released is known from the source's tally, because in the target responses have other places in the log.
//     That tally is carried when the target has exactly the responses that the source has of those it counts, and they count
//     as settled there ([store.Settled]). If the target has others too, who waits is lost, so that nobody is in two blocks.
//   - Responses that the source has deleted after a retention time are known from its tally, too. It is an error if the target
//     has other responses of the period then, or counts it already.
//   - Releases are carried after the responses. Which ones is decided before those are read, so the target has every
//     respondent of its last release.
//   - What has been erased in the source is erased in the target. What has been erased in the target stays erased.
package transfer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Source is a store from which everything is carried. It is read, but for the collecting of what it has.
type Source interface {
	store.Reader
	store.Collector
}

// Target is a store to which everything is carried.
type Target interface {
	store.Records
	store.Eraser
	store.DefinitionWriter
	store.Importer
	store.Tallying
	store.KeyRing
	store.Progress
}

// Options say how to carry.
type Options struct {
	Source string                                 // names the source, the same in each run: progress is kept under it
	Say    func(line message.Text)                // is told what has been done, once a period
	Now    func() time.Time                       // of cases that are withdrawn
	Moved  func(survey string, periods ...string) // nil, or told what may have changed in the target
}

// Report is what a run has done, and what it has found.
type Report struct {
	Surveys   int
	Versions  int      // of questionnaires, in the source
	Responses int      // stored in the target by this run
	Erased    int      // in the target by this run
	Releases  int      // stored in the target by this run
	Cases     int      // stored in the target by this run
	Compared  int      // responses of the source that were compared with those of the target
	Own       int      // responses that only the target has
	InForce   []string // surveys that this run has put in force in the target

	Invitations int // stored in the target by this run

	Differences []message.Text // sentences; none if the target has everything
}

// Move carries everything. The report counts what was done also if there is an error, after which Move can be called again.
func Move(ctx context.Context, from Source, to Target, o Options) (*Report, error) {
	return run(ctx, &mover{from: from, to: to, options: o, write: true})
}

// Check compares what Move would carry with what the target has, and changes nothing.
func Check(ctx context.Context, from Source, to Target, o Options) (*Report, error) {
	return run(ctx, &mover{from: from, to: to, options: o})
}

// mover is one run.
type mover struct {
	from    Source
	to      Target
	options Options
	write   bool // else only compare
	report  Report
}

func run(ctx context.Context, m *mover) (*Report, error) {
	surveys, err := m.from.Surveys(ctx)
	if err != nil {
		return &m.report, err
	}
	for _, id := range surveys {
		if err := m.survey(ctx, id); err != nil {
			return &m.report, message.Errorf("%s: %w", id, err)
		}
		m.report.Surveys++
	}
	none := &one{mover: m, survey: &survey.Survey{ID: cases.NoSurvey}, inForce: true}
	return &m.report, none.cases(ctx)
}

func (m *mover) say(format string, args ...any) {
	if m.options.Say != nil {
		m.options.Say(message.New(format, args...))
	}
}

func (m *mover) differs(format string, args ...any) {
	m.report.Differences = append(m.report.Differences, message.New(format, args...))
}

// one is a survey that is carried.
type one struct {
	*mover
	survey  *survey.Survey // as it is in force in the source
	inForce bool           // in the target
	last    map[string]int // by period: number of the last release that is carried
}

// survey carries one survey.
func (m *mover) survey(ctx context.Context, id string) error {
	s, err := m.from.Definition(ctx, id, "")
	if err != nil {
		return err
	}
	differences := len(m.report.Differences)
	o := &one{mover: m, survey: s, last: map[string]int{}}
	if err := o.versions(ctx); err != nil {
		return err
	}
	if err := o.readInForce(ctx); err != nil {
		return err
	}
	periods, err := o.periods(ctx)
	if err != nil {
		return err
	}
	if err := o.cases(ctx); err != nil {
		return err
	}
	if err := o.invitations(ctx); err != nil {
		return err
	}
	for _, name := range periods {
		if err := (&period{one: o, name: name}).carry(ctx); err != nil {
			return message.Errorf("%s: %w", name, err)
		}
	}
	if m.write { // those that were opened, and used, meanwhile
		if err := errors.Join(o.cases(ctx), o.invitations(ctx)); err != nil {
			return err
		}
	}
	return o.finish(ctx, periods, len(m.report.Differences) > differences)
}

// finish puts the survey in force, unless it is already or something differs.
func (o *one) finish(ctx context.Context, periods []string, differs bool) error {
	if err := o.readInForce(ctx); err != nil {
		return err
	}
	switch {
	case o.inForce:
	case !o.write:
		o.differs("%s: the questionnaire is not in force", o.survey.ID)
	case differs:
		o.say("%s: not put in force, because something differs", o.survey.ID)
	default:
		if err := o.to.PutDefinition(ctx, o.survey); err != nil {
			return err
		}
		o.report.InForce = append(o.report.InForce, o.survey.ID)
	}
	if err := o.withdrawals(ctx); err != nil {
		return err
	}
	if o.write && o.options.Moved != nil {
		o.options.Moved(o.survey.ID, periods...)
	}
	return nil
}

// versions carries all versions of the questionnaire, without putting one in force.
func (o *one) versions(ctx context.Context) error {
	versions, err := o.from.Versions(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	for _, version := range versions {
		s, err := o.from.Definition(ctx, o.survey.ID, version)
		if err != nil {
			return err
		}
		o.report.Versions++
		if o.write {
			err = o.to.StoreDefinition(ctx, s)
		} else if _, err = o.to.Definition(ctx, s.ID, version); errors.Is(err, store.ErrUnknown) {
			o.differs("%s: version %s of the questionnaire is missing", s.ID, version)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readInForce finds whether the target has the survey in force.
func (o *one) readInForce(ctx context.Context) error {
	_, err := o.to.Definition(ctx, o.survey.ID, "")
	if o.inForce = err == nil; errors.Is(err, store.ErrUnknown) {
		return nil
	}
	return err
}

// periods lists the periods that the source has anything of, after it has collected what is to be read of them.
func (o *one) periods(ctx context.Context) ([]string, error) {
	latest, err := o.from.Latest(ctx, o.survey.ID)
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for _, r := range latest {
		o.last[r.Period] = r.Number
		all[r.Period] = true
	}
	if err := o.from.Collect(ctx, o.survey.ID, slices.Sorted(maps.Keys(all))...); err != nil {
		return nil, err
	}
	periods, err := o.from.Periods(ctx, o.survey.ID)
	if err != nil {
		return nil, err
	}
	for _, period := range periods {
		all[period] = true
	}
	return slices.Sorted(maps.Keys(all)), nil
}
