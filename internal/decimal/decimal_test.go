package decimal

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 20_000) }

func TestParse(t *testing.T) {
	for text, want := range map[string]Decimal{
		"0": 0, "3": 3000, "-3": -3000, "0.5": 500, "-0.5": -500, "12.125": 12125, "007": 7000, "1.50": 1500, "-0": 0,
		"1000000000": Max, "-1000000000": -Max, "1000000000.000": Max, "0.001": 1, "0.100": 100,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-", ".", ".5", "5.", "+5", "--5", "1.2345", "1,5", "1e3", "0x10", "NaN", "Inf", " 5", "5 ", "５", "1_000", "1.-5",
		"1000000000.001", "-1000000000.001", "1000000001", "9999999999", "12345678901", "99999999999999999999999999"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestString(t *testing.T) {
	for d, want := range map[Decimal]string{0: "0", 3000: "3", -3000: "-3", 500: "0.5", -500: "-0.5", 12125: "12.125", 1: "0.001", -1: "-0.001", 100_000: "100", Max: "1000000000", 10_010: "10.01"} {
		if got := d.String(); got != want {
			t.Errorf("%d: %s, want %s", int64(d), got, want)
		}
	}
}

func TestProperties(t *testing.T) {
	decimals := rapid.Int64Range(-int64(Max), int64(Max))
	rapid.Check(t, func(t *rapid.T) {
		d := Decimal(decimals.Draw(t, "d"))
		if got, err := Parse(d.String()); err != nil || got != d {
			t.Fatalf("%d → %q → %d, %v", d, d, got, err)
		}
		exact, ok := new(big.Rat).SetString(d.String())
		if !ok || exact.Cmp(big.NewRat(int64(d), 1000)) != 0 {
			t.Fatalf("%s is not %d thousandths", d, int64(d))
		}
		data, err := json.Marshal(d)
		var back Decimal
		if err != nil || json.Unmarshal(data, &back) != nil || back != d {
			t.Fatalf("%d → %s → %d", d, data, back)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,11}(\.[0-9]{0,4})?`).Draw(t, "text")
		d, err := Parse(text)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Cmp(big.NewRat(int64(d), 1000)) != 0 || d > Max || d < -Max {
			t.Fatalf("%q was read as %s", text, d)
		}
	})
}
