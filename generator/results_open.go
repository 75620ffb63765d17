package main

import (
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

// readKeys reads private keys from files. They stay in this process: none is part of what a verb is asked for.
func readKeys(files []string) ([]seal.Private, error) {
	keys := make([]seal.Private, 0, len(files))
	for _, name := range files {
		key, err := readKey(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func readKey(name string) (seal.Private, error) {
	file, err := os.Open(name)
	if err != nil {
		return seal.Private{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, seal.MaxFile+1))
	if err != nil {
		return seal.Private{}, err
	}
	key, err := seal.DecodePrivate(data)
	if err != nil {
		return seal.Private{}, message.Errorf("%s: %w", name, err)
	}
	return key, nil
}

// open writes an export whose sealed answers are opened in this process, wherever the store is: it copies the answers to a file
// that nobody else can read, and which is gone when the program ends.
func (e exportCommand) open(ctx context.Context, c *console.Console) error {
	keys, err := readKeys(e.Key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "glasspoll-answers-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // where an open file cannot be removed
	defer file.Close()
	os.Remove(file.Name())
	captured := *c
	captured.Out = file
	if err := e.perform(ctx, &captured, "results copy", &copyAnswers{ID: e.ID, Period: e.Period, Private: e.Private}); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	copied, err := records.ReadCopy(ctx, file, size, func(s *survey.Survey, r answer.Response) answer.Response {
		return records.OpenSealed(keys, s, r)
	})
	if err != nil {
		return err
	}
	faults := 0
	opening := func(r answer.Response) string {
		found := records.FaultsOf(keys, copied.Versions[r.Version], r)
		faults += len(found)
		return records.SaysFaults(found)
	}
	files := &control.Files{}
	defer files.Discard()
	from := exported{copied.Survey, copied.Census, copied.Entries(ctx), export.Options{Review: copied.Review(), Opening: opening}}
	if err := e.write(control.Output{Console: c, Create: files.Create}, from); err != nil {
		return err
	}
	if faults > 0 {
		c.Print(c.Err, "%s: sealed to another key, damaged, or not as the question asks; the column _opening says which.", message.Count(faults, "answer"))
	}
	return nil
}

// copyAnswers is the verb that prints what an export needs, for a command that makes it elsewhere.
type copyAnswers struct {
	ID, Period string
	Private    bool
}

func (a *copyAnswers) do(ctx context.Context, env *environment) error {
	snapshot, err := records.TakeSnapshot(ctx, env.store, a.ID, a.Period, a.Private)
	if err != nil {
		return err
	}
	return snapshot.WriteCopy(ctx, env.Out)
}
