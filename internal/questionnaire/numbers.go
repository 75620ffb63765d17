package questionnaire

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The numbers of YAML 1.2's core schema, but for .inf and .nan, which no key takes.
var (
	coreInteger = regexp.MustCompile(`^([-+]?[0-9]{1,40}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16})$`)
	coreFloat   = regexp.MustCompile(`^[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,2})?$`)
)

// number returns the text of a scalar; for a number, which YAML may write as 1e3, 0x10 or 5.0, as plain decimals: 1000, 16, 5.
func number(s *yaml.Node) string {
	text := s.Value
	if s.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return text
	}
	if strings.HasPrefix(text, "0o") || strings.HasPrefix(text, "0x") {
		if n, err := strconv.ParseUint(text, 0, 64); err == nil && coreInteger.MatchString(text) {
			return strconv.FormatUint(n, 10)
		}
	}
	if !coreFloat.MatchString(text) {
		return text
	}
	n, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return text
	case n.IsInt():
		return n.Num().String()
	}
	return strings.TrimRight(n.FloatString(140), "0") // exact: at most 40 + 99 digits
}

var coreTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map"}

// isTagged reports whether a value begins with a "!" that is no tag of YAML's own, or one that does not fit the value.
func isTagged(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return false
	}
	switch n.Tag {
	case "!!int":
		return !coreInteger.MatchString(n.Value)
	case "!!float":
		return !coreFloat.MatchString(n.Value)
	case "!!bool":
		return !slices.Contains([]string{"true", "True", "TRUE", "false", "False", "FALSE"}, n.Value)
	case "!!null":
		return !slices.Contains([]string{"", "~", "null", "Null", "NULL"}, n.Value)
	}
	return !slices.Contains(coreTags, n.Tag)
}
