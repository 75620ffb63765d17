package intake

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// receiptLife is how long the address of a thank-you page shows its receipt.
const receiptLife = time.Hour

// thanksAddress returns the address of a thank-you page with a receipt, relative to that of the submission. The receipt is sealed,
// for an hour: addresses are kept in logs, beside those of clients, where a receipt would say whose answers are whose. It is
// "" if there is no secret to seal with: the page of the site shows the receipt then, by its script.
func (s *submission) thanksAddress(ctx context.Context, id, language string, text int) string {
	secret, err := s.Secrets.Secret(ctx)
	if err != nil {
		if !errors.Is(err, store.ErrNoSecret) {
			s.Log.Warn("secret not read, so a receipt is shown by the script alone", "survey", s.current.ID, "error", err)
		}
		return ""
	}
	number, err := uuid.Parse(id)
	if err != nil {
		return ""
	}
	sealed := receiptCipher(secret, s.current.ID).Seal(nil, nil, binary.BigEndian.AppendUint64(number[:], uint64(s.now.Unix())), nil)
	query := url.Values{"receipt": {base64.RawURLEncoding.EncodeToString(sealed)}}
	if text >= 0 && text < len(s.current.Thanks)-1 {
		query.Set("text", strconv.Itoa(text))
	}
	address := "thanks/" + language + "?" + query.Encode()
	if strings.HasSuffix(s.r.URL.Path, "/") {
		return "../" + address
	}
	return address
}

// openReceipt returns the receipt that thanksAddress has sealed; "" if it is none, is of another survey, or is too old.
func (s *submission) openReceipt(ctx context.Context, text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || text == "" {
		return ""
	}
	secret, err := s.Secrets.Secret(ctx)
	if err != nil {
		return ""
	}
	plain, err := receiptCipher(secret, s.current.ID).Open(nil, nil, sealed, nil)
	if err != nil || len(plain) != len(uuid.UUID{})+8 {
		return ""
	}
	number, at := uuid.UUID(plain[:16]), time.Unix(int64(binary.BigEndian.Uint64(plain[16:])), 0)
	if age := s.now.Sub(at); age < -time.Minute || age > receiptLife { // a clock may be a little behind another
		return ""
	}
	return answer.Receipt(number.String())
}

// receiptCipher returns the cipher of a survey's receipts. It puts a random nonce before what it seals.
func receiptCipher(secret []byte, survey string) cipher.AEAD {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("glasspoll receipt 1\n" + survey)) // ids are keyed with the same secret
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return aead
}

// serveThanks replies with a thank-you page that shows a receipt without a script. An address that is too old shows the page
// without it.
func (s *submission) serveThanks(id, language string) {
	s.posted = answer.Posted{Language: language}
	if len(s.r.URL.RawQuery) > maxQuery {
		s.notice(s.w, s.r, http.StatusRequestURITooLong, answer.Problem{Code: answer.NotFound})
		return
	}
	ctx := s.r.Context()
	if !s.findSurvey(ctx, id) {
		return
	}
	query := s.r.URL.Query()
	text, err := strconv.Atoi(query.Get("text"))
	if err != nil || text < 0 || text >= len(s.current.Thanks) {
		text = max(0, len(s.current.Thanks)-1)
	}
	var page bytes.Buffer
	sealed := query.Get("receipt")
	err = s.Renderer.Thanks(&page, s.current, render.ThanksPage{
		Text: text, Language: s.language(), Root: rootOf(s.r.URL.Path), Receipt: s.openReceipt(ctx, sealed),
		Query: url.Values{"receipt": {sealed}, "text": {strconv.Itoa(text)}}.Encode(),
	})
	if err != nil {
		s.Log.Error("thanks not rendered", "survey", id, "error", err)
		s.notice(s.w, s.r, http.StatusInternalServerError, answer.Problem{Code: answer.Internal})
		return
	}
	s.header(http.StatusOK, "text/html; charset=utf-8", "X-Robots-Tag", "noindex")
	s.w.Write(page.Bytes())
}
