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

// Entry is one stored response and its place in the log of its survey's period.
type Entry struct {
	Cursor   string          // opaque, never ""; cursors of one log sort in its order
	Arrived  time.Time       // when it was stored, by the clock of the process that stored it; see [Log]
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
