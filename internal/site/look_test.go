package site_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"glasspoll/internal/headers"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

const ownLook = `title: {zh: 茶, en: Tea}
languages: [zh, en]
window: {from: 2026-10-01, until: 2026-10-31}
timezone: Asia/Shanghai
theme:
  name: {zh: 明灯, en: Lantern}
  logo: lantern.svg
  light: {accent: "#7a1f5c"}
  cover: %s
sections: [{questions: [{id: a, type: rating, steps: 5, label: {zh: 味道, en: Taste}}]}]
`

// TestLookIsOnAllPages builds a survey with a look of its own, and one without: the first has the look on every page, all else is
// as without looks.
func TestLookIsOnAllPages(t *testing.T) {
	files := fstest.MapFS{"lantern.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h10v10z"/></svg>`)}}
	for cover, want := range map[string]string{
		`"#7a1f5c"`: `<div class="cover"></div>`,
		`{file: front.jpg, alt: {zh: 店<面>, en: The shop}}`: `<div class="cover"><img src="ROOTassets/front-800.jpg" srcset="ROOTassets/front-800.jpg 800w, ROOTassets/front-1600.jpg 1600w" sizes="100vw" width="800" height="160" fetchpriority="high" alt="店&lt;面&gt;"></div>`,
	} {
		general := &theme.Theme{Looks: map[string]*theme.Theme{}}
		s, problems := questionnaire.ParseWith("tea.yaml", fmt.Appendf(nil, ownLook, cover), questionnaire.Files{
			Picture: func(string, survey.PictureUse) ([]survey.PictureCopy, error) {
				return []survey.PictureCopy{{Path: "assets/front-800.jpg", Width: 800, Height: 160}, {Path: "assets/front-1600.jpg", Width: 1600, Height: 320}}, nil
			},
			Theme: func(own *survey.Theme) (faults []questionnaire.ThemeFault) {
				general.Looks["tea"], faults = general.For(own, files)
				return faults
			},
		})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		coffee := parse(t, "coffee", "zh, en")
		all := buildWith(t, []*survey.Survey{coffee, s}, general)
		plain := build(t, []*survey.Survey{coffee, s})
		look := regexp.MustCompile(`<link rel="stylesheet" href="(?:\.\./)+(assets/look\.[0-9a-f]{12}\.css)" integrity="sha384-[^"]+">`)
		marks := regexp.MustCompile(`<link rel="stylesheet" href="(?:\.\./)*(assets/home\.[0-9a-f]{12}\.css)" integrity=`)
		wantMarks := `[data-look=tea]{--mark:#7a1f5c}@media(prefers-color-scheme:dark){[data-look=tea]{--mark:` + darkAccent(general.Looks["tea"]) + "}}\n"
		pages, coffees := 0, 0
		for name, content := range all {
			if !strings.HasSuffix(name, ".html") {
				continue
			}
			if _, moved := headers.MovedTo([]byte(content)); moved {
				continue
			}
			if first, _, _ := strings.Cut(name, "/"); first != "tea" && first != "coffee" { // a home page
				m := marks.FindStringSubmatch(content)
				if m == nil || !strings.HasSuffix(all[m[1]], wantMarks) || strings.Count(content, "data-look=") != 1 || !strings.Contains(content, `<li data-look="tea">`) {
					t.Errorf("%s does not mark the survey: %q", name, m)
				}
				continue
			}
			if !strings.HasPrefix(name, "tea/") {
				coffees++
				if content != plain[name] {
					t.Errorf("%s is another page", name)
				}
				continue
			}
			pages++
			m := look.FindStringSubmatch(content)
			if m == nil || !strings.Contains(all[m[1]], "--accent:#7a1f5c") {
				t.Errorf("%s: no stylesheet of its own in\n%s", name, content[:min(len(content), 1500)])
			}
			if strings.Index(content, "/look.") < strings.Index(content, "/style.") {
				t.Errorf("%s: the stylesheet comes before that which it changes", name)
			}
			if strings.Contains(content, "style=") {
				t.Errorf("%s has a style that the security policy forbids", name)
			}
			if strings.Count(content, `<img src=`) < 1 || !strings.Contains(content, `assets/logo.`) {
				t.Errorf("%s has no logo", name)
			}
			isResults := strings.Contains(name, "/results/")
			if strings.Contains(content, `class="cover"`) == isResults {
				t.Errorf("%s: a cover: %v", name, !isResults)
			}
			if strings.HasPrefix(name, "tea/zh/") && !isResults {
				if band := strings.ReplaceAll(want, "ROOT", strings.Repeat("../", strings.Count(name, "/"))); !strings.Contains(content, band) {
					t.Errorf("%s lacks %s", name, band)
				}
			}
		}
		if pages < 18 || coffees < 9 {
			t.Errorf("%d pages with the look, %d others", pages, coffees)
		}
		if strings.Contains(plain["tea/index.html"], "/look.") {
			t.Error("a stylesheet without a look")
		}
	}
}

// TestSiteCover has a cover for all pages but those of results; it is a file of the site.
func TestSiteCover(t *testing.T) {
	files := fstest.MapFS{"front.png": {Data: pngOf(t, 1600, 320)}}
	custom, problems := theme.Parse("theme.yaml", []byte("address: https://example.com/\ncover: {file: front.png, alt: {zh: 店面, en: The shop}}\n"), files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := buildWith(t, []*survey.Survey{parse(t, "tea", "zh, en")}, custom)
	source := regexp.MustCompile(`<div class="cover"><img src="(?:\.\./)*(assets/picture-800[^"]+)".*alt="([^"]*)"`)
	for name, content := range all {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		m := source.FindStringSubmatch(content)
		if isResults := strings.Contains(name, "/results/"); isResults != (m == nil) {
			t.Errorf("%s: cover %q", name, m)
		} else if m != nil && (all[m[1]] == "" || m[2] != "店面" && m[2] != "The shop" || strings.Contains(content, `lang="en" dir`) != (m[2] == "The shop")) {
			t.Errorf("%s: cover %q", name, m)
		}
	}
	if !strings.Contains(all["tea/index.html"], `<meta property="og:image" content="https://example.com/assets/picture-1600`) {
		t.Error("a preview of a link does not show the cover")
	}
}

func darkAccent(look *theme.Theme) string {
	_, dark := look.Palettes()
	return dark["accent"].Hex()
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
