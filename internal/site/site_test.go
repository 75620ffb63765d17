package site_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"glasspoll"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// files is an Output in memory.
type files struct {
	mu sync.Mutex
	m  map[string]string
}

func (f *files) Write(path string, content []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, twice := f.m[path]; twice {
		return errors.New("written twice")
	}
	f.m[path] = string(content)
	return nil
}

func parse(t *testing.T, id, languages string) *survey.Survey {
	t.Helper()
	return parseText(t, id, fmt.Sprintf(`title: {zh: 喝茶, en: Tea}
languages: [%s]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}}
`, languages))
}

func parseText(t *testing.T, id, text string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(id+".yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func build(t *testing.T, surveys []*survey.Survey) map[string]string {
	t.Helper()
	return buildWith(t, surveys, &theme.Theme{})
}

func buildWith(t *testing.T, surveys []*survey.Survey, custom *theme.Theme) map[string]string {
	t.Helper()
	assets, err := site.ReadAssets(glasspoll.Templates(), custom)
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := render.New(glasspoll.Templates(), assets.Links)
	if err != nil {
		t.Fatal(err)
	}
	out := &files{m: map[string]string{}}
	if err := site.Build(surveys, renderer, assets, time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC), out); err != nil {
		t.Fatal(err)
	}
	return out.m
}

// What the invited see is at every address of the survey, one folder further down, and only of a survey with invitations.
func TestBuildInvitees(t *testing.T) {
	assets, err := site.ReadAssets(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := render.New(glasspoll.Templates(), assets.Links)
	if err != nil {
		t.Fatal(err)
	}
	s := parse(t, "tea", "en, zh")
	out := &files{m: map[string]string{}}
	if err := site.BuildInvitees(s, renderer, out); err != nil || len(out.m) > 0 {
		t.Fatal(err, out.m)
	}
	s.Access, s.Anonymity = survey.InvitedAccess, survey.Confidential
	if err := site.BuildInvitees(s, renderer, out); err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(out.m)); !slices.Equal(got, []string{"tea/en/invitee/index.html", "tea/invitee/index.html", "tea/zh/invitee/index.html"}) {
		t.Fatal(got)
	}
	page := out.m["tea/zh/invitee/index.html"]
	for _, want := range []string{"<form", "保密", `href="../../../tea/invitee/"`, `href="../../../tea/zh/invitee/"`, `action="../../../api/surveys/tea/responses"`, "noindex"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
	if plain := build(t, []*survey.Survey{s})["tea/index.html"]; strings.Contains(plain, "<form") {
		t.Error("the site has a form for others")
	}
}

var linked = regexp.MustCompile(`(?:href|src|action)="([^"#?]*)`)

// TestEveryLinkLeadsSomewhere follows every address in every page from where the page is.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := build(t, []*survey.Survey{parse(t, "coffee", "zh, en"), parse(t, "tea", "en, zh")})
	links := 0
	for name, content := range all {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, found := range linked.FindAllStringSubmatch(content, -1) {
			address := found[1]
			if address == "" {
				continue
			}
			links++
			if strings.HasPrefix(address, "/") || strings.Contains(address, ":") {
				t.Errorf("%s: %q is not relative", name, address)
				continue
			}
			target := path.Join(path.Dir(name), address)
			if strings.HasSuffix(address, "/") {
				target = path.Join(target, "index.html")
			}
			if _, there := all[target]; !there && !strings.HasPrefix(target, "api/surveys/") {
				t.Errorf("%s: %q leads to %s, which is not there", name, address, target)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links found", links)
	}
}

func TestBuildWritesEveryPage(t *testing.T) {
	got := slices.Sorted(maps.Keys(build(t, []*survey.Survey{parse(t, "tea", "zh, en")})))
	got = slices.DeleteFunc(got, func(name string) bool { return strings.HasPrefix(name, "assets/") })
	want := []string{"en/index.html", "index.html", "tea/definition.json"}
	for _, dir := range []string{"tea/", "tea/en/", "tea/zh/"} {
		want = append(want, dir+"index.html", dir+"results/index.html", dir+"results/results.csv", dir+"results/results.json", dir+"thanks/index.html", dir+"withdraw/index.html")
	}
	want = append(want, "zh/index.html")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	surveys := []*survey.Survey{parse(t, "coffee", "zh, en"), parse(t, "tea", "en, zh"), parse(t, "water", "zh, en")}
	first := build(t, surveys)
	for range 5 {
		if !maps.Equal(first, build(t, surveys)) {
			t.Fatal("two builds of the same surveys differ")
		}
	}
}

func TestAssetsAreNamedByContent(t *testing.T) {
	files := fstest.MapFS{
		"style.css":      {Data: []byte("body {\n  color: red;\n}\n")},
		"script.js":      {Data: []byte("(() => { const unused = 1; })();\n")},
		"script_full.js": {}, "thanks.js": {}, "blind.js": {}, "seal.js": {}, "home.js": {}, "work.js": {}, "opened.js": {}, "home.css": {}, "thanks.css": {}, "style_full.css": {}, "results.css": {}, "document.css": {}, "icon.svg": {},
	}
	before, err := site.ReadAssets(files, &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	files["style.css"] = &fstest.MapFile{Data: []byte("body {\n  color: blue;\n}\n")}
	after, err := site.ReadAssets(files, &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	if before.Links.Style == after.Links.Style || before.Links.Script != after.Links.Script {
		t.Errorf("a new stylesheet changes %v to %v", before.Links, after.Links)
	}
	files["script.js"] = &fstest.MapFile{Data: []byte("(() => {\n  const = 1;\n})();\n")}
	if _, err := site.ReadAssets(files, &theme.Theme{}); err == nil || !strings.HasPrefix(err.Error(), "script.js:2:9: ") {
		t.Errorf("a faulty script: %v", err)
	}
	delete(files, "script.js")
	if _, err := site.ReadAssets(files, &theme.Theme{}); err == nil || !strings.Contains(err.Error(), "script.js") {
		t.Errorf("a missing script: %v", err)
	}

	files["script.js"] = &fstest.MapFile{Data: []byte("import { a } from \"./rules.js\";\nalert(a);\n")}
	if _, err := site.ReadAssets(files, &theme.Theme{}); err == nil || !strings.Contains(err.Error(), "rules.js") {
		t.Errorf("a missing import: %v", err)
	}
	files["rules.js"] = &fstest.MapFile{Data: []byte("export const a = \"one\";\n")}
	one, err := site.ReadAssets(files, &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	files["rules.js"] = &fstest.MapFile{Data: []byte("export const a = \"two\";\n")}
	two, err := site.ReadAssets(files, &theme.Theme{})
	if err != nil || one.Links.Script == two.Links.Script {
		t.Errorf("what is imported is no part of the script's name: %v", err)
	}

	all := build(t, []*survey.Survey{parse(t, "tea", "zh, en")})
	assets, err := site.ReadAssets(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []render.Asset{assets.Links.Style, assets.Links.Script, assets.Links.Full} {
		sum := sha512.Sum384([]byte(all[link.Path]))
		if want := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); link.Integrity != want {
			t.Errorf("%s has the integrity %s, want %s", link.Path, link.Integrity, want)
		}
	}
}

// A page loads one script at most, without eval, and small: it is loaded by people on the road. Only pages that need it have
// the full one.
func TestScriptsAreSmall(t *testing.T) {
	assets, err := site.ReadAssets(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	surveys := []*survey.Survey{parse(t, "tea", "zh, en")}
	for id, text := range map[string]string{
		"steps":   "layout: steps\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]",
		"cards":   "layout: cards\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]",
		"ranking": "sections: [{questions: [{id: q, type: ranking, label: Q, options: [{id: a, label: A}, {id: b, label: B}]}]}]",
		"sum":     "sections: [{questions: [{id: q, type: constant_sum, label: Q, total: 10, options: [{id: a, label: A}, {id: b, label: B}]}]}]",
		"sealed":  "seal: {keys: [sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8]}\nsections: [{questions: [{id: q, type: email, label: Q}]}]",
		"slider":  "sections: [{questions: [{id: q, type: number, display: slider, label: Q, min: 0, max: 10}]}]",
	} {
		surveys = append(surveys, parseText(t, id, "title: Tea\nlanguages: [en]\n"+text))
	}
	files := build(t, surveys)
	for address, link := range map[string]render.Asset{
		"tea/index.html": assets.Links.Script, "steps/index.html": assets.Links.Full, "cards/index.html": assets.Links.Full, "ranking/index.html": assets.Links.Full,
		"sum/index.html": assets.Links.Full, "slider/index.html": assets.Links.Full, "tea/thanks/index.html": assets.Links.Thanks,
	} {
		if page := files[address]; strings.Count(page, "<script src=") != 1 || !strings.Contains(page, link.Path) {
			t.Errorf("%s does not load %s, and that alone", address, link.Path)
		}
	}
	for address, isSealed := range map[string]bool{"sealed/index.html": true, "sealed/thanks/index.html": false, "tea/index.html": false} {
		if page := files[address]; strings.Contains(page, assets.Links.Seal.Path) != isSealed || strings.Contains(page, `id="sealing"`) != isSealed {
			t.Errorf("%s: the script that seals is there: %t", address, !isSealed)
		}
	}
	for link, limit := range map[render.Asset]int{assets.Links.Seal: 7 << 8, assets.Links.Script: 8 << 10, assets.Links.Full: 10 << 10, assets.Links.Thanks: 2 << 10, assets.Links.Blind: 3 << 10} {
		script := files[link.Path]
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(script))
		w.Close()
		t.Logf("%s: %d bytes, gzipped %d", link.Path, len(script), packed.Len())
		if packed.Len() > limit || packed.Len() < 100 {
			t.Errorf("%s has %d bytes gzipped", link.Path, packed.Len())
		}
		for _, word := range []string{"eval(", "Function(", "innerHTML", "import ", "document.write"} {
			if strings.Contains(script, word) {
				t.Errorf("%s says %q", link.Path, word)
			}
		}
	}
	for _, address := range []string{"index.html", "tea/results/index.html"} {
		if strings.Contains(files[address], "<script") {
			t.Errorf("%s loads a script, and has no use for it", address)
		}
	}
}

func TestCheckFindsConflicts(t *testing.T) {
	reserved := parse(t, "tea", "zh, en")
	reserved.ID = "assets"
	for want, surveys := range map[string][]*survey.Survey{
		"":                 {parse(t, "coffee", "zh, en"), parse(t, "tea", "zh, en")},
		"two surveys":      {parse(t, "tea", "zh, en"), parse(t, "tea", "en, zh")},
		"home page":        {parse(t, "coffee", "zh, en"), parse(t, "en", "zh, en")},
		"the site itself:": {reserved},
	} {
		err := site.Check(surveys)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Home pages over time are those that are built at each end of a window, and are known by their content.
func TestHomesOverTime(t *testing.T) {
	surveys := []*survey.Survey{
		parse(t, "always", "zh, en"),
		parseText(t, "autumn", "title: Autumn\ntimezone: Asia/Shanghai\nwindow: {from: 2026-10-01, until: 2026-10-31}\nsections: [{questions: [{id: a, type: yes_no, label: A}]}]\n"),
		parseText(t, "past", "title: Past\ntimezone: UTC\nwindow: {until: 2026-08-31}\nsections: [{questions: [{id: a, type: yes_no, label: A}]}]\n"),
	}
	renderer, _, err := site.NewRenderer(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	homes, made, err := site.Homes(surveys, renderer, now)
	if err != nil {
		t.Fatal(err)
	}
	var ends []string
	for _, since := range homes {
		ends = append(ends, since.From.Format(time.RFC3339))
	}
	if want := []string{"0001-01-01T00:00:00Z", "2026-09-30T16:00:00Z", "2026-10-31T16:00:00Z"}; !slices.Equal(ends, want) {
		t.Errorf("home pages change at %v, want %v", ends, want)
	}
	for _, at := range []time.Time{now, now.AddDate(0, 1, 0), now.AddDate(0, 3, 0)} {
		built := &files{m: map[string]string{}}
		if err := site.BuildHome(surveys, renderer, at, built); err != nil {
			t.Fatal(err)
		}
		inPlace := homes.At(at)
		if len(inPlace) != len(built.m) || len(inPlace) == 0 {
			t.Errorf("%v: %v", at, inPlace)
		}
		for address, content := range built.m {
			name := inPlace[address]
			if string(made[name]) != content || path.Dir(name) != path.Dir(address) || !regexp.MustCompile(`^home-[0-9a-f]{16}\.html$`).MatchString(path.Base(name)) {
				t.Errorf("%v: %s is %q, which is another page", at, address, name)
			}
		}
	}
	if early := homes[0].Files["index.html"]; early == homes[1].Files["index.html"] {
		t.Error("the page does not change when a survey opens")
	}
	if one, _, err := site.Homes(surveys[:1], renderer, now); err != nil || len(one) != 1 {
		t.Errorf("without windows: %v, %v", one, err)
	}
}

// The plan of a survey is a page beside its form, in each language, and where results are not public there is none.
func TestPlanBesideTheForm(t *testing.T) {
	s := rendertest.Every(t)
	files := build(t, []*survey.Survey{s})
	for _, name := range []string{"every/plan/index.html", "every/zh/plan/index.html", "every/en/plan/index.html"} {
		if !strings.Contains(files[name], "QR-2") {
			t.Errorf("%s: %.200s", name, files[name])
		}
	}
	closed := *s
	closed.Results.Audience = "management"
	for name, content := range build(t, []*survey.Survey{&closed}) {
		if strings.Contains(name, "/plan/") || strings.Contains(content, "QR-2") {
			t.Errorf("%s has the plan", name)
		}
	}
}
