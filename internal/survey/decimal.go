package survey

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Decimal is a number with at most three decimals, counted in thousandths, so that sums are exact.
type Decimal int64

// One is the Decimal 1.
const One Decimal = 1000

// MaxDecimal bounds what a questionnaire or an answer may say, either side of zero.
const MaxDecimal = 1_000_000_000 * One

var errDecimal = errors.New("not a number with at most three decimals between -1000000000 and 1000000000")

// ParseDecimal reads "3", "-0.5" or "12.125".
func ParseDecimal(text string) (Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 10 || len(fraction) > 3 || (dotted && fraction == "") {
		return 0, errDecimal
	}
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return 0, errDecimal
		}
	}
	n, err := strconv.ParseInt(whole+(fraction + "000")[:3], 10, 64)
	if err != nil || Decimal(n) > MaxDecimal {
		return 0, errDecimal
	}
	if negative {
		n = -n
	}
	return Decimal(n), nil
}

// String writes the shortest form: "3", "-0.5".
func (d Decimal) String() string {
	n := int64(d)
	text := make([]byte, 0, 16)
	if n < 0 {
		text, n = append(text, '-'), -n
	}
	text = strconv.AppendInt(text, n/1000, 10)
	if n %= 1000; n > 0 {
		text = append(text, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
		text = bytes.TrimRight(text, "0")
	}
	return string(text)
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	n, err := ParseDecimal(string(data))
	if err != nil {
		return fmt.Errorf("%s: %w", data, err)
	}
	*d = n
	return nil
}
