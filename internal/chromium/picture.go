package chromium

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"strconv"
	"strings"

	"glasspoll/internal/message"
)

// Drawing is an SVG to be made a picture of.
type Drawing struct {
	SVG           []byte
	Width, Height int // CSS pixels
}

const (
	// scale is the number of a picture's pixels in a CSS pixel.
	scale = 2
	// maxHeight bounds a screenshot, in CSS pixels: browsers draw only so many at once.
	maxHeight = 6000
	// spare is what a screenshot is higher than its drawings: some versions count their window's frame.
	spare = 200
)

// Pictures draws each SVG as a PNG on white, at twice its size.
func (b Browser) Pictures(ctx context.Context, drawings []Drawing) ([][]byte, error) {
	var all [][]byte
	for len(drawings) > 0 {
		n := together(drawings)
		pictures, err := b.shoot(ctx, drawings[:n])
		if err != nil {
			return nil, err
		}
		all, drawings = append(all, pictures...), drawings[n:]
	}
	return all, nil
}

// together returns how many of the drawings, one at least, fit in a screenshot.
func together(drawings []Drawing) int {
	height := 0
	for i, d := range drawings {
		if height += d.Height; i > 0 && height > maxHeight {
			return i
		}
	}
	return len(drawings)
}

// shoot draws drawings below each other, and cuts the screenshot into their pictures.
func (b Browser) shoot(ctx context.Context, drawings []Drawing) ([][]byte, error) {
	var page strings.Builder
	page.WriteString("<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\"><style>body{margin:0;background:#fff}svg{display:block}</style>\n")
	width, height := 0, 0
	for _, d := range drawings {
		width, height = max(width, d.Width), height+d.Height
		page.Write(d.SVG)
	}
	shot, err := b.run(ctx, []byte(page.String()), "--screenshot=", "page.png", fmt.Sprintf("--window-size=%d,%d", width, height+spare),
		"--force-device-scale-factor="+strconv.Itoa(scale))
	if err != nil {
		return nil, err
	}
	whole, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, message.Errorf("%s has written no picture (%w): is it Chromium, Chrome or Edge?", b.Path, err)
	}
	all := make([][]byte, len(drawings))
	top := whole.Bounds().Min.Y
	for i, d := range drawings {
		box := image.Rect(0, 0, d.Width*scale, d.Height*scale)
		if at := box.Add(image.Pt(whole.Bounds().Min.X, top)); !at.In(whole.Bounds()) {
			return nil, message.Errorf("%s has drawn %d × %d pixels, which is less than was asked for", b.Path, whole.Bounds().Dx(), whole.Bounds().Dy())
		}
		part := image.NewNRGBA(box)
		draw.Draw(part, box, whole, image.Pt(whole.Bounds().Min.X, top), draw.Src)
		top += box.Dy()
		var out bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, part); err != nil {
			return nil, err
		}
		all[i] = out.Bytes()
	}
	return all, nil
}
