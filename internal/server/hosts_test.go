package server

import (
	"net/http/httptest"
	"slices"
	"testing"

	"glasspoll/internal/limit"
)

// Of a header that comes twice, the proxy has added the last one.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.RemoteAddr = "127.0.0.1:4000"
	r.Header["X-Forwarded-For"] = []string{"203.0.113.7", "198.51.100.1"}
	srv := &Server{options: Options{AddressHeader: "X-Forwarded-For"}}
	if got := limit.Range(srv.clientAddress(r)); got != "198.51.100.0/24" {
		t.Errorf("the range is %s", got)
	}
	if got := (&Server{}).clientAddress(r); got != "127.0.0.1" {
		t.Errorf("without a proxy the address is %s", got)
	}
}

// A proxy that does not hand on the name by which visitors know the site makes nobody a visitor from another one.
func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header, host, forwarded string
		want                    []string
	}{
		{"", "127.0.0.1:8080", "", []string{"127.0.0.1:8080"}},
		{"", "localhost:8080", "", []string{"localhost:8080"}},
		{"X-Real-IP", "polls.example.com", "", []string{"polls.example.com"}},
		{"X-Real-IP", "127.0.0.1:8080", "", nil},
		{"X-Real-IP", "[::1]:8080", "", nil},
		{"X-Real-IP", "localhost:8080", "", nil},
		{"X-Real-IP", "backend", "", nil},
		{"X-Real-IP", "backend", "polls.example.com", []string{"backend", "polls.example.com"}},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Host = c.host
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Host", c.forwarded)
		}
		srv := &Server{options: Options{AddressHeader: c.header}}
		if got := srv.hosts(r); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
