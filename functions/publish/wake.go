package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"glasspoll/internal/cloud"
)

// wakes are what records of the stream ask for, besides publishing the answers that they are about.
type wakes struct {
	touched map[string]bool // surveys that the next round is to look at
	news    map[string]bool // surveys with something new in the outbox
	round   bool            // questionnaires, sidecars or the site were published
}

// wakesOf summarizes records of questionnaires, releases, cases and news. The next round is also to look at surveys of which answers
// have been published.
func wakesOf(records []events.DynamoDBEventRecord) wakes {
	w := wakes{touched: map[string]bool{}, news: map[string]bool{}}
	for _, record := range records {
		pk, sk := record.Change.Keys["PK"], record.Change.Keys["SK"]
		if pk.DataType() != events.DataTypeString || sk.DataType() != events.DataTypeString {
			continue
		}
		if id, _, ok := cloud.ResponseKey(pk.String()); ok {
			w.touched[id] = true
		}
		kind, id, _ := strings.Cut(pk.String(), "#")
		id, _, _ = strings.Cut(id, "#")
		switch kind {
		case "D":
			w.round = true // which sees which versions are in force
			if id == "_beside" {
				w.touched[sk.String()] = true
			}
		case "P", "C": // released or changed by a command
			w.touched[id] = true
		case "O":
			w.touched[id], w.news[id] = true, true
		}
	}
	return w
}

// wake tells the news that is new, and makes a round if there is something in force that was not. An error says that the records are to
// be sent again. What fails otherwise is logged, and left to the schedule's next round.
func (f *function) wake(ctx context.Context, w wakes) error {
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), reserve/2) // also when a survey has taken all the time there was
	defer cancel()
	if err := f.touched(short, slices.Sorted(maps.Keys(w.touched))...); err != nil || ctx.Err() != nil {
		return err
	}
	_ = f.tell(ctx, slices.Sorted(maps.Keys(w.news))...)
	if !w.round {
		return nil
	}
	if err := f.runRound(ctx, false); err != nil {
		f.log.Error("a round has failed", "request", requestID(ctx), "error", err)
	}
	return nil
}
