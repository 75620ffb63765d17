package aws

import (
	"encoding/json"
	"fmt"
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
		PublisherPolicy managedPolicy `yaml:"PublisherPolicy"`
		OperatorPolicy  managedPolicy `yaml:"OperatorPolicy"`
		CasesPolicy     managedPolicy `yaml:"CasesPolicy"`
		InviterPolicy   managedPolicy `yaml:"InviterPolicy"`
		Submit          served        `yaml:"Submit"`
		Invite          served        `yaml:"Invite"`
		Publish         struct {
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

// served is a function behind the API.
type served struct {
	Properties struct {
		Events map[string]struct {
			Properties struct {
				Method string `yaml:"Method"`
				Path   string `yaml:"Path"`
			} `yaml:"Properties"`
		} `yaml:"Events"`
	} `yaml:"Properties"`
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
	for _, r := range []role{t.Resources.SubmitRole, t.Resources.InviteRole, t.Resources.PublishRole} {
		if len(r.Properties.Policies) == 0 || len(r.Properties.Policies[0].PolicyDocument.Statement) == 0 {
			return nil, fmt.Errorf("%s: a role has no policy", name)
		}
	}
	return t, nil
}

// Route returns the function that the API gives a request to, "Submit" or "Invite", and the route, as "GET /a/{b}"; "" if there is
// none. A part in braces stands for any one; a route without one comes first.
func (t *Template) Route(method, address string) (function, route string) {
	for name, f := range map[string]served{"Submit": t.Resources.Submit, "Invite": t.Resources.Invite} {
		for _, event := range f.Properties.Events {
			pattern := inBraces.ReplaceAllString(event.Properties.Path, "*")
			matches, err := path.Match(pattern, address)
			if err == nil && matches && event.Properties.Method == method && (route == "" || pattern == event.Properties.Path) {
				function, route = name, method+" "+event.Properties.Path
			}
		}
	}
	return function, route
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
	if method, address, isS3 := strings.Cut(c.Name, " "); isS3 {
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
	return []access{{action: "dynamodb:" + c.Name, resource: arnOf(o.TableName)}}, nil
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
	if o.IndexName != "" {
		a.resource = "${SurveyTable.Arn}/index/" + o.IndexName
	}
	return a
}

// bucketAccesses returns what a call of S3 accesses.
func bucketAccesses(method, address string, header http.Header) ([]access, error) {
	_, object, _ := strings.Cut(strings.TrimPrefix(address, "/"), "/")
	key, err := url.PathUnescape(object)
	if err != nil {
		return nil, err
	}
	switch method {
	case "HEAD":
		return []access{{action: "s3:GetObject", resource: "${Bucket.Arn}/" + key}, {action: "s3:ListBucket", resource: "Bucket.Arn"}}, nil
	case "PUT":
		return []access{{action: "s3:PutObject", resource: "${Bucket.Arn}/" + key, createOnly: header.Get("If-None-Match") != ""}}, nil
	}
	return []access{{action: "s3:" + method, resource: "${Bucket.Arn}/" + key}}, nil
}

// The parts of a call of DynamoDB that say what it accesses.
type (
	attribute struct{ S string }
	operation struct {
		TableName, IndexName                              string
		Item, Key, ExpressionAttributeValues              map[string]attribute
		ReturnValues, ReturnValuesOnConditionCheckFailure string
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
