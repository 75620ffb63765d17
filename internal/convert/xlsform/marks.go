package xlsform

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"strings"
)

// A cellMark holds what excelize can tell of a cell only with the whole sheet in memory.
type cellMark struct {
	formula bool // its value is the one of the last save
	boolean bool // its value is 1 or 0
}

// readMarks returns the marks of all cells, by sheet and address. What it cannot read has none.
func readMarks(source []byte) map[string]map[string]cellMark {
	z, err := zip.NewReader(bytes.NewReader(source), int64(len(source)))
	if err != nil {
		return nil
	}
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	var workbook struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Any  []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if !readXML(parts["xl/workbook.xml"], &workbook) || !readXML(parts["xl/_rels/workbook.xml.rels"], &relations) {
		return nil
	}
	targets := map[string]string{}
	for _, r := range relations.All {
		target := strings.TrimPrefix(r.Target, "/")
		if !strings.HasPrefix(r.Target, "/") {
			target = path.Join("xl", r.Target)
		}
		targets[r.ID] = target
	}
	all := map[string]map[string]cellMark{}
	for _, s := range workbook.Sheets {
		for _, a := range s.Any {
			if a.Name.Local == "id" {
				all[s.Name] = sheetMarks(parts[targets[a.Value]])
			}
		}
	}
	return all
}

func readPart(f *zip.File) []byte {
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return nil
	}
	return text
}

func readXML(f *zip.File, into any) bool {
	text := readPart(f)
	return text != nil && xml.Unmarshal(text, into) == nil
}

func sheetMarks(f *zip.File) map[string]cellMark {
	text := readPart(f)
	if !bytes.Contains(text, []byte("<f")) && !bytes.Contains(text, []byte(`t="b"`)) {
		return nil
	}
	marks := map[string]cellMark{}
	d := xml.NewDecoder(bytes.NewReader(text))
	at, boolean := "", false
	for {
		t, err := d.RawToken()
		if err != nil {
			return marks
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "c":
			at, boolean = "", false
			for _, a := range start.Attr {
				switch a.Name.Local {
				case "r":
					at = strings.ReplaceAll(a.Value, "$", "")
				case "t":
					boolean = a.Value == "b"
				}
			}
			if boolean {
				marks[at] = cellMark{boolean: true}
			}
		case "f":
			marks[at] = cellMark{formula: true, boolean: boolean}
		}
	}
}
