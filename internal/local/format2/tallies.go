package format2

import (
	"context"
	"encoding/binary"
	"math"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/tally"
)

// Tally returns an empty tally in the place of the one that the file holds of a period, as one for each shard, under rules
// that are no longer in force: it says only up to where alerts have been evaluated. That is the arrival of the last response in
// front of the first that they have not been evaluated for. Tally returns nil if the file holds none. The revision is the sum
// of those of the shards.
func (f *File) Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, talliesBucket, []byte(survey), []byte(period))
		if b == nil {
			return nil
		}
		var alerted [shards]uint64
		for shard := range shards {
			own, data, err := splitRevision(b.Get([]byte{byte(shard)}))
			if err == nil && own > 0 {
				alerted[shard], err = decodeAlerted(data)
			}
			if err != nil {
				return message.Errorf("%s %s, shard %d: %w", survey, period, shard, err)
			}
			revision += own
		}
		if revision == 0 {
			return nil
		}
		last, err := before(logs(tx, survey, period), func(shard int) uint64 { return alerted[shard] })
		if err != nil {
			return message.Errorf("%s %s: %w", survey, period, err)
		}
		if t = tally.New(); last > 0 {
			t.Alerted = formatCursor(last)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return t, revision, nil
}

// decodeAlerted returns up to where a shard's tally says that alerts have been evaluated.
func decodeAlerted(data []byte) (uint64, error) {
	t, err := tally.Decode(data)
	if err != nil {
		return 0, err
	}
	return parseCursor(tally.Restart(t).Alerted)
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
