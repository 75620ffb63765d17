package transfer_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/transfer"
)

// TestSigningKeysAreCarried carries private keys, and marks whose answers may still be on their way.
func TestSigningKeysAreCarried(t *testing.T) {
	w := newWorld(t, 5)
	key, err := blind.NewPrivate(rand.Reader)
	w.must(err)
	w.must(w.from.PutSigningKeys(ctx, surveyID, []blind.Private{key}))
	w.invite(1)
	w.must(w.from.RedeemBlinded(ctx, surveyID, personal(1).Hash, invitation.Digest{7}))
	options := transfer.Options{Source: "old"}
	report, err := transfer.Check(ctx, w.from, w.to, options)
	w.must(err)
	var said []string
	for _, difference := range report.Differences {
		said = append(said, difference.String())
	}
	if !strings.Contains(strings.Join(said, "\n"), "1 signing keys are missing") {
		t.Errorf("the check says %q", said)
	}
	for range 2 {
		_, err := transfer.Move(ctx, w.from, w.to, options)
		w.must(err)
	}
	if got, err := w.to.SigningKey(ctx, surveyID, key.ID()); err != nil || got.ID() != key.ID() {
		t.Errorf("carried: %v", err)
	}
	if i, err := w.to.Invitation(ctx, personal(1).Hash); err != nil || i.Blinded != (invitation.Digest{7}) {
		t.Errorf("the mark is %+v, %v", i, err)
	}
	if report, err := transfer.Check(ctx, w.from, w.to, options); err != nil || len(report.Differences) > 0 {
		t.Errorf("afterwards: %+v, %v", report, err)
	}
}
