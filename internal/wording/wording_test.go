package wording

import (
	"strings"
	"testing"
	"testing/fstest"
)

func load(t *testing.T, files map[string]string) (*Catalog, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(fsys)
}

const (
	english = `
hello: Hello, {name}
left: {of: n, one: "{n} answer left", other: "{n} answers left"}
date: "{day} {month} {year}"
month.1: January
`
	chinese = `
hello: "{name}，您好"
left: 还剩{n}题
date: "{year}年{month}{day}日"
month.1: 1月
`
)

func TestSay(t *testing.T) {
	c, err := load(t, map[string]string{"en.yaml": english, "zh.yaml": chinese})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		language, key string
		args          []any
		want          string
	}{
		{"en", "hello", []any{"name", "Ann {n}"}, "Hello, Ann {n}"},
		{"en", "left", []any{"n", 1}, "1 answer left"},
		{"en", "left", []any{"n", int64(0)}, "0 answers left"},
		{"en", "left", []any{"n", "1.0"}, "1.0 answers left"},
		{"en", "left", []any{"n", "many"}, "many answers left"},
		{"en", "left", []any{"n", "10000000000001"}, "10000000000001 answers left"},
		{"en", "left", []any{"n", -1}, "−1 answer left"},
		{"en", "left", []any{"n", "-1"}, "-1 answer left"}, // somebody's text
		{"en", "left", nil, "{n} answers left"},
		{"zh", "left", []any{"n", 1}, "还剩1题"},
		{"zh-Hans-CN", "left", []any{"n", 2}, "还剩2题"},
		{"fr", "left", []any{"n", 2}, "2 answers left"},
		{"en", "nothing", nil, "nothing"},
	} {
		if got := c.In(test.language).Say(test.key, test.args...); got != test.want {
			t.Errorf("%s %s %v: %q, want %q", test.language, test.key, test.args, got, test.want)
		}
	}
	if c.HasLanguage("fr") || !c.HasLanguage("zh-TW") {
		t.Error("HasLanguage")
	}
	for day, want := range map[string]string{"2026-01-09": "9 January 2026", "": "", "soon": "soon", "2026-13-01": "2026-13-01"} {
		if got := c.In("en").Date(day); got != want {
			t.Errorf("date %q: %q, want %q", day, got, want)
		}
	}
	if got := c.In("zh").Date("2026-01-09"); got != "2026年1月9日" {
		t.Error(got)
	}
}

func TestPluralsOfArabic(t *testing.T) {
	c, err := load(t, map[string]string{"ar.yaml": `left: {of: n, zero: "z{n}", one: "o", two: "t", few: "f{n}", many: "m{n}", other: "x{n}"}`})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "z0", 1: "o", 2: "t", 3: "f3", 11: "m11", 100: "x100", 103: "f103"} {
		if got := c.In("ar").Say("left", "n", n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestDir(t *testing.T) {
	for language, want := range map[string]string{"zh": "ltr", "en": "ltr", "ar": "rtl", "he": "rtl", "fa": "rtl", "ur-PK": "rtl", "az-Arab": "rtl", "??": "ltr"} {
		if got := Dir(language); got != want {
			t.Errorf("%s: %s", language, got)
		}
	}
}

func TestLoadReportsEveryMistake(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing":             {map[string]string{"readme.txt": ""}, []string{"no LANGUAGE.yaml"}},
		"no language":         {map[string]string{"klingon!.yaml": "a: b"}, []string{`klingon!.yaml: "klingon!" is not a language tag`}},
		"no map":              {map[string]string{"en.yaml": "- a"}, []string{"en.yaml: not a map"}},
		"no YAML":             {map[string]string{"en.yaml": "a: [b"}, []string{"en.yaml:1: "}},
		"missing":             {map[string]string{"en.yaml": english, "zh.yaml": "hello: '{name}'"}, []string{`zh.yaml: lacks "left", which en.yaml has`, `zh.yaml: lacks "date"`}},
		"placeholder missing": {map[string]string{"en.yaml": "a: '{x} {y}'", "zh.yaml": "a: '{x}'"}, []string{"zh.yaml: a: lacks the placeholder {y}"}},
		"unknown placeholder": {map[string]string{"en.yaml": "a: '{x}'", "zh.yaml": "a: '{x}{z}'"}, []string{"zh.yaml: a: unknown placeholder {z}"}},
		"bad placeholder":     {map[string]string{"en.yaml": "b: c\na: '{X 1}'"}, []string{"en.yaml:2: a: {X 1} is not a placeholder"}},
		"empty":               {map[string]string{"en.yaml": "a: ''"}, []string{"en.yaml:1: a: empty"}},
		"twice":               {map[string]string{"en.yaml": "a: b\na: c"}, []string{"en.yaml"}},
		"form missing":        {map[string]string{"en.yaml": "a: {of: n, other: '{n}'}"}, []string{`en.yaml:1: a: lacks the plural form "one"`}},
		"unknown form":        {map[string]string{"zh.yaml": "a: {of: n, one: '{n}', other: '{n}'}"}, []string{`zh.yaml:1: a: "one" is not a plural form`}},
		"of missing":          {map[string]string{"zh.yaml": "a: {other: '{n}'}"}, []string{`lacks "of"`}},
		"unknown of":          {map[string]string{"zh.yaml": "a: {of: m, other: '{n}'}"}, []string{`"of" names "m"`}},
		"list":                {map[string]string{"zh.yaml": "a: [b]"}, []string{"neither a sentence"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.files)
			if err == nil {
				t.Fatal("accepted")
			}
			if lines := strings.Count(err.Error(), "\n"); lines > 2 {
				t.Errorf("%d lines of noise:\n%v", lines, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks: %s", err, want)
				}
			}
		})
	}
}
