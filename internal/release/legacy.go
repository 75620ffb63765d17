package release

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/codec"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// old holds what earlier programs have stored of a release, or of what one adds: JSON, or a record of version 1. They summed
// batches by cohort, over all versions of the questionnaire that were answered in a period. Sums of values and of their
// squares, and correlations, are not read: they were what answers could be worked out from.
type old struct {
	Survey   string                  `json:"survey"`
	Period   string                  `json:"period"`
	Number   int                     `json:"number"`
	Date     string                  `json:"date"`
	Version  string                  `json:"version"`
	Form     json.RawMessage         `json:"form"`
	MinGroup int                     `json:"min_group"`
	Segments []string                `json:"segments"` // that divide the cohorts, each as "field=option,option"
	Cohorts  map[string]*oldCounters `json:"cohorts"`  // and Pool
	PoolOnly bool                    `json:"whole"`    // the segments have changed within the period: since then everything went to the pool
	Pooled   map[string]*oldCounters `json:"pooled"`   // what the pool has taken from each cohort; nil if that was not noted

	adds   byte // of an addition: addsDifference or addsAll
	frozen bool // MinGroup and Segments are there: in all but differences
}

type oldCounters struct {
	Respondents int64               `json:"respondents"`
	Withdrawn   int64               `json:"withdrawn"`
	Items       map[string]*oldItem `json:"items"`
}

type oldItem struct {
	N      int64        `json:"n"`
	Counts tally.Counts `json:"counts"`
}

// decodeOldJSON reads a release of the first programs.
func decodeOldJSON(data []byte) (*Release, error) {
	o := &old{frozen: true}
	if err := json.Unmarshal(data, o); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	for _, group := range []map[string]*oldCounters{o.Cohorts, o.Pooled} {
		for key, c := range group {
			if c == nil {
				return nil, fmt.Errorf("release: cohort %q: no counters", key)
			}
			for name, item := range c.Items {
				if item == nil {
					return nil, fmt.Errorf("release: cohort %q: item %q: no counters", key, name)
				}
			}
		}
	}
	return o.release().checked()
}

// plus returns the release that adds a, a difference, to o, as earlier programs added them up.
func (o *old) plus(a *old) *old {
	sum := &old{
		Survey: a.Survey, Period: a.Period, Number: a.Number, Date: a.Date, Version: a.Version, Form: a.Form,
		MinGroup: o.MinGroup, Segments: o.Segments, PoolOnly: a.PoolOnly, frozen: true,
		Cohorts: addOld(o.Cohorts, a.Cohorts), Pooled: addOld(o.Pooled, a.Pooled),
	}
	if len(a.Form) == 0 {
		sum.Form = o.Form
	}
	if a.frozen {
		sum.MinGroup, sum.Segments = a.MinGroup, a.Segments
	}
	return sum
}

// addOld returns the counters of before with those that are added. It is nil if added is.
func addOld(before, added map[string]*oldCounters) map[string]*oldCounters {
	if added == nil {
		return nil
	}
	all := copied(before)
	for key, more := range added {
		was := all[key]
		if was == nil {
			all[key] = more
			continue
		}
		sum := &oldCounters{was.Respondents + more.Respondents, was.Withdrawn + more.Withdrawn, copied(was.Items)}
		for name, item := range more.Items {
			total := &oldItem{N: item.N, Counts: slices.Clone(item.Counts)}
			if item := was.Items[name]; item != nil {
				total.N += item.N
				for _, x := range item.Counts {
					total.Counts.Add(x.Option, x.N)
				}
			}
			sum.Items[name] = total
		}
		all[key] = sum
	}
	return all
}

// release returns the release in today's form: all that earlier programs have released is one part, [Legacy]. What they have
// published of questions that are sensitive is held from now on.
func (o *old) release() *Release {
	form := o.form()
	p := &Part{Number: 1, Form: o.Form, K: max(o.MinGroup, 1), Cohorts: map[string]*tally.Counters{}}
	r := &Release{
		Survey: o.Survey, Period: o.Period, Number: o.Number, Date: o.Date, Version: o.Version, Form: o.Form, K: p.K,
		Parts: map[string]*Part{Legacy: p}, Coded: map[string]*Coded{}, Rows: map[string]*tally.Rows{},
		Held: newHeld(), old: o,
	}
	r.Held.Legacy = o.members(form)
	items := &oldItems{}
	if form != nil {
		r.Hidden = hidden(form, nil)
		if slices.ContainsFunc(form.Fields(), survey.Field.Numeric) {
			form.Legacy = true // so no number is taken for one that is counted by today's bands
			form.Index()
			p.Form = form.Form()
		}
		items = itemsOf(form)
	}
	held := map[string]*tally.Counters{}
	for key, c := range o.Cohorts {
		if !o.dividedBy(form) {
			key = Pool // no questionnaire says any more which segment this is
		}
		public, kept := items.split(c)
		p.Cohorts[key] = plus(p.Cohorts[key], public)
		if len(items.sensitive) > 0 {
			held[key] = plus(held[key], kept)
		}
	}
	if len(held) > 0 {
		r.Held.Items[Legacy] = held
	}
	return r
}

// form returns the questionnaire that the release was made with, nil if it has none or a damaged one.
func (o *old) form() *survey.Survey {
	if len(o.Form) == 0 {
		return nil
	}
	form, err := survey.Decode(o.Form)
	if err != nil {
		return nil
	}
	return form
}

// dividedBy reports whether the segments of form are those that divide the cohorts.
func (o *old) dividedBy(form *survey.Survey) bool {
	if form == nil {
		return len(o.Segments) == 0
	}
	var segments []string
	for _, f := range form.Segments() {
		var options []string
		for _, option := range f.Options() {
			options = append(options, option.ID)
		}
		segments = append(segments, f.Name+"="+strings.Join(options, ","))
	}
	return slices.Equal(segments, o.Segments)
}

// members counts the respondents who are released or have withdrawn since: by cohort, or all under [Pool] if the cohorts of
// form are not those of the release, or it is not known from which of them the pool is.
func (o *old) members(form *survey.Survey) map[string]int64 {
	all := map[string]int64{}
	together := form == nil || o.PoolOnly || !o.dividedBy(form) || o.Cohorts[Pool] != nil && o.Pooled == nil
	for key, c := range o.Cohorts {
		switch {
		case together:
			all[Pool] += c.received()
		case key != Pool:
			all[key] += c.received()
		}
	}
	if !together {
		for key, c := range o.Pooled {
			all[key] += c.received()
		}
	}
	maps.DeleteFunc(all, func(_ string, n int64) bool { return n <= 0 })
	if len(all) == 0 {
		return nil
	}
	return all
}

// received counts the respondents who have answered, including those who have withdrawn since.
func (c *oldCounters) received() int64 { return c.Respondents + c.Withdrawn }

// oldItems says what is read of the items of a questionnaire. The zero value reads all.
type oldItems struct {
	known     bool            // what follows
	public    map[string]bool // fields whose counters are read
	sensitive map[string]bool // likewise, to be held
}

// itemsOf looks up the items of form. Of numbers without bands only sums were kept; they are not read.
func itemsOf(form *survey.Survey) *oldItems {
	items := &oldItems{known: true, public: map[string]bool{tally.Channel: true}, sensitive: map[string]bool{}}
	for _, f := range form.Fields() {
		switch {
		case !f.Counted() || f.Numeric() && len(f.ValueBands()) == 0:
		case f.Sensitive():
			items.sensitive[f.Name] = true
		default:
			items.public[f.Name] = true
		}
	}
	return items
}

// split returns the counters that are read, and those that are held.
func (i *oldItems) split(c *oldCounters) (public, held *tally.Counters) {
	public = &tally.Counters{Respondents: c.Respondents, Items: map[string]*tally.Item{}}
	held = &tally.Counters{Items: map[string]*tally.Item{}}
	for name, item := range c.Items {
		switch read := (&tally.Item{N: item.N, Counts: item.Counts}).Clone(); {
		case !i.known || i.public[name]:
			public.Items[name] = read
		case i.sensitive[name]:
			held.Items[name] = read
		}
	}
	return public, held
}

// LegacyForm returns the questionnaire whose segments divide the respondents that [Held.Legacy] counts; nil if they are all
// under [Pool], or there are none.
func (r *Release) LegacyForm() *survey.Survey {
	p := r.Parts[Legacy]
	if p == nil || r.Held == nil || len(r.Held.Legacy) == 0 || r.Held.Legacy[Pool] > 0 {
		return nil
	}
	form, err := survey.Decode(p.Form)
	if err != nil {
		return nil
	}
	return form
}

// oldRecord is a release, or what it adds, as records of version 1 hold it.
type oldRecord struct {
	Survey   string                 `cbor:"1,keyasint"`
	Period   string                 `cbor:"2,keyasint"`
	Number   int                    `cbor:"3,keyasint"`
	Date     string                 `cbor:"4,keyasint"`
	Shape    string                 `cbor:"5,keyasint"`
	Version  string                 `cbor:"6,keyasint"`
	Form     []byte                 `cbor:"7,keyasint,omitempty"`
	Frozen   *oldFrozen             `cbor:"8,keyasint,omitempty"`
	Names    oldNames               `cbor:"9,keyasint"`
	Cohorts  map[string]oldNumbered `cbor:"10,keyasint,omitempty"`
	PoolOnly bool                   `cbor:"11,keyasint,omitempty"`
	Pooled   map[string]oldNumbered `cbor:"12,keyasint,omitzero"` // none is not the same as empty
	Pairs    map[string]any         `cbor:"13,keyasint,omitempty"`
	Adds     byte                   `cbor:"14,keyasint,omitempty"`
}

type oldFrozen struct {
	MinGroup  int      `cbor:"1,keyasint"`
	Segments  []string `cbor:"2,keyasint,omitempty"`
	Questions []string `cbor:"3,keyasint,omitzero"`
	CrossTabs []any    `cbor:"4,keyasint,omitempty"`
}

// oldNames lists the items and options of a record; elsewhere they have numbers, from 0.
type oldNames struct {
	Options []string       `cbor:"1,keyasint,omitempty"`
	Items   []oldNamedItem `cbor:"2,keyasint,omitempty"`
}

type oldNamedItem struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	Options []int
}

type oldNumbered struct {
	Respondents int64             `cbor:"1,keyasint,omitempty"`
	Withdrawn   int64             `cbor:"2,keyasint,omitempty"`
	Items       []oldNumberedItem `cbor:"3,keyasint,omitempty"`
}

type oldNumberedItem struct {
	Number  int     `cbor:"1,keyasint"`
	N       int64   `cbor:"2,keyasint,omitempty"`
	Counts  []int64 `cbor:"3,keyasint,omitempty"`
	Sum     []byte  `cbor:"4,keyasint,omitempty"`
	Squares []byte  `cbor:"5,keyasint,omitempty"`
	Moments any     `cbor:"6,keyasint,omitempty"`
}

// oldVersion is the version of records that earlier programs wrote.
const oldVersion = 1

// decodeOld reads a record of version 1.
func decodeOld(kind codec.Kind, data []byte) (*old, error) {
	kind.Version = oldVersion
	var from oldRecord
	if err := kind.Decode(data, &from); err != nil {
		return nil, err
	}
	o := &old{
		Survey: from.Survey, Period: from.Period, Number: from.Number, Date: from.Date, Version: from.Version, Form: from.Form,
		PoolOnly: from.PoolOnly, adds: from.Adds, frozen: from.Frozen != nil,
	}
	if o.frozen {
		o.MinGroup, o.Segments = from.Frozen.MinGroup, from.Frozen.Segments
	}
	var err error
	if o.Cohorts, err = from.Names.counters(from.Cohorts); err == nil {
		o.Pooled, err = from.Names.counters(from.Pooled)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the record is damaged: %w", kind.Name, err)
	}
	return o, nil
}

// counters returns counters with the names of their items and options. It is an error if a number has no name.
func (n *oldNames) counters(numbered map[string]oldNumbered) (map[string]*oldCounters, error) {
	if numbered == nil {
		return nil, nil
	}
	cohorts := make(map[string]*oldCounters, len(numbered))
	for key, from := range numbered {
		c := &oldCounters{from.Respondents, from.Withdrawn, make(map[string]*oldItem, len(from.Items))}
		for _, item := range from.Items {
			if err := n.add(c, item); err != nil {
				return nil, fmt.Errorf("cohort %q: %w", key, err)
			}
		}
		cohorts[key] = c
	}
	return cohorts, nil
}

// add adds an item to counters.
func (n *oldNames) add(c *oldCounters, from oldNumberedItem) error {
	if from.Number < 0 || from.Number >= len(n.Items) {
		return fmt.Errorf("item %d of %d", from.Number, len(n.Items))
	}
	named := n.Items[from.Number]
	if c.Items[named.Name] != nil {
		return fmt.Errorf("item %q is there twice", named.Name)
	}
	if len(from.Counts) > len(named.Options) {
		return fmt.Errorf("item %q: %d counts of %d options", named.Name, len(from.Counts), len(named.Options))
	}
	item := &oldItem{N: from.N}
	for i, count := range from.Counts {
		option := named.Options[i]
		if option < 0 || option >= len(n.Options) {
			return fmt.Errorf("item %q: option %d of %d", named.Name, option, len(n.Options))
		}
		if count != 0 {
			item.Counts.Add(n.Options[option], count)
		}
	}
	c.Items[named.Name] = item
	return nil
}
