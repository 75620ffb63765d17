package archive

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/review"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Options are the parts of an archive that are not in the store.
type Options struct {
	Period        string
	Private       bool           // the snapshot has private answers
	Name          string         // file name of the questionnaire
	Questionnaire []byte         // its YAML; nil if it is not at hand
	Actions       survey.Actions // the survey's measures and quotes, for the report
	Style         string         // stylesheet of the report
	PlanStyle     string         // stylesheet of the plan
	State         string         // for the manifest; "" of an archive that somebody asks for
}

// Write freezes a period. The snapshot is of that period alone. The checksum stands for the whole archive: the same
// responses and releases give the same archive, byte for byte.
func Write(ctx context.Context, w io.Writer, from store.Records, snapshot *records.Snapshot, o Options) (m *Manifest, checksum string, err error) {
	s, census := snapshot.Survey, snapshot.Census
	a := &writer{
		Options: o, store: from, snapshot: snapshot,
		zip: &zipWriter{zip: zip.NewWriter(w), modified: census.Last.UTC().Truncate(time.Second)},
		manifest: &Manifest{Format: format, Survey: s.ID, Title: s.Title, Period: o.Period, Version: s.Version, Private: o.Private, Contents: contents, State: o.State,
			Responses: census.Responses, Withdrawn: census.Withdrawn, First: census.First.UTC(), Last: census.Last.UTC()},
	}
	if err := a.write(ctx); err != nil {
		return nil, "", err
	}
	checksum, err = a.zip.close(a.manifest)
	return a.manifest, checksum, err
}

// writer writes one archive.
type writer struct {
	Options
	store    store.Records
	snapshot *records.Snapshot
	zip      *zipWriter
	manifest *Manifest

	counted  *tally.Tally // all responses
	figures  *stats.Period
	released int64 // respondents of the last release
}

// write writes everything but the manifest and the checksums.
func (a *writer) write(ctx context.Context) error {
	if err := a.definitions(); err != nil {
		return err
	}
	if err := a.answers(ctx); err != nil {
		return err
	}
	if err := a.releases(ctx); err != nil {
		return err
	}
	if err := a.numbers(ctx); err != nil {
		return err
	}
	if err := a.plans(); err != nil {
		return err
	}
	for _, language := range a.snapshot.Survey.Languages {
		if err := a.report(ctx, language); err != nil {
			return err
		}
		if err := a.codebook(language); err != nil {
			return err
		}
	}
	return nil
}

// definitions writes every version of the questionnaire that was answered and the one in force, and its YAML.
func (a *writer) definitions() error {
	s := a.snapshot.Survey
	versions := a.snapshot.Census.Versions()
	if !slices.ContainsFunc(versions, func(v *survey.Survey) bool { return v.Version == s.Version }) {
		versions = append(versions, s)
	}
	for _, v := range versions {
		if err := a.zip.put(definitionsDir+v.Version+".json", v.Encode()); err != nil {
			return err
		}
	}
	if a.Questionnaire == nil {
		return nil
	}
	return a.zip.put(questionnaireDir+a.Name, a.Questionnaire)
}

// answers writes the responses, and the tally and the index that follow from them.
func (a *writer) answers(ctx context.Context) error {
	s := a.snapshot.Survey
	all := tally.New()
	versions := a.snapshot.Census.Versions()
	answered := store.NewAnswered(a.store, s.ID, versions...)
	decided, err := a.decisions(ctx)
	if err != nil {
		return err
	}
	w, err := a.zip.create(answersFile)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for entry, err := range a.snapshot.Originals().Entries(ctx) {
		if err != nil {
			return err
		}
		v, err := answered.Survey(ctx, entry.Response.Version)
		if err != nil {
			return err
		}
		decided.Fold(all, v, entry)
		if err := lines.Encode(line{entry.Cursor, entry.Arrived.UTC(), entry.Response}); err != nil {
			return err
		}
	}
	if err := a.places(ctx, all.Folded()); err != nil {
		return err
	}
	if hasHeld(all) {
		a.manifest.Format = max(a.manifest.Format, heldFormat)
	}
	a.counted, a.figures = all, reportOf(s, versions, a.Period, all)
	a.manifest.Index = indexOf(a.figures)
	counters, err := json.Marshal(countedOf(all))
	if err != nil {
		return err
	}
	return a.zip.put(tallyFile, counters)
}

// decisions writes what persons have decided of responses, and returns it.
func (a *writer) decisions(ctx context.Context) (decided store.Settled, err error) {
	var all []review.Decisions
	for d, err := range a.store.Decisions(ctx, a.snapshot.Survey.ID, a.Period) {
		if err != nil {
			return decided, err
		}
		decided.Decide(d)
		if d.Correction != nil {
			a.manifest.Format = correctedFormat
			if a.Private {
				added, err := store.AddPrivate(ctx, a.store, a.snapshot.Survey.ID, d.IDs[0], []review.Decisions{d})
				if err != nil {
					return decided, err
				}
				d = added[0]
			}
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return decided, nil
	}
	data, err := json.Marshal(all)
	if err != nil {
		return decided, err
	}
	return decided, a.zip.put(decisionsFile, data)
}

// places notes what the log lacks, and which of its places say nothing of blocks. responses is how many are in the archive.
func (a *writer) places(ctx context.Context, responses int64) error {
	id := a.snapshot.Survey.ID
	settled, err := store.SettledOf(ctx, a.store, id, a.Period)
	if err != nil {
		return err
	}
	a.manifest.Through, a.manifest.MovedRelease = settled.Through, settled.Release
	if a.manifest.Deleted, err = store.Carried(ctx, a.store, id, a.Period); err != nil {
		return err
	}
	if census := a.snapshot.Census; responses < census.Responses+census.Withdrawn {
		return message.Errorf("responses were deleted after the retention time while the archive was written: try again")
	}
	checker, ok := a.store.(store.Checker)
	if !ok {
		return nil
	}
	logged, end, err := checker.Logged(ctx, id, a.Period)
	if err != nil {
		return err
	}
	for entry, err := range a.store.After(ctx, id, a.Period, a.snapshot.Ends[a.Period]) { // what has come since
		if err != nil {
			return err
		}
		if entry.Cursor > end {
			break
		}
		logged--
	}
	a.manifest.Deleted += max(logged-responses, 0)
	return nil
}

func (a *writer) releases(ctx context.Context) error {
	for r, err := range a.store.History(ctx, a.snapshot.Survey.ID, a.Period) {
		if err != nil {
			return err
		}
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := a.zip.put(fmt.Sprintf("%s%06d.json", releasesDir, r.Number), data); err != nil {
			return err
		}
		a.manifest.Releases++
		a.released = r.Respondents()
	}
	return nil
}

func (a *writer) report(ctx context.Context, language string) error {
	page, err := records.Report(ctx, a.store, a.snapshot.Survey, records.ReportOptions{
		Range: records.Range{Until: a.Period, End: a.snapshot.Ends[a.Period]}, Language: language, Actions: a.Actions, Style: a.Style, Now: a.snapshot.Census.Last,
	})
	if err != nil {
		return err
	}
	return a.zip.put(reportName(language), page)
}

func (a *writer) codebook(language string) error {
	words, err := records.Words(language, a.snapshot.Survey)
	if err != nil {
		return err
	}
	plan := export.NewPlan(a.snapshot.Survey, a.snapshot.Census, export.Options{Language: language, Private: a.Private, Words: words})
	csv, html, err := records.Codebook(plan, words, true)
	if err != nil {
		return err
	}
	names := codebookNames(language)
	if err := a.zip.put(names[0], csv); err != nil {
		return err
	}
	return a.zip.put(names[1], html)
}

// zipWriter writes a ZIP file, and notes the size and checksum of each file in it.
type zipWriter struct {
	zip      *zip.Writer
	modified time.Time // from the content, so that the same content gives the same file
	files    []File
	hash     hash.Hash // of the last file; nil if there is none
	bytes    int64     // its size
}

// create begins a file, which may be written until the next begins.
func (z *zipWriter) create(name string) (io.Writer, error) {
	z.end()
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.modified})
	if err != nil {
		return nil, err
	}
	z.files = append(z.files, File{Name: name})
	z.hash, z.bytes = sha256.New(), 0
	return writerFunc(func(p []byte) (int, error) {
		z.hash.Write(p)
		z.bytes += int64(len(p))
		return w.Write(p)
	}), nil
}

// end notes the size and checksum of the last file.
func (z *zipWriter) end() {
	if z.hash != nil {
		last := &z.files[len(z.files)-1]
		last.Bytes, last.SHA256 = z.bytes, hex.EncodeToString(z.hash.Sum(nil))
	}
}

func (z *zipWriter) put(name string, content []byte) error {
	w, err := z.create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// close writes the manifest and the checksums, and returns the checksum of these, which stands for the whole.
func (z *zipWriter) close(m *Manifest) (checksum string, err error) {
	z.end()
	m.Files = slices.Clone(z.files)
	sortFiles(m.Files)
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := z.put(manifestFile, append(data, '\n')); err != nil {
		return "", err
	}
	z.end()
	sums := sumsOf(z.files)
	z.hash = nil // SHA256SUMS is not in the list
	if err := z.put(sumsFile, sums); err != nil {
		return "", err
	}
	return hexSum(sums), z.zip.Close()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
