package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// misplacedScales lists what is wrong with the layout of the scales that are shown: options that are neither in one row nor in one column, or in
// another order; options, heads and texts that overlap; targets that are too small; words that leave their cell.
const misplacedScales = `(() => {
	const wrong = [];
	const box = e => e.getBoundingClientRect();
	const seen = e => { const b = box(e); return b.width > 2 && b.height > 2; };
	const apart = (a, b) => a.right <= b.left + .6 || b.right <= a.left + .6 || a.bottom <= b.top + .6 || b.bottom <= a.top + .6;
	const textOf = e => { const range = document.createRange(); range.selectNodeContents(e); return range.getBoundingClientRect(); };
	const far = document.documentElement.dir === "rtl" ? -1 : 1;
	for (const group of document.querySelectorAll(".scale, .cells, .stars, .faces, .row, .part")) {
		const labels = [...group.children].filter(e => e.tagName === "LABEL");
		const where = labels[0]?.querySelector("input").name;
		if (!labels.length || !labels.every(seen)) { wrong.push(where + ": not shown"); continue; }
		const boxes = labels.map(box);
		const pairs = boxes.slice(1).map((b, i) => [boxes[i], b]);
		const row = pairs.every(([a, b]) => Math.abs(a.top - b.top) < 1 && (b.left - a.left) * far > 0);
		const column = pairs.every(([a, b]) => Math.abs(a.left - b.left) < 1 && b.top > a.top);
		if (row === column) wrong.push(where + ": neither one row nor one column");
		if (row && !group.matches(".stars, .faces") && Math.max(...boxes.map(b => b.width)) - Math.min(...boxes.map(b => b.width)) > 1) wrong.push(where + ": cells of different widths");
		boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => { if (!apart(a, b)) wrong.push(where + ": options overlap"); }));
		const narrow = labels.length > 6 ? 24 : 43.5;
		if (boxes.some(b => b.height < 43.5 || b.width < narrow)) wrong.push(where + ": a target is " + boxes.map(b => b.width.toFixed() + "x" + b.height.toFixed()));
		for (const label of labels) {
			const span = label.querySelector("span");
			if (!seen(span) || group.matches(".stars, .faces")) continue;
			const text = textOf(group.matches(".cells") ? span.firstChild : span), around = box(label);
			if (text.left < around.left - .6 || text.right > around.right + .6 || text.top < around.top - .6 || text.bottom > around.bottom + .6) wrong.push(where + ": " + span.textContent + " leaves its cell");
		}
	}
	for (const line of document.querySelectorAll(".heads p, .ends")) {
		const heads = [...line.children].filter(e => e.textContent && seen(e)).map(textOf);
		heads.slice(1).forEach((b, i) => { if (!apart(heads[i], b) || Math.abs(b.left - heads[i].right) < 1 || Math.abs(heads[i].left - b.right) < 1) wrong.push("heads touch: " + line.textContent); });
	}
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the window");
	return wrong.join("\n");
})()`

// TestScales opens every sample, and a questionnaire with long words, in windows of many widths: a scale is one row or one column, in order.
func TestScales(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Glob("../surveys/*.yaml")
	if err != nil || len(samples) < 10 {
		t.Fatal(samples, err)
	}
	files := map[string]string{"long_scales.yaml": longScales}
	for _, name := range samples {
		files[filepath.Base(name)] = readFile(t, name)
	}
	pictures, err := filepath.Glob("../surveys/*.png")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pictures {
		files[filepath.Base(name)] = readFile(t, name)
	}
	p := start(t, writeSurveys(t, files), t.TempDir())
	for _, language := range []string{"zh", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			ctx := openStrictPage(t, 1280, "light", language)
			for name := range files {
				id := strings.TrimSuffix(name, ".yaml")
				if strings.Contains(id, ".") {
					continue // a sidecar or a picture, not a questionnaire
				}
				load(t, ctx, chromedp.Navigate(p.url+id+"/"+language+"/"))
				// All that conditions hide, and all cards.
				do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[hidden]").forEach(e => { if (e.matches("[data-q], section, .other")) e.hidden = false; });
					document.querySelectorAll(".off").forEach(e => e.classList.remove("off"))`))
				for _, width := range []int64{320, 360, 390, 480, 600, 640, 700, 768, 1024, 1280} {
					do(t, ctx, chromedp.EmulateViewport(width, 900))
					if wrong := read(t, ctx, chromedp.Evaluate[string](misplacedScales)); wrong != "" {
						t.Errorf("%s, %s, %d px:\n%s", id, language, width, wrong)
					}
				}
				if id == "four_groups" {
					do(t, ctx, chromedp.EmulateViewport(360, 900))
					height := read(t, ctx, chromedp.Evaluate[float64](`[...document.querySelectorAll(".pairs")].reduce((sum, e) => sum + e.getBoundingClientRect().height, 0)`))
					if rows := read(t, ctx, chromedp.Evaluate[float64](`document.querySelectorAll(".pair").length`)); rows != 14 || height > 3100 {
						t.Errorf("%v rows are %v pixels tall in %s", rows, height, language)
					}
				}
			}
		})
	}
}

var longScales = func() string {
	step := func(i, score int, zh, en string) string {
		if score > 0 {
			return fmt.Sprintf("    - {id: s%d, label: {zh: %s, en: %s}, score: %d}\n", i, zh, en, score)
		}
		return fmt.Sprintf("    - {id: s%d, label: {zh: %s, en: %s}}\n", i, zh, en)
	}
	agree := [][2]string{{"完全不同意这种说法", "Wholeheartedly disagree"}, {"不同意", "Disagree"}, {"有点不同意", "Somewhat disagree"}, {"说不上", "Undecided"}, {"有点同意", "Somewhat agree"}, {"同意", "Agree"}, {"完全同意", "Unconditionally agree"}}
	var b strings.Builder
	b.WriteString("title: {zh: 长词, en: Long words}\nlanguages: [zh, en]\nscales:\n  seven:\n")
	for i, label := range agree {
		b.WriteString(step(i, i+1, label[0], label[1]))
	}
	b.WriteString("  eight:\n")
	for i, label := range agree {
		b.WriteString(step(i, i+1, label[0], label[1]))
	}
	b.WriteString(step(7, 0, "与我无关", "Inapplicable to me") + "  names:\n")
	for i, label := range agree[:3] {
		b.WriteString(step(i, 0, label[0], label[1]))
	}
	b.WriteString("sections:\n  - questions:\n")
	for _, scale := range []string{"seven", "eight"} {
		fmt.Fprintf(&b, "      - {id: rate_%s, type: rating, scale: %[1]s, label: {zh: 评分, en: Rate it}}\n", scale)
		fmt.Fprintf(&b, "      - {id: grid_%s, type: matrix, scale: %[1]s, label: {zh: 各项, en: Each of them}, rows: [{id: a, label: {zh: 甲, en: First}}, {id: b, label: {zh: 乙, en: Second}}]}\n", scale)
		fmt.Fprintf(&b, "      - {id: both_%s, type: importance_matrix, scale: %[1]s, importance_scale: seven, label: {zh: 两样, en: Both}, rows: [{id: a, label: {zh: 甲, en: First}}, {id: b, label: {zh: 乙, en: Second}}]}\n", scale)
	}
	b.WriteString("      - {id: grid_names, type: matrix, scale: names, label: {zh: 各项, en: Each of them}, rows: [{id: a, label: {zh: 甲, en: First}}, {id: b, label: {zh: 乙, en: Second}}]}\n")
	for _, steps := range []int{2, 3, 6, 7, 10} {
		for _, display := range []string{"numbers", "stars", "faces"} {
			fmt.Fprintf(&b, "      - {id: %s_%d, type: rating, steps: %[2]d, display: %[1]s, label: {zh: 评分, en: Rate it}}\n", display, steps)
		}
	}
	b.WriteString("      - {id: recommend, type: nps, low: {zh: 完全不可能, en: Not at all likely}, high: {zh: 非常可能, en: Extremely likely}, label: {zh: 推荐, en: Recommend}}\n")
	return b.String()
}()
