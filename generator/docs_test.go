package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// A document is one Markdown file of the repository, by its path from the root.
type document struct {
	links    []string // as they are written, of this repository only
	headings []int    // the level of each
	anchors  []string // what a link may name behind its #
	examples int      // blocks of code
}

var (
	inlineCode   = regexp.MustCompile("`[^`]*`")
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	anchorTag    = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

// anchor is what GitHub calls a heading.
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
	all := map[string]document{"README.md": readDocument(t, "README.md")}
	for _, name := range names {
		name = "docs/" + filepath.Base(name)
		all[name] = readDocument(t, name)
	}
	return all
}

// Every link of the documents leads somewhere, down to the heading; and the README leads to every document.
func TestDocumentsLinks(t *testing.T) {
	all := readDocuments(t)
	led := map[string]bool{"README.md": true}
	for _, name := range sortedKeys(all) {
		for _, link := range all[name].links {
			target, heading, _ := strings.Cut(link, "#")
			if target == "" {
				target = name
			} else {
				target = path.Join(path.Dir(name), target)
			}
			if name == "README.md" {
				led[target] = true
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link)
			}
			if heading != "" && !slices.Contains(all[target].anchors, heading) {
				t.Errorf("%s: %s: no heading of %s is called so", name, link, target)
			}
		}
	}
	for name := range all {
		if !led[name] {
			t.Errorf("README.md does not lead to %s", name)
		}
	}
}

// What is there in Chinese is there in English: the two link to each other, have headings of the same levels and as many examples.
func TestDocumentsInBothLanguages(t *testing.T) {
	all := readDocuments(t)
	for _, name := range sortedKeys(all) {
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
	for _, stem := range []string{"authors", "exports", "format", "import", "results-json"} {
		if _, there := all["docs/"+stem+".zh.md"]; !there {
			t.Errorf("there is no docs/%s.zh.md", stem)
		}
	}
}
