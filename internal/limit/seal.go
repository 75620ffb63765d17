package limit

import (
	"crypto/hmac"
	"errors"
	"strconv"
	"strings"
	"time"
)

// A Seal is what a form carries that the handler has rendered.
type Seal struct {
	Rendered time.Time // when the form was first shown to whoever fills it in; zero: that is not known
	Wait     time.Time // from when on the answers are taken although their range is over its rate; zero: they are not
}

// sealLife is how long a seal holds: longer than a form is left open over night.
const sealLife = 48 * time.Hour

// Seal returns a seal as a text, for the answers to a survey with an id.
func (k Keys) Seal(s Seal, survey, id string) string {
	text := encodeTime(s.Rendered) + "." + encodeTime(s.Wait)
	return text + "." + sign(k.seal, text, survey, id)
}

// encodeTime returns "" for the zero time.
func encodeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 36)
}

func decodeTime(text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	seconds, err := strconv.ParseInt(text, 36, 64)
	return time.Unix(seconds, 0), err
}

// maxSeal bounds a seal, in bytes.
const maxSeal = 64

// Open reads a seal; false if it is none of this survey and id, or too old.
func (k Keys) Open(text, survey, id string, now time.Time) (s Seal, ok bool) {
	at := strings.LastIndexByte(text, '.')
	if len(text) > maxSeal || at < 0 || !hmac.Equal([]byte(sign(k.seal, text[:at], survey, id)), []byte(text[at+1:])) {
		return s, false
	}
	rendered, wait, _ := strings.Cut(text[:at], ".")
	var errs [2]error
	s.Rendered, errs[0] = decodeTime(rendered)
	s.Wait, errs[1] = decodeTime(wait)
	from := s.Rendered
	if from.IsZero() {
		from = s.Wait.Add(-mostWait)
	}
	age := now.Sub(from)
	if errors.Join(errs[:]...) != nil || age > sealLife || age < -time.Minute { // a clock may be a little behind another
		return Seal{}, false
	}
	return s, true
}
