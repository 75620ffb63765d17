package invitation

import (
	"iter"

	"glasspoll/internal/survey"
)

// Totals counts the invitations to a survey that have been issued and withdrawn, by the names of their counters. known are
// the counters so far; period is that of today, in which invitations of no period count that are in no earlier one.
func Totals(s *survey.Survey, period string, all iter.Seq2[Invitation, error], known map[string]int64) (map[string]int64, error) {
	bound, free := map[string]counted{}, map[string]counted{} // by the names of their counters
	tooLong := false
	for i, err := range all {
		if err != nil {
			return nil, err
		}
		c := CounterOf(s, i, Issued, "", period)
		name := c.name()
		tooLong = tooLong || len(name)+len(TakenBack)-len(Issued) > MaxCounterName
		into := bound
		if i.Period == "" {
			into = free
		}
		group := into[name]
		group.counter = c
		group.issued++
		if i.Withdrawn {
			group.withdrawn++
		}
		into[name] = group
	}
	t := totals{sums: map[string]int64{}, coarse: tooLong}
	for _, group := range bound {
		t.add(group)
	}
	if s.Period != survey.NoPeriod {
		t.takeEarlier(free, known, period)
	}
	for _, group := range free {
		t.add(group)
	}
	return t.sums, nil
}

// counted is how many invitations a counter holds.
type counted struct {
	counter           Counter
	issued, withdrawn int64
}

type totals struct {
	sums   map[string]int64
	coarse bool // some names would be too long: none has a channel or values
}

func (t totals) add(group counted) {
	t.sums[t.name(group.counter, Issued)] += group.issued
	if group.withdrawn > 0 {
		t.sums[t.name(group.counter, TakenBack)] += group.withdrawn
	}
}

func (t totals) name(c Counter, step Step) string {
	c.Step = step
	if t.coarse {
		c.Channel, c.Values = "", nil
	}
	return c.Name()
}

// takeEarlier takes from invitations of no period those that have been counted in an earlier one.
func (t totals) takeEarlier(free map[string]counted, known map[string]int64, period string) {
	for key, group := range free {
		for name, n := range known {
			c, ok := ParseCounter(name)
			if !ok || !c.Step.isTotal() || c.Period >= period {
				continue
			}
			n -= t.sums[name] // those of the period itself
			c.Period = period
			switch c.Name() {
			case t.name(group.counter, Issued):
				group.issued -= max(0, n)
			case t.name(group.counter, TakenBack):
				group.withdrawn -= max(0, n)
			}
		}
		group.issued, group.withdrawn = max(0, group.issued), max(0, group.withdrawn)
		free[key] = group
	}
}
