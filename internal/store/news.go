package store

import (
	"context"

	"glasspoll/internal/news"
)

// Outbox keeps the news that has not been delivered to everybody who wants it.
type Outbox interface {
	// News returns all items of a survey that are in the outbox, in the order of their ids. Each says whether its case has
	// been withdrawn since. The read is strongly consistent.
	News(ctx context.Context, survey string) ([]news.Item, error)

	// SaveNews replaces an item if its revision is still the one that was read, else it returns ErrStale.
	SaveNews(ctx context.Context, i news.Item) error

	// RemoveNews takes an item out of the outbox. It is no error if it is not in it.
	RemoveNews(ctx context.Context, survey, id string) error
}

// Announcer puts news into the outbox that no change of a case brings with it.
type Announcer interface {
	// AddNews stores an item, durably, unless there is one with its id, and reports whether it did.
	AddNews(ctx context.Context, i news.Item) (added bool, err error)
}
