package server

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/publish"
	"glasspoll/internal/survey"
)

// TestUpdatesArePaced has answers come all the time, then a single one, in virtual time: updates begin twenty times as long after one as
// it took, a minute at most, and at once when nothing has happened for long.
func TestUpdatesArePaced(t *testing.T) {
	for _, c := range []struct{ takes, pause time.Duration }{
		{time.Millisecond, batchDelay}, {300 * time.Millisecond, 6 * time.Second}, {2 * time.Second, 40 * time.Second}, {9 * time.Second, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			var begun, ended []time.Time
			current := func() (*publish.Publisher, []*survey.Survey) { // every update begins with it
				begun = append(begun, time.Now())
				time.Sleep(c.takes)
				ended = append(ended, time.Now())
				return nil, nil
			}
			u := newUpdater(slog.New(slog.DiscardHandler), current, func(context.Context) ([]string, error) { return nil, errors.New("none") }, func() {})
			ctx, stop := context.WithCancel(t.Context())
			go u.run(ctx)
			time.Sleep(c.takes) // until cases have been looked at
			synctest.Wait()
			begun, ended = nil, nil
			for range 4000 {
				u.request("tea", "all")
				time.Sleep(50 * time.Millisecond)
			}
			time.Sleep(4 * time.Minute)
			synctest.Wait()
			if len(begun) < 3 {
				t.Fatalf("%d updates", len(begun))
			}
			for i := 1; i < len(begun); i++ {
				if pause := begun[i].Sub(ended[i-1]); pause < c.pause || pause > c.pause+batchDelay+50*time.Millisecond {
					t.Errorf("the next update begins %s after one that took %s, want %s", pause, c.takes, c.pause)
				}
			}
			begun, ended = nil, nil
			asked := time.Now()
			u.request("tea", "all")
			time.Sleep(2 * batchDelay)
			synctest.Wait()
			if len(begun) != 1 || begun[0].Sub(asked) != batchDelay {
				t.Errorf("after a quiet time: asked at %s, begun at %s", asked, begun)
			}
			stop()
			time.Sleep(time.Minute)
			synctest.Wait()
		})
	}
}
