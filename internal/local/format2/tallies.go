package format2

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// counted is what a file holds of the tally of one shard.
type counted struct {
	tally   *tally.Tally // nil: none, or folded with another shape of the questionnaire than the one in force
	cursor  uint64       // up to which the tally counts its shard's log
	alerted uint64       // up to which alerts have been evaluated
}

// Tally returns the tally of a period, which the file holds as one for each shard. Shards may have come to different places
// of the log, as when a publisher was killed, so the sum of their tallies belongs to no place. What it counts behind the
// first response that its shard's tally does not count is therefore taken out again: the result counts every response up to
// its cursor, and no other. A tally of another shape than that of the questionnaire in force counts as empty, as it does
// for a publisher. It returns nil if there is no tally, or no questionnaire in force. The revision is the sum of those of
// the shards.
func (f *File) Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error) {
	s, err := f.Definition(ctx, survey, "")
	switch {
	case errors.Is(err, store.ErrUnknown):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	}
	stored, revision, err := f.counted(ctx, survey, period, s.Shape)
	if err != nil || revision == 0 {
		return nil, 0, err
	}
	complete, alerted, err := f.passed(ctx, survey, period, stored)
	if err != nil {
		return nil, 0, err
	}
	tallies := make([]*tally.Tally, 0, shards)
	for _, c := range stored {
		tallies = append(tallies, c.tally)
	}
	t = tally.Merge(tallies...)
	t.Shape = s.Shape
	beyond := tally.New(s)
	for item, err := range f.entries(ctx, survey, period, complete) {
		if err != nil {
			return nil, 0, err
		}
		if item.arrived <= stored[item.shard].cursor {
			beyond.Fold(s, item.entry.Response)
		}
	}
	subtract(t, beyond)
	if alerted > complete {
		t.Alerted = formatCursor(alerted)
	}
	if complete > 0 {
		t.Cursor = formatCursor(complete)
	}
	return t, revision, nil
}

// subtract takes the counters of d out of t. Counters that become 0 stay, as after an erasure.
func subtract(t, d *tally.Tally) {
	for key, c := range d.Cohorts {
		if t.Cohorts[key] == nil {
			t.Cohorts[key] = (*tally.Counters)(nil).Clone()
		}
		t.Cohorts[key].Sub(c)
	}
}

// counted reads the tallies of a period's shards, and the sum of their revisions.
func (f *File) counted(ctx context.Context, survey, period, shape string) (stored [shards]counted, revision int, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, talliesBucket, []byte(survey), []byte(period))
		if b == nil {
			return nil
		}
		for shard := range shards {
			own, data, err := splitRevision(b.Get([]byte{byte(shard)}))
			if err == nil && own > 0 {
				stored[shard], err = decodeTally(data, shape)
			}
			if err != nil {
				return fmt.Errorf("%s %s, shard %d: %w", survey, period, shard, err)
			}
			revision += own
		}
		return nil
	})
	return stored, revision, err
}

func decodeTally(data []byte, shape string) (c counted, err error) {
	t, err := tally.Decode(data)
	if err != nil {
		return counted{}, err
	}
	cursor, err := parseCursor(t.Cursor)
	if err != nil {
		return counted{}, err
	}
	alerted, err := parseCursor(t.Alerted)
	if err != nil {
		return counted{}, err
	}
	c.alerted = max(alerted, cursor)
	if t.Shape == shape {
		c.tally, c.cursor = t, cursor
	}
	return c, nil
}

// passed returns the arrival of the last response in front of the first that its shard's tally does not count, and of the
// last in front of the first whose alerts have not been evaluated; 0 for none.
func (f *File) passed(ctx context.Context, survey, period string, stored [shards]counted) (complete, alerted uint64, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) (err error) {
		all := logs(tx, survey, period)
		complete, err = before(all, func(shard int) uint64 { return stored[shard].cursor })
		if err == nil {
			alerted, err = before(all, func(shard int) uint64 { return stored[shard].alerted })
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", survey, period, err)
		}
		return nil
	})
	return complete, alerted, err
}

// before returns the arrival of the last entry of some logs that is in front of the first entry that the place reached in its
// log is in front of; 0 if there is none.
func before(logs map[int]*bbolt.Bucket, reached func(shard int) uint64) (last uint64, err error) {
	first := uint64(math.MaxUint64)
	for shard, log := range logs {
		if k, _ := log.Cursor().Seek(binary.BigEndian.AppendUint64(nil, reached(shard)+1)); k != nil {
			arrived, err := arrival(k)
			if err != nil {
				return 0, err
			}
			first = min(first, arrived)
		}
	}
	for _, log := range logs {
		c := log.Cursor()
		k, _ := c.Seek(binary.BigEndian.AppendUint64(nil, first))
		if k != nil {
			k, _ = c.Prev()
		} else {
			k, _ = c.Last()
		}
		if k == nil {
			continue
		}
		arrived, err := arrival(k)
		if err != nil {
			return 0, err
		}
		last = max(last, arrived)
	}
	return last, nil
}
