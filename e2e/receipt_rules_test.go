package e2e

import "testing"

// TestEveryReceiptRuleIsTested removes what keeps receipts from being derived or posted, one piece at a time, and expects a test
// of internal/intake to fail each time.
func TestEveryReceiptRuleIsTested(t *testing.T) {
	t.Parallel()
	checkTested(t, "intake", []string{"intake", "answer"}, []rule{
		{"derived ids are keyed", "hmac.New(sha256.New, secret)\n\tmac.Write([]byte(\"glasspoll id 1", "hmac.New(sha256.New, nil)\n\tmac.Write([]byte(\"glasspoll id 1"},
		{"without a secret ids are random", "if secret != nil && before != nil {", "if true {"},
		{"ids that the server makes are random", "answer.Key(uuid.New())", "answer.Key(uuid.Nil)"},
		{"a second click may be in the next slot", "derivedKey(before, r, slot-1)", "derivedKey(before, r, slot+1)"},
		{"the receipt is that of what is stored", "if taken {", "if taken && false {"},
		{"a form that is shown again keeps its key", "s.posted.ID, r.ID = key.String(),", "_, r.ID = key.String(),"},
		{"a receipt is no key", "if given.Version() != keyVersion {", "if given.Version() != keyVersion || true {"},
	})
}
