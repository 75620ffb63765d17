package sheets

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"glasspoll/internal/message"
)

// CSV is a table of a text file, and how that is written.
type CSV struct {
	Sheet
	Encoding  string // UTF-8, UTF-16, GB18030 or Windows-1252
	Separator rune   // a comma, semicolon or tab
}

// ReadCSV reads CSV in UTF-8 or UTF-16, with or without a byte order mark, or in what Excel writes without being told: GB18030 in
// Chinese, Windows-1252 in Western Europe. The encoding and the separator are found by the content.
func ReadCSV(source []byte, b Bounds) (CSV, error) {
	text, encoding, err := decode(source)
	if err != nil {
		return CSV{}, err
	}
	if strings.Contains(text, "\r") && !strings.Contains(text, "\n") { // as early Macs wrote
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	table := CSV{Encoding: encoding}
	number := 0
	if line, rest, _ := strings.Cut(text, "\n"); len(line) >= 5 && strings.EqualFold(line[:4], "sep=") { // a line that only Excel reads
		table.Separator, _ = utf8.DecodeRuneInString(line[4:])
		text, number = rest, 1
	}
	if !strings.ContainsRune(separators, table.Separator) || table.Separator == 0 {
		table.Separator = separatorOf(text)
	}
	return table, table.read(text, number, b)
}

// read reads all records. number is how many rows stand before.
func (t *CSV) read(text string, number int, b Bounds) error {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = t.Separator, -1, true, true
	cells, filled := 0, 0
	for {
		begin := r.InputOffset()
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return message.Errorf("row %d cannot be read as CSV: look at its quotation marks", number+1)
		}
		whole := text[begin:r.InputOffset()]
		number += 1 + blankLines(whole)                                // which the reader leaves out
		if slices.ContainsFunc(record, isLong) && !t.isStrict(whole) { // whole rows may be in a cell
			return message.Errorf("row %d cannot be read as CSV: look at its quotation marks", number)
		}
		if cells += len(record); cells > b.Cells {
			return message.Errorf("more than %d cells, blank ones included: delete the rows and columns that are not needed", b.Cells)
		}
		if err := t.add(number, record, b, &filled); err != nil {
			return err
		}
	}
}

// isLong reports whether a cell has several lines.
func isLong(cell string) bool { return strings.ContainsRune(cell, '\n') }

// isStrict reports whether the quotation marks of a record are where they belong.
func (t *CSV) isStrict(record string) bool {
	r := csv.NewReader(strings.NewReader(record))
	r.Comma, r.FieldsPerRecord = t.Separator, -1
	_, err := r.ReadAll()
	return err == nil
}

// blankLines counts the empty lines before a record.
func blankLines(text string) int {
	n := 0
	for {
		rest := strings.TrimPrefix(text, "\r")
		if !strings.HasPrefix(rest, "\n") {
			return n
		}
		text = rest[1:]
		n++
	}
}

const separators = ",;\t"

// separatorOf returns the separator that the first line with any has most of, outside of quotes.
func separatorOf(text string) rune {
	for line := range strings.Lines(text[:min(len(text), 1<<16)]) {
		counts, quoted := map[rune]int{}, false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			} else if !quoted {
				counts[c]++
			}
		}
		best := ','
		for _, c := range separators {
			if counts[c] > counts[best] {
				best = c
			}
		}
		if counts[best] > 0 {
			return best
		}
	}
	return ','
}

// decode returns the text of a file, without the byte order mark.
func decode(source []byte) (text, encoding string, err error) {
	switch order := orderOf16(source); {
	case order != nil:
		text, encoding = decode16(source, order), "UTF-16"
	case utf8.Valid(source):
		text, encoding = string(source), "UTF-8"
	case isGB18030(source):
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(source)
		if err != nil {
			return "", "", errEncoding()
		}
		text, encoding = string(decoded), "GB18030"
	default:
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(source)
		if err != nil {
			return "", "", errEncoding()
		}
		text, encoding = string(decoded), "Windows-1252"
	}
	if strings.ContainsAny(text, "\x00\ufffd") {
		return "", "", errEncoding()
	}
	return strings.TrimPrefix(text, "\ufeff"), encoding, nil
}

func errEncoding() error {
	return message.Errorf("this is no text in UTF-8, UTF-16, GB18030 or Windows-1252: save it as .xlsx, or as CSV in UTF-8")
}

// orderOf16 returns the byte order of UTF-16; nil for other encodings. Without a mark, the zero bytes of separators tell.
func orderOf16(source []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(source, []byte{0xFF, 0xFE}):
		return binary.LittleEndian
	case bytes.HasPrefix(source, []byte{0xFE, 0xFF}):
		return binary.BigEndian
	}
	var zeros [2]int // at even places, and at odd ones
	for i, c := range source[:min(len(source), 4096)] {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[1] > 2*zeros[0]: // a few Chinese characters have a zero in the other place
		return binary.LittleEndian
	case zeros[0] > 2*zeros[1]:
		return binary.BigEndian
	}
	return nil
}

func decode16(source []byte, order binary.ByteOrder) string {
	units := make([]uint16, 0, len(source)/2)
	for ; len(source) > 1; source = source[2:] {
		units = append(units, order.Uint16(source))
	}
	return string(utf16.Decode(units))
}

// isGB18030 reports whether a text is rather in GB18030 than in Windows-1252. Of a Chinese character both bytes are high, but for
// rare ones; a letter with an accent stands between letters without.
func isGB18030(source []byte) bool {
	pairs, single := 0, 0
	for i := 0; i < len(source); i++ {
		if source[i] < 0x80 {
			continue
		}
		if i+1 < len(source) && source[i+1] >= 0x80 {
			pairs++
			i++
		} else {
			single++
		}
	}
	return pairs >= single
}
