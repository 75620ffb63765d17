package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// document is one Markdown file of the repository, by its path from the root.
type document struct {
	links    []string // within this repository, as they are written
	headings []int    // the level of each
	anchors  []string // what a link may have after #
	examples int      // blocks of code
}

var (
	inlineCode   = regexp.MustCompile("`[^`]*`")
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	anchorTag    = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

// anchor returns GitHub's anchor of a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(heading) {
		switch {
		case c == ' ':
			b.WriteByte('-')
		case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c):
			b.WriteRune(c)
		}
	}
	return b.String()
}

func readDocument(t *testing.T, name string) document {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	inCode := false
	for line := range strings.Lines(string(source)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			inCode = !inCode
			if inCode {
				d.examples++
			}
			continue
		}
		if inCode {
			continue
		}
		for _, tag := range anchorTag.FindAllStringSubmatch(line, -1) {
			d.anchors = append(d.anchors, tag[1])
		}
		if marks := len(line) - len(strings.TrimLeft(line, "#")); marks > 0 && strings.HasPrefix(line[marks:], " ") {
			d.headings = append(d.headings, marks)
			d.anchors = append(d.anchors, anchor(line[marks+1:]))
		}
		for _, link := range markdownLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "code"), -1) {
			if !strings.Contains(link[1], ":") {
				d.links = append(d.links, link[1])
			}
		}
	}
	return d
}

func readDocuments(t *testing.T) map[string]document {
	t.Helper()
	names, err := filepath.Glob("../docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no documents", err)
	}
	all := map[string]document{}
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		all[name] = readDocument(t, name)
	}
	for _, name := range names {
		name = "docs/" + filepath.Base(name)
		all[name] = readDocument(t, name)
	}
	return all
}

// Every link of the documents leads to a file and, if it names one, a heading; the README links to every document.
func TestDocumentsLinks(t *testing.T) {
	all := readDocuments(t)
	linked := map[string]bool{"README.md": true}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, link := range all[name].links {
			target, heading, _ := strings.Cut(link, "#")
			if target == "" {
				target = name
			} else {
				target = path.Join(path.Dir(name), target)
			}
			if name == "README.md" {
				linked[target] = true
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link)
			}
			if heading != "" && !slices.Contains(all[target].anchors, heading) {
				t.Errorf("%s: %s: %s has no such heading", name, link, target)
			}
		}
	}
	for name := range all {
		if !linked[name] {
			t.Errorf("README.md does not link to %s", name)
		}
	}
}

// Every document is there in Chinese and in English: the two link to each other, and have the same levels of headings and
// number of examples.
func TestDocumentsInBothLanguages(t *testing.T) {
	all := readDocuments(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		stem, chinese := strings.CutSuffix(name, ".zh.md")
		if !chinese {
			continue
		}
		english := stem + ".md"
		if _, there := all[english]; !there {
			english = stem + ".en.md"
		}
		zh, en := all[name], all[english]
		if !slices.Contains(zh.links, path.Base(english)) || !slices.Contains(en.links, path.Base(name)) {
			t.Errorf("%s and %s do not link to each other", name, english)
		}
		if !slices.Equal(zh.headings, en.headings) {
			t.Errorf("%s has the headings %v, %s %v", name, zh.headings, english, en.headings)
		}
		if zh.examples != en.examples {
			t.Errorf("%s has %d examples, %s %d", name, zh.examples, english, en.examples)
		}
	}
	for _, stem := range []string{"authors", "exports", "reports", "format", "formats", "import", "moving", "operators", "operators-aws", "results-json"} {
		if _, there := all["docs/"+stem+".zh.md"]; !there {
			t.Errorf("there is no docs/%s.zh.md", stem)
		}
	}
}

// The operators' documents name, in both languages, each log line that is a warning or worse, and each alarm, parameter and
// output of the deployment.
func TestOperatorsDocumentsNameEverything(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		source, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(source)
	}
	logged := regexp.MustCompile(`[lL]og\.(?:Error|Warn)\("([^"]+)"`)
	messages := func(patterns ...string) (all []string) {
		for _, pattern := range patterns {
			names, err := filepath.Glob(filepath.Join("..", pattern))
			if err != nil || len(names) == 0 {
				t.Fatal(pattern, err)
			}
			for _, name := range names {
				if strings.HasSuffix(name, "_test.go") {
					continue
				}
				for _, found := range logged.FindAllStringSubmatch(read(strings.TrimPrefix(filepath.ToSlash(name), "../")), -1) {
					if found[1] != "watching files" { // only where questionnaires are being written
						all = append(all, "`"+found[1]+"`")
					}
				}
			}
		}
		return all
	}
	template := read("deploy/template.yaml")
	resources := strings.Index(template, "\nResources:")
	outputs := strings.Index(template, "\nOutputs:")
	deployed := func(part string, pattern string) (all []string) {
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(part, -1) {
			all = append(all, found[1])
		}
		return all
	}
	parameters := deployed(template[:strings.Index(template, "\nConditions:")], `(?m)^  (\w+):$`)
	alarms := deployed(template[resources:outputs], `(?m)^  (\w+):\n    Type: AWS::CloudWatch::Alarm$`)
	policies := deployed(template[outputs:], `(?m)^  (\w+Policy|Distribution\w+):$`)
	onOne, onAWS := messages("generator/*.go", "internal/intake/*.go"), messages("functions/*/*.go", "internal/intake/*.go")
	for what, n := range map[string]int{"parameters": len(parameters), "alarms": len(alarms), "policies": len(policies), "lines of serve": len(onOne), "lines of the functions": len(onAWS)} {
		if n < 4 {
			t.Errorf("only %d %s were found: this looks in the wrong places", n, what)
		}
	}
	for document, names := range map[string][]string{"docs/operators": onOne, "docs/operators-aws": slices.Concat(parameters, alarms, policies, onAWS)} {
		for _, language := range []string{".md", ".zh.md"} {
			text := read(document + language)
			for _, name := range names {
				if !strings.Contains(text, name) {
					t.Errorf("%s%s does not name %s", document, language, name)
				}
			}
		}
	}
}
