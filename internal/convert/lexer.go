package convert

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Bounds of one condition.
const (
	maxNesting   = 50    // of brackets
	maxCondition = 4_000 // bytes
)

// A token is one sign or word of a foreign condition.
type token struct {
	kind string // "name" (${q}, {q}), "text", "number", "word", "sign", or "" at the end
	text string
}

type lexer struct {
	tokens []token
	at     int
	depth  int
}

func (l *lexer) peek() token {
	if l.at < len(l.tokens) {
		return l.tokens[l.at]
	}
	return token{}
}

func (l *lexer) next() token {
	t := l.peek()
	l.at++
	return t
}

// sign takes the next token if it is one of some signs.
func (l *lexer) sign(signs ...string) (string, bool) {
	t := l.peek()
	if t.kind == "sign" {
		for _, s := range signs {
			if t.text == s {
				l.at++
				return s, true
			}
		}
	}
	return "", false
}

// word takes the next token if it is one of some words, whatever their case.
func (l *lexer) word(words ...string) (string, bool) {
	t := l.peek()
	if t.kind == "word" {
		for _, w := range words {
			if strings.EqualFold(t.text, w) {
				l.at++
				return w, true
			}
		}
	}
	return "", false
}

func (l *lexer) enter() error {
	if l.depth++; l.depth > maxNesting {
		return errors.New("its brackets are nested too deeply")
	}
	return nil
}

// whole reads a condition that takes all there is.
func (l *lexer) whole(condition func() (*term, error)) (*term, error) {
	t, err := condition()
	if err != nil {
		return nil, err
	}
	if rest := l.peek(); rest.kind != "" {
		return nil, fmt.Errorf("cannot be read from %s on", show(rest.text))
	}
	return t, nil
}

// chain reads parts that a word joins, or one of some signs.
func (l *lexer) chain(op string, part func() (*term, error), signs ...string) (*term, error) {
	t, err := part()
	for err == nil {
		if _, ok := l.sign(signs...); !ok {
			if _, ok := l.word(op); !ok {
				return t, nil
			}
		}
		var b *term
		b, err = part()
		t = &term{op: op, args: []*term{t, b}}
	}
	return nil, err
}

// scan cuts a condition into tokens. open begins a question's name, which } ends; inWord tells what else than letters
// and digits a word may have; signs are the operators, longer ones first.
func scan(source, open, inWord string, signs []string) ([]token, error) {
	if len(source) > maxCondition {
		return nil, fmt.Errorf("it is longer than %d characters", maxCondition)
	}
	source = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "\u00A0", " ").Replace(source)
	var tokens []token
	for i := 0; i < len(source); {
		rest := source[i:]
		c := rune(rest[0])
		switch {
		case strings.HasPrefix(rest, open):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return nil, errors.New("a { is never closed")
			}
			tokens = append(tokens, token{"name", strings.TrimSpace(rest[len(open):end])})
			i += end + 1
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'' || c == '"':
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return nil, errors.New("a quote is never closed")
			}
			tokens = append(tokens, token{"text", rest[1 : 1+end]})
			i += end + 2
		case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
			end := 0
			for end < len(rest) && (rest[end] >= '0' && rest[end] <= '9' || rest[end] == '.') {
				end++
			}
			tokens = append(tokens, token{"number", rest[:end]})
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
				tokens = append(tokens, token{"word", rest[:end]})
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
				return nil, fmt.Errorf("%s cannot be read", show(string([]rune(rest)[0])))
			}
			tokens = append(tokens, token{"sign", found})
			i += len(found)
		}
	}
	return tokens, nil
}

func odd(format string, args ...any) *term {
	return &term{op: "odd", text: fmt.Sprintf(format, args...)}
}

// unsaid marks a calculation, which has no counterpart.
func unsaid(sign string) *term { return odd("there is no arithmetic (%s) in conditions here", sign) }
