package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// A panic over one survey does not keep the others from being archived.
func TestPanicIsAnError(t *testing.T) {
	f := &function{log: slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil))} // it has no table, and panics at the first call
	if err := f.survey(t.Context(), "tea"); err == nil || !strings.Contains(err.Error(), "survey tea: panicked") {
		t.Fatal(err)
	}
}

// Settings that are missing are named.
func TestSettings(t *testing.T) {
	given := map[string]string{"TABLE": "polls", "AWS_REGION": "eu-west-1"}
	getenv := func(name string) string { return given[name] }
	if _, err := newFunction(getenv, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "ARCHIVES") {
		t.Error(err)
	}
	given["ARCHIVES"] = "archives"
	f, err := newFunction(getenv, slog.New(slog.DiscardHandler))
	if err != nil || !strings.Contains(f.style, ".facts-list") || strings.Contains(f.style, "@import") {
		t.Error(err)
	}
}
