package xlsform

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// readColumns reads what a row says beyond a question's type, name and texts.
func (f *form) readColumns(q *draft.Question, r record) {
	for _, key := range r.order {
		f.readColumn(q, r, key)
	}
	if message := r.texts["constraint_message"]; message != nil {
		if q.Constraint == nil {
			f.IgnoreText(message, "a message without a constraint")
		}
		q.ConstraintMessage = message
	}
	switch q.Kind {
	case survey.Note:
		f.finishNote(q, r.first["choice_filter"])
	case survey.Hidden:
		f.finishHidden(q)
	}
	f.setSteps(q)
}

func (f *form) readColumn(q *draft.Question, r record, key string) {
	a := r.first[key]
	switch key {
	case "type", "name", "label", "hint", "disabled", "constraint_message":
	case "guidance_hint":
		for _, a := range r.texts[key].Atoms() {
			f.Drop(a, "guidance for interviewers has no place here: %s", report.Quote(a.Text))
		}
	case "required":
		f.readRequired(q, a)
	case "required_message":
		for _, a := range r.texts[key].Atoms() {
			f.Drop(a, "its message is not shown: the form has its own for answers that are missing")
		}
	case "relevant":
		q.Show = []*draft.Condition{f.condition(a, q.Source)}
	case "constraint":
		if q.Kind == survey.Note || q.Kind == survey.Hidden {
			f.Drop(a, "nothing is answered here that could be checked")
			return
		}
		q.Constraint = f.condition(a, q.Source)
	case "appearance":
		f.readAppearance(q, a)
	case "default":
		f.Drop(a, "nothing is preselected here: %s", report.Quote(a.Text))
	case "read_only":
		f.readReadOnly(q, a)
	case "calculation":
		f.Drop(a, "nothing is calculated from answers here: %s", report.Quote(a.Text))
	case "trigger":
		f.Drop(a, "nothing is calculated from answers here, so nothing triggers it")
	case "repeat_count":
		f.Ignore(a, "only repeats have a count")
	case "choice_filter":
		f.filterOptions(q, a)
	case "parameters":
		f.readParameters(q, a)
	case "media::image", "media::audio", "media::video", "media::big-image":
		for _, a := range r.texts[key].Atoms() {
			f.Drop(a, "questions have no pictures or sounds: %s", report.Quote(a.Text))
		}
	}
}

func (f *form) readRequired(q *draft.Question, a *report.Atom) {
	switch required := required(a.Text); {
	case q.Kind == survey.Note || q.Kind == survey.Hidden:
		f.Ignore(a, "nothing is answered here that could be required")
	case required == "true":
		q.Required = true
		report.Carry(a)
	case required == "":
		report.Carry(a)
	default:
		q.RequiredIf = f.condition(a, q.Source)
	}
}

// readReadOnly makes a question that cannot be answered a note.
func (f *form) readReadOnly(q *draft.Question, a *report.Atom) {
	if required(a.Text) != "true" || q.Kind == survey.Note {
		report.Carry(a)
		return
	}
	f.Change(a, "it cannot be answered, so it became a note")
	q.Kind, q.Options, q.Display, q.Other, q.Min, q.Max, q.Step, q.Required = survey.Note, nil, "", false, "", "", "", false
}

// finishNote reports what a note cannot have.
func (f *form) finishNote(q *draft.Question, filter *report.Atom) {
	if filter != nil && filter.Outcome == report.Pending {
		f.Drop(filter, "a note offers nothing that could be filtered")
	}
	if q.Help != nil {
		for _, a := range q.Help.Atoms() {
			f.Change(a, "a note has no hint: it follows the note's text")
		}
		q.Label, q.Help = draft.Concat(q.Label, "\n\n", q.Help), nil
	}
	if q.Constraint != nil {
		f.Drop(q.Constraint.At, "nothing is answered here that could be checked")
		f.DropText(q.ConstraintMessage)
		q.Constraint = nil
	}
}

// finishHidden reports what a hidden question cannot have.
func (f *form) finishHidden(q *draft.Question) {
	if q.Help != nil {
		for _, a := range q.Help.Atoms() {
			f.Drop(a, "nobody sees a hidden question")
		}
		q.Help = nil
	}
	if q.Show != nil {
		f.Drop(q.Show[0].At, "a hidden question is never asked, so it has no condition")
		q.Show = nil
	}
}

// setSteps makes the range of a rating one of steps. A range that stars cannot show becomes a slider.
func (f *form) setSteps(q *draft.Question) {
	if q.Kind != survey.Rating || q.Options != nil {
		return
	}
	low, errLow := strconv.Atoi(q.Min)
	high, errHigh := strconv.Atoi(q.Max)
	if errLow == nil && errHigh == nil && low == 1 && high >= 2 && high <= 10 && q.Step == "1" {
		q.Steps, q.Min, q.Max, q.Step = high, "", "", ""
		return
	}
	f.Change(q.At, "stars go from 1 to 10 at most: it is asked with a slider")
	q.Kind, q.Display = survey.Number, "slider"
}

var ignoredAppearance = regexp.MustCompile(`^(w\d+|field-list|pages?|compact(-\d+)?|quick(compact)?(-\d+)?|no-buttons|columns(-\d+|-pack|-flex)?|horizontal(-compact)?|vertical|picker|no-ticks|no-calendar|maps|placement-map|map|thousands-sep|search|autocomplete|month-year|year|month|new|new-front|new-rear|hide-input|list|grid|inline|theme-grid|counter|rating|multiline|minimal|likert)$`)

// readAppearance reads how a question looks.
func (f *form) readAppearance(q *draft.Question, a *report.Atom) {
	for _, appearance := range strings.Fields(strings.ToLower(a.Text)) {
		display := func(as string) {
			q.Display = as
			q.From("display", a)
			report.Carry(a)
		}
		single := q.Kind == survey.SingleChoice
		switch {
		case single && (appearance == "label" || appearance == "list-nolabel"):
			f.gridAppearances[q] = gridAppearance{appearance, a}
		case single && (appearance == "minimal" || appearance == "autocomplete" || strings.HasPrefix(appearance, "search")):
			display("dropdown")
		case single && (appearance == "likert" || appearance == "horizontal" || appearance == "columns-pack"):
			display("buttons")
		case appearance == "multiline" && q.Kind == survey.LongText, appearance == "rating" && q.Kind == survey.Rating:
			report.Carry(a)
		case appearance == "numbers" && q.Kind == survey.ShortText:
			q.Pattern = "[0-9 .,+-]*"
			q.From("pattern", a)
			f.Change(a, "a keyboard of digits became a pattern: digits, spaces, signs")
		case appearance == "url" && q.Kind == survey.ShortText:
			q.Kind = survey.URL
			f.Change(a, "the type became url")
		case (appearance == "month-year" || appearance == "year") && q.Kind == survey.DateType:
			f.Drop(a, "a whole day is asked, not a month or year only")
		case ignoredAppearance.MatchString(appearance):
			f.Ignore(a, "the appearance %s: questions lay themselves out", report.Quote(appearance))
		default:
			f.Drop(a, "the appearance %s is not known here", report.Quote(appearance))
		}
	}
}

var parameter = regexp.MustCompile(`([A-Za-z_-]+)\s*=\s*([^\s;,]+)`)

// readParameters reads pairs such as start=1.
func (f *form) readParameters(q *draft.Question, a *report.Atom) {
	found := parameter.FindAllStringSubmatch(a.Text, -1)
	if len(found) == 0 {
		f.Drop(a, "%s cannot be read: parameters are pairs such as start=1", report.Quote(a.Text))
	}
	for _, p := range found {
		key, value := strings.ToLower(p[1]), p[2]
		isRange := q.Kind == survey.Rating || q.Kind == survey.Number && q.Display == "slider"
		switch {
		case isRange && (key == "start" || key == "end" || key == "step"):
			f.readRange(q, a, key, value)
		case key == "randomize" && (q.Kind == survey.SingleChoice || q.Kind == survey.MultiChoice || q.Kind == survey.Ranking):
			q.Shuffle = required(value) == "true"
			report.Carry(a)
		case key == "seed" && q.Shuffle:
			f.Ignore(a, "the order follows from the submission: seeds have no meaning here")
		case key == "rows":
			f.Ignore(a, "text boxes grow by themselves here")
		default:
			f.Drop(a, "the parameter %s is not known here", report.Quote(p[0]))
		}
	}
}

// readRange reads the start, end or step of a range.
func (f *form) readRange(q *draft.Question, a *report.Atom, key, value string) {
	if _, err := decimal.Parse(value); err != nil {
		f.Drop(a, "%s of %s is no number of at most three decimals", key, report.Quote(value))
		return
	}
	switch key {
	case "start":
		q.Min = value
		q.From("min", a)
	case "end":
		q.Max = value
		q.From("max", a)
	case "step":
		q.Step = value
		q.From("step", a)
	}
	report.Carry(a)
}

// filterOptions gives every option the condition that a choice_filter means for it.
func (f *form) filterOptions(q *draft.Question, a *report.Atom) {
	tree, err := f.Parse(a.Text)
	if err == nil && q.Options == nil {
		err = message.Errorf("there are no options to filter")
	}
	if err != nil {
		f.Drop(a, "%s cannot be expressed here, so all options are offered: %v", report.Quote(a.Text), err)
		return
	}
	f.useColumns(q, a, tree)
	filtered := &draft.List{At: q.Options.At, Source: q.Options.Source}
	var duplicates draft.Duplicates
	for _, o := range q.Options.Items {
		filled := *o
		show := fillColumns(tree, o)
		filled.Show = []*draft.Condition{{At: a, Tree: show, Find: f.finder(q.Source)}}
		// One value under several parents is one option, shown under each of them.
		if first := duplicates.Add(&filled); first != nil {
			first.Show[0].Tree = &condition.Term{Op: "or", Args: []*condition.Term{first.Show[0].Tree, show}}
			first.Atoms = slices.Concat(first.Atoms, o.Atoms)
			continue
		}
		filtered.Items = append(filtered.Items, &filled)
	}
	q.Options = filtered
}

// useColumns marks the cells of the columns that a filter uses.
func (f *form) useColumns(q *draft.Question, a *report.Atom, filter *condition.Term) {
	var used []string
	filter.Walk(func(t *condition.Term) {
		switch {
		case t.Op != "column":
		case f.filterColumns[t.Text] != nil:
			used = append(used, t.Text)
		case t.Text != "name" && t.Text != "label":
			f.Change(a, "there is no column %s in choices, so nothing is in it", report.Quote(t.Text))
		}
	})
	for _, name := range used {
		column := f.filterColumns[name]
		report.Carry(column.header)
		for _, o := range q.Options.Items {
			if a := o.Cells[name]; a != nil {
				report.Carry(a)
				column.used[a] = true
			}
		}
	}
}

// fillColumns puts an option's own values into a filter.
func fillColumns(t *condition.Term, o *draft.Option) *condition.Term {
	return t.Replace(func(t *condition.Term) *condition.Term {
		if t.Op != "column" {
			return nil
		}
		value := o.Columns[t.Text]
		switch t.Text {
		case "name":
			value = o.Source
		case "label":
			value = o.Label.In("")
		}
		return &condition.Term{Op: "text", Text: strings.TrimSpace(value)}
	})
}
