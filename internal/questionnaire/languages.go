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
// once; it is kept if the title has it, so that the texts in it are not reported too.
func (o object) readLanguages() {
	codes, nodes := o.words("languages", meantLanguage)
	for i, code := range codes {
		if meant := o.checkLanguage(nodes[i], code, codes); meant != "" && !slices.Contains(codes, meant) && keyOf(o.values["title"], code) == nil {
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
			o.checkLanguage(key, code, codes)
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func isHan(c rune) bool { return unicode.Is(unicode.Han, c) }

// namedLanguages are the codes that have synonyms.
var namedLanguages = []string{"zh", "zh-Hant", "en", "ja", "ko", "de", "fr", "es"}

// meantLanguage returns the code that a word seems to mean: itself if it is one, or "".
func meantLanguage(word string) string {
	tag, err := language.Parse(word)
	if err == nil && tag.String() == word {
		return word
	}
	for _, meant := range synonyms[strings.ToLower(strings.TrimSpace(word))] {
		if slices.Contains(namedLanguages, meant) {
			return meant
		}
	}
	if err != nil {
		return ""
	}
	return tag.String()
}

// checkLanguage reports a bad language code, and returns the code that it seems to mean, or "". listed are the survey's other
// codes.
func (o object) checkLanguage(at *yaml.Node, code string, listed []string) (meant string) {
	if meant = meantLanguage(code); meant == code {
		return ""
	}
	var hint message.Text
	if meant != "" && !slices.Contains(listed, meant) {
		hint = didYouMean(meant)
	}
	o.fail(at, "%s is not a language code such as zh, en or zh-Hant%s", quote(code), hint)
	return meant
}
