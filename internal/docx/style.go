package docx

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// The design's colours.
const (
	ink, soft, bad   = "1A211F", "56615D", "AE231B"
	line, headFill   = "B9C3BE", "EEF2F0"
	accent, onAccent = "0A6A5C", "FFFFFF"
	target           = "AE231B"
)

// Measures of the page, in twentieths of a point: A4 with margins of 20 mm.
const (
	pageWidth, pageHeight, margin = 11906, 16838, 1134
	textWidth                     = pageWidth - 2*margin
)

// fonts are those of a language that Word, WPS and their users' systems have or have a substitute for: of texts and of
// headings in the language's own script, and of what is in Latin letters.
type fonts struct{ text, heading, latin, language string }

func fontsOf(language string) fonts {
	base, rest, _ := strings.Cut(strings.ToLower(language), "-")
	switch {
	case base == "zh" && (strings.Contains(rest, "hant") || rest == "tw" || rest == "hk"):
		return fonts{"PMingLiU", "Microsoft JhengHei", "Arial", "zh-TW"}
	case base == "ja":
		return fonts{"Yu Mincho", "Yu Gothic", "Arial", "ja-JP"}
	case base == "ko":
		return fonts{"Batang", "Malgun Gothic", "Arial", "ko-KR"}
	}
	return fonts{"SimSun", "SimHei", "Arial", "zh-CN"}
}

// rFonts names fonts for a run or style.
func (f fonts) of(own string) string {
	return `<w:rFonts w:ascii="` + f.latin + `" w:hAnsi="` + f.latin + `" w:eastAsia="` + own + `" w:cs="` + f.latin + `"/>`
}

// languages says which languages the texts are in, for the spelling checker and for the choice of glyphs.
func (w *writer) languages() string {
	language := w.Language
	switch base, _, _ := strings.Cut(language, "-"); {
	case w.RTL:
		return `<w:lang w:val="en-US" w:eastAsia="` + w.fonts.language + `" w:bidi="` + escape(language) + `"/>`
	case base == "zh" || base == "ja" || base == "ko":
		return `<w:lang w:val="en-US" w:eastAsia="` + w.fonts.language + `" w:bidi="ar-SA"/>`
	case language == "en":
		language = "en-US"
	}
	return `<w:lang w:val="` + escape(language) + `" w:eastAsia="` + w.fonts.language + `" w:bidi="ar-SA"/>`
}

// styles are those of paragraphs and tables. Sizes are in half points.
func (w *writer) styles() string {
	var b strings.Builder
	rtl, bidi, drawn, figures, end := "", "", "", "", "right"
	if w.RTL { // but for figures, whose signs would stand behind them, and for drawings
		rtl, bidi = "<w:rtl/>", "<w:bidi/>"
		drawn, figures, end = `<w:bidi w:val="0"/>`, `<w:rtl w:val="0"/>`, "left"
	}
	b.WriteString(head + `<w:styles ` + wordNames + `><w:docDefaults><w:rPrDefault><w:rPr>` + w.fonts.of(w.fonts.text) +
		`<w:color w:val="` + ink + `"/><w:sz w:val="21"/><w:szCs w:val="21"/>` + w.languages() + `</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>`)
	b.WriteString(`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:pPr>` + bidi + `<w:spacing w:after="100" w:line="320" w:lineRule="atLeast"/></w:pPr><w:rPr>` + rtl + `</w:rPr></w:style>`)
	b.WriteString(`<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>`)
	paragraph := func(id, name, paragraph, run string) {
		b.WriteString(`<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + name + `"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>` + paragraph + `</w:pPr><w:rPr>` + run + `</w:rPr></w:style>`)
	}
	size := func(halfPoints int) string {
		n := strconv.Itoa(halfPoints)
		return `<w:sz w:val="` + n + `"/><w:szCs w:val="` + n + `"/>`
	}
	bold, heading := `<w:b/><w:bCs/>`, w.fonts.of(w.fonts.heading)
	tint := `<w:color w:val="` + w.accent + `"/>`
	faint := `<w:color w:val="` + soft + `"/>`
	paragraph("Company", "Company", `<w:spacing w:before="600" w:after="240"/><w:jc w:val="center"/>`, heading+faint+size(26))
	paragraph("Title", "Title", `<w:spacing w:before="120" w:after="120"/><w:jc w:val="center"/>`, heading+bold+size(44))
	paragraph("Subtitle", "Subtitle", `<w:spacing w:after="360"/><w:jc w:val="center"/>`, heading+faint+size(28))
	paragraph("Notice", "Notice", `<w:pBdr><w:top w:val="single" w:sz="8" w:space="4" w:color="`+bad+`"/><w:left w:val="single" w:sz="8" w:space="4" w:color="`+bad+`"/><w:bottom w:val="single" w:sz="8" w:space="4" w:color="`+bad+`"/><w:right w:val="single" w:sz="8" w:space="4" w:color="`+bad+`"/></w:pBdr><w:spacing w:before="240" w:after="240" w:line="280" w:lineRule="atLeast"/><w:ind w:left="100" w:right="100"/>`, `<w:color w:val="`+bad+`"/>`+size(19))
	paragraph("Heading1", "heading 1", `<w:keepNext/><w:keepLines/><w:pBdr><w:bottom w:val="single" w:sz="8" w:space="2" w:color="`+w.accent+`"/></w:pBdr><w:spacing w:before="360" w:after="160"/><w:outlineLvl w:val="0"/>`, heading+bold+tint+size(30))
	paragraph("Heading2", "heading 2", `<w:keepNext/><w:keepLines/><w:spacing w:before="240" w:after="100"/><w:outlineLvl w:val="1"/>`, heading+bold+size(25))
	paragraph("Heading3", "heading 3", `<w:keepNext/><w:keepLines/><w:spacing w:before="180" w:after="80"/><w:outlineLvl w:val="2"/>`, heading+bold+size(22))
	paragraph("TOCHeading", "TOC Heading", `<w:keepNext/><w:spacing w:before="240" w:after="80"/>`, heading+bold+size(25))
	paragraph("TOC1", "toc 1", `<w:spacing w:after="40"/>`, "")
	paragraph("TOC2", "toc 2", `<w:spacing w:after="20"/><w:ind w:left="420"/>`, faint+size(19))
	paragraph("ListBullet", "List Bullet", `<w:numPr><w:numId w:val="1"/></w:numPr><w:spacing w:after="60"/>`, "")
	paragraph("Caption", "caption", `<w:keepNext/><w:spacing w:before="180" w:after="60"/>`, heading+bold+size(20))
	paragraph("Note", "Note", `<w:spacing w:before="40" w:after="120" w:line="260" w:lineRule="atLeast"/>`, faint+size(18))
	paragraph("TableText", "Table Text", `<w:spacing w:before="30" w:after="30" w:line="260" w:lineRule="atLeast"/>`, size(18))
	paragraph("TableFigure", "Table Figure", drawn+`<w:spacing w:before="30" w:after="30" w:line="260" w:lineRule="atLeast"/><w:jc w:val="`+end+`"/>`, size(18)+figures)
	paragraph("TableHead", "Table Head", `<w:keepNext/><w:spacing w:before="30" w:after="30" w:line="260" w:lineRule="atLeast"/>`, heading+bold+size(18))
	paragraph("Drawing", "Drawing", drawn+`<w:spacing w:after="120" w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>`, figures)
	paragraph("Header", "header", `<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="2" w:color="`+line+`"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="`+strconv.Itoa(textWidth)+`"/></w:tabs><w:spacing w:after="0" w:line="240" w:lineRule="auto"/>`, faint+size(17))
	paragraph("Footer", "footer", `<w:spacing w:after="0" w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>`, faint+size(17))
	b.WriteString(`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="90" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="90" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>`)
	border := func(side string) string {
		return `<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="` + line + `"/>`
	}
	b.WriteString(`<w:style w:type="table" w:styleId="Figures"><w:name w:val="Figures"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>` +
		border("top") + border("left") + border("bottom") + border("right") + border("insideH") + border("insideV") + `</w:tblBorders></w:tblPr></w:style>`)
	b.WriteString(`</w:styles>`)
	return b.String()
}

// numbering has the bullet of lists.
const numbering = head + `<w:numbering ` + wordNames + `><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="340" w:hanging="340"/></w:pPr></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`

// section is the page: A4, with the header and the footer of documentRelations.
const section = `<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1134" w:bottom="1247" w:left="1134" w:header="680" w:footer="567" w:gutter="0"/></w:sectPr>`

func (w *writer) settings() string {
	return head + `<w:settings ` + wordNames + `><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="` + w.fonts.language + `"/></w:settings>`
}

// header has the title and, at the other end, the number.
func (w *writer) header() string {
	return head + `<w:hdr ` + wordNames + `><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>` + run(w.Title+" "+w.Subtitle, "") + `<w:r><w:tab/></w:r>` + run(w.Number, "") + `</w:p></w:hdr>`
}

// footer has the page's number, and how many there are.
func (w *writer) footer() string {
	field := func(name string) string {
		return `<w:fldSimple w:instr=" ` + name + ` "><w:r><w:t>1</w:t></w:r></w:fldSimple>`
	}
	return head + `<w:ftr ` + wordNames + `><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>` + run(w.Page[0], "") + field("PAGE") + run(w.Page[1], "") + field("NUMPAGES") + run(w.Page[2], "") + `</w:p></w:ftr>`
}

// colourOr returns a colour as six capital digits.
func colourOr(colour, otherwise string) string {
	colour = strings.ToUpper(strings.TrimPrefix(colour, "#"))
	if len(colour) == 3 {
		colour = strings.Repeat(colour[:1], 2) + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:], 2)
	}
	if _, err := strconv.ParseUint(colour, 16, 32); err != nil || len(colour) != 6 {
		return otherwise
	}
	return colour
}

// escape writes a text for XML; what XML cannot have becomes U+FFFD.
func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder never fails
	return b.String()
}
