package tally

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// known is a tally with everything that a record may have, and how it is stored: these bytes must always be read like this.
var (
	known = &Tally{
		Cursor: "0000000001.00002", Alerted: "9", Release: 3, Withdrawn: 2, Days: map[string]int64{"2026-11-29": 304},
		Parts: map[string]*Part{
			"5ea": {Version: "c0de", Out: map[string]string{"gold": "0000000001.00001", "*": "7"}, Cohorts: map[string]*Counters{
				"gold": {
					Respondents: 300,
					Items:       map[string]*Item{"q": {300, Counts{{"no", 20}, {"yes", 280}}}, "uses": {2, Counts{{"a", 2}, {"b", 1}}}},
					Bases:       map[string]map[string]int64{"q": {"-0a": 1, "0b": 299}},
					Rows: &Rows{
						N: 2, Index: 150_000, Squares: 12_500_000_000,
						Pairs:  map[string]*Moments{"q": {2, 8000, 9000, 34_000_000, 41_000_000, 37_000_000}, "uses": {1, 5000, 4500, 25_000_000, 20_250_000, 22_500_000}},
						Scales: map[string]*Scale{"": {2, 17, 149, []int64{8, 9}, []int64{34, 41}}},
					},
				},
				"tin": {Respondents: 1, Items: map[string]*Item{"q": {1, Counts{{"no", 1}}}}},
			}},
		},
		Legacy:  map[string]int64{"old": 4},
		Skipped: &Skipped{Segments: []Segment{{"tier", []string{"old", "new"}}, {Field: "site"}}, Last: map[string]string{"old": "6"}},
	}
	knownBytes = "02 a9" +
		" 02 70303030303030303030312e3030303032" +
		" 03 6139" +
		" 04 a4 01 84 6161 6162 626e6f 63796573 02 82 84617182020382000104 846475736573820001 80 03" +
		" 03 82 632d3061 623062 04 81 82 60 02" +
		" 06 03" +
		" 07 a1 6a323032362d31312d3239 190130" +
		" 08 a1 63356561 a3 01 6463306465" +
		" 02 a2 6374696e 43000101 64676f6c64 582f 00 ac02 14 9802 02 01 0000 01 01 ab02 02 f09309 80babbc82e 02 0000 9501 0809 2229 0401 0832 1252 22c413 52aa1f 25ca11" +
		" 03 a2 612a 6137 64676f6c64 70303030303030303030312e3030303031" +
		" 0b 02" +
		" 10 a1 636f6c64 04" +
		" 11 a2 01 82 a2 01 6474696572 02 82 636f6c64 636e6577 a1 01 6473697465 02 a1 636f6c64 6136"
)

func TestStoredForm(t *testing.T) {
	if got := hex.EncodeToString(known.Encode()); got != strings.ReplaceAll(knownBytes, " ", "") {
		t.Errorf("stored as %s", got)
	}
	data, err := hex.DecodeString(strings.ReplaceAll(knownBytes, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(data); err != nil || !reflect.DeepEqual(got, known) {
		t.Errorf("read as %s, %v", asJSON(t, got), err)
	}
}

// TestEarlierForms: what earlier versions wrote is folded again, from the start; alerts are not evaluated a second time.
func TestEarlierForms(t *testing.T) {
	first, err := hex.DecodeString(strings.ReplaceAll("01 a5 01 63356561 02 7030303030303030303031 2e3030303032 03 6139"+
		" 04 a2 01 82 626e6f 63796573 02 82 826171820001 82657370656e7480"+
		" 05 a3 60 a0 6374696e a2 01 01 03 82 a3 0100 0201 038101 a4 0101 0201 044100 054100"+
		" 64676f6c64 a3 01 19012c 02 01 03 82 a4 0100 0219012c 038214190118 068700020304050626 a4 0101 0202 04430104e2 054a00010000000000000000", " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"version 1": first, "JSON": []byte(`{"shape":"5ea","cursor":"0000000001.00002","cohorts":{"":{"respondents":0,"items":{}}},"alerted":"9"}`),
	} {
		if got, err := Decode(data); err != nil || !reflect.DeepEqual(got, Restart(&Tally{Alerted: "9"})) {
			t.Errorf("%s is read as %s, %v", name, asJSON(t, got), err)
		}
	}
	ahead := bytes.Replace(first, []byte("\x03a9"), []byte("\x03a0"), 1) // alerts are not ahead of the cursor
	if got, err := Decode(ahead); err != nil || got.Alerted != "0000000001.00002" {
		t.Errorf("%s, %v", asJSON(t, got), err)
	}
}

// TestStoredTallies: a tally is the same after it was stored, also if its counters are differences.
func TestStoredTallies(t *testing.T) {
	forms := versions(t)
	rapid.Check(t, func(t *rapid.T) {
		one, two := drawWorld(t, forms).fold(), drawWorld(t, forms).fold()
		decoded, err := Decode(one.Encode())
		if err != nil || !bytes.Equal(decoded.Encode(), one.Encode()) {
			t.Fatalf("%s\n%s, %v", asJSON(t, decoded), asJSON(t, one), err)
		}
		for shape, p := range one.Parts {
			cohorts := map[string]*Counters{"none": nil}
			for key, c := range p.Cohorts {
				cohorts[key] = c.Clone()
				if other := two.Parts[shape]; other != nil {
					cohorts[key].Sub(other.Cohorts[key])
				}
			}
			names := NamesIn(cohorts)
			back, err := names.Counters(names.Number(cohorts))
			if err != nil || len(back) != len(cohorts) {
				t.Fatal(back, err)
			}
			for key, c := range back {
				c.Sub(cohorts[key])
				if !c.IsZero() {
					t.Fatalf("%s: %s more", key, asJSON(t, c))
				}
				if cohorts[key] == nil {
					continue
				}
				rows, err := cohorts[key].Rows.Record().Rows()
				if err != nil || !rows.Minus(cohorts[key].Rows).IsZero() {
					t.Fatalf("%s, %v", asJSON(t, rows), err)
				}
			}
		}
	})
}

// TestPacking: whatever the numbers are, they are read as they were written.
func TestPacking(t *testing.T) {
	number := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-2, 200), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -1}))
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Moments {
			draw := func(name string) int64 { return number.Draw(t, name) }
			return Moments{draw("n"), draw("x"), draw("y"), draw("xx"), draw("yy"), draw("xy")}
		}), 0, 5).Draw(t, "moments")
		plain := rapid.SliceOf(number).Draw(t, "numbers")
		p := &packing{}
		p.columns(all)
		for i := range plain {
			p.number(&plain[i])
		}
		back, err := unpacking(p.pack())
		if err != nil {
			t.Fatal(err)
		}
		moments, numbers := make([]Moments, len(all)), make([]int64, len(plain))
		back.columns(moments)
		for i := range numbers {
			back.number(&numbers[i])
		}
		if err := back.finish(); err != nil || !reflect.DeepEqual(append([]Moments{}, all...), moments) || !reflect.DeepEqual(append([]int64{}, plain...), numbers) {
			t.Fatalf("%v %v, %v", moments, numbers, err)
		}
	})
}

// TestRescale: what a sum is expected to be is part of the format.
func TestRescale(t *testing.T) {
	for _, c := range []struct{ sum, from, to, want int64 }{
		{7, 2, 3, 10}, {-7, 2, 3, -10}, {7, 0, 3, 0}, {math.MaxInt64, 3, 3, math.MaxInt64}, {math.MaxInt64 - 1, 3, 2, 6148914691236517204}, {math.MinInt64, -1, 1, math.MinInt64},
	} {
		if got := rescale(c.sum, c.from, c.to); got != c.want {
			t.Errorf("%d of %d is rescaled to %d of %d, want %d", c.sum, c.from, got, c.to, c.want)
		}
	}
}

// TestNumberedBytes pins how numbers are packed.
func TestNumberedBytes(t *testing.T) {
	for want, c := range map[string]*Counters{
		"":       nil,
		"000102": {Respondents: 1, Items: map[string]*Item{"q": {N: 2, Counts: Counts{{"a", 2}}}}},
		// −1 respondents; −2 of a; N is as the counts are
		"010103": {Respondents: -1, Items: map[string]*Item{"q": {N: -2, Counts: Counts{{"a", -2}}}}},
		// 300 respondents, none of whom chose a or is surplus, and three zeros for N, Index and Squares, the last of which is 5
		"00ac02000305": {Respondents: 300, Items: map[string]*Item{}, Rows: &Rows{Squares: 5}},
	} {
		names := Names{Options: []string{"a"}, Items: []NamedItem{{Name: "q", Options: []int{0}}}}
		if got := hex.EncodeToString(names.number(c)); got != want {
			t.Errorf("%+v is packed as %s, want %s", c, got, want)
		}
	}
}

func TestDecodeRefusesRecords(t *testing.T) {
	names := Names{Options: []string{"a", "b"}, Items: []NamedItem{{Name: "p", Classes: []int{0}, Paired: 1}, {Name: "q", Options: []int{0, 1}}}, Classes: []string{"c"}, Scales: []NamedScale{{Name: "", Items: 1}}}
	packed := func(c *Counters) record {
		return record{Names: names, Parts: map[string]partRecord{"5ea": {Cohorts: map[string]Numbered{"gold": names.number(c)}}}}
	}
	var wide []NamedScale // scales of the most items
	for i := range 129 {
		wide = append(wide, NamedScale{Name: fmt.Sprintf("%03d", i), Items: mostItems})
	}
	raw := func(n Names, numbers ...byte) record {
		return record{Names: n, Parts: map[string]partRecord{"5ea": {Cohorts: map[string]Numbered{"gold": numbers}}}}
	}
	for want, r := range map[string]record{
		"the options or classes are not in order":                         raw(Names{Options: []string{"b", "a"}}),
		"the options or classes are not in order ":                        raw(Names{Classes: []string{"b", "b"}}),
		`item "p" or its options`:                                         raw(Names{Items: []NamedItem{{Name: "p"}, {Name: "p"}}}),
		`item "r" or its options`:                                         raw(Names{Items: []NamedItem{{Name: "r", Options: []int{0}}}}),
		`item "s" or its options`:                                         raw(Names{Options: []string{"a"}, Items: []NamedItem{{Name: "s", Options: []int{-1}}}}),
		`item "t" or its options`:                                         raw(Names{Items: []NamedItem{{Name: "t", Classes: []int{1}}}}),
		`item "u": moments without 4 zeros`:                               raw(Names{Items: []NamedItem{{Name: "u", Paired: 5}}}),
		`item "v": moments without -2 zeros`:                              raw(Names{Items: []NamedItem{{Name: "v", Paired: -1}}}),
		`scale "w" is not in order, or has -1 items`:                      raw(Names{Scales: []NamedScale{{Name: "w", Items: -1}}}),
		`scale "x" is not in order, or has 9223372036854775807 items`:     raw(Names{Scales: []NamedScale{{Name: "x", Items: math.MaxInt64}}}),
		`scale "y" is not in order`:                                       raw(Names{Scales: []NamedScale{{Name: "z"}, {Name: "y"}}}),
		`4227463 numbers in each of 1 cohorts`:                            raw(Names{Scales: wide}),
		`cohort "gold": numbers are damaged`:                              raw(names, 2),
		`cohort "gold": numbers are damaged `:                             raw(names, 0, 0x80),
		`cohort "gold": numbers are damaged  `:                            raw(names, 0, 0, 100),
		`cohort "gold": numbers are damaged   `:                           raw(names, append([]byte{0}, bytes.Repeat([]byte{1}, 100)...)...),
		`cohort "gold": numbers are damaged    `:                          raw(names, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
		`cohort "gold": -1 respondents`:                                   packed(&Counters{Respondents: -1}),
		`item "q": answered by 10 of 9 respondents`:                       packed(&Counters{Respondents: 9, Items: map[string]*Item{"q": {N: 10, Counts: Counts{{"a", 10}}}}}),
		`item "q": answered by -1 of 9 respondents`:                       packed(&Counters{Respondents: 9, Items: map[string]*Item{"q": {N: -1}}}),
		`item "q": option "b" chosen by 2 of 1`:                           packed(&Counters{Respondents: 9, Items: map[string]*Item{"q": {N: 1, Counts: Counts{{"b", 2}}}}}),
		`item "p": 10 of 9 respondents in class "c"`:                      packed(&Counters{Respondents: 9, Bases: map[string]map[string]int64{"p": {"c": 10}}}),
		`impossible indexes of 10 of 9 respondents: 1, 2`:                 packed(&Counters{Respondents: 9, Rows: &Rows{N: 10, Index: 1, Squares: 2}}),
		`item "p": impossible moments {N:1 X:0 Y:0 XX:-1`:                 packed(&Counters{Respondents: 9, Rows: &Rows{Pairs: map[string]*Moments{"p": {N: 1, XX: -1}}}}),
		`scale "": impossible sums {N:1 Total:-3 TotalSquares:0 Sums:[-3`: packed(&Counters{Respondents: 9, Rows: &Rows{Scales: map[string]*Scale{"": {N: 1, Total: -3, Sums: []int64{-3}, Squares: []int64{0}}}}}),
		`release -1, 0 withdrawn`:                                         {Release: -1},
		`-1 received on 2026-11-29`:                                       {Days: map[string]int64{"2026-11-29": -1}},
		`old cohort "x": 0 left`:                                          {Legacy: map[string]int64{"x": 0}},
		`old cohorts without segments`:                                    {Legacy: map[string]int64{"x": 1}},
		`damaged: held responses: of 0 held 1 wait, 0 rejected`:           {Held: &heldRecord{Waiting: 1}},
		`damaged: decided up to -1`:                                       {Decided: -1},
	} {
		got, err := Decode(kind.Encode(r))
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) || !strings.HasPrefix(err.Error(), "tally: the record is damaged: ") {
			t.Errorf("%v, %v; want %q", got, err, want)
		}
	}
	for source, want := range map[string]string{
		"\x03\xa0":     "install a newer version",
		"":             "is empty",
		"\x02":         "damaged",
		"\x01\x00":     "damaged",
		`{"cursor":5}`: "byte 11",
		`{"cursor":"`:  "byte 11",
		`[]`:           "byte 0x5b",
		`{} x`:         "byte 4",
	} {
		if got, err := Decode([]byte(source)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "tally: ") {
			t.Errorf("%q: %v, %v; want %q", source, got, err, want)
		}
	}
}

// TestCutRecords: a record that ends too early, or of which a byte is another, is refused or read, and can be folded into.
func TestCutRecords(t *testing.T) {
	s := parse(t, sample)
	data := known.Encode()
	for i := range data {
		if got, err := Decode(data[:i]); err == nil {
			t.Errorf("%d of %d bytes are read as %s", i, len(data), asJSON(t, got))
		}
		for _, mask := range []byte{1, 0x10, 0x80, 0xff} {
			changed := bytes.Clone(data)
			changed[i] ^= mask
			useDecoded(t, s, changed)
		}
	}
}

// TestKeysAreDocumented: the documents list each key of a record, with its name.
func TestKeysAreDocumented(t *testing.T) {
	for _, name := range []string{"formats.md", "formats.zh.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{record{}, partRecord{}, heldRecord{}, skippedRecord{}, Segment{}, Names{}, RowsRecord{}} {
			for i := range reflect.TypeOf(v).NumField() {
				f := reflect.TypeOf(v).Field(i)
				key, _, _ := strings.Cut(f.Tag.Get("cbor"), ",")
				if row := "| " + key + " | " + strings.ToLower(f.Name) + " |"; !strings.Contains(string(text), row) {
					t.Errorf("%s does not have the row %q", name, row)
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	s := parse(f, sample)
	f.Add(fold(s, drawn(rand.New(rand.NewPCG(1, 1)), 20)).Encode())
	f.Add(known.Encode())
	f.Add([]byte(`{"cursor":"1","alerted":"2","cohorts":{"":{"respondents":1}}}`))
	f.Add([]byte("\x01\xa2\x01\x60\x04\xa0"))
	f.Fuzz(func(t *testing.T, data []byte) { useDecoded(t, s, data) })
}

// useDecoded does with a record, if it can be read, what is done with a tally.
func useDecoded(t *testing.T, s *survey.Survey, data []byte) {
	decoded, err := Decode(data)
	if err != nil {
		return
	}
	for i, r := range drawn(rand.New(rand.NewPCG(1, 1)), 3) {
		decoded.Fold(s, decoded.Cursor, "2026-11-29", r)
		if i == 0 {
			decoded.Unfold(s, decoded.Cursor, r)
		}
	}
	decoded.Unfold(s, decoded.Cursor, answer.Response{Answers: []answer.Answer{{"tier", "gold"}}})
	for _, p := range decoded.Parts {
		Total(p.Cohorts).Rows.Plus(nil).Minus(nil)
	}
	again := decoded.Clone()
	if !bytes.Equal(again.Encode(), decoded.Encode()) {
		t.Errorf("%x: a copy is stored as %x, not %x", data, again.Encode(), decoded.Encode())
	}
}
