package cloud

import (
	"context"
	"slices"
	"sync"
	"time"

	"glasspoll/internal/store"
)

// secretPart and secretSort are the key of the deployment's secret. The kind is its own, so that a role can be allowed to read it
// and nothing else, or to make it without reading it.
const (
	secretPart = "X"
	secretSort = "ids"
)

// knownSecret is the deployment's secret as it was last read, and until when it need not be asked for again if there was none.
type knownSecret struct {
	mu    sync.Mutex
	value []byte
	none  time.Time
}

// MakeSecret implements [store.SecretMaker]. It needs the right to put the item, and none to read it.
func (t *Table) MakeSecret(ctx context.Context) error {
	i := key(secretPart, secretSort)
	i[body] = binaryOf(store.NewSecret())
	_, err := t.create(ctx, i)
	if err == nil {
		t.secret.mu.Lock()
		t.secret.none = time.Time{}
		t.secret.mu.Unlock()
	}
	return err
}

// Secret implements [store.Secrets]. It is read once; that there is none is asked again after half a minute.
func (t *Table) Secret(ctx context.Context) ([]byte, error) {
	s := &t.secret
	s.mu.Lock()
	value, none := s.value, s.none
	s.mu.Unlock()
	switch {
	case value != nil:
		return slices.Clone(value), nil
	case t.now().Before(none):
		return nil, t.wrap(store.ErrNoSecret)
	}
	i, err := t.get(ctx, secretPart, secretSort)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i == nil {
		s.none = t.now().Add(currentTTL)
		return nil, t.wrap(store.ErrNoSecret)
	}
	value = bytesOf(i, body)
	if err := store.CheckSecret(value); err != nil {
		return nil, store.Permanent(t.wrap(err))
	}
	s.value = value
	return slices.Clone(value), nil
}

// Taken implements [store.IDs]. As Put, it needs no right to read a response.
func (t *Table) Taken(ctx context.Context, survey, id string) (bool, error) {
	return t.meets(ctx, idKey(survey, id), "attribute_exists("+partKey+")", nil, nil)
}
