package stack

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// A Deployment is what shall be in place.
type Deployment struct {
	Stack    string
	Staging  bool
	Template *Template
	Packages map[string][]byte // of functions, by name
	Set      map[string]string // parameters
	Rotate   bool              // the origin secret is replaced
	Allow    []string          // tables and buckets that may be replaced, or leave the stack, by their names in the template
	DryRun   bool
	Ask      Asker
}

// A deploying is a deployment under way.
type deploying struct {
	*Client
	Deployment
	out     *console.Console
	parcels *parcels
}

// The parameters that the command knows.
const (
	secretParameter     = "OriginSecret"
	secretBefore        = "OriginSecretBefore"
	protectionParameter = "Protection"
	keysParameter       = "KeysOfChecks"
	shiftParameter      = "GradualShift"
	releaseParameter    = "Release"
)

// allAtOnce is the value of [shiftParameter] with which there is no shift.
const allAtOnce = "AllAtOnce"

// Deploy creates a stack or brings it up to date, and returns its outputs; nil if nothing was to be done but to look. The error is
// [console.ErrProblems], with the outputs, if the stack is in place and its roles are not as they shall be.
func (c *Client) Deploy(ctx context.Context, out *console.Console, d Deployment) (map[string]string, error) {
	run := &deploying{Client: c, Deployment: d, out: out, parcels: c.parcels(d.Stack)}
	run.Set = maps.Clone(d.Set)
	if run.Set == nil {
		run.Set = map[string]string{}
	}
	out.Print(out.Out, "account %s, region %s, as %s", c.Account, c.Region, c.User)
	stack, err := run.makeReady(ctx)
	if err != nil {
		return nil, err
	}
	if stack == nil {
		err = run.create(ctx)
	} else {
		err = run.update(ctx, stack)
	}
	if d.DryRun || err != nil && !errors.Is(err, console.ErrProblems) {
		return nil, err
	}
	outputs, failed := c.Outputs(ctx, d.Stack)
	return outputs, errors.Join(err, failed)
}

// makeReady brings a stack into a state in which it can be created or updated, and returns it; nil if it has to be created.
func (d *deploying) makeReady(ctx context.Context) (*types.Stack, error) {
	stack, err := d.stack(ctx, d.Stack)
	if err != nil || stack == nil {
		return nil, err
	}
	if err := isOurs(stack); err != nil {
		return nil, err
	}
	id := aws.ToString(stack.StackId)
	switch situationOf(stack.StackStatus) {
	case absent:
		return nil, nil
	case busy:
		return nil, message.Errorf("stack %s is being changed by somebody else (%s). Watch it with: glasspoll deploy watch --stack %s --region %s", d.Stack, string(stack.StackStatus), d.Stack, d.Region)
	case halfDeleted:
		return nil, message.Errorf("stack %s is half deleted: complete that with: glasspoll deploy remove --stack %s --region %s", d.Stack, d.Stack, d.Region)
	case failedStanding:
		return nil, message.Errorf("stack %s was left as a failed change had made it: take that back with: aws cloudformation rollback-stack --stack-name %s --region %s; then run the command again", d.Stack, d.Stack, d.Region)
	case unfinished:
		return nil, d.clear(ctx, id)
	case stuck:
		return d.continueRollback(ctx, id)
	}
	return stack, nil
}

// clear deletes what is left of a stack whose creation has failed.
func (d *deploying) clear(ctx context.Context, id string) error {
	past, err := d.eventsAfter(ctx, id, "")
	if err != nil {
		return message.Errorf("stack %s: %w", d.Stack, cloud.Explained(err))
	}
	d.out.Print(d.out.Out, "The first creation of stack %s has failed, so it has to be deleted before it can be created. Why it failed:", d.Stack)
	explain(d.out, past)
	if d.DryRun {
		return message.Errorf("stack %s has to be deleted before its changes can be worked out: run the command without --dry-run", d.Stack)
	}
	if err := d.Ask.confirm(ctx, d.out, message.New("Delete what is left of stack %s?", d.Stack)); err != nil {
		return err
	}
	return d.delete(ctx, d.out, d.Stack, id)
}

// continueRollback continues a rollback that has failed.
func (d *deploying) continueRollback(ctx context.Context, id string) (*types.Stack, error) {
	past, err := d.eventsAfter(ctx, id, "")
	if err != nil {
		return nil, message.Errorf("stack %s: %w", d.Stack, cloud.Explained(err))
	}
	d.out.Print(d.out.Out, "A change of stack %s has failed, and could not be taken back. Why:", d.Stack)
	explain(d.out, lastOperation(past))
	if d.DryRun {
		return nil, message.Errorf("stack %s has to be taken back before its changes can be worked out: run the command without --dry-run", d.Stack)
	}
	if err := d.Ask.confirm(ctx, d.out, message.New("Continue to take it back?")); err != nil {
		return nil, err
	}
	after := ""
	if len(past) > 0 {
		after = past[len(past)-1].id
	}
	if _, err := d.formation.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: &id}); err != nil {
		return nil, message.Errorf("stack %s: %w", d.Stack, cloud.Explained(err))
	}
	status, events, err := d.follow(ctx, d.out, id, after)
	if err != nil {
		return nil, message.Errorf("stack %s is no longer followed, while AWS goes on with it: %w\nWatch it with: glasspoll deploy watch --stack %s --region %s", d.Stack, err, d.Stack, d.Region)
	}
	if status != types.StackStatusUpdateRollbackComplete {
		explain(d.out, events)
		return nil, message.Errorf("stack %s could not be taken back: remove the cause, then run the command again", d.Stack)
	}
	return d.existing(ctx, d.Stack)
}

// lastOperation returns the events of the last change and its rollback.
func lastOperation(events []event) []event {
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.ofStack && (e.status == "UPDATE_IN_PROGRESS" || e.status == "CREATE_IN_PROGRESS") {
			return events[i:]
		}
	}
	return events
}

// create creates the stack. Its tables get their protection from deletion when they are in place: with it, a creation that fails
// could not be taken back.
func (d *deploying) create(ctx context.Context) error {
	d.giveDefaults()
	protects := d.has(protectionParameter) && d.Set[protectionParameter] != "off"
	if protects {
		d.Set[protectionParameter] = "off"
	}
	if _, given := d.Set[secretParameter]; !given && d.has(secretParameter) {
		d.Set[secretParameter] = newSecret()
	}
	done, err := d.apply(ctx, nil, true, true)
	if err != nil || !done {
		return err
	}
	if _, err := d.formation.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &d.Stack, EnableTerminationProtection: aws.Bool(!d.Staging)}); err != nil {
		d.out.Print(d.out.Err, "stack %s is not protected from deletion: %s", d.Stack, message.Of(cloud.Explained(err)))
	}
	d.Set = map[string]string{}
	if protects {
		d.Set[protectionParameter] = "on"
	}
	return d.finish(ctx)
}

// has reports whether the template has a parameter.
func (d *deploying) has(name string) bool { return d.Template.parameter(name) != nil }

// giveDefaults sets what a stack for trials has otherwise than others.
func (d *deploying) giveDefaults() {
	if !d.Staging {
		return
	}
	for name, value := range map[string]string{"PriceClass": "PriceClass_100", "LogRetentionDays": "3", protectionParameter: "off", "Staging": "on"} {
		if _, given := d.Set[name]; !given && d.has(name) {
			d.Set[name] = value
		}
	}
}

// update brings the stack up to date.
func (d *deploying) update(ctx context.Context, stack *types.Stack) error {
	current := parametersOf(stack)
	if _, given := d.Set[protectionParameter]; !given && d.has(protectionParameter) && !d.Staging && current[protectionParameter] == "off" {
		d.Set[protectionParameter] = "on" // an earlier run did not come to it
	}
	shifts := d.shifts(current)
	var fresh, before string
	if d.Rotate {
		var err error
		if before, err = d.originSecret(ctx); err != nil {
			return err
		}
		fresh = newSecret()
		d.Set[secretParameter], d.Set[secretBefore] = fresh, before
		if shifts {
			delete(d.Set, secretParameter)
			d.Set[secretBefore] = fresh
			if _, given := d.Set[releaseParameter]; !given {
				d.Set[releaseParameter] = newRelease()
			}
		}
	}
	done, err := d.apply(ctx, current, false, true)
	if err != nil || d.DryRun {
		return err
	}
	if d.Rotate && shifts {
		d.out.Print(d.out.Out, "The functions in use know the new secret. Now the CDN sends it.")
		if err := d.applyAlso(ctx, map[string]string{secretParameter: fresh, secretBefore: before}); err != nil {
			return err
		}
	}
	d.Set = map[string]string{}
	if d.Rotate { // CloudFormation has waited until the CDN sends the new one everywhere
		d.out.Print(d.out.Out, "The CDN sends the new secret everywhere. Now the old one is forgotten.")
		d.Set[secretBefore] = ""
		if shifts {
			d.Set[releaseParameter] = newRelease()
		}
	}
	if !done {
		return nil
	}
	return d.finish(ctx)
}

// shifts reports whether requests go over to new versions of the handlers bit by bit, before the change or after it. Then a change of
// their settings is in use only with another release, and when the shift has ended: the CDN waits for neither.
func (d *deploying) shifts(current map[string]string) bool {
	for _, all := range []map[string]string{current, d.Set} {
		if way, exists := all[shiftParameter]; exists && way != allAtOnce {
			return true
		}
	}
	return false
}

// newRelease names a release.
func newRelease() string { return "rotated-" + newSecret()[:12] }

// applyAlso changes parameters of a stack in place, without a question.
func (d *deploying) applyAlso(ctx context.Context, set map[string]string) error {
	stack, err := d.existing(ctx, d.Stack)
	if err != nil {
		return err
	}
	d.Set = set
	_, err = d.apply(ctx, parametersOf(stack), false, false)
	return err
}

func parametersOf(stack *types.Stack) map[string]string {
	all := map[string]string{}
	for _, p := range stack.Parameters {
		all[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	return all
}

// finish tests the roles of a stack in place, and changes what is still to be set.
func (d *deploying) finish(ctx context.Context) error {
	var again bool
	var checked error
	if len(d.Packages) > 0 {
		again, checked = d.checkRoles(ctx)
	}
	if len(d.Set) > 0 {
		if err := d.applyAlso(ctx, d.Set); err != nil {
			return err
		}
	}
	if again {
		return d.CheckRoles(ctx, d.out, d.Stack)
	}
	return checked
}

// apply works out a change, shows it, asks, and carries it out. It reports whether anything has been changed.
func (d *deploying) apply(ctx context.Context, current map[string]string, creates, asks bool) (done bool, err error) {
	choices, err := d.Template.choose(current, d.Set)
	if err != nil {
		return false, console.UsageError{Err: err}
	}
	keys := map[string]string{}
	for name, content := range d.Packages {
		keys[name] = contentName("functions", name, ".zip", content)
	}
	body, err := d.Template.render(func(name string) string { return "s3://" + d.parcels.name + "/" + keys[name] })
	if err != nil {
		return false, err
	}
	p := proposal{stack: d.Stack, creates: creates, choices: choices, tags: map[string]string{"glasspoll": d.use()}, withName: d.Template.namesIAM(), body: string(body)}
	if len(body) > longestBody {
		key := contentName("templates", d.Stack, ".yaml", body)
		if _, err := d.parcels.put(ctx, key, body); err != nil {
			return false, err
		}
		p.url = d.parcels.url(key)
	}
	set, err := d.propose(ctx, p)
	if err != nil {
		return false, err
	}
	if set.empty {
		d.discard(ctx, set)
		d.out.Print(d.out.Out, "stack %s: there is nothing to change", d.Stack)
		return false, nil
	}
	d.show(set, choices)
	if err := d.mayGoOn(ctx, set, asks); err != nil || d.DryRun {
		d.discard(ctx, set)
		return false, err
	}
	for _, name := range slices.Sorted(maps.Keys(d.Packages)) {
		sent, err := d.parcels.put(ctx, keys[name], d.Packages[name])
		if err != nil {
			d.discard(ctx, set)
			return false, err
		}
		if sent {
			d.out.Print(d.out.Out, "%s.zip is sent to bucket %s", name, d.parcels.name)
		}
	}
	return true, d.carryOut(ctx, set)
}

// longestBody is how many bytes of a template CloudFormation takes in a request. A longer one is in the bucket.
const longestBody = 51_200

func (d *deploying) use() string {
	if d.Staging {
		return "staging"
	}
	return "production"
}

// carryOut executes a change set and follows it to its end.
func (d *deploying) carryOut(ctx context.Context, set *changeSet) error {
	after, err := d.lastEvent(ctx, set.stackID)
	if err != nil {
		d.discard(ctx, set)
		return err
	}
	if err := d.execute(ctx, d.Stack, set); err != nil {
		return err
	}
	return d.outcome(ctx, d.out, d.Stack, set.stackID, after)
}

// show prints what a change set would do.
func (d *deploying) show(set *changeSet, choices []choice) {
	if set.creates {
		var all []string
		for _, c := range set.changes {
			all = append(all, c.kind)
		}
		d.out.Print(d.out.Out, "stack %s is new: %s", d.Stack, summary(all))
		d.out.Print(d.out.Out, "At rest its alarms cost about $%s a month; docs/operators-aws.md says what answers cost.", money(0.10*float64(d.Template.count("AWS::CloudWatch::Alarm"))))
	} else {
		d.out.Print(d.out.Out, "stack %s is changed:", d.Stack)
		for _, c := range set.changes {
			d.out.Print(d.out.Out, "  %s", c.line())
		}
	}
	for _, c := range choices {
		if !c.changes() {
			continue
		}
		switch {
		case c.secret:
			d.out.Print(d.out.Out, "  parameter %s: a new value, which is not shown", c.name)
		case c.isNew:
			d.out.Print(d.out.Out, "  parameter %s: %s", c.name, message.Quoted(c.value))
		default:
			d.out.Print(d.out.Out, "  parameter %s: %s → %s", c.name, message.Quoted(c.was), message.Quoted(c.value))
		}
	}
}

// mayGoOn returns an error unless a change set may be carried out.
func (d *deploying) mayGoOn(ctx context.Context, set *changeSet, asks bool) error {
	if lost := dangers(set.changes, d.Allow); len(lost) > 0 {
		var names []string
		for _, c := range lost {
			names = append(names, c.name)
		}
		return message.Errorf("stack %s would lose %s: nothing has been changed. If that is meant, say --allow %s", d.Stack, message.Words(names...), strings.Join(names, " --allow "))
	}
	if d.DryRun {
		d.out.Print(d.out.Out, "Nothing has been changed: this was a dry run.")
		return nil
	}
	if !asks {
		return nil
	}
	return d.Ask.confirm(ctx, d.out, message.New("Carry this out?"))
}
