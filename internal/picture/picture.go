// Package picture checks the pictures that authors put beside their questionnaires, and makes the copies that pages load:
// small, upright, and without what a camera writes into its files. It is pure.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Bounds of an author's file. Its size in pixels is read before anything is decoded, so that a small file cannot unfold to
// gigabytes.
const (
	MaxFile   = 10 << 20 // bytes
	maxPixels = 25_000_000
	minSide   = 64
	maxRatio  = 4
)

// A use says what a picture may be like, and what its copies are.
type use struct {
	widths   []int // of the copies, in pixels: for ordinary screens, and for those with more pixels
	minWidth int
	maxRatio int // of the longer side to the shorter
	band     int // how many times as wide as high copies are at least, by leaving out the top and the bottom
}

var uses = map[survey.PictureUse]use{
	survey.OnCard:     {widths: []int{320, 640}, minWidth: minSide, maxRatio: maxRatio},
	survey.InQuestion: {widths: []int{640, 1280}, minWidth: minSide, maxRatio: maxRatio},
	survey.OnCover:    {widths: []int{800, 1600}, minWidth: 640, maxRatio: 12, band: 5},
}

// encoding is part of the copies' names: raise it when the same file would make other copies.
const encoding = "1"

// quality of copies as JPEG.
const quality = 80

// A Copy is a file of the site.
type Copy struct {
	survey.PictureCopy
	Content []byte
}

// Copies makes the copies of a picture for a use, narrowest first. None is wider than the picture. An error says what is wrong
// with the file, in words that follow its name.
func Copies(content []byte, of survey.PictureUse) ([]Copy, error) {
	u := uses[of]
	source, turn, err := u.decode(content)
	if err != nil {
		return nil, err
	}
	size := source.Bounds().Size()
	if turn.swapsSides() {
		size.X, size.Y = size.Y, size.X
	}
	if size.X < u.minWidth {
		return nil, message.Errorf("is %d pixels wide: a cover has at least %d", size.X, u.minWidth)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %d\n", encoding, u.widths)
	hash.Write(content)
	name := hex.EncodeToString(hash.Sum(nil)[:6])
	asPNG := !isOpaque(source)
	var copies []Copy
	for i, width := range slices.Backward(u.widths) { // the widest decides on the format
		if width = min(width, size.X); i == 0 && len(copies) > 0 && width == copies[0].Width {
			break
		}
		height := max(1, (size.Y*width+size.X/2)/size.X)
		small := turn.apply(scale(source, turn.size(width, height)))
		if u.band > 0 && height > width/u.band {
			height = width / u.band
			small = middle(small, height)
		}
		extension, encoded := ".png", []byte(nil)
		if isFirst := len(copies) == 0; asPNG || isFirst && isPNG(content) {
			encoded = encodePNG(small)
		}
		if !asPNG {
			other := encodeJPEG(small)
			if asPNG = encoded != nil && len(encoded) <= len(other); !asPNG {
				extension, encoded = ".jpg", other
			}
		}
		copies = append(copies, Copy{survey.PictureCopy{Path: fmt.Sprintf("assets/picture-%d.%s%s", width, name, extension), Width: width, Height: height}, encoded})
	}
	slices.Reverse(copies)
	return copies, nil
}

// middle returns a band of a picture: as much above it as below is left out.
func middle(m *image.NRGBA, height int) *image.NRGBA {
	top := (m.Rect.Dy() - height) / 2
	return m.SubImage(image.Rect(0, top, m.Rect.Dx(), top+height)).(*image.NRGBA)
}

// decode checks a picture and returns its pixels, and how they must be turned.
func (u use) decode(content []byte) (image.Image, orientation, error) {
	if len(content) > MaxFile {
		return nil, 0, message.Errorf("has more than %d MB: save it smaller", MaxFile>>20)
	}
	f, ok := formatOf(content)
	if !ok {
		return nil, 0, message.Errorf("is not a PNG, JPEG or WebP picture: save it again as one of these")
	}
	config, err := f.config(content)
	if err != nil {
		return nil, 0, message.Errorf("is damaged: save it again")
	}
	width, height := config.Width, config.Height
	switch {
	case width < minSide || height < minSide:
		return nil, 0, message.Errorf("is %d × %d pixels: a picture has at least %d each way", width, height, minSide)
	case width > maxPixels/height:
		return nil, 0, message.Errorf("is %d × %d pixels: at most %d million are allowed, save it smaller", width, height, maxPixels/1_000_000)
	case width > u.maxRatio*height || height > u.maxRatio*width:
		return nil, 0, message.Errorf("is %d × %d pixels: crop it, one side may be at most %d times the other", width, height, u.maxRatio)
	}
	source, err := f.decode(content)
	if err != nil || source.Bounds().Dx() != width || source.Bounds().Dy() != height {
		return nil, 0, message.Errorf("is damaged: save it again")
	}
	return source, orientationOf(f.exif(content)), nil
}

// A format is a kind of picture file.
type format struct {
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
	exif   func([]byte) []byte // what a camera has written; nil if there is nothing
}

var (
	pngFormat = format{
		func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) },
		exifOfPNG,
	}
	jpegFormat = format{
		func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) },
		exifOfJPEG,
	}
	webpFormat = format{
		configOfWebP,
		func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) },
		exifOfWebP,
	}
)

const pngMagic = "\x89PNG\r\n\x1a\n"

func isPNG(content []byte) bool { return bytes.HasPrefix(content, []byte(pngMagic)) }

// formatOf tells the format by the first bytes, whatever the file is called.
func formatOf(content []byte) (format, bool) {
	switch {
	case isPNG(content):
		return pngFormat, true
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return jpegFormat, true
	case len(content) >= 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		return webpFormat, true
	}
	return format{}, false
}

func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

func scale(source image.Image, size image.Point) *image.NRGBA {
	to := image.NewNRGBA(image.Rectangle{Max: size})
	draw.CatmullRom.Scale(to, to.Bounds(), source, source.Bounds(), draw.Src, nil)
	return to
}

func encodePNG(m image.Image) []byte {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, m); err != nil {
		panic(fmt.Sprintf("picture: %v", err)) // its size is checked, and memory takes all
	}
	return b.Bytes()
}

func encodeJPEG(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic(fmt.Sprintf("picture: %v", err)) // likewise
	}
	return b.Bytes()
}
