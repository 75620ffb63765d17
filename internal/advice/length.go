package advice

import (
	"math"
	"strings"
	"unicode"

	"glasspoll/internal/survey"
)

// Reading speeds, silent reading by adults. English: 238 words a minute (Brysbaert 2019, How many words do we read per
// minute?, a meta-analysis of 190 studies, doi 10.1016/j.jml.2019.104047). Chinese: the middle of the 300 to 500
// characters a minute that authors assume; reading aloud is slower, 255 (Trauzettel-Klosinski & Dietz 2012, IReST,
// doi 10.1167/iovs.11-8284).
const (
	charactersAMinute = 400
	wordsAMinute      = 238
)

// seconds that an answer takes besides reading. With the reading of its label and options an ordinary question takes
// about ten seconds, which is what Pew Research measured for its online panel (85 ordinary questions
// are a survey of 15 minutes: "How we keep our online surveys from running too long", pewresearch.org, 8 December 2022);
// the rows of a matrix go faster, about ten a minute, and a comment takes most of a minute. An optional comment counts
// a third, since most people leave it out.
var seconds = map[survey.Type]float64{
	survey.SingleChoice: 5, survey.MultiChoice: 8, survey.Rating: 5, survey.NPS: 6, survey.YesNo: 3, survey.Consent: 3,
	survey.Number: 8, survey.ShortText: 12, survey.LongText: 45, survey.Email: 12, survey.Phone: 10, survey.URL: 12, survey.DateType: 8, survey.Time: 8,
}

const (
	secondsARow        = 4 // of a matrix; twice in an importance_matrix
	secondsARank       = 5
	secondsAShare      = 7
	optionalComment    = 1.0 / 3
	shareWithCondition = 0.5 // of respondents are asked a question with a condition
)

// Seconds estimates how long the survey takes in a language.
func Seconds(s *survey.Survey, language string) int {
	total := readingTime(s.Title, language) + readingTime(s.Purpose, language) + readingTime(s.Intro, language)
	var read []survey.Option // a scale is read once while it stays the same
	for _, section := range s.Sections {
		part := readingTime(section.Title, language) + readingTime(section.Intro, language)
		for i := range section.Questions {
			q := &section.Questions[i]
			time := readingTime(q.Label, language) + readingTime(q.Help, language) + answeringTime(q)
			for _, row := range q.Rows {
				time += readingTime(row.Label, language)
			}
			if !sameLabels(q.Options, read, language) {
				for _, o := range q.Options {
					time += readingTime(o.Label, language)
				}
				read = q.Options
			}
			if q.ShowIf != nil {
				time *= shareWithCondition
			}
			part += time
		}
		if section.ShowIf != nil {
			part *= shareWithCondition
		}
		total += part
	}
	return int(math.Ceil(total))
}

// answeringTime is the time that an answer takes besides reading, in seconds.
func answeringTime(q *survey.Question) float64 {
	time := seconds[q.Type]
	switch q.Type {
	case survey.Matrix:
		time = secondsARow * float64(len(q.Rows))
	case survey.ImportanceMatrix:
		time = 2 * secondsARow * float64(len(q.Rows))
	case survey.Ranking:
		time = secondsARank * float64(q.AtMost)
	case survey.ConstantSum:
		time = secondsAShare * float64(len(q.Options))
	case survey.LongText, survey.ShortText, survey.Email, survey.Phone, survey.URL:
		if !q.Required {
			time *= optionalComment
		}
	}
	return time
}

// readingTime is the time that reading a text takes, in seconds.
func readingTime(t survey.Text, language string) float64 {
	han, words := 0, 0
	for _, word := range strings.FieldsFunc(t[language], func(c rune) bool {
		if unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			han++
			return true
		}
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '\''
	}) {
		if word != "" {
			words++
		}
	}
	return 60 * (float64(han)/charactersAMinute + float64(words)/wordsAMinute)
}

func sameLabels(a, b []survey.Option, language string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Label[language] != b[i].Label[language] {
			return false
		}
	}
	return true
}

const (
	tolerance   = 1.25 // times the promised minutes: people differ by more
	mostMinutes = 15   // Pew's cap for its online panel, see above
)

// duration compares the estimated time with the promised one, in the language that takes longest.
func (a *adviser) duration() {
	longest, spoken := 0, a.s.DefaultLanguage()
	for _, l := range a.s.Languages {
		if s := Seconds(a.s, l); s > longest {
			longest, spoken = s, l
		}
	}
	minutes := int(math.Ceil(float64(longest) / 60))
	switch {
	case minutes > mostMinutes:
		a.add(TooLong, path{"minutes"}, "leave out what nobody would act on, or split the survey", "the survey takes about %d minutes (in %s), and people tire after %d", minutes, languageName(spoken), mostMinutes)
	case a.s.Minutes > 0 && float64(longest) > tolerance*60*float64(a.s.Minutes):
		a.add(TooLong, path{"minutes"}, "shorten it, or promise no less than it takes", "the survey promises %d, but takes about %d minutes (in %s)", a.s.Minutes, minutes, languageName(spoken))
	}
}
