package advice_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/questionnaire"
)

// completeSurvey is a survey without advice. Its sections come last, so that they can be exchanged.
const completeSurvey = `title: {zh: 茶馆满意度调查, en: Tea house survey}
languages: [zh, en]
intro: {zh: 您的回答用来改进服务。, en: Your answers are used for improving the service.}
thanks: {zh: 谢谢您！, en: Thank you!}
contact: {email: tea@company.example}
alerts: none
` + itsNotice

const itsNotice = `privacy: {controller: {zh: 茶馆, en: Tea house}, contact: {email: data@company.example}, purpose: {zh: 改进服务, en: Better service}, keep: {years: 2}}
`

const satisfied = `scales:
  satisfied:
    - {id: a, label: {zh: 非常满意, en: Very satisfied}, score: 5}
    - {id: b, label: {zh: 满意, en: Satisfied}, score: 4}
    - {id: c, label: {zh: 一般, en: Neither}, score: 3}
    - {id: d, label: {zh: 不满意, en: Dissatisfied}, score: 2}
    - {id: e, label: {zh: 非常不满意, en: Very dissatisfied}, score: 1}
`

// ratingOf is a section with one rating of a label.
func ratingOf(zh, en string) string {
	return fmt.Sprintf("sections: [{questions: [{id: q, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: %q, en: %q}}]}]\n", zh, en)
}

// english is a whole survey in one language.
func english(label string) string {
	return "title: Tea\nintro: Your answers are used for improving the service.\nthanks: Thank you!\nalerts: none\ncontact: {phone: 400-000-0001}\n" +
		fmt.Sprintf("sections: [{questions: [{id: q, type: rating, steps: 5, low: Poor, high: Good, label: %q}]}]\n", label)
}

// choiceOf is a single choice. Each option has its labels and its score, separated by |.
func choiceOf(options ...string) string {
	var b strings.Builder
	b.WriteString("sections:\n  - questions:\n      - id: q\n        type: single_choice\n        label: {zh: 怎么样？, en: How was it?}\n        options:\n")
	for i, o := range options {
		parts := strings.Split(o, "|")
		fmt.Fprintf(&b, "          - {id: o%d, label: {zh: %q, en: %q}", i, parts[0], parts[1])
		if len(parts) > 2 {
			b.WriteString(", score: " + parts[2])
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// unquotedLabel finds labels without quotes, which a question mark needs within { }.
var unquotedLabel = regexp.MustCompile(`\{zh: ([^"{}]*), en: ([^"{}]*)\}`)

func codesOf(t *testing.T, source string) []string {
	t.Helper()
	source = unquotedLabel.ReplaceAllString(source, `{zh: "$1", en: "$2"}`)
	s, problems := questionnaire.Parse("tea.yaml", []byte(source))
	if s == nil {
		t.Fatalf("%v\n%s", problems, source)
	}
	var found []string
	for _, a := range advice.Of(s, "tea.yaml", []byte(source)) {
		found = append(found, a.Code)
		if a.Line < 1 || a.Column < 1 || a.File != "tea.yaml" || a.Sentence.IsZero() || a.Fix.IsZero() || strings.Contains(a.String(), "%!") {
			t.Errorf("incomplete advice: %#v", a)
		}
	}
	return found
}

// TestAdvice has bad and good examples of every kind of advice, in both languages. A bad one gives this advice and no
// other; a good one gives none.
func TestAdvice(t *testing.T) {
	const (
		keyOne = "sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8"
		keyTwo = "sealkey1.BN_XbJzQjMTbLiRmlq-K7A89ll18D_VTd1m4dv3OpKqZiLKDDyeB-kWcw-jAax2lRYXMDo2YT1hd9y0i5BhzpzE"
		texted = "sections: [{questions: [{id: q, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶, en: Tea}}, {id: w, type: long_text, label: {zh: 为什么？, en: Why?}}]}]\n"
	)
	piped := func(zh, en string) string {
		return strings.Replace(ratingOf(zh, en), "questions: [", "questions: [{id: product, type: short_text, label: {zh: 买了什么？, en: What did you buy?}}, ", 1)
	}
	rows := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{id: r%d, label: {zh: 茶, en: Tea}},", i)
		}
		return satisfied + "sections: [{questions: [{id: q, type: matrix, scale: satisfied, label: {zh: 怎么样？, en: How was it?}, rows: [" + b.String() + "]}]}]\n"
	}
	columns := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{id: c%d, label: {zh: %d 分, en: '%d'}, score: %d},", i, i+1, i+1, i+1)
		}
		return "scales: {points: [" + b.String() + "]}\nsections: [{questions: [{id: q, type: matrix, scale: points, label: {zh: 打分, en: Marks}, rows: [{id: r, label: {zh: 茶, en: Tea}}]}]}]\n"
	}
	question := func(keys string) string { return "sections: [{questions: [{id: q, " + keys + "}]}]\n" }
	shop := func(issued, k int, segments ...int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "audience: {issued: %d}\nresults: {min_group: %d}\nsections:\n  - questions:\n      - {id: q, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶, en: Tea}}\n", issued, k)
		for i, options := range segments {
			fmt.Fprintf(&b, "      - id: s%d\n        type: single_choice\n        label: {zh: 哪家店？, en: Which shop?}\n        segment: true\n        options:\n", i)
			for o := range options {
				fmt.Fprintf(&b, "          - {id: o%d, label: {zh: 甲, en: A}}\n", o)
			}
		}
		return b.String()
	}
	dimensions := func(of string) string {
		return `scoring: {overall: all, dimensions: [{id: tea, label: {zh: 茶, en: Tea}}, {id: staff, label: {zh: 人, en: Staff}}]}
sections:
  - questions:
      - {id: all, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 总体, en: Overall}}
      - {id: t, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶, en: Tea}, dimension: tea}
      - {id: s, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 人, en: Staff}` + of + "}\n"
	}
	long := strings.Repeat("这道题的说明写得很长很长，", 12)
	wordy := strings.Repeat("this explanation goes on and on. ", 20)
	many := func(n int, promise string) string {
		var b strings.Builder
		b.WriteString(promise + "sections:\n  - questions:\n")
		for i := range n {
			fmt.Fprintf(&b, "      - {id: q%d, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: %s, en: Tea}}\n", i, long[:36])
		}
		return b.String()
	}
	ask := func(head string, questions ...string) string {
		b := head + "sections:\n  - questions:\n"
		for i, q := range questions {
			b += fmt.Sprintf("      - {id: q%d, %s, label: {zh: 茶, en: Tea}}\n", i, q)
		}
		return b
	}
	for _, c := range []struct {
		code      string
		bad, good []string // what follows whole; with a title, instead of it
	}{
		{advice.DoubleBarrelled, []string{
			ratingOf("您对产品和服务满意吗？", "How satisfied are you with our products and services?"),
			ratingOf("员工的态度与效率怎么样？", "How were the manner and speed of the staff?"),
			ratingOf("您觉得送货以及安装怎么样？", "How were delivery as well as installation?"),
			ratingOf("价格、质量满意吗？", "Are you satisfied with price & quality?"),
			ratingOf("茶及点心的味道", "Taste of tea and cakes"),
			ratingOf("各种票据开票的速度及正确性", "Speed and correctness of invoices"), // from the field
			ratingOf("送货的货品及数量的正确性", "Correctness of the goods delivered and their number"),
			ratingOf("來訪時，服務態度與環境如何？", "When you came, how were service and surroundings?"),
			rows(1)[:strings.Index(rows(1), "{id: r0")] + "{id: r0, label: {zh: 服务态度和专业水平, en: Manner and expertise}}]}]}]\n",
			question("type: yes_no, label: {zh: 工程师是否准时到达并且打扫干净？, en: Did the engineer arrive on time and clean up?}"),
		}, []string{
			ratingOf("送货及时吗？", "Was the delivery in time?"),
			ratingOf("您和我们合作的感觉怎么样？", "How is it to work with us?"),
			ratingOf("与同行相比，我们的价格怎么样？", "Compared with others, and with last year, how are our prices?"),
			ratingOf("与设计师对接沟通的过程怎么样？", "How was talking to your designer?"),
			ratingOf("您提出意见和建议后，我们的回应怎么样？", "When you called and asked for help, how did we respond?"),
			ratingOf("施工工艺的精细程度", "The care and skill of the craftsmanship"), // one thing in Chinese
			ratingOf("货品分类与陈列", "How the goods are laid out"),                // one thing in English
			ratingOf("图纸、验收单等资料规范吗？", "Were drawings, acceptance sheets and other papers in good order?"),
			ratingOf("服务项目（退换、停车等）", "Services on offer (returns, parking and so on)"),
			question("type: nps, label: {zh: 您会向朋友和同事推荐我们吗？, en: How likely are you to recommend us to friends and colleagues?}"),
			question("type: multi_choice, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}], label: {zh: 您喜欢哪些茶和点心？, en: Which teas and cakes do you like?}"),
			question("type: long_text, label: {zh: 有什么意见和建议？, en: Do you have any comments or suggestions?}"),
			question("type: consent, label: {zh: 我已阅读说明和条款，同意参加, en: I have read the terms and agree to take part}"),
			ratingOf("客服人员是否参与了处理？", "Did customer service take part?"),
			english("How satisfied or dissatisfied are you with us?"),
			english("Was it easy or difficult to reach us?"),
			english("How likely or unlikely are you to come back?"),
			ratingOf("2 到 3 天以及更久，您能接受吗？", "Are 2 or 3 days or more acceptable?"),
		}},
		{advice.Leading, []string{
			ratingOf("您是否认为我们的服务很好？", "How is our service?"),
			ratingOf("您是否同意我们的产品非常优秀？", "How are our products?"),
			ratingOf("难道您不觉得价格实惠吗？", "How are the prices?"),
			ratingOf("我们的茶很不错，对吧？", "How is the tea?"),
			ratingOf("您對我們優質的服務滿意嗎？", "How satisfied are you with the service?"),
			ratingOf("您觉得怎么样？", "Don't you agree that our tea is good?"),
			ratingOf("您觉得怎么样？", "How great was our service?"),
			ratingOf("您觉得怎么样？", "Would you say that our staff are excellent?"),
			ratingOf("您觉得怎么样？", "How satisfied are you with our award-winning tea?"),
			ratingOf("您觉得怎么样？", "The tea is hot, isn’t it?"),
			ratingOf("您喜欢吗？", "How much did you love the tea?"),
			question("type: long_text, label: {zh: 请说说您有多喜欢我们, en: Please tell us how you see us}"),
		}, []string{
			ratingOf("您对服务满意吗？", "How satisfied are you with our service?"),
			ratingOf("您是否对服务满意？", "Are you satisfied with the service?"),
			ratingOf("您对服务有多满意？", "How satisfied are you with the service?"),
			ratingOf("您认为价格怎么样？", "What do you think of the prices?"),
			ratingOf("您觉得我们的规模怎么样？", "How do you think we compare?"),
			question("type: long_text, label: {zh: 哪些地方做得很好？, en: What did we do very well? What was excellent?}"),
			question("type: yes_no, label: {zh: 您是否同意参加？, en: Do you agree to take part?}"),
			question("type: long_text, label: {zh: 您最想要的改进是什么？, en: What would make our service perfect or just better?}"),
		}},
		{advice.UnequalSides, []string{
			choiceOf("很满意|Very satisfied|4", "满意|Satisfied|3", "比较满意|Fairly satisfied|2", "不满意|Dissatisfied|1"),
			choiceOf("极佳|Excellent|4", "良好|Good|3", "一般|Average|2", "需要改进|Needs improvement|1"),
			choiceOf("好|Good|4", "一般|Average|3", "较差|Fairly poor|2", "很差|Very poor|1"),
			choiceOf("其一的等级|Excellent|3", "另一等级|Good|2", "第三级|Poor|1"),
		}, []string{
			choiceOf("很满意|Very satisfied|4", "比较满意|Fairly satisfied|3", "不太满意|Not very satisfied|2", "很不满意|Very dissatisfied|1"), // even, no middle
			choiceOf("好|Good|3", "一般|Average|2", "差|Poor|1", "没意见|No opinion"),
			choiceOf("不差|Not bad|2", "差|Bad|1"),
			choiceOf("偏低|Low|1", "持平|About the same|2", "偏高|High|3"),
			choiceOf("了如指掌|Thorough knowledge of it all|3", "天花乱坠|Flowery|2", "胡说|Nonsense|1"), // words unknown
			choiceOf("离得近|It is near", "质量好|Good quality", "价格合适|Good prices"),                 // no scale
		}},
		{advice.UnevenScores, []string{
			choiceOf("好|Good|10", "一般|Average|5", "差|Poor|1"),
			choiceOf("优|A|1", "良|B|2", "中|C|4", "差|D|8"),
		}, []string{
			choiceOf("好|Good|10", "一般|Average|5", "差|Poor|0"),
			choiceOf("好|Good|1", "差|Poor|0.5"),
			choiceOf("甲|A|3", "乙|B|2", "丙|C|2", "丁|D|1"),
		}},
		{advice.MixedDirection, []string{
			strings.Replace(choiceOf("差|Poor|1", "一般|Average|2", "好|Good|3"), "sections:\n  - questions:\n", satisfied+"sections:\n  - questions:\n      - {id: p, type: rating, scale: satisfied, label: {zh: 茶, en: Tea}}\n", 1),
		}, []string{
			strings.Replace(choiceOf("好|Good|3", "一般|Average|2", "差|Poor|1"), "sections:\n  - questions:\n", satisfied+"sections:\n  - questions:\n      - {id: p, type: rating, scale: satisfied, label: {zh: 茶, en: Tea}}\n      - {id: n, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶, en: Tea}}\n", 1),
			strings.Replace(choiceOf("会|Yes|1", "不会|No|0"), "sections:\n  - questions:\n", satisfied+"sections:\n  - questions:\n      - {id: p, type: rating, scale: satisfied, label: {zh: 茶, en: Tea}}\n", 1),
		}},
		{advice.TooLong, []string{
			many(20, "minutes: 1\n"),
			many(140, "minutes: 60\n"),
			many(140, ""),
			"minutes: 1\n" + ratingOf("茶", "Tea") + "", // replaced below
		}, []string{
			many(20, "minutes: 5\n"),
			many(20, ""),
			"minutes: 1\n" + ratingOf("茶怎么样？", "How was the tea?"),
		}},
		{advice.LongMatrix, []string{rows(9), columns(8)}, []string{rows(8), columns(7)}},
		{advice.OrderDiffers, []string{
			choiceOf("非常满意|Satisfied|4", "满意|Very satisfied|3", "不满意|Dissatisfied|2", "非常不满意|Very dissatisfied|1"),
		}, []string{
			choiceOf("非常满意|Very satisfied|4", "满意|Satisfied|3", "不满意|Dissatisfied|2", "非常不满意|Very dissatisfied|1"),
			choiceOf("很强|Very good|3", "较强|Good|2", "较弱|Weak|1", "很弱|Very weak|0"),
			choiceOf("很重要|Very important", "不太重要|Less important"),
		}},
		{advice.PolarityDiffers, []string{
			choiceOf("满意|Dissatisfied|2", "不满意|Satisfied|1"),
			choiceOf("好|Poor|2", "差|Good|1"),
			choiceOf("会|No", "不会|Yes"),
		}, []string{
			choiceOf("满意|Satisfied|2", "不满意|Dissatisfied|1"),
			choiceOf("会|Yes", "不会|No"),
			choiceOf("不差|Not bad|2", "不好|Not good|1"),
		}},
		{advice.PlaceholderDiffers, []string{
			piped("您对{{product}}满意吗？", "How satisfied are you?"),
			piped("您满意吗？", "How satisfied are you with {{ product }}?"),
			ratingOf("您好 {name}，茶怎么样？", "How was the tea?"),
		}, []string{
			piped("您对{{product}}满意吗？", "How satisfied are you with {{ product }}?"),
			ratingOf("您对产品满意吗（{product}）？", "How satisfied are you with the product ({product})?"),
		}},
		{advice.NumberDiffers, []string{
			ratingOf("最近 3 个月怎么样？", "How were the last 6 months?"),
			ratingOf("请按 1 到 10 分打分", "Please give a mark"),
			ratingOf("满分 5 分", "At most five, at least 2"),
			choiceOf("1–2 次|1–2 times", "3–5 次|3–6 times"),
			strings.Replace(completeSurvey, "您的回答用来改进服务。", "您的回答用来改进服务，只要 3 分钟。", 1) + ratingOf("茶", "Tea"),
		}, []string{
			ratingOf("最近 3 个月怎么样？", "How were the last three months?"),
			ratingOf("最近三个月怎么样？", "How were the last 3 months?"),
			ratingOf("１０ 分最好", "10 is best"),
			ratingOf("满 1,000 元", "From 1000 yuan"),
			ratingOf("1 年以来怎么样？", "How was the last year?"),
			ratingOf("半年", "0.5 years"),
			ratingOf("第 2 次来怎么样？", "How was your second visit?"),
			ratingOf("2026 年 10 月怎么样？", "How was October 2026?"),
			ratingOf("消费 1 万元以上", "More than 10,000 yuan"),
			ratingOf("下午 5 点以后怎么样？", "How was it after 17:00?"),
			ratingOf("二十五天内", "Within 25 days"),
			ratingOf("见 https://a.example/2", "See https://a.example/3"),
			ratingOf("100 天内", "Within a hundred days"),
		}},
		{advice.PunctuationDiffers, []string{
			ratingOf("您满意吗？", "How satisfied are you"),
			ratingOf("您满意吗", "How satisfied are you?"),
			question("type: long_text, label: {zh: 请想一想，再回答，谢谢。, en: Please write below}"),
		}, []string{
			ratingOf("及时性", "How prompt were we?"),
			ratingOf("产品质量", "Quality of the product"),
			ratingOf("您满意吗？", "How satisfied are you?"),
			ratingOf("请打分。", "Please give a mark"),
		}},
		{advice.Untranslated, []string{
			ratingOf("茶怎么样？", "茶怎么样？"),
			ratingOf("How was the tea?", "How was the tea?"),
			ratingOf("How was the tea today", "How was the tea"),
			ratingOf("茶", "茶好吗"),
			ratingOf("Please rate the delivery", "请评价送货"),
		}, []string{
			ratingOf("NPS", "NPS"),
			ratingOf("WeChat", "WeChat"),
			choiceOf("5|5", "4|4"),
			ratingOf("App 的使用体验", "The app"),
		}},
		{advice.SensitiveRequired, []string{
			question("type: email, required: true, label: {zh: 邮箱, en: E-mail}"),
			question("type: phone, required: true, label: {zh: 手机, en: Phone}"),
			question("type: short_text, required: true, label: {zh: 您的姓名, en: Who are you?}"),
			question("type: short_text, required: true, label: {zh: 收件人, en: Your address}"),
			question("type: short_text, required: true, private: true, label: {zh: 会员号, en: Member}"),
		}, []string{
			question("type: email, label: {zh: 邮箱, en: E-mail}"),
			question("type: short_text, required: true, label: {zh: 您买了什么？, en: What did you buy?}"),
			"sections: [{questions: [{id: reply, type: yes_no, label: {zh: 需要回复吗？, en: Do you want a reply?}}, {id: q, type: email, required: true, show_if: reply, label: {zh: 邮箱, en: E-mail}}]}]\n",
			"sections: [{questions: [{id: reply, type: yes_no, label: {zh: 需要回复吗？, en: Do you want a reply?}}, {id: q, type: email, required: reply, label: {zh: 邮箱, en: E-mail}}]}]\n",
		}},
		{advice.UnnamedEnds, []string{
			question("type: rating, steps: 5, label: {zh: 茶, en: Tea}"),
			question("type: rating, steps: 5, display: stars, label: {zh: 茶, en: Tea}"),
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, label: {zh: 茶, en: Tea}"),
		}, []string{
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶, en: Tea}"),
			question("type: rating, steps: 5, display: faces, label: {zh: 茶, en: Tea}"),
			satisfied + question("type: rating, scale: satisfied, label: {zh: 茶, en: Tea}"),
			question("type: nps, label: {zh: 茶, en: Tea}"),
		}},
		{advice.NoDimension, []string{
			strings.Replace(dimensions(", dimension: staff"), "dimension: staff}", "dimension: staff}\n      - {id: x, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 店, en: Shop}}", 1),
		}, []string{
			dimensions(", dimension: staff"),
			strings.Replace(dimensions(", dimension: staff"), "dimension: staff}", "dimension: staff}\n      - {id: x, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, weight: 0, label: {zh: 店, en: Shop}}", 1),
		}},
		{advice.UnusedDimension, []string{dimensions(", weight: 0")}, []string{dimensions(", dimension: staff")}},
		{advice.IssuedIsCounted, []string{"access: invited\n" + shop(100, 1)}, []string{shop(100, 1)}},
		{advice.GroupsTooSmall, []string{shop(100, 5, 3, 4), shop(40, 5, 5), shop(8, 5)}, []string{shop(100, 5, 3, 3), shop(10, 5), shop(100, 1, 3, 4)}},
		{advice.NoAlerts, []string{strings.Replace(completeSurvey, "alerts: none\n", "", 1) + ratingOf("茶", "Tea")}, []string{
			ratingOf("茶", "Tea"),
			strings.Replace(completeSurvey, "alerts: none", "alerts: default", 1) + ratingOf("茶", "Tea"),
			strings.Replace(completeSurvey, "alerts: none\n", "", 1) + "sections: [{questions: [{id: q, type: long_text, label: {zh: 茶, en: Tea}}]}]\n",
		}},
		{advice.NoThanks, []string{strings.Replace(completeSurvey, "thanks: {zh: 谢谢您！, en: Thank you!}\n", "", 1) + ratingOf("茶", "Tea")}, []string{ratingOf("茶", "Tea")}},
		{advice.NoContact, []string{
			strings.Replace(completeSurvey, "contact: {email: tea@company.example}\n", "", 1) + ratingOf("茶", "Tea"),
			strings.Replace(completeSurvey, "email: tea@company.example", "name: {zh: 茶馆, en: Tea house}", 1) + ratingOf("茶", "Tea"),
		}, []string{strings.Replace(completeSurvey, "email: tea@company.example", "phone: 400-000-0001", 1) + ratingOf("茶", "Tea")}},
		{advice.NoPurpose, []string{
			strings.Replace(completeSurvey, "intro:", "# intro:", 1) + ratingOf("茶", "Tea"),
			strings.Replace(completeSurvey, "您的回答用来改进服务。", "欢迎参加调查！", 1) + ratingOf("茶", "Tea"),
			strings.Replace(completeSurvey, "Your answers are used for improving the service.", "Welcome to the survey!", 1) + ratingOf("茶", "Tea"),
		}, []string{ratingOf("茶", "Tea")}},
		{advice.NoNotice, []string{
			strings.Replace(completeSurvey, itsNotice, "", 1) + question("type: yes_no, private: true, label: {zh: 茶, en: Tea}"),
			strings.Replace(completeSurvey, itsNotice, "", 1) + question("type: email, label: {zh: 邮箱, en: E-mail}"),
		}, []string{
			question("type: email, label: {zh: 邮箱, en: E-mail}"),
			strings.Replace(completeSurvey, itsNotice, "", 1) + ratingOf("茶", "Tea"),
		}},
		{advice.UnsuitableCards, []string{
			many(21, "layout: cards\n"),
			"layout: cards\n" + ratingOf("茶怎么样？", "How was the tea?"),
		}, []string{
			many(20, "layout: cards\n"),
			many(21, "layout: steps\n"),
			ratingOf("茶怎么样？", "How was the tea?"),
		}},
		{advice.CutText, []string{
			"sections:\n  - questions:\n      - id: q\n        type: yes_no\n        label: {zh: 好吗？, en: Good?}\n        help:\n          zh: 我们的店 #1\n          en: Our shop #1\n",
			ratingOf("茶", "Tea") + "timezone: UTC #TODO\n",
		}, []string{
			ratingOf("茶", "Tea") + "timezone: UTC # to be decided\nminutes: 1\n#: {x}\n",
			"sections: [{questions: [{id: q, type: yes_no, label: {zh: '我们的店 #1，好吗？', en: 'Is our shop #1 good?'}}]}]\n",
		}},
		{advice.LaterQuestion, []string{
			"sections: [{questions: [{id: q, type: yes_no, show_if: r, label: {zh: 好吗？, en: Good?}}, {id: r, type: yes_no, label: {zh: 来过吗？, en: Been here?}}]}]\n",
			"sections: [{show_if: r, questions: [{id: q, type: yes_no, label: {zh: 好吗？, en: Good?}}]}, {questions: [{id: r, type: yes_no, label: {zh: 来过吗？, en: Been here?}}]}]\n",
			"sections: [{questions: [{id: q, type: single_choice, label: {zh: 买了什么？, en: What did you buy?}, options: [{id: tea, label: {zh: 茶, en: Tea}}, {id: cake, show_if: r, label: {zh: 糕, en: Cake}}]}, {id: r, type: yes_no, label: {zh: 来过吗？, en: Been here?}}]}]\n",
		}, []string{
			"sections: [{questions: [{id: r, type: yes_no, label: {zh: 来过吗？, en: Been here?}}, {id: q, type: yes_no, show_if: r and language == \"en\", label: {zh: 好吗？, en: Good?}}]}]\n",
			"sections: [{questions: [{id: q, type: yes_no, show_if: answered(r), label: {zh: 好吗？, en: Good?}}, {id: r, type: hidden, label: {zh: 级别, en: Tier}}]}]\n",
			"sections: [{questions: [{id: q, type: yes_no, required: r, label: {zh: 好吗？, en: Good?}}, {id: r, type: yes_no, label: {zh: 来过吗？, en: Been here?}}]}]\n",
		}},
		{advice.NotPublished, []string{
			ask("", "type: yes_no, publish: false", "type: yes_no, show_if: q0"),
			ask("", "type: yes_no, private: true", "type: yes_no, required: q0"),
			ask("", "type: yes_no, publish: false", "type: long_text, show_if: q0", "type: nps, show_if: answered(q1)"),
		}, []string{
			ask("", "type: yes_no, publish: false", "type: yes_no, publish: false, show_if: q0"),
			ask("", "type: yes_no, publish: false", "type: long_text, show_if: q0"),
			ask("", "type: yes_no", "type: yes_no, publish: false, show_if: q0"),
		}},
		{advice.BecomesSensitive, []string{
			ask("period: year\n", "type: yes_no, sensitive: true", "type: yes_no, show_if: q0"),
			ask("period: year\n", "type: yes_no, sensitive: true", "type: yes_no, show_if: q0, sensitive: true", "type: nps, required: q1"),
		}, []string{
			ask("period: year\n", "type: yes_no, sensitive: true", "type: yes_no, show_if: q0, sensitive: true"),
			ask("period: year\n", "type: yes_no, sensitive: true", "type: yes_no, show_if: q0, publish: false"),
			ask("period: year\n", "type: yes_no, sensitive: true", "type: long_text, show_if: q0"),
			ask("period: year\nresults: {protection: strict}\n", "type: yes_no", "type: yes_no, show_if: q0"),
		}},
		{advice.JointCondition, []string{
			ask("", "type: yes_no", "type: nps", "type: yes_no, show_if: q0 and q1 > 5"),
			ask("", "type: yes_no", "type: nps", "type: yes_no, required: q0 or q1 > 5"),
			"sections: [{questions: [{id: a, type: yes_no, label: {zh: 茶, en: Tea}}, {id: b, type: yes_no, label: {zh: 茶, en: Tea}}]}, {show_if: a and b, questions: [{id: q, type: yes_no, label: {zh: 茶, en: Tea}}]}]\n",
			"sections: [{questions: [{id: a, type: yes_no, label: {zh: 茶, en: Tea}}, {id: b, type: yes_no, label: {zh: 茶, en: Tea}}]}, {show_if: a, questions: [{id: q, type: yes_no, show_if: b, label: {zh: 茶, en: Tea}}]}]\n",
			"sections: [{questions: [{id: a, type: yes_no, label: {zh: 茶, en: Tea}}, {id: b, type: yes_no, label: {zh: 茶, en: Tea}}, {id: q, type: single_choice, label: {zh: 茶, en: Tea}, options: [{id: x, label: {zh: 甲, en: A}, show_if: a and b}, {id: y, label: {zh: 乙, en: B}}]}]}]\n",
		}, []string{
			ask("", "type: yes_no", "type: nps", "type: yes_no, show_if: q0"),
			ask("", "type: yes_no", "type: nps", "type: long_text, show_if: q0 and q1 > 5"),
			ask("", "type: yes_no", "type: nps", "type: yes_no, publish: false, show_if: q0 and q1 > 5"),
			ask("channels: [web, phone]\n", "type: yes_no", "type: yes_no, segment: true", "type: yes_no, show_if: 'q0 and q1 and channel == \"web\"'"),
		}},
		{advice.SegmentTells, []string{
			ask("", "type: yes_no", "type: yes_no, segment: true, show_if: q0"),
		}, []string{
			ask("", "type: yes_no, segment: true", "type: yes_no, segment: true, show_if: q0"),
			ask("", "type: yes_no", "type: yes_no, segment: true"),
		}},
		{advice.OneKey, []string{
			"seal: {keys: [" + keyOne + "]}\n" + texted,
		}, []string{
			"seal: {keys: [" + keyOne + ", " + keyTwo + "]}\n" + texted,
			texted,
		}},
		{advice.StrictIndex, []string{
			ask("period: year\nresults: {protection: strict}\nscoring: {target: 80}\n", "type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}"),
			ask("period: year\nresults: {protection: strict}\nscoring: {overall: q0}\n", "type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}"),
		}, []string{
			ask("period: year\nresults: {protection: strict}\n", "type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}"),
			ask("period: year\nscoring: {target: 80}\n", "type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}"),
		}},
		{advice.DerivedIDs, []string{
			question("type: multi_choice, options: ['1', '2'], label: {zh: 买了几个？, en: How many?}"),
			question("type: multi_choice, options: [{id: a, label: {zh: 甲, en: A}}, {label: {zh: 乙, en: B}}], label: {zh: 哪个？, en: Which?}"),
			satisfied + "sections: [{questions: [{id: q, type: matrix, scale: satisfied, label: {zh: 怎么样？, en: How was it?}, rows: ['1']}]}]\n",
		}, []string{
			question("type: multi_choice, options: [{id: 1, label: '1'}, {id: 2, label: '2'}], label: {zh: 买了几个？, en: How many?}"),
		}},
		{advice.PastedNumbering, []string{
			choiceOf("1. 红茶|1. Black", "2. 绿茶|2. Green"),
			choiceOf("1、红茶|1: Black", "2、绿茶|2: Green", "都不喝|None"),
			choiceOf("（1）红茶|(1) Black", "（2）绿茶|(2) Green"),
			choiceOf("A.红茶|Black", "B.绿茶|Green"),
			choiceOf("红茶|A) Black", "绿茶|B) Green"),
			choiceOf("①红茶|1 Black", "②绿茶|2 Green"),
			choiceOf("一、红茶|Black", "二、绿茶|Green", "三、花茶|Flower"),
			strings.Replace(rows(2), "zh: 茶, en: Tea}},{id: r1, label: {zh: 茶, en: Tea", "zh: 1．茶, en: 1 Tea}},{id: r1, label: {zh: 2．水, en: 2 Water", 1),
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 1、茶好吗？, en: 1. Was the tea good?}}, {id: r, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 2、水好吗？, en: 2. Was the water good?}"),
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 题7：茶好吗？, en: Q7: Was the tea good?}}, {id: r, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 题8：水好吗？, en: Q8: Was the water good?}"),
			question("type: multi_choice, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}], label: {zh: 哪个？【多选题】, en: Which?}"),
			question("type: single_choice, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}], label: {zh: （多選）哪个？, en: Which?}"),
			question("type: yes_no, label: {zh: 好吗？, en: Was it good? [Required]}"),
			"sections:\n  - {title: {zh: 一、茶, en: Tea}, questions: [{id: q, type: yes_no, label: {zh: 茶好吗？, en: Was it good?}}]}\n  - {title: {zh: 二、水, en: Water}, questions: [{id: r, type: yes_no, label: {zh: 水好吗？, en: Was it good?}}]}\n",
		}, []string{
			choiceOf("3.5 分|3.5 marks", "4.5 分|4.5 marks"),
			choiceOf("1. Halbjahr|1. Halbjahr of it", "2. Halbjahr|2. Halbjahr of it"),
			choiceOf("第五代|5. Generation", "别的|Other"),
			choiceOf("9:00 以前|Before 9:00", "9:00 以后|After 9:00"),
			choiceOf("1 次|1 time", "2 次|2 times"),
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 1、茶好吗？, en: 1. Was the tea good?}"),
			question("type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶（绿茶）好吗？, en: Was the (green) tea good?}"),
			question("type: multi_choice, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}], label: {zh: 哪些？（最多选两项）, en: Which?}"),
		}},
		{advice.UnknownCode, []string{"# advice: off laeding\n" + ratingOf("茶", "Tea")}, []string{"# advice: off leading\n" + ratingOf("茶", "Tea")}},
	} {
		if c.code == advice.TooLong { // a text that takes long in each language
			c.bad[3] = "minutes: 1\n" + ratingOf(strings.Repeat(long, 5), strings.Repeat(wordy, 5))
		}
		for i, examples := range [][]string{c.bad, c.good} {
			var want []string
			if i == 0 {
				want = []string{c.code}
			}
			for _, example := range examples {
				if !strings.HasPrefix(example, "title:") {
					example = completeSurvey + example
				}
				if got := codesOf(t, example); !slices.Equal(slices.Compact(got), want) {
					t.Errorf("advice %v, want %v, for\n%s", got, want, strings.TrimPrefix(example, completeSurvey)[:min(900, len(strings.TrimPrefix(example, completeSurvey)))])
				}
			}
		}
	}
}

// TestMeasures checks that measures that are done need an effect, and that a comment silences the advice.
func TestMeasures(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const entry = "- {problem: P, measure: M, owner: O, due: 2026-12-15"
	for _, c := range []struct {
		code     string
		examples []string
		lines    []int
	}{
		{advice.DoneWithoutEffect, []string{entry + "}\n" + entry + ", status: done}\n", entry + ",\n   status: done}\n"}, []int{2, 2}},
		{"", []string{entry + ", status: done, effect: E}\n", entry + ", status: doing}\n", entry + ", status: dropped}\n",
			entry + ", status: done}  # advice: off done_without_effect\n", "# advice: off done_without_effect\n" + entry + ", status: done}\n"}, nil},
	} {
		for i, source := range c.examples {
			measures, problems := questionnaire.ParseMeasures("tea.actions.yaml", []byte(source), s)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			found := advice.OfMeasures(measures, "tea.actions.yaml", []byte(source))
			switch {
			case c.code == "" && len(found) == 0:
			case c.code == "" || len(found) != 1 || found[0].Code != c.code || found[0].Line != c.lines[i]:
				t.Errorf("%s: %v", source, found)
			}
		}
	}
}

// TestEveryRule checks that every rule has a code and examples in the table above.
func TestEveryRule(t *testing.T) {
	source, err := os.ReadFile("advice_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range advice.Rules() {
		if seen[r.Code] || r.Name == "" || len(r.Help) < 40 {
			t.Errorf("rule %q is given twice or explains nothing", r.Code)
		}
		seen[r.Code] = true
		constant := ""
		for line := range strings.Lines(string(names)) {
			if strings.Contains(line, `= "`+r.Code+`"`) {
				constant = strings.Fields(line)[0]
			}
		}
		if constant == "" || !strings.Contains(string(source), "{advice."+constant+", []string{") {
			t.Errorf("rule %s has no examples in TestAdvice", r.Code)
		}
	}
}

func TestPlacesAndWords(t *testing.T) {
	source := completeSurvey + "sections:\n  - questions:\n      - id: q\n        type: rating\n        steps: 5\n        label:\n          zh: 茶和点心\n          en: Tea and cakes\n        low: {zh: 差, en: Poor}\n        high: {zh: 好, en: Good}\n"
	s, _ := questionnaire.Parse("surveys/tea.yaml", []byte(source))
	found := advice.Of(s, "surveys/tea.yaml", []byte(source))
	want := "surveys/tea.yaml:14:15: advice: '茶和点心' joins two things that may deserve different answers: ask one question for each, or name what both have in common (double_barrelled)"
	if len(found) != 1 || found[0].String() != want {
		t.Errorf("got  %v\nwant %s", found, want)
	}
}

func TestSilencing(t *testing.T) {
	body := func(before, behind, inside string) string {
		return "sections:\n  - questions:\n" + before + "      - id: q" + behind + "\n        type: rating\n" + inside + "        steps: 5\n        label:\n          zh: 茶和点心\n          en: Tea and cakes\n        low: {zh: 差, en: Poor}\n        high: {zh: 好, en: Good}\n      - {id: p, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 茶和点心, en: Tea and cakes}}\n"
	}
	off := "# advice: off double_barrelled\n"
	for name, c := range map[string]struct {
		source string
		left   int // pieces of advice
	}{
		"none":                    {completeSurvey + body("", "", ""), 2},
		"whole file":              {off + completeSurvey + body("", "", ""), 0},
		"whole file, below ---":   {"# Tea\n---\n" + off + completeSurvey + body("", "", ""), 0},
		"with a mark and \\r\\n":  {"\uFEFF" + strings.ReplaceAll(off+completeSurvey+body("", "", ""), "\n", "\r\n"), 0},
		"above an entry":          {completeSurvey + body("      "+off, "", ""), 1},
		"above, with a gap":       {completeSurvey + body("      "+off+"\n      # why\n", "", ""), 1},
		"behind its first line":   {completeSurvey + body("", "  "+strings.TrimSpace(off), ""), 1},
		"above a key of it":       {completeSurvey + body("", "", "        "+off), 2}, // only steps are meant
		"above the list":          {completeSurvey + strings.Replace(body("", "", ""), "  - questions", "  "+off+"  - questions", 1), 0},
		"several codes":           {completeSurvey + body("      # advice: off leading, double_barrelled\n", "", ""), 1},
		"another code":            {completeSurvey + body("      # advice: off leading\n", "", ""), 2},
		"with a reason":           {completeSurvey + body("      # advice: off double_barrelled  # they are sold together\n", "", ""), 1},
		"misspelled, which tells": {completeSurvey + body("      # advice: off double_barreled\n", "", ""), 3},
	} {
		if got := codesOf(t, c.source); len(got) != c.left {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestScaleOnce checks that a scale's advice is reported once, where it is declared.
func TestScaleOnce(t *testing.T) {
	source := completeSurvey + "scales:\n  grade:\n    - {id: a, label: {zh: 很好, en: Very good}, score: 3}\n    - {id: b, label: {zh: 好, en: Good}, score: 2}\n    - {id: c, label: {zh: 差, en: Poor}, score: 1}\n" +
		"sections: [{questions: [{id: p, type: rating, scale: grade, label: {zh: 茶, en: Tea}}, {id: q, type: rating, scale: grade, label: {zh: 茶, en: Tea}}]}]\n"
	s, _ := questionnaire.Parse("tea.yaml", []byte(source))
	found := advice.Of(s, "tea.yaml", []byte(source))
	if len(found) != 1 || found[0].Code != advice.UnequalSides || found[0].Line != 10 || found[0].Sentence.String() != "the scale 'grade' has two steps of praise and one step of blame" {
		t.Errorf("%v", found)
	}
}

// TestSamples checks that the samples, which authors are meant to imitate, get no advice.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".actions.yaml") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := questionnaire.Parse(filepath.Base(file), source)
		if s == nil {
			t.Logf("not looked at: %v", problems)
			continue
		}
		for _, a := range advice.Of(s, filepath.Base(file), source) {
			t.Error(a)
		}
	}
}

// TestSeconds compares the estimate with what its sources measured: about ten seconds an ordinary question.
func TestSeconds(t *testing.T) {
	var b strings.Builder
	b.WriteString(completeSurvey + satisfied + "sections:\n  - questions:\n")
	one := func(i int) string {
		return fmt.Sprintf("      - {id: q%d, type: single_choice, label: {zh: 您对产品的包装质量满意吗？, en: \"How satisfied or dissatisfied are you with the packaging of the product?\"}, options: [{id: a, label: {zh: 非常满意%d, en: Very satisfied %d}}, {id: b, label: {zh: 比较满意, en: Fairly satisfied}}, {id: c, label: {zh: 一般, en: Neither}}, {id: d, label: {zh: 不太满意, en: Fairly dissatisfied}}, {id: e, label: {zh: 非常不满意, en: Very dissatisfied}}]}\n", i, i, i)
	}
	b.WriteString("      - {id: first, type: rating, scale: satisfied, label: {zh: 茶, en: Tea}}\n")
	for i := range 84 {
		b.WriteString(one(i))
	}
	s, problems := questionnaire.Parse("tea.yaml", []byte(b.String()))
	if s == nil {
		t.Fatal(problems)
	}
	for _, language := range s.Languages {
		if minutes := float64(advice.Seconds(s, language)) / 60; minutes < 12 || minutes > 18 {
			t.Errorf("85 ordinary questions take %.1f minutes in %s; Pew measured 15", minutes, language)
		}
	}
}
