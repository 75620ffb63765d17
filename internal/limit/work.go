package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A challenge is
//
//	difficulty.expires.signature
//
// with the time in seconds since 1970. It is of one survey and one id. Its work is in 16 parts, so that it takes about as long for everybody: for each, to
// find a number n so that the SHA-256 of
//
//	challenge.part.n
//
// begins with difficulty − 4 zero bits; parts count from 0. The solution is the challenge and the numbers, with dots
// between them. Nothing has to be remembered: since an id is taken once, so is a challenge; and the same answers, sent again after a reply was
// lost, need no other.
const (
	parts     = 16
	partsBits = 4

	leastWork = 17 // half a second on a telephone
	MostWork  = 22 // of any challenge: some twenty seconds on a telephone

	// workLife is how long a challenge can be solved, and its solution sent again.
	workLife = 30 * time.Minute

	// workGrowth is by how much the difficulty may have grown meanwhile.
	workGrowth = 2
)

// Keys sign what the handler gives out to get it back.
type Keys struct{ work, seal []byte }

// NewKeys derives keys from the secret of a deployment.
func NewKeys(secret []byte) Keys {
	derive := func(purpose string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("glasspoll " + purpose + "\n")) // ids are keyed with the same secret
		return mac.Sum(nil)
	}
	return Keys{derive("work 1"), derive("seal 1")}
}

func sign(key []byte, texts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, t := range texts {
		mac.Write(binary.AppendUvarint(nil, uint64(len(t))))
		mac.Write([]byte(t))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Challenge returns a challenge for the answers to a survey with an id.
func (k Keys) Challenge(survey, id string, difficulty int, now time.Time) string {
	begin := strconv.Itoa(difficulty) + "." + strconv.FormatInt(now.Add(workLife).Unix(), 10)
	return begin + "." + sign(k.work, begin, survey, id)
}

// maxSolution bounds a solution, in bytes.
const maxSolution = 512

// IsSolved reports whether a text is a solution for the answers to a survey with an id, to a challenge of the given difficulty, or of one that is a
// little less: it may have grown since. Whoever was given the greatest has nothing more to fear.
func (k Keys) IsSolved(solution, survey, id string, difficulty int, now time.Time) bool {
	if len(solution) > maxSolution {
		return false
	}
	fields := strings.Split(solution, ".")
	if len(fields) != 3+parts {
		return false
	}
	given, err := strconv.Atoi(fields[0])
	expires, err2 := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || err2 != nil || given < difficulty-workGrowth || given < leastWork || now.Unix() > expires {
		return false
	}
	begin := fields[0] + "." + fields[1]
	if !hmac.Equal([]byte(sign(k.work, begin, survey, id)), []byte(fields[2])) {
		return false
	}
	challenge := begin + "." + fields[2]
	for part, n := range fields[3:] {
		if !solves(challenge, part, n, given) {
			return false
		}
	}
	return true
}

func solves(challenge string, part int, n string, difficulty int) bool {
	sum := sha256.Sum256([]byte(challenge + "." + strconv.Itoa(part) + "." + n))
	return bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:])) >= difficulty-partsBits
}

// Solve does the work of a challenge, as the page's script does. It returns "" for what is no challenge, or one beyond the greatest difficulty.
func Solve(challenge string) (solution string) {
	head, _, _ := strings.Cut(challenge, ".")
	difficulty, err := strconv.Atoi(head)
	if err != nil || difficulty < 0 || difficulty > MostWork {
		return ""
	}
	solution = challenge
	for part := range parts {
		for n := 0; ; n++ {
			if text := strconv.Itoa(n); solves(challenge, part, text, difficulty) {
				solution += "." + text
				break
			}
		}
	}
	return solution
}
