package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"glasspoll/internal/console"
)

func TestMain(m *testing.M) {
	testscript.Main(inEnglish{m}, map[string]func(){"glasspoll": main, "fill": fill, "damage": damage, "blank": blank, "cramped": cramped})
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
			newMailBox(env)
			return nil
		},
		Cmds:                map[string]func(ts *testscript.TestScript, neg bool, args []string){"mailserver": mailServer, "aws": scriptedAWS, "packages": makePackages},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// A command whose output is cut off fails, and says why.
func TestOutputCutOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tea.yaml"), []byte("title: T\nsections: [{questions: [{id: q, type: nps, label: L}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "--surveys", dir}, {"share", "tea", "--surveys", dir}, {"schema"}, {"version"}} {
		var printed bytes.Buffer
		code := run(t.Context(), args, nil, fullDisk{}, &printed)
		if code != console.ExitFailed || !strings.Contains(printed.String(), "the disk is full") {
			t.Errorf("%s: exit code %d: %s", args, code, &printed)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
