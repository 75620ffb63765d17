package rendertest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pages again")

// Golden compares a page with the file of its name in testdata.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; see the difference with -update and git diff", file)
	}
}

// Goldens compares pages with files in testdata that repeat little: a page keeps only what differs from the one that it is
// like, such as a group's from everybody's; and of what it shares with the same page in the first language, long runs of
// lines are left out. See [Fold].
func Goldens(t *testing.T, languages []string, pages func(language string) map[string][]byte, like map[string]string) {
	t.Helper()
	first := map[string][]byte{}
	for i, language := range languages {
		all := pages(language)
		for name, page := range all {
			if base := like[name]; base != "" {
				page = Fold(page, all[base], language+"."+base, 1)
			}
			if i == 0 {
				first[name] = page
			} else {
				page = Fold(page, first[name], languages[0]+"."+name, 6)
			}
			Golden(t, language+"."+name, page)
		}
	}
}

// Fold replaces runs of lines that another page has as well, in the same order, by one line:
//
//	@@ -2 =5
//
// says that two lines of the other page are left out, and the next five are the same. The first line names the other page.
// Nothing is lost: the page can be restored from the result and the other page. Runs of fewer than minRun lines are kept,
// and a page without any that is longer is not changed.
func Fold(page, base []byte, name string, minRun int) []byte {
	lines := strings.Split(string(page), "\n")
	matches := commonLines(lines, strings.Split(string(base), "\n"))
	folded := []string{foldPrefix + name}
	next := 0 // the line of base after the last run
	for i := 0; i < len(lines); {
		n := 0
		for i+n < len(lines) && matches[i] >= 0 && matches[i+n] == matches[i]+n {
			n++
		}
		if n < minRun {
			n = max(n, 1)
			folded = append(folded, lines[i:i+n]...)
		} else {
			folded = append(folded, fmt.Sprintf(foldFormat, matches[i]-next, n))
			next = matches[i] + n
		}
		i += n
	}
	if next == 0 {
		return page
	}
	return []byte(strings.Join(folded, "\n"))
}

const (
	foldPrefix = "@@ "
	foldFormat = foldPrefix + "-%d =%d"
)

// commonLines finds the longest common subsequence of two texts: for each line of a, the index of its line in b, or -1.
func commonLines(a, b []string) []int {
	lengths := make([][]int32, len(a)+1) // of the common subsequence of a[i:] and b[j:]
	for i := range lengths {
		lengths[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	matches := make([]int, len(a))
	for i, j := 0, 0; i < len(a); {
		switch {
		case j < len(b) && a[i] == b[j]:
			matches[i] = j
			i, j = i+1, j+1
		case j < len(b) && lengths[i][j+1] > lengths[i+1][j]:
			j++
		default:
			matches[i] = -1
			i++
		}
	}
	return matches
}
