package render

import (
	"regexp"
	"testing"

	"github.com/dop251/goja"
)

// An author's pattern means the same to the page's script as to the handler, or is left to the handler.
func TestScriptPattern(t *testing.T) {
	texts := []string{"", "a", "A", "ab", "abc", "aaa", "1", "12-34", "é", "迟到", "a b", "a\u00a0b", "a\nb", "_", "x-1", "ſ", "K", "k", "\U0001F600", "AB1234", "2026-11", "a.b", "]", "^", "-", `\`}
	vm := goja.New()
	for pattern, want := range map[string]bool{
		`[a-z]{1,3}`: true, `(?i)a.*`: true, `(?i)k`: true, `\S+`: true, `\w+|迟到`: true, `[A-Z]{2}\d{4}`: true, `\d+-\d+`: true, `.`: true, `(?s).*`: true,
		`a??b`: true, `[^a-c]`: true, `[[:alpha:]]+`: true, `\pL+`: true, `\p{Han}*`: true, `[\]^\\-]`: true, `a\.b|\bx-1\b`: true, ``: true, `\x{1F600}`: true, `(\d\d){1}-?`: true,
		// a browser backtracks, and might never finish
		`(a+)+b`: false, `(a|ab)*c`: false, `(.*a){20}`: false, `.*.*.*x`: false, `(a?){30}b`: false,
		// JavaScript has no equivalent
		`(?m)^a$`: false,
	} {
		got, ok := scriptPattern(pattern, false)
		if ok != want {
			t.Errorf("%s: written for the script %v, want %v: %s", pattern, ok, want, got)
		}
		if !ok {
			continue
		}
		re := regexp.MustCompile(`^(?:` + pattern + `)$`)
		for _, text := range texts {
			vm.Set("pattern", got)
			vm.Set("text", text)
			matched, err := vm.RunString(`new RegExp(pattern, "u").test(text)`)
			if err != nil {
				t.Errorf("%s: %s: %v", pattern, got, err)
				break
			}
			if matched.ToBoolean() != re.MatchString(text) {
				t.Errorf("%s on %q: the handler says %v, the script with %s the opposite", pattern, text, re.MatchString(text), got)
			}
		}
	}
}
