package render

import (
	"encoding/json"
	"fmt"
	"slices"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// rules is the part of a questionnaire that the page's script (templates/rules.js) needs to come to the handler's
// conclusions: the conditions, how an answer is read, and its limits. It contains nothing that the page does not show.
type rules struct {
	Channels  []string          `json:"channels,omitempty"`
	Questions []rule            `json:"questions"`       // each after those that its conditions depend on
	Pipes     map[string]pipe   `json:"pipes,omitempty"` // by the name in double braces
	Keep      []string          `json:"keep,omitempty"`  // names in the thank-you texts, which are on another page
	Joins     [2]string         `json:"joins"`           // between the parts of an enumeration, and before the last
	Say       map[string]string `json:"say"`             // by name; see scriptSentences
}

type rule struct {
	ID         string            `json:"id"`
	Type       survey.Type       `json:"type"`
	Fields     []string          `json:"fields,omitempty"` // posted names; left out where that is the id
	Options    []string          `json:"options,omitempty"`
	Importance []string          `json:"importance,omitempty"`
	Ranks      int               `json:"ranks,omitempty"`
	Total      *int64            `json:"total,omitempty"`       // of a constant_sum, in thousandths
	Must       []string          `json:"must,omitempty"`        // fields that are always required; of a ranking or constant_sum, the question's id
	RequiredIf term              `json:"required_if,omitempty"` // all fields are
	ShowIf     []term            `json:"show_if,omitempty"`     // all of them: the section's and its own
	OptionIf   [][2]any          `json:"option_if,omitempty"`   // option and condition
	Checks     [][2]any          `json:"checks,omitempty"`      // condition and message
	Shuffle    bool              `json:"shuffle,omitempty"`
	Anchor     []string          `json:"anchor,omitempty"`
	Private    bool              `json:"private,omitempty"` // never kept on a respondent's device
	Limits     []limit           `json:"limits,omitempty"`
	Unread     string            `json:"unread,omitempty"`  // message for an answer that cannot be read
	Missing    map[string]string `json:"missing,omitempty"` // of a ranking: message for missing ranks, by how many there should be
}

// pipe says how an answer reads within another text: options by their labels; of a ranking, in the order of the ranks.
type pipe struct {
	Labels map[string]string `json:"labels,omitempty"`
	Order  []string          `json:"order,omitempty"`
}

// dependsOnAnswers reports whether anything on a survey's pages depends on the answers.
func dependsOnAnswers(s *survey.Survey) bool {
	if len(s.Thanks) > 1 {
		return true
	}
	for i := range s.Sections {
		if s.Sections[i].ShowIf != nil {
			return true
		}
	}
	for q := range s.Questions() {
		if q.ShowIf != nil || q.RequiredIf != nil || len(q.Checks) > 0 || q.Shuffle ||
			slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ShowIf != nil }) {
			return true
		}
	}
	for _, text := range textsWithAnswers(s) {
		for _, l := range s.Languages {
			if len(namesIn(s, text.In(l))) > 0 {
				return true
			}
		}
	}
	return false
}

// textsWithAnswers lists the texts that may contain answers.
func textsWithAnswers(s *survey.Survey) []survey.Text {
	var texts []survey.Text
	for i := range s.Sections {
		section := &s.Sections[i]
		texts = append(texts, section.Title, section.Intro)
		for j := range section.Questions {
			q := &section.Questions[j]
			texts = append(texts, q.Label, q.Help)
			for _, o := range q.Options {
				texts = append(texts, o.Label)
			}
			for _, row := range q.Rows {
				texts = append(texts, row.Label)
			}
		}
	}
	for _, t := range s.Thanks {
		texts = append(texts, t.Text)
	}
	return texts
}

// scriptRules writes the rules as JSON for a page's script element: <, > and & are written as \u003c and so on.
func scriptRules(s *survey.Survey, w *wording.Words, language string) []byte {
	r := rules{Say: scriptSentences(s, w), Channels: s.Channels, Joins: [2]string{w.Say("join.comma"), w.Say("join.and")}}
	for _, q := range s.Order() {
		r.Questions = append(r.Questions, ruleOf(s, q, w, language))
	}
	for _, t := range s.Thanks {
		for _, name := range namesIn(s, t.Text.In(language)) {
			if !slices.Contains(r.Keep, name) {
				r.Keep = append(r.Keep, name)
			}
		}
	}
	for _, text := range textsWithAnswers(s) {
		for _, name := range namesIn(s, text.In(language)) {
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
		RequiredIf: termOf(q.RequiredIf), Shuffle: q.Shuffle, Anchor: q.Anchor, Private: isPersonal(q.Question),
		Limits: limits(q.Question, w, language), Unread: sayUnreadable(q.Question, w), Missing: sayMissingRanks(q.Question, w),
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
	options, ranking := answerOptions(s, name)
	var p pipe
	for _, o := range options {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[o.ID] = OptionLabel(w, &o, language)
		if ranking {
			p.Order = append(p.Order, o.ID)
		}
	}
	return p
}
