package build

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
)

// The build ID, which the linker puts at the beginning of a program's text: the same marks that "go tool buildid" looks for.
const (
	idBegins = "\xff Go build ID: \""
	idEnds   = "\"\n \xff"
	idWithin = 64 << 10 // bytes from the beginning of the file
)

// programID identifies the running program with all that is embedded in it: by the build ID, which follows from the content, or
// where it was left out, by a hash of the whole file.
func programID() ([]byte, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, idWithin)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if _, after, found := bytes.Cut(head[:n], []byte(idBegins)); found {
		if id, _, ends := bytes.Cut(after, []byte(idEnds)); ends && len(id) > 0 {
			return id, nil
		}
	}
	h := sha256.New()
	h.Write(head[:n])
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
