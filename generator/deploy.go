package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/stack"
)

type deployCommand struct {
	Up     deployUpCommand     `cmd:"" default:"withargs" help:"Create the deployment or bring it up to date: what 'glasspoll deploy' does."`
	Check  deployCheckCommand  `cmd:"" help:"Try out what the role of each function allows, and what it does not."`
	Load   deployLoadCommand   `cmd:"" help:"Answer a deployment with made-up answers, measure, compare, and remove them."`
	Watch  deployWatchCommand  `cmd:"" help:"Follow a deployment that is under way."`
	Remove deployRemoveCommand `cmd:"" help:"Delete a deployment. Its tables and buckets stay."`
}

func (deployCommand) Help() string {
	return `Makes a deployment on AWS, a stack of CloudFormation, and brings it up to date. 'glasspoll deploy' alone is 'glasspoll deploy
up': 'glasspoll deploy up --help' lists what it takes.

It has been tested against a scripted endpoint, and has never been run on AWS itself: try it in a test account first.

Examples:

  glasspoll deploy --dry-run
  glasspoll deploy --set AlarmEmail=ops@example.com
  glasspoll deploy --staging
  glasspoll deploy watch
  glasspoll deploy remove --staging`
}

// stackFlags select a stack.
type stackFlags struct {
	Stack   string `placeholder:"NAME" default:"glasspoll" help:"Name of the stack. Default: ${default}."`
	Staging bool   `help:"The stack for trials, NAME-staging, which has everything of its own."`
	Account string `placeholder:"ID" help:"Stop unless the credentials are those of this account."`

	awsFlags
	Pause time.Duration `env:"GLASSPOLL_DEPLOY_PAUSE" default:"5s" hidden:""`
}

// name returns the name of the stack.
func (f stackFlags) name() string {
	if f.Staging {
		return f.Stack + "-staging"
	}
	return f.Stack
}

// client connects to the account and region.
func (f stackFlags) client(ctx context.Context) (*stack.Client, error) {
	if err := stack.CheckName(f.name()); err != nil {
		return nil, console.UsageError{Err: err}
	}
	settings, err := f.settings(ctx)
	if err != nil {
		return nil, err
	}
	client, err := stack.NewClient(ctx, settings, f.Pause)
	if err != nil {
		return nil, err
	}
	if f.Account != "" && f.Account != client.Account {
		return nil, message.Errorf("these credentials are those of account %s, not of %s: nothing has been changed. Choose others with --profile NAME", client.Account, f.Account)
	}
	return client, nil
}

type deployUpCommand struct {
	Set          []string `sep:"none" placeholder:"NAME=VALUE" help:"Set a parameter of the template; as often as needed. What is not named stays as it is."`
	RotateSecret bool     `help:"Replace the secret by which the form handler knows the CDN, without a pause."`
	Functions    string   `placeholder:"DIR" default:"bin" help:"Where 'make package' has put the packages of the functions. Default: ${default}."`
	Firewall     bool     `help:"Put a firewall in front of the CDN: a stack of its own, NAME-firewall, in us-east-1."`
	AnyVersion   bool     `help:"Deploy packages of another version than this program's."`
	Allow        []string `placeholder:"ID" help:"A table or bucket of the template that may be replaced or given up; as often as needed."`
	DryRun       bool     `help:"Print what would be changed, and change nothing."`
	Yes          bool     `help:"Do not ask: for pipelines."`
	JSON         bool     `name:"json" help:"Print the outputs of the stack as JSON, and all else on the error stream."`

	stackFlags
}

func (deployUpCommand) Help() string {
	return `Creates a deployment on AWS, or brings it up to date with this version of the program. It prints what would change, asks,
carries it out, and prints what happens until it is done. A table or bucket is never replaced unless --allow names it. If it is
interrupted, AWS goes on: 'glasspoll deploy watch' follows it, and the same command again does what is left.

The packages of the functions come from 'make package'. They go to a bucket of their own, which is made in the region.

'glasspoll deploy --set Name=Value' sets a parameter; docs/operators-aws.md lists them. What has been set before stays. The
origin secret is made by the first deployment; nobody needs to know it.

It has been tested against a scripted endpoint, and has never been run on AWS itself: try it in a test account first.

Examples:

  glasspoll deploy --dry-run
  glasspoll deploy --set AlarmEmail=ops@example.com
  glasspoll deploy --set Domain=polls.example.com --set CertificateArn=arn:aws:acm:us-east-1:111122223333:certificate/1a2b
  glasspoll deploy --firewall
  glasspoll deploy --rotate-secret
  glasspoll deploy --staging
  glasspoll deploy --yes --account 111122223333 --json`
}

func (d deployUpCommand) Run(ctx context.Context, c *console.Console) error {
	set, err := settingsOf(d.Set)
	if err != nil {
		return err
	}
	if d.RotateSecret && (set["OriginSecret"] != "" || set["OriginSecretBefore"] != "") {
		return console.Usagef("%s and %s do not go together", message.Plain("--rotate-secret"), message.Plain("--set OriginSecret"))
	}
	template, err := deploymentTemplate("template.yaml")
	if err != nil {
		return err
	}
	version := stampedVersion
	if d.AnyVersion {
		version = ""
	}
	packages, err := stack.ReadPackages(d.Functions, template.Packages(), version)
	if err != nil {
		return err
	}
	client, err := d.client(ctx)
	if err != nil {
		return err
	}
	progress := *c
	if d.JSON {
		progress.Out = c.Err
	}
	ask := stack.NewAsker(c.In, isTerminal(c.In), d.Yes)
	if d.Firewall {
		if d.DryRun {
			return console.Usagef("%s and %s do not go together", message.Plain("--firewall"), message.Plain("--dry-run"))
		}
		made, err := d.deployFirewall(ctx, client, &progress, ask, firewallSettings(set, nil))
		if err != nil {
			return err
		}
		set["WebACLArn"] = made["WebACLArn"]
	}
	outputs, err := client.Deploy(ctx, &progress, stack.Deployment{
		Stack: d.name(), Staging: d.Staging, Template: template, Packages: packages, Set: set, Rotate: d.RotateSecret, Allow: d.Allow, DryRun: d.DryRun,
		Ask: ask,
	})
	if outputs == nil {
		return err
	}
	if d.Firewall { // now it is known which CDN it is in front of
		if _, failed := d.deployFirewall(ctx, client, &progress, ask, firewallSettings(set, outputs)); failed != nil {
			return errors.Join(err, failed)
		}
	}
	if d.JSON {
		return errors.Join(err, console.JSON(c.Out, outputs))
	}
	return errors.Join(err, d.next(c, outputs))
}

// deployFirewall brings the firewall up to date, and returns its outputs.
func (d deployUpCommand) deployFirewall(ctx context.Context, client *stack.Client, progress *console.Console, ask stack.Asker, set map[string]string) (map[string]string, error) {
	template, err := deploymentTemplate("firewall.yaml")
	if err != nil {
		return nil, err
	}
	return client.In("us-east-1").Deploy(ctx, progress, stack.Deployment{Stack: d.name() + "-firewall", Staging: d.Staging, Template: template, Set: set, Ask: ask})
}

// firewallSettings returns what the firewall has of a deployment: whom its alarms tell, if that is set now, and the CDN, if it is
// there. What is not named stays as it is.
func firewallSettings(set, outputs map[string]string) map[string]string {
	own := map[string]string{}
	if email, given := set["AlarmEmail"]; given {
		own["AlarmEmail"] = email
	}
	if id := outputs["DistributionId"]; id != "" {
		own["DistributionId"] = id
	}
	return own
}

// next prints the outputs of a stack, and the command that comes next.
func (d deployUpCommand) next(c *console.Console, outputs map[string]string) error {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		rows = append(rows, []string{name, outputs[name]})
	}
	if err := console.Table(c.Out, rows); err != nil {
		return err
	}
	region := ""
	if d.Region != "" {
		region = " --region " + d.Region
	}
	c.Print(c.Out, "Next: %s", fmt.Sprintf("glasspoll publish --stack %s%s", d.name(), region))
	return nil
}

// settingsOf reads NAME=VALUE.
func settingsOf(given []string) (map[string]string, error) {
	set := map[string]string{}
	for _, one := range given {
		name, value, found := strings.Cut(one, "=")
		if !found {
			return nil, console.Usagef("%s %s: write NAME=TEXT", message.Plain("--set"), one)
		}
		set[name] = value
	}
	return set, nil
}

// deploymentTemplate reads one of the templates that the program has.
func deploymentTemplate(name string) (*stack.Template, error) {
	source, err := fs.ReadFile(glasspoll.Deployment(), name)
	if err != nil {
		return nil, err
	}
	return stack.ParseTemplate(source)
}

// isTerminal reports whether somebody can answer on a stream, or reads what is written to it.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	nowhere, _ := os.Stat(os.DevNull) // what schedulers give, which is such a device, too
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !os.SameFile(info, nowhere)
}

type deployCheckCommand struct{ stackFlags }

func (deployCheckCommand) Help() string {
	return `Has each function of a deployment try out what its role allows, and what it does not. Nothing is written, and nothing is read
that anybody has stored. 'glasspoll deploy' does the same after each change.

Examples:

  glasspoll deploy check
  glasspoll deploy check --staging --region eu-central-1`
}

func (d deployCheckCommand) Run(ctx context.Context, c *console.Console) error {
	client, err := d.client(ctx)
	if err != nil {
		return err
	}
	return client.CheckRoles(ctx, c, d.name())
}

type deployWatchCommand struct{ stackFlags }

func (deployWatchCommand) Help() string {
	return `Prints what is happening to a deployment until it is done. It changes nothing.

Examples:

  glasspoll deploy watch
  glasspoll deploy watch --staging --region eu-central-1`
}

func (d deployWatchCommand) Run(ctx context.Context, c *console.Console) error {
	client, err := d.client(ctx)
	if err != nil {
		return err
	}
	return client.Watch(ctx, c, d.name())
}

type deployRemoveCommand struct {
	Confirm string `placeholder:"NAME" help:"The stack's name, in place of typing it: for pipelines."`

	stackFlags
}

func (deployRemoveCommand) Help() string {
	return `Deletes a deployment: functions, API, CDN, alarms and logs. Its tables and buckets stay, with everything in them, and it
prints the commands that delete them. The stack's name has to be typed.

A policy of the stack that somebody still has stops it, and is named: detach it, and run the command again.

Examples:

  glasspoll deploy remove --staging
  glasspoll deploy remove --stack polls --confirm polls`
}

func (d deployRemoveCommand) Run(ctx context.Context, c *console.Console) error {
	client, err := d.client(ctx)
	if err != nil {
		return err
	}
	return client.Remove(ctx, c, stack.Removal{Stack: d.name(), Confirmed: d.Confirm, Ask: stack.NewAsker(c.In, isTerminal(c.In), false)})
}
