package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// placer makes a file of the site equal to another one. *cloud.Pages implements it.
type placer interface {
	Copy(ctx context.Context, from, to string) (changed bool, err error)
}

// placeForms puts the forms and the home pages in place that belong to the moment: before, in or after each survey's window. They
// have been uploaded with the site.
func (f *function) placeForms(ctx context.Context) error {
	surveys, err := f.table.Surveys(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range surveys {
		s, err := f.table.Definition(ctx, id, "")
		if errors.Is(err, store.ErrUnknown) {
			continue // it is being moved to this table
		}
		changed := 0
		if err == nil {
			changed, err = placeForm(ctx, f.pages, s, time.Now())
		}
		if err != nil {
			f.log.Error("form not put in place", "request", requestID(ctx), "survey", id, "error", err)
			failed = append(failed, fmt.Errorf("survey %s: %w", id, err))
		}
		if changed > 0 {
			f.log.Info("forms put in place", "survey", id, "changed", changed)
		}
	}
	if err := placeHomes(ctx, f.pages, f.table, time.Now); err != nil {
		f.log.Error("home page not put in place", "request", requestID(ctx), "error", err)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
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
