package stack

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/probe"
)

// functionNames returns the functions of a stack by what they are called in the template.
func (c *Client) functionNames(ctx context.Context, stack string) (map[string]string, error) {
	resources, err := c.resources(ctx, stack)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, r := range resources {
		if aws.ToString(r.ResourceType) == "AWS::Lambda::Function" {
			names[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
		}
	}
	return names, nil
}

// CheckRoles has each function of a stack try out what its role allows, and prints what is not as wanted. The error is
// [console.ErrProblems] if something is not.
func (c *Client) CheckRoles(ctx context.Context, out *console.Console, stack string) error {
	if _, err := c.existing(ctx, stack); err != nil {
		return err
	}
	verdict, err := c.tryRoles(ctx, stack)
	if err != nil {
		return err
	}
	if err := report(out, verdict); err != nil {
		return err
	}
	if verdict.ChecksRefused {
		out.Print(out.Err, "%s", checksRefused)
		out.Print(out.Err, "Run: glasspoll deploy --stack %s --set KeysOfChecks=off", stack)
	}
	if !verdict.Passed() {
		return console.ErrProblems
	}
	return nil
}

const checksRefused message.Key = "AWS refuses a condition check inside a transaction, since it does not set dynamodb:LeadingKeys for it: answers cannot be stored. KeysOfChecks=off leaves this condition out for these checks alone, which read nothing."

// tryRoles invokes each function of a stack.
func (c *Client) tryRoles(ctx context.Context, stack string) (probe.Verdict, error) {
	names, err := c.functionNames(ctx, stack)
	if err != nil {
		return probe.Verdict{}, err
	}
	if len(names) == 0 {
		return probe.Verdict{}, message.Errorf("stack %s has no functions", stack)
	}
	return TryRoles(ctx, c.lambda, names), nil
}

// report prints a verdict: a line for each probe that is not as wanted, and how many are.
func report(out *console.Console, v probe.Verdict) error {
	rows := [][]string{}
	fine := 0
	for _, r := range v.Rows {
		if r.Kind == probe.Fine {
			fine++
			continue
		}
		rows = append(rows, []string{r.Function, r.Action, r.Key, says(out, r), r.Statement, r.Detail})
	}
	out.Print(out.Out, "Roles: %d of %d calls that were tried out are allowed or denied as they shall be.", fine, len(v.Rows))
	if err := console.Table(out.Out, rows); err != nil {
		return err
	}
	for _, r := range v.Silent {
		if r.Err != nil {
			out.Print(out.Err, "%s has not tried out its role: %s", r.Function, message.Of(r.Err))
		} else {
			out.Print(out.Err, "%s has tried out too little of its role to tell: deploy this version of the functions", r.Function)
		}
	}
	return nil
}

// says tells what a probe that is not as wanted means.
func says(out *console.Console, r probe.Row) string {
	text := message.New("denied, though the role needs it")
	switch {
	case r.Kind == probe.Note:
		text = message.New("allowed, which AWS does not promise to deny; no function does it")
	case r.Kind == probe.Unclear:
		text = message.New("not known")
	case r.Want == probe.Denied:
		text = message.New("ALLOWED, though nobody shall")
	}
	return text.In(out.Language)
}

// checkRoles tests the roles of a stack that has been changed. If condition checks are refused, it offers what the template has for
// that, to be changed with whatever else is still to be set.
func (d *deploying) checkRoles(ctx context.Context) (again bool, err error) {
	verdict, err := d.tryRoles(ctx, d.Stack)
	if err != nil {
		return false, err
	}
	if err := report(d.out, verdict); err != nil {
		return false, err
	}
	if verdict.ChecksRefused && d.has(keysParameter) {
		d.out.Print(d.out.Err, "%s", checksRefused)
		if err := d.Ask.confirm(ctx, d.out, message.New("Set KeysOfChecks=off?")); err != nil {
			d.out.Print(d.out.Err, "Run: glasspoll deploy --stack %s --set KeysOfChecks=off", d.Stack)
			return false, console.ErrProblems
		}
		d.Set[keysParameter] = "off"
		return true, nil
	}
	if !verdict.Passed() {
		return false, console.ErrProblems
	}
	return false, nil
}

// originSecret returns the secret by which the form handler knows the CDN. CloudFormation does not show it; the function's settings
// have it.
func (d *deploying) originSecret(ctx context.Context) (string, error) {
	names, err := d.functionNames(ctx, d.Stack)
	if err != nil {
		return "", err
	}
	name := names["Submit"]
	if name == "" {
		return "", message.Errorf("stack %s has no functions", d.Stack)
	}
	got, err := d.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return "", message.Errorf("function %s: %w", name, cloud.Explained(err))
	}
	if got.Environment != nil {
		if secret, _, _ := strings.Cut(got.Environment.Variables["ORIGIN_SECRETS"], ","); secret != "" {
			return secret, nil
		}
	}
	return "", message.Errorf("function %s does not say which secret it knows the CDN by: set it with --set OriginSecret=NEW --set OriginSecretBefore=OLD", name)
}
