package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"glasspoll/internal/survey"
)

type checkCommand struct {
	Surveys string   `placeholder:"DIR" default:"surveys" help:"Where the questionnaires are, if no files are named. Default: ${default}."`
	Files   []string `arg:"" optional:"" name:"FILE" help:"Questionnaires to check, or directories of them; '-' is the standard input. Default: all of --surveys."`
}

func (checkCommand) Help() string {
	return `Reads questionnaires as build would, and prints every problem as file:line:col: message, in a form that editors
understand. Nothing is written. Exits with 1 if there is any problem.

Examples:

  glasspoll check
  glasspoll check surveys/service.yaml
  glasspoll check - < draft.yaml`
}

func (k checkCommand) Run(c *console) error {
	names := k.Files
	if len(names) == 0 {
		names = []string{k.Surveys}
	}
	var files []*questionnaire
	for _, name := range names {
		paths := []string{name}
		if name == "-" {
			source, err := io.ReadAll(c.in)
			if err != nil {
				return fmt.Errorf("reading the standard input: %w", err)
			}
			files = append(files, parseAgain("stdin.yaml", source, nil))
			continue
		}
		if info, err := os.Stat(name); len(k.Files) == 0 || err == nil && info.IsDir() {
			if paths, err = questionnairePaths(name); err != nil {
				return err
			}
		}
		parsed, err := parseFiles(paths, nil)
		if err != nil {
			return err
		}
		files = append(files, parsed...)
	}
	_, problems := collect(files)
	if len(problems) > 0 {
		printProblems(c.out, problems)
		return errProblems
	}
	for _, f := range files {
		fmt.Fprintf(c.out, "%s: %s\n", f.path, describe(f.survey))
	}
	return nil
}

// describe says what a respondent will meet: "12 questions, zh and en, 5 minutes".
func describe(s *survey.Survey) string {
	questions := 0
	for q := range s.Questions() {
		if q.Type != survey.Note {
			questions++
		}
	}
	parts := []string{count(questions, "question"), strings.Join(s.Languages, " and ")}
	if s.Minutes > 0 {
		parts = append(parts, count(s.Minutes, "minute"))
	}
	return strings.Join(parts, ", ")
}
