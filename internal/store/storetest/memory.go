package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/blind"
	"glasspoll/internal/cases"
	"glasspoll/internal/invitation"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewMemory returns an empty back end in memory. It keeps what the contract promises, and little else: it is for tests of
// what works in terms of the ports.
func NewMemory() *Memory {
	return &Memory{memory: &memory{
		definitions: map[string][]byte{}, current: map[string]string{}, ids: map[string]*taken{}, waiting: map[string][]store.Entry{},
		logs: map[string][]store.Entry{}, tallies: map[string]tallied{}, releases: map[string][]*release.Release{},
		cases: map[string]*cases.Case{}, news: map[string]news.Item{}, pages: map[string]page{}, progress: map[string]string{},
		turns: map[string]*turn{}, invitations: map[invitation.Hash]invitation.Invitation{},
		counted: map[string]map[string]int64{}, signing: map[string]map[string]blind.Private{}, used: map[string]time.Time{}, origins: map[string]origin{},
		reviews: map[string][][]byte{}, corrections: map[string]map[int][]byte{}, wishes: map[string]bool{},
		places: map[string]int{}, expired: map[string]int64{},
	}}
}

// memory is what is stored. Keys are a survey and what follows it, joined by " ".
type memory struct {
	mu          sync.Mutex
	definitions map[string][]byte
	current     map[string]string
	ids         map[string]*taken
	waiting     map[string][]store.Entry // by survey and period
	logs        map[string][]store.Entry
	places      map[string]int   // how many have been given in a log
	expired     map[string]int64 // entries that were deleted from a log
	tallies     map[string]tallied
	releases    map[string][]*release.Release
	cases       map[string]*cases.Case
	news        map[string]news.Item // by survey and id
	pages       map[string]page
	progress    map[string]string
	turns       map[string]*turn // by survey
	secret      []byte
	invitations map[invitation.Hash]invitation.Invitation
	signing     map[string]map[string]blind.Private // by survey and id
	counted     map[string]map[string]int64         // by survey
	reviews     map[string][][]byte                 // decisions, by survey and period
	corrections map[string]map[int][]byte           // what corrections say, by survey and period, and number
	wishes      map[string]bool                     // responses to be erased
	origins     map[string]origin
	days        store.Transient
	used        map[string]time.Time // by label
}

// turn is the state of a survey's turns.
type turn struct {
	number      int // of the last one
	until, next time.Time
	work, left  store.Work // what somebody is at, and what comes next
}

// taken is an id.
type taken struct {
	period    string
	digest    string // "": a tombstone
	private   []answer.Answer
	corrected review.PrivateCorrections
	withdrawn bool
}

type tallied struct {
	data     []byte
	revision int
}

type page struct{ revision, writes int }

// Memory is a back end in memory, with a clock of its own.
type Memory struct {
	*memory
	offset time.Duration
}

func (h *Memory) backend() Backend {
	return Backend{Definitions: h, Catalog: h, Responses: h, Collector: h, Log: h, Tallies: h, Releases: h, Pages: h, Erasure: h, Cases: h,
		Importer: h, Progress: h, Turns: h, IDs: h, Secrets: h, Invitations: h, Reviews: h, Origins: h, DaySecrets: h, Rates: h, Withdrawer: h, Withdrawals: h, At: func(offset time.Duration) Backend { return (&Memory{h.memory, offset}).backend() }}
}

func digest(r answer.Response) string {
	if r.Keyed != nil { // of what the handler has sealed, which differs each time
		return fmt.Sprintf("%x", r.Keyed)
	}
	return fmt.Sprintf("%q %q", r.Answers, r.Private)
}

func (h *Memory) Put(ctx context.Context, r answer.Response, also ...string) (bool, error) {
	return h.PutOn(ctx, time.Now().Add(h.offset), r, also...)
}

func (h *Memory) PutOn(ctx context.Context, day time.Time, r answer.Response, also ...string) (bool, error) {
	return h.putIf(ctx, store.Entry{Arrived: day, Response: r}, also, func() error { return nil })
}

// putIf stores a response if its ids are free and there is no error.
func (h *Memory) putIf(ctx context.Context, e store.Entry, also []string, mark func() error) (bool, error) {
	r := e.Response
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := store.CheckResponse(r); err != nil {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range append([]string{r.ID}, also...) {
		if known := h.ids[r.Survey+" "+id]; known != nil {
			switch {
			case known.withdrawn:
				return false, store.ErrWithdrawn
			case known.digest != digest(r):
				return false, store.ErrConflict
			}
			return false, nil
		}
	}
	if err := mark(); err != nil {
		return false, err
	}
	h.add(e)
	return true, nil
}

// add takes an id and lets the response wait. The caller holds mu.
func (h *Memory) add(e store.Entry) {
	r := e.Response
	known := &taken{period: r.Period, digest: digest(r), private: r.Private, withdrawn: r.Withdrawn}
	if r.Withdrawn {
		known.digest = ""
	}
	h.ids[r.Survey+" "+r.ID] = known
	e.Response.Private = nil
	h.waiting[r.Survey+" "+r.Period] = append(h.waiting[r.Survey+" "+r.Period], e)
}

func (h *Memory) Collect(_ context.Context, survey string, _ ...string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.waiting {
		if of, _, _ := strings.Cut(key, " "); of != survey {
			continue
		}
		slices.SortFunc(h.waiting[key], func(a, b store.Entry) int {
			return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.Response.ID, b.Response.ID))
		})
		for _, e := range h.waiting[key] {
			h.places[key]++
			e.Cursor = fmt.Sprintf("%09d", h.places[key])
			h.logs[key] = append(h.logs[key], e)
		}
		delete(h.waiting, key)
	}
	return nil
}

func (h *Memory) Periods(ctx context.Context, survey string) ([]string, error) {
	ends, err := h.Ends(ctx, survey)
	return slices.Sorted(maps.Keys(ends)), err
}

func (h *Memory) Ends(_ context.Context, survey string) (map[string]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ends := map[string]string{}
	for key, last := range h.places {
		if of, period, _ := strings.Cut(key, " "); of == survey {
			ends[period] = fmt.Sprintf("%09d", last)
		}
	}
	return ends, nil
}

func (h *Memory) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(store.Entry{}, err)
			return
		}
		h.mu.Lock()
		log := slices.Clone(h.logs[survey+" "+period])
		h.mu.Unlock()
		for _, e := range log {
			if e.Cursor > cursor && !yield(e, nil) {
				return
			}
		}
	}
}

func (h *Memory) Stored(ctx context.Context, survey, id string) (*store.Stored, error) {
	h.mu.Lock()
	known := h.ids[survey+" "+id]
	h.mu.Unlock()
	if known == nil {
		return nil, nil
	}
	if err := h.Collect(ctx, survey, known.period); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := survey + " " + known.period
	at := slices.IndexFunc(h.logs[key], func(e store.Entry) bool { return e.Response.ID == id })
	if at < 0 {
		return nil, nil // its tombstone has expired
	}
	return &store.Stored{Entry: h.logs[key][at], Replace: func(_ context.Context, tombstone answer.Response, t *tally.Tally, revision int) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if known.withdrawn || h.ids[survey+" "+id] != known || h.tallies[key].revision != revision {
			return store.ErrStale
		}
		*known = taken{period: known.period, withdrawn: true}
		h.eraseCorrections(key, id)
		h.logs[key] = slices.Clone(h.logs[key])
		now := slices.IndexFunc(h.logs[key], func(e store.Entry) bool { return e.Response.ID == id })
		h.logs[key][now].Response = tombstone // it is there: its id is
		h.tallies[key] = tallied{t.Encode(), revision + 1}
		return nil
	}}, nil
}

func (h *Memory) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return store.Find(ctx, h, id)
}

func (h *Memory) Erase(ctx context.Context, survey, id string, keep []string) (bool, error) {
	return store.Erase(ctx, h, survey, id, keep, time.Now())
}

func (h *Memory) Private(_ context.Context, survey, period, id string) ([]answer.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.ids[survey+" "+id]; known != nil && known.period == period {
		return known.private, nil
	}
	return nil, nil
}

func (h *Memory) Import(ctx context.Context, survey, period string, entries []store.Entry) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if e.Response.Survey != survey || e.Response.Period != period {
			return n, errors.New("of another period")
		}
		if h.ids[survey+" "+e.Response.ID] == nil {
			h.add(e)
			n++
		}
	}
	return n, nil
}

func (h *Memory) Progress(_ context.Context, name string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.progress[name], nil
}

func (h *Memory) MakeSecret(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.secret == nil {
		h.secret = store.NewSecret()
	}
	return nil
}

func (h *Memory) Secret(context.Context) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.secret == nil {
		return nil, store.ErrNoSecret
	}
	return slices.Clone(h.secret), nil
}

func (h *Memory) Taken(_ context.Context, survey, id string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ids[survey+" "+id] != nil, nil
}

func (h *Memory) SaveProgress(_ context.Context, name, value string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.progress[name] = value
	return nil
}

func (h *Memory) BeginTurn(_ context.Context, survey string, w store.Work) (*store.Turn, time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.turns[survey]
	if now == nil {
		now = &turn{}
		h.turns[survey] = now
	}
	now.left = now.left.And(w)
	at := time.Now().Add(h.offset)
	switch {
	case at.Before(now.until):
		return nil, 0, nil
	case at.Before(now.next):
		return nil, now.next.Sub(at), nil
	}
	return now.begin(survey, at), 0, nil
}

// begin gives a turn with all the work that there is.
func (t *turn) begin(survey string, at time.Time) *store.Turn {
	t.number++
	t.until, t.work, t.left = at.Add(max(0, t.next.Sub(at))+time.Hour), t.work.And(t.left), store.Work{}
	return &store.Turn{Survey: survey, Work: t.work, Token: fmt.Sprint(t.number)}
}

func (h *Memory) EndTurn(_ context.Context, t *store.Turn) (again bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.turns[t.Survey]
	if fmt.Sprint(now.number) != t.Token {
		return false, nil
	}
	now.next, now.work, now.left = t.Next, now.left, store.Work{}
	if again = len(now.work.Names) > 0; again {
		t.Work = now.work
	} else {
		now.until = time.Time{}
	}
	return again, nil
}

func (h *Memory) LeaveTurn(_ context.Context, t *store.Turn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.turns[t.Survey]; fmt.Sprint(now.number) == t.Token {
		now.until, now.next = time.Time{}, t.Next
	}
	return nil
}

func (h *Memory) RenewTurn(_ context.Context, t *store.Turn) (still bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, at := h.turns[t.Survey], time.Now().Add(h.offset)
	if still = fmt.Sprint(now.number) == t.Token; still {
		now.until = at.Add(time.Hour)
	}
	return still, nil
}

func (h *Memory) ResumeTurn(_ context.Context, survey string) (*store.Turn, time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, at := h.turns[survey], time.Now().Add(h.offset)
	if !now.unfinished(at) {
		return nil, 0, nil
	}
	return now.begin(survey, at), max(0, now.next.Sub(at)), nil
}

// unfinished reports whether there is work that nobody is at.
func (t *turn) unfinished(at time.Time) bool {
	return t != nil && !at.Before(t.until) && len(t.work.Names)+len(t.left.Names) > 0
}

func (h *Memory) Unfinished(context.Context) (surveys []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for survey, now := range h.turns {
		if now.unfinished(time.Now().Add(h.offset)) {
			surveys = append(surveys, survey)
		}
	}
	slices.Sort(surveys)
	return surveys, nil
}

func (h *Memory) Definition(_ context.Context, id, version string) (*survey.Survey, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if version == "" {
		version = h.current[id]
	}
	data := h.definitions[id+" "+version]
	if data == nil {
		return nil, store.ErrUnknown
	}
	return survey.Decode(data)
}

func (h *Memory) StoreDefinition(_ context.Context, s *survey.Survey) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := s.ID + " " + s.Version
	if data := h.definitions[key]; data != nil && !bytes.Equal(data, s.Encode()) {
		return errors.New("another content")
	}
	h.definitions[key] = s.Encode()
	return nil
}

func (h *Memory) PutDefinition(ctx context.Context, s *survey.Survey) error {
	if err := h.StoreDefinition(ctx, s); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current[s.ID] = s.Version
	return nil
}

func (h *Memory) Surveys(context.Context) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.current)), nil
}

func (h *Memory) Versions(_ context.Context, id string) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for key := range h.definitions {
		if of, version, _ := strings.Cut(key, " "); of == id {
			all = append(all, version)
		}
	}
	slices.Sort(all)
	return all, nil
}

func (h *Memory) Tally(_ context.Context, survey, period string) (*tally.Tally, int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	stored := h.tallies[survey+" "+period]
	if stored.revision == 0 {
		return nil, 0, nil
	}
	t, err := tally.Decode(stored.data)
	return t, stored.revision, err
}

func (h *Memory) SaveTally(_ context.Context, survey, period string, t *tally.Tally, revision int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tallies[survey+" "+period].revision != revision {
		return store.ErrStale
	}
	h.tallies[survey+" "+period] = tallied{t.Encode(), revision + 1}
	return nil
}

func (h *Memory) Latest(_ context.Context, survey string) ([]*release.Release, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var latest []*release.Release
	for _, key := range slices.Sorted(maps.Keys(h.releases)) {
		if last := h.releases[key][len(h.releases[key])-1]; last.Survey == survey {
			latest = append(latest, last)
		}
	}
	return latest, nil
}

func (h *Memory) Append(_ context.Context, r *release.Release, t *tally.Tally, revision int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := r.Survey + " " + r.Period
	stale, err := store.CheckNext(r, len(h.releases[key]))
	if err != nil {
		return err
	}
	if stale || h.tallies[key].revision != revision {
		return store.ErrStale
	}
	h.releases[key] = append(h.releases[key], r)
	h.tallies[key] = tallied{t.Encode(), revision + 1}
	return nil
}

func (h *Memory) History(_ context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		h.mu.Lock()
		all := slices.Clone(h.releases[survey+" "+period])
		h.mu.Unlock()
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (h *Memory) Page(_ context.Context, path string) (string, int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pages[path].tag(), h.pages[path].revision, nil
}

func (p page) tag() string {
	if p.writes == 0 {
		return ""
	}
	return fmt.Sprint(p.writes)
}

func (h *Memory) Replace(_ context.Context, path, tag string, revision int, _ []byte) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pages[path].tag() != tag {
		return "", store.ErrStale
	}
	now := page{revision, h.pages[path].writes + 1}
	h.pages[path] = now
	return now.tag(), nil
}

// clone copies a case as a store does that writes it.
func clone(c *cases.Case) *cases.Case {
	data, _ := json.Marshal(c)
	one := &cases.Case{}
	if err := json.Unmarshal(data, one); err != nil {
		panic(err)
	}
	one.Revision = c.Revision
	return one
}

func (h *Memory) OpenCase(_ context.Context, c *cases.Case, also ...news.Item) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := c.Survey + " " + c.ID
	if h.cases[key] != nil {
		return false, nil
	}
	c.Revision = 1
	h.cases[key] = clone(c)
	h.putNews(also)
	return true, nil
}

func (h *Memory) CasesOf(_ context.Context, survey string) (all []*cases.Case, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(h.cases)) {
		if c := h.cases[key]; c.Survey == survey {
			all = append(all, clone(c))
		}
	}
	return all, nil
}

func (h *Memory) SaveCase(_ context.Context, c *cases.Case, also ...news.Item) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := c.Survey + " " + c.ID
	if h.cases[key] == nil || h.cases[key].Revision != c.Revision {
		return store.ErrStale
	}
	c.Revision++
	h.cases[key] = clone(c)
	h.putNews(also)
	return nil
}
