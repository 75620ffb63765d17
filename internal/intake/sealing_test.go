package intake_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/seal"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const (
	keyA   = "0b0cf9a1-2b3c-8d4e-9f50-617283940516" // of version 8
	number = "13800138000"
)

// sealedFixture is a survey whose phone numbers and texts are sealed, with the private key.
type sealedFixture struct {
	*fixture
	key seal.Private
}

func openSealed(t testing.TB) *sealedFixture {
	t.Helper()
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	d := &sealedFixture{open(t, surveyYAML+fmt.Sprintf(`
      - {id: phone, type: phone, label: {zh: 电话, en: Phone}}
      - {id: when, type: multi_choice, private: true, label: {zh: 时间, en: When}, options: [{id: am, label: {zh: 上午, en: AM}}, {id: pm, label: {zh: 下午, en: PM}}]}
      - {id: source, type: single_choice, label: {zh: 来源, en: Source}, options: [{id: shop, label: {zh: 店, en: Shop}}], other: true}
      - {id: plain, type: short_text, sealed: false, label: {zh: 明文, en: Plain}}
seal: {keys: [%s]}
`, key.Public())), key}
	days := &store.Transient{}
	d.handler.Limits, d.handler.DaySecrets = intake.NewLimits(days, days), days
	return d
}

// sealed seals a value as a page does.
func (d *sealedFixture) sealed(t testing.TB, id, field, text string, change ...func(*seal.Context)) string {
	t.Helper()
	place := seal.Context{Survey: "service", Version: d.survey.Version, ID: answer.IDOf("service", uuid.MustParse(id)), Field: field}
	for _, c := range change {
		c(&place)
	}
	text, err := seal.Seal(rand.Reader, []seal.Public{d.key.Public()}, place, text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// opened returns the answers of a stored response, opened; nothing of it may be stored in plain.
func (d *sealedFixture) opened(t testing.TB, r answer.Response) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, a := range append(r.Answers, r.Private...) {
		f, _ := d.survey.Field(a.Field())
		if !d.survey.Seals(f) {
			values[a.Field()] = strings.Join(a.Values(), "\n")
			continue
		}
		if len(a.Values()) != 1 {
			t.Fatalf("stored in plain: %v", a)
		}
		text, err := seal.Open([]seal.Private{d.key}, seal.Context{Survey: r.Survey, Version: r.Version, ID: r.ID, Field: a.Field()}, a.Values()[0])
		if err != nil {
			t.Fatalf("%v: %v", a, err)
		}
		values[a.Field()] = text
	}
	return values
}

func (d *sealedFixture) one(t testing.TB) answer.Response {
	t.Helper()
	if len(d.responses) != 1 {
		t.Fatalf("%d stored", len(d.responses))
	}
	for _, r := range d.responses {
		return r
	}
	panic("unreachable")
}

// TestHandlerSealsAPlainForm sends a form without a script, three times: within one slot, and into the next; with limits and without.
func TestHandlerSealsAPlainForm(t *testing.T) {
	testPlainForm(t, openSealed(t))
	d := openSealed(t)
	d.handler.Limits = nil
	testPlainForm(t, d)
}

func testPlainForm(t *testing.T, d *sealedFixture) {
	t.Helper()
	form := url.Values{"overall": {"5"}, "phone": {number}, "advice": {"空调太冷"}, "when": {"pm", "am"}, "source": {"_other"}, "source._other": {"广告"}, "plain": {"seal1.x"}, "mail": {"a@b.example"}}
	for range 3 {
		if w := d.form(form.Encode()); w.Code != 303 {
			t.Fatal(w.Code, w.Body)
		}
		d.now = d.now.Add(4 * time.Second)
	}
	r := d.one(t)
	want := map[string]string{"overall": "5", "phone": number, "advice": "空调太冷", "when": "am\npm", "source": "_other", "source._other": "广告", "plain": "seal1.x", "mail": "a@b.example"}
	if got := d.opened(t, r); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("opened: %v", got)
	}
	if data, err := json.Marshal(r); err != nil || strings.Contains(string(data), number) || strings.Contains(string(data), "空调") {
		t.Errorf("in what is stored: %s %v", data, err)
	}
	form.Set("phone", "13800138001")
	if w := d.form(form.Encode()); w.Code != 303 || len(d.responses) != 2 {
		t.Errorf("another number: %d, %d stored", w.Code, len(d.responses))
	}
}

// TestDigestNeedsTheKey tries the right number with everything that is stored, and then with the key that the client has.
func TestDigestNeedsTheKey(t *testing.T) {
	d := openSealed(t)
	body := fmt.Sprintf(`{"id":%q,"version":%q,"answers":{"overall":5,"phone":%q}}`, keyA, d.survey.Version, number)
	if w := d.json(body); w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	stored := d.one(t)
	guess := func(key []byte) answer.Response {
		r := answer.Response{ID: stored.ID, Survey: "service", Version: stored.Version, Answers: []answer.Answer{{"overall", "5"}}, Private: []answer.Answer{{"phone", number}}}
		if key == nil {
			return r
		}
		if err := r.Seal(d.survey, rand.Reader, key); err != nil {
			t.Fatal(err)
		}
		return r
	}
	id, given := uuid.MustParse(stored.ID), uuid.MustParse(keyA)
	for name, key := range map[string][]byte{"nothing": nil, "the id": id[:], "the secret": d.secret} {
		if guess(key).Digest() == stored.Digest() {
			t.Errorf("with %s a guess can be tried", name)
		}
	}
	if guess(given[:]).Digest() != stored.Digest() {
		t.Error("a retry is not recognized")
	}
	for what, c := range map[string]struct {
		body string
		want int
	}{
		"again":          {body, 200},
		"another number": {strings.Replace(body, number, "13800138001", 1), 409},
		"another answer": {strings.Replace(body, "5,", "4,", 1), 409},
		"no number":      {strings.Replace(body, `,"phone":"`+number+`"`, "", 1), 409},
	} {
		if w := d.json(c.body); w.Code != c.want {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	if len(d.responses) != 1 {
		t.Errorf("%d stored", len(d.responses))
	}
}

// TestBrowserSeals sends what a page has sealed. It is stored as it is, and never opened: another text of the same is another answer.
func TestBrowserSeals(t *testing.T) {
	for _, id := range []string{keyA, uuid1} {
		d := openSealed(t)
		phone, when, other := d.sealed(t, id, "phone", number), d.sealed(t, id, "when", "am\npm"), d.sealed(t, id, "source._other", "广告")
		body := fmt.Sprintf(`{"id":%q,"version":%q,"answers":{"overall":5,"phone":%q,"when":%q,"source._other":%q}}`, id, d.survey.Version, phone, when, other)
		if w := d.json(body); w.Code != 201 {
			t.Fatal(w.Code, w.Body)
		}
		if w := d.json(body); w.Code != 200 {
			t.Errorf("again: %d %s", w.Code, w.Body)
		}
		if w := d.json(strings.Replace(body, phone, d.sealed(t, id, "phone", number), 1)); w.Code != 409 {
			t.Errorf("sealed anew: %d %s", w.Code, w.Body)
		}
		r := d.one(t)
		want := map[string]string{"overall": "5", "phone": number, "when": "am\npm", "source": "_other", "source._other": "广告"}
		if got := d.opened(t, r); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("opened: %v", got)
		}
		if r.Keyed != nil {
			t.Error("a digest of what nobody has sealed here")
		}
	}
}

// TestBrowserAndHandlerSeal sends one answer sealed and another in plain.
func TestBrowserAndHandlerSeal(t *testing.T) {
	d := openSealed(t)
	body := fmt.Sprintf(`{"id":%q,"version":%q,"answers":{"overall":5,"phone":%q,"advice":"好"}}`, keyA, d.survey.Version, d.sealed(t, keyA, "phone", number))
	for _, want := range []int{201, 200} {
		if w := d.json(body); w.Code != want {
			t.Fatal(w.Code, w.Body)
		}
	}
	if got := d.opened(t, d.one(t)); got["phone"] != number || got["advice"] != "好" {
		t.Errorf("opened: %v", got)
	}
}

func TestSealsAreRefused(t *testing.T) {
	d := openSealed(t)
	other, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	to := func(keys ...seal.Public) string {
		text, err := seal.Seal(rand.Reader, keys, seal.Context{}, "x")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := d.sealed(t, keyA, "phone", number)
	for what, c := range map[string]struct{ id, field, value, code, at string }{
		"another key":          {keyA, "phone", to(other.Public()), "bad_seal", "phone"},
		"another key too":      {keyA, "phone", to(d.key.Public(), other.Public()), "bad_seal", "phone"},
		"cut":                  {keyA, "phone", good[:len(good)-1], "bad_seal", "phone"},
		"the prefix":           {keyA, "advice", "seal1.", "bad_seal", "advice"},
		"too much":             {keyA, "phone", d.sealed(t, keyA, "phone", strings.Repeat("1", 5000)), "bad_seal", "phone"},
		"of a field in plain":  {keyA, "overall", good, "not_an_option", "overall"},
		"too long in plain":    {keyA, "advice", strings.Repeat("好", 51), "too_long", "advice"},
		"an id that is no key": {uuid1, "phone", number, "key_needed", "id"},
		"no number":            {keyA, "phone", "no", "phone", "phone"},
	} {
		answers := map[string]any{"overall": 5, c.field: c.value}
		body, err := json.Marshal(map[string]any{"id": c.id, "version": d.survey.Version, "answers": answers})
		if err != nil {
			t.Fatal(err)
		}
		w := d.json(string(body))
		if w.Code != 422 || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) || !strings.Contains(w.Body.String(), `"field":"`+c.at+`"`) {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	// A form without an id gets one here, which nothing can have been sealed for.
	w := d.form(url.Values{"overall": {"5"}, "phone": {good}}.Encode())
	if w.Code != 422 || strings.Contains(w.Body.String(), good[:40]) {
		t.Errorf("without an id: %d", w.Code)
	}
	if len(d.responses) != 0 {
		t.Errorf("stored: %v", d.responses)
	}
}

// TestMistakesKeepWhatIsSealed sends a form with a mistake: what was typed is in the page, and nowhere else; and the second time it is sealed
// under the id that the page carries.
func TestMistakesKeepWhatIsSealed(t *testing.T) {
	d := openSealed(t)
	w := d.form(url.Values{"phone": {number}, "advice": {"空调太冷"}}.Encode())
	page := w.Body.String()
	if w.Code != 422 || !strings.Contains(page, number) || !strings.Contains(page, "空调太冷") || len(d.responses) != 0 {
		t.Fatalf("%d, %d stored", w.Code, len(d.responses))
	}
	_, id, _ := strings.Cut(page, `name="_id" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if w := d.form(url.Values{"_id": {id}, "overall": {"5"}, "phone": {number}}.Encode()); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	if r := d.one(t); d.opened(t, r)["phone"] != number || r.ID != answer.IDOf("service", uuid.MustParse(id)) {
		t.Errorf("%+v", r)
	}
}

// TestKeysAreChanged answers by a page of an earlier version, whose keys hold for it.
func TestKeysAreChanged(t *testing.T) {
	d := openSealed(t)
	old := d.survey
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	changed, problems := questionnaire.Parse("service.yaml", []byte(strings.Replace(surveyYAML, "title: {zh", "minutes: 1\ntitle: {zh", 1)+fmt.Sprintf("seal: {keys: [%s]}\n", key.Public())))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.definitions["service"], d.definitions["service@"+changed.Version] = changed, changed
	body := fmt.Sprintf(`{"id":%q,"version":%q,"answers":{"overall":5,"mail":%q}}`, keyA, old.Version, d.sealed(t, keyA, "mail", "a@b.example"))
	if w := d.json(body); w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	if w := d.json(strings.NewReplacer(old.Version, changed.Version, keyA, strings.Replace(keyA, "0b0", "1b1", 1)).Replace(body)); w.Code != 422 {
		t.Errorf("sealed to the keys of another version: %d %s", w.Code, w.Body)
	}
	if got := d.opened(t, d.one(t)); got["mail"] != "a@b.example" {
		t.Errorf("opened: %v", got)
	}
}

// TestInviteesAnswersAreSealed answers by invitations, with an id and without.
func TestInviteesAnswersAreSealed(t *testing.T) {
	d := openSealed(t)
	yaml := strings.Replace(surveyYAML, "period: quarter", "period: quarter\naccess: invited\nanonymity: identified", 1) + fmt.Sprintf("seal: {keys: [%s]}\n", d.key.Public())
	s, problems := questionnaire.Parse("service.yaml", []byte(yaml))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.survey = s
	d.definitions = map[string]*survey.Survey{"service": s, "service@" + s.Version: s}
	d.invite(t, linkSecret, func(i *invitation.Invitation) { i.Values = nil })
	d.invite(t, otherLink, func(i *invitation.Invitation) { i.Values = nil })
	if w := d.form(url.Values{"_invitation": {linkSecret}, "overall": {"5"}, "mail": {"a@b.example"}}.Encode()); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	if got := d.opened(t, d.one(t)); got["mail"] != "a@b.example" {
		t.Errorf("opened: %v", got)
	}
	body := fmt.Sprintf(`{"id":%q,"version":%q,"invitation":%q,"answers":{"overall":4,"mail":"c@d.example"}}`, keyA, s.Version, otherLink)
	for _, want := range []int{201, 200} {
		if w := d.json(body); w.Code != want {
			t.Fatal(w.Code, w.Body)
		}
	}
	if w := d.json(strings.Replace(body, "c@d", "e@f", 1)); w.Code != 409 {
		t.Errorf("another address: %d", w.Code)
	}
}

// TestAnonymousAnswersAreSealed spends a token: the id follows from its nonce, which keys the digest too.
func TestAnonymousAnswersAreSealed(t *testing.T) {
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	a := openAnonymousFrom(t, anonymousYAML+fmt.Sprintf("seal: {keys: [%s]}\n", key.Public()))
	device := newDevice(t, a.keys[0])
	token := device.token(t, a.post("token", device.ask(a.invite(t, 1, "2026-Q4", "a"))))
	answers := a.answers(token.Encode(), 5)
	answers["answers"] = map[string]any{"overall": 5, "advice": "空调太冷"}
	wantReply(t, "the answers", a.post("responses", answers), http.StatusCreated, `"receipt"`)
	wantReply(t, "again", a.post("responses", answers), http.StatusOK, `"receipt"`)
	for e, err := range a.store.After(t.Context(), "service", "2026-Q4", "") {
		if err != nil {
			t.Fatal(err)
		}
		r := e.Response
		i := slices.IndexFunc(r.Answers, func(a answer.Answer) bool { return a.Field() == "advice" })
		text, err := seal.Open([]seal.Private{key}, seal.Context{Survey: "service", Version: r.Version, ID: r.ID, Field: "advice"}, r.Answers[i].Values()[0])
		if err != nil || text != "空调太冷" || r.ID != token.ID("service") {
			t.Errorf("%+v opens as %q, %v", r, text, err)
		}
	}
	answers["answers"] = map[string]any{"overall": 5, "advice": "别的"}
	wantReply(t, "another text", a.post("responses", answers), http.StatusConflict, `"conflict"`)
	data, err := os.ReadFile(a.path)
	if err != nil || bytes.Contains(data, []byte("空调太冷")) {
		t.Errorf("the text is in the data file (%v)", err)
	}
}

// TestADozenTextsFit seals a dozen long texts, each full, in Chinese, to two keys: in the browser they fit into a request, and in both ways
// into what a table takes of one person.
func TestADozenTextsFit(t *testing.T) {
	const texts, item = 12, 400<<10 - 1000 // bytes of an item of DynamoDB, but for its keys
	var keys []seal.Public
	var yaml strings.Builder
	yaml.WriteString(surveyYAML)
	for range seal.MaxKeys {
		key, err := seal.NewPrivate()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.Public())
	}
	for n := range texts {
		fmt.Fprintf(&yaml, "      - {id: t%d, type: long_text, label: {zh: 文, en: Text}}\n", n)
	}
	fmt.Fprintf(&yaml, "seal: {keys: [%s, %s]}\n", keys[0], keys[1])
	d := &sealedFixture{fixture: open(t, yaml.String())}
	full := strings.Repeat("好", 2000)
	plain, sealed := map[string]any{"overall": 5}, map[string]any{"overall": 5}
	for n := range texts {
		field := fmt.Sprint("t", n)
		text, err := seal.Seal(rand.Reader, keys, seal.Context{Survey: "service", Version: d.survey.Version, ID: answer.IDOf("service", uuid.MustParse(keyA)), Field: field}, full)
		if err != nil {
			t.Fatal(err)
		}
		plain[field], sealed[field] = full, text
	}
	for name, answers := range map[string]map[string]any{"plain": plain, "sealed": sealed} {
		body, err := json.Marshal(map[string]any{"id": keyA, "version": d.survey.Version, "answers": answers})
		if err != nil {
			t.Fatal(err)
		}
		if w := d.json(string(body)); w.Code != 201 || len(body) > intake.MaxBody {
			t.Errorf("%s: %d bytes, %d %s", name, len(body), w.Code, w.Body)
		}
		if stored := answer.Append(nil, d.one(t), nil); len(stored) > item {
			t.Errorf("%s: stored in %d bytes", name, len(stored))
		} else {
			t.Logf("%s: %d bytes sent, %d stored", name, len(body), len(stored))
		}
		clear(d.responses)
	}
}
