package build

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

// world is an author's folder, its templates and a site.
type world struct {
	*testing.T
	surveys, templates, out string
	now                     time.Time
	renderers               map[[32]byte]drawn // made before, by fingerprint
}

type drawn struct {
	renderer *render.Renderer
	assets   site.Assets
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	w := &world{t, filepath.Join(dir, "surveys"), filepath.Join(dir, "templates"), filepath.Join(dir, "site"), time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC), map[[32]byte]drawn{}}
	for _, d := range []string{w.surveys, w.templates} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tea", "coffee", "water"} {
		w.put(name+".yaml", text(name, 0))
	}
	return w
}

func text(title string, version int) string {
	return fmt.Sprintf("title: {zh: 问卷 %s, en: %s}\nlanguages: [zh, en]\nsections: [{questions: [{id: a, type: rating, steps: 5, label: {zh: 味道 %d, en: Taste %d}}]}]\n", title, title, version, version)
}

func measure(status string) string {
	return "- {problem: {zh: 淡, en: Weak}, measure: {zh: 换茶, en: Other tea}, owner: {zh: 店长, en: Manager}, due: 2026-12-20, status: " + status + "}\n"
}

func (w *world) put(name, content string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.surveys, name), []byte(content), 0o666); err != nil {
		w.Fatal(err)
	}
}

func (w *world) remove(name string) {
	if err := os.Remove(filepath.Join(w.surveys, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Fatal(err)
	}
}

func (w *world) options() Options {
	return Options{Surveys: w.surveys, Templates: w.templates, Out: w.out, Now: w.now, Waiting: func() {}}
}

// run builds, and returns the result, nil with problems.
func (w *world) run() (*Result, questionnaire.Problems) {
	w.Helper()
	r, problems, err := Run(w.options())
	if err != nil {
		w.Fatal(err)
	}
	return r, problems
}

// site returns the files of the site, but for what only builds read.
func (w *world) site() map[string]string {
	w.Helper()
	files := map[string]string{}
	root := os.DirFS(w.out)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, ".glasspoll-") {
			return err
		}
		content, err := fs.ReadFile(root, name)
		files[name] = string(content)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Fatal(err)
	}
	return files
}

// clean returns the files of the site that [site.Build] makes of all surveys at once, and their problems.
func (w *world) clean() (map[string]string, questionnaire.Problems) {
	w.Helper()
	l := project.NewLibrary(w.surveys)
	surveys, problems, err := l.Read()
	if err != nil {
		w.Fatal(err)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	templates, err := project.Templates(w.templates)
	if err != nil {
		w.Fatal(err)
	}
	key, err := site.Fingerprint(templates, l.Theme())
	if err != nil {
		w.Fatal(err)
	}
	d, known := w.renderers[key]
	if !known {
		if d.renderer, d.assets, err = site.NewRenderer(templates, l.Theme()); err != nil {
			w.Fatal(err)
		}
		w.renderers[key] = d
	}
	out := &memory{files: map[string]string{}}
	if err := site.Build(surveys, d.renderer, d.assets, w.now, out); err != nil {
		w.Fatal(err)
	}
	for name, content := range l.Pictures() {
		out.files[name] = string(content)
	}
	return out.files, nil
}

type memory struct {
	mu    sync.Mutex
	files map[string]string
}

func (m *memory) Write(path string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[path] = string(content)
	return nil
}

// check compares the site with a clean one.
func (w *world) check(after string) {
	w.Helper()
	want, problems := w.clean()
	if len(problems) > 0 {
		w.Fatalf("after %s: %v", after, problems)
	}
	got := w.site()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if is, there := got[name]; !there || is != want[name] {
			w.Errorf("after %s: %s is there: %t, and not as a clean build makes it", after, name, there)
		}
		delete(got, name)
	}
	for name := range got {
		w.Errorf("after %s: %s is left", after, name)
	}
	if w.Failed() {
		w.FailNow()
	}
}

// built builds and checks, and returns how many surveys were drawn.
func (w *world) built(after string) int {
	w.Helper()
	r, problems := w.run()
	if len(problems) > 0 {
		w.Fatalf("after %s: %v", after, problems)
	}
	w.check(after)
	return r.Drawn
}

func TestOnlyChangesAreDrawn(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		what  string
		edit  func()
		drawn int
	}{
		{"the first build", func() {}, 3},
		{"nothing", func() {}, 0},
		{"a text", func() { w.put("tea.yaml", text("tea", 1)) }, 1},
		{"a title", func() { w.put("tea.yaml", text("green tea", 1)) }, 1},
		{"a comment", func() { w.put("tea.yaml", text("green tea", 1)+"# mine\n") }, 1},
		{"a time", func() { w.touch("tea.yaml") }, 0},
		{"a sidecar", func() { w.put("tea.actions.yaml", measure("doing")) }, 1},
		{"another sidecar", func() { w.put("tea.actions.yaml", measure("planned")) }, 1},
		{"a sidecar less", func() { w.remove("tea.actions.yaml") }, 1},
		{"another survey", func() { w.put("milk.yaml", text("milk", 0)) }, 1},
		{"a survey less", func() { w.remove("coffee.yaml") }, 0},
		{"another name", func() { w.remove("milk.yaml"); w.put("juice.yaml", text("milk", 0)) }, 1},
		{"a file that was changed by hand", func() { w.damage("water/index.html") }, 1},
		{"a file that was removed by hand", func() { w.lose("water/en/index.html") }, 1},
		{"a directory that was removed by hand", func() { w.lose("juice") }, 1},
		{"a home page that was changed by hand", func() { w.damage("en/index.html") }, 0},
		{"a file that is a directory", func() { w.lose("water/index.html"); os.Mkdir(filepath.Join(w.out, "water", "index.html"), 0o777) }, 1},
	} {
		step.edit()
		if step.what == "a file that is a directory" { // which is not from a build
			if _, _, err := Run(w.options()); err == nil {
				t.Error("a directory was replaced")
			}
			w.lose("water/index.html")
		}
		if n := w.built(step.what); n != step.drawn {
			t.Errorf("after %s, %d surveys were drawn, want %d", step.what, n, step.drawn)
		}
	}
}

func (w *world) touch(name string) {
	when := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(w.surveys, name), when, when); err != nil {
		w.Fatal(err)
	}
}

// damage changes one byte of a file of the site. Its size and its time of modification stay.
func (w *world) damage(name string) {
	w.Helper()
	target := filepath.Join(w.out, filepath.FromSlash(name))
	info, err := os.Stat(target)
	if err != nil {
		w.Fatal(err)
	}
	content, err := os.ReadFile(target)
	if err != nil {
		w.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := errors.Join(os.WriteFile(target, content, 0o666), os.Chtimes(target, info.ModTime(), info.ModTime())); err != nil {
		w.Fatal(err)
	}
}

func (w *world) lose(name string) {
	if err := os.RemoveAll(filepath.Join(w.out, filepath.FromSlash(name))); err != nil {
		w.Fatal(err)
	}
}

// What all surveys share, and the clock, make other pages.
func TestSharedCauses(t *testing.T) {
	w := newWorld(t)
	window := "window: {from: 2026-10-01, until: 2026-10-31}\ntimezone: Asia/Shanghai\n"
	w.put("tea.yaml", window+text("tea", 0))
	w.built("the first build")
	look := "theme: {name: {zh: 明灯, en: Lantern}, light: {accent: \"#7a1f5c\"}}\n"
	for _, step := range []struct {
		what  string
		edit  func()
		drawn int
	}{
		{"the beginning of a window", func() { w.now = w.now.AddDate(0, 0, 20) }, 1},
		{"a day within it", func() { w.now = w.now.AddDate(0, 0, 1) }, 0},
		{"its end", func() { w.now = w.now.AddDate(0, 1, 0) }, 1},
		{"a clock that goes back", func() { w.now = w.now.AddDate(0, -1, 0) }, 1},
		{"a look", func() { w.put("water.yaml", look+text("water", 0)) }, 1},
		{"another accent of that", func() { w.put("water.yaml", strings.Replace(look, "7a1f5c", "0a5c3c", 1)+text("water", 0)) }, 1},
		{"a picture", func() { w.picture("cup.png", 1); w.put("coffee.yaml", withPicture) }, 1},
		{"another picture of the name", func() { w.picture("cup.png", 2) }, 1},
		{"a theme", func() { w.put("theme.yaml", "name: Lantern\nlight: {accent: \"#7a1f5c\"}\n") }, 3},
		{"a stylesheet", func() { w.template("thanks.css", ".thanks { color: teal }\n") }, 3},
	} {
		step.edit()
		if n := w.built(step.what); n != step.drawn {
			t.Errorf("after %s, %d surveys were drawn, want %d", step.what, n, step.drawn)
		}
	}
	record := filepath.Join(w.out, ".glasspoll-record")
	whole, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	bad := decodeRecord(whole)
	bad.Site = []byte("of another program")
	later := append([]byte{whole[0] + 1}, whole[1:len(whole)-sha256.Size]...)
	sum := sha256.Sum256(later)
	later = append(later, sum[:]...)
	for what, content := range map[string][]byte{"no record": nil, "half a record": whole[:len(whole)/2], "a flipped bit": flipped(whole), "another program": bad.encode(), "another version": later} {
		if err := os.WriteFile(record, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if n := w.built(what); n != 3 {
			t.Errorf("with %s, %d surveys were drawn, want all", what, n)
		}
	}
}

const withPicture = "title: Coffee\nlanguages: [en]\nsections: [{questions: [{id: a, type: yes_no, label: Cup, image: {file: cup.png, alt: A cup}}]}]\n"

func flipped(content []byte) []byte {
	content = bytes.Clone(content)
	content[len(content)/3] ^= 4
	return content
}

func (w *world) picture(name string, shade uint8) {
	w.Helper()
	m := image.NewGray(image.Rect(0, 0, 400, 400))
	m.SetGray(1, 1, color.Gray{shade})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		w.Fatal(err)
	}
	w.put(name, b.String())
}

func (w *world) template(name, content string) {
	if err := os.WriteFile(filepath.Join(w.templates, name), []byte(content), 0o666); err != nil {
		w.Fatal(err)
	}
}

// Mistakes are found in each build as they are in all files at once, and change nothing.
func TestProblemsAreFoundEachTime(t *testing.T) {
	w := newWorld(t)
	w.built("the first build")
	before := w.site()
	for what, files := range map[string]map[string]string{
		"a mistake":           {"tea.yaml": "title: Tea\nsection: []\n"},
		"one id twice":        {"zz.yaml": "id: tea\n" + text("zz", 0)},
		"a reserved id":       {"api.yaml": text("api", 0)},
		"a sidecar alone":     {"nobody.actions.yaml": "[]\n"},
		"a bad sidecar":       {"tea.actions.yaml": "- problem: 1\n"},
		"two of one kind":     {"tea.quotes.yaml": "[]\n", "tea.quotes.yml": "[]\n"},
		"a theme's":           {"theme.yaml": "nme: x\n"},
		"a picture's":         {"coffee.yaml": withPicture},
		"several":             {"tea.yaml": "title: Tea\nsection: []\n", "water.actions.yaml": "- x\n", "theme.yaml": "nme: x\n"},
		"another with a look": {"tea.yaml": "theme: {logo: none.svg}\n" + text("tea", 0)},
	} {
		kept := map[string][]byte{}
		for name, content := range files {
			kept[name], _ = os.ReadFile(filepath.Join(w.surveys, name))
			w.put(name, content)
		}
		_, want := w.clean()
		for range 2 {
			if _, problems := w.run(); len(want) == 0 || !reflect.DeepEqual(problems, want) {
				t.Errorf("%s: problems\n%v\nwant\n%v", what, problems, want)
			}
		}
		if !maps.Equal(w.site(), before) {
			t.Errorf("%s changes the site", what)
		}
		for name, content := range kept {
			if content == nil {
				w.remove(name)
			} else {
				w.put(name, string(content))
			}
		}
	}
	if n := w.built("all is mended"); n != 0 {
		t.Errorf("%d surveys were drawn", n)
	}
}

// A questionnaire that is not approved is in no build that asks for that, also if it is in the record.
func TestDemandsCount(t *testing.T) {
	w := newWorld(t)
	w.put("tea.yaml", "document: {number: QR-1}\n"+text("tea", 0))
	w.built("the first build")
	o := w.options()
	o.Demands.Approved = true
	if _, problems, err := Run(o); err != nil || len(problems) != 1 {
		t.Errorf("%v, %v", problems, err)
	}
}

// Builds that run at the same time, fail or are killed leave what the next one completes.
func TestBuildsAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, problems, err := Run(w.options()); err != nil || len(problems) > 0 {
				t.Error(problems, err)
			}
		})
	}
	all.Wait()
	if n := w.built("four builds at the same time"); n != 0 {
		t.Errorf("%d surveys were drawn", n)
	}
}

func TestErrorLeavesTheRecord(t *testing.T) {
	w := newWorld(t)
	w.built("the first build")
	before := w.site()
	foreign := filepath.Join(w.out, "milk")
	if err := errors.Join(os.Mkdir(foreign, 0o777), os.WriteFile(filepath.Join(foreign, "index.html"), []byte("mine"), 0o666)); err != nil {
		t.Fatal(err)
	}
	w.put("milk.yaml", text("milk", 0))
	w.put("tea.yaml", text("tea", 7))
	if _, _, err := Run(w.options()); err == nil {
		t.Fatal("a file of somebody else was replaced")
	}
	w.lose("milk")
	if err := os.Symlink("nowhere", filepath.Join(w.surveys, "lost.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Run(w.options()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a questionnaire that cannot be found: %v", err)
	}
	w.remove("lost.yaml")
	if !maps.Equal(w.site(), before) {
		t.Error("a build that failed has changed the site")
	}
	if n := w.built("the file is gone"); n != 2 {
		t.Errorf("%d surveys were drawn", n)
	}
}

// TestRandomEdits checks that after each of many edits, also of the site itself, a build makes what a clean one makes.
func TestRandomEdits(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t)
	w.built("the first build")
	names := []string{"tea", "coffee", "water", "milk", "juice"}
	any := func(of []string) string { return of[r.IntN(len(of))] }
	edits := []func(){
		func() { w.put(any(names)+".yaml", text(any(names), r.IntN(3))) },
		func() { w.put(any(names)+".yaml", "listed: false\n"+text(any(names), r.IntN(3))) },
		func() {
			w.put(any(names)+".yaml", "timezone: UTC\nwindow: {until: 2026-10-31}\n"+text(any(names), r.IntN(3)))
		},
		func() {
			w.put(any(names)+".yaml", "theme: {name: L, light: {accent: \"#7a1f5c\"}}\n"+text(any(names), r.IntN(3)))
		},
		func() { w.picture("cup.png", uint8(r.IntN(3))); w.put(any(names)+".yaml", withPicture) },
		func() { w.put(any(names)+".yaml", "title: T\nsection: []\n") },
		func() {
			w.put(any(names)+".actions.yaml", any([]string{measure("doing"), measure("planned"), "- x\n"}))
		},
		func() { w.remove(any(names) + ".actions.yaml") },
		func() { w.remove(any(names) + ".yaml") },
		func() {
			os.Rename(filepath.Join(w.surveys, any(names)+".yaml"), filepath.Join(w.surveys, any(names)+".yaml"))
		},
		func() { w.now = w.now.AddDate(0, 0, r.IntN(60)-20) },
		func() { w.put("theme.yaml", any([]string{"name: L\n", "name: M\n"})) },
		func() { w.template("thanks.css", any([]string{".a { color: red }\n", ".b { color: red }\n"})) },
		func() { w.damage(any(slices.Sorted(maps.Keys(w.site())))) },
		func() { w.lose(any(slices.Sorted(maps.Keys(w.site())))) },
		func() { os.WriteFile(filepath.Join(w.out, ".glasspoll-record"), []byte("damaged"), 0o600) },
		func() { w.killedBuild(r) },
	}
	for range soak.Cases(15, 1500) {
		edits[r.IntN(len(edits))]()
		if empty := new(project.EmptyError); errors.As(project.Check(w.surveys), &empty) {
			w.put("tea.yaml", text("tea", 0))
		}
		before := w.site()
		_, want := w.clean()
		_, problems := w.run()
		if !reflect.DeepEqual(problems, want) {
			t.Fatalf("problems\n%v\nwant\n%v", problems, want)
		}
		if len(problems) == 0 {
			w.check("an edit")
			continue
		}
		if !maps.Equal(w.site(), before) {
			t.Fatal("a build with problems has changed the site")
		}
		for _, name := range names { // mend it
			w.remove(name + ".actions.yaml")
			if content, err := os.ReadFile(filepath.Join(w.surveys, name+".yaml")); err == nil && bytes.Contains(content, []byte("section:")) {
				w.put(name+".yaml", text(name, 1))
			}
		}
	}
}

// killedBuild leaves the site as a build that is killed while it puts files in place: some are the new ones, the manifest has all,
// and the record is the old one.
func (w *world) killedBuild(r *rand.Rand) {
	before := w.site()
	record, _ := os.ReadFile(filepath.Join(w.out, ".glasspoll-record"))
	w.put("tea.yaml", text("tea", 100+r.IntN(100)))
	if _, problems, err := Run(w.options()); err != nil || len(problems) > 0 {
		return // nothing has changed
	}
	after := w.site()
	manifest := "# killed\n"
	for name := range before {
		manifest += name + "\n"
		if r.IntN(2) == 0 && after[name] != before[name] {
			target := filepath.Join(w.out, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o777), os.WriteFile(target, []byte(before[name]), 0o666)); err != nil {
				w.Fatal(err)
			}
		}
	}
	for name := range after {
		manifest += name + "\n"
	}
	staged := filepath.Join(w.out, ".glasspoll-staging", "tea")
	if err := errors.Join(os.WriteFile(filepath.Join(w.out, ".glasspoll-build"), []byte(manifest), 0o666),
		os.WriteFile(filepath.Join(w.out, ".glasspoll-record"), record, 0o600), os.MkdirAll(staged, 0o777),
		os.WriteFile(filepath.Join(staged, "index.html"), []byte("half"), 0o666)); err != nil {
		w.Fatal(err)
	}
}

// An outline shows the same on home pages as the survey itself.
func TestOutlineIsEnoughForHomePages(t *testing.T) {
	w := newWorld(t)
	w.put("tea.yaml", "purpose: {zh: 改进, en: To improve}\nintro: {zh: 你好, en: Hello **you**}\nminutes: 3\ntimezone: UTC\nwindow: {until: 2026-10-31}\n"+text("tea", 0))
	w.put("coffee.yaml", "listed: false\n"+text("coffee", 0))
	w.put("water.yaml", "timezone: UTC\nwindow: {from: 2026-12-01}\naccess: invited\nresults: {audience: management}\n"+text("water", 0))
	w.built("surveys that show all that home pages can")
	var s *survey.Survey
	_, _, err := project.NewLibrary(w.surveys).Each(project.Visitor{Visit: func(q *project.Questionnaire, _ project.Key, _ []string) {
		if q.Survey.ID == "tea" {
			s = q.Survey
		}
	}})
	if err != nil || s == nil {
		t.Fatal(err)
	}
	if o, err := survey.Decode(s.Outline().Encode()); err != nil || o.PhaseAt(w.now) != s.PhaseAt(w.now) || len(o.Sections) != 0 {
		t.Errorf("%v, %v", o, err)
	}
}
