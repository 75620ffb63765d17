package cloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

// The simulation runs the real code of this package and of package publish over a table in memory, in virtual time: calls take
// as long as DynamoDB's usually do, and everything that waits, waits in virtual time. Nothing depends on how long it really
// takes.

// How long calls take. They are assumptions: DynamoDB documents single-digit milliseconds for one item.
const (
	oneCall     = 5 * time.Millisecond
	transaction = 15 * time.Millisecond
)

// A load is what arrives at a survey, and the table that takes it.
type load struct {
	rate       int // answers a second
	seconds    int
	shards     int // to begin with
	partitions int
	throttle   bool
	scale      float64       // by which a partition takes less; 0: 1
	instances  int           // of the function that takes submissions; 0: as many as are busy
	also       int           // ids that are checked with each answer
	text       int           // bytes of text in each answer
	window     time.Duration // of the stream; 0: batching
	apart      time.Duration // between the beginnings of runs; 0: none
	kills      []int         // publishers are killed when so many transactions have been made by all
}

// A burden is what a load has done to the table.
type burden struct {
	load
	usage    cloudtest.Usage // all of it
	puts     cloudtest.Usage // until the last answer was sent
	stored   int             // answers
	refused  int             // replies "try again"
	slowest  time.Duration   // of a put that succeeded
	behind   int             // answers that waited when the last one was sent
	caughtUp time.Duration   // how long collecting and counting took then
	segments int
	shards   int // at the end
	stream   streamCounts
	latest   time.Duration // the longest that an answer took from being sent to a page
	items    int
	bytes    int

	segmentUnits float64 // what writing the segments once must have cost
	bodies       int     // their bytes
	perSecond    []int   // answers that were stored, by the second in which they were sent
}

// thousands is 5,000 answers a second, and 20,000 in a whole soak. Shards, partitions and functions are as many in proportion.
func thousands(seconds int, window time.Duration) load {
	l := load{rate: 5_000, seconds: seconds, shards: 256, partitions: 64, window: window}
	if soak.Whole() {
		l.rate, l.shards, l.partitions = 4*l.rate, 4*l.shards, 4*l.partitions
	}
	return l
}

// batching is how long the table's stream gathers records before it invokes the function that publishes.
const batching = 20 * time.Second

func latency(_ context.Context, c cloudtest.Call, do func() error) error {
	d := oneCall
	if c.Name == "TransactWriteItems" {
		d = transaction
	}
	time.Sleep(d / 2)
	err := do()
	time.Sleep(d - d/2)
	return err
}

// choices is a survey with 30 questions of one choice.
func choices(t testing.TB) *survey.Survey {
	t.Helper()
	var b strings.Builder
	b.WriteString("title: {en: Choices}\nlanguages: [en]\nperiod: month\nsections:\n  - id: all\n    title: {en: All}\n    questions:\n")
	for i := range 30 {
		fmt.Fprintf(&b, "      - {id: q%d, type: single_choice, label: {en: Question %d}, options: [{id: a, label: {en: A}}, {id: b, label: {en: B}}, {id: c, label: {en: C}}, {id: d, label: {en: D}}]}\n", i, i)
	}
	b.WriteString("      - {id: why, type: long_text, label: {en: Why}}\nresults: {min_group: 5}\n")
	return parseSurvey(t, "choices", b.String())
}

// choiceResponse returns the answers of respondent n, with an id as a browser makes it.
func choiceResponse(s *survey.Survey, n int) answer.Response {
	h := uint64(n)*0x9E3779B97F4A7C15 + 0x1234567
	h ^= h >> 31
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 29
	r := answer.Response{ID: fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(h>>32), uint16(h>>16), n), Survey: s.ID, Version: s.Version, Period: "2000-01", Language: "en", Channel: "web"}
	for i := range 30 {
		r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("q%d", i), string(rune('a' + h>>(2*i)&3))})
	}
	return r
}

// run lets the load arrive, and publishes as the stream and the schedule do. When all is sent, it publishes once more.
func (l load) run(t *testing.T) (b burden) {
	t.Helper()
	s := choices(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s, cloudtest.Options{Partitions: l.partitions, Throttle: l.throttle, Scale: l.scale})
		w.turns, w.apart, b.load = true, l.apart, l
		ctx := t.Context()
		if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(ctx, s); err != nil {
			t.Fatal(err)
		}
		if l.shards > minShards {
			if err := w.process(cloudtest.Hooks{}, Options{}).RaiseShards(ctx, s.ID, "2000-01", l.shards); err != nil {
				t.Fatal(err)
			}
		}
		before := w.server.Usage()
		functions := make([]*process, cmp.Or(l.instances, max(10, l.rate/40)))
		for i := range functions {
			functions[i] = w.process(cloudtest.Hooks{Around: latency}, Options{Awaited: true})
		}
		stream := w.newStream(l)
		stream.start(t)
		w.arrivals(t, l, functions, stream, &b)
		b.puts = w.server.Usage().Minus(before)
		b.behind = len(w.server.Items("Q#"))
		begin := time.Now()
		stream.end()
		b.stream = stream.counted
		if l.throttle {
			time.Sleep(10 * time.Minute) // the schedule; a turn that could not be left is over
			begin = time.Now()
		}
		if l.throttle {
			if err := w.streamProcess().publish(ctx, "2000-01"); err != nil {
				t.Fatal(err)
			}
		}
		b.caughtUp = time.Since(begin)
		b.usage = w.server.Usage().Minus(before)
		for _, i := range w.server.Items("J#") {
			b.segments++
			b.bodies += len(bytesOf(i, body))
			b.segmentUnits += 2 * math.Ceil(float64(cloudtest.SizeOf(i))/1024)
		}
		b.items, b.bytes = w.server.Size()
		p := w.process(cloudtest.Hooks{}, Options{})
		var err error
		if b.shards, err = p.readShards(ctx, s.ID, "2000-01"); err != nil {
			t.Fatal(err)
		}
		counted, _, err := p.Tally(ctx, s.ID, "2000-01")
		if err != nil || counted == nil || int(counted.Received()) != b.stored {
			t.Errorf("%d answers are stored, and the tally is %v, %v", b.stored, counted, err)
		}
		if left := len(w.server.Items("Q#")); left > 0 {
			t.Errorf("%d answers still wait", left)
		}
		b.latest = w.publicAfter(t)
	})
	return b
}

func (w *world) streamProcess() *process {
	return w.process(cloudtest.Hooks{Around: latency}, Options{})
}

// tick is how often answers are sent.
const tick = 10 * time.Millisecond

// arrivals sends the answers of a load, and waits for the replies.
func (w *world) arrivals(t *testing.T, l load, functions []*process, stream *stream, b *burden) {
	var sending sync.WaitGroup
	var mu sync.Mutex
	due, sent := 0.0, 0
	b.perSecond = make([]int, l.seconds)
	for i := range l.seconds * int(time.Second/tick) {
		second := i / int(time.Second/tick)
		due += float64(l.rate) * tick.Seconds()
		for ; sent < int(math.Round(due)); sent++ {
			n := sent
			sending.Go(func() {
				p := functions[n%len(functions)]
				if _, err := p.Definition(t.Context(), w.survey.ID, ""); err != nil && !l.throttle {
					t.Error(err)
				}
				begin := time.Now()
				var also []string
				for i := range l.also {
					also = append(also, fmt.Sprintf("00000000-%04x-4000-8000-%012x", i, n))
				}
				r := choiceResponse(w.survey, n)
				if l.text > 0 {
					r.Answers = append(r.Answers, answer.Answer{"why", strings.Repeat("x", l.text)})
				}
				created, err := p.Put(t.Context(), r, also...)
				if created {
					known, _ := p.shardsOf(t.Context(), r.Survey, r.Period)
					stream.record(shardKey(r.Survey, r.Period, shardOf(r.ID, known)), begin)
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil && !l.throttle:
					t.Error(err)
				case err != nil:
					b.refused++
				case created:
					b.stored++
					b.perSecond[second]++
					b.slowest = max(b.slowest, time.Since(begin))
				default:
					t.Error("an answer was there before it was sent")
				}
			})
		}
		time.Sleep(tick)
	}
	sending.Wait()
}

func (b burden) String() string {
	n := float64(b.stored)
	total := b.usage.Total()
	return fmt.Sprintf("%d/s for %d s: %d stored, %d refused, slowest %v; %d waited at the end, done %v later; %d segments, %d shards, on a page after %v at most, %+v; %.3f write and %.4f read units an answer, %.4f items read; %d items, %.1f bytes an answer\n%v\nkeys %v\nhundreds of write units of a partition in a second: %v",
		b.rate, b.seconds, b.stored, b.refused, b.slowest, b.behind, b.caughtUp, b.segments, b.shards, b.latest, b.stream, total.Writes/n, total.Reads/n, float64(b.usage.Read())/n, b.items, float64(b.bytes)/n, b.usage, b.usage.Keys, b.usage.Loads)
}

// The law of what an answer costs, whose terms docs/capacity.md adds up, is checked against the counted calls at several
// rates, sizes and numbers of shards: it does not depend on them but as stated.
func TestUnitsOfAnAnswer(t *testing.T) {
	for _, l := range []load{
		{rate: 20, seconds: 60, shards: 16, partitions: 4},
		{rate: 300, seconds: 10, shards: 16, partitions: 4, window: 2 * time.Second, also: 2},
		{rate: 500, seconds: 5, shards: 32, partitions: 4, text: 1500},
		thousands(max(2, soak.Cases(4, 100)), 2*time.Second), // ten times the invocations of a stack
	} {
		b := l.run(t)
		t.Log(b)
		n, body := float64(b.stored), float64(1)
		if l.text > 0 {
			body = math.Ceil(float64(l.text) / 1024)
		}
		for kind, want := range map[string]float64{
			"I": n * 2 * float64(1+l.also), // a transaction takes the id, and checks the others
			"Q": n * (2*body + body),       // the same transaction puts the response into the queue; deleting it
			"J": b.segmentUnits,            // its share of a segment, which is also written in a transaction
		} {
			if got := b.usage.Units[kind].Writes; got != want {
				t.Errorf("%d/s: %s costs %.0f write units, want %.0f", l.rate, kind, got, want)
			}
		}
		share := b.usage.Units["J"].Writes / n
		if most := 2*float64(b.bodies)/n/1024 + 4*float64(b.segments)/n; share > most {
			t.Errorf("%d/s: %.3f write units of segments an answer, want at most %.3f", l.rate, share, most)
		}
		if got := b.usage.ItemsRead["Q"]; got != b.stored {
			t.Errorf("%d/s: %d items of the queue were read, of %d", l.rate, got, b.stored)
		}
		if got := b.usage.ItemsRead["J"]; got > b.segments+b.runs() {
			t.Errorf("%d/s: %d segments were read, of %d", l.rate, got, b.segments)
		}
		for kind, hottest := range b.usage.Hottest {
			if hottest.Writes > cloudtest.MaxWrites || hottest.Reads > cloudtest.MaxReads {
				t.Errorf("%d/s: a key of %s gets %.0f write and %.0f read units a second", l.rate, kind, hottest.Writes, hottest.Reads)
			}
		}
		if l.rate >= 5000 {
			b.wantKeepsPace(t)
		}
	}
}

// wantKeepsPace checks what holds of a load of thousands a second: few reads, few answers that wait, and shards that stay far
// below what a key takes.
func (b burden) wantKeepsPace(t *testing.T) {
	t.Helper()
	n := float64(b.stored)
	if reads := b.usage.Total().Reads / n; reads > 1.2 {
		t.Errorf("%.2f read units an answer", reads)
	}
	if items := float64(b.usage.Read()) / n; items > 1.2 {
		t.Errorf("%.2f items read an answer", items)
	}
	if b.behind > 3*b.rate || b.caughtUp > 3*cmp.Or(b.window, batching) {
		t.Errorf("%d answers waited when the last one was sent, and were counted %v later", b.behind, b.caughtUp)
	}
	if hottest := b.usage.Hottest["Q"].Writes; hottest > 200 {
		t.Errorf("a shard gets %.0f write units a second", hottest)
	}
}

// runs is how often somebody had a turn.
func (b burden) runs() int { return b.usage.Calls["BatchGetItem"] }

// More shards are used when answers come faster: nothing is lost, and the keys cool down.
func TestShardsFollowTheRate(t *testing.T) {
	b := load{rate: 1500, seconds: 40, shards: 16, partitions: 16}.scaled(t).run(t)
	t.Log(b)
	// A run that was told of some shards alone counts the others' answers late: so at most twice the rate is measured.
	if want := powerOfTwo(float64(b.rate)); b.shards != want && b.shards != 2*want {
		t.Errorf("%d shards for %d/s, want %d", b.shards, b.rate, want)
	}
}

// scaled makes a load smaller under -short.
func (l load) scaled(t *testing.T) load {
	if testing.Short() {
		l.rate /= 3
	}
	return l
}

// TestColdSpike is 20,000 answers a second, all at once, at a survey with 16 shards and at one that was told how many are
// asked, on a table that has the capacity; all on the scale of one to ten: the rate and what a partition takes. Who is refused
// does not come back. docs/capacity.md says what comes of it.
func TestColdSpike(t *testing.T) {
	if !soak.Whole() {
		t.Skip("only in a whole soak")
	}
	for _, shards := range []int{16, 128} {
		b := load{rate: 2000, seconds: 75, shards: shards, partitions: 256, throttle: true, scale: 10, instances: 400}.run(t)
		t.Log(b)
		t.Log(b.perSecond)
		if last := b.perSecond[len(b.perSecond)-1]; last < 1900 {
			t.Errorf("%d shards at first: in the end, %d a second are stored", shards, last)
		}
	}
}

// TestStoredAnswersCostNothing stores more and more answers: each takes as many bytes as the others, and publishing one more
// costs as many calls and units, however many there are.
func TestStoredAnswersCostNothing(t *testing.T) {
	s := choices(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s, cloudtest.Options{})
		ctx := t.Context()
		if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(ctx, s); err != nil {
			t.Fatal(err)
		}
		n := 0
		store := func(upTo int) {
			p := w.process(cloudtest.Hooks{}, Options{})
			for ; n < upTo; n++ {
				if _, err := p.Put(ctx, choiceResponse(s, n)); err != nil {
					t.Fatal(err)
				}
				if n%5000 == 0 {
					time.Sleep(time.Minute) // so that the number of shards stays
				}
			}
			if err := p.publish(ctx, "2000-01"); err != nil {
				t.Fatal(err)
			}
		}
		var first cloudtest.Usage
		var bytesBefore, nBefore int
		for _, upTo := range []int{1000, 3000, soak.Cases(50_000, 1_000_000)} {
			store(upTo)
			_, size := w.server.Size()
			each := float64(size-bytesBefore) / float64(n-nBefore)
			bytesBefore, nBefore = size, n
			before := w.server.Usage()
			store(n + 1)
			used := w.server.Usage().Minus(before)
			t.Logf("after %d answers of %.1f bytes: %.0f write and %.0f read units in %v", upTo, each, used.Total().Writes, used.Total().Reads, used.Calls)
			if each > 400 {
				t.Errorf("%.1f bytes an answer", each)
			}
			if first.Calls == nil {
				first = used
				continue
			}
			if !maps.Equal(used.Calls, first.Calls) {
				t.Errorf("one more after %d answers takes the calls %v, after 1,000 %v", upTo, used.Calls, first.Calls)
			}
			if more := used.Total(); more.Writes > first.Total().Writes+8 || more.Reads > first.Total().Reads+8 { // counters of more digits
				t.Errorf("one more after %d answers costs\n%v\nafter 1,000\n%v", upTo, used, first)
			}
		}
	})
}

// When more answers come than the shards can take, deleting what is collected is refused too. There are more shards before
// that is over, and none is lost.
func TestShardsThatAreTooHot(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	b := load{rate: 5000, seconds: 3, shards: 16, partitions: 32, throttle: true}.run(t)
	t.Log(b)
	if b.refused == 0 || b.usage.Throttled["Q"] == 0 {
		t.Error("nothing was refused")
	}
	if b.shards < 4*minShards {
		t.Errorf("there are %d shards", b.shards)
	}
}
