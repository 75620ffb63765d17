// Package load tests how many answers a deployment takes, with a survey of its own that it removes again. Answers come at times that
// are set beforehand, whether those before them have been replied to or not, as people send them; how long each takes is measured from
// when it was to be sent.
package load

import (
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// MostAnswers bounds a load test, unless its operator says otherwise.
const MostAnswers = 100_000

// Plan says how many answers are sent, and when.
type Plan struct {
	Rate float64       // answers a second, once the ramp is over
	Ramp time.Duration // in which the rate grows evenly, from 0
	Hold time.Duration // for which it stays
	Seed uint64        // another seed makes other answers

	// Errors is the share of tries that may fail, of the last [window]: with more, the test ends, so that it does no harm to people
	// who are answering.
	Errors float64
}

// Check returns an error if the plan cannot be carried out, or sends more than most answers.
func (p Plan) Check(most int) error {
	switch {
	case !(p.Rate > 0) || p.Rate > 100_000:
		return message.Errorf("a rate of %s answers a second: write a number above 0, up to 100000", fmt.Sprint(p.Rate))
	case p.Ramp < 0 || p.Hold < 0 || p.Ramp+p.Hold > 24*time.Hour:
		return message.Errorf("ramp and duration together: at most 24 hours")
	case !(p.Errors >= 0) || p.Errors > 1:
		return message.Errorf("the share of errors must be from 0 to 100 percent")
	case p.Answers() < 1:
		return message.Errorf("this plan sends no answer at all: write a longer duration, or a higher rate")
	case p.Answers() > most:
		return message.Errorf("this plan sends %d answers, more than %d: lower the rate or the duration, or allow it with --more-than-100000", p.Answers(), most)
	}
	return nil
}

// Answers returns how many answers are sent.
func (p Plan) Answers() int { return int(p.Rate * (p.Ramp.Seconds()/2 + p.Hold.Seconds())) }

// At returns when the n-th answer is to be sent, from 0, after the beginning. In the ramp, rate·t²/2/ramp answers have been sent by t.
func (p Plan) At(n int) time.Duration {
	inRamp := p.Rate * p.Ramp.Seconds() / 2
	seconds := p.Ramp.Seconds() + (float64(n)-inRamp)/p.Rate
	if float64(n) < inRamp {
		seconds = math.Sqrt(2 * float64(n) * p.Ramp.Seconds() / p.Rate)
	}
	return time.Duration(seconds * float64(time.Second))
}

// Dollars is what a million answers cost at the list prices of docs/operators-aws.md: $1.00 for the CDN, $1.00 for the API, $0.40 for the
// function, 5.3 write units to store and collect each, 2 to remove it, and 3 read units to compare it and to see that it is gone.
const Dollars = 1 + 1 + 0.4 + (5.3+2)*0.625 + 3*0.125

// Cost returns about what the plan costs, in US dollars.
func (p Plan) Cost() float64 { return float64(p.Answers()) * Dollars / 1e6 }

// NewID returns an id for the survey of a test.
func NewID() string {
	random := uuid.New()
	return survey.TrialPrefix + hex.EncodeToString(random[:6])
}

// definition is the questionnaire of a test. Its population is the number of answers, from which their ids follow.
const definition = `
id: %s
title: Load test
purpose: %s
languages: [en]
listed: false
period: none
timezone: UTC
channels: [loadtest]
audience: {population: %d}
results: {audience: staff, min_group: 10}
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, required: true, label: Overall}
      - {id: price, type: rating, steps: 5, label: Price}
      - {id: speed, type: rating, steps: 5, label: Speed}
      - {id: care, type: rating, steps: 5, label: Care}
      - {id: source, type: single_choice, label: From, options: [{id: friend, label: A friend}, {id: web, label: The web}, {id: other, label: Elsewhere}]}
      - {id: recommend, type: nps, label: Would you recommend us?}
      - {id: remark, type: short_text, label: Remark}
`

// Survey returns the survey of a test of so many answers.
func Survey(id string, answers int) (*survey.Survey, error) {
	s, problems := questionnaire.Parse(id+".yaml", fmt.Appendf(nil, definition, id, survey.TrialPurpose, answers))
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

// ids are the ids of a test's answers, in the order in which they are sent. They follow from the survey alone, so that they can be
// removed after a test that was interrupted.
func ids(s *survey.Survey) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for n := range s.Audience.Population {
			if !yield(idOf(s.ID, n)) {
				return
			}
		}
	}
}

func idOf(survey string, n int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%d", survey, n)).String()
}
