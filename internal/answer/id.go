package answer

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// keyVersion is the version of UUIDs that are keys, and of the ids that follow from them (RFC 9562, section 5.8: for what an
// application likes).
const keyVersion = 8

// IDOf returns the id under which a submission is stored whose client has given a UUID. One of version 8 is a key: the client
// alone knows it, and the id, which the receipt shows, is its hash. So whoever sees a receipt, or an id in a case or an export,
// cannot post guesses under it and learn from the reply whether one is right. Every other UUID is the id itself.
func IDOf(survey string, given uuid.UUID) string {
	if given.Version() != keyVersion {
		return given.String()
	}
	data := append(make([]byte, 0, 128), "glasspoll key 1\n"...) // stored ids follow from it, so it must not change
	data = append(append(append(data, survey...), '\n'), given[:]...)
	hash := sha256.Sum256(data)
	return Key([16]byte(hash[:])).String()
}

// Key makes a key of random bytes, or of those of a hash.
func Key(bytes [16]byte) uuid.UUID {
	bytes[6] = bytes[6]&0x0f | keyVersion<<4
	bytes[8] = bytes[8]&0x3f | 0x80
	return bytes
}
