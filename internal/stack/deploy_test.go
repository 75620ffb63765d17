package stack_test

import (
	"context"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/stack"
	"glasspoll/internal/stack/stacktest"
)

// A site is a scripted AWS, and a client of it.
type site struct {
	*stacktest.Server
	client *stack.Client
	out    strings.Builder
}

func (s *site) console() *console.Console {
	return &console.Console{Out: &s.out, Err: &s.out}
}

func newSite(t *testing.T, script string) *site {
	t.Helper()
	server, err := stacktest.New([]byte(script))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for name, value := range server.Environment("eu-central-1") {
		t.Setenv(name, value)
	}
	settings, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := stack.NewClient(t.Context(), settings, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return &site{Server: server, client: client}
}

// asked returns the requests of an action.
func (s *site) asked(action string) []string {
	var found []string
	for _, r := range s.Requests() {
		if r == action || strings.HasPrefix(r, action+" ") {
			found = append(found, r)
		}
	}
	return found
}

func template(t *testing.T) *stack.Template {
	t.Helper()
	source, err := fs.ReadFile(glasspoll.Deployment(), "template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := stack.ParseTemplate(source)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func deployment(t *testing.T) stack.Deployment {
	t.Helper()
	d := stack.Deployment{Stack: "polls", Template: template(t), Packages: map[string][]byte{}, Ask: stack.NewAsker(strings.NewReader(""), false, true)}
	for _, name := range d.Template.Packages() {
		d.Packages[name] = []byte("package " + name)
	}
	return d
}

const noStack = `
-- DescribeStacks 400 ValidationError --
Stack with id polls does not exist
`

// rolesFit are functions whose roles are as they shall be.
const rolesFit = `
-- ListStackResources --
Submit AWS::Lambda::Function CREATE_COMPLETE polls-Submit-1
-- Invoke polls-Submit-1 --
[{"name": "store", "action": "dynamodb:PutItem", "key": "Q#_probe", "want": "allowed", "got": "allowed"}, {"name": "read", "action": "dynamodb:GetItem", "key": "Q#_probe", "want": "denied", "got": "denied"}]
`

const standing = `
-- DescribeStacks --
status UPDATE_COMPLETE
description Glasspoll - survey pages
parameter OriginSecret=****
parameter AlarmEmail=ops@example.com
output Table=polls-SurveyTable-1A
output Bucket=polls-bucket-2b
`

func TestCreate(t *testing.T) {
	s := newSite(t, noStack+standing+rolesFit+`
-- DescribeChangeSet --
status CREATE_IN_PROGRESS
-- DescribeChangeSet --
status CREATE_COMPLETE
next 2
Add Bucket AWS::S3::Bucket
Add Submit AWS::Lambda::Function
-- DescribeChangeSet --
status CREATE_COMPLETE
Add SubmitErrors AWS::CloudWatch::Alarm
Add InviteErrors AWS::CloudWatch::Alarm
-- DescribeChangeSet --
status FAILED The submitted information didn't contain changes.
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack REVIEW_IN_PROGRESS
-- DescribeStackEvents --
e2 Bucket AWS::S3::Bucket CREATE_IN_PROGRESS Resource creation Initiated
e1 Bucket AWS::S3::Bucket CREATE_IN_PROGRESS
e0 polls AWS::CloudFormation::Stack REVIEW_IN_PROGRESS
-- DescribeStackEvents --
e4 polls AWS::CloudFormation::Stack CREATE_COMPLETE
e3 Bucket AWS::S3::Bucket CREATE_COMPLETE
e2 Bucket AWS::S3::Bucket CREATE_IN_PROGRESS Resource creation Initiated
e1 Bucket AWS::S3::Bucket CREATE_IN_PROGRESS
e0 polls AWS::CloudFormation::Stack REVIEW_IN_PROGRESS
`)
	outputs, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	if err != nil || outputs["Table"] != "polls-SurveyTable-1A" || outputs["Bucket"] != "polls-bucket-2b" {
		t.Fatalf("%v, %v\n%s", outputs, err, &s.out)
	}
	const bucket = "glasspoll-polls-111122223333-eu-central-1"
	if objects := s.Objects(bucket); len(objects) != 5 {
		t.Errorf("stored: %v", objects)
	}
	for _, want := range []string{"account 111122223333, region eu-central-1", "stack polls is new: 1 × bucket, 1 × function, 2 × alarm", "parameter OriginSecret: a new value, which is not shown", "Bucket (bucket): created", "stack polls: created", "Roles: 2 of 2 calls"} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &s.out)
		}
	}
	if n := len(s.asked("UpdateTerminationProtection")); n != 1 {
		t.Errorf("the stack was protected %d times", n)
	}
}

// wants compares what was printed, and the error, with parts of them.
func (s *site) wants(t *testing.T, err error, failure string, printed ...string) {
	t.Helper()
	if failure == "" && err != nil || failure != "" && (err == nil || !strings.Contains(err.Error(), failure)) {
		t.Errorf("the error is %v, and should have %q\n%s", err, failure, &s.out)
	}
	for _, want := range printed {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &s.out)
		}
	}
}

// notAsked wants actions not to have been asked for.
func (s *site) notAsked(t *testing.T, actions ...string) {
	t.Helper()
	for _, action := range actions {
		if got := s.asked(action); len(got) > 0 {
			t.Errorf("it was asked for: %s", got[0])
		}
	}
}

const updated = `
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e1 Submit AWS::Lambda::Function UPDATE_COMPLETE
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`

// submitChanges is a change set that changes a function, and what refers to a table that is not replaced.
const submitChanges = `
-- DescribeChangeSet --
status CREATE_COMPLETE
Modify Submit AWS::Lambda::Function False
detail Code Never Static DirectModification
Modify SurveyTable AWS::DynamoDB::Table False Retain
detail DeletionProtectionEnabled Never Static ParameterReference Protection
Modify InvitationTable AWS::DynamoDB::Table Conditional ReplaceAndRetain
detail TableName Always Dynamic ResourceReference SurveyTable
`

func TestUpdate(t *testing.T) {
	s := newSite(t, standing+submitChanges+updated+rolesFit)
	d := deployment(t)
	d.Set = map[string]string{"AlarmEmail": "new@example.com"}
	_, err := s.client.Deploy(t.Context(), s.console(), d)
	s.wants(t, err, "", "stack polls is changed:", "changed: Submit (function): Code", "changed: InvitationTable (table): TableName", "parameter AlarmEmail: 'ops@example.com' → 'new@example.com'", "stack polls: changed")
	if made := s.asked("CreateChangeSet")[0]; !strings.Contains(made, "OriginSecret=(kept)") || !strings.Contains(made, "AlarmEmail=new@example.com") || !strings.Contains(made, "ChangeSetType=UPDATE") {
		t.Error(made)
	}
	if strings.Contains(s.out.String(), "****") {
		t.Errorf("a secret is shown, if as stars:\n%s", &s.out)
	}
}

// TestNothingToChange is success, and asks for nothing more.
func TestNothingToChange(t *testing.T) {
	for _, reason := range []string{"The submitted information didn't contain changes. Submit different information to create a change set.", "No updates are to be performed."} {
		s := newSite(t, standing+"-- DescribeChangeSet --\nstatus FAILED "+reason+"\n")
		_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
		s.wants(t, err, "", "there is nothing to change")
		s.notAsked(t, "ExecuteChangeSet")
		if len(s.asked("DeleteChangeSet")) != 1 {
			t.Error("the empty change set is left")
		}
	}
}

// TestTablesAreNotReplaced tries what would leave a table or bucket behind.
func TestTablesAreNotReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		change  string
		refused bool
		says    string
	}{
		"replaced":              {"Modify SurveyTable AWS::DynamoDB::Table True ReplaceAndRetain", true, "REPLACED: SurveyTable (table): the new one is empty; the old one stays"},
		"replaced, deleted":     {"Modify SurveyTable AWS::DynamoDB::Table True ReplaceAndDelete", true, "the old one is DELETED, with everything in it"},
		"removed":               {"Remove Bucket AWS::S3::Bucket", true, "DELETED: Bucket (bucket)"},
		"removed, kept":         {"Remove Bucket AWS::S3::Bucket x Retain", true, "leaves the stack and stays: Bucket (bucket)"},
		"maybe":                 {"Modify Bucket AWS::S3::Bucket Conditional ReplaceAndRetain\ndetail BucketName Conditionally Static DirectModification", true, "may be REPLACED: Bucket"},
		"maybe, no details":     {"Modify Bucket AWS::S3::Bucket Conditional", true, "may be REPLACED: Bucket"},
		"refers to a replaced":  {"Modify InvitationTable AWS::DynamoDB::Table Conditional ReplaceAndRetain\ndetail TableName Always Dynamic ResourceReference SurveyTable\nModify SurveyTable AWS::DynamoDB::Table True ReplaceAndRetain", true, "may be REPLACED: InvitationTable"},
		"refers to a parameter": {"Modify InvitationTable AWS::DynamoDB::Table Conditional ReplaceAndRetain\ndetail TableName Always Dynamic ParameterReference Name", true, "may be REPLACED: InvitationTable"},
		"role":                  {"Modify SubmitRole AWS::IAM::Role True", false, "REPLACED: SubmitRole (role): nothing is lost"},
		"added":                 {"Add Other AWS::DynamoDB::Table", false, "added: Other (table)"},
	} {
		for _, allows := range []bool{false, true} {
			s := newSite(t, standing+"-- DescribeChangeSet --\nstatus CREATE_COMPLETE\n"+c.change+"\n"+updated+rolesFit)
			d := deployment(t)
			if allows {
				d.Allow = []string{"SurveyTable", "Bucket", "InvitationTable"}
			}
			_, err := s.client.Deploy(t.Context(), s.console(), d)
			failure := ""
			if c.refused && !allows {
				failure = "say --allow "
				s.notAsked(t, "ExecuteChangeSet")
			}
			if s.wants(t, err, failure, c.says); t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

// TestAsking answers the question.
func TestAsking(t *testing.T) {
	for answer, goes := range map[string]bool{"y\n": true, "YES\n": true, "是\n": true, "\n": false, "n\n": false, "": false, "yep\n": false} {
		s := newSite(t, standing+submitChanges+updated+rolesFit)
		d := deployment(t)
		d.Ask = stack.NewAsker(strings.NewReader(answer), true, false)
		_, err := s.client.Deploy(t.Context(), s.console(), d)
		failure := "nothing has been changed"
		if goes {
			failure = ""
		}
		s.wants(t, err, failure, "[y/N]")
		if len(s.asked("ExecuteChangeSet")) > 0 != goes || len(s.asked("DeleteChangeSet")) > 0 == goes {
			t.Errorf("%q: %v", answer, s.Requests())
		}
	}
	s := newSite(t, standing+submitChanges)
	d := deployment(t)
	d.Ask = stack.NewAsker(strings.NewReader("y\n"), false, false)
	_, err := s.client.Deploy(t.Context(), s.console(), d)
	s.wants(t, err, "no terminal")
	s.notAsked(t, "ExecuteChangeSet")
}

// TestInterruptedWhileAsking is Ctrl-C in place of an answer: nothing is changed, and what was worked out is deleted.
func TestInterruptedWhileAsking(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in, silent := io.Pipe()
	defer silent.Close()
	s := newSite(t, standing+submitChanges+updated+rolesFit)
	d := deployment(t)
	d.Ask = stack.NewAsker(readBegins{in, stop}, true, false)
	_, err := s.client.Deploy(ctx, s.console(), d)
	s.wants(t, err, "nothing has been changed", "[y/N]")
	s.notAsked(t, "ExecuteChangeSet")
	if len(s.asked("DeleteChangeSet")) != 1 {
		t.Error(s.Requests())
	}
	ctx, stop = context.WithCancel(t.Context())
	s = newSite(t, removable)
	err = s.client.Remove(ctx, s.console(), stack.Removal{Stack: "polls", Ask: stack.NewAsker(readBegins{in, stop}, true, false)})
	s.wants(t, err, "nothing has been changed")
	s.notAsked(t, "DeleteStack", "UpdateTerminationProtection")
}

// readBegins calls a function when somebody reads.
type readBegins struct {
	io.Reader
	call func()
}

func (r readBegins) Read(b []byte) (int, error) {
	r.call()
	return r.Reader.Read(b)
}

// TestDryRun leaves nothing behind but the template, and of a stack that is new not even its name.
func TestDryRun(t *testing.T) {
	s := newSite(t, noStack+"-- DescribeStacks --\nstatus REVIEW_IN_PROGRESS\n"+submitChanges)
	d := deployment(t)
	d.DryRun = true
	_, err := s.client.Deploy(t.Context(), s.console(), d)
	s.wants(t, err, "", "this was a dry run")
	s.notAsked(t, "ExecuteChangeSet", "UpdateTerminationProtection")
	if len(s.asked("DeleteChangeSet")) != 1 || len(s.asked("DeleteStack")) != 1 {
		t.Error(s.Requests())
	}
	if objects := s.Objects("glasspoll-polls-111122223333-eu-central-1"); len(objects) != 1 || !strings.HasPrefix(objects[0], "templates/") {
		t.Errorf("sent: %v", objects)
	}
}

// TestOddStates tries each state in which a stack cannot be changed at once.
func TestOddStates(t *testing.T) {
	past := `
-- DescribeStackEvents --
e3 polls AWS::CloudFormation::Stack STATE
e2 Publish AWS::Lambda::Function CREATE_FAILED Resource creation cancelled
e1 Submit AWS::Lambda::Function CREATE_FAILED User: arn is not authorized to perform: lambda:CreateFunction
e0 polls AWS::CloudFormation::Stack CREATE_IN_PROGRESS
`
	for status, want := range map[string]string{
		"UPDATE_IN_PROGRESS": "is being changed by somebody else (UPDATE_IN_PROGRESS). Watch it with: glasspoll deploy watch --stack polls --region eu-central-1",
		"DELETE_FAILED":      "glasspoll deploy remove", "UPDATE_FAILED": "aws cloudformation rollback-stack", "ROLLBACK_COMPLETE": "no terminal", "UPDATE_ROLLBACK_FAILED": "no terminal",
	} {
		s := newSite(t, "-- DescribeStacks --\nstatus "+status+"\ndescription Glasspoll\n"+strings.ReplaceAll(past, "STATE", status))
		d := deployment(t)
		d.Ask = stack.NewAsker(strings.NewReader(""), false, false)
		_, err := s.client.Deploy(t.Context(), s.console(), d)
		s.wants(t, err, want)
		s.notAsked(t, "CreateChangeSet", "DeleteStack", "ContinueUpdateRollback")
		if want == "no terminal" {
			s.wants(t, err, want, "lambda:CreateFunction", "→ the deploying login lacks this right")
			if strings.Contains(s.out.String(), "cancelled") {
				t.Errorf("%s: what only follows is shown as a cause:\n%s", status, &s.out)
			}
		}
	}
	s := newSite(t, "-- DescribeStacks --\nstatus UPDATE_COMPLETE\ndescription Another program\n")
	_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	s.wants(t, err, "is not one of Glasspoll")
	s.notAsked(t, "CreateChangeSet")
}

// TestClearing deletes what is left of a first creation, and begins anew.
func TestClearing(t *testing.T) {
	s := newSite(t, "-- DescribeStacks --\nstatus ROLLBACK_COMPLETE\ndescription Glasspoll\n"+standing+rolesFit+`
-- DescribeChangeSet --
status CREATE_COMPLETE
Add Bucket AWS::S3::Bucket
-- DescribeChangeSet --
status FAILED No updates are to be performed.
-- DescribeStackEvents --
e1 polls AWS::CloudFormation::Stack ROLLBACK_COMPLETE
-- DescribeStackEvents --
e1 polls AWS::CloudFormation::Stack ROLLBACK_COMPLETE
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack DELETE_COMPLETE
e1 polls AWS::CloudFormation::Stack ROLLBACK_COMPLETE
-- DescribeStackEvents --
f1 polls AWS::CloudFormation::Stack REVIEW_IN_PROGRESS
-- DescribeStackEvents --
f2 polls AWS::CloudFormation::Stack CREATE_COMPLETE
f1 polls AWS::CloudFormation::Stack REVIEW_IN_PROGRESS
`)
	_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	s.wants(t, err, "", "The first creation of stack polls has failed", "stack polls: deleted", "stack polls: created")
	if !strings.Contains(s.asked("CreateChangeSet")[0], "ChangeSetType=CREATE") {
		t.Error("it is not created anew")
	}
}

// TestFailingChange prints what failed first, with its remedy, and that all is as before.
func TestFailingChange(t *testing.T) {
	s := newSite(t, standing+submitChanges+`
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents 400 Throttling --
Rate exceeded
-- DescribeStackEvents cut --
-- DescribeStackEvents --
e4 polls AWS::CloudFormation::Stack UPDATE_ROLLBACK_COMPLETE
e3 Invite AWS::Lambda::Function UPDATE_FAILED Resource update cancelled
e2 Submit AWS::Lambda::Function UPDATE_FAILED Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value
e1 polls AWS::CloudFormation::Stack UPDATE_IN_PROGRESS
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`)
	_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	s.wants(t, err, "could not be changed: it is as it was before", "no news from AWS", "→ the account's concurrent functions")
}

// TestLoginEndsMeanwhile says that AWS goes on, and how to watch it.
func TestLoginEndsMeanwhile(t *testing.T) {
	s := newSite(t, standing+submitChanges+`
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents 403 ExpiredToken --
The security token included in the request is expired
`)
	_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	s.wants(t, err, "while AWS goes on with it: the credentials have expired")
	s.wants(t, err, "glasspoll deploy watch --stack polls --region eu-central-1")
}

// TestInterrupted stops the watching, and nothing else.
func TestInterrupted(t *testing.T) {
	s := newSite(t, standing+submitChanges+"-- DescribeStackEvents --\ne0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\n")
	ctx, stop := context.WithCancel(t.Context())
	s.Before("ExecuteChangeSet", func() { time.AfterFunc(0, stop) })
	_, err := s.client.Deploy(ctx, s.console(), deployment(t))
	s.wants(t, err, "glasspoll deploy watch")
	s.notAsked(t, "DeleteStack", "DeleteChangeSet")
}

// TestRefusals tries what AWS may answer before anything is changed.
func TestRefusals(t *testing.T) {
	for script, want := range map[string]string{
		"-- CreateChangeSet 403 AccessDenied --\nUser: arn is not authorized to perform: cloudformation:CreateChangeSet": "no right to it",
		"-- DescribeChangeSet --\nstatus FAILED User: arn is not authorized to perform: x":                               "→ the deploying login lacks this right",
		"-- DescribeChangeSet --\nstatus FAILED Template error: something":                                               "CloudFormation refuses this change: Template error: something",
		"-- DescribeChangeSet --\nstatus DELETE_COMPLETE":                                                                "somebody has deleted the change set",
		"-- HeadObject 403 AccessDenied --\n":                                                                            "it belongs to another account",
		"-- PutObject 503 SlowDown --\n":                                                                                 "AWS takes no more requests at the moment",
		submitChanges + "-- ExecuteChangeSet 400 InvalidChangeSetStatus --\nobsolete\n" + updated:                        "has been changed by somebody else",
		submitChanges + "-- ExecuteChangeSet 404 ChangeSetNotFound --\ngone\n" + updated:                                 "has been changed by somebody else",
		submitChanges + "-- ExecuteChangeSet cut --\n" + updated:                                                         "whether the deployment has begun is not known",
	} {
		s := newSite(t, standing+script)
		_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
		s.wants(t, err, want)
	}
}

// TestRolesRefused offers what the template has for checks that AWS refuses.
func TestRolesRefused(t *testing.T) {
	refused := `
-- ListStackResources --
Submit AWS::Lambda::Function CREATE_COMPLETE polls-Submit-1
-- Invoke polls-Submit-1 --
[{"name": "check-in-transaction", "statement": "CompareIDsThatAreTaken", "action": "dynamodb:ConditionCheckItem", "key": "I#_probe", "want": "allowed", "got": "denied", "detail": "AccessDeniedException"}, {"name": "store", "want": "allowed", "got": "allowed"}, {"name": "read", "want": "denied", "got": "denied"}]
-- Invoke polls-Submit-1 --
[{"name": "check-in-transaction", "want": "allowed", "got": "allowed"}, {"name": "read", "want": "denied", "got": "denied"}]
`
	s := newSite(t, standing+submitChanges+updated+refused+`
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e3 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`)
	_, err := s.client.Deploy(t.Context(), s.console(), deployment(t))
	s.wants(t, err, "", "CompareIDsThatAreTaken", "denied, though the role needs it", "AWS refuses a condition check inside a transaction", "Roles: 2 of 2 calls")
	if made := s.asked("CreateChangeSet"); len(made) != 2 || !strings.Contains(made[1], "KeysOfChecks=off") {
		t.Error(made)
	}
	s = newSite(t, standing+refused)
	err = s.client.CheckRoles(t.Context(), s.console(), "polls")
	s.wants(t, err, "problems found", "Run: glasspoll deploy --stack polls --set KeysOfChecks=off")
	s = newSite(t, standing+strings.ReplaceAll(refused, "-- Invoke polls-Submit-1 --", "-- Invoke polls-Submit-1 403 AccessDeniedException --"))
	err = s.client.CheckRoles(t.Context(), s.console(), "polls")
	s.wants(t, err, "problems found", "Submit has not tried out its role")
}

// TestRotation sets both secrets, and forgets the old one.
func TestRotation(t *testing.T) {
	s := newSite(t, standing+submitChanges+updated+rolesFit+`
-- GetFunctionConfiguration --
{"Environment": {"Variables": {"ORIGIN_SECRETS": "oldsecretoldsecretoldsecretoldsecret,"}}}
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e3 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`)
	d := deployment(t)
	d.Rotate = true
	_, err := s.client.Deploy(t.Context(), s.console(), d)
	s.wants(t, err, "", "The CDN sends the new secret everywhere")
	made := s.asked("CreateChangeSet")
	if len(made) != 2 || !strings.Contains(made[0], "OriginSecretBefore=oldsecretoldsecretoldsecretoldsecret") || strings.Contains(made[0], "OriginSecret=oldsecret") || strings.Contains(made[0], "OriginSecret=(kept)") ||
		!strings.Contains(made[1], "OriginSecret=(kept)") || !strings.Contains(made[1]+" ", "OriginSecretBefore= ") {
		t.Error(made)
	}
	if strings.Contains(s.out.String(), "oldsecret") {
		t.Error("a secret is shown")
	}
}

// TestRotationWithShift has the handlers know the new secret in a shift of its own before the CDN sends it, since it waits for no shift:
// the versions in use would refuse every answer. Each change of the handlers is another release, or none of it would be in use.
func TestRotationWithShift(t *testing.T) {
	for shift, given := range map[string]string{"Canary10Percent5Minutes": "", "AllAtOnce": "Linear10PercentEvery1Minute"} {
		s := newSite(t, strings.Replace(standing, "parameter AlarmEmail", "parameter Release=r1\nparameter GradualShift="+shift+"\nparameter AlarmEmail", 1)+submitChanges+rolesFit+`
-- GetFunctionConfiguration --
{"Environment": {"Variables": {"ORIGIN_SECRETS": "oldsecretoldsecretoldsecretoldsecret,"}}}
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e1 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e1 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e1 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
-- DescribeStackEvents --
e3 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
e2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`)
		d := deployment(t)
		d.Rotate = true
		d.Set = map[string]string{}
		if given != "" {
			d.Set["GradualShift"] = given
		}
		_, err := s.client.Deploy(t.Context(), s.console(), d)
		s.wants(t, err, "", "The CDN sends the new secret everywhere")
		made := s.asked("CreateChangeSet")
		if len(made) != 3 {
			t.Fatal(made)
		}
		value := func(n int, name string) string {
			_, after, _ := strings.Cut(made[n], " "+name+"=")
			one, _, _ := strings.Cut(after+" ", " ")
			return one
		}
		const old = "oldsecretoldsecretoldsecretoldsecret"
		fresh := value(0, "OriginSecretBefore")
		if value(0, "OriginSecret") != "(kept)" || len(fresh) < 32 || value(1, "OriginSecret") != fresh || value(1, "OriginSecretBefore") != old || value(2, "OriginSecret") != "(kept)" || value(2, "OriginSecretBefore") != "" {
			t.Error(made)
		}
		first, last := value(0, "Release"), value(2, "Release")
		if first == "" || first == "r1" || value(1, "Release") != "(kept)" || last == "(kept)" || last == first {
			t.Errorf("releases %s, %s, %s", first, value(1, "Release"), last)
		}
		if strings.Contains(s.out.String(), "oldsecret") || strings.Contains(s.out.String(), fresh) {
			t.Error("a secret is shown")
		}
	}
}

const removable = `
-- DescribeStacks --
status UPDATE_COMPLETE
description Glasspoll
protected
-- GetTemplate --
Resources:
  SurveyTable: {Type: "AWS::DynamoDB::Table", DeletionPolicy: RetainExceptOnCreate}
  Bucket: {Type: "AWS::S3::Bucket", DeletionPolicy: Retain}
  Submit: {Type: "AWS::Serverless::Function"}
-- ListStackResources --
SurveyTable AWS::DynamoDB::Table CREATE_COMPLETE polls-SurveyTable-1A
Bucket AWS::S3::Bucket CREATE_COMPLETE polls-bucket-2b
Submit AWS::Lambda::Function CREATE_COMPLETE polls-Submit-1
-- DescribeStackEvents --
e0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE
`

func TestRemove(t *testing.T) {
	done := "-- DescribeStackEvents --\ne2 polls AWS::CloudFormation::Stack DELETE_COMPLETE\ne1 SurveyTable AWS::DynamoDB::Table DELETE_SKIPPED\ne0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\n"
	for answer, goes := range map[string]bool{"polls\n": true, "y\n": false, "": false, "Polls\n": false} {
		s := newSite(t, removable+done)
		err := s.client.Remove(t.Context(), s.console(), stack.Removal{Stack: "polls", Ask: stack.NewAsker(strings.NewReader(answer), true, true)})
		if goes {
			s.wants(t, err, "", "these are deleted: 1 × function", "stays, and costs its storage: SurveyTable (table polls-SurveyTable-1A)", "SurveyTable (table): stays", "aws dynamodb delete-table --region eu-central-1 --table-name polls-SurveyTable-1A", "aws s3 rb --region eu-central-1 s3://polls-bucket-2b")
			if off := s.asked("UpdateTerminationProtection"); len(off) != 1 || !strings.Contains(off[0], "=false") {
				t.Error(off)
			}
			continue
		}
		s.wants(t, err, "nothing has been changed")
		s.notAsked(t, "DeleteStack", "UpdateTerminationProtection")
	}
	s := newSite(t, removable+"-- DescribeStackEvents --\ne2 polls AWS::CloudFormation::Stack DELETE_FAILED\ne1 OperatorPolicy AWS::IAM::ManagedPolicy DELETE_FAILED Cannot delete a policy attached to entities.\ne0 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\n")
	err := s.client.Remove(t.Context(), s.console(), stack.Removal{Stack: "polls", Confirmed: "polls"})
	s.wants(t, err, "could not be deleted completely", "OperatorPolicy (policy)", "list-entities-for-policy --policy-arn physical-OperatorPolicy")
	s = newSite(t, removable)
	s.wants(t, s.client.Remove(t.Context(), s.console(), stack.Removal{Stack: "polls", Confirmed: "other"}), "is not the name of the stack")
	s.notAsked(t, "DeleteStack")
}

// TestUnchangedFunctionsAreNotSent deploys the same twice.
func TestUnchangedFunctionsAreNotSent(t *testing.T) {
	s := newSite(t, standing+submitChanges+updated+rolesFit+"-- DescribeStackEvents --\ne2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\n-- DescribeStackEvents --\ne3 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\ne2 polls AWS::CloudFormation::Stack UPDATE_COMPLETE\n")
	d := deployment(t)
	for i := range 2 {
		if i == 1 {
			d.Packages["submit"] = []byte("another")
		}
		if _, err := s.client.Deploy(t.Context(), s.console(), d); err != nil {
			t.Fatal(err)
		}
	}
	if sent := s.asked("PutObject"); len(sent) != 5+2 { // template and functions, then both that differ
		t.Error(sent)
	}
}
