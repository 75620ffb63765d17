package simulate

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// {item} in a remark is what the respondent rated worst, or best in one who is satisfied.
const itemPlace = "{item}"

// remarks are what respondents write in a language, from dissatisfied to satisfied; ends may follow.
type remarks struct{ about, general, ends []string }

var remarksIn = map[string][3]remarks{
	"zh": {
		{
			about:   []string{"{item}让我很失望，希望认真对待。", "对{item}不满意，反映过也没有下文。", "{item}问题最大，别的还能接受。", "再不改进{item}，下次就换别家了。", "{item}和说好的不一样。", "最该改的是{item}。", "{item}一直没有改善。", "先把{item}做好再说别的。"},
			general: []string{"等了很久才有人联系我。", "同样的问题已经说过两次了。", "价格不低，服务却没跟上。", "没人告诉我下一步该找谁。", "和宣传的差距比较大。", "说好的时间一拖再拖。", "电话打了三次才接通。"},
			ends:    []string{"希望有人回复。", "请尽快处理。", "说实话有点失望。", "希望下次不一样。"},
		},
		{
			about:   []string{"{item}再好一点就更好了。", "总体还行，{item}可以再改进。", "别的都不错，就是{item}差一些。", "建议多听听大家对{item}的意见。", "{item}时好时坏，希望稳定一些。", "{item}还有提高的余地。", "希望先改进{item}。", "{item}比别家略差一点。"},
			general: []string{"总体还可以，回复再快一些就好了。", "中规中矩，没有特别的印象。", "有变动希望提前通知。", "说明可以写得再清楚些。", "节假日也希望有人值班。", "希望有个固定的联系人。", "多一些回访就好了。"},
			ends:    []string{"其他没什么。", "谢谢。", "期待改进。", "别的都可以。"},
		},
		{
			about:   []string{"{item}很好，请保持。", "最满意的是{item}。", "{item}比上次又好了。", "{item}没得说。", "{item}让人放心。", "{item}做得比别家好。", "特别要说{item}，很到位。"},
			general: []string{"非常满意，下次还会选择你们！", "问题解决得很及时。", "一直很放心，继续保持。", "服务人员很耐心。", "没有意见，都挺好的。", "从头到尾都有人跟进。", "比预想的要好。"},
			ends:    []string{"谢谢你们！", "辛苦了。", "会推荐给同事。", "请继续保持。"},
		},
	},
	"en": { // an item comes after a colon, as its name may be a clause
		{
			about:   []string{"Most disappointing: {item}.", "I complained and heard nothing. It was about this: {item}.", "The rest is bearable; not this: {item}.", "I will go elsewhere unless this gets better: {item}.", "Not what was promised: {item}.", "Please start with this: {item}.", "Still no better than last time: {item}."},
			general: []string{"It took far too long until anyone called back.", "I have said the same thing twice already.", "Not cheap, and the service does not match.", "Nobody told me whom to ask next.", "Not what the leaflet says.", "The date was put off again and again.", "I had to call three times."},
			ends:    []string{"Please get back to me.", "I expected more.", "Quite a letdown.", "I hope that next time is different."},
		},
		{
			about:   []string{"Fine on the whole. Could be better: {item}.", "All good but one thing: {item}.", "There is room for improvement here: {item}.", "Sometimes good, sometimes not: {item}.", "Ask your customers about this more often: {item}.", "A little more care would help here: {item}.", "Others are a little better at this: {item}."},
			general: []string{"Fine on the whole; answers could come sooner.", "Average, nothing to remember.", "Please tell us about changes beforehand.", "The instructions could be clearer.", "Somebody should be there on holidays, too.", "I would like to have one person to call.", "A call afterwards would be nice."},
			ends:    []string{"Otherwise fine.", "Thanks.", "Looking forward to it.", "The rest is all right."},
		},
		{
			about:   []string{"Very happy with this, keep it up: {item}.", "Best of all: {item}.", "Better than last time: {item}.", "Nothing to add here, excellent: {item}.", "I can rely on you for this: {item}.", "You are ahead of others in this: {item}."},
			general: []string{"Very happy, will come again!", "The problem was solved at once.", "Reliable as always.", "Patient staff.", "No complaints, all is well.", "Somebody kept me informed from beginning to end.", "Better than I expected."},
			ends:    []string{"Thank you!", "Well done.", "I will tell my colleagues.", "Please keep it up."},
		},
	},
}

// shortTexts are answers to short texts, by what the question's id has. The last ones are for all others.
var shortTexts = []struct {
	words []string
	in    map[string][]string
}{
	{[]string{"company"}, map[string][]string{"zh": {"甲公司", "乙公司", "丙公司", "丁公司"}, "en": {"Company A", "Company B", "Company C", "Company D"}}},
	{[]string{"department"}, map[string][]string{"zh": {"采购部", "行政部", "信息部"}, "en": {"Purchasing", "Administration", "IT"}}},
	{[]string{"position"}, map[string][]string{"zh": {"经理", "工程师", "主管"}, "en": {"Manager", "Engineer", "Team lead"}}},
	{[]string{"address"}, map[string][]string{"zh": {"示范路1号", "示范路8号", "示范路20号"}, "en": {"1 Example Street", "8 Example Street", "20 Example Street"}}},
	{[]string{"postcode"}, map[string][]string{"zh": {"100000", "200000"}, "en": {"10000", "20000"}}},
	{[]string{"contact_name", "signatory"}, map[string][]string{"zh": {"李女士", "陈先生", "王女士", "赵先生"}, "en": {"A. Miller", "J. Chen", "R. Novak", "S. Haddad"}}},
	{[]string{"complaint_channel"}, map[string][]string{"zh": {"希望在公众号里就能投诉。", "有一个一直有人接的电话就行。", "发邮件，两天内有回复。", "请客服加我微信。"}, "en": {"A form on your web site.", "A telephone number that somebody answers.", "By email, with a reply within two days.", "Through the person who looks after us."}}},
	{[]string{"hosts"}, map[string][]string{"zh": {"前台", "技术负责人", "记不清了"}, "en": {"the reception", "the technical lead", "I do not remember"}}},
	{[]string{"trade"}, map[string][]string{"zh": {"防水", "门窗", "暖气"}, "en": {"waterproofing", "doors and windows", "heating"}}},
	{[]string{"industry"}, map[string][]string{"zh": {"零售", "建筑", "农业"}, "en": {"retail", "construction", "farming"}}},
	{[]string{"channels"}, map[string][]string{"zh": {"同事介绍", "客户推荐", "公众号"}, "en": {"a colleague", "another customer", "a trade journal"}}},
	{[]string{"choice_reason"}, map[string][]string{"zh": {"交货快", "离我们近", "老客户介绍", "一直合作"}, "en": {"they deliver fast", "they are close to us", "another customer's advice", "we know each other"}}},
	{[]string{"reason"}, map[string][]string{"zh": {"朋友推荐", "正好顺路", "停车方便", "习惯了", "孩子喜欢来"}, "en": {"a friend's advice", "it was on my way", "easy parking", "out of habit", "the children like it"}}},
	{[]string{survey.Other}, map[string][]string{"zh": {"看情况", "几项都有一点", "说不上来", "每次不一样"}, "en": {"it depends", "a bit of each", "hard to say", "it varies"}}},
	{nil, map[string][]string{"zh": {"标准款", "备用配件", "年度服务", "新款", "升级"}, "en": {"the standard model", "spare parts", "the yearly service", "the new model", "an upgrade"}}},
}

// Words in the ids of questions that ask for a remark, for a complaint, or for praise.
var (
	asksRemark    = []string{"why", "again", "suggest", "wish", "help", "reason"}
	asksComplaint = []string{"problem", "wrong", "fault", "open", "not_again"}
	asksPraise    = []string{"praise", "best"}
	asksAdvice    = []string{"suggest", "wish", "help", "improve"}
)

func hasAny(id string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(id, word) })
}

// written makes up what a respondent writes to a question without a pattern.
func (r *respondent) written(q *survey.Question, like float64) string {
	like = r.satisfaction(like)
	if q.ShowIf != nil && (q.ShowIf.Op == "<" || q.ShowIf.Op == "<=") { // asked because something was not good
		like = min(like, 0.6)
	}
	switch {
	case hasAny(q.ID, asksPraise):
		like = max(like, 0.8)
	case hasAny(q.ID, asksComplaint):
		like = min(like, 0.4)
	case strings.Contains(q.ID, "complaint_channel"):
		return r.short(q.ID)
	case hasAny(q.ID, asksAdvice) && r.random.Float64() < 0.7: // the others have nothing to add to their praise
		like = min(like, 0.7)
	case q.Type != survey.LongText && (q.Private || !hasAny(q.ID, asksRemark)):
		return r.short(q.ID)
	}
	return r.remark(q, like)
}

// satisfaction returns what the respondent has said of the whole, from 0 to 1; before anything is said, what a text would go
// with.
func (r *respondent) satisfaction(like float64) float64 {
	for _, f := range r.survey.Fields() {
		if f.Question.Type != survey.NPS && f.Name != r.survey.Scoring.Overall {
			continue
		}
		for _, o := range f.Options() {
			if values := r.values[f.Name]; len(values) > 0 && o.ID == values[0] && o.Score != nil && f.MaxScore() > 0 {
				like = float64(*o.Score) / float64(f.MaxScore()) // the last one is what follow-ups are about
			}
		}
	}
	return like
}

// short makes up an answer to a short text, or what stands beside "other".
func (r *respondent) short(id string) string {
	for _, s := range shortTexts {
		if s.words == nil || hasAny(id, s.words) {
			return r.pick(s.in[r.wording()])
		}
	}
	return "" // cannot be: the last one is for all
}

// remark makes up a sentence or two, which the respondent has not written before: mostly about what is rated worst or best.
func (r *respondent) remark(q *survey.Question, like float64) string {
	all, level := remarksIn[r.wording()], 1
	switch {
	case like < 0.5:
		level = 0
	case like >= 0.75:
		level = 2
	}
	text := r.unsaid(all[level].general)
	if item := r.notable(q, level == 2); item != "" && !r.said[item] && r.random.Float64() < 0.7 {
		text = strings.ReplaceAll(r.unsaid(all[level].about), itemPlace, item)
		r.said[item] = true
	}
	if r.random.Float64() < 0.4 {
		if r.wording() != "zh" {
			text += " "
		}
		text += r.unsaid(all[level].ends)
	}
	return text
}

// unsaid picks a text that the respondent has not written before, if there is one.
func (r *respondent) unsaid(texts []string) string {
	left := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return r.said[text] })
	if len(left) == 0 {
		left = texts
	}
	text := r.pick(left)
	r.said[text] = true
	return text
}

// wording is the language that made-up texts are in.
func (r *respondent) wording() string {
	if _, ok := remarksIn[r.language]; ok {
		return r.language
	}
	return "en"
}

func (r *respondent) pick(texts []string) string { return texts[r.random.IntN(len(texts))] }

// The widest name of an item that a sentence has room for, in runes.
const (
	maxItemZh = 10
	maxBareZh = 4 // without quotation marks
	maxItem   = 32
)

// notable returns the name of the item that the respondent has rated best, or worst, of those that a question follows up, else
// of those of its section, else of all; "" if none has a name that fits into a sentence.
func (r *respondent) notable(q *survey.Question, best bool) string {
	if r.wording() != r.language {
		return "" // its name would be in another language than the sentence
	}
	var followed []string
	if q.ShowIf != nil {
		followed = q.ShowIf.Uses()
	}
	section := map[string]bool{}
	for i := range r.survey.Sections {
		questions := r.survey.Sections[i].Questions
		if slices.ContainsFunc(questions, func(other survey.Question) bool { return other.ID == q.ID }) {
			for j := range questions {
				section[questions[j].ID] = true
			}
		}
	}
	for _, among := range []func(survey.Field) bool{
		func(f survey.Field) bool {
			return slices.Contains(followed, f.Name) || slices.Contains(followed, f.Question.ID)
		},
		func(f survey.Field) bool { return section[f.Question.ID] },
		func(survey.Field) bool { return true },
	} {
		if name := r.extreme(best, among); name != "" {
			return name
		}
	}
	return ""
}

// extreme returns the name of the item that is rated best, or worst, of some.
func (r *respondent) extreme(best bool, among func(survey.Field) bool) string {
	found, extreme := "", math.Inf(1)
	for _, f := range r.survey.Fields() {
		share, ok := r.share(f)
		if !ok || !among(f) || f.Question.Type == survey.NPS || f.Part == survey.ImportancePart || f.Name == r.survey.Scoring.Overall || f.Question.Private {
			continue
		}
		if best {
			share = -share
		}
		if share += 0.01 * r.random.Float64(); share < extreme { // equal ones by chance
			if name := r.itemName(f); name != "" {
				found, extreme = name, share
			}
		}
	}
	return found
}

// itemName returns an item's short name as it stands within a sentence; "" if it does not fit there.
func (r *respondent) itemName(f survey.Field) string {
	name := strings.TrimSpace(f.Short(r.language))
	widest := maxItem
	if r.language == "zh" {
		widest = maxItemZh
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > widest || strings.ContainsAny(name, "{}?？。.:：()（）") {
		return ""
	}
	first, size := utf8.DecodeRuneInString(name)
	if second, _ := utf8.DecodeRuneInString(name[size:]); unicode.IsUpper(first) && !unicode.IsUpper(second) {
		name = string(unicode.ToLower(first)) + name[size:]
	}
	if r.language == "zh" && utf8.RuneCountInString(name) > maxBareZh {
		return "“" + name + "”" // may be a clause
	}
	return name
}
