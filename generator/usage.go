package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// kongErrors are kong's errors and what they become. The groups of a pattern are the arguments; of a list, its parts are quoted
// or have brackets.
var kongErrors = []struct {
	pattern *regexp.Regexp
	says    message.Key
}{
	{regexp.MustCompile(`^unknown flag (\S+), did you mean (?:one of )?(.+)\?$`), "there is no %s: did you mean %s?"},
	{regexp.MustCompile(`^unknown flag (\S+)$`), "there is no %s"},
	{regexp.MustCompile(`^unexpected argument (.+), did you mean (?:one of )?(.+)\?$`), "there is no command '%s': did you mean %s?"},
	{regexp.MustCompile(`^unexpected argument (.+)$`), "'%s' is neither a command nor an argument here"},
	{regexp.MustCompile(`^(\S+) must be one of (.+) but got "(.*)"$`), "%s: write one of %s, not '%s'"},
	{regexp.MustCompile(`^(\S+): expected a valid \d+ bit int but got "(.*)"$`), "%s %s: write a whole number"},
	{regexp.MustCompile(`^(\S+): expected a valid \d+ bit uint but got "(.*)"$`), "%s %s: write a whole number, 0 or more"},
	{regexp.MustCompile(`^(\S+): expected duration but got "(.*)": .*$`), "%s %s: write a time such as 30m or 24h"},
	{regexp.MustCompile(`^(\S+): bool value must be .* but got "(.*)"$`), "%s %s: write true or false, or the flag alone"},
	{regexp.MustCompile(`^(\S+): expected "<key>=<value>" but got "(.*)"$`), "%s %s: write NAME=TEXT"},
	{regexp.MustCompile(`^(\S+): expected .* value but got "EOL".*$`), "nothing follows %s: write its value"},
	{regexp.MustCompile(`^(\S+): expected .* value but got "(.*?)" .*$`), "%s needs a value before %s"},
	{regexp.MustCompile(`^(?:missing flags:|missing positional arguments|expected) "?(.+?)"?$`), "missing: %s"},
	{regexp.MustCompile(`^(\S+) and (\S+) can't be used together$`), "%s and %s do not go together"},
}

// wrongCommandLine says in the reader's language what kong says of a command line.
func wrongCommandLine(err error) error {
	text := err.Error()
	if parsing := new(kong.ParseError); errors.As(err, &parsing) && strings.HasPrefix(text, "expected one of ") {
		return console.Usagef("say which: %s", subcommands(parsing.Context))
	}
	for _, e := range kongErrors {
		groups := e.pattern.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		args := make([]any, len(groups)-1)
		for i, g := range groups[1:] {
			args[i] = readable(g)
		}
		return console.UsageError{Err: message.Errorf(string(e.says), args...)}
	}
	return console.UsageError{Err: err}
}

// subcommands lists the commands below the one that a command line names.
func subcommands(parsed *kong.Context) message.Text {
	node := parsed.Selected()
	if node == nil {
		node = parsed.Model.Node
	}
	var names []string
	for _, child := range node.Children {
		names = append(names, child.Name)
	}
	return message.Words(names...)
}

// readable writes what kong names without its quotes and brackets: "a","b" or <A> <B> as a list, [<A>] as A.
func readable(text string) message.Text {
	text = strings.Trim(strings.NewReplacer(`","`, ",", `", "`, ", ", "> <", ", ").Replace(text), `"[]<>,`)
	var parts []message.Text
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' }) {
		parts = append(parts, alternatives(strings.TrimSpace(part)))
	}
	return message.Join(", ", parts...)
}

// alternatives writes flags of which one is missing: --month=2026-10 or --quarter=2026-Q4.
func alternatives(part string) message.Text {
	one, other, found := strings.Cut(part, " or ")
	if !found {
		return message.Plain(part)
	}
	return message.New("%s or %s", one, other)
}
