package store

import (
	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
)

// CheckResponse checks what every back end needs of a response that is to be stored.
func CheckResponse(r answer.Response) error {
	if r.ID == "" || r.Survey == "" || r.Period == "" {
		return message.Errorf("a response without id, survey or period")
	}
	return nil
}

// CheckNext checks that a release follows the last one of its period, or none if last is 0. Stale says that its number is
// taken.
func CheckNext(r *release.Release, last int) (stale bool, err error) {
	switch {
	case r.Number >= 1 && r.Number <= last:
		return true, nil
	case r.Number != last+1:
		return false, message.Errorf("release %d of %s %s does not follow release %d", r.Number, r.Survey, r.Period, last)
	}
	return false, nil
}
