package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

type shareCommand struct {
	Surveys   string            `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Templates string            `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name: share/en.yaml has the texts."`
	Address   string            `placeholder:"URL" help:"Address of the site, such as https://example.com/surveys/. Default: that in theme.yaml beside the questionnaires. QR codes and files need one."`
	Out       string            `placeholder:"DIR" help:"Where to write QR codes, texts and posters. Default: nothing is written."`
	Value     map[string]string `placeholder:"NAME=TEXT" mapsep:"none" help:"What a hidden question gets from every link, such as tier=key. May be repeated."`
	ID        string            `arg:"" name:"ID" help:"The survey to invite to."`
}

func (shareCommand) Help() string {
	return `Prints all that is needed to invite people to a survey, in each of its languages: a link for each channel of its
questionnaire, so that answers are counted by channel; a link for a kiosk and for staff at the telephone; the text of an
e-mail; and a text message, with how many segments it takes.

--out DIR also writes them as files, which another run replaces:

  ID.links.csv                         every link
  ID.CHANNEL.LANGUAGE.svg and .png     QR codes
  ID.email.LANGUAGE.txt                subject, empty line, text
  ID.sms.LANGUAGE.txt                  text message
  ID.poster.LANGUAGE.html              a page of A4, to be printed from the browser

Where a questionnaire has questions of the type hidden, links can bring their answers: the same for everybody with
--value, or each person's own by a mailing program, for which a pattern is printed.

Links begin with the address that theme.yaml beside the questionnaires says (address: https://…), or with --address.

Examples:

  glasspoll share service
  glasspoll share service --out invitations
  glasspoll share service --address https://example.com/surveys/ --value tier=key`
}

// noBase stands for the site's address where that is not said.
const noBase = "…/"

func (k shareCommand) Run(c *console.Console) error {
	if k.Address != "" {
		if _, err := readBase(k.Address); err != nil {
			return console.Usagef("--address %s: %w", k.Address, err)
		}
	}
	s, err := k.find(c)
	if err != nil {
		return err
	}
	base, err := k.base(c)
	if err != nil {
		return err
	}
	if base == noBase && k.Out != "" {
		return console.Usagef("--out: QR codes and texts need the site's address: %s", k.howToSay())
	}
	if err := checkValues(s, k.Value); err != nil {
		return console.UsageError{Err: err}
	}
	templates, err := project.Templates(k.Templates)
	if err != nil {
		return err
	}
	inviter, err := newInviter(templates)
	if err != nil {
		return err
	}
	m := material{base: base, survey: s, values: k.Value, ways: waysTo(s, k.Value), inviter: inviter}
	m.print(c.Out)
	if k.Out != "" {
		files, err := m.files()
		if err == nil {
			err = writeFiles(k.Out, files)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "\n%s in %s\n", console.Count(len(files), "file"), k.Out)
	}
	if base == noBase {
		fmt.Fprintf(c.Err, "These links begin with … in place of the site's address. For whole links, QR codes and files, %s.\n", k.howToSay())
	}
	if open, early := s.OpenAt(time.Now()); !open && early {
		fmt.Fprintf(c.Err, "Note: %s takes answers from %s on.\n", s.ID, s.Window.From)
	} else if !open {
		fmt.Fprintf(c.Err, "Note: %s closed on %s, and takes no answers any more.\n", s.ID, s.Window.Until)
	}
	return nil
}

// base is the address that links begin with: the one that was given, or else the one that the site's theme says.
func (k shareCommand) base(c *console.Console) (string, error) {
	if k.Address != "" {
		return readBase(k.Address)
	}
	file := filepath.Join(k.Surveys, theme.File)
	look, problems, err := theme.Read(os.DirFS(k.Surveys), file)
	switch {
	case err != nil:
		return "", err
	case len(problems) > 0: // the address may be among what is wrong, and there is no site without mending the rest
		console.Problems(c.Err, problems)
		return "", console.ErrProblems
	case look.Address == "":
		return noBase, nil
	}
	base, err := readBase(look.Address)
	if err != nil {
		return "", fmt.Errorf("%s: address %s: %w", file, look.Address, err)
	}
	return base, nil
}

// howToSay tells the two ways to make the site's address known.
func (k shareCommand) howToSay() string {
	return fmt.Sprintf("write 'address: https://…' into %s, or say it with --address https://…", filepath.Join(k.Surveys, theme.File))
}

// find reads the survey that is meant. Mistakes in other questionnaires are no matter here.
func (k shareCommand) find(c *console.Console) (*survey.Survey, error) {
	library := project.NewLibrary(k.Surveys)
	surveys, problems, err := library.Read()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range surveys {
		if s.ID == k.ID {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	for _, f := range library.Questionnaires() {
		if slices.Contains(f.IDs(), k.ID) {
			own := slices.DeleteFunc(slices.Clone(problems), func(p questionnaire.Problem) bool { return p.File != f.Path })
			if len(own) > 0 {
				console.Problems(c.Err, own)
				return nil, console.ErrProblems
			}
		}
	}
	there := "none without mistakes"
	if len(ids) > 0 {
		there = strings.Join(ids, ", ")
	}
	return nil, fmt.Errorf("there is no survey %s in %s: there are %s", k.ID, k.Surveys, there)
}

// material is everything that invites to one survey.
type material struct {
	base    string
	survey  *survey.Survey
	values  map[string]string
	ways    []way
	inviter *inviter
}

// by finds the first of some ways that there is.
func (m material) by(names ...string) (way, bool) {
	for _, name := range names {
		if i := slices.IndexFunc(m.ways, func(w way) bool { return w.Name == name }); i >= 0 {
			return m.ways[i], true
		}
	}
	return way{}, false
}

func (m material) print(w io.Writer) {
	s := m.survey
	fmt.Fprintf(w, "%s: %s\n\nLinks\n", s.ID, s.Title.In(s.DefaultLanguage()))
	wide := 0
	for _, one := range m.ways {
		wide = max(wide, len(one.Name))
	}
	for _, one := range m.ways {
		name := one.Name
		for _, language := range s.Languages {
			fmt.Fprintf(w, "  %-*s  %s  %s\n", wide, name, language, one.link(m.base, s, language))
			name = ""
		}
		if one.Hint != "" {
			fmt.Fprintf(w, "  %-*s  (%s)\n", wide, "", one.Hint)
		}
	}
	m.printValues(w)
	mail, mailed := m.by(mailChannel, "link")
	text, texted := m.by(textChannel, "link")
	for _, language := range s.Languages {
		v := m.inviter.invite(s, language)
		if mailed {
			fmt.Fprintf(w, "\nE-mail, %s (subject, then text)\n  %s\n\n%s", language, v.subject(), indented(v.mail(mail.link(m.base, s, language))))
		}
		if texted {
			message := v.text(text.link(m.base, s, language))
			size := "with the site's address it can be counted"
			if m.base != noBase {
				size = lengthOf(message).String()
			}
			fmt.Fprintf(w, "\nText message, %s (%s)\n%s", language, size, indented(message+"\n"))
		}
	}
	for _, channel := range []string{mailChannel, textChannel} {
		if len(s.Channels) > 0 && !slices.Contains(s.Channels, channel) {
			fmt.Fprintf(w, "\nNo text for %s: the questionnaire's channels are %s.\n", channel, strings.Join(s.Channels, ", "))
		}
	}
}

// printValues explains what else links can bring.
func (m material) printValues(w io.Writer) {
	s := m.survey
	named := false
	for q := range hiddenIn(s) {
		if !named {
			fmt.Fprintln(w, "\nValues that links bring")
			named = true
		}
		value := "one of " + takes(s, q.ID)
		if len(q.Options) == 0 {
			value = takes(s, q.ID)
		}
		if v, given := m.values[q.ID]; given {
			value = v + ", in every link above"
		}
		fmt.Fprintf(w, "  %s: %s (%s)\n", q.ID, value, q.Label.In(s.DefaultLanguage()))
	}
	for _, name := range []string{mailChannel, textChannel, "link"} {
		one, ok := m.by(name)
		if !ok {
			continue
		}
		if personal := one.personal(m.base, s, s.DefaultLanguage(), m.values); personal != "" {
			fmt.Fprintf(w, "  Each person's own, filled in and percent-encoded by a mailing program; the same for all with --value NAME=TEXT:\n  %s\n", personal)
			return
		}
	}
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// files are what --out writes, by name.
func (m material) files() (map[string][]byte, error) {
	s := m.survey
	files := map[string][]byte{}
	var links strings.Builder
	table := csv.NewWriter(&links)
	table.Write([]string{"survey", "way", "language", "link"})
	mail, mailed := m.by(mailChannel, "link")
	text, texted := m.by(textChannel, "link")
	wall, _ := m.by("poster", onsiteChannel, "web", m.ways[0].Name)
	for _, language := range s.Languages {
		v := m.inviter.invite(s, language)
		name := func(kind, ending string) string { return s.ID + "." + kind + "." + language + "." + ending }
		for _, one := range m.ways {
			link := one.link(m.base, s, language)
			table.Write([]string{s.ID, one.Name, language, link})
			code, err := codeOf(link)
			if err != nil {
				return nil, err
			}
			files[name(one.Name, "svg")] = code.svg()
			if files[name(one.Name, "png")], err = code.png(); err != nil {
				return nil, err
			}
			if one.Name == wall.Name {
				if files[name("poster", "html")], err = v.print(link, code); err != nil {
					return nil, err
				}
			}
		}
		if mailed {
			files[name(mailChannel, "txt")] = []byte(v.subject() + "\n\n" + v.mail(mail.link(m.base, s, language)))
		}
		if texted {
			files[name(textChannel, "txt")] = []byte(v.text(text.link(m.base, s, language)) + "\n")
		}
	}
	table.Flush() // into memory: there is no error
	files[s.ID+".links.csv"] = []byte(links.String())
	return files, nil
}

func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}
