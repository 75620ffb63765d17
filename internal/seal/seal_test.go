package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectorsFile = "testdata/vectors.json"

// A vector is a sealed answer with everything that it is made of, the ephemeral keys and the content key too. Bytes are in
// base64url without padding. The browser's tests read the same file.
type vector struct {
	About     string   `json:"about"`
	Context   Context  `json:"context"`
	Text      string   `json:"text"`
	Private   []string `json:"private"`   // scalars, 32 bytes
	Public    []string `json:"public"`    // as in a questionnaire
	IDs       []string `json:"ids"`       // of the keys
	Ephemeral []string `json:"ephemeral"` // scalars, for each key
	Content   string   `json:"content"`   // key
	Sealed    string   `json:"sealed"`
}

var context1 = Context{Survey: "tea", Version: "0123456789abcdef", ID: "0b0cf9a1-2b3c-8d4e-9f50-617283940516", Field: "phone"}

// TestVectors opens the vectors, and makes them again by another way, from RFC 9180 alone.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	for _, v := range readVectors(t) {
		if got := byTheRFC(t, v); got != v.Sealed {
			t.Errorf("%s: by the RFC it is\n%s, not\n%s", v.About, got, v.Sealed)
		}
		for i, raw := range v.Private {
			key, err := kem().NewPrivateKey(fromText(t, raw))
			if err != nil {
				t.Fatal(err)
			}
			private := Private{key}
			if got := private.Public(); got.String() != v.Public[i] || got.ID() != v.IDs[i] {
				t.Errorf("%s: the public half is %s, %s", v.About, got, got.ID())
			}
			if text, err := Open([]Private{private}, v.Context, v.Sealed); err != nil || text != v.Text {
				t.Errorf("%s: key %d opens it as %q, %v", v.About, i, text, err)
			}
		}
		if b, err := Parse(v.Sealed); err != nil || !slices.Equal(b.Keys(), v.IDs) {
			t.Errorf("%s: sealed to %v, %v", v.About, b.Keys(), err)
		}
	}
}

func readVectors(t testing.TB) []vector {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func writeVectors(t *testing.T) {
	vectors := []vector{
		{About: "a phone number for one key", Text: "13800138000"},
		{About: "an address for two keys", Text: "wang@example.com"},
		{About: "lines in Chinese", Text: "空调太冷。\n请调高一些"},
		{About: "the options of a multi_choice", Text: "mornings\nevenings"},
		{About: "as long as the padding", Text: strings.Repeat("a", 128)},
		{About: "a byte longer than the padding", Text: strings.Repeat("a", 129)},
	}
	for i := range vectors {
		v := &vectors[i]
		v.Context = context1
		v.Context.Field = []string{"phone", "email", "why", "when", "note", "visit._other"}[i]
		scalar := func(n int) []byte {
			sum := sha256.Sum256([]byte{byte(i), byte(n)})
			return sum[:]
		}
		v.Content = encoding.EncodeToString(scalar(9))
		for n := range []int{1, 2, 2, 1, 1, 2}[i] {
			key, err := kem().NewPrivateKey(scalar(n))
			if err != nil {
				t.Fatal(err)
			}
			public := Private{key}.Public()
			v.Private = append(v.Private, encoding.EncodeToString(scalar(n)))
			v.Public, v.IDs = append(v.Public, public.String()), append(v.IDs, public.ID())
			v.Ephemeral = append(v.Ephemeral, encoding.EncodeToString(scalar(n+4)))
		}
		v.Sealed = byTheRFC(t, *v)
	}
	data, err := json.MarshalIndent(vectors, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fromText(t testing.TB, text string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// byTheRFC seals a vector with its ephemeral keys: sections 4, 4.1 and 5.1 of RFC 9180.
func byTheRFC(t testing.TB, v vector) string {
	must := func(data []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	extract := func(suite, salt, label string, secret []byte) []byte {
		return must(hkdf.Extract(sha256.New, slices.Concat([]byte("HPKE-v1"+suite+label), secret), []byte(salt)))
	}
	expand := func(suite string, secret []byte, label string, info []byte, n int) []byte {
		return must(hkdf.Expand(sha256.New, secret, string([]byte{0, byte(n)})+"HPKE-v1"+suite+label+string(info), n))
	}
	encrypt := func(key, nonce, plain []byte) []byte {
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		return aead.Seal(nil, nonce, plain, nil)
	}
	const ofKEM, ofHPKE = "KEM\x00\x10", "HPKE\x00\x10\x00\x01\x00\x02"
	info := strings.Join([]string{"glasspoll seal 1", v.Context.Survey, v.Context.Version, v.Context.ID, v.Context.Field}, "\n")
	sealed := []byte{byte(len(v.Public))}
	for i, text := range v.Public {
		public := fromText(t, strings.TrimPrefix(text, "sealkey1."))
		to, err := ecdh.P256().NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		ephemeral, err := ecdh.P256().NewPrivateKey(fromText(t, v.Ephemeral[i]))
		if err != nil {
			t.Fatal(err)
		}
		enc := ephemeral.PublicKey().Bytes()
		dh := must(ephemeral.ECDH(to))
		shared := expand(ofKEM, extract(ofKEM, "", "eae_prk", dh), "shared_secret", slices.Concat(enc, public), 32)
		schedule := slices.Concat([]byte{0}, extract(ofHPKE, "", "psk_id_hash", nil), extract(ofHPKE, "", "info_hash", []byte(info)))
		secret := extract(ofHPKE, string(shared), "secret", nil)
		key, nonce := expand(ofHPKE, secret, "key", schedule, 32), expand(ofHPKE, secret, "base_nonce", schedule, 12)
		id := sha256.Sum256(public)
		sealed = slices.Concat(sealed, id[:8], enc, encrypt(key, nonce, fromText(t, v.Content)))
	}
	padded := []byte(v.Text)
	for len(padded) < 128 || len(padded)&(len(padded)-1) != 0 {
		padded = append(padded, 0)
	}
	sealed = append(sealed, encrypt(fromText(t, v.Content), make([]byte, 12), padded)...)
	return "seal1." + base64.RawURLEncoding.EncodeToString(sealed)
}

func newKey(t testing.TB) Private {
	key, err := NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestOnlyItsPlaceAndKeyOpen seals to two keys, and tries to open everything that is not quite it.
func TestOnlyItsPlaceAndKeyOpen(t *testing.T) {
	first, second, other := newKey(t), newKey(t), newKey(t)
	keys := []Public{first.Public(), second.Public()}
	sealed, err := Seal(rand.Reader, keys, context1, "电话 13800138000")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []Private{first, second} {
		if text, err := Open([]Private{other, key}, context1, sealed); err != nil || text != "电话 13800138000" {
			t.Errorf("it opens as %q, %v", text, err)
		}
	}
	if _, err := Open([]Private{other}, context1, sealed); !errors.Is(err, ErrKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Open(nil, context1, sealed); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v", err)
	}
	for _, change := range []func(*Context){
		func(c *Context) { c.Survey = "coffee" },
		func(c *Context) { c.Version = "0123456789abcdee" },
		func(c *Context) { c.ID = "0b0cf9a1-2b3c-8d4e-9f50-617283940517" },
		func(c *Context) { c.Field = "email" },
	} {
		place := context1
		change(&place)
		if _, err := Open([]Private{first}, place, sealed); !errors.Is(err, ErrDamaged) {
			t.Errorf("in the place %v: %v", place, err)
		}
	}
	data := fromText(t, strings.TrimPrefix(sealed, Prefix))
	for i := range data { // a bit of each byte
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x10
		text, err := Open([]Private{first}, context1, Prefix+encoding.EncodeToString(damaged))
		inSecond := i >= 1+wrapSize+idSize+encSize && i < 1+2*wrapSize || i >= 1+wrapSize && i < 1+wrapSize+idSize // not looked at
		if err == nil && !inSecond || err == nil && text != "电话 13800138000" {
			t.Errorf("with byte %d changed it opens as %q", i, text)
		}
	}
	for n := range len(sealed) {
		if _, err := Open([]Private{first}, context1, sealed[:n]); !errors.Is(err, ErrForm) {
			t.Errorf("cut after %d: %v", n, err)
		}
	}
	if _, err := Open([]Private{first}, context1, sealed+"A"); !errors.Is(err, ErrForm) {
		t.Errorf("with an end: %v", err)
	}
}

// TestTextOfAnotherBox puts the text of one sealed answer behind the keys of another.
func TestTextOfAnotherBox(t *testing.T) {
	key := newKey(t)
	var parts [2][]byte
	for i := range parts {
		sealed, err := Seal(rand.Reader, []Public{key.Public()}, context1, strings.Repeat("x", i+1))
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = fromText(t, strings.TrimPrefix(sealed, Prefix))
	}
	mixed := slices.Concat(parts[0][:1+wrapSize], parts[1][1+wrapSize:])
	if _, err := Open([]Private{key}, context1, Prefix+encoding.EncodeToString(mixed)); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestIsFor(t *testing.T) {
	a, b := newKey(t).Public(), newKey(t).Public()
	sealed, err := Seal(rand.Reader, []Public{a, b}, context1, "x")
	if err != nil {
		t.Fatal(err)
	}
	box, err := Parse(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if !box.IsFor([]Public{a, b}) || box.IsFor([]Public{b, a}) || box.IsFor([]Public{a}) || box.IsFor(nil) || box.IsFor([]Public{a, b, a}) {
		t.Error("it is for the wrong keys")
	}
}

func TestBounds(t *testing.T) {
	key := newKey(t)
	for _, n := range []int{0, 1, 128, 129, 256, 6000, MaxText} {
		text := strings.Repeat("a", n)
		sealed, err := Seal(rand.Reader, []Public{key.Public()}, context1, text)
		if err != nil || len(sealed) != Length(1, n) {
			t.Fatalf("%d bytes: %d sealed, not %d, %v", n, len(sealed), Length(1, n), err)
		}
		if got, err := Open([]Private{key}, context1, sealed); err != nil || got != text {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := Seal(rand.Reader, []Public{key.Public()}, context1, strings.Repeat("a", MaxText+1)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	if _, err := Seal(rand.Reader, nil, context1, "a"); err == nil {
		t.Error("sealed to no key")
	}
}

func TestKeyFiles(t *testing.T) {
	key := newKey(t)
	file := key.Encode("2026-11-30")
	for _, data := range [][]byte{file, bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), file[bytes.LastIndex(file, []byte("sealsecret1.")):]} {
		if got, err := DecodePrivate(data); err != nil || got.Public().ID() != key.Public().ID() {
			t.Error(err)
		}
	}
	if public, err := ParsePublic(key.Public().String()); err != nil || public.ID() != key.Public().ID() {
		t.Error(err)
	}
	secret := string(file[bytes.LastIndex(file, []byte("sealsecret1.")):])
	for name, c := range map[string]struct{ file, want string }{
		"empty":       {"", "has one line"},
		"cut":         {secret[:len(secret)-2], "missing or changed"},
		"changed":     {strings.Replace(secret, secret[20:21], map[bool]string{true: "B", false: "A"}[secret[20] == 'A'], 1), ""},
		"public":      {key.Public().String() + "\n", "this is a public key"},
		"two keys":    {secret + secret, "has one line"},
		"other":       {"-----BEGIN PRIVATE KEY-----\n", "has one line"},
		"only prefix": {"sealsecret1.\n", "missing or changed"},
		"huge":        {strings.Repeat("#\n", MaxFile), "more than"},
	} {
		if _, err := DecodePrivate([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "sealkey1.", key.Public().String()[:50], key.Public().String() + "A", strings.ToUpper(key.Public().String()), "sealkey1.\n" + key.Public().String()[9:]} {
		if _, err := ParsePublic(text); err == nil {
			t.Errorf("%q is a public key", text)
		}
	}
	if strings.Contains(key.String()+key.GoString(), secret[13:20]) {
		t.Error("a printed key shows itself")
	}
}

// FuzzOpen opens anything: it fails, or returns a text that seals to the same size.
func FuzzOpen(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(v.Sealed)
	}
	f.Add("seal1.")
	f.Add("seal1.AQ")
	vectors := readVectors(f)
	raw, err := kem().NewPrivateKey(fromText(f, vectors[0].Private[0]))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		b, err := Parse(sealed)
		if err == nil && len(sealed) != Length(len(b.Keys()), b.Size()) {
			t.Errorf("%d characters with %d bytes", len(sealed), b.Size())
		}
		if text, err := Open([]Private{{raw}}, vectors[0].Context, sealed); err == nil && (sealed != vectors[0].Sealed || text != vectors[0].Text) {
			t.Errorf("%q opens as %q", sealed, text)
		}
	})
}
