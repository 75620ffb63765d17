package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// A Meter counts how fast ranges send, in memory that is never more or less: 1 MB. Each range has four cells, which it may share with
// others, and counts as the one of them that counts least. So no number of ranges makes it forget one: when there are far more ranges
// than cells, some that have sent little count as if they had sent more, and are asked for work. Which ranges share cells
// depends on a secret. Any number of goroutines may use it.
type Meter struct {
	rate   Rate
	secret []byte

	mu    sync.Mutex
	cells [meterRows][meterColumns]int64 // until when what has come is made up for by time: milliseconds since 1970
}

const (
	meterRows    = 4
	meterColumns = 1 << 15
)

// clockStep is by how much a clock is put right at once. Less than that, an answer may have been on its way.
const clockStep = 24 * time.Hour

// NewMeter returns a meter with a secret, which is random.
func NewMeter(rate Rate, secret []byte) *Meter { return &Meter{rate: rate, secret: secret} }

// Level returns the level of a range in a survey.
func (m *Meter) Level(survey, from string, now time.Time) Level {
	at := m.columns(survey, from)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rate.LevelAt(m.free(at, now), now)
}

// Add counts one answer, and returns the level without it.
func (m *Meter) Add(survey, from string, now time.Time) Level {
	at := m.columns(survey, from)
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.free(at, now)
	m.raise(at, m.rate.Next(before, now, 1), now)
	return m.rate.LevelAt(before, now)
}

// Raise takes over what another process knows: until when what has come from a range is made up for. What this one
// knows already is never reduced.
func (m *Meter) Raise(survey, from string, free, now time.Time) {
	at := m.columns(survey, from)
	if most := m.rate.most(now); free.After(most) {
		free = most
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raise(at, free, now)
}

// Next returns from when on a range has used nothing, after some more answers than those after which it was free.
func (r Rate) Next(free, now time.Time, answers int) time.Time {
	if free.Before(now) {
		free = now
	}
	free = free.Add(time.Duration(answers) * r.Interval)
	if most := r.most(now); free.After(most) {
		return most
	}
	return free
}

// most returns from when on a range has used nothing that has used all that counts.
func (r Rate) most(now time.Time) time.Time {
	return now.Add(time.Duration(r.Burst*(1+mostExcess)) * r.Interval)
}

func (m *Meter) free(at [meterRows]uint16, now time.Time) time.Time {
	least := m.cell(0, at, now)
	for row := 1; row < meterRows; row++ {
		least = min(least, m.cell(row, at, now))
	}
	return time.UnixMilli(least)
}

func (m *Meter) raise(at [meterRows]uint16, free, now time.Time) {
	for row := range meterRows {
		m.cells[row][at[row]] = max(m.cell(row, at, now), free.UnixMilli())
	}
}

// cell returns what a cell says; nothing if no answer can have said it, but by a clock that was wrong.
func (m *Meter) cell(row int, at [meterRows]uint16, now time.Time) int64 {
	free := m.cells[row][at[row]]
	if free > m.rate.most(now).Add(clockStep).UnixMilli() {
		return 0
	}
	return free
}

// columns returns the cells of a range in a survey.
func (m *Meter) columns(survey, from string) (at [meterRows]uint16) {
	mac := hmac.New(sha256.New, m.secret)
	mac.Write([]byte(survey + "\n" + from))
	sum := mac.Sum(nil)
	for row := range meterRows {
		at[row] = binary.BigEndian.Uint16(sum[2*row:]) % meterColumns
	}
	return at
}
