package tally

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// known is a tally with everything that a record may have, and how it is stored: these bytes must always be read like this.
var (
	known = &Tally{
		Shape: "5ea", Cursor: "0000000001.00002", Alerted: "9",
		Cohorts: map[string]*Counters{
			"": {Items: map[string]*Item{}},
			"gold": {Respondents: 300, Withdrawn: 1, Items: map[string]*Item{
				"q":     {N: 300, Counts: Counts{{"no", 20}, {"yes", 280}}, Moments: &Moments{N: 2, X: 3, Y: 4, XX: 5, YY: 6, XY: -7}},
				"spent": {N: 2, Sum: big.NewInt(-1250), Squares: new(big.Int).Lsh(big.NewInt(1), 64)},
			}},
			"tin": {Respondents: 1, Items: map[string]*Item{"q": {N: 1, Counts: Counts{{"no", 1}}}, "spent": {N: 1, Sum: new(big.Int), Squares: new(big.Int)}}},
		},
	}
	knownBytes = "01 a5 01 63356561 02 7030303030303030303031 2e3030303032 03 6139" +
		" 04 a2 01 82 626e6f 63796573 02 82 826171820001 82657370656e7480" +
		" 05 a3 60 a0 6374696e a2 01 01 03 82 a3 0100 0201 038101 a4 0101 0201 044100 054100" +
		" 64676f6c64 a3 01 19012c 02 01 03 82 a4 0100 0219012c 038214190118 068700020304050626 a4 0101 0202 04430104e2 054a00010000000000000000"
	knownJSON = `{"shape":"5ea","cursor":"0000000001.00002","cohorts":{"":{"respondents":0,"items":{}},` +
		`"gold":{"respondents":300,"withdrawn":1,"items":{` +
		`"q":{"n":300,"counts":{"no":20,"yes":280},"moments":{"n":2,"x":3,"y":4,"xx":5,"yy":6,"xy":-7}},` +
		`"spent":{"n":2,"sum":-1250,"squares":18446744073709551616}}},` +
		`"tin":{"respondents":1,"items":{"q":{"n":1,"counts":{"no":1}},"spent":{"n":1,"sum":0,"squares":0}}}},"alerted":"9"}`
)

func TestStoredForm(t *testing.T) {
	if got := hex.EncodeToString(known.Encode()); got != strings.ReplaceAll(knownBytes, " ", "") {
		t.Errorf("stored as %s", got)
	}
	data, err := hex.DecodeString(strings.ReplaceAll(knownBytes, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string][]byte{"the record": data, "JSON": []byte(knownJSON)} {
		if got, err := Decode(source); err != nil || !reflect.DeepEqual(got, known) {
			t.Errorf("%s is read as %s, %v", name, asJSON(t, got), err)
		}
	}
	if got := asJSON(t, known); got != knownJSON {
		t.Errorf("printed as %s", got)
	}
}

// TestMomentSums: what records hold is shorter, and the same.
func TestMomentSums(t *testing.T) {
	for _, c := range []struct {
		m    Moments
		want MomentSums
	}{
		{Moments{}, MomentSums{Zeros: 3}},
		{Moments{2, 8000, 9000, 34_000_000, 41_000_000, 37_000_000}, MomentSums{Zeros: 3, N: 2, X: 8, Y: 9, XX: 34, YY: 41, XY: 37}},
		{Moments{1, 2500, 5000, 6_250_000, 25_000_000, 12_500_000}, MomentSums{Zeros: 2, N: 1, X: 25, Y: 50, XX: 625, YY: 2500, XY: 1250}},
		{Moments{1, 10, 10, 1000, 100, 100}, MomentSums{Zeros: 1, N: 1, X: 1, Y: 1, XX: 10, YY: 1, XY: 1}},
		{Moments{math.MinInt64, -1, 0, 0, 0, math.MaxInt64}, MomentSums{N: math.MinInt64, X: -1, XY: math.MaxInt64}},
	} {
		got := SumsOf(&c.m)
		back, err := got.Moments()
		if *got != c.want || err != nil || *back != c.m {
			t.Errorf("%+v is stored as %+v and read as %+v, %v", c.m, got, back, err)
		}
	}
	for _, zeros := range []int{-1, 4, math.MaxInt64} {
		if m, err := (&MomentSums{Zeros: zeros, X: 1}).Moments(); err == nil {
			t.Errorf("%d zeros: %+v", zeros, m)
		}
	}
}

// TestJSONIsReadOn: a tally is the same whether it was stored as JSON or as it is now.
func TestJSONIsReadOn(t *testing.T) {
	s := parse(t, sample)
	rapid.Check(t, func(t *rapid.T) {
		folded := fold(s, drawn(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), rapid.IntRange(0, 60).Draw(t, "n")))
		old, err := Decode([]byte(asJSON(t, folded)))
		if err != nil {
			t.Fatal(err)
		}
		now, err := Decode(folded.Encode())
		if err != nil || !reflect.DeepEqual(old, now) || !bytes.Equal(old.Encode(), folded.Encode()) {
			t.Fatalf("%s\n%s, %v", asJSON(t, old), asJSON(t, now), err)
		}
	})
}

func TestDecodeRefusesRecords(t *testing.T) {
	names := Names{Options: []string{"a", "b"}, Items: []NamedItem{{Name: "p"}, {Name: "q", Options: []int{0, 1}}}}
	one := func(items ...NumberedItem) map[string]Numbered {
		return map[string]Numbered{"gold": {Respondents: 9, Items: items}}
	}
	for want, r := range map[string]record{
		"options are not in order":                    {Names: Names{Options: []string{"b", "a"}}, Cohorts: one()},
		`item "p" or its options`:                     {Names: Names{Items: []NamedItem{{Name: "p"}, {Name: "p"}}}, Cohorts: one()},
		`item "r" or its options`:                     {Names: Names{Items: []NamedItem{{Name: "r", Options: []int{0}}}}, Cohorts: one()},
		`item "s" or its options`:                     {Names: Names{Options: []string{"a"}, Items: []NamedItem{{Name: "s", Options: []int{-1}}}}, Cohorts: one()},
		`cohort "gold": item 2 of 2`:                  {Names: names, Cohorts: one(NumberedItem{Number: 2})},
		`cohort "gold": item -1 of 2`:                 {Names: names, Cohorts: one(NumberedItem{Number: -1})},
		`item "p" is there twice`:                     {Names: names, Cohorts: one(NumberedItem{}, NumberedItem{})},
		`item "p": 1 counts of 0 options`:             {Names: names, Cohorts: one(NumberedItem{Counts: []int64{1}})},
		`item "p": 0000 is no integer`:                {Names: names, Cohorts: one(NumberedItem{Sum: []byte{0, 0}})},
		`item "p": 0201 is no integer`:                {Names: names, Cohorts: one(NumberedItem{Squares: []byte{2, 1}})},
		`item "p": 01 is no integer`:                  {Names: names, Cohorts: one(NumberedItem{Sum: []byte{1}})},
		`item "q": option "b" chosen by 2 of 1`:       {Names: names, Cohorts: one(NumberedItem{Number: 1, N: 1, Counts: []int64{0, 2}})},
		`cohort "gold": -1 respondents`:               {Cohorts: map[string]Numbered{"gold": {Respondents: -1}}},
		`item "q": answered by 10 of 9 respondents`:   {Names: names, Cohorts: one(NumberedItem{Number: 1, N: 10})},
		`item "q": sum of squares -1`:                 {Names: names, Cohorts: one(NumberedItem{Number: 1, Squares: []byte{1, 1}})},
		`item "p": moments without 4 zeros`:           {Names: names, Cohorts: one(NumberedItem{Moments: &MomentSums{Zeros: 4}})},
		`item "q": impossible moments {N:1 X:0 Y:0 X`: {Names: names, Cohorts: one(NumberedItem{Number: 1, Moments: &MomentSums{N: 1}})},
	} {
		if got, err := Decode(kind.Encode(r)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "tally: ") {
			t.Errorf("%v, %v; want %q", got, err, want)
		}
	}
	if _, err := Decode([]byte{2, 0xa0}); err == nil || !strings.Contains(err.Error(), "install a newer version") {
		t.Error(err)
	}
}

// TestKeysAreDocumented: the documents list each key of a record, with its name.
func TestKeysAreDocumented(t *testing.T) {
	for _, name := range []string{"formats.md", "formats.zh.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{record{}, Names{}, Numbered{}, NumberedItem{}} {
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
