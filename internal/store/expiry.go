package store

import "context"

// Expirer deletes responses whose retention time is over. A back end that deletes them by itself has none.
type Expirer interface {
	// Expire deletes entries from the log of a survey's period, with their private answers, what corrections say of them and,
	// unless they are tombstones by now, their ids: all or nothing, durably. The caller bounds how many they are. It returns
	// how many it has deleted: one that is gone already is none of them. It returns ErrStale, and deletes nothing, if the
	// period's tally has not the given revision: whoever expires a response must know that the tally has counted it, because
	// nothing else tells of it afterwards.
	Expire(ctx context.Context, survey, period string, entries []Entry, revision int) (deleted int, err error)

	// Expired returns how many entries of a period have been deleted so far.
	Expired(ctx context.Context, survey, period string) (int64, error)
}
