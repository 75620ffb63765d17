package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
)

// templates has what was read, by name.
var templates sync.Map

// written returns a template as it is in its file. Nobody may change it.
func written(t *testing.T, name string) tree {
	t.Helper()
	if whole, ok := templates.Load(name); ok {
		return whole.(tree)
	}
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	whole := decode(t, document.Content[0]).(tree)
	templates.Store(name, whole)
	return whole
}

// deployed returns a template as CloudFormation reads it with some parameters, the others having their defaults: without what has a
// condition that does not hold, and with one side of each !If.
func deployed(t *testing.T, name string, parameters map[string]string) tree {
	t.Helper()
	whole := written(t, name)
	s := &stack{T: t, parameters: map[string]string{}, conditions: whole["Conditions"].(tree)}
	for parameter, p := range whole["Parameters"].(tree) {
		value, given := parameters[parameter]
		if fallback, ok := p.(tree)["Default"]; ok && !given {
			value = fallback.(string)
		}
		s.parameters[parameter] = value
	}
	for parameter := range parameters {
		if _, exists := s.parameters[parameter]; !exists {
			t.Fatalf("%s has no parameter %s", name, parameter)
		}
	}
	result := tree{}
	for section, value := range whole {
		result[section] = value
		if section != "Conditions" && section != "Rules" {
			result[section] = s.resolve(value)
		}
	}
	for _, section := range []string{"Resources", "Outputs"} {
		maps.DeleteFunc(result[section].(tree), func(_ string, r any) bool {
			condition, ok := r.(tree)["Condition"].(string)
			return ok && !s.holds("!Condition "+condition)
		})
	}
	return result
}

// stack evaluates the intrinsic functions of conditions.
type stack struct {
	*testing.T
	parameters map[string]string
	conditions tree
}

// nothing is what CloudFormation leaves out.
const nothing = "!Ref AWS::NoValue"

func (s *stack) resolve(value any) any {
	switch value := value.(type) {
	case tree:
		if sides, ok := value["!If"].([]any); ok {
			if s.holds("!Condition " + sides[0].(string)) {
				return s.resolve(sides[1])
			}
			return s.resolve(sides[2])
		}
		result := tree{}
		for key, one := range value {
			if one = s.resolve(one); one != nothing {
				result[key] = one
			}
		}
		return result
	case []any:
		var result []any
		for _, one := range value {
			if one = s.resolve(one); one != nothing {
				result = append(result, one)
			}
		}
		return result
	}
	return value
}

// holds evaluates a condition.
func (s *stack) holds(condition any) bool {
	s.Helper()
	switch condition := condition.(type) {
	case string:
		if name, ok := strings.CutPrefix(condition, "!Condition "); ok && s.conditions[name] != nil {
			return s.holds(s.conditions[name])
		}
	case tree:
		for function, arguments := range condition {
			list := arguments.([]any)
			switch function {
			case "!Equals":
				return s.value(list[0]) == s.value(list[1])
			case "!Not":
				return !s.holds(list[0])
			case "!And":
				return !slices.ContainsFunc(list, func(one any) bool { return !s.holds(one) })
			case "!Or":
				return slices.ContainsFunc(list, s.holds)
			}
		}
	}
	s.Fatalf("this test cannot evaluate the condition %v", condition)
	return false
}

// value returns that of a literal or of a parameter.
func (s *stack) value(of any) string {
	s.Helper()
	text := fmt.Sprint(of)
	name, isRef := strings.CutPrefix(text, "!Ref ")
	if !isRef || strings.HasPrefix(name, "AWS::") {
		return text
	}
	value, exists := s.parameters[name]
	if !exists {
		s.Fatalf("a condition names %s, which is no parameter", name)
	}
	return value
}

// everything has a value for each parameter that turns something on.
var everything = map[string]string{
	"Domain": "polls.example.com", "CertificateArn": "arn", "AlarmEmail": "ops@example.com", "ResponseRetentionDays": "365", "NewsParameter": "/glasspoll/news",
	"SubmitConcurrency": "100", "InviteConcurrency": "50", "PublishConcurrency": "10", "WebACLArn": "arn", "MonthlyBudget": "100", "AccessLog": "on", "Tracing": "on",
	"KeysOfChecks": "off", "GradualShift": "Canary10Percent5Minutes", "Release": "2",
}

// TestEveryConditionIsUsed checks that each condition and parameter has an effect, and that the evaluation above sees both sides of each.
func TestEveryConditionIsUsed(t *testing.T) {
	usual, all := deployed(t, "template.yaml", nil), deployed(t, "template.yaml", everything)
	for condition, rule := range written(t, "template.yaml")["Conditions"].(tree) {
		s := &stack{T: t, parameters: map[string]string{}, conditions: written(t, "template.yaml")["Conditions"].(tree)}
		for name, p := range written(t, "template.yaml")["Parameters"].(tree) {
			s.parameters[name], _ = p.(tree)["Default"].(string)
		}
		before := s.holds(rule)
		maps.Copy(s.parameters, everything)
		maps.Copy(s.parameters, map[string]string{"Protection": "off", "Dashboard": "off"})
		if s.holds(rule) == before {
			t.Errorf("no parameter changes %s", condition)
		}
	}
	if len(all["Resources"].(tree)) <= len(usual["Resources"].(tree)) {
		t.Error("parameters add no resources")
	}
	source, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for parameter := range written(t, "template.yaml")["Parameters"].(tree) {
		if text := string(source); !strings.Contains(text, "!Ref "+parameter) && !strings.Contains(text, "${"+parameter+"}") {
			t.Errorf("nothing uses the parameter %s", parameter)
		}
	}
}

// TestNothingIsAnAlias: CloudFormation's documentation says that it does not take aliases and merges of YAML, which the SAM CLI
// resolves and others do not.
func TestNothingIsAnAlias(t *testing.T) {
	for _, name := range []string{"template.yaml", "firewall.yaml"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(source, &document); err != nil {
			t.Fatal(err)
		}
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if n.Kind == yaml.AliasNode || n.Tag == "!!merge" {
				t.Errorf("%s:%d: an alias", name, n.Line)
			}
			for _, c := range n.Content {
				walk(c)
			}
		}
		walk(&document)
	}
}
