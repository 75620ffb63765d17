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
		return fmt.Errorf("only questionnaires without problems can be compared: correct the others first, see 'glasspoll check'")
	}
	changes := compare.Surveys(old, new)
	breaking := 0
	for _, change := range changes {
		if change.Effect.Grave() {
			breaking++
		}
	}
	if k.Format == "json" {
		err = printChanges(c.Out, k, changes, breaking > 0)
	} else {
		err = listChanges(c.Out, changes)
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
			return v, fmt.Errorf("reading the standard input: %w", err)
		}
	case strings.HasPrefix(name, fromGit):
		revision, path, ok := strings.Cut(strings.TrimPrefix(name, fromGit), ":")
		if !ok || revision == "" || path == "" {
			return v, console.Usagef("%s: write git:REVISION:PATH, such as git:HEAD:surveys/service.yaml", name)
		}
		v.path = path
		var out, stderr bytes.Buffer
		git := exec.CommandContext(ctx, "git", "show", "--end-of-options", revision+":"+path)
		git.Stdout, git.Stderr = &out, &stderr
		if err = git.Run(); err != nil {
			if text := strings.TrimSpace(stderr.String()); text != "" {
				err = errors.New(text)
			}
			return v, fmt.Errorf("%s: git show: %w", name, err)
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

func listChanges(w io.Writer, changes []compare.Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, "no differences")
		return err
	}
	counts := map[compare.Effect]int{}
	for _, change := range changes {
		fmt.Fprintln(w, change)
		counts[change.Effect]++
	}
	var parts []string
	for _, effect := range compare.Effects() {
		if n := counts[effect]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d: %s", n, effect.Words()))
		}
	}
	_, err := fmt.Fprintf(w, "%s (%s)\n", console.Count(len(changes), "change"), strings.Join(parts, "; "))
	return err
}

func printChanges(w io.Writer, k diffCommand, changes []compare.Change, breaks bool) error {
	type change struct {
		Effect  compare.Effect `json:"effect"`
		File    string         `json:"file"`
		Line    int            `json:"line"`
		Column  int            `json:"column"`
		Part    string         `json:"part"`
		Message string         `json:"message"`
	}
	list := []change{}
	for _, c := range changes {
		list = append(list, change{c.Effect, c.File, c.Line, c.Column, c.Part.String(), c.Sentence.String()})
	}
	return console.JSON(w, struct {
		Old     string   `json:"old"`
		New     string   `json:"new"`
		Breaks  bool     `json:"breaks"`
		Changes []change `json:"changes"`
	}{k.Old, k.New, breaks, list})
}
