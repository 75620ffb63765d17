package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"testing"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/render"
)

// BenchmarkIdleRound is a round over 1,000 idle surveys, each call to the table and to the bucket taking 4 ms more. DYNAMODB_ENDPOINT
// names a DynamoDB Local.
func BenchmarkIdleRound(b *testing.B) {
	const surveys, latency = 1000, 4 * time.Millisecond
	endpoint, err := url.Parse(os.Getenv("DYNAMODB_ENDPOINT"))
	if err != nil || endpoint.Host == "" {
		b.Skip("DYNAMODB_ENDPOINT names no DynamoDB Local")
	}
	proxy := httputil.NewSingleHostReverseProxy(endpoint)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 200}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		proxy.ServeHTTP(w, r)
	}))
	defer slow.Close()
	name := fmt.Sprintf("round-%d", time.Now().UnixNano())
	environment := func(endpoint string) func(string) string {
		env := map[string]string{"TABLE": name, "BUCKET": "site", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": endpoint}
		return func(name string) string { return env[name] }
	}
	client := cloud.DynamoDB(environment(endpoint.String()))
	if _, err := client.CreateTable(b.Context(), cloud.Schema(name)); err != nil {
		b.Fatal(err)
	}
	table := cloud.NewTable(client, name, cloud.Options{})
	if err := table.PutAssets(b.Context(), render.Assets{}); err != nil {
		b.Fatal(err)
	}
	tea := parsePeriodic(b, "")
	for i := range surveys {
		copied := *tea
		copied.ID = fmt.Sprintf("s%04d", i)
		if err := table.PutDefinition(b.Context(), &copied); err != nil {
			b.Fatal(err)
		}
	}
	newProcess := func() *function {
		f, err := newFunction(environment(slow.URL), slog.New(slog.NewJSONHandler(io.Discard, nil)), &bytes.Buffer{})
		if err != nil {
			b.Fatal(err)
		}
		f.pages = &filesInMemory{tags: map[string]int{}, delay: latency}
		return f
	}
	f := newProcess()
	begun := time.Now()
	if err := f.runRound(b.Context(), true); err != nil {
		b.Fatal(err)
	}
	first := time.Since(begun)
	for b.Loop() {
		if err := newProcess().runRound(b.Context(), true); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(first.Seconds(), "s/first-round")
}
