package main

import (
	"context"
	"slices"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
)

// noteStops writes into the owner's files who has said by a link that no more mail is wanted, in this survey or in another one
// whose file is beside. The list of opt-outs is open for the writing alone: other surveys use it at the same time.
func (f inviteFlags) noteStops(ctx context.Context, c *console.Console, work *inviting) error {
	people, events, err := work.stops(ctx)
	if err != nil {
		return err
	}
	others, err := f.otherStops(ctx, work)
	if err != nil {
		return err
	}
	out, err := f.openOptOuts(c)
	if err != nil {
		return err
	}
	defer out.Close()
	people = append(people, slices.DeleteFunc(others, out.Has)...)
	if err := out.AddAll(people, string(work.today)); err != nil {
		return err
	}
	return work.Write(events...)
}

// stops returns who has said by the survey's own links that no more mail is wanted, and the events for the owner's file.
func (i *inviting) stops(ctx context.Context) (people []contacts.Contact, events []invitees.Event, err error) {
	if i.Len() == 0 {
		return nil, nil, nil
	}
	states, err := invite.States(ctx, i.store, i.survey.ID)
	if err != nil {
		return nil, nil, err
	}
	for one := range i.All() {
		if states[one.Secret.Hash()].Stopped && !one.Stopped {
			people = append(people, one.Contact)
			events = append(events, one.StoppedEvent())
		}
	}
	return people, events, nil
}

// otherStops returns who has said so by the link of another survey whose owner's file is beside.
func (f inviteFlags) otherStops(ctx context.Context, work *inviting) ([]contacts.Contact, error) {
	var people []contacts.Contact
	err := f.others(work.survey.ID, func(id string, record *invitees.Record) error {
		states, err := invite.States(ctx, work.store, id)
		if err != nil {
			return err
		}
		for i := range record.All() {
			if i.Stopped || states[i.Secret.Hash()].Stopped {
				people = append(people, i.Contact)
			}
		}
		return nil
	})
	return people, err
}

// others calls do with the record of each other survey whose owner's file is beside.
func (f inviteFlags) others(survey string, do func(id string, record *invitees.Record) error) error {
	ids, err := ownerfile.SurveysIn(f.dir())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id == survey {
			continue
		}
		record, err := ownerfile.ReadInvitees(f.name(id), id)
		if err != nil {
			return message.Errorf("who of the other survey wants no more mail cannot be read: %w", err)
		}
		if record.Len() == 0 {
			continue
		}
		if err := do(id, record); err != nil {
			return err
		}
	}
	return nil
}
