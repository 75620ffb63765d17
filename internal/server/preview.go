package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/simulate"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
)

// Below previewPath are the preview's own files, which have a dot in their names; the two below, which begin with what no
// survey's id does; and ID/, a survey in every language and at both widths.
const (
	previewPath   = "/_preview/"
	previewEvents = "_events"
	previewFill   = "_fill"
)

//go:embed preview
var previewFiles embed.FS

// previewFolder is where the preview's files are in the repository, from where its script imports the templates' helpers.
const previewFolder = "internal/server/preview/"

// previewSource holds the preview's files and the built-in templates, each where they are in the repository.
type previewSource struct{}

func (previewSource) Open(name string) (fs.File, error) {
	if file, ok := strings.CutPrefix(name, "templates/"); ok {
		return glasspoll.Templates().Open(file)
	}
	return previewFiles.Open("preview/" + strings.TrimPrefix(name, previewFolder))
}

// preview notifies open pages of changes and of problems in the files.
type preview struct {
	files     map[string]*page // by name
	templates *template.Template
	stop      <-chan struct{} // closed when the server ends

	mu       sync.Mutex
	problems []shownProblem
	changed  chan struct{} // closed and replaced at every change
}

func newPreview(stop <-chan struct{}) (*preview, error) {
	p := &preview{files: map[string]*page{}, stop: stop, changed: make(chan struct{})}
	for _, name := range []string{"preview.js", "preview.css", "side.css"} {
		content, err := site.Bundle(previewSource{}, previewFolder+name, "")
		if err != nil {
			return nil, err
		}
		p.files[name] = newPage(name, content, cacheRevalidate)
	}
	var err error
	p.templates, err = template.ParseFS(previewFiles, "preview/*.html")
	return p, err
}

// setProblems replaces the problems, and says that pages may have changed.
func (p *preview) setProblems(problems []shownProblem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = problems
	p.broadcast()
}

// pagesChanged says that pages may have changed.
func (p *preview) pagesChanged() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broadcast()
}

// broadcast wakes all who wait for a change. p.mu must be held.
func (p *preview) broadcast() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// state returns the problems, and a channel that is closed at the next change.
func (p *preview) state() ([]shownProblem, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problems, p.changed
}

// neverGood reports whether a path is of a survey whose file has had problems ever since the server started.
func (p *preview) neverGood(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	problems, _ := p.state()
	return slices.ContainsFunc(problems, func(s shownProblem) bool { return s.neverGood && slices.Contains(s.surveys, first) })
}

func (h *handler) servePreview(e *edition, w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, previewPath)
	id, rest, slash := strings.Cut(name, "/")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		h.notice(e, w, r, http.StatusMethodNotAllowed, answer.BadMethod)
	case h.live.files[name] != nil:
		h.live.files[name].serve(w, r)
	case name == previewEvents:
		h.serveEvents(w, r)
	case name == previewFill:
		h.serveFill(e, w, r)
	case e.survey(id) != nil && !slash:
		w.Header().Set("Location", id+"/"+queryOf(r.URL))
		w.WriteHeader(http.StatusTemporaryRedirect)
	case e.survey(id) != nil && rest == "":
		w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src 'self'")
		w.Header().Add("Vary", "Accept-Language")
		h.sideBySide(e, e.survey(id), r).serve(w, r)
	case rest == "" && h.live.neverGood(id):
		h.serveWaiting(e, w, r)
	default:
		h.notice(e, w, r, http.StatusNotFound, answer.NotFound)
	}
}

func queryOf(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// event is a notification to an open page.
type event struct {
	Marks    map[string]string `json:"marks"`    // by page; another one than the page's own: it has changed
	Problems string            `json:"problems"` // HTML to show; "" if there are none
}

// serveEvents streams events as server-sent events until the page goes away.
func (h *handler) serveEvents(w http.ResponseWriter, r *http.Request) {
	connection := http.NewResponseController(w)
	if err := connection.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "this connection cannot stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	var sent []byte
	for {
		problems, changed := h.live.state()
		data, err := json.Marshal(h.eventFor(r, problems))
		if err != nil {
			return // plain data: cannot fail
		}
		if !bytes.Equal(data, sent) {
			sent = data
			if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", data); err != nil {
				return
			}
			if err := connection.Flush(); err != nil {
				return
			}
		}
		select {
		case <-changed:
		case <-h.live.stop:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// eventFor returns the event for the pages that a request names. The first of them shows the problems.
func (h *handler) eventFor(r *http.Request, problems []shownProblem) event {
	e := h.current.Load()
	query := r.URL.Query()
	out := event{Marks: map[string]string{}}
	for _, p := range query["page"] {
		out.Marks[p] = h.markAt(e, p, r)
	}
	if len(problems) > 0 {
		out.Problems = h.live.problemsHTML(query.Get("language"), query.Get("page"), problems)
	}
	return out
}

// markOf identifies the content of a page.
func markOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// waitingMark is the mark of a page that shows problems because there is no other yet.
const waitingMark = "waiting"

// markAt returns the mark of the page that is now at an address, which is relative to the site's root; "" if there is none.
func (h *handler) markAt(e *edition, address string, r *http.Request) string {
	name := fileOf("/" + address)
	found := h.find(e, name, time.Now())
	if id, isPreview := strings.CutPrefix(name, previewPath[1:]); isPreview {
		id, _, _ = strings.Cut(id, "/")
		if s := e.survey(id); s != nil {
			return h.sideBySide(e, s, r).mark
		}
		name = id
	}
	switch {
	case found != nil:
		return found.mark
	case h.live.neverGood(name):
		return waitingMark
	default:
		return ""
	}
}

// injectPreview puts the preview's script at the end of a page. A page without a mark is never reloaded: it is the
// answer to something that was sent.
func injectPreview(content []byte, root string, mark *string) []byte {
	attribute := ""
	if mark != nil {
		attribute = ` data-mark="` + *mark + `"`
	}
	tag := []byte(`<script src="` + root + previewPath[1:] + `preview.js"` + attribute + ` defer></script>`)
	i := bytes.LastIndex(content, []byte("</body>"))
	if i < 0 {
		i = len(content)
	}
	return slices.Concat(content[:i], tag, content[i:])
}

// previewWriter adds the preview's script to a page that the API answers with.
type previewWriter struct {
	http.ResponseWriter
	root   string
	isPage bool // then it is kept back until it is whole
	page   bytes.Buffer
}

func (p *previewWriter) WriteHeader(status int) {
	p.isPage = strings.HasPrefix(p.Header().Get("Content-Type"), "text/html")
	p.ResponseWriter.WriteHeader(status)
}

func (p *previewWriter) Write(content []byte) (int, error) {
	if p.isPage {
		return p.page.Write(content)
	}
	return p.ResponseWriter.Write(content)
}

func (p *previewWriter) finish() {
	if p.isPage {
		p.ResponseWriter.Write(injectPreview(p.page.Bytes(), p.root, nil)) // it is no error if the visitor has gone
	}
}

// serveWaiting shows the problems in place of a page that has never been built.
func (h *handler) serveWaiting(e *edition, w http.ResponseWriter, r *http.Request) {
	problems, _ := h.live.state()
	l := e.previewLanguage(r)
	mark := waitingMark
	var b bytes.Buffer
	h.live.templates.ExecuteTemplate(&b, "waiting.html", map[string]any{ // to memory, from a template of our own: cannot fail
		"Language": l, "Root": rootOf(r.URL.Path), "Words": previewText[l],
		"Problems": template.HTML(h.live.problemsHTML(l, strings.TrimPrefix(r.URL.Path, "/"), problems)),
	})
	sendOnce(w, r, http.StatusServiceUnavailable, injectPreview(b.Bytes(), rootOf(r.URL.Path), &mark))
}

// previewLanguage returns the language of the preview's own pages.
func (e *edition) previewLanguage(r *http.Request) string {
	return e.renderer.Match(r.Header.Get("Accept-Language"), "zh", "en")
}

// previewText has the texts of the preview's own pages; preview.js has those of its buttons.
var previewText = map[string]map[string]string{
	"en": {
		"waiting": "This survey is not ready yet", "home": "All surveys", "side": "in every language, at both widths", "open": "Open alone",
		"phone": "telephone", "desk": "computer",
		"one": "1 problem in %[2]s", "several": "%d problems in %s", "files": "%d files",
		"kept": "The last good version is shown until this is fixed.", "never": "The survey appears here as soon as this is fixed.",
		"more": "and %d more",
	},
	"zh": {
		"waiting": "这份问卷还不能显示", "home": "全部问卷", "side": "全部语言、两种宽度", "open": "单独打开",
		"phone": "手机", "desk": "电脑",
		"one": "%[2]s 有 1 处错误", "several": "%[2]s 有 %[1]d 处错误", "files": "%d 个文件",
		"kept": "改正之前，显示的是上一个没有错误的版本。", "never": "改正之后，问卷会自动显示在这里。",
		"more": "另有 %d 处",
	},
}

// frame is one survey page in the side-by-side view.
type frame struct {
	Name, Title, Source string
	Width               int // CSS pixels
}

// sideWidths are the widths of a common telephone and of a common computer's window.
var sideWidths = []struct {
	key   string // in previewText
	width int
}{{"phone", 360}, {"desk", 1280}}

// sideBySide returns a page of frames: a survey in each of its languages, at each width.
func (h *handler) sideBySide(e *edition, s *survey.Survey, r *http.Request) *page {
	l := e.previewLanguage(r)
	names := display.English.Languages()
	if l == "zh" {
		names = display.Chinese.Languages()
	}
	type row struct {
		Heading, Source string
		Frames          []frame
	}
	var rows []row
	for _, of := range s.Languages {
		one := row{Heading: names.Name(language.Make(of)), Source: "../../" + s.ID + "/" + of + "/"}
		for _, w := range sideWidths {
			one.Frames = append(one.Frames, frame{
				Name: of + "-" + strconv.Itoa(w.width), Title: fmt.Sprintf("%s · %s · %d px", one.Heading, previewText[l][w.key], w.width),
				Source: one.Source, Width: w.width,
			})
		}
		rows = append(rows, one)
	}
	var b bytes.Buffer
	h.live.templates.ExecuteTemplate(&b, "side.html", map[string]any{ // as above
		"Language": l, "Title": s.Title.In(e.renderer.Match(l, s.Languages...)), "Rows": rows, "Words": previewText[l],
	})
	mark := markOf(b.Bytes())
	p := newPage("side.html", injectPreview(b.Bytes(), "../../", &mark), cacheRevalidate)
	p.mark = mark
	return p
}

// serveFill makes up answers for a form that is open in a browser.
func (h *handler) serveFill(e *edition, w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s := e.survey(query.Get("survey"))
	if s == nil {
		h.notice(e, w, r, http.StatusNotFound, answer.NotFound)
		return
	}
	f := simulate.Form{Survey: s, Language: query.Get("language"), Channel: query.Get("channel"), Linked: map[string][]string{}}
	for name, values := range query {
		if field, ok := strings.CutPrefix(name, "link."); ok {
			f.Linked[field] = values
		}
	}
	seed, err := strconv.ParseUint(query.Get("seed"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	values := f.Plausible(seed)
	if query.Get("kind") == "nonsense" {
		values = f.Invalid(seed)
	}
	body, err := json.Marshal(values)
	if err != nil {
		body = []byte("{}") // plain data: cannot fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(body)
}

// surveyOf returns the id of the survey to which a page belongs; "" if it belongs to none.
func surveyOf(address string) string {
	address = strings.TrimPrefix(address, previewPath[1:])
	first, _, _ := strings.Cut(address, "/")
	if rest, api := strings.CutPrefix(address, "api/surveys/"); api { // a form that was sent and came back
		first, _, _ = strings.Cut(rest, "/")
	}
	return first
}
