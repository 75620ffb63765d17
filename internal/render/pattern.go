package render

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// scriptPattern writes a regular expression that a whole text must match as one of JavaScript's, with the flag u. The two
// languages differ in what \s, \w and . mean, so that everything is spelt out. JavaScript tries alternatives one after
// the other, and some expressions would have it try for ever: those are left to the handler, unless they are trusted.
func scriptPattern(source string, trusted bool) (pattern string, ok bool) {
	parsed, err := syntax.Parse("^(?:"+source+")$", syntax.Perl)
	if err != nil {
		return "", false
	}
	s := scripted{}
	s.write(parsed)
	if s.refused || !trusted && (s.loose > 2 || tangled(parsed, false)) {
		return "", false
	}
	return s.b.String(), true
}

// scripted is an expression on its way into JavaScript.
type scripted struct {
	b       strings.Builder
	refused bool
	loose   int // repetitions whose number is open
}

func (s *scripted) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpNoMatch:
		s.b.WriteString("[]")
	case syntax.OpEmptyMatch:
		s.b.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase == 0 {
				s.rune(r)
				continue
			}
			s.b.WriteByte('[')
			s.rune(r)
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				s.rune(f)
			}
			s.b.WriteByte(']')
		}
	case syntax.OpCharClass:
		s.b.WriteByte('[')
		for i := 0; i+1 < len(re.Rune); i += 2 {
			s.rune(re.Rune[i])
			if re.Rune[i] != re.Rune[i+1] {
				s.b.WriteByte('-')
				s.rune(re.Rune[i+1])
			}
		}
		s.b.WriteByte(']')
	case syntax.OpAnyCharNotNL:
		s.b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		s.b.WriteString(`[\s\S]`)
	case syntax.OpBeginText:
		s.b.WriteByte('^')
	case syntax.OpEndText:
		s.b.WriteByte('$')
	case syntax.OpWordBoundary:
		s.b.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		s.b.WriteString(`\B`)
	case syntax.OpCapture, syntax.OpConcat:
		s.group(re.Sub, "")
	case syntax.OpAlternate:
		s.group(re.Sub, "|")
	case syntax.OpStar:
		s.repeat(re, "*")
	case syntax.OpPlus:
		s.repeat(re, "+")
	case syntax.OpQuest:
		s.repeat(re, "?")
	case syntax.OpRepeat:
		most := ""
		if re.Max >= 0 {
			most = fmt.Sprint(re.Max)
		}
		s.repeat(re, fmt.Sprintf("{%d,%s}", re.Min, most))
	default: // begin and end of a line
		s.refused = true
	}
}

func (s *scripted) group(subs []*syntax.Regexp, between string) {
	s.b.WriteString("(?:")
	for i, sub := range subs {
		if i > 0 {
			s.b.WriteString(between)
		}
		s.write(sub)
	}
	s.b.WriteByte(')')
}

func (s *scripted) repeat(re *syntax.Regexp, times string) {
	if open(re) {
		s.loose++
	}
	if sub := re.Sub[0]; sub.Op == syntax.OpCharClass || sub.Op == syntax.OpAnyCharNotNL {
		s.write(sub)
	} else {
		s.group(re.Sub, "")
	}
	s.b.WriteString(times)
	if re.Flags&syntax.NonGreedy != 0 {
		s.b.WriteByte('?')
	}
}

// rune writes one character, in and out of a class.
func (s *scripted) rune(r rune) {
	if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '@' || r == '_' {
		s.b.WriteRune(r)
		return
	}
	fmt.Fprintf(&s.b, `\u{%x}`, r)
}

// open reports whether it is for the text to say how often something is repeated.
func open(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Min != re.Max
}

// tangled reports whether something that may match in several ways is itself repeated: the ways multiply.
func tangled(re *syntax.Regexp, repeated bool) bool {
	if repeated && (open(re) || re.Op == syntax.OpQuest || re.Op == syntax.OpAlternate) {
		return true
	}
	repeated = repeated || open(re) || re.Op == syntax.OpRepeat
	for _, sub := range re.Sub {
		if tangled(sub, repeated) {
			return true
		}
	}
	return false
}
