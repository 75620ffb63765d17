package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackages reads what is written, and nothing else.
func TestPackages(t *testing.T) {
	dir := t.TempDir()
	fails := func(version, want string) {
		t.Helper()
		if _, err := ReadPackages(dir, []string{"submit"}, version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	fails("v1", "has no packages of the functions: run `make package`")
	if err := WritePackageList(dir, "v1", map[string][]byte{"submit": []byte("a")}); err != nil {
		t.Fatal(err)
	}
	fails("v1", "submit.zip is missing")
	fails("v2", "are of version 'v1', and this program is of version 'v2'")
	file := filepath.Join(dir, "submit.zip")
	for content, want := range map[string]string{"a": "", "b": "is not the one that functions.json lists"} {
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if want != "" {
			fails("", want)
			continue
		}
		for _, version := range []string{"", "v1"} {
			if got, err := ReadPackages(dir, []string{"submit"}, version); err != nil || string(got["submit"]) != "a" {
				t.Errorf("%s, %v", got, err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, PackageList), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	fails("v1", "run `make package` again")
}
