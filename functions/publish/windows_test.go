package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"glasspoll/internal/questionnaire"
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
