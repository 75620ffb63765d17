package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/local"
	"glasspoll/internal/local/format2"
	"glasspoll/internal/message"
	"glasspoll/internal/server"
	"glasspoll/internal/store"
	"glasspoll/internal/verify"
)

// verb is a command that works on a store. It runs in the process that has the store open: this one, or a running server,
// to which its exported fields are sent as JSON. What it needs of the user's files is read into them before.
type verb interface {
	// do may run at the same time as other verbs and while answers are taken.
	do(ctx context.Context, env *environment) error
}

// fileWriter is a verb that writes a file, others that differ in their endings, or files in a folder.
type fileWriter interface{ writesTo() string }

// environment holds what a verb works with.
type environment struct {
	control.Output
	store     store.Records
	log       *slog.Logger                           // for what an operator must be able to look up later
	published *verify.Published                      // the files that visitors can read; nil if this process does not publish
	news      bool                                   // what is done to cases is told: the news go into the outbox
	changed   func(survey string, periods ...string) // called when a survey's answers have changed, so that its results are published; nil if this process does not publish
}

// writeFile writes a whole file on the user's side.
func (e *environment) writeFile(name string, private bool, content []byte) error {
	return writeFile(e.Create, name, private, content)
}

// writeFile writes a whole file, or none.
func writeFile(create control.CreateFunc, name string, private bool, content []byte) error {
	file, err := create(name, private)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Close()
}

// verbs are the verbs by the words of the command line.
var verbs = map[string]func() verb{
	"cases list":       func() verb { return &listCasesCommand{} },
	"cases show":       func() verb { return &showCaseCommand{} },
	"cases contact":    func() verb { return &readContact{} },
	"cases assign":     func() verb { return &assignCaseCommand{} },
	"cases change":     func() verb { return &changeCaseCommand{} },
	"cases escalate":   func() verb { return &escalateCaseCommand{} },
	"cases close":      func() verb { return &closeCaseCommand{} },
	"cases add":        func() verb { return &addCaseCommand{} },
	"cases import":     func() verb { return &importCasesCommand{} },
	"cases summary":    func() verb { return &summariseCasesCommand{} },
	"news list":        func() verb { return &listNewsCommand{} },
	"news retry":       func() verb { return &retryNewsCommand{} },
	"report":           func() verb { return &briefCommand{} },
	"results export":   func() verb { return &exportCommand{} },
	"results copy":     func() verb { return &copyAnswers{} },
	"results erase":    func() verb { return &eraseCommand{} },
	"results review":   func() verb { return &reviewCommand{} },
	"results correct":  func() verb { return &correctCommand{} },
	"results annul":    func() verb { return &annulCommand{} },
	"results archive":  func() verb { return &archiveCommand{} },
	"results charts":   func() verb { return &chartsCommand{} },
	"results workbook": func() verb { return &workbookCommand{} },
	"results pages":    func() verb { return &levelPagesCommand{} },
	"results pdf":      func() verb { return &pdfCommand{} },
	"results report":   func() verb { return &reportCommand{} },
	"results verify":   func() verb { return &verifyCommand{} },
	"results repair":   func() verb { return &repairCommand{} },
	"results show":     func() verb { return &showCommand{} },
	"results move":     func() verb { return &moveCommand{} },

	// What the commands of invitees ask of a store.
	"invitations check":    func() verb { return &checkInvitations{} },
	"invitations put":      func() verb { return &putInvitations{} },
	"invitations withdraw": func() verb { return &withdrawInvitations{} },
	"invitations list":     func() verb { return &listInvitations{} },
	"invitations sign":     func() verb { return &putSigningKeys{} },
	"invitations get":      func() verb { return &getInvitation{} },
	"invitations count":    func() verb { return &countStep{} },
	"invitations visit":    func() verb { return &visitInvited{} },
}

// verbTable returns the verbs for a server to run.
func verbTable(env environment) control.Table {
	table := control.Table{}
	for name, create := range verbs {
		table[name] = func(options []byte) (control.Verb, error) {
			v := create()
			if err := json.Unmarshal(options, v); err != nil {
				return nil, err
			}
			return func(ctx context.Context, out control.Output) error {
				env := env
				env.Output = out
				return v.do(ctx, &env)
			}, nil
		}
	}
	return table
}

// performLocally does a verb with the store in a data directory, through the server that has it open if there is one.
func performLocally(ctx context.Context, c *console.Console, data, name string, v verb) error {
	request := control.Request{Verb: name, Options: v}
	if w, writes := v.(fileWriter); writes {
		request.Writes = w.writesTo()
	}
	if err := control.Do(ctx, c, data, request); !errors.Is(err, control.ErrNoServer) {
		return err
	}
	path := filepath.Join(data, server.DataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return message.Errorf("there is no %s in %s: name the data directory of `glasspoll serve` with --data DIR", server.DataFile, data)
	}
	store, err := local.Open(path)
	if old := new(local.OldFormatError); errors.As(err, &old) {
		return doWithOldFile(ctx, c, path, v)
	}
	if err != nil {
		// A server may have opened it in the meantime.
		if asked := control.Do(ctx, c, data, request); !errors.Is(asked, control.ErrNoServer) {
			return asked
		}
		return err
	}
	defer store.Close()
	return do(ctx, c, store, v, true) // the next server tells it
}

// doWithOldFile does a verb with a data file of an earlier format, which is only read. Verbs that change something fail.
func doWithOldFile(ctx context.Context, c *console.Console, path string, v verb) error {
	old, err := format2.Open(path)
	if err != nil {
		return err
	}
	defer old.Close()
	c.Print(c.Err, "%s is of an earlier version, and only read: `glasspoll results move` carries it over.", path)
	return do(ctx, c, old.Records(), v, false)
}

// do runs a verb in this process. news says that what it does to cases is told.
func do(ctx context.Context, c *console.Console, records store.Records, v verb, news bool) error {
	files := &control.Files{}
	defer files.Discard()
	return v.do(ctx, &environment{
		Output: control.Output{Console: c, Create: files.Create},
		store:  records,
		news:   news,
		log:    slog.New(slog.NewTextHandler(c.Err, nil)),
	})
}
