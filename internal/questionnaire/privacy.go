package questionnaire

import (
	"cmp"
	"net/url"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

const (
	maxKeepYears  = 100
	maxKeepMonths = 12 * maxKeepYears
	maxKeepDays   = 366 * maxKeepYears
)

// privacyMapping has what the notice says that does not follow from the questionnaire.
var privacyMapping = mapping{
	id: "privacy", name: "privacy",
	doc: doc{"What the privacy notice says, a page of its own (`SURVEY/privacy/`) that the form links to: the notice of article 17 of China's personal information protection law (PIPL) and of article 13 of the GDPR. You give short facts; the sentences around them, what is asked, whether answers are anonymous, from how many people on figures are published, the rights and how an answer is taken back follow by themselves, in every language of the survey. It is a well-made draft, and no legal advice: have it read by whoever answers for data protection.",
		"隐私说明写什么。隐私说明是单独一页（`问卷/privacy/`），填写页底部有链接，按《个人信息保护法》第十七条和 GDPR 第 13 条的要求写成。您只写简短的事实，前后的文句、问了什么、是否匿名、满多少人才公布数字、有哪些权利、怎样撤回答卷，都会按问卷的每种语言自动写好。这是一份像样的草稿，不是法律意见，请让负责个人信息保护的人过目。"},
	keys: []key{
		{name: "controller", form: ofKind(textForm), need: ": who is responsible for the answers?", example: "{zh: 明灯科技有限公司, en: Lantern Technology Ltd}",
			doc: doc{"Who is responsible for the answers: the organization's full name.", "由谁对答卷负责：单位全称。"}},
		{name: "address", form: ofKind(textForm), example: "{zh: 上海市示例路 1 号, en: \"1 Example Road, Shanghai\"}", doc: doc{"Its postal address.", "通信地址。"}},
		{name: "contact", form: objectOf(&contactMapping), example: "{email: privacy@example.com}", doc: doc{"Whom to ask, and to whom to write to use one's rights. Left out: the survey's `contact`, which is needed then.", "有疑问或者要行使权利时找谁。不写就用问卷的 `contact`，那就必须有。"}},
		{name: "officer", form: objectOf(&contactMapping), example: "{email: dpo@example.com}", doc: doc{"The data protection officer, if there is one.", "个人信息保护负责人（如有）。"}},
		{name: "purpose", form: ofKind(textForm), example: "{zh: 了解客户对服务是否满意并据此改进。, en: To learn how satisfied customers are and to improve our service.}",
			doc: doc{"What the answers are used for. Left out: the survey's `purpose`, which is needed then.", "答卷用来做什么。不写就用问卷的 `purpose`，那就必须有。"}},
		{name: "kinds", form: ofKind(textForm), example: "{zh: 客户名单中的姓名和邮箱。, en: Your name and e-mail address from our list of customers.}",
			doc: doc{"Personal data that you process besides what the questionnaire asks, such as from a list of customers to invite. What the questionnaire asks need not be listed.", "问卷所问之外还处理哪些个人信息，比如邀请名单里的姓名、邮箱。问卷里问到的不用写。"}},
		{name: "basis", form: oneOfWords("consent", "contract", "legal_obligation", "public_task", "legitimate_interests"), example: "consent",
			doc: doc{"On what legal basis: consent, which is given by answering and may be withdrawn; a contract with the respondent; a duty by law; a public task; legitimate interests, which China's law does not know. Left out: consent.", "处理的合法性基础：本人同意（consent，自愿填写即同意，可以撤回）、与填写人的合同（contract）、法定义务（legal_obligation）、公共职责（public_task）、正当利益（legitimate_interests，我国法律没有这一项）。不写就是 consent。"}},
		{name: "interests", form: ofKind(textForm), example: "{zh: 改进服务质量。, en: To improve the quality of our service.}", doc: doc{"Which legitimate interests; needed with them.", "是什么正当利益；写了 legitimate_interests 就要写。"}},
		{name: "keep", form: objectOf(&keepMapping), need: ": for how long are answers kept, such as \"keep: {years: 2}\"?", example: "{years: 2}", doc: doc{"For how long answers are kept after they have come. It is a promise: `serve --production` keeps it by itself, and on AWS whoever operates the stack sets `ResponseRetentionDays` to it or less.", "答卷收到后保存多久。这是承诺：`serve --production` 到期会自动删除；在 AWS 上，请管理服务器的人把 `ResponseRetentionDays` 设成这么久或更短。"}},
		{name: "recipients", form: ofKind(textForm), example: "{zh: 托管服务器的示例云公司（受托处理）。, en: \"Example Cloud, who host our server on our behalf.\"}", doc: doc{"Who else gets personal data, and why: companies that process it for you too. Left out: nobody.", "还有谁会得到个人信息、为什么，受托处理的公司也要写。不写就是没有。"}},
		{name: "transfer", form: objectOf(&transferMapping), example: "{to: {zh: 德国, en: Germany}, safeguard: {zh: 已订立个人信息出境标准合同。, en: By standard contractual clauses.}}", doc: doc{"Where personal data goes abroad. Left out: nowhere.", "个人信息传到境外什么地方。不写就是不出境。"}},
		{name: "authority", form: objectOf(&authorityMapping), example: "{name: {zh: 上海市互联网信息办公室, en: Shanghai Cyberspace Administration}}", doc: doc{"Where somebody may complain. Left out: the authority that is in charge, unnamed.", "可以向哪个监管机关投诉。不写就只说“有管辖权的监管机关”。"}},
		{name: "more", form: ofKind(markdownForm), example: "{zh: 不满十四周岁请由监护人同意。, en: Children need their parents' consent.}", doc: doc{"What else there is to say, as the last part.", "其他需要说明的，放在最后。"}},
	},
}

var keepMapping = mapping{
	id: "keep", name: "keep", doc: doc{"A length of time: one of these.", "一段时间：三项写一项。"},
	keys: []key{
		{name: "days", form: integers(1, maxKeepDays), example: "90", doc: doc{"So many days.", "天数。"}},
		{name: "months", form: integers(1, maxKeepMonths), example: "18", doc: doc{"So many months.", "月数。"}},
		{name: "years", form: integers(1, maxKeepYears), example: "2", doc: doc{"So many years.", "年数。"}},
	},
}

var transferMapping = mapping{
	id: "transfer", name: "transfer", doc: doc{"Personal data that goes abroad.", "个人信息出境。"},
	keys: []key{
		{name: "to", form: ofKind(textForm), need: ": to which country, and to whom?", example: "{zh: 德国, en: Germany}", doc: doc{"To whom, and in which country.", "传给谁、在哪个国家或地区。"}},
		{name: "safeguard", form: ofKind(textForm), need: ": what protects the data there?", example: "{zh: 已订立个人信息出境标准合同。, en: By standard contractual clauses.}", doc: doc{"What protects it there, and how to get a copy of that.", "在那里靠什么保护，怎样取得相关文件的副本。"}},
	},
}

var authorityMapping = mapping{
	id: "authority", name: "authority", doc: doc{"A supervisory authority.", "监管机关。"},
	keys: []key{
		{name: "name", form: ofKind(textForm), need: ": what is the authority called?", example: "{zh: 上海市互联网信息办公室, en: Shanghai Cyberspace Administration}", doc: doc{"Its name.", "名称。"}},
		{name: "address", form: ofKind(plainForm), example: "https://www.example.gov", doc: doc{"The address of its site, with https://.", "网址，以 https:// 开头。"}},
	},
}

// privacy reads what the privacy notice says; nil if there is none.
func (o object) privacy(s *survey.Survey) *survey.Privacy {
	if !o.has("privacy") {
		return nil
	}
	p := o.object(o.values["privacy"], &privacyMapping)
	if p.node == nil {
		return nil
	}
	privacy := &survey.Privacy{
		Controller: p.text("controller"), Address: p.text("address"), Purpose: p.text("purpose"), Kinds: p.text("kinds"), Interests: p.text("interests"),
		Basis: survey.LegalBasis(p.word("basis", string(survey.ByConsent))), Recipients: p.text("recipients"), More: p.text("more"), Keep: p.keep(),
		Contact: p.contact(), Officer: p.person("officer"),
	}
	if p.has("transfer") {
		t := p.object(p.values["transfer"], &transferMapping)
		privacy.Transfer = &survey.Transfer{To: t.text("to"), Safeguard: t.text("safeguard")}
	}
	if p.has("authority") {
		a := p.object(p.values["authority"], &authorityMapping)
		privacy.Authority = &survey.Authority{Name: a.text("name"), Address: a.site("address")}
	}
	p.checkPrivacy(o, s, privacy)
	return privacy
}

// checkPrivacy reports what the notice has to say and the questionnaire does not.
func (o object) checkPrivacy(whole object, s *survey.Survey, p *survey.Privacy) {
	if whole.keys["purpose"] == nil {
		o.need("purpose", message.New(": what are the answers used for?"))
	}
	if whole.keys["contact"] == nil {
		o.need("contact", message.New(": whom may somebody ask about their data? Add it here, or to the survey"))
	}
	if c := cmp.Or(p.Contact, s.Contact); c != nil {
		o.checkReachable("contact", cmp.Or(o.values["contact"], whole.values["contact"]), c)
	}
	if p.Officer != nil {
		o.checkReachable("officer", o.values["officer"], p.Officer)
	}
	switch isInterests := p.Basis == survey.LegitimateInterests; {
	case isInterests:
		o.need("interests", message.New(": which are the legitimate interests?"))
	case o.has("interests"):
		o.fail(o.keys["interests"], "interests are the basis of %s alone: write that, or remove them", quote("basis: legitimate_interests"))
	}
}

// checkReachable reports a contact to which nobody can write.
func (o object) checkReachable(name string, at *yaml.Node, c *survey.Contact) {
	if c.Email == "" && c.Phone == "" && at.Kind == yaml.MappingNode && keyOf(at, "email") == nil && keyOf(at, "phone") == nil {
		o.fail(at, "%s needs an e-mail address or a telephone number, so that people can use their rights", quote(name))
	}
}

// site reads the address of a site.
func (o object) site(name string) string {
	address := o.plain(name)
	if u, err := url.Parse(address); o.has(name) && address != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		o.fail(o.values[name], "address %s is not that of a site, such as https://www.example.com", quote(address))
		return ""
	}
	return address
}

// keep reads a length of time.
func (o object) keep() survey.Span {
	if !o.has("keep") {
		return survey.Span{}
	}
	k := o.object(o.values["keep"], &keepMapping)
	if len(k.keys) > 1 {
		o.fail(o.values["keep"], "keep is one length of time: write days, months or years alone")
	}
	return survey.Span{Days: k.integer("days", 0), Months: k.integer("months", 0), Years: k.integer("years", 0)}
}
