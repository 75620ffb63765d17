package advice

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// questions checks how each question is worded.
func (a *adviser) questions() {
	a.eachQuestion(func(q *survey.Question, at path) {
		if q.Type == survey.Note || q.Type == survey.Hidden {
			return
		}
		a.leading(q.Label, at.to("label"), asksJudgement(q))
		if asksJudgement(q) && len(q.Rows) == 0 {
			a.doubleBarrelled(q.Label, at.to("label"), "ask one question for each, or name what both have in common")
		}
		for i, row := range q.Rows {
			a.leading(row.Label, at.to("rows", i, "label"), true)
			a.doubleBarrelled(row.Label, at.to("rows", i, "label"), "make two rows of it, or name what both have in common")
		}
		a.matrix(q, at)
		a.sensitive(q, at)
	})
}

// asksJudgement reports whether a question asks for one judgement, so that it must be about one thing. A list of options may
// join words, a text may be about anything, and an nps names several people ("friends or colleagues").
func asksJudgement(q *survey.Question) bool {
	switch q.Type {
	case survey.Rating, survey.YesNo, survey.Matrix, survey.ImportanceMatrix:
		return true
	case survey.SingleChoice:
		return slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.Score != nil })
	}
	return false
}

// doubleBarrelled reports a text that joins two things in every language that is understood: what is one thing in one of
// them ("care and skill", 精细程度) is one thing.
func (a *adviser) doubleBarrelled(t survey.Text, at path, fix message.Key) {
	var first string
	joined := map[string]string{}
	for _, l := range a.s.Languages {
		find, understood := joiners[baseLanguage(l)]
		if !understood {
			continue
		}
		if joined[l] = find(t[l]); joined[l] == "" {
			return
		}
		if first == "" {
			first = l
		}
	}
	if first != "" {
		a.add(DoubleBarrelled, at.to(first), fix, "'%s' joins two things that may deserve different answers", joined[first])
	}
}

// joiners return what a text joins, such as "staff and prices", or "".
var joiners = map[string]func(string) string{"zh": joinedChinese, "en": joinedEnglish}

var (
	parenthesis  = regexp.MustCompile(`（[^）]*）|\([^)]*\)|“[^”]*”|「[^」]*」|《[^》]*》|"[^"]*"`)
	chineseStops = regexp.MustCompile(`[，。；：！？,;:!?\s]+`)
	// chineseSetting matches a clause that only says when, or compared with what: 与同行相比, 您提出问题和建议后.
	chineseSetting = regexp.MustCompile(`^(如果|如|当|若|假如|例如|比如|包括|请|感谢|根据|按照|除了|在您)|(后|时|时候|前|以来|过程中|的话|期间|相比|比较|而言|来说|方面)$`)
	// chineseWords contain a joining character, but join nothing.
	chineseWords = regexp.MustCompile(`及时|涉及|普及|提及|顾及|波及|及格|来得及|不及|以及(更|其他|其它|以上|以下)|及(以|其)(上|下|前|后|他|它)|参与|与会|与否|给与|赠与|授与|与众不同|与其说|和蔼|和气|和谐|温和|缓和|总和|柔和|饱和|平和|和善|和睦|和解|亲和|祥和|和平|随和|` +
		`满意[和与及、]不满意|优点[和与及、]缺点|意见[和与及、或]?建议|建议[和与及、或]?意见|(要求|期望|期待)[和与及、](建议|意见)|和您|与您|与我们|和我们|跟您|跟我们|同我们|与贵|和贵|(与|和|跟)(同行|同类|其他|其它|别的|别家|预期|约定|以往|以前|上次|去年|规格|实际|描述|宣传|承诺|期望|要求|合同|客户|顾客)|` +
		`(与|和|跟)[^与和跟及、]{1,8}?(沟通|联系|合作|对接|相比|比较|相符|一致|一样|相同|打交道|交流|接触|配合|协作|协调|交往|相关|有关|无关|匹配|互动|见面|签约|签订)|^(与|和|跟)|` +
		`[^、]{1,12}(、[^、]{1,12})+等`)
	chineseJoin = regexp.MustCompile(`(\p{Han}{1,6})(以及|并且|而且|、|和|及|与|且)(\p{Han}{1,6})`)
)

func joinedChinese(text string) string {
	text = toSimplified.Replace(parenthesis.ReplaceAllString(text, ""))
	for _, clause := range chineseStops.Split(text, -1) {
		if chineseSetting.MatchString(clause) {
			continue
		}
		clause = chineseWords.ReplaceAllString(clause, "○")
		if found := chineseJoin.FindString(clause); found != "" {
			return found
		}
	}
	return ""
}

// toSimplified replaces the traditional characters that the patterns have in simplified form.
var toSimplified = strings.NewReplacer("與", "与", "併", "并", "時", "时", "後", "后", "過", "过", "們", "们", "對", "对", "滿", "满", "認", "认",
	"為", "为", "覺", "觉", "優", "优", "異", "异", "領", "领", "難", "难", "嗎", "吗", "無", "无", "沒", "没", "請", "请", "員", "员", "務", "务", "質", "质", "錯", "错",
	"較", "较", "極", "极", "慢", "慢", "遲", "迟", "壞", "坏", "適", "适", "願", "愿", "會", "会", "準", "准", "確", "确", "豐", "丰", "進", "进", "處", "处", "於", "于",
	"費", "费", "價", "价", "強", "强", "弱", "弱", "熱", "热", "專", "专", "業", "业", "見", "见", "議", "议", "關", "关", "聯", "联", "繫", "系", "溝", "沟", "驗", "验",
	"單", "单", "選", "选", "題", "题", "評", "评", "陣", "阵", "簡", "简", "問", "问", "斷", "断")

var (
	englishStops   = regexp.MustCompile(`[.;:!?]+|,\s+(?:how|what|which|do|did|does|are|is|was|were|would|please)\b`)
	englishSetting = regexp.MustCompile(`^\s*(?:when|if|after|before|since|while|once|as|during|for example|such as|including|considering|compared|besides|apart|thinking|given|in terms)\b[^,]*,?`)
	englishWords   = regexp.MustCompile(`\bplease\b.{0,80}?\band\b|\bbetween\b.{1,60}?\band\b|\bboth\b.{1,40}?\band\b|` +
		`(?:\w+, )*\w+,? (?:and|or) (?:other|others|so on|similar|related|above|under|below|more|over|the like|up|older|later|earlier)\b|\d+ or \d+|\bor (?:not|so|more|less|fewer|never|longer|shorter)\b|` +
		`\b(?:terms and conditions|research and development|health and safety|up and running|back and forth|more or less|once or twice|one or two|two or three|pros and cons|food and drink|question and answer|step by step|now and then|over and over|again and again|by and large|first and foremost|safe and sound|black and white|ups and downs|day and night|trial and error|comments? (?:and|or) suggestions?|suggestions? (?:and|or) comments?|questions? or comments?|wear and tear|supply and demand|bread and butter|bed and breakfast|peace and quiet|you and (?:us|we|our)|we and you|us and you)\b|` +
		`\b(?:friends?|family|families|colleagues?|relatives|acquaintances|neighbours|neighbors)(?:,? (?:and|or) (?:a )?(?:friends?|family|families|colleagues?|relatives|acquaintances|neighbours|neighbors))+`)
	englishJoin = regexp.MustCompile(`[\w'-]+(?: [\w'-]+)? (?:and/or|and|or|as well as|&) [\w'-]+(?: [\w'-]+)?`)
)

var englishSides = regexp.MustCompile(`(\w+) (?:and|or) (?:very )?(\w+)`)

// opposites replaces the two sides of one question: satisfied or dissatisfied, easy or difficult.
func opposites(pair string) string {
	sides := englishSides.FindStringSubmatch(pair)
	for _, prefix := range []string{"dis", "un", "in", "im", "non", "ir"} {
		if sides[2] == prefix+sides[1] {
			return "○"
		}
	}
	for _, known := range []string{"easy difficult", "easy hard", "good bad", "good poor", "well badly", "well poorly", "high low", "fast slow", "quick slow", "strong weak", "better worse", "likely not", "positive negative", "clear confusing", "cheap expensive", "long short", "large small", "big small", "strengths weaknesses"} {
		if sides[1]+" "+sides[2] == known {
			return "○"
		}
	}
	return pair
}

func joinedEnglish(text string) string {
	text = strings.ToLower(parenthesis.ReplaceAllString(strings.ReplaceAll(text, "’", "'"), ""))
	for _, clause := range englishStops.Split(text, -1) {
		clause = englishSetting.ReplaceAllString(clause, "")
		clause = englishWords.ReplaceAllString(clause, "○")
		clause = englishSides.ReplaceAllStringFunc(clause, opposites)
		if found := englishJoin.FindString(clause); found != "" {
			return found
		}
	}
	return ""
}

const (
	chinesePraise = `很好|非常好|优秀|出色|一流|卓越|优质|完美|领先|最好|杰出|优异|超值|无可挑剔|非常满意|很满意|十分满意|很棒|非常棒|周到|专业的`
	englishPraise = `great|excellent|amazing|wonderful|fantastic|superb|outstanding|awesome|brilliant|exceptional|incredible|world-class|first-class|award-winning|unbeatable|perfect`
)

var leadingQuestions = map[string][]*regexp.Regexp{
	"zh": {
		regexp.MustCompile(`(是否|是不是|有没有|您也|你也)(也|会|都|真的)?(同意|认同|赞同|认为|觉得|感到|感觉)[^。！？]{0,24}?(` + chinesePraise + `|不错|好用|优惠|实惠|值得信赖)`),
		regexp.MustCompile(`(同意|认同|赞同|认为|觉得)[^。！？]{0,24}?(` + chinesePraise + `|不错)(的)?(吗|吧|对吗|是吗)`),
		regexp.MustCompile(`难道[^。！？]{0,24}不|不是吗|对不对|对吧|是吧|好吧？|毫无疑问|众所周知|显然|想必`),
		regexp.MustCompile(`(多么|有多)(优秀|出色|好用|好|喜欢|棒|完美)`),
	},
	"en": {
		regexp.MustCompile(`\b(?:don't|doesn't|wouldn't|isn't|aren't|didn't|wasn't|weren't|haven't|won't|can't|do not) (?:you|it|they|we|our|the|this) (?:\w+ ){0,3}?(?:agree|think|feel|say|find|believe|love|like|enjoy|` + englishPraise + `|good|better|best|nice)\b`),
		regexp.MustCompile(`\b(?:do|would|did) you (?:also |not |really )?(?:agree|think|feel|say|find|believe)\b.{0,60}\b(?:` + englishPraise + `|the best|very good|better than)\b`),
		regexp.MustCompile(`\bhow (?:very )?(?:` + englishPraise + `|much better|well-trained|delighted|pleased|happy)\b`),
		regexp.MustCompile(`\bhow much (?:did|do|would) you (?:love|like|enjoy|appreciate)\b`),
		regexp.MustCompile(`, (?:right|isn't it|aren't they|don't you|doesn't it|wouldn't you|haven't we|didn't we)\?|\b(?:obviously|of course|surely|undoubtedly|as everyone knows|needless to say)\b`),
	},
}

// praising matches questions that praise what they ask about.
var praising = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`(优质|优秀|一流|卓越|完美|领先|出色|杰出|贴心|超值|高品质|周到)的[^。！？]{0,16}(满意|怎么样|如何|评价|感觉|打分)|(对|觉得|认为)(我们|本公司|我司|我公司)?的?(优质|一流|卓越|完美|贴心|超值)`),
	"en": regexp.MustCompile(`\b(?:our|this|these|the) (?:very )?(?:` + englishPraise + `|superior|high-quality|friendly|expert|fast|improved|popular)\b(?:[ ,]\w+){0,6}`),
}

// leading reports a text that suggests an answer. Praise is only reported where a judgement is asked for.
func (a *adviser) leading(t survey.Text, at path, judged bool) {
	for _, l := range a.s.Languages {
		text := strings.ToLower(strings.ReplaceAll(t[l], "’", "'"))
		if baseLanguage(l) == "zh" {
			text = toSimplified.Replace(text)
		}
		for _, pattern := range leadingQuestions[baseLanguage(l)] {
			if found := pattern.FindString(text); found != "" {
				a.add(Leading, at.to(l), "ask neutrally: how satisfied or dissatisfied are you with …?", "'%s' pushes towards one answer", found)
				break
			}
		}
		if pattern := praising[baseLanguage(l)]; pattern != nil && judged {
			if found := pattern.FindString(text); found != "" {
				a.add(Leading, at.to(l), "leave the praise out, and let the answers give it", "'%s' praises what it asks about", found)
			}
		}
	}
}

// Bounds of a matrix on a phone.
const (
	mostRows    = 8
	mostColumns = 7
)

func (a *adviser) matrix(q *survey.Question, at path) {
	if len(q.Rows) > mostRows {
		a.add(LongMatrix, at.to("rows"), "split it into two matrices by topic", "the matrix has %d rows, and people begin to tick one column all the way down after about %d", len(q.Rows), mostRows)
	}
	if len(q.Rows) > 0 && len(q.Options) > mostColumns {
		a.add(LongMatrix, at.to("scale"), "use a scale with fewer steps, or one question for each row", "the matrix has %d columns, and a phone shows %d at most", len(q.Options), mostColumns)
	}
}

// contactWords match the labels of text fields that identify the respondent.
var contactWords = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`姓名|名字|称呼|手机|电话|邮箱|邮件|微信|身份证|住址|地址|联系方式|出生日期|生日|车牌|证件`),
	"en": regexp.MustCompile(`\b(?:your (?:full |first |last )?name|surname|phone|mobile|telephone|e-?mail|wechat|(?:postal |home |street )?address|date of birth|birthday|id number|identity card|passport|contact details?)\b`),
}

// sensitive reports contact details that are required of everyone. A condition, such as the wish for a reply, makes them
// acceptable.
func (a *adviser) sensitive(q *survey.Question, at path) {
	if a.s.Anonymity == survey.Identified {
		return // who answers is known, and the page says so
	}
	if !q.Required || q.ShowIf != nil || a.sectionOf(at).ShowIf != nil {
		return
	}
	contact := q.Type == survey.Email || q.Type == survey.Phone
	if q.Type == survey.ShortText || q.Type == survey.LongText || q.Type == survey.DateType {
		contact = q.Private
		for _, l := range a.s.Languages {
			if words := contactWords[baseLanguage(l)]; words != nil && words.MatchString(strings.ToLower(toSimplified.Replace(q.Label[l]))) {
				contact = true
			}
		}
	}
	if contact {
		a.add(SensitiveRequired, at.to("required"), "remove \"required\", or ask for a reply first and show this with show_if", "the contact detail '%s' must be given, so that nobody can answer without a name", q.ID)
	}
}

func (a *adviser) sectionOf(at path) *survey.Section { return &a.s.Sections[at[1].(int)] }
