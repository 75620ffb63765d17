package stack

import (
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/message"
)

// An event is what has happened to a resource of a stack, or to the stack itself.
type event struct {
	id, name, kind, status, reason string
	physical                       string // the resource's name or ARN; "" while it has none
	ofStack                        bool
	at                             time.Time
}

func eventOf(e types.StackEvent) event {
	return event{
		id: aws.ToString(e.EventId), name: aws.ToString(e.LogicalResourceId), kind: aws.ToString(e.ResourceType), status: string(e.ResourceStatus),
		reason: aws.ToString(e.ResourceStatusReason), physical: aws.ToString(e.PhysicalResourceId), at: aws.ToTime(e.Timestamp),
		ofStack: aws.ToString(e.PhysicalResourceId) == aws.ToString(e.StackId),
	}
}

// ends reports whether the stack is at rest with the event.
func (e event) ends() bool { return e.ofStack && !strings.HasSuffix(e.status, "_IN_PROGRESS") }

func (e event) failed() bool { return strings.HasSuffix(e.status, "_FAILED") }

// repeats reports whether the event says nothing new to a reader: that what was begun has been begun.
func (e event) repeats() bool { return e.reason == "Resource creation Initiated" }

// line says an event in a line.
func (e event) line() message.Text {
	status := message.Plain(e.status)
	if known, ok := statuses[e.status]; ok {
		status = known.Text()
	}
	what := message.New("%s (%s)", e.name, kindOf(e.kind))
	if e.ofStack {
		what = message.New("stack %s", e.name)
	}
	clock := e.at.Local().Format("15:04:05")
	if e.reason != "" && (e.failed() || e.ofStack) {
		return message.New("%s  %s: %s: %s", clock, what, status, e.reason)
	}
	return message.New("%s  %s: %s", clock, what, status)
}

var statuses = map[string]message.Key{
	"CREATE_IN_PROGRESS": "being created", "CREATE_COMPLETE": "created", "CREATE_FAILED": "CREATION FAILED",
	"UPDATE_IN_PROGRESS": "being changed", "UPDATE_COMPLETE": "changed", "UPDATE_FAILED": "CHANGE FAILED",
	"DELETE_IN_PROGRESS": "being deleted", "DELETE_COMPLETE": "deleted", "DELETE_FAILED": "DELETION FAILED", "DELETE_SKIPPED": "stays",
	"ROLLBACK_IN_PROGRESS": "being taken back", "ROLLBACK_COMPLETE": "taken back", "ROLLBACK_FAILED": "COULD NOT BE TAKEN BACK",
	"UPDATE_ROLLBACK_IN_PROGRESS": "being taken back", "UPDATE_ROLLBACK_COMPLETE": "taken back", "UPDATE_ROLLBACK_FAILED": "COULD NOT BE TAKEN BACK",
	"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "changed; what was replaced is being deleted", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "taken back; what was new is being deleted",
	"REVIEW_IN_PROGRESS": "being looked at",
}

// causesOf returns the failures from which the others follow, the first one first. What was cancelled because of another failure
// is none.
func causesOf(events []event) []event {
	var found []event
	for _, e := range events {
		if e.failed() && !e.ofStack && !cancelled.MatchString(e.reason) {
			found = append(found, e)
		}
	}
	return found
}

var cancelled = regexp.MustCompile(`(?i)^resource (creation|update|deletion) cancell?ed`)

// remedies say what to do about reasons of failures, the first that matches.
var remedies = []struct {
	reason *regexp.Regexp
	says   message.Key
}{
	{regexp.MustCompile(`(?i)not authorized to perform|access ?denied|AuthorizationError`), "the deploying login lacks this right: the guide has the policy it needs (docs/operators-aws.md)"},
	{regexp.MustCompile(`(?i)cannot delete a policy attached|DeleteConflict`), "somebody still has this policy: detach it (aws iam list-entities-for-policy --policy-arn %s), then run the command again"},
	{regexp.MustCompile(`(?i)UnreservedConcurrentExecution|ReservedConcurrentExecutions`), "the account's concurrent functions do not allow to reserve so many: lower SubmitConcurrency, InviteConcurrency and PublishConcurrency, or have the quota L-B99A9384 raised"},
	{regexp.MustCompile(`(?i)CNAMEAlreadyExists|CNAMEs you provided`), "the domain points to another distribution, maybe of another account: take it away there first"},
	{regexp.MustCompile(`(?i)certificate`), "the certificate has to be in us-east-1, be issued, and be for this domain"},
	{regexp.MustCompile(`(?i)deletion ?protect`), "the table is protected from deletion: if nothing of it is needed, aws dynamodb update-table --table-name %s --no-deletion-protection-enabled, then run the command again"},
	{regexp.MustCompile(`(?i)already exists|AlreadyExists|already owned`), "something of this name is left of an earlier deployment, or is somebody else's: look whether it is needed, then delete or rename it, or deploy as a stack of another name"},
	{regexp.MustCompile(`(?i)not empty|BucketNotEmpty`), "the bucket has objects: if nothing of it is needed, empty it in the console, then run the command again"},
	{regexp.MustCompile(`(?i)NoSuchKey|specified key does not exist|NoSuchBucket`), "a package of a function is no longer in the bucket for packages: run the command again, which sends it"},
	{regexp.MustCompile(`(?i)limit ?exceeded|quota|too many|maximum number`), "a quota of the account is used up: have it raised, or delete what is not needed"},
	{regexp.MustCompile(`(?i)rate exceeded|throttl|ServiceUnavailable|internal (failure|error)|timed? ?out|did not stabilize`), "AWS had a fault or was busy: run the command again"},
	{regexp.MustCompile(`(?i)alarm`), "an alarm went off while the new functions took over, so the old ones were put back: see the functions' logs"},
}

// remedy says what to do about a failure; the zero Text if it is not known.
func (e event) remedy() message.Text {
	for _, r := range remedies {
		if !r.reason.MatchString(e.reason) {
			continue
		}
		if strings.Contains(string(r.says), "%s") {
			return r.says.Text(e.physical)
		}
		return r.says.Text()
	}
	return message.Text{}
}
