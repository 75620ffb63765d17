package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// values are what one measurement of a program has found, by name of the figure.
type values map[string]float64

// A side is a peer that a case measures beside Glasspoll. One without measure is not installed.
type side struct {
	name    string
	measure func(ctx context.Context) (values, error)
}

// A figure is what one or several rows of the table show: one for each peer that has it.
type figure struct {
	name string // in values
	what string
	unit string
}

// row is a row of the table. Values are one a round, in the order of the rounds.
type row struct {
	what, unit  string
	now, before []float64 // before is empty without -base
	peer        string    // name, or ""
	beside      []float64 // of the peer; empty if it is not installed
}

// compare measures Glasspoll and its peers in turns. Every other round goes through them backwards.
func (b *bench) compare(ctx context.Context, figures []figure, ours func(ctx context.Context, p *program) (values, error), peers ...side) ([]row, error) {
	var sides []side
	for _, p := range b.programs {
		sides = append(sides, side{p.name, func(ctx context.Context) (values, error) { return ours(ctx, p) }})
	}
	for _, p := range peers {
		if p.measure != nil {
			sides = append(sides, p)
		}
	}
	found := map[string][]values{}
	for round := range b.rounds {
		for _, s := range sides {
			started := time.Now()
			v, err := s.measure(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			fmt.Fprintf(b.progress, "  round %d, %s, in %.1f s: %v\n", round+1, s.name, time.Since(started).Seconds(), v)
			found[s.name] = append(found[s.name], v)
		}
		slices.Reverse(sides)
	}
	return rows(figures, found, peers), nil
}

func rows(figures []figure, found map[string][]values, peers []side) (all []row) {
	samples := func(side, figure string) (of []float64) {
		for _, v := range found[side] {
			if one, ok := v[figure]; ok {
				of = append(of, one)
			}
		}
		return of
	}
	for _, f := range figures {
		one := row{what: f.what, unit: f.unit, now: samples(nameNow, f.name), before: samples(nameBefore, f.name)}
		n := len(all)
		for _, p := range peers {
			beside := samples(p.name, f.name)
			if p.measure != nil && len(beside) == 0 {
				continue // the peer has nothing like it
			}
			with := one
			with.peer, with.beside = p.name, beside
			all = append(all, with)
		}
		if len(all) == n {
			all = append(all, one)
		}
	}
	return all
}
