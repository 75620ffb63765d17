package draft

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/language"
)

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

// codes that tools write and nobody else does.
var languageCodes = map[string]string{"zh-cn": "zh", "zh-hans": "zh", "zh-sg": "zh", "cn": "zh", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-hant": "zh-Hant",
	"tw": "zh-Hant", "ua": "uk", "cz": "cs", "jp": "ja", "kr": "ko", "gr": "el", "dk": "da"}

var codeAtEnd = regexp.MustCompile(`^(.*?)\s*\(\s*([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)\s*\)$`)

// LanguageCode is the code of a language as tools write it: zh-cn, English (en), Français. "" if it is none that is known.
func LanguageCode(said string) string {
	said = strings.TrimSpace(said)
	if m := codeAtEnd.FindStringSubmatch(said); m != nil {
		if code := LanguageCode(m[2]); code != "" {
			return code
		}
		said = m[1]
	}
	lower := strings.ReplaceAll(strings.ToLower(said), "_", "-")
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

// guess is the language of a text by its script: Chinese, or English.
func guess(texts []string) string {
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
	if han*3 > latin && han > 0 { // a sign of Chinese says as much as some letters
		return "zh"
	}
	return "en"
}
