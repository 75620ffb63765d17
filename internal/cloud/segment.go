package cloud

import (
	"encoding/binary"
	"math"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
)

// The body of a segment is the version of this form, 1 byte, and its entries. Each is
//
//	arrival    nanoseconds since that of the entry before, at first since 1970, a signed varint
//	length     of the record in bytes, a varint
//	record     what answer.Append writes
const segmentVersion = 1

// maxSegment bounds the body of a segment with more than one entry, in bytes. Larger ones would be read as cheaply; but each
// erasure writes one again.
const maxSegment = 60 << 10

// expiryMargin bounds what the entries of a segment expire apart, in seconds: it is deleted with the last one.
const expiryMargin = 24 * 60 * 60

// A waiting response has its arrival, and is encoded.
type waiting struct {
	id      string
	at      int64  // nanoseconds since 1970, by the clock of who stored it
	record  []byte // by answer.Append
	expires int64  // seconds since 1970; 0: never
	own     item   // its key in the queue
}

// A placed response has a place in a segment.
type placed struct {
	at     int64
	record []byte
}

// appendEntry appends an entry that follows one that arrived at the instant before.
func appendEntry(body []byte, before int64, e placed) []byte {
	if len(body) == 0 {
		body = append(body, segmentVersion)
	}
	body = binary.AppendVarint(body, e.at-before)
	body = binary.AppendUvarint(body, uint64(len(e.record)))
	return append(body, e.record...)
}

// encodeSegment returns the body of a segment.
func encodeSegment(entries []placed) []byte {
	var body []byte
	before := int64(0)
	for _, e := range entries {
		body = appendEntry(body, before, e)
		before = e.at
	}
	return body
}

var errSegment error = message.Key("the segment is damaged")

// decodeSegment reads what encodeSegment wrote. The records are parts of body.
func decodeSegment(body []byte) ([]placed, error) {
	if len(body) == 0 || body[0] == 0 {
		return nil, errSegment
	}
	if body[0] != segmentVersion {
		return nil, message.Errorf("the segment is of version %d, and this program reads %d: install a newer version of the program", body[0], segmentVersion)
	}
	body = body[1:]
	var entries []placed
	before := int64(0)
	for len(body) > 0 {
		since, n := binary.Varint(body)
		if n <= 0 {
			return nil, errSegment
		}
		body = body[n:]
		length, n := binary.Uvarint(body)
		if n <= 0 || length > uint64(len(body)-n) {
			return nil, errSegment
		}
		before += since
		entries = append(entries, placed{before, body[n : n+int(length) : n+int(length)]})
		body = body[n+int(length):]
	}
	if len(entries) == 0 {
		return nil, errSegment
	}
	return entries, nil
}

// pack returns the body of a segment of the first of some responses, and how many they are: as many as fit and expire within
// a day, at least one. full reports whether no other belongs to it.
func pack(responses []waiting) (body []byte, n int, full bool) {
	before := int64(0)
	for i, w := range responses {
		apart := w.expires - responses[0].expires
		if i > 0 && (len(body)+len(w.record)+2*binary.MaxVarintLen64 > maxSegment || max(apart, -apart) > expiryMargin) {
			return body, i, true
		}
		body = appendEntry(body, before, placed{w.at, w.record})
		before = w.at
	}
	return body, len(responses), false
}

// packed is the body of a segment, and how many responses are in it.
type packed struct {
	body []byte
	n    int
}

// segmentsOnce is how many segments are created in one transaction at most: with the largest items it has less than the 4 MB
// that one may have.
const segmentsOnce = 8

// packAll returns the bodies of the next segments of the first of some responses, and how many these are. Unless it is the end,
// what does not fill a segment stays.
func packAll(responses []waiting, end bool) (bodies []packed, n int) {
	for n < len(responses) && len(bodies) < segmentsOnce {
		body, more, full := pack(responses[n:])
		if !full && !end {
			break
		}
		bodies = append(bodies, packed{body, more})
		n += more
	}
	return bodies, n
}

// span returns the first and the last arrival of some entries.
func span(entries []placed) (first, last int64) {
	first, last = math.MaxInt64, math.MinInt64
	for _, e := range entries {
		first, last = min(first, e.at), max(last, e.at)
	}
	return first, last
}

// indexOf returns where a response is; -1 if it is not among the entries.
func indexOf(entries []placed, id string) (int, error) {
	for i, e := range entries {
		stored, err := answer.StoredID(e.record)
		if err != nil {
			return -1, err
		}
		if stored == id {
			return i, nil
		}
	}
	return -1, nil
}
