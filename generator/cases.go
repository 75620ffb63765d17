package main

import "glasspoll/internal/message"

type casesCommand struct {
	List    listCasesCommand      `cmd:"" help:"List the cases that have to be followed up, the most pressing first."`
	Show    showCaseCommand       `cmd:"" help:"Show one case and its history."`
	Assign  assignCaseCommand     `cmd:"" help:"Make a role responsible for a case."`
	Close   closeCaseCommand      `cmd:"" help:"Close a case, with its result."`
	Summary summariseCasesCommand `cmd:"" help:"Count the cases of a month or a quarter."`
}

func (casesCommand) Help() string {
	return `A survey's 'alerts' open a case for each answer that must be followed up: a complaint, a praise, a call. These
commands follow cases up until they are closed. A case holds no answer, only the id of the one that opened it.

All of it works while the server runs. With --table it is done on AWS instead.

Examples:

  glasspoll cases list
  glasspoll cases list --overdue --survey service
  glasspoll cases assign 7K3M --owner repairs
  glasspoll cases close 7K3M --result "Replaced free of charge" --customer-told yes --customer-agreed yes
  glasspoll cases summary --quarter 2026-Q4 --language zh`
}

// caseWords are the words for what JSON and CSV name by codes: statuses, severities, priorities, what was done, and the types of
// the guide's examples.
var caseWords = map[string]message.Key{
	"open": "open", "assigned": "assigned", "closed": "closed", "opened": "opened", "withdrawn": "withdrawn",
	"minor": "minor", "major": "major", "critical": "critical",
	"low": "low", "normal": "normal", "high": "high", "urgent": "urgent",
	"complaint": "complaint", "praise": "praise", "suggestion": "suggestion", "call": "call", "question": "question",
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
