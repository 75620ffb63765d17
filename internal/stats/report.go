package stats

import (
	"math/big"
	"slices"
	"strconv"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewReport computes the figures of a survey from the latest release of each period, oldest first, as [release.Release.Public]
// returns them. Each period is scored by the form of the questionnaire that was in force at its release, its respondents'
// answers are read by the form of the one that they answered, and all texts are those of s.
func NewReport(s *survey.Survey, latest []*release.Release) *Report {
	report := &Report{Survey: s, Periods: make([]Period, len(latest))}
	forms := newForms(s, latest)
	for i, r := range latest {
		report.Revision += r.Number
		report.Periods[i].fill(forms, r, i == len(latest)-1)
	}
	report.Trend = trend(report)
	return report
}

// fill computes the figures of a period from its release. What is said of the audience in today's questionnaire holds for the
// newest period, and for those that it names.
func (p *Period) fill(forms *forms, r *release.Release, newest bool) {
	inForce := forms.of(r.Version, r.Form)
	if inForce == nil { // the store is damaged: figures of questions that are still asked are right then
		inForce = forms.now
	}
	*p = Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: max(1, r.K), form: inForce, released: r}
	var unknown int64
	p.parts, unknown = newParts(forms, r)
	if unknown > 0 {
		p.Problems = append(p.Problems, Problem{Kind: UnknownForm, N: unknown})
	}
	p.current, p.removed = chains(inForce, p.parts, r)
	p.tabs = inForce.Results.CrossTabs
	if newest {
		p.tabs = forms.now.Results.CrossTabs
	}
	p.addFacts(forms.now.Survey, newest)
	everybody := p.everybody()
	p.figures(everybody, "")
	p.Respondents += unknown
	for i := range p.removed {
		if item := p.removed[i].items(p, everybody, ""); item.N > 0 || len(item.Earlier) > 0 {
			item.Weight = nil
			p.Removed = append(p.Removed, item)
		}
	}
	p.setPrecision(p.rows(""))
	if inForce.Scoring.Model == survey.MeanOfUnits {
		meanOfUnits(p)
	}
	p.Overall.publish(inForce.Survey, p.Rate)
	p.addChannels(everybody)
	p.addAlpha()
	p.addEarlyLate()
	p.addWeighted(forms.now, newest)
}

// everybody returns all respondents.
func (p *Period) everybody() respondents {
	all := make(respondents, len(p.parts))
	for i := range p.parts {
		all[i] = p.parts[i].all
	}
	return all
}

// addFacts adds what is known of the respondents without their answers.
func (p *Period) addFacts(now *survey.Survey, newest bool) {
	r := p.released
	respondents := r.Respondents()
	p.Received, p.Through, p.Withdrawn = r.Facts.Received, r.Facts.Through, r.Facts.Withdrawn
	p.Held, p.Rejected = r.Facts.Held, r.Facts.Rejected
	if p.Received < respondents {
		p.Received, p.Through = respondents, r.Date
	}
	for _, a := range r.Annulled {
		p.Annulled += a.Respondents
	}
	audience := p.form.Audience
	if newest {
		audience = now.Audience
	}
	if r.Invited != nil {
		p.addInvited()
	} else if !newest || !now.HasInvitations() { // what is typed in is replaced by the invitations
		p.addIssued(audience, now, newest)
	}
	if p.Population = int64(audience.Population); p.Population == 0 {
		p.Population = p.invitedAlone()
	}
	if audience.Sample != "" {
		p.SampleSize = survey.SampleSize(p.Population)
	}
	answered := max(respondents, p.Received-p.Withdrawn-p.Annulled)
	if p.drawn = p.Population; p.Population > 0 && answered > p.Population {
		p.Problems = append(p.Problems, Problem{Kind: MoreThanPopulation, N: answered, Of: p.Population})
		p.drawn = noInterval
	}
}

// addIssued adds how many questionnaires were given out, as far as an author says so.
func (p *Period) addIssued(audience survey.Audience, now *survey.Survey, newest bool) {
	issued, byChannel, explicit := now.Audience.IssuedIn(p.Name)
	if !explicit && !newest {
		issued, byChannel, _ = audience.IssuedIn(p.Name)
	}
	if p.Issued = int64(issued); p.Issued > 0 {
		p.rate(p.Received, p.Issued)
	}
	for _, by := range byChannel {
		p.Channels = append(p.Channels, Channel{Name: by.Channel, Issued: int64(by.Issued)})
	}
}

// rate sets the response rate.
func (p *Period) rate(answered, asked int64) {
	p.Rate = big.NewRat(100*answered, asked)
	if answered > asked {
		p.Problems = append(p.Problems, Problem{Kind: MoreThanIssued, N: answered, Of: asked})
	}
}

// addChannels adds how many came by which channel to how many questionnaires it was issued.
func (p *Period) addChannels(everybody respondents) {
	issued := p.Channels
	p.Channels = nil
	channel := version{field: &countedField{Field: survey.Field{Name: tally.Channel}}}
	for i := range p.parts {
		channel.parts = append(channel.parts, i)
	}
	channel.count(&p.counted, everybody)
	names := slices.Clone(p.form.Channels)
	for _, c := range issued {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	if p.counted.N == 0 && len(issued) == 0 {
		return
	}
	for _, name := range names {
		c := Channel{Name: name, Share: Share{N: p.counted.Counts.Of(name), Of: p.counted.N}}
		for _, by := range issued {
			if by.Name == name && by.Issued > 0 {
				c.Issued, c.Rate = by.Issued, big.NewRat(100*c.N, by.Issued)
			}
		}
		p.Channels = append(p.Channels, c)
	}
}

// figures computes the figures of some respondents together. A group is given as "segment=option"; "" is everybody.
func (p *Period) figures(among respondents, group string) {
	p.Respondents = among.count()
	p.Items = make([]Item, len(p.current))
	for i := range p.current {
		p.Items[i] = p.current[i].items(p, among, group)
	}
	p.Dimensions, p.Overall = p.form.score(p.Items)
}

// A group is some of the respondents of a period.
type group struct {
	segment, option string
	whole           *Period
}

// Group is the figures of the respondents who gave one answer to a segment question. It has no response rate, since it is
// not known how many questionnaires each segment was issued: its score is the raw one. Pooled respondents are in no group.
func (p *Period) Group(segment, option string) *Period {
	return p.groupWith(segment, option, p.together)
}

// GroupAlone is [Period.Group] with nothing of the others: the interval of its index is the widest that the items' own allow.
func (p *Period) GroupAlone(segment, option string) *Period {
	return p.groupWith(segment, option, 0)
}

func (p *Period) groupWith(segment, option string, together float64) *Period {
	g := p.part(p.groupOf(segment, option), segment, option, together)
	g.Overall.publish(g.form.Survey, nil)
	return g
}

// unit is a group that the index is the mean of. It may have rows of its own.
func (p *Period) unit(segment, option string) *Period {
	u := p.part(p.groupOf(segment, option), segment, option, p.together)
	if rows := p.rows("|" + option); rows != nil && rows.N >= minRows {
		u.setPrecision(rows)
	}
	return u
}

// rest is the figures of all other groups of a segment together.
func (p *Period) rest(segment, option string) *Period {
	others := make(respondents, len(p.parts))
	for i := range p.parts {
		a := &p.parts[i]
		if at, public := a.form.indexes[segment]; public {
			for _, o := range a.form.counted[at].options {
				if o.ID != option {
					others[i] = append(others[i], a.group(segment, o.ID)...)
				}
			}
		}
	}
	return p.part(others, segment, "", p.together)
}

// groupOf returns the respondents of a group.
func (p *Period) groupOf(segment, option string) respondents {
	chosen := make(respondents, len(p.parts))
	for i := range p.parts {
		chosen[i] = p.parts[i].group(segment, option)
	}
	return chosen
}

// group returns the cohorts of a group; none if its segment is not public any more.
func (a *answered) group(segment, option string) []*tally.Counters {
	if at, public := a.form.indexes[segment]; !public || !a.form.counted[at].divides {
		return nil
	}
	return a.CohortsWith(a.form.Survey, segment, option)
}

// part returns the figures of some of the respondents, without those of the segment that they are chosen by, unless the index has
// it. Together is that of the field.
func (p *Period) part(among respondents, segment, option string, together float64) *Period {
	g := &Period{Name: p.Name, Release: p.Release, Date: p.Date, MinGroup: p.MinGroup, form: p.form, released: p.released,
		parts: p.parts, current: p.current, removed: p.removed, together: together, group: &group{segment, option, p}}
	g.figures(among, segment+"="+option)
	g.Items = slices.DeleteFunc(g.Items, func(i Item) bool { return i.Field.Name == segment && i.Weight == nil })
	g.setPrecision(nil)
	return g
}

// GroupSize returns how many respondents a group has; see [Period.Group].
func (p *Period) GroupSize(segment, option string) int64 {
	return p.groupOf(segment, option).count()
}

// GroupInputs returns what the figures of [Period.GroupAlone] follow from: as long as it is the same, and the questionnaire in force
// and the periods before are, so are the figures.
func (p *Period) GroupInputs(segment, option string) []byte {
	r := *p.released
	r.Number, r.Date, r.Facts, r.Invited, r.Rows, r.Steps = 0, "", release.Facts{}, nil, nil, nil
	r.Parts = make(map[string]*release.Part, len(p.released.Parts))
	for shape, part := range p.released.Parts {
		if part == nil {
			continue
		}
		shown := *part
		shown.PooledOn, shown.Cohorts = "", nil
		if i := slices.IndexFunc(p.parts, func(a answered) bool { return a.Part == part }); i >= 0 {
			cohorts := map[string]*tally.Counters{}
			for j, c := range p.parts[i].group(segment, option) {
				cohorts[strconv.Itoa(j)] = c
			}
			shown.Cohorts = map[string]*tally.Counters{option: tally.Total(cohorts)}
		}
		r.Parts[shape] = &shown
	}
	r.Coded = make(map[string]*release.Coded, len(p.released.Coded))
	for key, all := range p.released.Coded {
		shown := *all
		shown.N, shown.Counts = 0, nil
		group := segment + "=" + option
		if shown.By = nil; all.By[group] != nil {
			shown.By = map[string]*release.Coded{group: all.By[group]}
		}
		r.Coded[key] = &shown
	}
	return append(r.Encode(), segment...)
}

// Segments lists the segments by which figures may be shown.
func (p *Period) Segments() []survey.Field {
	return slices.DeleteFunc(slices.Clone(p.form.Segments()), func(f survey.Field) bool {
		at, public := p.form.indexes[f.Name]
		return !public || !p.form.counted[at].divides
	})
}

// Survey returns the questionnaire that the period was scored by, with the texts of the current one.
func (p *Period) Survey() *survey.Survey { return p.form.Survey }

// RevisionOf returns the revision of a period's figures: the sum of its release numbers and of those of all periods before it,
// to which it is compared. That of the newest period, whose name may be left out, is the report's.
func (r *Report) RevisionOf(period string) int {
	sum := 0
	for i := range r.Periods {
		sum += r.Periods[i].Release
		if r.Periods[i].Name == period {
			return sum
		}
	}
	return r.Revision
}

// WithPeriods returns a report of the same survey with other figures of its periods, such as a group's, and their trend.
func (r *Report) WithPeriods(periods []Period) *Report {
	other := &Report{Survey: r.Survey, Revision: r.Revision, Periods: periods}
	other.Trend = trend(other)
	return other
}
