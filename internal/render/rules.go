package render

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// rules is what the page's script (templates/rules.js) needs of a questionnaire to work out what the handler will: the
// conditions, what decides how an answer is read, and what it must keep to. It says nothing that the page does not show.
type rules struct {
	Channels  []string          `json:"channels,omitempty"`
	Questions []rule            `json:"questions"`       // each after those that its being asked depends on
	Pipes     map[string]pipe   `json:"pipes,omitempty"` // by the name in double braces
	Keep      []string          `json:"keep,omitempty"`  // names in the thank-you texts, whose page is another
	Joins     [2]string         `json:"joins"`           // between the parts of an enumeration, and before the last
	Say       map[string]string `json:"say"`             // sentences by name: see said
}

type rule struct {
	ID         string            `json:"id"`
	Type       survey.Type       `json:"type"`
	Fields     []string          `json:"fields,omitempty"` // posted names; left out where that is the id
	Options    []string          `json:"options,omitempty"`
	Importance []string          `json:"importance,omitempty"`
	Ranks      int               `json:"ranks,omitempty"`
	Total      *int64            `json:"total,omitempty"`       // of a constant_sum, in thousandths
	Must       []string          `json:"must,omitempty"`        // fields that are always required; of a ranking or constant_sum, its id
	RequiredIf term              `json:"required_if,omitempty"` // all are
	ShowIf     []term            `json:"show_if,omitempty"`     // all of them: the section's and its own
	OptionIf   [][2]any          `json:"option_if,omitempty"`   // option and condition
	Checks     [][2]any          `json:"checks,omitempty"`      // condition and message
	Shuffle    bool              `json:"shuffle,omitempty"`
	Anchor     []string          `json:"anchor,omitempty"`
	Private    bool              `json:"private,omitempty"` // never kept on a respondent's device
	Limits     []limit           `json:"limits,omitempty"`
	Unread     string            `json:"unread,omitempty"`  // said of what cannot be read
	Missing    map[string]string `json:"missing,omitempty"` // of a ranking: what is said if it lacks ranks, by how many there should be
}

// pipe says how an answer reads within another text: options by their labels; of a ranking, in the order given.
type pipe struct {
	Labels map[string]string `json:"labels,omitempty"`
	Order  []string          `json:"order,omitempty"`
}

// lively reports whether anything on a survey's page depends on the answers.
func lively(s *survey.Survey) bool {
	for i := range s.Sections {
		if s.Sections[i].ShowIf != nil {
			return true
		}
	}
	for q := range s.Questions() {
		if q.ShowIf != nil || q.RequiredIf != nil || len(q.Checks) > 0 || q.Shuffle {
			return true
		}
		for _, o := range q.Options {
			if o.ShowIf != nil {
				return true
			}
		}
	}
	if len(s.Thanks) > 1 {
		return true
	}
	for text := range piping(s) {
		for _, l := range s.Languages {
			if len(answersIn(s, text.In(l))) > 0 {
				return true
			}
		}
	}
	return false
}

// piping walks the texts that may show answers.
func piping(s *survey.Survey) func(func(survey.Text) bool) {
	return func(yield func(survey.Text) bool) {
		for i := range s.Sections {
			section := &s.Sections[i]
			if !yield(section.Title) || !yield(section.Intro) {
				return
			}
			for j := range section.Questions {
				q := &section.Questions[j]
				if !yield(q.Label) || !yield(q.Help) {
					return
				}
				for _, o := range q.Options {
					if !yield(o.Label) {
						return
					}
				}
				for _, row := range q.Rows {
					if !yield(row.Label) {
						return
					}
				}
			}
		}
		for _, t := range s.Thanks {
			if !yield(t.Text) {
				return
			}
		}
	}
}

// answersIn lists the names in a text's double braces.
func answersIn(s *survey.Survey, text string) []string {
	var names []string
	if strings.Contains(text, "{{") {
		for _, piece := range s.Pieces(text) {
			if piece.Answer != "" && !slices.Contains(names, piece.Answer) {
				names = append(names, piece.Answer)
			}
		}
	}
	return names
}

// rulesOf writes the rules as JSON that may stand in a page's script element: <, > and & are written as \u003c and so on.
func rulesOf(s *survey.Survey, w *wording.Words, language string) []byte {
	r := rules{Say: said(s, w), Channels: s.Channels, Joins: [2]string{w.Say("join.comma"), w.Say("join.and")}}
	for _, q := range s.Order() {
		r.Questions = append(r.Questions, ruleOf(s, q, w, language))
	}
	for _, t := range s.Thanks {
		for _, name := range answersIn(s, t.Text.In(language)) {
			if !slices.Contains(r.Keep, name) {
				r.Keep = append(r.Keep, name)
			}
		}
	}
	for text := range piping(s) {
		for _, name := range answersIn(s, text.In(language)) {
			if r.Pipes == nil {
				r.Pipes = map[string]pipe{}
			}
			r.Pipes[name] = pipeOf(s, w, language, name)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("rules of survey %s: %v", s.ID, err)) // plain data
	}
	return data
}

func ruleOf(s *survey.Survey, q survey.Placed, w *wording.Words, language string) rule {
	r := rule{
		ID: q.ID, Type: q.Type, Fields: fieldNames(s, q.Question), Options: ids(q.Options), Importance: ids(q.Importance),
		RequiredIf: termOf(q.RequiredIf), Shuffle: q.Shuffle, Anchor: q.Anchor, Private: personal(q.Question),
		Limits: limitsOf(q.Question, w), Unread: unread(q.Question, w), Missing: missing(q.Question, w),
	}
	if q.Type == survey.Ranking {
		r.Ranks = q.AtMost
	}
	if q.Total != nil {
		total := int64(*q.Total)
		r.Total = &total
	}
	if q.Type == survey.Ranking || q.Type == survey.ConstantSum {
		if q.Required {
			r.Must = []string{q.ID}
		}
	} else {
		for _, f := range s.FieldsOf(q.Question) {
			if f.Required() {
				r.Must = append(r.Must, f.Name)
			}
		}
	}
	for _, t := range []*expression.Tree{q.Section.ShowIf, q.ShowIf} {
		if t != nil {
			r.ShowIf = append(r.ShowIf, termOf(t))
		}
	}
	for _, o := range q.Options {
		if o.ShowIf != nil {
			r.OptionIf = append(r.OptionIf, [2]any{o.ID, termOf(o.ShowIf)})
		}
	}
	for _, c := range q.Checks {
		r.Checks = append(r.Checks, [2]any{termOf(&c.That), c.Message.In(language)})
	}
	return r
}

func ids(options []survey.Option) []string {
	var ids []string
	for _, o := range options {
		ids = append(ids, o.ID)
	}
	return ids
}

func pipeOf(s *survey.Survey, w *wording.Words, language, name string) pipe {
	options, order := pipedOptions(s, name)
	var p pipe
	for _, o := range options {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[o.ID] = OptionLabel(w, &o, language)
		if order {
			p.Order = append(p.Order, o.ID)
		}
	}
	return p
}

// pipedOptions are those whose labels stand for an answer; order is true of a ranking as a whole. An answer without
// any is shown as typed.
func pipedOptions(s *survey.Survey, name string) (options []survey.Option, order bool) {
	f, ok := s.Field(name)
	if !ok {
		return s.FieldsOf(find(s, name))[0].Question.Options, true
	}
	switch f.Question.Type {
	case survey.Number, survey.ConstantSum, survey.Ranking: // a rank is a number
		return nil, false
	}
	return f.Options(), false
}
