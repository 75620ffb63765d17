package export

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// NewXLSX writes a workbook with the answers on one sheet, or several where one is too small, and the codebook on another.
// Texts are text cells, which no spreadsheet takes for formulas.
//
// All but the rows is made beforehand, in memory: the rows are put into the sheets as they come, each block compressed by itself.
func NewXLSX(w io.Writer, p *Plan, o TableOptions) (Table, error) {
	return newXLSX(w, p, o, excelize.TotalRows)
}

// newXLSX makes sheets of up to most rows, with the header.
func newXLSX(w io.Writer, p *Plan, o TableOptions, most int) (*xlsxTable, error) {
	if len(p.Variables) > excelize.MaxColumns {
		return nil, fmt.Errorf("%d columns are more than a sheet holds (%d): export as CSV", len(p.Variables), excelize.MaxColumns)
	}
	t := &xlsxTable{plan: p, labels: o.Labels, zip: zip.NewWriter(w), rows: most - 1}
	for i := range p.Variables {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, name)
	}
	sheets := max(1, (int(p.Responses)+t.rows-1)/t.rows)
	frame, err := t.frame(sheets)
	if err != nil {
		return nil, err
	}
	return t, t.begin(frame, sheets)
}

// An xlsxTable is a workbook whose sheets are being filled.
type xlsxTable struct {
	plan      *Plan
	labels    bool
	when, day int // styles
	columns   []string
	rows      int // of a sheet, without the header

	zip    *zip.Writer
	frames []sheetFrame // of the sheets to come
	sheet  *openSheet   // that is being written; nil before the first
	next   int          // the first row of the sheet after it
}

// A sheetFrame is a sheet without rows: the XML before and after them.
type sheetFrame struct {
	name          string // in the ZIP file
	before, after []byte
}

// An openSheet is the file in the ZIP that is being written.
type openSheet struct {
	header *zip.FileHeader
	to     io.Writer
	after  []byte
}

// frame makes a workbook with everything but rows.
func (t *xlsxTable) frame(sheets int) ([]byte, error) {
	file := excelize.NewFile()
	defer file.Close()
	var bold, wrap int
	var err error
	for _, style := range []struct {
		id *int
		of *excelize.Style
	}{
		{&bold, &excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&wrap, &excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&t.when, &excelize.Style{CustomNumFmt: new("yyyy-mm-dd hh:mm:ss")}},
		{&t.day, &excelize.Style{CustomNumFmt: new("yyyy-mm-dd")}},
	} {
		made, failed := file.NewStyle(style.of)
		*style.id, err = made, errors.Join(err, failed)
	}
	if err != nil {
		return nil, err
	}
	heads := make([]any, len(t.plan.Variables))
	for i, head := range t.plan.heads(t.labels) {
		heads[i] = excelize.Cell{StyleID: bold, Value: head}
	}
	for i := range sheets {
		name := t.plan.options.Words.Say("sheet.answers")
		if i == 0 {
			err = file.SetSheetName("Sheet1", name)
		} else {
			name += " " + strconv.Itoa(i+1)
			_, err = file.NewSheet(name)
		}
		if err == nil {
			err = addHeader(file, name, heads)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.addCodebook(file, bold, wrap); err != nil {
		return nil, err
	}
	file.SetActiveSheet(0)
	var b bytes.Buffer
	err = file.Write(&b)
	return b.Bytes(), err
}

// addHeader writes a sheet with nothing but the header.
func addHeader(file *excelize.File, sheet string, heads []any) error {
	stream, err := file.NewStreamWriter(sheet)
	if err == nil {
		err = stream.SetColWidth(1, len(heads), 16)
	}
	if err == nil {
		err = stream.SetColWidth(1, 2, 31)
	}
	if err == nil {
		err = stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	if err == nil {
		err = stream.SetRow("A1", heads)
	}
	if err != nil {
		return err
	}
	return stream.Flush()
}

func (t *xlsxTable) addCodebook(file *excelize.File, bold, wrap int) error {
	words := t.plan.options.Words
	name := words.Say("sheet.codebook")
	if _, err := file.NewSheet(name); err != nil {
		return err
	}
	stream, err := file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for column, width := range []float64{24, 12, 48, 32, 18, 32, 8, 10, 10} {
		if err := stream.SetColWidth(column+1, column+1, width); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, line := range t.plan.Book().lines(words) {
		cells := make([]any, len(line))
		for j, text := range line {
			style := wrap
			if i == 0 {
				style = bold
			}
			var value any = text
			if n, err := strconv.ParseFloat(text, 64); err == nil && i > 0 && j >= 6 {
				value = n
			}
			cells[j] = excelize.Cell{StyleID: style, Value: value}
		}
		if err := stream.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// rowsEnd is where rows are put into a sheet.
const rowsEnd = "</sheetData>"

// begin copies all files of a workbook without rows but the sheets of answers, which are its first.
func (t *xlsxTable) begin(frame []byte, sheets int) error {
	from, err := zip.NewReader(bytes.NewReader(frame), int64(len(frame)))
	if err != nil {
		return err
	}
	answers := map[string]bool{}
	for i := range sheets {
		name := "xl/worksheets/sheet" + strconv.Itoa(i+1) + ".xml"
		xml, err := from.Open(name)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(xml)
		if err != nil {
			return err
		}
		before, after, found := bytes.Cut(text, []byte(rowsEnd))
		if !found {
			return fmt.Errorf("%s has no rows", name)
		}
		t.frames = append(t.frames, sheetFrame{name, before, append([]byte(rowsEnd), after...)})
		answers[name] = true
	}
	for _, f := range from.File {
		if answers[f.Name] {
			continue
		}
		if err := t.zip.Copy(f); err != nil {
			return err
		}
	}
	return nil
}

func (t *xlsxTable) Room(first, n int) int { return min(n, t.rows-first%t.rows) }

func (t *xlsxTable) Write(b *Block) error {
	if b.First == t.next {
		if err := t.nextSheet(); err != nil {
			return err
		}
	}
	return t.sheet.write(b.data, b.packed)
}

// errMoreRows cannot be met by responses that are erased between counting and writing: these become fewer.
var errMoreRows = errors.New("there are more responses than were counted before: export again")

// nextSheet ends a sheet and begins the next.
func (t *xlsxTable) nextSheet() error {
	if err := t.endSheet(); err != nil {
		return err
	}
	if len(t.frames) == 0 {
		return errMoreRows
	}
	frame := t.frames[0]
	t.frames, t.next = t.frames[1:], t.next+t.rows
	// The checksum and the sizes follow the data (APPNOTE.TXT 4.3.9).
	header := &zip.FileHeader{Name: frame.name, Method: zip.Deflate, Flags: 0x8, ReaderVersion: t.zipVersion()}
	to, err := t.zip.CreateRaw(header)
	if err != nil {
		return err
	}
	t.sheet = &openSheet{header, to, frame.after}
	return t.sheet.write(frame.before, newPacker().pack(nil, frame.before))
}

// zipVersion returns the version of ZIP that a sheet needs (APPNOTE.TXT 4.4.3.2), before its size is known. Excel opens none of 4 GiB
// and more whose header says less than 4.5.
func (t *xlsxTable) zipVersion() uint16 {
	const cell = 64 // bytes of a number or a time, or around a text
	size := min(t.plan.Responses, int64(t.rows)) * int64(len(t.plan.Variables)) * cell
	for _, v := range t.plan.Variables {
		longest := int64(v.Longest)
		for _, value := range v.Values {
			longest = max(longest, int64(len(value.Label)))
		}
		size += min(v.N, int64(t.rows)) * longest * int64(len("&#xD;")) // which takes the most for one byte
	}
	if size >= math.MaxUint32 {
		return 45
	}
	return 20
}

func (t *xlsxTable) endSheet() error {
	if t.sheet == nil {
		return nil
	}
	p := newPacker()
	packed := p.pack(nil, t.sheet.after)
	err := t.sheet.write(t.sheet.after, p.end(packed))
	t.sheet = nil
	return err
}

// write writes data and its compressed form.
func (s *openSheet) write(data, packed []byte) error {
	s.header.CRC32 = crc32.Update(s.header.CRC32, crc32.IEEETable, data)
	s.header.UncompressedSize64 += uint64(len(data))
	s.header.CompressedSize64 += uint64(len(packed))
	//lint:ignore SA1019 zip.Writer writes these two after a file that is smaller than 4 GiB
	s.header.UncompressedSize, s.header.CompressedSize = uint32(min(s.header.UncompressedSize64, math.MaxUint32)), uint32(min(s.header.CompressedSize64, math.MaxUint32))
	_, err := s.to.Write(packed)
	return err
}

// Close writes the sheets to their ends; also those that were to have rows which have been erased meanwhile.
func (t *xlsxTable) Close() error {
	for len(t.frames) > 0 {
		if err := t.nextSheet(); err != nil {
			return err
		}
	}
	if err := t.endSheet(); err != nil {
		return err
	}
	return t.zip.Close()
}

// A packer compresses parts of a file one by one. Put together in any order, they are one compressed file (RFC 1951): each ends
// with an empty block, at a whole byte, and refers to nothing before it.
type packer struct {
	out    bytes.Buffer
	writer *flate.Writer
}

// packLevel takes a quarter of the time of the usual level (6). A sheet of ratings shrinks to 15 % instead of 12 %.
const packLevel = 2

func newPacker() *packer {
	p := &packer{}
	p.writer, _ = flate.NewWriter(&p.out, packLevel) // the level is valid
	return p
}

// pack appends a compressed part to data.
func (p *packer) pack(data, part []byte) []byte {
	p.out.Reset()
	p.writer.Reset(&p.out)
	p.writer.Write(part) // to memory: cannot fail
	p.writer.Flush()
	return append(data, p.out.Bytes()...)
}

// end appends the end of the file after the last part that was packed.
func (p *packer) end(data []byte) []byte {
	p.out.Reset()
	p.writer.Close()
	return append(data, p.out.Bytes()...)
}

func (t *xlsxTable) Encoder() Encoder { return &xlsxEncoder{xlsxTable: t, packer: newPacker()} }

type xlsxEncoder struct {
	*xlsxTable
	packer *packer
	row    Row
}

func (e *xlsxEncoder) Encode(b *Block) {
	for i := range b.Records {
		e.row = e.plan.Row(e.row, &b.Records[i])
		b.data = e.append(b.data, (b.First+i)%e.rows+2)
	}
	b.packed = e.packer.pack(b.packed, b.data)
}

// append appends a row of a sheet, as number n from 1.
func (e *xlsxEncoder) append(xml []byte, n int) []byte {
	xml = append(strconv.AppendInt(append(xml, `<row r="`...), int64(n), 10), `">`...)
	for i, c := range e.row {
		if c.Raw == "" {
			continue
		}
		xml = append(append(xml, `<c r="`...), e.columns[i]...)
		xml = append(strconv.AppendInt(xml, int64(n), 10), '"')
		xml = append(e.value(xml, e.plan.Variables[i].Kind, c), `</c>`...)
	}
	return append(xml, `</row>`...)
}

// exactDigits is how many digits a spreadsheet's numbers keep.
const exactDigits = 15

// The first day on which Excel's calendar agrees with ours, because it has a 29 February 1900; and the one that it counts from.
var (
	earliest = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	dayZero  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
)

// value appends what a cell has behind its reference.
func (e *xlsxEncoder) value(xml []byte, kind Kind, c Cell) []byte {
	switch {
	case kind == Choice && e.labels:
		return appendTextCell(xml, c.Label())
	case (kind == Choice || kind == Chosen || kind == Number) && isWholeNumber(c.Raw):
		return appendNumberCell(xml, c.Raw)
	case kind == Number && len(c.Raw) <= exactDigits && isNumber(c.Raw):
		if n, err := strconv.ParseFloat(c.Raw, 64); err == nil {
			return appendNumberCell(xml, strconv.FormatFloat(n, 'f', -1, 64))
		}
	case kind == Arrived:
		if at, err := time.Parse(time.RFC3339, c.Raw); err == nil { // on the clock of the survey's timezone
			return appendTimeCell(xml, e.when, time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC))
		}
	case kind == Day:
		if day, err := time.Parse(time.DateOnly, c.Raw); err == nil && !day.Before(earliest) {
			return appendTimeCell(xml, e.day, day)
		}
	}
	return appendTextCell(xml, c.Raw)
}

// isWholeNumber reports whether an id is a number of up to nine digits, such as a rating's step.
func isWholeNumber(id string) bool {
	if id == "" || len(id) > 9 || len(id) > 1 && id[0] == '0' {
		return false
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}

func appendNumberCell(xml []byte, number string) []byte {
	return append(append(append(xml, `><v>`...), number...), `</v>`...)
}

// appendTimeCell appends a time as the days since day zero.
func appendTimeCell(xml []byte, style int, at time.Time) []byte {
	xml = append(strconv.AppendInt(append(xml, ` s="`...), int64(style), 10), `"><v>`...)
	const day = 24 * 60 * 60
	seconds := at.Unix() - dayZero.Unix()
	if seconds%day == 0 {
		xml = strconv.AppendInt(xml, seconds/day, 10)
	} else {
		xml = strconv.AppendFloat(xml, float64(seconds)/day, 'f', -1, 64)
	}
	return append(xml, `</v>`...)
}
