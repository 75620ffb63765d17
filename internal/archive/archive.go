// Package archive freezes a period of a survey in one ZIP file with checksums, and checks such a file.
package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Manifest says what is in an archive.
type Manifest struct {
	Format    int         `json:"format"`
	Survey    string      `json:"survey"`
	Title     survey.Text `json:"title"`
	Period    string      `json:"period"`
	Version   string      `json:"version"` // of the questionnaire in force, by which the tally was made
	Private   bool        `json:"private"`
	Responses int64       `json:"responses"`
	Withdrawn int64       `json:"withdrawn"`
	First     time.Time   `json:"first,omitzero"` // arrivals
	Last      time.Time   `json:"last,omitzero"`
	Releases  int         `json:"releases"`
	Index     *string     `json:"index"`             // of all responses, as a fraction; null without one
	Deleted   int64       `json:"deleted,omitempty"` // responses that were deleted after a retention time, and are not in it
	Contents  int         `json:"contents,omitempty"`
	State     string      `json:"state,omitempty"` // of what is stored of the period, when the archive was made by itself; see [StateOf]

	// Responses whose cursors are up to Through had other places in the log when releases up to number MovedRelease were made: who
	// of them is in a block is not known.
	Through      string `json:"through,omitempty"`
	MovedRelease int    `json:"moved_release,omitempty"`

	Files []File `json:"files"`
}

// File is one file of an archive.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// format changes when older programs can no longer check an archive. Of archives of firstFormat only the checksums and the number
// of responses are checked: their figures were made by other rules.
const format, firstFormat = 2, 1

// heldFormat is that of archives that have responses which rules have held back, or which persons have rejected.
const heldFormat = 3

// correctedFormat is that of archives with answers that persons have corrected.
const correctedFormat = 4

// The names of files in an archive.
const (
	manifestFile     = "manifest.json"
	sumsFile         = "SHA256SUMS"
	answersFile      = "answers.jsonl"
	tallyFile        = "tally.json"
	definitionsDir   = "definitions/"
	questionnaireDir = "questionnaire/"
	releasesDir      = "releases/"
	numbersFile      = "numbers.json"
	decisionsFile    = "decisions.json" // of persons about responses, oldest first; only if there are any
)

// line is one line of answers.jsonl.
type line struct {
	Cursor  string    `json:"cursor"` // in the log
	Arrived time.Time `json:"arrived"`
	answer.Response
}

// counted is the content of tally.json: all responses, each counted by the questionnaire that it was answered under.
type counted struct {
	Days      map[string]int64       `json:"days"`
	Withdrawn int64                  `json:"withdrawn"`
	Parts     map[string]countedPart `json:"parts"` // by the shape of the questionnaire
	Held      *tally.Held            `json:"held,omitempty"`
	Decided   int                    `json:"decided,omitempty"`
}

type countedPart struct {
	Version string                     `json:"version"`
	Cohorts map[string]*tally.Counters `json:"cohorts"`
}

func countedOf(t *tally.Tally) *counted {
	c := &counted{Days: t.Days, Withdrawn: t.Withdrawn, Parts: map[string]countedPart{}, Decided: t.Decided}
	if hasHeld(t) {
		c.Held = t.Held
	}
	for shape, p := range t.Parts {
		c.Parts[shape] = countedPart{p.Version, p.Cohorts}
	}
	return c
}

// hasHeld reports whether rules have held back any response, or persons have decided of any.
func hasHeld(t *tally.Tally) bool {
	return t.Decided > 0 || t.Held.Total() > 0
}

func (c *counted) tally() *tally.Tally {
	t := tally.New()
	t.Withdrawn, t.Held, t.Decided = c.Withdrawn, c.Held, c.Decided
	maps.Copy(t.Days, c.Days)
	for shape, p := range c.Parts {
		t.Parts[shape] = &tally.Part{Version: p.Version, Cohorts: p.Cohorts}
	}
	return t
}

// indexOf returns the index of everything that was counted, as a fraction; nil if there is none.
func indexOf(p *stats.Period) *string {
	score := p.Overall.Score
	if score == nil {
		return nil
	}
	text := score.RatString()
	return &text
}

// sumsOf returns the content of SHA256SUMS, as sha256sum prints it.
func sumsOf(files []File) []byte {
	files = slices.Clone(files)
	sortFiles(files)
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b.Bytes()
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
