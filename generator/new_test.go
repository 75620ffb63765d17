package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/console"
	"glasspoll/internal/survey"
)

// TestNewIsGood makes questionnaires with every set of topics; scales, languages, periods and bands are drawn for
// each, so that every pair of choices meets. Each must be good, without advice, and ask for what was chosen.
func TestNewIsGood(t *testing.T) {
	scales, periods, bands := []int{4, 5, 7, 10}, []string{"none", "month", "quarter", "year"}, []string{"none", "50", "80,60", "80,70,60", "90,80,70,60"}
	languages := [][2]string{{"茶馆调查", "Tea house survey"}, {"茶馆调查", ""}, {"", "Tea house survey"}}
	emails, purposes, speaks := []string{"", "tea@company.example"}, []string{"", "决定开不开第二家店"}, []string{"zh", "en"}
	met := map[string]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	make := func(chosen []string, scale int, title [2]string) {
		k := newCommand{TitleZh: title[0], TitleEn: title[1], Topics: strings.Join(chosen, ","), Scale: scale,
			Period: periods[random.IntN(4)], Bands: bands[random.IntN(5)], Email: emails[random.IntN(2)], PurposeZh: purposes[random.IntN(2)], Language: speaks[random.IntN(2)]}
		d, err := k.draft()
		if err != nil {
			t.Fatalf("%+v: %v", k, err)
		}
		d.comments = k.Language
		source, s, err := d.write()
		if err != nil {
			t.Fatalf("%+v: %v\n%s", k, err, d.yaml())
		}
		if found := advice.Of(s, "new.yaml", source); len(found) > 0 {
			t.Errorf("%+v: %v\n%s", k, found, source)
		}
		if !slices.Equal(s.Languages, d.languages) || s.Period != survey.Period(k.Period) || len(s.Sections) != len(chosen) {
			t.Errorf("%+v: not what was chosen\n%s", k, source)
		}
		for i, section := range s.Sections { // in the order of the list, whatever was typed
			if i > 0 && slices.Index(topics, section.ID) < slices.Index(topics, s.Sections[i-1].ID) || !slices.Contains(chosen, section.ID) {
				t.Errorf("%+v: section %s", k, section.ID)
			}
		}
		for q := range s.Questions() {
			if steps := len(q.Options); q.Dimension != "" && scale > 5 && steps != scale || q.Dimension != "" && scale <= 5 && steps != scale+1 {
				t.Errorf("%+v: %s has %d steps", k, q.ID, steps)
			}
		}
		choices := append(slices.Clone(chosen), fmt.Sprint("scale ", scale), "languages "+strings.Join(s.Languages, ""), "period "+k.Period, "bands "+k.Bands)
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

// TestNewQuotes puts into the file what YAML would otherwise take for something else.
func TestNewQuotes(t *testing.T) {
	for _, title := range []string{`a: b`, `"quoted" 'twice'`, `# no comment`, `yes`, `- item`, `{brace}, [bracket]`, `back\slash`, `5`, `null`, `*star & more!`, `100 % <b>&amp;</b>`, `结尾：冒号`, "two\nlines\tand a tab", `@at`, "`tick`", `| pipe`, `é 日本`} {
		k := newCommand{TitleEn: title, PurposeEn: title, ID: "tea", Topics: "overall", Scale: 5, Period: "none", Bands: "none"}
		d, err := k.draft()
		if err != nil {
			t.Fatal(err)
		}
		d.comments = "en"
		_, s, err := d.write()
		if err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		if want := oneLine(title); s.Title["en"] != want || !strings.Contains(s.Intro["en"], strings.TrimRight(want, "!")) {
			t.Errorf("title %q, want %q; intro %q", s.Title["en"], want, s.Intro["en"])
		}
	}
}

func TestNewIDs(t *testing.T) {
	for title, want := range map[string]string{
		"Tea house survey": "tea_house_survey", "2026 Tea!": "tea", "Ümläut": "ml_ut", "": "satisfaction", "2026": "satisfaction",
		strings.Repeat("long ", 20): "long_long_long_long_long_long_long_long",
	} {
		if got := suggestedID(newCommand{}, survey.Text{"en": title}); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	if got := suggestedID(newCommand{Out: "a/b/tea-2.yaml"}, survey.Text{"en": "Other"}); got != "tea-2" {
		t.Errorf("the file's name: %q", got)
	}
}

func TestNewSpeech(t *testing.T) {
	for _, c := range []struct{ flag, all, messages, lang, want string }{
		{"", "", "", "zh_CN.UTF-8", "zh"}, {"", "", "", "", "en"}, {"", "en_US", "", "zh_CN", "en"}, {"zh", "en_US", "", "", "zh"},
		{"", "", "zh_TW", "en_US", "zh"}, {"", "", "", "de_DE", "en"}, {"en", "", "", "zh_CN", "en"},
	} {
		got, err := newCommand{Language: c.flag}.speech(func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}[name]
		})
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

// A folder that cannot be written leaves nothing behind, and says why.
func TestNewFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var out, trouble bytes.Buffer
	code := run(context.Background(), []string{"new", "--title-en", "Tea", "--out", filepath.Join(dir, "file", "tea.yaml")}, strings.NewReader(""), &out, &trouble)
	if code != console.ExitFailed || !strings.Contains(trouble.String(), "file") || out.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, out.String(), trouble.String())
	}
}
