package intake_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/intake"
)

// repeat writes pieces, separated by commas or ampersands, until they fill a submission.
func repeat(separator string, piece func(i int) string, before, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; b.Len() < intake.MaxBody-100; i++ {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(piece(i))
	}
	return b.String() + after
}

// hostileBodies are submissions as large as they may be, and made to be as much work as they can.
func hostileBodies() map[string]string {
	const envelope = `{"id":"` + uuid1 + `",`
	numbered := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	same := func(text string) func(int) string { return func(int) string { return text } }
	return map[string]string{
		"json/unknown":         repeat(",", numbered(`"x%d":1`), envelope+`"answers":{`, "}}"),
		"json/unknown members": repeat(",", numbered(`"x%d":1`), envelope, "}"),
		"json/unknown rows":    repeat(",", numbered(`"x%d":1`), envelope+`"answers":{"grid":{`, "}}}"),
		"json/unknown ranks":   repeat(",", numbered(`"x%d"`), envelope+`"answers":{"first":[`, "]}}"),
		"json/one name":        repeat(",", same(`"rate":1`), envelope+`"answers":{`, "}}"),
		"json/pairs":           repeat(",", numbered(`"x%[1]d":1,"x%[1]d":1`), envelope+`"answers":{`, "}}"),
		"json/unknown parts":   repeat(",", numbered(`"x%d":1`), envelope+`"answers":{"weight":{`, "}}}"),
		"json/one rank":        repeat(",", same(`"price"`), envelope+`"answers":{"first":[`, "]}}"),
		"json/choices":         repeat(",", same(`"a"`), envelope+`"answers":{"many":[`, "]}}"),
		"json/numbers":         repeat(",", same(`1e9`), envelope+`"answers":{"many":[`, "]}}"),
		"json/digits":          envelope + `"answers":{"visits":` + strings.Repeat("9", intake.MaxBody-100) + "}}",
		"json/deep":            envelope + `"answers":{"grid":` + strings.Repeat(`{"speed":`, 9000) + "{" + strings.TrimSuffix(strings.Repeat(`"a":1,"a":1,`, 12000), ",") + strings.Repeat("}", 9001) + "}}",
		"json/arrays":          envelope + `"answers":{"many":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}}",
		"form/unknown":         repeat("&", numbered("x%d=1"), "", ""),
		"form/unknown rows":    repeat("&", numbered("grid.x%d=1"), "", ""),
		"form/one name":        repeat("&", same("rate=1"), "", ""),
		"form/choices":         repeat("&", same("many=a"), "", ""),
		"form/ranks":           repeat("&", same("first.price=1"), "", ""),
		"form/dates":           repeat("&", same("day=2026-1-1"), "", ""),
		"form/numbers":         repeat("&", same("visits=9"), "", ""),
		"form/digits":          "visits=" + strings.Repeat("9", intake.MaxBody-100),
		"form/text":            "mail=" + strings.Repeat("a@", (intake.MaxBody-100)/2),
		"form/phone":           "tel=" + strings.Repeat("+1 ", (intake.MaxBody-100)/3),
		"form/pattern":         "name=" + strings.Repeat("a", intake.MaxBody-100),
	}
}

func openEvery(t testing.TB) *fixture {
	source, err := os.ReadFile("../render/testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, string(source))
	d.now = time.Date(2026, 10, 10, 10, 0, 0, 0, d.survey.Location())
	return d
}

func (d *fixture) sendHostile(name, body string) *httptest.ResponseRecorder {
	media := jsonMedia
	if strings.HasPrefix(name, "form/") {
		media = plainForm
	}
	return d.send("POST", "/api/surveys/"+d.survey.ID+"/responses", media, body)
}

// A hostile submission is refused with its first problems, the same each time.
func TestHostileBodies(t *testing.T) {
	d := openEvery(t)
	for name, body := range hostileBodies() {
		w := d.sendHostile(name, body)
		if len(body) > intake.MaxBody || w.Code != 422 {
			t.Errorf("%s: %d for %d bytes", name, w.Code, len(body))
		}
		if strings.HasPrefix(name, "json/") && d.sendHostile(name, body).Body.String() != w.Body.String() {
			t.Errorf("%s: another reply", name)
		}
		if n := strings.Count(w.Body.String(), `"code":`); n > 100 {
			t.Errorf("%s: %d problems", name, n)
		}
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// A body that is declared to be too large is refused before it arrives; one that is larger than declared, or whose size is not
// declared, once more than allowed has arrived.
func TestDeclaredLength(t *testing.T) {
	d := open(t, surveyYAML)
	for length, body := range map[int64]io.Reader{
		10_000_000_000:     unread{t},
		intake.MaxBody + 1: unread{t},
		-1:                 io.LimitReader(zeros{}, intake.MaxBody+1),
		3:                  io.LimitReader(zeros{}, intake.MaxBody+1),
	} {
		r := httptest.NewRequest("POST", api, body)
		r.ContentLength = length
		r.Header.Set("Content-Type", jsonMedia)
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "too_much") {
			t.Errorf("%d bytes: %d %s", length, w.Code, w.Body)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func BenchmarkHostile(b *testing.B) {
	d := openEvery(b)
	for name, body := range hostileBodies() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.sendHostile(name, body)
			}
		})
	}
}
