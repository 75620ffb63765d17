package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// SPSS writes the data for SPSS (or PSPP): a CSV file with numbers for choices. [SPSS.Syntax] writes the commands to read it.
type SPSS struct {
	lines
	plan  *Plan
	names []string     // by variable
	codes []valueCodes // of choices, by variable
}

// Limits of SPSS, in bytes of UTF-8.
const (
	maxLine       = 251 // of syntax
	maxName       = 64
	maxLabel      = 256
	maxValueLabel = 120
	maxString     = 32767
)

// NewSPSS writes data to w.
func NewSPSS(w io.Writer, p *Plan) (*SPSS, error) {
	n := len(p.Variables)
	s := &SPSS{lines: lines{w}, plan: p, codes: make([]valueCodes, n)}
	taken := map[string]bool{}
	for i, v := range p.Variables {
		s.names = append(s.names, variableName(v.Name, taken))
		if v.Kind == Choice {
			s.codes[i] = v.codes()
		}
	}
	return s, csv.NewWriter(w).WriteAll([][]string{s.names})
}

// keywords cannot be names.
var keywords = map[string]bool{"ALL": true, "AND": true, "BY": true, "EQ": true, "GE": true, "GT": true, "LE": true, "LT": true,
	"NE": true, "NOT": true, "OR": true, "TO": true, "WITH": true}

// variableName makes a name that SPSS accepts and that is not taken, whatever the case of its letters: it begins with a
// letter, does not end with a period or an underscore, and has at most 64 bytes.
func variableName(name string, taken map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
	if name = strings.Trim(name, "._"); name == "" || name[0] <= '9' {
		name = "v" + name
	}
	if keywords[strings.ToUpper(name)] {
		name += "_v"
	}
	short := strings.TrimRight(name[:min(len(name), maxName)], "._")
	for i := 2; taken[strings.ToUpper(short)]; i++ {
		tail := "_" + strconv.Itoa(i)
		short = name[:min(len(name), maxName-len(tail))] + tail
	}
	taken[strings.ToUpper(short)] = true
	return short
}

func (s *SPSS) Encoder() Encoder {
	r := &recordEncoder{plan: s.plan, text: s.text}
	w := csv.NewWriter(&r.encoded)
	r.write, r.flush = w.Write, func() error { w.Flush(); return w.Error() }
	return r
}

// lineBreaks replaces characters that SPSS takes for the end of a case, even within quotes.
var lineBreaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\u2028", " ", "\u2029", " ", "\x00", " ")

func (s *SPSS) text(i int, c Cell) string {
	if c.Raw == "" {
		return ""
	}
	switch s.plan.Variables[i].Kind {
	case Choice:
		return s.codes[i].byID[c.Raw]
	case Arrived:
		at, err := time.Parse(time.RFC3339, c.Raw)
		if err != nil {
			return ""
		}
		return strings.ToUpper(at.Format("02-Jan-2006 15:04:05"))
	case Number, Chosen, Day, Clock:
		if c.Raw == Sealed {
			return ""
		}
		return c.Raw
	default:
		return lineBreaks.Replace(c.Raw)
	}
}

// Syntax writes the commands that read the data from a file and describe it.
func (s *SPSS) Syntax(w io.Writer, file string) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("* Encoding: UTF-8.")
	say("* %s", comment(s.plan.Survey.ID+": "+s.plan.Survey.Title.In(s.plan.Language)))
	say("* Run this where the data file is, or write its whole path below.")
	say("SET DECIMAL=DOT.")
	say("GET DATA\n  /TYPE=TXT\n%s\n  /ENCODING='UTF8'\n  /ARRANGEMENT=DELIMITED\n  /FIRSTCASE=2\n  /DELIMITERS=\",\"\n  /QUALIFIER='\"'\n  /VARIABLES=", literal("  /FILE=", file))
	for i := range s.plan.Variables {
		say("    %s %s", s.names[i], s.format(i))
	}
	b.WriteString("  .\n\nVARIABLE LABELS\n")
	for i, label := range s.labels() {
		say("%s", literal("  "+s.names[i]+" ", label))
	}
	b.WriteString("  .\n\n")
	for i, v := range s.plan.Variables {
		switch v.Kind {
		case Choice:
			texts := make([]string, len(v.Values))
			for j, value := range v.Values {
				texts[j] = value.Label
			}
			say("VALUE LABELS %s", s.names[i])
			for j, label := range distinct(texts, maxValueLabel) {
				say("%s", literal("  "+s.codes[i].byID[v.Values[j].ID]+" ", label))
			}
			b.WriteString("  .\n")
		case Chosen:
			say("VALUE LABELS %s", s.names[i])
			for j, key := range []string{"value.no", "value.yes"} {
				say("%s", literal(fmt.Sprintf("  %d ", j), shorten(s.plan.options.Words.Say(key), maxValueLabel)))
			}
			b.WriteString("  .\n")
		}
	}
	b.WriteString("\n* Answers without a score, such as \"no opinion\", are no part of means.\n")
	for i, c := range s.codes {
		switch {
		case c.firstMissing == "":
		case c.firstMissing == c.lastMissing:
			say("MISSING VALUES %s (%s).", s.names[i], c.firstMissing)
		default:
			say("MISSING VALUES %s (%s THRU %s).", s.names[i], c.firstMissing, c.lastMissing)
		}
	}
	b.WriteString("\n")
	for i, v := range s.plan.Variables {
		say("VARIABLE LEVEL %s (%s).", s.names[i], level(v))
	}
	b.WriteString("\n")
	s.sets(&b)
	b.WriteString("EXECUTE.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// sets declares the columns of a question with several answers as a set.
func (s *SPSS) sets(b *strings.Builder) {
	taken := map[string]bool{}
	for i := 0; i < len(s.names); {
		v := s.plan.Variables[i]
		end := i
		for end < len(s.names) && s.plan.Variables[end].Kind == Chosen && s.plan.Variables[end].Question == v.Question {
			end++
		}
		if end > i+1 { // a set has two variables or more
			fmt.Fprintf(b, "MRSETS /MDGROUP NAME=$%s CATEGORYLABELS=VARLABELS\n  VARIABLES=\n    %s\n  VALUE=1\n%s.\n",
				variableName(v.Question[:min(len(v.Question), maxName-1)], taken), strings.Join(s.names[i:end], "\n    "),
				literal("  LABEL=", shorten(plain(v.Label), maxLabel)))
		}
		i = max(end, i+1)
	}
}

// format returns the SPSS format of a variable.
func (s *SPSS) format(i int) string {
	v := s.plan.Variables[i]
	switch v.Kind {
	case Choice:
		for _, code := range s.codes[i].byID {
			if strings.Contains(code, ".") {
				return "F8.3"
			}
		}
		return "F8.0"
	case Chosen:
		return "F1.0"
	case Number:
		return "F20.3"
	case Day:
		return "SDATE10"
	case Clock:
		return "TIME5"
	case Arrived:
		return "DATETIME20"
	case Receipt:
		return "A36"
	case Language, Channel, Period, Version, Review:
		return "A64"
	case Opening:
		return "A1024"
	default:
		return "A" + strconv.Itoa(min(max(v.Longest, 1), maxString))
	}
}

// level returns the level of measurement of a variable.
func level(v *Variable) string {
	switch v.Kind {
	case Number:
		if v.Type == survey.Ranking {
			return "ORDINAL"
		}
		return "SCALE"
	case Day, Clock, Arrived:
		return "SCALE"
	case Choice:
		if v.Type == survey.NPS {
			return "SCALE"
		}
		for _, value := range v.Values {
			if value.Score != nil {
				return "ORDINAL"
			}
		}
	}
	return "NOMINAL"
}

// labels returns the variables' labels.
func (s *SPSS) labels() []string {
	texts := make([]string, len(s.plan.Variables))
	for i, v := range s.plan.Variables {
		texts[i] = v.Full()
	}
	return distinct(texts, maxLabel)
}

// distinct shortens texts to a number of bytes. Those that differ stay different: if shortening makes them equal, they get
// numbers.
func distinct(texts []string, most int) []string {
	short := make([]string, len(texts))
	taken := map[string]string{} // texts by what they are shortened to
	for i, text := range texts {
		text = plain(text)
		short[i] = shorten(text, most)
		for n := 2; ; n++ {
			if other, isTaken := taken[short[i]]; !isTaken || other == text {
				break
			}
			tail := fmt.Sprintf(" (%d)", n)
			short[i] = shorten(text, most-len(tail)) + tail
		}
		taken[short[i]] = text
	}
	return short
}

// plain returns a text in one line.
func plain(text string) string { return strings.TrimSpace(lineBreaks.Replace(text)) }

// shorten keeps the beginning and the end of a text that is longer than a number of bytes: rows of one question, and sizes or
// dates in options, often differ at the end.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const gap = "…"
	tail := len(text) - most/3
	for !utf8.RuneStart(text[tail]) {
		tail++
	}
	return cut(text, most-len(gap)-(len(text)-tail)) + gap + text[tail:]
}

// literal returns syntax and a string literal after it, in lines of up to maxLine bytes. The parts of a literal in several lines
// are joined by plus signs.
func literal(before, text string) string {
	text = strings.ReplaceAll(plain(text), "'", "''")
	if len(before)+len(text)+len("''.") <= maxLine {
		return before + "'" + text + "'"
	}
	const indent, most = "    ", maxLine - len("    '' +")
	lines := []string{strings.TrimRight(before, " ")}
	for len(text) > most {
		part := cut(text, most)
		if quotes := len(part) - len(strings.TrimRight(part, "'")); quotes%2 == 1 {
			part = part[:len(part)-1] // the other half of a quote is in the rest
		}
		lines = append(lines, indent+"'"+part+"' +")
		text = text[len(part):]
	}
	return strings.Join(append(lines, indent+"'"+text+"'"), "\n")
}

// comment returns a text for the end of a comment, with a period only at its end.
func comment(text string) string {
	return strings.TrimRight(cut(lineBreaks.Replace(text), 200), ". ") + "."
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
