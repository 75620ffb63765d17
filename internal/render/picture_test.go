package render

import (
	"bytes"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const withPictures = `title: {zh: 茶, en: Tea}
languages: [zh, en]
sections:
  - questions:
      - {id: tea, type: rating, steps: 5, label: {zh: 茶, en: Tea}, image: {file: cup.jpg, alt: {zh: 一只<杯子>, en: A cup}}}
      - id: cup
        type: multi_choice
        label: {zh: 哪只, en: Which}
        display: image_choice
        other: true
        options:
          - {id: a, label: {zh: 甲, en: A}, image: {file: a.jpg, alt: ""}}
          - {id: b, label: {zh: 乙, en: B}}
      - {id: end, type: note, label: {zh: 完, en: End}, image: {file: end.jpg, alt: ""}}
`

func TestPictures(t *testing.T) {
	files := func(name string, of survey.PictureUse) ([]survey.PictureCopy, error) {
		return []survey.PictureCopy{{Path: "assets/small-" + name, Width: 320, Height: 240}, {Path: "assets/wide-" + name, Width: 640, Height: 480}}, nil
	}
	s, problems := questionnaire.ParseWith("tea.yaml", []byte(withPictures), questionnaire.Files{Picture: files})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r, err := New(glasspoll.Templates(), Assets{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Survey(&b, s, SurveyPage{Language: "zh", Root: "../"}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`<p class="picture"><img src="../assets/small-cup.jpg" srcset="../assets/small-cup.jpg 320w, ../assets/wide-cup.jpg 640w" sizes="` + questionSizes + `" width="320" height="240" alt="一只&lt;杯子&gt;"></p>`,
		`value="a" id="q-cup"><img src="../assets/small-a.jpg" srcset="../assets/small-a.jpg 320w, ../assets/wide-a.jpg 640w" sizes="` + cardSizes + `" width="320" height="240" loading="lazy" alt=""><span>甲</span></label>`,
		`<div class="list cards">`,
		`value="b"><span>乙</span></label>`,
		`width="320" height="240" loading="lazy" alt=""></p>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(page, "<img"); n != 3 {
		t.Errorf("%d pictures, want 3\n%s", n, page)
	}
}
