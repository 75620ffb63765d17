package render

import "time"

// Homes are the home pages of a site over time, the first ones first. They change at the ends of surveys' windows.
type Homes []HomesSince

// HomesSince says which files are the home pages from an instant on.
type HomesSince struct {
	From  time.Time         // zero for the first
	Files map[string]string // by address, such as "en/index.html": the file that is the page
}

// At returns the files for an instant, by address; none without any.
func (h Homes) At(t time.Time) map[string]string {
	var files map[string]string
	for _, since := range h {
		if since.From.After(t) {
			break
		}
		files = since.Files
	}
	return files
}
