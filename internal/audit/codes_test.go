package audit_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/audit"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// largest returns the shape and key of the cohort with the most respondents, which is not the pool.
func largest(r *release.Release) (shape, key string) {
	most := int64(0)
	for s, p := range r.Parts {
		for k, c := range p.Cohorts {
			if k != release.Pool && c.Respondents > most {
				shape, key, most = s, k, c.Respondents
			}
		}
	}
	return shape, key
}

// TestEveryCode damages a tally or the releases of a valid past in one way for each code that this package can find.
func TestEveryCode(t *testing.T) {
	all := surveys(t)
	tallies := map[audit.Code]func(p *past, c *tally.Counters){
		audit.TallyReceived:    func(p *past, _ *tally.Counters) { p.tally.Days["2026-01-01"]++ },
		audit.TallyRespondents: func(_ *past, c *tally.Counters) { c.Respondents++ },
		audit.TallyAnswers:     func(_ *past, c *tally.Counters) { c.Items["overall"].N++ },
		audit.TallyOption:      func(_ *past, c *tally.Counters) { c.Items["overall"].Counts.Add("3", 1) },
		audit.TallyBase:        func(_ *past, c *tally.Counters) { c.Bases["call"]["x"]++ },
		audit.TallyRows:        func(_ *past, c *tally.Counters) { c.Rows = c.Rows.Plus(&tally.Rows{Index: 1}) },
		audit.TallyReleased: func(p *past, _ *tally.Counters) {
			for _, part := range p.tally.Parts {
				part.Out["a"] += "0"
			}
		},
	}
	counters := func(r *release.Release) *tally.Counters {
		shape, key := largest(r)
		return r.Parts[shape].Cohorts[key]
	}
	part := func(r *release.Release) *release.Part {
		shape, _ := largest(r)
		return r.Parts[shape]
	}
	coded := func(r *release.Release) *release.Coded {
		for _, c := range r.Coded {
			return c
		}
		t.Fatal("nothing is coded")
		return nil
	}
	releases := map[audit.Code]func(r *release.Release){ // the last one
		audit.ReleaseNumber:   func(r *release.Release) { r.Number++ },
		audit.ReleaseMinGroup: func(r *release.Release) { r.K = 2 },
		audit.ReleasePart:     func(r *release.Release) { part(r).Version = "another" },
		audit.ReleaseBatch:    func(r *release.Release) { counters(r).Respondents -= 2 },
		audit.ReleaseMark: func(r *release.Release) {
			for _, marks := range r.Held.Out {
				marks["a"] = release.Mark{Cursor: "0", Release: 1}
			}
		},
		audit.ReleaseQuestion: func(r *release.Release) { counters(r).Items["hurt"] = &tally.Item{} },
		audit.ReleaseAnswers:  func(r *release.Release) { counters(r).Items["overall"].N = 1000 },
		audit.ReleaseOption:   func(r *release.Release) { counters(r).Items["overall"].Counts.Add("9", 1) },
		audit.ReleaseOptions:  func(r *release.Release) { counters(r).Items["overall"].N-- },
		audit.ReleaseBase:     func(r *release.Release) { counters(r).Bases["call"]["x"] = 1 },
		audit.ReleaseCoded:    func(r *release.Release) { coded(r).N++ },
		audit.ReleaseFacts:    func(r *release.Release) { r.Facts.Received = 1 },
		audit.ReleaseAnnulled: func(r *release.Release) {
			r.Annulled = []release.Annulment{{Release: 1, Shape: "none", Respondents: 5}}
		},
		audit.ReleasedRespondents: func(r *release.Release) { counters(r).Respondents += 20 },
		audit.ReleasedAnswers:     func(r *release.Release) { counters(r).Items["overall"].N++ },
		audit.ReleasedOption:      func(r *release.Release) { counters(r).Items["overall"].Counts.Add("3", 1) },
		audit.ReleasedBase:        func(r *release.Release) { counters(r).Bases["call"]["x"] = 5 },
		audit.ReleaseRows:         func(r *release.Release) { r.Steps[0].Rows++ },
		audit.ReleasedRows: func(r *release.Release) {
			for _, rows := range r.Rows {
				rows.Squares++
			}
		},
	}
	stored := []audit.Code{audit.TallyDamaged, audit.ReleaseWhole, audit.IDMissing, audit.IDElsewhere, audit.IDWithoutEntry, audit.IDContent, audit.ResponseWaiting, audit.LogLength, audit.MarkAlone, audit.Figures, audit.PageDiffers}
	for code, remedy := range audit.Codes() {
		if remedy == "" {
			t.Errorf("%s says nothing about what to do", code)
		}
		p := makePast(all, rand.New(rand.NewPCG(2, 7)), false, false)
		switch {
		case tallies[code] != nil:
			tallies[code](p, p.waitsMore(all[0].Shape))
		case releases[code] != nil:
			if code != audit.ReleasedRows && strings.HasPrefix(string(code), "released_") {
				p.releases = p.releases[:1] // in which everything is new
			}
			last := copyOf(t, p.releases[len(p.releases)-1])
			releases[code](last)
			p.releases[len(p.releases)-1] = last
		case code == audit.ReleasePool:
			p = earlyPool(p)
		case slices.Contains(stored, code):
			continue // found by stores, and in what follows from releases
		default:
			t.Errorf("no test finds %s", code)
			continue
		}
		found := p.audit(0)
		i := slices.IndexFunc(found, func(f audit.Finding) bool { return f.Code == code })
		if i < 0 {
			t.Errorf("%s is not found, but\n%s", code, sentences(found))
			continue
		}
		f := found[i]
		if strings.HasPrefix(string(code), "release") != (f.Release > 0) || f.Message.IsZero() || f.Remedy() != remedy.Text() {
			t.Errorf("%+v", f)
		}
		if f.Question != "" && (f.Counted != nil || f.Found != nil) {
			t.Errorf("%s says by how much answers differ: %s", code, f)
		}
		text, err := json.Marshal(f)
		if err != nil || !strings.Contains(string(text), `"code":"`+string(code)+`"`) || !strings.Contains(string(text), `"remedy":"`) {
			t.Errorf("%s, %v", text, err)
		}
	}
}

func copyOf(t *testing.T, r *release.Release) *release.Release {
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again := &release.Release{}
	if err := json.Unmarshal(data, again); err != nil {
		t.Fatal(err)
	}
	return again
}

// waitsMore adds answers that wait, and returns the counters of those in a group.
func (p *past) waitsMore(shape string) *tally.Counters {
	random := rand.New(rand.NewPCG(1, 1))
	for len(p.tally.Parts[shape].Cohorts["a"].Clone().Items["overall"].Clone().Counts) == 0 || p.tally.Parts[shape].Cohorts["a"].Bases["call"] == nil {
		x := &respondent{p.now, "9" + string(rune('a'+len(p.responses)%26)) + strings.Repeat("z", len(p.responses)), "2026-02-01", fill(p.now, random)}
		p.responses = append(p.responses, x)
		p.tally.Fold(x.answered, x.cursor, x.day, x.response)
	}
	return p.tally.Parts[shape].Cohorts["a"]
}

// earlyPool dates the last release, which has a pool, before the end of the period.
func earlyPool(p *past) *past {
	for i, r := range p.releases {
		for _, part := range r.Parts {
			if part.PooledOn == r.Date {
				again := *r
				again.Date = "2026-01-02"
				if i > 0 {
					before := *p.releases[i-1]
					before.Parts = map[string]*release.Part{}
					for shape, was := range p.releases[i-1].Parts {
						pooled := *was
						pooled.PooledOn = "2026-01-01"
						before.Parts[shape] = &pooled
					}
					p.releases[i-1] = &before
				}
				p.releases[i] = &again
				p.releases = p.releases[:i+1]
				return p
			}
		}
	}
	return p
}
