package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/yuin/goldmark"
	"gopkg.in/yaml.v3"
)

// hostileTexts try to break out of an element, an attribute, a script, a style, a comment, a template, a line, or the direction
// of the text. Each sets the variable pwned if it is run.
var hostileTexts = []string{
	`</script><img src=x onerror=pwned=1>`,
	`"><svg onload=pwned=1>`,
	`' autofocus onfocus='pwned=1' x='`,
	`</title></textarea></style></option></select><script>pwned=1</script>`,
	`--></style><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
	`<!--<script>`,
	`]]>;pwned=1;//${pwned=1}` + "`", // without asterisks, which are emphasis in Markdown
	`\u003cimg src=x onerror=pwned=1\u003e \x3cb\x3e &lt;i&gt; &#60;u&#62;`,
	`}}{%7+7%} ${7+7} { {7+7}} {7+7}`, // "{{" without the id of a question is refused
	`javascript:pwned=1`,
	"a\u2028pwned=1//\u2029b",
	"a\u202b\u2066cba\u200f",
	"a\u0085\u00adb\ufeff",
}

// startMark and endMark enclose a hostile text, so that it can be found on the page, and whether it is whole.
const startMark, endMark = "H‹", "›"

// insertHostileTexts replaces every text of a questionnaire by a hostile one, a different one from place to place and from round
// to round. harmless is the same with plain words of the same widths, on which the layout depends. places is the number of texts.
func insertHostileTexts(t *testing.T, source string, round int) (nasty, harmless string, places int) {
	t.Helper()
	hostile := func(place int) string { return hostileTexts[(place+round)%len(hostileTexts)] }
	marked := func(place int, text string) string { return startMark + fmt.Sprint(place) + " " + text + endMark }
	nasty, places = replaceTexts(t, source, func(place int) string { return marked(place, hostile(place)) })
	harmless, _ = replaceTexts(t, source, func(place int) string { return marked(place, strings.Map(plainLetter, hostile(place))) })
	return nasty, harmless, places
}

// plainLetter returns a letter that pages take to be as wide as r, and to break lines as it does.
func plainLetter(r rune) rune {
	switch {
	case strings.ContainsRune(" -/", r):
		return r
	case strings.ContainsRune("fijlrtI.,:;!'()|", r):
		return 'i'
	case strings.ContainsRune("mwMW@%&", r):
		return 'm'
	case r >= 'A' && r <= 'Z':
		return 'A'
	}
	return 'a'
}

// replaceTexts replaces every text of a questionnaire in two languages; it keeps placeholders for answers. places is the number
// of texts.
func replaceTexts(t *testing.T, source string, text func(place int) string) (replaced string, places int) {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(source), &document); err != nil {
		t.Fatal(err)
	}
	pipes := regexp.MustCompile(`\{\{[a-z_.]+\}\}`)
	var walk func(n *yaml.Node, key string)
	set := func(n *yaml.Node) {
		kept := strings.Join(pipes.FindAllString(n.Value, -1), " ")
		n.Value = strings.TrimSpace(kept + " " + text(places))
		n.Style = yaml.DoubleQuotedStyle
	}
	walk = func(n *yaml.Node, key string) {
		if n.Kind == yaml.MappingNode && len(n.Content) > 0 && (n.Content[0].Value == "zh" || n.Content[0].Value == "en") {
			for i := 1; i < len(n.Content); i += 2 {
				set(n.Content[i])
			}
			places++
			return
		}
		if n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if k := n.Content[i].Value; n.Content[i+1].Kind == yaml.ScalarNode && key == "document" && (k == "number" || k == "version" || k == "approved_by") {
					set(n.Content[i+1])
					places++
					continue
				}
				walk(n.Content[i+1], n.Content[i].Value)
			}
			return
		}
		for _, c := range n.Content {
			walk(c, key)
		}
	}
	walk(&document, "")
	out, err := yaml.Marshal(&document)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), places
}

// skeleton lists the elements of a page with the names of their attributes, none of which a text may change.
const skeleton = `(() => {
	const lines = [];
	const walk = (e, depth) => {
		lines.push(" ".repeat(depth) + e.localName + " " + [...e.attributes].map(a => a.name).sort().join(" "));
		for (const c of e.children) walk(c, depth + 1);
		if (e.shadowRoot) for (const c of e.shadowRoot.children) walk(c, depth + 1);
	};
	walk(document.documentElement, 0);
	return lines;
})()`

// checkSameElements checks that a page with hostile texts has the same elements as the one with plain texts, and that nothing ran.
func checkSameElements(t *testing.T, where string, nasty, plain context.Context) {
	t.Helper()
	var got, want []string
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // scripts may still be working
		got, want = read(t, nasty, chromedp.Evaluate[[]string](skeleton)), read(t, plain, chromedp.Evaluate[[]string](skeleton))
		if slices.Equal(got, want) || time.Now().After(deadline) {
			break
		}
	}
	if !slices.Equal(got, want) {
		for i := range got {
			if i >= len(want) || got[i] != want[i] {
				t.Errorf("%s: another element, line %d of %d and %d:\n%s\nwant\n%s", where, i, len(got), len(want),
					strings.Join(got[max(0, i-3):min(len(got), i+4)], "\n"), strings.Join(want[min(max(0, i-3), len(want)):min(len(want), i+4)], "\n"))
				break
			}
		}
		if len(want) > len(got) {
			t.Errorf("%s: %d elements, want %d", where, len(got), len(want))
		}
		t.FailNow() // waiting as long on every other page tells nothing more
	}
	checkNothingRan(t, where, nasty)
}

// checkNothingRan checks that no hostile text was run, and that no link leads to a script.
func checkNothingRan(t *testing.T, where string, ctx context.Context) {
	t.Helper()
	if isTrue(t, ctx, `typeof pwned !== "undefined"`) {
		t.Errorf("%s: a text was run", where)
	}
	if links := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("[href], [src], [action], [formaction]")].map(e => e.getAttribute("href") || e.getAttribute("src") || e.getAttribute("action")).filter(a => /^\s*(javascript|data|vbscript):/i.test(a))`)); len(links) > 0 {
		t.Errorf("%s: links to %q", where, links)
	}
}

// checkTexts finds every marked text of the page: in its texts, in its attributes, and in the JSON for its script. Each must be
// exactly the text that was inserted at its place. It returns the places found.
func checkTexts(t *testing.T, where string, ctx context.Context, round int) (found map[int]bool) {
	t.Helper()
	texts := read(t, ctx, chromedp.Evaluate[[]string](`(() => {
		const texts = [];
		const take = (s) => { for (const m of s.matchAll(/H‹[^]*?›/g)) texts.push(m[0]); };
		const rules = document.getElementById("rules");
		const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT);
		const inline = new Set(["B", "I", "EM", "STRONG", "SPAN", "SMALL", "CODE", "A"]);
		for (let e = walk.currentNode; e; e = walk.nextNode()) {
			for (const a of e.attributes) take(a.value);
			if (e !== rules && [...e.childNodes].some(n => n.nodeType === 3 && n.data.includes("H‹"))) take([...e.childNodes].map(n => n.nodeType === 3 || n.nodeType === 1 && inline.has(n.tagName) ? n.textContent : "").join(""));
		}
		const strings = (v) => typeof v === "string" ? take(v) : v && typeof v === "object" && Object.values(v).forEach(strings);
		if (rules) strings(JSON.parse(rules.textContent));
		return texts;
	})()`))
	if len(texts) == 0 {
		t.Errorf("%s: the page has none of the texts", where)
	}
	found = map[int]bool{}
	for _, text := range texts {
		var place int
		inner := strings.TrimSuffix(strings.TrimPrefix(text, startMark), endMark)
		number, got, _ := strings.Cut(inner, " ")
		if _, err := fmt.Sscan(number, &place); err != nil {
			t.Errorf("%s: not whole: %q", where, text)
			continue
		}
		found[place] = true
		if want := hostileTexts[(place+round)%len(hostileTexts)]; got != want && got != renderedMarkdown(want) {
			t.Errorf("%s: the page has %q, want %q", where, got, want)
		}
	}
	return found
}

// renderedMarkdown is the visible part of a text that is rendered as Markdown, where HTML and entities are markup.
func renderedMarkdown(text string) string {
	var page bytes.Buffer
	if err := goldmark.Convert([]byte(startMark+text+endMark), &page); err != nil {
		return err.Error()
	}
	text = regexp.MustCompile(`<!-- raw HTML omitted -->|</?[a-z]+>`).ReplaceAllString(strings.TrimSpace(page.String()), "")
	return strings.TrimSuffix(strings.TrimPrefix(html.UnescapeString(text), startMark), endMark)
}

// everyQuestionInOrder is everyQuestion without shuffled options, so that two pages can be compared.
func everyQuestionInOrder(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`\n *(shuffle: true|anchor: .*)`).ReplaceAllString(everyQuestion(t), "")
}

// TestHostileTexts puts hostile texts into every text of a questionnaire, and loads every page, in one language with other texts than
// in the other one. Nothing is run, elements and links are those of a page with plain texts, and every text is on the page exactly as
// written.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	source := everyQuestionInOrder(t)
	seen := map[int]bool{}
	places := 0
	for round, language := range map[int]string{0: "", 5: "en/"} {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
			nasty, harmless, n := insertHostileTexts(t, source, round)
			places = n
			dir, plainDir := writeSurveys(t, map[string]string{"every.yaml": nasty}), writeSurveys(t, map[string]string{"every.yaml": harmless})
			p, q := start(t, dir, t.TempDir()), start(t, plainDir, t.TempDir())
			for site, surveys := range map[string]string{p.url: dir, q.url: plainDir} {
				demo := exec.Command(binary, "demo", "--url", site, "--answers", "12", "--surveys", surveys)
				if out, err := demo.CombinedOutput(); err != nil {
					t.Fatalf("demo: %v\n%s", err, out)
				}
			}
			p.waitForRespondents(t, "every", 12)
			q.waitForRespondents(t, "every", 12)
			bad, good := openStrictPage(t, 1280, "light", "en"), openStrictPage(t, 1280, "light", "en")
			both := func(where string, f func(ctx context.Context, site string)) {
				t.Helper()
				f(bad, p.url)
				f(good, q.url)
				checkSameElements(t, where, bad, good)
				for place := range checkTexts(t, where, bad, round) {
					seen[place] = true
				}
			}
			paths := []string{language}
			for _, page := range []string{"", "thanks/", "plan/", "privacy/", "withdraw/", "results/"} {
				paths = append(paths, "every/"+language+page)
			}
			for _, path := range paths {
				both("/"+path, func(ctx context.Context, site string) { load(t, ctx, chromedp.Navigate(site+path)) })
			}
			both("filled in", func(ctx context.Context, site string) {
				load(t, ctx, chromedp.Navigate(site+"every/en/?tier=gold"))
				for _, choice := range [][2]string{{"single", "bad"}, {"ways", "ad"}, {"ways", "friend"}, {"fruit", "fig"}} {
					clickMiddle(t, ctx, string(labelOf(choice[0], choice[1])))
				}
				clickMiddle(t, ctx, `[id="q-first.taste"]`)
				waitFor(t, ctx, "the rank", `document.getElementById("q-first.taste").getAttribute("aria-pressed") === "true"`)
				clickMiddle(t, ctx, "[name=name]")
				call(t, ctx, input.InsertText, input.InsertTextParams{Text: "Li"})
			})
			both("sent with mistakes", func(ctx context.Context, site string) {
				clickMiddle(t, ctx, ".send button")
				waitFor(t, ctx, "the mistakes", `!!document.querySelector("#errors")?.textContent.trim()`)
			})
			both("sent back", func(ctx context.Context, site string) { submitWithoutScript(t, ctx, 422) })

			for _, name := range []string{"every/definition.json", "every/results/results.json"} {
				status, header, body := fetch(t, p.url+name)
				var any map[string]any
				if err := json.Unmarshal([]byte(body), &any); err != nil || status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
					t.Errorf("%s: %d %s: %v", name, status, header.Get("Content-Type"), err)
				}
			}
		})
	}
	if t.Failed() {
		return
	}
	// Most places must have been found, or the checks above prove little.
	if len(seen) < places*9/10 || places < 60 {
		var missing []int
		for place := range places {
			if !seen[place] {
				missing = append(missing, place)
			}
		}
		t.Errorf("only %d of %d places were found on a page, not %v", len(seen), places, missing)
	}
}

// TestHostileAnswers gives hostile texts as answers, in links and in what the browser has stored: each is shown as text.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"every.yaml": everyQuestionInOrder(t)}), t.TempDir())
	t.Run("sent", func(t *testing.T) {
		t.Parallel()
		bad, good := openStrictPage(t, 1280, "light", "en"), openStrictPage(t, 1280, "light", "en")
		fields := []string{"single", "visits", "short", "long", "mail", "tel", "day", "tier", "name", "fruit._other", "ways._other", "where._other", "first.price", "split.price", "warm", "site", "hour", "why", "_channel"}
		for i, text := range append(slices.Clone(hostileTexts), "{{7*7}} {{name}} {{.}} {{", "a\x00b", strings.Repeat("<", 3000)) {
			// From a page of the same site that has no form, and so no script that would intervene.
			submit := func(ctx context.Context, text string) {
				t.Helper()
				load(t, ctx, chromedp.Navigate(p.url+"nothing/"))
				values := map[string]string{"_language": "en", "fruit": "_other", "ways": "_other", "where": "shop"}
				for _, f := range fields {
					values[f] = text
				}
				fields, err := json.Marshal(values)
				if err != nil {
					t.Fatal(err)
				}
				do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
					const form = document.createElement("form");
					form.method = "post";
					form.action = "/api/surveys/every/responses";
					for (const [name, value] of Object.entries(%s)) {
						const box = document.createElement("textarea");
						box.name = name;
						box.value = value;
						form.append(box);
					}
					document.body.append(form);
					form.submit();
				}`, fields)))
				waitFor(t, ctx, "the form with messages", `location.pathname.includes("/api/") && document.readyState === "complete" && !!document.querySelector("[name=long]")`)
			}
			where := fmt.Sprintf("answer %d %.30q", i, text)
			submit(bad, text)
			submit(good, strings.Repeat("w", len([]rune(text)))) // of the same length, so that it gets the same messages
			if len(text) < 1000 {                                // a text that is too long has another message
				checkSameElements(t, where, bad, good)
			}
			checkNothingRan(t, where, bad)
			for _, f := range []string{"short", "name", "why", "site"} {
				want := strings.NewReplacer("\x00", "\ufffd").Replace(text)
				shown := read(t, bad, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector('[name=%q]').value`, f)))
				if shown != want && shown != strings.ReplaceAll(text, "\x00", "") {
					t.Errorf("%s: %s comes back as %.80q", where, f, shown)
				}
			}
		}
	})
	t.Run("in links", func(t *testing.T) {
		t.Parallel()
		bad := openStrictPage(t, 1280, "light", "en")
		for _, text := range hostileTexts {
			q := url.QueryEscape(text)
			for _, address := range []string{"every/en/?tier=" + q + "&c=" + q + "&" + q + "=" + q, "every/en/?c=" + q + "&kiosk=" + q + "#" + url.PathEscape(text), "every/en/thanks/?kiosk=" + q + "#" + url.PathEscape(text), "?" + q, "every?" + q, url.PathEscape(text) + "/", "every/" + url.PathEscape(text)} {
				do(t, bad, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.assign(%q)`, p.url+address)))
				waitFor(t, bad, address, `document.readyState === "complete" && !!document.querySelector("main")`)
				checkNothingRan(t, address, bad)
				if n := read(t, bad, chromedp.Evaluate[int](`document.querySelectorAll("img[src=x], iframe, svg[onload], [autofocus], [onfocus]").length`)); n > 0 {
					t.Errorf("%s: %d foreign elements", address, n)
				}
			}
		}
	})
	t.Run("typed, and piped into other texts", func(t *testing.T) {
		t.Parallel()
		bad, good := openStrictPage(t, 1280, "light", "en"), openStrictPage(t, 1280, "light", "en")
		acceptDialogs(t, bad)
		acceptDialogs(t, good)
		for _, text := range hostileTexts[:6] {
			load(t, bad, chromedp.Navigate(p.url+"every/en/"))
			load(t, good, chromedp.Navigate(p.url+"every/en/"))
			for ctx, typed := range map[context.Context]string{bad: text, good: "plain words"} {
				clickMiddle(t, ctx, string(labelOf("fruit", "_other")))
				for _, name := range []string{"name", "fruit._other"} {
					clickMiddle(t, ctx, fmt.Sprintf("[name=%q]", name))
					do(t, ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))) // over the restored draft
					call(t, ctx, input.InsertText, input.InsertTextParams{Text: typed})
				}
			}
			checkSameElements(t, "typed "+text, bad, good)
			if !isTrue(t, bad, fmt.Sprintf(`[...document.querySelectorAll("[data-pipe=name]")].every(p => p.textContent === %q) && document.querySelectorAll("[data-pipe=name]").length > 0`, text)) {
				t.Errorf("%s is changed where it is piped to", text)
			}
		}
	})
	t.Run("kept by the browser", func(t *testing.T) {
		t.Parallel()
		bad := openStrictPage(t, 1280, "light", "en")
		acceptDialogs(t, bad)
		// Stored data cannot make the page run anything.
		seed := page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`
			const text = %q;
			for (const storage of [localStorage, sessionStorage]) for (const key of ["glasspoll:every", "glasspoll.said", "glasspoll.copy"]) {
				if (!sessionStorage.getItem("seeded" + key)) storage.setItem(key, JSON.stringify(key.endsWith("said") ? [["name", text]] : key.endsWith("copy") ? [text, [[text, [text]]]] : {version: text, time: Date.now(), id: text, answers: [["name", [text]], [text, [text]]]}));
			}`, hostileTexts[0])}
		call(t, bad, page.AddScriptToEvaluateOnNewDocument, seed)
		for _, path := range []string{"every/en/", "every/en/thanks/#" + url.PathEscape(hostileTexts[0]), "every/en/thanks/#7d444840-9dc0-41d1-b245-5ffdce74fad2"} {
			do(t, bad, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.assign(%q)`, p.url+path)))
			waitFor(t, bad, path, `document.readyState === "complete" && !!document.querySelector("main")`)
			checkNothingRan(t, path, bad)
			if n := read(t, bad, chromedp.Evaluate[int](`document.querySelectorAll("img[src=x]").length`)); n > 0 {
				t.Errorf("%s: %d foreign elements", path, n)
			}
		}
	})
}

// TestHostileFiles gives questionnaire files hostile names and mistakes with hostile texts: the preview shows both as text.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	name := `</script><img src=x onerror=pwned=1>'".yaml`
	name = strings.ReplaceAll(name, "/", "⁄")
	address, dir := startPreview(t, map[string]string{"tea.yaml": teaSurvey})
	ctx := openStrictPage(t, 1280, "light", "en")
	load(t, ctx, chromedp.Navigate(address+"tea/en/"))
	for _, text := range hostileTexts {
		if strings.ContainsAny(text, "\u2028\u2029\u0085\ufeff") {
			continue // not possible within a line of YAML
		}
		save(t, dir, "tea.yaml", strings.Replace(teaSurvey, "type: number", "type: "+fmt.Sprintf("%q", "nummer "+text), 1))
		waitFor(t, ctx, "the problem", problemsBox+`.innerText.includes("nummer")`)
		checkNothingRan(t, "a mistake with "+text, ctx)
		if n := read(t, ctx, chromedp.Evaluate[int](`[document, ...[...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)].reduce((n, r) => n + r.querySelectorAll("img, iframe, svg[onload], [autofocus], [onfocus]").length, 0)`)); n > 0 {
			t.Errorf("%s: %d foreign elements", text, n)
		}
		save(t, dir, "tea.yaml", teaSurvey)
		waitFor(t, ctx, "no problem", `!document.querySelector("glasspoll-preview")?.shadowRoot.querySelector(".problems")?.innerText.includes("nummer")`)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("title: ["), 0o666); err != nil {
		t.Fatal(err)
	}
	waitFor(t, ctx, "the file's name", problemsBox+`.innerText.includes("onerror")`)
	checkNothingRan(t, "a file's name", ctx)
	if n := read(t, ctx, chromedp.Evaluate[int](`document.querySelector("glasspoll-preview").shadowRoot.querySelectorAll("img").length`)); n > 0 {
		t.Errorf("%d images", n)
	}
}

// TestHostileTheme uses themes with hostile values, and logos with scripts.
func TestHostileTheme(t *testing.T) {
	t.Parallel()
	build := func(theme string, logo string) (string, error) {
		dir := writeSurveys(t, map[string]string{"tea.yaml": teaSurvey, "theme.yaml": theme, "logo.svg": logo})
		out, err := exec.Command(binary, "build", "--surveys", dir, "--out", filepath.Join(t.TempDir(), "public")).CombinedOutput()
		return string(out), err
	}
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h10v10z" fill="#123"/></svg>`
	if out, err := build("name: Lantern\nlogo: logo.svg\n", drawing); err != nil {
		t.Fatalf("a harmless theme: %v\n%s", err, out)
	}
	for _, logo := range []string{
		strings.Replace(drawing, "<path", "<script>pwned=1</script><path", 1),
		strings.Replace(drawing, "<path", `<path onload="pwned=1"`, 1),
		strings.Replace(drawing, "<path", `<a href="javascript:pwned=1"><path/></a><path`, 1),
		strings.Replace(drawing, "<path", `<image href="https://example.com/x.png"/><path`, 1),
		strings.Replace(drawing, "<path", `<foreignObject><iframe src="/"/></foreignObject><path`, 1),
		`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + drawing,
	} {
		if out, err := build("name: Lantern\nlogo: logo.svg\n", logo); err == nil || !strings.Contains(out, "theme.yaml:2:") {
			t.Errorf("this logo is accepted: %s\n%s", logo, out)
		}
	}
	for _, line := range []string{`font: ["x}body{background:url(//example.com)"]`, `font: ["</style><script>"]`, `light: {accent: "red;}*{background:url(x)"}`, `address: "javascript:pwned=1"`, `corners: "1px;} body{}"`} {
		if out, err := build("name: Lantern\n"+line+"\n", drawing); err == nil || !strings.Contains(out, "theme.yaml:2:") {
			t.Errorf("this theme is accepted: %s\n%s", line, out)
		}
	}
	showName := func(ctx context.Context, name string) {
		t.Helper()
		theme, err := yaml.Marshal(map[string]string{"name": startMark + name + endMark, "logo": "logo.svg"})
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": teaSurvey, "theme.yaml": string(theme), "logo.svg": drawing}), t.TempDir())
		load(t, ctx, chromedp.Navigate(p.url+"tea/en/"))
		p.kill()
	}
	bad, good := openStrictPage(t, 1280, "light", "en"), openStrictPage(t, 1280, "light", "en")
	showName(good, "Plain")
	for _, text := range hostileTexts {
		if strings.ContainsAny(text, "\u2028\u2029\u202e\u0085") || len([]rune(text)) > 55 {
			continue // refused: too long, or with invisible characters
		}
		showName(bad, text)
		checkSameElements(t, "a company's name "+text, bad, good)
		if !isTrue(t, bad, fmt.Sprintf(`[...document.querySelectorAll("*")].some(e => [...e.attributes].some(a => a.value.includes(%q)) || [...e.childNodes].some(n => n.nodeType === 3 && n.data.includes(%q)))`, text, text)) {
			t.Errorf("the page lacks the company's name %s", text)
		}
	}
}
