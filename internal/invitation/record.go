package invitation

import (
	"time"

	"glasspoll/internal/codec"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// kind is the record of an invitation. Its hash is the key under which it is stored.
var kind = codec.Kind{Name: "invitation", Version: 1}

type record struct {
	Survey    string            `cbor:"1,keyasint"`
	Batch     string            `cbor:"2,keyasint,omitempty"`
	Period    string            `cbor:"3,keyasint,omitempty"`
	Language  string            `cbor:"4,keyasint,omitempty"`
	Channel   string            `cbor:"5,keyasint,omitempty"`
	Values    map[string]string `cbor:"6,keyasint,omitempty"`
	From      survey.Date       `cbor:"7,keyasint,omitempty"`
	Until     survey.Date       `cbor:"8,keyasint,omitempty"`
	Withdrawn bool              `cbor:"9,keyasint,omitempty"`
	Redeemed  bool              `cbor:"10,keyasint,omitempty"`
	Answer    string            `cbor:"11,keyasint,omitempty"`
	Blinded   []byte            `cbor:"12,keyasint,omitempty"`
	Stopped   bool              `cbor:"13,keyasint,omitempty"`
}

// MaxRecord bounds the record of an invitation, in bytes.
const MaxRecord = 64 << 10

// Check returns what is wrong with an invitation that is to be stored.
func (i Invitation) Check() error {
	switch {
	case i.Survey == "":
		return message.Errorf("an invitation to no survey")
	case i.Hash == Hash{}:
		return message.Errorf("an invitation without a hash")
	case !isDate(i.From) || !isDate(i.Until):
		return message.Errorf("an invitation from %q until %q: write days as 2026-12-31", string(i.From), string(i.Until))
	case i.Withdrawn && i.Redeemed:
		return message.Errorf("an invitation that is both withdrawn and used")
	case i.Answer != "" && !i.Redeemed:
		return message.Errorf("an invitation that names answers and is not used")
	case i.Blinded != Digest{} && (!i.Redeemed || i.Answer != ""):
		return message.Errorf("an invitation that names a blinded value, and is not used for one")
	case len(i.Encode()) > MaxRecord:
		return message.Errorf("an invitation of more than %d bytes: give it fewer or shorter values", MaxRecord)
	}
	return nil
}

func isDate(d survey.Date) bool {
	if d == "" {
		return true
	}
	day, err := time.Parse(time.DateOnly, string(d))
	return err == nil && day.Format(time.DateOnly) == string(d)
}

// Encode returns the record of the invitation. Equal invitations have equal records.
func (i Invitation) Encode() []byte {
	return kind.Encode(record{
		i.Survey, i.Batch, i.Period, i.Language, i.Channel, i.Values, i.From, i.Until, i.Withdrawn, i.Redeemed, i.Answer, i.Blinded.bytes(), i.Stopped,
	})
}

// bytes returns the digest; nil if there is none.
func (d Digest) bytes() []byte {
	if d == (Digest{}) {
		return nil
	}
	return d[:]
}

// Decode reads the record of the invitation that has a hash.
func Decode(hash Hash, data []byte) (Invitation, error) {
	if len(data) > MaxRecord {
		return Invitation{}, message.Errorf("invitation %s: the record has %d bytes; no more than %d are read", hash, len(data), MaxRecord)
	}
	var r record
	if err := kind.Decode(data, &r); err != nil {
		return Invitation{}, message.Errorf("invitation %s: %w", hash, err)
	}
	i := Invitation{hash, r.Survey, r.Batch, r.Period, r.Language, r.Channel, r.Values, r.From, r.Until, r.Withdrawn, r.Stopped, r.Redeemed, r.Answer, Digest{}}
	if len(r.Blinded) != 0 && len(r.Blinded) != len(i.Blinded) {
		return Invitation{}, message.Errorf("invitation %s: the record is damaged: a hash of %d bytes", hash, len(r.Blinded))
	}
	copy(i.Blinded[:], r.Blinded)
	if len(i.Values) == 0 {
		i.Values = nil
	}
	if err := i.Check(); err != nil {
		return Invitation{}, message.Errorf("invitation %s: the record is damaged: %w", hash, err)
	}
	return i, nil
}
