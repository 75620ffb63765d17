package results

import "slices"

// The levels of results.audience above the public.
const (
	Staff      = "staff"
	Management = "management"
)

// levels are the audiences that results can have. Each may also read those of the levels before it.
var levels = []string{"public", Staff, Management}

// Levels lists the audiences that results can have, from the public to the fewest readers.
func Levels() []string { return slices.Clone(levels) }

// allowed reports whether the page's readers may see the survey's results.
func (p Page) allowed() bool {
	audience := slices.Index(levels, p.Set.Report.Survey.Results.Audience)
	return audience <= 0 || slices.Index(levels, p.Level) >= audience
}

// level returns the note on a page that is not public; "" on a public one.
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
