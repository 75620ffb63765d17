package publish

import (
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		-time.Second: 0, 0: 0, time.Millisecond: 20 * time.Millisecond, time.Second: 20 * time.Second, 3 * time.Second: time.Minute,
		4 * time.Second: time.Minute, 1<<63 - 1: time.Minute,
	} {
		if got := Pause(took); got != want {
			t.Errorf("after %s: %s, want %s", took, got, want)
		}
	}
}
