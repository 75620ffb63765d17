package project

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
