// Package rendertest has what the tests of pages share: questionnaires to render, golden files, and checks for every page.
package rendertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Every returns a survey with a question of every type.
func Every(t testing.TB) *survey.Survey {
	t.Helper()
	source, err := os.ReadFile("../render/testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("every.yaml", source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.Version = "v1" // the goldens should not change with the format
	return s
}

// Shipped reads a questionnaire that is shipped.
func Shipped(t testing.TB, name string) *survey.Survey {
	t.Helper()
	source, err := os.ReadFile("../../surveys/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse(name+".yaml", source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// Thirty returns a survey of 30 questions of common types.
func Thirty(t testing.TB) *survey.Survey {
	t.Helper()
	var y strings.Builder
	y.WriteString("id: thirty\ntitle: {zh: 年度客户满意度调查, en: Annual survey of customer satisfaction}\nlanguages: [zh, en]\nminutes: 8\n" +
		"intro: {zh: 感谢您的支持。请根据实际感受作答。, en: Thank you for your custom. Please answer as you feel.}\nscales:\n  s:\n")
	for i, l := range [][2]string{{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Neither"}, {"不满意", "Dissatisfied"}, {"非常不满意", "Very dissatisfied"}} {
		fmt.Fprintf(&y, "    - {id: s%d, score: %d, label: {zh: %s, en: %s}}\n", 5-i, 5-i, l[0], l[1])
	}
	y.WriteString("sections:\n")
	topics := [][2]string{{"产品质量", "the quality of our products"}, {"交货期", "the time of delivery"}, {"服务态度", "the manner of our staff"},
		{"售后服务", "our service after the sale"}, {"价格", "our prices"}, {"投诉处理", "how complaints are handled"}}
	for sec := range 5 {
		fmt.Fprintf(&y, "  - id: sec%d\n    title: {zh: 第%d部分, en: Part %d}\n    questions:\n", sec, sec+1, sec+1)
		for i, topic := range topics {
			label := fmt.Sprintf("label: {zh: 您对%s（%d）的评价如何？, en: \"How do you find %s (%d)?\"}", topic[0], sec, topic[1], sec)
			id := fmt.Sprintf("q%d_%d", sec, i)
			switch i {
			case 3:
				fmt.Fprintf(&y, "      - {id: %s, type: nps, %s}\n", id, label)
			case 4:
				fmt.Fprintf(&y, "      - {id: %s, type: matrix, scale: s, %s, rows: [", id, label)
				for j, row := range topics[:4] {
					fmt.Fprintf(&y, "{id: r%d, label: {zh: %s, en: %s}}, ", j, row[0], row[1])
				}
				y.WriteString("]}\n")
			case 5:
				fmt.Fprintf(&y, "      - {id: %s, type: long_text, %s}\n", id, label)
			default:
				fmt.Fprintf(&y, "      - {id: %s, type: single_choice, scale: s, required: true, %s}\n", id, label)
			}
		}
	}
	s, problems := questionnaire.Parse("thirty.yaml", []byte(y.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// Hostile is a text that breaks pages which do not escape it.
const Hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}} javascript:alert(1) </textarea></title></style>` + "\u202e"

// Poison puts the Hostile text into every text of a survey, and everything else that an author writes freely.
func Poison(s *survey.Survey) { poison(reflect.ValueOf(s).Elem()) }

func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			switch {
			case !v.Type().Field(i).IsExported():
			case f.Type() == reflect.TypeFor[survey.Text]():
				f.Set(reflect.ValueOf(survey.Text{"en": Hostile, "zh": Hostile}))
			case f.Type() == reflect.TypeFor[*string]() && !f.IsNil(): // a text in a condition
				f.Elem().SetString(Hostile)
			case f.Kind() != reflect.String:
				poison(f)
			case name == "Email" || name == "Phone" || name == "Number" || name == "Pattern" || name == "ApprovedBy" ||
				name == "Version" && v.Type() == reflect.TypeFor[survey.Document]():
				f.SetString(Hostile)
			default:
				poison(f)
			}
		}
	}
}

// Text returns the text of a page without scripts.
func Text(t *testing.T, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// elements are the elements that templates use.
var elements = strings.Fields(`html head meta title link script body a header main footer nav section article aside h1 h2 h3 h4 p ul ol li b i small span
	code em strong div form input fieldset legend label select option textarea button svg circle path rect line text g table thead tbody tr th td
	tfoot caption details summary dl dt dd progress desc figure figcaption blockquote noscript`)

// Faults lists the faults of a page as a document: elements and attributes that no template has, ids that are not
// unique, references that lead nowhere or away, unknown scripts, and controls without a label.
func Faults(t testing.TB, page []byte) []string {
	t.Helper()
	root, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	c := checker{ids: map[string]bool{}, labelled: map[string]bool{}}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			c.element(n)
		}
	}
	for _, id := range c.references {
		if !c.ids[id] {
			c.fault("a reference to #%s leads nowhere", id)
		}
	}
	for n := range root.Descendants() {
		if isControl(n) && !c.labelled[Attr(n, "id")] && !insideLabel(n) {
			c.fault("<%s name=%s> has no label", n.Data, Attr(n, "name"))
		}
	}
	return c.faults
}

// checker collects the faults of a page.
type checker struct {
	faults     []string
	ids        map[string]bool
	labelled   map[string]bool // ids of controls
	references []string        // to ids
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) element(n *html.Node) {
	if !slices.Contains(elements, n.Data) {
		c.fault("an element %s that no template has", n.Data)
	}
	for _, a := range n.Attr {
		c.attribute(n, a)
	}
	if n.Data == "script" {
		c.script(n)
	}
}

func (c *checker) attribute(n *html.Node, a html.Attribute) {
	switch {
	case strings.HasPrefix(a.Key, "on") || a.Key == "style":
		c.fault("<%s> has the attribute %s", n.Data, a.Key)
	case a.Key == "id":
		if c.ids[a.Val] {
			c.fault("two elements have the id %s", a.Val)
		}
		c.ids[a.Val] = true
	case a.Key == "for":
		c.labelled[a.Val] = true
		c.references = append(c.references, a.Val)
	case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
		c.references = append(c.references, strings.Fields(a.Val)...)
	case a.Key == "href" || a.Key == "src" || a.Key == "action":
		c.address(n, a)
	}
}

func (c *checker) address(n *html.Node, a html.Attribute) {
	if id, ok := strings.CutPrefix(a.Val, "#"); ok {
		c.references = append(c.references, id)
	} else if at := strings.IndexAny(a.Val, ":/"); at >= 0 && a.Val[at] == ':' && a.Val[:at] != "mailto" && a.Val[:at] != "tel" {
		c.fault("<%s %s=%q> leaves the site", n.Data, a.Key, a.Val)
	} else if strings.HasPrefix(a.Val, "/") {
		c.fault("<%s %s=%q> is not relative", n.Data, a.Key, a.Val)
	}
}

func (c *checker) script(n *html.Node) {
	if Attr(n, "type") == "application/json" {
		if n.FirstChild == nil || !json.Valid([]byte(n.FirstChild.Data)) || strings.ContainsAny(n.FirstChild.Data, "<>&") {
			c.fault("data that are not JSON, or may end their element")
		}
		return
	}
	known := []string{"../assets/script-1.js", "../../assets/script-1.js", "../../../assets/script-1.js"}
	if !slices.Contains(known, Attr(n, "src")) || n.FirstChild != nil {
		c.fault("an unknown script: %s", Attr(n, "src"))
	}
}

func isControl(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	isHidden := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "hidden" }) // the field that people do not see
	return n.Data == "input" && Attr(n, "type") != "hidden" && !isHidden || n.Data == "select" || n.Data == "textarea"
}

func insideLabel(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" {
			return true
		}
	}
	return false
}

// Attr returns the value of an attribute; "" without one.
func Attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Head reads what a page's head says: the content of each meta element and the address of each link, by name.
func Head(t *testing.T, draw func(w io.Writer) error) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for n := range root.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "meta":
			for _, key := range []string{"name", "property"} {
				if at[key] != "" {
					found[at[key]+at["media"]] = at["content"]
				}
			}
		case n.Data == "link":
			found[at["rel"]+at["hreflang"]] = at["href"]
		case n.Data == "img" || n.Data == "source":
			found[n.Data+at["media"]] = at["src"] + at["srcset"] + " " + at["alt"]
		}
	}
	return found
}

// CheckHead compares a head with some of what it should say; "-" means that it should not say it.
func CheckHead(t *testing.T, name string, got, want map[string]string) {
	t.Helper()
	for key, value := range want {
		switch has, there := got[key]; {
		case value == "-" && there:
			t.Errorf("%s: says %s: %q", name, key, has)
		case value != "-" && has != value:
			t.Errorf("%s: says %s: %q, want %q", name, key, has, value)
		}
	}
}
