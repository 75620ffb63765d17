package stack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// An Asker asks whoever runs a command.
type Asker struct {
	In       *bufio.Reader
	Terminal bool // somebody can answer
	Yes      bool // every question of yes or no is answered yes
}

// NewAsker reads answers from a stream.
func NewAsker(in io.Reader, terminal, yes bool) Asker {
	return Asker{In: bufio.NewReader(in), Terminal: terminal, Yes: yes}
}

// confirm returns an error unless the answer to a question is yes.
func (a Asker) confirm(ctx context.Context, out *console.Console, question message.Text) error {
	switch {
	case a.Yes:
		return nil
	case !a.Terminal:
		return message.Errorf("nothing has been changed: this is no terminal, so nobody can be asked. Say --yes, or look first with --dry-run")
	}
	fmt.Fprint(out.Out, question.In(out.Language), " [y/N] ")
	switch line := console.Line(ctx, a.In); strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是":
		return nil
	}
	return message.Errorf("nothing has been changed")
}

// typed returns an error unless a word is typed.
func (a Asker) typed(ctx context.Context, out *console.Console, question message.Text, word string) error {
	if !a.Terminal {
		return message.Errorf("nothing has been changed: this is no terminal, so nobody can be asked. Say --confirm %s", word)
	}
	fmt.Fprint(out.Out, question.In(out.Language), " ")
	if strings.TrimSpace(console.Line(ctx, a.In)) != word {
		return message.Errorf("nothing has been changed: what was typed is not %s", word)
	}
	return nil
}

// money writes an amount with two decimals.
func money(amount float64) string { return strconv.FormatFloat(amount, 'f', 2, 64) }
