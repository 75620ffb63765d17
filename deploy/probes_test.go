package deploy_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/cloud"
	"glasspoll/internal/probe"
)

// byLambda are the statements that no probe tries out, because Lambda itself does before the function can be used: it refuses to
// connect a stream to a function whose role may not send to its queue.
var byLambda = map[string]string{"GiveUp": "PublishRole"}

// TestEveryStatementHasAProbe: who adds a statement to a role adds a probe of it to internal/cloud/probes_roles.go, of each action.
// Probes of statements that are gone go too.
func TestEveryStatementHasAProbe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no call is made
	getenv := func(name string) string { return map[string]string{"AWS_REGION": "eu-west-1"}[name] }
	p := cloud.NewProber(getenv, "polls", "polls-invitations", cloud.S3(getenv, "polls"))
	resources := lookUp(t, template(t), "Resources").(tree)
	for role, probes := range map[string][]probe.Probe{"SubmitRole": p.Submit(ctx), "InviteRole": p.Invite(ctx), "PublishRole": p.Publish(ctx), "ArchiveRole": p.Archive(ctx)} {
		names, tried := map[string]bool{}, map[string]bool{}
		for _, one := range probes {
			if names[one.Name] {
				t.Errorf("%s: two probes are called %s", role, one.Name)
			}
			names[one.Name] = true
			if one.Got != probe.Unknown || one.Detail == "" {
				t.Errorf("%s, %s: a call that was never made is %s", role, one.Name, one.Got)
			}
			if (one.Want == probe.Allowed) != (one.Statement != "") {
				t.Errorf("%s, %s: wanted %s, by statement %q", role, one.Name, one.Want, one.Statement)
			}
			if one.Statement != "" {
				tried[one.Statement+" "+one.Action] = true
			}
		}
		for _, s := range lookUp(t, resources, role, "Properties", "Policies", "0", "PolicyDocument", "Statement").([]any) {
			statement := s.(tree)
			sid, _ := statement["Sid"].(string)
			if byLambda[sid] == role {
				continue
			}
			for _, action := range stringList(statement["Action"]) {
				if !tried[sid+" "+action] {
					t.Errorf("%s: no probe tries out %s of statement %q: add one to internal/cloud/probes_roles.go", role, action, sid)
				}
				delete(tried, sid+" "+action)
			}
		}
		if left := slices.Sorted(maps.Keys(tried)); len(left) > 0 {
			t.Errorf("%s: probes of statements that it does not have: %s", role, strings.Join(left, ", "))
		}
	}
}
