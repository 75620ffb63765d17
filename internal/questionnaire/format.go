package questionnaire

import (
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// These tables define the format. The parser refuses what is not in them and takes its bounds and words from them. The JSON
// Schema and docs/format.md are generated from them.

// A mapping is one kind of object that a questionnaire is made of.
type mapping struct {
	id   string      // names it in the schema and the reference
	name message.Key // as messages name it: "a section"
	doc  doc
	keys []key
}

// A key is one name that a mapping may hold, and what its value may be. Where the types of a question give a name several
// meanings, each meaning is a key.
type key struct {
	name     string
	form     form
	doc      doc
	example  string        // a value, as YAML
	need     message.Key   // for a key that must be given: the end of the message if it is missing; %s lists the words of its form
	types    []survey.Type // of a question: the types that have it; nil for all
	requires string        // another key that must be given with it
}

// A doc is one line of the reference, in English and Chinese.
type doc struct{ en, zh string }

// A form describes the values that a key may have.
type form struct {
	kind     kind
	min, max survey.Decimal // of a number; of a list, how many entries: 0 is no limit
	words    []string       // of a word
	except   []string       // of an id: reserved words
	of       *mapping       // of a mapping
	entry    *form          // of a list, or of a map: each value
	names    *form          // of a map
	either   []form
}

// A kind is one of the forms that a value may have.
type kind int

const (
	plainForm     kind = iota // a name or number, as it is written
	textForm                  // in every language of the survey
	labelForm                 // a text in the only language, or one without letters
	markdownForm              // the same as textForm, for longer texts
	emptyForm                 // "", which says that there is no text
	pathForm                  // of a file in the questionnaire's folder
	colourForm                // "#0a6a5c"
	booleanForm               // true or false
	alwaysForm                // true
	wordForm                  // one of a few words
	integerForm               // a number without decimals
	numberForm                // with three decimals at most
	dateForm                  // 2026-10-31
	emailForm                 // an address
	codeForm                  // a language's code
	fileIDForm                // the id of a survey
	nameIDForm                // of questions, sections, scales, dimensions, channels
	choiceIDForm              // of options and rows, which may begin with a digit
	conditionForm             // an expression
	objectForm                // keys and values
	byNameForm                // the author's own names, each with a list
	mapForm                   // names, each with a value
	listForm                  // entries
	eitherForm                // one of several forms
	freeForm                  // anything
)

func ofKind(k kind) form { return form{kind: k} }

func oneOfWords(words ...string) form { return form{kind: wordForm, words: words} }

func integers(least, most int) form {
	return form{kind: integerForm, min: survey.Decimal(least) * survey.One, max: survey.Decimal(most) * survey.One}
}

func numbers(min, max survey.Decimal) form {
	return form{kind: numberForm, min: min, max: max}
}

func objectOf(m *mapping) form { return form{kind: objectForm, of: m} }

// listOf returns the form of a list with at least one entry, and at most most entries; 0 is no limit.
func listOf(entry form, most int) form {
	return form{kind: listForm, entry: &entry, min: survey.One, max: survey.Decimal(most) * survey.One}
}

// choicesOf returns the form of a list of options or rows: mappings, or labels alone.
func choicesOf(m *mapping) form {
	return listOf(anyOf(ofKind(labelForm), objectOf(m)), maxOptions)
}

// mapOf returns the form of keys that the author chooses, or that name something of the survey, each with a value.
func mapOf(names, value form) form { return form{kind: mapForm, names: &names, entry: &value} }

func anyOf(forms ...form) form { return form{kind: eitherForm, either: forms} }

func (f form) atLeast(n int) form { f.min = survey.Decimal(n) * survey.One; return f }

func (f form) excluding(words []string) form { f.except = words; return f }

// visitMappings calls visit for the mappings that a form refers to.
func (f form) visitMappings(visit func(*mapping)) {
	if f.of != nil {
		visit(f.of)
	}
	if f.entry != nil {
		f.entry.visitMappings(visit)
	}
	for _, one := range f.either {
		one.visitMappings(visit)
	}
}

// mappingsOf lists some mappings and all that their keys refer to, each once.
func mappingsOf(roots ...*mapping) []*mapping {
	var all []*mapping
	var add func(m *mapping)
	add = func(m *mapping) {
		if slices.Contains(all, m) {
			return
		}
		all = append(all, m)
		for i := range m.keys {
			m.keys[i].form.visitMappings(add)
		}
	}
	for _, root := range roots {
		add(root)
	}
	return all
}

// key finds a key by its name. For a question, t is its type, or "" if that is unknown: then the first key of the name
// counts.
func (m *mapping) key(name string, t survey.Type) (key, bool) {
	for i := range m.keys { // by index: a key is large
		if k := &m.keys[i]; k.name == name && k.belongsTo(t) {
			return *k, true
		}
	}
	return key{}, false
}

// belongsTo reports whether questions of a type have the key.
func (k *key) belongsTo(t survey.Type) bool {
	return k.types == nil || slices.Contains(k.types, t)
}

// types lists the question types that have a key.
func (m *mapping) types(name string) []survey.Type {
	return slices.DeleteFunc(allTypes(), func(t survey.Type) bool {
		_, own := m.key(name, t)
		return !own
	})
}

// names lists the names of the keys; for a question, those of its type t, or of all types if t is "".
func (m *mapping) names(t survey.Type) []string {
	names := make([]string, 0, len(m.keys))
	for i := range m.keys {
		if k := &m.keys[i]; (t == "" || k.belongsTo(t)) && !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

// missing returns the end of the message if a key that must be given is missing.
func (k *key) missing() message.Text {
	if k.form.kind == wordForm {
		return k.need.Text(message.Words(k.form.words...))
	}
	return k.need.Text()
}

// needed lists the keys that must be given.
func (m *mapping) needed(t survey.Type) []string {
	var names []string
	for i := range m.keys {
		k := &m.keys[i]
		if k.need == "" || slices.Contains(names, k.name) {
			continue // most keys are optional
		}
		if first, _ := m.key(k.name, t); first.need != "" {
			names = append(names, k.name)
		}
	}
	return names
}

const (
	maxMinutes   = 240
	maxPeople    = 1_000_000_000
	maxWeight    = 1000 * survey.One // of weights and scores
	maxIndex     = 100 * survey.One
	maxGroup     = 10_000
	maxDays      = 3650
	maxSteps     = 10
	shortLength  = 200 // characters of a short_text unless declared
	longLength   = 2_000
	mostLength   = 20_000
	maxPattern   = 500
	maxAlerts    = 20
	maxDeadlines = 50
	maxHours     = 2400 // until a case is to be closed
	maxAbove     = 5    // that a case is handed up to
	maxEntries   = 200  // of a sidecar
	maxBands     = 50   // of a number
	maxCorners   = 24   // CSS pixels
)

// audiences are those who may read results.
var audiences = []string{"public", "staff", "management"}

var (
	questionnaireMapping = mapping{"questionnaire", "a questionnaire", doc{"One file is one questionnaire.", "一个文件就是一份问卷。"}, []key{
		{name: "title", form: ofKind(textForm), need: ": what is the survey called?", example: "{zh: 服务满意度调查, en: Service survey}",
			doc: doc{"The survey's name.", "问卷的名称。"}},
		{name: "languages", form: listOf(ofKind(codeForm), 0), example: "[zh, en]",
			doc: doc{"The languages of all texts; the first is the default. Left out: those of the title.", "全部文字所用的语言，第一种是默认语言。不写就按标题的语言。"}},
		{name: "id", form: ofKind(fileIDForm).excluding(reservedIDs), example: "quarterly_service",
			doc: doc{"The survey's address and its name in the store. Left out: the file's name. Never change it once published.", "问卷的网址，也是存储中的名字。不写就用文件名。发布之后不要再改。"}},
		{name: "purpose", form: ofKind(textForm), example: "{zh: 用来改进柜台服务。, en: To improve the service at the counter.}",
			doc: doc{"One line that says what the answers are used for. It stands under the title; what else there is to say goes into `intro`.", "一句话说明答案用来做什么，显示在标题下面。其余的话写在 `intro` 里。"}},
		{name: "intro", form: ofKind(markdownForm), example: "{zh: 请您评价我们的服务。, en: Please rate our service.}",
			doc: doc{"How to answer, who reads the answers, what becomes of them. The page folds it to one line that opens.", "怎样作答、谁看答案、答案怎样处理。页面上折叠起来，点开即可阅读。"}},
		{name: "minutes", form: integers(1, maxMinutes), example: "5",
			doc: doc{"An honest estimate of how long it takes.", "如实估计的作答时间（分钟）。"}},
		{name: "thanks", form: anyOf(ofKind(markdownForm), listOf(objectOf(&thanksMapping), 0)), example: "{zh: 谢谢您！, en: Thank you!}",
			doc: doc{"What is shown afterwards: one text, or several with conditions, of which the first that applies is shown.", "提交后显示的文字：一段，或带条件的几段，显示第一段符合条件的。"}},
		{name: "contact", form: objectOf(&contactMapping), example: "{name: Ms Li, email: li@example.com}",
			doc: doc{"Whom a respondent may ask.", "填写人可以向谁询问。"}},
		{name: "privacy", form: objectOf(&privacyMapping), example: "{controller: {zh: 明灯科技有限公司, en: Lantern Technology Ltd}, keep: {years: 2}}",
			doc: doc{"What the privacy notice says. Left out: there is none, which is no way to ask for personal data.", "隐私说明写什么。不写就没有隐私说明；要收集个人信息就应当写。"}},
		{name: "document", form: objectOf(&documentMapping), example: `{number: QR-07-01, version: "3"}`,
			doc: doc{"The questionnaire's entry in the quality manual.", "问卷在质量手册中的文件信息。"}},
		{name: "plan", form: objectOf(&planMapping), example: "{purpose: To learn whether customers are content., target: All customers of this quarter., method: Online.}",
			doc: doc{"How the survey is carried out, as a page of its own.", "怎样开展这次调查：单独一页《调查方案》。"}},
		{name: "window", form: objectOf(&windowMapping), example: "{from: 2026-10-01, until: 2026-10-31}",
			doc: doc{"When answers are taken. Left out: always.", "什么时候接受答卷。不写就一直接受。"}},
		{name: "timezone", form: ofKind(plainForm), example: "Asia/Shanghai",
			doc: doc{"By which the window's days and the periods begin. Left out: UTC.", "开放日期和统计周期按哪个时区算。不写就是 UTC。"}},
		{name: "period", form: oneOfWords("none", "month", "quarter", "year"), example: "quarter",
			doc: doc{"What figures are summed over; trends compare one period with the next. Left out: none.", "按什么周期汇总，趋势就是各周期之间的比较。不写就是 none（不分周期）。"}},
		{name: "audience", form: objectOf(&audienceMapping), example: "{population: 400, issued: 227}",
			doc: doc{"Who is asked, for the response rate and the sample size.", "调查对象有多少，用来算回收率和样本量。"}},
		{name: "channels", form: listOf(ofKind(nameIDForm), 0), example: "[web, email, sms, phone, onsite]",
			doc: doc{"The ways by which answers come: ?c=email in the link. They are counted apart.", "答卷的来源：链接里写 ?c=email。各来源分别统计。"}},
		{name: "access", form: oneOfWords("open", "invited", "both"), example: "invited",
			doc: doc{"Who may answer: whoever has the survey's address (open), those with an invitation, each once (invited), or either (both). Left out: open.", "谁可以填写：有网址的人都可以（open），只有受邀人、每人一份（invited），还是两者均可（both）。不写就是 open。"}},
		{name: "anonymity", form: oneOfWords("anonymous", "confidential", "identified"), example: "confidential",
			doc: doc{"What is known of the invited: nobody can tell whose the answers are, you neither (anonymous); you see who has answered, and what they answered is not stored with them (confidential); answers are stored with who gave them (identified). Left out: confidential.", "对受邀人知道些什么：谁也无法知道答卷是谁的，主办方也不能（anonymous）；知道谁答过，但不保存谁答了什么（confidential）；答卷和答的人一起保存（identified）。不写就是 confidential。"}},
		{name: "quality", form: objectOf(&qualityMapping), example: "{burst: 1000, cross_site: off}",
			doc: doc{"Which answers are held back before they are released, until somebody has looked at them: by how they came, never by what they say.", "哪些答卷先暂缓公布，等人看过：只看怎样来的，从不看答了什么。"}},
		{name: "seal", form: objectOf(&sealMapping), example: "{keys: [sealkey1.BNXle5AhbjTJKWT6…]}",
			doc: doc{"To whose keys private and typed answers are encrypted, so that who breaks into the server later reads nothing of them.", "用谁的公钥加密私密的和手写的答案：以后闯入服务器的人读不到。"}},
		{name: "scales", form: form{kind: byNameForm, of: &optionMapping, max: maxOptions * survey.One}, example: "{satisfaction: [{id: good, label: Good, score: 2}, {id: bad, label: Bad, score: 1}]}",
			doc: doc{"Lists of options under a name, for several questions to share.", "起了名字的选项表，供几道题共用。"}},
		{name: "sections", form: listOf(objectOf(&sectionMapping), 0), need: ": a questionnaire needs at least one section with questions", example: `[{questions: [{id: overall, type: nps, label: "Would you recommend us?"}]}]`,
			doc: doc{"The questions, in sections.", "分成部分的题目。"}},
		{name: "scoring", form: objectOf(&scoringMapping), example: "{overall: overall, target: 85}",
			doc: doc{"How figures become an index.", "怎样由数字算出指数。"}},
		{name: "weighting", form: objectOf(&weightingMapping), example: "{by: {tier: {a: 20, b: 80}}}",
			doc: doc{"Shows, beside the figures, what they would be if respondents were composed like the population.", "在各项数字旁边，另列按总体构成加权的数字。"}},
		{name: "results", form: objectOf(&resultsMapping), example: "{min_group: 10}",
			doc: doc{"What is made public, and when.", "公布什么、什么时候公布。"}},
		{name: "layout", form: oneOfWords("page", "steps", "cards"), example: "cards",
			doc: doc{"Whether all questions stand on one page (page), come section by section with Back and Next (steps), or one question at a time (cards). Steps and cards need the page's script: without it there is one page. Left out: page.", "所有题目排在一页上（page），按部分一步一步出现、带“上一步”和“下一步”（steps），还是一次只出一道题（cards）。后两种要靠页面的脚本，没有脚本就是一页。不写就是 page。"}},
		{name: "listed", form: ofKind(booleanForm), example: "false",
			doc: doc{"Whether the survey stands on the site's first page and may be found by search engines. With false, only those who have the link find it; its results page, if public, likewise. Left out: true.", "问卷是否列在网站首页、可否被搜索引擎收录。写 false 则只有拿到链接的人找得到，公开的结果页也一样。不写就是 true。"}},
		{name: "duplicates", form: oneOfWords("drop", "keep"), example: "keep",
			doc: doc{"Whether equal answers from one place within seconds are one submission (drop) or different people's (keep), as at a kiosk. Left out: drop.", "同一处几秒之内的相同答卷算一份（drop）还是不同的人（keep，例如共用的平板）。不写就是 drop。"}},
		{name: "theme", form: objectOf(&themeMapping), example: `{light: {accent: "#0a6a5c"}, cover: {file: front.jpg, alt: ""}}`,
			doc: doc{"What this survey's pages look like, where that is not as `theme.yaml` says for the whole site.", "这份问卷的页面有哪些地方和 `theme.yaml` 规定的全站样子不同。"}},
		{name: "common", form: ofKind(freeForm), example: "{yes: &yes {id: good, label: Good}}",
			doc: doc{"A place for what is written once and used several times, by anchors and aliases. Nothing else reads it: see [Repetitions](#repetitions).", "放只写一次、多处引用的内容（锚点和别名）。别的都不读它：见[重复的内容](#repetitions)。"}},
		{name: "alerts", form: anyOf(oneOfWords(defaultWord, noneWord), listOf(objectOf(&alertMapping), maxAlerts)), example: "[{when: score(overall) <= 2, open: complaint, owner: service_desk, due_days: 5}]",
			doc: doc{"Which answers open a case to be followed up: a list, or `default`, which opens a `low_score` for each answer that rates something 3 of 5 or lower (of any scale, at or below its middle; of a matrix, any row). One answer opens one case, however many alerts hold. `none`, or left out: no answer opens a case. Alerts are not published.", "什么样的答卷要开一个跟进事项：写成一份清单，或写 `default`：凡有一项打分在 5 分制的 3 分及以下（其他量表是中间一档及以下，矩阵看每一行），就开一个 `low_score`（低分）。一份答卷只开一个事项，不管符合几条。写 `none` 或不写：不开事项。不对外公布。"}},
		{name: "deadlines", form: listOf(objectOf(&deadlineMapping), maxDeadlines), example: "[{channel: phone, hours: 24}, {severity: critical, days: 2}, {days: 5}]",
			doc: doc{"By when cases are to be closed, by how the customer came to us and how bad it is. Of all that fit a case, its alert's own included, the earliest counts. They are not published.", "事项的办结期限，按顾客从哪个渠道来、事情有多严重分别规定。一个事项符合几条的（连同提醒规则自己的期限），取最早的。不对外公布。"}},
	}}
	contactMapping = mapping{"contact", "contact", doc{"Whom a respondent may ask.", "填写人可以向谁询问。"}, []key{
		{name: "name", form: ofKind(textForm), example: "{zh: 李女士, en: Ms Li}", doc: doc{"A person or an office.", "人或部门。"}},
		{name: "email", form: ofKind(emailForm), example: "li@example.com", doc: doc{"An e-mail address.", "电子邮箱。"}},
		{name: "phone", form: ofKind(plainForm), example: "400-000-0000", doc: doc{"A telephone number.", "电话号码。"}},
	}}
	documentMapping = mapping{"document", "document", doc{"The questionnaire's entry in the quality manual. Until it says who approved it, and when, `glasspoll build`, `publish` and `serve --production` refuse the questionnaire; `glasspoll serve` shows it to its authors. With `--unapproved` they take it, for a test.", "问卷在质量手册中的文件信息。没有写明批准人和批准日期之前，`glasspoll build`、`publish` 和 `serve --production` 都不接受这份问卷；`glasspoll serve` 可以预览。测试时加 `--unapproved`。"}, []key{
		{name: "number", form: ofKind(plainForm), need: ": the document's number in your quality manual", example: "QR-07-01", doc: doc{"The document's number.", "文件编号。"}},
		{name: "version", form: ofKind(plainForm), example: `"3"`, doc: doc{"Its version.", "版本。"}},
		{name: "approved_by", form: ofKind(plainForm), example: "Quality Office", doc: doc{"Who approved it.", "批准人。"}},
		{name: "approved_on", form: ofKind(dateForm), example: "2026-09-20", doc: doc{"On which day.", "批准日期。"}},
	}}
	windowMapping = mapping{"window", "window", doc{"The days on which answers are taken, in the survey's timezone.", "按问卷的时区，哪些天接受答卷。"}, []key{
		{name: "from", form: ofKind(dateForm), example: "2026-10-01", doc: doc{"The first day, from midnight.", "第一天，从零点起。"}},
		{name: "until", form: ofKind(dateForm), example: "2026-10-31", doc: doc{"The last day, to its end.", "最后一天，到当天结束。"}},
	}}
	audienceMapping = mapping{"audience", "audience", doc{"Who is asked.", "调查对象。"}, []key{
		{name: "population", form: integers(1, maxPeople), example: "400", doc: doc{"How many could be asked.", "总共有多少对象。"}},
		{name: "issued", form: anyOf(integers(1, maxPeople), mapOf(ofKind(plainForm), anyOf(integers(1, maxPeople), mapOf(ofKind(nameIDForm), integers(1, maxPeople))))), example: "{2026-Q3: 210, 2026-Q4: {email: 100, web: 127}}", doc: doc{"How many were asked; no more than the population. One number for each period alike, one by channel, or one by period, each as a number or by channel. It may be corrected at any time: response rates follow.", "发出了多少份，不多于总数。可以是一个数（各期相同）、按来源分开的几个数，或按期分开，每期一个数或再按来源分开。随时可以更正，回收率跟着变。"}},
		{name: "sample", requires: "population", form: oneOfWords("ten_plus_5_percent"), example: "ten_plus_5_percent", doc: doc{"The rule for how many answers are enough: 10 and 5 % of the population.", "样本量的规则：10 份加总数的 5%。"}},
	}}
	themeMapping = mapping{"theme", "a theme", doc{"The look of this survey's pages: form, thank-you page, results and notices. What is not written is as in `theme.yaml`. The contrast of the colours that result is checked, light and dark.", "这份问卷各页的样子：填写页、致谢页、结果页和提示页。不写的就按 `theme.yaml`。合起来的颜色会检查对比度，浅色和深色都查。"}, []key{
		{name: "name", form: ofKind(textForm), example: "{zh: 明灯科技, en: Lantern}", doc: doc{"Who asks. A logo needs a name, here or in `theme.yaml`.", "谁在调查。有 logo 就要有名称，写在这里或 `theme.yaml` 里。"}},
		{name: "logo", form: ofKind(pathForm), example: "lantern.svg", doc: doc{"An SVG or PNG file beside the questionnaire, at most 64 KB.", "问卷旁边的一个 SVG 或 PNG 文件，最大 64 KB。"}},
		{name: "logo_dark", requires: "logo", form: ofKind(pathForm), example: "lantern_dark.svg", doc: doc{"The logo on dark pages. Left out: logo.", "深色页面上的 logo。不写就用 logo。"}},
		{name: "light", form: objectOf(&coloursMapping), example: `{accent: "#0a6a5c"}`, doc: doc{"The colours of light pages.", "浅色页面的颜色。"}},
		{name: "dark", form: objectOf(&coloursMapping), example: `{accent: "#63cbb8"}`, doc: doc{"The colours of dark pages. Without an accent here, that of `light` is made lighter.", "深色页面的颜色。这里不写 accent，就把 `light` 的调亮。"}},
		{name: "corners", form: integers(0, maxCorners), example: "4", doc: doc{"How round corners are, in pixels; 0 is square.", "圆角的像素数，0 是直角。"}},
		{name: "cover", form: anyOf(ofKind(colourForm), objectOf(&coverMapping)), example: "{file: front.jpg, alt: {zh: 店面, en: The shop}}", doc: doc{"A low band above the form, the thank-you page and notices: a picture, or a colour. Results have none, for the figures' sake; nor has paper.", "填写页、致谢页和提示页最上面的一条：图片或颜色。结果页没有，把地方留给数字；打印时也没有。"}},
	}}
	coloursMapping = mapping{"colours", "colours", doc{"Three colours; the design's others follow from them. A colour needs quotes, since # begins a comment in YAML.", "三种颜色，其余的由它们得出。颜色要加引号，因为 # 在 YAML 里是注释。"}, []key{
		{name: "accent", form: ofKind(colourForm), example: `"#0a6a5c"`, doc: doc{"Of buttons, links and what is chosen.", "按钮、链接和选中项的颜色。"}},
		{name: "ink", form: ofKind(colourForm), example: `"#1a211f"`, doc: doc{"Of text.", "文字的颜色。"}},
		{name: "paper", form: ofKind(colourForm), example: `"#f3f5f3"`, doc: doc{"Behind everything.", "底色。"}},
	}}
	coverMapping = mapping{"cover", "a cover", doc{"A picture above the page: a PNG, JPEG or WebP file beside the questionnaire. It is shown as a band that is at least five times as wide as it is high, of which the middle is kept; building makes it small, in two widths.", "页面最上面的图片：问卷旁边的一个 PNG、JPEG 或 WebP 文件。显示成一条，宽至少是高的五倍，取图片中间的部分；生成网站时缩成两种宽度。"}, []key{
		{name: "file", form: ofKind(pathForm), need: ": the name of a picture beside the questionnaire, such as counter.jpg", example: "front.jpg", doc: doc{"The file, from the questionnaire's folder: no address, and nothing outside of the folder. At most 10 MB and 25 million pixels, at least 640 pixels wide and 64 high; 1600 by 320 is ideal.", "文件名，从问卷所在的文件夹算起：不能是网址，也不能在文件夹之外。最大 10 MB、2500 万像素，至少宽 640、高 64 像素；1600 × 320 最合适。"}},
		{name: "alt", form: anyOf(ofKind(textForm), ofKind(emptyForm)), need: ": what the picture shows, for those who cannot see it; \"\" if it only decorates", example: "{zh: 店面, en: The shop}", doc: doc{"What the picture shows, for those who cannot see it. `\"\"` says that it only decorates.", "图片上有什么，给看不到图片的人听或读。`\"\"` 表示只是装饰。"}},
	}}
	thanksMapping = mapping{"thanks", "a thank-you text", doc{"One of several thank-you texts: the first whose condition holds is shown. The last has none, and is for everybody else.", "几段致谢之一：显示第一段符合条件的。最后一段不带条件，给其余所有人看。"}, []key{
		{name: "show_if", form: ofKind(conditionForm), example: "score(overall) <= 2", doc: doc{"For whom.", "给谁看。"}},
		{name: "text", form: ofKind(markdownForm), need: ": what the respondent reads afterwards", example: "{zh: 我们会尽快与您联系。, en: We will get in touch.}", doc: doc{"What is said.", "文字。"}},
	}}
	sectionMapping = mapping{"section", "a section", doc{"Questions under one heading.", "一个标题之下的题目。"}, []key{
		{name: "id", form: ofKind(nameIDForm), example: "product", doc: doc{"The section's name. Left out: section_1, section_2, …", "部分的名字。不写就是 section_1、section_2……"}},
		{name: "title", form: ofKind(textForm), example: "{zh: 产品, en: Product}", doc: doc{"The heading.", "标题。"}},
		{name: "intro", form: ofKind(markdownForm), example: "{zh: 请按最近一次购买作答。, en: Please think of your latest purchase.}", doc: doc{"What is said before the questions.", "题目之前的说明。"}},
		{name: "questions", form: listOf(objectOf(&questionMapping), 0), need: ": a section holds a list of questions", example: `[{id: overall, type: nps, label: "Would you recommend us?"}]`, doc: doc{"The questions.", "题目。"}},
		{name: "show_if", form: ofKind(conditionForm), example: `channel != "phone"`, doc: doc{"When the whole section is asked.", "什么情况下问这一部分。"}},
	}}
	optionMapping = mapping{"option", "an option", doc{"One thing that can be chosen, in options or in a scale.", "可选的一项，用在 options 或 scales 里。"}, []key{
		{name: "id", form: ofKind(choiceIDForm), example: "very_good", doc: doc{"The option's name in answers and expressions. Keep it over the years. It may be left out until the survey is published, unless an option of the list has a score: see [Ids](#ids).", "选项在答案和条件里的名字，历年保持不变。发布之前可以不写，但列表里有分数的必须写：见[Id](#ids)。"}},
		{name: "label", form: ofKind(textForm), need: ": what the respondent reads", example: "{zh: 非常满意, en: Very satisfied}", doc: doc{"What the respondent reads.", "填写人看到的文字。"}},
		{name: "short", form: ofKind(textForm), example: "{zh: 很满意, en: Very}", doc: doc{"What results call it in charts, filters and groups. Left out: the label.", "结果页在图表、筛选和分组里怎样称呼它。不写就用 label。"}},
		{name: "image", form: objectOf(&imageMapping), example: "{file: counter.jpg, alt: {zh: 柜台, en: The counter}}", doc: doc{"Of a question with `display: image_choice`: the picture of its card. An option of a scale has none.", "用于 `display: image_choice` 的题：这张卡片的图片。量表里的选项没有图片。"}},
		{name: "score", requires: "id", form: numbers(0, maxWeight), example: "5", doc: doc{"What the option counts in means and in the index. Left out: it is an answer, but no part of any mean.", "在平均分和指数里算几分。不写：算回答，但不进平均分。"}},
		{name: "exclusive", form: ofKind(booleanForm), example: "true", doc: doc{"Of a multi_choice: this one alone, such as \"none of these\".", "用于 multi_choice：选了它就不能再选别的，例如“都没有”。"}},
		{name: "show_if", form: ofKind(conditionForm), example: "answered(visits)", doc: doc{"When the option is offered.", "什么情况下提供这一项。"}},
	}}
	imageMapping = mapping{"image", "an image", doc{"A picture: a PNG, JPEG or WebP file beside the questionnaire. Building makes it small, in two widths, and drops what the camera has written into it.", "图片：问卷旁边的一个 PNG、JPEG 或 WebP 文件。生成网站时缩成两种宽度，并去掉相机写入的信息。"}, []key{
		{name: "file", form: ofKind(pathForm), need: ": the name of a picture beside the questionnaire, such as counter.jpg", example: "counter.jpg", doc: doc{"The file, from the questionnaire's folder: no address, and nothing outside of the folder. At most 10 MB and 25 million pixels, at least 64 pixels each way, and at most four times as long one way as the other.", "文件名，从问卷所在的文件夹算起：不能是网址，也不能在文件夹之外。最大 10 MB、2500 万像素，长和宽至少 64 像素，长边不超过短边的四倍。"}},
		{name: "alt", form: anyOf(ofKind(textForm), ofKind(emptyForm)), need: ": what the picture shows, for those who cannot see it; \"\" if it only decorates", example: "{zh: 柜台, en: The counter}", doc: doc{"What the picture shows, for those who cannot see it. `\"\"` says that it only decorates.", "图片上有什么，给看不到图片的人听或读。`\"\"` 表示只是装饰。"}},
	}}
	rowMapping = mapping{"row", "a row", doc{"One line of a matrix: an item of its own, named question.row.", "矩阵的一行：一个单独的项目，名字是“题.行”。"}, []key{
		{name: "id", form: ofKind(choiceIDForm), example: "speed", doc: doc{"The row's name in answers and expressions. It may be left out until the survey is published: see [Ids](#ids).", "这一行在答案和条件里的名字。发布之前可以不写：见[Id](#ids)。"}},
		{name: "label", form: ofKind(textForm), need: ": what the respondent reads", example: "{zh: 速度, en: Speed}", doc: doc{"What the respondent reads.", "填写人看到的文字。"}},
		{name: "short", form: ofKind(textForm), example: "{zh: 速度, en: Speed}", doc: doc{"What results call it in lists and charts. Left out: the label.", "结果页在列表和图表里怎样称呼它。不写就用 label。"}},
		{name: "weight", form: numbers(0, maxWeight), example: "2", doc: doc{"What the row weighs in its dimension. Left out: as the matrix.", "在维度里的权重。不写就同矩阵。"}},
	}}
	checkMapping = mapping{"check", "a check", doc{"What an answer must meet. It is checked once the question is answered.", "答案必须满足的要求。题目答了才检查。"}, []key{
		{name: "that", form: ofKind(conditionForm), need: ": the condition that the answer must meet", example: "leaves >= arrives", doc: doc{"The condition.", "条件。"}},
		{name: "message", form: ofKind(textForm), need: ": what the respondent is told if it does not", example: "{zh: 离开不能早于到达。, en: You cannot leave before you arrive.}", doc: doc{"What the respondent is told if it does not hold.", "不满足时告诉填写人什么。"}},
	}}
	scoringMapping = mapping{"scoring", "scoring", doc{"How figures become an index from 0 to 100.", "怎样由数字算出 0 到 100 的指数。"}, []key{
		{name: "model", form: oneOfWords(survey.PercentOfMax, survey.Mean, survey.Graded10, survey.WeightedCount, survey.MeanOfUnits), example: "percent_of_max", doc: doc{"The formula. percent_of_max: means in percent of the highest scores, weighted; mean: the weighted mean of the items; graded_10: options that score 10, 8, 6, 3 and 0, in percent; weighted_count: how often each option was chosen, times its score; mean_of_units: any of these for each value of a segment, and the mean of those.", "算法。percent_of_max：平均分占最高分的百分比，加权；mean：各项平均分的加权平均；graded_10：选项记 10、8、6、3、0 分，折成百分制；weighted_count：各选项的次数乘以系数再相加；mean_of_units：按某个分组逐个计算，再取平均。"}},
		{name: "overall", form: ofKind(plainForm), example: "overall", doc: doc{"The item that stands for the whole: a question, or a row as question.row.", "代表总体的项目：一道题，或写成“题.行”的一行。"}},
		{name: "unit", form: ofKind(plainForm), example: "branch", doc: doc{"Of mean_of_units: the segment whose values are the units.", "用于 mean_of_units：按哪个分组题分单位。"}},
		{name: "of", form: oneOfWords(survey.PercentOfMax, survey.Mean, survey.Graded10, survey.WeightedCount), example: "percent_of_max", doc: doc{"Of mean_of_units: the model of each unit. Left out: percent_of_max.", "用于 mean_of_units：每个单位用哪种算法。不写就是 percent_of_max。"}},
		{name: "dimensions", form: listOf(objectOf(&dimensionMapping), 0), example: "[{id: service, weight: 2}]", doc: doc{"Groups of items.", "项目的分组。"}},
		{name: "bands", form: listOf(objectOf(&bandMapping), 0), example: "[{from: 80, label: Good}, {from: 0, label: Poor}]", doc: doc{"Named ranges of the index, down to 0.", "指数的分档，要一直分到 0。"}},
		{name: "target", form: numbers(0, survey.MaxDecimal), example: "85", doc: doc{"The target of the index.", "指数的目标。"}},
		{name: "response_rate_rule", form: objectOf(&ruleMapping), example: "{floor: 50, per: 5, deduct: 1, mode: step}", doc: doc{"Takes points off the index when too few answered. It needs audience.issued, or invitations.", "回收率太低时给指数扣分。要写明 audience.issued，或者有邀请。"}},
	}}
	weightingMapping = mapping{"weighting", "weighting", doc{"Weights respondents so that they are composed like the population, by raking. Weighted figures stand beside the others, with the effective number of answers and the design effect. Respondents of the pool, and those without an answer to one of the segments, have no weight.", "给答卷加权（raking），使构成与总体一致。加权的数字列在原来的旁边，并写明有效样本量和设计效应。合并小组里的人和没有回答分组题的人不参加加权。"}, []key{
		{name: "by", form: mapOf(ofKind(nameIDForm), mapOf(ofKind(choiceIDForm), numbers(1, maxIndex))), need: ": the segments, and what part of the population has each option, in percent", example: "{tier: {a: 20, b: 30, c: 50}}", doc: doc{"The segments. For each, what part of the population has each option, in percent; together 100.", "按哪些分组题。每题写明总体里各选项占百分之几，合计 100。"}},
		{name: "cap", form: numbers(survey.One, maxWeight), example: "4", doc: doc{"The largest weight that one respondent may have, the mean being 1. Left out: 5.", "一份答卷最大的权重，平均是 1。不写就是 5。"}},
	}}
	ruleMapping = mapping{"response_rate_rule", "response_rate_rule", doc{"What a low response rate costs.", "回收率低时怎么扣分。"}, []key{
		{name: "floor", form: numbers(1, maxIndex), need: ": the response rate, in percent, from which nothing is deducted", example: "50", doc: doc{"The response rate, in percent, from which nothing is deducted.", "回收率达到百分之几就不扣分。"}},
		{name: "per", form: numbers(1, maxIndex), need: ": for how many percentage points below the floor points are deducted", example: "5", doc: doc{"For each so many percentage points below the floor …", "比下限每低几个百分点……"}},
		{name: "deduct", form: numbers(1, maxIndex), need: ": how many points are deducted", example: "1", doc: doc{"… so many points are deducted.", "……扣几分。"}},
		{name: "mode", form: oneOfWords("step", "proportional"), example: "step", doc: doc{"step: only for each whole per; proportional: also for parts of it. Left out: step.", "step：满一个 per 才扣；proportional：不满也按比例扣。不写就是 step。"}},
	}}
	dimensionMapping = mapping{"dimension", "a dimension", doc{"A weighted group of items.", "带权重的一组项目。"}, []key{
		{name: "id", form: ofKind(nameIDForm), need: ": a short name such as service", example: "service", doc: doc{"The name that questions give as their dimension.", "题目在 dimension 里写的名字。"}},
		{name: "label", form: ofKind(textForm), example: "{zh: 服务, en: Service}", doc: doc{"What the results page calls it.", "结果页上的名称。"}},
		{name: "weight", form: numbers(0, maxWeight), example: "2", doc: doc{"What it weighs in the index. Left out: 1.", "在指数里的权重。不写就是 1。"}},
	}}
	bandMapping = mapping{"band", "a band", doc{"A named range of the index.", "指数的一档。"}, []key{
		{name: "from", form: numbers(0, maxIndex), need: ": the lowest index that belongs to the band", example: "80", doc: doc{"The lowest index that belongs to it; it ends where the next one begins.", "这一档最低的指数；到上一档开始处为止。"}},
		{name: "label", form: ofKind(textForm), need: ": the band's name", example: "{zh: 优, en: Good}", doc: doc{"Its name.", "名称。"}},
	}}
	resultsMapping = mapping{"results", "results", doc{"What is made public, and when.", "公布什么、什么时候公布。"}, []key{
		{name: "audience", form: oneOfWords(audiences...), example: "public", doc: doc{"Who may read the results. For staff or management there is no page on the site: 'glasspoll results pages' makes one. Left out: public.", "谁可以看结果。staff（员工）和 management（管理层）的结果不放在网站上，用 glasspoll results pages 生成。不写就是 public（公开）。"}},
		{name: "min_group", form: integers(1, maxGroup), example: "10", doc: doc{"The fewest respondents that a published figure may describe: answers are published in groups of so many or more. 1 publishes each answer, which the page says. Left out: 5, or 10 with protection: strict. A larger number counts at once for all that is not out yet; a smaller one from the next period on.", "公布的数字至少要汇总几个人：答卷攒够这么多才一起公布。写 1 就逐份公布，结果页会说明。不写就是 5，protection: strict 时是 10。改大立刻对还没公布的生效，改小从下一期起。"}},
		{name: "protection", form: oneOfWords("standard", survey.Strict), example: "strict", doc: doc{"strict, for staff surveys and public bodies: min_group is at least 10, and every question is published like a sensitive one. Left out: standard.", "strict 用于员工调查和公共机构：min_group 至少是 10，每道题都按 sensitive 的办法公布。不写就是 standard。"}},
		{name: "closes", form: ofKind(dateForm), example: "2026-12-31", doc: doc{"Of a survey without window.until and without a period: the day after which its sensitive questions are published.", "用于没有 window.until 也不分周期的问卷：过了这一天就公布 sensitive 的题。"}},
		{name: "pool_after", form: integers(1, maxDays), example: "30", doc: doc{"After how many days groups of segments that stay too small are published together, as part of the whole only. Left out: when the period is over.", "过了几天，仍不够人数的分组就合在一起公布，只计入总体。不写就等到这一期结束。"}},
		{name: "release", form: oneOfWords("full", "daily"), example: "full", doc: doc{"When: full, as soon as a group is full; daily, at most once a day. Left out: full.", "什么时候公布：full，一组满了就公布；daily，一天最多一次。不写就是 full。"}},
		{name: "crosstabs", form: listOf(objectOf(&crosstabMapping), 0), example: "[{rows: overall, by: tier}]", doc: doc{"Items broken down by segments.", "把项目按分组题拆开看。"}},
	}}
	crosstabMapping = mapping{"crosstab", "a cross-tab", doc{"One item, broken down by one segment.", "一个项目按一个分组拆开。"}, []key{
		{name: "rows", form: ofKind(plainForm), need: ": the question that is broken down", example: "overall", doc: doc{"The question, or a row as question.row.", "题目，或写成“题.行”的一行。"}},
		{name: "by", form: ofKind(plainForm), need: ": the segment by which it is broken down", example: "tier", doc: doc{"A question with segment: true.", "写了 segment: true 的题。"}},
	}}

	alertMapping = mapping{"alert", "an alert", doc{"Opens a case for each answer for which it holds: `glasspoll cases` lists them, with their due dates, until they are closed. A case says which answer opened it, and holds none of its content.", "每份符合条件的答卷开一个跟进事项：`glasspoll cases` 列出事项和期限，直到办结。事项只写是哪份答卷，不含答卷内容。"}, []key{
		{name: "when", form: ofKind(conditionForm), need: ": the condition that opens a case", example: "score(overall) <= 2", doc: doc{"For which answers. It cannot ask for private ones. `default` is the condition of `alerts: default`.", "什么样的答卷。不能用 private 的题目。写 `default` 就是 `alerts: default` 的条件。"}},
		{name: "open", form: ofKind(nameIDForm), need: ": the type of the case, such as complaint", example: "complaint", doc: doc{"The type of the case.", "事项的类型。"}},
		{name: "id", form: ofKind(nameIDForm), example: "very_unhappy", doc: doc{"The alert's name, where two alerts open the same type. Left out: the type.", "几条规则开同一类型时，各自的名字。不写就用类型。"}},
		{name: "severity", form: oneOfWords(string(survey.Minor), string(survey.Major), string(survey.Critical)), example: "major", doc: doc{"How bad it is. Left out: minor.", "严重程度。不写就是 minor。"}},
		{name: "priority", form: oneOfWords(string(survey.LowPriority), string(survey.NormalPriority), string(survey.HighPriority), string(survey.UrgentPriority)), example: "high", doc: doc{"How urgent it is. Left out: normal.", "处理的先后。不写就是 normal。"}},
		{name: "owner", form: ofKind(plainForm), example: "service_desk", doc: doc{"The role that has to follow it up: never a person's name.", "负责跟进的岗位，不写人名。"}},
		{name: "due_days", form: integers(0, maxDays), example: "5", doc: doc{"By when it is to be closed: so many calendar days after the day on which it was opened, in the survey's timezone. Left out: what `deadlines` says, or no date.", "几个自然日之内办结，从开出的当天之后算起，按问卷的时区。不写就按 `deadlines`，那里也没有就没有期限。"}},
		{name: "due_hours", form: integers(1, maxHours), example: "24", doc: doc{"By when it is to be closed, in hours from the answer's arrival. Of invited answers that only the day is kept of, whole days instead.", "几小时之内办结，从收到答卷起算。只记日期的受邀答卷折成整天。"}},
		{name: "subtype", form: ofKind(nameIDForm), example: "delivery", doc: doc{"A finer type, for the monthly summary.", "类型之下的小类，用于月度汇总。"}},
		{name: "escalate_to", form: anyOf(ofKind(plainForm), listOf(ofKind(plainForm), maxAbove)), example: "[service_manager, general_manager]", doc: doc{"The roles above the owner, the next one first. A case that is overdue, or that `glasspoll cases escalate` hands up, goes to the next of them, once each; if it is still open when as much time has passed again, to the one after.", "负责岗位的上级，一级一级往上写。事项逾期，或用 `glasspoll cases escalate` 上报，就转给下一级，每级一次；又过了同样长的时间还没办结，再转给更上一级。"}},
	}}
	deadlineMapping = mapping{"deadline", "a deadline", doc{"By when cases of one kind are to be closed. What is left out fits every case.", "一类事项的办结期限。不写的条件就是不限。"}, []key{
		{name: "channel", form: ofKind(plainForm), example: "phone", doc: doc{"Of cases that came by this channel: one of the survey's, or phone, letter, email, visit or web, by which cases are also entered by hand.", "从这个渠道来的事项：问卷 channels 里的一个，或人工登记用的 phone（电话）、letter（信函）、email（邮件）、visit（来访）、web（网络）。"}},
		{name: "severity", form: oneOfWords(string(survey.Minor), string(survey.Major), string(survey.Critical)), example: "critical", doc: doc{"Of cases of this severity.", "这种严重程度的事项。"}},
		{name: "type", form: ofKind(nameIDForm), example: "complaint", doc: doc{"Of cases of this type.", "这种类型的事项。"}},
		{name: "hours", form: integers(1, maxHours), example: "24", doc: doc{"In so many hours from when it was opened.", "开出之后几小时之内。"}},
		{name: "days", form: integers(0, maxDays), example: "5", doc: doc{"In so many calendar days after the day on which it was opened, in the survey's timezone. A deadline has `hours` or `days`.", "开出当天之后几个自然日之内，按问卷的时区。`hours` 和 `days` 写一个。"}},
	}}

	// The sidecars of a questionnaire.
	measureMapping = mapping{"measure", "a measure", doc{"`NAME.actions.yaml`, beside the questionnaire `NAME.yaml`, is a list of measures: what respondents said, and what is done about it. The results page shows them, and marks those that are overdue.", "问卷 `NAME.yaml` 旁边的 `NAME.actions.yaml` 是一份改进措施清单：大家反映了什么、正在做什么。结果页会列出来，逾期的会标明。"}, []key{
		{name: "problem", form: ofKind(textForm), need: ": what respondents said", example: "{zh: 送货不准时, en: Deliveries are late}", doc: doc{"What respondents said.", "大家反映的问题。"}},
		{name: "measure", form: ofKind(textForm), need: ": what is done about it", example: "{zh: 增加一辆送货车, en: A second delivery van}", doc: doc{"What is done about it.", "采取的措施。"}},
		{name: "question", form: ofKind(plainForm), example: "delivery", doc: doc{"The question that it is about, or a row as question.row. Left out: the whole.", "针对哪道题，或写成“题.行”的一行。不写就是针对整体。"}},
		{name: "owner", form: ofKind(textForm), need: ": the role responsible for it", example: "{zh: 物流主管, en: Logistics lead}", doc: doc{"The role responsible for it: never a person's name.", "负责的岗位，不写人名。"}},
		{name: "due", form: ofKind(dateForm), need: ": the day by which it is done", example: "2026-12-15", doc: doc{"The day by which it is done.", "完成期限。"}},
		{name: "status", form: oneOfWords(string(survey.Planned), string(survey.Doing), string(survey.Done), string(survey.Dropped)), example: "doing", doc: doc{"Its progress. Left out: planned.", "进展。不写就是 planned。"}},
		{name: "effect", form: ofKind(textForm), example: "{zh: 准时率从 81% 升到 95%, en: On time rose from 81% to 95%}", doc: doc{"What it has achieved.", "取得的效果。"}},
	}}
	quoteMapping = mapping{"quote", "a quote", doc{"`NAME.quotes.yaml`, beside the questionnaire `NAME.yaml`, is a list of sentences that respondents wrote, each reviewed and released. Leave out what shows who wrote them.", "问卷 `NAME.yaml` 旁边的 `NAME.quotes.yaml` 是填写人原话的清单，每句都经人审核后放行。能看出是谁写的内容要去掉。"}, []key{
		{name: "text", form: ofKind(textForm), need: ": the sentence", example: "{zh: 师傅很耐心。, en: The technician was patient.}", doc: doc{"The sentence, translated where the survey has several languages.", "原话；问卷有几种语言的，各写一种译文。"}},
		{name: "question", form: ofKind(plainForm), example: "suggestions", doc: doc{"The question that it answered.", "是哪道题的回答。"}},
		{name: "period", form: ofKind(plainForm), example: "2026-Q3", doc: doc{"The period in which it was written, as the results page names it.", "写于哪一期，写法同结果页。"}},
		{name: "reviewed_by", form: ofKind(textForm), need: ": the role that reviewed and released it", example: "{zh: 质量部, en: Quality Office}", doc: doc{"The role that reviewed and released it.", "审核放行的岗位。"}},
		{name: "reviewed_on", form: ofKind(dateForm), need: ": the day on which it was released", example: "2026-10-20", doc: doc{"On which day.", "审核日期。"}},
	}}

	// formats lists what a file may hold: a questionnaire, or a list of measures or quotes.
	formats = []*mapping{&questionnaireMapping, &measureMapping, &quoteMapping}

	// keywords lists the words of the expression language: no question can have one as its id.
	keywords = []string{"and", "or", "not", "in", "contains", "answered", "score", "count", "channel", "language", "true", "false", "null",
		"nil", "let", "if", "else", "matches"}
	// reservedIDs lists the addresses of the site itself: no survey can have one as its id.
	reservedIDs = []string{"api", "assets", "thanks", "results", "i"}
)

// typeNames converts types to strings.
func typeNames(types []survey.Type) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}
