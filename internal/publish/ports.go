package publish

import (
	"context"
	"errors"
	"hash/fnv"
	"iter"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Shards is into how many logs a period's responses are spread.
const Shards = 16

// Shard is one log of a survey's period.
type Shard struct {
	Survey, Period string
	Number         int // 0 to Shards-1
}

// ShardOf spreads submission ids over the shards. It can never change: it says where a response is.
func ShardOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % Shards)
}

// Entry is one stored response and where it stands in its log. Cursors are opaque, not "", and sort by arrival.
type Entry struct {
	Cursor   string
	Settled  bool            // no entry will ever come to stand before it; once one is not, none after it is
	Arrived  time.Time       // by the store's clock
	Response answer.Response // without its private answers
}

// Log reads responses in the order of their arrival.
type Log interface {
	// Periods lists the periods of a survey that have any response, in order.
	Periods(ctx context.Context, survey string) ([]string, error)
	// After yields what arrived in a shard after a cursor ("" for all), in order and strongly consistent: when it
	// yields an entry, every entry known before it has been yielded. It stops at the first error, which it yields.
	After(ctx context.Context, shard Shard, cursor string) iter.Seq2[Entry, error]
}

// Tallies keeps one tally a shard. They are a cache: losing one costs only time.
type Tallies interface {
	// Tally returns a shard's tally and its revision; nil and 0 if there is none. Read is strongly consistent.
	Tally(ctx context.Context, shard Shard) (t *tally.Tally, revision int, err error)
	// SaveTally replaces a shard's tally if its revision is still the one given, else ErrStale.
	SaveTally(ctx context.Context, shard Shard, t *tally.Tally, revision int) error
}

// Releases keeps what has been made public.
type Releases interface {
	// Latest returns the latest release of every period of a survey that has one, in the periods' order.
	Latest(ctx context.Context, survey string) ([]*release.Release, error)
	// Append stores a release if its number is not taken in its period, else ErrStale. It is durable on return.
	Append(ctx context.Context, r *release.Release) error
}

// Pages holds what the public sees.
type Pages interface {
	// Page returns the tag of what is now at a path and the revision it was written with; "" and 0 if there is nothing.
	Page(ctx context.Context, path string) (tag string, revision int, err error)
	// Replace writes a page if what is there still has the tag given ("": nothing there), else ErrStale. It returns
	// the page's new tag. Readers see the old page or the new one, never a part.
	Replace(ctx context.Context, path, tag string, revision int, body []byte) (newTag string, err error)
}

// Beside reads what stands beside questionnaires: measures and reviewed quotes.
type Beside interface {
	// Actions returns a survey's; the zero value if there is nothing.
	Actions(ctx context.Context, survey string) (survey.Actions, error)
}

// ErrStale says that somebody else has written meanwhile: read again, and try again.
var ErrStale = errors.New("changed meanwhile")
