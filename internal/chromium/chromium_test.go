//go:build unix

package chromium

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begin is the beginning of every script: it finds the files that the browser is to write and to show, and keeps its arguments.
const begin = `#!/bin/sh
here=$(dirname "$0")
printf '%s\n' "$@" > "$here/arguments"
for argument; do
  case $argument in
    --print-to-pdf=*|--screenshot=*) out=${argument#*=} ;;
    file://*) page=${argument#file://} ;;
  esac
done
`

// fake returns a browser that is a script, in a directory of its own, and a directory for temporary files.
func fake(t *testing.T, script string) (b Browser, dir string) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "browser")
	if err := os.WriteFile(path, []byte(begin+script), 0o700); err != nil {
		t.Fatal(err)
	}
	temporary := filepath.Join(dir, "temporary")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temporary)
	t.Cleanup(func() {
		left, err := os.ReadDir(temporary)
		if err != nil || len(left) > 0 {
			t.Errorf("left in the directory of temporary files: %v, %v", left, err)
		}
	})
	return Browser{Path: path, Timeout: time.Minute}, dir
}

const minimalPDF = "%PDF-1.4\n1 0 obj <</Type /Pages /Count 2>>\n2 0 obj <</Type /Page\n>>\n3 0 obj <</Type/Page>>\n%%EOF\n"

func TestPDF(t *testing.T) {
	b, dir := fake(t, `echo '{"noise": true}' >&2; cp "$here/pdf" "$out"; cp "$page" "$here/shown"`)
	if err := os.WriteFile(filepath.Join(dir, "pdf"), []byte(minimalPDF), 0o600); err != nil {
		t.Fatal(err)
	}
	pdf, err := b.PDF(t.Context(), []byte("<p>page"))
	if err != nil || string(pdf) != minimalPDF || Pages(pdf) != 2 {
		t.Fatalf("%q with %d pages, %v", pdf, Pages(pdf), err)
	}
	if shown, err := os.ReadFile(filepath.Join(dir, "shown")); err != nil || string(shown) != "<p>page" {
		t.Errorf("the browser was shown %q, %v", shown, err)
	}
	arguments := func() string {
		content, err := os.ReadFile(filepath.Join(dir, "arguments"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	temporary := filepath.Join(dir, "temporary")
	for _, want := range []string{"--headless\n", "--no-pdf-header-footer\n", "--user-data-dir=" + temporary, "--print-to-pdf=" + temporary, "file://" + temporary} {
		if !strings.Contains(arguments(), want) {
			t.Errorf("no %q among\n%s", want, arguments())
		}
	}
	if strings.Contains(arguments(), "sandbox") {
		t.Errorf("the sandbox is mentioned:\n%s", arguments())
	}
	b.NoSandbox = true
	if _, err := b.PDF(t.Context(), []byte("<p>page")); err != nil || !strings.Contains(arguments(), "--no-sandbox\n") {
		t.Errorf("%v, without a sandbox:\n%s", err, arguments())
	}
}

// A browser that fails is no panic, no half file and nothing left behind; what is wrong is said with what to do.
func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name, script, want string
	}{
		{"fails", `echo "no space left" >&2; echo "ERROR:dbus/bus.cc" >&2; exit 3`, "has failed (exit status 3): no space left"},
		{"fails silently", `exit 3`, "has failed (exit status 3)"},
		{"is killed", `kill -9 $$`, "has failed (signal: killed)"},
		{"has no sandbox", `echo "Running as root without --no-sandbox is not supported." >&2; exit 1`, "with --no-sandbox"},
		{"fails after it has written", `echo "%PDF-" > "$out"; echo late >&2; exit 1`, "has failed (exit status 1): late"},
		{"writes nothing", ``, "has written nothing"},
		{"writes an empty file", `: > "$out"`, "has written nothing"},
		{"writes half a file", `printf '%%PDF-1.4 and no end' > "$out"`, "has written no PDF"},
		{"writes something else", `echo hello > "$out"`, "has written no PDF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := fake(t, test.script)
			pdf, err := b.PDF(t.Context(), []byte("<p>page"))
			if pdf != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q, %v; want %q", pdf, err, test.want)
			}
		})
	}
	b, dir := fake(t, "")
	b.Path = filepath.Join(dir, "temporary") // cannot be run
	if _, err := b.PDF(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("a directory: %v", err)
	}
}

// A browser that does not end is stopped.
func TestTimeout(t *testing.T) {
	b, _ := fake(t, `while :; do sleep 1000; done`)
	b.Timeout = 50 * time.Millisecond
	if _, err := b.PDF(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "has not finished within 50ms") {
		t.Error(err)
	}
}

// A browser is stopped with everything that it has started, when it is interrupted and when it leaves something behind.
func TestNothingIsLeftRunning(t *testing.T) {
	for name, script := range map[string]string{
		"interrupted": `exec 3> "$here/alive"; sleep 1000 & echo started >&3; wait`,
		"left behind": `exec 3> "$here/alive"; sleep 1000 & echo started >&3`,
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := fake(t, script)
			pipe := filepath.Join(dir, "alive") // ends when nobody can write to it any more
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := b.PDF(ctx, nil)
				ended <- err
			}()
			alive, err := os.Open(pipe)
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			if _, err := io.ReadFull(alive, make([]byte, len("started\n"))); err != nil {
				t.Fatal(err)
			}
			if name == "interrupted" {
				cancel()
			}
			if _, err := io.ReadAll(alive); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; errors.Is(err, context.Canceled) != (name == "interrupted") {
				t.Error(err)
			}
		})
	}
}

// Pictures are cut from one screenshot, which may be higher than was asked for.
func TestPictures(t *testing.T) {
	colours := []color.NRGBA{{200, 0, 0, 255}, {0, 200, 0, 255}, {0, 0, 200, 255}}
	drawings := []Drawing{{[]byte("<svg>1</svg>"), 30, 10}, {[]byte("<svg>2</svg>"), 20, 5}, {[]byte("<svg>3</svg>"), 30, 20}}
	shot := image.NewNRGBA(image.Rect(0, 0, 60, 70+87))
	top := 0
	for i, d := range drawings {
		box := image.Rect(0, top, d.Width*2, top+d.Height*2)
		draw.Draw(shot, box, image.NewUniform(colours[i]), image.Point{}, draw.Src)
		top = box.Max.Y
	}
	b, dir := fake(t, `cp "$here/shot" "$out"; cp "$page" "$here/shown"`)
	save := func(i image.Image) {
		var content bytes.Buffer
		if err := png.Encode(&content, i); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "shot"), content.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(shot)
	pictures, err := b.Pictures(t.Context(), drawings)
	if err != nil || len(pictures) != len(drawings) {
		t.Fatal(len(pictures), err)
	}
	for i, d := range drawings {
		picture, err := png.Decode(bytes.NewReader(pictures[i]))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size != image.Pt(d.Width*2, d.Height*2) {
			t.Errorf("picture %d: %v", i, size)
		}
		for _, at := range []image.Point{{0, 0}, {d.Width*2 - 1, d.Height*2 - 1}} {
			if got := color.NRGBAModel.Convert(picture.At(at.X, at.Y)); got != colours[i] {
				t.Errorf("picture %d has %v at %v, want %v", i, got, at, colours[i])
			}
		}
	}
	shown, err := os.ReadFile(filepath.Join(dir, "shown"))
	if err != nil || !bytes.Contains(shown, []byte("<svg>1</svg><svg>2</svg><svg>3</svg>")) {
		t.Errorf("the browser was shown %q, %v", shown, err)
	}

	save(shot.SubImage(image.Rect(0, 0, 60, 69)))
	if _, err := b.Pictures(t.Context(), drawings); err == nil || !strings.Contains(err.Error(), "has drawn 60 × 69 pixels") {
		t.Errorf("a screenshot that is too small: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "shot"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Pictures(t.Context(), drawings); err == nil || !strings.Contains(err.Error(), "has written no picture") {
		t.Errorf("something else: %v", err)
	}
	if pictures, err := b.Pictures(t.Context(), nil); err != nil || len(pictures) != 0 {
		t.Errorf("of nothing: %d, %v", len(pictures), err)
	}
}

func TestTogether(t *testing.T) {
	for _, test := range []struct {
		heights []int
		want    int
	}{
		{[]int{maxHeight * 2, 1}, 1},
		{[]int{maxHeight / 2, maxHeight / 2, 1}, 2},
		{[]int{1, 2, 3}, 3},
	} {
		var drawings []Drawing
		for _, h := range test.heights {
			drawings = append(drawings, Drawing{Height: h})
		}
		if got := together(drawings); got != test.want {
			t.Errorf("%v: %d", test.heights, got)
		}
	}
}
