package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
	"glasspoll/internal/register"
)

type importCasesCommand struct {
	storeFlags
	File string `arg:"" name:"FILE" help:"The register: CSV or an Excel workbook (.xlsx)."`
	Dry  bool   `help:"Only check it: nothing is stored."`
	By   string `placeholder:"ROLE" help:"The role that enters them."`
	bookFlags

	Source []byte `kong:"-"` // of the file
}

func (importCasesCommand) Help() string {
	return `Adds the cases of a register, such as the complaints of a month by telephone and letter. Each row is a case; columns are
found by their names, in Chinese or English: number, date and channel are needed, and type, subtype, severity, priority,
owner, due, note, closed, result, customer_told and customer_agreed may follow. Everything that must be changed is said with
row and column, and then nothing is stored. Numbers that are entered already are left as they are, so a register that has
grown may be imported again. A case holds no contact data.

Examples:

  glasspoll cases import complaints-2026-10.xlsx --survey service --dry
  glasspoll cases import complaints-2026-10.xlsx --survey service --by service_desk`
}

func (i importCasesCommand) Run(ctx context.Context, c *console.Console) error {
	f, err := os.Open(i.File)
	if errors.Is(err, fs.ErrNotExist) {
		return message.Errorf("there is no %s: name the register, CSV or .xlsx", i.File)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if i.Source, err = io.ReadAll(io.LimitReader(f, register.MaxSource+1)); err != nil { // what is longer is refused when it is read
		return err
	}
	return i.perform(ctx, c, "cases import", &i)
}

func (i *importCasesCommand) do(ctx context.Context, env *environment) error {
	book, err := records.BookOf(ctx, env.store, i.Survey, i.Timezone)
	if err != nil {
		return err
	}
	list, err := register.Read(book, i.Source, i.By, time.Now())
	if err != nil {
		return message.Errorf("%s: %w", i.File, err)
	}
	env.Print(env.Out, "%s: %s, %s", i.File, list.Form, message.Count(list.Rows, "row"))
	if len(list.Faults) > 0 {
		printTableFaults(env.Console, env.Err, i.File, list.Faults, list.More)
		return console.ErrProblems
	}
	if i.Dry {
		env.Print(env.Out, "nothing needs to be changed")
		return nil
	}
	return i.store(ctx, env, list.Cases)
}

// store stores the cases that are not stored yet.
func (i *importCasesCommand) store(ctx context.Context, env *environment, all []*cases.Case) error {
	created, before := 0, 0
	for _, c := range all {
		var also []news.Item
		if c.Status != cases.Closed { // else nobody has to do anything
			also = env.tell(news.OfOpened, c)
		}
		opened, err := env.store.OpenCase(ctx, c, also...)
		if err != nil {
			return message.Errorf("after %s: %w", message.Count(created, "case"), err)
		}
		if opened {
			created++
		} else {
			before++
		}
	}
	env.Print(env.Out, "%s opened, %d entered before", message.Count(created, "case"), before)
	return nil
}
