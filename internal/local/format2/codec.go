package format2

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
)

// A stored response is: the byte plainID and the id as a string, or the byte uuidID and the 16 bytes of the id; version,
// language and channel; and the answers, each a list of strings. A string is its length and its bytes; lengths and counts
// are varints. Survey and period are those of the bucket. A tombstone has the bit tombstone set in the first byte.

const (
	plainID   = 1
	uuidID    = 2
	tombstone = 4
)

var errCodec error = message.Key("damaged record")

// An idKey is an id in the index of ids: the bytes of a UUID. Any other text, which no checked response has, is hashed.
type idKey [16]byte

func keyOf(id string) idKey {
	if u, ok := parseUUID(id); ok {
		return idKey(u)
	}
	hash := sha256.Sum256([]byte(id))
	return idKey(hash[:len(idKey{})])
}

// parseUUID parses a UUID in the one form that String returns.
func parseUUID(id string) (uuid.UUID, bool) {
	u, err := uuid.Parse(id)
	return u, err == nil && len(id) == 36 && strings.ToLower(id) == id
}

// splitRevision takes the revision, 8 bytes, from the encoded value behind it. Without data the revision is 0.
func splitRevision(data []byte) (revision int, rest []byte, err error) {
	switch {
	case data == nil:
		return 0, nil, nil
	case len(data) < 8:
		return 0, nil, errCodec
	}
	return int(binary.BigEndian.Uint64(data)), data[8:], nil
}

func decodeResponse(data []byte) (answer.Response, error) {
	if len(data) == 0 {
		return answer.Response{}, errCodec
	}
	d := decoder{text: string(data[1:])} // a copy: data is valid only within its transaction
	r := answer.Response{Withdrawn: data[0]&tombstone != 0}
	switch kind := data[0] &^ tombstone; {
	case kind == plainID:
		r.ID = d.string()
	case kind == uuidID && len(d.text) >= len(uuid.UUID{}):
		r.ID = uuid.UUID(data[1:17]).String()
		d.text = d.text[16:]
	default:
		return answer.Response{}, errCodec
	}
	r.Version, r.Language, r.Channel = d.string(), d.string(), d.string()
	r.Answers = d.answers()
	return r, d.end()
}

func decodeAnswers(data []byte) ([]answer.Answer, error) {
	d := decoder{text: string(data)}
	answers := d.answers()
	return answers, d.end()
}

// A decoder consumes text from its start. After a fault it returns zero values only.
type decoder struct {
	text   string
	faulty bool
}

func (d *decoder) end() error {
	if d.faulty || d.text != "" {
		return errCodec
	}
	return nil
}

// number reads a length or a count of things that take at least one byte each.
func (d *decoder) number() int {
	var n uint64
	for i := 0; i < len(d.text) && i < binary.MaxVarintLen32; i++ {
		c := d.text[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.text = d.text[i+1:]
			if n > uint64(len(d.text)) {
				break
			}
			return int(n)
		}
	}
	d.faulty, d.text = true, ""
	return 0
}

func (d *decoder) string() string {
	n := d.number()
	s := d.text[:n]
	d.text = d.text[n:]
	return s
}

func (d *decoder) answers() []answer.Answer {
	count := d.number()
	total := d.number()
	if count == 0 && total == 0 {
		return nil
	}
	answers := make([]answer.Answer, count)
	values := make([]string, total)
	for i := range answers {
		n := d.number()
		if n > len(values) {
			d.faulty = true
			return nil
		}
		answers[i] = values[:n:n]
		values = values[n:]
		for j := range answers[i] {
			answers[i][j] = d.string()
		}
	}
	if len(values) > 0 {
		d.faulty = true
	}
	return answers
}
