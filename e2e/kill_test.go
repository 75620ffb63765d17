package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestKilledWhileWriting kills and restarts the server repeatedly while many clients post. Every submission that was acknowledged,
// at the first attempt or a later one, counts exactly once.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	const rounds, clients = 8, 16 // TestKilled of internal/local has more kills, of the store alone
	surveys := writeSurveys(t, map[string]string{"tea.yaml": `title: Tea
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
`})
	data := t.TempDir()
	acknowledged := map[int]bool{}
	next := 0 // smaller ids have been sent at least once
	for range rounds {
		enough := make(chan struct{}) // closed when enough have been acknowledged in this round
		left := 1 + rand.IntN(200)
		p := start(t, surveys, data)
		var pending []int // sent but not acknowledged: they may be stored or not
		for id := range next {
			if !acknowledged[id] {
				pending = append(pending, id)
			}
		}
		var mu sync.Mutex
		take := func() int {
			mu.Lock()
			defer mu.Unlock()
			if n := len(pending); n > 0 {
				id := pending[n-1]
				pending = pending[:n-1]
				return id
			}
			next++
			return next - 1
		}
		var senders sync.WaitGroup
		for range clients {
			senders.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				defer client.CloseIdleConnections()
				for {
					id := take()
					status, err := p.post(client, "tea", submission(id, ""))
					if err != nil {
						return // killed
					}
					if status != 200 && status != 201 {
						t.Errorf("submission %d: %d", id, status)
						return
					}
					mu.Lock()
					acknowledged[id] = true
					if left--; left == 0 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough: // others are in flight
		case <-time.After(patience):
			t.Error("too few submissions are acknowledged")
		}
		time.Sleep(time.Duration(rand.IntN(5_000)) * time.Microsecond)
		p.kill()
		senders.Wait()
	}

	p := start(t, surveys, data)
	for id := range next {
		if !acknowledged[id] {
			if status, err := p.post(http.DefaultClient, "tea", submission(id, "")); err != nil || status != 200 && status != 201 {
				t.Fatalf("submission %d again: %d, %v", id, status, err)
			}
		}
	}
	r := p.waitForRespondents(t, "tea", next)
	for step := range 5 {
		want := (next + 4 - step) / 5 // ids with id%5 == step
		if got := r.Questions["taste"].Counts[fmt.Sprint(step+1)]; got != want {
			t.Errorf("%d respondents chose %d, want %d", got, step+1, want)
		}
	}
	t.Logf("%d submissions, %d kills", next, rounds)
}
