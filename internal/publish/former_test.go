package publish

import (
	"strings"
	"testing"
)

// TestFormerFilesAreEmptied edits a questionnaire so that it has fewer pages: those of groups, of a language, of a period that
// is too small now. None of them keeps a figure, whether the publisher has written them or another one, and a page that is
// listed again has its figures again.
func TestFormerFilesAreEmptied(t *testing.T) {
	for name, edit := range map[string]struct{ from, to, file string }{
		"no segment":   {", segment: true", "", "sample/results/by/tier/yes/index.html"},
		"no language":  {"", "", "sample/en/results/results.json"},
		"a larger k":   {"min_group: 5", "min_group: 12", "sample/results/by/tier/no/index.html"},
		"staff's only": {"{min_group: 5}", "{min_group: 12, audience: staff}", "sample/results/by/tier/no/index.html"},
	} {
		for _, cold := range []bool{false, true} {
			s, m := parse(t, sample), newFakeStore()
			m.putMany(0, 20, "2026-10")
			p := m.publisher(at(20))
			publish(t, p, s)
			before := m.pages[edit.file]
			if before.body == "" {
				t.Fatalf("%s: there is no %s", name, edit.file)
			}
			source := strings.Replace(sample, edit.from, edit.to, 1)
			if name == "no language" {
				source = strings.NewReplacer("{en: Sample, zh: 样本}", "样本", "[zh, en]", "[zh]", "{en: All, zh: 全部}", "全部", "{en: Member, zh: 会员}", "会员", "{en: Rated, zh: 评分}", "评分").Replace(sample)
			}
			if cold {
				p = m.publisher(at(20))
			}
			publish(t, p, m.answer(parse(t, source)))
			m.putMany(20, 32, "2026-10")
			publish(t, p, m.answer(parse(t, source)))
			if after := m.pages[edit.file]; after.tag == before.tag || strings.HasSuffix(after.body, " 20") || strings.HasSuffix(after.body, " 10") {
				t.Errorf("%s (cold: %t): %s is %q, and was %q", name, cold, edit.file, after.body, before.body)
			}
			if strings.Contains(edit.to, "12") {
				continue // k holds for the rest of the period
			}
			m.putMany(32, 44, "2026-10")
			publish(t, p, s)
			if again := m.pages[edit.file].body; strings.HasSuffix(again, " r0") || again == "" {
				t.Errorf("%s (cold: %t): listed again, %s is %q", name, cold, edit.file, again)
			}
		}
	}
}
