package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/durable"
	"glasspoll/internal/invite"
	"glasspoll/internal/message"
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
	Value     map[string]string `placeholder:"NAME=TEXT" mapsep:"none" help:"The answer to a hidden question that every link carries, such as tier=key. May be repeated."`
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

Where a questionnaire has questions of the type hidden, links can carry their answers: the same for everybody with
--value, or each person's own from a mailing program, for which a pattern is printed.

Links begin with the address that theme.yaml beside the questionnaires says (address: https://…), or with --address.

Examples:

  glasspoll share service
  glasspoll share service --out invitations
  glasspoll share service --address https://example.com/surveys/ --value tier=key`
}

func (k shareCommand) Run(c *console.Console) error {
	if k.Address != "" {
		if _, err := invite.ParseBase(k.Address); err != nil {
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
	if base == invite.NoBase && k.Out != "" {
		return console.Usagef("--out: QR codes and texts need the site's address: %s", k.addressHint())
	}
	if err := invite.CheckValues(s, k.Value); err != nil {
		return console.UsageError{Err: err}
	}
	templates, err := project.Templates(k.Templates)
	if err != nil {
		return err
	}
	kit, err := invite.NewKit(templates, s, base, k.Value)
	if err != nil {
		return err
	}
	kit.Print(c.Out, c.Language)
	if k.Out != "" {
		files, err := kit.Files()
		if err == nil {
			err = writeFiles(k.Out, files)
		}
		if err != nil {
			return err
		}
		c.Print(c.Out, "\n%s in %s", message.Count(len(files), "file"), k.Out)
	}
	if base == invite.NoBase {
		c.Print(c.Err, "These links begin with … in place of the site's address. For whole links, QR codes and files, %s.", k.addressHint())
	}
	switch {
	case !s.IsOpenToAll():
		c.Print(c.Err, "Note: %s takes answers by invitation alone, and these links lead to a page that says so. Links of their own are made with 'glasspoll invite'.", s.ID)
	case s.HasInvitations() && len(k.Value) > 0:
		c.Print(c.Err, "Note: %s takes the answers to hidden questions from invitations alone, not from these links.", s.ID)
	}
	if open, early := s.OpenAt(time.Now()); !open && early {
		c.Print(c.Err, "Note: %s takes answers from %s on.", s.ID, s.Window.From)
	} else if !open {
		c.Print(c.Err, "Note: %s closed on %s, and takes no answers any more.", s.ID, s.Window.Until)
	}
	return nil
}

// find reads the survey to invite to.
func (k shareCommand) find(c *console.Console) (*survey.Survey, error) {
	return findSurvey(c, k.Surveys, k.ID)
}

// base returns the address that links begin with.
func (k shareCommand) base(c *console.Console) (string, error) {
	return siteBase(c, k.Surveys, k.Address)
}

// addressHint names the two ways to give the site's address.
func (k shareCommand) addressHint() message.Text { return addressHint(k.Surveys) }

// siteBase returns the address of the site: the given one, or else that of the theme beside the questionnaires.
func siteBase(c *console.Console, surveys, given string) (string, error) {
	if given != "" {
		return invite.ParseBase(given)
	}
	file := filepath.Join(surveys, theme.File)
	t, problems, err := theme.Read(os.DirFS(surveys), file)
	switch {
	case err != nil:
		return "", err
	case len(problems) > 0: // the address may be wrong, and a site is not built before the rest is repaired
		c.Problems(problems)
		return "", console.ErrProblems
	case t.Address == "":
		return invite.NoBase, nil
	}
	base, err := invite.ParseBase(t.Address)
	if err != nil {
		return "", message.Errorf("%s: address %s: %w", file, t.Address, err)
	}
	return base, nil
}

// addressHint names the two ways to give the address of a site.
func addressHint(surveys string) message.Text {
	return message.New("write 'address: https://…' into %s, or use --address https://…", filepath.Join(surveys, theme.File))
}

// findSurvey reads a survey of a directory. Mistakes in other questionnaires do not matter.
func findSurvey(c *console.Console, dir, id string) (*survey.Survey, error) {
	library := project.NewLibrary(dir)
	surveys, problems, err := library.Read()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range surveys {
		if s.ID == id {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	for _, f := range library.Questionnaires() {
		if slices.Contains(f.IDs(), id) {
			own := slices.DeleteFunc(slices.Clone(problems), func(p questionnaire.Problem) bool { return p.File != f.Path })
			if len(own) > 0 {
				c.Problems(own)
				return nil, console.ErrProblems
			}
		}
	}
	if len(ids) == 0 {
		return nil, message.Errorf("there is no survey %s in %s: there are none without mistakes", id, dir)
	}
	return nil, message.Errorf("there is no survey %s in %s: there are %s", id, dir, strings.Join(ids, ", "))
}

// writeFiles writes files into a directory, which is made if it does not exist.
func writeFiles(dir string, files map[string][]byte) error {
	if err := durable.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := durable.WriteFile(filepath.Join(dir, name), files[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}
