package questionnaire

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// weighting reads the composition of the population. Shares are put into the order of their segment's options.
func (o object) weighting() *survey.Weighting {
	if !o.has("weighting") {
		return nil
	}
	wo := o.object(o.values["weighting"], &weightingMapping)
	if wo.node == nil {
		return nil
	}
	weighting := &survey.Weighting{Cap: wo.decimalOr("cap", 0)}
	at := wo.values["by"]
	if at == nil {
		return weighting
	}
	margins := wo.named(at, message.Plain("by"))
	weighting.Margins = make([]survey.Margin, len(margins))
	for i, e := range margins {
		margin := &weighting.Margins[i]
		margin.Segment = e.key.Value
		nodes := map[string]*yaml.Node{}
		var sum survey.Decimal
		readable := true
		for _, of := range wo.named(e.value, message.New("the shares of %s", unquoted(margin.Segment))) {
			share := wo.decimalOf(of.value, message.New("the share of %s", unquoted(of.key.Value)), 1, maxIndex)
			if share == nil {
				readable = false
				continue
			}
			sum += *share
			nodes[of.key.Value] = of.key
			margin.Shares = append(margin.Shares, survey.MarginShare{Option: of.key.Value, Share: *share})
		}
		o.addCheck(func(s *survey.Survey) {
			if o.checkSegment(s, e.key, "weighting", margin.Segment, namesOf(margins)...); readable && len(margin.Shares) > 0 {
				o.checkMargin(s, e.key, margin, sum, nodes)
			}
		})
	}
	return weighting
}

// checkMargin checks that a margin says the share of each option of its segment, and that these are the whole population.
func (o object) checkMargin(s *survey.Survey, at *yaml.Node, margin *survey.Margin, sum survey.Decimal, nodes map[string]*yaml.Node) {
	f, ok := s.Field(margin.Segment)
	if !ok || !f.Question.Segment || isBroken(f.Question) {
		return
	}
	options := optionIDs(f.Options())
	whole := true
	for _, share := range margin.Shares {
		if !slices.Contains(options, share.Option) {
			whole = false
			o.fail(nodes[share.Option], "%s has no option %s%s", margin.Segment, quote(share.Option), suggest(share.Option, without(options, slices.Collect(maps.Keys(nodes)))))
		}
	}
	for _, option := range options {
		if nodes[option] == nil {
			whole = false
			o.fail(at, "weighting: the share of %s is missing: every option of %s needs one", quote(option), margin.Segment)
		}
	}
	if !whole {
		return
	}
	if sum != maxIndex {
		o.fail(at, "weighting: the shares of %s add up to %s, not to 100: correct them", margin.Segment, sum)
	}
	slices.SortFunc(margin.Shares, func(a, b survey.MarginShare) int {
		return slices.Index(options, a.Option) - slices.Index(options, b.Option)
	})
}
