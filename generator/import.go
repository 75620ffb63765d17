package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"glasspoll/internal/console"
	"glasspoll/internal/convert"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

type importCommand struct {
	File   string `arg:"" name:"FILE" help:"An XLSForm workbook (.xlsx) or a SurveyJS definition (.json)."`
	Out    string `placeholder:"FILE" help:"Where to write, or '-' for the standard output. Default: surveys/ID.yaml."`
	Report string `placeholder:"FILE" help:"Where to write the report. Default: the standard output, or the standard error with --out -."`
}

func (importCommand) Help() string {
	return `Converts a questionnaire of another tool to YAML, and reports, line by line, what could not be carried over, what was
carried over in another form, and what is left to decide. Nothing is left out silently. What is written passes glasspoll
check. A file that exists is never overwritten.

Examples:

  glasspoll import customer_survey.xlsx
  glasspoll import survey.json --out surveys/service.yaml --report service.report.txt`
}

func (k importCommand) Run(c *console.Console) error {
	for _, out := range []string{k.Out, k.Report} {
		if out != "" && out != "-" && exists(out) {
			return message.Errorf("%s exists and is left alone: choose another --out or --report", out)
		}
	}
	source, err := readAtMost(k.File, convert.MaxSource+1)
	if err != nil {
		return err
	}
	result, err := convert.Convert(k.File, source)
	if err != nil {
		return message.Errorf("%s: %w", k.File, err)
	}
	out := k.Out
	if out == "" {
		out = filepath.Join("surveys", result.ID+".yaml")
		if exists(out) {
			return message.Errorf("%s exists and is left alone: choose another --out", out)
		}
	}
	if err := k.report(c, &result.Report); err != nil {
		return err
	}
	yaml := result.File(c.Language)
	if out == "-" {
		_, err := c.Out.Write(yaml)
		return err
	}
	if err := createFile(out, yaml); err != nil {
		return err
	}
	if s, problems := questionnaire.Parse(out, yaml); len(problems) == 0 {
		c.Print(c.Out, "Wrote %s: %s", out, describe(s))
	} else {
		c.Print(c.Out, "Wrote %s", out)
	}
	return nil
}

// report prints the report, or writes it to --report and prints a summary.
func (k importCommand) report(c *console.Console, r *report.Report) error {
	var text bytes.Buffer
	if err := r.Write(&text, c.Language); err != nil {
		return err
	}
	to := c.Out
	if k.Out == "-" {
		to = c.Err
	}
	if k.Report == "" || k.Report == "-" {
		_, err := to.Write(append(text.Bytes(), '\n'))
		return err
	}
	if err := createFile(k.Report, text.Bytes()); err != nil {
		return err
	}
	c.Print(to, "%s: %s", r.File, r.Summary())
	c.Print(to, "Wrote %s", k.Report)
	return nil
}

// readAtMost reads the first bytes of a file.
func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, message.Errorf("%s is a directory: name a file", path)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
