package results

import (
	"html/template"
	"math/big"
	"slices"

	"glasspoll/internal/invitation"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// nonResponse compares those who have answered with those who were invited, by what is known of both: for the report for
// management alone.
type nonResponse struct {
	Tables []nonResponseTable
}

// nonResponseTable is of the batches, of the channels, or of the values of a segment.
type nonResponseTable struct {
	Of   string
	Rows []nonResponseRow

	// Weighted says what the index would be if each group counted by how many of it were invited; "" where that is not known.
	Weighted string
}

type nonResponseRow struct {
	Label           string
	Asked, Answered int64
	Rate, Between   string
	Width           string // of a bar, in percent
	Weight          string // by which the group's answers would be multiplied to stand for those invited
}

// nonResponse makes the tables from the invitations of the period; nil without any. Withdrawn ones were not asked. Which came
// back is not known one by one, so that they count as asked here.
func (d *document) nonResponse(own func(key string, args ...any) string, invited []invitation.Count) *nonResponse {
	if len(invited) == 0 || d.period == nil {
		return nil
	}
	v := &nonResponse{}
	add := func(of string, order []string, by func(invitation.Count) (group string, known bool), label func(string) string) *nonResponseTable {
		t := nonResponseTable{Of: of}
		groups := map[string]*nonResponseRow{}
		asked, answered := int64(0), int64(0)
		for _, c := range invited {
			group, known := by(c)
			if !known {
				continue
			}
			if groups[group] == nil {
				groups[group] = &nonResponseRow{Label: label(group)}
				if !slices.Contains(order, group) {
					order = append(order, group)
				}
			}
			n, redeemed := int64(c.Issued-c.Withdrawn), int64(c.Redeemed)
			groups[group].Asked += n
			groups[group].Answered += redeemed
			asked, answered = asked+n, answered+redeemed
		}
		for _, group := range order {
			if row := groups[group]; row != nil && row.Asked > 0 {
				t.Rows = append(t.Rows, d.nonResponseRow(*row, asked, answered))
			}
		}
		if len(t.Rows) < 2 {
			return nil
		}
		v.Tables = append(v.Tables, t)
		return &v.Tables[len(v.Tables)-1]
	}
	for _, f := range invitation.SegmentsOf(d.survey) {
		var order []string
		for _, o := range f.Options() {
			order = append(order, o.ID)
		}
		t := add(d.short(f), order, func(c invitation.Count) (string, bool) { return c.Values[f.Name], c.Values[f.Name] != "" },
			func(option string) string { return d.invitedOption(invitation.Group{Segment: f.Name, Option: option}) })
		if t != nil {
			t.Weighted = d.weightedByInvited(own, f, invited)
		}
	}
	add(own("nonresponse.channel"), nil, func(c invitation.Count) (string, bool) { return c.Channel, c.Channel != "" }, d.channelName)
	add(own("nonresponse.batch"), nil, func(c invitation.Count) (string, bool) { return c.Batch, true }, func(batch string) string { return batch })
	if len(v.Tables) == 0 {
		return nil
	}
	return v
}

// nonResponseRow completes a row, given how many were asked and have answered in all groups.
func (d *document) nonResponseRow(row nonResponseRow, asked, answered int64) nonResponseRow {
	share := stats.Share{N: row.Answered, Of: row.Asked}
	row.Rate, row.Between, row.Width = d.percentOf(row.Answered, row.Asked), shareInterval(share.Interval()), coordinate(share.Percent())
	if row.Answered > 0 && answered > 0 {
		row.Weight = stats.Round(big.NewRat(row.Asked*answered, row.Answered*asked), 2)
	}
	return row
}

// weightedByInvited returns the index as the mean of the groups' own, each weighted by how many of it were invited, as far as all
// groups have one.
func (d *document) weightedByInvited(own func(key string, args ...any) string, f survey.Field, invited []invitation.Count) string {
	if d.period.Overall.Raw == nil || d.survey.Scoring.GroupModel() == survey.WeightedCount {
		return ""
	}
	asked := map[string]int64{}
	for _, c := range invited {
		asked[c.Values[f.Name]] += int64(c.Issued - c.Withdrawn)
	}
	sum, all := new(big.Rat), int64(0)
	for _, o := range f.Options() {
		if asked[o.ID] == 0 {
			continue
		}
		raw := d.group(f.Name, o.ID).Overall.Raw
		if raw == nil {
			return own("nonresponse.unknown", "group", d.groupOption(f, &o))
		}
		sum.Add(sum, new(big.Rat).Mul(raw, big.NewRat(asked[o.ID], 1)))
		all += asked[o.ID]
	}
	if all == 0 {
		return ""
	}
	sum.Quo(sum, big.NewRat(all, 1))
	return own("nonresponse.weighted", "index", d.index(d.period.Overall.Raw), "weighted", d.index(sum), "segment", d.short(f))
}

// SVG draws the response rate of a group.
func (r nonResponseRow) SVG() template.HTML { return svg(bar{Width: r.Width}) }
