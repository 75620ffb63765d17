package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// samplesWithCover copies the samples, with a theme that gives a cover to those that have none.
func samplesWithCover(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "surveys")
	if err := os.CopyFS(dir, os.DirFS("../surveys")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "theme.yaml"), []byte("cover: {file: decoration_cover.png, alt: Tiles}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shownCover says where the cover is, and whether its picture is there.
const shownCover = `(() => {
	const cover = document.querySelector(".cover"), img = cover.querySelector("img"), box = (img ?? cover).getBoundingClientRect();
	if (img && !(img.complete && img.naturalWidth)) return "the picture is not there";
	if (document.querySelector("h1").getBoundingClientRect().top < box.bottom) return "the title is on it";
	return [box.left, box.top, innerWidth - box.right, box.height].map(Math.round).join(" ") + (document.documentElement.scrollWidth > innerWidth ? " too wide" : "");
})()`

// TestCovers looks at a survey's own cover and at one in a colour: from edge to edge, low on a phone, in all displays, and not on paper.
func TestCovers(t *testing.T) {
	t.Parallel()
	p := start(t, samplesWithCover(t), t.TempDir())
	ctx := openPage(t, 360)
	for address, language := range map[string]string{"decoration/": "zh", "technology_quarterly/en/": "en", "retail/thanks/": "", "decoration/results/": "", "technology_quarterly/en/thanks/": "", "": ""} {
		load(t, ctx, chromedp.Navigate(p.url+address))
		waitFor(t, ctx, "the pictures", `[...document.images].every(i => i.complete || i.loading === "lazy")`)
		if language != "" { // one of each kind in all displays, and the same kinds on other pages in one
			checkAccessible(t, ctx, address, language, mainDisplays...)
		} else {
			light.apply(t, ctx)
			runAxe(t, ctx, address)
		}
	}
	for _, c := range []struct {
		width, height int64
		address, want string
	}{
		{360, 640, "decoration/", "0 0 0 48"},
		{1280, 900, "decoration/en/", "0 0 0 166"},
		{1280, 400, "decoration/en/", "0 0 0 88"},
		{2560, 1440, "decoration/", "0 0 0 176"},
		{360, 640, "retail/", "0 0 0 48"},
		{360, 640, "decoration/thanks/", "0 0 0 48"},
		{360, 640, "", "0 0 0 48"},
	} {
		do(t, ctx, chromedp.EmulateViewport(c.width, c.height))
		call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
		load(t, ctx, chromedp.Navigate(p.url+c.address))
		waitFor(t, ctx, "the picture", `document.querySelector(".cover img").complete`)
		if got := read(t, ctx, chromedp.Evaluate[string](shownCover)); got != c.want {
			t.Errorf("%s at %d × %d: the cover is at %s, want %s", c.address, c.width, c.height, got, c.want)
		}
		call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		if isTrue(t, ctx, `document.querySelector(".cover").checkVisibility()`) {
			t.Errorf("%s: paper has the cover", c.address)
		}
	}
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	load(t, ctx, chromedp.Navigate(p.url+"technology_quarterly/"))
	colour := `(e => [getComputedStyle(e, "::before").backgroundColor, getComputedStyle(e, "::before").height, getComputedStyle(document.querySelector("h2")).color].join(" "))(document.querySelector(".cover"))`
	if got := read(t, ctx, chromedp.Evaluate[string](colour)); got != "rgb(42, 79, 158) 10px rgb(42, 79, 158)" {
		t.Errorf("the band and a heading are %s", got)
	}
}
