package questionnaire

import "strings"

// synonyms maps names that other tools and languages use to the keys, types and words of the format. Of several, the one counts
// that is allowed where the name stands.
var synonyms = readSynonyms(`
# keys, as other tools call them
name: label title id
text: label short_text
question: label
caption: label
heading: title label
description: help intro
hint: help
introduction: intro
aim goal objective: purpose
thank_you thankyou: thanks
choices answers: options
items: rows options
columns: scale
pages groups: sections
mandatory required_if: required
points value: score
locale locales language lang: languages
tz: timezone
regex: pattern
minimum: min
maximum: max
end to: until
start: from
when visible_if visibleif relevant: show_if
if condition: show_if that
constraint validation: check
randomize random: shuffle
sum: total
style styling design branding look appearance: theme
colors colours: light
primary primary_color color colour: accent light
text foreground: ink
background background_color: paper
radius border_radius: corners
banner header_image hero: cover
image picture: file image_choice
pictures: image_choice
company brand: name
who_can_answer who_may_answer participation: access
privacy_notice data_protection privacy_policy: privacy
data_controller responsible: controller
retention retention_days keep_days: keep
legal_basis: basis
dpo data_protection_officer: officer
supervisory_authority: authority

# keys in Chinese
标题: title label
题目: label questions
问题: label questions problem
选项: options
类型 题型: type
分数 分值: score
语言: languages
部分 章节 分页: sections
说明: help intro note
提示: help
简称: short
简介 介绍 引言: intro
目的 用途: purpose
致谢 感谢语 结束语: thanks
联系人: contact
隐私 隐私说明 隐私声明: privacy
控制者 处理者 个人信息处理者: controller
保存期限 保留期限: keep
渠道 来源: channels
周期: period
时区: timezone
开放时间: window
显示条件 条件: show_if that
校验: check
行: rows
列: scale
量表: scale scales rating
分组: segment
私密: private
加密 密封: seal sealed
密钥 公钥: keys
维度: dimension dimensions
权重: weight
目标: target
单位: unit
总分 合计: total
步长: step
最小 最小值 最少: min
最大 最大值 最多: max
编号: id
文字 文本: label text short_text
名称: label title name
随机: shuffle
提醒 提醒规则: alerts
期限 时限 办结期限 办理时限: deadlines
小类 子类 细类: subtype
上报 上级 逐级上报: escalate_to
小时: hours
天 天数: days
必填 必答: required true
主题 样式 外观: theme
公司 公司名称: name
标志 徽标 商标: logo
浅色: light
深色: dark
主色 强调色 颜色: accent light
文字颜色 字色: ink
底色 背景 背景色: paper
圆角: corners
封面 头图 横幅 题图: cover
图片: image file image_choice
图片选择 图片选项 图片题: image_choice
布局 版式 排版: layout
文件 文件名: file
替代文字 图片说明: alt
参与方式 答题方式 填写方式 谁可填写 谁能填: access
质量 防刷 暂缓: quality
网段 频率: rate
突增 集中: burst
过快 速度: fast
跨站: cross_site
开 开启: on
关 关闭: off
方案 调查方案 survey_plan: plan
调查目的: purpose
调查对象 对象 respondents: target
调查方式 方式 方法: method
职责 分工 职责分工 responsibilities: roles
职责: does
岗位 部门 role department: who
时间安排 日程 日期安排 schedule timetable: dates
设计: design
收集: collection
分析: analysis
匿名方式 匿名性 身份 身份保护: anonymity

# types
radio: single_choice radio
select dropdown: single_choice dropdown
select_one choice single: single_choice
checkbox checkboxes select_multiple multiple multiple_choice multi: multi_choice
stars: stars rating
likert: rating
grid table: matrix
textarea comment: long_text
string: short_text
integer numeric: number
tel: phone
mail: email
boolean: yes_no
rank sort: ranking
website link: url
allocation: constant_sum
单选 单选题 单项选择 单项选择题 选择题: single_choice
下拉 下拉题 下拉框 下拉选择: single_choice dropdown
多选 多选题 多项选择 多项选择题 复选 复选框: multi_choice
评分 评分题 打分 打分题 星级 星级题 量表题: rating
推荐度 推荐值 净推荐值: nps
矩阵 矩阵题 矩阵单选 矩阵单选题 矩阵评分 矩阵评分题 矩阵量表 矩阵量表题: matrix
重要性矩阵 重要程度矩阵: importance_matrix
排序 排序题: ranking
数字: number numbers
数字题 数值 数值题: number
滑块 滑动条: slider number
分配 分配题 比重 比重题: constant_sum
填空 填空题 单行文本 短文字 短文本: short_text
问答 问答题 简答 简答题 多行文本 长文字 长文本 开放题: long_text
邮箱 邮箱题 邮件 电子邮箱: email
电话 电话题 手机 手机号 手机号码: phone
网址 链接: url
日期 日期题: date
时间 时间题: time
是非题 是否题 判断 判断题: yes_no
同意 知情同意: consent
段落 段落说明 说明文字: note
隐藏 隐藏题: hidden

# words
是 对 有 y 1: true
否 错 无 n 0 选填 可选 不必填 不必答: false
全部: all
单选按钮: radio
按钮: buttons
星星 星形: stars
表情 笑脸: faces
输入框: box
不分期: none
没有 不用 不要 不提醒 off no: none
默认 缺省 standard: default
月 月度 每月 按月 monthly: month
季 季度 每季 每季度 按季 按季度 quarterly: quarter
年 年度 每年 按年 yearly annual: year
公开: public
员工 内部: staff
管理层 领导: management
标准 普通: standard normal
严格: strict
单页 一页: page
分步: steps
卡片 逐题 一题一页 一页一题 一题一屏 一次一题 one_by_one: cards
去重: drop
保留: keep
每天 每日: daily
轻微: minor
严重: major
重大 致命: critical
低: low
正常 一般: normal
高: high
紧急: urgent
计划 计划中 未开始: planned
进行中: doing
完成 已完成: done
取消 放弃: dropped
按比例: proportional
开放 公开 public everyone everybody anyone anybody: open
邀请 受邀 凭邀请 仅限邀请 仅受邀 invite invitation invitations invitees invite_only private: invited
均可 都可 都可以 两者 两者均可 全部 all any mixed: both
匿名 不记名 anon anonymised anonymized: anonymous anonymity
保密 机密 不公开身份: confidential
实名 记名 署名 具名 named: identified

# timezones
北京 北京时间 上海 中国 beijing china prc utc+8 gmt+8: Asia/Shanghai
香港 hongkong: Asia/Hong_Kong
台北 taipei: Asia/Taipei

# languages
cn chs chi chinese 中文 汉语 简体中文: zh
tw 繁体中文 繁體中文: zh-Hant
english 英文 英语: en
jp japanese 日文 日语: ja
kr korean 韩文 韩语: ko
german 德文 德语: de
french 法文 法语: fr
spanish 西班牙文 西班牙语: es
`)

// readSynonyms reads lines of words, a colon, and what they mean.
func readSynonyms(lines string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(lines) {
		words, meanings, found := strings.Cut(line, ":")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(words) {
			all[word] = append(all[word], strings.Fields(meanings)...)
		}
	}
	return all
}
