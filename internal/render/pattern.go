package render

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// scriptPattern translates a regular expression that a whole text must match into JavaScript, with the flag u. The two
// languages differ in what \s, \w and . mean, so that everything is spelt out. JavaScript backtracks, and some expressions
// would take exponential time: those are left to the handler (ok is false), unless they are trusted.
func scriptPattern(source string, trusted bool) (pattern string, ok bool) {
	parsed, err := syntax.Parse("^(?:"+source+")$", syntax.Perl)
	if err != nil {
		return "", false
	}
	var p patternWriter
	p.write(parsed)
	if p.unsupported || !trusted && (p.repetitions > 2 || backtracks(parsed, false)) {
		return "", false
	}
	return p.b.String(), true
}

// patternWriter writes an expression in JavaScript.
type patternWriter struct {
	b           strings.Builder
	unsupported bool
	repetitions int // of a variable number
}

func (p *patternWriter) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpNoMatch:
		p.b.WriteString("[]")
	case syntax.OpEmptyMatch:
		p.b.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase == 0 {
				p.rune(r)
				continue
			}
			p.b.WriteByte('[')
			p.rune(r)
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				p.rune(f)
			}
			p.b.WriteByte(']')
		}
	case syntax.OpCharClass:
		p.b.WriteByte('[')
		for i := 0; i+1 < len(re.Rune); i += 2 {
			p.rune(re.Rune[i])
			if re.Rune[i] != re.Rune[i+1] {
				p.b.WriteByte('-')
				p.rune(re.Rune[i+1])
			}
		}
		p.b.WriteByte(']')
	case syntax.OpAnyCharNotNL:
		p.b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		p.b.WriteString(`[\s\S]`)
	case syntax.OpBeginText:
		p.b.WriteByte('^')
	case syntax.OpEndText:
		p.b.WriteByte('$')
	case syntax.OpWordBoundary:
		p.b.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		p.b.WriteString(`\B`)
	case syntax.OpCapture, syntax.OpConcat:
		p.group(re.Sub, "")
	case syntax.OpAlternate:
		p.group(re.Sub, "|")
	case syntax.OpStar:
		p.repeat(re, "*")
	case syntax.OpPlus:
		p.repeat(re, "+")
	case syntax.OpQuest:
		p.repeat(re, "?")
	case syntax.OpRepeat:
		most := ""
		if re.Max >= 0 {
			most = fmt.Sprint(re.Max)
		}
		p.repeat(re, fmt.Sprintf("{%d,%s}", re.Min, most))
	default: // beginning and end of a line
		p.unsupported = true
	}
}

func (p *patternWriter) group(subs []*syntax.Regexp, between string) {
	p.b.WriteString("(?:")
	for i, sub := range subs {
		if i > 0 {
			p.b.WriteString(between)
		}
		p.write(sub)
	}
	p.b.WriteByte(')')
}

func (p *patternWriter) repeat(re *syntax.Regexp, times string) {
	if isVariable(re) {
		p.repetitions++
	}
	if sub := re.Sub[0]; sub.Op == syntax.OpCharClass || sub.Op == syntax.OpAnyCharNotNL {
		p.write(sub)
	} else {
		p.group(re.Sub, "")
	}
	p.b.WriteString(times)
	if re.Flags&syntax.NonGreedy != 0 {
		p.b.WriteByte('?')
	}
}

// rune writes one character, in and out of a class.
func (p *patternWriter) rune(r rune) {
	if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '@' || r == '_' {
		p.b.WriteRune(r)
		return
	}
	fmt.Fprintf(&p.b, `\u{%x}`, r)
}

// isVariable reports whether an expression is a repetition of no fixed number.
func isVariable(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Min != re.Max
}

// backtracks reports whether something that may match in several ways is itself repeated, so that the ways multiply.
func backtracks(re *syntax.Regexp, repeated bool) bool {
	if repeated && (isVariable(re) || re.Op == syntax.OpQuest || re.Op == syntax.OpAlternate) {
		return true
	}
	repeated = repeated || isVariable(re) || re.Op == syntax.OpRepeat
	for _, sub := range re.Sub {
		if backtracks(sub, repeated) {
			return true
		}
	}
	return false
}
