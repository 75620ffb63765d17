// Package survey defines the model of a checked questionnaire, its compiled form and the hashes that identify it. A [Survey]
// comes from package questionnaire, which parses YAML, or from [Decode]. The package is pure: bytes in, values out.
package survey

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"glasspoll/internal/expression"
)

// A Survey is one compiled questionnaire. It is read only: handlers share one value between requests.
type Survey struct {
	ID             string     `json:"id"`
	Version        string     `json:"version"` // hash of the whole definition
	Shape          string     `json:"shape"`   // hash of what figures and their release depend on: an edited label does not change it
	Title          Text       `json:"title"`
	Languages      []string   `json:"languages"`         // the first is the default
	Purpose        Text       `json:"purpose,omitempty"` // one line: what the answers are used for
	Intro          Text       `json:"intro,omitempty"`
	Thanks         []Thanks   `json:"thanks,omitempty"` // the first that applies is shown
	Minutes        int        `json:"minutes,omitempty"`
	Contact        *Contact   `json:"contact,omitempty"`
	Privacy        *Privacy   `json:"privacy,omitempty"` // nil: there is no notice
	Document       *Document  `json:"document,omitempty"`
	Plan           *Plan      `json:"plan,omitempty"` // public where results are: see [Survey.Public]
	Window         Window     `json:"window"`
	Timezone       string     `json:"timezone"`
	Period         Period     `json:"period"`
	Audience       Audience   `json:"audience"`
	Channels       []string   `json:"channels,omitempty"`
	Access         Access     `json:"access,omitempty"`
	Anonymity      Anonymity  `json:"anonymity,omitempty"`
	Keys           *Keys      `json:"keys,omitempty"`       // of an anonymous survey, once people have been invited
	Sealing        *Sealing   `json:"seal,omitempty"`       // nil: nothing is sealed
	Quality        *Quality   `json:"quality,omitempty"`    // nil: every rule, with its usual limit
	Unlisted       bool       `json:"unlisted,omitempty"`   // listed: false; found only by the link
	KeepDuplicates bool       `json:"keep_twins,omitempty"` // duplicates: keep; each of several equal answers from one place counts
	Steps          bool       `json:"steps,omitempty"`      // layout: steps; with a script, sections are shown one at a time
	Theme          *Theme     `json:"theme,omitempty"`      // nil: the site's
	Cards          bool       `json:"cards,omitempty"`      // layout: cards; with a script, questions are shown one at a time
	Sections       []Section  `json:"sections"`
	Scoring        Scoring    `json:"scoring"`
	Results        Results    `json:"results"`
	Weighting      *Weighting `json:"weighting,omitempty"`
	Legacy         bool       `json:"legacy,omitempty"`    // of answers that an earlier program released: numbers that have even bands were counted by these
	Alerts         []Alert    `json:"alerts,omitempty"`    // not public: see [Survey.Public]
	Deadlines      []Deadline `json:"deadlines,omitempty"` // of cases; not public

	// Derived, not encoded.
	location         *time.Location
	questions        map[string]*Question
	sections         map[string]*Section // by the id of a question in it
	fields           []Field
	fieldIndexes     map[string]int     // by name
	fieldsOfQuestion map[string][]Field // by the question's id
	asked, order     []Placed
	reads            map[string][]string // by the question's id: see [Survey.Reads]
}

// Text is a text in every language of its survey, by language. An empty Text has no words.
type Text map[string]string

// Thanks is a text shown after a submission if its condition holds. The last one of a survey has no condition.
type Thanks struct {
	ShowIf *expression.Tree `json:"show_if,omitempty"`
	Text   Text             `json:"text"`
}

// Contact is who answers questions about the survey.
type Contact struct {
	Name  Text   `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Document is the questionnaire's entry in the quality manual.
type Document struct {
	Number     string `json:"number"`
	Version    string `json:"version,omitempty"`
	ApprovedBy string `json:"approved_by,omitempty"`
	ApprovedOn Date   `json:"approved_on,omitempty"`
}

// Window is when answers are accepted: from the first instant of From to the last of Until, in the survey's timezone. Either
// may be empty, for no limit.
type Window struct {
	From  Date `json:"from,omitempty"`
	Until Date `json:"until,omitempty"`
}

// A Date is a calendar day, written 2006-01-02; "" is none. Dates compare as strings.
type Date string

// Period is how answers are grouped in time.
type Period string

// The periods.
const (
	NoPeriod Period = "none"
	Month    Period = "month"
	Quarter  Period = "quarter"
	Year     Period = "year"
)

// Audience is who is asked. Zero fields are unknown.
type Audience struct {
	Population int        `json:"population,omitempty"`
	Issued     int        `json:"issued,omitempty"`  // in each period that Periods does not name
	Periods    []IssuedIn `json:"periods,omitempty"` // see [Audience.IssuedIn]
	Sample     string     `json:"sample,omitempty"`  // a rule's name: ten_plus_5_percent
}

// SampleSize returns how many of a population have to answer by the rule ten_plus_5_percent: ten and five percent, rounded up,
// and never more than the population.
func SampleSize(population int64) int64 {
	return min(population, 10+(population+19)/20)
}

// Section is a group of questions under one heading.
type Section struct {
	ID        string           `json:"id"`
	Title     Text             `json:"title,omitempty"`
	Intro     Text             `json:"intro,omitempty"`
	ShowIf    *expression.Tree `json:"show_if,omitempty"`
	Questions []Question       `json:"questions"`
}

// Type names what a question asks for.
type Type string

// The question types.
const (
	SingleChoice Type = "single_choice"
	MultiChoice  Type = "multi_choice"
	Rating       Type = "rating"
	NPS          Type = "nps"
	Matrix       Type = "matrix"
	Number       Type = "number"
	ShortText    Type = "short_text"
	LongText     Type = "long_text"
	Email        Type = "email"
	Phone        Type = "phone"
	URL          Type = "url"
	DateType     Type = "date"
	Time         Type = "time"
	YesNo        Type = "yes_no"
	Consent      Type = "consent"
	Hidden       Type = "hidden"
	Note         Type = "note"

	ImportanceMatrix Type = "importance_matrix"
	Ranking          Type = "ranking"
	ConstantSum      Type = "constant_sum"
)

// Question is one question, or a note between questions.
type Question struct {
	ID          string           `json:"id"`
	Type        Type             `json:"type"`
	Label       Text             `json:"label"`              // Markdown in a note, plain text elsewhere
	ShortName   Text             `json:"short,omitempty"`    // see [Question.Short]
	ShortNo     Text             `json:"short_no,omitempty"` // of a yes_no: what those who answered no are called
	Help        Text             `json:"help,omitempty"`
	Image       *Picture         `json:"image,omitempty"`
	Required    bool             `json:"required,omitempty"`    // of a matrix: see Row.Required
	RequiredIf  *expression.Tree `json:"required_if,omitempty"` // of a matrix: for every row
	ShowIf      *expression.Tree `json:"show_if,omitempty"`
	Checks      []Rule           `json:"checks,omitempty"`
	Private     bool             `json:"private,omitempty"`
	Unpublished bool             `json:"unpublished,omitempty"` // publish: false
	Unsealed    bool             `json:"unsealed,omitempty"`    // sealed: false; see [Survey.Seals]
	Segment     bool             `json:"segment,omitempty"`
	Sensitive   bool             `json:"sensitive,omitempty"` // published once, rounded, when the period has closed
	Dimension   string           `json:"dimension,omitempty"`
	Weight      Decimal          `json:"weight"`
	Display     string           `json:"display,omitempty"`
	Options     []Option         `json:"options,omitempty"`    // also the steps of a rating or nps, and the columns of a matrix
	Importance  []Option         `json:"importance,omitempty"` // of an importance_matrix: the steps of importance
	Rows        []Row            `json:"rows,omitempty"`       // of a matrix
	Shuffle     bool             `json:"shuffle,omitempty"`    // options are in a random order for each respondent
	Anchor      []string         `json:"anchor,omitempty"`     // options that stay last
	Low         Text             `json:"low,omitempty"`        // end labels of a rating's or an nps's steps
	High        Text             `json:"high,omitempty"`
	AtLeast     int              `json:"at_least,omitempty"` // of a multi_choice: fewest options when answered; 0 is no limit
	AtMost      int              `json:"at_most,omitempty"`  // of a ranking: how many ranks are given
	Total       *Decimal         `json:"total,omitempty"`    // of a constant_sum
	Min         *Decimal         `json:"min,omitempty"`      // of a number
	Max         *Decimal         `json:"max,omitempty"`
	Step        *Decimal         `json:"step,omitempty"`
	Bands       []Decimal        `json:"bands,omitempty"` // of a number: the declared lower limits of its histogram, ascending
	Unit        Text             `json:"unit,omitempty"`
	MinLength   int              `json:"min_length,omitempty"` // of a text, in characters (code points)
	MaxLength   int              `json:"max_length,omitempty"`
	Pattern     string           `json:"pattern,omitempty"`  // RE2, matches the whole text
	Earliest    Date             `json:"earliest,omitempty"` // of a date
	Latest      Date             `json:"latest,omitempty"`
	Message     Text             `json:"message,omitempty"` // instead of the wording's, for an answer beyond these limits

	// Derived, not encoded. See [Survey.Index].
	traits traits
}

// ImageChoice is the display of a single_choice or multi_choice whose options are cards with pictures.
const ImageChoice = "image_choice"

// Rule is a condition on an answer, with the message shown if it does not hold.
type Rule struct {
	That    expression.Tree `json:"that"`
	Message Text            `json:"message"`
}

// Option is one thing that can be chosen.
type Option struct {
	ID        string           `json:"id"`
	Label     Text             `json:"label,omitempty"`
	ShortName Text             `json:"short,omitempty"` // see [Option.Short]
	Image     *Picture         `json:"image,omitempty"` // of a question that is displayed as ImageChoice
	Score     *Decimal         `json:"score,omitempty"` // nil: counted as an answer, but left out of means
	Exclusive bool             `json:"exclusive,omitempty"`
	ShowIf    *expression.Tree `json:"show_if,omitempty"`
}

// Other is the id of the option that comes with a text field, named QUESTION._other. If it has no label, the interface's
// wording is used.
const Other = "_other"

// Row is one line of a matrix: an item named QUESTION.ROW.
type Row struct {
	ID        string  `json:"id"`
	Label     Text    `json:"label"`
	ShortName Text    `json:"short,omitempty"` // see [Row.Short]
	Required  bool    `json:"required,omitempty"`
	Weight    Decimal `json:"weight"`
}

// Scoring is how the index is computed.
type Scoring struct {
	Model      string            `json:"model"`
	Unit       string            `json:"unit,omitempty"`    // of mean_of_units: the segment whose values are the units
	Of         string            `json:"of,omitempty"`      // of mean_of_units: the model that scores each unit
	Overall    string            `json:"overall,omitempty"` // the item that measures overall satisfaction
	Dimensions []Dimension       `json:"dimensions,omitempty"`
	Bands      []Band            `json:"bands,omitempty"` // highest first; the last one begins at 0
	Target     *Decimal          `json:"target,omitempty"`
	Rule       *ResponseRateRule `json:"response_rate_rule,omitempty"`
}

// The models. In weighted_count, a score is the coefficient by which the count of its answers is multiplied.
const (
	PercentOfMax  = "percent_of_max"
	Mean          = "mean"
	Graded10      = "graded_10"
	WeightedCount = "weighted_count"
	MeanOfUnits   = "mean_of_units"
)

// GroupModel returns the model that scores one group of answers: all or, for mean_of_units, one unit.
func (s *Scoring) GroupModel() string {
	if s.Model == MeanOfUnits {
		return s.Of
	}
	return s.Model
}

// OutOf100 reports whether the index runs from 0 to 100, so that bands and deductions make sense.
func (s *Scoring) OutOf100() bool {
	return s.GroupModel() == PercentOfMax || s.GroupModel() == Graded10
}

// ResponseRateRule takes points off the index for a response rate below a floor: Deduct for each Per percentage points that
// are missing.
type ResponseRateRule struct {
	Floor        Decimal `json:"floor"` // percent
	Per          Decimal `json:"per"`   // percentage points
	Deduct       Decimal `json:"deduct"`
	Proportional bool    `json:"proportional,omitempty"` // also for parts of Per
}

// Dimension is a weighted group of items.
type Dimension struct {
	ID     string  `json:"id"`
	Label  Text    `json:"label,omitempty"`
	Weight Decimal `json:"weight"`
}

// Band is a named range of the index, from From (inclusive) up to the next band.
type Band struct {
	From  Decimal `json:"from"`
	Label Text    `json:"label"`
}

// Results is what is published, and when.
type Results struct {
	Audience   string     `json:"audience"`             // public, staff or management
	MinGroup   int        `json:"min_group"`            // see [Survey.K]
	Protection string     `json:"protection,omitempty"` // "" or [Strict]
	Closes     Date       `json:"closes,omitempty"`     // the day after which sensitive questions are published, in a survey without an end
	PoolAfter  int        `json:"pool_after,omitempty"` // days
	Release    string     `json:"release,omitempty"`    // full or daily
	CrossTabs  []CrossTab `json:"crosstabs,omitempty"`
}

// Strict is the protection for staff surveys and public bodies: every question is treated as sensitive.
const Strict = "strict"

// StrictGroup is the least k under [Strict].
const StrictGroup = 10

// K returns the fewest respondents that a published figure may describe; 1 is no protection.
func (s *Survey) K() int {
	if s.Results.Protection == Strict {
		return max(s.Results.MinGroup, StrictGroup)
	}
	return max(s.Results.MinGroup, 1)
}

// CrossTab is an item broken down by a segment.
type CrossTab struct {
	Rows string `json:"rows"`
	By   string `json:"by"`
}

// Alert opens a case for each response for which its condition holds.
type Alert struct {
	ID       string          `json:"id"` // unique in the survey
	When     expression.Tree `json:"when"`
	Opens    string          `json:"opens"` // the type of the case
	Subtype  string          `json:"subtype,omitempty"`
	Severity Severity        `json:"severity"`
	Priority Priority        `json:"priority"`
	Owner    string          `json:"owner,omitempty"`       // a role, never a person
	DueDays  *int            `json:"due_days,omitempty"`    // calendar days after the day of opening; nil: none of its own
	DueHours *int            `json:"due_hours,omitempty"`   // from opening; nil: none of its own
	Escalate []string        `json:"escalate_to,omitempty"` // the roles above the owner, the next one first
}

// Deadline is by when cases of a kind are to be closed. A property that is "" fits every case.
type Deadline struct {
	Type     string   `json:"type,omitempty"`
	Channel  string   `json:"channel,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	Days     *int     `json:"days,omitempty"`  // calendar days after the day of opening
	Hours    *int     `json:"hours,omitempty"` // from opening; Days or Hours is set
}

// CaseChannels are the ways by which customers come to us beside surveys: cases of these are entered by hand.
var CaseChannels = []string{"phone", "letter", "email", "visit", "web"}

// Severity is how bad a case is.
type Severity string

// The severities.
const (
	Minor    Severity = "minor"
	Major    Severity = "major"
	Critical Severity = "critical"
)

// Priority is how urgent a case is.
type Priority string

// The priorities.
const (
	LowPriority    Priority = "low"
	NormalPriority Priority = "normal"
	HighPriority   Priority = "high"
	UrgentPriority Priority = "urgent"
)

// Public returns the definition that may be published: without the alerts, which show which answers are followed up, without the
// deadlines of cases, and without a plan that is not public. It keeps the version of the whole.
func (s *Survey) Public() *Survey {
	public := *s
	public.Alerts, public.Deadlines = nil, nil
	if !s.HasPublicPlan() {
		public.Plan = nil
	}
	return &public
}

// In returns the text in a language.
func (t Text) In(language string) string { return t[language] }

// DefaultLanguage returns the first language. The survey's main address is in it.
func (s *Survey) DefaultLanguage() string { return s.Languages[0] }

// HasLanguage reports whether the survey is available in a language.
func (s *Survey) HasLanguage(language string) bool { return slices.Contains(s.Languages, language) }

// Location returns the survey's timezone.
func (s *Survey) Location() *time.Location { return s.location }

// ThanksPath returns the address of thank-you text i, relative to the survey's: "thanks/" for the last, which has no
// condition, and "thanks/1/", "thanks/2/", … for the others.
func (s *Survey) ThanksPath(i int) string {
	if i < 0 || i >= len(s.Thanks)-1 {
		return "thanks/"
	}
	return fmt.Sprintf("thanks/%d/", i+1)
}

// Questions iterates over all questions, notes included, in the file's order.
func (s *Survey) Questions() iter.Seq[*Question] {
	return func(yield func(*Question) bool) {
		for i := range s.Sections {
			for j := range s.Sections[i].Questions {
				if !yield(&s.Sections[i].Questions[j]) {
					return
				}
			}
		}
	}
}

// HasPrivate reports whether any question is private.
func (s *Survey) HasPrivate() bool {
	for q := range s.Questions() {
		if q.Private {
			return true
		}
	}
	return false
}

// Question finds a question by its id.
func (s *Survey) Question(id string) (*Question, bool) {
	q, ok := s.questions[id]
	return q, ok
}
