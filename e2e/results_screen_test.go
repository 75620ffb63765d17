package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"glasspoll/internal/demo"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
)

// TestResultsSummaryIsOnTheFirstScreen opens results with a history in both languages, without scrolling: on a computer all of
// the summary is there, and on a phone the sentence, the index with its band, and the course of the periods begin. Six periods of two years have no room in
// a phone's row: the row scrolls, the page does not.
func TestResultsSummaryIsOnTheFirstScreen(t *testing.T) {
	t.Parallel()
	ids := []string{"retail", "service_staff"}
	files := map[string]string{}
	for _, id := range ids {
		for _, suffix := range []string{".yaml", ".actions.yaml"} {
			files[id+suffix] = readFile(t, "../surveys/"+id+suffix)
		}
	}
	for _, picture := range []string{"price", "quality", "service", "near", "range", "membership"} {
		files["reason_"+picture+".png"] = readFile(t, "../surveys/reason_"+picture+".png")
	}
	surveys, data := writeSurveys(t, files), t.TempDir()
	fillPeriods(t, surveys, data)
	p := start(t, surveys, data)
	now := exec.Command(binary, "demo", "--url", p.url, "--answers", "120", "--surveys", surveys)
	if out, err := now.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	ctx := openPage(t, 1280)
	for _, screen := range []struct {
		width, height int64
		parts         string
	}{
		{1280, 800, ".say, .score b, .band, .dial, .spark, .tiles div:nth-child(3) dd, .findings > div:nth-child(2) li:last-child b, .acts li:nth-child(2)"},
		{360, 640, ".say, .score b, .band, .dial, .spark"},
	} {
		do(t, ctx, chromedp.EmulateViewport(screen.width, screen.height))
		for _, id := range ids {
			for _, language := range []string{"zh", "en"} {
				address := id + "/" + language + "/results/"
				if language == "zh" { // the first language
					address = id + "/results/"
				}
				p.waitForText(t, address, `class="spark"`)
				load(t, ctx, chromedp.Navigate(p.url+address))
				fault := read(t, ctx, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
					for (const part of %q.split(", ")) {
						const e = document.querySelector(part);
						if (!e) return "there is no " + part;
						const box = e.getBoundingClientRect(), end = part === ".spark" && innerWidth < 500 ? box.top : box.bottom;
						if (!e.checkVisibility() || box.top < 0 || end > innerHeight || box.left < 0 || box.right > innerWidth)
							return part + " is at " + [box.left, box.top, box.right, box.bottom].map(Math.round);
					}
					const root = document.documentElement;
					if (root.scrollWidth > root.clientWidth) return "the page is " + root.scrollWidth + " wide";
					return scrollY ? "the page has scrolled" : "";
				})()`, screen.parts)))
				if fault != "" {
					t.Errorf("%s at %d: %s", address, screen.width, fault)
				}
			}
		}
	}
}

// fillPeriods answers the surveys of a directory in the five periods before this one.
func fillPeriods(t *testing.T, surveys, data string) {
	t.Helper()
	store, err := local.Open(filepath.Join(data, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	library := project.NewLibrary(surveys)
	all, _, err := library.Read()
	if err != nil {
		t.Fatal(err)
	}
	actions := library.Actions()
	for _, s := range all {
		o := demo.Options{Answers: 120, Periods: 6, Seed: 1, Actions: actions[s.ID]}
		if err := demo.FillPast(t.Context(), store, s, o, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}
