// Package decimal implements exact numbers with at most three decimals. It is pure.
package decimal

import (
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
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return 0, errDecimal
		}
	}
	n, err := strconv.ParseInt(whole+(fraction + "000")[:3], 10, 64)
	if err != nil || Decimal(n) > Max {
		return 0, errDecimal
	}
	if negative {
		n = -n
	}
	return Decimal(n), nil
}

// String returns the shortest form: "3", "-0.5".
func (d Decimal) String() string {
	sign, n := "", int64(d)
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d.%03d", sign, n/1000, n%1000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
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
