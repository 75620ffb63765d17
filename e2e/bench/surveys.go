package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasspoll/internal/server/servertest"
)

// ratings is the id of the survey that is answered.
const ratings = "ratings"

// ratingSurvey returns a questionnaire in two languages: the respondent's group, and ratings in five steps.
func ratingSurvey(questions, groups int) string {
	var b strings.Builder
	b.WriteString("title: {zh: 门店满意度, en: Satisfaction with our shops}\nlanguages: [zh, en]\ntimezone: UTC\nscoring: {overall: q1}\nsections:\n  - id: all\n    title: {zh: 服务, en: Service}\n    questions:\n")
	b.WriteString("      - id: shop\n        type: single_choice\n        segment: true\n        label: {zh: 门店, en: Shop}\n        options:\n")
	for i := range groups {
		fmt.Fprintf(&b, "          - {id: s%d, label: {zh: 第 %d 店, en: Shop %d}}\n", i, i+1, i+1)
	}
	for i := 1; i < questions; i++ {
		fmt.Fprintf(&b, "      - {id: q%d, type: rating, steps: 5, label: {zh: 第 %d 题怎么样？, en: How was number %d?}}\n", i, i, i)
	}
	return b.String()
}

// writeRatings makes a directory with that questionnaire in surveys/.
func writeRatings(dir string, questions, groups int) error {
	return writeFile(filepath.Join(dir, "surveys", ratings+".yaml"), ratingSurvey(questions, groups))
}

// writeSite makes a directory with questionnaires of mixed questions in two languages in surveys/.
func (b *bench) writeSite(dir string) error {
	for i := range b.surveys {
		if err := b.writeSurvey(dir, i, ""); err != nil {
			return err
		}
	}
	return nil
}

// writeSurvey writes one of these questionnaires, with a mark in its title.
func (b *bench) writeSurvey(dir string, i int, mark string) error {
	text := strings.Replace(servertest.GeneratedSurvey(i, b.questions), "Satisfaction survey", "Satisfaction survey"+mark, 1)
	return writeFile(filepath.Join(dir, "surveys", fmt.Sprintf("survey_%04d.yaml", i)), text)
}

// writeFile writes a file, and makes its directory if there is none. What is there is replaced at once, as editors do, so that nobody
// reads half of it.
func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path+"~", []byte(content), 0o666); err != nil {
		return err
	}
	return os.Rename(path+"~", path)
}
