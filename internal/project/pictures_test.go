package project

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/theme"
)

const shown = `title: Tea
sections:
  - questions:
      - {id: tea, type: rating, steps: 5, label: Tea, image: {file: pictures/cup.jpg, alt: A cup}}
      - id: cup
        type: single_choice
        label: Which cup?
        display: image_choice
        options:
          - {id: a, label: A, image: {file: pictures/cup.jpg, alt: ""}}
          - {id: b, label: B}
`

func jpegOf(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPictures(t *testing.T) {
	f := folder{t, t.TempDir()}
	l := NewLibrary(f.dir)
	read := func(problem string) {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		if problem == "" && len(problems) > 0 || problem != "" && (len(problems) == 0 || !strings.Contains(problems[0].String(), problem)) {
			t.Errorf("problems %v, want %q", problems, problem)
		}
	}
	f.write("tea.yaml", shown)
	read("tea.yaml:4:69: the picture 'pictures/cup.jpg' is not there")
	if len(l.Pictures()) != 0 {
		t.Error("pictures of nothing")
	}
	if err := os.Mkdir(filepath.Join(f.dir, "pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("pictures/cup.jpg", jpegOf(t, 1600, 1200))
	read("")
	first := l.LastGood()[0]
	files := l.Pictures()
	if len(files) != 4 {
		t.Errorf("%d files, want two widths of the question's and two of the card's", len(files))
	}
	for _, p := range first.Pictures() {
		for _, c := range p.Copies {
			if len(files[c.Path]) == 0 {
				t.Errorf("no file %s", c.Path)
			}
		}
	}
	read("")
	if l.LastGood()[0] != first {
		t.Error("the same picture makes another survey")
	}
	f.write("pictures/cup.jpg", jpegOf(t, 1600, 1000))
	read("")
	second := l.LastGood()[0]
	if second.Version == first.Version || second.Shape != first.Shape {
		t.Errorf("another picture: version %s → %s, shape %s → %s", first.Version, second.Version, first.Shape, second.Shape)
	}
	f.write("pictures/cup.jpg", "GIF89a")
	read("tea.yaml:4:69: the picture 'pictures/cup.jpg' is not a PNG, JPEG or WebP picture")
	if l.LastGood()[0] != second || len(l.Pictures()) != 4 {
		t.Error("the last good pictures are lost")
	}
	f.remove("pictures/cup.jpg")
	if err := os.Mkdir(filepath.Join(f.dir, "pictures/cup.jpg"), 0o755); err != nil {
		t.Fatal(err)
	}
	read("is not a file")
}

const lantern = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h10v10z"/></svg>`

// TestLooks edits a survey's theme, its files and the site's theme: the library follows, and keeps the last look without problems.
// TestCopiesOutliveMistakes wants pictures not to be made again because a draft could not be read meanwhile: a photo takes seconds.
func TestCopiesOutliveMistakes(t *testing.T) {
	f := folder{t, t.TempDir()}
	if err := os.Mkdir(filepath.Join(f.dir, "pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("pictures/cup.jpg", jpegOf(t, 1600, 1200))
	l := NewLibrary(f.dir)
	var before map[string][]byte
	for _, source := range []string{shown, "title: [\n", shown + "purpose: Tea is improved.\n"} {
		f.write("tea.yaml", source)
		if _, _, err := l.Read(); err != nil {
			t.Fatal(err)
		}
		files := l.Pictures()
		for path, content := range before {
			if len(files[path]) == 0 || &files[path][0] != &content[0] {
				t.Errorf("%s was made again", path)
			}
		}
		before = files
	}
	if len(before) != 4 {
		t.Errorf("%d files", len(before))
	}
}

func TestLooks(t *testing.T) {
	f := folder{t, t.TempDir()}
	l := NewLibrary(f.dir)
	read := func(problem string) *theme.Theme {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		if problem == "" && len(problems) > 0 || problem != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].String(), filepath.Join(f.dir, "tea.yaml")+problem)) {
			t.Errorf("problems %v, want %q", problems, problem)
		}
		return l.Theme()
	}
	look := func(t *theme.Theme) string { return t.Looks["tea"].CSSOver(t) }
	write := func(own string) { f.write("tea.yaml", "theme: "+own+"\n"+tea) }

	f.write("coffee.yaml", coffee)
	write(`{light: {accent: "#7a1f5c"}}`)
	first := read("")
	if len(first.Looks) != 1 || !strings.Contains(look(first), "--accent:#7a1f5c") {
		t.Errorf("looks %v", first.Looks)
	}
	same := read("")
	if same.Looks["tea"] != first.Looks["tea"] || same.Fingerprint() != first.Fingerprint() {
		t.Error("nothing has changed, and the look has")
	}
	for id, want := range map[string]bool{"tea": true, "coffee": false, "nothing": false} {
		sources, _, err := ReadSources(f.dir, "", id)
		if err != nil || strings.Contains(sources.Style, "--accent:#7a1f5c") != want || (sources.Accent == "#7a1f5c") != want {
			t.Errorf("%s: accent %q, %v", id, sources.Accent, err)
		}
	}
	survey := l.LastGood()[1]
	f.write("theme.yaml", "light: {paper: \"#222222\", ink: \"#eeeeee\", accent: \"#ffcc66\"}\n")
	if kept := read(":1:25: accent #7a1f5c on"); kept.Looks["tea"] != first.Looks["tea"] || l.LastGood()[1] != survey {
		t.Error("the last good look is lost")
	}
	write(`{light: {accent: "#ffd9f0"}}`)
	if now := read(""); !strings.Contains(look(now), "--accent:#ffd9f0") || strings.Contains(look(now), "--bg") || l.LastGood()[1] == survey {
		t.Errorf("over another theme: %s", look(now))
	}
	f.remove("theme.yaml")
	read(":1:25: accent #ffd9f0 on")

	// A logo that is another file, or none.
	write("{name: Lantern, logo: lantern.svg}")
	read(":1:30: logo: there is no file 'lantern.svg'")
	f.write("lantern.svg", lantern)
	before := read("")
	f.write("lantern.svg", strings.Replace(lantern, "h10", "h20", 1))
	if now := read(""); now.Fingerprint() == before.Fingerprint() {
		t.Error("another logo makes no other look")
	}
	f.write("lantern.svg", strings.Replace(lantern, "<path", "<script", 1))
	read(":1:30: logo: 'lantern.svg': line 1 has a <script>")

	// A cover of the survey is a picture like others; one of the site belongs to the theme.
	write("{cover: {file: front.jpg, alt: \"\"}}")
	read(":1:23: the picture 'front.jpg' is not there")
	f.write("front.jpg", jpegOf(t, 1700, 1000))
	if now := read(""); len(l.Pictures()) != 2 || now.Looks["tea"].Files != nil || now.Files != nil {
		t.Errorf("%d files of pictures", len(l.Pictures()))
	}
	f.write("front.jpg", lantern)
	read(":1:23: the picture 'front.jpg' is not a PNG, JPEG or WebP picture")
	f.write("theme.yaml", "cover: {file: front.jpg, alt: \"\"}\n")
	f.write("front.jpg", jpegOf(t, 1700, 500))
	f.write("tea.yaml", tea)
	now := read("")
	if len(now.Files) != 2 || len(l.Pictures()) != 0 || len(now.Looks) != 0 {
		t.Errorf("%d files of the site's cover, looks %v", len(now.Files), now.Looks)
	}
	if again := read(""); &again.Files[0] != &now.Files[0] {
		t.Error("the cover's copies are made again")
	}
	f.write("front.jpg", jpegOf(t, 1700, 400))
	if other := read(""); other.Files[0].Path == now.Files[0].Path {
		t.Error("another cover has the same files")
	}
}

// TestNamedLooks checks a questionnaire by name, under the theme of its folder.
func TestNamedLooks(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("theme.yaml", "light: {paper: \"#222222\", ink: \"#eeeeee\", accent: \"#ffcc66\"}\n")
	f.write("tea.yaml", tea+"theme: {light: {accent: \"#7a1f5c\"}}\n")
	file := filepath.Join(f.dir, "tea.yaml")
	_, problems, err := ReadNamed([]string{file}, nil)
	if err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), file+":3:25: accent #7a1f5c on") {
		t.Errorf("%v, %v", problems, err)
	}
}
