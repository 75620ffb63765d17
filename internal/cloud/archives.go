package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"glasspoll/internal/message"
)

// Archives is an S3 bucket of archives, which nobody but operators can read. Beside each is its checksum, as `sha256sum -c` reads it.
type Archives struct{ bucket *Bucket }

// archiveTime bounds one try of sending an archive.
const archiveTime = 10 * time.Minute

// NewArchives uses a bucket that exists.
func NewArchives(bucket *Bucket) *Archives {
	own := *bucket
	client := *bucket.client.client
	client.Timeout = archiveTime
	signed := *bucket.client
	signed.client = &client
	own.client = &signed
	return &Archives{&own}
}

// stateHeader has the state of an archive.
const stateHeader = "X-Amz-Meta-State"

// State returns the state of an archive; "" if there is none.
func (a *Archives) State(ctx context.Context, name string) (string, error) {
	header, err := a.bucket.do(ctx, http.MethodHead, name+".zip", nil, nil)
	if statusOf(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", a.wrap(name, err)
	}
	state, err := url.QueryUnescape(header.Get(stateHeader))
	if err != nil {
		return "", nil // no archive of ours has such a state: it is replaced
	}
	return state, nil
}

// Put stores what write writes as an archive of a state, in place of the one that is there: whole, or not at all. It is
// written to a temporary file first, so that it takes no memory. The checksum comes before: for a moment it is that of the new
// archive already, and after a failure until the archive is written again.
func (a *Archives) Put(ctx context.Context, name, state string, write func(io.Writer) error) error {
	file, err := os.CreateTemp("", "glasspoll-archive-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	sum := sha256.New()
	if err := write(io.MultiWriter(file, sum)); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	if _, err := a.bucket.do(ctx, http.MethodPut, name+".zip.sha256", nil, []byte(hash+"  "+name+".zip\n")); err != nil {
		return a.wrap(name, err)
	}
	header := http.Header{}
	header.Set("Content-Type", "application/zip")
	header.Set(stateHeader, url.QueryEscape(state))
	if err := a.bucket.putFile(ctx, name+".zip", header, file, size, hash); err != nil {
		return a.wrap(name, err)
	}
	return nil
}

func (a *Archives) wrap(name string, err error) error {
	return message.Errorf("bucket %s: %s.zip: %w", a.bucket.name, name, err)
}

// putFile puts an object whose content is that of a file, from its beginning.
func (b *Bucket) putFile(ctx context.Context, key string, header http.Header, file io.ReadSeeker, size int64, sum string) error {
	header = header.Clone()
	header.Set("X-Amz-Content-Sha256", sum)
	return retried(ctx, func() (retry bool, err error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return false, err
		}
		response, retry, err := b.client.sendFrom(ctx, http.MethodPut, b.address+"/"+escaped(key), header, io.NopCloser(file), size, sum)
		if err != nil {
			return retry, err
		}
		if response.status/100 == 2 {
			return false, nil
		}
		failed := newBucketError(response.status, response.body)
		return failed.retry(), failed
	})
}
