package project

import (
	"errors"
	"io/fs"
	"os"

	"glasspoll/internal/survey"
)

// ReadActions returns the measures and quotes of all surveys in a directory of questionnaires, by id. Without the directory there
// are none.
func ReadActions(dir string) (map[string]survey.Actions, error) {
	l := NewLibrary(dir)
	_, _, err := l.Read()
	if empty := new(EmptyError); err != nil && !errors.As(err, &empty) {
		if _, statErr := os.Stat(dir); !errors.Is(statErr, fs.ErrNotExist) {
			return nil, err
		}
	}
	return l.Actions(), nil
}
