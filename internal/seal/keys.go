package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"glasspoll/internal/message"
)

// The prefixes of keys: of a public one, which is in the questionnaire, and of a private one, in a file of its owner.
const (
	publicPrefix  = "sealkey1."
	privatePrefix = "sealsecret1."
)

// checksumSize is the length of the checksum that a private key ends with, in bytes.
const checksumSize = 4

// MaxFile bounds the file of a private key, in bytes.
const MaxFile = 4 << 10

func kem() hpke.KEM { return hpke.DHKEM(ecdh.P256()) }

// A Public is the key that answers are sealed to.
type Public struct{ key hpke.PublicKey }

// ParsePublic reads what [Public.String] writes: "sealkey1." and the uncompressed point in base64url.
func ParsePublic(text string) (Public, error) {
	rest, found := strings.CutPrefix(text, publicPrefix)
	data, err := encoding.DecodeString(rest)
	if !found || err != nil || encoding.EncodeToString(data) != rest {
		return Public{}, message.Errorf("not a public key: it begins with %s and is %d characters long; copy the whole line that keys show prints", publicPrefix, len(publicPrefix)+encoding.EncodedLen(encSize))
	}
	key, err := kem().NewPublicKey(data)
	if err != nil {
		return Public{}, message.Errorf("a public key of which a part is missing or changed: copy the whole line that keys show prints")
	}
	return Public{key}, nil
}

// String returns the key as it is in a questionnaire.
func (p Public) String() string { return publicPrefix + encoding.EncodeToString(p.key.Bytes()) }

// Bytes returns the key as HPKE has it: an uncompressed point.
func (p Public) Bytes() []byte { return p.key.Bytes() }

// ID returns the id of the key, 16 hexadecimal digits.
func (p Public) ID() string {
	id := p.idBytes()
	return hexID(id[:])
}

func (p Public) idBytes() [idSize]byte {
	sum := sha256.Sum256(p.key.Bytes())
	return [idSize]byte(sum[:])
}

func hexID(id []byte) string { return hex.EncodeToString(id) }

// A Private is the key that opens what is sealed to its public half.
type Private struct{ key hpke.PrivateKey }

// NewPrivate makes a key.
func NewPrivate() (Private, error) {
	key, err := kem().GenerateKey()
	if err != nil {
		return Private{}, message.Errorf("making a key: %w", err)
	}
	return Private{key}, nil
}

// Public returns the public half.
func (p Private) Public() Public { return Public{p.key.PublicKey()} }

// String returns nothing of the key, so that one that is printed by mistake is not in a log.
func (Private) String() string { return "(private key)" }

// GoString returns what String does.
func (p Private) GoString() string { return p.String() }

// Encode returns the file of a key: lines that begin with # for people, and the key. made is the day.
func (p Private) Encode(made string) []byte {
	data, err := p.key.Bytes()
	if err != nil {
		panic(err) // a key of P-256 always encodes
	}
	sum := sha256.Sum256(data)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Glasspoll private key %s, %s\n", p.Public().ID(), made)
	fmt.Fprintln(&b, "# Whoever has this file can read the answers that are sealed to it. Nobody can make it again:")
	fmt.Fprintln(&b, "# keep a copy in another place, and none on the server.")
	fmt.Fprintln(&b, "# 私钥：有此文件者可读加密的回答；丢失后无法恢复。请另存一份，勿放在服务器上。")
	fmt.Fprintf(&b, "# public: %s\n", p.Public())
	fmt.Fprintln(&b, privatePrefix+encoding.EncodeToString(append(data, sum[:checksumSize]...)))
	return b.Bytes()
}

// DecodePrivate reads the file of a key.
func DecodePrivate(data []byte) (Private, error) {
	if len(data) > MaxFile {
		return Private{}, message.Errorf("not a private key: the file has more than %d bytes", MaxFile)
	}
	found := ""
	for line := range strings.Lines(string(data)) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, publicPrefix):
			return Private{}, message.Errorf("this is a public key: what is sealed is opened by the private key, in the file that keys make wrote")
		case !strings.HasPrefix(line, privatePrefix) || found != "":
			return Private{}, message.Errorf("not a private key: the file that keys make writes has one line that begins with %s", privatePrefix)
		default:
			found = line
		}
	}
	if found == "" {
		return Private{}, message.Errorf("not a private key: the file that keys make writes has one line that begins with %s", privatePrefix)
	}
	raw, err := encoding.DecodeString(strings.TrimPrefix(found, privatePrefix))
	if err != nil || len(raw) <= checksumSize {
		return Private{}, errCut
	}
	raw, checksum := raw[:len(raw)-checksumSize], raw[len(raw)-checksumSize:]
	if sum := sha256.Sum256(raw); !bytes.Equal(sum[:checksumSize], checksum) {
		return Private{}, errCut
	}
	key, err := kem().NewPrivateKey(raw)
	if err != nil {
		return Private{}, errCut
	}
	return Private{key}, nil
}

var errCut error = message.Key("a private key of which a part is missing or changed: use another copy of the file")
