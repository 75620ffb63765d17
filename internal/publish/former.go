package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// emptyFormer empties the files that a questionnaire which was in force once had, and today's has not: pages of groups that are
// no segment any more, of periods below a larger k, of a language that was removed. Nobody would write them again, and they
// may show what is hidden now. What was in force is known from the latest releases, those before this run among them.
func (r *run) emptyFormer(ctx context.Context, before []*release.Release) error {
	asked := r.asked()
	r.mu.Lock()
	done := r.emptied[r.survey.ID] == asked
	r.mu.Unlock()
	if done {
		return nil
	}
	if former := append(r.formerPaths(before), r.formerPaths(r.latest)...); len(former) > 0 {
		files, err := r.report()
		if err != nil {
			return err
		}
		listed := map[string]bool{}
		for _, f := range files {
			listed[f.path] = true
		}
		empty := results.NewSet(stats.NewReport(r.survey, nil))
		for _, path := range former {
			if listed[path] {
				continue
			}
			listed[path] = true
			page := results.Page{Set: empty, Language: r.survey.DefaultLanguage(), Root: strings.Repeat("../", strings.Count(path, "/"))}
			if err := r.empty(ctx, path, page); err != nil {
				return err
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emptied[r.survey.ID] = asked
	return nil
}

// asked names the questionnaire in force, and those of the latest releases and their parts, with their k.
func (r *run) asked() string {
	text := r.survey.Version
	for _, one := range r.latest {
		text += fmt.Sprintf("\n%s %s %d %q", one.Period, one.Version, one.K, slices.Sorted(maps.Keys(one.Parts)))
	}
	return text
}

// formerPaths lists the files that the questionnaires of releases and of their parts had, as far as that in force is another.
func (r *run) formerPaths(latest []*release.Release) []string {
	type version struct {
		name string
		form json.RawMessage
	}
	var versions []version
	known := map[string]bool{r.survey.Version: true}
	for _, one := range latest {
		all := []version{{one.Version, one.Form}}
		for _, shape := range slices.Sorted(maps.Keys(one.Parts)) {
			all = append(all, version{one.Parts[shape].Version, one.Parts[shape].Form})
		}
		for _, v := range all {
			if !known[v.name] {
				known[v.name] = true
				versions = append(versions, v)
			}
		}
	}
	var paths []string
	for _, v := range versions {
		public := make([]*release.Release, len(latest))
		for i, one := range latest {
			then := *one.Public()
			then.Version, then.Form = v.name, v.form
			public[i] = &then
		}
		paths = append(paths, pathsOf(release.FormOf(r.survey, &release.Release{Version: v.name, Form: v.form}), public)...)
	}
	if slices.ContainsFunc(latest, func(one *release.Release) bool { return one.K < r.survey.K() }) {
		paths = append(paths, pathsOf(r.survey, latest)...)
	}
	return paths
}

// pathsOf lists the files of releases by a questionnaire.
func pathsOf(s *survey.Survey, latest []*release.Release) []string {
	var paths []string
	for _, f := range results.NewSet(stats.NewReport(s, latest)).Folders() {
		for _, a := range addresses(s, f) {
			for _, name := range fileNames(f) {
				paths = append(paths, a.folder+name)
			}
		}
	}
	return paths
}

// empty replaces a file, if there is one, by one without figures.
func (r *run) empty(ctx context.Context, path string, page results.Page) error {
	write := map[string]func(io.Writer, results.Page) error{"html": r.renderer.HTML, "json": r.renderer.JSON, "csv": r.renderer.CSV}[path[strings.LastIndexByte(path, '.')+1:]]
	var body bytes.Buffer
	if err := write(&body, page); err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	for range attempts {
		tag, revision, err := r.pages.Page(ctx, path)
		if err != nil || tag == "" {
			return err
		}
		tag, err = r.pages.Replace(ctx, path, tag, revision, body.Bytes())
		if errors.Is(err, store.ErrStale) {
			continue
		}
		if err == nil {
			now := written{tag: tag, revision: revision}
			r.seen.files[path] = now
			r.remember(r.survey.ID, path, now)
		}
		return err
	}
	return fmt.Errorf("%s: %w %d times", path, store.ErrStale, attempts)
}
