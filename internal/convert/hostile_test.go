package convert

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/questionnaire"
)

// archive writes a workbook by hand, with the sheet survey and the given XML of its rows.
func archive(t fataler, rows string) []byte {
	t.Helper()
	return archiveOf(t, []xmlSheet{{"survey", rows}})
}

type xmlSheet struct{ name, rows string }

func archiveOf(t fataler, sheets []xmlSheet) []byte {
	t.Helper()
	const (
		header        = `<?xml version="1.0" encoding="UTF-8"?>`
		content       = "http://schemas.openxmlformats.org/package/2006/content-types"
		relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
		document      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		main          = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		kind          = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	)
	var types, names, targets strings.Builder
	parts := map[string]string{}
	for i, s := range sheets {
		part := fmt.Sprintf("worksheets/sheet%d.xml", i+1)
		fmt.Fprintf(&types, `<Override PartName="/xl/%s" ContentType="%sworksheet+xml"/>`, part, kind)
		fmt.Fprintf(&names, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, html.EscapeString(s.name), i+1, i+1)
		fmt.Fprintf(&targets, `<Relationship Id="rId%d" Type="%s/worksheet" Target="%s"/>`, i+1, document, part)
		parts["xl/"+part] = fmt.Sprintf(`<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>`, main, s.rows)
	}
	parts["[Content_Types].xml"] = fmt.Sprintf(`<Types xmlns="%s"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="%ssheet.main+xml"/>%s</Types>`, content, kind, &types)
	parts["_rels/.rels"] = fmt.Sprintf(`<Relationships xmlns="%s"><Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>`, relationships, document)
	parts["xl/workbook.xml"] = fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>`, main, document, &names)
	parts["xl/_rels/workbook.xml.rels"] = fmt.Sprintf(`<Relationships xmlns="%s">%s</Relationships>`, relationships, &targets)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, header+text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inline is a cell with a text.
func inline(at, text string) string {
	return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, at, html.EscapeString(text))
}

const formHead = `<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c><c r="C1" t="inlineStr"><is><t>label</t></is></c></row>`

// TestHostileFiles checks that hostile files are refused quickly, in bounded memory, and with a clear message.
func TestHostileFiles(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("xl/workbook.xml")
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		return b.Bytes()
	}
	many := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 5_000 {
			if _, err := z.Create(fmt.Sprintf("xl/%d.xml", i)); err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		return b.Bytes()
	}
	wide := strings.Builder{}
	wide.WriteString(formHead)
	for i := 2; i < 3_000; i++ {
		fmt.Fprintf(&wide, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, i, i)
	}
	full := strings.Builder{}
	full.WriteString(formHead)
	for i := 2; i < 60_000; i++ {
		fmt.Fprintf(&full, `<row r="%d"><c r="A%d"><v>1</v></c><c r="B%d"><v>1</v></c></row>`, i, i, i)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":              {nil, "the file is empty"},
		"junk":               {[]byte("\x00\x01\x02 nothing"), "neither an XLSForm workbook"},
		"csv":                {[]byte("type,name,label\n"), "neither an XLSForm workbook"},
		"xls":                {[]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), "save it as .xlsx"},
		"too large":          {bytes.Repeat([]byte("a"), MaxSource+1), "larger than 10 MB"},
		"broken archive":     {[]byte("PK\x03\x04 nothing more"), "no .xlsx workbook"},
		"zip bomb":           {bomb(), "unpacks to more than"},
		"many parts":         {many(), "more than 2000 parts"},
		"far columns":        {archive(t, wide.String()), "more than 1000000 cells"},
		"many cells":         {archive(t, full.String()), "more than 100000 cells"},
		"no type":            {archive(t, `<row r="1">`+inline("A1", "label")+`</row>`), "no column 'type'"},
		"not XML":            {archive(t, `<row r="1"><c r="A1"`), ""},
		"bad addresses":      {archive(t, formHead+`<row r="x"><c r="?!"><v>1</v></c></row>`), ""},
		"deep JSON":          {[]byte(strings.Repeat(`{"pages":[`, 100_000)), "nested more than 64 levels"},
		"wide JSON":          {[]byte(`{"pages":[` + strings.Repeat(`0,`, 200_000) + `0]}`), "more than 100000 values"},
		"broken JSON":        {[]byte("{\n  \"pages\": [\n    {\"name\": }\n  ]\n}"), "3:13: this JSON cannot be read"},
		"unfinished JSON":    {[]byte(`{"pages": [`), "ends too early"},
		"two JSONs":          {[]byte(`{"pages": []} {"pages": []}`), "something follows"},
		"JavaScript":         {[]byte("{\n  pages: [{ elements: [] }]\n}"), "it may be JavaScript rather than JSON"},
		"other JSON":         {[]byte(`{"a": 1}`), "neither \"pages\" nor \"elements\""},
		"a list":             {[]byte(`[{"type": "text"}]`), "this is a list"},
		"no questions":       {[]byte(`{"pages": []}`), "no question"},
		"nothing to ask":     {[]byte(`{"elements": [{"type": "file", "name": "f"}]}`), "files cannot be sent"},
		"odd kinds":          {[]byte(`{"pages": {"elements": 3}, "title": [1], "elements": [4, "x", null, {"type": 5, "name": {"a": 1}, "choices": "no"}]}`), ""},
		"bad bytes":          {[]byte("{\"elements\": [{\"type\": \"text\", \"name\": \"\xff\xfe\", \"title\": \"\\u0000\\ud800\"}]}"), "-"},
		"a list of nothings": {[]byte(`{"elements": [{"type": "radiogroup", "name": "a", "choices": [null, {}, [], {"value": null}]}]}`), ""},
		"a long line":        {[]byte(`{"elements":[` + strings.Repeat(`{"type":"text","name":"a","title":"满意"},`, 20_000) + `{"type":"text","name":"b"}]}`), "-"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			result, err := Convert("x", c.content)
			runtime.ReadMemStats(&after)
			if used := (after.Sys - min(after.Sys, before.Sys)) >> 20; used > 400 {
				t.Errorf("took %d MB", used)
			}
			if made := int(after.Mallocs - before.Mallocs); made > 20*len(c.content)+500_000 { // work grows with the file, not with its square
				t.Errorf("made %d objects of %d bytes", made, len(c.content))
			}
			switch {
			case c.want == "-" && err != nil:
				t.Errorf("got %v", err)
			case c.want == "-":
				if _, problems := questionnaire.Parse("x.yaml", result.YAML); len(problems) > 0 {
					t.Errorf("the YAML does not parse: %v", problems[0])
				}
			case err == nil || !strings.Contains(err.Error(), c.want):
				t.Errorf("got %v, want a message with %q", err, c.want)
			case len(err.Error()) > 600 || strings.Contains(err.Error(), "\n"):
				t.Errorf("the message is no single line: %v", err)
			}
		})
	}
}

// TestLyingArchive checks that a part is unpacked no further than the size that the archive states.
func TestLyingArchive(t *testing.T) {
	content := archive(t, formHead+strings.Repeat(`<row r="2">`+inline("A2", "text")+`</row>`, 1000))
	// The central directory states sizes in bytes 24 to 28 of each entry.
	for at := 0; ; {
		i := bytes.Index(content[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		at += i
		copy(content[at+24:at+28], []byte{100, 0, 0, 0})
		at += 4
	}
	if _, err := Convert("x.xlsx", content); err == nil {
		t.Error("no error")
	}
}

// TestPassword checks the message for a locked workbook.
func TestPassword(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert("x.xlsx", b.Bytes()); err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("got %v", err)
	}
}

// TestFormulasAndBooleans checks that computed cells are reported, and that booleans are read as words.
func TestFormulasAndBooleans(t *testing.T) {
	content := archive(t, formHead+
		`<row r="2">`+inline("A2", "text")+inline("B2", "q")+`<c r="C2" t="str"><f>CONCAT("What ","now?")</f><v>What now?</v></c></row>`)
	result, err := Convert("x.xlsx", content)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(result.YAML), "What now?") || !strings.Contains(printed(&result.Report), "survey!C2: computed by a formula") {
		t.Errorf("got\n%s%s", result.YAML, printed(&result.Report))
	}
	content = archive(t, strings.Replace(formHead, "</row>", inline("D1", "required")+"</row>", 1)+
		`<row r="2">`+inline("A2", "text")+inline("B2", "q")+inline("C2", "Why?")+`<c r="D2" t="b"><v>1</v></c></row>`)
	if result, err = Convert("x.xlsx", content); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(result.YAML), "required: true") {
		t.Errorf("got\n%s", result.YAML)
	}
}

// TestBlankSheet checks that a form with a million blank rows is not refused.
func TestBlankSheet(t *testing.T) {
	content := archive(t, formHead+`<row r="2">`+inline("A2", "text")+inline("B2", "q")+inline("C2", "Why?")+`</row>`+
		`<row r="1048576"><c r="A1048576" s="0"/></row>`)
	if _, err := Convert("x.xlsx", content); err != nil {
		t.Error(err)
	}
}

func FuzzConvert(f *testing.F) {
	for _, file := range sourceFiles(f) {
		if strings.HasSuffix(file, ".json") {
			_, content := readSource(f, file)
			f.Add(content)
		}
	}
	f.Add(archive(f, formHead))
	f.Fuzz(func(t *testing.T, content []byte) {
		checkAnyConversion(t, content)
	})
}

// FuzzForm changes the cells of a workbook, not its archive.
func FuzzForm(f *testing.F) {
	f.Add("# survey\n| type | name | label |\n| select_one a | q | Why? |\n# choices\n| list_name | name | label |\n| a | b | c |\n| a | d | e |")
	f.Add("# survey\n| type | name | label::English (en) | relevant | constraint | required |\n| integer | n | N | ${n} = 1 | . > 1 | ${n} > 2 |\n| begin_group | g |\n| note | t | ${n} <b>x</b> |")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5_000 {
			return
		}
		sheets := parseForm(strings.ToValidUTF8(text, ""))
		seen := map[string]bool{}
		for i := range sheets {
			name := strings.ToLower(sheets[i].name)
			if name != "survey" && name != "choices" && name != "settings" || seen[name] {
				return
			}
			seen[name] = true
		}
		if len(sheets) == 0 {
			return
		}
		checkAnyConversion(t, workbook(t, sheets))
	})
}

// checkAnyConversion checks what must hold for every conversion.
func checkAnyConversion(t *testing.T, content []byte) {
	result, err := Convert("fuzz", content)
	if err != nil {
		return
	}
	if _, problems := questionnaire.Parse(result.ID+".yaml", result.YAML); len(problems) > 0 {
		t.Errorf("the YAML does not parse: %v\n%s", problems[0], result.YAML)
	}
	if n := result.Report.Counts[report.Pending]; n > 0 {
		t.Errorf("%d atoms have no outcome", n)
	}
}
