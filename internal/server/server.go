// Package server serves the site from one process: forms, answers and results, with a live preview for authors.
package server

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

// Options say what is served, and how.
type Options struct {
	Addr          string // where to listen: HOST:PORT
	Surveys       string // directory of questionnaires
	Templates     string // directory of templates to use in place of the built-in ones of the same name; "" if there are none
	Data          string // directory of the data file and the results pages; made if it is missing
	Preview       bool   // follow changes of the files, and show them in open pages
	AddressHeader string // header with the visitor's address, as set by the proxy in front; "": the connection's own
	Backups       Backups
	Sender        notify.Sender // sends the notifications of cases; nil: cases open without one
	// Verbs makes the table of what can be asked for over the socket in the data directory. changed says that a survey's
	// answers have changed, so that its results follow.
	Verbs    func(s *local.Store, changed func(survey string)) control.Table
	Log      *slog.Logger
	Problems io.Writer // where problems of questionnaires and templates are printed
}

// Server serves a site over a data directory. It is made by New, and must be closed.
type Server struct {
	options    Options
	listener   net.Listener
	store      *local.Store
	pages      *local.Pages
	library    *project.Library
	watcher    *project.Watcher // nil without preview
	handler    *handler
	publishing *publishing
	ids        atomic.Pointer[map[string]bool] // surveys whose questionnaires are there
	actions    project.CurrentActions
	notifier   *notify.Notifier // nil: cases open without a notification
	commands   *control.Server  // nil if it could not be had
	stopping   chan struct{}    // closed when Run ends
}

// New opens the data directory, builds the site, and takes connections, which wait until Run serves them.
func New(ctx context.Context, o Options) (*Server, error) {
	srv := &Server{options: o, library: project.NewLibrary(o.Surveys), stopping: make(chan struct{})}
	for _, step := range []func(context.Context) error{srv.open, srv.prepare, srv.start, srv.takeCommands} {
		if err := step(ctx); err != nil {
			srv.Close()
			return nil, err
		}
	}
	return srv, nil
}

// open opens the port and the data directory.
func (srv *Server) open(context.Context) error {
	if err := project.Check(srv.options.Surveys); err != nil {
		return err
	}
	err := os.MkdirAll(srv.options.Data, 0o700)
	if err != nil {
		return fmt.Errorf("the data directory cannot be used: %w", err)
	}
	srv.listener, err = net.Listen("tcp", srv.options.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another program: stop that, or choose another with --addr HOST:PORT", srv.options.Addr)
	}
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	if srv.store, err = local.Open(filepath.Join(srv.options.Data, "glasspoll.db")); err != nil {
		return err
	}
	srv.pages, err = local.OpenPages(srv.pagesDir())
	return err
}

// prepare makes what works beside the requests.
func (srv *Server) prepare(context.Context) error {
	srv.handler = &handler{results: os.DirFS(srv.pagesDir()), log: srv.options.Log, published: map[string]published{}}
	srv.publishing = newPublishing(srv.options.Log, srv.publisher)
	if srv.options.Sender != nil {
		srv.notifier = notify.New(notify.Options{Outbox: srv.store, Sender: srv.options.Sender, Log: srv.options.Log})
		srv.publishing.opened = srv.notifier.Wake
	}
	if !srv.options.Preview {
		return nil
	}
	var err error
	if srv.handler.preview, err = newPreview(srv.stopping); err != nil {
		return err
	}
	// Watch before reading, so that no change falls between.
	dirs := []string{srv.options.Surveys}
	if srv.options.Templates != "" {
		dirs = append(dirs, srv.options.Templates)
	}
	srv.watcher, err = project.Watch(dirs...)
	return err
}

// takeCommands opens the socket in the data directory. Without it the site is served all the same.
func (srv *Server) takeCommands(context.Context) error {
	if srv.options.Verbs == nil {
		return nil
	}
	var err error
	if srv.commands, err = control.Listen(srv.options.Data, srv.options.Verbs(srv.store, srv.publishing.notice), srv.options.Log); err != nil {
		srv.options.Log.Warn("commands such as 'glasspoll results' cannot be used while this runs", "error", err)
	}
	return nil
}

// Close ends what New has opened.
func (srv *Server) Close() {
	if srv.commands != nil {
		srv.commands.Close()
	}
	if srv.watcher != nil {
		srv.watcher.Close()
	}
	if srv.listener != nil {
		srv.listener.Close()
	}
	if srv.pages != nil {
		srv.pages.Close()
	}
	if srv.store != nil {
		srv.store.Close()
	}
}

// Run serves until the context ends. Then it waits for requests under way, and publishes the last answers.
func (srv *Server) Run(ctx context.Context) error {
	background, stop := context.WithCancel(context.Background())
	defer stop()
	var tasks sync.WaitGroup
	srv.startTasks(background, &tasks)
	web := srv.httpServer()
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(srv.listener) }()
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	close(srv.stopping)
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if stopErr := web.Shutdown(grace); stopErr != nil {
		srv.options.Log.Error("some requests were cut off", "error", stopErr)
	}
	if srv.watcher != nil {
		srv.watcher.Close()
	}
	stop()
	tasks.Wait()
	srv.publishing.pending(grace) // the last answers
	return err
}

// startTasks starts what goes on beside the requests until the context ends.
func (srv *Server) startTasks(ctx context.Context, tasks *sync.WaitGroup) {
	tasks.Go(func() { srv.publishing.run(ctx) })
	if srv.notifier != nil {
		tasks.Go(func() { srv.notifier.Run(ctx) })
	}
	if srv.options.Backups.Dir != "" {
		copies := &backups{srv.options.Backups, srv.store, srv.options.Log}
		tasks.Go(func() { copies.run(ctx) })
	}
	if srv.watcher != nil {
		tasks.Go(func() {
			srv.watcher.Run(func() { srv.reload(ctx) }, func(err error) { srv.options.Log.Error("watching files", "error", err) })
		})
	}
}

func (srv *Server) httpServer() *http.Server {
	return &http.Server{
		Handler:           srv.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// net/http names the visitor's address in what it logs, which is mostly of scanners: no loss.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// start builds the first edition. The results catch up with it afterwards, however much there is.
func (srv *Server) start(ctx context.Context) error {
	_, problems, err := srv.library.Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		console.Problems(srv.options.Problems, problems)
		if !srv.options.Preview && len(srv.library.LastGood()) == 0 {
			return console.ErrProblems
		}
	}
	if err := srv.install(ctx); err != nil {
		return err
	}
	if srv.handler.preview != nil {
		srv.handler.preview.tell(srv.troublesOf(problems, nil))
	}
	return nil
}

// install builds an edition from what was read last, and puts it in force.
func (srv *Server) install(ctx context.Context) error {
	templates, err := project.Templates(srv.options.Templates)
	if err != nil {
		return err
	}
	e, changed, err := srv.handler.build(srv.library.LastGood(), templates, srv.library.Theme())
	if err != nil {
		return err
	}
	if err := srv.define(ctx, changed); err != nil {
		return err
	}
	for _, s := range changed {
		if err := srv.dropStrangers(ctx, s); err != nil {
			return err
		}
	}
	if e.submit == nil {
		e.publisher = publish.New(srv.store, srv.store, srv.store, srv.resultsPages(), results.New(e.renderer), time.Now)
		e.publisher.Sidecars, e.publisher.Cases, e.publisher.Tells = &srv.actions, srv.store, srv.notifier != nil
		e.submit = &intake.Handler{
			Definitions:   present{srv.store, srv.has},
			Responses:     announcing{srv.store, srv.publishing.notice},
			Renderer:      e.renderer,
			Now:           time.Now,
			ClientAddress: srv.clientAddress,
			Log:           srv.options.Log,
		}
	}
	ids := map[string]bool{}
	for _, f := range srv.library.Questionnaires() {
		for _, id := range f.IDs() {
			ids[id] = true
		}
	}
	srv.ids.Store(&ids)
	srv.handler.current.Store(e)
	for _, id := range srv.actions.Replace(srv.library.Actions()) {
		srv.publishing.notice(id)
	}
	for _, s := range changed {
		srv.publishing.notice(s.ID)
	}
	return nil
}

// define keeps the definitions of surveys: they come before the pages that name them.
func (srv *Server) define(ctx context.Context, surveys []*survey.Survey) error {
	writers, ctx := errgroup.WithContext(ctx) // the store writes together what comes together
	writers.SetLimit(256)
	for _, s := range surveys {
		writers.Go(func() error {
			if err := srv.store.PutDefinition(ctx, s); err != nil {
				return fmt.Errorf("keeping the definition of %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return writers.Wait()
}

// dropStrangers removes a survey's results pages that say more than the store has ever released: they are of another
// store, which this one has taken the place of, and would otherwise pass for newer ones.
func (srv *Server) dropStrangers(ctx context.Context, s *survey.Survey) error {
	// The pages first: a release comes before its pages, so that none of this store's own can be ahead of it.
	newest, names := 0, []string{}
	err := fs.WalkDir(os.DirFS(srv.pagesDir()), s.ID, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || !isResult(name) {
			return err
		}
		_, revision, err := srv.pages.Page(ctx, name)
		newest, names = max(newest, revision), append(names, name)
		return err
	})
	if err != nil || newest == 0 {
		return err
	}
	latest, err := srv.store.Latest(ctx, s.ID)
	if err != nil || newest <= stats.NewReport(s, latest).Revision {
		return err
	}
	srv.options.Log.Warn("these results are of another store, and are made anew", "survey", s.ID)
	root, err := os.OpenRoot(srv.pagesDir())
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

func (srv *Server) pagesDir() string { return filepath.Join(srv.options.Data, "pages") }

// has reports whether a survey's questionnaire is there, good or not.
func (srv *Server) has(id string) bool { return (*srv.ids.Load())[id] }

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
func (srv *Server) resultsPages() store.Pages {
	if srv.handler.preview == nil {
		return srv.pages
	}
	return watchedPages{srv.pages, srv.handler.preview.lookAgain}
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
func (srv *Server) reload(ctx context.Context) {
	started := time.Now()
	_, problems, err := srv.library.Read()
	if empty := new(project.EmptyError); err == nil || errors.As(err, &empty) {
		err = errors.Join(err, srv.install(ctx))
	}
	srv.handler.preview.tell(srv.troublesOf(problems, err))
	if cold := srv.handler.current.Load().warm(); cold != nil && err == nil {
		err = cold
		srv.handler.preview.tell(srv.troublesOf(problems, err))
	}
	text := asText(problems)
	if err != nil {
		text = strings.TrimPrefix(text+"\n"+err.Error(), "\n")
	}
	if text == "" {
		srv.options.Log.Info("built again", "in", time.Since(started).Round(time.Millisecond))
	} else {
		fmt.Fprintln(srv.options.Problems, text)
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

func (srv *Server) publisher() (*publish.Publisher, []*survey.Survey) {
	e := srv.handler.current.Load()
	return e.publisher, e.surveys
}

// clientAddress is only ever hashed, to recognise a double click.
func (srv *Server) clientAddress(r *http.Request) string {
	if srv.options.AddressHeader != "" {
		return r.Header.Get(srv.options.AddressHeader)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Surveys are those that are served.
func (srv *Server) Surveys() []*survey.Survey { return srv.handler.current.Load().surveys }

// URL is an address of the site that a browser on this machine can open.
func (srv *Server) URL() string { return siteURL(srv.listener.Addr()) }

// PreviewURL is the address of a survey in every language, at the widths of a telephone and a computer.
func (srv *Server) PreviewURL(survey string) string {
	return srv.URL() + previewPath[1:] + survey + "/"
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
