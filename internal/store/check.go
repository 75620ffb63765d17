package store

import (
	"bytes"
	"context"
	"iter"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
)

// Disagreement says what of the things that a back end keeps twice does not agree.
type Disagreement string

// The disagreements.
const (
	ReleaseNotSum  Disagreement = "release_whole"    // the latest release is not the sum of what all have added
	IDMissing      Disagreement = "id_missing"       // an entry's id is free
	IDElsewhere    Disagreement = "id_elsewhere"     // an entry's id is said to be of another entry
	IDContent      Disagreement = "id_content"       // of an entry and its id, one is a tombstone, or they differ in the digest
	IDWithoutEntry Disagreement = "id_without_entry" // an id is said to be of an entry that is not in the log
	NotCollected   Disagreement = "response_waiting" // a response waits, and collecting leaves it
	MarkAlone      Disagreement = "mark_alone"       // an invitation has been used, and the answers are not stored
)

// KeyProblem is a disagreement among the keys of a back end, about one survey's period.
type KeyProblem struct {
	What     Disagreement
	Response string       // the id, as far as it is known, else the cursor; "" if it is about none
	Text     message.Text // for the operator
}

// SummedRelease is a period's latest release as it is stored, and the sum of what all releases have added.
type SummedRelease struct {
	Number int              // of the latest; 0 if there is none
	Whole  []byte           // encoded; nil if it cannot be read
	Sum    *release.Release // nil if nothing was added
}

// Last returns the number of the sum.
func (r SummedRelease) Last() int {
	if r.Sum == nil {
		return 0
	}
	return r.Sum.Number
}

// Agrees reports whether the latest release is the sum. An earlier program may have stored it, in a form of its own.
func (r SummedRelease) Agrees() bool {
	if r.Last() != r.Number {
		return false
	}
	if r.Sum == nil {
		return true
	}
	sum := r.Sum.Encode()
	if bytes.Equal(sum, r.Whole) {
		return true
	}
	whole, err := release.Decode(r.Whole)
	return err == nil && bytes.Equal(sum, whole.Encode())
}

// Lost reports whether the latest release has more than the sum: then nothing can be derived from that.
func (r SummedRelease) Lost() bool { return r.Last() < r.Number }

// Problem says how the two differ; it is empty if they do not. What is lost is to be restored from copy.
func (r SummedRelease) Problem(copy message.Key) message.Text {
	switch {
	case r.Agrees():
		return message.Text{}
	case r.Lost():
		return message.New("release %d is the latest, and what release %d has added is missing: restore it from %s", r.Number, r.Last()+1, copy)
	}
	return message.New("the latest release is not the sum of what all releases have added")
}

// Checker checks what a back end keeps twice. It is for commands: a back end may have none.
type Checker interface {
	// Logged returns how many entries the log of a survey's period has had up to a cursor, which is not before the last of
	// them and before every later one: more than it has now if a retention time has deleted some.
	Logged(ctx context.Context, survey, period string) (entries int64, end string, err error)

	// CheckKeys yields what disagrees in a survey's period, in no order. It stops at the first error, which it yields. What
	// is stored meanwhile must not look like a disagreement.
	CheckKeys(ctx context.Context, survey, period string) iter.Seq2[KeyProblem, error]
}

// Mender mends what a [Checker] has found, as far as one of two things follows from the other.
type Mender interface {
	// MendKeys takes the id of each entry of a log that is free, and mends the ids that disagree with their entries. It
	// returns the ids that it has changed. It never changes the log.
	MendKeys(ctx context.Context, survey, period string) (changed []string, err error)

	// MendRelease stores the latest release of a period again as the sum of what all have added, if it is not that, and
	// reports whether it did. It returns ErrStale if a release was appended meanwhile.
	MendRelease(ctx context.Context, survey, period string) (changed bool, err error)
}
