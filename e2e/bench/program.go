package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is Glasspoll, as it is or as it was.
type program struct {
	name string
	path string // of the command
}

const (
	nameNow    = "Glasspoll"
	nameBefore = "before"
)

// programs builds the command of this tree and, if a commit is given, that of the commit, which is kept in the cache.
func programs(ctx context.Context, o options, cache, scratch string) ([]*program, error) {
	now := &program{nameNow, filepath.Join(scratch, "glasspoll")}
	if err := build(ctx, o.root, now.path); err != nil || o.base == "" {
		return []*program{now}, err
	}
	commit, err := output(ctx, o.root, "git", "rev-parse", "--verify", o.base+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("-base: %w", err)
	}
	before := &program{nameBefore, filepath.Join(cache, "glasspoll-"+commit)}
	if _, err := os.Stat(before.path); err == nil {
		return []*program{now, before}, nil
	}
	tree := filepath.Join(scratch, "tree")
	if _, err := output(ctx, o.root, "git", "worktree", "add", "--detach", tree, commit); err != nil {
		return nil, err
	}
	err = build(ctx, tree, before.path)
	if _, removed := output(context.WithoutCancel(ctx), o.root, "git", "worktree", "remove", "--force", tree); err == nil {
		err = removed
	}
	return []*program{now, before}, err
}

func build(ctx context.Context, tree, to string) error {
	_, err := output(ctx, tree, "go", "build", "-o", to, "./generator")
	return err
}

// output runs a command and returns what it prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	printed, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, printed)
	}
	return strings.TrimSpace(string(printed)), nil
}

// serve starts `glasspoll serve` in a directory that has surveys/*.yaml, for visitors, without limits of answers from one address.
func (p *program) serve(ctx context.Context, dir string, flags ...string) (*server, error) {
	return serve(ctx, func(address string) *exec.Cmd {
		command := exec.Command(p.path, append([]string{"serve", "--addr", address, "--limits", "off", "--verify-every", "0"}, flags...)...)
		command.Dir = dir
		return command
	})
}
