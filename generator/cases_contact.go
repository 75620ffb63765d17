package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/survey"
)

// readContact is the verb that notes with a case that a role is shown the contact data of its respondent, and prints them as they
// are stored, for the command to open.
type readContact struct {
	Case, By, Reason string
	Keys             []string // ids of those that the command has
}

// contactJSON is what readContact prints.
type contactJSON struct {
	Case       string          `json:"case"`
	Definition json.RawMessage `json:"definition"`
	Response   answer.Response `json:"response"`
}

func (r *readContact) do(ctx context.Context, env *environment) error {
	contact, err := records.ContactOf(ctx, env.store, r.Case, r.By, r.Reason, r.Keys)
	if err != nil {
		return err
	}
	env.log.Info("contact data shown", "case", contact.Case, "survey", contact.Survey.ID, "by", r.By)
	return json.NewEncoder(env.Out).Encode(contactJSON{contact.Case, contact.Survey.Encode(), contact.Response})
}

// showContact prints the contact data of a case's respondent. What is sealed is opened in this process.
func (s *showCaseCommand) showContact(ctx context.Context, c *console.Console) error {
	keys, err := readKeys(c, s.Key)
	if err != nil {
		return err
	}
	asked := &readContact{Case: s.Case, By: s.By, Reason: s.Reason}
	for _, key := range keys {
		asked.Keys = append(asked.Keys, key.Public().ID())
	}
	printed, err := s.printed(ctx, c, "cases contact", asked)
	if err != nil {
		return err
	}
	var contact contactJSON
	if err := json.NewDecoder(bytes.NewReader(printed)).Decode(&contact); err != nil {
		return err
	}
	of, err := survey.Decode(contact.Definition)
	if err != nil {
		return err
	}
	r := records.OpenSealed(keys, of, contact.Response)
	faults := records.FaultsOf(keys, of, r)
	if s.Format == "json" {
		return contactAsJSON(c, contact.Case, of, r, faults)
	}
	var rows [][]string
	for _, a := range r.Private {
		f, known := of.Field(a.Field())
		if !known {
			continue
		}
		rows = append(rows, []string{labelOf(f, r.Language), valuesOf(c, f, a, r.Language, faults)})
	}
	if err := console.Table(c.Out, rows); err != nil {
		return err
	}
	c.Print(c.Err, "It is noted with case %s that %s was shown this, and why.", contact.Case, s.By)
	return nil
}

// contactAsJSON prints contact data by field. What stays sealed is null.
func contactAsJSON(c *console.Console, id string, of *survey.Survey, r answer.Response, faults []records.Fault) error {
	contact := map[string][]string{}
	for _, a := range r.Private {
		contact[a.Field()] = a.Values()
	}
	for _, f := range faults {
		if isClosed(f) {
			contact[f.Field] = nil
		}
	}
	return console.JSON(c.Out, struct {
		Case    string              `json:"case"`
		Contact map[string][]string `json:"contact"`
		Faults  []records.Fault     `json:"faults,omitempty"`
	}{id, contact, faults})
}

func isClosed(f records.Fault) bool { return f.Code == records.OtherKey || f.Code == records.Damaged }

// labelOf returns what a field is called: its question, and its row or option.
func labelOf(f survey.Field, language string) string {
	question, part := strings.TrimSpace(f.Question.Label.In(language)), ""
	if f.Name != f.Question.ID {
		part = f.Label().In(language)
	}
	if part == "" || part == question {
		return question
	}
	return question + " [" + part + "]"
}

// valuesOf says an answer in words, and what is wrong with it.
func valuesOf(c *console.Console, f survey.Field, a answer.Answer, language string, faults []records.Fault) string {
	texts := make([]string, 0, len(a)-1)
	for _, value := range a.Values() {
		for _, o := range f.Options() {
			if o.ID == value && o.Label.In(language) != "" {
				value = o.Label.In(language)
			}
		}
		texts = append(texts, strings.ReplaceAll(value, "\n", " / "))
	}
	text := strings.Join(texts, ", ")
	at := slices.IndexFunc(faults, func(fault records.Fault) bool { return fault.Field == f.Name })
	if at < 0 {
		return text
	}
	switch faults[at].Code {
	case records.OtherKey:
		return message.New("sealed to another key").In(c.Language)
	case records.Damaged:
		return message.New("does not open: damaged, or put in the place of another answer").In(c.Language)
	}
	return message.New("%s (not as the question asks: %s)", text, string(faults[at].Code)).In(c.Language)
}
