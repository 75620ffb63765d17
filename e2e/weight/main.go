// Command weight compares a questionnaire as served by Glasspoll and by SurveyJS: bytes and requests over the wire, the times of
// the first and the largest contentful paint, and the time until an answer is registered, over throttled connections. Then it
// weighs the pages of all samples. It prints two tables.
//
// It needs Chromium, and the packages survey-core and survey-js-ui in .cache/npm, where `make weight` puts them. Both sites are
// served by this process, compressed in the same way. Every run begins with an empty cache.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func main() {
	runs := flag.Int("n", 7, "runs of each site on each connection")
	root := flag.String("root", "..", "directory of the project")
	weighOnly := flag.Bool("bytes", false, "only weigh the samples' pages: no browser is needed")
	flag.Parse()
	if err := run(context.Background(), *root, *runs, *weighOnly); err != nil {
		fmt.Fprintln(os.Stderr, "weight:", err)
		os.Exit(1)
	}
}

// A connection is one that DevTools emulates: the latency applies to every request, and none to opening a connection.
type connection struct {
	name     string
	latency  float64 // milliseconds
	down, up float64 // bytes a second
}

const kilobit = 1000 / 8

var connections = []connection{
	{"slow 3G (400 ms, 400 kbit/s)", 400, 400 * kilobit, 400 * kilobit},
	{"slow 4G (150 ms, 1.6 Mbit/s)", 150, 1600 * kilobit, 750 * kilobit},
}

const slowdown = 4 // of the processor, as on a cheap phone

// sample is what one run measured.
type sample struct {
	bytes, requests float64
	// Milliseconds since the start of the navigation: the first contentful paint, the largest, and the first answer.
	painted, largest, answered float64
}

func run(ctx context.Context, root string, runs int, weighOnly bool) error {
	if !weighOnly {
		if err := comparePages(ctx, root, runs); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "glasspoll-weight-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return weighSamples(ctx, root, dir)
}

func comparePages(ctx context.Context, root string, runs int) error {
	if runs < 1 {
		return errors.New("-n: at least one run")
	}
	files, versions, err := buildSites(ctx, root)
	if err != nil {
		return err
	}
	server := httptest.NewServer(files)
	defer server.Close()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome()))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	version, err := chromedp.Run(ctx, chromedp.Evaluate[string](`navigator.userAgent.match(/Chrome\/[\d.]+/)[0]`))
	if err != nil {
		return err
	}
	sites := []struct{ name, address string }{{"Glasspoll", server.URL + "/glasspoll/questionnaire/"}, {"SurveyJS " + versions, server.URL + "/surveyjs/"}}
	fmt.Printf("30 questions, gzip, empty cache, processor slowed down %d×, %s, medians of %d runs:\n\n", slowdown, version, runs)
	fmt.Println("| connection | | bytes over the wire | requests | first contentful paint | largest | first answer registered |")
	fmt.Println("|---|---|--:|--:|--:|--:|--:|")
	for _, c := range connections {
		samples := make([][]sample, len(sites))
		for range runs { // in turn, so that a busy machine slows both alike
			for i, s := range sites {
				one, err := measure(ctx, s.address, c)
				if err != nil {
					return fmt.Errorf("%s over %s: %w", s.name, c.name, err)
				}
				samples[i] = append(samples[i], one)
			}
		}
		for i, s := range sites {
			fmt.Printf("| %s | %s | %s | %.0f | %.2f s | %.2f s | %.2f s |\n", c.name, s.name,
				thousands(median(samples[i], func(s sample) float64 { return s.bytes })), median(samples[i], func(s sample) float64 { return s.requests }),
				median(samples[i], func(s sample) float64 { return s.painted })/1000, median(samples[i], func(s sample) float64 { return s.largest })/1000,
				median(samples[i], func(s sample) float64 { return s.answered })/1000)
		}
	}
	return nil
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func thousands(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// clickRepeatedly is a script that clicks the first radio button every 25 ms from the first paint on, at its place on the screen,
// and sets the variable taken to the time at which the answer is registered: the button is checked, and the form, or the model
// of SurveyJS, has its value. It keeps the time of the largest paint in the variable largest.
const clickRepeatedly = `(() => {
	new PerformanceObserver(list => { window.largest = list.getEntries().at(-1).startTime; }).observe({type: "largest-contentful-paint", buffered: true});
	const registered = radio => window.survey ? Object.keys(window.survey.data).length > 0 : new FormData(radio.form).has(radio.name);
	const timer = setInterval(() => {
		if (!performance.getEntriesByName("first-contentful-paint").length) return;
		const radio = document.querySelector("main input[type=radio], #survey input[type=radio]");
		if (!radio) return;
		const shown = radio.closest("label") || radio;
		shown.scrollIntoView({block: "nearest"});
		const box = shown.getBoundingClientRect();
		const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		if (!hit || !shown.contains(hit)) return;
		hit.click();
		if (!radio.isConnected || !radio.checked || !registered(radio)) return;
		clearInterval(timer);
		window.taken = performance.now();
	}, 25);
})()`

// measure loads a page once, with a new browser profile.
func measure(ctx context.Context, address string, c connection) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	defer cancel()
	var mu sync.Mutex
	var s sample
	var failed error
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "data:") {
				s.requests++
			}
		case *network.EventLoadingFinished:
			s.bytes += e.EncodedDataLength
		case *network.EventLoadingFailed:
			failed = fmt.Errorf("a request failed: %s", e.ErrorText)
		case *network.EventResponseReceived:
			if e.Response.Status != http.StatusOK {
				failed = fmt.Errorf("%s: %d", e.Response.URL, e.Response.Status)
			}
		}
	})
	if err != nil {
		return s, err
	}
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile),
		command(network.Enable, network.EnableParams{}),
		command(network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}),
		command(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: c.latency, DownloadThroughput: c.down, UploadThroughput: c.up}},
		}),
		command(emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slowdown}),
		command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: clickRepeatedly}),
		chromedp.Navigate(address),
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		return s, err
	}
	for {
		done, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`document.readyState === "complete" && window.taken && window.largest ? [performance.getEntriesByName("first-contentful-paint")[0].startTime, window.largest, window.taken] : []`))
		if err != nil {
			return s, fmt.Errorf("waiting for an answer to be possible: %w", err)
		}
		if len(done) == 3 {
			mu.Lock()
			defer mu.Unlock()
			s.painted, s.largest, s.answered = done[0], done[1], done[2]
			return s, failed
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func chrome() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return "chromium" // starting it fails with an error
}

// buildSites builds both sites. It returns a handler that serves them, and the version of SurveyJS.
func buildSites(ctx context.Context, root string) (http.Handler, string, error) {
	dir, err := os.MkdirTemp("", "glasspoll-weight-")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	source, err := glasspoll()
	if err != nil {
		return nil, "", err
	}
	surveys, out := filepath.Join(dir, "surveys"), filepath.Join(dir, "public")
	if err := os.Mkdir(surveys, 0o777); err != nil {
		return nil, "", err
	}
	if err := os.WriteFile(filepath.Join(surveys, "questionnaire.yaml"), source, 0o666); err != nil {
		return nil, "", err
	}
	build := exec.CommandContext(ctx, "go", "run", "./generator", "build", "--surveys", surveys, "--out", out)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("building the Glasspoll site: %w\n%s", err, out)
	}
	files := packed{}
	if err := files.addAll("/glasspoll/", os.DirFS(out)); err != nil {
		return nil, "", err
	}

	questions, err := surveyJS()
	if err != nil {
		return nil, "", err
	}
	// As on the project's "Get started" page, with the smaller of the two stylesheets, and an empty icon, so that the browser
	// requests none.
	files.add("/surveyjs/index.html", []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Customer satisfaction survey</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="survey-core.fontless.min.css">
<script src="survey.core.min.js" defer></script>
<script src="survey-js-ui.min.js" defer></script>
<script src="questionnaire.js" defer></script>
<body>
<div id="survey"></div>
`))
	files.add("/surveyjs/questionnaire.js", fmt.Appendf(nil, "var survey = new Survey.Model(%s);\nsurvey.render(document.getElementById(\"survey\"));\n", questions))
	var version string
	for _, f := range []string{"survey-core/survey-core.fontless.min.css", "survey-core/survey.core.min.js", "survey-js-ui/survey-js-ui.min.js"} {
		content, err := os.ReadFile(filepath.Join(root, ".cache/npm", f))
		if err != nil {
			return nil, "", fmt.Errorf("SurveyJS is not installed, run `make weight`: %w", err)
		}
		files.add("/surveyjs/"+path.Base(f), content)
		pinned, err := os.ReadFile(filepath.Join(root, ".cache/npm", path.Dir(f), "version"))
		if err != nil {
			return nil, "", err
		}
		_, version, _ = strings.Cut(strings.TrimSpace(string(pinned)), "@")
	}
	return files, version, nil
}

// addAll adds every file of a site below a path.
func (p packed) addAll(at string, site fs.FS) error {
	return fs.WalkDir(site, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(site, name)
		if err == nil {
			p.add(at+name, content)
		}
		return err
	})
}

// packed serves compressed files by path.
type packed map[string][]byte

func (p packed) add(name string, content []byte) { p[name] = compress(content) }

func compress(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	w.Write(content)                                      // to memory
	w.Close()
	return b.Bytes()
}

func (p packed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	content, found := p[name]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Write(content)
}
