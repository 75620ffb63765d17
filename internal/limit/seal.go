package limit

import (
	"crypto/hmac"
	"strconv"
	"strings"
	"time"
)

// A Seal is what a form carries that the handler has rendered.
type Seal struct {
	Rendered time.Time // when the form was first shown to whoever fills it in
	Wait     time.Time // from when on the answers are taken although their range is over its rate; zero: they are not
}

// sealLife is how long a seal holds: longer than a form is left open over night.
const sealLife = 48 * time.Hour

// Seal returns a seal as a text, for the answers to a survey with an id.
func (k Keys) Seal(s Seal, survey, id string) string {
	text := strconv.FormatInt(s.Rendered.Unix(), 36)
	if !s.Wait.IsZero() {
		text += "." + strconv.FormatInt(s.Wait.Unix(), 36)
	}
	return text + "." + sign(k.seal, text, survey, id)
}

// Open reads a seal; false if it is none of this survey and id, or too old.
func (k Keys) Open(text, survey, id string, now time.Time) (s Seal, ok bool) {
	if len(text) > 64 {
		return s, false
	}
	at := strings.LastIndexByte(text, '.')
	if at < 0 || !hmac.Equal([]byte(sign(k.seal, text[:at], survey, id)), []byte(text[at+1:])) {
		return s, false
	}
	rendered, wait, waits := strings.Cut(text[:at], ".")
	seconds, err := strconv.ParseInt(rendered, 36, 64)
	if err != nil {
		return s, false
	}
	s.Rendered = time.Unix(seconds, 0)
	if waits {
		if seconds, err = strconv.ParseInt(wait, 36, 64); err != nil {
			return Seal{}, false
		}
		s.Wait = time.Unix(seconds, 0)
	}
	if age := now.Sub(s.Rendered); age > sealLife || age < -time.Minute { // a clock may be a little behind another
		return Seal{}, false
	}
	return s, true
}
