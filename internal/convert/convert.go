// Package convert converts XLSForm workbooks and SurveyJS definitions into our YAML, with a report that has a line for every
// cell or property of the source that was not carried over unchanged. It is pure:
// bytes in, YAML and report out. The YAML passes the parser of questionnaires.
//
// A source is first split into atoms (cells, or the leaves of JSON), each of which must have an outcome: see
// [report.Outcome]. The readers ([xlsform.Read], [surveyjs.Read]) build a draft, which [draft.Draft.Write] writes as YAML.
package convert

import (
	"bytes"
	"path"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/convert/surveyjs"
	"glasspoll/internal/convert/xlsform"
	"glasspoll/internal/message"
)

// MaxSource bounds a file, in bytes. Forms are a few hundred KB; pictures within a workbook may add to that.
const MaxSource = 10 << 20

// A Result is a converted questionnaire.
type Result struct {
	ID      string       // of the survey
	YAML    []byte       // without the comment
	Comment message.Text // to stand above: what the author still has to decide
	Report  report.Report
}

// Convert converts a questionnaire. It detects the format by the content. file names the source in the report. It returns an
// error if the source cannot be read at all.
func Convert(file string, source []byte) (Result, error) {
	base := path.Base(strings.ReplaceAll(file, "\\", "/"))
	var read func(file string, source []byte) (*draft.Draft, error)
	switch {
	case len(source) > MaxSource:
		return Result{}, message.Errorf("the file is larger than %d MB: a questionnaire is never that long", MaxSource>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return Result{}, message.Errorf("the file is empty")
	case bytes.HasPrefix(source, []byte("\xD0\xCF\x11\xE0")):
		return Result{}, message.Errorf("this is an old .xls workbook (or one locked by a password): open it in Excel, LibreOffice or WPS, save it as .xlsx without a password, and import that")
	case bytes.HasPrefix(source, []byte("PK")):
		read = xlsform.Read
	case strings.ContainsAny(firstChar(source), "{["):
		read = surveyjs.Read
	default:
		return Result{}, message.Errorf("this is neither an XLSForm workbook (.xlsx) nor a SurveyJS definition (.json, which begins with \"{\")")
	}
	d, err := read(base, source)
	if err != nil {
		return Result{}, err
	}
	yaml, comment, err := d.Write()
	if err != nil {
		return Result{}, err
	}
	return Result{ID: d.ID, YAML: yaml, Comment: comment, Report: *d.Report}, nil
}

// File returns the YAML, with the comment in a language.
func (r Result) File(language string) []byte {
	return append([]byte(r.Comment.In(language)), r.YAML...)
}

func firstChar(source []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(source, []byte("\uFEFF")))
	return string(text[:min(1, len(text))])
}
