package project

import (
	"errors"
	"io/fs"
	"os"

	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// Sources holds what the folder has of one survey, for code that does not read the folder.
type Sources struct {
	File          string // name of the questionnaire; "" if there is none
	Questionnaire []byte // its YAML
	Actions       survey.Actions
	Style         string // stylesheet of the survey's results pages
	PlanStyle     string // and of its plan

	Accent, OnAccent string // the theme's colours of bars, and of text on them; "" for the design's
}

// ReadSources looks for a survey in a directory of questionnaires, and returns with it the assets of pages. Without the
// survey, measures and quotes are missing; without the directory, the theme is the built-in one.
func ReadSources(dir, templates, id string) (Sources, site.Assets, error) {
	l := NewLibrary(dir)
	_, _, err := l.Read()
	if empty := new(EmptyError); err != nil && !errors.As(err, &empty) {
		if _, statErr := os.Stat(dir); !errors.Is(statErr, fs.ErrNotExist) {
			return Sources{}, site.Assets{}, err
		}
	}
	s := Sources{Actions: l.Actions()[id]}
	if q := l.Find(id); q != nil {
		s.File, s.Questionnaire = q.Path, q.Source
	}
	files, err := Templates(templates)
	if err != nil {
		return Sources{}, site.Assets{}, err
	}
	custom := l.Theme()
	if custom == nil { // nothing could be read
		custom = &theme.Theme{}
	}
	own := custom.Looks[id]
	if own == nil {
		own = custom
	}
	if own.Light != nil {
		s.Accent, s.OnAccent = own.Light["accent"].Hex(), own.Light["on-accent"].Hex()
	}
	assets, err := site.ReadAssets(files, custom)
	if err != nil {
		return Sources{}, site.Assets{}, err
	}
	look := string(assets.Content(assets.Links.Look(id).Style.Path))
	s.Style, s.PlanStyle = string(assets.Content(assets.Links.Results.Path))+look, string(assets.Content(assets.Links.Document.Path))+look
	return s, assets, nil
}
