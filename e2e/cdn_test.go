package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/dop251/goja"

	"glasspoll/e2e/aws"
)

// cdn serves a deployment as its distribution does: with the edge function, the bucket, the response headers and the error page,
// and at /api/ and /i/ the functions behind the API, with what the template passes on of a request, and adds.
type cdn struct {
	d        *deployment
	template *aws.Template
	secret   string

	mu   sync.Mutex
	edge *goja.Runtime
}

// startCDN starts a cdn and returns its URL.
func startCDN(t *testing.T, d *deployment, secret string) (address string) {
	t.Helper()
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := &cdn{d: d, template: template, secret: secret, edge: goja.New()}
	if _, err := c.edge.RunString(template.Resources.Directories.Properties.FunctionCode); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func (c *cdn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.addHeaders(w.Header())
	if policy, ok := c.template.RequestPolicy(r.URL.Path); ok {
		c.api(w, r, policy.Properties.OriginRequestPolicyConfig.CookiesConfig.Cookies, policy.Properties.OriginRequestPolicyConfig.HeadersConfig.Headers,
			policy.Properties.OriginRequestPolicyConfig.QueryStringsConfig.QueryStringBehavior == "all")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "not allowed", http.StatusForbidden)
		return
	}
	key, location := c.runEdge(r)
	if location != "" {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	c.object(w, r, key, http.StatusOK)
}

// addHeaders adds the headers of the distribution to a reply. It replaces those of the handler, but for one that it is told not to.
func (c *cdn) addHeaders(reply http.Header) {
	policy := c.template.Resources.Headers.Properties.ResponseHeadersPolicyConfig
	security := policy.SecurityHeadersConfig
	reply.Set("Content-Security-Policy", security.ContentSecurityPolicy.ContentSecurityPolicy)
	if security.ReferrerPolicy.Override || reply.Get("Referrer-Policy") == "" {
		reply.Set("Referrer-Policy", security.ReferrerPolicy.ReferrerPolicy)
	}
	reply.Set("X-Content-Type-Options", "nosniff")
	for _, custom := range policy.CustomHeadersConfig.Items {
		reply.Set(custom.Header, custom.Value)
	}
}

// runEdge runs the edge function. It returns the key of the object to serve, or where to redirect to.
func (c *cdn) runEdge(r *http.Request) (key, location string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	handler, _ := goja.AssertFunction(c.edge.Get("handler"))
	query := map[string]any{}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			query[name] = map[string]any{"value": value}
		}
	}
	value, err := handler(goja.Undefined(), c.edge.ToValue(map[string]any{"request": map[string]any{"uri": r.URL.EscapedPath(), "querystring": query}}))
	if err != nil {
		panic(err)
	}
	result := value.ToObject(c.edge)
	if result.Get("statusCode") != nil {
		return "", result.Get("headers").ToObject(c.edge).Get("location").ToObject(c.edge).Get("value").String()
	}
	return strings.TrimPrefix(result.Get("uri").String(), "/"), ""
}

// object serves an object of the bucket, or the error page if there is none.
func (c *cdn) object(w http.ResponseWriter, r *http.Request, key string, status int) {
	out, err := c.d.bucket.GetObject(r.Context(), &s3.GetObjectInput{Bucket: sdk.String(c.d.name()), Key: &key})
	var fault smithy.APIError
	switch {
	case errors.As(err, &fault) && fault.ErrorCode() == "NoSuchKey" && status == http.StatusOK:
		c.object(w, r, "404.html", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer out.Body.Close()
	w.Header().Set("Content-Type", sdk.ToString(out.ContentType))
	w.Header().Set("Cache-Control", sdk.ToString(out.CacheControl))
	w.WriteHeader(status)
	io.Copy(w, out.Body)
}

// api passes a request on to a function behind the API, as the CDN and the HTTP API do: with some cookies and headers, and the
// query if asked to.
func (c *cdn) api(w http.ResponseWriter, r *http.Request, cookies, headers []string, query bool) {
	function, route := c.template.Route(r.Method, r.URL.Path)
	if route == "" {
		c.object(w, r, "404.html", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: route, RawPath: r.URL.Path,
		Headers: map[string]string{"host": "x.execute-api.us-east-1.amazonaws.com"},
		Body:    string(body),
	}
	if media := r.Header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") && !strings.HasPrefix(media, "text/") {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	if query {
		e.RawQueryString = r.URL.RawQuery
	}
	for name, values := range r.Header {
		if slices.Contains(headers, name) {
			e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	for _, cookie := range r.Cookies() {
		if slices.Contains(cookies, cookie.Name) {
			e.Cookies = append(e.Cookies, cookie.Name+"="+cookie.Value)
		}
	}
	e.Headers["cloudfront-viewer-address"] = "198.51.100.23:" + r.RemoteAddr[strings.LastIndexByte(r.RemoteAddr, ':')+1:] // in place of what the client sent
	e.Headers["x-origin-secret"] = c.secret
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = r.Method, "192.0.2.1" // the address of a CDN server
	f := map[string]*aws.Function{"Submit": c.d.submit, "Invite": c.d.invite}[function]
	raw, err := f.Invoke(r.Context(), e)
	var reply events.APIGatewayV2HTTPResponse
	if err == nil {
		err = json.Unmarshal(raw, &reply)
	}
	if err != nil {
		http.Error(w, `{"message":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	if reply.StatusCode == http.StatusNotFound {
		c.object(w, r, "404.html", http.StatusNotFound)
		return
	}
	for name, value := range reply.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range reply.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	c.addHeaders(w.Header())
	w.WriteHeader(reply.StatusCode)
	io.Copy(w, bytes.NewReader([]byte(reply.Body)))
}

// runPublish runs `glasspoll publish` for the deployment.
func (d *deployment) runPublish(t *testing.T, surveys string, more ...string) (string, error) {
	t.Helper()
	return d.runPublishProcess(t, surveys, nil, more...)
}

// fetch gets an address, and follows no redirect.
func fetch(t *testing.T, address string) (int, http.Header, string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}
