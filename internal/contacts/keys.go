package contacts

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

// The beginnings of keys.
const (
	emailKey = "e:"
	phoneKey = "p:"
)

// Keys returns what a contact is known by, in a form in which two ways to write an address are equal. Two contacts with a key in
// common are one.
func (c Contact) Keys() []string {
	var keys []string
	if c.Email != "" {
		keys = append(keys, emailKey+normalEmail(c.Email))
	}
	if c.Phone != "" {
		keys = append(keys, phoneKey+normalPhone(c.Phone))
	}
	return keys
}

// normalEmail returns an address in small letters, with the domain in ASCII.
func normalEmail(address string) string {
	address = strings.ToLower(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	if domain, err := idna.Punycode.ToASCII(address[at+1:]); err == nil {
		return address[:at+1] + domain
	}
	return address
}

var (
	notDigits = regexp.MustCompile(`[^0-9]+`)
	extension = regexp.MustCompile(`(?i)^(.*?[0-9])[ ,;]*(?:ext(?:ension)?|x|#|转|轉|分机|分機|内线|內線)[ .:=]*([0-9]{1,6})$`)
	trunkZero = regexp.MustCompile(`\([ ]*0[ ]*\)`)
	mobileCN  = regexp.MustCompile(`^(?:86)?(1[3-9][0-9]{9})$`)
	landCN    = regexp.MustCompile(`^\+860([0-9]{9,11})$`)
)

// normalPhone returns the digits of a number, with a plus if the country is known. A mobile number of China is known by itself.
func normalPhone(number string) string {
	inner := ""
	if m := extension.FindStringSubmatch(number); m != nil {
		number, inner = m[1], "x"+m[2]
	}
	international := strings.HasPrefix(strings.TrimLeft(number, "( "), "+")
	if international {
		number = trunkZero.ReplaceAllString(number, "")
	}
	digits := notDigits.ReplaceAllString(number, "")
	if rest, zeros := strings.CutPrefix(digits, "00"); zeros && !international && len(rest) > 7 {
		digits, international = rest, true
	}
	switch m := mobileCN.FindStringSubmatch(digits); {
	case m != nil && (!international || len(digits) == 13):
		digits = "+86" + m[1]
	case international:
		digits = landCN.ReplaceAllString("+"+digits, "+86$1")
	}
	return digits + inner
}
