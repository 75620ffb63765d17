package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// The two logs of a period are compared without holding them. Responses are divided by their ids into groups; of each group
// both sides are summed up: how many there are, and the sum of hashes of id and answers, which no order changes. Where the
// sums of a group differ, its responses are compared one by one.

const (
	groups = 4096
	// maxHeld bounds the responses that are compared one by one at a time. Each takes about 70 bytes.
	maxHeld = 1_000_000
	// maxListed bounds the ids in a finding.
	maxListed = 5
	// maxLookUps bounds the missing responses that are looked for in other periods, one read each, when nothing is stored.
	maxLookUps = 1000
)

// key stands for an id, and mark for an id with its answers, or with those of its tombstone.
type (
	key  [16]byte
	mark [16]byte
)

func keyOf(id string) key {
	hash := sha256.Sum256([]byte(id))
	return key(hash[:len(key{})])
}

func (k key) group() int { return int(binary.BigEndian.Uint16(k[:])) % groups }

func markOf(r answer.Response) mark {
	digest := r.ContentDigest()
	data := append(append(make([]byte, 0, 64), digest[:]...), r.Keyed...)
	if r.Withdrawn {
		data = append(data, 1)
	} else {
		data = append(data, 0)
	}
	hash := sha256.Sum256(append(data, r.ID...))
	return mark(hash[:len(mark{})])
}

// sum is the sum of some responses.
type sum struct {
	n         int64
	low, high uint64
}

func (s *sum) add(m mark) {
	s.n++
	s.low += binary.BigEndian.Uint64(m[:8])
	s.high += binary.BigEndian.Uint64(m[8:])
}

// side is one of the two logs.
type side struct {
	reader   *reader
	answered *store.Answered // of the source, which has all versions
	end      string          // the cursor of the last entry that is compared
	sums     [groups]sum
	folded   *tally.Tally
	n        int
	early    int // entries up to a cursor
}

// read sums up and folds the log.
func (s *side) read(ctx context.Context, p *period, early string) error {
	s.folded = tally.New()
	for batch, err := range s.reader.batches(ctx, p.name, "", s.end) {
		if err != nil {
			return err
		}
		for _, e := range batch {
			s.sums[keyOf(e.Response.ID).group()].add(markOf(e.Response))
			if err := fold(ctx, s.answered, s.folded, e); err != nil {
				return err
			}
			s.n++
			if e.Cursor <= early {
				s.early++
			}
		}
	}
	return nil
}

// fold folds an entry as if it had come on no day in particular, and as if no rule held it back. When it and others came is not
// the same on both sides: answers that were sent again have arrived in each of them on a day of its own.
func fold(ctx context.Context, answered *store.Answered, t *tally.Tally, e store.Entry) error {
	e.Arrived, e.Response.Quality = time.Time{}, answer.Quality{}
	return answered.Fold(ctx, t, store.Settled{}, e)
}

// comparison is what comparing a period has found.
type comparison struct {
	*period
	compared int    // responses of the source
	counted  int    // those up to a cursor
	own      int    // responses that only the target has
	end      string // of the target's log, up to which it was compared

	missing  findings       // in the target
	other    findings       // other answers under the same id
	unerased findings       // in the target
	tallies  []message.Text // how the tallies of the common responses differ
	mended   int            // responses that were stored or erased

	answered         *store.Answered
	onlyFrom, onlyTo *tally.Tally // of what is not the same on both sides
	lookUps          int
}

// findings counts responses, and lists the first ones.
type findings struct {
	n   int
	ids []string
}

func (f *findings) add(id string) {
	if f.n++; f.n <= maxListed {
		f.ids = append(f.ids, id)
	}
}

// differences returns a sentence for each kind of difference.
func (c *comparison) differences(where string) []message.Text {
	var all []message.Text
	add := func(f findings, what message.Key) {
		if f.n == 0 {
			return
		}
		list := strings.Join(f.ids, ", ")
		if f.n > len(f.ids) {
			list += ", …"
		}
		all = append(all, message.New("%s: responses %s: %d (%s)", where, what, f.n, list))
	}
	add(c.missing, "that are missing")
	add(c.other, "with other answers under the same id")
	add(c.unerased, "that have been erased in the source only")
	for _, text := range c.tallies {
		all = append(all, message.New("%s: counted in the source, and found in the target: %s", where, text))
	}
	return all
}

// maxRounds bounds how often a period is compared again, after something was mended, or because something has changed.
const maxRounds = 4

// reconcile compares the source's responses up to a cursor with those of the target. It erases what was erased since it was
// carried, and stores what is missing, until nothing is left to do. It also counts the source's responses up to the cursor
// early.
func (p *period) reconcile(ctx context.Context, until, early string) (*comparison, error) {
	for round := 1; ; round++ {
		c := &comparison{period: p, answered: p.versions(), onlyFrom: tally.New(), onlyTo: tally.New()}
		if err := c.compare(ctx, until, early); err != nil {
			return nil, err
		}
		if c.mended == 0 && len(c.tallies) == 0 || round == maxRounds {
			return c, nil
		}
		if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
			return nil, err
		}
	}
}

func (c *comparison) compare(ctx context.Context, until, early string) error {
	ends, err := c.to.Ends(ctx, c.survey.ID)
	if err != nil {
		return err
	}
	from := &side{reader: newReader(c.from, c.survey.ID), answered: c.versions(), end: until}
	to := &side{reader: newReader(c.to, c.survey.ID), answered: c.versions(), end: ends[c.name]}
	both, within := errgroup.WithContext(ctx)
	both.Go(func() error { return from.read(within, c.period, early) })
	both.Go(func() error { return to.read(within, c.period, "") })
	if err := both.Wait(); err != nil {
		return err
	}
	c.compared, c.counted, c.end = from.n, from.early, to.end
	for wanted := range differing(from, to) {
		if err := c.resolve(ctx, from, to, wanted); err != nil {
			return err
		}
	}
	for _, finding := range audit.Tally(minus(from.folded, c.onlyFrom), minus(to.folded, c.onlyTo), 0) {
		c.tallies = append(c.tallies, finding.Message)
	}
	return nil
}

// minus returns t without what d counts.
func minus(t, d *tally.Tally) *tally.Tally {
	rest := t.Clone()
	for day, n := range d.Days {
		rest.Days[day] -= n
	}
	rest.Withdrawn -= d.Withdrawn
	for shape, p := range d.Parts {
		if rest.Parts[shape] == nil {
			rest.Parts[shape] = &tally.Part{Version: p.Version, Cohorts: map[string]*tally.Counters{}}
		}
		for key, c := range p.Cohorts {
			if rest.Parts[shape].Cohorts[key] == nil {
				rest.Parts[shape].Cohorts[key] = tally.NewCounters()
			}
			rest.Parts[shape].Cohorts[key].Sub(c)
		}
	}
	return rest
}

// differing yields the groups whose sums differ, as many at a time as can be held.
func differing(from, to *side) func(yield func(wanted *[groups]bool) bool) {
	return func(yield func(*[groups]bool) bool) {
		wanted, held, any := new([groups]bool), int64(0), false
		for i := range groups {
			if from.sums[i] == to.sums[i] {
				continue
			}
			wanted[i], any = true, true
			if held += from.sums[i].n; held >= maxHeld {
				if !yield(wanted) {
					return
				}
				wanted, held, any = new([groups]bool), 0, false
			}
		}
		if any {
			yield(wanted)
		}
	}
}

// held is a response of the source.
type held struct {
	mark mark
	met  met
}

// met says what the target has under the same id.
type met byte

const (
	nothing met = iota
	answers
	tombstone
)

// resolve compares the responses of some groups one by one.
func (c *comparison) resolve(ctx context.Context, from, to *side, wanted *[groups]bool) error {
	all := map[key]held{}
	err := c.each(ctx, from, wanted, func(k key, e store.Entry) error {
		all[k] = held{mark: markOf(e.Response)}
		return nil
	})
	if err != nil {
		return err
	}
	err = c.each(ctx, to, wanted, func(k key, e store.Entry) error {
		h, there := all[k]
		if there && h.mark == markOf(e.Response) {
			delete(all, k)
			return nil
		}
		if err := fold(ctx, c.answered, c.onlyTo, e); err != nil {
			return err
		}
		if !there {
			c.own++
			return nil
		}
		if h.met = answers; e.Response.Withdrawn {
			h.met = tombstone
		}
		all[k] = h
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	var missing []store.Entry
	err = c.each(ctx, from, wanted, func(k key, e store.Entry) error {
		h, differs := all[k]
		if !differs {
			return nil
		}
		if err := fold(ctx, c.answered, c.onlyFrom, e); err != nil {
			return err
		}
		if h.met != nothing {
			return c.differ(ctx, e, h.met)
		}
		if missing = append(missing, e); len(missing) < batchSize {
			return nil
		}
		lacking := missing
		missing = nil
		return c.addMissing(ctx, lacking)
	})
	if err != nil {
		return err
	}
	return c.addMissing(ctx, missing)
}

// each calls do for the entries of the wanted groups.
func (c *comparison) each(ctx context.Context, s *side, wanted *[groups]bool, do func(key, store.Entry) error) error {
	for batch, err := range s.reader.batches(ctx, c.name, "", s.end) {
		if err != nil {
			return err
		}
		for _, e := range batch {
			k := keyOf(e.Response.ID)
			if !wanted[k.group()] {
				continue
			}
			if err := do(k, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// differ handles a response that the target has in another form.
func (c *comparison) differ(ctx context.Context, e store.Entry, mine met) error {
	switch {
	case mine == tombstone: // erased there, or on both sides
	case !e.Response.Withdrawn:
		c.other.add(e.Response.ID)
	case !c.write:
		c.unerased.add(e.Response.ID)
	default:
		var keep []string
		for _, a := range e.Response.Answers {
			keep = append(keep, a.Field())
		}
		erased, err := c.erase(ctx, e.Response.ID, keep)
		if err != nil {
			return err
		}
		if c.mended++; erased {
			c.period.erased++
		} else {
			c.unerased.add(e.Response.ID) // unless it is gone when all is compared again
		}
	}
	return nil
}

// knowing is a target that knows a survey that it has not in force yet.
type knowing struct {
	Target
	survey *survey.Survey
}

func (k knowing) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	s, err := k.Target.Definition(ctx, id, version)
	if version == "" && errors.Is(err, store.ErrUnknown) {
		return k.survey, nil
	}
	return s, err
}

// erase erases a response in the target. The tally there may be one that was carried, which must not be emptied because the
// questionnaire is not in force yet; what else the back end does for an erasure, it does when it is asked again.
func (c *comparison) erase(ctx context.Context, id string, keep []string) (bool, error) {
	erased, err := store.Erase(ctx, knowing{c.to, c.survey}, c.survey.ID, id, keep, c.options.Now())
	if err == nil {
		_, err = c.to.Erase(ctx, c.survey.ID, id, keep)
	}
	return erased, err
}

// addMissing handles responses that the target does not have in this period.
func (c *comparison) addMissing(ctx context.Context, missing []store.Entry) error {
	if len(missing) == 0 {
		return nil
	}
	if c.write {
		n, err := c.to.Import(ctx, c.survey.ID, c.name, missing)
		if err != nil {
			return err
		}
		c.responses += n
		c.mended += n
		if n > 0 {
			return nil // what is still missing is found when all is compared again
		}
	}
	for _, e := range missing {
		if c.lookUps++; !c.write && c.lookUps > maxLookUps {
			c.missing.add(e.Response.ID)
			continue
		}
		if err := c.lookUp(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// lookUp looks for a response under its id in any period of the target, where it counts if a respondent has sent it there as
// well.
func (c *comparison) lookUp(ctx context.Context, e store.Entry) error {
	mine, err := c.to.Stored(ctx, c.survey.ID, e.Response.ID)
	if err != nil {
		return err
	}
	if mine == nil {
		c.missing.add(e.Response.ID)
		return nil
	}
	r := mine.Entry.Response
	if r.Withdrawn {
		return nil
	}
	if r.Private, err = c.to.Private(ctx, r.Survey, r.Period, r.ID); err != nil || markOf(r) == markOf(e.Response) {
		return err
	}
	return c.differ(ctx, e, answers)
}
