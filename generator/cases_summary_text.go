package main

import (
	"fmt"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// summaryColumns are the heads of the figures of a summary; summaryGroups the heads of its parts; summaryMissing names cases that have
// no value of a part.
var (
	summaryColumns = []message.Key{"Opened", "Closed", "In time", "Told", "Agreed", "Withdrawn", "Open", "Overdue", "Mean days"}
	summaryGroups  = map[string]message.Key{"type": "By type", "subtype": "By subtype", "severity": "By severity", "channel": "By channel", "owner": "By owner"}
	summaryMissing = map[string]message.Key{"owner": "nobody yet", "subtype": "no subtype", "channel": "channel unknown"}
)

// summaryText prints a summary as a table.
func summaryText(c *console.Console, s cases.Summary, surveyID string) error {
	c.Print(c.Out, "Cases of %s, %s to %s", s.Span.Name, s.Span.From, s.Span.Until)
	if surveyID != "" {
		c.Print(c.Out, "Survey: %s", surveyID)
	}
	if s.Running {
		c.Print(c.Out, "The span has not ended: open and overdue are as of today.")
	}
	if s.All == (cases.Figures{}) {
		c.Print(c.Out, "There were no cases.")
		return nil
	}
	c.Print(c.Out, "")
	return console.Figures(c.Out, 1, summaryRows(s, c.Language))
}

func summaryRows(s cases.Summary, language string) [][]string {
	head := []string{""}
	for _, name := range summaryColumns {
		head = append(head, name.Text().In(language))
	}
	rows := [][]string{head, figuresRow(message.New("All").In(language), s.All)}
	by := ""
	for _, g := range s.Groups {
		if g.By != by {
			by = g.By
			rows = append(rows, nil, []string{summaryGroups[by].Text().In(language)})
		}
		value := message.Plain(g.Value)
		switch {
		case g.Value == "":
			value = summaryMissing[by].Text()
		case by != "owner":
			value = caseWord(g.Value)
		}
		rows = append(rows, figuresRow("  "+value.In(language), g.Figures))
	}
	return rows
}

func figuresRow(name string, f cases.Figures) []string {
	row := []string{name}
	for _, n := range []int{f.Opened, f.Closed, f.InTime, f.CustomerTold, f.Agreed, f.Withdrawn, f.Open, f.Overdue} {
		row = append(row, fmt.Sprint(n))
	}
	return append(row, meanDays(f, "-"))
}
