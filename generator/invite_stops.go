package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invite"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
)

// noteOtherStops adds to the list of opt-outs who has said so by the link of another survey whose owner's file is beside.
func (f inviteFlags) noteOtherStops(ctx context.Context, work *inviting, out *ownerfile.OptOuts) error {
	files, err := filepath.Glob(filepath.Join(f.dir(), "*"+filepath.Ext(f.name(work.survey.ID))))
	if err != nil {
		return err
	}
	var people []contacts.Contact
	for _, name := range files {
		id := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		if id == work.survey.ID || f.name(id) != name {
			continue
		}
		record, err := ownerfile.ReadInvitees(name, id)
		if err != nil {
			return message.Errorf("who of the other survey wants no more mail cannot be read: %w", err)
		}
		if record.Len() == 0 {
			continue
		}
		states, err := invite.States(ctx, work.store, id)
		if err != nil {
			return err
		}
		for i := range record.All() {
			if i.Stopped || states[i.Secret.Hash()].Stopped {
				people = append(people, i.Contact)
			}
		}
	}
	people = slices.DeleteFunc(people, out.Has)
	return out.AddAll(people, string(work.today))
}
