package results

import (
	"cmp"
	"math"
	"slices"

	"glasspoll/internal/stats"
)

// quadrants set importance against performance.
type quadrants struct {
	Title, About   string
	Name           string
	CrossX, CrossY string
	AlarmX         string // of the quarter of what is important and not done well
	AlarmWidth     string
	AlarmHeight    string
	Corners        []corner
	Marks          []mark
	Rows           []quadrantRow
	Derived        bool
}

// corner names a quarter of the chart, in its outer corner.
type corner struct{ X, Y, Anchor, Kind, Text string }

// mark is the numbers of the items at one place, on a plate. A plate that has no room there stands above or below, and a
// stem leads from it to the place.
type mark struct {
	X, Place      string
	Moved         bool
	Y, Top        string // middle and upper edge of the plate
	Width, Offset string // of the plate, and to its left edge, in pixels
	Text, Kind    string
}

type quadrantRow struct {
	N                             int
	Label, Importance, Done, Kind string
	Advice                        string
	Of                            int64
}

const (
	quadrantTop, quadrantBottom = 34.0, 286.0
	quadrantLeft, quadrantRight = 8.0, 92.0
)

func (d *drawing) quadrants() []quadrants {
	var all []quadrants
	stated, derived := d.period.Drivers()
	for i, drivers := range []*stats.Drivers{stated, derived} {
		if drivers == nil {
			continue
		}
		v := quadrants{Derived: i == 1, Title: d.words.Say("quadrants.stated"), About: d.words.Say("quadrants.stated_text")}
		if v.Derived {
			v.Title = d.words.Say("quadrants.derived")
			overall := d.scoring().Overall
			if f, ok := d.period.Survey().Field(overall); ok {
				overall = d.label(f)
			}
			v.About = d.words.Say("quadrants.derived_text", "item", overall)
		}
		v.Name = d.words.Say("quadrants.name", "n", len(drivers.Items))
		x, y := scales(drivers)
		cross, down := x(drivers.Importance), y(drivers.Performance)
		v.CrossX, v.CrossY = d.x(cross), short(down)
		v.AlarmX, v.AlarmWidth, v.AlarmHeight = d.from(cross, 100-cross), short(100-cross), short(quadrantBottom+14-down)
		for _, c := range []corner{
			{d.x(1), "15", "start", string(stats.Surplus), ""}, {d.x(99), "15", "end", string(stats.Keep), ""},
			{d.x(1), "315", "start", string(stats.Low), ""}, {d.x(99), "315", "end", string(stats.Improve), ""},
		} {
			c.Text = d.words.Say("quadrants." + c.Kind)
			v.Corners = append(v.Corners, c)
		}
		for _, s := range arrange(place(drivers.Items, x, y), down) {
			kind := string(s.items[0].Quadrant)
			v.Marks = append(v.Marks, s.mark(d.canvas))
			for n, item := range s.items {
				row := quadrantRow{N: s.first + n, Label: d.itemName(item.Field), Kind: kind, Advice: d.words.Say("quadrants." + kind), Of: item.N,
					Done: d.words.Say("percent", "n", fixed(100*item.Performance, 1))}
				if v.Derived {
					row.Importance = fixed(item.Importance, 2)
				} else {
					row.Importance = d.words.Say("percent", "n", fixed(100*item.Importance, 1))
				}
				v.Rows = append(v.Rows, row)
			}
		}
		all = append(all, v)
	}
	return all
}

// scales lead from importance to percent of the width, and from performance to pixels from the top.
func scales(d *stats.Drivers) (x, y func(float64) float64) {
	return scaleOf(d.Items, func(x stats.Driver) float64 { return x.Importance }, d.Importance, quadrantLeft, quadrantRight),
		scaleOf(d.Items, func(x stats.Driver) float64 { return x.Performance }, d.Performance, quadrantBottom, quadrantTop)
}

// scaleOf spreads values over a range, with the middle value inside it.
func scaleOf(items []stats.Driver, value func(stats.Driver) float64, middle, from, to float64) func(float64) float64 {
	low, high := middle, middle
	for _, x := range items {
		low, high = min(low, value(x)), max(high, value(x))
	}
	if high-low < 1e-9 {
		return func(float64) float64 { return (from + to) / 2 }
	}
	return func(v float64) float64 { return from + (to-from)*(v-low)/(high-low) }
}

// placed is an item and where it belongs: so many percent of the width from the left, so many pixels from the top.
type placed struct {
	stats.Driver
	x, y float64
}

func place(drivers []stats.Driver, x, y func(float64) float64) []placed {
	items := make([]placed, len(drivers))
	for i, item := range drivers {
		items[i] = placed{item, x(item.Importance), y(item.Performance)}
	}
	return items
}

// spot is a place that items of one quadrant share. They are numbered in a row.
type spot struct {
	items []placed // the most important first; the place is that of the first
	first int      // its number
	x, y  float64
	plate float64 // the middle of the plate's height
}

const (
	// narrowest is the width of the chart in pixels on a screen of 320, the narrowest that pages are made for (WCAG 2.2,
	// 1.4.10). Plates that stand clear of each other there do so on all wider screens, for they are only moved up and down.
	narrowest = 280.0

	plateHeight, plateGap = 20.0, 2.0
	// shared is how many pixels lie at most between items of one spot, and aside how far its plate may be moved, unless it is
	// crowded.
	shared, aside = 4.0, 2 * (plateHeight + plateGap)
)

// arrange finds spots for items, so that no two plates overlap; line is the height at which the quadrants meet. Where there
// are too many items, more of them share a spot, and plates may stand farther away: in the end there is one spot in each
// quadrant, and four have room.
func arrange(items []placed, line float64) []spot {
	rank := map[stats.Quadrant]int{stats.Improve: 0, stats.Keep: 1, stats.Low: 2, stats.Surplus: 3}
	order := slices.Clone(items)
	slices.SortStableFunc(order, func(a, b placed) int {
		return cmp.Or(rank[a.Quadrant]-rank[b.Quadrant], cmp.Compare(b.Importance, a.Importance))
	})
	for coarser := 1.0; ; coarser *= 1.25 {
		spots := spotsOf(order, shared*coarser)
		if setApart(spots, line, aside+shared*coarser) {
			return spots
		}
	}
}

// spotsOf lets items share a spot that are at most so many pixels away from its first.
func spotsOf(items []placed, near float64) []spot {
	var spots []spot
	for _, item := range items {
		at := slices.IndexFunc(spots, func(s spot) bool {
			return s.items[0].Quadrant == item.Quadrant && math.Abs(s.x-item.x)*narrowest/100 <= near && math.Abs(s.y-item.y) <= near
		})
		if at < 0 {
			at = len(spots)
			spots = append(spots, spot{x: item.x, y: item.y})
		}
		spots[at].items = append(spots[at].items, item)
	}
	next := 1
	for i := range spots {
		spots[i].first, next = next, next+len(spots[i].items)
	}
	return spots
}

// setApart moves plates up or down from their places, no farther than so many pixels, until they stand clear of each other:
// each to the nearest room that those before it leave, on its own side of the line if it can. It reports whether all have
// found one.
func setApart(spots []spot, line, farthest float64) bool {
	const row = plateHeight + plateGap
	for i := range spots {
		s := &spots[i]
		var beside []spot // whose plates this one would meet at the same height
		for _, other := range spots[:i] {
			if math.Abs(s.x-other.x)*narrowest/100 < (s.width()+other.width())/2+plateGap {
				beside = append(beside, other)
			}
		}
		rooms := []float64{s.y}
		for _, other := range beside {
			rooms = append(rooms, other.plate-row, other.plate+row)
		}
		away := func(y float64) float64 {
			if y < line != (s.y < line) {
				return math.Abs(y-s.y) + aside // there, it would be taken for one of another quadrant
			}
			return math.Abs(y - s.y)
		}
		rooms = slices.DeleteFunc(rooms, func(y float64) bool {
			return away(y) > farthest || y < quadrantTop-plateGap || y > quadrantBottom+plateGap ||
				slices.ContainsFunc(beside, func(other spot) bool { return math.Abs(other.plate-y) < row-1e-6 })
		})
		if len(rooms) == 0 {
			return false
		}
		s.plate = slices.MinFunc(rooms, func(a, b float64) int { return cmp.Compare(away(a), away(b)) })
	}
	return true
}

func (s *spot) mark(c canvas) mark {
	return mark{
		X: c.x(s.x), Place: short(s.y), Moved: s.plate != s.y, Y: short(s.plate), Top: short(s.plate - plateHeight/2),
		Width: short(s.width()), Offset: short(-s.width() / 2), Text: s.text(), Kind: string(s.items[0].Quadrant),
	}
}

// text is the numbers of the items: "7", or "7–9".
func (s *spot) text() string {
	text := itoa(int64(s.first))
	if n := len(s.items); n > 1 {
		text += "–" + itoa(int64(s.first+n-1))
	}
	return text
}

// width is that of the plate: its text is less than 7.5 pixels a character wide.
func (s *spot) width() float64 { return max(plateHeight, 7+7.5*float64(len([]rune(s.text())))) }
