package main

import (
	"context"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/durable"
	"glasspoll/internal/ownerfile"
)

type inviteOptOutCommand struct {
	Add    addOptOutCommand    `cmd:"" help:"Add people who want no more mail."`
	List   listOptOutCommand   `cmd:"" help:"Say how many want no more mail, and whether somebody is among them."`
	Remove removeOptOutCommand `cmd:"" help:"Remove people who want mail again."`
}

func (inviteOptOutCommand) Help() string {
	return `Keeps the list of those who want no more mail about any survey. Nobody in it is invited, or sent anything, by whatever list
they come. It has keyed hashes of addresses alone: one can ask whether an address is in it, and read none from it.

Examples:

  glasspoll invite optout add li@example.com "+86 138 0013 8000"
  glasspoll invite optout list li@example.com
  glasspoll invite optout remove li@example.com`
}

// optOutFlags name the file of those who want no more mail.
type optOutFlags struct {
	Data string `placeholder:"DIR" default:"data" type:"path" help:"The data directory of 'glasspoll serve'. Default: data."`
	List string `placeholder:"DIR" help:"The directory of your list, if it is not the data directory."`
}

func (f optOutFlags) flags() inviteFlags {
	return inviteFlags{storeFlags: storeFlags{Data: f.Data}, List: f.List}
}

type addOptOutCommand struct {
	optOutFlags
	Address []string `arg:"" name:"ADDRESS" help:"E-mail addresses or telephone numbers."`
}

func (a addOptOutCommand) Run(_ context.Context, c *console.Console) error {
	people, err := parseAddresses(a.Address)
	if err != nil {
		return err
	}
	if people, err = withOthers(a.flags().dir(), people); err != nil {
		return err
	}
	if err := durable.MkdirAll(a.flags().dir(), 0o700); err != nil {
		return err
	}
	out, err := a.flags().openOptOuts(c)
	if err != nil {
		return err
	}
	defer out.Close()
	before := out.Len()
	if err := out.AddAll(people, thisDay()); err != nil {
		return err
	}
	c.Print(c.Out, "added: %d; in the list: %d", out.Len()-before, out.Len())
	return nil
}

// withOthers adds the other addresses of people who have been invited.
func withOthers(dir string, people []contacts.Contact) ([]contacts.Contact, error) {
	ids, err := ownerfile.SurveysIn(dir)
	if err != nil {
		return nil, err
	}
	all := people
	for _, id := range ids {
		record, err := ownerfile.ReadInvitees(ownerfile.InviteesName(dir, id), id)
		if err != nil {
			return nil, err
		}
		for _, c := range people {
			if i, known := record.Find(c); known {
				all = append(all, i.Contact)
			}
		}
	}
	return all, nil
}

type removeOptOutCommand struct {
	optOutFlags
	Address []string `arg:"" name:"ADDRESS" help:"E-mail addresses or telephone numbers."`
}

func (r removeOptOutCommand) Run(_ context.Context, c *console.Console) error {
	people, err := parseAddresses(r.Address)
	if err != nil {
		return err
	}
	if people, err = withOthers(r.flags().dir(), people); err != nil {
		return err
	}
	known, err := ownerfile.ReadOptOuts(r.flags().optOuts())
	if err != nil || known.Len() == 0 {
		if err == nil {
			c.Print(c.Out, "removed: %d; in the list: %d", 0, 0)
		}
		return err
	}
	out, err := r.flags().openOptOuts(c)
	if err != nil {
		return err
	}
	defer out.Close()
	before := out.Len()
	if err := out.Remove(people, thisDay()); err != nil {
		return err
	}
	c.Print(c.Out, "removed: %d; in the list: %d", before-out.Len(), out.Len())
	return nil
}

type listOptOutCommand struct {
	optOutFlags
	Address []string `arg:"" optional:"" name:"ADDRESS" help:"E-mail addresses or telephone numbers to look for."`
}

func (l listOptOutCommand) Run(_ context.Context, c *console.Console) error {
	people, err := parseAddresses(l.Address)
	if err != nil {
		return err
	}
	out, err := ownerfile.ReadOptOuts(l.flags().optOuts())
	if err != nil {
		return err
	}
	for at, person := range people {
		if day, known := out.Since(person); known {
			c.Print(c.Out, "%s: wants no more mail since %s", l.Address[at], day)
		} else {
			c.Print(c.Out, "%s: not in the list", l.Address[at])
		}
	}
	c.Print(c.Out, "addresses and numbers in the list: %d", out.Len())
	return nil
}

func parseAddresses(texts []string) ([]contacts.Contact, error) {
	var all []contacts.Contact
	for _, text := range texts {
		c, err := parseAddress(text)
		if err != nil {
			return nil, console.UsageError{Err: err}
		}
		all = append(all, c)
	}
	return all, nil
}

// thisDay returns the day on this machine's calendar.
func thisDay() string { return time.Now().Format(time.DateOnly) }
