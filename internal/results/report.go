package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"

	"glasspoll/internal/render"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// ReportPage is the report for management: one page that stands by itself.
type ReportPage struct {
	Page             // of a report that withholds nothing
	Withdrawn int64  // who has taken the answers back
	Public    int64  // of the respondents, how many are in the figures that are public
	Style     string // the stylesheet of results pages
	Cases     *CaseFigures
	Texts     []TextAnswers
}

// CaseFigures are what has become of the cases that answers have opened.
type CaseFigures struct {
	Opened, Closed, Told int
	Open                 []OpenCase // the most pressing first
}

// OpenCase is one that is to be followed up.
type OpenCase struct {
	ID, Type, Severity, Owner, Due string
	Overdue                        bool
}

// TextAnswers are what respondents wrote to one question, in the order of their arrival.
type TextAnswers struct {
	Field   survey.Field
	Answers []string
	Left    int // how many more there are
}

// reportView is everything that report.html shows.
type reportView struct {
	*results
	told      *wording.Words
	Policy    string
	Style     template.CSS
	Made      string
	Intro     template.HTML
	How       []fact
	Sure      []string
	Sample    []fact
	Lowest    []lowItem
	Unhappy   []lowItem
	Cases     *CaseFigures
	Measures  *measures
	Texts     []textBlock
	Withdrawn int64
}

type lowItem struct {
	Label, Mean, Max, Percent, Low, Width string
	N                                     int64
}

type textBlock struct {
	Label   string
	Answers []string
	Left    int
}

// Tell says a sentence of the report's own.
func (v *reportView) Tell(key string, args ...any) string { return v.told.Say(key, args...) }

// Report writes the report for management. Its template, stylesheet and words are in the folder report of the templates.
func (r *Renderer) Report(w io.Writer, templates fs.FS, p ReportPage) error {
	own, err := fs.Sub(templates, "report")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	words, err := wording.Load(own)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	style, err := fs.ReadFile(own, "report.css")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	pages, err := template.New("").Option("missingkey=error").ParseFS(templates, "*.html", "report/report.html")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	d, err := r.drawing(p.Page)
	if err != nil {
		return err
	}
	v := d.managementReport(words.In(p.Language), p)
	v.Style = template.CSS(p.Style + string(style))
	sum := sha256.Sum256([]byte(v.Style))
	v.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, "report.html", v); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// On paper there is nothing to unfold. What respondents and authors have written is escaped, and is not touched.
	_, err = w.Write(bytes.ReplaceAll(page.Bytes(), []byte("<details>"), []byte("<details open>")))
	return err
}

func (d *drawing) managementReport(words *wording.Words, p ReportPage) *reportView {
	v := &reportView{results: d.results(), told: words, Intro: d.intro(), Cases: p.Cases, Withdrawn: p.Withdrawn}
	v.Title, v.Made = words.Say("report.of", "title", v.Heading), d.words.Date(string(p.Today))
	// The pages that the results page links to are not here.
	for i := range v.Segments {
		for j := range v.Segments[i].Rows {
			v.Segments[i].Rows[j].Href = ""
		}
	}
	for i := range v.Units {
		v.Units[i].Href = ""
	}
	if v.Trend != nil {
		for i := range v.Trend.Rows {
			v.Trend.Rows[i].Href = ""
		}
	}
	d.how(v)
	d.asked.Period, d.newest = "", true // measures are about the survey, whichever period is looked at
	v.Measures = d.measures()
	for _, t := range p.Texts {
		v.Texts = append(v.Texts, textBlock{d.itemName(t.Field), t.Answers, t.Left})
	}
	if d.period == nil {
		return v
	}
	d.sample(v, p)
	d.lowest(v)
	return v
}

// how says by which means the answers came.
func (d *drawing) how(v *reportView) {
	s, w := d.survey, d.words
	add := func(key, value string) {
		if value != "" {
			v.How = append(v.How, fact{Name: v.Tell(key), Value: value})
		}
	}
	add("method.window", strings.Join(render.Window(w, s), " "))
	if s.Document != nil {
		parts := []string{s.Document.Number, s.Document.Version, s.Document.ApprovedBy, w.Date(string(s.Document.ApprovedOn))}
		add("method.document", strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · "))
	}
	add("method.version", s.Version)
	var names []string
	for _, l := range s.Languages {
		names = append(names, d.frame.LanguageName(l))
	}
	add("method.languages", strings.Join(names, " · "))
	channels := s.Channels
	if len(v.Channels) > 0 { // by their names
		channels = nil
		for _, c := range v.Channels {
			channels = append(channels, c.Label)
		}
	}
	add("method.channels", strings.Join(channels, " · "))
	if d.period == nil {
		return
	}
	if v.Derivation != nil {
		add("method.model", v.Derivation.Text)
	}
	v.Sure = d.sure()
	if m := d.method(); m != nil {
		v.Sure = append(v.Sure, m.Margin...)
	}
}

// sample says how many were asked, and how many answered.
func (d *drawing) sample(v *reportView, p ReportPage) {
	period, w := d.period, d.words
	add := func(key, value, note, tone string) {
		v.Sample = append(v.Sample, fact{Name: v.Tell(key), Value: value, Note: note, Tone: tone})
	}
	if period.Population > 0 {
		add("sample.population", itoa(period.Population), "", "")
	}
	if period.Issued > 0 {
		add("sample.issued", itoa(period.Issued), "", "")
	}
	add("sample.received", itoa(period.Respondents), v.Tell("sample.public", "n", p.Public), "")
	if period.Rate != nil {
		note := ""
		if period.Overall.Deducted != nil {
			note = v.Tell("sample.deducted", "n", stats.Round(period.Overall.Deducted, 2))
		}
		add("sample.rate", w.Say("percent", "n", stats.Round(period.Rate, 2)), note, "")
	}
	if period.SampleSize > 0 {
		note, tone := v.Tell("sample.missed", "n", period.SampleSize-period.Respondents), "down"
		if period.Respondents >= period.SampleSize {
			note, tone = v.Tell("sample.reached"), "up"
		}
		add("sample.wanted", itoa(period.SampleSize), note, tone)
	}
	if p.Withdrawn > 0 {
		add("sample.withdrawn", itoa(p.Withdrawn), "", "")
	}
}

// fewLowest is how many items a list of the worst names.
const fewLowest = 8

// lowest lists what was done worst, and what most people gave a low mark.
func (d *drawing) lowest(v *reportView) {
	line := func(item *stats.Item) lowItem {
		low := lowItem{Label: d.itemName(item.Field), N: item.Scored, Mean: stats.Round(item.Mean, 2), Max: item.Field.MaxScore().String()}
		if performance := item.Performance(); performance != nil {
			low.Percent = d.words.Say("percent", "n", stats.Round(performance, 1))
		}
		if item.Low.Of > 0 {
			low.Low, low.Width = d.percentOf(item.Low.N, item.Low.Of), short(item.Low.Percent())
		}
		return low
	}
	ranked := d.period.Ranked() // best first
	for i := len(ranked) - 1; i >= 0 && len(v.Lowest) < min(fewLowest, (len(ranked)+1)/2); i-- {
		v.Lowest = append(v.Lowest, line(ranked[i]))
	}
	slices.SortStableFunc(ranked, func(a, b *stats.Item) int {
		if a.Low.Of == 0 || b.Low.Of == 0 {
			return 0
		}
		return b.Low.Ratio().Cmp(a.Low.Ratio())
	})
	for _, item := range ranked {
		if item.Low.N > 0 && len(v.Unhappy) < fewLowest {
			v.Unhappy = append(v.Unhappy, line(item))
		}
	}
}
