package convert

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/questionnaire"
)

// checkConversion checks what must hold for any questionnaire that has a question to answer.
func checkConversion(t *rapid.T, name string, content []byte) {
	result, err := Convert(name, content)
	if err != nil {
		if !strings.Contains(err.Error(), "no question") && !strings.Contains(err.Error(), "no column 'type'") {
			t.Errorf("%v", err)
		}
		return
	}
	if _, problems := questionnaire.Parse(result.ID+".yaml", result.YAML); len(problems) > 0 {
		t.Errorf("the YAML does not parse: %v\n%s", problems[0], result.YAML)
	}
	if n := result.Report.Counts[report.Pending]; n > 0 {
		t.Errorf("%d atoms have no outcome", n)
	}
	for _, l := range result.Report.Lines {
		text := l.Message.String()
		if strings.Contains(text, "not known to the importer") && l.Outcome == report.Dropped && strings.HasPrefix(text, "'") && !strings.Contains(text, "property") {
			t.Errorf("%s was never read: %s\n%s", l.At, l.Message, content[:min(len(content), 2000)])
		}
	}
}

var questionNames = []string{"a", "b", "c", "A", "and", "count", "q 1", "满意", "-1", "1", "_", "a.b", "a-b", "veryLongName" + strings.Repeat("x", 80)}

func anyText(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "Text", "文字", "a: b", "# c", "- d", "yes", "1", "1.50", "{x}", "{{y}}", "${a}", "{a}", "\"q\" 'r'", "a\nb", "<b>x</b>", "*x*", "null", "~", "!t", "&a *a", "%", "@", "`", "?", "{", "]", "a, b", "2026-01-01", "\t", "\u202e", "😀", "**b**", "| x", "> y", ","}).Draw(t, "text")
}

func anyXPath(t *rapid.T) string {
	n := "${" + rapid.SampledFrom(questionNames).Draw(t, "name") + "}"
	return rapid.SampledFrom([]string{"", "yes", "true()", "false()", "no", n + " = 'a'", n + " != ''", n + " > 3", "selected(" + n + ", 'b')", "count-selected(" + n + ") > 1",
		". > 1", ". >= 5 and . <= 2", "string-length(.) < 3", "regex(., '[')", "regex(., '^[a-z]+$')", "not(" + n + " = 1)", n + " = ${a} or " + n + " = '1'", "broken (", "count-selected(.) < 9",
		". = ''", ". > '2026-01-01'", n + " = 'a' and " + n + " = 'b'", "count-selected(.) >= 3", "string-length(.) > 5000"}).Draw(t, "xpath")
}

// TestAnyForm checks that whatever is in a form, the result parses, and everything in it has an outcome.
func TestAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := []string{"text", "integer", "decimal", "range", "date", "dateTime", "time", "note", "select_one l", "select_one m", "select_multiple l", "select_multiple m or_other", "select_one l or_other", "rank l",
			"rank m", "acknowledge", "hidden", "barcode", "begin_group", "end_group", "begin_repeat", "end_repeat", "calculate", "image", "start", "nonsense", "select_one nowhere", ""}
		looks := []string{"", "", "minimal", "likert", "multiline", "numbers", "label", "list-nolabel", "table-list", "rating", "w1 quick", "odd"}
		rows := [][]string{{"type", "name", "label", "label::中文 (zh)", "hint", "required", "relevant", "constraint", "constraint_message", "appearance", "default", "choice_filter", "parameters", "read_only", "other column"}}
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			rows = append(rows, []string{
				rapid.SampledFrom(types).Draw(t, "type"), rapid.SampledFrom(questionNames).Draw(t, "name"), anyText(t), anyText(t), anyText(t), anyXPath(t), anyXPath(t), anyXPath(t), anyText(t),
				rapid.SampledFrom(looks).Draw(t, "look"), rapid.SampledFrom([]string{"", "1"}).Draw(t, "default"), rapid.SampledFrom([]string{"", "", "f = ${a}", "g = 1", "name = ${b}"}).Draw(t, "filter"),
				rapid.SampledFrom([]string{"", "randomize=true", "start=1 end=5 step=1", "start=5 end=1 step=0", "start=0.5"}).Draw(t, "parameters"),
				rapid.SampledFrom([]string{"", "", "", "yes"}).Draw(t, "read_only"), rapid.SampledFrom([]string{"", "x"}).Draw(t, "other"),
			})
		}
		choices := [][]string{{"list_name", "name", "label", "label::中文 (zh)", "f", "score"}}
		for range rapid.IntRange(0, 8).Draw(t, "choices") {
			choices = append(choices, []string{rapid.SampledFrom([]string{"l", "m", "l", "m", "", "n"}).Draw(t, "list"), rapid.SampledFrom(append([]string{"", "a", "b", "1"}, questionNames...)).Draw(t, "value"), anyText(t), anyText(t),
				rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "f"), rapid.SampledFrom([]string{"", "1", "x", "-5", "5000"}).Draw(t, "score")})
		}
		sheets := []sheet{{"survey", rows}, {"choices", choices}, {"settings", [][]string{{"form_title", "form_id", "default_language"}, {anyText(t), anyText(t), anyText(t)}}}}
		defer func() {
			if t.Failed() {
				t.Logf("%q", sheets)
			}
		}()
		checkConversion(t, "any.xlsx", plainWorkbook(t, sheets))
	})
}

func anyValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case kind < 4 || depth > 3:
		return anyText(t)
	case kind == 4:
		return rapid.IntRange(-1, 300).Draw(t, "number")
	case kind == 5:
		return rapid.Bool().Draw(t, "bool")
	case kind == 6:
		return map[string]any{"default": anyText(t), "zh-cn": anyText(t), "de": anyText(t)}
	case kind == 7:
		n := "{" + rapid.SampledFrom(questionNames).Draw(t, "name") + "}"
		return rapid.SampledFrom([]string{n + " = 'a'", n + " notempty", n + " anyof ['a', 'b']", n + " > 1 and " + n + " < 1", "!" + n, n + " contains 'Text'", "age(" + n + ")", n + " ="}).Draw(t, "condition")
	case kind == 8:
		var list []any
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			list = append(list, anyItem(t, depth))
		}
		return list
	default:
		return nil
	}
}

func anyItem(t *rapid.T, depth int) any {
	if rapid.IntRange(0, 2).Draw(t, "plain") > 0 {
		return anyValue(t, depth+2)
	}
	keys := []string{"value", "text", "name", "title", "visibleIf", "cellType", "choices", "score", "type", "minValue", "maxValue", "regex", "expression", "isRequired", "inputType", "imageLink", "isExclusive"}
	item := map[string]any{"value": rapid.SampledFrom(questionNames).Draw(t, "value"), "name": rapid.SampledFrom(questionNames).Draw(t, "name")}
	for range rapid.IntRange(0, 4).Draw(t, "n") {
		item[rapid.SampledFrom(keys).Draw(t, "key")] = anyValue(t, depth+1)
	}
	if rapid.Bool().Draw(t, "validator") {
		item["type"] = rapid.SampledFrom([]string{"numeric", "text", "regex", "email", "expression", "answercount"}).Draw(t, "validator")
	}
	return item
}

// TestAnyDefinition checks the same of SurveyJS.
func TestAnyDefinition(t *testing.T) {
	types := []string{"text", "comment", "radiogroup", "checkbox", "dropdown", "tagbox", "rating", "boolean", "matrix", "matrixdropdown", "ranking", "imagepicker", "html", "multipletext", "slider", "buttongroup", "panel", "paneldynamic", "file", "expression", "nonsense"}
	keys := []string{"title", "description", "choices", "rows", "columns", "items", "visibleIf", "enableIf", "requiredIf", "isRequired", "validators", "hasOther", "showNoneItem", "otherText", "choicesOrder", "rateMin", "rateMax", "rateValues", "rateType", "minRateDescription",
		"labelTrue", "labelFalse", "inputType", "min", "max", "step", "maxLength", "html", "readOnly", "visible", "valueName", "choicesFromQuestion", "choicesFromQuestionMode", "showCommentArea", "commentText", "defaultValue", "minSelectedChoices", "maxSelectedChoices",
		"choicesMin", "choicesMax", "width", "invented", "cellType", "eachRowRequired", "swapOrder", "valueTrue"}
	var element func(t *rapid.T, depth int) map[string]any
	element = func(t *rapid.T, depth int) map[string]any {
		e := map[string]any{"type": rapid.SampledFrom(types).Draw(t, "type"), "name": rapid.SampledFrom(questionNames).Draw(t, "name")}
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			e[rapid.SampledFrom(keys).Draw(t, "key")] = anyValue(t, 0)
		}
		if rapid.Bool().Draw(t, "proper") {
			e["choices"] = []any{"a", "b", map[string]any{"value": "c", "text": anyText(t)}}
			e["columns"] = []any{"x", "y"}
			e["rows"] = []any{"r", anyText(t)}
			e["items"] = []any{map[string]any{"name": "i"}}
			e["html"] = anyText(t)
			e["inputType"] = rapid.SampledFrom([]string{"text", "number", "date", "email", "range", "month"}).Draw(t, "input")
		}
		if depth < 2 {
			var inner []any
			for range rapid.IntRange(0, 3).Draw(t, "inner") {
				inner = append(inner, element(t, depth+1))
			}
			if e["type"] == "panel" {
				e["elements"] = inner
			} else if e["type"] == "paneldynamic" {
				e["templateElements"] = inner
			}
		}
		return e
	}
	rapid.Check(t, func(t *rapid.T) {
		var pages []any
		for range rapid.IntRange(1, 3).Draw(t, "pages") {
			page := map[string]any{"name": rapid.SampledFrom(questionNames).Draw(t, "page")}
			var elements []any
			for range rapid.IntRange(0, 5).Draw(t, "elements") {
				elements = append(elements, element(t, 0))
			}
			page["elements"] = elements
			if rapid.Bool().Draw(t, "more") {
				page["title"], page["visibleIf"] = anyValue(t, 0), anyValue(t, 0)
			}
			pages = append(pages, page)
		}
		root := map[string]any{"pages": pages, "title": anyValue(t, 0), "description": anyValue(t, 0), "completedHtml": anyValue(t, 0), "locale": anyText(t),
			"completedHtmlOnCondition": []any{map[string]any{"expression": anyValue(t, 3), "html": anyValue(t, 0)}}}
		content, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		checkConversion(t, "any.json", content)
	})
}
