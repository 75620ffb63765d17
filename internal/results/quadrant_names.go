package results

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/stats"
)

// markName is the names of the items of a mark, beside it.
type markName struct {
	X, Y, Dx, Anchor, Text string
	Wide                   bool // there is no room on a phone

	row float64 // how far below the plate's middle, in pixels
}

// room is a rectangle in pixels.
type room struct{ left, right, top, bottom float64 }

func (b room) overlaps(c room) bool {
	return b.left < c.right && c.left < b.right && b.top < c.bottom && c.top < b.bottom
}

const (
	nameGap   = 4.0   // between a plate and its name
	nameSides = 8.0   // half a name's height
	nameRow   = 19.0  // between the middles of a plate and of a name above or below it
	ticksRoom = 26.0  // at the edge, for the ticks of the upright axis
	wideChart = 560.0 // the narrowest chart of a page that is wider than a phone's
)

// nameMarks names items where a name hides neither another mark nor another name: first those that are to be improved, then
// those that may be, because they are among the important ones that are not done well, and on wide screens all. Names keep
// their size on a wider screen and their places move apart, so that what does not overlap on the narrowest one does not on a
// wider one. middle and line are where the quadrants meet.
func (d *document) nameMarks(clusters []cluster, middle, line float64) []*markName {
	names, order := make([]*markName, len(clusters)), make([]int, len(clusters))
	rank := func(c *cluster) int {
		switch {
		case c.items[0].Quadrant == stats.Improve:
			return 0
		case c.x >= middle && c.y >= line:
			return 1
		}
		return 2
	}
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(&clusters[a]) - rank(&clusters[b]) })
	for _, width := range []float64{narrowest, wideChart} {
		var taken []room
		for i := range clusters {
			taken = append(taken, clusters[i].box(width))
			if names[i] != nil {
				taken = append(taken, d.nameBox(names[i], &clusters[i], width))
			}
		}
		for _, i := range order {
			c := &clusters[i]
			if names[i] != nil || width == narrowest && rank(c) == 2 {
				continue
			}
			var labels []string
			for _, item := range c.items {
				labels = append(labels, d.itemName(item.Field))
			}
			rows := []float64{0}
			if rank(c) < 2 {
				rows = []float64{0, -nameRow, nameRow}
			}
			if name := d.nameMark(c, strings.Join(labels, " · "), rows, taken, width); name != nil {
				names[i], taken = name, append(taken, d.nameBox(name, c, width))
			}
		}
	}
	return names
}

// nameMark places a name after its mark or before it, in one of some rows below the mark's middle; nil if there is no room.
func (d *document) nameMark(c *cluster, text string, rows []float64, taken []room, width float64) *markName {
	for _, row := range rows {
		for _, anchor := range []string{"start", "end"} {
			dx := c.nameOffset(row)
			if anchor == "end" {
				dx = -dx
			}
			if d.mirrored {
				dx = -dx
			}
			name := &markName{X: d.x(c.x), Y: coordinate(c.plate + row), Dx: coordinate(dx), Anchor: anchor, Text: text, Wide: width > narrowest, row: row}
			at := d.nameBox(name, c, width)
			free := at.left >= ticksRoom && at.right <= width && at.top >= quadrantTop-nameSides && at.bottom <= quadrantBottom+nameSides
			for _, other := range taken {
				free = free && !at.overlaps(other)
			}
			if free {
				return name
			}
		}
	}
	return nil
}

// nameOffset returns how far from the middle of its mark a name begins: beside the plate, or at its other edge above or below
// it.
func (c *cluster) nameOffset(row float64) float64 {
	if row != 0 {
		return -c.width() / 2
	}
	return c.width()/2 + nameGap
}

// nameBox returns the room that a name takes in a chart of a width, from where the axis begins.
func (d *document) nameBox(name *markName, c *cluster, width float64) room {
	at, offset, middle := c.x*width/100, c.nameOffset(name.row), c.plate+name.row
	b := room{left: at + offset, right: at + offset + textWidth(name.Text), top: middle - nameSides, bottom: middle + nameSides}
	if name.Anchor == "end" {
		b.left, b.right = at-offset-textWidth(name.Text), at-offset
	}
	return b
}

// box returns the room of a mark: its plate, and the stem to its place.
func (c *cluster) box(width float64) room {
	at, half := c.x*width/100, c.width()/2
	return room{at - half, at + half, min(c.plate-plateHeight/2, c.y), math.Max(c.plate+plateHeight/2, c.y)}
}

// textWidth returns at least the width in pixels of a small text.
func textWidth(text string) float64 {
	width := 0.0
	for _, r := range text {
		if utf8.RuneLen(r) > 2 { // a Chinese character is as wide as it is high
			width += 12
		} else {
			width += 7
		}
	}
	return width
}
