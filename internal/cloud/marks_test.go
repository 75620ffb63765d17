package cloud

import (
	"strings"
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// TestMarks checks marks of invitations against the answers, of which some are lost, or have expired.
func TestMarks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		identified bool
		retention  time.Duration
		lost       string // prefix of the partition keys of what is lost
		says       []string
	}{
		{"all is there", true, 0, "", nil},
		{"an id is lost", true, 0, "I#tea#" + worldResponse(1, "2026-10").ID, []string{"whose id is free"}},
		{"an id has expired", true, 24 * time.Hour, "I#tea#" + worldResponse(1, "2026-10").ID, nil},
		{"everything that was answered is lost", false, 0, "Q#", []string{"4 invitations have been used, and 3 responses"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			s := parseSurvey(t, "tea", worldSurvey)
			s.Access = survey.InvitedAccess
			w := newWorld(s, cloudtest.Options{Now: october})
			p := w.process(cloudtest.Hooks{}, Options{Retention: c.retention})
			if err := p.PutDefinition(ctx, s); err != nil {
				t.Fatal(err)
			}
			const people = 5
			for person := range people {
				if err := p.invite(ctx, person); err != nil {
					t.Fatal(err)
				}
			}
			redeem := func(person int) {
				t.Helper()
				r := store.Redemption{Response: worldResponse(person, "2026-10"), Hash: personal(person).Hash, Identified: c.identified, Day: worldDay}
				if created, err := p.Redeem(ctx, r); !created || err != nil {
					t.Fatal(created, err)
				}
			}
			for person := range people - 2 {
				redeem(person)
			}
			if err := p.Collect(ctx, "tea", "2026-10"); err != nil {
				t.Fatal(err)
			}
			redeem(people - 2) // waits
			// The device of the last keeps its token, so no answers have come.
			if err := p.RedeemBlinded(ctx, "tea", personal(people-1).Hash, invitation.Digest{1}); err != nil {
				t.Fatal(err)
			}
			if c.lost != "" {
				gone := 0
				w.server.Delete(func(i cloudtest.Item) bool {
					if strings.HasPrefix(textOf(i, partKey), c.lost) {
						gone++
						return true
					}
					return false
				})
				if gone == 0 {
					t.Fatalf("there is no %s", c.lost)
				}
			}
			problems, err := p.checkMarks(ctx, "tea", "2026-10")
			if err != nil || len(problems) != len(c.says) {
				t.Fatal(problems, err)
			}
			for n, says := range c.says {
				if problems[n].What != store.MarkAlone || !strings.Contains(problems[n].Text.String(), says) {
					t.Errorf("%+v", problems[n])
				}
			}
			if later, err := p.checkMarks(ctx, "tea", "2026-11"); len(later) > 0 || err != nil {
				t.Errorf("with another period: %v, %v", later, err)
			}
			found := false
			for problem, err := range p.CheckKeys(ctx, "tea", "2026-10") {
				if err != nil {
					t.Fatal(err)
				}
				found = found || problem.What == store.MarkAlone
			}
			if found != (len(c.says) > 0) {
				t.Errorf("CheckKeys tells of a mark: %t", found)
			}
		})
	}
}
