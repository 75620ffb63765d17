package questionnaire

import (
	"slices"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

func (o object) audience() survey.Audience {
	if !o.has("audience") {
		return survey.Audience{}
	}
	if word := scalarText(o.values["audience"]); slices.Contains(audiences, word) {
		o.fail(o.values["audience"], "who may read the results is said under \"results:\": write \"results: {audience: %s}\"", word)
		return survey.Audience{}
	}
	a := o.object(o.values["audience"], &audienceMapping)
	audience := survey.Audience{Population: a.integer("population", 0), Sample: a.word("sample", "")}
	a.readIssued(&audience)
	if audience.Sample != "" && audience.Population == 0 && a.keys["population"] == nil {
		o.fail(a.values["sample"], "the rule %s needs the population: add \"population: …\", the number of people who could be asked", quote(audience.Sample))
	}
	return audience
}

// readIssued reads how many questionnaires were issued: a number, or numbers by channel or by period.
func (o object) readIssued(audience *survey.Audience) {
	at := o.values["issued"]
	if at == nil {
		return
	}
	n := o.follow(at)
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		audience.Issued = o.integerOf(at, message.Plain("issued"), 1, maxPeople)
		o.checkIssued(at, message.Plain("issued"), audience.Issued, audience.Population)
		return
	}
	var channels []survey.IssuedBy
	entries := o.named(at, message.Plain("issued"))
	for _, e := range entries {
		if !beginsWithDigit(e.key.Value) {
			channels = append(channels, survey.IssuedBy{Channel: o.channelOf(e.key, entries), Issued: o.integerOf(e.value, message.Plain("issued"), 1, maxPeople)})
			continue
		}
		audience.Periods = append(audience.Periods, o.issuedIn(e, audience.Population))
	}
	switch {
	case len(channels) > 0 && len(audience.Periods) > 0:
		o.fail(at, "issued names both periods and channels: write the channels below each period, as {2026-Q4: {email: 100, web: 127}}")
	case len(channels) > 0:
		audience.Issued = sumOf(channels)
		audience.Periods = []survey.IssuedIn{{Issued: audience.Issued, Channels: channels}}
		o.checkIssued(at, message.Plain("issued"), audience.Issued, audience.Population)
	}
}

func beginsWithDigit(name string) bool { return name != "" && name[0] >= '0' && name[0] <= '9' }

// issuedIn reads how many were issued in one period: a number, or numbers by channel.
func (o object) issuedIn(e entry, population int) survey.IssuedIn {
	in := survey.IssuedIn{Period: e.key.Value}
	issuedIn := message.New("issued in %s", unquoted(in.Period))
	o.addCheck(func(s *survey.Survey) { o.checkPeriod(s, e.key) })
	if n := o.follow(e.value); n != nil && n.Kind == yaml.MappingNode {
		entries := o.named(e.value, issuedIn)
		for _, by := range entries {
			in.Channels = append(in.Channels, survey.IssuedBy{Channel: o.channelOf(by.key, entries), Issued: o.integerOf(by.value, message.Plain("issued"), 1, maxPeople)})
		}
		in.Issued = sumOf(in.Channels)
	} else {
		in.Issued = o.integerOf(e.value, message.Plain("issued"), 1, maxPeople)
	}
	o.checkIssued(e.value, issuedIn, in.Issued, population)
	return in
}

// channelOf reads a channel, which must be one of the survey's, and not one of the others among entries.
func (o object) channelOf(key *yaml.Node, entries []entry) string {
	o.addCheck(func(s *survey.Survey) {
		switch {
		case len(s.Channels) == 0 && o.reader.channelless:
		case len(s.Channels) == 0:
			o.fail(key, "issued names the channel %s, but the survey has no channels: add \"channels: [%s]\" to it", quote(key.Value), unquoted(key.Value))
		case !slices.Contains(s.Channels, key.Value):
			o.fail(key, "issued names %s, which is neither a channel nor a period%s", quote(key.Value), suggest(key.Value, without(s.Channels, namesOf(entries))))
		}
	})
	return key.Value
}

func sumOf(channels []survey.IssuedBy) int {
	sum := 0
	for _, by := range channels {
		sum += by.Issued
	}
	return sum
}

func (o object) checkIssued(at *yaml.Node, what message.Text, issued, population int) {
	if population > 0 && issued > population {
		o.fail(at, "%s (%d) is more than the population (%d): correct one of them", what, issued, population)
	}
}

// checkPeriod checks that a key names a period of the survey.
func (o object) checkPeriod(s *survey.Survey, key *yaml.Node) {
	form, ok := periodNames[s.Period]
	switch {
	case !ok:
		o.fail(key, "issued names the period %s, but the survey has no periods: write the number alone, or add \"period: quarter\"", quote(key.Value))
	case !form.pattern.MatchString(key.Value):
		o.fail(key, "issued names %s, which is no %s: write one as %s", quote(key.Value), s.Period, form.example)
	}
}
