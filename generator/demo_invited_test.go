package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glasspoll/internal/console"
	"glasspoll/internal/demo"
	"glasspoll/internal/invitation"
	"glasspoll/internal/project"
	"glasspoll/internal/server/servertest"
)

// TestDemoInvites fills the sample for invited customers: they are invited, and answer on the days before; a second time nobody is
// new. Of a site whose data are elsewhere it is left out.
func TestDemoInvites(t *testing.T) {
	t.Parallel()
	source := regexp.MustCompile(`(?m)^(period|window): .*\n`).ReplaceAllString(readTestFile(t, filepath.Join(samplesDir, "customer_year.yaml")), "") // the test holds on every day
	r := serveFiles(t, serveCommand{Limits: "off"}, map[string]string{"surveys/customer_year.yaml": source})
	var printed bytes.Buffer
	c := &console.Console{In: strings.NewReader(""), Out: &printed, Err: &printed}
	fill := func(answers int, data string) string {
		t.Helper()
		printed.Reset()
		d := demoCommand{Surveys: filepath.Join(r.Dir, "surveys"), Data: data, Answers: answers, Seed: 1}
		if err := d.fill(t.Context(), c, r.URL); err != nil {
			t.Fatal(err)
		}
		return printed.String()
	}
	if got := fill(60, t.TempDir()); !strings.Contains(got, "left out") {
		t.Errorf("elsewhere: %s", got)
	}
	surveys, problems, err := project.NewLibrary(filepath.Join(r.Dir, "surveys")).Read()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	guests, err := demo.Guests(surveys[0], demo.Options{Answers: 80, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	for _, g := range guests {
		if g.Last == invitation.Completed {
			answered++
		}
	}
	data := filepath.Join(r.Dir, "data")
	if got := fill(60, data); !strings.Contains(got, "customer_year: 60 new invitations, ") {
		t.Errorf("first: %s", got)
	}
	if got := fill(60, data); !strings.Contains(got, "customer_year: 0 new invitations, 0 new respondents") {
		t.Errorf("again: %s", got)
	}
	if got := fill(80, data); !strings.Contains(got, "customer_year: 20 new invitations, ") {
		t.Errorf("more: %s", got)
	}
	used := 0
	for i, err := range (storedInvitations{storeFlags{Data: data}, c}).InvitationsOf(t.Context(), "customer_year") {
		if err != nil {
			t.Fatal(err)
		}
		if i.Redeemed {
			used++
		}
	}
	if used != answered {
		t.Errorf("%d invitations are used, want %d", used, answered)
	}
	servertest.Eventually(t, "the number of invitations on the results page", func() bool {
		_, body := r.Get(t, "/customer_year/results/results.json")
		var shown struct{ Invitations struct{ Issued int } }
		return json.Unmarshal([]byte(body), &shown) == nil && shown.Invitations.Issued >= 60
	})
}

func readTestFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
