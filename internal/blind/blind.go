// Package blind lets invitees answer so that nobody can tell whose the answers are, the operator neither: blind signatures by
// RFC 9474, variant RSABSSA-SHA384-PSS-Randomized. A respondent's device makes a random nonce, blinds it and has it signed for
// its invitation, which is then used up; the unblinded signature, which no signer has seen, is sent with the answers instead of
// the invitation. The package makes keys, divides invitees into the groups that have one, signs and verifies. The browser's part
// is templates/blind.js.
//
// Keys have 2048 bits. That nobody can tell whose a signature is does not depend on their size: a blinded value is evenly random
// whatever is in it. The size is what makes a false signature hard, of a survey of some months; 2048 bits do until 2030 by NIST SP
// 800-57. With 3072 bits, all that is sent and each key of the definition would be half as long again, and signing would take
// three to four times as long (BenchmarkSign); a page takes some milliseconds with either, and a slow phone some ten.
//
// Random bytes are handed in, but for those with which circl and crypto/rsa protect a private key while they use it.
package blind

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"strings"
	"sync"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"glasspoll/internal/answer"
	"glasspoll/internal/codec"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

const variant = blindrsa.SHA384PSSRandomized

// NonceSize is the length in bytes of what is signed: the 32 random bytes that the variant puts first, and 16 of the nonce itself.
const NonceSize = 32 + 16

const exponent = 65537

// The errors that callers branch on.
var (
	// ErrSize says that a value is not as long as a key, or not below it.
	ErrSize error = message.Key("not a value that can be signed")

	// ErrSignature says that a signature is not one of a nonce by a key.
	ErrSignature error = message.Key("not a signature of this survey")
)

// A Private is the private key of one group.
type Private struct{ key *rsa.PrivateKey }

// NewPrivate makes a key.
func NewPrivate(random io.Reader) (Private, error) {
	key, err := rsa.GenerateKey(random, 8*survey.KeySize)
	if err != nil {
		return Private{}, message.Errorf("making a key: %w", err)
	}
	return Private{key}, nil
}

// Public returns the public key, of a group.
func (p Private) Public(period string, values map[string]string) survey.Key {
	return survey.NewKey(p.key.N.FillBytes(make([]byte, survey.KeySize)), period, values)
}

// ID returns the id of the key.
func (p Private) ID() string { return p.Public("", nil).ID }

// String returns nothing of the key, so that one that is printed by mistake is not in a log.
func (Private) String() string { return "(private key)" }

// GoString returns what String does.
func (p Private) GoString() string { return p.String() }

// kind is the record of a private key.
var kind = codec.Kind{Name: "signing key", Version: 1}

type record struct {
	PKCS8 []byte `cbor:"1,keyasint"`
}

// MaxRecord bounds the record of a private key, in bytes.
const MaxRecord = 4 << 10

// Encode returns the record of the key.
func (p Private) Encode() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		panic(err) // an RSA key always encodes
	}
	return kind.Encode(record{der})
}

// DecodePrivate reads a record.
func DecodePrivate(data []byte) (Private, error) {
	if len(data) > MaxRecord {
		return Private{}, message.Errorf("signing key: the record has %d bytes; no more than %d are read", len(data), MaxRecord)
	}
	var r record
	if err := kind.Decode(data, &r); err != nil {
		return Private{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(r.PKCS8)
	key, isRSA := parsed.(*rsa.PrivateKey)
	if err != nil || !isRSA || key.N.BitLen() != 8*survey.KeySize || key.E != exponent {
		return Private{}, message.Errorf("signing key: the record is damaged")
	}
	return Private{key}, nil
}

// DigestOf returns what the mark of an invitation knows of a blinded value.
func DigestOf(blinded []byte) invitation.Digest { return sha256.Sum256(blinded) }

// CheckBlinded returns [ErrSize] if a key cannot sign a value.
func CheckBlinded(k survey.Key, blinded []byte) error {
	modulus, err := k.Bytes()
	if err != nil {
		return err
	}
	value := new(big.Int).SetBytes(blinded)
	if len(blinded) != survey.KeySize || value.Sign() == 0 || value.Cmp(new(big.Int).SetBytes(modulus)) >= 0 {
		return ErrSize
	}
	return nil
}

// Sign signs a blinded value. The same value has the same signature.
func (p Private) Sign(blinded []byte) ([]byte, error) {
	if err := CheckBlinded(p.Public("", nil), blinded); err != nil {
		return nil, err
	}
	signature, err := blindrsa.NewSigner(p.key).BlindSign(blinded)
	if err != nil {
		return nil, message.Errorf("signing: %w", err)
	}
	return signature, nil
}

// A Token is what a respondent spends with the answers.
type Token struct {
	Key       string // id
	Nonce     []byte
	Signature []byte
}

// ParseToken reads a token as it is sent: the key's id, the nonce and the signature, both in base64url without padding, with
// points between them.
func ParseToken(text string) (t Token, err error) {
	id, rest, _ := strings.Cut(text, ".")
	nonce, signature, _ := strings.Cut(rest, ".")
	t.Key = id
	if t.Nonce, err = encoding.DecodeString(nonce); err != nil || len(t.Nonce) != NonceSize {
		return Token{}, ErrSignature
	}
	if t.Signature, err = encoding.DecodeString(signature); err != nil || len(t.Signature) != survey.KeySize {
		return Token{}, ErrSignature
	}
	if t.Encode() != text { // the decoder passes over ends of lines
		return Token{}, ErrSignature
	}
	return t, nil
}

// Encode writes what [ParseToken] reads.
func (t Token) Encode() string {
	return t.Key + "." + encoding.EncodeToString(t.Nonce) + "." + encoding.EncodeToString(t.Signature)
}

// encoding has one text for each value.
var encoding = base64.RawURLEncoding.Strict()

// Verify returns [ErrSignature] unless the token is signed with a key.
func (t Token) Verify(k survey.Key) error {
	modulus, err := k.Bytes()
	if err != nil || len(t.Nonce) != NonceSize || len(t.Signature) != survey.KeySize {
		return ErrSignature
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: exponent}
	verifier, err := blindrsa.NewVerifier(variant, public)
	if err != nil || new(big.Int).SetBytes(t.Signature).Cmp(public.N) >= 0 || verifier.Verify(t.Nonce, t.Signature) != nil {
		return ErrSignature
	}
	return nil
}

// ID returns the id of the answers to a survey that the token is spent with. So it is spent once: an id is taken for good.
func (t Token) ID(survey string) string {
	hash := sha256.New()
	hash.Write([]byte("glasspoll token 1\n" + survey + "\n")) // stored ids follow from it, so it must not change
	hash.Write(t.Nonce)
	return answer.Key([16]byte(hash.Sum(nil))).String()
}

// Ring holds the private keys that have been read. The zero value is ready to use.
type Ring struct{ keys sync.Map }

// Get returns the key with an id, which it reads once.
func (r *Ring) Get(id string, read func() (Private, error)) (Private, error) {
	if known, ok := r.keys.Load(id); ok {
		return known.(Private), nil
	}
	p, err := read()
	if err == nil {
		r.keys.Store(id, p)
	}
	return p, err
}
