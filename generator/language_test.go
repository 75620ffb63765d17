package main

import (
	"bytes"
	"strings"
	"testing"

	"glasspoll/internal/console"
)

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ args, all, messages, lang, want string }{
		{"", "", "", "zh_CN.UTF-8", "zh"}, {"", "", "", "", "en"}, {"", "en_US", "", "zh_CN", "en"}, {"check --language zh", "en_US", "", "", "zh"},
		{"", "", "zh_TW", "en_US", "zh"}, {"", "", "", "de_DE", "en"}, {"--language=en check", "", "", "zh_CN", "en"},
		{"results export tea --language ar", "", "", "zh_CN", "zh"}, {"check -- --language zh", "", "", "", "en"},
	} {
		var got console.Console
		setLanguage(&got, strings.Fields(c.args), func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}[name]
		})
		if got.Language != c.want {
			t.Errorf("%+v: %s", c, got.Language)
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	for args, want := range map[string]int{"check --language cn": console.ExitUsage, "version --language zh-Hant": console.ExitOK} {
		var out bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), nil, &out, &out); code != want {
			t.Errorf("%s: exit code %d: %s", args, code, out.String())
		}
	}
}
