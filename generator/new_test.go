package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/console"
)

func TestNewLanguage(t *testing.T) {
	for _, c := range []struct{ flag, all, messages, lang, want string }{
		{"", "", "", "zh_CN.UTF-8", "zh"}, {"", "", "", "", "en"}, {"", "en_US", "", "zh_CN", "en"}, {"zh", "en_US", "", "", "zh"},
		{"", "", "zh_TW", "en_US", "zh"}, {"", "", "", "de_DE", "en"}, {"en", "", "", "zh_CN", "en"},
	} {
		got, err := newCommand{Language: c.flag}.questionLanguage(func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}[name]
		})
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

// A directory that cannot be written is an error that names it.
func TestNewFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"new", "--title-en", "Tea", "--out", filepath.Join(dir, "file", "tea.yaml")}, strings.NewReader(""), &stdout, &stderr)
	if code != console.ExitFailed || !strings.Contains(stderr.String(), "file") || stdout.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, stdout.String(), stderr.String())
	}
}
