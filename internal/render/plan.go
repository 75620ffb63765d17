package render

import (
	"html/template"
	"io"
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// planPath is where a survey's plan is, below its address.
const planPath = "plan/"

// PlanAddress returns the address of a survey's plan; "" if nobody but those who may read the results may read it, or there
// is none.
func PlanAddress(s *survey.Survey, language, root string) string {
	if !s.HasPublicPlan() {
		return ""
	}
	return Address(s, language, root, planPath)
}

// PlanPage says how a survey's plan is written.
type PlanPage struct {
	CompanionPage
	Alone *AloneStyle // for a file that loads nothing and links to no other page; nil for a page of the site
}

// plan is the data of plan.html.
type plan struct {
	Frame
	Over     string // the survey's title
	Approved bool
	Entry    []planFact // in the quality manual

	Purpose, Target, Method template.HTML
	Whom, How               []planFact
	Content                 []planRow // sections, and what is asked in each
	Index                   []string  // how the index is computed
	Measured                []planFact
	Weights                 []planFact // of the areas
	Roles, Dates            []planFact
	Public                  []string

	Form, Results string // addresses; "" on a page that stands alone
	Contact       *contact
}

type planFact struct{ Name, Value string }

type planRow struct {
	Title, Asked string
	N            int
}

// Plan writes a survey's plan, which it must have, whoever may read it.
func (r *Renderer) Plan(w io.Writer, s *survey.Survey, p PlanPage) error {
	words := r.words.In(p.Language)
	d := planWriter{survey: s, words: words, language: p.Language, plan: &plan{
		Frame: r.companionFrame(s, words.Say("plan.of", "title", s.Title.In(p.Language)), planPath, p.CompanionPage),
		Over:  s.Title.In(p.Language), Contact: newContact(s, p.Language),
	}}
	d.Description = describe(s.Plan.Purpose.In(p.Language), maxDescription)
	d.entry()
	d.authors()
	d.whom()
	d.how()
	d.content()
	d.index()
	d.schedule()
	d.public()
	if p.Alone != nil {
		d.plan.StandAlone(*p.Alone)
		return r.WritePage(w, "plan.html", words, d.plan)
	}
	d.plan.Form = Address(s, p.Language, p.Root, "")
	if s.Results.Audience == "public" {
		d.plan.Results = Address(s, p.Language, p.Root, "results/")
	}
	return r.WritePage(w, "plan.html", words, d.plan)
}

// planWriter fills in one plan.
type planWriter struct {
	*plan
	survey   *survey.Survey
	words    *wording.Words
	language string
}

// fact appends a fact with a value.
func (d planWriter) fact(to *[]planFact, key, value string) {
	if value != "" {
		*to = append(*to, planFact{d.words.Say(key), value})
	}
}

func (d planWriter) list(items []string) string { return strings.Join(items, d.words.Say("plan.and")) }

// entry is the plan's in the quality manual.
func (d planWriter) entry() {
	doc := d.survey.PlanDocument()
	if doc == nil {
		d.Approved = true // by nobody who would have to
		return
	}
	d.Approved = doc.IsApproved()
	d.fact(&d.Entry, "plan.number", doc.Number)
	d.fact(&d.Entry, "plan.version", doc.Version)
	d.fact(&d.Entry, "plan.approved_by", doc.ApprovedBy)
	d.fact(&d.Entry, "plan.approved_on", d.words.Date(string(doc.ApprovedOn)))
	if own := d.survey.Document; own != nil && own != doc {
		d.fact(&d.Entry, "plan.questionnaire", documentName(d.words, own))
	}
}

// documentName returns a document's number with its version.
func documentName(w *wording.Words, d *survey.Document) string {
	if d.Version == "" {
		return d.Number
	}
	return w.Say("document", "number", d.Number, "version", d.Version)
}

// authors are the texts of the author.
func (d planWriter) authors() {
	own := d.survey.Plan
	d.Purpose, d.Target, d.Method = markdown(own.Purpose.In(d.language)), markdown(own.Target.In(d.language)), markdown(own.Method.In(d.language))
	for _, role := range own.Roles {
		d.Roles = append(d.Roles, planFact{role.Who.In(d.language), role.Does.In(d.language)})
	}
}

// whom says how many are asked.
func (d planWriter) whom() {
	a := d.survey.Audience
	number := func(name, unit string, n int) {
		if n > 0 {
			d.Whom = append(d.Whom, planFact{name, d.words.Say(unit, "n", n)})
		}
	}
	number(d.words.Say("method.population"), "plan.people", a.Population)
	number(d.words.Say("method.issued"), "plan.copies", a.Issued)
	for _, in := range a.Periods {
		if in.Period != "" {
			number(d.words.Say("plan.issued_in", "period", PeriodName(d.words, in.Period)), "plan.copies", in.Issued)
		}
	}
	if a.Sample != "" {
		number(d.words.Say("method.sample"), "plan.copies", int(survey.SampleSize(int64(a.Population))))
	}
}

// how says by which ways answers come, and when.
func (d planWriter) how() {
	s := d.survey
	var channels []string
	for _, c := range s.Channels {
		if key := "channel." + c; d.words.Has(key) {
			c = d.words.Say(key)
		}
		channels = append(channels, c)
	}
	d.fact(&d.How, "plan.channels", d.list(channels))
	d.fact(&d.How, "plan.access", d.words.Say(accessKey(s)))
	if s.HasInvitations() {
		d.fact(&d.How, "plan.anonymity", d.words.Say("invited."+string(s.Anonymity)))
	}
	if key := periodKeys[s.Period]; key != "" {
		d.fact(&d.How, "plan.period", d.words.Say(key))
	}
}

func accessKey(s *survey.Survey) string {
	switch {
	case !s.HasInvitations():
		return "plan.access_open"
	case s.IsOpenToAll():
		return "plan.access_both"
	}
	return "plan.access_invited"
}

// Keys of the wording.
var (
	periodKeys   = map[survey.Period]string{survey.Month: "plan.every_month", survey.Quarter: "plan.every_quarter", survey.Year: "plan.every_year"}
	audienceKeys = map[string]string{"public": "plan.audience_public", "staff": "plan.audience_staff", "management": "plan.audience_management"}
	stepKeys     = map[survey.PlanStep]string{survey.DesignStep: "plan.step_design", survey.CollectionStep: "plan.step_collection",
		survey.AnalysisStep: "plan.step_analysis", survey.MeasuresStep: "plan.step_measures"}
)

// maxNamed bounds how many questions of a section are named: a plan says what is asked about, and the form has the questions.
const maxNamed = 40

// content lists the sections, with what is asked in each.
func (d planWriter) content() {
	for i := range d.survey.Sections {
		section := &d.survey.Sections[i]
		row := planRow{Title: d.plain(section.Title.In(d.language))}
		if row.Title == "" {
			row.Title = d.words.Say("plan.part", "n", i+1)
		}
		var named []string
		for j := range section.Questions {
			q := &section.Questions[j]
			if q.Type == survey.Note || q.Type == survey.Hidden {
				continue
			}
			row.N++
			named = append(named, d.asked(q)...)
		}
		if len(named) > maxNamed {
			named = append(named[:maxNamed], noAnswer)
		}
		if row.Asked = strings.Join(named, d.words.Say("plan.next")); row.N > 0 {
			d.Content = append(d.Content, row)
		}
	}
}

// asked returns what a question asks about: itself, or the rows of a matrix.
func (d planWriter) asked(q *survey.Question) []string {
	if len(q.Rows) == 0 {
		return []string{d.plain(q.Short(d.language))}
	}
	var names []string
	for i := range q.Rows {
		names = append(names, d.plain(q.Rows[i].Short(d.language)))
	}
	return names
}

// plain returns a text of the form as part of a list.
func (d planWriter) plain(text string) string {
	return strings.TrimRight(NewTexts(d.survey, d.words, d.language).Plain(text), "。.：:；;？?؟")
}

// index says how the index is computed.
func (d planWriter) index() {
	scored := slices.ContainsFunc(d.survey.Fields(), func(f survey.Field) bool { return f.Scored() && f.Counted() })
	if !scored {
		return
	}
	scoring := &d.survey.Scoring
	d.Index = append(d.Index, d.words.Say("derivation."+scoring.GroupModel()))
	if scoring.Model == survey.MeanOfUnits {
		d.Index = append(d.Index, d.words.Say("derivation.units"))
	}
	if f, ok := d.survey.Field(scoring.Overall); ok {
		d.fact(&d.Measured, "plan.overall", d.plain(f.Short(d.language)))
	}
	if scoring.Target != nil {
		d.fact(&d.Measured, "plan.target_index", scoring.Target.String())
	}
	var bands []string
	for _, b := range scoring.Bands {
		bands = append(bands, d.words.Say("plan.band", "band", b.Label.In(d.language), "from", b.From.String()))
	}
	d.fact(&d.Measured, "plan.bands", d.list(bands))
	for _, area := range scoring.Dimensions {
		name := area.Label.In(d.language)
		if name == "" {
			name = area.ID
		}
		d.Weights = append(d.Weights, planFact{name, area.Weight.String()})
	}
	if rule := scoring.Rule; rule != nil {
		d.fact(&d.Measured, "plan.rate", d.words.Say("plan.rate_rule", "floor", rule.Floor.String(), "per", rule.Per.String(), "deduct", rule.Deduct.String()))
	}
}

// schedule lists when each step is done. Answers are taken in the window, if there is one.
func (d planWriter) schedule() {
	own := map[survey.PlanStep]survey.PlanDate{}
	for _, date := range d.survey.Plan.Dates {
		own[date.Step] = date
	}
	window := d.survey.Window
	if _, there := own[survey.CollectionStep]; !there && window != (survey.Window{}) {
		own[survey.CollectionStep] = survey.PlanDate{From: window.From, Until: window.Until}
	}
	for _, step := range survey.PlanSteps() {
		if date, there := own[step]; there {
			d.fact(&d.Dates, stepKeys[step], d.days(date))
		}
	}
}

func (d planWriter) days(date survey.PlanDate) string {
	from, until := d.words.Date(string(date.From)), d.words.Date(string(date.Until))
	switch {
	case date.When != nil:
		return date.When.In(d.language)
	case from == until:
		return from
	case until == "":
		return d.words.Say("method.from", "from", from)
	case from == "":
		return d.words.Say("method.until", "until", until)
	}
	return d.words.Say("method.between", "from", from, "until", until)
}

// public says who reads what comes out.
func (d planWriter) public() {
	s := d.survey
	d.Public = append(d.Public, d.words.Say(audienceKeys[s.Results.Audience]))
	if k := s.K(); k > 1 && s.Results.Audience == "public" {
		d.Public = append(d.Public, d.words.Say("method.group_rule", "k", k))
	}
	if s.Results.Audience == "public" {
		d.Public = append(d.Public, d.words.Say("method.never"))
	}
}
