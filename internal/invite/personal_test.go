package invite

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"glasspoll"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitees"
)

// counting gives bytes that count up.
type counting struct{ n byte }

func (c *counting) Read(into []byte) (int, error) {
	for i := range into {
		c.n += 37
		into[i] = c.n
	}
	return len(into), nil
}

// invited returns a record of people of all kinds.
func invited(t *testing.T, n int) *invitees.Record {
	t.Helper()
	var list []contacts.Contact
	for i := range n {
		list = append(list, contacts.Contact{
			Name: []string{"李雷", "=HYPERLINK(1)", "<b>Ann & Co</b>", "", "علي"}[i%5], Email: fmt.Sprintf("p%d@example.com", i), Language: []string{"zh", "en", "", "ar"}[i%4],
			Phone: []string{"", fmt.Sprintf("+86 138-0013-8%03d", i), fmt.Sprintf("010-1234%04d 转 5", i)}[i%3], Channel: []string{"", "email"}[i%2],
			Values: []map[string]string{nil, {"tier": "key"}, {"tier": "other_one", "form_number": "-1+2"}}[i%3],
		})
	}
	r := invitees.New("tea")
	events, err := r.Invite(list, invitees.Batch{Name: "spring", Until: "2026-06-30"}, &counting{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := r.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func personal(t *testing.T) *Personal {
	t.Helper()
	p, err := NewPersonal(glasspoll.Templates(), parsed(t, shared), "https://example.com/s/")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMergeTables writes tables and reads the same contacts back as a list.
func TestMergeTables(t *testing.T) {
	p, r := personal(t), invited(t, 30)
	var text, book bytes.Buffer
	if err := errors.Join(p.WriteCSV(&text, r.All()), p.WriteXLSX(&book, r.All())); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"CSV": text.Bytes(), "XLSX": book.Bytes()} {
		l, err := contacts.Read(p.survey, file)
		if err != nil || len(l.Faults) > 0 || len(l.Contacts) != 30 {
			t.Fatalf("%s: %d contacts, %v, %v", name, len(l.Contacts), l.Faults, err)
		}
		for at, i := range slices.Collect(r.All()) {
			got, want := l.Contacts[at], i.Contact
			want.Language, want.Row = p.languageOf(want), got.Row
			if !slices.Equal(got.Keys(), want.Keys()) {
				t.Errorf("%s: %s became %s", name, want.Phone, got.Phone)
			}
			got.Phone = want.Phone
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], " "); got != "name email phone language channel tier form_number batch link code" {
		t.Error(got)
	}
	first := slices.Collect(r.All())[1]
	if got, want := strings.Join(rows[2], "|"), "'=HYPERLINK(1)|p1@example.com|+8613800138001|en|email|key||spring|https://example.com/s/i/"+first.Secret.Word()+"|"+first.Secret.Paper(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, row := range rows {
		for _, text := range row {
			if text != "" && strings.ContainsAny(text[:1], "=+-@\t") && !regexp.MustCompile(`^[+-]?[0-9]+$`).MatchString(text) {
				t.Errorf("a spreadsheet takes %s for a formula", text)
			}
		}
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range []string{"A3", "C3", "G4"} {
		kind, err := f.GetCellType("Sheet1", at)
		formula, err2 := f.GetCellFormula("Sheet1", at)
		if err != nil || err2 != nil || formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s is of type %v, with the formula %q, %v, %v", at, kind, formula, err, err2)
		}
	}
}

// TestCards reads every code of a sheet, and finds on each card what it must have, in the invitee's language.
func TestCards(t *testing.T) {
	p, r := personal(t), invited(t, 19)
	var b bytes.Buffer
	if err := p.WriteCards(&b, r.All()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, `<section class="page">`); n != 3 {
		t.Errorf("%d pages", n)
	}
	if n := strings.Count(page, `<line `); n != 3*2*(across+1+down+1) {
		t.Errorf("%d cut marks", n)
	}
	cards := regexp.MustCompile(`(?s)<article .*?</article>`).FindAllString(page, -1)
	if len(cards) != 19 {
		t.Fatalf("%d cards", len(cards))
	}
	for at, i := range slices.Collect(r.All()) {
		svg := regexp.MustCompile(`(?s)<svg.*</svg>`).FindString(cards[at])
		if got, want := decoded(t, drawn(t, svg)), "https://example.com/s/i/"+i.Secret.Word(); got != want {
			t.Errorf("card %d leads to %s, want %s", at, got, want)
		}
		language := p.languageOf(i.Contact)
		rest := strings.Replace(cards[at], svg, "", 1)
		for _, want := range []string{
			`lang="` + language + `"`, map[string]string{"zh": "喝茶问卷", "en": "Tea &amp; cake", "ar": "شاي"}[language], map[string]string{"zh": "扫码", "en": "Scan", "ar": "امسح"}[language],
			"example.com/s/i/<wbr><b>" + i.Secret.Paper() + "</b>", map[string]string{"zh": "6月30日", "en": "30 June 2026", "ar": "2026"}[language],
		} {
			if !strings.Contains(rest, want) {
				t.Errorf("card %d lacks %s:\n%s", at, want, rest)
			}
		}
		if (language == "ar") != strings.Contains(rest, `dir="rtl"`) || (i.Contact.Name != "") != strings.Contains(rest, `class="name"`) || strings.ContainsAny(rest, "{}") {
			t.Errorf("card %d:\n%s", at, rest)
		}
	}
	if strings.Contains(page, "<b>Ann") || !strings.Contains(page, "&lt;b&gt;Ann &amp; Co&lt;/b&gt;") {
		t.Error("a name is HTML")
	}
	b.Reset()
	if err := p.WriteCards(&b, invitees.New("tea").All()); err != nil || strings.Contains(b.String(), "<section") {
		t.Errorf("nobody: %v", err)
	}
	p.base = "https://example.com/" + strings.Repeat("x", 5000) + "/"
	if err := p.WriteCards(&b, r.All()); err == nil {
		t.Error("no QR code holds as much")
	}
}
