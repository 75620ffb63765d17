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
		got, err := newCommand{Language: c.flag}.askedIn(func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}[name]
		})
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

// A folder that cannot be written leaves nothing behind, and says why.
func TestNewFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var out, trouble bytes.Buffer
	code := run(context.Background(), []string{"new", "--title-en", "Tea", "--out", filepath.Join(dir, "file", "tea.yaml")}, strings.NewReader(""), &out, &trouble)
	if code != console.ExitFailed || !strings.Contains(trouble.String(), "file") || out.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, out.String(), trouble.String())
	}
}
