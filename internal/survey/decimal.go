package survey

import "glasspoll/internal/decimal"

// A Decimal is a number with at most three decimals, exact.
type Decimal = decimal.Decimal

// One is the Decimal 1. MaxDecimal is the largest number allowed in a questionnaire or an answer; -MaxDecimal the smallest.
const (
	One        = decimal.One
	MaxDecimal = decimal.Max
)

// ParseDecimal parses a number such as "3", "-0.5" or "12.125".
func ParseDecimal(text string) (Decimal, error) { return decimal.Parse(text) }
