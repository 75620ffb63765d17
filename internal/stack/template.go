package stack

import (
	"bytes"
	"iter"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
)

// A Template is one of CloudFormation, as YAML or JSON.
type Template struct {
	Description string
	Parameters  []Parameter // in the order of the file
	Resources   []Resource  // in the order of the file
	document    *yaml.Node
}

// A Parameter of a template, and what its values may be.
type Parameter struct {
	Name, Type        string
	Default           *string // nil if there is none
	Secret            bool    // CloudFormation never shows its value
	pattern           *regexp.Regexp
	allowed           []string
	min, max          float64 // of a number
	shortest, longest int     // characters
}

// A Resource of a template.
type Resource struct {
	Name, Type string // such as Bucket, AWS::S3::Bucket
	Package    string // of a function, such as submit: its code is ../bin/submit.zip
	Stays      bool   // when it leaves the stack, or the stack is deleted
}

// The types of resources that hold what cannot be made again.
const (
	tableType  = "AWS::DynamoDB::Table"
	bucketType = "AWS::S3::Bucket"
)

func holdsData(kind string) bool { return kind == tableType || kind == bucketType }

// ParseTemplate reads a template.
func ParseTemplate(source []byte) (*Template, error) {
	t := &Template{document: &yaml.Node{}}
	if err := yaml.Unmarshal(source, t.document); err != nil {
		return nil, message.Errorf("the template cannot be read: %w", err)
	}
	if len(t.document.Content) != 1 || child(t.document.Content[0], "Resources") == nil {
		return nil, message.Errorf("the template cannot be read: it has no Resources")
	}
	root := t.document.Content[0]
	t.Description = scalar(child(root, "Description"))
	for name, node := range pairs(child(root, "Parameters")) {
		p, err := readParameter(name, node)
		if err != nil {
			return nil, message.Errorf("the template cannot be read: %w", err)
		}
		t.Parameters = append(t.Parameters, p)
	}
	for name, node := range pairs(child(root, "Resources")) {
		r := Resource{Name: name, Type: scalar(child(node, "Type")), Stays: strings.HasPrefix(scalar(child(node, "DeletionPolicy")), "Retain")}
		if code := codeOf(node); code != nil {
			r.Package = strings.TrimSuffix(path.Base(code.Value), ".zip")
		}
		t.Resources = append(t.Resources, r)
	}
	return t, nil
}

func readParameter(name string, node *yaml.Node) (Parameter, error) {
	p := Parameter{Name: name, Type: scalar(child(node, "Type")), Secret: scalar(child(node, "NoEcho")) == "true", min: math.Inf(-1), max: math.Inf(1), longest: 4096}
	if d := child(node, "Default"); d != nil {
		p.Default = &d.Value
	}
	if list := child(node, "AllowedValues"); list != nil {
		for _, v := range list.Content {
			p.allowed = append(p.allowed, v.Value)
		}
	}
	if pattern := child(node, "AllowedPattern"); pattern != nil {
		var err error
		if p.pattern, err = regexp.Compile("^(?:" + pattern.Value + ")$"); err != nil {
			return p, err
		}
	}
	for key, bound := range map[string]*float64{"MinValue": &p.min, "MaxValue": &p.max} {
		if n, err := strconv.ParseFloat(scalar(child(node, key)), 64); err == nil {
			*bound = n
		}
	}
	for key, bound := range map[string]*int{"MinLength": &p.shortest, "MaxLength": &p.longest} {
		if n, err := strconv.Atoi(scalar(child(node, key))); err == nil {
			*bound = n
		}
	}
	return p, nil
}

// check returns what is wrong with a value; the zero Text if it may be used.
func (p Parameter) check(value string) message.Text {
	length := utf8.RuneCountInString(value)
	switch {
	case len(p.allowed) > 0:
		if !slices.Contains(p.allowed, value) {
			return message.New("write one of %s", message.Words(p.allowed...))
		}
	case p.Type == "Number":
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil || math.IsNaN(n) || math.IsInf(n, 0):
			return message.New("write a number")
		case n < p.min:
			return message.New("it may not be less than %s", number(p.min))
		case n > p.max:
			return message.New("it may not be more than %s", number(p.max))
		}
	case length < p.shortest:
		return message.New("it needs %s or more", message.Count(p.shortest, "character"))
	case length > p.longest:
		return message.New("it may not have more than %s", message.Count(p.longest, "character"))
	case p.pattern != nil && !p.pattern.MatchString(value):
		return message.New("it has to match %s", strings.TrimSuffix(strings.TrimPrefix(p.pattern.String(), "^(?:"), ")$"))
	}
	return message.Text{}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// parameter returns the parameter of a name; nil if there is none.
func (t *Template) parameter(name string) *Parameter {
	i := slices.IndexFunc(t.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Parameters[i]
}

// Packages returns the names of the functions' packages, sorted.
func (t *Template) Packages() []string {
	var names []string
	for _, r := range t.Resources {
		if r.Package != "" {
			names = append(names, r.Package)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// namesIAM reports whether roles or policies have names of their own, which CloudFormation wants to be agreed to.
func (t *Template) namesIAM() bool {
	for _, node := range pairs(child(t.document.Content[0], "Resources")) {
		properties := child(node, "Properties")
		if strings.HasPrefix(scalar(child(node, "Type")), "AWS::IAM::") && (child(properties, "RoleName") != nil || child(properties, "ManagedPolicyName") != nil) {
			return true
		}
	}
	return false
}

// count returns how many resources of a type there are.
func (t *Template) count(kind string) int {
	n := 0
	for _, r := range t.Resources {
		if r.Type == kind {
			n++
		}
	}
	return n
}

// render returns the template as CloudFormation takes it: each package is where location says, and aliases of YAML, which it
// does not document to know, are written out.
func (t *Template) render(location func(name string) string) ([]byte, error) {
	root := expanded(t.document.Content[0])
	for _, node := range pairs(child(root, "Resources")) {
		if code := codeOf(node); code != nil {
			code.Value = location(strings.TrimSuffix(path.Base(code.Value), ".zip"))
		}
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// codeOf returns where the code of a function is; nil if the resource is no function whose package is a file.
func codeOf(resource *yaml.Node) *yaml.Node {
	if scalar(child(resource, "Type")) != "AWS::Serverless::Function" {
		return nil
	}
	if code := child(child(resource, "Properties"), "CodeUri"); code != nil && code.Kind == yaml.ScalarNode {
		return code
	}
	return nil
}

// expanded returns a copy of a node without aliases.
func expanded(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return expanded(n.Alias)
	}
	c := *n
	c.Anchor, c.Content = "", nil
	for _, inner := range n.Content {
		c.Content = append(c.Content, expanded(inner))
	}
	return &c
}

// child returns the value of a key of a mapping; nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for name, value := range pairs(n) {
		if name == key {
			return value
		}
	}
	return nil
}

// pairs yields what a mapping has.
func pairs(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n != nil && n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// scalar returns the text of a value; "" if there is none.
func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}
