// Package publishtest makes up surveys and what happens to them, and checks the promise of package release on the whole way from
// stored answers to public files, over any back end. Only tests import it.
package publishtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/publish"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/review"
	"glasspoll/internal/simulate"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// The promise of package release, on the whole way from stored answers to public files: what is public is a function of facts
// and of the counters of blocks. A world is a questionnaire with its edits, and what happens: who answers when, under which
// version and with which facts, who withdraws, and when results are published. Its transcript is every file that was ever
// written, in order. Then answers are changed of which nothing public may tell, the same happens again, and the transcripts
// are compared.

// world is all that others may know.
type world struct {
	versions []*survey.Survey // in order; each is in force from the step that names it on
	people   []*person
	steps    []worldStep
	named    bool // runs are told the periods in which somebody has answered
}

// person is a respondent. The response is what they answer; whatever of it is no fact may be changed.
type person struct {
	version  int // that they answer
	arrived  time.Time
	response answer.Response
}

// worldStep is what happens next, in this order.
type worldStep struct {
	now      time.Time
	version  int   // in force from now on
	arrive   []int // people
	withdraw []int // people who have arrived
	accept   []int // people, of whom somebody decides so if it is possible then
	reject   []int
	run      bool
	anew     bool // by a publisher that has not run before
}

// BackEnd is what a world happens in, empty at first.
type BackEnd interface {
	store.Definitions
	store.DefinitionWriter
	store.Importer
	store.Erasure
	store.Collector
	store.Log
	store.Tallies
	store.Releases
	store.Progress
	store.Counters
	store.Totals
	store.Reviews
}

// told is what came of a world.
type told struct {
	transcript []Written
	releases   []*release.Release
	blocks     []made
	in         map[int]bool // people who are in blocks
	seen       map[string]int
}

// Written is a file as it was written.
type Written struct {
	Path     string
	Revision int
	Body     []byte
}

// made is a block and its members.
type made struct {
	release     *release.Release
	shape       string
	cohort      string // or release.Pool
	respondents int64
	spans       map[string]span // by cohort
	members     []int
}

// span says who of a cohort is in a block: those in the log behind the first cursor, up to the second, but for those who are held;
// and of those, who were accepted by decisions behind the first number, up to the second.
type span struct {
	places  [2]string
	decided [2]int
}

// Recorder is a place of pages that remembers every file that was written.
type Recorder struct {
	mu       sync.Mutex
	files    map[string]file
	recorded []Written
}

// NewRecorder returns an empty place of pages.
func NewRecorder() *Recorder { return &Recorder{files: map[string]file{}} }

// Take returns the files that were written since the last call, in order.
func (r *Recorder) Take() []Written {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.recorded
	r.recorded = nil
	return taken
}

type file struct {
	tag      string
	revision int
}

func (r *Recorder) Page(_ context.Context, path string) (string, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[path].tag, r.files[path].revision, nil
}

func (r *Recorder) Replace(_ context.Context, path, tag string, revision int, body []byte) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files[path].tag != tag {
		return "", store.ErrStale
	}
	now := file{r.TagOf(body), revision}
	r.files[path] = now
	r.recorded = append(r.recorded, Written{path, revision, bytes.Clone(body)})
	return now.tag, nil
}

// TagOf returns the tag that a page with this content has.
func (*Recorder) TagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Renderer makes the renderer of the program.
var Renderer = sync.OnceValues(func() (*results.Renderer, error) {
	frame, err := render.New(glasspoll.Pages(), render.Assets{})
	if err != nil {
		return nil, err
	}
	return results.New(frame), nil
})

// play lets a world happen in a back end with the given responses, by person.
func (w *world) play(t testing.TB, open func(t testing.TB) BackEnd, responses []answer.Response) *told {
	t.Helper()
	ctx := context.Background()
	back := open(t)
	write, err := Renderer()
	if err != nil {
		t.Fatal(err)
	}
	p := &playing{world: w, back: back, responses: responses, erased: map[int]bool{}, last: map[string]*release.Release{},
		accepted: map[int]int{}, rejected: map[int]bool{}, told: told{in: map[int]bool{}, seen: map[string]int{}}}
	pages := NewRecorder()
	publisher := func() *publish.Publisher {
		return publish.New(publish.Options{Collector: back, Log: back, Definitions: back, Tallies: back, Releases: back, Progress: back, Reviews: back, Counts: back, Pages: pages, TagOf: pages.TagOf,
			Renderer: write, Now: func() time.Time { return p.now }})
	}
	running, inForce := publisher(), -1
	for _, step := range w.steps {
		p.now = step.now
		s := w.versions[step.version]
		if step.version != inForce {
			if err := back.PutDefinition(ctx, s); err != nil {
				t.Fatal(err)
			}
			inForce = step.version
		}
		p.invite(t, s)
		p.arrive(t, step.arrive)
		p.withdraw(t, s, step.withdraw)
		p.decide(t, step.accept, false)
		p.decide(t, step.reject, true)
		if !step.run {
			continue
		}
		if step.anew {
			running = publisher()
		}
		out, err := running.Publish(ctx, s, p.touched...)
		if err != nil {
			t.Fatal(err)
		}
		p.touched = nil
		p.transcript = append(p.transcript, Written{Path: fmt.Sprintf("a run at %s: %d releases, %d files", step.now.Format(time.DateTime), len(out.Released), out.Replaced)})
		p.transcript = append(p.transcript, pages.Take()...)
		p.look(t, out.Released)
	}
	if len(w.people)%4 == 0 { // what a release leaves alone is as it should be
		last := w.versions[w.steps[len(w.steps)-1].version]
		if out, err := publisher().Publish(ctx, last); err != nil || len(out.Released) == 0 && out.Replaced > 0 {
			t.Errorf("%d files were out of date: %q, %v", out.Replaced, pages.paths(), err)
		}
	}
	return &p.told
}

// paths lists the files that were written since they were last taken.
func (r *Recorder) paths() (paths []string) {
	for _, w := range r.Take() {
		paths = append(paths, w.Path)
	}
	return paths
}

// playing is a world that is happening.
type playing struct {
	*world
	told
	back      BackEnd
	responses []answer.Response
	now       time.Time
	erased    map[int]bool
	touched   []string // periods that the next run is told of
	last      map[string]*release.Release
	accepted  map[int]int // number of the decisions
	rejected  map[int]bool
}

func (p *playing) arrive(t testing.TB, people []int) {
	t.Helper()
	for _, i := range people {
		r := p.responses[i]
		if n, err := p.back.Import(context.Background(), r.Survey, r.Period, []store.Entry{{Arrived: p.people[i].arrived, Response: r}}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		p.count(t, p.people[i], r)
		if p.named {
			p.touched = append(p.touched, r.Period)
		}
	}
}

// invite issues invitations of the period, if the questionnaire has any: as many as are wanted, by channel and site.
func (p *playing) invite(t testing.TB, s *survey.Survey) {
	t.Helper()
	if !s.HasInvitations() {
		return
	}
	totals := map[string]int64{}
	for i, channel := range []string{"", "web", "phone"} {
		for j, site := range []string{"", "a", "b"} {
			one := invitation.Invitation{Channel: channel, Values: map[string]string{"site": site}}
			totals[invitation.CounterOf(s, one, invitation.Issued, "", s.PeriodAt(p.now)).Name()] += int64(3 + 9*i + 4*j)
		}
	}
	if err := p.back.Raise(context.Background(), s.ID, totals); err != nil {
		t.Fatal(err)
	}
	p.seen["invited"]++
}

// count counts the steps of somebody who answers by an invitation: facts, whatever the answers are.
func (p *playing) count(t testing.TB, who *person, r answer.Response) {
	t.Helper()
	s := p.versions[who.version]
	if !s.HasInvitations() {
		return
	}
	one := invitation.Invitation{Channel: r.Channel, Values: map[string]string{}}
	for _, a := range r.Answers {
		if q, ok := s.Question(survey.QuestionOf(a.Field())); ok && q.Type == survey.Hidden && len(a) > 1 {
			one.Values[a.Field()] = a[1]
		}
	}
	day := s.DateAt(who.arrived)
	for _, step := range []invitation.Step{invitation.Opened, invitation.Started, invitation.Completed} {
		if err := p.back.Count(context.Background(), s.ID, invitation.CounterOf(s, one, step, day, r.Period).Name()); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *playing) withdraw(t testing.TB, s *survey.Survey, people []int) {
	t.Helper()
	for _, i := range people {
		var keep []string
		for _, of := range []*survey.Survey{s, p.versions[p.people[i].version]} {
			for _, f := range of.Segments() {
				keep = append(keep, f.Name)
			}
		}
		if gone, err := p.back.Erase(context.Background(), s.ID, p.responses[i].ID, keep); !gone || err != nil {
			t.Fatal(gone, err)
		}
		p.erased[i] = true
		p.touched = append(p.touched, p.responses[i].Period)
		p.seen["withdrawn"]++
		if !p.in[i] {
			p.seen["withdrawn while waiting"]++
		}
	}
}

// decide accepts or rejects answers, as far as that is possible: what was held is accepted, and what is in no block rejected.
func (p *playing) decide(t testing.TB, people []int, reject bool) {
	t.Helper()
	ctx := context.Background()
	for _, i := range people {
		r, s := p.responses[i], p.versions[p.people[i].version]
		counted, revision, err := p.back.Tally(ctx, r.Survey, r.Period)
		if err != nil {
			t.Fatal(err)
		}
		if counted == nil || p.erased[i] {
			continue
		}
		known, err := store.SettledOf(ctx, p.back, r.Survey, r.Period)
		if err == nil {
			err = known.ReadDecisions(ctx, p.back, r.Survey, r.Period)
		}
		if err != nil {
			t.Fatal(err)
		}
		d := review.Decisions{Number: counted.Decided + 1, Reject: reject, At: p.now, IDs: []string{r.ID}}
		for e, err := range p.back.After(ctx, r.Survey, r.Period, "") {
			if err != nil {
				t.Fatal(err)
			}
			if e.Response.ID != r.ID || !counted.Decide(s, known.Came(s, e), e.Response, store.DecisionOf(d, s)) {
				continue
			}
			counted.Decided = d.Number
			if err := p.back.Decide(ctx, r.Survey, r.Period, d, counted, revision); err != nil {
				t.Fatal(err)
			}
			p.touched = append(p.touched, r.Period)
			if reject {
				p.rejected[i] = true
				p.seen["rejected"]++
			} else {
				p.accepted[i] = d.Number
				p.seen["accepted"]++
			}
		}
	}
}

// isIn reports whether somebody is in a block of their cohort, given the place of the response in the log.
func (p *playing) isIn(i int, place string, of span) bool {
	s, r := p.versions[p.people[i].version], p.responses[i]
	switch number := p.accepted[i]; {
	case p.rejected[i]:
		return false
	case number > 0:
		return of.decided[0] < number && number <= of.decided[1]
	}
	return tally.New().HeldBy(s, p.people[i].arrived, r) == "" && of.places[0] < place && place <= of.places[1]
}

// look finds out who is in the blocks of releases.
func (p *playing) look(t testing.TB, released []*release.Release) {
	t.Helper()
	for _, r := range released {
		before := p.last[r.Period]
		p.last[r.Period] = r
		p.releases = append(p.releases, r)
		places := map[string]string{}
		for e, err := range p.back.After(context.Background(), r.Survey, r.Period, "") {
			if err != nil {
				t.Fatal(err)
			}
			places[e.Response.ID] = e.Cursor
		}
		for _, b := range blocksOf(before, r) {
			p.addMembers(b, places)
			if int64(len(b.members)) != b.respondents {
				t.Errorf("a block of %d of %q has %d members", b.respondents, b.cohort, len(b.members))
			}
			p.blocks = append(p.blocks, *b)
			p.seen["blocks"]++
			if b.cohort == release.Pool {
				p.seen["pools"]++
			}
		}
	}
}

// addMembers finds out who is in a block, given the places of the responses in the log of its period.
func (p *playing) addMembers(b *made, places map[string]string) {
	for i, x := range p.people {
		s, r := p.versions[x.version], p.responses[i]
		place := places[r.ID]
		if place == "" || r.Period != b.release.Period || p.in[i] || p.erased[i] || s.Shape != b.shape {
			continue
		}
		of, has := b.spans[tally.CohortKey(s, r)]
		if !has || !p.isIn(i, place, of) {
			continue
		}
		if p.accepted[i] > 0 {
			p.seen["accepted and in blocks"]++
		}
		b.members = append(b.members, i)
		p.in[i] = true
	}
}

// blocksOf returns the blocks that came with a release, without their members.
func blocksOf(before, r *release.Release) []*made {
	if before == nil {
		before = &release.Release{Held: &release.Held{}}
	}
	respondents := func(of *release.Release, shape, key string) int64 {
		if of.Parts[shape] == nil || of.Parts[shape].Cohorts[key] == nil {
			return 0
		}
		return of.Parts[shape].Cohorts[key].Respondents
	}
	var blocks []*made
	for _, shape := range slices.Sorted(maps.Keys(r.Held.Out)) {
		more := func(key string) int64 { return respondents(r, shape, key) - respondents(before, shape, key) }
		pool := &made{release: r, shape: shape, cohort: release.Pool, respondents: more(release.Pool), spans: map[string]span{}}
		for _, key := range slices.Sorted(maps.Keys(r.Held.Out[shape])) {
			mark := r.Held.Out[shape][key]
			if mark.Release != r.Number {
				continue
			}
			was := before.Held.Out[shape][key]
			of := span{[2]string{was.Cursor, mark.Cursor}, [2]int{was.Decided, mark.Decided}}
			if more(key) == 0 {
				pool.spans[key] = of
			} else {
				blocks = append(blocks, &made{release: r, shape: shape, cohort: key, respondents: more(key), spans: map[string]span{key: of}})
			}
		}
		if len(pool.spans) > 0 {
			blocks = append(blocks, pool)
		}
	}
	return blocks
}

// count counts what the world has shown.
func (p *told) count(w *world) {
	seen := p.seen
	seen["releases"] = len(p.releases)
	seen["edits"] = len(w.versions) - 1
	seen["waiting at the end"] = len(w.people) - len(p.in)
	shapes := map[string]*survey.Survey{}
	for _, s := range w.versions {
		shapes[s.Shape] = s
		for _, is := range []struct {
			what string
			is   bool
		}{{"strict", s.Results.Protection == survey.Strict}, {"weighting", s.Weighting != nil}, {"cross-tabs", len(s.Results.CrossTabs) > 0},
			{"means of units", s.Scoring.Model == survey.MeanOfUnits}, {"overall", s.Scoring.Overall != ""}, {"daily", s.Results.Release == "daily"}} {
			if is.is {
				seen[is.what]++
			}
		}
	}
	for _, r := range p.releases {
		seen["coded"] += len(r.Coded)
		seen["steps"] += len(r.Steps)
		if len(r.Hidden) > 0 {
			seen["hidden"]++
		}
		for shape, of := range r.Parts {
			for _, c := range of.Cohorts {
				seen["bases"] += len(c.Bases)
			}
			if shape != w.versions[len(w.versions)-1].Shape {
				seen["parts of other versions"]++
			}
		}
	}
}

// factsOf returns what others may know of a response, as one text.
func factsOf(s *survey.Survey, r answer.Response) string {
	facts := []string{r.Channel, r.Language}
	for _, a := range slices.Concat(r.Answers, r.Private) {
		if s.IsFact(survey.QuestionOf(a.Field())) {
			facts = append(facts, strings.Join(a, " "))
		}
	}
	return strings.Join(facts, "\n")
}

// ValuesOf returns the answers of a response by field.
func ValuesOf(r answer.Response) map[string][]string {
	values := map[string][]string{}
	for _, a := range slices.Concat(r.Answers, r.Private) {
		values[a.Field()] = a.Values()
	}
	return values
}

// With returns a response with other answers; false if its questionnaire does not take them.
func With(s *survey.Survey, r answer.Response, values map[string][]string) (answer.Response, bool) {
	state := answer.Evaluate(s, values, r.Channel, r.Language)
	for field := range state.Required {
		if f, one := s.Field(field); one && len(state.Values[f.Name]) == 0 {
			return r, false
		} else if q, whole := s.Question(field); !one && whole && !slices.ContainsFunc(s.FieldsOf(q), func(f survey.Field) bool { return len(state.Values[f.Name]) > 0 }) {
			return r, false
		}
	}
	if len(state.Failed) > 0 || len(state.Values) == 0 {
		return r, false
	}
	r.Answers, r.Private = nil, nil
	for _, f := range s.Fields() {
		if chosen := state.Values[f.Name]; len(chosen) > 0 {
			if f.Question.Private {
				r.Private = append(r.Private, append(answer.Answer{f.Name}, chosen...))
			} else {
				r.Answers = append(r.Answers, append(answer.Answer{f.Name}, chosen...))
			}
		}
	}
	return r, true
}

// tellNothing are the fields of a questionnaire whose answers are not published: unpublished and private questions, by
// inheritance too, and texts.
func tellNothing(s *survey.Survey) []survey.Field {
	var fields []survey.Field
	for _, f := range s.Fields() {
		if !f.Counted() && !s.IsFact(f.Question.ID) && f.Part != survey.OtherPart {
			fields = append(fields, f)
		}
	}
	return fields
}

// maker makes up a world.
type maker struct {
	*rand.Rand
	world
	sheets     []*sheet
	simulators [][]*simulate.Simulator        // by version
	made       []map[string][]answer.Response // by version and facts: what respondents with these facts answer
	waiting    map[int]bool                   // who could withdraw
	number     int
}

// newWorld makes up a world; nil if no questionnaire came of it.
func newWorld(seed uint64, crowd int) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 12)), waiting: map[int]bool{}}
	for range 20 {
		if m.add(newSheet(m.Rand)) {
			break
		}
	}
	if len(m.versions) == 0 {
		return nil
	}
	now := time.Date(2026, 10, 3, 2, 0, 0, 0, time.UTC)
	version, been := 0, []int{} // in force
	steps := 4 + m.IntN(8)
	for range steps {
		now = now.Add(time.Duration(m.IntN(60)) * time.Hour)
		if chance(m.Rand, 3) {
			if m.add(m.sheets[version].edited(m.Rand, now.Day())) || len(m.versions) > 1 && chance(m.Rand, 2) {
				version = pick(m.Rand, len(m.versions)-1, len(m.versions)-1, m.IntN(len(m.versions)))
			}
		}
		been = append(been, version)
		step := worldStep{now: now, version: version, run: !chance(m.Rand, 4), anew: chance(m.Rand, 4)}
		if open, _ := m.versions[version].OpenAt(now); open {
			m.arrive(&step, m.IntN(1+crowd*2/steps), been)
		}
		m.withdraw(&step)
		m.steps = append(m.steps, step)
	}
	// Whatever ends has ended at last, and what is due then is published.
	for i := range 2 {
		m.steps = append(m.steps, worldStep{now: time.Date(2026, 12, 1+i, 0, 0, 0, 0, time.UTC), version: version, run: true})
	}
	m.hold(rand.New(rand.NewPCG(seed, 31)))
	return m
}

// hold has rules hold back some of the people in one of three worlds, and others decide of them, and of those who are not held.
func (m *maker) hold(random *rand.Rand) {
	if random.IntN(3) > 0 {
		return
	}
	for _, x := range m.people {
		if x.response.Quality.Flags = answer.Watched; chance(random, 4) {
			x.response.Quality = answer.Quality{Flags: answer.Watched | answer.Rate, Seconds: 60}
		}
	}
	for i := range m.steps {
		for who := range m.people {
			switch {
			case chance(random, 12):
				m.steps[i].accept = append(m.steps[i].accept, who)
			case chance(random, 30):
				m.steps[i].reject = append(m.steps[i].reject, who)
			}
		}
	}
}

// arrive has people answer the version in force in a step, or, some, one that has been in force.
func (m *maker) arrive(step *worldStep, n int, been []int) {
	for range n {
		of := step.version
		if chance(m.Rand, 8) {
			of = pick(m.Rand, been...)
		}
		if x := m.newPerson(of, step.now); x != nil {
			step.arrive = append(step.arrive, len(m.people))
			m.waiting[len(m.people)] = true
			m.people = append(m.people, x)
		}
	}
}

// withdraw has people withdraw who have arrived.
func (m *maker) withdraw(step *worldStep) {
	for _, i := range slices.Sorted(maps.Keys(m.waiting)) {
		if chance(m.Rand, 25) {
			step.withdraw = append(step.withdraw, i)
			delete(m.waiting, i)
		}
	}
}

// add adds a version of the questionnaire; false if it is none, or one that is there.
func (m *maker) add(s *sheet) bool {
	compiled := s.compiled()
	if compiled == nil || slices.ContainsFunc(m.versions, func(v *survey.Survey) bool { return v.Version == compiled.Version }) {
		return false
	}
	var simulators []*simulate.Simulator
	for i := range 3 {
		one := simulate.New(compiled, m.Uint64())
		one.GoBack(i*16, time.Time{})
		simulators = append(simulators, one)
	}
	m.versions, m.sheets, m.simulators = append(m.versions, compiled), append(m.sheets, s), append(m.simulators, simulators)
	m.made = append(m.made, map[string][]answer.Response{})
	for range 25 {
		m.respond(len(m.versions) - 1)
	}
	return true
}

// respond makes up a response to a version.
func (m *maker) respond(version int) (answer.Response, bool) {
	s := m.versions[version]
	r, err := pick(m.Rand, m.simulators[version]...).Response("all")
	if err != nil {
		return r, false
	}
	facts := factsOf(s, r)
	m.made[version][facts] = append(m.made[version][facts], r)
	return r, true
}

func (m *maker) newPerson(version int, now time.Time) *person {
	r, ok := m.respond(version)
	if !ok {
		return nil
	}
	m.number++
	r.ID = fmt.Sprintf("00000000-0000-4000-8000-%012d", m.number)
	r.Period = m.versions[version].PeriodAt(now)
	return &person{version: version, arrived: now.Add(time.Duration(m.number) * time.Millisecond), response: r}
}

// responses returns those of all people.
func (m *maker) responses() []answer.Response {
	var all []answer.Response
	for _, x := range m.people {
		all = append(all, x.response)
	}
	return all
}

// A change is one that nothing public may tell.
type change struct {
	what  string
	apply func(responses []answer.Response)
}

// changes lists the changes to a world that has happened. Exchanges are of whole rows if rows is set, else of bundles.
func (m *maker) changes(t testing.TB, before *told, rows bool) []change {
	var all []change
	for i, x := range m.people {
		s := m.versions[x.version]
		others := m.made[x.version][factsOf(s, x.response)]
		other := others[m.IntN(len(others))]
		if !before.in[i] {
			all = append(all, change{fmt.Sprintf("answers of %d, who is in no block", i), func(responses []answer.Response) {
				responses[i].Answers, responses[i].Private = other.Answers, other.Private
			}})
			before.seen["changed while waiting"]++
			continue
		}
		values, from, differs := ValuesOf(x.response), ValuesOf(other), false
		for _, f := range tellNothing(s) {
			differs = differs || !slices.Equal(values[f.Name], from[f.Name])
			values[f.Name] = from[f.Name]
		}
		changed, lawful := With(s, x.response, values)
		if now := ValuesOf(changed); lawful && differs && !slices.ContainsFunc(s.Fields(), func(f survey.Field) bool {
			return f.Counted() && !slices.Equal(now[f.Name], ValuesOf(x.response)[f.Name])
		}) {
			all = append(all, change{fmt.Sprintf("answers of %d that are not published", i), func(responses []answer.Response) {
				values := ValuesOf(responses[i])
				for _, f := range tellNothing(s) {
					values[f.Name] = now[f.Name]
				}
				if changed, lawful := With(s, responses[i], values); lawful {
					responses[i] = changed
				}
			}})
			before.seen["changed and not published"]++
		}
	}
	for _, whole := range before.blocks {
		for _, b := range m.alike(whole) {
			if len(b.members) < 2 {
				continue
			}
			if rows {
				all = append(all, m.exchange(t, b, nil))
				before.seen["exchanges of rows"]++
				continue
			}
			for _, bundle := range m.versions[m.people[b.members[0]].version].Bundles() {
				all = append(all, m.exchange(t, b, bundle))
				before.seen["exchanges of bundles"]++
			}
		}
	}
	return all
}

// alike splits a block by what its members were asked: versions of one shape may differ in questions that are not counted.
func (m *maker) alike(b made) []made {
	var all []made
	at := map[string]int{}
	for _, i := range b.members {
		asked, err := json.Marshal(m.versions[m.people[i].version].Sections)
		if err != nil {
			panic(err) // plain data
		}
		n, known := at[string(asked)]
		if !known {
			n = len(all)
			at[string(asked)] = n
			all = append(all, made{release: b.release, shape: b.shape, cohort: b.cohort})
		}
		all[n].members = append(all[n].members, i)
	}
	return all
}

// exchange permutes the answers to a bundle among the members of a block with the same facts, as far as facts decide what they are
// asked of it. nil is everything.
func (m *maker) exchange(t testing.TB, b made, bundle []string) change {
	alike := map[string][]int{}
	for _, i := range b.members {
		x, facts := m.people[i], ""
		if s := m.versions[x.version]; readsFacts(s, bundle) {
			facts = factsOf(s, x.response)
		}
		alike[facts] = append(alike[facts], i)
	}
	order := map[int]int{} // who gets whose answers
	for _, facts := range slices.Sorted(maps.Keys(alike)) {
		to := slices.Clone(alike[facts])
		m.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
		for n, i := range alike[facts] {
			order[i] = to[n]
		}
	}
	what := fmt.Sprintf("answers to %v of the block of %q of release %d of %s", bundle, b.cohort, b.release.Number, b.release.Period)
	return change{what, func(responses []answer.Response) {
		after, unlawful := m.exchanged(responses, b, bundle, order)
		if unlawful != "" {
			t.Errorf("%s: they cannot be exchanged, so they are no bundle: %s\n%s", what, unlawful, m.describe())
		}
		copy(responses, after)
	}}
}

// exchanged returns the responses after an exchange, or what of them their questionnaires do not take.
func (m *maker) exchanged(responses []answer.Response, b made, bundle []string, order map[int]int) (after []answer.Response, unlawful string) {
	after = slices.Clone(responses)
	for i, from := range order {
		s := m.versions[m.people[i].version]
		values, given := ValuesOf(responses[i]), ValuesOf(responses[from])
		in := func(field string) bool {
			id := survey.QuestionOf(field)
			return !s.IsFact(id) && (bundle == nil || slices.Contains(bundle, id))
		}
		maps.DeleteFunc(values, func(field string, _ []string) bool { return in(field) })
		for field, value := range given {
			if in(field) {
				values[field] = value
			}
		}
		changed, taken := With(s, responses[i], values)
		if len(values) == 0 { // somebody who has left out everything: an empty submission is refused, whatever it was before
			changed.Answers, changed.Private, taken = nil, nil, true
		}
		if !taken || !maps.EqualFunc(values, ValuesOf(changed), slices.Equal) {
			return responses, fmt.Sprintf("%s with %v becomes %v", responses[i].ID, values, ValuesOf(changed))
		}
		after[i] = changed
	}
	return after, ""
}

// readsFacts reports whether facts decide anything about a bundle.
func readsFacts(s *survey.Survey, bundle []string) bool {
	for q := range s.Questions() {
		if bundle != nil && !slices.Contains(bundle, q.ID) {
			continue
		}
		for _, f := range s.FieldsOf(q) {
			if s.FactCondition(f) != nil {
				return true
			}
		}
		for _, id := range s.Reads(q.ID) {
			if s.IsFact(id) {
				return true
			}
		}
	}
	return false
}

// difference says how two transcripts differ; "" if they do not.
func difference(a, b *told) string {
	for i := range max(len(a.transcript), len(b.transcript)) {
		if i >= len(a.transcript) || i >= len(b.transcript) {
			return fmt.Sprintf("%d files and %d", len(a.transcript), len(b.transcript))
		}
		x, y := a.transcript[i], b.transcript[i]
		if x.Path != y.Path || x.Revision != y.Revision {
			return fmt.Sprintf("revision %d of %s, and %d of %s", x.Revision, x.Path, y.Revision, y.Path)
		}
		if !bytes.Equal(x.Body, y.Body) {
			at := 0
			for at < min(len(x.Body), len(y.Body)) && x.Body[at] == y.Body[at] {
				at++
			}
			around := func(b []byte) []byte { return b[max(at-120, 0):min(at+80, len(b))] }
			return fmt.Sprintf("%s:\n%s\nand\n%s", x.Path, around(x.Body), around(y.Body))
		}
	}
	return ""
}

// mayShowRows reports whether rows of anybody may have been published: fewer than the rows of a step never are.
func (m *maker) mayShowRows(before *told) bool {
	rows := map[string]int{}
	for i := range m.people {
		if s := m.versions[m.people[i].version]; before.in[i] && tally.RowSignature(s) != "" {
			rows[m.people[i].response.Period]++
		}
	}
	for _, n := range rows {
		if n >= 30 {
			return true
		}
	}
	return false
}

// Check plays the world of a seed, changes what nothing public may tell, and plays it again.
//
// named says that runs are told the periods in which somebody has answered, as a back end may need that collects. What the
// world had is returned, by name.
func Check(t testing.TB, seed uint64, named bool, open func(t testing.TB) BackEnd) map[string]int {
	t.Helper()
	m := newWorld(seed, []int{15, 25, 60}[seed%3])
	if m == nil || len(m.people) == 0 {
		return nil
	}
	m.named = named
	before := m.play(t, open, m.responses())
	before.count(&m.world)
	rows := m.mayShowRows(before)
	all := m.changes(t, before, rows)
	changed := m.responses()
	for _, c := range all {
		c.apply(changed)
	}
	if difference(before, m.play(t, open, changed)) == "" {
		return before.seen
	}
	// Which of them was it?
	for _, c := range all {
		changed := m.responses()
		c.apply(changed)
		if d := difference(before, m.play(t, open, changed)); d != "" {
			t.Errorf("world %d: a change of %s is told by %s\n%s", seed, c.what, d, m.describe())
			return before.seen
		}
	}
	t.Errorf("world %d: changes are told together, and none by itself\n%s", seed, m.describe())
	return before.seen
}

// describe writes a world down.
func (m *maker) describe() string {
	var b strings.Builder
	for i, s := range m.sheets {
		fmt.Fprintf(&b, "--- version %d\n%s", i, s.yaml())
	}
	for _, step := range m.steps {
		fmt.Fprintf(&b, "%s version %d, arrive %v, withdraw %v, accept %v, reject %v, run %t\n", step.now.Format(time.DateTime), step.version, step.arrive, step.withdraw, step.accept, step.reject, step.run)
	}
	return b.String()
}
