package main

import (
	"bytes"
	"context"
	"mime"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/chromium"
	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
)

type pdfCommand struct {
	storeFlags
	browserFlags
	ID       string          `arg:"" name:"ID" help:"The survey."`
	Out      string          `required:"" placeholder:"FILE" type:"path" help:"The file to write. With the ending .html it is the page that would be printed."`
	Summary  bool            `help:"One sheet of A4 for a board, in place of the whole page."`
	Level    string          `placeholder:"LEVEL" enum:"public,staff,management" default:"staff" help:"For whom: public, staff or management. Default: staff, the figures that are released."`
	Period   string          `placeholder:"PERIOD" help:"The period, such as 2026-Q4. Default: the last."`
	Group    string          `placeholder:"QUESTION=ANSWER" help:"One group of respondents, such as tier=gold: the ids of a question that has segment, and of one of its answers. Default: everybody."`
	Surveys  string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire, its measures and its quotes are. Default: surveys."`
	Language string          `kong:"-"` // of the page; "" is the survey's first
	Sources  project.Sources `kong:"-"`
	Brand    render.Brand    `kong:"-"`
	Logo     []byte          `kong:"-"`
}

func (pdfCommand) Help() string {
	return `Prints a results page as PDF, on A4, with a browser of this machine: Chromium, Chrome or Edge. With --summary it is one sheet
for a board: the sentence about the index, its course, the figures that matter, the best and the weakest, what is being done,
and how sure the figures are.

Without a browser, write the page with an ending of .html, and print it from a browser elsewhere: it needs no other file.
Chinese needs a Chinese font on the machine, on Debian fonts-noto-cjk.

Pages for staff, the default, and for the public have the figures that are released; those for management have everything
that is counted, also what is withheld because too few people answered. Only you can read the file, unless it is public.
--language is the language of the page; left out, it is the survey's first.

Examples:

  glasspoll results pdf service --out service.pdf
  glasspoll results pdf service --summary --period 2026-Q3 --language en --out board.pdf
  glasspoll results pdf service --group tier=gold --out gold.pdf`
}

func (p pdfCommand) Run(ctx context.Context, c *console.Console) error {
	var browser chromium.Browser
	var err error
	html := slices.Contains([]string{".html", ".htm"}, strings.ToLower(filepath.Ext(p.Out)))
	if !html {
		if browser, err = p.browser(); err != nil {
			return err
		}
	}
	if question, option, _ := strings.Cut(p.Group, "="); p.Group != "" && (question == "" || option == "") {
		return console.Usagef("--group %s: write QUESTION=ANSWER, such as tier=gold", p.Group)
	}
	sources, assets, err := project.ReadSources(p.Surveys, "", p.ID)
	if err != nil {
		return err
	}
	p.Sources, p.Brand, p.Language = sources, assets.Links.Look(p.ID).Brand, c.Asked
	p.Logo = assets.Content(p.Brand.Logo)
	content, err := p.printed(ctx, c, "results pdf", &p)
	if err != nil {
		return err
	}
	if !html {
		if content, err = p.print(ctx, browser, content); err != nil {
			return err
		}
	}
	files := &control.Files{}
	defer files.Discard()
	if err := writeFile(files.Create, p.Out, p.Level != "public", content); err != nil {
		return err
	}
	switch p.Level {
	case "public":
		c.Print(c.Err, "%s: for everybody", p.Out)
	case "management":
		c.Print(c.Err, "%s: for management only", p.Out)
	default:
		c.Print(c.Err, "%s: for staff only", p.Out)
	}
	return nil
}

// summarySizes are classes of the body, each smaller than the one before.
var summarySizes = []string{"", " s90", " s80", " s70", " s60", " s50"}

// print returns the page as PDF. A summary with many words is printed smaller, so that it stays on one sheet.
func (p *pdfCommand) print(ctx context.Context, browser chromium.Browser, page []byte) ([]byte, error) {
	if !p.Summary {
		return browser.PDF(ctx, page)
	}
	const body = `<body class="results summary`
	for _, size := range summarySizes {
		pdf, err := browser.PDF(ctx, bytes.Replace(page, []byte(body), []byte(body+size), 1))
		if err != nil || chromium.Pages(pdf) <= 1 {
			return pdf, err
		}
	}
	return nil, message.Errorf("the summary of %s is more than one sheet, however small it is printed: shorten its title and its measures", p.ID)
}

func (p *pdfCommand) do(ctx context.Context, env *environment) error {
	s, language, err := figures{ID: p.ID, Level: p.Level, Period: p.Period, Language: p.Language}.of(ctx, env)
	if err != nil {
		return err
	}
	o := records.SheetOptions{
		PagesOptions: records.PagesOptions{Level: p.Level, Actions: p.Sources.Actions, Links: render.Assets{Brand: p.Brand}, Now: time.Now()},
		Folder:       results.Folder{Period: p.Period},
		Alone:        results.Alone{AloneStyle: render.AloneStyle{Style: p.Sources.Style, Logo: p.Logo, LogoType: mime.TypeByExtension(filepath.Ext(p.Brand.Logo))}, Summary: p.Summary},
		Language:     language,
	}
	o.Segment, o.Option, _ = strings.Cut(p.Group, "=")
	page, err := records.Sheet(ctx, env.store, s, o)
	if err != nil {
		return err
	}
	_, err = env.Out.Write(page)
	return err
}
