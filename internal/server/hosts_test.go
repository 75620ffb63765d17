package server

import (
	"net/http/httptest"
	"slices"
	"testing"
)

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
