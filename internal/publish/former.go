package publish

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// A former file is one that there once was, and that is not listed today: of a group that is no segment any more, of a period below a
// larger k or before those that have pages, in a language that was removed. Nobody would write it again, and it may show what is hidden
// now. So it loses its figures, where there is one. What questionnaires were in force is known from the latest releases, also those
// before this run, and their parts; what this publisher has written since, from its memory.

// formerFile is the path of a former file, and the period that it was of; "" for the newest.
type formerFile struct {
	path, period string
	to           string // where it leads, if another language was the first; else ""
}

// formerFiles lists the former files of a set, given the paths that are listed. They are written like the others, with the revision that
// they would have if they were listed, and hold nothing.
func (r *run) formerFiles(listed map[string]bool, set *results.Set) []file {
	former := slices.Concat(r.formerOf(r.before), r.formerOf(r.latest))
	for _, f := range set.Unlisted() {
		if f.Whole() {
			former = append(former, formerOfFolder(r.survey, f)...)
		}
	}
	var seen []string
	for path, was := range r.seen.files {
		if was.tag != "" && !listed[path] {
			seen = append(seen, path)
		}
	}
	slices.Sort(seen)
	for _, path := range seen {
		former = append(former, formerFile{path: path})
	}
	if len(former) == 0 {
		return nil
	}
	var all []file
	page := results.Page{Set: results.NewSet(stats.NewReport(r.survey, nil)), Language: r.survey.DefaultLanguage()}
	inputs := sha256.Sum256([]byte("former " + r.survey.Version))
	for _, f := range former {
		if !listed[f.path] {
			listed[f.path] = true
			if f.to != "" {
				all = append(all, r.movedFile(move{path: f.path, to: f.to, language: r.survey.DefaultLanguage()}, set.Report.Revision))
				continue
			}
			page.Root = strings.Repeat("../", strings.Count(f.path, "/"))
			all = append(all, file{path: f.path, page: page, write: r.writer(f.path), revision: set.Report.RevisionOf(f.period), inputs: inputs, former: true})
		}
	}
	return all
}

// formerOf lists the files that the questionnaires of releases and of their parts had, as far as that in force is another,
// and those that there were under a smaller k. It works them out once for the same questionnaires.
func (r *run) formerOf(latest []*release.Release) []formerFile {
	asked := r.asked(latest)
	r.mu.Lock()
	known, done := r.formers[asked]
	r.mu.Unlock()
	if done {
		return known
	}
	var files []formerFile
	for _, then := range r.formerly(latest) {
		public := make([]*release.Release, len(latest))
		for i, one := range latest {
			old := *one.Public()
			old.Version, old.Form, old.K = then.Version, then.Form, min(old.K, then.K)
			public[i] = &old
		}
		form := release.FormOf(r.survey, then)
		for _, m := range firstLanguage(form) {
			files = append(files, formerFile{m.path, "", m.to})
		}
		set := results.NewSet(stats.NewReport(form, public))
		for _, f := range slices.Concat(set.Folders(), set.Unlisted()) {
			files = append(files, formerOfFolder(form, f)...)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.formers[asked] = files
	return files
}

// formerOfFolder lists the files of a folder of a questionnaire.
func formerOfFolder(s *survey.Survey, f results.Folder) (files []formerFile) {
	for _, a := range addresses(s, f) {
		for _, name := range fileNames(f) {
			files = append(files, formerFile{a.folder + name, f.Period, ""})
		}
	}
	return files
}

// formerly returns the questionnaires, and the k, that were in force at releases or at their parts' first blocks, but for those
// in force now: as Version, Form and K of releases without anything else.
func (r *run) formerly(latest []*release.Release) []*release.Release {
	type inForce struct {
		version string
		k       int
	}
	var all []*release.Release
	known := map[inForce]bool{{r.survey.Version, r.survey.K()}: true}
	add := func(version string, form json.RawMessage, k int) {
		if at := (inForce{version, k}); !known[at] {
			known[at] = true
			all = append(all, &release.Release{Version: version, Form: form, K: k})
		}
	}
	for _, one := range latest {
		add(one.Version, one.Form, one.K)
		for _, shape := range slices.Sorted(maps.Keys(one.Parts)) {
			add(one.Parts[shape].Version, one.Parts[shape].Form, one.Parts[shape].K)
		}
	}
	return all
}

// asked names the questionnaire in force, and those of releases and their parts, with their k.
func (r *run) asked(latest []*release.Release) string {
	text := r.survey.ID + " " + r.survey.Version
	for _, one := range latest {
		text += fmt.Sprintf("\n%s %s %d %q", one.Period, one.Version, one.K, slices.Sorted(maps.Keys(one.Parts)))
	}
	return text
}
