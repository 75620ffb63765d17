package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// minCoded is the fewest respondents of whom a sensitive question is published; of codedTimes k, if that is more.
const (
	minCoded   = 20
	codedTimes = 4
)

// checkCoded checks the figures of sensitive questions: published once, at the end, in multiples of k of enough respondents, and
// such as follow from what the release holds.
func (s *step) checkCoded(annuls bool) {
	r := s.release
	for _, key := range keys(s.before.Coded, r.Coded) {
		was, is := s.before.Coded[key], r.Coded[key]
		at := s.at(ReleaseCoded).question(key)
		switch {
		case is == nil:
			s.add(at, "release %d, %s: what was published is not any more", r.Number, key)
		case was == is || was != nil && equalCoded(was, is):
		case was != nil:
			if !annuls || is.N != 0 {
				s.add(at, "release %d, %s: a sensitive question is published a second time", r.Number, key)
			}
		default:
			s.checkNewCoded(at, is)
		}
	}
}

// checkNewCoded checks a sensitive question that has been published with the release.
func (s *step) checkNewCoded(at Finding, is *release.Coded) {
	r := s.release
	if !s.mayBeClosed() && (s.form.Results.Closes == "" || survey.Date(r.Date) <= s.form.Results.Closes) {
		s.add(at, "release %d, %s: a sensitive question is published before the period has ended", r.Number, at.Question)
	}
	if len(is.By) > 0 && s.form.Results.Protection != survey.Strict {
		s.add(at, "release %d, %s: a sensitive question is published by group", r.Number, at.Question)
	}
	s.checkCodedCounts(at, is, "")
	for _, group := range keys(is.By) {
		s.checkCodedCounts(at, is.By[group], group)
	}
}

func equalCoded(a, b *release.Coded) bool {
	return a.Shape == b.Shape && a.K == b.K && a.N == b.N && equalCounts(chosen(a.Counts), chosen(b.Counts)) && maps.EqualFunc(a.By, b.By, equalCoded)
}

func chosen(counts tally.Counts) map[string]int64 {
	all := make(map[string]int64, len(counts))
	for _, c := range counts {
		all[c.Option] += c.N
	}
	return all
}

// checkCodedCounts checks what is published of everybody, or of a group, "segment=option".
func (s *step) checkCodedCounts(at Finding, c *release.Coded, group string) {
	k := int64(max(c.K, 1))
	f, counted, members := s.coded(at.Question, group)
	switch {
	case c.K < s.release.K || members < max(codedTimes*k, minCoded) || c.N != members/k*k:
		s.add(at, "release %d, %s: it is not of at least %d respondents, rounded down to a multiple of %d", s.release.Number, at.Question, max(codedTimes*k, minCoded), k)
	case !equalCounts(chosen(c.Counts), codedCounts(f, counted, members, k)):
		s.add(at, "release %d, %s: it is not what was answered, coded to multiples of %d", s.release.Number, at.Question, k)
	}
}

// coded sums up what the release holds of a sensitive question, of everybody or of a group.
func (s *step) coded(key, group string) (f survey.Field, counted *tally.Item, members int64) {
	counted = &tally.Item{}
	for _, shape := range keys(s.release.Parts) {
		p := s.release.Parts[shape]
		form := s.part(shape, p)
		i := slices.IndexFunc(form.Fields(), func(f survey.Field) bool {
			return f.Counted() && s.isSensitive(form, f) && release.CodedKey(form, f) == key
		})
		if i < 0 {
			continue
		}
		f = form.Fields()[i]
		for cohort, c := range p.Cohorts {
			if cohort == release.Pool && form.ReadsSegment(f) || !isIn(form, cohort, group) {
				continue
			}
			members += c.Respondents
			if held := held(s.release, shape, cohort); held != nil {
				counted.Add(held.Items[f.Name])
			}
		}
	}
	return f, counted, members
}

// isSensitive reports whether a field is sensitive in the questionnaire of its part, or is made so by that in force.
func (s *step) isSensitive(form *survey.Survey, f survey.Field) bool {
	return f.Sensitive() || s.form.MakesSensitive(form, f.Question.ID)
}

// isIn reports whether a cohort is in a group, "segment=option"; all are in "".
func isIn(form *survey.Survey, key, group string) bool {
	if group == "" {
		return true
	}
	segment, option, _ := strings.Cut(group, "=")
	values := strings.Split(key, "/")
	for i, f := range form.Segments() {
		if f.Name == segment {
			return key != release.Pool && i < len(values) && values[i] == option
		}
	}
	return false
}

// codedCounts returns the counts of a question as they are published: each option of a multi_choice by itself, chosen or not;
// else all together. Those who gave no answer are one more option.
func codedCounts(f survey.Field, counted *tally.Item, members, k int64) map[string]int64 {
	var names []string
	for _, o := range f.Options() {
		names = append(names, o.ID)
	}
	for _, band := range f.ValueBands() {
		names = append(names, band.ID)
	}
	all := map[string]int64{}
	if f.Question.Type == survey.MultiChoice {
		for _, name := range names {
			n := counted.Counts.Of(name)
			all[name] = apportion([]int64{n, members - n}, k)[0]
		}
		all[release.LeftOut] = apportion([]int64{members - counted.N, counted.N}, k)[0]
		return all
	}
	var counts []int64
	for _, name := range names {
		counts = append(counts, counted.Counts.Of(name))
	}
	seats := apportion(append(counts, members-counted.N), k)
	for i, name := range names {
		all[name] += seats[i]
	}
	all[release.LeftOut] = seats[len(names)]
	return all
}

// apportion gives out the sum of counts, rounded down to a multiple of k, in multiples of k: by the largest remainder, the
// first of equal ones first.
func apportion(counts []int64, k int64) []int64 {
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	seats, given := sum/k, int64(0)
	all, order := make([]int64, len(counts)), make([]int, len(counts))
	if seats == 0 {
		return all
	}
	for i, n := range counts {
		order[i] = i
		all[i] = n * seats / sum
		given += all[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b]*seats%sum, counts[a]*seats%sum) })
	for _, i := range order[:seats-given] {
		all[i]++
	}
	for i := range all {
		all[i] *= k
	}
	return all
}
