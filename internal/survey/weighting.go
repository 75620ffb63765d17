package survey

// Weighting adjusts figures to the known composition of the population.
type Weighting struct {
	Margins []Margin `json:"margins"`
	Cap     Decimal  `json:"cap,omitempty"` // see [Weighting.Largest]
}

// Margin is the composition of the population by one segment.
type Margin struct {
	Segment string        `json:"segment"`
	Shares  []MarginShare `json:"shares"` // in the options' order; together 100
}

// MarginShare is the part of the population that has one option of a segment.
type MarginShare struct {
	Option string  `json:"option"`
	Share  Decimal `json:"share"` // percent
}

// Largest returns the largest weight of a respondent: 5 unless declared.
func (w *Weighting) Largest() Decimal {
	if w.Cap == 0 {
		return 5 * One
	}
	return w.Cap
}

// IssuedIn is how many questionnaires were issued in one period.
type IssuedIn struct {
	Period   string     `json:"period,omitempty"` // "" for every period that has no entry of its own
	Issued   int        `json:"issued,omitempty"` // in all
	Channels []IssuedBy `json:"channels,omitempty"`
}

// IssuedBy is how many questionnaires were issued in one channel.
type IssuedBy struct {
	Channel string `json:"channel"`
	Issued  int    `json:"issued"`
}

// MostIssued returns the most questionnaires that were issued in one period; 0 if unknown.
func (a Audience) MostIssued() int {
	most := a.Issued
	for _, in := range a.Periods {
		most = max(most, in.Issued)
	}
	return most
}

// IssuedIn returns how many questionnaires were issued in a period, in all (0 if unknown) and, if known, by channel. explicit
// reports whether the number was declared for this period by name.
func (a Audience) IssuedIn(period string) (total int, byChannel []IssuedBy, explicit bool) {
	total = a.Issued
	for _, in := range a.Periods {
		switch in.Period {
		case period:
			return in.Issued, in.Channels, period != ""
		case "":
			total, byChannel = in.Issued, in.Channels
		}
	}
	return total, byChannel, false
}
