package expression

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"glasspoll/internal/decimal"
)

// A Fault is one mistake in an expression.
type Fault struct {
	Offset  int // characters before it
	Message string
	Unknown string // the name that there is not, if that is the fault
}

// MaxLength bounds an expression, in bytes; maxNodes its parts.
const (
	MaxLength = 2_000
	maxNodes  = 500
)

// literal is the kind of a constant text, which is a choice's option or a text as its neighbour wants it.
const literal Kind = "literal"

// Compile checks an expression against the names of its survey. It returns a tree whose value is true or false, or the
// faults, in the order in which they stand. budget bounds the search for answers that meet it, see [Satisfiable].
func Compile(source string, scope Scope, budget *int) (Tree, []Fault) {
	if len(source) > MaxLength {
		return Tree{}, []Fault{{Message: fmt.Sprintf("longer than %d characters: ask less at once", MaxLength)}}
	}
	if fault, found := foreign(source); found {
		return Tree{}, []Fault{fault}
	}
	config := conf.CreateNew()
	for _, name := range builtin.Names {
		config.Disabled[name] = true
	}
	config.MaxNodes = maxNodes
	parsed, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return Tree{}, []Fault{syntaxFault(source, err)}
	}
	c := compiler{scope: scope}
	tree := c.condition(parsed.Node)
	switch {
	case len(c.faults) > 0:
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Offset - b.Offset })
		return Tree{}, c.faults
	case c.broken:
		return Tree{}, nil
	case !Satisfiable(tree, scope, budget):
		return Tree{}, []Fault{{Message: "can never be true: no answers meet this condition"}}
	}
	return tree, nil
}

// foreign finds signs, outside of quotes, that an author brings from an input method or another language.
func foreign(source string) (Fault, bool) {
	quote := rune(0)
	chars := []rune(source)
	for i, c := range chars {
		next := rune(0)
		if i+1 < len(chars) {
			next = chars[i+1]
		}
		said := ""
		switch {
		case quote != 0:
			if c == quote && chars[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.ContainsRune("“”‘’，（）＝＜＞！；：【】「」", c):
			said = fmt.Sprintf("%c is a full-width character: write the expression with half-width signs and straight quotes", c)
		case c == '{' || c == '$':
			said = "a question is named without braces: write overall == …"
		case c == '<' && next == '>':
			said = "<> does not compare: write != for \"not equal\""
		case c == '=' && (next == '>' || next == '<'):
			said = fmt.Sprintf("=%c does not compare: write %c=", next, next)
		case (c == '&' || c == '|') && next != c && (i == 0 || chars[i-1] != c):
			said = fmt.Sprintf("%c is not part of the language: write %s", c, map[rune]string{'&': "and", '|': "or"}[c])
		}
		if said != "" {
			return Fault{Offset: i, Message: said}, true
		}
	}
	return Fault{}, false
}

var unexpected = regexp.MustCompile(`unexpected token (\w+)\("(.*)"\)`)

func syntaxFault(source string, err error) Fault {
	var at *file.Error
	if !errors.As(err, &at) {
		return Fault{Message: "cannot be read: " + err.Error()}
	}
	message := "cannot be read: " + at.Message
	token := unexpected.FindStringSubmatch(at.Message)
	switch {
	case strings.TrimSpace(source) == "":
		message = "is empty: write a condition such as overall == \"good\""
	case strings.Contains(at.Message, "token EOF"):
		message = "breaks off: something is missing at its end"
	case strings.Contains(at.Message, "literal not terminated"):
		message = "a quote is opened and never closed"
	case strings.Contains(at.Message, "exceeds maximum allowed nodes"):
		message = fmt.Sprintf("has more than %d parts: ask less at once", maxNodes)
	case token == nil:
	case token[2] == "=":
		message = "= alone does not compare: write =="
	case token[2] == ",":
		message = "did not expect ',' here: a list stands in brackets [ ], and decimals have a point"
	case token[1] == "Identifier" && slices.Contains([]string{"and", "or", "not", "in", "contains"}, strings.ToLower(token[2])):
		message = fmt.Sprintf("did not expect '%s' here: write %s in small letters", token[2], strings.ToLower(token[2]))
	case token[1] == "Identifier" && elsewhere[token[2]] != "":
		message = fmt.Sprintf("did not expect '%s' here: write %s", token[2], elsewhere[token[2]])
	case token[1] == "Identifier":
		message = fmt.Sprintf("did not expect '%s' here: between two parts belongs one of == != < <= > >= and or in contains", token[2])
	default:
		message = fmt.Sprintf("cannot be read from here on: did not expect '%s'", token[2])
	}
	return Fault{Offset: min(at.From, utf8.RuneCountInString(source)), Message: message}
}

// elsewhere is how people write what joins or compares two parts.
var elsewhere = map[string]string{
	"或": "or", "或者": "or", "且": "and", "和": "and", "并且": "and", "而且": "and", "是": "==", "等于": "==", "不是": "!=", "不等于": "!=",
	"大于": ">", "小于": "<", "包含": "contains", "is": "==", "equals": "==", "includes": "contains", "has": "contains",
}

type compiler struct {
	scope  Scope
	faults []Fault
	broken bool // it depends on a question that could not be read
}

func (c *compiler) fail(n ast.Node, format string, args ...any) (Tree, Kind) {
	c.faults = append(c.faults, Fault{Offset: n.Location().From, Message: fmt.Sprintf(format, args...)})
	return Tree{}, ""
}

// condition compiles a part that must be true or false.
func (c *compiler) condition(n ast.Node) Tree {
	t, kind := c.value(n)
	switch kind {
	case Bool, "":
	case Number:
		c.fail(n, "%s is a number, no condition by itself: compare it", spell(n))
	case literal:
		c.fail(n, "a text alone is no condition: compare it with an answer; for one of several write overall in [\"…\", \"…\"]")
	default:
		c.fail(n, "%s is no condition by itself: %s", spell(n), advice(kind, spell(n)))
	}
	return t
}

func advice(kind Kind, name string) string {
	switch kind {
	case Set:
		return fmt.Sprintf("write %s contains \"…\" or answered(%s)", name, name)
	case Choice, Text:
		return fmt.Sprintf("write %s == \"…\" or answered(%s)", name, name)
	case Group:
		return fmt.Sprintf("write answered(%s), or name one of its rows", name)
	default:
		return "compare it"
	}
}

// value compiles any part, and says of which kind it is; "" when it has failed.
func (c *compiler) value(n ast.Node) (Tree, Kind) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return Tree{Op: "literal", Bool: &n.Value}, Bool
	case *ast.StringNode:
		return Tree{Op: "literal", Text: &n.Value}, literal
	case *ast.IntegerNode:
		return c.number(n, strconv.Itoa(n.Value))
	case *ast.FloatNode:
		return c.number(n, strconv.FormatFloat(n.Value, 'f', -1, 64))
	case *ast.IdentifierNode, *ast.MemberNode:
		return c.name(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.CallNode:
		name, _ := fieldName(n.Callee)
		return c.call(n, name, n.Arguments)
	case *ast.BuiltinNode: // the parser keeps some names to itself, count among them
		return c.call(n, n.Name, n.Arguments)
	case *ast.NilNode:
		return c.fail(n, "nil is not part of the language: for an unanswered question write not answered(overall)")
	case *ast.ArrayNode:
		return c.fail(n, "a list stands only after in: overall in [\"good\", \"fair\"]")
	default:
		return c.fail(n, "%s is not part of the language", spell(n))
	}
}

func (c *compiler) number(n ast.Node, digits string) (Tree, Kind) {
	d, err := decimal.Parse(digits)
	if err != nil {
		return c.fail(n, "%s is %v", digits, err)
	}
	return Tree{Op: "literal", Number: &d}, Number
}

// fieldName reads q or q.row.
func fieldName(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		before, ok := fieldName(n.Node)
		property, text := n.Property.(*ast.StringNode)
		if ok && text && !n.Optional {
			return before + "." + property.Value, true
		}
	}
	return "", false
}

func (c *compiler) look(n ast.Node) (string, Variable, bool) {
	name, ok := fieldName(n)
	if !ok {
		fix := ""
		if s, quoted := n.(*ast.StringNode); quoted && c.scope[s.Value].Kind != "" {
			fix = ": write it without quotes"
		}
		c.fail(n, "%s is not the name of a question%s", spell(n), fix)
		return "", Variable{}, false
	}
	v, known := c.scope[name]
	if question, _, part := strings.Cut(name, "."); part && !known && c.scope[question].Kind == Broken {
		v, known = c.scope[question], true
	}
	switch {
	case known && v.Without != "":
		c.fail(n, "%s", v.Without)
		return name, v, false
	case known && v.Kind == Broken:
		c.broken = true
		return name, v, false
	case !known:
		c.fail(first(n), "there is no question '%s'%s", name, c.suggest(name))
		c.faults[len(c.faults)-1].Unknown = name
	}
	return name, v, known
}

// first is where a name begins.
func first(n ast.Node) ast.Node {
	if m, ok := n.(*ast.MemberNode); ok {
		return first(m.Node)
	}
	return n
}

func (c *compiler) name(n ast.Node) (Tree, Kind) {
	name, v, ok := c.look(n)
	if !ok {
		return Tree{}, ""
	}
	return Tree{Op: string(v.Kind), Names: []string{name}}, v.Kind
}

func (c *compiler) suggest(name string) string {
	known := make([]string, 0, len(c.scope))
	for k := range c.scope {
		known = append(known, k)
	}
	slices.Sort(known)
	return nearest(name, known, "")
}

func nearest(word string, among []string, otherwise string) string {
	length := utf8.RuneCountInString(word)
	best, distance := "", 1+max(1, (length+1)/3)
	for _, a := range among {
		if d := levenshtein.ComputeDistance(word, a); d < distance && d < length {
			best, distance = a, d
		}
	}
	if best == "" {
		return otherwise
	}
	return fmt.Sprintf(": did you mean '%s'?", best)
}

func (c *compiler) unary(n *ast.UnaryNode) (Tree, Kind) {
	switch n.Operator {
	case "not", "!":
		return Tree{Op: "not", Args: []Tree{c.condition(n.Node)}}, Bool
	case "-":
		switch n := n.Node.(type) {
		case *ast.IntegerNode:
			return c.number(n, strconv.Itoa(-n.Value))
		case *ast.FloatNode:
			return c.number(n, strconv.FormatFloat(-n.Value, 'f', -1, 64))
		}
	}
	return c.fail(n, "there is no arithmetic: compare an answer with a number")
}

func (c *compiler) binary(n *ast.BinaryNode) (Tree, Kind) {
	switch n.Operator {
	case "and", "&&":
		return Tree{Op: "and", Args: []Tree{c.condition(n.Left), c.condition(n.Right)}}, Bool
	case "or", "||":
		return Tree{Op: "or", Args: []Tree{c.condition(n.Left), c.condition(n.Right)}}, Bool
	case "==", "!=", "<", "<=", ">", ">=":
		return c.compare(n)
	case "in":
		return c.member(n)
	case "contains":
		return c.contains(n)
	default:
		return c.fail(n, "the operator %s is not part of the language: use == != < <= > >= and or not in contains", n.Operator)
	}
}

func (c *compiler) compare(n *ast.BinaryNode) (Tree, Kind) {
	if c.bare(n.Left, n.Right) || c.bare(n.Right, n.Left) || c.loose(n.Left) {
		return Tree{}, ""
	}
	left, lk := c.value(n.Left)
	right, rk := c.value(n.Right)
	if lk == "" || rk == "" {
		return Tree{}, ""
	}
	if lk == literal && rk != literal || left.Op == "literal" && right.Op != "literal" {
		return c.compare(&ast.BinaryNode{Operator: mirrored[n.Operator], Left: n.Right, Right: n.Left})
	}
	if lk == Set || lk == Group {
		return c.fail(n.Left, "%s cannot be compared: %s", spell(n.Left), advice(lk, spell(n.Left)))
	}
	ordered := n.Operator != "==" && n.Operator != "!="
	switch {
	case lk == literal || left.Op == "literal":
		return c.fail(n.Left, "two constants are compared: one side must be an answer")
	case rk == literal && *right.Text == "" && n.Operator == "!=":
		return c.fail(n.Right, "for an answered question write answered(%s)", spell(n.Left))
	case rk == literal && *right.Text == "":
		return c.fail(n.Right, "for an unanswered question write not answered(%s)", spell(n.Left))
	case lk == Choice && rk == literal:
		if ordered {
			return c.fail(n.Left, "options have no order: compare score(%s) with a number", spell(n.Left))
		}
		if !c.option(n.Right, *right.Text, c.variable(left)) {
			return Tree{}, ""
		}
	case lk == Choice && rk == Number:
		if right.Number != nil && !ordered && slices.Contains(c.variable(left).Options, right.Number.String()) {
			return c.fail(n.Right, "options are texts: write \"%s\" in quotes", right.Number)
		}
		return c.fail(n.Left, "%s is an option, not a number: compare score(%s)", spell(n.Left), spell(n.Left))
	case lk == Bool && rk != Bool:
		return c.fail(n.Right, "%s is true or false: write %s, or not %s", spell(n.Left), spell(n.Left), spell(n.Left))
	case lk == Number && rk == literal && isNumber(*right.Text):
		return c.fail(n.Right, "%s is a number: write %s without quotes", spell(n.Left), *right.Text)
	case lk == Text && rk == literal && !c.laidOut(n.Right, *right.Text, c.variable(left)):
		return Tree{}, ""
	case lk == Choice && rk == Choice && !ordered, lk == Number && rk == Number, lk == Text && (rk == literal || rk == Text), lk == Bool && rk == Bool && !ordered:
	default:
		return c.fail(n.Right, "%s (%s) cannot be compared with %s (%s)", spell(n.Left), lk.words(), spell(n.Right), rk.words())
	}
	t := Tree{Op: n.Operator, Args: []Tree{left, right}}
	switch n.Operator {
	case "!=":
		return not(Tree{Op: "==", Args: t.Args}), Bool
	case ">", ">=":
		return Tree{Op: mirrored[n.Operator], Args: []Tree{right, left}}, Bool
	}
	return t, Bool
}

// bare finds an option, or a word for true or false, that lacks its quotes or has no need to be there. It is beside an answer.
func (c *compiler) bare(n, answer ast.Node) bool {
	word, ok := n.(*ast.IdentifierNode)
	name, named := fieldName(answer)
	if !ok || !named || c.scope[word.Value].Kind != "" {
		return false
	}
	switch v := c.scope[name]; {
	case slices.Contains(v.Options, word.Value) && v.Kind != Number:
		c.fail(n, "an option stands in quotes: write \"%s\"", word.Value)
	case v.Labels[word.Value] != "":
		c.fail(n, "an option is named by its id, in quotes: write \"%s\"", v.Labels[word.Value])
	case v.Kind == Bool:
		c.fail(n, "%s is true or false: write %s, or not %s", name, name, name)
	case v.Kind != "" && slices.Contains([]string{"null", "none", "empty", "undefined", "None"}, word.Value):
		c.fail(n, "%s is not part of the language: for an unanswered question write not answered(%s)", word.Value, name)
	default:
		return false
	}
	return true
}

// loose finds a not that binds to less than it seems to: not a == b means (not a) == b to the parser.
func (c *compiler) loose(left ast.Node) bool {
	unary, ok := left.(*ast.UnaryNode)
	if !ok || unary.Operator == "-" || unary.Operator == "+" {
		return false
	}
	c.fail(left, "put what %s belongs to into brackets: not (overall == …)", unary.Operator)
	return true
}

// laidOut checks that a text compared with a date or time is written like one.
func (c *compiler) laidOut(n ast.Node, text string, v Variable) bool {
	if v.Layout == "" {
		return true
	}
	if at, err := time.Parse(v.Layout, text); err != nil || at.Format(v.Layout) != text {
		example := time.Date(2026, 10, 31, 9, 30, 0, 0, time.UTC).Format(v.Layout)
		c.fail(n, "write \"%s\" like \"%s\", or it will never match", text, example)
		return false
	}
	return true
}

func isNumber(text string) bool {
	_, err := decimal.Parse(text)
	return err == nil
}

func not(t Tree) Tree { return Tree{Op: "not", Args: []Tree{t}} }

var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (k Kind) words() string {
	switch k {
	case Choice:
		return "an option"
	case Set:
		return "several options"
	case Number:
		return "a number"
	case Bool:
		return "true or false"
	case Group:
		return "a question with rows"
	default:
		return "a text"
	}
}

func (c *compiler) variable(t Tree) Variable {
	if len(t.Names) == 0 {
		return Variable{}
	}
	return c.scope[t.Names[0]]
}

// option checks that a text is one of the options it is compared with.
func (c *compiler) option(at ast.Node, id string, v Variable) bool {
	if slices.Contains(v.Options, id) {
		return true
	}
	if meant, ok := v.Labels[id]; ok {
		c.fail(at, "'%s' is what the respondent reads: write the option's id, \"%s\"", id, meant)
		return false
	}
	c.fail(at, "'%s' is not one of the options%s", id, nearest(id, v.Options, ": "+strings.Join(v.Options[:min(len(v.Options), 12)], ", ")))
	return false
}

func (c *compiler) member(n *ast.BinaryNode) (Tree, Kind) {
	if c.loose(n.Left) {
		return Tree{}, ""
	}
	if name, ok := fieldName(n.Right); ok && c.scope[name].Kind == Set {
		return c.fail(n.Left, "write it the other way round: %s contains %s", name, spell(n.Left))
	}
	left, kind := c.value(n.Left)
	if kind == "" {
		return Tree{}, ""
	}
	if kind != Choice && kind != Number && kind != Text || left.Op == "literal" {
		return c.fail(n.Left, "%s cannot stand before in: it must be an answer that is one option, a number or a text", spell(n.Left))
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return c.fail(n.Right, "a list belongs after in: %s in [\"…\", \"…\"]", spell(n.Left))
	}
	t := Tree{Op: "list"}
	for _, item := range list.Nodes {
		if c.bare(item, n.Left) {
			continue
		}
		value, k := c.value(item)
		switch {
		case k == "":
		case value.Op != "literal" || (k == Number) != (kind == Number):
			c.fail(item, "the list may hold only %s here", map[bool]string{true: "numbers", false: "texts in quotes"}[kind == Number])
		case kind == Choice && !c.option(item, *value.Text, c.variable(left)):
		case kind == Text && !c.laidOut(item, *value.Text, c.variable(left)):
		default:
			t.Args = append(t.Args, value)
		}
	}
	return Tree{Op: "in", Args: []Tree{left, t}}, Bool
}

func (c *compiler) contains(n *ast.BinaryNode) (Tree, Kind) {
	if c.bare(n.Right, n.Left) || c.loose(n.Left) {
		return Tree{}, ""
	}
	left, kind := c.value(n.Left)
	right, rk := c.value(n.Right)
	if kind == "" || rk == "" {
		return Tree{}, ""
	}
	switch {
	case kind != Set && kind != Text || left.Op == "literal":
		return c.fail(n.Left, "%s has only one value: write %s == …", spell(n.Left), spell(n.Left))
	case rk != literal:
		return c.fail(n.Right, "a text in quotes belongs after contains")
	case kind == Set && !c.option(n.Right, *right.Text, c.variable(left)):
		return Tree{}, ""
	case kind == Text && *right.Text == "":
		return c.fail(n.Right, "every text contains the empty one: write answered(%s)", spell(n.Left))
	}
	return Tree{Op: "contains", Args: []Tree{left, right}}, Bool
}

func (c *compiler) call(n ast.Node, name string, arguments []ast.Node) (Tree, Kind) {
	functions := []string{"answered", "score", "count"}
	if !slices.Contains(functions, name) {
		return c.fail(n, "there is no function '%s'%s", name, nearest(name, functions, ": use answered, score or count"))
	}
	if len(arguments) != 1 {
		return c.fail(n, "%s takes one question: %s(overall)", name, name)
	}
	at := arguments[0]
	field, v, ok := c.look(at)
	if !ok {
		return Tree{}, ""
	}
	fields := []string{field}
	if v.Kind == Group {
		fields = v.Parts
	}
	switch {
	case name == "answered":
		return Tree{Op: "answered", Names: fields}, Bool
	case name == "count" && v.Kind != Set && v.Kind != Group:
		return c.fail(at, "%s has only one value to count: use answered(%s)", field, field)
	case name == "count":
		return Tree{Op: "count", Names: fields}, Number
	case v.Kind == Number:
		return Tree{Op: "number", Names: fields}, Number
	case v.Kind != Choice || v.Scores == nil:
		return c.fail(at, "%s has no scores", field)
	}
	return Tree{Op: "score", Names: fields, Scores: v.Scores}, Number
}

// spell writes a part as the author would.
func spell(n ast.Node) string {
	if name, ok := fieldName(n); ok {
		return name
	}
	if s, ok := n.(*ast.StringNode); ok {
		return strconv.Quote(s.Value)
	}
	text := n.String()
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return text
}
