package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/survey"
)

type serveCommand struct {
	Addr          string `placeholder:"HOST:PORT" default:"127.0.0.1:8080" help:"Where to listen; ':8080' is port 8080 of every network. Default: ${default}."`
	Surveys       string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data          string `placeholder:"DIR" default:"data" help:"Where answers and results are kept. Default: ${default}."`
	Templates     string `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	NoReload      bool   `help:"Do not watch the files, and let browsers keep pages for a minute: for real use."`
	AddressHeader string `placeholder:"NAME" help:"Header with the visitor's address, as set by the proxy in front. Default: none, the connection's own."`
}

func (serveCommand) Help() string {
	return `Serves everything from this one process: the pages, the API that takes the answers, and the results. Answers are on
the disk, in DATA/glasspoll.db, before anyone is thanked for them. Results appear by themselves as soon as enough
respondents have answered (results.min_group).

While it runs, a change to a questionnaire or template shows at once in every open page; a mistake is printed and
shown, and the last good page stays. Interrupt it (Ctrl+C) to stop: nothing is lost.

Examples:

  glasspoll serve
  glasspoll serve --templates templates           # when working on the templates
  glasspoll serve --addr :80 --data /var/lib/glasspoll --no-reload
  glasspoll serve --no-reload --address-header X-Real-IP      # behind nginx`
}

func (s serveCommand) Run(ctx context.Context, c *console) error {
	return s.serve(ctx, c, nil)
}

// serve runs until the context ends. It calls ready, if any, with the site's address once it answers there.
func (s serveCommand) serve(ctx context.Context, c *console, ready func(url string)) error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return usageError{fmt.Errorf("--addr %s: write HOST:PORT, such as 127.0.0.1:8080", s.Addr)}
	}
	if _, err := questionnairePaths(s.Surveys); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("the data directory cannot be used: %w", err)
	}
	listener, err := net.Listen("tcp", s.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another program: stop that, or choose another with --addr HOST:PORT", s.Addr)
	}
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer listener.Close()
	store, err := local.Open(filepath.Join(s.Data, "glasspoll.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	pagesDir := filepath.Join(s.Data, "pages")
	pages, err := local.OpenPages(pagesDir)
	if err != nil {
		return err
	}
	defer pages.Close()

	stopping := make(chan struct{})
	logger := slog.New(slog.NewTextHandler(c.err, nil))
	w := &works{
		serveCommand: s, console: c, store: store, pages: pages, log: logger,
		library: &library{dir: s.Surveys},
		server:  &server{results: os.DirFS(pagesDir), log: logger, published: map[string]*page{}},
	}
	if !s.NoReload {
		w.server.preview = newPreview(stopping)
	}
	w.publishing = newPublishing(w.log, w.publisher)
	// Watch before reading, so that no change falls between.
	var watch *watcher
	if !s.NoReload {
		dirs := []string{s.Surveys}
		if s.Templates != "" {
			dirs = append(dirs, s.Templates)
		}
		if watch, err = newWatcher(dirs...); err != nil {
			return err
		}
		defer watch.Close()
	}
	if err := w.start(ctx); err != nil {
		return err
	}

	httpServer := &http.Server{
		Handler:           w.server,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// net/http names the visitor's address in what it logs, which is mostly of scanners: no loss.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	background, stop := context.WithCancel(context.Background())
	defer stop()
	var tasks sync.WaitGroup
	tasks.Go(func() { w.publishing.run(background) })
	if watch != nil {
		tasks.Go(func() {
			watch.run(func() { w.reload(background) }, func(err error) { w.log.Error("watching files", "error", err) })
		})
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()

	url := siteURL(listener.Addr())
	w.greet(url)
	if ready != nil {
		tasks.Go(func() { ready(url) })
	}

	select {
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	close(stopping)
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if stopErr := httpServer.Shutdown(grace); stopErr != nil {
		w.log.Error("some requests were cut off", "error", stopErr)
	}
	if watch != nil {
		watch.Close()
	}
	stop()
	tasks.Wait()
	w.publishing.pending(grace) // the last answers
	return err
}

// works is what serve is made of.
type works struct {
	serveCommand
	*console
	log        *slog.Logger
	store      *local.Store
	pages      *local.Pages
	library    *library
	server     *server
	publishing *publishing
}

// start builds the first edition and brings the results up to date.
func (w *works) start(ctx context.Context) error {
	_, problems, err := w.library.read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		printProblems(w.err, problems)
		if w.NoReload && len(w.library.lastGood()) == 0 {
			return errProblems
		}
	}
	if err := w.install(ctx); err != nil {
		return err
	}
	if w.server.preview != nil {
		w.server.preview.tell(false, asText(problems))
	}
	w.publishing.all(ctx)
	return nil
}

// install builds an edition from what was read last, and puts it in force.
func (w *works) install(ctx context.Context) error {
	templates, err := templateFiles(w.Templates)
	if err != nil {
		return err
	}
	surveys := w.library.lastGood()
	e, err := w.server.build(surveys, templates)
	if err != nil {
		return err
	}
	// A definition comes before the pages that name it.
	for _, s := range surveys {
		if err := w.store.PutDefinition(ctx, s); err != nil {
			return fmt.Errorf("keeping the definition of %s: %w", s.ID, err)
		}
	}
	e.publisher = publish.New(w.store, w.store, w.store, w.pages, e.renderer, time.Now)
	e.submit = &intake.Handler{
		Definitions:   w.store,
		Responses:     announcing{w.store, w.publishing.notice},
		Renderer:      e.renderer,
		Now:           time.Now,
		ClientAddress: w.clientAddress,
		Log:           w.log,
	}
	w.server.current.Store(e)
	return nil
}

// reload takes over changed files. If they have problems it says so, and keeps what was good.
func (w *works) reload(ctx context.Context) {
	started := time.Now()
	_, problems, err := w.library.read()
	if err == nil {
		err = w.install(ctx)
	}
	text := asText(problems)
	if err != nil {
		text = strings.TrimPrefix(text+"\n"+err.Error(), "\n")
	}
	if text == "" {
		w.publishing.all(ctx) // results pages follow the templates too
		w.log.Info("built again", "in", time.Since(started).Round(time.Millisecond))
	} else {
		fmt.Fprintln(w.console.err, text)
	}
	w.server.preview.tell(err == nil, text)
}

func asText(problems survey.Problems) string {
	if len(problems) == 0 {
		return ""
	}
	var b bytes.Buffer
	printProblems(&b, problems)
	return strings.TrimSuffix(b.String(), "\n")
}

func (w *works) publisher() (*publish.Publisher, []*survey.Survey) {
	e := w.server.current.Load()
	return e.publisher, e.surveys
}

// clientAddress is only ever hashed, to recognise a double click.
func (w *works) clientAddress(r *http.Request) string {
	if w.AddressHeader != "" {
		return r.Header.Get(w.AddressHeader)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// greet prints the addresses to open.
func (w *works) greet(url string) {
	surveys := w.server.current.Load().surveys
	fmt.Fprintf(w.out, "Serving %s from %s; answers are kept in %s.\n\n", count(len(surveys), "survey"), w.Surveys, w.Data)
	fmt.Fprintf(w.out, "  %s\n", url)
	for _, s := range surveys {
		fmt.Fprintf(w.out, "  %s%s/  %s\n", url, s.ID, s.Title.In(s.DefaultLanguage()))
	}
	fmt.Fprintln(w.out, "\nPress Ctrl+C to stop.")
}

// siteURL is an address that a browser on this machine can open.
func siteURL(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return "http://" + a.String() + "/"
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port)) + "/"
}
