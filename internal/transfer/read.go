package transfer

import (
	"context"
	"errors"
	"iter"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
)

// batchSize is the number of responses that are stored at once.
const batchSize = 1000

// maxReads bounds the private answers that are read at the same time: each is a read of its own.
const maxReads = 32

// readable is what is read of either store.
type readable interface {
	store.Definitions
	store.Log
	store.PrivateAnswers
}

// reader reads a survey's responses together with their private answers. It may be used by one goroutine.
type reader struct {
	store   readable
	survey  string
	private map[string]bool // by version: some questions are private
}

func newReader(s readable, survey string) *reader {
	return &reader{s, survey, map[string]bool{}}
}

// batches yields the entries of a period after a cursor, up to another one, in order. A batch is the caller's own. It stops
// at the first error, which it yields.
func (r *reader) batches(ctx context.Context, period, after, until string) iter.Seq2[[]store.Entry, error] {
	return func(yield func([]store.Entry, error) bool) {
		if after >= until {
			return
		}
		var batch []store.Entry
		for entry, err := range r.store.After(ctx, r.survey, period, after) {
			if err != nil {
				yield(nil, err)
				return
			}
			if entry.Cursor > until {
				break
			}
			if batch = append(batch, entry); len(batch) < batchSize {
				continue
			}
			if !r.yield(ctx, batch, yield) {
				return
			}
			batch = make([]store.Entry, 0, batchSize)
		}
		if len(batch) > 0 {
			r.yield(ctx, batch, yield)
		}
	}
}

// yield yields a batch with its private answers, and reports whether there are to be more.
func (r *reader) yield(ctx context.Context, batch []store.Entry, yield func([]store.Entry, error) bool) bool {
	if err := r.addPrivate(ctx, batch); err != nil {
		yield(nil, err)
		return false
	}
	return yield(batch, nil)
}

// addPrivate reads the private answers of those responses that can have any.
func (r *reader) addPrivate(ctx context.Context, batch []store.Entry) error {
	workers, within := errgroup.WithContext(ctx)
	workers.SetLimit(maxReads)
	for i := range batch {
		response := &batch[i].Response
		if response.Withdrawn {
			continue
		}
		private, err := r.hasPrivate(ctx, response.Version)
		if err != nil {
			workers.Go(func() error { return err })
			break
		}
		if !private {
			continue
		}
		workers.Go(func() (err error) {
			response.Private, err = r.store.Private(within, r.survey, response.Period, response.ID)
			return err
		})
	}
	return workers.Wait()
}

// hasPrivate reports whether responses to a version may have private answers. Of a version that is not stored, that is not
// known.
func (r *reader) hasPrivate(ctx context.Context, version string) (bool, error) {
	if private, known := r.private[version]; known {
		return private, nil
	}
	private := false
	s, err := r.store.Definition(ctx, r.survey, version)
	switch {
	case version == "" || errors.Is(err, store.ErrUnknown):
		private = true
	case err != nil:
		return false, err
	default:
		private = s.HasPrivate()
	}
	r.private[version] = private
	return private, nil
}
