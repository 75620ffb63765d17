package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Pages is a directory of pages. The tag of a page is the hash of its file, so that an edit by hand changes the tag too. The
// revision that a page was written with is in a note of the same path below the folder .revisions.
//
// Replace puts a page in place whole or not at all; with [Pages.Sync] it is durable. A loss of power before that may bring old pages
// back, in any order, and take notes: then the next run of a publisher, which reads what is there, writes them again.
type Pages struct {
	directory string
	root      *os.Root
	syncDir   func(root *os.Root, name string) error

	mu       sync.Mutex      // one writer at a time
	unsynced map[string]bool // directories in which pages, or directories of pages, are new since they were synced
}

const revisionsFolder = ".revisions"

// OpenPages opens a directory of pages. It makes the directory if it does not exist.
func OpenPages(directory string) (*Pages, error) {
	if err := durable.MkdirAll(directory, 0o755); err != nil {
		return nil, message.Errorf("pages: %w", err)
	}
	root, err := os.OpenRoot(directory) // no path leads out of it, not even through a symbolic link
	if err != nil {
		return nil, message.Errorf("pages: %w", err)
	}
	return &Pages{directory: directory, root: root, syncDir: durable.SyncDirIn, unsynced: map[string]bool{}}, nil
}

// Sync makes all pages durable that have been replaced: with one sync of each directory, however many of its pages are new.
func (p *Pages) Sync(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, dir := range slices.Sorted(maps.Keys(p.unsynced)) { // parents first
		err := ctx.Err()
		if err == nil {
			err = p.syncDir(p.root, dir)
		}
		if err != nil {
			return p.wrap(dir, err)
		}
		delete(p.unsynced, dir)
	}
	return nil
}

// Close closes the directory.
func (p *Pages) Close() error { return p.root.Close() }

// Page implements [store.Pages].
func (p *Pages) Page(ctx context.Context, name string) (tag string, revision int, err error) {
	if err := errors.Join(ctx.Err(), checkName(name)); err != nil {
		return "", 0, p.wrap(name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	tag, revision, _, err = p.read(name)
	return tag, revision, p.wrap(name, err)
}

// Replace implements [store.Pages]. It does nothing if the page is there already, with the same revision.
func (p *Pages) Replace(ctx context.Context, name, tag string, revision int, body []byte) (newTag string, err error) {
	if err := errors.Join(ctx.Err(), checkName(name)); err != nil {
		return "", p.wrap(name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	current, stored, note, err := p.read(name)
	if err != nil {
		return "", p.wrap(name, err)
	}
	if current != tag {
		return "", store.ErrStale
	}
	newTag = tagOf(body)
	if current == newTag && stored == revision {
		return newTag, nil
	}
	// The note is written first, with a line for the new content and one for the old, so that it is right whichever of them
	// is there after a crash.
	err = p.writeNote(name, fmt.Appendf(nil, "%s %d\n%s", newTag, revision, note))
	if err == nil && current != newTag {
		err = p.writePage(name, body)
	}
	return newTag, p.wrap(name, err)
}

// read returns the tag and revision of the page at a path, and the line of its note with them. Without one, the revision is 0.
func (p *Pages) read(name string) (tag string, revision int, note string, err error) {
	body, err := p.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", 0, "", nil
	}
	if err != nil {
		return "", 0, "", err
	}
	tag = tagOf(body)
	notes, err := p.root.ReadFile(path.Join(revisionsFolder, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", 0, "", err
	}
	for line := range bytes.Lines(notes) {
		var noted string
		if _, err := fmt.Sscanf(string(line), "%s %d\n", &noted, &revision); err == nil && noted == tag {
			return tag, revision, string(line), nil
		}
	}
	return tag, 0, "", nil
}

// TagOf returns the tag that a page with this content has.
func (p *Pages) TagOf(body []byte) string { return tagOf(body) }

func tagOf(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}

func (p *Pages) writeNote(name string, body []byte) error {
	name = path.Join(revisionsFolder, name)
	if err := p.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return durable.PlaceFileIn(p.root, name, body, 0o644, false)
}

func (p *Pages) writePage(name string, body []byte) error {
	dir := path.Dir(name)
	_, err := p.root.Stat(dir)
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		err = p.root.MkdirAll(dir, 0o755)
	}
	for at := dir; isNew && at != "."; {
		at = path.Dir(at)
		p.unsynced[at] = true
	}
	if err != nil {
		return err
	}
	p.unsynced[dir] = true
	return durable.PlaceFileIn(p.root, name, body, 0o644, true)
}

// checkName refuses what is not a plain path below the directory: "..", absolute paths, and hidden files.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, `\:`) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return message.Errorf("not a path of a page")
	}
	return nil
}

func (p *Pages) wrap(name string, err error) error {
	if err != nil {
		return message.Errorf("page %s: %w", filepath.Join(p.directory, name), err)
	}
	return nil
}
