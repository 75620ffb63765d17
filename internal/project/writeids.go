package project

import (
	"errors"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

// WriteIDs puts the ids of options and rows that have none into the file, as it was when it was read, and lists them. A file
// with problems, or one that has been changed meanwhile, is left as it is.
func (q *Questionnaire) WriteIDs() ([]questionnaire.MadeID, questionnaire.Problems, error) {
	written, made, problems := questionnaire.WriteIDs(q.Path, q.Source)
	if len(made) == 0 || len(problems) > 0 {
		return nil, problems, nil
	}
	err := durable.Replace(q.Path, q.Source, written)
	if errors.Is(err, durable.ErrChanged) {
		err = message.Errorf("%s has been changed while its ids were made: run the command again", q.Path)
	}
	if err != nil {
		return nil, nil, err
	}
	return made, nil, nil
}

// MissingIDs lists the options and rows that have no id.
func (q *Questionnaire) MissingIDs() []questionnaire.MadeID {
	return questionnaire.MissingIDs(q.Path, q.Source)
}
