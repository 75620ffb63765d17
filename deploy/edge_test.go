package deploy_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"glasspoll/internal/headers"
)

// loadEdge returns the edge function, and what runs it.
func loadEdge(t *testing.T) (*goja.Runtime, goja.Callable) {
	t.Helper()
	source, err := os.ReadFile("edge.js")
	if err != nil {
		t.Fatal(err)
	}
	vm := goja.New()
	if _, err := vm.RunString(string(source)); err != nil {
		t.Fatal(err)
	}
	handler, _ := goja.AssertFunction(vm.Get("handler"))
	return vm, handler
}

// edge runs the edge function for a request, as the CDN does. It returns the path to read from the bucket, or the location and
// status of a redirect.
func edge(t *testing.T, uri string, query map[string]any) (path, location string, status int64) {
	t.Helper()
	vm, handler := loadEdge(t)
	if query == nil {
		query = map[string]any{}
	}
	// Through JSON, so that the parameters of the query have an order.
	event, err := json.Marshal(map[string]any{"request": map[string]any{"method": "GET", "uri": uri, "querystring": query, "headers": map[string]any{}}})
	if err != nil {
		t.Fatal(err)
	}
	parse, _ := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("parse"))
	parsed, err := parse(goja.Undefined(), vm.ToValue(string(event)))
	if err != nil {
		t.Fatal(err)
	}
	value, err := handler(goja.Undefined(), parsed)
	if err != nil {
		t.Fatalf("%q: %v", uri, err)
	}
	result := value.ToObject(vm)
	if code := result.Get("statusCode"); code != nil {
		return "", result.Get("headers").ToObject(vm).Get("location").ToObject(vm).Get("value").String(), code.ToInteger()
	}
	return result.Get("uri").String(), "", 0
}

func TestEdgeIsInTheTemplate(t *testing.T) {
	source, err := os.ReadFile("edge.js")
	if err != nil {
		t.Fatal(err)
	}
	resources := lookUp(t, template(t), "Resources").(tree)
	if code := lookUp(t, resources, "Directories", "Properties", "FunctionCode").(string); strings.TrimSpace(code) != strings.TrimSpace(string(source)) {
		t.Error("the template's copy of edge.js differs: copy the file into it again")
	}
	if len(source) > 10<<10 {
		t.Errorf("edge.js has %d bytes, more than CloudFront allows", len(source))
	}
	checkValue(t, resources, "cloudfront-js-2.0", "Directories", "Properties", "FunctionConfig", "Runtime")
	config := lookUp(t, resources, "Distribution", "Properties", "DistributionConfig")
	checkValue(t, config, "viewer-request", "DefaultCacheBehavior", "FunctionAssociations", "0", "EventType")
	checkValue(t, config, "*/results/*", "CacheBehaviors", "2", "PathPattern") // behind those of the handlers, whose addresses it matches too
	for i, event := range []string{"viewer-request", "viewer-response"} {
		checkValue(t, config, event, "CacheBehaviors", "2", "FunctionAssociations", strconv.Itoa(i), "EventType")
	}
}

// TestEdgeRedirectsWhatMoved gives the edge function responses of the bucket. What a file says of where it leads becomes a redirect, if it
// leads to the same site.
func TestEdgeRedirectsWhatMoved(t *testing.T) {
	vm, handler := loadEdge(t)
	location := func(body []byte) string {
		to, _ := headers.MovedTo(body)
		return to
	}
	for to, moved := range map[string]bool{
		location(headers.Moved("index.html", "../", "zh", "Tea")): true, location(headers.Moved("index.html", "../../results/", "zh", "Tea")): true,
		location(headers.Moved("results.json", "../../results/results.json", "en", "Tea")): true,
		"": false, "/": false, "//evil": false, "https://evil.example/": false, "..//evil.example/": false, "../x//evil": false, "../../\\evil": false, "../a\r\nx: y": false, "../?x": false,
	} {
		fields := map[string]any{"etag": map[string]any{"value": "1"}, "x-amz-meta-location": map[string]any{"value": to}}
		if to == "" {
			delete(fields, "x-amz-meta-location")
		}
		event := map[string]any{
			"request":  map[string]any{"method": "GET", "uri": "/tea/zh/results/index.html", "querystring": map[string]any{}},
			"response": map[string]any{"statusCode": 200, "statusDescription": "OK", "headers": fields},
		}
		value, err := handler(goja.Undefined(), vm.ToValue(event))
		if err != nil {
			t.Fatalf("%q: %v", to, err)
		}
		response := value.ToObject(vm)
		got := ""
		if l := response.Get("headers").ToObject(vm).Get("location"); l != nil {
			got = l.ToObject(vm).Get("value").String()
		}
		status, want := int64(200), ""
		if moved {
			status, want = 302, to
		}
		if response.Get("statusCode").ToInteger() != status || got != want {
			t.Errorf("%q: %v to %q", to, response.Get("statusCode"), got)
		}
	}
}

func TestEdgeMapsDirectories(t *testing.T) {
	one := func(value string) map[string]any { return map[string]any{"value": value} }
	for _, c := range []struct {
		uri      string
		query    map[string]any
		path     string // to read from the bucket
		redirect string // or where to redirect to, at https://polls.example
	}{
		{uri: "/", path: "/index.html"},
		{uri: "/service/", path: "/service/index.html"},
		{uri: "/service/en/results/", path: "/service/en/results/index.html"},
		{uri: "/assets/style.1a2b.css", path: "/assets/style.1a2b.css"},
		{uri: "/service/results/results.json", path: "/service/results/results.json"},
		{uri: "/service", redirect: "https://polls.example/service/"},
		{uri: "/service/en/results", redirect: "https://polls.example/service/en/results/"},
		{uri: "/service", query: map[string]any{"c": one("email")}, redirect: "https://polls.example/service/?c=email"},
		{uri: "/service", query: map[string]any{"c": one("a%20b&x=1#y")}, redirect: "https://polls.example/service/?c=a%20b%26x%3D1%23y"},
		{uri: "/service", query: map[string]any{"c": one(""), "d": map[string]any{"value": "1", "multiValue": []any{one("1"), one("2")}}}, redirect: "https://polls.example/service/?c&d=1&d=2"},
		{uri: "//evil", redirect: "https://polls.example//evil/"},
		{uri: "/https:", redirect: "https://polls.example/https%3A/"},
		{uri: "/javascript:alert(1)", redirect: "https://polls.example/javascript%3Aalert%281%29/"},
		{uri: "/\\evil", redirect: "https://polls.example/%5Cevil/"},
		{uri: "/a\r\nX: y", redirect: "https://polls.example/a%0D%0AX%3A%20y/"},
		{uri: "/%E6%9C%8D", redirect: "https://polls.example/%E6%9C%8D/"},
		{uri: "/服", redirect: "https://polls.example/%E6%9C%8D/"},
	} {
		path, location, status := edge(t, c.uri, c.query)
		if c.redirect == "" {
			if path != c.path || status != 0 {
				t.Errorf("%q reads %q (%d), want %q", c.uri, path, status, c.path)
			}
			continue
		}
		base := &url.URL{Scheme: "https", Host: "polls.example", Path: c.uri}
		there, err := url.Parse(location)
		if err != nil || status != 301 {
			t.Errorf("%q redirects to %q (%d): %v", c.uri, location, status, err)
			continue
		}
		got := base.ResolveReference(there)
		if got.Host != "polls.example" || strings.ReplaceAll(strings.ReplaceAll(got.String(), "(", "%28"), ")", "%29") != c.redirect {
			t.Errorf("%q redirects to %s, want %s", c.uri, got, c.redirect)
		}
	}
}
