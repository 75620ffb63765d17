package intake

import (
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/limit"
	"glasspoll/internal/survey"
)

// crowds tells bursts of answers whose arrival is kept to the day alone, so that nobody can tell them later. What it knows is
// gone with the process. The zero value is ready to use, by any number of goroutines.
type crowds struct {
	mu   sync.Mutex
	free map[string]time.Time // by survey: from when on the answers so far are made up for
}

// add counts an answer, and reports whether far more have come, in ten minutes, than is usual.
func (c *crowds) add(s *survey.Survey, now time.Time) bool {
	rate := limit.Rate{Burst: s.BurstLimit(), Interval: 10 * time.Minute / time.Duration(s.BurstLimit())}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free == nil {
		c.free = map[string]time.Time{}
	}
	before := c.free[s.ID]
	c.free[s.ID] = rate.Next(before, now, 1)
	return rate.LevelAt(before, now).IsOver()
}

// dayFlags returns what there is to note of an answer whose arrival is kept to the day: whether it comes in a burst.
func (s *submission) dayFlags() answer.Flags {
	switch {
	case s.day().IsZero():
		return 0
	case s.current.Holds(survey.BurstRule) && s.Limits.crowds.add(s.current, s.now):
		return answer.DayOnly | answer.Burst
	}
	return answer.DayOnly
}
