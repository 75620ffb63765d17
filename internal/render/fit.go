package render

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/survey"
)

// Widths in pixels, with the root's font at 16. style.css has the same.
const (
	cellFont  = 12  // of the heads and cells of matrices
	stepFont  = 13  // of the steps of a rating
	wideFont  = 15  // of options that are a row in wide windows only
	tableHead = 443 // what a table leaves for the heads of a matrix
	pairCells = 520 // what a caption leaves for the cells of an importance_matrix
)

// fitWidths are the widths of a container from which on the classes f1 to f5 are laid out in one row with all labels. What
// needs more has the class f6.
var fitWidths = [...]int{280, 320, 416, 512, 616}

func fitClass(need int) string {
	n := 1
	for _, w := range fitWidths {
		if need > w {
			n++
		}
	}
	return "f" + strconv.Itoa(n)
}

// maxInRow bounds the options of a row: with more of them, a column is read faster.
const maxInRow = 6

// fitsOnDesktop reports whether the options of a single choice, which is a list on a phone, fit into one row of a wide window.
func (b *builder) fitsOnDesktop(q *survey.Question) bool {
	return len(q.Options) > 2 && len(q.Options) <= maxInRow && !q.HasOther() &&
		!slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ShowIf != nil || o.Image != nil }) &&
		b.rowWidth(q.Options, wideFont, 24) <= fitWidths[len(fitWidths)-1]
}

// wideFit is the class of options that are a row in wide windows only.
func wideFit(need int) string { return fitClass(max(need, fitWidths[2]+1)) + " wide" }

// rowWidth returns what steps need beside each other so that no word leaves its cell. space is what a cell has around its text.
func (b *builder) rowWidth(options []survey.Option, font, space int) int {
	widest := 0
	for i := range options {
		widest = max(widest, wordWidth(b.texts.Plain(OptionLabel(b.words, &options[i], b.language))))
	}
	return len(options) * (widest*font/100 + space)
}

// wordWidth returns the width of a text's longest part that stays on one line, in hundredths of the font's size. Chinese breaks
// anywhere: it is set in two lines, or three where it is long.
func wordWidth(text string) int {
	longest, word, chinese := 0, 0, 0
	for _, r := range text {
		switch {
		case r >= 0x2e80:
			chinese++
			word = 0
		case r == ' ' || r == '-' || r == '/' || r == '\u200b':
			word = 0
		default:
			word += letterWidth(r)
			longest = max(longest, word)
		}
	}
	lines := 2
	if chinese > 8 {
		lines = 3
	}
	return max(longest, 100*min(chinese, max(2, (chinese+lines-1)/lines)))
}

// letterWidth is that of a wide font.
func letterWidth(r rune) int {
	switch {
	case strings.ContainsRune("fijlrtI.,:;!'()|", r):
		return 32
	case strings.ContainsRune("mwMW@%&", r):
		return 90
	case r >= 'A' && r <= 'Z':
		return 66
	}
	return 54
}

// matrixClass says how a matrix is laid out in narrow windows: f1 to f6, from which width on all heads are shown; c1 to c3, up to
// which its rows are columns of options; tall, if it is never a table.
func matrixClass(options []survey.Option, need, room int) string {
	class := fitClass(need)
	tall := need > room
	switch n := len(options); {
	case n < 7 && hasEnds(options):
	case n == 7 && hasEnds(options):
		class += " c1"
	case tall:
		class += " c3"
	default:
		class += " c2"
	}
	if tall {
		class += " tall"
	}
	return class
}

// hasEnds reports whether the first and the last scored option are the ends of a scale: those without a score are behind them.
func hasEnds(options []survey.Option) bool {
	scored := scoredSteps(options)
	return scored > 2 && !slices.ContainsFunc(options[scored:], func(o survey.Option) bool { return o.Score != nil })
}

func scoredSteps(options []survey.Option) int {
	n := slices.IndexFunc(options, func(o survey.Option) bool { return o.Score == nil })
	if n < 0 {
		return len(options)
	}
	return n
}

// head is the head of a column. Where not all fit, only the Starts, the Ends and those of no scale are shown.
type head struct {
	Class string // s, m, e or u
	Label template.HTML
}

func (b *builder) heads(options []survey.Option) []head {
	heads := make([]head, len(options))
	scored := scoredSteps(options)
	for i := range options {
		class := "m"
		switch {
		case i == 0:
			class = "s"
		case i == scored-1:
			class = "e"
		case i >= scored:
			class = "u"
		}
		heads[i] = head{class, b.texts.html(OptionLabel(b.words, &options[i], b.language))}
	}
	return heads
}

// faceWords are the words for faces without labels, by their number.
var faceWords = map[int][]string{
	2: {"face.2", "face.4"},
	3: {"face.2", "face.3", "face.4"},
	4: {"face.1", "face.2", "face.4", "face.5"},
	5: {"face.1", "face.2", "face.3", "face.4", "face.5"},
}
