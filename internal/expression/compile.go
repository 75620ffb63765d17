package expression

import (
	"errors"
	"maps"
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
	"glasspoll/internal/message"
)

// A Fault is one mistake in an expression.
type Fault struct {
	Offset  int // in characters, from the start of the expression
	Message message.Text
	Unknown string // the unknown name, if that is the fault
}

// Bounds of one expression: its length in bytes, and the nodes of its syntax tree.
const (
	MaxLength = 2_000
	maxNodes  = 500
)

// literal is the kind of a constant text. It is an option or a text, depending on what it is compared with.
const literal Kind = "literal"

// lowest is the kind of score(m) for a question with rows, which its tree names: their lowest score.
const lowest Kind = "lowest"

// Compile compiles a condition and checks it against the names of its survey. It returns the tree, or the faults sorted by
// offset. budget bounds the search for answers that meet the condition; see [Satisfiable]. The tree is empty,
// without faults, if the condition depends on a [Broken] name.
func Compile(source string, scope Scope, budget *int) (Tree, []Fault) {
	if len(source) > MaxLength {
		return Tree{}, []Fault{{Message: message.New("longer than %d characters: shorten it", MaxLength)}}
	}
	if fault, found := findForeign(source); found {
		return Tree{}, []Fault{fault}
	}
	parsed, err := parse(source)
	if err != nil {
		return Tree{}, []Fault{syntaxFault(source, err)}
	}
	c := compiler{source: source, scope: scope}
	tree := c.condition(parsed.Node)
	switch {
	case len(c.faults) > 0:
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Offset - b.Offset })
		return Tree{}, c.faults
	case c.broken:
		return Tree{}, nil
	case !Satisfiable(tree, scope, budget):
		return Tree{}, []Fault{{Message: message.New("can never be true: no answers meet this condition")}}
	}
	return tree, nil
}

func parse(source string) (*parser.Tree, error) {
	config := conf.CreateNew()
	for _, name := range builtin.Names {
		config.Disabled[name] = true
	}
	config.MaxNodes = maxNodes
	return parser.ParseWithConfig(source, config)
}

// findForeign finds the first character outside quotes that comes from an input method or from another language.
func findForeign(source string) (Fault, bool) {
	quote := rune(0)
	chars := []rune(source)
	for i, c := range chars {
		next := rune(0)
		if i+1 < len(chars) {
			next = chars[i+1]
		}
		var text message.Text
		switch {
		case quote != 0:
			if c == quote && chars[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.ContainsRune("“”‘’，（）＝＜＞！；：【】「」", c):
			text = message.New("%c is a full-width character: write the expression with half-width signs and straight quotes", c)
		case c == '{' || c == '$':
			text = message.New("a question is named without braces: write overall == …")
		case c == '<' && next == '>':
			text = message.New("<> does not compare: write != for \"not equal\"")
		case c == '=' && (next == '>' || next == '<'):
			text = message.New("=%c does not compare: write %c=", next, next)
		case (c == '&' || c == '|') && next != c && (i == 0 || chars[i-1] != c):
			text = message.New("%c is not part of the language: write %s", c, map[rune]string{'&': "and", '|': "or"}[c])
		}
		if !text.IsZero() {
			return Fault{Offset: i, Message: text}, true
		}
	}
	return Fault{}, false
}

var unexpected = regexp.MustCompile(`unexpected token (\w+)\("(.*)"\)`)

// syntaxFault turns an error of the parser into a fault with a message of this package.
func syntaxFault(source string, err error) Fault {
	var at *file.Error
	if !errors.As(err, &at) {
		return Fault{Message: message.New("cannot be read: write it more simply")}
	}
	text := message.New("cannot be read from here on: check its signs, quotes and brackets")
	token := unexpected.FindStringSubmatch(at.Message)
	switch {
	case strings.TrimSpace(source) == "":
		text = message.New("is empty: write a condition such as overall == \"good\"")
	case strings.Contains(at.Message, "token EOF"):
		text = message.New("is incomplete: something is missing at its end")
	case strings.Contains(at.Message, "literal not terminated"):
		text = message.New("a quote is opened and never closed")
	case strings.Contains(at.Message, "exceeds maximum allowed nodes"):
		text = message.New("has more than %d parts: simplify it", maxNodes)
	case token == nil:
	case token[2] == "=":
		text = message.New("= alone does not compare: write ==")
	case token[2] == ",":
		text = message.New("did not expect ',' here: a list is written in brackets [ ], and decimals with a point")
	case token[1] == "Identifier" && slices.Contains([]string{"and", "or", "not", "in", "contains"}, strings.ToLower(token[2])):
		text = message.New("did not expect '%s' here: write %s in small letters", token[2], strings.ToLower(token[2]))
	case token[1] == "Identifier" && synonyms[token[2]] != "":
		text = message.New("did not expect '%s' here: write %s", token[2], synonyms[token[2]])
	case token[1] == "Identifier":
		text = message.New("did not expect '%s' here: two parts are joined by one of == != < <= > >= and or in contains", token[2])
	default:
		text = message.New("cannot be read from here on: did not expect '%s'", token[2])
	}
	return Fault{Offset: min(at.From, utf8.RuneCountInString(source)), Message: text}
}

// synonyms maps words that authors write instead of an operator to that operator.
var synonyms = map[string]string{
	"或": "or", "或者": "or", "且": "and", "和": "and", "并且": "and", "而且": "and", "是": "==", "等于": "==", "不是": "!=", "不等于": "!=",
	"大于": ">", "小于": "<", "包含": "contains", "is": "==", "equals": "==", "includes": "contains", "has": "contains",
}

// A compiler compiles one condition.
type compiler struct {
	source string // "": nothing is suggested
	scope  Scope
	faults []Fault
	broken bool // the condition depends on a Broken name

	wrongOptions int // among the faults
}

// fail adds a fault. It returns the empty tree and kind, for the caller to return.
func (c *compiler) fail(n ast.Node, format string, args ...any) (Tree, Kind) {
	c.report(n, message.New(format, args...))
	return Tree{}, ""
}

func (c *compiler) report(n ast.Node, text message.Text) {
	c.faults = append(c.faults, Fault{Offset: n.Location().From, Message: text})
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

// advice says how to turn an answer of a kind into a condition.
func advice(kind Kind, name string) message.Text {
	switch kind {
	case Set:
		return message.New("write %s contains \"…\" or answered(%s)", name, name)
	case Choice, Text:
		return message.New("write %s == \"…\" or answered(%s)", name, name)
	case Group:
		return message.New("write answered(%s), or name one of its rows", name)
	default:
		return message.New("compare it")
	}
}

// value compiles any part. The kind is "" if the part has a fault.
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
	case *ast.BuiltinNode: // the parser reserves some names, among them count
		return c.call(n, n.Name, n.Arguments)
	case *ast.NilNode:
		return c.fail(n, "nil is not part of the language: for an unanswered question write not answered(overall)")
	case *ast.ArrayNode:
		return c.fail(n, "a list is allowed only after in: overall in [\"good\", \"fair\"]")
	default:
		return c.fail(n, "%s is not part of the language", spell(n))
	}
}

func (c *compiler) number(n ast.Node, digits string) (Tree, Kind) {
	d, err := decimal.Parse(digits)
	if err != nil {
		return c.fail(n, "%s is not a number with at most three decimals between -1000000000 and 1000000000", digits)
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

// resolve looks up a name. An unknown name is a fault.
func (c *compiler) resolve(n ast.Node) (string, Variable, bool) {
	name, ok := fieldName(n)
	if !ok {
		var hint message.Text
		if s, quoted := n.(*ast.StringNode); quoted && c.scope[s.Value].Kind != "" {
			hint = message.New(": write it without quotes")
		}
		c.fail(n, "%s is not the name of a question%s", spell(n), hint)
		return "", Variable{}, false
	}
	v, known := c.scope[name]
	if question, _, part := strings.Cut(name, "."); part && !known && c.scope[question].Kind == Broken {
		v, known = c.scope[question], true
	}
	switch {
	case known && !v.Without.IsZero():
		c.report(n, v.Without)
		return name, v, false
	case known && v.Kind == Broken:
		c.broken = true
		return name, v, false
	case !known:
		c.fail(leftmost(n), "there is no question '%s'%s", name, c.suggest(leftmost(n), name, c.names()))
		c.faults[len(c.faults)-1].Unknown = name
	}
	return name, v, known
}

// leftmost returns the node that a name begins with.
func leftmost(n ast.Node) ast.Node {
	if m, ok := n.(*ast.MemberNode); ok {
		return leftmost(m.Node)
	}
	return n
}

func (c *compiler) name(n ast.Node) (Tree, Kind) {
	name, v, ok := c.resolve(n)
	if !ok {
		return Tree{}, ""
	}
	return Tree{Op: string(v.Kind), Names: []string{name}}, v.Kind
}

// suggest suggests the nearest of some words in place of one at a node, if the condition has fewer faults with it.
func (c *compiler) suggest(at ast.Node, word string, among []string) message.Text {
	source, offset := []rune(c.source), at.Location().From
	end := offset + utf8.RuneCountInString(word)
	if end > len(source) || string(source[offset:end]) != word {
		return message.Text{}
	}
	before, rest := string(source[:offset]), string(source[end:])
	faults := c.countFaults(c.source)
	for _, near := range nearestFirst(word, among) {
		if c.countFaults(before+near+rest) < faults {
			return message.New(": did you mean '%s'?", near)
		}
	}
	return message.Text{}
}

// countFaults counts the faults of a condition whose signs can be read. A wrong option is none: the name before it may be right.
func (c *compiler) countFaults(source string) int {
	parsed, err := parse(source)
	if err != nil {
		return maxNodes
	}
	trial := compiler{scope: c.scope}
	trial.condition(parsed.Node)
	return len(trial.faults) - trial.wrongOptions
}

// names lists all names, sorted.
func (c *compiler) names() []string { return slices.Sorted(maps.Keys(c.scope)) }

// maxNearest bounds the words that are tried in place of another.
const maxNearest = 3

// nearestFirst lists the words of among that are near to word, the nearest first.
func nearestFirst(word string, among []string) []string {
	length := utf8.RuneCountInString(word)
	most := max(1, (length+1)/3)
	byDistance := map[int][]string{}
	for _, a := range among {
		if d := levenshtein.ComputeDistance(word, a); d <= most && d < length {
			byDistance[d] = append(byDistance[d], a)
		}
	}
	var near []string
	for d := range most + 1 {
		near = append(near, byDistance[d]...)
	}
	return near[:min(len(near), maxNearest)]
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
		return c.in(n)
	case "contains":
		return c.contains(n)
	default:
		return c.fail(n, "the operator %s is not part of the language: use == != < <= > >= and or not in contains", n.Operator)
	}
}

// An operand is one side of a comparison.
type operand struct {
	node ast.Node
	tree Tree
	kind Kind
}

func (o operand) isConstant() bool { return o.tree.Op == "literal" }

func (o operand) isText(text string) bool { return o.kind == literal && *o.tree.Text == text }

func (c *compiler) operand(n ast.Node) operand {
	tree, kind := c.value(n)
	return operand{n, tree, kind}
}

func (c *compiler) compare(n *ast.BinaryNode) (Tree, Kind) {
	if c.failBareWord(n.Left, n.Right) || c.failBareWord(n.Right, n.Left) || c.failLooseNot(n.Left) {
		return Tree{}, ""
	}
	left, right := c.operand(n.Left), c.operand(n.Right)
	if left.kind == "" || right.kind == "" {
		return Tree{}, ""
	}
	if left.kind == literal && right.kind != literal || left.isConstant() && !right.isConstant() {
		return c.compare(&ast.BinaryNode{Operator: Mirrored[n.Operator], Left: n.Right, Right: n.Left})
	}
	if left.kind == lowest {
		return c.compareLowest(left, n.Operator, right)
	}
	if !c.checkComparison(left, n.Operator, right) {
		return Tree{}, ""
	}
	args := []Tree{left.tree, right.tree}
	switch n.Operator {
	case "!=":
		return not(Tree{Op: "==", Args: args}), Bool
	case ">", ">=":
		slices.Reverse(args)
		return Tree{Op: Mirrored[n.Operator], Args: args}, Bool
	}
	return Tree{Op: n.Operator, Args: args}, Bool
}

// compareLowest compiles the comparison of the lowest score of a question's rows with a number: some row compares so, and, for
// what only low rows could contradict, no row is below. Like an unanswered question, rows of which none has a score are
// neither more nor less than anything.
func (c *compiler) compareLowest(left operand, operator string, right operand) (Tree, Kind) {
	if right.tree.Number == nil {
		return c.fail(right.node, "score(%s) is the lowest score of its rows: compare it with a number", left.tree.Names[0])
	}
	some := func(operator string) Tree {
		var rows []Tree
		for _, name := range c.scope[left.tree.Names[0]].Items {
			args := []Tree{{Op: "score", Names: []string{name}, Scores: c.scope[name].Scores}, right.tree}
			if operator == ">" || operator == ">=" {
				slices.Reverse(args)
				rows = append(rows, Tree{Op: Mirrored[operator], Args: args})
				continue
			}
			rows = append(rows, Tree{Op: operator, Args: args})
		}
		return Any(rows)
	}
	but := func(operator, none string) Tree {
		return Tree{Op: "and", Args: []Tree{some(operator), not(some(none))}}
	}
	switch operator {
	case ">":
		return but(">", "<="), Bool
	case ">=":
		return but(">=", "<"), Bool
	case "==":
		return but("==", "<"), Bool
	case "!=":
		return not(but("==", "<")), Bool
	}
	return some(operator), Bool
}

// checkComparison reports whether two operands can be compared; if not, that is a fault. If one of them is a constant, it is
// on the right.
func (c *compiler) checkComparison(left operand, operator string, right operand) bool {
	name := spell(left.node)
	equality := operator == "==" || operator == "!="
	switch {
	case left.kind == Set || left.kind == Group:
		c.fail(left.node, "%s cannot be compared: %s", name, advice(left.kind, name))
		return false
	case left.isConstant():
		c.fail(left.node, "two constants are compared: one side must be an answer")
		return false
	case right.isText("") && operator == "!=":
		c.fail(right.node, "for an answered question write answered(%s)", name)
		return false
	case right.isText(""):
		c.fail(right.node, "for an unanswered question write not answered(%s)", name)
		return false
	}
	switch left.kind {
	case Choice:
		if right.kind == literal || right.kind == Number {
			return c.checkOption(left, equality, right)
		}
	case Bool:
		if right.kind != Bool {
			c.fail(right.node, "%s is true or false: write %s, or not %s", name, name, name)
			return false
		}
	case Number:
		if right.kind == literal && isNumber(*right.tree.Text) {
			c.fail(right.node, "%s is a number: write %s without quotes", name, *right.tree.Text)
			return false
		}
	case Text:
		if right.kind == literal {
			return c.checkLayout(right.node, *right.tree.Text, c.variable(left.tree))
		}
	}
	if left.kind == right.kind && (equality || left.kind == Number || left.kind == Text) {
		return true
	}
	c.fail(right.node, "%s (%s) cannot be compared with %s (%s)", name, left.kind.words(), spell(right.node), right.kind.words())
	return false
}

// checkOption reports whether a choice can be compared with a constant text or a number; if not, that is a fault.
func (c *compiler) checkOption(left operand, equality bool, right operand) bool {
	name, v := spell(left.node), c.variable(left.tree)
	number := right.tree.Number
	switch {
	case right.kind == literal && equality:
		return c.isOption(right.node, *right.tree.Text, v)
	case right.kind == literal:
		c.fail(left.node, "options have no order: compare score(%s) with a number", name)
	case number != nil && equality && slices.Contains(v.Options, number.String()):
		c.fail(right.node, "options are texts: write \"%s\" in quotes", number)
	default:
		c.fail(left.node, "%s is an option, not a number: compare score(%s)", name, name)
	}
	return false
}

// failBareWord reports whether n, compared with an answer, is a word that lacks quotes or that the language does not have. If
// so, that is a fault.
func (c *compiler) failBareWord(n, answer ast.Node) bool {
	word, ok := n.(*ast.IdentifierNode)
	name, named := fieldName(answer)
	if !ok || !named || c.scope[word.Value].Kind != "" {
		return false
	}
	switch v := c.scope[name]; {
	case slices.Contains(v.Options, word.Value) && v.Kind != Number:
		c.fail(n, "an option needs quotes: write \"%s\"", word.Value)
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

// failLooseNot reports whether the left side is a not that applies to less than it seems to: the parser reads not a == b as
// (not a) == b. If so, that is a fault.
func (c *compiler) failLooseNot(left ast.Node) bool {
	unary, ok := left.(*ast.UnaryNode)
	if !ok || unary.Operator == "-" || unary.Operator == "+" {
		return false
	}
	c.fail(left, "put brackets around what %s applies to: not (overall == …)", unary.Operator)
	return true
}

// checkLayout reports whether a text that is compared with a date or time is written like one; if not, that is a fault.
func (c *compiler) checkLayout(n ast.Node, text string, v Variable) bool {
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

// Mirrored maps a comparison to the one that means the same with its sides exchanged.
var Mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// words names the kind in messages.
func (k Kind) words() message.Text {
	switch k {
	case Choice:
		return message.New("an option")
	case Set:
		return message.New("several options")
	case Number, lowest:
		return message.New("a number")
	case Bool:
		return message.New("true or false")
	case Group:
		return message.New("a question with rows")
	default:
		return message.New("a text")
	}
}

// variable returns the variable that a part names.
func (c *compiler) variable(t Tree) Variable {
	if len(t.Names) == 0 {
		return Variable{}
	}
	return c.scope[t.Names[0]]
}

// isOption reports whether id is one of the options of v; if not, that is a fault.
func (c *compiler) isOption(at ast.Node, id string, v Variable) bool {
	if slices.Contains(v.Options, id) {
		return true
	}
	c.wrongOptions++
	if meant, ok := v.Labels[id]; ok {
		c.fail(at, "'%s' is what the respondent reads: write the option's id, \"%s\"", id, meant)
		return false
	}
	hint := message.New(": %s", message.Words(v.Options[:min(len(v.Options), 12)]...))
	if near := nearestFirst(id, v.Options); len(near) > 0 {
		hint = message.New(": did you mean '%s'?", near[0])
	}
	c.fail(at, "'%s' is not one of the options%s", id, hint)
	return false
}

// in compiles left in [items].
func (c *compiler) in(n *ast.BinaryNode) (Tree, Kind) {
	if c.failLooseNot(n.Left) {
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
		return c.fail(n.Left, "%s cannot be used before in: it must be an answer that is one option, a number or a text", spell(n.Left))
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return c.fail(n.Right, "a list belongs after in: %s in [\"…\", \"…\"]", spell(n.Left))
	}
	items := Tree{Op: "list"}
	for _, item := range list.Nodes {
		if c.failBareWord(item, n.Left) {
			continue
		}
		value, k := c.value(item)
		switch {
		case k == "":
		case value.Op != "literal" || (k == Number) != (kind == Number):
			what := message.New("texts in quotes")
			if kind == Number {
				what = message.New("numbers")
			}
			c.fail(item, "the list may hold only %s here", what)
		case kind == Choice && !c.isOption(item, *value.Text, c.variable(left)):
		case kind == Text && !c.checkLayout(item, *value.Text, c.variable(left)):
		default:
			items.Args = append(items.Args, value)
		}
	}
	return Tree{Op: "in", Args: []Tree{left, items}}, Bool
}

func (c *compiler) contains(n *ast.BinaryNode) (Tree, Kind) {
	if c.failBareWord(n.Right, n.Left) || c.failLooseNot(n.Left) {
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
	case kind == Set && !c.isOption(n.Right, *right.Text, c.variable(left)):
		return Tree{}, ""
	case kind == Text && *right.Text == "":
		return c.fail(n.Right, "every text contains the empty one: write answered(%s)", spell(n.Left))
	}
	return Tree{Op: "contains", Args: []Tree{left, right}}, Bool
}

// call compiles answered(q), score(q) and count(q).
func (c *compiler) call(n ast.Node, name string, arguments []ast.Node) (Tree, Kind) {
	functions := []string{"answered", "score", "count"}
	if !slices.Contains(functions, name) {
		hint := c.suggest(n, name, functions)
		if hint.IsZero() {
			hint = message.New(": use answered, score or count")
		}
		return c.fail(n, "there is no function '%s'%s", name, hint)
	}
	if len(arguments) != 1 {
		return c.fail(n, "%s takes one question: %s(overall)", name, name)
	}
	at := arguments[0]
	field, v, ok := c.resolve(at)
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
	case len(v.Items) > 0:
		return Tree{Op: "score", Names: []string{field}}, lowest
	case v.Kind != Choice || v.Scores == nil:
		return c.fail(at, "%s has no scores", field)
	}
	return Tree{Op: "score", Names: fields, Scores: v.Scores}, Number
}

// spell returns a part as it is written in the condition, for messages.
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
