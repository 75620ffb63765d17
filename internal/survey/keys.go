package survey

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"

	"glasspoll/internal/message"
)

// BlindVariant is the signature scheme of anonymous surveys, as RFC 9474 names it. The modulus of a key has 2048 bits, and its
// exponent is 65537.
const BlindVariant = "RSABSSA-SHA384-PSS-Randomized"

// KeySize is the length of a key's modulus in bytes, and of what is signed with it.
const KeySize = 256

// Keys are the public keys of an anonymous survey, one for each period and group of invitees. They are part of the definition, so
// everybody has the same. A key is added and never replaced.
type Keys struct {
	Variant string `json:"variant"`
	Keys    []Key  `json:"keys"`
}

// A Key signs for the invitees of one group in one period. Who answers by its signature is known to be one of them, and no more.
type Key struct {
	ID      string            `json:"id"`               // follows from the modulus
	Period  string            `json:"period,omitempty"` // that the answers count in; "": the one in which they are given
	Values  map[string]string `json:"values,omitempty"` // the answers to hidden questions; none of those who are in no group
	Modulus string            `json:"n"`                // base64url without padding
}

// KeyID returns the id that follows from a modulus.
func KeyID(modulus []byte) string {
	sum := sha256.Sum256(modulus)
	return hex.EncodeToString(sum[:8])
}

// NewKey returns the key with a modulus.
func NewKey(modulus []byte, period string, values map[string]string) Key {
	return Key{ID: KeyID(modulus), Period: period, Values: values, Modulus: base64.RawURLEncoding.EncodeToString(modulus)}
}

// Bytes returns the modulus.
func (k Key) Bytes() ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(k.Modulus) }

// check returns what is wrong with a key by itself.
func (k Key) check() error {
	modulus, err := k.Bytes()
	switch {
	case err != nil || len(modulus) != KeySize || modulus[0]&0x80 == 0 || modulus[KeySize-1]&1 == 0:
		return message.Errorf("key %q: its modulus is not one of %d bits", k.ID, 8*KeySize)
	case KeyID(modulus) != k.ID:
		return message.Errorf("key %q: its id does not follow from its modulus", k.ID)
	}
	return nil
}

// Find returns the key with an id.
func (k *Keys) Find(id string) (Key, bool) {
	if k != nil {
		for _, key := range k.Keys {
			if key.ID == id {
				return key, true
			}
		}
	}
	return Key{}, false
}

// Of returns the key of the group with a period and values.
func (k *Keys) Of(period string, values map[string]string) (Key, bool) {
	if k != nil {
		for _, key := range k.Keys {
			if key.Period == period && maps.Equal(key.Values, values) {
				return key, true
			}
		}
	}
	return Key{}, false
}

// Encode returns the keys as JSON. Equal keys have equal bytes.
func (k *Keys) Encode() []byte {
	data, err := json.Marshal(k)
	if err != nil {
		panic(fmt.Sprintf("keys: %v", err)) // plain data
	}
	return data
}

// Fingerprint returns the first half of the SHA-256 of the encoded keys, in groups of four hexadecimal digits, so that two people
// can compare what they see. No other list of keys can be found that has it.
func (k *Keys) Fingerprint() string {
	sum := sha256.Sum256(k.Encode())
	digits := hex.EncodeToString(sum[:16])
	groups := make([]string, 0, len(digits)/4)
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, " ")
}

// DecodeKeys reads what [Keys.Encode] returns, also indented. No two keys may be of one group: each group has one.
func DecodeKeys(data []byte) (*Keys, error) {
	var k Keys
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&k); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, message.Errorf("something follows the keys")
	}
	if err := k.Check(); err != nil {
		return nil, err
	}
	return &k, nil
}

// Check returns what is wrong with keys.
func (k *Keys) Check() error {
	if k.Variant != BlindVariant {
		return message.Errorf("the variant is %q: this program knows %s", k.Variant, BlindVariant)
	}
	if len(k.Keys) == 0 {
		return message.Errorf("there is no key")
	}
	for i, key := range k.Keys {
		if err := key.check(); err != nil {
			return err
		}
		before := &Keys{Keys: k.Keys[:i]}
		_, sameID := before.Find(key.ID)
		if _, sameGroup := before.Of(key.Period, key.Values); sameID || sameGroup {
			return message.Errorf("key %q: another one is of the same group", key.ID)
		}
	}
	return nil
}
