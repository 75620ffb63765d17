package questionnaire

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

const maxText = 20_000 // characters of one text

// text reads a text in every language of the survey.
func (o object) text(name string) survey.Text {
	v := o.values[name]
	if v == nil {
		return nil
	}
	n := o.follow(v)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return o.commonText(n, name)
	case yaml.MappingNode:
		return o.textByLanguage(n, name)
	default:
		o.fail(v, "%s must be a text, not %s", name, kindOf(n))
		return nil
	}
}

// commonText reads a text that is the same in all languages. If there are several languages, it must have no letters: "5" or
// "%".
func (o object) commonText(n *yaml.Node, name string) survey.Text {
	words, ok := o.sentence(n, name)
	if !ok {
		return nil
	}
	if len(o.languages) > 1 && strings.ContainsFunc(words, unicode.IsLetter) {
		o.fail(n, "%s must be given in every language of the survey: %s", name, o.languageMap())
		return nil
	}
	text := survey.Text{}
	for _, l := range o.languages {
		text[l] = words
	}
	return text
}

func (o object) textByLanguage(n *yaml.Node, name string) survey.Text {
	text := survey.Text{}
	given := map[string]bool{} // languages, including those whose text cannot be read
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(o.languages, key.Value) {
			if isApart(key) || isMerge(key) {
				continue
			}
			missing := slices.DeleteFunc(slices.Clone(o.languages), func(l string) bool { return keyOf(n, l) != nil })
			o.failLanguage(key, value, name, missing)
			if key.Kind != yaml.ScalarNode {
				return nil
			}
			given[beforeColon(key.Value)], given[nearest(key.Value, missing)] = true, true
			continue
		}
		if given[key.Value] {
			o.fail(key, "language %s is given twice in %s: keep one", quote(key.Value), name)
			continue
		}
		given[key.Value] = true
		s := o.follow(value)
		if s == nil {
			return nil
		}
		if s.Kind != yaml.ScalarNode {
			o.fail(value, "%s in %s must be a text, not %s", name, quote(key.Value), kindOf(s))
			continue
		}
		if words, ok := o.sentence(s, name); ok {
			text[key.Value] = words
		}
	}
	for _, l := range o.languages {
		if !given[l] {
			o.fail(n, "%s has no text in %s: add %s", name, quote(l), quote(l+": …"))
		}
	}
	if len(text) != len(o.languages) {
		return nil
	}
	return text
}

// failLanguage reports a key of a text that is not one of the survey's languages. It reports a valid language code once per
// file. missing lists the languages in which the text is not given.
func (o object) failLanguage(key, value *yaml.Node, name string, missing []string) {
	tag, err := language.Parse(key.Value)
	switch {
	case key.Kind != yaml.ScalarNode:
		o.fail(key, "%s must be a text: put it into quotes", name)
	case !colonHint(key.Value).IsZero():
		o.fail(key, "%s is not a language%s", quote(key.Value), colonHint(key.Value))
	case o.afterComma(key, value):
		o.fail(key, "the comma before %s ends the value: inside { }, a text with a comma in it needs quotes", quote(key.Value))
	case err == nil && tag.String() == key.Value && (len(key.Value) == 2 || suggest(key.Value, missing).IsZero()):
		if !o.unlisted[key.Value] {
			o.fail(key, "%s is not one of the survey's languages (%s): add it to \"languages\", or remove its texts", quote(key.Value), message.Words(o.languages...))
		}
		o.unlisted[key.Value] = true
	default:
		hint := suggest(key.Value, missing)
		if hint.IsZero() {
			hint = message.New(": a text with \": \" in it needs quotes")
		}
		o.fail(key, "%s is not one of the survey's languages (%s)%s", quote(key.Value), message.Words(o.languages...), hint)
	}
}

// sentence reads a text in one language. ok is false if the text cannot be used.
func (o object) sentence(n *yaml.Node, name string) (words string, ok bool) {
	words = strings.TrimSpace(n.Value)
	switch {
	case isTagged(n):
		o.fail(n, "! at the start of a value has a meaning in YAML: put the text of %s into quotes", name)
	case n.Tag == "!!bool":
		o.fail(n, "%s must be a text: put %s into quotes", name, n.Value)
	case isNull(n) && o.isCommentedOut(n):
		o.fail(n, "%s is empty, since # begins a comment: put a text that begins with # into quotes", name)
	case words == "" || isNull(n):
		o.fail(n, "%s is empty: write the text, or remove the key if it can be left out", name)
	case len(words) > maxText*4 || len([]rune(words)) > maxText:
		o.fail(n, "%s is longer than %d characters: shorten it", name, maxText)
	default:
		return words, true
	}
	return "", false
}

// isCommentedOut reports whether a value is missing because a comment begins in its place.
func (r *reader) isCommentedOut(n *yaml.Node) bool {
	if n.Line < 1 || n.Line > len(r.lines) {
		return false
	}
	return strings.HasPrefix(strings.TrimLeft(suffix(r.lines[n.Line-1], n.Column-1), ": "), "#")
}

// languageMap shows how a text is written in every language.
func (r *reader) languageMap() string {
	parts := make([]string, len(r.languages))
	for i, l := range r.languages {
		parts[i] = l + ": …"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
