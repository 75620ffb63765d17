package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/starter"
	"glasspoll/internal/survey"
)

type newCommand struct {
	List      bool   `xor:"sample" help:"List the ready questionnaires that --from knows."`
	From      string `xor:"sample" placeholder:"SAMPLE" help:"Copy a ready questionnaire, such as 'retail', to change it, instead of making one from answers."`
	TitleZh   string `placeholder:"TEXT" help:"The title in Chinese. Without any title, the command asks for everything."`
	TitleEn   string `placeholder:"TEXT" help:"The title in English."`
	ID        string `name:"id" placeholder:"ID" help:"The survey's id, which is part of its address. Default: made from the English title."`
	PurposeZh string `placeholder:"TEXT" help:"What the answers are used for, in Chinese."`
	PurposeEn string `placeholder:"TEXT" help:"The same in English, such as 'to improve our deliveries'."`
	Topics    string `placeholder:"LIST" default:"overall,product,service,comments,contact" help:"What is asked, with commas: overall, product, delivery, service, price, recommend, comments, contact. Default: ${default}."`
	Scale     int    `placeholder:"N" default:"5" help:"Steps of the scale: 4 or 5 (in words), 7 or 10 (numbers). Default: ${default}."`
	Period    string `placeholder:"PERIOD" default:"quarter" help:"The period of the trend: none, month, quarter or year. Default: ${default}."`
	Bands     string `placeholder:"LIST" default:"80,70,60" help:"Lower limits of the index's bands, one to four of them, or none. Default: ${default}."`
	Email     string `placeholder:"ADDRESS" help:"Address that respondents may write to."`
	Out       string `placeholder:"FILE" help:"Where to write, or '-' for the standard output. Default: surveys/ID.yaml."`
}

func (newCommand) Help() string {
	return `Writes a questionnaire to start from, with comments. It asks what it needs, a line each; an empty line accepts the answer
in brackets. With a title on the command line it asks nothing. --from copies a ready questionnaire instead, for you to
change. A file that exists is never overwritten.

Examples:

  glasspoll new
  glasspoll new --title-zh 送货满意度调查 --title-en "Delivery survey" --topics overall,delivery,comments
  glasspoll new --title-en "Tea house survey" --scale 10 --period month --out surveys/tea.yaml
  glasspoll new --list
  glasspoll new --from retail --out surveys/our_shops.yaml`
}

func (k newCommand) Run(c *console.Console) error {
	if k.Out != "" && k.Out != "-" && exists(k.Out) {
		return message.Errorf("%s exists and is left alone: choose another --out", k.Out)
	}
	switch {
	case k.List:
		return listSamples(c)
	case k.From != "":
		return k.copySample(c)
	}
	d, err := k.draft(c)
	if err != nil {
		return err
	}
	d.Comments = c.Language
	source, s, err := d.Questionnaire()
	if err != nil {
		return err
	}
	out, err := k.write(c, d.ID, source, s)
	if err != nil || out == "-" {
		return err
	}
	if d.Email == "" {
		c.Print(c.Out, "Put your own address in place of the example: %s, line %d.", out, questionnaire.Locate(out, source).At("contact", "email").Line)
	}
	k.printNext(c, out, d.ID)
	return nil
}

// draft takes answers from the flags if there is a title among them, or else asks.
func (k newCommand) draft(c *console.Console) (*starter.Draft, error) {
	flags := starter.Flags{
		Title: survey.Text{"zh": k.TitleZh, "en": k.TitleEn}, Purpose: survey.Text{"zh": k.PurposeZh, "en": k.PurposeEn},
		ID: k.ID, File: k.Out, Topics: k.Topics, Scale: k.Scale, Period: k.Period, Bands: k.Bands, Email: k.Email,
	}
	if k.TitleZh+k.TitleEn == "" {
		return starter.Ask(c.In, c.Err, flags, c.Language, exists)
	}
	d, err := starter.FromFlags(flags)
	if err != nil {
		return nil, console.UsageError{Err: err}
	}
	return d, nil
}

// write writes a questionnaire to --out, or to the file of its id, which it prints and returns.
func (k newCommand) write(c *console.Console, id string, source []byte, s *survey.Survey) (string, error) {
	if k.Out == "-" {
		_, err := c.Out.Write(source)
		return k.Out, err
	}
	out := k.Out
	if out == "" {
		out = filepath.Join("surveys", id+".yaml")
	}
	if err := createFile(out, source); err != nil {
		return out, err
	}
	c.Print(c.Out, "%s is written: %s.", out, describe(s))
	return out, nil
}

// printNext prints how to look at the new questionnaire.
func (newCommand) printNext(c *console.Console, out, id string) {
	serve := "glasspoll serve"
	if dir := filepath.Dir(out); dir != "surveys" {
		serve += " --surveys " + dir
	}
	c.Print(c.Out, "Next:\n  %s    then open %s\n  glasspoll check %s    after each edit", serve, "http://127.0.0.1:8080/"+id+"/", out)
}

// listSamples prints the ready questionnaires: id, size, title.
func listSamples(c *console.Console) error {
	samples, err := starter.Samples()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, sample := range samples {
		s := sample.Survey
		rows = append(rows, []string{s.ID, describe(s).In(c.Language), s.Title.In(c.Language)})
	}
	return console.Table(c.Out, rows)
}

// copySample writes a ready questionnaire under the id that is wanted.
func (k newCommand) copySample(c *console.Console) error {
	sample, err := starter.FindSample(k.From)
	if errors.Is(err, starter.ErrNoSample) {
		return console.Usagef("there is no ready questionnaire '%s': 'glasspoll new --list' lists them", k.From)
	}
	if err != nil {
		return err
	}
	id := sample.Survey.ID
	switch {
	case k.ID != "":
		id = k.ID
	case k.Out != "" && k.Out != "-":
		id = strings.TrimSuffix(filepath.Base(k.Out), filepath.Ext(k.Out))
	}
	source, err := sample.WithID(id)
	if err != nil {
		return console.UsageError{Err: err}
	}
	out, err := k.write(c, id, source, sample.Survey)
	if err != nil || out == "-" {
		return err
	}
	pictures, err := sample.Pictures()
	if err != nil {
		return err
	}
	for name, content := range pictures {
		path := filepath.Join(filepath.Dir(out), name)
		if _, err := os.Stat(path); err == nil {
			continue // of another copy
		}
		if err := createFile(path, content); err != nil {
			return err
		}
	}
	k.printNext(c, out, id)
	return nil
}

// createFile writes a file that must not exist, and makes its directory.
func createFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return message.Errorf("%s exists and is left alone: choose another --id or --out", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path) // an incomplete file would make the next try fail
	}
	return err
}
