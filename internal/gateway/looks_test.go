package gateway

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
)

// TestLooks checks that the pages of a survey have its look as soon as the site's assets name another one.
func TestLooks(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\ntheme: {cover: \"#7a1f5c\"}\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var assets render.Assets
	p := &pages{log: slog.New(slog.DiscardHandler), readAssets: func(context.Context) (render.Assets, bool, error) { return assets, true, nil }}
	r := renderer{t.Context(), p}
	for _, style := range []string{"assets/look.1.css", "assets/look.2.css"} {
		assets.Looks = map[string]render.Look{s.ID: {Style: render.Asset{Path: style}, Brand: render.Brand{Cover: s.Theme.Cover}}}
		for name, write := range map[string]func(io.Writer) error{
			"form":   func(w io.Writer) error { return r.Survey(w, s, render.SurveyPage{Language: "en"}) },
			"thanks": func(w io.Writer) error { return r.Thanks(w, s, render.ThanksPage{Language: "en"}) },
			"notice": func(w io.Writer) error {
				return r.Notice(w, render.NoticePage{Language: "en", Code: answer.NotStored, Survey: s.ID})
			},
		} {
			var page strings.Builder
			if err := write(&page); err != nil || !strings.Contains(page.String(), `href="`+style+`"`) || !strings.Contains(page.String(), `<div class="cover"></div>`) {
				t.Errorf("%s: no %s: %v\n%s", name, style, err, &page)
			}
		}
		var page strings.Builder
		if err := r.Notice(&page, render.NoticePage{Language: "en", Code: answer.NotFound, Survey: "coffee"}); err != nil || strings.Contains(page.String(), "look.") {
			t.Errorf("a notice of another survey has the look: %v", err)
		}
	}
}
