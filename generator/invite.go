package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/durable"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/survey"
)

type inviteCommand struct {
	List     inviteListCommand     `cmd:"" help:"Check a list of people to invite: what is read from each column, and every fault."`
	Make     inviteMakeCommand     `cmd:"" help:"Make an invitation for each person of a list who has none yet."`
	Merge    inviteMergeCommand    `cmd:"" help:"Write a table with each person's link, for a mail merge."`
	Cards    inviteCardsCommand    `cmd:"" help:"Write cards with QR codes, to be printed and cut."`
	Send     inviteSendCommand     `cmd:"" help:"Send the invitations by e-mail, each once."`
	Remind   inviteRemindCommand   `cmd:"" help:"Remind those who have not answered yet, by e-mail."`
	Bounces  inviteBouncesCommand  `cmd:"" help:"Write down who could not be reached, from delivery reports and lists."`
	Status   inviteStatusCommand   `cmd:"" help:"Count what has become of invitations, or list whose are not used."`
	Withdraw inviteWithdrawCommand `cmd:"" help:"Take back invitations that have not been used."`
	Forget   inviteForgetCommand   `cmd:"" help:"Take somebody out of your file for good."`
	OptOut   inviteOptOutCommand   `cmd:"" name:"optout" help:"Keep the list of those who want no more mail."`
}

func (inviteCommand) Help() string {
	return `Invites people to a survey whose questionnaire says 'access: invited' or 'access: both', each by a link of their own that
can be used once. Links, QR codes and texts that are the same for everybody are in 'glasspoll share'.

The list stays with its owner: names, addresses and the secrets of the links are in a file beside the data, which only
its owner can read, or with --list in a directory on another machine. Where the answers are stored there is a hash of each
secret, the segments and what is known of its use.

Examples:

  glasspoll invite list service customers.xlsx
  glasspoll invite make service customers.xlsx --until 2026-12-31
  glasspoll invite send service
  glasspoll invite status service`
}

// inviteFlags name a survey's questionnaire, the store of its answers, and the files of whoever invites to it.
type inviteFlags struct {
	storeFlags
	Surveys string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	List    string `placeholder:"DIR" help:"The directory of your list: who has been invited, with the secrets of the links, and who wants no more mail. Default: the data directory; with --table, invitations."`
}

// linkFlags say how links and texts are made.
type linkFlags struct {
	Templates string `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	Address   string `placeholder:"URL" help:"Address of the site, such as https://example.com/surveys/. Default: that in theme.yaml beside the questionnaires."`
}

// base returns the address of the site, which links must begin with.
func (f linkFlags) base(c *console.Console, surveys string) (string, error) {
	if f.Address != "" {
		if _, err := invite.ParseBase(f.Address); err != nil {
			return "", console.Usagef("--address %s: %w", f.Address, err)
		}
	}
	base, err := siteBase(c, surveys, f.Address)
	if err == nil && base == invite.NoBase {
		err = console.Usagef("links need the site's address: %s", addressHint(surveys))
	}
	return base, err
}

// dir returns the directory of the owner's files.
func (f inviteFlags) dir() string {
	switch {
	case f.List != "":
		return f.List
	case f.Table != "":
		return "invitations"
	}
	return f.Data
}

// name returns the name of the file of a survey's invitees.
func (f inviteFlags) name(survey string) string { return ownerfile.InviteesName(f.dir(), survey) }

// optOuts returns the name of the file of those who want no more mail.
func (f inviteFlags) optOuts() string { return ownerfile.OptOutsName(f.dir()) }

// find reads the questionnaire of a survey to which people are invited.
func (f inviteFlags) find(c *console.Console, id string) (*survey.Survey, error) {
	s, err := findSurvey(c, f.Surveys, id)
	if err == nil && !s.HasInvitations() {
		err = message.Errorf("%s invites nobody: write 'access: invited' into its questionnaire, or 'access: both' if whoever has the address may answer too, and publish it. Links that are the same for everybody are in 'glasspoll share %s'", id, id)
	}
	return s, err
}

// inviting is what a command works with that changes something: a survey, the owner's record of its invitees, and the store of
// the answers.
type inviting struct {
	*ownerfile.Invitees
	survey *survey.Survey
	today  survey.Date // in its timezone
	store  storedInvitations
}

// openInvitees opens the owner's file of a survey and the store of its answers, which must know the survey. People must have been
// invited. The file must be closed.
func (f inviteFlags) openInvitees(ctx context.Context, c *console.Console, id string) (*inviting, error) {
	if err := f.wantInvitees(id); err != nil {
		return nil, err
	}
	s, err := f.find(c, id)
	if err != nil {
		return nil, err
	}
	return f.makeInvitees(ctx, c, s)
}

// wantInvitees returns an error if nobody has been invited.
func (f inviteFlags) wantInvitees(id string) error {
	_, err := os.Stat(f.name(id))
	if errors.Is(err, fs.ErrNotExist) {
		return message.Errorf("nobody has been invited to %s: there is no %s. Begin with 'glasspoll invite make', or name the directory of your list with --list DIR", id, f.name(id))
	}
	return err
}

// makeInvitees is openInvitees of a survey that has been found, and for the first who are invited, too.
func (f inviteFlags) makeInvitees(ctx context.Context, c *console.Console, s *survey.Survey) (i *inviting, err error) {
	i = &inviting{survey: s, today: s.DateAt(time.Now()), store: storedInvitations{f.storeFlags, c}}
	if err := i.store.knows(ctx, s); err != nil {
		return nil, err
	}
	if err := durable.MkdirAll(f.dir(), 0o700); err != nil {
		return nil, err
	}
	warn(c, f.dir())
	if i.Invitees, err = ownerfile.OpenInvitees(f.name(s.ID), s.ID, waiting(c, 10*time.Second)); err != nil {
		return nil, err
	}
	return i, nil
}

// waiting waits for a file that another command has open, and says so.
func waiting(c *console.Console, most time.Duration) ownerfile.Waiting {
	return ownerfile.Waiting{For: most, Tell: func(name string) {
		c.Print(c.Err, "%s is in use by another command: waiting for it, up to %d seconds", name, int(most.Seconds()))
	}}
}

// openOptOuts opens the file of those who want no more mail. All surveys share it, and each command has it open for a moment alone.
func (f inviteFlags) openOptOuts(c *console.Console) (*ownerfile.OptOuts, error) {
	return ownerfile.OpenOptOuts(f.optOuts(), waiting(c, time.Minute))
}

// readInvitees reads the owner's file of a survey and the list of those who want no more mail, also while another command changes
// them.
func (f inviteFlags) readInvitees(id string) (*invitees.Record, *invitees.OptOuts, error) {
	record, err := ownerfile.ReadInvitees(f.name(id), id)
	if err != nil {
		return nil, nil, err
	}
	out, err := ownerfile.ReadOptOuts(f.optOuts())
	return record, out, err
}

// warn warns of a place in which a list, or a file made of it, would be published, or handed on with a project.
func warn(c *console.Console, name string) {
	path, err := filepath.Abs(name)
	if err != nil {
		return
	}
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "public") {
		c.Print(c.Err, "Warning: %s is in a directory named public. What has links of people in it must never be on a website: choose another place.", name)
	}
	if root, tracked := tracking(path); tracked {
		c.Print(c.Err, "Warning: %s is in the git repository %s, and no .gitignore leaves it out. Whoever gets the repository gets the links of people in it: write %s into .gitignore.", name, root, ignoring(root, path))
	}
}

// ignoring returns the line of .gitignore that leaves a directory or file out.
func ignoring(root, path string) string {
	relative, err := filepath.Rel(root, path)
	if err != nil || relative == "." {
		return "*.invitations"
	}
	return "/" + filepath.ToSlash(relative)
}

// tracking returns the git repository that a directory or file is in, unless a .gitignore leaves it out in one of the plain ways. Others are
// not known: a warning too many is better than one too few.
func tracking(path string) (root string, tracked bool) {
	for root = path; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return "", false
		}
	}
	for at := path; ; at = filepath.Dir(at) {
		relative, err := filepath.Rel(at, path)
		if err == nil && ignores(filepath.Join(at, ".gitignore"), filepath.ToSlash(relative)) {
			return "", false
		}
		if at == root {
			return root, true
		}
	}
}

// ignores reports whether a .gitignore names a directory or file below it, a directory that it is in, or the files of lists.
func ignores(name, path string) bool {
	text, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	parts := strings.Split(path, "/")
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "*" || line == "*.invitations" {
			return true
		}
		bare := strings.Trim(line, "/")
		anchored := strings.Contains(strings.TrimSuffix(line, "/"), "/")
		if bare == "" || bare == "." {
			continue
		}
		named := func(part string) bool {
			matches, err := filepath.Match(bare, part)
			return err == nil && matches
		}
		if !anchored && slices.ContainsFunc(parts, named) || anchored && strings.HasPrefix(path+"/", bare+"/") {
			return true
		}
	}
	return false
}
