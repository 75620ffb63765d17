package advice

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// wholeSurvey checks what belongs to a survey as a whole.
func (a *adviser) wholeSurvey() {
	a.dimensions()
	a.groups()
	if a.s.HasInvitations() && a.s.Audience.MostIssued() > 0 {
		a.add(IssuedIsCounted, path{"audience", "issued"}, "remove it", "the invitations say how many were issued: this number is not used")
	}
	a.conditionOrder()
	a.secrets()
	for _, place := range a.places.CutOff() {
		a.found = append(a.found, Advice{Place: place, Code: CutText, Sentence: message.New("the text ends before #, which begins a comment"), Fix: message.New("put the whole text into quotes, or a space behind #")})
	}
	s := a.s
	if len(s.Thanks) == 0 {
		a.add(NoThanks, nil, "add \"thanks\": that the answers arrived, and where the results will be", "there is no thank-you text")
	}
	if s.Contact == nil || s.Contact.Email == "" && s.Contact.Phone == "" {
		a.add(NoContact, path{"contact"}, "add \"contact\" with an e-mail address or a phone number", "respondents cannot ask anybody about the survey")
	}
	if s.Sealing != nil && len(s.Sealing.Keys) == 1 {
		a.add(OneKey, path{"seal", "keys"}, "make a second one with 'glasspoll keys make', keep it in another place, and add it", "answers are sealed to one key alone: when its file is lost, nobody can read them")
	}
	a.purpose()
	a.alerts()
	a.notice()
	a.cards()
}

// alerts checks that the author has decided whether low marks are followed up.
func (a *adviser) alerts() {
	rated := slices.ContainsFunc(a.s.Fields(), func(f survey.Field) bool { return f.Scored() })
	if rated && !a.places.Has("alerts") {
		a.add(NoAlerts, nil, "add \"alerts: default\", alerts of your own, or \"alerts: none\"", "nobody is told of low marks")
	}
}

// notice checks that a survey which asks for personal data, or whose people are on a list, has a privacy notice.
func (a *adviser) notice() {
	if a.s.Privacy != nil {
		return
	}
	if a.s.HasInvitations() {
		a.add(NoNotice, path{"access"}, "add \"privacy\": {controller: …, keep: …}, and in \"kinds\" what the list has", "people are invited by a list, and the survey has no privacy notice")
		return
	}
	a.eachQuestion(func(q *survey.Question, at path) {
		if q.Private && !a.asked {
			a.asked = true
			a.add(NoNotice, at, "add \"privacy\": {controller: …, keep: …}", "'%s' is private, and the survey has no privacy notice", q.ID)
		}
	})
}

// purpose checks that respondents read what their answers are used for: in a line of its own, or in the introduction.
func (a *adviser) purpose() {
	s := a.s
	if len(s.Purpose) > 0 {
		return
	}
	if len(s.Intro) == 0 {
		a.add(NoPurpose, nil, "add \"purpose\": one line that says what the answers are used for", "the survey does not say what it is for")
		return
	}
	for _, l := range s.Languages {
		if words := purposeWords[baseLanguage(l)]; words != nil && !words.MatchString(strings.ToLower(toSimplified.Replace(s.Intro[l]))) {
			a.add(NoPurpose, path{"intro", l}, "add \"purpose\": one line that says what the answers are used for", "the introduction does not say what the survey is for (in %s)", languageName(l))
		}
	}
}

// mostCards is how many questions are asked one at a time at most. It is a rule of thumb: at ten seconds a question, these take
// three minutes.
const mostCards = 20

// cards checks that the questions are neither too few nor too many to be asked one at a time.
func (a *adviser) cards() {
	if !a.s.Cards {
		return
	}
	n := 0
	for q := range a.s.Questions() {
		if q.Type != survey.Note && q.Type != survey.Hidden {
			n++
		}
	}
	switch {
	case n > mostCards:
		a.add(UnsuitableCards, path{"layout"}, "write \"layout: steps\", or ask less", "%d questions are asked one at a time, and people lose patience after about %d", n, mostCards)
	case n == 1:
		a.add(UnsuitableCards, path{"layout"}, "leave out \"layout\"", "there is only one question, so nothing comes one at a time")
	}
}

// purposeWords match introductions that say what the answers are for.
var purposeWords = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`用于|用来|用途|改进|改善|提高|提升|了解|为了|以便|目的|决定|帮助|想知道|倾听|听听`),
	"en": regexp.MustCompile(`\b(?:improv\w+|used (?:for|to|by)|use (?:them|your|the answers)|purpose|what (?:the|your) answers|(?:the|your) answers (?:show|go|decide|help)|(?:to|and) (?:learn|understand|find out|know|hear)|like to (?:know|learn|hear|understand)|want to (?:know|learn|hear|understand)|help(?:s)? us|in order to|decid\w+|so that|serve you|do better|better (?:service|engineering|products?)|going well|went well)\b`),
}

// conditionOrder reports conditions that depend on what is asked later.
func (a *adviser) conditionOrder() {
	asked := map[string]bool{"channel": true, "language": true}
	for q := range a.s.Questions() {
		if q.Type == survey.Hidden {
			asked[q.ID] = true
		}
	}
	check := func(tree *expression.Tree, at path, what message.Text) {
		if tree == nil {
			return
		}
		for _, name := range tree.Uses() {
			if id, _, _ := strings.Cut(name, "."); !asked[id] {
				a.addFix(LaterQuestion, at.to("show_if"), message.New("move '%s' above it", id), "%s depends on '%s', which is asked later", what, id)
			}
		}
	}
	for i, section := range a.s.Sections {
		check(section.ShowIf, path{"sections", i}, message.New("the section"))
		for j := range section.Questions {
			q := &section.Questions[j]
			at := path{"sections", i, "questions", j}
			check(q.ShowIf, at, message.New("question '%s'", q.ID))
			for k := range q.Options {
				check(q.Options[k].ShowIf, at.to("options", k), message.New("an option of '%s'", q.ID))
			}
			asked[q.ID] = true
		}
	}
}

// dimensions compares the declared dimensions with those that are used. The overall item needs none.
func (a *adviser) dimensions() {
	declared := a.s.Scoring.Dimensions
	if len(declared) == 0 {
		return
	}
	used := map[string]bool{}
	a.eachQuestion(func(q *survey.Question, at path) {
		scored := false
		for _, f := range a.s.FieldsOf(q) {
			scored = scored || f.Scored() && f.Name != a.s.Scoring.Overall
		}
		if scored && q.Dimension == "" {
			a.add(NoDimension, at, "add \"dimension\", or \"weight: 0\" if it should not count", "question '%s' has scores and belongs to no dimension", q.ID)
		}
		used[q.Dimension] = used[q.Dimension] || scored || q.Dimension != "" && q.ID == a.s.Scoring.Overall
	})
	for i, d := range declared {
		if !used[d.ID] {
			a.addFix(UnusedDimension, path{"scoring", "dimensions", i}, message.New("give a scored question \"dimension: %s\", or remove it", d.ID), "no scored question belongs to the dimension '%s'", d.ID)
		}
	}
}

// responseShare is the share of questionnaires that are answered, for estimates: a third to a half is usual, and the
// deduction for a low response rate begins below a half.
const responseShare = 0.5

// groups compares the expected number of answers with what the groups need to be shown.
func (a *adviser) groups() {
	issued, k := a.s.Audience.MostIssued(), a.s.K()
	if issued == 0 || k < 2 || a.s.HasInvitations() {
		return
	}
	cohorts := 1
	var last *survey.Question
	for _, f := range a.s.Segments() {
		cohorts *= len(f.Options()) // respondents without a segment are one more group, a small one
		last = f.Question
	}
	if float64(cohorts*k) <= responseShare*float64(issued) {
		return
	}
	if last == nil {
		a.add(GroupsTooSmall, path{"results", "min_group"}, "lower min_group, or ask more people", "figures need %d respondents, and %d questionnaires bring about %d answers", k, issued, int(responseShare*float64(issued)))
		return
	}
	a.eachQuestion(func(q *survey.Question, at path) {
		if q == last {
			a.add(GroupsTooSmall, at.to("segment"), "take \"segment: true\" from a question, or shorten its options", "the segments make %d groups of at least %d respondents, and %d questionnaires bring about %d answers", cohorts, k, issued, int(responseShare*float64(issued)))
		}
	})
}
