package cloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

func segmentKey(survey, period string, number int) string {
	return fmt.Sprintf("J#%s#%s#%010d", survey, period, number)
}

// A segment is one as it was read.
type segment struct {
	name     string // for errors
	number   int
	revision int
	entries  []placed
	item     item // without its body
}

func (t *Table) segmentOf(i item) (*segment, error) {
	s := &segment{name: "segment " + textOf(i, partKey), item: i}
	var err error
	if s.revision, err = revisionOf(i); err == nil {
		s.entries, err = decodeSegment(bytesOf(i, body))
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("%s: %w", s.name, err))
	}
	delete(i, body)
	return s, nil
}

// segmentsAtOnce is how many segments a call reads: as much as a reply of 16 MB can hold, if they are of the usual size.
const segmentsAtOnce = 100

// segments yields the segments from one number to another, in order, and stops at the first error. Those that have expired
// are left out. The read is strongly consistent.
func (t *Table) segments(ctx context.Context, survey, period string, from, to int) iter.Seq2[*segment, error] {
	return func(yield func(*segment, error) bool) {
		for ; from <= to; from += segmentsAtOnce {
			keys := make([]item, 0, segmentsAtOnce)
			for n := from; n <= min(to, from+segmentsAtOnce-1); n++ {
				keys = append(keys, key(segmentKey(survey, period, n), noSort))
			}
			found, err := t.batch(ctx, keys, "")
			for i := 0; i < len(keys) && err == nil; i++ {
				var s *segment
				s, err = t.foundSegment(ctx, found, textOf(keys[i], partKey), from+i > to-inTransit)
				if s != nil {
					s.number = from + i
				}
				if s != nil && !yield(s, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// foundSegment returns the segment of a key among those that a batch found; nil if it has expired. One of the last may be
// in transit, so it is asked for again.
func (t *Table) foundSegment(ctx context.Context, found map[string]item, pk string, last bool) (*segment, error) {
	stored, err := found[pk], error(nil)
	if stored == nil && last {
		stored, err = t.awaitSegment(ctx, pk)
	}
	if stored == nil || err != nil {
		return nil, err
	}
	return t.segmentOf(stored)
}

// A segment is created together with the head that names it, but a reply for many items promises less than that for one: the
// last segments may be read as missing for an instant after the head has named them. So they are asked for again before they
// are taken for expired.
const (
	inTransit    = 3 // segments
	awaitedTries = 5
)

// awaitSegment reads one segment; nil if it has expired.
func (t *Table) awaitSegment(ctx context.Context, pk string) (item, error) {
	for try := range awaitedTries {
		found, err := t.batch(ctx, []item{key(pk, noSort)}, "")
		if found[pk] != nil || err != nil {
			return found[pk], err
		}
		if err := pause(ctx, try); err != nil {
			return nil, t.wrap(err)
		}
	}
	return nil, nil
}

// batch reads up to 100 items that are alone in their partitions. The result is by partition key. attributes is what to read
// of them, "" for all. The read is strongly consistent.
func (t *Table) batch(ctx context.Context, keys []item, attributes string) (map[string]item, error) {
	found := make(map[string]item, len(keys))
	for try := 0; len(keys) > 0; try++ {
		request := types.KeysAndAttributes{Keys: keys, ConsistentRead: aws.Bool(true)}
		if attributes != "" {
			request.ProjectionExpression = &attributes
		}
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: request}})
		if err != nil {
			return nil, t.wrap(err)
		}
		for _, i := range out.Responses[t.name] {
			found[textOf(i, partKey)] = i
		}
		left := out.UnprocessedKeys[t.name].Keys
		if len(left) == len(keys) { // otherwise there is progress, as with replies of 16 MB
			if err := pause(ctx, try); err != nil {
				return nil, t.wrap(err)
			}
		}
		keys = left
	}
	return found, nil
}

// wholeSegment is the index in the cursor of a segment's last entry: whoever has it need not read the segment again.
const wholeSegment = 99_999

// cursorAt returns the cursor of an entry, by the number of its segment and its index there.
func cursorAt(number, index, entries int) string {
	if index == entries-1 {
		index = wholeSegment
	}
	return fmt.Sprintf("%010d.%05d", number, index)
}

// parseCursor returns where the entries after a cursor begin.
func parseCursor(cursor string) (number, index int, err error) {
	if cursor == "" {
		return 1, 0, nil
	}
	if n, err := fmt.Sscanf(cursor, "%010d.%05d", &number, &index); n != 2 || err != nil || len(cursor) != len("0000000000.00000") || number < 1 || index < 0 {
		return 0, 0, message.Errorf("%q is not a cursor of this table", cursor)
	}
	if index == wholeSegment {
		return number + 1, 0, nil
	}
	return number, index + 1, nil
}

// heads yields the heads of a survey's logs, by period, in order.
func (t *Table) heads(ctx context.Context, survey string) iter.Seq2[item, error] {
	return t.items(ctx, "L#"+survey)
}

// Periods implements [store.Log].
func (t *Table) Periods(ctx context.Context, survey string) (periods []string, err error) {
	for i, err := range t.heads(ctx, survey) {
		if err != nil {
			return nil, err
		}
		periods = append(periods, textOf(i, sortKey))
	}
	return periods, nil
}

// Ends implements [store.Log].
func (t *Table) Ends(ctx context.Context, survey string) (map[string]string, error) {
	ends := map[string]string{}
	for i, err := range t.heads(ctx, survey) {
		if err != nil {
			return nil, err
		}
		ends[textOf(i, sortKey)] = cursorAt(headOf(i).last, 0, 1)
	}
	return ends, nil
}

// After implements [store.Log].
func (t *Table) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		from, index, err := parseCursor(cursor)
		if err != nil {
			yield(store.Entry{}, t.wrap(err))
			return
		}
		head, err := t.readHead(ctx, survey, period)
		if err != nil {
			yield(store.Entry{}, err)
			return
		}
		for s, err := range t.segments(ctx, survey, period, from, head.last) {
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			first := 0
			if s.number == from {
				first = min(index, len(s.entries))
			}
			for i := first; i < len(s.entries); i++ {
				entry, err := t.entryAt(ctx, survey, period, s, i)
				if err != nil {
					yield(store.Entry{}, err)
					return
				}
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// entryAt decodes an entry of a segment.
func (t *Table) entryAt(ctx context.Context, survey, period string, s *segment, i int) (store.Entry, error) {
	r, err := answer.Decode(s.entries[i].record, func(version string) (*answer.Vocabulary, error) {
		return t.vocabulary(ctx, survey, version)
	})
	if err != nil {
		return store.Entry{}, t.wrap(message.Errorf("%s, entry %d: %w", s.name, i, err))
	}
	r.Survey, r.Period = survey, period
	return store.Entry{Cursor: cursorAt(s.number, i, len(s.entries)), Arrived: time.Unix(0, s.entries[i].at), Response: r}, nil
}
