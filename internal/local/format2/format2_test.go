package format2

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/local"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

var ctx = context.Background()

// content is what the program that wrote the fixture read from it, see testdata/README.md.
type content struct {
	Surveys []surveyContent
}

type surveyContent struct {
	ID       string
	Current  string
	Versions []string
	Periods  []periodContent
	Cases    []struct {
		Revision int
		Case     *cases.Case
	}
	Pending []string
}

type periodContent struct {
	Period   string
	Entries  []entryContent    // in order of arrival
	Pending  []string          // ids of responses that no shard's tally has counted
	Releases []json.RawMessage // as they were encoded
}

type entryContent struct {
	Arrived  time.Time
	Response answer.Response
	Private  []answer.Answer
}

// TestFixture reads everything that an earlier version has written.
func TestFixture(t *testing.T) {
	t.Parallel()
	var want content
	must(t, json.Unmarshal(unzip(t, "format2.json.gz"), &want))
	path := fixture(t)
	before := readFile(t, path)
	f, err := Open(path)
	must(t, err)
	surveys, err := f.Surveys(ctx)
	must(t, err)
	if len(surveys) != 3 || len(want.Surveys) != 3 {
		t.Fatalf("surveys %v, want %d", surveys, len(want.Surveys))
	}
	for i, s := range want.Surveys {
		if surveys[i] != s.ID {
			t.Fatalf("survey %s, want %s", surveys[i], s.ID)
		}
		checkDefinitions(t, f, s)
		checkCases(t, f, s)
		periods, err := f.Periods(ctx, s.ID)
		must(t, err)
		ends, err := f.Ends(ctx, s.ID)
		must(t, err)
		latest, err := f.Latest(ctx, s.ID)
		must(t, err)
		if len(periods) != len(s.Periods) || len(ends) != len(periods) || len(latest) != len(periods) {
			t.Fatalf("%s: periods %v, ends %v, %d latest releases, want %d", s.ID, periods, ends, len(latest), len(s.Periods))
		}
		for i, p := range s.Periods {
			if periods[i] != p.Period {
				t.Fatalf("%s: period %s, want %s", s.ID, periods[i], p.Period)
			}
			cursors := checkEntries(t, f, s.ID, p)
			if ends[p.Period] != cursors[len(cursors)-1] {
				t.Errorf("%s %s ends at %s, want %s", s.ID, p.Period, ends[p.Period], cursors[len(cursors)-1])
			}
			checkTally(t, f, s.ID, p, cursors)
			checkReleases(t, f, s.ID, p, latest[i])
		}
	}
	must(t, f.Close())
	if !bytes.Equal(readFile(t, path), before) {
		t.Error("reading has changed the file")
	}
}

func checkDefinitions(t *testing.T, f *File, want surveyContent) {
	t.Helper()
	versions, err := f.Versions(ctx, want.ID)
	must(t, err)
	if !slices.Equal(versions, want.Versions) {
		t.Errorf("%s: versions %v, want %v", want.ID, versions, want.Versions)
	}
	for _, version := range versions {
		s, err := f.Definition(ctx, want.ID, version)
		if err != nil || s.ID != want.ID || s.Version != version {
			t.Errorf("%s, version %s: %v, %v", want.ID, version, s, err)
		}
	}
	s, err := f.Definition(ctx, want.ID, "")
	if err != nil || s.Version != want.Current {
		t.Errorf("%s: %v is in force, want %s; %v", want.ID, s, want.Current, err)
	}
	if again, err := f.Definition(ctx, want.ID, want.Current); again != s || err != nil {
		t.Errorf("%s: decoded twice, %v", want.ID, err)
	}
	for _, unknown := range [][2]string{{want.ID, "another"}, {"another", ""}, {"another", want.Current}} {
		if s, err := f.Definition(ctx, unknown[0], unknown[1]); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%v: %v, %v", unknown, s, err)
		}
	}
}

func checkCases(t *testing.T, f *File, want surveyContent) {
	t.Helper()
	all, err := f.CasesOf(ctx, want.ID)
	must(t, err)
	if len(all) != len(want.Cases) {
		t.Fatalf("%s: %d cases, want %d", want.ID, len(all), len(want.Cases))
	}
	for i, c := range all {
		old := want.Cases[i].Case // each alert opened a case of its own: it is the only reason
		old.Reasons = []cases.Reason{{Alert: old.Alert, Questions: old.Questions, Type: old.Type, Severity: old.Severity}}
		if c.Revision != want.Cases[i].Revision || asJSON(t, c) != asJSON(t, old) {
			t.Errorf("%s: case %+v, want %+v", want.ID, c, want.Cases[i])
		}
	}
	pending, err := f.Pending(ctx, want.ID)
	must(t, err)
	var ids []string
	for _, c := range pending {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, want.Pending) {
		t.Errorf("%s: the outbox has %v, want %v", want.ID, ids, want.Pending)
	}
}

// checkEntries reads a log, and its end from each entry on. It returns the cursors.
func checkEntries(t *testing.T, f *File, survey string, want periodContent) (cursors []string) {
	t.Helper()
	for e, err := range f.After(ctx, survey, want.Period, "") {
		must(t, err)
		i := len(cursors)
		cursors = append(cursors, e.Cursor)
		if i >= len(want.Entries) {
			t.Fatalf("%s %s has more than %d entries", survey, want.Period, i)
		}
		if w := want.Entries[i]; !e.Arrived.Equal(w.Arrived) || asJSON(t, e.Response) != asJSON(t, w.Response) || e.Response.Withdrawn != w.Response.Withdrawn {
			t.Errorf("%s %s, entry %d is %+v, want %+v", survey, want.Period, i, e, w)
		}
		private, err := f.Private(ctx, survey, want.Period, e.Response.ID)
		must(t, err)
		if !reflect.DeepEqual(private, want.Entries[i].Private) {
			t.Errorf("%s %s, private answers of %s: %v, want %v", survey, want.Period, e.Response.ID, private, want.Entries[i].Private)
		}
		found, err := f.Records().Find(ctx, e.Response.ID)
		must(t, err)
		if len(found) != 1 || !reflect.DeepEqual(found[0], e) {
			t.Errorf("%s %s, response %s is found as %+v, want %+v", survey, want.Period, e.Response.ID, found, e)
		}
	}
	if len(cursors) != len(want.Entries) || !slices.IsSorted(cursors) {
		t.Fatalf("%s %s: %d entries, want %d; cursors %v", survey, want.Period, len(cursors), len(want.Entries), cursors)
	}
	for i, cursor := range cursors {
		var rest []string
		for e, err := range f.After(ctx, survey, want.Period, cursor) {
			must(t, err)
			rest = append(rest, e.Cursor)
		}
		if !slices.Equal(rest, cursors[i+1:]) {
			t.Fatalf("%s %s after entry %d: %v, want %v", survey, want.Period, i, rest, cursors[i+1:])
		}
	}
	return cursors
}

// checkTally compares up to where alerts have been evaluated with the first response that no shard's tally has counted.
func checkTally(t *testing.T, f *File, survey string, want periodContent, cursors []string) {
	t.Helper()
	got, revision, err := f.Tally(ctx, survey, want.Period)
	if err != nil || got == nil || revision == 0 {
		t.Fatalf("%s %s: tally %v, revision %d, %v", survey, want.Period, got, revision, err)
	}
	alerted := ""
	for i, e := range want.Entries {
		if slices.Contains(want.Pending, e.Response.ID) {
			break
		}
		alerted = cursors[i]
	}
	if got.Cursor != "" || got.Received() != 0 || got.Release != 0 || got.Alerted != alerted {
		t.Errorf("%s %s: the tally is %+v; want an empty one, with alerts evaluated up to %q", survey, want.Period, got, alerted)
	}
}

func checkReleases(t *testing.T, f *File, survey string, want periodContent, latest *release.Release) {
	t.Helper()
	n := 0
	for r, err := range f.History(ctx, survey, want.Period) {
		must(t, err)
		if n++; n > len(want.Releases) || !bytes.Equal(r.Encode(), encodedAgain(t, want.Releases[n-1])) || r.Respondents() == 0 {
			t.Errorf("%s %s: release %d is %+v", survey, want.Period, n, r)
		}
	}
	if n == 0 || n != len(want.Releases) || !bytes.Equal(latest.Encode(), encodedAgain(t, want.Releases[n-1])) {
		t.Errorf("%s %s: %d releases of %d, the latest is %+v", survey, want.Period, n, len(want.Releases), latest)
	}
}

// encodedAgain encodes a release as it is encoded today.
func encodedAgain(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := release.Decode(data)
	must(t, err)
	return r.Encode()
}

// TestFixtureHolds makes sure that the fixture is worth reading.
func TestFixtureHolds(t *testing.T) {
	t.Parallel()
	var all content
	must(t, json.Unmarshal(unzip(t, "format2.json.gz"), &all))
	var versions, private, tombstones, plain, pending, counted, releases, closed int
	for _, s := range all.Surveys {
		versions = max(versions, len(s.Versions))
		for _, p := range s.Periods {
			first := len(p.Entries)
			for i, e := range p.Entries {
				private += len(e.Private)
				if e.Response.Withdrawn {
					tombstones++
				}
				if len(e.Response.ID) != 36 {
					plain++
				}
				if slices.Contains(p.Pending, e.Response.ID) {
					first = min(first, i)
				} else if i > first {
					counted++ // behind one that is not
				}
			}
			pending += len(p.Pending)
			releases = max(releases, len(p.Releases))
		}
		for _, c := range s.Cases {
			if c.Case.Status == cases.Closed {
				closed++
			}
		}
	}
	if versions < 2 || private == 0 || tombstones < 3 || plain == 0 || pending == 0 || counted == 0 || releases < 3 || closed == 0 {
		t.Errorf("versions %d, private answers %d, tombstones %d, plain ids %d, pending %d, counted behind them %d, releases %d, closed %d",
			versions, private, tombstones, plain, pending, counted, releases, closed)
	}
}

// TestTallyThatIsFoldedAgain reads a period whose shards were being folded again when the publisher was killed: some of them
// say only up to where alerts have been evaluated.
func TestTallyThatIsFoldedAgain(t *testing.T) {
	t.Parallel()
	const survey, period = "service_staff", "2026-10"
	path := fixture(t)
	f, err := Open(path)
	must(t, err)
	whole, _, err := f.Tally(ctx, survey, period)
	must(t, err)
	must(t, f.Close())
	change(t, path, func(tx *bbolt.Tx) error {
		b := bucket(tx, talliesBucket, []byte(survey), []byte(period))
		for shard := 0; shard < shards; shard += 2 {
			revision, data, err := splitRevision(b.Get([]byte{byte(shard)}))
			if err != nil || revision == 0 {
				continue
			}
			old, err := tally.Decode(data)
			must(t, err)
			data = append(slices.Clone(b.Get([]byte{byte(shard)})[:8]), tally.Restart(old).Encode()...)
			must(t, b.Put([]byte{byte(shard)}, data))
		}
		return nil
	})
	f, err = Open(path)
	must(t, err)
	defer f.Close()
	got, revision, err := f.Tally(ctx, survey, period)
	if err != nil || revision == 0 || got.Received() > 0 || got.Cursor != "" || got.Alerted == "" || got.Alerted != whole.Alerted {
		t.Errorf("tally %+v, revision %d, %v; want an empty one whose alerts have been evaluated up to %s", got, revision, err, whole.Alerted)
	}
}

// TestLogIsReadInPages reads logs that together are longer than what one transaction reads, from their beginning and from
// cursors around the ends of pages.
func TestLogIsReadInPages(t *testing.T) {
	t.Parallel()
	path, n := filepath.Join(t.TempDir(), "glasspoll.db"), 2*pageSize+pageSize/2
	random := rand.New(rand.NewPCG(3, 4))
	put := func(tx *bbolt.Tx, shard, arrived int) {
		b, err := tx.CreateBucketIfNotExists(responsesBucket)
		for _, name := range [][]byte{[]byte("tea"), []byte("all"), logBucket(shard)} {
			must(t, err)
			b, err = b.CreateBucketIfNotExists(name)
		}
		must(t, err)
		id := fmt.Sprint(arrived)
		body := append([]byte{plainID, byte(len(id))}, id...)
		must(t, b.Put(binary.BigEndian.AppendUint64(nil, uint64(arrived)), append(body, 0, 0, 0, 0, 0)))
	}
	change(t, path, func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		must(t, err)
		for i := range n {
			shard := random.IntN(shards)
			if i >= pageSize { // the other logs have ended
				shard = 3 + i%2
			}
			put(tx, shard, 10*i+10)
		}
		return meta.Put(formatKey, []byte("2"))
	})
	f, err := Open(path)
	must(t, err)
	for _, read := range []int{0, 1, pageSize - 1, pageSize, pageSize + 1, n - pageSize, n - 1, n} {
		cursor, next := "", read
		if read > 0 {
			cursor = formatCursor(uint64(10 * read))
		}
		for e, err := range f.After(ctx, "tea", "all", cursor) {
			must(t, err)
			next++
			if want := fmt.Sprint(10 * next); e.Response.ID != want || e.Cursor != formatCursor(uint64(10*next)) {
				t.Fatalf("entry %d is %+v", next, e)
			}
		}
		if next != n {
			t.Errorf("after %d entries come %d of %d", read, next-read, n-read)
		}
	}
	for e, err := range f.After(ctx, "tea", "all", "") { // whoever stops between two entries can close the file
		if err != nil || e.Cursor == "" {
			t.Fatal(e, err)
		}
		break
	}
	must(t, f.Close())

	// No file has two responses with one arrival. If it has, none is left out in silence, also not between two pages.
	for _, twice := range []int{10, 10 * pageSize, 10 * n} {
		other := filepath.Join(t.TempDir(), "glasspoll.db")
		must(t, os.WriteFile(other, readFile(t, path), 0o600))
		change(t, other, func(tx *bbolt.Tx) error {
			for shard := range shards {
				put(tx, shard, twice)
			}
			return nil
		})
		f, err := Open(other)
		must(t, err)
		var last error
		for _, err := range f.After(ctx, "tea", "all", "") {
			last = err
		}
		if last == nil {
			t.Errorf("several responses arrived at %d, and the log is read without an error", twice)
		}
		must(t, f.Close())
	}
}

// TestOpen opens what can be read and refuses what cannot.
func TestOpen(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	missing := filepath.Join(directory, "missing.db")
	if _, err := Open(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open has made a file: %v", err)
	}
	text := filepath.Join(directory, "text.db")
	must(t, os.WriteFile(text, bytes.Repeat([]byte("a text\n"), 5000), 0o600))
	if _, err := Open(text); err == nil || !strings.Contains(err.Error(), "not a Glasspoll store") {
		t.Errorf("a text: %v", err)
	}
	today := filepath.Join(directory, "today.db")
	s, err := local.Open(today)
	must(t, err)
	must(t, s.Close())
	if _, err := Open(today); err == nil || !strings.Contains(err.Error(), "format 3") {
		t.Errorf("a file of today's format: %v", err)
	}

	path := fixture(t)
	for _, format := range []string{"1", "2"} {
		change(t, path, func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte(format)) })
		f, err := Open(path)
		must(t, err)
		second, err := Open(path)
		must(t, err)
		must(t, second.Close())
		if surveys, err := f.Surveys(ctx); len(surveys) != 3 || err != nil {
			t.Errorf("format %s: %v, %v", format, surveys, err)
		}
		var old *local.OldFormatError
		if erased, err := f.Records().Erase(ctx, "service_staff", "id", nil); erased || !errors.As(err, &old) || !strings.Contains(err.Error(), "glasspoll results move") {
			t.Errorf("erasing: %v, %v", erased, err)
		}
		must(t, f.Close())

		reading, err := Open(path)
		must(t, err)
		if s, err := local.Open(path); !errors.As(err, &old) {
			t.Errorf("format %s while another process reads it: %v, %v", format, s, err)
		}
		must(t, reading.Close())
		before := readFile(t, path)
		if s, err := local.Open(path); !errors.As(err, &old) || !strings.Contains(err.Error(), "glasspoll results move") {
			t.Errorf("format %s is opened for writing: %v, %v", format, s, err)
		}
		if !bytes.Equal(readFile(t, path), before) {
			t.Error("the refusal has changed the file")
		}
	}
	for _, format := range []string{"0", "4", "x"} {
		change(t, path, func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte(format)) })
		if f, err := Open(path); err == nil {
			t.Errorf("format %s is opened", format)
			f.Close()
		}
	}
}

// TestDamage reads files with damaged values. Nothing panics, and what is lost is an error with its place.
func TestDamage(t *testing.T) {
	t.Parallel()
	const survey, period = "service_staff", "2026-11"
	path := fixture(t)
	change(t, path, func(tx *bbolt.Tx) error {
		var id []byte
		for _, log := range logs(tx, survey, period) {
			k, v := log.Cursor().First()
			must(t, log.Put(k, v[:len(v)-1]))
		}
		private := bucket(tx, responsesBucket, []byte(survey), []byte(period), privateBucket)
		id, _ = private.Cursor().First()
		must(t, private.Put(slices.Clone(id), []byte{200}))
		must(t, bucket(tx, talliesBucket, []byte(survey), []byte(period)).Put([]byte{1}, []byte("short")))
		releases := bucket(tx, releasesBucket, []byte(survey), []byte(period))
		number, _ := releases.Cursor().Last()
		must(t, releases.Put(slices.Clone(number), []byte(`{"survey":"another"}`)))
		all := bucket(tx, casesBucket, []byte(survey))
		first, _ := all.Cursor().First()
		must(t, all.Put(slices.Clone(first), []byte("00000001{")))
		return bucket(tx, definitionsBucket, []byte("one_question")).Put([]byte("broken"), []byte("{"))
	})
	f, err := Open(path)
	must(t, err)
	defer f.Close()
	read := map[string]func() error{
		"log": func() error {
			for _, err := range f.After(ctx, survey, period, "") {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"cursor": func() error {
			for _, err := range f.After(ctx, survey, period, "7") {
				return err
			}
			return nil
		},
		"tally":  func() error { _, _, err := f.Tally(ctx, survey, period); return err },
		"latest": func() error { _, err := f.Latest(ctx, survey); return err },
		"history": func() error {
			for _, err := range f.History(ctx, survey, period) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"cases":      func() error { _, err := f.CasesOf(ctx, survey); return err },
		"definition": func() error { _, err := f.Definition(ctx, "one_question", "broken"); return err },
	}
	for name, read := range read {
		if err := read(); err == nil || !strings.HasPrefix(err.Error(), "store "+path+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range 50 { // where the pages of data are
		damage(t, f.path, int64(i))
	}
}

// damage reads a copy of a file in which one page is overwritten.
func damage(t *testing.T, path string, page int64) {
	t.Helper()
	data := readFile(t, path)
	size := int64(os.Getpagesize())
	for i := range size / 8 {
		data[(page+2)*size+i*8]++
	}
	copied := filepath.Join(t.TempDir(), "damaged.db")
	must(t, os.WriteFile(copied, data[:4<<20], 0o600))
	f, err := Open(copied)
	if err != nil {
		return
	}
	defer f.Close()
	for _, survey := range []string{"service_staff", "core_three"} {
		periods, _ := f.Periods(ctx, survey)
		for _, period := range periods {
			for _, err := range f.After(ctx, survey, period, "") {
				if err != nil {
					break
				}
			}
			f.Tally(ctx, survey, period)
		}
		f.Latest(ctx, survey)
		f.CasesOf(ctx, survey)
		f.Definition(ctx, survey, "")
	}
}

// TestLayout pins how responses are encoded.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want      answer.Response
		key, body string // in the index of ids, in the log
	}{
		{answer.Response{ID: "6f1c9ee4-5f2b-4b3e-9a30-000000000001", Version: "v1", Language: "en", Channel: "web",
			Answers: []answer.Answer{{"taste", "5"}, {"many", "a", "b"}}}, "6f1c9ee45f2b4b3e9a30000000000001", "026f1c9ee45f2b4b3e9a3000000000000102763102656e03776562020502057461737465013503046d616e7901610162"},
		{answer.Response{ID: "plain", Version: "v1", Answers: []answer.Answer{{"tier", "a"}}, Withdrawn: true}, "a116c9ed46d6207734a43317d30fd88f", "0505706c61696e027631000001020204746965720161"},
	} {
		body, err := hex.DecodeString(c.body)
		must(t, err)
		if r, err := decodeResponse(body); err != nil || !reflect.DeepEqual(r, c.want) {
			t.Errorf("%s: read %+v, %v; want %+v", c.body, r, err, c.want)
		}
		if key := keyOf(c.want.ID); hex.EncodeToString(key[:]) != c.key {
			t.Errorf("the key of %s is %x, want %s", c.want.ID, key, c.key)
		}
		for i := range body {
			if r, err := decodeResponse(body[:i]); err == nil {
				t.Errorf("%d bytes of %s are read as %+v", i, c.body, r)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, digits := range []string{"026f1c9ee45f2b4b3e9a3000000000000102763102656e03776562020502057461737465013503046d616e7901610162", "0505706c61696e027631000001020204746965720161", ""} {
		data, err := hex.DecodeString(digits)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeResponse(data)
		if size := len(asJSON(t, r)); err == nil && size > 40*len(data)+1000 {
			t.Errorf("%d bytes become %d", len(data), size)
		}
		decodeAnswers(data)
	})
}

// fixture unpacks the fixture and returns its path.
func fixture(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	must(t, os.WriteFile(path, unzip(t, "format2.db.gz"), 0o600))
	return path
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(readFile(t, filepath.Join("testdata", name))))
	must(t, err)
	data, err := io.ReadAll(z)
	must(t, err)
	return data
}

// change changes a file, whatever its format.
func change(t *testing.T, path string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	must(t, err)
	must(t, db.Update(f))
	must(t, db.Close())
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return string(data)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
