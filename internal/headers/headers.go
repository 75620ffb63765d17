// Package headers has the HTTP headers of pages and replies, which are the same from the form handler, from
// `glasspoll serve` and from a bucket behind a CDN.
package headers

import "path"

// security has the security headers of every page. Neither the slice nor what it holds is ever changed.
var security = []struct {
	name  string // in canonical form
	value []string
}{
	{"Content-Security-Policy", []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"same-origin"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	// A questionnaire needs no sensor or other device.
	{"Permissions-Policy", []string{"accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"}},
}

// Security returns the security headers of every page, name to value.
func Security() map[string]string {
	all := make(map[string]string, len(security))
	for _, s := range security {
		all[s.name] = s.value[0]
	}
	return all
}

// SetSecurity sets those security headers that a reply has not got yet. It allocates nothing; values must not be changed in place.
func SetSecurity(header map[string][]string) {
	for _, s := range security {
		if len(header[s.name]) == 0 {
			header[s.name] = s.value
		}
	}
}

// Immutable is the Cache-Control of a file whose name contains a hash of its content.
const Immutable = "public, max-age=31536000, immutable"

// MediaType returns the Content-Type of a file by its name. Unlike package mime, it is the same on every machine.
func MediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg":
		return "image/jpeg"
	default:
		return "application/octet-stream"
	}
}
