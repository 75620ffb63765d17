package questionnaire

import (
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A reader walks the YAML nodes of one file and collects its problems.
type reader struct {
	file        string
	lines       []string // of the file, with the edits applied
	edits       []edit   // fixes applied to the file so that reading can continue
	languages   []string
	problems    Problems
	reported    map[Problem]bool       // several aliases may lead to one problem
	visits      int                    // nodes read, aliases followed: bounded, so that a YAML bomb is one problem
	stopped     bool                   // after too many visits or problems: nothing more is read or reported
	unlisted    map[string]bool        // languages of texts that the survey does not list, reported once each
	nameless    bool                   // a dimension has no readable id, so a declared one may seem undeclared
	overallAt   *yaml.Node             // the value of scoring: overall
	conditions  []condition            // in the order in which they are read
	deferred    []func(*survey.Survey) // checks to run when all questions are read
	channelless bool                   // the survey's channels could not be read
	sealAt      *yaml.Node             // the key seal; nil if there is none
	segments    map[string]*yaml.Node  // the value of each segment key, by the question's id
	sensitive   map[string]*yaml.Node  // each sensitive key of a sensitive question, likewise
	telling     map[string]*yaml.Node  // what makes a question one that may say who answers, likewise
	missing     []missingID            // options and rows without an id
	taken       map[string]bool        // ids that entries of the list that is read have
	unread      []unreadLines
	lost        map[string]bool // the words in them
	checked     int             // bytes given to yaml.v3 to find them
	slips       slipReading
	files       Files
	picturesAt  map[*survey.Picture]*yaml.Node // the keys of pictures
}

// A slipReading says whether slips are looked for; see [fixSlips].
type slipReading int

const (
	noSlips    slipReading = iota // in sidecars
	slipsFirst                    // where the file is not valid YAML, a slip ends the reading: it is read again without them
	slipsFixed
)

func newReader(file string) *reader {
	return &reader{file: file, reported: map[Problem]bool{}, unlisted: map[string]bool{}, segments: map[string]*yaml.Node{}, sensitive: map[string]*yaml.Node{}, telling: map[string]*yaml.Node{}, picturesAt: map[*survey.Picture]*yaml.Node{}}
}

// Bounds of one run. Both are far above what any questionnaire needs, and cost a fraction of a second.
const (
	maxVisits   = 200_000
	maxProblems = 1_000
)

// fail reports a problem at a node.
func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.failAt(n.Line, n.Column, format, args...)
}

// failInside reports a problem inside a scalar, offset characters from its beginning.
func (r *reader) failInside(n *yaml.Node, offset int, format string, args ...any) {
	if r.stopped {
		return
	}
	line, column := r.position(n, offset)
	r.failAt(line, column, format, args...)
}

func (r *reader) failAt(line, column int, format string, args ...any) {
	if !r.stopped {
		r.report(line, column, message.New(format, args...))
	}
}

// report adds a problem, unless it is there already.
func (r *reader) report(line, column int, text message.Text) {
	if r.stopped || r.isConsequence(line, column, text) {
		return
	}
	p := Problem{File: r.file, Line: line, Column: r.originalColumn(line, column), Message: text}
	if r.reported[p] {
		return
	}
	if len(r.problems) == maxProblems {
		r.stopped = true
		p.Message = message.New("more than %d problems: fix these first", maxProblems)
	}
	r.reported[p] = true
	r.problems = append(r.problems, p)
}

// follow resolves an alias, and counts the node and its children as visits. It returns nil for nil, and after reading has
// stopped.
func (r *reader) follow(n *yaml.Node) *yaml.Node {
	if n == nil || r.stopped {
		return nil
	}
	at := n
	n = target(n)
	if r.visits += 1 + len(n.Content); r.visits >= maxVisits {
		r.stopTooLarge(at)
		return nil
	}
	return n
}

func (r *reader) stopTooLarge(at *yaml.Node) {
	r.fail(at, "too large: with its aliases (*) written out, the file has more than %d values", maxVisits)
	r.stopped = true
}

// target resolves an alias without counting the visit, for a node that is followed later.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// scalarText returns the text of a scalar; "" if n is nil or no scalar.
func scalarText(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return target(n).Value
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindOf names a node in a message.
func kindOf(n *yaml.Node) message.Text {
	switch {
	case n.Kind == yaml.MappingNode:
		return message.New("keys with values")
	case n.Kind == yaml.SequenceNode:
		return message.New("a list")
	case isNull(n):
		return message.New("nothing")
	case n.Kind == yaml.ScalarNode:
		return quote(n.Value)
	default:
		return message.New("an alias (*)")
	}
}
