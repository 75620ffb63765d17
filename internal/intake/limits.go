package intake

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/limit"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// Limits bound how fast answers without an invitation, which is a limit of its own, come from one range of addresses. Whoever is
// over the limit is asked for a little work or, without a script, to wait; nobody is refused for good. No address is exempt.
type Limits struct {
	Meter   *limit.Meter
	Days    store.DaySecrets
	Origins store.Origins
	Rates   store.Rates // nil: no other process takes answers

	crowds  crowds
	derived atomic.Pointer[derivedKeys]
}

// derivedKeys are keys, and the secret that they follow from.
type derivedKeys struct {
	secret []byte
	keys   limit.Keys
}

// keysOf returns the keys that follow from a secret, which is nearly always the same.
func (l *Limits) keysOf(secret []byte) limit.Keys {
	known := l.derived.Load()
	if known == nil || !hmac.Equal(known.secret, secret) {
		known = &derivedKeys{secret, limit.NewKeys(secret)}
		l.derived.Store(known)
	}
	return known.keys
}

// NewLimits returns the limits of a process that takes answers alone, or with others that Rates, if it is set, lets it know of.
func NewLimits(days store.DaySecrets, origins store.Origins) *Limits {
	return &Limits{Meter: limit.NewMeter(limit.Usual, store.NewSecret()), Days: days, Origins: origins}
}

// passes reports whether the answers are to be stored, which have come without an invitation, and notes how they came. If they are not, it
// replies that they are to be sent again, after some work or a wait.
func (s *submission) passes(ctx context.Context, r *answer.Response) bool {
	if s.Limits == nil {
		return true
	}
	r.Quality.Flags |= answer.Watched | s.visibleFlags() | s.ruleFlags()
	if !s.passesMeter(ctx, r) {
		return false
	}
	r.Quality.Flags |= s.dayFlags()
	return true
}

// passesMeter is passes as far as it follows from how much comes from one range.
func (s *submission) passesMeter(ctx context.Context, r *answer.Response) bool {
	keys, known := s.keys(ctx)
	if !known {
		return true
	}
	seal, isSealed := s.openSeal(keys)
	if isSealed && !seal.Rendered.IsZero() && s.mayBeTraced() {
		r.Quality.Seconds = answer.CoarseSeconds(s.now.Sub(seal.Rendered))
	}
	from := limit.Range(s.Client(s.r))
	level := s.Limits.Meter.Level(s.current.ID, from, s.now)
	counted := !level.IsOver()
	if counted {
		level = s.countOne(ctx, s.current.ID, from)
	}
	if level.IsNoticed() && s.mayBeTraced() {
		s.traced = from
	}
	if !level.IsOver() {
		return true
	}
	r.Quality.Flags |= answer.Rate
	switch {
	case keys.IsSolved(s.posted.Work, s.current.ID, s.posted.ID, level.Difficulty(), s.now):
	case isSealed && !seal.Wait.IsZero() && !s.now.Before(seal.Wait):
		r.Quality.Flags |= answer.NoWork
	default:
		s.demand(keys, level, seal)
		return false
	}
	if !counted {
		s.countOne(ctx, s.current.ID, from)
	}
	return true
}

// keys returns the keys of what the handler signs; false if there is no secret to derive them from.
func (s *submission) keys(ctx context.Context) (limit.Keys, bool) {
	secret, err := s.Secrets.Secret(ctx)
	if err != nil {
		if !errors.Is(err, store.ErrNoSecret) {
			s.Log.Warn("secret not read, so answers are not limited", "survey", s.current.ID, "error", err)
		}
		return limit.Keys{}, false
	}
	return s.Limits.keysOf(secret), true
}

// mayBeTraced reports whether it may be kept, for a time, which answers came from one range, and how long after the page. Where nothing may join a
// person and an answer it may not, whoever has sent them.
func (s *submission) mayBeTraced() bool {
	return !s.current.IsUntraceable() && !s.answered.IsUntraceable()
}

// countOne counts one of what is counted together, such as answers to a survey, and returns the level without it. Only a range that
// this process has noticed is looked up among those that all processes know of, so that an ordinary answer costs no further write.
func (s *submission) countOne(ctx context.Context, of, from string) limit.Level {
	l := s.Limits
	level := l.Meter.Add(of, from, s.now)
	if l.Rates == nil || !level.IsNoticed() {
		return level
	}
	label, err := s.label(ctx, of, from)
	var used time.Time
	if err == nil {
		used, err = l.Rates.Advance(ctx, label, s.now, limit.Usual.Interval)
	}
	if err != nil {
		s.Log.Warn("the rate of a range is known to this process alone", "survey", s.current.ID, "error", err)
		return level
	}
	l.Meter.Raise(of, from, used, s.now)
	return level.Max(limit.Usual.LevelAt(used.Add(-limit.Usual.Interval), s.now))
}

func (s *submission) label(ctx context.Context, of, from string) (string, error) {
	secret, err := s.Limits.Days.DaySecret(ctx, s.now)
	if err != nil {
		return "", err
	}
	return limit.Label(secret, of, from), nil
}

// trace keeps for review, apart from the answers and for a time, that they came from a range that has sent more than people do. It may be lost.
func (s *submission) trace(ctx context.Context, id string) {
	if s.traced == "" {
		return
	}
	label, err := s.label(ctx, s.current.ID, s.traced)
	if err == nil {
		err = s.Limits.Origins.PutOrigin(ctx, s.current.ID, id, label)
	}
	if err != nil {
		s.Log.Warn("the range of an answer is not kept for review", "survey", s.current.ID, "error", err)
	}
}

// fallbackWait is after how many seconds the script sends the answers again although its work is not done, or cannot be.
const fallbackWait = 60

// demand replies that the range is over its rate: to the script with work, to a plain form with the time after which it can be sent again.
func (s *submission) demand(keys limit.Keys, level limit.Level, before limit.Seal) {
	if s.posted.ID == "" {
		s.posted.ID = randomKey().String()
	}
	if before.Wait.IsZero() {
		before.Wait = s.now.Add(level.Wait())
	}
	left := int(before.Wait.Sub(s.now)/time.Second) + 1
	problem := answer.Problem{Code: answer.Busy, Args: []any{"seconds", left}}
	if s.isForm {
		s.seal = before
		s.form(http.StatusTooManyRequests, render.SurveyPage{Notice: []answer.Problem{problem}}, "Retry-After", strconv.Itoa(left))
		return
	}
	s.w.Header().Set("Retry-After", strconv.Itoa(max(left, fallbackWait)))
	s.writeJSON(s.w, http.StatusTooManyRequests, map[string]any{
		"problems": s.problemList(s.language(), []answer.Problem{problem}),
		"work": work{
			Challenge: keys.Challenge(s.current.ID, s.posted.ID, level.Difficulty(), s.now),
			Script:    rootOf(s.r.URL.Path) + s.Renderer.WorkScript(),
			Say:       s.Renderer.Message(s.language(), answer.Problem{Code: answer.Working, Args: []any{"percent", "{n}"}}),
			Seal:      keys.Seal(before, s.current.ID, s.posted.ID),
			Wait:      left,
		},
	})
}

// work is what is asked of a script: to solve the challenge, or to send the answers again with the seal after the wait.
type work struct {
	Challenge string `json:"challenge"`
	Script    string `json:"script"` // from the address of the request
	Say       string `json:"say"`    // meanwhile, with {n} for percent
	Seal      string `json:"seal"`
	Wait      int    `json:"wait"` // seconds
}

// openSeal reads the seal that has come with the answers.
func (s *submission) openSeal(keys limit.Keys) (limit.Seal, bool) {
	return keys.Open(cmp.Or(s.posted.Seal, s.r.URL.Query().Get(render.SealQuery)), s.current.ID, s.posted.ID, s.now)
}

// sealOf returns the seal of a form that is rendered for an id; "" if there is nothing to seal, or no secret to seal it with.
func (s *submission) sealOf(id string) string {
	if s.Limits == nil {
		return ""
	}
	keys, known := s.keys(s.r.Context())
	if !known {
		return ""
	}
	seal := s.seal
	if seal.Rendered.IsZero() {
		seal, _ = s.openSeal(keys)
		if id != s.posted.ID || !s.seal.Wait.IsZero() { // with another id it is another submission
			seal.Wait = s.seal.Wait
		}
	}
	if !s.mayBeTraced() {
		seal.Rendered = time.Time{}
	}
	if seal == (limit.Seal{}) {
		return ""
	}
	return keys.Seal(seal, s.current.ID, id)
}

// ruleFlags returns what there is to note of the rules, if the questionnaire that was answered has others than the one in force.
func (s *submission) ruleFlags() answer.Flags {
	if s.answered.HasRulesOf(s.current) {
		return 0
	}
	return answer.OldRules
}

// visibleFlags returns what the request itself shows of who sends it.
func (s *submission) visibleFlags() (flags answer.Flags) {
	if s.posted.Website != "" {
		flags |= answer.Honeypot
	}
	if s.isForm && s.isFromElsewhere() { // no page of another site can send JSON
		flags |= answer.CrossSite
	}
	return flags
}
