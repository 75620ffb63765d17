package main

import (
	"slices"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// askedLanguage returns the value of --language in a command line; "" if there is none. Help and wrong usage are in that
// language too, so it is read before the rest is understood.
func askedLanguage(args []string) string {
	for i, arg := range args {
		switch value, found := strings.CutPrefix(arg, "--language="); {
		case arg == "--":
			return ""
		case found:
			return value
		case arg == "--language" && i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// setLanguage sets the language of a console from the command line or, without a known one there, from the environment.
func setLanguage(c *console.Console, args []string, getenv func(string) string) {
	c.Asked = askedLanguage(args)
	switch {
	case message.IsChinese(c.Asked):
		c.Language = message.Chinese
	case c.Asked == message.English:
		c.Language = message.English
	default:
		c.Language = console.LanguageOf(getenv)
	}
}

// checkLanguage refuses a language that messages do not have, except with the commands whose output is in one of a survey's
// languages.
func checkLanguage(c *console.Console, command []string) error {
	in := strings.Join(command, " ")
	if c.Asked == "" || c.Asked == message.English || message.IsChinese(c.Asked) || slices.Contains([]string{"report", "results export", "results report", "results charts", "results pdf", "results workbook"}, in) {
		return nil
	}
	return console.Usagef("--language %s: write zh or en", c.Asked)
}
