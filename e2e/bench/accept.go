package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// accept sends answers from clients that each wait for the reply. Results are published meanwhile, as always. Beside it, PocketBase
// stores records of as many fields, with its own default of when they are flushed to the disk, and bare bbolt stores values of like
// size, in this process and without HTTP, each flushed.
func (b *bench) accept(ctx context.Context) (all []row, err error) {
	for _, clients := range b.clients {
		ours := func(ctx context.Context, p *program) (values, error) {
			dir := filepath.Join(b.dir, p.name)
			if err := writeRatings(dir, b.questions, 2); err != nil {
				return nil, err
			}
			s, err := p.serve(ctx, dir, "--production")
			if err != nil {
				return nil, err
			}
			defer s.stop()
			return throughput(ctx, s, clients, b.turn, answerer(b.questions, 2))
		}
		pocketbase := side{name: pocketbaseName}
		if b.peers.pocketbase != "" {
			pocketbase.measure = func(ctx context.Context) (values, error) { return b.measurePocketBase(ctx, clients) }
		}
		bare := side{"bare bbolt", func(ctx context.Context) (values, error) { return b.measureBbolt(ctx, clients) }}
		what := fmt.Sprintf("accept, %d clients: ", clients)
		if clients == 1 {
			what = "accept, one client: "
		}
		rows, err := b.compare(ctx, loadFigures(what, "answers"), ours, pocketbase, bare)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
