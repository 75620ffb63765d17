package local

import (
	"encoding/binary"
	"errors"

	"glasspoll/internal/answer"
)

// A stored response is: the byte 1, its id, version, language and channel, and its answers, each a list of strings.
// A string is its length and its bytes; lengths and counts are varints. Its survey and period are those of its bucket.

const responseCodec = 1

var errCodec = errors.New("damaged record")

func appendResponse(data []byte, r answer.Response) []byte {
	data = append(data, responseCodec)
	data = appendString(data, r.ID)
	data = appendString(data, r.Version)
	data = appendString(data, r.Language)
	data = appendString(data, r.Channel)
	return appendAnswers(data, r.Answers)
}

func appendAnswers(data []byte, answers []answer.Answer) []byte {
	total := 0
	for _, a := range answers {
		total += len(a)
	}
	data = binary.AppendUvarint(data, uint64(len(answers)))
	data = binary.AppendUvarint(data, uint64(total))
	for _, a := range answers {
		data = binary.AppendUvarint(data, uint64(len(a)))
		for _, value := range a {
			data = appendString(data, value)
		}
	}
	return data
}

func appendString(data []byte, s string) []byte {
	return append(binary.AppendUvarint(data, uint64(len(s))), s...)
}

func decodeResponse(data []byte) (answer.Response, error) {
	if len(data) == 0 || data[0] != responseCodec {
		return answer.Response{}, errCodec
	}
	d := decoder{text: string(data[1:])} // a copy: data lives only as long as its transaction
	r := answer.Response{ID: d.string(), Version: d.string(), Language: d.string(), Channel: d.string()}
	r.Answers = d.answers()
	return r, d.end()
}

func decodeAnswers(data []byte) ([]answer.Answer, error) {
	d := decoder{text: string(data)}
	answers := d.answers()
	return answers, d.end()
}

// A decoder reads text from its start. After a fault it reads only zeros.
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

// number reads a length or count, of things that take at least a byte each.
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
