package questionnaire

import (
	"reflect"
	"strings"
	"testing"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

const themed = `title: {zh: 题, en: T}
languages: [zh, en]
theme:
  name: {zh: 明灯, en: Lantern}
  logo: lantern.svg
  logo_dark: dark/lantern.svg
  light: {accent: "#7a1f5c", ink: " #123 ", paper: "#F6F3EF"}
  dark: {accent: "#f19ac8"}
  corners: 0
  cover: {file: good.jpg, alt: {zh: 店面, en: The shop}}
sections: [{questions: [{id: a, type: yes_no, label: {zh: 题, en: L}}]}]
`

func TestTheme(t *testing.T) {
	var given *survey.Theme
	s, problems := ParseWith("t.yaml", []byte(themed), Files{Picture: onlyGoodPictures, Theme: func(t *survey.Theme) []ThemeFault {
		given = t
		return nil
	}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	square := 0
	want := &survey.Theme{
		Name: survey.Text{"zh": "明灯", "en": "Lantern"}, Logo: "lantern.svg", LogoDark: "dark/lantern.svg", Corners: &square,
		Light: survey.Colours{Accent: "#7a1f5c", Ink: "#123", Paper: "#F6F3EF"}, Dark: survey.Colours{Accent: "#f19ac8"},
		Cover: &survey.Cover{Picture: &survey.Picture{File: "good.jpg", Alt: survey.Text{"zh": "店面", "en": "The shop"},
			Copies: []survey.PictureCopy{{Path: "assets/good.jpg", Width: 640, Height: 480}}}},
	}
	if !reflect.DeepEqual(s.Theme, want) || given != s.Theme {
		t.Errorf("theme %+v, want %+v", s.Theme, want)
	}
	read, err := survey.Decode(s.Encode())
	if err != nil || !reflect.DeepEqual(read.Theme, want) {
		t.Errorf("decoded %+v, %v", read.Theme, err)
	}

	// Another look is another version, of the same questions.
	for _, edit := range [][2]string{{"#f19ac8", "#f29ac8"}, {"corners: 0", "corners: 1"}, {"The shop", "A shop"}, {"logo: lantern.svg", "logo: other.svg"}, {`cover: {file: good.jpg, alt: {zh: 店面, en: The shop}}`, `cover: "#123456"`}} {
		other, problems := ParseWith("t.yaml", []byte(strings.Replace(themed, edit[0], edit[1], 1)), Files{Picture: onlyGoodPictures})
		if len(problems) > 0 {
			t.Errorf("%s: %v", edit[1], problems)
		} else if other.Version == s.Version || other.Shape != s.Shape || string(other.Form()) != string(s.Form()) {
			t.Errorf("%s: version %s and %s, shape %s and %s", edit[1], s.Version, other.Version, s.Shape, other.Shape)
		}
	}
}

// TestThemeFaults checks where problems of the theme as a whole are reported, and that they are reported with all others.
func TestThemeFaults(t *testing.T) {
	for at, want := range map[string]string{
		"light accent": `7:19: wrong`,
		"light":        `7:10: wrong`,
		"dark ink":     `8:9: wrong`, // it has none
		"logo":         `5:9: wrong`,
		"":             `4:3: wrong`,
	} {
		files := Files{Theme: func(*survey.Theme) []ThemeFault {
			return []ThemeFault{{At: strings.Fields(at), Message: message.Plain("wrong")}}
		}}
		s, problems := ParseWith("t.yaml", []byte(strings.Replace(themed, "type: yes_no", "type: yes", 1)), files)
		if s != nil || len(problems) != 2 || problems[0].String() != "t.yaml:"+want || !strings.HasPrefix(problems[1].String(), "t.yaml:11:") {
			t.Errorf("%q: %v, want %s", at, problems, want)
		}
	}
	s, problems := ParseWith("t.yaml", []byte("title: T\ntheme: &look {corners: 3}\nx-b: *look\nsections: [{questions: [{id: a, type: yes_no, label: L}]}]\n"), Files{})
	if len(problems) > 0 || *s.Theme.Corners != 3 {
		t.Errorf("unchecked: %v", problems)
	}
}
