package questionnaire

import (
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

const maxRoles = 30

// planMapping is the plan of a survey. What other keys say already it has no keys for.
var planMapping = mapping{
	id: "plan", name: "plan",
	doc: doc{"How the survey is carried out: a page `ID/plan/` beside the form, to be printed on A4, with the document's number. It lists what is asked, how the index is computed and what is published by itself, from the rest of the file. Where `results` has an audience other than public, the plan is not public either; it is in the archive in any case.",
		"怎样开展这次调查：填写页旁边的《调查方案》页 `ID/plan/`，带文件编号，可打印成 A4。调查内容、指数算法、公布什么，由文件的其余部分自动列出。`results` 的 audience 不是 public 时，方案也不公开；存档里总会有。"},
	keys: []key{
		{name: "document", form: objectOf(&documentMapping), example: `{number: QR-07-02, version: "1"}`, doc: doc{"The plan's own entry in the quality manual. Left out: that of the questionnaire. It must be approved, too, before the questionnaire is built or published.", "方案自己在质量手册中的文件信息，不写就用问卷的。生成或发布之前，方案也要经过批准。"}},
		{name: "purpose", form: ofKind(markdownForm), need: ": what the survey is for", example: "{zh: 了解顾客对服务是否满意。, en: To learn whether customers are content with the service.}", doc: doc{"What the survey is for, in Markdown.", "调查目的，Markdown。"}},
		{name: "target", form: ofKind(markdownForm), need: ": who is asked", example: "{zh: 本季度成交的全部客户。, en: All customers of this quarter.}", doc: doc{"Who is asked, and how they are chosen. Numbers come from `audience`.", "调查对象，以及怎样选取。人数取自 `audience`。"}},
		{name: "method", form: ofKind(markdownForm), need: ": how people are asked", example: "{zh: 网上填写；未回复的，电话询问。, en: \"Online; those who do not reply, by telephone.\"}", doc: doc{"How they are asked.", "调查方式。"}},
		{name: "roles", form: listOf(objectOf(&planRoleMapping), maxRoles), example: "[{who: {zh: 市场部, en: Marketing}, does: {zh: 编制方案和问卷, en: Writes plan and questionnaire}}]", doc: doc{"Who does what, by roles or departments, never by persons.", "职责分工：写岗位或部门，不写人名。"}},
		{name: "dates", form: objectOf(&planDatesMapping), example: "{design: 2026-09-15, collection: {from: 2026-10-01, until: 2026-10-31}}", doc: doc{"When each step is done.", "各步骤的时间。"}},
	},
}

var planRoleMapping = mapping{
	id: "plan_role", name: "a role",
	doc: doc{"What one role does for the survey.", "一个岗位在调查中做什么。"},
	keys: []key{
		{name: "who", form: ofKind(textForm), need: ": the role or department", example: "{zh: 市场部, en: Marketing}", doc: doc{"The role or department.", "岗位或部门。"}},
		{name: "does", form: ofKind(textForm), need: ": what the role does", example: "{zh: 编制方案和问卷, en: Writes plan and questionnaire}", doc: doc{"What it does.", "职责。"}},
	},
}

var planDatesMapping = mapping{
	id: "plan_dates", name: "dates",
	doc: doc{"The steps of the survey, in their order; none begins before the one above.", "调查的各步骤，按先后顺序；后一步不早于前一步开始。"},
	keys: []key{
		{name: "design", form: planDateForm, example: "2026-09-15", doc: doc{"Plan and questionnaire are written.", "编制方案和问卷。"}},
		{name: "collection", form: planDateForm, example: "{from: 2026-10-01, until: 2026-10-31}", doc: doc{"Answers are taken. Left out: the `window`, if there is one.", "收集答卷。不写就取 `window`（如果有）。"}},
		{name: "analysis", form: planDateForm, example: "{until: 2026-11-10}", doc: doc{"Figures are looked through, and the report is written.", "统计分析，编写报告。"}},
		{name: "measures", form: planDateForm, example: "{when: {zh: 每季度结束后一个月内, en: Within a month after each quarter}}", doc: doc{"Measures are decided.", "制定改进措施。"}},
	},
}

var planDateForm = anyOf(ofKind(dateForm), objectOf(&planDateMapping))

var planDateMapping = mapping{
	id: "plan_date", name: "a date of the plan",
	doc: doc{"When a step is done: a day alone, days from and until, or words for what comes again in each period.", "一个步骤的时间：单独一天，从哪天到哪天，或者用文字说明（每期都有的）。"},
	keys: []key{
		{name: "from", form: ofKind(dateForm), example: "2026-10-01", doc: doc{"The first day.", "第一天。"}},
		{name: "until", form: ofKind(dateForm), example: "2026-10-31", doc: doc{"The last day.", "最后一天。"}},
		{name: "when", form: ofKind(textForm), example: "{zh: 每季度第一个月, en: The first month of each quarter}", doc: doc{"In words, in place of days.", "用文字，不写日期。"}},
	},
}

// plan reads how the survey is carried out.
func (o object) plan() *survey.Plan {
	if !o.has("plan") {
		return nil
	}
	k := o.object(o.values["plan"], &planMapping)
	if k.node == nil {
		return nil
	}
	p := &survey.Plan{Document: k.qualityDocument(), Purpose: k.text("purpose"), Target: k.text("target"), Method: k.text("method")}
	for _, n := range k.list("roles") {
		if r := o.object(n, &planRoleMapping); r.node != nil {
			p.Roles = append(p.Roles, survey.PlanRole{Who: r.text("who"), Does: r.text("does")})
		}
	}
	if len(p.Roles) > maxRoles {
		o.fail(k.values["roles"], "more than %d roles: join some of them", maxRoles)
	}
	if k.has("dates") {
		d := o.object(k.values["dates"], &planDatesMapping)
		p.Dates = d.planDates()
		o.addCheck(func(s *survey.Survey) { d.checkCollection(s) })
	}
	return p
}

// planDates reads the dates of the steps, and checks their order.
func (o object) planDates() []survey.PlanDate {
	var dates []survey.PlanDate
	var before survey.PlanDate // the last step that names a day
	for _, step := range survey.PlanSteps() {
		name := string(step)
		if !o.has(name) {
			continue
		}
		d, ok := o.planDate(name)
		if !ok {
			continue
		}
		d.Step = step
		if first := firstDay(d); first != "" {
			if from := firstDay(before); from != "" && first < from {
				o.fail(o.values[name], "%s begins on %s, before %s, which begins on %s: correct one of them", name, first, string(before.Step), from)
			}
			before = d
		}
		dates = append(dates, d)
	}
	return dates
}

// firstDay returns the first day that a date names; "" if it names none.
func firstDay(d survey.PlanDate) survey.Date {
	if d.From != "" {
		return d.From
	}
	return d.Until
}

// planDate reads a day, or when a step is done.
func (o object) planDate(name string) (d survey.PlanDate, ok bool) {
	n := o.follow(o.values[name])
	if n == nil {
		return d, false
	}
	if n.Kind != yaml.MappingNode {
		d.From = o.date(name)
		d.Until = d.From
		return d, d.From != ""
	}
	k := o.object(o.values[name], &planDateMapping)
	if k.node == nil {
		return d, false
	}
	d.From, d.Until, d.When = k.date("from"), k.date("until"), k.text("when")
	switch {
	case k.has("when") && (k.has("from") || k.has("until")):
		o.fail(k.values["when"], "%s has both words and days: keep \"when\", or \"from\" and \"until\"", name)
	case d.From != "" && d.Until != "" && d.From > d.Until:
		o.fail(k.values["until"], "%s ends on %s, before it begins on %s: exchange the two dates or correct one", name, d.Until, d.From)
	}
	return d, d.From != "" || d.Until != "" || d.When != nil
}

// checkCollection refuses days of collection that are not those of the window.
func (o object) checkCollection(s *survey.Survey) {
	if s.Plan == nil || s.Window == (survey.Window{}) {
		return
	}
	for _, d := range s.Plan.Dates {
		if d.Step == survey.CollectionStep && d.When == nil && (d.From != s.Window.From || d.Until != s.Window.Until) {
			o.fail(o.values["collection"], "collection is %s, and the window, in which answers are taken, %s: leave collection out, and the window is shown, or correct one of them", days(d.From, d.Until), days(s.Window.From, s.Window.Until))
		}
	}
}

// days says from when to when.
func days(from, until survey.Date) message.Text {
	switch {
	case from == until:
		return message.New("on %s", from)
	case until == "":
		return message.New("from %s on", from)
	case from == "":
		return message.New("until %s", until)
	}
	return message.New("from %s until %s", from, until)
}
