package questionnaire

import (
	"slices"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// deadlines reads by when cases are to be closed, by type, channel and severity.
func (o object) deadlines() []survey.Deadline {
	entries := o.list("deadlines")
	if len(entries) > maxDeadlines {
		o.fail(entries[maxDeadlines], "more than %d deadlines: join some of them", maxDeadlines)
		return nil
	}
	var deadlines []survey.Deadline
	first := map[survey.Deadline]int{} // lines, by what the deadline is for
	for _, n := range entries {
		d := o.object(n, &deadlineMapping)
		if d.node == nil {
			continue
		}
		one := survey.Deadline{Type: d.identifier("type", ""), Channel: d.plain("channel"), Severity: survey.Severity(d.word("severity", ""))}
		if line := first[one]; line > 0 {
			o.fail(n, "these cases have a deadline already (on line %d): keep one", line)
			continue
		}
		first[one] = n.Line
		one.Days, one.Hours = d.count("days"), d.count("hours")
		switch {
		case d.keys["days"] == nil && d.keys["hours"] == nil && !d.merged:
			o.fail(n, "the deadline says no time: add \"hours: …\" or \"days: …\"")
		case one.Days != nil && one.Hours != nil:
			o.fail(d.keys["hours"], "a deadline has hours or days: keep one of them")
		}
		if at := d.values["channel"]; at != nil && one.Channel != "" {
			o.addCheck(func(s *survey.Survey) { o.checkDeadlineChannel(s, at, one.Channel) })
		}
		deadlines = append(deadlines, one)
	}
	return deadlines
}

// checkDeadlineChannel reports a channel of a deadline that cannot be one. Complaints by letter or telephone need not be a
// channel of the survey: they are entered by hand.
func (o object) checkDeadlineChannel(s *survey.Survey, at *yaml.Node, channel string) {
	if known := slices.Concat(s.Channels, survey.CaseChannels); !slices.Contains(known, channel) {
		o.fail(at, "%s is no channel: write %s, or add it to channels%s", quote(channel), message.Words(known...), suggest(channel, known))
	}
}
