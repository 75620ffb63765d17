package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/console"
	"glasspoll/internal/export"
	"glasspoll/internal/project"
	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

type archiveCommand struct {
	storeFlags
	Sources project.Sources `kong:"-"`
	ID      string          `arg:"" optional:"" name:"ID" help:"The survey."`
	Period  string          `placeholder:"PERIOD" help:"The period to freeze, such as 2026-Q4."`
	Out     string          `placeholder:"FILE" type:"path" help:"The file to write, such as service-2026-Q4.zip."`
	Private bool            `help:"With private answers."`
	Check   string          `placeholder:"FILE" type:"path" help:"Check an archive: its checksums, and its figures against its answers."`
	Surveys string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire is. Default: surveys."`
}

func (archiveCommand) Help() string {
	return `Freezes a period in one ZIP file: the questionnaire in every version that was answered (compiled, and as YAML if it is at
hand), all answers, what was counted, every release, the report for management, and the codebook; with the SHA-256 of each
file in SHA256SUMS. The checksum of that file stands for the whole and is printed: write it down elsewhere, for example
in the minutes. The same answers and releases give the same file, byte for byte.

Answers are JSON Lines, one response a line as it is stored, without private ones unless --private is given. Only you can
read the file. Whoever erases a respondent later must delete or replace the archives that hold the answers.

With --check, nothing but the file is needed: checksums are compared, all answers are counted again, and the tally, the
index and every release must follow from them. Exits with 1 if anything differs.

Examples:

  glasspoll results archive service --period 2026-Q4 --out service-2026-Q4.zip
  glasspoll results archive --check service-2026-Q4.zip`
}

func (a archiveCommand) Run(ctx context.Context, c *console.Console) error {
	if a.Check != "" {
		if a.ID != "" || a.Out != "" || a.Period != "" {
			return console.Usagef("--check FILE stands alone")
		}
		return checkArchive(ctx, c, a.Check)
	}
	if a.ID == "" || a.Period == "" || a.Out == "" {
		return console.Usagef("say which survey, which period and where to: results archive ID --period PERIOD --out FILE.zip")
	}
	sources, _, err := project.ReadSources(a.Surveys, "", a.ID)
	if err != nil {
		return err
	}
	a.Sources = sources
	return a.perform(ctx, c, "results archive", &a)
}

// manifest says what is in an archive.
type manifest struct {
	Format    int            `json:"format"`
	Survey    string         `json:"survey"`
	Title     survey.Text    `json:"title"`
	Period    string         `json:"period"`
	Version   string         `json:"version"` // of the questionnaire in force, by which the tally was made
	Private   bool           `json:"private"`
	Responses int64          `json:"responses"`
	Withdrawn int64          `json:"withdrawn"`
	First     time.Time      `json:"first,omitzero"` // arrivals
	Last      time.Time      `json:"last,omitzero"`
	Releases  int            `json:"releases"`
	Index     *string        `json:"index"` // of all responses, as a fraction; null without one
	Files     []archivedFile `json:"files"`
}

type archivedFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// archiveFormat changes when older programs could not check an archive any more.
const archiveFormat = 1

// The names of files in an archive.
const (
	manifestFile    = "manifest.json"
	sumsFile        = "SHA256SUMS"
	answersFile     = "answers.jsonl"
	tallyFile       = "tally.json"
	definitionsPath = "definitions/"
	releasesPath    = "releases/"
)

// archivedAnswer is one line of answers.jsonl.
type archivedAnswer struct {
	Arrived time.Time `json:"arrived"`
	answer.Response
}

func (a *archiveCommand) writesTo() string { return a.Out }

func (a *archiveCommand) do(ctx context.Context, env *environment) error {
	g, err := takeCensus(ctx, env.store, a.ID, a.Period, a.Private)
	if err != nil {
		return err
	}
	if g.now.PeriodAt(time.Now()) == a.Period {
		console.Line(env.Err, "%s is not over: what is archived is what there is now", a.Period)
	}
	file, err := env.Create(a.Out, true)
	if err != nil {
		return err
	}
	z := &archive{zip: zip.NewWriter(file), at: g.census.Last.UTC().Truncate(time.Second)}
	m := &manifest{Format: archiveFormat, Survey: a.ID, Title: g.now.Title, Period: a.Period, Version: g.now.Version, Private: a.Private,
		Responses: g.census.Responses, Withdrawn: g.census.Withdrawn, First: g.census.First.UTC(), Last: g.census.Last.UTC()}
	if err := a.fill(ctx, env.store, g, z, m); err != nil {
		return err
	}
	whole, err := z.close(m)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	console.Line(env.Out, "%s  %s", whole, filepath.Base(a.Out))
	console.Line(env.Err, "%s: %s, %s. The checksum above stands for the whole: keep it elsewhere", a.Out, console.Count(int(m.Responses), "response"), console.Count(m.Releases, "release"))
	if a.Private {
		console.Line(env.Err, "This has private answers in it: encrypt it on its way, and delete it when it has been used.")
	}
	return nil
}

// fill writes everything but the manifest.
func (a *archiveCommand) fill(ctx context.Context, records resultsStore, g *gathering, z *archive, m *manifest) error {
	versions := g.census.Versions()
	if !slices.ContainsFunc(versions, func(s *survey.Survey) bool { return s.Version == g.now.Version }) {
		versions = append(versions, g.now)
	}
	for _, s := range versions {
		if err := z.put(definitionsPath+s.Version+".json", s.Encode()); err != nil {
			return err
		}
	}
	if a.Sources.Questionnaire != nil {
		if err := z.put("questionnaire/"+filepath.Base(a.Sources.File), a.Sources.Questionnaire); err != nil {
			return err
		}
	}

	counted := tally.New(g.now)
	answers, err := z.create(answersFile)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(answers)
	lines.SetEscapeHTML(false)
	err = g.each(ctx, func(entry store.Entry) error {
		counted.Fold(g.now, entry.Response)
		return lines.Encode(archivedAnswer{entry.Arrived.UTC(), entry.Response})
	})
	if err != nil {
		return err
	}
	if err := z.put(tallyFile, counted.Encode()); err != nil {
		return err
	}
	m.Index = indexOf(g.now, a.Period, counted)

	for r, err := range records.History(ctx, a.ID, a.Period) {
		if err != nil {
			return err
		}
		data, err := json.Marshal(r)
		if err == nil {
			err = z.put(fmt.Sprintf("%s%06d.json", releasesPath, r.Number), data)
		}
		if err != nil {
			return err
		}
		m.Releases++
	}
	for _, language := range g.now.Languages {
		words, err := reportWords(language, g.now)
		if err != nil {
			return err
		}
		page, err := managementReport(ctx, records, reportOf{id: a.ID, period: a.Period, language: language, sources: a.Sources, now: g.census.Last, ends: g.ends})
		if err == nil {
			err = z.put("report."+language+".html", page)
		}
		if err != nil {
			return err
		}
		book := export.NewPlan(g.now, g.census, export.Options{Language: language, Private: a.Private, Words: words}).Book()
		var table, text bytes.Buffer
		err = errors.Join(book.CSV(&table, words, true), book.HTML(&text, reportTemplates(), words))
		if err == nil {
			err = z.put("codebook."+language+".csv", table.Bytes())
		}
		if err == nil {
			err = z.put("codebook."+language+".html", text.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// indexOf is the index of everything that was counted, as a fraction; nil where there is none.
func indexOf(s *survey.Survey, period string, t *tally.Tally) *string {
	report := stats.NewReport(s, []*release.Release{release.Unsuppressed(s, period, "", t)})
	score := report.Periods[0].Overall.Score
	if score == nil {
		return nil
	}
	text := score.RatString()
	return &text
}

// archive is a ZIP file that is being written.
type archive struct {
	zip   *zip.Writer
	at    time.Time
	files []archivedFile
	hash  hash.Hash // of the file being written
	bytes int64
}

// create begins a file, which is good until the next.
func (z *archive) create(name string) (io.Writer, error) {
	z.end()
	// A time that the content has: the same content, the same file.
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.at})
	if err != nil {
		return nil, err
	}
	z.files = append(z.files, archivedFile{Name: name})
	z.hash, z.bytes = sha256.New(), 0
	return writerFunc(func(p []byte) (int, error) {
		z.hash.Write(p)
		z.bytes += int64(len(p))
		return w.Write(p)
	}), nil
}

func (z *archive) end() {
	if z.hash != nil {
		last := &z.files[len(z.files)-1]
		last.Bytes, last.SHA256 = z.bytes, hex.EncodeToString(z.hash.Sum(nil))
	}
}

func (z *archive) put(name string, content []byte) error {
	w, err := z.create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// close writes the manifest and the checksums, and returns the checksum of the whole.
func (z *archive) close(m *manifest) (whole string, err error) {
	z.end()
	m.Files = slices.Clone(z.files)
	slices.SortFunc(m.Files, func(a, b archivedFile) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := z.put(manifestFile, append(data, '\n')); err != nil {
		return "", err
	}
	z.end()
	sums := sumsOf(z.files)
	z.hash = nil
	if err := z.put(sumsFile, sums); err != nil {
		return "", err
	}
	return hex.EncodeToString(hashOf(sums)), z.zip.Close()
}

// sumsOf is what sha256sum would print.
func sumsOf(files []archivedFile) []byte {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b archivedFile) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b.Bytes()
}

func hashOf(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}

// checkArchive checks an archive by itself.
func checkArchive(ctx context.Context, c *console.Console, name string) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return fmt.Errorf("%s: not an archive, or damaged: %w", name, err)
	}
	defer z.Close()
	a := &checking{files: map[string]*zip.File{}}
	whole, m, err := a.checksums(&z.Reader)
	if err == nil && len(a.findings) == 0 {
		err = a.figures(ctx, m)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(a.findings) > 0 {
		for _, finding := range a.findings {
			console.Line(c.Out, "%s: %s", filepath.Base(name), finding)
		}
		return console.ErrProblems
	}
	console.Line(c.Out, "%s  %s", whole, filepath.Base(name))
	console.Line(c.Out, "%s %s: %s, %s, %s: checksums and figures agree", m.Survey, m.Period, console.Count(int(m.Responses), "response"), console.Count(m.Releases, "release"), console.Count(len(a.files), "file"))
	return nil
}

// checking is an archive that is being checked.
type checking struct {
	files    map[string]*zip.File
	findings []string
}

func (a *checking) found(format string, args ...any) {
	a.findings = append(a.findings, fmt.Sprintf(format, args...))
}

// checksums compares all files with SHA256SUMS.
func (a *checking) checksums(z *zip.Reader) (whole string, m *manifest, err error) {
	for _, f := range z.File {
		if a.files[f.Name] != nil {
			a.found("%s is there twice", f.Name)
		}
		a.files[f.Name] = f
	}
	sums, err := a.read(sumsFile)
	if err != nil {
		return "", nil, err
	}
	listed := map[string]bool{sumsFile: true}
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || listed[name] {
			a.found("%s has a line that says nothing new: %q", sumsFile, line)
			continue
		}
		listed[name] = true
		if a.files[name] == nil {
			a.found("%s is missing", name)
			continue
		}
		hash := sha256.New()
		if err := a.copy(name, hash); err != nil {
			a.found("%s cannot be read: %v", name, err)
		} else if hex.EncodeToString(hash.Sum(nil)) != sum {
			a.found("%s is not what it was: its checksum differs", name)
		}
	}
	for _, f := range z.File {
		if !listed[f.Name] {
			a.found("%s has been added", f.Name)
		}
	}
	if len(a.findings) > 0 {
		return "", nil, nil
	}
	data, err := a.read(manifestFile)
	if err != nil {
		return "", nil, err
	}
	m = &manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return "", nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if m.Format != archiveFormat {
		return "", nil, fmt.Errorf("the archive has format %d, and this program knows format %d", m.Format, archiveFormat)
	}
	return hex.EncodeToString(hashOf(sums)), m, nil
}

func (a *checking) copy(name string, w io.Writer) error {
	f := a.files[name]
	if f == nil {
		return fmt.Errorf("%s is missing", name)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (a *checking) read(name string) ([]byte, error) {
	var b bytes.Buffer
	err := a.copy(name, &b)
	return b.Bytes(), err
}

// figures counts all answers again.
func (a *checking) figures(ctx context.Context, m *manifest) error {
	data, err := a.read(definitionsPath + m.Version + ".json")
	if err != nil {
		return err
	}
	s, err := survey.Decode(data)
	if err != nil {
		return err
	}
	// Releases are checked in their order; the last one's questionnaire is the one that the answers are counted by.
	var releases audit.Releases
	var names []string
	for name := range a.files {
		if strings.HasPrefix(name, releasesPath) && path.Ext(name) == ".json" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := a.read(name)
		if err != nil {
			return err
		}
		r := &release.Release{}
		if err := json.Unmarshal(data, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		a.findings = append(a.findings, releases.Add(r, formOf(s, r))...)
	}
	if releases.Count() != m.Releases {
		a.found("%d releases of %d", releases.Count(), m.Releases)
	}
	form := formOf(s, releases.Last())
	now, then := tally.New(s), tally.New(form)
	responses, withdrawn, err := a.fold(ctx, func(r answer.Response) {
		now.Fold(s, r)
		then.Fold(form, r)
	})
	if err != nil {
		return err
	}
	if responses != m.Responses || withdrawn != m.Withdrawn {
		a.found("%d responses and %d withdrawn of %d and %d", responses, withdrawn, m.Responses, m.Withdrawn)
	}
	if data, err = a.read(tallyFile); err != nil {
		return err
	}
	stored, err := tally.Decode(data)
	if err != nil {
		return err
	}
	for _, finding := range audit.Tally(stored, now) {
		a.found("tally: %s", finding)
	}
	index := indexOf(s, m.Period, now)
	if (index == nil) != (m.Index == nil) || index != nil && *index != *m.Index {
		a.found("the index is another than the one that follows from the answers")
	}
	for _, finding := range releases.Against(then) {
		a.found("releases: %s", finding)
	}
	return nil
}

// fold reads all answers.
func (a *checking) fold(ctx context.Context, each func(answer.Response)) (responses, withdrawn int64, err error) {
	f := a.files[answersFile]
	if f == nil {
		return 0, 0, fmt.Errorf("%s is missing", answersFile)
	}
	r, err := f.Open()
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	for lines := json.NewDecoder(bufio.NewReader(r)); ctx.Err() == nil; {
		var line archivedAnswer
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return responses, withdrawn, nil
		} else if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", answersFile, err)
		}
		if line.Withdrawn {
			withdrawn++
		} else {
			responses++
		}
		each(line.Response)
	}
	return 0, 0, ctx.Err()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
