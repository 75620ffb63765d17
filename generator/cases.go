package main

import (
	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

type casesCommand struct {
	List     listCasesCommand      `cmd:"" help:"List the cases that have to be followed up, the most pressing first."`
	Show     showCaseCommand       `cmd:"" help:"Show one case and its history."`
	Assign   assignCaseCommand     `cmd:"" help:"Make a role responsible for a case."`
	Change   changeCaseCommand     `cmd:"" help:"Correct a case's type, severity, owner or due date."`
	Escalate escalateCaseCommand   `cmd:"" help:"Hand a case up to the next role."`
	Close    closeCaseCommand      `cmd:"" help:"Close a case, with its result."`
	Add      addCaseCommand        `cmd:"" help:"Add a case that came by telephone or letter."`
	Import   importCasesCommand    `cmd:"" help:"Add the cases of a register, CSV or Excel."`
	Summary  summariseCasesCommand `cmd:"" help:"Count the cases of a month or a quarter."`
}

func (casesCommand) Help() string {
	return `A survey's 'alerts' open a case for each answer that must be followed up: a complaint, a praise, a call; complaints by
telephone and letter are added. These commands follow cases up until they are closed. A case holds no answer, only the id of
the one that opened it.

All of it works while the server runs. With --table it is done on AWS instead.

Examples:

  glasspoll cases list
  glasspoll cases list --overdue --survey service
  glasspoll cases show 7K3M --contact --by "Service desk" --reason "Call back about the leak"
  glasspoll cases assign 7K3M --owner repairs
  glasspoll cases change 7K3M --severity critical --reason "Somebody was hurt"
  glasspoll cases escalate 7K3M --reason "Needs a decision about costs"
  glasspoll cases close 7K3M --result "Replaced free of charge" --customer-told yes --customer-agreed yes
  glasspoll cases summary --quarter 2026-Q4 --language zh`
}

// caseWords are the words for what JSON and CSV name by codes: statuses, severities, priorities, what was done, and the types of
// the guide's examples.
var caseWords = map[string]message.Key{
	"open": "open", "assigned": "assigned", "closed": "closed", "opened": "opened", "withdrawn": "withdrawn",
	"added": "added", "changed": "changed", "overdue": "overdue", "escalated": "handed up",
	"owner": "owner", "type": "type", "subtype": "subtype", "severity": "severity", "priority": "priority", "due": "due",
	"minor": "minor", "major": "major", "critical": "critical",
	"low": "low", "normal": "normal", "high": "high", "urgent": "urgent",
	"contact_shown": "contact data shown", "complaint": "complaint", "praise": "praise", "suggestion": "suggestion", "call": "call", "question": "question",
	"low_score": "low score", "phone": "phone", "letter": "letter", "email": "email", "sms": "text message", "onsite": "on site", "visit": "visit", "web": "web",
}

// caseWord returns the word for a code; one that an author has made up is its own.
func caseWord[Code ~string](code Code) message.Text {
	if word, known := caseWords[string(code)]; known {
		return word.Text()
	}
	return message.Plain(string(code))
}

// orElse returns a text, or other words if it is empty.
func orElse(text string, otherwise message.Key) message.Text {
	if text == "" {
		return otherwise.Text()
	}
	return message.Plain(text)
}

// tell returns an item about a case for the outbox; none if nobody is told what commands do.
func (e *environment) tell(item func(*cases.Case) news.Item, c *cases.Case) []news.Item {
	if !e.news {
		return nil
	}
	return []news.Item{item(c)}
}

// about returns what [records.ChangeCase] tells of a change.
func (e *environment) about(item func(*cases.Case) news.Item) func(*cases.Case) []news.Item {
	return func(c *cases.Case) []news.Item { return e.tell(item, c) }
}
