package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"glasspoll/internal/headers"
	"glasspoll/internal/message"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// siteKey has the prefix of definitions, so that the roles that may read those may read it, and a name that no survey can
// have.
const siteKey = "D#_site"

// site holds the assets as they were last read, and the time until which they may be used.
type site struct {
	assets render.Assets
	known  bool
	until  time.Time
}

// PutAssets sets the files that pages load from now on.
func (t *Table) PutAssets(ctx context.Context, a render.Assets) error {
	data, err := json.Marshal(a)
	if err != nil {
		return t.wrap(err)
	}
	i := key(siteKey, current)
	i[body] = compressed(data)
	_, err = t.client.PutItem(ctx, t.siteIf(i))
	if refused(err) {
		return &OldFormError{t.name}
	}
	if err != nil {
		return t.wrap(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.site = site{a, true, t.now().Add(currentTTL)}
	t.ready = true
	return nil
}

// Assets returns the files that pages load; known is false if they have never been set. The result may be half a minute old,
// or older while the table cannot be read: uploaded files stay.
func (t *Table) Assets(ctx context.Context) (a render.Assets, known bool, err error) {
	t.mu.Lock()
	last := t.site
	t.mu.Unlock()
	if last.known && t.now().Before(last.until) {
		return last.assets, true, nil
	}
	i, err := t.get(ctx, siteKey, current)
	if err != nil && last.known {
		return last.assets, true, nil
	}
	if err != nil || i == nil {
		return render.Assets{}, false, err
	}
	if err := decodeJSON(i, &a); err != nil {
		return render.Assets{}, false, t.wrap(message.Errorf("the site's assets: %w", err))
	}
	t.mu.Lock()
	t.site = site{a, true, t.now().Add(currentTTL)}
	t.mu.Unlock()
	return a, true, nil
}

// homesKey is the sort key of the home pages, beside the site's assets.
const homesKey = "homes"

// storedHomes is how home pages are stored.
type storedHomes struct {
	Version int          `json:"version"` // 1
	Homes   render.Homes `json:"homes"`
}

// PutHomes sets which files are the home pages, and from when on.
func (t *Table) PutHomes(ctx context.Context, h render.Homes) error {
	data, err := json.Marshal(storedHomes{1, h})
	if err != nil {
		return t.wrap(err)
	}
	i := key(siteKey, homesKey)
	i[body] = compressed(data)
	return t.put(ctx, i)
}

// Homes returns which files are the home pages; none if that was never set. The read is strongly consistent.
func (t *Table) Homes(ctx context.Context) (render.Homes, error) {
	i, err := t.get(ctx, siteKey, homesKey)
	if err != nil || i == nil {
		return nil, err
	}
	var stored storedHomes
	if err := decodeJSON(i, &stored); err != nil {
		return nil, t.wrap(message.Errorf("the site's home pages: %w", err))
	}
	if stored.Version != 1 {
		return nil, t.wrap(message.Errorf("the site's home pages are of form %d, and this program knows form %d: install a newer version of the program", stored.Version, 1))
	}
	return stored.Homes, nil
}

// File is one file of the built site.
type File struct {
	Name string
	Body []byte
}

// pagesCache lets browsers and the CDN keep a page of the site for a minute.
const pagesCache = "public, max-age=60, s-maxage=60, stale-while-revalidate=600"

func (f File) cache() string {
	switch {
	case strings.HasPrefix(f.Name, "assets/"):
		return headers.Immutable
	case f.Results():
		return resultsCache
	default:
		return pagesCache
	}
}

// Results reports whether the file shows results. Publishing the site only creates it: from then on it belongs to the
// function that publishes results.
func (f File) Results() bool { return path.Base(path.Dir(f.Name)) == "results" }

// digest returns the hash of the file with its headers.
func (f File) digest() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n", headers.MediaType(f.Name), f.cache())
	sum.Write(f.Body)
	return hex.EncodeToString(sum.Sum(nil))
}

// NeedsUpload reports whether a file is missing in the bucket, or differs and does not show results.
func (p *Pages) NeedsUpload(ctx context.Context, f File) (bool, error) {
	header, err := p.bucket.do(ctx, http.MethodHead, f.Name, nil, nil)
	if statusOf(err) == http.StatusNotFound {
		return true, nil
	}
	if err != nil {
		return false, p.wrap(f.Name, err)
	}
	return !f.Results() && header.Get("X-Amz-Meta-Digest") != f.digest(), nil
}

// Upload puts a file in place. If it shows results and is there already, it is left alone.
func (p *Pages) Upload(ctx context.Context, f File) error {
	header := http.Header{}
	header.Set("Content-Type", headers.MediaType(f.Name))
	header.Set("Cache-Control", f.cache())
	header.Set("X-Amz-Meta-Digest", f.digest())
	setMoved(header, f.Body)
	if f.Results() {
		header.Set("If-None-Match", "*")
	}
	_, err := p.bucket.do(ctx, http.MethodPut, f.Name, header, f.Body)
	if f.Results() && statusOf(err) == http.StatusPreconditionFailed {
		return nil
	}
	if err != nil {
		return p.wrap(f.Name, err)
	}
	return nil
}

// Copy makes a file of the site equal to another one, with its headers, and reports whether it had to. If either is not there
// nothing is done: the site is of an earlier version, or is being uploaded. Whoever uploads one of the two meanwhile may be
// overtaken, and is made good by the next copy.
func (p *Pages) Copy(ctx context.Context, from, to string) (changed bool, err error) {
	source, err := p.bucket.do(ctx, http.MethodHead, from, nil, nil)
	if err == nil {
		var target http.Header
		target, err = p.bucket.do(ctx, http.MethodHead, to, nil, nil)
		if err == nil && sameFile(source, target) {
			return false, nil
		}
	}
	if statusOf(err) == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, p.wrap(to, err)
	}
	header := http.Header{}
	header.Set("X-Amz-Copy-Source", escaped("/"+p.bucket.name+"/"+from))
	header.Set("X-Amz-Copy-Source-If-Match", source.Get("ETag"))
	if _, err := p.bucket.do(ctx, http.MethodPut, to, header, nil); err != nil {
		return false, p.wrap(to, err)
	}
	// The status of a copy is sent before it is made, and an error may follow as its body.
	target, err := p.bucket.do(ctx, http.MethodHead, to, nil, nil)
	if err == nil && !sameFile(source, target) {
		err = store.ErrStale
	}
	if err != nil {
		return false, p.wrap(to, err)
	}
	return true, nil
}

// sameFile compares two files that have been uploaded by the digests of their contents and headers.
func sameFile(a, b http.Header) bool {
	const digest = "X-Amz-Meta-Digest"
	return a.Get(digest) != "" && a.Get(digest) == b.Get(digest)
}
