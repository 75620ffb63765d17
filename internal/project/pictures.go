package project

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/picture"
	"glasspoll/internal/survey"
)

// A pictureUse is a file that a questionnaire names, as it was when it was read, and what pages load of it.
type pictureUse struct {
	name   string
	of     survey.PictureUse
	sum    [sha256.Size]byte // of the content, or of why it could not be read
	copies []picture.Copy
	err    error
}

// pictureReader reads the pictures that one questionnaire names, each once.
type pictureReader struct {
	dir   string
	known []*pictureUse // of the questionnaire as it was before, and as it was when it was last good
	uses  []*pictureUse
}

// read is the function of [questionnaire.Files].
func (r *pictureReader) read(name string, of survey.PictureUse) ([]survey.PictureCopy, error) {
	use := find(r.uses, func(u *pictureUse) bool { return u.name == name && u.of == of })
	if use == nil {
		content, err := readPicture(r.dir, name)
		sum := sumOf(content, err)
		if use = find(r.known, func(u *pictureUse) bool { return u.name == name && u.of == of && u.sum == sum }); use == nil {
			use = &pictureUse{name: name, of: of, sum: sum, err: err}
			if err == nil {
				use.copies, use.err = picture.Copies(content, of)
			}
		}
		r.uses = append(r.uses, use)
	}
	var copies []survey.PictureCopy
	for _, c := range use.copies {
		copies = append(copies, c.PictureCopy)
	}
	return copies, use.err
}

// watch remembers a file that somebody else reads, for [Questionnaire.picturesChanged].
func (r *pictureReader) watch(name string) {
	if name != "" {
		r.uses = append(r.uses, &pictureUse{name: name, of: watched, sum: sumOf(readPicture(r.dir, name))})
	}
}

// watched is the use of a file without copies.
const watched survey.PictureUse = -1

func find(uses []*pictureUse, is func(*pictureUse) bool) *pictureUse {
	if i := slices.IndexFunc(uses, is); i >= 0 {
		return uses[i]
	}
	return nil
}

// picturesChanged reports whether a picture is another one than when the questionnaire was parsed.
func (q *Questionnaire) picturesChanged() bool {
	for _, u := range q.pictures {
		if sumOf(readPicture(filepath.Dir(q.Path), u.name)) != u.sum {
			return true
		}
	}
	return false
}

func sumOf(content []byte, err error) [sha256.Size]byte {
	if err != nil {
		return sha256.Sum256([]byte(err.Error()))
	}
	return sha256.Sum256(content)
}

func errNotThere() error {
	return message.Errorf("is not there: put the file beside the questionnaire, or correct the name")
}

// readPicture reads a file of a questionnaire's folder. An error says what is wrong with it, in words that follow its name. Of
// a file that is too large, it reads as much as shows that.
func readPicture(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNotThere()
	case err == nil && !info.Mode().IsRegular():
		return nil, message.Errorf("is not a file: name a picture")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, message.Errorf("cannot be read: %v", err)
	}
	defer f.Close()
	var content bytes.Buffer
	if _, err := io.Copy(&content, io.LimitReader(f, picture.MaxFile+1)); err != nil {
		return nil, message.Errorf("cannot be read: %v", err)
	}
	return content.Bytes(), nil
}

// Pictures returns the files of pictures that the last good surveys' pages load, by path. Those of the site's theme are among its
// assets.
func (l *Library) Pictures() map[string][]byte {
	all := map[string][]byte{}
	for _, q := range l.files {
		for _, u := range q.goodPictures {
			for _, c := range u.copies {
				all[c.Path] = c.Content
			}
		}
	}
	return all
}
