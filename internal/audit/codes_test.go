package audit_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/audit"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// cohortWith returns the key of the cohort in which most have answered.
func cohortWith(cohorts map[string]*tally.Counters) string {
	best := ""
	for key, c := range cohorts {
		if key != release.Pool && c.Items["overall"] != nil && (cohorts[best] == nil || c.Respondents > cohorts[best].Respondents) {
			best = key
		}
	}
	return best
}

// TestEveryCode damages a tally or the releases of a valid past in one way for each code that this package can find.
func TestEveryCode(t *testing.T) {
	s := testSurvey(t)
	tallies := map[audit.Code]func(c *tally.Counters){
		audit.TallyRespondents: func(c *tally.Counters) { c.Respondents++ },
		audit.TallyAnswers:     func(c *tally.Counters) { c.Items["overall"].N++ },
		audit.TallyOption:      func(c *tally.Counters) { c.Items["overall"].Counts.Add("3", 1) },
		audit.TallySum:         func(c *tally.Counters) { c.Items["visits"].Sum = big.NewInt(1) },
		audit.TallyProducts:    func(c *tally.Counters) { c.Items["speed"].Moments = &tally.Moments{XY: 1} },
	}
	first := func(change func(c *tally.Counters)) func(p *past) {
		return func(p *past) {
			p.releases = p.releases[:1]
			change(p.releases[0].Cohorts[cohortWith(p.releases[0].Cohorts)])
		}
	}
	last := func(change func(r *release.Release)) func(p *past) {
		return func(p *past) { change(p.releases[len(p.releases)-1]) }
	}
	releases := map[audit.Code]func(p *past){
		audit.ReleaseNumber:      func(p *past) { p.releases = p.releases[1:] },
		audit.ReleaseMinGroup:    func(p *past) { p.releases[1].MinGroup++ },
		audit.ReleaseSegments:    func(p *past) { p.releases[1].Segments = nil },
		audit.ReleaseBatch:       first(func(c *tally.Counters) { c.Respondents = 1 }),
		audit.ReleaseWithdrawn:   first(func(c *tally.Counters) { c.Withdrawn = -1 }),
		audit.ReleaseQuestion:    func(p *past) { p.releases[0].Questions = []string{"overall"} },
		audit.ReleaseAnswers:     first(func(c *tally.Counters) { c.Items["overall"].N = 1 }),
		audit.ReleaseOption:      first(func(c *tally.Counters) { c.Items["overall"].Counts.Add("3", -100) }),
		audit.ReleaseOptions:     first(func(c *tally.Counters) { c.Items["overall"].Counts.Add("3", 1) }),
		audit.ReleaseRespondents: first(func(c *tally.Counters) { c.Items["overall"].N = 1000 }),
		audit.ReleasePool: last(func(r *release.Release) {
			r.Cohorts[release.Pool] = &tally.Counters{Respondents: 3, Items: map[string]*tally.Item{}}
			r.Pooled = map[string]*tally.Counters{"a": {Respondents: 4, Items: map[string]*tally.Item{}}}
		}),
		audit.ReleasedRespondents: last(func(r *release.Release) { r.Cohorts[cohortWith(r.Cohorts)].Respondents += 1000 }),
		audit.ReleasedAnswers:     last(func(r *release.Release) { r.Cohorts[cohortWith(r.Cohorts)].Items["overall"].N += 1000 }),
		audit.ReleasedOption:      last(func(r *release.Release) { r.Cohorts[cohortWith(r.Cohorts)].Items["overall"].Counts.Add("3", 1000) }),
		audit.ReleasedProducts:    last(func(r *release.Release) { r.Pairs["speed"] = &tally.Moments{N: 1000} }),
	}
	stored := []audit.Code{audit.TallyDamaged, audit.ReleaseWhole, audit.IDMissing, audit.IDElsewhere, audit.IDWithoutEntry, audit.IDContent, audit.ResponseWaiting, audit.LogLength}
	for code, remedy := range audit.Codes() {
		if remedy == "" {
			t.Errorf("%s says nothing about what to do", code)
		}
		// A past that everything can be broken in: the whole is released, and nobody has withdrawn.
		p := makePast(s, rand.New(rand.NewPCG(7, 7)), false)
		var found []audit.Finding
		switch {
		case tallies[code] != nil:
			damaged := p.recount()
			tallies[code](damaged.Cohorts[cohortWith(damaged.Cohorts)])
			found = audit.Tally(damaged, p.recount(), 0)
		case releases[code] != nil:
			releases[code](p)
			found = p.audit()
		case code == audit.ReleasedSum:
			found = sumDiffers(p)
		case slices.Contains(stored, code):
			continue // found by stores
		default:
			t.Errorf("no test finds %s", code)
			continue
		}
		i := slices.IndexFunc(found, func(f audit.Finding) bool { return f.Code == code })
		if i < 0 {
			t.Errorf("%s is not found, but\n%s", code, sentences(found))
			continue
		}
		f := found[i]
		if strings.HasPrefix(string(code), "release") != (f.Release > 0) || f.Message == "" || f.Remedy() != remedy {
			t.Errorf("%+v", f)
		}
		text, err := json.Marshal(f)
		if err != nil || !strings.Contains(string(text), `"code":"`+string(code)+`"`) || !strings.Contains(string(text), `"remedy":"`) {
			t.Errorf("%s, %v", text, err)
		}
	}
}

// sumDiffers audits a release of everything in which one sum differs.
func sumDiffers(p *past) []audit.Finding {
	everything := p.recount()
	everything.Cohorts[cohortWith(everything.Cohorts)].Items["visits"].Sum.Add(everything.Cohorts[cohortWith(everything.Cohorts)].Items["visits"].Sum, big.NewInt(1))
	var h audit.Releases
	h.Add(&release.Release{Number: 1, MinGroup: 1, Cohorts: everything.Cohorts}, p.s)
	return h.Against(p.recount(), 0)
}

// Responses that were deleted are missing from the recount: figures may be larger by as many, but not by more.
func TestDeletedResponses(t *testing.T) {
	p := makePast(testSurvey(t), rand.New(rand.NewPCG(7, 7)), false)
	counted := p.recount()
	const deleted = 5
	p.responses = p.responses[deleted:]
	var h audit.Releases
	for _, r := range p.releases {
		h.Add(r, p.s)
	}
	if found := append(audit.Tally(counted, p.recount(), deleted), h.Against(p.recount(), deleted)...); len(found) > 0 {
		t.Error(sentences(found))
	}
	if found := audit.Tally(counted, p.recount(), 0); len(found) == 0 {
		t.Error("without deleted responses, a tally that has counted more agrees")
	}
	p.responses = p.responses[20:]
	if found := audit.Tally(counted, p.recount(), deleted); len(found) == 0 {
		t.Error("a tally that has counted more than were deleted agrees")
	}
}
