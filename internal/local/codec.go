package local

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
)

var errCodec error = message.Key("damaged record")

// An idKey is an id in the index of ids: the bytes of a UUID. Any other text, which no checked response has, is hashed.
type idKey [16]byte

func keyOf(id string) idKey {
	if u, err := uuid.Parse(id); err == nil && len(id) == 36 && strings.ToLower(id) == id {
		return idKey(u)
	}
	hash := sha256.Sum256([]byte(id))
	return idKey(hash[:len(idKey{})])
}

// A place is what the index of ids says of a response.
type place struct {
	period   uint64 // its number
	position uint64
	digest   []byte // of its answers; none if it is a tombstone
}

// isExpired reports whether it is a tombstone that was deleted from the log after a retention time. No entry has position 0.
func (p place) isExpired() bool { return p.position == 0 && len(p.digest) == 0 }

func (p place) encode() []byte {
	data := binary.AppendUvarint(make([]byte, 0, 32), p.period)
	return append(binary.BigEndian.AppendUint64(data, p.position), p.digest...)
}

// decodePlace decodes a place. It shares memory with data.
func decodePlace(data []byte) (place, error) {
	period, n := binary.Uvarint(data)
	if rest := len(data) - n; n <= 0 || rest != 8 && rest != 8+answer.DigestSize {
		return place{}, errCodec
	}
	return place{period, binary.BigEndian.Uint64(data[n:]), data[n+8:]}, nil
}

// logEntry returns the value of an entry in a log: its arrival, as the time from there to its position, and the response.
func logEntry(position uint64, arrived int64, response []byte) []byte {
	return append(binary.AppendVarint(make([]byte, 0, 2+len(response)), int64(position)-arrived), response...)
}

// splitLogEntry undoes logEntry.
func splitLogEntry(position uint64, data []byte) (arrived int64, response []byte, err error) {
	before, n := binary.Varint(data)
	if n <= 0 {
		return 0, nil, errCodec
	}
	return int64(position) - before, data[n:], nil
}

// withRevision puts a revision before the encoded value that has it.
func withRevision(revision int, data []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(data)), uint64(revision)), data...)
}

// splitRevision undoes withRevision. Without data the revision is 0.
func splitRevision(data []byte) (revision int, rest []byte, err error) {
	switch {
	case data == nil:
		return 0, nil, nil
	case len(data) < 8:
		return 0, nil, errCodec
	}
	return int(binary.BigEndian.Uint64(data)), data[8:], nil
}
