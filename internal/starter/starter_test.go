package starter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/survey"
)

// TestDrafts makes questionnaires with every set of topics; scales, languages, periods and bands are drawn for
// each, so that every pair of choices meets. Each must be good, without advice, and ask for what was chosen.
func TestDrafts(t *testing.T) {
	scales, periods, bands := []int{4, 5, 7, 10}, []string{"none", "month", "quarter", "year"}, []string{"none", "50", "80,60", "80,70,60", "90,80,70,60"}
	languages := [][2]string{{"茶馆调查", "Tea house survey"}, {"茶馆调查", ""}, {"", "Tea house survey"}}
	emails, purposes, comments := []string{"", "tea@company.example"}, []string{"", "决定开不开第二家店"}, []string{"zh", "en"}
	met := map[string]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	make := func(chosen []string, scale int, title [2]string) {
		f := Flags{Title: survey.Text{"zh": title[0], "en": title[1]}, Topics: strings.Join(chosen, ","), Scale: scale,
			Period: periods[random.IntN(4)], Bands: bands[random.IntN(5)], Email: emails[random.IntN(2)], Purpose: survey.Text{"zh": purposes[random.IntN(2)]}}
		d, err := FromFlags(f)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		d.Comments = comments[random.IntN(2)]
		source, s, err := d.Questionnaire()
		if err != nil {
			t.Fatalf("%+v: %v\n%s", f, err, d.yaml())
		}
		if found := advice.Of(s, "new.yaml", source); len(found) > 0 {
			t.Errorf("%+v: %v\n%s", f, found, source)
		}
		if !slices.Equal(s.Languages, d.languages) || s.Period != survey.Period(f.Period) || len(s.Sections) != len(chosen) {
			t.Errorf("%+v: not what was chosen\n%s", f, source)
		}
		for i, section := range s.Sections { // in the order of the list, whatever was typed
			if i > 0 && slices.Index(topics, section.ID) < slices.Index(topics, s.Sections[i-1].ID) || !slices.Contains(chosen, section.ID) {
				t.Errorf("%+v: section %s", f, section.ID)
			}
		}
		for q := range s.Questions() {
			if steps := len(q.Options); q.Dimension != "" && scale > 5 && steps != scale || q.Dimension != "" && scale <= 5 && steps != scale+1 {
				t.Errorf("%+v: %s has %d steps", f, q.ID, steps)
			}
		}
		choices := append(slices.Clone(chosen), fmt.Sprint("scale ", scale), "languages "+strings.Join(s.Languages, ""), "period "+f.Period, "bands "+f.Bands)
		for _, a := range choices {
			for _, b := range choices {
				met[a+"|"+b] = true
			}
		}
	}
	for mask := 1; mask < 1<<len(topics); mask++ {
		var chosen []string
		for i, topic := range topics {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, topic)
			}
		}
		slices.Reverse(chosen)
		make(chosen, scales[random.IntN(4)], languages[random.IntN(3)])
		make(chosen, scales[random.IntN(4)], languages[random.IntN(3)])
	}
	choices := slices.Clone(topics)
	for _, scale := range scales {
		choices = append(choices, fmt.Sprint("scale ", scale))
	}
	for _, l := range []string{"zhen", "zh", "en"} {
		choices = append(choices, "languages "+l)
	}
	for _, p := range periods {
		choices = append(choices, "period "+p)
	}
	for _, b := range bands {
		choices = append(choices, "bands "+b)
	}
	kind := func(choice string) string { word, _, _ := strings.Cut(choice, " "); return word }
	for _, a := range choices {
		for _, b := range choices {
			if kind(a) != kind(b) && !met[a+"|"+b] {
				t.Errorf("%s and %s never met", a, b)
			}
		}
	}
}

// TestQuotes puts into the file what YAML would otherwise take for something else.
func TestQuotes(t *testing.T) {
	for _, title := range []string{`a: b`, `"quoted" 'twice'`, `# no comment`, `yes`, `- item`, `{brace}, [bracket]`, `back\slash`, `5`, `null`, `*star & more!`, `100 % <b>&amp;</b>`, `结尾：冒号`, "two\nlines\tand a tab", `@at`, "`tick`", `| pipe`, `é 日本`} {
		f := Flags{Title: survey.Text{"en": title}, Purpose: survey.Text{"en": title}, ID: "tea", Topics: "overall", Scale: 5, Period: "none", Bands: "none"}
		d, err := FromFlags(f)
		if err != nil {
			t.Fatal(err)
		}
		d.Comments = "en"
		_, s, err := d.Questionnaire()
		if err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		if want := oneLine(title); s.Title["en"] != want || !strings.EqualFold(s.Purpose["en"], want) {
			t.Errorf("title %q, want %q; purpose %q", s.Title["en"], want, s.Purpose["en"])
		}
	}
}

func TestSuggestedIDs(t *testing.T) {
	for title, want := range map[string]string{
		"Tea house survey": "tea_house_survey", "2026 Tea!": "tea", "Ümläut": "ml_ut", "": "satisfaction", "2026": "satisfaction",
		strings.Repeat("long ", 20): "long_long_long_long_long_long_long_long",
	} {
		if got := (Flags{}).suggestedID(survey.Text{"en": title}); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	if got := (Flags{File: "a/b/tea-2.yaml"}).suggestedID(survey.Text{"en": "Other"}); got != "tea-2" {
		t.Errorf("the file's name: %q", got)
	}
}
