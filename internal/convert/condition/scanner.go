package condition

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// Bounds of one condition.
const (
	maxNesting   = 50    // of brackets
	maxCondition = 4_000 // bytes
)

// A Token is one operator, constant or word of a condition.
type Token struct {
	Kind string // "name" (${q}, {q}), "text", "number", "word", "sign", or "" at the end
	Text string
}

// Syntax is how the conditions of one tool are written.
type Syntax struct {
	Name    string   // what begins a question's name, which } ends: ${ or {
	InWord  string   // what a word may have besides letters and digits
	Signs   []string // operators and brackets, longer ones first
	Escapes bool     // a backslash before a quote makes it part of the text
}

// Scan cuts a condition into tokens.
func Scan(source string, syntax Syntax) (Tokens, error) {
	if len(source) > maxCondition {
		return Tokens{}, message.Errorf("it is longer than %d characters", maxCondition)
	}
	source = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "\u00A0", " ").Replace(source)
	s := scanner{Syntax: syntax, rest: source}
	for s.skipSpace(); s.rest != ""; s.skipSpace() {
		if err := s.scan(); err != nil {
			return Tokens{}, err
		}
	}
	return Tokens{tokens: s.tokens}, nil
}

// A scanner cuts one condition into tokens.
type scanner struct {
	Syntax
	rest   string // not read yet
	tokens []Token
}

func (s *scanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \n\t\r") }

// scan reads one token.
func (s *scanner) scan() error {
	switch c := s.rest[0]; {
	case strings.HasPrefix(s.rest, s.Name):
		return s.name()
	case c == '\'' || c == '"':
		return s.quoted()
	case isDigit(c) || c == '.' && len(s.rest) > 1 && isDigit(s.rest[1]):
		s.number()
		return nil
	}
	if s.word() {
		return nil
	}
	return s.sign()
}

// add adds a token that takes up the next n bytes.
func (s *scanner) add(kind, text string, n int) {
	s.tokens = append(s.tokens, Token{kind, text})
	s.rest = s.rest[n:]
}

func (s *scanner) name() error {
	end := strings.IndexByte(s.rest, '}')
	if end < 0 {
		return message.Errorf("a { is never closed")
	}
	s.add("name", strings.TrimSpace(s.rest[len(s.Name):end]), end+1)
	return nil
}

func (s *scanner) quoted() error {
	end := 1
	for ; end < len(s.rest) && s.rest[end] != s.rest[0]; end++ {
		if s.Escapes && s.rest[end] == '\\' && end+1 < len(s.rest) {
			end++
		}
	}
	if end >= len(s.rest) {
		return message.Errorf("a quote is never closed")
	}
	text := s.rest[1:end]
	if s.Escapes {
		text = strings.NewReplacer(`\'`, "'", `\"`, `"`).Replace(text)
	}
	s.add("text", text, end+1)
	return nil
}

func (s *scanner) number() {
	end := 0
	for end < len(s.rest) && (isDigit(s.rest[end]) || s.rest[end] == '.') {
		end++
	}
	s.add("number", s.rest[:end], end)
}

// word reads a word, if there is one.
func (s *scanner) word() bool {
	end := 0
	for i, c := range s.rest {
		if !unicode.IsLetter(c) && c != '_' && (i == 0 || !unicode.IsDigit(c) && !strings.ContainsRune(s.InWord, c)) {
			break
		}
		end = i + len(string(c))
	}
	if end == 0 {
		return false
	}
	s.add("word", s.rest[:end], end)
	return true
}

func (s *scanner) sign() error {
	for _, sign := range s.Signs {
		if strings.HasPrefix(s.rest, sign) {
			s.add("sign", sign, len(sign))
			return nil
		}
	}
	c, _ := utf8.DecodeRuneInString(s.rest)
	return message.Errorf("%s cannot be read", report.Quote(string(c)))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Tokens holds the tokens of a condition and how far they have been read. The parsers embed it.
type Tokens struct {
	tokens []Token
	next   int
	depth  int // of brackets
}

// Peek returns the next token without taking it.
func (t *Tokens) Peek() Token {
	if t.next < len(t.tokens) {
		return t.tokens[t.next]
	}
	return Token{}
}

// Next takes the next token.
func (t *Tokens) Next() Token {
	token := t.Peek()
	t.next++
	return token
}

// Sign takes the next token if it is one of the signs.
func (t *Tokens) Sign(signs ...string) (string, bool) {
	if token := t.Peek(); token.Kind == "sign" {
		for _, s := range signs {
			if token.Text == s {
				t.next++
				return s, true
			}
		}
	}
	return "", false
}

// Word takes the next token if it is one of the words, in any case.
func (t *Tokens) Word(words ...string) (string, bool) {
	if token := t.Peek(); token.Kind == "word" {
		for _, w := range words {
			if strings.EqualFold(token.Text, w) {
				t.next++
				return w, true
			}
		}
	}
	return "", false
}

// Enter counts one more level of nesting, which [Tokens.Leave] ends. It fails if there are too many.
func (t *Tokens) Enter() error {
	if t.depth++; t.depth > maxNesting {
		return message.Errorf("its brackets are nested too deeply")
	}
	return nil
}

// Leave ends a level of nesting.
func (t *Tokens) Leave() { t.depth-- }

// Whole parses a condition. It fails if tokens are left over.
func (t *Tokens) Whole(parse func() (*Term, error)) (*Term, error) {
	term, err := parse()
	if err != nil {
		return nil, err
	}
	if rest := t.Peek(); rest.Kind != "" {
		return nil, message.Errorf("cannot be read from %s on", report.Quote(rest.Text))
	}
	return term, nil
}

// Chain parses operands joined by the word op, or by one of the signs.
func (t *Tokens) Chain(op string, operand func() (*Term, error), signs ...string) (*Term, error) {
	term, err := operand()
	for err == nil {
		if _, ok := t.Sign(signs...); !ok {
			if _, ok := t.Word(op); !ok {
				return term, nil
			}
		}
		var b *Term
		b, err = operand()
		term = &Term{Op: op, Args: []*Term{term, b}}
	}
	return nil, err
}

// Brackets parses the rest of a term in brackets, after the opening one.
func (t *Tokens) Brackets(inner func() (*Term, error)) (*Term, error) {
	term, err := inner()
	if err != nil {
		return nil, err
	}
	return term, t.Close(")")
}

// Close takes a closing bracket.
func (t *Tokens) Close(bracket string) error {
	if _, ok := t.Sign(bracket); !ok {
		return message.Errorf("a bracket is never closed")
	}
	return nil
}

// List parses values between commas, up to a closing bracket.
func (t *Tokens) List(bracket string, value func() (*Term, error)) ([]*Term, error) {
	var list []*Term
	if _, ok := t.Sign(bracket); ok {
		return nil, nil
	}
	for {
		v, err := value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if _, ok := t.Sign(","); !ok {
			return list, t.Close(bracket)
		}
	}
}

// Arithmetic parses operands joined by signs, or by words, of arithmetic.
func (t *Tokens) Arithmetic(operand func() (*Term, error), signs []string, words ...string) (*Term, error) {
	term, err := operand()
	for err == nil {
		op, ok := t.Sign(signs...)
		if !ok {
			if op, ok = t.Word(words...); !ok {
				return term, nil
			}
		}
		var b *Term
		b, err = operand()
		term = &Term{Op: "call", Text: op, Args: []*Term{term, b}}
	}
	return nil, err
}
