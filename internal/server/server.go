// Package server serves the site from one process: forms, answers and results, with a live preview for authors.
package server

import (
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
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"glasspoll/internal/control"
	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/notify"
	"glasspoll/internal/project"
	"glasspoll/internal/survey"
)

// DataFile is the name of the store in the data directory.
const DataFile = "glasspoll.db"

// Options say what is served, and how.
type Options struct {
	Addr          string // where to listen: HOST:PORT
	Surveys       string // directory of questionnaires
	Templates     string // directory of templates to use in place of the built-in ones of the same name; "" for none
	Data          string // directory of the data file and the results pages; it is made if it is missing
	Preview       bool   // follow changes of the files, show them in open pages, and serve drafts
	Unapproved    bool   // serve questionnaires that are not approved without Preview, too
	AddressHeader string // header with the visitor's address, as set by the proxy in front; "" for the connection's own
	NoLimits      bool   // take answers as fast as they come, and hold none back for how they came: for trials
	Backups       Backups
	Archives      string        // directory for archives of what is over; "" for none
	VerifyEvery   time.Duration // how often everything is counted again and compared; 0: never
	News          News          // who is told of what
	Keep          survey.Span   // for how long answers are kept at most; zero: as long as the privacy notices say. Not with Preview
	// Verbs makes the table of what can be asked for over the socket in the data directory; nil for none. changed says
	// that a survey's answers have changed, and in which periods, so that its results follow.
	Verbs    func(s *local.Store, pages *local.Pages, changed func(survey string, periods ...string)) control.Table
	Log      *slog.Logger
	Problems io.Writer // where problems of questionnaires and templates are printed
	Language string    // that they are printed in
}

// Server serves a site. It is made by New, and must be closed.
type Server struct {
	options  Options
	listener net.Listener
	store    *local.Store
	steps    *intake.Steps // of invitations
	pages    *local.Pages  // results pages
	library  *project.Library
	watcher  *project.Watcher // nil without preview
	handler  *handler
	updater  *updater
	present  atomic.Pointer[map[string]bool] // ids of the surveys that have a questionnaire, good or not
	actions  project.CurrentActions
	notifier *notify.Notifier
	archives *archiveLoop    // nil: nothing is archived by itself
	retained *retentionLoop  // nil: nothing is deleted by its time
	commands *control.Server // nil if the socket could not be made
	stopping chan struct{}   // closed when Run ends
	limits   *intake.Limits  // nil: none
}

// New opens the port and the data directory, and builds the site. Connections wait until Run serves them.
func New(ctx context.Context, o Options) (*Server, error) {
	srv := &Server{options: o, library: project.NewLibraryFor(o.demands(), o.Surveys), stopping: make(chan struct{})}
	if err := srv.open(ctx); err != nil {
		srv.Close()
		return nil, err
	}
	return srv, nil
}

// demands returns what questionnaires must meet.
func (o Options) demands() project.Demands {
	if o.Preview {
		return project.Demands{}
	}
	return project.Demands{Approved: !o.Unapproved, IDs: true}
}

func (srv *Server) open(ctx context.Context) error {
	if err := project.Check(srv.options.Surveys); err != nil {
		return err
	}
	if err := srv.openData(); err != nil {
		return err
	}
	if err := srv.connect(); err != nil {
		return err
	}
	// Watch before reading, so that no change falls between.
	if err := srv.watch(); err != nil {
		return err
	}
	if err := srv.start(ctx); err != nil {
		return err
	}
	srv.listenForCommands()
	return nil
}

// openData makes the data directory and opens the port, the store and the results pages. The port comes before the store:
// of two servers started alike, the error of the second should be about the port.
func (srv *Server) openData() error {
	err := os.MkdirAll(srv.options.Data, 0o700)
	if err != nil {
		return message.Errorf("the data directory cannot be used: %w", err)
	}
	srv.listener, err = net.Listen("tcp", srv.options.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return message.Errorf("%s is in use by another program: stop that, or choose another with --addr HOST:PORT", srv.options.Addr)
	}
	if err != nil {
		return message.Errorf("listening: %w", err)
	}
	if srv.store, err = local.Open(filepath.Join(srv.options.Data, DataFile)); err != nil {
		return err
	}
	srv.steps = intake.NewSteps(srv.store)
	srv.pages, err = local.OpenPages(srv.pagesDir())
	return err
}

func (srv *Server) pagesDir() string { return filepath.Join(srv.options.Data, "pages") }

// connect makes the handler of requests, the notifier and the updater.
func (srv *Server) connect() error {
	var live *preview
	if srv.options.Preview {
		var err error
		if live, err = newPreview(srv.stopping); err != nil {
			return err
		}
	}
	if !srv.options.NoLimits {
		srv.limits = intake.NewLimits(srv.store, srv.store)
	}
	srv.handler = newHandler(os.DirFS(srv.pagesDir()), live, srv.options.Log)
	srv.notifier = srv.newNotifier()
	srv.updater = newUpdater(srv.options.Log, srv.publisher, srv.store.Surveys, srv.notifier.Wake)
	if srv.options.Archives != "" {
		srv.archives = srv.newArchiveLoop()
	}
	if !srv.options.Preview { // of drafts, whose length of time may be a slip of the moment, nothing is deleted
		srv.retained = srv.newRetentionLoop()
	}
	return nil
}

func (srv *Server) watch() error {
	if !srv.options.Preview {
		return nil
	}
	dirs := []string{srv.options.Surveys}
	if srv.options.Templates != "" {
		dirs = append(dirs, srv.options.Templates)
	}
	var err error
	srv.watcher, err = project.Watch(dirs...)
	return err
}

// listenForCommands opens the socket in the data directory. The site is served without it, too.
func (srv *Server) listenForCommands() {
	if srv.options.Verbs == nil {
		return
	}
	verbs := srv.options.Verbs(srv.store, srv.pages, srv.changed)
	commands, err := control.Listen(srv.options.Data, verbs, srv.options.Log)
	if err != nil {
		srv.options.Log.Warn("commands such as 'glasspoll results' cannot be used while this runs", "error", err)
		return
	}
	srv.commands = commands
}

// changed says that a survey's answers have changed, other than by those that respondents send.
func (srv *Server) changed(survey string, periods ...string) {
	srv.updater.request(survey, periods...)
	if srv.archives != nil {
		srv.archives.request()
	}
}

// Close closes what New has opened.
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

// grace is how long requests under way, and the results of the last answers, may take at the end.
const grace = 10 * time.Second

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
		err = message.Errorf("serving: %w", err)
	case <-ctx.Done():
	}

	close(srv.stopping)
	ending, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if cutOff := web.Shutdown(ending); cutOff != nil {
		srv.options.Log.Error("some requests were cut off", "error", cutOff)
	}
	if srv.watcher != nil {
		srv.watcher.Close()
	}
	stop()
	tasks.Wait()
	srv.updater.update(ending)
	return err
}

// startTasks starts what runs in the background until the context ends.
func (srv *Server) startTasks(ctx context.Context, tasks *sync.WaitGroup) {
	tasks.Go(func() { srv.updater.run(ctx) })
	tasks.Go(func() { srv.notifier.Run(ctx) })
	tasks.Go(func() { srv.finishErasing(ctx) })
	if srv.options.Backups.Dir != "" {
		backups := &backupLoop{srv.options.Backups, srv.store, srv.options.Log}
		tasks.Go(func() { backups.run(ctx) })
	}
	if srv.archives != nil {
		tasks.Go(func() { srv.archives.run(ctx) })
	}
	if srv.retained != nil {
		srv.retained.announce(srv.Surveys())
		tasks.Go(func() { srv.retained.run(ctx) })
	}
	if srv.options.VerifyEvery > 0 {
		verify := &verifyLoop{srv.options.VerifyEvery, srv.store, srv.options.Log}
		tasks.Go(func() { verify.run(ctx) })
	}
	if srv.watcher != nil {
		tasks.Go(func() {
			srv.watcher.Run(func() { srv.reload(ctx) }, func(err error) { srv.options.Log.Error("watching files", "error", err) })
		})
	}
}

// erasingInterval is how often it is looked whether an erasure was interrupted.
const erasingInterval = 10 * time.Minute

// finishErasing overwrites what interrupted erasures have left in the data file, until the context ends.
func (srv *Server) finishErasing(ctx context.Context) {
	for {
		if err := srv.store.FinishErasing(ctx); err != nil && ctx.Err() == nil {
			srv.options.Log.Warn("what was erased is not overwritten yet, will be tried again", "in", erasingInterval, "error", err)
		}
		select {
		case <-time.After(erasingInterval):
		case <-ctx.Done():
			return
		}
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
		// net/http logs visitors' addresses, mostly with errors of scanners.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// Surveys returns the surveys that are served.
func (srv *Server) Surveys() []*survey.Survey { return srv.handler.current.Load().surveys }

// URL returns an address of the site that a browser on this machine can open.
func (srv *Server) URL() string {
	address := srv.listener.Addr()
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return "http://" + address.String() + "/"
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port)) + "/"
}

// PreviewURL returns the address of a survey in every language, at the widths of a telephone and a computer.
func (srv *Server) PreviewURL(survey string) string {
	return srv.URL() + previewPath[1:] + survey + "/"
}
