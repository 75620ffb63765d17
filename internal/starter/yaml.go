package starter

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"glasspoll/internal/message"
)

// aspects lists what is rated about each topic: id, Chinese, English.
var aspects = map[string][][3]string{
	"product":  {{"quality", "质量", "Quality"}, {"ease", "使用的方便程度", "Ease of use"}, {"fit", "符合需要的程度", "Fit to your needs"}},
	"delivery": {{"punctuality", "准时程度", "Punctuality"}, {"condition", "货物的完好程度", "Condition of the goods"}, {"staff", "送货人员的态度", "Manner of the delivery staff"}},
	"service":  {{"response", "响应速度", "Speed of response"}, {"manner", "服务态度", "Manner of our staff"}, {"expertise", "专业水平", "Expertise"}, {"solutions", "解决问题的效果", "How well problems are solved"}},
	"price":    {{"level", "价格水平", "Price level"}, {"value", "性价比", "Value for money"}, {"clarity", "报价的清楚程度", "Clarity of our quotes"}},
}

// headings are the titles of topics, in Chinese and English.
var headings = map[string][2]string{
	"overall": {"总体", "Overall"}, "product": {"产品", "Product"}, "delivery": {"送货", "Delivery"}, "service": {"服务", "Service"},
	"price": {"价格", "Price"}, "recommend": {"推荐", "Recommendation"}, "comments": {"意见", "Comments"}, "contact": {"联系方式", "Contact details"},
}

// yamlWriter collects the lines of a questionnaire.
type yamlWriter struct {
	strings.Builder
	*Draft
}

func (p *yamlWriter) line(yaml string, args ...any) { fmt.Fprintf(p, yaml+"\n", args...) }

// text is a text in the languages of the survey, on one line.
func (p *yamlWriter) text(zh, en string) string {
	texts := map[string]string{"zh": zh, "en": en}
	parts := make([]string, len(p.languages))
	for i, l := range p.languages {
		parts[i] = l + ": " + scalar(texts[l])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// comment returns a comment in the language of comments.
func (p *yamlWriter) comment(text message.Key) string { return text.Text().In(p.Comments) }

var (
	plainText = regexp.MustCompile(`^[\p{Han}A-Za-z][\p{Han}\p{L}0-9 ()（）。？！；，、“”'–-]*$`)
	yamlWords = []string{"yes", "no", "true", "false", "on", "off", "null", "y", "n"}
)

// scalar writes a text so that YAML reads it as text, in braces too. A JSON string is one in YAML.
func scalar(text string) string {
	if plainText.MatchString(text) && !slices.Contains(yamlWords, strings.ToLower(text)) {
		return text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(text) // cannot fail for a string
	return strings.TrimSuffix(b.String(), "\n")
}

func (d *Draft) has(topic string) bool { return slices.Contains(d.topics, topic) }

// rated returns the topics with aspects.
func (d *Draft) rated() []string {
	return slices.DeleteFunc(slices.Clone(d.topics), func(topic string) bool { return aspects[topic] == nil })
}

// inWords reports whether the steps of the scale have labels; if there are many, they have numbers.
func (d *Draft) inWords() bool { return d.scale <= 5 }

// yaml returns the questionnaire.
func (d *Draft) yaml() []byte {
	p := &yamlWriter{Draft: d}
	for _, text := range []message.Key{"Written by glasspoll new. Edit it freely, and run glasspoll check after each edit.", "Keep the ids (id: …) once answers have come in: answers are stored under them. Labels may change."} {
		p.line("# %s", p.comment(text))
	}
	p.line("id: %s", d.ID)
	p.line("title:")
	for _, l := range d.languages {
		p.line("  %s: %s", l, scalar(d.title[l]))
	}
	about := message.Key("the first is the default; every text needs both")
	if len(d.languages) == 1 {
		about = message.Key("add another one here, and its texts below")
	}
	p.line("languages: [%s]  # %s", strings.Join(d.languages, ", "), p.comment(about))
	p.intro()
	p.line("minutes: %d  # %s", d.minutes, p.comment("estimated; shown before the first question"))
	p.line("thanks:")
	for _, l := range d.languages {
		p.line("  %s: %s", l, map[string]string{"zh": "谢谢您！汇总结果见结果页。", "en": "Thank you! The summary is on the results page."}[l])
	}
	email := d.Email
	if email == "" {
		email = "you@company.example"
	}
	p.line("contact:  # %s", p.comment("whom respondents may ask"))
	p.line("  email: %s", scalar(email))
	if p.has("contact") {
		p.privacy()
	}
	p.line("# %s", p.comment("Open without limit. To open it for a time only:"))
	p.line("# window: {from: 2026-10-01, until: 2026-10-31}")
	p.line("timezone: Asia/Shanghai")
	p.line("period: %s  # %s", d.period, p.comment("trends run over periods: none, month, quarter or year"))
	p.scales()
	p.line("\nsections:")
	for _, topic := range d.topics {
		p.section(topic)
	}
	p.scoring()
	p.alerts()
	return []byte(p.String())
}

// alerts writes which answers are followed up.
func (p *yamlWriter) alerts() {
	p.line("# %s", p.comment("Opens a case, to be followed up, for each answer that rates something 3 of 5 or lower. For no cases: none."))
	p.line("alerts: default")
}

// privacy writes what the privacy notice needs, which a survey that asks for personal data has.
func (p *yamlWriter) privacy() {
	p.line("privacy:  # %s", p.comment("makes the privacy notice: write who you are, and how long you keep answers"))
	p.line("  controller:")
	for _, l := range p.languages {
		p.line("    %s: %s", l, map[string]string{"zh": "（单位全称）", "en": "(full name of your organization)"}[l])
	}
	p.line("  keep: {years: 2}")
}

func (p *yamlWriter) intro() {
	p.line("purpose:")
	for _, l := range p.languages {
		purpose := p.purpose[l]
		if purpose == "" {
			purpose = usualPurpose[l]
		}
		p.line("  %s: %s", l, scalar(capitalized(purpose)))
	}
	p.line("intro:")
	for _, l := range p.languages {
		p.line("  %s: |", l)
		scored := len(p.rated()) > 0 || p.has("overall")
		if l == "zh" {
			switch {
			case scored && p.inWords():
				p.line("    - **怎样作答**：每题从“非常满意”到“非常不满意”，选最符合您感受的一项；没有接触过的请选“没有接触过”。")
			case scored:
				p.line("    - **怎样作答**：打分题 %d 分最好，1 分最差；没有接触过的可以不答。", p.Draft.scale)
			}
			p.line("    - **隐私**：至少汇总 5 份答案才会公布；文字意见和联系方式不公开。")
			continue
		}
		switch {
		case scored && p.inWords():
			p.line("    - **How to answer:** each question runs from \"Very satisfied\" to \"Very dissatisfied\"; choose what fits you best. If you had nothing to do with something, choose \"Not applicable\".")
		case scored:
			p.line("    - **How to answer:** %d is best and 1 is worst; leave out what you had nothing to do with.", p.Draft.scale)
		}
		p.line("    - **Privacy:** figures are published only for at least 5 answers together. Comments and contact details are never published.")
	}
}

// capitalized returns a text with a capital at its beginning.
func capitalized(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (p *yamlWriter) scales() {
	if !p.inWords() || len(p.rated()) == 0 && !p.has("overall") {
		return
	}
	steps := [][3]string{{"very_satisfied", "非常满意", "Very satisfied"}, {"satisfied", "满意", "Satisfied"}, {"neutral", "一般", "Neither satisfied nor dissatisfied"},
		{"dissatisfied", "不满意", "Dissatisfied"}, {"very_dissatisfied", "非常不满意", "Very dissatisfied"}}
	if p.Draft.scale == 4 {
		steps = slices.Delete(steps, 2, 3)
	}
	p.line("\nscales:  # %s", p.comment("A scale is used by many questions. Options without a score are left out of means."))
	p.line("  satisfaction:")
	for i, s := range steps {
		p.line("    - {id: %s, label: %s, score: %d}", s[0], p.text(s[1], s[2]), len(steps)-i)
	}
	p.line("    - {id: not_applicable, label: %s}", p.text("没有接触过", "Not applicable"))
}

// answers writes the keys of a question that say how it is answered on the scale.
func (p *yamlWriter) answers(indent string) {
	if p.inWords() {
		p.line("%sscale: satisfaction", indent)
		return
	}
	p.line("%ssteps: %d", indent, p.Draft.scale)
	p.line("%sdisplay: numbers", indent)
	p.line("%slow: %s", indent, p.text("非常不满意", "Very dissatisfied"))
	p.line("%shigh: %s", indent, p.text("非常满意", "Very satisfied"))
}

func (p *yamlWriter) section(topic string) {
	const key = "        "
	heading := headings[topic]
	p.line("  - id: %s", topic)
	p.line("    title: %s", p.text(heading[0], heading[1]))
	if topic == "contact" {
		p.line("    # %s", p.comment("Contact details are stored apart from the answers and never published."))
		p.line("    intro: %s", p.text("只有希望我们回复时才需要填写。", "Fill this in only if you would like a reply."))
	}
	p.line("    questions:")
	question := func(id, kind, zh, en string) {
		p.line("      - id: %s", id)
		p.line("%stype: %s", key, kind)
		p.line("%slabel: %s", key, p.text(zh, en))
	}
	switch topic {
	case "overall":
		question("overall", "rating", "总体来说，您对我们满意吗？", "All in all, how satisfied or dissatisfied are you with us?")
		p.answers(key)
		p.line("%srequired: true", key)
	case "recommend":
		question("recommend", "nps", "您有多大可能向朋友或同事推荐我们？", "How likely are you to recommend us to a friend or colleague?")
		p.line("%slow: %s", key, p.text("完全不可能", "Not at all likely"))
		p.line("%shigh: %s", key, p.text("极有可能", "Extremely likely"))
	case "comments":
		question("improve", "long_text", "您最希望我们改进什么？", "What should we improve first?")
		p.line("%smax_length: 1000", key)
	case "contact":
		question("reply", "yes_no", "需要我们回复您吗？", "Would you like a reply?")
		p.line("%spublish: false", key)
		question("contact_name", "short_text", "怎么称呼您？", "What is your name?")
		p.line("%sprivate: true", key)
		p.line("%sshow_if: reply", key)
		question("contact_email", "email", "邮箱", "E-mail")
		p.line("%sshow_if: reply", key)
		question("contact_phone", "phone", "电话", "Phone")
		p.line("%sshow_if: reply", key)
	default:
		p.aspects(topic, question)
	}
}

// aspects writes a matrix if the scale has few columns, else a question for each aspect.
func (p *yamlWriter) aspects(topic string, question func(id, kind, zh, en string)) {
	const key = "        "
	dimension := func() {
		if len(p.rated()) > 1 {
			p.line("%sdimension: %s", key, topic)
		}
	}
	if p.inWords() {
		subject := map[string][2]string{"product": {"我们的产品", "our product"}, "delivery": {"我们的送货", "our delivery"}, "service": {"我们的服务", "our service"}, "price": {"我们的价格", "our prices"}}[topic]
		question(topic, "matrix", "您对"+subject[0]+"满意吗？", "How satisfied or dissatisfied are you with "+subject[1]+"?")
		p.answers(key)
		p.line("%srequired: all", key)
		dimension()
		p.line("%srows:  # %s", key, p.comment("each row is an item of its own; add or remove some"))
		for _, a := range aspects[topic] {
			p.line("%s  - {id: %s, label: %s}", key, a[0], p.text(a[1], a[2]))
		}
		return
	}
	for _, a := range aspects[topic] {
		question(topic+"_"+a[0], "rating", a[1], a[2])
		p.answers(key)
		dimension()
	}
}

func (p *yamlWriter) scoring() {
	rated := p.rated()
	if len(rated) == 0 && !p.has("overall") {
		p.line("\nresults:\n  audience: public\n  min_group: 5  # %s", p.comment("no figure is published for fewer respondents"))
		return
	}
	p.line("\nscoring:")
	p.line("  model: percent_of_max")
	if p.has("overall") {
		p.line("  overall: overall")
	}
	if len(rated) > 1 {
		p.line("  dimensions:  # %s", p.comment("equal weights unless you give others (weight: 2)"))
		for _, topic := range rated {
			p.line("    - {id: %s, label: %s}", topic, p.text(headings[topic][0], headings[topic][1]))
		}
	}
	if len(p.bands) > 0 {
		p.line("  bands:  # %s", p.comment("index 0–100; lower limits"))
		for i, names := range bandNames[len(p.bands)] {
			from := 0
			if i < len(p.bands) {
				from = p.bands[i]
			}
			p.line("    - {from: %d, label: %s}", from, p.text(names[0], names[1]))
		}
	}
	p.line("results:\n  audience: public\n  min_group: 5  # %s", p.comment("no figure is published for fewer respondents"))
}
