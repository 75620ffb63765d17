package transfer_test

import (
	"context"
	"iter"
	"sync"

	"glasspoll/internal/answer"
	"glasspoll/internal/blind"
	"glasspoll/internal/cases"
	"glasspoll/internal/invitation"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// calls counts the calls of a run, and decides what happens at each.
type calls struct {
	mu     sync.Mutex
	n      int
	before func(n int) error // the call is not made if it returns an error
	after  func(n int) error // the call has been made, but fails if it returns an error
}

func (c *calls) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func (c *calls) begin(n int) error {
	if c.before == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.before(n)
}

func (c *calls) end(n int) error {
	if c.after == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.after(n)
}

// do makes a call.
func do[T any](c *calls, call func() (T, error)) (result T, err error) {
	n := c.next()
	if err := c.begin(n); err != nil {
		return result, err
	}
	value, err := call()
	if failed := c.end(n); failed != nil {
		return result, failed
	}
	return value, err
}

func doOnly(c *calls, call func() error) error {
	_, err := do(c, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// each makes a call that yields. It fails before the first item, or after it.
func each[T any](c *calls, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		n := c.next()
		if err := c.begin(n); err != nil {
			yield(none, err)
			return
		}
		for item, err := range all {
			if !yield(item, err) {
				return
			}
			if err := c.end(n); err != nil {
				yield(none, err)
				return
			}
		}
		if err := c.end(n); err != nil {
			yield(none, err)
		}
	}
}

// hooked is a store whose calls are counted.
type hooked struct {
	calls  *calls
	memory *storetest.Memory
	hidden map[string]bool // ids of responses that were deleted after a retention time
}

func (h *hooked) StoreDefinition(ctx context.Context, s *survey.Survey) error {
	return doOnly(h.calls, func() error { return h.memory.StoreDefinition(ctx, s) })
}

func (h *hooked) PutDefinition(ctx context.Context, s *survey.Survey) error {
	return doOnly(h.calls, func() error { return h.memory.PutDefinition(ctx, s) })
}

func (h *hooked) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	return do(h.calls, func() (*survey.Survey, error) { return h.memory.Definition(ctx, id, version) })
}

func (h *hooked) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return each(h.calls, h.memory.Decisions(ctx, survey, period))
}

func (h *hooked) Decide(ctx context.Context, survey, period string, d review.Decisions, t *tally.Tally, revision int) error {
	return doOnly(h.calls, func() error { return h.memory.Decide(ctx, survey, period, d, t, revision) })
}

func (h *hooked) PrivateCorrections(ctx context.Context, survey, id string) (review.PrivateCorrections, error) {
	return do(h.calls, func() (review.PrivateCorrections, error) { return h.memory.PrivateCorrections(ctx, survey, id) })
}

func (h *hooked) ImportDecisions(ctx context.Context, survey, period string, d review.Decisions) (bool, error) {
	return do(h.calls, func() (bool, error) { return h.memory.ImportDecisions(ctx, survey, period, d) })
}

func (h *hooked) Surveys(ctx context.Context) ([]string, error) {
	return do(h.calls, func() ([]string, error) { return h.memory.Surveys(ctx) })
}

func (h *hooked) Versions(ctx context.Context, survey string) ([]string, error) {
	return do(h.calls, func() ([]string, error) { return h.memory.Versions(ctx, survey) })
}

func (h *hooked) Collect(ctx context.Context, survey string, periods ...string) error {
	return doOnly(h.calls, func() error { return h.memory.Collect(ctx, survey, periods...) })
}

func (h *hooked) Periods(ctx context.Context, survey string) ([]string, error) {
	return do(h.calls, func() ([]string, error) { return h.memory.Periods(ctx, survey) })
}

func (h *hooked) Ends(ctx context.Context, survey string) (map[string]string, error) {
	return do(h.calls, func() (map[string]string, error) { return h.memory.Ends(ctx, survey) })
}

func (h *hooked) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return each(h.calls, func(yield func(store.Entry, error) bool) {
		for e, err := range h.memory.After(ctx, survey, period, cursor) {
			if err == nil && h.hidden[e.Response.ID] {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	})
}

func (h *hooked) Private(ctx context.Context, survey, period, id string) ([]answer.Answer, error) {
	return do(h.calls, func() ([]answer.Answer, error) { return h.memory.Private(ctx, survey, period, id) })
}

func (h *hooked) Tally(ctx context.Context, survey, period string) (*tally.Tally, int, error) {
	revision := 0
	t, err := do(h.calls, func() (t *tally.Tally, err error) {
		t, revision, err = h.memory.Tally(ctx, survey, period)
		return t, err
	})
	return t, revision, err
}

func (h *hooked) SaveTally(ctx context.Context, survey, period string, t *tally.Tally, revision int) error {
	return doOnly(h.calls, func() error { return h.memory.SaveTally(ctx, survey, period, t, revision) })
}

func (h *hooked) Latest(ctx context.Context, survey string) ([]*release.Release, error) {
	return do(h.calls, func() ([]*release.Release, error) { return h.memory.Latest(ctx, survey) })
}

func (h *hooked) Append(ctx context.Context, r *release.Release, t *tally.Tally, revision int) error {
	return doOnly(h.calls, func() error { return h.memory.Append(ctx, r, t, revision) })
}

func (h *hooked) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return each(h.calls, h.memory.History(ctx, survey, period))
}

func (h *hooked) OpenCase(ctx context.Context, c *cases.Case, also ...news.Item) (bool, error) {
	return do(h.calls, func() (bool, error) { return h.memory.OpenCase(ctx, c, also...) })
}

func (h *hooked) CasesOf(ctx context.Context, survey string) ([]*cases.Case, error) {
	return do(h.calls, func() ([]*cases.Case, error) { return h.memory.CasesOf(ctx, survey) })
}

func (h *hooked) SaveCase(ctx context.Context, c *cases.Case, also ...news.Item) error {
	return doOnly(h.calls, func() error { return h.memory.SaveCase(ctx, c, also...) })
}

func (h *hooked) News(ctx context.Context, survey string) ([]news.Item, error) {
	return do(h.calls, func() ([]news.Item, error) { return h.memory.News(ctx, survey) })
}

func (h *hooked) SaveNews(ctx context.Context, i news.Item) error {
	return doOnly(h.calls, func() error { return h.memory.SaveNews(ctx, i) })
}

func (h *hooked) RemoveNews(ctx context.Context, survey, id string) error {
	return doOnly(h.calls, func() error { return h.memory.RemoveNews(ctx, survey, id) })
}

func (h *hooked) AddNews(ctx context.Context, i news.Item) (bool, error) {
	return do(h.calls, func() (bool, error) { return h.memory.AddNews(ctx, i) })
}

func (h *hooked) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return do(h.calls, func() ([]store.Entry, error) { return h.memory.Find(ctx, id) })
}

func (h *hooked) Erase(ctx context.Context, survey, id string, keep []string) (bool, error) {
	return do(h.calls, func() (bool, error) { return h.memory.Erase(ctx, survey, id, keep) })
}

func (h *hooked) Stored(ctx context.Context, survey, id string) (*store.Stored, error) {
	return do(h.calls, func() (*store.Stored, error) { return h.memory.Stored(ctx, survey, id) })
}

func (h *hooked) Import(ctx context.Context, survey, period string, entries []store.Entry) (int, error) {
	return do(h.calls, func() (int, error) { return h.memory.Import(ctx, survey, period, entries) })
}

func (h *hooked) PutInvitations(ctx context.Context, all []invitation.Invitation) (int, error) {
	return do(h.calls, func() (int, error) { return h.memory.PutInvitations(ctx, all) })
}

func (h *hooked) WithdrawInvitations(ctx context.Context, hashes []invitation.Hash) (int, error) {
	return do(h.calls, func() (int, error) { return h.memory.WithdrawInvitations(ctx, hashes) })
}

func (h *hooked) InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error] {
	return each(h.calls, h.memory.InvitationsOf(ctx, survey))
}

func (h *hooked) Counted(ctx context.Context, survey string) (map[string]int64, error) {
	return do(h.calls, func() (map[string]int64, error) { return h.memory.Counted(ctx, survey) })
}

func (h *hooked) Raise(ctx context.Context, survey string, counts map[string]int64) error {
	return doOnly(h.calls, func() error { return h.memory.Raise(ctx, survey, counts) })
}

func (h *hooked) Progress(ctx context.Context, name string) (string, error) {
	return do(h.calls, func() (string, error) { return h.memory.Progress(ctx, name) })
}

func (h *hooked) SaveProgress(ctx context.Context, name, value string) error {
	return doOnly(h.calls, func() error { return h.memory.SaveProgress(ctx, name, value) })
}

func (h *hooked) PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error {
	_, err := do(h.calls, func() (struct{}, error) { return struct{}{}, h.memory.PutSigningKeys(ctx, survey, keys) })
	return err
}

func (h *hooked) SigningKey(ctx context.Context, survey, id string) (blind.Private, error) {
	return do(h.calls, func() (blind.Private, error) { return h.memory.SigningKey(ctx, survey, id) })
}

func (h *hooked) SigningKeysOf(ctx context.Context, survey string) ([]blind.Private, error) {
	return do(h.calls, func() ([]blind.Private, error) { return h.memory.SigningKeysOf(ctx, survey) })
}

func (h *hooked) Withdrawals(ctx context.Context, survey string) ([]string, error) {
	return do(h.calls, func() ([]string, error) { return h.memory.Withdrawals(ctx, survey) })
}

func (h *hooked) Withdraw(ctx context.Context, survey, id string) (store.Withdrawal, error) {
	return do(h.calls, func() (store.Withdrawal, error) { return h.memory.Withdraw(ctx, survey, id) })
}
