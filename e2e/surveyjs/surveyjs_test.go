// Package surveyjs holds imported questionnaires to SurveyJS itself: what is shown for random answers.
package surveyjs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/convert"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

// A base is a question that conditions are about.
type base struct {
	definition string
	answers    []string // JSON
	constants  []string
}

var bases = map[string]base{
	"b":  {`{"type": "boolean", "name": "b"}`, []string{"true", "false"}, []string{"true", "false", "'true'", "1", "0"}},
	"bl": {`{"type": "boolean", "name": "bl", "labelTrue": "T:true", "labelFalse": "T:false"}`, []string{"true", "false"}, []string{"true", "FALSE", "'False'"}},
	"bv": {`{"type": "boolean", "name": "bv", "valueTrue": "Yes", "valueFalse": "No"}`, []string{`"Yes"`, `"No"`}, []string{"'yes'", "No", "true", "false"}},
	"b1": {`{"type": "boolean", "name": "b1", "valueTrue": 1, "valueFalse": 0, "labelTrue": "T:1", "labelFalse": "T:0"}`, []string{"1", "0"}, []string{"1", "0", "true", "'1'"}},
	"r":  {choices("radiogroup", "r", `"yes"`, `"no"`, `"Maybe"`), []string{`"yes"`, `"no"`, `"Maybe"`}, []string{"'yes'", "'YES'", "no", "'maybe'", "'perhaps'", "true", "['yes', 'no']"}},
	"s":  {choices("radiogroup", "s", `"yes"`, `"no"`, `"Maybe"`), []string{`"yes"`, `"no"`, `"Maybe"`}, []string{"'yes'", "No"}},
	"z":  {choices("dropdown", "z", "0", "1", "2", `"x"`), []string{"0", "1", "2", `"x"`}, []string{"0", "1", "2", "'0'", "'x'", "false", "true", "'2'", "7"}},
	"w":  {choices("radiogroup", "w", "false", "true", `"q"`), []string{"false", "true", `"q"`}, []string{"false", "true", "0", "1", "'FALSE'", "'q'"}},
	"c":  {choices("checkbox", "c", `"a"`, `"B"`, "1", "0"), []string{`["a"]`, `["B"]`, `["a", "B"]`, "[1]", "[0]", `["a", "B", 1]`}, []string{"'a'", "'b'", "1", "'q'", "['a', 'b']", "['a']", "['q', 1]"}},
	"n":  {`{"type": "text", "inputType": "number", "name": "n"}`, []string{"0", "1", "2", "-1", "2.5"}, []string{"0", "1", "2", "'2'", "2.5", "true", "'x'", "[1, 2]"}},
	"m":  {`{"type": "text", "inputType": "number", "name": "m"}`, []string{"0", "1", "2", "-1", "2.5"}, []string{"1", "-1"}},
	"t":  {`{"type": "text", "name": "t"}`, []string{`"v"`, `"word"`, `"0"`, `"false"`, `"12"`}, []string{"'v'", "'w'", "12", "'word'"}},
	"d":  {`{"type": "text", "inputType": "date", "name": "d"}`, []string{`"2026-01-01"`, `"2026-06-30"`}, []string{"'2026-01-01'", "'2026-03-01'"}},
	"k":  {`{"type": "rating", "name": "k"}`, []string{"1", "2", "5"}, []string{"1", "3", "'5'", "0"}},
	"p":  {`{"type": "rating", "name": "p", "rateMin": 0, "rateMax": 10}`, []string{"0", "1", "10"}, []string{"0", "1", "6", "'10'"}},
	"x":  {`{"type": "matrix", "name": "x", "rows": [{"value": "one", "text": "1"}, {"value": "two", "text": "2"}], "columns": [{"value": 0, "text": "T:0"}, {"value": "good", "text": "T:good"}]}`, []string{`{"one": 0}`, `{"one": "good", "two": 0}`}, []string{"'good'"}},
}

// names are those of the bases.
var names = slices.Sorted(maps.Keys(bases))

func choices(kind, name string, values ...string) string {
	var items []string
	for _, v := range values {
		items = append(items, fmt.Sprintf(`{"value": %s, "text": "T:%s"}`, v, strings.Trim(v, `"`)))
	}
	return fmt.Sprintf(`{"type": %q, "name": %q, "choices": [%s]}`, kind, name, strings.Join(items, ", "))
}

// A generator makes random expressions.
type generator struct{ *rand.Rand }

func pick[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

func (g generator) ref(name string) string {
	if name == "x" && g.IntN(3) > 0 {
		return "{x.one}"
	}
	if g.IntN(8) == 0 {
		name = strings.ToUpper(name)
	}
	return "{" + name + "}"
}

func (g generator) expression(depth int) string {
	if depth > 0 && g.IntN(5) < 3 {
		a, b := g.expression(depth-1), g.expression(depth-1)
		switch g.IntN(5) {
		case 0, 1:
			return a + pick(g, []string{" and ", " && ", " AND "}) + b
		case 2:
			return a + pick(g, []string{" or ", " || "}) + b
		case 3:
			return "!(" + a + ")"
		default:
			return "(" + a + ") and (" + b + ")"
		}
	}
	name := pick(g, names)
	q := g.ref(name)
	constant := pick(g, bases[name].constants)
	switch g.IntN(12) {
	case 0:
		return q
	case 1:
		return pick(g, []string{"!", "negate "}) + q
	case 2:
		return q + pick(g, []string{" empty", " notempty"})
	case 3:
		return q + pick(g, []string{" contains ", " notcontains ", " anyof ", " allof ", " noneof ", " *= "}) + constant
	case 4:
		return q + pick(g, []string{" anyof ", " noneof "}) + "[" + constant + ", " + pick(g, bases[name].constants) + "]"
	case 5:
		return pick(g, []string{"{r} = {s}", "{n} = {m}", "{n} < {m}", "{n} >= {m}", "{r} != {s}", "{nobody} = 1", "{nobody} empty", "{n} != {m}"})
	case 6:
		return fmt.Sprintf("{c.length} %s %d", pick(g, []string{"=", "<", ">=", "!=", ">"}), g.IntN(4))
	case 7:
		return fmt.Sprintf("{%s} %s %d > %d", pick(g, []string{"z", "k", "p"}), pick(g, []string{"+", "-", "*"}), g.IntN(3), g.IntN(4))
	}
	return q + " " + pick(g, []string{"=", "==", "!=", "<>", "<", "<=", "=<", ">", ">=", "=>", "equals", "notequals", "equal", "notequal", "greater", "lessorequal"}) + " " + constant
}

// place is a question with a condition of some kind.
type place struct{ name, property, expression string }

func definition(g generator, conditions int) (string, []place) {
	var elements []string
	for _, n := range names {
		elements = append(elements, bases[n].definition)
	}
	var places []place
	for i := range conditions {
		p := place{"q" + strconv.Itoa(i), pick(g, []string{"visibleIf", "visibleIf", "enableIf", "requiredIf", "choice"}), g.expression(2)}
		quoted, _ := json.Marshal(p.expression)
		if p.property == "choice" {
			elements = append(elements, fmt.Sprintf(`{"type": "radiogroup", "name": %q, "choices": ["one", "two", {"value": "three", "visibleIf": %s}]}`, p.name, quoted))
		} else {
			elements = append(elements, fmt.Sprintf(`{"type": "text", "name": %q, %q: %s}`, p.name, p.property, quoted))
		}
		places = append(places, p)
	}
	return `{"elements": [` + strings.Join(elements, ",\n") + `]}`, places
}

// TestConditionsLikeSurveyJS imports definitions with random conditions and compares what is shown, required and offered for
// random answers with SurveyJS. A condition may differ only if the report has a line for it.
func TestConditionsLikeSurveyJS(t *testing.T) {
	core, err := filepath.Abs("../../.cache/npm/survey-core/survey.core.js")
	if err != nil {
		t.Fatal(err)
	}
	compared, named := 0, 0
	for seed := range soak.Cases(4, 1_000) {
		g := generator{rand.New(rand.NewPCG(uint64(seed), 1))}
		source, places := definition(g, 60)
		var answers []map[string]json.RawMessage
		for range 60 {
			a := map[string]json.RawMessage{}
			for _, n := range names {
				if g.IntN(3) > 0 {
					a[n] = json.RawMessage(pick(g, bases[n].answers))
				}
			}
			answers = append(answers, a)
		}
		theirs := runSurveyJS(t, core, source, answers)
		result, err := convert.Convert("s.json", []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		s, problems := questionnaire.Parse(result.ID+".yaml", result.YAML)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		lines := map[string]string{}
		for _, l := range result.Report.Lines {
			if l.Outcome == report.Dropped || l.Outcome == report.Changed {
				lines[l.At.Name] += l.Message.String() + "; "
			}
		}
		for i, p := range places {
			at := fmt.Sprintf("elements[%d].%s", len(bases)+i, p.property)
			if p.property == "choice" {
				at = fmt.Sprintf("elements[%d].choices[2].visibleIf", len(bases)+i)
			}
			line := strings.ReplaceAll(lines[at], "what cannot be answered is not shown here: enableIf became part of show_if; ", "")
			leftOut := strings.Contains(line, "is true for no answers")
			if line != "" && !leftOut {
				named++
				continue
			}
			compared++
			for k, a := range answers {
				want := slices.Contains(theirs[k].Shown, p.name)
				switch p.property {
				case "requiredIf":
					want = slices.Contains(theirs[k].Required, p.name)
				case "choice":
					want = slices.Contains(theirs[k].Offered, p.name+".three")
				}
				if got := holds(s, p, ours(s, a)); got != want {
					text, _ := json.Marshal(a)
					t.Errorf("seed %d: %s %s: %v here, %v in SurveyJS\n%s\n%s\n%s", seed, p.property, p.expression, got, want, text, line, yamlOf(string(result.YAML), p.name))
					break
				}
			}
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d conditions compared, %d named in the report", compared, named)
	if compared < 2*named {
		t.Errorf("only %d conditions were compared; %d are named in the report", compared, named)
	}
}

func yamlOf(yaml, name string) string {
	_, after, found := strings.Cut(yaml, "- id: "+name+"\n")
	if !found {
		return name + " is left out"
	}
	before, _, _ := strings.Cut(after, "- id: q")
	return before
}

// shown is what SurveyJS shows.
type shown struct{ Shown, Required, Offered []string }

func runSurveyJS(t *testing.T, core, source string, answers any) (all []shown) {
	t.Helper()
	input, err := json.Marshal(map[string]any{"definition": json.RawMessage(source), "answers": answers})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "evaluate.js", core)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("SurveyJS, which make setup fetches: %v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(output, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// holds reports whether the question, or its third option, is shown or required here.
func holds(s *survey.Survey, p place, values map[string][]string) bool {
	state := answer.Evaluate(s, values, "", "en")
	switch p.property {
	case "requiredIf":
		return state.Required[p.name]
	case "choice":
		for q := range s.Questions() {
			if q.ID == p.name {
				offers := slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ID == "three" })
				return offers && !slices.Contains(state.Withheld[p.name], "three")
			}
		}
		return false
	}
	return state.Asked[p.name]
}

// ours returns answers in our ids.
func ours(s *survey.Survey, answers map[string]json.RawMessage) map[string][]string {
	values := map[string][]string{}
	for q := range s.Questions() {
		raw, ok := answers[q.ID]
		if !ok {
			continue
		}
		var v any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			panic(err)
		}
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				values[q.ID] = append(values[q.ID], idOf(q, fmt.Sprint(item)))
			}
		case map[string]any:
			for row, step := range v {
				values[q.ID+"."+row] = []string{idOf(q, fmt.Sprint(step))}
			}
		default:
			values[q.ID] = []string{idOf(q, fmt.Sprint(v))}
		}
	}
	return values
}

func idOf(q *survey.Question, value string) string {
	for _, o := range q.Options {
		if o.Label["en"] == "T:"+value {
			return o.ID
		}
	}
	if q.Type == survey.YesNo {
		if value == "true" || value == "Yes" || value == "1" {
			return "yes"
		}
		return "no"
	}
	return value
}
