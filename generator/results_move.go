package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/local"
	"glasspoll/internal/local/format2"
	"glasspoll/internal/message"
	"glasspoll/internal/server"
	"glasspoll/internal/transfer"
)

type moveCommand struct {
	From  string `arg:"" help:"What is read: a data directory, or table:NAME."`
	To    string `arg:"" help:"What it is carried to: a data directory, which is made if it is missing, or table:NAME."`
	Check bool   `help:"Only compare, and change nothing."`

	RetentionDays int `placeholder:"N" help:"If TO is a table: its deployment's ResponseRetentionDays. The answers are deleted so many days after they came. Default: never."`

	awsFlags

	// Served is the argument that the server has open that does the work. The command sets it.
	Served string `kong:"-"`
}

// The values of Served.
const servesFrom, servesTo = "from", "to"

func (moveCommand) Help() string {
	return `Carries everything from one store to another: all versions of the questionnaires, answers with the private ones, what was
erased, releases, cases, notifications that have not been delivered, and invitations with what is known of their use. FROM and
TO are each a data directory of 'glasspoll serve' or, as table:NAME, the table of a deployment on AWS, which names its table of
invitations too. FROM may be of an earlier version. Nothing in it is changed.

Answers may come in meanwhile. Each is carried once. If the command is interrupted, run it again: it goes on. Run it again
later, and it carries what has come and erases what has been erased since. When all is there, it counts both sides again and
compares them. Only then does it put the questionnaires in force in TO, unless they are already. It exits with 1 if something
differs, and says what.

Who waits to be released is carried along, as long as TO has no answers of its own in the period. If it has some, those who
wait in either are never released, so that nobody is counted twice; the same is true of those who wait if TO's tally is ever
lost. So move before you let answers come in at TO.

What it does not carry: measures and quotes (sidecars) and pages. 'glasspoll publish' and 'glasspoll serve' make those from
the project's folder.

While a server runs on one of the two directories, the server does the work; for a table it then uses its own credentials. If
servers run on both, stop one of them.

Examples:

  A data directory of an earlier version (stop its server first):
    glasspoll results move data data-new
    glasspoll serve --data data-new

  A deployment of an earlier version, to a new stack:
    glasspoll results move table:polls-Table-1A2B table:polls-Table-3C4D
    glasspoll publish --table polls-Table-3C4D --bucket polls-bucket-5e6f
    (let the address point to the new stack)
    glasspoll results move table:polls-Table-1A2B table:polls-Table-3C4D

  To AWS:
    glasspoll results move data table:polls-Table-3C4D
    glasspoll publish --table polls-Table-3C4D --bucket polls-bucket-5e6f

  Back from AWS:
    glasspoll results move table:polls-Table-3C4D data
    glasspoll serve --data data

  Is everything there?
    glasspoll results move data table:polls-Table-3C4D --check`
}

func (m moveCommand) Run(ctx context.Context, c *console.Console) error {
	if err := m.resolve(); err != nil {
		return err
	}
	var served []string
	for _, argument := range []string{servesFrom, servesTo} {
		if dir, isDir := m.dir(argument); isDir && control.Running(ctx, dir) {
			served = append(served, argument)
		}
	}
	switch len(served) {
	case 0:
		return m.here(ctx, c)
	case 1:
		m.Served = served[0]
		dir, _ := m.dir(m.Served)
		return control.Do(ctx, c, dir, control.Request{Verb: "results move", Options: m})
	default:
		return message.Errorf("servers run on both directories, and each holds its own: stop one of the two servers, and run the command again. The other one can go on")
	}
}

const tablePrefix = "table:"

// resolve makes paths absolute, and rejects arguments that name one store.
func (m *moveCommand) resolve() error {
	for _, place := range []*string{&m.From, &m.To} {
		if *place == "" {
			return console.Usagef("FROM or TO is empty: write DIRECTORY or table:NAME")
		}
		if name, isTable := strings.CutPrefix(*place, tablePrefix); isTable {
			if name == "" {
				return console.Usagef("%s: write table:NAME", *place)
			}
			continue
		}
		path, err := filepath.Abs(*place)
		if err != nil {
			return err
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		*place = path
	}
	_, intoDir := m.dir(servesTo)
	switch {
	case m.From == m.To:
		return console.Usagef("FROM and TO are the same")
	case m.RetentionDays < 0:
		return console.Usagef("--retention-days %d: write a number of days", m.RetentionDays)
	case m.RetentionDays > 0 && intoDir:
		return console.Usagef("--retention-days is for a table, and TO is a directory, in which answers stay until they are erased")
	}
	return nil
}

// dir returns the directory that an argument names.
func (m *moveCommand) dir(argument string) (path string, isDir bool) {
	path = m.From
	if argument == servesTo {
		path = m.To
	}
	return path, !strings.HasPrefix(path, tablePrefix)
}

// here does the work in this process.
func (m *moveCommand) here(ctx context.Context, c *console.Console) error {
	from, closeFrom, err := m.openFrom(ctx)
	if err != nil {
		return err
	}
	defer closeFrom()
	to, closeTo, err := m.openTo(ctx)
	if err != nil {
		return err
	}
	defer closeTo()
	return m.move(ctx, control.Output{Console: c}, from, to, nil)
}

// do does the work in a server.
func (m *moveCommand) do(ctx context.Context, env *environment) error {
	if m.Served == servesFrom {
		to, closeTo, err := m.openTo(ctx)
		if err != nil {
			return err
		}
		defer closeTo()
		return m.move(ctx, env.Output, env.store, to, nil)
	}
	to, ok := env.store.(transfer.Target)
	if !ok {
		return message.Errorf("nothing can be carried to the store of this server")
	}
	from, closeFrom, err := m.openFrom(ctx)
	if err != nil {
		return err
	}
	defer closeFrom()
	return m.move(ctx, env.Output, from, to, env.changed)
}

// openFrom opens the store that is read.
func (m *moveCommand) openFrom(ctx context.Context) (from transfer.Source, done func(), err error) {
	dir, isDir := m.dir(servesFrom)
	if !isDir {
		name := strings.TrimPrefix(dir, tablePrefix)
		table, _, err := m.table(ctx, name)
		if old := new(cloud.OldFormError); errors.As(err, &old) {
			from, err = m.oldTable(ctx, name)
			return from, func() {}, err
		}
		return table, func() {}, err
	}
	path, err := dataFile(dir)
	if err != nil {
		return nil, nil, err
	}
	current, err := local.Open(path)
	if old := new(local.OldFormatError); errors.As(err, &old) {
		file, err := format2.Open(path)
		if err != nil {
			return nil, nil, err
		}
		return file.Records(), func() { file.Close() }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return current, func() { current.Close() }, nil
}

// openTo opens the store to which everything is carried.
func (m *moveCommand) openTo(ctx context.Context) (to transfer.Target, done func(), err error) {
	dir, isDir := m.dir(servesTo)
	if !isDir {
		database, _, err := m.database(ctx)
		if err != nil {
			return nil, nil, err
		}
		name := strings.TrimPrefix(dir, tablePrefix)
		table := cloud.NewTable(database, name, cloud.Options{Retention: time.Duration(m.RetentionDays) * 24 * time.Hour, Invitations: cloud.InvitationTable(name)})
		err = table.CheckForm(ctx)
		if old := new(cloud.OldFormError); errors.As(err, &old) {
			return nil, nil, message.Errorf("table %s is of an earlier version, and only read: name the table of a new stack to carry everything to", old.Table)
		}
		return table, func() {}, err
	}
	path := filepath.Join(dir, server.DataFile)
	if m.Check {
		if path, err = dataFile(dir); err != nil {
			return nil, nil, err
		}
	}
	if err := notADirectory(dir); err != nil {
		return nil, nil, err
	}
	opened, err := local.Open(path)
	if old := new(local.OldFormatError); errors.As(err, &old) {
		return nil, nil, message.Errorf("%s is of an earlier version, and only read: name another directory to carry everything to, such as %s-new", path, filepath.Base(dir))
	}
	if err != nil {
		return nil, nil, err
	}
	return opened, func() { opened.Close() }, nil
}

// dataFile returns the path of the data file in a directory, which must have one.
func dataFile(dir string) (string, error) {
	path := filepath.Join(dir, server.DataFile)
	if err := notADirectory(dir); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", message.Errorf("there is no %s in %s: name a data directory of `glasspoll serve`, or table:NAME", server.DataFile, dir)
	}
	return path, nil
}

// notADirectory says what is wrong with a data directory that is a file.
func notADirectory(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return message.Errorf("%s is a file: name the data directory that it is in, or another one", dir)
	}
	return nil
}

// move carries everything and prints what was done.
func (m *moveCommand) move(ctx context.Context, out control.Output, from transfer.Source, to transfer.Target, changed func(string, ...string)) error {
	run := transfer.Move
	if m.Check {
		run = transfer.Check
	}
	report, err := run(ctx, from, to, transfer.Options{
		Source: m.sourceName(), Now: time.Now, Moved: changed, Say: func(line message.Text) { out.Print(out.Err, "%s", line) },
	})
	if err != nil {
		if !m.Check {
			m.printMoved(out, report)
			out.Print(out.Err, "Not all is carried. Once the cause is mended, run the command again: it goes on.")
		}
		return err
	}
	if !m.Check {
		m.printMoved(out, report)
	}
	for _, difference := range report.Differences {
		out.Print(out.Out, "differs: %s", difference)
	}
	if len(report.Differences) > 0 {
		out.Print(out.Err, "%s has not everything that %s has.", m.To, m.From)
		return console.ErrProblems
	}
	compared := message.New("compared: %s: %s has everything", message.Count(report.Compared, "response"), m.To)
	if report.Own > 0 {
		compared = message.New("%s, and %s of its own", compared, message.Count(report.Own, "response"))
	}
	out.Print(out.Out, "%s", compared)
	if len(report.InForce) > 0 {
		out.Print(out.Err, "In force in %s from now on: %s. Not carried are measures and quotes (sidecars) and pages: 'glasspoll publish' and 'glasspoll serve' make them.", m.To, strings.Join(report.InForce, ", "))
	}
	return nil
}

func (m *moveCommand) printMoved(out control.Output, r *transfer.Report) {
	what := []message.Text{
		message.Count(r.Surveys, "survey"), message.Count(r.Versions, "version"), message.Count(r.Responses, "response"),
		message.Count(r.Releases, "release"), message.Count(r.Cases, "case"),
	}
	if r.Invitations > 0 {
		what = append(what, message.Count(r.Invitations, "invitation"))
	}
	carried := message.Join(", ", what...)
	if r.Erased > 0 {
		out.Print(out.Out, "carried: %s; erased: %s", carried, message.Count(r.Erased, "response"))
		return
	}
	out.Print(out.Out, "carried: %s", carried)
}

// sourceName names the source, the same in each run.
func (m *moveCommand) sourceName() string {
	if _, isDir := m.dir(servesFrom); isDir {
		return m.From
	}
	return m.From + "@" + cmp.Or(m.Region, os.Getenv("AWS_REGION"))
}
