package main

import (
	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

type newsCommand struct {
	List  listNewsCommand  `cmd:"" help:"List what has not reached everybody yet, and why."`
	Retry retryNewsCommand `cmd:"" help:"Try again what was given up."`
	Test  tryNewsCommand   `cmd:"" help:"Send a test message to a receiver."`
}

func (newsCommand) Help() string {
	return `A running server, or a deployment on AWS, tells people where they are: in DingTalk, WeCom, Feishu, Slack, by e-mail, and
programs by a signed webhook. It tells of cases that are opened, overdue, handed up or closed, of new results, of surveys that
open and close, and sends digests; never an answer, and nothing about who gave one.

Who is told of what is set in the environment of 'glasspoll serve', or in a file that --news-file names, one setting a line.
Addresses and secrets are for nobody else, so keep the file out of the surveys' folder:

  GLASSPOLL_NEWS_DINGTALK=https://oapi.dingtalk.com/robot/send?access_token=…
  GLASSPOLL_NEWS_DINGTALK_SECRET=SEC…
  GLASSPOLL_NEWS_WECOM=https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…
  GLASSPOLL_NEWS_FEISHU=https://open.feishu.cn/open-apis/bot/v2/hook/…
  GLASSPOLL_NEWS_SLACK=https://hooks.slack.com/services/…
  GLASSPOLL_NEWS_EMAIL=li@example.com,wang@example.com

Each may be there several times, with a name behind it: GLASSPOLL_NEWS_SLACK_DESK. More of a receiver is said by _SECRET,
_KINDS (cases, results, surveys), _DIGEST (daily, weekly), _LANGUAGE (zh, en), and _FROM of e-mail. docs/news.md says where to
get an address.

Examples:

  glasspoll news test dingtalk --news-file /etc/glasspoll/news
  glasspoll news list
  glasspoll news retry`
}

// kindWords are the words for what JSON names by codes.
var kindWords = map[news.Kind]message.Key{
	news.CaseOpened: "case opened", news.CaseOverdue: "case overdue", news.CaseEscalated: "case handed up", news.CaseClosed: "case closed",
	news.ResultsReleased: "new results", news.SurveyOpened: "survey opened", news.SurveyClosed: "survey closed", news.Digest: "digest",
}

// kindWord returns the word for a kind; one of a later version is its own.
func kindWord(kind news.Kind) message.Text {
	if word, known := kindWords[kind]; known {
		return word.Text()
	}
	return message.Plain(string(kind))
}
