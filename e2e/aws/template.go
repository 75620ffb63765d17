package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Template is as much of the deployment's template as a stand-in for AWS follows.
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
	Action    words                           `yaml:"Action"`
	Resource  words                           `yaml:"Resource"`
	Condition map[string]map[string]yaml.Node `yaml:"Condition"`
}

// words is one text or several.
type words []string

func (w *words) UnmarshalYAML(n *yaml.Node) error {
	*w = nil
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			*w = append(*w, c.Value)
		}
		return nil
	}
	*w = words{n.Value}
	return nil
}

// ReadTemplate reads the deployment's template.
func ReadTemplate(name string) (*Template, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	t := &Template{}
	// The names of the two roles are those of the fields but for their case.
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

// Submit, Publish, Publisher and Operator are the policies of the two functions and of those who run glasspoll publish and
// glasspoll results.
func (t *Template) Submit() policy {
	return t.Resources.SubmitRole.Properties.Policies[0].PolicyDocument
}
func (t *Template) Publish() policy {
	return t.Resources.PublishRole.Properties.Policies[0].PolicyDocument
}
func (t *Template) Publisher() policy { return t.Resources.PublisherPolicy.Properties.PolicyDocument }

// Cases is the policy of those who run glasspoll cases.
func (t *Template) Cases() policy { return t.Resources.CasesPolicy.Properties.PolicyDocument }

func (t *Template) Operator() policy { return t.Resources.OperatorPolicy.Properties.PolicyDocument }

// access is one thing that a call does.
type access struct {
	action, resource string
	keys, attributes []string
	specific         bool // names the attributes it reads
	createOnly       bool // If-None-Match
}

// Denied returns why a policy does not allow a call; "" if it does. It knows the conditions that the template uses, and
// takes any other for unmet: that of a statement which denies must be known, as a test of the template holds.
func (p policy) Denied(c Call) string {
	all, err := accesses(c)
	if err != nil {
		return err.Error()
	}
	for _, a := range all {
		allowed := false
		for _, s := range p.Statement {
			if s.Effect == "Deny" && s.holds(a) {
				allowed = false
				break // whatever else allows it
			}
			allowed = allowed || s.Effect == "Allow" && s.holds(a)
		}
		if !allowed {
			return fmt.Sprintf("%+v", a)
		}
	}
	return ""
}

func accesses(c Call) ([]access, error) {
	method, address, isS3 := strings.Cut(c.Name, " ")
	if isS3 {
		_, object, _ := strings.Cut(strings.TrimPrefix(address, "/"), "/")
		key, err := url.PathUnescape(object)
		if err != nil {
			return nil, err
		}
		switch method {
		case "HEAD":
			return []access{{action: "s3:GetObject", resource: "${Bucket.Arn}/" + key}, {action: "s3:ListBucket", resource: "Bucket.Arn"}}, nil
		case "PUT":
			return []access{{action: "s3:PutObject", resource: "${Bucket.Arn}/" + key, createOnly: c.Header.Get("If-None-Match") != ""}}, nil
		}
		return []access{{action: "s3:" + method, resource: "${Bucket.Arn}/" + key}}, nil
	}
	type attribute struct{ S string }
	type operation struct {
		Item, Key, ExpressionAttributeValues map[string]attribute
		IndexName, ProjectionExpression      string
		KeyConditionExpression               string
		TransactItems                        []struct{ Put, ConditionCheck, Update, Delete *operation }
	}
	var o operation
	if err := json.Unmarshal(c.Body, &o); err != nil {
		return nil, err
	}
	switch c.Name {
	case "PutItem":
		return []access{{action: "dynamodb:PutItem", resource: "Table.Arn", keys: []string{o.Item["PK"].S}}}, nil
	case "GetItem":
		return []access{{action: "dynamodb:GetItem", resource: "Table.Arn", keys: []string{o.Key["PK"].S}}}, nil
	case "Query":
		a := access{action: "dynamodb:Query", resource: "Table.Arn", keys: []string{o.ExpressionAttributeValues[":pk"].S}}
		if o.IndexName != "" {
			a.resource = "${Table.Arn}/index/" + o.IndexName
		}
		a.attributes = []string{"PK"}
		if strings.Contains(o.KeyConditionExpression, "arrived") {
			a.attributes = append(a.attributes, "arrived")
		}
		if o.ProjectionExpression != "" {
			a.specific = true
			for name := range strings.SplitSeq(o.ProjectionExpression, ",") {
				a.attributes = append(a.attributes, strings.TrimSpace(name))
			}
		}
		return []access{a}, nil
	case "TransactWriteItems":
		var all []access
		for _, i := range o.TransactItems {
			switch {
			case i.Put != nil:
				all = append(all, access{action: "dynamodb:PutItem", resource: "Table.Arn", keys: []string{i.Put.Item["PK"].S}})
			case i.ConditionCheck != nil:
				all = append(all, access{action: "dynamodb:ConditionCheckItem", resource: "Table.Arn", keys: []string{i.ConditionCheck.Key["PK"].S}})
			case i.Delete != nil:
				all = append(all, access{action: "dynamodb:DeleteItem", resource: "Table.Arn", keys: []string{i.Delete.Key["PK"].S}})
			default:
				return nil, fmt.Errorf("a part of a transaction that is neither a put, a check nor a deletion")
			}
		}
		return all, nil
	}
	return []access{{action: "dynamodb:" + c.Name, resource: "Table.Arn"}}, nil
}

// holds reports whether a statement speaks of something, and its conditions are met.
func (s statement) holds(a access) bool {
	if !like(a.action, s.Action) || !like(a.resource, s.Resource) {
		return false
	}
	for operator, conditions := range s.Condition {
		for key, node := range conditions {
			var said words
			if said.UnmarshalYAML(&node) != nil {
				return false
			}
			met := false
			switch operator + " " + key {
			case "ForAllValues:StringLike dynamodb:LeadingKeys":
				met = true
				for _, k := range a.keys {
					met = met && like(k, said)
				}
			case "Null dynamodb:LeadingKeys":
				met = len(a.keys) > 0 && said[0] == "false"
			case "ForAllValues:StringEquals dynamodb:Attributes":
				met = true
				for _, k := range a.attributes {
					met = met && like(k, said)
				}
			case "StringEqualsIfExists dynamodb:Select":
				met = a.specific && said[0] == "SPECIFIC_ATTRIBUTES"
			case "StringEqualsIfExists dynamodb:ReturnValues":
				met = said[0] == "NONE" // no call asks for the old item
			case "Null s3:if-none-match":
				met = a.createOnly == (said[0] == "false")
			}
			if !met {
				return false
			}
		}
	}
	return true
}

// like compares as IAM does: * stands for anything, slashes included.
func like(text string, patterns []string) bool {
	for _, p := range patterns {
		// path.Match's * ends at a slash, and a bracket would be special.
		clean := strings.NewReplacer("/", "\x00", "[", "(", "]", ")", "{", "(", "}", ")")
		if ok, err := path.Match(clean.Replace(p), clean.Replace(text)); err == nil && ok {
			return true
		}
	}
	return false
}
