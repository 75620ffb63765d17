// Package sleep waits for a time, unless a context ends before.
package sleep

import (
	"context"
	"time"
)

// For waits for a time, not at all if that is not positive. The error is that of the context, if it ends before.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
