package stats

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"glasspoll/internal/survey"
)

func rat(d survey.Decimal) *big.Rat { return big.NewRat(int64(d), int64(survey.One)) }

// Round prints a figure with a number of decimals, half away from zero: 12.345 to two places is "12.35", -0.5 to none "-1".
// Zero has no sign.
func Round(r *big.Rat, places int) string {
	text, ok := roundInt64(r, places)
	if !ok {
		text = r.FloatString(places) // rounds half away from zero, exactly
	}
	if text[0] == '-' && strings.Trim(text, "-0.") == "" {
		return text[1:]
	}
	return text
}

// roundInt64 is [big.Rat.FloatString] for figures that fit into 64 bits, as nearly all do; a page has hundreds.
func roundInt64(r *big.Rat, places int) (text string, ok bool) {
	num, denom := r.Num(), r.Denom()
	if !num.IsInt64() || !denom.IsInt64() || places > 9 {
		return "", false
	}
	scale := uint64(math.Pow10(places))
	n, d := num.Int64(), uint64(denom.Int64())
	// (2·|n|·scale + d) / 2d
	high, low := bits.Mul64(uint64(max(n, -n)), 2*scale)
	low, carry := bits.Add64(low, d, 0)
	if high += carry; high >= 2*d {
		return "", false
	}
	rounded, _ := bits.Div64(high, low, 2*d)
	var digits [40]byte
	out := digits[:0]
	if n < 0 {
		out = append(out, '-')
	}
	out = strconv.AppendUint(out, rounded/scale, 10)
	if places > 0 {
		out = append(out, '.')
		for digit := scale / 10; digit > 0; digit /= 10 {
			out = append(out, byte('0'+rounded/digit%10))
		}
	}
	return string(out), true
}

// Places returns how many decimals a figure has to be printed with, at least so many, so that it is on the same side of each
// limit in print as it is: 79.98 is not printed as 80.0 if 80 is a limit.
func Places(r *big.Rat, places int, limits ...survey.Decimal) int {
	for ; r != nil && places < maxPlaces; places++ {
		printed, ok := new(big.Rat).SetString(Round(r, places))
		if !ok {
			break
		}
		differs := false
		for _, limit := range limits {
			at := rat(limit)
			differs = differs || (printed.Cmp(at) >= 0) != (r.Cmp(at) >= 0)
		}
		if !differs {
			break
		}
	}
	return places
}

// maxPlaces is more than anybody reads.
const maxPlaces = 9

// Places returns how many decimals the score has to be printed with, at least so many, so that its band and the target are
// the ones that it is seen to reach.
func (o *Overall) Places(places int) int { return Places(o.Score, places, o.limits...) }
