package archive

import (
	"context"
	"encoding/json"
	"reflect"

	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Numbers is the content of numbers.json: how many were asked, have answered, and count. Numbers that nobody knows are 0.
type Numbers struct {
	Population int64                     `json:"population,omitempty"`
	Sample     int64                     `json:"sample,omitempty"` // respondents that the sample rule wants
	Issued     int64                     `json:"issued,omitempty"`
	Received   int64                     `json:"received"` // without those that were withdrawn
	Withdrawn  int64                     `json:"withdrawn"`
	Held       int64                     `json:"held"`     // rules hold them back, and nobody has decided of them
	Rejected   int64                     `json:"rejected"` // by persons
	Counted    int64                     `json:"counted"`  // in the report
	Released   int64                     `json:"released"` // in blocks of the last release, and so public
	Rate       string                    `json:"rate,omitempty"`
	Channels   map[string]ChannelNumbers `json:"channels,omitempty"`
	Invited    *invitation.Reach         `json:"invited,omitempty"`
}

// ChannelNumbers are those of one channel.
type ChannelNumbers struct {
	Issued  int64 `json:"issued,omitempty"`
	Counted int64 `json:"counted"`
}

// places is how many decimals a rate in percent has.
const places = 2

// numbersOf returns the numbers that follow from what was counted. reach is how far invitations have come; nil without any.
func numbersOf(m *Manifest, p *stats.Period, t *tally.Tally, released int64, reach *invitation.Reach) *Numbers {
	n := &Numbers{Population: p.Population, Sample: p.SampleSize, Issued: p.Issued, Received: m.Responses, Withdrawn: m.Withdrawn,
		Counted: p.Respondents, Released: released, Invited: reach}
	if t.Held != nil {
		n.Held, n.Rejected = t.Held.Waiting, t.Held.Rejected
	}
	if reach != nil {
		n.Issued = reach.Issued
	}
	if p.Rate != nil {
		n.Rate = stats.Round(p.Rate, places)
	}
	for _, c := range p.Channels {
		if n.Channels == nil {
			n.Channels = map[string]ChannelNumbers{}
		}
		n.Channels[c.Name] = ChannelNumbers{Issued: c.Issued, Counted: c.N}
	}
	return n
}

// reportOf reports everything that was counted, of which nothing is withheld. versions are the questionnaires that were answered.
func reportOf(s *survey.Survey, versions []*survey.Survey, period string, t *tally.Tally) *stats.Period {
	forms := map[string]*survey.Survey{s.Shape: s}
	for _, v := range versions {
		forms[v.Shape] = v
	}
	return &stats.NewReport(s, []*release.Release{release.Unsuppressed(s, forms, period, "", t)}).Periods[0]
}

// reach returns how far invitations have come, exactly; nil without any.
func reach(ctx context.Context, from store.Records, s *survey.Survey, period string) (*invitation.Reach, error) {
	counts, ok := from.(store.Counts)
	if !ok || !s.HasInvitations() {
		return nil, nil
	}
	counted, err := counts.Counted(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	facts := invitation.FactsOf(s, period, "", true, 1, counted)
	if facts == nil {
		return nil, nil
	}
	return &facts.Sum, nil
}

// numbers writes how many were asked and have answered.
func (a *writer) numbers(ctx context.Context) error {
	invited, err := reach(ctx, a.store, a.snapshot.Survey, a.Period)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(numbersOf(a.manifest, a.figures, a.counted, a.released, invited), "", "  ")
	if err != nil {
		return err
	}
	return a.zip.put(numbersFile, append(data, '\n'))
}

// checkNumbers compares the numbers with those that follow from the answers, and returns them; nil without any. How far
// invitations have come does not follow.
func (c *checker) checkNumbers(m *Manifest, figures *stats.Period, t *tally.Tally, released int64) (*Numbers, error) {
	if c.files[numbersFile] == nil {
		return nil, nil // which is found missing, if it must be there
	}
	data, err := c.read(numbersFile)
	if err != nil {
		return nil, err
	}
	stored := &Numbers{}
	if err := json.Unmarshal(data, stored); err != nil {
		return nil, message.Errorf("%s: %w", numbersFile, err)
	}
	want := numbersOf(m, figures, t, released, stored.Invited)
	if !reflect.DeepEqual(stored, want) {
		c.findf("%s does not follow from the answers", numbersFile)
	}
	return stored, nil
}

// plans writes the survey's plan in each language, if it has one.
func (a *writer) plans() error {
	s := a.snapshot.Survey
	if s.Plan == nil {
		return nil
	}
	for _, language := range s.Languages {
		page, err := records.Plan(s, language, a.PlanStyle)
		if err != nil {
			return err
		}
		if err := a.zip.put(planName(language), page); err != nil {
			return err
		}
	}
	return nil
}
