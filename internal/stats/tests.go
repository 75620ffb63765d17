package stats

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/survey"
)

// Tests makes the comparisons of the page of a period, given by its index, and corrects them together. Those of a group with the
// rest, which are on no page of a group, are made by [Period.TestsOfRest].
func (r *Report) Tests(at int) *Tests {
	p := &r.Periods[at]
	t := &Tests{Changes: map[string]*Test{}, Standing: map[string]*Test{}}
	t.addChanges(r, at)
	t.addStanding(p)
	if p.group == nil {
		t.addGroups(p)
	}
	t.N = correct(t.all()...)
	t.rank(p)
	return t
}

// all lists the tests of a page.
func (t *Tests) all() (all []*Test) {
	if t.Index != nil {
		all = append(all, t.Index)
	}
	for _, byField := range []map[string]*Test{t.Changes, t.Standing} {
		for _, test := range byField {
			all = append(all, test)
		}
	}
	for i := range t.Groups {
		all = append(all, &t.Groups[i].Test)
	}
	return all
}

// addChanges compares the index, and the items that a page says have risen or fallen, with the last period that has them.
func (t *Tests) addChanges(r *Report, at int) {
	p := &r.Periods[at]
	for i := range r.Trend {
		line := &r.Trend[i]
		before := line.before(r, at)
		if before == nil {
			continue
		}
		if line.Field.Question == nil {
			t.Index = compare(p.Overall.figure, before.Overall.figure)
			continue
		}
		now, then := p.Item(line.Field.Name), before.Item(line.Field.Name)
		switch {
		case now.NPS != nil && then.NPS != nil:
			t.change(line.Field.Name, compare(now.NPS.estimate.figure(), then.NPS.estimate.figure()))
		case now.Weight != nil:
			t.change(line.Field.Name, compare(now.figure(), then.figure()))
		}
	}
}

func (t *Tests) change(name string, test *Test) {
	if test != nil {
		t.Changes[name] = test
	}
}

// before returns the last period before one in which the line has a value, if the two can be compared; nil otherwise.
func (l *Line) before(r *Report, at int) *Period {
	point := &l.Points[at]
	if point.Value == nil || point.before == nil {
		return nil
	}
	for i := at - 1; i >= 0; i-- {
		if l.Points[i].Value != nil {
			return &r.Periods[i]
		}
	}
	return nil
}

// addStanding compares each item of the index with the others together, by their weights. The same respondents have answered
// both. That makes the difference more certain, the more so the more alike they answer, which counters do not tell: so the
// two are taken as independent, and the others as moving together, which finds less than there is rather than more.
func (t *Tests) addStanding(p *Period) {
	type performance struct {
		*Item
		figure
		weight float64
	}
	var all []performance
	var others performance // of all
	for i := range p.Items {
		item := &p.Items[i]
		if item.Weight == nil || item.Performance() == nil {
			continue
		}
		f := item.figure().scaled(100 / decimal(item.counted.best))
		if !f.isKnown {
			continue
		}
		w := float(item.Weight)
		all = append(all, performance{item, f, w})
		others.weight += w
		others.value += w * f.value
		others.variance += w * math.Sqrt(f.variance) // of the deviation, until it is squared below
		others.deviation += w * f.deviation
	}
	if len(all) < 2 {
		return
	}
	for i, x := range all {
		rest := others.weight - x.weight
		if rest <= 0 {
			continue
		}
		f := figure{isKnown: true, degrees: math.Inf(1),
			value:     (others.value - x.weight*x.value) / rest,
			variance:  math.Pow((others.variance-x.weight*math.Sqrt(x.figure.variance))/rest, 2),
			deviation: (others.deviation - x.weight*x.deviation) / rest,
		}
		for j, y := range all {
			if j != i {
				f.degrees = min(f.degrees, y.degrees)
			}
		}
		t.Standing[x.Field.Name] = compare(x.figure, f)
	}
}

// addGroups compares each group that is large enough with the rest.
func (t *Tests) addGroups(p *Period) {
	for _, segment := range p.Segments() {
		for _, o := range segment.Options() {
			if p.GroupSize(segment.Name, o.ID) < int64(p.MinGroup) {
				continue
			}
			g, rest := p.Group(segment.Name, o.ID), p.rest(segment.Name, o.ID)
			if test := compare(g.Overall.figure, rest.Overall.figure); test != nil {
				t.Groups = append(t.Groups, GroupTest{segment, o, rest.Overall.figure.value, *test})
			}
		}
	}
}

// TestsOfRest compares a group's index and items with those of the rest, and corrects these tests together.
func (p *Period) TestsOfRest() *RestTests {
	rest := p.group.whole.rest(p.group.segment, p.group.option)
	t := &RestTests{Index: compare(p.Overall.figure, rest.Overall.figure), Items: map[string]*Test{}}
	var all []*Test
	if t.Index != nil {
		all = append(all, t.Index)
	}
	for i := range p.Items {
		if item := &p.Items[i]; item.Weight != nil {
			if test := compare(item.figure(), rest.Items[i].figure()); test != nil {
				t.Items[item.Field.Name] = test
				all = append(all, test)
			}
		}
	}
	t.N = correct(all...)
	return t
}

// rank lists the items that are clearly better or worse than the others.
func (t *Tests) rank(p *Period) {
	for _, item := range p.Ranked() {
		if test := t.Standing[item.Field.Name]; test != nil && test.Result == Higher {
			t.best = append(t.best, item)
		} else if test != nil && test.Result == LowerThan {
			t.worst = append(t.worst, item)
		}
	}
	slices.Reverse(t.worst)
}

// Item returns a field's figures; nil if the field was not counted in the period, or all of a group have given the same answer
// because they are chosen by it.
func (p *Period) Item(name string) *Item {
	i, ok := p.form.indexes[name]
	if !ok {
		return nil
	}
	for at := min(i, len(p.Items)-1); at >= max(0, i-1); at-- { // those behind the one that a group lacks are a place earlier
		if p.Items[at].Field.Name == name {
			return &p.Items[at]
		}
	}
	return nil
}

// Ranked lists the items of the index that have answers by performance, the best first.
func (p *Period) Ranked() []*Item {
	type performance struct {
		*Item
		exact   *big.Rat
		rounded float64 // correctly, so that two which differ are in the right order
	}
	var all []performance
	for i := range p.Items {
		item := &p.Items[i]
		if exact := item.Performance(); item.Weight != nil && exact != nil {
			all = append(all, performance{item, exact, float(exact)})
		}
	}
	slices.SortStableFunc(all, func(a, b performance) int {
		if a.rounded != b.rounded {
			return cmp.Compare(b.rounded, a.rounded)
		}
		return b.exact.Cmp(a.exact)
	})
	ranked := make([]*Item, len(all))
	for i, x := range all {
		ranked[i] = x.Item
	}
	return ranked
}

// Performance is the index of the items with a scale by the model percent_of_max, whatever the survey's model. It is nil
// if none has an answer.
func (p *Period) Performance() *big.Rat {
	var all sums
	for i := range p.Items {
		if item := &p.Items[i]; item.Weight != nil && item.counted.isScale && item.Scored > 0 {
			all.add(survey.PercentOfMax, item, item.counted.indexWeight)
		}
	}
	return all.score(survey.PercentOfMax)
}

// Step is how many reached one stage of a survey.
type Step struct {
	Name string // issued, opened, started, completed
	N    int64
}

// Funnel lists the stages that are counted. Opening and starting a form are only of those who are invited: other pages are
// static.
func (p *Period) Funnel() []Step {
	var steps []Step
	if p.Issued > 0 {
		steps = append(steps, Step{"issued", p.Issued})
	}
	answered := p.Received
	if i := p.Invited; i != nil {
		if i.Sum.Opened > 0 {
			steps = append(steps, Step{"opened", i.Sum.Opened})
		}
		if i.Sum.Started > 0 {
			steps = append(steps, Step{"started", i.Sum.Started})
		}
		if answered = i.Completed; answered == 0 {
			return steps
		}
	}
	return append(steps, Step{"completed", answered})
}
