package blind

import (
	"crypto/rand"
	"math/big"
	"testing"

	"glasspoll/internal/survey"
)

func BenchmarkSign(b *testing.B) {
	k := private()
	value, err := rand.Int(rand.Reader, k.key.N)
	if err != nil {
		b.Fatal(err)
	}
	blinded := new(big.Int).Set(value).FillBytes(make([]byte, survey.KeySize))
	for b.Loop() {
		if _, err := k.Sign(blinded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	k := private()
	key := k.Public("", nil)
	token := Token{key.ID, make([]byte, NonceSize), make([]byte, survey.KeySize)}
	token.Signature[255] = 2
	for b.Loop() {
		if token.Verify(key) == nil {
			b.Fatal("it holds")
		}
	}
}
