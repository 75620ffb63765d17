package main

import (
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/server/servertest"
)

// TestKeysOfAnotherStore invites to an anonymous survey from a store that has not the private keys of the public ones: whoever was
// invited could not answer.
func TestKeysOfAnotherStore(t *testing.T) {
	t.Parallel()
	dir := servertest.Files(t, map[string]string{
		"surveys/tea.yaml": strings.Replace(invitedTea, "access: invited", "access: invited\nanonymity: anonymous", 1), "list.csv": aList(25), "more.csv": aList(50),
	})
	make := func(data, list string, want int, says string) {
		t.Helper()
		code, out, text := command(t, "invite", "make", "tea", filepath.Join(dir, list), "--surveys", filepath.Join(dir, "surveys"), "--data", filepath.Join(dir, data))
		if code != want || !strings.Contains(out+text, says) {
			t.Errorf("%s, %s: %d\n%s%s", data, list, code, out, text)
		}
	}
	for _, data := range []string{"data", "other"} {
		if err := fillStore(filepath.Join(dir, data), filepath.Join(dir, "surveys"), strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	make("data", "list.csv", 0, "25 invitations new")
	make("other", "list.csv", 1, "private key")
	make("data", "more.csv", 0, "25 invitations new")
}
