package build

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"time"

	"glasspoll/internal/codec"
	"glasspoll/internal/staging"
	"glasspoll/internal/theme"
)

// recordKind is the record beside a built site, and its version.
var recordKind = codec.Kind{Name: "record of a build", Version: 1}

// A record says what a site was built from. It is a cache: without it, everything is drawn.
type record struct {
	Site    []byte            `cbor:"1,keyasint"` // hash of the program, the templates and the theme
	Links   []byte            `cbor:"2,keyasint"` // render.Assets of the common assets, as JSON
	Common  files             `cbor:"3,keyasint"` // the common assets
	HomeKey []byte            `cbor:"4,keyasint"` // hash of what the home pages are made of
	Home    files             `cbor:"5,keyasint"` // the home pages, and what they alone load
	Surveys map[string]*entry `cbor:"6,keyasint"` // by the name of the questionnaire's file
}

// files are files of the site that were written together.
type files struct {
	Paths []string `cbor:"1,keyasint"`
	Stamp []byte   `cbor:"2,keyasint"`
}

// An entry is what a record has of one survey.
type entry struct {
	Key       []byte   `cbor:"1,keyasint"` // see project.Key
	Needs     []string `cbor:"2,keyasint"` // names of the files that the key covers, besides the questionnaire and its sidecars
	ID        string   `cbor:"3,keyasint"`
	Languages []string `cbor:"4,keyasint"`
	Outline   []byte   `cbor:"5,keyasint"` // see survey.Survey.Outline
	Phase     int      `cbor:"6,keyasint"` // of the window, when it was built
	Since     int64    `cbor:"7,keyasint"` // when that was, in seconds since 1970
	Until     int64    `cbor:"8,keyasint"` // when the next phase begins; 0: never
	HasLook   bool     `cbor:"9,keyasint"`
	Light     string   `cbor:"10,keyasint"` // its mark, see theme.Mark
	Dark      string   `cbor:"11,keyasint"`
	Files     files    `cbor:"12,keyasint"`
}

func (e *entry) mark() theme.Mark { return theme.Mark{Light: e.Light, Dark: e.Dark} }

// isAt reports whether an instant is in the phase in which the survey was built.
func (e *entry) isAt(t time.Time) bool {
	return e.Since <= t.Unix() && (e.Until == 0 || t.Unix() < e.Until)
}

// encode returns the record with a hash at its end.
func (r *record) encode() []byte {
	data := recordKind.Encode(r)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// decodeRecord reads a record. One that is missing, damaged, or of another version is empty.
func decodeRecord(data []byte) *record {
	empty := &record{Surveys: map[string]*entry{}}
	at := len(data) - sha256.Size
	if at < 0 {
		return empty
	}
	if sum := sha256.Sum256(data[:at]); !bytes.Equal(sum[:], data[at:]) {
		return empty
	}
	r := &record{}
	if err := recordKind.Decode(data[:at], r); err != nil {
		return empty
	}
	maps.DeleteFunc(r.Surveys, func(_ string, e *entry) bool { return e == nil })
	return r
}

// areThere reports whether files are in the folder as they were written.
func (f files) areThere(folder *staging.Folder) bool {
	stamp, ok := folder.Stamp(f.Paths)
	return ok && bytes.Equal(stamp[:], f.Stamp)
}

// stamp takes the stamp of files that have been written. Without one they are drawn again the next time.
func (f *files) stamp(folder *staging.Folder) {
	if stamp, ok := folder.Stamp(f.Paths); ok {
		f.Stamp = stamp[:]
	}
}

// An output writes files to a folder and lists their paths. It is used by one goroutine.
type output struct {
	folder *staging.Folder
	paths  []string
}

// Write implements site.Output.
func (o *output) Write(path string, content []byte) error {
	o.paths = append(o.paths, path)
	return o.folder.Write(path, content)
}
