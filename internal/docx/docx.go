// Package docx writes a document as a Word file: WordprocessingML of ECMA-376, transitional, which Word, WPS and LibreOffice
// open. Headings, lists and tables have styles that can be changed in one place; charts are the word processor's own, each
// with its figures in a small workbook, and can be edited. It is pure: the same document makes the same file.
package docx

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"glasspoll/internal/paper"
)

// MediaType is that of the files.
const MediaType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// Options are what a document itself does not say.
type Options struct {
	Accent string // the colour of headings and bars, as six digits with or without a number sign; "" is the design's
}

// Write writes the document.
func Write(to io.Writer, d *paper.Document, o Options) error {
	w := &writer{Document: d, accent: colourOr(o.Accent, accent), fonts: fontsOf(d.Language)}
	w.body()
	if w.err != nil {
		return w.err
	}
	files := zip.NewWriter(to)
	for _, p := range w.parts() {
		part, err := files.Create(p.path)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, p.content); err != nil {
			return err
		}
	}
	return files.Close()
}

// part is one file of the package, which a Word file is.
type part struct{ path, content string }

// writer writes one document.
type writer struct {
	*paper.Document
	accent string
	fonts  fonts
	out    strings.Builder // the body
	charts []part          // of the drawings, with their workbooks
	drawn  int
	marks  int // headings so far
	err    error
}

const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// Namespaces of the parts, and the beginnings of the types of relations and contents.
const (
	wordNames = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="` + relations + `"`
	relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packaged  = "http://schemas.openxmlformats.org/package/2006/"
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// parts returns the files of the package.
func (w *writer) parts() []part {
	all := []part{
		{"[Content_Types].xml", w.contentTypes()},
		{"_rels/.rels", relationsOf([][2]string{
			{relations + "/officeDocument", "word/document.xml"},
			{packaged + "relationships/metadata/core-properties", "docProps/core.xml"},
			{relations + "/extended-properties", "docProps/app.xml"},
			{relations + "/custom-properties", "docProps/custom.xml"},
		})},
		{"docProps/core.xml", w.coreProperties()},
		{"docProps/app.xml", head + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Glasspoll</Application>` + element("Company", w.Company) + `</Properties>`},
		{"docProps/custom.xml", w.customProperties()},
		{"word/document.xml", head + `<w:document ` + wordNames + ` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><w:body>` + w.out.String() + section + `</w:body></w:document>`},
		{"word/styles.xml", w.styles()},
		{"word/numbering.xml", numbering},
		{"word/settings.xml", w.settings()},
		{"word/header1.xml", w.header()},
		{"word/footer1.xml", w.footer()},
		{"word/_rels/document.xml.rels", w.documentRelations()},
	}
	return append(all, w.charts...)
}

func (w *writer) contentTypes() string {
	var b strings.Builder
	b.WriteString(head + `<Types xmlns="` + packaged + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`)
	b.WriteString(`<Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>`)
	add := func(path, kind string) {
		b.WriteString(`<Override PartName="/` + path + `" ContentType="` + kind + `"/>`)
	}
	add("word/document.xml", wordType+"document.main+xml")
	add("word/styles.xml", wordType+"styles+xml")
	add("word/numbering.xml", wordType+"numbering+xml")
	add("word/settings.xml", wordType+"settings+xml")
	add("word/header1.xml", wordType+"header+xml")
	add("word/footer1.xml", wordType+"footer+xml")
	add("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")
	add("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml")
	add("docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml")
	for i := range w.drawn {
		add(fmt.Sprintf("word/charts/chart%d.xml", i+1), "application/vnd.openxmlformats-officedocument.drawingml.chart+xml")
	}
	b.WriteString(`</Types>`)
	return b.String()
}

// relationsOf writes the relations of a part: rId1 is the first.
func relationsOf(all [][2]string) string {
	var b strings.Builder
	b.WriteString(head + `<Relationships xmlns="` + packaged + `relationships">`)
	for i, r := range all {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s" Target="%s"/>`, i+1, r[0], r[1])
	}
	b.WriteString(`</Relationships>`)
	return b.String()
}

// firstChart is the relation of the first chart: those before it are listed in documentRelations.
const firstChart = 6

func (w *writer) documentRelations() string {
	all := [][2]string{
		{relations + "/styles", "styles.xml"},
		{relations + "/numbering", "numbering.xml"},
		{relations + "/settings", "settings.xml"},
		{relations + "/header", "header1.xml"},
		{relations + "/footer", "footer1.xml"},
	}
	for i := range w.drawn {
		all = append(all, [2]string{relations + "/chart", fmt.Sprintf("charts/chart%d.xml", i+1)})
	}
	return relationsOf(all)
}

// coreProperties have no times: the same document makes the same file.
func (w *writer) coreProperties() string {
	return head + `<cp:coreProperties xmlns:cp="` + packaged + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		element("dc:creator", "Glasspoll") + element("dc:identifier", w.Number) + element("dc:language", w.Language) +
		element("dc:subject", w.Subtitle) + element("dc:title", w.Title) + `</cp:coreProperties>`
}

// customProperties name the document's number, which Word shows among the properties and fields can refer to.
func (w *writer) customProperties() string {
	number := ""
	if w.Number != "" {
		number = `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Document number">` + element("vt:lpwstr", w.Number) + `</property>`
	}
	return head + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">` + number + `</Properties>`
}

func element(name, text string) string {
	if text == "" {
		return ""
	}
	return "<" + name + ">" + escape(text) + "</" + name + ">"
}
