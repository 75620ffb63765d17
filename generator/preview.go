package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	_ "embed"
)

// Where an open page asks for news of the files it is made from.
const (
	previewScriptPath = "/_preview.js"
	previewEventsPath = "/_preview"
)

//go:embed preview.js
var previewScript []byte

// preview tells open pages that the site has been built again, or why it could not be.
type preview struct {
	script *page
	stop   <-chan struct{} // closed when the server ends

	mu      sync.Mutex
	news    news
	changed chan struct{} // closed and replaced at every change
}

// news is what an open page needs to know.
type news struct {
	Edition  int64  `json:"edition"`  // another one than at first: reload
	Problems string `json:"problems"` // to show; "" if there are none
}

func newPreview(stop <-chan struct{}) *preview {
	return &preview{
		script: newPage("preview.js", previewScript, askFirst), stop: stop,
		news:    news{Edition: time.Now().UnixNano()}, // pages opened before a restart are old as well
		changed: make(chan struct{}),
	}
}

// tell sends the news to every open page.
func (p *preview) tell(rebuilt bool, problems string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rebuilt {
		p.news.Edition++
	}
	p.news.Problems = problems
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *preview) latest() (news, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.news, p.changed
}

// ServeHTTP streams news as server-sent events until the page goes away.
func (p *preview) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "this connection cannot stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		latest, changed := p.latest()
		data, err := json.Marshal(latest)
		if err != nil {
			return // plain data: cannot fail
		}
		if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", data); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-p.stop:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// injectPreview puts the script at the end of a page.
func injectPreview(content []byte, root string) []byte {
	tag := []byte(`<script src="` + root + previewScriptPath[1:] + `" defer></script>`)
	i := bytes.LastIndex(content, []byte("</body>"))
	if i < 0 {
		i = len(content)
	}
	return bytes.Join([][]byte{content[:i], tag, content[i:]}, nil)
}
