// Package deploy_test checks that the template of the deployment agrees with the code.
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

// tree is a part of the template. Intrinsic functions are text: "!Ref Table", "!GetAtt Table.Arn", "!Sub ...".
type tree = map[string]any

func template(t *testing.T) tree {
	t.Helper()
	source, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	return plain(t, document.Content[0]).(tree)
}

// plain turns a node into maps, lists and texts.
func plain(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.AliasNode:
		return plain(t, n.Alias)
	case yaml.MappingNode:
		m := tree{}
		for i := 0; i < len(n.Content); i += 2 {
			if _, twice := m[n.Content[i].Value]; twice {
				t.Errorf("line %d: the key %s comes twice", n.Content[i].Line, n.Content[i].Value)
			}
			m[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		var list []any
		for _, c := range n.Content {
			list = append(list, plain(t, c))
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

// at returns the part of a tree at a path of keys and indexes.
func at(t *testing.T, from any, path ...string) any {
	t.Helper()
	for i, step := range path {
		switch here := from.(type) {
		case tree:
			next, there := here[step]
			if !there {
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

func want(t *testing.T, from any, expected any, path ...string) {
	t.Helper()
	if got := at(t, from, path...); !reflect.DeepEqual(got, expected) {
		t.Errorf("%s is %v, want %v", strings.Join(path, "/"), got, expected)
	}
}

// words returns one text or several as a sorted list.
func words(from any) []string {
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
	table := at(t, template(t), "Resources", "Table").(tree)
	schema := cloud.Schema("x")
	keys := func(elements any) (list []string) {
		for _, e := range elements.([]any) {
			list = append(list, e.(tree)["AttributeName"].(string)+" "+e.(tree)["KeyType"].(string))
		}
		return list
	}
	var own, index []string
	for _, k := range schema.KeySchema {
		own = append(own, *k.AttributeName+" "+string(k.KeyType))
	}
	for _, k := range schema.LocalSecondaryIndexes[0].KeySchema {
		index = append(index, *k.AttributeName+" "+string(k.KeyType))
	}
	properties := table["Properties"].(tree)
	if got := keys(properties["KeySchema"]); !slices.Equal(got, own) {
		t.Errorf("keys %v, want %v", got, own)
	}
	indexes := properties["LocalSecondaryIndexes"].([]any)
	if len(indexes) != 1 || len(schema.LocalSecondaryIndexes) != 1 {
		t.Fatalf("%d indexes, want 1", len(indexes))
	}
	if got := keys(at(t, indexes, "0", "KeySchema")); !slices.Equal(got, index) {
		t.Errorf("the index's keys are %v, want %v", got, index)
	}
	want(t, indexes, cloud.Index, "0", "IndexName")
	projection := schema.LocalSecondaryIndexes[0].Projection
	want(t, indexes, string(projection.ProjectionType), "0", "Projection", "ProjectionType")
	if got := words(at(t, indexes, "0", "Projection", "NonKeyAttributes")); !slices.Equal(got, projection.NonKeyAttributes) {
		t.Errorf("the index holds %v, want %v", got, projection.NonKeyAttributes)
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
	want(t, properties, string(schema.BillingMode), "BillingMode")
	want(t, properties, string(schema.StreamSpecification.StreamViewType), "StreamSpecification", "StreamViewType")
	want(t, properties, cloud.Expires, "TimeToLiveSpecification", "AttributeName")
	want(t, properties, "true", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	want(t, properties, "true", "SSESpecification", "SSEEnabled")
	want(t, properties, "true", "DeletionProtectionEnabled")
	want(t, table, "Retain", "DeletionPolicy")
	want(t, table, "Retain", "UpdateReplacePolicy")
}

// sources parses the Go files of a folder, without tests.
func sources(t *testing.T, folder string) []*ast.File {
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

// literals lists the string literals that the code of a folder passes to a function as its first argument.
func literals(t *testing.T, folder, function string) []string {
	found := map[string]bool{}
	for _, file := range sources(t, folder) {
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

// texts returns the string literals in the code of a folder.
func texts(t *testing.T, folder string) map[string]bool {
	found := map[string]bool{}
	for _, file := range sources(t, folder) {
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
	want(t, whole, "provided.al2023", "Globals", "Function", "Runtime")
	want(t, whole, []any{"arm64"}, "Globals", "Function", "Architectures")
	want(t, whole, "bootstrap", "Globals", "Function", "Handler")
	for resource, folder := range map[string]string{"Submit": "submit", "Publish": "publish"} {
		properties := at(t, whole, "Resources", resource, "Properties").(tree)
		given := slices.Sorted(maps.Keys(at(t, properties, "Environment", "Variables").(tree)))
		if read := literals(t, "../functions/"+folder, "getenv"); !slices.Equal(given, read) {
			t.Errorf("%s is given %v, and reads %v", resource, given, read)
		}
		want(t, properties, "../bin/"+folder+".zip", "CodeUri")
		want(t, properties, "!GetAtt "+resource+"Role.Arn", "Role")
		for _, override := range []string{"Runtime", "Architectures", "Handler"} {
			if _, there := properties[override]; there {
				t.Errorf("%s has a %s of its own", resource, override)
			}
		}
	}
	// The variables that AWS Lambda sets itself, and those that only tests set.
	for _, name := range literals(t, "../internal/cloud", "getenv") {
		if !strings.HasPrefix(name, "AWS_") && !strings.HasSuffix(name, "_ENDPOINT") {
			t.Errorf("internal/cloud reads %s, which is not set", name)
		}
	}
	// A put ends with its request, and clocks differ by a minute at most.
	timeout, err := strconv.Atoi(at(t, whole, "Resources", "Submit", "Properties", "Timeout").(string))
	if err != nil || time.Duration(timeout)*time.Second+time.Minute > cloud.Settle {
		t.Errorf("submit may take %d s, too long for responses that settle within %v", timeout, cloud.Settle)
	}
}

func TestRoutes(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	events := at(t, resources, "Submit", "Properties", "Events").(tree)
	if len(events) != 1 {
		t.Errorf("submit is behind %d routes, want 1", len(events))
	}
	route := at(t, events, "Submission", "Properties").(tree)
	want(t, route, http.MethodPost, "Method")
	want(t, route, "/api/surveys/{id}/responses", "Path")
	want(t, route, "2.0", "PayloadFormatVersion")
	for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		at(t, resources, "Api", "Properties", "DefaultRouteSettings", limit)
	}
	// The form is sent to that route.
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
	if address := strings.ReplaceAll(route["Path"].(string), "{id}", "tea"); !strings.Contains(form.String(), `action="..`+address+`"`) {
		t.Errorf("the form's address is not %s", address)
	}
	distribution := at(t, resources, "Distribution", "Properties", "DistributionConfig").(tree)
	behaviours := distribution["CacheBehaviors"].([]any)
	if len(behaviours) != 1 {
		t.Fatalf("%d behaviours, want 1", len(behaviours))
	}
	want(t, behaviours, "/api/*", "0", "PathPattern")
	want(t, behaviours, "handler", "0", "TargetOriginId")
	want(t, behaviours, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "0", "CachePolicyId") // CachingDisabled, of AWS
	if !slices.Contains(words(at(t, behaviours, "0", "AllowedMethods")), http.MethodPost) {
		t.Error("the CDN does not pass forms on")
	}
	if _, there := behaviours[0].(tree)["FunctionAssociations"]; there {
		t.Error("the edge function would change the handler's addresses")
	}
	header := at(t, resources, "Submit", "Properties", "Environment", "Variables", "ADDRESS_HEADER").(string)
	passed := words(at(t, resources, "ToHandler", "Properties", "OriginRequestPolicyConfig", "HeadersConfig", "Headers"))
	for _, needed := range []string{header, "Content-Type", "Accept", "Accept-Language", "Referer", "User-Agent"} {
		if !slices.Contains(passed, needed) {
			t.Errorf("the CDN does not pass %s on", needed)
		}
	}
	secret := at(t, distribution, "Origins", "1", "OriginCustomHeaders", "0").(tree)
	if !texts(t, "../functions/submit")[secret["HeaderName"].(string)] || secret["HeaderValue"] != "!Ref OriginSecret" {
		t.Errorf("the handler does not recognize the CDN by %v", secret)
	}
	want(t, resources, "Submit", "Distribution", "DependsOn") // or the CDN may send a new secret before the handler expects it
	for _, e := range distribution["CustomErrorResponses"].([]any) {
		if e.(tree)["ErrorCode"] != "404" {
			t.Errorf("the CDN would hide the handler's reply %v", e.(tree)["ErrorCode"])
		}
	}
	if !texts(t, "../internal/upload")["404.html"] {
		t.Error("the error page is not uploaded")
	}
}

// onlyCDN are the headers that only the CDN sends, name to value.
var onlyCDN = map[string]string{
	// `glasspoll serve` speaks plain HTTP, over which it must not be sent and is ignored (RFC 6797, 7.2 and 8.1): there the
	// proxy that terminates TLS sends it. It holds for a year, and not for subdomains, which may be run by others.
	"Strict-Transport-Security": "max-age=31536000",
}

func TestHeadersAreThoseOfThePages(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	policy := at(t, resources, "Headers", "Properties", "ResponseHeadersPolicyConfig").(tree)
	security := policy["SecurityHeadersConfig"].(tree)
	sent := map[string]string{}
	for name, value := range security {
		switch name {
		case "ContentSecurityPolicy":
			sent["Content-Security-Policy"] = at(t, value, "ContentSecurityPolicy").(string)
		case "ContentTypeOptions":
			sent["X-Content-Type-Options"] = "nosniff"
		case "ReferrerPolicy":
			sent["Referrer-Policy"] = at(t, value, "ReferrerPolicy").(string)
		case "StrictTransportSecurity":
			sent["Strict-Transport-Security"] = "max-age=" + at(t, value, "AccessControlMaxAgeSec").(string)
			for key, directive := range map[string]string{"IncludeSubdomains": "; includeSubDomains", "Preload": "; preload"} {
				if at(t, value, key) != "false" {
					sent["Strict-Transport-Security"] += directive
				}
			}
		default:
			sent[name] = fmt.Sprint(value)
		}
		want(t, value, "true", "Override")
	}
	for _, custom := range at(t, policy, "CustomHeadersConfig", "Items").([]any) {
		sent[custom.(tree)["Header"].(string)] = custom.(tree)["Value"].(string)
		want(t, custom, "true", "Override")
	}
	expected := headers.Security()
	for name, value := range onlyCDN {
		if _, both := expected[name]; both {
			t.Errorf("%s is one of the headers that pages have everywhere", name)
		}
		expected[name] = value
	}
	if !maps.Equal(sent, expected) {
		t.Errorf("the CDN sends %v\nwant %v", sent, expected)
	}
	if len(policy) != 3 {
		t.Errorf("the policy has more than a name and these headers: %v", policy)
	}
	for _, behaviour := range []any{at(t, resources, "Distribution", "Properties", "DistributionConfig", "DefaultCacheBehavior"), at(t, resources, "Distribution", "Properties", "DistributionConfig", "CacheBehaviors", "0")} {
		want(t, behaviour, "!Ref Headers", "ResponseHeadersPolicyId")
		want(t, behaviour, "true", "Compress")
	}
}

func TestBucketIsPrivate(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	for name, value := range at(t, resources, "Bucket", "Properties", "PublicAccessBlockConfiguration").(tree) {
		if value != "true" {
			t.Errorf("%s is %v", name, value)
		}
	}
	for _, s := range at(t, resources, "BucketPolicy", "Properties", "PolicyDocument", "Statement").([]any) {
		if s.(tree)["Effect"] == "Allow" {
			want(t, s, tree{"Service": "cloudfront.amazonaws.com"}, "Principal")
			at(t, s, "Condition", "StringEquals", "AWS:SourceArn")
		}
	}
}

// operations lists the calls of AWS that methods of a type in internal/cloud can lead to.
func operations(t *testing.T, receiver string, methods ...string) []string {
	t.Helper()
	bodies := map[string]*ast.BlockStmt{}
	for _, file := range sources(t, "../internal/cloud") {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				star, _ := f.Recv.List[0].Type.(*ast.StarExpr)
				if star == nil || star.X.(*ast.Ident).Name != receiver {
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
					if called != "TransactWriteItems" { // its parts are found below
						found[called] = true
					}
				} else if x, ok := selector.X.(*ast.Ident); ok && (x.Name == "t" || x.Name == "p") && bodies[called] != nil {
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

// A role allows the calls of its function and no others. That it allows the keys of each call is tested in e2e, with the
// calls that the functions make.
func TestRolesAllowWhatIsCalled(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	submit := operations(t, "Table", "Put", "Definition", "Assets")
	if !slices.Equal(submit, []string{"ConditionCheckItem", "GetItem", "PutItem"}) {
		t.Errorf("submit calls %v", submit)
	}
	publish := operations(t, "Table", "Definition", "Assets", "Surveys", "AddPeriod", "Periods", "After", "Tally", "SaveTally", "Latest", "Append",
		"OpenCase", "CasesOf", "SaveCase", "Pending", "MarkDelivered", "Actions")
	for role, calls := range map[string][]string{"SubmitRole": submit, "PublishRole": publish} {
		allowed := map[string]bool{}
		for _, s := range at(t, resources, role, "Properties", "Policies", "0", "PolicyDocument", "Statement").([]any) {
			statement := s.(tree)
			for _, action := range words(statement["Action"]) {
				deletes := strings.Contains(action, "Delete")
				if deletes && role == "PublishRole" { // delivered notifications leave the outbox
					want(t, statement, []any{"O#*"}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")
					deletes = false
				}
				if strings.Contains(action, "*") || deletes || strings.Contains(action, "Scan") || strings.Contains(action, "Batch") {
					t.Errorf("%s allows %s", role, action)
				}
				operation, ours := strings.CutPrefix(action, "dynamodb:")
				if !ours || slices.Contains([]string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}, operation) {
					continue
				}
				allowed[operation] = true
				if len(words(at(t, statement, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"))) == 0 {
					t.Errorf("%s allows %s on any key", role, action)
				}
				want(t, statement, "false", "Condition", "Null", "dynamodb:LeadingKeys")
			}
		}
		if got := slices.Sorted(maps.Keys(allowed)); !slices.Equal(got, calls) {
			t.Errorf("%s allows %v, and %v is called", role, got, calls)
		}
		if at(t, resources, role).(tree)["Properties"].(tree)["ManagedPolicyArns"] != nil {
			t.Errorf("%s has policies from elsewhere", role)
		}
	}
}

// Policies are limited to the resources of the deployment. The policy for publishing a site allows to create results pages,
// and never to replace one.
func TestPoliciesAreLimited(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	documents := map[string]any{
		"SubmitRole":  at(t, resources, "SubmitRole", "Properties", "Policies", "0", "PolicyDocument"),
		"PublishRole": at(t, resources, "PublishRole", "Properties", "Policies", "0", "PolicyDocument"),
	}
	for name, r := range resources {
		if r.(tree)["Type"] == "AWS::IAM::ManagedPolicy" {
			documents[name] = at(t, r, "Properties", "PolicyDocument")
		}
	}
	if len(documents) != 5 {
		t.Errorf("%d policies, want 5", len(documents))
	}
	own := []string{"!GetAtt Table.", "!GetAtt Bucket.", "!GetAtt DeadLetters.", "!GetAtt SubmitLog.", "!GetAtt PublishLog.", `!Sub ${Table.Arn}/`, `!Sub ${Bucket.Arn}/`,
		"!Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
	for name, document := range documents {
		for _, s := range at(t, document, "Statement").([]any) {
			statement := s.(tree)
			where := fmt.Sprintf("%s, %s", name, statement["Sid"])
			for _, wide := range []string{"NotResource", "NotAction", "NotPrincipal"} {
				if _, there := statement[wide]; there {
					t.Errorf("%s: %s reaches everything that it does not name", where, wide)
				}
			}
			reached := words(statement["Resource"])
			if len(reached) == 0 {
				t.Errorf("%s names no resource", where)
			}
			for _, resource := range reached {
				if resource == "*" && slices.Equal(words(statement["Action"]), []string{"dynamodb:ListStreams"}) {
					continue // has no resource of its own
				}
				if !slices.ContainsFunc(own, func(prefix string) bool { return strings.HasPrefix(resource, prefix) }) {
					t.Errorf("%s reaches %s", where, resource)
				}
			}
			for _, action := range words(statement["Action"]) {
				if strings.Contains(action, "*") {
					t.Errorf("%s: %s is more than one action", where, action)
				}
			}
		}
	}
	var kept tree
	for _, s := range at(t, documents["PublisherPolicy"], "Statement").([]any) {
		if s.(tree)["Effect"] == "Deny" {
			kept = s.(tree)
		}
	}
	if kept == nil {
		t.Fatal("publishing a site may replace results pages")
	}
	want(t, kept, "s3:PutObject", "Action")
	want(t, kept, "!Sub ${Bucket.Arn}/*/results/*", "Resource")
	want(t, kept, tree{"Null": tree{"s3:if-none-match": "true"}}, "Condition")
}

func TestStreamWakesThePublisher(t *testing.T) {
	source := at(t, template(t), "Resources", "Publish", "Properties", "Events", "Answers", "Properties").(tree)
	want(t, source, "!GetAtt Table.StreamArn", "Stream")
	want(t, source, []any{"ReportBatchItemFailures"}, "FunctionResponseTypes")
	want(t, source, "true", "BisectBatchOnFunctionError")
	want(t, source, "TRIM_HORIZON", "StartingPosition")
	want(t, source, "!GetAtt DeadLetters.Arn", "DestinationConfig", "OnFailure", "Destination")
	if _, ours := cloud.ShardOfKey("R#service#2026-Q4#07"); !ours {
		t.Fatal("responses have other keys than the filter's R#")
	}
	want(t, source, `{"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "R#"}]}}}}`, "FilterCriteria", "Filters", "0", "Pattern")
}

func TestAlarmsWatchWhatIsMeasured(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	said := texts(t, "../functions/submit")
	maps.Copy(said, texts(t, "../functions/publish"))
	watched := map[string]bool{}
	for name, r := range resources {
		if r.(tree)["Type"] != "AWS::CloudWatch::Alarm" {
			continue
		}
		properties := r.(tree)["Properties"].(tree)
		want(t, properties, []any{"!Ref Alarms"}, "AlarmActions")
		metric := properties["MetricName"].(string)
		watched[metric] = true
		if properties["Namespace"] == cloud.Namespace {
			if !said[metric] {
				t.Errorf("%s watches %s, which is not measured", name, metric)
			}
			want(t, properties, "!Ref Table", "Dimensions", "0", "Value")
		}
	}
	for _, needed := range []string{"Errors", "Throttles", "IteratorAge", "PublishAge", "Rounds", "Submissions", "ApproximateNumberOfMessagesVisible", "4xx", "WriteThrottleEvents"} {
		if !watched[needed] {
			t.Errorf("%s is not watched", needed)
		}
	}
}

func TestLogsEnd(t *testing.T) {
	resources := at(t, template(t), "Resources").(tree)
	for _, function := range []string{"Submit", "Publish"} {
		want(t, resources, "!Ref "+function+"Log", function, "Properties", "LoggingConfig", "LogGroup")
		want(t, resources, "!Ref LogRetentionDays", function+"Log", "Properties", "RetentionInDays")
	}
}
