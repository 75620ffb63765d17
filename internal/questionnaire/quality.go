package questionnaire

import (
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// qualityMapping has a key for each rule that holds answers back.
var qualityMapping = mapping{
	id: "quality", name: "quality",
	doc: doc{"Rules that hold answers back before they are released, until somebody accepts or rejects them with `glasspoll results review`. They read how an answer came, never what it says, and are for answers that come without an invitation. All are on unless they are switched off.",
		"哪些答卷先暂缓公布，等人用 `glasspoll results review` 采纳或剔除。规则只看答卷是怎样来的，从不看答了什么；只用于不凭邀请的答卷。不写 off 的规则都生效。"},
	keys: []key{
		{name: "rate", form: onOrOff, example: "off", doc: doc{"Far more from one range of addresses than an office or a carrier sends.", "同一网段来的答卷，远多于一个办公室或一家运营商会有的数量。"}},
		{name: "burst", form: anyOf(oneOfWords("off"), integers(10, 1_000_000)), example: "1000", doc: doc{"Far more answers at once than usual: from this many in ten minutes on, and five times what was usual on the day before. Left out: 200. Say more if you expect a rush, such as after a mailing.", "一下子来得远比平常多：十分钟内达到这个数，并且是前一天平常的五倍。不写就是 200。预计会集中来，比如群发邮件之后，就写大一些。"}},
		{name: "fast", form: anyOf(oneOfWords("off"), integers(2, 300)), example: "5", doc: doc{"Fewer seconds than this between the page and the answer, as far as that is known: it is kept in steps of 1, 2, 3, 5, 8, 12, 20, 30, 60, 120 and 300 seconds, and in doubt the answer counts. Left out: 3.", "从打开页面到提交不足这么多秒（在知道的情况下；只按 1、2、3、5、8、12、20、30、60、120、300 秒几档记，拿不准时照常计入）。不写就是 3。"}},
		{name: "honeypot", form: onOrOff, example: "off", doc: doc{"A field was filled in that people do not see.", "填了人看不见的栏目。"}},
		{name: "cross_site", form: onOrOff, example: "off", doc: doc{"A page of another site has sent the answer. Switch it off if your own site posts answers.", "由别的网站的页面提交。您自己的网站替人提交答卷时，请写 off。"}},
		{name: "no_work", form: onOrOff, example: "off", doc: doc{"Whoever sent it was asked to compute something, and waited instead: as those do who have no script.", "要求先做一点计算，对方没有做，改为等一会儿再发：没有脚本的人就是这样。"}},
	},
}

var onOrOff = oneOfWords("on", "off")

// quality reads which rules hold answers back; nil if all do, with their usual limits.
func (o object) quality() *survey.Quality {
	if !o.has("quality") {
		return nil
	}
	qo := o.object(o.values["quality"], &qualityMapping)
	var q survey.Quality
	for _, rule := range survey.HoldRules() {
		name := string(rule)
		if form := qo.form(name); form.kind == wordForm {
			if qo.word(name, "on") == "off" {
				q.Off = append(q.Off, rule)
			}
			continue
		}
		limit, off := qo.limitOrOff(name)
		switch {
		case off:
			q.Off = append(q.Off, rule)
		case rule == survey.BurstRule:
			q.Burst = limit
		default:
			q.Fast = limit
		}
	}
	slices.Sort(q.Off)
	o.addCheck(func(s *survey.Survey) { o.checkQuality(s, qo) })
	if len(q.Off) == 0 && q.Burst == 0 && q.Fast == 0 {
		return nil
	}
	return &q
}

// limitOrOff reads a number, or off; 0 if there is none.
func (o object) limitOrOff(name string) (limit int, off bool) {
	s, ok := o.scalar(name)
	if !ok {
		return 0, false
	}
	if s.Value == "off" {
		return 0, true
	}
	for _, f := range o.form(name).either {
		if f.kind == integerForm {
			limit, _ = o.parseInteger(s, message.New("%s, unless it is off,", name), int(f.min/survey.One), int(f.max/survey.One))
		}
	}
	return limit, false
}

// checkQuality reports rules that no answer can match.
func (o object) checkQuality(s *survey.Survey, qo object) {
	switch {
	case !s.IsOpenToAll():
		o.fail(o.keys["quality"], "quality holds answers back that come without an invitation, and with \"access: invited\" none do: remove it")
	case s.IsUntraceable() && qo.keys["fast"] != nil: // see [survey.Survey.Holds]
		o.fail(qo.keys["fast"], "of answers that are %s nobody knows how fast they came: remove it", inWords[s.Anonymity])
	}
}
