package deploy_test

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestDeployerMayDoAllOfIt holds the policy of whoever deploys to the calls of the command and to the services of the template.
func TestDeployerMayDoAllOfIt(t *testing.T) {
	source, err := os.ReadFile("deployer.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct{ Action []string }
	}
	if err := json.Unmarshal(source, &policy); err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, s := range policy.Statement {
		allowed = append(allowed, s.Action...)
	}
	may := func(action string) bool {
		return slices.ContainsFunc(allowed, func(pattern string) bool {
			matches, err := path.Match(pattern, action)
			return err == nil && matches
		})
	}
	source, err = os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{"ApiGatewayV2": "apigateway", "Serverless": "lambda", "CloudWatch": "cloudwatch", "Logs": "logs"}
	for line := range strings.Lines(string(source)) {
		kind, found := strings.CutPrefix(strings.TrimSpace(line), "Type: AWS::")
		if !found {
			continue
		}
		name, _, _ := strings.Cut(kind, "::")
		service := services[name]
		if service == "" {
			service = strings.ToLower(name)
		}
		if !slices.ContainsFunc(allowed, func(action string) bool { return strings.HasPrefix(action, service+":") }) {
			t.Errorf("the policy has nothing of %s, for %s", service, kind)
		}
	}
	files, err := os.ReadDir("../internal/stack")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile("../internal/stack/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(source), "&cloudformation.")[1:] {
			name, _, found := strings.Cut(part, "Input{")
			if !found {
				continue
			}
			if calls++; !may("cloudformation:" + name) {
				t.Errorf("%s: the policy does not allow cloudformation:%s", f.Name(), name)
			}
		}
	}
	if calls < 10 {
		t.Errorf("only %d calls were found", calls)
	}
}
