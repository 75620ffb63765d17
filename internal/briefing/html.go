package briefing

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"glasspoll/internal/paper"
)

// page is the data of briefing.html.
type page struct {
	*paper.Document
	Dir      string
	Policy   string
	Style    template.CSS
	Chapters []chapter
	Blocks   []block
}

// chapter is an entry of the contents.
type chapter struct {
	ID, Text string
	Level    int
}

// block is one block of the page: what it is not is empty.
type block struct {
	ID      string // of a heading
	Level   int
	Text    string // of a heading, a paragraph or a note
	Note    bool
	Points  []string
	Table   *table
	Drawing template.HTML
	Caption string // of a drawing
}

// table is a table with the classes of its columns.
type table struct {
	paper.Table
	Figures []bool // by column
}

// Class returns the class of a column's cells.
func (t table) Class(column int) string {
	if column < len(t.Figures) && t.Figures[column] {
		return "num"
	}
	return ""
}

// WriteHTML writes the document as one page that needs no other file, and prints on A4. Its template and stylesheet are in the
// folder report of the templates. The accent is a colour of a theme, with a number sign; "" is the design's.
func WriteHTML(w io.Writer, templates fs.FS, d *paper.Document, accent string) error {
	style, err := fs.ReadFile(templates, "report/briefing.css")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	pages, err := template.New("").Option("missingkey=error").ParseFS(templates, "report/briefing.html")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if isColour(accent) {
		style = append(style, []byte("\n:root { --accent: "+accent+" }\n")...)
	}
	sum := sha256.Sum256(style)
	p := &page{Document: d, Dir: "ltr", Style: template.CSS(style), Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}
	if d.RTL {
		p.Dir = "rtl"
	}
	p.addBlocks()
	return pages.ExecuteTemplate(w, "briefing.html", p)
}

// isColour reports whether a text is a colour that a stylesheet may have: a number sign and six digits.
func isColour(text string) bool {
	digits, found := strings.CutPrefix(text, "#")
	_, err := strconv.ParseUint(digits, 16, 32)
	return found && err == nil && len(digits) == 6
}

func (p *page) addBlocks() {
	for _, b := range p.Document.Blocks {
		switch b := b.(type) {
		case paper.Heading:
			id := "h" + strconv.Itoa(len(p.Blocks)+1)
			p.Blocks = append(p.Blocks, block{ID: id, Level: b.Level, Text: b.Text})
			if b.Level <= 2 {
				p.Chapters = append(p.Chapters, chapter{id, b.Text, b.Level})
			}
		case paper.Paragraph:
			p.Blocks = append(p.Blocks, block{Text: b.Text, Note: b.Note})
		case paper.List:
			p.Blocks = append(p.Blocks, block{Points: b})
		case paper.Table:
			p.Blocks = append(p.Blocks, block{Table: newTable(b)})
		case paper.Chart:
			p.Blocks = append(p.Blocks, block{Caption: b.Title, Drawing: template.HTML(b.Draw().SVG)}) // drawings escape their texts
		}
	}
}

func newTable(t paper.Table) *table {
	v := &table{Table: t}
	for i := range t.Head {
		v.Figures = append(v.Figures, t.IsFigures(i))
	}
	return v
}

// Signatures returns the table for signatures.
func (p *page) Signatures() *table {
	if p.Sign == nil {
		return nil
	}
	return newTable(*p.Sign)
}
