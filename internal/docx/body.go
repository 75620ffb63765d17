package docx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"glasspoll/internal/paper"
)

func (w *writer) write(xml ...string) {
	for _, x := range xml {
		w.out.WriteString(x)
	}
}

// run is a text with properties. Lines of the text are lines of the paragraph.
func run(text, properties string) string {
	if text == "" {
		return ""
	}
	if properties != "" {
		properties = "<w:rPr>" + properties + "</w:rPr>"
	}
	var b strings.Builder
	b.WriteString("<w:r>" + properties)
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if i > 0 {
			b.WriteString("<w:br/>")
		}
		b.WriteString(`<w:t xml:space="preserve">` + escape(line) + "</w:t>")
	}
	b.WriteString("</w:r>")
	return b.String()
}

// paragraph is a text in a style.
func paragraph(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return "<w:p>" + style + run(text, "") + "</w:p>"
}

// body writes the first page and then the blocks.
func (w *writer) body() {
	if w.Company != "" {
		w.write(paragraph("Company", w.Company))
	}
	w.write(paragraph("Title", w.Title))
	if w.Subtitle != "" {
		w.write(paragraph("Subtitle", w.Subtitle))
	}
	w.facts()
	if w.Sign != nil {
		w.write(paragraph("Note", ""))
		w.table(*w.Sign, signatureHeight)
	}
	if w.Notice != "" {
		w.write(paragraph("Notice", w.Notice))
	}
	w.contents()
	for _, b := range w.Blocks {
		switch b := b.(type) {
		case paper.Heading:
			w.heading(b)
		case paper.Paragraph:
			style := ""
			if b.Note {
				style = "Note"
			}
			w.write(paragraph(style, b.Text))
		case paper.List:
			for _, item := range b {
				w.write(paragraph("ListBullet", item))
			}
		case paper.Table:
			if b.Title != "" {
				w.write(paragraph("Caption", b.Title))
			}
			w.table(b, "")
			w.write(`<w:p><w:pPr><w:spacing w:after="60" w:line="120" w:lineRule="exact"/></w:pPr></w:p>`) // tables beside each other would become one
		case paper.Chart:
			w.write(paragraph("Caption", b.Title))
			w.chart(b.Chart)
		}
	}
}

// facts are a table without a head.
func (w *writer) facts() {
	if len(w.Facts) == 0 {
		return
	}
	widths := []int{textWidth / 4, textWidth - textWidth/4}
	w.openTable(widths)
	for _, f := range w.Facts {
		w.write(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		w.cell(widths[0], headFill, paragraph("TableHead", f.Name))
		w.cell(widths[1], "", paragraph("TableText", f.Value))
		w.write(`</w:tr>`)
	}
	w.write(`</w:tbl>`)
}

// bookmark names a heading.
func bookmark(n int) string { return fmt.Sprintf("_Toc%08d", n) }

// heading writes a heading with the bookmark that the contents lead to. The first chapter begins a page.
func (w *writer) heading(h paper.Heading) {
	w.marks++
	level := min(max(h.Level, 1), 3)
	properties := `<w:pStyle w:val="Heading` + strconv.Itoa(level) + `"/>`
	if w.marks == 1 {
		properties += "<w:pageBreakBefore/>"
	}
	id := strconv.Itoa(w.marks)
	w.write(`<w:p><w:pPr>`, properties, `</w:pPr><w:bookmarkStart w:id="`, id, `" w:name="`, bookmark(w.marks), `"/>`, run(h.Text, ""), `<w:bookmarkEnd w:id="`, id, `"/></w:p>`)
}

// maxContents bounds the contents, which are on the first page: longer ones have the chapters alone.
const maxContents = 20

// contents writes the contents as a field, which the word processor can update, with links to the headings. It has no numbers
// of pages, which only the program knows that lays the pages out.
func (w *writer) contents() {
	var entries []string
	n, levels := 0, 2
	if w.headings(levels) > maxContents {
		levels = 1
	}
	for _, b := range w.Blocks {
		h, ok := b.(paper.Heading)
		if !ok {
			continue
		}
		if n++; h.Level <= levels {
			style := `<w:pPr><w:pStyle w:val="TOC` + strconv.Itoa(max(h.Level, 1)) + `"/></w:pPr>`
			entries = append(entries, style+"%s"+`<w:hyperlink w:anchor="`+bookmark(n)+`" w:history="1">`+run(h.Text, "")+`</w:hyperlink>`)
		}
	}
	if len(entries) == 0 {
		return
	}
	w.write(paragraph("TOCHeading", w.Contents))
	for i, entry := range entries {
		begin, end := "", ""
		if i == 0 {
			begin = `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \o "1-` + strconv.Itoa(levels) + `" \n \h \z </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`
		}
		if i == len(entries)-1 {
			end = `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
		}
		w.write("<w:p>", strings.Replace(entry, "%s", begin, 1), end, "</w:p>")
	}
}

// headings counts the headings down to a level.
func (w *writer) headings(level int) int {
	n := 0
	for _, b := range w.Blocks {
		if h, ok := b.(paper.Heading); ok && h.Level <= level {
			n++
		}
	}
	return n
}

func (w *writer) openTable(widths []int) {
	direction := ""
	if w.RTL {
		direction = "<w:bidiVisual/>"
	}
	w.write(`<w:tbl><w:tblPr><w:tblStyle w:val="Figures"/>`, direction, `<w:tblW w:w="`, strconv.Itoa(textWidth), `" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`)
	for _, width := range widths {
		w.write(`<w:gridCol w:w="`, strconv.Itoa(width), `"/>`)
	}
	w.write(`</w:tblGrid>`)
}

// cell writes a cell with what it holds: at least one paragraph.
func (w *writer) cell(width int, fill, content string) {
	if fill != "" {
		fill = `<w:shd w:val="clear" w:color="auto" w:fill="` + fill + `"/>`
	}
	w.write(`<w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(width), `" w:type="dxa"/>`, fill, `<w:vAlign w:val="center"/></w:tcPr>`, content, `</w:tc>`)
}

// signatureHeight is that of rows in which somebody signs.
const signatureHeight = `<w:trHeight w:val="567" w:hRule="atLeast"/>`

// table writes a table. Its head stands again on each page that it reaches, and no row is on two pages. The height is that of
// its rows, "" for what their texts need.
func (w *writer) table(t paper.Table, height string) {
	columns := len(t.Head)
	if columns == 0 {
		return
	}
	widths, fits := widthsOf(t)
	size := "" // of letters, after the other properties
	if !fits {
		size = smaller
	}
	figures := make([]bool, columns)
	w.openTable(widths)
	w.write(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for i, text := range t.Head {
		figures[i] = t.IsFigures(i)
		side := ""
		if figures[i] {
			side = `<w:jc w:val="right"/>`
		}
		w.cell(widths[i], headFill, `<w:p><w:pPr><w:pStyle w:val="TableHead"/>`+side+`</w:pPr>`+run(text, size)+`</w:p>`)
	}
	w.write(`</w:tr>`)
	for _, row := range t.Rows {
		w.write(`<w:tr><w:trPr><w:cantSplit/>`, height, `</w:trPr>`)
		for i := range columns {
			var c paper.Cell
			if i < len(row) {
				c = row[i]
			}
			style := "TableText"
			if figures[i] {
				style = "TableFigure"
			}
			properties := ""
			if c.Strong || c.Bad {
				properties = "<w:b/><w:bCs/>"
			}
			if c.Bad {
				properties += `<w:color w:val="` + bad + `"/>`
			}
			w.cell(widths[i], "", `<w:p><w:pPr><w:pStyle w:val="`+style+`"/></w:pPr>`+run(c.Text, properties+size)+`</w:p>`)
		}
		w.write(`</w:tr>`)
	}
	w.write(`</w:tbl>`)
}

// Widths of texts in tables, in tenths of a small Latin letter: that of the page, and what of it the margins of a cell take.
const pageTenths, cellMargins = 950, 20

// maxWished bounds what one column wishes: a very long text is written in several lines.
const maxWished = pageTenths / 2

// smaller is the size of letters in tables that do not fit, in half points.
const smaller = `<w:sz w:val="16"/><w:szCs w:val="16"/>`

// widthsOf shares the width of the page among the columns: so that no figure and no word is broken, where there is room for
// that, and otherwise as the table says, or by the length of the texts. fits reports whether there is.
func widthsOf(t paper.Table) (widths []int, fits bool) {
	least, wished := make([]int, len(t.Head)), make([]int, len(t.Head))
	for i, text := range t.Head {
		least[i], wished[i] = bold(longestWord(text)), bold(tenths(text)) // as heads are
		for _, row := range t.Rows {
			if i >= len(row) {
				continue
			}
			unbroken := longestWord(row[i].Text)
			if row[i].Number != nil {
				unbroken = tenths(row[i].Text)
			}
			if row[i].Strong || row[i].Bad {
				unbroken = bold(unbroken)
			}
			least[i], wished[i] = max(least[i], unbroken), max(wished[i], tenths(row[i].Text))
		}
		least[i], wished[i] = least[i]+cellMargins, min(wished[i], maxWished)+cellMargins
	}
	if len(t.Wide) == len(wished) {
		for i, share := range t.Wide {
			wished[i] = max(share, 1)
		}
	}
	return inTwips(shared(wished, least)), sum(least) <= pageTenths
}

// shared divides the page in proportion to what columns wish, but gives none less than its least. If not even that fits, they
// are divided in proportion to it.
func shared(wished, least []int) []int {
	widths, settled := make([]int, len(wished)), make([]bool, len(wished))
	if sum(least) >= pageTenths {
		return least
	}
	for range wished {
		room, wishes := pageTenths, 0
		for i := range wished {
			if settled[i] {
				room -= widths[i]
			} else {
				wishes += wished[i]
			}
		}
		changed := false
		for i := range wished {
			if settled[i] {
				continue
			}
			if widths[i] = room * wished[i] / wishes; widths[i] < least[i] {
				widths[i], settled[i], changed = least[i], true, true
			}
		}
		if !changed {
			break
		}
	}
	return widths
}

func sum(all []int) (n int) {
	for _, x := range all {
		n += x
	}
	return n
}

// inTwips returns widths that fill the page, in proportion to those given.
func inTwips(shares []int) []int {
	widths, left, all := make([]int, len(shares)), textWidth, sum(shares)
	for i, share := range shares {
		widths[i] = textWidth * share / all
		left -= widths[i]
	}
	widths[len(widths)-1] += left
	return widths
}

// longestWord returns the width of the longest part of a text that is not to be broken between lines: it is between spaces, or
// between two Chinese characters. So a day such as 2026年12月31日 is one.
func longestWord(text string) int {
	longest, current, wide := 0, 0, false
	for _, r := range text {
		isWide := utf8.RuneLen(r) > 2
		if unicode.IsSpace(r) || isWide && wide {
			current = 0
		}
		if wide = isWide; !unicode.IsSpace(r) {
			current += width(r)
			longest = max(longest, current)
		}
	}
	return longest
}

// tenths returns the width of a text.
func tenths(text string) (n int) {
	for _, r := range text {
		n += width(r)
	}
	return n
}

// bold returns the width of a text in bold letters.
func bold(width int) int { return width * 23 / 20 }

// width returns about the width of a character, or more: in a font as wide as DejaVu Sans, which stands in for others.
func width(r rune) int {
	switch {
	case utf8.RuneLen(r) > 2:
		return 19
	case strings.ContainsRune("mwMW%@", r):
		return 17
	case strings.ContainsRune("fijlrtI.,:;'|!()[]-/ ", r):
		return 7
	case unicode.IsUpper(r):
		return 13
	case unicode.IsDigit(r):
		return 12
	}
	return 11
}
