package storetest

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// keysAgree wants what is stored twice to agree at every moment, while answers come in, are collected and are erased, and nothing
// to be left to mend.
func keysAgree(t *testing.T, b Backend) {
	checker, ok := b.Log.(store.Checker)
	if !ok {
		t.Skip("the back end does not check its keys")
	}
	const writers, each = 3, 4
	written := make(chan error, 1)
	go func() { written <- putAndErase(b, writers, each) }()
	for end := false; !end; {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			end = true // and once more
		default:
		}
		for problem, err := range checker.CheckKeys(ctx, surveyID, period) {
			if err != nil {
				t.Fatal(err)
			}
			t.Fatalf("%+v", problem)
		}
	}
	stored := entries(t, b, surveyID, period)
	n, last, err := checker.Logged(ctx, surveyID, period)
	if err != nil || int(n) != writers*each || len(stored) != writers*each || last < stored[len(stored)-1].Cursor {
		t.Errorf("logged %d up to %s, %v; %d entries", n, last, err, len(stored))
	}
	put(t, b, response(1000), true)
	if after := entries(t, b, surveyID, period); after[len(after)-1].Cursor <= last {
		t.Errorf("a later entry is at %s, and the end was %s", after[len(after)-1].Cursor, last)
	}
	nothingToMend(t, b)
}

// nothingToMend checks that nothing is changed where all agrees.
func nothingToMend(t *testing.T, b Backend) {
	t.Helper()
	mender, ok := b.Log.(store.Mender)
	if !ok {
		return
	}
	if changed, err := mender.MendKeys(ctx, surveyID, period); err != nil || len(changed) > 0 {
		t.Errorf("mended %q, %v", changed, err)
	}
	if changed, err := mender.MendRelease(ctx, surveyID, period); err != nil || changed {
		t.Errorf("a release is mended: %t, %v", changed, err)
	}
}

// putAndErase stores responses from many goroutines, some with private answers, and erases every fourth.
func putAndErase(b Backend, writers, each int) error {
	var work errgroup.Group
	for w := range writers {
		work.Go(func() error {
			for i := range each {
				r := response(w*each + i)
				if i%3 == 0 {
					r.Private = []answer.Answer{{"mail", "a@example.org"}}
				}
				if _, err := b.Responses.Put(ctx, r); err != nil {
					return err
				}
				if i%4 != 3 {
					continue
				}
				if _, err := b.Erasure.Erase(ctx, surveyID, r.ID, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return work.Wait()
}
