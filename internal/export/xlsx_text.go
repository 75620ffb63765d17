package export

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// appendTextCell appends a text, of which a cell has up to 32,767 units of UTF-16.
func appendTextCell(xml []byte, text string) []byte {
	text = cutUnits(text, excelize.TotalCellChars)
	xml = append(xml, ` t="inlineStr"><is><t`...)
	if text != "" && (isSpace(text[0]) || isSpace(text[len(text)-1])) {
		xml = append(xml, ` xml:space="preserve"`...)
	}
	xml = appendXML(append(xml, '>'), text)
	return append(xml, `</t></is>`...)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// cutUnits cuts a text to a number of units of UTF-16.
func cutUnits(text string, most int) string {
	if len(text) <= most { // a unit takes a byte or more
		return text
	}
	for i, r := range text {
		if most--; r > 0xffff {
			most--
		}
		if most < 0 {
			return text[:i]
		}
	}
	return text
}

// appendXML appends a text as the content of an element. What XML cannot have becomes U+FFFD. An underscore with which a code begins
// that spreadsheets read (_x000D_: ST_Xstring, ISO/IEC 29500-1 22.9.2.19) becomes such a code.
func appendXML(xml []byte, text string) []byte {
	done := 0
	for i := 0; i < len(text); {
		c, size, instead := text[i], 1, ""
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 || r == 0xfffe || r == 0xffff {
				instead = "\ufffd"
			}
		case c == '&':
			instead = "&amp;"
		case c == '<':
			instead = "&lt;"
		case c == '>':
			instead = "&gt;"
		case c == '\r':
			instead = "&#xD;"
		case c == '\t' || c == '\n':
		case c < ' ':
			instead = "\ufffd"
		case c == '_' && isCode(text[i:]):
			instead = "_x005F_"
		}
		if instead != "" {
			xml = append(append(xml, text[done:i]...), instead...)
			done = i + size
		}
		i += size
	}
	return append(xml, text[done:]...)
}

// isCode reports whether a text begins with a code such as _x000D_.
func isCode(text string) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	for _, c := range []byte(text[2:6]) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}
