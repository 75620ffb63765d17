package results

import (
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
	// maxCachedItems bounds the memory for figures of groups. An item takes about half a kilobyte.
	maxCachedItems = 1 << 15
)

// Set is all results pages of a report. Figures that several pages show are computed once. It may be used by many
// goroutines at once.
type Set struct {
	Report *stats.Report

	folders []Folder
	exists  map[Folder]bool
	periods []int // indexes of the newest periods that may be shown, oldest first

	mu          sync.Mutex
	groups      map[groupKey]*stats.Period
	cachedItems int // of all groups
	compared    map[groupKey]*stats.Tests
}

// groupKey is a group of respondents in one of the report's periods.
type groupKey struct {
	period          int
	segment, option string
}

// NewSet finds out which pages a report makes.
func NewSet(report *stats.Report) *Set {
	s := &Set{Report: report, exists: map[Folder]bool{}}
	for i := range report.Periods {
		if publishable(&report.Periods[i]) {
			s.periods = append(s.periods, i)
		}
	}
	s.periods = s.periods[max(0, len(s.periods)-maxPeriods):]
	s.folders = s.listFolders()
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

// Folders lists all results pages: the newest period's, which always exists; every period under its own name; and of
// each period, the newest first, the groups of at least k respondents. They are at most 200; the groups of the oldest
// periods go first.
func (s *Set) Folders() []Folder { return slices.Clone(s.folders) }

func (s *Set) listFolders() []Folder {
	type address struct {
		folder Folder
		period *stats.Period
	}
	var addresses []address
	for i, index := range slices.Backward(s.periods) {
		period := &s.Report.Periods[index]
		if i == len(s.periods)-1 {
			addresses = append(addresses, address{Folder{}, period})
		}
		if period.Name != survey.OnePeriod {
			addresses = append(addresses, address{Folder{Period: period.Name}, period})
		}
	}
	all := []Folder{{}}
	for _, a := range addresses {
		if a.folder != (Folder{}) {
			all = append(all, a.folder)
		}
	}
	for _, a := range addresses {
		for _, segment := range a.period.Segments() {
			for _, o := range segment.Options() {
				if !publishableGroup(a.period, segment.Name, o.ID) {
					continue
				}
				if len(all) == maxPages {
					return all
				}
				all = append(all, Folder{a.folder.Period, segment.Name, o.ID})
			}
		}
	}
	return all
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
func (s *Set) group(period int, segment, option string) *stats.Period {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := groupKey{period, segment, option}
	if g := s.groups[key]; g != nil {
		return g
	}
	g := s.Report.Periods[period].Group(segment, option)
	s.cachedItems += len(g.Items)
	if s.groups == nil || s.cachedItems > maxCachedItems {
		s.groups, s.cachedItems = map[groupKey]*stats.Period{}, len(g.Items)
	}
	s.groups[key] = g
	return g
}

// tests returns the comparisons of a page: of everybody's, if the segment is "".
func (s *Set) tests(period int, segment, option string) *stats.Tests {
	key := groupKey{period, segment, option}
	s.mu.Lock()
	known := s.compared[key]
	s.mu.Unlock()
	if known != nil {
		return known
	}
	report := s.Report
	if segment != "" {
		report = s.groupReport(segment, option)
	}
	tests := report.Tests(period)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compared == nil || len(s.compared) > maxPages {
		s.compared = map[groupKey]*stats.Tests{}
	}
	s.compared[key] = tests
	return tests
}

// groupReport returns the report of a group, with its own trend.
func (s *Set) groupReport(segment, option string) *stats.Report {
	periods := make([]stats.Period, len(s.Report.Periods))
	for i := range periods {
		periods[i] = *s.group(i, segment, option)
	}
	return s.Report.WithPeriods(periods)
}
