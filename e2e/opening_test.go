package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestFirstQuestionIsOnTheFirstScreen opens every sample on a small phone, in both languages, with a cover: without scrolling, the
// title takes two lines at most, and the first question's control is there and takes a tap.
func TestFirstQuestionIsOnTheFirstScreen(t *testing.T) {
	t.Parallel()
	p := start(t, samplesWithCover(t), t.TempDir())
	files, err := filepath.Glob("../surveys/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ctx := openPage(t, 360)
	do(t, ctx, chromedp.EmulateViewport(360, 640))
	seen := 0
	for _, file := range files {
		id, _, isSidecar := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".yaml"), ".")
		if isSidecar {
			continue
		}
		seen++
		if strings.Contains(readFile(t, file), "\naccess: invited\n") {
			continue // there is no form without an invitation
		}
		for _, address := range []string{id + "/", id + "/en/"} {
			load(t, ctx, chromedp.Navigate(p.url+address))
			fault := read(t, ctx, chromedp.Evaluate[string](`(() => {
				const title = document.querySelector("h1"), lines = title.getBoundingClientRect().height / parseFloat(getComputedStyle(title).lineHeight);
				if (lines > 2.1) return "the title takes " + lines + " lines";
				const control = [...document.querySelectorAll("form input, form select, form textarea, form .pick")].find(e => e.type !== "hidden" && e.checkVisibility());
				if (!control) return "there is no control";
				const box = (control.closest("label") ?? control).getBoundingClientRect();
				if (box.height < 24 || box.top < 0 || box.left < 0 || box.right > innerWidth || box.bottom > innerHeight)
					return "the first control is at " + [box.left, box.top, box.right, box.bottom].map(Math.round);
				const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
				if ((hit?.closest("label")?.querySelector("input") ?? hit) !== control) return "a tap on the first control hits " + hit?.outerHTML.slice(0, 80);
				if (!document.querySelector(".cover")) return "there is no cover";
				if (scrollY) return "the page has scrolled";
				return "";
			})()`))
			if fault != "" {
				t.Errorf("%s: %s", address, fault)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d samples", seen)
	}
}

// TestIntroductionOpensInPlace opens the introduction as those without a script do; paper shows it in any case.
func TestIntroductionOpensInPlace(t *testing.T) {
	t.Parallel()
	p := start(t, "../surveys", t.TempDir())
	ctx := openPage(t, 360)
	openWithoutScript(t, ctx, p.url+"retail/")
	shown := `document.querySelector(".intro .md li").checkVisibility() && document.querySelector(".intro .md li").getBoundingClientRect().height > 0`
	if isTrue(t, ctx, shown) {
		t.Error("the introduction is open from the beginning")
	}
	print := func(medium string) {
		call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium})
	}
	print("print")
	if !isTrue(t, ctx, shown) {
		t.Error("paper does not show the introduction")
	}
	print("")
	do(t, ctx, chromedp.Click(css("summary")))
	waitFor(t, ctx, "the open introduction", fmt.Sprintf(`document.querySelector("details.intro").open && %s`, shown))
	do(t, ctx, chromedp.Click(css("summary")))
	waitFor(t, ctx, "the closed introduction", fmt.Sprintf(`!(%s)`, shown))
}
