package site

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/lucasb-eyer/go-colorful"
)

// cardSize is the width and height of a card in pixels: chat apps show none that is smaller than 300.
const cardSize = 400

// The tick of icon.svg on its 32 units: the ends of its two strokes, and half of their width.
var tick = [...]struct{ x, y float64 }{{9, 16.5}, {14, 21.5}, {23.5, 10.5}}

const halfStroke = 1.6

// drawCard returns a PNG picture for chat apps, which show no SVG: the icon's tick on a square of one colour.
func drawCard(ground, mark colorful.Color) ([]byte, error) {
	const scale = cardSize / 32.0
	shades := make(color.Palette, 64) // from ground to mark, for smooth edges
	for i := range shades {
		r, g, b := ground.BlendRgb(mark, float64(i)/float64(len(shades)-1)).Clamped().RGB255()
		shades[i] = color.NRGBA{r, g, b, 255}
	}
	card := image.NewPaletted(image.Rect(0, 0, cardSize, cardSize), shades)
	for y := range cardSize {
		for x := range cardSize {
			px, py := (float64(x)+.5)/scale, (float64(y)+.5)/scale
			distance := math.Inf(1)
			for i := range len(tick) - 1 {
				a, b := tick[i], tick[i+1]
				dx, dy := b.x-a.x, b.y-a.y
				along := min(max(((px-a.x)*dx+(py-a.y)*dy)/(dx*dx+dy*dy), 0), 1)
				distance = min(distance, math.Hypot(px-a.x-along*dx, py-a.y-along*dy))
			}
			inside := min(max((halfStroke-distance)*scale+.5, 0), 1)
			card.SetColorIndex(x, y, uint8(math.Round(inside*float64(len(shades)-1))))
		}
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err := e.Encode(&b, card)
	return b.Bytes(), err
}
