package stacktest

import (
	"fmt"
	"strings"
)

// StackID is the id of the stack of every script.
const StackID = "arn:aws:cloudformation:eu-central-1:111122223333:stack/polls/1"

// defaults are the replies to actions that a script says nothing of.
var defaults = map[string]string{
	"GetCallerIdentity":           "<Arn>arn:aws:iam::111122223333:user/ops</Arn><UserId>AIDA</UserId><Account>111122223333</Account>",
	"CreateChangeSet":             "<Id>arn:aws:cloudformation:eu-central-1:111122223333:changeSet/c/1</Id><StackId>" + StackID + "</StackId>",
	"ExecuteChangeSet":            "",
	"DeleteChangeSet":             "",
	"DeleteStack":                 "",
	"ContinueUpdateRollback":      "",
	"UpdateTerminationProtection": "<StackId>" + StackID + "</StackId>",
	"ListChangeSets":              "<Summaries></Summaries>",
}

// wire returns the content of a reply as CloudFormation sends it. What begins with an angle bracket is that already; other
// lines are short for it:
//
//	DescribeStacks       status UPDATE_COMPLETE
//	                     description Glasspoll
//	                     parameter Name=value
//	                     output Name=value
//	                     protected
//	DescribeStackEvents  ID NAME TYPE STATUS [REASON]
//	DescribeChangeSet    status FAILED [REASON]
//	                     Modify NAME TYPE [REPLACEMENT [POLICY ACTION]]
//	                     detail PROPERTY RECREATION EVALUATION SOURCE [ENTITY]
//	                     next TOKEN
//	ListStackResources   NAME TYPE STATUS PHYSICAL
//	GetTemplate          the template
func wire(action, content string) string {
	if content == "" || strings.HasPrefix(content, "<") {
		return content
	}
	lines := strings.Split(content, "\n")
	switch action {
	case "DescribeStacks":
		return stacks(lines)
	case "DescribeStackEvents":
		return list("StackEvents", lines, func(words []string) string {
			physical := "physical-" + words[1]
			if words[2] == "AWS::CloudFormation::Stack" {
				physical = StackID
			}
			return element("StackId", StackID) + element("EventId", words[0]) + element("LogicalResourceId", words[1]) + element("PhysicalResourceId", physical) +
				element("ResourceType", words[2]) + element("Timestamp", "2026-11-30T08:00:00Z") + element("ResourceStatus", words[3]) + element("ResourceStatusReason", strings.Join(words[4:], " "))
		})
	case "DescribeChangeSet":
		return changeSet(lines)
	case "ListStackResources":
		return list("StackResourceSummaries", lines, func(words []string) string {
			return element("LogicalResourceId", words[0]) + element("ResourceType", words[1]) + element("ResourceStatus", words[2]) + element("PhysicalResourceId", words[3]) + element("LastUpdatedTimestamp", "2026-11-30T08:00:00Z")
		})
	case "GetTemplate":
		return element("TemplateBody", content)
	}
	return content
}

func element(name, text string) string {
	if text == "" {
		return ""
	}
	return "<" + name + ">" + escape(text) + "</" + name + ">"
}

func list(name string, lines []string, member func(words []string) string) string {
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "<member>%s</member>", member(strings.Fields(line)))
	}
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

func stacks(lines []string) string {
	var parameters, outputs, rest strings.Builder
	for _, line := range lines {
		word, text, _ := strings.Cut(line, " ")
		name, value, _ := strings.Cut(text, "=")
		switch word {
		case "parameter":
			fmt.Fprintf(&parameters, "<member>%s<ParameterValue>%s</ParameterValue></member>", element("ParameterKey", name), escape(value))
		case "output":
			fmt.Fprintf(&outputs, "<member>%s%s</member>", element("OutputKey", name), element("OutputValue", value))
		case "status":
			rest.WriteString(element("StackStatus", text))
		case "description":
			rest.WriteString(element("Description", text))
		case "protected":
			rest.WriteString(element("EnableTerminationProtection", "true"))
		}
	}
	return "<Stacks><member>" + element("StackName", "polls") + element("StackId", StackID) + element("CreationTime", "2026-11-30T08:00:00Z") + rest.String() +
		"<Parameters>" + parameters.String() + "</Parameters><Outputs>" + outputs.String() + "</Outputs></member></Stacks>"
}

func changeSet(lines []string) string {
	var head, changes, change, details strings.Builder
	finish := func() {
		if change.Len() > 0 {
			fmt.Fprintf(&changes, "<member><Type>Resource</Type><ResourceChange>%s<Details>%s</Details></ResourceChange></member>", &change, &details)
		}
		change.Reset()
		details.Reset()
	}
	for _, line := range lines {
		words := append(strings.Fields(line), "", "", "", "", "")
		switch words[0] {
		case "status":
			head.WriteString(element("Status", words[1]) + element("StatusReason", strings.TrimSpace(strings.Join(words[2:], " "))))
		case "next":
			head.WriteString(element("NextToken", words[1]))
		case "detail":
			fmt.Fprintf(&details, "<member><Target>%s%s%s</Target>%s%s%s</member>", element("Attribute", "Properties"), element("Name", words[1]), element("RequiresRecreation", words[2]),
				element("Evaluation", words[3]), element("ChangeSource", words[4]), element("CausingEntity", words[5]))
		default:
			finish()
			change.WriteString(element("Action", words[0]) + element("LogicalResourceId", words[1]) + element("ResourceType", words[2]) + element("Replacement", words[3]) + element("PolicyAction", words[4]))
		}
	}
	finish()
	return head.String() + "<Changes>" + changes.String() + "</Changes>"
}
