package intake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// shownReceipt returns the receipt that a form's reply shows.
func shownReceipt(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	_, receipt, _ := strings.Cut(w.Header().Get("Location"), "#")
	if id, err := answer.ParseReceipt(receipt); w.Code != 303 || err != nil || answer.Receipt(id) != receipt {
		t.Fatalf("%d, %q", w.Code, w.Header().Get("Location"))
	}
	return receipt
}

// stored returns the receipts of what is stored.
func (s *memory) stored() (receipts []string) {
	for id := range s.responses {
		receipts = append(receipts, answer.Receipt(id))
	}
	return receipts
}

// TestSecondClickAnywhereInTheSlot clicks twice at moments all around the border between two slots: one response is stored,
// and each reply has its receipt.
func TestSecondClickAnywhereInTheSlot(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for first := time.Duration(0); first < 10*time.Second; first += 700 * time.Millisecond {
		for _, later := range []time.Duration{0, time.Nanosecond, 300 * time.Millisecond, 2 * time.Second, 9999 * time.Millisecond} {
			d := open(t, surveyYAML)
			d.now = start.Add(first)
			one := shownReceipt(t, d.form("overall=5&advice=longer"))
			d.now = d.now.Add(later)
			two := shownReceipt(t, d.form("overall=5&advice=longer"))
			if all := d.stored(); len(all) != 1 || all[0] != one || two != one {
				t.Errorf("%v and %v later: the receipts are %s and %s, stored is %v", first, later, one, two, all)
			}
		}
	}
}

// TestSecondClickWithAStore does the same with the embedded store, on either side of a border and of the end of a period.
func TestSecondClickWithAStore(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, strings.Replace(surveyYAML, "until: 2026-12-31", "until: 2027-12-31", 1))
	for i, border := range []time.Time{
		time.Date(2026, 11, 22, 10, 0, 10, 0, d.survey.Location()), time.Date(2027, 1, 1, 0, 0, 0, 0, d.survey.Location()),
	} {
		d.now = border.Add(-time.Millisecond)
		one := shownReceipt(t, d.form("overall=3"))
		d.now = border
		two := shownReceipt(t, d.form("overall=3"))
		found := places(t, s, d.survey.ID)
		if id, _ := answer.ParseReceipt(one); one != two || len(found) != i+1 || len(found[id]) != 1 {
			t.Errorf("%v: the receipts are %s and %s, stored is %v", border, one, two, found)
		}
	}
}

// derivedBefore returns the id that a form without one got from earlier versions: anybody can compute it.
func derivedBefore(r answer.Response, now time.Time, address, agent string) string {
	digest, hash := r.Digest(), sha256.New()
	hash.Write(digest[:])
	hash.Write(binary.BigEndian.AppendUint64(nil, uint64(now.UnixNano()/int64(10*time.Second))))
	fmt.Fprintf(hash, "%q %q", address, agent)
	var id uuid.UUID
	copy(id[:], hash.Sum(nil))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id.String()
}

// TestReceiptCannotBeDerived knows everything about a submission but the secret: its answers, address, browser and time.
func TestReceiptCannotBeDerived(t *testing.T) {
	t.Parallel()
	receipts := map[string]bool{}
	for _, secret := range []byte{1, 2} {
		d := open(t, surveyYAML)
		d.secret = bytes.Repeat([]byte{secret}, store.SecretSize)
		receipts[shownReceipt(t, d.form("overall=5", "User-Agent", "browser"))] = true
		for id, r := range d.responses {
			if id == derivedBefore(r, d.now, "192.0.2.1:1234", "browser") {
				t.Errorf("%s follows from what others know", id)
			}
			if uuid.MustParse(id).Version() != 8 {
				t.Errorf("%s is no id of the server's", id)
			}
		}
	}
	if len(receipts) != 2 {
		t.Errorf("two deployments give one receipt: %v", receipts)
	}
}

// TestGuessesAreNotTested posts guesses under ids that others may know: receipts, and what can be derived from answers. The
// replies do not depend on what is stored, and nothing that is stored can be reached.
func TestGuessesAreNotTested(t *testing.T) {
	t.Parallel()
	d := open(t, surveyYAML)
	post := func(id string, overall int) (*httptest.ResponseRecorder, struct{ ID, Receipt string }) {
		t.Helper()
		w := d.json(fmt.Sprintf(`{"id":%q,"answers":{"overall":%d}}`, id, overall))
		var reply struct{ ID, Receipt string }
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || reply.Receipt != answer.Receipt(reply.ID) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w, reply
	}
	shownReceipt(t, d.form("overall=5")) // without a script
	_, scripted := post("c0ffee00-1111-8222-9333-444455556666", 5)
	d.form("overall=5&_id=c0ffee00-1111-8222-9333-444455557777") // a form that was shown again
	before := derivedBefore(answer.Response{Survey: "service", Answers: []answer.Answer{{"overall", "5"}}}, d.now, "192.0.2.1:1234", "")
	d.responses[before] = answer.Response{ID: before, Survey: "service", Answers: []answer.Answer{{"overall", "5"}}} // of an earlier version
	known := slices.Collect(maps.Keys(d.responses))
	if len(known) != 4 {
		t.Fatal(known)
	}
	for _, id := range known {
		for guess := 1; guess <= 5; guess++ {
			n := len(d.responses)
			w, reply := post(id, guess)
			want, stored := 409, n
			if guess == 1 {
				want, stored = 201, n+1
			}
			if w.Code != want || len(d.responses) != stored || reply.ID == id {
				t.Errorf("a guess of %d under %s: %d %s", guess, id, w.Code, w.Body)
			}
		}
		// The first guess has taken what is stored for that key: the right one is refused as the wrong ones are.
		if w, _ := post(id, 5); w.Code != 409 {
			t.Errorf("the right guess under %s: %d", id, w.Code)
		}
		if d.responses[id].Answers[0][1] != "5" {
			t.Errorf("%s was changed", id)
		}
	}
	// Who has the key sends again: the same is success, other answers are a conflict.
	if w, again := post("c0ffee00-1111-8222-9333-444455556666", 5); w.Code != 200 || again != scripted || scripted.ID == "c0ffee00-1111-8222-9333-444455556666" {
		t.Errorf("again: %d, %v, %v", w.Code, again, scripted)
	}
	if w, _ := post("c0ffee00-1111-8222-9333-444455556666", 4); w.Code != 409 {
		t.Errorf("other answers: %d", w.Code)
	}
}

// TestReceiptsOfBefore erases by a receipt that an earlier version has derived.
func TestReceiptsOfBefore(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, surveyYAML)
	r := answer.Response{Survey: "service", Version: d.survey.Version, Period: "2026-Q4", Language: "zh", Answers: []answer.Answer{{"overall", "5"}}}
	r.ID = derivedBefore(r, d.now, "192.0.2.1", "browser")
	if created, err := s.Put(t.Context(), r); err != nil || !created {
		t.Fatal(created, err)
	}
	id, err := answer.ParseReceipt(answer.Receipt(r.ID))
	if err != nil || id != r.ID {
		t.Fatal(id, err)
	}
	if erased, err := s.Erase(t.Context(), "service", id, nil); err != nil || !erased {
		t.Fatal(erased, err)
	}
}

// TestFormsWithoutASecret stores under random ids as long as no secret has been made or it cannot be read: then a second click
// is not recognized, and nothing else changes.
func TestFormsWithoutASecret(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{fmt.Errorf("table: %w", store.ErrNoSecret), errors.New("throttled")} {
		d := open(t, surveyYAML)
		var log bytes.Buffer
		d.handler.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.noSecret = fault
		one, two := shownReceipt(t, d.form("overall=5")), shownReceipt(t, d.form("overall=5"))
		if all := d.stored(); len(all) != 2 || one == two || !slices.Contains(all, one) || !slices.Contains(all, two) {
			t.Errorf("%v: the receipts are %s and %s, stored is %v", fault, one, two, all)
		}
		if said := strings.Contains(log.String(), "throttled"); said == errors.Is(fault, store.ErrNoSecret) {
			t.Errorf("%v: the log says %q", fault, &log)
		}
	}
}

// TestSecondClickThatCannotBeLookedUp is told to try again, rather than shown a receipt that may be of nothing.
func TestSecondClickThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	d := open(t, surveyYAML)
	one := shownReceipt(t, d.form("overall=5"))
	d.now = d.now.Add(8 * time.Second)
	d.handler.IDs = unreadable{}
	if w := d.form("overall=5"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	d.handler.IDs = d.memory
	if two := shownReceipt(t, d.form("overall=5")); two != one {
		t.Errorf("%s, want %s", two, one)
	}
}

type unreadable struct{}

func (unreadable) Taken(context.Context, string, string) (bool, error) {
	return false, errors.New("not readable")
}

// TestFormThatWasNotStored is shown again with its key: whether the store had it or not, sending it later counts once.
func TestFormThatWasNotStored(t *testing.T) {
	t.Parallel()
	for _, kept := range []string{"", "duplicates: keep\n"} {
		d := open(t, surveyYAML+kept)
		d.lost = true // it is stored, and the reply of the store is lost
		w := d.form("overall=5")
		_, rest, _ := strings.Cut(w.Body.String(), `name="_id" value="`)
		key, _, _ := strings.Cut(rest, `"`)
		if w.Code != 503 || uuid.Validate(key) != nil || len(d.responses) != 1 {
			t.Fatalf("%d, %q, %v", w.Code, key, d.responses)
		}
		d.lost = false
		d.now = d.now.Add(time.Hour)
		receipt := shownReceipt(t, d.form("overall=5&_id="+key))
		if all := d.stored(); len(all) != 1 || all[0] != receipt {
			t.Errorf("%q: the receipt is %s, stored is %v", kept, receipt, all)
		}
	}
}

// TestKioskCountsEachClick keeps duplicates, under ids that nobody can derive or reach.
func TestKioskCountsEachClick(t *testing.T) {
	t.Parallel()
	d := open(t, surveyYAML+"duplicates: keep\n")
	one, two := shownReceipt(t, d.form("overall=5")), shownReceipt(t, d.form("overall=5"))
	if len(d.responses) != 2 || one == two {
		t.Errorf("%s, %s", one, two)
	}
	for id := range d.responses {
		if uuid.MustParse(id).Version() != 8 {
			t.Errorf("%s can be given", id)
		}
	}
}
