package tally

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// basePlan holds what bases need of a questionnaire.
type basePlan struct {
	names   []string // of the facts that any condition reads, sorted
	fields  []baseField
	classes map[string][]string // by facts: the class of each field
	key     []byte              // of facts, reused
}

// baseField is a field of which facts decide who is asked it.
type baseField struct {
	name       string
	asked      *expression.Tree // its question's condition and its section's; nil for always
	conditions []*expression.Tree
}

// mostClasses bounds the combinations of facts whose classes are remembered: a value from a link may be anything.
const mostClasses = 4096

// NotAsked is the class of respondents who are not asked a field, whatever they answer.
const NotAsked = "-"

// newBasePlan returns nil if facts decide nothing.
func newBasePlan(s *survey.Survey) *basePlan {
	p := &basePlan{classes: map[string][]string{}}
	for _, f := range s.Fields() {
		if !f.Counted() {
			continue
		}
		conditions := s.FactCondition(f)
		if conditions == nil {
			continue
		}
		p.fields = append(p.fields, baseField{f.Name, s.Condition(f.Question), conditions})
		for _, c := range conditions {
			for _, name := range c.Uses() {
				if s.IsFact(name) && !slices.Contains(p.names, name) {
					p.names = append(p.names, name)
				}
			}
		}
	}
	if len(p.fields) == 0 {
		return nil
	}
	slices.Sort(p.names)
	return p
}

// foldBases counts a respondent in the class of each field.
func (c *Counters) foldBases(p *basePlan, r answer.Response) {
	for i, class := range p.of(r) {
		name := p.fields[i].name
		if c.Bases == nil {
			c.Bases = make(map[string]map[string]int64, len(p.fields))
		}
		if c.Bases[name] == nil {
			c.Bases[name] = map[string]int64{}
		}
		c.Bases[name][class]++
	}
}

// of returns a respondent's class for each field.
func (p *basePlan) of(r answer.Response) []string {
	p.key = p.key[:0]
	for _, name := range p.names {
		values := fact(r, name)
		p.key = binary.AppendUvarint(p.key, uint64(len(values)))
		for _, value := range values {
			p.key = append(binary.AppendUvarint(p.key, uint64(len(value))), value...)
		}
	}
	if classes, known := p.classes[string(p.key)]; known {
		return classes
	}
	classes := make([]string, len(p.fields))
	for i := range p.fields {
		classes[i] = p.fields[i].class(func(name string) (values []string, known bool) {
			if !slices.Contains(p.names, name) {
				return nil, false
			}
			return fact(r, name), true
		})
	}
	if len(p.classes) >= mostClasses {
		clear(p.classes)
	}
	p.classes[string(p.key)] = classes
	return classes
}

// fact returns a respondent's values of a fact.
func fact(r answer.Response, name string) []string {
	one := ""
	switch name {
	case "channel":
		one = r.Channel
	case "language":
		one = r.Language
	default:
		return valuesOf(r, name)
	}
	if one == "" {
		return nil
	}
	return []string{one}
}

// class names what is left of the conditions of those with the known facts.
func (f *baseField) class(facts func(name string) (values []string, known bool)) string {
	if f.asked != nil {
		if asked := f.asked.Given(facts); asked.Op == "literal" && asked.Bool != nil && !*asked.Bool {
			return NotAsked
		}
	}
	rest := make([]expression.Tree, len(f.conditions))
	for i, c := range f.conditions {
		rest[i] = c.Given(facts)
	}
	return hashOf(rest, 6)
}

// hashOf returns the first bytes of a hash of plain data, in hexadecimal.
func hashOf(plain any, size int) string {
	data, err := json.Marshal(plain)
	if err != nil {
		panic("tally: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:size])
}
