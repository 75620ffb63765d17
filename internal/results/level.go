package results

import "slices"

// The levels of results.audience above the public.
const (
	Staff      = "staff"
	Management = "management"
)

// levels are for whom results can be: each may read what those before it may.
var levels = []string{"public", Staff, Management}

// Levels lists for whom results can be, from the public to the fewest.
func Levels() []string { return slices.Clone(levels) }

// allowed reports whether the page's readers may see the survey's results.
func (p Page) allowed() bool {
	audience := slices.Index(levels, p.Set.Report.Survey.Results.Audience)
	return audience <= 0 || slices.Index(levels, p.Level) >= audience
}

// level tells the readers of a page that is not public whom it is for.
func (d *document) level() string {
	switch d.page.Level {
	case Staff:
		return d.words.Say("results.level_staff")
	case Management:
		return d.words.Say("results.level_management")
	default:
		return ""
	}
}
