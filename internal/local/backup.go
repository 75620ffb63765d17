package local

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
)

// A copy is named after the time at which it was started, in UTC, so that the names sort.
const (
	copyPrefix = "glasspoll-"
	copyTime   = "20060102T150405Z"
	copySuffix = ".db"
)

// unfinished are the names of copies that were being written when the process was killed; the second one is of earlier
// versions of this program.
var unfinished = []string{"." + copyPrefix + "*" + copySuffix + "-*", ".glasspoll-backup-*"}

// Backup writes a copy of the store to a directory, which it makes if there is none, and returns the copy's path and
// size in bytes. The copy is the store as it was at one instant after the call: it holds whatever was durable before.
// Writes go on meanwhile, for which the copy leaves the disk half of the time. A store with invitations is compacted: the places of a copy do not tell which of them was used for
// which answers. The copy is complete and on the disk, or does not exist; the only other files that
// are touched are left-overs of an earlier call that was killed.
func (s *Store) Backup(ctx context.Context, directory string) (path string, size int64, err error) {
	path = filepath.Join(directory, copyPrefix+s.now().UTC().Format(copyTime)+copySuffix)
	if size, err = s.backup(ctx, path); err != nil {
		return "", 0, message.Errorf("backup to %s: %w", directory, err)
	}
	return path, size, nil
}

func (s *Store) backup(ctx context.Context, path string) (size int64, err error) {
	directory := filepath.Dir(path)
	if err := durable.MkdirAll(directory, 0o700); err != nil {
		return 0, err
	}
	if err := removeUnfinished(directory); err != nil {
		return 0, err
	}
	file, err := durable.Create(path, 0o600) // for its owner only, as the store is
	if err != nil {
		return 0, err
	}
	defer file.Discard()
	if size, err = s.writeCopy(ctx, file); err != nil {
		return 0, err
	}
	if err := checkCopy(file.Name(), size); err != nil {
		return 0, err
	}
	return size, file.Commit()
}

// writeCopy writes a copy to an empty file.
func (s *Store) writeCopy(ctx context.Context, file *durable.File) (size int64, err error) {
	invitations, err := s.hasInvitations(ctx)
	if err != nil {
		return 0, err
	}
	if invitations {
		return s.compact(ctx, file.File)
	}
	return s.WriteTo(ctx, &pacer{ctx: ctx, file: file.File, rest: s.rest})
}

func removeUnfinished(directory string) error {
	for _, pattern := range unfinished {
		names, err := filepath.Glob(filepath.Join(directory, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// WriteTo writes the store as it is at one instant: a file that Open opens. Until it returns, the file cannot reuse space,
// so it grows with every write.
func (s *Store) WriteTo(ctx context.Context, w io.Writer) (size int64, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		size, err = tx.WriteTo(contextWriter{ctx, w})
		if err != nil && ctx.Err() != nil {
			return ctx.Err() // bbolt turns it into text
		}
		return err
	})
	return size, err
}

// contextWriter fails once its context has ended.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// checkCopy checks that a copy can be opened and has the size that was written. It reads the beginning only.
func checkCopy(path string, size int64) (err error) {
	defer guard(&err)()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != size {
		return message.Errorf("the copy has %d bytes of %d", info.Size(), size)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return message.Errorf("the copy cannot be opened: %w", err)
	}
	return db.Close()
}

// Backups lists the copies in a directory, oldest first, and the time of each. A directory that does not exist has none.
func Backups(directory string) (paths []string, taken []time.Time, err error) {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, e := range entries {
		name, isCopy := strings.CutPrefix(e.Name(), copyPrefix)
		name, isFile := strings.CutSuffix(name, copySuffix)
		at, err := time.Parse(copyTime, name)
		if isCopy && isFile && err == nil && e.Type().IsRegular() {
			paths, taken = append(paths, filepath.Join(directory, e.Name())), append(taken, at)
		}
	}
	return paths, taken, nil // ReadDir sorts
}

// Prune removes the oldest copies in a directory until keep are left, at least one. It returns the paths it removed.
func Prune(directory string, keep int) (removed []string, err error) {
	paths, _, err := Backups(directory)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Clone(paths[:max(0, len(paths)-max(1, keep))]) {
		if err := os.Remove(path); err != nil {
			return removed, err
		}
		removed = append(removed, path)
	}
	return removed, nil
}
