package upload

import (
	"bytes"
	"context"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
)

// removeCompanions puts a notice in the place of each companion that a survey had and has no more, such as a plan that is not
// public any longer: nothing is deleted. It comes before the new definition is in force, so that an upload which fails does it
// again.
func (u *uploader) removeCompanions(ctx context.Context, before, s *survey.Survey) error {
	if before == nil {
		return nil
	}
	now := site.CompanionFiles(s)
	for _, f := range site.CompanionFiles(before) {
		if slices.ContainsFunc(now, func(other site.CompanionFile) bool { return other.Name == f.Name }) {
			continue
		}
		u.print("%s is taken back", f.Name)
		if u.dryRun {
			continue
		}
		var page bytes.Buffer
		err := u.Renderer.Notice(&page, render.NoticePage{Language: f.Language, Root: f.Root, Code: answer.NotFound, Survey: s.ID})
		if err == nil {
			err = u.pages.Upload(ctx, cloud.File{Name: f.Name, Body: page.Bytes()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
