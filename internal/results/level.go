package results

import "slices"

// The levels of results.audience, beside the public.
const (
	Staff      = "staff"
	Management = "management"
)

// levels are for whom results can be: each may read what those before it may.
var levels = []string{"public", Staff, Management}

// Levels lists for whom results can be, from all to few.
func Levels() []string { return slices.Clone(levels) }

// withheld reports whether the page's readers may not see the survey's results.
func (p Page) withheld() bool {
	return slices.Index(levels, p.Level) < slices.Index(levels, p.Report.Survey.Results.Audience) && slices.Index(levels, p.Report.Survey.Results.Audience) > 0
}

// level is what readers of a page that is not public must know.
func (d *drawing) level() string {
	switch d.asked.Level {
	case Staff:
		return d.words.Say("results.level_staff")
	case Management:
		return d.words.Say("results.level_management")
	default:
		return ""
	}
}
