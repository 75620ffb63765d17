// Package tally folds responses into counters of those who wait to be released. It is pure: a Tally follows from the
// responses folded and from which of them are in blocks of a release. It holds sums over respondents, as integers.
package tally

// Tally holds what is known of a period of a survey's responses, and the counters of those who are in no block yet.
type Tally struct {
	Cursor string // of the last response folded; "" before the first

	// Alerted is the cursor up to which alerts have been evaluated, while that is ahead of Cursor because the responses are
	// being folded again; else "".
	Alerted string

	Release   int              // number of the release whose blocks have been taken out
	Days      map[string]int64 // responses by the day they were received on, or accepted, in the survey's timezone; withdrawn ones included
	Withdrawn int64            // responses whose answers have been erased
	Parts     map[string]*Part // by the shape of the questionnaire answered; "" for responses to none that is known, which are never released

	// Legacy says how many more of each old cohort count as released under the rules of earlier programs; nil if none are
	// left. See [Tally.SetLegacy].
	Legacy  map[string]int64
	Skipped *Skipped // those who were skipped as such; nil if there are none

	Held    *Held // nil if no response has been watched or decided of
	Decided int   // number of the last decisions of persons that have been folded

	plans plans
}

// Part holds those who wait of the respondents who have answered questionnaires of one shape.
type Part struct {
	Version string               // of a questionnaire with this shape
	Cohorts map[string]*Counters // who waits, by cohort key: see [CohortKey]
	Out     map[string]string    // by cohort key: cursor of the last member that is in a block
	Decided map[string]int       // by cohort key: number of the last decisions whose accepted ones are in a block; nil if there are none
}

// Counters is a sum over respondents.
type Counters struct {
	Respondents int64            `json:"respondents"`
	Items       map[string]*Item `json:"items"` // by field name; a field that nobody answered may be absent

	// Bases says, for each field of which facts decide who is asked it, how many respondents there are of each class. Those of
	// one class are asked under the same conditions, given their facts. A class is a hash; [NotAsked] are those who are not
	// asked at all.
	Bases map[string]map[string]int64 `json:"bases,omitempty"`

	Rows *Rows `json:"rows,omitempty"` // nil if there is nothing in it

	folded *folded // what folding looks up once; nil until folded into
}

// Channel is the name of the item that counts responses by channel. No field has it.
const Channel = "_channel"

// Item holds the counters of one field. N counts respondents who answered it; Counts says how often each option was
// chosen, or for a number how many answers are in each of its bands, by their ids: see [survey.Field.ValueBands].
type Item struct {
	N      int64  `json:"n"`
	Counts Counts `json:"counts,omitzero"`
}

// Rows are sums over whole rows: over several answers of each respondent.
type Rows struct {
	// N counts respondents with an index of their own: Σ w·q / Σ w·d over the items that they scored, as the survey's model
	// has it, rounded half up to thousandths; segments are left out. It is from 0 to 100, or on the scale of the items'
	// scores, up to 100; of weighted_count it is that for each answer. Index is the sum of these, in thousandths, and Squares
	// that of their squares, in millionths: 64 bits hold those of 900 million respondents.
	N       int64 `json:"n"`
	Index   int64 `json:"index"`
	Squares int64 `json:"squares"`

	Pairs  map[string]*Moments `json:"pairs,omitempty"`  // of an item with the overall item; those without a pair may be absent
	Scales map[string]*Scale   `json:"scales,omitempty"` // by dimension, and "" for all items: of two items or more
}

// Moments are sums over the N respondents who gave both a field and the overall item an answer with a score: X of the
// field's scores, Y of the overall's, in thousandths, and of their products, in millionths. Scores are at most 100, so 64
// bits hold those of 900 million respondents.
type Moments struct {
	N  int64 `json:"n"`
	X  int64 `json:"x"`
	Y  int64 `json:"y"`
	XX int64 `json:"xx"`
	YY int64 `json:"yy"`
	XY int64 `json:"xy"`
}

// Scale holds sums over the N respondents who gave every item of a scale an answer with a score: of each one's total, of
// its square, and for each item, in the questionnaire's order, of its scores and of their squares. Their unit is the
// greatest common divisor of all scores of these items, and its square; alpha does not depend on it. There is none where 64
// bits could not hold the sums of 900 million respondents.
type Scale struct {
	N            int64   `json:"n"`
	Total        int64   `json:"total"`
	TotalSquares int64   `json:"total_squares"`
	Sums         []int64 `json:"sums"`
	Squares      []int64 `json:"squares"`
}

// New returns an empty tally.
func New() *Tally { return &Tally{Days: map[string]int64{}, Parts: map[string]*Part{}} }

// Restart returns an empty tally that replaces before (nil: none) and is folded from the start of the log. It keeps how far
// before had come, so that no alert is evaluated a second time.
func Restart(before *Tally) *Tally {
	t := New()
	if before != nil {
		t.Alerted = max(before.Alerted, before.Cursor)
	}
	return t
}

// Advance moves the cursor to that of a response that needs no folding.
func (t *Tally) Advance(cursor string) {
	t.Cursor = cursor
	if t.Alerted <= cursor {
		t.Alerted = ""
	}
}

// Folded counts the responses that have been folded, whatever became of them.
func (t *Tally) Folded() int64 {
	if t.Held == nil {
		return t.Received()
	}
	return t.Received() + t.Held.Waiting + t.Held.Rejected
}

// Received counts responses, withdrawn ones included; not those that are held back or rejected.
func (t *Tally) Received() int64 {
	n := int64(0)
	for _, received := range t.Days {
		n += received
	}
	return n
}

// Waiting counts those who are in no block.
func (t *Tally) Waiting() int64 {
	n := int64(0)
	for _, p := range t.Parts {
		for _, c := range p.Cohorts {
			n += c.Respondents
		}
	}
	return n
}
