package limit

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// The page's script solves challenges as this package checks them, and says meanwhile how far it is.
func TestScriptWorks(t *testing.T) {
	source, err := os.ReadFile("../../templates/work.js")
	if err != nil {
		t.Fatal(err)
	}
	const difficulty = 9
	for _, challenge := range []string{"9.1796040000.AAAAAAAAAAAAAAAAAAAAAA", "9.1.x", NewKeys([]byte("secret")).Challenge("tea", "id", difficulty, noon)} {
		vm := goja.New()
		var said []string
		solution := ""
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(vm.Set("postMessage", func(message any) {
			if m, ok := message.(map[string]any); ok {
				said = append(said, m["say"].(string))
			} else {
				solution = message.(string)
			}
		}))
		must(vm.Set("task", map[string]string{"challenge": challenge, "say": "{n}%"}))
		_, err := vm.RunString(string(source) + "\nonmessage({ data: task });")
		must(err)
		if solution != Solve(challenge) || !slices.Equal(said, []string{"0%", "25%", "50%", "75%"}) {
			t.Errorf("%s: %q, said %q", challenge, solution, said)
		}
		for part, n := range strings.Split(solution, ".")[3:] {
			if !solves(challenge, part, n, difficulty) {
				t.Errorf("%s: part %d is not %s", challenge, part, n)
			}
		}
	}
}
