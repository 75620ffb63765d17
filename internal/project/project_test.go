package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/theme"
)

const (
	tea     = "title: Tea\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
	coffee  = "id: coffee\ntitle: Coffee\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
	measure = "- problem: Too bitter\n  measure: Other leaves\n  owner: Purchasing\n  due: 2099-12-01\n"
)

// folder is an author's folder.
type folder struct {
	*testing.T
	dir string
}

func (f folder) write(name, content string) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o666); err != nil {
		f.Fatal(err)
	}
}

func (f folder) remove(name string) {
	f.Helper()
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
		f.Fatal(err)
	}
}

// TestLibraryKeepsLastGood reads a folder while its author makes mistakes and corrects them.
func TestLibraryKeepsLastGood(t *testing.T) {
	f := folder{t, t.TempDir()}
	l := NewLibrary(f.dir)
	read := func(good, lastGood int, problem string) {
		t.Helper()
		surveys, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		if len(surveys) != good || len(l.LastGood()) != lastGood {
			t.Errorf("%d good, %d last good, want %d and %d: %v", len(surveys), len(l.LastGood()), good, lastGood, problems)
		}
		if problem == "" && len(problems) > 0 || problem != "" && (len(problems) != 1 || !strings.Contains(problems[0].String(), problem)) {
			t.Errorf("problems %v, want %q", problems, problem)
		}
	}
	if _, _, err := NewLibrary(filepath.Join(f.dir, "none")).Read(); err == nil || !strings.Contains(err.Error(), "there is no directory") {
		t.Errorf("no directory: %v", err)
	}
	empty := new(EmptyError)
	if _, _, err := l.Read(); !errors.As(err, &empty) {
		t.Errorf("an empty directory: %v", err)
	}
	f.write("tea.yaml", tea)
	f.write("theme.yaml", "name: Lantern\n")
	read(1, 1, "")
	before := l.LastGood()[0]
	f.write("tea.yaml", "# The same in other words.\n"+tea)
	read(1, 1, "")
	if l.LastGood()[0] != before {
		t.Error("a comment makes another survey")
	}
	f.write("tea.yaml", strings.Replace(tea, "rating", "ratign", 1))
	read(0, 1, "ratign")
	if l.LastGood()[0] != before || !slices.Equal(l.Questionnaires()[0].IDs(), []string{"tea"}) || !l.Questionnaires()[0].WasGood() {
		t.Error("the last good survey is lost")
	}
	f.write("tea.yaml", tea)
	f.write("second.yaml", "id: tea\n"+tea)
	read(1, 1, "already taken by")
	f.remove("second.yaml")
	f.write("third.yaml", "id: 'coffee'\ntitel: x\n")
	if _, _, err := l.Read(); err != nil {
		t.Fatal(err)
	}
	if ids := l.File(filepath.Join(f.dir, "third.yaml")).IDs(); !slices.Equal(ids, []string{"third", "coffee"}) || l.Find("coffee") != nil {
		t.Errorf("ids that it may have: %v", ids)
	}
	f.remove("third.yaml")
	lantern := l.Theme().Fingerprint()
	f.write("theme.yaml", "corners: round\n")
	read(1, 1, "theme.yaml:1")
	if l.Theme().Fingerprint() != lantern {
		t.Error("the last good theme is lost")
	}
	f.remove("theme.yaml")
	f.remove("tea.yaml")
	if _, _, err := l.Read(); !errors.As(err, &empty) || len(l.LastGood()) != 0 {
		t.Errorf("all removed: %v, %v", err, l.LastGood())
	}
}

func TestSidecars(t *testing.T) {
	f := folder{t, t.TempDir()}
	l := NewLibrary(f.dir)
	var current CurrentActions
	read := func(measures int, problem string, changed ...string) {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		if problem == "" && len(problems) > 0 || problem != "" && (len(problems) != 1 || !strings.Contains(problems[0].String(), problem)) {
			t.Errorf("problems %v, want %q", problems, problem)
		}
		if got := current.Replace(l.Actions()); !slices.Equal(got, changed) {
			t.Errorf("changed: %v, want %v", got, changed)
		}
		if a, err := current.Actions(t.Context(), "tea"); err != nil || len(a.Measures) != measures {
			t.Errorf("%d measures, want %d", len(a.Measures), measures)
		}
	}
	if a, err := current.Actions(t.Context(), "tea"); err != nil || len(a.Measures) != 0 {
		t.Errorf("before any: %v, %v", a, err)
	}
	f.write("tea.yaml", tea)
	f.write("tea.actions.yaml", measure)
	read(1, "", "tea")
	read(1, "")
	f.write("tea.actions.yaml", strings.Replace(measure, "2099-12-01", "soon", 1))
	read(1, "due must be a date")
	f.write("tea.actions.yaml", measure+measure)
	read(2, "", "tea")
	f.write("tea.actions.yml", measure)
	read(2, "keep one of the two")
	f.remove("tea.actions.yml")
	f.write("tee.quotes.yaml", "[]\n")
	read(2, "there is no questionnaire tee.yaml beside it")
	f.remove("tee.quotes.yaml")
	f.remove("tea.actions.yaml")
	read(0, "", "tea")
}

// TestReadNamed names files of all kinds, together and alone.
func TestReadNamed(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("tea.yaml", tea)
	f.write("tea.actions.yaml", measure)
	f.write("coffee.yml", coffee)
	f.write("lost.quotes.yaml", "[]\n")
	f.write("theme.yaml", "corners: round\n")
	for _, c := range []struct {
		names                   string
		files, sidecars, wrongs int
	}{
		{"tea.yaml", 1, 1, 0},
		{"tea.actions.yaml", 1, 1, 0},
		{"tea.actions.yaml tea.yaml", 1, 1, 0},
		{"coffee.yml", 1, 0, 0},
		{"lost.quotes.yaml", 0, 1, 1},
		{"theme.yaml", 0, 0, 1},
		{"-", 1, 0, 0},
		{"", 2, 2, 2},
		{" tea.yaml", 3, 2, 3}, // the id is taken
	} {
		var names []string
		for name := range strings.SplitSeq(c.names, " ") {
			if name != "-" {
				name = filepath.Join(f.dir, name)
			}
			names = append(names, name)
		}
		l, problems, err := ReadNamed(names, strings.NewReader(coffee))
		if err != nil || len(l.Questionnaires()) != c.files || len(l.Sidecars()) != c.sidecars || len(problems) != c.wrongs {
			t.Errorf("%q: %d files, %d sidecars, %v, %v", c.names, len(l.Questionnaires()), len(l.Sidecars()), problems, err)
		}
	}
	if _, _, err := ReadNamed([]string{filepath.Join(f.dir, "none.yaml")}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
}

func TestReadSources(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("tea.yaml", tea)
	f.write("tea.actions.yaml", measure)
	s, assets, err := ReadSources(f.dir, "", "tea")
	if err != nil || string(s.Questionnaire) != tea || filepath.Base(s.File) != "tea.yaml" || len(s.Actions.Measures) != 1 || s.Style == "" || assets.Links.Results.Path == "" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, _, err = ReadSources(filepath.Join(f.dir, "none"), "", "tea"); err != nil || s.Questionnaire != nil || s.Style == "" {
		t.Errorf("without the directory: %+v, %v", s, err)
	}
}

func TestWatch(t *testing.T) {
	f := folder{t, t.TempDir()}
	w, err := Watch(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	changes := make(chan bool, 100)
	ended := make(chan bool)
	go func() {
		w.Run(func() { changes <- true }, func(err error) { t.Error(err) })
		close(ended)
	}()
	changed := func(what string, change func()) {
		t.Helper()
		change()
		select {
		case <-changes:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s is not noticed", what)
		}
		for len(changes) > 0 {
			<-changes
		}
	}
	changed("a new file", func() { f.write("tea.yaml", tea) })
	changed("a new directory", func() {
		if err := os.Mkdir(filepath.Join(f.dir, "more"), 0o777); err != nil {
			t.Fatal(err)
		}
	})
	changed("a file in it", func() { f.write("more/coffee.yaml", coffee) })
	w.Close()
	<-ended
	if _, err := Watch(filepath.Join(f.dir, "none")); err == nil {
		t.Error("a directory that does not exist is watched")
	}
}

// For real use, what its author may look at is not yet good enough; other questionnaires are.
func TestLibraryForRealUse(t *testing.T) {
	f := folder{t, t.TempDir()}
	question := "sections: [{questions: [{id: q, type: single_choice, label: L, options: "
	written, without := question+"[{id: a, label: A}, {id: b, label: B}]}]}]\n", question+"[A, B]}]}]\n"
	f.write("approved.yaml", "title: T\ndocument: {number: QR-1, approved_by: QA, approved_on: 2026-09-20}\n"+written)
	f.write("draft.yaml", "title: T\ndocument: {number: QR-2, approved_by: QA}\n"+written)
	f.write("words.yaml", "title: T\n"+without)
	unapproved, noIDs := "draft.yaml:2:11: document QR-2 is not approved", "words.yaml:2:74: 2 options and rows have no id, 'A' first: run 'glasspoll check --write-ids "
	for demands, want := range map[Demands][]string{
		{}:                          nil,
		{Approved: true}:            {unapproved},
		{IDs: true}:                 {noIDs},
		{Approved: true, IDs: true}: {unapproved, noIDs},
	} {
		l := NewLibraryFor(demands, f.dir)
		for range 2 { // the second time nothing is parsed
			surveys, problems, err := l.Read()
			if err != nil || len(surveys) != 3-len(want) || len(l.LastGood()) != len(surveys) || len(problems) != len(want) {
				t.Fatalf("%+v: %d surveys, %v %v", demands, len(surveys), problems, err)
			}
			for i, p := range problems {
				if !strings.Contains(p.String(), want[i]) {
					t.Errorf("%+v: %v, not %s", demands, p, want[i])
				}
			}
		}
	}
}

// What is changed while ids are made is not overwritten.
func TestWriteIDsIntoAChangedFile(t *testing.T) {
	f := folder{t, t.TempDir()}
	source := "title: T\nsections: [{questions: [{id: q, type: single_choice, label: L, options: [A, B]}]}]\n"
	path := filepath.Join(f.dir, "a.yaml")
	f.write("a.yaml", source)
	q := Parse(path, []byte(source), &theme.Theme{})
	f.write("a.yaml", source+"minutes: 2\n")
	if _, _, err := q.WriteIDs(); err == nil || !strings.Contains(err.Error(), "a.yaml has been changed") {
		t.Errorf("written: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != source+"minutes: 2\n" {
		t.Errorf("%s, %v", now, err)
	}
}

// A questionnaire that is renamed while the directory is read is not taken for one that is gone: the directory is read again.
func TestRenamedWhileRead(t *testing.T) {
	dir := t.TempDir()
	n := runtime.GOMAXPROCS(0) + 2 // more than are read at once
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("tea_%02d.yaml", i)), []byte("title: Tea\nlanguages: [en]\nsections: [{questions: [{id: a, type: yes_no, label: Good?}]}]\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	last := filepath.Join(dir, fmt.Sprintf("tea_%02d.yaml", n-1))
	var once sync.Once
	v := Visitor{Known: func(*Source) (string, []string, bool) {
		once.Do(func() {
			if err := os.Rename(last, filepath.Join(dir, "water.yaml")); err != nil {
				t.Error(err)
			}
		})
		return "", nil, false
	}}
	l := NewLibrary(dir)
	_, _, err := l.Each(v)
	if removed := new(removedError); !errors.As(err, &removed) {
		t.Errorf("the first reading: %v", err)
	}
	surveys, problems, err := l.Each(v)
	if err != nil || len(problems) > 0 || len(surveys) != n {
		t.Errorf("the second reading: %d surveys, %v, %v", len(surveys), problems, err)
	}
	if err := os.Symlink("nowhere", last); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link that leads nowhere: %v", err)
	}
}
