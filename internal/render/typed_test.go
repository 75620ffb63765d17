package render

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/dop251/goja"
	"pgregory.net/rapid"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// unicodeClasses writes Unicode's categories in rules.js as ranges, which the engine of the tests needs. That a browser has the
// same categories is tested in e2e.
func unicodeClasses(source string) string {
	for name, table := range map[string]*unicode.RangeTable{
		"Nd": unicode.Nd, "Cc": unicode.Cc, "Cf": unicode.Cf, "Z": unicode.Z, "M": unicode.M,
	} {
		var class strings.Builder
		for _, r := range table.R16 {
			writeRange(&class, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range table.R32 {
			writeRange(&class, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		source = strings.ReplaceAll(source, `\p{`+name+`}`, class.String())
	}
	return source
}

func writeRange(class *strings.Builder, low, high, stride rune) {
	if stride == 1 {
		fmt.Fprintf(class, `\u{%x}-\u{%x}`, low, high)
		return
	}
	for c := low; c <= high; c += stride {
		fmt.Fprintf(class, `\u{%x}`, c)
	}
}

// typedSurvey asks a question of every type that is typed.
func typedSurvey(t testing.TB) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("typed.yaml", []byte(`title: Typed
languages: [en]
sections:
  - questions:
      - {id: number, type: number, min: -1000, label: Number}
      - {id: sum, type: constant_sum, total: 10, label: Sum, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: date, type: date, min: 1900-01-01, label: Date}
      - {id: time, type: time, label: Time}
      - {id: phone, type: phone, label: Phone}
      - {id: mail, type: email, label: Mail}
      - {id: site, type: url, label: Site}
      - {id: short, type: short_text, min_length: 3, label: Short}
      - {id: long, type: long_text, required: true, label: Long}
      - {id: choice, type: single_choice, label: Choice, options: [{id: x, label: X}], other: true}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// compareTyped checks that the page and the handler read one text alike, and returns what they read.
func compareTyped(t rapid.TB, r *Renderer, js *script, s *survey.Survey, field, typed string) (value string, problems [][2]string) {
	t.Helper()
	fields := map[string][]string{field: {typed}}
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	out, err := js.evaluate(goja.Undefined(), js.vm.ToValue(string(data)), js.vm.ToValue(""), js.vm.ToValue("en"))
	if err != nil {
		t.Fatalf("%s %q: rules.js: %v", field, typed, err)
	}
	var got verdict
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := handlerVerdict(r, s, fields, "", "en")
	if !reflect.DeepEqual(got.Values, want.Values) || !reflect.DeepEqual(got.Problems, want.Problems) {
		t.Fatalf("%s %q\nscript  %q %q\nhandler %q %q", field, typed, got.Values, got.Problems, want.Values, want.Problems)
	}
	return strings.Join(want.Values[field], " "), want.Problems
}

func TestTypedTextsAreReadAlike(t *testing.T) {
	r, js, s := renderer(t), newScript(t), typedSurvey(t)
	js.call(t, js.load, string(scriptRules(s, r.words.In("en"), "en")))
	const unread = "?" // not read, or not taken
	check := func(field, typed, want string) {
		t.Helper()
		value, problems := compareTyped(t, r, js, s, field, typed)
		for _, p := range problems {
			if p[0] == field {
				value = unread
			}
		}
		if value != want {
			t.Errorf("%s %q is read as %q, want %q", field, typed, value, want)
		}
	}
	for _, c := range typedTexts {
		for _, pair := range strings.Split(strings.TrimSpace(c.texts), "\n") {
			typed, want, _ := strings.Cut(pair, " →")
			check(c.field, unescape(t, strings.TrimLeft(typed, "\t")), unescape(t, strings.TrimSpace(want)))
		}
	}
	zeros := 0
	for _, zero := range digitZeros() {
		in := func(text string) string {
			return strings.Map(func(c rune) rune {
				if '0' <= c && c <= '9' {
					return zero + c - '0'
				}
				return c
			}, text)
		}
		check("number", in("9876501234"[:9]), "987650123")
		check("number", in("-3.5"), "-3.5")
		check("sum.a", in("7"), "7")
		check("date", in("2026-11-29"), "2026-11-29")
		check("time", in("9:05"), "09:05")
		check("phone", in("+86 138 0013 8000"), "+86 138 0013 8000")
		check("mail", in("li42@example.com"), "li42@example.com")
		zeros++
	}
	if zeros < 60 {
		t.Errorf("only %d scripts have digits", zeros)
	}
}

// typedTexts are texts as keyboards, input methods and copied pages give them, and how they are read; ? is a message.
var typedTexts = []struct{ field, texts string }{
	{"number", `
		35 → 35
		\u0663\u066b\u0665 → 3.5
		\u06f3\u066b\u06f5 → 3.5
		\uff13\uff0e\uff15 → 3.5
		3\u30025 → 3.5
		3\uff615 → 3.5
		\u22125 → -5
		\u20135 → -5
		\u20105 → -5
		\u20115 → -5
		\u20125 → -5
		\uff0d5 → -5
		\u061c-\u0665 → -5
		\u200e-5\u200e → -5
		\u202a12\u202c → 12
		\u206612\u2069 → 12
		\ufeff12 → 12
		1\u200b2\u2060 → 12
		1\u00ad2 → 12
		\u202d-3.5\u202c → -3.5
		\uff0b5 → 5
		+5 → 5
		\u0661\u066c\u0662\u0663\u0664 → 1234
		\u0661\u066c\u0662\u0663\u0664\u066c\u0665\u0666\u0667\u066b\u0665 → 1234567.5
		1\u066c5 → ?
		1\u066c2345 → ?
		1,5 → ?
		1,500 → ?
		1,234,567 → ?
		1\uff0c5 → ?
		1\u060c5 → ?
		1 500 → ?
		3. → ?
		.5 → ?
		1e3 → ?
		- 5 → ?
		3\u066b\u066b5 → ?
		\u4e09 → ?
		3\u301c5 → ?
		5\u00b2 → ?
		10\u2076 → ?
		\u2083 → ?
		\u207b5 → ?
		1\u00bd → ?
		\u2464 → 5
		\U0001d7d5 → 7
		-1001 → ?
		\u200b →
		\u3164 → ?
	`},
	{"sum.a", `
		\u0663 → 3
		\uff14 → 4
		3\u066b5 → 3.5
		\u22121 → ?
		many → ?
	`},
	{"date", `
		2026-11-29 → 2026-11-29
		2026-1-2 → 2026-01-02
		2026/1/2 → 2026-01-02
		2026.1.2 → 2026-01-02
		2026年11月29日 → 2026-11-29
		2026年11月29 → 2026-11-29
		2026 年 1 月 2 日 → 2026-01-02
		２０２６年１１月２９日 → 2026-11-29
		2026－11－29 → 2026-11-29
		2026／1／2 → 2026-01-02
		2026．1．2 → 2026-01-02
		2026\u20131\u20132 → 2026-01-02
		2026\u22121\u22122 → 2026-01-02
		2026\u20111\u20112 → 2026-01-02
		\u0662\u0660\u0662\u0666-\u0661\u0661-\u0662\u0669 → 2026-11-29
		\u200f\u0662\u0660\u0662\u0666/\u0661\u0661/\u0662\u0669\u200f → 2026-11-29
		\u06f2\u06f0\u06f2\u06f6/\u06f1/\u06f2 → 2026-01-02
		\u202d2026-11-29\u202c → 2026-11-29
		2026. 1. 2 → 2026-01-02
		2028-02-29 → 2028-02-29
		2026-02-29 → ?
		2026-02-30 → ?
		2026-13-01 → ?
		2026-00-01 → ?
		2026-1-0 → ?
		29/11/2026 → ?
		26-11-29 → ?
		20261129 → ?
		2026-11 → ?
		2026-11-29T10:00 → ?
		1899-12-31 → ?
		0000-01-01 → ?
		tomorrow → ?
		2026-11-2\u2079 → ?
	`},
	{"time", `
		9:30 → 09:30
		9:5 → 09:05
		00:00 → 00:00
		23:59 → 23:59
		９：３０ → 09:30
		9\ufe5530 → 09:30
		9点30分 → 09:30
		9點30 → 09:30
		9时30分 → 09:30
		9 時 30 分 → 09:30
		\u0669:\u0663\u0660 → 09:30
		\u200f\u0669:\u0663\u0660 → 09:30
		\u06f2\u06f3:\u06f5\u06f9 → 23:59
		24:00 → ?
		9:60 → ?
		9 → ?
		9:30:00 → ?
		9.30 → ?
		9:30 PM → ?
		noon → ?
	`},
	{"phone", `
		13800138000 → 13800138000
		+86 138 0013 8000 → +86 138 0013 8000
		(+86) 138 0013 8000 → (+86) 138 0013 8000
		（＋８６）１３８００１３８０００ → (+86)13800138000
		(010) 8888-0000 → (010) 8888-0000
		010\u20138888\u20130000 → 010-8888-0000
		010\u22128888\u20110000 → 010-8888-0000
		010－88880000 → 010-88880000
		010—88880000 → 010-88880000
		010-88880000转123 → 010-88880000转123
		010-88880000 转 123 → 010-88880000 转 123
		010-88880000轉123 → 010-88880000轉123
		010-88880000分机123 → 010-88880000分机123
		010-88880000 分机：123 → 010-88880000 分机:123
		02-8888000內線12 → 02-8888000內線12
		+1 212 555 0100 ext. 89 → +1 212 555 0100 ext. 89
		+1 212 555 0100 EXT 89 → +1 212 555 0100 EXT 89
		+1 212 555 0100, extension 89 → +1 212 555 0100, extension 89
		+1-212-555-0100;ext=89 → +1-212-555-0100;ext=89
		2125550100x89 → 2125550100x89
		2125550100 X 89 → 2125550100 X 89
		2125550100#89 → 2125550100#89
		\u202a+8613800138000\u202c → +8613800138000
		\u200e138 0013 8000 → 138 0013 8000
		\u2068138\u00a00013\u00a08000\u2069 → 138 0013 8000
		\u0660\u0665\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667 → 0501234567
		+\u0669\u0666\u0666 \u0665\u0660 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667 → +966 50 123 4567
		\u06f0\u06f9\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9 → 09123456789
		110 → ?
		call me → ?
		88880000\u00b2 → ?
		88880000转 → ?
		88880000ext → ?
		转123 → ?
		8888000089转1234567 → ?
		+ 86 → ?
	`},
	{"mail", `
		li@example.com → li@example.com
		li＠example．com → li@example.com
		li@example\u3002com → li@example.com
		\u200bli@example.com\ufeff → li@example.com
		li\u2011wang@example.com → li-wang@example.com
		li\u0661\u0662@example.com → li12@example.com
		\u202ali@example.com\u202c → li@example.com
		mail@\u30c7\u30fc\u30bf.jp → mail@\u30c7\u30fc\u30bf.jp
		李@例子.中国 → 李@例子.中国
		li@example → ?
		li at example.com → ?
	`},
	{"site", `
		www.example.com → www.example.com
		ｗｗｗ．example．com／a → www.example.com/a
		www\u3002example\u3002com/a\u3002b → www.example.com/a\u3002b
		https：／／example．com → https://example.com
		\u200bhttps://example.com/\u2060 → https://example.com/
		https://example.org/\u0661\u2013\u0662 → https://example.org/\u0661\u2013\u0662
		https：//ｅxample．org/a → https://example.org/a
		ｅxample．org／北京（消歧义）？ → example.org/北京（消歧义）？
		https://zh.example.org/wiki/北京（消歧义） → https://zh.example.org/wiki/北京（消歧义）
		https://example.org/\u00bd\uff21\uff1a → https://example.org/\u00bd\uff21\uff1a
		https://example.org/e\u0301 → https://example.org/\u00e9
		here → ?
	`},
	{"short", `
		abc → abc
		a\u200db\u200cc → a\u200db\u200cc
		\U0001F469\u200d\U0001F469\u200d\U0001F467 → \U0001F469\u200d\U0001F469\u200d\U0001F467
		ab\u200b\u200b\u200b → ?
		ab\u3164\u2800 → ?
		\u0e01\u0e34\u0e48 → \u0e01\u0e34\u0e48
		\u200b →
		\ufeff\ufeff\ufeff →
		\u3164\u3164\u3164 →
		\u2800\u2800\u2800 →
		\u00ad\u00ad\u00ad →
		\u115f\u1160\uffa0 →
		\u0301\u0301\u0301 →
		\u200f \u2003\u3000 →
		\u034f\ufe0f\ufe0f →
		\U000e0020\U000e0041\U000e007f →
		\u0663\u0665\u2013 → \u0663\u0665\u2013
		\ufeffabc\ufeff → abc
	`},
	{"long", `
		yes → yes
		\u200b → ?
		\n\u3164\n → ?
		\u2800 → ?
		\u00ad\u0301 → ?
		ok\u200b → ok\u200b
	`},
	{"choice._other", `
		tea → tea
		\u200b →
		\u3164 →
	`},
}

// digitZeros lists the digit zero of every script.
func digitZeros() []rune {
	var zeros []rune
	for _, r := range unicode.Nd.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += 10 {
			zeros = append(zeros, c)
		}
	}
	for _, r := range unicode.Nd.R32 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += 10 {
			zeros = append(zeros, c)
		}
	}
	return zeros
}

// unescape replaces \u and \U escapes, and \n.
func unescape(t testing.TB, text string) string {
	t.Helper()
	plain, err := strconv.Unquote(`"` + text + `"`)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return plain
}

// Random texts are read alike, and what is read is read again as the same.
func TestRandomTypedTextsAreReadAlike(t *testing.T) {
	r, js, s := renderer(t), newScript(t), typedSurvey(t)
	js.call(t, js.load, string(scriptRules(s, r.words.In("en"), "en")))
	special := []rune("\u00b2\u2074\u208a\u2488\u200b\u200d\u202a\u2066\ufeff\u2060\u00ad\u061c\u2212\u2010\u2013\u2014\uff0d\u3002\u066b\u066c\uff0e\uff1a\uff0f\uff20\uff0b\u3164\u2800\u115f\u0301\u3099\u0085\u2028\u3000年月日点分转,;")
	character := rapid.OneOf(rapid.Rune(), rapid.RuneFrom(special), rapid.RuneFrom([]rune("0123456789+-./:@#()x eE")), rapid.RuneFrom(nil, unicode.Nd, unicode.Cf, unicode.M))
	examples := []string{"12", "-3.5", "2026-11-29", "9:30", "010-88880000 ext 12", "li@example.com", "https://example.com/a", "abc"}
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.SampledFrom([]string{"number", "sum.a", "date", "time", "phone", "mail", "site", "short", "long", "choice._other"}).Draw(t, "field")
		typed := []rune(rapid.OneOf(rapid.SampledFrom(examples), rapid.StringOfN(character, 0, 12, -1)).Draw(t, "text"))
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			at := rapid.IntRange(0, len(typed)).Draw(t, "at")
			typed = slices.Insert(typed, at, character.Draw(t, "inserted"))
		}
		value, _ := compareTyped(t, r, js, s, field, string(typed))
		if again, _ := compareTyped(t, r, js, s, field, value); again != value {
			t.Fatalf("%s %q is read as %q, and that as %q", field, string(typed), value, again)
		}
	})
}
