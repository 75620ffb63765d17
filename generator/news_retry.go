package main

import (
	"context"
	"errors"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/notify"
	"glasspoll/internal/store"
)

type retryNewsCommand struct {
	storeFlags
	News string `arg:"" optional:"" name:"NEWS" help:"One item, as 'glasspoll news list' names it. Default: everything that was given up or has failed."`
}

func (r retryNewsCommand) Run(ctx context.Context, c *console.Console) error {
	return r.perform(ctx, c, "news retry", &r)
}

func (r *retryNewsCommand) do(ctx context.Context, env *environment) error {
	all, err := outbox(ctx, env.store)
	if err != nil {
		return err
	}
	again, found := 0, false
	receivers := map[string]bool{}
	for _, i := range all {
		if r.News != "" && i.ID != r.News {
			continue
		}
		found = true
		if !forget(&i, receivers) {
			continue
		}
		switch err := env.store.SaveNews(ctx, i); {
		case errors.Is(err, store.ErrStale): // it is being delivered
		case err != nil:
			return err
		default:
			again++
		}
	}
	if r.News != "" && !found {
		return message.Errorf("%s: there is no such news: `glasspoll news list` shows what waits", r.News)
	}
	if r.Table != "" {
		env.Print(env.Out, "%s tried again: within four hours, or sooner where the receiver has been taking messages", isOrAre(again))
		return nil
	}
	for name := range receivers {
		if err := env.store.SaveProgress(ctx, notify.RestName(name), notify.NoRest); err != nil {
			return err
		}
	}
	env.Print(env.Out, "%s tried again within a minute, while `glasspoll serve` runs", isOrAre(again))
	return nil
}

// isOrAre counts items as the subject of a sentence.
func isOrAre(n int) message.Text {
	if n == 1 {
		return message.New("1 item is")
	}
	return message.New("%d items are", n)
}

// forget forgets the failures of an item, and adds the receivers that have failed. It returns false if there are none.
func forget(i *news.Item, receivers map[string]bool) (changed bool) {
	kept := map[string]news.Delivery{}
	for name, d := range i.Deliveries {
		if d.Dead || d.Attempts > 0 {
			receivers[name], changed = true, true
			continue
		}
		kept[name] = d
	}
	i.Deliveries = kept
	return changed
}
