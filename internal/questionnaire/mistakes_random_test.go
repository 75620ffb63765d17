package questionnaire

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 10_000) }

// slipsOfHand are ways to spoil a line so that it is not valid YAML. Each returns "" if it does not fit the line.
var slipsOfHand = map[string]func(line string) string{
	"open quote": func(line string) string {
		if !regexp.MustCompile(`^ *(- )?[a-z_]+: "[^"\\]+"$`).MatchString(line) {
			return ""
		}
		return line[:len(line)-1]
	},
	"open brace": func(line string) string {
		if !regexp.MustCompile(`^ *- \{.*\}$`).MatchString(line) {
			return ""
		}
		return line[:len(line)-1]
	},
	"no colon": func(line string) string {
		m := regexp.MustCompile(`^( +[a-z_]+): ([^"{\[|>&*'].*)$`).FindStringSubmatch(line)
		if m == nil || strings.Contains(line, ": ") && strings.Count(line, ": ") > 1 {
			return ""
		}
		return m[1] + " " + m[2]
	},
	"wide colon": func(line string) string {
		m := regexp.MustCompile(`^( *(?:- )?[a-z_]+): (.*)$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + "：" + m[2]
	},
	"brace too many": func(line string) string {
		if !regexp.MustCompile(`^ *- \{.*\}$`).MatchString(line) {
			return ""
		}
		return line + "}"
	},
	"wrong bracket": func(line string) string {
		if !regexp.MustCompile(`^ *- \{.*\}$`).MatchString(line) {
			return ""
		}
		return line[:len(line)-1] + "]"
	},
	"second colon": func(line string) string {
		m := regexp.MustCompile(`^( +(?:- )?(?:zh|en|label|title): )([^"{\[|>&*'].*)$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + "Please note: " + m[2]
	},
	"quote in a text": func(line string) string {
		m := regexp.MustCompile(`^( +(?:- )?(?:zh|en|label|title): )([^"{\[|>&*'].*)$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + `"Well", ` + m[2]
	},
	"percent": func(line string) string {
		m := regexp.MustCompile(`^( +(?:- )?(?:zh|en|label|title): )([^"{\[|>&*'].*)$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + "% " + m[2]
	},
	"open quote in braces": func(line string) string {
		m := regexp.MustCompile(`^( *- \{.*label: )([^"{}\[\],]+)\}$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + `"` + m[2] + "}"
	},
	"bracketed text": func(line string) string {
		m := regexp.MustCompile(`^( *- \{.*label: )([^"{}\[\],]+)(\}|, .*\})$`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1] + "[x] " + m[2] + m[3]
	},
}

// TestMistakesInSamples spoils some lines of the sample surveys: each is reported, and no other line.
func TestMistakesInSamples(t *testing.T) {
	paths, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(slipsOfHand))
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "path")
		if !IsFile(filepath.Base(path)) {
			return
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		var want []int
		var what []string
		for range rapid.IntRange(1, 6).Draw(t, "mistakes") {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			name := rapid.SampledFrom(names).Draw(t, "mistake")
			beside := slices.Contains(want, i) || slices.Contains(want, i+2) // two texts may be one
			if spoiled := slipsOfHand[name](lines[i]); spoiled != "" && !slices.Contains(want, i+1) && !beside {
				lines[i] = spoiled
				want, what = append(want, i+1), append(what, name+": "+spoiled)
			}
		}
		_, problems := Parse(path, []byte(strings.Join(lines, "\n")))
		var got []int
		for _, p := range problems {
			if !slices.Contains(got, p.Line) {
				got = append(got, p.Line)
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%v\n%s\n%v", want, strings.Join(what, "\n"), problems)
		}
	})
}
