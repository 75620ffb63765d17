package publish_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/simulate"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// A history is what happens to a survey: what the publisher is given, and what the other implementation is told.
type history struct {
	Name        string                     `json:"name"`
	Definitions map[string]json.RawMessage `json:"definitions"` // by version
	Steps       []historyStep              `json:"steps"`

	documents map[string][]byte // results.json, by its folder
	tables    map[string][]byte // results.csv
}

// A historyStep has one of its members.
type historyStep struct {
	Answers []historyAnswer `json:"answers,omitempty"`
	Erase   string          `json:"erase,omitempty"` // id
	Run     *historyRun     `json:"run,omitempty"`
}

type historyAnswer struct {
	ID       string          `json:"id"`
	Arrived  time.Time       `json:"arrived"`
	Period   string          `json:"period"`
	Version  string          `json:"version"`
	Channel  string          `json:"channel"`
	Language string          `json:"language"`
	Answers  []answer.Answer `json:"answers"`
}

type historyRun struct {
	Now     time.Time `json:"now"`
	Version string    `json:"version"` // in force
}

// A historyMaker makes a history on a real store, with the real publisher and renderer.
type historyMaker struct {
	history
	t       *testing.T
	store   *local.Store
	pages   *local.Pages
	public  string
	frame   *render.Renderer
	now     time.Time
	survey  *survey.Survey
	answers *simulate.Simulator
	publish *publish.Publisher
	seed    uint64
	ids     []string
}

func newHistory(t *testing.T, name, source string, seed uint64, now time.Time) *historyMaker {
	t.Helper()
	dir := t.TempDir()
	opened, pages := openStore(t, dir)
	frame, err := render.New(glasspoll.Pages(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	r := &historyMaker{history: history{Name: name, Definitions: map[string]json.RawMessage{}, documents: map[string][]byte{}, tables: map[string][]byte{}},
		t: t, store: opened, pages: pages, public: filepath.Join(dir, "public"), frame: frame, now: now, seed: seed}
	r.publish = publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Pages: pages,
		Progress: opened, Renderer: figuresOnly{results.New(frame)}, Now: func() time.Time { return r.now }})
	r.edit(source)
	return r
}

// figuresOnly renders no HTML, which has no figures that the other files have not.
type figuresOnly struct{ *results.Renderer }

func (figuresOnly) HTML(w io.Writer, p results.Page) error {
	_, err := fmt.Fprintln(w, p.Path())
	return err
}

// edit puts another questionnaire in force.
func (r *historyMaker) edit(source string) {
	r.t.Helper()
	s, problems := questionnaire.Parse(r.Name+".yaml", []byte(source))
	if len(problems) > 0 {
		r.t.Fatal(r.Name, problems)
	}
	if err := r.store.PutDefinition(context.Background(), s); err != nil {
		r.t.Fatal(err)
	}
	r.Definitions[s.Version] = s.Encode()
	r.seed += 1000
	r.survey, r.answers = s, simulate.New(s, r.seed)
}

// collect adds the answers of some respondents, a minute apart.
func (r *historyMaker) collect(n int) {
	r.t.Helper()
	var step historyStep
	entries := map[string][]store.Entry{}
	for range n {
		r.now = r.now.Add(time.Minute)
		response, err := r.answers.Response(r.survey.PeriodAt(r.now))
		if err != nil {
			r.t.Fatal(err)
		}
		entries[response.Period] = append(entries[response.Period], store.Entry{Arrived: r.now, Response: response})
		step.Answers = append(step.Answers, historyAnswer{response.ID, r.now, response.Period, response.Version, response.Channel, response.Language, response.Answers})
		r.ids = append(r.ids, response.ID)
	}
	for period, some := range entries {
		if imported, err := r.store.Import(context.Background(), r.survey.ID, period, some); err != nil || imported != len(some) {
			r.t.Fatal(imported, err)
		}
	}
	r.Steps = append(r.Steps, step)
}

// withdraw erases the answers of the i-th respondent.
func (r *historyMaker) withdraw(i int) {
	r.t.Helper()
	if erased, err := store.Erase(context.Background(), r.store, r.survey.ID, r.ids[i], nil, r.now); err != nil || !erased {
		r.t.Fatal(erased, err)
	}
	r.Steps = append(r.Steps, historyStep{Erase: r.ids[i]})
}

// run publishes.
func (r *historyMaker) run() {
	r.t.Helper()
	if _, err := r.publish.Publish(context.Background(), r.survey); err != nil {
		r.t.Fatal(err)
	}
	r.Steps = append(r.Steps, historyStep{Run: &historyRun{r.now, r.survey.Version}})
}

// read reads the figures that are public, of every period in the first language.
func (r *historyMaker) read() {
	r.t.Helper()
	for _, name := range []string{"results.json", "results.csv"} {
		folder := filepath.Join(r.public, r.survey.ID, "results")
		paths, err := filepath.Glob(filepath.Join(folder, "*", name))
		if err != nil {
			r.t.Fatal(err)
		}
		if r.survey.Period == survey.NoPeriod {
			paths = []string{filepath.Join(folder, name)}
		}
		files := r.documents
		if name == "results.csv" {
			files = r.tables
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if to, moved := headers.MovedTo(data); moved {
				data, err = os.ReadFile(filepath.Join(filepath.Dir(path), filepath.FromSlash(to)))
			}
			if err != nil {
				r.t.Fatal(err)
			}
			period := filepath.Base(filepath.Dir(path))
			if r.survey.Period == survey.NoPeriod {
				period = "all"
			}
			files["results/"+period] = data
		}
	}
}

// A figureComparison counts the figures that agree, and remembers those that do not. What does the same is seen by its kind: the last
// name of the way to it.
type figureComparison struct {
	agree     int
	kinds     map[string]int
	different []string
}

// tolerance is that of figures rounded to four decimals.
const tolerance = 1.01e-4

func (c *figureComparison) differ(where string, got, want any) {
	c.different = append(c.different, fmt.Sprintf("%s: %v, and from the answers %v", where, got, want))
}

func (c *figureComparison) match(kind, where string, same bool, got, want any) {
	if same {
		c.agree++
		c.kinds[kind]++
	} else {
		c.differ(where, got, want)
	}
}

// values compares two JSON values.
func (c *figureComparison) values(kind, where string, got, want any) {
	switch a := got.(type) {
	case map[string]any:
		b, ok := want.(map[string]any)
		if !ok {
			c.differ(where, got, want)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(a)) {
			if _, ok := b[name]; !ok {
				c.differ(where+"."+name, a[name], "absent")
				continue
			}
			c.kinds[name]++
			c.values(name, where+"."+name, a[name], b[name])
		}
		for _, name := range slices.Sorted(maps.Keys(b)) {
			if _, ok := a[name]; !ok {
				c.differ(where+"."+name, "absent", b[name])
			}
		}
	case []any:
		b, ok := want.([]any)
		if !ok || len(a) != len(b) {
			c.differ(where, got, want)
			return
		}
		for i := range a {
			c.values(kind, fmt.Sprintf("%s[%d]", where, i), a[i], b[i])
		}
	case float64:
		b, ok := want.(float64)
		c.match(kind, where, ok && math.Abs(a-b) <= tolerance+1e-9*math.Abs(a), got, want)
	default:
		c.match(kind, where, got == want, got, want)
	}
}

// tables compares two tables, whose lines are known by all columns that are no figures. The label is compared where the other
// has one.
func (c *figureComparison) tables(where string, got []byte, want [][]any) {
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(got, []byte("\ufeff")))).ReadAll()
	if err != nil || len(lines) == 0 {
		c.differ(where, err, "a table")
		return
	}
	const label, measure, first, last = 6, 7, 8, 12 // columns; from first to last there are figures
	key := func(cell func(i int) string) string {
		var parts []string
		for i := range lines[0] {
			if i != label && (i < first || i > last) {
				parts = append(parts, cell(i))
			}
		}
		return strings.Join(parts, ",")
	}
	others := map[string][]any{}
	for _, line := range want {
		others[key(func(i int) string { return fmt.Sprint(line[i]) })] = line
	}
	for _, line := range lines[1:] {
		k := key(func(i int) string { return line[i] })
		other := others[k]
		delete(others, k)
		if other == nil {
			c.differ(where, line, "absent")
			continue
		}
		kind := "csv " + line[measure]
		if text := fmt.Sprint(other[label]); text != "" {
			c.match(kind, where+" "+k, line[label] == text, line[label], text)
		}
		for i := first; i <= last; i++ {
			a, err := strconv.ParseFloat(line[i], 64)
			b, ok := other[i].(float64)
			c.match(kind, where+" "+k, (err == nil) == ok && math.Abs(a-b) <= tolerance+1e-9*math.Abs(a), line, other)
		}
	}
	for _, line := range others {
		c.differ(where, "absent", line)
	}
}

// TestFiguresFromAnswers works out all figures of results.json and results.csv a second time, by an implementation in another
// language that shares nothing with this one but the documents: from the answers as they were given, the times of the runs and the
// questionnaires (e2e/independent). The surveys are samples and generated ones, which are edited in mid-period.
func TestFiguresFromAnswers(t *testing.T) {
	t.Parallel()
	samples, seeds := independentSamples, uint64(soak.Cases(15, 400))
	if testing.Short() {
		samples, seeds = nil, 2
	}
	all := histories(t, samples, seeds)
	c := &figureComparison{kinds: map[string]int{}}
	for part := range slices.Chunk(all, 25) {
		figures := independentFigures(t, part)
		for _, h := range part {
			for folder, document := range h.documents {
				var got any
				if err := json.Unmarshal(document, &got); err != nil {
					t.Fatal(h.Name, folder, err)
				}
				c.values("", h.Name+"/"+folder, got, figures[h.Name].Documents[folder])
				c.tables(h.Name+"/"+folder, h.tables[folder], figures[h.Name].Tables[folder])
			}
			if len(h.documents) == 0 || len(figures[h.Name].Documents) != len(h.documents) {
				t.Errorf("%s: %d documents, and from the answers %d", h.Name, len(h.documents), len(figures[h.Name].Documents))
			}
		}
	}
	for _, different := range c.different[:min(len(c.different), 40)] {
		t.Error(different)
	}
	t.Logf("%d figures of %d surveys agree, %d do not", c.agree, len(all), len(c.different))
	if testing.Short() {
		return
	}
	for _, kind := range []string{"alpha", "earlier", "removed", "coded", "left_out", "weighted", "design_effect", "units", "early_late", "stated_importance", "derived_importance", "groups",
		"items_rest", "standing", "changes", "problems", "histogram", "midpoints", "nps", "first", "per_answer", "deducted", "channel_rates", "withdrawn", "csv unit", "csv group_rest", "csv earlier_mean"} {
		if c.kinds[kind] == 0 {
			t.Errorf("no survey has %s", kind)
		}
	}
}

type otherFigures struct {
	Documents map[string]any     `json:"documents"`
	Tables    map[string][][]any `json:"tables"`
}

// independentFigures has the other implementation work out the figures of some histories.
func independentFigures(t *testing.T, part []history) map[string]otherFigures {
	t.Helper()
	input, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]otherFigures{}
	runNode(t, input, &figures, "figures.mjs")
	return figures
}

// runNode runs a script of the other implementation and decodes what it prints.
func runNode(t *testing.T, input []byte, result any, script string, args ...string) {
	t.Helper()
	command := exec.Command("node", append([]string{filepath.Join("../../e2e/independent", script)}, args...)...)
	command.Stdin, command.Stderr = bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v (node is one of the packages that `make packages` installs)", err)
	}
	if err := json.Unmarshal(output, result); err != nil {
		t.Fatal(err)
	}
}

// TestCoverageOfIntervals simulates how often the intervals of the other implementation, which figures have shown to be ours, hold
// what they are of: means and indexes of small and large samples, at the ceiling of the scale, and of finite populations.
func TestCoverageOfIntervals(t *testing.T) {
	t.Parallel()
	var cases []struct {
		Name     string
		Coverage float64
		Width    float64
	}
	runNode(t, nil, &cases, "coverage.mjs", strconv.Itoa(soak.Cases(4000, 100_000)))
	if len(cases) != 60 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		least := 0.93
		if strings.HasPrefix(c.Name, "share") {
			least = 0.9 // Wilson's falls below 95 % at some shares of few: Brown, Cai and DasGupta, Statistical Science 16, 2001
		}
		t.Logf("%s: coverage %.4f, width %.2f", c.Name, c.Coverage, c.Width)
		if c.Coverage < least {
			t.Errorf("%s: coverage %.4f", c.Name, c.Coverage)
		}
	}
}
