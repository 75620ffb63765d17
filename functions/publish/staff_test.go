package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"glasspoll/internal/headers"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// emptyTable answers DynamoDB's calls like a table without responses, releases and cases.
func emptyTable(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Query") {
		io.WriteString(w, `{"Items":[],"Count":0}`)
		return
	}
	io.WriteString(w, `{}`)
}

// bucket is an S3 bucket in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string]object // by key
}

type object struct{ body, tag, revision string }

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	o, found := b.objects[key]
	switch {
	case r.Method == http.MethodPut && found && r.Header.Get("If-Match") != o.tag, r.Method == http.MethodPut && !found && r.Header.Get("If-Match") != "":
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	case r.Method == http.MethodPut:
		body, _ := io.ReadAll(r.Body)
		o = object{string(body), fmt.Sprintf(`"%d"`, len(b.objects)+len(body)), r.Header.Get("X-Amz-Meta-Revision")}
		b.objects[key] = o
	case !found:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", o.tag)
	w.Header().Set("X-Amz-Meta-Revision", o.revision)
}

// TestStaffResultsReplacePublicOnes checks that a survey that is switched from public to staff has a notice in place of
// each results file, and none that was not public before.
func TestStaffResultsReplacePublicOnes(t *testing.T) {
	table := httptest.NewServer(http.HandlerFunc(emptyTable))
	defer table.Close()
	files := &bucket{objects: map[string]object{}}
	s3 := httptest.NewServer(files)
	defer s3.Close()
	env := map[string]string{
		"TABLE": "polls", "BUCKET": "site", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"DYNAMODB_ENDPOINT": table.URL, "S3_ENDPOINT": s3.URL,
	}
	var log bytes.Buffer
	f, err := newFunction(func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&log, nil)), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.table.PutAssets(t.Context(), render.Assets{}); err != nil {
		t.Fatal(err)
	}
	publish := func(audience string) {
		t.Helper()
		source := "id: tea\ntitle: Tea\nlanguages: [en]\nresults: {audience: " + audience + "}\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
		s, problems := questionnaire.Parse("tea.yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		put(t, f, s)
		if _, err := f.publish(t.Context(), "tea"); err != nil {
			t.Fatalf("%v\n%s", err, &log)
		}
	}
	publish("staff")
	if len(files.objects) != 0 {
		t.Errorf("files are written although none was public before: %v", files.objects)
	}
	publish("public")
	before := files.objects["tea/results/index.html"].body
	if !strings.Contains(before, "Tea") || len(files.objects) != 3 {
		t.Fatalf("%d files: %s", len(files.objects), before)
	}
	const earlier = "tea/en/results/results.json" // of an earlier version, which wrote the results there too
	files.objects[earlier] = object{"figures", "old", "0"}
	publish("staff")
	if got := files.objects["tea/results/index.html"].body; got == before || got == "" {
		t.Errorf("the results page is still the public one: %s", got)
	}
	if got := files.objects["tea/results/results.json"].body; !strings.Contains(got, `"audience": "staff"`) || strings.Contains(got, "questions") {
		t.Errorf("results.json is still the public one: %s", got)
	}
	if to, _ := headers.MovedTo([]byte(files.objects[earlier].body)); to != "../../results/results.json" {
		t.Errorf("%s is %s", earlier, files.objects[earlier].body)
	}
	publish("public")
	if got := files.objects["tea/results/index.html"].body; got != before {
		t.Errorf("public again, the results page is %s", got)
	}
}

func put(t *testing.T, f *function, s *survey.Survey) {
	t.Helper()
	if err := f.table.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}
