package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The address of a personal link has the secret of an invitation, and whoever has it can answer in somebody's place. What keeps
// records of requests in a deployment, and what of a request is in them:
//
//	API Gateway's access log     what its format says; off unless it is set
//	CloudFront's standard log    always the path, the query, the cookies if asked for
//	CloudFront's real-time log   the fields that are chosen
//	logs of edge functions       what they print
//	logs of our functions        what they print: internal/gateway and internal/intake test it
//	X-Ray                        of functions, their name and the request's id with times; addresses, of what is instrumented
//	AWS WAF                      the path, in logs and in the samples of the console, which are on unless switched off
//	failed asynchronous calls    the whole event
//	CloudTrail's data events     the keys of items, with times
//	metrics                      their dimensions: for the API's, the route; for ours, see internal/gateway

// harmless are the variables of the API's access log that tell neither an address nor a person.
var harmless = []string{
	"requestId", "requestTime", "requestTimeEpoch", "routeKey", "httpMethod", "protocol", "status", "responseLength", "responseLatency",
	"integrationLatency", "integration.status", "integration.latency", "integration.error", "integrationErrorMessage", "error.responseType", "stage", "apiId",
}

var contextVariable = regexp.MustCompile(`\$context\.([A-Za-z.]+)`)

// recorders are the types of resources that record requests wherever they are attached.
var recorders = []string{"AWS::WAFv2::LoggingConfiguration", "AWS::WAF::", "AWS::WAFRegional::", "AWS::CloudTrail::", "AWS::Logs::Delivery", "AWS::XRay::", "AWS::CloudFront::RealtimeLogConfig", "AWS::CloudFront::MonitoringSubscription"}

// recorded returns what in a template may record the address of a personal link.
func recorded(t *testing.T, whole tree) (found []string) {
	t.Helper()
	report := func(format string, values ...any) { found = append(found, fmt.Sprintf(format, values...)) }
	if globals, ok := whole["Globals"].(tree); ok {
		for of, settings := range globals {
			for _, name := range []string{"AccessLogSettings", "TracingEnabled", "EventInvokeConfig", "DeadLetterQueue"} {
				if settings.(tree)[name] != nil {
					report("Globals/%s: %s", of, name)
				}
			}
		}
	}
	for name, r := range whole["Resources"].(tree) {
		kind, properties := fmt.Sprint(r.(tree)["Type"]), tree{}
		if p, ok := r.(tree)["Properties"].(tree); ok {
			properties = p
		}
		for _, recorder := range recorders {
			if strings.HasPrefix(kind, recorder) {
				report("%s: a resource that records requests", name)
			}
		}
		switch {
		case kind == "AWS::CloudFront::Function":
			if strings.Contains(fmt.Sprint(properties["FunctionCode"]), "console") {
				report("%s: prints to a log", name)
			}
		case kind == "AWS::CloudFront::Distribution":
			config := properties["DistributionConfig"].(tree)
			if config["Logging"] != nil {
				report("%s: Logging", name)
			}
			if acl := config["WebACLId"]; acl != nil && acl != "!Ref WebACLArn" { // that of firewall.yaml
				report("%s: the firewall %v", name, acl)
			}
			behaviours := append([]any{config["DefaultCacheBehavior"]}, config["CacheBehaviors"].([]any)...)
			for _, b := range behaviours {
				for _, setting := range []string{"RealtimeLogConfigArn", "LambdaFunctionAssociations"} {
					if b.(tree)[setting] != nil {
						report("%s: %s", name, setting)
					}
				}
			}
		case strings.HasPrefix(kind, "AWS::WAFv2::"):
			for _, where := range unlessOff(properties, "SampledRequestsEnabled") {
				report("%s: %s", name, where)
			}
		case strings.HasPrefix(kind, "AWS::Serverless::Function"), strings.HasPrefix(kind, "AWS::Lambda::"):
			for _, setting := range []string{"EventInvokeConfig", "DeadLetterQueue", "DeadLetterConfig"} {
				if properties[setting] != nil {
					report("%s: %s", name, setting)
				}
			}
		case strings.HasPrefix(kind, "AWS::Serverless::"), strings.HasPrefix(kind, "AWS::ApiGateway"):
			settings, _ := properties["AccessLogSettings"].(tree)
			if settings == nil && properties["AccessLogSettings"] != nil {
				report("%s: AccessLogSettings of an unknown form", name)
			}
			for _, variable := range contextVariable.FindAllStringSubmatch(fmt.Sprint(settings["Format"]), -1) {
				if !slices.Contains(harmless, variable[1]) {
					report("%s: $context.%s", name, variable[1])
				}
			}
			routes, _ := properties["DefaultRouteSettings"].(tree)
			for _, setting := range []string{"DataTraceEnabled", "LoggingLevel"} {
				if routes[setting] != nil {
					report("%s: %s", name, setting)
				}
			}
		}
	}
	return found
}

// unlessOff returns where a setting of a firewall is not off that is on unless it says otherwise: in each VisibilityConfig, of which the
// ACL and every rule must have one.
func unlessOff(value any, setting string) (found []string) {
	switch value := value.(type) {
	case tree:
		for key, one := range value {
			if visibility, ok := one.(tree); key == "VisibilityConfig" && (!ok || visibility[setting] != "false") {
				found = append(found, setting+" is on")
			}
			found = append(found, unlessOff(one, setting)...)
		}
		if rules, ok := value["Rules"].([]any); ok {
			for _, rule := range append(rules, value) {
				if rule.(tree)["VisibilityConfig"] == nil {
					found = append(found, "no VisibilityConfig")
				}
			}
		}
	case []any:
		for _, one := range value {
			found = append(found, unlessOff(one, setting)...)
		}
	}
	return found
}

// with returns a template in which one thing is set, at a path of keys.
func with(from tree, value any, path ...string) tree {
	changed := maps.Clone(from)
	if len(path) == 1 {
		changed[path[0]] = value
		return changed
	}
	below, _ := from[path[0]].(tree)
	if below == nil {
		below = tree{}
	}
	changed[path[0]] = with(below, value, path[1:]...)
	return changed
}

func TestNoLogHasAPersonalLink(t *testing.T) {
	whole := template(t)
	for name, parameters := range map[string]map[string]string{"template.yaml": everything, "firewall.yaml": {"DistributionId": "E1"}} {
		for _, each := range []map[string]string{nil, parameters} {
			if found := recorded(t, deployed(t, name, each)); len(found) > 0 {
				t.Errorf("%s with %v records requests: %q", name, each, found)
			}
		}
	}
	acl := lookUp(t, deployed(t, "firewall.yaml", nil), "Resources", "WebACL").(tree)
	behaviours := lookUp(t, whole, "Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors").([]any)
	realTime := append([]any{with(behaviours[0].(tree), "arn", "RealtimeLogConfigArn")}, behaviours[1:]...)
	for _, c := range []struct {
		recorded bool
		value    any
		path     []string
	}{
		{false, tree{"DestinationArn": "x", "Format": "$context.requestId $context.routeKey $context.status"}, []string{"Resources", "Api", "Properties", "AccessLogSettings"}},
		{true, tree{"DestinationArn": "x", "Format": "$context.routeKey $context.path"}, []string{"Resources", "Api", "Properties", "AccessLogSettings"}},
		{true, tree{"DestinationArn": "x", "Format": "$context.identity.sourceIp"}, []string{"Resources", "Api", "Properties", "AccessLogSettings"}},
		{true, "!Ref Settings", []string{"Resources", "Api", "Properties", "AccessLogSettings"}},
		{true, "INFO", []string{"Resources", "Api", "Properties", "DefaultRouteSettings", "LoggingLevel"}},
		{true, tree{"Bucket": "logs"}, []string{"Resources", "Distribution", "Properties", "DistributionConfig", "Logging"}},
		{true, "arn", []string{"Resources", "Distribution", "Properties", "DistributionConfig", "WebACLId"}},
		{false, "!Ref WebACLArn", []string{"Resources", "Distribution", "Properties", "DistributionConfig", "WebACLId"}},
		{true, realTime, []string{"Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors"}},
		{true, "true", []string{"Globals", "Api", "TracingEnabled"}},
		{false, acl, []string{"Resources", "Firewall"}},
		{true, with(acl, "true", "Properties", "VisibilityConfig", "SampledRequestsEnabled"), []string{"Resources", "Firewall"}},
		{true, with(acl, []any{tree{"Name": "without"}}, "Properties", "Rules"), []string{"Resources", "Firewall"}},
		{true, with(acl, []any{tree{"VisibilityConfig": tree{"SampledRequestsEnabled": "true"}}}, "Properties", "Rules"), []string{"Resources", "Firewall"}},
		{true, tree{}, []string{"Resources", "Invite", "Properties", "EventInvokeConfig"}},
		{true, tree{"Type": "AWS::WAFv2::LoggingConfiguration"}, []string{"Resources", "FirewallLog"}},
		{true, tree{"Type": "AWS::CloudTrail::Trail"}, []string{"Resources", "Trail"}},
		{true, "console.log(event.request.uri)", []string{"Resources", "Directories", "Properties", "FunctionCode"}},
	} {
		if found := recorded(t, with(whole, c.value, c.path...)); (len(found) > 0) != c.recorded {
			t.Errorf("%v with %v: %q", c.path, c.value, found)
		}
	}
}

// TestTracesHaveNoAddress: a segment of a function has its name, the request's id and times. What calls it makes, with their keys and
// addresses, is in a trace only if the program says so, by a library that it is linked with.
func TestTracesHaveNoAddress(t *testing.T) {
	modules, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"aws-xray-sdk", "opentelemetry", "opentracing", "aws-lambda-powertools", "datadog"} {
		if strings.Contains(strings.ToLower(string(modules)), library) {
			t.Errorf("%s writes down what functions do", library)
		}
	}
	for _, name := range []string{"Submit", "Invite", "Publish", "Archive"} {
		function := lookUp(t, deployed(t, "template.yaml", everything), "Resources", name, "Properties").(tree)
		if function["Layers"] != nil || function["Tracing"] != nil {
			t.Errorf("%s has a layer, which may trace calls, or its own setting", name)
		}
	}
	checkValue(t, deployed(t, "template.yaml", everything), "Active", "Globals", "Function", "Tracing")
	checkValue(t, template(t), "PassThrough", "Globals", "Function", "Tracing")
}
