package release

import (
	"encoding/json"
	"errors"
	"fmt"

	"glasspoll/internal/codec"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// record is a release, or what it adds, as it is stored. Its keys are part of the format; docs/formats.md lists them. Free
// for what may come: 20 counters by block, 21 chains of an item's versions, 22 moments by set of items, 23 tombstones,
// 24 annulled blocks, 25 corrections, 26 sealed fields, 27 tokens.
type record struct {
	Survey   string                       `cbor:"1,keyasint"`
	Period   string                       `cbor:"2,keyasint"`
	Number   int                          `cbor:"3,keyasint"`
	Date     string                       `cbor:"4,keyasint"`
	Shape    string                       `cbor:"5,keyasint"`
	Version  string                       `cbor:"6,keyasint"`
	Form     []byte                       `cbor:"7,keyasint,omitempty"`
	Frozen   *frozenRecord                `cbor:"8,keyasint,omitempty"`
	Names    tally.Names                  `cbor:"9,keyasint"`
	Cohorts  map[string]tally.Numbered    `cbor:"10,keyasint,omitempty"`
	PoolOnly bool                         `cbor:"11,keyasint,omitempty"`
	Pooled   map[string]tally.Numbered    `cbor:"12,keyasint,omitzero"` // none is not the same as empty
	Pairs    map[string]*tally.MomentSums `cbor:"13,keyasint,omitempty"`
	Adds     byte                         `cbor:"14,keyasint,omitempty"` // of an addition: addsDifference or addsAll
}

const (
	addsDifference = 1
	addsAll        = 2
)

type frozenRecord struct {
	MinGroup  int              `cbor:"1,keyasint"`
	Segments  []string         `cbor:"2,keyasint,omitempty"`
	Questions []string         `cbor:"3,keyasint,omitzero"` // none is not the same as empty
	CrossTabs []crossTabRecord `cbor:"4,keyasint,omitempty"`
}

type crossTabRecord struct {
	_        struct{} `cbor:",toarray"`
	Rows, By string
}

var (
	releaseKind  = codec.Kind{Name: "release", Version: 1}
	additionKind = codec.Kind{Name: "addition of a release", Version: 1}
)

// Encode returns the stored form of a release. Equal releases give equal bytes.
func (r *Release) Encode() []byte {
	names := tally.NamesIn(r.Cohorts, r.Pooled)
	return releaseKind.Encode(record{
		Survey: r.Survey, Period: r.Period, Number: r.Number, Date: r.Date, Shape: r.Shape, Version: r.Version, Form: r.Form,
		Frozen: r.frozen().record(), Names: names, Cohorts: names.Number(r.Cohorts), PoolOnly: r.PoolOnly,
		Pooled: names.Number(r.Pooled), Pairs: sums(r.Pairs),
	})
}

// Decode reads what [Release.Encode] wrote, and the JSON of earlier versions.
func Decode(data []byte) (*Release, error) {
	r := &Release{}
	if codec.IsJSON(data) {
		if err := json.Unmarshal(data, r); err != nil {
			return nil, fmt.Errorf("release: %w", err)
		}
		if err := r.check(); err != nil {
			return nil, err
		}
		return r, nil
	}
	var from record
	if err := releaseKind.Decode(data, &from); err != nil {
		return nil, err
	}
	if from.Frozen == nil || from.Adds != 0 {
		return nil, errors.New("release: the record is damaged: it is no whole release")
	}
	c, err := from.counters()
	if err != nil {
		return nil, fmt.Errorf("release: the record is damaged: %w", err)
	}
	r = &Release{
		Survey: from.Survey, Period: from.Period, Number: from.Number, Date: from.Date, Shape: from.Shape, Version: from.Version,
		Form: from.Form, Cohorts: c.cohorts, PoolOnly: from.PoolOnly, Pooled: c.pooled, Pairs: c.pairs,
	}
	r.freeze(from.Frozen.frozen())
	return r, nil
}

// check reports what JSON can leave out and nothing else is prepared for.
func (r *Release) check() error {
	for _, group := range []map[string]*tally.Counters{r.Cohorts, r.Pooled} {
		for key, c := range group {
			if c == nil {
				return fmt.Errorf("release: cohort %q: no counters", key)
			}
			for name, item := range c.Items {
				if item == nil {
					return fmt.Errorf("release: cohort %q: item %q: no counters", key, name)
				}
			}
		}
	}
	for name, m := range r.Pairs {
		if m == nil {
			return fmt.Errorf("release: item %q: no moments", name)
		}
	}
	return nil
}

// counters holds what a record counts.
type counters struct {
	cohorts map[string]*tally.Counters // never nil
	pooled  map[string]*tally.Counters
	pairs   map[string]*tally.Moments
}

func (r *record) counters() (c counters, err error) {
	if c.cohorts, err = r.Names.Counters(r.Cohorts); err != nil {
		return counters{}, err
	}
	if c.cohorts == nil {
		c.cohorts = map[string]*tally.Counters{}
	}
	if c.pooled, err = r.Names.Counters(r.Pooled); err != nil {
		return counters{}, fmt.Errorf("pooled: %w", err)
	}
	if c.pairs, err = moments(r.Pairs); err != nil {
		return counters{}, err
	}
	return c, nil
}

// Frozen holds what a period's first release decides for all.
type Frozen struct {
	MinGroup  int               `json:"min_group"`
	Segments  []string          `json:"segments,omitempty"`
	Questions []string          `json:"questions,omitempty"`
	CrossTabs []survey.CrossTab `json:"crosstabs,omitempty"`
}

func (r *Release) frozen() *Frozen {
	return &Frozen{r.MinGroup, r.Segments, r.Questions, r.CrossTabs}
}

func (r *Release) freeze(f *Frozen) {
	r.MinGroup, r.Segments, r.Questions, r.CrossTabs = f.MinGroup, f.Segments, f.Questions, f.CrossTabs
}

func (f *Frozen) record() *frozenRecord {
	if f == nil {
		return nil
	}
	to := &frozenRecord{MinGroup: f.MinGroup, Segments: f.Segments, Questions: f.Questions}
	for _, tab := range f.CrossTabs {
		to.CrossTabs = append(to.CrossTabs, crossTabRecord{Rows: tab.Rows, By: tab.By})
	}
	return to
}

func (f *frozenRecord) frozen() *Frozen {
	if f == nil {
		return nil
	}
	to := &Frozen{MinGroup: f.MinGroup, Segments: f.Segments, Questions: f.Questions}
	for _, tab := range f.CrossTabs {
		to.CrossTabs = append(to.CrossTabs, survey.CrossTab{Rows: tab.Rows, By: tab.By})
	}
	return to
}

func sums(pairs map[string]*tally.Moments) map[string]*tally.MomentSums {
	to := make(map[string]*tally.MomentSums, len(pairs))
	for name, m := range pairs {
		if m != nil {
			to[name] = tally.SumsOf(m)
		}
	}
	return to
}

func moments(pairs map[string]*tally.MomentSums) (map[string]*tally.Moments, error) {
	to := make(map[string]*tally.Moments, len(pairs))
	for name, s := range pairs {
		m, err := s.Moments()
		if err != nil {
			return nil, fmt.Errorf("item %q: %w", name, err)
		}
		if m != nil {
			to[name] = m
		}
	}
	return to, nil
}
