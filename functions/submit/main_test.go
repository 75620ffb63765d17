package main

import (
	"io"
	"log/slog"
	"testing"
)

func TestSettings(t *testing.T) {
	for days, valid := range map[string]bool{"": true, "0": true, "30": true, "-1": false, "x": false} {
		env := map[string]string{"TABLE": "t", "RETENTION_DAYS": days}
		if _, err := newFunction(func(name string) string { return env[name] }, slog.New(slog.DiscardHandler), io.Discard); (err == nil) != valid {
			t.Errorf("%q: %v", days, err)
		}
	}
	if counted("GET") != "Forms" || counted("HEAD") != "Forms" || counted("POST") != "Submissions" {
		t.Error("a look at a form is no submission")
	}
}
