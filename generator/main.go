// Command glasspoll compiles questionnaires to a static site, checks them, and serves them: form, answers and results
// in one process.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // surveys name timezones, and a bare machine may have none

	"github.com/alecthomas/kong"

	"glasspoll/internal/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

type commands struct {
	Language string `placeholder:"zh|en" help:"Language of what is printed. Default: that of LC_ALL, LC_MESSAGES or LANG, if it is zh, or else en."`

	Build   buildCommand   `cmd:"" help:"Write the static site."`
	New     newCommand     `cmd:"" help:"Write a questionnaire to start from."`
	Import  importCommand  `cmd:"" help:"Convert an XLSForm or SurveyJS questionnaire to YAML."`
	Check   checkCommand   `cmd:"" help:"Find every mistake in questionnaires, and what could be better."`
	Diff    diffCommand    `cmd:"" help:"Say what the edits of a questionnaire do to its figures."`
	Serve   serveCommand   `cmd:"" help:"Serve the site, take answers, keep the results current."`
	Share   shareCommand   `cmd:"" help:"Print links, QR codes and texts that invite people to a survey."`
	Invite  inviteCommand  `cmd:"" help:"Invite people by links of their own, each of which can be used once."`
	Demo    demoCommand    `cmd:"" help:"Answer the surveys with made-up answers, for a trial."`
	Keys    keysCommand    `cmd:"" help:"Make keys, to which answers are sealed."`
	Schema  schemaCommand  `cmd:"" help:"Print the JSON Schema of questionnaires, for editors."`
	Cases   casesCommand   `cmd:"" help:"Follow up what alerts have opened, until it is closed."`
	News    newsCommand    `cmd:"" help:"See who could not be told of cases and results, and try it out."`
	Report  briefCommand   `cmd:"" help:"Write the report on customers and service of a month or a quarter: page, Word file, workbook."`
	Results resultsCommand `cmd:"" help:"Export, report, verify, archive and erase answers and results."`
	Publish publishCommand `cmd:"" help:"Upload the site to a deployment on AWS."`
	Deploy  deployCommand  `cmd:"" help:"Make a deployment on AWS, bring it up to date, look at it, remove it."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Glasspoll turns YAML questionnaires into survey pages, takes the answers, and keeps a public results page.

Start with one of these, in a directory that has surveys/*.yaml:

  glasspoll new       write a questionnaire to start from
  glasspoll serve     try the surveys: pages, answers and results on this machine
  glasspoll check     find every mistake, with its line
  glasspoll build     write the site to public/

Exit codes: 0 success, 1 problems found or the work failed, 2 wrong usage.`

// run runs a command line, and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	helped := false
	out := &written{Writer: stdout}
	stdout = out
	c := &console.Console{In: stdin, Out: stdout, Err: stderr}
	setLanguage(c, args, os.Getenv)
	parser, err := kong.New(&commands{},
		kong.Name("glasspoll"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(printHelp(c.Language)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(c),
	)
	if err != nil {
		fmt.Fprintln(stderr, "glasspoll:", err)
		return console.ExitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if helped {
		return console.ExitOK
	}
	if err != nil {
		return wrongUsage(c, wrongCommandLine(err))
	}
	if err := checkLanguage(c, commandOf(parsed)); err != nil {
		return wrongUsage(c, err)
	}
	if err = parsed.Run(); out.err != nil && (err == nil || errors.Is(err, console.ErrProblems)) {
		err = out.err
	}
	code := console.ExitCode(err)
	switch {
	case code == console.ExitUsage:
		return wrongUsage(c, err)
	case err != nil && !errors.Is(err, console.ErrProblems):
		c.Print(stderr, "glasspoll: %s", err)
	}
	return code
}

// written is a stream that remembers its first error, so that every command fails whose output is cut off.
type written struct {
	io.Writer
	err error
}

func (w *written) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// commandOf returns the words of a command line that name its command.
func commandOf(parsed *kong.Context) []string {
	var words []string
	for _, p := range parsed.Path {
		if p.Command != nil {
			words = append(words, p.Command.Name)
		}
	}
	return words
}

func wrongUsage(c *console.Console, err error) int {
	c.Print(c.Err, "glasspoll: %s", err)
	c.Print(c.Err, "Run 'glasspoll --help', or 'glasspoll COMMAND --help', to see what it takes.")
	return console.ExitUsage
}
