package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/console"
	"glasspoll/internal/intake"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// start reads the files and builds the first edition. Results are brought up to date by Run, however long that takes.
func (srv *Server) start(ctx context.Context) error {
	_, problems, err := srv.library.Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		console.Problems(srv.options.Problems, srv.options.Language, problems)
		if !srv.options.Preview && len(srv.library.LastGood()) == 0 {
			return console.ErrProblems
		}
	}
	if err := srv.install(ctx); err != nil {
		return err
	}
	if live := srv.handler.live; live != nil {
		live.setProblems(srv.shownProblems(problems, nil))
	}
	return nil
}

// reload reads changed files and installs a new edition. Their problems are printed and shown, and the last good versions stay.
func (srv *Server) reload(ctx context.Context) {
	_, problems, err := srv.library.Read()
	if empty := new(project.EmptyError); err == nil || errors.As(err, &empty) {
		err = errors.Join(err, srv.install(ctx))
	}
	live := srv.handler.live
	live.setProblems(srv.shownProblems(problems, err)) // before the home pages, which take longest
	if homeErr := srv.handler.current.Load().buildHome(); homeErr != nil && err == nil {
		err = homeErr
		live.setProblems(srv.shownProblems(problems, err))
	}
	if len(problems) == 0 && err == nil {
		fmt.Fprintln(srv.options.Problems, message.New("Built again, without mistakes.").In(srv.options.Language))
		return
	}
	srv.printProblems(problems, err)
}

func (srv *Server) printProblems(problems questionnaire.Problems, err error) {
	var b bytes.Buffer
	if len(problems) > 0 {
		console.Problems(&b, srv.options.Language, problems)
	}
	if err != nil {
		fmt.Fprintln(&b, message.Of(err).In(srv.options.Language))
	}
	b.WriteTo(srv.options.Problems)
}

// install builds an edition from what was read last, and puts it in force.
func (srv *Server) install(ctx context.Context) error {
	templates, err := project.Templates(srv.options.Templates)
	if err != nil {
		return err
	}
	e, changed, err := srv.handler.build(srv.library.LastGood(), templates, srv.library.Theme(), srv.library.Pictures(), srv.handler.current.Load())
	if err != nil {
		return err
	}
	if err := srv.putDefinitions(ctx, changed); err != nil {
		return err
	}
	for _, s := range changed {
		if err := srv.removeForeignResults(ctx, s); err != nil {
			return err
		}
	}
	if e.intake == nil {
		e.publisher, e.intake = srv.newPublisher(e), srv.newIntake(e)
	}
	present := map[string]bool{}
	for _, f := range srv.library.Questionnaires() {
		for _, id := range f.IDs() {
			present[id] = true
		}
	}
	srv.present.Store(&present)
	srv.handler.current.Store(e)
	for _, id := range srv.actions.Replace(srv.library.Actions()) {
		srv.updater.request(id)
	}
	for _, s := range changed {
		srv.updater.request(s.ID)
	}
	return nil
}

// putDefinitions stores the definitions of surveys. They must be there before the pages that name them.
func (srv *Server) putDefinitions(ctx context.Context, surveys []*survey.Survey) error {
	writers, ctx := errgroup.WithContext(ctx) // the store writes in one transaction what comes at the same time
	writers.SetLimit(256)
	for _, s := range surveys {
		writers.Go(func() error {
			if err := srv.store.PutDefinition(ctx, s); err != nil {
				return message.Errorf("keeping the definition of %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return writers.Wait()
}

// removeForeignResults removes a survey's results pages if they are newer than anything the store has released: then they
// come from a store that this one has replaced, and would never be updated.
func (srv *Server) removeForeignResults(ctx context.Context, s *survey.Survey) error {
	// The pages are read first: a release comes before its pages, so that none of this store's own can be newer.
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
	srv.options.Log.Warn("results pages are from another store and are rendered again", "survey", s.ID)
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

// newPublisher makes the publisher of an edition.
func (srv *Server) newPublisher(e *edition) *publish.Publisher {
	var pages store.Pages = srv.pages
	if live := srv.handler.live; live != nil {
		pages = observedPages{srv.pages, live.pagesChanged}
	}
	return publish.New(publish.Options{
		Collector: srv.store, Log: srv.store, Definitions: srv.store, Tallies: srv.store, Releases: srv.store, Progress: srv.store, Reviews: srv.store, Pages: pages, TagOf: srv.pages.TagOf, SyncPages: srv.pages.Sync, Renderer: results.New(e.renderer), Now: time.Now,
		Sidecars: &srv.actions, Counts: srv.store, Cases: srv.store, Notify: len(srv.options.News.Receivers) > 0,
	})
}

// newIntake makes the API of an edition.
func (srv *Server) newIntake(e *edition) http.Handler {
	observed := observedStore{srv.store, srv.updater.request, srv.changed}
	return &intake.Handler{
		Definitions: presentDefinitions{srv.store, func(id string) bool { return (*srv.present.Load())[id] }},
		Responses:   observed,
		Withdrawer:  observed,
		Days:        observed,
		Redeemer:    observed,
		Invitations: srv.store,
		Stopper:     srv.store,
		Steps:       srv.steps,
		Signer:      &intake.Signer{Keys: srv.store, Marker: srv.store},
		IDs:         srv.store,
		Secrets:     srv.store,
		Renderer:    e.renderer,
		Now:         time.Now,
		Client:      srv.clientAddress,
		Log:         srv.options.Log,
		DaySecrets:  srv.store,
		Limits:      srv.limits,
		Host:        srv.hosts,
	}
}

// hosts returns the names that visitors may know the site by: a proxy may hand on its own name for it. No page of another site can
// set these headers. Behind a proxy that hands on neither, which calls the site by an address or by a name inside, nobody knows.
func (srv *Server) hosts(r *http.Request) []string {
	if forwarded := r.Header.Get("X-Forwarded-Host"); forwarded != "" {
		return []string{r.Host, forwarded}
	}
	name := (&url.URL{Host: r.Host}).Hostname()
	if srv.options.AddressHeader != "" && (net.ParseIP(name) != nil || !strings.Contains(name, ".")) {
		return nil
	}
	return []string{r.Host}
}

// clientAddress is used in keyed hashes only: to recognize a double click, and to count how fast a range of addresses sends.
func (srv *Server) clientAddress(r *http.Request) string {
	if srv.options.AddressHeader != "" {
		return strings.Join(r.Header.Values(srv.options.AddressHeader), ", ") // the proxy has added the last one
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// publisher returns the publisher of the edition in force, and its surveys.
func (srv *Server) publisher() (*publish.Publisher, []*survey.Survey) {
	e := srv.handler.current.Load()
	return e.publisher, e.surveys
}

// presentDefinitions finds definitions, in every version, of the surveys that have a questionnaire.
type presentDefinitions struct {
	store.Definitions
	present func(id string) bool
}

func (p presentDefinitions) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if !p.present(id) {
		return nil, store.ErrUnknown
	}
	return p.Definitions.Definition(ctx, id, version)
}
