package intake_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"glasspoll/internal/blind"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const anonymousYAML = `title: {zh: 服务满意度, en: Service}
languages: [zh, en]
period: quarter
channels: [email, card]
access: invited
anonymity: anonymous
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, label: {zh: 总体, en: Overall}, required: true}
      - {id: advice, type: long_text, label: {zh: 建议, en: Advice}}
      - {id: tier, type: hidden, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
`

// signers returns private keys, which take long to make: of tier a, of all others, and of tier a a period before.
var signers = sync.OnceValue(func() []blind.Private {
	var all []blind.Private
	for range 3 {
		p, err := blind.NewPrivate(rand.Reader)
		if err != nil {
			panic(err)
		}
		all = append(all, p)
	}
	return all
})

// anonymous is an anonymous survey over the embedded store, with all that it logs.
type anonymous struct {
	handler *intake.Handler
	store   *local.Store
	path    string
	survey  *survey.Survey
	keys    []survey.Key
	now     time.Time
	log     bytes.Buffer
}

func openAnonymous(t testing.TB) *anonymous {
	t.Helper()
	return openAnonymousFrom(t, anonymousYAML)
}

func openAnonymousFrom(t testing.TB, yaml string) *anonymous {
	t.Helper()
	a := &anonymous{path: filepath.Join(t.TempDir(), "glasspoll.db")}
	for n, p := range signers() {
		group := []struct {
			period string
			values map[string]string
		}{{"2026-Q4", map[string]string{"tier": "a"}}, {"2026-Q4", nil}, {"2026-Q3", map[string]string{"tier": "a"}}}[n]
		a.keys = append(a.keys, p.Public(group.period, group.values))
	}
	var problems questionnaire.Problems
	a.survey, problems = questionnaire.ParseWith("service.yaml", []byte(yaml), questionnaire.Files{Keys: func(string) (*survey.Keys, error) {
		return &survey.Keys{Variant: survey.BlindVariant, Keys: a.keys}, nil
	}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var err error
	if a.store, err = local.Open(a.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.store.Close() })
	if err := a.store.PutDefinition(t.Context(), a.survey); err != nil {
		t.Fatal(err)
	}
	if err := a.store.PutSigningKeys(t.Context(), "service", signers()); err != nil {
		t.Fatal(err)
	}
	a.now = time.Date(2026, 11, 22, 10, 11, 12, 0, a.survey.Location())
	s := a.store
	a.handler = &intake.Handler{
		Definitions: s, Responses: s, Days: s, Redeemer: s, Invitations: s, IDs: s, Secrets: s, Renderer: pages(t),
		Signer: &intake.Signer{Keys: s, Marker: s}, Now: func() time.Time { return a.now },
		Client: func(r *http.Request) string { return r.RemoteAddr }, Log: slog.New(slog.NewTextHandler(&a.log, nil)),
	}
	return a
}

// invite stores an invitation of a group, and returns its secret.
func (a *anonymous) invite(t testing.TB, n byte, period, tier string) invitation.Secret {
	t.Helper()
	return a.inviteOn(t, n, period, tier, "", "")
}

// inviteOn is invite for an invitation that can be used on some days.
func (a *anonymous) inviteOn(t testing.TB, n byte, period, tier string, from, until survey.Date) invitation.Secret {
	t.Helper()
	s := invitation.Secret(bytes.Repeat([]byte{n + 1, 171}, 5))
	i := invitation.Invitation{Hash: s.Hash(), Survey: "service", Period: period, Channel: "card", Language: "en", From: from, Until: until}
	if tier != "" {
		i.Values = map[string]string{"tier": tier}
	}
	if _, err := a.store.PutInvitations(t.Context(), []invitation.Invitation{i}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (a *anonymous) post(tail string, body any) *httptest.ResponseRecorder {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest("POST", "/api/surveys/service/"+tail, bytes.NewReader(data))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

// device is what a page keeps between the two requests.
type device struct {
	key     survey.Key
	client  blindrsa.Client
	state   blindrsa.State
	nonce   []byte
	blinded []byte
}

func newDevice(t testing.TB, key survey.Key) *device {
	t.Helper()
	modulus, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := &device{key: key}
	d.client, err = blindrsa.NewClient(blindrsa.SHA384PSSRandomized, &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537})
	if err == nil {
		d.nonce, err = d.client.Prepare(rand.Reader, make([]byte, blind.NonceSize-32))
	}
	if err == nil {
		d.blinded, d.state, err = d.client.Blind(rand.Reader, d.nonce)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ask is the first request.
func (d *device) ask(secret invitation.Secret) map[string]string {
	return map[string]string{"invitation": secret.Word(), "key": d.key.ID, "blinded": base64.RawURLEncoding.EncodeToString(d.blinded)}
}

// token unblinds the reply to the first request.
func (d *device) token(t testing.TB, w *httptest.ResponseRecorder) blind.Token {
	t.Helper()
	var reply struct{ Signature string }
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	signed, err := base64.RawURLEncoding.DecodeString(reply.Signature)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := d.client.Finalize(d.state, signed)
	if err != nil {
		t.Fatal(err)
	}
	return blind.Token{Key: d.key.ID, Nonce: d.nonce, Signature: signature}
}

// answers is the second request.
func (a *anonymous) answers(token string, overall int) map[string]any {
	return map[string]any{"version": a.survey.Version, "language": "en", "token": token, "answers": map[string]any{"overall": overall, "tier": "b"}}
}

func wantReply(t *testing.T, what string, w *httptest.ResponseRecorder, status int, says string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), says) {
		t.Errorf("%s: %d %s; want %d with %q", what, w.Code, w.Body, status, says)
	}
}

// TestAnonymousAnswer goes the whole way, and each step of it again.
func TestAnonymousAnswer(t *testing.T) {
	a := openAnonymous(t)
	secret := a.invite(t, 1, "2026-Q4", "a")
	d := newDevice(t, a.keys[0])
	first := a.post("token", d.ask(secret))
	token := d.token(t, first)
	// The reply was lost: the same value has the same signature, also a day later and after the day of the invitation.
	a.now = a.now.AddDate(0, 0, 1)
	if again := a.post("token", d.ask(secret)); again.Code != http.StatusOK || again.Body.String() != first.Body.String() {
		t.Errorf("again: %d %s", again.Code, again.Body)
	}
	wantReply(t, "another device", a.post("token", newDevice(t, a.keys[0]).ask(secret)), http.StatusConflict, "invitation_used")
	wantReply(t, "the invitation itself", a.post("responses", map[string]any{"id": uuid1, "invitation": secret.Word(), "confidential": true, "answers": map[string]any{"overall": 1}}), http.StatusConflict, "invitation_used")

	sent := a.post("responses", a.answers(token.Encode(), 5))
	wantReply(t, "the answers", sent, http.StatusCreated, `"receipt"`)
	if again := a.post("responses", a.answers(token.Encode(), 5)); again.Code != http.StatusOK || again.Body.String() != sent.Body.String() {
		t.Errorf("the answers again: %d %s", again.Code, again.Body)
	}
	wantReply(t, "spent twice", a.post("responses", a.answers(token.Encode(), 4)), http.StatusConflict, `"conflict"`)

	var stored int
	for e, err := range a.store.After(t.Context(), "service", "2026-Q4", "") {
		if err != nil {
			t.Fatal(err)
		}
		stored++
		r := e.Response
		if r.ID != token.ID("service") || r.Channel != "" || r.Language != "en" || len(r.Answers) != 2 || fmt.Sprint(r.Answers) != "[[overall 5] [tier a]]" {
			t.Errorf("stored: %+v", r)
		}
		if want := time.Date(2026, 11, 23, 0, 0, 0, 0, a.survey.Location()); !e.Arrived.Equal(want) {
			t.Errorf("arrived %v", e.Arrived)
		}
	}
	if stored != 1 {
		t.Errorf("%d stored", stored)
	}
}

// TestTokensAreRefused spends what is not a token of this survey, group or time.
func TestTokensAreRefused(t *testing.T) {
	a := openAnonymous(t)
	d := newDevice(t, a.keys[0])
	token := d.token(t, a.post("token", d.ask(a.invite(t, 1, "2026-Q4", "a"))))
	tampered, other, unknown := token, token, token
	tampered.Signature = bytes.Clone(token.Signature)
	tampered.Signature[100] ^= 1
	other.Key, unknown.Key = a.keys[1].ID, "0000000000000000"
	for what, bad := range map[string]string{
		"tampered": tampered.Encode(), "of another group": other.Encode(), "of an unknown key": unknown.Encode(), "cut": token.Encode()[:300],
		"no token": "x", "points": "...", "long": strings.Repeat("A", 100_000),
	} {
		wantReply(t, what, a.post("responses", a.answers(bad, 5)), http.StatusForbidden, "token_unknown")
	}
	// Of a group whose period is over, but for a day of grace.
	a.now = time.Date(2026, 9, 30, 23, 59, 0, 0, a.survey.Location())
	before := newDevice(t, a.keys[2])
	past := before.token(t, a.post("token", before.ask(a.invite(t, 2, "2026-Q3", "a"))))
	a.now = time.Date(2026, 10, 3, 0, 0, 0, 0, a.survey.Location())
	wantReply(t, "late", a.post("responses", a.answers(past.Encode(), 5)), http.StatusForbidden, "token_late")
	a.now = time.Date(2026, 10, 1, 8, 0, 0, 0, a.survey.Location())
	wantReply(t, "in time", a.post("responses", a.answers(past.Encode(), 5)), http.StatusCreated, "receipt")
	if got := places(t, a.store, "service"); len(got) != 1 || fmt.Sprint(got[past.ID("service")]) != "[2026-Q3]" {
		t.Errorf("stored: %v", got)
	}
	wantReply(t, "it is still good", a.post("responses", a.answers(token.Encode(), 5)), http.StatusCreated, "receipt")
}

// TestSignaturesAreRefused asks for signatures that nobody gets, and marks nothing by it.
func TestSignaturesAreRefused(t *testing.T) {
	a := openAnonymous(t)
	tierA, rest := a.invite(t, 1, "2026-Q4", "a"), a.invite(t, 2, "2026-Q4", "")
	without := a.invite(t, 3, "2026-Q4", "b")
	d := newDevice(t, a.keys[0])
	with := func(name, value string) map[string]string {
		changed := maps.Clone(d.ask(tierA))
		changed[name] = value
		return changed
	}
	modulus, err := a.keys[0].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	for what, c := range map[string]struct {
		body   any
		status int
		says   string
	}{
		"an unknown invitation":   {with("invitation", "0000000000000000"), http.StatusForbidden, "invitation_unknown"},
		"no invitation":           {with("invitation", ""), http.StatusForbidden, "invitation_unknown"},
		"the key of others":       {with("key", a.keys[1].ID), http.StatusConflict, "token_unknown"},
		"the key of before":       {with("key", a.keys[2].ID), http.StatusConflict, "token_unknown"},
		"no key":                  {with("key", ""), http.StatusConflict, "token_unknown"},
		"of others with this key": {d.ask(rest), http.StatusConflict, "token_unknown"},
		"a group without a key":   {d.ask(without), http.StatusForbidden, "not_anonymous"},
		"nothing blinded":         {with("blinded", ""), http.StatusBadRequest, "bad_body"},
		"too little":              {with("blinded", text(d.blinded[1:])), http.StatusBadRequest, "bad_body"},
		"too much":                {with("blinded", text(append(d.blinded, 0))), http.StatusBadRequest, "bad_body"},
		"zero":                    {with("blinded", text(make([]byte, 256))), http.StatusBadRequest, "bad_body"},
		"the modulus":             {with("blinded", text(modulus)), http.StatusBadRequest, "bad_body"},
		"above it":                {with("blinded", text(bytes.Repeat([]byte{255}, 256))), http.StatusBadRequest, "bad_body"},
		"not base64":              {with("blinded", strings.Repeat("!", 342)), http.StatusBadRequest, "bad_body"},
		"a megabyte":              {with("blinded", strings.Repeat("A", 200<<10)), http.StatusBadRequest, "bad_body"},
		"a number":                {map[string]any{"invitation": 1, "blinded": 2}, http.StatusBadRequest, "bad_body"},
		"a list":                  {[]int{1}, http.StatusBadRequest, "bad_body"},
		"null":                    {nil, http.StatusBadRequest, "bad_body"},
	} {
		wantReply(t, what, a.post("token", c.body), c.status, c.says)
	}
	for _, secret := range []invitation.Secret{tierA, rest, without} {
		if i, err := a.store.Invitation(t.Context(), secret.Hash()); err != nil || i.Redeemed {
			t.Errorf("marked: %+v, %v", i, err)
		}
	}
	if w := httptest.NewRecorder(); true {
		a.handler.ServeHTTP(w, httptest.NewRequest("GET", "/api/surveys/service/token", nil))
		wantReply(t, "a GET", w, http.StatusMethodNotAllowed, "")
	}
	a.handler.Signer = nil // the function that takes answers
	wantReply(t, "nobody signs", a.post("token", d.ask(tierA)), http.StatusForbidden, "not_anonymous")
}

// TestSignaturesByTheDay: who has begun in time has a signature, as answers with an invitation are taken.
func TestSignaturesByTheDay(t *testing.T) {
	for name, c := range map[string]struct {
		from, until survey.Date
		after       time.Duration // the beginning of 23 November
		status      int
		says        string
	}{
		"over":       {"", "2026-11-22", 31 * time.Minute, http.StatusForbidden, "invitation_expired"},
		"in grace":   {"", "2026-11-22", 29 * time.Minute, http.StatusOK, "signature"},
		"early":      {"2026-11-24", "", 0, http.StatusForbidden, "invitation_early"},
		"just begun": {"2026-11-23", "", 0, http.StatusOK, "signature"},
	} {
		a := openAnonymous(t)
		a.now = time.Date(2026, 11, 23, 0, 0, 0, 0, a.survey.Location()).Add(c.after)
		secret := a.inviteOn(t, 1, "2026-Q4", "a", c.from, c.until)
		wantReply(t, name, a.post("token", newDevice(t, a.keys[0]).ask(secret)), c.status, c.says)
	}
}

// TestWithoutAScript: the way of a confidential survey is chosen, never taken for granted.
func TestWithoutAScript(t *testing.T) {
	a := openAnonymous(t)
	secret := a.invite(t, 1, "2026-Q4", "a")
	open := func() string {
		r := httptest.NewRequest("POST", "/api/surveys/service/form/en", strings.NewReader("_invitation="+secret.Word()))
		r.Header.Set("Content-Type", plainForm)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	page := open()
	for _, want := range []string{`name="_confidential"`, "cannot send your answers anonymously", a.survey.Keys.Fingerprint(), "Tier: A", `"key":"` + a.keys[0].ID, "keys/" + a.survey.Version} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s\n%s", want, page)
		}
	}
	send := func(more string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/api/surveys/service/responses", strings.NewReader("overall=5&_language=en&_channel=email&_id="+uuid1+"&_invitation="+secret.Word()+more))
		r.Header.Set("Content-Type", plainForm)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		return w
	}
	for _, unchosen := range []string{"", "&_confidential=no", "&_confidential="} {
		wantReply(t, "not chosen", send(unchosen), http.StatusForbidden, "Not sent: this would not be anonymous")
	}
	wantReply(t, "by JSON", a.post("responses", map[string]any{"id": uuid1, "invitation": secret.Word(), "answers": map[string]any{"overall": 5}}), http.StatusForbidden, "not_anonymous")
	wantReply(t, "chosen", send("&_confidential=yes"), http.StatusSeeOther, "")
	i, err := a.store.Invitation(t.Context(), secret.Hash())
	if err != nil || !i.Redeemed || i.Answer != "" || i.Blinded != (invitation.Digest{}) {
		t.Errorf("the mark is %+v, %v", i, err)
	}
	for e, err := range a.store.After(t.Context(), "service", "2026-Q4", "") {
		if err != nil || e.Response.Channel != "" {
			t.Errorf("stored %+v, %v", e.Response, err)
		}
	}
	wantReply(t, "a signature as well", a.post("token", newDevice(t, a.keys[0]).ask(secret)), http.StatusConflict, "invitation_used")
}

// TestKeysAreTheSameForAll asks for the public keys.
func TestKeysAreTheSameForAll(t *testing.T) {
	a := openAnonymous(t)
	get := func(version string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, httptest.NewRequest("GET", "/api/surveys/service/keys/"+version, nil))
		return w
	}
	w := get(a.survey.Version)
	if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), a.survey.Keys.Encode()) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	for _, none := range []string{"", "0000000000000000", "../x"} {
		if w := get(none); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d %s", none, w.Code, w.Body)
		}
	}
}

// TestNothingJoinsAPersonAndAnAnswer has several people of one group answer in another order than that in which they had
// something signed, and reads all that is stored and logged: whatever the first request has, or what follows from it, is nowhere
// near what the second has.
func TestNothingJoinsAPersonAndAnAnswer(t *testing.T) {
	a := openAnonymous(t)
	const people = 6
	type person struct {
		secret  invitation.Secret
		device  *device
		token   blind.Token
		overall int
	}
	var all []*person
	for n := range people {
		p := &person{secret: a.invite(t, byte(n), "2026-Q4", "a"), device: newDevice(t, a.keys[0]), overall: n%5 + 1}
		p.token = p.device.token(t, a.post("token", p.device.ask(p.secret)))
		all = append(all, p)
	}
	afterMarks := a.contents(t)
	for _, n := range []int{3, 0, 5, 2, 4, 1} {
		p := all[n]
		body := a.answers(p.token.Encode(), p.overall)
		body["answers"] = map[string]any{"overall": p.overall, "advice": fmt.Sprintf("advice of number %d", n)}
		wantReply(t, "the answers", a.post("responses", body), http.StatusCreated, "receipt")
	}
	stored := a.contents(t)
	for n, p := range all {
		hash, digest := p.secret.Hash(), blind.DigestOf(p.device.blinded)
		id := strings.ReplaceAll(p.token.ID("service"), "-", "")
		for what, data := range map[string][]byte{
			"the secret": p.secret[:], "the secret in letters": []byte(p.secret.Word()), "the blinded value": p.device.blinded[:32], "the nonce": p.token.Nonce[:32],
			"the signature": p.token.Signature[:32], "the token": []byte(p.token.Encode()[17:60]),
		} {
			if bytes.Contains(stored, data) || bytes.Contains(a.log.Bytes(), data) {
				t.Errorf("person %d: %s is stored or logged", n, what)
			}
		}
		// What knows the invitation was written before what knows the answer, and is not written again.
		if !bytes.Contains(afterMarks, hash[:]) || !bytes.Contains(afterMarks, digest[:]) || bytes.Contains(a.log.Bytes(), []byte(id)) || strings.Contains(a.log.String(), hash.String()) {
			t.Errorf("person %d: the mark is not stored, or something of it is logged", n)
		}
		i, err := a.store.Invitation(t.Context(), hash)
		if err != nil || i.Answer != "" || !i.Redeemed || i.Blinded != digest {
			t.Errorf("person %d: the mark is %+v, %v", n, i, err)
		}
	}
	// The marks differ in the hash and the digest alone, both of which are of random bytes; the answers in what was answered.
	first, _ := a.store.Invitation(t.Context(), all[0].secret.Hash())
	for n, p := range all {
		i, _ := a.store.Invitation(t.Context(), p.secret.Hash())
		i.Hash, i.Blinded = first.Hash, first.Blinded
		if !i.Equal(first) {
			t.Errorf("person %d: the mark tells more: %+v", n, i)
		}
	}
	days := map[time.Time]bool{}
	for e, err := range a.store.After(t.Context(), "service", "2026-Q4", "") {
		if err != nil {
			t.Fatal(err)
		}
		days[e.Arrived] = true
	}
	if len(days) != 1 {
		t.Errorf("the answers have %d arrivals", len(days))
	}
	if a.log.Len() > 0 {
		t.Errorf("logged: %s", a.log.String())
	}
}

// contents returns all that is stored.
func (a *anonymous) contents(t *testing.T) []byte {
	t.Helper()
	file, err := os.Open(a.path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
