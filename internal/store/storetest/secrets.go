package storetest

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// Secrets makes the secret of a deployment and returns it.
type Secrets interface {
	store.Secrets
	store.SecretMaker
}

// secrets makes the secret by many at the same time: it is one, stays the same when the back end is opened again, and cannot
// be changed by who has it.
func secrets(t *testing.T, b Backend) {
	made := make([][]byte, 8)
	var makers sync.WaitGroup
	for i := range made {
		from := b
		if b.At != nil {
			from = b.At(time.Duration(i) * time.Second)
		}
		makers.Go(func() {
			err := from.Secrets.MakeSecret(ctx)
			if err == nil {
				made[i], err = from.Secrets.Secret(ctx)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	makers.Wait()
	first := bytes.Clone(made[0])
	if len(first) != store.SecretSize || bytes.Equal(first, make([]byte, store.SecretSize)) {
		t.Fatalf("the secret has %d bytes", len(first))
	}
	for i, one := range made {
		if !bytes.Equal(one, first) {
			t.Errorf("maker %d has another secret", i)
		}
		clear(one)
	}
	b = b.reopen(t)
	if err := b.Secrets.MakeSecret(ctx); err != nil {
		t.Error(err)
	}
	if again, err := b.Secrets.Secret(ctx); err != nil || !bytes.Equal(again, first) {
		t.Errorf("later it is another one, %v", err)
	}
}

// takenIDs asks which ids are taken: by answers and by tombstones, each in its survey.
func takenIDs(t *testing.T, b Backend) {
	check := func(survey, id string, want bool) {
		t.Helper()
		if got, err := b.IDs.Taken(ctx, survey, id); err != nil || got != want {
			t.Errorf("%s %s: %t, %v; want %t", survey, id, got, err, want)
		}
	}
	stored, free := response(1), response(2)
	check(surveyID, stored.ID, false)
	put(t, b, stored, true)
	check(surveyID, stored.ID, true)
	check(surveyID, free.ID, false)
	check("another", stored.ID, false)
	put(t, b, stored, false, free.ID)
	check(surveyID, free.ID, false)
	tombstone := answer.Response{ID: response(3).ID, Survey: surveyID, Version: "v1", Period: period, Withdrawn: true}
	if n, err := b.Importer.Import(ctx, surveyID, period, []store.Entry{{Arrived: time.Now(), Response: tombstone}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	check(surveyID, tombstone.ID, true)
}
