package deploy_test

import (
	"strings"
	"testing"
)

// TestFirewall checks that the firewall counts what goes to the handlers and nothing else, by address, and that its reply is one that
// the form's script and people without one understand.
func TestFirewall(t *testing.T) {
	whole := deployed(t, "firewall.yaml", nil)
	acl := lookUp(t, whole, "Resources", "WebACL", "Properties").(tree)
	checkValue(t, acl, "CLOUDFRONT", "Scope")
	checkValue(t, acl, tree{"Allow": tree{}}, "DefaultAction")
	rules := acl["Rules"].([]any)
	if len(rules) != 1 {
		t.Fatalf("%d rules: one that looks at texts or at lists of addresses refuses honest answers", len(rules))
	}
	limit := lookUp(t, rules[0], "Statement", "RateBasedStatement").(tree)
	checkValue(t, limit, "!Ref RequestsPerFiveMinutes", "Limit")
	checkValue(t, limit, "300", "EvaluationWindowSec")
	checkValue(t, limit, "IP", "AggregateKeyType")
	var counted []string
	for _, s := range lookUp(t, limit, "ScopeDownStatement", "OrStatement", "Statements").([]any) {
		match := lookUp(t, s, "ByteMatchStatement").(tree)
		checkValue(t, match, tree{"UriPath": tree{}}, "FieldToMatch")
		checkValue(t, match, "STARTS_WITH", "PositionalConstraint")
		checkValue(t, match, []any{tree{"Priority": "0", "Type": "URL_DECODE"}, tree{"Priority": "1", "Type": "NORMALIZE_PATH"}}, "TextTransformations")
		counted = append(counted, match["SearchString"].(string)+"*")
	}
	var served []string
	for _, b := range lookUp(t, template(t), "Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors").([]any) {
		if b.(tree)["TargetOriginId"] == "handler" {
			served = append(served, b.(tree)["PathPattern"].(string))
		}
	}
	if strings.Join(counted, " ") != strings.Join(served, " ") {
		t.Errorf("the firewall counts requests to %v, and the handlers serve %v", counted, served)
	}
	response := lookUp(t, rules[0], "Action", "Block", "CustomResponse").(tree)
	checkValue(t, response, "429", "ResponseCode")
	checkValue(t, response, []any{tree{"Name": "Retry-After", "Value": "300"}, tree{"Name": "Cache-Control", "Value": "no-store"}}, "ResponseHeaders")
	page := lookUp(t, acl, "CustomResponseBodies", response["CustomResponseBodyKey"].(string)).(tree)
	checkValue(t, page, "TEXT_HTML", "ContentType")
	for _, needed := range []string{`<meta charset="utf-8">`, "请稍后再试", "Please try again later", `lang="en"`} {
		if !strings.Contains(page["Content"].(string), needed) {
			t.Errorf("the page lacks %s", needed)
		}
	}
	if size := len(page["Content"].(string)); size > 4096 {
		t.Errorf("the page has %d bytes, and AWS WAF takes 4096", size)
	}
	checkValue(t, written(t, "firewall.yaml"), []any{"!Ref AWS::Region", "us-east-1"}, "Rules", "OnlyHere", "Assertions", "0", "Assert", "!Equals")
	checkValue(t, whole, "!GetAtt WebACL.Arn", "Outputs", "WebACLArn", "Value")
	checkValue(t, deployed(t, "template.yaml", everything), "!Ref WebACLArn", "Resources", "Distribution", "Properties", "DistributionConfig", "WebACLId")
	if _, exists := lookUp(t, template(t), "Resources", "Distribution", "Properties", "DistributionConfig").(tree)["WebACLId"]; exists {
		t.Error("there is a firewall by default")
	}
	for _, name := range []string{"WebACL", "FirewallBlocked", "CDNFailed"} { // neither costs anything while it is off
		if deployed(t, "firewall.yaml", map[string]string{"Firewall": "off"})["Resources"].(tree)[name] != nil {
			t.Errorf("%s is there without being asked for", name)
		}
	}
}
