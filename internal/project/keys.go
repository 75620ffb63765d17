package project

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// KeysName returns the name of the file with the public keys of an anonymous survey, beside its questionnaire.
func KeysName(dir, id string) string { return filepath.Join(dir, id+".keys.json") }

// keysFile is the file of keys that a questionnaire was read with.
type keysFile struct {
	name    string // "": the questionnaire needs none
	content []byte // nil: there was none
}

// read reads the keys of a survey, if there are any.
func (f *keysFile) read(dir, id string) (*survey.Keys, error) {
	f.name = KeysName(dir, id)
	content, err := readKeys(f.name)
	if err != nil || content == nil {
		return nil, err
	}
	f.content = content
	keys, err := survey.DecodeKeys(content)
	if err != nil {
		return nil, message.Errorf("%s: %w: put back the copy that was there before, because those who have been invited can answer with these keys alone", f.name, err)
	}
	return keys, nil
}

// sum returns the hash of the content as [Source.Key] has it.
func (f *keysFile) sum() [sha256.Size]byte {
	if f.content == nil {
		return sumOf(nil, errNotThere())
	}
	return sumOf(f.content, nil)
}

// changed reports whether the file has another content by now.
func (f *keysFile) changed() bool {
	if f.name == "" {
		return false
	}
	content, err := readKeys(f.name)
	return err != nil || !bytes.Equal(content, f.content) || (content == nil) != (f.content == nil)
}

// readKeys reads a file of keys; nil if there is none.
func readKeys(name string) ([]byte, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSource+1))
	if err == nil && len(content) > maxSource {
		err = message.Errorf("%s has more than %d bytes: that is no file of keys", name, maxSource)
	}
	return content, err
}

// WriteKeys writes the public keys of a survey beside its questionnaire. Keys are added and never replaced: it is an error if one
// that is there is missing.
func WriteKeys(dir, id string, keys *survey.Keys) error {
	var there keysFile
	before, err := there.read(dir, id)
	if err != nil {
		return err
	}
	if before != nil {
		for _, key := range before.Keys {
			if same, _ := keys.Of(key.Period, key.Values); same.ID != key.ID {
				return message.Errorf("%s: key %s is to be kept: those who have been invited can answer with it alone", there.name, key.ID)
			}
		}
	}
	var content bytes.Buffer
	if err := json.Indent(&content, keys.Encode(), "", "  "); err != nil {
		return err
	}
	content.WriteByte('\n')
	return durable.WriteFile(there.name, content.Bytes(), 0o644)
}
