package messagetest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A made-up module with messages of every kind.
var madeUp = map[string]string{
	"internal/message/message.go": `package message
type Text struct{}
type Key string
func New(format string, args ...any) Text { return Text{} }
func Count(n int, noun string) Text { return Text{} }`,
	"internal/tea/tea.go": `package tea
import (
	"fmt"
	"glasspoll/internal/message"
)
type row struct { name string; why message.Key }
const kept message.Key = "in a constant"
var table = []row{{"not this", "in a table"}}
var either = []struct{ why message.Key }{{why: "in " + "pieces"}}
type kettle struct{}
func (k *kettle) fail(at int, format string, args ...any) { message.New(format, args...) }
func kindOf(n int) string {
	if n == 0 { return "no tea at all" }
	return fmt.Sprintf("tea number %d", n)
}
func pour(k *kettle, n int) {
	k.fail(n, "in a method: %s", kindOf(n))
	what := "a cup"
	if n > 1 { what = "many cups of tea" }
	k.fail(n, "with a variable: %s", what)
	k.fail(n, "literal %s", "green tea")
	k.fail(n, "fine %s, %d", "key", n)
	message.Count(n, "cup")
	message.New(string(kept))
	message.New(kindOf(n))
	fmt.Sprintf("not this")
}`,
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, source := range madeUp {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	source, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := func(all []Literal) []string {
		var got []string
		for _, l := range all {
			got = append(got, l.Text)
		}
		slices.Sort(got)
		return slices.Compact(got)
	}
	for name, c := range map[string]struct{ got, want []string }{
		"formats":  {texts(source.Formats), []string{"%d cup", "fine %s, %d", "in a constant", "in a method: %s", "in a table", "in pieces", "literal %s", "with a variable: %s"}},
		"variable": {texts(source.Variable), []string{"kindOf(n)"}},
		"words":    {texts(source.Words), []string{"green tea", "many cups of tea", "no tea at all", "tea number %d"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
