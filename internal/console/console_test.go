package console

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, ExitOK},
		{ErrProblems, ExitFailed},
		{errors.New("disk full"), ExitFailed},
		{Usagef("--addr: %w", fs.ErrInvalid), ExitUsage},
		{fmt.Errorf("serving: %w", Usagef("--addr")), ExitUsage},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	if err := Usagef("--addr: %w", fs.ErrInvalid); !errors.Is(err, fs.ErrInvalid) || err.Error() != "--addr: invalid argument" {
		t.Errorf("%v hides its cause", err)
	}
}

func TestPrinting(t *testing.T) {
	var b strings.Builder
	Problems(&b, message.English, questionnaire.Problems{{File: "a.yaml", Line: 1, Column: 2, Message: message.Plain("wrong")}, {File: "a.yaml", Line: 3, Column: 1, Message: message.Plain("wrong too")}})
	if err := JSON(&b, map[string]string{"a": "<b>"}); err != nil {
		t.Fatal(err)
	}
	want := "a.yaml:1:2: wrong\na.yaml:3:1: wrong too\n2 problems in 1 file\n{\n  \"a\": \"<b>\"\n}\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// TestTablesHaveNoControls prints what others have written: it stays in its column, and a terminal does nothing of it.
func TestTablesHaveNoControls(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, [][]string{{"a\x1b[2J", "b\nc"}, {"\u009b1m", "d"}}); err != nil || b.String() != "a [2J  b c\n 1m    d\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "café": 4, "合计": 4, "Ａ1": 3} {
		if got := Columns(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
