package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Schedule verifies all periods of all surveys again and again, in rounds. A round may be interrupted, and goes on with the
// next period when it is run again, in this process or another one.
type Schedule struct {
	Records  store.Records
	Progress store.Progress
	Now      func() time.Time

	// Changed is called for a period of which something else differs than when it was verified before, or nothing any more.
	Changed func(v *Result)
	// Skipped is called for a period that could not be verified in the time of a whole run. It is tried again in the next round.
	Skipped func(survey, period string)
}

// Standing is what a schedule knows when a run ends.
type Standing struct {
	After    string            `json:"after,omitempty"` // the period that was verified last in this round; "" at its beginning
	Differ   map[string]string `json:"differ"`          // periods of which something differs, with a digest of what
	Finished time.Time         `json:"finished,omitzero"`

	Failed map[string]error `json:"-"` // periods that this run could not verify
}

// progressName is the name under which a schedule keeps its standing.
const progressName = "verify"

// key names a period in a standing. Ids of surveys have no space.
func (p place) key() string { return p.survey + " " + p.period }

// place is a period of a survey.
type place struct{ survey, period string }

// Standing returns what is known from earlier runs.
func (s *Schedule) Standing(ctx context.Context) (Standing, error) {
	at := Standing{Differ: map[string]string{}}
	text, err := s.Progress.Progress(ctx, progressName)
	if err != nil || text == "" {
		return at, err
	}
	if json.Unmarshal([]byte(text), &at) != nil || at.Differ == nil {
		return Standing{Differ: map[string]string{}}, nil // of another version: begin a round
	}
	return at, nil
}

// Run goes on with a round until it is complete, which it reports, or the context ends. The error says why there is no round.
func (s *Schedule) Run(ctx context.Context) (at Standing, complete bool, err error) {
	if at, err = s.Standing(ctx); err != nil {
		return at, false, err
	}
	places, err := s.places(ctx)
	if err != nil {
		return at, false, err
	}
	at.Failed = map[string]error{}
	began := at.After
	for _, p := range places {
		if began != "" && p.key() <= began {
			continue
		}
		err := s.verify(ctx, &at, p)
		switch {
		case err != nil && ctx.Err() == nil:
			at.Failed[p.key()] = err // the others do not wait for it
		case ctx.Err() != nil && at.After == began:
			// It has had all the time there is. The others must not wait for it for ever.
			s.Skipped(p.survey, p.period)
			at.After = p.key()
			return at, false, s.save(context.WithoutCancel(ctx), at)
		case ctx.Err() != nil:
			return at, false, nil
		}
		at.After = p.key()
		if err := s.save(ctx, at); err != nil {
			return at, false, err
		}
	}
	known := map[string]bool{}
	for _, p := range places {
		known[p.key()] = true
	}
	for key := range at.Differ {
		if !known[key] {
			delete(at.Differ, key)
		}
	}
	at.After, at.Finished = "", s.Now()
	return at, true, s.save(ctx, at)
}

// places lists all periods that have any response, in the order of their keys.
func (s *Schedule) places(ctx context.Context) (all []place, err error) {
	surveys, err := s.Records.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range surveys {
		periods, err := s.Records.Periods(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, period := range periods {
			all = append(all, place{id, period})
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.key(), b.key()) })
	return all, nil
}

// verify verifies a period, and notes what differs.
func (s *Schedule) verify(ctx context.Context, at *Standing, p place) error {
	var v *Result
	def, err := s.Records.Definition(ctx, p.survey, "")
	if err == nil {
		v, err = s.confirmed(ctx, def, p.period)
	}
	if err != nil {
		return err
	}
	before, now := at.Differ[p.key()], digestOf(v)
	if now == "" {
		delete(at.Differ, p.key())
	} else {
		at.Differ[p.key()] = now
	}
	if before != now {
		s.Changed(v)
	}
	return nil
}

// confirmed verifies a period, once more if anything differs: a publisher or an erasure may have been at work.
func (s *Schedule) confirmed(ctx context.Context, def *survey.Survey, period string) (*Result, error) {
	v, err := Period(ctx, s.Records, def, period)
	if err != nil || v.Agree {
		return v, err
	}
	return Period(ctx, s.Records, def, period)
}

// digestOf returns a digest of what differs; "" if nothing does. Numbers are not in it: they change with each answer.
func digestOf(v *Result) string {
	if v.Agree {
		return ""
	}
	hash := sha256.New()
	for _, f := range v.Findings {
		group := "-"
		if f.Group != nil {
			group = *f.Group
		}
		fmt.Fprintf(hash, "%q\n", []string{string(f.Code), fmt.Sprint(f.Release), group, f.Question, f.Option, f.Response})
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func (s *Schedule) save(ctx context.Context, at Standing) error {
	data, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return s.Progress.SaveProgress(ctx, progressName, string(data))
}
