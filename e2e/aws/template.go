package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Template is the part of the deployment's template that tests evaluate.
type Template struct {
	Resources struct {
		SubmitRole, PublishRole role
		PublisherPolicy         struct {
			Properties struct {
				PolicyDocument policy `yaml:"PolicyDocument"`
			} `yaml:"Properties"`
		} `yaml:"PublisherPolicy"`
		OperatorPolicy struct {
			Properties struct {
				PolicyDocument policy `yaml:"PolicyDocument"`
			} `yaml:"Properties"`
		} `yaml:"OperatorPolicy"`
		CasesPolicy struct {
			Properties struct {
				PolicyDocument policy `yaml:"PolicyDocument"`
			} `yaml:"Properties"`
		} `yaml:"CasesPolicy"`
		Submit struct {
			Properties struct {
				Events map[string]struct {
					Properties struct {
						Method string `yaml:"Method"`
						Path   string `yaml:"Path"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Submit"`
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
		ToHandler struct {
			Properties struct {
				OriginRequestPolicyConfig struct {
					HeadersConfig struct {
						Headers []string `yaml:"Headers"`
					} `yaml:"HeadersConfig"`
					QueryStringsConfig struct {
						QueryStringBehavior string `yaml:"QueryStringBehavior"`
					} `yaml:"QueryStringsConfig"`
				} `yaml:"OriginRequestPolicyConfig"`
			} `yaml:"Properties"`
		} `yaml:"ToHandler"`
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
						} `yaml:"ReferrerPolicy"`
					} `yaml:"SecurityHeadersConfig"`
				} `yaml:"ResponseHeadersPolicyConfig"`
			} `yaml:"Properties"`
		} `yaml:"Headers"`
	} `yaml:"Resources"`
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
	// yaml.v3 expects the names of fields without a tag in lower case.
	var whole struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(source, &whole); err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(source, t); err != nil {
		return nil, err
	}
	for name, into := range map[string]*role{"SubmitRole": &t.Resources.SubmitRole, "PublishRole": &t.Resources.PublishRole} {
		node := whole.Resources[name]
		if err := node.Decode(into); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Submit is the policy of the function submit.
func (t *Template) Submit() policy {
	return t.Resources.SubmitRole.Properties.Policies[0].PolicyDocument
}

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
	createOnly       bool // If-None-Match
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
	case "PutItem":
		return []access{{action: "dynamodb:PutItem", resource: "SurveyTable.Arn", keys: []string{o.Item["PK"].S}}}, nil
	case "UpdateItem":
		return []access{{action: "dynamodb:UpdateItem", resource: "SurveyTable.Arn", keys: []string{o.Key["PK"].S}}}, nil
	case "BatchGetItem", "BatchWriteItem":
		return batchAccesses(c)
	case "GetItem":
		return []access{{action: "dynamodb:GetItem", resource: "SurveyTable.Arn", keys: []string{o.Key["PK"].S}}}, nil
	case "Query":
		a := access{action: "dynamodb:Query", resource: "SurveyTable.Arn", keys: []string{o.ExpressionAttributeValues[":pk"].S}}
		if o.IndexName != "" {
			a.resource = "${SurveyTable.Arn}/index/" + o.IndexName
		}
		return []access{a}, nil
	case "TransactWriteItems":
		return transactionAccesses(o)
	}
	return []access{{action: "dynamodb:" + c.Name, resource: "SurveyTable.Arn"}}, nil
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
		Item, Key, ExpressionAttributeValues map[string]attribute
		IndexName                            string
		TransactItems                        []struct{ Put, ConditionCheck, Update, Delete *operation }
	}
)

// batchAccesses returns what a call reads or writes that names many items.
func batchAccesses(c Call) ([]access, error) {
	var b struct {
		RequestItems map[string]json.RawMessage
	}
	if err := json.Unmarshal(c.Body, &b); err != nil {
		return nil, err
	}
	a := access{action: "dynamodb:" + c.Name, resource: "SurveyTable.Arn"}
	for _, of := range b.RequestItems {
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
	}
	return []access{a}, nil
}

// transactionAccesses returns what a transaction accesses.
func transactionAccesses(o operation) (all []access, err error) {
	for _, i := range o.TransactItems {
		switch {
		case i.Put != nil:
			all = append(all, access{action: "dynamodb:PutItem", resource: "SurveyTable.Arn", keys: []string{i.Put.Item["PK"].S}})
		case i.ConditionCheck != nil:
			all = append(all, access{action: "dynamodb:ConditionCheckItem", resource: "SurveyTable.Arn", keys: []string{i.ConditionCheck.Key["PK"].S}})
		case i.Update != nil:
			all = append(all, access{action: "dynamodb:UpdateItem", resource: "SurveyTable.Arn", keys: []string{i.Update.Key["PK"].S}})
		case i.Delete != nil:
			all = append(all, access{action: "dynamodb:DeleteItem", resource: "SurveyTable.Arn", keys: []string{i.Delete.Key["PK"].S}})
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
				met = values[0] == "NONE" // no call asks for the old item
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
