package stats

import "glasspoll/internal/release"

// Annulments lists the blocks that were taken out of the period again, because their answers turned out to be false. A group
// has none of its own.
func (p *Period) Annulments() []release.Annulment {
	if p.released == nil || p.Received == 0 {
		return nil
	}
	return p.released.Annulled
}

// LeastK is the fewest respondents that a block of the period had to have.
func (p *Period) LeastK() int {
	least := p.MinGroup
	for i := range p.parts {
		least = min(least, max(1, p.parts[i].K))
	}
	return least
}
