package cloud

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/publish"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
)

// A stream invokes publishers as the table's stream does: each of its shards, one for each partition, gathers records for a
// window, and then waits for its function. What a function reports as failed is sent again.
type stream struct {
	world *world
	load
	stop chan struct{}

	mu                  sync.Mutex
	shards              []streamShard
	counted             streamCounts
	busy                int // functions
	made                int // transactions of publishers
	scheduled, invoking sync.WaitGroup
}

// streamShard has the records of one shard that no function has got yet.
type streamShard struct {
	names  map[string]bool
	oldest time.Time
	more   chan struct{}
}

// streamCounts are what publishing takes of Lambda.
type streamCounts struct {
	Invocations, TurnedAway, Killed int
	Busy                            int           // at the same time, at most
	Took                            time.Duration // all invocations
	Most                            time.Duration // one
}

func (w *world) newStream(l load) *stream {
	s := &stream{world: w, load: l, stop: make(chan struct{}), shards: make([]streamShard, l.partitions)}
	for i := range s.shards {
		s.shards[i] = streamShard{names: map[string]bool{}, more: make(chan struct{}, 1)}
	}
	return s
}

// record notes that a response was stored.
func (s *stream) record(pk string, at time.Time) {
	_, name, _ := ResponseKey(pk)
	h := fnv.New32a()
	h.Write([]byte(pk))
	s.mu.Lock()
	defer s.mu.Unlock()
	of := &s.shards[int(h.Sum32()%uint32(len(s.shards)))]
	of.names[name] = true
	if of.oldest.IsZero() || at.Before(of.oldest) {
		of.oldest = at
	}
	select {
	case of.more <- struct{}{}:
	default:
	}
}

func (s *stream) start(t *testing.T) {
	for i := range s.shards {
		s.invoking.Go(func() { s.invoke(t, &s.shards[i]) })
	}
	s.scheduled.Go(func() {
		minute := time.NewTicker(time.Minute)
		defer minute.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-minute.C:
				s.finish(t)
			}
		}
	})
}

// end waits until all records have been sent and succeeded, and for the schedule once more if a publisher was killed.
func (s *stream) end() {
	for i := range s.shards {
		close(s.shards[i].more)
	}
	s.invoking.Wait()
	if s.counted.Killed > 0 {
		time.Sleep(time.Minute + time.Second)
	}
	close(s.stop)
	s.scheduled.Wait()
}

// invoke lets one shard invoke functions until no more records come.
func (s *stream) invoke(t *testing.T, of *streamShard) {
	for range of.more {
		time.Sleep(cmp.Or(s.window, batching))
		s.mu.Lock()
		w := store.Work{Names: slices.Sorted(maps.Keys(of.names)), Oldest: of.oldest}
		of.names, of.oldest = map[string]bool{}, time.Time{}
		s.mu.Unlock()
		if len(w.Names) == 0 {
			continue
		}
		for !s.function(t, func(p *process) (bool, error) {
			out, err := p.publisher.PublishWork(t.Context(), s.world.survey, w)
			if err == nil && out.Early > 0 {
				out, err = p.publisher.Finish(t.Context(), s.world.survey)
			}
			s.note(out)
			return out.More, err
		}) {
		}
	}
}

func (s *stream) note(out publish.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if out.TurnedAway {
		s.counted.TurnedAway++
	}
}

// finish is what the schedule of each minute does.
func (s *stream) finish(t *testing.T) {
	s.function(t, func(p *process) (bool, error) {
		surveys, err := p.Unfinished(t.Context())
		if len(surveys) > 0 && err == nil {
			_, err = p.publisher.Finish(t.Context(), s.world.survey)
		}
		return false, err
	})
}

// function runs a function in a process of its own, and reports whether it succeeded.
func (s *stream) function(t *testing.T, do func(p *process) (more bool, err error)) bool {
	begin := time.Now()
	s.mu.Lock()
	s.counted.Invocations++
	s.busy++
	s.counted.Busy = max(s.counted.Busy, s.busy)
	s.mu.Unlock()
	killed := false
	p := s.world.process(cloudtest.Hooks{Around: func(ctx context.Context, c cloudtest.Call, do func() error) error {
		s.mu.Lock()
		if c.Name == "TransactWriteItems" {
			s.made++
			if len(s.kills) > 0 && s.made >= s.kills[0] {
				s.kills, killed = s.kills[1:], true
				s.counted.Killed++
			}
		}
		dead := killed
		s.mu.Unlock()
		if dead {
			return errKilled
		}
		return latency(ctx, c, do)
	}}, Options{})
	more, err := do(p)
	if err != nil && !errors.Is(err, errKilled) && !s.throttle {
		t.Errorf("publishing: %v", err)
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	took := time.Since(begin)
	s.counted.Took, s.counted.Most = s.counted.Took+took, max(s.counted.Most, took)
	return err == nil && !more
}

// publicAfter returns how long it took at most from when an answer was sent until a page was there with a release that counts
// it. A release of one cohort counts a first part of the log.
func (w *world) publicAfter(t *testing.T) (longest time.Duration) {
	p := w.process(cloudtest.Hooks{}, Options{})
	var sent []time.Time
	for e, err := range p.After(t.Context(), w.survey.ID, "2000-01", "") {
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, e.Arrived)
	}
	n := 0
	for r, err := range p.History(t.Context(), w.survey.ID, "2000-01") {
		if err != nil {
			t.Fatal(err)
		}
		for shown := int(r.Respondents()); n < shown && n < len(sent); n++ {
			longest = max(longest, w.pages.shownAt(r.Number).Sub(sent[n]))
		}
	}
	if n+w.survey.K() <= len(sent) {
		t.Errorf("%d of %d are on a page", n, len(sent))
	}
	return longest
}

// shownAt returns when a page was written with a revision, or a later one.
func (p *pagesInMemory) shownAt(revision int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.writes {
		if w.revision >= revision {
			return w.at
		}
	}
	return time.Time{}.Add(1 << 62)
}

// pageWrite is when a page was written.
type pageWrite struct {
	revision int
	at       time.Time
}

// TestOnePublisher lets answers come for a while, from 20 to 5,000 a second and in a whole soak 20,000, with the stream and spacing of
// the template: each is on a page within a minute, at 1.2 items read at most, including what those read who are turned away or killed.
func TestOnePublisher(t *testing.T) {
	loads := []load{
		{rate: 20, seconds: 100, shards: 16, partitions: 4},
		{rate: 20, seconds: 100, shards: 16, partitions: 4, kills: []int{6}},
		{rate: 200, seconds: 40, shards: 16, partitions: 4},
		thousands(soak.Cases(2, 40), 0),
	}
	if soak.Whole() { // a kill costs up to what is collected at once, which would be most of a second's answers
		loads[3].kills = []int{60}
		loads = append(loads, load{rate: 2000, seconds: 120, shards: 128, partitions: 32, kills: []int{20, 60}})
	}
	for _, l := range loads {
		if testing.Short() && l.rate > 100 {
			continue
		}
		l.apart = 15 * time.Second // SECONDS_APART in the template
		b := l.run(t)
		t.Log(b)
		n := float64(b.stored)
		if items := float64(b.usage.Read()-b.usage.ItemsRead["D"]) / n; items > 1.2 {
			t.Errorf("%d/s: %.3f items read an answer", l.rate, items)
		}
		most := time.Minute
		if len(l.kills) > 0 {
			most += 30 * time.Second // until its turn is over, and somebody comes
		}
		if b.latest > most {
			t.Errorf("%d/s: an answer was on a page after %v", l.rate, b.latest)
		}
		if b.stream.Killed != len(l.kills) {
			t.Errorf("%d/s: %d were killed, want %d", l.rate, b.stream.Killed, len(l.kills))
		}
		for kind, hottest := range b.usage.Hottest {
			if hottest.Writes > cloudtest.MaxWrites || hottest.Reads > cloudtest.MaxReads {
				t.Errorf("%d/s: a key of %s gets %.0f write and %.0f read units a second", l.rate, kind, hottest.Writes, hottest.Reads)
			}
		}
	}
}

// On a table of many partitions hundreds of functions begin at the same moment, each with other shards. Together they stay far
// below what one key takes, and nothing that they bring is missing from the list.
func TestManyBeginAtOnce(t *testing.T) {
	const functions, shards = 256, 4
	s := parseSurvey(t, "tea", worldSurvey)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s, cloudtest.Options{})
		processes := make([]*process, functions)
		for n := range processes {
			processes[n] = w.process(cloudtest.Hooks{Around: latency}, Options{})
		}
		var begun []*store.Turn
		var brought []store.Work
		var mu sync.Mutex
		var all sync.WaitGroup
		for n, p := range processes {
			var work store.Work
			for i := range shards {
				_, name, _ := ResponseKey(shardKey(s.ID, worldPeriods[0], n*shards+i))
				work.Names = append(work.Names, name)
			}
			brought = append(brought, work)
			all.Go(func() {
				turn, _, err := p.BeginTurn(t.Context(), s.ID, work)
				if err != nil {
					t.Error(err)
				}
				if turn != nil {
					mu.Lock()
					begun = append(begun, turn)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(begun) != 1 {
			t.Fatalf("%d turns have begun, want 1", len(begun))
		}
		is, err := processes[0].readTurn(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for n, work := range brought {
			if !covers(is.left.And(begun[0].Work), work) {
				t.Errorf("what function %d brought is not in the list", n)
			}
		}
		if hottest := w.server.Usage().Hottest[turns]; hottest.Writes > cloudtest.MaxWrites/4 || hottest.Reads > cloudtest.MaxReads/4 {
			t.Errorf("the list gets %.0f write and %.0f read units in a second", hottest.Writes, hottest.Reads)
		}
	})
}
