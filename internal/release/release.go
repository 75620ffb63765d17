// Package release decides what may be made public. It is pure.
//
// What is ever public about a survey is a function of facts (who answered when, by which channel, under which questionnaire,
// in which segment) and of sums over blocks: disjoint sets of at least k respondents, each made once, as a whole, by facts
// alone, and never changed. Two promises follow. Secrecy: answers of those in no block, and answers to questions that are not
// published, change nothing that is public. Exchange: if members of one block exchange their answers to the questions of one
// bundle, nothing that is public changes; so it tells no two of at least k people apart.
//
//   - All who wait of a cohort are one block as soon as they are k. When the period closes, or results.pool_after days have
//     passed, what is left of all cohorts of one part is one more, the pool's, which is in no segment.
//   - Everything public is made from counters of blocks that are out, never from a difference to what was counted. Those who
//     are in a block are taken out of the tally in the transaction that stores the release.
//   - Left out is an answer like any other, so nothing waits for answers. What waits for facts waits by whole blocks: a
//     question that facts decide who is asked, until each class of members is empty or has k.
//   - Sensitive questions are published once, when the period has ended, over all blocks together, coded to multiples of k.
//   - Figures made of whole rows move in steps of whole blocks with at least 30 rows.
package release

import (
	"encoding/json"

	"glasspoll/internal/invitation"
	"glasspoll/internal/tally"
)

// Release holds what has been made public of one period so far: the sums over all blocks up to and including its own.
// Releases of a period are numbered from 1 without gaps and kept for ever; pages are made from the latest alone. Releases are
// shared between readers: nothing changes one once it is made.
type Release struct {
	Survey  string          `json:"survey"`
	Period  string          `json:"period"`
	Number  int             `json:"number"`
	Date    string          `json:"date"`             // day of release, in the survey's timezone
	Version string          `json:"version"`          // of the questionnaire in force
	Form    json.RawMessage `json:"form,omitempty"`   // the questionnaire in force, without texts: [survey.DecodeForm]
	K       int             `json:"k"`                // of the blocks to come: never falls within a period
	Hidden  []string        `json:"hidden,omitempty"` // fields that are not public, sorted: of the questionnaire in force, and of earlier ones of the period as far as it no longer asks them; QUESTION.* for whole questions
	Facts   Facts           `json:"facts"`

	Invited *invitation.Facts `json:"invited,omitempty"` // nil without invitations, and while they are too few

	Parts    map[string]*Part       `json:"parts"`           // by the shape of the questionnaire answered; and [Legacy]
	Coded    map[string]*Coded      `json:"coded,omitempty"` // sensitive questions, by [CodedKey]
	Rows     map[string]*tally.Rows `json:"rows,omitempty"`  // by [tally.RowSignature], and by "signature|option" for a unit of the index
	Steps    []Step                 `json:"steps,omitempty"` // that rows have moved in, oldest first
	Annulled []Annulment            `json:"annulled,omitempty"`

	Held *Held `json:"held,omitempty"` // what is not public; nil in what [Release.Public] returns

	old *old // what an earlier program has stored, if this was read from it: its additions add to that
}

// Legacy is the key of the part that was released under the rules of earlier programs. No shape is like it. Its counters
// are sums over releases of at least k respondents, some of whom had answered other versions of the questionnaire than its
// form. It is of no one version, and its Since is not known.
const Legacy = "legacy"

// Facts are public figures that no answer decides; what was rejected, persons have decided.
type Facts struct {
	Received  int64  `json:"received"`            // responses, withdrawn ones included; 0 below k
	Through   string `json:"through,omitempty"`   // day of the survey through which Received counts: by whole days until the period is closed
	Withdrawn int64  `json:"withdrawn,omitempty"` // 0 below k
	Held      int64  `json:"held,omitempty"`      // responses that rules have held back, whatever was decided then; 0 below k
	Rejected  int64  `json:"rejected,omitempty"`  // responses that persons have rejected; 0 below k
}

// Part holds the respondents who have answered questionnaires of one shape.
type Part struct {
	Number   int             `json:"number"`            // order of the parts' first blocks, from 1
	Version  string          `json:"version,omitempty"` // of a questionnaire with this shape
	Form     json.RawMessage `json:"form,omitempty"`    // that questionnaire without texts
	Since    string          `json:"since"`             // day of its first block
	PooledOn string          `json:"pooled,omitempty"`  // day of its last block of the pool
	K        int             `json:"k"`                 // of its first block: its later ones have no fewer members

	// Cohorts are sums over blocks, by cohort key and [Pool], of what is public: Respondents, Items, and Bases of the items
	// that had waited for them. There are no Rows.
	Cohorts map[string]*tally.Counters `json:"cohorts"`
}

// Coded is a sensitive question as it is published. Counts, [LeftOut] among them, are multiples of K, and so is N.
type Coded struct {
	Shape  string            `json:"shape"` // of the newest part that asks it
	K      int               `json:"k"`
	N      int64             `json:"n"` // members of the blocks, rounded down
	Counts tally.Counts      `json:"counts"`
	By     map[string]*Coded `json:"by,omitempty"` // by "segment=option", under strict protection
}

// Step is one move of figures that are made of whole rows.
type Step struct {
	Date      string `json:"date"`
	Rows      int64  `json:"rows"`    // that are new
	Index     int64  `json:"index"`   // sum of their own indexes, as in [tally.Rows]
	Squares   int64  `json:"squares"` // and of the squares
	Signature string `json:"signature"`
	First     int    `json:"first"` // the step has the blocks of the releases from First to Last
	Last      int    `json:"last"`
}

// Annulment says that a block was taken out because its answers turned out to be false.
type Annulment struct {
	Release     int    `json:"release"` // that the block came with
	Shape       string `json:"shape"`
	Cohort      string `json:"cohort"`
	Respondents int64  `json:"respondents"`
	Reason      string `json:"reason"`
	Date        string `json:"date"`
}

// Held is what a release has counted and not published, and what the next one needs to know.
type Held struct {
	Out   map[string]map[string]Mark            `json:"out,omitempty"`   // by shape and cohort: how far its members are in blocks
	Items map[string]map[string]*tally.Counters `json:"items,omitempty"` // by shape and cohort: items of blocks that are out, and bases, that are not public yet
	Rows  map[string]*tally.Rows                `json:"rows,omitempty"`  // that wait for a step; keys as in Release.Rows

	// Legacy says how many respondents of each old cohort are in [Legacy] or have withdrawn since; all under [Pool] if the
	// cohorts cannot be told apart. Nil if there are none.
	Legacy map[string]int64 `json:"legacy,omitempty"`
}

// Mark says up to where the respondents of a cohort are in blocks.
type Mark struct {
	Cursor  string `json:"cursor"`            // of the log: members up to it are in blocks
	Release int    `json:"release"`           // of the last block
	Decided int    `json:"decided,omitempty"` // number of decisions: who was held, and accepted with one up to it, is in a block
}

// NumberOf returns the number of a release; 0 for none.
func NumberOf(r *Release) int {
	if r == nil {
		return 0
	}
	return r.Number
}

// ByPeriod returns the latest releases by their periods.
func ByPeriod(latest []*Release) map[string]*Release {
	all := make(map[string]*Release, len(latest))
	for _, r := range latest {
		all[r.Period] = r
	}
	return all
}

// Respondents counts those who are in blocks.
func (r *Release) Respondents() int64 {
	if r == nil {
		return 0
	}
	n := int64(0)
	for _, p := range r.Parts {
		n += p.Respondents()
	}
	return n
}

// Respondents counts those of the part who are in blocks.
func (p *Part) Respondents() int64 {
	if p == nil {
		return 0
	}
	n := int64(0)
	for _, c := range p.Cohorts {
		n += c.Respondents
	}
	return n
}

// Total sums the part's cohorts and its pool.
func (p *Part) Total() *tally.Counters { return tally.Total(p.Cohorts) }
