package questionnaire

import (
	"strings"
	"testing"
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
