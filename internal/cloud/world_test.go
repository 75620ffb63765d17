package cloud

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/records"
	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// A world is a table, pages, and what happened to the answers: the promises that were given, which whoever looks at the table
// must find kept.
type world struct {
	server *cloudtest.Server
	pages  *pagesInMemory
	survey *survey.Survey
	now    func() time.Time
	turns  bool          // publishers take turns
	apart  time.Duration // of these

	mu   sync.Mutex
	fate map[string]*fate // by id

	inviting map[invitation.Hash]*invitedFate
}

// A fate is what a respondent may rely on.
type fate struct {
	response  answer.Response
	confirmed bool // stored, by a reply
	erasing   bool // somebody has tried to erase it
	erased    bool // by a reply
}

const worldSurvey = `
title: {en: Tea, zh: 茶}
languages: [zh, en]
timezone: Asia/Shanghai
period: month
sections:
  - id: all
    title: {en: All, zh: 全部}
    questions:
      - {id: tier, type: yes_no, label: {en: Member, zh: 会员}, segment: true}
      - {id: rated, type: rating, steps: 5, label: {en: Rated, zh: 评分}}
      - {id: why, type: short_text, label: {en: Why, zh: 为什么}}
      - {id: mail, type: short_text, label: {en: Mail, zh: 邮箱}, private: true}
results: {min_group: 2}
`

// worldPeriods are those of the answers. The table's stream names them.
var worldPeriods = []string{"2026-09", "2026-10"}

// worldVersion is the version of the survey that the answers are to.
var worldVersion = sync.OnceValue(func() string {
	s, problems := questionnaire.Parse("tea.yaml", []byte(worldSurvey))
	if len(problems) > 0 {
		panic(problems)
	}
	return s.Version
})

func parseSurvey(t testing.TB, id, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(id+".yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func newWorld(s *survey.Survey, o cloudtest.Options) *world {
	w := &world{pages: &pagesInMemory{pages: map[string]pageInMemory{}}, survey: s, now: o.Now, fate: map[string]*fate{}, inviting: map[invitation.Hash]*invitedFate{}}
	if w.now == nil {
		w.now = time.Now
	}
	o.Second = invitedTable
	w.server = cloudtest.New(o)
	return w
}

// A process is one process that uses the table, with caches of its own.
type process struct {
	*Table
	calls     calls // each made once
	world     *world
	publisher *publish.Publisher
}

// process starts a process. Its calls to pages are hooked too.
func (w *world) process(h cloudtest.Hooks, o Options) *process {
	if o.Now == nil {
		o.Now = w.now
	}
	o.Invitations = invitedTable
	c := w.server.Client(h)
	made := calls{
		GetItem: c.GetItem, PutItem: c.PutItem, UpdateItem: c.UpdateItem, Query: c.Query, TransactWriteItems: c.TransactWriteItems,
		BatchGetItem: c.BatchGetItem, BatchWriteItem: c.BatchWriteItem,
	}
	table := newTable(made, "polls", o)
	pages := &hookedPages{w.pages, h.Around}
	p := &process{Table: table, calls: made, world: w}
	options := publish.Options{
		Collector: table, Log: table, Definitions: table, Tallies: table, Releases: table, Pages: pages, Renderer: figuresOnly{}, Now: o.Now, Cases: table, Progress: table, Reviews: table,
	}
	if w.turns {
		options.Turns, options.Apart = table, w.apart
	}
	p.publisher = publish.New(options)
	return p
}

// put is a respondent who sends answers.
func (p *process) put(ctx context.Context, r answer.Response, also ...string) error {
	p.world.send(r)
	_, err := p.Put(ctx, r, also...)
	if err == nil {
		p.world.confirm(r.ID)
	}
	return err
}

// send notes that somebody sends answers.
func (w *world) send(r answer.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fate[r.ID] == nil {
		w.fate[r.ID] = &fate{response: r}
	}
}

// confirm notes that a reply says that they are stored.
func (w *world) confirm(id string) {
	w.note(id, func(f *fate) { f.confirmed = true })
}

// note changes what is known of an id, and returns what was known.
func (w *world) note(id string, change func(*fate)) fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.fate[id]
	if f == nil {
		return fate{}
	}
	was := *f
	change(f)
	return was
}

// putConflict is somebody who sends answers under an id that is taken by others: nobody may find them.
func (p *process) putConflict(ctx context.Context, r answer.Response) error {
	if f := p.world.note(r.ID, func(*fate) {}); !f.confirmed {
		return nil // the id is free, if whoever sent the first answers was killed
	}
	_, err := p.Put(ctx, r)
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return cmp.Or(err, fmt.Errorf("other answers under the id %s were taken", r.ID))
}

// erase takes out the answers of a respondent.
func (p *process) erase(ctx context.Context, id string) error {
	p.world.note(id, func(f *fate) { f.erasing = true })
	erased, err := p.Erase(ctx, p.world.survey.ID, id, []string{"tier"})
	if now := p.world.note(id, func(*fate) {}); err != nil || !erased && !now.confirmed {
		return err
	}
	p.world.note(id, func(f *fate) { f.erased = true })
	return p.world.findTrace(id)
}

// correct corrects the answers of a respondent. It is no error if they have been corrected so, or erased, or were never stored.
func (p *process) correct(ctx context.Context, n int) error {
	id := worldResponse(n, "").ID
	a := records.Amendment{Reason: secret(id), By: "desk", At: p.world.now(), Set: map[string][]string{
		"rated": {fmt.Sprint(1 + (n+2)%5)}, "why": {secret(id) + ", corrected"}, "mail": {secret(id) + ", corrected"},
	}}
	_, err := records.Correct(ctx, p.Table, p.world.survey, id, a, true)
	if err != nil && (strings.Contains(err.Error(), "says this already") || strings.Contains(err.Error(), "have been erased")) {
		return nil
	}
	if err == nil || !strings.Contains(err.Error(), "has no response") {
		return err
	}
	if f := p.world.note(id, func(*fate) {}); !f.confirmed {
		return nil // whoever sent it was killed
	}
	if surveys, unknown := p.Surveys(ctx); unknown == nil && !slices.Contains(surveys, p.world.survey.ID) {
		return nil // whoever was to put the survey in force was killed, and nobody has done it since
	}
	return err
}

func (p *process) publish(ctx context.Context, periods ...string) error {
	for {
		out, err := p.publisher.Publish(ctx, p.world.survey, periods...)
		if err != nil || !out.More {
			return err
		}
	}
}

// secret is a text that only the answers of a respondent have.
func secret(id string) string { return "secret of " + id }

// worldResponse returns the answers of respondent n.
func worldResponse(n int, period string) answer.Response {
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(n)*2654435761, n)
	r := answer.Response{
		ID: id, Survey: "tea", Version: worldVersion(), Period: period, Language: "en", Channel: "web",
		Answers: []answer.Answer{{"tier", []string{"yes", "no"}[n%2]}, {"rated", fmt.Sprint(1 + n%5)}, {"why", secret(id)}},
	}
	if n%3 == 0 {
		r.Private = []answer.Answer{{"mail", secret(id)}}
	}
	return r
}

// verify checks with a new process, after everything is collected and published, that every promise is kept.
func (w *world) verify(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	p := w.process(cloudtest.Hooks{}, Options{})
	if err := p.publish(ctx, worldPeriods...); err != nil {
		t.Error(err)
		return
	}
	found := w.verifyLog(t, p)
	w.verifyTallies(t, p, found)
	w.verifyReleases(t, p)
	w.verifyInvitations(t, p)
	if left := w.server.Items("Q#"); len(left) > 0 {
		t.Errorf("%d responses are still waiting, as %v", len(left), left[0])
	}
	items, size := w.server.Size()
	if err := w.process(cloudtest.Hooks{}, Options{}).publish(ctx, worldPeriods...); err != nil {
		t.Error(err)
	}
	if again, sizeAgain := w.server.Size(); again != items || sizeAgain != size {
		t.Errorf("publishing again makes %d items and %d bytes of %d and %d", again, sizeAgain, items, size)
	}
}

// verifyLog checks that each response is in one log once, and returns the logs by period.
func (w *world) verifyLog(t testing.TB, p *process) map[string][]store.Entry {
	t.Helper()
	ctx := context.Background()
	periods, err := p.Periods(ctx, w.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	logs, times := map[string][]store.Entry{}, map[string]int{}
	for _, period := range periods {
		before := ""
		for e, err := range p.After(ctx, w.survey.ID, period, "") {
			if err != nil {
				t.Fatal(err)
			}
			if e.Cursor <= before {
				t.Errorf("cursor %s after %s", e.Cursor, before)
			}
			before = e.Cursor
			logs[period] = append(logs[period], e)
			id := e.Response.ID
			times[id]++
			f := w.fate[id]
			if f == nil {
				t.Errorf("nobody has sent %s", id)
				continue
			}
			switch {
			case e.Response.Withdrawn && !f.erasing && !f.response.Withdrawn:
				t.Errorf("%s was not to be erased", id)
			case !e.Response.Withdrawn && f.erased:
				t.Errorf("%s has been erased, and is in the log", id)
			case !e.Response.Withdrawn:
				want := f.response
				want.Private = nil
				if !reflect.DeepEqual(e.Response, want) {
					t.Errorf("%s is\n%+v, want\n%+v", id, e.Response, want)
				}
				if private, err := p.Private(ctx, w.survey.ID, period, id); err != nil || !reflect.DeepEqual(private, f.response.Private) {
					t.Errorf("private answers of %s: %v, %v", id, private, err)
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.fate)) {
		if n := times[id]; n > 1 || n == 0 && w.fate[id].confirmed {
			t.Errorf("%s is in the logs %d times, of which one is confirmed: %t", id, n, w.fate[id].confirmed)
		}
		if w.fate[id].erased {
			if err := w.findTrace(id); err != nil {
				t.Error(err)
			}
		}
	}
	return logs
}

// findTrace returns an error if any item holds anything of the answers of a respondent.
func (w *world) findTrace(id string) error {
	for _, i := range w.server.Items("") {
		for name := range i {
			data := bytesOf(i, name)
			if unpacked, err := decompressed(i, name); err == nil {
				data = unpacked
			}
			if strings.Contains(textOf(i, name), secret(id)) || bytes.Contains(data, []byte(secret(id))) {
				return fmt.Errorf("%s has been erased, and its answers are in the attribute %s of %s/%s", id, name, textOf(i, partKey), textOf(i, sortKey))
			}
		}
	}
	return nil
}

// verifyTallies checks that each tally is what a fold of its log makes, by one who knows from the last release who is in
// blocks, and that nobody is counted twice.
func (w *world) verifyTallies(t testing.TB, p *process, logs map[string][]store.Entry) {
	t.Helper()
	ctx := context.Background()
	latest, err := p.Latest(ctx, w.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]*release.Release{}
	for _, r := range latest {
		last[r.Period] = r
	}
	for _, period := range slices.Sorted(maps.Keys(logs)) {
		got, _, err := p.Tally(ctx, w.survey.ID, period)
		if err != nil || got == nil {
			t.Errorf("tally of %s: %v, %v", period, got, err)
			continue
		}
		settled, err := store.SettledOf(ctx, p, w.survey.ID, period)
		if err == nil {
			err = settled.ReadDecisions(ctx, p, w.survey.ID, period)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := settled.Resume(last[period], nil)
		answered := store.NewAnswered(p, w.survey.ID, w.survey)
		for _, e := range logs[period] {
			s, err := answered.Survey(ctx, e.Response.Version)
			if err != nil {
				t.Fatal(err)
			}
			settled.Fold(want, s, e)
		}
		received, waiting := int64(len(logs[period])), got.Waiting()
		got.Alerted, want.Alerted = "", ""
		if settled.Through != "" {
			got.Parts, want.Parts = nil, nil // who waited when everything was moved is known to the stored tally alone
		}
		if !bytes.Equal(got.Encode(), want.Encode()) {
			t.Errorf("the tally of %s is\n%+v\nwant\n%+v", period, got, want)
		}
		if known := waiting + last[period].Respondents(); known > received || known < received-got.Withdrawn {
			t.Errorf("of %d responses of %s %d have been withdrawn, and %d wait or are in blocks", received, period, got.Withdrawn, known)
		}
	}
}

// verifyReleases checks that the history has no gaps, that the latest release is its last, and that the newest page was made
// from the latest releases.
func (w *world) verifyReleases(t testing.TB, p *process) {
	t.Helper()
	ctx := context.Background()
	latest, err := p.Latest(ctx, w.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	revision := 0
	for _, one := range latest {
		var last *release.Release
		n := 0
		for r, err := range p.History(ctx, w.survey.ID, one.Period) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; r.Number != n {
				t.Errorf("release %d of %s is the one after %d", r.Number, one.Period, n-1)
			}
			w.verifyBlocks(t, last, r)
			last = r
		}
		if last == nil || !bytes.Equal(last.Encode(), one.Encode()) {
			t.Errorf("the latest release of %s is\n%+v, the last of its history\n%+v", one.Period, one, last)
		}
		revision += one.Number
	}
	if revision == 0 {
		return
	}
	if page := w.pages.pages["tea/results/index.html"]; page.revision != revision {
		t.Errorf("the page has revision %d, the releases %d; pages are %v", page.revision, revision, slices.Sorted(maps.Keys(w.pages.pages)))
	}
}

// verifyBlocks checks that what a release adds to the one before holds no fewer than k people.
func (w *world) verifyBlocks(t testing.TB, before, r *release.Release) {
	t.Helper()
	for shape, part := range r.Parts {
		for key, c := range part.Cohorts {
			added := c.Respondents
			if before != nil && before.Parts[shape] != nil && before.Parts[shape].Cohorts[key] != nil {
				added -= before.Parts[shape].Cohorts[key].Respondents
			}
			if added != 0 && added < int64(w.survey.K()) {
				t.Errorf("release %d of %s adds %d of the cohort %q", r.Number, r.Period, added, key)
			}
		}
	}
}

// pagesInMemory implements [store.Pages].
type pagesInMemory struct {
	mu     sync.Mutex
	pages  map[string]pageInMemory
	n      int
	writes []pageWrite
}

type pageInMemory struct {
	tag      string
	revision int
	body     string
}

func (p *pagesInMemory) Page(_ context.Context, path string) (string, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pages[path].tag, p.pages[path].revision, nil
}

func (p *pagesInMemory) Replace(_ context.Context, path, tag string, revision int, body []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pages[path].tag != tag {
		return "", store.ErrStale
	}
	p.n++
	p.pages[path] = pageInMemory{fmt.Sprint(p.n), revision, string(body)}
	p.writes = append(p.writes, pageWrite{revision, time.Now()})
	return p.pages[path].tag, nil
}

// hookedPages lets the hook of a client decide about the calls to pages too.
type hookedPages struct {
	pages  *pagesInMemory
	around func(ctx context.Context, c cloudtest.Call, do func() error) error
}

func (h *hookedPages) Page(ctx context.Context, path string) (tag string, revision int, err error) {
	do := func() (err error) { tag, revision, err = h.pages.Page(ctx, path); return err }
	if h.around == nil {
		err = do()
	} else {
		err = h.around(ctx, cloudtest.Call{Name: "Page " + path}, do)
	}
	return tag, revision, err
}

func (h *hookedPages) Replace(ctx context.Context, path, tag string, revision int, body []byte) (newTag string, err error) {
	do := func() (err error) { newTag, err = h.pages.Replace(ctx, path, tag, revision, body); return err }
	if h.around == nil {
		err = do()
	} else {
		err = h.around(ctx, cloudtest.Call{Name: "Replace " + path}, do)
	}
	return newTag, err
}

// figuresOnly renders which releases a page shows.
type figuresOnly struct{}

func (figuresOnly) HTML(w io.Writer, p results.Page) error { return writeFigures(w, p) }
func (figuresOnly) JSON(w io.Writer, p results.Page) error { return writeFigures(w, p) }
func (figuresOnly) CSV(w io.Writer, p results.Page) error  { return writeFigures(w, p) }

func writeFigures(w io.Writer, p results.Page) error {
	_, err := fmt.Fprintf(w, "%s r%d", p.Path(), p.Set.Report.Revision)
	return err
}
