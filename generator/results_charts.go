package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"glasspoll/internal/chromium"
	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
)

type chartsCommand struct {
	storeFlags
	browserFlags
	ID       string `arg:"" name:"ID" help:"The survey."`
	Out      string `required:"" placeholder:"DIR" type:"path" help:"The folder to write."`
	Level    string `placeholder:"LEVEL" enum:"public,staff,management" default:"staff" help:"For whom: public, staff or management. Default: staff, the figures that are released."`
	Period   string `placeholder:"PERIOD" help:"The period that the charts are about, such as 2026-Q4. Default: the last."`
	PNG      string `name:"png" placeholder:"auto|yes|no" enum:"auto,yes,no" default:"auto" help:"Whether each chart is drawn as PNG too, with a browser of this machine. Default: auto, if one is found."`
	Language string `kong:"-"` // of the charts; "" is the survey's first
	Listed   bool   `kong:"-"` // whether the verb prints what it has written, as JSON
}

// writtenChart is a chart in the folder.
type writtenChart struct {
	ID            string
	Width, Height int // of the SVG, in CSS pixels
}

func (chartsCommand) Help() string {
	return `Writes each chart of the results for slides and documents: NAME.svg, which stands alone and can be put into PowerPoint,
Keynote, WPS or Word, NAME.csv, its table, and NAME.png, a picture at twice the size, if Chromium, Chrome or Edge is found.
There is one of the index over the periods (trend), of the areas (areas), of the items (items), and of each question (q-ID).
Sensitive questions, rankings and constant sums have none.

Staff and public charts have the figures that are released; those for management have everything that is counted, also what
is withheld because too few people answered. --language is the language of the charts; left out, it is the survey's first.

Examples:

  glasspoll results charts service --out slides
  glasspoll results charts service --period 2026-Q3 --language en --png yes --out slides`
}

func (r chartsCommand) Run(ctx context.Context, c *console.Console) error {
	r.Language = c.Asked
	browser, missing := chromium.Browser{}, error(nil)
	if r.PNG != "no" {
		browser, missing = r.browser()
		if missing != nil && (r.PNG == "yes" || console.ExitCode(missing) == console.ExitUsage) {
			return missing
		}
	}
	r.Listed = true
	list, err := r.printed(ctx, c, "results charts", &r)
	if err != nil {
		return err
	}
	written, err := r.written(list)
	if err != nil {
		return err
	}
	isDrawn := false
	if r.PNG != "no" && missing == nil {
		missing = r.draw(ctx, browser, written)
		isDrawn = missing == nil
	}
	if !isDrawn {
		if err := r.removePictures(written); err != nil {
			return err
		}
	}
	if missing == nil || r.PNG == "yes" || ctx.Err() != nil {
		return missing
	}
	c.Print(c.Err, "No PNG is written: %s", missing)
	return nil
}

// written reads what the verb has printed.
func (r *chartsCommand) written(list []byte) (written []writtenChart, err error) {
	if err := json.Unmarshal(list, &written); err != nil {
		return nil, err
	}
	for _, w := range written {
		if w.ID != filepath.Base(w.ID) { // the server may have fewer rights
			return nil, message.Errorf("the running server tried to write %s, which this command has not asked for", w.ID)
		}
	}
	return written, nil
}

// removePictures removes the PNG of each chart that is of an earlier run: it shows other figures than the SVG and the table beside
// it, or those of another level.
func (r *chartsCommand) removePictures(written []writtenChart) error {
	for _, w := range written {
		if err := os.Remove(filepath.Join(r.Out, w.ID+".png")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// draw makes a PNG of each chart that the verb has written.
func (r *chartsCommand) draw(ctx context.Context, browser chromium.Browser, written []writtenChart) error {
	drawings := make([]chromium.Drawing, len(written))
	for i, w := range written {
		svg, err := os.ReadFile(filepath.Join(r.Out, w.ID+".svg"))
		if err != nil {
			return err
		}
		drawings[i] = chromium.Drawing{SVG: svg, Width: w.Width, Height: w.Height}
	}
	pictures, err := browser.Pictures(ctx, drawings)
	if err != nil {
		return err
	}
	files := &control.Files{}
	defer files.Discard()
	for i, w := range written {
		if err := writeFile(files.Create, filepath.Join(r.Out, w.ID+".png"), r.Level != "public", pictures[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *chartsCommand) writesTo() string { return r.Out }

func (r *chartsCommand) do(ctx context.Context, env *environment) error {
	s, language, err := figures{ID: r.ID, Level: r.Level, Period: r.Period, Language: r.Language}.of(ctx, env)
	if err != nil {
		return err
	}
	charts, err := records.Charts(ctx, env.store, s, records.ChartsOptions{Level: r.Level, Period: r.Period, Language: language, Now: time.Now()})
	if err != nil {
		return err
	}
	written := []writtenChart{}
	for _, c := range charts {
		table, err := c.CSV()
		if err != nil {
			return err
		}
		private := r.Level != "public"
		drawing := c.Draw()
		if err := env.writeFile(filepath.Join(r.Out, c.ID+".svg"), private, drawing.SVG); err != nil {
			return err
		}
		written = append(written, writtenChart{c.ID, drawing.Width, drawing.Height})
		if err := env.writeFile(filepath.Join(r.Out, c.ID+".csv"), private, table); err != nil {
			return err
		}
	}
	env.Print(env.Err, "%s in %s", message.Count(len(charts), "chart"), r.Out)
	if r.Listed {
		return json.NewEncoder(env.Out).Encode(written)
	}
	return nil
}
