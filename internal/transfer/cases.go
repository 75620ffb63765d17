package transfer

import (
	"context"
	"errors"
	"slices"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// attempts bounds the tries of what others may change meanwhile.
const attempts = 20

// cases carries the cases that the target lacks, and what the source has in its outbox. A case that is in the target stays as
// it is, unless the source's respondent has withdrawn.
func (o *one) cases(ctx context.Context) error {
	for range attempts {
		err := o.casesOnce(ctx)
		if !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return message.Errorf("cases: %w %d times", store.ErrStale, attempts)
}

func (o *one) casesOnce(ctx context.Context) error {
	// First the cases, then what is in the outbox: what is delivered in between is not sent again.
	all, err := o.from.CasesOf(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	waiting, err := o.from.News(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	there := map[string]*cases.Case{}
	theirs, err := o.to.CasesOf(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	for _, c := range theirs {
		there[c.ID] = c
	}
	about := map[string][]news.Item{} // by case
	for _, i := range waiting {
		about[i.CaseID()] = append(about[i.CaseID()], i)
	}
	for _, c := range all {
		mine := there[c.ID]
		if !o.write {
			if mine == nil {
				o.differs("%s: case %s is missing", o.survey.ID, c.ID)
			}
			continue
		}
		if err := o.carryCase(ctx, c, mine, about[c.ID]); err != nil {
			return err
		}
	}
	if !o.write {
		return nil
	}
	return o.news(ctx, waiting)
}

// carryCase carries a case with the news about it; mine is the target's (nil: none).
func (o *one) carryCase(ctx context.Context, c, mine *cases.Case, also []news.Item) error {
	if mine == nil {
		opened, err := o.to.OpenCase(ctx, c, also...)
		if opened {
			o.report.Cases++
		}
		return err
	}
	if !c.Withdrawn || mine.Withdrawn {
		return nil
	}
	mine.Withdraw(o.options.Now())
	return o.to.SaveCase(ctx, mine)
}

// news carries what the source has in its outbox; of cases only while the survey is not in force in the target, which tells
// nobody anything and opens nothing until then: what the source has delivered since is taken out.
func (o *one) news(ctx context.Context, waiting []news.Item) error {
	there, err := o.to.News(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	has := func(in []news.Item, id string) bool {
		return slices.ContainsFunc(in, func(i news.Item) bool { return i.ID == id })
	}
	for _, i := range waiting {
		if has(there, i.ID) || i.Case != nil && o.inForce {
			continue
		}
		if _, err := o.to.AddNews(ctx, i); err != nil {
			return err
		}
	}
	for _, i := range there {
		if !o.inForce && !has(waiting, i.ID) {
			if err := o.to.RemoveNews(ctx, o.survey.ID, i.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
