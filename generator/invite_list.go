package main

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
	"glasspoll/internal/survey"
)

type inviteListCommand struct {
	inviteFlags
	ID   string `arg:"" name:"SURVEY" help:"The survey to invite to."`
	File string `arg:"" name:"FILE" help:"The list: CSV or an Excel workbook (.xlsx)."`
}

func (inviteListCommand) Help() string {
	return `Reads a list of people and says what is read from each of its columns, what must be changed in it, with row and column, and
how many of it are new. Nothing is written.

The list is CSV or an .xlsx workbook. The row with the names of columns comes first, below a title if there is one. Columns are
found by their names, in Chinese or English: name, e-mail, phone, language, channel, and the id or label of each hidden
question of the survey, such as a tier or region. Each row needs an e-mail address or a telephone number. All else may be
empty; other columns are not read.

Exits with 1 if something must be changed.

Examples:

  glasspoll invite list service customers.xlsx
  glasspoll invite list service customers.csv --language zh`
}

func (l inviteListCommand) Run(c *console.Console) error {
	s, err := l.find(c, l.ID)
	if err != nil {
		return err
	}
	list, err := readContacts(s, l.File)
	if err != nil {
		return err
	}
	c.Print(c.Out, "%s: %s, %s", l.File, list.Form, message.Count(list.Rows, "row"))
	for _, line := range list.Mapping() {
		c.Print(c.Out, "  %s", line)
	}
	if len(list.Faults) > 0 {
		printFaults(c, c.Out, l.File, list)
		return console.ErrProblems
	}
	record, out, err := l.readInvitees(l.ID)
	if err != nil {
		return err
	}
	d := record.Divide(list.Contacts, out)
	c.Print(c.Out, "new: %d; invited before: %d; no mail wanted: %d", len(d.New), len(d.Before), len(d.OptedOut))
	return nil
}

// readContacts reads a list of people to invite.
func readContacts(s *survey.Survey, name string) (*contacts.List, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, message.Errorf("there is no %s: name the list, CSV or .xlsx", name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, contacts.MaxSource+1)) // Read refuses what is longer
	if err != nil {
		return nil, err
	}
	list, err := contacts.Read(s, source)
	if err != nil {
		return nil, message.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// printFaults prints the faults of a list, and how many there are.
func printFaults(c *console.Console, w io.Writer, name string, list *contacts.List) {
	printTableFaults(c, w, name, list.Faults, list.More)
}

// printTableFaults prints the faults of a table, and how many there are: more than these by some.
func printTableFaults(c *console.Console, w io.Writer, name string, faults []sheets.Fault, more int) {
	for _, f := range faults {
		c.Print(w, "%s: %s", name, f.Message())
	}
	if more > 0 {
		c.Print(w, "%s: and %d more", name, more)
	}
	c.Print(w, "%s in %s", message.Count(len(faults)+more, "problem"), message.Count(1, "file"))
}
