package main

import (
	"fmt"
	"io"
	"strings"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/survey"
)

// summaryWords are the words of a summary in one language.
type summaryWords struct {
	title, running, survey, none, all, nobody string
	columns                                   []string
	by, values                                map[string]string
}

var summaryLanguages = map[string]summaryWords{
	"en": {
		title: "Cases of %s, %s to %s", running: "The span has not ended: open and overdue are as of today.", survey: "Survey: %s", none: "There were no cases.",
		all: "All", nobody: "nobody yet",
		columns: []string{"Opened", "Closed", "In time", "Told", "Withdrawn", "Open", "Overdue", "Mean days"},
		by:      map[string]string{"type": "By type", "severity": "By severity", "owner": "By owner"},
	},
	"zh": {
		title: "%s 跟进事项汇总（%s 至 %s）", running: "本期未结束：未办结和逾期的数字截至今天。", survey: "问卷：%s", none: "本期没有跟进事项。",
		all: "合计", nobody: "未指定",
		columns: []string{"新开", "办结", "按期办结", "已告知客户", "已撤回", "未办结", "逾期", "平均天数"},
		by:      map[string]string{"type": "按类型", "severity": "按严重程度", "owner": "按负责岗位"},
		values: map[string]string{string(survey.Minor): "一般", string(survey.Major): "严重", string(survey.Critical): "重大",
			"complaint": "投诉", "praise": "表扬", "suggestion": "建议", "call": "回访", "question": "咨询"},
	},
}

// summaryText prints a summary as a table that is aligned also in Chinese.
func summaryText(out io.Writer, s cases.Summary, surveyID, language string) error {
	words := summaryLanguages[language]
	console.Line(out, words.title, s.Span.Name, s.Span.From, s.Span.Until)
	if surveyID != "" {
		console.Line(out, words.survey, surveyID)
	}
	if s.Running {
		console.Line(out, "%s", words.running)
	}
	if s.All == (cases.Figures{}) {
		console.Line(out, "%s", words.none)
		return nil
	}
	console.Line(out, "")
	return printTable(out, summaryRows(s, words))
}

func summaryRows(s cases.Summary, words summaryWords) [][]string {
	rows := [][]string{append([]string{""}, words.columns...), figuresRow(words.all, s.All)}
	by := ""
	for _, g := range s.Groups {
		if g.By != by {
			by = g.By
			rows = append(rows, nil, []string{words.by[by]})
		}
		value := g.Value
		if value == "" {
			value = words.nobody
		} else if word := words.values[value]; word != "" && by != "owner" {
			value = word
		}
		rows = append(rows, figuresRow("  "+value, g.Figures))
	}
	return rows
}

// printTable prints rows with aligned columns: the first to the left, the others to the right.
func printTable(out io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], console.Columns(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-console.Columns(cell))
			if i == 0 {
				line.WriteString(cell + padding)
			} else {
				line.WriteString("  " + padding + cell)
			}
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func figuresRow(name string, f cases.Figures) []string {
	row := []string{name}
	for _, n := range []int{f.Opened, f.Closed, f.InTime, f.CustomerTold, f.Withdrawn, f.Open, f.Overdue} {
		row = append(row, fmt.Sprint(n))
	}
	return append(row, meanDays(f, "-"))
}
