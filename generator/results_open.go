package main

import (
	"cmp"
	"context"
	"io"
	"os"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// readKeys reads private keys from files, "-" being the standard input. They stay in this process: none is part of what a verb is asked for.
func readKeys(c *console.Console, files []string) ([]seal.Private, error) {
	keys := make([]seal.Private, 0, len(files))
	for _, name := range files {
		key, err := readKey(c, name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func readKey(c *console.Console, name string) (seal.Private, error) {
	in := c.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return seal.Private{}, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, seal.MaxFile+1))
	if err != nil {
		return seal.Private{}, err
	}
	key, err := seal.DecodePrivate(data)
	if err != nil {
		return seal.Private{}, message.Errorf("%s: %w", name, err)
	}
	return key, nil
}

// open writes an export whose sealed answers are opened in this process, wherever the store is.
func (e exportCommand) open(ctx context.Context, c *console.Console) error {
	keys, err := readKeys(c, e.Key)
	if err != nil {
		return err
	}
	file, done, err := e.copied(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	copied, err := records.ReadCopy(ctx, file, size, func(s *survey.Survey, r answer.Response) answer.Response {
		if !e.Private { // a file may have them
			r.Private = nil
		}
		return records.OpenSealed(keys, s, r)
	})
	if err != nil {
		return message.Errorf("%s: %w", cmp.Or(e.From, e.ID), err)
	}
	if copied.Survey.ID != e.ID {
		return message.Errorf("%s: these are answers to %s, not to %s", e.From, copied.Survey.ID, e.ID)
	}
	faults := 0
	progress := newProgress(c, e.Terminal)
	from := exported{copied.Survey, copied.Census, progress.watch(copied.Entries(ctx)), export.Options{Review: copied.Review()}, progress}
	if len(keys) > 0 {
		from.options.Opening = func(r answer.Response) string {
			found := records.FaultsOf(keys, copied.Versions[r.Version], r)
			faults += len(found)
			return records.SaysFaults(found)
		}
	}
	files := &control.Files{}
	defer files.Discard()
	if err := e.write(control.Output{Console: c, Create: files.Create}, from); err != nil {
		return err
	}
	if faults > 0 {
		c.Print(c.Err, "%s: sealed to another key, damaged, or not as the question asks; the column _opening says which.", message.Count(faults, "answer"))
	}
	return nil
}

// copied returns a copy of the answers: the file that --from names, or one that nobody else can read, and which is gone when the
// program ends, however it does. done must be called.
func (e exportCommand) copied(ctx context.Context, c *console.Console) (file *os.File, done func(), err error) {
	if e.From != "" {
		file, err := os.Open(e.From)
		if err != nil {
			return nil, nil, err
		}
		return file, func() { file.Close() }, nil
	}
	file, err = os.CreateTemp("", "glasspoll-answers-*")
	if err != nil {
		return nil, nil, err
	}
	os.Remove(file.Name())
	done = func() {
		file.Close()
		os.Remove(file.Name()) // where an open file cannot be removed
	}
	captured := *c
	captured.Out = file
	if err := e.perform(ctx, &captured, "results copy", &copyAnswers{ID: e.ID, Period: e.Period, Private: e.Private, Original: e.Original}); err != nil {
		done()
		return nil, nil, err
	}
	return file, done, nil
}

// copyAnswers is the verb that prints what an export needs, for a command that makes it elsewhere.
type copyAnswers struct {
	ID, Period        string
	Private, Original bool
}

func (a *copyAnswers) do(ctx context.Context, env *environment) error {
	take := records.TakeSnapshot
	if a.Original {
		take = records.TakeOriginals
	}
	snapshot, err := take(ctx, env.store, a.ID, a.Period, a.Private)
	if err != nil {
		return err
	}
	return snapshot.WriteCopy(ctx, env.Out)
}
