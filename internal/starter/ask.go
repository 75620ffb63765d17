package starter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Ask asks questions in a language and makes a draft from the answers, one line each. The flags are offered as default
// answers. exists reports whether a file exists.
func Ask(in io.Reader, out io.Writer, f Flags, language string, exists func(path string) bool) (*Draft, error) {
	d := &Draft{title: survey.Text{}, purpose: survey.Text{}}
	i := &interview{in: bufio.NewReader(in), out: out, language: language, draft: d}
	i.askAll(f, exists)
	return d, i.err
}

// interview asks questions in plain lines, so that it works in any terminal and through a pipe. After an error it asks
// nothing more.
type interview struct {
	in       *bufio.Reader
	out      io.Writer
	language string
	draft    *Draft
	err      error
}

// print prints a line.
func (i *interview) print(format string, args ...any) {
	fmt.Fprintln(i.out, message.New(format, args...).In(i.language))
}

func (i *interview) askAll(f Flags, exists func(path string) bool) {
	d := i.draft
	i.print("A new questionnaire. An empty line accepts the answer in brackets.")
	i.ask("Which languages? 1 Chinese, 2 English, 3 both", "3", i.setLanguages)
	titles := map[string]message.Key{"zh": "Title in Chinese", "en": "Title in English"}
	i.askTexts(titles, nil, d.title)
	purpose := survey.Text{}
	for l, usual := range usualPurpose {
		purpose[l] = usual
		if f.Purpose[l] != "" {
			purpose[l] = oneLine(f.Purpose[l])
		}
	}
	purposes := map[string]message.Key{"zh": "What for, in Chinese", "en": "What for, in English"}
	i.askTexts(purposes, purpose, d.purpose)
	id := f.ID
	if id == "" {
		id = f.suggestedID(d.title)
	}
	i.ask("Id, part of the survey's address", id, func(value string) error {
		if path := filepath.Join("surveys", value+".yaml"); f.File == "" && exists(path) {
			return message.Errorf("%s exists and is left alone: choose another id", path)
		}
		return d.setID(value)
	})
	i.listTopics()
	i.ask("Topics: numbers or names, with commas", f.Topics, d.setTopics)
	i.ask("Steps of the scale: 4 or 5 in words, 7 or 10 as numbers", strconv.Itoa(f.Scale), d.setScale)
	i.ask("Count by: none, month, quarter or year", f.Period, d.setPeriod)
	i.ask("Lower limits of the index's bands, or none", f.Bands, d.setBands)
	i.ask("E-mail address for respondents' questions (may be empty)", f.Email, d.setEmail)
}

// ask repeats a question until set accepts the answer. An empty line is the offered answer.
func (i *interview) ask(question message.Key, offered string, set func(value string) error) {
	prompt := message.New("%s: ", question)
	if offered != "" {
		prompt = message.New("%s [%s]: ", question, offered)
	}
	for i.err == nil {
		fmt.Fprint(i.out, prompt.In(i.language))
		value, err := i.readLine()
		if err != nil {
			i.err = err
			return
		}
		if value == "" {
			value = offered
		}
		wrong := set(value)
		if wrong == nil {
			return
		}
		fmt.Fprintln(i.out, "  "+message.Of(wrong).In(i.language))
	}
}

func (i *interview) readLine() (string, error) {
	line, err := i.in.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		fmt.Fprintln(i.out)
		if errors.Is(err, io.EOF) {
			return "", message.Errorf("the input ended before every question was answered: nothing is written")
		}
		return "", message.Errorf("reading the answers: %w", err)
	}
	return oneLine(line), nil
}

func (i *interview) setLanguages(value string) error {
	i.draft.languages = map[string][]string{"1": {"zh"}, "zh": {"zh"}, "2": {"en"}, "en": {"en"}, "3": {"zh", "en"}}[value]
	if i.draft.languages == nil {
		return message.Errorf("Answer 1, 2 or 3.")
	}
	return nil
}

// askTexts asks for a text in each of the questionnaire's languages.
func (i *interview) askTexts(questions map[string]message.Key, offered, answers survey.Text) {
	for _, l := range i.draft.languages {
		i.ask(questions[l], offered[l], func(value string) error {
			if value == "" {
				return message.Errorf("This needs an answer.")
			}
			answers[l] = value
			return nil
		})
	}
}

func (i *interview) listTopics() {
	if i.err != nil {
		return
	}
	i.print("What do you want to ask about?")
	for n, topic := range topics {
		fmt.Fprintf(i.out, "  %d  %-10s %s\n", n+1, topic, about[topic].Text().In(i.language))
	}
}

// usualPurpose is the default purpose of a survey, by language.
var usualPurpose = map[string]string{"zh": "改进我们的产品和服务", "en": "to improve our products and services"}
