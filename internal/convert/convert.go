// Package convert turns questionnaires of other tools, XLSForm workbooks and SurveyJS definitions, into this one's YAML,
// with a report in which every cell or property of the source has its line unless it was carried over as it stands. It
// is pure: bytes in, YAML and report out. What it writes, [questionnaire.Parse] accepts.
//
// A source is first taken apart into atoms (cells, or the leaves of JSON), each of which must meet a fate: see [Fate].
// The two readers ([readXLSForm], [readSurveyJS]) build a draft; the draft works out languages, ids and conditions, writes
// YAML, and has it checked, leaving out what the parser refuses.
package convert

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
)

// MaxSource bounds a file, in bytes. Forms are a few hundred KB; pictures within a workbook may add to that.
const MaxSource = 10 << 20

// A Result is a converted questionnaire.
type Result struct {
	ID     string // of the survey
	YAML   []byte
	Report Report
}

// Convert reads a questionnaire. file names it in the report; what it is, its content says. An error means that nothing
// could be made of it.
func Convert(file string, source []byte) (Result, error) {
	base := path.Base(strings.ReplaceAll(file, "\\", "/"))
	r := &Report{File: base}
	var d *draft
	var err error
	switch {
	case len(source) > MaxSource:
		return Result{}, fmt.Errorf("the file is larger than %d MB: a questionnaire is never that long", MaxSource>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return Result{}, errors.New("the file is empty")
	case bytes.HasPrefix(source, []byte("\xD0\xCF\x11\xE0")):
		return Result{}, errors.New("this is an old .xls workbook (or one locked by a password): open it in Excel, LibreOffice or WPS, save it as .xlsx without a password, and import that")
	case bytes.HasPrefix(source, []byte("PK")):
		r.Format, r.unit = "XLSForm", "cell"
		d, err = readXLSForm(r, source)
	case strings.ContainsAny(firstSign(source), "{["):
		r.Format, r.unit = "SurveyJS", "property"
		d, err = readSurveyJS(r, source)
	default:
		return Result{}, errors.New("this is neither an XLSForm workbook (.xlsx) nor a SurveyJS definition (.json, which begins with \"{\")")
	}
	if err != nil {
		return Result{}, err
	}
	d.file = base
	yaml, err := d.write()
	if err != nil {
		return Result{}, err
	}
	r.finish()
	return Result{ID: d.id, YAML: yaml, Report: *r}, nil
}

func firstSign(source []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(source, []byte("\uFEFF")))
	return string(text[:min(1, len(text))])
}
