package transfer

import (
	"context"
	"errors"
	"iter"
	"reflect"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// decisions carries what persons have decided of the period's responses, in their order, with their numbers.
func (p *period) decisions(ctx context.Context) error {
	from, ok := p.from.(store.DecisionReader) // one of an earlier form has none
	if !ok {
		return nil
	}
	if !p.write {
		return p.compareDecisions(ctx, from)
	}
	for d, err := range from.Decisions(ctx, p.survey.ID, p.name) {
		if err != nil {
			return err
		}
		if d, err = withPrivate(ctx, from, p.survey.ID, d); err != nil {
			return err
		}
		if _, err := p.to.ImportDecisions(ctx, p.survey.ID, p.name, d); err != nil {
			return err
		}
	}
	return nil
}

// withPrivate returns decisions with the private answers of a correction.
func withPrivate(ctx context.Context, from store.DecisionReader, survey string, d review.Decisions) (review.Decisions, error) {
	private, ok := from.(store.PrivateCorrections)
	if d.Correction == nil || !ok {
		return d, nil
	}
	all, err := store.AddPrivate(ctx, private, survey, d.IDs[0], []review.Decisions{d})
	if err != nil {
		return d, err
	}
	return all[0], nil
}

// compareDecisions says how many decisions the target lacks, or has others in place of. What was erased in either says nothing.
func (p *period) compareDecisions(ctx context.Context, from store.DecisionReader) error {
	next, stop := iter.Pull2(p.to.Decisions(ctx, p.survey.ID, p.name))
	defer stop()
	missing := 0
	for d, err := range from.Decisions(ctx, p.survey.ID, p.name) {
		if err != nil {
			return err
		}
		mine, err, there := next()
		if err != nil {
			return err
		}
		same := there && mine.Equal(d)
		if same && d.Correction != nil && !d.Correction.Erased && !mine.Correction.Erased {
			if d, err = withPrivate(ctx, from, p.survey.ID, d); err == nil {
				mine, err = withPrivate(ctx, p.to, p.survey.ID, mine)
			}
			if err != nil {
				return err
			}
			same = reflect.DeepEqual(d.Correction, mine.Correction)
		}
		if !same {
			missing++
		}
	}
	if missing > 0 {
		p.differs("%s %s: %d decisions about responses are missing", p.survey.ID, p.name, missing)
	}
	return nil
}

// foldDecisions folds decisions into the target's tally that were carried after it, or after the responses were counted there.
func (p *period) foldDecisions(ctx context.Context) error {
	for range attempts {
		t, revision, err := p.to.Tally(ctx, p.survey.ID, p.name)
		if err != nil || t == nil || t.Cursor == "" {
			return err // the publisher counts everything, with the decisions
		}
		before := t.Decided
		if err := p.foldInto(ctx, t); err != nil || t.Decided == before {
			return err
		}
		if err := p.to.SaveTally(ctx, p.survey.ID, p.name, t, revision); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return message.Errorf("the tally: %w %d times", store.ErrStale, attempts)
}

// foldInto folds the decisions into a tally that are not in it.
func (p *period) foldInto(ctx context.Context, t *tally.Tally) error {
	versions := p.versions()
	known, err := store.SettledOf(ctx, p.to, p.survey.ID, p.name)
	if err != nil {
		return err
	}
	if err := known.ReadDecisionsUpTo(ctx, p.to, p.survey.ID, p.name, t.Decided); err != nil {
		return err
	}
	for d, err := range p.to.Decisions(ctx, p.survey.ID, p.name) {
		if err != nil {
			return err
		}
		if d.Number <= t.Decided {
			continue
		}
		for _, id := range d.IDs {
			stored, err := p.to.Stored(ctx, p.survey.ID, id)
			if err != nil {
				return err
			}
			if stored == nil || stored.Entry.Response.Period != p.name {
				continue
			}
			answered, err := versions.Survey(ctx, stored.Entry.Response.Version)
			if err != nil {
				return err
			}
			if d.Correction != nil {
				known.Correct(t, answered, stored.Entry, d)
				continue
			}
			t.Decide(answered, known.Came(answered, stored.Entry), stored.Entry.Response, store.DecisionOf(d, answered))
		}
		known.Decide(d)
		t.Decided = d.Number
	}
	return nil
}
