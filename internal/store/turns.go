package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Work is what has changed of a survey, and is to be brought to its results. A name is that of a period, of a part of one, see
// [PartName], or [Everything].
type Work struct {
	Names  []string  // in order
	Oldest time.Time // when the oldest of the responses was stored, as far as it is known; zero: it is not
}

// Everything is the name of all that may have changed.
const Everything = "*"

// PartName returns the name of a part of a period's responses, by the name that the back end has for it. "" is no part: nothing
// is to be collected, but the period is to be looked at; of the period "", the survey.
func PartName(period, part string) string { return period + "#" + part }

// SplitName returns the period that a name has, and the part if it is the name of one.
func SplitName(name string) (period, part string, isPart bool) {
	if name == Everything {
		return "", "", false
	}
	return strings.Cut(name, "#")
}

// PeriodsOf returns the periods that names have, in order.
func PeriodsOf(names []string) (periods []string) {
	for _, name := range names {
		if period, _, _ := SplitName(name); period != "" {
			periods = append(periods, period)
		}
	}
	slices.Sort(periods)
	return slices.Compact(periods)
}

// And returns all of both.
func (w Work) And(other Work) Work {
	both := Work{Names: slices.Compact(slices.Sorted(slices.Values(slices.Concat(w.Names, other.Names)))), Oldest: w.Oldest}
	if !other.Oldest.IsZero() && (w.Oldest.IsZero() || other.Oldest.Before(w.Oldest)) {
		both.Oldest = other.Oldest
	}
	return both
}

// Turn is one process's turn at the work on a survey, see [Turns].
type Turn struct {
	Survey string
	Work
	Next  time.Time // before which no other turn shall begin; zero: the next one may begin at once. It is read when the turn ends
	Token string    // by which the back end knows the turn
}

// Turns lets processes take turns at the work on a survey, so that they do not all do the same. It saves work and nothing
// else: what they do is right also if they do it at the same time, as when a turn is taken for lost too early. What is left to
// a turn is stored until one has ended that had it.
type Turns interface {
	// BeginTurn returns a turn with the given work and what earlier turns have left. While another one's turn lasts, it returns
	// nil, and the work is left to that one. If it is too early for a turn after the last one, it returns nil and how long it
	// is so, and the work is left to whoever begins or resumes the next turn.
	BeginTurn(ctx context.Context, survey string, w Work) (t *Turn, early time.Duration, err error)

	// EndTurn ends a turn whose work is done, and returns false. If work has been left to it meanwhile, it returns true
	// instead: the turn goes on, with that work.
	EndTurn(ctx context.Context, t *Turn) (again bool, err error)

	// LeaveTurn ends a turn whose work is not done. Its work is left to the next one.
	LeaveTurn(ctx context.Context, t *Turn) error
}

// Leases keeps turns of processes that may be killed: a turn that is not renewed in time is over.
type Leases interface {
	// RenewTurn keeps a turn from being over, and reports whether it is still that of the process.
	RenewTurn(ctx context.Context, t *Turn) (still bool, err error)

	// ResumeTurn returns a turn with what earlier turns have left. It returns nil if nothing is left, or another one's turn
	// lasts. early is for how long it is too early to begin with the work; others are turned away meanwhile.
	ResumeTurn(ctx context.Context, survey string) (t *Turn, early time.Duration, err error)

	// Unfinished lists the surveys of which work is left while no turn lasts, in order.
	Unfinished(ctx context.Context) ([]string, error)
}
