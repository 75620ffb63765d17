package upload

import (
	"slices"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// A plan that is not public any more is not read at its address either, also if the upload that takes it back fails at first.
func TestPlansAreTakenBack(t *testing.T) {
	parse := func(audience string) *survey.Survey {
		s, problems := questionnaire.Parse("tea.yaml", []byte("title: {en: Tea, zh: 茶}\nlanguages: [en, zh]\nplan: {purpose: {en: Secret, zh: 秘密}, target: {en: All, zh: 全部}, method: {en: Online, zh: 网上}}\n"+
			"results: {audience: "+audience+"}\nsections: [{questions: [{id: taste, type: yes_no, label: {en: Taste, zh: 味道}}]}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return s
	}
	renderer, assets, err := site.NewRenderer(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	public := parse("public")
	d := &deployment{definitions: map[string]*survey.Survey{"tea": public}, actions: map[string]survey.Actions{}, files: map[string]string{}}
	var names []string
	for _, f := range site.CompanionFiles(public) {
		if !strings.Contains(f.Name, "/plan/") {
			continue // a page that every survey has
		}
		names = append(names, f.Name)
		d.files[f.Name] = "Secret"
	}
	if want := []string{"tea/plan/index.html", "tea/en/plan/index.html", "tea/zh/plan/index.html"}; !slices.Equal(names, want) {
		t.Fatalf("%q", names)
	}
	s := Site{Dir: t.TempDir(), Surveys: []*survey.Survey{parse("staff")}, Renderer: renderer, Assets: assets.Links}
	var out strings.Builder
	upload := func(dryRun bool) error {
		return Upload(t.Context(), &console.Console{Out: &out}, d, d, s, dryRun)
	}
	if err := upload(true); err != nil || d.files[names[0]] != "Secret" || !strings.Contains(out.String(), "tea/plan/index.html is taken back") {
		t.Fatalf("%v\n%s", err, &out)
	}
	d.failAt = names[1]
	if err := upload(false); err == nil || d.definitions["tea"] != public {
		t.Fatal(err)
	}
	d.failAt = ""
	if err := upload(false); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if page := d.files[name]; strings.Contains(page, "Secret") || !strings.Contains(page, "<!doctype html>") {
			t.Errorf("%s: %s", name, page)
		}
	}
	if !strings.Contains(d.files["tea/zh/plan/index.html"], `lang="zh"`) {
		t.Error(d.files["tea/zh/plan/index.html"])
	}
}
