package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

type listNewsCommand struct {
	storeFlags
	GivenUp bool   `help:"Only what was given up."`
	Format  string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text or json. Default: ${default}."`
}

func (l listNewsCommand) Run(ctx context.Context, c *console.Console) error {
	return l.perform(ctx, c, "news list", &l)
}

// outbox returns what is in the outbox and not done, of all surveys and of none.
func outbox(ctx context.Context, from store.Records) (all []news.Item, err error) {
	surveys, err := from.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range append(surveys, news.NoSurvey) {
		items, err := from.News(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(items, func(i news.Item) bool { return i.Done || i.Withdrawn })...)
	}
	return all, nil
}

// isGivenUp reports whether some receiver is not told of an item any more.
func isGivenUp(i news.Item) bool {
	for _, d := range i.Deliveries {
		if d.Dead {
			return true
		}
	}
	return false
}

func (l *listNewsCommand) do(ctx context.Context, env *environment) error {
	all, err := outbox(ctx, env.store)
	if err != nil {
		return err
	}
	if l.GivenUp {
		all = slices.DeleteFunc(all, func(i news.Item) bool { return !isGivenUp(i) })
	}
	if l.Format == "json" {
		return console.JSON(env.Out, newsJSON(all))
	}
	if len(all) == 0 {
		env.Print(env.Out, "no news waits to be delivered")
		return nil
	}
	in := func(text message.Text) string { return text.In(env.Language) }
	var header []string
	for _, name := range []message.Key{"NEWS", "WHAT", "SURVEY", "DAY", "RECEIVER", "STATE"} {
		header = append(header, in(name.Text()))
	}
	rows := [][]string{header}
	for _, i := range all {
		row := []string{i.ID, in(kindWord(i.Kind)), i.Survey, i.At.Format(time.DateOnly)}
		if len(i.Deliveries) == 0 {
			rows = append(rows, append(row, "-", in(message.New("waits"))))
		}
		for _, name := range slices.Sorted(maps.Keys(i.Deliveries)) {
			rows = append(rows, append(slices.Clone(row), name, in(stateOf(i.Deliveries[name]))))
		}
	}
	if err := console.Table(env.Out, rows); err != nil {
		return err
	}
	env.Print(env.Out, "%s, %d given up", message.Count(len(all), "item"), countGivenUp(all))
	return nil
}

func countGivenUp(all []news.Item) (n int) {
	for _, i := range all {
		if isGivenUp(i) {
			n++
		}
	}
	return n
}

// stateOf says how far a delivery has come.
func stateOf(d news.Delivery) message.Text {
	switch {
	case d.Told:
		return message.New("delivered")
	case d.Dead:
		return message.New("given up: %s", message.Plain(d.Error))
	case d.Attempts == 0:
		return message.New("waits")
	}
	return message.New("failed %d times: %s", d.Attempts, message.Plain(d.Error))
}

// listedNews is an item in JSON output. Names stay.
type listedNews struct {
	ID         string                   `json:"id"`
	Kind       news.Kind                `json:"kind"`
	Survey     string                   `json:"survey"`
	Period     string                   `json:"period,omitempty"`
	Day        string                   `json:"day"`
	Deliveries map[string]news.Delivery `json:"deliveries"`
}

func newsJSON(all []news.Item) []listedNews {
	document := []listedNews{}
	for _, i := range all {
		document = append(document, listedNews{i.ID, i.Kind, i.Survey, i.Period, i.At.Format(time.DateOnly), i.Deliveries})
	}
	return document
}
