// Package invite makes what invites people to a survey: links, texts, QR codes and posters; and what each invitee gets: tables for
// a mailing program, and cards.
package invite

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
)

// NoBase stands for the site's address if that is not known.
const NoBase = "…/"

// Kit is everything that invites people to one survey.
type Kit struct {
	base   string
	survey *survey.Survey
	values map[string]string
	routes []route
	writer *writer
}

// NewKit returns what invites people to a survey on the site whose address is base, which ends with a slash. values are
// answers to hidden questions that every link carries.
func NewKit(templates fs.FS, s *survey.Survey, base string, values map[string]string) (*Kit, error) {
	w, err := newWriter(templates)
	if err != nil {
		return nil, err
	}
	return &Kit{base: base, survey: s, values: values, routes: routesTo(s, values), writer: w}, nil
}

// route finds the first of several routes that exists.
func (k *Kit) route(names ...string) (route, bool) {
	for _, name := range names {
		if i := slices.IndexFunc(k.routes, func(r route) bool { return r.name == name }); i >= 0 {
			return k.routes[i], true
		}
	}
	return route{}, false
}

func (k *Kit) link(r route, language string) string { return r.link(k.base, k.survey, language) }

// Print writes links and texts for reading, with explanations in a language.
func (k *Kit) Print(w io.Writer, language string) {
	s := k.survey
	p := &printer{Kit: k, w: w, language: language}
	fmt.Fprintf(w, "%s: %s\n", s.ID, s.Title.In(s.DefaultLanguage()))
	p.printLinks()
	p.printValues()
	for _, language := range s.Languages {
		p.printTexts(language)
	}
	for _, channel := range []string{mailChannel, textChannel} {
		if len(s.Channels) > 0 && !slices.Contains(s.Channels, channel) {
			p.line("\nNo text for %s: the questionnaire's channels are %s.", channel, strings.Join(s.Channels, ", "))
		}
	}
}

// A printer prints a kit.
type printer struct {
	*Kit
	w        io.Writer
	language string // of explanations
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintln(p.w, message.New(format, args...).In(p.language))
}

func (p *printer) printLinks() {
	p.line("\nLinks")
	width := 0
	for _, r := range p.routes {
		width = max(width, len(r.name))
	}
	for _, r := range p.routes {
		name := r.name
		for _, language := range p.survey.Languages {
			fmt.Fprintf(p.w, "  %-*s  %s  %s\n", width, name, language, p.link(r, language))
			name = ""
		}
		if r.hint != "" {
			p.line("  %s  (%s)", strings.Repeat(" ", width), r.hint)
		}
	}
}

// printValues explains which answers to hidden questions links can carry.
func (p *printer) printValues() {
	s := p.survey
	headed := false
	for q := range hiddenIn(s) {
		if !headed {
			p.line("\nValues that links bring")
			headed = true
		}
		value := accepts(s, q.ID)
		if len(q.Options) > 0 {
			value = message.New("one of %s", value)
		}
		if v, given := p.values[q.ID]; given {
			value = message.New("%s, in every link above", v)
		}
		p.line("  %s: %s (%s)", q.ID, value, q.Label.In(s.DefaultLanguage()))
	}
	for _, name := range []string{mailChannel, textChannel, linkRoute} {
		r, ok := p.route(name)
		if !ok {
			continue
		}
		if personal := r.personal(p.base, s, s.DefaultLanguage(), p.values); personal != "" {
			p.line("  Each person's own, filled in and percent-encoded by a mailing program; the same for all with --value NAME=TEXT:\n  %s", personal)
			return
		}
	}
}

func (p *printer) printTexts(language string) {
	v := p.writer.invite(p.survey, language)
	if mail, ok := p.route(mailChannel, linkRoute); ok {
		p.line("\nE-mail, %s (subject, then text)\n  %s\n", language, v.subject())
		io.WriteString(p.w, indent(v.mail(p.link(mail, language))))
	}
	if text, ok := p.route(textChannel, linkRoute); ok {
		sms := v.text(p.link(text, language))
		size := message.New("with the site's address it can be counted")
		if p.base != NoBase {
			size = measureSMS(sms).text()
		}
		p.line("\nText message, %s (%s)", language, size)
		io.WriteString(p.w, indent(sms+"\n"))
	}
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// Files returns links, QR codes, texts and posters as files, by name.
func (k *Kit) Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	var links strings.Builder
	table := spreadsheet.NewWriter(&links)
	table.Write([]string{"survey", "way", "language", "link"})
	for _, language := range k.survey.Languages {
		for _, r := range k.routes {
			table.Write([]string{k.survey.ID, r.name, language, k.link(r, language)})
		}
		if err := k.addCodes(files, language); err != nil {
			return nil, err
		}
		k.addTexts(files, language)
	}
	table.Flush() // to memory: cannot fail
	files[k.survey.ID+".links.csv"] = []byte(links.String())
	return files, nil
}

func (k *Kit) fileName(kind, language, ending string) string {
	return k.survey.ID + "." + kind + "." + language + "." + ending
}

// addCodes adds a QR code of each route, and the poster with one of them.
func (k *Kit) addCodes(files map[string][]byte, language string) error {
	onPoster, _ := k.route("poster", onsiteChannel, "web", k.routes[0].name)
	for _, r := range k.routes {
		link := k.link(r, language)
		code, err := encodeQR(link)
		if err != nil {
			return err
		}
		files[k.fileName(r.name, language, "svg")] = code.svg()
		if files[k.fileName(r.name, language, "png")], err = code.png(); err != nil {
			return err
		}
		if r.name == onPoster.name {
			if files[k.fileName("poster", language, "html")], err = k.writer.invite(k.survey, language).printable(link, code); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *Kit) addTexts(files map[string][]byte, language string) {
	v := k.writer.invite(k.survey, language)
	if mail, ok := k.route(mailChannel, linkRoute); ok {
		files[k.fileName(mailChannel, language, "txt")] = []byte(v.subject() + "\n\n" + v.mail(k.link(mail, language)))
	}
	if text, ok := k.route(textChannel, linkRoute); ok {
		files[k.fileName(textChannel, language, "txt")] = []byte(v.text(k.link(text, language)) + "\n")
	}
}
