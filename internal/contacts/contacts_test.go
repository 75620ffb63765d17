package contacts

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
)

func TestMain(m *testing.M) { soak.Main(m, 5_000) }

const source = `
title: {zh: 喝茶问卷, en: Tea}
languages: [zh, en]
channels: [web, email, sms]
results: {min_group: 5}
sections:
  - questions:
      - {id: tier, type: hidden, label: {zh: 客户等级, en: Customer tier}, short: {zh: 等级, en: Tier}, options: [{id: key, label: {zh: 重点客户, en: Key account}, short: {zh: 重点, en: Key}}, {id: other_one, label: {zh: 普通客户, en: Regular}}, {id: plus, label: {zh: "＋", en: "+"}}]}
      - {id: region, type: hidden, label: {zh: 地区, en: Region}, options: [{id: north, label: {zh: 北, en: North}}, {id: north_east, label: {zh: 东北, en: North}}]}
      - {id: contract, type: hidden, label: {zh: 合同号, en: Contract}, private: true}
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}}
`

func parsed(t interface{ Fatal(...any) }) *survey.Survey {
	s, problems := questionnaire.Parse("tea.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func read(t *testing.T, file []byte) *List {
	t.Helper()
	l, err := Read(parsed(t), file)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shown writes a list as a reader sees it.
func shown(l *List, language string) string {
	var b strings.Builder
	fmt.Fprintln(&b, l.Form.In(language))
	for _, m := range l.Mapping() {
		fmt.Fprintln(&b, m.In(language))
	}
	for _, c := range l.Contacts {
		fmt.Fprintf(&b, "%d|%s|%s|%s|%s|%s|%v\n", c.Row, c.Name, c.Email, c.Phone, c.Language, c.Channel, c.Values)
	}
	for _, f := range l.Faults {
		fmt.Fprintln(&b, f.Message().In(language))
	}
	return b.String()
}

var plainList = [][]string{
	{"姓名", "电子邮箱（必填）", "手机号码", "语言", "渠道", "客户等级", "合同号", "备注"},
	{"李雷", "Li@Example.com", "138 0013 8000", "中文", "邮件", "重点客户", "A,1", "来过"},
	{"Han, Mei", "han@example.com", "", "EN", "email", "Regular", "", ""},
}

// written writes a list as CSV.
func written(t *testing.T, list [][]string, separator rune) string {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = separator
	if err := w.WriteAll(list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const plainShown = `CSV in %s, separated by %s
column A '姓名': name
column B '电子邮箱（必填）': e-mail
column C '手机号码': phone
column D '语言': language
column E '渠道': channel
column F '客户等级': answer to tier (客户等级)
column G '合同号': answer to contract (合同号)
column H '备注': not read
no column is named region (地区): it stays empty
2|李雷|Li@Example.com|138 0013 8000|zh|email|map[contract:A,1 tier:key]
3|Han, Mei|han@example.com||en|email|map[tier:other_one]
`

func utf16Of(text string, big, mark bool) []byte {
	if mark {
		text = "\ufeff" + text
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// TestEncodings reads one list in every encoding and with every separator.
func TestEncodings(t *testing.T) {
	text := written(t, plainList, ',')
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, encoding, separator string }{
		"UTF-8":              {text, "UTF-8", "commas"},
		"UTF-8 with a mark":  {"\ufeff" + text, "UTF-8", "commas"},
		"CR and LF":          {strings.ReplaceAll(text, "\n", "\r\n"), "UTF-8", "commas"},
		"CR":                 {strings.ReplaceAll(text, "\n", "\r"), "UTF-8", "commas"},
		"GB18030":            {gb, "GB18030", "commas"},
		"UTF-16, little end": {string(utf16Of(text, false, true)), "UTF-16", "commas"},
		"UTF-16, big end":    {string(utf16Of(text, true, true)), "UTF-16", "commas"},
		"UTF-16, no mark":    {string(utf16Of(text, false, false)), "UTF-16", "commas"},
		"big end, no mark":   {string(utf16Of(text, true, false)), "UTF-16", "commas"},
		"semicolons":         {written(t, plainList, ';'), "UTF-8", "semicolons"},
		"tabs":               {string(utf16Of(written(t, plainList, '\t'), false, true)), "UTF-16", "tabs"},
	} {
		if got, want := shown(read(t, []byte(c.file)), "en"), fmt.Sprintf(plainShown, c.encoding, c.separator); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
	western, err := charmap.Windows1252.NewEncoder().String("Name;E-Mail\nJürgen Müller;j@example.com\nÉléonore Größe;e@example.com\n")
	if err != nil {
		t.Fatal(err)
	}
	l := read(t, []byte(western))
	if len(l.Contacts) != 2 || l.Contacts[0].Name != "Jürgen Müller" || l.Contacts[1].Name != "Éléonore Größe" {
		t.Errorf("got\n%s", shown(l, "en"))
	}
}

// workbook makes a workbook with the given sheets.
func workbook(t testing.TB, sheets map[string][][]any, order ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, name := range order {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for j, row := range sheets[name] {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", j+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWorkbook reads numbers as telephone numbers, below a title, on the sheet that has a list.
func TestWorkbook(t *testing.T) {
	l := read(t, workbook(t, map[string][][]any{
		"说明": {{"请在名单页填写"}},
		"名单": {{"2026 年客户名单"}, {"手机", "电话", "名", "姓", "等级"}, {13800138000, "010-12345678", "雷", "李", "重点"}, {13800138001.0, nil, "Ann", "Lee", "key"}},
	}, "说明", "名单"))
	if got, want := shown(l, "zh"), `工作簿中的工作表“名单”；不读其他工作表
A 列“手机”：电话
B 列“电话”：不读：以“手机”为准
C 列“名”：名
D 列“姓”：姓
E 列“等级”：题目 tier（客户等级）的答案
没有名为 region（地区）的列：留空
没有名为 contract（合同号）的列：留空
3|李雷||13800138000|||map[tier:key]
4|Ann Lee||13800138001|||map[tier:key]
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestMissingQuotes: a quotation mark that does not end, or ends at the wrong place, takes no rows into a cell silently.
func TestMissingQuotes(t *testing.T) {
	for file, want := range map[string]string{
		"name,email\n\"Anna,a@example.com\nBob \"B\",b@example.com\nCy,c@example.com\n": "row 2",
		"email,name\na@example.com,\"Anna\nb@example.com,Bob\n":                         "row 2",
		"email,name\na@example.com,5\" pipe\nb@example.com,Bob \"B\"\n":                 "",
		"email,name\na@example.com,\"Anna\nof \"\"B\"\"\"\n\nb@example.com,Bob\n":       "",
	} {
		l, err := Read(parsed(t), []byte(file))
		switch {
		case want == "" && (err != nil || len(l.Contacts) != 2):
			t.Errorf("%q: %+v, %v", file, l, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %+v, %v", file, l, err)
		}
	}
}

// TestDamagedWorkbook damages a sheet behind its first rows. It is refused: nobody who stands behind the damage is left out silently.
func TestDamagedWorkbook(t *testing.T) {
	whole := workbook(t, map[string][][]any{"list": {{"email"}, {"a@example.com"}, {"b@example.com"}, {"c@example.com"}}}, "list")
	const before = `<row r="3">`
	for what, with := range map[string]string{
		"another end": `</wrong>` + before, "an unknown entity": `<row r="3">&nbsp;`, "a control": "<row r=\"3\">\x01", "no row": `<row r="3" <`, "the same": before, "remarks": `<!-- a < b -->` + before,
	} {
		damaged := replaceInSheet(t, whole, before, with)
		l, err := Read(parsed(t), damaged)
		if refused := err != nil; refused == (what == "the same" || what == "remarks") {
			t.Errorf("%s: %+v, %v", what, l, err)
		}
	}
	cut := replaceInSheet(t, whole, before, "\x00")
	if l, err := Read(parsed(t), cut); err == nil {
		t.Errorf("cut: %+v", l)
	}
}

// replaceInSheet replaces a text of a workbook's sheet; by a zero byte, what follows too.
func replaceInSheet(t *testing.T, source []byte, before, after string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(source), int64(len(source)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	to, found := zip.NewWriter(&b), false
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(content); strings.Contains(text, before) && strings.Contains(text, "<sheetData>") {
			text, _, _ = strings.Cut(strings.Replace(text, before, after, 1), "\x00")
			content, found = []byte(text), true
		}
		out, err := to.Create(f.Name)
		if err == nil {
			_, err = out.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil || !found {
		t.Fatalf("%t, %v", found, err)
	}
	return b.Bytes()
}

// TestFaults lists every kind of fault with its place, in both languages.
func TestFaults(t *testing.T) {
	file := []byte(`name,e-mail,phone,language,channel,tier,region,contract
Good,good@example.com,13800138000,zh-CN,Web,+,东北,C1
Bad,no address,12,fr,fax,gold,north,
Rounded,,1.38E+10,,,,North,

Double,GOOD@example.com,+86 138-0013-8000,,,,,
Nobody,,,,,,,
Far,far@example.com,,,,,,,,what
` + "Long," + `long@example.com,,,,,,` + strings.Repeat("x", 201) + `



Last,last@example.com,,,,,,"` + strings.Repeat("y", 501) + `"
`)
	l := read(t, file)
	got := shown(l, "en")
	got = got[strings.Index(got, "2|"):]
	if want := `2|Good|good@example.com|13800138000|zh|web|map[contract:C1 region:north_east tier:plus]
row 3, column B 'e-mail': 'no address' is no e-mail address: write one such as li@example.com
row 3, column C 'phone': '12' is no telephone number: write one such as +86 138 0013 8000
row 3, column D 'language': 'fr' is no language of the survey: it has zh, en
row 3, column E 'channel': 'fax' is no channel of the survey: it has web, email, sms
row 3, column F 'tier': 'gold' is no option of tier: it has key, other_one, plus
row 4, column C 'phone': '1.38E+10' is a rounded number, whose last digits are lost: make the column a text column, and enter the telephone numbers again
row 4, column G 'region': 'North' may mean north, north_east: write the id of the option
row 5: the row is empty: delete it
row 6, column B 'e-mail': 'GOOD@example.com' stands in row 2 already: each may be invited once. Delete one, or leave an address out that several share
row 6, column C 'phone': '+86 138-0013-8000' stands in row 2 already: each may be invited once. Delete one, or leave an address out that several share
row 7: neither an e-mail address nor a telephone number: add one, or delete the row
row 8, column J: 'what' stands in a column without a name: name it in row 1, or delete it
row 9, column H 'contract': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is no answer to contract: write a text of up to 200 characters
row 10: the rows up to 12 are empty: delete them
row 13, column H 'contract': the cell has more than 500 characters: is a quotation mark missing?
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	chinese := shown(l, message.Chinese)
	for _, want := range []string{"第 3 行 B 列“e-mail”：“no address”不是邮箱：写成 li@example.com 这样\n", "第 5 行：这一行是空的：请删掉\n", "第 10 行：从这里到第 12 行都是空的：请删掉\n", "第 8 行 J 列：“what”所在的列没有列名：请在第 1 行写上列名，或者删掉\n"} {
		if !strings.Contains(chinese, want) {
			t.Errorf("got\n%s\nwant\n%s", chinese, want)
		}
	}
	if l.Rows != 8 || len(l.Contacts) != 1 {
		t.Errorf("%d rows, %d contacts", l.Rows, len(l.Contacts))
	}
}

func TestHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"邮箱,邮箱":                              "row 1, column B '邮箱': column A means the same: rename or delete one",
		"E-MAIL ADDRESS*,Customer Tier,TIER": "row 1, column C 'TIER': ",
		"电邮,等级,tier":                         "row 1, column B '等级': column C means the same",
		"Mail,Name,First name":               "",
	} {
		l := read(t, []byte(header+"\na@b.example\n"))
		got := ""
		for _, f := range l.Faults {
			got += f.Message().String()
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	for file, want := range map[string]string{
		"": "the file is empty", "\n\n": "the file is empty", "\ufeff": "the file is empty",
		"a@b.example\nc@d.example\n": "no column is named e-mail or phone",
		"PK\x03\x04":                 "the workbook is damaged", "\xD0\xCF\x11\xE0": "an old .xls workbook",
		"\x00\x01\x00\x00": "no text in UTF-8",
		"mail\n" + strings.Repeat("a@b.example\n", MaxRows+1): "more than 100000 rows",
		strings.Repeat("x", MaxSource+1):                      "larger than 20 MB",
	} {
		if _, err := Read(parsed(t), []byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", file, err, want)
		}
	}
}

// TestOneMistakeInEveryRow keeps a bounded number of faults, and counts the rest.
func TestOneMistakeInEveryRow(t *testing.T) {
	l := read(t, []byte("mail\n"+strings.Repeat("nobody\n", 3_000)))
	if len(l.Faults) != maxFaults || l.More != 2_000 || len(l.Contacts) != 0 {
		t.Errorf("%d faults and %d more, %d contacts", len(l.Faults), l.More, len(l.Contacts))
	}
}

func TestKeys(t *testing.T) {
	for _, same := range [][]string{
		{"13800138000", "138-0013-8000", "+86 138 0013 8000", "0086 138 0013 8000", "86-13800138000", "(+86) 138 0013 8000"},
		{"010-12345678", "(010) 12345678", "010 1234 5678"},
		{"+86 10 1234 5678", "+86 010-12345678"},
		{"+44 (0)20 7946 0958", "+442079460958", "0044 20 7946 0958"},
		{"010-12345678 转 12", "010-12345678 ext. 12", "01012345678x12"},
		{"+1 380 013 8000", "001-380-013-8000"},
	} {
		for _, number := range same[1:] {
			if a, b := normalPhone(same[0]), normalPhone(number); a != b {
				t.Errorf("%s is %s, %s is %s", same[0], a, number, b)
			}
		}
	}
	seen := map[string]string{}
	for _, number := range []string{"13800138000", "+1 380 013 8000", "010-12345678", "010-12345678 转 12", "010-12345678 转 13", "020-12345678"} {
		if was := seen[normalPhone(number)]; was != "" {
			t.Errorf("%s and %s are one", was, number)
		}
		seen[normalPhone(number)] = number
	}
	if a, b := normalEmail("Li@Bücher.example"), normalEmail("li@xn--bcher-kva.example"); a != b {
		t.Errorf("%s, %s", a, b)
	}
}

// TestWhatIsWrittenIsRead writes contacts as a list, and reads the same ones.
func TestWhatIsWrittenIsRead(t *testing.T) {
	s := parsed(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		list := [][]string{{"name", "email", "phone", "language", "channel", "tier", "contract"}}
		for i := range n {
			list = append(list, []string{
				rapid.StringMatching(`[=+@'a-z李 ,;"\t]{0,6}`).Draw(t, "name"), fmt.Sprintf("a%d@example.com", i), rapid.SampledFrom([]string{"", fmt.Sprintf("+86138001380%02d", i)}).Draw(t, "phone"),
				rapid.SampledFrom([]string{"", "zh", "en"}).Draw(t, "language"), rapid.SampledFrom([]string{"", "web", "sms"}).Draw(t, "channel"),
				rapid.SampledFrom([]string{"", "key", "plus"}).Draw(t, "tier"), rapid.StringMatching(`[=A-Z0-9]{0,4}`).Draw(t, "contract"),
			})
		}
		var b bytes.Buffer
		w := spreadsheet.NewWriter(&b)
		for _, row := range list {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		l, err := Read(s, b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Faults) > 0 || len(l.Contacts) != n {
			t.Fatalf("%d contacts, %v from\n%s", len(l.Contacts), l.Faults, b.Bytes())
		}
		for i, c := range l.Contacts {
			row := list[i+1]
			want := strings.Join([]string{strings.Join(strings.Fields(row[0]), " "), row[1], row[2], row[3], row[4], row[5], row[6]}, "|")
			if got := strings.Join([]string{c.Name, c.Email, c.Phone, c.Language, c.Channel, c.Values["tier"], c.Values["contract"]}, "|"); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("sep=;\nname;mail\n\"Li;a@b.example\n"))
	f.Add([]byte("姓名\t手机\n李\t13800138000\n"))
	f.Add([]byte("\xff\xfem\x00a\x00i\x00l\x00"))
	f.Add([]byte("\xd3\xca\xcf\xe4\n\x81"))
	f.Add([]byte("PK\x03\x04"))
	f.Add(workbook(f, map[string][][]any{"a": {{"mail", "tier"}, {"a@b.example", "key"}, {1.5, true}}}, "a"))
	s := parsed(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		l, err := Read(s, file)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range l.Contacts {
			if len(c.Keys()) == 0 {
				t.Errorf("nothing to know %v by", c)
			}
			for _, key := range c.Keys() {
				if seen[key] {
					t.Errorf("%s is there twice", key)
				}
				seen[key] = true
			}
		}
		for _, f := range l.Faults {
			if f.Row < 1 || strings.Contains(f.Message().String(), "%!") {
				t.Errorf("%v", f)
			}
		}
	})
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" LI@Example.com ": "e:li@example.com", "+86 138 0013 8000": "p:+8613800138000", "138-0013-8000": "p:+8613800138000",
		"": "", "li": "", "li@": "", "@": "", "12": "", "li@example.com, wang@example.com": "", "\x00": "",
	} {
		c, ok := ParseAddress(text)
		if ok != (want != "") || ok && !slices.Equal(c.Keys(), []string{want}) {
			t.Errorf("%q: %v, %t; want %s", text, c.Keys(), ok, want)
		}
	}
}
