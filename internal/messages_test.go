package internal_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message/messagetest"
	"glasspoll/internal/questionnaire"
)

// translated are the packages whose messages are all in the catalogue, below glasspoll/internal or, with a leading slash, from
// the root.
var translated = strings.Fields(`/generator advice archive bounce cases chromium compare console control convert convert/condition convert/draft convert/markup convert/report convert/surveyjs convert/xlsform
	audit cloud cloud/indexed codec contacts durable expression invite invitees mailing news notify ownerfile project questionnaire records register render sarif seal server sheets site stack staging starter store local local/format2 theme transfer upload verify wording`)

// untranslatedWords are English words that are right in a Chinese message.
var untranslatedWords = []string{"glasspoll serve"}

// letters are all but the space between arguments.
var letters = regexp.MustCompile(`[^\s%]`)

// TestMessagesAreTranslated holds the source and the catalogue together.
func TestMessagesAreTranslated(t *testing.T) {
	source, err := messagetest.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	known := catalogue(t)
	complete := func(l messagetest.Literal) bool {
		return slices.ContainsFunc(translated, func(name string) bool { return fullName(name) == l.Package })
	}
	used := map[string]bool{}
	for _, f := range source.Formats {
		used[f.Text] = true
		if bare := verbs.ReplaceAllString(f.Text, ""); complete(f) && letters.MatchString(bare) {
			if _, translated := known[f.Text]; !translated {
				t.Errorf("%s: no Chinese for %q", f.At, f.Text)
			}
		}
	}
	for _, f := range source.Variable {
		if complete(f) {
			t.Errorf("%s: the format %s is not written here: pass a message.Text or a message.Key", f.At, f.Text)
		}
	}
	for _, w := range source.Words {
		if complete(w) && !slices.Contains(untranslatedWords, w.Text) {
			t.Errorf("%s: %q stays English in Chinese: pass a message.Text", w.At, w.Text)
		}
	}
	for text := range known {
		if !used[text] {
			t.Errorf("the catalogue has %q, which no message is made from", text)
		}
	}
	if len(used) < 300 {
		t.Errorf("only %d messages found", len(used))
	}
}

var verbs = regexp.MustCompile(`%(\[\d+\])?[+#0-9.]*[a-zA-Z]`)

// TestCodesAreMistakes wants each code of the catalogue to be that of a kind of mistakes, and each kind to have a message.
func TestCodesAreMistakes(t *testing.T) {
	codes := map[string]bool{}
	for _, code := range catalogue(t) {
		codes[code] = true
	}
	delete(codes, "")
	for _, m := range questionnaire.Mistakes() {
		if !codes[m.Code] {
			t.Errorf("no message has the code %s", m.Code)
		}
		delete(codes, m.Code)
	}
	for code := range codes {
		t.Errorf("%s is not among questionnaire.Mistakes", code)
	}
}

// catalogue returns the codes of the English texts that are translated, "" where there is none.
func catalogue(t *testing.T) map[string]string {
	t.Helper()
	files, err := os.ReadDir("message/zh")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		if f.Name() == "help.yaml" { // of tags and methods of the commands: generator/help_test.go holds it to them
			continue
		}
		content, err := os.ReadFile("message/zh/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var entries []struct{ Code, En string }
		if err := yaml.Unmarshal(content, &entries); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", f.Name(), err))
		}
		for _, e := range entries {
			all[e.En] = e.Code
		}
	}
	return all
}

// TestFunctionsHaveTheWordsOfNews wants all that news say in the one file that the functions on AWS have.
func TestFunctionsHaveTheWordsOfNews(t *testing.T) {
	content, err := os.ReadFile("message/zh/tell.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ En string }
	if err := yaml.Unmarshal(content, &entries); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.En] = true
	}
	source, err := messagetest.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, f := range source.Formats {
		if !strings.HasSuffix(f.At.Filename, "news/compose.go") || !letters.MatchString(verbs.ReplaceAllString(f.Text, "")) {
			continue
		}
		if said++; !has[f.Text] {
			t.Errorf("%s: message/zh/tell.yaml lacks %q", f.At, f.Text)
		}
	}
	if said < 30 {
		t.Errorf("only %d texts were found", said)
	}
}
