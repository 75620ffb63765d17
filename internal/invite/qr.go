package invite

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"

	"glasspoll/internal/message"
)

// qrCode is the modules of a QR code, without the margin around it.
type qrCode struct {
	size  int
	black func(x, y int) bool
}

// quietZone is the width of the margin that ISO/IEC 18004 asks for, in modules.
const quietZone = 4

// encodeQR makes the QR code of a text. At level M, a seventh of the code may be lost to a scratch or fold.
func encodeQR(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrCode{}, message.Errorf("QR code of %s: %w", text, err)
	}
	return qrCode{code.Bounds().Dx(), func(x, y int) bool {
		grey := color.Gray16Model.Convert(code.At(x, y)).(color.Gray16)
		return grey.Y < 0x8000
	}}, nil
}

// pngSize is about the width of a PNG in pixels: enough for 8 cm in print at 300 dots an inch.
const pngSize = 1000

// png draws the code black on white, one bit a pixel, each module a whole number of pixels.
func (c qrCode) png() ([]byte, error) {
	whole := c.size + 2*quietZone
	scale := max(1, pngSize/whole)
	picture := image.NewPaletted(image.Rect(0, 0, whole*scale, whole*scale), color.Palette{color.White, color.Black})
	for y := range c.size * scale {
		for x := range c.size * scale {
			if c.black(x/scale, y/scale) {
				picture.SetColorIndex(x+quietZone*scale, y+quietZone*scale, 1)
			}
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, picture); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// svg draws the code as one path, a row's run of black modules at a time.
func (c qrCode) svg() []byte {
	whole := c.size + 2*quietZone
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, whole*10, whole*10, whole, whole)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, whole, whole)
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			run := 0
			for x+run < c.size && c.black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, run, run)
			}
			x += run
		}
	}
	b.WriteString("\"/></svg>\n")
	return b.Bytes()
}
