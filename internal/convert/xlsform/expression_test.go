package xlsform

import (
	"strings"
	"testing"

	"glasspoll/internal/convert/condition/conditiontest"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/survey"
)

var testReader = conditiontest.Reader{Parse: parseExpression, Dialect: dialect}

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
		"${n} = ${k}":                                                  `n == k or not answered(n) and not answered(k)`,
		"${happy} = ${again}":                                          `happy == again or not answered(happy) and not answered(again)`,
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
		"${m.row} = 'yes'":                  `m.row == "yes"`,
		"count-selected(${m}) > 0":          `count(m) > 0`,
		"(((${n} = 1)))":                    `n == 1`,
		"${happy} = 'YES'":                  `false`,
		"${happy} = 'YES' or ${n} = 1":      `n == 1`,
		"${happy} != 'maybe'":               `true`,
		"${happy} > 'no'":                   `false`,
		"int(${n}) = 3":                     `n >= 3 and n < 4`,
		"int(${n}) = 0":                     `n > -1 and n < 1`,
		"int(${n}) = -2":                    `n > -3 and n <= -2`,
		"int(${n}) > 3":                     `answered(n) and not (n < 4)`,
		"int(${Grade}) = 3":                 `grade == "3"`,
		"${Grade} + 1 > 3":                  `grade == "3"`,
		"if(${happy} = 'yes', 1, 2) = 2":    `happy != "yes"`,
		"${n}":                              `answered(n) and n != 0`,
		"not(${n})":                         `not (answered(n) and n != 0)`,
		"boolean(${n}) and ${k} = 1":        `(answered(n) and n != 0) and k == 1`,
		"${happy} and ${n} = 1":             `answered(happy) and n == 1`,
		"1":                                 `true`,
		"0":                                 `false`,
		"yes":                               `true`,
		"No":                                `false`,
		"'no'":                              `true`,
		"contains(${happy}, 'e')":           `happy == "yes"`,
		"selected(${why}, 'z') or ${n} = 1": `n == 1`,
		"string(${n}) = '3' and number(${n}) > 1": `n == 3 and n > 1`,
		"${n}=1 or ${n}=2 or (${n}=3 and ${k}=4)": `n == 1 or n == 2 or n == 3 and k == 4`,
	} {
		written, failed := testReader.Write(source)
		if failed || written != want {
			t.Errorf("%s\n got %s\nwant %s", source, written, want)
		}
		conditiontest.Compiles(t, written)
	}
	for source, why := range map[string]string{
		"${nobody} = 1":                     "no question 'nobody'",
		"${photo} != ''":                    "was not carried over",
		"${n} + 1 = 2":                      "no arithmetic",
		"${n} div 2 > 1":                    "no arithmetic",
		"today() > ${day}":                  "today() is not part",
		"${m} = 'yes'":                      "several answers",
		"//n = 1":                           "by a path",
		"../*/n = 1":                        "by a path",
		"int(${d}) = 1":                     "no question 'd'",
		"int(${n}) = 1.5":                   "no whole number",
		"round(${n}) = 1":                   "round() is not part",
		"if(${n} = 1, ${n}, 3) = 2":         "if() is not part",
		"${n} = 1 and":                      "ends too early",
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
		strings.Repeat("(", 100) + "1=1":    "nested too deeply",
		strings.Repeat("${n} = 1 or ", 500): "longer than",
	} {
		if written, failed := testReader.Write(source); !failed || !strings.Contains(written, why) {
			t.Errorf("%s\n got %s\nwant a message with %q", source, written, why)
		}
	}
}

// TestConstraintsBecomeLimits checks that a constraint is written with the question's own keys (min, max, pattern) if it can
// be.
func TestConstraintsBecomeLimits(t *testing.T) {
	for source, want := range map[string]draft.Question{
		"N:. >= 0 and . <= 150":    {Min: "0", Max: "150"},
		"N:. > 0 and . < 10":       {Min: "1", Max: "9"}, // of whole numbers
		"N:0 <= .":                 {Min: "0"},
		"T:string-length(.) <= 40": {MaxLength: 40},
		"T:string-length(.) > 2 and string-length(.) < 11":   {MinLength: 3, MaxLength: 10},
		"T:string-length() = 11":                             {MinLength: 11, MaxLength: 11},
		"T:regex(., '^[0-9]{11}$')":                          {Pattern: "[0-9]{11}"},
		"T:regex(., '^a|b$')":                                {Pattern: "^a|b$"},
		"T:. != ''":                                          {Required: true},
		"M:count-selected(.) <= 3":                           {Max: "3"},
		"M:count-selected(.) >= 1 and count-selected(.) < 4": {Min: "1", Max: "3"},
		"D:. >= date('2026-01-01')":                          {Min: "2026-01-01"},
	} {
		kind, constraint, _ := strings.Cut(source, ":")
		q := draft.Question{Step: "1", Kind: map[string]survey.Type{"N": survey.Number, "T": survey.ShortText, "M": survey.MultiChoice, "D": survey.DateType}[kind]}
		tree, err := parseExpression(constraint)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range tree.Conjuncts() {
			if !q.Limit(part) {
				t.Errorf("%s: a part is no limit", source)
			}
		}
		if q.Min != want.Min || q.Max != want.Max || q.MinLength != want.MinLength || q.MaxLength != want.MaxLength || q.Pattern != want.Pattern || q.Required != want.Required {
			t.Errorf("%s became %+v", source, q)
		}
	}
}

func FuzzXPath(f *testing.F) {
	f.Add("${n} > 1 and selected(${why}, 'a')")
	f.Fuzz(func(t *testing.T, source string) { testReader.CompilesWhenWritten(t, source) })
}
