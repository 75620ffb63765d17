package answer

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"glasspoll/internal/message"
)

// crockford is Douglas Crockford's base 32: no I, L, O or U to misread or mishear.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Receipt returns a submission id in a form that can be read out: 26 letters and digits in groups.
func Receipt(id string) string {
	u, err := uuid.Parse(id)
	if err != nil {
		return ""
	}
	var code [26]byte
	crockford.Encode(code[:], u[:])
	grouped := make([]byte, 0, len(code)+4)
	for from := 0; from < 20; from += 5 {
		grouped = append(append(grouped, code[from:from+5]...), '-')
	}
	return string(append(grouped, code[20:]...))
}

// ParseReceipt returns the submission id of a receipt. Case, spaces and dashes do not matter, and I, L and O are read as the
// digits that they look like.
func ParseReceipt(receipt string) (id string, err error) {
	code := strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(receipt))
	data, err := crockford.DecodeString(code)
	if err != nil || len(data) != len(uuid.UUID{}) {
		return "", message.Errorf("not a receipt: it has 26 letters and digits")
	}
	return uuid.UUID(data).String(), nil
}

// DigestSize is the length of a digest in bytes: half a SHA-256.
const DigestSize = 16

// Digest distinguishes a repeated submission from other answers under the same id: it covers the survey and the answers, not
// the channel, time or language. Of answers that were sealed when they came it is [Response.Keyed]. Stores keep it, so it must not change.
func (r Response) Digest() [DigestSize]byte {
	if len(r.Keyed) == DigestSize {
		return [DigestSize]byte(r.Keyed)
	}
	return r.ContentDigest()
}

// ContentDigest covers the survey and the answers as they are stored.
func (r Response) ContentDigest() [DigestSize]byte {
	sum := sha256.Sum256(r.content())
	return [DigestSize]byte(sum[:])
}

// content encodes the survey and the answers. Each string follows its length and each list its count, so that no two responses have
// the same encoding.
func (r Response) content() []byte {
	data := make([]byte, 0, 2048)
	data = appendString(data, r.Survey)
	for _, answers := range [...][]Answer{r.Answers, r.Private} {
		data = binary.AppendUvarint(data, uint64(len(answers)))
		for _, a := range answers {
			data = binary.AppendUvarint(data, uint64(len(a)))
			for _, text := range a {
				data = appendString(data, text)
			}
		}
	}
	return data
}

func appendString(data []byte, s string) []byte {
	return append(binary.AppendUvarint(data, uint64(len(s))), s...)
}
