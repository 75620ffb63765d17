package news

import (
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/survey"
)

// What follows from what is stored is news for a while only, so that a deployment that has been away, or names its first
// receiver, does not tell of what is long known. An item that is done is kept for longer than that.
const (
	fresh    = 3 * 24 * time.Hour
	KeepDone = 8 * 24 * time.Hour
	KeepDead = 30 * 24 * time.Hour
)

// public is the audience of results that everybody may read.
const public = "public"

// isFresh reports whether something that happened at an instant is news.
func isFresh(at, now time.Time) bool { return !at.After(now) && now.Sub(at) < fresh }

// NotBefore returns before when people are not told of an item of a survey: a message of a chat has a time for ever, so of an
// opened case of a survey that keeps no time of answers they are told on the morning after. It is zero for all other items.
func NotBefore(i Item, s *survey.Survey) time.Time {
	if i.Kind != CaseOpened || s == nil || !s.IsUntraceable() {
		return time.Time{}
	}
	day := i.At.In(s.Location())
	return time.Date(day.Year(), day.Month(), day.Day()+1, digestHour, 0, 0, 0, s.Location()).UTC()
}

// OfWindow returns the news that a survey's window has begun or ended.
func OfWindow(s *survey.Survey, now time.Time) (items []Item) {
	if at, ok := beginning(s, s.Window.From, 0); ok && isFresh(at, now) && s.PhaseAt(now) == survey.Open {
		items = append(items, Item{ID: "opened_" + string(s.Window.From), Kind: SurveyOpened, Survey: s.ID, At: at})
	}
	if at, ok := beginning(s, s.Window.Until, 1); ok && isFresh(at, now) && s.PhaseAt(now) == survey.Closed {
		items = append(items, Item{ID: "closed_" + string(s.Window.Until), Kind: SurveyClosed, Survey: s.ID, At: at})
	}
	return items
}

// beginning returns the instant at which a day begins in a survey's timezone, or one that comes so many days later.
func beginning(s *survey.Survey, day survey.Date, later int) (at time.Time, ok bool) {
	t, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return time.Time{}, false
	}
	t = t.AddDate(0, 0, later)
	return s.BeginningOfDay(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, s.Location())).UTC(), true
}

// OfRelease returns the news that results of a period were released on a day: one a day and period at most, however many
// releases there are.
func OfRelease(s *survey.Survey, period, date string, respondents int64, now time.Time) (items []Item) {
	at, ok := beginning(s, survey.Date(date), 0)
	if !ok || !isFresh(at, now) {
		return nil
	}
	if s.Results.Audience != public {
		respondents = 0
	}
	return []Item{{ID: "released_" + period + "_" + date, Kind: ResultsReleased, Survey: s.ID, Period: period, At: at, Released: respondents}}
}

// How often digests come: the periods of their items.
const (
	Daily  = "daily"
	Weekly = "weekly"
)

// digestHour is when digests are made, in the timezone of the deployment, and news told that wait for the morning.
const digestHour = 8

// Span is the days that a digest is about, from the first to the last.
type Span struct {
	Kind        string // Daily or Weekly
	From, Until survey.Date
}

// Spans returns the days that the digests are about which are due at an instant: the day before, and on Mondays the week before.
func Spans(now time.Time, zone *time.Location) (spans []Span) {
	today := now.In(zone)
	if today.Hour() < digestHour {
		return nil
	}
	day := func(before int) survey.Date { return survey.Date(today.AddDate(0, 0, -before).Format(time.DateOnly)) }
	spans = append(spans, Span{Daily, day(1), day(1)})
	if today.Weekday() == time.Monday {
		spans = append(spans, Span{Weekly, day(7), day(1)})
	}
	return spans
}

// OfSurvey returns what a digest says of one survey; false if there is nothing to say.
func (d Span) OfSurvey(s *survey.Survey, all []*cases.Case, released int64, now time.Time) (f Figures, says bool) {
	f, _ = d.OfCases(all, now)
	f.Survey, f.Open, f.Released = s.ID, s.PhaseAt(now) == survey.Open, released
	if s.Results.Audience != public {
		f.Released = 0
	}
	return f, f.Open || f.Opened+f.Closed+f.Pending > 0
}

// OfCases returns what a digest says of the cases of no survey; false if there is nothing to say.
func (d Span) OfCases(all []*cases.Case, now time.Time) (f Figures, says bool) {
	f.Survey = NoSurvey
	within := func(day survey.Date) bool { return day >= d.From && day <= d.Until }
	for _, c := range all {
		if within(c.Day(c.Opened)) {
			f.Opened++
		}
		switch {
		case c.Status != cases.Closed:
			f.Pending++
			if c.Overdue(now) {
				f.Overdue++
			}
		case within(c.Day(c.Closed)) && !c.Withdrawn:
			f.Closed++
		}
	}
	return f, f.Opened+f.Closed+f.Pending > 0
}

// Item returns the digest of figures; false if there are none.
func (d Span) Item(all []Figures, now time.Time) (Item, bool) {
	if len(all) == 0 {
		return Item{}, false
	}
	return Item{ID: "digest_" + d.Kind + "_" + string(d.Until), Kind: Digest, Survey: NoSurvey, Period: d.Kind, At: now.UTC().Truncate(time.Minute), Digest: all}, true
}
