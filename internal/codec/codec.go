// Package codec writes and reads stored records: a byte with the version of the record, and CBOR (RFC 8949) in its core
// deterministic form, in which equal values have equal bytes. Structs have integer keys (`cbor:"1,keyasint"`), which are part
// of the format. What a record of today does not have is refused, not ignored, so that no program drops what a newer one has
// written. It is pure.
package codec

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"glasspoll/internal/message"
)

// A Kind is one kind of record, in the version that is written.
type Kind struct {
	Name    message.Key // as errors name it
	Version byte        // from 1 to MaxVersion
}

// Raw is a part of a record that is not read.
type Raw = cbor.RawMessage

const (
	// MaxVersion is the highest version of a record. Higher first bytes belong to other forms: 0x1f to gzip, 0x7b to JSON.
	MaxVersion = 15

	// MaxSize bounds a record, in bytes. Nothing that is written comes near it.
	MaxSize = 256 << 20

	maxNesting  = 16
	maxElements = 1 << 24 // of one array or map
)

// ErrNewer says that a record is of a version, or has a part, that a newer version of the program has written. It is not damaged.
var ErrNewer error = message.Key("install a newer version of the program")

var (
	encoder = must(cbor.EncOptions{
		Sort: cbor.SortCoreDeterministic, NilContainers: cbor.NilContainerAsEmpty, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
	}.EncMode())
	decoder = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: maxNesting, MaxArrayElements: maxElements, MaxMapPairs: maxElements,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[M any](mode M, err error) M {
	if err != nil {
		panic(err) // the options are constant
	}
	return mode
}

// Encode returns the record of v, which is a struct of plain data.
func (k Kind) Encode(v any) []byte {
	data, err := encoder.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", k.Name, err)) // plain data always encodes
	}
	return append(append(make([]byte, 0, 1+len(data)), k.Version), data...)
}

// Decode reads a record into v, a pointer to a struct. The memory it takes is proportional to the record's length.
func (k Kind) Decode(data []byte, v any) error {
	switch {
	case len(data) == 0:
		return message.Errorf("%s: the record is empty", k.Name)
	case len(data) > MaxSize:
		return message.Errorf("%s: the record has %d bytes; no more than %d are read", k.Name, len(data), MaxSize)
	case data[0] > k.Version && data[0] <= MaxVersion:
		return message.Errorf("%s: the record is of version %d, and this program reads up to %d: %w", k.Name, data[0], k.Version, ErrNewer)
	case data[0] != k.Version:
		return message.Errorf("%s: the record is damaged: it begins with the byte 0x%02x", k.Name, data[0])
	}
	err := decoder.Unmarshal(data[1:], v)
	var unknown *cbor.UnknownFieldError
	switch {
	case errors.As(err, &unknown):
		return message.Errorf("%s: the record has a part that this program does not know: %w", k.Name, ErrNewer)
	case err != nil:
		return message.Errorf("%s: the record is damaged: %w", k.Name, err)
	}
	return nil
}

// IsJSON reports whether data is a record of the earlier form, a JSON object.
func IsJSON(data []byte) bool { return len(data) > 0 && data[0] == '{' }
