package publish

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"

	"glasspoll/internal/headers"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Some addresses of results lead to others, so that a release writes each page once: the first language's own, which an earlier version
// wrote too, and that of the newest period, which has a page of its own from the next period on. There is a moved file
// ([headers.Moved]): it has no figures, follows from no release, and is written when the address begins to lead elsewhere.

// move is a file that leads to another one.
type move struct {
	path, to string // to is relative
	language string
	wanted   bool // it is written also where there is no file
}

// firstLanguage returns the moves from the newest results under the first language's name. Publishing a site makes them.
func firstLanguage(s *survey.Survey) []move {
	newest := results.Folder{}
	return movesOf(address{s.ID + "/" + s.DefaultLanguage() + "/" + newest.Path(), s.DefaultLanguage()}, "../../"+newest.Path(), false)
}

// movesOf returns the moves of the files at an address.
func movesOf(a address, to string, wanted bool) []move {
	var all []move
	for _, name := range fileNames(results.Folder{}) {
		m := move{a.folder + name, to + name, a.language, wanted}
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
				all = append(all, movesOf(a, "../", false)...)
			}
		}
		return all
	}
	if newest := set.Newest(); newest.Period != "" {
		for _, a := range addresses(r.survey, newest) {
			all = append(all, movesOf(a, "../", true)...)
		}
	}
	return all
}

// inputs identifies what a moved file is made from, and the day: what is there is read once a day, because a publisher of an earlier
// version may have written a page.
func (m move) inputs(r *run) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "moved %s %s %s", r.survey.Version, r.survey.DateAt(r.now()), m.to))
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
	case was.inputs == f.inputs && !r.removed:
		return true, nil
	case !r.read[f.path] && (seen || !r.seen.complete || r.removed):
		return false, nil
	case was.tag == "" && (hidden(r.survey) || !f.wanted):
	case was.tag != "" && (was.revision > f.revision || was.hash == now.hash || was.tag == r.tagOf(f.moved)):
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
