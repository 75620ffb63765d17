package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"glasspoll/internal/console"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/message"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
)

type inviteStatusCommand struct {
	inviteFlags
	choiceFlags
	ID     string `arg:"" name:"SURVEY" help:"The survey."`
	People bool   `help:"List each person, with what is known of the invitation."`
	Unused bool   `help:"With --people: only those who can still be invited or reminded."`
	Format string `placeholder:"FORMAT" enum:"text,json,csv" default:"text" help:"text, json or csv. Default: ${default}."`
	JSON   bool   `name:"json" help:"As --format json."`
}

func (inviteStatusCommand) Help() string {
	return `Counts invitations: issued, sent by e-mail, delayed, bounced, handed out in tables and on cards, of people who want no more mail, used, withdrawn and expired; in all, and by batch,
channel and segment. The rate is the used ones of those that are not withdrawn.

With --people it lists who is invited and whose invitation has been used, which reminders need. Only of an identified survey
do JSON and CSV have the id of each person's answers, by which 'results export' names them. In others nothing that is stored
joins the two; but whoever watches the list and the answers at the same time could guess, so do not.

Examples:

  glasspoll invite status service
  glasspoll invite status service --people --unused --format csv
  glasspoll invite status service --batch spring --json`
}

func (k inviteStatusCommand) Run(ctx context.Context, c *console.Console) error {
	if k.JSON {
		k.Format = "json"
	}
	if k.Unused && !k.People {
		return console.Usagef("--unused goes with --people")
	}
	s, err := k.find(c, k.ID)
	if err != nil {
		return err
	}
	states, err := k.states(ctx, c, s)
	if err != nil {
		return err
	}
	if states, err = k.choose(s, states); err != nil {
		return err
	}
	if k.People {
		return k.people(c, states)
	}
	all, groups := invite.Count(s, states)
	switch k.Format {
	case "json":
		return console.JSON(c.Out, statusJSON{1, s.ID, s.Anonymity, all, groups})
	case "csv":
		return statusCSV(c, all, groups)
	}
	return statusText(c, s, all, groups)
}

// statusJSON is the JSON output.
type statusJSON struct {
	Format    int                `json:"format"`
	Survey    string             `json:"survey"`
	Anonymity survey.Anonymity   `json:"anonymity"`
	All       invite.Figures     `json:"all"`
	Groups    []invite.FiguresOf `json:"groups"`
}

// cellsOf returns figures as cells.
func cellsOf(all ...int) []string {
	var cells []string
	for _, n := range all {
		cells = append(cells, strconv.Itoa(n))
	}
	return cells
}

func statusCSV(c *console.Console, all invite.Figures, groups []invite.FiguresOf) error {
	table := spreadsheet.NewWriter(c.Out)
	table.Write([]string{"by", "value", "issued", "sent", "bounced", "opted_out", "used", "withdrawn", "expired", "delayed", "handed"})
	cells := func(f invite.Figures) []string {
		return cellsOf(f.Issued, f.Sent, f.Bounced, f.OptedOut, f.Used, f.Withdrawn, f.Expired, f.Delayed, f.Handed)
	}
	table.Write(append([]string{"", ""}, cells(all)...))
	for _, g := range groups {
		table.Write(append([]string{g.By, g.Value}, cells(g.Figures)...))
	}
	return table.Flush()
}

func statusText(c *console.Console, s *survey.Survey, all invite.Figures, groups []invite.FiguresOf) error {
	row := func(by, value message.Text, f invite.Figures) []string {
		rate := "-"
		if share, ok := f.Rate(); ok {
			rate = fmt.Sprintf("%.0f %%", 100*share)
		}
		cells := cellsOf(f.Issued, f.Sent, f.Delayed, f.Bounced, f.Handed, f.OptedOut, f.Used, f.Withdrawn, f.Expired)
		return append(append([]string{by.In(c.Language), value.In(c.Language)}, cells...), rate)
	}
	header := []string{"", ""}
	for _, name := range []message.Key{"ISSUED", "SENT", "DELAYED", "BOUNCED", "HANDED OUT", "NO MAIL", "USED", "WITHDRAWN", "EXPIRED", "RATE"} {
		header = append(header, name.Text().In(c.Language))
	}
	rows := [][]string{header, row(message.New("all"), message.Plain(""), all)}
	for _, g := range groups {
		by, value := groupNames(c, s, g)
		rows = append(rows, row(by, value, g.Figures))
	}
	return console.Figures(c.Out, 2, rows)
}

// groupNames returns what a group has in common, and its value: of a segment by their labels, in the console's language if the survey
// has it.
func groupNames(c *console.Console, s *survey.Survey, g invite.FiguresOf) (by, value message.Text) {
	value = message.Plain(cmp.Or(g.Value, "-"))
	switch g.By {
	case "batch":
		return message.New("batch"), value
	case "channel":
		return message.New("channel"), value
	}
	language := s.DefaultLanguage()
	if s.HasLanguage(c.Language) {
		language = c.Language
	}
	by = message.Plain(g.By)
	for q := range s.Questions() {
		if q.ID != g.By {
			continue
		}
		by = message.Plain(invite.OneLine(q.Label.In(language)))
		for _, o := range q.Options {
			if o.ID == g.Value {
				value = message.Plain(invite.OneLine(o.Label.In(language)))
			}
		}
	}
	return by, value
}

// useWords are the words for the states of invitations.
var useWords = map[invitation.State]message.Key{
	invitation.Usable: "not used", invitation.Early: "not valid yet", invitation.Expired: "expired", invitation.Withdrawn: "withdrawn", invitation.Redeemed: "used",
}

// useCodes are their names for programs.
var useCodes = map[invitation.State]string{
	invitation.Usable: "unused", invitation.Early: "early", invitation.Expired: "expired", invitation.Withdrawn: "withdrawn", invitation.Redeemed: "used",
}

// personJSON is a person in JSON output.
type personJSON struct {
	Name     string            `json:"name,omitempty"`
	Email    string            `json:"email,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Language string            `json:"language,omitempty"`
	Channel  string            `json:"channel,omitempty"`
	Values   map[string]string `json:"values,omitempty"`
	Batch    string            `json:"batch"`
	Use      string            `json:"use"`
	Mail     string            `json:"mail"`
	OptedOut bool              `json:"opted_out"`
	Answer   string            `json:"answer,omitempty"` // the id, in identified surveys alone
}

func (k inviteStatusCommand) people(c *console.Console, states []invite.State) error {
	people := []personJSON{}
	rows := [][]string{{"name", "email", "phone", "channel", "batch", "use", "mail", "answer"}}
	texts := [][]string{nil}
	for _, name := range []message.Key{"NAME", "E-MAIL", "PHONE", "CHANNEL", "BATCH", "INVITATION", "MAIL"} {
		texts[0] = append(texts[0], name.Text().In(c.Language))
	}
	for _, s := range states {
		if k.Unused && !s.CanBeInvited() {
			continue
		}
		mail := string(s.State())
		switch {
		case mail == "sent" && s.IsDelayed():
			mail = "delayed"
		case mail == "made" && len(s.Handed) > 0:
			mail = "handed"
		}
		if s.OptedOut {
			mail = "stopped"
		}
		o := s.Contact
		people = append(people, personJSON{o.Name, o.Email, o.Phone, o.Language, o.Channel, o.Values, s.Batch.Name, useCodes[s.Use], mail, s.OptedOut, s.Answer})
		rows = append(rows, []string{o.Name, o.Email, o.Phone, o.Channel, s.Batch.Name, useCodes[s.Use], mail, s.Answer})
		texts = append(texts, []string{cmp.Or(o.Name, "-"), cmp.Or(o.Email, "-"), cmp.Or(o.Phone, "-"), cmp.Or(o.Channel, "-"), s.Batch.Name,
			useWords[s.Use].Text().In(c.Language), mailWord(mail).In(c.Language)})
	}
	switch k.Format {
	case "json":
		return console.JSON(c.Out, people)
	case "csv":
		table := spreadsheet.NewWriter(c.Out)
		for _, row := range rows {
			table.Write(row)
		}
		return table.Flush()
	}
	return console.Table(c.Out, texts)
}

// mailWords are the words for how far messages to somebody have come.
var mailWords = map[string]message.Key{
	"made": "not sent", "sending": "not known", "sent": "sent", "bounced": "bounced", "stopped": "no mail wanted", "delayed": "delayed", "handed": "handed out",
}

func mailWord(state string) message.Text { return mailWords[state].Text() }
