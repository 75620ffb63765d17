package seal_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/blind"
	"glasspoll/internal/seal"
)

// A device is what stays when a page is loaded again.
type device struct {
	local, tab map[string]string
}

func newDevice() *device { return &device{map[string]string{}, map[string]string{}} }

// theDOM is as much of a page as templates/seal.js uses.
const theDOM = `
const storage = (area) => ({
  getItem: (key) => { const value = read(area, key); return value === "" ? null : value; },
  setItem: (key, value) => write(area, key, value),
  removeItem: (key) => write(area, key, ""),
});
Object.assign(window, { localStorage: storage("local"), sessionStorage: storage("tab") });
const location = { search };
class URLSearchParams {
  constructor(text) { this.text = text; }
  has(name) { return this.text.includes(name); }
}
const document = {
  getElementById: (id) => (id === "sealing" ? { textContent: settings } : id === "blind" && isBlind ? {} : null),
  querySelector: () => ({ getAttribute: () => "tea" }),
};
const sent = [];
const reply = (outcome) => async (submission) => { sent.push(JSON.stringify(submission.answers)); return outcome; };
const received = reply([201, 0, { thanks: "thanks" }]), lost = reply([0, 0, {}]);
`

// aForm is a page with a form whose fields mail, remark and likes are sealed; of these, remark may be kept on the device.
type aForm struct {
	*page
	private seal.Private
	version string // of the questionnaire; "" is v1
}

type load struct {
	search    string
	isBlind   bool
	plainHTTP bool
}

// open loads the page.
func (d *device) open(t *testing.T, key seal.Private, l load) *aForm {
	t.Helper()
	f := &aForm{page: newPage(t), private: key}
	area := map[string]map[string]string{"local": d.local, "tab": d.tab}
	f.vm.Set("read", func(name, key string) string { return area[name][key] })
	f.vm.Set("write", func(name, key, value string) {
		if area[name][key] = value; value == "" {
			delete(area[name], key)
		}
	})
	settings, err := json.Marshal(map[string]any{
		"survey": "tea", "keys": []string{base64.StdEncoding.EncodeToString(key.Public().Bytes())},
		"fields": [][]any{{"mail", false}, {"remark", true}, {"likes", false}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.vm.Set("settings", string(settings))
	f.vm.Set("search", l.search)
	f.vm.Set("isBlind", l.isBlind)
	if l.plainHTTP {
		f.runScript(t, `delete window.crypto`)
	}
	f.runScript(t, theDOM)
	f.runScript(t, bundle(t, "seal.js"))
	return f
}

// send has the page send answers, and returns them as they are sent.
func (f *aForm) send(t *testing.T, id, channel, post string, answers map[string]any) map[string]any {
	t.Helper()
	f.vm.Set("answers", answers)
	f.vm.Set("id", id)
	f.vm.Set("channel", channel)
	f.vm.Set("version", cmp.Or(f.version, "v1"))
	f.call(t, `window.sendBlindly({ id, channel, version, answers: { ...answers } }, `+post+`).then(() => "")`)
	v, err := f.vm.RunString(`sent[sent.length - 1]`)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(v.String()), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// wantOpen opens what was sent.
func (f *aForm) wantOpen(t *testing.T, id string, sent map[string]any, want map[string]string) {
	t.Helper()
	key, err := uuid.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	for field, text := range want {
		sealed, _ := sent[field].(string)
		got, err := seal.Open([]seal.Private{f.private}, seal.Context{Survey: "tea", Version: cmp.Or(f.version, "v1"), ID: answer.IDOf("tea", key), Field: field}, sealed)
		if err != nil || got != text {
			t.Errorf("%s is %q, %v; want %q", field, got, err, text)
		}
	}
}

const anID, anotherID = "11111111-1111-8111-8111-111111111111", "22222222-2222-8222-8222-222222222222"

// keepDraft does what the page's script does with a draft.
func (d *device) keepDraft() {
	d.local["glasspoll:tea"], d.tab["glasspoll:tea"] = `{"id": "x"}`, `{"id": "x"}`
}

// TestFormSealsOnce sends again, before and after a reload and in another tab, what was sent, and seals again what was edited. What is
// private is nowhere on the device but in the tab.
func TestFormSealsOnce(t *testing.T) {
	d, key := newDevice(), newKey(t)
	f := d.open(t, key, load{})
	answers := map[string]any{"taste": "5", "mail": "a@example.org", "remark": "好茶", "likes": []string{"a", "b"}}
	first := f.send(t, anID, "", "lost", answers)
	f.wantOpen(t, anID, first, map[string]string{"mail": "a@example.org", "remark": "好茶", "likes": "a\nb"})
	if first["taste"] != "5" || len(first) != 4 {
		t.Errorf("sent %v", first)
	}
	d.keepDraft()
	if again := f.send(t, anID, "", "lost", answers); !maps.Equal(again, first) {
		t.Errorf("again: %v", again)
	}
	if text := d.local["glasspoll:tea.sealed"]; strings.Contains(text, "example.org") || !strings.Contains(text, "好茶") {
		t.Errorf("on the device: %s", text)
	}
	f = d.open(t, key, load{})
	if again := f.send(t, anID, "", "lost", answers); !maps.Equal(again, first) {
		t.Errorf("after a reload: %v", again)
	}
	elsewhere := &device{maps.Clone(d.local), map[string]string{}}
	if again := elsewhere.open(t, key, load{}).send(t, anID, "", "lost", map[string]any{"taste": "5", "remark": "好茶"}); again["remark"] != first["remark"] {
		t.Errorf("in another tab: %v", again)
	}
	answers["mail"] = "b@example.org"
	edited := f.send(t, anID, "", "lost", answers)
	f.wantOpen(t, anID, edited, map[string]string{"mail": "b@example.org"})
	if edited["remark"] != first["remark"] || edited["likes"] != first["likes"] {
		t.Errorf("edited: %v", edited)
	}
	other := f.send(t, anotherID, "", "lost", answers)
	f.wantOpen(t, anotherID, other, map[string]string{"mail": "b@example.org", "remark": "好茶", "likes": "a\nb"})
	delete(answers, "remark")
	f.send(t, anotherID, "", "lost", answers)
	if text := d.local["glasspoll:tea.sealed"]; strings.Contains(text, "好茶") {
		t.Errorf("what was deleted is on the device: %s", text)
	}
	f.send(t, anotherID, "", "received", answers)
	if d.local["glasspoll:tea.sealed"]+d.tab["glasspoll:tea.sealed"] != "" {
		t.Errorf("left: %v", d)
	}
}

// TestFormSealsForItsVersion seals again what was sealed by a page whose questionnaire has been edited since, or has other keys: it
// would not open, or be refused for ever.
func TestFormSealsForItsVersion(t *testing.T) {
	d, text := newDevice(), map[string]string{"mail": "a@example.org", "remark": "好茶"}
	answers := map[string]any{"mail": text["mail"], "remark": text["remark"]}
	before := d.open(t, newKey(t), load{}).send(t, anID, "", "lost", answers)
	d.keepDraft()
	f := d.open(t, newKey(t), load{})
	f.version = "v2"
	sent := f.send(t, anID, "", "lost", answers)
	f.wantOpen(t, anID, sent, text)
	if again := f.send(t, anID, "", "lost", answers); !maps.Equal(again, sent) || maps.Equal(again, before) {
		t.Errorf("again: %v", again)
	}
}

// TestFormForgets finds no draft any more: it was deleted, and what was sealed of it goes too.
func TestFormForgets(t *testing.T) {
	d, key := newDevice(), newKey(t)
	d.open(t, key, load{}).send(t, anID, "", "lost", map[string]any{"remark": "好茶"})
	if len(d.local) != 1 || len(d.tab) != 1 {
		t.Fatal(d)
	}
	d.open(t, key, load{})
	if len(d.local)+len(d.tab) != 0 {
		t.Errorf("left: %v", d)
	}
	for _, damaged := range []string{"[", "{}", "[1]", `[["remark", "x"]]`, `[["remark", []]]`, `[["remark", ["` + anID + `", "好茶"]]]`, "null"} {
		d.keepDraft()
		d.local["glasspoll:tea.sealed"], d.tab["glasspoll:tea.sealed"] = damaged, damaged
		f := d.open(t, key, load{})
		f.wantOpen(t, anID, f.send(t, anID, "", "lost", map[string]any{"remark": "好茶"}), map[string]string{"remark": "好茶"})
	}
}

// TestFormKeepsNothing on a device of many people.
func TestFormKeepsNothing(t *testing.T) {
	key := newKey(t)
	for name, c := range map[string]struct {
		load
		channel string
	}{"kiosk": {load{search: "?kiosk"}, ""}, "telephone": {load{}, "phone"}} {
		d := newDevice()
		f := d.open(t, key, c.load)
		f.wantOpen(t, anID, f.send(t, anID, c.channel, "lost", map[string]any{"mail": "a@example.org"}), map[string]string{"mail": "a@example.org"})
		if len(d.local)+len(d.tab) != 0 {
			t.Errorf("%s: left %v", name, d)
		}
	}
}

// TestFormLeavesSealingToTheHandler where it cannot seal, or does not know the id.
func TestFormLeavesSealingToTheHandler(t *testing.T) {
	key := newKey(t)
	for name, l := range map[string]load{"plain http": {plainHTTP: true}, "anonymous, by plain http": {plainHTTP: true, isBlind: true}} {
		f := newDevice().open(t, key, l)
		if v, err := f.vm.RunString(`"sendBlindly" in window || "sealAnswers" in window`); err != nil || v.ToBoolean() {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	f := newDevice().open(t, key, load{})
	long := strings.Repeat("x", seal.MaxText+1)
	got := f.send(t, anID, "", "received", map[string]any{"remark": long, "mail": "a@example.org"})
	if got["remark"] != long || !seal.Is(got["mail"].(string)) {
		t.Errorf("too long: %.100v", got)
	}
	plain := map[string]any{"remark": "好茶"}
	if got := f.send(t, "33333333-3333-4333-8333-333333333333", "", "received", plain); !maps.Equal(got, plain) {
		t.Errorf("an id that is no key: %v", got)
	}
}

// TestFormHandsOn seals what another script sends in the place of the page's, which is loaded later.
func TestFormHandsOn(t *testing.T) {
	f := newDevice().open(t, newKey(t), load{})
	f.runScript(t, `window.sendBlindly = (submission, post) => { submission.answers.worked = "yes"; return post(submission); };`)
	got := f.send(t, anID, "", "received", map[string]any{"mail": "a@example.org"})
	f.wantOpen(t, anID, got, map[string]string{"mail": "a@example.org"})
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, []string{"mail", "worked"}) {
		t.Errorf("%v", got)
	}
}

// TestFormSealsForToken seals what blind.js sends with a token, under the id that follows from its nonce. Nothing is kept: blind.js keeps
// what it sends.
func TestFormSealsForToken(t *testing.T) {
	d := newDevice()
	f := d.open(t, newKey(t), load{isBlind: true})
	nonce := make([]byte, blind.NonceSize)
	text := f.call(t, `window.sealAnswers({ version: "v1", language: "en", answers: { taste: "5", mail: "a@example.org" } }, new Uint8Array(48)).then(JSON.stringify)`)
	var body struct {
		Version, Language string
		Answers           map[string]string
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil || body.Version != "v1" || body.Language != "en" || body.Answers["taste"] != "5" {
		t.Fatal(text, err)
	}
	place := seal.Context{Survey: "tea", Version: "v1", ID: blind.Token{Nonce: nonce}.ID("tea"), Field: "mail"}
	if got, err := seal.Open([]seal.Private{f.private}, place, body.Answers["mail"]); err != nil || got != "a@example.org" {
		t.Errorf("%q, %v", got, err)
	}
	if len(d.local)+len(d.tab) != 0 {
		t.Errorf("kept: %v", d)
	}
}
