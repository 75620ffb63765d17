package answer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quality is how a response came: facts, and nothing of what it says. Rules of the questionnaire's quality read it. It is no
// part of [Response.Digest].
type Quality struct {
	Flags Flags `json:"flags,omitempty"`

	// Seconds are those between the page and the response, as [CoarseSeconds] returns them; 0 if that is not known. It is known
	// where the handler has signed the time at which it rendered the page, and never of confidential or anonymous surveys.
	Seconds int `json:"seconds,omitempty"`
}

// Flags is a set of facts of how a response came. Its bits are stored, so they must not change.
type Flags uint32

// The flags. Without Watched, no rule holds a response back, whatever the others are.
const (
	Watched   Flags = 1 << iota // it came without an invitation, while limits were on
	Honeypot                    // a field was filled in that people do not see
	CrossSite                   // a page of another site has sent it
	Rate                        // its range of addresses has sent more than is usual
	NoWork                      // its sender was asked for work, and waited instead
	OldRules                    // it answers an earlier questionnaire, with other rules than the one in force: the usual ones hold
	DayOnly                     // of its arrival the day is kept
	Burst                       // with DayOnly: far more came than is usual when it did
)

// flagNames are the names of flags, by bit.
var flagNames = []string{"watched", "honeypot", "cross_site", "rate", "no_work", "old_rules", "day_only", "burst"}

// Has reports whether all of the flags are set.
func (f Flags) Has(all Flags) bool { return f&all == all }

// Names lists the names of the flags that are set, in the order of their bits.
func (f Flags) Names() []string {
	var names []string
	for bit := 0; f>>bit != 0; bit++ {
		switch {
		case f>>bit&1 == 0:
		case bit < len(flagNames):
			names = append(names, flagNames[bit])
		default:
			names = append(names, fmt.Sprint("bit_", bit)) // of a later program
		}
	}
	return names
}

// String joins the names.
func (f Flags) String() string { return strings.Join(f.Names(), " ") }

// MarshalJSON returns the names as an array.
func (f Flags) MarshalJSON() ([]byte, error) { return json.Marshal(f.Names()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Flags) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*f = 0
	for _, name := range names {
		bit := slices.Index(flagNames, name)
		if bit < 0 {
			if n, err := fmt.Sscanf(name, "bit_%d", &bit); n != 1 || err != nil || bit < len(flagNames) || bit > 31 {
				return fmt.Errorf("there is no flag %q", name)
			}
		}
		*f |= 1 << bit
	}
	return nil
}

// secondSteps are the values that [CoarseSeconds] returns: fewer than would tell people apart.
var secondSteps = []int{1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300}

// IsFaster reports whether a response came in less than so many seconds after its page, as far as the coarse time says it for certain.
func (q Quality) IsFaster(limit int) bool {
	for i, step := range secondSteps[1:] {
		if secondSteps[i] == q.Seconds {
			return step <= limit
		}
	}
	return false
}

// CoarseSeconds returns the time between a page and a response in seconds, rounded down to one of few steps: at least 1, at most 300.
func CoarseSeconds(took time.Duration) int {
	coarse := secondSteps[0]
	for _, step := range secondSteps {
		if took >= time.Duration(step)*time.Second {
			coarse = step
		}
	}
	return coarse
}
