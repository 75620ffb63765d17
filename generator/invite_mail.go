package main

import (
	"context"
	"errors"
	"iter"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/durable"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/project"
	"glasspoll/internal/survey"
)

// mailFlags say how e-mail is sent.
type mailFlags struct {
	inviteFlags
	linkFlags
	SMTP             string `name:"smtp" placeholder:"URL" help:"The mail server: smtp://NAME@HOST for port 587 with STARTTLS, smtps://NAME@HOST for port 465. Default: the environment variable GLASSPOLL_SMTP."`
	SMTPPasswordFile string `name:"smtp-password-file" placeholder:"FILE" help:"File with the password for the mail server. Default: the environment variable GLASSPOLL_SMTP_PASSWORD."`
	From             string `placeholder:"ADDRESS" help:"Who sends: li@example.com, or 'Li <li@example.com>'. Default: the survey's contact."`
	ReplyTo          string `placeholder:"ADDRESS" help:"Where answers to the e-mail go. Default: the survey's contact."`
	ReturnPath       string `placeholder:"ADDRESS" help:"Where e-mail comes back that cannot be delivered. A * in it becomes a mark of the message, such as bounces+*@example.com. Default: who sends."`
	Unsubscribe      string `placeholder:"ADDRESS" help:"An address to which people may write to get no more e-mail, besides the link. Default: none."`
	Batch            string `placeholder:"NAME" help:"Only the invitations of this batch. Default: all."`
	Channel          string `placeholder:"NAME" help:"Only those of this channel. Default: those of the channel email, and those without one."`
	Rate             string `placeholder:"N/min" default:"60/min" help:"How many to send at most: N/s, N/min or N/h. Default: ${default}."`
	Again            bool   `help:"Also to those who may have got it already, when the sending was cut off."`
	DryRun           bool   `help:"Say what would be sent, and sign in at the mail server if one is named; send nothing."`
	Preview          string `placeholder:"FILE" help:"Write a sample in each language to FILE.LANGUAGE.eml and .html; send nothing."`
	ToMe             string `placeholder:"ADDRESS" help:"Send a sample in each language to yourself, and nothing else. Its links are made up."`
	ID               string `arg:"" name:"SURVEY" help:"The survey."`
}

const (
	serverVariable   = "GLASSPOLL_SMTP"
	passwordVariable = "GLASSPOLL_SMTP_PASSWORD"
)

// server returns the mail server that the flags or the environment name; nil if none is.
func (f mailFlags) server(getenv func(string) string) (*mailing.Server, error) {
	address, password := f.SMTP, getenv(passwordVariable)
	if address == "" {
		address = getenv(serverVariable)
	}
	if f.SMTPPasswordFile != "" {
		content, err := os.ReadFile(f.SMTPPasswordFile)
		if err != nil {
			return nil, message.Errorf("--smtp-password-file: %w", err)
		}
		password = strings.TrimRight(string(content), "\r\n")
	}
	if address == "" {
		return nil, nil
	}
	server, err := mailing.ParseServer(address, password)
	if err != nil {
		return nil, console.UsageError{Err: err}
	}
	return server, nil
}

// wantServer returns the mail server, which must be named.
func (f mailFlags) wantServer() (*mailing.Server, error) {
	server, err := f.server(os.Getenv)
	if err == nil && server == nil {
		err = console.Usagef("no mail server is named: write --smtp smtp://NAME@HOST, or set %s; the password goes into %s or a file (--smtp-password-file)", serverVariable, passwordVariable)
	}
	return server, err
}

// composer returns what makes the messages to the invitees of a survey.
func (f mailFlags) composer(c *console.Console, s *survey.Survey) (*mailing.Composer, *invite.Personal, error) {
	base, err := f.base(c, f.Surveys)
	if err != nil {
		return nil, nil, err
	}
	templates, err := project.Templates(f.Templates)
	if err != nil {
		return nil, nil, err
	}
	letters, err := invite.NewPersonal(templates, s, base)
	if err != nil {
		return nil, nil, err
	}
	h := mailing.Headers{ReplyTo: f.ReplyTo, ReturnPath: f.ReturnPath, Unsubscribe: f.Unsubscribe}
	if s.Contact != nil {
		h.From.Address = s.Contact.Email
		if h.ReplyTo == "" {
			h.ReplyTo = s.Contact.Email
		}
	}
	if f.From != "" {
		from, err := mail.ParseAddress(f.From)
		if err != nil {
			return nil, nil, console.Usagef("--from %s: write an address such as li@example.com", message.Quoted(f.From))
		}
		h.From = *from
	}
	composer, err := mailing.NewComposer(templates, letters, h)
	return composer, letters, err
}

var rate = regexp.MustCompile(`^([0-9]{1,6})(?:/(s|min|h))?$`)

// pace returns the time between two messages.
func (f mailFlags) pace() (time.Duration, error) {
	parts := rate.FindStringSubmatch(f.Rate)
	if parts == nil || strings.Trim(parts[1], "0") == "" {
		return 0, console.Usagef("--rate %s: write a number a minute, such as 60/min, or 2/s, or 500/h", f.Rate)
	}
	n, _ := strconv.Atoi(parts[1]) // of digits
	unit := map[string]time.Duration{"s": time.Second, "": time.Minute, "min": time.Minute, "h": time.Hour}[parts[2]]
	return unit / time.Duration(n), nil
}

// A chooser says who of a record is sent a message.
type chooser func(choice *mailing.Choice, r *invitees.Record) []mailing.Task

// send does what the flags say with the messages of a name to those whom choose returns.
func (f mailFlags) send(ctx context.Context, c *console.Console, name string, choose chooser) error {
	pace, err := f.pace()
	if err != nil {
		return err
	}
	s, err := f.find(c, f.ID)
	if err == nil {
		err = checkChannel(s, f.Channel)
	}
	if err != nil {
		return err
	}
	composer, letters, err := f.composer(c, s)
	if err != nil {
		return err
	}
	switch {
	case f.Preview != "":
		return f.preview(c, composer, s, name)
	case f.ToMe != "":
		return f.sendSamples(ctx, c, composer, s, name)
	case f.DryRun:
		return f.dryRun(ctx, c, letters, s, name, choose)
	}
	server, err := f.wantServer()
	if err != nil {
		return err
	}
	if err := f.wantInvitees(f.ID); err != nil {
		return err
	}
	work, err := f.makeInvitees(ctx, c, s)
	if err != nil {
		return err
	}
	defer work.Close()
	if err := work.wantInForce(ctx); err != nil {
		return err
	}
	if err := f.noteStops(ctx, c, work); err != nil {
		return err
	}
	choice, err := f.choice(s, work.Record)
	if err != nil {
		return err
	}
	tasks := choose(choice, work.Record)
	m := &mailRun{Console: c, flags: f, survey: s, reminds: name == mailing.Reminder}
	m.begin(choice, len(tasks), pace)
	if len(tasks) == 0 {
		return nil
	}
	stored, err := f.openStore(ctx, c)
	if err != nil {
		return err
	}
	sender := &mailing.Sender{
		Server: server, Composer: composer, Today: s.DateAt, Write: work.Write, OptOuts: f.optOutReader(), Invitations: stored,
		Stopped: m.stopped, Count: func(step invitation.Step, i *invitees.Invitee) { m.count(ctx, stored, step, i) },
		Tell: m.tell, Complain: m.complain, Pace: pace,
	}
	done, err := sender.Send(ctx, tasks)
	return m.end(done, err)
}

// choice returns what the flags and the files say about who is sent a message.
func (f mailFlags) choice(s *survey.Survey, record *invitees.Record) (*mailing.Choice, error) {
	if err := checkBatch(record.All(), f.Batch); err != nil {
		return nil, err
	}
	day := s.DateAt(time.Now())
	if err := checkNotClosed(s, day); err != nil {
		return nil, err
	}
	out, err := ownerfile.ReadOptOuts(f.optOuts())
	return &mailing.Choice{Batch: f.Batch, Channel: f.Channel, Again: f.Again, Today: day, OptOuts: out}, err
}

// checkBatch returns an error for a batch in which none of some invitees is.
func checkBatch(all iter.Seq[*invitees.Invitee], batch string) error {
	var batches []string
	for i := range all {
		if !slices.Contains(batches, i.Batch.Name) {
			batches = append(batches, i.Batch.Name)
		}
	}
	if batch == "" || slices.Contains(batches, batch) {
		return nil
	}
	return message.Errorf("there is no batch %s: there are %s", message.Quoted(batch), message.Words(batches...))
}

// optOutReader returns a function that returns the list of opt-outs as it is now. It reads the file again only if it has grown.
func (f mailFlags) optOutReader() func() (*invitees.OptOuts, error) {
	var list *invitees.OptOuts
	size := int64(-1)
	return func() (*invitees.OptOuts, error) {
		now := int64(0)
		if info, err := os.Stat(f.optOuts()); err == nil {
			now = info.Size()
		}
		if now == size {
			return list, nil
		}
		read, err := ownerfile.ReadOptOuts(f.optOuts())
		if err == nil {
			list, size = read, now
		}
		return list, err
	}
}

// preview writes a sample in each language.
func (f mailFlags) preview(c *console.Console, composer *mailing.Composer, s *survey.Survey, name string) error {
	stem := strings.TrimSuffix(f.Preview, filepath.Ext(f.Preview))
	for _, language := range s.Languages {
		m, err := composer.Sample("somebody@example.com", language, name, time.Now())
		if err != nil {
			return err
		}
		for ending, content := range map[string][]byte{".eml": m.Content, ".html": m.HTML} {
			if err := durable.WriteFile(stem+"."+language+ending, content, 0o666); err != nil {
				return err
			}
		}
		c.Print(c.Out, "%s: %s and %s", language, stem+"."+language+".eml", stem+"."+language+".html")
	}
	return nil
}

// sendSamples sends a sample in each language to an address.
func (f mailFlags) sendSamples(ctx context.Context, c *console.Console, composer *mailing.Composer, s *survey.Survey, name string) error {
	server, err := f.wantServer()
	if err != nil {
		return err
	}
	for _, language := range s.Languages {
		m, err := composer.Sample(f.ToMe, language, name, time.Now())
		if err != nil {
			return console.UsageError{Err: message.Errorf("--to-me: %w", err)}
		}
		reply, err := server.SendOne(ctx, m)
		if err != nil {
			return err
		}
		c.Print(c.Out, "%s: the mail server has accepted it: %s", language, reply)
	}
	return nil
}

// dryRun says what would be sent.
func (f mailFlags) dryRun(ctx context.Context, c *console.Console, letters *invite.Personal, s *survey.Survey, name string, choose chooser) error {
	if err := f.wantInvitees(f.ID); err != nil {
		return err
	}
	record, err := ownerfile.ReadInvitees(f.name(f.ID), f.ID)
	if err != nil {
		return err
	}
	choice, err := f.choice(s, record)
	if err != nil {
		return err
	}
	pace, err := f.pace()
	if err != nil {
		return err
	}
	tasks := choose(choice, record)
	m := &mailRun{Console: c, flags: f, survey: s, reminds: name == mailing.Reminder}
	m.begin(choice, len(tasks), pace)
	counts := map[string]int{}
	for _, t := range tasks {
		counts[letters.LanguageOf(t.Invitee.Contact)]++
	}
	for _, language := range s.Languages {
		if counts[language] > 0 {
			c.Print(c.Out, "  in %s: %d", language, counts[language])
		}
	}
	server, err := f.server(os.Getenv)
	switch {
	case err != nil:
		return err
	case server == nil:
		c.Print(c.Err, "No mail server is named, so none was tried.")
	default:
		if err := server.Try(ctx); err != nil {
			return err
		}
		c.Print(c.Out, "the mail server %s accepts who you are", server.Address())
	}
	c.Print(c.Err, "Nothing was sent.")
	return nil
}

// wantInForce returns an error if the survey that is in force promises the invited something else than the questionnaire.
func (i *inviting) wantInForce(ctx context.Context) error {
	found, err := i.store.inForce(ctx, i.survey.ID)
	if err == nil && found != (promise{true, i.survey.Access, i.survey.Anonymity}) {
		err = message.Errorf("%s is not in force as its questionnaire says: publish it before you send links to it", i.survey.ID)
	}
	return err
}

// A mailRun tells of the sending.
type mailRun struct {
	*console.Console
	flags  mailFlags
	survey *survey.Survey
	told   time.Time // when progress was told last
	noted  bool      // that something could not be counted

	reminds bool // it sends reminders
}

// begin says how many are sent a message, and why others are not.
func (m *mailRun) begin(choice *mailing.Choice, due int, pace time.Duration) {
	m.Print(m.Out, "to be sent: %d", due)
	m.skipped(choice.Skipped[:])
	for n, i := range choice.Named {
		if n == maxNamed {
			m.Print(m.Out, "  and %d more", len(choice.Named)-n)
			break
		}
		m.Print(m.Out, "  %d: %s", i.Number, i.Contact.Email)
	}
	if len(choice.Named) > 0 {
		m.Print(m.Out, "  The sending was cut off when they were handed over. They are sent again with --again alone.")
	}
	if minutes := int((pace * time.Duration(due)).Minutes()); minutes > 0 {
		m.Print(m.Err, "At %s this takes about %s. Ctrl+C stops it; the same command goes on.", m.flags.Rate, message.Count(minutes, "minute"))
	}
}

// maxNamed bounds how many are named.
const maxNamed = 20

var reasons = map[mailing.Reason]message.Key{
	mailing.Before: "sent before", mailing.Unknown: "may have been sent", mailing.NoAddress: "without an e-mail address",
	mailing.OtherWay: "are invited by another channel than email, which --channel can name",
	mailing.Unstored: "not in the store of the answers yet: run 'glasspoll invite make' again", mailing.Withdrawn: "withdrawn",
	mailing.LeftOut: "want no e-mail", mailing.Returned: "e-mail to them has come back", mailing.Over: "can be used no more", mailing.Answered: "have been used",
	mailing.Handed:     "have their link from a table or card (--handed writes to them too)",
	mailing.NotInvited: "have not been sent the invitation", mailing.TooEarly: "were written to not long ago", mailing.Enough: "have been reminded often enough",
	mailing.Unwritable: "have an address that this mail server cannot write to",
}

func (m *mailRun) skipped(counts []int) {
	for reason, n := range counts {
		switch {
		case n == 0:
		case mailing.Reason(reason) == mailing.Handed && m.reminds:
			m.Print(m.Out, "  not sent, have their link from a table or card, and can be reminded only by another one ('glasspoll invite merge %s'): %d", m.survey.ID, n)
		default:
			m.Print(m.Out, "  not sent, %s: %d", reasons[mailing.Reason(reason)], n)
		}
	}
}

// tellEvery is how often progress is told.
const tellEvery = 10 * time.Second

func (m *mailRun) tell(done mailing.Progress) {
	if done.Left > 0 && time.Since(m.told) > tellEvery {
		if !m.told.IsZero() {
			m.Print(m.Err, "sent: %d; to be sent: %d", done.Sent, done.Left)
		}
		m.told = time.Now()
	}
}

func (m *mailRun) complain(i *invitees.Invitee, text message.Text) {
	m.Print(m.Err, "%d, %s: %s", i.Number, i.Contact.Email, text)
}

// stopped puts an invitee on the list of those who want no more mail.
func (m *mailRun) stopped(i *invitees.Invitee) error {
	out, err := m.flags.openOptOuts(m.Console)
	if err == nil {
		err = errors.Join(out.Add(i.Contact, string(m.survey.DateAt(time.Now()))), out.Close())
	}
	if err != nil { // the record has it, so this survey writes to them no more
		m.Print(m.Err, "Note: invitee %d wants no e-mail, which could not be added to %s: %s", i.Number, m.flags.optOuts(), err)
	}
	return nil
}

// count counts what has become of an invitation. That it cannot is told once.
func (m *mailRun) count(ctx context.Context, stored mailStore, step invitation.Step, i *invitees.Invitee) {
	now := time.Now()
	counter := invitation.CounterOf(m.survey, i.Invitation(m.survey.ID), step, m.survey.DateAt(now), m.survey.PeriodAt(now))
	err := stored.Count(context.WithoutCancel(ctx), m.survey.ID, counter.Name())
	if err != nil && !m.noted {
		m.noted = true
		m.Print(m.Err, "Note: not all messages are counted: %s", err)
	}
}

// end says what has become of the messages.
func (m *mailRun) end(done mailing.Progress, err error) error {
	m.Print(m.Out, "sent: %d", done.Sent)
	m.skipped(done.Skipped[:])
	for _, one := range []struct {
		n    int
		says message.Key
	}{
		{done.Bounced, "refused for good, because of the address: %d"},
		{done.Refused, "refused for another reason, and not sent: %d"},
		{done.Later, "refused for now: %d. Run the same command again later"},
		{done.Unclear, "may have been sent: %d. They are sent again with --again alone"},
		{done.Left, "not sent yet: %d. Run the same command again to go on"},
	} {
		if one.n > 0 {
			m.Print(m.Out, "%s", one.says.Text(one.n))
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return console.ErrProblems
	case err == nil && done.Refused+done.Later+done.Unclear > 0:
		return console.ErrProblems
	}
	return err
}
