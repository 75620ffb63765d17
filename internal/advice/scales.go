package advice

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// An optionList is a list of labelled options, of a question or of a scale that several questions use.
type optionList struct {
	options []survey.Option
	at      path
	name    message.Text // in a sentence
	judged  bool         // an answer is a judgement
}

// optionLists returns the option lists of the survey, each once.
func (a *adviser) optionLists() []optionList {
	var all []optionList
	seen := map[questionnaire.Place]bool{}
	add := func(options []survey.Option, at path, key string, q *survey.Question) {
		if len(options) == 0 || len(options[0].Label) == 0 { // numbered steps
			return
		}
		c := optionList{options: options, at: at.to("options"), name: message.New("question '%s'", q.ID), judged: q.Type != survey.MultiChoice && q.Type != survey.Ranking && q.Type != survey.ConstantSum && q.Type != survey.Hidden}
		if scale, ok := a.places.Plain(at.to(key)...); ok {
			c.at, c.name = path{"scales", scale}, message.New("scale '%s'", scale)
		}
		place := a.places.At(c.at...)
		if !seen[place] {
			all = append(all, c)
		}
		seen[place] = true
	}
	a.eachQuestion(func(q *survey.Question, at path) {
		add(q.Options, at, "scale", q)
		add(q.Importance, at, "importance_scale", q)
	})
	return all
}

// scales checks the options with scores.
func (a *adviser) scales() {
	var directions []direction
	for _, c := range a.optionLists() {
		steps := scoredOptions(c.options)
		if len(steps) < 2 || !c.judged {
			continue
		}
		a.sides(c, steps)
		a.spacing(c, steps)
		if way := directionOf(steps); way != 0 && len(steps) > 2 {
			directions = append(directions, direction{c, way})
		}
	}
	a.direction(directions)
	a.eachQuestion(func(q *survey.Question, at path) {
		numbered := len(q.Options) > 0 && len(q.Options[0].Label) == 0
		if q.Type == survey.Rating && numbered && q.Display != "faces" && (len(q.Low) == 0 || len(q.High) == 0) { // faces show it
			a.add(UnnamedEnds, at, "add \"low\" and \"high\": what the first and the last step mean, or name every step with a scale", "the steps have numbers only, and nothing says what the ends mean")
		}
	})
}

func scoredOptions(options []survey.Option) []survey.Option {
	return slices.DeleteFunc(slices.Clone(options), func(o survey.Option) bool { return o.Score == nil })
}

// sides compares the numbers of positive and negative steps, in the first language in which every label is understood.
func (a *adviser) sides(c optionList, steps []survey.Option) {
	for _, l := range a.s.Languages {
		good, bad, understood := 0, 0, true
		for _, o := range steps {
			d, ok := degreeOf(baseLanguage(l), o.Label[l])
			understood = understood && ok
			switch {
			case d > 0:
				good++
			case d < 0:
				bad++
			}
		}
		if !understood {
			continue
		}
		if good != bad && good+bad > 0 && len(steps) > 2 {
			fix := message.Key("give both sides the same number of steps")
			if good > bad {
				fix = message.Key("give both sides the same number of steps, for example by adding one on the negative side")
			}
			a.add(UnequalSides, c.at, fix, "the %s has %s of praise and %s of blame", c.name, stepsOf(good), stepsOf(bad))
		}
		return
	}
}

func stepsOf(n int) message.Key {
	words := []message.Key{"no step", "one step", "two steps", "three steps", "four steps", "five steps", "six steps"}
	if n < len(words) {
		return words[n]
	}
	return "many steps"
}

// spacing reports scores whose gaps differ. Those of the model graded_10 do on purpose (10, 8, 6, 3, 0).
func (a *adviser) spacing(c optionList, steps []survey.Option) {
	if a.s.Scoring.Model == "graded_10" {
		return
	}
	var scores []survey.Decimal
	for _, o := range steps {
		scores = append(scores, *o.Score)
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	for i := 2; i < len(scores); i++ {
		if scores[i]-scores[i-1] != scores[1]-scores[0] {
			a.add(UnevenScores, c.at, "space the scores evenly, for example from 1 upwards", "the scores of the %s are unevenly spaced: %s to %s is a larger or smaller step than %s to %s", c.name, scores[i-1], scores[i], scores[0], scores[1])
			return
		}
	}
}

type direction struct {
	optionList
	way int // 1: worst first; -1: best first
}

// directionOf is 1 if the scores only rise down the list, -1 if they only fall, else 0.
func directionOf(steps []survey.Option) int {
	rises, falls := true, true
	for i := 1; i < len(steps); i++ {
		rises = rises && *steps[i].Score > *steps[i-1].Score
		falls = falls && *steps[i].Score < *steps[i-1].Score
	}
	switch {
	case rises:
		return 1
	case falls:
		return -1
	}
	return 0
}

// direction reports the scales that run against the majority; without one, against the first scale. Numbered steps always
// rise, and are left out.
func (a *adviser) direction(all []direction) {
	sum := 0
	for _, d := range all {
		sum += d.way
	}
	if sum == 0 && len(all) > 0 {
		sum = all[0].way
	}
	for _, d := range all {
		if sum > 0 && d.way < 0 {
			a.add(MixedDirection, d.at, "reverse it: worst first", "the %s runs from best to worst, the other scales from worst to best", d.name)
		}
		if sum < 0 && d.way > 0 {
			a.add(MixedDirection, d.at, "reverse it: best first", "the %s runs from worst to best, the other scales from best to worst", d.name)
		}
	}
}

// A lexicon has patterns for the words of scales in one language.
type lexicon struct {
	neutral, negative, positive *regexp.Regexp
	negation                    *regexp.Regexp // negates what follows
	most, more, less            *regexp.Regexp // degrees 4, 3 and 1; 2 is without any
}

var lexicons = map[string]lexicon{
	"zh": {
		neutral:  regexp.MustCompile(`一般|普通|中等|尚可|合格|还行|还可以|持平|差不多|中立|适中|马马虎虎|勉强|说得过去|不好不坏|不好不差|既不|可以接受|及格|正常|应付|够用`),
		negative: regexp.MustCompile(`差|低|慢|弱|糟|坏|劣|迟|延误|敷衍|改进|改善|有问题|困难|较难|很难|难以|失望|反对|拖延|欠|偏少|从不|从未|糟糕|恶劣|冷淡|粗暴|昂贵|太贵|较贵`),
		positive: regexp.MustCompile(`满意|好|优|良|佳|快|高|强|清楚|丰富|准时|准确|愿意|同意|赞成|及时|重要|了解|顺畅|规范|热情|出色|到位|容易|方便|值得|可能|一流|卓越|完美|专业|友善|推荐|会|符合`),
		negation: regexp.MustCompile(`(不|没有|没|未|无)(够|太|大|很|怎么|是很|算|甚)?$`),
		most:     regexp.MustCompile(`极|完全|最|绝对`),
		more:     regexp.MustCompile(`非常|很|十分|特别|相当|优秀|卓越|极佳|一流|完美|强烈`),
		less:     regexp.MustCompile(`比较|较|还算|还|基本|有点|稍|不太|不大|不够|略|偏|有些`),
	},
	"en": {
		neutral:  regexp.MustCompile(`\b(?:neither|neutral|average|fair|okay|ok|acceptable|moderate|medium|adequate|so-so|about the same|undecided|as expected|level with|satisfactory|mixed|borderline|good enough|just enough|passable)\b`),
		negative: regexp.MustCompile(`\b(?:dissatisf\w+|unsatisf\w+|poor|poorly|bad|badly|low|lower|slow|slowly|weak|worse|worst|terrible|awful|late|never|needs? (?:improvement|work)|disagree|unlikely|difficult|hard|unacceptable|inadequate|unhappy|rude|unimportant|unclear|incorrect|disappoint\w+|inferior|unfriendly|expensive|no)\b`),
		positive: regexp.MustCompile(`\b(?:satisfied|good|excellent|great|high|higher|fast|quick|quickly|strong|agree|likely|easy|happy|outstanding|superb|perfect|well|better|best|thorough|clear|clearly|always|on time|in time|important|pleased|friendly|superior|helpful|willing|yes)\b`),
		negation: regexp.MustCompile(`\b(?:not|never|hardly|isn't|wasn't|no|less|least)(?: (?:very|at all|so|really|quite|too|particularly|that|entirely|all that))?\s*$`),
		most:     regexp.MustCompile(`\b(?:extremely|completely|totally|absolutely|entirely|excellent|outstanding|superb|perfect|terrible|awful|worst|best|exceptionally)\b`),
		more:     regexp.MustCompile(`\b(?:very|strongly|highly|much|really)\b`),
		less:     regexp.MustCompile(`\b(?:somewhat|fairly|rather|slightly|quite|a little|partly|mostly|not very|not too|not particularly|a bit)\b`),
	},
}

// degreeOf rates a scale's label: 1 to 4 for praise, by strength, −1 to −4 for blame, 0 for the middle; false if it has no
// known words.
func degreeOf(language, label string) (int, bool) {
	words, ok := lexicons[language]
	if !ok {
		return 0, false
	}
	label = toSimplified.Replace(strings.ToLower(strings.ReplaceAll(label, "’", "'")))
	if words.neutral.MatchString(label) {
		return 0, true
	}
	strength := 2
	switch {
	case words.less.MatchString(label):
		strength = 1
	case words.most.MatchString(label):
		strength = 4
	case words.more.MatchString(label):
		strength = 3
	}
	good, bad := words.positive.FindStringIndex(label), words.negative.FindStringIndex(label)
	switch {
	case good == nil && bad == nil:
		return 0, false
	case bad != nil && (good == nil || bad[0] <= good[0]):
		if words.negation.MatchString(label[:bad[0]]) { // 不差, not bad
			return strength, true
		}
		return -strength, true
	case words.negation.MatchString(label[:good[0]]):
		return -strength, true
	case bad != nil: // both: 好坏参半
		return 0, false
	}
	return strength, true
}
