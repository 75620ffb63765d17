package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(inEnglish{m}, map[string]func(){"glasspoll": main, "fill": fill, "damage": damage})
}

// inEnglish runs tests with messages in English, whatever the language of the machine.
type inEnglish struct{ *testing.M }

func (m inEnglish) Run() int {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		os.Unsetenv(name)
	}
	return m.M.Run()
}

// TestScripts runs the scripts in testdata.
func TestScripts(t *testing.T) {
	old, err := filepath.Abs("../internal/local/format2/testdata/format2.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("FORMAT2", old) // a data file of an earlier version, packed
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
