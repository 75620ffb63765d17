package convert

import (
	"strings"
	"testing"
)

// TestMeaning checks what parts of definitions become, in the questionnaire and in the report.
func TestMeaning(t *testing.T) {
	for name, c := range map[string]struct {
		elements       string
		yaml, not, say []string
	}{
		"a boolean with words of its own": {
			elements: `{"type": "boolean", "name": "smoke", "labelTrue": "I do", "labelFalse": "I do not"}, {"type": "text", "name": "since", "visibleIf": "{smoke}"}, {"type": "text", "name": "why", "visibleIf": "!{smoke}"}, {"type": "text", "name": "much", "requiredIf": "{smoke}"}`,
			yaml:     []string{`show_if: smoke == "yes"`, `show_if: smoke != "yes"`, `required: smoke == "yes"`},
		},
		"a panel's own question": {
			elements: `{"type": "text", "name": "x"}, {"type": "panel", "name": "p", "title": "P", "elements": [{"type": "boolean", "name": "y"}, {"type": "text", "name": "a", "visibleIf": "{panel.x} notempty"}, {"type": "text", "name": "b", "title": "{panel.y}", "visibleIf": "{panel.y}"}]}`,
			yaml:     []string{"show_if: \"y\"\n", `label: '{{y}}'`},
			not:      []string{"answered(x)", "id: a\n"},
			say:      []string{"there is no such question in its panel", "'a' is never shown"},
		},
		"two panels with one name within": {
			elements: `{"type": "paneldynamic", "name": "p", "templateElements": [{"type": "boolean", "name": "y"}, {"type": "text", "name": "a", "visibleIf": "{panel.y}"}]}, {"type": "paneldynamic", "name": "q", "templateElements": [{"type": "boolean", "name": "y"}, {"type": "text", "name": "b", "visibleIf": "{panel.y}"}, {"type": "text", "name": "c", "visibleIf": "{prevPanel.y} = 1"}, {"type": "text", "name": "d", "visibleIf": "{y} empty"}]}, {"type": "text", "name": "e", "visibleIf": "{p[0].y}"}, {"type": "text", "name": "f", "visibleIf": "{row.y}"}`,
			yaml:     []string{"show_if: \"y\"\n", "show_if: y_2\n"},
			say:      []string{"it uses 'prevPanel.y', which is no question here", "it uses 'row.y', which is no question here"},
		},
		"choices by an item": {
			elements: `{"type": "checkbox", "name": "had", "choices": ["a|Apple", "b"]}, {"type": "radiogroup", "name": "best", "choices": ["a", "b"], "choicesVisibleIf": "{had} contains {item}"}`,
			yaml:     []string{"{id: a, label: Apple}", `{id: a, label: a, show_if: 'had contains "a"'}`},
		},
		"numbers only": {
			elements: `{"type": "text", "name": "a", "validators": [{"type": "numeric"}]}, {"type": "comment", "name": "b", "validators": [{"type": "numeric", "maxValue": 5, "text": "At most 5"}]}, {"type": "radiogroup", "name": "c", "choices": ["1", "2", "x"], "validators": [{"type": "numeric"}]}`,
			yaml:     []string{"id: a\n        type: number", "max: 5\n        message: At most 5"},
			say:      []string{"so the type became number", "answers of this type are not checked for being numbers"},
		},
		"an address with limits of a text": {
			elements: `{"type": "text", "name": "a", "maxLength": 10, "validators": [{"type": "email"}]}`,
			yaml:     []string{"type: email"},
			say:      []string{"answers of this type have no such limit here: '10'", "so the type became email"},
		},
		"what is never shown": {
			elements: `{"type": "radiogroup", "name": "a", "choices": ["x", "y"]}, {"type": "text", "name": "b", "visibleIf": "{a} = 'z'"}, {"type": "text", "name": "c", "visibleIf": "{b} notempty"}, {"type": "text", "name": "d", "visibleIf": "{b} = 1 or {a} = 'X'"}, {"type": "text", "name": "e", "visibleIf": "{a} = 'x' and {a} = 'y'"}, {"type": "text", "name": "f", "visibleIf": "{e} empty and {a} = 'y'"}, {"type": "text", "name": "g", "visible": false}, {"type": "text", "name": "h", "visible": false, "visibleIf": "{a} = 'y'"}`,
			yaml:     []string{"id: d\n        type: short_text\n        label: d\n        show_if: a == \"x\"", "id: f\n        type: short_text\n        label: f\n        show_if: a == \"y\"", "id: h\n"},
			not:      []string{"id: b\n", "id: c\n", "id: e\n", "id: g\n"},
			say:      []string{"'b' is never shown", "'c' is never shown", "'e' is never shown", "'z' is not one of the options of 'a'"},
		},
		"texts with a condition, in a panel that is never shown": {
			elements: `{"type": "text", "name": "a"}, {"type": "panel", "name": "p", "visibleIf": "0", "elements": [{"type": "multipletext", "name": "m", "items": [{"name": "i"}], "visibleIf": "{a} notempty"}]}`,
			not:      []string{"id: m"},
			say:      []string{"'0' is true for no answers, so this is never shown, and was left out (6 properties)"},
		},
		"too many options, and more of a question that is not there": {
			elements: `{"type": "radiogroup", "name": "a", "choicesMax": 258, "choicesFromQuestion": "nobody"}`,
			yaml:     []string{"id: a\n        type: short_text"},
			say:      []string{"its 259 options are more than 200", "'nobody' has no options to take over"},
		},
		"a choice of one option": {
			elements: `{"type": "radiogroup", "name": "a", "choices": ["x"]}, {"type": "text", "name": "b", "visibleIf": "{a} = 'x'"}, {"type": "text", "name": "c", "visibleIf": "{a} != 'x'"}, {"type": "radiogroup", "name": "e", "choices": ["x"], "showOtherItem": true}, {"type": "text", "name": "f", "visibleIf": "{e} = 'x'"}, {"type": "text", "name": "g", "visibleIf": "{a} = {e}"}, {"type": "radiogroup", "name": "h", "choices": ["x"], "choicesFromQuestion": "nobody"}, {"type": "text", "name": "i", "visibleIf": "{h} = 'x'"}`,
			yaml:     []string{"label: b\n        show_if: answered(a)\n", "label: c\n        show_if: not answered(a)\n", "label: f\n        show_if: e contains \"x\"\n", "label: i\n        show_if: answered(h)\n"},
			not:      []string{"label: g\n        show_if"},
			say:      []string{"it is asked as several that can be chosen", "'a' and 'e' cannot be compared with each other"},
		},
		"rows and columns that are numbers": {
			elements: `{"type": "matrix", "name": "m", "rows": [1, 2], "columns": [0, 1]}, {"type": "text", "name": "a", "visibleIf": "{m.1} = 0 or {m.2} notempty"}, {"type": "checkbox", "name": "c", "choices": ["x", "y"], "showNoneItem": true}, {"type": "checkbox", "name": "d", "choicesFromQuestion": "c", "showNoneItem": true}`,
			yaml:     []string{`show_if: m["1"] == "0" or answered(m["2"])`},
			not:      []string{"none_2"},
		},
		"a part that cannot be said": {
			elements: `{"type": "boolean", "name": "a"}, {"type": "text", "name": "b", "visibleIf": "{a} and age({c}) > 18"}, {"type": "text", "name": "d", "visibleIf": "{a} or age({c}) > 18"}, {"type": "text", "name": "e", "requiredIf": "{a} or today() > 1"}`,
			yaml:     []string{"label: b\n        show_if: a\n", "label: e\n        required: a\n"},
			say:      []string{"so a part was left out: age() is not part of conditions here", "so the question is always asked"},
		},
		"answers that texts cannot show": {
			elements: `{"type": "text", "name": "a", "title": "Hello {total}, {{nobody}} {1 or 2}"}, {"type": "expression", "name": "total", "expression": "1"}`,
			yaml:     []string{"label: Hello …, … {1 or 2}"},
		},
	} {
		result, err := Convert("x.json", []byte(`{"elements": [`+c.elements+`]}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := printed(&result.Report)
		for _, want := range c.yaml {
			if !strings.Contains(string(result.YAML), want) {
				t.Errorf("%s: there is no %q in\n%s%s", name, want, result.YAML, said)
			}
		}
		for _, no := range c.not {
			if strings.Contains(string(result.YAML), no) {
				t.Errorf("%s: there is %q in\n%s", name, no, result.YAML)
			}
		}
		for _, want := range c.say {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the report does not say %q\n%s", name, want, said)
			}
		}
	}
}

// TestMeaningOfForms checks the same of workbooks.
func TestMeaningOfForms(t *testing.T) {
	result, err := Convert("x.xlsx", plainWorkbook(t, parseForm(`
# survey
| type | name | label | relevant | choice_filter | repeat_count |
| select_one yn | yes_or_no | Yes or no? |
| begin_group | g | Group |
| text | inner | Inner |
| text | near | Near | ../inner != '' |
| text | far | Far | ../../yes_or_no = 'yes' |
| text | whole | Whole | /data/g/inner != '' |
| end_group |
| begin_group | office | For the office | false() |
| text | secret | Secret |
| end_group |
| begin_repeat | none | None | | | 0 |
| text | noone | No one |
| end_repeat |
| text | after | After | ${secret} = '' and ${yes_or_no} = 'YES' or ${yes_or_no} = 'no' |
| text | zero | Zero | 0 |
| select_one towns | town | Town | | state = 'nowhere' |
| text | child | Total ${total} | ../g/nothing = 'x' |
| calculate | total |
| decimal | size | Size |
| text | three | Three | int(${size}) = 3 |
| acknowledge | ok | Ok |
| text | thanks | Thanks ${total} | ${ok} = 'OK' |
# choices
| list_name | name | label | state |
| yn | yes | Yes |
| yn | no | No |
| towns | a | A | n |
| towns | b | B | s |
`)))
	if err != nil {
		t.Fatal(err)
	}
	yaml, said := string(result.YAML), printed(&result.Report)
	for _, want := range []string{"show_if: answered(inner)\n", `show_if: yes_or_no == "yes"`, "label: Whole\n        show_if: answered(inner)\n", "label: After\n        show_if: yes_or_no == \"no\"\n",
		"show_if: size >= 3 and size < 4\n", "show_if: ok\n", "label: Thanks …\n"} {
		if !strings.Contains(yaml, want) {
			t.Errorf("there is no %q in\n%s%s", want, yaml, said)
		}
	}
	for _, no := range []string{"office", "secret", "noone", "zero", "town", "child", "${"} {
		if strings.Contains(yaml, no) {
			t.Errorf("there is %q in\n%s%s", no, yaml, said)
		}
	}
	for _, want := range []string{"'false()' is true for no answers", "'YES' is not one of the options", "'state = 'nowhere'' is true for no answers", "the question has no options"} {
		if !strings.Contains(said, want) {
			t.Errorf("the report does not say %q\n%s", want, said)
		}
	}
}

// TestOptionsNeverOfferedInOrder checks that each option that a filter never offers has its line, in the order of the options.
func TestOptionsNeverOfferedInOrder(t *testing.T) {
	workbook := plainWorkbook(t, parseForm(`
# survey
| type | name | label | choice_filter |
| text | why | Why |
| select_one towns | town | Town | state = 'n' |
# choices
| list_name | name | label | state |
| towns | a | A | n |
| towns | b | B | n |
| towns | c | C | s |
| towns | d | D | s |
| towns | e | E | s |
| towns | f | F | s |
`))
	for range 20 {
		result, err := Convert("x.xlsx", workbook)
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, l := range result.Report.Lines {
			if _, option, ok := strings.Cut(l.Message.String(), "never offered, and was left out: "); ok {
				left = append(left, option)
			}
		}
		if got, want := strings.Join(left, " "), "'c' 'd' 'e' 'f'"; got != want {
			t.Fatalf("the options are left out in the order %s, want %s", got, want)
		}
	}
}
