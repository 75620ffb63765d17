package records

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// sealedTea stores a survey whose answers are sealed to a key, and then to another, with a response to each version. Their
// ids are 1 and 2.
func sealedTea(t *testing.T, store *local.Store) (before, now seal.Private) {
	t.Helper()
	for i, key := range []*seal.Private{&before, &now} {
		made, err := seal.NewPrivate()
		if err != nil {
			t.Fatal(err)
		}
		*key = made
		s, problems := questionnaire.Parse("tea.yaml", []byte(tea))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		s.Sealing = &survey.Sealing{Keys: []string{made.Public().String()}}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		if err := store.PutDefinition(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		r := answer.Response{ID: id(i + 1), Survey: s.ID, Version: s.Version, Period: "2026-10", Language: "en"}
		r.Answers = []answer.Answer{{"taste", "5"}, {"why", sealed(t, s, r, "why", "line\nand line")}}
		r.Private = []answer.Answer{{"mail", sealed(t, s, r, "mail", "Guest@example.org")}}
		if _, err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return before, now
}

func sealed(t *testing.T, s *survey.Survey, r answer.Response, field, text string) string {
	t.Helper()
	box, err := seal.Seal(rand.Reader, s.Sealing.Public(), seal.Context{Survey: s.ID, Version: s.Version, ID: r.ID, Field: field}, text)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// TestOpenSealed opens what keys of two generations open, in a copy of a snapshot. What no key opens stays sealed.
func TestOpenSealed(t *testing.T) {
	store, err := local.Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	before, now := sealedTea(t, store)
	n, err := TakeSnapshot(t.Context(), store, "tea", "", true)
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := n.WriteCopy(t.Context(), &written); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		keys   []seal.Private
		opened []string // ids
		faults map[string]string
	}{
		{[]seal.Private{now, before}, []string{id(1), id(2)}, map[string]string{}},
		{[]seal.Private{now}, []string{id(2)}, map[string]string{id(1): "why: other_key; mail: other_key"}},
		{[]seal.Private{before}, []string{id(1)}, map[string]string{id(2): "why: other_key; mail: other_key"}},
	} {
		read, err := ReadCopy(t.Context(), bytes.NewReader(written.Bytes()), int64(written.Len()), func(s *survey.Survey, r answer.Response) answer.Response {
			return OpenSealed(c.keys, s, r)
		})
		if err != nil || read.Census.Responses != 2 || read.Survey.Version != n.Survey.Version || read.Review() != nil {
			t.Fatal(read, err)
		}
		var opened []string
		for entry, err := range read.Entries(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			r := entry.Response
			if slices.Equal(r.Private[0], answer.Answer{"mail", "Guest@example.org"}) && slices.Equal(r.Answers[1], answer.Answer{"why", "line\nand line"}) {
				opened = append(opened, r.ID)
			} else if !seal.Is(r.Private[0][1]) || !seal.Is(r.Answers[1][1]) {
				t.Errorf("%v", r)
			}
			if got := SaysFaults(FaultsOf(c.keys, read.Versions[r.Version], r)); got != c.faults[r.ID] {
				t.Errorf("faults of %s: %q, want %q", r.ID, got, c.faults[r.ID])
			}
		}
		if !slices.Equal(opened, c.opened) {
			t.Errorf("opened %v, want %v", opened, c.opened)
		}
	}
	for _, cut := range []int{0, 10, written.Len() / 2, written.Len() - 1} {
		if _, err := ReadCopy(t.Context(), bytes.NewReader(written.Bytes()), int64(cut), func(_ *survey.Survey, r answer.Response) answer.Response { return r }); err == nil {
			t.Errorf("a copy of %d of %d bytes is read", cut, written.Len())
		}
	}
}

// TestFaults says what is wrong with what nobody could check when it came, and with what was moved or changed meanwhile.
func TestFaults(t *testing.T) {
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("tea.yaml", []byte(tea+"      - {id: likes, type: multi_choice, private: true, label: L, max: 1, options: [{id: a, label: A}, {id: b, label: B}]}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.Sealing = &survey.Sealing{Keys: []string{key.Public().String()}}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	r := answer.Response{ID: id(1), Survey: s.ID, Version: s.Version}
	other := answer.Response{ID: id(2), Survey: s.ID, Version: s.Version}
	of := func(field, text string) string { return sealed(t, s, r, field, text) }
	changed := []byte(of("mail", "a@example.org"))
	changed[len(changed)-20] ^= 1
	for _, c := range []struct {
		answer answer.Answer
		open   answer.Answer
		faults string
	}{
		{answer.Answer{"mail", of("mail", "a@example.org")}, answer.Answer{"mail", "a@example.org"}, ""},
		{answer.Answer{"mail", of("mail", " ａ@example.org")}, answer.Answer{"mail", "a@example.org"}, ""}, // in canonical form
		{answer.Answer{"mail", of("mail", "nobody")}, answer.Answer{"mail", "nobody"}, "mail: email"},
		{answer.Answer{"mail", of("mail", "no\x1b[2Jbody\n")}, answer.Answer{"mail", "no[2Jbody "}, "mail: email"},
		{answer.Answer{"mail", of("mail", "")}, answer.Answer{"mail", ""}, "mail: required"},
		{answer.Answer{"mail", sealed(t, s, other, "mail", "b@example.org")}, nil, "mail: damaged"},
		{answer.Answer{"mail", of("why", "b@example.org")}, nil, "mail: damaged"},
		{answer.Answer{"mail", string(changed)}, nil, "mail: damaged"},
		{answer.Answer{"mail", "seal1.AAAA"}, nil, "mail: damaged"},
		{answer.Answer{"likes", of("likes", "b")}, answer.Answer{"likes", "b"}, ""},
		{answer.Answer{"likes", of("likes", "b\na")}, answer.Answer{"likes", "b", "a"}, "likes: too_many"},
		{answer.Answer{"likes", of("likes", "c")}, answer.Answer{"likes", "c"}, "likes: not_an_option"},
		{answer.Answer{"taste", "5"}, answer.Answer{"taste", "5"}, ""},
		{answer.Answer{"gone", "seal1.AAAA"}, answer.Answer{"gone", "seal1.AAAA"}, ""}, // no question of this version
	} {
		r.Private = []answer.Answer{c.answer}
		if c.open == nil {
			c.open = c.answer
		}
		opened := OpenSealed([]seal.Private{key}, s, r)
		if !slices.Equal(opened.Private[0], c.open) {
			t.Errorf("%.40q is %q, want %q", c.answer, opened.Private[0], c.open)
		}
		if got := SaysFaults(FaultsOf([]seal.Private{key}, s, opened)); got != c.faults {
			t.Errorf("%.40q: %q, want %q", c.answer, got, c.faults)
		}
		if strings.Contains(c.faults, "damaged") && !seal.Is(opened.Private[0][1]) {
			t.Errorf("%v", opened)
		}
	}
}
