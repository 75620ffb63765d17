package survey

import "glasspoll/internal/decimal"

// A Decimal is a number with at most three decimals, exact.
type Decimal = decimal.Decimal

// One is the Decimal 1; MaxDecimal bounds what a questionnaire or an answer may say, either side of zero.
const (
	One        = decimal.One
	MaxDecimal = decimal.Max
)

// ParseDecimal reads "3", "-0.5" or "12.125".
func ParseDecimal(text string) (Decimal, error) { return decimal.Parse(text) }
