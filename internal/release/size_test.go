package release_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/simulate"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// BenchmarkSize states the bytes that a tally, a release of all answers but the last twentieth, and what a second release
// adds to it take, as they are stored, compressed by gzip too, and as the JSON of earlier versions; and the time to decode
// the release, and its JSON. The answers to each sample survey are made up.
func BenchmarkSize(b *testing.B) {
	files, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(files) == 0 {
		b.Fatal("no sample surveys", err)
	}
	b.Run("large", func(b *testing.B) { measure(b, parsed(b, "large.yaml", []byte(large())), soak.Cases(20_000, 100_000)) })
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if strings.Contains(name, ".") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) { measure(b, parsed(b, file, source), soak.Cases(1_000, 100_000)) })
	}
}

func parsed(b *testing.B, name string, source []byte) *survey.Survey {
	s, problems := questionnaire.Parse(name, source)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return s
}

// large is a questionnaire of sixty items in 45 cohorts.
func large() string {
	var yaml strings.Builder
	yaml.WriteString("title: Large\nlanguages: [en]\ntimezone: UTC\nscoring: {overall: question_0}\nsections:\n  - id: all\n    title: All\n    questions:\n")
	yaml.WriteString("      - {id: tier, type: rating, steps: 9, label: Tier, segment: true}\n      - {id: site, type: rating, steps: 5, label: Site, segment: true}\n")
	for i := range 58 {
		fmt.Fprintf(&yaml, "      - {id: question_%d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	return yaml.String()
}

func measure(b *testing.B, s *survey.Survey, answers int) {
	known, period := tally.New(s), "2026-Q4"
	if s.Period == survey.NoPeriod {
		period = "all"
	}
	m := simulate.New(s, 1)
	var first *release.Release
	for i := range answers {
		r, err := m.Response(period)
		if err != nil {
			b.Fatal(err)
		}
		known.Fold(s, r)
		if i == answers-answers/20-1 {
			first = release.Next(s, period, "2026-11-28", nil, known, true)
		}
	}
	second := release.Next(s, period, "2026-11-29", first, known, true)
	if first == nil || second == nil {
		b.Fatal("nothing to release")
	}
	data := second.Encode()
	for b.Loop() {
		if _, err := release.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	text, err := json.Marshal(second)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for range 20 {
		if _, err := release.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/20, "json-ns/op")
	added := release.Added(first, second)
	for _, c := range []struct {
		name   string
		value  any
		stored []byte
	}{{"tally", known, known.Encode()}, {"release", second, second.Encode()}, {"addition", added, added.Encode()}} {
		text, err := json.Marshal(c.value)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(c.stored)), c.name+"-B")
		b.ReportMetric(float64(len(compressed(b, c.stored))), c.name+"-gzip-B")
		b.ReportMetric(float64(len(text)), c.name+"-json-B")
		b.ReportMetric(float64(len(compressed(b, text))), c.name+"-json-gzip-B")
	}
}

func compressed(b *testing.B, data []byte) []byte {
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(data); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return buffer.Bytes()
}
