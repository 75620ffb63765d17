package simulate

import (
	"strings"

	"glasspoll/internal/survey"
)

// Words in the ids of questions and options whose answers go with how satisfied a respondent is: they are praise or promises
// kept, or what goes wrong.
var (
	goodWords = []string{"again", "recommend", "solved", "first_time", "told", "knows", "kept", "on_time", "honest", "warm", "patient", "friendly", "efficient"}
	badWords  = []string{"complained", "extra_charge", "open_issue", "problem", "fault", "late", "_not", "unfriendly", "careless", "cold", "idle", "restless", "slow"}
)

// A tone says whether an answer goes with satisfaction, with dissatisfaction, or with neither.
type tone int

const (
	fact tone = iota
	good
	bad
)

func toneOf(id string) tone {
	switch {
	case hasAny(id, badWords):
		return bad
	case hasAny(id, goodWords):
		return good
	}
	return fact
}

// yesTone is the tone of "yes"; a case is opened because of something bad.
func (m *Simulator) yesTone(q *survey.Question) tone {
	for i := range m.survey.Alerts {
		for _, name := range m.survey.Alerts[i].When.Uses() {
			if name == q.ID {
				return bad
			}
		}
	}
	return toneOf(q.ID)
}

// saysYes answers a yes-or-no question: what goes wrong is rare among the satisfied, and a fact has nothing to do with how
// satisfied somebody is.
func (r *respondent) saysYes(f survey.Field, like float64) bool {
	share := 0.5
	switch r.yesTone(f.Question) {
	case fact:
		if !r.arbitrary {
			share = r.bias[f.Name+"=yes"]
		}
	case good:
		share = like + 0.1
	case bad:
		share = 0.6 * (1 - like) * (1 - like)
		if r.arbitrary {
			share = like
		}
	}
	return r.random.Float64() < share
}

// weight is how much an option without a score attracts a respondent: by its popularity, and by its tone where a question has
// options of several tones.
func (r *respondent) weight(f survey.Field, options []survey.Option, i int, like float64) float64 {
	popularity := r.bias[f.Name+"="+options[i].ID]
	if r.arbitrary {
		return popularity
	}
	if options[i].ID == survey.Other {
		return popularity / 8 // most find themselves among the options
	}
	switch mixed := mixedTones(options); {
	case mixed && toneOf(options[i].ID) == good:
		return popularity * 4 * like
	case mixed && toneOf(options[i].ID) == bad:
		return popularity * 4 * (1 - like) * (1 - like)
	}
	return popularity
}

// mixedTones reports whether some options are good and some are bad.
func mixedTones(options []survey.Option) bool {
	var found [3]bool
	for _, o := range options {
		found[toneOf(o.ID)] = true
	}
	return found[good] && found[bad]
}

// verdict is how satisfied a respondent is with the items answered so far, from 0 to 1; before any is, the mood.
func (r *respondent) verdict() float64 {
	sum, n := 0.0, 0
	for _, f := range r.survey.Fields() {
		if share, ok := r.share(f); ok && f.Question.Type != survey.NPS && f.Part != survey.ImportancePart && f.Name != r.survey.Scoring.Overall {
			sum += share
			n++
		}
	}
	if n == 0 {
		return r.mood
	}
	return sum / float64(n)
}

// share is the score of the answer to a field, as a share of the best; false if it has none.
func (r *respondent) share(f survey.Field) (float64, bool) {
	values := r.values[f.Name]
	if len(values) == 0 || f.MaxScore() == 0 {
		return 0, false
	}
	for _, o := range f.Options() {
		if o.ID == values[0] && o.Score != nil {
			return float64(*o.Score) / float64(f.MaxScore()), true
		}
	}
	return 0, false
}

// How much lower than others an item is about which something is being done, and one about which something was done, before.
const (
	beingDone = 0.1
	wasBad    = 0.15
)

// Follow makes the respondents agree with what is said to be done after their answers: what is worked on is low, and what was
// improved has been low before.
func (m *Simulator) Follow(a survey.Actions) {
	for i := range a.Measures {
		measure := &a.Measures[i]
		for _, f := range m.survey.Fields() {
			if f.Name != measure.Question && f.Question.ID != measure.Question {
				continue
			}
			switch measure.Status {
			case survey.Planned, survey.Doing:
				m.bias[f.Name] = min(m.bias[f.Name], 0) - beingDone
			case survey.Done:
				m.bias[f.Name] = max(m.bias[f.Name], 0)
				m.improved = append(m.improved, f.Name)
			}
		}
	}
}

// worsens reports whether a number is larger for those who are not satisfied: of minutes waited, or of days or visits too many.
func worsens(q *survey.Question) bool {
	return strings.Contains(q.ID, "wait") || strings.Contains(q.ID, "late") || q.ShowIf != nil && strings.Contains(q.ID, "visits")
}
