package results

import "glasspoll/internal/chart"

// A Deck is a results page as charts, and what the page says first.
type Deck struct {
	Title     string
	About     string   // the period, and how many respondents
	Sentences []string // for whom it is, the index with its change, how rough it is, and what is weakest
	Charts    []*chart.Chart
}

// NewDeck returns a results page as charts. Without figures that may be shown, there are neither charts nor sentences about them.
func NewDeck(r *Renderer, p Page) (*Deck, error) {
	d, err := r.document(p)
	if err != nil {
		return nil, err
	}
	deck := &Deck{Title: d.words.Say("results.of", "title", d.Plain(d.survey.Title.In(d.language))), Charts: d.charts()}
	if level := d.level(); level != "" {
		deck.Sentences = append(deck.Sentences, level)
	}
	if d.period == nil || !p.allowed() {
		return deck, nil
	}
	deck.About = d.slideAbout()
	say, also := d.say()
	for _, sentence := range []string{say, also} {
		if sentence != "" {
			deck.Sentences = append(deck.Sentences, sentence)
		}
	}
	return deck, nil
}
