package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// helpTexts lists the texts of the help as they are looked up.
func helpTexts(t *testing.T) map[string]bool {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("glasspoll"), kong.Description(description))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	add := func(text string) {
		for _, p := range helpParagraphs(text) {
			all[p] = true
		}
	}
	kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		switch n := n.(type) {
		case *kong.Application:
			add(n.Help)
		case *kong.Node:
			add(n.Help)
			add(n.Detail)
		case *kong.Value:
			all[strings.TrimSuffix(n.OrigHelp, defaultSentence)] = true
		}
		return next(nil)
	})
	delete(all, "")
	return all
}

// TestHelpIsTranslated holds the help and its Chinese together.
func TestHelpIsTranslated(t *testing.T) {
	texts := helpTexts(t)
	prose := regexp.MustCompile(`(?m)[a-z]+ [a-z]+ [a-z]+ [a-z]+|^ *[A-Z]`)
	for text := range texts {
		zh := message.Key(text).Text().In(message.Chinese)
		example := strings.HasPrefix(text, "  ") && (strings.HasPrefix(text, "  glasspoll ") || strings.HasPrefix(text, "  {") || strings.HasPrefix(text, "  # yaml")) && !strings.Contains(text, " # ")
		if zh == text && !example && (prose.MatchString(text) || !strings.HasPrefix(text, " ")) {
			t.Errorf("no Chinese for %q", text)
		}
	}
	source, err := os.ReadFile("../internal/message/zh/help.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ En string }
	if err := yaml.Unmarshal(source, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !texts[e.En] {
			t.Errorf("help.yaml has %q, which no help says", e.En)
		}
	}
}

// commandLine runs a command line in a language, and returns its output and its exit code.
func commandLine(language string, args ...string) (string, int) {
	var b bytes.Buffer
	code := run(context.Background(), append([]string{"--language=" + language}, args...), strings.NewReader(""), &b, &b)
	return b.String(), code
}

// TestHelpInChinese checks that lines fit, and that no word of the library is left.
func TestHelpInChinese(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("glasspoll"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range append(parser.Model.Leaves(true), parser.Model.Node) {
		args := strings.Fields(strings.TrimPrefix(command.FullPath(), "glasspoll"))
		out, code := commandLine("zh", append(args, "--help")...)
		if code != 0 || !strings.Contains(out, "用法：glasspoll") || !strings.Contains(out, "--help") {
			t.Errorf("%s: %d: %s", command.FullPath(), code, out)
		}
		if word := regexp.MustCompile(`Usage|Flags:|Commands:|Arguments:|Default|context-sensitive|%!`).FindString(out); word != "" {
			t.Errorf("%s: %q is left in\n%s", command.FullPath(), word, out)
		}
		for line := range strings.Lines(out) {
			if console.Columns(strings.TrimSpace(line)) > helpWidth && !strings.HasPrefix(line, "    ") {
				t.Errorf("%s: a line of %d columns: %s", command.FullPath(), console.Columns(line), line)
			}
		}
	}
}

// TestWrongCommandLines checks that wrong command lines are explained in plain words of the reader's language.
func TestWrongCommandLines(t *testing.T) {
	foreign := regexp.MustCompile(`expected|unexpected|unknown flag|must be one of|positional|EOL|can't|bool value`)
	for line, want := range map[string][2]string{
		"chekc":                      {"there is no command 'chekc': did you mean check?", "没有命令“chekc”：是不是想写 check？"},
		"check --formt x":            {"there is no --formt: did you mean --format?", "没有 --formt 这个选项：是不是想写 --format？"},
		"build --nope":               {"there is no --nope", "没有 --nope 这个选项"},
		"check --format x":           {"--format: write one of text, json, sarif, not 'x'", "--format：只能写 text、json、sarif，不能写“x”"},
		"results show x nope":        {"WHAT: write one of definition, tally, release, response, log, corrections, not 'nope'", "WHAT：只能写 definition、tally、release、response、log、corrections，不能写“nope”"},
		"demo --answers x":           {"--answers x: write a whole number", "--answers x：写整数"},
		"demo --seed=-1":             {"--seed -1: write a whole number, 0 or more", "--seed -1：写 0 以上的整数"},
		"serve --backup-every x":     {"--backup-every x: write a time such as 30m or 24h", "--backup-every x：写时长，例如 30m 或 24h"},
		"build --out":                {"nothing follows --out: write its value", "--out 后面没有内容：要写它的值"},
		"build --out --surveys x":    {"--out needs a value before --surveys", "--out 后面要写值，再写 --surveys"},
		"diff":                       {"missing: OLD, NEW", "缺少 OLD、NEW"},
		"diff a b c":                 {"'c' is neither a command nor an argument here", "“c”既不是命令，也不是这里要写的内容"},
		"cases":                      {"say which: list, show, assign, change, escalate, close, add, import, summary", "请写明是哪一个：list、show、assign、change、escalate、close、add、import、summary"},
		"cases summary":              {"missing: --month=2026-10 or --quarter=2026-Q4", "缺少 --month=2026-10 或 --quarter=2026-Q4"},
		"new --list --from x":        {"--list and --from do not go together", "--list 和 --from 不能一起用"},
		"share x --value tier":       {"--value tier: write NAME=TEXT", "--value tier：写成 NAME=TEXT"},
		"check --strict=perhaps":     {"--strict perhaps: write true or false, or the flag alone", "--strict perhaps：写 true 或 false，或者只写选项名"},
		"new --title-en x --scale 6": {"--scale 6: a scale has 4, 5, 7 or 10 steps", "--scale 6：量表只能是 4、5、7 或 10 级"},
	} {
		for i, language := range []string{"en", "zh"} {
			out, code := commandLine(language, strings.Fields(line)...)
			if code != console.ExitUsage || !strings.Contains(out, want[i]) || foreign.MatchString(out) {
				t.Errorf("%s, %s: %d, %s", line, language, code, out)
			}
		}
	}
}

// FuzzWrap checks that wrapping loses nothing but the spaces at which it breaks.
func FuzzWrap(f *testing.F) {
	for _, text := range []string{"", "一二三 abc，（四五）六", "a long text of words", "没有空格的很长的一段中文，带标点。"} {
		f.Add(text, 10)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		bare := func(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "") }
		if got := strings.Join(wrap(text, max(1, width%100)), "\n"); bare(got) != bare(strings.ToValidUTF8(text, "\uFFFD")) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
