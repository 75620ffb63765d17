// Package invitation is the model of invitations to a survey: the secret that a personal link holds, its hash, by which alone
// a store knows an invitation, what is stored of one, and how many there are. It knows no person: names and addresses stay in
// the list of whoever invites. It is pure.
package invitation

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"unicode"

	"glasspoll/internal/message"
)

const (
	secretSize  = 10 // bytes: 80 random bits
	secretChars = 16 // of 5 bits each
	groupChars  = 4  // on paper
)

// alphabet is Crockford's base 32: no I, L, O and U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// A Secret is what the link of an invitation holds. Whoever has it can answer once. It is never stored where answers are.
type Secret [secretSize]byte

// NewSecret takes a secret from a source of random bytes.
func NewSecret(random io.Reader) (Secret, error) {
	var s Secret
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return Secret{}, message.Errorf("random bytes for an invitation: %w", err)
	}
	return s, nil
}

// Word returns the 16 characters of the secret in one word, as in links.
func (s Secret) Word() string {
	word := make([]byte, 0, secretChars)
	bits, n := uint(0), 0
	for _, b := range s {
		for bits, n = bits<<8|uint(b), n+8; n >= 5; n -= 5 {
			word = append(word, alphabet[bits>>(n-5)&31])
		}
	}
	return string(word)
}

// Paper returns the secret in groups of four characters, as it is printed to be typed: ABCD-EFGH-JKMN-PQRS.
func (s Secret) Paper() string {
	word := s.Word()
	groups := make([]string, 0, secretChars/groupChars)
	for i := 0; i < secretChars; i += groupChars {
		groups = append(groups, word[i:i+groupChars])
	}
	return strings.Join(groups, "-")
}

// String returns no part of the secret, so that one that is printed by mistake is not in a log.
func (Secret) String() string { return "(secret)" }

// GoString returns what String does.
func (s Secret) GoString() string { return s.String() }

// ParseSecret reads a secret as people type it: in upper or lower case, with spaces and hyphens anywhere, the letter O for 0, I
// or L for 1, and in the full-width forms of Chinese and Japanese keyboards. The error does not contain the secret.
func ParseSecret(text string) (Secret, error) {
	var s Secret
	bits, n, chars, size := uint(0), 0, 0, 0
	for _, r := range text {
		r = narrow(r)
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			continue
		}
		value := valueOf(r)
		if value < 0 {
			return Secret{}, message.Errorf("the character %q is in no invitation: copy the link as it was sent, or type the 16 letters and digits as they are printed", string(r))
		}
		if chars++; chars > secretChars {
			break
		}
		if bits, n = bits<<5|uint(value), n+5; n >= 8 {
			n -= 8
			s[size] = byte(bits >> n)
			size++
		}
	}
	if chars != secretChars {
		return Secret{}, message.Errorf("an invitation has %d letters and digits, no more and no fewer: copy the link as it was sent, or type them as they are printed", secretChars)
	}
	return s, nil
}

// narrow returns the ASCII character of a full-width one, and every other as it is.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// valueOf returns the five bits of a character; -1 if it has none.
func valueOf(r rune) int {
	if r >= 'a' && r <= 'z' {
		r += 'A' - 'a'
	}
	switch r {
	case 'O':
		return 0
	case 'I', 'L':
		return 1
	}
	return strings.IndexRune(alphabet, r)
}

// HashSize is the length of a hash in bytes: half a SHA-256.
const HashSize = 16

// A Hash is by what a store knows an invitation. The secret does not follow from it.
type Hash [HashSize]byte

// Hash returns the hash of the secret.
func (s Secret) Hash() Hash {
	hash := sha256.New()
	hash.Write([]byte("glasspoll invitation 1\n")) // what is stored follows from it, so it must not change
	hash.Write(s[:])
	return Hash(hash.Sum(nil))
}

// Draft returns 8 hexadecimal digits by which a device keeps the draft of one person apart from those of others. The hash under
// which the invitation is stored does not follow from them, nor they from it.
func (s Secret) Draft() string {
	hash := sha256.New()
	hash.Write([]byte("glasspoll draft 1\n"))
	hash.Write(s[:])
	return hex.EncodeToString(hash.Sum(nil)[:4])
}

// String returns the hash in 32 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what [Hash.String] returns.
func ParseHash(text string) (Hash, error) {
	var h Hash
	if len(text) != hex.EncodedLen(HashSize) || strings.ToLower(text) != text {
		return Hash{}, message.Errorf("%q is not the hash of an invitation: it has %d hexadecimal digits", text, hex.EncodedLen(HashSize))
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil {
		return Hash{}, message.Errorf("%q is not the hash of an invitation: it has %d hexadecimal digits", text, hex.EncodedLen(HashSize))
	}
	return h, nil
}
