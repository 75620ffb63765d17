package invite

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"glasspoll"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/starter"
	"glasspoll/internal/survey"
)

// decoded reads a QR code with another library than the one that made it.
func decoded(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	// This library's search for the corners, made for photographs, misses some in a flat picture.
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		t.Fatalf("not readable: %v", err)
	}
	return result.GetText()
}

// drawn paints one of our SVGs, which are made of boxes only, with eight pixels a unit.
func drawn(t *testing.T, svg string) image.Image {
	t.Helper()
	const scale = 8
	box := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindStringSubmatch(svg)
	paths := regexp.MustCompile(`<path (?:fill="(#fff)" )?d="([^"]*)"/>`).FindAllStringSubmatch(svg, -1)
	if box == nil || len(paths) != 2 {
		t.Fatalf("not one of our drawings: %s", svg)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	picture := image.NewGray(image.Rect(0, 0, number(box[1])*scale, number(box[2])*scale))
	for _, p := range paths {
		ink := color.Gray{}
		if p[1] != "" {
			ink.Y = 0xff
		}
		boxes := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v(\d+)(?:h-(\d+)|H(\d+))z`).FindAllStringSubmatch(p[2], -1)
		length := 0
		for _, b := range boxes {
			length += len(b[0])
			x, y, w, h := number(b[1]), number(b[2]), number(b[3]), number(b[4])
			if b[5] != "" && b[5] != b[3] || b[6] != "" && b[6] != b[1] {
				t.Errorf("%s does not close", b[0])
			}
			for i := range w * scale {
				for j := range h * scale {
					picture.SetGray(x*scale+i, y*scale+j, ink)
				}
			}
		}
		if length != len(p[2]) {
			t.Errorf("more than boxes: %s", p[2])
		}
	}
	return picture
}

func TestQRCodesAreReadable(t *testing.T) {
	for _, text := range []string{
		"https://example.com/s/tea/?c=web",
		"https://survey.company.example/surveys/decoration_experience/en/?c=onsite&kiosk",
		"https://survey.company.example/" + strings.Repeat("a-long-folder/", 30) + "?c=email&tier=%E9%87%8D%E7%82%B9",
		"http://127.0.0.1:8080/一/",
	} {
		code, err := encodeQR(text)
		if err != nil {
			t.Fatal(err)
		}
		data, err := code.png()
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if width := picture.Bounds().Dx(); width < pngSize*2/3 || width > pngSize {
			t.Errorf("%d pixels wide", width)
		}
		if got := decoded(t, picture); got != text {
			t.Errorf("the PNG says %q, want %q", got, text)
		}
		if got := decoded(t, drawn(t, string(code.svg()))); got != text {
			t.Errorf("the SVG says %q, want %q", got, text)
		}
	}
	if _, err := encodeQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("no QR code holds as much")
	}
}

const shared = `
title: {zh: 喝茶问卷, en: Tea & cake, ar: شاي}
languages: [zh, en, ar]
minutes: 3
contact: {name: {zh: 茶室, en: Tea room, ar: المقهى}, email: tea@example.com, phone: 400-1}
window: {from: 2026-01-02, until: 2026-12-31}
channels: [web, email, sms, phone, onsite]
results: {min_group: 7}
sections:
  - questions:
      - {id: tier, type: hidden, label: {zh: 类别, en: Kind, ar: نوع}, options: [{id: key, label: {zh: 重点, en: Key, ar: أ}}, {id: other_one, label: {zh: 普通, en: Other, ar: ب}}]}
      - {id: form_number, type: hidden, label: {zh: 编号, en: Number, ar: رقم}, private: true}
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste, ar: طعم}}
      - {id: why, type: long_text, label: {zh: 为什么, en: Why, ar: لماذا}}
`

// bare has no more than a questionnaire must.
const bare = `
title: Tea
languages: [en]
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: Taste}
`

func parsed(t *testing.T, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func testKit(t *testing.T, s *survey.Survey, values map[string]string) *Kit {
	t.Helper()
	k, err := NewKit(glasspoll.Templates(), s, "https://example.com/s/", values)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestInvitationsAreFilledIn checks, for every sample and for the fullest and the barest questionnaire, that no placeholder
// is left, and that each text has what it must.
func TestInvitationsAreFilledIn(t *testing.T) {
	samples, err := starter.Samples()
	if err != nil {
		t.Fatal(err)
	}
	surveys := []*survey.Survey{parsed(t, shared), parsed(t, bare)}
	for _, sample := range samples {
		surveys = append(surveys, sample.Survey)
	}
	for _, s := range surveys {
		k := testKit(t, s, nil)
		for _, language := range s.Languages {
			v := k.writer.invite(s, language)
			link := k.link(k.routes[0], language)
			code, err := encodeQR(link)
			if err != nil {
				t.Fatal(err)
			}
			poster, err := v.printable(link, code)
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{"subject": v.subject(), "mail": v.mail(link), "text": v.text(link), "poster": regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(string(poster), "")}
			for kind, text := range texts {
				name := s.ID + " " + language + " " + kind
				if text == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || strings.Contains(text, "mail.") || strings.Contains(text, "sms.") || strings.Contains(text, "poster.") {
					t.Errorf("%s is not filled in:\n%s", name, text)
				}
				title := s.Title.In(language)
				if kind == "poster" {
					title = strings.ReplaceAll(title, "&", "&amp;")
				}
				if !strings.Contains(text, title) {
					t.Errorf("%s lacks the title:\n%s", name, text)
				}
				if (kind == "mail" || kind == "text") && !strings.Contains(text, link) {
					t.Errorf("%s lacks the link:\n%s", name, text)
				}
				if kind == "mail" && s.Results.MinGroup > 1 != strings.Contains(text, fmt.Sprint(s.Results.MinGroup)) {
					t.Errorf("%s promises another group than %d:\n%s", name, s.Results.MinGroup, text)
				}
				if kind == "mail" && s.Minutes > 0 && !strings.Contains(text, fmt.Sprint(s.Minutes)) {
					t.Errorf("%s lacks the minutes:\n%s", name, text)
				}
				if year, _, _ := strings.Cut(string(s.Window.Until), "-"); kind == "mail" && !strings.Contains(text, year) {
					t.Errorf("%s lacks the window's end:\n%s", name, text)
				}
			}
		}
	}
}

// TestFiles checks that every QR code among the files leads to the link that its name says.
func TestFiles(t *testing.T) {
	s := parsed(t, shared)
	values := map[string]string{"tier": "key"}
	k := testKit(t, s, values)
	files, err := k.Files()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(files["tea.links.csv"])).ReadAll()
	if err != nil || len(rows) != 1+6*3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		name := row[0] + "." + row[1] + "." + row[2]
		picture, err := png.Decode(bytes.NewReader(files[name+".png"]))
		if err != nil {
			t.Fatalf("%s.png: %v", name, err)
		}
		if got := decoded(t, picture); got != row[3] || !strings.HasPrefix(got, "https://example.com/s/tea/") {
			t.Errorf("%s.png leads to %s, want %s", name, got, row[3])
		}
		if got := decoded(t, drawn(t, string(files[name+".svg"]))); got != row[3] {
			t.Errorf("%s.svg leads to %s, want %s", name, got, row[3])
		}
	}
	for _, language := range s.Languages {
		poster := string(files["tea.poster."+language+".html"])
		if link := k.link(k.routes[4], language); decoded(t, drawn(t, poster)) != link {
			t.Errorf("the poster in %s does not lead to %s", language, link)
		}
	}
}

func mailOf(t *testing.T, source, language string) string {
	t.Helper()
	s := parsed(t, source)
	return testKit(t, s, nil).writer.invite(s, language).mail("LINK")
}

func TestMail(t *testing.T) {
	for _, c := range []struct{ source, language, want string }{
		{shared, "zh", `您好！

诚邀您填写《喝茶问卷》。大约需要3分钟。填写时间：2026年1月2日至2026年12月31日。

请打开链接填写：
LINK

结果每次至少汇总7个人的回答才会显示，看不出是谁答的。您写的文字和联系方式绝不公开。

如有疑问，请联系：tea@example.com、400-1

谢谢您！
茶室
`},
		{shared, "en", `Hello,

We would be grateful if you took part in our survey “Tea & cake”. It takes about 3 minutes. You can answer from 2 January 2026 to 31 December 2026.

Please answer here:
LINK

Figures are only ever shown for at least 7 people together, so that nobody can be singled out. What you write in your own words and contact details are never published.

Questions? tea@example.com, 400-1

Thank you for your time.
Tea room
`},
		{bare, "en", `Hello,

We would be grateful if you took part in our survey “Tea”.

Please answer here:
LINK

Thank you for your time.
`},
	} {
		if got := mailOf(t, c.source, c.language); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.language, got, c.want)
		}
	}
}

func TestRoutes(t *testing.T) {
	list := func(source string, values map[string]string) string {
		s := parsed(t, source)
		var b strings.Builder
		for _, r := range routesTo(s, values) {
			for _, l := range s.Languages[:min(2, len(s.Languages))] {
				link := r.link("https://a.example/", s, l)
				if _, err := url.Parse(link); err != nil {
					t.Error(err)
				}
				fmt.Fprintln(&b, r.name, link)
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		source string
		values map[string]string
		want   string
	}{
		{bare, nil, "link https://a.example/tea/\nkiosk https://a.example/tea/?kiosk\n"},
		{bare + "channels: [phone, kiosk]\n", nil, "phone https://a.example/tea/?c=phone\nkiosk https://a.example/tea/?c=kiosk&kiosk\n"},
		{shared, map[string]string{"form_number": "A 1/2&c", "tier": "key"}, `web https://a.example/tea/?c=web&tier=key&form_number=A+1%2F2%26c
web https://a.example/tea/en/?c=web&tier=key&form_number=A+1%2F2%26c
email https://a.example/tea/?c=email&tier=key&form_number=A+1%2F2%26c
email https://a.example/tea/en/?c=email&tier=key&form_number=A+1%2F2%26c
sms https://a.example/tea/?c=sms&tier=key&form_number=A+1%2F2%26c
sms https://a.example/tea/en/?c=sms&tier=key&form_number=A+1%2F2%26c
phone https://a.example/tea/?c=phone&tier=key&form_number=A+1%2F2%26c
phone https://a.example/tea/en/?c=phone&tier=key&form_number=A+1%2F2%26c
onsite https://a.example/tea/?c=onsite&tier=key&form_number=A+1%2F2%26c
onsite https://a.example/tea/en/?c=onsite&tier=key&form_number=A+1%2F2%26c
kiosk https://a.example/tea/?c=onsite&kiosk&tier=key&form_number=A+1%2F2%26c
kiosk https://a.example/tea/en/?c=onsite&kiosk&tier=key&form_number=A+1%2F2%26c
`},
	} {
		if got := list(c.source, c.values); got != c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
	s := parsed(t, shared)
	mail := routesTo(s, map[string]string{"tier": "key"})[1]
	if got, want := mail.personal("…/", s, "zh", map[string]string{"tier": "key"}), "…/tea/?c=email&tier=key&form_number={form_number}"; got != want {
		t.Errorf("personal: %s, want %s", got, want)
	}
	if got := mail.personal("…/", s, "zh", map[string]string{"tier": "key", "form_number": "1"}); got != "" {
		t.Errorf("nothing is left to fill in, but %s", got)
	}
}

// TestSegments counts text messages as networks do: bounds, characters of two units, which are not split.
func TestSegments(t *testing.T) {
	for _, c := range []struct {
		text     string
		segments int
		used     int
		alphabet string
		odd      rune
	}{
		{"", 1, 0, "GSM-7", 0},
		{strings.Repeat("a", 160), 1, 160, "GSM-7", 0},
		{strings.Repeat("a", 161), 2, 161, "GSM-7", 0},
		{strings.Repeat("a", 306), 2, 306, "GSM-7", 0},
		{strings.Repeat("a", 307), 3, 307, "GSM-7", 0},
		{strings.Repeat("€", 80), 1, 160, "GSM-7", 0},
		{strings.Repeat("a", 159) + "€", 2, 161, "GSM-7", 0},
		{strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, 306, "GSM-7", 0}, // € does not fit the first part's last place
		{"Ünïcode", 1, 7, "UCS-2", 'ï'},
		{strings.Repeat("茶", 70), 1, 70, "UCS-2", '茶'},
		{strings.Repeat("茶", 71), 2, 71, "UCS-2", '茶'},
		{strings.Repeat("茶", 134), 2, 134, "UCS-2", '茶'},
		{strings.Repeat("茶", 135), 3, 135, "UCS-2", '茶'},
		{strings.Repeat("🍵", 35), 1, 70, "UCS-2", '🍵'},
		{strings.Repeat("🍵", 66), 2, 132, "UCS-2", '🍵'},
		{strings.Repeat("🍵", 67), 3, 134, "UCS-2", '🍵'}, // 33 fill a part of 67
	} {
		l := measureSMS(c.text)
		if l.segments != c.segments || l.used != c.used || l.alphabet != c.alphabet || l.odd != c.odd {
			t.Errorf("%.12q…: %+v, want %+v", c.text, l, c)
		}
	}
	if got, want := measureSMS(strings.Repeat("茶", 71)).text().String(), "2 segments, 71 of 134 characters, UCS-2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := measureSMS("it’s tea").text().String(), "1 segment, 8 of 70 characters, UCS-2 because of '’'"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestPlainTextMessages checks that with a plain title and link the built-in English text is in GSM-7.
func TestPlainTextMessages(t *testing.T) {
	s := parsed(t, shared)
	v := testKit(t, s, nil).writer.invite(s, "en")
	if l := measureSMS(v.text("https://example.com/tea/en/?c=sms")); l.alphabet != "GSM-7" || l.segments != 1 {
		t.Error(l)
	}
}

func TestParseBase(t *testing.T) {
	for address, want := range map[string]string{
		"https://Example.com":            "https://example.com/",
		"https://example.com/surveys":    "https://example.com/surveys/",
		"https://example.com/surveys/":   "https://example.com/surveys/",
		"http://127.0.0.1:8080/":         "http://127.0.0.1:8080/",
		"https://例子.example/问卷":          "https://xn--fsqu00a.example/%E9%97%AE%E5%8D%B7/",
		"example.com":                    "",
		"//example.com/":                 "",
		"ftp://example.com/":             "",
		"https://a_b.example/":           "https://a_b.example/",
		"https://":                       "",
		"https://user:pw@example.com/":   "",
		"https://example.com/?a=b":       "",
		"https://example.com/#top":       "",
		"https://example.com/%zz":        "",
		"https://example.com/a b/":       "https://example.com/a%20b/",
		"https://example.com:8443/x":     "https://example.com:8443/x/",
		"javascript:alert(1)//example/x": "",
	} {
		got, err := ParseBase(address)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", address, got, err, want)
		}
	}
}
