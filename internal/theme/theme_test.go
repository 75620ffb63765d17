package theme

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lucasb-eyer/go-colorful"

	"glasspoll/internal/message"
	"glasspoll/internal/message/messagetest"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h10v10z" fill="#123"/></svg>`

func pngOf(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func folder(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"logo.svg": {Data: []byte(drawing)}, "logo.png": {Data: []byte(pngOf(t, 300, 100))}}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func TestParse(t *testing.T) {
	theme, problems := Parse("theme.yaml", []byte(`
name: {zh: 明灯科技, en: Lantern}
address: https://survey.example.com/polls
logo: logo.svg
logo_dark: logo.png
light: {accent: "#7a1f5c", ink: "#1c1a22", paper: "#f6f3ef"}
dark: {accent: "#f19ac8"}
corners: 3
font: [Inter, Georgia, serif]
`), folder(t, nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for language, want := range map[string]string{"zh": "明灯科技", "en": "Lantern", "": "明灯科技"} {
		if got := theme.Name[language]; got != want {
			t.Errorf("the name in %q is %q, want %q", language, got, want)
		}
	}
	if theme.Address != "https://survey.example.com/polls/" {
		t.Errorf("address %q", theme.Address)
	}
	if l, d := theme.Logo, theme.LogoDark; l.Width != 120 || l.Height != 40 || d.Width != 300 || string(l.Content) != drawing || d.Extension != ".png" {
		t.Errorf("logos %+v and %+v", l, d)
	}
	css := theme.CSS()
	for _, want := range []string{"--accent:#7a1f5c;", "--ink:#1c1a22;", "--bg:#f6f3ef;", "--accent:#f19ac8;", "color-scheme:dark", "--round:3px", `--font:"Inter","Georgia",serif,`} {
		if !strings.Contains(css, want) {
			t.Errorf("the stylesheet lacks %s:\n%s", want, css)
		}
	}
}

// TestEmptyTheme checks that a theme without colours, corners and font changes nothing.
func TestEmptyTheme(t *testing.T) {
	for _, source := range []string{"", "# later\n", "name: Lantern\n"} {
		theme, problems := Parse("theme.yaml", []byte(source), folder(t, nil))
		if len(problems) > 0 || theme.CSS() != "" || theme.Light != nil || theme.Dark != nil {
			t.Errorf("%q: %v %+v", source, problems, theme)
		}
	}
	theme, problems, err := Read(fstest.MapFS{}, "surveys/theme.yaml")
	if err != nil || len(problems) > 0 || theme.CSS() != "" {
		t.Errorf("without a file: %v %v", problems, err)
	}
	if questionnaire.IsFile(File) {
		t.Errorf("%s passes for a questionnaire", File)
	}
}

// TestProblems checks the place and the message of every problem.
func TestProblems(t *testing.T) {
	wide := pngOf(t, 1300, 100)
	front := map[string]string{"front.png": pngOf(t, 640, 128)}
	long := strings.Repeat("x", 61)
	var all []message.Text
	for _, c := range []struct {
		source string
		want   []string
		files  map[string]string
	}{
		{source: "colors: {}\n", want: []string{"1:1: unknown key 'colors' in a theme: did you mean 'light'?"}},
		{source: "corner: 3\n", want: []string{"1:1: unknown key 'corner' in a theme: did you mean 'corners'?"}},
		{source: "zzzzz: 3\n", want: []string{"1:1: unknown key 'zzzzz' in a theme: there are name, address, logo, logo_dark, light, dark, corners, font, cover"}},
		{source: "light: {background: \"#fff\"}\n", want: []string{"1:9: unknown key 'background' in light: did you mean 'paper'?"}},
		{source: "- a\n", want: []string{`1:1: a theme must be keys with values, such as "name: …"`}},
		{source: "light: blue\n", want: []string{`1:8: light must be keys with values, such as "accent: …"`}},
		{source: "name: a\nname: b\n", want: []string{"2:1: name is given twice: keep one"}},
		{source: "light:\n  accent: #0a6a5c\n", want: []string{`2:3: accent is empty, because # begins a comment in YAML: put the colour into quotes, "#0a6a5c"`}},
		{source: "corners:\n", want: []string{"1:1: corners is empty: give it a value or remove the line"}},
		{source: "a: [\n", want: []string{"1:1: this is not YAML from here on: check the indentation, quotes and colons of this line and the one above"}},
		{source: "a: \xff\n", want: []string{"1:1: the file is not UTF-8: save it as UTF-8"}},
		{source: strings.Repeat("#", maxFile+1), want: []string{"1:1: the theme is larger than 64 KB: is this the file that was meant?"}},
		{source: "name: &n x\naddress: *n\n", want: []string{"2:10: address must be a value, not an alias (*)"}},
		{source: "name: [a]\n", want: []string{"1:7: name must be a text, or one for each language: {zh: …, en: …}"}},
		{source: "name: {}\n", want: []string{"1:7: name must be a text, or one for each language: {zh: …, en: …}"}},
		{source: "name: {zh: 明灯, english: Lantern}\n", want: []string{"1:16: 'english' is not a language code such as zh, en or zh-Hant"}},
		{source: "name: {zh: [明灯]}\n", want: []string{"1:12: name in 'zh' must be a text"}},
		{source: "name: {zh: 明灯, zh: 明灯}\n", want: []string{"1:16: language 'zh' is given twice in name: keep one"}},
		{source: "name: {zh: ''}\n", want: []string{"1:12: name is empty: write the company's name"}},
		{source: "name: " + long + "\n", want: []string{"1:7: name has more than 60 characters: shorten it"}},
		{source: "address: survey.example.com\n", want: []string{"1:10: address 'survey.example.com' is not complete: write 'https://survey.example.com'"}},
		{source: "address: ftp://example.com\n", want: []string{"1:10: address 'ftp://example.com' is not that of a site, such as https://survey.example.com/"}},
		{source: "address: https://example.com/a?b\n", want: []string{"1:10: address 'https://example.com/a?b' must end with the site's folder, without ? and #: write 'https://example.com/a'"}},
		{source: "address: [a]\n", want: []string{"1:10: address must be a single value"}},
		{source: "logo: logo.svg\n", want: []string{`1:7: a logo needs the company's name, which is read out to those who cannot see it: add "name: …"`}},
		{source: "logo_dark: logo.svg\n", want: []string{`1:12: logo_dark is the logo on dark pages, beside logo: add "logo: …"`}},
		{source: "name: a\nlogo: https://example.com/logo.svg\n", want: []string{"2:7: logo must be a file in the theme's folder, not an address: pages load nothing from elsewhere"}},
		{source: "name: a\nlogo: ../logo.svg\n", want: []string{"2:7: logo must be the name of a file in the theme's folder, not '../logo.svg'"}},
		{source: "name: a\nlogo: logo.jpg\n", want: []string{"2:7: logo must be an SVG or PNG file, not 'logo.jpg'"}},
		{source: "name: a\nlogo: nowhere.svg\n", want: []string{"2:7: logo: there is no file 'nowhere.svg' in the theme's folder"}},
		{source: "name: a\nlogo: a.png\n", files: map[string]string{"a.png": "GIF89a, or so it says here"}, want: []string{"2:7: logo: 'a.png' is not a PNG picture: save it again as PNG"}},
		{source: "name: a\nlogo: a.png\n", files: map[string]string{"a.png": pngOf(t, 300, 100)[:60]}, want: []string{"2:7: logo: 'a.png' is not a PNG picture: save it again as PNG"}},
		{source: "name: a\nlogo: a.png\n", files: map[string]string{"a.png": pngOf(t, 4000, 2000)}, want: []string{"2:7: the picture 'a.png' is 4000 × 2000 pixels: at most 4 million are allowed, save it smaller"}},
		{source: "name: a\nlogo: a.png\n", files: map[string]string{"a.png": wide}, want: []string{"2:7: logo: 'a.png' is 1300 by 100: a logo is at most twelve times as wide as high, and four times as high as wide"}},
		{source: "name: a\nlogo: a.svg\n", files: map[string]string{"a.svg": drawing + strings.Repeat(" ", maxPicture)}, want: []string{"2:7: logo: 'a.svg' has more than 64 KB, and every visitor loads it: make it smaller"}},
		{source: "corners: 30\n", want: []string{"1:10: corners must be a whole number of pixels from 0 (square) to 24, not '30'"}},
		{source: "font: Georgia, serif\n", want: []string{"1:7: font must be one name or a list: write [Georgia, serif]"}},
		{source: "font: [Georgia, ours.woff2]\n", want: []string{"1:17: font 'ours.woff2' is a file: only fonts that visitors have are used, since a file would be the heaviest part of the page; write a name such as Georgia"}},
		{source: "font: 'x;}'\n", want: []string{"1:7: font 'x;}' is not the name of a font, such as Georgia"}},
		{source: "font: [a, b, c, d, e, f, g, h, i]\n", want: []string{"1:7: font names 9 families: 8 are enough, the first that a visitor has is taken"}},
		{source: "light: {accent: teal}\n", want: []string{`1:17: accent must be a colour such as "#0a6a5c", not 'teal'`}},
		{source: "light:\n  accent: \"#39c5bb\"\n", want: []string{"2:11: accent #39c5bb on the page (#f3f5f3) has a contrast of 1.94:1, and text needs 4.5:1: '#0b7a73' is the nearest that passes"}},
		{source: "dark:\n  accent: \"#0a3a8c\"\n", want: []string{"2:11: accent in dark #0a3a8c on chosen options (#172228) has a contrast of 1.54:1, and text needs 4.5:1: '#5b8ee8' is the nearest that passes"}},
		{source: "light: {ink: \"#999\"}\n", want: []string{"1:14: ink #999999 on chosen options (#e4eeec) has a contrast of 2.4:1, and text needs 4.5:1: '#6b6b6b' is the nearest that passes"}},
		{source: "light: {paper: \"#808080\", ink: \"#7f7f7f\"}\n", want: []string{"1:32: ink #7f7f7f on"}},
		{source: "cover: teal\n", want: []string{`1:8: cover must be a colour such as "#0a6a5c" or a picture such as {file: front.jpg, alt: …}, not 'teal'`}},
		{source: "cover: #0a6a5c\n", want: []string{`1:1: cover is empty, because # begins a comment in YAML: put the colour into quotes, "#0a6a5c"`}},
		{source: "cover: [front.png]\n", want: []string{`1:8: a cover must be keys with values, such as "file: …"`}},
		{source: "cover: {image: front.png, alt: ''}\n", want: []string{"1:9: unknown key 'image' in a cover: did you mean 'file'?"}},
		{source: "cover: {alt: ''}\n", want: []string{`1:8: a cover needs the name of a picture in the theme's folder: add "file: front.jpg"`}},
		{source: "cover: {file: front.png}\n", want: []string{`1:8: a cover needs alt: what the picture shows, for those who cannot see it; "" if it only decorates`}},
		{source: "cover: {file: front.png, alt: }\n", want: []string{"1:26: alt is empty: give it a value or remove the line"}},
		{source: "cover: {file: front.png, alt: '', alt: The shop}\n", files: front, want: []string{"1:35: alt is given twice: keep one"}},
		{source: "cover: {file: front.png, alt: {zh: 店面, en: ' '}}\n", files: front, want: []string{"1:44: alt is empty: write what the picture shows"}},
		{source: "cover: {file: front.png, alt: [a]}\n", files: front, want: []string{"1:31: alt must be a text, or one for each language: {zh: …, en: …}"}},
		{source: "cover: {file: front.png, alt: {}}\n", files: front, want: []string{"1:31: alt must be a text, or one for each language: {zh: …, en: …}"}},
		{source: "cover: {file: front.png, alt: {zh: 店面, zh: 店面}}\n", files: front, want: []string{"1:40: language 'zh' is given twice in alt: keep one"}},
		{source: "cover: {file: front.png, alt: " + strings.Repeat("x", 501) + "}\n", files: front, want: []string{"1:31: alt has more than 500 characters: shorten it"}},
		{source: "cover: {file: [front.png], alt: a}\n", want: []string{"1:15: file must be a single value"}},
		{source: "cover: {file: https://example.com/a.png, alt: a}\n", want: []string{"1:15: cover must be a file in the theme's folder, not an address: pages load nothing from elsewhere"}},
		{source: "cover: {file: ../front.png, alt: a}\n", want: []string{"1:15: cover must be the name of a file in the theme's folder, not '../front.png'"}},
		{source: "cover: {file: nowhere.png, alt: a}\n", want: []string{"1:15: cover: there is no file 'nowhere.png' in the theme's folder"}},
		{source: "cover: {file: logo.svg, alt: a}\n", want: []string{"1:15: the picture 'logo.svg' is not a PNG, JPEG or WebP picture: save it again as one of these"}},
		{source: "cover: {file: logo.png, alt: a}\n", want: []string{"1:15: the picture 'logo.png' is 300 pixels wide: a cover has at least 640"}},
		{source: "cover: {file: front.png, alt: a}\n", files: map[string]string{"front.png": string(make([]byte, 10<<20+1))}, want: []string{"1:15: the picture 'front.png' has more than 10 MB: save it smaller"}},
		{source: "corners: x\nfont: ';'\n", want: []string{"1:10: corners must", "2:7: font ';' is not"}},
	} {
		theme, problems := Parse("surveys/theme.yaml", []byte(c.source), folder(t, c.files))
		name := c.source[:min(len(c.source), 60)]
		if theme != nil || len(problems) != len(c.want) {
			t.Errorf("%q: got %v, want %d problems", name, problems, len(c.want))
			continue
		}
		for i, p := range problems {
			all = append(all, p.Message)
			if got, want := p.String(), "surveys/theme.yaml:"+c.want[i]; !strings.HasPrefix(got, want) || got != want && !strings.HasSuffix(want, " on") && !strings.HasSuffix(want, " must") && !strings.HasSuffix(want, "is not") {
				t.Errorf("%q:\n got %s\nwant %s", name, got, want)
			}
		}
	}
	messagetest.Golden(t, "testdata/messages.txt", all, *update)
}

// TestOnlyFilesAreOpened wants nothing but files to be opened: a pipe would keep whoever opens it waiting.
func TestOnlyFilesAreOpened(t *testing.T) {
	files := fstest.MapFS{"pipe.svg": {Data: []byte(drawing), Mode: fs.ModeNamedPipe}, "pipe.png": {Data: []byte(pngOf(t, 640, 128)), Mode: fs.ModeNamedPipe}}
	for _, source := range []string{"name: a\nlogo: pipe.svg\n", "cover: {file: pipe.png, alt: ''}\n"} {
		if _, problems := Parse("theme.yaml", []byte(source), files); len(problems) != 1 || !strings.Contains(problems[0].String(), "is not a file") {
			t.Errorf("%q: %v", source, problems)
		}
	}
	own := &survey.Theme{Name: survey.Text{"": "a"}, Logo: "pipe.svg"}
	if _, faults := new(Theme).For(own, files); len(faults) != 1 || !strings.Contains(faults[0].Message.String(), "is not a file") {
		t.Errorf("%v", faults)
	}
}

// TestSuggestions follows each suggestion: the theme has no problem then.
func TestSuggestions(t *testing.T) {
	suggested := regexp.MustCompile(`(?:did you mean|write) '(.*)'\??$|write (\[.*\])$`)
	for source, word := range map[string]string{
		"colors: {accent: \"#0a6a5c\"}\n":            "colors",
		"corner: 3\n":                                "corner",
		"light: {background: \"#fff\"}\n":            "background",
		"address: survey.example.com\n":              "survey.example.com",
		"address: survey.example.com/a?b#c\n":        "survey.example.com/a?b#c",
		"address: https://example.com/a b?c\n":       "https://example.com/a b?c",
		"font: Georgia, serif\n":                     "Georgia, serif",
		"font: \"'Segoe UI', , ours.ttf, serif;\"\n": "\"'Segoe UI', , ours.ttf, serif;\"",
		"font: [Inter, 'Georgia, Inter, serif']\n":   "[Inter, 'Georgia, Inter, serif']",
		"font: a, b, c, d, e, f, g, h, i, j\n":       "a, b, c, d, e, f, g, h, i, j",
		"light:\n  accent: \"#39c5bb\"\n":            "",
		"colors: {accent: \"#0a6a5c\"}\nlight: {}\n": "",
	} {
		_, problems := Parse("theme.yaml", []byte(source), folder(t, nil))
		if len(problems) != 1 {
			t.Errorf("%q: %v", source, problems)
			continue
		}
		fix := suggested.FindStringSubmatch(problems[0].Message.String())
		if (fix != nil) != (word != "") {
			t.Errorf("%q: %v", source, problems)
			continue
		}
		if fix == nil {
			continue
		}
		fixed := strings.Replace(source, word, fix[1]+fix[2], 1)
		if _, problems := Parse("theme.yaml", []byte(fixed), folder(t, nil)); len(problems) > 0 {
			t.Errorf("%q\nbecomes %q: %v", source, fixed, problems)
		}
	}
}

var update = flag.Bool("update", false, "write the messages in both languages into testdata/messages.txt")

// TestActiveDrawings checks that a logo with more than drawing in it is refused.
func TestActiveDrawings(t *testing.T) {
	in := func(inner string) string {
		return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">` + "\n" + inner + "</svg>"
	}
	for source, want := range map[string]string{
		in("<script>alert(1)</script>"):                                  "line 2 has a <script>",
		in("<SCRIPT>alert(1)</SCRIPT>"):                                  "line 2 has a <SCRIPT>",
		in(`<path onload="x()"/>`):                                       "line 2 has a script in onload",
		in(`<a xlink:href="javascript:x()"><path/></a>`):                 "line 2 links to 'javascript:x()'",
		in(`<use href="https://example.com/a.svg#b"/>`):                  "line 2 links to",
		in(`<image href="https://example.com/a.png"/>`):                  "line 2 links to",
		in(`<foreignObject><p/></foreignObject>`):                        "line 2 has a <foreignObject>",
		in(`<style>@import "x.css";</style>`):                            "line 2 loads something",
		in(`<style>path{fill:url(https://example.com/x)}</style>`):       "line 2 loads something",
		in(`<path fill="url(//example.com/x)"/>`):                        "line 2 loads something",
		in(`<style>@\69mport "x.css";</style>`):                          "line 2 loads something",
		in(`<style>path{fill:u\72l(https://example.com/x)}</style>`):     "line 2 loads something",
		in(`<path style="fill:image-set('https://example.com/x' 1x)"/>`): "line 2 loads something",
		in(`<animate attributeName="href" to="javascript:x()"/>`):        "line 2 has a <animate>",
		in("<path>"): "is not an SVG drawing",
		`<!DOCTYPE svg [<!ENTITY a "b">]>` + in(""):                    "declares entities",
		`<?xml-stylesheet href="https://example.com/x.css"?>` + in(""): "has a <?xml-stylesheet?>",
		`<html/>`: "it begins with <html>",
		``:        "it is empty",
		`<svg xmlns="http://www.w3.org/2000/svg"/>`:       "has no size",
		`<svg viewBox="0 0 0 0" width="a" height="1"/>`:   "has no size",
		`<svg viewBox="0 0 Inf Inf"/>`:                    "has no size",
		`<svg width="Inf" height="Inf"/>`:                 "has no size",
		`<svg viewBox="0 0 10 10"><path d="x"/></svg><a>`: "is not an SVG drawing",
	} {
		if _, _, err := checkSVG([]byte(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
	for _, source := range []string{
		drawing,
		in(`<defs><linearGradient id="g"/></defs><path fill="url(#g)"/><use xlink:href="#g"/><style>.a{fill:url( '#g')}</style>`),
		in(`<image href="data:image/png;base64,AAAA"/>`),
		in(`<g xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:export-filename="C:\Users\a(1).png"><title>C:\a</title></g>`),
		`<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg width="20px" height="10"/>`,
	} {
		if w, h, err := checkSVG([]byte(source)); err != nil || w == 0 || h == 0 {
			t.Errorf("%s\n%v", source, err)
		}
	}
}

// TestContrast has ratios from WCAG's own documents and tools.
func TestContrast(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"#000", "#fff", "21:1"}, {"#777", "#fff", "4.47:1"}, {"#767676", "#fff", "4.54:1"}, {"#0000ff", "#fff", "8.59:1"}, {"#ff0000", "#fff", "3.99:1"}, {"#fff", "#fff", "1:1"},
	} {
		a, _ := parseColour(c.a)
		b, _ := parseColour(c.b)
		if got := ratio(contrast(a, b)); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

var declaredColour = regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{3,6});`)

// TestDesign checks that the design's colours are those of the stylesheet, and contrast as a theme's must.
func TestDesign(t *testing.T) {
	css, err := os.ReadFile("../../templates/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("tokens.css has no dark colours")
	}
	for name, c := range map[string]struct {
		css  string
		want Palette
	}{"light": {light, DefaultLight()}, "dark": {dark, DefaultDark()}} {
		got := Palette{}
		for _, m := range declaredColour.FindAllStringSubmatch(c.css, -1) {
			got[m[1]], _ = parseColour(m[2])
		}
		for _, token := range tokens {
			if got[token] != c.want[token] {
				t.Errorf("%s: tokens.css has --%s: %s, package theme has %s", name, token, got[token].Hex(), c.want[token].Hex())
			}
		}
		for _, p := range c.want.failingPairs() {
			t.Errorf("%s: %s on %s has %s, and needs %g:1", name, p.fore, p.back, ratio(contrast(c.want[p.fore], c.want[p.back])), p.least)
		}
	}
}

// TestAnyColours checks random colours: each theme is refused, or readable in light and dark; and a colour that a problem
// proposes is accepted.
func TestAnyColours(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	hex := func() string { return fmt.Sprintf("#%06x", random.IntN(1<<24)) }
	better := regexp.MustCompile(`^(accent|ink).*'(#[0-9a-f]{6})' is the nearest that passes$`)
	accepted, corrected := 0, 0
	for range 150 {
		colours := map[string]string{}
		for _, key := range colourKeys {
			if random.IntN(2) == 0 {
				colours[key] = hex()
			}
		}
		if len(colours) == 0 {
			continue
		}
		scheme := []string{"light", "dark"}[random.IntN(2)]
		parse := func() (*Theme, questionnaire.Problems) {
			source := scheme + ":\n"
			for _, key := range colourKeys {
				if c := colours[key]; c != "" {
					source += fmt.Sprintf("  %s: %q\n", key, c)
				}
			}
			return Parse("theme.yaml", []byte(source), fstest.MapFS{})
		}
		theme, problems := parse()
		for round := 0; theme == nil && round < 3; round++ {
			changed := false
			for _, p := range problems {
				if m := better.FindStringSubmatch(p.Message.String()); m != nil {
					if colours[m[1]] == m[2] {
						t.Fatalf("%v: refuses what it proposed: %v", colours, p)
					}
					colours[m[1]], changed = m[2], true
				}
			}
			if !changed {
				break
			}
			if theme, problems = parse(); theme != nil {
				corrected++
			}
		}
		if theme == nil {
			continue
		}
		accepted++
		for name, p := range map[string]Palette{"light": theme.Light, "dark": theme.Dark} {
			for _, f := range p.failingPairs() {
				t.Errorf("%v: %s: %s on %s has %s", colours, name, f.fore, f.back, ratio(contrast(p[f.fore], p[f.back])))
			}
			for key, token := range map[string]string{"accent": "accent", "ink": "ink", "paper": "bg"} {
				if c, given := parseColour(colours[key]); given && name == scheme && p[token] != c {
					t.Errorf("%v: %s became %s", colours, key, p[token].Hex())
				}
			}
		}
	}
	if accepted < 75 || corrected < 20 {
		t.Errorf("%d themes accepted, %d after a correction: too few", accepted, corrected)
	}
}

// TestAccentAlone wants every accent that can be read to be taken as it is: what goes with it is adapted, light and dark, in the
// site's theme and in a survey's.
func TestAccentAlone(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 14))
	accents := []string{"#000000", "#000080", "#800000", "#003366", "#1a1a1a", "#00205b", "#4b0082", "#ffffff", "#ffff00", "#c0ffee"}
	for range soak.Cases(200, 20_000) {
		accents = append(accents, fmt.Sprintf("#%06x", random.IntN(1<<24)))
	}
	taken := 0
	for _, accent := range accents {
		for scheme, colours := range map[string]survey.Colours{"light": {Accent: accent}, "dark": {Accent: accent}} {
			own := &survey.Theme{Light: colours}
			if scheme == "dark" {
				own = &survey.Theme{Dark: colours}
			}
			look, faults := new(Theme).For(own, fstest.MapFS{})
			theme, problems := Parse("theme.yaml", []byte(fmt.Sprintf("%s: {accent: %q}\n", scheme, accent)), fstest.MapFS{})
			if (look == nil) != (theme == nil) {
				t.Errorf("%s: a survey's theme has %v, the site's %v", accent, faults, problems)
			}
			for _, p := range problems {
				if !strings.HasPrefix(p.Message.String(), "accent ") {
					t.Errorf("%s %s: %v", scheme, accent, p)
				}
			}
			if theme == nil {
				continue
			}
			taken++
			for _, p := range []Palette{theme.Light, theme.Dark} {
				if failing := p.failingPairs(); len(failing) > 0 {
					t.Errorf("%s %s: %v", scheme, accent, failing)
				}
			}
		}
	}
	if taken < len(accents)/2 {
		t.Errorf("%d of %d taken", taken, 2*len(accents))
	}
}

// TestNearest checks that the proposal is the nearest colour that passes, of the same hue.
func TestNearest(t *testing.T) {
	white := colorful.Color{R: 1, G: 1, B: 1}
	good := func(c colorful.Color) bool { return contrast(c, white) >= 4.5 }
	pale, _ := parseColour("#39c5bb")
	found, ok := nearest(pale, good)
	if !ok || !good(found) {
		t.Fatalf("found %s", found.Hex())
	}
	if r := contrast(found, white); r > 4.6 {
		t.Errorf("%s has %s, more than is needed", found.Hex(), ratio(r))
	}
	_, _, hue := pale.OkLch()
	if _, _, h := found.OkLch(); h < hue-6 || h > hue+6 {
		t.Errorf("the hue went from %.0f to %.0f degrees", hue, h)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name: {zh: a}\nlogo: logo.svg\nlight: {accent: \"#000\"}\nfont: [a]\ncorners: 1\n")
	f.Add("address: https://a.example\ndark:\n  paper: '#123'\n")
	f.Fuzz(func(t *testing.T, source string) {
		theme, problems := Parse("theme.yaml", []byte(source), fstest.MapFS{"logo.svg": {Data: []byte(drawing)}})
		if (theme == nil) == (len(problems) == 0) {
			t.Fatalf("a theme and %d problems", len(problems))
		}
		if theme != nil {
			for _, bad := range []string{"<", "@import", "url("} {
				if strings.Contains(theme.CSS(), bad) {
					t.Fatalf("the stylesheet has %s: %s", bad, theme.CSS())
				}
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || strings.ContainsAny(p.Message.String(), "\n\x00") {
				t.Fatalf("%q", p)
			}
		}
	})
}

// TestGuides checks the author's guides: their example is a theme, and the message that they quote is the real one.
func TestGuides(t *testing.T) {
	for _, language := range []string{message.English, message.Chinese} {
		name := "authors." + language + ".md"
		guide, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(guide), "```yml\nname: ")
		example, _, closed := strings.Cut("name: "+rest, "```")
		if !found || !closed {
			t.Fatalf("%s has no example", name)
		}
		files := folder(t, map[string]string{"logo-dark.svg": drawing})
		if _, problems := Parse("surveys/theme.yaml", []byte(example), files); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		wrong := regexp.MustCompile(`(?m)^light:.*$`).ReplaceAllString(example, `light: {accent: "#39c5bb"}`)
		_, problems := Parse("surveys/theme.yaml", []byte(wrong), files)
		if len(problems) != 1 || !strings.Contains(string(guide), problems[0].In(language)) {
			t.Errorf("%s does not quote %v", name, problems)
		}
	}
}
