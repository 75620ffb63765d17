package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"glasspoll/internal/compare"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

type diffCommand struct {
	Format string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text, or json (one document). Default: ${default}."`
	Old    string `arg:"" name:"OLD" help:"The questionnaire before: a file, git:REVISION:PATH, or '-' for the standard input."`
	New    string `arg:"" name:"NEW" help:"The questionnaire after."`
}

func (diffCommand) Help() string {
	return `Says what each edit between two versions of a questionnaire does to its figures: stored answers are left behind, the
trend breaks, it takes effect at once, for new answers or with the next period, figures stay comparable, or only the
wording changed. Each edit has its place in NEW, or in OLD when it is gone there. Exits with 1 if a trend breaks or
stored answers are left behind.

git:REVISION:PATH is a version that git keeps, written as for git show: the path counts from the root of the
repository, or from here if it begins with ./

--format json prints one document: {"old", "new", "breaks": true or false, "changes": [{effect, file, line, column,
part, message}]}; effect is invalid, breaks, at_once, new_answers, next_period,
comparable or wording.

Examples:

  glasspoll diff git:HEAD:surveys/service.yaml surveys/service.yaml
  glasspoll diff service-2026.yaml service-2027.yaml --format json`
}

func (k diffCommand) Run(ctx context.Context, c *console.Console) error {
	if k.Old == "-" && k.New == "-" {
		return console.Usagef("only one of OLD and NEW can be the standard input")
	}
	before, err := readVersion(ctx, c, k.Old)
	if err != nil {
		return err
	}
	after, err := readVersion(ctx, c, k.New)
	if err != nil {
		return err
	}
	if !before.places().Has("id") && !after.places().Has("id") {
		before.path = after.path // their ids come from the files' names, which may differ only because these are two versions
	}
	old, oldProblems := before.parse()
	new, newProblems := after.parse()
	if problems := append(oldProblems, newProblems...); len(problems) > 0 {
		c.Problems(problems)
		return message.Errorf("only questionnaires without problems can be compared: correct the others first, see 'glasspoll check'")
	}
	changes := compare.Surveys(old, new)
	breaking := 0
	for _, change := range changes {
		if change.Effect.Grave() {
			breaking++
		}
	}
	if k.Format == "json" {
		err = printChanges(c, k, changes, breaking > 0)
	} else {
		listChanges(c, changes)
	}
	if err == nil && breaking > 0 {
		return console.ErrProblems
	}
	return err
}

// version is the source of one version of a questionnaire.
type version struct {
	label  string // as the user named it
	path   string // whose name may be the survey's id
	source []byte
}

const fromGit = "git:"

func readVersion(ctx context.Context, c *console.Console, name string) (version, error) {
	v := version{label: name, path: name}
	var err error
	switch {
	case name == "-":
		v.label, v.path = "stdin.yaml", "stdin.yaml"
		if v.source, err = io.ReadAll(c.In); err != nil {
			return v, message.Errorf("reading the standard input: %w", err)
		}
	case strings.HasPrefix(name, fromGit):
		revision, path, ok := strings.Cut(strings.TrimPrefix(name, fromGit), ":")
		if !ok || revision == "" || path == "" {
			return v, console.Usagef("%s: write git:REVISION:PATH, such as git:HEAD:surveys/service.yaml", name)
		}
		v.path = path
		var out bytes.Buffer
		git := exec.CommandContext(ctx, "git", "show", "--end-of-options", revision+":"+path)
		git.Stdout = &out
		if err = git.Run(); err != nil {
			if errors.Is(err, exec.ErrNotFound) {
				return v, message.Errorf("%s: git is not installed", name)
			}
			return v, message.Errorf("%s: git has no such version: name a revision that 'git log' lists, and the path from the root of the repository, or from here if it begins with ./", name)
		}
		v.source = out.Bytes()
	default:
		if v.source, err = os.ReadFile(name); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (v version) places() questionnaire.Places { return questionnaire.Locate(v.label, v.source) }

func (v version) parse() (compare.Version, questionnaire.Problems) {
	s, problems := questionnaire.Parse(v.path, v.source)
	for i := range problems {
		problems[i].File = v.label
	}
	return compare.Version{Survey: s, Places: v.places()}, problems
}

func listChanges(c *console.Console, changes []compare.Change) {
	if len(changes) == 0 {
		c.Print(c.Out, "no differences")
		return
	}
	counts := map[compare.Effect]int{}
	for _, change := range changes {
		fmt.Fprintln(c.Out, change.In(c.Language))
		counts[change.Effect]++
	}
	var parts []message.Text
	for _, effect := range compare.Effects() {
		if n := counts[effect]; n > 0 {
			parts = append(parts, message.New("%d: %s", n, effect.Words()))
		}
	}
	c.Print(c.Out, "%s (%s)", message.Count(len(changes), "change"), message.Join("; ", parts...))
}

func printChanges(c *console.Console, k diffCommand, changes []compare.Change, breaks bool) error {
	type change struct {
		Effect  compare.Effect `json:"effect"`
		File    string         `json:"file"`
		Line    int            `json:"line"`
		Column  int            `json:"column"`
		Part    string         `json:"part"`
		Message string         `json:"message"`
	}
	list := []change{}
	for _, found := range changes {
		list = append(list, change{found.Effect, found.File, found.Line, found.Column, found.Part.In(c.Language), found.Sentence.In(c.Language)})
	}
	return console.JSON(c.Out, struct {
		Old     string   `json:"old"`
		New     string   `json:"new"`
		Breaks  bool     `json:"breaks"`
		Changes []change `json:"changes"`
	}{k.Old, k.New, breaks, list})
}
