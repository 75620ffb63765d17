// Package store is the contract of storage: what is stored, the ports through which the rest of the program reads and
// writes it, and their errors. Package local implements it with a file, package cloud with a DynamoDB table and an S3
// bucket; package storetest is the conformance suite that both pass.
//
// A port has one to three methods, so that a function shows in its parameters what it can reach. Every method may be
// called by any number of goroutines; on AWS, by any number of processes.
//
// # What holds of responses
//
// A response is stored ([Responses]), gets a place in the log of its survey's period ([Collector]), and is read from there
// ([Log]).
//
//   - An id is taken once in a survey, for good. It depends on neither the time nor the period nor on how a back end spreads
//     what it stores, and a tombstone keeps it. So whatever is sent again, however late, counts once: in the period in which
//     it was stored first. Only a retention time ends this: it deletes the ids of responses that have not been erased with them.
//   - A response has one place in one log. A place is given behind all that have been given, and never changes; what stands
//     there changes only when it becomes a tombstone. So a cursor has passed the same responses for ever, and nobody reads
//     anything twice.
//   - Collecting gives a place to every response that was stored before. So one that was stored late, while others were read
//     already, is read by whoever goes on from a cursor.
//   - No clock is part of this. The arrival of a response is a statement of the process that stored it, for people, due
//     dates and retention times. If it is wrong, so are these, and nothing else.
package store

import (
	"fmt"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
)

// Entry is one stored response and its place in the log of its survey's period.
type Entry struct {
	Cursor   string          // opaque, never ""; cursors of one log sort in its order
	Arrived  time.Time       // when it was stored, by the clock of the process that stored it
	Response answer.Response // without its private answers
}

// The errors that callers branch on, beside [ErrPermanent]. Every other error means that the outcome is unknown: the call may be
// repeated.
var (
	// ErrStale says that the value was changed after it was read: read it again and retry.
	ErrStale error = message.Key("changed meanwhile")

	// ErrMore says that a part is done, and that there is more to do.
	ErrMore error = message.Key("there is more to do")

	// ErrUnknown says that there is no such survey, or no such version of it.
	ErrUnknown error = message.Key("no such survey")

	// ErrConflict says that an id is taken by other answers.
	ErrConflict error = message.Key("this id has been used for other answers")

	// ErrWithdrawn says that an id is taken by a tombstone. It is an ErrConflict too.
	ErrWithdrawn = fmt.Errorf("%w, which have been withdrawn", ErrConflict)

	// ErrDamaged says that a tally cannot be decoded. Its revision is returned all the same, so that it can be replaced.
	ErrDamaged error = message.Key("damaged")

	// ErrTooLarge says that the answers exceed what can be stored for one respondent.
	ErrTooLarge error = message.Key("more than can be stored of one respondent")
)
