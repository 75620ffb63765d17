package publish

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/survey"
)

// manyGroups returns the sample with a number of groups.
func manyGroups(t *testing.T, groups int, title, audience string) *survey.Survey {
	var options strings.Builder
	for i := range groups {
		fmt.Fprintf(&options, "{id: g%03d, label: {en: Branch %d, zh: 第%d网点}}, ", i, i, i)
	}
	source := strings.Replace(sample, "type: yes_no, label: {en: Member, zh: 会员}, segment: true",
		"type: single_choice, display: dropdown, segment: true, label: {en: Branch, zh: 网点}, options: ["+options.String()+"]", 1)
	source = strings.Replace(source, "en: Sample", "en: "+title, 1)
	return parse(t, strings.Replace(source, "min_group: 5", "min_group: 5, audience: "+audience, 1))
}

// Of more groups and periods than there are pages, those that are not listed any more show nothing of what was: no old title, and, at
// the address of a period, no figures of another one.
func TestUnlistedPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ groups, periods int }{{3, 27}, {60, 3}, {85, 3}, {120, 3}} {
		m, s := newFakeStore(), manyGroups(t, c.groups, "First", "public")
		m.answer(s)
		publisher := New(m.options(titled{}, at(20)))
		newest := ""
		check := func(s *survey.Survey) {
			t.Helper()
			for _, path := range slices.Sorted(maps.Keys(m.pages)) {
				body := m.pages[path].body
				to, moved := headers.MovedTo([]byte(body))
				_, at, _ := strings.Cut(path, "results/")
				period, _, ofGroup := strings.Cut(at, "/by/")
				switch {
				case hidden(s) && !moved && body != notPublic, !hidden(s) && !moved && !strings.HasPrefix(body, s.Title.In("en")+": "):
					t.Errorf("%v: %s is %.60q", c, path, body)
				case ofGroup && period != newest && strings.HasPrefix(period, "20") && moved && to != "../../../" && !hidden(s):
					t.Errorf("%v: %s leads to %s", c, path, to)
				}
			}
		}
		for i := range c.periods {
			newest = fmt.Sprintf("20%d-%02d", 20+i/12, 1+i%12)
			for n := range 5 * c.groups {
				m.add(answer.Response{ID: fmt.Sprint(newest, n), Period: newest, Answers: []answer.Answer{{"tier", fmt.Sprintf("g%03d", n%c.groups)}, {"rated", "3"}}})
			}
			publish(t, publisher, s)
			check(s)
		}
		for _, s := range []*survey.Survey{manyGroups(t, c.groups, "Second", "public"), manyGroups(t, c.groups, "Third", "staff"), manyGroups(t, c.groups, "Fourth", "public")} {
			publish(t, publisher, s)
			check(s)
			publish(t, New(m.options(titled{}, at(20))), s)
			check(s)
		}
	}
}

// Pages that there were under a questionnaire from which nothing was released lose what they show as well.
func TestPagesBetweenReleases(t *testing.T) {
	t.Parallel()
	in := func(languages, title string) *survey.Survey {
		source := strings.Replace(strings.Replace(sample, "[zh, en]", languages, 1), "en: Sample", "en: "+title, 1)
		if languages == "[zh]" {
			source = regexp.MustCompile(`en: \w+, `).ReplaceAllString(source, "")
		}
		return parse(t, source)
	}
	for _, between := range []string{"[en, zh]", "[zh]"} {
		m := newFakeStore()
		m.putMany(0, 20, "2026-09")
		publisher := New(m.options(titled{}, at(20)))
		for _, s := range []*survey.Survey{in("[zh, en]", "First"), in(between, "First"), in("[zh, en]", "First"), in("[zh, en]", "Second")} {
			publish(t, publisher, s)
		}
		publish(t, publisher, in(between, "Second"))
		publish(t, publisher, in("[zh, en]", "Third"))
		for path, page := range m.pages {
			if _, moved := headers.MovedTo([]byte(page.body)); !moved && !strings.HasPrefix(page.body, "Third: ") {
				t.Errorf("%s: %s is %.60q", between, path, page.body)
			}
		}
	}
}
