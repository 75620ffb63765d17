package export_test

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/answer"
	"glasspoll/internal/export"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// sealing returns a questionnaire whose private and typed answers are sealed, with the key that opens them.
func sealing(t *testing.T, source string) (*survey.Survey, seal.Private) {
	t.Helper()
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	s := parse(t, source)
	s.Sealing = &survey.Sealing{Keys: []string{key.Public().String()}}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	return s, key
}

const mayBeSealed = `
id: tea
title: Tea
languages: [en]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: Taste}
      - {id: why, type: multi_choice, private: true, label: Why, options: [{id: price, label: Price}, {id: speed, label: Speed}]}
      - {id: cups, type: number, private: true, label: Cups}
      - {id: remark, type: long_text, label: Remark}
`

// TestSealed writes sealed answers in each format: they are said to be sealed, and are not taken for options, numbers or texts.
func TestSealed(t *testing.T) {
	s, key := sealing(t, mayBeSealed)
	e := response(s, 1, answer.Answer{"taste", "5"})
	for _, field := range []string{"why", "cups", "remark"} {
		box, err := seal.Seal(rand.Reader, []seal.Public{key.Public()}, seal.Context{Survey: s.ID, Version: s.Version, ID: e.r.ID, Field: field}, "7")
		if err != nil {
			t.Fatal(err)
		}
		if field == "remark" {
			e.r.Answers = append(e.r.Answers, answer.Answer{field, box})
		} else {
			e.r.Private = append(e.r.Private, answer.Answer{field, box})
		}
	}
	p := plan(t, s, "en", true, e)
	for _, v := range p.Variables {
		if v.Longest > len(export.Sealed) || v.Ones > 0 {
			t.Errorf("%s is counted as %+v", v.Name, v)
		}
	}
	header := []string{"taste", "why.price", "why.speed", "cups", "remark"}
	rows := func(sink export.Table, b *bytes.Buffer) []string {
		t.Helper()
		write(t, p, sink, []entry{e})
		rows, err := csv.NewReader(b).ReadAll()
		if err != nil || !slices.Equal(rows[0][len(rows[0])-5:], header) {
			t.Fatal(rows, err)
		}
		return rows[1][len(rows[1])-5:]
	}
	var b bytes.Buffer
	sink, err := export.NewCSV(&b, p, export.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := rows(sink, &b); !slices.Equal(got, []string{"5", "sealed", "sealed", "sealed", "sealed"}) {
		t.Errorf("CSV %q", got)
	}
	b.Reset()
	spss, err := export.NewSPSS(&b, p)
	if err != nil {
		t.Fatal(err)
	}
	if got := rows(spss, &b); !slices.Equal(got, []string{"5", "", "", "", "sealed"}) { // numbers are missing there
		t.Errorf("SPSS %q", got)
	}
	b.Reset()
	if sink, err = export.NewXLSX(&b, p, export.TableOptions{Labels: true}); err != nil {
		t.Fatal(err)
	}
	write(t, p, sink, []entry{e})
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := f.GetRows(f.GetSheetName(0)); err != nil || !slices.Equal(got[1][len(got[1])-4:], []string{"sealed", "sealed", "sealed", "sealed"}) {
		t.Errorf("XLSX %q, %v", got, err)
	}
	b.Reset()
	write(t, p, export.NewJSONLines(&b, p), []entry{e})
	if want := `"answers":{"taste":"5","remark":{"sealed":true}},"private":{"why":{"sealed":true},"cups":{"sealed":true}}}`; !strings.HasSuffix(strings.TrimSpace(b.String()), want) {
		t.Errorf("JSON Lines %s", &b)
	}
}

// TestPlainTextThatLooksSealed writes what somebody has typed to a question that is not sealed.
func TestPlainTextThatLooksSealed(t *testing.T) {
	s := parse(t, mayBeSealed)
	e := response(s, 1, answer.Answer{"remark", "seal1.AQ"})
	p := plan(t, s, "en", true, e)
	if row := row(p, e); row[len(row)-1].Raw != "seal1.AQ" {
		t.Errorf("%v", row)
	}
}

// TestOpening has a column that says what is wrong with sealed answers, and the codebook has words for the kinds of all columns.
func TestOpening(t *testing.T) {
	s, _ := sealing(t, mayBeSealed)
	e := response(s, 1, answer.Answer{"taste", "5"})
	census := export.NewCensus()
	census.Add(s, e.r, e.t)
	for _, language := range []string{"en", "zh", "ar"} {
		w, _ := words(t, language)
		p := export.NewPlan(s, census, export.Options{Private: true, Words: w,
			Review:  func(answer.Response, time.Time) string { return "held" },
			Opening: func(r answer.Response) string { return "remark: damaged" }})
		row := row(p, e)
		at := slices.IndexFunc(p.Variables, func(v *export.Variable) bool { return v.Name == "_opening" })
		if at < 0 || row[at].Raw != "remark: damaged" || row[at-1].Raw != "held" {
			t.Errorf("%d %v", at, row)
		}
		for _, entry := range p.Book().Entries {
			if kind := entry.KindText(w); strings.Contains(kind, "kind.") || strings.HasPrefix(entry.Label, "variable.") {
				t.Errorf("%s: %s is %q, %q", language, entry.Name, kind, entry.Label)
			}
		}
	}
}
