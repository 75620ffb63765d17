// Package storetest is the conformance suite of package store: what every back end guarantees. Package local runs it with
// its own tests, package cloud in e2e, over DynamoDB Local and an S3 server.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

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
	Catalog     store.Catalog
	Responses   store.Responses
	Collector   store.Collector
	Log         store.Log
	Tallies     store.Tallies
	Releases    store.Releases
	Pages       store.Pages // nil: the tests of pages are skipped
	Erasure     Erasure
	Cases       Cases
	Importer    store.Importer
	Progress    store.Progress
	Turns       Turns // nil: the back end is used by one process
	IDs         store.IDs
	Secrets     Secrets
	Invitations Invitations
	Reviews     store.Reviews
	Origins     store.Origins
	DaySecrets  store.DaySecrets
	Rates       store.Rates // nil: the back end is used by one process
	Withdrawer  store.Withdrawer
	Withdrawals store.WithdrawalStore // nil: Withdraw erases at once

	// Reopen closes the back end and opens it again on the same data. nil: there is nothing to close.
	Reopen func(t *testing.T) Backend
	// Reshard spreads what is stored of a survey's period from now on over n keys, a power of two that is larger than the
	// numbers before. nil: there are no shards.
	Reshard func(t *testing.T, survey, period string, n int)
	// At returns another handle on the same data, whose clock is ahead by an offset. nil: all handles have one clock.
	At func(offset time.Duration) Backend
}

// reshard doubles the number of shards, from 32 on.
func (b Backend) reshard(t *testing.T, survey, period string, times int) {
	if b.Reshard != nil {
		b.Reshard(t, survey, period, 32<<times)
	}
}

// reopen closes the back end and opens it again.
func (b Backend) reopen(t *testing.T) Backend {
	if b.Reopen == nil {
		return b
	}
	return b.Reopen(t)
}

// suite has the tests by their names.
var suite = map[string]func(t *testing.T, b Backend){
	"Definitions":           definitions,
	"SameAgain":             sameAgain,
	"OtherAnswers":          otherAnswers,
	"AlsoIDs":               alsoIDs,
	"IDsForAllPeriods":      idsForAllPeriods,
	"IDInPeriodsAtOnce":     idInPeriodsAtOnce,
	"PeriodsAndSurveys":     periodsAndSurveys,
	"Versions":              versions,
	"RoundTrip":             roundTrip,
	"PrivateStaysOut":       privateStaysOut,
	"ReadWithCursor":        readWithCursor,
	"WritersAtOnce":         writersAtOnce,
	"SameIDAtOnce":          sameIDAtOnce,
	"Tallies":               tallies,
	"TalliesAtOnce":         talliesAtOnce,
	"Releases":              releases,
	"ReleasesAtOnce":        releasesAtOnce,
	"ReleaseWithTally":      releaseWithTally,
	"AppendsAtOnce":         appendsAtOnce,
	"Pages":                 pages,
	"CancelledContext":      cancelled,
	"ChangedDefinition":     changedDefinition,
	"Erasure":               erasure,
	"ErasureBeforeCounting": erasureBeforeCounting,
	"ErasureAtOnce":         erasureAtOnce,
	"History":               history,
	"Cases":                 storedCases,
	"News":                  storedNews,
	"NewsAtOnce":            newsAtOnce,
	"CasesOpenedAtOnce":     casesOpenedAtOnce,
	"CaseChangedAtOnce":     caseChangedAtOnce,
	"AlertsOpenCases":       alertsOpenCases,
	"LargeResponses":        largeResponses,
	"ManyResponses":         manyResponses,
	"ReadDuringWrites":      readDuringWrites,
	"ClocksApart":           clocksApart,
	"CollectorsAtOnce":      collectorsAtOnce,
	"Tombstones":            tombstones,
	"Import":                importing,
	"ImportInterrupted":     importInterrupted,
	"ImportAtOnce":          importAtOnce,
	"Progress":              progress,
	"Turns":                 turns,
	"TurnsAtOnce":           turnsAtOnce,
	"ReleasesAgree":         releasesAgree,
	"KeysAgree":             keysAgree,
	"Expiry":                expiry,
	"ExpiryAtOnce":          expiryAtOnce,
	"Secrets":               secrets,
	"TakenIDs":              takenIDs,
	"Decisions":             decisions,
	"DecisionsAtOnce":       decisionsAtOnce,
	"DecisionsImported":     decisionsImported,
	"HeldAndDecided":        heldAndDecided,
	"Corrected":             corrected,
	"CorrectedWhileErased":  correctedWhileErased,
	"CorrectionsImported":   correctionsImported,
	"CorrectedAndCounted":   correctedAndCounted,
	"Invitations":           invitations,
	"Stopping":              stopping,
	"ManyInvitations":       manyInvitations,
	"Redeem":                redeem,
	"RedeemRefused":         redeemRefused,
	"RedeemErased":          redeemErased,
	"DevicesAtOnce":         devicesAtOnce,
	"RedeemAndWithdraw":     redeemAndWithdraw,
	"DayArrivals":           dayArrivals,
	"Counters":              counters,
	"Raised":                raised,
	"SigningKeys":           signingKeys,
	"RedeemedBlindly":       redeemedBlindly,
	"BlindedAtOnce":         blindedAtOnce,
	"Origins":               origins,
	"DaySecrets":            daySecrets,
	"Rates":                 rates,
	"Withdrawal":            withdrawal,
	"WithdrawalsAtOnce":     withdrawalsAtOnce,
}

// Run tests a back end. open returns an empty one, which shares nothing with the others.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for name, test := range suite {
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
func put(t *testing.T, b Backend, r answer.Response, want bool, also ...string) {
	t.Helper()
	created, err := b.Responses.Put(ctx, r, also...)
	if err != nil || created != want {
		t.Fatalf("Put(%s) = %t, %v; want %t", r.ID, created, err, want)
	}
}

func putConflict(t *testing.T, b Backend, r answer.Response, also ...string) {
	t.Helper()
	if created, err := b.Responses.Put(ctx, r, also...); created || !errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrWithdrawn) {
		t.Fatalf("Put(%s) = %t, %v; want ErrConflict, not ErrWithdrawn", r.ID, created, err)
	}
}

func putWithdrawn(t *testing.T, b Backend, r answer.Response, also ...string) {
	t.Helper()
	if created, err := b.Responses.Put(ctx, r, also...); created || !errors.Is(err, store.ErrWithdrawn) {
		t.Fatalf("Put(%s) = %t, %v; want ErrWithdrawn", r.ID, created, err)
	}
}

// collect brings what is stored of a period into its log.
func collect(t *testing.T, b Backend, survey, period string) {
	t.Helper()
	if err := b.Collector.Collect(ctx, survey, period); err != nil {
		t.Fatal(err)
	}
}

// entries returns the log of a period, after collecting.
func entries(t *testing.T, b Backend, survey, period string) []store.Entry {
	t.Helper()
	collect(t, b, survey, period)
	return after(t, b, survey, period, "")
}

// after returns the entries after a cursor, and checks their order.
func after(t *testing.T, b Backend, survey, period, cursor string) []store.Entry {
	t.Helper()
	read, err := readAfter(b, survey, period, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func readAfter(b Backend, survey, period, cursor string) (read []store.Entry, err error) {
	for entry, err := range b.Log.After(ctx, survey, period, cursor) {
		if err != nil {
			return nil, fmt.Errorf("After(%s, %s, %q): %w", survey, period, cursor, err)
		}
		if entry.Cursor <= cursor {
			return nil, fmt.Errorf("After(%s, %s, %q) yields cursor %q", survey, period, cursor, entry.Cursor)
		}
		cursor = entry.Cursor
		read = append(read, entry)
	}
	return read, nil
}

// ids counts how often each id is in the log of a period.
func ids(t *testing.T, b Backend, survey, period string) map[string]int {
	t.Helper()
	return countIDs(entries(t, b, survey, period))
}

func countIDs(entries []store.Entry) map[string]int {
	count := map[string]int{}
	for _, entry := range entries {
		count[entry.Response.ID]++
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
