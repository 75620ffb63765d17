package e2e

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryReceiptRuleIsTested removes what keeps receipts from being derived or posted, one piece at a time, and expects a test
// of internal/intake to fail each time.
func TestEveryReceiptRuleIsTested(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct{ name, file, code, without string }{
		{"derived ids are keyed", "internal/intake/id.go", "hmac.New(sha256.New, secret)", "hmac.New(sha256.New, nil)"},
		{"without a secret ids are random", "internal/intake/id.go", "if secret != nil && before != nil {", "if true {"},
		{"ids that the server makes are random", "internal/intake/id.go", "answer.Key(uuid.New())", "answer.Key(uuid.Nil)"},
		{"a second click may be in the next slot", "internal/intake/id.go", "derivedKey(before, r, slot-1)", "derivedKey(before, r, slot+1)"},
		{"the receipt is that of what is stored", "internal/intake/sealing.go", "if taken {", "if taken && false {"},
		{"a form that is shown again keeps its key", "internal/intake/id.go", "s.posted.ID, r.ID = key.String(),", "_, r.ID = key.String(),"},
		{"a receipt is no key", "internal/answer/id.go", "if given.Version() != keyVersion {", "if given.Version() != keyVersion || true {"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(root, filepath.FromSlash(r.file))
			source := readFile(t, name)
			if n := strings.Count(source, r.code); n != 1 {
				t.Fatalf("%s has %q %d times, want 1: write here how the rule reads now", r.file, r.code, n)
			}
			out, err := testReplaced(t, root, name, strings.Replace(source, r.code, r.without, 1), "./internal/intake")
			if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
				t.Fatalf("the code without the rule does not compile:\n%s", out)
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("no test fails without the rule: %v\n%s", err, out)
			}
		})
	}
}
