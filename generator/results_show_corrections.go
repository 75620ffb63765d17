package main

import (
	"context"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/store"
)

// shownResponse is a response as it is printed, with its corrections.
type shownResponse struct {
	shownEntry
	Corrections []shownCorrection `json:"corrections,omitempty"`
}

// shownCorrection is a correction as it is printed. Its JSON is for programs: names stay.
type shownCorrection struct {
	Number  int             `json:"number"`
	Period  string          `json:"period"`
	ID      string          `json:"id"`
	Receipt string          `json:"receipt"`
	At      time.Time       `json:"at"`
	By      string          `json:"by"`
	Reason  string          `json:"reason,omitempty"`
	Moved   bool            `json:"moved,omitempty"`   // to another group
	Erased  bool            `json:"erased,omitempty"`  // with the response
	Answers []answer.Answer `json:"answers,omitempty"` // those that change, as they are since; one without values was taken away
	Private []answer.Answer `json:"private,omitempty"`
}

// correctionsOf returns the corrections of a period, those of one response if id is not "", with private answers if they are wanted.
func (s *showCommand) correctionsOf(ctx context.Context, from store.Records, period, id string) ([]shownCorrection, error) {
	all := []shownCorrection{}
	for d, err := range from.Decisions(ctx, s.ID, period) {
		if err != nil {
			return nil, err
		}
		c := d.Correction
		if c == nil || id != "" && d.IDs[0] != id {
			continue
		}
		one := shownCorrection{Number: d.Number, Period: period, ID: d.IDs[0], Receipt: answer.Receipt(d.IDs[0]), At: d.At, By: d.By,
			Reason: c.Reason, Moved: c.Moved, Erased: c.Erased, Answers: c.Answers}
		if s.Private && !c.Erased {
			private, err := from.PrivateCorrections(ctx, s.ID, d.IDs[0])
			if err != nil {
				return nil, err
			}
			one.Private = private[d.Number]
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *showCommand) showCorrections(ctx context.Context, env *environment) error {
	periods, err := s.periods(ctx, env.store, s.ID)
	if err != nil {
		return err
	}
	all := []shownCorrection{}
	for _, period := range periods {
		some, err := s.correctionsOf(ctx, env.store, period, "")
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if s.JSON {
		return console.JSON(env.Out, all)
	}
	if len(all) == 0 {
		env.Print(env.Err, "%s has no corrections.", s.ID)
	}
	for _, c := range all {
		env.Print(env.Out, "%s %s: response %s", s.ID, c.Period, c.Receipt)
		c.print(env)
	}
	return nil
}

// print prints a correction, without the response that it is of.
func (c shownCorrection) print(env *environment) {
	env.Print(env.Out, "  correction %d of %s by %s", c.Number, c.At.UTC().Format(time.RFC3339), quoted([]string{c.By})[0])
	if c.Erased {
		env.Print(env.Out, "    what it says was erased with the response")
		return
	}
	env.Print(env.Out, "    why: %s", quoted([]string{c.Reason})[0])
	if c.Moved {
		env.Print(env.Out, "    in another group since")
	}
	for _, a := range c.Answers {
		env.Print(env.Out, "    %s: %s", a.Field(), valuesText(a))
	}
	for _, a := range c.Private {
		env.Print(env.Out, "    private %s: %s", a.Field(), valuesText(a))
	}
}
