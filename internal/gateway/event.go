package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// request converts the event of an HTTP API (payload format 2.0) to an HTTP request. It returns an error if the body is not in
// base64 although the event says so.
func request(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.URL = &url.URL{Path: e.RawPath, RawQuery: e.RawQueryString} // url.Parse would take //host/ for a host
	for name, value := range e.Headers {                          // the API joins values of the same name with commas
		r.Header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Header.Set("X-Forwarded-Proto", "https") // the CDN and the API speak nothing else with browsers
	r.Host, r.RemoteAddr = r.Header.Get("Host"), e.RequestContext.HTTP.SourceIP
	return r, nil
}

// response is an [http.ResponseWriter] that collects the reply to an event.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newResponse() *response { return &response{header: http.Header{}} }

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *response) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}

// event returns the reply.
func (r *response) event() events.APIGatewayV2HTTPResponse {
	r.WriteHeader(http.StatusOK)
	reply := events.APIGatewayV2HTTPResponse{StatusCode: r.status, Headers: map[string]string{}, Body: r.body.String()}
	for name, values := range r.header {
		if name == "Set-Cookie" {
			reply.Cookies = values
			continue
		}
		reply.Headers[name] = strings.Join(values, ", ")
	}
	return reply
}
