package store

import (
	"context"
	"time"
)

// OriginLife is how long the origin of a response is kept: as long as somebody may review it.
const OriginLife = 14 * 24 * time.Hour

// Origins keeps apart from the answers which of them came from one range of addresses, for review alone. It is never used for
// surveys in which nothing may join a person and an answer. What it keeps may be lost, and is gone after [OriginLife].
type Origins interface {
	// PutOrigin keeps the label of the range that a response came from. The label names the range by a secret of the day.
	PutOrigin(ctx context.Context, survey, id, label string) error

	// Origins returns the labels of a survey's responses by their ids, without those that are too old.
	Origins(ctx context.Context, survey string) (map[string]string, error)
}

// DaySecrets returns secrets that last a day.
type DaySecrets interface {
	// DaySecret returns the secret of the day (UTC) of an instant, which is today or yesterday. All processes have the same; it is random, and gone two days later.
	// So nobody can tell then what was named by it.
	DaySecret(ctx context.Context, at time.Time) ([]byte, error)
}

// Rates lets processes know of each other how fast ranges of addresses send. What it keeps may be lost, and is gone a day after the last change.
type Rates interface {
	// Advance adds to the time until which a range, by its label, has used its rate: from now on, if that is in the past. It returns
	// the time as it is then. However many processes advance it at the same time, each step counts.
	Advance(ctx context.Context, label string, now time.Time, step time.Duration) (time.Time, error)
}
