package stack

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"gopkg.in/yaml.v3"

	"glasspoll"
)

func embedded(t *testing.T, name string) (*Template, []byte) {
	t.Helper()
	source, err := fs.ReadFile(glasspoll.Deployment(), name)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseTemplate(source)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, source
}

// plain returns a node as values, with the tags of functions.
func plain(n *yaml.Node) any {
	if n.Kind == yaml.AliasNode {
		return plain(n.Alias)
	}
	var content []any
	for _, inner := range n.Content {
		content = append(content, plain(inner))
	}
	return []any{n.Kind, n.Tag, n.Value, content}
}

func flat(t *testing.T, v any) string {
	t.Helper()
	b, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRenderedTemplate wants the template that is sent to say what the file says, but for where the packages are, and to have
// no aliases, which CloudFormation does not document to know.
func TestRenderedTemplate(t *testing.T) {
	parsed, source := embedded(t, "template.yaml")
	sent, err := parsed.render(func(name string) string { return "../bin/" + name + ".zip" })
	if err != nil {
		t.Fatal(err)
	}
	var before, after yaml.Node
	if err := yaml.Unmarshal(source, &before); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(sent, &after); err != nil {
		t.Fatal(err)
	}
	if flat(t, plain(&before)) != flat(t, plain(&after)) {
		t.Error("the template that is sent says something else")
	}
	var look func(n *yaml.Node)
	look = func(n *yaml.Node) {
		if n.Kind == yaml.AliasNode || n.Anchor != "" {
			t.Errorf("line %d has an alias", n.Line)
		}
		for _, inner := range n.Content {
			look(inner)
		}
	}
	look(&after)
	sent, err = parsed.render(func(name string) string { return "s3://bucket/" + name })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sent), ".zip") || strings.Count(string(sent), "CodeUri: s3://bucket/") != len(parsed.Packages()) {
		t.Error("a package is still a file of this machine")
	}
	if len(parsed.Packages()) < 4 {
		t.Errorf("packages: %v", parsed.Packages())
	}
}

func TestBrokenTemplates(t *testing.T) {
	for _, source := range []string{"", "a", "[]", "Parameters: {A: {AllowedPattern: '('}}", "Resources:\n\tx", "Resources: {A: {B: [}}", "Parameters: {A: {AllowedPattern: '('}}\nResources: {}"} {
		if _, err := ParseTemplate([]byte(source)); err == nil {
			t.Errorf("%q is read", source)
		}
	}
}

// FuzzTemplate wants no template that somebody has deployed to end the program.
func FuzzTemplate(f *testing.F) {
	source, err := os.ReadFile("../../deploy/template.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(source))
	f.Add(`{"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": {"Bucket": "b"}}}}}`)
	f.Fuzz(func(t *testing.T, source string) {
		if parsed, err := ParseTemplate([]byte(source)); err == nil {
			_, _ = parsed.render(func(name string) string { return name })
			_, _ = parsed.choose(nil, map[string]string{"A": "b"})
		}
	})
}

const parameters = `
Parameters:
  Secret: {Type: String, NoEcho: true, MinLength: 4, AllowedPattern: "[a-z]+"}
  Days: {Type: Number, Default: 30, AllowedValues: [1, 30]}
  Rate: {Type: Number, Default: 50, MinValue: 1, MaxValue: 100}
  Domain: {Type: String, Default: "", AllowedPattern: "([a-z.]+)?", MaxLength: 8}
Resources: {A: {Type: X}}
`

func TestChoose(t *testing.T) {
	template, err := ParseTemplate([]byte(parameters))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		current, set map[string]string
		want         string // name=value of each, * if it is kept, ! if it changes
		wrong        []string
	}{
		"first":        {nil, map[string]string{"Secret": "abcd"}, "Secret=abcd!", nil},
		"kept":         {map[string]string{"Secret": "****", "Days": "1"}, nil, "Secret=* Days=*", nil},
		"set":          {map[string]string{"Secret": "****", "Days": "1"}, map[string]string{"Days": "30"}, "Secret=* Days=30!", nil},
		"same":         {map[string]string{"Secret": "****", "Days": "1"}, map[string]string{"Days": "1"}, "Secret=* Days=1", nil},
		"emptied":      {map[string]string{"Secret": "****", "Domain": "a.b"}, map[string]string{"Domain": ""}, "Secret=* Domain=!", nil},
		"gone":         {map[string]string{"Secret": "****", "Old": "1"}, nil, "Secret=*", nil},
		"none":         {nil, nil, "", []string{"Secret needs a value"}},
		"typo":         {map[string]string{"Secret": "****"}, map[string]string{"domian": "a"}, "", []string{"there is no parameter 'domian': did you mean Domain?"}},
		"unknown":      {map[string]string{"Secret": "****"}, map[string]string{"Colour": "a"}, "", []string{"there are Secret, Days, Rate, Domain"}},
		"all mistakes": {map[string]string{"Secret": "****"}, map[string]string{"Days": "2", "Rate": "101", "Domain": "A", "Secret": "ABCDE"}, "", []string{"Days, '2': write one of 1, 30", "Rate, '101': it may not be more than 100", "Domain, 'A': it has to match ([a-z.]+)?", "Secret, the value given: it has to match [a-z]+"}},
		"bounds":       {map[string]string{"Secret": "****"}, map[string]string{"Rate": "0", "Domain": "abcdefghi", "Secret": "abc"}, "", []string{"Rate, '0': it may not be less than 1", "no more than 8", "it needs 4 characters"}},
		"no number":    {map[string]string{"Secret": "****"}, map[string]string{"Rate": "NaN"}, "", []string{"write a number"}},
	} {
		choices, err := template.choose(c.current, c.set)
		var got []string
		for _, one := range choices {
			text := one.name + "=" + one.value
			if one.kept {
				text += "*"
			}
			if one.changes() {
				text += "!"
			}
			got = append(got, text)
		}
		if c.wrong == nil && (err != nil || strings.Join(got, " ") != c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		for _, wrong := range c.wrong {
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "may not have more than 8", "no more than 8"), wrong) {
				t.Errorf("%s: %v lacks %q", name, err, wrong)
			}
		}
		if err != nil && strings.Contains(err.Error(), "ABCDE") {
			t.Errorf("%s: a secret is shown", name)
		}
	}
}

// TestOwnSecret wants the secret that is made to be one that the template takes, and another one each time.
func TestOwnSecret(t *testing.T) {
	template, _ := embedded(t, "template.yaml")
	one, other := newSecret(), newSecret()
	if wrong := template.parameter(secretParameter).check(one); !wrong.IsZero() || one == other || len(one) != 48 {
		t.Errorf("%s, %s: %s", one, other, wrong)
	}
}

func TestNames(t *testing.T) {
	for stack, want := range map[string]string{"polls": "glasspoll-polls-111122223333-eu-central-1", "Polls": "glasspoll-polls-", "a" + strings.Repeat("-b", 60): "glasspoll-a-"} {
		got := parcelBucket("111122223333", "eu-central-1", stack)
		if !strings.HasPrefix(got, want) || len(got) > 63 || got != strings.ToLower(got) || strings.Contains(got, "--") {
			t.Errorf("%s: %s", stack, got)
		}
	}
	if parcelBucket("1", "r", "Polls") == parcelBucket("1", "r", "polls") {
		t.Error("two stacks have one bucket")
	}
	for name, want := range map[string]bool{"polls": true, "Polls-2": true, "2polls": false, "": false, "a b": false, "polls/x": false, strings.Repeat("a", 129): false} {
		if (CheckName(name) == nil) != want {
			t.Errorf("%q: %v", name, CheckName(name))
		}
	}
}

// TestEveryStatusIsKnown wants something to be done in each status that a stack can have.
func TestEveryStatusIsKnown(t *testing.T) {
	for status, want := range map[string]situation{
		"": absent, "DELETE_COMPLETE": absent, "REVIEW_IN_PROGRESS": absent,
		"CREATE_COMPLETE": atRest, "UPDATE_COMPLETE": atRest, "UPDATE_ROLLBACK_COMPLETE": atRest, "IMPORT_COMPLETE": atRest, "IMPORT_ROLLBACK_COMPLETE": atRest,
		"CREATE_FAILED": unfinished, "ROLLBACK_COMPLETE": unfinished, "ROLLBACK_FAILED": unfinished,
		"UPDATE_ROLLBACK_FAILED": stuck, "DELETE_FAILED": halfDeleted, "UPDATE_FAILED": failedStanding, "IMPORT_ROLLBACK_FAILED": failedStanding,
		"CREATE_IN_PROGRESS": busy, "DELETE_IN_PROGRESS": busy, "UPDATE_IN_PROGRESS": busy, "ROLLBACK_IN_PROGRESS": busy, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": busy,
		"UPDATE_ROLLBACK_IN_PROGRESS": busy, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": busy, "IMPORT_IN_PROGRESS": busy, "IMPORT_ROLLBACK_IN_PROGRESS": busy,
	} {
		if got := situationOf(types.StackStatus(status)); got != want {
			t.Errorf("%s: %d, want %d", status, got, want)
		}
	}
	for _, status := range types.StackStatus("").Values() {
		if inProgress(status) == slices.Contains([]situation{atRest, stuck, halfDeleted, failedStanding, unfinished}, situationOf(status)) && status != "REVIEW_IN_PROGRESS" && status != "DELETE_COMPLETE" {
			t.Errorf("%s is not known", status)
		}
	}
}
