package invitees

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"glasspoll/internal/contacts"
	"glasspoll/internal/message"
)

// OptOuts is the list of those who want no more mail about any survey. It holds keyed hashes of their addresses alone: with the
// list one can ask whether an address that one has is in it, and read none from it. A nil list is empty.
type OptOuts struct {
	key    []byte
	hashes map[hash]string // and the days on which they were added
}

type hash [16]byte

// keySize is the length of the key in bytes.
const keySize = 32

// NewOptOuts returns an empty list with a key from a source of random bytes.
func NewOptOuts(random io.Reader) (*OptOuts, error) {
	o := &OptOuts{key: make([]byte, keySize), hashes: map[hash]string{}}
	_, err := io.ReadFull(random, o.key)
	return o, err
}

// An optOut is a line of the file.
type optOut struct {
	Hash string `json:"hash"`
	On   string `json:"on,omitempty"` // the day

	Removed bool `json:"removed,omitempty"` // it is in the list no more
}

// Header returns the first line of the file.
func (o *OptOuts) Header() []byte {
	return line(header{Format: optOutFormat, Version: version, Key: o.key})
}

func (o *OptOuts) hash(key string) hash {
	mac := hmac.New(sha256.New, o.key)
	io.WriteString(mac, key)
	return hash(mac.Sum(nil)[:len(hash{})])
}

// Has reports whether a contact has opted out, by e-mail address or telephone number.
func (o *OptOuts) Has(c contacts.Contact) bool {
	_, known := o.Since(c)
	return known
}

// Since returns the first day on which a contact was in the list, by e-mail address or telephone number.
func (o *OptOuts) Since(c contacts.Contact) (day string, known bool) {
	if o == nil {
		return "", false
	}
	for _, key := range c.Keys() {
		if on, found := o.hashes[o.hash(key)]; found && (!known || on < day) {
			day, known = on, true
		}
	}
	return day, known
}

// Len returns how many addresses and numbers are in the list.
func (o *OptOuts) Len() int {
	if o == nil {
		return 0
	}
	return len(o.hashes)
}

// Lines returns the lines of the file that add a contact: all addresses that are not in the list yet.
func (o *OptOuts) Lines(c contacts.Contact, day string) [][]byte {
	var lines [][]byte
	for _, key := range c.Keys() {
		h := o.hash(key)
		if _, known := o.hashes[h]; !known {
			lines = append(lines, line(optOut{Hash: hex.EncodeToString(h[:]), On: day}))
		}
	}
	return lines
}

// Removal returns the lines of the file that remove a contact: all addresses that are in the list.
func (o *OptOuts) Removal(c contacts.Contact, day string) [][]byte {
	var lines [][]byte
	for _, key := range c.Keys() {
		h := o.hash(key)
		if _, known := o.hashes[h]; known {
			lines = append(lines, line(optOut{Hash: hex.EncodeToString(h[:]), On: day, Removed: true}))
		}
	}
	return lines
}

// Add adds or removes what a line of the file says.
func (o *OptOuts) Add(text []byte) error {
	var e optOut
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	sum, err := hex.DecodeString(e.Hash)
	if err != nil || len(sum) != len(hash{}) {
		return message.Errorf("%s is no hash: it has %d hexadecimal digits", message.Quoted(e.Hash), 2*len(hash{}))
	}
	if e.Removed {
		delete(o.hashes, hash(sum))
		return nil
	}
	o.hashes[hash(sum)] = e.On
	return nil
}

// DecodeOptOuts reads the file of a list, and returns how many bytes of it count; see [Decode].
func DecodeOptOuts(file []byte) (o *OptOuts, counts int, err error) {
	o = &OptOuts{hashes: map[hash]string{}}
	counts, err = decode(file, optOutFormat, func(h header) error {
		if len(h.Key) != keySize {
			return message.Errorf("its key has %d bytes, not %d", len(h.Key), keySize)
		}
		o.key = h.Key
		return nil
	}, o.Add)
	if err != nil {
		return nil, 0, err
	}
	return o, counts, nil
}
