package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"glasspoll/internal/codec"
	"glasspoll/internal/tally"
)

// record is a release, or what it adds, as it is stored. Its keys are part of the format; docs/formats.md lists them. Those
// of version 1 that are not used any more stay free. Free for what may come: 21 chains of an item's versions, 23 tombstones,
// 25 corrections, 26 sealed fields, 27 tokens.
type record struct {
	Survey   string                       `cbor:"1,keyasint"`
	Period   string                       `cbor:"2,keyasint"`
	Number   int                          `cbor:"3,keyasint"`
	Date     string                       `cbor:"4,keyasint"`
	Version  string                       `cbor:"6,keyasint"`
	Form     []byte                       `cbor:"7,keyasint,omitempty"`
	Names    tally.Names                  `cbor:"9,keyasint"`
	Adds     byte                         `cbor:"14,keyasint,omitempty"` // of an addition: addsDifference or addsAll
	K        int                          `cbor:"15,keyasint"`
	Hidden   []string                     `cbor:"16,keyasint,omitzero"` // none is not the same as empty
	Facts    factsRecord                  `cbor:"17,keyasint"`
	Coded    map[string]codedRecord       `cbor:"18,keyasint,omitempty"`
	Steps    []stepRecord                 `cbor:"19,keyasint,omitempty"`
	Parts    map[string]partRecord        `cbor:"20,keyasint,omitempty"`
	Rows     map[string]*tally.RowsRecord `cbor:"22,keyasint,omitempty"`
	Annulled []annulmentRecord            `cbor:"24,keyasint,omitempty"`
	Held     *heldRecord                  `cbor:"28,keyasint,omitempty"`
	Kept     *keptRecord                  `cbor:"29,keyasint,omitempty"` // of a difference
	Invited  *invitedRecord               `cbor:"30,keyasint,omitempty"`
	Reviewed *reviewedRecord              `cbor:"31,keyasint,omitempty"` // facts, too
}

const (
	addsDifference = 1
	addsAll        = 2
)

type factsRecord struct {
	_         struct{} `cbor:",toarray"`
	Received  int64
	Through   string
	Withdrawn int64
}

type reviewedRecord struct {
	Held     int64 `cbor:"1,keyasint,omitempty"`
	Rejected int64 `cbor:"2,keyasint,omitempty"`
}

type partRecord struct {
	Number   int                       `cbor:"1,keyasint"`
	Version  string                    `cbor:"2,keyasint,omitempty"`
	Form     []byte                    `cbor:"3,keyasint,omitzero"` // none is not the same as empty
	Since    string                    `cbor:"4,keyasint,omitempty"`
	PooledOn string                    `cbor:"5,keyasint,omitempty"`
	K        int                       `cbor:"6,keyasint,omitempty"`
	Cohorts  map[string]tally.Numbered `cbor:"7,keyasint,omitempty"`
}

type codedRecord struct {
	Shape  string                 `cbor:"1,keyasint,omitempty"`
	K      int                    `cbor:"2,keyasint,omitempty"`
	N      int64                  `cbor:"3,keyasint,omitempty"`
	Counts map[string]int64       `cbor:"4,keyasint,omitempty"`
	By     map[string]codedRecord `cbor:"5,keyasint,omitempty"`
}

type stepRecord struct {
	_                    struct{} `cbor:",toarray"`
	Date                 string
	Rows, Index, Squares int64
	Signature            string
	First, Last          int
}

type annulmentRecord struct {
	_             struct{} `cbor:",toarray"`
	Release       int
	Shape, Cohort string
	Respondents   int64
	Reason, Date  string
}

type heldRecord struct {
	Out    map[string]map[string]markRecord     `cbor:"1,keyasint,omitempty"`
	Items  map[string]map[string]tally.Numbered `cbor:"2,keyasint,omitempty"`
	Rows   map[string]*tally.RowsRecord         `cbor:"3,keyasint,omitempty"`
	Legacy map[string]int64                     `cbor:"4,keyasint,omitempty"`

	Decided map[string]map[string]int `cbor:"5,keyasint,omitempty"` // of marks, as far as there were decisions
}

type markRecord struct {
	_       struct{} `cbor:",toarray"`
	Cursor  string
	Release int
}

// keptRecord says how many steps and annulments of the release before stay; those of the record follow them.
type keptRecord struct {
	_               struct{} `cbor:",toarray"`
	Steps, Annulled int
}

var (
	releaseKind  = codec.Kind{Name: "release", Version: 2}
	additionKind = codec.Kind{Name: "addition of a release", Version: 2}
)

// Encode returns the stored form of a release. Equal releases give equal bytes.
func (r *Release) Encode() []byte { return releaseKind.Encode(r.record()) }

func (r *Release) record() *record {
	names := tally.NamesIn(r.counters()...)
	to := &record{
		Survey: r.Survey, Period: r.Period, Number: r.Number, Date: r.Date, Version: r.Version, Form: r.Form, Names: names,
		K: r.K, Facts: factsRecord{Received: r.Facts.Received, Through: r.Facts.Through, Withdrawn: r.Facts.Withdrawn},
		Coded: recordsOf(r.Coded), Parts: map[string]partRecord{}, Rows: rowsRecords(r.Rows), Held: r.Held.record(&names), Invited: invitedRecordOf(r.Invited),
	}
	if len(r.Hidden) > 0 {
		to.Hidden = r.Hidden
	}
	if r.Facts.Held > 0 || r.Facts.Rejected > 0 {
		to.Reviewed = &reviewedRecord{r.Facts.Held, r.Facts.Rejected}
	}
	for shape, p := range r.Parts {
		to.Parts[shape] = p.record(&names, r.Form)
	}
	for _, s := range r.Steps {
		to.Steps = append(to.Steps, stepRecord{Date: s.Date, Rows: s.Rows, Index: s.Index, Squares: s.Squares, Signature: s.Signature, First: s.First, Last: s.Last})
	}
	for _, a := range r.Annulled {
		to.Annulled = append(to.Annulled, annulmentRecord{
			Release: a.Release, Shape: a.Shape, Cohort: a.Cohort, Respondents: a.Respondents, Reason: a.Reason, Date: a.Date,
		})
	}
	return to
}

// numbered returns counters as they are stored: without what is 0, which is the same as what is not there.
func numbered(names *tally.Names, cohorts map[string]*tally.Counters) map[string]tally.Numbered {
	return names.Number(pruned(cohorts))
}

func pruned(cohorts map[string]*tally.Counters) map[string]*tally.Counters {
	all := make(map[string]*tally.Counters, len(cohorts))
	for key, c := range cohorts {
		if hasZero(c) {
			c = c.Clone()
			c.Prune()
		}
		if !isEmpty(c) {
			all[key] = c
		}
	}
	return all
}

func hasZero(c *tally.Counters) bool {
	if c == nil {
		return true
	}
	for _, item := range c.Items {
		if item.IsZero() {
			return true
		}
	}
	for _, classes := range c.Bases {
		if len(classes) == 0 {
			return true
		}
		for _, n := range classes {
			if n == 0 {
				return true
			}
		}
	}
	return false
}

// counters returns all counters of a release, for the names in them.
func (r *Release) counters() (all []map[string]*tally.Counters) {
	for _, p := range r.Parts {
		if p != nil {
			all = append(all, pruned(p.Cohorts))
		}
	}
	if r.Held != nil {
		for _, cohorts := range r.Held.Items {
			all = append(all, pruned(cohorts))
		}
	}
	return all
}

// record returns a part as it is stored. Its form is left out if it is that of the release.
func (p *Part) record(names *tally.Names, form json.RawMessage) partRecord {
	to := partRecord{Number: p.Number, Version: p.Version, Since: p.Since, PooledOn: p.PooledOn, K: p.K, Cohorts: numbered(names, p.Cohorts)}
	if !bytes.Equal(p.Form, form) {
		to.Form = append([]byte{}, p.Form...)
	}
	return to
}

func (h *Held) record(names *tally.Names) *heldRecord {
	if h == nil {
		return nil
	}
	to := &heldRecord{
		Out: map[string]map[string]markRecord{}, Items: map[string]map[string]tally.Numbered{}, Rows: rowsRecords(h.Rows), Legacy: h.Legacy,
	}
	for shape, marks := range h.Out {
		out := make(map[string]markRecord, len(marks))
		for key, m := range marks {
			out[key] = markRecord{Cursor: m.Cursor, Release: m.Release}
			if m.Decided > 0 {
				to.decided(shape)[key] = m.Decided
			}
		}
		if len(out) > 0 {
			to.Out[shape] = out
		}
	}
	for shape, cohorts := range h.Items {
		if some := numbered(names, cohorts); len(some) > 0 {
			to.Items[shape] = some
		}
	}
	return to
}

// decided returns the map of the decisions of a part's marks, for adding to it.
func (to *heldRecord) decided(shape string) map[string]int {
	if to.Decided == nil {
		to.Decided = map[string]map[string]int{}
	}
	if to.Decided[shape] == nil {
		to.Decided[shape] = map[string]int{}
	}
	return to.Decided[shape]
}

func recordsOf(coded map[string]*Coded) map[string]codedRecord {
	all := make(map[string]codedRecord, len(coded))
	for key, c := range coded {
		if c == nil {
			continue
		}
		all[key] = codedRecord{Shape: c.Shape, K: c.K, N: c.N, Counts: c.Counts.ByOption(), By: recordsOf(c.By)}
	}
	return all
}

func rowsRecords(rows map[string]*tally.Rows) map[string]*tally.RowsRecord {
	all := make(map[string]*tally.RowsRecord, len(rows))
	for key, r := range rows {
		if !r.IsZero() {
			all[key] = r.Record()
		}
	}
	return all
}

// Decode reads what [Release.Encode] wrote, and what earlier programs have: records of version 1 and JSON.
func Decode(data []byte) (*Release, error) {
	if codec.IsJSON(data) {
		return decodeOldJSON(data)
	}
	if len(data) > 0 && data[0] == oldVersion {
		o, err := decodeOld(releaseKind, data)
		if err == nil && (!o.frozen || o.adds != 0) {
			err = errors.New("release: the record is damaged: it is no whole release")
		}
		if err != nil {
			return nil, err
		}
		return o.release().checked()
	}
	var from record
	if err := releaseKind.Decode(data, &from); err != nil {
		return nil, err
	}
	if from.Adds != 0 || from.Kept != nil {
		return nil, errors.New("release: the record is damaged: it is no whole release")
	}
	r, err := from.release()
	if err != nil {
		return nil, fmt.Errorf("release: the record is damaged: %w", err)
	}
	r.fillForms()
	return r.checked()
}

// release returns what a record holds. Parts whose form is left out have none yet.
func (from *record) release() (r *Release, err error) {
	r = &Release{
		Survey: from.Survey, Period: from.Period, Number: from.Number, Date: from.Date, Version: from.Version, Form: from.Form, K: from.K,
		Hidden: from.Hidden, Facts: Facts{Received: from.Facts.Received, Through: from.Facts.Through, Withdrawn: from.Facts.Withdrawn},
		Parts: map[string]*Part{}, Coded: coded(from.Coded), Invited: from.Invited.facts(),
	}
	if reviewed := from.Reviewed; reviewed != nil {
		r.Facts.Held, r.Facts.Rejected = reviewed.Held, reviewed.Rejected
	}
	for shape, p := range from.Parts {
		part := &Part{Number: p.Number, Version: p.Version, Form: p.Form, Since: p.Since, PooledOn: p.PooledOn, K: p.K}
		if part.Cohorts, err = counters(&from.Names, p.Cohorts); err != nil {
			return nil, fmt.Errorf("part %s: %w", shape, err)
		}
		r.Parts[shape] = part
	}
	if r.Rows, err = rows(from.Rows); err != nil {
		return nil, err
	}
	for _, s := range from.Steps {
		r.Steps = append(r.Steps, Step{s.Date, s.Rows, s.Index, s.Squares, s.Signature, s.First, s.Last})
	}
	for _, a := range from.Annulled {
		r.Annulled = append(r.Annulled, Annulment{a.Release, a.Shape, a.Cohort, a.Respondents, a.Reason, a.Date})
	}
	if r.Held, err = from.Held.held(&from.Names); err != nil {
		return nil, fmt.Errorf("held: %w", err)
	}
	return r, nil
}

func (from *heldRecord) held(names *tally.Names) (h *Held, err error) {
	if from == nil {
		return nil, nil
	}
	h = &Held{Out: map[string]map[string]Mark{}, Items: map[string]map[string]*tally.Counters{}, Legacy: from.Legacy}
	for shape, marks := range from.Out {
		out := make(map[string]Mark, len(marks))
		for key, m := range marks {
			out[key] = Mark{m.Cursor, m.Release, from.Decided[shape][key]}
		}
		h.Out[shape] = out
	}
	for shape, cohorts := range from.Items {
		if h.Items[shape], err = counters(names, cohorts); err != nil {
			return nil, fmt.Errorf("part %s: %w", shape, err)
		}
	}
	h.Rows, err = rows(from.Rows)
	return h, err
}

func counters(names *tally.Names, numbered map[string]tally.Numbered) (map[string]*tally.Counters, error) {
	if len(numbered) == 0 {
		return map[string]*tally.Counters{}, nil
	}
	return names.Counters(numbered)
}

func coded(from map[string]codedRecord) map[string]*Coded {
	all := make(map[string]*Coded, len(from))
	for key, c := range from {
		to := &Coded{Shape: c.Shape, K: c.K, N: c.N, Counts: tally.CountsOf(c.Counts)}
		if len(c.By) > 0 {
			to.By = coded(c.By)
		}
		all[key] = to
	}
	return all
}

func rows(from map[string]*tally.RowsRecord) (map[string]*tally.Rows, error) {
	all := make(map[string]*tally.Rows, len(from))
	for key, r := range from {
		one, err := r.Rows()
		if err == nil && one == nil {
			err = errors.New("nothing is counted")
		}
		if err != nil {
			return nil, fmt.Errorf("rows %s: %w", key, err)
		}
		all[key] = one
	}
	return all, nil
}

// fillForms gives parts without a form that of the release.
func (r *Release) fillForms() {
	for _, p := range r.Parts {
		switch {
		case p.Form == nil:
			p.Form = r.Form
		case len(p.Form) == 0:
			p.Form = nil // it has none
		}
	}
}

// checked returns r, or an error if its counters are none.
func (r *Release) checked() (*Release, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("release: the record is damaged: %w", err)
	}
	return r, nil
}

// check reports what no release has and what its readers are not prepared for.
func (r *Release) check() error {
	if r.K < 1 {
		return fmt.Errorf("k is %d", r.K)
	}
	for shape, p := range r.Parts {
		if p.K < 1 {
			return fmt.Errorf("part %s: k is %d", shape, p.K)
		}
		for key, c := range p.Cohorts {
			if c.Respondents < 0 {
				return fmt.Errorf("part %s: cohort %q: %d respondents", shape, key, c.Respondents)
			}
		}
	}
	for key, c := range r.Coded {
		if c.K < 1 {
			return fmt.Errorf("coded %s: k is %d", key, c.K)
		}
	}
	return nil
}
