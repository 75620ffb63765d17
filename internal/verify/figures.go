package verify

import (
	"bytes"

	"glasspoll"
	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// compareFigures computes the public figures of the latest release, as results.json and results.csv have them, and once more
// from the recount of the members of its blocks. It does so if all of these could be counted again.
func (r *recount) compareFigures(s *survey.Survey) error {
	last, again := r.releases.Last(), r.replay.Recounted()
	if again == nil || r.deleted > 0 {
		return nil
	}
	published, err := figuresOf(s, last)
	if err != nil {
		return err
	}
	recounted, err := figuresOf(s, again)
	if err != nil {
		return err
	}
	r.figures = true
	if !bytes.Equal(published, recounted) {
		r.findings = append(r.findings, audit.Finding{Code: audit.Figures, Release: last.Number,
			Message: message.New("release %d: the figures that follow from it are not those that follow from the answers", last.Number)})
	}
	return nil
}

// figuresOf returns the files with the figures of one release, in the survey's first language.
func figuresOf(s *survey.Survey, r *release.Release) ([]byte, error) {
	frame, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	public := *s
	public.Results.Audience = "" // figures that are not public are compared, too
	renderer := results.New(frame)
	page := results.Page{Set: results.NewSet(stats.NewReport(&public, []*release.Release{r.Public()})), Language: s.DefaultLanguage()}
	var out bytes.Buffer
	if err := renderer.JSON(&out, page); err != nil {
		return nil, err
	}
	err = renderer.CSV(&out, page)
	return out.Bytes(), err
}
