package questionnaire

import (
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

var sealMapping = mapping{
	id: "seal", name: "seal",
	doc: doc{"Seals what is private or typed: answers to private questions, to short_text, long_text, email and phone, and the texts for \"other\". They are encrypted on the respondent's device, or by the server where no script runs, and only the owner of a private key can read them (`glasspoll keys make`). So nothing can depend on them but whether there is an answer: conditions may say `answered(why)`, and no more; such answers are neither shown again nor quoted. A question with `sealed: false` is excepted. Without the private keys nobody can read the answers, not even you: keep copies of them.",
		"加密私密的和手写的内容：私密题，short_text、long_text、email 和 phone 的答案，以及“其他”后面填的文字。在填写人的设备上加密；没有脚本时由服务器加密。只有私钥的主人读得到（`glasspoll keys make`）。所以除了有没有回答，别的都不能依赖它们：条件里只能写 `answered(why)`，答案也不能再次显示或引用。写了 `sealed: false` 的题除外。没有私钥谁也读不到，您自己也不能：请另外保存私钥。"},
	keys: []key{
		{name: "keys", form: listOf(ofKind(plainForm), seal.MaxKeys), need: ": the public key that glasspoll keys make prints", example: "[sealkey1.BNXle5AhbjTJKWT6…]",
			doc: doc{"One or two public keys, each on a line of its own; the private half of either opens the answers. A second one, kept in another place, helps when the first is lost. They can be changed: answers stay sealed to the keys of their time.", "一把或两把公钥，每行一把；任何一把的私钥都能打开。第二把放在别处，第一把丢了还有它。可以更换：以前的答卷仍用当时的密钥打开。"}},
	},
}

// sealing reads to which keys answers are sealed.
func (o object) sealing() *survey.Sealing {
	if !o.has("seal") {
		return nil
	}
	o.sealAt = o.keys["seal"]
	so := o.object(o.values["seal"], &sealMapping)
	words, nodes := so.words("keys", func(word string) string { return word })
	if len(nodes) == 0 {
		return nil
	}
	if len(words) > seal.MaxKeys {
		o.fail(nodes[seal.MaxKeys], "answers are sealed to one or two keys: remove the others")
		return nil
	}
	for i, word := range words {
		if _, err := seal.ParsePublic(word); err != nil {
			o.report(nodes[i].Line, nodes[i].Column, message.Of(err))
		}
	}
	o.addCheck(func(s *survey.Survey) { o.checkSealed(s) })
	return &survey.Sealing{Keys: words}
}

// checkSealed reports what would depend on what sealed answers say.
func (o object) checkSealed(s *survey.Survey) {
	if !slices.ContainsFunc(s.Fields(), s.Seals) {
		o.fail(o.sealAt, "no question has answers to be sealed: remove it, or mark questions as private")
	}
	for _, c := range o.conditions {
		for _, name := range c.tree.Values() {
			f, ok := s.Field(name)
			if !ok || !s.Seals(f) || c.key == "when" && f.Question.Private { // which is reported of every private question
				continue
			}
			o.fail(c.at, "%s: the answers to %s are sealed, so that a condition can only say answered(%s): say that, or write \"sealed: false\" at the question", c.key, quote(f.Question.ID), unquoted(name))
		}
	}
}

// readSealed reads whether a question is excepted from sealing.
func (r *questionReader) readSealed(o object, q *survey.Question) {
	if q.Unsealed = !o.boolean("sealed", true); !q.Unsealed && o.keys["sealed"] == nil {
		return
	}
	at, id := o.keys["sealed"], q.ID
	o.addCheck(func(s *survey.Survey) {
		of, ok := s.Question(id)
		switch {
		case !ok || isBroken(of):
		case o.sealAt == nil:
			o.fail(at, "nothing is sealed in this survey: add \"seal:\" with your public key, or remove it")
		case s.Sealing != nil && !of.Unsealed && !s.SealsPart(of):
			o.fail(at, "answers to %s are counted, so they cannot be sealed: remove it, or write \"private: true\"", quote(id))
		}
	})
}

// sealsName reports whether a name in double braces shows a sealed answer: that of a field, or a ranking.
func sealsName(s *survey.Survey, name string) bool {
	if f, ok := s.Field(name); ok {
		return s.Seals(f)
	}
	q, ok := s.Question(name)
	return ok && q.Type == survey.Ranking && s.SealsPart(q)
}
