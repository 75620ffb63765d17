package release_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/simulate"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// period is the one that answers are made up for.
const period = "2026-Q4"

// BenchmarkSize states the bytes that a release of all answers but the last twentieth, and what a second release adds to it, take
// as they are stored and compressed by gzip; and the time to decode the release. The answers to each sample survey are made
// up.
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

// TestSize: a large release stays small enough for an item of the table, and so does what it adds.
func TestSize(t *testing.T) {
	first, second := released(t, parsed(t, "large.yaml", []byte(large())), soak.Cases(3_000, 20_000))
	for _, c := range []struct {
		name   string
		stored []byte
		most   int
	}{{"release", second.Encode(), 90_000}, {"addition", release.Added(first, second).Encode(), 45_000}} {
		if len(c.stored) > c.most {
			t.Errorf("the %s takes %d bytes, and should no more than %d", c.name, len(c.stored), c.most)
		}
	}
}

func parsed(t testing.TB, name string, source []byte) *survey.Survey {
	s, problems := questionnaire.Parse(name, source)
	if len(problems) > 0 {
		t.Fatal(problems)
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

// released makes up answers and returns two releases: of all but the last twentieth, and of all.
func released(t testing.TB, s *survey.Survey, answers int) (first, second *release.Release) {
	period, known, forms := period, tally.New(), map[string]*survey.Survey{s.Shape: s}
	if s.Period == survey.NoPeriod {
		period = "all"
	}
	m := simulate.New(s, 1)
	for i := range answers {
		r, err := m.Response(period)
		if err != nil {
			t.Fatal(err)
		}
		known.Fold(s, fmt.Sprintf("%08d", i), "2026-11-28", r)
		if i == answers-answers/20-1 {
			first, known = release.Next(s, forms, period, "2026-11-28", nil, known, false)
		}
	}
	second, _ = release.Next(s, forms, period, "2026-11-29", first, known, true)
	if first == nil || second == nil {
		t.Fatal("nothing to release")
	}
	return first, second
}

func measure(b *testing.B, s *survey.Survey, answers int) {
	first, second := released(b, s, answers)
	data := second.Encode()
	for b.Loop() {
		if _, err := release.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	for name, stored := range map[string][]byte{"release": data, "addition": release.Added(first, second).Encode()} {
		b.ReportMetric(float64(len(stored)), name+"-B")
		b.ReportMetric(float64(len(compressed(b, stored))), name+"-gzip-B")
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
