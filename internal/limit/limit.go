// Package limit bounds how fast answers come from one range of addresses. Who is over it is asked for a little work, or to wait,
// and never refused for good. It is pure.
package limit

import (
	"math/bits"
	"time"
)

// A Rate is how many answers may come from a range: so many at once, and one more after each interval.
type Rate struct {
	Burst    int
	Interval time.Duration
}

// Usual is the rate of one range in one survey. When a mail reaches an office of 500 people behind one address, about a hundred
// of them answer in the first hour, and up to a third of these in the first ten minutes; of a class or a meeting that is asked
// to answer now, a hundred answer within five minutes. Both stay below it: 60 at once, and 600 an hour.
var Usual = Rate{Burst: 60, Interval: 6 * time.Second}

// noticed is the share of a burst from which on a range is watched together with other processes: a quarter.
const noticed = 4

// mostExcess bounds, in bursts, how far over its rate a range can be, and so how long it stays over it: a few hours.
const mostExcess = 32

// A Level says how much of its rate a range has used: answers that have come, less those that time has made up for.
type Level struct {
	rate Rate
	used int
}

// LevelAt returns the level of a range that has used nothing from an instant on.
func (r Rate) LevelAt(free, now time.Time) Level {
	ahead := free.Sub(now)
	if ahead <= 0 {
		return Level{r, 0}
	}
	return Level{r, int((ahead + r.Interval - 1) / r.Interval)}
}

// IsNoticed reports whether the range has sent more than single people do.
func (l Level) IsNoticed() bool { return l.used >= l.rate.Burst/noticed }

// IsOver reports whether the range has used all of its rate.
func (l Level) IsOver() bool { return l.used >= l.rate.Burst }

// Max returns the level of the two that has used more.
func (l Level) Max(other Level) Level {
	if other.used > l.used {
		return other
	}
	return l
}

// Used returns how many answers count.
func (l Level) Used() int { return l.used }

// Difficulty returns how much work one more answer costs: that to find about 2^Difficulty hashes, twice as many for each doubling of what is
// over the rate. 0 is none.
func (l Level) Difficulty() int {
	if !l.IsOver() {
		return 0
	}
	bursts := (l.used - l.rate.Burst) / l.rate.Burst
	return min(leastWork+bits.Len(uint(bursts)), MostWork)
}

// The time that somebody waits who cannot work.
const (
	leastWait = 15 * time.Second
	mostWait  = 45 * time.Second
)

// Wait returns how long somebody waits who cannot work: until the range may send one more answer, within bounds.
func (l Level) Wait() time.Duration {
	until := time.Duration(l.used-l.rate.Burst+1) * l.rate.Interval
	return max(leastWait, min(until, mostWait))
}
