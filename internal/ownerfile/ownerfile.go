// Package ownerfile keeps the files of whoever invites, beside the data and readable by their owner alone: for each survey one of
// its invitees, and one for all of those who want no more mail. Nothing of them is in the store of the answers.
//
// What happens is added at the end, a line an event, and is on the disk when a call returns. A process may be killed at any time: a
// line that is not whole is removed when the file is opened next.
package ownerfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
)

// ending is the end of the name of a file of invitees.
const ending = ".invitations"

// InviteesName returns the name of the file of a survey's invitees in a directory.
func InviteesName(dir, survey string) string { return filepath.Join(dir, survey+ending) }

// SurveysIn lists the surveys with a file of invitees in a directory.
func SurveysIn(dir string) ([]string, error) {
	ids, err := filepath.Glob(InviteesName(dir, "*"))
	for at, name := range ids {
		ids[at] = strings.TrimSuffix(filepath.Base(name), ending)
	}
	return ids, err
}

// OptOutsName returns the name of the file of those who want no more mail.
func OptOutsName(dir string) string { return filepath.Join(dir, "opt-outs") }

// Invitees is the record of a survey's invitees in a file that is open for changing.
type Invitees struct {
	*invitees.Record
	journal *journal
}

// OpenInvitees opens the file of a survey's invitees for changing. It is made if it does not exist.
func OpenInvitees(name, survey string, wait Waiting) (*Invitees, error) {
	var f Invitees
	j, err := open(name, wait, func() ([]byte, error) { return invitees.New(survey).Header(), nil }, func(content []byte) (counts int, err error) {
		f.Record, counts, err = invitees.Decode(survey, content)
		return counts, err
	})
	if err != nil {
		return nil, err
	}
	f.journal = j
	return &f, nil
}

// ReadInvitees reads the file of a survey's invitees, also while another process changes it. Without a file there are none.
func ReadInvitees(name, survey string) (*invitees.Record, error) {
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return invitees.New(survey), nil
	}
	if err != nil {
		return nil, err
	}
	r, _, err := invitees.Decode(survey, content)
	if err != nil {
		return nil, message.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Write adds events to the record and the file. After an error the file has some of the first of them, or none; it must be opened
// again.
func (f *Invitees) Write(events ...invitees.Event) error {
	if f.journal.failed != nil {
		return f.journal.failed
	}
	var lines [][]byte
	for _, e := range events {
		if err := f.Apply(e); err != nil {
			f.journal.failed = message.Errorf("%s: %w", f.journal.name, err) // the record has events that the file lacks
			return f.journal.failed
		}
		lines = append(lines, e.Line())
	}
	return f.journal.add(lines...)
}

// Invite makes a batch of all contacts of a list who are new, and says who is not. The same list again makes nothing, so that one
// that was interrupted is simply read again.
func (f *Invitees) Invite(list []contacts.Contact, b invitees.Batch, out *OptOuts, day string) (invitees.Division, error) {
	d := f.Divide(list, out.OptOuts)
	if err := out.AddAll(d.OptedOut, day); err != nil { // their other addresses too
		return d, err
	}
	events, err := f.Record.Invite(d.New, b, rand.Reader)
	if err == nil {
		err = f.Write(events...)
	}
	if err == nil {
		err = f.Write(f.Also(d.Before)...)
	}
	return d, err
}

// Correct corrects the addresses of people of a list from whom e-mail has come back, and returns them.
func (f *Invitees) Correct(list []contacts.Contact, at string) (corrected []*invitees.Invitee, err error) {
	events := f.Corrections(list, at)
	for _, e := range events {
		corrected = append(corrected, f.Numbered(e.Number))
	}
	return corrected, f.Write(events...)
}

// Forget takes all that is known of some invitees out of the file, which is written anew, durably, with the mode that it has. The
// file must be closed then, and opened again to be changed.
func (f *Invitees) Forget(who ...*invitees.Invitee) error {
	numbers := make([]int, len(who))
	for at, i := range who {
		numbers[at] = i.Number
	}
	return f.journal.rewrite(func(content []byte) ([]byte, error) { return invitees.Forget(content, numbers...) })
}

// Close closes the file.
func (f *Invitees) Close() error { return f.journal.Close() }

// OptOuts is the list of those who want no more mail in a file that is open for changing.
type OptOuts struct {
	*invitees.OptOuts
	journal *journal
}

// OpenOptOuts opens the file of those who want no more mail for changing. It is made, with a key, if it does not exist.
func OpenOptOuts(name string, wait Waiting) (*OptOuts, error) {
	var f OptOuts
	first := func() ([]byte, error) {
		o, err := invitees.NewOptOuts(rand.Reader)
		if err != nil {
			return nil, err
		}
		return o.Header(), nil
	}
	j, err := open(name, wait, first, func(content []byte) (counts int, err error) {
		f.OptOuts, counts, err = invitees.DecodeOptOuts(content)
		return counts, err
	})
	if err != nil {
		return nil, err
	}
	f.journal = j
	return &f, nil
}

// ReadOptOuts reads the file of those who want no more mail, also while another process changes it. Without a file there are none.
func ReadOptOuts(name string) (*invitees.OptOuts, error) {
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o, _, err := invitees.DecodeOptOuts(content)
	if err != nil {
		return nil, message.Errorf("%s: %w", name, err)
	}
	return o, nil
}

// Add adds a contact, with all addresses that are not in the list yet.
func (f *OptOuts) Add(c contacts.Contact, day string) error {
	return f.AddAll([]contacts.Contact{c}, day)
}

// AddAll adds contacts at once.
func (f *OptOuts) AddAll(all []contacts.Contact, day string) error {
	var lines [][]byte
	for _, c := range all {
		lines = append(lines, f.Lines(c, day)...)
	}
	return f.write(lines)
}

// Remove removes contacts, with all addresses that are in the list.
func (f *OptOuts) Remove(all []contacts.Contact, day string) error {
	var lines [][]byte
	for _, c := range all {
		lines = append(lines, f.Removal(c, day)...)
	}
	return f.write(lines)
}

func (f *OptOuts) write(lines [][]byte) error {
	if err := f.journal.add(lines...); err != nil {
		return err
	}
	for _, text := range lines {
		if err := f.OptOuts.Add(text); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file.
func (f *OptOuts) Close() error { return f.journal.Close() }
