package questionnaire

import (
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// checkSegments reports segments that depend on a question whose answers are not published, or only rounded.
func (o object) checkSegments(s *survey.Survey) {
	for _, f := range s.Segments() {
		id := f.Question.ID
		at := o.segments[id]
		if at == nil {
			continue
		}
		if path := s.UnpublishedBy(id); path != nil {
			o.fail(at, "figures are broken down by a segment, and %s: remove \"segment: true\", or what makes it depend on the other", unpublished(s, path))
		} else if path := s.SensitiveBy(id); path != nil {
			o.fail(at, "a segment is a fact that others may know of a respondent, and %s: remove \"segment: true\", or what makes it depend on the other", sensitive(path))
		}
	}
}

// unpublished says why a question at the beginning of a path is not published.
func unpublished(s *survey.Survey, path []string) message.Text {
	if q, ok := s.Question(path[len(path)-1]); ok && q.Private {
		return message.New("%s, which is private", dependence(path))
	}
	return message.New("%s, which is not published", dependence(path))
}

func sensitive(path []string) message.Text {
	return message.New("%s, which is sensitive", dependence(path))
}

// dependence says what the first question of a path depends on.
func dependence(path []string) message.Text {
	first, last := path[0], path[len(path)-1]
	if len(path) == 2 {
		return message.New("%s depends on %s", quote(first), quote(last))
	}
	return message.New("%s depends on %s (%s)", quote(first), quote(last), strings.Join(path, " → "))
}

// failUncounted reports a name, given in key, of a field that is not published, or is sensitive, because of itself or of what
// its question depends on. It returns false for any other.
func (o object) failUncounted(s *survey.Survey, at *yaml.Node, key, name string) bool {
	f, ok := s.Field(name)
	if !ok || isBroken(f.Question) {
		return false
	}
	id := f.Question.ID
	if path := s.UnpublishedBy(id); path != nil {
		o.fail(at, "%s names %s, which is not published: %s", key, quote(name), unpublished(s, path))
		return true
	}
	path := s.SensitiveBy(id)
	switch {
	case path != nil:
		o.fail(at, "%s names %s, whose figures are only published rounded: %s", key, quote(name), sensitive(path))
	case f.Question.Sensitive:
		o.fail(at, "%s names %s, which is sensitive: its figures are only published rounded", key, quote(name))
	default:
		return false
	}
	return true
}

// checkEnd checks that a survey with sensitive questions has a day on which they are published, and only one.
func (o object) checkEnd(s *survey.Survey, results object) {
	const ways message.Key = "add \"window: {until: …}\", \"period: quarter\", or \"closes: 2026-12-31\" below \"results:\""
	ends := s.Window.Until != "" || s.Period != survey.NoPeriod
	closes := results.values["closes"]
	switch {
	case ends && closes != nil:
		end := message.New("window ends")
		if s.Period != survey.NoPeriod {
			end = message.New("period is over")
		}
		o.fail(results.keys["closes"], "closes is for a survey without an end, and this one's sensitive questions are published when its %s: remove it", end)
		return
	case ends || closes != nil:
		if s.Results.Closes != "" && s.Results.Closes < s.Window.From {
			o.fail(closes, "the survey closes on %s, before its window begins on %s: correct one of the two dates", s.Results.Closes, s.Window.From)
		}
		return
	case s.Results.Protection == survey.Strict:
		o.fail(results.values["protection"], "with \"protection: strict\" figures are published once, when the survey is over, and this one has no end: %s", ways)
		return
	}
	for q := range s.Questions() {
		if at := o.sensitive[q.ID]; at != nil && !q.Segment && len(s.FieldsOf(q)) > 0 && s.FieldsOf(q)[0].Counted() {
			o.fail(at, "a sensitive question is published once, when the survey is over, and this one has no end: %s", ways)
			return
		}
	}
}
