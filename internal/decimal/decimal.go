// Package decimal implements exact numbers with at most three decimals. It is pure.
package decimal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Decimal is a number in thousandths, so that sums are exact.
type Decimal int64

// One is the Decimal 1.
const One Decimal = 1000

// Max is the largest number allowed in a questionnaire or an answer; -Max is the smallest.
const Max = 1_000_000_000 * One

var errDecimal = errors.New("not a number with at most three decimals between -1000000000 and 1000000000")

// Parse parses a number such as "3", "-0.5" or "12.125".
func Parse(text string) (Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 10 || len(fraction) > 3 || (dotted && fraction == "") {
		return 0, errDecimal
	}
	n := int64(0)
	for i := range len(whole) + 3 {
		c := byte('0')
		if i < len(whole) {
			c = whole[i]
		} else if i-len(whole) < len(fraction) {
			c = fraction[i-len(whole)]
		}
		if c < '0' || c > '9' {
			return 0, errDecimal
		}
		n = 10*n + int64(c-'0')
	}
	if Decimal(n) > Max {
		return 0, errDecimal
	}
	if negative {
		n = -n
	}
	return Decimal(n), nil
}

// Canonical returns the shortest form of a number that is written as [Parse] reads it.
func Canonical(text string) (string, error) {
	d, err := Parse(text)
	if err != nil {
		return "", err
	}
	var buffer [maxLength]byte
	if short := d.append(buffer[:0]); string(short) != text {
		return string(short), nil
	}
	return text, nil
}

// String returns the shortest form: "3", "-0.5".
func (d Decimal) String() string {
	var buffer [maxLength]byte
	return string(d.append(buffer[:0]))
}

// maxLength is the length of the longest form, in bytes.
const maxLength = len("-9223372036854775.808")

// append appends the shortest form.
func (d Decimal) append(text []byte) []byte {
	n := uint64(d)
	if d < 0 {
		text, n = append(text, '-'), -n
	}
	text = strconv.AppendUint(text, n/1000, 10)
	if n %= 1000; n == 0 {
		return text
	}
	text = append(text, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	return bytes.TrimRight(text, "0")
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	n, err := Parse(string(data))
	if err != nil {
		return fmt.Errorf("%s: %w", data, err)
	}
	*d = n
	return nil
}
