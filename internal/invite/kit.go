// Package invite makes what invites people to a survey: links, texts, QR codes and posters.
package invite

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

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

// Print writes links and texts for reading.
func (k *Kit) Print(w io.Writer) {
	s := k.survey
	fmt.Fprintf(w, "%s: %s\n", s.ID, s.Title.In(s.DefaultLanguage()))
	k.printLinks(w)
	k.printValues(w)
	for _, language := range s.Languages {
		k.printTexts(w, language)
	}
	for _, channel := range []string{mailChannel, textChannel} {
		if len(s.Channels) > 0 && !slices.Contains(s.Channels, channel) {
			fmt.Fprintf(w, "\nNo text for %s: the questionnaire's channels are %s.\n", channel, strings.Join(s.Channels, ", "))
		}
	}
}

func (k *Kit) printLinks(w io.Writer) {
	fmt.Fprint(w, "\nLinks\n")
	width := 0
	for _, r := range k.routes {
		width = max(width, len(r.name))
	}
	for _, r := range k.routes {
		name := r.name
		for _, language := range k.survey.Languages {
			fmt.Fprintf(w, "  %-*s  %s  %s\n", width, name, language, k.link(r, language))
			name = ""
		}
		if r.hint != "" {
			fmt.Fprintf(w, "  %-*s  (%s)\n", width, "", r.hint)
		}
	}
}

// printValues explains which answers to hidden questions links can carry.
func (k *Kit) printValues(w io.Writer) {
	s := k.survey
	headed := false
	for q := range hiddenIn(s) {
		if !headed {
			fmt.Fprintln(w, "\nValues that links bring")
			headed = true
		}
		value := accepts(s, q.ID)
		if len(q.Options) > 0 {
			value = "one of " + value
		}
		if v, given := k.values[q.ID]; given {
			value = v + ", in every link above"
		}
		fmt.Fprintf(w, "  %s: %s (%s)\n", q.ID, value, q.Label.In(s.DefaultLanguage()))
	}
	for _, name := range []string{mailChannel, textChannel, linkRoute} {
		r, ok := k.route(name)
		if !ok {
			continue
		}
		if personal := r.personal(k.base, s, s.DefaultLanguage(), k.values); personal != "" {
			fmt.Fprintf(w, "  Each person's own, filled in and percent-encoded by a mailing program; the same for all with --value NAME=TEXT:\n  %s\n", personal)
			return
		}
	}
}

func (k *Kit) printTexts(w io.Writer, language string) {
	v := k.writer.invite(k.survey, language)
	if mail, ok := k.route(mailChannel, linkRoute); ok {
		fmt.Fprintf(w, "\nE-mail, %s (subject, then text)\n  %s\n\n%s", language, v.subject(), indent(v.mail(k.link(mail, language))))
	}
	if text, ok := k.route(textChannel, linkRoute); ok {
		message := v.text(k.link(text, language))
		size := "with the site's address it can be counted"
		if k.base != NoBase {
			size = measureSMS(message).String()
		}
		fmt.Fprintf(w, "\nText message, %s (%s)\n%s", language, size, indent(message+"\n"))
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
