package stack

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/message"
)

// An effect is what a change set does to a resource.
type effect int

const (
	added effect = iota
	changed
	mayReplace // whether it is replaced is known when it is carried out
	replaced
	removed
)

// A change is one of a change set.
type change struct {
	effect
	name, kind string   // such as Bucket, AWS::S3::Bucket
	properties []string // that are changed, sorted
	stays      bool     // the old one is kept, outside the stack
}

// changesOf returns the changes of a change set, those first that may lose something.
func changesOf(all []types.Change) []change {
	known := map[string]*types.ResourceChange{}
	for _, one := range all {
		if one.ResourceChange != nil {
			known[aws.ToString(one.ResourceChange.LogicalResourceId)] = one.ResourceChange
		}
	}
	var changes []change
	for _, one := range all {
		r := one.ResourceChange
		if r == nil {
			continue
		}
		c := change{name: aws.ToString(r.LogicalResourceId), kind: aws.ToString(r.ResourceType), properties: propertiesOf(r)}
		c.stays = strings.Contains(string(r.PolicyAction), string(types.PolicyActionRetain))
		switch r.Action {
		case types.ChangeActionAdd, types.ChangeActionImport:
			c.effect = added
		case types.ChangeActionRemove:
			c.effect = removed
		case types.ChangeActionDynamic:
			c.effect = mayReplace
		default:
			c.effect = replacementOf(known, c.name, nil)
		}
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		if a.effect != b.effect {
			return int(b.effect) - int(a.effect)
		}
		return strings.Compare(a.name, b.name)
	})
	return changes
}

// replacementOf returns whether a resource that is modified is replaced. CloudFormation says "conditional" of everything that
// refers to a resource which is modified; the reference changes only if that resource is itself replaced.
func replacementOf(known map[string]*types.ResourceChange, name string, asked []string) effect {
	r := known[name]
	switch {
	case r == nil || slices.Contains(asked, name):
		return changed
	case r.Replacement == types.ReplacementTrue:
		return replaced
	case r.Replacement != types.ReplacementConditional:
		return changed
	case len(r.Details) == 0:
		return mayReplace
	}
	for _, d := range r.Details {
		if d.Target == nil || d.Target.RequiresRecreation == types.RequiresRecreationNever || d.Target.RequiresRecreation == "" {
			continue
		}
		entity, attribute, _ := strings.Cut(aws.ToString(d.CausingEntity), ".")
		refers := d.ChangeSource == types.ChangeSourceResourceReference || d.ChangeSource == types.ChangeSourceResourceAttribute && attribute == "Arn"
		if d.Evaluation != types.EvaluationTypeDynamic || !refers || replacementOf(known, entity, append(slices.Clone(asked), name)) != changed {
			return mayReplace
		}
	}
	return changed
}

// propertiesOf lists what is changed of a resource, without values, which may be secret.
func propertiesOf(r *types.ResourceChange) []string {
	var names []string
	for _, d := range r.Details {
		switch {
		case d.Target == nil:
		case d.Target.Name != nil:
			names = append(names, *d.Target.Name)
		case d.Target.Attribute != "":
			names = append(names, string(d.Target.Attribute))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// dangers returns the changes that would leave a table or bucket behind, and the site with an empty one or none, but for those
// that are allowed.
func dangers(changes []change, allowed []string) []change {
	var found []change
	for _, c := range changes {
		if holdsData(c.kind) && c.effect >= mayReplace && !slices.Contains(allowed, c.name) {
			found = append(found, c)
		}
	}
	return found
}

// line says a change in a line.
func (c change) line() message.Text {
	what := message.New("%s (%s)", c.name, kindOf(c.kind))
	switch c.effect {
	case added:
		return message.New("added: %s", what)
	case removed:
		if c.stays {
			return message.New("leaves the stack and stays: %s", what)
		}
		return message.New("DELETED: %s", what)
	case replaced:
		return message.New("REPLACED: %s: %s", what, c.lost())
	case mayReplace:
		return message.New("may be REPLACED: %s: %s", what, c.lost())
	}
	if len(c.properties) == 0 {
		return message.New("changed: %s", what)
	}
	return message.New("changed: %s: %s", what, message.Words(c.properties...))
}

// lost says what a replacement of the resource does.
func (c change) lost() message.Text {
	switch {
	case holdsData(c.kind) && c.stays:
		return message.New("the new one is empty; the old one stays, and the site does not use it any more")
	case holdsData(c.kind):
		return message.New("the new one is empty; the old one is DELETED, with everything in it")
	case c.kind == "AWS::CloudFront::Distribution":
		return message.New("the site gets another address of CloudFront")
	case c.kind == "AWS::IAM::ManagedPolicy":
		return message.New("attach the new one to whoever had the old one; CloudFormation cannot delete the old one while it is attached")
	case c.kind == "AWS::SQS::Queue" || c.kind == "AWS::Logs::LogGroup":
		return message.New("what is in it is deleted")
	}
	return message.New("nothing is lost")
}

// kinds are the words for types of resources.
var kinds = map[string]message.Key{
	tableType: "table", bucketType: "bucket",
	"AWS::Serverless::Function": "function", "AWS::Lambda::Function": "function", "AWS::CloudFront::Function": "function",
	"AWS::CloudWatch::Alarm": "alarm", "AWS::CloudWatch::CompositeAlarm": "alarm", "AWS::CloudWatch::Dashboard": "dashboard",
	"AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy", "AWS::S3::BucketPolicy": "policy", "AWS::SQS::QueuePolicy": "policy",
	"AWS::CloudFront::CachePolicy": "policy", "AWS::CloudFront::OriginRequestPolicy": "policy", "AWS::CloudFront::ResponseHeadersPolicy": "policy",
	"AWS::Logs::LogGroup": "log", "AWS::Events::Rule": "schedule", "AWS::Lambda::Permission": "permission", "AWS::CloudFront::Distribution": "CDN",
	"AWS::ApiGatewayV2::Api": "API", "AWS::ApiGatewayV2::Stage": "stage of the API", "AWS::SQS::Queue": "queue", "AWS::SNS::Topic": "topic",
	"AWS::WAFv2::WebACL": "firewall",
}

// kindOf returns the word for a type of resources, or its name.
func kindOf(kind string) message.Text {
	if word, ok := kinds[kind]; ok {
		return word.Text()
	}
	return message.Plain(kind)
}

// summary counts resources by kind, what there are most of last.
func summary(resourceTypes []string) message.Text {
	counts := map[message.Key]int{}
	for _, kind := range resourceTypes {
		word, ok := kinds[kind]
		if !ok {
			word = "other resource"
		}
		counts[word]++
	}
	words := slices.SortedFunc(maps.Keys(counts), func(a, b message.Key) int {
		return cmp.Or(counts[a]-counts[b], strings.Compare(string(a), string(b)))
	})
	parts := make([]message.Text, len(words))
	for i, word := range words {
		parts[i] = message.New("%d × %s", counts[word], word)
	}
	return message.Facts(parts...)
}
