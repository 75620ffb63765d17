package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Checked is the result of checking an archive.
type Checked struct {
	Manifest *Manifest // nil if there are findings
	Figures  bool      // figures were compared: not those of an archive that an earlier version has written
	Checksum string    // of SHA256SUMS, and so of the whole
	Files    int
	Findings []message.Text // what is wrong
	Gaps     []message.Text // what the records lack that an auditor asks for; see [gapsOf]
}

// Check checks an archive by itself: its checksums, and, if these agree, that the tally, the index and every release
// follow from its answers.
func Check(ctx context.Context, name string) (*Checked, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, message.Errorf("%s: not an archive, or damaged: %w", name, err)
	}
	defer z.Close()
	c := &checker{files: map[string]*zip.File{}}
	checked, err := c.check(ctx, &z.Reader)
	if err != nil {
		return nil, message.Errorf("%s: %w", name, err)
	}
	return checked, nil
}

// checker checks one archive.
type checker struct {
	files    map[string]*zip.File
	findings []message.Text
	gaps     []message.Text
}

func (c *checker) findf(format string, args ...any) {
	c.findings = append(c.findings, message.New(format, args...))
}

func (c *checker) check(ctx context.Context, z *zip.Reader) (*Checked, error) {
	checksum, err := c.checkSums(z)
	if err != nil {
		return nil, err
	}
	if len(c.findings) > 0 {
		return &Checked{Findings: c.findings}, nil
	}
	m, err := c.manifest()
	if err != nil {
		return nil, err
	}
	if err := c.checkFigures(ctx, m); err != nil {
		return nil, err
	}
	return &Checked{Manifest: m, Figures: m.Format != firstFormat, Checksum: checksum, Files: len(c.files), Findings: c.findings, Gaps: c.gaps}, nil
}

// checkSums compares all files with SHA256SUMS, and returns the checksum of that.
func (c *checker) checkSums(z *zip.Reader) (checksum string, err error) {
	for _, f := range z.File {
		if c.files[f.Name] != nil {
			c.findf("%s is there twice", f.Name)
		}
		c.files[f.Name] = f
	}
	sums, err := c.read(sumsFile)
	if err != nil {
		return "", err
	}
	listed := map[string]bool{sumsFile: true}
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || listed[name] {
			c.findf("%s has a line that says nothing new: '%s'", sumsFile, line)
			continue
		}
		listed[name] = true
		c.checkSum(name, sum)
	}
	for _, f := range z.File {
		if !listed[f.Name] {
			c.findf("%s has been added", f.Name)
		}
	}
	return hexSum(sums), nil
}

func (c *checker) checkSum(name, sum string) {
	if c.files[name] == nil {
		c.findf("%s is missing", name)
		return
	}
	hash := sha256.New()
	if err := c.copy(name, hash); err != nil {
		c.findf("%s cannot be read: %v", name, err)
	} else if hex.EncodeToString(hash.Sum(nil)) != sum {
		c.findf("%s is not what it was: its checksum differs", name)
	}
}

func (c *checker) manifest() (*Manifest, error) {
	data, err := c.read(manifestFile)
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, message.Errorf("%s: %w", manifestFile, err)
	}
	if m.Format < firstFormat || m.Format > correctedFormat {
		return nil, message.Errorf("the archive has format %d, and this program knows format %d", m.Format, correctedFormat)
	}
	return m, nil
}

func (c *checker) copy(name string, w io.Writer) error {
	f := c.files[name]
	if f == nil {
		return message.Errorf("%s is missing", name)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (c *checker) read(name string) ([]byte, error) {
	var b bytes.Buffer
	err := c.copy(name, &b)
	return b.Bytes(), err
}

// checkFigures counts all answers again, each by the questionnaire that it was answered under.
func (c *checker) checkFigures(ctx context.Context, m *Manifest) error {
	versions, err := c.versions()
	if err != nil {
		return err
	}
	s := versions[m.Version]
	if s == nil {
		return message.Errorf("%s%s.json is missing", definitionsDir, m.Version)
	}
	releases, err := c.releases(m)
	if err != nil {
		return err
	}
	var latest *release.Release
	if len(releases) > 0 {
		latest = releases[len(releases)-1]
	}
	carried := audit.Carried{Through: m.Through, Release: m.MovedRelease}
	c.checkContents(m, s)
	if c.files[answersFile] == nil || c.files[tallyFile] == nil {
		return nil
	}
	r := &recount{all: tally.New(), replay: audit.NewReplay(latest, carried), rules: audit.NewReleases(s, carried), left: releases, versions: versions}
	if err := c.readDecisions(&r.decided); err != nil {
		return err
	}
	found := &Manifest{Survey: m.Survey, Period: m.Period}
	if err := c.readAnswers(ctx, found, r.add); err != nil {
		return err
	}
	r.releaseAll()
	r.replay.Waiting(r.decided.LastDecided())
	if found.Responses != m.Responses || found.Withdrawn != m.Withdrawn {
		c.findf("%d responses and %d withdrawn of %d and %d", found.Responses, found.Withdrawn, m.Responses, m.Withdrawn)
	}
	if m.Format == firstFormat {
		c.gaps = gapsOf(m, s, c.hasSource(), nil)
		return nil
	}
	if found.Survey != m.Survey || found.Period != m.Period || s.ID != m.Survey || !found.First.Equal(m.First) || !found.Last.Equal(m.Last) {
		c.findf("%s does not follow from the answers", manifestFile)
	}
	if err := c.checkTally(r.all); err != nil {
		return err
	}
	figures := reportOf(s, slices.Collect(maps.Values(versions)), m.Period, r.all)
	index := indexOf(figures)
	if (index == nil) != (m.Index == nil) || index != nil && *index != *m.Index {
		c.findf("the index is not the one that follows from the answers")
	}
	numbers, err := c.checkNumbers(m, figures, r.all, latest.Respondents())
	if err != nil {
		return err
	}
	c.gaps = gapsOf(m, s, c.hasSource(), numbers)
	for _, finding := range append(r.findings, r.replay.Findings(m.Deleted)...) {
		c.findf("releases: %s", finding)
	}
	return nil
}

// hasSource reports whether the questionnaire is there as YAML.
func (c *checker) hasSource() bool {
	for name := range c.files {
		if strings.HasPrefix(name, questionnaireDir) {
			return true
		}
	}
	return false
}

// readDecisions reads what persons have decided of responses.
func (c *checker) readDecisions(to *store.Settled) error {
	if c.files[decisionsFile] == nil {
		return nil
	}
	data, err := c.read(decisionsFile)
	if err != nil {
		return err
	}
	var all []review.Decisions
	if err := json.Unmarshal(data, &all); err != nil {
		return message.Errorf("%s: %w", decisionsFile, err)
	}
	for i, d := range all {
		if err := d.Check(); err != nil || d.Number != i+1 {
			return message.Errorf("%s: decisions %d are damaged", decisionsFile, i+1)
		}
		to.Decide(d)
	}
	return nil
}

// versions reads the questionnaires, by their versions.
func (c *checker) versions() (map[string]*survey.Survey, error) {
	all := map[string]*survey.Survey{}
	for name := range c.files {
		if !strings.HasPrefix(name, definitionsDir) || path.Ext(name) != ".json" {
			continue
		}
		data, err := c.read(name)
		if err != nil {
			return nil, err
		}
		s, err := survey.Decode(data)
		if err != nil {
			return nil, message.Errorf("%s: %w", name, err)
		}
		all[s.Version] = s
	}
	return all, nil
}

// releases reads the releases in order; none of an archive of another format, whose releases follow other rules.
func (c *checker) releases(m *Manifest) (all []*release.Release, err error) {
	var names []string
	for name := range c.files {
		if strings.HasPrefix(name, releasesDir) && path.Ext(name) == ".json" {
			names = append(names, name)
		}
	}
	if len(names) != m.Releases {
		c.findf("%d releases of %d", len(names), m.Releases)
	}
	if m.Format == firstFormat {
		return nil, nil
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := c.read(name)
		if err != nil {
			return nil, err
		}
		r := &release.Release{}
		if err := json.Unmarshal(data, r); err != nil {
			return nil, message.Errorf("%s: %w", name, err)
		}
		if !isComplete(r) {
			return nil, message.Errorf("%s: it lacks counters", name)
		}
		all = append(all, r)
	}
	return all, nil
}

// isComplete reports whether a release that was read as JSON has no null in it where there must be counters.
func isComplete(r *release.Release) bool {
	for _, p := range r.Parts {
		if p == nil || !areComplete(p.Cohorts) {
			return false
		}
	}
	for _, c := range r.Coded {
		if c == nil || slices.Contains(slices.Collect(maps.Values(c.By)), nil) {
			return false
		}
	}
	if r.Held != nil {
		for _, cohorts := range r.Held.Items {
			if !areComplete(cohorts) {
				return false
			}
		}
	}
	return true
}

func areComplete(cohorts map[string]*tally.Counters) bool {
	for _, c := range cohorts {
		if c == nil || slices.Contains(slices.Collect(maps.Values(c.Items)), nil) {
			return false
		}
	}
	return true
}

// recount counts the answers, and takes out the blocks of the releases.
type recount struct {
	all      *tally.Tally
	replay   *audit.Replay
	rules    *audit.Releases
	left     []*release.Release // that are not reached yet
	versions map[string]*survey.Survey
	decided  store.Settled
	findings []audit.Finding
}

func (r *recount) add(l line) {
	for len(r.left) > 0 && audit.Cutoff(r.left[0]) < l.Cursor {
		r.release()
	}
	answered, e := r.versions[l.Version], store.Entry{Cursor: l.Cursor, Arrived: l.Arrived, Response: l.Response}
	r.decided.Fold(r.all, answered, e)
	r.replay.Fold(answered, r.decided.Came(answered, e), l.Response, r.decided.Steps(answered, e)...)
}

func (r *recount) release() {
	r.findings = append(r.findings, r.rules.Add(r.left[0])...)
	r.replay.Release(r.left[0])
	r.left = r.left[1:]
}

func (r *recount) releaseAll() {
	for len(r.left) > 0 {
		r.release()
	}
}

func (c *checker) checkTally(all *tally.Tally) error {
	data, err := c.read(tallyFile)
	if err != nil {
		return err
	}
	stored := &counted{}
	if err := json.Unmarshal(data, stored); err != nil {
		return message.Errorf("%s: %w", tallyFile, err)
	}
	for _, p := range stored.Parts {
		if !areComplete(p.Cohorts) {
			return message.Errorf("%s: it lacks counters", tallyFile)
		}
	}
	for _, finding := range audit.Tally(stored.tally(), all, 0) {
		c.findf("tally: %s", finding)
	}
	return nil
}

// readAnswers calls each with every response, tombstones included, and writes into found what a manifest says of them. If one is of
// another survey or period than found, that is found.
func (c *checker) readAnswers(ctx context.Context, found *Manifest, each func(line)) error {
	f := c.files[answersFile]
	if f == nil {
		return message.Errorf("%s is missing", answersFile)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	survey, period := found.Survey, found.Period
	for lines := json.NewDecoder(bufio.NewReader(r)); ctx.Err() == nil; {
		var l line
		if err := lines.Decode(&l); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return message.Errorf("%s: %w", answersFile, err)
		}
		if l.Survey != survey || l.Period != period {
			found.Survey, found.Period = l.Survey, l.Period
		}
		found.count(l)
		each(l)
	}
	return ctx.Err()
}

// count counts a response.
func (m *Manifest) count(l line) {
	if l.Withdrawn {
		m.Withdrawn++
		return
	}
	if m.Responses++; m.Responses == 1 || l.Arrived.Before(m.First) {
		m.First = l.Arrived
	}
	if l.Arrived.After(m.Last) {
		m.Last = l.Arrived
	}
}
