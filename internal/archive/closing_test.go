package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// memoryShelf keeps archives in memory.
type memoryShelf struct {
	archives map[string][]byte
	states   map[string]string
	fail     error // of the next Put, after everything is written
	during   func()
}

func (m *memoryShelf) State(_ context.Context, name string) (string, error) {
	return m.states[name], nil
}

func (m *memoryShelf) Put(_ context.Context, name, _ string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if m.during != nil {
		m.during()
	}
	if err := m.fail; err != nil {
		m.fail = nil
		return err
	}
	m.archives[name] = b.Bytes()
	return nil
}

// windowed is a questionnaire whose window is October 2026.
var windowed = strings.Replace(planned, "audience:", "window: {from: 2026-10-01, until: 2026-10-31}\naudience:", 1)

// closingOf returns what archives the nine responses of a questionnaire, with its shelf, and a clock to set.
func closingOf(t *testing.T, source string) (c *Closing, shelf *memoryShelf, s *survey.Survey, now *time.Time, written *[]string) {
	t.Helper()
	opened := storeOf(t, source)
	s, err := opened.Definition(t.Context(), "tea", "")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := local.OpenPages(filepath.Join(t.TempDir(), "pages"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pages.Close() })
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	now, written = &at, &[]string{}
	publisher := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Reviews: opened, Progress: opened, Pages: pages,
		Renderer: results.New(renderer), Now: func() time.Time { return *now }})
	shelf = &memoryShelf{archives: map[string][]byte{}, states: map[string]string{}}
	return &Closing{
		Records: opened, Shelf: shelf, Now: func() time.Time { return *now },
		Publish: func(ctx context.Context, s *survey.Survey, period string) error {
			_, err := publisher.Publish(ctx, s, period)
			return err
		},
		Options: func(context.Context, *survey.Survey) (Options, error) {
			return Options{Name: "tea.yaml", Questionnaire: []byte(source)}, nil
		},
		Written: func(s *survey.Survey, m *Manifest, _ string, again bool) {
			shelf.states[Name(s.ID, m.Period)] = m.State
			said := m.Period
			if again {
				said += " again"
			}
			*written = append(*written, said)
		},
	}, shelf, s, now, written
}

// TestClosing: a survey is archived once when it is over, and again, without the answers, when a respondent is erased.
func TestClosing(t *testing.T) {
	t.Parallel()
	c, shelf, s, now, written := closingOf(t, windowed)
	step := func(want ...string) {
		t.Helper()
		if err := c.Survey(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(*written, want) {
			t.Fatalf("%q, want %q", *written, want)
		}
	}
	step()
	*now = time.Date(2026, 11, 1, 0, 10, 0, 0, time.UTC)
	step() // who began in time may still send
	*now = time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)
	step("all")
	step("all")
	whole := contentsOf(t, shelf.archives["tea-all"])
	if checked, err := Check(t.Context(), writeArchive(t, whole)); err != nil || len(checked.Findings)+len(checked.Gaps) > 0 {
		t.Fatalf("%+v, %v", checked, err)
	}
	const erased = "6f1c9ee4-5f2b-4b3e-9a30-000000000004"
	if n := strings.Count(string(whole[answersFile]), `"taste"`); n != 9 {
		t.Fatalf("%d answers: %s", n, whole[answersFile])
	}
	if done, err := c.Records.Erase(t.Context(), "tea", erased, nil); err != nil || !done {
		t.Fatal(done, err)
	}
	step("all", "all again")
	without := contentsOf(t, shelf.archives["tea-all"])
	if n := strings.Count(string(without[answersFile]), `"taste"`); n != 8 {
		t.Errorf("%d answers: %s", n, without[answersFile])
	}
	if checked, err := Check(t.Context(), writeArchive(t, without)); err != nil || len(checked.Findings) > 0 || checked.Manifest.Withdrawn != 1 {
		t.Errorf("%+v, %v", checked, err)
	}
	step("all", "all again")
	amended := records.Amendment{Set: map[string][]string{"taste": {"5"}}, Reason: "a slip of the pen", By: "QA", At: *now}
	if _, err := records.Correct(t.Context(), c.Records, s, "6f1c9ee4-5f2b-4b3e-9a30-000000000001", amended, true); err != nil {
		t.Fatal(err)
	}
	step("all", "all again", "all again")
	corrected := contentsOf(t, shelf.archives["tea-all"])
	if checked, err := Check(t.Context(), writeArchive(t, corrected)); err != nil || len(checked.Findings) > 0 || checked.Manifest.Format != correctedFormat {
		t.Errorf("%+v, %v", checked, err)
	}
}

// TestClosingIsTriedAgain: after a failure, and when something has changed while an archive was written, another follows.
func TestClosingIsTriedAgain(t *testing.T) {
	t.Parallel()
	c, shelf, s, now, written := closingOf(t, windowed)
	*now = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	full := errors.New("no space left on device")
	shelf.fail = full
	if err := c.Survey(t.Context(), s); !errors.Is(err, full) || len(*written) > 0 || len(shelf.archives) > 0 {
		t.Fatal(err, *written)
	}
	shelf.during = func() {
		if _, err := c.Records.Erase(t.Context(), "tea", "6f1c9ee4-5f2b-4b3e-9a30-000000000002", nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"all", "all again", "all again"} {
		if err := c.Survey(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if got := (*written)[len(*written)-1]; got != want {
			t.Errorf("%q, want %q", *written, want)
		}
	}
	if n := len(*written); n != 2 {
		t.Errorf("%d archives", n)
	}
}

// TestStateIsOfWhatIsCounted: what has not been counted yet is not archived, and what is damaged neither.
func TestStateIsOfWhatIsCounted(t *testing.T) {
	t.Parallel()
	c, _, s, _, _ := closingOf(t, windowed)
	state, settled, err := StateOf(t.Context(), c.Records, s.ID, "all")
	if err != nil || !settled || state == "" {
		t.Fatal(state, settled, err)
	}
	if _, settled, err = StateOf(t.Context(), damagedTallies{c.Records}, s.ID, "all"); err != nil || settled {
		t.Error(settled, err)
	}
	if _, settled, err = StateOf(t.Context(), c.Records, s.ID, "2020"); err != nil || settled {
		t.Error(settled, err)
	}
}

// damagedTallies has no tally that can be read.
type damagedTallies struct{ store.Records }

func (damagedTallies) Tally(context.Context, string, string) (*tally.Tally, int, error) {
	return nil, 0, store.ErrDamaged
}
