package questionnaire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/yaml12"
)

// TestCoreSchema reads values as YAML 1.2 has them.
func TestCoreSchema(t *testing.T) {
	for value, steps := range map[string]int{"5": 5, "5.0": 5, "0.5e1": 5, "+5": 5, "0o5": 5, "0x5": 5, "1e1": 10, "0o12": 10, "10.": 10, "!!int 5": 5, "!!str 5": 5, "\"5\"": 5, "05": 5} {
		s, problems := Parse("t.yaml", []byte("title: T\nsections: [questions: [{id: q, type: rating, label: L, steps: "+value+"}]]\n"))
		if len(problems) > 0 {
			t.Errorf("%s: %v", value, problems)
		} else if q, _ := s.Question("q"); len(q.Options) != steps {
			t.Errorf("%s: %d steps", value, len(q.Options))
		}
	}
	for _, value := range []string{"5.5", ".inf", ".nan", "0b101", "1_0", "5e999", "\"0o5\"", "!!int five", "!5", "0x", "1e", "5e-1", "~"} {
		if s, _ := Parse("t.yaml", []byte("title: T\nsections: [questions: [{id: q, type: rating, label: L, steps: "+value+"}]]\n")); s != nil {
			t.Errorf("%s is a number of steps", value)
		}
	}
	for value, want := range map[string]string{"yes": "yes", "on": "on", "!!str 2026": "2026", "! true": "true", "1e3": "1e3", "5.0": "5.0", "[?]": "", "0o14": "0o14", "\"\\/\\uD83D\\uDE00\"": "/😀", "!!str true": "true", "!!bool true": "", "!!null x": ""} {
		s, problems := Parse("t.yaml", []byte("title: "+value+"\nsections: [questions: [{id: q, type: yes_no, label: L}]]\n"))
		if s == nil && want != "" {
			t.Errorf("%s: %v", value, problems)
		} else if s != nil && s.Title["en"] != want && s.Title[s.Languages[0]] != want {
			t.Errorf("%s: %v", value, s.Title)
		}
	}
}

// TestPlacesAfterRewriting checks places of problems in lines that are rewritten for yaml.v3.
func TestPlacesAfterRewriting(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"title: {en: How was it?, zh: 怎么样}\nlanguages: [en, zh]\nminutes: x\n", "t.yaml:3:10: minutes must be"},
		{"{\"title\": \"https:\\/\\/a.example\", \"requird\": 1}", "t.yaml:1:34: unknown key 'requird'"},
		{"\uFEFF{\"title\": \"\\uD83D\\uDE00\", \"requird\": 1}", "t.yaml:1:27: unknown key 'requird'"},
		{"title: T\r\n\t# comment\r\nsections: [{questions: [{id: q, type: yes_no, label: 好？ Really? It's, requird: 1}]}]\r\n", "t.yaml:3:71: unknown key 'requird'"},
		{"title: &选项 T\nintro: {en: *选项 , requird: 1}\n", "t.yaml:2:19: 'requird' is not one"},
		{"title: T\nintro: {en: Really? Yes {{nobody}}}\n", "t.yaml:2:26: answers such as"},
		{"title:\tT\n\t\nsections:\n -\tquestions:\n   -\t{id: q, type: yes_no, label: How?, requird: 1}\n", "t.yaml:5:41: unknown key 'requird'"},
		{"title: {en:,\"x\": 怎么样?}\n", "t.yaml:1:12: title is empty"},
		{"{\n\t\"title\"\n: \"T\", \"requird\"\n: 1}", "t.yaml:3:8: unknown key 'requird'"},
	} {
		_, problems := Parse("t.yaml", []byte(c.source))
		if !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%q:\n%v\nwant %s", c.source, problems, c.want)
		}
	}
}

// TestJSON reads the samples as JSON, in one line and in many.
func TestJSON(t *testing.T) {
	paths, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !IsFile(filepath.Base(path)) {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, problems := Parse(path, source)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		root, _, err := yaml12.Decode(source)
		if err != nil {
			t.Fatal(err)
		}
		line, err := inJSON(root).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		if err := json.Indent(&lines, line, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(line), lines.String(), strings.ReplaceAll(lines.String(), "/", `\/`), "\uFEFF" + strings.ReplaceAll(lines.String(), "\": ", "\"\n:"), asEscapes(string(line))} {
			got, problems := Parse(path, []byte(text))
			if len(problems) > 0 {
				t.Fatalf("%v\n%s", problems, text)
			}
			if !bytes.Equal(got.Encode(), want.Encode()) {
				t.Errorf("%s differs as JSON", path)
			}
		}
	}
}

// inJSON returns a mapping with all scalars as texts.
func inJSON(n *yaml.Node) ordered {
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		n = target(n)
		switch n.Kind {
		case yaml.MappingNode:
			return inJSON(n)
		case yaml.SequenceNode:
			list := make([]any, len(n.Content))
			for i, c := range n.Content {
				list[i] = value(c)
			}
			return list
		}
		switch n.Tag {
		case "!!int", "!!float":
			return json.RawMessage(n.Value)
		case "!!bool":
			return n.Value == "true"
		}
		return n.Value
	}
	var o ordered
	for i := 0; i+1 < len(n.Content); i += 2 {
		o = append(o, member{n.Content[i].Value, value(n.Content[i+1])})
	}
	return o
}

// asEscapes writes all that is not ASCII as JSON's escapes.
func asEscapes(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < 0x80 {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04X`, unit)
		}
	}
	return b.String()
}
