package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// longWords have nothing to break at: a word of 85 letters, a code, and an address.
var longWords = []string{
	strings.Repeat("Abcdefghijklmnopq", 5),
	"QX" + strings.Repeat("0123456789ABCDEF", 5) + "ZZZ",
	"https://example.com/" + strings.Repeat("survey", 11),
}

// leavers lists the texts of a page that leave their box, or a box around it; what scrolls within a box of its own does not. Questions' numbers
// hang in the margin.
const leavers = `(() => {
	const scrolled = e => !!e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolled(e.parentElement));
	const found = [], root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) {
		const widest = [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility() && !scrolled(e.parentElement)).sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0];
		found.push("the page is " + root.scrollWidth + " wide: " + widest.outerHTML.slice(0, 60));
	}
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; node = walker.nextNode();) {
		const parent = node.parentElement;
		if (!node.data.trim() || parent.closest("script, style, noscript, select, textarea, svg, .n") || !parent.checkVisibility({visibilityProperty: true})) continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		const rects = [...range.getClientRects()].filter(r => r.width > 0);
		const left = Math.min(...rects.map(r => r.left)), right = Math.max(...rects.map(r => r.right));
		let fault = "";
		for (let box = parent; box && box !== document.body; box = box.parentElement) {
			const style = getComputedStyle(box);
			if (style.clipPath !== "none" || style.position === "absolute" && box.matches(".skip")) { fault = ""; break; } // for screen readers
			if (style.display === "inline" || style.display === "contents") continue;
			if (/auto|scroll/.test(style.overflowX)) break;
			const around = box.getBoundingClientRect();
			if (!fault && (right > around.right + 2 || left < around.left - 2))
				fault = box.localName + "." + box.className + " " + Math.round(around.left) + "–" + Math.round(around.right) + ": text at " + Math.round(left) + "–" + Math.round(right) + ", " + parent.outerHTML.slice(0, 60);
		}
		if (fault) found.push(fault);
	}
	return found.slice(0, 12);
})()`

// TestLongWords puts a word that has no place to break at into every text of a questionnaire and into answers. On no page, on
// screens from the narrowest to a desktop's, does anything leave its box.
func TestLongWords(t *testing.T) {
	t.Parallel()
	source, places := replaceTexts(t, everyQuestionInOrder(t), func(place int) string { return fmt.Sprintf("%d%s", place, longWords[place%len(longWords)]) })
	if places < 60 {
		t.Fatalf("only %d texts", places)
	}
	past, _ := replaceTexts(t, surveyWithWindow("{from: 2020-01-01, until: 2020-01-31}"), func(int) string { return longWords[0] })
	dir, data := writeSurveys(t, map[string]string{"every.yaml": source, "past.yaml": past}), t.TempDir()
	p := start(t, dir, data)
	demo := exec.Command(binary, "demo", "--url", p.url, "--answers", "12", "--surveys", writeSurveys(t, map[string]string{"every.yaml": source}))
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	p.waitForRespondents(t, "every", 12)

	ctx := newWindow(t, "", 1280)
	check := func(where string) {
		t.Helper()
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => { d.open = true; })`))
		for _, width := range []int64{320, 360, 768, 1280} {
			do(t, ctx, chromedp.EmulateViewport(width, 900))
			for _, fault := range read(t, ctx, chromedp.Evaluate[[]string](leavers)) {
				t.Errorf("%s, %d pixels: %s", where, width, fault)
			}
		}
	}
	for _, language := range []string{"", "en/"} {
		for _, path := range []string{language, "every/" + language, "every/" + language + "thanks/", "every/" + language + "results/", "past/" + language, "nowhere/" + language} {
			load(t, ctx, chromedp.Navigate(p.url+path))
			check("/" + path)
		}
		load(t, ctx, chromedp.Navigate(p.url+"every/"+language))
		submitWithoutScript(t, ctx, 422)
		check("mistakes in /every/" + language)
		report := filepath.Join(t.TempDir(), "report.html")
		arguments := []string{"results", "report", "every", "--texts", "--data", data, "--surveys", dir, "--out", report}
		if language != "" {
			arguments = append(arguments, "--language", strings.TrimSuffix(language, "/"))
		}
		if out, err := exec.Command(binary, arguments...).CombinedOutput(); err != nil {
			t.Fatalf("report: %v\n%s", err, out)
		}
		do(t, ctx, chromedp.Navigate("file://"+report))
		check("the report, " + language)
	}
}
