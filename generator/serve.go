package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/notify"
	"glasspoll/internal/project"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type serveCommand struct {
	Addr              string        `placeholder:"HOST:PORT" default:"127.0.0.1:8080" help:"Where to listen; ':8080' is port 8080 of every network. Default: ${default}."`
	Surveys           string        `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data              string        `placeholder:"DIR" default:"data" help:"Where answers and results are kept. Default: ${default}."`
	Templates         string        `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	NoReload          bool          `help:"Do not watch the files, and let browsers keep pages for a minute: for real use."`
	Webhook           string        `placeholder:"URL" help:"Address that is told of each case that an alert opens (Standard Webhooks, signed)."`
	WebhookSecretFile string        `placeholder:"FILE" help:"File with the secret that messages to the webhook are signed with. Default: the environment variable GLASSPOLL_WEBHOOK_SECRET."`
	Backup            string        `placeholder:"DIR" help:"Where to keep copies of all answers, taken while it runs: a directory for them alone, best on another disk. Default: none are taken."`
	BackupEvery       time.Duration `placeholder:"TIME" default:"24h" help:"How often. Default: ${default}."`
	BackupKeep        int           `placeholder:"N" default:"7" help:"How many copies to keep. Default: ${default}."`
	AddressHeader     string        `placeholder:"NAME" help:"Header with the visitor's address, as set by the proxy in front. Default: none, the connection's own."`
}

func (serveCommand) Help() string {
	return `Serves everything from this one process: the pages, the API that takes the answers, and the results. Answers are on
the disk, in DATA/glasspoll.db, before anyone is thanked for them. Results appear by themselves as soon as enough
respondents have answered (results.min_group).

While it runs, a change to a questionnaire or template shows at once in every open page; a mistake is printed and
shown, and the last good page stays. Pages have buttons that fill forms in, and _preview/ID/ shows a survey in all its
languages at the widths of a telephone and a computer. None of this is there with --no-reload.

Interrupt it (Ctrl+C) to stop: nothing is lost.

Examples:

  glasspoll serve
  glasspoll serve --templates templates           # when working on the templates
  glasspoll serve --addr :80 --data /var/lib/glasspoll --no-reload
  glasspoll serve --no-reload --address-header X-Real-IP      # behind nginx
  glasspoll serve --no-reload --backup /mnt/backup --backup-every 6h`
}

func (s serveCommand) Run(ctx context.Context, c *console.Console) error {
	return s.serve(ctx, c, nil)
}

// serve runs until the context ends. It calls ready, if any, with the site's address once it answers there.
func (s serveCommand) serve(ctx context.Context, c *console.Console, ready func(url string)) error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return console.Usagef("--addr %s: write HOST:PORT, such as 127.0.0.1:8080", s.Addr)
	}
	if err := project.Check(s.Surveys); err != nil {
		return err
	}
	sender, err := s.sender(os.Getenv)
	if err != nil {
		return err
	}
	if err := s.checkBackups(); err != nil {
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
	pages, err := local.OpenPages(s.pagesDir())
	if err != nil {
		return err
	}
	defer pages.Close()

	stopping := make(chan struct{})
	logger := slog.New(slog.NewTextHandler(c.Err, nil))
	w := &works{
		serveCommand: s, Console: c, store: store, pages: pages, log: logger,
		library: project.NewLibrary(s.Surveys),
		server:  &server{results: os.DirFS(s.pagesDir()), log: logger, published: map[string]published{}},
	}
	if !s.NoReload {
		if w.server.preview, err = newPreview(stopping); err != nil {
			return err
		}
	}
	w.publishing = newPublishing(w.log, w.publisher)
	if sender != nil {
		w.notifier = notify.New(notify.Options{Outbox: store, Sender: sender, Log: w.log})
		w.publishing.opened = w.notifier.Wake
	}
	// Watch before reading, so that no change falls between.
	var watch *project.Watcher
	if !s.NoReload {
		dirs := []string{s.Surveys}
		if s.Templates != "" {
			dirs = append(dirs, s.Templates)
		}
		if watch, err = project.Watch(dirs...); err != nil {
			return err
		}
		defer watch.Close()
	}
	if err := w.start(ctx); err != nil {
		return err
	}
	if commands, err := control.Listen(s.Data, verbTable(environment{store: w.store, log: w.log, changed: w.publishing.notice}), w.log); err != nil {
		w.log.Warn("commands such as 'glasspoll results' cannot be used while this runs", "error", err)
	} else {
		defer commands.Close()
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
	if w.notifier != nil {
		tasks.Go(func() { w.notifier.Run(background) })
	}
	if copies := s.backups(store, w.log); copies != nil {
		tasks.Go(func() { copies.run(background) })
	}
	if watch != nil {
		tasks.Go(func() {
			watch.Run(func() { w.reload(background) }, func(err error) { w.log.Error("watching files", "error", err) })
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
	*console.Console
	log        *slog.Logger
	store      *local.Store
	pages      *local.Pages
	library    *project.Library
	server     *server
	publishing *publishing
	ids        atomic.Pointer[map[string]bool] // surveys whose questionnaires are there
	actions    project.CurrentActions
	notifier   *notify.Notifier // nil: cases open without a notification
}

// start builds the first edition. The results catch up with it afterwards, however much there is.
func (w *works) start(ctx context.Context) error {
	_, problems, err := w.library.Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		console.Problems(w.Err, problems)
		if w.NoReload && len(w.library.LastGood()) == 0 {
			return console.ErrProblems
		}
	}
	if err := w.install(ctx); err != nil {
		return err
	}
	if w.server.preview != nil {
		w.server.preview.tell(w.troublesOf(problems, nil))
	}
	return nil
}

// install builds an edition from what was read last, and puts it in force.
func (w *works) install(ctx context.Context) error {
	templates, err := project.Templates(w.Templates)
	if err != nil {
		return err
	}
	e, changed, err := w.server.build(w.library.LastGood(), templates, w.library.Theme())
	if err != nil {
		return err
	}
	if err := w.define(ctx, changed); err != nil {
		return err
	}
	for _, s := range changed {
		if err := w.dropStrangers(ctx, s); err != nil {
			return err
		}
	}
	if e.submit == nil {
		e.publisher = publish.New(publish.Options{
			Log: w.store, Tallies: w.store, Releases: w.store, Pages: w.resultsPages(), Renderer: results.New(e.renderer), Now: time.Now,
			Sidecars: &w.actions, Cases: w.store, Notify: w.notifier != nil,
		})
		e.submit = &intake.Handler{
			Definitions:   present{w.store, w.has},
			Responses:     announcing{w.store, w.publishing.notice},
			Renderer:      e.renderer,
			Now:           time.Now,
			ClientAddress: w.clientAddress,
			Log:           w.log,
		}
	}
	ids := map[string]bool{}
	for _, f := range w.library.Questionnaires() {
		for _, id := range f.IDs() {
			ids[id] = true
		}
	}
	w.ids.Store(&ids)
	w.server.current.Store(e)
	for _, id := range w.actions.Replace(w.library.Actions()) {
		w.publishing.notice(id)
	}
	for _, s := range changed {
		w.publishing.notice(s.ID)
	}
	return nil
}

// define keeps the definitions of surveys: they come before the pages that name them.
func (w *works) define(ctx context.Context, surveys []*survey.Survey) error {
	writers, ctx := errgroup.WithContext(ctx) // the store writes together what comes together
	writers.SetLimit(256)
	for _, s := range surveys {
		writers.Go(func() error {
			if err := w.store.PutDefinition(ctx, s); err != nil {
				return fmt.Errorf("keeping the definition of %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return writers.Wait()
}

// dropStrangers removes a survey's results pages that say more than the store has ever released: they are of another
// store, which this one has taken the place of, and would otherwise pass for newer ones.
func (w *works) dropStrangers(ctx context.Context, s *survey.Survey) error {
	// The pages first: a release comes before its pages, so that none of this store's own can be ahead of it.
	newest, names := 0, []string{}
	err := fs.WalkDir(os.DirFS(w.pagesDir()), s.ID, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || !isResult(name) {
			return err
		}
		_, revision, err := w.pages.Page(ctx, name)
		newest, names = max(newest, revision), append(names, name)
		return err
	})
	if err != nil || newest == 0 {
		return err
	}
	latest, err := w.store.Latest(ctx, s.ID)
	if err != nil || newest <= stats.NewReport(s, latest).Revision {
		return err
	}
	w.log.Warn("these results are of another store, and are made anew", "survey", s.ID)
	root, err := os.OpenRoot(w.pagesDir())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range names {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s serveCommand) pagesDir() string { return filepath.Join(s.Data, "pages") }

// has reports whether a survey's questionnaire is there, good or not.
func (w *works) has(id string) bool { return (*w.ids.Load())[id] }

// present finds definitions, in every version, of surveys that are there.
type present struct {
	store.Definitions
	has func(id string) bool
}

func (p present) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if !p.has(id) {
		return nil, store.ErrUnknown
	}
	return p.Definitions.Definition(ctx, id, version)
}

// resultsPages are where results are published to.
func (w *works) resultsPages() store.Pages {
	if w.server.preview == nil {
		return w.pages
	}
	return watchedPages{w.pages, w.server.preview.lookAgain}
}

// watchedPages tells of every page that is written.
type watchedPages struct {
	store.Pages
	written func()
}

func (p watchedPages) Replace(ctx context.Context, path, tag string, revision int, body []byte) (string, error) {
	newTag, err := p.Pages.Replace(ctx, path, tag, revision, body)
	if err == nil && newTag != tag {
		p.written()
	}
	return newTag, err
}

// reload takes over changed files. If they have problems it says so, and keeps what was good.
func (w *works) reload(ctx context.Context) {
	started := time.Now()
	_, problems, err := w.library.Read()
	if empty := new(project.EmptyError); err == nil || errors.As(err, &empty) {
		err = errors.Join(err, w.install(ctx))
	}
	w.server.preview.tell(w.troublesOf(problems, err))
	if cold := w.server.current.Load().warm(); cold != nil && err == nil {
		err = cold
		w.server.preview.tell(w.troublesOf(problems, err))
	}
	text := asText(problems)
	if err != nil {
		text = strings.TrimPrefix(text+"\n"+err.Error(), "\n")
	}
	if text == "" {
		w.log.Info("built again", "in", time.Since(started).Round(time.Millisecond))
	} else {
		fmt.Fprintln(w.Err, text)
	}
}

func asText(problems questionnaire.Problems) string {
	if len(problems) == 0 {
		return ""
	}
	var b bytes.Buffer
	console.Problems(&b, problems)
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
	fmt.Fprintf(w.Out, "Serving %s from %s; answers are kept in %s.\n\n", console.Count(len(surveys), "survey"), w.Surveys, w.Data)
	fmt.Fprintf(w.Out, "  %s\n", url)
	for _, s := range surveys {
		fmt.Fprintf(w.Out, "  %s%s/  %s\n", url, s.ID, s.Title.In(s.DefaultLanguage()))
	}
	if w.server.preview != nil && len(surveys) > 0 {
		fmt.Fprintf(w.Out, "\nA survey in every language, at both widths: %s%s%s/\n", url, previewPath[1:], surveys[0].ID)
	}
	fmt.Fprintln(w.Out, "\nPress Ctrl+C to stop.")
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
