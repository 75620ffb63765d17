package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

const helpWidth = 80 // columns

// printHelp returns the printer of help in a language. English is kong's own; its lines are filled by words, which Chinese does
// not have.
func printHelp(language string) kong.HelpPrinter {
	if !message.IsChinese(language) {
		return kong.DefaultHelpPrinter
	}
	return func(_ kong.HelpOptions, ctx *kong.Context) error {
		node := ctx.Selected()
		if node == nil {
			node = ctx.Model.Node
		}
		h := helpPage{language: language}
		h.node(node)
		_, err := io.WriteString(ctx.Stdout, h.String())
		return err
	}
}

// A helpPage is the help of a command in a language without spaces between words.
type helpPage struct {
	strings.Builder
	language string
}

func (h *helpPage) in(text message.Text) string { return text.In(h.language) }

func (h *helpPage) line(indent, text string) {
	fmt.Fprintln(h, strings.TrimRight(indent+text, " "))
}

func (h *helpPage) node(node *kong.Node) {
	summary := strings.NewReplacer("<command>", h.in(message.New("<command>")), "[flags]", h.in(message.New("[flags]"))).Replace(node.Summary())
	name := node.FullPath()
	if node.Type == kong.ApplicationNode {
		summary = name + summary
	} else {
		summary = strings.TrimSuffix(name, node.Path()) + summary
	}
	h.line("", h.in(message.New("Usage: %s", summary)))
	for _, text := range []string{node.Help, node.Detail} {
		h.paragraphs(text)
	}
	var rows [][2]string
	for _, p := range node.Positional {
		rows = append(rows, [2]string{p.Summary(), h.value(p)})
	}
	h.rows(message.New("Arguments:"), rows)
	rows = nil
	for i, group := range node.AllFlags(true) {
		if i > 0 {
			rows = append(rows, [2]string{})
		}
		for _, flag := range group {
			rows = append(rows, [2]string{h.flag(flag), h.value(flag.Value)})
		}
	}
	h.rows(message.New("Flags:"), rows)
	rows = nil
	for _, command := range node.Leaves(true) {
		rows = append(rows, [2]string{command.Path(), h.translated(command.Help)})
	}
	h.rows(message.New("Commands:"), rows)
	if node.Type == kong.ApplicationNode {
		h.line("", "")
		h.line("", h.in(message.New(`Run "%s <command> --help" for more information on a command.`, node.Name)))
	}
}

// flag returns a flag as it is written.
func (h *helpPage) flag(flag *kong.Flag) string {
	name := "    --" + flag.Name
	if flag.Short != 0 {
		name = "-" + string(flag.Short) + ", --" + flag.Name
	}
	if !flag.IsBool() {
		name += "=" + flag.FormatPlaceHolder()
	}
	return name
}

const defaultSentence = " Default: ${default}."

// value returns the help of a flag or argument.
func (h *helpPage) value(v *kong.Value) string {
	help, hasDefault := strings.CutSuffix(v.OrigHelp, defaultSentence)
	text := h.translated(help)
	if hasDefault {
		text += h.in(message.New(" Default: %s.", v.Default))
	}
	return text
}

// translated returns a text of the help: an entry of the catalogue.
func (h *helpPage) translated(text string) string { return h.in(message.Key(text).Text()) }

// paragraphs prints a text. Each of its paragraphs is an entry of the catalogue, as one line, or an example.
func (h *helpPage) paragraphs(text string) {
	for _, p := range helpParagraphs(text) {
		h.line("", "")
		p = h.translated(p)
		if !strings.HasPrefix(p, " ") {
			h.lines("", wrap(p, helpWidth))
			continue
		}
		h.lines("  ", strings.Split(p, "\n"))
	}
}

// helpParagraphs splits a text into paragraphs of one line, and examples as they are.
func helpParagraphs(text string) []string {
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n\n")
	for i, p := range all {
		if !strings.HasPrefix(p, " ") {
			all[i] = strings.ReplaceAll(p, "\n", " ")
		}
	}
	return all
}

func (h *helpPage) lines(indent string, lines []string) {
	for _, l := range lines {
		h.line(indent, l)
	}
}

// rows prints two columns below a heading, if there are any.
func (h *helpPage) rows(heading message.Text, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	h.line("", "")
	h.line("", h.in(heading))
	width := 0
	for _, r := range rows {
		width = max(width, console.Columns(r[0]))
	}
	for _, r := range rows {
		for i, l := range wrap(r[1], helpWidth-width-6) {
			left := r[0]
			if i > 0 {
				left = ""
			}
			h.line("  ", left+strings.Repeat(" ", width-console.Columns(left)+4)+l)
		}
	}
}

// wrap breaks a text into lines of at most so many columns: at spaces, and beside Chinese characters, but not before a mark
// that closes something.
func wrap(text string, width int) []string {
	var lines []string
	line, rest := "", text
	for rest != "" {
		piece := rest[:pieceEnd(rest)]
		rest = rest[len(piece):]
		if console.Columns(line)+console.Columns(strings.TrimRight(piece, " ")) > width && line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += piece
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieceEnd returns the length of the first part of a text that is never broken.
func pieceEnd(text string) int {
	runes := []rune(text)
	end := 1
	for end < len(runes) && !mayBreak(runes[end-1], runes[end]) {
		end++
	}
	return len(string(runes[:end]))
}

func mayBreak(before, after rune) bool {
	const opening, closing = "（“《【", "，。；：！？）”》】、…"
	switch {
	case slices.Contains([]rune(closing), after) || slices.Contains([]rune(opening), before) || after == ' ':
		return false
	case before == ' ':
		return true
	}
	wide := func(c rune) bool {
		return unicode.Is(unicode.Han, c) || slices.Contains([]rune(opening+closing), c)
	}
	return wide(before) || wide(after)
}
