package project

import (
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Demands are what a questionnaire has to meet besides being valid. None have to be met by one that its author looks at.
type Demands struct {
	Approved bool // by the quality office, if the questionnaire is in its manual
	IDs      bool // of all options and rows are written
}

// NewLibraryFor returns a library of a directory, which is not read yet. A questionnaire that does not meet the demands has
// this as a problem.
func NewLibraryFor(d Demands, dir string) *Library { return &Library{dir: dir, demands: d} }

// meet reports what a valid questionnaire lacks of the demands. Then it has no survey.
func (d Demands) meet(q *Questionnaire) {
	if q.Survey == nil || d == (Demands{}) {
		return
	}
	var problems questionnaire.Problems
	if d.Approved {
		problems = append(problems, unapproved(q)...)
	}
	if d.IDs {
		problems = append(problems, missingIDs(q)...)
	}
	if len(problems) > 0 {
		q.Survey, q.good, q.Problems = nil, nil, problems
	}
}

// unapproved reports the documents that nobody has approved: the questionnaire's and, if it has one of its own, its plan's.
func unapproved(q *Questionnaire) (problems questionnaire.Problems) {
	report := func(doc *survey.Document, path ...any) {
		if doc == nil || doc.IsApproved() {
			return
		}
		at := questionnaire.Locate(q.Path, q.Source).At(path...)
		problems = append(problems, questionnaire.Problem{File: at.File, Line: at.Line, Column: at.Column,
			Message: message.New("document %s is not approved: it needs approved_by and approved_on, or --unapproved for a test", doc.Number)})
	}
	report(q.Survey.Document, "document")
	if plan := q.Survey.Plan; plan != nil {
		report(plan.Document, "plan", "document")
	}
	return problems
}

// missingIDs reports that options or rows have no id, at the first.
func missingIDs(q *Questionnaire) questionnaire.Problems {
	missing := q.MissingIDs() // which reads the file again
	if len(missing) == 0 {
		return nil
	}
	first := missing[0]
	text := message.New("'%s' has no id: run 'glasspoll check --write-ids %s' before it is published", first.Label, q.Path)
	if n := len(missing); n > 1 {
		text = message.New("%d options and rows have no id, '%s' first: run 'glasspoll check --write-ids %s' before they are published", n, first.Label, q.Path)
	}
	return questionnaire.Problems{{File: first.File, Line: first.Line, Column: first.Column, Message: text}}
}
