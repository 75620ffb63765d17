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

	"glasspoll/internal/invitation"
	"glasspoll/internal/review"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// ReportPage is the report for management: one page that needs no other file.
type ReportPage struct {
	Page             // of a report that withholds nothing
	Withdrawn int64  // respondents who have withdrawn their answers
	Public    int64  // respondents who are in the public figures
	Style     string // the stylesheet of results pages
	Cases     *CaseFigures
	Texts     []TextAnswers
	Invited   []invitation.Count // of the period; nil without invitations
	Review    *ReviewFigures     // of the period; nil if rules hold nothing back, and nothing looks made up
}

// ReviewFigures count answers that rules hold back before release, and those that look made up. They are for management alone.
type ReviewFigures struct {
	Held, Waiting, Rejected int64
	Looks                   map[review.Look]int // of those that are not rejected
}

// addTo says how many answers are held, and how many look made up.
func (f *ReviewFigures) addTo(v *reportView) {
	add := func(key string, n int64, note string) {
		if n > 0 {
			v.Sample = append(v.Sample, fact{Name: v.SayOwn(key), Value: itoa(n), Note: note})
		}
	}
	waiting := ""
	if f.Waiting > 0 {
		waiting = v.SayOwn("sample.to_review", "n", f.Waiting)
	}
	add("sample.held", f.Held, waiting)
	add("sample.rejected", f.Rejected, "")
	look := v.SayOwn("sample.look")
	add("look.straight_line", int64(f.Looks[review.StraightLine]), look)
	add("look.same_answers", int64(f.Looks[review.SameAnswers]), look)
	add("look.hasty", int64(f.Looks[review.Hasty]), look)
}

// CaseFigures counts the cases that answers have opened.
type CaseFigures struct {
	Opened, Closed, Told int
	Open                 []OpenCase // the most pressing first
}

// OpenCase is a case to be followed up.
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

// reportView is the data of report.html.
type reportView struct {
	*view
	words      *wording.Words // of the report
	review     *ReviewFigures // nil: nothing to say
	Policy     string
	Style      template.CSS
	Made       string // day
	Purpose    string
	How        []fact // how the answers were collected
	Confidence []string
	Sample     []fact
	Lowest     []lowItem
	Unhappy    []lowItem
	Cases      *CaseFigures
	CasesOpen  int
	CasesLeft  int // open ones that are not listed
	Measures   *measures
	Texts      []textBlock
	Withdrawn  int64

	NonResponse *nonResponse
}

// lowItem is an item that was done badly.
type lowItem struct {
	Label, Value, Low, Width string
	N                        int64
}

// SVG draws the share of low marks.
func (i lowItem) SVG() template.HTML { return svg(bar{Width: i.Width}) }

type textBlock struct {
	Label   string
	Answers []writtenText
	Left    int
}

// writtenText is what one respondent or several have written.
type writtenText struct {
	Text  string
	Times int // 0 if once
}

// written merges equal texts, each where it was written first.
func written(answers []string) []writtenText {
	var all []writtenText
	at := map[string]int{}
	for _, answer := range answers {
		i, found := at[answer]
		if !found {
			at[answer] = len(all)
			all = append(all, writtenText{Text: answer})
			continue
		}
		all[i].Times = max(all[i].Times, 1) + 1
	}
	return all
}

// maxCases bounds the list of open cases: the most pressing ones are what management reads.
const maxCases = 10

// SayOwn says a sentence in the report's own words, as Say does in those of results pages.
func (v *reportView) SayOwn(key string, args ...any) string { return v.words.Say(key, args...) }

// Date writes a day as the page's language does.
func (v *reportView) Date(day string) string { return v.Words.Date(day) }

// CaseType returns the report's word for a type of cases; else the author's own.
func (v *reportView) CaseType(name string) string {
	if v.words.Has("case_type." + name) {
		return v.words.Say("case_type." + name)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// CaseSeverity returns the report's word for a severity.
func (v *reportView) CaseSeverity(severity string) string {
	if v.words.Has("case_severity." + severity) {
		return v.words.Say("case_severity." + severity)
	}
	return severity
}

// WriteReport writes the report for management. Its template, stylesheet and words are in the folder report of the templates.
func WriteReport(w io.Writer, r *Renderer, templates fs.FS, p ReportPage) error {
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
	d, err := r.document(p.Page)
	if err != nil {
		return err
	}
	v := d.reportView(words.In(p.Language), p)
	v.Style = template.CSS(p.Style + string(style))
	sum := sha256.Sum256([]byte(v.Style))
	v.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, "report.html", v); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// Nothing can be unfolded on paper. The texts of respondents and authors are escaped, so that this leaves them alone.
	_, err = w.Write(bytes.ReplaceAll(page.Bytes(), []byte("<details>"), []byte("<details open>")))
	return err
}

func (d *document) reportView(words *wording.Words, p ReportPage) *reportView {
	v := &reportView{view: d.view(), words: words, review: p.Review, Purpose: d.survey.Purpose.In(d.language), Withdrawn: p.Withdrawn}
	if p.Cases != nil {
		listed := *p.Cases
		v.CasesOpen = len(listed.Open)
		listed.Open = listed.Open[:min(maxCases, v.CasesOpen)]
		v.Cases, v.CasesLeft = &listed, v.CasesOpen-len(listed.Open)
	}
	v.Title, v.Made = words.Say("report.of", "title", v.Heading), d.words.Date(string(p.Today))
	v.removeLinks()
	d.addMethod(v)
	v.Measures = d.allMeasures() // they are about the survey, whatever the period
	for _, t := range p.Texts {
		label := d.itemName(t.Field)
		if t.Field.Part == survey.OtherPart {
			label += " · " + v.SayOwn("part.other")
		}
		v.Texts = append(v.Texts, textBlock{label, written(t.Answers), t.Left})
	}
	if d.period != nil {
		d.addSample(v, p.Public)
		d.addLowest(v)
		v.NonResponse = d.nonResponse(v.SayOwn, p.Invited)
	}
	return v
}

// addMethod says how the answers were collected, and how far the figures can be trusted.
func (d *document) addMethod(v *reportView) {
	s, w := d.survey, d.words
	add := func(key, value string) {
		if value != "" {
			v.How = append(v.How, fact{Name: v.SayOwn(key), Value: value})
		}
	}
	add("method.window", d.window())
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
	var channels []string
	for _, c := range s.Channels {
		if key := "channel." + c; w.Has(key) {
			c = w.Say(key)
		}
		channels = append(channels, c)
	}
	add("method.channels", strings.Join(channels, " · "))
	if d.period == nil {
		return
	}
	v.Confidence = slices.Concat(d.confidence(), v.Method.Margin, d.afterwards())
}

// addSample says how many were asked, and how many answered; public of them are in the public figures.
func (d *document) addSample(v *reportView, public int64) {
	period := d.period
	add := func(key, value, note, tone string) {
		v.Sample = append(v.Sample, fact{Name: v.SayOwn(key), Value: value, Note: note, Tone: tone})
	}
	if period.Population > 0 {
		add("sample.population", itoa(period.Population), "", "")
	}
	if period.Issued > 0 {
		add("sample.issued", itoa(period.Issued), "", "")
	}
	add("sample.received", itoa(max(period.Received, period.Respondents)), v.SayOwn("sample.public", "n", public), "")
	if period.Rate != nil {
		note := ""
		if period.Overall.Deducted != nil {
			note = v.SayOwn("sample.deducted", "n", stats.Round(period.Overall.Deducted, 2))
		}
		add("sample.rate", d.percent(period.Rate, 2), note, "")
	}
	if period.SampleSize > 0 {
		note, tone := v.SayOwn("sample.missed", "n", period.SampleSize-period.Respondents), "down"
		if period.Respondents >= period.SampleSize {
			note, tone = v.SayOwn("sample.reached"), "up"
		}
		add("sample.wanted", itoa(period.SampleSize), note, tone)
	}
	if v.Withdrawn > 0 {
		add("sample.withdrawn", itoa(v.Withdrawn), "", "")
	}
	if v.review != nil {
		v.review.addTo(v)
	}
}

// maxLowest bounds the items in a list of the worst.
const maxLowest = 8

// addLowest lists the items that were done worst, and those that most people gave a low mark.
func (d *document) addLowest(v *reportView) {
	ranked := d.period.Ranked() // best first
	for _, item := range slices.Backward(ranked) {
		if len(v.Lowest) == min(maxLowest, (len(ranked)+1)/2) {
			break
		}
		v.Lowest = append(v.Lowest, d.lowItem(item))
	}
	slices.SortStableFunc(ranked, func(a, b *stats.Item) int {
		if a.Low.Of == 0 || b.Low.Of == 0 {
			return 0
		}
		return b.Low.Ratio().Cmp(a.Low.Ratio())
	})
	for _, item := range ranked {
		if item.Low.N > 0 && len(v.Unhappy) < maxLowest {
			v.Unhappy = append(v.Unhappy, d.lowItem(item))
		}
	}
}

func (d *document) lowItem(item *stats.Item) lowItem {
	low := lowItem{Label: d.itemName(item.Field), N: item.Scored}
	if performance := item.Performance(); performance != nil {
		low.Value = stats.Round(performance, 1)
	}
	if item.Low.Of > 0 {
		low.Low, low.Width = d.percentOf(item.Low.N, item.Low.Of), coordinate(item.Low.Percent())
	}
	return low
}
