package draft

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"glasspoll/internal/convert/report"
)

// languageNames has the codes of languages by the names that authors give them.
var languageNames = map[string]string{
	"english": "en", "inglés": "en", "ingles": "en", "anglais": "en", "french": "fr", "français": "fr", "francais": "fr", "francés": "fr",
	"spanish": "es", "español": "es", "espanol": "es", "espagnol": "es", "portuguese": "pt", "português": "pt", "portugues": "pt",
	"german": "de", "deutsch": "de", "italian": "it", "italiano": "it", "dutch": "nl", "nederlands": "nl", "russian": "ru", "русский": "ru",
	"ukrainian": "uk", "polish": "pl", "polski": "pl", "turkish": "tr", "türkçe": "tr", "turkce": "tr", "arabic": "ar", "arabe": "ar", "العربية": "ar",
	"chinese": "zh", "mandarin": "zh", "chinois": "zh", "中文": "zh", "汉语": "zh", "简体中文": "zh", "繁體中文": "zh-Hant", "japanese": "ja", "日本語": "ja",
	"korean": "ko", "한국어": "ko", "hindi": "hi", "bengali": "bn", "bangla": "bn", "urdu": "ur", "nepali": "ne", "tamil": "ta", "telugu": "te",
	"marathi": "mr", "gujarati": "gu", "punjabi": "pa", "sinhala": "si", "vietnamese": "vi", "thai": "th", "khmer": "km", "lao": "lo",
	"burmese": "my", "myanmar": "my", "indonesian": "id", "bahasa indonesia": "id", "malay": "ms", "tagalog": "tl", "filipino": "fil",
	"swahili": "sw", "kiswahili": "sw", "amharic": "am", "somali": "so", "hausa": "ha", "yoruba": "yo", "igbo": "ig", "zulu": "zu", "oromo": "om",
	"tigrinya": "ti", "kinyarwanda": "rw", "luganda": "lg", "chichewa": "ny", "shona": "sn", "malagasy": "mg", "wolof": "wo", "haitian creole": "ht",
	"creole": "ht", "kreyol": "ht", "persian": "fa", "farsi": "fa", "dari": "fa-AF", "pashto": "ps", "kurdish": "ku", "hebrew": "he",
	"greek": "el", "romanian": "ro", "hungarian": "hu", "czech": "cs", "slovak": "sk", "bulgarian": "bg", "serbian": "sr", "croatian": "hr",
	"bosnian": "bs", "albanian": "sq", "macedonian": "mk", "slovenian": "sl", "swedish": "sv", "norwegian": "no", "danish": "da",
	"finnish": "fi", "estonian": "et", "latvian": "lv", "lithuanian": "lt", "mongolian": "mn", "kazakh": "kk", "uzbek": "uz", "kyrgyz": "ky",
	"tajik": "tg", "georgian": "ka", "armenian": "hy", "azerbaijani": "az", "quechua": "qu", "guarani": "gn", "tetum": "tet",
}

// languageCodes has the codes that only tools use.
var languageCodes = map[string]string{"zh-cn": "zh", "zh-hans": "zh", "zh-sg": "zh", "cn": "zh", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-hant": "zh-Hant",
	"tw": "zh-Hant", "ua": "uk", "cz": "cs", "jp": "ja", "kr": "ko", "gr": "el", "dk": "da"}

var codeAtEnd = regexp.MustCompile(`^(.*?)\s*\(\s*([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)\s*\)$`)

// LanguageCode returns the code of a language as tools write it: zh-cn, English (en), Français; "" for one that is not known.
func LanguageCode(name string) string {
	name = strings.TrimSpace(name)
	if m := codeAtEnd.FindStringSubmatch(name); m != nil {
		if code := LanguageCode(m[2]); code != "" {
			return code
		}
		name = m[1]
	}
	lower := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if code := languageCodes[lower]; code != "" {
		return code
	}
	if code := languageNames[lower]; code != "" {
		return code
	}
	if first := strings.FieldsFunc(lower, func(c rune) bool { return c == ' ' || c == '(' || c == '/' }); len(first) > 1 && languageNames[first[0]] != "" {
		return languageNames[first[0]]
	}
	if tag, err := language.Parse(lower); err == nil && len(strings.SplitN(lower, "-", 2)[0]) <= 3 && tag.String() != "und" {
		return tag.String()
	}
	return ""
}

// GuessLanguage guesses the language of texts by their script: Chinese, or English.
func GuessLanguage(texts []string) string {
	han, latin := 0, 0
	for _, t := range texts {
		for _, c := range t {
			if unicode.Is(unicode.Han, c) {
				han++
			} else if c < 0x250 && unicode.IsLetter(c) {
				latin++
			}
		}
	}
	if han*3 > latin && han > 0 { // one Chinese character is worth about three letters
		return "zh"
	}
	return "en"
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// chooseLanguages decides which languages the survey has, and which language unmarked texts are in.
func (w *writer) chooseLanguages() {
	texts := slices.DeleteFunc(w.allTexts(), func(t *Text) bool { return t == nil || t.builtinFor != nil })
	used := countLanguages(texts)
	if w.Language == "" && (used.texts[""] > 0 || len(used.order) == 0) {
		w.Language = GuessLanguage(used.unnamed)
		if used.texts[""] > 0 {
			w.Ask(report.Place{}, "texts that name no language were taken for %s: is that right?", w.Language)
		}
	}
	if used.texts[""] > 0 || used.texts[w.Language] > 0 {
		w.languages = []string{w.Language}
	}
	for _, l := range used.order {
		switch {
		case l == "" || slices.Contains(w.languages, l):
		case len(w.languages) > 0 && used.texts[l]*4 < used.total:
			w.Ask(report.Place{}, "only %d of %d texts are given in %s: it was left out of the languages", used.texts[l], used.total, l)
		default:
			w.languages = append(w.languages, l)
		}
	}
	if len(w.languages) == 0 {
		w.languages = []string{"en"}
	}
	w.dropOtherLanguages(texts)
	if i := slices.Index(w.languages, w.FirstLanguage); i > 0 {
		w.languages = slices.Insert(slices.Delete(w.languages, i, i+1), 0, w.FirstLanguage)
	}
	for _, l := range w.languages {
		if l != "en" && l != "zh" {
			w.Ask(report.Place{}, "the form's own words (Required, Send, …) may be missing in %s: see docs/import.md", l)
		}
	}
}

// allTexts returns every text of the survey; some are nil.
func (w *writer) allTexts() []*Text {
	var all []*Text
	for _, s := range w.sections {
		all = append(all, s.Title, s.Intro)
		for _, q := range s.questions {
			all = append(all, q.texts()...)
		}
	}
	all = append(all, w.Title, w.Intro)
	for _, t := range w.Thanks {
		all = append(all, t.Text)
	}
	return all
}

func (q *Question) texts() []*Text {
	all := []*Text{q.Label, q.Help, q.Low, q.High, q.OtherLabel, q.ConstraintMessage, q.LimitMessage}
	for _, o := range q.Rows {
		all = append(all, o.Label)
	}
	if q.Options != nil {
		for _, o := range q.Options.Items {
			all = append(all, o.Label)
		}
	}
	for _, c := range q.Checks {
		all = append(all, c.Message)
	}
	return all
}

// A languageCount says how many texts each language has.
type languageCount struct {
	texts   map[string]int
	order   []string // the languages, in the order of their first text
	unnamed []string // the texts that name no language
	total   int      // of texts
}

// countLanguages counts the texts that have letters.
func countLanguages(texts []*Text) languageCount {
	c := languageCount{texts: map[string]int{}}
	for _, t := range texts {
		if !slices.ContainsFunc(t.Texts(), hasLetters) {
			continue
		}
		c.total++
		for _, l := range t.order {
			if c.texts[l]++; c.texts[l] == 1 {
				c.order = append(c.order, l)
			}
			if l == "" {
				c.unnamed = append(c.unnamed, t.byLanguage[l])
			}
		}
	}
	return c
}

// dropOtherLanguages reports the texts in languages that the survey does not have.
func (w *writer) dropOtherLanguages(texts []*Text) {
	for _, t := range texts {
		for _, l := range t.order {
			if a := t.atoms[l]; a != nil && l != "" && !slices.Contains(w.languages, l) {
				w.Drop(a, "%s is no language of the survey, since few texts are given in it", l)
			}
		}
	}
}

// translations returns a text in every language of the survey. If a translation is missing, it is replaced by the text in
// another language. rich says that the text is Markdown here.
func (w *writer) translations(t *Text, rich bool) map[string]string {
	if t == nil {
		return nil
	}
	converted := map[string]string{}
	substitute := w.substitute(t)
	var missing []string
	for _, l := range w.languages {
		from := l
		if !t.Has(l) {
			from = substitute
			if (from != "" || l != w.Language) && hasLetters(t.byLanguage[from]) {
				missing = append(missing, l)
			}
		}
		if converted[l] = w.convertText(t.byLanguage[from], t.atoms[from], t.finder(w.find), rich); converted[l] == "" {
			converted[l] = "…"
		}
	}
	if len(missing) > 0 {
		w.Ask(t.place(), "%s has no text in %s: that in another language is used", report.Quote(t.byLanguage[substitute]), strings.Join(missing, ", "))
	}
	report.Carry(t.sources...)
	for _, l := range t.order {
		a := t.atoms[l]
		if a == nil || l != "" && !slices.Contains(w.languages, l) {
			continue
		}
		if l == "" && t.Has(w.Language) && t.byLanguage[w.Language] != t.byLanguage[""] {
			w.Drop(a, "the text in %s was taken instead of this one, which names no language", w.Language)
		}
		report.Carry(a)
	}
	return converted
}

// substitute returns the language whose text replaces a missing one: the language of unmarked texts, else the first language
// of the survey that the text has.
func (w *writer) substitute(t *Text) string {
	for _, l := range slices.Concat([]string{"", w.Language}, w.languages) {
		if t.Has(l) {
			return l
		}
	}
	return t.order[0]
}
