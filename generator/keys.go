package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/durable"
	"glasspoll/internal/message"
	"glasspoll/internal/seal"
)

type keysCommand struct {
	Make makeKeyCommand `cmd:"" help:"Make a key, with which sealed answers are opened."`
	Show showKeyCommand `cmd:"" help:"Print what a questionnaire says of a key."`
}

func (keysCommand) Help() string {
	return `A questionnaire that says "seal:" has private and typed answers encrypted to one or two public keys, on the respondent's
device or as soon as they arrive. The server cannot read them: who breaks into it later reads nothing of them. Nor can
you, without the file of the private key.

Make two keys, keep them in two places, and neither of them on the server:

  glasspoll keys make company.key
  glasspoll keys make reserve.key

Paste what they print into the questionnaire. 'glasspoll results export --private --key company.key' opens the answers.`
}

type makeKeyCommand struct {
	File string `arg:"" name:"FILE" help:"The file of the private key, which is written. It must not be there yet."`
}

func (makeKeyCommand) Help() string {
	return `Writes the private key into FILE, which only you can read, and prints its public half as a questionnaire says it. A file
that is there is never overwritten.

Examples:

  glasspoll keys make company.key`
}

func (k makeKeyCommand) Run(c *console.Console) error {
	key, err := seal.NewPrivate()
	if err != nil {
		return err
	}
	if err := createPrivately(k.File, key.Encode(time.Now().Format(time.DateOnly))); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return message.Errorf("%s is there already, and a key is never overwritten: name another file; 'glasspoll keys show %s' prints the public half of what is there", k.File, k.File)
		}
		return err
	}
	c.Print(c.Err, "%s has the private key. Whoever has this file can read the answers, and without it nobody can: copy it to another place, and not to the server.", k.File)
	c.Print(c.Err, "Into the questionnaire:")
	return printPublic(c, key)
}

// createPrivately writes a file that is not there yet and that its owner alone can read, or none.
func createPrivately(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = durable.SyncDir(filepath.Dir(name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// printPublic prints what a questionnaire says of a key.
func printPublic(c *console.Console, key seal.Private) error {
	_, err := fmt.Fprintf(c.Out, "seal:\n  keys:\n    - %s\n", key.Public())
	return err
}

type showKeyCommand struct {
	File string `arg:"" name:"FILE" help:"The file of a private key."`
}

func (showKeyCommand) Help() string {
	return `Prints the public half of the private key in FILE, as a questionnaire says it, and the key's id, by which messages name
it.

Examples:

  glasspoll keys show company.key`
}

func (k showKeyCommand) Run(c *console.Console) error {
	key, err := readKey(c, k.File)
	if err != nil {
		return err
	}
	if info, err := os.Stat(k.File); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		c.Print(c.Err, "Warning: others on this machine may read %s.", k.File)
	}
	c.Print(c.Err, "Key %s. Into the questionnaire:", key.Public().ID())
	return printPublic(c, key)
}
