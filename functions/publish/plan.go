package main

import (
	"cmp"
	"slices"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
)

const (
	// sweepEvery is within which time each survey is searched for what the stream has lost. A survey that something has come to is
	// searched in each round, for as long again.
	sweepEvery = 2 * time.Hour

	// roundEvery is how often the schedule begins a round: deploy/template.yaml.
	roundEvery = 10 * time.Minute

	// clockError bounds by how much a process's clock may be wrong. A look that was begun further ahead says nothing: until then it
	// would keep the survey from being looked at.
	clockError = 5 * time.Minute

	// sweepRounds is over how many rounds the searches are spread: one fewer than begin within sweepEvery.
	sweepRounds = int(sweepEvery/roundEvery) - 1
)

// view is what a round knows before it looks at any survey.
type view struct {
	now     time.Time
	surveys []string
	looks   map[string]cloud.Look
	inForce map[string]string // versions, by survey; a survey without one is being moved to this table
	edition string            // of the site
	sweeps  bool              // surveys are searched: the round is one of the schedule, and not one that the stream asks for
}

// action is what a round does with a survey. Each comprises those before it.
type action int

const (
	nothing action = iota
	agesCases
	sweeps    // searches it for what the stream has lost
	publishes // brings it up to date
)

// task is a survey that needs a look.
type task struct {
	survey  string
	version string // in force
	action  action
	look    cloud.Look // the last one
}

// plan decides which surveys need a look, in the order of their turns: those first that were tried longest ago. waiting are all
// surveys with news to tell.
func plan(v view) (tasks []task, waiting []string) {
	var idle []task
	swept := 0
	for _, id := range slices.Concat(v.surveys, []string{cases.NoSurvey}) {
		t := task{survey: id, version: v.inForce[id], look: v.looks[id]}
		if t.version == "" && id != cases.NoSurvey {
			continue
		}
		if reached(t.look.News, v.now) {
			waiting = append(waiting, id)
		}
		t.action = v.actionOf(t)
		switch {
		case t.action != nothing:
			tasks = append(tasks, t)
		case v.sweeps && id != cases.NoSurvey:
			idle = append(idle, t)
		}
		if t.action >= sweeps {
			swept++
		}
	}
	// The others are searched in turn, so that not all of them need it in one round.
	slices.SortFunc(idle, func(a, b task) int {
		return cmp.Or(a.look.Swept.Compare(b.look.Swept), cmp.Compare(a.survey, b.survey))
	})
	share := max((len(v.surveys)+sweepRounds-1)/sweepRounds-swept, 0)
	for _, t := range idle[:min(share, len(idle))] {
		t.action = sweeps
		tasks = append(tasks, t)
	}
	slices.SortFunc(tasks, func(a, b task) int {
		return cmp.Or(a.look.Tried.Compare(b.look.Tried), cmp.Compare(a.survey, b.survey))
	})
	return tasks, waiting
}

// actionOf decides what a survey certainly needs.
func (v view) actionOf(t task) action {
	l := t.look
	unknown := l.Version == 0 || l.Again || l.Pending || l.Tried.Sub(v.now) > clockError
	ofNone := t.survey == cases.NoSurvey
	switch {
	case !ofNone && (unknown || l.InForce != t.version || l.Edition != v.edition || reached(l.Due, v.now)):
		return publishes
	case !ofNone && v.sweeps && (v.now.Sub(l.Moved) < sweepEvery || v.now.Sub(l.Swept) >= sweepEvery-roundEvery):
		return sweeps
	case ofNone && (unknown || v.sweeps && v.now.Sub(l.Swept) >= sweepEvery-roundEvery):
		return agesCases
	case reached(l.Cases, v.now):
		return agesCases
	}
	return nothing
}

// reached reports whether an instant has come; the zero one never does.
func reached(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }
