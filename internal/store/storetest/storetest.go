// Package storetest is the conformance suite of package store: what every back end guarantees. Package local runs it with
// its own tests, package cloud in e2e, over DynamoDB Local and an S3 server.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// Definitions finds questionnaires and puts them in force.
type Definitions interface {
	store.Definitions
	store.DefinitionWriter
}

// Backend is one back end, empty at first. All fields are required unless they say otherwise.
type Backend struct {
	Definitions Definitions
	Responses   store.Responses
	Log         store.Log
	Tallies     store.Tallies
	Releases    store.Releases
	Pages       store.Pages // nil: the tests of pages are skipped
	Erasure     Erasure
	Cases       Cases

	// Reopen closes the back end and opens it again on the same data. nil: there is nothing to close.
	Reopen func(t *testing.T) Backend
	// Settle waits until every stored response is settled. nil: they always are.
	Settle func()
}

// settle waits until every stored response is settled.
func (b Backend) settle() {
	if b.Settle != nil {
		b.Settle()
	}
}

// Run tests a back end. open returns an empty one, which shares nothing with the others.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for name, test := range map[string]func(t *testing.T, b Backend){
		"Definitions":           definitions,
		"SameAgain":             sameAgain,
		"OtherAnswers":          otherAnswers,
		"AlsoKeys":              alsoKeys,
		"PeriodsAndSurveys":     periodsAndSurveys,
		"RoundTrip":             roundTrip,
		"PrivateStaysOut":       privateStaysOut,
		"ReadWithCursor":        readWithCursor,
		"WritersAtOnce":         writersAtOnce,
		"SameIDAtOnce":          sameIDAtOnce,
		"Tallies":               tallies,
		"TalliesAtOnce":         talliesAtOnce,
		"Releases":              releases,
		"ReleasesAtOnce":        releasesAtOnce,
		"Pages":                 pages,
		"CancelledContext":      cancelled,
		"ChangedDefinition":     changedDefinition,
		"Erasure":               erasure,
		"ErasureBeforeCounting": erasureBeforeCounting,
		"ErasureAtOnce":         erasureAtOnce,
		"History":               history,
		"Cases":                 storedCases,
		"CasesOpenedAtOnce":     casesOpenedAtOnce,
		"CaseChangedAtOnce":     caseChangedAtOnce,
		"AlertsOpenCases":       alertsOpenCases,
		"LargeResponses":        largeResponses,
		"ManyResponses":         manyResponses,
		"ReadDuringWrites":      readDuringWrites,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

const surveyID, period = "service", "2026-Q4"

var ctx = context.Background()

// response returns a response whose id and answers follow from n.
func response(n int) answer.Response {
	return answer.Response{
		ID:     fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(n)*2654435761, n),
		Survey: surveyID, Version: "v1", Period: period, Language: "zh", Channel: "web",
		Answers: []answer.Answer{{"choice", "a"}, {"many", "a", "b"}, {"matrix.row", "5"}, {"number", fmt.Sprint(n)}},
	}
}

// put stores a response, and checks whether it was created.
func put(t *testing.T, b Backend, r answer.Response, want bool, also ...store.Key) {
	t.Helper()
	created, err := b.Responses.Put(ctx, r, also...)
	if err != nil || created != want {
		t.Fatalf("Put(%s) = %t, %v; want %t", r.ID, created, err, want)
	}
}

func putConflict(t *testing.T, b Backend, r answer.Response, also ...store.Key) {
	t.Helper()
	if created, err := b.Responses.Put(ctx, r, also...); created || !errors.Is(err, store.ErrConflict) {
		t.Fatalf("Put(%s) = %t, %v; want ErrConflict", r.ID, created, err)
	}
}

// shards returns the entries of each shard of a period, in order, after settling.
func shards(t *testing.T, b Backend, survey, period string) [store.Shards][]store.Entry {
	t.Helper()
	b.settle()
	var all [store.Shards][]store.Entry
	for i := range store.Shards {
		all[i] = after(t, b, store.Shard{Survey: survey, Period: period, Number: i}, "")
	}
	return all
}

// after returns the entries of a shard after a cursor, and checks their order.
func after(t *testing.T, b Backend, shard store.Shard, cursor string) []store.Entry {
	t.Helper()
	var entries []store.Entry
	for entry, err := range b.Log.After(ctx, shard, cursor) {
		if err != nil {
			t.Fatalf("After(%v, %q): %v", shard, cursor, err)
		}
		if entry.Cursor <= cursor {
			t.Fatalf("After(%v, %q) yields cursor %q", shard, cursor, entry.Cursor)
		}
		cursor = entry.Cursor
		entries = append(entries, entry)
	}
	return entries
}

// ids counts how often each id is in the logs of a period.
func ids(t *testing.T, b Backend, survey, period string) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, entries := range shards(t, b, survey, period) {
		for _, entry := range entries {
			count[entry.Response.ID]++
		}
	}
	return count
}

// wantEachOnce checks that there are n ids, each once.
func wantEachOnce(t *testing.T, count map[string]int, n int) {
	t.Helper()
	if len(count) != n {
		t.Errorf("%d ids in the log, want %d", len(count), n)
	}
	for id, times := range count {
		if times != 1 {
			t.Errorf("%s is in the log %d times", id, times)
		}
	}
}
