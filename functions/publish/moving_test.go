package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNotInForce sends the function answers of a survey that is not in force, as while they are moved to the table: the
// records must not be sent again and again.
func TestNotInForce(t *testing.T) {
	t.Parallel()
	table := httptest.NewServer(http.HandlerFunc(emptyTable))
	defer table.Close()
	env := map[string]string{
		"TABLE": "polls", "BUCKET": "site", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"DYNAMODB_ENDPOINT": table.URL,
	}
	var log bytes.Buffer
	f, err := newFunction(func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&log, nil)), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	event := `{"Records": [{"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "Keys": {"PK": {"S": "Q#tea#all#0003"}, "SK": {"S": "00000000-0000-4000-8000-000000000001"}}}}]}`
	reply, err := f.handle(t.Context(), []byte(event))
	if err != nil || len(reply.BatchItemFailures) > 0 {
		t.Errorf("%+v, %v\n%s", reply, err, &log)
	}
}
