package results

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"glasspoll/internal/stats"
)

// quadrantChart sets importance against performance.
type quadrantChart struct {
	Title, About   string
	Name           string
	CrossX, CrossY string
	AlarmX         string // left edge of the quarter of important items that are not done well
	AlarmWidth     string
	AlarmHeight    string
	TicksX, TicksY []tick
	Edge           string // where the ticks of the upright axis are
	Corners        []corner
	Marks          []mark
	Rows           []quadrantRow
	Derived        bool
	Unclear        bool // some items are on no side for certain
}

// tick is a round number on an axis.
type tick struct{ At, Text string }

// axisTicks returns round numbers between two values, which are printed times a factor.
func (d *document) axisTicks(low, high, factor float64, at func(float64) string) []tick {
	span := (high - low) * factor
	if span < 1e-6 {
		return []tick{{at(low), d.minus(trimZeros(fixed(low*factor, 2)))}}
	}
	step := math.Pow(10, math.Floor(math.Log10(span/5)))
	for _, times := range []float64{1, 2, 5, 10} {
		if span/(step*times) <= 5 {
			step *= times
			break
		}
	}
	var ticks []tick
	for i := math.Ceil(low*factor/step - 1e-9); i*step <= high*factor+1e-9; i++ {
		ticks = append(ticks, tick{at(i * step / factor), d.minus(strconv.FormatFloat(math.Round(i*step*1e6)/1e6, 'f', -1, 64))})
	}
	return ticks
}

// corner names a quarter of the chart, in its outer corner.
type corner struct{ X, Y, Anchor, Kind, Text string }

// mark is a plate with the numbers of the items at one place. A plate that has no room there is moved up or down, and a
// stem joins it to the place.
type mark struct {
	X, Place      string
	Moved         bool
	Y, Top        string // middle and upper edge of the plate
	Width, Offset string // of the plate, and to its left edge, in pixels
	Text, Kind    string
	Name          *markName // nil where there is no room
}

type quadrantRow struct {
	N                             int
	Label, Importance, Done, Kind string
	Advice                        string
	Of                            int64
}

// The edges of the area that items are placed in: in pixels from the top, and in percent of the width.
const (
	quadrantTop, quadrantBottom = 34.0, 286.0
	quadrantLeft, quadrantRight = 8.0, 92.0
)

// quadrants returns a chart of the stated and one of the derived importance, where they are known.
func (d *document) quadrants() []quadrantChart {
	var all []quadrantChart
	stated, derived := d.period.Drivers()
	if stated != nil {
		v := quadrantChart{Title: d.words.Say("quadrants.stated"), About: d.words.Say("quadrants.stated_text")}
		d.plot(&v, stated)
		all = append(all, v)
	}
	if derived != nil {
		overall := d.scoring().Overall
		if f, ok := d.period.Survey().Field(overall); ok {
			overall = d.short(f)
		}
		v := quadrantChart{Derived: true, Title: d.words.Say("quadrants.derived"), About: d.words.Say("quadrants.derived_text", "item", overall)}
		d.plot(&v, derived)
		all = append(all, v)
	}
	return all
}

// plot places the items on the chart, and lists them below it.
func (d *document) plot(v *quadrantChart, drivers *stats.Drivers) {
	v.Name = d.words.Say("quadrants.name", "n", len(drivers.Items))
	x, y := scales(drivers)
	middle, line := x(drivers.Importance), y(drivers.Performance)
	factor := 100.0
	if v.Derived {
		factor = 1
	}
	v.Unclear = slices.ContainsFunc(drivers.Items, func(x stats.Driver) bool { return x.Quadrant == stats.Undecided })
	low, high := drivers.Importance, drivers.Importance
	worst, best := drivers.Performance, drivers.Performance
	for _, item := range drivers.Items {
		low, high = min(low, item.Importance), max(high, item.Importance)
		worst, best = min(worst, item.Performance), max(best, item.Performance)
	}
	v.TicksX = d.axisTicks(low, high, factor, func(value float64) string { return d.x(x(value)) })
	v.TicksY = d.axisTicks(worst, best, 100, func(value float64) string { return coordinate(y(value)) })
	v.Edge = d.x(0)
	v.CrossX, v.CrossY = d.x(middle), coordinate(line)
	v.AlarmX, v.AlarmWidth, v.AlarmHeight = d.left(middle, 100-middle), coordinate(100-middle), coordinate(quadrantBottom+14-line)
	for _, c := range []corner{
		{d.x(1), "15", "start", string(stats.Surplus), ""}, {d.x(99), "15", "end", string(stats.Keep), ""},
		{d.x(1), "315", "start", string(stats.Low), ""}, {d.x(99), "315", "end", string(stats.Improve), ""},
	} {
		c.Text = d.words.Say("quadrants." + c.Kind)
		v.Corners = append(v.Corners, c)
	}
	clusters := arrange(place(drivers.Items, x, y), line)
	names := d.nameMarks(clusters, middle, line)
	for i, c := range clusters {
		v.Marks = append(v.Marks, c.mark(d.canvas))
		v.Marks[i].Name = names[i]
		for n, item := range c.items {
			v.Rows = append(v.Rows, d.quadrantRow(c.first+n, item.Driver, v.Derived))
		}
	}
}

func (d *document) quadrantRow(n int, item stats.Driver, derived bool) quadrantRow {
	kind := string(item.Quadrant)
	row := quadrantRow{N: n, Label: d.itemName(item.Field), Kind: kind, Advice: d.words.Say("quadrants." + kind), Of: item.N,
		Done: fixed(100*item.Performance, 1)}
	if derived {
		row.Importance = d.minus(fixed(item.Importance, 2))
	} else {
		row.Importance = fixed(100*item.Importance, 1)
	}
	return row
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

// placed is an item and where it belongs: in percent of the width from the left, and in pixels from the top.
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

// cluster is items of one quadrant that share a place and a plate. They are numbered in a row.
type cluster struct {
	items []placed // the most important first; the place is that of the first
	first int      // its number
	x, y  float64
	plate float64 // the middle of the plate's height
}

const (
	// narrowest is the width of the chart in pixels on a screen of 320, the narrowest that pages are made for (WCAG 2.2,
	// 1.4.10). Plates are only moved up and down, so that those which do not overlap there do not on any wider screen.
	narrowest = 280.0

	plateHeight, plateGap = 20.0, 2.0
	// clusterSize is the largest distance in pixels between items of one cluster, and maxShift how far its plate may be
	// moved; both grow where there is too little room.
	clusterSize, maxShift = 4.0, 2 * (plateHeight + plateGap)
)

// arrange finds places for items, so that no two plates overlap; line is the height at which the quadrants meet. Where there
// are too many items, clusters grow, and plates may be moved farther: in the end there is one cluster in each quadrant,
// and four have room.
func arrange(items []placed, line float64) []cluster {
	rank := map[stats.Quadrant]int{stats.Improve: 0, stats.Keep: 1, stats.Low: 2, stats.Surplus: 3, stats.Undecided: 4}
	order := slices.Clone(items)
	slices.SortStableFunc(order, func(a, b placed) int {
		return cmp.Or(rank[a.Quadrant]-rank[b.Quadrant], cmp.Compare(b.Importance, a.Importance))
	})
	for coarser := 1.0; ; coarser *= 1.25 {
		clusters := clustersOf(order, clusterSize*coarser)
		if separate(clusters, line, maxShift+clusterSize*coarser) {
			return clusters
		}
	}
}

// clustersOf puts items together that are at most near pixels away from the first of their cluster.
func clustersOf(items []placed, near float64) []cluster {
	var clusters []cluster
	for _, item := range items {
		at := slices.IndexFunc(clusters, func(c cluster) bool {
			return c.items[0].Quadrant == item.Quadrant && math.Abs(c.x-item.x)*narrowest/100 <= near && math.Abs(c.y-item.y) <= near
		})
		if at < 0 {
			at = len(clusters)
			clusters = append(clusters, cluster{x: item.x, y: item.y})
		}
		clusters[at].items = append(clusters[at].items, item)
	}
	next := 1
	for i := range clusters {
		clusters[i].first, next = next, next+len(clusters[i].items)
	}
	return clusters
}

// separate moves plates up or down from their places, by at most farthest pixels, until none overlap: each to the nearest
// room that those before it leave, on its own side of the line if possible. It reports whether all have found one.
func separate(clusters []cluster, line, farthest float64) bool {
	const row = plateHeight + plateGap
	for i := range clusters {
		c := &clusters[i]
		var overlapping []cluster // whose plates would overlap this one's at the same height
		for _, other := range clusters[:i] {
			if math.Abs(c.x-other.x)*narrowest/100 < (c.width()+other.width())/2+plateGap {
				overlapping = append(overlapping, other)
			}
		}
		rooms := []float64{c.y}
		for _, other := range overlapping {
			rooms = append(rooms, other.plate-row, other.plate+row)
		}
		shift := func(y float64) float64 {
			if y < line != (c.y < line) {
				return math.Abs(y-c.y) + maxShift // there, it would be taken for one of another quadrant
			}
			return math.Abs(y - c.y)
		}
		rooms = slices.DeleteFunc(rooms, func(y float64) bool {
			return shift(y) > farthest || y < quadrantTop-plateGap || y > quadrantBottom+plateGap ||
				slices.ContainsFunc(overlapping, func(other cluster) bool { return math.Abs(other.plate-y) < row-1e-6 })
		})
		if len(rooms) == 0 {
			return false
		}
		c.plate = slices.MinFunc(rooms, func(a, b float64) int { return cmp.Compare(shift(a), shift(b)) })
	}
	return true
}

func (c *cluster) mark(on canvas) mark {
	return mark{
		X: on.x(c.x), Place: coordinate(c.y), Moved: c.plate != c.y, Y: coordinate(c.plate), Top: coordinate(c.plate - plateHeight/2),
		Width: coordinate(c.width()), Offset: coordinate(-c.width() / 2), Text: c.text(), Kind: string(c.items[0].Quadrant),
	}
}

// text returns the numbers of the items: "7", or "7–9".
func (c *cluster) text() string {
	text := itoa(int64(c.first))
	if n := len(c.items); n > 1 {
		text += "–" + itoa(int64(c.first+n-1))
	}
	return text
}

// width returns the width of the plate in pixels. Its text takes less than 7.5 pixels a character.
func (c *cluster) width() float64 { return max(plateHeight, 7+7.5*float64(len([]rune(c.text())))) }
