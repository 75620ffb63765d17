// Package control lets a command do its work in the running server.
//
// The data file belongs to one process. A command that needs it does its work in its own process, or, while `serve` runs,
// in that one. It asks through a Unix socket in the data directory, which only the directory's owner can open and which no
// network reaches. What the work prints and the files it writes come back through the socket, so that files belong to the
// user of the command and paths are relative to its directory.
//
// The protocol is HTTP. A request is
//
//	POST /v1/results/export
//
// with the verb's words as the path, its options as a JSON body, and the language of messages in Accept-Language. A server
// that does not know the verb or the version of the protocol answers 404, and 400 if it cannot read the options. Otherwise
// it answers 200 with a body of frames, in the order in which they were written.
// A frame is a kind, one byte; the number of a file, four bytes; the length of the content, four bytes; and the content.
// Numbers are big-endian.
//
//	kind    file   content
//	stdout         text
//	stderr         text
//	create  new    JSON: {"name": path, "private": bool}
//	write   yes    a part of the file
//	done    yes    none: the file is whole
//	exit           JSON: {"code": exit code, "error": text}; no error if it has been printed already
//
// A body without an exit frame was cut off: the server has ended or failed. When a client goes away, its work is cancelled.
package control

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"glasspoll/internal/message"
)

const (
	socketName     = "control.sock"
	languageHeader = "Accept-Language"
	// root has the version of the protocol.
	root = "/v1/"
	// maxSocketPath bounds the path of a socket in bytes, on every system.
	maxSocketPath = 100
	// maxFrame bounds the content of a frame, in bytes.
	maxFrame = 1 << 20
)

// path returns the path at which a verb is asked for.
func path(verb string) string { return root + strings.ReplaceAll(verb, " ", "/") }

type kind byte

const (
	stdout kind = iota + 1
	stderr
	create
	write
	done
	exit
)

// newFile is the content of a create frame.
type newFile struct {
	Name    string `json:"name"`
	Private bool   `json:"private"`
}

// result is the content of an exit frame.
type result struct {
	Code  int    `json:"code"`
	Error string `json:"error"`
}

type frame struct {
	kind    kind
	file    uint32
	content []byte
}

const headerSize = 9

func writeFrame(w io.Writer, f frame) error {
	var header [headerSize]byte
	header[0] = byte(f.kind)
	binary.BigEndian.PutUint32(header[1:], f.file)
	binary.BigEndian.PutUint32(header[5:], uint32(len(f.content)))
	if _, err := w.Write(header[:]); err != nil {
		return err
	}
	_, err := w.Write(f.content)
	return err
}

// readFrame reads the next frame. Its content is valid until the next call with the same buffer.
func readFrame(r io.Reader, buffer *[]byte) (frame, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	size := binary.BigEndian.Uint32(header[5:])
	if size > maxFrame {
		return frame{}, message.Errorf("a frame of %d bytes", size)
	}
	if cap(*buffer) < int(size) {
		*buffer = make([]byte, size)
	}
	f := frame{kind: kind(header[0]), file: binary.BigEndian.Uint32(header[1:]), content: (*buffer)[:size]}
	_, err := io.ReadFull(r, f.content)
	return f, err
}

// socketPath returns a path of a socket in a directory. If that is too long for a socket, it goes through /proc. release
// must be called when the path is no longer needed.
func socketPath(dir, name string) (path string, release func(), err error) {
	path = filepath.Join(dir, name)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, message.Errorf("%s: the path is longer than %d bytes", path, maxSocketPath)
	}
	directory, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", directory.Fd(), name), func() { directory.Close() }, nil
}

// listen makes the socket in a data directory, and replaces the one of an earlier server, if any: only one process can
// have the data file open.
func listen(data string) (net.Listener, error) {
	// It is made in a directory that nobody else can enter, and moved once its mode is right.
	hidden, err := os.MkdirTemp(data, ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(hidden)
	path, release, err := socketPath(hidden, "s")
	if err != nil {
		return nil, err
	}
	defer release()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // it will be elsewhere
	err = os.Chmod(path, 0o600)
	if err == nil {
		err = os.Rename(path, filepath.Join(data, socketName))
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}
