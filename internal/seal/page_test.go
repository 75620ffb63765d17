package seal_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/blind"
	"glasspoll/internal/seal"
	"glasspoll/internal/soak"
)

// page is templates/sealing.js in a JavaScript engine, with as much of WebCrypto as it uses. What it takes for random may be given.
type page struct {
	vm     *goja.Runtime
	own    *ecdh.PrivateKey // of the message that is being encrypted
	pairs  []string         // the next pairs of keys, by their scalars
	random []string         // the next random bytes
}

// webCrypto hands bytes to Go as hexadecimal digits. It takes what browsers take: no key of HMAC without bytes, and no other algorithms.
const webCrypto = `
const hex = (b) => [...new Uint8Array(b)].map((n) => n.toString(16).padStart(2, "0")).join("");
const unhex = (t) => Uint8Array.from(t.match(/../g) || [], (b) => parseInt(b, 16)).buffer;
const want = (ok, what) => { if (!ok) throw new Error(what); };
const atob = (t) => String.fromCharCode(...new Uint8Array(unhex(latin1(t))));
class TextEncoder { encode(t) { return new Uint8Array(unhex(utf8(t))); } }
const crypto = {
  getRandomValues: (a) => { a.set(new Uint8Array(unhex(random(a.length)))); return a; },
  subtle: {
    digest: async (name, b) => { want(name === "SHA-256", name); return unhex(sha256(hex(b))); },
    generateKey: async (a, out, uses) => {
      want(a.name === "ECDH" && a.namedCurve === "P-256" && uses.join() === "deriveBits", "a pair");
      return { publicKey: pair(), privateKey: "own" };
    },
    exportKey: async (format, k) => { want(format === "raw", format); return unhex(k); },
    importKey: async (format, b, a, out, uses) => {
      want(format === "raw", format);
      if (a === "AES-GCM") want(uses.join() === "encrypt" && b.length === 32, "a key of AES");
      else if (a.name === "HMAC") want(a.hash === "SHA-256" && uses.join() === "sign" && b.length > 0, "a key of HMAC");
      else want(a.name === "ECDH" && a.namedCurve === "P-256" && !uses.length, "a public key");
      return hex(b);
    },
    sign: async (name, k, b) => { want(name === "HMAC", name); return unhex(hmac(k, hex(b))); },
    deriveBits: async (a, k, n) => { want(a.name === "ECDH" && k === "own" && n === 256, "a secret"); return unhex(secret(a.public)); },
    encrypt: async (a, k, b) => { want(a.name === "AES-GCM" && a.iv.length === 12, "a nonce"); return unhex(gcm(k, hex(a.iv), hex(b))); },
  },
};
const window = { crypto };
`

func newPage(t testing.TB) *page {
	t.Helper()
	p := &page{vm: goja.New()}
	for name, f := range map[string]any{
		"utf8": func(text string) string { return hex.EncodeToString([]byte(text)) },
		"btoa": func(latin1 string) string {
			var data []byte
			for _, c := range latin1 {
				data = append(data, byte(c))
			}
			return base64.StdEncoding.EncodeToString(data)
		},
		"latin1": func(text string) string { return hex.EncodeToString(must(base64.StdEncoding.DecodeString(text))) },
		"random": func(n int) string {
			if data, ok := next(&p.random); ok {
				return data
			}
			data := make([]byte, n)
			rand.Read(data)
			return hex.EncodeToString(data)
		},
		"sha256": func(data string) string {
			sum := sha256.Sum256(unhex(data))
			return hex.EncodeToString(sum[:])
		},
		"hmac": func(key, data string) string {
			mac := hmac.New(sha256.New, unhex(key))
			mac.Write(unhex(data))
			return hex.EncodeToString(mac.Sum(nil))
		},
		"pair":   p.pair,
		"secret": p.secret,
		"gcm": func(key, iv, message string) string {
			return hex.EncodeToString(must(cipher.NewGCM(must(aes.NewCipher(unhex(key))))).Seal(nil, unhex(iv), unhex(message), nil))
		},
	} {
		p.vm.Set(name, f)
	}
	p.runScript(t, webCrypto)
	p.runScript(t, bundle(t, "sealing.js"))
	return p
}

func (p *page) runScript(t testing.TB, source string) {
	t.Helper()
	if _, err := p.vm.RunString(source); err != nil {
		t.Fatal(err)
	}
}

func (p *page) pair() string {
	if scalar, ok := next(&p.pairs); ok {
		p.own = must(ecdh.P256().NewPrivateKey(unhex(scalar)))
	} else {
		p.own = must(ecdh.P256().GenerateKey(rand.Reader))
	}
	return hex.EncodeToString(p.own.PublicKey().Bytes())
}

func (p *page) secret(public string) string {
	return hex.EncodeToString(must(p.own.ECDH(must(ecdh.P256().NewPublicKey(unhex(public))))))
}

// next takes the first of some values, if there is one.
func next(values *[]string) (first string, ok bool) {
	if len(*values) == 0 {
		return "", false
	}
	first, *values = (*values)[0], (*values)[1:]
	return first, true
}

// must is for what the page's script is called with: its faults become exceptions.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

// bundle returns a script of the pages with what it imports, which sets page to what it exports.
func bundle(t testing.TB, name string) string {
	t.Helper()
	result := api.Build(api.BuildOptions{EntryPoints: []string{"../../templates/" + name}, Bundle: true, Format: api.FormatIIFE, GlobalName: "page", Target: api.ES2019})
	if len(result.Errors) > 0 || len(result.OutputFiles) != 1 {
		t.Fatal(result.Errors)
	}
	return string(result.OutputFiles[0].Contents)
}

// call runs a call of the script's, and returns what its promise is fulfilled with.
func (p *page) call(t testing.TB, call string, args ...any) string {
	t.Helper()
	p.vm.Set("args", args)
	v, err := p.vm.RunString(call)
	if err != nil {
		t.Fatal(err)
	}
	promise, ok := v.Export().(*goja.Promise)
	if !ok || promise.State() != goja.PromiseStateFulfilled {
		t.Fatalf("%s: %v", call, promise.Result())
	}
	return promise.Result().String()
}

// seal seals a text as the page's script does.
func (p *page) seal(t testing.TB, keys []seal.Public, c seal.Context, text string) string {
	t.Helper()
	var points []any
	for _, key := range keys {
		points = append(points, hex.EncodeToString(point(t, key.String())))
	}
	return p.call(t, `page.seal(args[0].map((k) => new Uint8Array(unhex(k))), args[1], new TextEncoder().encode(args[2]))`,
		points, []any{c.Survey, c.Version, c.ID, c.Field}, text)
}

// point returns the bytes of a public key.
func point(t testing.TB, key string) []byte {
	t.Helper()
	_, text, _ := strings.Cut(key, ".")
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(data) != 65 {
		t.Fatal(key, err)
	}
	return data
}

// TestPageFollowsTheVectors seals what the vectors seal, with their ephemeral keys: the page's script makes the same texts.
func TestPageFollowsTheVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		About, Text, Content, Sealed string
		Context                      seal.Context
		Public, Ephemeral            []string
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) == 0 {
		t.Fatal(err)
	}
	digits := func(text string) string {
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(data)
	}
	p := newPage(t)
	for _, v := range vectors {
		p.random, p.pairs = []string{digits(v.Content)}, nil
		for _, scalar := range v.Ephemeral {
			p.pairs = append(p.pairs, digits(scalar))
		}
		var keys []seal.Public
		for _, text := range v.Public {
			key, err := seal.ParsePublic(text)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		if got := p.seal(t, keys, v.Context, v.Text); got != v.Sealed {
			t.Errorf("%s:\ngot  %s\nwant %s", v.About, got, v.Sealed)
		}
	}
}

// TestPageOpensInGo seals texts of all lengths around the steps of the padding with the page's own random keys, to one key and to two.
func TestPageOpensInGo(t *testing.T) {
	p := newPage(t)
	private := []seal.Private{newKey(t), newKey(t)}
	public := []seal.Public{private[0].Public(), private[1].Public()}
	lengths := []int{1, 127, 128, 129, 256, 257, 5000}
	for i := range soak.Cases(len(lengths), 300) {
		n := lengths[i%len(lengths)] + i/len(lengths)
		text := strings.Repeat("茶\n", n/4) + strings.Repeat("x", n%4)
		place := seal.Context{Survey: "tea", Version: "0123", ID: "a-b", Field: "q._other"}
		sealed := p.seal(t, public[:1+i%2], place, text)
		for _, key := range private[:1+i%2] {
			if got, err := seal.Open([]seal.Private{key}, place, sealed); err != nil || got != text {
				t.Fatalf("%d bytes: %q, %v", n, got, err)
			}
		}
		if box, err := seal.Parse(sealed); err != nil || !box.IsFor(public[:1+i%2]) || len(sealed) != seal.Length(1+i%2, len(text)) {
			t.Errorf("%d bytes: %v, %d bytes", n, err, len(sealed))
		}
	}
}

func newKey(t testing.TB) seal.Private {
	t.Helper()
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestPageKnowsTheID compares the page's ids of responses with the handler's.
func TestPageKnowsTheID(t *testing.T) {
	p := newPage(t)
	of := func(kind string, made []byte) string {
		return p.call(t, `page.idOf(args[0], "tea", new Uint8Array(unhex(args[1])))`, kind, hex.EncodeToString(made))
	}
	for range 20 {
		key, nonce := answer.Key([16]byte(uuid.New())), make([]byte, blind.NonceSize)
		rand.Read(nonce)
		if got, want := of("key", key[:]), answer.IDOf("tea", key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
		if got, want := of("token", nonce), (blind.Token{Nonce: nonce}).ID("tea"); got != want {
			t.Errorf("%x: %s, want %s", nonce, got, want)
		}
	}
}
