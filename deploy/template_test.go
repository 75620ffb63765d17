// Package deploy_test checks the template of the deployment against the code.
package deploy_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/headers"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
)

// tree is a part of the template. Intrinsic functions are strings: "!Ref SurveyTable", "!GetAtt SurveyTable.Arn", "!Sub ...".
type tree = map[string]any

// template returns the template as it is deployed with the defaults of its parameters.
func template(t *testing.T) tree {
	t.Helper()
	return deployed(t, "template.yaml", nil)
}

// decode converts a node to maps, lists and strings.
func decode(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.AliasNode:
		return decode(t, n.Alias)
	case yaml.MappingNode:
		m := tree{}
		for i := 0; i < len(n.Content); i += 2 {
			if _, exists := m[n.Content[i].Value]; exists {
				t.Errorf("line %d: duplicate key %s", n.Content[i].Line, n.Content[i].Value)
			}
			m[n.Content[i].Value] = decode(t, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		var list []any
		for _, c := range n.Content {
			list = append(list, decode(t, c))
		}
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return tree{n.Tag: list}
		}
		return list
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Tag + " " + n.Value
	}
	return n.Value
}

// lookUp returns the part of a tree at a path of keys and indexes.
func lookUp(t *testing.T, from any, path ...string) any {
	t.Helper()
	for i, step := range path {
		switch here := from.(type) {
		case tree:
			next, ok := here[step]
			if !ok {
				t.Fatalf("the template has no %s", strings.Join(path[:i+1], "/"))
			}
			from = next
		case []any:
			number, err := strconv.Atoi(step)
			if err != nil || number >= len(here) {
				t.Fatalf("the template has no %s", strings.Join(path[:i+1], "/"))
			}
			from = here[number]
		default:
			t.Fatalf("the template has no %s", strings.Join(path[:i+1], "/"))
		}
	}
	return from
}

// checkValue compares the part of a tree at a path.
func checkValue(t *testing.T, from any, expected any, path ...string) {
	t.Helper()
	if got := lookUp(t, from, path...); !reflect.DeepEqual(got, expected) {
		t.Errorf("%s is %v, want %v", strings.Join(path, "/"), got, expected)
	}
}

// stringList returns a string or a list of strings as a sorted list.
func stringList(from any) []string {
	switch from := from.(type) {
	case string:
		return []string{from}
	case []any:
		var list []string
		for _, one := range from {
			list = append(list, one.(string))
		}
		slices.Sort(list)
		return list
	}
	return nil
}

func TestTableHasTheSchema(t *testing.T) {
	table := lookUp(t, template(t), "Resources", "SurveyTable").(tree)
	schema := cloud.Schema("x")
	keys := func(elements any) (list []string) {
		for _, e := range elements.([]any) {
			list = append(list, e.(tree)["AttributeName"].(string)+" "+e.(tree)["KeyType"].(string))
		}
		return list
	}
	var own []string
	for _, k := range schema.KeySchema {
		own = append(own, *k.AttributeName+" "+string(k.KeyType))
	}
	properties := table["Properties"].(tree)
	if got := keys(properties["KeySchema"]); !slices.Equal(got, own) {
		t.Errorf("keys %v, want %v", got, own)
	}
	if properties["LocalSecondaryIndexes"] != nil || schema.LocalSecondaryIndexes != nil {
		t.Error("there is a local index, which bounds what one key can hold")
	}
	var attributes, declared []string
	for _, a := range schema.AttributeDefinitions {
		attributes = append(attributes, *a.AttributeName+" "+string(a.AttributeType))
	}
	for _, a := range properties["AttributeDefinitions"].([]any) {
		declared = append(declared, a.(tree)["AttributeName"].(string)+" "+a.(tree)["AttributeType"].(string))
	}
	if !slices.Equal(declared, attributes) {
		t.Errorf("attributes %v, want %v", declared, attributes)
	}
	checkValue(t, properties, string(schema.BillingMode), "BillingMode")
	checkValue(t, properties, string(schema.StreamSpecification.StreamViewType), "StreamSpecification", "StreamViewType")
	checkValue(t, properties, cloud.Expires, "TimeToLiveSpecification", "AttributeName")
	checkValue(t, properties, "true", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	checkValue(t, properties, "true", "SSESpecification", "SSEEnabled")
	checkValue(t, properties, "true", "DeletionProtectionEnabled")
	checkValue(t, table, "RetainExceptOnCreate", "DeletionPolicy")
	checkValue(t, table, "Retain", "UpdateReplacePolicy")
	// The name of a table with an index, of an earlier version: under it, CloudFormation would change that one.
	if lookUp(t, template(t), "Resources").(tree)["Table"] != nil {
		t.Error("the table has the name of one with an index, whose stacks would get this template in vain")
	}
}

// TestTableOfInvitations checks that nothing says when an invitation was used: with it, somebody could tell whose answers came at
// that moment.
func TestTableOfInvitations(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	table, first := lookUp(t, resources, "InvitationTable").(tree), lookUp(t, resources, "SurveyTable", "Properties").(tree)
	properties := maps.Clone(table["Properties"].(tree))
	checkValue(t, properties, "!Sub "+cloud.InvitationTable("${SurveyTable}"), "TableName")
	for _, same := range []string{"AttributeDefinitions", "KeySchema", "BillingMode", "SSESpecification", "DeletionProtectionEnabled", "TimeToLiveSpecification"} {
		checkValue(t, properties, first[same], same)
		delete(properties, same)
	}
	delete(properties, "TableName")
	for name := range properties { // a stream, copies of each point in time, Kinesis, Contributor Insights, whatever comes
		t.Errorf("the table of invitations has %s", name)
	}
	schema := cloud.InvitationSchema("x")
	if schema.StreamSpecification != nil {
		t.Error("package cloud makes the table with a stream")
	}
	checkValue(t, table, "RetainExceptOnCreate", "DeletionPolicy")
	checkValue(t, table, "Retain", "UpdateReplacePolicy")
	checkValue(t, template(t), "!Ref InvitationTable", "Outputs", "Invitations", "Value")
}

// constant returns a duration that a package of a folder declares as a number of seconds or minutes.
func constant(t *testing.T, folder, name string) time.Duration {
	t.Helper()
	var found time.Duration
	for _, file := range parseFolder(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			value, ok := n.(*ast.ValueSpec)
			if !ok || value.Names[0].Name != name {
				return true
			}
			product, _ := value.Values[0].(*ast.BinaryExpr)
			if product == nil {
				t.Fatalf("%s of %s is no product", name, folder)
			}
			number, err := strconv.Atoi(product.X.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = time.Duration(number) * map[string]time.Duration{"Second": time.Second, "Minute": time.Minute}[product.Y.(*ast.SelectorExpr).Sel.Name]
			return true
		})
	}
	if found == 0 {
		t.Fatalf("%s declares no duration %s", folder, name)
	}
	return found
}

// TestTimeLimits checks the time limits of the functions against those that the code relies on.
func TestTimeLimits(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	limit := func(function string) time.Duration {
		t.Helper()
		seconds, err := strconv.Atoi(lookUp(t, resources, function, "Properties", "Timeout").(string))
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(seconds) * time.Second
	}
	if renewed, over := constant(t, "../internal/publish", "renewEvery"), constant(t, "../internal/cloud", "leaseTime"); 2*renewed >= over {
		t.Errorf("a turn is renewed each %v, and is over after %v: one reply that is lost would end it", renewed, over)
	}
	if most, goesOn := limit("Publish"), constant(t, "../internal/publish", "maxTurn"); most < 2*goesOn {
		t.Errorf("publish may run for %v, and goes on for others for %v before it ends its turn", most, goesOn)
	}
	for _, function := range []string{"Submit", "Invite"} {
		if most, calls := limit(function), constant(t, "../internal/cloud", "longestWait"); most < calls+time.Second {
			t.Errorf("%s may run for %v, and its calls may take %v", function, most, calls)
		}
	}
	wait, patience, try := constant(t, "../internal/cloud", "longestWait"), constant(t, "../internal/cloud", "patience"), constant(t, "../internal/cloud", "perTry")
	if wait < 2*try+patience {
		t.Errorf("calls end after %v, and two tries without an answer, and patience, may take %v", wait, 2*try+patience)
	}
	gateway, err := strconv.Atoi(lookUp(t, resources, "Distribution", "Properties", "DistributionConfig", "Origins", "1", "CustomOriginConfig", "OriginReadTimeout").(string))
	if most := max(limit("Submit"), limit("Invite")); err != nil || time.Duration(gateway)*time.Second <= most {
		t.Errorf("the CDN waits for %d s, and a function may run for %v", gateway, most)
	}
}

// parseFolder parses the Go files of a folder, without tests.
func parseFolder(t *testing.T, folder string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal(folder, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// firstArguments returns the string literals that the code of a folder passes to a function as its first argument.
func firstArguments(t *testing.T, folder, function string) []string {
	found := map[string]bool{}
	for _, file := range parseFolder(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
				name, _ := call.Fun.(*ast.Ident)
				text, _ := call.Args[0].(*ast.BasicLit)
				if name != nil && name.Name == function && text != nil && text.Kind == token.STRING {
					value, _ := strconv.Unquote(text.Value)
					found[value] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// stringLiterals returns the string literals in the code of a folder.
func stringLiterals(t *testing.T, folder string) map[string]bool {
	found := map[string]bool{}
	for _, file := range parseFolder(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				value, _ := strconv.Unquote(text.Value)
				found[value] = true
			}
			return true
		})
	}
	return found
}

func TestFunctionsGetTheirSettings(t *testing.T) {
	whole := template(t)
	checkValue(t, whole, "provided.al2023", "Globals", "Function", "Runtime")
	checkValue(t, whole, []any{"arm64"}, "Globals", "Function", "Architectures")
	checkValue(t, whole, "bootstrap", "Globals", "Function", "Handler")
	for resource, folder := range map[string]string{"Submit": "submit", "Invite": "invite", "Publish": "publish", "Archive": "archive"} {
		properties := lookUp(t, whole, "Resources", resource, "Properties").(tree)
		given := slices.Sorted(maps.Keys(lookUp(t, properties, "Environment", "Variables").(tree)))
		read := firstArguments(t, "../functions/"+folder, "getenv")
		if folder != "publish" && folder != "archive" {
			read = slices.Sorted(slices.Values(append(read, firstArguments(t, "../internal/gateway", "getenv")...)))
		}
		if !slices.Equal(given, read) {
			t.Errorf("%s gets the variables %v, and reads %v", resource, given, read)
		}
		for name, table := range map[string]string{"TABLE": "!Ref SurveyTable", "INVITATIONS": "!Ref InvitationTable"} {
			if slices.Contains(given, name) {
				checkValue(t, properties, table, "Environment", "Variables", name)
			}
		}
		checkValue(t, properties, "../bin/"+folder+".zip", "CodeUri")
		checkValue(t, properties, "!GetAtt "+resource+"Role.Arn", "Role")
		for _, override := range []string{"Runtime", "Architectures", "Handler"} {
			if _, exists := properties[override]; exists {
				t.Errorf("%s overrides the global %s", resource, override)
			}
		}
	}
	// Lambda sets AWS_* itself, and only tests set *_ENDPOINT.
	for _, name := range firstArguments(t, "../internal/cloud", "getenv") {
		if !strings.HasPrefix(name, "AWS_") && !strings.HasSuffix(name, "_ENDPOINT") {
			t.Errorf("internal/cloud reads %s, which is not set", name)
		}
	}
}

// routesOf has the routes of each function behind the API.
var routesOf = map[string][]string{
	"Submit": {
		"POST /api/surveys/{id}/responses", "POST /api/surveys/{id}/withdraw",
		"GET /api/surveys/{id}/form/{language}", "POST /api/surveys/{id}/form/{language}", "HEAD /api/surveys/{id}/form/{language}",
		"GET /api/surveys/{id}/keys/{version}", "HEAD /api/surveys/{id}/keys/{version}",
		"GET /api/surveys/{id}/thanks/{language}", "HEAD /api/surveys/{id}/thanks/{language}",
	},
	"Invite": {
		"GET /i/{secret}", "HEAD /i/{secret}", "GET /i/{secret}/stop", "HEAD /i/{secret}/stop", "POST /i/{secret}/stop",
		"POST /i/opened", "POST /api/surveys/{id}/token",
	},
}

// routes returns those of the API that call something, sorted: a function's ARN, or an alias.
func routes(t *testing.T, whole tree, called string) (found []string) {
	t.Helper()
	for path, methods := range lookUp(t, whole, "Resources", "Api", "Properties", "DefinitionBody", "paths").(tree) {
		for method, operation := range methods.(tree) {
			integration := lookUp(t, operation, "x-amazon-apigateway-integration").(tree)
			checkValue(t, integration, "aws_proxy", "type")
			checkValue(t, integration, "2.0", "payloadFormatVersion")
			checkValue(t, integration, "POST", "httpMethod") // with which Lambda is called, whatever the request's is
			if lookUp(t, integration, "uri", "!Sub", "1", "Called") == called {
				found = append(found, strings.ToUpper(method)+" "+path)
			}
			checkValue(t, integration, "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Called}/invocations", "uri", "!Sub", "0")
			var named []string
			list, _ := operation.(tree)["parameters"].([]any)
			for _, parameter := range list {
				checkValue(t, parameter, "path", "in")
				checkValue(t, parameter, "true", "required")
				named = append(named, "{"+parameter.(tree)["name"].(string)+"}")
			}
			if inPath := regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1); !slices.Equal(named, inPath) {
				t.Errorf("%s %s has the parameters %v", method, path, named)
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestRoutes(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	shifting := deployed(t, "template.yaml", everything)
	for function, want := range routesOf {
		want = slices.Sorted(slices.Values(want))
		if got := routes(t, template(t), "!GetAtt "+function+".Arn"); !slices.Equal(got, want) {
			t.Errorf("%s has the routes\n%v, want\n%v", function, got, want)
		}
		if got := routes(t, shifting, "!Ref "+function+"Live"); !slices.Equal(got, want) {
			t.Errorf("the alias of %s has the routes\n%v, want\n%v", function, got, want)
		}
		if lookUp(t, resources, function, "Properties").(tree)["Events"] != nil {
			t.Errorf("%s has events beside the routes of the API", function)
		}
		permission := function + "Permission" // each route is within what the API may call
		checkValue(t, resources, "apigateway.amazonaws.com", permission, "Properties", "Principal")
		checkValue(t, resources, "lambda:InvokeFunction", permission, "Properties", "Action")
		checkValue(t, resources, "!Ref "+function, permission, "Properties", "FunctionName")
		checkValue(t, shifting, "!Ref "+function+"Live", "Resources", permission, "Properties", "FunctionName")
		_, allowed, _ := strings.Cut(lookUp(t, resources, permission, "Properties", "SourceArn").(string), "${AWS::AccountId}:${Api}/")
		for _, route := range want {
			method, path, _ := strings.Cut(route, " ")
			pattern := strings.ReplaceAll(regexp.QuoteMeta(allowed), `\*`, ".*")
			if !regexp.MustCompile("^" + pattern + "$").MatchString("$default/" + method + path) {
				t.Errorf("the API may not call %s for %s", function, route)
			}
		}
	}
	for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		lookUp(t, resources, "Api", "Properties", "DefaultRouteSettings", limit)
	}
	// The page leads to these routes.
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	if err := renderer.Survey(&form, s, render.SurveyPage{Language: "en", Root: "../"}); err != nil {
		t.Fatal(err)
	}
	for path, before := range map[string]string{"/api/surveys/{id}/responses": `action="..`, "/api/surveys/{id}/form/{language}": `content="0; url=..`} {
		lookUp(t, resources, "Api", "Properties", "DefinitionBody", "paths", path)
		address := strings.NewReplacer("{id}", "tea", "{language}", "en").Replace(path)
		if !strings.Contains(form.String(), before+address+`"`) {
			t.Errorf("the page does not lead to %s", address)
		}
	}
	distribution := lookUp(t, resources, "Distribution", "Properties", "DistributionConfig").(tree)
	behaviours := distribution["CacheBehaviors"].([]any)
	if len(behaviours) != 3 {
		t.Fatalf("%d behaviours, want 3", len(behaviours))
	}
	for _, c := range []struct{ index, path, policy, queries string }{{"0", "/api/*", "ToHandler", "all"}, {"1", "/i/*", "ToLinks", "none"}} {
		behaviour := lookUp(t, behaviours, c.index).(tree)
		checkValue(t, behaviour, c.path, "PathPattern")
		checkValue(t, behaviour, "handler", "TargetOriginId")
		checkValue(t, behaviour, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachePolicyId") // AWS's policy CachingDisabled
		if !slices.Contains(stringList(behaviour["AllowedMethods"]), http.MethodPost) {
			t.Errorf("%s: the CDN does not pass forms on", c.path)
		}
		for _, edge := range []string{"FunctionAssociations", "LambdaFunctionAssociations"} {
			if _, exists := behaviour[edge]; exists {
				t.Errorf("%s: a function of the CDN sees requests to the handler", c.path)
			}
		}
		checkValue(t, behaviour, "!Ref "+c.policy, "OriginRequestPolicyId")
		policy := lookUp(t, resources, c.policy, "Properties", "OriginRequestPolicyConfig")
		checkValue(t, policy, c.queries, "QueryStringsConfig", "QueryStringBehavior")
		checkValue(t, policy, "whitelist", "CookiesConfig", "CookieBehavior")
		checkValue(t, policy, []any{"__Host-glasspoll"}, "CookiesConfig", "Cookies")
		checkHeadersArePassed(t, resources, stringList(lookUp(t, policy, "HeadersConfig", "Headers")))
	}
	secret := lookUp(t, distribution, "Origins", "1", "OriginCustomHeaders", "0").(tree)
	if !stringLiterals(t, "../internal/gateway")[secret["HeaderName"].(string)] || secret["HeaderValue"] != "!Ref OriginSecret" {
		t.Errorf("the handler does not check the secret header %v", secret)
	}
	checkValue(t, resources, []any{"Submit", "Invite"}, "Distribution", "DependsOn") // otherwise the CDN may send a new secret before the handlers accept it
	for _, e := range distribution["CustomErrorResponses"].([]any) {
		if e.(tree)["ErrorCode"] != "404" {
			t.Errorf("the CDN replaces the handler's reply %v", e.(tree)["ErrorCode"])
		}
	}
	if !stringLiterals(t, "../internal/upload")["404.html"] {
		t.Error("the error page is not uploaded")
	}
}

// checkHeadersArePassed checks that the CDN passes the headers on that the code reads of a request. What a policy does not name,
// the handler never sees.
func checkHeadersArePassed(t *testing.T, resources tree, passed []string) {
	t.Helper()
	if len(passed) > 10 {
		t.Errorf("%d headers are passed on, and CloudFront takes 10", len(passed))
	}
	for _, function := range []string{"Submit", "Invite"} {
		if header := lookUp(t, resources, function, "Properties", "Environment", "Variables", "ADDRESS_HEADER").(string); !slices.Contains(passed, header) {
			t.Errorf("the CDN does not pass the header %s on", header)
		}
	}
	read := requestHeaders(t, "../internal/intake")
	for _, known := range []string{"Accept", "Accept-Language", "Content-Type"} {
		if !slices.Contains(read, known) {
			t.Errorf("the handler reads %v, and %s should be one of them", read, known)
		}
	}
	made := stringLiterals(t, "../internal/gateway")               // the functions set these themselves
	for _, needed := range append(read, "Referer", "User-Agent") { // by methods of a request
		if needed == "X-Forwarded-Proto" && made[needed] {
			continue
		}
		if !slices.Contains(passed, needed) {
			t.Errorf("the CDN does not pass the header %s on", needed)
		}
	}
}

// requestHeaders returns the names of the headers that the code of a folder reads of requests, as in r.Header.Get("Accept"). Those
// of replies are read and written by the method Header.
func requestHeaders(t *testing.T, folder string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, file := range parseFolder(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			method, _ := call.Fun.(*ast.SelectorExpr)
			if method == nil || method.Sel.Name != "Get" && method.Sel.Name != "Values" {
				return true
			}
			of, _ := method.X.(*ast.SelectorExpr)
			text, _ := call.Args[0].(*ast.BasicLit)
			if of != nil && of.Sel.Name == "Header" && text != nil {
				name, _ := strconv.Unquote(text.Value)
				found[http.CanonicalHeaderKey(name)] = true
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// onlyCDN has the headers that only the CDN sends, by name.
var onlyCDN = map[string]string{
	// `glasspoll serve` speaks plain HTTP, over which this header must not be sent and is ignored (RFC 6797, 7.2 and 8.1): the
	// proxy that terminates TLS sends it. It applies for a year, and not to subdomains, which may belong to others.
	"Strict-Transport-Security": "max-age=31536000",
}

func TestHeadersAreThoseOfThePages(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	policy := lookUp(t, resources, "Headers", "Properties", "ResponseHeadersPolicyConfig").(tree)
	security := policy["SecurityHeadersConfig"].(tree)
	sent := map[string]string{}
	for name, value := range security {
		switch name {
		case "ContentSecurityPolicy":
			sent["Content-Security-Policy"] = lookUp(t, value, "ContentSecurityPolicy").(string)
		case "ContentTypeOptions":
			sent["X-Content-Type-Options"] = "nosniff"
		case "ReferrerPolicy":
			sent["Referrer-Policy"] = lookUp(t, value, "ReferrerPolicy").(string)
		case "StrictTransportSecurity":
			sent["Strict-Transport-Security"] = "max-age=" + lookUp(t, value, "AccessControlMaxAgeSec").(string)
			for key, directive := range map[string]string{"IncludeSubdomains": "; includeSubDomains", "Preload": "; preload"} {
				if lookUp(t, value, key) != "false" {
					sent["Strict-Transport-Security"] += directive
				}
			}
		default:
			sent[name] = fmt.Sprint(value)
		}
		// The handler's is stricter where the address is a personal link, and must reach the browser.
		checkValue(t, value, fmt.Sprint(name != "ReferrerPolicy"), "Override")
	}
	for _, custom := range lookUp(t, policy, "CustomHeadersConfig", "Items").([]any) {
		sent[custom.(tree)["Header"].(string)] = custom.(tree)["Value"].(string)
		checkValue(t, custom, "true", "Override")
	}
	expected := headers.Security()
	for name, value := range onlyCDN {
		if _, both := expected[name]; both {
			t.Errorf("%s is also one of headers.Security", name)
		}
		expected[name] = value
	}
	if !maps.Equal(sent, expected) {
		t.Errorf("the CDN sends %v\nwant %v", sent, expected)
	}
	// It would tell, to the second, when somebody of a group answered.
	if removed := lookUp(t, policy, "RemoveHeadersConfig", "Items").([]any); len(removed) != 1 || removed[0].(tree)["Header"] != "Last-Modified" {
		t.Errorf("the CDN removes %v", removed)
	}
	if len(policy) != 5 {
		t.Errorf("the policy has more than a name, a comment and headers: %v", policy)
	}
	for _, behaviour := range []any{lookUp(t, resources, "Distribution", "Properties", "DistributionConfig", "DefaultCacheBehavior"), lookUp(t, resources, "Distribution", "Properties", "DistributionConfig", "CacheBehaviors", "0"), lookUp(t, resources, "Distribution", "Properties", "DistributionConfig", "CacheBehaviors", "1"), lookUp(t, resources, "Distribution", "Properties", "DistributionConfig", "CacheBehaviors", "2")} {
		checkValue(t, behaviour, "!Ref Headers", "ResponseHeadersPolicyId")
		checkValue(t, behaviour, "true", "Compress")
	}
}

func TestBucketIsPrivate(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	for _, bucket := range []string{"Bucket", "ArchiveBucket"} {
		for name, value := range lookUp(t, resources, bucket, "Properties", "PublicAccessBlockConfiguration").(tree) {
			if value != "true" {
				t.Errorf("%s: %s is %v", bucket, name, value)
			}
		}
		checkValue(t, resources, "RetainExceptOnCreate", bucket, "DeletionPolicy")
		checkValue(t, resources, "Retain", bucket, "UpdateReplacePolicy")
	}
	for _, s := range lookUp(t, resources, "ArchiveBucketPolicy", "Properties", "PolicyDocument", "Statement").([]any) {
		checkValue(t, s, "Deny", "Effect")
	}
	if _, versioned := lookUp(t, resources, "ArchiveBucket", "Properties").(tree)["VersioningConfiguration"]; versioned {
		t.Error("old versions of archives are kept, with the answers of those who were erased since")
	}
	for _, s := range lookUp(t, resources, "BucketPolicy", "Properties", "PolicyDocument", "Statement").([]any) {
		if s.(tree)["Effect"] == "Allow" {
			checkValue(t, s, tree{"Service": "cloudfront.amazonaws.com"}, "Principal")
			lookUp(t, s, "Condition", "StringEquals", "AWS:SourceArn")
		}
	}
}

// operations returns the AWS operations that methods of some types in internal/cloud call, directly or not. No two of these
// types have methods of one name.
func operations(t *testing.T, receivers []string, methods ...string) []string {
	t.Helper()
	bodies := map[string]*ast.BlockStmt{}
	for _, file := range parseFolder(t, "../internal/cloud") {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				star, _ := f.Recv.List[0].Type.(*ast.StarExpr)
				if star == nil || !slices.Contains(receivers, star.X.(*ast.Ident).Name) {
					continue
				}
			}
			bodies[name] = f.Body
		}
	}
	found, done := map[string]bool{}, map[string]bool{}
	for len(methods) > 0 {
		name := methods[0]
		methods = methods[1:]
		if done[name] || bodies[name] == nil {
			if bodies[name] == nil {
				t.Errorf("internal/cloud has no %s", name)
			}
			continue
		}
		done[name] = true
		ast.Inspect(bodies[name], func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				selector, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				called := selector.Sel.Name
				if inner, ok := selector.X.(*ast.SelectorExpr); ok && inner.Sel.Name == "client" {
					if called != "TransactWriteItems" { // whose parts are found below
						found[called] = true
					}
				} else if x, ok := selector.X.(*ast.Ident); ok && slices.Contains([]string{"t", "p", "c"}, x.Name) && bodies[called] != nil {
					methods = append(methods, called)
				}
			case *ast.CompositeLit:
				if selector, ok := n.Type.(*ast.SelectorExpr); ok {
					switch selector.Sel.Name {
					case "Put":
						found["PutItem"] = true
					case "ConditionCheck":
						found["ConditionCheckItem"] = true
					case "Update", "Delete":
						found[selector.Sel.Name+"Item"] = true
					}
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// TestRolesAllowWhatIsCalled checks that each role allows the operations of its function and no others. e2e/ tests the keys, with
// the calls that the functions make.
func TestRolesAllowWhatIsCalled(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	submit := operations(t, []string{"Table"}, "Put", "PutOn", "Withdraw", "Definition", "Assets", "Ready", "Invitation", "Redeem", "Count")
	if !slices.Equal(submit, []string{"ConditionCheckItem", "GetItem", "PutItem", "UpdateItem"}) {
		t.Errorf("submit calls %v", submit)
	}
	invite := operations(t, []string{"Table"}, "Definition", "Assets", "Ready", "Invitation", "Count", "SigningKey", "RedeemBlinded")
	if !slices.Equal(invite, []string{"GetItem", "UpdateItem"}) {
		t.Errorf("invite calls %v", invite)
	}
	publish := operations(t, []string{"Table", "collection"}, "Definition", "Assets", "Ready", "Surveys", "Collect", "Ends", "After", "Tally", "SaveTally", "Latest",
		"Append", "OpenCase", "CasesOf", "SaveCase", "News", "SaveNews", "RemoveNews", "AddNews", "Actions", "BeginTurn", "EndTurn", "LeaveTurn", "RenewTurn", "ResumeTurn", "Unfinished",
		"Periods", "History", "CheckWithoutIDs", "Progress", "SaveProgress", "Withdrawals", "EndWithdrawal", "Stored")
	archived := operations(t, []string{"Table"}, "Ready", "Definition", "Surveys", "Periods", "Ends", "After", "Tally", "Latest", "History", "Decisions", "Progress", "Logged",
		"CasesOf", "InvitationsOf", "Counted", "Actions")
	if !slices.Equal(archived, []string{"BatchGetItem", "GetItem", "Query"}) {
		t.Errorf("archive calls %v", archived)
	}
	limited := map[string][]any{ // what the publisher may delete, and read many of
		"dynamodb:DeleteItem":     {"O#*", "W#*"}, // notifications that have been delivered, and wishes that have been fulfilled
		"dynamodb:BatchWriteItem": {"Q#*"},        // responses that have been collected
		"dynamodb:BatchGetItem":   {"J#*", "D#*"}, // the log, without private answers, and which questionnaires are in force
	}
	archive := []any{"J#*"}
	for role, calls := range map[string][]string{"SubmitRole": submit, "InviteRole": invite, "PublishRole": publish, "ArchiveRole": archived} {
		allowed := map[string]bool{}
		for _, s := range lookUp(t, resources, role, "Properties", "Policies", "0", "PolicyDocument", "Statement").([]any) {
			statement := s.(tree)
			for _, action := range stringList(statement["Action"]) {
				wide := strings.Contains(action, "Delete") || strings.Contains(action, "Batch")
				if wide && (role == "PublishRole" || role == "ArchiveRole") && limited[action] != nil {
					most := limited[action]
					if role == "ArchiveRole" {
						most = archive
					}
					checkValue(t, statement, most, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")
					wide = false
				}
				if strings.Contains(action, "*") || wide || strings.Contains(action, "Scan") {
					t.Errorf("%s allows %s", role, action)
				}
				operation, isDynamoDB := strings.CutPrefix(action, "dynamodb:")
				if !isDynamoDB || slices.Contains([]string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}, operation) {
					continue
				}
				allowed[operation] = true
				if len(stringList(lookUp(t, statement, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"))) == 0 {
					t.Errorf("%s allows %s on any key", role, action)
				}
				checkValue(t, statement, "false", "Condition", "Null", "dynamodb:LeadingKeys")
			}
		}
		if got := slices.Sorted(maps.Keys(allowed)); !slices.Equal(got, calls) {
			t.Errorf("%s allows %v, and %v is called", role, got, calls)
		}
		if lookUp(t, resources, role).(tree)["Properties"].(tree)["ManagedPolicyArns"] != nil {
			t.Errorf("%s has managed policies", role)
		}
	}
}

// TestPoliciesAreLimited checks that policies are limited to the resources of the deployment. The policy for publishing a site allows
// creating results pages, but not replacing them.
func TestPoliciesAreLimited(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	documents := map[string]any{
		"SubmitRole":  lookUp(t, resources, "SubmitRole", "Properties", "Policies", "0", "PolicyDocument"),
		"InviteRole":  lookUp(t, resources, "InviteRole", "Properties", "Policies", "0", "PolicyDocument"),
		"PublishRole": lookUp(t, resources, "PublishRole", "Properties", "Policies", "0", "PolicyDocument"),
		"ArchiveRole": lookUp(t, resources, "ArchiveRole", "Properties", "Policies", "0", "PolicyDocument"),
	}
	for name, r := range resources {
		if r.(tree)["Type"] == "AWS::IAM::ManagedPolicy" {
			documents[name] = lookUp(t, r, "Properties", "PolicyDocument")
		}
	}
	if len(documents) != 8 {
		t.Errorf("%d policies, want 8", len(documents))
	}
	own := []string{"!GetAtt SurveyTable.", "!GetAtt InvitationTable.", "!GetAtt InviteLog.", "!GetAtt Bucket.", "!GetAtt DeadLetters.", "!GetAtt SubmitLog.", "!GetAtt PublishLog.", "!GetAtt ArchiveLog.", "!GetAtt ArchiveBucket.", `!Sub ${ArchiveBucket.Arn}/`, `!Sub ${SurveyTable.Arn}/`, `!Sub ${Bucket.Arn}/`,
		"!Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default",
		"!Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/glasspoll/", "!Sub arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/"}
	for name, document := range documents {
		for _, s := range lookUp(t, document, "Statement").([]any) {
			statement := s.(tree)
			where := fmt.Sprintf("%s, %s", name, statement["Sid"])
			for _, wide := range []string{"NotResource", "NotAction", "NotPrincipal"} {
				if _, exists := statement[wide]; exists {
					t.Errorf("%s: %s allows everything that it does not name", where, wide)
				}
			}
			allowed := stringList(statement["Resource"])
			if len(allowed) == 0 {
				t.Errorf("%s has no resource", where)
			}
			for _, resource := range allowed {
				if resource == "*" && slices.Equal(stringList(statement["Action"]), []string{"dynamodb:ListStreams"}) {
					continue // which has no resource type
				}
				if !slices.ContainsFunc(own, func(prefix string) bool { return strings.HasPrefix(resource, prefix) }) {
					t.Errorf("%s allows %s, which is not of the deployment", where, resource)
				}
			}
			for _, action := range stringList(statement["Action"]) {
				if strings.Contains(action, "*") {
					t.Errorf("%s: %s stands for several actions", where, action)
				}
			}
		}
	}
	var denial tree
	for _, s := range lookUp(t, documents["PublisherPolicy"], "Statement").([]any) {
		if s.(tree)["Effect"] == "Deny" {
			denial = s.(tree)
		}
	}
	if denial == nil {
		t.Fatal("PublisherPolicy allows replacing results pages")
	}
	checkValue(t, denial, "s3:PutObject", "Action")
	checkValue(t, denial, "!Sub ${Bucket.Arn}/*/results/*", "Resource")
	checkValue(t, denial, tree{"Null": tree{"s3:if-none-match": "true"}}, "Condition")
}

// TestWhatParametersAddToRoles checks the policies that are there with some parameters alone.
func TestWhatParametersAddToRoles(t *testing.T) {
	for parameter, want := range map[string]struct{ value, policy, actions, resource string }{
		"Tracing":      {"on", "TracePolicy", "[xray:PutTelemetryRecords xray:PutTraceSegments]", "*"},
		"KeysOfChecks": {"off", "CheckAnyKeyPolicy", "[dynamodb:ConditionCheckItem]", "!GetAtt SurveyTable.Arn"},
	} {
		before, after := template(t)["Resources"].(tree), deployed(t, "template.yaml", map[string]string{parameter: want.value})["Resources"].(tree)
		for name := range after {
			if before[name] == nil && name != want.policy {
				t.Errorf("%s adds %s", parameter, name)
			}
		}
		statements := lookUp(t, after, want.policy, "Properties", "PolicyDocument", "Statement").([]any)
		statement := statements[0].(tree)
		if got := fmt.Sprint(stringList(statement["Action"])); len(statements) != 1 || got != want.actions || statement["Resource"] != want.resource {
			t.Errorf("%s allows %v", parameter, statements)
		}
		for _, role := range []string{"SubmitRole", "InviteRole", "PublishRole", "ArchiveRole"} {
			checkValue(t, after, before[role], role)
		}
	}
	checkValue(t, deployed(t, "template.yaml", everything), []any{"!Ref SubmitRole"}, "Resources", "CheckAnyKeyPolicy", "Properties", "Roles")
}

// TestWildcardsAreAnswered checks that each wildcard that a policy allows, and no other, is on the page that says why.
func TestWildcardsAreAnswered(t *testing.T) {
	used := map[string]bool{}
	for name, r := range deployed(t, "template.yaml", everything)["Resources"].(tree) {
		properties, _ := r.(tree)["Properties"].(tree)
		documents := []any{properties["PolicyDocument"]}
		if list, ok := properties["Policies"].([]any); ok {
			for _, p := range list {
				documents = append(documents, p.(tree)["PolicyDocument"])
			}
		}
		if !strings.HasPrefix(fmt.Sprint(r.(tree)["Type"]), "AWS::IAM::") {
			continue
		}
		for _, document := range documents {
			if document == nil {
				continue
			}
			for _, statement := range lookUp(t, document, "Statement").([]any) {
				for _, resource := range stringList(statement.(tree)["Resource"]) {
					if resource = strings.TrimPrefix(resource, "!Sub "); strings.Contains(resource, "*") && statement.(tree)["Effect"] == "Allow" {
						used[name+" "+resource] = true
					}
				}
			}
		}
	}
	code := regexp.MustCompile("`([^`]+)`")
	for _, page := range []string{"../docs/cdk-nag.md", "../docs/cdk-nag.zh.md"} {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		answered := map[string]bool{}
		for line := range strings.Lines(string(source)) {
			cells := strings.Split(line, " | ")
			if len(cells) != 3 {
				continue
			}
			for _, in := range code.FindAllStringSubmatch(cells[0], -1) {
				for _, resource := range code.FindAllStringSubmatch(cells[1], -1) {
					answered[in[1]+" "+resource[1]] = true
				}
			}
		}
		if len(used) < 8 || !maps.Equal(answered, used) {
			t.Errorf("%s answers\n%v, want\n%v", page, slices.Sorted(maps.Keys(answered)), slices.Sorted(maps.Keys(used)))
		}
	}
}

// TestOnlyTLS12 checks that what others may reach refuses connections that are not encrypted, and of buckets those before TLS 1.2.
func TestOnlyTLS12(t *testing.T) {
	resources := lookUp(t, deployed(t, "template.yaml", everything), "Resources").(tree)
	plain, old := tree{"Bool": tree{"aws:SecureTransport": "false"}}, tree{"NumericLessThan": tree{"s3:TlsVersion": "1.2"}}
	for name, c := range map[string]struct {
		action  string
		refused []tree
	}{
		"BucketPolicy": {"s3:*", []tree{plain, old}}, "ArchiveBucketPolicy": {"s3:*", []tree{plain, old}}, "DeadLettersPolicy": {"sqs:*", []tree{plain}}, "AlarmsPolicy": {"sns:Publish", []tree{plain}},
	} {
		var found []tree
		for _, s := range lookUp(t, resources, name, "Properties", "PolicyDocument", "Statement").([]any) {
			if statement := s.(tree); statement["Effect"] == "Deny" && statement["Principal"] == "*" && statement["Action"] == c.action {
				found = append(found, statement["Condition"].(tree))
			}
		}
		if !reflect.DeepEqual(found, c.refused) {
			t.Errorf("%s refuses %v, want %v", name, found, c.refused)
		}
	}
	policies := map[string]int{}
	for _, r := range resources {
		policies[fmt.Sprint(r.(tree)["Type"])]++
	}
	for of, policy := range map[string]string{"AWS::S3::Bucket": "AWS::S3::BucketPolicy", "AWS::SQS::Queue": "AWS::SQS::QueuePolicy", "AWS::SNS::Topic": "AWS::SNS::TopicPolicy"} {
		if policies[of] == 0 || policies[of] != policies[policy] {
			t.Errorf("%d of %s, %d of %s", policies[of], of, policies[policy], policy)
		}
	}
	config := lookUp(t, resources, "Distribution", "Properties", "DistributionConfig")
	checkValue(t, config, "TLSv1.2_2021", "ViewerCertificate", "MinimumProtocolVersion")
	checkValue(t, config, []any{"TLSv1.2"}, "Origins", "1", "CustomOriginConfig", "OriginSSLProtocols")
	checkValue(t, config, "https-only", "Origins", "1", "CustomOriginConfig", "OriginProtocolPolicy")
}

// longest is what CloudFront and others take of the names of their resources, by the key in which a template has them. Of a policy's
// name no bound is documented, so that of 64 is held.
var longest = map[string]int{
	"AWS::CloudFront::OriginAccessControl": 64, "AWS::CloudFront::Function": 64, "AWS::CloudFront::CachePolicy": 64, "AWS::CloudFront::OriginRequestPolicy": 64,
	"AWS::CloudFront::ResponseHeadersPolicy": 64, "AWS::CloudWatch::Dashboard": 255, "AWS::DynamoDB::Table": 255, "AWS::Logs::LogGroup": 512, "AWS::IAM::Policy": 128,
}

// TestNames checks the names that are not made by CloudFormation: two stacks of an account, whatever their regions, have others, and
// the longest name of a stack makes none that is too long.
func TestNames(t *testing.T) {
	replace := func(text string, stack, region, id string) string {
		if name, ok := strings.CutPrefix(text, "!Sub "); ok {
			text = name
		}
		return strings.NewReplacer("${AWS::StackName}", stack, "${AWS::Region}", region, "${Stack}", id, "${SurveyTable}", stack+"-SurveyTable-1ABCDEFGHIJKL").Replace(text)
	}
	digits := tree{"!Select": []any{"0", tree{"!Split": []any{"-", tree{"!Select": []any{"2", tree{"!Split": []any{"/", "!Ref AWS::StackId"}}}}}}}}
	named, perRegion := map[string]string{}, []string{"AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::IAM::Policy"} // the last is of its roles
	var find func(of, resource string, value any)
	find = func(of, resource string, value any) {
		for key, v := range value.(tree) {
			if below, ok := v.(tree); ok && strings.HasSuffix(key, "Config") {
				find(of, resource, below)
			}
			if !slices.Contains([]string{"Name", "TableName", "DashboardName", "LogGroupName", "BucketName", "FunctionName", "RoleName", "PolicyName", "QueueName", "TopicName", "AlarmName", "BudgetName", "ManagedPolicyName"}, key) {
				continue
			}
			text, _ := v.(string)
			if strings.HasPrefix(text, "!Ref ") || of == "AWS::Lambda::Alias" { // the name of another one; a name within a function
				continue
			}
			if sub, ok := v.(tree); ok {
				text = lookUp(t, sub, "!Sub", "0").(string)
				checkValue(t, sub, digits, "!Sub", "1", "Stack")
			}
			if longest[of] == 0 {
				t.Errorf("%s (%s) has a name, whose longest form is not known here", resource, of)
				continue
			}
			if made := replace(text, "a"+strings.Repeat("b", 127), "ap-northeast-10", "0123abcd"); len(made) > longest[of] || strings.Contains(made, "${") {
				t.Errorf("%s may be %d characters long: %s", resource, len(made), made)
			}
			if one, other := replace(text, "polls", "eu-central-1", "0123abcd"), replace(text, "polls", "ap-east-1", "4567cdef"); one == other && !slices.Contains(perRegion, of) {
				t.Errorf("%s has one name in two regions: %s", resource, one)
			} else if before, taken := named[one]; taken {
				t.Errorf("%s and %s have one name: %s", resource, before, one)
			} else {
				named[one] = resource
			}
		}
	}
	for resource, r := range deployed(t, "template.yaml", everything)["Resources"].(tree) {
		if p, ok := r.(tree)["Properties"].(tree); ok && r.(tree)["Type"] != "AWS::CloudWatch::Alarm" && r.(tree)["Type"] != "AWS::IAM::Role" {
			find(fmt.Sprint(r.(tree)["Type"]), resource, p)
		}
	}
	if len(named) < 8 {
		t.Errorf("only %v have names: this looks in the wrong places", named)
	}
}

// TestFirstDeploymentCanBeRolledBack checks that with Protection=off nothing keeps CloudFormation from taking away what a failed first
// deployment has made, and that by default nothing that has been in use can be deleted.
func TestFirstDeploymentCanBeRolledBack(t *testing.T) {
	for protection, deletion := range map[string]string{"on": "true", "off": "false"} {
		resources := deployed(t, "template.yaml", map[string]string{"Protection": protection})["Resources"].(tree)
		for name, r := range resources {
			resource := r.(tree)
			switch kind := fmt.Sprint(resource["Type"]); {
			case kind == "AWS::DynamoDB::Table" || kind == "AWS::S3::Bucket":
				checkValue(t, resource, "RetainExceptOnCreate", "DeletionPolicy")
				checkValue(t, resource, "Retain", "UpdateReplacePolicy")
				if kind == "AWS::DynamoDB::Table" {
					checkValue(t, resource, deletion, "Properties", "DeletionProtectionEnabled")
				}
			case resource["DeletionPolicy"] != nil && resource["DeletionPolicy"] != "Delete":
				t.Errorf("%s stays when the stack goes", name)
			}
		}
	}
}

// TestReservedConcurrency checks that 0, the default, reserves nothing: Lambda would refuse everything.
func TestReservedConcurrency(t *testing.T) {
	for _, function := range []string{"Submit", "Invite", "Publish"} {
		if reserved, exists := lookUp(t, template(t), "Resources", function, "Properties").(tree)["ReservedConcurrentExecutions"]; exists {
			t.Errorf("%s reserves %v by default", function, reserved)
		}
		checkValue(t, deployed(t, "template.yaml", everything), "!Ref "+function+"Concurrency", "Resources", function, "Properties", "ReservedConcurrentExecutions")
	}
}

// TestGradualShift checks that requests go over to a new version by an alias, which goes back when an alarm goes off, and that what a
// parameter changes of a function's settings is a new version.
func TestGradualShift(t *testing.T) {
	for name, r := range template(t)["Resources"].(tree) {
		if kind := fmt.Sprint(r.(tree)["Type"]); strings.Contains(kind, "CodeDeploy") || kind == "AWS::Lambda::Alias" || kind == "AWS::Lambda::Version" {
			t.Errorf("there is %s by default", name)
		}
	}
	resources := deployed(t, "template.yaml", everything)["Resources"].(tree)
	for function, alarms := range map[string][]string{"Submit": {"SubmitErrors", "SubmissionsFailed"}, "Invite": {"InviteErrors", "LinksFailed"}} {
		alias := lookUp(t, resources, function+"Live").(tree)
		checkValue(t, alias, tree{"ApplicationName": "!Ref Shifting", "DeploymentGroupName": "!Ref " + function + "Shift"}, "UpdatePolicy", "CodeDeployLambdaAliasUpdate")
		checkValue(t, alias, "!Ref "+function, "Properties", "FunctionName")
		checkValue(t, alias, "!GetAtt "+function+"Version.Version", "Properties", "FunctionVersion")
		version := lookUp(t, resources, function+"Version", "Properties").(tree)
		checkValue(t, version, "!Ref "+function, "FunctionName")
		// A parameter that is neither a secret nor a name is in the description, which differs with it.
		for _, value := range lookUp(t, written(t, "template.yaml"), "Resources", function, "Properties", "Environment", "Variables").(tree) {
			parameter, isRef := strings.CutPrefix(fmt.Sprint(value), "!Ref ")
			if isRef && written(t, "template.yaml")["Parameters"].(tree)[parameter] != nil && !strings.Contains(version["Description"].(string), "${"+parameter+"}") {
				t.Errorf("a version of %s does not follow from %s", function, parameter)
			}
		}
		// Lambda publishes no version of a function that is as it was, and CloudFormation fails then.
		if described := lookUp(t, resources, function, "Properties", "Description").(string); !strings.Contains(described, "${Release}") {
			t.Errorf("with another release, %s may be as it was: %s", function, described)
		}
		for _, needed := range []string{"${Release}", "${Tracing}"} {
			if !strings.Contains(version["Description"].(string), needed) {
				t.Errorf("a version of %s does not follow from %s", function, needed)
			}
		}
		group := lookUp(t, resources, function+"Shift", "Properties").(tree)
		checkValue(t, group, "!Sub CodeDeployDefault.Lambda${GradualShift}", "DeploymentConfigName")
		checkValue(t, group, "true", "AutoRollbackConfiguration", "Enabled")
		var watched []string
		for _, alarm := range lookUp(t, group, "AlarmConfiguration", "Alarms").([]any) {
			name := strings.TrimPrefix(alarm.(tree)["Name"].(string), "!Ref ")
			checkValue(t, resources, "AWS::CloudWatch::Alarm", name, "Type")
			watched = append(watched, name)
		}
		if !slices.Equal(watched, alarms) {
			t.Errorf("%s goes back when %v go off, want %v", function, watched, alarms)
		}
	}
	lookUp(t, written(t, "template.yaml"), "Rules", "ShiftNeedsRelease")
}

func TestBudget(t *testing.T) {
	if lookUp(t, template(t), "Resources").(tree)["Budget"] != nil {
		t.Error("there is a budget by default")
	}
	budget := lookUp(t, deployed(t, "template.yaml", everything), "Resources", "Budget", "Properties")
	checkValue(t, budget, "!Ref MonthlyBudget", "Budget", "BudgetLimit", "Amount")
	for _, n := range lookUp(t, budget, "NotificationsWithSubscribers").([]any) {
		checkValue(t, n, []any{tree{"SubscriptionType": "EMAIL", "Address": "!Ref AlarmEmail"}}, "Subscribers")
	}
	lookUp(t, written(t, "template.yaml"), "Rules", "BudgetNeedsEmail")
}

func TestStreamWakesThePublisher(t *testing.T) {
	source := lookUp(t, template(t), "Resources", "Publish", "Properties", "Events", "Answers", "Properties").(tree)
	checkValue(t, source, "!GetAtt SurveyTable.StreamArn", "Stream")
	checkValue(t, source, []any{"ReportBatchItemFailures"}, "FunctionResponseTypes")
	checkValue(t, source, "true", "BisectBatchOnFunctionError")
	checkValue(t, source, "TRIM_HORIZON", "StartingPosition")
	checkValue(t, source, "-1", "MaximumRetryAttempts") // a run that is turned away says that its records have failed
	checkValue(t, source, "!GetAtt DeadLetters.Arn", "DestinationConfig", "OnFailure", "Destination")
	for _, pk := range []string{"Q#service#2026-Q4#0007", "I#service#00000000-0000-4000-8000-000000000001", "E#service#2026-Q4"} {
		if survey, _, ok := cloud.ResponseKey(pk); !ok || survey != "service" {
			t.Errorf("%s is no key of a response or of decisions, as the filters expect", pk)
		}
	}
	checkValue(t, source, []any{
		tree{"Pattern": `{"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "Q#"}, {"prefix": "W#"}, {"prefix": "E#"}, {"prefix": "P#"}, {"prefix": "O#"}]}}}}`},
		tree{"Pattern": `{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "I#"}]}}}}`},
		tree{"Pattern": `{"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "C#"}, {"prefix": "D#"}]}}}}`},
	}, "FilterCriteria", "Filters")
}

func TestLogsHaveARetentionTime(t *testing.T) {
	resources := lookUp(t, template(t), "Resources").(tree)
	for name, r := range deployed(t, "template.yaml", everything)["Resources"].(tree) {
		if r.(tree)["Type"] == "AWS::Logs::LogGroup" {
			checkValue(t, r, "!Ref LogRetentionDays", "Properties", "RetentionInDays")
			checkValue(t, r, "Delete", "DeletionPolicy")
		} else if strings.Contains(fmt.Sprint(r.(tree)["Type"]), "::Logs::") {
			t.Errorf("%s is no log group", name)
		}
	}
	for _, function := range []string{"Submit", "Invite", "Publish", "Archive"} {
		checkValue(t, resources, "!Ref "+function+"Log", function, "Properties", "LoggingConfig", "LogGroup")
		checkValue(t, resources, "!Ref LogRetentionDays", function+"Log", "Properties", "RetentionInDays")
	}
}
