package starter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"glasspoll/internal/survey"
)

// Ask asks questions in a language and makes a draft from the answers, one line each. The flags are offered as default
// answers. exists reports whether a file exists.
func Ask(in io.Reader, out io.Writer, f Flags, language string, exists func(path string) bool) (*Draft, error) {
	d := &Draft{title: survey.Text{}, purpose: survey.Text{}}
	i := &interview{in: bufio.NewReader(in), out: out, words: wordsIn[language], draft: d}
	i.askAll(f, exists)
	return d, i.err
}

// interview asks questions in plain lines, so that it works in any terminal and through a pipe. After an error it asks
// nothing more.
type interview struct {
	in    *bufio.Reader
	out   io.Writer
	words words
	draft *Draft
	err   error
}

func (i *interview) askAll(f Flags, exists func(path string) bool) {
	d, w := i.draft, i.words
	fmt.Fprintln(i.out, w.hello)
	i.ask(w.askLanguages, "3", i.setLanguages)
	i.askTexts(w.askTitle, nil, d.title)
	purpose := survey.Text{}
	for l, usual := range usualPurpose {
		purpose[l] = usual
		if f.Purpose[l] != "" {
			purpose[l] = oneLine(f.Purpose[l])
		}
	}
	i.askTexts(w.askPurpose, purpose, d.purpose)
	id := f.ID
	if id == "" {
		id = f.suggestedID(d.title)
	}
	i.ask(w.askID, id, func(value string, w words) error {
		if path := filepath.Join("surveys", value+".yaml"); f.File == "" && exists(path) {
			return fmt.Errorf(w.taken, path)
		}
		return d.setID(value, w)
	})
	i.listTopics()
	i.ask(w.askTopics, f.Topics, d.setTopics)
	i.ask(w.askScale, strconv.Itoa(f.Scale), d.setScale)
	i.ask(w.askPeriod, f.Period, d.setPeriod)
	i.ask(w.askBands, f.Bands, d.setBands)
	i.ask(w.askEmail, f.Email, d.setEmail)
}

// ask repeats a question until set accepts the answer. An empty line is the offered answer.
func (i *interview) ask(question, offered string, set func(value string, w words) error) {
	for i.err == nil {
		if offered != "" {
			fmt.Fprintf(i.out, "%s [%s]: ", question, offered)
		} else {
			fmt.Fprintf(i.out, "%s: ", question)
		}
		value, err := i.readLine()
		if err != nil {
			i.err = err
			return
		}
		if value == "" {
			value = offered
		}
		wrong := set(value, i.words)
		if wrong == nil {
			return
		}
		fmt.Fprintln(i.out, "  "+wrong.Error())
	}
}

func (i *interview) readLine() (string, error) {
	line, err := i.in.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		fmt.Fprintln(i.out)
		if errors.Is(err, io.EOF) {
			return "", errors.New(i.words.inputEnded)
		}
		return "", fmt.Errorf("reading the answers: %w", err)
	}
	return oneLine(line), nil
}

func (i *interview) setLanguages(value string, w words) error {
	i.draft.languages = map[string][]string{"1": {"zh"}, "zh": {"zh"}, "2": {"en"}, "en": {"en"}, "3": {"zh", "en"}}[value]
	if i.draft.languages == nil {
		return errors.New(w.badLanguages)
	}
	return nil
}

// askTexts asks for a text in each of the questionnaire's languages.
func (i *interview) askTexts(questions map[string]string, offered, answers survey.Text) {
	for _, l := range i.draft.languages {
		i.ask(questions[l], offered[l], func(value string, w words) error {
			if value == "" {
				return errors.New(w.empty)
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
	fmt.Fprintln(i.out, i.words.listTopics)
	for n, topic := range topics {
		fmt.Fprintf(i.out, "  %d  %-10s %s\n", n+1, topic, i.words.topics[n])
	}
}

// usualPurpose is the default purpose of a survey, by language.
var usualPurpose = map[string]string{"zh": "改进我们的产品和服务", "en": "to improve our products and services"}

// Written returns a message, in a language, that a questionnaire is written to a file.
func Written(language, path, description string) string {
	return fmt.Sprintf(wordsIn[language].written, path, description)
}

// ReplaceAddress returns a message that asks the author to replace the example address on a line of a file.
func ReplaceAddress(language, path string, line int) string {
	return fmt.Sprintf(wordsIn[language].address, path, line)
}

// NextSteps says how to look at a new questionnaire and to check it: the command that serves it, the address of its page,
// its file.
func NextSteps(language, serve, address, path string) string {
	return fmt.Sprintf(wordsIn[language].next, serve, address, path)
}
