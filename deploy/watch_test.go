package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/cloud"
)

// metric is one of CloudWatch: its dimensions are sorted, as "Name=Value".
type metric struct {
	namespace, name string
	dimensions      []string
}

// ofAWS has the metrics that AWS writes of resources like ours, with the names of their dimensions: its user guides of each service.
var ofAWS = map[string]string{
	"AWS/Lambda Errors": "FunctionName", "AWS/Lambda Throttles": "FunctionName", "AWS/Lambda Invocations": "FunctionName", "AWS/Lambda Duration": "FunctionName", "AWS/Lambda IteratorAge": "FunctionName",
	"AWS/Lambda ConcurrentExecutions": "FunctionName|", // without: of the account
	"AWS/ApiGateway Count":            "ApiId", "AWS/ApiGateway 4xx": "ApiId", "AWS/ApiGateway 5xx": "ApiId", "AWS/ApiGateway Latency": "ApiId",
	"AWS/DynamoDB WriteThrottleEvents": "TableName", "AWS/DynamoDB ReadThrottleEvents": "TableName", "AWS/DynamoDB ConsumedWriteCapacityUnits": "TableName", "AWS/DynamoDB ConsumedReadCapacityUnits": "TableName",
	"AWS/SQS ApproximateNumberOfMessagesVisible": "QueueName",
	"AWS/CloudFront Requests":                    "DistributionId,Region", "AWS/CloudFront BytesDownloaded": "DistributionId,Region", "AWS/CloudFront 5xxErrorRate": "DistributionId,Region",
	"AWS/WAFV2 BlockedRequests": "Rule,WebACL",
}

// ofOurs has the dimensions of the metrics that functions write, beside the table.
var ofOurs = map[string]string{
	"Submissions": "Status,Table", "Forms": "Status,Table", "Links": "Status,Table", "Took": "Status,Table", "Conflicts": "Status,Table",
	"PublishAge": "Table", "Rounds": "Table", "Differences": "Table", "NewsFailed": "Table",
}

// check checks that a metric exists, and that none of its dimensions is an address or a person.
func (m metric) check(t *testing.T, where string) {
	t.Helper()
	var names []string
	for _, d := range m.dimensions {
		name, _, _ := strings.Cut(d, "=")
		names = append(names, name)
	}
	known := ofAWS[m.namespace+" "+m.name]
	if m.namespace == cloud.Namespace {
		known = ofOurs[m.name]
		literals := stringLiterals(t, "../internal/gateway")
		for _, function := range []string{"submit", "invite", "publish"} {
			maps.Copy(literals, stringLiterals(t, "../functions/"+function))
		}
		if !literals[m.name] {
			t.Errorf("%s: no function writes %s", where, m.name)
		}
	}
	if got := strings.Join(names, ","); known == "" || !slices.Contains(strings.Split(known, "|"), got) {
		t.Errorf("%s: %s %s by %q is no metric that exists", where, m.namespace, m.name, got)
	}
}

// dimensionsOf returns those of an alarm's metric.
func dimensionsOf(t *testing.T, of tree) (found []string) {
	t.Helper()
	list, _ := of["Dimensions"].([]any)
	for _, d := range list {
		found = append(found, fmt.Sprintf("%s=%s", lookUp(t, d, "Name"), lookUp(t, d, "Value")))
	}
	slices.Sort(found)
	return found
}

// watched returns the metrics of an alarm, and checks that its expressions name them and nothing else.
func watched(t *testing.T, name string, properties tree) (found []metric) {
	t.Helper()
	list, several := properties["Metrics"].([]any)
	if !several {
		return []metric{{properties["Namespace"].(string), properties["MetricName"].(string), dimensionsOf(t, properties)}}
	}
	ids, results := map[string]bool{}, 0
	for _, m := range list {
		query := m.(tree)
		if query["ReturnData"] != "false" {
			results++
		}
		if stat, ok := query["MetricStat"].(tree); ok {
			ids[query["Id"].(string)] = true
			of := stat["Metric"].(tree)
			found = append(found, metric{of["Namespace"].(string), of["MetricName"].(string), dimensionsOf(t, of)})
			continue
		}
		for _, word := range regexp.MustCompile(`\b[a-z]\w*\b`).FindAllString(regexp.MustCompile(`!Sub|\$\{\w+\}`).ReplaceAllString(query["Expression"].(string), ""), -1) {
			if !ids[word] {
				t.Errorf("%s: an expression names %s", name, word)
			}
		}
	}
	if results != 1 {
		t.Errorf("%s has %d results", name, results)
	}
	return found
}

// TestAlarmsWatchMetrics checks that each alarm watches metrics that exist, tells the topic, and says what to do first; and that what
// may go wrong has an alarm.
func TestAlarmsWatchMetrics(t *testing.T) {
	all, alarms := map[string]bool{}, 0
	for _, name := range []string{"template.yaml", "firewall.yaml"} {
		with := map[string]string{"DistributionId": "E1"}
		if name == "template.yaml" {
			with = everything
		}
		for name, r := range deployed(t, name, with)["Resources"].(tree) {
			if r.(tree)["Type"] != "AWS::CloudWatch::Alarm" {
				continue
			}
			alarms++
			properties := r.(tree)["Properties"].(tree)
			for _, actions := range []string{"AlarmActions", "OKActions"} {
				checkValue(t, properties, []any{"!Ref Alarms"}, actions)
			}
			if what, first, both := strings.Cut(properties["AlarmDescription"].(string), ". "); !both || what == "" || first == "" {
				t.Errorf("%s does not say what to do first: %s", name, properties["AlarmDescription"])
			}
			for _, m := range watched(t, name, properties) {
				m.check(t, name)
				all[m.name] = true
				if m.namespace == cloud.Namespace && !slices.Contains(m.dimensions, "Table=!Ref SurveyTable") {
					t.Errorf("%s watches every deployment", name)
				}
			}
		}
	}
	for _, needed := range []string{
		"Errors", "Throttles", "IteratorAge", "PublishAge", "Rounds", "Differences", "Submissions", "Links", "Conflicts", "NewsFailed", "ApproximateNumberOfMessagesVisible",
		"4xx", "5xx", "Latency", "WriteThrottleEvents", "ReadThrottleEvents", "ConcurrentExecutions", "5xxErrorRate", "BlockedRequests",
	} {
		if !all[needed] {
			t.Errorf("no alarm watches %s", needed)
		}
	}
	if alarms < 25 {
		t.Errorf("%d alarms: this looks in the wrong places", alarms)
	}
}

// TestAlarmsAreInTheGuide checks that each alarm has its row in the table of the guide, in both languages, and each row its alarm.
func TestAlarmsAreInTheGuide(t *testing.T) {
	var names []string
	for _, file := range []string{"template.yaml", "firewall.yaml"} {
		for name, r := range written(t, file)["Resources"].(tree) {
			if r.(tree)["Type"] == "AWS::CloudWatch::Alarm" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	alarms, metrics := 0, 0 // by default, each of which costs
	for name, r := range template(t)["Resources"].(tree) {
		if r.(tree)["Type"] == "AWS::CloudWatch::Alarm" {
			alarms, metrics = alarms+1, metrics+len(watched(t, name, r.(tree)["Properties"].(tree)))
		}
	}
	for _, guide := range []string{"../docs/operators-aws.md", "../docs/operators-aws.zh.md"} {
		source, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		for _, cost := range []string{fmt.Sprintf("%d alarms on %d metrics $%.2f", alarms, metrics, float64(metrics)/10), fmt.Sprintf("%d 个告警、%d 个指标 $%.2f", alarms, metrics, float64(metrics)/10)} {
			if strings.Contains(guide, ".zh.") == strings.Contains(cost, "告警") && !strings.Contains(string(source), cost) {
				t.Errorf("%s does not say %q", guide, cost)
			}
		}
		_, table, found := strings.Cut(string(source), "\n|---|---|---|\n")
		for !found || !strings.HasPrefix(table, "| SubmitErrors |") {
			if _, table, found = strings.Cut(table, "\n|---|---|---|\n"); !found {
				t.Fatalf("%s has no table of alarms", guide)
			}
		}
		table, _, _ = strings.Cut(table, "\n\n")
		var told []string
		for line := range strings.Lines(table) {
			first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			told = append(told, strings.Split(strings.ReplaceAll(first, "、", ", "), ", ")...)
		}
		slices.Sort(told)
		if !slices.Equal(told, names) {
			t.Errorf("%s has the alarms\n%v, want\n%v", guide, told, names)
		}
	}
}

// TestDashboard checks that the dashboard is JSON, that its charts do not overlap, that they are of metrics that exist, and that it
// has every alarm.
func TestDashboard(t *testing.T) {
	if lookUp(t, deployed(t, "template.yaml", map[string]string{"Dashboard": "off"}), "Resources").(tree)["Figures"] != nil {
		t.Error("there is no way to be without the dashboard")
	}
	resources := lookUp(t, template(t), "Resources").(tree)
	body := strings.TrimPrefix(lookUp(t, resources, "Figures", "Properties", "DashboardBody").(string), "!Sub ")
	for _, reference := range regexp.MustCompile(`\$\{(\w+)[^}]*\}`).FindAllStringSubmatch(body, -1) {
		if resources[reference[1]] == nil && reference[1] != "AWS" {
			t.Errorf("the dashboard refers to %s", reference[1])
		}
	}
	var board struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          struct {
				Region, Title string
				Metrics       [][]any
				Alarms        []string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatal(err)
	}
	taken, charts := map[[2]int]bool{}, map[string]int{}
	for _, w := range board.Widgets {
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				if taken[[2]int{x, y}] || x >= 24 {
					t.Errorf("%s overlaps, or is beyond the edge", w.Properties.Title)
				}
				taken[[2]int{x, y}] = true
			}
		}
		charts[w.Type]++
		for _, m := range w.Properties.Metrics {
			one := metric{namespace: m[0].(string), name: m[1].(string)}
			for i := 2; i+1 < len(m); i += 2 {
				one.dimensions = append(one.dimensions, fmt.Sprintf("%s=%s", m[i], m[i+1]))
			}
			slices.Sort(one.dimensions)
			one.check(t, w.Properties.Title)
			if worldwide := one.namespace == "AWS/CloudFront"; worldwide != (w.Properties.Region == "us-east-1") {
				t.Errorf("%s looks for %s in %s", w.Properties.Title, one.name, w.Properties.Region)
			}
		}
	}
	if charts["metric"] < 12 || charts["alarm"] != 1 || charts["text"] != 1 {
		t.Errorf("the dashboard has %v", charts)
	}
	for name, r := range resources {
		if r.(tree)["Type"] == "AWS::CloudWatch::Alarm" && !strings.Contains(body, `"${`+name+`.Arn}"`) {
			t.Errorf("the dashboard has no %s", name)
		}
	}
}
