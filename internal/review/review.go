// Package review holds what persons decide of responses that rules have held back, or that look made up, says which look so, and
// holds how persons have corrected answers. It is pure.
package review

import (
	"bytes"
	"fmt"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/codec"
	"glasspoll/internal/message"
)

// Decisions are what somebody has decided of responses of one period of a survey, at once: that they are accepted or rejected, or
// how the answers of one are corrected.
type Decisions struct {
	Number int       `json:"number"`           // order in the period, from 1 without gaps
	Reject bool      `json:"reject,omitempty"` // else they were accepted
	Reason string    `json:"reason,omitempty"` // of a rejection
	By     string    `json:"by,omitempty"`     // who decided
	At     time.Time `json:"at"`               // when
	IDs    []string  `json:"ids"`              // of the responses

	Correction *Correction `json:"correction,omitempty"` // nil: they were accepted or rejected
}

// MaxIDs bounds the responses of which is decided at once: each takes 16 bytes.
const MaxIDs = 5000

// The bounds of texts, in bytes.
const (
	MaxReason = 1000
	MaxBy     = 200
)

// record is decisions as they are stored. docs/formats.md lists its keys.
type record struct {
	Reject bool     `cbor:"1,keyasint,omitempty"`
	Reason string   `cbor:"2,keyasint,omitempty"`
	By     string   `cbor:"3,keyasint,omitempty"`
	At     int64    `cbor:"4,keyasint"`           // nanoseconds since 1970
	UUIDs  []byte   `cbor:"5,keyasint,omitempty"` // ids that are UUIDs, 16 bytes each
	Others []string `cbor:"6,keyasint,omitempty"` // other ids
	Change byte     `cbor:"7,keyasint,omitempty"` // 0: accepted or rejected; 1: corrected; 2: corrected, and moved to another cohort
}

// The changes of a record.
const (
	corrects = 1
	moves    = 2
)

var kind = codec.Kind{Name: "decisions", Version: 1}

// Check checks what can be stored.
func (d Decisions) Check() error {
	switch {
	case d.Number < 1:
		return message.Errorf("decisions have numbers from 1, not %d", d.Number)
	case len(d.IDs) == 0 || len(d.IDs) > MaxIDs:
		return message.Errorf("decisions are about 1 to %d responses, not %d", MaxIDs, len(d.IDs))
	case len(d.Reason) > MaxReason || len(d.By) > MaxBy:
		return message.Errorf("a reason has at most %d bytes, and a name %d", MaxReason, MaxBy)
	case d.Correction == nil:
		return nil
	case len(d.IDs) != 1 || d.Reject || d.Reason != "":
		return message.Errorf("a correction is of one response")
	case len(d.Correction.Reason) > MaxReason:
		return message.Errorf("a reason has at most %d bytes, and a name %d", MaxReason, MaxBy)
	}
	if err := checkFields(d.Correction.Answers); err != nil {
		return err
	}
	return checkFields(d.Correction.Private)
}

// Encode returns the stored form, which has neither the number nor what a correction says.
func (d Decisions) Encode() []byte {
	r := record{Reject: d.Reject, Reason: d.Reason, By: d.By, At: d.At.UnixNano()}
	if d.Correction != nil {
		if r.Change = corrects; d.Correction.Moved {
			r.Change = moves
		}
	}
	for _, id := range d.IDs {
		if u, err := uuid.Parse(id); err == nil && u.String() == id {
			r.UUIDs = append(r.UUIDs, u[:]...)
		} else {
			r.Others = append(r.Others, id)
		}
	}
	return kind.Encode(r)
}

// Decode reads what [Decisions.Encode] wrote. What a correction says is to be added.
func Decode(number int, data []byte) (Decisions, error) {
	var r record
	if err := kind.Decode(data, &r); err != nil {
		return Decisions{}, err
	}
	d := Decisions{Number: number, Reject: r.Reject, Reason: r.Reason, By: r.By, At: time.Unix(0, r.At).UTC()}
	const size = len(uuid.UUID{})
	if len(r.UUIDs)%size != 0 {
		return Decisions{}, fmt.Errorf("decisions: the record is damaged: %d bytes of ids", len(r.UUIDs))
	}
	for ids := r.UUIDs; len(ids) > 0; ids = ids[size:] {
		d.IDs = append(d.IDs, uuid.UUID(ids[:size]).String())
	}
	d.IDs = append(d.IDs, r.Others...)
	if r.Change > moves {
		return Decisions{}, message.Errorf("decisions: the record has a part that this program does not know: %w", codec.ErrNewer)
	}
	if r.Change > 0 {
		d.Correction = &Correction{Moved: r.Change == moves, Erased: true}
	}
	if err := d.Check(); err != nil {
		return Decisions{}, fmt.Errorf("decisions: the record is damaged: %w", err)
	}
	return d, nil
}

// Equal reports whether two are the same as they are stored, whatever corrections say.
func (d Decisions) Equal(e Decisions) bool {
	return d.Number == e.Number && bytes.Equal(d.Encode(), e.Encode())
}
