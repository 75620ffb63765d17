package intake

import (
	"context"
	"net/http"
	"sync"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// Steps counts how far invitations have come, each step once for each of those that this process remembers. A count is lost
// rather than a request.
type Steps struct {
	counters store.Counters

	mu          sync.Mutex
	young, aged map[reached]struct{} // of which aged is forgotten when young is full
}

// reached is a step of one invitation.
type reached struct {
	step invitation.Step
	hash invitation.Hash
}

// maxRemembered bounds the steps that are remembered, twice.
const maxRemembered = 10_000

// NewSteps returns a Steps over counters.
func NewSteps(counters store.Counters) *Steps { return &Steps{counters: counters} }

// isNew remembers a step, and reports whether it is not remembered already.
func (c *Steps) isNew(r reached) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, isYoung := c.young[r]
	_, isAged := c.aged[r]
	if isYoung || isAged {
		return false
	}
	if c.young == nil || len(c.young) >= maxRemembered {
		c.young, c.aged = map[reached]struct{}{}, c.young
	}
	c.young[r] = struct{}{}
	return true
}

// count counts steps of an invitation to the survey that the request is about, at the same time, so that a store can write them
// together.
func (s *submission) count(ctx context.Context, i *invitee, steps ...invitation.Step) {
	if s.Steps == nil {
		return
	}
	var group sync.WaitGroup
	for _, step := range steps {
		if s.Steps.isNew(reached{step, i.invitation.Hash}) {
			group.Go(func() { s.countStep(ctx, i.invitation, step) })
		}
	}
	group.Wait()
}

// countStep adds one to the counter of a step.
func (s *submission) countStep(ctx context.Context, i invitation.Invitation, step invitation.Step) {
	name := invitation.CounterOf(s.current, i, step, s.current.DateAt(s.now), s.current.PeriodAt(s.now)).Name()
	if err := s.Steps.counters.Count(ctx, s.current.ID, name); err != nil {
		s.Log.Warn("a step of an invitation is not counted", "survey", s.current.ID, "error", err)
	}
}

// serveOpened counts a form that a browser's script says was opened. The reply is the same whatever is counted.
func (s *submission) serveOpened() {
	if !s.readInvitation() {
		return
	}
	if i, err := s.linked(s.posted.Invitation.Reveal()); err == nil {
		if _, _, unusable := s.unusable(i.invitation, s.now); !unusable {
			s.count(s.r.Context(), i, invitation.Opened)
		}
	}
	s.header(http.StatusNoContent, "")
}

// countSent counts that somebody has sent something by an invitation, and whether the answers are stored since.
func (s *submission) countSent(ctx context.Context, created bool) {
	switch {
	case s.spent != nil && created && s.Steps != nil:
		s.countStep(ctx, invitation.Invitation{Period: s.spent.key.Period}, invitation.Completed) // of an invitation that nobody knows
	case s.invited == nil:
	case created:
		s.count(ctx, s.invited, invitation.Started, invitation.Completed)
	default:
		s.count(ctx, s.invited, invitation.Started)
	}
}
