package starter

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"

	"glasspoll"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Sample is a ready questionnaire.
type Sample struct {
	Source []byte
	Survey *survey.Survey
}

// Pictures returns the files of the sample's pictures, by the names that it calls them.
func (s *Sample) Pictures() (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range s.Survey.PictureFiles() {
		content, err := fs.ReadFile(glasspoll.Samples(), name)
		if err != nil {
			return nil, err
		}
		all[name] = content
	}
	return all, nil
}

// ErrNoSample means that there is no sample of the name.
var ErrNoSample error = message.Key("there is no ready questionnaire of this name")

// Samples returns all samples, sorted by id.
func Samples() ([]*Sample, error) {
	entries, err := fs.ReadDir(glasspoll.Samples(), ".")
	if err != nil {
		return nil, err
	}
	var samples []*Sample
	for _, e := range entries {
		if !questionnaire.IsFile(e.Name()) {
			continue
		}
		s, err := FindSample(strings.TrimSuffix(e.Name(), ".yaml"))
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// FindSample returns a sample by its id. The error is ErrNoSample if there is none.
func FindSample(id string) (*Sample, error) {
	name := id + ".yaml"
	if !fs.ValidPath(name) || !questionnaire.IsFile(name) {
		return nil, ErrNoSample
	}
	source, err := fs.ReadFile(glasspoll.Samples(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoSample
	}
	if err != nil {
		return nil, err
	}
	s, problems := questionnaire.Parse(name, source)
	if len(problems) > 0 {
		return nil, problems
	}
	return &Sample{source, s}, nil
}

// WithID returns the sample's source with another id, comments and all.
func (s *Sample) WithID(id string) ([]byte, error) {
	source := bytes.Replace(s.Source, []byte("id: "+s.Survey.ID+"\n"), []byte("id: "+id+"\n"), 1)
	if _, problems := questionnaire.Parse(s.Survey.ID, source); len(problems) > 0 {
		return nil, message.Errorf("'%s' cannot be the survey's id: %s", id, problems[0].Message)
	}
	return source, nil
}
