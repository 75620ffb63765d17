package message

import (
	"errors"
	"io"
	"io/fs"
)

// cause returns the text of an error that comes from the system or from a library, so that no reader meets a library's words;
// the zero Text if it is not known.
func cause(err error) Text {
	for _, c := range causes {
		if errors.Is(err, c.err) {
			if path := new(fs.PathError); errors.As(err, &path) {
				return New("%s: %s", path.Path, c.text)
			}
			return c.text.Text()
		}
	}
	return Text{}
}

var causes = []struct {
	err  error
	text Key
}{
	{fs.ErrNotExist, "there is no such file or directory"},
	{fs.ErrPermission, "no permission to read or write it"},
	{fs.ErrExist, "there is one already"},
	{io.ErrUnexpectedEOF, "the file ends too early"},
}
