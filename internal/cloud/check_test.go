package cloud

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func checkedID(i int) string { return fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", i) }

// checked is a table in memory, and the client to damage it with.
type checked struct {
	*Table
	client *cloudtest.Client
}

// checkedTable returns a table with responses 0 to 9 of a period and 10 to 19 of another, some private, one erased, all
// collected, and two releases of the first.
func checkedTable(t *testing.T, o Options) checked {
	t.Helper()
	client := cloudtest.New(cloudtest.Options{}).Client(cloudtest.Hooks{})
	table := NewTable(nil, "polls", o)
	table.client = calls{client.GetItem, client.PutItem, client.Query, client.UpdateItem, client.BatchGetItem, client.BatchWriteItem, client.TransactWriteItems}
	for i := range 20 {
		r := answer.Response{ID: checkedID(i), Survey: "tea", Period: []string{"a", "b"}[i/10], Version: "v", Language: "en", Answers: []answer.Answer{{"taste", fmt.Sprint(i)}}}
		if i%3 == 0 {
			r.Private = []answer.Answer{{"mail", "a@example.org"}}
		}
		if _, err := table.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Collect(t.Context(), "tea", "a", "b"); err != nil {
		t.Fatal(err)
	}
	if erased, err := table.Erase(t.Context(), "tea", checkedID(4), nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	for number := 1; number <= 2; number++ {
		r := &release.Release{Survey: "tea", Period: "a", Number: number, Date: "2026-11-01", K: 2, Parts: map[string]*release.Part{"shape": {
			Number: 1, Version: "v", Since: "2026-11-01", K: 2, Cohorts: map[string]*tally.Counters{"": {Respondents: int64(2 * number), Items: map[string]*tally.Item{}}}}}}
		if err := table.Append(t.Context(), r, tally.New(), number); err != nil {
			t.Fatal(err)
		}
	}
	return checked{table, client}
}

func (c checked) problems(t *testing.T) (all []string) {
	t.Helper()
	for _, period := range []string{"a", "b"} {
		for p, err := range c.CheckKeys(t.Context(), "tea", period) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Text.IsZero() {
				t.Errorf("%+v says nothing", p)
			}
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", period, p.What, strings.TrimPrefix(p.Response, "6f1c9ee4-5f2b-4b3e-9a30-0000000000"))))
		}
	}
	return all
}

// change replaces an item; it is deleted if change returns nil.
func (c checked) change(t *testing.T, k item, change func(i item) item) {
	t.Helper()
	i, err := c.get(t.Context(), textOf(k, partKey), textOf(k, sortKey))
	if err != nil {
		t.Fatal(err)
	}
	if i = change(i); i != nil {
		err = c.put(t.Context(), i)
	} else {
		_, err = c.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &c.name, Key: k})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func gone(item) item { return nil }

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(t *testing.T, c checked)
		want   []string
		left   []string // after mending
	}{
		"nothing": {damage: func(*testing.T, checked) {}},
		"a free id": {
			damage: func(t *testing.T, c checked) { c.change(t, idKey("tea", checkedID(1)), gone) },
			want:   []string{"a id_missing 01"},
		},
		"another period": {
			damage: func(t *testing.T, c checked) {
				c.change(t, idKey("tea", checkedID(3)), func(i item) item { i[ofPeriod] = text("c"); return i })
			},
			want: []string{"a id_elsewhere 03"},
		},
		"another digest": {
			damage: func(t *testing.T, c checked) {
				c.change(t, idKey("tea", checkedID(3)), func(i item) item { i[hash] = binaryOf([]byte("?")); return i })
			},
			want: []string{"a id_content 03"},
			left: []string{"a id_content 03"}, // it is not what was received
		},
		"an id that is no tombstone": {
			damage: func(t *testing.T, c checked) {
				c.change(t, idKey("tea", checkedID(4)), func(i item) item { delete(i, withdrawn); i[hash] = binaryOf([]byte("?")); return i })
			},
			want: []string{"a id_content 04"},
		},
		"an id that is a tombstone": {
			damage: func(t *testing.T, c checked) {
				c.change(t, idKey("tea", checkedID(3)), func(i item) item {
					i[withdrawn] = &types.AttributeValueMemberBOOL{Value: true}
					return i
				})
			},
			want: []string{"a id_content 03"},
			left: []string{"a id_content 03"}, // it is not what was received
		},
		"another whole release": {
			damage: func(t *testing.T, c checked) {
				r := &release.Release{Survey: "tea", Period: "a", Number: 2, Date: "2026-11-01", K: 1, Parts: map[string]*release.Part{}}
				c.change(t, key(releasesKey("tea", "a"), latestRelease), func(i item) item { i[body] = compressed(r.Encode()); return i })
			},
			want: []string{"a release_whole"},
		},
		"a damaged whole release": {
			damage: func(t *testing.T, c checked) {
				c.change(t, key(releasesKey("tea", "a"), latestRelease), func(i item) item { i[body] = binaryOf([]byte("?")); return i })
			},
			want: []string{"a release_whole"},
		},
		"no whole release": {
			damage: func(t *testing.T, c checked) { c.change(t, key(releasesKey("tea", "a"), latestRelease), gone) },
			want:   []string{"a release_whole"},
		},
		"no number of a release": {
			damage: func(t *testing.T, c checked) { c.change(t, key("P#tea", "a"), gone) },
			want:   []string{"a release_whole"},
		},
		"a lost addition": {
			damage: func(t *testing.T, c checked) {
				c.change(t, key(releasesKey("tea", "a"), fmt.Sprintf("%010d", 2)), gone)
			},
			want: []string{"a release_whole"},
			left: []string{"a release_whole"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := checkedTable(t, Options{})
			c.damage(t, table)
			table.latest = map[periodKey]*release.Release{} // as in another process
			if got := table.problems(t); !slices.Equal(got, c.want) {
				t.Fatalf("found %q, want %q", got, c.want)
			}
			changed := 0
			for _, period := range []string{"a", "b"} {
				ids, err := table.MendKeys(t.Context(), "tea", period)
				if err != nil {
					t.Fatal(err)
				}
				whole, err := table.MendRelease(t.Context(), "tea", period)
				if err != nil {
					t.Fatal(err)
				}
				if changed += len(ids); whole {
					changed++
				}
			}
			if got := table.problems(t); !slices.Equal(got, c.left) {
				t.Errorf("left after mending: %q, want %q", got, c.left)
			}
			if wanted := len(c.want) > len(c.left); wanted != (changed > 0) {
				t.Errorf("%d changes", changed)
			}
			if len(c.left) > 0 {
				return
			}
			latest, err := table.Latest(t.Context(), "tea")
			if err != nil || len(latest) != 1 || latest[0].Number != 2 || latest[0].Respondents() != 4 {
				t.Errorf("the latest release is %+v, %v", latest, err)
			}
			again := answer.Response{ID: checkedID(1), Survey: "tea", Period: "b", Version: "v", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}
			if created, err := table.Put(t.Context(), again); created || err != nil {
				t.Errorf("a response sent again is stored again: %t, %v", created, err)
			}
			again.ID = checkedID(4)
			if _, err := table.Put(t.Context(), again); err == nil {
				t.Error("a tombstone's id is free")
			}
		})
	}
}

// What waits is no disagreement, as it is collected; what collecting leaves is.
func TestCheckWaiting(t *testing.T) {
	t.Parallel()
	c := checkedTable(t, Options{})
	r := answer.Response{ID: checkedID(50), Survey: "tea", Period: "a", Version: "v", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}
	if _, err := c.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := c.problems(t); len(got) != 0 {
		t.Errorf("%q", got)
	}
	// A deletion that says it is done, and is not, leaves a response in the queue that is in a segment.
	r.ID = checkedID(51)
	if _, err := c.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	c.Table.client.BatchWriteItem = func(_ context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
		return &dynamodb.BatchWriteItemOutput{}, nil
	}
	if got := c.problems(t); !slices.Equal(got, []string{"a response_waiting 51"}) {
		t.Errorf("%q", got)
	}
}

// The log has had the entries that have expired, too; and their ids may be gone before their segment.
func TestLoggedExpired(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	c := checkedTable(t, Options{Now: func() time.Time { return now }, Retention: time.Hour})
	r := answer.Response{ID: checkedID(50), Survey: "tea", Period: "a", Version: "v", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}
	if _, err := c.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := c.Collect(t.Context(), "tea", "a"); err != nil {
		t.Fatal(err)
	}
	c.change(t, key(segmentKey("tea", "a", 1), noSort), gone)
	n, end, err := c.Logged(t.Context(), "tea", "a")
	if err != nil || n != 11 {
		t.Fatal(n, err)
	}
	var last store.Entry
	left := 0
	for last, err = range c.After(t.Context(), "tea", "a", "") {
		if err != nil {
			t.Fatal(err)
		}
		left++
	}
	if left != 1 || last.Cursor > end {
		t.Errorf("%d are left, the last at %s, the end at %s", left, last.Cursor, end)
	}
	c.change(t, idKey("tea", checkedID(50)), gone)
	if got := c.problems(t); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
