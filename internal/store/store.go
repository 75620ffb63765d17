// Package store is the contract of storage: what is stored, the ports through which the rest of the program reads and
// writes it, and their errors. Package local implements it with a file, package cloud with a DynamoDB table and an S3
// bucket; package storetest is the conformance suite that both pass.
//
// A port has one to three methods, so that a function shows in its parameters what it can reach. Every method may be
// called by any number of goroutines; on AWS, by any number of processes.
package store

import (
	"errors"
	"time"

	"glasspoll/internal/answer"
)

// Shards is the number of logs that a period's responses are spread over.
const Shards = 16

// Shard names one log of a survey's period. Each response stays in one of them; the back end decides in
// which.
type Shard struct {
	Survey, Period string
	Number         int // 0 to Shards-1
}

// Key names a stored response of the same survey.
type Key struct{ Period, ID string }

// Entry is one stored response and its place in its log. Cursors are opaque, never "", and sort by arrival.
type Entry struct {
	Cursor   string
	Settled  bool            // no entry can appear before it any more; if it is false, so it is for all entries after it
	Arrived  time.Time       // by the back end's clock
	Response answer.Response // without its private answers
}

// The errors that callers branch on. Every other error means that the outcome is unknown: the call may be repeated.
var (
	// ErrStale says that the value was changed after it was read: read it again and retry.
	ErrStale = errors.New("changed meanwhile")

	// ErrUnknown says that there is no such survey, or no such version of it.
	ErrUnknown = errors.New("no such survey")

	// ErrConflict says that an id is taken by other answers.
	ErrConflict = errors.New("this id has been used for other answers")

	// ErrTooLarge says that the answers exceed what can be stored for one respondent.
	ErrTooLarge = errors.New("more than can be stored of one respondent")
)
