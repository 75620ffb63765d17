package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/cloud"
)

// Template is the part of the deployment's template that tests evaluate.
type Template struct {
	Resources struct {
		SubmitRole      role          `yaml:"SubmitRole"`
		InviteRole      role          `yaml:"InviteRole"`
		PublishRole     role          `yaml:"PublishRole"`
		ArchiveRole     role          `yaml:"ArchiveRole"`
		PublisherPolicy managedPolicy `yaml:"PublisherPolicy"`
		OperatorPolicy  managedPolicy `yaml:"OperatorPolicy"`
		CasesPolicy     managedPolicy `yaml:"CasesPolicy"`
		InviterPolicy   managedPolicy `yaml:"InviterPolicy"`
		API             struct {
			Properties struct {
				DefinitionBody struct {
					Paths map[string]map[string]struct {
						Integration struct {
							URI yaml.Node `yaml:"uri"` // !Sub [arn, {Called: !If [Shifts, !Ref SubmitLive, !GetAtt Submit.Arn]}]
						} `yaml:"x-amazon-apigateway-integration"`
					} `yaml:"paths"`
				} `yaml:"DefinitionBody"`
			} `yaml:"Properties"`
		} `yaml:"Api"`
		Publish struct {
			Properties struct {
				Events struct {
					Answers struct {
						Properties struct {
							FilterCriteria struct {
								Filters []struct {
									Pattern string `yaml:"Pattern"`
								} `yaml:"Filters"`
							} `yaml:"FilterCriteria"`
						} `yaml:"Properties"`
					} `yaml:"Answers"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Publish"`
		Directories struct {
			Properties struct {
				FunctionCode string `yaml:"FunctionCode"`
			} `yaml:"Properties"`
		} `yaml:"Directories"`
		ToHandler    requestPolicy `yaml:"ToHandler"`
		ToLinks      requestPolicy `yaml:"ToLinks"`
		Distribution struct {
			Properties struct {
				DistributionConfig struct {
					CacheBehaviors []struct {
						PathPattern           string `yaml:"PathPattern"`
						OriginRequestPolicyID string `yaml:"OriginRequestPolicyId"`
					} `yaml:"CacheBehaviors"`
				} `yaml:"DistributionConfig"`
			} `yaml:"Properties"`
		} `yaml:"Distribution"`
		Headers struct {
			Properties struct {
				ResponseHeadersPolicyConfig struct {
					CustomHeadersConfig struct {
						Items []struct {
							Header string `yaml:"Header"`
							Value  string `yaml:"Value"`
						} `yaml:"Items"`
					} `yaml:"CustomHeadersConfig"`
					SecurityHeadersConfig struct {
						ContentSecurityPolicy struct {
							ContentSecurityPolicy string `yaml:"ContentSecurityPolicy"`
						} `yaml:"ContentSecurityPolicy"`
						ReferrerPolicy struct {
							ReferrerPolicy string `yaml:"ReferrerPolicy"`
							Override       bool   `yaml:"Override"`
						} `yaml:"ReferrerPolicy"`
					} `yaml:"SecurityHeadersConfig"`
				} `yaml:"ResponseHeadersPolicyConfig"`
			} `yaml:"Properties"`
		} `yaml:"Headers"`
	} `yaml:"Resources"`
}

// requestPolicy says what the CDN passes on of a request.
type requestPolicy struct {
	Properties struct {
		OriginRequestPolicyConfig struct {
			CookiesConfig struct {
				Cookies []string `yaml:"Cookies"`
			} `yaml:"CookiesConfig"`
			HeadersConfig struct {
				Headers []string `yaml:"Headers"`
			} `yaml:"HeadersConfig"`
			QueryStringsConfig struct {
				QueryStringBehavior string `yaml:"QueryStringBehavior"`
			} `yaml:"QueryStringsConfig"`
		} `yaml:"OriginRequestPolicyConfig"`
	} `yaml:"Properties"`
}

// managedPolicy is a policy for people.
type managedPolicy struct {
	Properties struct {
		PolicyDocument policy `yaml:"PolicyDocument"`
	} `yaml:"Properties"`
}

type role struct {
	Properties struct {
		Policies []struct {
			PolicyDocument policy `yaml:"PolicyDocument"`
		} `yaml:"Policies"`
	} `yaml:"Properties"`
}

type policy struct {
	Statement []statement `yaml:"Statement"`
}

type statement struct {
	Sid       string                          `yaml:"Sid"`
	Effect    string                          `yaml:"Effect"`
	Action    stringList                      `yaml:"Action"`
	Resource  stringList                      `yaml:"Resource"`
	Condition map[string]map[string]yaml.Node `yaml:"Condition"`
}

// stringList is a string or a list of strings in YAML.
type stringList []string

func (w *stringList) UnmarshalYAML(n *yaml.Node) error {
	*w = nil
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			*w = append(*w, c.Value)
		}
		return nil
	}
	*w = stringList{n.Value}
	return nil
}

// ReadTemplate reads the deployment's template.
func ReadTemplate(name string) (*Template, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	t := &Template{}
	if err := yaml.Unmarshal(source, t); err != nil {
		return nil, err
	}
	for _, r := range []role{t.Resources.SubmitRole, t.Resources.InviteRole, t.Resources.PublishRole, t.Resources.ArchiveRole} {
		if len(r.Properties.Policies) == 0 || len(r.Properties.Policies[0].PolicyDocument.Statement) == 0 {
			return nil, fmt.Errorf("%s: a role has no policy", name)
		}
	}
	return t, nil
}

// Route returns the function that the API gives a request to, "Submit" or "Invite", and the route, as "GET /a/{b}"; "" if there is
// none. A part in braces stands for any one; a route without one comes first.
func (t *Template) Route(method, address string) (function, route string) {
	for template, methods := range t.Resources.API.Properties.DefinitionBody.Paths {
		operation, exists := methods[strings.ToLower(method)]
		pattern := inBraces.ReplaceAllString(template, "*")
		matches, err := path.Match(pattern, address)
		if exists && err == nil && matches && (route == "" || pattern == template) {
			function, route = calledBy(&operation.Integration.URI), method+" "+template
		}
	}
	return function, route
}

// calledBy returns the name of the function whose ARN an integration has, which is not an alias.
func calledBy(n *yaml.Node) string {
	if name, ok := strings.CutSuffix(n.Value, ".Arn"); ok && n.Tag == "!GetAtt" {
		return name
	}
	for _, c := range n.Content {
		if name := calledBy(c); name != "" {
			return name
		}
	}
	return ""
}

var inBraces = regexp.MustCompile(`\{\w+\}`)

// RequestPolicy returns what the CDN passes on of a request to the API. Ok is false if the address is one of the bucket.
func (t *Template) RequestPolicy(address string) (p requestPolicy, ok bool) {
	for _, b := range t.Resources.Distribution.Properties.DistributionConfig.CacheBehaviors {
		if strings.HasPrefix(address, strings.TrimSuffix(b.PathPattern, "*")) {
			p, ok = map[string]requestPolicy{"ToHandler": t.Resources.ToHandler, "ToLinks": t.Resources.ToLinks}[b.OriginRequestPolicyID]
			return p, ok
		}
	}
	return p, false
}

// Submit is the policy of the function submit.
func (t *Template) Submit() policy {
	return t.Resources.SubmitRole.Properties.Policies[0].PolicyDocument
}

// Invite is the policy of the function invite.
func (t *Template) Invite() policy {
	return t.Resources.InviteRole.Properties.Policies[0].PolicyDocument
}

// Inviter is the policy for `glasspoll invite`.
func (t *Template) Inviter() policy { return t.Resources.InviterPolicy.Properties.PolicyDocument }

// Publish is the policy of the function publish.
func (t *Template) Publish() policy {
	return t.Resources.PublishRole.Properties.Policies[0].PolicyDocument
}

// Archive is the policy of the function archive.
func (t *Template) Archive() policy {
	return t.Resources.ArchiveRole.Properties.Policies[0].PolicyDocument
}

// Publisher is the policy for `glasspoll publish`.
func (t *Template) Publisher() policy { return t.Resources.PublisherPolicy.Properties.PolicyDocument }

// Cases is the policy for `glasspoll cases`.
func (t *Template) Cases() policy { return t.Resources.CasesPolicy.Properties.PolicyDocument }

// Operator is the policy for `glasspoll results`.
func (t *Template) Operator() policy { return t.Resources.OperatorPolicy.Properties.PolicyDocument }

// access is one action on one resource. A call has one or, as a transaction, several.
type access struct {
	action, resource string
	keys             []string
	createOnly       bool   // If-None-Match
	returns          string // the old or the new item; "" if none
	attributes       []string
	source           string // of an event
}

// Mutant is a policy with one change, and what the change is.
type Mutant struct {
	policy
	Name      string
	Statement string // whose statement was changed
	Narrower  bool   // it allows less; else more
}

// Mutants returns policies that differ from p in one way that a role can be wrong: a statement, a key, an attribute or a file less, or a
// condition less, or all files of a bucket more. What no call of the functions could tell is left out: whether a call names keys at
// all, or an item attributes, and which of them a query selects.
func (p policy) Mutants() (all []Mutant) {
	for i, s := range p.Statement {
		add := func(name string, narrower bool, changed ...statement) {
			m := Mutant{Name: s.Sid + " " + name, Statement: s.Sid, Narrower: narrower}
			m.policy.Statement = slices.Concat(p.Statement[:i], changed, p.Statement[i+1:])
			all = append(all, m)
		}
		add("is gone", true)
		s.mutateLists(add)
		s.mutateConditions(add)
	}
	return all
}

// mutateLists adds s without each of its actions and resources, and with all files of a bucket.
func (s statement) mutateLists(add func(name string, narrower bool, changed ...statement)) {
	for _, action := range s.Action {
		if len(s.Action) > 1 {
			less := s
			less.Action = without(s.Action, action)
			add("without "+action, true, less)
		}
	}
	for _, resource := range s.Resource {
		if len(s.Resource) > 1 {
			less := s
			less.Resource = without(s.Resource, resource)
			add("without "+resource, true, less)
		}
		if bucket, path, isFile := strings.Cut(resource, "Bucket.Arn}/"); isFile && path != "*" {
			more := s
			more.Resource = stringList{bucket + "Bucket.Arn}/*"}
			add("of all files", false, more)
		}
	}
}

// mutateConditions adds s without each of its conditions, and without each of their values.
func (s statement) mutateConditions(add func(name string, narrower bool, changed ...statement)) {
	puts := slices.Contains(s.Action, "dynamodb:PutItem")
	for operator, conditions := range s.Condition {
		for key, node := range conditions {
			if operator == "Null" && (key == "dynamodb:LeadingKeys" || puts) || key == "dynamodb:Select" {
				continue
			}
			add("without "+operator+" "+key, false, s.with(operator, key, nil))
			var values stringList
			if values.UnmarshalYAML(&node); len(values) > 1 {
				for _, value := range values {
					add("without "+key+" "+value, true, s.with(operator, key, without(values, value)))
				}
			}
		}
	}
}

// Denied returns why a policy does not allow a call, or "" if it does. It implements the conditions that the template uses;
// any other counts as not met.
func (p policy) Denied(c Call) string {
	all, err := accessesOf(c)
	if err != nil {
		return err.Error()
	}
	for _, a := range all {
		allowed := false
		for _, s := range p.Statement {
			if s.Effect == "Deny" && s.matches(a) {
				allowed = false
				break // a denial overrides every other statement
			}
			allowed = allowed || s.Effect == "Allow" && s.matches(a)
		}
		if !allowed {
			return fmt.Sprintf("%+v", a)
		}
	}
	return ""
}

func accessesOf(c Call) ([]access, error) {
	if method, address, isREST := strings.Cut(c.Name, " "); isREST {
		if a, ok := serviceAccess(c); ok {
			return []access{a}, nil
		}
		return bucketAccesses(method, address, c.Header)
	}
	var o operation
	if err := json.Unmarshal(c.Body, &o); err != nil {
		return nil, err
	}
	switch c.Name {
	case "PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query":
		return []access{o.access(c.Name)}, nil
	case "BatchGetItem", "BatchWriteItem":
		return batchAccesses(c)
	case "TransactWriteItems":
		return transactionAccesses(o)
	}
	if a, ok := serviceAccess(c); ok {
		return []access{a}, nil
	}
	return []access{{action: "dynamodb:" + c.Name, resource: arnOf(o.TableName)}}, nil
}

// serviceAccess returns what a call accesses that is neither of items nor of files. A group of logs is called as in the template.
func serviceAccess(c Call) (a access, ok bool) {
	const account = ":${AWS::Region}:${AWS::AccountId}:"
	var said struct {
		LogGroupName, Name, FromEmailAddress string
		Entries                              []struct{ Source string }
	}
	if json.Unmarshal(c.Body, &said) != nil {
		return a, false
	}
	switch c.Name {
	case "CreateLogStream", "PutLogEvents":
		return access{action: "logs:" + c.Name, resource: said.LogGroupName + ".Arn"}, true
	case "PutEvents":
		a = access{action: "events:PutEvents", resource: "arn:${AWS::Partition}:events" + account + "event-bus/default"}
		if len(said.Entries) == 1 {
			a.source = said.Entries[0].Source
		}
		return a, true
	case "GetParameter":
		return access{action: "ssm:GetParameter", resource: "arn:${AWS::Partition}:ssm" + account + "parameter" + said.Name}, true
	case "POST /v2/email/outbound-emails":
		_, domain, _ := strings.Cut(said.FromEmailAddress, "@")
		return access{action: "ses:SendEmail", resource: "arn:${AWS::Partition}:ses" + account + "identity/" + domain}, true
	case "ListStreams":
		return access{action: "dynamodb:ListStreams", resource: "any"}, true
	case "DescribeStream", "GetShardIterator", "GetRecords":
		return access{action: "dynamodb:" + c.Name, resource: "SurveyTable.StreamArn"}, true
	}
	return a, false
}

// arnOf returns the resource in the template that a table's name stands for.
func arnOf(table string) string {
	if strings.HasSuffix(table, cloud.InvitationTable("")) {
		return "InvitationTable.Arn"
	}
	return "SurveyTable.Arn"
}

// access returns what a call on items under one partition key accesses.
func (o *operation) access(name string) access {
	pk := o.Key["PK"].S + o.Item["PK"].S
	if name == "Query" {
		pk = o.ExpressionAttributeValues[":pk"].S
	}
	a := access{action: "dynamodb:" + name, resource: arnOf(o.TableName), keys: []string{pk}, returns: o.ReturnValues + o.ReturnValuesOnConditionCheckFailure}
	for attribute := range o.Item {
		a.attributes = append(a.attributes, attribute)
	}
	if o.ProjectionExpression != "" {
		for attribute := range strings.SplitSeq(o.ProjectionExpression, ", ") {
			if real, ok := o.ExpressionAttributeNames[attribute]; ok {
				attribute = real
			}
			a.attributes = append(a.attributes, attribute)
		}
	}
	if o.IndexName != "" {
		a.resource = "${SurveyTable.Arn}/index/" + o.IndexName
	}
	return a
}

// bucketAccesses returns what a call of S3 accesses.
func bucketAccesses(method, address string, header http.Header) ([]access, error) {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(address, "/"), "/")
	key, err := url.PathUnescape(object)
	if err != nil {
		return nil, err
	}
	name := "Bucket.Arn"
	if strings.HasSuffix(bucket, OfArchives) {
		name = "ArchiveBucket.Arn"
	}
	file := "${" + name + "}/" + key
	list := access{action: "s3:ListBucket", resource: name}
	switch method {
	case "GET", "HEAD":
		if key == "" {
			return []access{list}, nil
		}
		return []access{{action: "s3:GetObject", resource: file}, list}, nil // of a file that is missing
	case "PUT":
		all := []access{{action: "s3:PutObject", resource: file, createOnly: header.Get("If-None-Match") != ""}}
		if header.Get("If-Match") != "" {
			all = append(all, access{action: "s3:GetObject", resource: file})
		}
		return all, nil
	case "DELETE":
		return []access{{action: "s3:DeleteObject", resource: file}}, nil
	}
	return []access{{action: "s3:" + method, resource: file}}, nil
}

// OfArchives ends the name of a bucket of archives.
const OfArchives = "-archives"

// The parts of a call of DynamoDB that say what it accesses.
type (
	attribute struct{ S string }
	operation struct {
		TableName, IndexName                              string
		Item, Key, ExpressionAttributeValues              map[string]attribute
		ReturnValues, ReturnValuesOnConditionCheckFailure string
		ProjectionExpression                              string
		ExpressionAttributeNames                          map[string]string
		TransactItems                                     []struct{ Put, ConditionCheck, Update, Delete *operation }
	}
)

// batchAccesses returns what a call reads or writes that names many items.
func batchAccesses(c Call) (all []access, err error) {
	var b struct {
		RequestItems map[string]json.RawMessage
	}
	if err := json.Unmarshal(c.Body, &b); err != nil {
		return nil, err
	}
	for table, of := range b.RequestItems {
		a := access{action: "dynamodb:" + c.Name, resource: arnOf(table)}
		var read struct{ Keys []map[string]attribute }
		var written []struct {
			PutRequest    struct{ Item map[string]attribute }
			DeleteRequest struct{ Key map[string]attribute }
		}
		if json.Unmarshal(of, &read) != nil && json.Unmarshal(of, &written) != nil {
			return nil, fmt.Errorf("%s has neither keys nor requests", c.Name)
		}
		for _, key := range read.Keys {
			a.keys = append(a.keys, key["PK"].S)
		}
		for _, w := range written {
			a.keys = append(a.keys, w.PutRequest.Item["PK"].S+w.DeleteRequest.Key["PK"].S)
		}
		all = append(all, a)
	}
	return all, nil
}

// transactionAccesses returns what a transaction accesses.
func transactionAccesses(o operation) (all []access, err error) {
	for _, i := range o.TransactItems {
		switch {
		case i.Put != nil:
			all = append(all, i.Put.access("PutItem"))
		case i.ConditionCheck != nil:
			all = append(all, i.ConditionCheck.access("ConditionCheckItem"))
		case i.Update != nil:
			all = append(all, i.Update.access("UpdateItem"))
		case i.Delete != nil:
			all = append(all, i.Delete.access("DeleteItem"))
		default:
			return nil, fmt.Errorf("a transaction contains more than puts, checks, updates and deletions")
		}
	}
	return all, nil
}

func without(all stringList, one string) stringList {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

// with returns a statement with other values of a condition; nil: without it.
func (s statement) with(operator, key string, values stringList) statement {
	changed := map[string]map[string]yaml.Node{}
	for o, conditions := range s.Condition {
		changed[o] = maps.Clone(conditions)
	}
	if values == nil {
		delete(changed[operator], key)
	} else {
		list := yaml.Node{Kind: yaml.SequenceNode}
		for _, value := range values {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
		}
		changed[operator][key] = list
	}
	s.Condition = changed
	return s
}

// matches reports whether a statement applies to an access: its action, resource and conditions.
func (s statement) matches(a access) bool {
	if !like(a.action, s.Action) || !like(a.resource, s.Resource) {
		return false
	}
	for operator, conditions := range s.Condition {
		for key, node := range conditions {
			var values stringList
			if values.UnmarshalYAML(&node) != nil {
				return false
			}
			met := false
			switch operator + " " + key {
			case "ForAllValues:StringLike dynamodb:LeadingKeys":
				met = true
				for _, k := range a.keys {
					met = met && like(k, values)
				}
			case "Null dynamodb:LeadingKeys":
				met = len(a.keys) > 0 && values[0] == "false"
			case "StringEqualsIfExists dynamodb:ReturnValues":
				met = a.returns == "" || slices.Contains(values, a.returns)
			case "ForAllValues:StringEquals dynamodb:Attributes":
				met = !slices.ContainsFunc(a.attributes, func(name string) bool { return !slices.Contains(values, name) })
			case "Null dynamodb:Attributes":
				met = len(a.attributes) > 0 && values[0] == "false"
			case "StringEqualsIfExists dynamodb:Select":
				met = true // the functions select attributes or, in single reads, cannot say so
			case "StringEquals events:source":
				met = slices.Contains(values, a.source)
			case "Null s3:if-none-match":
				met = a.createOnly == (values[0] == "false")
			}
			if !met {
				return false
			}
		}
	}
	return true
}

// like matches as IAM does: * stands for any text, slashes included.
func like(text string, patterns []string) bool {
	for _, p := range patterns {
		// In path.Match, * does not match a slash, and brackets are special.
		clean := strings.NewReplacer("/", "\x00", "[", "(", "]", ")", "{", "(", "}", ")")
		if ok, err := path.Match(clean.Replace(p), clean.Replace(text)); err == nil && ok {
			return true
		}
	}
	return false
}
