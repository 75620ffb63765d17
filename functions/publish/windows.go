package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cloud"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// placer makes a file of the site equal to another one. *cloud.Pages implements it.
type placer interface {
	Copy(ctx context.Context, from, to string) (changed bool, err error)
}

const (
	// formsEvery is within which time forms are compared again that are in place: whoever uploads the site with an earlier version of the
	// program while a window begins or ends may put the form of before there.
	formsEvery = 2 * time.Hour

	// formsSettle is for how long after the beginning or the end of a window they are compared each time, for the same reason.
	formsSettle = time.Hour
)

// placeForms puts the forms and the home pages in place that belong to the moment: before, in or after each survey's window. They
// have been uploaded with the site. Forms that are known to be in place are not looked at.
func (f *function) placeForms(ctx context.Context) error {
	surveys, err := f.table.Surveys(ctx)
	if err != nil {
		return err
	}
	published, err := f.table.Published(ctx)
	if err != nil {
		return err
	}
	looks, err := f.table.Looks(ctx)
	if err != nil {
		return err
	}
	inForce, err := f.table.InForce(ctx, surveys)
	if err != nil {
		return err
	}
	now := time.Now()
	failed := make([]error, len(surveys)+1)
	var group errgroup.Group
	group.SetLimit(parallelSweeps)
	for n, id := range surveys {
		of := inForce[id] + " " + published
		if known := looks[id].Forms; inForce[id] == "" || known.Of == of && (known.Until.IsZero() || now.Before(known.Until)) {
			continue
		}
		group.Go(func() error {
			if err := f.placeFormOf(ctx, id, inForce[id], of, now); err != nil {
				f.log.Error("form not put in place", "request", requestID(ctx), "survey", id, "error", err)
				failed[n] = fmt.Errorf("survey %s: %w", id, err)
			}
			return nil
		})
	}
	group.Wait()
	if err := placeHomes(ctx, f.pages, f.table, time.Now); err != nil {
		f.log.Error("home page not put in place", "request", requestID(ctx), "error", err)
		failed[len(surveys)] = err
	}
	return errors.Join(failed...)
}

// placeFormOf puts the forms of one survey in place, and notes it.
func (f *function) placeFormOf(ctx context.Context, id, version, of string, now time.Time) error {
	s, err := f.table.Definition(ctx, id, version)
	if err != nil {
		return err
	}
	changed, err := placeForm(ctx, f.pages, s, now)
	if err != nil {
		return err
	}
	if changed > 0 {
		f.log.Info("forms put in place", "survey", id, "changed", changed)
	}
	return f.table.SaveForms(ctx, id, cloud.Forms{Of: of, Until: formsUntil(s, now)})
}

// formsUntil returns when the forms that are in place at an instant are to be looked at again; zero for never.
func formsUntil(s *survey.Survey, now time.Time) time.Time {
	if s.Window == (survey.Window{}) {
		return time.Time{}
	}
	until := now.Add(formsEvery)
	if s.PhaseAt(now) != s.PhaseAt(now.Add(-formsSettle)) {
		until = now
	}
	if next, ok := s.NextPhase(now); ok && next.Before(until) {
		until = next
	}
	return until
}

// homeKeeper knows which files are the home pages. *cloud.Table implements it.
type homeKeeper interface {
	Homes(ctx context.Context) (render.Homes, error)
}

// maxPlacings is how often home pages are put in place again because they were published meanwhile.
const maxPlacings = 5

// placeHomes puts the home pages in place that belong to the moment. Whoever publishes stores which files they are before it puts
// them in place itself; so what was put in place is right if that has not changed since, and is put in place again if it has.
func placeHomes(ctx context.Context, pages placer, table homeKeeper, now func() time.Time) error {
	homes, err := table.Homes(ctx)
	if err == nil && len(homes) < 2 {
		return nil // they never change
	}
	for range maxPlacings {
		if err != nil {
			return err
		}
		files := homes.At(now())
		for _, address := range slices.Sorted(maps.Keys(files)) {
			if _, err := pages.Copy(ctx, files[address], address); err != nil {
				return err
			}
		}
		before := homes
		if homes, err = table.Homes(ctx); err == nil && reflect.DeepEqual(homes, before) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return store.ErrStale
}

// placeForm puts a survey's forms in place for an instant, and returns how many of them were others.
func placeForm(ctx context.Context, pages placer, s *survey.Survey, at time.Time) (changed int, err error) {
	if s.Window == (survey.Window{}) {
		return 0, nil
	}
	dirs := []string{s.ID + "/"}
	for _, language := range s.Languages {
		dirs = append(dirs, s.ID+"/"+language+"/")
	}
	for _, dir := range dirs {
		one, err := pages.Copy(ctx, dir+render.FormName(s.PhaseAt(at)), dir+"index.html")
		if err != nil {
			return changed, err
		}
		if one {
			changed++
		}
	}
	return changed, nil
}
