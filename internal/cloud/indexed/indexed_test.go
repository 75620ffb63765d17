package indexed

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

var ctx = context.Background()

// content is what the program that wrote the fixture read from it, see testdata/README.md.
type content struct{ Surveys []surveyContent }

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
	Period    string
	Entries   []entryContent    // in order of arrival
	Uncounted []string          // ids of responses behind the tallies of their shards
	Releases  []json.RawMessage // as they were encoded
}

type entryContent struct {
	Arrived  time.Time
	Response answer.Response
	Private  []answer.Answer
}

// fakeTable replies from items in memory, a few to a page.
type fakeTable struct {
	items []item
	err   error
}

const page = 3

func (f *fakeTable) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	for _, i := range f.items {
		if textOf(i, "PK") == textOf(in.Key, "PK") && textOf(i, sortKey) == textOf(in.Key, sortKey) {
			return &dynamodb.GetItemOutput{Item: i}, f.err
		}
	}
	return &dynamodb.GetItemOutput{}, f.err
}

func (f *fakeTable) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	order := sortKey
	if in.IndexName != nil {
		order = arrived
	}
	values := in.ExpressionAttributeValues
	var found []item
	for _, i := range f.items {
		at := textOf(i, order)
		switch {
		case textOf(i, "PK") != textOf(values, ":pk") || at == "",
			strings.Contains(*in.KeyConditionExpression, "> :from") && at <= textOf(values, ":from"),
			strings.Contains(*in.KeyConditionExpression, "< :from") && at >= textOf(values, ":from"):
			continue
		}
		found = append(found, i)
	}
	slices.SortFunc(found, func(a, b item) int { return cmp.Compare(textOf(a, order), textOf(b, order)) })
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		slices.Reverse(found)
	}
	start := 0
	if last := in.ExclusiveStartKey; last != nil {
		start = 1 + slices.IndexFunc(found, func(i item) bool { return textOf(i, sortKey) == textOf(last, sortKey) })
	}
	out := &dynamodb.QueryOutput{Items: found[start:]}
	limit := page
	if in.Limit != nil {
		limit = min(limit, int(*in.Limit))
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		out.LastEvaluatedKey = out.Items[limit-1]
	}
	return out, f.err
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	data, err := io.ReadAll(r)
	must(t, err)
	return data
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fixture(t *testing.T) (*fakeTable, content) {
	t.Helper()
	var items []map[string]struct {
		S, N string
		B    []byte
	}
	must(t, json.Unmarshal(unzip(t, "items.json.gz"), &items))
	f := &fakeTable{}
	for _, one := range items {
		i := item{}
		for name, v := range one {
			switch {
			case v.B != nil:
				i[name] = &types.AttributeValueMemberB{Value: v.B}
			case v.N != "":
				i[name] = &types.AttributeValueMemberN{Value: v.N}
			default:
				i[name] = &types.AttributeValueMemberS{Value: v.S}
			}
		}
		f.items = append(f.items, i)
	}
	var want content
	must(t, json.Unmarshal(unzip(t, "indexed.json.gz"), &want))
	return f, want
}

// TestFixture reads everything that an earlier version has written.
func TestFixture(t *testing.T) {
	t.Parallel()
	f, want := fixture(t)
	table := New(f, "old")
	surveys, err := table.Surveys(ctx)
	must(t, err)
	if len(surveys) != len(want.Surveys) || len(surveys) != 2 {
		t.Fatalf("surveys %v, want %d", surveys, len(want.Surveys))
	}
	for i, s := range want.Surveys {
		if surveys[i] != s.ID {
			t.Fatalf("survey %s, want %s", surveys[i], s.ID)
		}
		def := checkDefinitions(t, table, s)
		checkCases(t, table, s)
		checkPeriods(t, table, def, s)
	}
	if _, err := table.Definition(ctx, "another", ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("an unknown survey: %v", err)
	}
}

func checkDefinitions(t *testing.T, table *Table, want surveyContent) *survey.Survey {
	t.Helper()
	versions, err := table.Versions(ctx, want.ID)
	must(t, err)
	if !slices.Equal(versions, want.Versions) {
		t.Errorf("%s: versions %v, want %v", want.ID, versions, want.Versions)
	}
	for _, version := range versions {
		if s, err := table.Definition(ctx, want.ID, version); err != nil || s.ID != want.ID || s.Version != version {
			t.Errorf("%s, version %s: %v, %v", want.ID, version, s, err)
		}
	}
	s, err := table.Definition(ctx, want.ID, "")
	if err != nil || s.Version != want.Current {
		t.Fatalf("%s: %v is in force, want %s; %v", want.ID, s, want.Current, err)
	}
	if _, err := table.Definition(ctx, want.ID, current); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a version called %s: %v", current, err)
	}
	return s
}

func checkCases(t *testing.T, table *Table, want surveyContent) {
	t.Helper()
	all, err := table.CasesOf(ctx, want.ID)
	must(t, err)
	if len(all) != len(want.Cases) {
		t.Fatalf("%s: %d cases, want %d", want.ID, len(all), len(want.Cases))
	}
	for i, c := range all {
		got, err := c.Encode()
		must(t, err)
		old := want.Cases[i].Case // each alert opened a case of its own: it is the only reason
		old.Reasons = []cases.Reason{{Alert: old.Alert, Questions: old.Questions, Type: old.Type, Severity: old.Severity}}
		expected, err := old.Encode()
		must(t, err)
		if c.Revision != want.Cases[i].Revision || !bytes.Equal(got, expected) {
			t.Errorf("case %s, want %s", got, expected)
		}
	}
	pending, err := table.Pending(ctx, want.ID)
	must(t, err)
	var ids []string
	for _, c := range pending {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, want.Pending) {
		t.Errorf("%s: pending %v, want %v", want.ID, ids, want.Pending)
	}
}

func checkPeriods(t *testing.T, table *Table, s *survey.Survey, want surveyContent) {
	t.Helper()
	periods, err := table.Periods(ctx, want.ID)
	must(t, err)
	ends, err := table.Ends(ctx, want.ID)
	must(t, err)
	latest, err := table.Latest(ctx, want.ID)
	must(t, err)
	if len(periods) != len(want.Periods) || len(ends) != len(periods) || len(latest) != len(periods) {
		t.Fatalf("%s: periods %v, ends %v, %d latest releases, want %d", want.ID, periods, ends, len(latest), len(want.Periods))
	}
	for i, p := range want.Periods {
		var cursors []string
		for e, err := range table.After(ctx, want.ID, p.Period, "") {
			must(t, err)
			expected := p.Entries[len(cursors)]
			if !e.Arrived.Equal(expected.Arrived) || !reflect.DeepEqual(e.Response, expected.Response) {
				t.Fatalf("%s %s: entry %d is %+v, want %+v", want.ID, p.Period, len(cursors), e, expected)
			}
			private, err := table.Private(ctx, want.ID, p.Period, e.Response.ID)
			if err != nil || !reflect.DeepEqual(private, expected.Private) {
				t.Errorf("%s: private answers %v, want %v; %v", e.Response.ID, private, expected.Private, err)
			}
			if found, err := table.Find(ctx, e.Response.ID); err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], e) {
				t.Errorf("%s: found %v, %v", e.Response.ID, found, err)
			}
			cursors = append(cursors, e.Cursor)
		}
		if periods[i] != p.Period || len(cursors) != len(p.Entries) || !slices.IsSorted(cursors) || ends[p.Period] != cursors[len(cursors)-1] {
			t.Errorf("%s %s: %d entries, want %d; the end is %s", want.ID, periods[i], len(cursors), len(p.Entries), ends[p.Period])
		}
		for _, from := range []int{0, len(cursors) / 2, len(cursors) - 1} {
			rest := 0
			for _, err := range table.After(ctx, want.ID, p.Period, cursors[from]) {
				must(t, err)
				rest++
			}
			if rest != len(cursors)-from-1 {
				t.Errorf("%s %s: %d entries after entry %d", want.ID, p.Period, rest, from)
			}
		}
		checkReleases(t, table, want.ID, p, latest[i])
		checkTally(t, table, s, p)
	}
}

func checkReleases(t *testing.T, table *Table, id string, want periodContent, latest *release.Release) {
	t.Helper()
	n := 0
	for r, err := range table.History(ctx, id, want.Period) {
		must(t, err)
		if n == len(want.Releases) || !bytes.Equal(r.Encode(), encodedAgain(t, want.Releases[n])) || r.Respondents() == 0 {
			t.Fatalf("%s %s: release %d differs", id, want.Period, n+1)
		}
		n++
	}
	if n != len(want.Releases) || !bytes.Equal(latest.Encode(), encodedAgain(t, want.Releases[n-1])) {
		t.Errorf("%s %s: %d releases, want %d", id, want.Period, n, len(want.Releases))
	}
}

// encodedAgain encodes a release as it is encoded today.
func encodedAgain(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := release.Decode(data)
	must(t, err)
	return r.Encode()
}

// checkTally checks that alerts have been evaluated up to the first response that is behind the tally of its shard: the
// fixture has some that have arrived late.
func checkTally(t *testing.T, table *Table, s *survey.Survey, want periodContent) {
	t.Helper()
	counted, revision, err := table.Tally(ctx, s.ID, want.Period)
	must(t, err)
	if counted == nil || revision == 0 || counted.Cursor != "" || counted.Received() != 0 || counted.Release != 0 {
		t.Fatalf("%s %s: tally %+v, revision %d", s.ID, want.Period, counted, revision)
	}
	n := 0
	for e, err := range table.After(ctx, s.ID, want.Period, "") {
		must(t, err)
		if e.Cursor > counted.Alerted {
			break
		}
		n++
	}
	if n == 0 {
		t.Errorf("%s %s: no alerts have been evaluated", s.ID, want.Period)
	}
	if behind := len(want.Entries) - n; behind > 0 != (len(want.Uncounted) > 0) || behind > 19 {
		t.Errorf("%s %s: %d responses are behind the tally, and the shards' tallies had %d behind them", s.ID, want.Period, behind, len(want.Uncounted))
	}
}

// TestReadOnly checks that nothing is written, and that the refusal names the remedy.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	f, want := fixture(t)
	records := New(f, "old").Records()
	id := want.Surveys[0].ID
	_, err := records.Erase(ctx, id, "any", nil)
	old := new(cloud.OldFormError)
	if !errors.As(err, &old) || !strings.Contains(err.Error(), "glasspoll results move table:old") {
		t.Errorf("erase: %v", err)
	}
	if err := records.SaveTally(ctx, id, "2026-10", tally.New(), 0); !errors.As(err, &old) {
		t.Errorf("save: %v", err)
	}
}

// TestFaults checks that damage and failing calls are errors that name the place, and never a panic.
func TestFaults(t *testing.T) {
	t.Parallel()
	f, want := fixture(t)
	table, id := New(f, "old"), want.Surveys[1].ID
	readAll := func() error {
		_, _, err := table.Tally(ctx, id, "2026-12")
		_, err2 := table.Latest(ctx, id)
		_, err3 := table.CasesOf(ctx, id)
		err = errors.Join(err, err2, err3)
		for _, entryErr := range table.After(ctx, id, "2026-12", "") {
			err = errors.Join(err, entryErr)
		}
		return err
	}
	must(t, readAll())
	f.err = errors.New("no connection")
	if err := readAll(); err == nil || !strings.Contains(err.Error(), "table old: no connection") {
		t.Errorf("without a connection: %v", err)
	}
	f.err = nil
	for _, prefix := range []string{"R#" + id + "#2026-12", "T#" + id + "#2026-12", "P#" + id, "C#" + id} {
		n := slices.IndexFunc(f.items, func(i item) bool { return strings.HasPrefix(textOf(i, "PK"), prefix) && textOf(i, sortKey) != "0" })
		whole := f.items[n]
		broken := item{}
		for k, v := range whole {
			broken[k] = v
		}
		broken[body] = &types.AttributeValueMemberB{Value: bytesOf(whole, body)[:10]}
		f.items[n] = broken
		if prefix[0] == 'P' { // only the last one is read
			for i := range f.items {
				if strings.HasPrefix(textOf(f.items[i], "PK"), prefix) {
					broken := item{}
					for k, v := range f.items[i] {
						broken[k] = v
					}
					broken[body] = &types.AttributeValueMemberB{Value: []byte("x")}
					f.items[i] = broken
				}
			}
		}
		if err := readAll(); err == nil || !strings.Contains(err.Error(), "table old") {
			t.Errorf("damaged %s: %v", prefix, err)
		}
		f.items[n] = whole
		if prefix[0] == 'P' {
			f2, _ := fixture(t)
			f.items = f2.items
		}
	}
}
