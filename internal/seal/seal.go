// Package seal encrypts single answers to the public keys of a questionnaire, so that whoever reads the store later, without a
// private key, reads nothing of them: HPKE (RFC 9180) with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM, in base mode.
// The browser's part is templates/seal.js.
//
// A sealed answer is the text "seal1." and, in base64url without padding, these bytes:
//
//	keys     1 byte: for how many keys it is sealed, 1 or 2
//	for each key, 121 bytes:
//	  id     8 bytes: the first of the SHA-256 of the public key's 65 bytes
//	  enc    65 bytes: the encapsulated key of HPKE, an uncompressed point
//	  ct     48 bytes: the content key's 32 bytes, encrypted by HPKE to this key, without associated data
//	text     AES-256-GCM of the padded answer by the content key, with a nonce of 12 zero bytes and without associated data:
//	         as many bytes as the padded answer has, and 16
//
// The content key is random and used once. HPKE's info is five lines, the last of which does not end: "glasspoll seal 1", the
// survey's id, the version of the questionnaire, the id of the response, and the name of the field. So a sealed answer opens
// nowhere else. The padded answer is the answer in UTF-8, followed by zero bytes up to 128 bytes or a power of two above. The
// values of a multi_choice are lines of one answer, in the questionnaire's order.
//
// The id is the one under which the response is stored: of a form's key, the hash that answer.IDOf makes of it; of an answer
// given by a token, the id that follows from its nonce.
//
// Nothing says who has sealed: the keys are public. What opens is text from outside, to be checked like any other.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/message"
)

// Sizes in bytes.
const (
	idSize      = 8
	encSize     = 65
	contentSize = 32
	tagSize     = 16
	wrapSize    = idSize + encSize + contentSize + tagSize
	leastText   = 128

	// MaxText bounds an answer that is sealed.
	MaxText = 128 << 10

	// MaxKeys is how many keys an answer is sealed to at most.
	MaxKeys = 2
)

// Prefix begins every sealed answer.
const Prefix = "seal1."

// encoding has one text for each value.
var encoding = base64.RawURLEncoding.Strict()

// The errors that callers branch on.
var (
	// ErrForm says that a text is not a sealed answer, or only a part of one.
	ErrForm error = message.Key("not a sealed answer, or not a whole one")

	// ErrKey says that no private key at hand is one of those that an answer is sealed to.
	ErrKey error = message.Key("sealed to another key")

	// ErrDamaged says that a sealed answer has been changed, or put in the place of another one.
	ErrDamaged error = message.Key("the sealed answer does not open here: it has been changed, or comes from another answer, question or survey")

	// ErrTooLong says that an answer is longer than [MaxText].
	ErrTooLong error = message.Key("too long to be sealed")
)

// Context is the place of a sealed answer. It opens nowhere else.
type Context struct {
	Survey  string
	Version string // of the questionnaire
	ID      string // of the response, as it is stored
	Field   string
}

func (c Context) info() []byte {
	return []byte(strings.Join([]string{"glasspoll seal 1", c.Survey, c.Version, c.ID, c.Field}, "\n"))
}

// Padded returns how many bytes an answer of so many bytes has when it is padded.
func Padded(n int) int {
	if n <= leastText {
		return leastText
	}
	return 1 << bits.Len(uint(n-1))
}

// Length returns the length of a sealed answer whose text has so many bytes.
func Length(keys, n int) int {
	return len(Prefix) + encoding.EncodedLen(1+keys*wrapSize+Padded(n)+tagSize)
}

// Seal seals an answer to one or two keys. The text has no zero byte.
func Seal(random io.Reader, keys []Public, c Context, text string) (string, error) {
	switch {
	case len(keys) == 0 || len(keys) > MaxKeys:
		return "", message.Errorf("an answer is sealed to one or two keys, not to %d", len(keys))
	case len(text) > MaxText:
		return "", ErrTooLong
	}
	content := make([]byte, contentSize)
	if _, err := io.ReadFull(random, content); err != nil {
		return "", err
	}
	sealed := []byte{byte(len(keys))}
	for _, key := range keys {
		wrapped, err := hpke.Seal(key.key, hpke.HKDFSHA256(), hpke.AES256GCM(), c.info(), content)
		if err != nil {
			return "", err
		}
		id := key.idBytes()
		sealed = append(append(sealed, id[:]...), wrapped...)
	}
	padded := make([]byte, Padded(len(text)))
	copy(padded, text)
	sealed = contentCipher(content).Seal(sealed, make([]byte, 12), padded, nil)
	return Prefix + encoding.EncodeToString(sealed), nil
}

// contentCipher returns the cipher of a content key, which encrypts once.
func contentCipher(content []byte) cipher.AEAD {
	block, err := aes.NewCipher(content)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return aead
}

// Is reports whether a text says that it is a sealed answer.
func Is(text string) bool { return strings.HasPrefix(text, Prefix) }

// A Box is a sealed answer in its parts. Nothing of it has been opened.
type Box struct {
	wraps []wrap
	text  []byte
}

type wrap struct{ id, sealed []byte }

// Parse reads a sealed answer.
func Parse(text string) (Box, error) {
	rest, found := strings.CutPrefix(text, Prefix)
	if !found || len(text) > Length(MaxKeys, MaxText) || strings.ContainsAny(rest, "\r\n") { // which the decoder passes over
		return Box{}, ErrForm
	}
	data, err := encoding.DecodeString(rest)
	if err != nil || len(data) == 0 || data[0] == 0 || data[0] > MaxKeys {
		return Box{}, ErrForm
	}
	var b Box
	n, data := int(data[0]), data[1:]
	if len(data) < n*wrapSize+leastText+tagSize {
		return Box{}, ErrForm
	}
	for range n {
		w := wrap{data[:idSize:idSize], data[idSize:wrapSize:wrapSize]}
		if _, err := ecdh.P256().NewPublicKey(w.sealed[:encSize]); err != nil {
			return Box{}, ErrForm
		}
		b.wraps, data = append(b.wraps, w), data[wrapSize:]
	}
	if b.text = data; b.Size() != Padded(b.Size()) {
		return Box{}, ErrForm
	}
	return b, nil
}

// Size returns the length of the padded answer in bytes.
func (b Box) Size() int { return len(b.text) - tagSize }

// Keys lists the ids of the keys that it is sealed to.
func (b Box) Keys() []string {
	var ids []string
	for _, w := range b.wraps {
		ids = append(ids, hexID(w.id))
	}
	return ids
}

// IsFor reports whether it is sealed to these keys, in their order, and to no other.
func (b Box) IsFor(keys []Public) bool {
	if len(keys) != len(b.wraps) {
		return false
	}
	for i, key := range keys {
		if id := key.idBytes(); !bytes.Equal(id[:], b.wraps[i].id) {
			return false
		}
	}
	return true
}

// Open opens a sealed answer with whichever of the keys it is sealed to. The error is [ErrForm], [ErrKey] or [ErrDamaged].
func Open(keys []Private, c Context, sealed string) (string, error) {
	b, err := Parse(sealed)
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		id := key.Public().idBytes()
		for _, w := range b.wraps {
			if bytes.Equal(id[:], w.id) {
				return b.open(key, c, w)
			}
		}
	}
	return "", ErrKey
}

// open opens it with the key of a wrap.
func (b Box) open(key Private, c Context, w wrap) (string, error) {
	content, err := hpke.Open(key.key, hpke.HKDFSHA256(), hpke.AES256GCM(), c.info(), w.sealed)
	if err != nil || len(content) != contentSize {
		return "", ErrDamaged
	}
	padded, err := contentCipher(content).Open(nil, make([]byte, 12), b.text, nil)
	if err != nil {
		return "", ErrDamaged
	}
	text := bytes.TrimRight(padded, "\x00")
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || Padded(len(text)) != len(padded) {
		return "", ErrDamaged
	}
	return string(text), nil
}
