package blind

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"
	"github.com/dop251/goja"
	"github.com/evanw/esbuild/pkg/api"

	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

func TestMain(m *testing.M) { soak.Main(m, 5_000) }

// private returns one key, which takes long to make, to all tests.
var private = sync.OnceValue(func() Private {
	p, err := NewPrivate(rand.Reader)
	if err != nil {
		panic(err)
	}
	return p
})

// vector is the test vector of RFC 9474, appendix A.1. Its key has 4096 bits.
type vector struct {
	P, Q, N, E, D, Inv string
	InputMessage       string `json:"input_msg"`
	Prefix             string `json:"msg_prefix"`
	Salt               string
	Blinded            string `json:"blinded_msg"`
	BlindSignature     string `json:"blind_sig"`
	Signature          string `json:"sig"`
}

func readVector(t *testing.T) (v vector) {
	t.Helper()
	data, err := os.ReadFile("testdata/rfc9474.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, value := range all {
		text, isText := value.(string)
		if isText {
			all[name] = strings.TrimPrefix(text, "0x")
		} else {
			delete(all, name)
		}
	}
	data, _ = json.Marshal(all)
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	if len(text)%2 == 1 {
		text = "0" + text
	}
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func number(t *testing.T, text string) *big.Int { return new(big.Int).SetBytes(unhex(t, text)) }

// TestVectorOfTheRFC signs and verifies what RFC 9474 says, in the variant that is used.
func TestVectorOfTheRFC(t *testing.T) {
	v := readVector(t)
	if variant.String() != survey.BlindVariant {
		t.Errorf("the variant is %s", variant)
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: number(t, v.N), E: int(number(t, v.E).Int64())}, D: number(t, v.D), Primes: []*big.Int{number(t, v.P), number(t, v.Q)}}
	key.Precompute()
	signed, err := blindrsa.NewSigner(key).BlindSign(unhex(t, v.Blinded))
	if err != nil || !bytes.Equal(signed, unhex(t, v.BlindSignature)) {
		t.Errorf("the blind signature is another one, %v", err)
	}
	verifier, err := blindrsa.NewVerifier(variant, &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(unhex(t, v.InputMessage), unhex(t, v.Signature)); err != nil {
		t.Error(err)
	}
	if len(unhex(t, v.Prefix)) != NonceSize-16 {
		t.Errorf("the prefix has %d bytes", len(unhex(t, v.Prefix)))
	}
}

// page is templates/blindrsa.js in a JavaScript engine.
type page struct{ vm *goja.Runtime }

func newPage(t *testing.T) *page {
	t.Helper()
	source, err := os.ReadFile("../../templates/blindrsa.js")
	if err != nil {
		t.Fatal(err)
	}
	result := api.Transform(string(source), api.TransformOptions{Format: api.FormatIIFE, GlobalName: "page", Target: api.ES2019})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	p := &page{goja.New()}
	p.vm.Set("sha", func(text string) string {
		data, err := hex.DecodeString(text)
		if err != nil {
			panic(err)
		}
		sum := sha512.Sum384(data)
		return hex.EncodeToString(sum[:])
	})
	if _, err := p.vm.RunString(string(result.Code) + `
const bytes = (text) => Uint8Array.from(text.match(/../g) || [], (b) => parseInt(b, 16));
const text = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const digest = async (b) => bytes(sha(text(b))).buffer;
const number = (text) => BigInt("0x" + text);
let out;
const encode = (message, salt, size) => page.encode(bytes(message), bytes(salt), size, digest).then((m) => { out = m.toString(16); }, (fault) => { out = "fault: " + fault; });
`); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs a script and returns the text of its value, or of what it has put into out.
func (p *page) run(t *testing.T, format string, args ...any) string {
	t.Helper()
	v, err := p.vm.RunString(fmt.Sprintf(format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// encoded returns the encoded message as the page's script has it.
func (p *page) encoded(t *testing.T, message, salt []byte, size int) string {
	t.Helper()
	p.run(t, "out = ''; encode(%q, %q, %d)", hex.EncodeToString(message), hex.EncodeToString(salt), size)
	return p.run(t, "out")
}

// TestPageFollowsTheRFC blinds and unblinds the vector of RFC 9474 with the page's script.
func TestPageFollowsTheRFC(t *testing.T) {
	v, p := readVector(t), newPage(t)
	message := p.encoded(t, unhex(t, v.InputMessage), unhex(t, v.Salt), len(unhex(t, v.N)))
	r := p.run(t, "page.inverse(number(%q), number(%q)).toString(16)", v.Inv, v.N)
	if got := p.run(t, "text(page.bytesOf(number(%q) * page.power(number(%q), page.exponent, number(%q)) %% number(%q), 512))", message, r, v.N, v.N); got != v.Blinded {
		t.Errorf("blinded: %s", got)
	}
	signature := p.run(t, "text(page.bytesOf(page.numberOf(bytes(%q)) * number(%q) %% number(%q), 512))", v.BlindSignature, v.Inv, v.N)
	if signature != v.Signature {
		t.Errorf("unblinded: %s", signature)
	}
	if got := p.run(t, "page.power(number(%q), page.exponent, number(%q)).toString(16)", signature, v.N); got != message {
		t.Errorf("the signature is of %s, want %s", got, message)
	}
	if zero := p.run(t, "page.inverse(number('6'), number('9')).toString()"); zero != "0" {
		t.Errorf("the inverse of 6 modulo 9 is %s", zero)
	}
}

// TestPageAgainstCircl has nonces signed that the page's script blinds, with a key of the size that is used.
func TestPageAgainstCircl(t *testing.T) {
	p, k := newPage(t), private()
	public := k.Public("2026-Q4", map[string]string{"tier": "a"})
	modulus, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := hex.EncodeToString(modulus)
	for range soak.Cases(4, 200) {
		nonce, salt := make([]byte, NonceSize), make([]byte, 48)
		rand.Read(nonce)
		rand.Read(salt)
		factor, err := rand.Int(rand.Reader, new(big.Int).SetBytes(modulus))
		if err != nil {
			t.Fatal(err)
		}
		message := p.encoded(t, nonce, salt, survey.KeySize)
		r := factor.Text(16)
		inverse := p.run(t, "page.inverse(number(%q), number(%q)).toString(16)", r, n)
		blinded := unhex(t, p.run(t, "text(page.bytesOf(number(%q) * page.power(number(%q), page.exponent, number(%q)) %% number(%q), 256))", message, r, n, n))
		signed, err := k.Sign(blinded)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := k.Sign(blinded); err != nil || !bytes.Equal(signed, again) {
			t.Error("the same value has another signature")
		}
		signature := unhex(t, p.run(t, "text(page.bytesOf(number(%q) * number(%q) %% number(%q), 256))", hex.EncodeToString(signed), inverse, n))
		token := Token{public.ID, nonce, signature}
		if err := token.Verify(public); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, token, public)
	}
}

// wantRefused changes a token that holds, in each way.
func wantRefused(t *testing.T, token Token, key survey.Key) {
	t.Helper()
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[at] ^= 1
		return data
	}
	modulus, _ := key.Bytes()
	more := new(big.Int).Add(new(big.Int).SetBytes(token.Signature), new(big.Int).SetBytes(modulus)).Bytes() // the same residue
	for what, bad := range map[string]Token{
		"nonce":           {token.Key, flip(token.Nonce, 40), token.Signature},
		"prefix":          {token.Key, flip(token.Nonce, 0), token.Signature},
		"signature":       {token.Key, token.Nonce, flip(token.Signature, 255)},
		"short signature": {token.Key, token.Nonce, token.Signature[1:]},
		"long signature":  {token.Key, token.Nonce, append([]byte{0}, token.Signature...)},
		"above":           {token.Key, token.Nonce, more},
		"none":            {token.Key, token.Nonce, make([]byte, survey.KeySize)},
		"short nonce":     {token.Key, token.Nonce[1:], token.Signature},
	} {
		if err := bad.Verify(key); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestBadValuesAreNotSigned(t *testing.T) {
	k := private()
	modulus, err := k.Public("", nil).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	below := new(big.Int).Sub(new(big.Int).SetBytes(modulus), big.NewInt(1)).FillBytes(make([]byte, survey.KeySize))
	for what, value := range map[string][]byte{
		"nothing": nil, "short": make([]byte, survey.KeySize-1), "long": make([]byte, survey.KeySize+1), "zero": make([]byte, survey.KeySize),
		"the modulus": modulus, "above it": bytes.Repeat([]byte{255}, survey.KeySize),
	} {
		if _, err := k.Sign(value); !errors.Is(err, ErrSize) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := k.Sign(below); err != nil {
		t.Errorf("the highest value: %v", err)
	}
}

func TestTokensAsTexts(t *testing.T) {
	token := Token{"0123456789abcdef", bytes.Repeat([]byte{7}, NonceSize), bytes.Repeat([]byte{9}, survey.KeySize)}
	text := token.Encode()
	got, err := ParseToken(text)
	if err != nil || got.Key != token.Key || !bytes.Equal(got.Nonce, token.Nonce) || !bytes.Equal(got.Signature, token.Signature) {
		t.Errorf("%q is read as %+v, %v", text, got, err)
	}
	for _, bad := range []string{"", ".", "..", text[:len(text)-1], text + "A", text + ".", strings.Replace(text, "BwcH", "Bw H", 1), strings.Repeat(".", 9999), "\xff.\xff.\xff", text + "\n"} {
		if _, err := ParseToken(bad); !errors.Is(err, ErrSignature) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// FuzzParseToken wants a token to have one text.
func FuzzParseToken(f *testing.F) {
	f.Add(Token{"0123456789abcdef", make([]byte, NonceSize), make([]byte, survey.KeySize)}.Encode())
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err == nil && token.Encode() != text {
			t.Errorf("%q is read, and written as %q", text, token.Encode())
		}
	})
}

// TestIDsPinned: stored ids follow from tokens.
func TestIDsPinned(t *testing.T) {
	token := Token{Nonce: bytes.Repeat([]byte{1}, NonceSize)}
	const want = "e340c24d-a018-8927-ab0a-92feb19f7a1b"
	if got := token.ID("tea"); got != want {
		t.Errorf("the id is %s, want %s", got, want)
	}
	if other := token.ID("coffee"); other == token.ID("tea") {
		t.Error("two surveys have one id")
	}
}

func TestPrivateKeysAsRecords(t *testing.T) {
	k := private()
	data := k.Encode()
	got, err := DecodePrivate(data)
	if err != nil || got.ID() != k.ID() || !bytes.Equal(got.Encode(), data) {
		t.Errorf("read back: %v", err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for what, bad := range map[string][]byte{
		"empty": nil, "cut": data[:len(data)-1], "another version": append([]byte{2}, data[1:]...), "too long": append(data, make([]byte, MaxRecord)...),
		"a small key": Private{small}.Encode(), "no key": kind.Encode(record{[]byte("x")}),
	} {
		if _, err := DecodePrivate(bad); err == nil {
			t.Errorf("%s: is read", what)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, k); text != "(private key)" {
			t.Errorf("%s prints %.60s", format, text)
		}
	}
}

// TestKeysOfASurvey reads lists of keys, good and bad.
func TestKeysOfASurvey(t *testing.T) {
	k := private()
	key := k.Public("", map[string]string{"tier": "a"})
	keys := &survey.Keys{Variant: survey.BlindVariant, Keys: []survey.Key{key}}
	got, err := survey.DecodeKeys(keys.Encode())
	if err != nil || got.Fingerprint() != keys.Fingerprint() || len(got.Fingerprint()) != 39 {
		t.Fatalf("%v, %v", got, err)
	}
	other := key
	other.Values = map[string]string{"tier": "b"}
	for what, bad := range map[string]*survey.Keys{
		"another variant":    {Variant: "RSABSSA-SHA384-PSS-Deterministic", Keys: keys.Keys},
		"none":               {Variant: survey.BlindVariant},
		"one key twice":      {Variant: survey.BlindVariant, Keys: []survey.Key{key, other}},
		"another id":         {Variant: survey.BlindVariant, Keys: []survey.Key{{ID: "0000000000000000", Modulus: key.Modulus}}},
		"a short modulus":    {Variant: survey.BlindVariant, Keys: []survey.Key{survey.NewKey(make([]byte, 255), "", nil)}},
		"an even one":        {Variant: survey.BlindVariant, Keys: []survey.Key{survey.NewKey(append(bytes.Repeat([]byte{255}, 255), 254), "", nil)}},
		"a low one":          {Variant: survey.BlindVariant, Keys: []survey.Key{survey.NewKey(append([]byte{1}, bytes.Repeat([]byte{255}, 255)...), "", nil)}},
		"two of one group":   {Variant: survey.BlindVariant, Keys: []survey.Key{key, survey.NewKey(bytes.Repeat([]byte{255}, 256), "", map[string]string{"tier": "a"})}},
		"not base64":         {Variant: survey.BlindVariant, Keys: []survey.Key{{ID: key.ID, Modulus: "!"}}},
		"the other alphabet": {Variant: survey.BlindVariant, Keys: []survey.Key{{ID: key.ID, Modulus: base64.StdEncoding.EncodeToString(make([]byte, 256))}}},
	} {
		if _, err := survey.DecodeKeys(bad.Encode()); err == nil {
			t.Errorf("%s: is read", what)
		}
	}
	for _, text := range []string{"", "{}", "null", "[]", `{"variant":"x","more":1}`, string(keys.Encode()) + "{}"} {
		if _, err := survey.DecodeKeys([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
