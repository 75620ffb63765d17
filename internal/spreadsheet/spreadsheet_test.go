package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"testing"

	"pgregory.net/rapid"
)

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	record := []string{"=1+1", "-5", "-5 degrees", "'=1", "'quoted'", "＝1", "a,b", ""}
	if err := w.Write(record); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "'=1+1,-5,'-5 degrees,''=1,'quoted','＝1,\"a,b\",\n"; b.String() != want || record[0] != "=1+1" {
		t.Errorf("%q, want %q; the record is %q", b.String(), want, record)
	}
}

// Removing the apostrophe restores the text, so different texts stay different.
func TestEscapingIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[-=+@'0-9.\t]{0,6}`), rapid.String()).Draw(t, "text")
		safe := Escape(text)
		if safe != text && safe != "'"+text {
			t.Fatalf("%q became %q", text, safe)
		}
		if safe != text && Escape(safe) == safe {
			t.Fatalf("%q and %q are written alike", text, safe)
		}
	})
}

// TestQuotesAsTheStandardLibrary compares records with those of encoding/csv.
func TestQuotesAsTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ a\\.,"\r\n\t\x{3000}\x{a0}=-]{0,6}`), rapid.String())
		record := rapid.SliceOfN(text, 1, 4).Draw(t, "record")
		for _, crlf := range []bool{false, true} {
			var ours, theirs bytes.Buffer
			w, standard := NewWriter(&ours), csv.NewWriter(&theirs)
			if standard.UseCRLF = crlf; crlf {
				w.UseCRLF()
			}
			escaped := make([]string, len(record))
			for i, text := range record {
				escaped[i] = Escape(text)
			}
			if err := w.Write(record); err != nil {
				t.Fatal(err)
			}
			w.Flush()
			standard.Write(escaped)
			standard.Flush()
			if ours.String() != theirs.String() {
				t.Fatalf("%q, want %q", &ours, &theirs)
			}
		}
	})
}
