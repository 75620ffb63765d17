package render

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// conditional returns a questionnaire whose last question has a condition.
func conditional(t *testing.T, showIf string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("conditional.yaml", fmt.Appendf(nil, `
title: {zh: 题, en: T, ar: ع}
languages: [zh, en, ar]
channels: [web, phone, kiosk]
scales:
  s: [{id: good, label: {zh: 满意, en: Good, ar: جيد}, score: 5}, {id: fair, label: {zh: 一般, en: Fair, ar: مقبول}, score: 3}, {id: poor, label: {zh: 不满意, en: Poor, ar: سيئ}, score: 1}, {id: none, label: {zh: 没意见, en: No opinion, ar: لا رأي}}]
sections:
  - questions:
      - {id: overall, type: single_choice, scale: s, label: {zh: 总体满意度, en: Overall, ar: عام}}
      - {id: likes, type: multi_choice, label: {zh: 喜欢什么, en: Likes, ar: إعجاب}, options: [{id: price, label: {zh: 价格, en: Price, ar: سعر}}, {id: speed, label: {zh: 速度, en: Speed, ar: سرعة}}]}
      - {id: stars, type: rating, steps: 5, label: {zh: 星级, en: Stars, ar: نجوم}}
      - {id: long, type: nps, label: {zh: 在零到十之间，您有多大可能向您的朋友或同事推荐我们公司？, en: "From nought to ten, how likely are you to tell a friend of us?", ar: ما مدى احتمال أن توصي بنا صديقًا أو زميلًا من صفر إلى عشرة}}
      - {id: visits, type: number, label: {zh: 次数, en: Visits, ar: زيارات}}
      - {id: bought, type: date, label: {zh: 购买日期, en: Bought on, ar: تاريخ}}
      - {id: member, type: yes_no, label: {zh: 是会员吗, en: Member, ar: عضو}}
      - {id: terms, type: consent, label: {zh: 我同意, en: I agree, ar: أوافق}}
      - {id: grid, type: matrix, scale: s, label: {zh: 各方面, en: Aspects, ar: جوانب}, rows: [{id: staff, label: {zh: 店员, en: Staff, ar: موظفون}}, {id: goods, label: {zh: 货品, en: Goods, ar: بضائع}}]}
      - {id: pair, type: importance_matrix, scale: s, importance_scale: s, label: {zh: 双重, en: Both, ar: كلاهما}, rows: [{id: staff, label: {zh: 店员, en: Staff, ar: موظفون}}]}
      - {id: order, type: ranking, label: {zh: 先后, en: Order, ar: ترتيب}, options: [{id: price, label: {zh: 价格, en: Price, ar: سعر}}, {id: speed, label: {zh: 速度, en: Speed, ar: سرعة}}]}
      - {id: advice, type: short_text, label: {zh: 建议, en: Advice, ar: نصيحة}}
      - id: last
        type: yes_no
        label: {zh: 末题, en: Last, ar: الأخير}
        show_if: |-
          %s
`, showIf))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", showIf, problems)
	}
	return s
}

func TestConditionsInWords(t *testing.T) {
	r := renderer(t)
	for _, c := range []struct{ source, zh, en string }{
		{`overall == "poor"`, "仅当“总体满意度”选“不满意”时填写", "Only answer this if “Overall” is “Poor”"},
		{`overall != "poor"`, "仅当“总体满意度”没有选“不满意”时填写", "Only answer this if “Overall” is not “Poor”"},
		{`overall in ["poor", "fair", "none"]`, "仅当“总体满意度”选“不满意”、“一般”或“没意见”时填写", "Only answer this if “Overall” is “Poor”, “Fair” or “No opinion”"},
		{`score(overall) <= 3`, "仅当“总体满意度”选“一般”或“不满意”时填写", "Only answer this if “Overall” is “Fair” or “Poor”"},
		{`not (score(overall) > 3)`, "仅当“总体满意度”没有选“满意”时填写", "Only answer this if “Overall” is not “Good”"},
		{`likes contains "price"`, "仅当“喜欢什么”选了“价格”时填写", "Only answer this if “Likes” includes “Price”"},
		{`not (likes contains "price")`, "仅当“喜欢什么”没有选“价格”时填写", "Only answer this if “Likes” does not include “Price”"},
		{`count(likes) >= 2`, "仅当“喜欢什么”的作答项数至少为2时填写", "Only answer this if the number of answers to “Likes” is at least 2"},
		{`stars < 3`, "仅当“星级”小于3时填写", "Only answer this if “Stars” is less than 3"},
		{`3 < stars`, "仅当“星级”大于3时填写", "Only answer this if “Stars” is more than 3"},
		{`long <= 6`, "仅当第4题不超过6时填写", "Only answer this if question 4 is at most 6"},
		{`not (visits < 2.5)`, "仅当“次数”至少为2.5时填写", "Only answer this if “Visits” is at least 2.5"},
		{`visits == stars`, "仅当“次数”与“星级”相同时填写", "Only answer this if “Visits” and “Stars” are the same"},
		{`bought >= "2026-01-05"`, "仅当“购买日期”不早于2026年1月5日时填写", "Only answer this if “Bought on” is no earlier than 5 January 2026"},
		{`bought < "2026-01-05"`, "仅当“购买日期”早于2026年1月5日时填写", "Only answer this if “Bought on” is before 5 January 2026"},
		{`member`, "仅当“是会员吗”选“是”时填写", "Only answer this if “Member” is “Yes”"},
		{`not member`, "仅当“是会员吗”没有选“是”时填写", "Only answer this if “Member” is not “Yes”"},
		{`member == false`, "仅当“是会员吗”选“否”时填写", "Only answer this if “Member” is “No”"},
		{`terms`, "仅当勾选了“我同意”时填写", "Only answer this if you ticked “I agree”"},
		{`answered(grid)`, "仅当已回答“各方面”时填写", "Only answer this if you answered “Aspects”"},
		{`not answered(advice)`, "仅当未回答“建议”时填写", "Only answer this if you did not answer “Advice”"},
		{`grid.staff == "poor"`, "仅当“店员”选“不满意”时填写", "Only answer this if “Staff” is “Poor”"},
		{`grid.staff != grid.goods`, "仅当“店员”与“货品”不同时填写", "Only answer this if “Staff” and “Goods” differ"},
		{`pair.staff.importance == "good"`, "仅当“店员”的重要性选“满意”时填写", "Only answer this if the importance of “Staff” is “Good”"},
		{`order.price == 1`, "仅当“价格”的名次为1时填写", "Only answer this if the rank of “Price” is 1"},
		{`advice contains "迟到"`, "仅当“建议”中写有“迟到”时填写", "Only answer this if “Advice” mentions “迟到”"},
		{`channel == "phone"`, "仅当填写渠道为“电话”时填写", "Only answer this if the channel is “telephone”"},
		{`channel != "kiosk"`, "仅当填写渠道不为“kiosk”时填写", "Only answer this if the channel is not “kiosk”"},
		{`overall == "poor" and (stars < 3 or member)`, "仅当“总体满意度”选“不满意”，并且（“星级”小于3，或者“是会员吗”选“是”）时填写",
			"Only answer this if “Overall” is “Poor” and (“Stars” is less than 3 or “Member” is “Yes”)"},
		{`overall == "poor" and stars < 3 and member`, "仅当“总体满意度”选“不满意”，并且“星级”小于3，并且“是会员吗”选“是”时填写",
			"Only answer this if “Overall” is “Poor” and “Stars” is less than 3 and “Member” is “Yes”"},
		{`not (overall == "poor" or not member)`, "仅当“总体满意度”没有选“不满意”，并且“是会员吗”选“是”时填写", "Only answer this if “Overall” is not “Poor” and “Member” is “Yes”"},
		{`(overall == "poor") == false`, "仅当“总体满意度”没有选“不满意”时填写", "Only answer this if “Overall” is not “Poor”"},
		{`member and language == "zh"`, "仅当“是会员吗”选“是”时填写", ""},
		{`member or language == "zh"`, "", "Only answer this if “Member” is “Yes”"},
		{`language != "ar"`, "", ""},
	} {
		s := conditional(t, c.source)
		for language, want := range map[string]string{"zh": c.zh, "en": c.en} {
			var b bytes.Buffer
			if err := r.Survey(&b, s, SurveyPage{Language: language, Root: "../"}); err != nil {
				t.Fatal(err)
			}
			if got := between(b.String(), `<p class="help when" id="w-last">`, "</p>"); got != want {
				t.Errorf("%s\n got %s\nwant %s", c.source, got, want)
			}
		}
	}
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, found := strings.Cut(text, after)
	if !found {
		return ""
	}
	return text
}

// A question that is never asked in a language is not on its page.
func TestQuestionsOfOtherLanguages(t *testing.T) {
	r, s := renderer(t), conditional(t, `language == "zh"`)
	for language, want := range map[string]bool{"zh": true, "en": false, "ar": false} {
		var b bytes.Buffer
		if err := r.Survey(&b, s, SurveyPage{Language: language, Root: "../"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), `name="last"`); got != want {
			t.Errorf("%s: on the page %v, want %v", language, got, want)
		}
	}
}

// Over many submissions each option comes first, and last, about equally often: no option gains from its position. An
// anchored one is always last.
func TestShuffleIsFair(t *testing.T) {
	q := &survey.Question{ID: "q", Shuffle: true, Anchor: []string{"z"}}
	for _, id := range []string{"a", "b", "z", "c", "d", "e"} {
		q.Options = append(q.Options, survey.Option{ID: id})
	}
	g := &generator{Rand: random(1)}
	const n = 5000
	firsts, fourths := map[string]int{}, map[string]int{}
	for range n {
		id := g.uuid()
		got := ids(shuffled(q, id))
		if got[5] != "z" || len(got) != 6 {
			t.Fatalf("the order is %v", got)
		}
		if again := ids(shuffled(q, strings.ToUpper(id))); !slices.Equal(got, again) {
			t.Fatalf("the order of the same submission is %v, then %v", got, again)
		}
		firsts[got[0]]++
		fourths[got[4]]++
	}
	for _, counts := range []map[string]int{firsts, fourths} {
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			if off := math.Abs(float64(counts[id])-n/5) / math.Sqrt(n*0.2*0.8); off > 4.5 { // standard deviations
				t.Errorf("option %s has a place %d times of %d: %v", id, counts[id], n, counts)
			}
		}
	}
	if got := ids(shuffled(q, "")); got[2] != "z" {
		t.Errorf("without an id the order is %v, not as written", got)
	}
}
