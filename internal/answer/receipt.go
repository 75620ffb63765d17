package answer

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// crockford is Douglas Crockford's base 32: no I, L, O or U to misread or mishear.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Receipt writes a submission id so that a respondent can read it out: 26 letters and digits in groups.
func Receipt(id string) string {
	u, err := uuid.Parse(id)
	if err != nil {
		return ""
	}
	code := crockford.EncodeToString(u[:])
	return strings.Join([]string{code[:5], code[5:10], code[10:15], code[15:20], code[20:]}, "-")
}

// ParseReceipt returns the submission id that a receipt stands for. Case, spaces and dashes do not matter, and I, L and
// O are read as what they look like.
func ParseReceipt(receipt string) (id string, err error) {
	code := strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(receipt))
	data, err := crockford.DecodeString(code)
	if err != nil || len(data) != len(uuid.UUID{}) {
		return "", errors.New("not a receipt: it has 26 letters and digits")
	}
	return uuid.UUID(data).String(), nil
}

// Digest tells "the same again" from "another answer under this id": it covers the survey and the answers, not how, when
// or in which language they came.
func (r Response) Digest() [sha256.Size]byte {
	data, err := json.Marshal([]any{r.Survey, r.Answers, r.Private})
	if err != nil {
		panic(fmt.Sprintf("response: %v", err)) // strings only
	}
	return sha256.Sum256(data)
}
