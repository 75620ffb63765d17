package questionnaire

import (
	"slices"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

func (o object) scoring() survey.Scoring {
	scoring := survey.Scoring{Model: survey.PercentOfMax}
	if !o.has("scoring") {
		return scoring
	}
	so := o.object(o.values["scoring"], &scoringMapping)
	scoring.Model = so.word("model", scoring.Model)
	so.readUnits(&scoring)
	scoring.Overall, o.reader.overallAt = so.plain("overall"), so.values["overall"]
	scoring.Target = so.decimal("target")
	if at := so.values["target"]; scoring.Target != nil && scoring.OutOf100() && *scoring.Target > maxIndex {
		o.fail(at, "the index of %s is at most 100: lower the target", scoring.GroupModel())
	}
	scoring.Rule = so.responseRateRule()
	for _, name := range []string{"bands", "response_rate_rule"} {
		if so.has(name) && !scoring.OutOf100() {
			o.fail(so.keys[name], "%s needs an index from 0 to 100, which %s does not have: remove it, or choose the model %s", quote(name), scoring.GroupModel(), survey.PercentOfMax)
		}
	}
	if scoring.GroupModel() == survey.Graded10 {
		at := so.values["model"]
		o.addCheck(func(s *survey.Survey) { o.checkGraded10(s, at) })
	}
	scoring.Dimensions = so.dimensions()
	scoring.Bands = so.bands()
	return scoring
}

// addCheck adds a check that runs when all questions are read.
func (r *reader) addCheck(check func(*survey.Survey)) { r.deferred = append(r.deferred, check) }

// readUnits reads the keys of mean_of_units: the segment whose values are the units, and the model of each unit.
func (o object) readUnits(scoring *survey.Scoring) {
	if scoring.Model != survey.MeanOfUnits {
		for _, name := range []string{"unit", "of"} {
			if o.keys[name] != nil {
				o.fail(o.keys[name], "%s goes only with the model mean_of_units: remove it, or write \"model: mean_of_units\"", quote(name))
			}
		}
		return
	}
	o.need("unit", message.New(": the segment whose values are the units, such as branch"))
	scoring.Unit = o.plain("unit")
	scoring.Of = o.word("of", survey.PercentOfMax)
	if at := o.values["unit"]; at != nil && scoring.Unit != "" {
		o.addCheck(func(s *survey.Survey) { o.checkSegment(s, at, "unit", scoring.Unit) })
	}
}

// checkSegment checks that name is a segment. Some are never suggested instead.
func (o object) checkSegment(s *survey.Survey, at *yaml.Node, key, name string, except ...string) {
	f, ok := s.Field(name)
	switch {
	case !ok:
		var segments []string
		for _, f := range s.Segments() {
			segments = append(segments, f.Name)
		}
		o.fail(at, "%s names %s, which is not a question%s", key, quote(name), suggest(name, without(segments, except)))
	case !f.Question.Segment:
		o.fail(at, "%s names %s, which is not a segment: add \"segment: true\" to the question", key, quote(name))
	}
}

// checkGraded10 checks that the best option of every item of graded_10 scores 10, so that the highest index is 100.
func (o object) checkGraded10(s *survey.Survey, at *yaml.Node) {
	for _, f := range s.Fields() {
		if f.Scored() && f.MaxScore() != 10*survey.One {
			o.fail(at, "graded_10 needs scales whose best option scores 10, such as 10, 8, 6, 3 and 0, and that of %s scores %s: change its scores, or give it \"weight: 0\"", quote(f.Name), f.MaxScore())
			return
		}
	}
}

// checkOverall checks that the overall item is a field with published scores.
func (o object) checkOverall(s *survey.Survey) {
	at, name := o.overallAt, s.Scoring.Overall
	if q, ok := s.Question(name); ok && len(q.Rows) > 0 {
		o.fail(at, "overall names the matrix %s: name one of its rows, such as '%s.%s'", quote(name), name, q.Rows[0].ID)
		return
	}
	f, ok := s.Field(name)
	switch {
	case !ok:
		o.fail(at, "overall names %s, which is not a question%s", quote(name), suggest(name, scoredFields(s)))
	case f.Question.Type == "":
	case f.HasScores() && o.failUncounted(s, at, "overall", name):
	case !f.HasScores() || !f.Counted():
		o.fail(at, "overall names %s, which has no published scores: name a question whose options have scores", quote(name))
	}
}

// scoredFields lists the fields that can stand for the whole.
func scoredFields(s *survey.Survey) (names []string) {
	for _, f := range s.Fields() {
		if f.HasScores() && f.Counted() && !f.Sensitive() {
			names = append(names, f.Name)
		}
	}
	return names
}

func (o object) responseRateRule() *survey.ResponseRateRule {
	if !o.has("response_rate_rule") {
		return nil
	}
	at := o.keys["response_rate_rule"]
	ro := o.object(o.values["response_rate_rule"], &ruleMapping)
	if ro.node == nil {
		return nil
	}
	rule := &survey.ResponseRateRule{
		Floor: ro.decimalOr("floor", 0), Per: ro.decimalOr("per", 0), Deduct: ro.decimalOr("deduct", 0),
		Proportional: ro.word("mode", "step") == "proportional",
	}
	o.addCheck(func(s *survey.Survey) {
		if s.Audience.MostIssued() == 0 && !s.HasInvitations() {
			o.fail(at, "a response rate needs the number of questionnaires issued: add \"audience: {issued: …}\"")
		}
	})
	return rule
}

func (o object) dimensions() []survey.Dimension {
	var dimensions []survey.Dimension
	lines := map[string]int{}
	entries := o.list("dimensions")
	defer o.take(idsIn(entries))()
	for _, n := range entries {
		d := o.object(n, &dimensionMapping)
		if d.node == nil {
			o.reader.nameless = true
			continue
		}
		dimension := survey.Dimension{ID: d.id(""), Label: d.text("label"), Weight: d.decimalOr("weight", survey.One)}
		if dimension.ID == "" {
			o.reader.nameless = true
		}
		if line := lines[dimension.ID]; line > 0 && dimension.ID != "" {
			o.fail(d.values["id"], "dimension %s is given twice (first on line %d): keep one", quote(dimension.ID), line)
			continue
		}
		lines[dimension.ID] = n.Line
		dimensions = append(dimensions, dimension)
	}
	return dimensions
}

// bands reads the ranges of the index, highest first. A band reaches up to the next one, so only a missing 0 leaves a gap.
func (o object) bands() []survey.Band {
	var bands []survey.Band
	lines, unreadable := map[survey.Decimal]int{}, false
	for _, n := range o.list("bands") {
		b := o.object(n, &bandMapping)
		if b.node == nil {
			unreadable = true
			continue
		}
		from := b.decimal("from")
		label := b.text("label")
		if from == nil {
			unreadable = true
			continue
		}
		if line := lines[*from]; line > 0 {
			o.fail(b.values["from"], "two bands begin at %s (first on line %d): bands may not overlap", *from, line)
			continue
		}
		lines[*from] = n.Line
		bands = append(bands, survey.Band{From: *from, Label: label})
	}
	slices.SortFunc(bands, func(a, b survey.Band) int { return int(b.From - a.From) })
	if len(bands) > 0 && bands[len(bands)-1].From != 0 && !unreadable {
		o.fail(o.values["bands"], "no band covers the index below %s: add one with \"from: 0\"", bands[len(bands)-1].From)
	}
	return bands
}
