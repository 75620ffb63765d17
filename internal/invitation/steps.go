package invitation

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"glasspoll/internal/survey"
)

// A Step is how far an invitation has come.
type Step string

// The steps. Whoever invites raises Issued and Withdrawn to what is stored; all others are counted as they happen.
const (
	Issued    Step = "issued"    // made, also if withdrawn since
	TakenBack Step = "withdrawn" // made and withdrawn
	Accepted  Step = "accepted"  // the mail server has taken the message
	Bounced   Step = "bounced"   // the message has come back
	Reached   Step = "reached"   // one that has come back may be sent anew, to a corrected address
	Opened    Step = "opened"    // a browser's script has reported the form: approximate
	Started   Step = "started"   // something was sent, accepted or not: approximate
	Completed Step = "completed" // answers are stored
	Stopped   Step = "stopped"   // no more messages are wanted
)

// Steps lists the steps in their order.
var Steps = []Step{Issued, TakenBack, Accepted, Bounced, Reached, Opened, Started, Completed, Stopped}

// isTotal reports whether a step is no event: its count holds for all days.
func (s Step) isTotal() bool { return s == Issued || s == TakenBack }

// A Counter is what the steps that are counted together have in common. Its name is that of a counter of the store.
type Counter struct {
	Step    Step
	Day     survey.Date // in the survey's timezone; "" of Issued and Withdrawn
	Period  string
	Channel string            // by which the invitation was sent; "": none, or not counted
	Values  map[string]string // options of the segments that invitations have a value of, by their fields; "": none. Nil: not counted
}

// MaxCounterName bounds the name of a counter, in bytes.
const MaxCounterName = 512

// counterVersion begins the names of counters. What has another version is no counter of steps.
const counterVersion = "1"

// CounterOf returns the counter of a step of an invitation to a survey on a day. The period is that of the day, or that in
// which the answers count; it holds for invitations of no period.
//
// Only segments with options are counted by: so no name of a person is in a counter, and the options bound how many there
// are. Of an anonymous survey, neither channel nor segments are counted with what happens when a link is followed, because
// the answers are to be found by the day alone.
func CounterOf(s *survey.Survey, i Invitation, step Step, day survey.Date, period string) Counter {
	c := Counter{Step: step, Day: day, Period: period, Channel: i.Channel}
	if i.Period != "" {
		c.Period = i.Period
	}
	if step.isTotal() {
		c.Day = ""
	}
	if s.Anonymity == survey.Anonymous && (step == Opened || step == Started || step == Completed) {
		c.Channel = ""
		return c
	}
	for _, f := range SegmentsOf(s) {
		if c.Values == nil {
			c.Values = map[string]string{}
		}
		c.Values[f.Name] = optionOf(f, i.Values[f.Name])
	}
	return c
}

// SegmentsOf returns the segments that invitations may have a value of, in the order of the questionnaire.
func SegmentsOf(s *survey.Survey) []survey.Field {
	if !s.HasInvitations() {
		return nil
	}
	return slices.DeleteFunc(s.Segments(), func(f survey.Field) bool { return f.Question.Type != survey.Hidden || !f.Counted() })
}

// optionOf returns a value if it is an option of a field, else "".
func optionOf(f survey.Field, value string) string {
	for _, o := range f.Options() {
		if o.ID == value {
			return value
		}
	}
	return ""
}

// Name returns the name of the counter. Where it would be too long, neither channel nor values are counted.
func (c Counter) Name() string {
	name := c.name()
	if len(name) > MaxCounterName {
		c.Channel, c.Values = "", nil
		name = c.name()
	}
	return name
}

func (c Counter) name() string {
	values := make([]string, 0, len(c.Values))
	for _, field := range slices.Sorted(maps.Keys(c.Values)) {
		values = append(values, url.QueryEscape(field)+"="+url.QueryEscape(c.Values[field]))
	}
	return strings.Join([]string{
		counterVersion, string(c.Step), string(c.Day), url.QueryEscape(c.Period), url.QueryEscape(c.Channel), strings.Join(values, "&"),
	}, "/")
}

// ParseCounter reads what [Counter.Name] returns, and nothing else: any other name is not ok.
func ParseCounter(name string) (c Counter, ok bool) {
	parts := strings.Split(name, "/")
	if len(name) > MaxCounterName || len(parts) != 6 || parts[0] != counterVersion {
		return Counter{}, false
	}
	c.Step, c.Day = Step(parts[1]), survey.Date(parts[2])
	if !slices.Contains(Steps, c.Step) || !isDate(c.Day) || c.Step.isTotal() != (c.Day == "") {
		return Counter{}, false
	}
	var err error
	if c.Period, err = url.QueryUnescape(parts[3]); err != nil || c.Period == "" {
		return Counter{}, false
	}
	if c.Channel, err = url.QueryUnescape(parts[4]); err != nil {
		return Counter{}, false
	}
	if parts[5] != "" {
		c.Values = map[string]string{}
		for _, pair := range strings.Split(parts[5], "&") {
			field, value, paired := strings.Cut(pair, "=")
			if field, err = url.QueryUnescape(field); err != nil || !paired || field == "" {
				return Counter{}, false
			}
			if c.Values[field], err = url.QueryUnescape(value); err != nil {
				return Counter{}, false
			}
		}
	}
	if c.name() != name { // written in one way only
		return Counter{}, false
	}
	return c, true
}
