package sarif

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/questionnaire"
)

// sarifMembers lists the members of each object by the JSON Schema of SARIF 2.1.0 (OASIS): the required ones, and others that
// are used here.
var sarifMembers = map[string]struct{ must, may []string }{
	"log":              {[]string{"version", "runs"}, []string{"$schema"}},
	"run":              {[]string{"tool"}, []string{"results", "columnKind"}},
	"tool":             {[]string{"driver"}, nil},
	"driver":           {[]string{"name"}, []string{"rules"}},
	"rule":             {[]string{"id"}, []string{"name", "shortDescription", "fullDescription", "help", "defaultConfiguration"}},
	"configuration":    {nil, []string{"level"}},
	"message":          {[]string{"text"}, nil}, // or an id, which is not used
	"result":           {[]string{"message"}, []string{"ruleId", "ruleIndex", "level", "locations", "partialFingerprints"}},
	"location":         {nil, []string{"physicalLocation"}},
	"physicalLocation": {[]string{"artifactLocation"}, []string{"region"}}, // or an address
	"artifactLocation": {nil, []string{"uri"}},
	"region":           {nil, []string{"startLine", "startColumn"}},
}

type object = map[string]any

func members(t *testing.T, kind string, v any) object {
	t.Helper()
	o, ok := v.(object)
	if !ok {
		t.Fatalf("%s is no object: %v", kind, v)
	}
	for _, name := range sarifMembers[kind].must {
		if o[name] == nil {
			t.Errorf("%s has no %s: %v", kind, name, o)
		}
	}
	for name := range o {
		if !slices.Contains(sarifMembers[kind].must, name) && !slices.Contains(sarifMembers[kind].may, name) {
			t.Errorf("%s may not have %s", kind, name)
		}
	}
	return o
}

func TestSARIF(t *testing.T) {
	var problems questionnaire.Problems
	var found []advice.Advice
	sources := map[string][]byte{}
	for path, source := range map[string]string{
		"surveys/bad one.yaml": "title: Bad\nrequird: true\nsections:\n  - questions:\n      - {id: taste, type: ratign, steps: 5, label: Taste}\n",
		"surveys/plain.yaml":   "title: Plain\nsections:\n  - questions:\n      - {id: taste, type: rating, steps: 5, label: Taste and smell}\n      - {id: again, type: rating, steps: 5, label: Taste and smell}\n",
		"surveys/中文.yaml":      "id: zhongwen\ntitle: 茶\nsections:\n  - questions:\n      - {id: q, type: rating, steps: 5, label: '茶好喝，点心也好吃，您是否认为我们的服务很好'}\n",
	} {
		sources[path] = []byte(source)
		s, p := questionnaire.Parse(path, sources[path])
		problems = append(problems, p...)
		if len(p) == 0 {
			found = append(found, advice.Of(s, path, sources[path])...)
		}
	}
	encoded, err := json.Marshal(New("en", problems, found, sources))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(encoded, &document); err != nil {
		t.Fatal(err)
	}
	log := members(t, "log", document)
	if log["version"] != "2.1.0" {
		t.Errorf("version %v", log["version"])
	}
	runs := log["runs"].([]any)
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	one := members(t, "run", runs[0])
	driver := members(t, "driver", members(t, "tool", one["tool"])["driver"])
	var rules []string
	for _, r := range driver["rules"].([]any) {
		rule := members(t, "rule", r)
		for _, name := range []string{"shortDescription", "fullDescription", "help"} { // code scanning asks for these
			if members(t, "message", rule[name])["text"] == "" {
				t.Errorf("rule %v: empty %s", rule["id"], name)
			}
		}
		if level := members(t, "configuration", rule["defaultConfiguration"])["level"]; level != "error" && level != "note" {
			t.Errorf("rule %v: level %v", rule["id"], level)
		}
		if slices.Contains(rules, rule["id"].(string)) {
			t.Errorf("rule %v is given twice", rule["id"])
		}
		rules = append(rules, rule["id"].(string))
	}
	if want := []string{"bad_id", "unknown_key", "unknown_type"}; len(rules) != len(want)+len(advice.Rules()) || !slices.Equal(rules[:3], want) {
		t.Errorf("rules %v", rules)
	}
	levels := map[string]int{}
	uris := map[string]bool{}
	seen := map[string]bool{}
	for _, r := range one["results"].([]any) {
		result := members(t, "result", r)
		members(t, "message", result["message"])
		if index := int(result["ruleIndex"].(float64)); rules[index] != result["ruleId"] {
			t.Errorf("rule %v has index %d", result["ruleId"], index)
		}
		levels[result["level"].(string)]++
		locations := result["locations"].([]any)
		physical := members(t, "physicalLocation", members(t, "location", locations[0])["physicalLocation"])
		uri := members(t, "artifactLocation", physical["artifactLocation"])["uri"].(string)
		if parsed, err := url.Parse(uri); err != nil || parsed.IsAbs() || strings.ContainsAny(uri, " 中") || !strings.HasPrefix(uri, "surveys/") {
			t.Errorf("uri %q: %v", uri, err)
		}
		uris[uri] = true
		region := members(t, "region", physical["region"])
		if region["startLine"].(float64) < 1 || region["startColumn"].(float64) < 1 {
			t.Errorf("region %v", region)
		}
		fingerprint := uri + result["ruleId"].(string) + result["message"].(object)["text"].(string) + result["partialFingerprints"].(object)["primaryLocationLineHash"].(string)
		if seen[fingerprint] {
			t.Errorf("two results are taken for one: %s", fingerprint)
		}
		seen[fingerprint] = true
	}
	if levels["error"] < 2 || levels["note"] < 5 || levels["error"]+levels["note"] != len(one["results"].([]any)) {
		t.Errorf("levels: %v", levels)
	}
	if !uris["surveys/bad%20one.yaml"] || !uris["surveys/%E4%B8%AD%E6%96%87.yaml"] {
		t.Errorf("uris: %v", uris)
	}
}

// TestFingerprintsStay checks that a finding keeps its fingerprint when lines are inserted above it.
func TestFingerprintsStay(t *testing.T) {
	find := func(source string) []string {
		fingerprints := newFingerprinter(map[string][]byte{"a.yaml": []byte(source)})
		var all []string
		for i, line := range strings.Split(source, "\n") {
			if strings.Contains(line, "id:") {
				all = append(all, fingerprints.line("a.yaml", i+1))
			}
		}
		return all
	}
	before := find("title: T\n- id: a\n- id: b\n- id: a\n")
	after := find("title: T\n# more\n\n- id: a\n- id: b\n- id: a\n")
	if !slices.Equal(before, after) || before[0] == before[2] || before[0] == before[1] {
		t.Errorf("%v, %v", before, after)
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{"./surveys/a.yaml": "surveys/a.yaml", "/tmp/a b.yaml": "file:///tmp/a%20b.yaml", "a:b.yaml": "./a:b.yaml", "茶.yaml": "%E8%8C%B6.yaml"} {
		if got := fileURI(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestChineseSARIF(t *testing.T) {
	_, problems := questionnaire.Parse("bad.yaml", []byte("title: T\ntitle: U\n"))
	encoded, err := json.Marshal(New("zh", problems, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"duplicate_key","name":"同一个键写了两次"`, `"ruleId":"duplicate_key"`, `"text":"键“title”写了两次（第一次在第 1 行）：留一个"`} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("no %s in %s", want, encoded)
		}
	}
}

// Codes of mistakes and of advice are rules of one document.
func TestCodesDiffer(t *testing.T) {
	for _, m := range questionnaire.Mistakes() {
		if slices.ContainsFunc(advice.Rules(), func(r advice.Rule) bool { return r.Code == m.Code }) {
			t.Errorf("%s is a mistake and advice", m.Code)
		}
	}
}
