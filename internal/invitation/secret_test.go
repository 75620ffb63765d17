package invitation

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 10_000) }

// TestSecretsAndHashes pins what stored invitations and links that are sent follow from.
func TestSecretsAndHashes(t *testing.T) {
	for _, c := range []struct{ random, word, hash string }{
		{"00000000000000000000", "0000000000000000", "aea1caada276f368f8e3f9713e2bc3dd"},
		{"ffffffffffffffffffff", "ZZZZZZZZZZZZZZZZ", "951ef5eee12237f0d3a568dcf122a46f"},
		{"0102030405060708090a", "041061050R3GG28A", "a877d68f44ec146a20bffd9b8b58bbd5"},
		{"0123456789abcdef0011", "04HMASW9NF6YY00H", "e60f7542ac10fe1bf7db638760ea0028"},
	} {
		random, err := hex.DecodeString(c.random)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSecret(bytes.NewReader(random))
		if err != nil {
			t.Fatal(err)
		}
		if s.Word() != c.word || s.Hash().String() != c.hash {
			t.Errorf("%s: %s, %s; want %s, %s", c.random, s.Word(), s.Hash(), c.word, c.hash)
		}
		if paper := s.Paper(); len(paper) != 19 || strings.ReplaceAll(paper, "-", "") != c.word || paper[4] != '-' || paper[14] != '-' {
			t.Errorf("%s is printed as %s", c.word, paper)
		}
		if h, err := ParseHash(c.hash); err != nil || h != s.Hash() {
			t.Errorf("%s is read as %s, %v", c.hash, h, err)
		}
	}
	if _, err := NewSecret(bytes.NewReader(make([]byte, secretSize-1))); err == nil {
		t.Error("a secret of too few random bytes")
	}
}

func TestParseSecret(t *testing.T) {
	const want = "04HMASW9NF6YY00H"
	for _, text := range []string{
		want, "04hmasw9nf6yy00h", "04HM-ASW9-NF6Y-Y00H", " 04hm asw9\tnf6y-y00h\n", "O4HMASW9NF6YYoOH", "０４ＨＭ－ＡＳＷ９　ｎｆ６ｙ—ｙ００ｈ", "0-4-H-M-A-S-W-9-N-F-6-Y-Y-0-0-H",
	} {
		if s, err := ParseSecret(text); err != nil || s.Word() != want {
			t.Errorf("%q is read as %s, %v", text, s.Word(), err)
		}
	}
	ones, err := ParseSecret("1111111111111111")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ParseSecret("iIlL1-iIlL1-iIlL1-i"); err != nil || s != ones {
		t.Errorf("I and L are read as %s, %v", s.Word(), err)
	}
	for text, wants := range map[string]string{
		"":                          "has 16 letters and digits",
		"----":                      "has 16 letters and digits",
		"04HMASW9NF6YY00":           "has 16 letters and digits",
		"04HMASW9NF6YY00H0":         "has 16 letters and digits",
		strings.Repeat("0", 1<<20):  "has 16 letters and digits",
		"04HMASW9NF6YY00U":          `"U" is in no invitation`,
		"04HMASW9NF6YY00H/stop":     `"/" is in no invitation`,
		"04HMASW9NF6YY00\xff":       "is in no invitation",
		"Ω4HMASW9NF6YY00H":          `"Ω" is in no invitation`,
		"04HMASW9NF6YY00H\x00":      "is in no invitation",
		"ſ4HMASW9NF6YY00H":          `"ſ" is in no invitation`, // upper case of it is S
		"04HM ASW9 NF6Y Y00H 04HM ": "has 16 letters and digits",
	} {
		_, err := ParseSecret(text)
		if err == nil || !strings.Contains(err.Error(), wants) {
			t.Errorf("%.40q: %v; want %s", text, err, wants)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text[:8]) {
			t.Errorf("%.40q: the error has the secret: %v", text, err)
		}
	}
}

// TestSecretIsNotPrinted prints one in each way that a log may.
func TestSecretIsNotPrinted(t *testing.T) {
	s, err := ParseSecret("04HMASW9NF6YY00H")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{s, &s, struct{ S Secret }{s}} {
			if text := fmt.Sprintf(format, v); !strings.Contains(text, "(secret)") {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
}

func TestParseHashRefuses(t *testing.T) {
	for _, text := range []string{"", "aea1", "AEA1CAADA276F368F8E3F9713E2BC3DD", "gea1caada276f368f8e3f9713e2bc3dd", "aea1caada276f368f8e3f9713e2bc3dd00"} {
		if h, err := ParseHash(text); err == nil {
			t.Errorf("%q is read as %s", text, h)
		}
	}
}

// TestSecretsAreReadAsTheyAreWritten writes random secrets in random ways.
func TestSecretsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Secret
		copy(s[:], rapid.SliceOfN(rapid.Byte(), secretSize, secretSize).Draw(t, "random"))
		var typed strings.Builder
		for _, r := range s.Word() {
			switch {
			case r == '0' && rapid.Bool().Draw(t, "O"):
				r = rapid.SampledFrom([]rune("Oo")).Draw(t, "zero")
			case r == '1' && rapid.Bool().Draw(t, "I"):
				r = rapid.SampledFrom([]rune("IiLl")).Draw(t, "one")
			case rapid.Bool().Draw(t, "lower"):
				r = []rune(strings.ToLower(string(r)))[0]
			}
			if rapid.Bool().Draw(t, "wide") {
				r += '！' - '!'
			}
			typed.WriteRune(r)
			typed.WriteString(rapid.SampledFrom([]string{"", "", "-", " ", "　", "–"}).Draw(t, "between"))
		}
		for _, text := range []string{s.Word(), s.Paper(), typed.String()} {
			if got, err := ParseSecret(text); err != nil || got != s {
				t.Fatalf("%q is read as %s, %v; want %s", text, got.Word(), err, s.Word())
			}
		}
		if len(s.Word()) != secretChars || strings.Trim(s.Word(), alphabet) != "" {
			t.Fatalf("%s", s.Word())
		}
	})
}

// FuzzParseSecret wants what is read to be what is written, and no text to be read as two secrets.
func FuzzParseSecret(f *testing.F) {
	for _, text := range []string{"04HM-ASW9-NF6Y-Y00H", "oOiIlL1100000000", "０４ＨＭＡＳＷ９ＮＦ６ＹＹ００Ｈ", "U", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSecret(text)
		if err != nil {
			if s != (Secret{}) {
				t.Errorf("%q: an error, and %s", text, s.Word())
			}
			return
		}
		if again, err := ParseSecret(s.Word()); err != nil || again != s {
			t.Errorf("%q: %s is read as %s, %v", text, s.Word(), again.Word(), err)
		}
	})
}
