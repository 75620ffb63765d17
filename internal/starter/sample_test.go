package starter

import (
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// A sample is copied with every picture that it names, those of its look too.
func TestSamplesHaveTheirPictures(t *testing.T) {
	samples, err := Samples()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		pictures, err := s.Pictures()
		if err != nil {
			t.Fatalf("%s: %v", s.Survey.ID, err)
		}
		read := func(name string, _ survey.PictureUse) ([]survey.PictureCopy, error) {
			if pictures[name] == nil {
				t.Errorf("%s lacks %s", s.Survey.ID, name)
			}
			return nil, nil
		}
		look := func(own *survey.Theme) []questionnaire.ThemeFault {
			for _, name := range []string{own.Logo, own.LogoDark} {
				if name != "" && pictures[name] == nil {
					t.Errorf("%s lacks %s", s.Survey.ID, name)
				}
			}
			return nil
		}
		questionnaire.ParseWith(s.Survey.ID+".yaml", s.Source, questionnaire.Files{Picture: read, Theme: look})
	}
}
