package questionnaire

import (
	"regexp"
	"strings"
	"testing"

	"glasspoll/internal/soak"
)

// The forms of a suggestion: what is to stand in place of the word that the message quotes first.
var suggestions = []*regexp.Regexp{
	regexp.MustCompile(`did you mean '([^']+)'\?$`),
	regexp.MustCompile(`write it in ordinary digits, '([^']+)'$`),
	regexp.MustCompile(`write the number alone, '([^']+)'$`),
	regexp.MustCompile(`, write '([^']+)'$`),
	regexp.MustCompile(`must be a list: write (\[.*\])$`),
}

var quoted = regexp.MustCompile(`'([^']*)'`)

// follow returns a source with what a problem suggests; false if it suggests nothing.
func follow(source string, p Problem) (fixed string, ok bool) {
	text := p.Message.String()
	for _, form := range suggestions {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		lines := strings.Split(source, "\n")
		line := lines[p.Line-1]
		before := prefix(line, p.Column-1)
		rest := strings.TrimPrefix(line, before)
		word := strings.TrimRight(rest, " }") // for a list
		if q := quoted.FindStringSubmatch(text); !strings.HasPrefix(m[1], "[") && q != nil {
			word = q[1]
		}
		for _, quote := range []string{"", "'", "\""} {
			if after, found := strings.CutPrefix(rest, quote+word); found {
				lines[p.Line-1] = before + quote + m[1] + after
				return strings.Join(lines, "\n"), true
			}
		}
	}
	return "", false
}

// remaining lists the problems that following a suggestion must have solved and has not, and those that it has made. Problems
// are compared by line and message, because a fix may move what is behind it.
func remaining(before, after Problems, p Problem) Problems {
	type lineText struct {
		line int
		text string
	}
	left := map[lineText]int{}
	for _, q := range before {
		left[lineText{q.Line, q.Message.String()}]++
	}
	left[lineText{p.Line, p.Message.String()}]--
	var bad Problems
	for _, q := range after {
		at := lineText{q.Line, q.Message.String()}
		if left[at]--; left[at] < 0 {
			bad = append(bad, q)
		}
	}
	return bad
}

// hidden are the bad files in which a suggestion brings another mistake to light, which the author made too.
var hidden = map[string]string{
	"weighting_shares.yaml":       "shares are added up once all options are known",
	"alert_when.yaml":             "two alerts are the same once the type of one can be read",
	"languages_unknown.yaml":      "texts are in the language that was misnamed",
	"title_with_a_bad_code.yaml":  "texts are in the language that was misnamed",
	"only_the_first_mistake.yaml": "a condition names the id as it was meant",
}

// Each suggestion in the bad files is followed: its problem is gone then, and there is no new one in its place.
func TestSuggestionsAreValid(t *testing.T) {
	followed := 0
	used := map[string]bool{}
	for _, files := range badFiles(t) {
		for _, f := range files {
			for _, p := range f.want {
				fixed, ok := follow(f.source, p)
				if !ok {
					continue
				}
				followed++
				_, problems := badFile{name: f.name, source: fixed}.read()
				bad := remaining(f.want, problems, p)
				if len(bad) > 0 && hidden[f.name] != "" {
					used[f.name] = true
					continue
				}
				for _, q := range bad {
					t.Errorf("%s: %v\nbecomes %v", f.name, p, q)
				}
			}
		}
	}
	if len(used) != len(hidden) || followed < 130 {
		t.Errorf("%d suggestions followed; exceptions %v", followed, used)
	}
}

// Words of a good questionnaire are misspelled, and what is suggested for them is followed.
func TestSuggestionsForTypos(t *testing.T) {
	words := regexp.MustCompile(`[a-z_]{3,}`)
	typos := []func(word string) string{
		func(word string) string { return word[:1] + word[2:] },
		func(word string) string { return word[:2] + word[1:] },
		func(word string) string { return word[1:2] + word[:1] + word[2:] },
		func(word string) string { return strings.ToUpper(word[:1]) + word[1:] },
	}
	followed, step := 0, max(1, 6_000/soak.Cases(350, 6_000)) // there are about 6,000 typos
	for _, source := range goodSources() {
		for i, at := range words.FindAllStringIndex(source, -1) {
			for k, typo := range typos {
				if (i*len(typos)+k)%step != 0 {
					continue
				}
				wrong := source[:at[0]] + typo(source[at[0]:at[1]]) + source[at[1]:]
				_, before := Parse("whole.yaml", []byte(wrong))
				for _, p := range before {
					fixed, ok := follow(wrong, p)
					if !ok {
						continue
					}
					followed++
					_, after := Parse("whole.yaml", []byte(fixed))
					for _, q := range remaining(before, after, p) {
						t.Errorf("%v\nbecomes %v", p, q)
					}
				}
			}
		}
	}
	if followed == 0 {
		t.Error("no suggestion followed")
	}
}
