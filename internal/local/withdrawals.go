package local

import (
	"context"
	"sync"
	"sync/atomic"

	"glasspoll/internal/store"
)

// Withdraw implements [store.Withdrawer]: it erases the response at once, as [Store.Erase] does. Calls at the same time share the
// overwriting, which goes on when the context ends, as when whoever asked has left the page.
func (s *Store) Withdraw(ctx context.Context, survey, id string) (store.Withdrawal, error) {
	done, err := store.TakeBack(ctx, s, survey, id, s.now())
	if err != nil {
		return store.Withdrawal{}, err
	}
	return done, s.FinishErasing(context.WithoutCancel(ctx))
}

// passes lets callers share long work: whoever comes while it is done waits for the next pass.
type passes struct {
	mu    sync.Mutex // held during a pass
	begun atomic.Int64
	done  int64 // the last pass that has come to its end
}

// share returns after a pass that has begun since it was called.
func (p *passes) share(pass func() error) error {
	before := p.begun.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done > before {
		return nil
	}
	number := p.begun.Add(1)
	err := pass()
	if err == nil {
		p.done = number
	}
	return err
}
