package publish

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"strings"

	"glasspoll/internal/headers"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Some addresses of results lead to others, so that a release writes each page once: the first language's own, which an earlier version
// wrote too, results.json in the other languages, and that of the newest period, which has a page of its own from the next period on. There is a moved file
// ([headers.Moved]): it has no figures, follows from no release, and is written when the address begins to lead elsewhere. Addresses of
// groups of the newest period do as well. Where there may be more groups than pages once the period is past, these lead to the period's
// own address, which is right whichever period is the newest; so do pages of groups that are no longer listed.

// move is a file that leads to another one.
type move struct {
	path, to string // to is relative
	language string
	period   string // whose address it is; "": of the newest
	wanted   bool   // it is written also where there is no file
	final    bool   // nobody will write a page there again
}

// firstLanguage returns the moves from the newest results under the first language's name. Publishing a site makes them.
func firstLanguage(s *survey.Survey) []move {
	newest := results.Folder{}
	return movesOf(s, address{s.ID + "/" + s.DefaultLanguage() + "/" + newest.Path(), s.DefaultLanguage()}, newest, "../../"+newest.Path(), false)
}

// oneForAll returns the move from the figures of a page at the address of another language to those of the first, which are the same.
func oneForAll(s *survey.Survey, a address, f results.Folder) move {
	up := strings.Repeat("../", strings.Count(strings.TrimPrefix(a.folder, s.ID+"/"), "/"))
	return move{path: a.folder + figuresName, to: up + f.Path() + figuresName, language: a.language, period: f.Period, wanted: true}
}

// movesOf returns the moves of the files of a folder at an address.
func movesOf(s *survey.Survey, a address, f results.Folder, to string, wanted bool) []move {
	var all []move
	for _, name := range fileNames(f) {
		if name == figuresName && a.language != s.DefaultLanguage() { // to the same file whichever period is the newest
			m := oneForAll(s, a, f)
			m.wanted = wanted
			all = append(all, m)
			continue
		}
		m := move{path: a.folder + name, to: to + name, language: a.language, period: f.Period, wanted: wanted}
		if name == indexName {
			m.to = to
		}
		all = append(all, m)
	}
	return all
}

// moves lists the files that lead to others. If results are not public, all addresses of periods that are left of public ones lead to
// the newest page: which period is the newest follows from releases that nobody may know of.
func (r *run) moves(set *results.Set) []move {
	all := firstLanguage(r.survey)
	if hidden(r.survey) {
		for _, f := range set.Folders() {
			if f.Period == "" || !f.Whole() {
				continue
			}
			for _, a := range addresses(r.survey, f) {
				all = append(all, movesOf(r.survey, a, f, "../", false)...)
			}
		}
		return all
	}
	newest := set.Newest().Period
	for _, f := range set.Folders() {
		if newest == "" || f.Period != newest {
			continue
		}
		for _, a := range addresses(r.survey, f) {
			switch {
			case f.Whole():
				all = append(all, movesOf(r.survey, a, f, "../", true)...)
			case set.KeepsGroups():
				all = append(all, movesOf(r.survey, a, f, "../../../../"+strings.TrimPrefix(results.Folder{Segment: f.Segment, Option: f.Option}.Path(), results.Folder{}.Path()), true)...)
			default:
				all = append(all, movesOf(r.survey, a, f, "../../../", true)...)
			}
		}
	}
	return all
}

// unlisted returns the moves from pages of groups that are too many now to the whole of their period; if results are not public, to the
// newest page.
func (r *run) unlisted(set *results.Set) []move {
	var all []move
	for _, f := range set.Unlisted() {
		if f.Whole() {
			continue // see formerFiles
		}
		to := "../../../"
		if f.Period != "" && hidden(r.survey) {
			to += "../"
		}
		for _, a := range addresses(r.survey, f) {
			for _, m := range movesOf(r.survey, a, f, to, false) {
				m.final = true
				all = append(all, m)
			}
		}
	}
	return all
}

// inputs identifies what a moved file is made from, and the day, unless it is final: what is there is read once a day, because a
// publisher of an earlier version may have written a page.
func (m move) inputs(r *run) [sha256.Size]byte {
	var day survey.Date
	if !m.final {
		day = r.survey.DateAt(r.now())
	}
	return sha256.Sum256(fmt.Appendf(nil, "moved %s %s %s", r.survey.Version, day, m.to))
}

// movedFile returns the file of a move.
func (r *run) movedFile(m move, revision int) file {
	body := headers.Moved(path.Base(m.path), m.to, m.language, r.survey.Title.In(m.language))
	return file{path: m.path, revision: revision, inputs: m.inputs(r), moved: body, wanted: m.wanted}
}

// writeMoved writes a moved file in the place of another one; where there is none, if it is wanted and results are public. Like
// writeFile it returns false if it could not, because the file's tag has not been read or has changed.
func (r *run) writeMoved(ctx context.Context, f file) (known bool, err error) {
	was, seen := r.seen.files[f.path]
	now := written{was.tag, was.revision, sha256.Sum256(f.moved), f.inputs}
	switch {
	case hidden(r.survey) && !r.read[f.path]: // another publisher may have written one while results were public
		return false, nil
	case was.inputs == f.inputs && !r.removed:
		return true, nil
	case !r.read[f.path] && (seen || !r.seen.complete || r.removed):
		return false, nil
	case was.tag != "" && was.revision > f.revision: // it stays until releases are as many: its inputs do not tell the revision
		r.remember(r.survey.ID, f.path, was)
		return true, nil
	case was.tag == "" && (hidden(r.survey) || !f.wanted):
	case was.tag != "" && (was.hash == now.hash || was.tag == r.tagOf(f.moved)):
	default:
		now.revision = f.revision
		now.tag, err = r.pages.Replace(ctx, f.path, was.tag, f.revision, f.moved)
		if errors.Is(err, store.ErrStale) {
			return false, nil
		}
		if err != nil {
			return true, err
		}
		if now.tag != was.tag {
			r.out.Replaced++
		}
	}
	r.seen.files[f.path] = now
	r.remember(r.survey.ID, f.path, now)
	return true, nil
}
