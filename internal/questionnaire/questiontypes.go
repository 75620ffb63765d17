package questionnaire

import (
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A questionType describes a question type.
type questionType struct {
	name    survey.Type
	doc     doc         // what a question of the type asks
	answer  doc         // what an answer is
	sources []string    // the keys that list what can be chosen, of which exactly one is given
	want    message.Key // the message where none of them is given
	example string      // further keys, as YAML
}

const wantChoices message.Key = "'options' or 'scale' is missing: what can be chosen?"

var questionTypes = []questionType{
	{name: survey.SingleChoice, sources: []string{"options", "scale"}, want: wantChoices,
		doc:    doc{"One of several options.", "几个选项里选一个。"},
		answer: doc{"an option's id", "选项的 id"},
		example: `options:
  - {id: price, label: {zh: 价格, en: Price}}
  - {id: speed, label: {zh: 速度, en: Speed}}
other: true`},
	{name: survey.MultiChoice, sources: []string{"options", "scale"}, want: wantChoices,
		doc:    doc{"Any number of options.", "几个选项里选任意个。"},
		answer: doc{"a list of options' ids", "选项 id 的列表"},
		example: `max: 2
shuffle: true
anchor: [place]
options:
  - {id: price, label: {zh: 价格, en: Price}}
  - {id: speed, label: {zh: 速度, en: Speed}}
  - {id: place, label: {zh: 别的地方, en: Somewhere else}}
  - {id: nothing, label: {zh: 都没有, en: None of these}, exclusive: true}`},
	{name: survey.Rating, sources: []string{"scale", "steps"}, want: "'scale' or 'steps' is missing: add \"steps: 5\" or the name of a scale",
		doc:    doc{"One step of a scale, or of 1 to so many.", "量表的一级，或 1 到几分。"},
		answer: doc{"the step's id; with steps, a number from 1", "那一级的 id；用 steps 时是从 1 起的数"},
		example: `steps: 5
display: stars
low: {zh: 很不满意, en: Very dissatisfied}
high: {zh: 很满意, en: Very satisfied}`},
	{name: survey.NPS,
		doc:     doc{"How likely one is to recommend, from 0 to 10.", "推荐的可能性，0 到 10。"},
		answer:  doc{"a number from 0 to 10", "0 到 10 的数"},
		example: "low: {zh: 完全不可能, en: Not at all}\nhigh: {zh: 非常可能, en: Extremely}"},
	{name: survey.Matrix, sources: []string{"scale"}, want: "'scale' is missing: the name of the scale that is its columns",
		doc:    doc{"One step of the same scale for each of several rows.", "几行用同一个量表，每行选一级。"},
		answer: doc{"for each row, question.row: the step's id", "每行一个，名为“题.行”：那一级的 id"},
		example: `scale: satisfaction
required: [staff]
rows:
  - {id: staff, label: {zh: 人员, en: Staff}}
  - {id: goods, label: {zh: 商品, en: Goods}, weight: 2}`},
	{name: survey.ImportanceMatrix, sources: []string{"scale"}, want: "'scale' is missing: the name of the scale of satisfaction",
		doc:    doc{"For each of several rows, how important it is and how satisfied one is.", "每行评两次：重要程度和满意程度。"},
		answer: doc{"for each row, question.row.importance and question.row.satisfaction: the steps' ids", "每行两个，名为“题.行.importance”和“题.行.satisfaction”：各级的 id"},
		example: `scale: satisfaction
importance_scale: importance
rows:
  - {id: staff, label: {zh: 人员, en: Staff}}
  - {id: goods, label: {zh: 商品, en: Goods}}`},
	{name: survey.Ranking,
		doc:    doc{"Options in order, the first being the best.", "给选项排序，第一位最好。"},
		answer: doc{"for each option, question.option: its rank from 1; in JSON also the ids as a list, in order", "每个选项一个，名为“题.选项”：从 1 起的名次；JSON 里也可以写成按顺序排好的 id 列表"},
		example: `max: 2
options:
  - {id: price, label: {zh: 价格, en: Price}}
  - {id: speed, label: {zh: 速度, en: Speed}}
  - {id: care, label: {zh: 态度, en: Care}}`},
	{name: survey.Number,
		doc:     doc{"A number, with three decimals at most.", "一个数，最多三位小数。"},
		answer:  doc{"the number", "这个数"},
		example: "min: 0\nmax: 100\nstep: 5\nunit: \"%\"\ndisplay: slider"},
	{name: survey.ConstantSum,
		doc:    doc{"A total, shared out among options. What is left blank is 0.", "把一个总数分给各选项，空着的算 0。"},
		answer: doc{"for each option, question.option: its share", "每个选项一个，名为“题.选项”：分到的数"},
		example: `total: 100
options:
  - {id: price, label: {zh: 价格, en: Price}}
  - {id: speed, label: {zh: 速度, en: Speed}}`},
	{name: survey.ShortText,
		doc:     doc{"A line of text.", "一行文字。"},
		answer:  doc{"the text", "这段文字"},
		example: "pattern: \"[A-Z]{2}[0-9]{4}\"\nhelp: {zh: 两个字母四位数字, en: Two letters and four digits}"},
	{name: survey.LongText,
		doc:     doc{"Text of several lines.", "几行文字。"},
		answer:  doc{"the text", "这段文字"},
		example: "max_length: 500"},
	{name: survey.Email,
		doc:     doc{"An e-mail address; private unless said otherwise.", "电子邮箱；不另说明就是私密的。"},
		answer:  doc{"the address", "邮箱地址"},
		example: "show_if: answered(reason)"},
	{name: survey.Phone,
		doc:     doc{"A telephone number; private unless said otherwise.", "电话号码；不另说明就是私密的。"},
		answer:  doc{"the number as typed", "填写的号码"},
		example: "private: true"},
	{name: survey.URL,
		doc:     doc{"A web address.", "网址。"},
		answer:  doc{"the address as typed", "填写的网址"},
		example: "help: {zh: 例如 www.example.com, en: Such as www.example.com}"},
	{name: survey.DateType,
		doc:     doc{"A day.", "日期。"},
		answer:  doc{"the day, as 2026-10-31", "日期，写成 2026-10-31"},
		example: "min: 2026-01-01\nmax: 2026-12-31"},
	{name: survey.Time,
		doc:     doc{"A time of day.", "一天里的时刻。"},
		answer:  doc{"the time, as 09:30", "时刻，写成 09:30"},
		example: "check: {that: q >= \"09:00\", message: {zh: 九点开门。, en: We open at nine.}}"},
	{name: survey.YesNo,
		doc:     doc{"Yes or no.", "是或否。"},
		answer:  doc{"yes or no; in JSON true or false", "yes 或 no；JSON 里是 true 或 false"},
		example: "required: true"},
	{name: survey.Consent,
		doc:     doc{"A box that must be ticked.", "必须勾选的同意框。"},
		answer:  doc{"yes; in JSON true", "yes；JSON 里是 true"},
		example: "show_if: answered(reason)"},
	{name: survey.Note,
		doc:     doc{"A text between the questions, in Markdown. It asks nothing.", "题目之间的一段文字，用 Markdown。不问什么。"},
		answer:  doc{"none", "没有"},
		example: "show_if: reason == \"poor\""},
	{name: survey.Hidden,
		doc:    doc{"Nothing on the page: its value comes from the link (?tier=a for the id tier). With options, no other value is taken.", "页面上没有：值来自链接（id 是 tier 就写 ?tier=a）。给了 options 就只接受其中的值。"},
		answer: doc{"the text; with options, an option's id", "这段文字；给了 options 就是选项的 id"},
		example: `segment: true
options:
  - {id: a, label: {zh: 甲级, en: Tier A}}
  - {id: b, label: {zh: 乙级, en: Tier B}}`},
}

// specOf returns the description of a type.
func specOf(t survey.Type) questionType {
	i := slices.IndexFunc(questionTypes, func(q questionType) bool { return q.name == t })
	if i < 0 {
		return questionType{name: t}
	}
	return questionTypes[i]
}

// allTypes lists the types in the order of the reference, except some.
func allTypes(except ...survey.Type) []survey.Type {
	var all []survey.Type
	for _, t := range questionTypes {
		if !slices.Contains(except, t.name) {
			all = append(all, t.name)
		}
	}
	return all
}

var (
	texts    = []survey.Type{survey.ShortText, survey.LongText}
	matrices = []survey.Type{survey.Matrix, survey.ImportanceMatrix}
	offering = []survey.Type{survey.SingleChoice, survey.MultiChoice, survey.Ranking, survey.ConstantSum} // may list options of their own
	scored   = []survey.Type{survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix}
	asked    = allTypes(survey.Note, survey.Hidden)

	questionMapping = mapping{"question", "a question", doc{"One question. Which keys it may have depends on its type.", "一道题。能用哪些键，看题型。"}, []key{
		{name: "id", types: []survey.Type{survey.Note}, form: ofKind(nameIDForm).excluding(keywords), example: "overall",
			doc: doc{"A note needs none.", "说明文字可以不写。"}},
		{name: "id", form: ofKind(nameIDForm).excluding(keywords), need: ": a short name such as overall, which stays the same over the years", example: "overall",
			doc: doc{"The question's name in answers, expressions and figures. Keep it over the years.", "题目在答案、条件和统计里的名字。历年保持不变。"}},
		{name: "type", form: oneOfWords(typeNames(allTypes())...), need: ": one of %s", example: "rating",
			doc: doc{"What is asked for; see the types below.", "题型，见下文。"}},
		{name: "label", types: []survey.Type{survey.Note}, form: ofKind(markdownForm), need: ": what the respondent reads", example: "{zh: \"**最后**\", en: \"**At last**\"}",
			doc: doc{"The text, in Markdown.", "文字，用 Markdown。"}},
		{name: "label", form: ofKind(textForm), need: ": what the respondent reads", example: `{zh: 您满意吗？, en: "Are you satisfied?"}`,
			doc: doc{"The question itself.", "题目本身。"}},
		{name: "short", types: allTypes(survey.Note), form: ofKind(textForm), example: "{zh: 总体, en: Overall}",
			doc: doc{"What results call it in lists, charts and filters, where the question itself would be too long. It may be changed at any time. Left out: the label.", "结果页在列表、图表和筛选里怎样称呼它，题目本身太长时用。随时可以改。不写就用 label。"}},
		{name: "short_no", types: []survey.Type{survey.YesNo}, requires: "short", form: ofKind(textForm), example: "{zh: 非会员, en: Not members}",
			doc: doc{"What results call those who answered no, where short is what they call those who answered yes (“Members”). Left out: short with “yes” and “no”.", "结果页怎样称呼答“否”的人；short 就是答“是”的人（“会员”）。不写就在 short 后面加“是”“否”。"}},
		{name: "help", types: asked, form: ofKind(textForm), example: "{zh: 请按最近一次的感受回答, en: Please think of your latest visit}",
			doc: doc{"A hint below the question.", "题目下面的提示。"}},
		{name: "image", types: allTypes(survey.Hidden), form: objectOf(&imageMapping), example: "{file: counter.jpg, alt: {zh: 柜台, en: The counter}}",
			doc: doc{"A picture below the question.", "题目下面的图片。"}},
		{name: "required", types: []survey.Type{survey.Consent}, form: ofKind(alwaysForm), example: "true",
			doc: doc{"A consent is always required.", "同意框总是必填。"}},
		{name: "required", types: matrices, form: anyOf(ofKind(booleanForm), oneOfWords("all"), listOf(ofKind(choiceIDForm), maxOptions), ofKind(conditionForm)), example: "all",
			doc: doc{"Which rows must be answered: all (or true), a list of rows, or a condition under which all must.", "哪些行必答：all（或 true）、行的列表，或一个条件（满足时全部必答）。"}},
		{name: "required", types: asked, form: anyOf(ofKind(booleanForm), ofKind(conditionForm)), example: "score(overall) <= 2",
			doc: doc{"Whether it must be answered: true, false or a condition.", "是否必答：true、false 或一个条件。"}},
		{name: "show_if", types: allTypes(survey.Hidden), form: ofKind(conditionForm), example: "score(overall) <= 2",
			doc: doc{"When it is asked. An answer to what is not asked is never kept.", "什么情况下问。没有问到的题，答案不保留。"}},
		{name: "check", types: asked, form: anyOf(objectOf(&checkMapping), listOf(objectOf(&checkMapping), 0)), example: "{that: leaves >= arrives, message: {zh: 离开不能早于到达。, en: You cannot leave before you arrive.}}",
			doc: doc{"What the answer must meet, with a message of its own; or a list of such.", "答案必须满足的要求和提示；可以是几条的列表。"}},
		{name: "private", types: allTypes(survey.Note), form: ofKind(booleanForm), example: "true",
			doc: doc{"Kept apart from the other answers: never counted or shown, and exported only on request. Left out: true for email and phone.", "与其他答案分开保存，不统计、不显示、不随便导出。不写：email 和 phone 是 true。"}},
		{name: "sealed", types: allTypes(survey.Note), form: ofKind(booleanForm), example: "false",
			doc: doc{"In a survey with `seal`: false excepts the question, so that its answers are stored as they are, and conditions can read them. Left out: true for what is private or typed.", "用于写了 `seal` 的问卷：false 表示这道题不加密，答案照原样保存，条件里也能用。不写：私密的和手写的是 true。"}},
		{name: "publish", types: allTypes(survey.Note), form: ofKind(booleanForm), example: "false",
			doc: doc{"Whether figures are made public. false acts at once, for all periods; answers that were given under false are never published later. A question that depends on an unpublished or private one is not published either. Left out: true.", "统计结果是否公布。false 立刻生效，对所有周期都有效；在 false 下收到的答案以后也不公布。依赖不公布或私密题的题，也不公布。不写就是 true。"}},
		{name: "segment", types: []survey.Type{survey.SingleChoice, survey.Rating, survey.YesNo, survey.Hidden}, form: ofKind(booleanForm), example: "true",
			doc: doc{"Figures may be broken down by it. A segment is a fact that others may know of a respondent, so it is neither private, unpublished nor sensitive.", "结果可以按它分组。分组题是别人可能知道的事实，所以不能是私密、不公布或 sensitive 的题。"}},
		{name: "sensitive", types: allTypes(survey.Note), form: ofKind(booleanForm), example: "true",
			doc: doc{"Published once, when the period is over, if at least 20 people and four times min_group are published by then: how many chose each option, in multiples of min_group. It is part of no mean, index or breakdown. So is a question that depends on it.", "这一期结束、公布的答卷不少于 20 份也不少于 min_group 的四倍时，公布一次：各选项的人数取成 min_group 的倍数。不进平均分、指数和分组。依赖它的题也一样。"}},
		{name: "dimension", types: scored, form: ofKind(nameIDForm), example: "service",
			doc: doc{"The group of items that it belongs to, declared under scoring.", "所属的维度，在 scoring 里声明。"}},
		{name: "weight", types: scored, form: numbers(0, maxWeight), example: "2",
			doc: doc{"What it weighs in its dimension, or in the index; 0 takes it out. Left out: 1.", "在维度或指数里的权重，0 就是不计入。不写就是 1。"}},
		{name: "options", types: []survey.Type{survey.Ranking, survey.ConstantSum}, form: choicesOf(&optionMapping).atLeast(2), need: ": what is ranked, or given a share?", example: "[{id: price, label: Price}, {id: speed, label: Speed}]",
			doc: doc{"What is ranked, or given a share.", "要排序或要分配的选项。"}},
		{name: "options", types: []survey.Type{survey.SingleChoice, survey.MultiChoice}, form: choicesOf(&optionMapping), example: "[{id: price, label: Price}, {id: speed, label: Speed}]",
			doc: doc{"What can be chosen. Instead of a scale.", "可选的选项。与 scale 二选一。"}},
		{name: "options", types: []survey.Type{survey.Hidden}, form: choicesOf(&optionMapping), example: "[{id: a, label: Tier A}, {id: b, label: Tier B}]",
			doc: doc{"The values that may come. Left out: any text.", "允许的值。不写就是任何文字。"}},
		{name: "scale", types: matrices, form: ofKind(nameIDForm), example: "satisfaction",
			doc: doc{"The scale that each row is judged by (of an importance_matrix: satisfaction).", "每行用的量表（importance_matrix 里是满意程度）。"}},
		{name: "scale", types: []survey.Type{survey.SingleChoice, survey.MultiChoice, survey.Rating}, form: ofKind(nameIDForm), example: "satisfaction",
			doc: doc{"The scale whose options can be chosen.", "用哪个量表的选项。"}},
		{name: "importance_scale", types: []survey.Type{survey.ImportanceMatrix}, form: ofKind(nameIDForm), need: ": the name of the scale of importance", example: "importance",
			doc: doc{"The scale of importance.", "重要程度用的量表。"}},
		{name: "display", types: []survey.Type{survey.SingleChoice}, form: oneOfWords("radio", "dropdown", "buttons", survey.ImageChoice), example: "dropdown",
			doc: doc{"How it looks. image_choice: cards with the options' pictures. Left out: radio.", "样子。image_choice 是带选项图片的卡片。不写就是 radio（单选钮）。"}},
		{name: "display", types: []survey.Type{survey.MultiChoice}, form: oneOfWords("checkbox", survey.ImageChoice), example: "image_choice",
			doc: doc{"How it looks. image_choice: cards with the options' pictures. Left out: checkbox.", "样子。image_choice 是带选项图片的卡片。不写就是 checkbox（复选框）。"}},
		{name: "display", types: []survey.Type{survey.Rating}, form: oneOfWords("stars", "faces", "numbers"), example: "stars",
			doc: doc{"How it looks. Left out: the steps' labels, or numbers.", "样子。不写就显示各级的文字或数字。"}},
		{name: "display", types: []survey.Type{survey.Number}, form: oneOfWords("box", "slider"), example: "slider",
			doc: doc{"How it looks. A slider needs min and max. Left out: box.", "样子。slider（滑块）要写 min 和 max。不写就是 box（输入框）。"}},
		{name: "steps", types: []survey.Type{survey.Rating}, form: integers(2, maxSteps), example: "5",
			doc: doc{"Steps from 1 to so many, scored by their number. Instead of a scale.", "从 1 到几级，几级就是几分。与 scale 二选一。"}},
		{name: "low", types: []survey.Type{survey.Rating, survey.NPS}, form: ofKind(textForm), example: "{zh: 很差, en: Poor}",
			doc: doc{"What the lowest step means.", "最低一级的含义。"}},
		{name: "high", types: []survey.Type{survey.Rating, survey.NPS}, form: ofKind(textForm), example: "{zh: 很好, en: Great}",
			doc: doc{"What the highest step means.", "最高一级的含义。"}},
		{name: "rows", types: matrices, form: choicesOf(&rowMapping), need: ": the lines of the matrix", example: "[{id: speed, label: Speed}, {id: care, label: Care}]",
			doc: doc{"The lines of the matrix.", "矩阵的各行。"}},
		{name: "min", types: []survey.Type{survey.MultiChoice}, form: integers(1, maxOptions+1), example: "1",
			doc: doc{"The fewest options of an answer.", "至少选几项。"}},
		{name: "min", types: []survey.Type{survey.Number}, form: numbers(-survey.MaxDecimal, survey.MaxDecimal), example: "0",
			doc: doc{"The least number.", "最小的数。"}},
		{name: "min", types: []survey.Type{survey.DateType}, form: ofKind(dateForm), example: "2026-01-01",
			doc: doc{"The earliest day.", "最早的日期。"}},
		{name: "max", types: []survey.Type{survey.MultiChoice}, form: integers(1, maxOptions+1), example: "3",
			doc: doc{"The most options of an answer.", "最多选几项。"}},
		{name: "max", types: []survey.Type{survey.Ranking}, form: integers(1, maxOptions), example: "3",
			doc: doc{"How many ranks are given. Left out: all.", "排几名。不写就全部排。"}},
		{name: "max", types: []survey.Type{survey.Number}, form: numbers(-survey.MaxDecimal, survey.MaxDecimal), example: "100",
			doc: doc{"The greatest number.", "最大的数。"}},
		{name: "max", types: []survey.Type{survey.DateType}, form: ofKind(dateForm), example: "2026-12-31",
			doc: doc{"The latest day.", "最晚的日期。"}},
		{name: "total", types: []survey.Type{survey.ConstantSum}, form: numbers(1, survey.MaxDecimal), need: ": what the shares add up to, such as 100", example: "100",
			doc: doc{"What the shares add up to.", "各项加起来是多少。"}},
		{name: "step", types: []survey.Type{survey.Number}, form: numbers(1, survey.MaxDecimal), example: "0.5",
			doc: doc{"Only multiples, counted from min (or 0).", "只能是它的倍数，从 min（没有就从 0）数起。"}},
		{name: "bands", types: []survey.Type{survey.Number}, form: listOf(numbers(-survey.MaxDecimal, survey.MaxDecimal), maxBands), example: "[0, 18, 30, 45, 60]",
			doc: doc{"The lower limits of the bands in which answers are counted, ascending. Left out: each value by itself if min, max and step leave at most 101; else about ten bands between min and max; else fixed ones. Only how many answers fall into each band is kept.", "答案按哪些段来数：各段的下限，由小到大。不写时，min、max、step 之间最多 101 个值就逐值数；否则在 min 和 max 之间分十段左右；没有范围就用固定的段。只记各段有多少份。"}},
		{name: "unit", types: []survey.Type{survey.Number}, form: ofKind(textForm), example: "{zh: 次, en: times}",
			doc: doc{"What is written after the number.", "写在数后面的单位。"}},
		{name: "min_length", types: texts, form: integers(0, mostLength), example: "10",
			doc: doc{"The fewest characters of an answer.", "至少几个字。"}},
		{name: "max_length", types: []survey.Type{survey.ShortText}, form: integers(1, mostLength), example: "50",
			doc: doc{"The most characters of an answer. Left out: 200.", "最多几个字。不写就是 200。"}},
		{name: "max_length", types: []survey.Type{survey.LongText}, form: integers(1, mostLength), example: "500",
			doc: doc{"The most characters of an answer. Left out: 2000.", "最多几个字。不写就是 2000。"}},
		{name: "pattern", types: texts, form: ofKind(plainForm), example: `"[A-Z]{2}[0-9]{4}"`,
			doc: doc{"A regular expression (RE2) that the whole answer must match. Say in help what is wanted.", "整个答案必须符合的正则表达式（RE2）。在 help 里说明要什么。"}},
		{name: "message", types: []survey.Type{survey.MultiChoice, survey.Number, survey.DateType, survey.ShortText, survey.LongText}, form: ofKind(textForm), example: "{zh: 两个字母加四位数字, en: Two letters and four digits}",
			doc: doc{"What is said of an answer beyond one of these limits, instead of the form's own sentence.", "答案超出以上限制时的提示，代替表单自己的那一句。"}},
		{name: "other", types: []survey.Type{survey.SingleChoice, survey.MultiChoice}, form: anyOf(ofKind(booleanForm), ofKind(textForm)), example: "true",
			doc: doc{"A last option with a text of its own: true, or its label. Its id is _other, its text the field question._other.", "最后加一个可以填写文字的选项：true 或它的文字。id 是 _other，填写的文字是“题._other”。"}},
		{name: "shuffle", types: offering, form: ofKind(booleanForm), example: "true",
			doc: doc{"Options in an order of each respondent's own. Exclusive options and other stay last.", "每个人看到的选项顺序不同。exclusive 和 other 总在最后。"}},
		{name: "anchor", types: offering, requires: "shuffle", form: listOf(ofKind(choiceIDForm), maxOptions), example: "[none]",
			doc: doc{"Options that stay last when the others are shuffled.", "打乱顺序时留在最后的选项。"}},
	}}
)
