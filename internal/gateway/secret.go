package gateway

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"glasspoll/internal/cloud"
	"glasspoll/internal/store"
)

// tableSecret is the secret of a table. A table that an earlier version has published to has none until a site is published again:
// this is logged once, and not with every form.
type tableSecret struct {
	table *cloud.Table
	log   *slog.Logger
	once  sync.Once
}

// Secret implements [store.Secrets].
func (s *tableSecret) Secret(ctx context.Context) ([]byte, error) {
	secret, err := s.table.Secret(ctx)
	if errors.Is(err, store.ErrNoSecret) {
		s.once.Do(func() {
			s.log.Warn("the table has no secret yet, so a second click on a form without an id counts twice: run glasspoll publish")
		})
	}
	return secret, err
}
