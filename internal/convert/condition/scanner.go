package condition

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"glasspoll/internal/convert/report"
)

// Bounds of one condition.
const (
	maxNesting   = 50    // of brackets
	maxCondition = 4_000 // bytes
)

// A Token is one sign or word of a foreign condition.
type Token struct {
	Kind string // "name" (${q}, {q}), "text", "number", "word", "sign", or "" at the end
	Text string
}

type Tokens struct {
	tokens []Token
	at     int
	depth  int
}

func (l *Tokens) Peek() Token {
	if l.at < len(l.tokens) {
		return l.tokens[l.at]
	}
	return Token{}
}

func (l *Tokens) Next() Token {
	t := l.Peek()
	l.at++
	return t
}

// Sign takes the next token if it is one of some signs.
func (l *Tokens) Sign(signs ...string) (string, bool) {
	t := l.Peek()
	if t.Kind == "sign" {
		for _, s := range signs {
			if t.Text == s {
				l.at++
				return s, true
			}
		}
	}
	return "", false
}

// Word takes the next token if it is one of some words, whatever their case.
func (l *Tokens) Word(words ...string) (string, bool) {
	t := l.Peek()
	if t.Kind == "word" {
		for _, w := range words {
			if strings.EqualFold(t.Text, w) {
				l.at++
				return w, true
			}
		}
	}
	return "", false
}

// Enter goes into brackets, which [Tokens.Leave] ends.
func (l *Tokens) Enter() error {
	if l.depth++; l.depth > maxNesting {
		return errors.New("its brackets are nested too deeply")
	}
	return nil
}

// Leave ends brackets.
func (l *Tokens) Leave() { l.depth-- }

// Whole reads a condition that takes all there is.
func (l *Tokens) Whole(condition func() (*Term, error)) (*Term, error) {
	t, err := condition()
	if err != nil {
		return nil, err
	}
	if rest := l.Peek(); rest.Kind != "" {
		return nil, fmt.Errorf("cannot be read from %s on", report.Quote(rest.Text))
	}
	return t, nil
}

// Chain reads parts that a word joins, or one of some signs.
func (l *Tokens) Chain(op string, part func() (*Term, error), signs ...string) (*Term, error) {
	t, err := part()
	for err == nil {
		if _, ok := l.Sign(signs...); !ok {
			if _, ok := l.Word(op); !ok {
				return t, nil
			}
		}
		var b *Term
		b, err = part()
		t = &Term{Op: op, Args: []*Term{t, b}}
	}
	return nil, err
}

// Scan cuts a condition into tokens. open begins a question's name, which } ends; inWord tells what else than letters
// and digits a word may have; signs are the operators, longer ones first.
func Scan(source, open, inWord string, signs []string) (Tokens, error) {
	if len(source) > maxCondition {
		return Tokens{}, fmt.Errorf("it is longer than %d characters", maxCondition)
	}
	source = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "\u00A0", " ").Replace(source)
	var tokens []Token
	for i := 0; i < len(source); {
		rest := source[i:]
		c := rune(rest[0])
		switch {
		case strings.HasPrefix(rest, open):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return Tokens{}, errors.New("a { is never closed")
			}
			tokens = append(tokens, Token{"name", strings.TrimSpace(rest[len(open):end])})
			i += end + 1
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'' || c == '"':
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return Tokens{}, errors.New("a quote is never closed")
			}
			tokens = append(tokens, Token{"text", rest[1 : 1+end]})
			i += end + 2
		case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
			end := 0
			for end < len(rest) && (rest[end] >= '0' && rest[end] <= '9' || rest[end] == '.') {
				end++
			}
			tokens = append(tokens, Token{"number", rest[:end]})
			i += end
		default:
			end := 0
			for j, c := range rest {
				if !(unicode.IsLetter(c) || c == '_' || j > 0 && (unicode.IsDigit(c) || strings.ContainsRune(inWord, c))) {
					break
				}
				end = j + len(string(c))
			}
			if end > 0 {
				tokens = append(tokens, Token{"word", rest[:end]})
				i += end
				continue
			}
			found := ""
			for _, s := range signs {
				if strings.HasPrefix(rest, s) {
					found = s
					break
				}
			}
			if found == "" {
				return Tokens{}, fmt.Errorf("%s cannot be read", report.Quote(string([]rune(rest)[0])))
			}
			tokens = append(tokens, Token{"sign", found})
			i += len(found)
		}
	}
	return Tokens{tokens: tokens}, nil
}

func Unsupported(format string, args ...any) *Term {
	return &Term{Op: "odd", Text: fmt.Sprintf(format, args...)}
}

// Arithmetic marks a calculation, which has no counterpart.
func Arithmetic(sign string) *Term {
	return Unsupported("there is no arithmetic (%s) in conditions here", sign)
}
