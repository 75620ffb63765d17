package invitees

import (
	"bytes"
	"encoding/json"

	"glasspoll/internal/message"
)

// The first line of a file says what it is.
const (
	recordFormat = "glasspoll invitations"
	optOutFormat = "glasspoll opt-outs"
	version      = 1
)

// A header is the first line of a file.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Survey  string `json:"survey,omitempty"`
	Key     []byte `json:"key,omitempty"`
}

// line encodes one line, with its end.
func line(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	return append(text, '\n')
}

// Header returns the first line of the file of a record.
func (r *Record) Header() []byte {
	return line(header{Format: recordFormat, Version: version, Survey: r.Survey})
}

// Line returns the event as a line of the file.
func (e Event) Line() []byte { return line(e) }

// Decode reads the file of a survey's record. It returns how many bytes of it count: a last line that was not written whole does
// not, as nothing can depend on it yet.
func Decode(survey string, file []byte) (r *Record, counts int, err error) {
	r = New(survey)
	counts, err = decode(file, recordFormat, func(h header) error {
		if h.Survey != survey {
			return message.Errorf("it is the file of survey %s, not of %s", message.Quoted(h.Survey), message.Quoted(survey))
		}
		return nil
	}, func(text []byte) error {
		var e Event
		if err := json.Unmarshal(text, &e); err != nil {
			return err
		}
		return r.Apply(e)
	})
	if err != nil {
		return nil, 0, err
	}
	return r, counts, nil
}

// decode reads lines. It returns how many bytes count. An unfinished line at the end does not, nor do zero bytes, which are where a
// file system had no time to write.
func decode(file []byte, format string, first func(header) error, next func([]byte) error) (counts int, err error) {
	for number := 1; number == 1 || counts < len(file); number++ {
		text, _, whole := bytes.Cut(file[counts:], []byte("\n"))
		if number > 1 && !whole && !json.Valid(text) { // the first line is written with the file
			break
		}
		if number == 1 {
			err = decodeHeader(text, format, first)
		} else if len(bytes.TrimSpace(text)) > 0 {
			err = next(text)
		}
		if err != nil {
			return 0, message.Errorf("line %d: %w", number, err)
		}
		counts = min(counts+len(text)+1, len(file))
	}
	return counts, nil
}

func decodeHeader(text []byte, format string, first func(header) error) error {
	var h header
	if json.Unmarshal(text, &h) != nil || h.Format != format {
		return message.Errorf("this is no file of %s", message.Quoted(format))
	}
	if h.Version != version {
		return message.Errorf("it was written by a later version of glasspoll: use that one")
	}
	return first(h)
}
