package convert

import (
	"strings"
	"testing"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// asked is what conditions may name in these tests.
func asked() map[string]*target {
	yn := map[string]string{"yes": "yes", "no": "no"}
	return map[string]*target{
		"happy": {field: "happy", kind: choiceKind, options: yn},
		"again": {field: "again", kind: choiceKind, options: yn},
		"Grade": {field: "grade", kind: choiceKind, options: map[string]string{"1": "1", "2": "2", "3": "3", "other": "_other"}},
		"why":   {field: "why", kind: setKind, options: map[string]string{"a": "a", "B 2": "b_2", "none": "none"}},
		"n":     {field: "n", kind: numberKind},
		"k":     {field: "k", kind: numberKind},
		"news":  {field: "news", kind: flagKind, options: map[string]string{"true": "yes", "false": "no"}},
		"text":  {field: "text", kind: wordsKind},
		"day":   {field: "day", kind: dayKind},
		"m":     {field: "m", kind: groupKind},
		"m.row": {field: "m.row", kind: choiceKind, options: yn},
		"photo": {kind: goneKind, why: "which was not carried over"},
	}
}

// scope is the same to our own compiler, which must accept what is said.
func scope() expression.Scope {
	s := expression.Scope{}
	for _, to := range asked() {
		v := expression.Variable{Parts: []string{"m.row"}}
		switch to.kind {
		case choiceKind:
			v.Kind = expression.Choice
		case setKind:
			v.Kind = expression.Set
		case numberKind:
			v.Kind = expression.Number
		case flagKind:
			v.Kind = expression.Bool
		case groupKind:
			v.Kind = expression.Group
		case goneKind:
			continue
		default:
			v.Kind = expression.Text
		}
		for _, id := range to.options {
			v.Options = append(v.Options, id)
		}
		s[to.field] = v
	}
	return s
}

// saying says a condition, or why it cannot be said.
func saying(parse func(string) (*term, error), source string) (said string, failed bool) {
	tree, err := parse(source)
	if err != nil {
		return err.Error(), true
	}
	p, err := sayer{scope: asked(), self: asked()["n"]}.condition(tree)
	if err != nil {
		return err.Error(), true
	}
	return p.text, false
}

func TestXPath(t *testing.T) {
	for source, want := range map[string]string{
		"${happy} = 'yes'":          `happy == "yes"`,
		"${happy}='yes' and ${n}>3": `happy == "yes" and n > 3`,
		"'yes' = ${happy}":          `happy == "yes"`,
		"3 <= ${n}":                 `n >= 3`,
		"${happy} != 'yes' or ${n} < 3 and ${n} >= 1":                  `happy != "yes" or n < 3 and n >= 1`,
		"(${happy} != 'yes' or ${n} < 3) and ${k} = 1.50":              `(happy != "yes" or n < 3) and k == 1.5`,
		"selected(${why}, 'a')":                                        `why contains "a"`,
		"selected( ${why} ,'B 2') and not(selected(${happy}, 'no'))":   `why contains "b_2" and happy != "no"`,
		"not(selected(${why}, 'none') and count-selected(${why}) > 1)": `not (why contains "none" and count(why) > 1)`,
		"not(not(${n} = 1))":                                           `n == 1`,
		"${text} = ''":                                                 `not answered(text)`,
		"${happy} != ''":                                               `answered(happy)`,
		"string-length(${text}) > 0":                                   `answered(text)`,
		"${Grade} >= 2":                                                `grade in ["2", "3"]`,
		"${Grade} > '2'":                                               `grade == "3"`,
		"${Grade} = 3":                                                 `grade == "3"`,
		"${Grade} = 'other'":                                           `grade == "_other"`,
		"${why} = 'a'":                                                 `why contains "a" and count(why) == 1`,
		"${n} = ${k}":                                                  `n == k`,
		"${happy} = ${again}":                                          `happy == again`,
		". > 5 and . < ${k}":                                           `n > 5 and n < k`,
		"${day} > date('2026-01-31')":                                  `day > "2026-01-31"`,
		"true() and ${n} = 1":                                          `n == 1`,
		"selected(${why}, 'a') = true()":                               `why contains "a"`,
		"selected(${why}, 'a') = false()":                              `not (why contains "a")`,
		"${n} = -99":                                                   `n == -99`,
		"${happy} = “yes”":                                             `happy == "yes"`,
		"${text} = 'a \"quoted\" word'":                                `text == "a \"quoted\" word"`,
		"number(${n}) > 1":                                             `n > 1`,
		"not(${happy} = 'yes') and (${happy} = 'no')":                  `happy != "yes" and happy == "no"`,
		"contains(${text}, 'x')":                                       `text contains "x"`,
		"(selected(${why},'a') or selected(${why},'none')) and ${n} != 2": `(why contains "a" or why contains "none") and n != 2`,
		"${m.row} = 'yes'":                        `m.row == "yes"`,
		"count-selected(${m}) > 0":                `count(m) > 0`,
		"(((${n} = 1)))":                          `n == 1`,
		"${n}=1 or ${n}=2 or (${n}=3 and ${k}=4)": `n == 1 or n == 2 or n == 3 and k == 4`,
	} {
		said, failed := saying(parseXPath, source)
		if failed || said != want {
			t.Errorf("%s\n got %s\nwant %s", source, said, want)
		}
		accepted(t, said)
	}
	for source, why := range map[string]string{
		"${nobody} = 1":                     "no question 'nobody'",
		"${photo} != ''":                    "was not carried over",
		"${n} + 1 = 2":                      "no arithmetic",
		"${n} div 2 > 1":                    "no arithmetic",
		"today() > ${day}":                  "today() is not part",
		"${happy} = 'maybe'":                "not one of the options",
		"${happy} > 'no'":                   "no order",
		"${m} = 'yes'":                      "several answers",
		"../n = 1":                          "by a path",
		"/data/n = 1":                       "by a path",
		"if(${n} = 1, 2, 3) = 2":            "if() is not part",
		"${n} = 1 and":                      "breaks off",
		"(${n} = 1":                         "never closed",
		"${n = 1":                           "never closed",
		"${text} = 'it":                     "never closed",
		"${n} = 1.2345":                     "three decimals",
		"${day} = 'yesterday'":              "no date",
		"regex(${text}, '[0-9]+')":          "pattern",
		"string-length(${text}) > 3":        "min_length",
		"${n} = 1 ${k} = 2":                 "cannot be read from",
		"selected(${why}, ${happy})":        "must be a constant",
		"${text} > 3":                       "neither more nor less",
		"5":                                 "neither true nor false",
		strings.Repeat("(", 100) + "1=1":    "nested too deeply",
		strings.Repeat("${n} = 1 or ", 500): "longer than",
	} {
		if said, failed := saying(parseXPath, source); !failed || !strings.Contains(said, why) {
			t.Errorf("%s\n got %s\nwant a message with %q", source, said, why)
		}
	}
}

func TestSurveyJSExpressions(t *testing.T) {
	for source, want := range map[string]string{
		"{happy} = 'yes'":                             `happy == "yes"`,
		"{happy} == yes":                              `happy == "yes"`,
		"{happy} = 'YES'":                             `happy == "yes"`,
		"{happy} <> 'yes' && {n} >= 3":                `happy != "yes" and n >= 3`,
		"{happy} notequal 'yes' || {n} lessorequal 3": `happy != "yes" or n <= 3`,
		"{why} contains 'a'":                          `why contains "a"`,
		"{why} *= 'B 2'":                              `why contains "b_2"`,
		"{why} notcontains 'a'":                       `not (why contains "a")`,
		"{why} anyof ['a', 'none']":                   `why contains "a" or why contains "none"`,
		"{why} allof ['a', 'none'] and {n} = 1":       `why contains "a" and why contains "none" and n == 1`,
		"{why} = ['a', 'none']":                       `why contains "a" and why contains "none" and count(why) == 2`,
		"{happy} anyof ['yes', 'no']":                 `happy in ["yes", "no"]`,
		"{Grade} anyof [1, 2] or {n} anyof [3, 4]":    `grade in ["1", "2"] or n in [3, 4]`,
		"{happy} noneof ['yes', 'no']":                `not (happy in ["yes", "no"])`,
		"{text} notempty and {day} empty":             `answered(text) and not answered(day)`,
		"!({happy} = 'yes')":                          `happy != "yes"`,
		"{news} = true":                               `news`,
		"{news} = false and {n} = 1":                  `news == false and n == 1`,
		"{news} != true":                              `not news`,
		"{news}":                                      `news`,
		"{why.length} > 1":                            `count(why) > 1`,
		"{m.row} = 'no'":                              `m.row == "no"`,
		"{panel.n} > 2":                               `n > 2`,
		"{happy} = undefined":                         `not answered(happy)`,
		"({n} > 1 or {k} > 1) and {happy} = 'no'":     `(n > 1 or k > 1) and happy == "no"`,
		"{n} > 1 and {k} > 1 or {happy} = 'no'":       `n > 1 and k > 1 or happy == "no"`,
		"{day} >= '2026-01-01'":                       `day >= "2026-01-01"`,
		"{Grade} > 1":                                 `grade in ["2", "3"]`,
		"true and {n} = 1":                            `n == 1`,
		"{n} = -1":                                    `n == -1`,
	} {
		said, failed := saying(parseSurveyJS, source)
		if failed || said != want {
			t.Errorf("%s\n got %s\nwant %s", source, said, want)
		}
		accepted(t, said)
	}
	for source, why := range map[string]string{
		"{nobody} = 1":           "no question 'nobody'",
		"{n} + {k} > 3":          "no arithmetic",
		"age({day}) > 18":        "age() is not part",
		"iif({n} > 1, 1, 2) = 1": "iif() is not part",
		"{photo} notempty":       "was not carried over",
		"{happy} = 'perhaps'":    "not one of the options",
		"{n} > ":                 "breaks off",
		"{n":                     "never closed",
		"{why} anyof []":         "empty",
		"{n} = 1 {k} = 2":        "cannot be read from",
		"{m} = 'yes'":            "several answers",
		strings.Repeat("!", 100): "nested too deeply",
		strings.Repeat("[", 100): "nested too deeply",
	} {
		if said, failed := saying(parseSurveyJS, source); !failed || !strings.Contains(said, why) {
			t.Errorf("%s\n got %s\nwant a message with %q", source, said, why)
		}
	}
}

// accepted has our own compiler read what was said.
func accepted(t *testing.T, said string) {
	t.Helper()
	budget := expression.Budget
	if _, faults := expression.Compile(said, scope(), &budget); len(faults) > 0 && !strings.Contains(faults[0].Message, "never be true") {
		t.Errorf("%s is refused: %s", said, faults[0].Message)
	}
}

// TestConstraintsBecomeLimits: what a question's own keys can say is said there.
func TestConstraintsBecomeLimits(t *testing.T) {
	for source, want := range map[string]question{
		"N:. >= 0 and . <= 150":    {min: "0", max: "150"},
		"N:. > 0 and . < 10":       {min: "1", max: "9"}, // of whole numbers
		"N:0 <= .":                 {min: "0"},
		"T:string-length(.) <= 40": {maxSize: 40},
		"T:string-length(.) > 2 and string-length(.) < 11":   {minLength: 3, maxSize: 10},
		"T:string-length() = 11":                             {minLength: 11, maxSize: 11},
		"T:regex(., '^[0-9]{11}$')":                          {pattern: "[0-9]{11}"},
		"T:regex(., '^a|b$')":                                {pattern: "^a|b$"},
		"T:. != ''":                                          {required: true},
		"M:count-selected(.) <= 3":                           {max: "3"},
		"M:count-selected(.) >= 1 and count-selected(.) < 4": {min: "1", max: "3"},
		"D:. >= date('2026-01-01')":                          {min: "2026-01-01"},
	} {
		kind, constraint, _ := strings.Cut(source, ":")
		q := question{step: "1", kind: map[string]survey.Type{"N": survey.Number, "T": survey.ShortText, "M": survey.MultiChoice, "D": survey.DateType}[kind]}
		tree, err := parseXPath(constraint)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range tree.conjuncts() {
			if !q.limit(part) {
				t.Errorf("%s: a part is no limit", source)
			}
		}
		if q.min != want.min || q.max != want.max || q.minLength != want.minLength || q.maxSize != want.maxSize || q.pattern != want.pattern || q.required != want.required {
			t.Errorf("%s became %+v", source, q)
		}
	}
}
