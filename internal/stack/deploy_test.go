package stack_test

import (
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
