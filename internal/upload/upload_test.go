package upload

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// TestSteps checks that nothing is uploaded before what it links to, or before what a schedule would put in its place.
func TestSteps(t *testing.T) {
	u := &uploader{
		Site:  Site{Files: []string{"assets/a.css", "en/index.html", "index.html", "tea/closed.html", "tea/definition.json", "tea/en/index.html", "tea/index.html"}},
		made:  map[string][]byte{"404.html": nil, "home-1.html": nil, "en/home-2.html": nil},
		homes: render.Homes{{Files: map[string]string{"index.html": "home-1.html", "en/index.html": "en/home-2.html"}}},
	}
	want := steps{
		assets: []string{"assets/a.css"}, data: []string{"tea/definition.json"}, kept: []string{"tea/closed.html", "en/home-2.html", "home-1.html"},
		pages: []string{"tea/en/index.html", "tea/index.html", "404.html"}, homes: []string{"en/index.html", "index.html"},
	}
	if got := u.steps(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(u.Files) != 7 {
		t.Errorf("the list of files is changed: %v", u.Files)
	}
}

func TestProgress(t *testing.T) {
	var out strings.Builder
	p := &progress{console: &console.Console{Out: &out}, all: 3}
	p.done("a", true)
	if out.Len() > 0 {
		t.Errorf("printed at once: %s", &out)
	}
	p.printed = time.Now().Add(-time.Minute)
	p.done("b", false)
	if got, want := out.String(), "2 of 3 files, 1 uploaded\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	p = &progress{console: &console.Console{Out: &out}, all: 1, dryRun: true}
	p.done("a", true)
	if got, want := out.String(), "would upload a\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// deployment is a table and its files in memory. It records what is written, in order.
type deployment struct {
	mu          sync.Mutex
	definitions map[string]*survey.Survey
	actions     map[string]survey.Actions
	links       *render.Assets
	homes       render.Homes
	files       map[string]string
	log         []string
	secrets     int    // how often one was made
	noSecret    error  // of making one
	failAt      string // the entry of the log at which writing fails
}

func (d *deployment) write(entry string) error {
	d.log = append(d.log, entry)
	if entry == d.failAt {
		return errors.New("broken")
	}
	return nil
}

func (d *deployment) Definition(_ context.Context, id, _ string) (*survey.Survey, error) {
	if s := d.definitions[id]; s != nil {
		return s, nil
	}
	return nil, store.ErrUnknown
}

func (d *deployment) StoreDefinition(_ context.Context, s *survey.Survey) error {
	return d.write("version of " + s.ID)
}

func (d *deployment) PutDefinition(_ context.Context, s *survey.Survey) error {
	d.definitions[s.ID] = s
	return d.write("definition " + s.ID)
}

func (d *deployment) MakeSecret(context.Context) error {
	d.secrets++
	return d.noSecret
}

func (d *deployment) Surveys(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(d.definitions)), nil
}

func (d *deployment) Actions(_ context.Context, id string) (survey.Actions, error) {
	return d.actions[id], nil
}

func (d *deployment) PutActions(_ context.Context, id string, a survey.Actions) error {
	d.actions[id] = a
	return d.write("actions " + id)
}

func (d *deployment) Assets(context.Context) (a render.Assets, known bool, err error) {
	if d.links == nil {
		return render.Assets{}, false, nil
	}
	return *d.links, true, nil
}

func (d *deployment) PutAssets(_ context.Context, a render.Assets) error {
	d.links = &a
	return d.write("links")
}

func (d *deployment) Homes(context.Context) (render.Homes, error) { return d.homes, nil }

func (d *deployment) MarkPublished(context.Context) error {
	return d.write("published")
}

func (d *deployment) PutHomes(_ context.Context, h render.Homes) error {
	d.homes = h
	return d.write("homes")
}

func (d *deployment) NeedsUpload(_ context.Context, f cloud.File) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[f.Name] != string(f.Body), nil
}

func (d *deployment) Upload(_ context.Context, f cloud.File) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.write(f.Name); err != nil {
		return err
	}
	d.files[f.Name] = string(f.Body)
	return nil
}

// TestUpload uploads a site that fails at first, again, and after an edit.
func TestUpload(t *testing.T) {
	source := "title: Tea\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
	parse := func(source string) *survey.Survey {
		s, problems := questionnaire.Parse("tea.yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return s
	}
	renderer, assets, err := site.NewRenderer(glasspoll.Templates(), &theme.Theme{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := []string{"assets/a.css", "index.html", "tea/definition.json", "tea/index.html"}
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(name), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	s := Site{Dir: dir, Files: files, Surveys: []*survey.Survey{parse(source)}, Renderer: renderer, Assets: assets.Links,
		Actions: map[string]survey.Actions{"tea": {Measures: make([]survey.Measure, 1)}}}
	d := &deployment{definitions: map[string]*survey.Survey{"coffee": {ID: "coffee"}}, actions: map[string]survey.Actions{}, files: map[string]string{}}
	upload := func(dryRun bool) (printed string, err error) {
		d.log = nil
		var out strings.Builder
		err = Upload(t.Context(), &console.Console{Out: &out}, d, d, s, dryRun)
		return out.String(), err
	}
	before := func(first, second string) {
		t.Helper()
		if i, j := slices.Index(d.log, first), slices.Index(d.log, second); i < 0 || j < i {
			t.Errorf("%s is not written before %s: %v", first, second, d.log)
		}
	}

	printed, err := upload(true)
	if err != nil || len(d.log) > 0 || d.secrets > 0 || !strings.Contains(printed, "tea: new\n") || !strings.Contains(printed, "would upload tea/index.html\n") || !strings.Contains(printed, "7 files, 7 to upload") {
		t.Errorf("a dry run: %v, %v\n%s", d.log, err, printed)
	}
	d.noSecret = errors.New("AccessDenied")
	if _, err = upload(false); !errors.Is(err, d.noSecret) || len(d.log) > 0 || !strings.Contains(err.Error(), "update the stack first") {
		t.Errorf("no right to make the secret: %v, %v", d.log, err)
	}
	d.noSecret, d.failAt = nil, "links"
	if _, err = upload(false); err == nil || d.files["assets/a.css"] == "" || d.files["tea/index.html"] != "" {
		t.Errorf("a failure: %v, %v", d.log, err)
	}
	d.failAt, d.links = "", nil
	if printed, err = upload(false); err != nil || !strings.Contains(printed, "7 files, 6 uploaded, the others are there\n") || !strings.Contains(printed, "coffee: no longer among") {
		t.Errorf("again: %v\n%s", err, printed)
	}
	before("links", "tea/definition.json")
	before("tea/definition.json", "tea/index.html")
	for address, file := range d.homes.At(time.Now()) {
		before(file, "homes")
		if d.files[file] == "" {
			t.Errorf("%s, for %s, is not uploaded", file, address)
		}
	}
	before("tea/index.html", "homes")
	before("homes", "index.html")
	before("index.html", "published")
	if printed, err = upload(false); err != nil || !slices.Equal(d.log, []string{"published"}) || !strings.Contains(printed, "7 files, 0 uploaded") {
		t.Errorf("nothing has changed: %v, %v\n%s", d.log, err, printed)
	}
	s.Surveys[0] = parse(strings.Replace(source, "label: Taste", "label: The taste", 1))
	s.Actions = nil
	if printed, err = upload(false); err != nil || !slices.Equal(d.log, []string{"definition tea", "actions tea", "published"}) || !strings.Contains(printed, "tea: changed in wording or look only\n") {
		t.Errorf("after an edit: %v, %v\n%s", d.log, err, printed)
	}
	s.Surveys[0] = parse(strings.Replace(source, "steps: 5", "steps: 7", 1))
	if printed, err = upload(false); err != nil || !strings.Contains(printed, "tea: changed so that its answers are counted again\n") {
		t.Errorf("another scale: %v\n%s", err, printed)
	}
}
