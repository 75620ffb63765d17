package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// copies records what is to be put in place.
type copies []string

func (c *copies) Copy(_ context.Context, from, to string) (bool, error) {
	*c = append(*c, from+" as "+to)
	return true, nil
}

func TestFormsAreThoseOfTheMoment(t *testing.T) {
	const source = "title: {zh: 茶, en: Tea}\nlanguages: [zh, en]\ntimezone: Asia/Shanghai\nsections: [{questions: [{id: taste, type: yes_no, label: {zh: 好, en: Good}}]}]\n"
	for at, want := range map[string]string{
		"2026-09-30T15:59:59Z": "early", "2026-09-30T16:00:00Z": "open", "2026-10-31T15:59:59Z": "open", "2026-10-31T16:00:00Z": "closed", "": "",
	} {
		window := "window: {from: 2026-10-01, until: 2026-10-31}\n"
		if at == "" {
			window = ""
		}
		s, problems := questionnaire.Parse("tea.yaml", []byte(source+window))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		now, _ := time.Parse(time.RFC3339, at)
		var got copies
		n, err := placeForm(t.Context(), &got, s, now)
		var all copies
		if want != "" {
			for _, dir := range []string{"tea/", "tea/zh/", "tea/en/"} {
				all = append(all, dir+want+".html as "+dir+"index.html")
			}
		}
		if err != nil || n != len(all) || !slices.Equal(got, all) {
			t.Errorf("at %s: %v, %v", at, got, err)
		}
	}
}

// siteInMemory is files, and what the table says of the home pages. Each call lets a publisher do the next of its steps, if it is time.
type siteInMemory struct {
	files map[string]string
	homes render.Homes
	steps []func(*siteInMemory) // of a publisher that is at work meanwhile
	calls int
	start int // the call before which it begins
}

func (b *siteInMemory) step() {
	if b.calls++; b.calls > b.start && len(b.steps) > 0 {
		b.steps[0](b)
		b.steps = b.steps[1:]
	}
}

func (b *siteInMemory) Homes(context.Context) (render.Homes, error) {
	b.step()
	return b.homes, nil
}

func (b *siteInMemory) Copy(_ context.Context, from, to string) (bool, error) {
	b.step()
	content, ok := b.files[from]
	if ok {
		b.files[to] = content
	}
	return ok, nil
}

// The home pages in place are those of the moment, and of the site that was published last, whenever that was.
func TestHomePagesAreThoseOfTheMoment(t *testing.T) {
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	site := func(name string) (render.Homes, map[string]string) {
		return render.Homes{
				{Files: map[string]string{"index.html": name + " early", "en/index.html": name + " early, en"}},
				{From: at, Files: map[string]string{"index.html": name + " open", "en/index.html": name + " open, en"}},
			}, map[string]string{
				name + " early": name + " early", name + " early, en": name + " early, en", name + " open": name + " open", name + " open, en": name + " open, en",
			}
	}
	older, files := site("older")
	newer, more := site("newer")
	for name, want := range map[time.Duration]string{-time.Second: "early", 0: "open", time.Hour: "open"} {
		now := func() time.Time { return at.Add(name) }
		for start := range 12 {
			b := &siteInMemory{files: maps.Clone(files), homes: older, start: start}
			b.files["index.html"], b.files["en/index.html"] = "older early", "older early, en"
			b.steps = []func(*siteInMemory){ // the order of glasspoll publish
				func(b *siteInMemory) { maps.Copy(b.files, more) },
				func(b *siteInMemory) { b.homes = newer },
				func(b *siteInMemory) { b.files["en/index.html"] = "newer " + want + ", en" },
				func(b *siteInMemory) { b.files["index.html"] = "newer " + want },
			}
			if err := placeHomes(t.Context(), b, b, now); err != nil {
				t.Fatal(err)
			}
			published := len(b.steps) < 4
			for len(b.steps) > 0 && published {
				b.step()
			}
			site := "older "
			if published {
				site = "newer "
			}
			if b.files["index.html"] != site+want || b.files["en/index.html"] != site+want+", en" {
				t.Errorf("%v, published at call %d: in place are %q and %q", name, start, b.files["index.html"], b.files["en/index.html"])
			}
		}
	}
	for _, homes := range []render.Homes{nil, older[:1]} { // of an earlier version; without windows
		b := &siteInMemory{files: map[string]string{"index.html": "as it was", "older early": "older early"}, homes: homes}
		if err := placeHomes(t.Context(), b, b, time.Now); err != nil || b.files["index.html"] != "as it was" || b.calls != 1 {
			t.Errorf("%v: %q after %d calls", err, b.files["index.html"], b.calls)
		}
	}
	b := &siteInMemory{files: files, homes: older}
	for range 20 { // the site is published again and again
		b.steps = append(b.steps, func(b *siteInMemory) { b.homes = slices.Concat(b.homes, older) })
	}
	if err := placeHomes(t.Context(), b, b, func() time.Time { return at }); !errors.Is(err, store.ErrStale) {
		t.Errorf("without end: %v", err)
	}
}
