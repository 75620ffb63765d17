package advice

import (
	"regexp"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// whole looks at what belongs to a survey as a whole.
func (a *adviser) whole() {
	a.dimensions()
	a.groups()
	a.order()
	for _, place := range a.places.CutOff() {
		a.found = append(a.found, Advice{Place: place, Code: CutText, Sentence: "the text ends before #, which begins a comment", Fix: "put the whole text into quotes, or a space behind #"})
	}
	s := a.s
	if len(s.Thanks) == 0 {
		a.say(NoThanks, nil, "add \"thanks\": that the answers arrived, and where the results will be", "nothing is said to those who have answered")
	}
	if s.Contact == nil || s.Contact.Email == "" && s.Contact.Phone == "" {
		a.say(NoContact, path{"contact"}, "add \"contact\" with an e-mail address or a phone number", "respondents cannot ask anybody about the survey")
	}
	if len(s.Intro) == 0 {
		a.say(NoPurpose, nil, "add \"intro\": what the answers are used for, and who reads them", "the survey has no introduction")
		return
	}
	for _, l := range s.Languages {
		if words := purpose[base(l)]; words != nil && !words.MatchString(strings.ToLower(simplified.Replace(s.Intro[l]))) {
			a.say(NoPurpose, path{"intro", l}, "say what the answers are used for", "the introduction does not say what the survey is for (in %s)", speech(l))
		}
	}
}

// purpose is how introductions say what for.
var purpose = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`用于|用来|用途|改进|改善|提高|提升|了解|为了|以便|目的|决定|帮助|想知道|倾听|听听`),
	"en": regexp.MustCompile(`\b(?:improv\w+|used (?:for|to|by)|use (?:them|your|the answers)|purpose|what (?:the|your) answers|(?:the|your) answers (?:show|go|decide|help)|(?:to|and) (?:learn|understand|find out|know|hear)|like to (?:know|learn|hear|understand)|want to (?:know|learn|hear|understand)|help(?:s)? us|in order to|decid\w+|so that|serve you|do better|better (?:service|engineering|products?)|going well|went well)\b`),
}

// order looks for questions whose being asked depends on what is asked only later.
func (a *adviser) order() {
	read := map[string]bool{"channel": true, "language": true}
	for q := range a.s.Questions() {
		if q.Type == survey.Hidden {
			read[q.ID] = true
		}
	}
	waits := func(tree *expression.Tree, at path, what string, args ...any) {
		if tree == nil {
			return
		}
		for _, name := range tree.Uses() {
			if id, _, _ := strings.Cut(name, "."); !read[id] {
				a.say(LaterQuestion, at.to("show_if"), "move '"+id+"' above it", what+" depends on '%s', which is asked later", append(args, id)...)
			}
		}
	}
	for i, section := range a.s.Sections {
		waits(section.ShowIf, path{"sections", i}, "the section")
		for j := range section.Questions {
			q := &section.Questions[j]
			at := path{"sections", i, "questions", j}
			waits(q.ShowIf, at, "question '%s'", q.ID)
			for k := range q.Options {
				waits(q.Options[k].ShowIf, at.to("options", k), "an option of '%s'", q.ID)
			}
			read[q.ID] = true
		}
	}
}

// dimensions compares those declared with those used. The item that stands for the whole needs none.
func (a *adviser) dimensions() {
	declared := a.s.Scoring.Dimensions
	if len(declared) == 0 {
		return
	}
	used := map[string]bool{}
	a.each(func(q *survey.Question, at path) {
		scored := false
		for _, f := range a.s.FieldsOf(q) {
			scored = scored || f.Scored() && f.Name != a.s.Scoring.Overall
		}
		if scored && q.Dimension == "" {
			a.say(NoDimension, at, "add \"dimension\", or \"weight: 0\" if it should not count", "question '%s' has scores and belongs to no dimension", q.ID)
		}
		used[q.Dimension] = used[q.Dimension] || scored || q.Dimension != "" && q.ID == a.s.Scoring.Overall
	})
	for i, d := range declared {
		if !used[d.ID] {
			a.say(UnusedDimension, path{"scoring", "dimensions", i}, "give a scored question \"dimension: "+d.ID+"\", or remove it", "no scored question belongs to the dimension '%s'", d.ID)
		}
	}
}

// answered is the share of questionnaires that come back, for estimates: a third to a half is usual, and the deduction
// of scoring.md begins below a half.
const answered = 0.5

// groups compares the answers that may be expected with those that every group needs before it is shown.
func (a *adviser) groups() {
	issued, k := a.s.Audience.Issued, a.s.Results.MinGroup
	if issued == 0 || k < 2 {
		return
	}
	cohorts := 1
	var last *survey.Question
	for _, f := range a.s.Segments() {
		cohorts *= len(f.Options()) // those who leave the segment out make one more, which is small
		last = f.Question
	}
	if float64(cohorts*k) <= answered*float64(issued) {
		return
	}
	if last == nil {
		a.say(GroupsTooSmall, path{"results", "min_group"}, "lower min_group, or ask more people", "figures need %d respondents, and %d questionnaires bring about %d answers", k, issued, int(answered*float64(issued)))
		return
	}
	a.each(func(q *survey.Question, at path) {
		if q == last {
			a.say(GroupsTooSmall, at.to("segment"), "take \"segment: true\" from a question, or shorten its options", "the segments make %d groups of at least %d respondents, and %d questionnaires bring about %d answers", cohorts, k, issued, int(answered*float64(issued)))
		}
	})
}
