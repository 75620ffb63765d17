package records

import (
	"context"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// SegmentFields returns the fields by which a response is counted in groups: those of its own questionnaire, of today's,
// and of that of what an earlier version has released of its period. Its tombstone keeps them.
func SegmentFields(ctx context.Context, records store.Records, r answer.Response) ([]string, error) {
	var fields []string
	add := func(name string) {
		if !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	for _, version := range []string{r.Version, ""} {
		s, err := records.Definition(ctx, r.Survey, version)
		if err != nil {
			return nil, message.Errorf("the questionnaire of %s: %w", r.Survey, err)
		}
		addSegments(s, add)
	}
	latest, err := records.Latest(ctx, r.Survey)
	if err != nil {
		return nil, err
	}
	for _, released := range latest {
		if form := released.LegacyForm(); released.Period == r.Period && form != nil {
			addSegments(form, add)
		}
	}
	return fields, nil
}

func addSegments(s *survey.Survey, add func(name string)) {
	for _, f := range s.Segments() {
		if f.Counted() {
			add(f.Name)
		}
	}
}
