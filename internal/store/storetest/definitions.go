package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// parse returns a questionnaire with one question.
func parse(t *testing.T, title string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(fmt.Sprintf(`
title: %s
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: choice, type: single_choice, label: Choice, options: [{id: a, label: A, score: 1}, {id: b, label: B, score: 2}]}
`, title)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func definitions(t *testing.T, b Backend) {
	one, two := parse(t, "One"), parse(t, "Two")
	if _, err := b.Definitions.Definition(ctx, one.ID, ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("unknown survey: %v", err)
	}
	// Stored, but not in force.
	for range 2 {
		if err := b.Definitions.StoreDefinition(ctx, two); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Definitions.Definition(ctx, two.ID, ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a version that was only stored is in force: %v", err)
	}
	if surveys, err := b.Catalog.Surveys(ctx); err != nil || len(surveys) != 0 {
		t.Errorf("surveys: %v, %v; nothing was in force", surveys, err)
	}
	want := func(version string, s *survey.Survey) {
		t.Helper()
		got, err := b.Definitions.Definition(ctx, s.ID, version)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Encode(), s.Encode()) || len(got.Fields()) != len(s.Fields()) || got.Location() == nil {
			t.Errorf("version %q: got %s, want %s", version, got.Encode(), s.Encode())
		}
	}
	want(two.Version, two)
	for range 2 { // the second time changes nothing
		if err := b.Definitions.PutDefinition(ctx, one); err != nil {
			t.Fatal(err)
		}
		want("", one)
	}
	if err := b.Definitions.StoreDefinition(ctx, two); err != nil {
		t.Fatal(err)
	}
	want("", one)
	if err := b.Definitions.PutDefinition(ctx, two); err != nil {
		t.Fatal(err)
	}
	want("", two)
	want(one.Version, one)
	want(two.Version, two)
	if _, err := b.Definitions.Definition(ctx, one.ID, "nothing"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("unknown version: %v", err)
	}
	forged := *parse(t, "Three")
	forged.Version = one.Version
	if b.Definitions.PutDefinition(ctx, &forged) == nil || b.Definitions.StoreDefinition(ctx, &forged) == nil {
		t.Error("a version was stored twice, with two contents")
	}
	want(one.Version, one)
	if err := b.Definitions.PutDefinition(ctx, one); err != nil { // back to the older version
		t.Fatal(err)
	}
	want("", one)
	if b.Reopen != nil {
		b = b.Reopen(t)
		want("", one)
		want(two.Version, two)
	}
}
