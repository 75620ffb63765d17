package starter

// words are the questions and messages in one language.
type words struct {
	hello, askLanguages, askID, listTopics, askTopics, askScale, askPeriod, askBands, askEmail    string
	askTitle, askPurpose                                                                          map[string]string // by language of the text
	topics                                                                                        []string
	badLanguages, empty, badID, badTopic, noTopic, badScale, badPeriod, badBands, badEmail, taken string
	inputEnded, written, address, next                                                            string
}

// wordsIn are the words by language.
var wordsIn = map[string]words{
	"en": {
		hello:        "A new questionnaire. An empty line accepts the answer in brackets.",
		askLanguages: "Which languages? 1 Chinese, 2 English, 3 both",
		askTitle:     map[string]string{"zh": "Title in Chinese", "en": "Title in English"},
		askPurpose:   map[string]string{"zh": "What for, in Chinese", "en": "What for, in English"},
		askID:        "Id, part of the survey's address",
		listTopics:   "What do you want to ask about?",
		topics: []string{"satisfaction as a whole", "quality, ease of use, fit", "punctuality, condition, delivery staff", "response, manner, expertise, solutions",
			"price level, value, clarity of quotes", "would they recommend you (0 to 10)", "what to improve, in their own words", "reply wanted? name, e-mail, phone"},
		askTopics: "Topics: numbers or names, with commas",
		askScale:  "Steps of the scale: 4 or 5 in words, 7 or 10 as numbers",
		askPeriod: "Count by: none, month, quarter or year",
		askBands:  "Lower limits of the index's bands, or none",
		askEmail:  "E-mail address for respondents' questions (may be empty)",

		badLanguages: "Answer 1, 2 or 3.",
		empty:        "This needs an answer.",
		badID:        "an id begins with a letter a–z, and has only lower-case letters, digits, _ and -, 64 at most",
		taken:        "%s exists and is left alone: choose another id",
		badTopic:     "there is no topic '%s': choose from %s",
		noTopic:      "choose at least one topic",
		badScale:     "a scale has 4, 5, 7 or 10 steps",
		badPeriod:    "write none, month, quarter or year",
		badBands:     "write one to four whole numbers from 1 to 100, such as 80,70,60, or none",
		badEmail:     "this is not an e-mail address such as name@example.com",
		inputEnded:   "the input ended before every question was answered: nothing is written",
		written:      "%s is written: %s.\n",
		address:      "Put your own address in place of the example: %s, line %d.\n",
		next:         "Next:\n  %s    then open %s\n  glasspoll check %s    after each edit\n",
	},
	"zh": {
		hello:        "新建一份问卷。直接按回车就采用方括号里的答案。",
		askLanguages: "用哪些语言？1 中文，2 英文，3 中英文",
		askTitle:     map[string]string{"zh": "中文标题", "en": "英文标题"},
		askPurpose:   map[string]string{"zh": "调查的目的（中文）", "en": "调查的目的（英文）"},
		askID:        "编号（网址的一部分，用小写英文字母）",
		listTopics:   "想问哪些方面？",
		topics:       []string{"总体评价", "质量、方便程度、是否合用", "准时、完好、送货人员", "响应、态度、专业水平、解决问题", "价格水平、性价比、报价", "是否愿意推荐（0 到 10 分）", "最希望改进什么（自由填写）", "是否需要回复，姓名、邮箱、电话"},
		askTopics:    "方面：序号或名称，用逗号隔开",
		askScale:     "量表几级：4、5 级用文字，7、10 级用数字",
		askPeriod:    "按什么统计趋势：none 不分，month 月，quarter 季度，year 年",
		askBands:     "指数各档的下限，none 表示不分档",
		askEmail:     "答卷人有疑问时写给谁（邮箱，可以不填）",

		badLanguages: "请回答 1、2 或 3。",
		empty:        "这一项要填。",
		badID:        "编号以小写英文字母开头，只能有小写英文字母、数字、_ 和 -，最多 64 个字符",
		taken:        "%s 已经存在，不会改动：请换一个编号",
		badTopic:     "没有“%s”这个方面：请从 %s 里选",
		noTopic:      "至少选一个方面",
		badScale:     "量表只能是 4、5、7 或 10 级",
		badPeriod:    "请写 none、month、quarter 或 year",
		badBands:     "请写一到四个 1 到 100 的整数，例如 80,70,60，或者 none",
		badEmail:     "这不是邮箱地址，例如 name@example.com",
		inputEnded:   "还没答完，输入就结束了：没有写入任何文件",
		written:      "已写好 %s：%s。\n",
		address:      "请把示例邮箱换成自己的：%s 第 %d 行。\n",
		next:         "下一步：\n  %s    然后打开 %s\n  glasspoll check %s    每次修改之后\n",
	},
}
