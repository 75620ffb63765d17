package theme

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

func mustParse(t *testing.T, source string, files fstest.MapFS) *Theme {
	t.Helper()
	theme, problems := Parse("theme.yaml", []byte(source), files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return theme
}

func TestCover(t *testing.T) {
	files := folder(t, map[string]string{"front.png": pngOf(t, 1700, 400)})
	theme := mustParse(t, "cover: {file: front.png, alt: {zh: 店面, en: The shop}}\n", files)
	p := theme.Cover.Picture
	if p.File != "front.png" || p.Alt["en"] != "The shop" || p.Alt[""] != "店面" || len(p.Copies) != 2 || p.Copies[1].Width != 1600 || p.Copies[1].Height != 320 {
		t.Errorf("cover %+v", p)
	}
	for i, f := range theme.Files {
		if f.PictureCopy != p.Copies[i] || len(f.Content) == 0 {
			t.Errorf("file %d is %+v", i, f.PictureCopy)
		}
	}
	if theme.CSS() != "" {
		t.Errorf("a picture is no colour: %s", theme.CSS())
	}
	if plain := mustParse(t, "cover: {file: front.png, alt: \"\"}\n", files); plain.Cover.Picture.Alt != nil {
		t.Errorf("alt %v", plain.Cover.Picture.Alt)
	}
	if one := mustParse(t, "cover: {file: front.png, alt: The shop}\n", files); one.Cover.Picture.Alt[""] != "The shop" || one.Fingerprint() == theme.Fingerprint() {
		t.Errorf("alt %v", one.Cover.Picture.Alt)
	}
	for colour, want := range map[string]string{
		"#2a4f9e": ":root{--cover:#2a4f9e}\n@media (prefers-color-scheme:dark){:root{--cover:#2a4f9e}}\n",
		"#fff":    ":root{--cover:#ffffff}\n@media (prefers-color-scheme:dark){:root{--cover:#7c7e7e}}\n",
	} {
		if got := mustParse(t, fmt.Sprintf("cover: %q\n", colour), files).CSS(); got != want {
			t.Errorf("%s: %s, want %s", colour, got, want)
		}
	}
}

func TestLook(t *testing.T) {
	files := folder(t, map[string]string{"own/logo.png": pngOf(t, 200, 100)})
	three := 3
	for name, c := range map[string]struct {
		site string
		own  survey.Theme
		want string // the stylesheet
	}{
		"nothing":                {"", survey.Theme{}, ""},
		"what the site has":      {"light: {accent: \"#7a1f5c\"}\ncorners: 3\n", survey.Theme{Light: survey.Colours{Accent: "#7A1F5C"}, Corners: &three}, ""},
		"the design's own":       {"", survey.Theme{Light: survey.Colours{Accent: "#0a6a5c"}, Dark: survey.Colours{Accent: "#63cbb8"}}, ":root{--on-accent:#ffffff;--tint:#e7f0ef}\n@media (prefers-color-scheme:dark){:root{--on-accent:#05201b;--tint:#20302d}}\n"},
		"corners":                {"", survey.Theme{Corners: &three}, ":root{--round:3px}\n"},
		"a band":                 {"", survey.Theme{Cover: &survey.Cover{Colour: "#fff"}}, ":root{--cover:#ffffff}\n@media (prefers-color-scheme:dark){:root{--cover:#7c7e7e}}\n"},
		"the site's band":        {"cover: \"#fff\"\n", survey.Theme{Cover: &survey.Cover{Colour: "#ffffff"}}, ""},
		"dark only":              {"", survey.Theme{Dark: survey.Colours{Accent: "#f19ac8"}}, ":root{--accent:#0a6a5c;--on-accent:#ffffff;--tint:#e6f2ef}\n@media (prefers-color-scheme:dark){:root{--accent:#f19ac8;--on-accent:#28131e;--tint:#2e2b2e}}\n"},
		"an accent on own paper": {"light: {paper: \"#fff7e6\", ink: \"#221a10\"}\n", survey.Theme{Light: survey.Colours{Accent: "#8a3b12"}}, "--accent:#8a3b12"},
		"own logo":               {"name: Lantern\n", survey.Theme{Logo: "own/logo.png"}, ""},
	} {
		site := mustParse(t, c.site, files)
		look, faults := site.For(&c.own, files)
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
			continue
		}
		got := look.CSSOver(site)
		if got != c.want && (name != "an accent on own paper" || !strings.Contains(got, c.want) || strings.Contains(got, "--bg") || strings.Contains(got, "--ink:")) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
		if c.own.Logo != "" && (look.Logo.Width != 200 || site.Logo != nil || look.Name[""] != "Lantern") {
			t.Errorf("%s: %+v", name, look.Logo)
		}
	}
	site := mustParse(t, "name: Lantern\nlogo: logo.svg\nlogo_dark: logo.png\ncover: \"#123456\"\n", files)
	look, faults := site.For(&survey.Theme{Name: survey.Text{"en": "Beacon"}, Logo: "own/logo.png"}, files)
	if len(faults) > 0 || look.LogoDark != nil || look.Name["en"] != "Beacon" || look.Cover.Colour != "#123456" {
		t.Errorf("%+v, %v: the dark logo belongs to the site's", look, faults)
	}
	all := *site
	all.Looks = map[string]*Theme{"a": look}
	if all.Fingerprint() == site.Fingerprint() {
		t.Error("a look does not change the fingerprint")
	}
}

// TestLookFaults checks what is wrong with a survey's theme over its site's, and where it is.
func TestLookFaults(t *testing.T) {
	files := folder(t, map[string]string{"bad.svg": `<svg viewBox="0 0 9 9"><script/></svg>`})
	for _, c := range []struct {
		site string
		own  survey.Theme
		want string
	}{
		{"", survey.Theme{Light: survey.Colours{Accent: "#39c5bb"}}, "light accent: accent #39c5bb on the page (#f3f5f3) has a contrast of 1.94:1, and text needs 4.5:1: '#0b7a73' is the nearest that passes"},
		{"light: {paper: \"#221a10\", ink: \"#fff7e6\", accent: \"#ffb000\"}\n", survey.Theme{Light: survey.Colours{Accent: "#0a6a5c"}}, "light accent: accent #0a6a5c on"},
		{"light: {paper: \"#fff7e6\", ink: \"#221a10\"}\n", survey.Theme{Light: survey.Colours{Ink: "#bbb"}}, "light ink: ink #bbbbbb on"},
		{"", survey.Theme{Dark: survey.Colours{Accent: "#0a3a8c"}}, "dark accent: accent in dark #0a3a8c on"},
		{"", survey.Theme{Light: survey.Colours{Paper: "blue"}}, "light paper: paper must be a colour"},
		{"", survey.Theme{Logo: "logo.svg"}, "logo: a logo needs the company's name"},
		{"name: a\n", survey.Theme{Logo: "nowhere.svg"}, "logo: logo: there is no file 'nowhere.svg'"},
		{"name: a\n", survey.Theme{Logo: "bad.svg"}, "logo: logo: 'bad.svg': line 1 has a <script>: a logo only draws"},
		{"name: a\n", survey.Theme{Logo: "logo.svg", LogoDark: "../logo.svg"}, "logo_dark: logo_dark must be the name of a file"},
		{"name: a\n", survey.Theme{Logo: "logo.gif"}, "logo: logo must be an SVG or PNG file"},
	} {
		look, faults := mustParse(t, c.site, files).For(&c.own, files)
		if look != nil || len(faults) != 1 {
			t.Errorf("%q: %v, %v", c.want, look, faults)
			continue
		}
		if got := strings.Join(faults[0].At, " ") + ": " + faults[0].Message.String(); !strings.HasPrefix(got, c.want) {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
		if faults[0].Message.In(message.Chinese) == faults[0].Message.String() {
			t.Errorf("not in Chinese: %s", faults[0].Message)
		}
	}
}

// TestAnyColoursOverAnySite checks that random colours of a survey over random ones of its site are refused, or readable in light
// and dark, and that the stylesheet over the site's makes just these colours.
func TestAnyColoursOverAnySite(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 1))
	dim := func() string {
		return fmt.Sprintf("#%02x%02x%02x", random.IntN(120), random.IntN(120), random.IntN(120))
	}
	pale := func() string {
		return fmt.Sprintf("#%02x%02x%02x", 160+random.IntN(96), 160+random.IntN(96), 160+random.IntN(96))
	}
	some := func(colour string) string {
		if random.IntN(2) == 0 {
			return ""
		}
		return colour
	}
	declared := regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`)
	accepted := 0
	for range 150 {
		source := ""
		for key, colour := range map[string]string{"paper": some(pale()), "ink": some(dim()), "accent": some(dim())} {
			if colour != "" {
				source += fmt.Sprintf("  %s: %q\n", key, colour)
			}
		}
		if source != "" {
			source = "light:\n" + source
		}
		site, problems := Parse("theme.yaml", []byte(source), nil)
		if len(problems) > 0 {
			continue
		}
		own := &survey.Theme{Light: survey.Colours{Accent: some(dim()), Ink: some(dim()), Paper: some(pale())}, Dark: survey.Colours{Accent: some(pale()), Paper: some(dim())}}
		look, faults := site.For(own, nil)
		if look == nil {
			if len(faults) == 0 {
				t.Fatalf("%+v: neither a look nor faults", own)
			}
			continue
		}
		accepted++
		light, dark := look.Palettes()
		for name, p := range map[string]Palette{"light": light, "dark": dark} {
			for _, f := range p.failingPairs() {
				t.Errorf("%q, %+v: %s: %s on %s has %s", source, own, name, f.fore, f.back, ratio(contrast(p[f.fore], p[f.back])))
			}
		}
		// As a browser does: the site's, then the look's for all, then the look's for dark.
		onLight, onDark, _ := strings.Cut(look.CSSOver(site), "@media")
		siteLight, siteDark := site.Palettes()
		shown := map[string]string{}
		for name, c := range siteLight {
			shown["light "+name], shown["dark "+name] = c.Hex(), siteDark[name].Hex()
		}
		for _, m := range declared.FindAllStringSubmatch(onLight, -1) {
			shown["light "+m[1]], shown["dark "+m[1]] = m[2], m[2]
		}
		for _, m := range declared.FindAllStringSubmatch(onDark, -1) {
			shown["dark "+m[1]] = m[2]
		}
		for name := range light {
			if shown["light "+name] != light[name].Hex() || shown["dark "+name] != dark[name].Hex() {
				t.Errorf("%q, %+v: --%s is %s and %s, want %s and %s", source, own, name, shown["light "+name], shown["dark "+name], light[name].Hex(), dark[name].Hex())
			}
		}
	}
	if accepted < 50 {
		t.Errorf("%d looks accepted: too few", accepted)
	}
}
