package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
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

	"glasspoll/internal/answer"
	"glasspoll/internal/simulate"
	"glasspoll/internal/survey"
)

// What the preview has below its path: its own files, which have a dot in their names; the two below, which begin with
// what no survey's id does; and ID/, a survey in every language and at both widths.
const (
	previewPath   = "/_preview/"
	previewEvents = "_events"
	previewFill   = "_fill"
)

//go:embed preview
var previewFiles embed.FS

// preview tells open pages that they have been built again, or why they could not be.
type preview struct {
	files     map[string]*page // by name
	templates *template.Template
	stop      <-chan struct{} // closed when the server ends

	mu       sync.Mutex
	troubles []trouble
	changed  chan struct{} // closed and replaced at every change
}

func newPreview(stop <-chan struct{}) (*preview, error) {
	p := &preview{files: map[string]*page{}, stop: stop, changed: make(chan struct{})}
	for _, name := range []string{"preview.js", "preview.css", "side.css"} {
		content, err := previewFiles.ReadFile("preview/" + name)
		if err != nil {
			return nil, err
		}
		p.files[name] = newPage(name, content, askFirst)
	}
	var err error
	p.templates, err = template.ParseFS(previewFiles, "preview/*.html")
	return p, err
}

// tell says what is wrong now, and that pages may have changed.
func (p *preview) tell(troubles []trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = troubles
	p.wake()
}

// lookAgain says that pages may have changed.
func (p *preview) lookAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake()
}

func (p *preview) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *preview) latest() ([]trouble, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.troubles, p.changed
}

// waitsFor reports whether a page is of a survey that has never been good.
func (p *preview) waitsFor(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	troubles, _ := p.latest()
	return slices.ContainsFunc(troubles, func(t trouble) bool { return t.never && slices.Contains(t.surveys, first) })
}

// news is what an open page needs to know.
type news struct {
	Marks    map[string]string `json:"marks"`    // by page; another one than the page's own: it has changed
	Problems string            `json:"problems"` // HTML to show; "" if there are none
}

func (v *handler) servePreview(e *edition, w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, previewPath)
	id, rest, slash := strings.Cut(name, "/")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		v.notice(e, w, r, http.StatusMethodNotAllowed, answer.BadMethod)
	case v.preview.files[name] != nil:
		v.preview.files[name].serve(w, r, http.StatusOK)
	case name == previewEvents:
		v.serveNews(w, r)
	case name == previewFill:
		v.serveAnswers(e, w, r)
	case e.survey(id) != nil && !slash:
		w.Header().Set("Location", id+"/"+query(r.URL))
		w.WriteHeader(http.StatusTemporaryRedirect)
	case e.survey(id) != nil && rest == "":
		w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src 'self'")
		w.Header().Add("Vary", "Accept-Language")
		v.sideBySide(e, e.survey(id), r).serve(w, r, http.StatusOK)
	case rest == "" && v.preview.waitsFor(id):
		v.serveWaiting(e, w, r)
	default:
		v.notice(e, w, r, http.StatusNotFound, answer.NotFound)
	}
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// serveNews streams news as server-sent events until the page goes away.
func (v *handler) serveNews(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "this connection cannot stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	var sent []byte
	for {
		troubles, changed := v.preview.latest()
		data, err := json.Marshal(v.newsFor(r, troubles))
		if err != nil {
			return // plain data: cannot fail
		}
		if !bytes.Equal(data, sent) {
			sent = data
			if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", data); err != nil {
				return
			}
			if err := control.Flush(); err != nil {
				return
			}
		}
		select {
		case <-changed:
		case <-v.preview.stop:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// newsFor is what the pages that a request names have to know. The first of them shows the problems.
func (v *handler) newsFor(r *http.Request, troubles []trouble) news {
	e := v.current.Load()
	asked := r.URL.Query()
	n := news{Marks: map[string]string{}}
	for _, p := range asked["page"] {
		n.Marks[p] = v.markAt(e, p, r)
	}
	if len(troubles) > 0 {
		n.Problems = v.preview.problems(asked.Get("language"), asked.Get("page"), troubles)
	}
	return n
}

// markOf tells one content of a page from another.
func markOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// waiting is the mark of a page that shows problems because there is no other yet.
const waiting = "waiting"

// markAt is the mark of the page that is now at an address, which is relative to the site's root; "" if there is none.
func (v *handler) markAt(e *edition, address string, r *http.Request) string {
	name := fileOf("/" + address)
	found := v.find(e, name)
	if id, side := strings.CutPrefix(name, previewPath[1:]); side {
		id, _, _ = strings.Cut(id, "/")
		if s := e.survey(id); s != nil {
			return v.sideBySide(e, s, r).mark
		}
		name = id
	}
	switch {
	case found != nil:
		return found.mark
	case v.preview.waitsFor(name):
		return waiting
	default:
		return ""
	}
}

// injectPreview puts the script at the end of a page. A page without a mark is never loaded again: it is the answer to
// something that was sent.
func injectPreview(content []byte, root string, mark *string) []byte {
	known := ""
	if mark != nil {
		known = ` data-mark="` + *mark + `"`
	}
	tag := []byte(`<script src="` + root + previewPath[1:] + `preview.js"` + known + ` defer></script>`)
	i := bytes.LastIndex(content, []byte("</body>"))
	if i < 0 {
		i = len(content)
	}
	return slices.Concat(content[:i], tag, content[i:])
}

// previewedReply adds the preview to a page that the API answers with.
type previewedReply struct {
	http.ResponseWriter
	root string
	held bool // a page, which is kept back until it is whole
	page bytes.Buffer
}

func (p *previewedReply) WriteHeader(status int) {
	p.held = strings.HasPrefix(p.Header().Get("Content-Type"), "text/html")
	p.ResponseWriter.WriteHeader(status)
}

func (p *previewedReply) Write(content []byte) (int, error) {
	if p.held {
		return p.page.Write(content)
	}
	return p.ResponseWriter.Write(content)
}

func (p *previewedReply) finish() {
	if p.held {
		p.ResponseWriter.Write(injectPreview(p.page.Bytes(), p.root, nil)) // a visitor who has gone away is no fault
	}
}

// serveWaiting shows the problems in place of a page that there has never been.
func (v *handler) serveWaiting(e *edition, w http.ResponseWriter, r *http.Request) {
	troubles, _ := v.preview.latest()
	l := v.languageOfPreview(e, r)
	mark := waiting
	var b bytes.Buffer
	v.preview.templates.ExecuteTemplate(&b, "waiting.html", map[string]any{ // to memory, from a template of our own: cannot fail
		"Language": l, "Root": rootOf(r.URL.Path), "Words": previewWords[l],
		"Problems": template.HTML(v.preview.problems(l, strings.TrimPrefix(r.URL.Path, "/"), troubles)),
	})
	w.Header().Add("Vary", "Accept-Language")
	newPage("waiting.html", injectPreview(b.Bytes(), rootOf(r.URL.Path), &mark), askFirst).serve(w, r, http.StatusServiceUnavailable)
}

// languageOfPreview is the one that the preview itself speaks to whoever looks at it.
func (v *handler) languageOfPreview(e *edition, r *http.Request) string {
	return e.renderer.Match(r.Header.Get("Accept-Language"), "zh", "en")
}

// previewWords are the preview's own sentences on pages that are made here; preview.js has those of its buttons.
var previewWords = map[string]map[string]string{
	"en": {
		"waiting": "This survey is not ready yet", "home": "All surveys", "side": "in every language, at both widths", "open": "Open alone",
		"phone": "telephone", "desk": "computer",
		"one": "1 problem in %[2]s", "several": "%d problems in %s", "files": "%d files",
		"kept": "The last good version is shown until this is mended.", "never": "The survey appears here as soon as this is mended.",
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

// The widths are those of a common telephone and of a common computer's window.
var sideWidths = []struct {
	word  string
	width int
}{{"phone", 360}, {"desk", 1280}}

// sideBySide is a page of frames: a survey in each of its languages, at each width.
func (v *handler) sideBySide(e *edition, s *survey.Survey, r *http.Request) *page {
	l := v.languageOfPreview(e, r)
	names := display.English.Languages()
	if l == "zh" {
		names = display.Chinese.Languages()
	}
	type row struct {
		Heading, Source string
		Frames          []frame
	}
	var rows []row
	for _, spoken := range s.Languages {
		one := row{Heading: names.Name(language.Make(spoken)), Source: "../../" + s.ID + "/" + spoken + "/"}
		for _, w := range sideWidths {
			one.Frames = append(one.Frames, frame{
				Name: spoken + "-" + strconv.Itoa(w.width), Title: fmt.Sprintf("%s · %s · %d px", one.Heading, previewWords[l][w.word], w.width),
				Source: one.Source, Width: w.width,
			})
		}
		rows = append(rows, one)
	}
	var b bytes.Buffer
	v.preview.templates.ExecuteTemplate(&b, "side.html", map[string]any{ // as above
		"Language": l, "Title": s.Title.In(e.renderer.Match(l, s.Languages...)), "Rows": rows, "Words": previewWords[l],
	})
	mark := markOf(b.Bytes())
	p := newPage("side.html", injectPreview(b.Bytes(), "../../", &mark), askFirst)
	p.mark = mark
	return p
}

// serveAnswers makes up answers for a form that is open in a browser.
func (v *handler) serveAnswers(e *edition, w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	s := e.survey(asked.Get("survey"))
	if s == nil {
		v.notice(e, w, r, http.StatusNotFound, answer.NotFound)
		return
	}
	f := simulate.Form{Survey: s, Language: asked.Get("language"), Channel: asked.Get("channel"), Linked: map[string][]string{}}
	for name, values := range asked {
		if field, ok := strings.CutPrefix(name, "link."); ok {
			f.Linked[field] = values
		}
	}
	seed, err := strconv.ParseUint(asked.Get("seed"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	values := f.Plausible(seed)
	if asked.Get("kind") == "nonsense" {
		values = f.Invalid(seed)
	}
	body, err := json.Marshal(values)
	if err != nil {
		body = []byte("{}") // plain data: cannot be
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(body)
}

// surveyAt is the id of the survey to which a page belongs, "" if it belongs to none.
func surveyAt(address string) string {
	address = strings.TrimPrefix(address, previewPath[1:])
	first, _, _ := strings.Cut(address, "/")
	if rest, api := strings.CutPrefix(address, "api/surveys/"); api { // a form that was sent and came back
		first, _, _ = strings.Cut(rest, "/")
	}
	return first
}
