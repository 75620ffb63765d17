package storetest

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// sealedResponse returns a response whose text and address the handler has sealed: it differs each time, and its digest does not.
func sealedResponse(n int, box, digest string) answer.Response {
	r := response(n)
	r.Answers = append(r.Answers, answer.Answer{"why", "seal1." + box})
	r.Private = []answer.Answer{{"email", "seal1." + box + box}}
	r.Keyed = bytes.Repeat([]byte(digest), answer.DigestSize)
	return r
}

// sealedAgain stores sealed answers again: the digest of what came decides, before they are collected and afterwards, and the first
// that came stay. It is carried with them to another log, and gone when they are erased.
func sealedAgain(t *testing.T, b Backend) {
	first := sealedResponse(41, "A", "k")
	plain := response(41)
	again := func(b Backend) {
		t.Helper()
		put(t, b, sealedResponse(41, "B", "k"), false)
		putConflict(t, b, sealedResponse(41, "A", "l"))
		putConflict(t, b, plain)
	}
	put(t, b, first, true)
	again(b)
	all := entries(t, b, surveyID, period)
	again(b)
	b = b.reopen(t)
	again(b)
	want := first
	want.Private = nil
	if last := all[len(all)-1].Response; !reflect.DeepEqual(last, want) {
		t.Errorf("stored: %+v", last)
	}
	if private, err := b.Erasure.Private(ctx, surveyID, period, first.ID); err != nil || !reflect.DeepEqual(private, first.Private) {
		t.Errorf("private answers: %v, %v", private, err)
	}
	checkSealed(t, b)

	second := sealedResponse(42, "C", "m")
	entry := store.Entry{Cursor: "of another store", Arrived: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Response: second}
	if n, err := b.Importer.Import(ctx, surveyID, period, []store.Entry{entry}); err != nil || n != 1 {
		t.Fatalf("imported %d, %v", n, err)
	}
	put(t, b, sealedResponse(42, "D", "m"), false)
	putConflict(t, b, sealedResponse(42, "C", "n"))
	checkSealed(t, b)

	if erased, err := b.Erasure.Erase(ctx, surveyID, first.ID, nil); err != nil || !erased {
		t.Fatalf("erased: %t, %v", erased, err)
	}
	putWithdrawn(t, b, first)
	for _, e := range entries(t, b, surveyID, period) {
		if e.Response.Withdrawn && e.Response.Keyed != nil {
			t.Errorf("the tombstone has a digest: %+v", e.Response)
		}
	}
	checkSealed(t, b)
}

// checkSealed wants what is stored twice to agree.
func checkSealed(t *testing.T, b Backend) {
	t.Helper()
	checker, ok := b.Log.(store.Checker)
	if !ok {
		return
	}
	collect(t, b, surveyID, period)
	for problem, err := range checker.CheckKeys(ctx, surveyID, period) {
		t.Errorf("%+v, %v", problem, err)
	}
	nothingToMend(t, b)
}
