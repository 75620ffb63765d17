package records

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Blocks are blocks of one release of a period.
type Blocks struct {
	Release int
	Group   *string // key of their cohort; nil for all
}

// history reads the releases of a period, and the questionnaires of their parts by shape.
func history(ctx context.Context, records store.Records, s *survey.Survey, period string) (all []*release.Release, forms map[string]*survey.Survey, err error) {
	for r, err := range records.History(ctx, s.ID, period) {
		if err != nil {
			return nil, nil, err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, nil, message.Errorf("%s has no release of %s", s.ID, period)
	}
	versions := map[string]string{}
	for shape, p := range all[len(all)-1].Parts {
		versions[shape] = p.Version
	}
	forms, err = store.NewAnswered(records, s.ID, s).Forms(ctx, versions)
	return all, forms, err
}

// of returns the blocks that are meant, by part and cohort. It is an error if there are none, or one is annulled.
func (b Blocks) of(all []*release.Release) ([]release.Annulment, error) {
	if b.Release < 1 || b.Release > len(all) {
		return nil, message.Errorf("there is no release %d: the last one is %d", b.Release, len(all))
	}
	at, before := all[b.Release-1], &release.Release{}
	if b.Release > 1 {
		before = all[b.Release-2]
	}
	var found []release.Annulment
	for _, shape := range slices.Sorted(maps.Keys(at.Parts)) {
		for _, key := range slices.Sorted(maps.Keys(at.Parts[shape].Cohorts)) {
			more := at.Parts[shape].Cohorts[key].Respondents
			if was := before.Parts[shape]; was != nil && was.Cohorts[key] != nil {
				more -= was.Cohorts[key].Respondents
			}
			if more > 0 && shape != release.Legacy && (b.Group == nil || *b.Group == key) {
				found = append(found, release.Annulment{Release: b.Release, Shape: shape, Cohort: key, Respondents: more})
			}
		}
	}
	if len(found) == 0 {
		return nil, message.Errorf("release %d has made no such block, or was made by an earlier version, whose releases have none", b.Release)
	}
	for _, a := range all[len(all)-1].Annulled {
		for _, f := range found {
			if a.Release == f.Release && a.Shape == f.Shape && a.Cohort == f.Cohort {
				return nil, message.Errorf("blocks of release %d were annulled on %s", b.Release, a.Date)
			}
		}
	}
	return found, nil
}

// FindBlocks returns the blocks that [Annul] would take out.
func FindBlocks(ctx context.Context, records store.Records, s *survey.Survey, period string, b Blocks) ([]release.Annulment, error) {
	all, _, err := history(ctx, records, s, period)
	if err != nil {
		return nil, err
	}
	return b.of(all)
}

// annulTries bounds the tries to annul while publishers release more.
const annulTries = 20

// Annul takes blocks out of what is released, because their answers have turned out to be false, with what they were coded or
// stepped with. It returns the releases that say so: one, or, of a cohort of several parts, one of each.
func Annul(ctx context.Context, records store.Records, s *survey.Survey, period string, b Blocks, reason string, now time.Time) ([]*release.Release, error) {
	found, err := FindBlocks(ctx, records, s, period, b)
	if err != nil {
		return nil, err
	}
	ofs := []*release.Annulment{nil}
	if b.Group != nil {
		ofs = nil
		for i := range found {
			ofs = append(ofs, &found[i])
		}
	}
	var made []*release.Release
	for _, of := range ofs {
		r, err := annul(ctx, records, s, period, b.Release, of, reason, now)
		if err != nil {
			return made, err
		}
		made = append(made, r)
	}
	return made, nil
}

func annul(ctx context.Context, records store.Records, s *survey.Survey, period string, number int, of *release.Annulment, reason string, now time.Time) (*release.Release, error) {
	for range annulTries {
		t, revision, err := records.Tally(ctx, s.ID, period)
		if err != nil {
			return nil, err
		}
		all, forms, err := history(ctx, records, s, period)
		if err != nil {
			return nil, err
		}
		r, err := release.Annul(all, forms, number, of, reason, string(s.DateAt(now)))
		if err != nil {
			return nil, err
		}
		if t != nil && t.Release == len(all) {
			t.Release = r.Number // who waits, waits on
		} else {
			t = tally.Restart(t) // the next publisher folds the log again
		}
		switch err := records.Append(ctx, r, t, revision); {
		case errors.Is(err, store.ErrStale):
			continue
		case err != nil:
			return nil, err
		}
		return r, nil
	}
	return nil, message.Errorf("releases of %s %s: %w %d times: try again", s.ID, period, store.ErrStale, annulTries)
}
