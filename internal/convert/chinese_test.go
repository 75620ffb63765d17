package convert

import (
	"bytes"
	"path/filepath"
	"regexp"
	"testing"

	"glasspoll/internal/message"
)

var (
	quotedText   = regexp.MustCompile(`“[^”]*”|"[^"]*"`)
	englishWords = regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`)
)

// TestChineseReports checks that no English sentence, or part of one, is left in the reports in Chinese.
func TestChineseReports(t *testing.T) {
	for _, file := range sourceFiles(t) {
		name, content := readSource(t, file)
		result, err := Convert(name, content)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range result.Report.Lines {
			text := quotedText.ReplaceAllString(l.Message.In(message.Chinese), "")
			if found := englishWords.FindString(text); found != "" {
				t.Errorf("%s: %s: %q in %s", filepath.Base(file), l.At, found, l.Message.In(message.Chinese))
			}
		}
		var b bytes.Buffer
		if err := result.Report.Write(&b, message.Chinese); err != nil || !regexp.MustCompile(`里带过来 \d+ 个`).Match(b.Bytes()) {
			t.Errorf("%s: %v\n%s", filepath.Base(file), err, &b)
		}
	}
}
