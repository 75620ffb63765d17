package message

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp/syntax"
	"strconv"
	"strings"
	"syscall"
)

// cause returns the text of an error that comes from the system or from a library, so that no reader meets a library's words;
// the zero Text if it is not known. It looks at the error itself, not at one that it wraps in other words.
func cause(err error) Text {
	switch err := err.(type) {
	case *fs.PathError:
		return at(err.Path, err.Err)
	case *os.LinkError:
		return at(err.New, err.Err)
	case *os.SyscallError:
		return cause(err.Err)
	case *url.Error:
		return at(err.URL, err.Err)
	case *net.OpError:
		if err.Addr == nil {
			return cause(err.Err)
		}
		return at(err.Addr.String(), err.Err)
	case *net.DNSError:
		return New("there is no address of the name %s, or no network", err.Name)
	case *json.SyntaxError:
		return New("not JSON from byte %d on", err.Offset)
	case *json.UnmarshalTypeError:
		return New("not the JSON that is expected, at '%s'", err.Field)
	case *strconv.NumError:
		return New("'%s' is no number", err.Num)
	case *syntax.Error:
		for _, m := range patternMistakes {
			if m.code == err.Code {
				return New("%s: '%s'", m.text, err.Expr)
			}
		}
		return New("it cannot be read: '%s'", err.Expr)
	}
	_, system := err.(syscall.Errno) // which is several of those of io/fs
	for _, c := range causes {
		if err == c.err || system && errors.Is(err, c.err) {
			return c.text.Text()
		}
	}
	if late, ok := err.(net.Error); ok && late.Timeout() {
		return New("it took too long")
	}
	return Text{}
}

// at returns the text of a cause with the file or address that it is about.
func at(where string, err error) Text {
	known := Of(err)
	if known == Plain(err.Error()) {
		return Text{}
	}
	return New("%s: %s", where, known)
}

var causes = []struct {
	err  error
	text Key
}{
	{fs.ErrNotExist, "there is no such file or directory"},
	{fs.ErrPermission, "no permission to read or write it"},
	{syscall.ENOTEMPTY, "the directory is not empty"}, // before ErrExist, which it is taken for
	{fs.ErrExist, "there is one already"},
	{io.ErrUnexpectedEOF, "the end is missing"},
	{syscall.ENOSPC, "the disk is full"},
	{syscall.EDQUOT, "the disk quota is used up"},
	{syscall.EROFS, "the disk can only be read"},
	{syscall.EIO, "the disk cannot be read or written: it may be damaged"},
	{syscall.EISDIR, "it is a directory"},
	{syscall.ENOTDIR, "a part of the path is no directory"},
	{syscall.ENAMETOOLONG, "the name is too long"},
	{syscall.ELOOP, "links lead in a circle"},
	{syscall.EMFILE, "too many files are open: allow more with ulimit -n"},
	{syscall.EXDEV, "it is on another disk"},
	{syscall.ECONNREFUSED, "nothing listens there: is the server running?"},
	{syscall.ECONNRESET, "the connection was closed by the other side"},
	{syscall.EPIPE, "the connection was closed by the other side"},
	{syscall.EADDRINUSE, "the address is in use by another program"},
	{syscall.EADDRNOTAVAIL, "this machine does not have the address"},
	{syscall.ENETUNREACH, "there is no network to it"},
	{syscall.EHOSTUNREACH, "there is no way to this machine"},
	{os.ErrDeadlineExceeded, "it took too long"},
	{context.DeadlineExceeded, "it took too long"},
	{context.Canceled, "interrupted"},
}

// patternMistakes are the mistakes of regular expressions.
var patternMistakes = []struct {
	code syntax.ErrorCode
	text Key
}{
	{syntax.ErrInvalidCharClass, "invalid character class"},
	{syntax.ErrInvalidCharRange, "invalid character class range"},
	{syntax.ErrInvalidEscape, "invalid escape sequence"},
	{syntax.ErrInvalidNamedCapture, "invalid named capture"},
	{syntax.ErrInvalidPerlOp, "invalid or unsupported Perl syntax"},
	{syntax.ErrInvalidRepeatOp, "invalid nested repetition operator"},
	{syntax.ErrInvalidRepeatSize, "invalid repeat count"},
	{syntax.ErrInvalidUTF8, "invalid UTF-8"},
	{syntax.ErrMissingBracket, "missing closing ]"},
	{syntax.ErrMissingParen, "missing closing )"},
	{syntax.ErrMissingRepeatArgument, "missing argument to repetition operator"},
	{syntax.ErrTrailingBackslash, "trailing backslash at end of expression"},
	{syntax.ErrUnexpectedParen, "unexpected )"},
	{syntax.ErrNestingDepth, "expression nests too deeply"},
	{syntax.ErrLarge, "expression too large"},
}

// A Messenger is an error that has a text.
type Messenger interface {
	error
	Message() Text
}

// Message returns the text.
func (e *Error) Message() Text { return e.Text }

// Of returns the text of an error: its own if it is a [Messenger], one of this package if the error is a well-known one (see
// causes.go). What another error says stays as it is, but for the part of it that comes from such an error.
func Of(err error) Text {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return ofAll(err, joined.Unwrap())
	}
	whole := err.Error()
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		var text Text
		if own, ok := inner.(Messenger); ok {
			text = own.Message()
		} else if text = cause(inner); text.IsZero() {
			continue
		}
		before, after, found := strings.Cut(whole, inner.Error())
		if inner == err || !found {
			return text
		}
		return Text{Code: text.Code, en: before + text.en + after, zh: before + text.zh + after}
	}
	return Plain(whole)
}

// ofAll returns the text of an error with several causes: that of each in its place.
func ofAll(err error, causes []error) Text {
	var t Text
	rest := err.Error()
	for _, c := range causes {
		before, after, found := strings.Cut(rest, c.Error())
		if !found {
			continue
		}
		own := Of(c)
		t.en += before + own.en
		t.zh += before + own.zh
		rest = after
	}
	return Text{en: t.en + rest, zh: t.zh + rest}
}
