package codec

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

var kind = Kind{"sample", 2}

type sample struct {
	Text   string           `cbor:"1,keyasint,omitempty"`
	Counts map[string]int64 `cbor:"2,keyasint,omitempty"`
	List   []int            `cbor:"3,keyasint,omitempty"`
	Raw    []byte           `cbor:"4,keyasint,omitempty"`
	Inside *sample          `cbor:"5,keyasint,omitempty"`
}

// TestBytes pins what is written: keys in order, the shortest lengths.
func TestBytes(t *testing.T) {
	for want, v := range map[string]sample{
		"02a0": {},
		"02a50162c3a502a3616118fa616220626261000383181817010442000105a1016178": {
			Text: "å", Counts: map[string]int64{"ba": 0, "b": -1, "a": 250}, List: []int{24, 23, 1}, Raw: []byte{0, 1}, Inside: &sample{Text: "x"}},
	} {
		data := kind.Encode(v)
		if got := hex.EncodeToString(data); got != want {
			t.Errorf("%+v is written as %s, want %s", v, got, want)
		}
		var back sample
		if err := kind.Decode(data, &back); err != nil || !reflect.DeepEqual(back, v) {
			t.Errorf("%s is read as %+v, %v", want, back, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ hex, want string }{
		"nothing":                {"", "sample: the record is empty"},
		"JSON":                   {"7b7d", "begins with the byte 0x7b"},
		"gzip":                   {"1f8b", "begins with the byte 0x1f"},
		"an older version":       {"01a0", "begins with the byte 0x01"},
		"a newer version":        {"03a0", "version 3, and this program reads up to 2: install a newer version"},
		"no CBOR":                {"02", "sample: the record is damaged"},
		"cut off":                {"02a10162c3", "damaged"},
		"more behind it":         {"02a000", "damaged"},
		"an unknown key":         {"02a1180900", "a part that this program does not know: install a newer version"},
		"an unknown key inside":  {"02a105a1180900", "a part that this program does not know"},
		"a key twice":            {"02a2016178016179", "damaged"},
		"a key of a map twice":   {"02a102a2616101616102", "damaged"},
		"an indefinite length":   {"02a1039f01ff", "damaged"},
		"a tag":                  {"02a101c06178", "damaged"},
		"a number for a text":    {"02a10105", "damaged"},
		"an array for a struct":  {"0280", "damaged"},
		"a long text":            {"02a1017b7fffffffffffffff", "damaged"},
		"a long array":           {"02a1039b7fffffffffffffff", "damaged"},
		"text that is not UTF-8": {"02a10161ff", "damaged"},
		"deep nesting":           {"02" + strings.Repeat("a105", 100) + "a0", "damaged"},
	} {
		data, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		var v sample
		err = kind.Decode(data, &v)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "sample: ") {
			t.Errorf("%s: %+v, %v; want %q", name, v, err, c.want)
		}
	}
	if err := kind.Decode(make([]byte, MaxSize+1), &sample{}); err == nil || !strings.Contains(err.Error(), "no more than") {
		t.Error(err)
	}
}

func TestIsJSON(t *testing.T) {
	for data, want := range map[string]bool{"": false, "{}": true, "[]": false, "\x01": false, "\x1f\x8b": false} {
		if IsJSON([]byte(data)) != want {
			t.Errorf("%q: %v", data, !want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(kind.Encode(sample{Text: "å", Counts: map[string]int64{"b": -1, "a": 250}, List: []int{1}, Raw: []byte{0}, Inside: &sample{}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, again sample
		if kind.Decode(data, &v) != nil {
			return
		}
		written := kind.Encode(v)
		if err := kind.Decode(written, &again); err != nil || !bytes.Equal(kind.Encode(again), written) {
			t.Errorf("%x is read as %+v, and then as %+v, %v", data, v, again, err)
		}
	})
}
