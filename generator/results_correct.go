package main

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
	"glasspoll/internal/review"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

type correctCommand struct {
	storeFlags
	Receipt string   `arg:"" help:"The receipt that the respondent was shown, or the submission's id."`
	Survey  string   `placeholder:"SURVEY" help:"The survey, where the id has been used for two."`
	Set     []string `sep:"none" placeholder:"QUESTION=ANSWER" help:"What the answer should have been: the names and ids that an export has, such as overall=4 or parts.food=good. Repeat it for several questions, or for each choice of one."`
	Clear   []string `placeholder:"QUESTION" help:"A question without an answer from now on. May be repeated."`
	Reason  string   `placeholder:"TEXT" help:"Why it is corrected. It is kept with the answer, and not public."`
	By      string   `placeholder:"ROLE" help:"Who corrects it, such as a role: not a name, if others shall not know it."`
	Yes     bool     `help:"Do it. Without it, what would change is only listed."`

	Amendment records.Amendment `kong:"-"`
}

func (correctCommand) Help() string {
	return `Corrects the answers of one response, such as one that was typed in from paper with a wrong mark. The answers as they came
are kept, and so is who has corrected what, when and why: for ever, or until the response is erased. 'results show' lists it.

What is corrected must meet the questionnaire that was answered, in the version of that time, as if it had been sent so: a
follow-up question that is not asked any more loses its answer, and one that is asked now may need one.

A response that waits to be released counts as corrected from then on. One that is published already does not change what is
published: that is a sum over at least min_group respondents, and stays. Exports and reports for management have the
corrected answers in both cases; 'results export --original' has those that came.

The questions that make groups ('segment') decide with whom a response is published, so they can be corrected only while it
waits. A correction opens no case, and changes none: cases are about what came.

Exits with 1 if there is nothing to correct, the answers do not fit, or --yes is missing.

Examples:

  glasspoll results correct 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH --set overall=4 --reason "Misread on the form" --by desk
  glasspoll results correct 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH --set overall=4 --clear why --reason "Misread on the form" --by desk --yes
  glasspoll results show service response 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH`
}

func (c correctCommand) Run(ctx context.Context, cons *console.Console) error {
	if _, err := responseID(c.Receipt); err != nil {
		return console.UsageError{Err: err}
	}
	a := records.Amendment{Set: map[string][]string{}, Clear: c.Clear, Reason: strings.TrimSpace(c.Reason), By: strings.TrimSpace(c.By)}
	for _, pair := range c.Set {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !ok || name == "" || value == "" {
			return console.Usagef("--set %s: write the question, '=' and the answer, such as overall=4; --clear takes an answer away", pair)
		}
		a.Set[name] = append(a.Set[name], value)
	}
	isControl := func(c rune) bool { return c < ' ' }
	switch {
	case len(a.Set) == 0 && len(a.Clear) == 0:
		return console.Usagef("what is to be corrected? Say it with --set QUESTION=ANSWER or --clear QUESTION")
	case a.Reason == "" || a.By == "":
		return console.Usagef("--reason and --by: say why it is corrected, and who does so")
	case len(a.Reason) > review.MaxReason || strings.ContainsFunc(a.Reason, isControl):
		return console.Usagef("--reason: one line of at most %d bytes", review.MaxReason)
	case len(a.By) > review.MaxBy || strings.ContainsFunc(a.By, isControl):
		return console.Usagef("--by: one line of at most %d bytes", review.MaxBy)
	}
	c.Amendment = a
	return c.perform(ctx, cons, "results correct", &c)
}

func (c *correctCommand) do(ctx context.Context, env *environment) error {
	id, err := responseID(c.Receipt)
	if err != nil {
		return err
	}
	s, err := c.findSurvey(ctx, env, id)
	if err != nil {
		return err
	}
	c.Amendment.At, c.Amendment.Random = time.Now(), rand.Reader
	done, err := records.Correct(ctx, env.store, s, id, c.Amendment, c.Yes)
	if refusal := new(records.Refusal); errors.As(err, &refusal) {
		return c.printProblems(env, refusal)
	}
	if err != nil {
		return err
	}
	r := done.Before
	env.Print(env.Out, "%s %s: response %s, %s", r.Survey, r.Period, answer.Receipt(id), stateWords[done.State])
	printCorrected(env, done.Answered, done)
	if dropped := done.Dropped(c.Amendment); len(dropped) > 0 {
		env.Print(env.Out, "  not asked any more, given the other answers: %s", strings.Join(dropped, ", "))
	}
	if !c.Yes {
		env.Print(env.Out, "%s", effectOf(done))
		env.Print(env.Err, "Nothing is corrected yet. To do it, run the command again with --yes.")
		return console.ErrProblems
	}
	// The log says that it was done, and nothing of what was answered.
	env.log.Info("response corrected", "survey", r.Survey, "period", r.Period, "id", id, "number", done.Number, "by", c.Amendment.By)
	env.Print(env.Out, "corrected, as number %d of %s. %s", done.Number, r.Period, effectOf(done))
	if env.changed != nil {
		env.changed(r.Survey, r.Period)
	}
	return nil
}

// findSurvey finds the survey that has the response.
func (c *correctCommand) findSurvey(ctx context.Context, env *environment, id string) (*survey.Survey, error) {
	if c.Survey != "" {
		return records.Definition(ctx, env.store, c.Survey)
	}
	found, err := env.store.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, message.Errorf("there is no response %s here: look for a mistyped letter, or another --data or --table", answer.Receipt(id))
	case 1:
		return records.Definition(ctx, env.store, found[0].Response.Survey)
	}
	var ids []string
	for _, e := range found {
		ids = append(ids, e.Response.Survey)
	}
	return nil, console.Usagef("--survey: which one? The id has been used for %s", strings.Join(ids, ", "))
}

// printProblems prints why the questionnaire refuses the answers, in its own words.
func (c *correctCommand) printProblems(env *environment, refusal *records.Refusal) error {
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return err
	}
	env.Print(env.Err, "The corrected answers do not meet the questionnaire that was answered:")
	for _, p := range refusal.Problems {
		name := p.Field
		if name == "" {
			name = p.Question
		}
		env.Print(env.Err, "  %s: %s", name, renderer.Message(env.Language, p))
	}
	return console.ErrProblems
}

// effectOf says what a correction does to figures.
func effectOf(done *records.Corrected) message.Text {
	switch {
	case done.Counts && done.Moved:
		return message.New("It waits, and counts as corrected from then on, in another group.")
	case done.Counts:
		return message.New("It waits, and counts as corrected from then on.")
	case done.State == tally.Uncounted:
		return message.New("It is not counted yet, and counts as corrected.")
	case done.State == tally.IsHeld:
		return message.New("It is held: if it is accepted, it counts as corrected.")
	case done.State == tally.Rejected:
		return message.New("It was rejected, and stays out of all figures.")
	}
	return message.New("What is published, or was carried from another store, stays as it is; exports and reports for management have the corrected answers.")
}

// printCorrected prints what changes of a response; of private answers, only which.
func printCorrected(env *environment, s *survey.Survey, done *records.Corrected) {
	before, after := done.Changed()
	for i, now := range after {
		if f, ok := s.Field(now.Field()); ok && f.Question.Private {
			env.Print(env.Out, "  %s: private, not shown", now.Field())
			continue
		}
		env.Print(env.Out, "  %s: %s → %s", now.Field(), valuesText(before[i]), valuesText(now))
	}
}

// valuesText is the values of an answer as text.
func valuesText(a answer.Answer) message.Text {
	if len(a) < 2 {
		return message.New("no answer")
	}
	return said(a)
}
