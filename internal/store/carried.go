package store

import (
	"context"
	"strconv"

	"glasspoll/internal/message"
)

// Carried returns how many responses of a period a store has never had: they had been deleted after a retention time in the
// store that it was moved from, whose tally it has.
func Carried(ctx context.Context, p Progress, survey, period string) (int64, error) {
	text, err := p.Progress(ctx, carriedName(survey, period))
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, message.Errorf("responses of %s %s that another store has deleted: %w", survey, period, err)
	}
	return n, nil
}

// SaveCarried saves what Carried returns.
func SaveCarried(ctx context.Context, p Progress, survey, period string, n int64) error {
	return p.SaveProgress(ctx, carriedName(survey, period), strconv.FormatInt(n, 10))
}

func carriedName(survey, period string) string { return "carried/" + survey + "/" + period }
