package questionnaire

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
)

// readLanguages sets the survey's languages: those that are listed, else those of its title. A bad code is reported here
// once and kept, so that the texts in it are not reported too.
func (o object) readLanguages() {
	codes, nodes := o.words("languages")
	for i, code := range codes {
		if meant := o.checkLanguage(nodes[i], code); meant != "" && keyOf(o.values["title"], meant) != nil {
			codes[i] = meant
		}
	}
	if len(codes) == 0 {
		codes = o.titleLanguages()
	}
	if len(codes) == 0 {
		codes = []string{"en"}
	}
	o.reader.languages = codes
}

// titleLanguages returns the languages of the title.
func (o object) titleLanguages() []string {
	title := o.follow(o.values["title"])
	switch {
	case title == nil:
		return nil
	case title.Kind != yaml.MappingNode && strings.ContainsFunc(title.Value, isHan):
		return []string{"zh"}
	case title.Kind != yaml.MappingNode:
		return nil
	}
	var codes []string
	for i := 0; i+1 < len(title.Content); i += 2 {
		key := title.Content[i]
		code := key.Value
		switch {
		case !colonHint(code).IsZero(): // reported with the text
			code = beforeColon(code)
		case key.Kind != yaml.ScalarNode || isApart(key) || isMerge(key) || o.afterComma(key, title.Content[i+1]):
			continue
		case !slices.Contains(codes, code):
			o.checkLanguage(key, code)
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func isHan(c rune) bool { return unicode.Is(unicode.Han, c) }

// languageNames maps what authors write instead of a language's code to the code.
var languageNames = map[string]string{"cn": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh", "tw": "zh-Hant", "english": "en", "英文": "en", "英语": "en",
	"jp": "ja", "japanese": "ja", "kr": "ko", "korean": "ko", "german": "de", "french": "fr", "spanish": "es"}

// checkLanguage reports a bad language code, and returns the code that it seems to mean, or "".
func (o object) checkLanguage(at *yaml.Node, code string) (meant string) {
	tag, err := language.Parse(code)
	if err == nil && tag.String() == code {
		return ""
	}
	if meant = languageNames[strings.ToLower(code)]; meant == "" && err == nil {
		meant = tag.String()
	}
	var hint message.Text
	if meant != "" {
		hint = didYouMean(meant)
	}
	o.fail(at, "%s is not a language code such as zh, en or zh-Hant%s", quote(code), hint)
	return meant
}
