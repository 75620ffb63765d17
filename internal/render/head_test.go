package render

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// branded returns a renderer for a site whose company and address are known.
func branded(t *testing.T, brand Brand) *Renderer {
	t.Helper()
	r, err := New(os.DirFS("../../templates"), Assets{Style: Asset{Path: "assets/style-1.css"}, Results: Asset{Path: "assets/results-1.css"}, Icon: "assets/icon-1.svg", Brand: brand})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var lantern = Brand{
	Name: survey.Text{"zh": "明灯科技", "en": "Lantern & Co", "": "明灯科技"}, Address: "https://survey.example.com/polls/",
	Logo: "assets/logo-1.png", LogoDark: "assets/logo-2.svg", Width: 120, Height: 40, Light: "#f6f3ef", Dark: "#111111",
}

func TestPagesSayWhatTheyAre(t *testing.T) {
	s := rendertest.Every(t)
	s.Intro = survey.Text{"zh": "请您**评价**我们的服务。\n大约五分钟。\n\n- 第一", "en": "Please *rate* our\nservice. <b>It</b> takes [five](https://example.com) minutes.\n\n- One"}
	form := func(r *Renderer, language, root string) map[string]string {
		return rendertest.Head(t, func(w io.Writer) error {
			return r.Survey(w, s, SurveyPage{Language: language, Root: root})
		})
	}
	rendertest.CheckHead(t, "a site without a company", form(renderer(t), "en", "../../"), map[string]string{
		"description": "Please rate our service. It takes five minutes.", "og:description": "Please rate our service. It takes five minutes.",
		"og:title": s.Title["en"], "og:type": "website", "og:locale": "en_US", "og:site_name": "-", "og:url": "-", "og:image": "-", "robots": "-",
		"canonical": "../../every/en/", "alternatezh": "../../every/", "img": "-", "theme-color": "-", "icon": "-",
	})
	branded := branded(t, lantern)
	rendertest.CheckHead(t, "a company's", form(branded, "zh", "../"), map[string]string{
		"description": "请您评价我们的服务。大约五分钟。", "og:locale": "zh_CN", "og:site_name": "明灯科技", "og:url": "https://survey.example.com/polls/every/",
		"og:image": "https://survey.example.com/polls/assets/logo-1.png", "canonical": "https://survey.example.com/polls/every/",
		"alternateen": "https://survey.example.com/polls/every/en/", "robots": "-", "icon": "../assets/icon-1.svg",
		"img": "../assets/logo-1.png 明灯科技", "source(prefers-color-scheme:dark)": "../assets/logo-2.svg ", "sourceprint": "../assets/logo-1.png ",
		"theme-color": "#f6f3ef", "theme-color(prefers-color-scheme:dark)": "#111111", "stylesheet": "../assets/style-1.css",
	})
	rendertest.CheckHead(t, "home", rendertest.Head(t, func(w io.Writer) error {
		return branded.Home(w, []*survey.Survey{s}, HomePage{Language: "en", Languages: []string{"zh", "en"}, Root: "../", At: october})
	}), map[string]string{"og:url": "https://survey.example.com/polls/en/", "alternatezh": "https://survey.example.com/polls/", "robots": "-"})
}

// Pages that are not for search engines say so, and have no preview.
func TestPrivatePages(t *testing.T) {
	r, s := branded(t, lantern), rendertest.Every(t)
	hidden := map[string]string{"robots": "noindex"}
	alone := map[string]string{"robots": "noindex", "og:title": "-", "canonical": "-", "description": "-"}
	rendertest.CheckHead(t, "thanks", rendertest.Head(t, func(w io.Writer) error { return r.Thanks(w, s, ThanksPage{Language: "en", Root: "../../../"}) }), map[string]string{
		"robots": "noindex", "og:title": s.Title["en"], "og:url": "https://survey.example.com/polls/every/en/", "canonical": "https://survey.example.com/polls/every/en/",
		"og:image": "https://survey.example.com/polls/assets/logo-1.png", "alternatezh": "-",
	})
	rendertest.CheckHead(t, "notice", rendertest.Head(t, func(w io.Writer) error {
		return r.Notice(w, NoticePage{Language: "en", Root: "/", Code: answer.NotFound})
	}), alone)
	rendertest.CheckHead(t, "with problems", rendertest.Head(t, func(w io.Writer) error {
		return r.Survey(w, s, SurveyPage{Language: "en", Root: "../", Problems: []answer.Problem{{Question: "rate", Field: "rate", Code: answer.Required}}})
	}), alone)
	var b bytes.Buffer
	s.Unlisted = true
	rendertest.CheckHead(t, "an unlisted survey", rendertest.Head(t, func(w io.Writer) error {
		return r.Survey(w, s, SurveyPage{Language: "en", Root: "../"})
	}), hidden)
	if err := r.Home(&b, []*survey.Survey{s}, HomePage{Language: "zh", Languages: []string{"zh", "en"}, Root: "", At: october}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "every/") {
		t.Error("an unlisted survey is listed")
	}
	if !strings.Contains(b.String(), r.words.In("zh").Say("home.none")) {
		t.Error("a site with nothing but unlisted surveys does not say that there is none")
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		text, want string
		widest     int
	}{
		{"", "", 50},
		{"# Title\n\nFirst *paragraph*.\n\nSecond.", "First paragraph.", 50},
		{"- only\n- a list", "", 50},
		{"一行\n两行，\n三行", "一行两行，三行", 50},
		{"A short one. Then a sentence that goes on and on, and is too long for this.", "A short one.", 30},
		{"One sentence that goes on and on, and is too long for this.", "One sentence that goes on and…", 30},
		{"没有句号的一段很长的话，怎么也放不下，只好在字与字之间断开", "没有句号的一段很长的话，怎么…", 30},
		{"第一句话。第二句话很长很长很长很长很长很长", "第一句话。", 20},
		{"您好！请评价我们的服务和产品还有其他的事情", "您好！请评价我们的…", 20},
		{"Loooooooooooooooooooooooooooooooong", "Looooooooooooooooooooooooooo…", 29},
		{"a<script>alert(1)</script>b &amp; c \\* d", "aalert(1)b & c * d", 50},
	} {
		if got := describe(c.text, c.widest); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if got := describe(c.text, c.widest); width(got) > c.widest+2 {
			t.Errorf("%q is wider than %d", got, c.widest)
		}
	}
}

// A company is named in the page's language, else in the language that it is a variant of, else by its default name.
func TestCompanyIsNamed(t *testing.T) {
	for language, want := range map[string]string{"zh": "明灯科技", "zh-Hant-TW": "明灯科技", "en-GB": "Lantern & Co", "fr": "明灯科技"} {
		if got := textIn(lantern.Name, language); got != want {
			t.Errorf("in %s: %q, want %q", language, got, want)
		}
	}
}

func TestLocale(t *testing.T) {
	for name, want := range map[string]string{"zh": "zh_CN", "zh-Hant": "zh_TW", "en": "en_US", "en-GB": "en_GB", "ar": "ar_EG", "de": "de_DE"} {
		if got := locale(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A deployment keeps what pages load as JSON: read again, it is the same.
func TestAssetsSurviveStorage(t *testing.T) {
	covered := lantern
	covered.Cover = &survey.Cover{Picture: &survey.Picture{File: "a.jpg", Alt: survey.Text{"": "A"}, Copies: []survey.PictureCopy{{Path: "assets/a.jpg", Width: 800, Height: 160}}}}
	for _, brand := range []Brand{lantern, {}, covered} {
		a := Assets{Looks: map[string]Look{"tea": {Style: Asset{"l", "m"}, Icon: "n", Brand: brand}}, Style: Asset{"a", "b"}, Icon: "i", Brand: brand}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b Assets
		if err := json.Unmarshal(data, &b); err != nil || !a.Equal(b) {
			t.Errorf("%+v became %+v: %v", a, b, err)
		}
		b.Brand.Light = "#000"
		if a.Equal(b) {
			t.Error("another colour is the same")
		}
	}
}

// Link previews show the cover, or else a logo that is no SVG, or else the card: at an absolute address, or not at all. Home screens
// take the card from beside the page.
func TestLinkPreviewsHaveAPicture(t *testing.T) {
	cover := &survey.Cover{Picture: &survey.Picture{Copies: []survey.PictureCopy{{Path: "assets/c-800.jpg", Width: 800}, {Path: "assets/c-1600.jpg", Width: 1600}}}}
	for _, c := range []struct {
		brand         Brand
		picture, kind string
	}{
		{Brand{Card: "assets/card.png"}, "-", "-"},
		{Brand{Card: "assets/card.png", Address: "https://example.com/"}, "https://example.com/assets/card.png", "summary"},
		{Brand{Card: "assets/card.png", Address: "https://example.com/", Logo: "assets/logo.svg"}, "https://example.com/assets/card.png", "summary"},
		{Brand{Card: "assets/card.png", Address: "https://example.com/", Logo: "assets/logo.png"}, "https://example.com/assets/logo.png", "summary"},
		{Brand{Card: "assets/card.png", Address: "https://example.com/", Logo: "assets/logo.png", Cover: &survey.Cover{Colour: "#336699"}}, "https://example.com/assets/logo.png", "summary"},
		{Brand{Card: "assets/card.png", Address: "https://example.com/", Logo: "assets/logo.png", Cover: cover}, "https://example.com/assets/c-1600.jpg", "summary_large_image"},
	} {
		r, s := branded(t, c.brand), rendertest.Every(t)
		want := map[string]string{"og:image": c.picture, "twitter:card": c.kind, "apple-touch-icon": "../assets/card.png"}
		rendertest.CheckHead(t, "form", rendertest.Head(t, func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: "zh", Root: "../"}) }), want)
		rendertest.CheckHead(t, "home", rendertest.Head(t, func(w io.Writer) error {
			return r.Home(w, []*survey.Survey{s}, HomePage{Language: "en", Languages: []string{"zh", "en"}, Root: "../", At: october})
		}), want)
	}
}
