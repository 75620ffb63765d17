package compare_test

import (
	"strings"
	"testing"

	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
)

// What is stored stays as it is when the keys change, or what is sealed; figures stay comparable.
func TestSealingIsCompared(t *testing.T) {
	const (
		one = "seal: {keys: [sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8]}\n"
		two = "seal: {keys: [sealkey1.BN_XbJzQjMTbLiRmlq-K7A89ll18D_VTd1m4dv3OpKqZiLKDDyeB-kWcw-jAax2lRYXMDo2YT1hd9y0i5BhzpzE]}\n"
		id  = "68db6689660fa012"
	)
	read := func(keys, why string) compare.Version {
		t.Helper()
		source := []byte("title: A\n" + keys + "sections: [{questions: [{id: a, type: nps, label: A}, {id: b, type: email, label: B}, {id: why, type: long_text, label: Why" + why + "}]}]\n")
		s, problems := questionnaire.Parse("a.yaml", source)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return compare.Version{Survey: s, Places: questionnaire.Locate("a.yaml", source)}
	}
	for _, c := range []struct{ old, oldWhy, new, newWhy, want, zh string }{
		{"", "", one, "", "a.yaml:2:7: takes effect for new answers: survey: private and typed answers are sealed from now on, and only the owner of a private key reads them; those given before stay readable", "从现在起"},
		{one, "", "", "", "a.yaml:2:7: takes effect for new answers: survey: answers are no longer sealed; those given before stay so: keep the private keys of " + id, "不再加密"},
		{one, "", two, "", "a.yaml:2:14: takes effect for new answers: survey: answers are sealed to other keys; those given before open with the private keys of " + id + " alone: keep them", "请保管好"},
		{one, "", one, ", sealed: false", "a.yaml:3:134: takes effect for new answers: question 'why': answers are no longer sealed; those given before stay so", "不再加密"},
		{one, ", sealed: false", one, "", "a.yaml:3:87: takes effect for new answers: question 'why': answers are sealed from now on; those given before stay readable", "从现在起"},
	} {
		changes := compare.Surveys(read(c.old, c.oldWhy), read(c.new, c.newWhy))
		if len(changes) != 1 || changes[0].String() != c.want || !strings.Contains(changes[0].In("zh"), c.zh) {
			t.Errorf("%q to %q:\n%v\nwant\n%s", c.old+c.oldWhy, c.new+c.newWhy, changes, c.want)
		}
	}
}
