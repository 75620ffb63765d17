package convert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// meaningless has the values that are defaults, so that nothing changes without them. No others may vanish without a
// trace.
var meaningless = map[string]string{
	"required=no": "the default", "read_only=no": "", "disabled=no": "",
	"label=": "", // of a language that gives the same text
	// A group ends where the form does; the row's name has no meaning.
	"type=end_group": "the last groups end with the form", "type=end group": "", "type=end_repeat": "",
	"required=false()": "", "relevant=true()": "the default",
	// Properties of JSON that are defaults.
	"choicesStep=1": "", "cellType=dropdown": "", "rateMin=1": "", "rateMax=5": "", "inputType=text": "", "choicesOrder=none": "", "startWithNewLine=true": "", "sliderType=single": "", "visible=true": "",
}

// A visible is all that a user sees of a conversion.
type visible struct{ yaml, report string }

func visibleResult(t *testing.T, name string, content []byte) visible {
	t.Helper()
	result, err := Convert(name, content)
	if err != nil {
		return visible{yaml: "error: " + err.Error()}
	}
	var b strings.Builder
	for _, l := range result.Report.Lines {
		fmt.Fprintln(&b, l.Outcome, l.At.Name, l.Message)
	}
	return visible{string(result.File(message.English)), b.String()}
}

// hasEffect reports whether a change to something has had an effect: on the questionnaire, if it was carried over, else on
// either that or the report.
func hasEffect(before, after visible, carried bool) bool {
	return before.yaml != after.yaml || !carried && before.report != after.report
}

// TestNothingIsDroppedInSilence removes every single cell from every form of testdata, in turn: either the questionnaire
// or the report must change. If a cell is reported as carried over, another text in it must change them too.
func TestNothingIsDroppedInSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("every cell of every form takes half a minute")
	}
	files, _ := filepath.Glob("testdata/*.form")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			checkCells(t, filepath.Base(file), readForm(t, file))
		})
	}
}

func checkCells(t *testing.T, name string, sheets []sheet) {
	t.Helper()
	content := plainWorkbook(t, sheets)
	whole := visibleResult(t, name, content)
	carried := carriedPlaces(t, name, content)
	for g := range sheets {
		for r := range sheets[g].rows {
			for c, text := range sheets[g].rows[r] {
				at := sheets[g].name + "!" + cellName(t, c+1, r+1)
				header := ""
				if c < len(sheets[g].rows[0]) {
					header = sheets[g].rows[0][c]
				}
				if _, nothing := meaningless[header+"="+text]; nothing || strings.TrimSpace(text) == "" {
					continue
				}
				if sameInRow(sheets[g].rows[r], c) {
					continue // a name and a label of which one follows from the other
				}
				for _, other := range []string{"", "zz9"} {
					if other != "" && !carried[at] {
						continue // its line reports it, whatever its text
					}
					sheets[g].rows[r][c] = other
					if !hasEffect(whole, visibleResult(t, name, plainWorkbook(t, sheets)), carried[at]) {
						t.Errorf("%s %q can become %q without effect; carried over: %v", at, text, other, carried[at])
					}
				}
				sheets[g].rows[r][c] = text
			}
		}
	}
}

// sameInRow reports whether another cell of a row says the same.
func sameInRow(row []string, column int) bool {
	for i, text := range row {
		if i != column && strings.EqualFold(text, row[column]) {
			return true
		}
	}
	return false
}

func carriedPlaces(t *testing.T, name string, content []byte) map[string]bool {
	t.Helper()
	result, err := Convert(name, content)
	if err != nil {
		t.Fatal(err)
	}
	carried := map[string]bool{}
	for _, a := range result.Report.Atoms {
		if a.Outcome == report.Carried {
			carried[a.At.Name] = true
		}
		if a.Outcome == report.Pending {
			t.Errorf("%s has no outcome", a.At.Name)
		}
	}
	return carried
}

// reportedPlaces returns a function that reports whether a place has a line of its own, or one for all around it.
func reportedPlaces(t *testing.T, name string, content []byte) func(path string) bool {
	t.Helper()
	result, err := Convert(name, content)
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) bool {
		return slices.ContainsFunc(result.Report.Lines, func(l report.Line) bool {
			within, ok := strings.CutPrefix(path, l.At.Name)
			return ok && l.At.Name != "" && l.Outcome != report.Undecided && (within == "" || within[0] == '.' || within[0] == '[')
		})
	}
}

// TestNoPropertyIsDroppedInSilence checks the same of the properties of JSON.
func TestNoPropertyIsDroppedInSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("every property of every definition takes half a minute")
	}
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			name, content := readSource(t, file)
			checkProperties(t, name, content)
		})
	}
}

func checkProperties(t *testing.T, name string, content []byte) {
	t.Helper()
	var root any
	if err := json.Unmarshal(content, &root); err != nil {
		t.Fatal(err)
	}
	spelled := func() []byte {
		b, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	whole := visibleResult(t, name, spelled())
	carried := carriedPlaces(t, name, spelled())
	reported := reportedPlaces(t, name, spelled())
	same := func(path, what string) {
		if !carried[path] && reported(path) {
			return
		}
		if !hasEffect(whole, visibleResult(t, name, spelled()), carried[path]) {
			t.Errorf("%s can be %s without effect; carried over: %v", path, what, carried[path])
		}
	}
	altered := func(path string, v any) (any, bool) {
		if !carried[path] {
			return nil, false
		}
		switch v := v.(type) {
		case string:
			return v + "x", true
		case float64:
			return v + 1, true
		case bool:
			return !v, true
		}
		return nil, false
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range sortedKeys(v) {
				value := v[key]
				inner := strings.TrimPrefix(path+"."+key, ".")
				_, nothing := meaningless[fmt.Sprint(key, "=", value)]
				if nothing || value == false || value == nil || key == "text" && value == v["value"] || key == "title" && value == v["name"] || key == "inputType" && v["validators"] != nil {
					continue
				}
				delete(v, key)
				same(inner, "left out")
				if other, ok := altered(inner, value); ok {
					v[key] = other
					same(inner, fmt.Sprint("changed to ", other))
				}
				v[key] = value
				walk(inner, value)
			}
		case []any:
			for i, value := range v {
				inner := fmt.Sprintf("%s[%d]", path, i)
				if other, ok := altered(inner, value); ok {
					v[i] = other
					same(inner, fmt.Sprint("changed to ", other))
				}
				v[i] = map[string]any{} // not convertible
				same(inner, "emptied")
				v[i] = value
				walk(inner, value)
			}
		}
	}
	walk("", root)
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestEverythingIsCounted compares what the report counts with an independent count of the sources.
func TestEverythingIsCounted(t *testing.T) {
	for _, file := range sourceFiles(t) {
		name, content := readSource(t, file)
		result, err := Convert(name, content)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if strings.HasSuffix(file, ".json") {
			want = leaves(t, content)
		} else {
			want = cellsOf(t, content)
		}
		got := 0
		for outcome, n := range result.Report.Counts {
			if outcome == report.Pending {
				t.Errorf("%s: %d atoms have no outcome", file, n)
			}
			got += n
		}
		if got != want {
			t.Errorf("%s: the report accounts for %d, and there are %d", file, got, want)
		}
	}
}

func leaves(t *testing.T, content []byte) int {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(content))
	n, keys := 0, 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			keys += len(v)
			if len(v) == 0 {
				n++
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			if len(v) == 0 {
				n++
			}
			for _, inner := range v {
				walk(inner)
			}
		default:
			n++
		}
	}
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	walk(v)
	return n
}

func cellsOf(t *testing.T, content []byte) int {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.TrimSpace(cell) != "" {
					n++
				}
			}
		}
	}
	return n
}

// TestEveryLineCoversItsAtoms checks the lines of the report.
func TestEveryLineCoversItsAtoms(t *testing.T) {
	for _, file := range sourceFiles(t) {
		name, content := readSource(t, file)
		result, err := Convert(name, content)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(result.Report.Of(report.Dropped)); n == 0 {
			t.Errorf("%s: nothing was dropped, though not everything can be carried over", file)
		}
		for _, l := range result.Report.Lines {
			if l.Message.IsZero() || strings.ContainsAny(l.Message.String(), "\n\r") {
				t.Errorf("%s: %s: the remark %q is not one line", file, l.At, l.Message)
			}
		}
	}
}

// TestRealFiles converts questionnaires that are not part of this repository: GLASSPOLL_CORPUS=dir go test -run RealFiles.
func TestRealFiles(t *testing.T) {
	dir := os.Getenv("GLASSPOLL_CORPUS")
	if dir == "" {
		t.Skip("GLASSPOLL_CORPUS names no directory")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		result, err := Convert(file, content)
		if err != nil {
			t.Logf("%s: %v", filepath.Base(file), err)
			continue
		}
		t.Logf("%s: %s", filepath.Base(file), result.Report.Summary())
		if strings.HasSuffix(file, ".json") && len(content) < 10_000 {
			checkProperties(t, file, content)
		}
		if f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true}); err == nil && len(result.Report.Atoms) < 400 {
			var sheets []sheet
			for _, name := range f.GetSheetList() {
				rows, err := f.GetRows(name)
				if err != nil {
					t.Fatal(err)
				}
				sheets = append(sheets, sheet{name, rows})
			}
			f.Close()
			checkCells(t, filepath.Base(file), sheets)
		}
	}
}
