package results

import (
	"fmt"
	"slices"
	"sync"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// Folder is the place of a results page, which follows from its period and group.
type Folder struct {
	Period          string // such as "2026-Q3"; "" for the newest
	Segment, Option string // a segment question and one of its answers; "" for everybody
}

// Path leads from the survey's address to the folder.
func (f Folder) Path() string {
	path := "results/"
	if f.Period != "" {
		path += f.Period + "/"
	}
	if f.Segment != "" {
		path += "by/" + f.Segment + "/" + f.Option + "/"
	}
	return path
}

// Whole reports whether the page is about everybody.
func (f Folder) Whole() bool { return f.Segment == "" }

const (
	// maxPeriods bounds the periods that have pages, and points in a trend: two years of months, six of quarters.
	maxPeriods = 24
	// maxPages bounds the results pages of a survey in one language.
	maxPages = 200
	// maxSiblings is up to how many answers to a segment the pages of its groups link to each other. With more, the bytes of all pages
	// would grow with the square of their number, and the first release of a group would change them all.
	maxSiblings = 12
	// maxCachedItems bounds the memory for figures of groups. An item takes about half a kilobyte.
	maxCachedItems = 1 << 15
)

// Set is all results pages of a report. Figures that several pages show are computed once. It may be used by many
// goroutines at once.
type Set struct {
	Report *stats.Report

	folders  []Folder
	unlisted []Folder
	exists   map[Folder]bool
	periods  []int // indexes of the newest periods that may be shown, oldest first

	mu          sync.Mutex
	groups      map[groupKey]*stats.Period
	cachedItems int // of all groups
	compared    map[groupKey]*stats.Tests
	rests       map[groupKey]*stats.RestTests
}

// groupKey is a group of respondents in one of the report's periods.
type groupKey struct {
	period          int
	segment, option string
	alone           bool // as on its own page, with nothing of the others
}

// NewSet finds out which pages a report makes.
func NewSet(report *stats.Report) *Set {
	s := &Set{Report: report, exists: map[Folder]bool{}}
	var all []int
	for i := range report.Periods {
		if publishable(&report.Periods[i]) {
			all = append(all, i)
		}
	}
	first := max(0, len(all)-maxPeriods)
	s.periods = all[first:]
	s.folders, s.unlisted = s.listFolders(all[:first])
	for _, f := range s.folders {
		s.exists[f] = true
	}
	return s
}

// Empty reports whether no figures may be shown.
func (s *Set) Empty() bool { return len(s.periods) == 0 }

// Newest returns the folder of the newest period that may be shown, under its own name; the zero value where periods have none, and
// without any.
func (s *Set) Newest() Folder {
	if s.Empty() {
		return Folder{}
	}
	name := s.Report.Periods[s.periods[len(s.periods)-1]].Name
	if name == survey.OnePeriod {
		return Folder{}
	}
	return Folder{Period: name}
}

// KeepsGroups reports whether all groups of the newest period will have pages when the next has begun, whose groups are listed twice.
func (s *Set) KeepsGroups() bool {
	if s.Empty() {
		return false
	}
	groups := 0
	for _, segment := range s.Report.Periods[s.periods[len(s.periods)-1]].Segments() {
		groups += len(segment.Options())
	}
	return 1+maxPeriods+3*groups <= maxPages
}

// Folders lists all results pages: the newest period's, which always exists; every period under its own name; and of
// each period, the newest first, the groups of at least k respondents. They are at most 200; the groups of the oldest
// periods go first.
func (s *Set) Folders() []Folder { return slices.Clone(s.folders) }

// Unlisted lists the places where there may have been pages that are too many now: periods before the listed ones, and groups. What
// they show would never be brought up to date.
func (s *Set) Unlisted() []Folder { return s.unlisted }

// listFolders returns the listed and the unlisted places. Before are the indexes of the periods before the listed ones.
func (s *Set) listFolders(before []int) (listed, unlisted []Folder) {
	type place struct {
		period string // as in a Folder
		of     *stats.Period
	}
	var places []place
	add := func(indexes []int, to []Folder) []Folder {
		for _, i := range slices.Backward(indexes) {
			if p := &s.Report.Periods[i]; p.Name != survey.OnePeriod {
				to, places = append(to, Folder{Period: p.Name}), append(places, place{p.Name, p})
			}
		}
		return to
	}
	if !s.Empty() {
		places = append(places, place{"", &s.Report.Periods[s.periods[len(s.periods)-1]]})
	}
	listed = add(s.periods, []Folder{{}})
	withPages := len(places)
	unlisted = add(before, nil)
	for n, p := range places {
		for _, segment := range p.of.Segments() {
			for _, o := range segment.Options() {
				f := Folder{p.period, segment.Name, o.ID}
				switch {
				case !publishableGroup(p.of, segment.Name, o.ID):
				case n < withPages && len(listed) < maxPages:
					listed = append(listed, f)
				default:
					unlisted = append(unlisted, f)
				}
			}
		}
	}
	return listed, unlisted
}

// publishable reports whether a period's figures may be shown. The release has already applied the rule; it is checked
// once more here: no figure describes fewer than k.
func publishable(p *stats.Period) bool { return p.Respondents >= minGroup(p) }

// publishableGroup reports whether a period's figures of a group may be shown.
func publishableGroup(p *stats.Period, segment, option string) bool {
	return p.GroupSize(segment, option) >= minGroup(p)
}

// minGroup returns k: the fewest respondents that a figure may describe.
func minGroup(p *stats.Period) int64 { return int64(max(p.MinGroup, 1)) }

// group returns the figures of a group in one of the report's periods.
func (s *Set) group(key groupKey) *stats.Period {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[key]; g != nil {
		return g
	}
	figures := s.Report.Periods[key.period].Group
	if key.alone {
		figures = s.Report.Periods[key.period].GroupAlone
	}
	g := figures(key.segment, key.option)
	s.cachedItems += len(g.Items)
	if s.groups == nil || s.cachedItems > maxCachedItems {
		s.groups, s.cachedItems = map[groupKey]*stats.Period{}, len(g.Items)
	}
	s.groups[key] = g
	return g
}

// tests returns the comparisons of a group with itself; of everybody's page, if the segment is "".
func (s *Set) tests(key groupKey) *stats.Tests {
	s.mu.Lock()
	known := s.compared[key]
	s.mu.Unlock()
	if known != nil {
		return known
	}
	report := s.Report
	if key.segment != "" {
		report = s.groupReport(key)
	}
	tests := report.Tests(key.period)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compared == nil || len(s.compared) > maxPages {
		s.compared = map[groupKey]*stats.Tests{}
	}
	s.compared[key] = tests
	return tests
}

// siblings lists the pages of all groups of a page's segment and period; nil if there may be too many to be linked.
func (s *Set) siblings(f Folder) []Folder {
	segment, known := s.Report.Periods[s.periodOf(f)].Survey().Field(f.Segment)
	if !known || len(segment.Options()) > maxSiblings {
		return nil
	}
	all := []Folder{}
	for _, other := range s.folders {
		if other.Period == f.Period && other.Segment == f.Segment {
			all = append(all, other)
		}
	}
	return all
}

// periodOf returns the index of a page's period in the report.
func (s *Set) periodOf(f Folder) int {
	for _, i := range s.periods {
		if s.Report.Periods[i].Name == f.Period {
			return i
		}
	}
	return s.periods[len(s.periods)-1]
}

// GroupInputs identifies what the page of a group is made from, besides the survey, its measures and the words: the group's own
// figures, how often its earlier periods were released, and the pages that it links to. Where it is the same, the page is.
func (s *Set) GroupInputs(f Folder) []byte {
	at, before := s.periodOf(f), 0
	for i := range at {
		before += s.Report.Periods[i].Release
	}
	var periods []Folder
	for _, i := range s.periods {
		to := Folder{Period: s.Report.Periods[i].Name, Segment: f.Segment, Option: f.Option}
		periods = append(periods, Folder{Period: to.Period})
		if s.exists[to] {
			periods = append(periods, to)
		}
	}
	return fmt.Appendf(nil, "%x %d %q %q", s.Report.Periods[at].GroupInputs(f.Segment, f.Option), before, periods, s.siblings(f))
}

// restTests returns the comparisons of a group with the rest; of everybody, if the segment is "", none.
func (s *Set) restTests(key groupKey) *stats.RestTests {
	if key.segment == "" {
		return &stats.RestTests{}
	}
	s.mu.Lock()
	known := s.rests[key]
	s.mu.Unlock()
	if known != nil {
		return known
	}
	tests := s.group(key).TestsOfRest()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rests == nil || len(s.rests) > maxPages {
		s.rests = map[groupKey]*stats.RestTests{}
	}
	s.rests[key] = tests
	return tests
}

// groupReport returns the report of a group, with its own trend: of all periods.
func (s *Set) groupReport(key groupKey) *stats.Report {
	periods := make([]stats.Period, len(s.Report.Periods))
	for i := range periods {
		key.period = i
		periods[i] = *s.group(key)
	}
	return s.Report.WithPeriods(periods)
}
