package stats

import (
	"math"
	"math/big"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// newItem computes the figures of one field. Unscored answers count in the shares of the options, and in nothing else.
func newItem(f survey.Field, counted *tally.Item, population int64) Item {
	item := Item{Field: f}
	if counted == nil {
		counted = &tally.Item{}
	}
	item.N = counted.N
	if limits, width := f.Bands(); len(limits) > 0 {
		for _, limit := range limits {
			bin := Bin{From: limit, To: limit + width, Share: share(counted.Counts.Of(limit.String()), item.N, population)}
			item.Histogram = append(item.Histogram, bin)
		}
	}
	if f.Numeric() {
		if item.N > 0 && counted.Sum != nil && counted.Squares != nil {
			item.Scored = item.N
			item.moments(counted.Sum, counted.Squares, population)
		}
		return item
	}
	sum, squares := new(big.Int), new(big.Int)
	for _, o := range f.Options() {
		c := Count{Option: o, N: counted.Counts.Of(o.ID)}
		s := share(c.N, item.N, population)
		c.Share, c.Interval = s.Share, s.Interval
		item.Counts = append(item.Counts, c)
		// Several options of one answer have no one score.
		if o.Score != nil && f.Question.Type != survey.MultiChoice {
			item.Scored += c.N
			product := big.NewInt(int64(*o.Score) * c.N)
			sum.Add(sum, product)
			squares.Add(squares, product.Mul(product, big.NewInt(int64(*o.Score))))
		}
	}
	if item.Scored == 0 {
		return item
	}
	item.moments(sum, squares, population)
	switch f.Question.Type {
	case survey.NPS:
		item.NPS = promoters(item.Counts, item.Scored, population)
	case survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix:
		item.boxes(population)
		if best := f.MaxScore(); best > 0 {
			item.Performance = new(big.Rat).Quo(item.Mean, rat(best))
		}
	}
	return item
}

// moments turns the sums of Scored values, in thousandths, and of their squares, into mean and variance.
func (i *Item) moments(sum, squares *big.Int, population int64) {
	n := big.NewInt(i.Scored)
	i.Mean = new(big.Rat).SetFrac(sum, new(big.Int).Mul(n, big.NewInt(int64(survey.One))))
	if i.Scored < 2 {
		return
	}
	// (n·Σx² - (Σx)²) / (n·(n-1))
	above := new(big.Int).Mul(n, squares)
	above.Sub(above, new(big.Int).Mul(sum, sum))
	below := new(big.Int).Mul(n, big.NewInt(i.Scored-1))
	i.Variance = new(big.Rat).SetFrac(above, below.Mul(below, big.NewInt(int64(survey.One)*int64(survey.One))))
	variance := float(i.Variance)
	i.SD = math.Sqrt(variance)
	i.Interval = student(float(i.Mean), variance, i.Scored, population)
}

// boxes counts the best score, the best two, and those below the middle of the scale, among the scored answers.
func (i *Item) boxes(population int64) {
	var least, best, second *survey.Decimal
	for _, c := range i.Counts {
		s := c.Option.Score
		if s == nil {
			continue
		}
		switch {
		case best == nil || *s > *best:
			best, second = s, best
		case *s < *best && (second == nil || *s > *second):
			second = s
		}
		if least == nil || *s < *least {
			least = s
		}
	}
	var top, two, low int64
	for _, c := range i.Counts {
		s := c.Option.Score
		if s == nil {
			continue
		}
		if *s == *best {
			top += c.N
		}
		if *s == *best || second != nil && *s == *second {
			two += c.N
		}
		if 2**s < *best+*least {
			low += c.N
		}
	}
	i.Top, i.TopTwo, i.Low = share(top, i.Scored, population), share(two, i.Scored, population), share(low, i.Scored, population)
}

// promoters are those who answer 9 or 10, detractors 0 to 6; the score is the difference of their shares in percent
// (Reichheld, Harvard Business Review, December 2003). Its interval is that of the mean of 100, 0 and -100.
func promoters(counts []Count, n, population int64) *NPS {
	var yes, no int64
	for _, c := range counts {
		switch {
		case *c.Option.Score >= 9*survey.One:
			yes += c.N
		case *c.Option.Score <= 6*survey.One:
			no += c.N
		}
	}
	nps := &NPS{Promoters: share(yes, n, population), Passives: share(n-yes-no, n, population), Detractors: share(no, n, population)}
	nps.Score = big.NewRat(100*(yes-no), n)
	if n > 1 {
		d, of := float64(yes-no), float64(n)
		nps.Interval = student(float(nps.Score), 1e4*(float64(yes+no)-d*d/of)/(of-1), n, population)
	}
	return nps
}

func share(count, n, population int64) Share {
	s := Share{N: count, Interval: wilson(count, n, population)}
	if n > 0 {
		s.Share = big.NewRat(count, n)
	}
	return s
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}
