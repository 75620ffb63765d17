package invite

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Personal makes what each invitee gets: tables for a mailing program, and cards to be printed and cut.
type Personal struct {
	base   string
	survey *survey.Survey
	writer *writer
	cards  *template.Template

	letters *wording.Catalog // of letters and cards, besides the sentences of the writer
}

// NewPersonal returns what makes the personal invitations to a survey, whose links are below base, which ends with a slash.
func NewPersonal(templates fs.FS, s *survey.Survey, base string) (*Personal, error) {
	w, err := newWriter(templates)
	if err != nil {
		return nil, err
	}
	cards, err := template.New("").Option("missingkey=error").ParseFS(templates, "share/cards.html")
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	letters, err := loadWords(templates, "invite")
	if err != nil {
		return nil, err
	}
	return &Personal{base: base, survey: s, writer: w, cards: cards.Lookup("cards.html"), letters: letters}, nil
}

// folder is where personal links are, below the base.
const folder = "i/"

// Link returns the address with which one invitee can answer, once.
func (p *Personal) Link(i *invitees.Invitee) string { return p.base + folder + i.Secret.Word() }

// languageOf returns the language in which an invitee is addressed.
func (p *Personal) languageOf(c contacts.Contact) string {
	if p.survey.HasLanguage(c.Language) {
		return c.Language
	}
	return p.survey.DefaultLanguage()
}

// columns returns the names of a table's columns. Lists are read by the same names.
func (p *Personal) columns() []string {
	names := []string{"name", "email", "phone", "language", "channel"}
	for q := range hiddenIn(p.survey) {
		names = append(names, q.ID)
	}
	return append(names, "batch", "link", "code")
}

// row returns the cells of an invitee.
func (p *Personal) row(i *invitees.Invitee) []string {
	c := i.Contact
	cells := []string{c.Name, c.Email, c.Phone, p.languageOf(c), c.Channel}
	for q := range hiddenIn(p.survey) {
		cells = append(cells, c.Values[q.ID])
	}
	return append(cells, i.Batch.Name, p.Link(i), i.Secret.Paper())
}

// spaced matches international numbers in groups, without an extension.
var spaced = regexp.MustCompile(`^\(?\+[0-9 ()./-]+$`)

// WriteCSV writes a table for a mailing program: UTF-8 with a byte order mark, by which Excel and Word know it. Formulas are
// escaped; telephone numbers are written without spaces, so that they need not be.
func (p *Personal) WriteCSV(w io.Writer, list iter.Seq[*invitees.Invitee]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	table := spreadsheet.NewWriter(w)
	table.UseCRLF()
	if err := table.Write(p.columns()); err != nil {
		return err
	}
	for i := range list {
		cells := p.row(i)
		if phone := slices.Index(p.columns(), "phone"); spaced.MatchString(cells[phone]) {
			cells[phone] = strings.Map(func(c rune) rune {
				if c == '+' || '0' <= c && c <= '9' {
					return c
				}
				return -1
			}, cells[phone])
		}
		if err := table.Write(cells); err != nil {
			return err
		}
	}
	return table.Flush()
}

// WriteXLSX writes the table as a workbook. Every cell is a text, which no spreadsheet takes for a formula or a number.
func (p *Personal) WriteXLSX(w io.Writer, list iter.Seq[*invitees.Invitee]) error {
	f := excelize.NewFile()
	defer f.Close()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	table, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	names := p.columns()
	for column, width := range map[int]float64{1: 18, 2: 30, 3: 18, len(names) - 1: 60, len(names): 22} {
		if err := table.SetColWidth(column, column, width); err != nil {
			return err
		}
	}
	if err := table.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(names))
	for i, name := range names {
		cells[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	row := 1
	if err := table.SetRow("A1", cells); err != nil {
		return err
	}
	for i := range list {
		for at, text := range p.row(i) {
			cells[at] = text
		}
		row++
		if err := table.SetRow(fmt.Sprintf("A%d", row), cells); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// Cards on a page of A4, in millimetres.
const (
	pageWidth, pageHeight = 210, 297
	cardWidth, cardHeight = 90, 65
	across, down          = 2, 4
	leftMargin, topMargin = (pageWidth - across*cardWidth) / 2.0, (pageHeight - down*cardHeight) / 2.0
	markGap, markLength   = 2, 5
)

// A mark is a line along which the cards are cut, in the page's margin.
type mark struct{ X1, Y1, X2, Y2 float64 }

func marks() []mark {
	var all []mark
	for n := range across + 1 {
		x := leftMargin + float64(n*cardWidth)
		all = append(all, mark{x, topMargin - markGap - markLength, x, topMargin - markGap},
			mark{x, pageHeight - topMargin + markGap, x, pageHeight - topMargin + markGap + markLength})
	}
	for n := range down + 1 {
		y := topMargin + float64(n*cardHeight)
		all = append(all, mark{leftMargin - markGap - markLength, y, leftMargin - markGap, y},
			mark{pageWidth - leftMargin + markGap, y, pageWidth - leftMargin + markGap + markLength, y})
	}
	return all
}

// A card is what stands on one card, in the invitee's language.
type card struct {
	Lang, Dir                                         string
	Title, From, Name, Scan, Until, Type, Site, Paper string
	Long                                              bool
	Once                                              string
	Code                                              template.HTML
}

// WriteCards writes an HTML page to be printed on A4: for each invitee a card with a QR code, the address and the secret to be typed.
func (p *Personal) WriteCards(w io.Writer, list iter.Seq[*invitees.Invitee]) error {
	var failed error
	pages := func(yield func([]card) bool) {
		var page []card
		for i := range list {
			c, err := p.card(i)
			if err != nil {
				failed = err
				return
			}
			if page = append(page, c); len(page) == across*down {
				if !yield(page) {
					return
				}
				page = nil
			}
		}
		if len(page) > 0 {
			yield(page)
		}
	}
	err := p.cards.Execute(w, map[string]any{
		"Lang": p.survey.DefaultLanguage(), "Title": p.survey.Title.In(p.survey.DefaultLanguage()), "Pages": iter.Seq[[]card](pages), "Marks": marks(),
	})
	if failed != nil {
		err = failed
	}
	if err != nil {
		return message.Errorf("cards: %w", err)
	}
	return nil
}

func (p *Personal) card(i *invitees.Invitee) (card, error) {
	code, err := encodeQR(p.Link(i))
	if err != nil {
		return card{}, err
	}
	language := p.languageOf(i.Contact)
	v, own := p.writer.invite(within(p.survey, i.Batch), language), p.letters.In(language).Say
	site := strings.TrimPrefix(strings.TrimPrefix(p.base, "https://"), "http://") + folder
	c := card{
		Lang: language, Dir: wording.Dir(language), Title: v.title(), From: v.from(), Scan: v.words.Say("poster.scan"), Until: v.window(),
		Type: v.words.Say("poster.type"), Site: site, Paper: i.Secret.Paper(), Once: own("cards.once"), Long: columns(v.title()) > 40,
		Code: template.HTML(code.svg()),
	}
	if i.Contact.Name != "" {
		c.Name = own("cards.name", "name", i.Contact.Name)
	}
	return c, nil
}
