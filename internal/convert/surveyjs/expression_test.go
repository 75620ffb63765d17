package surveyjs

import (
	"strings"
	"testing"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/condition/conditiontest"
)

var testReader = conditiontest.Reader{Parse: parseExpression, Dialect: dialect, Sense: condition.True}

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
		"{happy} anyof ['yes', 'no']":                 `answered(happy)`,
		"{Grade} anyof [1, 2] or {n} anyof [3, 4]":    `grade in ["1", "2"] or n in [3, 4]`,
		"{happy} noneof ['yes', 'no']":                `not answered(happy)`,
		"{text} notempty and {day} empty":             `answered(text) and not answered(day)`,
		"!({happy} = 'yes')":                          `happy != "yes"`,
		"{news} = true":                               `news`,
		"{news} = false and {n} = 1":                  `news == false and n == 1`,
		"{news} != true":                              `not news`,
		"{news}":                                      `news`,
		"{why.length} > 1":                            `count(why) > 1`,
		"{m.row} = 'no'":                              `m.row == "no"`,
		"{happy} = undefined":                         `not answered(happy)`,
		"({n} > 1 or {k} > 1) and {happy} = 'no'":     `(n > 1 or k > 1) and happy == "no"`,
		"{n} > 1 and {k} > 1 or {happy} = 'no'":       `n > 1 and k > 1 or happy == "no"`,
		"{day} >= '2026-01-01'":                       `day >= "2026-01-01"`,
		"{Grade} > 1":                                 `grade in ["2", "3"]`,
		"true and {n} = 1":                            `n == 1`,
		"{n} = -1":                                    `n == -1`,
		// What is true by itself.
		"!{news}":                           `not news`,
		"{news} and {n} = 1":                `news and n == 1`,
		"{n}":                               `false`,
		"!{n}":                              `not (answered(n) and n != 0)`,
		"{n} and {k} = 1":                   `answered(n) and n != 0 and k == 1`,
		"{n} = true":                        `n == 1`,
		"!{nps}":                            `not (answered(nps) and nps != 0)`,
		"{zero} and {n} = 1":                `zero in ["1", "x"] and n == 1`,
		"!{zero}":                           `not (zero in ["1", "x"])`,
		"{zero} or {n} = 1":                 `not (zero in ["1", "x"]) and n == 1`,
		"{zero}":                            `false`,
		"{zero} = false":                    `zero in ["0", "false"]`,
		"{why} and {n} = 1":                 `answered(why) and n == 1`,
		"!{why}":                            `false`,
		"!{text}":                           `not (answered(text) and not (text in ["0", "false"]))`,
		"!{m}":                              `not answered(m)`,
		"iif({happy} = 'yes', true, false)": `happy == "yes"`,
		"{Grade} + 1 > 3":                   `grade == "3"`,
		// Words and signs.
		"{happy} equals 'YES'":           `happy == "yes"`,
		"{happy} notequals 'yes'":        `happy != "yes"`,
		"{n} =< 3 or {n} => 5":           `n <= 3 or n >= 5`,
		"{text} = 'it\\'s'":              `text == "it's"`,
		"{why.length} < 2":               `count(why) < 2`,
		"{why.length} != 1":              `count(why) != 1`,
		"{n} = {k}":                      `n == k or not answered(n) and not answered(k)`,
		"{why} = 'a'":                    `false`,
		"{never} = 1 or {n} = 1":         `n == 1`,
		"{never} empty and {n} = 1":      `n == 1`,
		"{happy} = 'perhaps' or {n} = 1": `n == 1`,
		"{happy} != 'perhaps'":           `true`,
	} {
		written, failed := testReader.Write(source)
		if failed || written != want {
			t.Errorf("%s\n got %s\nwant %s", source, written, want)
		}
		conditiontest.Compiles(t, written)
	}
	for source, why := range map[string]string{
		"{nobody} = 1":           "no question 'nobody'",
		"{n} + {k} > 3":          "no arithmetic",
		"age({day}) > 18":        "age() is not part",
		"iif({n} > 1, 1, 2) = 1": "iif() is not part",
		"{photo} notempty":       "was not carried over",
		"{why} anyof []":         "empty",
		"{n} > ":                 "ends too early",
		"{n":                     "never closed",
		"{n} = 1 {k} = 2":        "cannot be read from",
		"{m} = 'yes'":            "several answers",
		strings.Repeat("!", 100): "nested too deeply",
		strings.Repeat("[", 100): "nested too deeply",
	} {
		if written, failed := testReader.Write(source); !failed || !strings.Contains(written, why) {
			t.Errorf("%s\n got %s\nwant a message with %q", source, written, why)
		}
	}
}

func FuzzSurveyJSExpression(f *testing.F) {
	f.Add("{n} > 1 and {why} anyof ['a', 'none'] or !({happy} notempty)")
	f.Fuzz(func(t *testing.T, source string) { testReader.CompilesWhenWritten(t, source) })
}
