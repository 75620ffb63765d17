package questionnaire

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// TestReference checks the reference of the format, which is generated from the parser's tables:
// `go test ./internal/questionnaire -run TestReference -update`.
func TestReference(t *testing.T) {
	for language, path := range map[string]string{"en": "../../docs/format.md", "zh": "../../docs/format.zh.md"} {
		w := &reference{language: language}
		w.write()
		if strings.Contains(w.String(), "[](") {
			t.Errorf("%s: a mapping has no heading", path)
		}
		if *update {
			if err := os.WriteFile(path, []byte(w.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if have, err := os.ReadFile(path); err != nil || string(have) != w.String() {
			t.Errorf("%s is not what the tables say (%v): run this test with -update", path, err)
		}
	}
}

// TestReferenceExamples checks that the parser accepts the example of every type.
func TestReferenceExamples(t *testing.T) {
	for _, q := range questionTypes {
		if q.doc.en == "" || q.doc.zh == "" || q.answer.en == "" || q.answer.zh == "" {
			t.Errorf("%s: not documented", q.name)
		}
		source := sampleSurvey + indent("      ", q.sample()) + "      - {id: both, type: importance_matrix, label: \"1\", scale: satisfaction, importance_scale: importance, rows: [{id: a, label: \"1\"}]}\n"
		if _, problems := Parse("sample.yaml", []byte(source)); len(problems) > 0 {
			t.Errorf("%s\n%v", q.sample(), problems)
		}
	}
}

// TestReferenceConditions checks that every condition in the reference compiles, and has the stated value when nothing is
// answered.
func TestReferenceConditions(t *testing.T) {
	s := parse(t, sampleSurvey+"      - {id: both, type: importance_matrix, label: \"1\", scale: satisfaction, importance_scale: importance, rows: [{id: a, label: \"1\"}]}\n")
	scope, budget := scopeOf(s), expression.Budget
	compile := func(source string) expression.Tree {
		tree, faults := expression.Compile(source, scope, &budget)
		if len(faults) > 0 {
			t.Errorf("%s: %v", source, faults)
		}
		return tree
	}
	for _, k := range conditionKinds {
		for _, source := range k.conditions {
			compile(source)
		}
	}
	for _, o := range conditionParts {
		compile(o.condition)
	}
	for _, u := range unansweredConditions {
		if compile(u.condition).Holds(func(string) []string { return nil }) != u.holds {
			t.Errorf("%s: not %v where nothing is answered", u.condition, u.holds)
		}
	}
	for _, word := range []string{"and", "or", "not", "in", "contains", "answered", "score", "count", "channel", "language"} {
		if !slices.Contains(keywords, word) {
			t.Errorf("%s is no keyword", word)
		}
	}
}

// TestReferenceRepetitions checks that the example of repetitions is a questionnaire.
func TestReferenceRepetitions(t *testing.T) {
	s := parse(t, repetitions)
	if q, _ := s.Question("quick"); q == nil || q.Required || len(q.Options) != 2 {
		t.Errorf("%+v", q)
	}
}

const sampleSurvey = `title: {zh: 例子, en: Sample}
languages: [zh, en]
channels: [web, phone]
scales:
  satisfaction: [{id: good, label: {zh: 满意, en: Satisfied}, score: 5}, {id: fair, label: {zh: 一般, en: Fair}, score: 3}, {id: poor, label: {zh: 不满意, en: Dissatisfied}, score: 1}]
  importance: [{id: high, label: {zh: 重要, en: Important}, score: 2}, {id: low, label: {zh: 不重要, en: Unimportant}, score: 1}]
sections:
  - questions:
      - {id: overall, type: single_choice, scale: satisfaction, label: "1"}
      - {id: reason, type: single_choice, scale: satisfaction, label: "1"}
      - {id: likes, type: multi_choice, label: "1", options: [{id: price, label: "1"}, {id: speed, label: "2"}, {id: care, label: "3"}]}
      - {id: stars, type: rating, steps: 5, label: "1"}
      - {id: visits, type: number, label: "1"}
      - {id: member, type: yes_no, label: "1"}
      - {id: advice, type: long_text, label: "1"}
      - {id: bought, type: date, label: "1"}
      - {id: parts, type: matrix, scale: satisfaction, label: "1", rows: [{id: staff, label: "1"}, {id: goods, label: "2"}]}
      - {id: order, type: ranking, label: "1", options: [{id: price, label: "1"}, {id: speed, label: "2"}]}
`

// sample returns a question of the type, as an author writes it.
func (q questionType) sample() string {
	return "- id: q\n  type: " + string(q.name) + "\n  label: {zh: 题目, en: Question}\n" + indent("  ", q.example)
}

func indent(by, text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(text, "\n") + "\n") {
		b.WriteString(by + line)
	}
	return b.String()
}

var conditionKinds = []struct {
	of, is     doc
	conditions []string
}{
	{doc{"`single_choice`, `rating` with a scale, a row of a matrix (`parts.staff`, `both.a.importance`), `hidden` with options", "`single_choice`、用量表的 `rating`、矩阵的一行（`parts.staff`、`both.a.importance`）、带 options 的 `hidden`"}, doc{"an option", "一个选项"},
		[]string{`overall == "good"`, `overall in ["good", "fair"]`, `overall == parts.staff`, `score(parts.staff) < 3`}},
	{doc{"`multi_choice`", "`multi_choice`"}, doc{"several options", "几个选项"}, []string{`likes contains "price"`, `count(likes) >= 2`}},
	{doc{"`rating` with steps, `nps`, `number`, a rank (`order.price`), a share of a `constant_sum`", "用 steps 的 `rating`、`nps`、`number`、名次（`order.price`）、`constant_sum` 的一份"}, doc{"a number", "数"},
		[]string{`stars <= 2`, `visits in [1, 2.5]`, `stars < visits`, `order.price == 1`}},
	{doc{"`yes_no`, `consent`", "`yes_no`、`consent`"}, doc{"true or false", "真假"}, []string{`member`, `not member`, `member == false`}},
	{doc{"`short_text`, `long_text`, `email`, `phone`, `url`, `hidden`", "`short_text`、`long_text`、`email`、`phone`、`url`、`hidden`"}, doc{"a text", "文字"}, []string{`advice contains "late"`, `advice == "no"`}},
	{doc{"`date`, `time`", "`date`、`time`"}, doc{"a text in the order of time", "按时间先后比较的文字"}, []string{`bought >= "2026-01-01"`}},
	{doc{"a matrix, ranking or `constant_sum` as a whole", "整个矩阵、排序或 `constant_sum`"}, doc{"several answers", "几个答案"}, []string{`answered(parts)`, `count(parts) == 2`}},
	{doc{"`channel`, `language`: of the submission", "`channel`、`language`：答卷的来源和语言"}, doc{"an option", "一个选项"}, []string{`channel != "phone"`, `language == "zh"`}},
}

var conditionParts = []struct {
	parts     string
	says      doc
	condition string
}{
	{"`==` `!=`", doc{"The same, not the same. One side must be an answer.", "相同、不同。至少一边是答案。"}, `overall != "good"`},
	{"`<` `<=` `>` `>=`", doc{"Numbers, scores, counts; dates, times and texts by their order.", "比较数、分数、个数；日期、时刻和文字按先后。"}, `1 < stars and stars <= 4`},
	{"`in` `not in`", doc{"One of a list in brackets.", "是方括号里的一个。"}, `overall not in ["good", "fair"]`},
	{"`contains`", doc{"Of a multi_choice: the option is among those chosen. Of a text: the words are in it.", "多选题：选了这一项。文字：里面有这些字。"}, `not (likes contains "care")`},
	{"`and` `or` `not` `( )`", doc{"Both, either, the opposite, brackets. What not applies to is in brackets.", "并且、或者、相反、括号。not 管的内容放在括号里。"}, `not (overall == "good" and member)`},
	{"`answered(q)`", doc{"There is an answer: of a question with rows or options of its own, at least one.", "有答案；分行、分项的题，至少答了一个。"}, `answered(advice)`},
	{"`score(q)`", doc{"The score of the option that was chosen; of a matrix, the lowest score of its rows, to be compared with a number.", "所选选项的分数；矩阵是各行里最低的分数，只能和数比较。"}, `score(overall) <= 3`},
	{"`count(q)`", doc{"How many options were chosen, or how many rows answered.", "选了几项，或答了几行。"}, `count(likes) == 3`},
}

var unansweredConditions = []struct {
	condition string
	holds     bool
}{
	{`overall == "good"`, false}, {`overall != "good"`, true},
	{`overall in ["good", "fair"]`, false}, {`overall not in ["good", "fair"]`, true},
	{`score(overall) <= 3`, false}, {`score(overall) > 3`, false}, {`not (score(overall) > 3)`, true},
	{`member`, false}, {`not member`, true}, {`member == false`, false},
	{`likes contains "price"`, false}, {`count(likes) == 0`, true}, {`answered(overall)`, false},
}

const repetitions = `title: Service survey
common:
  agree: &agree {type: single_choice, required: true, options: [{id: "yes", label: Agree}, {id: "no", label: Disagree}]}
sections:
  - questions:
      - {<<: *agree, id: clear, label: The form was clear.}
      - {<<: *agree, id: quick, label: It was quick., required: false}
`

var headings = map[string]doc{
	"questionnaire": {"The questionnaire", "问卷"}, "contact": {"Contact", "联系人"}, "privacy": {"Privacy", "隐私说明"}, "keep": {"Length of time", "期限"}, "transfer": {"Transfer abroad", "出境"}, "authority": {"Authority", "监管机关"}, "document": {"Document", "文件信息"},
	"plan": {"Plan", "调查方案"}, "plan_role": {"Role", "职责"}, "plan_dates": {"Dates of the plan", "时间安排"}, "plan_date": {"Date of the plan", "步骤的时间"}, "window": {"Window", "开放时间"},
	"audience": {"Audience", "调查对象"}, "thanks": {"Thanks", "致谢"}, "section": {"Section", "部分"}, "option": {"Option", "选项"}, "image": {"Picture", "图片"},
	"theme": {"Theme", "主题"}, "colours": {"Colours", "颜色"}, "cover": {"Cover", "封面"}, "row": {"Row", "行"},
	"check": {"Check", "检查"}, "scoring": {"Scoring", "计分"}, "dimension": {"Dimension", "维度"}, "band": {"Band", "分档"}, "results": {"Results", "结果"},
	"question": {"Question", "题目"}, "alert": {"Alert", "提醒规则"}, "deadline": {"Deadline", "期限"}, "quality": {"Quality", "质量"}, "seal": {"Sealing", "加密"}, "response_rate_rule": {"Response rate rule", "回收率规则"},
	"weighting": {"Weighting", "加权"}, "crosstab": {"Cross-tab", "交叉表"}, "measure": {"Beside it: measures", "问卷旁边：改进措施"}, "quote": {"Beside it: quotes", "问卷旁边：原话"},
}

// reference writes the reference in one language.
type reference struct {
	strings.Builder
	language string
}

func (w *reference) say(en, zh string) string {
	if w.language == "zh" {
		return zh
	}
	return en
}

func (w *reference) in(s doc) string { return w.say(s.en, s.zh) }

func (w *reference) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *reference) write() {
	w.line("# %s\n", w.say("The questionnaire format", "问卷格式"))
	w.line("%s\n", w.say("[中文](format.zh.md) · [The author's guide](authors.en.md), which is the gentler beginning", "[English](format.md) · 入门请看[作者指南](authors.zh.md)"))
	w.line("<!-- Written from internal/questionnaire by `go test ./internal/questionnaire -run TestReference -update`: change the tables, not this file. -->\n")
	w.line("%s\n", w.say(
		"One YAML file in `surveys/` is one questionnaire. This page lists everything that it may hold. Unknown keys are mistakes; `glasspoll check` reports every mistake of a file in one run, with its line and column. `glasspoll schema` prints the same as a JSON Schema, so that an editor completes and explains keys.",
		"`surveys/` 里的一个 YAML 文件就是一份问卷。本页列出文件里可以写的全部内容。写错的键会报错；`glasspoll check` 一次报出文件里的所有错误，带行号和列号。`glasspoll schema` 输出同样内容的 JSON Schema，编辑器可以据此补全和解释。"))
	w.line("- [%s](#values)", w.say("Values", "值的写法"))
	order := mappingsOf(formats...)
	for _, m := range order {
		w.line("- [%s](#%s)", w.in(headings[m.id]), m.id)
		if m == &questionMapping {
			for _, q := range questionTypes {
				w.line("  - [%s](#%s)", q.name, q.name)
			}
		}
	}
	w.line("- [%s](#conditions)", w.say("Conditions", "条件"))
	w.line("- [%s](#ids)", w.say("Ids", "id"))
	w.line("- [%s](#repetitions)", w.say("Repetitions", "重复的内容"))
	w.line("- [%s](#limits)\n", w.say("Limits", "上限"))

	w.heading(2, "values", w.say("Values", "值的写法"))
	w.line("%s", w.say(
		"- **A text** is a string, or one in each language: `{zh: 满意, en: Satisfied}`. A survey that lists two languages needs both everywhere, but what has no letters (`\"5\"`, `\"%\"`) is written once.\n"+
			"- **Markdown** is a text that may have paragraphs, lists, bold and links. HTML is shown as it is typed.\n"+
			"- **Answers in texts**: `{{q}}` in a label, help, note or section's title, or in thanks, stands for the answer to the earlier question `q`.\n"+
			"- **A number** has three decimals at most, and a point: `0.5`. **A day** is written `2026-10-31`.\n"+
			"- **A condition** is described [below](#conditions). In YAML, one that begins with a quote or has `: ` or ` #` in it needs quotes around the whole: `'\"price\" == q'`.\n",
		"- **文字**：一段，或每种语言一段：`{zh: 满意, en: Satisfied}`。列了两种语言的问卷，处处都要写两种；没有字母的（`\"5\"`、`\"%\"`）写一次就行。\n"+
			"- **Markdown**：可以有段落、列表、粗体和链接的文字。HTML 照原样显示。\n"+
			"- **文字里的答案**：在 label、help、说明、部分的标题和致谢里写 `{{q}}`，显示前面那道题 `q` 的答案。\n"+
			"- **数**最多三位小数，用点：`0.5`。**日期**写成 `2026-10-31`。\n"+
			"- **条件**见[下文](#conditions)。在 YAML 里，以引号开头或含有 `: `、` #` 的条件，整个要放在引号里：`'\"price\" == q'`。\n"))
	for _, m := range order {
		w.mapping(m)
	}
	w.conditions()
	w.dependence()
	w.limits()
}

func (w *reference) heading(level int, id, text string) {
	w.line("<a id=\"%s\"></a>\n\n%s %s\n", id, strings.Repeat("#", level), text)
}

func (w *reference) mapping(m *mapping) {
	w.heading(2, m.id, w.in(headings[m.id]))
	w.line("%s\n", w.in(m.doc))
	if m != &questionMapping {
		w.keys(m.keys, m.id)
		return
	}
	common := len(questionTypes) / 2
	var shared []key
	for _, k := range m.keys {
		if (k.types == nil || len(k.types) > common) && !slices.ContainsFunc(shared, func(s key) bool { return s.name == k.name }) {
			shared = append(shared, k)
		}
	}
	w.line("%s\n", w.say("Most types have these keys. No option is ever preselected.", "多数题型都有这些键。任何选项都不会预先选中。"))
	w.keys(shared, m.id)
	for _, q := range questionTypes {
		w.heading(3, string(q.name), "`"+string(q.name)+"`")
		w.line("%s %s%s\n", w.in(q.doc), w.say("Its answer: ", "答案："), w.in(q.answer)+w.say(".", "。"))
		w.line("```yaml\n%s```\n", q.sample())
		var own []key
		var without []string
		for _, k := range m.keys {
			mine, ok := m.key(k.name, q.name)
			switch {
			case ok && k.doc == mine.doc && !slices.ContainsFunc(shared, func(s key) bool { return s.doc == k.doc }):
				own = append(own, k)
			case !ok && slices.ContainsFunc(shared, func(s key) bool { return s.name == k.name }) && !slices.Contains(without, "`"+k.name+"`"):
				without = append(without, "`"+k.name+"`")
			}
		}
		if len(own) > 0 {
			w.keys(own, "")
		}
		if len(without) > 0 {
			w.line("%s %s%s\n", w.say("It has no", "没有"), strings.Join(without, w.say(", ", "、")), w.say(".", "。"))
		}
	}
}

func (w *reference) keys(keys []key, id string) {
	w.line("| %s | %s | %s | %s |\n| --- | --- | --- | --- |", w.say("Key", "键"), w.say("Value", "值"), w.say("Meaning", "含义"), w.say("For example", "例如"))
	for _, k := range keys {
		name := "`" + k.name + "`"
		if k.need != "" {
			name = "**" + name + "**"
		}
		w.line("| %s | %s | %s | `%s` |", name, w.value(k.form), w.in(k.doc), k.example)
	}
	w.line("")
	if slices.ContainsFunc(keys, func(k key) bool { return k.need != "" }) && id != "" {
		w.line("%s\n", w.say("Keys in bold are needed.", "粗体的键必须写。"))
	}
}

// value describes the values of a form.
func (w *reference) value(f form) string {
	switch f.kind {
	case freeForm:
		return w.say("anything", "任意内容")
	case textForm:
		return w.say("a text", "文字")
	case markdownForm:
		return "Markdown"
	case pathForm:
		return w.say("a file's name", "文件名")
	case colourForm:
		return w.say("a colour", "颜色")
	case emptyForm:
		return "`\"\"`"
	case booleanForm:
		return w.say("`true` or `false`", "`true` 或 `false`")
	case alwaysForm:
		return "`true`"
	case wordForm:
		if len(f.words) == len(questionTypes) {
			return w.say("a type", "题型")
		}
		return "`" + strings.Join(f.words, "`, `") + "`"
	case integerForm, numberForm:
		kind := w.say("a number", "数")
		if f.kind == integerForm {
			kind = w.say("a whole number", "整数")
		}
		if f.min == -survey.MaxDecimal {
			return kind
		}
		if f.max == survey.MaxDecimal {
			return kind + w.say(" from ", "，至少 ") + f.min.String()
		}
		return kind + w.say(" from ", "，") + f.min.String() + w.say(" to ", " 到 ") + f.max.String()
	case dateForm:
		return w.say("a day", "日期")
	case emailForm:
		return w.say("an e-mail address", "电子邮箱")
	case codeForm:
		return w.say("a language code", "语言代码")
	case fileIDForm, nameIDForm, choiceIDForm:
		return w.say("an id", "id")
	case conditionForm:
		return w.say("a [condition](#conditions)", "[条件](#conditions)")
	case objectForm:
		return fmt.Sprintf("[%s](#%s)", w.in(headings[f.of.id]), f.of.id)
	case byNameForm:
		return w.say("names, each with a list of ", "名字，各有一个列表，列表里是") + w.value(objectOf(f.of))
	case mapForm:
		return w.say("names, each with ", "名字，各有：") + w.value(*f.entry)
	case listForm:
		switch f.entry.kind {
		case codeForm:
			return w.say("a list of language codes", "语言代码的列表")
		case nameIDForm, choiceIDForm:
			return w.say("a list of ids", "id 的列表")
		case eitherForm:
			return w.say("a list of labels or ", "列表：文字或") + w.value(f.entry.either[1])
		}
		return w.say("a list of ", "列表：") + w.value(*f.entry)
	case eitherForm:
		var forms []string
		for _, one := range f.either {
			forms = append(forms, w.value(one))
		}
		return strings.Join(forms, w.say("; or ", "；或"))
	default:
		return w.say("a plain text", "普通文字")
	}
}

func (w *reference) conditions() {
	w.heading(2, "conditions", w.say("Conditions", "条件"))
	w.line("%s\n", w.say(
		"`show_if` decides whether a section, a question, an option or a thank-you text is there at all; `required` whether a question must be answered; a `check`'s `that` whether an answer is accepted. A condition names earlier or later answers by the id of their question, or as `question.row`, `question.option`, `question.row.importance`. The page and the handler evaluate the same compiled condition; without a script every question is shown, the page says in words when it applies, and the handler ignores what does not.",
		"`show_if` 决定部分、题目、选项或致谢要不要出现；`required` 决定题目是否必答；`check` 里的 `that` 决定答案能不能接受。条件用题目的 id 指前面或后面的答案，分行分项的写成“题.行”“题.选项”“题.行.importance”。网页和服务器用的是同一个编译好的条件；没有脚本时所有题目都显示，页面用文字说明什么情况下适用，不适用的答案服务器不收。"))
	w.line("| %s | %s | %s |\n| --- | --- | --- |", w.say("The answer of", "谁的答案"), w.say("is", "是"), w.say("so that one can write", "可以这样写"))
	for _, k := range conditionKinds {
		w.line("| %s | %s | `%s` |", w.in(k.of), w.in(k.is), strings.Join(k.conditions, "`<br>`"))
	}
	w.line("\n| %s | %s | %s |\n| --- | --- | --- |", w.say("Sign", "符号"), w.say("Meaning", "含义"), w.say("For example", "例如"))
	for _, p := range conditionParts {
		w.line("| %s | %s | `%s` |", p.parts, w.in(p.says), p.condition)
	}
	w.line("\n%s\n", w.say("Texts are written in quotes, `\"good\"` or `'good'`; numbers without; `true` and `false`. There is no arithmetic.", "文字放在引号里，`\"good\"` 或 `'good'`；数不加引号；还有 `true` 和 `false`。没有加减乘除。"))
	w.line("### %s\n", w.say("Where there is no answer", "没有答案时"))
	w.line("%s\n", w.say(
		"What is not asked counts as unanswered. **An unanswered question equals nothing, and is neither more nor less than anything.** Of the comparisons with it only `!=` and `not in` are true, which are always the opposite of `==` and `in`. A `yes_no` by itself is false. The same holds for a channel that the link does not give, and for the score of an option that has none.",
		"没有问到的题就是没有答案。**没有答案的题不等于任何东西，也不大于、不小于任何东西。**同它比较，只有 `!=` 和 `not in` 为真，因为它们总是 `==` 和 `in` 的反面。单写一道 `yes_no` 时为假。链接里没有给出的来源、没有分数的选项的分数也一样。"))
	w.line("| %s | %s |\n| --- | --- |", w.say("Where nothing is answered", "什么都没答时"), w.say("is", "结果"))
	for _, u := range unansweredConditions {
		w.line("| `%s` | %s |", u.condition, map[bool]string{true: w.say("true", "真"), false: w.say("false", "假")}[u.holds])
	}
	w.line("\n%s\n", w.say(
		"These are mistakes: unknown names, comparisons of different kinds, conditions that no answers meet (by themselves, or together with those of the section and of the questions that they name), questions that depend on one another in a circle, and a question that depends on its own answer.",
		"这些是错误：没有的名字；不能相比的东西相比；任何答案都不能满足的条件（单独看，或者同所在部分、所提到的题目的条件合起来看）；题目之间互相等待、绕成圈；题目等待自己的答案。"))
}

// dependence says what conditions do to what is published.
func (w *reference) dependence() {
	w.line("### %s\n", w.say("What depends on what", "谁取决于谁"))
	w.line("%s\n", w.say(
		"A question depends on the questions in its `show_if` and its section's, in its `required`, and in the `show_if` of its options; a `check` makes all questions that it names depend on each other. Whatever depends on a `private` question, or on one with `publish: false`, is not published either, and whatever depends on a `sensitive` one is sensitive, however many questions are in between: the number of those who were asked would tell the answer. `glasspoll check` says which questions that concerns, and does not accept them as segments, in cross-tabs or as `overall`. A text that shows an answer (`{{q}}`) depends on nothing.",
		"一道题取决于它的 `show_if` 和所在部分的 `show_if`、它的 `required`、它的选项的 `show_if` 里提到的题；`check` 让它提到的所有题互相取决于对方。凡是取决于 `private` 或 `publish: false` 的题，也不公布；取决于 `sensitive` 的题，也是 sensitive，中间隔了几道题都一样：因为被问到的人数会说出那道题的答案。`glasspoll check` 会指出是哪些题，也不允许用作分组题、交叉表和 `overall`。文字里显示答案（`{{q}}`）不算。"))
}

// madeIDs says how options and rows get ids that are not written.
func (w *reference) madeIDs() {
	w.line("%s\n", w.say(
		"Options and rows may be written without an id while a survey is drafted: `options: [Yes, No]`, `{label: Yes, show_if: …}`. Only where an option of a list or scale has a `score` do all of that list need one. The id is then made from the label in the survey's first language, and from nothing else, so that it stays when others are added, removed or moved, and when languages are added behind the first:",
		"起草时，选项和行可以不写 id：`options: [是, 否]`、`{label: 是, show_if: …}`。只有列表或量表里有选项写了 `score` 时，全表都必须写 id。没写的 id 由问卷第一种语言的文字得出，与别的都无关，所以增减、调换其他选项，或者在后面再加一种语言，它都不变："))
	w.line("| %s | %s |\n| --- | --- |", w.say("Label", "文字"), w.say("Its id", "得出的 id"))
	for _, label := range []string{"Yes", "Don't know", "2 to 5 times", "满意", "A ≥ B"} {
		w.line("| %s | `%s` |", label, deriveID(optionPrefix, label))
	}
	w.line("\n%s\n", w.say(
		fmt.Sprintf("A label of ASCII words and ordinary punctuation, of at most %d characters, gives these words in lower case, joined by `_`. Any other gives `o_`, or `r_` for a row, and the first 8 hexadecimal digits of the SHA-256 of its text in UTF-8 (NFC, with single spaces). Two labels of a list that give the same id are a mistake. An edited label is another option, and answers stay with the old one: so before a survey is published, `glasspoll check --write-ids` writes these ids into the file, and from then on labels may change. `glasspoll publish` and `glasspoll serve --production` refuse a questionnaire without them.", maxSlug),
		fmt.Sprintf("文字由 ASCII 单词和普通标点组成、不超过 %d 个字符的，取小写单词，用 `_` 连接。其他的取 `o_`（行取 `r_`）加上文字的 SHA-256（UTF-8、NFC、空格并成一个）的前 8 位十六进制数。同一列表里两段文字得出同样的 id 是错误。文字一改就成了另一个选项，答案仍归原来的：所以发布之前用 `glasspoll check --write-ids` 把 id 写进文件，以后再改文字就没有关系。没有写 id 的问卷，`glasspoll publish` 和 `glasspoll serve --production` 不接受。", maxSlug)))
}

func (w *reference) limits() {
	w.heading(2, "ids", "Id")
	w.line("%s\n", w.say(
		"Ids name things in answers, figures and conditions; they stay the same when labels change.",
		"id 是答案、统计和条件里用的名字，文字改了 id 也不改。"))
	w.line("| %s | %s | %s |\n| --- | --- | --- |", w.say("Id of", "谁的 id"), w.say("Form", "形式"), w.say("Not", "不能是"))
	w.line("| %s | `%s` | `%s` |", w.say("a questionnaire", "问卷"), surveyID, strings.Join(reservedIDs, "`, `"))
	w.line("| %s | `%s` | `%s` |", w.say("a question", "题目"), questionID, strings.Join(keywords, "`, `"))
	w.line("| %s | `%s` | |", w.say("a section, scale, dimension, channel or alert, and the type of a case", "部分、量表、维度、来源、提醒规则、事项类型"), questionID)
	w.line("| %s | `%s` | |\n", w.say("an option or row", "选项、行"), choiceID)
	w.madeIDs()
	w.heading(2, "repetitions", w.say("Repetitions", "重复的内容"))
	w.line("%s\n", w.say(
		"The format is YAML 1.2, of which JSON is a part. What is written once may be used again: `&name` in front of a value names it, and `*name` stands for it. `<<: *name` takes over the keys of a mapping, and `<<: [*one, *other]` those of several; a key that is written beside it counts, then that of the first. `common` at the top, and keys whose names begin with `x-` beside any others, are read by nothing else.",
		"格式是 YAML 1.2，JSON 也包括在内。写过一次的内容可以再用：值前面写 `&名字` 给它起名，`*名字` 就代表它。`<<: *名字` 把一组键值合并进来，`<<: [*甲, *乙]` 合并几组；旁边另写的键优先，其次是排在前面的那组。最外层的 `common`，以及任何一层以 `x-` 开头的键，只用来放这些内容，别的都不读。"))
	w.line("```yaml\n%s```\n", repetitions)
	w.heading(2, "limits", w.say("Limits", "上限"))
	w.line("| %s | %s |\n| --- | --- |", w.say("What", "什么"), w.say("At most", "最多"))
	for _, l := range []struct {
		what doc
		most int
		unit doc
	}{
		{doc{"A file", "文件"}, maxFile >> 10, doc{"KB", "KB"}},
		{doc{"Questions, notes among them", "题目，包括说明文字"}, maxQuestions, doc{}},
		{doc{"Options of a question or scale, and rows of a matrix", "一题或一个量表的选项，一个矩阵的行"}, maxOptions, doc{}},
		{doc{"An id", "id"}, maxID, doc{"characters", "个字符"}},
		{doc{"A text", "一段文字"}, maxText, doc{"characters", "个字"}},
		{doc{"A condition", "条件"}, expression.MaxLength, doc{"bytes", "字节"}},
		{doc{"A pattern", "正则表达式"}, maxPattern, doc{"bytes", "字节"}},
		{doc{"An answer to a long_text", "long_text 的答案"}, mostLength, doc{"characters", "个字"}},
		{doc{"Alerts", "提醒规则"}, maxAlerts, doc{}},
		{doc{"Measures, and quotes, of a questionnaire", "一份问卷的改进措施、原话"}, maxEntries, doc{}},
		{doc{"Groups that segments make together", "各 segment 交叉出的组"}, maxCohorts, doc{}},
		{doc{"Levels of nesting in the file", "文件里的嵌套层数"}, maxDepth, doc{}},
	} {
		w.line("| %s | %s |", w.in(l.what), strings.TrimSpace(fmt.Sprint(l.most)+" "+w.in(l.unit)))
	}
	w.line("| %s | ±%s |\n", w.say("A number", "数"), survey.MaxDecimal)
}

// TestReferenceIsWhole checks that every YAML block in the reference is valid, and that it has every key of the tables.
func TestReferenceIsWhole(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		w := &reference{language: language}
		w.write()
		text := w.String()
		for _, m := range mappingsOf(formats...) {
			for _, k := range m.keys {
				if !strings.Contains(text, "`"+k.name+"`") {
					t.Errorf("%s: %s is left out", language, k.name)
				}
				if !strings.Contains(text, w.in(k.doc)) {
					t.Errorf("%s: %s is not explained", language, k.name)
				}
			}
		}
		for i, part := range strings.Split(text, "```") {
			var any any
			if err := yaml.Unmarshal([]byte(strings.TrimPrefix(part, "yaml")), &any); i%2 == 1 && err != nil {
				t.Errorf("%s\n%v", part, err)
			}
		}
	}
}
