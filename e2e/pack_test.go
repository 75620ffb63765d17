package e2e

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/deploy/lambda"
)

// TestPackagesAreReproducible packs the functions, and builds one of them from a copy of the source in another directory: all are
// built alike.
func TestPackagesAreReproducible(t *testing.T) {
	t.Parallel()
	source, packages := filepath.Join(t.TempDir(), "source"), t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "content.go", "templates", "surveys", "internal", "functions", "deploy"} {
		copyTree(t, filepath.Join("..", name), filepath.Join(source, name))
	}
	command := exec.Command("go", "run", "./deploy/pack", packages)
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
	copied := filepath.Join(t.TempDir(), "archive")
	if err := lambda.Build(source, "./functions/archive", "arm64", copied); err != nil {
		t.Fatal(err)
	}
	again := []byte(readFile(t, copied))
	for name, limit := range map[string]uint64{"submit.zip": 13_500_000, "invite.zip": 13_500_000, "publish.zip": 15_000_000, "archive.zip": 16_000_000} {
		packed := []byte(readFile(t, filepath.Join(packages, name)))
		archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode().Perm() != 0o755 || archive.File[0].UncompressedSize64 > limit || archive.File[0].Modified.Year() != 1980 {
			t.Errorf("%s contains %+v", name, archive.File[0].FileHeader)
		}
		file, err := archive.Open("bootstrap")
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		if name == "archive.zip" && !bytes.Equal(content, again) {
			t.Errorf("%s differs between two builds", name)
		}
		binary, err := elf.NewFile(bytes.NewReader(content))
		if err != nil || binary.Machine != elf.EM_AARCH64 {
			t.Errorf("%s is not for arm64: %v", name, err)
		}
		if here, _ := filepath.Abs(".."); bytes.Contains(content, []byte(here)) || bytes.Contains(content, []byte(os.TempDir()+"/Test")) {
			t.Errorf("%s contains the path of a directory of this machine", name)
		}
	}
}

// copyTree copies a file, or a directory with everything below it.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(target), 0o777)
		}
		if err == nil {
			err = os.WriteFile(target, content, 0o666)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
